"""An outcome's questions and answers as data: any answers are stored, or say which is wrong."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import drafts, place
from app.views import live_find
from app.views import outcome as view
from risk import first_response, taxa
from risk.store import contacts, decided, inspections, ledger, tables
from risk.store.roles import Person

NOW = pd.Timestamp("2026-11-22 04:00")
KEY = b"k" * 32
_REQUESTS = count()

#: What a form may hold, what is left from other answers included.
ANSWERS = st.fixed_dictionaries(
    {},
    optional={
        "inspection": st.sampled_from(("", *inspections.INSPECTIONS)),
        "why_not": st.sampled_from(("", *inspections.WHY_NOT)),
        "found": st.lists(st.sampled_from(inspections.FOUND), unique=True, max_size=4),
        "status": st.sampled_from(("", *inspections.STATUSES)),
        "permit_valid": st.sampled_from(("", "yes", "no")),
        "taxa": st.lists(st.sampled_from(("Manidae", "Nasua nasua", "<script>")), max_size=3),
        "where_in_load": st.sampled_from(("", *inspections.WHERE)),
        "pieces": st.none() | st.integers(-2, 10**9 + 2),
        "alive": st.none() | st.integers(-2, 40),
        "kg": st.none() | st.floats(-1, 2e8) | st.just(float("nan")),
        "evidence_reference": st.text(max_size=200),
        "inspected_at": st.none() | st.sampled_from((NOW - pd.Timedelta(days=2), NOW + pd.Timedelta(days=1))),
        "remark": st.text(max_size=50),
        "request": st.just("r"),
    },
)


@pytest.fixture
def shipment(port: place.Place) -> int:
    with port.database.write() as connection:
        made = tables.shipments.insert().values(bill="B1", first_known_at=NOW)
        return int(connection.execute(made.returning(tables.shipments.c.id)).scalar_one())


@pytest.fixture
def ana(account: Callable[..., int]) -> Person:
    return Person(account("ana"), "ana", "", "officer", "en")


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(answers=ANSWERS)
def test_every_combination_is_stored_or_says_which_field_is_wrong(
    answers: dict[str, Any], port: place.Place, shipment: int, ana: Person
) -> None:
    wrong = view.wrong(answers, now=NOW)
    made = view.outcome(answers, now=NOW)
    assert set(wrong) <= set(view.WRONG)
    with port.database.read() as connection:
        before = inspections.in_force_of(connection, shipment)
    given_to = {"at": NOW, "request": f"{next(_REQUESTS)}", "key": KEY}
    replaces = None if before is None else before.id
    if wrong:
        # What is said to be wrong was asked: nobody looks for a field that is not there.
        assert set(wrong) <= set(view.questions(answers))
        with pytest.raises(inspections.OutcomeError), port.database.write() as connection:
            inspections.record(connection, shipment, made, ana, replaces=replaces, **given_to)
        return
    with port.database.write() as connection:
        number = inspections.record(connection, shipment, made, ana, replaces=replaces, **given_to)
    with port.database.read() as connection:
        row = decided.outcomes_of(connection, shipment)[-1]
    assert row.id == number
    shown = view.kept([row])[0]
    if row.inspection == "not_inspected":
        assert (shown.headline, row.found, row.inspected_at) == ("not_inspected", [], None)
    assert (shown.headline == "find") == made.is_find
    # A correction that changes nothing says the same again.
    again = view.outcome(view.answers_of(row), now=NOW)
    assert again == view.outcome({**view.answers_of(row), "request": "x"}, now=NOW)
    assert view.wrong(view.answers_of(row), now=NOW) == {}
    assert (again.found, again.status, again.taxa) == (tuple(row.found), row.status, tuple(row.taxa))


def test_the_ledger_holds_after_all_of_them(port: place.Place, shipment: int, ana: Person) -> None:
    made = view.outcome({"inspection": "scan", "found": ["clean"]}, now=NOW)
    for request in ("a", "a"):
        with port.database.write() as connection:
            inspections.record(connection, shipment, made, ana, at=NOW, request=request, key=KEY)
    with port.database.read() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(tables.outcomes)).scalar() == 1
        assert ledger.verify(connection).holds


@given(ANSWERS)
def test_questions_come_from_answers_before_them(answers: dict[str, Any]) -> None:
    asked = view.questions(answers)
    assert asked[0] == "inspection"
    assert len(set(asked)) == len(asked)
    kept = {name: answers[name] for name in asked if name in answers}
    assert view.questions(kept) == asked
    if "alive" in asked:
        assert "live_animals" in answers["found"]
    if "why_not" in asked:
        assert "found" not in asked


@pytest.mark.parametrize(
    ("before", "chosen", "now"),
    [
        ([], ["clean"], ["clean"]),
        (["clean"], ["clean", "live_animals"], ["live_animals"]),
        (["live_animals", "other_offence"], ["live_animals", "other_offence", "clean"], ["clean"]),
        (["live_animals"], ["live_animals", "wildlife_products"], ["live_animals", "wildlife_products"]),
        (["clean"], [], []),
    ],
)
def test_nothing_and_something_do_not_stand_together(before: list, chosen: list, now: list) -> None:
    assert view.together(before, chosen) == now


@pytest.mark.parametrize(
    ("inspection", "found", "permit", "status", "headline"),
    [
        ("not_inspected", (), None, "provisional", "not_inspected"),
        ("full", ("clean",), None, "provisional", "clean"),
        ("full", ("live_animals",), None, "provisional", "find"),
        ("full", ("live_animals",), False, "confirmed", "find"),
        ("full", ("live_animals",), True, "confirmed", "covered"),
        ("full", ("live_animals",), None, "overturned", "overturned"),
        ("full", ("other_offence",), None, "provisional", "other_offence"),
        ("full", ("other_offence", "wildlife_products"), None, "provisional", "find"),
    ],
)
def test_an_outcome_is_called_what_it_is(inspection, found, permit, status, headline) -> None:
    assert view.headline(inspection, found, permit, status) == headline
    assert headline in view.HEADLINES


def test_only_what_was_entered_is_overturned() -> None:
    assert view.statuses(False) == ("provisional", "confirmed")
    assert view.statuses(True) == inspections.STATUSES


@pytest.mark.parametrize("step", ["", *view.decisions.STEPS])
def test_every_step_is_shown_and_where_it_is_once(step: str) -> None:
    ways = view.ways(step)
    assert [each.step for each in ways] == list(view.decisions.STEPS)
    assert [each.step for each in ways if each.here] == ([step] if step else [])


def test_an_hour_that_is_there_twice_and_one_that_is_not() -> None:
    zone = "Europe/Brussels"
    assert view.utc("2026-10-25 02:30", zone) == pd.Timestamp("2026-10-25 00:30")
    assert view.utc("2026-03-29 02:30", zone) == pd.Timestamp("2026-03-29 01:00")
    assert view.local(view.utc("2026-07-01 12:00", zone), zone) == pd.Timestamp("2026-07-01 12:00")


# --- first steps ----------------------------------------------------------------------------


def test_every_group_of_taxa_has_equipment_and_the_unknown_the_strictest() -> None:
    strictest = first_response.GEAR[""]
    for each in taxa.taxa():
        (told,) = first_response.gear((each.scientific,))
        assert told
    assert first_response.gear(()) == first_response.gear(("Nasua nasua",)) == (strictest,)
    assert "Never hold one" in first_response.gear(("Macaca",))[0]
    assert first_response.gear(("Manidae", "Manis javanica")) == (first_response.GEAR["pangolins"],)
    for name in ("Chiroptera", "Pteropus"):
        assert "rabies" in first_response.gear((name,))[0]
    assert "droppings" in first_response.gear(("Rodentia",))[0]


def test_who_to_call_comes_in_order_and_gaps_are_known() -> None:
    vet = contacts.Contact("vet", "Dr", "1")
    told = live_find.advice(["live_animals"], [], {"vet": [vet]})
    assert told is not None
    assert [call.topic for call in told.calls] == list(contacts.TOPICS)
    assert [call.topic for call in told.calls if call.people] == ["vet"]
    products = live_find.advice(["wildlife_products"], ["Macaca"], {})
    assert products is not None
    assert not products.live
    assert set(first_response.GEAR_PRODUCTS) == set(products.gear)
    for found in ((), ("clean",), ("other_offence",)):
        assert live_find.advice(found, [], {}) is None


@given(st.text(max_size=60))
def test_a_number_dialled_holds_nothing_else(text: str) -> None:
    assert set(live_find.dialled(text)) <= set("+0123456789*#")


# --- drafts ---------------------------------------------------------------------------------


def test_a_draft_ends_by_time_by_number_and_by_word(monkeypatch: pytest.MonkeyPatch) -> None:
    drafts._drafts.clear()
    drafts.put("p", 1, "outcome:1", {"found": ["clean"]}, at=NOW)
    assert drafts.get("p", 1, "outcome:1", at=NOW) == {"found": ["clean"]}
    for other in (("q", 1, "outcome:1"), ("p", 2, "outcome:1"), ("p", 1, "outcome:2")):
        assert drafts.get(*other, at=NOW) == {}
    assert drafts.get("p", 1, "outcome:1", at=NOW + pd.Timedelta(hours=13)) == {}
    monkeypatch.setattr(drafts, "MOST", 3)
    for number in range(5):
        drafts.put("p", 1, f"outcome:{number}", {"n": number}, at=NOW)
    assert drafts.get("p", 1, "outcome:1", at=NOW) == {}
    assert drafts.get("p", 1, "outcome:4", at=NOW) == {"n": 4}
    # What nobody comes back for goes with the next that is kept.
    drafts.put("p", 2, "outcome:9", {"n": 9}, at=NOW + pd.Timedelta(hours=13))
    assert [about for _, _, about in drafts._drafts] == ["outcome:9"]
    drafts.put("p", 1, "outcome:4", {"n": 4}, at=NOW)
    drafts.drop("p", 1, "outcome:4")
    assert drafts.get("p", 1, "outcome:4", at=NOW) == {}
    drafts._drafts.clear()


def test_a_row_without_a_time_is_no_time() -> None:
    empty = dict.fromkeys(("pieces", "kg", "alive", "inspected_at", "permit_valid"))
    texts = dict.fromkeys(("why_not", "where_in_load", "evidence_reference"), "")
    row = SimpleNamespace(**empty, **texts, inspection="scan", status="provisional", found=[], taxa=[])
    assert view.answered(view.answers_of(row)) == {"inspection": "scan"}
