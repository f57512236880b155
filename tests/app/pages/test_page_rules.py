"""The page of local rules: tried, added, changed, ended, and marked where they cannot be read."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from app import place
from risk.condition_fields import FIELDS
from risk.store import local_rules, roles
from risk.store.local_rules import NewRule

Open = Callable[..., AppTest]
Said = Callable[[AppTest], str]
Press = Callable[[AppTest, str], AppTest]

NOW = pd.Timestamp("2025-01-06T04:00")
HOSTILE = "<script>alert(1)</script> **b** [a](http://x) :red[r] \u202e " + "w" * 90


@pytest.fixture
def kept(port: place.Place, account: Callable[..., int]) -> Callable[..., int]:
    """Keep a rule as somebody who may."""
    known: list[roles.Person] = []

    def add(condition: str = "goods has live or goods has fish", **given: str) -> int:
        if not known:
            known.append(roles.Person(account("keeper", "analyst"), "keeper", "", "analyst", "en"))
        texts = {"name": "Air bones", "reason": "Ask for the permit", **given}
        new = NewRule(texts["name"], condition, texts["reason"], 30, NOW - pd.Timedelta(days=9))
        with port.database.write() as connection:
            return local_rules.add(connection, new, known[0], now=NOW, at=place.clock()).id

    return add


def rules(port: place.Place) -> list[local_rules.Rule]:
    with port.database.read() as connection:
        return local_rules.listed(connection, at=NOW)


def fill(app: AppTest, condition: str, name: str = "Mine", reason: str = "why") -> None:
    next(each for each in app.text_input if each.label == "Name").set_value(name)
    areas = {each.label: each for each in app.text_area}
    areas["Condition"].set_value(condition)
    areas["Why: officers read it beside the shipment"].set_value(reason)


def test_a_rule_is_tried_then_added(port: place.Place, open_page: Open, said: Said, press: Press) -> None:
    app = open_page("rules", role="supervisor")
    fill(app, "mode=air AND hs starts 05")
    app = press(app, "Try it on the last days")
    assert "of 300 shipments, spread over the latest" in said(app)
    assert rules(port) == []
    app = press(app, "Add it")
    assert not app.exception
    (rule,) = rules(port)
    assert (rule.new.condition, rule.new.floor) == ("mode = air and hs starts 05", 50)
    assert "1 rule" in said(app)


@pytest.mark.parametrize("button", ["Add it", "Try it on the last days"])
def test_a_condition_is_marked_where_it_is_wrong(
    port: place.Place, open_page: Open, said: Said, press: Press, button: str
) -> None:
    app = open_page("rules", role="analyst")
    fill(app, "mode = air and <b>orign = CM")
    told = said(press(app, button))
    assert "The condition cannot be read at the mark" in told
    fill(app, "goods has x and orign = CM")
    told = said(press(app, button))
    assert ">orign</mark>" in told
    assert "did you mean origin" in told
    fill(app, "mode = air and")
    told = said(press(app, button))
    assert "▲" in told
    assert "<b>" not in told
    assert rules(port) == []


@pytest.mark.parametrize(
    "condition", ["", "x" * 1_000_000, "(" * 5_000, HOSTILE, '"', "mode = air", "not " * 600 + "mode = air"]
)
def test_whatever_is_written_ends_in_a_sentence(
    port: place.Place, open_page: Open, said: Said, press: Press, condition: str
) -> None:
    app = open_page("rules", role="analyst")
    fill(app, condition, name="", reason=HOSTILE)
    app = press(app, "Add it")
    assert not app.exception
    assert len(app.error) == 1
    assert "<script>alert" not in said(app)
    assert len(said(app)) < 100_000
    assert rules(port) == []


def test_a_rule_is_changed_and_ended(
    port: place.Place, open_page: Open, said: Said, press: Press, kept: Callable[..., int]
) -> None:
    number = kept(name=HOSTILE, reason=HOSTILE)
    app = open_page("rules", role="analyst", rule=str(number))
    assert not app.exception
    assert "/shipment?id=" in said(app)
    assert "<script>alert" not in said(app)
    fill(app, "goods has live", name="Narrower")
    app = press(app, "Keep the change")
    (rule,) = rules(port)
    assert (rule.new.name, rule.replaces_id) == ("Narrower", number)
    app = press(app, "End it now")
    assert "The rule has ended" in said(app)
    assert rules(port) == []
    told = said(open_page("rules", role="analyst", ended="1"))
    assert "2 rules" in told
    assert "<script>alert" not in told


def test_who_reads_changes_nothing(open_page: Open, said: Said, kept: Callable[..., int]) -> None:
    number = kept()
    for asked in ({}, {"rule": str(number)}):
        app = open_page("rules", role="officer", **asked)
        assert "Ask for the permit" in said(app)
        assert not [each for each in app.button if each.label in ("Add it", "Keep the change", "End it now")]
    for hostile in ("", "77", "-1", "<script>"):
        told = said(open_page("rules", role="officer", rule=hostile))
        assert "There is no such rule." in told
        assert "<script>" not in told


def test_every_field_is_explained(open_page: Open, said: Said) -> None:
    told = said(open_page("rules", role="analyst"))
    for field in FIELDS.values():
        assert f">{field.name}</bdi>" in told
