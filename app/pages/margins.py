"""Margins: what stands just below the line, and what would change a score. Every look is on record."""

from __future__ import annotations

import streamlit as st

from app import one_shipment, session, tables
from app.pages.publish import named
from app.tables import code
from app.tables import number as count
from app.words import _, moment, number, plain, word
from risk.margins import Change
from risk.refusals import Refusal
from risk.store import access, holding, margins
from risk.store.replaying import ReplayError
from risk.store.roles import Person

ACTION = "see_margins"


def show() -> None:
    """Show the page."""
    person = session.allowed(ACTION)
    st.title(_("Margins"))
    st.warning(
        _(
            "What stands here tells somebody inside how to pass. It is for analysts and auditors; every look "
            "is put into the ledger, and supervisors see it."
        )
    )
    _below(person)
    _changes(person)


def _below(person: Person) -> None:
    st.header(_("Just below the line"))
    if not st.button(_("Show it, and put my look on record")):
        return
    try:
        with session.database().write() as connection:
            access.viewed_margins(connection, person, at=session.clock())
        with session.database().read() as connection:
            found, listed = margins.below(connection, person, session.now(), at=session.clock())
            pools = {pool.name: pool for pool in margins.pools(connection, session.now())[0]}
    except Refusal as error:
        st.warning(_(error.text))
        return
    except Exception as error:
        session.say_fault(error)
        return
    if listed is None:
        told = _("The line as the setting would draw it")
    else:
        told = _("The line of list {n}").format(n=number(listed))
    if found.empty:
        st.info(_("Everything that waits stands above the line."))
        return
    zone = str(session.chosen()["time_zone"])
    tables.show(
        told,
        [
            *(_("Place"), _("Bill"), _("Pool"), _("Lacks"), _("Goods"), _("How it travels"), _("Arrives")),
        ],
        [
            [
                count(number(int(row["place"]))),
                tables.shipment(int(row["shipment_id"]), str(row["bill"])),
                named(pools[row["where"]]),
                count(number(float(row["gap"]), 2) if row["gap"] == row["gap"] else "–"),
                str(row["goods"])[:120],
                word("mode", str(row["mode"])) if row["mode"] else "",
                moment(row["arrives_at"], zone),
            ]
            for row in found.to_dict("records")
        ],
    )
    st.caption(
        _("Lacks: log-odds to the last shipment chosen by place there. Chance may choose any of them.")
    )


def _changes(person: Person) -> None:
    st.header(_("What would change a score"))
    with st.form("changes", border=True):
        bill = st.text_input(_("Bill"), value=one_shipment.bill_asked(), max_chars=400)
        sent = st.form_submit_button(_("Show it, and put my look on record"))
    if not sent:
        return
    with session.database().read() as connection:
        shipment = holding.of_bill(connection, bill)
    if shipment is None:
        st.warning(_("No shipment has this bill."))
        return
    try:
        with session.database().write() as connection:
            access.viewed_margins(connection, person, at=session.clock(), shipment_id=shipment)
        with session.database().read() as connection:
            found = margins.changes(connection, shipment, person, session.now(), at=session.clock())
    except Refusal as error:
        st.warning(_(error.text))
        return
    except ReplayError as error:
        st.error(plain(str(error)))
        return
    except Exception as error:
        session.say_fault(error)
        return
    st.markdown(
        _(
            "Rank now: **{rank}**. Tried: values that {n} other shipments of the day have, one at a time."
        ).format(rank=number(found.rank), n=number(found.compared))
    )
    _table(_("What would put it lower"), found.lower, found.log_odds)
    _table(_("What would put it higher"), found.raise_, found.log_odds)


def _table(caption: str, found: tuple[Change, ...], base: float) -> None:
    if not found:
        st.info(f"{caption}: {_('nothing of what was tried')}")
        return
    tables.show(
        caption,
        [_("Evidence"), _("Feature"), _("Now"), _("Then"), _("Change"), _("Rank then")],
        [
            [
                word("family", each.family),
                code(each.feature),
                _value(each.now),
                _value(each.then),
                count(_signed(each.log_odds - base)),
                count(number(each.rank)),
            ]
            for each in found
        ],
    )


def _signed(change: float) -> str:
    return f"{'+' if change >= 0 else '−'}{number(abs(change), 2)}"


def _value(value: object) -> str:
    if value is None:
        return _("Not known")
    return number(value, 2) if isinstance(value, float) else str(value)
