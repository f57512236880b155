"""What watch entries and local rules hit, worked out when shipments come in and when an entry is added.

A batch is worked out in pieces before it is seen, outside of any long transaction; what was added meanwhile
is made up for in the transaction that lets the batch be seen. `risk.store.hits` looks up what came of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from risk import conditions, watching
from risk.store import declared_rows, jobs
from risk.store.database import Database
from risk.store.jobs import GoesOn
from risk.store.tables import batches, rule_hits, rules, versions, watch_entries, watch_hits

#: Shipments matched at a time.
PIECE = 2_000
#: Hits put in at a time.
_PUT_IN = 2_000
_ASKED = 500


@dataclass(frozen=True)
class Covered:
    """The last entry and the last rule a batch was worked out with."""

    entry_id: int = 0
    rule_id: int = 0


def in_pieces(
    database: Database,
    batch_id: int,
    *,
    at: pd.Timestamp,
    goes_on: GoesOn = jobs.silently,
) -> Covered:
    """Work out the hits of a batch that is not yet seen, some thousand shipments at a time.

    Parameters
    ----------
    at : Timestamp
        The moment shipments are looked at, to be compared with when they are inspected: in a sample it stands
        still.
    goes_on : callable
        Told how many shipments are done; raises where the work is to stop.

    Returns
    -------
    Covered
        To be given to `of_batch` in the transaction that finishes the batch.
    """
    with database.read() as connection:
        covered, entries, own = _last(connection), _entries(connection), _rules(connection)
        ids = _of_batch(connection, batch_id)
    if entries.empty and not own:
        return covered
    for start in range(0, len(ids), PIECE):
        with database.read() as connection:
            known, table = declared_rows.of_versions(connection, ids[start : start + PIECE])
        watched, ruled = _watched(entries, known, table), _ruled(own, known, table)
        with database.write() as connection:
            _put_in(connection, watched, ruled, at)
        goes_on(min(len(ids), start + PIECE), "matching", len(ids))
    return covered


def of_batch(
    connection: sa.Connection, batch_id: int, *, at: pd.Timestamp, since: Covered | None = None
) -> int:
    """Work out the hits of a batch with the entries and rules that came after some; return how many.

    Meant for the transaction of `shipments.finish`: with what `in_pieces` returned there is next to nothing
    left to do.
    """
    since = since or Covered()
    entries, own = _entries(connection, since.entry_id), _rules(connection, since.rule_id)
    return _work_out(connection, _of_batch(connection, batch_id), entries, own, at)


def of_entries(connection: sa.Connection, entry_ids: Sequence[int], *, at: pd.Timestamp) -> int:
    """Work out what new entries hit of the shipments there are; return how many shipments."""
    entries = _entries(connection)
    mine = entries[entries["id"].isin([int(each) for each in entry_ids])].reset_index(drop=True)
    if mine.empty:
        return 0
    return _work_out(connection, _current(connection, mine["valid_from"].min()), mine, [], at)


def of_rule(connection: sa.Connection, rule_id: int, *, at: pd.Timestamp) -> int:
    """Work out what a new rule hits of the shipments there are; return how many."""
    own = [each for each in _rules(connection) if each.id == rule_id]
    if not own:
        return 0
    return _work_out(connection, _current(connection, own[0].valid_from), _none(), own, at)


def _work_out(
    connection: sa.Connection,
    ids: Sequence[int],
    entries: pd.DataFrame,
    own: Sequence[Any],
    at: pd.Timestamp,
) -> int:
    if entries.empty and not own:
        return 0
    found: set[int] = set()
    for start in range(0, len(ids), PIECE):
        known, table = declared_rows.of_versions(connection, ids[start : start + PIECE])
        watched, ruled = _watched(entries, known, table), _ruled(own, known, table)
        _put_in(connection, watched, ruled, at)
        found |= {each["version_id"] for each in (*watched, *ruled)}
    return len(found)


def _watched(entries: pd.DataFrame, ids: Sequence[int], table: pd.DataFrame) -> list[dict[str, Any]]:
    if entries.empty or table.empty:
        return []
    found = watching.hits(entries, table)
    numbers = (entries["id"].to_numpy()[found["entry"]], np.array(ids)[found["row"]], found["column"])
    columns = ("entry_id", "version_id", "column")
    return [dict(zip(columns, (int(e), int(v), c), strict=True)) for e, v, c in zip(*numbers, strict=True)]


def _ruled(own: Sequence[Any], ids: Sequence[int], table: pd.DataFrame) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    known = table["known_at"].to_numpy(dtype="datetime64[us]")
    columns: dict[str, pd.Series] = {}
    for rule in own:
        try:
            condition = conditions.parse(rule.condition)
        except conditions.ConditionError:
            # A field of it is gone since; the list of rules says so (`local_rules.Rule.readable`).
            continue
        holds = conditions.holds(condition, table, columns) & (known > np.datetime64(rule.valid_from, "us"))
        if rule.ended_at is not None:
            holds &= known < np.datetime64(rule.ended_at, "us")
        found += [{"rule_id": rule.id, "version_id": ids[row]} for row in np.flatnonzero(holds).tolist()]
    return found


def _put_in(
    connection: sa.Connection,
    watched: list[dict[str, Any]],
    ruled: list[dict[str, Any]],
    at: pd.Timestamp,
) -> None:
    for table, rows in ((watch_hits, watched), (rule_hits, ruled)):
        keys = [column.name for column in table.primary_key]
        there = _there(connection, table, keys, sorted({row["version_id"] for row in rows}))
        new = [{**row, "at": at} for row in rows if tuple(row[key] for key in keys) not in there]
        for start in range(0, len(new), _PUT_IN):
            connection.execute(table.insert(), new[start : start + _PUT_IN])


def _there(
    connection: sa.Connection, table: sa.Table, keys: list[str], version_ids: list[int]
) -> set[tuple[Any, ...]]:
    found: set[tuple[Any, ...]] = set()
    for start in range(0, len(version_ids), _ASKED):
        asked = table.c.version_id.in_(version_ids[start : start + _ASKED])
        found |= {
            tuple(row) for row in connection.execute(sa.select(*(table.c[k] for k in keys)).where(asked))
        }
    return found


def _last(connection: sa.Connection) -> Covered:
    ids = (connection.execute(sa.select(sa.func.max(t.c.id))).scalar() or 0 for t in (watch_entries, rules))
    return Covered(*ids)


def _none() -> pd.DataFrame:
    return pd.DataFrame({"id": pd.Series(dtype="int64")})


def _entries(connection: sa.Connection, after: int = 0) -> pd.DataFrame:
    """Return entries that still have a value and were not replaced, those later than one."""
    replaced = sa.select(watch_entries.c.replaces_id).where(watch_entries.c.replaces_id.is_not(None))
    names = ("id", "kind", "value", "valid_from", "expires_at", "ended_at")
    wanted = (
        sa.select(*(watch_entries.c[name] for name in names))
        .where(watch_entries.c.id > after, watch_entries.c.value != "", watch_entries.c.id.not_in(replaced))
        .order_by(watch_entries.c.id)
    )
    frame = pd.DataFrame(connection.execute(wanted).all(), columns=list(names))
    for name in names[3:]:
        frame[name] = pd.to_datetime(frame[name]).astype("datetime64[us]")
    return frame


def _rules(connection: sa.Connection, after: int = 0) -> list[Any]:
    replaced = sa.select(rules.c.replaces_id).where(rules.c.replaces_id.is_not(None))
    wanted = sa.select(rules).where(rules.c.id > after, rules.c.id.not_in(replaced)).order_by(rules.c.id)
    return list(connection.execute(wanted))


def _of_batch(connection: sa.Connection, batch_id: int) -> list[int]:
    wanted = sa.select(versions.c.id).where(versions.c.batch_id == batch_id).order_by(versions.c.id)
    return list(connection.execute(wanted).scalars())


def _current(connection: sa.Connection, after: pd.Timestamp) -> list[int]:
    wanted = (
        sa.select(versions.c.id)
        .join(batches, batches.c.id == versions.c.batch_id)
        .where(versions.c.current, batches.c.state == "ready", versions.c.known_at > after)
        .order_by(versions.c.id)
    )
    return list(connection.execute(wanted).scalars())
