"""Watch lists as the database keeps them: entries tried, added, changed, ended (`watch_listing` lists them).

An entry is never changed in place: a change is a further row that names the one it takes the place of, which
ends. The ledger says who did what to which entry and never what stands in it; values go by themselves when
their time of keeping is over (`forget`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
import sqlalchemy as sa

from risk import watch_entries as written
from risk import watching
from risk.refusals import Refusal
from risk.store import declared_rows, ledger, roles, working_out
from risk.store.roles import Person
from risk.store.tables import watch_entries
from risk.watch_entries import New, Problem

#: Shipments an entry is tried on before it is kept.
TRIED_ON = 2_000


class EntryRefused(Refusal):
    """An entry cannot be kept so.

    Attributes
    ----------
    problems : tuple of Problem
        What is wrong, field by field; may be empty.
    """

    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Tried:
    """What an entry or a rule would have hit.

    Attributes
    ----------
    hit, of : int
        So many of so many shipments, spread over the latest (`declared_rows.recent`).
    """

    hit: int
    of: int

    @property
    def too_broad(self) -> bool:
        """Tell whether it hits so many that it says nothing."""
        return watching.too_broad(self.hit, self.of)


@dataclass(frozen=True)
class Added:
    """An entry or a rule that was kept: its number, and how many shipments it hits at once."""

    id: int
    hit: int


# --- trying, adding, changing, ending -------------------------------------------------------


def tried(connection: sa.Connection, entries: Sequence[New], last: int = TRIED_ON) -> list[Tried]:
    """Return what entries would have hit of some of the latest shipments, at whatever time they count from.

    Entries that cannot be read have hit nothing.
    """
    _, table = declared_rows.recent(connection, last)
    readable = [number for number, each in enumerate(entries) if _readable(each)]
    frame = pd.DataFrame(
        {
            "kind": [entries[i].kind for i in readable],
            "value": [entries[i].value for i in readable],
        },
        dtype="object",
    )
    counted = dict(zip(readable, watching.counts(frame, table).tolist(), strict=True))
    return [Tried(counted.get(number, 0), len(table)) for number in range(len(entries))]


def _readable(new: New) -> bool:
    try:
        return bool(new.form)
    except Refusal:
        return False


def add(connection: sa.Connection, new: New, person: Person, *, now: pd.Timestamp, at: pd.Timestamp) -> Added:
    """Keep an entry and work out what it hits of the shipments there are.

    Parameters
    ----------
    now : Timestamp
        The moment shipments are looked at, by which entries count: from it on this one unless it says
        otherwise.
    at : Timestamp
        The time it is: the ledger says it.

    Raises
    ------
    NotAllowed
        The role does not allow it.
    EntryRefused
        Something is wrong with a field, it stands there already, or it hits too many shipments.
    """
    roles.check(connection, person, "tend_lists", at=at)
    new = _checked(connection, new, now)
    if (there := _standing(connection, new, now)) is not None:
        raise EntryRefused("this stands on a list already, as entry {number}", number=there)
    return _keep(connection, new, person, now, at)


def change(
    connection: sa.Connection,
    entry_id: int,
    new: New,
    person: Person,
    *,
    now: pd.Timestamp,
    at: pd.Timestamp,
) -> Added:
    """Put a further entry in the place of one; the earlier one ends.

    An entry that watches for the same keeps the time from which it counts, unless another is given; one that
    watches for something else counts from now on.

    Parameters
    ----------
    now, at : Timestamp
        As of `add`.

    Raises
    ------
    NotAllowed
        The role does not allow it.
    EntryRefused
        The entry ended already, or the new one cannot be kept.
    """
    roles.check(connection, person, "tend_lists", at=at)
    row = _open(connection, entry_id, person, now)
    new = _checked(connection, new, now)
    if new.valid_from is None and (row.kind, row.folded) == (new.kind, new.form):
        new = replace(new, valid_from=pd.Timestamp(row.valid_from))
    there = _standing(connection, new, now)
    if there not in (None, entry_id):
        raise EntryRefused("this stands on a list already, as entry {number}", number=int(there or 0))
    connection.execute(watch_entries.update().where(watch_entries.c.id == entry_id).values(ended_at=now))
    return _keep(connection, new, person, now, at, replaces=entry_id)


def end(
    connection: sa.Connection, entry_id: int, person: Person, *, now: pd.Timestamp, at: pd.Timestamp
) -> None:
    """End an entry: it hits nothing that becomes known from now on and gives no floor any more.

    Parameters
    ----------
    now, at : Timestamp
        As of `add`.

    Raises
    ------
    NotAllowed
        The role does not allow it.
    EntryRefused
        There is no such entry, or it ended already.
    """
    roles.check(connection, person, "tend_lists", at=at)
    _open(connection, entry_id, person, now)
    connection.execute(watch_entries.update().where(watch_entries.c.id == entry_id).values(ended_at=now))
    ledger.append(connection, "watch.ended", at=at, actor=person.actor, subject=f"watch:{entry_id}")


def _open(connection: sa.Connection, entry_id: int, person: Person, now: pd.Timestamp) -> Any:
    row = connection.execute(sa.select(watch_entries).where(watch_entries.c.id == entry_id)).first()
    if row is None or (row.restricted and not person.may("see_restricted")):
        raise EntryRefused("there is no such entry")
    if row.ended_at is not None and pd.Timestamp(row.ended_at) <= now:
        raise EntryRefused("this entry has ended")
    return row


def _checked(connection: sa.Connection, new: New, now: pd.Timestamp) -> New:
    new = written.clean(new)
    if wrong := written.problems(new, at=now):
        refused = EntryRefused(wrong[0].text, **dict(wrong[0].values))
        refused.problems = tuple(wrong)
        raise refused
    result = tried(connection, [new])[0]
    if result.too_broad:
        raise EntryRefused(
            "this would have hit {hit} of {of} shipments, spread over the latest; say more",
            hit=result.hit,
            of=result.of,
        )
    return new


def _standing(connection: sa.Connection, new: New, now: pd.Timestamp) -> int | None:
    entry = watch_entries.c
    wanted = sa.select(entry.id).where(
        entry.kind == new.kind,
        entry.folded == new.form,
        entry.restricted == new.restricted,
        entry.ended_at.is_(None) | (entry.ended_at > now),
        entry.expires_at.is_(None) | (entry.expires_at > now),
    )
    return connection.execute(wanted.order_by(entry.id)).scalars().first()


def _keep(
    connection: sa.Connection,
    new: New,
    person: Person,
    now: pd.Timestamp,
    at: pd.Timestamp,
    replaces: int | None = None,
) -> Added:
    number = insert(connection, [new], person.id, now, at, replaces)[0]
    hit = working_out.of_entries(connection, [number], at=now)
    facts: dict[str, ledger.Plain] = {
        "kind": new.kind,
        "grade": new.source_grade,
        "restricted": new.restricted,
        "floor": new.floor,
        "hit": hit,
    }
    if replaces is not None:
        facts["replaces"] = replaces
    kind = "watch.added" if replaces is None else "watch.changed"
    ledger.append(connection, kind, at=at, actor=person.actor, subject=f"watch:{number}", facts=facts)
    return Added(number, hit)


def insert(
    connection: sa.Connection,
    entries: Sequence[New],
    owner_id: int,
    now: pd.Timestamp,
    at: pd.Timestamp,
    replaces: int | None = None,
) -> list[int]:
    """Put in entries that were checked, all at once; return their numbers in the same order."""
    rows = [
        {
            "kind": new.kind,
            "value": new.value,
            "folded": new.form,
            "reason": new.reason,
            "source_grade": new.source_grade,
            "restricted": new.restricted,
            "lead": new.lead,
            "floor": new.floor,
            "replaces_id": replaces,
            "owner_id": owner_id,
            "valid_from": now if new.valid_from is None else new.valid_from,
            "expires_at": new.expires_at,
            "at": at,
        }
        for new in entries
    ]
    if not rows:
        return []
    put = watch_entries.insert().returning(watch_entries.c.id, sort_by_parameter_order=True)
    return [int(number) for number in connection.execute(put, rows).scalars()]


def forget(connection: sa.Connection, before: pd.Timestamp, *, at: pd.Timestamp, actor: str) -> int:
    """Empty the texts of entries that expired or were ended before a time; return how many.

    What they hit and found stays countable.
    """
    entry = watch_entries.c
    over = (entry.ended_at < before) | (entry.expires_at < before)
    gone = connection.execute(
        watch_entries.update()
        .where(over, (entry.value != "") | (entry.reason != "") | (entry.lead != ""))
        .values(value="", folded="", reason="", lead="")
        .returning(entry.id)
    ).all()
    if gone:
        ledger.append(connection, "watch.forgotten", at=at, actor=actor, facts={"entries": len(gone)})
    return len(gone)
