"""Numbers, measures, times and codes as EDI messages write them, as text for the shipment table."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import lru_cache

import numpy as np

_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,20}(?:\.[0-9]{0,20})?|\.[0-9]{1,20})")
#: UN/ECE recommendation 20, ANSI X12 elements 184 and 188, and what people write instead -> kg, m3.
_KILOGRAMS = {
    **dict.fromkeys(("KGM", "KG", "KGS", "K", "KILO", "KILOS"), 1.0),
    **dict.fromkeys(("TNE", "MT", "TO", "TON", "TONS", "T", "MTS", "M", "E"), 1000.0),
    **dict.fromkeys(("GRM", "GR", "G", "GRAM"), 0.001),
    **dict.fromkeys(("LBR", "LB", "LBS", "L"), 0.45359237),
    **dict.fromkeys(("STN", "S"), 907.18474),
    "LTN": 1016.0469088,
    **dict.fromkeys(("ONZ", "OZ", "O"), 0.028349523125),
    "DTN": 100.0,
}
_CUBIC_METRES = {
    **dict.fromkeys(("MTQ", "M3", "CBM", "CM3M", "X", "CR", "CU"), 1.0),
    **dict.fromkeys(("FTQ", "CFT", "FT3", "CF", "E"), 0.028316846592),
    **dict.fromkeys(("INQ", "CI", "N"), 1.6387064e-5),
    **dict.fromkeys(("LTR", "L", "V"), 0.001),
    **dict.fromkeys(("DMQ",), 0.001),
    **dict.fromkeys(("CMQ", "C"), 1e-6),
}
_HS = re.compile(r"(?:[0-9]{4,10}|[0-9]{4}(?:[. ][0-9]{2}){1,3}(?:[. ]?[0-9]{1,2})?)")
_HS_SAID = re.compile(
    r"(?:H\.?T?\.?S\.?|TARIFF|NCM|COMMODITY|HARMONI[SZ]ED)(?:[ .:#/-]*(?:CODES?|NO|NUMBERS?|TARIFF|SYSTEM))*"
    r"[ .:#/-]*([0-9]{4}(?:[. ]?[0-9]{2}){0,3})(?![0-9])",
    re.I,
)
_ZONES = {"UTC": "Z", "GMT": "Z", "Z": "Z", "ZUL": "Z"}


@lru_cache(maxsize=1 << 14)
def number(text: str) -> str | None:
    """Return a number with a decimal point; None if it is none."""
    text = text.strip()
    if text.isascii() and text.isdigit() and len(text) <= 20:
        return text
    if len(text) > 60:
        return None
    text = text.replace(" ", "")
    if "," in text:
        # Either mark may be the decimal one; only with both, or with several, does one part thousands.
        if "." in text:
            text = text.replace(",", "") if text.rfind(".") > text.rfind(",") else text.replace(".", "")
        text = text.replace(",", ".") if text.count(",") == 1 else text.replace(",", "")
    return text.lstrip("+") if _NUMBER.fullmatch(text) else None


@lru_cache(maxsize=1 << 14)
def kilograms(text: str, unit: str) -> str | None:
    """Return a weight in kg; without a unit it is taken to be in kg."""
    return _measured(text, _KILOGRAMS.get(unit.strip().upper() or "KGM"))


@lru_cache(maxsize=1 << 14)
def cubic_metres(text: str, unit: str) -> str | None:
    """Return a volume in m3; without a unit it is taken to be in m3."""
    return _measured(text, _CUBIC_METRES.get(unit.strip().upper() or "MTQ"))


def is_weight(unit: str) -> bool:
    """Tell a unit of weight (of UN/ECE recommendation 20 and usual words)."""
    return len(unit) > 1 and unit.upper() in _KILOGRAMS


def is_volume(unit: str) -> bool:
    """Tell a unit of volume (of UN/ECE recommendation 20 and usual words)."""
    return len(unit) > 1 and unit.upper() in _CUBIC_METRES


def _measured(text: str, factor: float | None) -> str | None:
    plain = number(text)
    if plain is None or factor is None:
        return None
    return plain if factor == 1.0 else written(float(f"{float(plain) * factor:.12g}"))


def total(texts: list[str]) -> str:
    """Return the sum of numbers."""
    if len(texts) == 1:
        return texts[0]
    return written(float(f"{sum(float(text) for text in texts):.15g}"))


def written(value: float) -> str:
    """Return a number as the shortest text without an exponent that reads as the same number."""
    return str(int(value)) if value == int(value) else np.format_float_positional(value, trim="-")


def hs_code(text: str) -> str | None:
    """Return an HS code as written if a text is one, of four to ten digits."""
    text = text.strip()
    return text.replace(" ", "") if _HS.fullmatch(text) else None


def hs_said(text: str) -> list[str]:
    """Return the HS codes a text names as such (``HS CODE 4407.10``)."""
    return [re.sub(r"[. ]", "", code) for code in _HS_SAID.findall(text)]


def only_hs(text: str) -> bool:
    """Tell a text that says nothing but HS codes."""
    return not re.search(r"[^\W_]", _HS_SAID.sub("", text))


@lru_cache(maxsize=1 << 12)
def moment(text: str, form: str = "") -> str | None:
    """Return a time in ISO 8601.

    Parameters
    ----------
    text : str
        Digits, and a zone where the form has one.
    form : str
        Code of UN/EDIFACT element 2379 (``102``, ``203``, ``303``, ...). A text that is not of the form
        it names is read by its length.

    Returns
    -------
    str or None
        None where it is no time, among them days that do not exist.
    """
    text = text.strip().upper()
    match = re.fullmatch(r"([0-9]{6,14})(?:[+ -]?[0-9]{4}|[+-][0-9]{2}(?::?[0-9]{2})?|[A-Z]{1,3})?", text)
    if match is None:
        match = re.fullmatch(
            r"([0-9]{4}-?[0-9]{2}-?[0-9]{2}(?:[T ]?[0-9]{2}:?[0-9]{2}(?::?[0-9]{2})?)?)(Z?)", text
        )
        if match is None:
            return None
        return moment(re.sub(r"\D", "", match[1]) + match[2])
    digits, zone = match[1], text[len(match[1]) :].strip()
    zone = "+" + zone if zone.isdigit() else zone  # form 205; its sign may be lost on the way
    if not zone and len(digits) == 14 and form in ("203", "303"):
        form = ""
    return _built(digits, form, zone)


def _built(digits: str, form: str, zone: str) -> str | None:
    shape = {6: "%y%m%d", 8: "%Y%m%d", 10: "%y%m%d%H%M", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}.get(
        len(digits)
    )
    if form == "2" and len(digits) == 6:
        shape = "%d%m%y"
    elif form == "3" and len(digits) == 6:
        shape = "%m%d%y"
    elif form == "4" and len(digits) == 8:
        shape = "%d%m%Y"
    elif len(digits) == 12 and (form in ("202", "302") or digits[:2] not in ("19", "20")):
        shape = "%y%m%d%H%M%S"
    if shape is None:
        return None
    hours = digits[-4:-2] if shape.endswith("H%M") else ""
    midnight = hours == "24" and digits[-2:] == "00"  # the end of a day
    try:
        when = datetime.strptime(digits[:-4] + "0000" if midnight else digits, shape)
        when += timedelta(days=1) if midnight else timedelta()
    except (ValueError, OverflowError):
        return None
    if "%H" not in shape:
        return when.strftime("%Y-%m-%d")
    return when.strftime("%Y-%m-%dT%H:%M" + (":%S" if when.second or "%S" in shape else "")) + _offset(zone)


def _offset(zone: str) -> str:
    match = re.fullmatch(r"([+-])([01][0-9])(?::?([0-5][0-9]))?", zone)
    return f"{match[1]}{match[2]}:{match[3] or '00'}" if match else _ZONES.get(zone, "")
