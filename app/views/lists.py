"""What the pages of lists and rules show: days of an entry, problems in order, tables to take out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import pandas as pd

from risk import watch_entries as written
from risk.conditions import ConditionError
from risk.store.watch_listing import Entry
from risk.watch_entries import New, Problem

#: Entries on one page.
SIZE = 50
#: Problems of a table shown; the file of them has all.
PROBLEMS = 50
#: Reliability of a source and of what it says, as codes of `risk.vocabulary`.
RELIABILITY = ("A", "B", "C", "D", "E", "F", "X")
CREDIBILITY = ("1", "2", "3", "4", "5", "6")


def pages(count: int) -> int:
    """Return how many pages a list has, at least one."""
    return max(1, -(-count // SIZE))


def begins(day: date | None, zone: str) -> pd.Timestamp | None:
    """Return when a day begins in the port, as naive UTC."""
    if day is None:
        return None
    start = pd.Timestamp(day).tz_localize(zone, ambiguous=True, nonexistent="shift_forward")
    return start.tz_convert("UTC").tz_localize(None).as_unit("us")


def ends(last: date | None, zone: str) -> pd.Timestamp | None:
    """Return when a last day is over in the port, as naive UTC."""
    return None if last is None else begins(last + timedelta(days=1), zone)


def last_day(moment: pd.Timestamp | None, zone: str) -> date | None:
    """Return the last day (in the port) on which something that ends at a moment still counts."""
    if moment is None or pd.isna(moment):
        return None
    before = moment - pd.Timedelta(1, unit="us")
    return before.tz_localize("UTC").tz_convert(zone).date()


@dataclass(frozen=True)
class Filled:
    """What a form of an entry holds: an entry with days in place of moments.

    Attributes
    ----------
    new : New
        Without its moments.
    first, last : date or None
        The first and the last day on which it counts.
    """

    new: New
    first: date | None = None
    last: date | None = None


def filled(entry: Entry, zone: str) -> Filled:
    """Return the form of an entry that is to be changed."""
    new = replace(entry.new, valid_from=None, expires_at=None)
    return Filled(new, None, last_day(entry.new.expires_at, zone))


def meant(form: Filled, zone: str, before: Entry | None = None) -> New:
    """Return the entry that a form describes.

    Parameters
    ----------
    before : Entry, optional
        The one that is changed: a last day that stayed the same keeps its hour.
    """
    expires = ends(form.last, zone)
    if before is not None and form.last == last_day(before.new.expires_at, zone):
        expires = before.new.expires_at
    return replace(form.new, valid_from=begins(form.first, zone), expires_at=expires)


def grade(reliability: str, credibility: str) -> str:
    """Return a source grade, as ``B2``; with one half alone what is there, which is refused."""
    return f"{reliability}{credibility}"


def graded(text: str) -> tuple[str, str]:
    """Return the halves of a source grade, empty where there is none."""
    known = len(text) == 2 and text[0] in RELIABILITY and text[1] in CREDIBILITY
    return (text[0], text[1]) if known else ("", "")


def ordered(problems: Sequence[Problem]) -> list[Problem]:
    """Return problems by row, those of the whole table first; each once."""
    return sorted(dict.fromkeys(problems), key=lambda each: each.row)


def leaving(entries: Sequence[New]) -> pd.DataFrame:
    """Return entries as a table of texts to write a workbook from.

    Returns
    -------
    DataFrame, shape (n, 9)
        Columns `risk.watch_entries.COLUMNS`.
    """
    rows = written.cells(entries)
    return pd.DataFrame(rows, columns=list(written.COLUMNS), dtype="str")


def empty(leads: bool) -> pd.DataFrame:
    """Return an empty table to fill in, of leads or of entries; see `leaving`."""
    return pd.DataFrame(columns=list(written.LEAD_COLUMNS if leads else written.COLUMNS), dtype="str")


@dataclass(frozen=True)
class Fault:
    """Where a condition cannot be read.

    Attributes
    ----------
    before, here, after : str
        The condition in three parts; ``here`` is the word at fault, empty at the end.
    text : str
        What was expected, the key of its translation.
    values : mapping
        What stands in its places.
    """

    before: str
    here: str
    after: str
    text: str
    values: Mapping[str, str | int]


#: Signs of a condition shown on either side of the word at fault.
_AROUND = 200


def fault(condition: str, error: ConditionError) -> Fault:
    """Return where a condition cannot be read; of a long one the part around it."""
    at = min(max(error.position, 0), len(condition))
    end = at
    while end < len(condition) and end - at < 80 and not condition[end].isspace():
        end += 1
        if condition[at] in "()=<>!,":
            break
    before = condition[max(0, at - _AROUND) : at]
    after = condition[end : end + _AROUND]
    before = ("…" if at > _AROUND else "") + before
    after += "…" if end + _AROUND < len(condition) else ""
    return Fault(before, condition[at:end], after, error.text, error.values)
