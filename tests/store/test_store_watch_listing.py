"""Lists as somebody may see them: pages, filters that tell nothing, what was hit, entries tried first."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa

from app.paper import sheets
from risk import watch_entries as written
from risk import watch_sheets
from risk.refusals import Refusal
from risk.store import (
    local_rules,
    roles,
    shipments,
    tables,
    trying,
    watch_listing,
    watch_tables,
    watching,
)
from risk.store.database import Database
from risk.store.local_rules import NewRule
from risk.watch_entries import New

NOW = pd.Timestamp("2026-11-22 04:00")
IVORY = New("word", "ivory", "seen in the trade", "B2")


def hours(count: float) -> pd.Timestamp:
    return NOW + pd.Timedelta(hours=count)


def day(database: Database, *goods: str, at: pd.Timestamp = NOW, bill: str = "B") -> None:
    """Put shipments in as a batch of the port, with the goods they declare."""
    with database.write() as connection:
        about = {"model_id": "m", "risk_basis": "prior", "state_digest": "", "code_digest": ""}
        number = shipments.begin(connection, None, about, at=at)
        for place, text in enumerate(goods):
            row = {"shipment_id": f"{bill}{place}", "goods_description": text, "mode": "air"}
            made = tables.shipments.insert().values(bill=row["shipment_id"], first_known_at=at)
            shipment = connection.execute(made.returning(tables.shipments.c.id)).scalar_one()
            values = {
                **{"shipment_id": shipment, "batch_id": number, "number": 1, "current": False},
                **{"content_hash": "0", "known_at": at},
            }
            made = tables.versions.insert().values(**values).returning(tables.versions.c.id)
            version = connection.execute(made).scalar_one()
            connection.execute(tables.declared.insert().values(version_id=version, row=row, origin={}))
        shipments.finish(connection, number, {}, at=at, actor="system")


def add(database: Database, person: roles.Person, new: New, at: pd.Timestamp = NOW) -> int:
    with database.write() as connection:
        return watching.add(connection, new, person, now=at, at=at).id


def found(database: Database, person: roles.Person, **asked: Any) -> watch_listing.Found:
    with database.read() as connection:
        return watch_listing.find(connection, person, at=hours(1), **asked)


def outcome(database: Database, shipment: int, at: pd.Timestamp, what: str = "live_animals") -> None:
    with database.write() as connection:
        values = {
            **{"shipment_id": shipment, "current": True, "request": f"r{shipment}", "inspection": "full"},
            **{"status": "confirmed", "found": [what], "taxa": [], "inspected_at": at, "at": at},
        }
        connection.execute(tables.outcomes.insert().values(**values))


# --- who sees what --------------------------------------------------------------------------


def test_a_filter_tells_an_officer_nothing_of_what_is_restricted(database: Database, crew: dict) -> None:
    analyst, officer = crew["analyst"], crew["officer"]
    add(database, analyst, replace(IVORY, value="beads"))
    none = found(database, officer)
    secret = [
        add(database, analyst, replace(IVORY, value=value, restricted=True)) for value in ("horn", "tusk")
    ]
    asked = ({}, {"text": "horn"}, {"text": "nothing"}, {"kind": "word"}, {"kind": "phone"}, {"first": 50})
    for each in asked:
        seen = found(database, officer, **each)
        assert seen.hidden is True
        assert {entry.new.value for entry in seen.entries} <= {"beads"}
        assert repr(replace(seen, hidden=False)) == repr(replace(found_open(none, **each), hidden=False))
    assert not none.hidden
    with database.read() as connection:
        for number in secret:
            assert watch_listing.one(connection, number, officer, at=NOW) is None
            assert watch_listing.hit_by(connection, number, officer, at=NOW) == []
            assert watch_listing.one(connection, number, crew["auditor"], at=NOW) is not None
    assert found(database, crew["auditor"]).count == 3
    assert not found(database, crew["auditor"]).hidden


def found_open(whole: watch_listing.Found, *, text: str = "", kind: str = "", first: int = 0) -> Any:
    """What the filter gives of the open entries alone."""
    entries = [e for e in whole.entries if text in e.new.value and kind in ("", e.new.kind)]
    return watch_listing.Found(entries, len(entries), False)


def test_pages_and_filters(database: Database, crew: dict) -> None:
    analyst = crew["analyst"]
    for number in range(7):
        add(database, analyst, New("word", f"Needle{number}", "ÉLAN", lead="ebaz"))
    ended = add(database, analyst, New("phone", "+84 90 123 4567", "r"))
    with database.write() as connection:
        watching.end(connection, ended, analyst, now=NOW, at=NOW)
    page = found(database, analyst, first=3, most=3)
    assert (page.count, [e.new.value for e in page.entries]) == (7, ["Needle3", "Needle2", "Needle1"])
    last = found(database, analyst, first=10**9, most=3)
    assert [e.new.value for e in last.entries] == ["Needle0"]
    assert found(database, analyst, text="needle4").count == 1
    assert found(database, analyst, text="élan").count == 7
    assert found(database, analyst, text="EBAZ").count == 7
    assert found(database, analyst, kind="phone").count == 0
    assert [e.state for e in found(database, analyst, kind="phone", ended=True).entries] == ["ended"]
    assert found(database, analyst, text="%").count == 0


def test_the_record_of_a_page_is_the_record_of_the_list(database: Database, crew: dict) -> None:
    analyst = crew["analyst"]
    first = add(database, analyst, IVORY)
    beads = replace(IVORY, value="beads", valid_from=hours(-1))
    add(database, analyst, beads)
    day(database, "ivory beads", "ivory", "fish", at=hours(0.2))
    with database.write() as connection:
        changed = watching.change(
            connection,
            first,
            replace(IVORY, floor=4, valid_from=hours(0.1)),
            analyst,
            now=hours(0.5),
            at=hours(0.5),
        )
        later = replace(beads, floor=9, valid_from=hours(0.1))
        watching.change(connection, 2, later, analyst, now=hours(0.5), at=hours(0.5))
    assert changed.hit == 2
    outcome(database, 1, hours(0.8))
    outcome(database, 2, hours(0.3))
    with database.read() as connection:
        whole = {e.id: e for e in watch_listing.entries(connection, analyst, at=hours(1), ended=True)}
        reached = watch_listing.hit_by(connection, changed.id, analyst, at=hours(1))
        few = watch_listing.hit_by(connection, changed.id, analyst, at=hours(1), most=1)
    page = found(database, analyst, ended=True)
    assert {e.id: e for e in page.entries} == whole
    assert [(e.bill, e.columns, e.after, e.find) for e in reached] == [
        ("B1", ("goods_description",), False, False),
        ("B0", ("goods_description",), True, True),
    ]
    assert (whole[changed.id].hits, whole[changed.id].inspected, whole[changed.id].finds) == (2, 1, 1)
    assert few == reached[:1]


def test_where_time_stands_still_an_inspection_of_then_comes_after_the_hit(
    database: Database, crew: dict
) -> None:
    analyst = crew["analyst"]
    day(database, "ivory", at=hours(0.2))
    with database.write() as connection:
        # People add it a year after the moment of the sample.
        made = watching.add(
            connection, replace(IVORY, valid_from=hours(-1)), analyst, now=hours(0.3), at=hours(9_000)
        )
    outcome(database, 1, hours(0.3))
    with database.read() as connection:
        entry = watch_listing.one(connection, made.id, analyst, at=hours(0.3))
    assert (entry.hits, entry.inspected) == (1, 1)


def test_what_a_rule_hit_is_told(database: Database, crew: dict) -> None:
    analyst = crew["analyst"]
    day(database, "ivory", "fish", at=hours(0.2))
    with database.write() as connection:
        new = NewRule("r", "goods has ivory", "why", 5, NOW)
        number = local_rules.add(connection, new, analyst, now=hours(1), at=hours(1)).id
        later = local_rules.change(
            connection, number, replace(new, floor=6), analyst, now=hours(2), at=hours(2)
        ).id
    with database.read() as connection:
        assert [(e.bill, e.columns) for e in local_rules.hit_by(connection, later)] == [("B0", ())]
        assert local_rules.hit_by(connection, 99) == []


# --- trying ---------------------------------------------------------------------------------


def test_an_entry_is_tried_with_the_shipments_it_would_hit(database: Database, crew: dict) -> None:
    day(database, *["fish"] * 30, at=hours(-50), bill="A")
    day(database, *["Ivory tusk"] * 15, at=hours(-1))
    with database.read() as connection:
        trial = trying.entry(connection, IVORY)
        assert (trial.counted.hit, trial.counted.of) == (15, 45)
        assert [each.bill for each in trial.examples] == [f"B{n}" for n in range(14, 4, -1)]
        bill = sa.select(tables.shipments.c.bill).where(
            tables.shipments.c.id == trial.examples[0].shipment_id
        )
        assert connection.execute(bill).scalar() == "B14"
        assert trial.examples[0].columns == ("goods_description",)
        assert trying.entry(connection, IVORY, last=10).counted.of == 10
        assert trying.entry(connection, replace(IVORY, value="rhino")).examples == ()
        with pytest.raises(Refusal):
            trying.entry(connection, replace(IVORY, value="x"))
        ruled = trying.condition(connection, "goods has ivory and mode = air")
        assert (ruled.counted, [e.bill for e in ruled.examples[:1]]) == (trial.counted, ["B14"])
        assert watch_tables.check(
            connection, written.read(b"", at=NOW), crew["analyst"], now=NOW, at=NOW
        ).problems


def test_nothing_to_try_on_is_told(database: Database) -> None:
    with database.read() as connection:
        assert trying.entry(connection, IVORY).counted == watching.Tried(0, 0)
        assert trying.condition(connection, "mode = air").counted == watching.Tried(0, 0)


# --- tables ---------------------------------------------------------------------------------


def test_a_table_checked_is_what_it_would_be_taken_in_as(database: Database, crew: dict) -> None:
    analyst = crew["analyst"]
    day(database, "ivory", "fish")
    add(database, analyst, IVORY)
    text = b"kind,value,reason\nword,ivory,a\nword,fish,b\nword,Fish,c\n"
    table = written.read(text, at=NOW)
    with database.read() as connection:
        checked = watch_tables.check(connection, table, analyst, now=NOW, at=NOW)
        with pytest.raises(roles.NotAllowed):
            watch_tables.check(connection, table, crew["auditor"], now=NOW, at=NOW)
    assert checked == watch_tables.Checked(entries=3, standing=2, hit=3, of=2)
    with database.write() as connection:
        done = watch_tables.take_in(connection, table, analyst, now=NOW, at=NOW)
    assert (done.added, done.standing) == (1, 2)


def test_what_is_taken_out_as_a_workbook_can_be_taken_in(database: Database, crew: dict) -> None:
    news = [
        replace(IVORY, lead="=cmd|' /C calc'!A0", expires_at=hours(500), floor=7, valid_from=NOW),
        New("phone", "+84 90 123 4567", 'says "yes", twice', restricted=True, valid_from=hours(1)),
        New("word", "งาช้าง", "ทดสอบ\nสองบรรทัด", valid_from=NOW),
    ]
    frame = pd.DataFrame(written.cells(news), columns=list(written.COLUMNS), dtype="str")
    table = written.read(sheets.xlsx(frame), at=NOW)
    assert table.problems == ()
    assert [new for _, _, new in table.entries] == news
    assert [row for row, _, _ in table.entries] == [2, 3, 4]


@pytest.mark.parametrize("content", [b"PK\x03\x04", b"PK\x03\x04" + b"\0" * 5_000, b"\xd0\xcf\x11\xe0 no"])
def test_what_is_no_workbook_is_refused(content: bytes) -> None:
    assert watch_sheets.is_workbook(content)
    (problem,) = written.read(content, at=NOW).problems
    assert (problem.field, problem.text) == (
        "file",
        "this workbook cannot be read; save it as CSV UTF-8",
    )


def test_a_comma_without_quotes_moves_no_cell() -> None:
    text = (
        b"kind,value,reason,source_grade\nword,ivory,seen, twice,B2\nword,horn,why,A1\nword,tusk,why,A1,,\n"
    )
    table = written.read(text, at=NOW)
    assert [(each.row, each.field) for each in table.problems] == [(2, "row")]
    assert [new.value for _, _, new in table.entries] == ["horn", "tusk"]


def test_an_empty_workbook_is_an_empty_table() -> None:
    (problem,) = written.read(sheets.xlsx(pd.DataFrame()), at=NOW).problems
    assert problem.text == "the table is empty"
    headed = sheets.xlsx(pd.DataFrame(columns=list(written.LEAD_COLUMNS), dtype="str"))
    assert written.read(headed, at=NOW) == written.Table((), ())
