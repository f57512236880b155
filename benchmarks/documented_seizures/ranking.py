"""Where a case stands among its background, and how sure that is."""

from __future__ import annotations

import numpy as np
import pandas as pd

#: Shares of the set that are opened.
TOPS = (0.01, 0.05, 0.10, 0.30)
DRAWS = 2000


def standing(case: float, background: np.ndarray) -> tuple[float, float]:
    """Return the part of the ranking a case occupies.

    Parameters
    ----------
    case : float
        Score of the case.
    background : array of float, shape (n,)
        Scores of its background; more means earlier.

    Returns
    -------
    (float, float)
        Shares of the set of n + 1 that rank strictly before the case, and before it or level with
        it (itself included). Without ties they differ by one rank.
    """
    size = len(background) + 1
    return float((background > case).sum() / size), float(((background >= case).sum() + 1) / size)


def caught(before: np.ndarray, upto: np.ndarray, top: float) -> np.ndarray:
    """Return the chance that a case is within the top share, ties broken at random.

    Parameters
    ----------
    before, upto : array of float, shape (n,)
        From `standing`.
    top : float
        Share of the set that is opened, in (0, 1].

    Returns
    -------
    array of float, shape (n,)
        In [0, 1]; a case drawn at random has expectation `top` exactly.
    """
    return np.clip((top - before) / (upto - before), 0.0, 1.0)


def percentile(before: np.ndarray, upto: np.ndarray) -> np.ndarray:
    """Return the middle of the part of the ranking, 0 = first, 1 = last."""
    return (np.asarray(before) + np.asarray(upto)) / 2


def recall(hits: np.ndarray, event: np.ndarray, seed: int = 1) -> tuple[float, float, float]:
    """Return recall with its 95 % interval, events drawn with replacement.

    Parameters
    ----------
    hits : array of float, shape (n,)
        From `caught`.
    event : array of int, shape (n,)
        Event of each case.
    seed : int
        Seed of the bootstrap.

    Returns
    -------
    (float, float, float)
        Recall, low, high; NaN without cases.
    """
    if len(hits) == 0:
        return float("nan"), float("nan"), float("nan")
    _, place = np.unique(event, return_inverse=True)
    found = np.bincount(place, weights=hits)
    size = np.bincount(place)
    generator = np.random.default_rng(seed)
    times = generator.multinomial(len(size), np.full(len(size), 1 / len(size)), size=DRAWS)
    drawn = (times @ found) / (times @ size)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(hits.mean()), float(low), float(high)


def table(standings: pd.DataFrame, tops: tuple[float, ...] = TOPS) -> pd.DataFrame:
    """Return recall at each share for every group.

    Parameters
    ----------
    standings : DataFrame
        ``before``, ``upto``, ``event``, ``mode``, ``kind``.
    tops : tuple of float
        Shares opened.

    Returns
    -------
    DataFrame
        Index: ``all``, ``live``, ``product``, each mode; columns ``cases``, ``events`` and, per
        share, a tuple (recall, low, high).
    """
    groups = {"all": np.ones(len(standings), dtype=bool)}
    for column in ("kind", "mode"):
        groups |= {value: (standings[column] == value).to_numpy() for value in sorted(set(standings[column]))}
    rows = []
    for name, chosen in groups.items():
        part = standings[chosen]
        before, upto, event = (part[column].to_numpy() for column in ("before", "upto", "event"))
        row: dict[str, object] = {"group": name or "mode unknown", "cases": len(part)}
        row["events"] = len(np.unique(event))
        for top in tops:
            row[f"top {top:.0%}"] = recall(caught(before, upto, top), event)
        rows.append(row)
    return pd.DataFrame(rows).set_index("group")
