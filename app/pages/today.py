"""Today: the shipments of the day in order, what lists chose of them, and who is at which."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import streamlit as st

from app import pages, session
from app import told as telling
from app.pages import publish, today_filters, today_paper, today_rows
from app.pages.today_looked import Looked, look
from app.views import today as view
from app.views.day_query import Asked
from app.words import _, current, moment, number, plain
from risk import retelling
from risk.store import day, decisions, people
from risk.store.database import StoreError
from risk.store.roles import Person

ACTION = "see_list"
#: Reasons told of which the first are shown.
_TOLD = 4
#: Matches of a search beyond the day that are shown.
_BEYOND = 20


def show() -> None:
    """Show the page."""
    person = session.allowed(ACTION)
    st.html(f"<style>{today_rows.STYLE}</style>")
    st.title(_("Today"))
    asked = Asked.of_query(st.query_params.to_dict())
    looked = look(person, asked)
    if asked.list and looked.listed is None:
        st.warning(_("There is no such list."))
        asked = replace(asked, list=0)
        looked = look(person, asked)
    session.note_list(person, asked.to_query())
    _how_it_stands(looked)
    today_filters.show(person, asked, looked.day, looked.lists)
    within: frozenset[int] = frozenset()
    if st.session_state.pop(publish.DONE, False):
        st.session_state["today-capacity"] = False
    tools = st.container(horizontal=True)
    today_filters.flags(tools)
    if tools.toggle(_("Capacity and publishing"), key="today-capacity"):
        within = publish.show(person, looked.day, looked.lists)
    if tools.toggle(_("Print and export"), key="today-paper"):
        today_paper.show(person, asked, looked)
    plainly = tools.toggle(_("Plain table"), key="today-plain")
    with st.container():
        _notices()
    _list(person, asked, looked, within, plainly)


def told(frame: pd.DataFrame) -> dict[int, list[str]]:
    """Return the reasons of shipments in the language of who looks, by score."""
    ids = [int(each) for each in frame["score_id"]]
    with session.database().read() as connection:
        records = day.listed_reasons(connection, ids)
    language, zone = current(), str(session.chosen()["time_zone"])
    return {
        score: retelling.told(each, _TOLD, language, first=view.REASONS, zone=zone)
        for score, each in records.items()
        if each
    }


# --- parts --------------------------------------------------------------------------------------


def _how_it_stands(looked: Looked) -> None:
    counts = view.counts(looked.day, session.now())
    parts = (
        (_("Shipments"), counts.shipments),
        (_("Without an outcome"), counts.undecided),
        (_("On lists"), counts.listed),
        (_("Of these still to open"), counts.listed_undecided),
        (_("Claimed"), counts.claimed),
        (_("Finds"), counts.finds),
    )
    st.markdown(" · ".join(f"{said}: **{number(n)}**" for said, n in parts))


def _list(person: Person, asked: Asked, looked: Looked, within: frozenset[int], plainly: bool) -> None:
    frame, zone, now = looked.frame, str(session.chosen()["time_zone"]), session.now()
    if asked.of_lists:
        st.caption(
            _(
                "In the order of their clocks. Everything here is to be opened: some were drawn by chance, "
                "which are not marked and not to be swapped."
            )
        )
    if looked.gone:
        text = _("Of this list, no longer in these days: {n}")
        st.caption(text.format(n=number(looked.gone)))
    if asked.text:
        _beyond(asked, looked)
    if not len(frame):
        st.info(_("No shipment of these days matches.") if len(looked.day) else _nothing(zone))
        return
    shown, pages_ = view.page_of(frame, asked.page)
    first = (min(asked.page, pages_) - 1) * view.SIZE + 1
    made = view.rows(shown, told(shown), day=view.Day.of(looked.day, now), user_id=person.id, within=within)
    if asked.of_lists:
        made = view.unmarked(made, dict(zip(shown["shipment_id"], shown["number"], strict=True)))
    _turn(asked, first, len(shown), len(frame), pages_, "above")
    if plainly:
        st.html(today_rows.table(made, now, zone))
    else:
        _rows(person, made, now, zone)
    _turn(asked, first, len(shown), len(frame), pages_, "below")


def _nothing(zone: str) -> str:
    """Say that nothing is here, and where what was loaded has gone: to days this page does not show."""
    told = _("There is no shipment in these days.")
    with session.database().read() as connection:
        latest = day.latest_arrival(connection)
    if latest is None:
        return told
    shown = _("This page shows three days before and after now; the last shipment loaded arrives {time}.")
    return f"{told} {plain(shown.format(time=moment(latest, zone)))}"


def _rows(person: Person, made: list[view.Row], now: pd.Timestamp, zone: str) -> None:
    """Show rows; what is pressed belongs to a shipment's number, wherever its row has gone meanwhile."""
    decides = person.may("decide")
    with st.container(key="rows"):
        for each in made:
            number_ = each.shipment_id
            st.html(today_rows.row(each, now, zone))
            pages.link("shipment", _("Look at it"), id=str(number_))
            if not decides or each.decided:
                st.html('<span aria-hidden="true"></span>')
                st.html('<span aria-hidden="true"></span>')
                continue
            pages.link("outcome", _("Outcome"), id=str(number_))
            if each.mine:
                args = (number_, each.bill)
                st.button(_("Give up"), key=f"release-{number_}", on_click=_release, args=args)
            else:
                args = (number_, each.bill)
                st.button(_("Claim"), key=f"claim-{number_}", on_click=_claim, args=args)


def _turn(asked: Asked, first: int, shown: int, of: int, last: int, where: str) -> None:
    page = min(asked.page, last)
    back, middle, on = st.columns([1, 3, 1], vertical_alignment="center")
    text = _("Page {page} of {pages} · {first} to {last} of {n}")
    told_ = {"page": page, "pages": last, "first": first, "last": first + shown - 1, "n": of}
    middle.markdown(plain(text.format(**{name: number(value) for name, value in told_.items()})))
    for place, label, to, right in (
        (back, _("Back"), page - 1, page > 1),
        (on, _("Further"), page + 1, page < last),
    ):
        place.button(
            label,
            # Of the page it leads to: a double click turns one page.
            key=f"turn-{where}-{to}",
            disabled=not right,
            on_click=today_filters.put,
            args=(replace(asked, page=max(1, to)),),
            width="stretch",
        )


def _beyond(asked: Asked, looked: Looked) -> None:
    """Offer to look for a text in all that was ever loaded, which takes longer."""
    if not st.button(_("Look in everything that was ever loaded"), key="today-beyond"):
        return
    with session.database().read() as connection:
        found = day.search(connection, asked.text)
        here = set(looked.day["shipment_id"])
        others = day.bills(connection, [each for each in found if each not in here][:_BEYOND])
    if not others:
        st.info(_("Nothing else was found."))
        return
    lines = "".join(f"<li>{today_rows.bill(each, text)}</li>" for each, text in others.items())
    st.html(f'<ul class="wc-table">{lines}</ul>')


# --- claims -------------------------------------------------------------------------------------


def _claim(shipment_id: int, bill: str) -> None:
    person = _who()
    if person is None:
        return
    minutes = int(session.chosen()["claim_minutes"])
    try:
        with session.database().write() as connection:
            held = decisions.claim(connection, shipment_id, person, at=session.clock(), minutes=minutes)
            names = {row.id: row.login for row in people.everybody(connection)}
    except (ValueError, StoreError) as error:
        _keep_fault(error)
        return
    zone = str(session.chosen()["time_zone"])
    until = moment(pd.Timestamp(held.expires_at), zone)
    if held.user_id == person.id:
        _notice("success", _("{bill} is yours until {time}."), bill, time=until)
    else:
        text = _("{who} is at {bill} until {time}. Nothing was changed.")
        _notice("warning", text, bill, who=plain(names.get(held.user_id, "")), time=until)


def _release(shipment_id: int, bill: str) -> None:
    person = _who()
    if person is None:
        return
    try:
        with session.database().write() as connection:
            decisions.release(connection, shipment_id, person, at=session.clock())
    except (ValueError, StoreError) as error:
        _keep_fault(error)
        return
    _notice("success", _("You gave {bill} up."), bill)


def _who() -> Person | None:
    """Return who clicks, if they may decide; the page itself says what is wrong otherwise."""
    person = session.person()
    return person if person is not None and person.may("decide") else None


def _notice(kind: str, text: str, bill: str, **values: str) -> None:
    telling.keep(publish.NOTICE, (kind, text.format(bill=plain(bill[:80]), **values)))


def _keep_fault(error: Exception) -> None:
    telling.keep(publish.FAULT, error)


def _notices() -> None:
    if (fault := telling.kept(publish.FAULT)) is not None:
        session.say_fault(fault)
    kind, text = telling.kept(publish.NOTICE) or ("", "")
    if kind == "success":
        st.success(text)
    elif kind:
        st.warning(text)
