"""Which cases are one event, and the five folds of events.

Two rows of one report, or the same taxon from the same country under the same cover, tell the same
story twice: knowing one is knowing the other. They are one event, fall into the same fold and are
drawn together by the bootstrap.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise

import numpy as np
import pandas as pd

from benchmarks.documented_seizures.cases import Case, each

FOLDS = 5
#: Months between two seizures of one taxon from one country in one country that count as one event.
MONTHS_APART = 1


def group(cases: pd.DataFrame) -> np.ndarray:
    """Give every case the number of its event.

    Parameters
    ----------
    cases : DataFrame, shape (n, ...)
        As read by `cases.read`.

    Returns
    -------
    array of int, shape (n,)
        Event of each case, numbered by first appearance.
    """
    parent = list(range(len(cases)))

    def root(one: int) -> int:
        while parent[one] != one:
            parent[one] = parent[parent[one]]
            one = parent[one]
        return one

    for first, second in _same(cases):
        parent[root(second)] = root(first)
    roots = [root(one) for one in range(len(cases))]
    numbers = {one: number for number, one in enumerate(dict.fromkeys(roots))}
    return np.array([numbers[one] for one in roots], dtype=int)


def _same(cases: pd.DataFrame) -> Iterator[tuple[int, int]]:
    keyed: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for row, case in enumerate(each(cases)):
        for key in _keys(case):
            keyed[key].append(row)
    for rows in keyed.values():
        yield from pairwise(rows)
    dated = [(row, month) for row, text in enumerate(cases["date"]) if (month := _month(text)) is not None]
    columns = cases[["origin", "seized_in", "taxa"]].to_dict("records")
    for place, (one, month) in enumerate(dated):
        for other, later in dated[place + 1 :]:
            a, b = columns[one], columns[other]
            placed = a["origin"] and (a["origin"], a["seized_in"]) == (b["origin"], b["seized_in"])
            if placed and abs(month - later) <= MONTHS_APART and set(a["taxa"]) & set(b["taxa"]):
                yield one, other


def _keys(case: Case) -> Iterable[tuple[str, ...]]:
    for url in case.urls:
        yield "url", url
    cover = case.heading or case.text
    origin = case.origin or case.loading or f"to {case.seized_in}"
    for taxon in case.taxa:
        yield "story", taxon, origin, cover


def _month(date: str) -> int | None:
    parts = date.split("-")
    if len(parts) < 2 or not (parts[0].isdigit() and parts[1].isdigit()):
        return None
    return 12 * int(parts[0]) + int(parts[1])


def folds(cases: pd.DataFrame, event: np.ndarray, count: int = FOLDS) -> np.ndarray:
    """Spread events over folds, evenly per mode and per live or product.

    Parameters
    ----------
    cases : DataFrame, shape (n, ...)
        As read by `cases.read`.
    event : array of int, shape (n,)
        From `group`.
    count : int
        Number of folds.

    Returns
    -------
    array of int, shape (n,)
        Fold of each case, 0 to `count` - 1. Depends on the cases alone, not on their order.
    """
    strata = (cases["mode"] + " " + cases["kind"]).to_numpy()
    names = cases["case_id"].to_numpy()
    members = {number: np.flatnonzero(event == number) for number in np.unique(event)}
    order = sorted(members, key=lambda number: (-len(members[number]), _digest(min(names[members[number]]))))
    filled: dict[str, np.ndarray] = defaultdict(lambda: np.zeros(count, dtype=int))
    total = np.zeros(count, dtype=int)
    result = np.zeros(len(cases), dtype=int)
    for number in order:
        rows = members[number]
        stratum = min(strata[rows])
        fold = min(range(count), key=lambda one: (filled[stratum][one], total[one], one))
        result[rows] = fold
        total[fold] += len(rows)
        for row in rows:
            filled[strata[row]][fold] += 1
    return result


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
