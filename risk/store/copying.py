"""All rows of a database copied into another one, whichever kind each is.

Every value arrives as it was: numbers to the bit, times to the microsecond, data as the text it was kept as
(so that a list that is empty, a null that was kept and a value that never was stay three things).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from risk.store.database import go_on_counting
from risk.store.tables import metadata

_AT_ONCE = 500


class CopyError(ValueError):
    """Rows cannot be copied; the text names the table."""


def rows_in(connection: sa.Connection, without: Sequence[sa.Table] = ()) -> dict[str, int]:
    """Return how many rows each table has, those left out not counted."""
    return {
        table.name: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
        for table in metadata.sorted_tables
        if table not in without
    }


def copy(source: sa.Connection, target: sa.Connection, *, without: Sequence[sa.Table] = ()) -> int:
    """Copy every row into a database whose tables are empty; return how many.

    Parameters
    ----------
    source : Connection
        Sees one moment throughout (`Database.read`); of the same version as the target.
    target : Connection
        In a transaction that writes.
    without : sequence of Table
        Tables to leave empty.

    Raises
    ------
    CopyError
        A value does not fit: PostgreSQL is strict where SQLite is not.
    """
    count = 0
    for table in metadata.sorted_tables:
        if table not in without:
            count += _copied(source, target, table)
    return count


def _copied(source: sa.Connection, target: sa.Connection, table: sa.Table) -> int:
    # Rows that name one of the same table name an earlier one.
    wanted = (
        sa.select(*(_read(column) for column in table.c))
        .order_by(*table.primary_key.columns)
        .execution_options(yield_per=_AT_ONCE)
    )
    into = sa.table(table.name, *(sa.column(each.name, _written(each)) for each in table.c)).insert()
    rows = source.execute(wanted)
    packed = [each.name for each in table.c if isinstance(each.type, sa.JSON)]
    count = 0
    for part in rows.partitions(_AT_ONCE):
        made: list[dict[Any, Any]] = [dict(row._mapping) for row in part]
        for row in made:
            for name in packed:
                row[name] = _data(row[name])
        try:
            target.execute(into, made)
        except DBAPIError as error:
            why = (str(error.orig).strip().splitlines() or [type(error.orig).__name__])[0]
            raise CopyError(f"{table.name}: a row cannot be put in ({why[:200]})") from error
        count += len(made)
    for column in table.primary_key.columns:
        if column.autoincrement is True:
            go_on_counting(target, column)
    return count


def _read(column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    """Return a column as it is read: data as text, since a kept null reads like none."""
    if isinstance(column.type, sa.JSON):
        return sa.cast(column, sa.Text).label(column.name)
    return column


def _written(column: sa.Column[Any]) -> Any:
    return sa.JSON(none_as_null=True) if isinstance(column.type, sa.JSON) else column.type


def _data(text: str | None) -> Any:
    if text is None:
        return None
    value = json.loads(text)
    return sa.JSON.NULL if value is None else value
