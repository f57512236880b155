"""Finds as the database keeps them: the list, the case sheet of one, and what a report is made of.

A case sheet says what was declared, ranked and told *then*: of the version and the score that the list was
made with, not of what was amended since. People are named by the number of their account alone.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd
import sqlalchemy as sa

from risk import finds
from risk.store import decided, retention, roles
from risk.store import ledger as ledger_rows
from risk.store.roles import Person
from risk.store.tables import (
    batches,
    declared,
    ledger,
    list_rows,
    lists,
    outcomes,
    overrides,
    reasons,
    remarks,
    scores,
    shipments,
    steps,
    versions,
)

MOST = 500
_ASKED = 500

_LISTED: Final = (
    *("id", "inspected_at", "inspection", "status", "found"),
    *("permit_valid", "taxa", "selected_by"),
)
_SHIPMENT: Final = ("mode", "location", "conveyance", "heading", "origin", "destination")
_COUNTED: Final = ("where_in_load", "pieces", "kg", "alive", "evidence_reference")


class NoFind(ValueError):
    """There is no find of that number, or not any more."""


@dataclass(frozen=True)
class Hash:
    """One thing that shows whether a case sheet is of what was kept.

    Attributes
    ----------
    of : str
        ``record`` (what the model saw), ``batch`` (all records loaded together), ``list``, ``list_data``,
        ``draw`` (what the list's draw was bound to before it was made) or ``photo``.
    value : str
        SHA-256, hex.
    """

    of: str
    value: str


@dataclass(frozen=True)
class Photo:
    """A photo that was kept of an outcome, whether or not it still is.

    Attributes
    ----------
    number, outcome_id : int
    sha256 : str
        As the ledger has it from the moment it was kept.
    at : Timestamp
        When it was kept.
    there : bool
        False where it was purged, or taken away.
    """

    number: int
    outcome_id: int
    sha256: str
    at: pd.Timestamp
    there: bool


@dataclass(frozen=True)
class Case:
    """The case sheet of a find, as data.

    Attributes
    ----------
    shipment_id : int
    bill : str
    version, versions : int
        Number of the version it was chosen or inspected on, and how many there are now.
    declared : dict or None
        As it was declared in that version; None where it was purged.
    purged : (Timestamp, str) or None
        When, and by which rule.
    told : tuple of str or None
        Reasons as they were first told; None where they were purged.
    score : dict
        ``model_id``, ``risk_basis``, ``risk``, ``risk_live_animals``, ``risk_wildlife_products``,
        ``log_odds``, ``families``.
    listed : dict or None
        Of the list it stood on when it was inspected: ``list_id``, ``published_at``, ``shipments``, ``rank``
        (the model's), ``place``, ``pool``, ``selected_by``, ``selection_probability``; None: on no list.
    outcome : dict
        The one in force.
    outcomes : tuple of dict
        All there ever were, oldest first, each with ``replaces_id`` and ``user_id``.
    steps, overrides, remarks : tuple of dict
        Oldest first, with ``user_id`` and ``at``.
    hashes : tuple of Hash
        Of photos too, also of those that are gone.
    photos : tuple of Photo
        In the order they were kept.
    ledger : tuple of dict
        Its rows that record this: ``seq``, ``at``, ``actor``, ``kind``, ``hash``.
    head : str
        Of the ledger now.
    """

    shipment_id: int
    bill: str
    version: int
    versions: int
    declared: dict[str, Any] | None
    purged: tuple[pd.Timestamp, str] | None
    told: tuple[str, ...] | None
    score: dict[str, Any]
    listed: dict[str, Any] | None
    outcome: dict[str, Any]
    outcomes: tuple[dict[str, Any], ...]
    steps: tuple[dict[str, Any], ...]
    overrides: tuple[dict[str, Any], ...]
    remarks: tuple[dict[str, Any], ...]
    hashes: tuple[Hash, ...]
    photos: tuple[Photo, ...]
    ledger: tuple[dict[str, Any], ...]
    head: str


# --- all of them ----------------------------------------------------------------------------


def between(
    connection: sa.Connection, since: pd.Timestamp, until: pd.Timestamp, most: int | None = MOST
) -> pd.DataFrame:
    """Return the finds of a window, the latest first.

    Parameters
    ----------
    since, until : Timestamp
        When they were inspected: from, and up to (UTC).
    most : int or None
        At most so many; None: all.

    Returns
    -------
    DataFrame
        ``outcome_id``, ``shipment_id``, ``bill``, the outcome in force and where the shipment came from.
        ``attrs["count"]``: how many there are.
    """
    told = sa.cast(outcomes.c.found, sa.Text)
    wanted = (
        sa.select(
            outcomes.c.shipment_id,
            shipments.c.bill,
            versions.c.id.label("version_id"),
            *(outcomes.c[name] for name in (*_LISTED, *_COUNTED)),
            *(versions.c[name] for name in _SHIPMENT),
        )
        .join(shipments, shipments.c.id == outcomes.c.shipment_id)
        .join(versions, (versions.c.shipment_id == shipments.c.id) & versions.c.current)
        .where(outcomes.c.current, outcomes.c.inspected_at >= since, outcomes.c.inspected_at < until)
        .where(outcomes.c.status != "overturned", sa.or_(*(told.contains(code) for code in finds.FINDS)))
        .order_by(outcomes.c.inspected_at.desc(), outcomes.c.id.desc())
    )
    result = connection.execute(wanted)
    frame = pd.DataFrame(result.all(), columns=list(result.keys())).rename(columns={"id": "outcome_id"})
    # Numbers may be missing and stay whole: never an empty cell turned into 3.0.
    for name in ("permit_valid", "pieces", "kg", "alive"):
        frame[name] = frame[name].astype("object").where(frame[name].notna(), None)
    frame["inspected_at"] = frame["inspected_at"].astype("datetime64[us]")
    frame = frame[finds.finds(frame)].reset_index(drop=True)
    shown = frame if most is None else frame.head(most)
    shown.attrs["count"] = len(frame)
    return shown


def reported(connection: sa.Connection, year: int, zone: str) -> pd.DataFrame:
    """Return the finds of a calendar year of the port, oldest first, for `risk.finds.illegal_trade`.

    Returns
    -------
    DataFrame
        The columns of `between`, and ``transit``: countries of the ports it was declared to change vessel or
        aircraft in, where that is kept and says a country.
    """
    begin, end = (
        pd.Timestamp(year=each, month=1, day=1).tz_localize(zone).tz_convert("UTC").tz_localize(None)
        for each in (year, year + 1)
    )
    frame = between(connection, begin, end, None).iloc[::-1].reset_index(drop=True)
    ids = frame["version_id"].tolist()
    ports: dict[int, str] = {}
    for start in range(0, len(ids), _ASKED):
        wanted = sa.select(
            declared.c.version_id, declared.c.row["transhipment_ports"].as_string().label("ports")
        ).where(declared.c.version_id.in_(ids[start : start + _ASKED]))
        ports |= {row.version_id: row.ports or "" for row in connection.execute(wanted)}
    frame["transit"] = [_countries(ports.get(number, "")) for number in ids]
    return frame


def _countries(ports: str) -> tuple[str, ...]:
    """Return the countries of UN/LOCODEs, each once; an airport's three letters name none."""
    codes = [each.strip() for each in ports.split(";")]
    return tuple(dict.fromkeys(code[:2] for code in codes if len(code) == 5 and code[:2].isalpha()))


def exported(connection: sa.Connection, year: int, rows: int, person: Person, *, at: pd.Timestamp) -> None:
    """Let the ledger say that finds of a year left the machine.

    Raises
    ------
    NotAllowed
        The role does not allow it.
    """
    roles.check(connection, person, "see_finds", at=at)
    facts: dict[str, ledger_rows.Plain] = {"year": year, "rows": rows}
    ledger_rows.append(connection, "finds.exported", at=at, actor=person.actor, facts=facts)


# --- one of them ----------------------------------------------------------------------------


def case(connection: sa.Connection, shipment_id: int) -> Case:
    """Return the case sheet of a find.

    Raises
    ------
    NoFind
        No find stands for this shipment: none was entered, it was overturned, or a permit covers it.
    """
    kept = _rows(connection, sa.select(outcomes).where(outcomes.c.shipment_id == shipment_id), outcomes.c.id)
    force = next((row for row in kept if row["current"]), None)
    if force is None or not finds.is_find(force["found"], force["permit_valid"], force["status"]):
        raise NoFind("no find stands for this shipment")
    then = pd.Timestamp(force["inspected_at"])
    listed = _listed(connection, shipment_id, then)
    row = _scored(connection, shipment_id, then, None if listed is None else listed["score_id"])
    told = connection.execute(sa.select(reasons.c.told).where(reasons.c.score_id == row["score_id"])).scalar()
    said = connection.execute(
        sa.select(declared.c.row).where(declared.c.version_id == row["version_id"])
    ).scalar()
    there = sa.select(sa.func.count()).select_from(versions).where(versions.c.shipment_id == shipment_id)
    pictures = _photos(connection, [each["id"] for each in kept])
    return Case(
        shipment_id=shipment_id,
        bill=row["bill"],
        version=row["number"],
        versions=int(connection.execute(there).scalar_one()),
        declared=said,
        purged=retention.of_version(connection, row["version_id"]),
        told=None if told is None else tuple(told),
        score={name: row[name] for name in _SCORE},
        listed=None if listed is None else {name: listed[name] for name in _PLACE},
        outcome=force,
        outcomes=tuple(kept),
        steps=_of(connection, steps, shipment_id),
        overrides=_of(connection, overrides, shipment_id),
        remarks=_of(connection, remarks, shipment_id),
        hashes=_hashes(row, listed, pictures),
        photos=pictures,
        ledger=_recorded(connection, shipment_id, row, listed, kept),
        head=ledger_rows.head(connection),
    )


_SCORE: Final = (
    *("model_id", "risk_basis", "risk", "risk_live_animals", "risk_wildlife_products", "log_odds"),
    "families",
)
_PLACE: Final = (
    *("list_id", "published_at", "published_by", "shipments", "rank", "place", "pool"),
    *("selected_by", "selection_probability"),
)


def _rows(connection: sa.Connection, wanted: sa.Select[Any], order: sa.Column[Any]) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(wanted.order_by(order)).mappings()]


def _of(connection: sa.Connection, table: sa.Table, shipment_id: int) -> tuple[dict[str, Any], ...]:
    wanted = sa.select(table).where(table.c.shipment_id == shipment_id)
    return tuple(_rows(connection, wanted, table.c.id))


def _photos(connection: sa.Connection, of: Sequence[int]) -> tuple[Photo, ...]:
    """Return the photos of some outcomes: those the ledger says were kept, and any it knows nothing of."""
    there = {
        row.id: Photo(row.id, row.outcome_id, row.sha256, pd.Timestamp(row.at), True)
        for row in decided.photos_of(connection, of)
    }
    wanted = sa.select(ledger.c.at, ledger.c.subject, ledger.c.facts).where(
        ledger.c.kind == "photo", ledger.c.subject.in_([f"outcome:{number}" for number in of])
    )
    for row in connection.execute(wanted):
        facts, outcome_id = json.loads(row.facts), int(row.subject.partition(":")[2])
        number = int(facts["photo"])
        at = pd.Timestamp(row.at)
        there[number] = Photo(number, outcome_id, str(facts["sha256"]), at, number in there)
    return tuple(there[number] for number in sorted(there))


def _listed(connection: sa.Connection, shipment_id: int, then: pd.Timestamp) -> dict[str, Any] | None:
    """Return the list a shipment stood on at a moment: the last that chose it, else that ranked it."""
    wanted = (
        sa.select(
            list_rows,
            *(lists.c[name] for name in ("published_at", "published_by", "shipments", "digest", "data_hash")),
            lists.c.draw_commitment,
        )
        .join(lists, lists.c.id == list_rows.c.list_id)
        .where(list_rows.c.shipment_id == shipment_id, lists.c.published_at <= then)
        .order_by(sa.case((list_rows.c.selected_by != "", 0), else_=1), lists.c.id.desc())
        .limit(1)
    )
    row = connection.execute(wanted).mappings().first()
    return None if row is None else dict(row)


def _scored(
    connection: sa.Connection, shipment_id: int, then: pd.Timestamp, score_id: int | None
) -> dict[str, Any]:
    """Return the score (and its version) a shipment was ranked by: of its list, else the last one before."""
    wanted = (
        sa.select(
            shipments.c.bill,
            versions.c.id.label("version_id"),
            versions.c.number,
            scores.c.id.label("score_id"),
            scores.c.record_hash,
            batches.c.id.label("batch_id"),
            batches.c.data_hash,
            *(scores.c[name] for name in _SCORE),
        )
        .join(versions, versions.c.shipment_id == shipments.c.id)
        .join(scores, scores.c.version_id == versions.c.id)
        .join(batches, batches.c.id == scores.c.batch_id)
        .where(shipments.c.id == shipment_id, batches.c.state == "ready", scores.c.shadow.is_(False))
        .order_by(
            sa.case((scores.c.id == (score_id or 0), 0), (batches.c.scored_at <= then, 1), else_=2),
            sa.case((batches.c.scored_at <= then, -scores.c.id), else_=scores.c.id),
        )
        .limit(1)
    )
    return dict(connection.execute(wanted).mappings().one())


def _hashes(
    row: dict[str, Any], listed: dict[str, Any] | None, pictures: Sequence[Photo]
) -> tuple[Hash, ...]:
    found = [Hash("record", row["record_hash"]), Hash("batch", row["data_hash"])]
    if listed is not None:
        named = (("list", "digest"), ("list_data", "data_hash"), ("draw", "draw_commitment"))
        found += [Hash(of, listed[name]) for of, name in named]
    return tuple(found + [Hash("photo", each.sha256) for each in pictures])


def _recorded(
    connection: sa.Connection,
    shipment_id: int,
    row: dict[str, Any],
    listed: dict[str, Any] | None,
    kept: list[dict[str, Any]],
) -> tuple[dict[str, Any], ...]:
    """Return the ledger's rows on a shipment, its load, its list and photos; not who only looked at it."""
    subjects = [f"shipment:{shipment_id}", f"batch:{row['batch_id']}"]
    subjects += [f"outcome:{each['id']}" for each in kept]
    if listed is not None:
        subjects.append(f"list:{listed['list_id']}")
    names = ("seq", "at", "actor", "kind", "subject", "hash")
    wanted = sa.select(*(ledger.c[name] for name in names)).where(
        ledger.c.subject.in_(subjects), ledger.c.kind != "view"
    )
    return tuple(_rows(connection, wanted, ledger.c.seq))
