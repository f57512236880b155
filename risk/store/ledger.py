"""The ledger: what was done, by whom and when, each row chained to the one before.

A row's hash is SHA-256 over the hash before it and the row as canonical JSON, so a row that is changed,
taken out or put in breaks the chain from there on. A chain cannot tell by itself that its end was cut off:
a head hash printed on paper can (`verify` with ``head``). This makes tampering evident; it does not make
it impossible. Rows hold ids, whole numbers and keyed hashes, never names or texts of people, so that personal
fields can be purged without touching a row.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import sqlalchemy as sa

from risk.language import N_
from risk.store.said import Said, line_of
from risk.store.tables import ledger

#: Hash before the first row.
NOTHING = "0" * 64

#: Characters of a head as it is printed: row number, dash, first hex digits of its hash.
_HEAD = re.compile(r"(\d{1,18})-([0-9a-f]{8,64})")

#: Characters a text in a row may have; longer ones belong into tables that can be purged.
LONGEST = 200

#: Writers wait for each other after they looked at the clock: a row may be that much earlier than the last.
SLACK = pd.Timedelta(minutes=5)

Plain = str | int | bool | None | Sequence["Plain"] | Mapping[str, "Plain"]


class LedgerError(ValueError):
    """A row may not hold what it was given."""


@dataclass(frozen=True)
class Verified:
    """What `verify` found.

    Attributes
    ----------
    rows : int
        Rows that hold, from the first on.
    head : str
        Number and hash of the last of them, as printed.
    broken : int or None
        Number of the first row that does not hold.
    fault : Said or None
        What is wrong there.
    back : tuple of int
        Rows of an earlier time than the row before them: the clock was set back, which breaks nothing.
    """

    rows: int
    head: str
    broken: int | None = None
    fault: Said | None = None
    back: tuple[int, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether the whole ledger holds."""
        return self.broken is None and self.fault is None


def canonical(facts: Mapping[str, Plain]) -> str:
    """Return facts as canonical JSON: keys sorted, no blanks, no floats.

    Raises
    ------
    LedgerError
        A float, an unknown type, or a text that is too long.
    """
    _check(dict(facts), "facts")
    return json.dumps(facts, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _check(value: object, where: str) -> None:
    if isinstance(value, dict):
        for key, member in value.items():
            if not isinstance(key, str):
                raise LedgerError(f"{where}: {key!r} is no text")
            _check(member, f"{where}.{key}")
    elif isinstance(value, list):
        for member in value:
            _check(member, where)
    elif isinstance(value, str):
        if len(value) > LONGEST or not value.isprintable():
            raise LedgerError(f"{where}: a text of {len(value)} characters; a row holds ids and hashes")
    elif value is not None and not isinstance(value, int):
        raise LedgerError(
            f"{where}: {type(value).__name__} does not go into a row; use a whole number or text"
        )


def keyed(key: bytes, text: str) -> str:
    """Return a keyed hash (HMAC-SHA-256, hex) that stands for a text without telling it."""
    return hmac.new(key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def append(
    connection: sa.Connection,
    kind: str,
    *,
    at: pd.Timestamp,
    actor: str,
    subject: str = "",
    facts: Mapping[str, Plain] | None = None,
) -> str:
    """Add a row within a transaction of `Database.write`; return the head.

    Parameters
    ----------
    connection : Connection
        In a transaction that writes.
    kind : str
        What was done, as ``outcome`` or ``list.published``.
    at : Timestamp
        When (UTC); passed in.
    actor : str
        ``user:7`` or ``system``.
    subject : str
        What it was done to: ``shipment:1188``.
    facts : mapping
        Ids, whole numbers, hashes.

    Raises
    ------
    LedgerError
        Facts that do not belong into a row.
    """
    last = connection.execute(
        sa.select(ledger.c.seq, ledger.c.hash).order_by(ledger.c.seq.desc()).limit(1)
    ).first()
    seq, before = (last.seq + 1, last.hash) if last else (1, NOTHING)
    row = {
        "seq": seq,
        "at": at.isoformat(timespec="microseconds"),
        "actor": actor,
        "kind": kind,
        "subject": subject,
        "facts": canonical(facts or {}),
    }
    _check({name: row[name] for name in ("actor", "kind", "subject")}, "row")
    row["hash"] = _hash(before, row)
    connection.execute(ledger.insert().values(**row, before=before))
    return _told(seq, str(row["hash"]))


def _hash(before: str, row: Mapping[Any, Any]) -> str:
    text = json.dumps(
        [row[name] for name in ("seq", "at", "actor", "kind", "subject", "facts")],
        ensure_ascii=False,
        separators=(",", ":"),
    )
    return hashlib.sha256(f"{before}\n{text}".encode("utf-8", "surrogatepass")).hexdigest()


def is_head(text: str) -> bool:
    """Tell whether a text is a head as it is printed, whether or not it is one of this ledger.

    Examples
    --------
    >>> is_head(" 12-0a1b2c3d "), is_head("12"), is_head("")
    (True, False, False)
    """
    return _HEAD.fullmatch(text.strip().lower()) is not None


def _told(seq: int, digest: str) -> str:
    return f"{seq}-{digest}"


def head(connection: sa.Connection) -> str:
    """Return number and hash of the last row, ``0-000…`` of an empty ledger."""
    last = connection.execute(
        sa.select(ledger.c.seq, ledger.c.hash).order_by(ledger.c.seq.desc()).limit(1)
    ).first()
    return _told(last.seq, last.hash) if last else _told(0, NOTHING)


def latest(
    connection: sa.Connection, most: int, *, kind: str = "", before: int | None = None
) -> list[sa.Row[Any]]:
    """Return the latest rows, newest first.

    Parameters
    ----------
    kind : str
        Only of this kind; empty for all.
    before : int, optional
        Only rows with a smaller number.
    """
    wanted = sa.select(ledger).order_by(ledger.c.seq.desc()).limit(most)
    if kind:
        wanted = wanted.where(ledger.c.kind == kind)
    if before is not None:
        wanted = wanted.where(ledger.c.seq < before)
    return list(connection.execute(wanted))


def kinds(connection: sa.Connection) -> list[str]:
    """Return the kinds of rows there are, in order."""
    return list(connection.execute(sa.select(ledger.c.kind).distinct().order_by(ledger.c.kind)).scalars())


def verify(connection: sa.Connection, printed: str = "") -> Verified:
    """Check every row of the ledger, and that it still reaches a head that was printed.

    Parameters
    ----------
    connection : Connection
    printed : str
        A head as printed on a list or a report: row number, dash, at least 8 hex digits.

    Raises
    ------
    LedgerError
        ``printed`` is no head.
    """
    wanted = _HEAD.fullmatch(printed.strip().lower()) if printed else None
    if printed and wanted is None:
        raise LedgerError(f"{printed[:80]!r} is no head: expected a row number, a dash and hex digits")
    before, number, last, back = NOTHING, 0, "", []
    # Of this statement alone: a connection keeps the options it is given.
    in_order = sa.select(ledger).order_by(ledger.c.seq).execution_options(yield_per=5000)
    for row in connection.execute(in_order):
        fault = _wrong(row._mapping, number + 1, before)
        if fault is None and wanted and row.seq == int(wanted[1]) and not row.hash.startswith(wanted[2]):
            fault = line_of(N_("its hash is not the one that was printed: the ledger was rewritten"))
        if fault is not None:
            return Verified(number, _told(number, before), int(row.seq), fault)
        if _is_back(row.at, last):
            back.append(int(row.seq))
        before, number, last = row.hash, row.seq, row.at
    if wanted and int(wanted[1]) > number:
        text = N_("the ledger ends at row {last}; row {printed} was printed: its end was cut off")
        fault = line_of(text, last=str(number), printed=wanted[1])
        return Verified(number, _told(number, before), number + 1, fault)
    return Verified(number, _told(number, before), back=tuple(back))


def _is_back(at: str, last: str) -> bool:
    # As texts first: they have one form, and most are in order.
    if at >= last:
        return False
    try:
        return pd.Timestamp(at) < pd.Timestamp(last) - SLACK
    except ValueError:  # no moment: written by hand, with a hash that fits
        return True


def _wrong(row: Mapping[Any, Any], number: int, before: str) -> Said | None:
    """Return what is wrong with a row that should be the one of this number after that hash."""
    if row["seq"] != number:
        return line_of(N_("row {missing} is missing"), missing=str(number))
    if row["before"] != before:
        return line_of(N_("it does not follow from the row before"))
    try:
        same = row["hash"] == _hash(before, row)
    except TypeError:  # bytes where a text stood
        same = False
    return None if same else line_of(N_("its content was changed"))
