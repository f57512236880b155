"""Where and when: what lists chose, by hour, terminal, flight and vessel: where to place dogs and people."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import pandas as pd
import streamlit as st

from app import bars, session
from app.bars import Cell
from app.views import planning as view
from app.words import _, moment, ngettext, number, plain, word
from risk.store import planning
from risk.store.texts import line

ACTION = "see_list"
#: Flights and vessels shown.
ROWS = 200


def show() -> None:
    """Show the page."""
    session.allowed(ACTION)
    st.title(_("Where and when"))
    now, zone = session.now(), str(session.chosen()["time_zone"])
    with session.database().read() as connection:
        picks = planning.picks(connection, now)
    until = moment(now + planning.AHEAD, zone)
    st.caption(
        _("What published lists chose and is here or arrives by {until}. Times of the port.").format(
            until=until
        )
    )
    if picks.empty:
        st.info(_("No published list chose anything that is here or arrives in these hours."))
        return
    plan = view.plan(picks, now, zone, _place(view.plan(picks, now, zone).places))
    st.html(bars.STYLE)
    _totals(plan, zone)
    _hours(plan, zone)
    _kinds(plan)
    _conveyances(plan, zone)


def _place(places: tuple[str, ...]) -> str:
    """Ask for a terminal; it stands in the address."""
    asked = st.query_params.get("place", "")
    options = ["", *places]
    st.session_state.setdefault("planning.place", asked if asked in options else "")
    if st.session_state["planning.place"] not in options:
        st.session_state["planning.place"] = ""
    chosen = st.selectbox(
        _("Terminal"),
        options,
        format_func=lambda name: line(name, 80) if name else _("All terminals"),
        key="planning.place",
    )
    if chosen:
        st.query_params["place"] = chosen
    else:
        st.query_params.clear()
    return chosen


def _totals(plan: view.Plan, zone: str) -> None:
    names = {
        "chosen": _("Chosen by lists"),
        "waiting": _("To be opened"),
        "opened": _("Inspected"),
        "not_inspected": _("Not inspected"),
    }
    told = [(names[name], count) for name, count in plan.totals]
    told.insert(2, (_("Of these here already"), plan.here))
    st.html(bars.cards((name, number(count)) for name, count in told))
    if plan.busiest is not None:
        st.markdown(
            _("Most arrive in the hour that begins at **{moment}**.").format(
                moment=plain(moment(plan.busiest, zone))
            )
        )


def _hours(plan: view.Plan, zone: str) -> None:
    st.header(_("By hour of arrival"))
    columns, hours = view.by_hour(plan)
    if not hours:
        st.info(_("Nothing waits to be opened."))
        return
    head = (_("From"), _("To be opened"), "", *(name[:40] or _("Terminal not said") for name in columns))
    others = any(each.elsewhere for each in hours)
    if others:
        head = (*head, _("Other terminals"))
    rows: list[list[Cell]] = [
        [
            bars.time(moment(each.hour, zone) if each.hour is not None else _("Here already")),
            bars.figure(number(each.total)),
            bars.bar(each.share),
            *(
                bars.figure(number(count) if count else "–")
                for count in (*each.waiting, *([each.elsewhere] if others else []))
            ),
        ]
        for each in hours
    ]
    st.html(bars.table("", head, rows))


def _kinds(plan: view.Plan) -> None:
    st.header(_("By terminal and kind of inspection"))
    st.html(bars.table("", _head(_("Terminal"), _("Kind of inspection")), _counted(plan.kinds, _kind)))


def _kind(row: dict[Hashable, Any]) -> list[Cell]:
    kind = str(row["inspection_type"])
    return [
        str(row["location"])[:80] or _("Terminal not said"),
        word("inspection", kind) if kind else _("As the officer decides"),
    ]


def _conveyances(plan: view.Plan, zone: str) -> None:
    st.header(_("By flight and vessel"))

    def told(row: dict[Hashable, Any]) -> list[Cell]:
        hour = row["hour"]
        return [
            " · ".join(filter(None, (str(row["conveyance"])[:80] or _("Not said"), _mode(row)))),
            str(row["location"])[:80] or _("Terminal not said"),
            bars.time(_("Here already") if pd.isna(hour) else moment(pd.Timestamp(str(hour)), zone)),
        ]

    titles = (_("Flight or vessel"), _("Terminal"), _("Arrives in the hour from"))
    st.html(bars.table("", _head(*titles), _counted(plan.conveyances.head(ROWS), told)))
    if len(plan.conveyances) > ROWS:
        more = len(plan.conveyances) - ROWS
        st.caption(
            ngettext(
                "{n} more is not shown: choose a terminal", "{n} more are not shown: choose a terminal", more
            ).format(n=number(more))
        )


def _mode(row: dict[Hashable, Any]) -> str:
    return word("mode", str(row["mode"])) if row["mode"] else ""


def _head(*titles: str) -> tuple[str, ...]:
    return (*titles, _("To be opened"), "", _("Inspected"), _("Not inspected"))


def _counted(frame: pd.DataFrame, told: Callable[[dict[Hashable, Any]], list[Cell]]) -> list[list[Cell]]:
    most = max(int(frame["waiting"].max()), 1)
    return [
        [
            *told(row),
            bars.figure(number(row["waiting"])),
            bars.bar(row["waiting"] / most),
            bars.figure(number(row["opened"])),
            bars.figure(number(row["not_inspected"])),
        ]
        for row in frame.to_dict("records")
    ]
