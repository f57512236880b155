"""What the page of raising and lowering shows: where a shipment stands, what was said, who may do what."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from risk.language import N_
from risk.store import overriding
from risk.store.roles import Person

DIRECTIONS: Final = ("raise", "lower")
CODES: Final = {"raise": overriding.RAISE, "lower": overriding.LOWER}

#: What is missing; English, looked up when shown.
WRONG: Final[dict[str, str]] = {
    "direction": N_("Choose whether it goes up or down."),
    "code": N_("Choose a reason."),
    "remark": N_("Say in a few words why."),
}


@dataclass(frozen=True)
class Standing:
    """Where a shipment stands in the day.

    Attributes
    ----------
    rank, place, of : int or None
        The model's rank, the place once people had their say, among how many; None: not in this day.
    high : bool
        Lowering it needs a second signature.
    """

    rank: int | None
    place: int | None
    of: int
    high: bool


def standing(frame: pd.DataFrame, shipment_id: int, high: bool) -> Standing:
    """Return where a shipment stands (`risk.store.day.rows`, `risk.store.overriding.in_force`)."""
    mine = frame[frame["shipment_id"] == shipment_id]
    rank, place = (int(mine[name].iloc[0]) if len(mine) else None for name in ("rank", "place"))
    return Standing(rank, place, len(frame), high)


def missing(direction: str, code: str, remark: str) -> list[str]:
    """Return the fields still to be answered, keys of `WRONG`."""
    if direction not in CODES:
        return ["direction"]
    if code not in CODES[direction]:
        return ["code"]
    return ["remark"] if code == "other" and not remark.strip() else []


@dataclass(frozen=True)
class Said:
    """One raise or lowering.

    Attributes
    ----------
    id, shipment_id : int
    at : Timestamp
    by : str
        Login.
    direction, code, state : str
        Codes of `risk.vocabulary`.
    rank : int or None
        The model's, then.
    remark : str
    second_by : str
        Who signed or refused; empty for nobody.
    second_at : Timestamp or None
    may_sign, may_withdraw : bool
        Whoever looks.
    """

    id: int
    shipment_id: int
    at: pd.Timestamp
    by: str
    direction: str
    code: str
    state: str
    rank: int | None
    remark: str
    second_by: str
    second_at: pd.Timestamp | None
    may_sign: bool
    may_withdraw: bool


def said(rows: Iterable[Any], person: Person) -> list[Said]:
    """Return what was said, the latest first (`risk.store.decided.overrides_of` or ``waiting``)."""
    return [_said(row, person) for row in reversed(list(rows))]


def _said(row: Any, person: Person) -> Said:
    own = row.user_id == person.id
    signs = person.may("sign_second")
    return Said(
        id=row.id,
        shipment_id=row.shipment_id,
        at=pd.Timestamp(row.at),
        by=row.login,
        direction=row.direction,
        code=row.code,
        state=row.state,
        rank=row.model_rank,
        remark=row.remark or "",
        second_by=row.second_login or "",
        second_at=None if row.second_at is None else pd.Timestamp(row.second_at),
        may_sign=row.state == "waiting" and not own and signs,
        # Who may sign takes back what is in force, and refuses what waits.
        may_withdraw=person.may("decide")
        and ((row.state == "waiting" and own) or (row.state == "in_force" and (own or signs))),
    )
