"""Outcomes of inspections: what was done, what was found, every correction kept.

"Not inspected" is an outcome of its own and never clean. A correction is a further row that takes the place
of one named; the earlier stays. The same outcome sent twice (a tablet that lost its connection) is kept once.
The ledger holds a keyed hash of each row, so that a row changed behind its back shows (`changed_behind`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from typing import Any, Final

import pandas as pd
import sqlalchemy as sa

from features.manifest import schema
from risk import finds, pictures
from risk.store import decisions, ledger, remarks, roles
from risk.store.roles import Person
from risk.store.tables import ledger as ledger_rows
from risk.store.tables import list_rows, lists, outcomes, photos
from risk.store.texts import line

NOT_INSPECTED: Final = "not_inspected"
INSPECTIONS: Final = (NOT_INSPECTED, *schema.INSPECTION_TYPES)
WHY_NOT: Final = ("no_time", "no_staff", "gone", "not_found", "refused", "other_agency", "other")
FOUND: Final = schema.OUTCOMES
STATUSES: Final = schema.OUTCOME_STATUSES
WHERE: Final = (
    "front",
    "middle",
    "back",
    "bottom",
    "top",
    "walls",
    "false_bottom",
    "in_goods",
    "baggage",
    "other",
)

#: A photo is at most so large.
PHOTO_BYTES = 12_000_000


#: Columns that change after an outcome was entered: corrected since, taken into the port's past.
_CHANGES: Final = ("current", "remembered")


class OutcomeError(ValueError):
    """An outcome cannot be kept; ``problems`` lists everything that is wrong with it.

    Parameters
    ----------
    problems : sequence of (field, str)
    """

    def __init__(self, problems: Sequence[tuple[str, str]]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{field}: {why}" for field, why in problems))


class Meanwhile(ValueError):
    """Somebody else entered or corrected the outcome meanwhile; the text says who is to look."""


@dataclass(frozen=True)
class Outcome:
    """What came of one shipment.

    Attributes
    ----------
    inspection : str
        One of `INSPECTIONS`.
    why_not : str
        One of `WHY_NOT`, of what was not inspected.
    status : str
        One of `STATUSES`.
    found : tuple of str
        Of `FOUND`; empty where nothing is known, ``clean`` where nothing was found.
    permit_valid : bool or None
    taxa : tuple of str
        Scientific names.
    where_in_load : str
        One of `WHERE`, or empty.
    pieces, alive : int or None
        Animals or pieces, and how many of them live.
    kg : float or None
    evidence_reference : str
    inspected_at : Timestamp or None
        When (UTC).
    """

    inspection: str
    why_not: str = ""
    status: str = "provisional"
    found: tuple[str, ...] = ()
    permit_valid: bool | None = None
    taxa: tuple[str, ...] = ()
    where_in_load: str = ""
    pieces: int | None = None
    kg: float | None = None
    alive: int | None = None
    evidence_reference: str = ""
    inspected_at: pd.Timestamp | None = None

    @property
    def is_find(self) -> bool:
        """Whether wildlife was found that no valid permit covers, and nobody overturned it."""
        return finds.is_find(self.found, self.permit_valid, self.status)


def problems(outcome: Outcome, now: pd.Timestamp) -> list[tuple[str, str]]:
    """Return all that is wrong with an outcome, by field."""
    wrong = [
        (field, f"expected one of {', '.join(known)}")
        for field, known in (("inspection", INSPECTIONS), ("status", STATUSES))
        if getattr(outcome, field) not in known
    ]
    if strange := [each for each in outcome.found if each not in FOUND]:
        wrong.append(("found", f"{strange[0][:40]!r} is not known"))
    if "clean" in outcome.found and len(outcome.found) > 1:
        wrong.append(("found", "nothing found and something found"))
    if outcome.where_in_load not in (*WHERE, ""):
        wrong.append(("where_in_load", "not known"))
    if outcome.inspection == NOT_INSPECTED:
        wrong += _not_inspected(outcome)
    elif not outcome.found:
        wrong.append(("found", "say what was found, or that nothing was"))
    for field, most in (("pieces", 10**9), ("alive", 10**9), ("kg", 1e8)):
        value = getattr(outcome, field)
        if value is not None and not 0 <= value <= most:
            wrong.append((field, f"expected 0 to {most:,.0f}"))
    if outcome.alive and outcome.pieces is not None and outcome.alive > outcome.pieces:
        wrong.append(("alive", "more live ones than there are"))
    if outcome.inspected_at is not None and outcome.inspected_at > now + pd.Timedelta(minutes=5):
        wrong.append(("inspected_at", "lies in the future"))
    return wrong


def _not_inspected(outcome: Outcome) -> list[tuple[str, str]]:
    wrong = []
    if outcome.why_not not in WHY_NOT:
        wrong.append(("why_not", f"expected one of {', '.join(WHY_NOT)}"))
    if outcome.found:
        wrong.append(("found", "what was not inspected is neither clean nor a find"))
    return wrong


def record(
    connection: sa.Connection,
    shipment_id: int,
    outcome: Outcome,
    person: Person,
    *,
    at: pd.Timestamp,
    request: str,
    key: bytes,
    replaces: int | None = None,
    remark: str = "",
) -> int:
    """Keep an outcome, or a correction of one; return its number.

    Parameters
    ----------
    request : str
        The sender's own number of this entry: sent again it changes nothing.
    key : bytes
        The site's secret.
    replaces : int, optional
        The outcome in force that this one corrects.

    Raises
    ------
    OutcomeError
        Listing everything that is wrong with it.
    Meanwhile
        Another outcome is in force than the one to be corrected.
    NotAllowed
        The role does not allow it.
    decisions.Refused
        There is no such shipment.
    """
    roles.check(connection, person, "decide", at=at)
    decisions.known(connection, shipment_id)
    if wrong := problems(outcome, at):
        raise OutcomeError(wrong)
    sent = connection.execute(sa.select(outcomes.c.id).where(outcomes.c.request == request)).scalar()
    if sent is not None:
        return int(sent)
    in_force = in_force_of(connection, shipment_id)
    if (in_force.id if in_force else None) != replaces:
        raise Meanwhile("an outcome was entered meanwhile; look at it, and correct it if it is wrong")
    connection.execute(outcomes.update().where(outcomes.c.id == replaces).values(current=False))
    if outcome.inspection != NOT_INSPECTED and outcome.inspected_at is None:
        outcome = replace(outcome, inspected_at=at)
    row = _row(connection, shipment_id, outcome, at)
    row |= {
        "replaces_id": replaces,
        "current": True,
        "request": request[:64],
        "user_id": person.id,
        "at": at,
    }
    number = int(connection.execute(outcomes.insert().values(**row).returning(outcomes.c.id)).scalar_one())
    remarks.keep(connection, shipment_id, "outcome", remark, person.id, at=at, of_id=number)
    facts: dict[str, ledger.Plain] = {
        "outcome": number,
        "replaces": replaces,
        "inspection": outcome.inspection,
        "find": outcome.is_find,
        "digest": ledger.keyed(key, _digested(connection, number)),
    }
    ledger.append(
        connection, "outcome", at=at, actor=person.actor, subject=f"shipment:{shipment_id}", facts=facts
    )
    return number


def _row(connection: sa.Connection, shipment_id: int, outcome: Outcome, at: pd.Timestamp) -> dict[str, Any]:
    row = asdict(outcome) | {"shipment_id": shipment_id}
    row["found"], row["taxa"] = sorted(outcome.found), [line(name, 120) for name in outcome.taxa[:50]]
    row["evidence_reference"] = line(outcome.evidence_reference, 120)
    # A list published after the inspection did not lead to it: no draw of it may count as a hit or a miss.
    then = at if outcome.inspected_at is None else outcome.inspected_at
    chosen = connection.execute(
        sa.select(list_rows.c.selected_by, list_rows.c.selection_probability)
        .join(lists, lists.c.id == list_rows.c.list_id)
        .where(list_rows.c.shipment_id == shipment_id, list_rows.c.selected_by != "")
        .where(lists.c.published_at <= then)
        .order_by(list_rows.c.list_id.desc())
        .limit(1)
    ).first()
    if chosen is not None:
        row |= {"selected_by": chosen.selected_by, "selection_probability": chosen.selection_probability}
    return row


def _digested(connection: sa.Connection, number: int) -> str:
    """Return what of an outcome the ledger's hash stands for, as text that is the same on every server."""
    row = connection.execute(sa.select(outcomes).where(outcomes.c.id == number)).one()._mapping
    told = {name: _plain(value) for name, value in row.items() if name not in _CHANGES}
    return json.dumps(told, sort_keys=True, ensure_ascii=False)


def _plain(value: object) -> object:
    if isinstance(value, float):
        return repr(value)
    return value.isoformat() if hasattr(value, "isoformat") else value


def in_force_of(connection: sa.Connection, shipment_id: int) -> sa.Row[Any] | None:
    """Return the outcome in force of a shipment, if there is one."""
    mine = (outcomes.c.shipment_id == shipment_id) & outcomes.c.current
    return connection.execute(sa.select(outcomes).where(mine)).first()


def changed_behind(connection: sa.Connection, key: bytes) -> list[int]:
    """Return numbers of outcomes that are not what the ledger says was entered, or are gone."""
    entered = connection.execute(
        sa.select(ledger_rows.c.facts).where(ledger_rows.c.kind == "outcome")
    ).scalars()
    there = set(connection.execute(sa.select(outcomes.c.id)).scalars())
    changed = []
    for text in entered:
        facts = json.loads(text)
        number = facts["outcome"]
        if number not in there or ledger.keyed(key, _digested(connection, number)) != facts["digest"]:
            changed.append(number)
        there.discard(number)
    return sorted({*changed, *there})


def add_photo(
    connection: sa.Connection, outcome_id: int, content: bytes, person: Person, *, at: pd.Timestamp
) -> int:
    """Keep a photo of what was found, without what a camera wrote into it; the same photo twice is kept once.

    Raises
    ------
    OutcomeError
        It is too large, or no whole JPEG or PNG.
    NotAllowed
        The role does not allow it.
    """
    roles.check(connection, person, "decide", at=at)
    try:
        if len(content) > PHOTO_BYTES:
            raise pictures.NoPicture("too large")
        kind, picture = pictures.stripped(content)
    except pictures.NoPicture:
        most = PHOTO_BYTES // 1_000_000
        raise OutcomeError([("photo", f"expected a whole JPEG or PNG of at most {most} MB")]) from None
    digest = sha256(picture).hexdigest()
    same = (photos.c.outcome_id == outcome_id) & (photos.c.sha256 == digest)
    there = connection.execute(sa.select(photos.c.id).where(same)).scalar()
    if there is not None:
        return int(there)
    row = {"outcome_id": outcome_id, "sha256": digest, "media_type": kind, "content": picture, "at": at}
    number = int(connection.execute(photos.insert().values(**row).returning(photos.c.id)).scalar_one())
    facts: dict[str, ledger.Plain] = {"photo": number, "sha256": digest}
    ledger.append(
        connection, "photo", at=at, actor=person.actor, subject=f"outcome:{outcome_id}", facts=facts
    )
    return number
