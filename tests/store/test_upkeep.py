"""Backups and checks as jobs of the worker."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa

from risk import upkeep, worker
from risk.store import archives, jobs, ledger, settings, tables
from risk.store.database import Database

NOW = pd.Timestamp("2026-11-22 04:00")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "data"
    made.mkdir()
    settings.site_secret(made)
    return made


def work(database: Database, folder: Path, kind: str, asked: dict[str, str], at: pd.Timestamp) -> jobs.Job:
    with database.write() as connection:
        jobs.ask(connection, kind, asked, at=at, actor="system")
    done = worker.Worker(database, folder, now=lambda: at).work()
    assert done is not None
    return done


def test_backups_are_made_and_only_the_last_are_kept(database: Database, folder: Path) -> None:
    for day in range(upkeep.KEPT + 2):
        done = work(database, folder, "backup", {}, NOW + pd.Timedelta(days=day))
        assert done.state == "done", done.message
    kept = sorted(path.name for path in (folder / upkeep.BACKUPS).iterdir())
    assert len(kept) == upkeep.KEPT
    assert kept[-1] == done.result["file"] == "port-20261130-040000.zip"
    about = archives.check(folder / upkeep.BACKUPS / kept[-1])
    assert (about.head, done.result["holds"]) == (done.result["head"], True)
    with database.read() as connection:
        assert ledger.verify(connection, about.head).holds


def test_a_backup_that_cannot_be_made_is_said_and_removes_none(database: Database, folder: Path) -> None:
    assert work(database, folder, "backup", {}, NOW).state == "done"
    (folder / "site.key").unlink()
    done = work(database, folder, "backup", {}, NOW + pd.Timedelta(days=1))
    assert done.state == "failed"
    assert "site.key" in done.message
    assert len(list((folder / upkeep.BACKUPS).iterdir())) == 1


def test_a_check_is_asked_for_from_a_page(database: Database, folder: Path) -> None:
    done = work(database, folder, "verify", {}, NOW)
    assert (done.state, done.result["holds"]) == ("done", True)
    assert done.result["checks"][0]["name"] == "ledger"
    with database.write() as connection:
        if database.is_sqlite:
            connection.exec_driver_sql("DROP TRIGGER ledger_no_update")
        else:
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        connection.execute(tables.ledger.update().where(tables.ledger.c.seq == 1).values(actor="user:9"))
    done = work(database, folder, "verify", {}, NOW)
    assert not done.result["holds"]
    (told,) = done.result["checks"][0]["problems"]
    fault = {"text": "its content was changed", "values": {}}
    assert told == {"text": "row {row}: {fault}", "values": {"row": "1", "fault": fault}}
    assert work(database, folder, "verify", {"head": "what"}, NOW).state == "failed"
    with database.read() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(tables.jobs)).scalar() == 3
