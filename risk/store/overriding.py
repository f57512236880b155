"""Raising and lowering: an officer who knows better than the model, and the second signature.

Either needs a coded reason. Lowering what stands high waits for a second signature, and the shipment keeps
its place until then. What stands high is looked up here, in the transaction that decides: what a page showed
may be of an hour ago, or of nobody's making.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pandas as pd
import sqlalchemy as sa

from risk.store import day, decided, decisions, hits, ledger, remarks, roles
from risk.store.decisions import Refused
from risk.store.roles import Person
from risk.store.standing import standing
from risk.store.tables import list_rows, overrides, scores, versions
from risk.store.tables import remarks as written
from risk.store.texts import kept

#: Why an officer raises a shipment, and why one lowers it.
RAISE: Final = ("tip", "seen_before", "looks_wrong", "dog_or_scan", "papers_wrong", "other_agency", "other")
LOWER: Final = (
    "known_trader_checked",
    "opened_elsewhere",
    "permit_seen",
    "data_error",
    "cannot_be_reached",
    "other",
)

#: What stands at or above this rank is not lowered by one officer alone.
HIGH_RANK = 100


@dataclass(frozen=True)
class InForce:
    """Where a shipment stands, as far as lowering it is concerned.

    Attributes
    ----------
    rank : int or None
        The model's: of the latest list that ranks it by the score in force, else of the day; None where
        nobody knows.
    high : bool
        Whether lowering it needs a second signature.
    """

    rank: int | None
    high: bool


def in_force(connection: sa.Connection, shipment_id: int, *, now: pd.Timestamp) -> InForce:
    """Return where a shipment stands.

    High is what was chosen on a list and has no outcome, what nobody knows the rank of, and what stands at
    `HIGH_RANK` or above by the list, by the day, by what somebody raised, or by a rule or an entry of a
    watch list. Where others were lowered before it, it stands as high as without them.

    Parameters
    ----------
    now : Timestamp
        The moment shipments are looked at, and whose day counts; entries and rules count by it.
    """
    listed = connection.execute(
        sa.select(list_rows.c.rank, list_rows.c.place)
        .join(scores, (scores.c.id == list_rows.c.score_id) & scores.c.current)
        .join(versions, (versions.c.id == scores.c.version_id) & versions.c.current)
        .where(list_rows.c.shipment_id == shipment_id)
        .order_by(list_rows.c.list_id.desc())
        .limit(1)
    ).first()
    today = standing(connection, shipment_id, now)
    rank = listed.rank if listed else today.rank if today else None
    known = [listed.rank, listed.place] if listed else []
    if today:
        known.append(today.rank - _lowered_above(connection, shipment_id, now))
    high = (
        min(known, default=0) <= HIGH_RANK
        or decided.is_listed(connection, shipment_id)
        or _lifted(connection, shipment_id, now)
    )
    return InForce(rank, high)


def _lowered_above(connection: sa.Connection, shipment_id: int, now: pd.Timestamp) -> int:
    """Return how many shipments of the day that the model puts before one were lowered."""
    own = (
        sa.select(scores.c.log_odds)
        .join(versions, versions.c.id == scores.c.version_id)
        .where(versions.c.shipment_id == shipment_id, versions.c.current, scores.c.current)
        .limit(1)
        .scalar_subquery()
    )
    wanted = (
        sa.select(sa.func.count(sa.distinct(overrides.c.shipment_id)))
        .join(versions, versions.c.shipment_id == overrides.c.shipment_id)
        .join(scores, scores.c.version_id == versions.c.id)
        .where(overrides.c.direction == "lower", overrides.c.state == "in_force")
        .where(overrides.c.shipment_id != shipment_id, scores.c.current, scores.c.log_odds >= own)
        .where(day.within(now - day.BEFORE, now + day.AFTER))
    )
    return int(connection.execute(wanted).scalar_one())


def _lifted(connection: sa.Connection, shipment_id: int, now: pd.Timestamp) -> bool:
    """Tell whether somebody raised a shipment, or a rule or an entry holds it up high."""
    raised = (overrides.c.shipment_id == shipment_id) & (overrides.c.state == "in_force")
    wanted = sa.select(overrides.c.id).where(raised, overrides.c.direction == "raise").limit(1)
    if connection.execute(wanted).first() is not None:
        return True
    floors = hits.floors(connection, now=now, shipment_id=shipment_id)["floor"]
    return bool((floors <= HIGH_RANK).any())


def override(
    connection: sa.Connection,
    shipment_id: int,
    direction: str,
    code: str,
    person: Person,
    *,
    now: pd.Timestamp,
    at: pd.Timestamp,
    remark: str = "",
) -> str:
    """Raise or lower a shipment; return ``in_force`` or ``waiting``. Said twice it is written once.

    Parameters
    ----------
    now : Timestamp
        The moment shipments are looked at: the rank is that of its day.
    at : Timestamp
        The time it is.

    Raises
    ------
    NotAllowed
        The role does not allow it.
    Refused
        No such direction or code, or ``other`` without a word why.
    """
    roles.check(connection, person, "decide", at=at)
    decisions.known(connection, shipment_id)
    if code not in {"raise": RAISE, "lower": LOWER}.get(direction, ()):
        raise Refused("choose whether to raise or lower, and a reason for that")
    if code == "other" and not kept(remark):
        raise Refused("say in a few words why")
    stands = in_force(connection, shipment_id, now=now)
    waits = direction == "lower" and stands.high
    state = "waiting" if waits else "in_force"
    if said := _said(connection, shipment_id, direction, code, person, kept(remark)):
        return said
    open_ones = (overrides.c.shipment_id == shipment_id) & overrides.c.state.in_(("in_force", "waiting"))
    # A raised shipment that waits to be lowered keeps its place: only what the new one replaces is ended.
    ended = open_ones if not waits else open_ones & (overrides.c.state == "waiting")
    connection.execute(overrides.update().where(ended).values(state="withdrawn"))
    number = connection.execute(
        overrides.insert()
        .values(
            shipment_id=shipment_id,
            direction=direction,
            code=code,
            state=state,
            model_rank=stands.rank,
            user_id=person.id,
            at=at,
        )
        .returning(overrides.c.id)
    ).scalar_one()
    remarks.keep(connection, shipment_id, "override", remark, person.id, at=at, of_id=number)
    facts: dict[str, ledger.Plain] = {
        "direction": direction,
        "code": code,
        "state": state,
        "rank": stands.rank,
    }
    ledger.append(
        connection, "override", at=at, actor=person.actor, subject=f"shipment:{shipment_id}", facts=facts
    )
    return state


def _said(
    connection: sa.Connection, shipment_id: int, direction: str, code: str, person: Person, remark: str
) -> str:
    """Return the state of the latest that was said of a shipment where it is just this; else nothing."""
    last = connection.execute(
        sa.select(overrides)
        .where(overrides.c.shipment_id == shipment_id)
        .order_by(overrides.c.id.desc())
        .limit(1)
    ).first()
    if last is None or last.state not in ("in_force", "waiting"):
        return ""
    if (last.direction, last.code, last.user_id) != (direction, code, person.id):
        return ""
    mine = (written.c.kind == "override") & (written.c.of_id == last.id)
    text = connection.execute(sa.select(written.c.text).where(mine)).scalar() or ""
    return str(last.state) if text == remark else ""


def sign(
    connection: sa.Connection, override_id: int, agreed: bool, person: Person, *, at: pd.Timestamp
) -> None:
    """Give or refuse the second signature.

    Raises
    ------
    NotAllowed
        The role does not allow it.
    Refused
        It does not wait for one, or the same person asked for it.
    """
    roles.check(connection, person, "sign_second", at=at)
    row = connection.execute(sa.select(overrides).where(overrides.c.id == override_id)).first()
    if row is None or row.state != "waiting":
        raise Refused("this does not wait for a second signature")
    if row.user_id == person.id:
        raise Refused("the second signature is somebody else's")
    state = "in_force" if agreed else "refused"
    if agreed:
        others = (overrides.c.shipment_id == row.shipment_id) & (overrides.c.state == "in_force")
        connection.execute(overrides.update().where(others).values(state="withdrawn"))
    connection.execute(
        overrides.update()
        .where(overrides.c.id == override_id)
        .values(state=state, second_id=person.id, second_at=at)
    )
    ledger.append(
        connection,
        "override.signed" if agreed else "override.refused",
        at=at,
        actor=person.actor,
        subject=f"shipment:{row.shipment_id}",
        facts={"override": override_id},
    )


def signed_as(state: str) -> str:
    """Return what a second signature made of a lowering: ``refused`` or ``in_force``.

    Parameters
    ----------
    state : str
        How the lowering stands now: what was signed may have been withdrawn since, which is another's doing.
    """
    return "refused" if state == "refused" else "in_force"


def withdraw(connection: sa.Connection, override_id: int, person: Person, *, at: pd.Timestamp) -> None:
    """Take back a raise or a lowering, in force or waiting: the shipment stands where it did without it.

    Raises
    ------
    NotAllowed
        The role does not allow it.
    Refused
        It does not stand any more, or somebody else asked for it and the role does not sign for others.
    """
    roles.check(connection, person, "decide", at=at)
    row = connection.execute(sa.select(overrides).where(overrides.c.id == override_id)).first()
    if row is None or row.state not in ("in_force", "waiting"):
        raise Refused("this does not stand any more")
    if row.user_id != person.id and not person.may("sign_second"):
        raise Refused("only who asked for it takes it back, or who may sign second")
    connection.execute(overrides.update().where(overrides.c.id == override_id).values(state="withdrawn"))
    ledger.append(
        connection,
        "override.withdrawn",
        at=at,
        actor=person.actor,
        subject=f"shipment:{row.shipment_id}",
        facts={"override": override_id},
    )
