"""What the page of models shows: what is in force, what could be, and how the shadow compares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from models.metrics import ENOUGH_FINDS, wilson
from risk.installed import Found
from risk.store.scored_again import Compared

#: Share of each day's shipments that counts as first where models are compared.
FIRST = 0.02


@dataclass(frozen=True)
class Offer:
    """A model that could be put in force.

    Attributes
    ----------
    model_id, folder, risk_basis : str
        Folder empty: the starter model.
    stage : str
        ``champion``, ``shadow`` or empty.
    """

    model_id: str
    folder: str
    risk_basis: str
    stage: str


def offers(found: Sequence[Found], known: Sequence[Any]) -> list[Offer]:
    """Return the models of the port's folder that can be used, with the stage they have now.

    Parameters
    ----------
    known : sequence of Row
        Of `risk.store.stages.everything`.
    """
    stages = {row.model_id: row.stage for row in known if row.stage != "retired"}
    usable = [each for each in found if not each.problem]
    if not any(stage == "champion" for stage in stages.values()):
        stages |= {each.model_id: "champion" for each in usable if not each.name}
    return [
        Offer(each.model_id, each.name, each.risk_basis, stages.get(each.model_id, "")) for each in usable
    ]


def broken(found: Sequence[Found]) -> list[tuple[str, str]]:
    """Return folders that hold no model that can be used, and why."""
    return [(each.name, each.problem) for each in found if each.problem]


@dataclass(frozen=True)
class Share:
    """Random finds that stood among a model's first.

    Attributes
    ----------
    finds : int
    share, low, high : float or None
        None where it is not estimable.
    """

    finds: int
    share: float | None
    low: float | None
    high: float | None


def share_of(compared: Compared, finds: int) -> Share:
    """Return what share of the random finds stood among a model's first, with its 95 % interval."""
    if compared.finds < ENOUGH_FINDS:
        return Share(finds, None, None, None)
    share = finds / compared.finds
    low, high = wilson(share, compared.finds)
    return Share(finds, share, low, high)
