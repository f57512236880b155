"""Second signatures: what waits to be lowered, for those who may sign."""

from __future__ import annotations

import streamlit as st

from app import one_shipment, session, signing
from app.views import override as view
from app.words import _, ngettext, number
from risk.store import decided

ACTION = "sign_second"


def show() -> None:
    """Show the page."""
    person = session.allowed(ACTION)
    st.title(_("Second signatures"), anchor=False)
    one_shipment.style()
    one_shipment.tell(signing.TOLD)
    zone = str(session.chosen()["time_zone"])
    with session.database().read() as connection:
        rows = decided.waiting(connection)
    if not rows:
        st.info(_("Nothing waits for a second signature."))
        return
    st.markdown(
        ngettext(
            "{n} shipment waits to be lowered. It keeps its place until somebody else has signed.",
            "{n} shipments wait to be lowered. They keep their places until somebody else has signed.",
            len(rows),
        ).format(n=number(len(rows)))
    )
    told = {row.id: row for row in rows}
    for each in reversed(view.said(rows, person)):
        row = told[each.id]
        signing.show(each, person, zone, bill=row.bill, goods=row.goods or "")
