"""A port with a scored day, and pages opened as somebody: what tests of single pages stand on."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetStates
from streamlit.runtime.scriptrunner import script_runner
from streamlit.runtime.scriptrunner_utils.script_requests import ScriptRequest, ScriptRequestType
from streamlit.testing.v1 import AppTest

from app import place, session, taps
from risk.store import people
from risk.store.database import Database


@pytest.fixture
def port(scored_folder: Path, tmp_path: Path) -> Iterator[place.Place]:
    """The place the app works at during a test: a copy of the scored day, free to be changed."""
    folder = tmp_path / "port"
    shutil.copytree(scored_folder, folder)
    made = place.Place(Database(folder / "port.db"), folder)
    place.use(made)
    yield made
    place.use(None)
    made.database.close()


def _page(name: str) -> None:
    from importlib import import_module

    from app import frame, session

    frame.begin()
    who = session.person()
    if who is None:
        session.ask_to_sign_in()
    shown = frame.bands(who)
    frame.who(who)
    frame.basis(shown, who)
    import_module(f"app.pages.{name}").show()
    frame.end(shown)


@pytest.fixture
def open_page(
    port: place.Place, account: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., AppTest]:
    """Open a page as somebody: ``open_page("today", "ana", "officer", language="fr", shipment="12")``.

    An account of that login is made at its first use; every app opened speaks for the person it was opened
    for when it was opened, so that two people's pages are two calls, each run again after its call alone.
    """
    known: dict[str, int] = {}

    def make(
        name: str, login: str = "ana", role: str = "officer", *, language: str = "en", **query: str
    ) -> AppTest:
        if login not in known:
            known[login] = account(login, role, language=language)
        with port.database.write() as connection:
            token = people.opened(connection, known[login], at=place.clock())[1]
        monkeypatch.setattr(session, "token", lambda: token)
        app = AppTest.from_function(_page, default_timeout=30, kwargs={"name": name})
        for key, value in query.items():
            app.query_params[key] = value
        return app.run()

    return make


@pytest.fixture
def said() -> Callable[[AppTest], str]:
    """Return everything a page says as text."""

    def read(app: AppTest) -> str:
        kinds = ("title", "header", "subheader", "markdown", "caption", "error", "warning", "info", "success")
        parts = [each.value for kind in kinds for each in app.get(kind)]
        parts += [each.proto.body for each in app.get("html")]
        parts += [
            frame.value.reset_index().to_string() for kind in (app.table, app.dataframe) for frame in kind
        ]
        parts += [f"{each.label} {each.value}" for each in app.metric]
        return "\n".join(str(part) for part in parts)

    return read


@pytest.fixture
def press() -> Callable[[AppTest, str], AppTest]:
    """Press the button of a label and run."""

    def do(app: AppTest, label: str) -> AppTest:
        next(each for each in app.button if each.label == label).click()
        return app.run()

    return do


class Twice(taps.Taps):
    """Every press once more, before the browser sees what became of the first: a double click."""

    def _handed(self, found: ScriptRequest) -> ScriptRequest:
        found = super()._handed(found)
        if found.type is ScriptRequestType.RERUN and taps.pressed(found.rerun_data) and not self._ending:
            self._ending = True
            states = WidgetStates()
            # As browsers do, and tests do not: of buttons, only what is pressed is sent.
            for each in found.rerun_data.widget_states.widgets:
                if each.WhichOneof("value") != "trigger_value" or each.trigger_value:
                    states.widgets.append(each)
            self._behind.append(replace(found.rerun_data, widget_states=states))
        return found


@pytest.fixture
def pressed_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every button a test presses is pressed twice."""
    monkeypatch.setattr(script_runner, "ScriptRequests", Twice)
