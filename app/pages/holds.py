"""Legal holds: shipments whose data stay whatever the rules say."""

from __future__ import annotations

import streamlit as st

from app import forms, one_shipment, session, tables
from app.words import _, words
from risk.store import holding
from risk.store.holding import HoldError
from risk.store.roles import Person

ACTION = "hold_data"


def show() -> None:
    """Show the page."""
    person = session.allowed(ACTION)
    st.title(_("Legal holds"))
    st.caption(
        _(
            "Data of a shipment under a legal hold are not purged, until a supervisor lifts it. Setting and "
            "lifting stand in the ledger with their reason."
        )
    )
    with session.database().read() as connection:
        held = [(int(row.id), str(row.bill)) for row in holding.held(connection)]
    if held:
        tables.show(
            _("Under a legal hold"), [_("Bill")], [[tables.shipment(number, bill)] for number, bill in held]
        )
    else:
        st.info(_("No shipment is under a legal hold."))
    setting, lifting = st.columns(2)
    with setting:
        _hold(person)
    if held:
        with lifting:
            _lift(person, dict(held))


def _hold(person: Person) -> None:
    st.header(_("Set a hold"))
    codes = words("hold")
    with st.form(forms.key("hold"), border=True):
        bill = st.text_input(_("Bill"), value=one_shipment.bill_asked(), max_chars=400)
        why = st.selectbox(
            _("Why"), list(codes), index=None, format_func=codes.__getitem__, placeholder=_("Choose")
        )
        if not st.form_submit_button(_("Set the hold"), type="primary", width="stretch"):
            return
    with session.database().read() as connection:
        number = holding.of_bill(connection, bill)
    if number is None:
        st.warning(_("No shipment has this bill."))
        return
    _do(person, number, why or "", lift=False)


def _lift(person: Person, held: dict[int, str]) -> None:
    st.header(_("Lift a hold"))
    codes = words("lift")
    with st.form(forms.key("lift"), border=True):
        number = st.selectbox(
            _("Bill"),
            list(held),
            index=None,
            format_func=lambda one: held[one],  # drawn letter by letter, unlike other widgets
            placeholder=_("Choose"),
        )
        why = st.selectbox(
            _("Why"), list(codes), index=None, format_func=codes.__getitem__, placeholder=_("Choose")
        )
        if not st.form_submit_button(_("Lift the hold"), width="stretch"):
            return
    if number is None:
        st.warning(_("Choose a shipment first."))
        return
    _do(person, number, why or "", lift=True)


def _do(person: Person, number: int, why: str, *, lift: bool) -> None:
    change = holding.lift if lift else holding.hold
    try:
        with session.database().write() as connection:
            change(connection, number, why, person, at=session.clock())
    except HoldError as error:
        st.warning(_(error.text))
        return
    except Exception as error:
        session.say_fault(error)
        return
    forms.empty("lift" if lift else "hold")
    st.rerun()
