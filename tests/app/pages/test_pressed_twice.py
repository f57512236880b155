"""A double click does what one click does, and what it did is told; a refused press empties no form."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from app import drafts, place
from risk.store import decided, decisions, jobs, people, settings, tables, uploads
from risk.store.database import Busy

Open = Callable[..., AppTest]
Said = Callable[[AppTest], str]
Press = Callable[[AppTest, str], AppTest]

ODD = (
    "Ref;Was drin ist;Kunde;Kilo\n" + "".join(f"R-{n};fish {n};Kunde {n};{n}\n" for n in range(1, 9))
).encode()


@pytest.fixture(autouse=True)
def _no_drafts() -> Iterator[None]:
    drafts._drafts.clear()
    yield
    drafts._drafts.clear()


def busy(*_given: object, **_named: object) -> None:
    raise Busy("the database is busy")


def kinds(port: place.Place, kind: str) -> int:
    wanted = sa.select(sa.func.count()).where(tables.ledger.c.kind == kind)
    with port.database.read() as connection:
        return int(connection.execute(wanted).scalar_one())


def field(found: Any, label: str) -> Any:
    return next(each for each in found if each.label == label)


# --- notes --------------------------------------------------------------------------------------


def test_a_note_is_kept_once(
    pressed_twice: None, open_page: Open, press: Press, said: Said, port: place.Place
) -> None:
    app = open_page("shipment", id="7")
    app.text_area[0].set_value("seal torn")
    press(app, "Add the note")
    assert not app.exception
    assert kinds(port, "note") == 1
    assert "Write something first." not in said(app)
    assert app.text_area[0].value == ""


def test_a_note_that_was_refused_stays_typed(
    open_page: Open, press: Press, said: Said, monkeypatch: pytest.MonkeyPatch, port: place.Place
) -> None:
    app = open_page("shipment", id="7")
    app.text_area[0].set_value("seal torn")
    with monkeypatch.context() as patched:
        patched.setattr(decisions, "note", busy)
        press(app, "Add the note")
    assert "The database is busy" in said(app)
    assert app.text_area[0].value == "seal torn"
    press(app, "Add the note")
    assert kinds(port, "note") == 1


def test_what_is_typed_for_one_shipment_is_not_sent_with_another(open_page: Open) -> None:
    one, other = (open_page("shipment", id=each).text_area[0].proto for each in ("7", "8"))
    assert one.id != other.id


# --- outcomes and lists ---------------------------------------------------------------------------


def test_an_outcome_is_kept_once_and_told(
    pressed_twice: None, open_page: Open, press: Press, said: Said, port: place.Place
) -> None:
    app = open_page("outcome", id="7")
    for label, codes in (("How was it inspected?", "full"), ("What was found?", ["other_offence"])):
        field(app.get("button_group"), label).set_value(codes)
        app.run()
    press(app, "Save the outcome")
    assert not app.exception
    assert "Kept as outcome 1." in said(app)
    assert not app.error
    with port.database.read() as connection:
        assert len(decided.outcomes_of(connection, 7)) == 1


def test_a_page_is_turned_once(pressed_twice: None, open_page: Open, press: Press) -> None:
    app = open_page("today")
    press(app, "Further")
    assert app.query_params["page"] in ("2", ["2"])


def test_a_list_published_is_told(
    pressed_twice: None, open_page: Open, press: Press, said: Said, port: place.Place
) -> None:
    with port.database.write() as connection:
        settings.change(connection, {"capacity": "sea=4,air=6"}, at=place.clock(), actor="system")
    app = open_page("today", "chi", "supervisor")
    app.toggle(key="today-capacity").set_value(True).run()
    press(app, "Publish")
    # Where the first button was stands the one that changes nothing.
    left, right = (each for each in app.button if each.key in ("publish-not", "publish-now"))
    assert (left.key, right.key) == ("publish-not", "publish-now")
    press(app, "Publish it now")
    assert "List 1 is published." in said(app)
    assert kinds(port, "list.published") == 1


# --- files --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("label", "loads"), [("Load it so", 1), ("Leave this file out", 0)])
def test_what_is_done_with_one_table_is_not_done_with_the_next(
    pressed_twice: None, open_page: Open, press: Press, said: Said, port: place.Place, label: str, loads: int
) -> None:
    app = open_page("load")
    tables_ = [(f"{name}.csv", ODD.replace(b"R-", name.encode()), "text/csv") for name in ("one", "two")]
    app.get("file_uploader")[0].set_value(tables_)
    press(app, "Load")
    assert "What do the columns of one\\.csv hold?" in said(app)
    for column, holds in (("Ref", "shipment_id"), ("Was drin ist", "goods_description")):
        field(app.selectbox, f"What {column} holds").select(holds)
    app.run()
    press(app, label)
    assert not app.exception
    assert "What do the columns of two\\.csv hold?" in said(app)
    with port.database.read() as connection:
        assert len(jobs.latest(connection, kind="load")) == 1 + loads


def test_files_that_were_refused_stay_in_their_field(
    open_page: Open, press: Press, said: Said, monkeypatch: pytest.MonkeyPatch, port: place.Place
) -> None:
    app = open_page("load")
    app.get("file_uploader")[0].set_value(
        [("day.csv", b"shipment_id,goods_description\nA,fish\n", "text/csv")]
    )
    with monkeypatch.context() as patched:
        patched.setattr(uploads, "load", busy)
        press(app, "Load")
    assert "The database is busy" in said(app)
    press(app, "Load")
    with port.database.read() as connection:
        assert jobs.latest(connection)[0].asked["files"][0]["name"] == "day.csv"
    press(app, "Load")
    assert "Choose files first." in said(app)


# --- administrators -------------------------------------------------------------------------------


def test_an_account_is_made_once_and_its_password_told(
    pressed_twice: None, open_page: Open, press: Press, port: place.Place
) -> None:
    app = open_page("accounts", "root", "admin")
    field(app.text_input, "Login").input("bo")
    press(app, "Make the account")
    assert not app.error
    (word,) = [each.value for each in app.code]
    checked = people.check(port.database, "bo", word)
    with port.database.write() as connection:
        assert people.sign_in(connection, checked, at=place.clock()) is not None


def test_an_account_that_was_refused_stays_typed(open_page: Open, press: Press, said: Said) -> None:
    app = open_page("accounts", "root", "admin")
    field(app.text_input, "Login").input("root")
    field(app.text_input, "Name").input("A long name")
    press(app, "Make the account")
    assert app.error
    assert field(app.text_input, "Name").value == "A long name"


def test_a_job_is_asked_for_once(
    pressed_twice: None, open_page: Open, press: Press, port: place.Place
) -> None:
    app = open_page("upkeep", "root", "admin")
    press(app, "Back up now")
    with port.database.read() as connection:
        assert [each.kind for each in jobs.latest(connection)].count("backup") == 1


# --- sessions that ended --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("page", "label", "button"),
    [
        ("outcome", "Remark", "Save the outcome"),
        ("override", "Remark", "Save it"),
        ("shipment", "Your note", "Add the note"),
    ],
)
def test_what_was_typed_when_the_session_had_ended_is_there_when_one_is_back(
    open_page: Open,
    press: Press,
    said: Said,
    monkeypatch: pytest.MonkeyPatch,
    page: str,
    label: str,
    button: str,
) -> None:
    app = open_page(page, id="7")
    for asked, codes in (
        ("How was it inspected?", "full"),
        ("What was found?", ["clean"]),
        ("Up or down?", "raise"),
    ):
        for each in [each for each in app.get("button_group") if each.label == asked]:
            each.set_value(codes)
            app.run()
    field(app.text_area, label).set_value("two crates behind the fish")
    monkeypatch.setattr("app.session.token", lambda: "")
    press(app, button)
    assert "You are not signed in" in said(app)
    other = open_page(page, "ben", id="7")
    assert all(each.value != "two crates behind the fish" for each in other.text_area)
    back = open_page(page, "ana", id="7")
    assert not back.exception
    assert field(back.text_area, label).value == "two crates behind the fish"
    press(back, button)
    assert not back.exception
    assert "two crates behind the fish" in said(open_page("shipment", "ana", id="7")) or page == "override"
