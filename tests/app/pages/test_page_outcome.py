"""The page of an outcome: steps, notice, questions, corrections, and what happens when two send at once."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from PIL import Image
from streamlit.testing.v1 import AppTest

from app import drafts, place
from risk.store import contacts, decided, decisions, ledger, roles, tables
from risk.store.database import Busy
from risk.store.roles import Person

HOSTILE = "<script>alert(1)</script> **bold** =HYPERLINK(1) \u202egnp.exe " + "W" * 300


@pytest.fixture(autouse=True)
def _no_drafts() -> Iterator[None]:
    drafts._drafts.clear()
    yield
    drafts._drafts.clear()


@pytest.fixture
def shipment(port: place.Place) -> int:
    with port.database.read() as connection:
        return connection.execute(sa.select(sa.func.min(tables.shipments.c.id))).scalar()


@pytest.fixture
def opened(open_page: Callable[..., AppTest], shipment: int) -> Callable[..., AppTest]:
    def make(login: str = "ana", role: str = "officer", **query: str) -> AppTest:
        app = open_page("outcome", login, role, **{"id": str(shipment), **query})
        assert not app.exception, app.exception
        return app

    return make


def asked(app: AppTest) -> list[str]:
    return [each.label for each in app.get("button_group")]


MANY = ("What was found?", "Tap what it is; tap again to take it back")


def tap(app: AppTest, label: str, *codes: str) -> AppTest:
    """Choose answers of a question by their codes."""
    found = next(each for each in app.get("button_group") if each.label == label)
    found.set_value(list(codes) if label in MANY else codes[0])
    app.run()
    assert not app.exception, app.exception
    return app


def kept(port: place.Place, shipment: int) -> list[Any]:
    with port.database.read() as connection:
        assert ledger.verify(connection).holds
        return decided.outcomes_of(connection, shipment)


def photo() -> bytes:
    held = io.BytesIO()
    Image.new("RGB", (30, 20), (9, 90, 9)).save(held, "JPEG")
    return held.getvalue()


@pytest.mark.parametrize("number", ["", "0", "999999", "-1", "1e3", "٣", "<b>", "9" * 400, "1;drop"])
def test_a_number_that_is_no_shipment_is_told(
    number: str, open_page: Callable[..., AppTest], said: Callable[[AppTest], str]
) -> None:
    for page in ("outcome", "override"):
        app = open_page(page, id=number)
        assert not app.exception
        assert "There is no such shipment" in said(app)
        assert not app.button


def test_a_look_is_on_record_once(opened: Callable[..., AppTest], port: place.Place, shipment: int) -> None:
    opened().run()
    with port.database.read() as connection:
        wanted = sa.select(sa.func.count()).where(
            tables.ledger.c.kind == "view", tables.ledger.c.subject == f"shipment:{shipment}"
        )
        assert connection.execute(wanted).scalar() == 1


def test_a_shipment_goes_its_way_and_what_does_not_follow_is_no_choice(
    opened: Callable[..., AppTest], press: Callable[..., AppTest], port: place.Place, shipment: int
) -> None:
    app = opened()
    for step in ("Hold asked for", "Presented"):
        press(app, step)
    labels = {each.label: each.disabled for each in app.button}
    assert labels["Presented ✓"] is False
    assert labels["Located"] is True
    assert labels["Opened"] is False
    press(app, "Presented ✓")
    with port.database.read() as connection:
        assert [row.step for row in decided.steps_of(connection, shipment)] == ["hold_asked", "presented"]


def test_somebody_elses_claim_is_told(
    opened: Callable[..., AppTest],
    account: Callable[..., int],
    port: place.Place,
    shipment: int,
    said: Callable[[AppTest], str],
) -> None:
    ben = Person(account("ben"), "ben", "", "officer", "en")
    with port.database.write() as connection:
        decisions.claim(connection, shipment, ben, at=place.clock(), minutes=30)
    assert "ben works on this shipment" in said(opened())
    with port.database.write() as connection:
        decisions.release(connection, shipment, ben, at=place.clock())
    assert "works on this shipment" not in said(opened())


def test_a_notice_is_made_when_asked_for_and_tells_no_reason(
    opened: Callable[..., AppTest], press: Callable[..., AppTest]
) -> None:
    app = opened()
    assert not app.get("download_button")
    press(app, "Make the hold notice")
    assert not app.exception, app.exception
    assert len(app.get("download_button")) == 1


# --- the first outcome ----------------------------------------------------------------------


def test_only_what_applies_is_asked(opened: Callable[..., AppTest]) -> None:
    app = opened()
    assert asked(app) == ["How was it inspected?"]
    tap(app, "How was it inspected?", "not_inspected")
    assert asked(app) == ["How was it inspected?", "Why not?"]
    tap(app, "How was it inspected?", "scan")
    assert asked(app) == ["How was it inspected?", "What was found?"]
    tap(app, "What was found?", "wildlife_products")
    assert "Alive" not in [each.label for each in app.number_input]
    assert {"Valid permit", "Where in the load", "How certain is it?"} <= set(asked(app))
    tap(app, "What was found?", "wildlife_products", "live_animals")
    assert "Alive" in [each.label for each in app.number_input]
    tap(app, "What was found?", "clean", "wildlife_products", "live_animals")
    assert asked(app) == ["How was it inspected?", "What was found?"]


def test_not_inspected_is_never_clean(
    opened: Callable[..., AppTest],
    press: Callable[..., AppTest],
    port: place.Place,
    shipment: int,
    said: Callable[[AppTest], str],
) -> None:
    app = opened()
    tap(app, "How was it inspected?", "full")
    tap(app, "What was found?", "clean")
    tap(app, "How was it inspected?", "not_inspected")
    press(app, "Save the outcome")
    assert "Choose why it was not inspected." in said(app)
    assert kept(port, shipment) == []
    tap(app, "Why not?", "no_staff")
    press(app, "Save the outcome")
    (row,) = kept(port, shipment)
    assert (row.inspection, row.why_not, row.found, row.inspected_at) == (
        "not_inspected",
        "no_staff",
        [],
        None,
    )
    told = said(app)
    assert "what is inside is not known" in told
    assert "clean" not in told.replace("cleared", "")


def test_what_is_missing_is_said_where_it_is_asked(
    opened: Callable[..., AppTest], press: Callable[..., AppTest], port: place.Place, shipment: int
) -> None:
    app = press(opened(), "Save the outcome")
    assert [each.value for each in app.error] == ["Choose how it was inspected, or that it was not."]
    tap(app, "How was it inspected?", "dog")
    assert [each.value for each in app.error] == ["Choose what was found, or that nothing was."]
    tap(app, "What was found?", "live_animals")
    assert not app.error
    for label, value in (("Pieces", 3), ("Alive", 4)):
        next(each for each in app.number_input if each.label == label).set_value(value).run()
    press(app, "Save the outcome")
    assert [each.value for each in app.error] == ["Alive: no more than there are."]
    assert kept(port, shipment) == []


def test_a_live_find_is_entered_and_what_to_do_shows_at_once(
    opened: Callable[..., AppTest],
    press: Callable[..., AppTest],
    port: place.Place,
    shipment: int,
    account: Callable[..., int],
    said: Callable[[AppTest], str],
) -> None:
    chi = Person(account("chi", "supervisor"), "chi", "", "supervisor", "en")
    with port.database.write() as connection:
        vet = contacts.Contact("vet", f"Dr {HOSTILE}"[:150], "+852 (5)555-1234", note="<b>x</b>")
        contacts.add(connection, vet, chi, at=place.clock())
    app = opened()
    tap(app, "How was it inspected?", "full")
    tap(app, "What was found?", "live_animals")
    told = said(app)
    assert "Do not reach in with bare hands" in told
    assert "Not known what it is: gloves, gown" in told
    assert 'href="tel:+85255551234"' in told
    assert "<script>" not in told
    next(each for each in app.text_input if each.label.startswith("Which animals")).set_value("tê tê").run()
    tap(app, "Tap what it is; tap again to take it back", "Manidae")
    assert "Pangolins: gloves and mask" in said(app)
    for label, value in (("Pieces", 12), ("Alive", 9), ("Weight (kg)", 31.5)):
        next(each for each in app.number_input if each.label == label).set_value(value).run()
    tap(app, "Where in the load", "walls")
    app.text_area[0].set_value(HOSTILE).run()
    app.text_input(key=f"outcome:{shipment}:0:evidence_reference").set_value(HOSTILE[:100]).run()
    press(app, "Save the outcome")
    (row,) = kept(port, shipment)
    assert (row.found, row.taxa, row.pieces, row.alive, row.kg) == (
        ["live_animals"],
        ["Manidae"],
        12,
        9,
        31.5,
    )
    assert row.where_in_load == "walls"
    told = said(app)
    assert "A find" in told
    assert "Call, in this order" in told
    assert "<script>" not in told
    assert "&lt;script&gt;" in told
    assert "\u202e" not in told


def test_a_second_press_and_a_lost_answer_write_once(
    opened: Callable[..., AppTest], press: Callable[..., AppTest], port: place.Place, shipment: int
) -> None:
    app, other = opened(), opened("ana")
    for each in (app, other):
        tap(each, "How was it inspected?", "scan")
        tap(each, "What was found?", "clean")
    press(app, "Save the outcome")
    # The same person's second tablet, or the same click sent again: the form it was drawn with is no more.
    other.run()
    assert [each.label for each in other.button if each.label == "Save the outcome"] == []
    assert len(kept(port, shipment)) == 1


def test_answers_survive_a_page_loaded_again(
    opened: Callable[..., AppTest], press: Callable[..., AppTest], port: place.Place, shipment: int
) -> None:
    app = opened()
    tap(app, "How was it inspected?", "partial")
    tap(app, "What was found?", "wildlife_products")
    app.text_area[0].set_value("under the <tiles>").run()
    again = opened()
    assert again.text_area[0].value == "under the <tiles>"
    assert "Where in the load" in asked(again)
    press(again, "Save the outcome")
    assert kept(port, shipment)[0].remark == "under the <tiles>"
    assert drafts._drafts == {}


def test_answers_on_their_way_are_nobody_elses(opened: Callable[..., AppTest]) -> None:
    tap(opened(), "How was it inspected?", "partial")
    assert asked(opened("ben")) == ["How was it inspected?"]


def test_who_begins_again_begins_with_nothing(
    opened: Callable[..., AppTest], press: Callable[..., AppTest]
) -> None:
    tap(opened(), "How was it inspected?", "partial")
    app = opened()
    press(app, "Begin again")
    assert asked(app) == ["How was it inspected?"]


# --- corrections ----------------------------------------------------------------------------


@pytest.fixture
def entered(
    opened: Callable[..., AppTest], press: Callable[..., AppTest], port: place.Place, shipment: int
) -> int:
    app = opened()
    tap(app, "How was it inspected?", "full")
    tap(app, "What was found?", "wildlife_products")
    press(app, "Save the outcome")
    return int(kept(port, shipment)[0].id)


def test_a_correction_keeps_the_old_one(
    entered: int,
    opened: Callable[..., AppTest],
    press: Callable[..., AppTest],
    port: place.Place,
    shipment: int,
    said: Callable[[AppTest], str],
) -> None:
    app = opened("ben")
    press(app, "Correct it")
    assert "kept beside what was entered before" in said(app)
    tap(app, "How certain is it?", "overturned")
    press(app, "Save the correction")
    first, second = kept(port, shipment)
    assert (first.status, first.current, first.login) == ("provisional", False, "ana")
    assert (second.status, second.current, second.login) == ("overturned", True, "ben")
    assert second.replaces_id == first.id == entered
    assert second.inspected_at == first.inspected_at
    told = said(app)
    assert "Overturned: the find did not hold" in told
    assert [each.label for each in app.expander if "earlier" in each.label] == [
        "1 earlier outcome, corrected"
    ]
    assert "First steps" not in told


def test_of_two_corrections_at_once_the_second_hears_of_the_first_and_loses_nothing(
    entered: int,
    opened: Callable[..., AppTest],
    press: Callable[..., AppTest],
    port: place.Place,
    shipment: int,
    said: Callable[[AppTest], str],
) -> None:
    slow = opened("ana", correct=str(entered))
    tap(slow, "What was found?", "live_animals")
    quick = opened("ben", correct=str(entered))
    tap(quick, "What was found?", "other_offence")
    press(quick, "Save the correction")
    assert len(kept(port, shipment)) == 2
    slow = opened("ana", correct=str(entered))
    assert "Somebody else entered this outcome meanwhile" in said(slow)
    assert kept(port, shipment)[-1].login == "ben"
    press(slow, "Correct it")
    press(slow, "Save the correction")
    rows = kept(port, shipment)
    assert [row.found for row in rows] == [["wildlife_products"], ["other_offence"], ["live_animals"]]
    assert [row.current for row in rows] == [False, False, True]
    assert rows[2].replaces_id == rows[1].id


def test_who_leaves_a_correction_changes_nothing(
    entered: int,
    opened: Callable[..., AppTest],
    press: Callable[..., AppTest],
    port: place.Place,
    shipment: int,
) -> None:
    app = opened(correct=str(entered))
    tap(app, "How was it inspected?", "not_inspected")
    press(app, "Leave it as it is")
    assert len(kept(port, shipment)) == 1
    assert "Correct it" in [each.label for each in app.button]
    press(app, "Correct it")
    assert "What was found?" in asked(app)


# --- photos ---------------------------------------------------------------------------------


def photos(port: place.Place) -> list[bytes]:
    with port.database.read() as connection:
        return list(connection.execute(sa.select(tables.photos.c.content)).scalars())


def test_photos_are_kept_with_the_outcome_or_nothing_is(
    opened: Callable[..., AppTest],
    press: Callable[..., AppTest],
    port: place.Place,
    shipment: int,
    said: Callable[[AppTest], str],
) -> None:
    app = opened()
    tap(app, "How was it inspected?", "full")
    tap(app, "What was found?", "wildlife_products")
    files = app.get("file_uploader")[0]
    files.set_value([("a.jpg", photo(), "image/jpeg"), ("b.jpg", b"<script>", "image/jpeg")])
    press(app, "Save the outcome")
    assert "A photo must be a whole JPEG or PNG" in said(app)
    assert kept(port, shipment) == []
    assert photos(port) == []
    app.get("file_uploader")[0].set_value(
        [("a.jpg", photo(), "image/jpeg"), ("c.jpg", photo(), "image/jpeg")]
    )
    press(app, "Save the outcome")
    assert len(kept(port, shipment)) == 1
    assert len(photos(port)) == 1
    assert [each.label for each in app.expander if "photo" in each.label] == ["1 photo"]
    app.toggle[0].set_value(True).run()
    assert not app.exception, app.exception


def test_more_photos_than_are_kept_at_once_are_refused_none_left_out_unseen(
    opened: Callable[..., AppTest],
    press: Callable[..., AppTest],
    port: place.Place,
    shipment: int,
    said: Callable[[AppTest], str],
) -> None:
    app = opened()
    tap(app, "How was it inspected?", "full")
    tap(app, "What was found?", "wildlife_products")
    told = "At once at most 10 photos are kept"
    many = [(f"{n}.jpg", photo(), "image/jpeg") for n in range(11)]
    app.get("file_uploader")[0].set_value(many)
    press(app, "Save the outcome")
    assert told in said(app)
    assert kept(port, shipment) == []
    app.get("file_uploader")[0].set_value(many[:10])
    press(app, "Save the outcome")
    assert told not in said(app)
    assert len(kept(port, shipment)) == 1
    app.get("file_uploader")[0].set_value(many)
    press(app, "Keep the photos")
    assert told in said(app)
    assert len(photos(port)) == 1


def test_photos_wait_for_the_button_that_sends_them(opened: Callable[..., AppTest]) -> None:
    # Browsers let nobody press a form's button while a file of the form is on its way.
    app = opened()
    tap(app, "How was it inspected?", "full")
    before = app.get("file_uploader")[0].proto
    save = next(each for each in app.button if each.label == "Save the outcome")
    assert before.form_id
    assert before.form_id == save.form_id
    for found in ("wildlife_products", "other_offence"):
        tap(app, "What was found?", found)
        app.get("button_group")[1].set_value([])
        app.run()
        assert app.get("file_uploader")[0].proto.id == before.id


def test_further_photos_stay_in_their_field_until_they_are_kept(
    opened: Callable[..., AppTest],
    press: Callable[..., AppTest],
    port: place.Place,
    monkeypatch: pytest.MonkeyPatch,
    said: Callable[[AppTest], str],
) -> None:
    app = opened()
    tap(app, "How was it inspected?", "full")
    tap(app, "What was found?", "clean")
    press(app, "Save the outcome")
    field = app.get("file_uploader")[0]
    field.set_value([("a.jpg", photo(), "image/jpeg")])
    with monkeypatch.context() as patched:
        patched.setattr("risk.store.inspections.add_photo", busy)
        press(app, "Keep the photos")
    assert "The database is busy" in said(app)
    assert app.get("file_uploader")[0].proto.id == field.proto.id
    press(app, "Keep the photos")
    assert len(photos(port)) == 1
    assert app.get("file_uploader")[0].proto.id != field.proto.id
    press(app, "Keep the photos")
    assert len(photos(port)) == 1


def busy(*_given: object, **_named: object) -> None:
    raise Busy("the database is busy")


def test_a_role_taken_away_meanwhile_writes_nothing(
    opened: Callable[..., AppTest],
    press: Callable[..., AppTest],
    port: place.Place,
    shipment: int,
    said: Callable[[AppTest], str],
) -> None:
    app = opened()
    tap(app, "How was it inspected?", "scan")
    tap(app, "What was found?", "clean")
    with port.database.write() as connection:
        number = connection.execute(
            sa.select(tables.users.c.id).where(tables.users.c.login == "ana")
        ).scalar()
        connection.execute(tables.users.update().where(tables.users.c.id == number).values(role="auditor"))
        assert roles.MAY["decide"] == {"officer", "supervisor"}
    press(app, "Save the outcome")
    assert "Your role does not allow this page" in said(app)
    assert kept(port, shipment) == []
