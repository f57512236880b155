"""A general check for labels that leak across a time split.

Some data repeat a combination of cells that carries the label itself: the row to be judged has a
*twin* among the training rows, equal in a few columns whose combination tells the outcome although
none of them does alone. A dictionary then beats any model and every score is worthless. The check
searches for such columns; none is named beforehand.

For a set of columns, let S be the test rows that have a twin that was a find. In a leak the rows of
S are finds far more often than their cells, one by one, explain. What they explain is estimated by
the highest smoothed find rate of any *single* cell, among training rows other than the twins: where
an honest persistent pattern (a shipper with many finds) made the twins, its other rows predict the
same, and nothing is reported. A leak is reported when S holds enough finds and their number
exceeds what is explained by far.

The same goods declared twice to the last gram by the same parties with the same result also
reads as a leak, and should: a test that holds a training row measures memory.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from models.metrics import ENOUGH_FINDS, auc, average_precision, order, tie_breaker

#: S must hold this share of the test finds, and this many.
SMALLEST_COVER = 0.05
#: Finds in S over what single cells explain, and the difference of the rates.
SMALLEST_RATIO = 2.0
SMALLEST_EXCESS = 0.2
SMOOTHING = 5.0
BEAM = 6
WIDEST = 4
MOST_ROWS = 200_000


@dataclass(frozen=True)
class LeakReport:
    """What the check found.

    Attributes
    ----------
    leak : bool
    columns : tuple of str
        The combination with the largest excess (whether or not it is a leak).
    twins : int
        Test rows with a twin in training.
    twin_finds, finds_explained : float
        Finds among test rows whose twin was a find, and how many single cells explain.
    finds : int
        Finds among all test rows.
    look_up : dict of str to float or None
        AUC, average precision and precision at 5 and 10 % of the dictionary alone.
    no_twin : dict of str to dict
        Per score handed in: AUC, average precision, rows and finds on test rows without a twin.
    warning : str
        Words for people; empty when there is no leak.
    """

    leak: bool
    columns: tuple[str, ...]
    twins: int
    twin_finds: int
    finds_explained: float
    finds: int
    look_up: dict[str, float | None]
    no_twin: dict[str, dict[str, float | None]]
    warning: str

    def to_json(self) -> dict[str, Any]:
        """Return JSON-ready data."""
        return asdict(self) | {"columns": list(self.columns)}


@dataclass(frozen=True)
class _Split:
    """Codes of both sides, one vocabulary: columns (m, n) and labels."""

    train: np.ndarray
    test: np.ndarray
    y_train: np.ndarray
    y_test: np.ndarray


def check(
    train: pd.DataFrame,
    train_label: np.ndarray,
    test: pd.DataFrame,
    test_label: np.ndarray,
    *,
    columns: Sequence[str] | None = None,
    scores: Mapping[str, np.ndarray] | None = None,
    seed: int = 0,
) -> LeakReport:
    """Search for label-bearing tuples that repeat from training to test rows.

    Parameters
    ----------
    train, test : DataFrame, shape (n, k) and (m, k)
        What the rows declare; the same columns in both.
    train_label, test_label : ndarray
        1, 0, or NaN (such rows are left out).
    columns : sequence of str, optional
        Columns to search; default all but times and columns whose cells are (nearly) all distinct
        or all the same.
    scores : mapping of str to ndarray, shape (m,), optional
        Scores of the test rows, to be measured again on rows without a twin.
    seed : int
        For drawing rows where there are more than 200,000.

    Returns
    -------
    LeakReport
    """
    known = np.isfinite(np.asarray(test_label, dtype=np.float64))
    kept = np.flatnonzero(np.isfinite(np.asarray(train_label, dtype=np.float64)))
    if len(kept) > MOST_ROWS:
        kept = np.sort(np.random.default_rng(seed).choice(kept, MOST_ROWS, replace=False))
    names = list(columns) if columns is not None else _candidates(train.iloc[kept], test.loc[known])
    y_test = np.asarray(test_label, dtype=np.float64)[known]
    y_train = np.asarray(train_label, dtype=np.float64)[kept]
    split = _Split(*_codes(train.iloc[kept], test.loc[known], names), y_train, y_test)
    explained = _explained(split)
    best, gain = _search(split, explained)
    chosen = tuple(names[i] for i in best)
    train_key, test_key = _key(split.train, best), _key(split.test, best)
    twin = np.isin(test_key, train_key) if best else np.zeros(len(y_test), dtype=bool)
    finds_twin = _with_find_twin(split, best) if best else twin
    inside = int(y_test[finds_twin].sum())
    leak = gain > 0 and _is_leak(split, finds_twin, explained)
    score = _look_up(split, train_key, test_key)
    full = {"look-up": score} | {k: np.asarray(v)[known] for k, v in (scores or {}).items()}
    no_twin = {k: _figures(y_test[~twin], v[~twin]) for k, v in full.items() if k != "look-up"}
    look_up = _figures(y_test, score) | _top(y_test, score)
    return LeakReport(
        leak=leak,
        columns=chosen,
        twins=int(twin.sum()),
        twin_finds=inside,
        finds_explained=round(float(explained[finds_twin].sum()), 3),
        finds=int(y_test.sum()),
        look_up=look_up,
        no_twin=no_twin,
        warning=_warning(chosen, twin, finds_twin, y_test, look_up) if leak else "",
    )


def _candidates(train: pd.DataFrame, test: pd.DataFrame) -> list[str]:
    names = []
    for name in train.columns:
        cells = train[name]
        if name not in test or pd.api.types.is_datetime64_any_dtype(cells.dtype):
            continue
        distinct = cells.nunique()
        if distinct > 1 and (distinct < 0.9 * len(cells) or cells.isin(test[name].dropna()).any()):
            names.append(str(name))
    return names


def _codes(train: pd.DataFrame, test: pd.DataFrame, names: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    n = len(train)
    out = np.empty((len(names), n + len(test)), dtype=np.uint64)
    for i, name in enumerate(names):
        both = pd.concat([train[name].astype("str"), test[name].astype("str")], ignore_index=True)
        out[i] = pd.factorize(both)[0].astype(np.int64) + 1
    return out[:, :n], out[:, n:]


def _key(codes: np.ndarray, columns: Sequence[int]) -> np.ndarray:
    """Return one 64-bit number per row for a combination of columns (mixed, order-free of rows)."""
    key = np.zeros(codes.shape[1], dtype=np.uint64)
    with np.errstate(over="ignore"):
        for i in columns:
            key = (key ^ codes[i]) * np.uint64(0x9E3779B97F4A7C15)
            key ^= key >> np.uint64(29)
    return key


def _with_find_twin(split: _Split, columns: Sequence[int]) -> np.ndarray:
    """Return test rows that have a twin that was a find, and no twin that was not."""
    train, test = _key(split.train, columns), _key(split.test, columns)
    return np.isin(test, train[split.y_train == 1]) & ~np.isin(test, train[split.y_train == 0])


def _explained(split: _Split) -> np.ndarray:
    """Return per test row the highest smoothed find rate of any of its cells, shape (m,).

    The row's own twins are taken out by leaving out one find per cell, the least a twin adds.
    """
    base = float(split.y_train.mean()) if len(split.y_train) else 0.0
    best = np.full(len(split.y_test), base)
    for train, test in zip(split.train, split.test, strict=True):
        size = int(max(train.max(initial=0), test.max(initial=0))) + 1
        rows = np.bincount(train.astype(np.int64), minlength=size)
        finds = np.bincount(train.astype(np.int64), weights=split.y_train, minlength=size)
        one = np.minimum(finds, 1.0)
        rate = (finds - one + SMOOTHING * base) / (rows - one + SMOOTHING)
        best = np.maximum(best, rate[test.astype(np.int64)])
    return best


def _gain(split: _Split, explained: np.ndarray, columns: Sequence[int]) -> float:
    inside = _with_find_twin(split, columns)
    if len(np.unique(_key(split.test, columns)[inside])) < ENOUGH_FINDS:
        return 0.0
    return float((split.y_test[inside] - explained[inside]).sum())


def _search(split: _Split, explained: np.ndarray) -> tuple[tuple[int, ...], float]:
    """Search combinations of up to `WIDEST` columns, all pairs first, then the best ones widened."""
    m = len(split.train)
    gains: dict[tuple[int, ...], float] = {
        pair: _gain(split, explained, pair) for pair in combinations(range(m), 2)
    }
    if not gains:
        return (), 0.0
    front = sorted(gains, key=lambda c: (-gains[c], c))[:BEAM]
    for _ in range(WIDEST - 2):
        wider = {tuple(sorted({*c, i})) for c in front for i in range(m) if i not in c}
        found = {c: _gain(split, explained, c) for c in sorted(wider)}
        gains.update(found)
        front = sorted(found, key=lambda c: (-found[c], c))[:BEAM]
    best = min(gains, key=lambda c: (-gains[c], len(c), c))
    return best, gains[best]


def _is_leak(split: _Split, inside: np.ndarray, explained: np.ndarray) -> bool:
    finds = float(split.y_test.sum())
    hits = float(split.y_test[inside].sum())
    if finds < ENOUGH_FINDS or hits < max(ENOUGH_FINDS, SMALLEST_COVER * finds):
        return False
    expected = float(explained[inside].sum())
    rate, usual = hits / inside.sum(), expected / inside.sum()
    return bool(hits >= SMALLEST_RATIO * expected and rate - usual >= SMALLEST_EXCESS)


def _look_up(split: _Split, train_key: np.ndarray, test_key: np.ndarray) -> np.ndarray:
    """Return the smoothed find rate of each test row's twins, the base rate without one."""
    base = float(split.y_train.mean()) if len(split.y_train) else 0.0
    keys, code = np.unique(train_key, return_inverse=True)
    finds = np.bincount(code, weights=split.y_train, minlength=len(keys))
    rows = np.bincount(code, minlength=len(keys))
    rate = (finds + base) / (rows + 1.0)
    place = np.minimum(np.searchsorted(keys, test_key), max(0, len(keys) - 1))
    return np.where(keys[place] == test_key, rate[place], base) if len(keys) else np.zeros(len(test_key))


def _figures(y: np.ndarray, score: np.ndarray) -> dict[str, float | None]:
    finds = int(y.sum())
    enough = finds >= ENOUGH_FINDS and finds < len(y)
    return {
        "auc": auc(y, score) if enough else None,
        "average_precision": average_precision(y, score) if enough else None,
        "rows": len(y),
        "finds": finds,
    }


def _top(y: np.ndarray, score: np.ndarray) -> dict[str, float | None]:
    position = order(score, tie_breaker(pd.Series(np.arange(len(y))).astype("str")))
    if y.sum() < ENOUGH_FINDS:
        return {"precision@5%": None, "precision@10%": None}
    return {f"precision@{k}%": float(y[position[: max(1, len(y) * k // 100)]].mean()) for k in (5, 10)}


def _warning(
    columns: tuple[str, ...],
    twin: np.ndarray,
    finds_twin: np.ndarray,
    y: np.ndarray,
    look_up: Mapping[str, Any],
) -> str:
    hits, finds = int(y[finds_twin].sum()), int(y.sum())
    return (
        f"Labels leak across the split. {hits} of {finds} finds repeat a combination of "
        f"{', '.join(columns)} whose rows in training were finds, far more often than these cells "
        f"one by one explain. A dictionary of that combination alone reaches AUC {look_up['auc']:.3f}. "
        "No score on these rows shows what a model would do; see the figures on the "
        f"{int((~twin).sum())} rows without a twin."
    )
