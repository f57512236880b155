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
from risk.store.roles import MAY, ROLES

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


def _role(action: str) -> str:
    return next(role for role in ROLES if role in MAY[action])


#: Pages that are open to somebody signed in, and who looks at each.
LOOKS = {page.name: _role(page.action) for page in PAGES if page.action}
LANGUAGES = ("en", "ar")


@pytest.fixture(scope="module")
def port(shared_port: Callable[..., Any]) -> Any:
    """A port with people of every role who looks, once for each language: ``officer.ar``."""
    people = {f"{role}.{language}": role for role in LOOKS.values() for language in LANGUAGES}
    return shared_port(**people, languages={login: login.rpartition(".")[2] for login in people})


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing_on_any_page(
    language: str,
    port: Any,
    signed_in: Callable[..., None],
    watched: Callable[..., Any],
    settled: Callable[[Page], None],
) -> None:
    found: dict[str, list[str]] = {}
    for role in sorted(set(LOOKS.values())):
        tab = watched(port).page()
        signed_in(tab, port.url, f"{role}.{language}")
        for page in (name for name, looks in LOOKS.items() if looks == role):
            # What a page shows of one shipment it shows by its number; others do not look.
            tab.goto(f"{port.url}/{page}?id=1")
            settled(tab)
            # Waiting elements fade out and new ones in.
            tab.wait_for_timeout(500)
            for name, (width, height) in SIZES.items():
                tab.set_viewport_size({"width": width, "height": height})
                tab.wait_for_timeout(300)
                if wrong := violations(tab):
                    found[f"{page}, {name}"] = wrong
    for path in ("/language", "/password"):
        tab.goto(port.url + path)
        if wrong := violations(tab):
            found[path] = wrong
    assert found == {}, "\n".join(f"{place}\n  " + "\n  ".join(wrong) for place, wrong in found.items())


@pytest.mark.slow
def test_axe_finds_nothing_before_and_after_the_pages(served: Any, browser: Browser) -> None:
    found = {}
    for language in LANGUAGES:
        with browser.new_context(locale=language) as context:
            tab = context.new_page()
            for path in ("/first", "/signin", "/signout"):
                tab.goto(served.url + path)
                found[f"{path}, {language}"] = violations(tab)
    assert set().union(*found.values()) == set(), found
