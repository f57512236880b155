"""A shipment in a real browser: opened from its address, read, noted, by keyboard alone; who sees what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from risk.store import ledger, tables
from risk.store.database import Database

NOTE = "Seal **torn** <b>twice</b>"


def first(port: Any) -> int:
    """Return the shipment of the highest score."""
    database = Database(port.data / "port.db")
    with database.read() as connection:
        best = sa.select(tables.versions.c.shipment_id).join(
            tables.scores, tables.scores.c.version_id == tables.versions.c.id
        )
        number = connection.execute(best.order_by(tables.scores.c.log_odds.desc()).limit(1)).scalar_one()
    database.close()
    return int(number)


def kinds(port: Any) -> list[str]:
    database = Database(port.data / "port.db")
    with database.read() as connection:
        assert ledger.verify(connection).holds
        found = list(connection.execute(sa.select(tables.ledger.c.kind)).scalars())
    database.close()
    return found


def by_keyboard(page: Page, name: str, role: str = "button") -> None:
    """Go on with Tab until something is in focus, and press it."""
    wanted = page.get_by_role(role, name=name, exact=True)  # type: ignore[arg-type]
    expect(wanted).to_be_visible()
    for _ in range(80):
        page.keyboard.press("Tab")
        if wanted.evaluate("each => each === document.activeElement"):
            page.keyboard.press("Enter")
            return
    raise AssertionError(f"{name} is not reached by Tab")


@pytest.mark.slow
def test_a_shipment_is_read_and_noted_by_keyboard_alone(
    scored_port: Callable[..., Any], signed_in: Callable[..., None], watched: Callable[..., Any]
) -> None:
    port = scored_port(ana="officer")
    number = first(port)
    page = watched(port).page()
    signed_in(page, port.url, "ana", f"/shipment?id={number}")
    expect(page.get_by_role("heading", name="Speaks for opening")).to_be_visible()
    expect(page.get_by_text("1 of 300 shipments").first).to_be_visible()
    expect(page.get_by_text("not known for this port").first).to_be_visible()

    by_keyboard(page, "Claim: I work on it")
    expect(page.get_by_text("You work on this shipment until")).to_be_visible()

    tabs = page.get_by_role("tab")
    for _ in range(80):
        page.keyboard.press("Tab")
        if tabs.first.evaluate("each => each === document.activeElement"):
            break
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Bill, route, weights and equipment")).to_be_visible()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    picture = page.get_by_role("img", name="Map of the route")
    expect(picture).to_be_visible()
    assert picture.evaluate("each => each.naturalWidth") == 900
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    note = page.get_by_role("textbox", name="Your note")
    expect(note).to_be_visible()
    for _ in range(20):
        page.keyboard.press("Tab")
        if note.evaluate("each => each === document.activeElement"):
            break
    page.keyboard.type(NOTE)
    by_keyboard(page, "Add the note")
    expect(page.get_by_text(NOTE)).to_be_visible()
    expect(note).to_be_visible()

    page.reload()
    expect(page.get_by_role("heading", name="Speaks for opening")).to_be_visible()
    assert page.url == f"{port.url}/shipment?id={number}"
    found = kinds(port)
    assert (found.count("view"), found.count("note"), found.count("claim")) == (1, 1, 1)


@pytest.mark.slow
def test_an_analyst_and_an_officer_see_what_is_theirs(
    scored_port: Callable[..., Any], signed_in: Callable[..., None], watched: Callable[..., Any]
) -> None:
    port = scored_port(ana="officer", ann="analyst")
    number = first(port)
    for login, shown, hidden in (
        ("ana", "Hold and outcome", "What would change the score"),
        ("ann", "What would change the score", "Hold and outcome"),
    ):
        page = watched(port).page()
        signed_in(page, port.url, login, f"/shipment?id={number}")
        expect(page.get_by_role("link", name=shown)).to_be_visible()
        expect(page.get_by_role("link", name=hidden)).to_have_count(0)
        page.goto(f"{port.url}/shipment?id=99999")
        expect(page.get_by_text("There is no shipment of this number")).to_be_visible()
    assert kinds(port).count("view") == 2
