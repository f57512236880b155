"""Kept scores computed again from what the model saw, and compared to the bit.

The record of a score holds the values the model saw, every number of the score and a hash of every row of
contributions. A record that was purged can no longer be replayed; when and by which rule it went is said
instead. Its hash stays, and with it the hash of its batch.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from models.bundle import Bundle, BundleError
from models.predict import predict
from risk.engine import load_bundle
from risk.language import N_
from risk.records import parts
from risk.store.said import Said, line_of
from risk.store.tables import models, purges, records, scores

#: A record unpacked is at most so large, in bytes.
LARGEST = 4_000_000

SAME, DIFFERS, PURGED, MISSING, NO_MODEL = "same", "differs", "purged", "missing", "no_model"

_ASKED = 500
#: Column of `scores` -> number of the record it repeats.
_REPEATED = {
    "log_odds": "log_odds.risk",
    "risk": "risk",
    "risk_live_animals": "probability.live_animals",
    "risk_wildlife_products": "probability.wildlife_products",
}


class ReplayError(ValueError):
    """A score cannot be replayed; the text says why."""


@dataclass(frozen=True)
class Replayed:
    """What came of replaying one score.

    Attributes
    ----------
    score_id : int
    state : str
        `SAME` to the bit, `DIFFERS`, `PURGED`, `MISSING` (the record is gone and no rule took it) or
        `NO_MODEL` (the model that scored it is not here).
    differences : tuple of str
        Everything that differs, named.
    at : Timestamp or None
        When its inputs were purged (UTC).
    rule : str
        By which rule, as ``people:180``.
    """

    score_id: int
    state: str
    differences: tuple[str, ...] = ()
    at: pd.Timestamp | None = None
    rule: str = ""

    @property
    def told(self) -> str:
        """What came of it in words."""
        if self.state == SAME:
            return "replayed: every number is the same to the bit"
        if self.at is not None:
            return f"inputs purged on {self.at:%Y-%m-%d} under rule {self.rule}"
        if self.state == NO_MODEL:
            return "the model that scored it is not here"
        if self.state == MISSING:
            return "its record is gone, and no rule took it"
        return "; ".join(self.differences)


@dataclass(frozen=True)
class Unpacked:
    """A record taken apart, or what is wrong with it."""

    values: dict[str, Any] = field(default_factory=dict)
    numbers: dict[str, Any] = field(default_factory=dict)
    contributions: dict[str, str] = field(default_factory=dict)
    beside: dict[str, str] = field(default_factory=dict)
    wrong: tuple[str, ...] = ()


def bundle_of(connection: sa.Connection, model_id: str) -> Bundle:
    """Return the model of a score: from its folder as the port registered it, or the starter model.

    Raises
    ------
    ReplayError
        It is neither, or its folder no longer holds it.
    """
    path = connection.execute(sa.select(models.c.path).where(models.c.model_id == model_id)).scalar()
    try:
        bundle = load_bundle(path or None)
    except BundleError as error:
        raise ReplayError(f"model {model_id}: {error}") from error
    if bundle.model_id != model_id:
        where = path or "the starter model"
        raise ReplayError(f"model {model_id} is not here ({where} holds {bundle.model_id})")
    return bundle


def replay(
    connection: sa.Connection,
    score_ids: Sequence[int],
    bundle: Callable[[str], Bundle] | None = None,
) -> list[Replayed]:
    """Compute kept scores again and compare every bit.

    Parameters
    ----------
    score_ids : sequence of int
        Those not in the database are left out.
    bundle : callable, optional
        Gives the model of a number, raising `ReplayError` where it is not here; `bundle_of` when not given.

    Returns
    -------
    list of Replayed
        In order of number.
    """
    given = bundle or (lambda model_id: bundle_of(connection, model_id))
    found = []
    for start in range(0, len(score_ids), _ASKED):
        asked = [int(number) for number in score_ids[start : start + _ASKED]]
        wanted = (
            sa.select(scores, records.c.record)
            .outerjoin(records, records.c.score_id == scores.c.id)
            .where(scores.c.id.in_(asked))
            .order_by(scores.c.id)
        )
        rows = connection.execute(wanted).all()
        found += _gone(connection, [row for row in rows if row.record is None])
        there = [row for row in rows if row.record is not None]
        for model_id in sorted({row.model_id for row in there}):
            found += _of_model([row for row in there if row.model_id == model_id], model_id, given)
    return sorted(found, key=lambda each: each.score_id)


def _gone(connection: sa.Connection, rows: Sequence[Any]) -> list[Replayed]:
    if not rows:
        return []
    of_versions = purges.c.version_id.in_([row.version_id for row in rows])
    went = {
        row.version_id: (pd.Timestamp(row.at), row.rule)
        for row in connection.execute(sa.select(purges).where(of_versions).order_by(purges.c.id.desc()))
    }
    return [
        Replayed(row.id, PURGED, (), *went[row.version_id])
        if row.version_id in went
        else Replayed(row.id, MISSING)
        for row in rows
    ]


def _of_model(rows: Sequence[Any], model_id: str, given: Callable[[str], Bundle]) -> list[Replayed]:
    """Replay scores of one model."""
    read = [unpacked(row.record, row.record_hash) for row in rows]
    try:
        model = given(model_id)
    except ReplayError:
        return [_unreplayed(row, each) for row, each in zip(rows, read, strict=True)]
    frame, lacking = _frame(model, read)
    again = parts(predict(model, frame))
    return [
        _compared(row, each, again, i, lacking[i])
        for i, (row, each) in enumerate(zip(rows, read, strict=True))
    ]


def _unreplayed(row: Any, read: Unpacked) -> Replayed:
    """Return what can be said of a record without its model."""
    wrong = (*read.wrong, *(() if read.wrong else map(str, repeated(row, read.numbers))))
    return Replayed(row.id, DIFFERS if wrong else NO_MODEL, wrong)


def unpacked(record: bytes, record_hash: str) -> Unpacked:
    """Take a record apart and check it against its hash."""
    try:
        unpacking = zlib.decompressobj()
        text = unpacking.decompress(bytes(record), LARGEST)
        if unpacking.unconsumed_tail or not unpacking.eof:
            return Unpacked(wrong=(N_("its record cannot be read"),))
        data = json.loads(text)
        read = Unpacked(
            dict(data["values"]),
            dict(data["numbers"]),
            dict(data["contributions"]),
            dict(data.get("beside", {})),
        )
    except (zlib.error, ValueError, KeyError, TypeError, RecursionError):
        return Unpacked(wrong=(N_("its record cannot be read"),))
    if hashlib.sha256(text).hexdigest() != record_hash:
        return replace(read, wrong=(N_("its record was changed"),))
    return read


def _frame(model: Bundle, read: Sequence[Unpacked]) -> tuple[pd.DataFrame, list[list[str]]]:
    """Return what the model saw as it saw it, and of each record the values that are not in it."""
    numeric = {column.feature for column in model.schema.columns if column.kind == "numeric"}
    columns, lacking = {}, [list[str]() for _ in read]
    for name in model.schema.features:
        cells = [each.values.get(name) for each in read]
        for absent, each in zip(lacking, read, strict=True):
            if name not in each.values:
                absent.append(name)
        if name in numeric:
            numbers = [_number(cell) for cell in cells]
            columns[name] = pd.Series(numbers, dtype="float64")
        else:
            texts = [None if cell is None else str(cell) for cell in cells]
            columns[name] = pd.Series(texts, dtype="str")
    return pd.DataFrame(columns), lacking


def _number(cell: object) -> float:
    return float(cell) if isinstance(cell, (int, float)) else np.nan


def _compared(
    row: Any, read: Unpacked, again: dict[str, np.ndarray], place: int, lacking: list[str]
) -> Replayed:
    wrong = list(read.wrong)
    if lacking and read.values:
        wrong.append(f"values of {', '.join(lacking)} are not in the record")
    elif read.values:
        wrong += _numbers_differ(read, again, place)
        wrong += map(str, repeated(row, read.numbers))
    return Replayed(row.id, DIFFERS if wrong else SAME, tuple(wrong))


def _numbers_differ(read: Unpacked, again: dict[str, np.ndarray], place: int) -> list[str]:
    wrong = []
    for name, numbers in again.items():
        if numbers.ndim > 1:
            digest = hashlib.sha256(np.ascontiguousarray(numbers[place]).tobytes()).hexdigest()
            if read.contributions.get(name) != digest:
                wrong.append(f"{name} are not the recorded ones")
        elif name not in read.numbers:
            wrong.append(f"{name}: not in the record")
        elif not _same(read.numbers[name], numbers[place]):
            wrong.append(f"{name}: recorded {read.numbers[name]!r}, now {float(numbers[place])!r}")
    extra = sorted((set(read.numbers) | set(read.contributions)) - set(again))
    return [*wrong, *(f"{name}: recorded, but not part of the replay" for name in extra)]


def repeated(row: Any, numbers: dict[str, Any]) -> list[Said]:
    """Return what the score's row says otherwise than its record."""
    wrong = []
    for column, name in _REPEATED.items():
        told = getattr(row, column)
        recorded = numbers.get(name)
        if not _same(np.nan if recorded is None else recorded, np.nan if told is None else told):
            text = N_("{column}: the record says {recorded}, the score's row {told}")
            wrong.append(line_of(text, column=column, recorded=repr(recorded), told=repr(told)))
    return wrong


def _same(old: object, new: object) -> bool:
    """Tell whether two numbers are the same to the bit (no number is like any other that is none)."""
    if not all(isinstance(each, (int, float)) for each in (old, new)):
        return False
    one, two = np.array([old, new], dtype=np.float64)
    return bool(np.isnan(one) and np.isnan(two)) or one.tobytes() == two.tobytes()
