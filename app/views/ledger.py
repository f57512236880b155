"""What the page of the ledger shows: rows as ids and codes, and what the last check found."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from risk import locales
from risk.language import BY_CODE, gettext

#: Signs of a row's facts that are shown.
SHOWN = 400


@dataclass(frozen=True)
class Row:
    """One row of the ledger.

    Attributes
    ----------
    number : int
    at : Timestamp
        UTC.
    actor, kind, subject : str
    facts : str
        ``name: value`` in the order of the row, cut where there are many.
    hash : str
        First digits.
    """

    number: int
    at: pd.Timestamp
    actor: str
    kind: str
    subject: str
    facts: str
    hash: str


def rows(found: Sequence[Any]) -> list[Row]:
    """Return rows of the ledger (`risk.store.ledger.latest`) as they are shown."""
    return [
        Row(
            row.seq,
            pd.Timestamp(row.at),
            row.actor,
            row.kind,
            row.subject,
            facts(row.facts),
            row.hash[:16],
        )
        for row in found
    ]


def facts(text: str) -> str:
    """Return facts in one line.

    Examples
    --------
    >>> facts('{"by":"claim","n":2}')
    'by: claim · n: 2'
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return text[:SHOWN]
    if not isinstance(found, dict):
        return text[:SHOWN]
    told = " · ".join(f"{name}: {_plain(value)}" for name, value in found.items())
    return told if len(told) <= SHOWN else f"{told[:SHOWN]}…"


def _plain(value: object) -> str:
    if isinstance(value, str):
        return value[:16] + ("…" if len(value) > 16 and " " not in value else value[16:])
    return json.dumps(value)


@dataclass(frozen=True)
class Check:
    """One check of everything there is.

    Attributes
    ----------
    name, state : str
        Codes.
    told : str
        What was found, in a language.
    problems : tuple of str
    """

    name: str
    state: str
    told: str
    problems: tuple[str, ...]


def checks(result: Mapping[str, Any] | None, language: str) -> tuple[bool, list[Check]]:
    """Return whether everything holds, and each check of a job's result, told in a language."""
    found = (result or {}).get("checks", ())
    told = [
        Check(
            str(each.get("name", "")),
            str(each.get("state", "")),
            _told(each, language),
            tuple(_fault(one, language) for one in each.get("problems", ())),
        )
        for each in found
    ]
    return bool((result or {}).get("holds")) and bool(told), told


def _told(check: Mapping[str, Any], language: str) -> str:
    """Return what a check found; one of an earlier version of the program only in English."""
    parts = [_sentence(each, language) for each in check.get("said", ())]
    return BY_CODE[language].clause.join(parts) or str(check.get("told", ""))


def _sentence(said: Mapping[str, Any], language: str) -> str:
    values = {name: _written(value, language) for name, value in said["values"].items()}
    return gettext(str(said["text"]), language).format(**values)


def _fault(found: object, language: str) -> str:
    """Return what is broken; of what an earlier version of the program kept, parts are English."""
    return _sentence(found, language) if isinstance(found, Mapping) else gettext(str(found), language)


def _written(value: object, language: str) -> str:
    if isinstance(value, Mapping):
        return _sentence(value, language)
    return locales.decimal(value, language) if isinstance(value, int) else str(value)


def slip(port: str, head: str, at: str, database: str, folder: str) -> str:
    """Return the head of a ledger as a text to print and keep, with the call that checks it.

    Parameters
    ----------
    database, folder : str
        Address of the database, without a password, and the port's folder, as the server knows them.
    """
    call = shlex.join(["wildcargo", "verify", database, "--data", folder, "--head", head])
    return f"{port}\n{at}\n{head}\n\n{call}\n".lstrip()


def before(asked: str) -> int | None:
    """Return the number in the address below which rows are shown, None for the latest.

    Examples
    --------
    >>> before("120"), before("-1"), before("x"), before("9" * 30)
    (120, None, None, None)
    """
    right = asked.isascii() and asked.isdigit() and 0 < len(asked) < 16
    return int(asked) if right and int(asked) > 0 else None
