"""How wildlife was hidden in such goods before, by this port's own finds.

Counts of codes alone: they stand after what was declared is purged.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd
import sqlalchemy as sa

from risk import finds
from risk.store.tables import outcomes, versions

#: Finds looked at, the latest.
LOOKED_AT: Final = 500


@dataclass(frozen=True)
class Place:
    """Where in loads wildlife was found.

    Attributes
    ----------
    where : str
        A code of `risk.vocabulary`; empty where it was not noted.
    finds : int
    inspections, taxa, found : tuple of (str, int)
        How it was found, what, and of which kind, the most frequent first.
    last_at : Timestamp
    """

    where: str
    finds: int
    inspections: tuple[tuple[str, int], ...]
    taxa: tuple[tuple[str, int], ...]
    found: tuple[tuple[str, int], ...]
    last_at: pd.Timestamp


@dataclass(frozen=True)
class Concealed:
    """Finds in such goods.

    Attributes
    ----------
    scope : str
        ``heading`` or ``chapter``: how near the goods are; ``any`` where none were found in such goods.
    code : str
        Of the scope.
    finds : int
    places : tuple of Place
        The most frequent first.
    """

    scope: str
    code: str
    finds: int
    places: tuple[Place, ...]


def in_such_goods(connection: sa.Connection, shipment_id: int, heading: str) -> Concealed:
    """Return where wildlife was found in goods of a heading, else of its chapter, else in any goods."""
    scopes = [("heading", heading[:4]), ("chapter", heading[:2])] if len(heading) >= 4 else []
    for scope, code in [*scopes, ("any", "")]:
        rows = _finds(connection, shipment_id, code)
        if rows or scope == "any":
            return Concealed(scope, code, len(rows), _places(rows))
    raise AssertionError("any goods come last")


def _finds(connection: sa.Connection, shipment_id: int, code: str) -> list[Any]:
    told = sa.cast(outcomes.c.found, sa.Text)
    names = ("found", "permit_valid", "status", "where_in_load", "inspection", "taxa", "inspected_at")
    wanted = (
        sa.select(*(outcomes.c[name] for name in names))
        .join(versions, (versions.c.shipment_id == outcomes.c.shipment_id) & versions.c.current)
        .where(
            outcomes.c.current, outcomes.c.shipment_id != shipment_id, outcomes.c.inspected_at.is_not(None)
        )
        .where(sa.or_(*(told.contains(name) for name in finds.FINDS)))
        .order_by(outcomes.c.inspected_at.desc(), outcomes.c.id.desc())
        .limit(LOOKED_AT)
    )
    if code:
        wanted = wanted.where(versions.c.heading.startswith(code, autoescape=True))
    rows = connection.execute(wanted).all()
    return [row for row in rows if finds.is_find(row.found, row.permit_valid, row.status)]


def _places(rows: list[Any]) -> tuple[Place, ...]:
    grouped: dict[str, list[Any]] = {}
    for row in rows:
        grouped.setdefault(row.where_in_load, []).append(row)
    made = [
        Place(
            where=where,
            finds=len(group),
            inspections=_counted(row.inspection for row in group),
            taxa=_counted(name for row in group for name in dict.fromkeys(row.taxa or ())),
            found=_counted(kind for row in group for kind in finds.FINDS if kind in row.found),
            last_at=max(pd.Timestamp(row.inspected_at) for row in group),
        )
        for where, group in grouped.items()
    ]
    return tuple(sorted(made, key=lambda each: (-each.finds, each.where)))


def _counted(names: Any) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(Counter(names).items(), key=lambda pair: (-pair[1], pair[0])))
