"""Notes of officers, and the words that stand with decisions and outcomes."""

from __future__ import annotations

import streamlit as st

from app import forms, markup, session
from app.words import _, moment
from risk.refusals import Refusal
from risk.store import decisions
from risk.store.database import Busy
from risk.store.dossier import Dossier
from risk.store.roles import Person
from risk.store.texts import LONGEST


def show(dossier: Dossier, person: Person, zone: str) -> None:
    """Show what was written, and a field for more."""
    kinds = {
        "note": _("Note"),
        "override": _("With raising or lowering"),
        "outcome": _("With the outcome"),
    }
    if dossier.remarks:
        heads = [_("When"), _("Who"), _("Kind"), _("What was written")]
        rows = [
            [
                markup.said(moment(each.at, zone)),
                markup.text(each.who, 80),
                markup.said(kinds.get(each.kind, each.kind)),
                markup.text(each.text, LONGEST),
            ]
            for each in dossier.remarks
        ]
        st.html(markup.table(_("Notes"), heads, rows))
    else:
        st.caption(_("Nothing was written yet."))
    if dossier.current.purged:
        st.caption(_("Notes go with what was declared when its time of keeping ends."))
    if person.may("decide"):
        _write(dossier, person)


def _write(dossier: Dossier, person: Person) -> None:
    # Of this shipment: nothing typed for one is ever sent with another.
    name = f"note-{dossier.shipment_id}"
    key = forms.key(name)
    with st.form(key):
        text = st.text_area(
            _("Your note"),
            max_chars=LONGEST,
            key=f"{key}-text",
            help=_(
                "Everybody who may see the shipment reads it. The ledger records that you wrote, not what."
            ),
        )
        sent = st.form_submit_button(_("Add the note"), type="primary", width="stretch")
    if not sent:
        return
    if not text.strip():
        st.warning(_("Write something first."))
        return
    try:
        with session.database().write() as connection:
            decisions.note(connection, dossier.shipment_id, text, person, at=session.clock())
    except (Busy, Refusal) as error:
        session.say_fault(error)
        return
    forms.empty(name)
    st.rerun()
