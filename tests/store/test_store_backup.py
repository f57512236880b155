"""Backups: whole or not at all, made in use, put back into either kind of database to the last bit."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa

from features.history import State
from risk import remembering
from risk.engine import load_bundle
from risk.store import archives, backup, jobs, ledger, people, restoring, settings, tables, upgrading
from risk.store.archives import BackupError
from risk.store.database import Database

SAMPLES = Path(__file__).parents[2] / "data_samples"
STARTER = Path(__file__).parents[2] / "risk" / "starter"
NOW = pd.Timestamp("2026-11-22 04:00")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "port-data"
    made.mkdir()
    settings.site_secret(made)
    return made


def fill(database: Database, shipments: int = 3) -> None:
    """Put in rows of every kind of value: nulls of both sorts, bytes, floats to the last bit, all letters."""
    with database.write() as connection:

        def made(table: sa.Table, **values: Any) -> int:
            returning = table.insert().values(**values).returning(*table.primary_key.columns)
            return connection.execute(returning).first()[0]

        ana = people.add(connection, "ana", "supervisor", at=NOW, actor="system", password="a long password")
        people.opened(connection, ana, at=NOW)
        batch = made(
            tables.batches,
            state="ready",
            model_id="m",
            risk_basis="prior",
            counts={"rows": 3},
            remembered=True,
            scored_at=pd.Timestamp("2026-11-22 04:00:00.123456"),
        )
        lists = []
        for number in range(shipments):
            shipment = made(tables.shipments, bill=f"Ж{number}鹦鹉🐍", first_known_at=NOW)
            version = made(
                tables.versions,
                shipment_id=shipment,
                batch_id=batch,
                number=1,
                current=True,
                content_hash="c",
                known_at=NOW,
                packages=0.1 + 0.2,
                gross_weight_kg=None,
            )
            made(
                tables.scores,
                version_id=version,
                batch_id=batch,
                model_id="m",
                current=True,
                log_odds=-np.pi * 10**number,
                risk=5e-324,
                risk_basis="prior",
                families={"goods": 1 / 3},
                record_hash="r",
            )
            row = {"shipment_id": "x", "none": None, "text": "line\nline"}
            made(tables.declared, version_id=version, row=row, origin={})
            made(tables.records, score_id=number + 1, record=bytes(range(256)))
            lists.append(
                made(
                    tables.lists,
                    digest=str(number),
                    after_id=lists[-1] if lists else None,
                    capacity=[],
                    random_share=0.1,
                    model_id="m",
                    risk_basis="prior",
                    data_hash="h",
                    draw_commitment="c",
                    shipments=1,
                    expected_finds=None,
                    published_at=NOW,
                )
            )
        jobs.ask(connection, "load", {"files": []}, at=NOW, actor="system")


def everything(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table that is backed up, data as the text it is kept as."""
    found = {}
    with database.read() as connection:
        for table in tables.metadata.sorted_tables:
            if table is tables.sessions:
                continue
            columns = [sa.cast(each, sa.Text) if isinstance(each.type, sa.JSON) else each for each in table.c]
            rows = connection.execute(sa.select(*columns).order_by(*table.primary_key.columns))
            found[table.name] = [tuple(row) for row in rows]
    return found


@pytest.fixture(params=["sqlite", "postgresql"])
def other(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A second, empty database of each kind, that nobody made tables in."""
    if request.param == "sqlite":
        opened = Database(tmp_path / "elsewhere" / "other.db")
        (tmp_path / "elsewhere").mkdir()
    else:
        server = request.getfixturevalue("postgresql")
        name = f"other_{os.urandom(4).hex()}"
        opened = Database(server.make(name))
    yield opened
    opened.close()


def make(database: Database, folder: Path, target: Path) -> archives.About:
    return backup.make(database, folder, target, at=NOW)


def restore(path: Path, database: Database, folder: Path) -> restoring.Restored:
    return restoring.restore(path, database, folder, at=NOW + pd.Timedelta(hours=1))


def left_of(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*"))


def test_what_goes_in_comes_out_on_either_kind(
    database: Database, other: Database, folder: Path, tmp_path: Path
) -> None:
    fill(database)
    (folder / "signin.toml").write_text('default_role = "officer"')
    before = everything(database)
    about = make(database, folder, tmp_path / "port.zip")
    assert about.holds
    restored = restore(tmp_path / "port.zip", other, tmp_path / "new")
    after = everything(other)
    assert restored.holds
    assert restored.rows == sum(about.rows.values())
    assert [row[3] for row in after["ledger"][len(before["ledger"]) :]] == ["restore"]
    after["ledger"] = after["ledger"][: len(before["ledger"])]
    assert after == before
    for name in ("site.key", "signin.toml"):
        assert (tmp_path / "new" / name).read_bytes() == (folder / name).read_bytes()
        assert stat.S_IMODE((tmp_path / "new" / name).stat().st_mode) == 0o600
    with other.read() as connection:
        assert ledger.verify(connection, about.head).holds
        assert connection.execute(sa.select(sa.func.count()).select_from(tables.sessions)).scalar() == 0
        assert upgrading.version(connection) == about.step


def test_after_a_restore_numbers_go_on(
    database: Database, other: Database, folder: Path, tmp_path: Path
) -> None:
    fill(database)
    make(database, folder, tmp_path / "port.zip")
    restore(tmp_path / "port.zip", other, tmp_path / "new")
    checked = people.check(other, "ana", "a long password")
    with other.write() as connection:
        number = people.add(connection, "ben", "officer", at=NOW, actor="system")
        assert number == 2
        assert people.sign_in(connection, checked, at=NOW) is not None
        with pytest.raises(sa.exc.DBAPIError, match="append-only"), connection.begin_nested():
            connection.execute(tables.ledger.delete())


def test_it_is_for_its_owner_and_the_ledger_says_it_was_made(
    database: Database, folder: Path, tmp_path: Path
) -> None:
    fill(database)
    target = tmp_path / "port.zip"
    about = make(database, folder, target)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    with database.read() as connection:
        row = connection.execute(sa.select(tables.ledger).order_by(tables.ledger.c.seq.desc())).first()
    assert row.kind == "backup"
    assert json.loads(row.facts) == {
        "sha256": sha256(target.read_bytes()).hexdigest(),
        "head": about.head,
    }
    assert left_of(tmp_path) == sorted(
        {"port-data", "site.key", "port.zip", *(path.name for path in tmp_path.glob("port.db*"))}
    )


def test_the_past_models_and_waiting_files_come_along(
    database: Database, other: Database, folder: Path, tmp_path: Path
) -> None:
    from risk import worker

    lines = (SAMPLES / "port_day.csv").read_text("utf-8").splitlines(keepends=True)[:21]
    content = "".join(lines).encode()
    asked = {"files": [{"name": "day.csv", "sha256": sha256(content).hexdigest()}]}
    worker.keep_upload(folder, content, asked["files"][0]["sha256"])
    worker.keep_upload(folder, b"done long ago", "0" * 64)
    own = tmp_path / "own-model"
    shutil.copytree(STARTER, own)
    model_id = load_bundle(own).model_id
    with database.write() as connection:
        jobs.ask(connection, "load", asked, at=NOW, actor="system")
        for name, path, stage in ((model_id, own, "champion"), ("gone", tmp_path / "nowhere", "retired")):
            connection.execute(
                tables.models.insert().values(
                    model_id=name, stage=stage, risk_basis="prior", path=str(path), changed_at=NOW
                )
            )
    assert worker.Worker(database, folder, now=lambda: NOW).work().state == "done"
    remembering.past(database, folder / "state")
    with database.write() as connection:
        jobs.ask(connection, "load", asked, at=NOW, actor="system")
    make(database, folder, tmp_path / "port.zip")
    shutil.rmtree(own)
    new = tmp_path / "new"
    restore(tmp_path / "port.zip", other, new)
    assert State.load(new / "state") == State.load(folder / "state")
    assert [path.name for path in (new / "uploads").iterdir()] == [asked["files"][0]["sha256"]]
    with other.read() as connection:
        paths = dict(connection.execute(sa.select(tables.models.c.model_id, tables.models.c.path)).all())
    assert load_bundle(paths[model_id]).model_id == model_id
    assert Path(paths[model_id]).is_relative_to(new)
    assert paths["gone"] == str(tmp_path / "nowhere")
    job = worker.Worker(other, new, now=lambda: NOW).work()
    assert job.state == "done", job.message
    assert job.result["changed"] == 0


def test_people_go_on_working_while_it_is_made(
    database: Database, other: Database, folder: Path, tmp_path: Path
) -> None:
    fill(database)
    over, written = threading.Event(), []

    def writes() -> None:
        while not over.is_set():
            with database.write() as connection:
                written.append(ledger.append(connection, "note", at=NOW, actor="user:1"))

    thread = threading.Thread(target=writes)
    thread.start()
    while len(written) < 5:
        pass
    try:
        about = make(database, folder, tmp_path / "port.zip")
    finally:
        over.set()
        thread.join()
    restored = restore(tmp_path / "port.zip", other, tmp_path / "new")
    assert restored.holds
    assert about.head in written
    with database.read() as connection:
        assert ledger.verify(connection, about.head).holds


def test_an_interrupted_one_leaves_nothing_and_the_older_stays(
    database: Database, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(database)
    out = tmp_path / "backups"
    out.mkdir()
    make(database, folder, out / "port.zip")
    older = (out / "port.zip").read_bytes()

    class Stopped(Exception):
        pass

    def stops(part: str) -> None:
        if part == archives.STATE:
            raise Stopped

    with pytest.raises(Stopped):
        backup.make(database, folder, out / "port.zip", at=NOW, goes_on=stops)
    monkeypatch.setattr(backup.archives, "finish", lambda archive, about: None)
    with pytest.raises(BackupError):
        make(database, folder, out / "port.zip")
    assert left_of(out) == ["port.zip"]
    assert (out / "port.zip").read_bytes() == older


def test_no_other_file_is_written_over(database: Database, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(BackupError, match="is no backup"):
        make(database, folder, tmp_path / "notes.txt")
    with pytest.raises(BackupError, match=r"site\.key"):
        make(database, tmp_path, tmp_path / "port.zip")
    assert not (tmp_path / "port.zip").exists()


def test_only_an_empty_place_is_restored_into(
    database: Database, other: Database, folder: Path, tmp_path: Path
) -> None:
    fill(database)
    make(database, folder, tmp_path / "port.zip")
    with pytest.raises(BackupError, match="not empty"):
        restore(tmp_path / "port.zip", database, tmp_path / "new")
    strange = tmp_path / "strange"
    settings.site_secret(strange.parent) and strange.mkdir()
    settings.site_secret(strange)
    with pytest.raises(BackupError, match="is another"):
        restore(tmp_path / "port.zip", other, strange)
    assert (strange / "site.key").read_bytes() != (folder / "site.key").read_bytes()
    used = tmp_path / "used"
    (used / "state").mkdir(parents=True)
    (used / "state" / "state.json").write_text("{}")
    with pytest.raises(BackupError, match=r"state\.json"):
        restore(tmp_path / "port.zip", other, used)
    restore(tmp_path / "port.zip", other, tmp_path / "new")


def test_a_restore_cut_off_is_done_again(
    database: Database, other: Database, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(database)
    make(database, folder, tmp_path / "port.zip")

    def fails(*args: object, **more: object) -> int:
        raise OSError("the power went")

    with monkeypatch.context() as patch:
        patch.setattr(restoring, "_move_models", fails)
        with pytest.raises(OSError, match="power"):
            restore(tmp_path / "port.zip", other, tmp_path / "new")
    with other.read() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(tables.ledger)).scalar() == 0
    assert restore(tmp_path / "port.zip", other, tmp_path / "new").holds


def test_a_broken_ledger_is_backed_up_and_said_to_be_broken(
    database: Database, other: Database, folder: Path, tmp_path: Path
) -> None:
    fill(database)
    with database.write() as connection:
        if database.is_sqlite:
            connection.exec_driver_sql("DROP TRIGGER ledger_no_update")
        else:
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        connection.execute(tables.ledger.update().where(tables.ledger.c.seq == 2).values(actor="user:9"))
    assert not make(database, folder, tmp_path / "port.zip").holds
    assert not restore(tmp_path / "port.zip", other, tmp_path / "new").holds


# --- backups somebody tampered with ----------------------------------------------------------


@pytest.fixture(scope="module")
def made_one(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("made")
    settings.site_secret(place)
    database = Database(place / "port.db")
    upgrading.upgrade(database)
    fill(database)
    backup.make(database, place, place / "port.zip", at=NOW)
    database.close()
    return place / "port.zip"


def rewritten(source: Path, target: Path, change: dict[str, bytes | None]) -> Path:
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            if change.get(name, b"") is not None:
                new.writestr(name, change.pop(name, old.read(name)))
        for name, content in change.items():
            if content is not None:
                new.writestr(name, content)
    return target


def about_with(source: Path, **change: Any) -> bytes:
    with zipfile.ZipFile(source) as old:
        data = json.loads(old.read("about.json"))
    sums = data["sha256"] | change.pop("sums", {})
    return json.dumps({**data, "sha256": sums, **change}).encode()


def test_every_changed_part_is_named(made_one: Path, tmp_path: Path) -> None:
    target = tmp_path / "t.zip"
    evil = b"evil"
    evil_sum = sha256(evil).hexdigest()
    for change, said in (
        ({"site.key": b"x" * 32}, "site.key was changed"),
        ({"site.key": None}, "site.key"),
        ({"more.txt": b""}, "more.txt"),
        ({"about.json": None}, "about.json is missing"),
        ({"about.json": b"{"}, "about.json was changed"),
        ({"about.json": b"[]"}, "about.json was changed"),
        ({"about.json": about_with(made_one, version=2)}, "version 2"),
        ({"about.json": about_with(made_one, format="x")}, "no backup of this program"),
        *(
            ({name: evil, "about.json": about_with(made_one, sums={name: evil_sum})}, "is no part")
            for name in ("../evil", "/evil", "state/../../evil", "uploads/evil", "state/evil", "C:evil")
        ),
    ):
        with pytest.raises(BackupError, match=said):
            archives.check(rewritten(made_one, target, dict(change)))
        with pytest.raises(BackupError):
            restore(target, Database(tmp_path / "never.db"), tmp_path / "never")
    assert not (tmp_path / "never.db").exists()
    assert not (tmp_path.parent / "evil").exists()


def test_half_of_one_is_none(made_one: Path, tmp_path: Path) -> None:
    content = made_one.read_bytes()
    for name, part in (("half", content[: len(content) // 2]), ("empty", b""), ("none", b"x" * 1000)):
        (tmp_path / name).write_bytes(part)
        with pytest.raises(BackupError):
            archives.check(tmp_path / name)
    for place in (len(content) // 4, len(content) // 3, len(content) // 2):
        flipped = bytearray(content)
        flipped[place] ^= 0xFF
        (tmp_path / "flipped").write_bytes(flipped)
        with pytest.raises(BackupError):
            archives.check(tmp_path / "flipped")


def test_rows_taken_out_of_its_database_show(made_one: Path, tmp_path: Path) -> None:
    for statement, said in (
        ("DELETE FROM records WHERE score_id = 1", "records"),
        ("INSERT INTO ledger SELECT seq + 1, at, actor, kind, subject, facts, before, hash FROM ledger "
         "ORDER BY seq DESC LIMIT 1", "ledger"),
    ):  # fmt: skip
        target = changed_inside(made_one, tmp_path, statement)
        database = Database(tmp_path / f"{said}.db")
        with pytest.raises(BackupError, match=said):
            restore(target, database, tmp_path / said)
        with database.read() as opened:
            assert opened.execute(sa.select(sa.func.count()).select_from(tables.users)).scalar() == 0
        database.close()


def changed_inside(source: Path, work: Path, *statements: str) -> Path:
    """Return a backup whose database was changed, and whose sums are right again."""
    with zipfile.ZipFile(source) as old:
        (work / "inside.db").write_bytes(old.read("port.db"))
    connection = sqlite3.connect(work / "inside.db")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.execute("PRAGMA journal_mode=DELETE")
    connection.close()
    content = (work / "inside.db").read_bytes()
    sums = {"port.db": sha256(content).hexdigest()}
    change = {"port.db": content, "about.json": about_with(source, sums=sums)}
    return rewritten(source, work / "inside.zip", change)


@pytest.mark.parametrize(
    "statement", ["UPDATE batches SET counts = '{no json'", "UPDATE users SET created_at = 'yesterday'"]
)
def test_what_cannot_be_read_inside_is_said(made_one: Path, tmp_path: Path, statement: str) -> None:
    target = changed_inside(made_one, tmp_path, statement)
    database = Database(tmp_path / "new.db")
    with pytest.raises(BackupError, match=r"port\.db holds what cannot be read"):
        restore(target, database, tmp_path / "new")
    with database.read() as opened:
        assert opened.execute(sa.select(sa.func.count()).select_from(tables.users)).scalar() == 0
    database.close()


def test_what_would_fill_the_disk_is_not_begun(
    made_one: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = b"0" * 5_000_000
    name = "models/m/bomb.txt"
    about = about_with(made_one, sums={name: sha256(content).hexdigest()})
    target = rewritten(made_one, tmp_path / "t.zip", {name: content, "about.json": about})
    usage = shutil.disk_usage(tmp_path)._replace(free=4_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda place: usage)
    with pytest.raises(BackupError, match="MB unpacked, 3 MB are free"):
        restore(target, Database(tmp_path / "never.db"), tmp_path / "new")
    assert list((tmp_path / "new").iterdir()) == []


def test_what_does_not_fit_the_stricter_server_is_named(postgresql: Any, tmp_path: Path) -> None:
    settings.site_secret(tmp_path)
    database = Database(tmp_path / "port.db")
    upgrading.upgrade(database)
    fill(database)
    with database.write() as connection:
        connection.execute(tables.scores.update().values(model_id="m" * 200))
    make(database, tmp_path, tmp_path / "port.zip")
    database.close()
    strict = Database(postgresql.make(f"strict_{os.urandom(4).hex()}"))
    with pytest.raises(BackupError, match="scores: a row cannot be put in"):
        restore(tmp_path / "port.zip", strict, tmp_path / "new")
    with strict.read() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(tables.users)).scalar() == 0
    strict.close()


@pytest.mark.slow
def test_a_killed_backup_leaves_nothing_once_another_is_made(tmp_path: Path) -> None:
    settings.site_secret(tmp_path)
    database = Database(tmp_path / "port.db")
    upgrading.upgrade(database)
    fill(database)
    database.close()
    out = tmp_path / "out"
    out.mkdir()
    code = (
        "import os, sys, pandas as pd\nfrom pathlib import Path\n"
        "from risk.store import backup\nfrom risk.store.database import Database\n"
        "def dies(part):\n    if part == 'state': os.kill(os.getpid(), 9)\n"
        "backup.make(Database(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), "
        "at=pd.Timestamp('2026-11-22'), goes_on=dies)"
    )
    call = [sys.executable, "-c", code, str(tmp_path / "port.db"), str(tmp_path), str(out / "port.zip")]
    assert subprocess.run(call, cwd=Path(__file__).parents[2], check=False).returncode == -9
    assert not (out / "port.zip").exists()
    database = Database(tmp_path / "port.db")
    make(database, tmp_path, out / "port.zip")
    database.close()
    assert left_of(out) == ["port.zip"]
