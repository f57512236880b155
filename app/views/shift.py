"""What the page of a shift shows: its numbers as small tables of codes and counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from risk.store.shift import CAME_OF, Shift

#: Windows offered: so many hours up to now, the port's day so far, and from one moment to another.
WINDOWS = ("8", "12", "24", "today", "span")
#: The longest window from one moment to another: a report is of a shift, not of a year.
LONGEST = pd.Timedelta(days=31)
#: A window up to now takes in what is entered in this minute.
_MINUTE = pd.Timedelta(minutes=1)

_RATES = (
    *("selected_by", "inspected", "finds", "papers_only", "rate", "low", "high"),
    *("finds_needed", "inspections_needed"),
)


@dataclass(frozen=True)
class Figures:
    """The numbers of a shift, laid out.

    Attributes
    ----------
    since, until : Timestamp
    totals : tuple of (str, int)
        ``inspected``, ``finds``, ``left``, ``waiting``, ``claims_open``: what stands on top.
    notes : tuple of (str, int)
        What qualifies the totals and is above zero: ``provisional``, ``permitted``, ``overturned``,
        ``missed_random``.
    inspected, found, not_inspected, listed, overrides : DataFrame
        ``code`` and ``count``; kinds that did not occur are left out, but for ``listed``.
    override_share : float or None
        Of the chosen, those an officer raised.
    rates : DataFrame
        The fields of `risk.store.shift.Rate`; ``rate`` is NaN where it is not estimable.
    rates_since : Timestamp
    days_since_outcome : int or None
        Whole days.
    """

    since: pd.Timestamp
    until: pd.Timestamp
    totals: tuple[tuple[str, int], ...]
    notes: tuple[tuple[str, int], ...]
    inspected: pd.DataFrame
    found: pd.DataFrame
    not_inspected: pd.DataFrame
    listed: pd.DataFrame
    overrides: pd.DataFrame
    override_share: float | None
    rates: pd.DataFrame
    rates_since: pd.Timestamp
    days_since_outcome: int | None


@dataclass(frozen=True)
class Window:
    """From when and up to when a shift is told.

    Attributes
    ----------
    code : str
        Of `WINDOWS`.
    since, until : Timestamp
        UTC.
    """

    code: str
    since: pd.Timestamp
    until: pd.Timestamp


def window(code: str, begin: str, end: str, now: pd.Timestamp, zone: str) -> Window:
    """Return the window somebody chose; the last eight hours where it makes no sense.

    Parameters
    ----------
    code : str
        Of `WINDOWS`; from an address, so it may be anything.
    begin, end : str
        For ``span``: times of the port's clock, as ``2026-11-22T18:00``; from an address as well.
    now : Timestamp
        UTC.
    zone : str
        The port's.
    """
    until = now.floor("min") + _MINUTE
    if code == "span":
        since, to = moment_of(begin, zone), moment_of(end, zone)
        if since is not None and to is not None and since < to <= since + LONGEST:
            return Window(code, since, to)
    if code == "today":
        local = now.tz_localize("UTC").tz_convert(zone)
        # Where clocks go on at midnight the day begins an hour later.
        midnight = local.tz_localize(None).normalize()
        return Window(code, _utc(midnight, zone), until)
    hours = int(code) if code in ("8", "12", "24") else 8
    return Window(str(hours), until - pd.Timedelta(hours=hours), until)


def entered(chosen: Window, now: pd.Timestamp, clock: pd.Timestamp) -> pd.Timestamp | None:
    """Return up to when what people enter counts (`risk.store.shift.numbers`), None for the window's end.

    In a sample time stands still for shipments and not for people: what they enter lies after its moment.
    """
    stands_still = abs(clock - now) > _MINUTE
    return clock + _MINUTE if stands_still and chosen.until > now else None


def moment_of(text: str, zone: str) -> pd.Timestamp | None:
    """Return a time of the port's clock as UTC, None where the text says none of this or the last century."""
    try:
        local = pd.Timestamp(datetime.fromisoformat(text)) if len(text) <= 32 else None
    except (ValueError, OverflowError):
        return None
    if local is None or local.tzinfo is not None or not 1970 <= local.year <= 2200:
        return None
    return _utc(local, zone)


def _utc(local: pd.Timestamp, zone: str) -> pd.Timestamp:
    # The earlier of the hour that comes twice; an hour that is left out begins with the next.
    aware = local.tz_localize(zone, ambiguous=True, nonexistent="shift_forward")
    return aware.tz_convert("UTC").tz_localize(None)


def local(at: pd.Timestamp, zone: str) -> datetime:
    """Return a moment (naive UTC) as the port's clock shows it."""
    return at.tz_localize("UTC").tz_convert(zone).tz_localize(None).floor("min").to_pydatetime()


def of(rows: pd.DataFrame, came: str) -> pd.DataFrame:
    """Return the shipments of which this came (`risk.store.shift_rows.rows`)."""
    return rows[(rows["came"] == came).to_numpy(dtype=bool)]


def figures(shift: Shift) -> Figures:
    """Return a shift laid out."""
    overrides = shift.overrides
    totals = (
        ("inspected", sum(shift.inspected.values())),
        ("finds", shift.finds),
        ("left", shift.listed["left"]),
        ("waiting", shift.listed["waiting"]),
        ("claims_open", shift.claims_open),
    )
    qualified = ("provisional", "permitted", "overturned", "missed_random")
    states = ("raised", "lowered", "waiting", "refused", "withdrawn")
    notes = tuple((name, count) for name in qualified if (count := int(getattr(shift, name))))
    rates = pd.DataFrame([vars(rate) for rate in shift.rates], columns=list(_RATES))
    for name in ("rate", "low", "high"):
        rates[name] = rates[name].astype("float64")
    rates["inspections_needed"] = rates["inspections_needed"].astype("Int64")
    days = shift.days_since_outcome
    return Figures(
        since=shift.since,
        until=shift.until,
        totals=totals,
        notes=notes,
        inspected=_counts(shift.inspected),
        found=_counts(shift.found),
        not_inspected=_counts(shift.not_inspected),
        listed=_counts({came: shift.listed[came] for came in CAME_OF}, zeros=True),
        overrides=_counts({name: int(getattr(overrides, name)) for name in states}),
        override_share=overrides.share,
        rates=rates,
        rates_since=shift.rates_since,
        days_since_outcome=None if days is None else int(days),
    )


def _counts(counts: Mapping[str, int], *, zeros: bool = False) -> pd.DataFrame:
    rows = [(code, count) for code, count in counts.items() if count or zeros]
    return pd.DataFrame(rows, columns=["code", "count"])
