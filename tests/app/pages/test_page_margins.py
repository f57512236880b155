"""Margins and debrief: told to those who may, each look on record, answers only after the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app import place
from app.pages import seen_by
from risk import drill
from risk.drill import Answers
from risk.language import gettext
from risk.store import day, drills, holding, ledger, roles, settings, tables

Open = Callable[..., AppTest]
HOSTILE = "<script>alert(1)</script>*b*=1+1\u202e" + "W" * 70
LOOK = "Show it, and put my look on record"


def margins_on_record(port: place.Place) -> list[str]:
    with port.database.read() as connection:
        return [row.subject for row in ledger.latest(connection, 50, kind="margins")]


def look(app: AppTest, at: int) -> AppTest:
    [each for each in app.button if each.label == LOOK][at].click()
    return app.run()


def test_nothing_is_shown_or_recorded_before_one_says_so(
    open_page: Open, said: Any, port: place.Place
) -> None:
    app = open_page("margins", "lea", "analyst", id="3")
    assert "/shipment?id=" not in said(app)
    assert margins_on_record(port) == []
    assert app.text_input[0].value


def test_what_stands_below_the_line_is_shown_and_on_record(
    open_page: Open, said: Any, port: place.Place
) -> None:
    with port.database.write() as connection:
        settings.change(connection, {"capacity": "sea=5,air=5"}, at=place.clock(), actor="system")
        connection.execute(tables.versions.update().values(goods=HOSTILE))
    app = look(open_page("margins", "lea", "analyst"), 0)
    assert not app.exception
    told = said(app)
    assert told.count("/shipment?id=") == 20
    assert "&lt;script&gt;" in told
    assert "<script>" not in told
    assert margins_on_record(port) == ["day"]
    # The line's places have words of the language.
    assert told.count("Sea") >= 20
    app = open_page("margins", "lou", "analyst", language="fr")
    next(each for each in app.button if each.label == gettext(LOOK, "fr")).click()
    assert said(app.run()).count("Mer") >= 20


def test_without_a_line_that_is_said_and_the_look_stands(
    open_page: Open, said: Any, port: place.Place
) -> None:
    app = look(open_page("margins", "aud", "auditor"), 0)
    assert "There is no line" in said(app)
    assert margins_on_record(port) == ["day"]


def test_what_would_change_a_score_is_shown_and_on_record(
    open_page: Open, said: Any, port: place.Place
) -> None:
    with port.database.read() as connection:
        bill = holding.bill_of(connection, 7)
    app = open_page("margins", "lea", "analyst")
    app.text_input[0].set_value(bill)
    look(app, 1)
    assert not app.exception
    told = said(app)
    assert "Rank now" in told
    assert "What would put it lower" in told
    assert margins_on_record(port) == ["shipment:7"]
    app.text_input[0].set_value(HOSTILE)
    look(app, 1)
    assert "No shipment has this bill" in said(app)


def test_what_was_purged_tells_nothing(open_page: Open, said: Any, port: place.Place) -> None:
    with port.database.write() as connection:
        bill = holding.bill_of(connection, 7)
        connection.execute(tables.records.delete())
    app = open_page("margins", "lea", "analyst")
    app.text_input[0].set_value(bill)
    look(app, 1)
    assert "was purged" in said(app)


@pytest.fixture
def drilled(port: place.Place) -> list[str]:
    """The scored day as a drill in which the first and the last by rank hide something."""
    with port.database.write() as connection:
        settings.change(connection, {"drill": True, "sample": False}, at=place.clock(), actor="system")
        frame = day.rows(connection, settings.moment(port.chosen(), place.clock()), at=place.clock())
        bills = [str(frame["bill"].iloc[0]), str(frame["bill"].iloc[-1])]
        live = {"found": ["live_animals"], "taxon": HOSTILE, "kg": 1.5, "scheme": "s"}
        goods = {"found": ["wildlife_products"], "taxon": "ivory", "kg": 20.0, "scheme": "t"}
        digest = drill.keep(Answers(dict(zip(bills, (live, goods), strict=True)), {}), port.folder)
        drills.begin(connection, digest, at=place.clock())
        first = int(frame["shipment_id"].iloc[0])
        subject = f"shipment:{first}"
        ledger.append(
            connection, "step", at=place.clock(), actor="user:1", subject=subject, facts={"to": "opened"}
        )
    return bills


def test_answers_are_told_only_once_a_supervisor_ended_the_drill(
    open_page: Open, press: Any, said: Any, drilled: list[str]
) -> None:
    app = open_page("debrief", "ana", "officer")
    assert "1 shipment opened so far" in said(app)
    assert all(bill not in said(app) for bill in drilled)
    assert not app.button
    app = open_page("debrief", "chi", "supervisor")
    assert all(bill not in said(app) for bill in drilled)
    button = next(each for each in app.button if each.label.startswith("End the drill"))
    assert button.disabled
    app.checkbox[0].check().run()
    press(app, "End the drill and show the answers")
    told = said(app)
    assert all(bill in told for bill in drilled)
    assert "Missed" in told
    assert "By the team" in told
    assert "&lt;script&gt;" in told
    assert "<script>" not in told
    assert "Something was hidden in 2 shipments of 300" in told
    assert drilled[1] in said(open_page("debrief", "ana"))


def test_answers_that_are_gone_are_said(
    open_page: Open, said: Any, drilled: list[str], port: place.Place, account: Callable[..., int]
) -> None:
    chi = roles.Person(account("chi", "supervisor"), "chi", "", "supervisor", "en")
    with port.database.write() as connection:
        drills.end(connection, chi, at=place.clock())
    (port.folder / drill.FILE).write_bytes(b"other")
    app = open_page("debrief", "ana", "officer")
    assert not app.exception
    assert "not those the drill began with" in said(app)


def test_only_a_drill_has_a_debrief(open_page: Open, said: Any) -> None:
    ana = roles.Person(1, "ana", "", "officer", "en")
    assert "debrief" not in [page.name for page in seen_by(ana)]
    assert "debrief" in [page.name for page in seen_by(ana, drill=True)]
    assert "This is no drill." in said(open_page("debrief", "ana", "officer"))
