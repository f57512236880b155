"""Who works with a page, and on what: the one place pages ask, and the one place tests replace.

    person = session.allowed("load")
    with session.database().write() as connection: ...

`token` reads the cookie of the browser; everything else follows from it and from `app.place`.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn
from urllib.parse import quote, urlencode, urlsplit

import pandas as pd
import streamlit as st

from app import drafts, place, words
from app.words import STATE, _
from risk.refusals import Refusal
from risk.store import settings
from risk.store.database import Busy, Database
from risk.store.day_scores import Scored
from risk.store.roles import Person

#: Key of `st.session_state`: who the values kept there belong to.
_OWNER = "_owner"
#: The same: the token of the browser, for what it pressed before it went.
_TOKEN = "_token"
#: What a person looked at last on the page of the day; what they typed when their session had ended.
_LIST, _TYPED = "today", "typed"
#: Fields about one shipment, by the beginning of their keys.
_FIELDS = ("outcome:", "override:", "note-")


def token() -> str:
    """Return the token of the browser's session, empty without one.

    A browser that has gone (a link followed right after *Save*, a network lost) is who it was: what it
    pressed is carried through.
    """
    held = st.context.cookies.get(place.COOKIE, "")
    if not held and not st.context.headers:
        return str(st.session_state.get(_TOKEN, ""))
    st.session_state[_TOKEN] = held
    return held


def database() -> Database:
    """Return the port's database."""
    return place.place().database


def data_folder() -> Path:
    """Return the port's folder, where files handed in lie."""
    return place.place().folder


def scored() -> Scored:
    """Return what keeps the day's scored shipments from look to look."""
    return place.place().scored


def secret() -> bytes:
    """Return the site's secret."""
    return settings.site_secret(data_folder())


def chosen() -> dict[str, str | int | float | bool]:
    """Return the port's settings."""
    return place.place().chosen()


def clock() -> pd.Timestamp:
    """Return the time it is, UTC without a zone: for sessions, jobs and claims."""
    return place.clock()


def now() -> pd.Timestamp:
    """Return the moment shipments are looked at, UTC without a zone; in a sample it stands still."""
    return settings.moment(chosen(), clock())


def person(*, clicked: bool = True) -> Person | None:
    """Return who is signed in, None for nobody and for whoever has to change a given password first.

    Parameters
    ----------
    clicked : bool
        False where a timer asks, not a person: that keeps no session open.
    """
    here, held = place.place(), token()
    found = here.person_of(held)
    if found is None or found.must_change:
        return None
    if clicked:
        here.note(held)
    # What another person left in this tab is not this one's.
    if st.session_state.get(_OWNER, found.id) != found.id:
        st.session_state.clear()
    if _OWNER not in st.session_state:
        _bring_typed(found)
    st.session_state[_OWNER] = found.id
    st.session_state[STATE] = found.language
    return found


def note_list(person: Person, query: Mapping[str, str]) -> None:
    """Keep what somebody looks at on the page of the day: pages of one shipment lead back to it."""
    drafts.put(database().name, person.id, _LIST, query, at=clock())


def list_address(person: Person) -> str:
    """Return the address of what somebody looked at last on the page of the day."""
    query = drafts.get(database().name, person.id, _LIST, at=clock())
    return f"/today?{urlencode(query)}" if query else "/today"


def allowed(action: str, *, clicked: bool = True) -> Person:
    """Return who is signed in where their role allows an action of `risk.store.roles.MAY`.

    Everybody else is told so, and the page ends here.
    """
    found = person(clicked=clicked)
    if found is None:
        ask_to_sign_in()
    if not found.may(action):
        st.error(_("Your role does not allow this page. An administrator can change it."))
        st.stop()
    return found


def ask_to_sign_in() -> NoReturn:
    """Say that nobody is signed in (any more), with a way to and back; the page ends here."""
    _keep_typed()
    st.warning(_("You are not signed in, or were not here for a while. What you sent before is kept."))
    target = quote(path(), safe="")
    label = html.escape(_("Sign in and come back here"))
    st.html(f'<a class="wildcargo-button" href="/signin?next={target}" target="_self">{label}</a>')
    st.stop()


def _keep_typed() -> None:
    """Keep what somebody typed whose session ended before they sent it: they find it when they are back."""
    owner = st.session_state.get(_OWNER)
    typed = {
        str(key): value
        for key, value in st.session_state.items()
        if str(key).startswith(_FIELDS) and _is_typed(value)
    }
    if owner is not None and typed:
        drafts.put(database().name, owner, _TYPED, typed, at=clock())


def _bring_typed(person: Person) -> None:
    for key, value in drafts.get(database().name, person.id, _TYPED, at=clock()).items():
        st.session_state[key] = value
    drafts.drop(database().name, person.id, _TYPED)


def _is_typed(value: object) -> bool:
    """Tell texts, numbers and choices from buttons and files."""
    if isinstance(value, list):
        # Of an empty one nothing tells whether it is of files, which nobody may set.
        return bool(value) and all(isinstance(each, str) for each in value)
    return isinstance(value, (str, int, float)) and not isinstance(value, bool)


def path() -> str:
    """Return the path of the page a browser shows, with its query."""
    found = urlsplit(st.context.url or "")
    query = "&".join(
        f"{quote(name)}={quote(value)}" for name in st.query_params for value in st.query_params.get_all(name)
    )
    return (found.path or "/") + (f"?{query}" if query else "")


def say_fault(error: Exception) -> None:
    """Say on the page that something did not work, without the inside of the program."""
    if isinstance(error, Busy):
        st.error(_("The database is busy; nothing was changed, try again."))
    elif isinstance(error, Refusal):
        # What is wrong quotes what was written, by whomever.
        st.error(words.plain(_(error.text).format(**error.values)))
    else:
        st.error(_("Something in the program went wrong; nothing was changed. The server's log says what."))
