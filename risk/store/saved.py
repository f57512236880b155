"""What people keep for next time: views of the list, and how a sender's tables are read."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

import pandas as pd
import sqlalchemy as sa

from features.manifest.mapping import parse_mapping
from risk.refusals import Refusal
from risk.store import ledger, roles
from risk.store.roles import Person
from risk.store.tables import mappings, saved_views
from risk.store.texts import line

#: Views of one person.
MOST_VIEWS = 50
_LARGEST_VIEW = 4_000
_LARGEST_MAPPING = 200_000


class NotSaved(Refusal):
    """Something cannot be kept so."""


# --- views ----------------------------------------------------------------------------------


def views(connection: sa.Connection, person: Person) -> dict[str, dict[str, Any]]:
    """Return one's own views by name: what each asks for, as an address holds it."""
    mine = sa.select(saved_views.c.name, saved_views.c.filters).where(saved_views.c.user_id == person.id)
    return {row.name: row.filters for row in connection.execute(mine.order_by(saved_views.c.name))}


def save_view(
    connection: sa.Connection, name: str, filters: dict[str, Any], person: Person, *, at: pd.Timestamp
) -> str:
    """Keep a view under a name, in the place of one's own of that name; return the name as kept.

    Raises
    ------
    NotAllowed
        The role does not allow it.
    NotSaved
        Without a name, too large, or there are too many.
    """
    roles.check(connection, person, "see_list", at=at)
    if not (name := line(name, 80)):
        raise NotSaved("a view needs a name")
    try:
        size = len(json.dumps(filters, allow_nan=False))
    except (TypeError, ValueError):
        raise NotSaved("these filters cannot be kept") from None
    if size > _LARGEST_VIEW:
        raise NotSaved("these filters are too long to be kept")
    others = set(views(connection, person)) - {name}
    if len(others) >= MOST_VIEWS:
        raise NotSaved("expected at most {most} views; remove one first", most=MOST_VIEWS)
    _drop_view(connection, name, person)
    connection.execute(saved_views.insert().values(user_id=person.id, name=name, filters=filters, at=at))
    ledger.append(connection, "view.saved", at=at, actor=person.actor)
    return name


def drop_view(connection: sa.Connection, name: str, person: Person, *, at: pd.Timestamp) -> None:
    """Remove one's own view; nothing happens where there is none of that name.

    Raises
    ------
    NotAllowed
        The role does not allow it.
    """
    roles.check(connection, person, "see_list", at=at)
    if _drop_view(connection, name, person):
        ledger.append(connection, "view.dropped", at=at, actor=person.actor)


def _drop_view(connection: sa.Connection, name: str, person: Person) -> bool:
    mine = (saved_views.c.user_id == person.id) & (saved_views.c.name == name)
    return (
        connection.execute(saved_views.delete().where(mine).returning(saved_views.c.id)).first() is not None
    )


# --- mappings -------------------------------------------------------------------------------


def senders(connection: sa.Connection) -> dict[str, pd.Timestamp]:
    """Return the senders whose tables are mapped, and since when."""
    rows = connection.execute(sa.select(mappings.c.sender, mappings.c["at"]).order_by(mappings.c.sender))
    return {row[0]: pd.Timestamp(row[1]) for row in rows}


def mapping(connection: sa.Connection, sender: str) -> str:
    """Return how a sender's tables are read, as TOML; empty where nothing is kept."""
    wanted = sa.select(mappings.c.toml).where(mappings.c.sender == _sender(sender))
    return connection.execute(wanted).scalar() or ""


def save_mapping(
    connection: sa.Connection, sender: str, toml: str, person: Person, *, at: pd.Timestamp
) -> str:
    """Keep how a sender's tables are read, in the place of what was kept; return the sender as kept.

    Raises
    ------
    NotAllowed
        The role does not allow it.
    NotSaved
        Without a sender, or too large.
    ManifestError
        It is no mapping; with every problem.
    """
    roles.check(connection, person, "load", at=at)
    if not (name := _sender(sender)):
        raise NotSaved("say whose tables these are")
    if len(toml) > _LARGEST_MAPPING or "\x00" in toml:
        raise NotSaved("this is no mapping that could be kept")
    parse_mapping(toml, name=name)
    connection.execute(mappings.delete().where(mappings.c.sender == name))
    made = connection.execute(
        mappings.insert().values(sender=name, toml=toml, user_id=person.id, at=at).returning(mappings.c.id)
    )
    facts: dict[str, ledger.Plain] = {"toml": sha256(toml.encode("utf-8", "surrogatepass")).hexdigest()}
    number = made.scalar_one()
    ledger.append(
        connection, "mapping.saved", at=at, actor=person.actor, subject=f"mapping:{number}", facts=facts
    )
    return name


def drop_mapping(connection: sa.Connection, sender: str, person: Person, *, at: pd.Timestamp) -> None:
    """Forget how a sender's tables are read.

    Raises
    ------
    NotAllowed
        The role does not allow it.
    """
    roles.check(connection, person, "load", at=at)
    gone = connection.execute(
        mappings.delete().where(mappings.c.sender == _sender(sender)).returning(mappings.c.id)
    ).scalar()
    if gone is not None:
        ledger.append(connection, "mapping.dropped", at=at, actor=person.actor, subject=f"mapping:{gone}")


def _sender(sender: str) -> str:
    return line(sender, 200)
