"""Raising and lowering, and the second signature: two people, one shipment, the model's rank always told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from app import drafts, place, session
from app.views import override as view
from risk.store import day, decided, ledger, tables

HOSTILE = "<script>alert(1)</script> **bold** =HYPERLINK(1) \u202egnp.exe " + "W" * 300


@pytest.fixture(autouse=True)
def _no_drafts() -> Iterator[None]:
    drafts._drafts.clear()
    yield
    drafts._drafts.clear()


@pytest.fixture
def ranked(port: place.Place) -> dict[int, int]:
    """Shipment by the model's rank."""
    with port.database.read() as connection:
        frame = day.rows(connection, session.now(), at=session.clock())
    return dict(zip(frame["rank"], frame["shipment_id"], strict=True))


def tap(app: AppTest, label: str, code: str) -> AppTest:
    next(each for each in app.get("button_group") if each.label == label).set_value(code)
    app.run()
    assert not app.exception, app.exception
    return app


@pytest.fixture
def decide(open_page: Callable[..., AppTest], press: Callable[..., AppTest]) -> Callable[..., AppTest]:
    def do(shipment: int, direction: str, code: str, login: str = "ana", remark: str = "") -> AppTest:
        role = "supervisor" if login in ("chi", "dan") else "officer"
        app = open_page("override", login, role, id=str(shipment))
        tap(app, "Up or down?", direction)
        tap(app, "Why", code)
        app.text_area[0].set_value(remark).run()
        return press(app, "Save it")

    return do


def rows(port: place.Place, shipment: int) -> list[Any]:
    with port.database.read() as connection:
        assert ledger.verify(connection).holds
        return decided.overrides_of(connection, shipment)


def places(port: place.Place, shipment: int) -> tuple[int, int]:
    with port.database.read() as connection:
        frame = day.rows(connection, session.now(), at=session.clock())
        told = view.standing(frame, shipment, False)
    assert told.rank is not None
    assert told.place is not None
    return told.rank, told.place


def labels(app: AppTest) -> list[str]:
    return [each.label for each in app.button]


def test_raised_it_stands_first_and_the_models_rank_is_still_told(
    decide: Callable[..., AppTest], port: place.Place, ranked: dict[int, int]
) -> None:
    app = decide(ranked[250], "raise", "tip", remark=HOSTILE)
    assert [(each.label, each.value) for each in app.metric] == [
        ("Model's rank", "250 of 300 shipments"),
        ("Place now", "1 of 300 shipments"),
    ]
    (row,) = rows(port, ranked[250])
    assert (row.direction, row.state, row.model_rank) == ("raise", "in_force", 250)
    told = "".join(each.proto.body for each in app.get("html"))
    assert "<script>" not in told
    assert "&lt;script&gt;" in told
    assert "\u202e" not in told


def test_lowering_what_stands_low_needs_nobody_else(
    decide: Callable[..., AppTest], port: place.Place, ranked: dict[int, int]
) -> None:
    decide(ranked[200], "lower", "data_error")
    assert places(port, ranked[200]) == (200, 300)


def test_lowering_what_stands_high_waits_for_somebody_else_and_keeps_its_place(
    decide: Callable[..., AppTest],
    open_page: Callable[..., AppTest],
    press: Callable[..., AppTest],
    said: Callable[[AppTest], str],
    port: place.Place,
    ranked: dict[int, int],
) -> None:
    app = decide(ranked[4], "lower", "permit_seen", "chi", "permit 12")
    assert "keeps its place" in said(app)
    assert places(port, ranked[4]) == (4, 4)
    assert "Sign: lower it" not in labels(app)
    own = open_page("signatures", "chi", "supervisor")
    assert "1 shipment waits to be lowered" in said(own)
    assert "Sign: lower it" not in labels(own)
    other = open_page("signatures", "dan", "supervisor")
    assert "permit 12" in said(other)
    press(other, "Sign: lower it")
    assert not other.exception
    assert "Nothing waits for a second signature." in said(other)
    assert places(port, ranked[4]) == (4, 300)
    (row,) = rows(port, ranked[4])
    assert (row.state, row.login, row.second_login) == ("in_force", "chi", "dan")


def test_a_signature_refused_leaves_it_where_it_is(
    decide: Callable[..., AppTest],
    open_page: Callable[..., AppTest],
    press: Callable[..., AppTest],
    port: place.Place,
    ranked: dict[int, int],
) -> None:
    decide(ranked[4], "lower", "permit_seen")
    press(open_page("override", "dan", "supervisor", id=str(ranked[4])), "Refuse: it stays")
    assert [row.state for row in rows(port, ranked[4])] == ["refused"]
    assert places(port, ranked[4]) == (4, 4)


def test_an_officer_signs_nothing_and_takes_back_their_own_alone(
    decide: Callable[..., AppTest],
    open_page: Callable[..., AppTest],
    press: Callable[..., AppTest],
    port: place.Place,
    ranked: dict[int, int],
) -> None:
    decide(ranked[4], "lower", "permit_seen")
    ben = open_page("override", "ben", id=str(ranked[4]))
    assert not {"Sign: lower it", "Refuse: it stays", "Take it back"} & set(labels(ben))
    press(open_page("override", "ana", id=str(ranked[4])), "Take it back")
    assert [row.state for row in rows(port, ranked[4])] == ["withdrawn"]


def test_a_page_that_is_behind_signs_nothing_else(
    decide: Callable[..., AppTest],
    open_page: Callable[..., AppTest],
    press: Callable[..., AppTest],
    said: Callable[[AppTest], str],
    port: place.Place,
    ranked: dict[int, int],
) -> None:
    decide(ranked[4], "lower", "permit_seen")
    decide(ranked[5], "lower", "permit_seen")
    behind = open_page("signatures", "dan", "supervisor")
    with port.database.write() as connection:
        first = rows(port, ranked[4])[0].id
        connection.execute(
            tables.overrides.update().where(tables.overrides.c.id == first).values(state="withdrawn")
        )
    press(behind, "Sign: lower it")
    assert [row.state for row in rows(port, ranked[4])] == ["withdrawn"]
    assert [row.state for row in rows(port, ranked[5])] == ["waiting"]


def test_what_somebody_raised_is_not_lowered_alone(
    decide: Callable[..., AppTest], port: place.Place, ranked: dict[int, int]
) -> None:
    decide(ranked[250], "raise", "tip")
    decide(ranked[250], "lower", "data_error", "ben")
    assert [row.state for row in rows(port, ranked[250])] == ["in_force", "waiting"]
    assert places(port, ranked[250]) == (250, 1)


def test_a_reason_is_needed_and_another_reason_a_word(
    open_page: Callable[..., AppTest],
    press: Callable[..., AppTest],
    port: place.Place,
    ranked: dict[int, int],
) -> None:
    app = press(open_page("override", id=str(ranked[9])), "Save it")
    assert [each.value for each in app.error] == ["Choose whether it goes up or down."]
    press(tap(app, "Up or down?", "raise"), "Save it")
    assert [each.value for each in app.error] == ["Choose a reason."]
    press(tap(app, "Why", "other"), "Save it")
    assert [each.value for each in app.error] == ["Say in a few words why."]
    assert rows(port, ranked[9]) == []


def test_answers_survive_a_page_loaded_again_and_the_same_twice_is_once(
    decide: Callable[..., AppTest],
    open_page: Callable[..., AppTest],
    port: place.Place,
    ranked: dict[int, int],
) -> None:
    app = open_page("override", id=str(ranked[9]))
    tap(app, "Up or down?", "raise")
    tap(app, "Why", "tip")
    app.text_area[0].set_value("half a word").run()
    again = open_page("override", id=str(ranked[9]))
    assert again.text_area[0].value == "half a word"
    decide(ranked[9], "raise", "tip", remark="whole")
    decide(ranked[9], "raise", "tip", remark="whole")
    assert [row.state for row in rows(port, ranked[9])] == ["in_force"]


def test_a_shipment_of_another_day_has_no_rank_and_is_lowered_by_two(
    decide: Callable[..., AppTest], port: place.Place, ranked: dict[int, int], said: Callable[[AppTest], str]
) -> None:
    old = ranked[200]
    with port.database.write() as connection:
        moved = session.now() - 30 * day.AFTER
        changed = tables.versions.update().where(tables.versions.c.shipment_id == old)
        connection.execute(changed.values(arrives_at=moved, known_at=moved))
    app = decide(old, "lower", "data_error")
    assert "the model's rank is not known" in said(app)
    with port.database.read() as connection:
        states = connection.execute(sa.select(tables.overrides.c.state)).scalars().all()
    assert states == ["waiting"]
