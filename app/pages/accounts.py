"""Accounts: who may sign in, and as what."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import forms, session, tables, told
from app.views import accounts as view
from app.views import settings as settings_view
from app.words import _, plain, word, words
from risk.language import BY_CODE, LANGUAGES
from risk.refusals import Refusal
from risk.store import people
from risk.store.database import Busy
from risk.store.roles import Person

ACTION = "administer"
#: Key of what is told: the login and password of an account just made.
_TOLD = "accounts.told"


def show() -> None:
    """Show the page."""
    person = session.allowed(ACTION)
    st.title(_("Accounts"))
    with st.container():
        _told()
    _unset()
    with session.database().read() as connection:
        found = view.accounts(people.everybody(connection), person.id, session.clock())
    _list(found)
    make, change = st.columns(2)
    with make:
        _make(person)
    with change:
        _change(person, found)


def _unset() -> None:
    """Lead to the settings while what a port begins with was not chosen there."""
    if names := settings_view.unset(session.chosen()):
        listed = ", ".join(word("setting", name) for name in names)
        st.info(_("Not chosen yet in the settings: {names}.").format(names=plain(listed)))
        tables.link(_("Settings"), "admin")


def _told() -> None:
    if first := told.kept(_TOLD):
        st.success(
            _(
                "Tell this password to {login}; it is shown once and has to be changed at the first sign-in:"
            ).format(login=plain(first[0]))
        )
        st.code(first[1], language=None)


def _list(found: list[view.Account]) -> None:
    states = {"open": _("Open"), "closed": _("Closed"), "locked": _("Locked for a while")}
    rows = {
        _("Login"): [plain(each.login) for each in found],
        _("Name"): [plain(each.name) for each in found],
        _("Role"): [word("role", each.role) for each in found],
        _("Language"): [
            BY_CODE[each.language].name if each.language in BY_CODE else each.language for each in found
        ],
        _("Place of work"): [plain(each.terminal) for each in found],
        _("State"): [states[each.state] for each in found],
    }
    st.table(pd.DataFrame(rows).set_index(_("Login")))


def _make(person: Person) -> None:
    st.header(_("New account"))
    roles = words("role")
    with st.form(forms.key("make")):
        login = st.text_input(_("Login"), max_chars=80)
        name = st.text_input(_("Name"), max_chars=120)
        role = st.selectbox(_("Role"), list(roles), format_func=roles.__getitem__)
        language = st.selectbox(_("Language"), LANGUAGES, format_func=lambda code: BY_CODE[code].name)
        terminal = _terminal()
        elsewhere = st.checkbox(_("Signs in elsewhere (provider or proxy): no password here"))
        if not st.form_submit_button(_("Make the account"), type="primary"):
            return
    password = "" if elsewhere else view.first_password()
    # Before the transaction: others write meanwhile.
    kept = people.hashed(password) if password else ""
    try:
        with session.database().write() as connection:
            people.add(
                connection,
                login,
                role,
                at=session.clock(),
                actor=person,
                name=name,
                password=kept,
                language=language,
                terminal=terminal,
            )
    except (Refusal, Busy) as error:
        session.say_fault(error)
        return
    if password:
        told.keep(_TOLD, (login.strip().lower(), password))
    forms.empty("make")
    st.rerun()


def _change(person: Person, found: list[view.Account]) -> None:
    st.header(_("Change an account"))
    others = {each.id: each for each in found if not each.own}
    if not others:
        st.info(_("There is no other account yet."))
        return
    roles = words("role")
    with st.form("change"):
        number = st.selectbox(
            _("Account"),
            list(others),
            index=None,
            format_func=lambda one: others[one].login,  # drawn letter by letter, unlike other widgets
            placeholder=_("Choose"),
        )
        does = {
            "role": _("Give it the role below"),
            "terminal": _("Give it the place of work below"),
            "password": _("Give it a new first password"),
            "close": _("Close it: nobody signs in with it"),
            "open": _("Open it again"),
        }
        what = st.radio(_("What to do"), list(does), format_func=does.__getitem__)
        role = st.selectbox(_("Role"), list(roles), format_func=roles.__getitem__)
        terminal = _terminal()
        if not st.form_submit_button(_("Change it")):
            return
    if number is None:
        st.warning(_("Choose an account first."))
        return
    password = view.first_password() if what == "password" else None
    kept = people.hashed(password) if password else None
    try:
        with session.database().write() as connection:
            people.change(
                connection,
                number,
                at=session.clock(),
                actor=person,
                role=role if what == "role" else None,
                terminal=terminal if what == "terminal" else None,
                active={"close": False, "open": True}.get(what),
                password=kept,
                must_change=True,
            )
    except (Refusal, Busy) as error:
        session.say_fault(error)
        return
    if password:
        told.keep(_TOLD, (others[number].login, password))
    st.rerun()


def _terminal() -> str:
    return st.text_input(
        _("Place of work"),
        max_chars=120,
        help=_(
            "The terminal or shed as manifests call it. Looking at shipments there counts as part of the "
            "work (page Access). May stay empty."
        ),
    )
