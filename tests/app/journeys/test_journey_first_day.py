"""The first day of a port in a real browser: first start to a loaded manifest, and out again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from risk.store import ledger, tables
from risk.store.database import Database

DAY = Path(__file__).parents[3] / "data_samples/port_day.csv"
ADMIN, NEW = "the word of an admin", "a word of my own"
LONG = 90_000


def sign_in(page: Page, home: str, login: str, word: str, path: str = "/") -> None:
    page.goto(home + path)
    page.fill("#login", login)
    page.fill("#password", word)
    page.click("button[type=submit]")


def sign_out(page: Page) -> None:
    page.get_by_role("link", name="Sign out").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="You are signed out.")).to_be_visible()


def first_start(page: Page, served: Any) -> None:
    page.goto(served.url)
    assert page.url.endswith("/first")
    page.fill("#code", served.code())
    page.fill("#login", "root")
    page.fill("#password", ADMIN)
    page.fill("#again", ADMIN)
    page.click("button[type=submit]")
    expect(page.get_by_role("heading", name="Accounts", exact=True)).to_be_visible()


def make_account(page: Page, login: str) -> str:
    page.get_by_label("Login").first.fill(login)
    page.get_by_role("button", name="Make the account").click()
    expect(page.get_by_text("Tell this password to")).to_be_visible()
    return page.locator("code").first.inner_text().strip()


@pytest.mark.slow
def test_from_the_first_start_to_a_loaded_day(
    served: Any, watched: Callable[..., Any], hand_in: Callable[[Page, Path], None], tmp_path: Path
) -> None:
    browser = watched()
    page = browser.page()
    first_start(page, served)
    word = make_account(page, "ana")
    sign_out(page)

    sign_in(page, served.url, "ana", word, "/load")
    expect(page.get_by_role("heading", name="Change the password")).to_be_visible()
    page.fill("#old", word)
    page.fill("#password", NEW)
    page.fill("#again", NEW)
    page.get_by_role("button", name="Change the password").click()
    expect(page.get_by_role("heading", name="Load", exact=True)).to_be_visible()
    expect(page.get_by_text("Nothing was scored yet")).to_be_visible()

    few = tmp_path / "day.csv"
    few.write_text("".join(DAY.read_text("utf-8").splitlines(keepends=True)[:301]), "utf-8")
    hand_in(page, few)
    expect(page.get_by_text("day.csv").first).to_be_visible()
    page.get_by_role("button", name="Load", exact=True).click()
    expect(page.get_by_text("day.csv").first).to_be_visible()
    page.reload()
    expect(page.get_by_text("Done", exact=True)).to_be_visible(timeout=LONG)
    expect(page.get_by_text("New or changed: 300")).to_be_visible()
    assert page.url == served.url + "/load"
    page.goto(served.url + "/load")
    expect(page.get_by_text("not known for this port")).to_be_visible()
    expect(page.get_by_text("Page not found")).to_have_count(0)

    sign_out(page)
    page.goto(served.url + "/load")
    assert "/signin?next=%2Fload" in page.url

    database = Database(served.data / "port.db")
    with database.read() as connection:
        verified = ledger.verify(connection)
        kinds = [row.kind for row in connection.execute(tables.ledger.select().order_by(tables.ledger.c.seq))]
    database.close()
    assert verified.holds
    assert kinds.count("logout") == 2
    assert "job.done" in kinds


@pytest.mark.slow
def test_a_session_that_ended_leads_back_to_where_one_was(
    served: Any, watched: Callable[..., Any], hand_in: Callable[[Page, Path], None], tmp_path: Path
) -> None:
    browser = watched()
    page = browser.page()
    first_start(page, served)
    word = make_account(page, "bo")
    other = watched()
    officer = other.page()
    sign_in(officer, served.url, "bo", word, "/load")
    officer.fill("#old", word)
    officer.fill("#password", NEW)
    officer.fill("#again", NEW)
    officer.get_by_role("button", name="Change the password").click()
    officer.get_by_role("link", name="Load", exact=True).click()
    expect(officer.get_by_role("heading", name="Load", exact=True)).to_be_visible()
    odd = tmp_path / "odd.csv"
    odd.write_text("Ref;Was drin ist\n" + "".join(f"R-{n};frozen fish {n}\n" for n in range(9)), "utf-8")
    hand_in(officer, odd)
    expect(officer.get_by_text("odd.csv").first).to_be_visible()
    officer.get_by_role("button", name="Load", exact=True).click()
    expect(officer.get_by_role("heading", name="What do the columns of odd.csv hold?")).to_be_visible()
    asked = officer.url
    assert "map=" in asked

    database = Database(served.data / "port.db")
    with database.write() as connection:
        connection.execute(tables.sessions.delete())
    database.close()
    officer.get_by_role("button", name="Leave this file out").click()
    officer.get_by_role("link", name="Sign in and come back here").click()
    officer.fill("#login", "bo")
    officer.fill("#password", NEW)
    officer.click("button[type=submit]")
    expect(officer.get_by_role("heading", name="What do the columns of odd.csv hold?")).to_be_visible()
    assert officer.url == asked


@pytest.mark.slow
def test_signing_in_needs_no_script(served: Any, watched: Callable[..., Any]) -> None:
    with_script = watched()
    first_start(with_script.page(), served)
    browser = watched(java_script_enabled=False)
    page = browser.page()
    page.goto(served.url + "/load")
    page.fill("#login", "root")
    page.fill("#password", ADMIN)
    page.click("button[type=submit]")
    assert page.url == served.url + "/load"
    assert {each["name"]: each["httpOnly"] for each in browser.context.cookies()}["wildcargo"]
    page.goto(served.url + "/signout")
    page.click("button[type=submit]")
    expect(page.get_by_role("heading", name="You are signed out.")).to_be_visible()
