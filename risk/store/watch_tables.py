"""Watch lists brought in and taken out as tables, whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import sqlalchemy as sa

from risk import watch_entries as written
from risk.store import ledger, roles, watch_listing, watching, working_out
from risk.store.roles import Person
from risk.store.tables import watch_entries
from risk.watch_entries import New, Problem


@dataclass(frozen=True)
class Imported:
    """What became of a table of entries.

    Attributes
    ----------
    added : int
        Entries kept.
    standing : int
        Entries that stood there already.
    hit : int
        Shipments the new ones hit at once.
    problems : tuple of Problem
        Where there are any, nothing was kept.
    """

    added: int
    standing: int
    hit: int
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Checked:
    """What would become of a table of entries.

    Attributes
    ----------
    entries : int
        Entries it holds.
    standing : int
        Of them, those that stand there already (or twice in it).
    hit : int
        How many of some of the latest shipments its entries would have hit, entry by entry.
    of : int
        How many they were tried on.
    problems : tuple of Problem
        Where there are any, it cannot be taken in.
    """

    entries: int
    standing: int
    hit: int
    of: int
    problems: tuple[Problem, ...] = ()


def check(
    connection: sa.Connection, table: written.Table, person: Person, *, now: pd.Timestamp, at: pd.Timestamp
) -> Checked:
    """Return what would become of a table (`risk.watch_entries.read`); nothing is kept.

    Parameters
    ----------
    now, at : Timestamp
        As of `watching.add`.

    Raises
    ------
    NotAllowed
        The role does not allow it.
    """
    roles.check(connection, person, "tend_lists", at=at)
    if table.problems:
        return Checked(len(table.entries), 0, 0, 0, table.problems)
    results = watching.tried(connection, [new for _, _, new in table.entries])
    marks = [_mark(new) for _, _, new in table.entries]
    standing = len(marks) - len(set(marks) - _all_standing(connection, now))
    return Checked(
        entries=len(marks),
        standing=standing,
        hit=sum(result.hit for result in results),
        of=results[0].of if results else 0,
        problems=tuple(_too_broad(table, results)),
    )


def take_in(
    connection: sa.Connection,
    content: bytes | written.Table,
    person: Person,
    *,
    now: pd.Timestamp,
    at: pd.Timestamp,
    zone: str = "UTC",
) -> Imported:
    """Keep the entries of a table, all of them or none.

    The same table twice adds nothing.

    Parameters
    ----------
    content : bytes or Table
        A file, or what `risk.watch_entries.read` read of it before the transaction.
    now, at : Timestamp
        As of `watching.add`.
    zone : str
        Of times without one, in a file.

    Raises
    ------
    NotAllowed
        The role does not allow it.
    """
    roles.check(connection, person, "tend_lists", at=at)
    table = written.read(content, at=now, zone=zone) if isinstance(content, bytes) else content
    if table.problems:
        return Imported(0, 0, 0, table.problems)
    broad = _too_broad(table, watching.tried(connection, [new for _, _, new in table.entries]))
    if broad:
        return Imported(0, 0, 0, tuple(broad))
    there = _all_standing(connection, now)
    added: dict[tuple[str, str, bool], New] = {}
    for _, _, new in table.entries:
        if (mark := _mark(new)) not in there:
            added.setdefault(mark, new)
    numbers = watching.insert(connection, list(added.values()), person.id, now, at)
    standing = len(table.entries) - len(numbers)
    hit = working_out.of_entries(connection, numbers, at=now)
    facts: dict[str, ledger.Plain] = {"added": len(numbers), "standing": standing, "hit": hit}
    if numbers:
        facts |= {"first": numbers[0], "last": numbers[-1]}
    ledger.append(connection, "watch.imported", at=at, actor=person.actor, facts=facts)
    return Imported(len(numbers), standing, hit)


def _too_broad(table: written.Table, results: Sequence[watching.Tried]) -> list[Problem]:
    text = "this would have hit {hit} of {of} shipments, spread over the latest; say more"
    return [
        Problem(row, column, text, (("hit", result.hit), ("of", result.of)))
        for (row, column, _), result in zip(table.entries, results, strict=True)
        if result.too_broad
    ]


def _mark(new: New) -> tuple[str, str, bool]:
    """Return what makes two entries the same."""
    return new.kind, new.form, new.restricted


def _all_standing(connection: sa.Connection, now: pd.Timestamp) -> set[tuple[str, str, bool]]:
    entry = watch_entries.c
    wanted = sa.select(entry.kind, entry.folded, entry.restricted).where(
        entry.ended_at.is_(None) | (entry.ended_at > now),
        entry.expires_at.is_(None) | (entry.expires_at > now),
    )
    return {(row.kind, row.folded, bool(row.restricted)) for row in connection.execute(wanted)}


def take_out(connection: sa.Connection, person: Person, *, now: pd.Timestamp, at: pd.Timestamp) -> bytes:
    """Return the entries that stand and that somebody may see as CSV; the ledger says that they left.

    Raises
    ------
    NotAllowed
        The role does not allow it.
    """
    return written.written(leaving(connection, person, now=now, at=at))


def leaving(connection: sa.Connection, person: Person, *, now: pd.Timestamp, at: pd.Timestamp) -> list[New]:
    """Return the entries that stand and that somebody may see, the oldest first; the ledger says they left.

    Raises
    ------
    NotAllowed
        The role does not allow it.
    """
    roles.check(connection, person, "tend_lists", at=at)
    seen = [each for each in watch_listing.entries(connection, person, at=now) if not each.hidden]
    ledger.append(connection, "watch.exported", at=at, actor=person.actor, facts={"entries": len(seen)})
    return [each.new for each in reversed(seen)]
