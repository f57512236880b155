"""How good a ranking is, with intervals and the finds behind every number.

Rows are ordered by score, equal scores by a stable hash of the shipment's number, so no tie is
broken by the order of a file. Intervals are percentile bootstrap intervals (Efron 1979) that draw
whole *days* with replacement when days are known: shipments of one day share vessels, traders and
officers, and drawing rows would make the interval too narrow. Estimates from fewer than ten finds
are not given.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from features.stable_hash import hash64

SHARES: tuple[float, ...] = (0.01, 0.02, 0.05, 0.10)
ENOUGH_FINDS = 10


@dataclass(frozen=True)
class Estimate:
    """A number, how sure it is, and what it rests on.

    Attributes
    ----------
    value : float or None
        None where it is not estimable.
    low, high : float or None
        Ends of the 95 % interval.
    finds : int
        Finds behind it.
    note : str
        Why there is no value, and what it would take.
    """

    value: float | None
    low: float | None
    high: float | None
    finds: int
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return JSON-ready data."""
        return asdict(self)

    def __str__(self) -> str:
        """Return the number as people read it."""
        if self.value is None:
            return self.note
        if self.low is None or self.high is None:
            return f"{self.value:.3f}"
        return f"{self.value:.3f} ({self.low:.3f}–{self.high:.3f})"


def tie_breaker(shipment_id: Sequence[str] | pd.Series) -> np.ndarray:
    """Return a stable 64-bit hash per shipment number, shape (n,), uint64."""
    return hash64(pd.Series(shipment_id).astype("str"))


def order(score: np.ndarray, tie: np.ndarray) -> np.ndarray:
    """Return positions from the highest score to the lowest; equal scores by `tie`, shape (n,)."""
    return np.lexsort((tie, -np.asarray(score, dtype=np.float64)))


def average_precision(y: np.ndarray, score: np.ndarray, weight: np.ndarray | None = None) -> float:
    """Return average precision, equal scores taken together (as scikit-learn does).

    Parameters
    ----------
    y : ndarray, shape (n,)
        0 or 1.
    score : ndarray, shape (n,)
    weight : ndarray, shape (n,), optional

    Returns
    -------
    float
        In [0, 1]; 0.0 without a find.
    """
    position = np.argsort(-score, kind="stable")
    return _ranked(y[position], score[position], None if weight is None else weight[position])[0]


def auc(y: np.ndarray, score: np.ndarray, weight: np.ndarray | None = None) -> float:
    """Return the area under the ROC curve, ties counted half; NaN without both kinds of row."""
    position = np.argsort(-score, kind="stable")
    return _ranked(y[position], score[position], None if weight is None else weight[position])[1]


def _ends(score: np.ndarray) -> np.ndarray:
    """Return the last position of each run of equal scores."""
    return np.flatnonzero(np.append(score[1:] != score[:-1], True))


def _ranked(
    y: np.ndarray, score: np.ndarray, weight: np.ndarray | None, ends: np.ndarray | None = None
) -> tuple[float, float]:
    """Return (average precision, AUC) of rows already in order of score."""
    if len(y) == 0:
        return 0.0, math.nan
    ends = _ends(score) if ends is None else ends
    weight = np.ones(len(y)) if weight is None else weight
    hits, rows = np.cumsum(weight * y)[ends], np.cumsum(weight)[ends]
    finds, misses = hits[-1], rows[-1] - hits[-1]
    if finds <= 0:
        return 0.0, math.nan
    gained = np.diff(hits, prepend=0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = np.where(rows > 0, hits / rows, 0.0)
    ap = float(np.sum(gained * precision) / finds)
    if misses <= 0:
        return ap, math.nan
    wrong = np.diff(rows - hits, prepend=0.0)
    return ap, float(np.sum(wrong * (hits - gained / 2.0)) / (finds * misses))


@dataclass(frozen=True)
class Judged:
    """Scores and labels of n rows, as the metrics take them.

    Attributes
    ----------
    score : ndarray, shape (n,)
        Higher is riskier.
    label : ndarray, shape (n,)
        1, 0, or NaN where nothing is known.
    shipment_id : Series, shape (n,)
    day : ndarray of datetime64 or None, shape (n,)
    probability : ndarray or None, shape (n,)
        Calibrated probability, for Brier score and reliability.
    weight : ndarray or None, shape (n,)
        Inverse selection probabilities, to speak for all traffic.
    """

    score: np.ndarray
    label: np.ndarray
    shipment_id: pd.Series
    day: np.ndarray | None = None
    probability: np.ndarray | None = None
    weight: np.ndarray | None = None

    def take(self, rows: np.ndarray) -> Judged:
        """Return some rows (boolean mask)."""
        part = [None if v is None else v[rows] for v in (self.day, self.probability, self.weight)]
        return Judged(self.score[rows], self.label[rows], self.shipment_id[rows], *part)


def measure(
    rows: Judged, *, per_day: Sequence[int] = (), replicates: int = 200, seed: int = 0
) -> dict[str, Estimate]:
    """Measure a ranking.

    Parameters
    ----------
    rows : Judged
        Rows without a label count only for ``labelled@``: the share of the top that was inspected.
    per_day : sequence of int
        Also measure the top N of every day; needs ``day``.
    replicates : int, default 200
        Bootstrap draws.
    seed : int

    Returns
    -------
    dict of str to Estimate
        ``average_precision``, ``auc``, ``precision@1%`` …, ``recall@1%`` …, ``lift@1%`` …,
        ``precision@30/day`` …, ``recall@30/day`` …, ``labelled@1%`` …, ``brier``, ``base_rate``.
    """
    known = np.isfinite(rows.label)
    finds = int((rows.label == 1).sum())
    tie = tie_breaker(rows.shipment_id)
    daily = _daily(rows, tie, per_day) if rows.day is not None else {}
    labelled = rows.take(known)
    sorted_rows = _Sorted.of(labelled, tie[known])
    point = sorted_rows.metrics(None) | _daily_metrics(daily, None)
    if finds < ENOUGH_FINDS:
        note = not_estimable(finds, int(known.sum()))
        out = {name: Estimate(None, None, None, finds, note) for name in point}
    else:
        draws = _draws(sorted_rows, daily, rows.day, labelled, replicates, seed)
        out = {name: _estimate(value, draws[name], finds) for name, value in point.items()}
    return out | _labelled_share(rows, known, tie)


def not_estimable(finds: int, rows: int) -> str:
    """Return the words for an estimate from too few finds."""
    if finds == 0:
        return f"not estimable: no find in {rows} inspected; needs {ENOUGH_FINDS} finds"
    more = math.ceil((ENOUGH_FINDS - finds) * rows / finds)
    return f"not estimable: {finds} finds; needs {ENOUGH_FINDS} (some {more} more inspections at this rate)"


def reliability(
    probability: np.ndarray, label: np.ndarray, *, weight: np.ndarray | None = None, bins: int = 10
) -> pd.DataFrame:
    """Return stated against observed rates, in bins of equally many finds-or-rows.

    Half of the bins split the lower nine tenths of the rows, half the top tenth, where the
    decisions are.

    Returns
    -------
    DataFrame
        ``stated``, ``observed``, ``low``, ``high`` (Wilson 95 %), ``rows``, ``finds``.
    """
    known = np.isfinite(label)
    p, y = probability[known], label[known]
    w = np.ones(len(p)) if weight is None else weight[known]
    half = max(1, bins // 2)
    cuts = np.concatenate([np.linspace(0, 0.9, half + 1)[:-1], np.linspace(0.9, 1, half + 1)])
    rank = np.argsort(np.argsort(p, kind="stable"), kind="stable") / max(1, len(p))
    place = np.clip(np.searchsorted(cuts, rank, side="right") - 1, 0, len(cuts) - 2)
    records = []
    for b in np.unique(place):
        inside = place == b
        total, effective = w[inside].sum(), w[inside].sum() ** 2 / (w[inside] ** 2).sum()
        observed = float((w[inside] * y[inside]).sum() / total)
        low, high = wilson(observed, float(effective))
        records.append(
            {
                "stated": float((w[inside] * p[inside]).sum() / total),
                "observed": observed,
                "low": low,
                "high": high,
                "rows": int(inside.sum()),
                "finds": int(y[inside].sum()),
            }
        )
    return pd.DataFrame.from_records(records, columns=["stated", "observed", "low", "high", "rows", "finds"])


def wilson(rate: float, n: float, *, z: float = 1.959964) -> tuple[float, float]:
    """Return the Wilson (1927) interval of a rate from n rows."""
    if n <= 0:
        return 0.0, 1.0
    centre = (rate + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return max(0.0, centre - half), min(1.0, centre + half)


@dataclass(frozen=True)
class _Sorted:
    """Labelled rows in order of score."""

    y: np.ndarray
    score: np.ndarray
    ends: np.ndarray
    weight: np.ndarray
    error: np.ndarray | None
    position: np.ndarray

    @classmethod
    def of(cls, rows: Judged, tie: np.ndarray) -> _Sorted:
        position = order(rows.score, tie)
        y = rows.label[position]
        weight = np.ones(len(y)) if rows.weight is None else rows.weight[position]
        error = None if rows.probability is None else (rows.probability[position] - y) ** 2
        score = rows.score[position]
        return cls(y, score, _ends(score), weight, error, position)

    def metrics(self, times: np.ndarray | None) -> dict[str, float]:
        """Return all metrics with each row counted `times` times (None: once)."""
        weight = self.weight if times is None else self.weight * times
        out = dict(
            zip(("average_precision", "auc"), _ranked(self.y, self.score, weight, self.ends), strict=True)
        )
        hits, rows = np.cumsum(weight * self.y), np.cumsum(weight)
        total = rows[-1] if len(rows) else 0.0
        finds = hits[-1] if len(hits) else 0.0
        rate = finds / total if total > 0 else math.nan
        out["base_rate"] = rate
        for share in SHARES:
            name, cut = f"{share:.0%}", share * total
            inside = _inside(cut, rows, hits)
            precision = inside / cut if cut > 0 else math.nan
            out[f"precision@{name}"] = precision
            out[f"recall@{name}"] = inside / finds if finds > 0 else math.nan
            out[f"lift@{name}"] = precision / rate if rate else math.nan
        if self.error is not None:
            out["brier"] = float(np.sum(weight * self.error) / total) if total > 0 else math.nan
        return out


def _inside(cut: float, rows: np.ndarray, hits: np.ndarray) -> float:
    """Return the finds among the first `cut` (weighted) rows, a part of the row at the cut included."""
    if cut <= 0:
        return 0.0
    return float(np.interp(cut, np.append(0.0, rows), np.append(0.0, hits)))


def _daily(rows: Judged, tie: np.ndarray, per_day: Sequence[int]) -> dict[str, np.ndarray]:
    """Return, per N, (days, 3): labelled rows in the top N, finds there, finds of the day."""
    if not per_day or rows.day is None:
        return {}
    day, count = pd.factorize(rows.day, sort=True)
    days = len(count)
    position = np.lexsort((tie, -rows.score, day))
    starts = np.searchsorted(day[position], np.arange(days))
    rank = np.empty(len(day), dtype=np.int64)
    rank[position] = np.arange(len(day)) - starts[day[position]]
    known, find = np.isfinite(rows.label), rows.label == 1
    out = {}
    for n in per_day:
        top = rank < n
        columns = (top & known, top & find, find)
        out[f"{n}/day"] = np.stack([np.bincount(day, weights=c, minlength=days) for c in columns], axis=1)
    return out


def _daily_metrics(daily: dict[str, np.ndarray], times: np.ndarray | None) -> dict[str, float]:
    out = {}
    for name, table in daily.items():
        labelled, hits, finds = table.sum(axis=0) if times is None else times @ table
        out[f"precision@{name}"] = hits / labelled if labelled > 0 else math.nan
        out[f"recall@{name}"] = hits / finds if finds > 0 else math.nan
    return out


def _draws(
    rows: _Sorted,
    daily: dict[str, np.ndarray],
    day: Any,
    labelled: Judged,
    replicates: int,
    seed: int,
) -> dict[str, np.ndarray]:
    """Return bootstrap values per metric, each of shape (replicates,)."""
    rng = np.random.default_rng(seed)
    if day is None or labelled.day is None:
        blocks, n_blocks = np.arange(len(rows.y)), len(rows.y)
    else:
        _, all_days = pd.factorize(day, sort=True)
        n_blocks = len(all_days)
        blocks = pd.Index(all_days).get_indexer(pd.Index(labelled.day))[rows.position]
    records = []
    for _ in range(replicates):
        times = np.bincount(rng.integers(0, n_blocks, n_blocks), minlength=n_blocks).astype(np.float64)
        records.append(rows.metrics(times[blocks]) | _daily_metrics(daily, times if daily else None))
    return {name: np.array([r[name] for r in records]) for name in records[0]}


def _estimate(value: float, draws: np.ndarray, finds: int) -> Estimate:
    if not math.isfinite(value):
        return Estimate(None, None, None, finds, "not estimable: no row to compare with")
    finite = draws[np.isfinite(draws)]
    if len(finite) == 0:
        return Estimate(value, None, None, finds)
    low, high = np.percentile(finite, [2.5, 97.5])
    return Estimate(float(value), float(low), float(high), finds)


def _labelled_share(rows: Judged, known: np.ndarray, tie: np.ndarray) -> dict[str, Estimate]:
    """Return the share of labelled rows in the top of *all* rows (a count, so no interval)."""
    position = order(rows.score, tie)
    finds = int((rows.label == 1).sum())
    out = {}
    for share in SHARES:
        top = position[: max(1, round(share * len(position)))]
        value = float(known[top].mean()) if len(top) else math.nan
        out[f"labelled@{share:.0%}"] = Estimate(value, None, None, finds)
    return out
