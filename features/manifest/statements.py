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

from features.manifest import declarations, earlier, kinds, masters, summaries
from features.manifest.canonical import KIND, PART, POSITION, SUMMARY
from features.manifest.consignments import Resolution, resolve
from features.manifest.mapping import Lines
from features.manifest.spill import align


@dataclass(frozen=True)
class Settled:
    """One row per bill, what each is made of, what was rejected and noted, and which rows it rests on.

    Attributes
    ----------
    origin : DataFrame
        `earlier.origin`, on the index of ``table``.
    """

    table: pd.DataFrame
    origin: pd.DataFrame
    rejected: list[pd.DataFrame]
    notes: list[pd.DataFrame]
    counts: dict[str, int]
    used: np.ndarray


def settle(
    table: pd.DataFrame,
    lines: Lines,
    *,
    versions: str = "latest",
    time: str = "known_at",
    now: pd.Timestamp | None = None,
) -> Settled:
    """Settle everything said of each bill.

    Parameters
    ----------
    table : DataFrame, shape (n, k)
        Rows in canonical dtypes, with `POSITION` and the other internal columns of `canonical`; all rows of
        a bill, of its master and of its manifest.
    lines, versions, time
        As for `consignments.resolve`.
    now : Timestamp, optional
        Beside an earlier list: when declarations that do not say it were known.

    Returns
    -------
    Settled
        ``table`` is in order of position and without internal columns but `POSITION`.
    """
    rows, besides, scored = earlier.take_apart(table)
    bills, declared = declarations.split(rows)
    bills, listed = summaries.split(bills)
    told = resolve(bills, lines, versions=versions, time=time, apart=(KIND,))
    entries, taken = summaries.settle(listed, lines)
    said = resolve(declared, lines, versions="latest", time=time)
    statements = _statements(told, entries, said)
    whole, united, retold = told.table, [], 0
    if versions == "latest":
        whole, differences, retold = kinds.unite(told.table, lines)
        united = [differences]
    whole, of_lists, of_declarations = earlier.put_back((whole, entries.table, said.table), besides)
    if now is not None and len(scored) and len(of_declarations):
        of_declarations = of_declarations.assign(known_at=of_declarations["known_at"].fillna(now))
    whole, in_bills = summaries.join(whole, of_lists)
    whole, in_shipments = declarations.join(whole, of_declarations)
    whole, blind, gone = masters.settle(whole)
    whole = earlier.known(whole, besides, scored)
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
    touched = bool(in_bills or in_shipments or retold or gone or len(besides) or len(blind))
    return Settled(
        table=whole.drop(columns=[name for name in whole if str(name).startswith("__") and name != POSITION]),
        origin=earlier.origin(whole, statements, touched, scored),
        rejected=[part.rejected for part in parts],
        notes=[*(part.notes for part in parts), *united, blind],
        counts=counts,
        used=np.concatenate([part.used for part in parts]),
    )


def _statements(told: Resolution, entries: Resolution, said: Resolution) -> pd.DataFrame:
    """Return all statements by position, each with who told it."""
    listed = entries.table
    if len(listed):
        part = listed[SUMMARY].eq(PART)
        listed = listed.assign(told_by=pd.Series(np.where(part, "part", "list"), listed.index, dtype="str"))
    tables = [
        table.assign(told_by=pd.Series(name, table.index, dtype="str"))
        for table, name in ((told.table, "bill"), (said.table, "declaration"))
        if len(table)
    ]
    tables += [listed] if len(listed) else []
    if not tables:
        tables = [told.table.assign(told_by=pd.Series(dtype="str"))]
    whole = tables[0] if len(tables) == 1 else align(tables)
    if KIND not in whole:
        whole = whole.assign(**{KIND: pd.Series(pd.NA, whole.index, dtype="str")})
    return whole.rename(columns={KIND: "kind"}).set_index(POSITION)
