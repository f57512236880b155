"""Declared rows taken out again as a table, the latest first found."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pandas as pd
import sqlalchemy as sa

from data_samples import __file__ as here
from features import manifest
from features.manifest import schema
from risk.filing import declared_rows as as_data
from risk.store import declared_rows
from risk.store.database import Database

_SPEC = importlib.util.spec_from_file_location("watched_port", Path(__file__).parent / "watched_port.py")
watched_port: Any = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(watched_port)
NOW = watched_port.NOW
batch = watched_port.batch


def test_declared_rows_come_back_as_they_were(database: Database) -> None:
    table = manifest.read([Path(here).parent / "port_day.csv"], now=NOW.to_pydatetime()).table.head(50)
    batch(database, as_data(table), NOW)
    with database.read() as connection:
        ids, back = declared_rows.recent(connection, 1000)
    assert len(ids) == 50
    columns = [name for name in schema.BY_NAME if name != "known_at"]
    expected = schema.complete(table)[columns].reset_index(drop=True)
    back = (
        back.iloc[::-1].reset_index(drop=True)
        if back["shipment_id"].iloc[0] != table["shipment_id"].iloc[0]
        else back
    )
    pd.testing.assert_frame_equal(back[columns], expected)


def test_the_latest_are_found_by_when_they_became_known(made_sqlite: Path) -> None:
    """Not by going through all the port ever had, each time an entry is tried."""
    database = Database(made_sqlite)
    asked: list[tuple[str, Any]] = []
    with database.read() as connection:
        sa.event.listen(
            connection, "before_cursor_execute", lambda *given: asked.append((given[2], given[3]))
        )
        declared_rows.recent(connection, 10)
        text, given = next(each for each in asked if "ORDER BY versions.known_at" in each[0])
        plan = [row[-1] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", given)]
    database.close()
    assert any("ix_versions_known_at" in step for step in plan), plan
    assert not any("ORDER BY" in step for step in plan), plan
