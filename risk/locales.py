"""Numbers, dates and names of countries as a language writes them (CLDR, through Babel).

English is written by the program itself, as it always was, and needs no Babel. Digits are the Western ones
in every language, since bills, seals and weights stand in them on the papers an officer holds.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pandas as pd

from features import reference
from features.goods.language import NAMES as LANGUAGE_NAMES
from risk.language import BY_CODE, SOURCE, ngettext

if TYPE_CHECKING:
    from babel import Locale

#: Regions of the table of countries -> their number in UN M49.
_REGIONS = {
    "Australia and New Zealand": "053",
    "Caribbean": "029",
    "Central America": "013",
    "Central Asia": "143",
    "Eastern Africa": "014",
    "Eastern Asia": "030",
    "Eastern Europe": "151",
    "Middle Africa": "017",
    "Northern Africa": "015",
    "Northern America": "021",
    "Northern Europe": "154",
    "Pacific islands": "009",
    "South America": "005",
    "South-eastern Asia": "035",
    "Southern Africa": "018",
    "Southern Asia": "034",
    "Southern Europe": "039",
    "Western Africa": "011",
    "Western Asia": "145",
    "Western Europe": "155",
}

#: Names officers use where CLDR has a long official one.
_SHORT = {
    "HK": {
        **{"fr": "Hong Kong", "vi": "Hồng Kông", "th": "ฮ่องกง", "zh": "香港", "pt": "Hong Kong"},
        **{"km": "ហុងកុង", "ar": "هونغ كونغ"},
    },
    "MO": {
        **{"fr": "Macao", "vi": "Ma Cao", "th": "มาเก๊า", "zh": "澳门", "pt": "Macau", "km": "ម៉ាកាវ"},
        **{"ar": "ماكاو"},
    },
}


@cache
def locale(language: str) -> Locale:
    """Return Babel's locale of a language."""
    from babel import Locale

    return Locale.parse(BY_CODE[language].locale)


@cache
def _signs(language: str) -> tuple[dict[int, str], str]:
    """Return what takes the place of the English comma and point, and how a percentage is written."""
    from babel.numbers import get_decimal_symbol, get_group_symbol

    where = locale(language)
    signs: dict[str, Any] = {
        ",": get_group_symbol(where, numbering_system="latn"),
        ".": get_decimal_symbol(where, numbering_system="latn"),
    }
    return str.maketrans(signs), "{}" + where.percent_formats[None].suffix[1]


def figures(text: str, language: str) -> str:
    """Return a number written in English as another language writes it.

    Examples
    --------
    >>> figures("1,234.5", "vi"), figures("1,234.5", "en")
    ('1.234,5', '1,234.5')
    """
    return text if language == SOURCE else text.translate(_signs(language)[0])


def percent(text: str, language: str) -> str:
    """Return a number written in English as a percentage.

    Examples
    --------
    >>> percent("12.5", "en"), percent("12.5", "vi")
    ('12.5%', '12,5%')
    """
    return f"{text}%" if language == SOURCE else _signs(language)[1].format(figures(text, language))


def decimal(value: float, language: str, digits: int = 0) -> str:
    """Return a number with thousands parted and so many digits after the point.

    Examples
    --------
    >>> decimal(20000, "en"), decimal(1234.5, "vi", 1)
    ('20,000', '1.234,5')
    """
    return figures(f"{value:,.{digits}f}", language)


@cache
def plural_number(value: float, language: str) -> int:
    """Return a whole number that takes the same form of a noun as a value that need not be whole."""
    if value == int(value):
        return int(value)
    form = locale(language).plural_form
    return next((n for n in (1, 2, 100, 3, 11, 0) if form(n) == form(value)), 100)


def counted(amount: str, noun: str, language: str) -> str:
    """Return a number of things.

    Parameters
    ----------
    amount : str
        The number, written in English.
    noun : str
        English noun in the singular.

    Examples
    --------
    >>> counted("1", "package", "en"), counted("12", "other bill", "en")
    ('1 package', '12 other bills')
    """
    singular, plural = f"{{n}} {noun}", f"{{n}} {noun}s"
    if language == SOURCE:
        return (singular if amount == "1" else plural).format(n=amount)
    try:
        n = plural_number(float(amount.replace(",", "")), language)
    except ValueError:  # "under 0.0001"
        n = 100
    return ngettext(singular, plural, n, language).format(n=figures(amount, language))


@cache
def _codes() -> dict[str, str]:
    """Return the English name of every country of the table -> its code."""
    rows = reference.table("countries")
    return dict(zip(rows["name"], rows["iso2"], strict=True))


@cache
def country(name: str, language: str) -> str:
    """Return the name of a country, given by its code or its name in the table of countries.

    What is neither stays as it is.

    Examples
    --------
    >>> country("VN", "pt"), country("Philippines", "fr"), country("ZZZ", "fr")
    ('Vietname', 'Philippines', 'ZZZ')
    """
    code = _codes().get(name, name)
    if language in (short := _SHORT.get(code, {})):
        return short[language]
    return str(locale(language).territories.get(code, name)) if len(code) == 2 else name


def name_of_country(code: str, language: str) -> str:
    """Return a country, given by its code, as a list shows it; an unknown code stays itself.

    Examples
    --------
    >>> name_of_country("PH", "en"), name_of_country("", "en")
    ('Philippines', '')
    """
    if language == SOURCE:
        return _names().get(code, code)
    return country(code, language)


@cache
def _names() -> dict[str, str]:
    return {code: name for name, code in _codes().items()}


def region(name: str, language: str) -> str:
    """Return a region of the table of countries in a language."""
    code = _REGIONS.get(name, "")
    return name if language == SOURCE else str(locale(language).territories.get(code, name))


def language_name(name: str, language: str) -> str:
    """Return what a language, given by its English name, is called in another."""
    code = next((code for code, known in LANGUAGE_NAMES.items() if known == name), "")
    return name if language == SOURCE else str(locale(language).languages.get(code, name))


def month(text: str, language: str) -> str:
    """Return month and year (``January 2025``) in a language."""
    if language == SOURCE:
        return text
    from babel.dates import format_skeleton

    try:
        first = datetime.strptime(text, "%B %Y")
    except ValueError:
        return text
    return str(format_skeleton("yMMMM", first, locale=locale(language)))


def moment(at: pd.Timestamp, zone: str, language: str) -> str:
    """Return a moment (naive UTC) in a port's time zone, to the minute.

    Examples
    --------
    >>> moment(pd.Timestamp("2026-01-06 10:15"), "Africa/Nairobi", "en")
    '6 Jan 2026, 13:15'
    """
    local = at.tz_localize("UTC").tz_convert(ZoneInfo(zone))
    return f"{_day(local, language)}, {local:%H:%M}"


def day(at: pd.Timestamp, zone: str, language: str) -> str:
    """Return the day of a moment (naive UTC) in a port's time zone.

    Examples
    --------
    >>> day(pd.Timestamp("2026-01-06 22:15"), "Africa/Nairobi", "en")
    '7 Jan 2026'
    """
    return _day(at.tz_localize("UTC").tz_convert(ZoneInfo(zone)), language)


def _day(local: pd.Timestamp, language: str) -> str:
    if language == SOURCE:
        return f"{local.day} {local:%b %Y}"
    from babel.dates import format_skeleton

    return str(format_skeleton("yMMMd", local.to_pydatetime(), locale=locale(language)))
