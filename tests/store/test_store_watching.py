"""Watch entries in the database: kept, tried, hitting, hidden, changed and forgotten."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa

from risk import watch_entries as written
from risk.store import (
    hits,
    ledger,
    local_rules,
    shipments,
    tables,
    watch_listing,
    watch_tables,
    watching,
    working_out,
)
from risk.store.database import Database
from risk.store.local_rules import NewRule
from risk.watch_entries import New

_SPEC = importlib.util.spec_from_file_location("watched_port", Path(__file__).parent / "watched_port.py")
watched_port: Any = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(watched_port)
NOW = watched_port.NOW
IVORY = watched_port.IVORY
hours = watched_port.hours
day = watched_port.day
add = watched_port.add
bills = watched_port.bills
load = watched_port.load


# --- hits -----------------------------------------------------------------------------------


def test_a_batch_is_worked_out_before_it_is_seen(database: Database, crew: dict) -> None:
    add(database, crew["analyst"])
    number = day(database, "IVORY carvings", "fish", at=hours(1), ready=False)
    assert load(database, number, hours(1)) == 0
    found = bills(database, crew["officer"])
    assert list(found) == ["B0"]
    (hit,) = found["B0"]
    assert (hit.source, hit.kind, hit.value, hit.column) == ("watch", "word", "ivory", "goods_description")
    assert (hit.reason, hit.source_grade, hit.owner) == ("seen in the trade", "B2", "analyst")


def test_what_is_added_while_a_batch_comes_in_is_made_up_for(database: Database, crew: dict) -> None:
    number = day(database, "ivory", "horn", at=hours(2), ready=False)
    covered = working_out.in_pieces(database, number, at=hours(2))
    assert add(database, crew["analyst"], at=hours(1)).hit == 0
    with database.write() as connection:
        local_rules.add(
            connection, NewRule("h", "goods has horn", "r", 5), crew["supervisor"], now=hours(1), at=hours(1)
        )
        assert working_out.of_batch(connection, number, at=hours(2), since=covered) == 2
        shipments.finish(connection, number, {}, at=hours(2), actor="system")
    assert set(bills(database, crew["officer"])) == {"B0", "B1"}


def test_worked_out_twice_is_worked_out_once(database: Database, crew: dict) -> None:
    add(database, crew["analyst"])
    number = day(database, "ivory", at=hours(1), ready=False)
    working_out.in_pieces(database, number, at=hours(1))
    with database.write() as connection:
        working_out.of_batch(connection, number, at=hours(1))
        count = sa.select(sa.func.count()).select_from(tables.watch_hits)
        assert connection.execute(count).scalar() == 1


def test_an_unfinished_batch_goes_with_its_hits(database: Database, crew: dict) -> None:
    add(database, crew["analyst"])
    with database.write() as connection:
        local_rules.add(connection, NewRule("i", "goods has ivory", "r", 5), crew["analyst"], now=NOW, at=NOW)
    number = day(database, "ivory", at=hours(1), ready=False)
    working_out.in_pieces(database, number, at=hours(1))
    assert bills(database, crew["officer"]) == {}
    with database.write() as connection:
        shipments.discard(connection, number)
    with database.read() as connection:
        for table in (tables.watch_hits, tables.rule_hits):
            assert connection.execute(sa.select(sa.func.count()).select_from(table)).scalar() == 0


def test_an_entry_counts_for_what_became_known_after_it(database: Database, crew: dict) -> None:
    day(database, "ivory", at=hours(-2))
    assert add(database, crew["analyst"]).hit == 0
    with database.write() as connection:
        watching.end(connection, 1, crew["analyst"], now=hours(0.1), at=hours(0.1))
    assert add(database, crew["analyst"], replace(IVORY, valid_from=hours(-3)), at=hours(0.2)).hit == 1
    number = day(database, "ivory", at=hours(5), first=5, ready=False)
    with database.write() as connection:
        watching.end(connection, 2, crew["analyst"], now=hours(4), at=hours(4))
    load(database, number, hours(5))
    assert list(bills(database, crew["officer"], hours(3))) == ["B0"]


def test_an_amendment_does_not_shake_a_hit_off(database: Database, crew: dict) -> None:
    add(database, crew["analyst"], replace(IVORY, floor=3))
    load(database, day(database, "ivory", at=hours(1), ready=False), hours(1))
    load(database, day(database, "plastic beads", at=hours(2), ready=False), hours(2))
    (hit,) = bills(database, crew["officer"])["B0"]
    assert not hit.current
    with database.read() as connection:
        floors = hits.floors(connection, now=hours(2))
    assert floors.to_dict("records") == [{"floor": 3, "floor_reason": "watch"}]


def test_the_highest_floor_that_stands_is_a_shipments(database: Database, crew: dict) -> None:
    analyst = crew["analyst"]
    with database.write() as connection:
        watching.add(connection, replace(IVORY, floor=30), analyst, now=NOW, at=NOW)
        local_rules.add(connection, NewRule("i", "goods has ivory", "r", 10), analyst, now=NOW, at=NOW)
        local_rules.add(connection, NewRule("c", "goods has carved", "r", 20), analyst, now=NOW, at=NOW)
        watching.add(connection, replace(IVORY, value="beads"), analyst, now=NOW, at=NOW)
    load(database, day(database, "carved ivory", "beads", "x", at=hours(1), ready=False), hours(1))
    with database.write() as connection:
        assert hits.floors(connection, now=hours(1)).to_dict("records") == [
            {"floor": 10, "floor_reason": "rule"}
        ]
        assert len(hits.watched(connection, now=hours(1))) == 2
        local_rules.end(connection, 1, analyst, now=hours(2), at=hours(2))
        local_rules.end(connection, 2, analyst, now=hours(2), at=hours(2))
        assert hits.floors(connection, now=hours(3)).to_dict("records") == [
            {"floor": 30, "floor_reason": "watch"}
        ]
    told = bills(database, crew["officer"], hours(3))["B0"]
    assert [(hit.source, hit.in_force) for hit in told] == [("watch", True), ("rule", False), ("rule", False)]


def test_an_entry_holds_up_exactly_while_it_shows_as_counting(database: Database, crew: dict) -> None:
    add(database, crew["analyst"], replace(IVORY, floor=3, valid_from=hours(1), expires_at=hours(4)))
    load(database, day(database, "ivory", at=hours(2), ready=False), hours(2))
    for at, state in ((0.5, "waiting"), (1, "in_force"), (3.9, "in_force"), (4, "expired"), (9, "expired")):
        now = hours(at)
        with database.read() as connection:
            shown = watch_listing.one(connection, 1, crew["analyst"], at=now)
            held = hits.floors(connection, now=now)
            number = connection.execute(sa.select(tables.shipments.c.id)).scalar_one()
            (told,) = hits.of_shipment(connection, number, crew["analyst"], now=now)
            found = hits.watched(connection, now=now)
        counts = state == "in_force"
        assert (shown.state, told.in_force, bool(found)) == (state, counts, counts)
        assert held["floor"].tolist() == ([3] if counts else [])


def test_the_ledger_goes_by_the_clock_where_time_stands_still(database: Database, crew: dict) -> None:
    clock, person = NOW + pd.Timedelta(days=300), crew["analyst"]
    rule = NewRule("i", "goods has ivory", "r", 10)
    both = {"now": NOW, "at": clock}
    with database.write() as connection:
        before = connection.execute(sa.select(sa.func.max(tables.ledger.c.seq))).scalar() or 0
        watching.add(connection, IVORY, person, **both)
        watching.change(connection, 1, replace(IVORY, floor=9), person, **both)
        watching.end(connection, 2, person, **both)
        local_rules.add(connection, rule, person, **both)
        local_rules.change(connection, 1, replace(rule, floor=9), person, **both)
        local_rules.end(connection, 2, person, **both)
        watch_tables.take_in(connection, written.written([IVORY]), person, **both)
        watch_tables.leaving(connection, person, **both)
        rows = connection.execute(sa.select(tables.ledger).where(tables.ledger.c.seq > before)).all()
        entry = connection.execute(
            sa.select(tables.watch_entries).order_by(tables.watch_entries.c.id)
        ).first()
    assert len(rows) == 8
    assert {pd.Timestamp(row.at) for row in rows} == {clock}
    assert (entry.valid_from, entry.ended_at) == (NOW, NOW)


def test_what_is_purged_is_hit_by_nothing(database: Database, crew: dict) -> None:
    day(database, "ivory", at=hours(1))
    with database.write() as connection:
        connection.execute(tables.declared.delete())
    assert add(database, crew["analyst"], at=NOW).hit == 0


# --- who sees what --------------------------------------------------------------------------


def test_a_restricted_entry_shows_as_one_restricted_list(database: Database, crew: dict) -> None:
    secret = replace(IVORY, restricted=True, reason="informant", lead="handle", floor=4)
    add(database, crew["analyst"], secret)
    add(database, crew["analyst"], replace(secret, value="beads"))
    load(database, day(database, "ivory beads", at=hours(1), ready=False), hours(1))
    assert bills(database, crew["officer"])["B0"] == [hits.Hit("watch", None, hidden=True, restricted=True)]
    for role in ("supervisor", "analyst", "auditor"):
        assert [hit.value for hit in bills(database, crew[role])["B0"]] == ["ivory", "beads"]
    with database.read() as connection:
        listed = watch_listing.entries(connection, crew["officer"], at=hours(1))
        whole = watch_listing.entries(connection, crew["auditor"], at=hours(1))
    assert {repr((each.new, each.owner, each.hits)) for each in listed} == {
        repr((New("", "", restricted=True), "", None))
    }
    assert [(each.new.value, each.hits) for each in whole] == [("beads", 1), ("ivory", 1)]


def test_the_ledger_holds_no_value(database: Database, crew: dict) -> None:
    secret = New("party", "Xeniqua Holdings Ltd", "from Zorblax", "B2", True, "leadname handle77", 4)
    add(database, crew["analyst"], secret)
    with database.write() as connection:
        watching.change(
            connection, 1, replace(secret, floor=9), crew["supervisor"], now=hours(1), at=hours(1)
        )
        watching.end(connection, 2, crew["supervisor"], now=hours(2), at=hours(2))
        watch_tables.take_in(
            connection, written.written([secret]), crew["analyst"], now=hours(3), at=hours(3)
        )
        watch_tables.take_out(connection, crew["analyst"], now=hours(4), at=hours(4))
        rule = NewRule("Xeniqua", 'consignee = "Xeniqua Holdings"', "Zorblax", 3)
        local_rules.add(connection, rule, crew["analyst"], now=hours(4), at=hours(4))
        assert ledger.verify(connection).holds
        rows = connection.execute(sa.select(tables.ledger)).all()
    text = json.dumps([list(row) for row in rows]).lower()
    kinds = {row.kind for row in rows}
    assert {
        "watch.added",
        "watch.changed",
        "watch.ended",
        "watch.imported",
        "watch.exported",
        "rule.added",
    } <= kinds
    for word in ("xeniqua", "zorblax", "handle77", "leadname"):
        assert word not in text


# --- adding, changing -----------------------------------------------------------------------


def test_too_broad_is_refused_with_the_count(database: Database, crew: dict) -> None:
    day(database, *(["frozen fish"] * 30 + ["ivory"] * 20 + ["toys"] * 50))
    with database.read() as connection:
        result = watching.tried(connection, [replace(IVORY, value="fish"), IVORY, New("goods", "x")])
    assert [(each.hit, each.of, each.too_broad) for each in result] == [
        (30, 100, True),
        (20, 100, False),
        (0, 100, False),
    ]
    with pytest.raises(watching.EntryRefused, match="30 of 100 shipments"):
        add(database, crew["analyst"], replace(IVORY, value="fish"))
    assert add(database, crew["analyst"]).id == 1
    with pytest.raises(watching.EntryRefused, match="already, as entry 1"):
        add(database, crew["analyst"], replace(IVORY, value=" IVORY "))


def test_everything_wrong_with_an_entry_is_told(database: Database, crew: dict) -> None:
    wrong = New("word", "x", "", "Z9", floor=0, expires_at=hours(-1))
    with pytest.raises(watching.EntryRefused) as caught:
        add(database, crew["analyst"], wrong)
    assert [each.field for each in caught.value.problems] == [
        "value",
        "reason",
        "source_grade",
        "floor",
        "expires_at",
    ]


def test_a_change_is_a_further_row(database: Database, crew: dict) -> None:
    analyst = crew["analyst"]
    add(database, analyst)
    load(database, day(database, "ivory", "horn", at=hours(1), ready=False), hours(1))
    with database.write() as connection:
        same = watching.change(
            connection, 1, replace(IVORY, reason="better"), analyst, now=hours(2), at=hours(2)
        )
        assert (same.id, same.hit) == (2, 1)
        with pytest.raises(watching.EntryRefused, match="has ended"):
            watching.change(connection, 1, IVORY, analyst, now=hours(3), at=hours(3))
        other = watching.change(
            connection, 2, replace(IVORY, value="horn"), analyst, now=hours(3), at=hours(3)
        )
        assert other.hit == 0
        now = watch_listing.entries(connection, analyst, at=hours(4))
        all_of_them = watch_listing.entries(connection, analyst, at=hours(4), ended=True)
    assert [(e.id, e.replaces_id, e.state, e.new.valid_from) for e in now] == [(3, 2, "in_force", hours(3))]
    assert [(e.id, e.state, e.new.reason) for e in all_of_them] == [
        (3, "in_force", "seen in the trade"),
        (2, "replaced", "better"),
        (1, "replaced", "seen in the trade"),
    ]
    (hit,) = bills(database, analyst, hours(2.5))["B0"]
    assert (hit.id, hit.in_force) == (2, True)


def outcome(
    database: Database,
    bill: str,
    found: list[str],
    at: pd.Timestamp,
    status: str = "confirmed",
    permit: bool | None = None,
) -> None:
    with database.write() as connection:
        wanted = sa.select(tables.shipments.c.id).where(tables.shipments.c.bill == bill)
        connection.execute(
            tables.outcomes.insert().values(
                shipment_id=connection.execute(wanted).scalar_one(),
                current=True,
                request=f"{bill}{at}",
                inspection="full",
                status=status,
                found=found,
                permit_valid=permit,
                taxa=[],
                inspected_at=at,
                at=at,
            )
        )


def test_a_find_counts_for_an_entry_that_was_there_before(database: Database, crew: dict) -> None:
    analyst = crew["analyst"]
    add(database, analyst)
    load(database, day(database, *["ivory"] * 5, at=hours(1), ready=False), hours(1))
    outcome(database, "B0", ["wildlife_products"], hours(2))
    outcome(database, "B1", ["clean"], hours(2))
    outcome(database, "B2", ["live_animals"], hours(2), "overturned")
    outcome(database, "B3", ["wildlife_products"], hours(0.5))
    outcome(database, "B4", ["wildlife_products"], hours(2), permit=True)
    with database.write() as connection:
        later = watching.add(
            connection, New("party", "Nobody Known Ltd", "r"), analyst, now=hours(3), at=hours(3)
        )
        late = New("word", "ivory", "r", restricted=True, valid_from=hours(-1))
        after_the_find = watching.add(connection, late, analyst, now=hours(3), at=hours(3))
        watching.change(connection, 1, replace(IVORY, floor=2), analyst, now=hours(4), at=hours(4))
        told = {
            e.id: (e.hits, e.inspected, e.finds)
            for e in watch_listing.entries(connection, analyst, at=hours(5))
        }
    assert told == {later.id: (0, 0, 0), after_the_find.id: (5, 0, 0), 4: (5, 4, 1)}


def test_texts_of_what_ended_long_ago_are_forgotten(database: Database, crew: dict) -> None:
    analyst = crew["analyst"]
    add(database, analyst)
    add(database, analyst, replace(IVORY, value="horn", lead="somebody", expires_at=hours(2)))
    add(database, analyst, replace(IVORY, value="shell"))
    load(database, day(database, "ivory horn shell", at=hours(1), ready=False), hours(1))
    with database.write() as connection:
        watching.end(connection, 1, analyst, now=hours(2), at=hours(2))
        assert watching.forget(connection, hours(1), at=hours(9), actor="system") == 0
        assert watching.forget(connection, hours(3), at=hours(9), actor="system") == 2
        assert watching.forget(connection, hours(3), at=hours(9), actor="system") == 0
        left = {
            e.id: (e.new.value, e.hits)
            for e in watch_listing.entries(connection, analyst, at=hours(9), ended=True)
        }
    assert left == {1: ("", 1), 2: ("", 1), 3: ("shell", 1)}
