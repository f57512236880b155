"""The page of finds: the list, a case sheet and its print, the export and its row in the ledger."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa
from openpyxl import load_workbook
from PIL import Image
from pypdf import PdfReader
from streamlit.testing.v1 import AppTest

from app.place import Place
from risk.finds import COLUMNS
from risk.store import inspections, settings, tables
from risk.store.roles import Person

HOSTILE = "<script>x</script> **b** [l](http://x) =1+1 \u202eabc"

Open = Callable[..., AppTest]
Said = Callable[[AppTest], str]
Press = Callable[[AppTest, str], AppTest]


@pytest.fixture
def worked(port: Place, work: Callable[..., Any]) -> Any:
    return work(port.database, port.folder)


def kinds(port: Place) -> list[str]:
    with port.database.read() as connection:
        return list(connection.execute(sa.select(tables.ledger.c.kind)).scalars())


def test_without_a_find_it_says_so(open_page: Open, said: Said) -> None:
    assert "No find was entered that fits." in said(open_page("finds"))


def test_the_list_and_its_filters(worked: Any, open_page: Open, said: Said) -> None:
    app = open_page("finds")
    text = said(app)
    assert "2 finds" in text
    assert f"/finds?id={worked.find}" in text
    assert "pangolin" in text
    assert "pangolin · 12 pieces · 12 alive" in text
    app.text_input(key="finds.text").set_value("tê tê").run()
    assert "1 find<" in said(app)
    assert app.query_params["text"] == "tê tê"
    again = open_page("finds", text="tê tê", status="confirmed")
    assert "1 find<" in said(again)
    again.selectbox(key="finds.found").set_value("wildlife_products").run()
    assert "No find was entered that fits." in said(again)


@pytest.mark.parametrize("text", ["<script>", "-1", "9" * 400, "\u202e", "all'--"])
def test_a_hostile_address_does_no_harm(text: str, worked: Any, open_page: Open, said: Said) -> None:
    names = ("period", "found", "status", "by", "place", "text")
    app = open_page("finds", **dict.fromkeys(names, text))
    assert not app.exception
    assert "<script>" not in said(app)
    case = open_page("finds", id=text)
    assert not case.exception
    assert "No find stands under this number" in said(case)


def test_what_is_no_find_has_no_case_sheet(port: Place, worked: Any, open_page: Open, said: Said) -> None:
    assert "No find stands under this number" in said(open_page("finds", id=str(worked.waiting)))
    assert "view" not in kinds(port)


def test_a_case_sheet_and_who_looked_at_it(port: Place, worked: Any, open_page: Open, said: Said) -> None:
    app = open_page("finds", id=str(worked.find))
    assert not app.exception
    text = said(app)
    for part in (
        "EV-7",
        "In the walls",
        "pangolin (Manidae)",
        "Not known for this port",
        "SHA-256",
        "sup.one",
    ):
        assert part in text
    assert "Risk of live animals" not in text
    app.run()
    assert kinds(port).count("view") == 1


@pytest.mark.parametrize("language", ["en", "th"])
def test_a_case_sheet_is_printed(language: str, worked: Any, open_page: Open, press: Press) -> None:
    app = open_page("finds", "bo", id=str(worked.find))
    app.selectbox(key="find.language").set_value(language)
    press(app, "Make the case sheet")
    assert not app.exception
    assert not app.error
    document = app.session_state["find.print.made"][1]
    assert document.file_name == f"case-{worked.find}-{language}.pdf"
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(document.content)).pages]
    text = "\n".join(pages)
    assert "EV-7" in text
    assert "bo" in text
    assert f"{len(pages)}" in pages[-1]


def test_photos_stand_on_the_print_of_a_case(port: Place, worked: Any, open_page: Open, press: Press) -> None:
    held = io.BytesIO()
    Image.new("RGB", (900, 600), (200, 30, 30)).save(held, "JPEG")
    with port.database.write() as connection:
        outcome = inspections.in_force_of(connection, worked.find)
        assert outcome is not None
        who = connection.execute(sa.select(tables.users).where(tables.users.c.id == outcome.user_id)).one()
        person = Person(who.id, who.login, "", who.role, "en")
        inspections.add_photo(
            connection, outcome.id, held.getvalue(), person, at=pd.Timestamp("2026-01-01T00:00")
        )
        photo = connection.execute(sa.select(tables.photos.c.sha256)).scalar_one()
    app = open_page("finds", "bo", id=str(worked.find))
    press(app, "Make the case sheet")
    assert not app.error
    pages = PdfReader(io.BytesIO(app.session_state["find.print.made"][1].content)).pages
    assert photo in "".join("".join(page.extract_text() for page in pages).split())
    assert {image.image.size for page in pages for image in page.images} == {(354, 236)}


@pytest.mark.parametrize("form", ["CSV", "XLSX"])
def test_the_export_has_the_columns_of_the_report_and_is_on_record(
    form: str, port: Place, worked: Any, open_page: Open, said: Said, press: Press
) -> None:
    assert "No detecting agency is set" in said(open_page("finds"))
    with port.database.write() as connection:
        chosen = {"detecting_agency": "=Customs of X", "port_name": "X"}
        settings.change(connection, chosen, at=pd.Timestamp("2025-01-06"), actor="system")
    app = open_page("finds")
    assert "No detecting agency is set" not in said(app)
    app.radio(key="finds.form").set_value(form)
    assert "finds.exported" not in kinds(port)
    press(app, "Make the file")
    assert not app.error
    document = app.session_state["finds.export.made"][1]
    assert document.file_name == f"illegal-trade-2025.{form.lower()}"
    if form == "CSV":
        rows = list(csv.reader(io.StringIO(document.content.decode("utf-8-sig"))))
    else:
        sheet = load_workbook(io.BytesIO(document.content)).active
        rows = [[cell or "" for cell in row] for row in sheet.iter_rows(values_only=True)]
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == 3
    found = [dict(zip(COLUMNS, row, strict=True)) for row in rows[1:]]
    live = next(row for row in found if row["Seizure number"] == "EV-7")
    assert (live["Species"], live["Quantity"], live["Date of seizure"]) == ("Manidae", "12", "2025-01-06")
    # What a spreadsheet would run stays text.
    assert live["Detecting agency"] == "'=Customs of X"
    with port.database.read() as connection:
        facts = connection.execute(
            sa.select(tables.ledger.c.facts).where(tables.ledger.c.kind == "finds.exported")
        ).scalar_one()
    assert json.loads(facts) == {"year": 2025, "rows": 2}


def test_what_was_declared_is_shown_as_text(port: Place, worked: Any, open_page: Open, said: Said) -> None:
    with port.database.write() as connection:
        mine = tables.versions.c.shipment_id == worked.find
        version = connection.execute(sa.select(tables.versions.c.id).where(mine)).scalar_one()
        connection.execute(
            tables.declared.update()
            .where(tables.declared.c.version_id == version)
            .values(row={"goods_description": HOSTILE, "shipper_name": HOSTILE})
        )
        connection.execute(tables.reasons.update().values(told=[HOSTILE]))
        connection.execute(
            tables.shipments.update().where(tables.shipments.c.id == worked.find).values(bill=HOSTILE)
        )
    for app in (open_page("finds", id=str(worked.find)), open_page("finds")):
        assert not app.exception
        text = said(app)
        assert "<script>x" not in text.replace("\\<script\\>x", "")
        assert "&lt;script&gt;x" in text


def test_everybody_who_may_see_finds_may(worked: Any, open_page: Open) -> None:
    for role in ("officer", "supervisor", "analyst", "auditor"):
        app = open_page("finds", role, role, id=str(worked.find))
        assert not app.exception
        assert app.title[0].value.startswith("Find ")
