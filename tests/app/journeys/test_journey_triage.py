"""Triage in a real browser: open, filter, claim, publish, print; and two officers who want the same."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from app import place
from risk.store import day, ledger, overriding, publishing, roles, settings, tables
from risk.store.database import Database

NOW = pd.Timestamp("2025-01-06T04:00")
LONG = 90_000


def opened(port: Any) -> Database:
    return Database(port.data / "port.db")


def frame(port: Any) -> pd.DataFrame:
    database = opened(port)
    with database.read() as connection:
        found = day.rows(connection, NOW, at=place.clock())
    database.close()
    return found


def shown(page: Page) -> list[int]:
    return [
        int(each) for each in page.locator(".wc-row").evaluate_all("all => all.map(e => e.dataset.shipment)")
    ]


def button_of(page: Page, shipment: int, kind: str = "claim") -> Any:
    return page.locator(f".st-key-{kind}-{shipment} button")


@pytest.mark.slow
def test_from_the_day_to_a_printed_list(
    scored_port: Callable[..., Any],
    watched: Callable[..., Any],
    signed_in: Callable[..., None],
    settled: Callable[[Page], None],
) -> None:
    from pypdf import PdfReader

    port = scored_port(chi="supervisor")
    database = opened(port)
    with database.write() as connection:
        capacity = {"capacity": "sea=4,air=6,post=3"}
        settings.change(connection, capacity, at=place.clock(), actor="system")
    database.close()
    page = watched(port).page()
    signed_in(page, port.url, "chi", "/today")
    expect(page.locator(".wc-row")).to_have_count(50)
    expect(page.get_by_text("not known for this port").first).to_be_visible()

    page.get_by_text("Filters", exact=True).click()
    page.get_by_role("combobox", name="How it travels").click()
    page.get_by_role("option", name="Air", exact=True).click()
    expect(page.get_by_text("Filters (1)")).to_be_visible()
    settled(page)
    assert "mode=air" in page.url
    whole = frame(port)
    air = whole.loc[whole["mode"] == "air", "shipment_id"].tolist()
    assert shown(page) == air[:50]
    page.reload()
    expect(page.get_by_text("Filters (1)")).to_be_visible()
    settled(page)
    assert shown(page) == air[:50]

    button_of(page, air[0]).click()
    expect(page.get_by_text("is yours until")).to_be_visible()
    expect(button_of(page, air[0], "release")).to_be_visible()
    page.goto(port.url + "/today")
    expect(page.locator(".wc-row")).to_have_count(50)

    page.get_by_text("Capacity and publishing", exact=True).click()
    page.get_by_role("button", name="Publish", exact=True).click()
    page.get_by_role("button", name="Publish it now").click()
    expect(page.get_by_text("List 1 is published.")).to_be_visible(timeout=LONG)
    settled(page)
    assert "list=1" in page.url
    listed = shown(page)
    assert len(listed) == 13
    expect(page.get_by_text("Very high")).to_have_count(0)

    page.get_by_text("Print and export", exact=True).click()
    page.get_by_role("button", name="Make the worklist (PDF)").click()
    save = page.get_by_role("button", name="Save wildcargo-")
    expect(save).to_be_visible(timeout=LONG)
    with page.expect_download() as waiting:
        save.click()
    content = waiting.value.path().read_bytes()
    text = "".join(each.extract_text() for each in PdfReader(io.BytesIO(content)).pages)
    bills = whole.set_index("shipment_id").loc[listed, "bill"].tolist()
    assert [text.index(bill) for bill in bills] == sorted(text.index(bill) for bill in bills)

    database = opened(port)
    with database.read() as connection:
        rows = publishing.rows(connection, 1)
        kinds = [row.kind for row in connection.execute(tables.ledger.select())]
        assert ledger.verify(connection).holds
    database.close()
    assert set(rows["shipment_id"]) == set(listed)
    assert {"claim", "list.published"} <= set(kinds)


@pytest.mark.slow
def test_two_officers_who_want_the_same_shipment(
    scored_port: Callable[..., Any],
    watched: Callable[..., Any],
    signed_in: Callable[..., None],
    settled: Callable[[Page], None],
) -> None:
    port = scored_port(ana="officer", ben="officer", chi="supervisor")
    ana, ben = watched(port).page(), watched(port).page()
    for page, login in ((ana, "ana"), (ben, "ben")):
        signed_in(page, port.url, login, "/today")
        expect(page.locator(".wc-row")).to_have_count(50)
        settled(page)
    first, second = shown(ana)[:2]
    last = int(frame(port)["shipment_id"].iloc[-1])

    button_of(ana, first).click()
    expect(ana.get_by_text("is yours until")).to_be_visible()
    # Ben looks at the list as it was. Meanwhile another shipment is put before all.
    database = opened(port)
    with database.write() as connection:
        chi = next(row for row in connection.execute(tables.users.select()) if row.login == "chi")
        person = roles.Person(chi.id, chi.login, "", chi.role, "en")
        overriding.override(connection, last, "raise", "tip", person, now=NOW, at=place.clock())
    database.close()
    button_of(ben, first).click()
    expect(ben.get_by_text("ana is at")).to_be_visible()
    expect(ben.get_by_text("Nothing was changed.")).to_be_visible()
    settled(ben)
    assert shown(ben)[:3] == [last, first, second]
    expect(ben.locator(f'.wc-row[data-shipment="{first}"]')).to_contain_text("Claimed by ana until")
    # What he presses next belongs to the shipment it stands with, not to the row it stood in.
    button_of(ben, second).click()
    expect(ben.get_by_text("is yours until")).to_be_visible()
    held = frame(port).set_index("shipment_id")["claimed_name"]
    assert held[held != ""].to_dict() == {first: "ana", second: "ben"}

    button_of(ana, first, "release").click()
    expect(ana.get_by_text("You gave")).to_be_visible()
    button_of(ben, first).click()
    expect(ben.locator(f'.wc-row[data-shipment="{first}"]')).to_contain_text("Claimed by you")
