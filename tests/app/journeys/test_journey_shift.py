"""The end of a night in a real browser: a shift printed, dogs placed, a find on paper, the year exported."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from risk.finds import COLUMNS
from risk.store import ledger, tables
from risk.store.database import Database

LONG = 60_000


def download(page: Page, make: str, file: str, folder: Path) -> Path:
    """Have a document made and download it."""
    page.get_by_role("button", name=make, exact=True).click()
    button = page.get_by_role("button", name=f"Download {file}")
    expect(button).to_be_visible(timeout=LONG)
    with page.expect_download() as given:
        button.click()
    path = folder / given.value.suggested_filename
    given.value.save_as(path)
    return path


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_role("combobox", name=label, exact=True).click()
    page.get_by_role("option", name=option, exact=True).click()


@pytest.fixture(scope="module")
def worked_port(work: Callable[..., Any], shared_port: Callable[..., Any]) -> Any:
    """A port with a day people worked on, and an officer and an auditor, who only look at it."""
    port = shared_port(ana="officer", bo="auditor")
    database = Database(port.data / "port.db")
    worked = work(database, port.data)
    database.close()
    return port, worked


@pytest.mark.slow
def test_a_shift_is_handed_over_on_paper(
    worked_port: Any, watched: Callable[..., Any], signed_in: Callable[..., None], tmp_path: Path
) -> None:
    port, _ = worked_port
    browser = watched(port)
    page = browser.page()
    signed_in(page, port.url, "ana", "/shift?window=today")
    expect(page.get_by_role("heading", name="Shift", exact=True)).to_be_visible()
    expect(page.get_by_text("Still there: 25")).to_be_visible()
    expect(page.get_by_text("not estimable").first).to_be_visible()
    page.get_by_text("Print the report").click()
    page.get_by_label("For who comes next").fill("Scanner two is down until six")
    page.get_by_label("For who comes next").press("Tab")
    path = download(page, "Make the report", "shift-2025-01-06-1201-en.pdf", tmp_path)
    told = PdfReader(path)
    text = "\n".join(each.extract_text() for each in told.pages)
    for part in ("Shift report", "Scanner two is down until six", "SAMPLE DAY", "not estimable", "No staff"):
        assert part in text
    assert f"Page 1 of {len(told.pages)}" in text
    # A refresh keeps the window and forgets the remark, which was for the paper alone.
    page.reload()
    expect(page.get_by_text("Still there: 25")).to_be_visible()
    assert page.url.endswith("/shift?window=today")

    page.get_by_role("link", name="Where and when").click()
    expect(page.get_by_role("heading", name="By flight and vessel")).to_be_visible()
    choose(page, "Terminal", "SHED 1")
    expect(page.get_by_role("rowheader", name="SHED 1").first).to_be_visible()
    expect(page.get_by_role("rowheader", name="SHED 2")).to_have_count(0)


@pytest.mark.slow
def test_a_find_goes_to_the_file_and_the_year_to_the_report(
    worked_port: Any, watched: Callable[..., Any], signed_in: Callable[..., None], tmp_path: Path
) -> None:
    port, worked = worked_port
    browser = watched(port, viewport={"width": 820, "height": 1180})
    page = browser.page()
    signed_in(page, port.url, "bo", "/finds")
    page.get_by_label("Bill, flight or vessel").fill("tê tê")
    page.get_by_label("Bill, flight or vessel").press("Enter")
    expect(page.get_by_text("1 find", exact=True)).to_be_visible()
    export = download(page, "Make the file", "illegal-trade-2025.xlsx", tmp_path)
    assert export.read_bytes().startswith(b"PK")
    page.get_by_text("CSV", exact=True).click()
    rows = list(
        csv.reader(
            download(page, "Make the file", "illegal-trade-2025.csv", tmp_path).open(encoding="utf-8-sig")
        )
    )
    assert tuple(rows[0]) == COLUMNS
    assert [row[2] for row in rows[1:]] == ["Manidae", ""]

    page.locator(f'a[href="/finds?id={worked.find}"]').click()
    expect(page.get_by_role("heading", name="Reasons as they were shown then")).to_be_visible()
    choose(page, "Language of the print", "Français")
    path = download(page, "Make the case sheet", f"case-{worked.find}-fr.pdf", tmp_path)
    text = "\n".join(each.extract_text() for each in PdfReader(path).pages)
    for part in ("Fiche de cas", "EV-7", "sup.one", "Page 1"):
        assert part in text
    page.goto(f"{port.url}/finds?id=<script>")
    expect(page.get_by_text("No find stands under this number")).to_be_visible()

    database = Database(port.data / "port.db")
    with database.read() as connection:
        assert ledger.verify(connection).holds
        kinds = list(
            connection.execute(tables.ledger.select().with_only_columns(tables.ledger.c.kind)).scalars()
        )
    database.close()
    assert kinds.count("finds.exported") == 2
    assert kinds.count("view") == 1
