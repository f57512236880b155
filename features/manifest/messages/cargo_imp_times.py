"""When a telex was sent and an air waybill issued: times that say only a part of themselves."""

from __future__ import annotations

import datetime
import re
from functools import lru_cache

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_NUMBERS = {name: number for number, name in enumerate(MONTHS, start=1)}
_ISSUED = re.compile(r"([0-9]{2})([A-Z]{3})([0-9]{2})")
_ORIGIN = re.compile(r"\.[A-Z0-9]{7,8}\s+([0-9]{6})\b")
_DAY_TIME = re.compile(r"([0-9]{2})([A-Z]{3})([0-9]{2})([0-9]{2})")
#: A flight manifest is sent about the day of the flight.
_NEAR = datetime.timedelta(days=60)
_RECEIVED = re.compile(r"(?:RCV|SND),([0-9]{4})/([0-9]{2})/([0-9]{2})\s+([0-9]{2}):([0-9]{2})")


def origin_time(line: str) -> str:
    """Return day, hour and minute of a telex's line of origin (``.HKGFMXX 060829``), or an empty text."""
    found = _ORIGIN.match(line)
    return found[1] if found else ""


def received_time(line: str) -> str:
    """Return the time of a telex program's header (``RCV,2026/07/16 12:34``), or an empty text."""
    found = _RECEIVED.match(line)
    return "{}-{}-{}T{}:{}".format(*found.groups()) if found else ""


@lru_cache(maxsize=4096)
def known_at(sent: str, issued: str) -> str:
    """Return when a message was sent, as far as it says it.

    Parameters
    ----------
    sent : str
        What `origin_time` or `received_time` gave.
    issued : str
        Day of issue of the air waybill (``16JUL26``), which has the year and month the line of origin
        lacks: a telex is sent on that day or later.

    Returns
    -------
    str
        ISO 8601, the day alone where no time is said; empty where the year is not.
    """
    if len(sent) == 16:
        return sent if _exists(sent) else ""
    found = _ISSUED.match(issued)
    if not found or found[2] not in _NUMBERS or found[3] == "00":
        return ""
    try:
        year = int(found[3])  # Cargo-IMP began in the seventies
        day = datetime.date(year + (1900 if year >= 70 else 2000), _NUMBERS[found[2]], int(found[1]))
    except ValueError:
        return ""
    if not sent or int(sent[2:4]) > 23 or int(sent[4:]) > 59:
        return day.isoformat()
    for later in range(32):
        if (then := day + datetime.timedelta(days=later)).day == int(sent[:2]):
            return f"{then.isoformat()}T{sent[2:4]}:{sent[4:]}"
    return day.isoformat()


@lru_cache(maxsize=4096)
def dated(text: str, sent: str) -> str:
    """Return the day and the time a text without a year means, if the year the message was sent in is known.

    Parameters
    ----------
    text : str
        Day, month, hour and minute (``16JUL1234``).
    sent : str
        What `received_time` gave; `origin_time` has no year.

    Returns
    -------
    str
        ISO 8601, local time; empty where the year is not known, or the day is not near the message's.
    """
    found = _DAY_TIME.fullmatch(text)
    if not found or found[2] not in _NUMBERS or len(sent) != 16 or not _exists(sent):
        return ""
    then = datetime.datetime.fromisoformat(sent)
    for year in (then.year, then.year - 1, then.year + 1):
        day = f"{year:04d}-{_NUMBERS[found[2]]:02d}-{found[1]}T{found[3]}:{found[4]}"
        if _exists(day) and abs(datetime.datetime.fromisoformat(day) - then) <= _NEAR:
            return day
    return ""


def _exists(text: str) -> bool:
    try:
        datetime.datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
