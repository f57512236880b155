"""The first account: made by whoever reads the console of the server, with a code that works once.

The code lies as a hash in a file beside the database that only the server's own account can read. It ends
with its use, after a day, at the next start, and once there is any account.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from pathlib import Path

import pandas as pd
import sqlalchemy as sa

from risk.refusals import Refusal
from risk.store import people, roles
from risk.store.tables import users

#: How long a code works.
LASTS = pd.Timedelta(hours=24)

_FILE = "first-account.json"
#: No letters and digits that are taken for one another; 20 of 32 signs are 100 bits: none is guessed.
_SIGNS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_LENGTH, _GROUP = 20, 5


class NotFirst(Refusal):
    """The first account cannot be made so."""


def wanted(connection: sa.Connection) -> bool:
    """Tell whether there is no account yet."""
    return connection.execute(sa.select(users.c.id).limit(1)).first() is None


def offer(folder: Path, *, at: pd.Timestamp) -> str:
    """Return a new code, for people; one offered before no longer works."""
    code = "".join(secrets.choice(_SIGNS) for _ in range(_LENGTH))
    kept = json.dumps({"sha256": _hash(code), "until": (at + LASTS).isoformat()})
    part = folder / f"{_FILE}.part"
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(kept)
    part.replace(folder / _FILE)
    return "-".join(code[start : start + _GROUP] for start in range(0, _LENGTH, _GROUP))


def withdraw(folder: Path) -> None:
    """Let no code work."""
    (folder / _FILE).unlink(missing_ok=True)


def make(
    connection: sa.Connection,
    folder: Path,
    code: str,
    login: str,
    password: str,
    *,
    at: pd.Timestamp,
    name: str = "",
    language: str = "en",
) -> tuple[roles.Person, str]:
    """Make the first account, an administrator, and open its session; return the person and the token.

    Raises
    ------
    NotFirst
        The code is wrong, was used or is too old, or there is an account already.
    people.AccountError
        The login or password cannot be.
    """
    if not wanted(connection):
        withdraw(folder)
        raise NotFirst("there is an account already; sign in, or ask an administrator")
    if not _right(folder, code, at):
        raise NotFirst("this code is not right, or no longer works; start the server again for a new one")
    number = people.add(
        connection,
        login,
        "admin",
        at=at,
        actor="system",
        name=name,
        password=_needed(password),
        language=language,
        must_change=False,
    )
    opened = people.opened(connection, number, at=at)
    withdraw(folder)
    return opened


def _needed(password: str) -> str:
    people.hashed(password)  # An empty one would make an account that cannot be used.
    return password


def _right(folder: Path, code: str, at: pd.Timestamp) -> bool:
    try:
        kept = json.loads((folder / _FILE).read_text(encoding="ascii"))
        until = pd.Timestamp(kept["until"])
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return at < until and hmac.compare_digest(str(kept["sha256"]), _hash(code))


def _hash(code: str) -> str:
    signs = "".join(sign for sign in code.upper()[:200] if sign in _SIGNS)
    return hashlib.sha256(signs.encode("ascii")).hexdigest()
