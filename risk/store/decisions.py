"""What officers decide about a shipment before it is opened: claims, steps, raising and lowering.

A claim says that somebody works on a shipment; it ends by itself, so nobody blocks one by going home. A step
says how far a shipment is on its way from the list to the table. Raising or lowering needs a coded reason;
lowering what stands high waits for a second signature, and the shipment keeps its place until then.
"""

from __future__ import annotations

from typing import Final

import pandas as pd
import sqlalchemy as sa

from risk.refusals import Refusal
from risk.store import ledger
from risk.store.people import Person
from risk.store.tables import claims, overrides, remarks, shipments, steps
from risk.store.texts import kept

#: From list to table, in order; a shipment may skip some, and may be gone or refused from any.
STEPS: Final = ("selected", "hold_asked", "located", "presented", "opened", "gone", "refused")

#: Step -> steps that may follow.
FOLLOWS: Final[dict[str, frozenset[str]]] = {
    "": frozenset(STEPS),
    "selected": frozenset(("hold_asked", "located", "presented", "opened", "gone", "refused")),
    "hold_asked": frozenset(("located", "presented", "opened", "gone", "refused")),
    "located": frozenset(("presented", "opened", "gone", "refused")),
    "presented": frozenset(("opened", "gone", "refused")),
    "opened": frozenset(),
    "gone": frozenset(("located", "presented", "opened")),
    "refused": frozenset(("hold_asked", "located", "presented", "opened", "gone")),
}

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


class Refused(Refusal):
    """A decision cannot be taken so; the text says why."""


def claim(
    connection: sa.Connection, shipment_id: int, person: Person, *, at: pd.Timestamp, minutes: int
) -> sa.Row[tuple[object, ...]]:
    """Claim a shipment; return the claim in force, which may be somebody else's.

    One's own claim is renewed; one that expired is taken over.

    Raises
    ------
    Refused
        There is no such shipment, or the role does not allow it.
    """
    check(person, "decide")
    known(connection, shipment_id)
    row = connection.execute(sa.select(claims).where(claims.c.shipment_id == shipment_id)).first()
    if row is not None and row.user_id != person.id and row.expires_at > at:
        return row
    values = {
        "shipment_id": shipment_id,
        "user_id": person.id,
        "claimed_at": at,
        "expires_at": at + pd.Timedelta(minutes=minutes),
    }
    connection.execute(claims.delete().where(claims.c.shipment_id == shipment_id))
    connection.execute(claims.insert().values(**values))
    ledger.append(connection, "claim", at=at, actor=person.actor, subject=f"shipment:{shipment_id}")
    return connection.execute(sa.select(claims).where(claims.c.shipment_id == shipment_id)).one()


def release(connection: sa.Connection, shipment_id: int, person: Person, *, at: pd.Timestamp) -> None:
    """Give up one's own claim."""
    mine = (claims.c.shipment_id == shipment_id) & (claims.c.user_id == person.id)
    if connection.execute(claims.delete().where(mine).returning(claims.c.shipment_id)).first():
        ledger.append(
            connection, "claim.released", at=at, actor=person.actor, subject=f"shipment:{shipment_id}"
        )


def step(connection: sa.Connection, shipment_id: int, to: str, person: Person, *, at: pd.Timestamp) -> None:
    """Note how far a shipment is.

    Raises
    ------
    Refused
        The step does not follow from where the shipment is, or the role does not allow it.
    """
    check(person, "decide")
    known(connection, shipment_id)
    before = latest_step(connection, shipment_id)
    if to == before:
        return
    if to not in FOLLOWS[before]:
        raise Refused("this step does not follow from where the shipment is")
    connection.execute(steps.insert().values(shipment_id=shipment_id, step=to, user_id=person.id, at=at))
    ledger.append(
        connection, "step", at=at, actor=person.actor, subject=f"shipment:{shipment_id}", facts={"to": to}
    )


def latest_step(connection: sa.Connection, shipment_id: int) -> str:
    """Return how far a shipment is, empty where nothing was noted."""
    found = connection.execute(
        sa.select(steps.c.step).where(steps.c.shipment_id == shipment_id).order_by(steps.c.id.desc()).limit(1)
    ).scalar()
    return found or ""


def stands_high(rank: int | None, place: int | None = None, listed: bool = False) -> bool:
    """Tell whether lowering a shipment needs a second signature.

    Parameters
    ----------
    rank : int or None
        The model's; None where nobody knows, which asks for the signature.
    place : int or None
        Where it stands once people had their say: what somebody raised stands high too.
    listed : bool
        Chosen on a published list and without an outcome.
    """
    return listed or rank is None or min(rank, rank if place is None else place) <= HIGH_RANK


def override(
    connection: sa.Connection,
    shipment_id: int,
    direction: str,
    code: str,
    person: Person,
    *,
    at: pd.Timestamp,
    rank: int | None,
    place: int | None = None,
    listed: bool = False,
    remark: str = "",
) -> str:
    """Raise or lower a shipment; return ``in_force`` or ``waiting``. Said twice it is written once.

    Parameters
    ----------
    rank : int or None
        The model's rank, which stays on record.
    place, listed : int or None, bool
        With the rank they say whether lowering waits (`stands_high`).

    Raises
    ------
    Refused
        No such direction or code, ``other`` without a word why, or the role does not allow it.
    """
    check(person, "decide")
    known(connection, shipment_id)
    if code not in {"raise": RAISE, "lower": LOWER}.get(direction, ()):
        raise Refused("choose whether to raise or lower, and a reason for that")
    if code == "other" and not kept(remark):
        raise Refused("say in a few words why")
    waits = direction == "lower" and stands_high(rank, place, listed)
    state = "waiting" if waits else "in_force"
    if _said(connection, shipment_id, direction, code, person, kept(remark)):
        return state
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
            model_rank=rank,
            user_id=person.id,
            at=at,
        )
        .returning(overrides.c.id)
    ).scalar_one()
    write(connection, shipment_id, "override", remark, person, at=at, of_id=number)
    facts: dict[str, ledger.Plain] = {"direction": direction, "code": code, "state": state, "rank": rank}
    ledger.append(
        connection, "override", at=at, actor=person.actor, subject=f"shipment:{shipment_id}", facts=facts
    )
    return state


def _said(
    connection: sa.Connection, shipment_id: int, direction: str, code: str, person: Person, remark: str
) -> bool:
    """Tell whether the latest that was said of a shipment is just this, and still stands."""
    last = connection.execute(
        sa.select(overrides)
        .where(overrides.c.shipment_id == shipment_id)
        .order_by(overrides.c.id.desc())
        .limit(1)
    ).first()
    if last is None or last.state not in ("in_force", "waiting"):
        return False
    if (last.direction, last.code, last.user_id) != (direction, code, person.id):
        return False
    mine = (remarks.c.kind == "override") & (remarks.c.of_id == last.id)
    return (connection.execute(sa.select(remarks.c.text).where(mine)).scalar() or "") == remark


def sign(
    connection: sa.Connection, override_id: int, agreed: bool, person: Person, *, at: pd.Timestamp
) -> None:
    """Give or refuse the second signature.

    Raises
    ------
    Refused
        It does not wait for one, the same person asked for it, or the role does not allow it.
    """
    check(person, "sign_second")
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


def withdraw(connection: sa.Connection, override_id: int, person: Person, *, at: pd.Timestamp) -> None:
    """Take back a raise or a lowering, in force or waiting: the shipment stands where it did without it.

    Raises
    ------
    Refused
        It does not stand any more, or somebody else asked for it and the role does not sign for others.
    """
    check(person, "decide")
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


def write(
    connection: sa.Connection,
    shipment_id: int,
    kind: str,
    text: str,
    person: Person,
    *,
    at: pd.Timestamp,
    of_id: int | None = None,
) -> None:
    """Keep what somebody wrote about a shipment, where it can be purged; the ledger says that, not what."""
    if not (words := kept(text)):
        return
    row = {
        "shipment_id": shipment_id,
        "kind": kind,
        "of_id": of_id,
        "text": words,
        "user_id": person.id,
        "at": at,
    }
    connection.execute(remarks.insert().values(**row))
    if kind == "note":
        ledger.append(connection, "note", at=at, actor=person.actor, subject=f"shipment:{shipment_id}")


def note(connection: sa.Connection, shipment_id: int, text: str, person: Person, *, at: pd.Timestamp) -> None:
    """Keep an officer's note on a shipment.

    Raises
    ------
    Refused
        There is no such shipment, the role does not allow it, or nothing was written.
    """
    check(person, "decide")
    known(connection, shipment_id)
    if not kept(text):
        raise Refused("write something first")
    write(connection, shipment_id, "note", text, person, at=at)


def check(person: Person, action: str) -> None:
    """Refuse what a role does not allow.

    Raises
    ------
    Refused
    """
    if not person.may(action):
        raise Refused("your role does not allow this")


def known(connection: sa.Connection, shipment_id: int) -> None:
    """Refuse a number that is no shipment's.

    Raises
    ------
    Refused
    """
    if connection.execute(sa.select(shipments.c.id).where(shipments.c.id == shipment_id)).first() is None:
        raise Refused("there is no such shipment")
