"""Whom to call: the port's own list, by topic.

Nothing is shipped with the program: a wrong number at night is worse than none, so a topic without anybody is
told as such (empty in `by_topic`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import pandas as pd
import sqlalchemy as sa

from risk.refusals import Refusal
from risk.store import ledger, roles
from risk.store.roles import Person
from risk.store.tables import contacts
from risk.store.texts import kept, line

#: Topics, in the order in which they are called for a live find.
TOPICS: Final = (
    "live_animal_first_aid",
    "wildlife_authority",
    "vet",
    "rescue_centre",
    "cites_management_authority",
    "prosecutor",
    "airline",
    "terminal",
)
#: Topics called for a find of products.
FOR_PRODUCTS: Final = (
    "wildlife_authority",
    "cites_management_authority",
    "prosecutor",
    "airline",
    "terminal",
)


class ContactRefused(Refusal):
    """A contact cannot be kept so."""


@dataclass(frozen=True)
class Contact:
    """Somebody to call.

    Attributes
    ----------
    topic : str
        One of `TOPICS`.
    name, phone, email, hours, note : str
        ``hours``: when they answer, in words.
    id : int or None
        None: not kept yet.
    """

    topic: str
    name: str
    phone: str = ""
    email: str = ""
    hours: str = ""
    note: str = ""
    id: int | None = None


def add(connection: sa.Connection, new: Contact, person: Person, *, at: pd.Timestamp) -> int:
    """Keep a contact.

    Raises
    ------
    NotAllowed
        The role does not allow it.
    ContactRefused
        There is no such topic, nobody is named, or there is no way to reach them.
    """
    roles.check(connection, person, "tend_contacts", at=at)
    return _keep(connection, new, person, at, None)


def change(
    connection: sa.Connection, contact_id: int, new: Contact, person: Person, *, at: pd.Timestamp
) -> int:
    """Put a further contact in the place of one.

    Raises
    ------
    NotAllowed
        The role does not allow it.
    ContactRefused
        There is no such contact any more, or see `add`.
    """
    roles.check(connection, person, "tend_contacts", at=at)
    _end(connection, contact_id, at)
    return _keep(connection, new, person, at, contact_id)


def end(connection: sa.Connection, contact_id: int, person: Person, *, at: pd.Timestamp) -> None:
    """Take a contact off the list.

    Raises
    ------
    NotAllowed
        The role does not allow it.
    ContactRefused
        There is no such contact any more.
    """
    roles.check(connection, person, "tend_contacts", at=at)
    _end(connection, contact_id, at)
    ledger.append(connection, "contact.ended", at=at, actor=person.actor, subject=f"contact:{contact_id}")


def by_topic(connection: sa.Connection) -> dict[str, list[Contact]]:
    """Return whom to call by topic, in the order of `TOPICS`; topics without anybody are empty."""
    names = ("topic", "name", "phone", "email", "hours", "note", "id")
    wanted = sa.select(*(contacts.c[name] for name in names)).where(contacts.c.ended_at.is_(None))
    found: dict[str, list[Contact]] = {topic: [] for topic in TOPICS}
    for row in connection.execute(wanted.order_by(contacts.c.id)):
        found.setdefault(row.topic, []).append(Contact(**row._mapping))
    return found


def _checked(new: Contact) -> dict[str, Any]:
    if new.topic not in TOPICS:
        raise ContactRefused("{topic} is no topic", topic=new.topic[:40])
    row = {name: line(getattr(new, name), 200) for name in ("name", "phone", "email", "hours")}
    if not row["name"]:
        raise ContactRefused("say who it is")
    if not (row["phone"] or row["email"]):
        raise ContactRefused("say how they are reached: a telephone number or an e-mail address")
    if row["phone"] and not any(map(str.isdigit, row["phone"])):
        raise ContactRefused("expected a telephone number")
    return {"topic": new.topic, **row, "note": kept(new.note, 1_000)}


def _keep(
    connection: sa.Connection, new: Contact, person: Person, at: pd.Timestamp, replaces: int | None
) -> int:
    row = {**_checked(new), "replaces_id": replaces, "at": at}
    number = int(connection.execute(contacts.insert().values(**row).returning(contacts.c.id)).scalar_one())
    kind = "contact.added" if replaces is None else "contact.changed"
    facts: dict[str, ledger.Plain] = {"topic": new.topic}
    if replaces is not None:
        facts["replaces"] = replaces
    ledger.append(connection, kind, at=at, actor=person.actor, subject=f"contact:{number}", facts=facts)
    return number


def _end(connection: sa.Connection, contact_id: int, at: pd.Timestamp) -> None:
    open_one = (contacts.c.id == contact_id) & contacts.c.ended_at.is_(None)
    ended = contacts.update().where(open_one).values(ended_at=at).returning(contacts.c.id)
    if connection.execute(ended).first() is None:
        raise ContactRefused("there is no such contact any more")
