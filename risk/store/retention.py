"""How long what tells of people is kept, and what of it goes when its time ends.

A shipment's time counts from when the port took its last version in. Shipments from or to private people have
a shorter one than traders', those in which wildlife was found never a shorter one than traders'. Kept beyond
it are shipments under a legal hold, finds that wait to be confirmed, and chosen shipments that may still be
opened. What goes, goes in pieces, each in one transaction with its rows in `purges` and in the ledger, which
say by which rule and how much; numbers, codes and hashes stay (docs/data-protection.md names every field).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

import pandas as pd
import sqlalchemy as sa

from features.history.events import shipment_keys
from risk import finds
from risk.store import ledger, settings, watching
from risk.store.tables import (
    batches,
    contacts,
    declared,
    files,
    jobs,
    list_rows,
    lists,
    outcomes,
    party_marks,
    photos,
    problems,
    purges,
    reasons,
    records,
    remarks,
    rules,
    scores,
    shipments,
    versions,
)

#: Shipments purged in one transaction: an officer's click waits no longer than that takes.
PIECE = 250

#: A chosen shipment without an outcome may still be opened for so long after its list was published.
UNDECIDED = pd.Timedelta(days=60)

#: Modes whose conveyance is a vehicle with a number plate, which tells of its holder.
_PLATED: Final = ("road",)
_ASKED = 500
_COLUMNS = ["shipment_id", "bill", "natural_person", "last", "rule", "kept"]


@dataclass(frozen=True)
class Keeping:
    """How long things are kept, in days.

    Attributes
    ----------
    traders, people : int
        Declared fields of shipments of traders, and of private people.
    files : int
        Files as they were dropped, and what their jobs said.
    photos : int
    """

    traders: int
    people: int
    files: int
    photos: int

    @classmethod
    def of(cls, connection: sa.Connection) -> Keeping:
        """Return what the port chose."""
        chosen = settings.current(connection)
        names = ("keep_days", "keep_days_people", "keep_days_files", "keep_days_photos")
        return cls(*(int(chosen[name]) for name in names))


# --- what is due ----------------------------------------------------------------------------


def due(
    connection: sa.Connection, at: pd.Timestamp, among: Sequence[int] | None = None, *, all_kept: bool = False
) -> pd.DataFrame:
    """Return the shipments whose time of keeping has ended and that still hold something.

    Parameters
    ----------
    among : sequence of int, optional
        Only these (at most 500).
    all_kept : bool
        Also those that are kept for another reason, which ``kept`` names.

    Returns
    -------
    DataFrame
        ``shipment_id``, ``bill``, ``natural_person``, ``last`` (when the last version was taken in), ``rule``
        (as ``people:180``), ``kept``: empty, ``open_find`` or ``undecided``. In order of number. Shipments
        under a legal hold are not in it.
    """
    keep = Keeping.of(connection)
    ends = {"people": at - pd.Timedelta(days=keep.people), "traders": at - pd.Timedelta(days=keep.traders)}
    frame = _old(connection, max(ends.values()), among)
    found = _found(connection, frame["shipment_id"].tolist())
    short = frame["natural_person"].to_numpy(dtype=bool)
    has_find = frame["shipment_id"].isin(found).to_numpy()
    frame["rule"] = f"traders:{keep.traders}"
    frame.loc[short, "rule"] = f"people:{keep.people}"
    # What was found in a private person's shipment is evidence: it is kept no shorter than a trader's.
    longer = short & has_find & (keep.people < keep.traders)
    frame.loc[longer, "rule"] = f"finds:{keep.traders}"
    end = frame["rule"].str.startswith("people").map({True: ends["people"], False: ends["traders"]})
    frame = frame[(frame["last"] < end).to_numpy(dtype=bool)].reset_index(drop=True)
    waiting = {number for number, status in found.items() if status == "provisional"}
    frame["kept"] = ""
    frame.loc[frame["shipment_id"].isin(_undecided(connection, at)), "kept"] = "undecided"
    frame.loc[frame["shipment_id"].isin(waiting), "kept"] = "open_find"
    return frame if all_kept else frame[frame["kept"] == ""].reset_index(drop=True)


def _old(connection: sa.Connection, end: pd.Timestamp, among: Sequence[int] | None) -> pd.DataFrame:
    """Return shipments whose last version was taken in before a moment and that are not purged wholly."""
    last = sa.func.max(batches.c.scored_at)
    whole = versions.alias()
    declares = sa.select(declared.c.version_id).join(whole, whole.c.id == declared.c.version_id)
    remarked = sa.select(remarks.c.id).where(remarks.c.shipment_id == shipments.c.id, remarks.c.at < end)
    wanted = (
        sa.select(shipments.c.id, shipments.c.bill, shipments.c.natural_person, last)
        .join(versions, versions.c.shipment_id == shipments.c.id)
        .join(batches, batches.c.id == versions.c.batch_id)
        .where(batches.c.state == "ready", shipments.c.legal_hold.is_(False))
        .where(declares.where(whole.c.shipment_id == shipments.c.id).exists() | remarked.exists())
        .group_by(shipments.c.id, shipments.c.bill, shipments.c.natural_person)
        .having(last < end)
        .order_by(shipments.c.id)
    )
    if among is not None:
        wanted = wanted.where(shipments.c.id.in_([int(number) for number in among]))
    frame = pd.DataFrame(connection.execute(wanted).all(), columns=_COLUMNS[:4])
    frame["last"] = pd.to_datetime(frame["last"]).astype("datetime64[us]")
    return frame


def _found(connection: sa.Connection, shipment_ids: Sequence[int]) -> dict[int, str]:
    """Return shipments in which wildlife was found that no permit covers -> how certain that is."""
    found: dict[int, str] = {}
    for start in range(0, len(shipment_ids), _ASKED):
        wanted = sa.select(
            outcomes.c.shipment_id, outcomes.c.found, outcomes.c.permit_valid, outcomes.c.status
        ).where(outcomes.c.current, outcomes.c.shipment_id.in_(shipment_ids[start : start + _ASKED]))
        for row in connection.execute(wanted):
            if finds.is_find(row.found, row.permit_valid, row.status):
                found[row.shipment_id] = row.status
    return found


def _undecided(connection: sa.Connection, at: pd.Timestamp) -> set[int]:
    """Return shipments a late list chose that have no outcome yet."""
    wanted = (
        sa.select(list_rows.c.shipment_id)
        .join(lists, lists.c.id == list_rows.c.list_id)
        .outerjoin(outcomes, (outcomes.c.shipment_id == list_rows.c.shipment_id) & outcomes.c.current)
        .where(list_rows.c.selected_by != "", lists.c.published_at >= at - UNDECIDED, outcomes.c.id.is_(None))
    )
    return set(connection.execute(wanted).scalars())


# --- what goes ------------------------------------------------------------------------------


def purge(
    connection: sa.Connection, *, at: pd.Timestamp, actor: str, among: Sequence[int] | None = None
) -> dict[str, int]:
    """Purge one piece of what is due; return how many rows of what went (empty: nothing is due).

    Parameters
    ----------
    connection : Connection
        In a transaction that writes.
    among : sequence of int, optional
        Shipments to look at, as `due` named them before; at most `PIECE` are taken. Whatever came in between
        (a hold, a further version) counts.
    """
    frame = due(connection, at, None if among is None else among[:PIECE]).head(PIECE)
    counts: dict[str, int] = {}
    for rule, part in frame.groupby("rule", sort=True):
        went = _purged(connection, part, str(rule), at)
        facts: dict[str, ledger.Plain] = {"rule": str(rule), "shipments": len(part), **went}
        facts["digest"] = versions_digest(connection, part["shipment_id"].tolist())
        ledger.append(connection, "purge", at=at, actor=actor, facts=facts)
        for name, count in {"shipments": len(part), **went}.items():
            counts[name] = counts.get(name, 0) + count
    return counts


def _purged(connection: sa.Connection, part: pd.DataFrame, rule: str, at: pd.Timestamp) -> dict[str, int]:
    """Remove what a piece of shipments declared and what was written about them."""
    ids = part["shipment_id"].tolist()
    of_these = versions.c.shipment_id.in_(ids)
    rows = connection.execute(
        sa.select(declared.c.version_id, declared.c.row)
        .join(versions, versions.c.id == declared.c.version_id)
        .where(of_these)
        .order_by(declared.c.version_id)
    ).all()
    keys = shipment_keys(pd.Series([row.row.get("shipment_id") for row in rows], dtype="str"))
    mine = sa.select(versions.c.id).where(of_these)
    scored = sa.select(scores.c.id).where(scores.c.version_id.in_(mine))
    # A remark written later has its own time, which is as long.
    written = remarks.c.at < at - pd.Timedelta(days=int(rule.partition(":")[2]))
    went = {"versions": len(rows)}
    for table, chosen in (
        (declared, declared.c.version_id.in_(mine)),
        (reasons, reasons.c.score_id.in_(scored)),
        (records, records.c.score_id.in_(scored)),
        (party_marks, party_marks.c.version_id.in_(mine)),
        (remarks, remarks.c.shipment_id.in_(ids) & written),
        (problems, problems.c.bill.in_(part["bill"].tolist())),
    ):
        went[table.name] = connection.execute(table.delete().where(chosen)).rowcount
    connection.execute(versions.update().where(of_these).values(goods="", containers=""))
    plated = versions.c.mode.in_(_PLATED)
    connection.execute(versions.update().where(of_these, plated).values(conveyance=""))
    connection.execute(scores.update().where(scores.c.version_id.in_(mine)).values(notes=""))
    if rows:
        connection.execute(
            purges.insert(),
            [
                {"version_id": row.version_id, "rule": rule, "past_key": int(key) or None, "at": at}
                for row, key in zip(rows, keys, strict=True)
            ],
        )
    return went


def versions_digest(connection: sa.Connection, shipment_ids: Sequence[int]) -> str:
    """Return SHA-256 over the numbers of the versions of shipments, so that the ledger says which went."""
    wanted = sa.select(versions.c.id).where(versions.c.shipment_id.in_([int(i) for i in shipment_ids]))
    numbers = connection.execute(wanted.order_by(versions.c.id)).scalars()
    return sha256(",".join(map(str, numbers)).encode()).hexdigest()


def purge_rest(connection: sa.Connection, *, at: pd.Timestamp, actor: str) -> dict[str, int]:
    """Purge what belongs to no one shipment: problems of reading, jobs, photos, entries that ended.

    Returns
    -------
    dict of str to int
        Rows emptied or removed, by table; the ledger has a row for each rule by which something went.
    """
    keep = Keeping.of(connection)
    people, traders, dropped, pictures = (
        at - pd.Timedelta(days=days) for days in (keep.people, keep.traders, keep.files, keep.photos)
    )
    late = sa.select(batches.c.id).where(batches.c.scored_at < people)
    by_rule: dict[str, dict[str, int]] = {
        f"people:{keep.people}": {
            "problems": _removed(connection, problems, problems.c.batch_id.in_(late)),
            "contacts": _emptied(
                connection, contacts, _over(contacts, people), "name phone email hours note"
            ),
        },
        f"traders:{keep.traders}": {
            "rules": _emptied(connection, rules, _over(rules, traders), "name condition reason")
        },
        f"files:{keep.files}": {
            "jobs": _quieted(connection, dropped),
            "files": _emptied(connection, files, files.c.arrived_at < dropped, "name"),
        },
        f"photos:{keep.photos}": {"photos": _removed(connection, photos, _old_photos(connection, pictures))},
    }
    counts: dict[str, int] = {}
    for rule, went in by_rule.items():
        if any(went.values()):
            facts: dict[str, ledger.Plain] = {"rule": rule, **went}
            ledger.append(connection, "purge", at=at, actor=actor, facts=facts)
            counts |= went
    if gone := watching.forget(connection, people, at=at, actor=actor):
        counts["watch_entries"] = gone
    return counts


def _removed(connection: sa.Connection, table: sa.Table, chosen: sa.ColumnElement[bool]) -> int:
    return connection.execute(table.delete().where(chosen)).rowcount


def _emptied(connection: sa.Connection, table: sa.Table, chosen: sa.ColumnElement[bool], names: str) -> int:
    columns = names.split()
    said = sa.or_(*(table.c[name] != "" for name in columns))
    return connection.execute(table.update().where(chosen, said).values(dict.fromkeys(columns, ""))).rowcount


def _over(table: sa.Table, before: pd.Timestamp) -> sa.ColumnElement[bool]:
    """Tell entries that ended or were replaced before a moment."""
    later = table.alias()
    replaced = sa.select(later.c.replaces_id).where(later.c.replaces_id.is_not(None), later.c.at < before)
    return (table.c.ended_at < before) | table.c.id.in_(replaced)


def _quieted(connection: sa.Connection, before: pd.Timestamp) -> int:
    """Take from jobs that ended what files they named and what they quoted of them."""
    says = (sa.cast(jobs.c.asked, sa.Text) != "{}") | (jobs.c.message != "")
    chosen = jobs.update().where(jobs.c.ended_at < before, says)
    return connection.execute(chosen.values(asked={}, message="")).rowcount


def _old_photos(connection: sa.Connection, before: pd.Timestamp) -> sa.ColumnElement[bool]:
    """Tell photos whose time ended, of shipments that no hold and no open find keeps."""
    wanted = (
        sa.select(photos.c.id, outcomes.c.shipment_id)
        .join(outcomes, outcomes.c.id == photos.c.outcome_id)
        .join(shipments, shipments.c.id == outcomes.c.shipment_id)
        .where(photos.c.at < before, shipments.c.legal_hold.is_(False))
        .order_by(photos.c.id)
    )
    old = connection.execute(wanted).all()
    found = _found(connection, sorted({row.shipment_id for row in old}))
    # Taken after those that are kept are left out: these would block the rest for as long as they are.
    over = [row.id for row in old if found.get(row.shipment_id) != "provisional"]
    return photos.c.id.in_(over[:_ASKED])


def of_version(connection: sa.Connection, version_id: int) -> tuple[pd.Timestamp, str] | None:
    """Return when and by which rule a version was purged, None where it was not."""
    wanted = sa.select(purges.c.at, purges.c.rule).where(purges.c.version_id == version_id)
    row = connection.execute(wanted.order_by(purges.c.id).limit(1)).first()
    return (pd.Timestamp(row.at), str(row.rule)) if row else None


# --- what the port's past has still to forget -----------------------------------------------


def to_forget(connection: sa.Connection) -> list[int]:
    """Return keys of purged shipments that the port's past may still hold."""
    wanted = sa.select(purges.c.past_key).where(purges.c.past_key.is_not(None)).distinct()
    return sorted(connection.execute(wanted).scalars())


def forgotten(connection: sa.Connection, keys: Sequence[int]) -> None:
    """Note that the port's past no longer holds shipments."""
    for start in range(0, len(keys), _ASKED):
        chosen = purges.c.past_key.in_(list(keys[start : start + _ASKED]))
        connection.execute(purges.update().where(chosen).values(past_key=None))
