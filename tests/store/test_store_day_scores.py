"""What is kept of the day from look to look: never older than what a transaction sees."""

from __future__ import annotations

import threading

import pandas as pd
import pytest

from risk.store import day, decisions, ledger, overriding, publishing, tables
from risk.store.database import Database
from risk.store.day_scores import LEAVE_ALONE, Scored
from risk.triage import Pool

HOUR = pd.Timedelta(hours=1)


def look(database: Database, scored: Scored | None, now: pd.Timestamp) -> pd.DataFrame:
    with database.read() as connection:
        return day.rows(connection, now, at=now, scored=scored)


def note(database: Database, kind: str, at: pd.Timestamp) -> None:
    with database.write() as connection:
        ledger.append(connection, kind, at=at, actor="system")


def rename(database: Database, number: int, goods: str) -> None:
    mine = tables.versions.c.shipment_id == number
    with database.write() as connection:
        connection.execute(tables.versions.update().where(mine).values(goods=goods))


def test_kept_or_read_anew_a_day_is_the_same(port, database: Database) -> None:
    who = port.person()
    numbers = [port.shipment(f"B{n:02}", log_odds=-float(n % 7)) for n in range(30)]
    port.shipment("SILENT", arrives_at=None)
    port.shipment("LOADING", state="loading")
    port.shipment("GONE", arrives_at=port.now - 4 * port.day)
    scored = Scored()
    look(database, scored, port.now)
    with database.write() as connection:
        decisions.claim(connection, numbers[3], who, at=port.now, minutes=30)
        decisions.step(connection, numbers[4], "located", who, at=port.now)
        overriding.override(connection, numbers[5], "raise", "tip", who, now=port.now, at=port.now)
        publishing.publish(connection, port.now, (Pool(4),), 0.2, secret=b"k" * 32, person=who, at=port.now)
    port.outcome(numbers[6], who)
    for at in (port.now, port.now + 7 * HOUR, port.now + 31 * HOUR):
        kept, anew = look(database, scored, at), look(database, None, at)
        pd.testing.assert_frame_equal(kept, anew)
    assert {"SILENT"} <= set(kept["bill"])
    assert not {"LOADING", "GONE"} & set(kept["bill"])
    bills = look(database, scored, port.now)
    assert bills["rank"].sort_values().tolist() == list(range(1, len(bills) + 1))


def test_claims_end_by_the_time_it_is(port, database: Database) -> None:
    who, number, scored = port.person(), port.shipment("B"), Scored()
    with database.write() as connection:
        decisions.claim(connection, number, who, at=port.now, minutes=30)
    for minutes, held in ((29, True), (31, False)):
        with database.read() as connection:
            frame = day.rows(connection, port.now, at=port.now + pd.Timedelta(minutes=minutes), scored=scored)
        assert frame["claimed_by"].notna().tolist() == [held]


@pytest.mark.parametrize("kind", ["batch", "purge", "restore", "something.new"])
def test_a_load_a_purge_and_what_nobody_knows_lets_the_day_be_read_again(
    kind: str, port, database: Database
) -> None:
    number, scored = port.shipment("B", goods="before"), Scored()
    assert look(database, scored, port.now)["goods"].tolist() == ["before"]
    rename(database, number, "")
    note(database, kind, port.now)
    assert look(database, scored, port.now)["goods"].tolist() == [""]


def test_what_officers_do_does_not(port, database: Database) -> None:
    number, scored = port.shipment("B", goods="before"), Scored()
    note(database, "settings", port.now)
    look(database, scored, port.now)
    rename(database, number, "after")
    for kind in sorted(LEAVE_ALONE):
        note(database, kind, port.now)
    # Nothing but a row of the ledger tells that something changed: so it is seen that nothing was read.
    assert look(database, scored, port.now)["goods"].tolist() == ["before"]


def test_a_ledger_that_is_another_is_noticed(port, database: Database) -> None:
    number, scored = port.shipment("B", goods="before"), Scored()
    note(database, "login", port.now)
    look(database, scored, port.now)
    rename(database, number, "after")
    other = Scored()
    other._kept.update(
        {key: type(kept)(kept.seq, "0" * 64, kept.frame) for key, kept in scored._kept.items()}
    )
    assert look(database, other, port.now)["goods"].tolist() == ["after"]


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_transaction_that_began_before_sees_its_own_day(port, database: Database) -> None:
    number, scored = port.shipment("B", goods="before"), Scored()
    note(database, "login", port.now)
    with database.read() as early:
        assert day.rows(early, port.now, at=port.now, scored=scored)["goods"].tolist() == ["before"]
        rename(database, number, "after")
        note(database, "batch", port.now)
        assert look(database, scored, port.now)["goods"].tolist() == ["after"]
        assert day.rows(early, port.now, at=port.now, scored=scored)["goods"].tolist() == ["before"]
    assert look(database, scored, port.now)["goods"].tolist() == ["after"]


def test_many_look_at_once(port, database: Database) -> None:
    for n in range(20):
        port.shipment(f"B{n:02}", log_odds=-float(n))
    scored, found = Scored(), []

    def read() -> None:
        for hour in range(4):
            found.append(len(look(database, scored, port.now + hour * HOUR)))

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert found == [20] * 16


def test_nobody_writes_into_what_is_kept(port, database: Database) -> None:
    port.shipment("B")
    scored = Scored()
    frame = look(database, scored, port.now)
    frame["goods"] = "written over"
    frame.loc[0, "bill"] = "another"
    assert look(database, scored, port.now)["bill"].tolist() == ["B"]


def test_a_list_says_when_and_by_which_clock(port, database: Database) -> None:
    who = port.person()
    for n in range(8):
        port.shipment(f"B{n}")
    clock = port.now + 400 * port.day

    def publish(after: int | None = None) -> int:
        with database.write() as connection:
            return publishing.publish(
                connection, port.now, (Pool(3),), 0.3, secret=b"k" * 32, person=who, after=after, at=clock
            )

    number = publish()
    with database.read() as connection:
        row = publishing.latest(connection)[0]
        told = publishing.ledger_of(connection, "list.published")[-1]
        assert publishing.drawn_again(connection, number, b"k" * 32) == []
    assert pd.Timestamp(row.published_at) == port.now
    assert told.at.startswith(str(clock.year))
    for after in (None, number):
        with pytest.raises(publishing.NothingToPublish):
            publish(after)
    # An outcome makes it another day, and so another list.
    port.outcome(1, who)
    assert publish() == number + 1


def test_search_within_a_window_and_in_all(port, database: Database) -> None:
    here, gone = port.shipment("KITE-1"), port.shipment("KITE-2", arrives_at=port.now - 40 * port.day)
    with database.read() as connection:
        since, until = port.now - day.BEFORE, port.now + day.AFTER
        assert day.search(connection, "kite", since=since, until=until) == [here]
        assert day.search(connection, "kite") == [gone, here]
        assert day.bills(connection, [gone, here]) == {gone: "KITE-2", here: "KITE-1"}
        assert day.bills(connection, []) == {}
