"""Tables of watch entries: brought in whole or not at all, and taken out."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from risk import watch_entries as written
from risk.store import (
    roles,
    watch_listing,
    watch_tables,
    watching,
)
from risk.store.database import Database
from risk.watch_entries import New

_SPEC = importlib.util.spec_from_file_location("watched_port", Path(__file__).parent / "watched_port.py")
watched_port: Any = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(watched_port)
NOW = watched_port.NOW
IVORY = watched_port.IVORY
hours = watched_port.hours
day = watched_port.day
add = watched_port.add


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
