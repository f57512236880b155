"""Numbers as people write them: thousands separators, decimal commas, units, other digits."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_MASS = {
    **dict.fromkeys(
        ("KG", "KGS", "KGM", "K", "KILO", "KILOS", "KILOGRAM", "KILOGRAMS", "公斤", "千克", "กก", "กก."), 1.0
    ),
    **dict.fromkeys(("T", "MT", "TON", "TONS", "TNE", "TONNE", "TONNES", "吨", "噸"), 1000.0),
    **dict.fromkeys(("G", "GM", "GMS", "GR", "GRM", "GRAM", "GRAMS", "克"), 0.001),
    **dict.fromkeys(("L", "LB", "LBS", "LBR", "POUND", "POUNDS"), 0.45359237),
    **dict.fromkeys(("OZ", "ONZ"), 0.028349523125),
}
_VOLUME = {
    **dict.fromkeys(("M3", "CBM", "MTQ", "CUM", "CU.M", "立方米"), 1.0),
    **dict.fromkeys(("L", "LTR", "LT", "LITRE", "LITRES"), 0.001),
    **dict.fromkeys(("CFT", "FT3", "FTQ", "CUFT"), 0.028316846592),
}
#: Unit words and their factor to the column's own unit. ``None``: any word may stand beside it
#: (a kind of package, a currency) and says nothing about size.
UNITS: dict[str, Mapping[str, float] | None] = {
    "gross_weight_kg": _MASS,
    "net_weight_kg": _MASS,
    "volume_m3": _VOLUME,
    "packages": None,
    "declared_value": None,
}

_NUMBER = re.compile(
    r"^(?P<before>[^\d+\-.,]*)(?P<number>[+-]?[\d.,' ]*\d[.,]?(?:[eE][+-]?\d{1,3})?)(?P<after>.*)$"
)
_PLAIN = re.compile(r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$")
_PLAIN_ASCII = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?$"
_WHOLE_ASCII = r"^[+-]?[0-9]+$"
_SEPARATORS = str.maketrans(
    {"٫": ".", "٬": ",", "，": ",", "．": ".", "’": "'", "−": "-", "\u00a0": " ", "\u202f": " "}
)
_WORD = re.compile(r"^[^\W\d_.][^\d]{0,30}$")


def decimal_mark(texts: Iterable[str]) -> str | None:
    """Tell the decimal mark the values of a file prove, or None when none does.

    Parameters
    ----------
    texts : iterable of str
        Cells of number columns.
    """
    comma = point = 0
    for text in texts:
        digits = re.sub(r"[^\d.,]", "", text.translate(_SEPARATORS))
        match (digits.rfind(","), digits.rfind(".")):
            case (-1, -1):
                continue
            case (at, -1):
                comma += len(digits) - at - 1 != 3 and digits.count(",") == 1
                point += digits.count(",") > 1
            case (-1, at):
                point += len(digits) - at - 1 != 3 and digits.count(".") == 1
                comma += digits.count(".") > 1
            case (at_comma, at_point):
                comma += at_comma > at_point
                point += at_point > at_comma
    return None if comma == point else ("," if comma > point else ".")


def parse(texts: list[str], column: str = "", decimal: str = ".") -> np.ndarray:
    """Read numbers from texts.

    Parameters
    ----------
    texts : list of str, length n
        Trimmed cells, none empty.
    column : str
        Canonical column; says which unit words are known (`UNITS`).
    decimal : str
        Mark that decides where a value could be read both ways (``1.234``).

    Returns
    -------
    ndarray of float64, shape (n,)
        NaN where the text is no number (or holds an unknown unit).
    """
    values = np.full(len(texts), np.nan)
    cells = pa.array(texts, pa.large_string())
    # A lone point before three digits is a number written plainly only where the point is the
    # decimal mark; everything else plain is read in one go.
    plain = pc.match_substring_regex(cells, _PLAIN_ASCII if decimal == "." else _WHOLE_ASCII)
    taken = plain.to_numpy(zero_copy_only=False)
    values[taken] = np.array([texts[i] for i in np.flatnonzero(taken)], dtype=np.float64)
    for i in np.flatnonzero(~taken):
        values[i] = _parse_one(texts[i], column, decimal)
    return values


def _parse_one(text: str, column: str, decimal: str) -> float:
    text = re.sub(r"(?<=[mM])³", "3", text)
    if any(c.isdigit() and not c.isdecimal() for c in text):  # "10²" is not 102
        return np.nan
    text = unicodedata.normalize("NFKC", text.translate(_SEPARATORS)).translate(_SEPARATORS)
    text = "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text).strip()
    match = _NUMBER.match(text)
    if match is None:
        return np.nan
    factor = _factor(match["before"].strip(), match["after"].strip(), column)
    number = _standard(match["number"].strip(), decimal)
    if factor is None or number is None:
        return np.nan
    return float(number) * factor


def _factor(before: str, after: str, column: str) -> float | None:
    """Return the factor the words beside a number stand for; None when they are not known."""
    words = [word for word in (before, after) if word]
    if not words:
        return 1.0
    if len(words) > 1 or column not in UNITS:
        return None
    units = UNITS[column]
    if units is None:
        return 1.0 if _WORD.match(words[0]) or words[0] in "$€£¥฿₫₩₹" else None
    return units.get(words[0].upper().rstrip(".")) or units.get(words[0].upper())


def _standard(number: str, decimal: str) -> str | None:
    """Rewrite a number with a decimal point and no other separator."""
    mantissa, _, exponent = number.replace("E", "e").partition("e")
    mantissa = mantissa.replace(" ", "").replace("'", "") if _grouped(mantissa) else mantissa
    commas, points = mantissa.count(","), mantissa.count(".")
    if commas and points:
        mark = "," if mantissa.rfind(",") > mantissa.rfind(".") else "."
    elif commas + points == 1:
        present = "," if commas else "."
        tail = len(mantissa) - mantissa.rfind(present) - 1
        lead = mantissa.lstrip("+-").partition(present)[0]
        could_group = tail == 3 and 1 <= len(lead) <= 3 and lead != "0"
        mark = decimal if could_group else present
    else:
        mark = "." if commas else ","
    whole, _, fraction = mantissa.rpartition(mark) if mark in mantissa else (mantissa, "", "")
    groups = re.split(r"[.,]", whole.lstrip("+-"))
    if len(groups) > 1 and any(len(group) not in (2, 3) for group in groups[1:]):
        return None
    standard = (
        re.sub(r"[.,]", "", whole)
        + (f".{fraction}" if fraction else "")
        + (f"e{exponent}" if exponent else "")
    )
    return standard if _PLAIN.match(standard) else None


def _grouped(mantissa: str) -> bool:
    """Tell whether blanks and apostrophes stand only where thousands are parted."""
    return re.fullmatch(r"[+-]?\d{1,3}([ ']\d{3})*([.,]\d*)?|[^ ']*", mantissa) is not None
