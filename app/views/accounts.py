"""What the page of accounts shows."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

#: Words of a first password: signs that are not taken for one another.
_SIGNS = "23456789abcdefghjkmnpqrstuvwxyz"
_GROUPS, _GROUP = 4, 4


@dataclass(frozen=True)
class Account:
    """One account.

    Attributes
    ----------
    id : int
    login, name, role, language, terminal : str
    state : str
        ``open``, ``closed`` (by an administrator) or ``locked`` (wrong passwords, for a while).
    own : bool
        The account of who looks.
    """

    id: int
    login: str
    name: str
    role: str
    language: str
    terminal: str
    state: str
    own: bool


def accounts(rows: Sequence[Any], person_id: int, clock: pd.Timestamp) -> list[Account]:
    """Return accounts as `risk.store.people.everybody` lists them, with their state."""
    return [
        Account(
            *(row.id, row.login, row.name, row.role, row.language, row.terminal),
            _state(row, clock),
            row.id == person_id,
        )
        for row in rows
    ]


def _state(row: Any, clock: pd.Timestamp) -> str:
    if not row.active:
        return "closed"
    return "locked" if row.locked_until is not None and row.locked_until > clock else "open"


def first_password() -> str:
    """Return a password to be told and changed at once: about 79 bits."""
    return "-".join("".join(secrets.choice(_SIGNS) for _ in range(_GROUP)) for _ in range(_GROUPS))
