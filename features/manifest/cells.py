"""Text cells turned into the kinds of the shipment table, on unique values.

A cell that cannot be read costs its value, never its row: the value is dropped and a note says
what was expected.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from features.manifest import codes, quantities, schema, times
from features.manifest.codes import UNSAFE
from features.manifest.schema import Column

#: A longer cell is cut here, with a note.
CELL_LIMIT = 10_000
#: The same for lists and item lines, which joining bills makes longer.
LONG_LIMIT = 1_000_000
#: Written by systems where nothing is known. ``NA`` counts too, but not for a country (Namibia).
MISSING = frozenset(
    (
        "",
        "-",
        "--",
        "---",
        ".",
        "N/A",
        "n/a",
        "#N/A",
        "NULL",
        "null",
        "None",
        "NaN",
        "nan",
        "NaT",
        "<NA>",
        "#REF!",
        "#VALUE!",
    )
)

# More combining marks in a row than any language writes (the limit of Unicode's Stream-Safe Text
# Format, UAX #15). Putting a run in order takes time that grows with its square: a cell of a
# million marks would stop the reading for a quarter of an hour.
_ENDLESS_MARKS = r"\p{M}{31}"


@dataclass(frozen=True)
class Habits:
    """How a source writes numbers and times.

    Attributes
    ----------
    decimal : str
        ``.`` or ``,``: decides where a number could be read both ways.
    dayfirst : bool or None
        Reading of ``03/04/2026`` for every column; None leaves it to `column_dayfirst`.
    column_dayfirst : dict of str to bool
        Canonical column -> what its own values prove.
    zone : str
        Time zone of times that carry none.
    missing : frozenset of str
        Further texts that mean "not stated", in every column.
    """

    decimal: str = "."
    dayfirst: bool | None = None
    column_dayfirst: dict[str, bool] = field(default_factory=dict)
    zone: str = "UTC"
    missing: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Cells:
    """One column read: its values, and the rows whose value was dropped or changed.

    Attributes
    ----------
    values : Series, length n
        In the column's dtype.
    noted : ndarray of int
        Row positions with a note.
    expected : list of str
        What was expected, one per noted row.
    """

    values: pd.Series
    noted: np.ndarray
    expected: list[str]


def clean(
    texts: pd.Series,
    missing: Iterable[str] = (),
    *,
    keep_na: bool = False,
    limit: int = CELL_LIMIT,
    composed: bool = True,
) -> tuple[pd.Series, np.ndarray]:
    """Clean texts: unsafe characters stripped, composed (NFC), trimmed, cut; missing words empty.

    Parameters
    ----------
    texts : Series of str, length n
    missing : iterable of str
        Words besides `MISSING` that mean "not stated".
    keep_na : bool
        Keep the text ``NA``.
    limit : int
        Characters at which a cell is cut.
    composed : bool
        False for JSON, whose texts are composed once they are read: an accent after a line feed, an
        escape there, would make another escape of it.

    Returns
    -------
    cleaned : Series of str, length n
    cut : ndarray of int
        Positions of cells that were cut.
    """
    array = pa.array(texts, type=pa.large_string(), from_pandas=True)
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if pc.any(pc.match_substring(array, "\r")).as_py():
        array = pc.replace_substring(pc.replace_substring(array, "\r\n", "\n"), "\r", "\n")
    if pc.any(pc.match_substring_regex(array, UNSAFE)).as_py():
        array = pc.replace_substring_regex(array, UNSAFE, "")
    array = pc.utf8_trim_whitespace(array)
    if composed and not pc.all(pc.string_is_ascii(array), min_count=0).as_py():
        array = pc.utf8_trim_whitespace(_composed(array))
    cut = np.empty(0, dtype=int)
    too_long = pc.fill_null(pc.greater(pc.utf8_length(array), limit), False)
    if pc.any(too_long).as_py():
        cut = np.flatnonzero(too_long.to_numpy(zero_copy_only=False))
        array = pc.utf8_trim_whitespace(pc.utf8_slice_codeunits(array, 0, limit))
    words = sorted(MISSING | set(missing) | (set() if keep_na else {"NA"}))
    array = pc.if_else(pc.is_in(array, value_set=pa.array(words, pa.large_string())), None, array)
    return pd.Series(array.to_pandas(), dtype="str").set_axis(texts.index), cut


def _composed(texts: pa.LargeStringArray) -> pa.LargeStringArray:
    """Compose (NFC) the texts beyond ASCII; one with an endless run of marks stays as written.

    The standard library composes, because `pyarrow.compute.utf8_normalize` returns decomposed
    text before pyarrow 26 (Arrow issue 51225).
    """
    beyond = pc.fill_null(pc.invert(pc.string_is_ascii(texts)), False)
    cells = pc.dictionary_encode(pc.filter(texts, beyond))
    endless = pc.match_substring_regex(cells.dictionary, _ENDLESS_MARKS).to_pylist()
    uniques = [
        text if keep else unicodedata.normalize("NFC", text)
        for text, keep in zip(cells.dictionary.to_pylist(), endless, strict=True)
    ]
    return pc.replace_with_mask(texts, beyond, pa.array(uniques, pa.large_string()).take(cells.indices))


def read_column(name: str, texts: pd.Series, habits: Habits) -> Cells:
    """Read one canonical column from its cells.

    Parameters
    ----------
    name : str
        Canonical column.
    texts : Series of str, length n
        Raw cells. A float64 series is taken as numbers and a datetime64 series as times where
        the column is of that kind.
    habits : Habits
    """
    column = schema.BY_NAME[name]
    if column.kind == "number" and pd.api.types.is_numeric_dtype(texts):
        return _limited(column, texts.astype("float64"))
    if column.kind == "time" and isinstance(texts.dtype, np.dtype) and texts.dtype.kind == "M":
        values = texts.astype("datetime64[us]")
        good = (values >= times.LOWEST) & (values < times.HIGHEST)
        return _with_notes(values.where(good), values.notna() & ~good, "a time between 1970 and 2100")
    limit = LONG_LIMIT if column.kind in ("list", "items") else CELL_LIMIT
    keep_na = column.code == "country"
    composed = column.kind != "items"
    cleaned, cut = clean(texts.astype("str"), habits.missing, keep_na=keep_na, limit=limit, composed=composed)
    if column.kind == "text":
        return Cells(cleaned, cut, [f"at most {CELL_LIMIT} characters; cut"] * len(cut))
    return _read_unique(column, cleaned, habits)


def _read_unique(column: Column, cleaned: pd.Series, habits: Habits) -> Cells:
    """Read a cleaned column through its unique values."""
    positions, uniques = pd.factorize(cleaned)
    texts: list[str] = uniques.to_numpy(dtype=object).tolist()
    values, wrong = _READERS[column.kind](column, texts, habits)
    taken = values.take(np.where(positions < 0, 0, positions)) if len(texts) else values
    if not len(texts):
        result = schema.empty_column(column.name, cleaned.index)
        return Cells(result, np.empty(0, dtype=int), [])
    result = taken.reset_index(drop=True).where(pd.Series(positions >= 0)).astype(column.dtype)  # type: ignore[call-overload]
    noted = np.flatnonzero((positions >= 0) & wrong[positions])
    return Cells(result.set_axis(cleaned.index), noted, [expectation(column)] * len(noted))


def expectation(column: Column) -> str:
    """Say in words what a column expects."""
    if column.values:
        return "one of " + ", ".join(column.values)
    if column.kind == "number":
        return f"a number in {column.unit} from {column.low:g} to {column.high:g}"
    kinds = {
        "country": "an ISO country code or an English country name",
        "currency": "a three-letter currency code",
        "hs": "HS codes of 2 to 10 digits",
        "container": "container numbers",
        "place": "places",
    }
    fixed = {
        "time": "a date or time whose day and month can be told apart (or dayfirst set in the mapping)",
        "flag": "yes or no",
        "items": "lines of goods: a JSON array of objects (in Parquet a list of structs) with any of "
        + ", ".join(codes.ITEM_KEYS),
        "list": "members separated by ;",
    }
    return kinds.get(column.code) or fixed.get(column.kind, "text")


def _with_notes(values: pd.Series, wrong: pd.Series, expected: str) -> Cells:
    noted = np.flatnonzero(wrong.to_numpy())
    return Cells(values, noted, [expected] * len(noted))


def _limited(column: Column, values: pd.Series) -> Cells:
    good = (values >= column.low) & (values <= column.high)
    # Adding zero turns -0.0 into 0.0: one number, one text.
    return _with_notes(values.where(good) + 0.0, values.notna() & ~good, expectation(column))


def _numbers(column: Column, texts: list[str], habits: Habits) -> tuple[pd.Series, np.ndarray]:
    cells = _limited(column, pd.Series(quantities.parse(texts, column.name, habits.decimal)))
    return cells.values, cells.values.isna().to_numpy()


def _times(column: Column, texts: list[str], habits: Habits) -> tuple[pd.Series, np.ndarray]:
    dayfirst = habits.dayfirst
    if dayfirst is None:
        dayfirst = habits.column_dayfirst.get(column.name)
    values = times.parse(texts, dayfirst=dayfirst, zone=habits.zone)
    return values, values.isna().to_numpy()


def _each(read: Callable[[str], object], texts: list[str], dtype: str) -> tuple[pd.Series, np.ndarray]:
    read_values = [read(text) for text in texts]
    wrong = np.array([value is None for value in read_values], dtype=bool)
    return pd.Series(read_values, dtype="object").where(~wrong, None).astype(dtype), wrong  # type: ignore[call-overload]


def _codes(column: Column, texts: list[str], habits: Habits) -> tuple[pd.Series, np.ndarray]:
    values, wrong = _each(codes.CODES[column.code], texts, "str")
    if column.code == "country":
        wrong &= np.array([text.upper() not in codes.UNSTATED_COUNTRIES for text in texts], dtype=bool)
    return values, wrong


def _choices(column: Column, texts: list[str], habits: Habits) -> tuple[pd.Series, np.ndarray]:
    return _each(lambda text: codes.choice(column.name, text), texts, "str")


def _flags(column: Column, texts: list[str], habits: Habits) -> tuple[pd.Series, np.ndarray]:
    return _each(lambda text: codes.flag(column.name, text), texts, "boolean")


def _items(column: Column, texts: list[str], habits: Habits) -> tuple[pd.Series, np.ndarray]:
    return _each(codes.items, texts, "str")


#: Lists of one member already in its final form, which nearly all are: taken as they stand.
_FINAL_MEMBER = {
    "hs": r"^(0[1-9]|[1-9][0-9])([0-9]{2}){0,4}$",
    "container": r"^[A-Z]{4}[0-9]{7}$",
    "place": r"^[A-Z]{5}$",
    "": r"^[A-Z0-9]{1,40}$",
}


def _lists(column: Column, texts: list[str], habits: Habits) -> tuple[pd.Series, np.ndarray]:
    values = np.array(texts, dtype=object)
    wrong = np.zeros(len(texts), dtype=bool)
    final = np.zeros(len(texts), dtype=bool)
    if not column.values:
        pattern = _FINAL_MEMBER[column.code]
        final = pc.match_substring_regex(pa.array(texts, pa.large_string()), pattern).to_numpy(
            zero_copy_only=False
        )
    for i in np.flatnonzero(~final):
        good, bad = codes.list_members(column.name, texts[i])
        values[i], wrong[i] = ";".join(good) or None, bool(bad)
    return pd.Series(values).astype("str"), wrong


_READERS: dict[str, Callable[[Column, list[str], Habits], tuple[pd.Series, np.ndarray]]] = {
    "number": _numbers,
    "time": _times,
    "code": _codes,
    "choice": _choices,
    "flag": _flags,
    "items": _items,
    "list": _lists,
}
