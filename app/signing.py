"""A raise or a lowering as pages show it, with the second signature and its withdrawal."""

from __future__ import annotations

import streamlit as st

from app import one_shipment, session
from app.views.override import Said
from app.words import _, moment, number, word
from risk.refusals import Refusal
from risk.store import overriding
from risk.store.database import Busy
from risk.store.roles import Person

TOLD = "override-told"


def show(said: Said, person: Person, zone: str, *, bill: str = "", goods: str = "") -> None:
    """Show one, with what whoever looks may do about it."""
    with st.container(border=True):
        state = word("override", said.state)
        what = _("To be lowered") if said.state == "waiting" else word("override", said.direction)
        st.markdown(f"**{what}** · {state}")
        second = f"{moment(said.second_at, zone)} · {said.second_by}" if said.second_by else ""
        one_shipment.facts(
            [
                (_("Bill"), bill),
                (_("Goods"), goods),
                (_("Why"), word(said.direction, said.code)),
                (_("Remark"), said.remark),
                (_("Asked by"), f"{moment(said.at, zone)} · {said.by}"),
                (_("Model's rank then"), "" if said.rank is None else number(said.rank)),
                (_("Second signature"), second),
            ]
        )
        if bill:
            one_shipment.ways(
                [
                    (f"/shipment?id={said.shipment_id}", _("Shipment")),
                    (f"/override?id={said.shipment_id}", _("Raise or lower")),
                ]
            )
        _may(said, person)


def _may(said: Said, person: Person) -> None:
    """Offer what may be done; every button is of this one decision, wherever it stands on the page."""
    left, middle, right = st.columns(3)
    if said.may_sign:
        if left.button(_("Sign: lower it"), key=f"sign-{said.id}", type="primary", width="stretch"):
            _do(said, person, "sign")
        if middle.button(_("Refuse: it stays"), key=f"refuse-{said.id}", width="stretch"):
            _do(said, person, "refuse")
    if said.may_withdraw and right.button(_("Take it back"), key=f"withdraw-{said.id}", width="stretch"):
        _do(said, person, "withdraw")


def _do(said: Said, person: Person, what: str) -> None:
    at = session.clock()
    try:
        with session.database().write() as connection:
            if what == "withdraw":
                overriding.withdraw(connection, said.id, person, at=at)
            else:
                overriding.sign(connection, said.id, what == "sign", person, at=at)
    except (Refusal, Busy) as error:
        session.say_fault(error)
        return
    told = {
        "sign": _("Signed: it stands last now."),
        "refuse": _("Refused: it keeps its place."),
        "withdraw": _("Taken back: it stands where it did without it."),
    }
    one_shipment.tell(TOLD, told[what])
    st.rerun()
