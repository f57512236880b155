"""Inspected shipments most like one, with what came of them and what is alike in words' codes.

Likeness is a distance: how far the log-odds that each family of reasons gave to the two lie apart, and a step
for each of heading and route in which they differ. It uses numbers and codes alone, so it works on what is
left after a purge. It shows what came of such shipments before; it is no part of any score.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd
import sqlalchemy as sa

from risk import finds
from risk.store import past
from risk.store.tables import outcomes, scores, versions

#: Inspected shipments looked at: the same heading first, then finds, then the latest.
LOOKED_AT = 2_000
#: Inspected no longer than this before.
BACK = pd.Timedelta(days=3 * 365)
SHOWN = 5

#: What a difference adds to a distance in log-odds; headings of one chapter differ by half.
STEPS: Final[dict[str, float]] = {
    "heading": 1.0,
    "origin": 0.5,
    "loading_port": 0.5,
    "destination": 0.25,
    "mode": 0.5,
}
#: Families told as alike, the strongest first.
FAMILIES_TOLD = 3
#: Log-odds from which on a family is told as alike.
TOLD_FROM = 0.1
_ASKED = 500


@dataclass(frozen=True)
class Alike:
    """One inspected shipment that was like another.

    Attributes
    ----------
    shipment_id : int
    distance : float
        In log-odds; 0 is the same in everything compared.
    same : tuple of (str, str)
        What is alike: a column of `STEPS` and its code, or ``family`` and the name of a family of reasons
        that pulled both the same way.
    same_model : bool
        Whether one model scored both.
    """

    shipment_id: int
    distance: float
    same: tuple[tuple[str, str], ...]
    same_model: bool


@dataclass(frozen=True)
class Likeness:
    """The inspected shipments most like one.

    Attributes
    ----------
    looked_at : int
        Inspected shipments it was compared with.
    nearest : tuple of Alike
        Nearest first.
    finds : int
        Among the nearest.
    rows : DataFrame
        The same shipments in the same order (`risk.store.past.rows_of`).
    """

    looked_at: int
    nearest: tuple[Alike, ...]
    finds: int
    rows: pd.DataFrame


def of_shipment(connection: sa.Connection, shipment_id: int, most: int = SHOWN) -> Likeness:
    """Return the inspected shipments most like one."""
    mine = connection.execute(_scored().where(versions.c.shipment_id == shipment_id)).first()
    if mine is None:
        return Likeness(0, (), 0, past.rows_of(connection, []))
    ids = connection.execute(_candidates(mine)).scalars().all()
    found: list[Alike] = []
    for start in range(0, len(ids), _ASKED):
        wanted = _scored().where(versions.c.shipment_id.in_(ids[start : start + _ASKED]))
        found += [_compared(mine, row) for row in connection.execute(wanted)]
    found.sort(key=lambda each: (each.distance, -each.shipment_id))
    nearest = tuple(found[:most])
    rows = past.rows_of(connection, [each.shipment_id for each in nearest])
    return Likeness(len(found), nearest, int(rows["is_find"].sum()), rows)


def _scored() -> sa.Select[Any]:
    return (
        sa.select(
            versions.c.shipment_id,
            scores.c.model_id,
            scores.c.families,
            versions.c.known_at,
            *(versions.c[name] for name in STEPS),
        )
        .join(scores, scores.c.version_id == versions.c.id)
        .where(versions.c.current, scores.c.current)
    )


def _candidates(mine: Any) -> sa.Select[Any]:
    told = sa.cast(outcomes.c.found, sa.Text)
    wildlife = sa.or_(*(told.contains(name) for name in finds.FINDS))
    same = (versions.c.heading == mine.heading) & (versions.c.heading != "")
    return (
        sa.select(outcomes.c.shipment_id)
        .join(versions, (versions.c.shipment_id == outcomes.c.shipment_id) & versions.c.current)
        .where(outcomes.c.current, outcomes.c.inspected_at >= pd.Timestamp(mine.known_at) - BACK)
        .where(outcomes.c.inspection != "not_inspected", outcomes.c.shipment_id != mine.shipment_id)
        .order_by(sa.case((same, 0), (wildlife, 1), else_=2), outcomes.c.id.desc())
        .limit(LOOKED_AT)
    )


def _compared(mine: Any, other: Any) -> Alike:
    apart = _apart(mine.families, other.families)
    for name, step in STEPS.items():
        here, there = getattr(mine, name), getattr(other, name)
        if here != there:
            near = name == "heading" and here[:2] == there[:2]
            apart += step / 2 if near else step
    same = [(name, getattr(mine, name)) for name in STEPS if getattr(mine, name)]
    same = [(name, code) for name, code in same if getattr(other, name) == code]
    same += [("family", name) for name in _together(mine.families, other.families)]
    return Alike(other.shipment_id, round(apart, 6), tuple(same), mine.model_id == other.model_id)


def _apart(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    names = sorted({*one, *other})
    return math.sqrt(math.fsum((one.get(name, 0.0) - other.get(name, 0.0)) ** 2 for name in names))


def _together(one: Mapping[str, float], other: Mapping[str, float]) -> list[str]:
    """Return families that pulled both the same way, more than slightly, the strongest first."""
    pulled = {
        name: min(abs(one[name]), abs(other[name]))
        for name in one
        if name in other and one[name] * other[name] > 0
    }
    strong = [
        name for name in sorted(pulled, key=lambda name: (-pulled[name], name)) if pulled[name] >= TOLD_FROM
    ]
    return strong[:FAMILIES_TOLD]
