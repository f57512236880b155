"""What is looked at on the page Today: the day or a list, of it what is asked for."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from app import session
from app.views import today as view
from app.views.day_query import Asked
from risk.store import day, publishing
from risk.store.roles import Person

#: Published lists to choose from, the latest.
_LISTS = 100


@dataclass(frozen=True)
class Looked:
    """What is looked at.

    Attributes
    ----------
    day : DataFrame
        All of the day, or of the days around a list.
    frame : DataFrame
        What is asked for, in the order shown.
    lists : list of rows
        The latest, latest first, and the one asked for.
    listed : DataFrame or None
        All of the list that is looked at.
    gone : int
        Of it, shipments that are not there any more.
    """

    day: pd.DataFrame
    frame: pd.DataFrame
    lists: list
    listed: pd.DataFrame | None = None
    gone: int = 0


def look(person: Person, asked: Asked) -> Looked:
    """Look at the day, or at a list and the days around it, for what is asked."""
    now = session.now()
    with session.database().read() as connection:
        lists = publishing.latest(connection, _LISTS)
        listed = next((each for each in lists if each.id == asked.list), None)
        if listed is None and asked.list and (older := publishing.one(connection, asked.list)) is not None:
            lists, listed = [*lists, older], older
        around = pd.Timestamp(listed.published_at) if listed else now
        window = {"since": around - day.BEFORE, "until": around + day.AFTER}
        frame = day.rows(connection, now, at=session.clock(), scored=session.scored(), **window)
        here, gone = frame, 0
        if listed:
            chosen = set(publishing.rows(connection, listed.id)["shipment_id"])
            gone = len(chosen - set(frame["shipment_id"]))
            here = frame[frame["shipment_id"].isin(chosen).to_numpy()]
        if asked.of_lists:
            here = view.by_clock(here if listed else here[here["list_id"].notna().to_numpy()])
        kept = day.filtered(here, asked.filters(now), now=now, user_id=person.id)
        if asked.text:
            found = day.search(connection, asked.text, **window)
            kept = kept[kept["shipment_id"].isin(found).to_numpy()]
    return Looked(frame, kept, lists, here if listed else None, gone)
