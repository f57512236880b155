"""Wrong roles at every address, and a drill from its start to its debrief, in a real browser."""

from __future__ import annotations

import importlib.util
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from playwright.sync_api import expect

from app import place
from risk import drill
from risk.commands import cli
from risk.store import day, drills, people, roles, settings, tables
from risk.store.database import Database

_SPEC = importlib.util.spec_from_file_location("serving_port", Path(__file__).parents[1] / "serving_port.py")
serving_port: Any = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(serving_port)

WORD = "a word that is long"
CLOSED = ("access", "margins", "holds", "ledger", "admin", "model", "upkeep", "accounts")


@pytest.mark.slow
def test_an_officer_types_addresses_of_other_roles(
    scored_port: Callable[..., Any], watched: Callable[..., Any], signed_in: Callable[..., None]
) -> None:
    port = scored_port(ana="officer")
    page = watched(port).page()
    signed_in(page, port.url, "ana")
    expect(page.get_by_text("Sign out")).to_be_visible()
    for name in CLOSED:
        page.goto(f"{port.url}/{name}?id=3&user=1&hours=720")
        expect(page.locator("footer.wildcargo-foot")).to_be_visible()
        for title in (
            "Access",
            "Margins",
            "Legal holds",
            "Ledger",
            "Settings",
            "Model",
            "Keeping and backup",
        ):
            expect(page.get_by_role("heading", name=title, exact=True)).to_have_count(0)
    database = Database(port.data / "port.db")
    with database.read() as connection:
        kinds = {row.kind for row in connection.execute(tables.ledger.select())}
    database.close()
    assert "margins" not in kinds


@pytest.fixture
def drilled(tmp_path: Path) -> Any:
    call = ["--data", str(tmp_path / "port"), "--per-day", "120", "--hidden", "0.05", "--seed", "3"]
    done = CliRunner().invoke(cli, ["drill", *call], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    database = Database(tmp_path / "port" / "port.db")
    with database.write() as connection:
        for login, role in (("ana", "officer"), ("chi", "supervisor")):
            given = {"password": WORD, "must_change": False}
            people.add(connection, login, role, at=place.clock(), actor="system", **given)
    database.close()
    port = serving_port.Served(tmp_path)
    port.until()
    yield port
    port.end(signal.SIGTERM)


@pytest.mark.slow
def test_a_drill_from_its_start_to_its_debrief(
    drilled: Any, watched: Callable[..., Any], signed_in: Callable[..., None]
) -> None:
    from risk.store import decisions

    database = Database(drilled.data / "port.db")
    with database.read() as connection:
        now = settings.moment(settings.current(connection), place.clock())
        frame = day.rows(connection, now, at=place.clock())
        answers = drill.read(drilled.data, drills.answers_digest(connection))
    mine = frame[frame["bill"].isin(list(answers.hidden))].iloc[0]
    officer = watched(drilled, viewport={"width": 820, "height": 1180}).page()
    signed_in(officer, drilled.url, "ana", "/debrief")
    expect(officer.get_by_role("heading", name="Debrief", exact=True)).to_be_visible()
    expect(officer.get_by_text("DRILL: a simulated day")).to_be_visible()
    expect(officer.get_by_text("0 shipments opened so far")).to_be_visible()
    expect(officer.get_by_text("A supervisor ends the drill.")).to_be_visible()
    person = roles.Person(1, "ana", "", "officer", "en")
    with database.write() as connection:
        for step in ("selected", "hold_asked", "located", "presented", "opened"):
            decisions.step(connection, int(mine["shipment_id"]), step, person, at=place.clock())
    officer.reload()
    expect(officer.get_by_text("1 shipment opened so far")).to_be_visible()
    expect(officer.get_by_text(str(mine["bill"]))).to_have_count(0)

    page = watched(drilled).page()
    signed_in(page, drilled.url, "chi", "/debrief")
    page.get_by_text("Everybody is done").click()
    page.get_by_role("button", name="End the drill").click()
    expect(page.get_by_text("Something was hidden in")).to_be_visible()
    expect(page.get_by_role("cell", name="By the team").first).to_be_visible()
    expect(page.get_by_role("link", name=str(mine["bill"])).first).to_be_visible()
    officer.reload()
    expect(officer.get_by_role("link", name=str(mine["bill"])).first).to_be_visible()
    database.close()
