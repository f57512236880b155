"""Amended bills: which version was judged, and what its manifest looked like at that time.

A history holds every version of a bill. The past is made of all of them, each known at its own
time; what is learnt from and judged is one version per bill, since scoring sees one: the version an
inspection was made on, the first where there was none. Its siblings are the other bills of the manifest,
each in the version of that moment, as in a file scored then.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.evidence import siblings
from features.history.sequence import DAY
from features.history.versions import SAME_SHIPMENT_DAYS
from features.manifest import schema
from features.view import View

Ints = npt.NDArray[np.int64]

#: Rows of one manifest, laid out once for each of its moments, up to which moments are told apart.
#: Numbers that whole months share would make thousands of layouts of thousands of rows.
MOST_LAID_OUT = 100_000
_ROWS_AT_ONCE = 200_000
_FIRST, _LAST = np.iinfo(np.int64).min, np.iinfo(np.int64).max


@dataclass(frozen=True)
class OnePerBill:
    """One version of each bill.

    Attributes
    ----------
    table : DataFrame, shape (m, k)
        Complete shipment table; its index are positions in the table of all versions.
    later : int array, shape (m,)
        Versions of the bill that came after it.
    """

    table: pd.DataFrame
    later: Ints


@dataclass(frozen=True)
class Context:
    """Some of the rows asked for, among the bills of their manifests as they stood.

    Attributes
    ----------
    view : View
    rows : int array, shape (r,)
        Positions of the rows in the view.
    asked : int array, shape (r,)
        Which of the rows asked for they are.
    """

    view: View
    rows: Ints
    asked: Ints


def bills(table: pd.DataFrame) -> Ints:
    """Return the number of each row's shipment, the same for its versions.

    Bill numbers come back after years: a version more than `SAME_SHIPMENT_DAYS` after the one before
    is another shipment, here as in the port's past.

    Parameters
    ----------
    table : DataFrame, shape (n, k)

    Returns
    -------
    int array, shape (n,)
    """
    ids, known = pd.factorize(table["shipment_id"])[0], _known(table)
    order = np.lexsort((known, ids))
    ids, known = ids[order], known[order]
    dated = known > _FIRST
    apart = np.zeros(len(ids), dtype=bool)
    both = dated[1:] & dated[:-1]
    apart[1:][both] = (known[1:][both] - known[:-1][both]) > SAME_SHIPMENT_DAYS * DAY
    # A row without a number is a shipment of its own.
    starts = np.ones(len(ids), dtype=bool)
    starts[1:] = (ids[1:] != ids[:-1]) | (ids[1:] < 0) | apart[1:]
    found = np.empty(len(ids), dtype=np.int64)
    found[order] = np.cumsum(starts) - 1
    return found


def one_per_bill(table: pd.DataFrame) -> OnePerBill:
    """Return one version of each bill: the one that was inspected, else the first.

    That is the last version written before the bill's first inspection, with the bill's last outcome.
    Where every version is later, the one with the first outcome is returned as it is, for
    `models.labels` to refuse: what it says was written by people who knew the outcome.

    Parameters
    ----------
    table : DataFrame, shape (n, k)
        Shipment table with outcome columns; a bill may have several versions.
    """
    table = schema.complete(table).reset_index(drop=True)
    bill, known = bills(table), _known(table)
    turn = np.empty(len(table), dtype=np.int64)
    turn[np.lexsort((known, bill))] = np.arange(len(table))
    labelled = table["inspected_at"].notna() & table["outcome"].notna()
    at = table["inspected_at"].where(labelled)
    first = at.groupby(bill).transform("min")
    written = table[["known_at", "last_amended_at"]].max(axis=1)
    before = first.notna() & (written.isna() | (written <= first))
    inspected = first.notna().to_numpy()
    scored = before.groupby(bill).transform("any").to_numpy(dtype=bool)
    candidate = np.where(scored, before, np.where(inspected, at == first, True))
    chosen = _last_of_each(bill, np.where(scored, turn, -turn), candidate)
    outcome = chosen.copy()
    latest = _last_of_each(bill, turn + len(table) * at.rank(method="dense").fillna(0).to_numpy(), labelled)
    carried = np.flatnonzero(scored[chosen])
    outcome[carried] = latest[np.searchsorted(bill[latest], bill[chosen[carried]])]
    picked = table.loc[chosen]
    for name in schema.OUTCOME_COLUMNS:
        picked[name] = table[name].iloc[outcome].set_axis(picked.index)
    ends = pd.Series(turn).groupby(bill).max().to_numpy()
    place = np.argsort(chosen, kind="stable")
    return OnePerBill(picked.iloc[place], (ends[bill[chosen]] - turn[chosen])[place])


def _last_of_each(bill: Ints, key: npt.NDArray[np.float64], candidate: npt.ArrayLike) -> Ints:
    """Return the position of each bill's candidate with the largest key, in the order of the bills."""
    rows = np.flatnonzero(np.asarray(candidate, dtype=bool))
    rows = rows[np.lexsort((key[rows], bill[rows]))]
    last = np.append(bill[rows][1:] != bill[rows][:-1], True) if len(rows) else np.zeros(0, dtype=bool)
    return rows[last]


def _known(table: pd.DataFrame) -> Ints:
    """Return when each row was known (microseconds since 1970, as the port's past takes it)."""
    known = table["known_at"].fillna(table["arrives_at"]).astype("datetime64[us]")
    return np.where(known.isna(), _FIRST, known.to_numpy().astype(np.int64))


def contexts(view: View, versions: Ints, rows: Ints) -> Iterator[Context]:
    """Lay out the manifests of some rows as they stood when each row was known.

    A bill stands in its last version known by then, or in its first one: a manifest is scored
    whole. Manifests with too many moments (`MOST_LAID_OUT`) stand in `versions`.

    Parameters
    ----------
    view : View, n rows
        Every version of every bill.
    versions : int array, shape (m,)
        Positions of one version per bill (`one_per_bill`).
    rows : int array, shape (q,)
        Those of them that are asked for.

    Yields
    ------
    Context
        Each row asked for in one of them; at least one, if without rows.
    """
    versions_of = _Versions.of(view.table, versions)
    block, moment, crowded = versions_of.blocks(rows)
    _, first = np.unique(block, return_index=True)
    group = versions_of.group[rows[first]]
    ends = np.cumsum(versions_of.size[group])
    part = (ends - versions_of.size[group]) // max(len(view), _ROWS_AT_ONCE)
    for number in range(int(part.max(initial=0)) + 1):
        blocks = np.flatnonzero(part == number)
        here = first[blocks]
        at, laid = versions_of.laid_out(group[blocks], moment[here], crowded[here])
        laid = blocks[laid]
        asked = np.flatnonzero(np.isin(block, blocks))
        # Ordered by block and then position, so that a row is found by both.
        place = np.searchsorted(laid * len(view) + at, block[asked] * len(view) + rows[asked])
        taken = view.take(at)
        apart = siblings.set_apart(taken.table, laid)
        yield Context(View(apart, taken.goods, taken.route), place, asked)


@dataclass(frozen=True)
class _Versions:
    """When each of n versions stands, and among which others.

    Attributes
    ----------
    group : int array, shape (n,)
        Number of the manifest (`siblings.related`).
    size : int array
        Versions per group.
    known, since, until : int array, shape (n,)
        When it was known, and from and until when it stands; a bill's first one from ever.
    chosen : bool array, shape (n,)
        The one version per bill.
    """

    group: Ints
    size: Ints
    known: Ints
    since: Ints
    until: Ints
    chosen: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, table: pd.DataFrame, versions: Ints) -> _Versions:
        group = np.unique(siblings.related(table), return_inverse=True)[1]
        bill, known = bills(table), _known(table)
        chosen = np.zeros(len(table), dtype=bool)
        chosen[versions] = True
        # Of versions of one moment the chosen one comes last and stands.
        order = np.lexsort((chosen, known, bill))
        again = bill[order][1:] == bill[order][:-1]
        next_known = known[order[1:][again]]
        since, until = np.full(len(bill), _FIRST), np.full(len(bill), _LAST)
        since[order[1:][again]] = next_known
        until[order[:-1][again]] = next_known
        return cls(group, np.bincount(group), known, since, until, chosen)

    def blocks(self, rows: Ints) -> tuple[Ints, Ints, npt.NDArray[np.bool_]]:
        """Return per row the number of its layout, its moment, and whether its manifest has too many."""
        later, replaced = self.since > _FIRST, self.until < _LAST
        times = np.concatenate([self.since[later], self.until[replaced]])
        moments = np.unique(times)
        width = len(moments) + 1
        changed = np.concatenate([self.group[later], self.group[replaced]])
        changes = np.unique(changed * width + np.searchsorted(moments, times) + 1)
        # Rows of a manifest see the same layout if as many changes of it came before them.
        own, moment = self.group[rows], self.known[rows]
        passed = np.searchsorted(
            changes, own * width + np.searchsorted(moments, moment, side="right"), side="right"
        )
        step = len(changes) + 1
        layouts = np.bincount(np.unique(own * step + passed) // step, minlength=len(self.size))
        crowded = ((layouts > 1) & (layouts * self.size > MOST_LAID_OUT))[own]
        number = np.where(crowded, own * step, own * step + passed)
        return np.unique(number, return_inverse=True)[1], moment, crowded

    def laid_out(self, group: Ints, moment: Ints, crowded: npt.NDArray[np.bool_]) -> tuple[Ints, Ints]:
        """Return the versions that stand in each of some layouts, and which layout each belongs to."""
        order, start = np.argsort(self.group, kind="stable"), np.cumsum(self.size) - self.size
        many = self.size[group]
        laid = np.repeat(np.arange(len(group)), many)
        at = order[start[group][laid] + np.arange(len(laid)) - (np.cumsum(many) - many)[laid]]
        now = moment[laid]
        held = np.where(crowded[laid], self.chosen[at], (self.since[at] <= now) & (now < self.until[at]))
        return at[held], laid[held]
