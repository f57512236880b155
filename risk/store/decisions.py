"""What officers do about a shipment before it is opened: claims, steps, notes (`overriding` ranks it).

A claim says that somebody works on a shipment; it ends by itself, so nobody blocks one by going home. A step
says how far a shipment is on its way from the list to the table.
"""

from __future__ import annotations

from typing import Final

import pandas as pd
import sqlalchemy as sa

from risk.refusals import Refusal
from risk.store import ledger, remarks, roles
from risk.store.roles import Person
from risk.store.tables import claims, shipments, steps
from risk.store.texts import kept

#: From list to table, in order; a shipment may skip some, and may be gone or refused from any.
STEPS: Final = ("selected", "hold_asked", "located", "presented", "opened", "gone", "refused")

#: Steps of a shipment that somebody holds: it is there though the time is over by which it was to leave.
HELD: Final = ("hold_asked", "located", "presented", "opened")

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


class Refused(Refusal):
    """A decision cannot be taken so; the text says why."""


def claim(
    connection: sa.Connection, shipment_id: int, person: Person, *, at: pd.Timestamp, minutes: int
) -> sa.Row[tuple[object, ...]]:
    """Claim a shipment; return the claim in force, which may be somebody else's.

    One's own claim is renewed; one that expired is taken over.

    Raises
    ------
    NotAllowed
        The role does not allow it.
    Refused
        There is no such shipment.
    """
    roles.check(connection, person, "decide", at=at)
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
    """Give up one's own claim.

    Raises
    ------
    NotAllowed
        The role does not allow it.
    """
    roles.check(connection, person, "decide", at=at)
    mine = (claims.c.shipment_id == shipment_id) & (claims.c.user_id == person.id)
    if connection.execute(claims.delete().where(mine).returning(claims.c.shipment_id)).first():
        ledger.append(
            connection, "claim.released", at=at, actor=person.actor, subject=f"shipment:{shipment_id}"
        )


def step(connection: sa.Connection, shipment_id: int, to: str, person: Person, *, at: pd.Timestamp) -> None:
    """Note how far a shipment is.

    Raises
    ------
    NotAllowed
        The role does not allow it.
    Refused
        The step does not follow from where the shipment is.
    """
    roles.check(connection, person, "decide", at=at)
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


def note(connection: sa.Connection, shipment_id: int, text: str, person: Person, *, at: pd.Timestamp) -> None:
    """Keep an officer's note on a shipment.

    Raises
    ------
    NotAllowed
        The role does not allow it.
    Refused
        There is no such shipment, or nothing was written.
    """
    roles.check(connection, person, "decide", at=at)
    known(connection, shipment_id)
    if not kept(text):
        raise Refused("write something first")
    remarks.keep(connection, shipment_id, "note", text, person.id, at=at)
    ledger.append(connection, "note", at=at, actor=person.actor, subject=f"shipment:{shipment_id}")


def known(connection: sa.Connection, shipment_id: int) -> None:
    """Refuse a number that is no shipment's.

    Raises
    ------
    Refused
    """
    if connection.execute(sa.select(shipments.c.id).where(shipments.c.id == shipment_id)).first() is None:
        raise Refused("there is no such shipment")
