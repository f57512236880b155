"""What officers look for on the page of the day: it stands in the address, so that a reload keeps it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st

from app import session
from app.views.day_query import FAR, LEFT, LONGEST, Asked, choices
from app.words import _, country, moment, number, plain, words
from risk.refusals import Refusal
from risk.store import saved
from risk.store.database import StoreError
from risk.store.roles import Person

#: Keys of the widgets, by the attribute of `Asked` they change.
KEY = "today-{}".format
_WIDGETS = (
    *("list", "text", "mode", "location", "conveyance", "heading", "origin", "left"),
    *("undecided", "mine", "listed"),
)


def show(person: Person, asked: Asked, frame: pd.DataFrame, lists: Sequence[Any]) -> None:
    """Show what can be looked for.

    Parameters
    ----------
    asked : Asked
        What the address asks for.
    frame : DataFrame
        The whole day.
    lists : sequence of rows
        Published ones, latest first.
    """
    _set(asked)
    which, text, views = st.columns([3, 4, 3])
    _which(which, lists)
    text.text_input(
        _("Bill, container or party"),
        key=KEY("text"),
        placeholder=_("Search"),
        max_chars=LONGEST,
        on_change=_changed,
        type="search",
    )
    kept = _views(person)
    views.selectbox(
        _("Saved views"),
        ["", *kept],
        key=KEY("view"),
        format_func=lambda name: name or _("Choose"),
        on_change=_take,
        args=(kept,),
    )
    said = _("Filters")
    if asked.narrowed:
        said = f"{said} ({number(asked.narrowed)})"
    with st.expander(said):
        _more(asked, frame)
        _keep(person, asked)


def flags(place: Any) -> None:
    """Show what is looked for most often, each a box to tick."""
    said = {"undecided": _("Not yet decided"), "mine": _("Mine"), "listed": _("On a list")}
    for name, label in said.items():
        place.checkbox(label, key=KEY(name), on_change=_changed)


def put(asked: Asked) -> None:
    """Let the address ask for something."""
    st.query_params.from_dict(asked.to_query())


def _set(asked: Asked) -> None:
    """Give the widgets what the address asks for; it alone says what is looked for."""
    for name in _WIDGETS:
        st.session_state[KEY(name)] = getattr(asked, name)
    st.session_state[KEY("arrival")] = (asked.earliest, asked.latest)
    st.session_state[KEY("view")] = ""


def _changed() -> None:
    """Let the address say what the widgets say, from the first page on."""
    now = Asked.of_query(st.query_params.to_dict())
    state = st.session_state
    given = {name: state[KEY(name)] for name in _WIDGETS if KEY(name) in state}
    earliest, latest = state.get(KEY("arrival"), (now.earliest, now.latest))
    asked = replace(now, page=1, earliest=earliest, latest=latest, **given)
    # Once through what an address may say: a heading typed is cut and checked as one that came by a link.
    put(Asked.of_query(asked.to_query()))


def _which(place: Any, lists: Sequence[Any]) -> None:
    zone = str(session.chosen()["time_zone"])
    said = {0: _("The whole day")}
    for each in lists:
        text = _("List {number}, {time}").format(
            number=each.id, time=moment(pd.Timestamp(each.published_at), zone)
        )
        if each.after_id is not None:
            text += ", " + _("adds to {number}").format(number=each.after_id)
        said[each.id] = text
    place.selectbox(
        _("What to look at"), list(said), key=KEY("list"), format_func=said.__getitem__, on_change=_changed
    )


def _more(asked: Asked, frame: pd.DataFrame) -> None:
    modes = words("mode")
    first, second, third = st.columns(3)
    first.selectbox(
        _("How it travels"),
        ["", *modes],
        key=KEY("mode"),
        format_func=lambda code: modes.get(code, "") or _("Any"),
        on_change=_changed,
    )
    for place, name, label in (
        (second, "location", _("Terminal")),
        (third, "conveyance", _("Flight or vessel")),
    ):
        place.selectbox(
            label,
            choices(frame, name, getattr(asked, name)),
            key=KEY(name),
            format_func=lambda text: " ".join(text.split())[:80] or _("Any"),
            on_change=_changed,
        )
    first, second, third = st.columns(3)
    first.text_input(_("Heading, its first digits"), key=KEY("heading"), max_chars=10, on_change=_changed)
    second.selectbox(
        _("Origin"),
        choices(frame, "origin", asked.origin),
        key=KEY("origin"),
        format_func=lambda code: f"{country(code)} ({code})" if code else _("Any"),
        on_change=_changed,
    )
    third.selectbox(
        _("Time left, at most"),
        sorted({0, *LEFT, asked.left}),
        key=KEY("left"),
        format_func=lambda hours: _("{n} h").format(n=number(hours)) if hours else _("Any"),
        on_change=_changed,
    )
    st.slider(
        _("Arrival, hours from now"),
        -FAR,
        FAR,
        key=KEY("arrival"),
        on_change=_changed,
    )
    if st.button(_("Look at everything again"), key="today-reset"):
        put(Asked(list=asked.list))
        st.rerun()


# --- saved views --------------------------------------------------------------------------------


def _views(person: Person) -> dict[str, dict[str, Any]]:
    with session.database().read() as connection:
        return saved.views(connection, person)


def _take(kept: dict[str, dict[str, Any]]) -> None:
    name = st.session_state.get(KEY("view"))
    if name in kept:
        put(Asked.of_query(kept[name]))


def _keep(person: Person, asked: Asked) -> None:
    kept = _views(person)
    left, right, third = st.columns([4, 2, 4], vertical_alignment="bottom")
    name = left.text_input(_("Keep these filters as"), key="today-name", max_chars=80)
    if right.button(_("Keep"), key="today-keep", disabled=not name.strip(), width="stretch"):
        _write(lambda connection, at: saved.save_view(connection, name, asked.to_view(), person, at=at))
    if kept:
        gone = third.selectbox(
            _("Remove a saved view"),
            ["", *kept],
            key="today-gone",
            format_func=lambda each: each or _("Choose"),
        )
        if gone and third.button(_("Remove {name}").format(name=plain(gone)), key="today-drop"):
            _write(lambda connection, at: saved.drop_view(connection, gone, person, at=at))


def _write(change: Any) -> None:
    try:
        with session.database().write() as connection:
            change(connection, session.clock())
    except (Refusal, StoreError) as error:
        session.say_fault(error)
        return
    st.rerun()
