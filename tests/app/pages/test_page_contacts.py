"""The page of contacts: whom to call, and for what nobody is named."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from app import place
from risk.store import contacts
from risk.store.roles import ROLES

Open = Callable[..., AppTest]
Said = Callable[[AppTest], str]
Press = Callable[[AppTest, str], AppTest]

HOSTILE = "<script>alert(1)</script> **b** [a](http://x) :red[r] \u202e " + "w" * 90


def listed(port: place.Place) -> list[contacts.Contact]:
    with port.database.read() as connection:
        return [each for found in contacts.by_topic(connection).values() for each in found]


def fill(app: AppTest, **texts: str) -> None:
    labels = {"name": "Whom: name or office", "phone": "Telephone number", "hours": "When they answer"}
    for name, label in labels.items():
        if name in texts:
            next(each for each in app.text_input if each.label == label).set_value(texts[name])
    app.selectbox[0].set_value(texts.get("topic", "vet"))


@pytest.mark.parametrize("role", ROLES)
def test_everybody_reads_whom_to_call(
    port: place.Place, open_page: Open, said: Said, press: Press, role: str
) -> None:
    app = open_page("contacts", login="una", role="analyst")
    assert "Nobody is named yet for" in said(app)
    assert "Veterinarian" in app.warning[0].value
    fill(app, name="Dr Phan", phone="+84 24 3555", hours="day and night")
    app = press(app, "Add the contact")
    assert not app.exception
    app = open_page("contacts", login=role, role=role)
    assert "Dr Phan" in said(app)
    assert "Veterinarian" not in app.warning[0].value
    may = role in ("supervisor", "analyst", "admin")
    assert any(each.label == "Add the contact" for each in app.button) == may
    number = str(listed(port)[0].id)
    app = open_page("contacts", login=role, role=role, contact=number)
    assert any(each.label == "Take it off now" for each in app.button) == may


def test_a_contact_is_changed_and_taken_off(
    port: place.Place, open_page: Open, said: Said, press: Press
) -> None:
    app = open_page("contacts", role="admin")
    fill(app, name=HOSTILE, phone="112")
    app = press(app, "Add the contact")
    (first,) = listed(port)
    app = open_page("contacts", role="admin", contact=str(first.id))
    assert not app.exception
    assert "<script>alert" not in said(app)
    fill(app, name="Night desk", topic="airline")
    app = press(app, "Keep the change")
    (second,) = listed(port)
    assert (second.name, second.topic, second.phone) == ("Night desk", "airline", "112")
    stale = open_page("contacts", role="admin", contact=str(first.id))
    assert "no such contact any more" in said(stale)
    app = press(open_page("contacts", role="admin", contact=str(second.id)), "Take it off now")
    assert listed(port) == []
    assert "Taken off the list" in said(app).replace("\\", "")


def test_what_cannot_be_kept_is_told(port: place.Place, open_page: Open, press: Press) -> None:
    app = open_page("contacts", role="supervisor")
    for texts, why in (({}, "say who it is"), ({"name": "x"}, "how they are reached")):
        fill(app, **texts)
        app = press(app, "Add the contact")
        assert not app.exception
        assert why in app.error[0].value
    fill(app, name="x", phone="y" * 1_000_000)
    assert "expected a telephone number" in press(app, "Add the contact").error[0].value
    assert listed(port) == []


@pytest.mark.parametrize("asked", ["", "x", "-1", "999", "<script>"])
def test_a_hostile_number_is_no_contact(open_page: Open, said: Said, asked: str) -> None:
    app = open_page("contacts", role="analyst", contact=asked)
    assert not app.exception
    assert "no such contact" in said(app)
    assert "<script>" not in said(app)
