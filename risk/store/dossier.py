"""All that is kept of one shipment: versions, score and reasons, decisions, notes, what is purged.

What the page of a shipment stands on. Who or what chose it for a list is no part of it: a random pick looks
like any other until its outcome is in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import pandas as pd
import sqlalchemy as sa

from risk.store import decided, hits, retention
from risk.store.roles import Person
from risk.store.standing import Standing, standing
from risk.store.tables import (
    batches,
    declared,
    list_rows,
    lists,
    outcomes,
    overrides,
    reasons,
    remarks,
    scores,
    shipments,
    steps,
    users,
    versions,
)

#: Versions laid side by side; of more the latest.
VERSIONS: Final = 20
#: Notes shown; of more the latest.
NOTES: Final = 200

_SCORE: Final = (
    *("log_odds", "risk", "risk_live_animals", "risk_wildlife_products", "risk_basis", "model_id"),
    *("families", "record_hash", "notes"),
)
#: Columns of a version that stay when what was declared is purged.
KEPT: Final = (
    *("mode", "direction", "location", "conveyance", "master_bill", "containers", "goods", "heading"),
    *("origin", "destination", "loading_port", "discharge_port", "packages", "gross_weight_kg"),
    *("arrives_at", "available_until"),
)


@dataclass(frozen=True)
class Version:
    """What was declared at one time.

    Attributes
    ----------
    id, number : int
    known_at : Timestamp
    current : bool
    kept : dict
        `KEPT`, as far as it stands.
    declared : dict or None
        The whole row; None where it was purged.
    purged : (Timestamp, str) or None
        When, and under which rule.
    """

    id: int
    number: int
    known_at: pd.Timestamp
    current: bool
    kept: dict[str, Any]
    declared: dict[str, Any] | None
    purged: tuple[pd.Timestamp, str] | None


@dataclass(frozen=True)
class Score:
    """The score people work with.

    Attributes
    ----------
    families : dict of str to float
        Log-odds by family of reasons; what they do not add up to is the average shipment's.
    reasons : list of dict or None
        Records, the strongest first; None where they were purged.
    told : list of str or None
        As they were told first.
    """

    id: int
    log_odds: float
    risk: float
    risk_live_animals: float | None
    risk_wildlife_products: float | None
    risk_basis: str
    model_id: str
    families: dict[str, float]
    record_hash: str
    notes: str
    scored_at: pd.Timestamp
    reasons: list[dict[str, Any]] | None
    told: list[str] | None


@dataclass(frozen=True)
class Remark:
    """What somebody wrote: a note, or a word with a decision or an outcome."""

    kind: str
    text: str
    who: str
    at: pd.Timestamp


@dataclass(frozen=True)
class Dossier:
    """All of it.

    Attributes
    ----------
    versions : tuple of Version
        Oldest first, at most `VERSIONS`; the one in force among them.
    earlier : int
        Versions before those.
    standing : Standing or None
        None: not among the shipments of these days.
    steps, overrides : tuple of dict
        Oldest first, with ``who``.
    listed : tuple of dict
        ``list_id``, ``published_at`` of lists that chose it.
    outcome : dict or None
        The one in force, with ``who``.
    remarks : tuple of Remark
        Oldest first; none where they were purged.
    """

    shipment_id: int
    bill: str
    first_known_at: pd.Timestamp
    legal_hold: bool
    versions: tuple[Version, ...]
    earlier: int
    score: Score | None
    standing: Standing | None
    claim: decided.Claim | None
    steps: tuple[dict[str, Any], ...]
    overrides: tuple[dict[str, Any], ...]
    listed: tuple[dict[str, Any], ...]
    outcome: dict[str, Any] | None
    hits: tuple[hits.Hit, ...]
    remarks: tuple[Remark, ...]

    @property
    def current(self) -> Version:
        """Return the version in force."""
        return next(each for each in reversed(self.versions) if each.current)


def of_shipment(
    connection: sa.Connection, shipment_id: int, person: Person, *, now: pd.Timestamp, clock: pd.Timestamp
) -> Dossier | None:
    """Return all that is kept of a shipment, None where there is none of that number.

    Parameters
    ----------
    person : Person
        Who looks: restricted entries of watch lists are told to some roles only.
    now : Timestamp
        The moment shipments are looked at: entries of lists and rules count by it.
    clock : Timestamp
        The time it is: claims end by it.
    """
    found = connection.execute(sa.select(shipments).where(shipments.c.id == shipment_id)).first()
    known = _versions(connection, shipment_id)
    if found is None or not any(each.current for each in known):
        return None
    mine = next(each for each in known if each.current)
    score = _score(connection, mine.id)
    count = sa.select(sa.func.count()).select_from(versions).where(versions.c.shipment_id == shipment_id)
    outcome = _with_names(connection, outcomes, outcomes.c.current & (outcomes.c.shipment_id == shipment_id))
    return Dossier(
        shipment_id=shipment_id,
        bill=found.bill,
        first_known_at=pd.Timestamp(found.first_known_at),
        legal_hold=bool(found.legal_hold),
        versions=known,
        earlier=int(connection.execute(count).scalar_one()) - len(known),
        score=score,
        standing=None if score is None else standing(connection, shipment_id, now),
        claim=decided.claim(connection, shipment_id, at=clock),
        steps=_with_names(connection, steps, steps.c.shipment_id == shipment_id),
        overrides=_with_names(connection, overrides, overrides.c.shipment_id == shipment_id),
        listed=_listed(connection, shipment_id),
        outcome=outcome[-1] if outcome else None,
        hits=tuple(hits.of_shipment(connection, shipment_id, person, now=now)),
        remarks=_remarks(connection, shipment_id),
    )


def _versions(connection: sa.Connection, shipment_id: int) -> tuple[Version, ...]:
    names = ("id", "number", "known_at", "current", *KEPT)
    wanted = (
        sa.select(*(versions.c[name] for name in names), declared.c.row)
        .join(batches, batches.c.id == versions.c.batch_id)
        .outerjoin(declared, declared.c.version_id == versions.c.id)
        .where(versions.c.shipment_id == shipment_id, batches.c.state == "ready")
        # A late one may have come in before the one in force: that one is always among them.
        .order_by(versions.c.current.desc(), versions.c.number.desc())
        .limit(VERSIONS)
    )
    return tuple(
        Version(
            id=row["id"],
            number=row["number"],
            known_at=pd.Timestamp(row["known_at"]),
            current=bool(row["current"]),
            kept={name: _moment(row[name]) for name in KEPT if row[name] not in (None, "")},
            declared=row["row"],
            purged=None if row["row"] is not None else retention.of_version(connection, row["id"]),
        )
        for row in sorted(connection.execute(wanted).mappings(), key=lambda row: row["number"])
    )


def _score(connection: sa.Connection, version_id: int) -> Score | None:
    wanted = (
        sa.select(
            scores.c.id,
            *(scores.c[name] for name in _SCORE),
            batches.c.scored_at,
            reasons.c.records.label("reasons"),
            reasons.c.told,
        )
        .join(batches, batches.c.id == scores.c.batch_id)
        .outerjoin(reasons, reasons.c.score_id == scores.c.id)
        .where(scores.c.version_id == version_id, scores.c.current)
    )
    row = connection.execute(wanted).mappings().first()
    if row is None:
        return None
    return Score(**{**row, "scored_at": pd.Timestamp(row["scored_at"])})


def _with_names(
    connection: sa.Connection, table: sa.Table, chosen: sa.ColumnElement[bool]
) -> tuple[dict[str, Any], ...]:
    wanted = (
        sa.select(table, users.c.login.label("who"))
        .outerjoin(users, users.c.id == table.c.user_id)
        .where(chosen)
        .order_by(table.c.id)
    )
    rows = connection.execute(wanted).mappings()
    return tuple(
        {name: _moment(value) for name, value in row.items()} | {"who": row["who"] or ""} for row in rows
    )


def _moment(value: Any) -> Any:
    return pd.Timestamp(value) if isinstance(value, datetime) else value


def _listed(connection: sa.Connection, shipment_id: int) -> tuple[dict[str, Any], ...]:
    wanted = (
        sa.select(list_rows.c.list_id, lists.c.published_at)
        .join(lists, lists.c.id == list_rows.c.list_id)
        .where(list_rows.c.shipment_id == shipment_id, list_rows.c.selected_by != "")
        .order_by(list_rows.c.list_id)
    )
    rows = connection.execute(wanted).all()
    return tuple({"list_id": row.list_id, "published_at": pd.Timestamp(row.published_at)} for row in rows)


def _remarks(connection: sa.Connection, shipment_id: int) -> tuple[Remark, ...]:
    wanted = (
        sa.select(remarks.c.kind, remarks.c.text, users.c.login, remarks.c.at)
        .join(users, users.c.id == remarks.c.user_id)
        .where(remarks.c.shipment_id == shipment_id)
        .order_by(remarks.c.id.desc())
        .limit(NOTES)
    )
    rows = connection.execute(wanted).all()
    return tuple(Remark(row.kind, row.text, row.login, pd.Timestamp(row.at)) for row in reversed(rows))
