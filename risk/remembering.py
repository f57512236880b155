"""The port's past, kept up with its database.

What was put in and found since the last time is added to the state folder before anything is scored against
it. The folder is saved before the database is told so: after a crash in between it is added again, which
changes nothing. What was purged from the database is taken out of the folder as well.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from features import scratch
from features.history import State, placing
from features.history.versions import SAME_SHIPMENT_DAYS
from features.view import prepare
from risk.intake import as_table
from risk.store import retention
from risk.store.database import Database
from risk.store.tables import batches, declared, outcomes, versions

_AT_ONCE = 5_000
_NO_LOCAL: dict[str, list[str]] = {"categorical": [], "numeric": []}


def past(database: Database, folder: Path) -> State | None:
    """Return the port's past, brought up to date; None for a port that has seen nothing.

    Raises
    ------
    features.history.storage.StateError
        The folder is no sound state.
    """
    with database.read() as connection:
        new = list(
            connection.execute(
                sa.select(batches.c.id).where(batches.c.state == "ready", batches.c.remembered.is_(False))
            ).scalars()
        )
        found = list(
            connection.execute(sa.select(outcomes.c.id).where(outcomes.c.remembered.is_(False))).scalars()
        )
        parts = [State.of(prepare(table)) for table in _tables(connection, new, found)]
    with scratch.alone(folder):
        placing.put_back(folder)
        begun = (folder / "state.json").is_file()
        if not begun and not parts:
            return None
        state = State.load(folder) if begun else State.empty()
        if parts:
            state = State.joined([state, *parts])
            state.save(folder)
    if new or found:
        with database.write() as connection:
            connection.execute(batches.update().where(batches.c.id.in_(new)).values(remembered=True))
            connection.execute(outcomes.update().where(outcomes.c.id.in_(found)).values(remembered=True))
    return state


def forget(database: Database, folder: Path) -> int:
    """Take out of the port's past what was purged from its database; return how many shipments.

    The folder is saved before the database is told so: after a crash in between it is done again.

    Raises
    ------
    features.history.storage.StateError
        The folder is no sound state.
    """
    with database.read() as connection:
        keys = retention.to_forget(connection)
    if not keys:
        return 0
    with scratch.alone(folder):
        placing.put_back(folder)
        if (folder / "state.json").is_file():
            State.load(folder).without(np.array(keys, dtype=np.int64)).save(folder)
    with database.write() as connection:
        retention.forgotten(connection, keys)
    return len(keys)


def _tables(connection: sa.Connection, new: list[int], found: list[int]) -> list[pd.DataFrame]:
    made = []
    shipped = (
        sa.select(declared.c.row)
        .join(versions, versions.c.id == declared.c.version_id)
        .where(versions.c.batch_id.in_(new))
        .order_by(versions.c.id)
    )
    for part in connection.execution_options(yield_per=_AT_ONCE).execute(shipped).partitions(_AT_ONCE):
        made.append(as_table([row.row for row in part], _NO_LOCAL))
    # With all outcomes of the same shipments, since a correction takes back what was told before it.
    mine = sa.select(outcomes.c.shipment_id).where(outcomes.c.id.in_(found))
    entered = (
        sa.select(declared.c.row, outcomes)
        .join(versions, versions.c.shipment_id == outcomes.c.shipment_id)
        .join(declared, declared.c.version_id == versions.c.id)
        .where(versions.c.current, outcomes.c.shipment_id.in_(mine))
        .order_by(outcomes.c.id)
    )
    if rows := _inspected(connection.execute(entered).mappings().all(), set(found)):
        made.append(as_table(rows, _NO_LOCAL))
    return made


def _inspected(entered: Sequence[Any], found: Collection[int]) -> list[dict[str, Any]]:
    """Return outcomes as rows of the shipment table.

    A correction is dated when it came in: of two outcomes of one moment the past could not tell which is in
    force. One that says that nothing was inspected after all takes back what was found before.
    """
    rows, dated = [], dict[int, pd.Timestamp]()
    for outcome in entered:
        before = dated.get(outcome["shipment_id"])
        if before is None and outcome["inspection"] == "not_inspected":
            continue
        at = pd.Timestamp(outcome["at"] if outcome["inspected_at"] is None else outcome["inspected_at"])
        if before is not None:
            at = max(at, pd.Timestamp(outcome["at"]), before + pd.Timedelta(1, unit="us"))
            # Later still it would be told of another shipment of that number.
            at = min(at, before + pd.Timedelta(days=SAME_SHIPMENT_DAYS))
        dated[outcome["shipment_id"]] = at
        if outcome["id"] in found:
            told = _told(outcome, at)
            rows.append({**outcome["row"], **(told | _TAKEN_BACK if not told["outcome"] else told)})
    return rows


#: What an outcome is taken back by where nothing was inspected: no find, and next to no effort.
_TAKEN_BACK = {
    "inspection_type": "documents",
    "outcome": "other_offence",
    "outcome_status": "overturned",
}


def _told(outcome: Any, at: pd.Timestamp) -> dict[str, Any]:
    """Return an outcome in the columns of the shipment table."""
    return {
        "inspected_at": at.isoformat(),
        "inspection_type": outcome["inspection"],
        "outcome": ";".join(outcome["found"]),
        "outcome_status": outcome["status"],
        "permit_valid": outcome["permit_valid"],
        "selected_by": outcome["selected_by"] or None,
        "selection_probability": outcome["selection_probability"],
        "found_taxa": ";".join(outcome["taxa"]) or None,
    }
