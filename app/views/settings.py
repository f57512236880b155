"""What the page of settings shows: what may be chosen, what stands, and how it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import available_timezones

from risk import triage
from risk.language import LANGUAGES
from risk.store.settings import SETTINGS

#: Chosen when a database is made; not changed from a page.
FIXED = ("sample", "drill", "clock")


@dataclass(frozen=True)
class Choice:
    """One setting.

    Attributes
    ----------
    name : str
    meaning : str
        English.
    value : str, int, float or bool
    kind : str
        ``text``, ``whole``, ``share`` (of one), ``choice`` or ``fixed``.
    choices : tuple of str
        Of a ``choice``.
    low, high : float or None
    """

    name: str
    meaning: str
    value: str | int | float | bool
    kind: str
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None


def choices(chosen: Mapping[str, str | int | float | bool]) -> list[Choice]:
    """Return every setting in order."""
    return [
        Choice(
            each.name,
            each.meaning,
            chosen[each.name],
            _kind(each.name, each.default),
            _offered(each.name, str(chosen[each.name])),
            each.low,
            each.high,
        )
        for each in SETTINGS
    ]


def _kind(name: str, default: object) -> str:
    if name in FIXED:
        return "fixed"
    if name in ("time_zone", "language"):
        return "choice"
    return {int: "whole", float: "share"}.get(type(default), "text")


def _offered(name: str, current: str) -> tuple[str, ...]:
    if name == "language":
        return LANGUAGES
    if name == "time_zone":
        return tuple(sorted({*available_timezones(), current}))
    return ()


def capacity_is_clear(text: str) -> bool:
    """Tell whether inspections possible can be understood; none at all is clear."""
    try:
        return not text.strip() or bool(triage.parse(text))
    except triage.CapacityError:
        return False


def unset(chosen: Mapping[str, object]) -> list[str]:
    """Return which settings a port begins with nobody chose yet.

    A zone that is UTC may be chosen or not: it is told beside the others, not alone.
    """
    begins = ("port_name", "time_zone", "capacity")
    names = [each.name for each in SETTINGS if each.name in begins and chosen[each.name] == each.default]
    return [] if names == ["time_zone"] else names
