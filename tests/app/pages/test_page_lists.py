"""The page of lists: what each role sees and does, and what strangers write into it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from app import place
from risk.store import ledger, roles, tables, watch_listing, watching
from risk.watch_entries import New

Open = Callable[..., AppTest]
Said = Callable[[AppTest], str]
Press = Callable[[AppTest, str], AppTest]

NOW = pd.Timestamp("2025-01-06T04:00")
#: What a stranger may write, and how it must not arrive.
HOSTILE = "<script>alert(1)</script> **b** [a](http://x) =1+1 $x$ :red[r] \u202etxt\u2066 " + "w" * 250


@pytest.fixture
def kept(port: place.Place, account: Callable[..., int]) -> Callable[..., int]:
    """Keep an entry as somebody who may."""
    known: list[roles.Person] = []

    def add(value: str = "fish", kind: str = "word", **given: object) -> int:
        if not known:
            known.append(roles.Person(account("keeper", "analyst"), "keeper", "", "analyst", "en"))
        new = New(kind, value, **{"reason": "seen elsewhere", **given})  # type: ignore[arg-type]
        with port.database.write() as connection:
            return watching.add(connection, new, known[0], now=NOW, at=place.clock()).id

    return add


def entries(port: place.Place, **asked: object) -> list[watch_listing.Entry]:
    analyst = roles.Person(0, "", "", "analyst", "en")
    with port.database.read() as connection:
        return watch_listing.entries(connection, analyst, at=place.clock(), **asked)  # type: ignore[arg-type]


def kinds(port: place.Place) -> list[str]:
    with port.database.read() as connection:
        return [row.kind for row in connection.execute(tables.ledger.select().order_by(tables.ledger.c.seq))]


def fill(app: AppTest, value: str, reason: str = "why", kind: str = "word") -> None:
    next(each for each in app.selectbox if each.options[0] == "Party").set_value(kind)
    next(each for each in app.text_input if each.label == "What to watch for").set_value(value)
    next(each for each in app.text_area if each.label == "Why, in a few words").set_value(reason)


# --- adding, changing, ending -------------------------------------------------------------------


def test_an_entry_is_tried_then_added(port: place.Place, open_page: Open, said: Said, press: Press) -> None:
    app = open_page("lists", role="analyst")
    fill(app, "fish")
    app = press(app, "Try it on the last days")
    assert "of 300 shipments, spread over the latest" in said(app)
    assert "/shipment?id=" in said(app)
    assert entries(port) == []
    app = press(app, "Add it")
    assert not app.exception
    assert "Kept" in said(app)
    assert "1 entry" in said(app)
    (entry,) = entries(port)
    assert (entry.new.kind, entry.new.value, entry.new.reason, entry.state) == (
        *("word", "fish", "why"),
        "in_force",
    )
    assert kinds(port)[-1] == "watch.added"
    # The form is empty again.
    assert next(each for each in app.text_input if each.label == "What to watch for").value == ""


def test_what_is_wrong_is_told_by_field_and_nothing_is_kept(
    port: place.Place, open_page: Open, said: Said, press: Press
) -> None:
    app = open_page("lists", role="supervisor")
    fill(app, "x", reason="")
    app = press(app, "Add it")
    (error,) = app.error
    assert "**What to watch for**: expected a word or a phrase" in error.value
    assert "**Why, in a few words**: say in a few words why" in error.value
    fill(app, "the", kind="route")
    app = press(app, "Try it on the last days")
    assert "no place known here" in app.error[0].value
    fill(app, "a*:red[x]_ > [x](http://y)", kind="route")
    app = press(app, "Add it")
    assert r"\[x\]\_ is no place" in app.error[0].value
    assert entries(port) == []


def test_one_entry_has_a_page_with_what_it_hit(open_page: Open, said: Said, kept: Callable[..., int]) -> None:
    number = kept(valid_from=NOW - pd.Timedelta(days=9), source_grade="B2", floor=7)
    app = open_page("lists", role="auditor", entry=str(number))
    assert not app.exception
    told = said(app)
    assert "What it hit" in told
    assert "/shipment?id=" in told
    assert "Not inspected" in told
    assert "Usually reliable · Probably true" in told
    # Who only reads is offered no change.
    assert not any("Keep the change" in each.label for each in app.button)


def test_an_entry_is_changed_and_ended(
    port: place.Place, open_page: Open, said: Said, press: Press, kept: Callable[..., int]
) -> None:
    # Time stands still in the sample, and an entry lasts by the clock.
    until = place.clock().normalize() + pd.Timedelta(days=3, hours=4)
    number = kept(valid_from=NOW - pd.Timedelta(days=9), expires_at=until)
    app = open_page("lists", role="analyst", entry=str(number))
    app.text_area[0].set_value("another reason")
    app = press(app, "Keep the change")
    assert not app.exception
    (changed,) = entries(port)
    assert (changed.replaces_id, changed.new.reason) == (number, "another reason")
    assert (changed.new.valid_from, changed.new.expires_at) == (
        NOW - pd.Timedelta(days=9),
        until,
    )
    assert asked(app, "entry") == str(changed.id)
    app = press(app, "End it now")
    assert not app.exception
    assert "The entry has ended" in said(app)
    assert entries(port) == []
    assert kinds(port)[-2:] == ["watch.changed", "watch.ended"]
    # The one that was replaced can be read and no more.
    app = open_page("lists", role="analyst", entry=str(number))
    assert "Replaced" in said(app)
    assert not any("Keep the change" in each.label for each in app.button)


# --- who sees what ------------------------------------------------------------------------------


def test_an_officer_sees_of_a_restricted_entry_one_line(
    open_page: Open, said: Said, kept: Callable[..., int]
) -> None:
    open_one = kept("fish")
    secret = kept("turtles", restricted=True, reason="an informant", lead="zebraseller")
    app = open_page("lists", login="ofi", role="officer")
    for asked in ({}, {"q": "turtles"}, {"ended": "1"}, {"kind": "word"}):
        told = said(open_page("lists", login="ofi", role="officer", **asked))
        assert "There is a restricted list as well" in told
        assert "turtles" not in told.replace("value='turtles'", "").replace("q%3Dturtles", "")
        for word in ("informant", "zebraseller", f"entry={secret}"):
            assert word not in told
    assert f"entry={open_one}" in said(app)
    assert not app.tabs
    assert not any(each.label in ("Add it", "Make the files") for each in app.button)
    told = said(open_page("lists", login="ofi", role="officer", entry=str(secret)))
    assert "There is no such entry." in told
    other = said(open_page("lists", login="ofi", role="officer", entry="777"))
    # Alike to the letter, but for the ledger's head.
    told, other = (re.sub(r"\d+-[0-9a-f]{16}|entry%3D\d+", "", text) for text in (told, other))
    assert told == other
    told = said(open_page("lists", login="una", role="analyst"))
    assert "turtles" in told
    assert "restricted</span>" in told


@pytest.mark.parametrize("asked", ["", "0", "-1", "1'--", "٣", "9" * 30, "<script>"])
def test_a_hostile_number_is_no_entry(open_page: Open, said: Said, asked: str) -> None:
    app = open_page("lists", entry=asked)
    assert not app.exception
    assert "There is no such entry." in said(app)
    assert "<script>" not in said(app)


@pytest.mark.parametrize("page", ["2", "999999999", "x", "-3"])
def test_a_hostile_page_is_a_page(open_page: Open, kept: Callable[..., int], said: Said, page: str) -> None:
    kept()
    app = open_page("lists", page=page, kind="<x>", q="")
    assert not app.exception
    assert "fish" in said(app)


def test_long_lists_are_turned(open_page: Open, said: Said, press: Press, kept: Callable[..., int]) -> None:
    for number in range(51):
        kept(f"needle{number}")
    app = open_page("lists", role="analyst")
    assert "51 entries" in said(app)
    assert ">needle50<" in said(app)
    assert ">needle0<" not in said(app)
    app = press(app, "Next page")
    assert ">needle0<" in said(app)
    assert asked(app, "page") == "2"
    app = press(app, "Page before")
    assert ">needle0<" not in said(app)


def test_a_search_stands_in_the_address(
    open_page: Open, said: Said, press: Press, kept: Callable[..., int]
) -> None:
    kept("fish")
    kept("coral")
    app = open_page("lists")
    app.text_input[0].set_value("CORAL")
    app = press(app, "Search")
    assert asked(app, "q") == "CORAL"
    assert "fish" not in said(app)
    app.text_input[0].set_value("zzz")
    assert "No entry is like that." in said(press(app, "Search"))


# --- what strangers write -----------------------------------------------------------------------


def test_hostile_text_is_text(
    port: place.Place, open_page: Open, said: Said, kept: Callable[..., int]
) -> None:
    number = kept("+84 90 123 4567", "phone", reason=HOSTILE, lead=HOSTILE)
    for asked in ({}, {"entry": str(number)}, {"q": "<script>alert"}):
        app = open_page("lists", role="analyst", **asked)
        assert not app.exception
        told = said(app)
        assert "<script>alert(1)" not in told
        assert "&lt;script&gt;alert(1)&lt;/script&gt; **b** [a](http://x) =1+1 $x$ :red[r] txt" in told
        assert "\u202e" not in told
    app = open_page("lists", role="analyst")
    fill(app, HOSTILE * 20, reason=HOSTILE * 4000, kind="party")
    app = next_press(app, "Add it")
    assert not app.exception
    fill(app, "<b>" + "y" * 1_000_000, kind="email")
    app = next_press(app, "Try it on the last days")
    assert not app.exception
    assert len(app.error[0].value) < 1_000


def next_press(app: AppTest, label: str) -> AppTest:
    next(each for each in app.button if each.label == label).click()
    return app.run()


# --- tables -------------------------------------------------------------------------------------


def asked(app: AppTest, name: str) -> str:
    """Return what stands in the address: one value, alone or in a list."""
    given = app.query_params[name]
    return given if isinstance(given, str) else given[0]


def bring(app: AppTest, name: str, content: bytes) -> AppTest:
    app.file_uploader[0].upload(name, content, "text/csv")
    return app.run()


def test_a_table_with_bad_rows_is_taken_in_by_nothing(port: place.Place, open_page: Open, said: Said) -> None:
    text = "kind,value,reason,source_grade\nword,coral,why,B2\nword,x,,Q7\nroute,A<lantis > HK,r,B2\n"
    app = bring(open_page("lists", role="analyst"), "leads.csv", text.encode())
    assert not app.exception
    told = said(app)
    assert "4 problems" in told
    for part in (">3</bdi>", "source_grade", "say in a few words why", "A&lt;lantis"):
        assert part in told
    assert not any(each.label == "Take it in" for each in app.button)
    assert entries(port) == []


def test_a_good_table_is_counted_then_taken_in_once(
    port: place.Place, open_page: Open, said: Said, press: Press
) -> None:
    text = (
        "platform,seller_handle,phone,reason,source_grade\n"
        "eBaz,@rare_pets77,'+84 90 123 4567,sells turtles,B2\neBaz,@rare_pets77,,again,B2\n"
    )
    app = bring(open_page("lists", role="analyst"), "leads.csv", text.encode())
    assert "3 entries, nothing wrong" in said(app).replace("\\", "")
    assert "Stood there already: 1" in said(app).replace("\\", "")
    app = press(app, "Take it in")
    assert not app.exception
    assert "2 entries taken in" in said(app).replace("\\", "")
    assert {entry.new.value for entry in entries(port)} == {"@rare_pets77", "+84 90 123 4567"}
    assert kinds(port)[-1] == "watch.imported"


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\x00", b"PK\x03\x04" + b"x" * 100, b'kind,value\n"' + b"x" * 1_000_000]
)
def test_what_is_no_table_is_told(port: place.Place, open_page: Open, said: Said, content: bytes) -> None:
    app = bring(open_page("lists", role="analyst"), "a.csv", content)
    assert not app.exception
    assert "nothing was taken in" in said(app)
    assert len(said(app)) < 60_000
    assert entries(port) == []


def test_all_problems_can_be_had_as_a_file(open_page: Open, said: Said) -> None:
    rows = "".join(f"word,=x{n},,B2\n" for n in range(60))
    app = bring(
        open_page("lists", role="analyst"), "a.csv", f"kind,value,reason,source_grade\n{rows}".encode()
    )
    assert "60 problems" in said(app)
    assert "All problems as CSV" in [each.proto.label for each in app.get("download_button")]


def test_entries_leave_guarded_and_on_record(
    port: place.Place, open_page: Open, press: Press, kept: Callable[..., int]
) -> None:
    kept("+84 90 123 4567", "phone", reason="=cmd|' /C calc'!A0", restricted=True)
    app = open_page("lists", role="analyst")
    assert "Entries as CSV" not in [each.proto.label for each in app.get("download_button")]
    app = press(app, "Make the files")
    assert not app.exception
    assert {"Entries as CSV", "Entries as XLSX"} <= {each.proto.label for each in app.get("download_button")}
    count, csv, xlsx = app.session_state["lists.left"]
    assert count == 1
    assert b",'=cmd" in csv
    sheet = pd.read_excel(io.BytesIO(xlsx), dtype="str", engine="calamine")
    assert sheet.loc[0, "reason"] == "'=cmd|' /C calc'!A0"
    assert kinds(port)[-1] == "watch.exported"
    with port.database.read() as connection:
        assert ledger.verify(connection).holds
