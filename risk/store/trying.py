"""An entry or a rule tried on the last shipments before it is kept: how many it would hit, and which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import sqlalchemy as sa

from risk import conditions, watching
from risk.store import declared_rows
from risk.store.tables import versions
from risk.store.watching import TRIED_ON, Tried
from risk.watch_entries import New

#: Shipments shown of those hit.
SHOWN = 10


@dataclass(frozen=True)
class Example:
    """A shipment that would have been hit.

    Attributes
    ----------
    shipment_id : int
    bill, goods : str
    columns : tuple of str
        Where; empty for a condition.
    """

    shipment_id: int
    bill: str
    goods: str
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Trial:
    """What would have been hit: how many, and the latest of them."""

    counted: Tried
    examples: tuple[Example, ...]


def entry(connection: sa.Connection, new: New, last: int = TRIED_ON) -> Trial:
    """Try an entry, at whatever time it counts from.

    Raises
    ------
    Refusal
        Its value cannot be watched for.
    """
    # Whether it can be read, before anything is looked up.
    new.form  # noqa: B018
    ids, table = declared_rows.recent(connection, last)
    frame = pd.DataFrame({"kind": [new.kind], "value": [new.value]}, dtype="object")
    found = watching.everywhere(frame, table)
    columns: dict[int, list[str]] = {}
    for row, column in zip(found["row"].tolist(), found["column"].tolist(), strict=True):
        columns.setdefault(row, []).append(column)
    return _trial(connection, ids, table, sorted(columns), columns)


def condition(connection: sa.Connection, text: str, last: int = TRIED_ON) -> Trial:
    """Try a condition.

    Raises
    ------
    ConditionError
        It cannot be read.
    """
    parsed = conditions.parse(text)
    ids, table = declared_rows.recent(connection, last)
    return _trial(connection, ids, table, np.flatnonzero(conditions.holds(parsed, table)).tolist(), {})


def _trial(
    connection: sa.Connection,
    ids: Sequence[int],
    table: pd.DataFrame,
    rows: Sequence[int],
    columns: dict[int, list[str]],
) -> Trial:
    # Versions are in the order of their numbers: the last ones came last.
    shown = [int(row) for row in rows][-SHOWN:][::-1]
    wanted = sa.select(versions.c.id, versions.c.shipment_id).where(
        versions.c.id.in_([int(ids[row]) for row in shown])
    )
    known = {row.id: row.shipment_id for row in connection.execute(wanted)}
    made = [
        Example(
            known[ids[row]],
            _text(table["shipment_id"].iloc[row]),
            _text(table["goods_description"].iloc[row]),
            tuple(columns.get(row, ())),
        )
        for row in shown
    ]
    return Trial(Tried(len(rows), len(table)), tuple(made))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
