"""Debrief: in a drill, how far the team is; once a supervisor ended it, what was hidden and who opened it."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import session, tables
from app.tables import Cell
from app.tables import number as count
from app.words import _, current, left, ngettext, number, percent, word
from risk import drill, retelling, taxa
from risk.drill import Debrief, Way
from risk.store import day, drills
from risk.store.roles import Person

ACTION = "see_list"
#: Reasons a shipment has here, of which the first two are told.
TOLD = 4


def show() -> None:
    """Show the page."""
    person = session.allowed(ACTION)
    st.title(_("Debrief"))
    if not session.chosen()["drill"]:
        st.info(_("This is no drill."))
        return
    with session.database().read() as connection:
        ended = drills.ended_at(connection)
        opened = drills.opened(connection)
    if ended is None:
        _going_on(person, len(opened))
    else:
        _over(opened)


def _going_on(person: Person, opened: int) -> None:
    st.markdown(
        _(
            "Work the day as a real one: publish the list, claim, ask for holds, open. A shipment counts as "
            "opened at the step Opened; what is inside is told here once the drill has ended."
        )
    )
    told = ngettext("{n} shipment opened so far", "{n} shipments opened so far", opened)
    st.markdown(f"**{told.format(n=number(opened))}**")
    if not person.may("publish"):
        st.caption(_("A supervisor ends the drill."))
        return
    sure = st.checkbox(_("Everybody is done: what is opened later does not count"))
    if st.button(_("End the drill and show the answers"), type="primary", disabled=not sure, width="stretch"):
        try:
            with session.database().write() as connection:
                drills.end(connection, person, at=session.clock())
        except Exception as error:
            session.say_fault(error)
            return
        st.rerun()


def _over(opened: set[int]) -> None:
    with session.database().read() as connection:
        digest = drills.answers_digest(connection)
        frame = day.rows(connection, session.now(), at=session.clock(), scored=session.scored())
    try:
        answers = drill.read(session.data_folder(), digest)
    except drill.DrillError:
        st.error(_("The answers are not in the folder, or are not those the drill began with."))
        return
    found = drill.debrief(frame, answers, opened, session.now())
    _ways(found)
    _hidden(found)


def _ways(found: Debrief) -> None:
    hidden = ngettext(
        "Something was hidden in {n} shipment of {of}",
        "Something was hidden in {n} shipments of {of}",
        found.hidden,
    )
    st.markdown(f"**{hidden.format(n=number(found.hidden), of=number(found.shipments))}**")
    st.caption(
        f"{word('found', 'live_animals')}: {number(found.live)} · "
        f"{word('found', 'wildlife_products')}: {number(found.products)}"
    )
    chance = _("{low} to {high} in 95 of 100 draws").format(
        low=number(found.chance.low), high=number(found.chance.high)
    )
    tables.show(
        _("Who would have found how many, opening as many of each mode"),
        [_("Chosen by"), _("Opened"), _("Found"), _("How sure")],
        [
            [
                _("The team"),
                count(number(found.team.opened)),
                count(number(found.team.found)),
                _sure(found.team),
            ],
            [
                _("The model alone"),
                count(number(found.model.opened)),
                count(number(found.model.found)),
                _sure(found.model),
            ],
            [_("Chance"), count(number(found.chance.opened)), count(number(found.chance.found, 2)), chance],
        ],
    )
    st.caption(
        _(
            "One drill says little: with so few finds, team and model may differ by luck alone. More is "
            "hidden here than in real life, and every opening is taken to find what is there."
        )
    )


def _sure(way: Way) -> str:
    if not way.opened:
        return "–"
    return _("{low} to {high} of openings hit (95 %)").format(low=percent(way.low), high=percent(way.high))


def _hidden(found: Debrief) -> None:
    with session.database().read() as connection:
        records = day.listed_reasons(connection, found.rows["score_id"].tolist())
    zone = str(session.chosen()["time_zone"])
    told = {
        score: retelling.told(each, TOLD, current(), first=2, zone=zone)
        for score, each in records.items()
        if each
    }
    rows = found.rows.sort_values(["opened", "rank"], ignore_index=True)
    now = session.now()
    titles = [
        _("Bill"),
        _("Opened"),
        _("What"),
        _("Rank"),
        _("Goods"),
        _("Reasons told"),
    ]
    for live in (True, False):
        part = rows[rows["found"].map(lambda each, live=live: ("live_animals" in each) == live)]
        if part.empty:
            continue
        tables.show(
            _("Live animals: the clock ran") if live else _("Wildlife products"),
            titles,
            [
                [
                    tables.shipment(int(row["shipment_id"]), str(row["bill"])),
                    # Two lines in a cell: eight columns run out of a desktop's window.
                    Cell(
                        _("By the team") if row["opened"] else _("Missed"),
                        more=f"{_('Time left')}: {_left(float(row['hours_left']), now)}",
                    ),
                    Cell(
                        taxa.animal(str(row["taxon"]), current()),
                        more=f"{number(float(row['kg']), 1)} {_('kg')}",
                    ),
                    count(number(int(row["rank"]))),
                    str(row["goods"])[:120],
                    tables.long(" · ".join(told.get(int(row["score_id"]), []))),
                ]
                for row in part.to_dict("records")
            ],
        )


def _left(hours: float, now: pd.Timestamp) -> str:
    return left(now + pd.Timedelta(hours=hours), now) if hours == hours else _("not said")
