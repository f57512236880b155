"""All that an input says of each bill, made one row: bills, entries of lists, declarations, masters.

Every row meets one fate, and the counts add up to the rows read:

``shipments``
    rows of the result;
``joined``
    lines of one bill in another of its rows, masters in their houses;
``retold``
    bills that another kind of message tells of too (`kinds`);
``listed``
    entries of lists whose bill, or another entry for it, is here (`summaries`);
``declared``
    declarations whose bill is here (`declarations`);
``repeats``, ``superseded``, ``rejected``
    as in `consignments`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.manifest import declarations, kinds, masters, summaries
from features.manifest.canonical import KIND, POSITION
from features.manifest.consignments import resolve
from features.manifest.mapping import Lines


@dataclass(frozen=True)
class Settled:
    """One row per bill, what was rejected and noted, and which rows the result rests on."""

    table: pd.DataFrame
    rejected: list[pd.DataFrame]
    notes: list[pd.DataFrame]
    counts: dict[str, int]
    used: np.ndarray


def settle(table: pd.DataFrame, lines: Lines, *, versions: str = "latest", time: str = "known_at") -> Settled:
    """Settle everything said of each bill.

    Parameters
    ----------
    table : DataFrame, shape (n, k)
        Rows in canonical dtypes, with `POSITION` and the other internal columns of `canonical`; all rows of
        a bill, of its master and of its manifest.
    lines, versions, time
        As for `consignments.resolve`.

    Returns
    -------
    Settled
        ``table`` is in order of position and without internal columns but `POSITION`.
    """
    bills, declared = declarations.split(table)
    bills, listed = summaries.split(bills)
    told = resolve(bills, lines, versions=versions, time=time, apart=(KIND,))
    entries, taken = summaries.settle(listed, lines)
    said = resolve(declared, lines, versions="latest", time=time)
    whole, united, retold = told.table, [], 0
    if versions == "latest":
        whole, differences, retold = kinds.unite(told.table, lines)
        united = [differences]
    whole, in_bills = summaries.join(whole, entries.table)
    whole, in_shipments = declarations.join(whole, said.table)
    whole, blind, gone = masters.settle(whole)
    parts = (told, entries, said)
    counts = {
        "shipments": len(whole),
        "joined": sum(part.counts["joined"] for part in parts) + gone,
        "retold": retold,
        "listed": taken + in_bills,
        "declared": in_shipments,
        "repeats": sum(part.counts["repeats"] for part in parts),
        "superseded": sum(part.counts["superseded"] for part in parts),
    }
    return Settled(
        table=whole.drop(columns=[name for name in whole if str(name).startswith("__") and name != POSITION]),
        rejected=[part.rejected for part in parts],
        notes=[*(part.notes for part in parts), *united, blind],
        counts=counts,
        used=np.concatenate([part.used for part in parts]),
    )
