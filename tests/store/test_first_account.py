"""The first account's code, files handed in, what is in force, jobs given back, time that stands still."""

from __future__ import annotations

import os
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from risk.refusals import Refusal
from risk.store import first_account, in_force, jobs, ledger, people, settings, tables, uploads
from risk.store.database import Database
from risk.store.people import AccountError
from risk.store.roles import Person

NOW = pd.Timestamp("2026-11-22 04:00")
WORD = "a word that is long"
ANA = Person(1, "ana", "", "officer", "en")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "data"
    made.mkdir()
    return made


def make(
    database: Database, folder: Path, code: str, at: pd.Timestamp = NOW, word: str = WORD
) -> tuple[Person, str]:
    with database.write() as connection:
        return first_account.make(connection, folder, code, "root", word, at=at)


def test_a_code_makes_an_administrator_once(database: Database, folder: Path) -> None:
    code = first_account.offer(folder, at=NOW)
    person, token = make(database, folder, f" {code.lower()} ")
    assert (person.role, person.must_change) == ("admin", False)
    with database.read() as connection:
        idle = pd.Timedelta(minutes=30)
        assert people.of_token(connection, token, at=NOW, idle=idle) == person
        assert not first_account.wanted(connection)
    with pytest.raises(Refusal):
        make(database, folder, code)
    again = first_account.offer(folder, at=NOW)
    with pytest.raises(Refusal):
        make(database, folder, again)


def test_codes_differ_end_and_are_kept_as_hashes_for_one_reader(database: Database, folder: Path) -> None:
    codes = [first_account.offer(folder, at=NOW) for _ in range(20)]
    assert len(set(codes)) == 20
    (kept,) = folder.iterdir()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert not any(part in kept.read_text() for part in codes[-1].split("-"))
    for code in ("", codes[0], codes[-1][:-1]):
        with pytest.raises(Refusal):
            make(database, folder, code)
    with pytest.raises(Refusal):
        make(database, folder, codes[-1], at=NOW + first_account.LASTS)
    with pytest.raises(AccountError):
        make(database, folder, codes[-1], word="")
    make(database, folder, codes[-1], at=NOW + first_account.LASTS - pd.Timedelta(seconds=1))
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b'{"sha256": 1, "until": "x"}', b"\xff"])
def test_a_damaged_file_lets_nobody_in(database: Database, folder: Path, content: bytes) -> None:
    first_account.offer(folder, at=NOW)
    (kept,) = folder.iterdir()
    kept.write_bytes(content)
    with pytest.raises(Refusal):
        make(database, folder, "")


def test_a_file_again_is_the_same_file(database: Database) -> None:
    with database.write() as connection:
        people.add(connection, "ana", "officer", at=NOW, actor="system")
        first = uploads.add(connection, "day.csv", "a" * 64, 7, ANA, at=NOW)
        again = uploads.add(connection, "../day\u202e2.csv\n", "a" * 64, 7, ANA, at=NOW)
        other = uploads.add(connection, "", "b" * 64, 0, ANA, at=NOW)
    assert (again.id, again.name, other.name) == (first.id, "../day2.csv", "file")
    assert other.id != first.id
    with database.read() as connection:
        assert uploads.get(connection, first.id) == again
        assert uploads.get(connection, 99) is None
        rows = connection.execute(tables.ledger.select()).all()
        assert [row.kind for row in rows] == ["account.added", "file.added", "file.added"]
        assert "day" not in str(rows)
        assert ledger.verify(connection).holds


def test_a_load_names_its_files_and_its_mapping(database: Database) -> None:
    with database.write() as connection:
        people.add(connection, "ana", "officer", at=NOW, actor="system")
        kept = uploads.add(connection, "day.csv", "a" * 64, 7, ANA, at=NOW)
        plain = uploads.load(connection, [kept], ANA, at=NOW)
        mapped = uploads.load(connection, [kept], ANA, at=NOW, mapping="[columns]\n")
    with database.read() as connection:
        files = [{"name": "day.csv", "sha256": "a" * 64}]
        assert jobs.get(connection, plain).asked == {"files": files}
        assert jobs.get(connection, mapped).asked == {"files": files, "mapping": "[columns]\n"}
        assert uploads.problems_of(connection, 1).empty


def test_a_job_given_back_waits_again_and_counts_no_try(database: Database) -> None:
    with database.write() as connection:
        number = jobs.ask(connection, "load", {}, at=NOW, actor="system")
        for _ in range(jobs.ATTEMPTS + 2):
            job = jobs.take(connection, "w1", at=NOW)
            assert job is not None
            assert (job.id, job.attempts) == (number, 1)
            jobs.give_back(connection, number, "w1")
        with pytest.raises(jobs.Lost):
            jobs.give_back(connection, number, "w1")
        jobs.take(connection, "w2", at=NOW)
        with pytest.raises(jobs.Lost):
            jobs.give_back(connection, number, "w1")


def test_what_is_in_force_is_the_champion_else_the_latest_load(database: Database) -> None:
    with database.read() as connection:
        assert in_force.get(connection) == in_force.InForce("", "", f"0-{'0' * 64}")
    batch = {"counts": {}, "scored_at": NOW, "risk_basis": "prior"}
    with database.write() as connection:
        for model, state in (("m1", "ready"), ("m2", "ready"), ("m3", "loading")):
            connection.execute(tables.batches.insert().values(model_id=model, state=state, **batch))
    with database.read() as connection:
        assert (found := in_force.get(connection)).model_id == "m2"
        assert found.risk_basis == "prior"
    with database.write() as connection:
        row = {"model_id": "m9", "stage": "champion", "risk_basis": "port", "changed_at": NOW}
        connection.execute(tables.models.insert().values(**row))
    with database.read() as connection:
        assert (found := in_force.get(connection)).model_id == "m9"
        assert found.risk_basis == "port"


def test_time_stands_still_where_it_was_told_to(database: Database) -> None:
    with database.read() as connection:
        assert settings.moment(settings.current(connection), NOW) == NOW
    with database.write() as connection:
        settings.change(connection, {"clock": "2025-01-06T04:00"}, at=NOW, actor="system")
        assert settings.moment(settings.current(connection), NOW) == pd.Timestamp("2025-01-06 04:00")
        for wrong in ("yesterday", "2025-01-06T04:00+02:00", "NaT", 7):
            with pytest.raises(settings.SettingError):
                settings.change(connection, {"clock": wrong}, at=NOW, actor="system")


def test_starts_at_once_make_one_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = os.fdopen

    def slowly(*given: Any, **named: Any) -> Any:
        time.sleep(0.05)
        return made(*given, **named)

    monkeypatch.setattr(os, "fdopen", slowly)
    with ThreadPoolExecutor(8) as starts:
        found = list(starts.map(settings.site_secret, [tmp_path] * 8))
    assert len(set(found)) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["site.key"]
    assert (tmp_path / "site.key").stat().st_mode & 0o777 == 0o600


def test_a_disk_without_links_holds_a_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*given: Any) -> None:
        raise PermissionError("not here")

    monkeypatch.setattr(os, "link", none)
    assert settings.site_secret(tmp_path) == settings.site_secret(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["site.key"]
