"""How long officers wait for the page of the day: a real browser at a real server, 20,000 shipments.

    python benchmarks/app_first_screen.py                  # prints
    python benchmarks/app_first_screen.py --write          # and writes docs/performance.md

Simulates a day, loads it as `wildcargo sample` does, starts `wildcargo app` and measures in Chromium from
the click to the moment rows are shown: signing in from a new browser each time (nothing of the page in its
cache), coming back by the address, and what a shift clicks all night. Browser and server share the machine.
Needs Playwright and Chromium, as the tests do.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from app.place import clock
from benchmarks import results
from risk.store import people, settings
from risk.store.database import Database

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = ROOT / "docs/performance.md"
WORD = "a word that is long"
AT = "2025-01-06T04:00"
ROWS = ".wc-row"
QUIET = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    "--disable-dev-shm-usage",
)


def made(folder: Path, shipments: int) -> Path:
    """Return the folder of a port with a scored day and people in it."""
    day, port = folder / "day", folder / "port"
    simulate = ["simulate", "--days", "1", "--per-day", str(shipments), "--seed", "3"]
    _run(*simulate, "--start", "2025-01-06", "--out", str(day))
    manifests = str(day / "manifests.parquet")
    _run("sample", manifests, "--at", AT, "--zone", "Asia/Hong_Kong", "--data", str(port))
    database = Database(port / "port.db")
    with database.write() as connection:
        at = clock()
        people.add(connection, "ana", "officer", at=at, actor="system", password=WORD, must_change=False)
        capacity: dict[str, str | int | float | bool] = {"capacity": "sea=20,air=30,post=20"}
        settings.change(connection, capacity, at=clock(), actor="system")
    database.close()
    return port


def _run(*call: str) -> None:
    whole = [sys.executable, "-m", "risk.commands", *call]
    done = subprocess.run(whole, env=_environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "OMP_WAIT_POLICY": "passive"}


@contextlib.contextmanager
def served(port: Path) -> Iterator[str]:
    """Run the app over a folder; yields its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number = probe.getsockname()[1]
    home = f"http://127.0.0.1:{number}"
    call = [sys.executable, "-m", "risk.commands", "app", "--data", str(port), "--port", str(number)]
    process = subprocess.Popen(
        call, env=_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=port
    )
    try:
        for _ in range(600):
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{home}/_stcore/health", timeout=5):
                break
            time.sleep(0.1)
        yield home
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(40)


def worked() -> dict[str, float]:
    """Return the processor's seconds that server and browser took so far, of all children of this process."""
    parents: dict[int, list[int]] = {}
    used: dict[int, tuple[float, str]] = {}
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            number = int(entry.name)
            fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            command = (entry / "cmdline").read_text("utf-8", "replace")
            parents.setdefault(int(fields[1]), []).append(number)
            used[number] = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK"), command
    found, waiting = {"server": 0.0, "browser": 0.0}, [os.getpid()]
    while waiting:
        number = waiting.pop()
        waiting += parents.get(number, [])
        seconds, command = used.get(number, (0.0, ""))
        kind = "browser" if "chrom" in command else "server" if "streamlit" in command else ""
        if kind:
            found[kind] += seconds
    return found


@dataclass
class Measured:
    """What one thing took, each time it was done: seconds waited, and the processor's."""

    waited: list[float] = field(default_factory=list)
    server: list[float] = field(default_factory=list)
    browser: list[float] = field(default_factory=list)

    @contextlib.contextmanager
    def once(self) -> Iterator[None]:
        """Measure a block."""
        before, began = worked(), time.perf_counter()
        yield
        self.waited.append(time.perf_counter() - began)
        after = worked()
        self.server.append(after["server"] - before["server"])
        self.browser.append(after["browser"] - before["browser"])


def first_screens(browser: Browser, home: str, repeats: int) -> Measured:
    """Measure from the click that signs in to rows, each in a browser that knows nothing yet."""
    found = Measured()
    for _ in range(repeats):
        with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
            page = context.new_page()
            page.goto(f"{home}/signin?next=%2Ftoday")
            page.fill("#login", "ana")
            page.fill("#password", WORD)
            with found.once():
                page.click("button[type=submit]")
                page.wait_for_selector(ROWS)
    return found


def settled(page: Page) -> None:
    """Wait until nothing runs any more."""
    page.wait_for_selector("footer.wildcargo-foot", state="attached")
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]', state="attached")
    page.wait_for_timeout(300)


def again(browser: Browser, home: str, repeats: int) -> dict[str, Measured]:
    """Measure what is clicked after the first screen."""
    found: dict[str, Measured] = {}

    def timed(name: str, click: Callable[[], object], shown: str) -> None:
        settled(page)
        with found.setdefault(name, Measured()).once():
            click()
            page.wait_for_selector(shown)

    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        page = context.new_page()
        page.goto(f"{home}/signin?next=%2Ftoday")
        page.fill("#login", "ana")
        page.fill("#password", WORD)
        page.click("button[type=submit]")
        page.wait_for_selector(ROWS)
        for n in range(repeats):
            address = f"{home}/today?page={n + 1}"
            with found.setdefault("reload by the address", Measured()).once():
                page.goto(address)
                page.wait_for_selector(ROWS)
            place = f"{(n + 1) * 50 + 1:,}"
            turn = page.locator(".st-key-turn-above-on button")
            timed("page turned", turn.click, f'.wc-place:text-is("{place}")')
            claim = page.get_by_role("button", name="Claim", exact=True).first
            timed("shipment claimed", claim.click, '[data-testid="stAlert"]')
            mine = page.get_by_text("Mine", exact=True)
            timed("filter set", mine.click, "text=/Page 1 of 1 /")
            timed("filter taken off", mine.click, "text=of 20,000")
    return found


def main() -> None:
    """Measure, print, and write where asked to."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--shipments", type=int, default=20_000)
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--data", type=Path, help="a port made by an earlier run")
    parser.add_argument("--write", action="store_true", help=f"write {DOCUMENT.name}")
    given = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        raise SystemExit("Chromium is missing (Debian: apt-get install chromium)")
    with tempfile.TemporaryDirectory() as name:
        port = given.data or made(Path(name), given.shipments)
        load = os.getloadavg()[0]
        with served(port) as home, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, headless=True, args=list(QUIET))
            measured = {"first screen after signing in": first_screens(browser, home, given.repeats)}
            measured |= again(browser, home, given.repeats)
            browser.close()
    rows = []
    for name, each in measured.items():
        median, most = statistics.median(each.waited), max(each.waited)
        processor = (statistics.median(values) for values in (each.server, each.browser))
        rows.append([name, len(each.waited), *(f"{value:.2f}" for value in (median, most, *processor))])
    head = ["from the click to rows", "times", "p50, s", "max, s", "server's processor, s", "browser's, s"]
    text = results.table(head, rows)
    print(
        text, f"\nload at the start {load:.1f}, at the end {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores"
    )
    if given.write:
        results.write_section(
            "app_first_screen", _section(text, given.shipments, (load, os.getloadavg()[0])), DOCUMENT
        )


def _section(text: str, shipments: int, load: tuple[float, float]) -> str:
    return (
        "## The page of the day (`benchmarks/app_first_screen.py`)\n\n"
        f"`wildcargo app` over a day of {shipments:,} simulated shipments on SQLite, its worker beside it, "
        f"and Chromium on the same {os.cpu_count()} cores. The first screen is measured from the click that "
        "signs in, in a browser that has nothing of the page yet; the first of all includes what the server "
        "reads and imports once. The processor's seconds are medians, whatever else ran meanwhile; "
        f"the machine's load was {load[0]:.1f} at the start and {load[1]:.1f} at the end.\n\n{text}\n"
    )


if __name__ == "__main__":
    main()
