"""An auditor's check: what holds is told, and whatever is touched behind the ledger is named."""

from __future__ import annotations

import hashlib
import json
import shlex
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from app.views import ledger as view
from risk.commands import cli
from risk.store import (
    backup,
    checking,
    inspections,
    ledger,
    people,
    publishing,
    retention,
    roles,
    sealed,
    settings,
    shipments,
    tables,
    upgrading,
)
from risk.store.checking import BROKEN, HOLDS, UNCHECKED, Checked
from risk.store.database import Database
from risk.store.inspections import Outcome
from risk.triage import Pool

NOW = pd.Timestamp("2026-11-22 04:00")
KEY = b"k" * 32
STARTER = Path(__file__).parents[2] / "risk" / "starter"


def load(database: Database, count: int, first: int, at: pd.Timestamp, *, person: bool = False) -> None:
    """Put shipments in as a load does, without the engine."""
    rng = np.random.default_rng(first)
    with database.write() as connection:
        about = {"model_id": "m1", "risk_basis": "prior", "state_digest": "", "code_digest": ""}
        batch = shipments.begin(connection, None, about, at=at)
        for number in range(first, first + count):

            def made(table: sa.Table, **values: object) -> int:
                return connection.execute(table.insert().values(**values).returning(table.c.id)).scalar_one()

            shipment = made(tables.shipments, bill=f"B{number}", natural_person=person, first_known_at=at)
            version = made(
                tables.versions,
                shipment_id=shipment,
                batch_id=batch,
                number=1,
                current=False,
                content_hash="c",
                known_at=at,
                arrives_at=at,
                mode="sea",
            )
            odds = float(rng.normal(-5, 2))
            risk = float(1 / (1 + np.exp(-odds)))
            record = {
                "values": {},
                "contributions": {},
                "numbers": {"log_odds.risk": odds, "risk": risk},
                "beside": {
                    "shown": sealed.of_shown("m1", "prior", {"route": odds}, "", [{"share": 0.1}], ["Told"]),
                    "declared": sealed.of_declared({"shipment_id": f"B{number}"}, {}),
                },
            }
            text = json.dumps(record).encode()
            score = made(
                tables.scores,
                version_id=version,
                batch_id=batch,
                model_id="m1",
                current=True,
                log_odds=odds,
                risk=risk,
                risk_basis="prior",
                families={"route": odds},
                record_hash=hashlib.sha256(text).hexdigest(),
            )
            connection.execute(
                tables.declared.insert().values(
                    version_id=version, row={"shipment_id": f"B{number}"}, origin={}
                )
            )
            connection.execute(tables.records.insert().values(score_id=score, record=zlib.compress(text)))
            shown = {"records": [{"share": 0.1}], "told": ["Told"]}
            connection.execute(tables.reasons.insert().values(score_id=score, **shown))
        shipments.finish(connection, batch, {"shipments": count}, at=at, actor="system")


@pytest.fixture
def port(database: Database, photo) -> Database:
    """A port that loaded, purged, published, inspected and took photos."""
    with database.write() as connection:
        number = people.add(connection, "chi", "supervisor", at=NOW, actor="system")
    chief = roles.Person(number, "chi", "", "supervisor", "en")
    load(database, 4, 0, NOW - pd.Timedelta(days=400), person=True)
    load(database, 12, 100, NOW)
    with database.write() as connection:
        assert retention.purge(connection, at=NOW, actor="system")["versions"] == 4
        listed = publishing.publish(
            connection, NOW, (Pool(4, mode="sea"),), 0.25, secret=KEY, person=chief, at=NOW
        )
        for shipment in publishing.rows(connection, listed)["shipment_id"].head(2):
            outcome = inspections.record(
                connection,
                int(shipment),
                Outcome("full", found=("clean",), kg=0.1),
                chief,
                at=NOW,
                request=f"r{shipment}",
                key=KEY,
            )
            inspections.add_photo(connection, outcome, photo(1), chief, at=NOW)
    return database


def check(database: Database, head: str = "", secret: bytes | None = KEY) -> dict[str, Checked]:
    with database.read() as connection:
        return {each.name: each for each in checking.check(connection, head=head, secret=secret)}


@contextmanager
def behind(database: Database) -> Iterator[sa.Connection]:
    """Change what the ledger guards, as somebody who owns the server can."""
    with database.write() as connection:
        if database.is_sqlite:
            for what in ("update", "delete"):
                connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS ledger_no_{what}")
        else:
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        yield connection


def broken(database: Database, secret: bytes | None = KEY) -> dict[str, tuple[str, ...]]:
    found = check(database, secret=secret).values()
    return {each.name: tuple(map(str, each.problems)) for each in found if each.state == BROKEN}


def test_an_untouched_port_holds(port: Database) -> None:
    found = check(port)
    assert {each.state for each in found.values()} == {HOLDS}
    assert "4 versions were purged by rule" in found["purges"].told
    assert "12 records" in found["records"].told
    assert "1 draws were made again" in found["lists"].told
    with port.read() as connection:
        head = ledger.head(connection)
    assert head in check(port, head)["ledger"].told
    for printed in (head[:12], head.upper()):
        assert check(port, printed)["ledger"].state == HOLDS


def test_a_new_port_holds(database: Database) -> None:
    found = check(database)
    assert {each.state for each in found.values()} == {HOLDS, UNCHECKED}
    assert found["secret"].state == UNCHECKED


def test_without_the_secret_it_says_what_was_not_checked(port: Database) -> None:
    found = check(port, secret=None)
    assert {name for name, each in found.items() if each.state == UNCHECKED} == {"secret", "outcomes"}
    assert "were not made again" in found["lists"].told


def test_an_outcome_taken_out_of_the_count_shows_without_the_secret(port: Database) -> None:
    with behind(port) as connection:
        connection.execute(tables.outcomes.update().where(tables.outcomes.c.id == 1).values(current=False))
    assert broken(port, None) == {"outcomes": ("outcome 1: does not count",)}


def test_another_secret_is_named_and_blames_nobody_else(port: Database) -> None:
    assert set(broken(port, b"x" * 32)) == {"secret"}


def test_what_an_earlier_secret_keyed_is_counted_not_blamed(port: Database) -> None:
    with port.write() as connection:
        publishing.commit_secret(connection, b"y" * 32, at=NOW)
    found = check(port, secret=b"y" * 32)
    assert {each.state for each in found.values()} == {HOLDS}
    assert "2 of an earlier secret" in found["outcomes"].told
    assert "1 of an earlier secret" in found["lists"].told


CHANGES = {
    "a row of the ledger": (
        tables.ledger.update().where(tables.ledger.c.seq == 3).values(actor="user:9"),
        {"ledger": "row 3: its content was changed"},
    ),
    "a row of the ledger taken out": (
        tables.ledger.delete().where(tables.ledger.c.seq == 1),
        {"ledger": "row 2: row 1 is missing"},
    ),
    "facts that are no facts": (
        tables.ledger.update().where(tables.ledger.c.kind == "outcome").values(facts="[["),
        {"ledger": "its content was changed", "outcomes": ""},
    ),
    "a score": (
        tables.scores.update().where(tables.scores.c.id == 7).values(log_odds=9.5),
        {"records": "score 7: log_odds: the record says"},
    ),
    "a score and its hash": (
        tables.scores.update().where(tables.scores.c.id == 7).values(record_hash="f" * 64),
        {"batches": "batch 2: its scores", "records": "score 7: its record was changed", "lists": "list 1"},
    ),
    "a hash of a batch": (
        tables.batches.update().where(tables.batches.c.id == 2).values(data_hash="f" * 64),
        {"batches": "batch 2: its hash is not the one in the ledger"},
    ),
    "a record": (
        tables.records.update().where(tables.records.c.score_id == 9).values(record=b"x"),
        {"records": "score 9: its record cannot be read"},
    ),
    "reasons as they were told": (
        tables.reasons.update().where(tables.reasons.c.score_id == 9).values(told=["Nothing"]),
        {"records": "score 9: its reasons, their words or its basis"},
    ),
    "reasons taken out": (
        tables.reasons.delete().where(tables.reasons.c.score_id == 9),
        {"records": "score 9: its reasons, their words or its basis"},
    ),
    "a basis": (
        tables.scores.update().where(tables.scores.c.id == 9).values(risk_basis="port"),
        {"records": "score 9: its reasons, their words or its basis"},
    ),
    "a declared row": (
        tables.declared.update().where(tables.declared.c.version_id == 9).values(row={"shipment_id": "B"}),
        {"records": "score 9: what was declared is not what was scored"},
    ),
    "a record taken out": (
        tables.records.delete().where(tables.records.c.score_id == 9),
        {"purges": "score 9: its record is gone"},
    ),
    "a declared row taken out": (
        tables.declared.delete().where(tables.declared.c.version_id == 9),
        {"purges": "version 9: its declared row is gone"},
    ),
    "a purge nobody made": (
        tables.purges.insert().values(version_id=9, rule="people:180", at=NOW),
        {"purges": "versions purged by the ledger: 4; there are: 5"},
    ),
    "an outcome": (
        tables.outcomes.update().where(tables.outcomes.c.id == 1).values(kg=0.2),
        {"outcomes": "outcome 1: not what was entered (ledger row "},
    ),
    "an outcome that is to count no more": (
        tables.outcomes.update().where(tables.outcomes.c.id == 1).values(current=False),
        {"outcomes": "outcome 1: does not count"},
    ),
    "a photo": (
        tables.photos.update().where(tables.photos.c.id == 2).values(content=b"\xff\xd8\xff other"),
        {"photos": "photo 2: it is not the one"},
    ),
    "a photo taken out": (
        tables.photos.delete().where(tables.photos.c.id == 2),
        {"photos": "photos that are gone: 1; purged by rule: 0"},
    ),
    "a list": (
        tables.lists.update().where(tables.lists.c.id == 1).values(data_hash="f" * 64),
        {"lists": "list 1: it is not the one"},
    ),
    "how a shipment was chosen": (
        tables.list_rows.update().where(tables.list_rows.c.selected_by == "model").values(selected_by="rule"),
        {"lists": "list 1: its rows, or what it says of itself"},
    ),
    "what a list expects": (
        tables.lists.update().where(tables.lists.c.id == 1).values(expected_finds={"expected": 9.0}),
        {"lists": "list 1: its rows, or what it says of itself"},
    ),
    "a pick": (
        tables.list_rows.update().where(tables.list_rows.c.selected_by == "random").values(selected_by=""),
        {"lists": "was chosen otherwise"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", CHANGES)
def test_what_is_touched_is_named_and_nothing_else(port: Database, what: str) -> None:
    change, expected = CHANGES[what]
    with behind(port) as connection:
        connection.execute(change)
    found = broken(port)
    assert set(found) == set(expected)
    for name, said in expected.items():
        assert said in found[name][0]


def test_a_cut_tail_shows_against_a_printed_head(port: Database) -> None:
    with port.read() as connection:
        head = ledger.head(connection)
    with behind(port) as connection:
        last = connection.execute(sa.select(sa.func.max(tables.ledger.c.seq))).scalar()
        connection.execute(tables.ledger.delete().where(tables.ledger.c.seq == last))
        connection.execute(tables.photos.delete().where(tables.photos.c.id == 2))
    assert broken(port) == {}
    told = check(port, head)["ledger"]
    assert told.state == BROKEN
    assert "its end was cut off" in str(told.problems[0])


def test_many_faults_are_counted_and_the_first_named(port: Database) -> None:
    with behind(port) as connection:
        connection.execute(tables.records.update().values(record=b"x"))
    problems = broken(port)["records"]
    assert len(problems) == checking.NAMED + 1
    assert problems[0].startswith("score 5:")
    assert problems[-1] == "and 7 more"


# --- the command ----------------------------------------------------------------------------


def run(*words: object) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words], prog_name="wildcargo")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A port's folder, as `wildcargo app` keeps it."""
    made = tmp_path / "port"
    made.mkdir()
    (made / "site.key").write_bytes(KEY)
    database = Database(made / "port.db")
    upgrading.upgrade(database)
    load(database, 3, 0, NOW)
    database.close()
    return made


def test_the_command_says_what_holds(folder: Path) -> None:
    done = run("verify", folder)
    assert done.exit_code == 0, done.output
    assert "ok  ledger: 1 rows hold" in done.stdout
    assert "Everything that was checked holds." in done.stdout
    alone = run("verify", folder / "port.db")
    assert alone.exit_code == 0
    assert "-  outcomes: not checked: needs the site's secret (--data)" in alone.stdout
    assert run("verify", folder / "port.db", "--data", folder).stdout == done.stdout


def test_the_call_kept_with_a_head_checks_that_head(folder: Path) -> None:
    database = Database(folder / "port.db")
    with database.read() as connection:
        head = ledger.head(connection)
    told = view.slip("Port", head, "now", database.name, str(folder))
    database.close()
    program, *words = shlex.split(told.splitlines()[-1])
    assert (program, told.splitlines()[:3]) == ("wildcargo", ["Port", "now", head])
    done = run(*words)
    assert done.exit_code == 0, done.output
    assert f"it reaches the printed head {head}" in " ".join(done.stdout.split())


def test_the_command_names_what_is_broken(folder: Path) -> None:
    database = Database(folder / "port.db")
    with behind(database) as connection:
        connection.execute(tables.scores.update().where(tables.scores.c.id == 2).values(risk=0.9))
    database.close()
    done = run("verify", folder)
    assert done.exit_code == 1
    assert "BROKEN  records: 1 fault" in done.stdout
    assert "records: score 2: risk: the record says" in done.stderr


def test_the_command_replays(folder: Path) -> None:
    done = run("verify", folder, "--replay")
    assert done.exit_code == 0, done.output
    assert "3 were not replayed: their model is not here" in " ".join(done.stdout.split())


def test_wrong_calls_say_what_is_wrong(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("no database")
    settings.site_secret(tmp_path)
    empty = Database(tmp_path / "empty.db")
    with empty.write() as connection:
        connection.exec_driver_sql("CREATE TABLE theirs (a)")
    empty.close()
    for words, said in (
        ((tmp_path / "none.db",), "no such file"),
        ((tmp_path / "text.db",), "not a SQLite file"),
        ((tmp_path / "empty.db",), "no database of this program"),
        ((folder, "--head", "what"), "is no head"),
        ((folder / "port.db", "--data", tmp_path / "nowhere"), "site.key"),
        (("mysql://x/y",), "expected sqlite or postgresql"),
        (("postgresql://nobody@127.0.0.1:1/none",), "cannot be opened"),
    ):
        done = run("verify", *words)
        assert done.exit_code == 2, (words, done.output)
        assert said in done.stderr
    assert not (tmp_path / "none.db").exists()


def test_a_model_and_a_backup_are_checked_by_their_sums(folder: Path, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(STARTER, tmp_path / "model")
    assert "every file is what its manifest says" in run("verify", tmp_path / "model").stdout
    (tmp_path / "model" / "card.md").write_text("better")
    done = run("verify", tmp_path / "model")
    assert done.exit_code == 1
    assert "card.md: changed" in done.stderr
    database = Database(folder / "port.db")
    backup.make(database, folder, tmp_path / "port.zip", at=NOW)
    database.close()
    assert "every part is what it was" in run("verify", tmp_path / "port.zip").stdout
    content = bytearray((tmp_path / "port.zip").read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "port.zip").write_bytes(content)
    assert run("verify", tmp_path / "port.zip").exit_code == 1


def test_a_port_is_backed_up_and_restored_by_command(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "port.zip"
    done = run("backup", "--data", folder, "--out", out)
    assert done.exit_code == 0, done.output
    head = done.stdout.split("Ledger ")[1].strip()
    again = run("restore", out, "--data", tmp_path / "new")
    assert again.exit_code == 0, again.output
    assert head in again.stdout
    assert run("verify", tmp_path / "new", "--head", head).exit_code == 0
    assert run("restore", out, "--data", tmp_path / "new").exit_code == 2
    for words, said in (
        (("backup", "--data", tmp_path / "none", "--out", out), "no such file"),
        (("backup", "--data", folder, "--out", tmp_path / "no" / "b.zip"), "no such folder"),
        (("backup", "--data", folder, "--out", folder / "port.db"), "is no backup"),
        (("restore", tmp_path / "none.zip", "--data", tmp_path / "x"), "no such file"),
        (("restore", folder / "port.db", "--data", tmp_path / "x"), "no backup"),
    ):
        done = run(*words)
        assert done.exit_code == 2, (words, done.output)
        assert said in done.stderr
    assert not (tmp_path / "x").exists()
