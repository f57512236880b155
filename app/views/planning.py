"""What the page of where and when shows: picks of the next hours, by hour, flight or vessel, and terminal."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from risk.store import planning
from risk.store.planning import COUNTS


@dataclass(frozen=True)
class Plan:
    """Picks counted.

    Attributes
    ----------
    totals : tuple of (str, int)
        In the order of `risk.store.planning.COUNTS`.
    here : int
        Of those waiting, what is here already or does not say when it arrives.
    places : tuple of str
        Terminals that occur, to choose from.
    hours : DataFrame
        ``hour`` (UTC moment of the port's hour, NaT: here already), ``location`` and counts: for a chart.
    terminals : DataFrame
        ``location`` and counts, the most waiting first.
    kinds : DataFrame
        ``location``, ``inspection_type`` and counts: where a dog or the scanner is wanted.
    conveyances : DataFrame
        ``mode``, ``conveyance``, ``location``, ``hour`` and counts, in order of hour.
    busiest : Timestamp or None
        The port's hour in which most that wait arrive, the earlier of equals.
    """

    totals: tuple[tuple[str, int], ...]
    here: int
    places: tuple[str, ...]
    hours: pd.DataFrame
    terminals: pd.DataFrame
    kinds: pd.DataFrame
    conveyances: pd.DataFrame
    busiest: pd.Timestamp | None


#: Terminals with a column of their own.
COLUMNS = 6


@dataclass(frozen=True)
class Hour:
    """One hour of the chart.

    Attributes
    ----------
    hour : Timestamp or None
        UTC moment at which the port's hour begins; None: here already.
    waiting : tuple of int
        Per column of `by_hour`.
    total : int
    share : float
        Of the busiest hour's total, 0 to 1, for a bar.
    """

    hour: pd.Timestamp | None
    waiting: tuple[int, ...]
    total: int
    share: float

    @property
    def elsewhere(self) -> int:
        """Return how much waits at terminals without a column of their own."""
        return self.total - sum(self.waiting)


def by_hour(plan: Plan) -> tuple[tuple[str, ...], tuple[Hour, ...]]:
    """Return terminals and, per hour in which something waits, how much waits at each.

    Returns
    -------
    columns : tuple of str
        The terminals with the most waiting, at most `COLUMNS`; `Hour.elsewhere` counts the others.
    rows : tuple of Hour
        What is here already first; hours without anything are left out.
    """
    busy = plan.terminals[plan.terminals["waiting"] > 0]
    columns = tuple(busy["location"].head(COLUMNS))
    waits = plan.hours[plan.hours["waiting"] > 0]
    made = []
    for hour, rows in waits.groupby("hour", dropna=False, sort=False):
        counts = rows.groupby("location")["waiting"].sum()
        total = int(counts.sum())
        at = None if pd.isna(hour) else pd.Timestamp(hour)  # type: ignore[arg-type, call-overload]
        made.append((at, tuple(int(counts.get(name, 0)) for name in columns), total))
    most = max((total for _, _, total in made), default=0)
    return columns, tuple(Hour(at, counts, total, total / most) for at, counts, total in made)


def plan(picks: pd.DataFrame, now: pd.Timestamp, zone: str, location: str = "") -> Plan:
    """Return picks laid out.

    Parameters
    ----------
    picks : DataFrame
        Of `risk.store.planning.picks`.
    zone : str
        The port's.
    location : str
        One terminal alone; empty for all.
    """
    places = tuple(sorted(set(picks["location"]) - {""}))
    chosen = picks[picks["location"] == location].reset_index(drop=True) if location else picks
    hours = planning.counted(chosen, now, zone, ("hour", "location"))
    terminals = planning.counted(chosen, now, zone, ("location",))
    terminals = terminals.sort_values(["waiting", "location"], ascending=[False, True], ignore_index=True)
    coming = hours.dropna(subset="hour").groupby("hour", as_index=False)["waiting"].sum()
    most = coming[coming["waiting"] > 0].sort_values(["waiting", "hour"], ascending=[False, True])
    return Plan(
        totals=tuple((name, int(terminals[name].sum())) for name in COUNTS),
        here=int(hours.loc[hours["hour"].isna(), "waiting"].sum()),
        places=places,
        hours=hours,
        terminals=terminals,
        kinds=planning.counted(chosen, now, zone, ("location", "inspection_type")),
        conveyances=planning.counted(chosen, now, zone),
        busiest=most["hour"].iloc[0] if len(most) else None,
    )
