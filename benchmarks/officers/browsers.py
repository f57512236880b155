"""Three real browsers at a real server, each with somebody who goes from page to page.

    python -m benchmarks.officers.browsers URL --logins ana,bo,chi --seconds 600 --journal FILE

Chromium by Playwright, signed in at the door. A page is there when its footer is and its script has ended.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import shutil
import signal
import time
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, async_playwright

from benchmarks.officers.journal import Journal
from benchmarks.officers.port import WORD
from benchmarks.officers.working import think

QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
_LINKS = '[data-testid="stSidebarNavLink"]'


async def settled(page: Page) -> None:
    """Wait until a page has been drawn to its end."""
    await page.wait_for_selector("footer.wildcargo-foot", state="attached")
    await page.wait_for_selector(
        '[data-testid="stApp"][data-test-script-state="notRunning"]', state="attached"
    )


async def sign_in(page: Page, home: str, login: str) -> None:
    """Sign in at the door."""
    await page.goto(home + "/signin")
    await page.fill("#login", login)
    await page.fill("#password", WORD)
    await page.click("button[type=submit]")
    await settled(page)


async def walk(browser: Browser, home: str, login: str, given: Any, journal: Journal) -> None:
    """Open pages and follow the navigation, one after another, until the time is over."""
    page = await browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(60_000)
    rng = random.Random(f"{given.seed} {login}")
    until = time.monotonic() + given.seconds
    await sign_in(page, home, login)
    while time.monotonic() < until:
        begun = time.monotonic()
        links = page.locator(_LINKS)
        count = await links.count()
        act = "follow" if count and rng.random() < 0.7 else "open"
        try:
            if act == "follow":
                await links.nth(rng.randrange(count)).click()
                # The click is on its way before the script that answers it runs.
                await page.wait_for_timeout(150)
            else:
                await page.goto(home)
            await settled(page)
            result = "done"
        except Exception as error:
            result = f"fault: {type(error).__name__} {str(error)[:200]}"
        journal.write("page", act=act, result=result, began=begun, seconds=round(time.monotonic() - begun, 4))
        await asyncio.sleep(min(think(rng, given.pace), max(0.0, until - time.monotonic())))


async def run(given: Any) -> None:
    """Walk with all of them."""
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    assert path, "Chromium is needed (Debian: chromium)"
    journal = Journal(given.journal, "browsers")
    async with async_playwright() as playwright:
        logins = given.logins.split(",")
        browsers = [await playwright.chromium.launch(executable_path=path, args=list(QUIET)) for _ in logins]
        walks = (
            walk(browser, given.url, login, given, journal)
            for browser, login in zip(browsers, logins, strict=True)
        )
        await asyncio.gather(*walks)
        for browser in browsers:
            await browser.close()


def main() -> None:
    """Walk until the time is over."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("url")
    parser.add_argument("--logins", required=True)
    parser.add_argument("--journal", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--pace", type=float, default=1.0)
    parser.add_argument("--seed", default="0")
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
