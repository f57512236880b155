"""Settings: what the port chose, with what each means and how far it may go."""

from __future__ import annotations

import streamlit as st

from app import session, tables, told
from app.views import settings as view
from app.words import _, number, percent, word
from risk.language import BY_CODE
from risk.store import settings
from risk.store.roles import Person
from risk.store.settings import SettingError

ACTION = "administer"
#: Key that says that settings were kept.
_KEPT = "admin.kept"

Value = str | int | float | bool


def show() -> None:
    """Show the page."""
    person = session.allowed(ACTION)
    st.title(_("Settings"))
    with st.container():
        if told.kept(_KEPT):
            st.success(_("Kept. The ledger has a row of it."))
    found = view.choices(session.chosen())
    with st.form("settings", border=True):
        asked = {each.name: _asked(each) for each in found if each.kind != "fixed"}
        sent = st.form_submit_button(_("Keep these settings"), type="primary", width="stretch")
    if sent:
        _keep(person, asked)
    tables.show(
        _("Chosen when the database was made"),
        [_("Setting"), _("Value"), _("What it means")],
        [
            [word("setting", each.name), _told(each.value), _(each.meaning)]
            for each in found
            if each.kind == "fixed"
        ],
    )


def _asked(each: view.Choice) -> Value:
    label, told = word("setting", each.name), _(each.meaning)
    if each.kind == "choice":
        return str(
            st.selectbox(
                label,
                each.choices,
                index=each.choices.index(str(each.value)) if each.value in each.choices else 0,
                format_func=lambda code: BY_CODE[code].name if each.name == "language" else code,
                help=told,
            )
        )
    if each.kind == "text":
        return st.text_input(label, str(each.value), max_chars=120, help=told).strip()
    low, high = each.low or 0, each.high or 0
    if each.kind == "whole":
        told = f"{told} {_('From {low} to {high}.').format(low=number(low), high=number(high))}"
        return int(st.number_input(label, int(low), int(high), int(each.value), step=1, help=told))
    told = f"{told} {_('From {low} to {high}.').format(low=percent(low), high=percent(high))}"
    return float(st.number_input(label, low, high, float(each.value), step=0.05, format="%.2f", help=told))


def _told(value: Value) -> str:
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    return str(value) or _("Nothing")


def _keep(person: Person, asked: dict[str, Value]) -> None:
    if not view.capacity_is_clear(str(asked["capacity"])):
        st.error(_("Inspections possible: write them as sea=4,air=20,post=60. Nothing was changed."))
        return
    try:
        with session.database().write() as connection:
            settings.change(connection, asked, at=session.clock(), actor=person)
    except SettingError:
        st.error(_("One of the values cannot be kept. Nothing was changed."))
        return
    except Exception as error:
        session.say_fault(error)
        return
    told.keep(_KEPT, True)
    st.rerun()
