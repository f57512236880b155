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
    conveyances: pd.DataFrame
    busiest: pd.Timestamp | None


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
        conveyances=planning.counted(chosen, now, zone),
        busiest=most["hour"].iloc[0] if len(most) else None,
    )
