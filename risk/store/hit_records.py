"""What entries and rules have to show: shipments hit, inspected after, and with wildlife found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import sqlalchemy as sa

from risk import finds as told
from risk.store import hits
from risk.store.tables import outcomes, shipments, versions

#: Ids asked for at a time: a server takes only so many parameters.
_ASKED = 500


@dataclass(frozen=True)
class Reached:
    """A shipment that an entry or a rule hit.

    Attributes
    ----------
    shipment_id : int
    bill : str
    columns : tuple of str
        Where the entry was found; empty for a rule.
    first_at : Timestamp
        When the first hit was worked out.
    inspected_at : Timestamp or None
    found : tuple of str
        What was found, codes; empty without an outcome.
    status : str
        Of the outcome.
    after : bool
        Whether the inspection came after the hit.
    find : bool
        Whether it came after and found wildlife that no valid permit covers.
    """

    shipment_id: int
    bill: str
    columns: tuple[str, ...]
    first_at: pd.Timestamp
    inspected_at: pd.Timestamp | None
    found: tuple[str, ...]
    status: str
    after: bool
    find: bool


def record(
    connection: sa.Connection,
    table: sa.Table,
    key: sa.Column[Any],
    replaces: dict[int, int | None],
    only: Sequence[int] | None = None,
) -> dict[int, tuple[int, int, int]]:
    """Return by entry (or rule) how many shipments it hit, of how many inspected, with how many finds.

    An outcome counts where the inspection came after the hit was worked out: an entry written after a find
    did not lead to it.

    Parameters
    ----------
    table : Table
        Of hits.
    key : Column
        Of the entry in it.
    replaces : dict of int to int or None
        What each entry takes the place of.
    only : sequence of int, optional
        Entries that are asked about; all of them where it is not given.
    """
    after = {before: later for later, before in replaces.items() if before is not None}
    sets: dict[int, tuple[set[int], set[int], set[int]]] = {}
    for row in _rows(connection, table, key, None if only is None else line_before(only, replaces)):
        find = row.after and told.is_find(row.found, row.permit_valid, row.status)
        for each in _line(row.number, after):
            hit, inspected, finds = sets.setdefault(each, (set(), set(), set()))
            hit.add(row.shipment_id)
            inspected.update([row.shipment_id] if row.after else [])
            finds.update([row.shipment_id] if find else [])
    return {number: (len(hit), len(done), len(found)) for number, (hit, done, found) in sets.items()}


@dataclass(frozen=True)
class _Row:
    number: int
    shipment_id: int
    first: pd.Timestamp
    inspected_at: pd.Timestamp | None
    found: tuple[str, ...]
    permit_valid: bool | None
    status: str

    @property
    def after(self) -> bool:
        return self.inspected_at is not None and self.inspected_at >= self.first


def _rows(
    connection: sa.Connection, table: sa.Table, key: sa.Column[Any], numbers: Sequence[int] | None
) -> Iterator[_Row]:
    """Yield shipments that were hit, once per entry, with their outcome in force."""
    reached = sa.select(key, versions.c.shipment_id, sa.func.min(table.c["at"]).label("first")).join(
        versions, versions.c.id == table.c.version_id
    )
    reached = reached.where(versions.c.batch_id.in_(hits.ready())).group_by(key, versions.c.shipment_id)
    slices = [None] if numbers is None else [numbers[i : i + _ASKED] for i in range(0, len(numbers), _ASKED)]
    for asked in slices:
        of = (reached if asked is None else reached.where(key.in_(asked))).subquery()
        wanted = sa.select(
            of, outcomes.c.inspected_at, outcomes.c.found, outcomes.c.permit_valid, outcomes.c.status
        ).outerjoin(outcomes, (outcomes.c.shipment_id == of.c.shipment_id) & outcomes.c.current)
        for row in connection.execute(wanted):
            inspected = None if row.inspected_at is None else pd.Timestamp(row.inspected_at)
            found, status = tuple(row.found or ()), row.status or ""
            first = pd.Timestamp(row.first)
            yield _Row(row[0], row.shipment_id, first, inspected, found, row.permit_valid, status)


def reached(
    connection: sa.Connection, table: sa.Table, key: sa.Column[Any], numbers: Sequence[int], most: int
) -> list[Reached]:
    """Return the shipments that entries (or rules) hit, the latest hit first.

    Parameters
    ----------
    numbers : sequence of int
        Of the entries: one and what it takes the place of.
    most : int
        No more than so many.
    """
    merged: dict[int, _Row] = {}
    for row in _rows(connection, table, key, numbers):
        known = merged.get(row.shipment_id)
        if known is None or row.first < known.first:
            merged[row.shipment_id] = row
    latest = sorted(merged.values(), key=lambda row: (row.first, row.shipment_id), reverse=True)[:most]
    names = _names(connection, [row.shipment_id for row in latest])
    columns = _columns(connection, table, key, numbers, set(names))
    return [
        Reached(
            shipment_id=row.shipment_id,
            bill=names[row.shipment_id],
            columns=tuple(sorted(columns.get(row.shipment_id, ()))),
            first_at=row.first,
            inspected_at=row.inspected_at,
            found=row.found,
            status=row.status,
            after=row.after,
            find=row.after and told.is_find(row.found, row.permit_valid, row.status),
        )
        for row in latest
    ]


def _names(connection: sa.Connection, ids: Sequence[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    for start in range(0, len(ids), _ASKED):
        asked = shipments.c.id.in_(ids[start : start + _ASKED])
        rows = connection.execute(sa.select(shipments.c.id, shipments.c.bill).where(asked))
        found |= {row.id: row.bill for row in rows}
    return found


def _columns(
    connection: sa.Connection,
    table: sa.Table,
    key: sa.Column[Any],
    numbers: Sequence[int],
    shipment_ids: set[int],
) -> dict[int, set[str]]:
    if "column" not in table.c:
        return {}
    found: dict[int, set[str]] = {}
    for start in range(0, len(numbers), _ASKED):
        wanted = (
            sa.select(versions.c.shipment_id, table.c.column)
            .join(versions, versions.c.id == table.c.version_id)
            .where(key.in_(numbers[start : start + _ASKED]))
            .distinct()
        )
        for row in connection.execute(wanted):
            if row.shipment_id in shipment_ids:
                found.setdefault(row.shipment_id, set()).add(row.column)
    return found


def line_before(numbers: Sequence[int], replaces: dict[int, int | None]) -> list[int]:
    """Return entries and all that they take the place of, each once."""
    found: dict[int, None] = {}
    for number in numbers:
        each: int | None = int(number)
        while each is not None and each not in found:
            found[each] = None
            each = replaces.get(each)
    return list(found)


def _line(number: int, after: dict[int, int]) -> list[int]:
    """Return an entry and all that took its place."""
    found = [number]
    while (following := after.get(found[-1])) is not None:
        found.append(following)
    return found
