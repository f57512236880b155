"""Accounts: who may sign in, as what, and for how long.

Passwords are kept as argon2 hashes; five wrong ones in a row close an account for fifteen minutes. What a
browser holds is a random token, of which the database keeps the hash. There is no default password: the
first account is made with a one-time code that stands on the console of whoever starts the server.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from hashlib import sha256

import pandas as pd
import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from risk.refusals import Refusal
from risk.store import ledger, roles
from risk.store.database import Database
from risk.store.roles import ROLES, Actor, Person
from risk.store.tables import sessions, users
from risk.store.texts import line

WRONG_ALLOWED = 5
LOCKED_FOR = pd.Timedelta(minutes=15)
SHORTEST = 10
LONGEST = 200
#: A session ends after so long, however busy: a shift and a half.
SESSION = pd.Timedelta(hours=12)

_HASHER = PasswordHasher()
#: Verified when there is no such login, so that the time taken does not tell which logins there are.
_NOBODY = _HASHER.hash(secrets.token_hex(16))


class Hashed(str):
    """The hash of a password (`hashed`): made before a transaction, since making it is slow on purpose."""


@dataclass(frozen=True)
class Checked:
    """A password somebody gave, checked against the one kept for a login; `check` makes it.

    Attributes
    ----------
    login : str
    kept : str
        The hash it was checked against.
    right : bool
        Whether it fits; what follows from it, `sign_in` says.
    """

    login: str
    kept: str
    right: bool


class AccountError(Refusal):
    """An account cannot be made or changed so; the text says why."""


def add(
    connection: sa.Connection,
    login: str,
    role: str,
    *,
    at: pd.Timestamp,
    actor: Actor,
    name: str = "",
    password: str | Hashed = "",
    language: str = "en",
    must_change: bool = True,
    terminal: str = "",
) -> int:
    """Make an account; without a password it can only be used through OIDC or a proxy.

    Parameters
    ----------
    actor : Person or "system"
        Who administers, or the program itself.
    terminal : str
        Where somebody works, as manifests call it: looks at what lies there are part of the work (`access`).

    Raises
    ------
    NotAllowed
        The role of who makes it does not allow that.
    AccountError
        The login is taken or malformed, there is no such role, or the password is too short.
    """
    by = roles.acting(connection, actor, "administer", at=at)
    login = login.strip().lower()
    if not 2 <= len(login) <= 80 or not all(c.isalnum() or c in "._-@" for c in login):
        raise AccountError("a login has 2 to 80 letters, digits, dots, dashes or @")
    if role not in ROLES:
        raise AccountError("there is no role {role}", role=role[:40])
    if connection.execute(sa.select(users.c.id).where(users.c.login == login)).first():
        raise AccountError("there is an account {login} already", login=login)
    values = {
        "login": login,
        "name": line(name, 120),
        "role": role,
        "language": language,
        "terminal": line(terminal, 120),
        "password_hash": _hash_of(password) if password else "",
        "must_change": bool(password) and must_change,
        "created_at": at,
    }
    number = int(connection.execute(users.insert().values(**values).returning(users.c.id)).scalar_one())
    ledger.append(
        connection, "account.added", at=at, actor=by, subject=f"user:{number}", facts={"role": role}
    )
    return number


def change(
    connection: sa.Connection,
    user_id: int,
    *,
    at: pd.Timestamp,
    actor: Actor,
    role: str | None = None,
    active: bool | None = None,
    language: str | None = None,
    password: str | Hashed | None = None,
    must_change: bool = False,
    terminal: str | None = None,
) -> None:
    """Change an account; a new password or role ends its sessions.

    Parameters
    ----------
    actor : Person or "system"
        Who administers, or the program itself. Their own password and language anybody changes.

    Raises
    ------
    NotAllowed
        The role of who changes it does not allow that.
    AccountError
        No such account or role, a weak password, or nobody would be left to administer.
    """
    own = isinstance(actor, Person) and actor.id == user_id
    if isinstance(actor, Person) and own and role is None and active is None and terminal is None:
        roles.current(connection, actor, at=at)
        by = actor.actor
    else:
        by = roles.acting(connection, actor, "administer", at=at)
    row = connection.execute(sa.select(users).where(users.c.id == user_id)).first()
    if row is None:
        raise AccountError("there is no such account")
    values: dict[str, object] = {}
    if role is not None:
        if role not in ROLES:
            raise AccountError("there is no role {role}", role=role[:40])
        values["role"] = role
    if active is not None:
        values |= {"active": active, "failed": 0, "locked_until": None}
    if language is not None:
        values["language"] = language
    if terminal is not None:
        values["terminal"] = line(terminal, 120)
    if password is not None:
        values |= {"password_hash": _hash_of(password), "must_change": must_change, "failed": 0}
    if row.role == "admin" and row.active and (values.get("role", "admin") != "admin" or active is False):
        others = sa.select(users.c.id).where(users.c.role == "admin", users.c.active, users.c.id != user_id)
        if connection.execute(others).first() is None:
            raise AccountError("nobody would be left to administer")
    if not values:
        return
    connection.execute(users.update().where(users.c.id == user_id).values(**values))
    if {"role", "active", "password_hash"} & set(values):
        connection.execute(sessions.delete().where(sessions.c.user_id == user_id))
    told: dict[str, ledger.Plain] = {"changed": sorted(values)}
    if role is not None:
        told["role"] = role
    ledger.append(connection, "account.changed", at=at, actor=by, subject=f"user:{user_id}", facts=told)


def hashed(password: str) -> Hashed:
    """Return the hash of a password.

    Raises
    ------
    AccountError
        It is too short or too long.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise AccountError(
            "a password has {shortest} to {longest} characters", shortest=SHORTEST, longest=LONGEST
        )
    return Hashed(_HASHER.hash(password))


def _hash_of(password: str) -> str:
    return password if isinstance(password, Hashed) else hashed(password)


def check(database: Database, login: str, password: str) -> Checked:
    """Check a password, before the transaction of `sign_in`: that takes some fifty milliseconds on purpose.

    Whether there is such a login, it takes as long: the password is then checked against that of nobody.
    """
    login = login.strip().lower()[:80]
    with database.read() as connection:
        kept = connection.execute(sa.select(users.c.password_hash).where(users.c.login == login)).scalar()
    against = kept or _NOBODY
    return Checked(login, against, _matches(against, password))


def sign_in(
    connection: sa.Connection, checked: Checked, *, at: pd.Timestamp, known: bool = False
) -> tuple[Person, str] | None:
    """Open a session; return who it is and the token for the browser, or None.

    Wrong login, wrong password, closed and locked accounts are not told apart to whoever asks; the ledger
    tells them apart. What counts is how the account stands in this transaction, not when the password was
    checked: of many checked at once those wrong are counted one after the other, and a right one among them
    no longer counts when they locked the account, or when the password was changed meanwhile.

    Parameters
    ----------
    known : bool
        Whether it was asked from a browser the account was signed in from before, whose wrong ones whoever
        calls counts by itself: those of others have not closed the account there.
    """
    row = connection.execute(sa.select(users).where(users.c.login == checked.login)).first()
    right = checked.right and row is not None and row.password_hash == checked.kept
    if row is None:
        ledger.append(connection, "login.unknown", at=at, actor="nobody")
        return None
    locked = row.locked_until is not None and row.locked_until > at and not known
    if locked or not row.active or not row.password_hash or not right:
        if known:
            ledger.append(connection, "login.refused", at=at, actor="nobody", subject=f"user:{row.id}")
        else:
            _refused(connection, row, locked, at)
        return None
    if not known:
        connection.execute(users.update().where(users.c.id == row.id).values(failed=0, locked_until=None))
    return opened(connection, row.id, at=at)


def _matches(kept: str, password: str) -> bool:
    try:
        return _HASHER.verify(kept, password[:LONGEST])
    except (VerificationError, InvalidHashError):
        return False


def _refused(
    connection: sa.Connection, row: sa.Row[tuple[object, ...]], locked: bool, at: pd.Timestamp
) -> None:
    failed = row.failed if locked else row.failed + 1
    closing = not locked and failed >= WRONG_ALLOWED
    values = {
        "failed": 0 if closing else failed,
        "locked_until": at + LOCKED_FOR if closing else row.locked_until,
    }
    connection.execute(users.update().where(users.c.id == row.id).values(**values))
    kind = "login.locked" if locked or closing else "login.refused"
    ledger.append(connection, kind, at=at, actor="nobody", subject=f"user:{row.id}")


def opened(connection: sa.Connection, user_id: int, *, at: pd.Timestamp) -> tuple[Person, str]:
    """Open a session for somebody whose identity is known; return the person and the token."""
    row = connection.execute(sa.select(users).where(users.c.id == user_id)).one()
    token = secrets.token_urlsafe(32)
    connection.execute(sessions.delete().where(sessions.c.expires_at < at))
    connection.execute(
        sessions.insert().values(
            token_hash=_hash(token), user_id=row.id, created_at=at, seen_at=at, expires_at=at + SESSION
        )
    )
    person = _person(row, token)
    ledger.append(connection, "login", at=at, actor=person.actor)
    return person, token


def of_token(connection: sa.Connection, token: str, *, at: pd.Timestamp, idle: pd.Timedelta) -> Person | None:
    """Return who a token belongs to, None where its session ended or was idle for too long."""
    row = connection.execute(
        sa.select(users)
        .join(sessions, sessions.c.user_id == users.c.id)
        .where(
            sessions.c.token_hash == _hash(token),
            sessions.c.expires_at > at,
            sessions.c.seen_at > at - idle,
            users.c.active,
        )
    ).first()
    return _person(row, token) if row else None


def seen(connection: sa.Connection, token: str, *, at: pd.Timestamp) -> None:
    """Note that a session is in use."""
    connection.execute(sessions.update().where(sessions.c.token_hash == _hash(token)).values(seen_at=at))


def sign_out(connection: sa.Connection, token: str, *, at: pd.Timestamp) -> None:
    """End a session."""
    ended = connection.execute(
        sessions.delete().where(sessions.c.token_hash == _hash(token)).returning(sessions.c.user_id)
    ).first()
    if ended:
        ledger.append(connection, "logout", at=at, actor=f"user:{ended.user_id}")


def everybody(connection: sa.Connection) -> list[sa.Row[tuple[object, ...]]]:
    """Return all accounts, in order of login, without hashes."""
    names = ("id", "login", "name", "role", "language", "terminal", "active", "locked_until", "created_at")
    return list(connection.execute(sa.select(*(users.c[name] for name in names)).order_by(users.c.login)))


def _hash(token: str) -> str:
    return sha256(token.encode("utf-8", "replace")).hexdigest()


def _person(row: sa.Row[tuple[object, ...]], token: str) -> Person:
    return Person(row.id, row.login, row.name, row.role, row.language, row.must_change, _hash(token))
