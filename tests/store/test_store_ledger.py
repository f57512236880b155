"""The ledger: a chain that shows where it was touched."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pandas as pd
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import DBAPIError

from risk.store import checking, ledger
from risk.store import settings as chosen
from risk.store.database import Database
from risk.store.tables import ledger as rows

NOW = pd.Timestamp("2026-11-22 04:00")


def fill(database: Database, count: int) -> list[str]:
    heads = []
    for number in range(1, count + 1):
        with database.write() as connection:
            heads.append(
                ledger.append(
                    connection,
                    "outcome",
                    at=NOW,
                    actor="user:1",
                    subject=f"shipment:{number}",
                    facts={"n": number},
                )
            )
    return heads


@contextmanager
def behind(database: Database) -> Iterator[sa.Connection]:
    """Write past the database's own guard, as somebody with its files would."""
    with database.write() as connection:
        if database.is_sqlite:
            for what in ("update", "delete"):
                connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS ledger_no_{what}")
        else:
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        yield connection


def test_a_ledger_holds(database: Database) -> None:
    heads = fill(database, 5)
    with database.read() as connection:
        found = ledger.verify(connection)
        assert (found.holds, found.rows, found.head) == (True, 5, heads[-1])
        assert ledger.head(connection) == heads[-1]
        assert all(ledger.verify(connection, head).holds for head in heads)
        assert ledger.verify(connection, heads[2][:14]).holds


def test_an_empty_ledger_holds(database: Database) -> None:
    with database.read() as connection:
        assert ledger.verify(connection).holds
        assert ledger.head(connection).startswith("0-000")


@pytest.mark.parametrize("statement", ["UPDATE ledger SET kind = 'x'", "DELETE FROM ledger"])
def test_the_database_refuses_changes(database: Database, statement: str) -> None:
    fill(database, 2)
    with pytest.raises(DBAPIError, match="append-only"), database.write() as connection:
        connection.execute(sa.text(statement))
    with database.read() as connection:
        assert ledger.verify(connection).rows == 2


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("actor", "user:2"),
        ("kind", "view"),
        ("subject", "shipment:9"),
        ("facts", '{"n":4}'),
        ("at", "2026-11-22T05:00:00.000000"),
        ("before", "f" * 64),
        ("hash", "f" * 64),
    ],
)
def test_a_changed_row_is_named(database: Database, column: str, value: str) -> None:
    fill(database, 5)
    with behind(database) as connection:
        connection.execute(rows.update().where(rows.c.seq == 3).values({column: value}))
    with database.read() as connection:
        found = ledger.verify(connection)
    assert (found.holds, found.broken, found.rows) == (False, 3, 2)


def test_bytes_where_a_text_stood_are_named(database: Database) -> None:
    if not database.is_sqlite:
        pytest.skip("the server keeps texts alone")
    fill(database, 5)
    with behind(database) as connection:
        connection.exec_driver_sql("UPDATE ledger SET actor = x'ff00' WHERE seq = 3")
    with database.read() as connection:
        found = ledger.verify(connection)
    assert (found.holds, found.broken, found.rows) == (False, 3, 2)


def test_a_clock_that_was_set_back_is_told_and_breaks_nothing(database: Database) -> None:
    day = pd.Timedelta(days=1)
    # A writer that waited for another is no clock set back.
    moments = (NOW, NOW - pd.Timedelta(seconds=20), NOW + day, NOW, NOW + day, NOW - day)
    for at in moments:
        with database.write() as connection:
            ledger.append(connection, "note", at=at, actor="user:1")
    with database.read() as connection:
        found = ledger.verify(connection)
        told = checking.of_ledger(connection)
    assert (found.holds, found.back) == (True, (4, 6))
    assert told.state == checking.HOLDS
    assert "the clock was set back 2 times, first before row 4" in told.told
    with database.write() as connection:
        chosen.change(connection, {"clock": "2025-01-06T04:00"}, at=NOW - day, actor="system")
    with database.read() as connection:
        assert "clock" not in checking.of_ledger(connection).told, "in a sample time stands still"


def test_a_row_taken_out_is_named(database: Database) -> None:
    fill(database, 5)
    with behind(database) as connection:
        connection.execute(rows.delete().where(rows.c.seq == 2))
    with database.read() as connection:
        found = ledger.verify(connection)
    assert found.broken == 3
    assert "row 2 is missing" in str(found.fault)


def test_a_cut_end_shows_against_a_printed_head_alone(database: Database) -> None:
    heads = fill(database, 5)
    with behind(database) as connection:
        connection.execute(rows.delete().where(rows.c.seq > 3))
    with database.read() as connection:
        assert ledger.verify(connection).holds
        assert ledger.verify(connection, heads[2]).holds
        found = ledger.verify(connection, heads[4][:12])
    assert not found.holds
    assert found.broken == 4
    assert "cut off" in str(found.fault)


def test_a_ledger_written_anew_shows_against_a_printed_head(database: Database) -> None:
    head = fill(database, 3)[-1]
    with behind(database) as connection:
        connection.execute(rows.delete())
        for _ in range(4):
            ledger.append(connection, "outcome", at=NOW, actor="user:2")
    with database.read() as connection:
        assert ledger.verify(connection).holds
        assert ledger.verify(connection, head).broken == 3


@pytest.mark.parametrize("printed", ["12", "x-abc", "3-zz", "3 - abcdef12", "99999999999999999999-abcdef12"])
def test_what_is_no_head_is_said(database: Database, printed: str) -> None:
    with database.read() as connection, pytest.raises(ledger.LedgerError, match="no head"):
        ledger.verify(connection, printed)


@pytest.mark.parametrize(
    "facts",
    [
        {"risk": 0.5},
        {"deep": [{"x": 1.5}]},
        {"text": "a" * 201},
        {"text": "two\nlines"},
        {"set": {1, 2}},
        {1: 2},
    ],
)
def test_what_no_row_holds_is_refused_and_nothing_is_written(database: Database, facts: dict) -> None:
    with pytest.raises(ledger.LedgerError), database.write() as connection:
        ledger.append(connection, "outcome", at=NOW, actor="user:1", facts=facts)
    with database.read() as connection:
        assert ledger.verify(connection).rows == 0


def test_a_row_stands_only_with_what_it_records(database: Database) -> None:
    def half() -> None:
        with database.write() as connection:
            ledger.append(connection, "outcome", at=NOW, actor="user:1")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half()
    with database.read() as connection:
        assert ledger.verify(connection).rows == 0


def test_writers_at_once_make_one_chain(database: Database) -> None:
    failed: list[BaseException] = []

    def write(who: int) -> None:
        try:
            for _ in range(10):
                with database.write() as connection:
                    ledger.append(connection, "view", at=NOW, actor=f"user:{who}")
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=write, args=(who,)) for who in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    with database.read() as connection:
        found = ledger.verify(connection)
    assert (found.holds, found.rows) == (True, 80)


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(st.characters(categories=["L", "N"]), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text(max_size=8), plain, max_size=5))
def test_facts_have_one_writing(facts: dict) -> None:
    text = ledger.canonical(facts)
    assert ledger.canonical(dict(reversed(list(facts.items())))) == text
    assert " " not in text or any(" " in str(each) for each in (*facts.keys(), *facts.values()))


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    facts=st.lists(
        st.dictionaries(st.text(st.characters(categories=["L"]), max_size=8), plain, max_size=4), max_size=4
    )
)
def test_whatever_is_recorded_verifies(database: Database, facts: list[dict]) -> None:
    with database.write() as connection:
        for each in facts:
            ledger.append(connection, "outcome", at=NOW, actor="user:1", facts=each)
    with database.read() as connection:
        assert ledger.verify(connection).holds
