"""What stands just below the line, and what would change a score: for those who check the model.

Either tells somebody inside how to pass, so who looks is put on record (`risk.store.access`). One value at a
time is changed to one that other shipments of the day have; what two changes together would do is not told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from models.bundle import Bundle
from models.predict import predict
from risk import triage
from risk.triage import Pool

#: Shipments shown below the line of each place.
BELOW = 10
#: Values tried of one feature, and changes told in each direction.
TRIED, TOLD = 20, 12
#: Changes of the log-odds smaller than this are not told.
SLIGHT = 0.05


def line(pools: Sequence[Pool], share: float) -> tuple[Pool, ...]:
    """Return pools with the slots that are filled by place, not by chance."""
    return tuple(replace(pool, slots=pool.slots - triage.random_slots(pool.slots, share)) for pool in pools)


def below(frame: pd.DataFrame, pools: Sequence[Pool], most: int = BELOW) -> pd.DataFrame:
    """Return what would be chosen next, were there more slots.

    Parameters
    ----------
    frame : DataFrame
        Of `risk.store.day.rows`.
    pools : sequence of Pool
        With the slots filled by place (`line`).
    most : int
        Of each place.

    Returns
    -------
    DataFrame
        Rows of ``frame`` with ``where`` (name of the place's last pool) and ``gap``: how many log-odds the
        shipment lacks to the last one the model's rank chose there, missing where none is. What somebody
        raised, a rule or an entry holds up stands above the line with any score, and draws none.
    """
    last = {pool.place: pool for pool in pools}
    wider = [replace(pool, slots=pool.slots + most) if pool is last[pool.place] else pool for pool in pools]
    now, then = _chosen(frame, pools), _chosen(frame, wider)
    next_ = (now == "") & (then != "")
    found = frame[next_].assign(where=then[next_])
    named = {pool.name: pool.place for pool in pools}
    place = pd.Series([named.get(name) for name in now], index=frame.index, dtype="object")
    cut = frame["log_odds"].where(~_held_up(frame)).groupby(place).min()
    ends = [cut.get(named.get(name), np.nan) for name in found["where"]]
    found["gap"] = np.asarray(ends, dtype=float) - found["log_odds"].to_numpy(dtype=float)
    return found.sort_values(["where", "place"], ignore_index=True)


def _held_up(frame: pd.DataFrame) -> np.ndarray:
    floor = frame["floor"].to_numpy()
    held: np.ndarray = frame["raised"].to_numpy(dtype=bool) | (
        (floor > 0) & (floor < frame["rank"].to_numpy())
    )
    return held


def _chosen(frame: pd.DataFrame, pools: Sequence[Pool]) -> np.ndarray:
    asked = frame[["bill", "mode", "location"]].rename(columns={"bill": "shipment_id"})
    # A pool all of whose slots go to chance fills none by place.
    open_ = tuple(pool for pool in pools if pool.slots > 0)
    selection = triage.select(asked.assign(risk=-frame["place"].astype(float)), open_, seed="", share=0.0)
    return selection.frame["pool"].to_numpy(dtype=object)


@dataclass(frozen=True)
class Change:
    """One value changed, and what becomes of the score.

    Attributes
    ----------
    feature, family : str
    now, then : object
        The value there is, and the other; None where it is missing.
    log_odds : float
        Of the risk, then.
    rank : int
        The model's, then.
    """

    feature: str
    family: str
    now: object
    then: object
    log_odds: float
    rank: int


@dataclass(frozen=True)
class Changes:
    """What would change a score.

    Attributes
    ----------
    log_odds : float
        Now.
    rank : int
        Now.
    lower, raise_ : tuple of Change
        One per feature, the strongest first.
    compared : int
        Shipments whose values were tried.
    """

    log_odds: float
    rank: int
    lower: tuple[Change, ...]
    raise_: tuple[Change, ...]
    compared: int


def changes(bundle: Bundle, own: pd.DataFrame, others: pd.DataFrame, day: np.ndarray) -> Changes:
    """Return what would change a score.

    Parameters
    ----------
    own : DataFrame, shape (1, features)
        What the model saw.
    others : DataFrame, shape (n, features)
        What it saw of other shipments.
    day : float array, shape (m,)
        Log-odds of all shipments of the day but this one.
    """
    features = list(dict.fromkeys(bundle.schema.features))
    own = own[features]
    tried = [(name, value) for name in features for value in _values(others[name], own[name].iloc[0])]
    rows = pd.concat([own] * (len(tried) + 1), ignore_index=True)
    for name in features:
        at = [i + 1 for i, (each, _) in enumerate(tried) if each == name]
        if at:
            rows.loc[at, name] = pd.Series([tried[i - 1][1] for i in at], index=at, dtype=own[name].dtype)
    found = predict(bundle, rows, explain=False).risk_log_odds
    families = {column.feature: column.family for column in bundle.schema.columns}
    told = [
        Change(
            name, families[name], _plain(own[name].iloc[0]), _plain(value), float(score), _rank(day, score)
        )
        for (name, value), score in zip(tried, found[1:], strict=True)
    ]
    base = float(found[0])
    return Changes(
        log_odds=base,
        rank=_rank(day, base),
        lower=_strongest([each for each in told if each.log_odds < base - SLIGHT], base),
        raise_=_strongest([each for each in told if each.log_odds > base + SLIGHT], base),
        compared=len(others),
    )


def _values(others: pd.Series, own: object) -> list[object]:
    """Return values to try: the most frequent of texts, evenly spread ones of numbers; not its own."""
    known = others.dropna()
    if pd.api.types.is_numeric_dtype(others):
        values = sorted(set(known.astype(float)))
        picked = np.unique(np.linspace(0, len(values) - 1, min(TRIED, len(values))).round().astype(int))
        found: list[object] = [values[i] for i in picked]
    else:
        found = list(known.value_counts().index[:TRIED])
    return [value for value in found if pd.isna(own) or value != own]  # type: ignore[call-overload]


def _strongest(found: list[Change], base: float) -> tuple[Change, ...]:
    best: dict[str, Change] = {}
    for each in sorted(found, key=lambda each: (-abs(each.log_odds - base), each.feature)):
        best.setdefault(each.feature, each)
    return tuple(list(best.values())[:TOLD])


def _rank(day: np.ndarray, log_odds: float) -> int:
    return 1 + int((day > log_odds).sum())


def _plain(value: object) -> object:
    if pd.isna(value):  # type: ignore[call-overload]
        return None
    return float(value) if isinstance(value, (int, float, np.number)) else str(value)
