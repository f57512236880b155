"""What watch entries and local rules hit, looked up: why a shipment is watched, and how far up it is held.

A hit stays when an amendment takes away what was hit: the shipment keeps its floor, and the hit says that it
is of an earlier version.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
import sqlalchemy as sa

from risk.store.roles import Person
from risk.store.tables import batches, rule_hits, rules, users, versions, watch_entries, watch_hits


@dataclass(frozen=True)
class Hit:
    """Why a shipment is watched.

    Attributes
    ----------
    source : str
        ``watch`` or ``rule``.
    id : int or None
        Of the entry or the rule; None where it is restricted and hidden.
    hidden : bool
        A restricted entry, to somebody who may not see it: nothing else is told.
    restricted : bool
    kind, value, column, reason, source_grade, lead, owner : str
        Of a rule ``value`` is its condition.
    floor : int or None
    valid_from : Timestamp or None
    current : bool
        Whether it is of the version in force; else of one before it.
    in_force : bool
        Whether the entry or rule counts now: it began to, and neither ended nor expired.
    """

    source: str
    id: int | None
    hidden: bool = False
    restricted: bool = False
    kind: str = ""
    value: str = ""
    column: str = ""
    reason: str = ""
    source_grade: str = ""
    lead: str = ""
    owner: str = ""
    floor: int | None = None
    valid_from: pd.Timestamp | None = None
    current: bool = True
    in_force: bool = True


def of_shipment(
    connection: sa.Connection, shipment_id: int, person: Person, *, now: pd.Timestamp
) -> list[Hit]:
    """Return why a shipment is watched, as far as somebody may know.

    Parameters
    ----------
    now : Timestamp
        The moment shipments are looked at: entries and rules count by it too.

    What hit an earlier version and the version in force alike is told once. All restricted entries together
    are one hit to those who may not see them, so that not even their number is told.
    """
    entry = watch_entries.c
    watched = sa.select(
        *(entry[name] for name in _ENTRY), watch_hits.c.column, versions.c.current, users.c.login
    ).select_from(
        watch_hits.join(watch_entries, entry.id == watch_hits.c.entry_id)
        .join(versions, versions.c.id == watch_hits.c.version_id)
        .join(users, users.c.id == entry.owner_id)
    )
    mine = (versions.c.shipment_id == shipment_id) & versions.c.batch_id.in_(ready())
    order = (versions.c.current.desc(), entry.id, watch_hits.c.column)
    found: dict[tuple[object, ...], Hit] = {}
    for row in connection.execute(watched.where(mine).order_by(*order)):
        hit = _hit(row, person, now)
        if hit.hidden and not hit.in_force:
            continue
        found.setdefault((hit.source, hit.id, hit.column), hit)
    own = (
        sa.select(rules, versions.c.current, users.c.login)
        .select_from(
            rule_hits.join(rules, rules.c.id == rule_hits.c.rule_id)
            .join(versions, versions.c.id == rule_hits.c.version_id)
            .join(users, users.c.id == rules.c.owner_id)
        )
        .where(mine)
        .order_by(versions.c.current.desc(), rules.c.id)
    )
    for row in connection.execute(own):
        hit = Hit(
            "rule",
            row.id,
            kind="rule",
            value=row.condition,
            reason=row.reason,
            owner=row.login,
            floor=row.floor,
            valid_from=pd.Timestamp(row.valid_from),
            current=row.current,
            in_force=_stands(row, now),
        )
        found.setdefault((hit.source, hit.id, ""), hit)
    return _without_replaced(connection, list(found.values()))


_ENTRY = (
    *("id", "kind", "value", "reason", "source_grade", "restricted", "lead", "floor"),
    *("valid_from", "ended_at", "expires_at"),
)


def _hit(row: Any, person: Person, now: pd.Timestamp) -> Hit:
    if row.restricted and not person.may("see_restricted"):
        return Hit("watch", None, hidden=True, restricted=True, in_force=_stands(row, now))
    return Hit(
        source="watch",
        id=row.id,
        restricted=row.restricted,
        kind=row.kind,
        value=row.value,
        column=row.column,
        reason=row.reason,
        source_grade=row.source_grade,
        lead=row.lead,
        owner=row.login,
        floor=row.floor,
        valid_from=pd.Timestamp(row.valid_from),
        current=row.current,
        in_force=_stands(row, now),
    )


def _stands(row: Any, now: pd.Timestamp) -> bool:
    ends = (row.ended_at, getattr(row, "expires_at", None))
    return pd.Timestamp(row.valid_from) <= now and all(end is None or pd.Timestamp(end) > now for end in ends)


def _standing(of: sa.Table, now: pd.Timestamp) -> sa.ColumnElement[bool]:
    """Tell what counts at a moment, as lists of entries and rules say it does."""
    ends = [of.c[name] for name in ("ended_at", "expires_at") if name in of.c]
    return sa.and_(of.c.valid_from <= now, *(end.is_(None) | (end > now) for end in ends))


def _without_replaced(connection: sa.Connection, found: list[Hit]) -> list[Hit]:
    """Leave out hits of what was replaced by something that hits too."""
    gone: set[tuple[str, int]] = set()
    for source, table in (("watch", watch_entries), ("rule", rules)):
        ids = sorted({hit.id for hit in found if hit.source == source and hit.id is not None})
        wanted = sa.select(table.c.id, table.c.replaces_id).where(table.c.id.in_(ids))
        before = {row.id: row.replaces_id for row in connection.execute(wanted)}
        gone |= {(source, replaced) for replaced in before.values() if replaced is not None}
    return [hit for hit in found if hit.id is None or (hit.source, hit.id) not in gone]


def ready() -> sa.Select[Any]:
    """Return the batches that may be seen."""
    return sa.select(batches.c.id).where(batches.c.state == "ready")


def floors(connection: sa.Connection, *, now: pd.Timestamp, shipment_id: int | None = None) -> pd.DataFrame:
    """Return the floor of each shipment that has one, by what counts.

    Parameters
    ----------
    now : Timestamp
        The moment shipments are looked at.
    shipment_id : int, optional
        Of this one alone.

    Returns
    -------
    DataFrame, shape (n, 2)
        By ``shipment_id``: ``floor`` (int, the highest place any gives) and ``floor_reason`` (``rule`` or
        ``watch``, the one that gives it).
    """
    mine = [] if shipment_id is None else [versions.c.shipment_id == shipment_id]
    parts = []
    for source, hit, of, key in (
        ("rule", rule_hits, rules, rule_hits.c.rule_id),
        ("watch", watch_hits, watch_entries, watch_hits.c.entry_id),
    ):
        wanted = (
            sa.select(versions.c.shipment_id, sa.func.min(of.c.floor).label("floor"))
            .select_from(hit.join(of, of.c.id == key).join(versions, versions.c.id == hit.c.version_id))
            .where(of.c.floor.is_not(None), versions.c.batch_id.in_(ready()))
            .where(_standing(of, now), *mine)
            .group_by(versions.c.shipment_id)
        )
        rows = connection.execute(wanted).all()
        parts.append(pd.DataFrame(rows, columns=["shipment_id", "floor"]).assign(floor_reason=source))
    whole = pd.concat(parts, ignore_index=True).astype({"shipment_id": "int64", "floor": "int64"})
    whole = whole.sort_values(["shipment_id", "floor", "floor_reason"]).drop_duplicates("shipment_id")
    return whole.set_index("shipment_id")


def watched(connection: sa.Connection, *, now: pd.Timestamp) -> set[int]:
    """Return the shipments that an entry or a rule hits that counts at a moment."""
    found: set[int] = set()
    for hit, of, key in (
        (rule_hits, rules, rule_hits.c.rule_id),
        (watch_hits, watch_entries, watch_hits.c.entry_id),
    ):
        wanted = (
            sa.select(versions.c.shipment_id)
            .select_from(hit.join(of, of.c.id == key).join(versions, versions.c.id == hit.c.version_id))
            .where(versions.c.batch_id.in_(ready()), _standing(of, now))
            .distinct()
        )
        found |= set(connection.execute(wanted).scalars())
    return found
