"""axe-core on every page there is, desktop and tablet, from left to right and from right to left.

Pages are taken from `app.pages.PAGES`: one added later is checked too. axe sees what a program can see of
WCAG 2.2 AA; keyboard and sense are for the journeys.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from app.pages import PAGES
from risk.store.people import MAY, ROLES

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
SIZES = {"desktop": (1280, 900), "tablet": (820, 1180)}

#: Rule and a part of the selector: faults in what Streamlit itself draws, which no page can mend; why.
STREAMLITS_OWN: dict[tuple[str, str], str] = {}


def _axe() -> str:
    return resources.files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")


def violations(page: Page) -> list[str]:
    """Return what axe holds against a page, without Streamlit's own faults."""
    page.evaluate(_axe())
    found = page.evaluate(
        "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}, resultTypes: ['violations']})",
        RULES,
    )
    told = []
    for each in found["violations"]:
        for node in each["nodes"]:
            where = " ".join(str(part) for part in node["target"])
            known = any(
                each["id"] == rule and (part in where or part in node["html"])
                for rule, part in STREAMLITS_OWN
            )
            if not known:
                told.append(f"{each['id']}: {where}: {node['html'][:300]} ({node['failureSummary'][:300]})")
    return told


def settled(page: Page) -> None:
    """Wait until a page has been drawn to its end."""
    page.wait_for_selector("footer.wildcargo-foot", state="attached")
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]', state="attached")
    # Waiting elements fade out and new ones in.
    page.wait_for_timeout(500)


def _role(action: str) -> str:
    return next(role for role in ROLES if role in MAY[action])


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "ar"])
def test_axe_finds_nothing_on_any_page(
    language: str,
    scored_port: Callable[..., Any],
    signed_in: Callable[..., None],
    watched: Callable[..., Any],
) -> None:
    pages = [page for page in PAGES if page.action]
    roles = sorted({_role(page.action) for page in pages})
    port = scored_port(**{role: role for role in roles}, languages=dict.fromkeys(roles, language))
    found: dict[str, list[str]] = {}
    for role in roles:
        browser = watched(port)
        tab = browser.page()
        signed_in(tab, port.url, role)
        for each in (page for page in pages if _role(page.action) == role):
            # What a page shows of one shipment it shows by its number; others do not look.
            tab.goto(f"{port.url}/{each.name}?id=1")
            settled(tab)
            for name, (width, height) in SIZES.items():
                tab.set_viewport_size({"width": width, "height": height})
                tab.wait_for_timeout(300)
                if wrong := violations(tab):
                    found[f"{each.name}, {name}"] = wrong
    assert found == {}, "\n".join(f"{place}\n  " + "\n  ".join(wrong) for place, wrong in found.items())


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "ar"])
def test_axe_finds_nothing_before_and_after_the_pages(language: str, served: Any, browser: Browser) -> None:
    found = {}
    with browser.new_context(locale=language) as context:
        tab = context.new_page()
        for path in ("/first", "/signin", "/signout"):
            tab.goto(served.url + path)
            found[path] = violations(tab)
    assert found == {path: [] for path in found}
