"""Finds: the list, the case sheet of one, and the export for the report on illegal trade."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import pandas as pd
import streamlit as st

from app import bars, outcome_words, printed, session
from app.bars import Cell
from app.pages import find
from app.paper import sheets
from app.printed import Document
from app.views import address
from app.views import finds as view
from app.words import _, current, day, ngettext, number, word, words
from risk import taxa
from risk.finds import FINDS, illegal_trade
from risk.store import finds
from risk.store.roles import Person
from risk.store.texts import line

ACTION = "see_finds"
#: Years before this one that can be exported.
YEARS = 6
#: Finds named on the page.
ROWS = 200
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def show() -> None:
    """Show the page: a find where the address names one, else the list."""
    person = session.allowed(ACTION)
    st.html(bars.STYLE)
    if "id" in st.query_params:
        find.show(person, address.number(st.query_params["id"]))
        return
    st.title(_("Finds"))
    _list()
    _export(person)


# --- the list -----------------------------------------------------------------------------------


def _list() -> None:
    now, zone = session.now(), str(session.chosen()["time_zone"])
    asked = view.Chosen.of_address(st.query_params.to_dict())
    with session.database().read() as connection:
        # What was entered in this minute is part of it.
        kept = finds.between(connection, asked.since(now), now + pd.Timedelta(minutes=1), None)
    chosen = _filters(asked, sorted(set(kept["location"]) - {""}))
    if chosen.period != asked.period:
        st.rerun()
    found = view.filtered(kept, chosen)
    if found.empty:
        st.info(_("No find was entered that fits."))
        return
    title = ngettext("{n} find", "{n} finds", len(found)).format(n=number(len(found)))
    head = (_("Bill"), _("Inspected"), _("Found"), _("Species"), _("Where"), _("Chosen by"))
    rows = view.listed(found.head(ROWS)).to_dict("records")
    st.html(bars.table(title, head, [_row(row, zone) for row in rows]))
    if len(found) > ROWS:
        st.caption(_("The first {n} are shown.").format(n=number(ROWS)))
    st.caption(
        _(
            "A find is wildlife that no valid permit covers and whose outcome nobody overturned. It says "
            "nothing about who knew of it."
        )
    )


def _filters(asked: view.Chosen, places: list[str]) -> view.Chosen:
    """Ask what to look for; it stands in the address."""
    every = _("All")
    places = [*places, *([asked.place] if asked.place and asked.place not in places else [])]
    periods = {
        **{n: ngettext("Last {n} day", "Last {n} days", int(n)).format(n=n) for n in view.PERIODS[:-1]},
        "all": _("All there is"),
    }
    by = {code: text for code, text in words("selected_by").items() if code}
    asks = (
        ("period", _("Period"), periods),
        ("found", _("Found"), {"": every, **{code: word("found", code) for code in FINDS}}),
        ("status", _("State"), {"": every, **{c: word("status", c) for c in ("provisional", "confirmed")}}),
        ("by", _("Chosen by"), {"": every, **by}),
        ("place", _("Terminal"), {"": every, **{name: line(name, 80) for name in places}}),
    )
    told: dict[str, str] = {}
    # Two rows: five beside each other are too narrow on a tablet.
    spaces = [*st.columns(3), *st.columns(2)]
    for place, (name, label, options) in zip(spaces, asks, strict=True):
        key = f"finds.{name}"
        st.session_state.setdefault(key, getattr(asked, name))
        if st.session_state[key] not in options:
            st.session_state[key] = next(iter(options))
        told[name] = place.selectbox(label, list(options), format_func=options.__getitem__, key=key)
    st.session_state.setdefault("finds.text", asked.text)
    told["text"] = st.text_input(
        _("Bill, flight or vessel, evidence reference, or name of the species in any language"),
        key="finds.text",
        max_chars=200,
    )
    chosen = view.Chosen(**told)
    if st.query_params.to_dict() != chosen.to_address():
        st.query_params.from_dict(chosen.to_address())
    return chosen


def _row(row: dict[Hashable, Any], zone: str) -> list[Cell]:
    names = [taxa.taxon_name(name, current()) for name in row["taxa"]]
    amounts = ((_("{n} pieces"), "pieces", 0), (_("{n} alive"), "alive", 0), (_("{n} kg"), "kg", 2))
    told = [
        text.format(n=number(row[name], digits)) for text, name, digits in amounts if row[name] is not None
    ]
    return [
        bars.link(f"/finds?id={row['shipment_id']}", str(row["bill"])),
        bars.time(day(row["inspected_at"], zone)),
        outcome_words.found(row, FINDS),
        " · ".join([*names, *told]) or "–",
        " · ".join(str(row[name]) for name in ("location", "conveyance") if row[name]),
        word("selected_by", str(row["selected_by"])),
    ]


# --- the report on illegal trade ------------------------------------------------------------------


def _export(person: Person) -> None:
    st.header(_("Export for the annual illegal trade report (CITES)"))
    chosen = session.chosen()
    zone, agency = str(chosen["time_zone"]), str(chosen["detecting_agency"])
    st.markdown(
        _(
            "One row per species of each find of a year, in the columns of the report's form and in English. "
            "What an inspection does not tell stays empty. Compare the columns with the form in force before "
            "it is sent. The ledger records the export."
        )
    )
    if not agency:
        st.info(_("No detecting agency is set: an administrator can name it in the settings."))
    this = session.now().tz_localize("UTC").tz_convert(zone).year
    left, right = st.columns(2)
    with left:
        year = st.selectbox(_("Year"), list(range(this, this - YEARS, -1)), format_func=str, key="finds.year")
    with right:
        form = st.radio(_("File"), ("XLSX", "CSV"), horizontal=True, key="finds.form")

    def make() -> Document:
        with session.database().read() as connection:
            rows = finds.reported(connection, year, zone)
        table = illegal_trade(rows, zone=zone, port=str(chosen["port_name"]), agency=agency)
        title = f"illegal-trade-{year}"
        content = sheets.xlsx(table, title=title) if form == "XLSX" else sheets.csv(table)
        # On record before anybody holds the file.
        with session.database().write() as connection:
            finds.exported(connection, year, len(table), person, at=session.clock())
        return Document(content, f"{title}.{form.lower()}", _XLSX if form == "XLSX" else "text/csv")

    printed.offer(_("Make the file"), (year, form, agency), make, key="finds.export")
