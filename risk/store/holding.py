"""Legal holds: a shipment's data kept whatever the rules of keeping say (`retention`), until it is lifted."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd
import sqlalchemy as sa

from risk.refusals import Refusal
from risk.store import ledger, roles
from risk.store.roles import Person
from risk.store.tables import shipments

#: Why a shipment's data are held, and why a hold is lifted.
HOLD: Final = ("court_case", "investigation", "complaint", "other_agency", "audit")
LIFT: Final = ("case_closed", "no_longer_needed", "set_by_mistake")


class HoldError(Refusal):
    """A hold cannot be set or lifted so; the text says why."""


def hold(connection: sa.Connection, shipment_id: int, code: str, person: Person, *, at: pd.Timestamp) -> None:
    """Keep a shipment's data whatever the rules say, until the hold is lifted.

    Parameters
    ----------
    code : str
        One of `HOLD`.

    Raises
    ------
    NotAllowed
        The role does not allow it.
    HoldError
        No such shipment or reason, or a hold already.
    """
    _set_hold(connection, shipment_id, True, code, person, at)


def lift(connection: sa.Connection, shipment_id: int, code: str, person: Person, *, at: pd.Timestamp) -> None:
    """End a hold; the rules apply again from the next purge on.

    Parameters
    ----------
    code : str
        One of `LIFT`.

    Raises
    ------
    NotAllowed
        The role does not allow it.
    HoldError
        No such shipment or reason, or no hold.
    """
    _set_hold(connection, shipment_id, False, code, person, at)


def _set_hold(
    connection: sa.Connection, shipment_id: int, to: bool, code: str, person: Person, at: pd.Timestamp
) -> None:
    roles.check(connection, person, "hold_data", at=at)
    if code not in (HOLD if to else LIFT):
        raise HoldError("Choose why the hold is set or lifted.")
    row = connection.execute(sa.select(shipments.c.legal_hold).where(shipments.c.id == shipment_id)).first()
    if row is None:
        raise HoldError("There is no such shipment.")
    if bool(row.legal_hold) == to:
        if to:
            raise HoldError("It is under a legal hold already.")
        raise HoldError("It is under no legal hold.")
    connection.execute(shipments.update().where(shipments.c.id == shipment_id).values(legal_hold=to))
    kind = "hold" if to else "hold.lifted"
    subject = f"shipment:{shipment_id}"
    ledger.append(connection, kind, at=at, actor=person.actor, subject=subject, facts={"code": code})


def of_bill(connection: sa.Connection, bill: str) -> int | None:
    """Return the number of the shipment of a bill, None where there is none."""
    wanted = sa.select(shipments.c.id).where(shipments.c.bill == bill.strip())
    return connection.execute(wanted).scalar()


def bill_of(connection: sa.Connection, shipment_id: int) -> str | None:
    """Return the bill of a shipment, None where there is none of this number."""
    return connection.execute(sa.select(shipments.c.bill).where(shipments.c.id == shipment_id)).scalar()


def held(connection: sa.Connection) -> list[sa.Row[Any]]:
    """Return shipments under a legal hold: ``id``, ``bill``, in order of number."""
    wanted = sa.select(shipments.c.id, shipments.c.bill).where(shipments.c.legal_hold)
    return list(connection.execute(wanted.order_by(shipments.c.id)))
