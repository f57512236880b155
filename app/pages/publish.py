"""How many can be opened, to explore with sliders; and the list frozen by a supervisor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from app import session, told
from app.pages import today_filters
from app.views import capacity, today
from app.views.capacity import Opened
from app.views.day_query import Asked
from app.words import _, moment, number, percent, plain, word
from risk import triage
from risk.refusals import Refusal
from risk.store import people, publishing
from risk.store.database import StoreError
from risk.store.roles import Person
from risk.triage import Pool

ACTION = "publish"
#: Key of the session's state: a list was just published, and there is nothing left to explore.
DONE = "publish-done"
#: Keys of what the page of the day tells, with its kind, and of a fault.
NOTICE, FAULT = "today-notice", "today-fault"


def show(person: Person, frame: pd.DataFrame, lists: Sequence[Any]) -> frozenset[int]:
    """Show what a capacity would open; return the shipments it would.

    Parameters
    ----------
    frame : DataFrame
        The whole day (`risk.store.day.rows`).
    lists : sequence of rows
        Published lists, latest first.
    """
    chosen = session.chosen()
    said = capacity.pools_of(str(chosen["capacity"]))
    with st.container(border=True):
        if not chosen["capacity"]:
            st.info(_("Nobody has said yet how much this port can open. An administrator sets it."))
        after = _after(lists) if person.may(ACTION) else None
        with session.database().read() as connection:
            waiting = publishing.takes_part(connection, frame, after)
        pools = _sliders(said)
        try:
            proposed, _messages = publishing.proposed(waiting, pools)
        except triage.CapacityError:
            st.error(
                _("Two parts of the capacity claim the same shipments. An administrator can change that.")
            )
            return frozenset()
        opened = capacity.opened(waiting, proposed, pools)
        _told(opened, len(waiting))
        before = today.counts(frame, session.now()).listed_undecided
        if before:
            st.caption(
                _("Still to open from lists before: {n}. What is set here comes on top.").format(
                    n=number(before)
                )
            )
        if person.may(ACTION):
            _publish(person, pools, after, int(lists[0].id) if lists else 0, len(waiting), len(opened.ids))
        _published(lists)
    return opened.ids


def name(pool: Pool) -> str:
    """Return what a pool is called, as Markdown."""
    return plain(named(pool))


def named(pool: Pool) -> str:
    """Return what a pool is called."""
    parts = (
        word("mode", pool.mode) if pool.mode else "",
        pool.location,
        word("inspection", pool.inspection_type) if pool.inspection_type else "",
    )
    return " ".join(filter(None, parts)) or _("All places")


def _after(lists: Sequence[Any]) -> int | None:
    """Ask whether a list is one of its own or adds to another."""
    if not lists:
        return None
    latest = int(lists[0].id)
    choices = {
        latest: _("Later arrivals only: adds to list {number}, with a draw of its own").format(number=latest),
        0: _("A new list of everything without an outcome"),
    }
    chosen = st.radio(
        _("What to publish"), list(choices), format_func=choices.__getitem__, key="publish-after"
    )
    return chosen or None


def _sliders(pools: Sequence[Pool]) -> tuple[Pool, ...]:
    slots: dict[str, int] = {}
    places = st.columns(min(3, len(pools)))
    for number_, pool in enumerate(pools):
        slots[pool.name] = places[number_ % len(places)].slider(
            _("To open: {pool}").format(pool=name(pool)),
            0,
            capacity.most(pool),
            pool.slots,
            key=f"publish-slots-{pool.name}",
        )
    return capacity.explored(pools, slots)


def _told(opened: Opened, waiting: int) -> None:
    text = _("Shipments that wait: {n}. Would be opened: {count}.")
    st.markdown(text.format(n=f"**{number(waiting)}**", count=f"**{number(len(opened.ids))}**"))
    lines = []
    for each in opened.pools:
        line = _("{pool}: {count}, down to place {place}") if each.count else _("{pool}: none")
        told = line.format(pool=name(each.pool), count=number(each.count), place=number(each.last_place))
        lines.append(f"- {told}")
    st.markdown("\n".join(lines))
    if opened.expected is None:
        finds = _("not known for this port")
    else:
        finds = _("{mean} ({low} to {high} with {level} probability)").format(
            mean=number(opened.expected.mean, 1),
            low=number(opened.expected.low),
            high=number(opened.expected.high),
            level=percent(opened.expected.level),
        )
    st.markdown(f"{_('Expected finds')}: **{plain(finds)}**")
    st.caption(_("By place alone, to explore with. A published list gives a part of it to chance."))


def _publish(
    person: Person, pools: tuple[Pool, ...], after: int | None, latest: int, waiting: int, count: int
) -> None:
    share = float(session.chosen()["random_share"])
    text = _(
        "Publishing freezes the list: {count} shipments, {share} of them drawn by chance once. "
        "They are not marked and not to be swapped."
    )
    st.markdown(plain(text.format(count=number(count), share=percent(share))))
    seen = st.session_state.get("publish-asked")
    if seen is None:
        if st.button(_("Publish"), type="primary", disabled=not (waiting and count), key="publish-ask"):
            st.session_state["publish-asked"] = latest
            st.rerun()
        return
    # Where "Publish" was stands what changes nothing: the second half of a double click confirms nothing.
    not_yet, now = st.columns(2)
    if not_yet.button(_("Not yet"), width="stretch", key="publish-not"):
        st.session_state["publish-asked"] = None
        st.rerun()
    if now.button(_("Publish it now"), type="primary", width="stretch", key="publish-now"):
        st.session_state["publish-asked"] = None
        _freeze(person, pools, share, after, int(seen))


def _freeze(person: Person, pools: tuple[Pool, ...], share: float, after: int | None, seen: int) -> None:
    try:
        with session.database().write() as connection:
            number_ = publishing.publish(
                connection,
                session.now(),
                pools,
                share,
                secret=session.secret(),
                person=person,
                after=after,
                seen=seen,
                at=session.clock(),
                scored=session.scored(),
            )
    except (Refusal, StoreError) as error:
        # Told by the page drawn anew, which shows the lists there are now.
        told.keep(FAULT, error)
        st.rerun()
    text = _("List {number} is published.").format(number=number_)
    told.keep(NOTICE, ("success", text))
    st.session_state[DONE] = True
    today_filters.put(Asked(list=number_))
    st.rerun()


def _published(lists: Sequence[Any]) -> None:
    if not lists:
        return
    zone = str(session.chosen()["time_zone"])
    with session.database().read() as connection:
        names = {row.id: row.login for row in people.everybody(connection)}
        missed = {each.id: publishing.missed_draws(connection, each.id) for each in lists[:_SHOWN]}
    shown = pd.DataFrame(
        {
            _("List"): [str(each.id) for each in lists[:_SHOWN]],
            _("Published"): [plain(moment(pd.Timestamp(each.published_at), zone)) for each in lists[:_SHOWN]],
            _("By"): [plain(names.get(each.published_by, "")) for each in lists[:_SHOWN]],
            _("Adds to"): ["" if each.after_id is None else str(each.after_id) for each in lists[:_SHOWN]],
            _("Ranked"): [number(each.shipments) for each in lists[:_SHOWN]],
            _("Risk"): [word("risk_basis", each.risk_basis) for each in lists[:_SHOWN]],
            _("Random picks without an inspection so far"): [
                number(missed[each.id]) for each in lists[:_SHOWN]
            ],
        }
    )
    st.table(shown.set_index(_("List")))


#: Published lists told of.
_SHOWN = 8
