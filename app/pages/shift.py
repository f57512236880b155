"""Shift: what is handed over, the numbers of it, and its report on paper."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from app import bars, outcome_words, printed, session
from app.bars import Cell
from app.paper import kept, prints
from app.printed import Document
from app.views import shift as view
from app.words import _, current, moment, ngettext, number, percent, word
from risk.store import in_force, shift, shift_rows
from risk.store.roles import Person
from risk.store.shift import Shift

ACTION = "see_list"
#: Shipments of one kind named on the page; the print has them all.
ROWS = 100


def show() -> None:
    """Show the page."""
    person = session.allowed(ACTION)
    st.title(_("Shift"))
    chosen = _window()
    zone = str(session.chosen()["time_zone"])
    with session.database().read() as connection:
        times = {"clock": session.clock(), "entered": _entered(chosen)}
        numbers = shift.numbers(connection, chosen.since, chosen.until, **times)
        rows = shift_rows.rows(connection, chosen.since, chosen.until, **times)
    told = view.figures(numbers)
    span = _("{since} to {until}").format(since=moment(told.since, zone), until=moment(told.until, zone))
    st.caption(span)
    st.html(bars.STYLE)
    _totals(told)
    _print(person, chosen, numbers, rows)
    _tallies(told)
    _rates(told, zone)
    st.header(_("Handed over"))
    _named(view.of(rows, "waiting"), _("Still there"), zone)
    _named(view.of(rows, "left"), _("Left before they were opened"), zone)
    _done(view.of(rows, "opened"), _("Inspected"), zone)
    _done(view.of(rows, "not_inspected"), _("Not inspected, and why"), zone)


# --- which shift --------------------------------------------------------------------------------


def _window() -> view.Window:
    """Ask for the window; it stands in the address, so that a refresh and a bookmark keep it."""
    zone, now, asked = str(session.chosen()["time_zone"]), session.now(), st.query_params
    before = view.window(asked.get("window", ""), asked.get("from", ""), asked.get("to", ""), now, zone)
    told = {
        **{str(n): ngettext("Last {n} hour", "Last {n} hours", n).format(n=number(n)) for n in (8, 12, 24)},
        "today": _("Today"),
        "span": _("From … to …"),
    }
    st.session_state.setdefault("shift.window", before.code)
    code = st.selectbox(_("Shift"), view.WINDOWS, format_func=told.__getitem__, key="shift.window")
    if code != "span":
        _asked(window=code)
        return view.window(code, "", "", now, zone)
    left, right = st.columns(2)
    for place, name, label, at in (
        (left, "from", _("From, by the port's clock"), before.since),
        (right, "to", _("To, by the port's clock"), before.until),
    ):
        key = f"shift.{name}"
        st.session_state.setdefault(key, view.local(at, zone))
        place.datetime_input(label, key=key, format="YYYY-MM-DD", step=900)
    begin, end = (st.session_state[key] for key in ("shift.from", "shift.to"))
    first, last = (each.strftime("%Y-%m-%dT%H:%M") if each is not None else "" for each in (begin, end))
    found = view.window(code, first, last, now, zone)
    if found.code != "span":
        st.error(_("The end must come after the beginning, by at most 31 days."))
        st.stop()
    _asked(**{"window": code, "from": first, "to": last})
    return found


def _entered(chosen: view.Window) -> pd.Timestamp | None:
    """Return up to when what people enter counts: where time stands still, people still enter."""
    return view.entered(chosen, session.now(), session.clock())


def _asked(**wanted: str) -> None:
    if st.query_params.to_dict() != wanted:
        st.query_params.from_dict(wanted)


# --- its numbers --------------------------------------------------------------------------------


def _totals(told: view.Figures) -> None:
    names = {
        "inspected": _("Inspected"),
        "finds": _("Finds"),
        "left": _("Left before they were opened"),
        "waiting": _("Still there"),
        "claims_open": _("Claimed now"),
    }
    st.html(bars.cards((names[name], number(count)) for name, count in told.totals))
    notes = {
        "provisional": _("Finds not confirmed yet"),
        "permitted": _("Wildlife that a valid permit covers, no find"),
        "overturned": _("Outcomes that were overturned, counted nowhere else"),
        "missed_random": _("Random picks not inspected"),
    }
    days = told.days_since_outcome
    since = _("no outcome yet") if days is None else number(days)
    share = told.override_share
    parts = [f"{_('Days since the last outcome')}: {since}"]
    parts.append(
        f"{_('Share of the chosen that officers raised')}: "
        + (_("nothing was chosen") if share is None else percent(share, 1))
    )
    parts += [f"{notes[name]}: {number(count)}" for name, count in told.notes]
    st.markdown("  \n".join(f"- {part}" for part in parts))
    st.caption(_("Not inspected does not mean nothing is there."))


def _tallies(told: view.Figures) -> None:
    came = {
        "opened": _("Inspected"),
        "not_inspected": _("Not inspected"),
        "left": _("Left before they were opened"),
        "waiting": _("Still there"),
    }
    states = {"raised": "raise", "lowered": "lower"}

    def count(title: str, frame: pd.DataFrame, kind: str) -> None:
        def name(code: str) -> str:
            return came[code] if not kind else word(kind, states.get(code, code))

        rows = [(name(code), int(n), number(n)) for code, n in frame.itertuples(index=False)]
        if rows:
            st.html(bars.counts(title, (_("Kind"), _("Shipments")), rows))

    left, right = st.columns(2)
    with left:
        count(_("What came of the shipments on the lists"), told.listed, "")
        count(_("How it was inspected"), told.inspected, "inspection")
        count(_("Raised and lowered"), told.overrides, "override")
    with right:
        count(_("What was found"), told.found, "found")
        count(_("Not inspected, and why"), told.not_inspected, "why_not")


def _rates(told: view.Figures, zone: str) -> None:
    st.header(_("Finds by how a shipment was chosen"))
    until = moment(told.until, zone)
    st.caption(
        _("Inspections from {since} to {until}: one shift has too few finds.").format(
            since=moment(told.rates_since, zone), until=until
        )
        + " "
        + _("Under ten finds a share is not estimable.")
    )
    most = float(told.rates["high"].max()) if told.rates["high"].notna().any() else 0.0
    head = (_("Chosen by"), _("Inspected"), _("Finds"), _("Share, with its interval"), "", _("Still needed"))
    st.html(bars.table("", head, [_rate(row, most) for row in told.rates.to_dict("records")]))


def _rate(row: dict[Hashable, Any], most: float) -> list[Cell]:
    by = word("selected_by", str(row["selected_by"]))
    inspected, finds, needed = (int(row[name]) for name in ("inspected", "finds", "finds_needed"))
    papers = int(row["papers_only"])
    if papers:
        only = ngettext("{n} by papers alone", "{n} by papers alone", papers).format(n=number(papers))
        by = f"{by} ({only})"
    cells: list[Cell] = [by, bars.figure(number(inspected)), bars.figure(number(finds))]
    if needed:
        more = ngettext("{n} more find", "{n} more finds", needed).format(n=number(needed))
        if not pd.isna(row["inspections_needed"]):
            inspections = int(row["inspections_needed"])
            about = ngettext("about {n} inspection", "about {n} inspections", inspections)
            more += f" ({about.format(n=number(inspections))})"
        return [*cells, _("not estimable"), bars.interval(None, None, None, most), more]
    low, at, high = (float(row[name]) for name in ("low", "rate", "high"))
    span = _("{low} to {high}").format(low=percent(low, 1), high=percent(high, 1))
    return [*cells, f"{percent(at, 1)} ({span})", bars.interval(low, at, high, most), ""]


# --- its shipments ------------------------------------------------------------------------------


def _named(rows: pd.DataFrame, title: str, zone: str) -> None:
    def told(row: dict[Hashable, Any]) -> list[Cell]:
        return [
            bars.link(f"/shipment?id={row['shipment_id']}", str(row["bill"])),
            # What left is so by its outcome or by its last step.
            outcome_words.done(row) if row["inspection"] else word("step", str(row["step"])),
            _at(row),
            bars.time(moment(row["available_until"], zone)),
            str(row["claimed_by"]),
        ]

    head = (_("Shipment"), _("Status"), _("Where"), _("Leaves"), _("Claimed by"))
    _table(rows, title, head, told)


def _done(rows: pd.DataFrame, title: str, zone: str) -> None:
    def told(row: dict[Hashable, Any]) -> list[Cell]:
        return [
            bars.link(f"/shipment?id={row['shipment_id']}", str(row["bill"])),
            bars.time(moment(row["at"], zone)),
            _at(row),
            outcome_words.done(row),
            outcome_words.found(row) or "–",
        ]

    head = (_("Shipment"), _("When"), _("Where"), _("What was done"), _("Found"))
    _table(rows, title, head, told)


def _at(row: dict[Hashable, Any]) -> str:
    return " · ".join(str(row[name]) for name in ("location", "conveyance") if row[name])


def _table(
    rows: pd.DataFrame,
    title: str,
    head: Sequence[str],
    told: Callable[[dict[Hashable, Any]], list[Cell]],
) -> None:
    count = f"{title}: {number(len(rows))}"
    if rows.empty:
        st.markdown(f"**{count}**")
        return
    st.html(bars.table(count, head, [told(row) for row in rows.head(ROWS).to_dict("records")]))
    if len(rows) > ROWS:
        st.caption(_("The first {n} are shown; the print has them all.").format(n=number(ROWS)))


# --- on paper -----------------------------------------------------------------------------------


def _print(person: Person, chosen: view.Window, numbers: Shift, rows: pd.DataFrame) -> None:
    with st.expander(_("Print the report"), icon=":material/print:"):
        left, right = st.columns(2)
        with left:
            name = st.text_input(_("Name of the shift (may stay empty)"), max_chars=60, key="shift.name")
        with right:
            language = printed.language_of("shift.language")
        remark = st.text_area(
            _("For who comes next: stands on the print, is not kept"), max_chars=1000, key="shift.remark"
        )

        def make() -> Document:
            with session.database().read() as connection:
                rests = in_force.get(connection)
            facts = kept.shift_of(
                numbers,
                rows,
                name=name,
                risk_basis=rests.risk_basis or "prior",
                model_id=rests.model_id,
                remarks=[remark] if remark.strip() else [],
            )
            frame = printed.around(person, language)
            file = f"shift-{view.local(chosen.until, frame.zone):%Y-%m-%d-%H%M}-{language}"
            return printed.printable(
                lambda: prints.shift_report(frame, facts),
                lambda: prints.shift_report_page(frame, facts),
                file,
            )

        about = (chosen, name, language, remark, current())
        printed.offer(_("Make the report"), about, make, key="shift.print")
