"""Hostile text in a real browser, on every page: no script runs, nothing is formatted, nothing is fetched.

Pages are taken from `app.pages.PAGES`: one added later is checked too.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Error, Page

from app.pages import PAGES
from risk.store.roles import MAY, ROLES

#: Elements that make more of a text than text, and the marks that hostile texts would leave in them.
FORMATS = "strong, em, code, del, a, h1, h2, h3, img, .katex, [style*=color], hostile, script:not([src])"

_LOOK = """([formats]) => {
  const found = [];
  if (window.broken) found.push('a script ran');
  if (document.querySelector('hostile')) found.push('a tag of a stranger');
  for (const each of document.querySelectorAll('img')) {
    if (!/^(data:|blob:|https?:\\/\\/127\\.0\\.0\\.1)/.test(each.src)) found.push('a picture: ' + each.src);
  }
  for (const each of document.querySelectorAll('a[href]')) {
    if (/example\\.invalid|javascript:/i.test(each.getAttribute('href'))) found.push('a link: ' + each.href);
  }
  for (const each of document.querySelectorAll(formats)) {
    // Ours may be strong and hold a name; a stranger's sign does not make it so.
    const own = each.innerText.trim();
    if (/^HOSTILE[A-Z]\\^?2?$/.test(own)) found.push(each.tagName + ': ' + own);
  }
  const text = document.body.innerText;
  for (const many of text.matchAll(/.{0,20}\\\\[*_\\[\\]`<>#$:~].{0,20}/g)) {
    found.push('escaped twice: ' + many[0]);
  }
  if (/[\\u202a-\\u202e]/.test(text)) found.push('turns its neighbours');
  return found;
}"""


@pytest.fixture
def scored_folder(hostile_folder: Path, tmp_path: Path) -> Path:
    """The scored day of this test is the hostile one."""
    folder = tmp_path / "hostile"
    shutil.copytree(hostile_folder, folder)
    return folder


def _hard(folder: Path) -> list[int]:
    with sqlite3.connect(folder / "port.db") as connection:
        wanted = (
            "SELECT shipment_id FROM versions WHERE goods LIKE '%<script>%HOSTILE%' LIMIT 1",
            "SELECT shipment_id FROM versions ORDER BY length(goods) DESC LIMIT 1",
            "SELECT shipment_id FROM outcomes ORDER BY id LIMIT 1",
        )
        return [int(connection.execute(each).fetchone()[0]) for each in wanted]


@pytest.mark.slow
def test_nothing_of_a_stranger_does_anything(
    scored_folder: Path,
    scored_port: Callable[..., Any],
    signed_in: Callable[..., None],
    watched: Callable[..., Any],
    settled: Callable[[Page], None],
) -> None:
    pages = [page for page in PAGES if page.action]
    port = scored_port(**{role: role for role in ROLES})
    numbers = _hard(scored_folder)
    found: dict[str, list[str]] = {}
    for role in ROLES:
        tab = watched(port).page()
        signed_in(tab, port.url, role)
        for each in (page for page in pages if role == next(r for r in ROLES if r in MAY[page.action])):
            for number in numbers:
                tab.goto(f"{port.url}/{each.name}?id={number}")
                settled(tab)
                tab.wait_for_timeout(300)
                # What is folded away is opened too.
                tab.evaluate(
                    "document.querySelectorAll('details:not([open]) > summary').forEach(f => f.click())"
                )
                tab.wait_for_timeout(200)
                wrong = tab.evaluate(_LOOK, [FORMATS])
                for choice in tab.locator('[data-testid="stSelectbox"] input:visible').all()[:8]:
                    tab.keyboard.press("Escape")
                    try:
                        choice.click(timeout=3_000)
                    except Error:  # behind something that is open
                        continue
                    wrong += tab.evaluate(_LOOK, [FORMATS])
                if wrong:
                    found[f"{each.name} {number}"] = sorted(set(wrong))
    assert found == {}, "\n".join(f"{where}\n  " + "\n  ".join(wrong) for where, wrong in found.items())
