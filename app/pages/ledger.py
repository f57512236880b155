"""Ledger: what was done, as ids and codes; its head to print, and everything checked."""

from __future__ import annotations

import streamlit as st

from app import session, tables, working
from app.tables import Cell, code, number
from app.views import ledger as view
from app.words import _, current, moment, plain, word
from app.words import number as written
from risk.store import jobs, ledger
from risk.store.roles import Person

ACTION = "read_ledger"
#: Rows shown at a time.
ROWS = 50


def show() -> None:
    """Show the page."""
    person = session.allowed(ACTION)
    st.title(_("Ledger"))
    _head()
    _check(person)
    _rows()


def _head() -> None:
    st.header(_("Head of the ledger"))
    with session.database().read() as connection:
        head = ledger.head(connection)
    st.code(head, language=None, wrap_lines=True)
    st.caption(
        _(
            "Print it or write it down, and keep it elsewhere. Only with a head kept elsewhere can a check "
            "show that rows were cut off the end or that everything was written anew."
        )
    )
    chosen = session.chosen()
    at = moment(session.clock(), str(chosen["time_zone"]))
    where = session.database().name, str(session.data_folder())
    text = view.slip(str(chosen["port_name"]), head, at, *where)
    st.download_button(_("Head as a text file"), text, file_name="ledger-head.txt", mime="text/plain")


def _check(person: Person) -> None:
    st.header(_("Check everything"))
    with st.form("check", border=True):
        printed = st.text_input(_("A head kept from before (may stay empty)"), max_chars=90)
        if st.form_submit_button(_("Check now"), type="primary"):
            if printed.strip() and not ledger.is_head(printed):
                st.error(_("This is no head: expected a row number, a dash and at least 8 hex digits."))
            else:
                working.ask("verify", person, head=printed.strip())
    working.watch("verify", ACTION, _found)


def _found(job: jobs.Job) -> None:
    holds, checks = view.checks(job.result, current())
    if holds:
        st.success(_("Everything holds together."))
    else:
        st.error(_("Something does not hold together. Keep the database as it is and tell an auditor."))
    tables.show(
        _("What was checked"),
        [_("Checked"), _("Found"), _("In detail"), _("What does not hold")],
        [
            [word("check", each.name), word("check_state", each.state), each.told, "; ".join(each.problems)]
            for each in checks
        ],
    )


def _rows() -> None:
    st.header(_("Latest rows"))
    asked = st.query_params.get("kind", "")
    with session.database().read() as connection:
        kinds = ledger.kinds(connection)
    asked = asked if asked in kinds else ""
    chosen = st.selectbox(
        _("Kind"),
        ["", *kinds],
        index=["", *kinds].index(asked),
        format_func=lambda kind: word("ledger", kind) if kind else _("All kinds"),
    )
    if chosen != asked:
        st.query_params.from_dict({"kind": chosen} if chosen else {})
        st.rerun()
    with session.database().read() as connection:
        before = view.before(st.query_params.get("before", ""))
        found = view.rows(ledger.latest(connection, ROWS, kind=chosen, before=before))
    if not found:
        st.info(_("No rows."))
        return
    zone = str(session.chosen()["time_zone"])
    tables.show(
        _("Rows of the ledger, latest first: ids, codes and hashes only"),
        [_("Row"), _("When"), _("Who"), _("What"), _("About"), _("Facts"), _("Hash")],
        [
            [
                number(written(row.number)),
                moment(row.at, zone),
                code(row.actor),
                word("ledger", row.kind),
                _subject(row.subject),
                code(row.facts),
                code(row.hash),
            ]
            for row in found
        ],
    )
    if len(found) == ROWS and found[-1].number > 1:
        last = found[-1].number
        # Of the row it leads to: a double click turns one page.
        st.button(_("Earlier rows"), key=f"earlier-{last}", on_click=_earlier, args=(last,), width="stretch")


def _subject(subject: str) -> Cell:
    kind, _colon, identity = subject.partition(":")
    if kind == "shipment" and identity.isdigit():
        return Cell(subject, "shipment", (("id", identity),), "code")
    return code(plain(subject) if not subject.isprintable() else subject)


def _earlier(number: int) -> None:
    st.query_params["before"] = str(number)
