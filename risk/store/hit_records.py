"""What entries and rules have to show: shipments hit, inspected after, and with wildlife found."""

from __future__ import annotations

from typing import Any

import pandas as pd
import sqlalchemy as sa

from risk import finds as told
from risk.store import hits
from risk.store.tables import outcomes, versions


def record(
    connection: sa.Connection, table: sa.Table, key: sa.Column[Any], replaces: dict[int, int | None]
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
    """
    reached = sa.select(key, versions.c.shipment_id, sa.func.min(table.c["at"]).label("first")).join(
        versions, versions.c.id == table.c.version_id
    )
    of = reached.where(versions.c.batch_id.in_(hits.ready())).group_by(key, versions.c.shipment_id).subquery()
    wanted = sa.select(
        of, outcomes.c.inspected_at, outcomes.c.found, outcomes.c.permit_valid, outcomes.c.status
    ).outerjoin(outcomes, (outcomes.c.shipment_id == of.c.shipment_id) & outcomes.c.current)
    sets: dict[int, tuple[set[int], set[int], set[int]]] = {}
    for row in connection.execute(wanted):
        number, shipment_id, first = row[0], row.shipment_id, pd.Timestamp(row.first)
        later = row.inspected_at is not None and pd.Timestamp(row.inspected_at) >= first
        find = later and told.is_find(row.found, row.permit_valid, row.status)
        for each in _line(number, replaces):
            hit, inspected, finds = sets.setdefault(each, (set(), set(), set()))
            hit.add(shipment_id)
            inspected.update([shipment_id] if later else [])
            finds.update([shipment_id] if find else [])
    return {number: (len(hit), len(done), len(found)) for number, (hit, done, found) in sets.items()}


def _line(number: int, replaces: dict[int, int | None]) -> list[int]:
    """Return an entry and all that took its place."""
    after = {before: later for later, before in replaces.items() if before is not None}
    found = [number]
    while (following := after.get(found[-1])) is not None:
        found.append(following)
    return found
