"""Another language chosen in a real browser: by whoever is signed in, on any page, for the next day too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from risk.language import gettext
from risk.vocabulary import review

LONG = 60_000


@pytest.mark.slow
def test_an_officer_changes_the_language_and_stays_on_the_page(
    scored_port: Callable[..., Any],
    watched: Callable[..., Any],
    signed_in: Callable[..., None],
) -> None:
    port = scored_port(ana="officer")
    page = watched(port).page()
    signed_in(page, port.url, "ana", "/today?text=carrots")
    expect(page.get_by_role("heading", name="Today", exact=True)).to_be_visible(timeout=LONG)
    expect(page.get_by_text("native speaker")).to_have_count(0)
    page.get_by_role("link", name="Language: English").click()
    for told_in in ("th", "en"):
        expect(page.get_by_role("button", name=review("th", told_in)).filter(has_text="ไทย")).to_be_visible()

    page.get_by_role("button", name="العربية").focus()
    page.keyboard.press("Enter")
    today = gettext("Today", "ar")
    expect(page.get_by_role("heading", name=today, exact=True)).to_be_visible(timeout=LONG)
    assert page.url == port.url + "/today?text=carrots"
    expect(page.get_by_text(review("ar", "ar"))).to_be_visible()

    page.goto(port.url + "/signout")
    page.locator("main button").first.click()
    signed_in(page, port.url, "ana")
    expect(page.get_by_role("heading", name=today, exact=True)).to_be_visible(timeout=LONG)
