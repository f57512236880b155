"""Who somebody is, and what their role allows: the one place that refuses.

Every function of the store that writes for a person asks `check` first, in its own transaction. A page that
was opened a while ago may hold somebody who was demoted, whose account was closed or whose session ended
since: what counts is how the account stands in that transaction, not what the page knows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import pandas as pd
import sqlalchemy as sa

from risk.refusals import Refusal
from risk.store.tables import sessions, users

#: Roles, from what a shift needs to what a port needs; `MAY` says what each may do.
ROLES: Final = ("officer", "supervisor", "analyst", "auditor", "admin")

#: Action -> roles.
MAY: Final[dict[str, frozenset[str]]] = {
    "see_list": frozenset(("officer", "supervisor", "analyst", "auditor")),
    "decide": frozenset(("officer", "supervisor")),
    "sign_second": frozenset(("supervisor",)),
    "publish": frozenset(("supervisor",)),
    "load": frozenset(("officer", "supervisor", "analyst")),
    "stop_others": frozenset(("supervisor",)),
    "tend_lists": frozenset(("supervisor", "analyst")),
    "see_restricted": frozenset(("supervisor", "analyst", "auditor")),
    "see_access": frozenset(("supervisor", "auditor")),
    "see_margins": frozenset(("analyst", "auditor")),
    "see_finds": frozenset(("officer", "supervisor", "analyst", "auditor")),
    "see_contacts": frozenset(ROLES),
    "tend_contacts": frozenset(("supervisor", "analyst", "admin")),
    "hold_data": frozenset(("supervisor",)),
    "administer": frozenset(("admin",)),
    "read_ledger": frozenset(("supervisor", "auditor", "admin")),
}


class NotAllowed(Refusal):
    """Somebody may not do this, or is no longer who they were when their page was opened."""


@dataclass(frozen=True)
class Person:
    """Somebody signed in.

    Attributes
    ----------
    id : int
    login, name, role, language : str
    must_change : bool
        Whether the password was given by somebody else and has to be changed first.
    session : str
        Hash of the token they came with; empty where they came without a browser.
    """

    id: int
    login: str
    name: str
    role: str
    language: str
    must_change: bool = False
    session: str = ""

    @property
    def actor(self) -> str:
        """Return how the ledger calls this person."""
        return f"user:{self.id}"

    def may(self, action: str) -> bool:
        """Tell whether the role allows an action of `MAY`."""
        return self.role in MAY[action]


#: Who does something: somebody, or the program itself (its commands, its worker).
Actor = Person | Literal["system"]


def check(connection: sa.Connection, person: Person, action: str, *, at: pd.Timestamp) -> None:
    """Refuse what a person's role does not allow, or no longer does.

    Parameters
    ----------
    action : str
        Of `MAY`.
    at : Timestamp
        The time it is (UTC): by it a session has ended.

    Raises
    ------
    NotAllowed
    """
    current(connection, person, at=at)
    if not person.may(action):
        raise NotAllowed("your role does not allow this")


def current(connection: sa.Connection, person: Person, *, at: pd.Timestamp) -> None:
    """Refuse a person whose account was closed or has another role now, or whose session ended.

    Raises
    ------
    NotAllowed
    """
    held = sa.select(users.c.role, users.c.active, sessions.c.expires_at).outerjoin(
        sessions, (sessions.c.user_id == users.c.id) & (sessions.c.token_hash == person.session)
    )
    row = connection.execute(held.where(users.c.id == person.id)).first()
    if row is None or not row.active or row.role != person.role:
        raise NotAllowed("your account was changed meanwhile; sign in again")
    if person.session and (row.expires_at is None or row.expires_at <= at):
        raise NotAllowed("you were signed out meanwhile; sign in again")


def acting(connection: sa.Connection, actor: Actor, action: str, *, at: pd.Timestamp) -> str:
    """Return how the ledger calls who does something that needs a role, the program itself aside.

    Raises
    ------
    NotAllowed
    """
    if isinstance(actor, Person):
        check(connection, actor, action, at=at)
        return actor.actor
    if actor != "system":
        # A text could name anybody: what a person does is asked for with the person.
        raise TypeError(f"{actor!r} is neither a person nor the program itself")
    return actor
