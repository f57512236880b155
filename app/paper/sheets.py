"""Lists as tables for a spreadsheet: CSV and XLSX. Numbers are numbers, moments moments, texts stay texts.

Manifests are written by strangers: what a spreadsheet would run as a formula gets an apostrophe in front
(`risk.writing.guarded`), in XLSX too, since a cell taken from there into a CSV would run there. The same
frame gives the same bytes.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
from pandas.api import types

from risk.refusals import Refusal
from risk.writing import guarded

#: What a cell of XLSX holds.
MOST_CHARACTERS = 32_767
#: Rows and columns of a sheet of XLSX, the heading among them.
MOST_ROWS, MOST_COLUMNS = 1_048_576, 16_384
ELLIPSIS = "…"
#: Whole numbers a spreadsheet holds exactly; longer ones are numbers of papers, and stay text.
_EXACT = 2**53

#: What a cell cannot hold, and what would turn the direction of its neighbours.
_UNFIT = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)
_BREAKS = re.compile(r"\r\n?|[\x85\u2028\u2029]")
#: The moment files say they were made: always the same.
_MADE = datetime(2000, 1, 1)
_FIRST_DAY, _LAST_DAY = pd.Timestamp("1900-03-01"), pd.Timestamp("9999-12-31")


class TooLarge(Refusal):
    """The table does not fit a sheet."""


def csv(frame: pd.DataFrame, headings: Mapping[str, str] | None = None, *, zone: str = "UTC") -> bytes:
    """Return a table as CSV in UTF-8, with the mark spreadsheets know it by.

    Parameters
    ----------
    frame : DataFrame
        Moments are naive UTC.
    headings : mapping, optional
        Column -> what its heading says.
    zone : str
        Time zone moments are told in, with their distance from UTC.
    """
    told = {}
    for name, column in frame.items():
        if _is_moment(column):
            told[name] = _iso(column, zone)
        else:
            told[name] = column if _is_number(column) else guarded(_texts(column))
    made = pd.DataFrame(told, index=frame.index)
    names = _headings(frame, headings)
    return ("\ufeff" + made.to_csv(index=False, header=names, lineterminator="\r\n")).encode(
        "utf-8", "replace"
    )


def xlsx(
    frame: pd.DataFrame,
    headings: Mapping[str, str] | None = None,
    *,
    zone: str = "UTC",
    title: str = "wildcargo",
    right_to_left: bool = False,
) -> bytes:
    """Return a table as XLSX of one sheet: the heading stays in sight, columns can be filtered.

    Parameters
    ----------
    frame, headings, zone
        As of `csv`; moments are told in the zone, whose name stands in the heading.
    title : str
        Name of the sheet.
    right_to_left : bool
        For Arabic.

    Raises
    ------
    TooLarge
        More rows or columns than a sheet has.
    """
    import xlsxwriter

    if len(frame) >= MOST_ROWS or len(frame.columns) > MOST_COLUMNS:
        raise TooLarge("A sheet holds at most {most} rows", most=MOST_ROWS - 1)
    stream = io.BytesIO()
    # Plain strings: nothing is taken for a formula, a link or a number.
    options = {
        **{"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False},
        **{"strings_to_numbers": False, "nan_inf_to_errors": False},
    }
    with xlsxwriter.Workbook(stream, options) as book:
        book.set_properties({"title": _fit(title), "created": _MADE})
        sheet = book.add_worksheet(re.sub(r"[\[\]:*?/\\']", " ", _fit(title))[:31].strip() or "wildcargo")
        sheet.freeze_panes(1, 0)
        if right_to_left:
            sheet.right_to_left()
        text, head = book.add_format({"num_format": "@"}), book.add_format({"num_format": "@", "bold": True})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        for at, (name, heading) in enumerate(zip(frame.columns, _headings(frame, headings), strict=True)):
            column = frame[name]
            if _is_moment(column):
                heading = f"{heading} ({zone})"
                _write_moments(sheet, at, column, zone, moment, text)
            elif _is_number(column):
                _write_numbers(sheet, at, column, text)
            else:
                for row, value in enumerate(guarded(_texts(column)), start=1):
                    if value:
                        sheet.write_string(row, at, _inert(value), text)
            sheet.write_string(0, at, _inert(heading), head)
            # What is written into a column of texts stays text: telephone numbers keep their first signs.
            sheet.set_column(at, at, 18, None if _is_number(column) or _is_moment(column) else text)
        if len(frame.columns):
            sheet.autofilter(0, 0, len(frame), len(frame.columns) - 1)
    return stream.getvalue()


def _write_moments(sheet: Any, at: int, column: pd.Series, zone: str, moment: Any, text: Any) -> None:
    for row, value in enumerate(_local(column, zone).dt.tz_localize(None), start=1):
        if pd.isna(value):
            continue
        if _FIRST_DAY <= value <= _LAST_DAY:
            sheet.write_datetime(row, at, value.to_pydatetime(warn=False), moment)
        else:
            sheet.write_string(row, at, value.isoformat(), text)


def _write_numbers(sheet: Any, at: int, column: pd.Series, text: Any) -> None:
    for row, value in enumerate(column, start=1):
        if pd.isna(value):
            continue
        if types.is_bool(value):
            sheet.write_boolean(row, at, bool(value))
        elif abs(value) == float("inf") or (types.is_integer(value) and abs(int(value)) > _EXACT):
            sheet.write_string(row, at, str(value), text)
        else:
            sheet.write_number(row, at, float(value))


def _is_moment(column: pd.Series) -> bool:
    return bool(types.is_datetime64_any_dtype(column))


def _is_number(column: pd.Series) -> bool:
    return bool(types.is_numeric_dtype(column) and not types.is_complex_dtype(column))


def _local(column: pd.Series, zone: str) -> pd.Series:
    aware = column if column.dt.tz is not None else column.dt.tz_localize("UTC")
    return aware.dt.tz_convert(ZoneInfo(zone))


def _iso(column: pd.Series, zone: str) -> pd.Series:
    told = [
        value.isoformat(timespec="minutes") if pd.notna(value) else None for value in _local(column, zone)
    ]
    return pd.Series(told, index=column.index, dtype="str")


def _texts(column: pd.Series) -> pd.Series:
    """Return values as texts a cell can hold; lists one after the other."""
    told = [_fit(_plain(value)) for value in column]
    return pd.Series(told, index=column.index, dtype="str")


def _plain(value: object) -> str:
    if isinstance(value, (list, tuple, set, frozenset)):
        parts = sorted(value, key=str) if isinstance(value, (set, frozenset)) else value
        return "; ".join(_plain(each) for each in parts)
    if value is None or (types.is_scalar(value) and pd.isna(value)):  # type: ignore[call-overload]
        return ""
    return value.isoformat() if isinstance(value, (pd.Timestamp, datetime)) else str(value)


def _fit(text: str) -> str:
    # Room for the guard's apostrophe and a space at the end.
    most = MOST_CHARACTERS - 2
    fit = _UNFIT.sub("", _BREAKS.sub("\n", text[: 2 * most]))
    return fit if len(fit) <= most and len(text) <= 2 * most else fit[: most - 1] + ELLIPSIS


def _inert(text: str) -> str:
    """Return a text the writer of XLSX takes for no markup: it lets ``<r>…</r>`` through as it is."""
    return text + " " if text.startswith("<r>") and text.endswith("</r>") else text


def _headings(frame: pd.DataFrame, headings: Mapping[str, str] | None) -> list[str]:
    """Return what each column is called, each once."""
    wanted = pd.Series([(headings or {}).get(str(name), str(name)) for name in frame.columns], dtype="str")
    return list(guarded(wanted.map(lambda name: " ".join(_fit(name).split())[:200])))
