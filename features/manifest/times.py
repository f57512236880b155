"""Times as people write them, read into UTC without zone."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

LOWEST, HIGHEST = pd.Timestamp("1970-01-01"), pd.Timestamp("2100-01-01")
#: Years of the Buddhist era in this range are the same day 543 years earlier.
_BUDDHIST = range(2443, 2643)

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january ene enero janv janvier janeiro",
            "feb february febrero fev fevrier fevereiro",
            "mar march marzo mars marco",
            "apr april abr abril avr avril",
            "may mayo mai maio",
            "jun june junio juin junho",
            "jul july julio juil juillet julho",
            "aug august ago agosto aout",
            "sep sept september septiembre septembre set setembro",
            "oct october octubre octobre out outubro",
            "nov november noviembre novembre novembro",
            "dec december dic diciembre decembre dez dezembro",
        ),
        start=1,
    )
    for name in names.split()
}
_CLOCK = (
    r"(?:[T ,]+(?P<hour>\d{1,2})[:.h](?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.\d+)?)?"
    r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?)?"
)
_YEAR_FIRST = re.compile(
    r"^(?P<year>\d{4})[-/. 年](?P<month>\d{1,2})[-/. 月](?P<day>\d{1,2})日?" + _CLOCK + "$"
)
_YEAR_LAST = re.compile(
    r"^(?P<first>\d{1,2})[-/. ](?P<second_part>\d{1,2})[-/. ](?P<year>\d{4}|\d{2})" + _CLOCK + "$"
)
_NAMED = re.compile(
    r"^(?P<day>\d{1,2})[-/. ]?(?P<name>[^\W\d_]{3,10})\.?[-/., ]*(?P<year>\d{4}|\d{2})" + _CLOCK + "$"
)
_NAMED_FIRST = re.compile(r"^(?P<name>[^\W\d_]{3,10})\.? (?P<day>\d{1,2}),? (?P<year>\d{4})" + _CLOCK + "$")
_COMPACT = re.compile(
    r"^(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})(?:(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})?)?$"
)
_ISO = re.compile(
    r"^(?:19|20)\d{2}-\d{2}-\d{2}([T ]\d{2}(:?\d{2}(:?\d{2}([.,]\d{1,9})?)?)?\s*(Z|[+-]\d{2}(:?\d{2})?)?)?$"
)
_ZONED = re.compile(r"(?:Z|[T ]\d{2}:?\d{2}.*[+-]\d{2}(?::?\d{2})?)$")


def day_first(texts: Iterable[str]) -> bool | None:
    """Tell whether ``03/04/2026`` is 3 April, if other values of the column prove it.

    Returns
    -------
    bool or None
        None when no value, or values both ways, decide.
    """
    first = second = False
    for text in texts:
        if match := _YEAR_LAST.match(text):
            first |= int(match["first"]) > 12
            second |= int(match["second_part"]) > 12
    return None if first == second else first


def parse(texts: list[str], *, dayfirst: bool | None = None, zone: str = "UTC") -> pd.Series:
    """Read times from texts.

    Parameters
    ----------
    texts : list of str, length n
        Trimmed cells, none empty.
    dayfirst : bool or None
        Reading of ``03/04/2026``; None drops values that could be read both ways.
    zone : str
        Zone of times that carry none.

    Returns
    -------
    Series of datetime64[us], length n
        UTC without zone; NaT where the text is no time between 1970 and 2100. Numbers that could
        be seconds since an epoch or spreadsheet serials are not guessed at.
    """
    cells = pd.Series(texts, dtype="str")
    result = pd.Series(pd.NaT, index=cells.index, dtype="datetime64[us]")
    iso = cells.str.match(_ISO).to_numpy(dtype=bool)
    zoned = iso & cells.str.contains(_ZONED).to_numpy(dtype=bool)
    if zoned.any():
        read = pd.to_datetime(cells[zoned], format="ISO8601", utc=True, errors="coerce")
        result[zoned] = read.dt.tz_localize(None).astype("datetime64[us]")
    local = iso & ~zoned
    naive = pd.Series(pd.NaT, index=cells.index, dtype="datetime64[us]")
    if local.any():
        naive[local] = pd.to_datetime(cells[local], format="ISO8601", errors="coerce").astype(
            "datetime64[us]"
        )
    rest = np.flatnonzero(naive.isna().to_numpy() & ~zoned)
    if len(rest):
        parsed = [_parse_one(texts[i], dayfirst) for i in rest]
        naive.iloc[rest] = pd.Series(parsed, dtype="datetime64[us]").to_numpy()
    found = naive.notna()
    result[found] = to_utc(naive[found], zone)
    return result.where((result >= LOWEST) & (result < HIGHEST))


def looks_like(text: str) -> bool:
    """Tell a text that has the shape of a time; what has not is none to `parse` either."""
    if _ISO.match(text):
        return True
    plain = unicodedata.normalize("NFKC", text)
    return any(shape.match(plain) for shape in (_YEAR_FIRST, _COMPACT, _NAMED, _NAMED_FIRST, _YEAR_LAST))


def to_utc(naive: pd.Series, zone: str) -> pd.Series:
    """Return times of a zone as UTC; what a clock change skips moves forward."""
    if zone == "UTC" or naive.empty:
        return naive
    first_pass = np.zeros(len(naive), dtype=bool)
    aware = naive.dt.tz_localize(ZoneInfo(zone), ambiguous=first_pass, nonexistent="shift_forward")
    return aware.dt.tz_convert("UTC").dt.tz_localize(None).astype("datetime64[us]")


def _parse_one(text: str, dayfirst: bool | None) -> pd.Timestamp | None:
    text = unicodedata.normalize("NFKC", text)
    match = _YEAR_FIRST.match(text) or _COMPACT.match(text)
    if match:
        return _build(match, int(match["month"]), int(match["day"]))
    if match := _NAMED.match(text) or _NAMED_FIRST.match(text):
        plain = "".join(c for c in unicodedata.normalize("NFKD", match["name"].casefold()) if c.isalpha())
        month = _MONTHS.get(plain)
        return _build(match, month, int(match["day"])) if month else None
    if match := _YEAR_LAST.match(text):
        first, second = int(match["first"]), int(match["second_part"])
        if first > 12 or second > 12 or first == second:
            dayfirst = first > 12 if first != second else True
        if dayfirst is None:
            return None
        return _build(match, *((second, first) if dayfirst else (first, second)))
    return None


def _build(match: re.Match[str], month: int, day: int) -> pd.Timestamp | None:
    year = int(match["year"])
    if len(match["year"]) == 2:
        year += 2000 if year < 70 else 1900
    if year in _BUDDHIST:
        year -= 543
    parts = match.groupdict()
    hour = int(parts.get("hour") or 0)
    if half := (parts.get("half") or "").lower()[:1]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "p" else 0)
    try:
        return pd.Timestamp(
            year, month, day, hour, int(parts.get("minute") or 0), int(parts.get("second") or 0)
        )
    except ValueError:
        return None
