"""Access: who looked at which shipment, and whether it was theirs to look at."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import session, tables
from app.tables import number as count
from app.views import access as view
from app.words import _, moment, ngettext, number, percent, word
from risk.store import access

ACTION = "see_access"


def show() -> None:
    """Show the page."""
    session.allowed(ACTION)
    st.title(_("Access"))
    st.caption(
        _(
            "Everybody who sees the list may look at any shipment; each look stands in the ledger. A look "
            "outside one's work is a question to ask, and proves nothing."
        )
    )
    hours = _window()
    until = session.clock() + pd.Timedelta(minutes=1)
    since = until - pd.Timedelta(hours=hours)
    with session.database().read() as connection:
        found = view.lookers(access.by_person(connection, since, until))
        margins = access.margins(connection, since, until)
    if found:
        _people(found)
        _looks(found, since, until)
    else:
        st.info(_("Nobody looked at a shipment in this time."))
    _margins(margins)


def _window() -> int:
    asked = view.window(st.query_params.get("hours", ""))
    told = {hours: _days(hours) for hours in view.WINDOWS}
    hours = st.radio(
        _("Time"), list(told), index=list(told).index(asked), format_func=told.__getitem__, horizontal=True
    )
    if hours != asked:
        st.query_params["hours"] = str(hours)
        st.rerun()
    return int(hours)


def _days(hours: int) -> str:
    days = hours // 24
    return ngettext("The last {n} day", "The last {n} days", days).format(n=number(days))


def _people(found: list[view.Looker]) -> None:
    zone = str(session.chosen()["time_zone"])
    tables.show(
        _("Looks by person, most looks outside their work first"),
        [
            *(_("Login"), _("Looks"), _("Shipments"), _("Outside"), _("Why it was theirs"), _("Last look")),
        ],
        [
            [
                tables.Cell(each.login or f"user:{each.user_id}", more=_whose(each)),
                count(number(each.looks)),
                count(number(each.shipments)),
                count(percent(each.outside_share)),
                tables.Cell("", more=_grounds(each)),
                moment(each.last_at, zone),
            ]
            for each in found
        ],
    )


def _whose(looker: view.Looker) -> str:
    role = word("role", looker.role) if looker.role else ""
    return "\n".join(part for part in (looker.name, role) if part)


def _grounds(looker: view.Looker) -> str:
    """Return how many looks each ground covers, one below the other: a column each is wider than a page."""
    return "\n".join(
        f"{word('ground', ground)}: {number(looker.grounds[ground])}" for ground in access.GROUNDS
    )


def _looks(found: list[view.Looker], since: pd.Timestamp, until: pd.Timestamp) -> None:
    st.header(_("Look by look"))
    names = {each.user_id: each.login or f"user:{each.user_id}" for each in found}
    asked = view.chosen(st.query_params.get("user", ""), found)
    choices = [None, *names]
    who, outside = st.columns(2, vertical_alignment="bottom")
    user = who.selectbox(
        _("Person"),
        choices,
        index=choices.index(asked),
        # Drawn letter by letter, unlike other widgets.
        format_func=lambda one: _("Everybody") if one is None else names[one],
    )
    if user != asked:
        st.query_params.from_dict(
            {"hours": st.query_params.get("hours", ""), **({"user": str(user)} if user else {})}
        )
        st.rerun()
    only = outside.checkbox(_("Only looks outside their work"))
    with session.database().read() as connection:
        looks = access.looks(connection, since, until, user_id=user, outside=only)
    if looks.empty:
        st.info(_("No looks of this kind."))
        return
    if len(looks) > view.SHOWN:
        st.caption(_("The latest {n} of {of}").format(n=number(view.SHOWN), of=number(len(looks))))
    zone = str(session.chosen()["time_zone"])
    tables.show(
        _("Looks, latest first"),
        [_("When"), _("Login"), _("Bill"), _("Why it was theirs"), _("Row of the ledger")],
        [
            [
                moment(row["at"], zone),
                str(row["login"]) if pd.notna(row["login"]) else f"user:{row['user_id']}",
                tables.shipment(int(row["shipment_id"]), str(row["bill"])) if pd.notna(row["bill"]) else "",
                word("ground", str(row["by"])),
                count(number(int(row["seq"]))),
            ]
            for row in looks.head(view.SHOWN).to_dict("records")
        ],
    )


def _margins(looks: pd.DataFrame) -> None:
    st.header(_("Looks at margins"))
    if looks.empty:
        st.info(_("Nobody looked at margins in this time."))
        return
    zone = str(session.chosen()["time_zone"])
    tables.show(
        _("Who looked at what stands just below the line, or at what would change a score"),
        [_("When"), _("Login"), _("About"), _("Row of the ledger")],
        [
            [
                moment(row["at"], zone),
                str(row["login"]) if pd.notna(row["login"]) else f"user:{row['user_id']}",
                tables.shipment(int(row["shipment_id"]), str(row["bill"]))
                if pd.notna(row["bill"])
                else _("The line of the day"),
                count(number(int(row["seq"]))),
            ]
            for row in looks.to_dict("records")
        ],
    )
