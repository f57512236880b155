"""Hostile text from the store onto paper and into tables: text, in every print and every export there is."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa

from app.paper import kept, printing, prints, sheets
from app.paper.facts import Frame, Hold, PublishedList, rows_of
from risk import finds as cites
from risk import watch_entries
from risk.store import (
    contacts,
    day,
    decided,
    finds,
    ledger,
    planning,
    publishing,
    settings,
    shift,
    shift_rows,
    tables,
    uploads,
    watch_listing,
)
from risk.store.database import Database
from risk.store.roles import Person

NOW = pd.Timestamp("2025-01-06T04:00")
WEEK = pd.Timedelta(days=7)


@pytest.fixture(scope="module")
def port(hostile_folder: Path) -> Iterator[Database]:
    database = Database(hostile_folder / "port.db")
    yield database
    database.close()


@pytest.fixture(scope="module")
def connection(port: Database) -> Iterator[sa.Connection]:
    with port.read() as connection:
        yield connection


@pytest.fixture(scope="module")
def frame(connection: sa.Connection) -> Frame:
    port = str(settings.current(connection)["port_name"])
    return Frame("en", port, "UTC", NOW, "x@chief", ledger.head(connection), "sample")


@pytest.fixture(scope="module")
def made(connection: sa.Connection, frame: Frame) -> dict[str, tuple[str, Callable[[], bytes]]]:
    """Every print as a page and, when asked for, as PDF."""
    today = day.rows(connection, NOW, at=NOW)
    listed = publishing.latest(connection)[0]
    chosen = today[today["list_id"].notna()].head(60)
    told = day.told(connection, chosen["score_id"].tolist())
    published = PublishedList(
        listed.id, listed.digest, listed.published_at, "x@chief", _text(connection), listed.capacity,
        listed.shipments, listed.risk_basis, listed.model_id,
    )  # fmt: skip
    rows = rows_of(chosen, told, listed.capacity)
    first = next(row for row in rows if "HOSTILE" in row.goods and "HOSTILE" in row.location)
    named = {name: getattr(first, name) for name in ("bill", "master_bill", "containers", "location")}
    contact = contacts.by_topic(connection)[contacts.TOPICS[0]][0]
    hold = Hold(
        "17", first.conveyance, **named, conveyance=first.conveyance, present_at=first.location,
        contact=f"{contact.name} {contact.phone}",
    )  # fmt: skip
    logins = {
        row.id: row.login for row in connection.execute(sa.select(tables.users.c.id, tables.users.c.login))
    }
    case = kept.case_of(finds.case(connection, _found(connection)), logins, language="en", zone="UTC")
    numbers = shift.numbers(connection, NOW - WEEK, NOW + WEEK)
    over = kept.shift_of(
        numbers,
        shift_rows.rows(connection, NOW - WEEK, NOW + WEEK),
        name=_text(connection),
        risk_basis="prior",
        model_id="m",
        remarks=[_text(connection)],
    )
    return {
        "worklist": (
            prints.worklist_page(frame, published, rows),
            lambda: prints.worklist(frame, published, rows),
        ),
        "hold": (prints.hold_notice_page(frame, hold), lambda: prints.hold_notice(frame, hold)),
        "case": (prints.case_sheet_page(frame, case), lambda: prints.case_sheet(frame, case)),
        "shift": (prints.shift_report_page(frame, over), lambda: prints.shift_report(frame, over)),
    }


def _text(connection: sa.Connection) -> str:
    wanted = sa.select(tables.remarks.c.text).where(tables.remarks.c.text.contains("HOSTILE"))
    return str(connection.execute(wanted.limit(1)).scalar_one())


def _found(connection: sa.Connection) -> int:
    wanted = sa.select(tables.outcomes.c.shipment_id).where(tables.outcomes.c.evidence_reference != "")
    return int(connection.execute(wanted.order_by(tables.outcomes.c.id.desc()).limit(1)).scalar_one())


@pytest.mark.parametrize("name", ["worklist", "hold", "case", "shift"])
def test_a_print_shows_it_as_text(name: str, made: dict[str, Any], hostile: Any) -> None:
    page, printed = made[name]
    assert "HOSTILE" in page
    # Its own marks set quotes of another direction apart; strangers' do not come through.
    body = page.replace("\u2068", "").replace("\u2069", "")
    assert hostile.works_as_html(body) == []
    if printing.lacking():
        pytest.skip("no Pango here")
    content = printed()
    assert content.startswith(b"%PDF")
    for forbidden in (b"/URI", b"/JavaScript", b"/Launch", b"/EmbeddedFile", b"example.invalid"):
        assert forbidden not in content


def _exports(connection: sa.Connection) -> dict[str, pd.DataFrame]:
    chief = Person(1, "x@chief", "", "supervisor", "en")
    batch = connection.execute(sa.select(tables.batches.c.id)).scalar_one()
    reported, text = finds.reported(connection, 2025, "UTC"), _text(connection)
    entered = decided.outcomes_of(connection, _found(connection))
    everybody = connection.execute(sa.select(tables.users.c.login, tables.users.c.name))
    return {
        "day": day.rows(connection, NOW, at=NOW),
        "list": publishing.rows(connection, 1),
        "problems": uploads.problems_of(connection, batch),
        "finds": finds.between(connection, NOW - WEEK, NOW + WEEK),
        "illegal trade": cites.illegal_trade(reported, zone="UTC", port=text, agency=text),
        "picks": planning.picks(connection, NOW),
        "people": pd.DataFrame(everybody.all(), columns=["login", "name"]),
        "entries": pd.DataFrame(
            [asdict(each.new) for each in watch_listing.entries(connection, chief, at=NOW)]
        ),
        "outcomes": pd.DataFrame([row._asdict() for row in entered]),
    }  # fmt: skip


def test_a_table_computes_nothing(connection: sa.Connection, hostile: Any) -> None:
    for name, table in _exports(connection).items():
        assert len(table), name
        headings = {str(column): f"={column}" for column in table}
        for given in (None, headings):
            assert list(hostile.formulas(sheets.csv(table, given))) == [], name
        book = sheets.xlsx(table, headings, title="=1+1 <b>[x]")
        with zipfile.ZipFile(io.BytesIO(book)) as parts:
            for part in parts.namelist():
                text = parts.read(part).decode("utf-8")
                assert "<f>" not in text, (name, part)
                assert "<hyperlink" not in text, (name, part)


def test_a_watch_list_computes_nothing_and_comes_back_as_it_was(port: Database, hostile: Any) -> None:
    chief = Person(1, "x@chief", "", "supervisor", "en")
    with port.read() as connection:
        entries = [
            each.new for each in watch_listing.entries(connection, chief, at=pd.Timestamp("2026-12-31"))
        ]
    written = watch_entries.written(entries)
    assert list(hostile.formulas(written)) == []
    again = watch_entries.read(written, at=NOW)
    assert not again.problems
    came = [entry for _, _, entry in again.entries]
    assert {(each.value, each.reason, each.lead) for each in came} == {
        (each.value, each.reason, each.lead) for each in entries
    }
