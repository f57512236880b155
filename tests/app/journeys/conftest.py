"""A real browser at a real port; every request is written down, and none may leave the machine."""

from __future__ import annotations

import importlib.util
import re
import shutil
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from app import place
from risk.store import people
from risk.store.database import Database

_SPEC = importlib.util.spec_from_file_location("serving_port", Path(__file__).parents[1] / "serving_port.py")
serving_port: Any = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(serving_port)

#: What everybody of `scored_port` signs in with.
WORD = "a word that is long"

# Two browsers and two servers share the machine with other tests: what is awaited may take its time.
expect.set_options(timeout=30_000)

_QUIET = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    "--disable-dev-shm-usage",
)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert path, "journeys need Chromium (Debian: chromium); CI installs it"
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, headless=True, args=list(_QUIET))
        yield found
        found.close()


class Watched:
    """Pages of one browser, and what they asked for and complained of."""

    def __init__(self, browser: Browser, home: str, **given: Any) -> None:
        self.home, self.asked, self.complaints = home, [], []
        self.alive = given.get("java_script_enabled", True)
        self.context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **given})
        self.context.set_default_timeout(30_000)

    def page(self) -> Page:
        page = self.context.new_page()
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("websocket", lambda socket: self.asked.append(socket.url))
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def check(self) -> None:
        """Fail where anything was asked of another machine, or was kept from loading by the policy."""
        host = re.escape(self.home.split("//")[1])
        here = re.compile(rf"(?:(?:http|ws)://{host}/|data:|blob:|about:)")
        assert [url for url in self.asked if not here.match(url)] == []
        assert [text for text in self.complaints if "Content Security Policy" in text] == []
        assert any(url.startswith("ws://") for url in self.asked) == self.alive, (
            "pages come alive by WebSocket"
        )


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Any]:
    """A port that was just started for the first time."""
    app = serving_port.Served(tmp_path)
    try:
        app.until()
        yield app
    finally:
        app.end(signal.SIGTERM)


@contextmanager
def _starting(folder: Path, scored_folder: Path) -> Iterator[Callable[..., Any]]:
    begun: list[Any] = []

    def start(*, languages: Mapping[str, str] | None = None, **roles: str) -> Any:
        shutil.copytree(scored_folder, folder / "port")
        database = Database(folder / "port" / "port.db")
        with database.write() as connection:
            for login, role in roles.items():
                spoken = (languages or {}).get(login, "en")
                given = {"password": WORD, "must_change": False, "language": spoken}
                people.add(connection, login, role, at=place.clock(), actor="system", **given)
        database.close()
        begun.append(serving_port.Served(folder))
        begun[-1].until()
        return begun[-1]

    yield start
    for each in begun:
        each.end(signal.SIGTERM)


@pytest.fixture
def scored_port(tmp_path: Path, scored_folder: Path) -> Iterator[Callable[..., Any]]:
    """Start `wildcargo app` over a scored day with people in it: ``scored_port(ana="officer")``.

    Everybody signs in with `WORD`; languages by login: ``languages={"ana": "ar"}``.
    """
    with _starting(tmp_path, scored_folder) as start:
        yield start


@pytest.fixture(scope="module")
def shared_port(
    tmp_path_factory: pytest.TempPathFactory, scored_folder: Path
) -> Iterator[Callable[..., Any]]:
    """Start one as `scored_port` does, once for the journeys of a file that do not meet in it."""
    with _starting(tmp_path_factory.mktemp("shared"), scored_folder) as start:
        yield start


def sign_in(page: Page, home: str, login: str, path: str = "/") -> None:
    """Sign in as somebody of `scored_port` and come to a page."""
    page.goto(home + path)
    page.fill("#login", login)
    page.fill("#password", WORD)
    page.click("button[type=submit]")


@pytest.fixture
def signed_in() -> Callable[..., None]:
    """Sign in: ``signed_in(page, port.url, "ana", "/today")``."""
    return sign_in


def _settle(page: Page) -> None:
    page.wait_for_selector("footer.wildcargo-foot", state="attached")
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]', state="attached")


@pytest.fixture
def settled() -> Callable[[Page], None]:
    """Wait until a page has been drawn to its end."""
    return _settle


@pytest.fixture
def hand_in() -> Callable[[Page, Path], None]:
    """Give a file to the one field for files of a page, by its button.

    A field that is drawn anew at this very moment loses it: whoever sees that gives it again. Put into the
    field past the button, a file that lies there already under its name would be no change to the browser.
    """

    def give(page: Page, file: Path) -> None:
        chips = page.get_by_test_id("stFileChip")
        for _ in range(3):
            _settle(page)
            before = [chip.get_attribute("aria-label") for chip in chips.all()]
            with page.expect_file_chooser() as asked:
                page.locator('[data-testid="stFileUploaderDropzone"] button').last.click()
            asked.value.set_files(file)
            page.wait_for_timeout(1_500)
            told = [chip.get_attribute("aria-label") for chip in chips.all()]
            if told and told != before:
                return
        raise AssertionError(f"no field took {file.name}")

    return give


@pytest.fixture
def watched(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Callable[..., Watched]]:
    """Open a browser of its own at a port, by default at one just started for the first time."""
    made: list[Watched] = []

    def make(at: Any = None, **given: Any) -> Watched:
        home = (at or request.getfixturevalue("served")).url
        made.append(Watched(browser, home, **given))
        return made[-1]

    yield make
    for each in made:
        each.check()
        each.context.close()
