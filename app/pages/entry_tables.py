"""Lists brought in and taken out as tables. Part of the page *Lists*."""

from __future__ import annotations

from hashlib import sha256

import pandas as pd
import streamlit as st

from app import session, tables, uploader
from app.pages import entry_form
from app.paper import sheets
from app.tables import Cell
from app.views import lists as view
from app.words import _, ngettext, number, plain
from risk import watch_entries as written
from risk.refusals import Refusal
from risk.store import watch_tables
from risk.store.database import Busy
from risk.store.roles import Person
from risk.store.watch_tables import Checked
from risk.watch_values import KINDS

_CSV, _XLSX = "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: Keys of the session: the table read last with its digest, the number of the field, what was taken out.
_READ, _FIELD, _LEFT = "lists.read", "lists.field", "lists.left"


def bring_in(person: Person) -> None:
    """Show the templates and the field for a table, and what would become of it."""
    _templates()
    field = int(st.session_state.get(_FIELD, 0))
    files = uploader.files(
        _("A filled table: all of it is taken in, or nothing"),
        types=["csv", "tsv", "txt", "xlsx", "xls"],
        key=f"{_FIELD}-{field}",
        megabytes=max(1, written.LARGEST // 1_000_000),
    )
    if not files:
        return
    table = _read(files[0].getvalue())
    try:
        with session.database().read() as connection:
            times = {"now": session.now(), "at": session.clock()}
            checked = watch_tables.check(connection, table, person, **times)
    except Refusal as error:
        session.say_fault(error)
        return
    if checked.problems:
        _problems(checked)
        return
    _would(checked)
    if st.button(_("Take it in"), type="primary", width="stretch", disabled=not checked.entries):
        _take_in(person, table, field)


def _read(content: bytes) -> written.Table:
    # Read once for as many runs as the file stays in its field.
    digest = sha256(content).hexdigest()
    known = st.session_state.get(_READ)
    if known is None or known[0] != digest:
        with st.spinner(_("Reading")):
            table = written.read(content, at=session.now(), zone=str(session.chosen()["time_zone"]))
        known = (digest, table)
        st.session_state[_READ] = known
    found: written.Table = known[1]
    return found


def _take_in(person: Person, table: written.Table, field: int) -> None:
    try:
        with session.database().write() as connection:
            done = watch_tables.take_in(connection, table, person, now=session.now(), at=session.clock())
    except (Refusal, Busy) as error:
        session.say_fault(error)
        return
    if done.problems:
        # Shipments came in since it was checked.
        _problems(Checked(len(table.entries), 0, 0, 0, done.problems))
        return
    told = ngettext("{n} entry taken in.", "{n} entries taken in.", done.added).format(n=number(done.added))
    parts = [told, _("Stood there already: {n}.").format(n=number(done.standing))]
    parts.append(_("Shipments hit at once: {n}.").format(n=number(done.hit)))
    entry_form.tell(" ".join(parts))
    st.session_state[_FIELD] = field + 1
    del st.session_state[_READ]
    st.rerun()


def _would(checked: Checked) -> None:
    told = ngettext("{n} entry, nothing wrong.", "{n} entries, nothing wrong.", checked.entries)
    parts = [told.format(n=number(checked.entries))]
    parts.append(_("Stood there already: {n}.").format(n=number(checked.standing)))
    if checked.of:
        hit = _("Hits they would have had among {of} shipments, spread over the latest: {hit}.")
        parts.append(hit.format(of=number(checked.of), hit=number(checked.hit)))
    st.info(plain(" ".join(parts)))


def _problems(checked: Checked) -> None:
    found = view.ordered(checked.problems)
    told = ngettext("{n} problem: nothing was taken in.", "{n} problems: nothing was taken in.", len(found))
    st.error(plain(told.format(n=number(len(found)))))
    rows: list[list[str | Cell]] = [
        [
            number(each.row) if each.row else _("Whole table"),
            Cell(each.field, kind="condition"),
            entry_form.told(each),
        ]
        for each in found[: view.PROBLEMS]
    ]
    tables.show(_("What is wrong"), [_("Row"), _("Column"), _("What is wrong")], rows)
    if len(found) > view.PROBLEMS:
        whole = {
            "row": [each.row for each in found],
            "column": [each.field for each in found],
            "wrong": [entry_form.told(each) for each in found],
        }
        names = {"row": _("Row"), "column": _("Column"), "wrong": _("What is wrong")}
        content = sheets.csv(pd.DataFrame(whole), names)
        st.download_button(_("All problems as CSV"), content, "problems.csv", _CSV)


def _templates() -> None:
    st.markdown(_("Tables to fill in: one for leads from online platforms, one for any entry."))
    leads, entries = st.columns(2)
    for place, of_leads, name, title in (
        (leads, True, "leads", _("Table for leads")),
        (entries, False, "entries", _("Table for entries")),
    ):
        # A workbook keeps telephone numbers as they are typed; in a CSV a spreadsheet spoils them.
        place.download_button(
            f"{title} (XLSX)",
            sheets.xlsx(view.empty(of_leads), title=name),
            f"{name}.xlsx",
            _XLSX,
            width="stretch",
        )
        place.download_button(
            f"{title} (CSV)", written.template(of_leads), f"{name}.csv", _CSV, width="stretch"
        )
    with st.expander(_("What stands in the columns")):
        _columns()


def _columns() -> None:
    named = entry_form.fields()
    meanings = {
        "kind": _("One of: {codes}").format(codes=", ".join(KINDS)),
        "value": named["value"],
        "platform": _("Online platform"),
        "listing": _("Address of the listing"),
        "seller_name": _("Name of the seller"),
        "seller_handle": _("What the seller is called there"),
        "phone": _("Telephone number"),
        "email": _("E-mail address"),
        "address": _("Address"),
        "identifier": _("Registration number"),
        "words": _("Words of the listing to watch for"),
        "reason": _("Why, in a few words; must be filled in"),
        "source_grade": _("Source grade from A1 to F6, as B2"),
        "restricted": _("yes or no"),
        "floor": _("Place its shipments do not stand below (may stay empty)"),
        "lead": named["lead"],
        "valid_from": _("A date, as 2026-11-30 or 2026-11-30 14:00; empty: from now on"),
        "expires_at": _("A date, as 2026-11-30 or 2026-11-30 14:00; empty: without an end"),
    }
    for title, columns in (
        (_("Table for leads"), written.LEAD_COLUMNS),
        (_("Table for entries"), written.COLUMNS),
    ):
        rows: list[list[str | Cell]] = [[Cell(n, kind="condition"), meanings[n]] for n in columns]
        tables.show(title, [_("Column"), _("Meaning")], rows)


def take_out(person: Person) -> None:
    """Show how the entries that stand are taken out; the ledger says that they were."""
    st.markdown(
        _(
            "All entries that stand and that you may see, restricted ones too. The record says who took "
            "them out."
        )
    )
    if st.button(_("Make the files"), width="stretch"):
        try:
            with session.database().write() as connection:
                times = {"now": session.now(), "at": session.clock()}
                entries = watch_tables.leaving(connection, person, **times)
            st.session_state[_LEFT] = (
                len(entries),
                written.written(entries),
                sheets.xlsx(view.leaving(entries), title="entries"),
            )
        except (Refusal, Busy) as error:
            session.say_fault(error)
    if (left := st.session_state.get(_LEFT)) is None:
        return
    count, csv, xlsx = left
    st.success(ngettext("{n} entry", "{n} entries", count).format(n=number(count)))
    one, two = st.columns(2)
    one.download_button(_("Entries as CSV"), csv, "watch-list.csv", _CSV, width="stretch")
    two.download_button(_("Entries as XLSX"), xlsx, "watch-list.xlsx", _XLSX, width="stretch")
