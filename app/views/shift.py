"""What the page of a shift shows: its numbers as small tables of codes and counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from risk.store.shift import CAME_OF, Shift

#: Lengths of a window offered, in hours.
WINDOWS = (8, 12, 24, 72)

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
