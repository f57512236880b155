"""Take docs/pictures: every page of the app, desktop and tablet, in English and in Arabic.

    python docs/make_app_pictures.py [--only PAGE ...]

Makes a sample port in a folder of its own, lets people work on its day, starts the app and looks at each
page of `app.pages.PAGES` in Chromium (Debian: chromium) by Playwright, as somebody whose role may see it. The
whole stays under four megabytes.
"""

from __future__ import annotations

import argparse
import io
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

HERE = Path(__file__).parent
ROOT = HERE.parent
sys.path.insert(0, str(ROOT))

from app.pages import PAGES  # noqa: E402
from risk import triage  # noqa: E402
from risk.store import (  # noqa: E402
    contacts,
    decisions,
    inspections,
    local_rules,
    overriding,
    people,
    publishing,
    remarks,
    settings,
    watching,
)
from risk.store.database import Database  # noqa: E402
from risk.store.inspections import Outcome  # noqa: E402
from risk.store.roles import MAY, Person  # noqa: E402
from risk.watch_entries import New  # noqa: E402
from risk.worker import clock  # noqa: E402

#: Where time stands still in the sample.
NOW = pd.Timestamp("2025-01-06T04:00")
SIZES = {"desktop": (1280, 900), "tablet": (820, 1180)}
LANGUAGES = ("en", "ar")
#: Who looks at a page: the first whose role may.
ROLES = ("supervisor", "officer", "analyst", "auditor", "admin")
#: Colours of a picture, and bytes of all of them.
COLOURS, MOST = 48, 4_000_000
#: Opened, found with, and not inspected, of the chosen shipments.
OPENED, FOUND, SKIPPED = 34, 12, 3
WORD = secrets.token_urlsafe(12)
_TAXA = ("Manidae", "Testudinidae", "Elephantidae", "Psittacidae")


# --- a day people worked on -----------------------------------------------------------------------


def sample(folder: Path) -> None:
    """Make the sample port, as ``make demo`` does."""
    call = ["sample", "data_samples/port_day.csv", "--at", NOW.isoformat(), "--zone", "Asia/Hong_Kong"]
    command = [sys.executable, "-m", "risk.commands", *call, "--data", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def drill(folder: Path) -> None:
    """Make a drill, for the pages only a drill has."""
    call = ["drill", "--data", str(folder), "--per-day", "400", "--seed", "7", "--zone", "Asia/Hong_Kong"]
    command = [sys.executable, "-m", "risk.commands", *call]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    database = Database(folder / "port.db")
    with database.write() as connection:
        for role in ROLES:
            for language in LANGUAGES:
                _person(connection, role, language)
    database.close()


def work(folder: Path) -> int:
    """Let people work on the day; return the number of a shipment with a find."""
    database = Database(folder / "port.db")
    with database.write() as connection:
        team = {
            f"{role}-{language}": _person(connection, role, language)
            for role in ROLES
            for language in LANGUAGES
        }
        chief, officer = team["supervisor-en"], team["officer-en"]
        chosen = {"capacity": "sea=20,air=20,express=12,post=8", "detecting_agency": "Customs"}
        settings.change(connection, dict(chosen), at=clock(), actor="system")
        _tend(connection, chief)
    with database.write() as connection:
        find = _open(connection, chief, officer, settings.site_secret(folder))
    database.close()
    return find


def _person(connection: Any, role: str, language: str) -> Person:
    login = f"{role}-{language}"
    given: dict[str, Any] = {"password": WORD, "must_change": False, "language": language}
    number = people.add(connection, login, role, at=clock(), actor="system", **given)
    return Person(number, login, "", role, language)


def _tend(connection: Any, chief: Person) -> None:
    """Put contacts, entries of a watch list and a rule in."""
    since = NOW - pd.Timedelta(days=60)
    for topic in contacts.TOPICS[:4]:
        new = contacts.Contact(topic, "Duty desk", "+852 5550 0100", hours="day and night")
        contacts.add(connection, new, chief, at=clock())
    for kind, value, reason, restricted in (
        ("word", "dried seafood", "Used to cover shark fin twice last year", False),
        ("route", "NG > *", "Three finds in six months", False),
        ("party", "AL SADEED GENERAL TRADING FZCO", "Named in a lead of a partner service", True),
    ):
        entry = New(kind, value, reason, "B2", restricted, "", 60, since)
        watching.add(connection, entry, chief, now=NOW, at=clock())
    rule = local_rules.NewRule(
        "Reptile season", "origin = MG and mode = air", "Hatchlings leave now", 80, since
    )
    local_rules.add(connection, rule, chief, now=NOW, at=clock())


def _open(connection: Any, chief: Person, officer: Person, secret: bytes) -> int:
    """Publish a list and work on half of it; return a find."""
    pools = triage.parse("sea=20,air=20,express=12,post=8")
    number = publishing.publish(connection, NOW, pools, 0.15, secret=secret, person=chief, at=clock())
    ids = [int(each) for each in publishing.rows(connection, number)["shipment_id"]]
    for place, shipment in enumerate(ids[: OPENED + SKIPPED]):
        entered = Outcome(**_outcome(place))
        request = f"picture-{shipment}"
        inspections.record(connection, shipment, entered, officer, at=NOW, request=request, key=secret)
    waiting = ids[OPENED + SKIPPED :]
    for shipment, step in zip(waiting, ("hold_asked", "located", "presented", "gone"), strict=False):
        decisions.step(connection, shipment, step, officer, at=clock())
    for shipment in waiting[4:6]:
        decisions.claim(connection, shipment, officer, at=clock(), minutes=480)
    remarks.keep(connection, waiting[4], "note", "Seal looks new", officer.id, at=clock())
    overriding.override(connection, waiting[6], "lower", "permit_seen", officer, now=NOW, at=clock())
    return ids[0]


def _outcome(place: int) -> dict[str, Any]:
    if place >= OPENED:
        return {"inspection": "not_inspected", "why_not": ("no_time", "gone", "not_found")[place - OPENED]}
    if place >= FOUND:
        return {"inspection": ("scan", "partial", "documents", "dog")[place % 4], "found": ("clean",)}
    live = place % 3 == 0
    return {
        **{"inspection": "full", "found": ("live_animals" if live else "wildlife_products",)},
        **{"taxa": (_TAXA[place % 4],), "where_in_load": ("walls", "in_goods", "bottom")[place % 3]},
        **{"pieces": 6 + place, "alive": 6 + place if live else None, "kg": None if live else 3.5 + place},
        **{"status": "provisional" if place % 2 else "confirmed", "permit_valid": False},
        "evidence_reference": f"EV-{100 + place}",
    }


# --- the app, and who looks at it ---------------------------------------------------------------


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Run the app on a folder; yield its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    home = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "risk.commands", "app", "--data", str(folder), "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{home}/_stcore/health", timeout=5).read()
                break
            except OSError:
                time.sleep(0.2)
        yield home
    finally:
        process.terminate()
        process.wait(40)


def signed_in(browser: Browser, home: str, login: str) -> BrowserContext:
    """Return a browser in which somebody is signed in."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{home}/signin")
    page.fill("#login", login)
    page.fill("#password", WORD)
    page.click("button[type=submit]")
    page.wait_for_selector("footer.wildcargo-foot", state="attached")
    page.close()
    return context


def settled(page: Page) -> None:
    """Wait until a page is drawn."""
    page.wait_for_selector("footer.wildcargo-foot", state="attached", timeout=60_000)
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]', state="attached")
    page.wait_for_timeout(800)


def small(picture: bytes) -> bytes:
    """Return a picture with few colours."""
    made = io.BytesIO()
    Image.open(io.BytesIO(picture)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(
        made, "PNG", optimize=True
    )
    return made.getvalue()


def addresses(find: int) -> dict[str, tuple[str, str]]:
    """Return pictures of a port by name: the action their page needs, and its address."""
    # What a page shows of one shipment it shows by its number; others do not look at it.
    shown = {
        page.name: (page.action, f"/{page.name}" if page.listed else f"/{page.name}?id={find}")
        for page in PAGES
        if page.action and not page.in_drill
    }
    return {**shown, "find": ("see_finds", f"/finds?id={find}")}


def take(home: str, wanted: dict[str, tuple[str, str]]) -> dict[str, bytes]:
    """Return pictures of pages, by file name."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    pictures = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for language in LANGUAGES:
            known: dict[str, BrowserContext] = {}
            for name, (action, address) in wanted.items():
                login = f"{next(role for role in ROLES if role in MAY[action])}-{language}"
                if login not in known:
                    known[login] = signed_in(browser, home, login)
                page = known[login].new_page()
                for size, (width, height) in SIZES.items():
                    page.set_viewport_size({"width": width, "height": height})
                    page.goto(home + address)
                    settled(page)
                    pictures[f"{name}-{size}-{language}.png"] = small(page.screenshot())
                page.close()
        browser.close()
    return pictures


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--only", nargs="*", default=[], metavar="PAGE", help="these pages alone")
    only = parser.parse_args().only
    pictures: dict[str, bytes] = {}
    with tempfile.TemporaryDirectory(prefix="wildcargo-pictures-") as name:
        port, trial = Path(name) / "port", Path(name) / "drill"
        sample(port)
        wanted = addresses(work(port))
        of_drills = {page.name: (page.action, f"/{page.name}") for page in PAGES if page.in_drill}
        for folder, pages in ((port, wanted), (trial, of_drills)):
            asked = {each: pages[each] for each in pages if not only or each in only}
            if not asked:
                continue
            if folder is trial:
                drill(trial)
            with serving(folder) as home:
                pictures |= take(home, asked)
    place = HERE / "pictures"
    if not only:
        shutil.rmtree(place, ignore_errors=True)
    place.mkdir(exist_ok=True)
    for file, content in pictures.items():
        (place / file).write_bytes(content)
    whole = sum(each.stat().st_size for each in place.glob("*.png"))
    print(f"{len(pictures)} pictures, {whole / 1e6:.1f} MB in all")
    if whole > MOST:
        raise SystemExit(f"more than {MOST / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
