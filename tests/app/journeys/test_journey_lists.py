"""Lists in a real browser: an analyst tends them, an officer sees of the restricted ones one line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from risk.store import ledger, tables
from risk.store.database import Database

LEADS = """platform,seller_handle,phone,reason,source_grade,restricted
eBaz,@rare_pets77,'+84 90 123 4567,sells turtles,B2,yes
eBaz,@zebra_finch1,,,Q9,yes
eBaz,,abc,<b>why</b>,B2,maybe
"""


def fill(page: Page, value: str, reason: str) -> None:
    page.get_by_role("tab", name="Add an entry").click()
    page.get_by_role("combobox", name="Kind").last.click()
    page.get_by_role("option", name="Word", exact=True).click()
    page.get_by_label("What to watch for").fill(value)
    page.get_by_label("Why, in a few words").fill(reason)


def entries(data: Path) -> list[tuple[str, bool]]:
    database = Database(data / "port.db")
    with database.read() as connection:
        found = connection.execute(tables.watch_entries.select().order_by(tables.watch_entries.c.id)).all()
        assert ledger.verify(connection).holds
    database.close()
    return [(row.value, row.restricted) for row in found]


@pytest.mark.slow
def test_an_analyst_tends_lists_and_an_officer_sees_no_secret(
    scored_port: Callable[..., Any],
    signed_in: Callable[..., None],
    watched: Callable[..., Any],
    hand_in: Callable[[Page, Path], None],
    tmp_path: Path,
) -> None:
    port = scored_port(una="analyst", ofi="officer")
    page = watched(port).page()
    signed_in(page, port.url, "una", "/lists")
    fill(page, "live", "live goods <script>alert(1)</script>")
    page.get_by_role("button", name="Try it on the last days").click()
    expect(page.get_by_text("of 300 shipments, spread over the latest")).to_be_visible()
    expect(page.get_by_role("link").filter(has_text="0").first).to_be_visible()
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_text("Kept. It hits")).to_be_visible()

    table = tmp_path / "leads.csv"
    table.write_text(LEADS, "utf-8")
    page.get_by_role("tab", name="Bring in a table").click()
    hand_in(page, table)
    expect(page.get_by_text("problems: nothing was taken in")).to_be_visible()
    for told in ("say in a few words why", "expected a grade from A1 to F6", "expected yes or no"):
        expect(page.get_by_text(told).first).to_be_visible()
    assert [value for value, _ in entries(port.data)] == ["live"]
    table.write_text("".join(LEADS.splitlines(keepends=True)[:2]), "utf-8")
    hand_in(page, table)
    expect(page.get_by_text("2 entries, nothing wrong.")).to_be_visible()
    page.get_by_role("button", name="Take it in").click()
    expect(page.get_by_text("2 entries taken in.")).to_be_visible()
    assert entries(port.data) == [("live", False), ("@rare_pets77", True), ("+84 90 123 4567", True)]

    page.get_by_role("tab", name="Take out").click()
    page.get_by_role("button", name="Make the files").click()
    with page.expect_download() as coming:
        page.get_by_role("button", name="Entries as CSV").click()
    left = Path(coming.value.path()).read_text("utf-8-sig")
    assert "'+84 90 123 4567" in left
    assert "\n+84" not in left.replace(",", "\n")

    page.get_by_role("tab", name="Entries", exact=True).click()
    page.get_by_role("link", name="live", exact=True).click()
    expect(page.get_by_role("heading", name="What it hit")).to_be_visible()
    where = page.url
    page.get_by_label("Why, in a few words").fill("other goods")
    page.get_by_role("button", name="Keep the change").click()
    expect(page.get_by_text("Kept. It hits")).to_be_visible()
    assert page.url != where
    page.reload()
    expect(page.get_by_text("other goods").first).to_be_visible()

    officer = watched(port).page()
    signed_in(officer, port.url, "ofi", "/lists")
    expect(officer.get_by_text("There is a restricted list as well")).to_be_visible()
    expect(officer.get_by_role("link", name="live", exact=True)).to_be_visible()
    officer.get_by_label("Search in entries").fill("rare_pets")
    officer.get_by_role("button", name="Search").click()
    expect(officer.get_by_text("No entry is like that.")).to_be_visible()
    expect(officer.get_by_text("There is a restricted list as well")).to_be_visible()
    assert "rare_pets77" not in officer.content()
    assert "turtles" not in officer.content()
    officer.goto(f"{port.url}/lists?entry=2")
    expect(officer.get_by_text("There is no such entry.")).to_be_visible()
    expect(officer.get_by_role("tab")).to_have_count(0)
    officer.goto(f"{port.url}/contacts")
    expect(officer.get_by_text("Nobody is named yet for")).to_be_visible()
