"""The worker: a load from upload to list, failures said in words, stops, deaths, and the port's past."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa

from features.history import State
from features.history.versions import in_force
from risk import remembering, worker
from risk.store import inspections, jobs, ledger, people, roles, tables
from risk.store.database import Busy, Database
from risk.store.inspections import Outcome

SAMPLES = Path(__file__).parents[2] / "data_samples"
NOW = pd.Timestamp("2025-01-06 04:00")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "data"
    made.mkdir()
    return made


@pytest.fixture(scope="session")
def day() -> bytes:
    return "".join((SAMPLES / "port_day.csv").read_text("utf-8").splitlines(keepends=True)[:81]).encode()


def ask(database: Database, folder: Path, *contents: bytes, name: str = "day.csv") -> int:
    files = []
    for content in contents:
        digest = sha256(content).hexdigest()
        worker.keep_upload(folder, content, digest)
        files.append({"name": name, "sha256": digest})
    with database.write() as connection:
        return jobs.ask(connection, "load", {"files": files}, at=NOW, actor="system")


def work(database: Database, folder: Path) -> jobs.Job:
    job = worker.Worker(database, folder, now=lambda: NOW).work()
    assert job is not None
    return job


def count(database: Database, table: sa.Table, *where: sa.ColumnElement[bool]) -> int:
    with database.read() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(table).where(*where)).scalar_one()


def test_a_load_from_upload_to_shipments(database: Database, folder: Path, day: bytes) -> None:
    ask(database, folder, day)
    job = work(database, folder)
    assert (job.state, job.result["shipments"], job.result["changed"]) == ("done", 80, 80)
    assert count(database, tables.versions, tables.versions.c.current) == 80
    ask(database, folder, day)
    assert work(database, folder).result["changed"] == 0
    assert worker.Worker(database, folder, now=lambda: NOW).work() is None
    with database.read() as connection:
        assert ledger.verify(connection).holds


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7 not a manifest", b"\x00" * 1000])
def test_what_cannot_be_read_is_said(database: Database, folder: Path, content: bytes) -> None:
    ask(database, folder, content, name="../../etc/passwd\n<b>.xml")
    job = work(database, folder)
    assert job.state == "failed"
    assert job.message
    assert "Traceback" not in job.message
    assert count(database, tables.batches) == 0


def test_a_file_that_is_not_there_fails_alone(database: Database, folder: Path) -> None:
    for digest in ("../../etc/passwd", "0" * 64):
        with database.write() as connection:
            jobs.ask(connection, "load", {"files": [{"name": "x", "sha256": digest}]}, at=NOW, actor="system")
        assert work(database, folder).state == "failed"


def test_a_stopped_load_leaves_nothing(
    database: Database, folder: Path, day: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = ask(database, folder, day)
    monkeypatch.setattr(worker, "BEAT", 0.05)
    real = worker.intake.load

    def slow(*args: object, **options: object) -> object:
        with database.write() as connection:
            jobs.stop(connection, number, at=NOW, actor="system")
        time.sleep(1.0)
        return real(*args, **options)

    monkeypatch.setattr(worker.intake, "load", slow)
    assert work(database, folder).state == "stopped"
    assert count(database, tables.shipments) == 0
    assert count(database, tables.batches) == 0


def test_a_load_whose_database_went_away_is_done_again(
    database: Database, folder: Path, day: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(database, folder, day)
    real, tries = worker.intake.load, []

    def away(*args: object, **options: object) -> object:
        tries.append(real(*args, **options))
        raise sa.exc.OperationalError("SELECT 1", {}, Exception("server closed the connection unexpectedly"))

    monkeypatch.setattr(worker.intake, "load", away)
    job = work(database, folder)
    assert (job.state, job.attempts) == ("queued", 1)
    assert count(database, tables.versions) == 0
    monkeypatch.setattr(worker.intake, "load", real)
    job = work(database, folder)
    assert (job.state, job.result["changed"]) == ("done", 80)
    # One that breaks its database every time is given up.
    ask(database, folder, day + b"\n")
    monkeypatch.setattr(worker.intake, "load", away)
    states = [work(database, folder).state for _ in range(jobs.ATTEMPTS)]
    assert states == ["queued"] * jobs.ATTEMPTS
    assert worker.Worker(database, folder, now=lambda: NOW).work() is None
    with database.read() as connection:
        assert jobs.latest(connection, 1)[0].state == "failed"


def test_the_past_grows_with_what_is_put_in_and_found(database: Database, folder: Path, day: bytes) -> None:
    assert remembering.past(database, folder / "state") is None
    ask(database, folder, day)
    work(database, folder)
    with database.write() as connection:
        number = people.add(connection, "ana", "officer", at=NOW, actor="system")
        shipment = connection.execute(sa.select(tables.shipments.c.id)).scalars().first()
        inspections.record(
            connection,
            shipment,
            Outcome("full", found=("live_animals",)),
            roles.Person(number, "ana", "", "officer", "en"),
            at=NOW + pd.Timedelta(hours=1),
            request="r1",
            key=b"k" * 32,
        )
    state = remembering.past(database, folder / "state")
    assert state is not None
    assert len(state.shipments) == 80
    assert len(state.outcomes) == 1
    again = remembering.past(database, folder / "state")
    assert again is not None
    assert again.digest == state.digest == State.load(folder / "state").digest
    with database.read() as connection:
        assert inspections.changed_behind(connection, b"k" * 32) == []


@pytest.mark.parametrize("between", [False, True])
@pytest.mark.parametrize(
    ("correction", "days"),
    [
        (Outcome("full", found=("clean",), inspected_at=NOW), 0.1),
        (Outcome("full", found=("clean",), inspected_at=NOW - pd.Timedelta(seconds=40)), 0.1),
        (Outcome("full", found=("live_animals",), status="overturned", inspected_at=NOW), 400),
        (Outcome("not_inspected", why_not="no_time"), 0.1),
    ],
)
def test_a_correction_takes_back_what_the_past_was_told(
    database: Database, folder: Path, day: bytes, correction: Outcome, days: float, between: bool
) -> None:
    ask(database, folder, day)
    work(database, folder)
    with database.write() as connection:
        number = people.add(connection, "ana", "officer", at=NOW, actor="system")
        shipment = connection.execute(sa.select(tables.shipments.c.id)).scalars().first()
    find = Outcome("full", found=("live_animals",), status="confirmed", inspected_at=NOW)
    before = None
    for count_, (outcome, at) in enumerate(((find, NOW), (correction, NOW + pd.Timedelta(days=days)))):
        with database.write() as connection:
            before = inspections.record(
                connection,
                shipment,
                outcome,
                roles.Person(number, "ana", "", "officer", "en"),
                at=at,
                request=f"r{count_}",
                key=b"k" * 32,
                replaces=before,
            )
        if between or count_:
            state = remembering.past(database, folder / "state")
            changes = in_force(state.outcomes, state.shipments)
            assert changes["finds"].sum() == 1 - count_
            assert changes["inspected"].sum() == 1


@pytest.mark.slow
def test_a_worker_killed_at_work_is_replaced_and_nothing_is_lost(
    tmp_path: Path, folder: Path, made_sqlite: Path
) -> None:
    path = tmp_path / "port.db"
    path.write_bytes(made_sqlite.read_bytes())
    database = Database(path)
    whole = (SAMPLES / "port_day.csv").read_bytes()
    ask(database, folder, whole)
    call = [sys.executable, "-m", "risk.worker", "--database", str(path), "--data", str(folder)]
    process = subprocess.Popen(call, cwd=Path(__file__).parents[2])
    deadline = time.monotonic() + 240
    while count(database, tables.versions) == 0 and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    left = count(database, tables.versions)
    assert left > 0
    assert count(database, tables.versions, tables.versions.c.current) == 0
    later = worker.Worker(database, folder, now=lambda: worker.clock() + jobs.DEAD_AFTER * 2, name="next")
    job = later.work()
    assert job is not None
    assert (job.state, job.attempts, job.result["changed"]) == ("done", 2, 4000)
    assert count(database, tables.versions, tables.versions.c.current) == 4000
    assert count(database, tables.batches) == 1
    assert os.listdir(folder) != []
    database.close()


def test_a_job_that_found_the_database_busy_waits_for_its_turn_again(
    database: Database, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.write() as connection:
        number = jobs.ask(connection, "purge", {}, at=NOW, actor="system")

    def busy(*given: object, **named: object) -> dict[str, int]:
        raise Busy("another writer")

    with monkeypatch.context() as patch:
        patch.setattr(worker.purging, "run", busy)
        assert (work(database, folder).state, count(database, tables.jobs)) == ("queued", 1)
    done = work(database, folder)
    assert (done.id, done.state) == (number, "done")


def test_how_far_a_load_is_stands_with_the_job(
    database: Database, folder: Path, day: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: set[tuple[int, int, str]] = set()
    keep = jobs.beat

    def beat(connection: sa.Connection, *given: object, **named: Any) -> None:
        told.add((named["done"], named["total"], named["message"]))
        keep(connection, *given, **named)

    monkeypatch.setattr(worker.jobs, "beat", beat)
    monkeypatch.setattr(worker, "BEAT", 0.001)
    ask(database, folder, day)
    work(database, folder)
    assert (80, 80, "putting in") in told
