"""What the page of loads shows, without a page."""

from __future__ import annotations

import pandas as pd
import pytest

from app.views import accounts, frame, load
from app.views import settings as settings_view
from features.manifest import propose
from risk import intake
from risk.store import uploads
from risk.store.in_force import InForce
from risk.store.jobs import Job
from risk.store.roles import ROLES, Person
from risk.store.settings import SETTINGS

NOW = pd.Timestamp("2026-11-22 04:00")
ANA = Person(1, "ana", "Ana", "officer", "en")


def job(state: str = "running", **given: object) -> Job:
    made = {
        "id": 3,
        "kind": "load",
        "state": state,
        "asked": {"files": [{"name": "a.csv", "sha256": "0" * 64}]},
        "asked_by": 1,
        "asked_at": NOW,
        "done": 0,
        "total": 0,
        "message": "",
        "result": None,
        "attempts": 1,
        **given,
    }
    return Job(**made)


def test_only_loads_are_shown_in_their_order() -> None:
    found = load.loads([job(id=5), job(id=4, kind="purge"), job(id=3)], {1: "Ana"}, ANA)
    assert [each.id for each in found] == [5, 3]
    assert (found[0].files, found[0].asked_by) == (("a.csv",), "Ana")


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("state", ["queued", "running", "done", "failed", "stopped"])
def test_who_may_stop_a_load(role: str, state: str) -> None:
    for number in (1, 2):
        person = Person(number, "x", "", role, "en")
        (found,) = load.loads([job(state)], {}, person)
        goes_on = state in ("queued", "running")
        own = number == 1 and role in ("officer", "analyst")
        assert found.may_stop == (goes_on and (own or role == "supervisor"))
        assert found.ended == (not goes_on)


def test_what_became_of_rows_is_told_in_order_and_whole() -> None:
    result = {
        "superseded": 2,
        "rejected": 1,
        "batch": 9,
        "shipments": 5,
        "rows_read": 8,
        "changed": 5,
        "zero": 0,
    }
    (found,) = load.loads([job("done", result=result)], {}, ANA)
    assert found.counts == (
        ("rows_read", 8),
        ("changed", 5),
        ("rejected", 1),
        ("superseded", 2),
    )
    assert (found.batch, found.rejected, found.nothing_new) == (9, 1, False)


@pytest.mark.parametrize(
    ("result", "nothing"),
    [
        ({"rows_read": 3, "repeats": 3, "rejected": 0, "changed": 0}, True),
        ({"rows_read": 3, "repeats": 2, "rejected": 0, "changed": 1}, False),
        ({"rows_read": 3, "repeats": 0, "rejected": 3, "changed": 0}, False),
        ({"rows_read": 3, "repeats": 1, "superseded": 2, "rejected": 0, "changed": 0}, False),
    ],
)
def test_the_same_again_is_nothing_new(result: dict[str, int], nothing: bool) -> None:
    (found,) = load.loads([job("done", result=result)], {}, ANA)
    assert found.nothing_new == nothing


def test_a_failure_is_told_line_by_line_and_a_step_only_while_it_runs() -> None:
    (failed,) = load.loads([job("failed", message="a: b\nc: d")], {}, ANA)
    assert (failed.told, failed.step) == (("a: b", "c: d"), "")
    (running,) = load.loads([job("running", message="reading")], {}, ANA)
    assert (running.told, running.step) == ((), "reading")


def test_every_column_is_asked_about_once_those_with_a_guess_first() -> None:
    table = pd.DataFrame(
        {"x1": ["q", "r"], "HAWB": ["H1", "H2"], "MAWB": ["M1", "M2"], "Gross kg": ["1", "2"]}
    )
    asked = load.questions(propose(table))
    assert sorted(each.source for each in asked) == sorted(table.columns)
    assert all(0 <= each.sure <= 1 for each in asked)
    guessed = [bool(each.guess) for each in asked]
    assert guessed == sorted(guessed, reverse=True)


def test_a_preview_shows_what_holds_something_and_no_place_in_a_file() -> None:
    table = pd.DataFrame(
        {
            "source_position": ["row 1"] * 5,
            "voyage": [None] * 5,
            "goods_description": list("abcde"),
            "shipment_id": list("12345"),
            "local": ["z"] * 5,
        }
    )
    found = load.previewed(table)
    assert list(found.index) == ["shipment_id", "goods_description", "local"]
    assert found.shape == (3, 3)
    assert found.loc["goods_description"].tolist() == ["a", "b", "c"]
    assert load.previewed(table.head(0)).empty


def test_the_frame_says_drill_before_sample_and_a_head_that_verifies() -> None:
    chosen = {each.name: each.default for each in SETTINGS}
    known = InForce("m", "prior", "12-" + "ab" * 32)
    for changed, band in (({}, ""), ({"sample": True}, "sample"), ({"sample": True, "drill": True}, "drill")):
        found = frame.frame({**chosen, **changed}, known)
        assert (found.band, found.basis, found.head) == (band, "prior", "12-" + "ab" * 8)
    assert frame.frame(chosen, InForce("", "", "0-" + "0" * 64)).basis == "none"


def test_first_passwords_are_long_and_all_different() -> None:
    made = {accounts.first_password() for _ in range(50)}
    assert len(made) == 50
    assert all(len(each) == 19 for each in made)


def test_all_problems_that_are_kept_are_handed_out() -> None:
    assert uploads.SHOWN >= intake.PROBLEMS_KEPT


def test_a_load_says_that_it_waits_only_while_it_waits() -> None:
    told = [job("queued"), job("running"), job("running", message="matching"), job("done", message="x")]
    steps = [each.step for each in load.loads(told, {}, ANA)]
    assert steps == ["waiting", "reading", "matching", ""]


def test_what_a_port_begins_with_is_asked_for_until_it_is_chosen() -> None:
    chosen = {each.name: each.default for each in SETTINGS}
    assert settings_view.unset(chosen) == ["port_name", "time_zone", "capacity"]
    assert settings_view.unset(chosen | {"port_name": "Port", "time_zone": "Asia/Tokyo"}) == ["capacity"]
    # A port may be at UTC.
    assert settings_view.unset(chosen | {"port_name": "Port", "capacity": "sea=4"}) == []
