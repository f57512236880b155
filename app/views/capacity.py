"""What the port's capacity would open: pools to explore with, and how far down the day each reaches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from risk import triage
from risk.triage import ExpectedFinds, Pool, expected_finds

#: Where a port has not said what it can open, what to explore with.
UNSAID = (Pool(30),)


def pools_of(setting: str) -> tuple[Pool, ...]:
    """Return the pools of the setting ``capacity``, `UNSAID` where the port has not said."""
    return triage.parse(setting) if setting else UNSAID


def most(pool: Pool) -> int:
    """Return how far a slider of a pool goes: twice what the port said, and a little."""
    return max(10, 2 * pool.slots)


def explored(pools: Sequence[Pool], slots: Mapping[str, int]) -> tuple[Pool, ...]:
    """Return pools with other numbers of inspections, by their names."""
    return tuple(
        Pool(slots.get(pool.name, pool.slots), pool.mode, pool.location, pool.inspection_type)
        for pool in pools
    )


@dataclass(frozen=True)
class Opened:
    """What a capacity would open.

    Attributes
    ----------
    ids : frozenset of int
        Of shipments.
    pools : tuple of OpenedPool
    expected : ExpectedFinds or None
        None where it is not known for this port.
    """

    ids: frozenset[int]
    pools: tuple[OpenedPool, ...]
    expected: ExpectedFinds | None


@dataclass(frozen=True)
class OpenedPool:
    """What one pool would open: so many, down to which place (0 for none)."""

    pool: Pool
    count: int
    last_place: int


def opened(frame: pd.DataFrame, chosen: pd.DataFrame, pools: Sequence[Pool]) -> Opened:
    """Return what a capacity would open.

    Parameters
    ----------
    frame : DataFrame
        Rows of the day that take part.
    chosen : DataFrame
        Of `risk.store.publishing.proposed`, on the same rows.
    pools : sequence of Pool
    """
    taken = (chosen["selected_by"] != "").to_numpy()
    parts = []
    for pool in pools:
        places = frame["place"].to_numpy()[taken & (chosen["pool"] == pool.name).to_numpy()]
        parts.append(OpenedPool(pool, len(places), int(places.max(initial=0))))
    known = len(frame) > 0 and bool((frame["risk_basis"] == "port").all())
    finds = expected_finds(frame["risk"].to_numpy(dtype=float)[taken]) if known else None
    return Opened(frozenset(map(int, frame["shipment_id"].to_numpy()[taken])), tuple(parts), finds)
