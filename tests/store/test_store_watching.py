"""Watch lists and local rules in the database: kept, tried, hitting, hidden, brought in and taken out."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa

from features.manifest import schema
from risk import watch_entries as written
from risk.conditions import ConditionError
from risk.store import (
    declared_rows,
    hits,
    ledger,
    local_rules,
    roles,
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

NOW = pd.Timestamp("2026-11-22 04:00")
IVORY = New("word", "ivory", "seen in the trade", "B2")


def hours(count: float) -> pd.Timestamp:
    return NOW + pd.Timedelta(hours=count)


def batch(database: Database, rows: list[dict[str, Any]], at: pd.Timestamp, *, ready: bool = True) -> int:
    """Put declared rows in as a batch of the port."""
    with database.write() as connection:
        about = {"model_id": "m", "risk_basis": "prior", "state_digest": "", "code_digest": ""}
        number = shipments.begin(connection, None, about, at=at)
        for row in rows:
            bill = row["shipment_id"]
            known = connection.execute(
                sa.select(tables.shipments.c.id).where(tables.shipments.c.bill == bill)
            ).scalar()
            shipment = (
                known
                or connection.execute(
                    tables.shipments.insert()
                    .values(bill=bill, first_known_at=at)
                    .returning(tables.shipments.c.id)
                ).scalar_one()
            )
            before = sa.select(sa.func.count()).where(tables.versions.c.shipment_id == shipment)
            version = connection.execute(
                tables.versions.insert()
                .values(
                    shipment_id=shipment,
                    batch_id=number,
                    number=connection.execute(before).scalar_one() + 1,
                    current=False,
                    content_hash="0",
                    known_at=at,
                )
                .returning(tables.versions.c.id)
            ).scalar_one()
            connection.execute(tables.declared.insert().values(version_id=version, row=row, origin={}))
        if ready:
            shipments.finish(connection, number, {}, at=at, actor="system")
    return number


def day(database: Database, *goods: str, at: pd.Timestamp = NOW, first: int = 0, ready: bool = True) -> int:
    rows = [{"shipment_id": f"B{first + i}", "goods_description": text} for i, text in enumerate(goods)]
    return batch(database, rows, at, ready=ready)


def add(database: Database, person: roles.Person, new: New = IVORY, at: pd.Timestamp = NOW) -> watching.Added:
    with database.write() as connection:
        return watching.add(connection, new, person, now=at, at=at)


def bills(database: Database, person: roles.Person, at: pd.Timestamp = NOW) -> dict[str, list[hits.Hit]]:
    with database.read() as connection:
        ids = connection.execute(sa.select(tables.shipments.c.bill, tables.shipments.c.id)).all()
        found = {bill: hits.of_shipment(connection, number, person, now=at) for bill, number in ids}
    return {bill: listed for bill, listed in found.items() if listed}


def load(database: Database, number: int, at: pd.Timestamp) -> int:
    """Work a batch out and let it be seen, as the worker does."""
    covered = working_out.in_pieces(database, number, at=at)
    with database.write() as connection:
        made_up_for = working_out.of_batch(connection, number, at=at, since=covered)
        shipments.finish(connection, number, {}, at=at, actor="system")
    return made_up_for


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


# --- in and out -----------------------------------------------------------------------------


def take_in(
    database: Database, person: roles.Person, text: str | bytes, at: pd.Timestamp = NOW
) -> watch_tables.Imported:
    content = text.encode() if isinstance(text, str) else text
    with database.write() as connection:
        return watch_tables.take_in(connection, content, person, now=at, at=at, zone="Asia/Ho_Chi_Minh")


LEADS = """platform;seller_name;seller_handle;phone;address;listing;source_grade;reason;valid_from
eBaz;Rare Pets Trading Ltd;@rare_pets77;+84 90 123 4567;;https://x.test/1;b-2;sells turtles;2026-11-22 10:00
eBaz;;@rare_pets77;0901234567;12 Ly Thai To, Hanoi 10000;https://x.test/2;A1;sells turtles;2026-11-22
"""


def test_leads_become_entries_that_name_them(database: Database, crew: dict) -> None:
    result = take_in(database, crew["analyst"], LEADS)
    assert (result.added, result.standing, result.problems) == (4, 2, ())
    with database.read() as connection:
        kept = watch_listing.entries(connection, crew["analyst"], at=NOW)
    assert [(e.new.kind, e.new.value, e.new.source_grade) for e in reversed(kept)] == [
        ("party", "Rare Pets Trading Ltd", "B2"),
        ("party", "@rare_pets77", "B2"),
        ("phone", "+84 90 123 4567", "B2"),
        ("address", "12 Ly Thai To, Hanoi 10000", "A1"),
    ]
    assert kept[-1].new.lead == "eBaz · @rare_pets77 · https://x.test/1"
    assert kept[-1].new.valid_from == pd.Timestamp("2026-11-22 03:00")
    again = take_in(database, crew["analyst"], LEADS)
    assert (again.added, again.standing) == (0, 6)


def test_every_problem_of_a_table_is_told_and_nothing_is_kept(database: Database, crew: dict) -> None:
    day(database, *["fish"] * 60)
    text = "kind,value,reason,source_grade,floor,expires_at,restricted\n" + "\n".join(
        (
            "word,x,why,B2,1,,",
            "colour,red,,Q7,none,next week,maybe",
            "word,ivory,why,B2,1,2026-12-31,yes",
        )
    )
    result = take_in(database, crew["analyst"], text)
    assert [(each.row, each.field) for each in result.problems] == [
        (2, "value"),
        (3, "restricted"),
        (3, "expires_at"),
        (3, "kind"),
        (3, "reason"),
        (3, "source_grade"),
        (3, "floor"),
    ]
    broad = take_in(database, crew["analyst"], "kind,value,reason\nword,ivory,why\nword,fish,why\n")
    assert [str(each) for each in broad.problems] == [
        "row 3, value: this would have hit 60 of 60 shipments, spread over the latest; say more"
    ]
    with database.read() as connection:
        assert watch_listing.entries(connection, crew["analyst"], at=NOW) == []


@pytest.mark.parametrize(
    ("content", "field"),
    [
        (b"", "file"),
        (b"\xff\xd8\xff\xe0 a photo", "file"),
        (b"PK\x03\x04 a workbook\x80", "file"),
        (b"kind,value\nword,ivory\n", "reason"),
        (b"kind,value,reason,colour\nword,ivory,x,red\n", "colour"),
        (b"kind,value,value,reason\nword,ivory,a,x\n", "value"),
        (b'kind,value,reason\n"word' + b"x" * 200_000, "file"),
        (b"x" * 4_000_001, "file"),
    ],
)
def test_what_is_no_table_is_refused(database: Database, crew: dict, content: bytes, field: str) -> None:
    assert field in {each.field for each in take_in(database, crew["analyst"], content).problems}


def test_what_is_taken_out_can_be_taken_in(database: Database, crew: dict) -> None:
    analyst = crew["analyst"]
    news = [
        replace(IVORY, lead="=cmd|' /C calc'!A0", expires_at=hours(500), floor=7),
        New("phone", "+84 90 123 4567", 'says "yes", twice', restricted=True, valid_from=hours(1)),
        New("word", "งาช้าง", "ทดสอบ\nสองบรรทัด"),
    ]
    for new in news:
        add(database, analyst, new)
    with database.write() as connection:
        content = watch_tables.take_out(connection, analyst, now=NOW, at=NOW)
        before = watch_listing.entries(connection, analyst, at=NOW)
        for each in before:
            watching.end(connection, each.id, analyst, now=hours(2), at=hours(2))
    assert b"'=cmd" in content
    assert b",=cmd" not in content
    assert take_in(database, analyst, content, hours(3)).added == 3
    with database.read() as connection:
        after = watch_listing.entries(connection, analyst, at=hours(3))
    assert [each.new for each in reversed(after)] == [each.new for each in reversed(before)]


def test_templates_are_read_as_empty_tables() -> None:
    for leads in (True, False):
        assert written.read(written.template(leads), at=NOW) == written.Table((), ())


# --- rules ----------------------------------------------------------------------------------


def test_a_rule_hits_what_its_condition_holds_for(database: Database, crew: dict) -> None:
    rows = [
        {"shipment_id": "A", "mode": "air", "gross_weight_kg": 150.0, "hs_codes": "051191"},
        {"shipment_id": "B", "mode": "air", "gross_weight_kg": 50.0, "hs_codes": "051191"},
        {"shipment_id": "C", "mode": "air", "hs_codes": "051191"},
        {"shipment_id": "D", "mode": "sea", "gross_weight_kg": 150.0, "is_refrigerated": True},
    ]
    batch(database, rows, hours(1))
    condition = "mode=air and ( hs starts 0511 ) and weight>100"
    with database.write() as connection:
        assert local_rules.tried(connection, condition) == watching.Tried(1, 4)
        new = NewRule("heavy", condition, "ask for the permit", 12)
        late = local_rules.add(connection, new, crew["supervisor"], now=hours(2), at=hours(2))
        assert late.hit == 0
        with_start = replace(new, valid_from=NOW)
        added = local_rules.change(
            connection, late.id, with_start, crew["supervisor"], now=hours(3), at=hours(3)
        )
        assert added.hit == 1
    (hit,) = bills(database, crew["officer"], hours(4))["A"]
    assert (hit.source, hit.value, hit.reason, hit.floor) == (
        "rule",
        "mode = air and hs starts 0511 and gross_weight_kg > 100",
        "ask for the permit",
        12,
    )
    with database.read() as connection:
        (rule,) = local_rules.listed(connection, at=hours(4))
        assert len(local_rules.listed(connection, at=hours(4), ended=True)) == 2
    assert (rule.id, rule.replaces_id, rule.active, rule.readable, rule.hits) == (2, 1, True, True, 1)


def test_a_rule_that_cannot_be_is_refused(database: Database, crew: dict) -> None:
    day(database, *["fish"] * 60)
    good = NewRule("n", "goods has ivory", "r", 5)
    with database.write() as connection:
        for wrong, why in (
            (replace(good, name=" "), "name"),
            (replace(good, reason=""), "why"),
            (replace(good, floor=0), "place"),
            (replace(good, condition="goods has fish"), "60 of 60 shipments"),
        ):
            with pytest.raises(local_rules.RuleRefused, match=why):
                local_rules.add(connection, wrong, crew["analyst"], now=NOW, at=NOW)
        with pytest.raises(ConditionError):
            local_rules.add(
                connection, replace(good, condition="goods has"), crew["analyst"], now=NOW, at=NOW
            )
        first = local_rules.add(connection, good, crew["analyst"], now=NOW, at=NOW)
        local_rules.change(connection, first.id, good, crew["analyst"], now=hours(1), at=hours(1))
        with pytest.raises(local_rules.RuleRefused, match="changed since"):
            local_rules.change(connection, first.id, good, crew["analyst"], now=hours(2), at=hours(2))
        with pytest.raises(local_rules.RuleRefused, match="has ended"):
            local_rules.end(connection, first.id, crew["analyst"], now=hours(2), at=hours(2))


def test_a_rule_of_a_field_that_is_gone_stops_no_load(database: Database, crew: dict) -> None:
    with database.write() as connection:
        local_rules.add(connection, NewRule("n", "goods has ivory", "r", 5), crew["analyst"], now=NOW, at=NOW)
        connection.execute(tables.rules.update().values(condition="flavour = sweet"))
    load(database, day(database, "ivory", at=hours(1), ready=False), hours(1))
    with database.read() as connection:
        assert [rule.readable for rule in local_rules.listed(connection, at=hours(2))] == [False]
    assert bills(database, crew["officer"]) == {}


def test_declared_rows_come_back_as_they_were(database: Database) -> None:
    from pathlib import Path

    from data_samples import __file__ as here
    from features import manifest
    from risk.filing import declared_rows as as_data
    from risk.store import declared_rows

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
