"""Declared rows taken out of the database as a shipment table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import sqlalchemy as sa

from features.manifest import schema
from risk.store.tables import batches, declared, versions

#: Ids asked for at a time: a server takes only so many parameters.
_ASKED = 500
#: What is tried on some of the last shipments takes them from among so many times as many.
SPREAD = 10
_FLAGS = {True: True, False: False}


def table(rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Return rows as `declared` keeps them as a complete shipment table."""
    made = {}
    for name, column in schema.BY_NAME.items():
        cells = [row.get(name) for row in rows]
        if any(cell is not None for cell in cells):
            made[name] = _typed(cells, column.kind)
    return schema.complete(pd.DataFrame(made, index=pd.RangeIndex(len(rows))))


def _typed(cells: list[Any], kind: str) -> pd.Series:
    values = pd.Series(cells, dtype="object")
    if kind == "number":
        return pd.to_numeric(values, errors="coerce").astype("float64")
    if kind == "time":
        moments = pd.to_datetime(values, errors="coerce", format="ISO8601", utc=True)
        return moments.dt.tz_localize(None).astype("datetime64[us]")
    if kind == "flag":
        return values.map(_FLAGS, na_action="ignore").astype("boolean")
    return values.map(str, na_action="ignore").astype("str")


def of_versions(connection: sa.Connection, version_ids: Sequence[int]) -> tuple[list[int], pd.DataFrame]:
    """Return the declared rows of versions, those purged left out, with the ids they are of."""
    ids: list[int] = []
    rows: list[dict[str, Any]] = []
    for start in range(0, len(version_ids), _ASKED):
        asked = [int(number) for number in version_ids[start : start + _ASKED]]
        wanted = (
            sa.select(declared.c.version_id, declared.c.row, versions.c.known_at)
            .join(versions, versions.c.id == declared.c.version_id)
            .where(declared.c.version_id.in_(asked))
            .order_by(declared.c.version_id)
        )
        for row in connection.execute(wanted):
            ids.append(row.version_id)
            # What the port knew since when is a matter of the version.
            rows.append({**row.row, "known_at": row.known_at.isoformat()})
    return ids, table(rows)


def recent(connection: sa.Connection, most: int) -> tuple[list[int], pd.DataFrame]:
    """Return shipments that became known last, as they were declared, with their versions' ids.

    They are spread evenly over ten times as many: what becomes known last is of the modes that tell
    last, while a vessel's bills are known for days.
    """
    # Left out, not joined: from the latest on, by their index, however much the port ever had.
    loading = sa.select(batches.c.id).where(batches.c.state != "ready")
    wanted = (
        sa.select(versions.c.id)
        .where(versions.c.current, versions.c.batch_id.not_in(loading))
        .order_by(versions.c.known_at.desc(), versions.c.id.desc())
        .limit(most * SPREAD)
    )
    ids = connection.execute(wanted).scalars().all()
    step = max(1.0, len(ids) / most)
    return of_versions(connection, [ids[int(place * step)] for place in range(min(most, len(ids)))])
