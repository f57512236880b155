"""Watch lists as somebody may see them: entries by page, with what they hit and found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import sqlalchemy as sa

from risk.store import hit_records
from risk.store.roles import Person
from risk.store.tables import users, watch_entries, watch_hits
from risk.watch_entries import New

#: States of entries that somebody still has to think of.
STANDING = ("waiting", "in_force")


@dataclass(frozen=True)
class Entry:
    """An entry of a list, as far as somebody may see it.

    Attributes
    ----------
    id : int
    hidden : bool
        Restricted, to somebody who may not see more: texts are empty and counts missing.
    new : New
        What was written.
    owner : str
    replaces_id : int or None
    added_at : Timestamp
    ended_at : Timestamp or None
    state : str
        ``waiting`` (to be valid), ``in_force``, ``expired``, ``ended`` or ``replaced``.
    hits, inspected, finds : int or None
        Shipments it (or what it takes the place of) hit, how many of them were inspected after it hit them,
        and in how many wildlife was found.
    """

    id: int
    hidden: bool
    new: New
    owner: str
    replaces_id: int | None
    added_at: pd.Timestamp
    ended_at: pd.Timestamp | None
    state: str
    hits: int | None = None
    inspected: int | None = None
    finds: int | None = None


@dataclass(frozen=True)
class Found:
    """One page of entries.

    Attributes
    ----------
    entries : list of Entry
        None of them hidden.
    count : int
        How many there are on all pages.
    hidden : bool
        Whether there are restricted ones beside them; not how many, whatever was asked for.
    """

    entries: list[Entry]
    count: int
    hidden: bool


def entries(
    connection: sa.Connection, person: Person, *, at: pd.Timestamp, ended: bool = False
) -> list[Entry]:
    """Return the entries of all lists, the latest first, as far as somebody may see them.

    Parameters
    ----------
    ended : bool
        Those that expired, ended or were replaced too.
    """
    rows = _rows(connection)
    told = _record(connection, rows)
    states = _states(rows, at)
    listed = [row for row in rows if ended or states[row.id] in STANDING]
    return [_entry(row, states[row.id], person, told.get(row.id, (0, 0, 0))) for row in listed]


def find(
    connection: sa.Connection,
    person: Person,
    *,
    at: pd.Timestamp,
    kind: str = "",
    text: str = "",
    ended: bool = False,
    first: int = 0,
    most: int = 50,
) -> Found:
    """Return some of the entries somebody may see, the latest first.

    Parameters
    ----------
    kind : str
        Of `risk.watch_values.KINDS`; empty for all.
    text : str
        In the value, the reason or the lead, in whatever case. Entries that are hidden are looked for by
        nothing: what a filter leaves over would tell what stands in them.
    first, most : int
        So many entries left out, so many returned.
    """
    rows = _rows(connection)
    states = _states(rows, at)
    listed = [row for row in rows if ended or states[row.id] in STANDING]
    seen = [row for row in listed if not _is_hidden(row, person)]
    asked = text.casefold().strip()
    wanted = [row for row in seen if kind in ("", row.kind) and _says(row, asked)]
    # Past the end is the last page.
    start = min(max(first, 0), max(len(wanted) - 1, 0) // most * most)
    page = wanted[start : start + most]
    told = _record(connection, rows, [row.id for row in page])
    hidden = any(row.restricted for row in listed) and len(seen) < len(listed)
    shown = [_entry(row, states[row.id], person, told.get(row.id, (0, 0, 0))) for row in page]
    return Found(shown, len(wanted), hidden)


def _says(row: Any, text: str) -> bool:
    return not text or any(text in each.casefold() for each in (row.value, row.reason, row.lead))


def one(connection: sa.Connection, entry_id: int, person: Person, *, at: pd.Timestamp) -> Entry | None:
    """Return an entry, None where there is none that somebody may see."""
    rows = _rows(connection)
    row = next((each for each in rows if each.id == entry_id), None)
    if row is None or _is_hidden(row, person):
        return None
    told = _record(connection, rows, [entry_id])
    return _entry(row, _states(rows, at)[entry_id], person, told.get(entry_id, (0, 0, 0)))


def hit_by(
    connection: sa.Connection, entry_id: int, person: Person, *, at: pd.Timestamp, most: int = 200
) -> list[hit_records.Reached]:
    """Return what an entry (or what it takes the place of) hit, the latest first; nothing where it is hidden.

    Parameters
    ----------
    most : int
        No more than so many shipments.
    """
    if one(connection, entry_id, person, at=at) is None:
        return []
    before = {row.id: row.replaces_id for row in _rows(connection)}
    numbers = hit_records.line_before([entry_id], before)
    return hit_records.reached(connection, watch_hits, watch_hits.c.entry_id, numbers, most)


def _rows(connection: sa.Connection) -> Sequence[Any]:
    wanted = sa.select(watch_entries, users.c.login).join(users, users.c.id == watch_entries.c.owner_id)
    return connection.execute(wanted.order_by(watch_entries.c.id.desc())).all()


def _is_hidden(row: Any, person: Person) -> bool:
    return bool(row.restricted) and not person.may("see_restricted")


def _states(rows: Iterable[Any], at: pd.Timestamp) -> dict[int, str]:
    replaced = {row.replaces_id for row in rows}
    # Compared as they come: there may be twenty thousand.
    now = at.to_pydatetime(warn=False)
    return {row.id: _state(row, row.id in replaced, now) for row in rows}


def _state(row: Any, replaced: bool, at: Any) -> str:
    if row.ended_at is not None and row.ended_at <= at:
        return "replaced" if replaced else "ended"
    if row.expires_at is not None and row.expires_at <= at:
        return "expired"
    return "waiting" if row.valid_from > at else "in_force"


def _entry(row: Any, state: str, person: Person, told: tuple[int, int, int]) -> Entry:
    ended = None if row.ended_at is None else pd.Timestamp(row.ended_at)
    if _is_hidden(row, person):
        hidden = New("", "", restricted=True)
        return Entry(row.id, True, hidden, "", None, pd.Timestamp(row.at), ended, state)
    new = New(
        kind=row.kind,
        value=row.value,
        reason=row.reason,
        source_grade=row.source_grade,
        restricted=row.restricted,
        lead=row.lead,
        floor=row.floor,
        valid_from=pd.Timestamp(row.valid_from),
        expires_at=None if row.expires_at is None else pd.Timestamp(row.expires_at),
    )
    added = pd.Timestamp(row.at)
    return Entry(row.id, False, new, row.login, row.replaces_id, added, ended, state, *told)


def _record(
    connection: sa.Connection, rows: Sequence[Any], only: Sequence[int] | None = None
) -> dict[int, tuple[int, int, int]]:
    """Return hits, inspected and finds by entry, each with those of what it takes the place of."""
    before = {row.id: row.replaces_id for row in rows}
    return hit_records.record(connection, watch_hits, watch_hits.c.entry_id, before, only)
