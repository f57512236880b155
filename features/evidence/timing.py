"""Timing: season, holidays, hour of arrival and how early the port knew."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.places.gazetteer import Floats
from features.places.wildlife_routes import priors
from features.reference import table as reference
from features.registry import Entries, Fact, Feature, tabulate
from features.view import View

#: Days before and after a holiday beyond which it no longer matters.
HOLIDAY_REACH = 60.0
#: A sea manifest is usually lodged a day before arrival, an air one some hours before.
LATE_LODGING_HOURS = {"sea": 24.0, "air": 2.0}


_entry = Entries("timing")

FEATURES: tuple[Feature, ...] = (
    _entry.number(
        name="month_sine",
        meaning="Sine of the day of the year of arrival (one turn a year)",
        unit="1",
        low=-1.0,
        high=1.0,
        indicators=(23,),
        sentence="The season: arrives in {arrival_month}",
        background=True,
        topic="season",
    ),
    _entry.number(
        name="month_cosine",
        meaning="Cosine of the day of the year of arrival (one turn a year)",
        unit="1",
        low=-1.0,
        high=1.0,
        indicators=(23,),
        sentence="The season: arrives in {arrival_month}",
        background=True,
        topic="season",
    ),
    _entry.flag(
        name="weekend_arrival",
        meaning="Arrives on a Saturday or Sunday (UTC)",
        indicators=(23,),
        sentence="Arrives at the weekend: {arrives_at} UTC",
        sentence_zero="Arrives on a working day: {arrives_at} UTC",
    ),
    _entry.flag(
        name="night_arrival",
        meaning="Arrives between 22 and 6 o'clock of the sun's time at the place of discharge",
        indicators=(23,),
        uses_country=True,
        sentence="Arrives at night, local time: {arrives_at} UTC",
        sentence_zero="Arrives by day, local time: {arrives_at} UTC",
        background=True,
        usual=(0.0, 1.0),
    ),
    _entry.number(
        name="days_to_lunar_new_year",
        meaning="Days to the nearest Lunar New Year, negative after it, limited to 60",
        unit="days",
        low=-HOLIDAY_REACH,
        high=HOLIDAY_REACH,
        indicators=(23,),
        sentence="Arrives {days_to_lunar_new_year:#day} before Lunar New Year",
        sentence_zero="Arrives on the day of Lunar New Year",
        sentence_below="Arrives {days_to_lunar_new_year:#day} after Lunar New Year",
        background=True,
        topic="season",
    ),
    _entry.number(
        name="days_to_christmas",
        meaning="Days to the nearest 25 December, negative after it, limited to 60",
        unit="days",
        low=-HOLIDAY_REACH,
        high=HOLIDAY_REACH,
        indicators=(23,),
        sentence="Arrives {days_to_christmas:#day} before Christmas",
        sentence_zero="Arrives on Christmas Day",
        sentence_below="Arrives {days_to_christmas:#day} after Christmas",
        background=True,
        topic="season",
    ),
    _entry.number(
        name="eel_season_goods",
        meaning="How well the goods cover glass eels (0 to 1), in their season November to April, else 0",
        unit="score",
        low=0.0,
        high=1.0,
        indicators=(23,),
        sentence="Goods that can cover glass eels, in their season: arrives in {arrival_month}",
        sentence_zero="No goods that cover glass eels, or out of their season",
        usual=(0.0, 0.5),
    ),
    _entry.number(
        name="lodging_lead",
        meaning="Hours from the time the port knew the row to arrival, limited to -30 and 90 days",
        unit="hours",
        low=-720.0,
        high=2160.0,
        indicators=(12,),
        sentence="Known to the port {lodging_lead:#hour} before arrival",
        sentence_below="Known to the port {lodging_lead:#hour} after arrival",
        sentence_zero="Known to the port only on arrival",
        sentence_missing="The time of arrival is not declared",
        topic="lodging",
    ),
    _entry.flag(
        name="late_lodging",
        meaning="Known less than 24 hours before arrival by sea, 2 by air, or after arrival by any mode",
        indicators=(12,),
        sentence="Lodged late: known to the port at {known_at}; arrival {arrives_at} UTC",
        sentence_zero="Lodged in time: known to the port at {known_at}; arrival {arrives_at} UTC",
        topic="lodging",
        monotone=1,
    ),
)

FACTS: tuple[Fact, ...] = (Fact("arrival_month", "Month and year of arrival", dtype="text"),)


def compute(view: View) -> pd.DataFrame:
    """Compute the timing features and facts.

    Parameters
    ----------
    view : View
        n shipments with goods and places identified.

    Returns
    -------
    DataFrame, shape (n, len(FEATURES) + len(FACTS))
        The season is that of ``arrives_at``, else of ``known_at``; day and hour of the arrival are
        those declared: when a manifest came in, or was scored, says nothing of them.
    """
    table = view.table
    declared = table["arrives_at"]
    arrives = declared.fillna(table["known_at"])
    known = declared.notna().to_numpy()
    angle = 2.0 * np.pi * arrives.dt.day_of_year.to_numpy("float64") / 365.25
    lead = _hours(table["arrives_at"] - table["known_at"])
    weekend = (declared.dt.day_of_week >= 5).to_numpy("float64")
    columns: dict[str, object] = {
        "month_sine": np.sin(angle),
        "month_cosine": np.cos(angle),
        "weekend_arrival": np.where(known, weekend, np.nan),
        "night_arrival": _night(declared, view.route["discharge_lon"].to_numpy("float64")),
        "days_to_lunar_new_year": _days_to(arrives, _lunar_new_years()),
        "days_to_christmas": _days_to(arrives, _christmases()),
        "eel_season_goods": _eel_season(view, arrives),
        "lodging_lead": lead,
        "late_lodging": _late(view, lead),
        "arrival_month": _month_text(arrives),
    }
    return tabulate(columns, FEATURES, FACTS, table.index)


def _hours(span: pd.Series) -> Floats:
    return np.asarray(span.dt.total_seconds(), dtype=np.float64) / 3600.0


def _month_text(arrives: pd.Series) -> pd.Series:
    codes, unique = pd.factorize(arrives.dt.to_period("M"))
    names = [period.strftime("%B %Y") for period in unique]
    return pd.Series(np.array([*names, np.nan], dtype=object)[codes], index=arrives.index, dtype="str")


def _night(arrives: pd.Series, longitude: Floats) -> Floats:
    hour = (arrives.dt.hour + arrives.dt.minute / 60.0).to_numpy("float64")
    # Midnight to the second is a date without a time.
    dated = hour + arrives.dt.second.to_numpy("float64") == 0
    local = np.mod(hour + longitude / 15.0, 24.0)
    night = ((local >= 22.0) | (local < 6.0)).astype("float64")
    return np.where(dated | np.isnan(local), np.nan, night)


@cache
def _lunar_new_years() -> npt.NDArray[np.int64]:
    return np.sort(reference("lunar_new_year")["date"].to_numpy("datetime64[D]").astype("int64"))


@cache
def _christmases() -> npt.NDArray[np.int64]:
    return np.array([f"{year}-12-25" for year in range(1970, 2101)], dtype="datetime64[D]").astype("int64")


def _days_to(arrives: pd.Series, holidays: npt.NDArray[np.int64]) -> Floats:
    """Return days to the nearest holiday; NaN where the time is missing."""
    missing = arrives.isna().to_numpy()
    day = arrives.to_numpy("datetime64[D]").astype("int64")
    after = np.clip(np.searchsorted(holidays, day), 1, len(holidays) - 1)
    ahead, behind = holidays[after] - day, holidays[after - 1] - day
    nearest = np.where(ahead <= -behind, ahead, behind).astype("float64")
    return np.where(missing, np.nan, nearest)


def _eel_season(view: View, arrives: pd.Series) -> Floats:
    known = priors()
    eels = np.flatnonzero(known.taxa == "glass eels")
    cover = known.cover[:, eels].max(axis=1, initial=0.0).copy()
    cover[-1] = 0.0
    codes, unique = pd.factorize(view.goods["goods_group"])
    rows = np.array([known.groups.get(name, -1) for name in unique] + [-1])[codes]
    season = arrives.dt.month.isin([11, 12, 1, 2, 3, 4]).to_numpy()
    return np.where(arrives.isna(), np.nan, cover[rows] * season)


def _late(view: View, lead: Floats) -> Floats:
    codes, unique = pd.factorize(view.route["mode"])
    limit = np.array([LATE_LODGING_HOURS.get(mode, 0.0) for mode in unique] + [0.0])[codes]
    return np.where(np.isnan(lead), np.nan, (lead < limit).astype("float64"))
