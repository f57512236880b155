"""What one statement about a bill leaves open, filled from another about the same bill.

A cell that describes another cell (the currency of a value, the address of a party) is taken only
where both statements mean the same value or party: an address never moves to another name.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from features.manifest.canonical import POSITION
from features.manifest.joining import comparable

#: Where a statement stands, when it was made and how often it was made again: its own affair.
OWN = (
    "shipment_id",
    "known_at",
    "source_file",
    "source_position",
    "amendment_count",
    "last_amended_at",
    POSITION,
)
#: Cell -> the cell it describes.
DESCRIBES = {
    "currency": "declared_value",
    "package_type": "packages",
    "items": "hs_codes",
    **{
        f"{role}_{detail}": f"{role}_name"
        for role in ("shipper", "consignee", "notify")
        for detail in ("address", "country", "id", "phone", "email")
    },
}


def fill(
    table: pd.DataFrame, rows: pd.Index, told: pd.DataFrame, better: Collection[str] = ()
) -> pd.DataFrame:
    """Fill open cells of some rows from what another statement tells.

    Parameters
    ----------
    table : DataFrame, shape (n, k)
    rows : Index, shape (m,)
        Labels in ``table``, each at most once.
    told : DataFrame, shape (m, l)
        What the other statements say, in the order of ``rows``.
    better : collection of str
        Columns the other statement knows better: what it says there goes first.

    Returns
    -------
    DataFrame, shape (n, ...)
        A new table; columns only ``told`` has are added.
    """
    told = told.set_axis(rows)
    table = table.copy()
    old = table.loc[rows]
    heads = {head for name, head in DESCRIBES.items() if name in told and told[name].notna().any()}
    same = {head: _same(old, told, head) for head in heads}
    for name in [n for n in told.columns if n not in OWN and not str(n).startswith("__")]:
        new = told[name]
        if not new.notna().any():
            continue
        if name not in table:
            table[name] = pd.Series(index=table.index, dtype=new.dtype)
        own = table.loc[rows, name]
        if name in better:
            table.loc[rows, name] = new.where(new.notna(), own)
            continue
        open_cells = own.isna().to_numpy()
        if name in DESCRIBES:
            open_cells = open_cells & same[DESCRIBES[name]]
        table.loc[rows, name] = own.where(~open_cells, new)
    return table


def fill_in_turn(rows: pd.DataFrame, by: str) -> pd.DataFrame:
    """Fill the first statement on each bill from all others in turn, as `fill` does from one.

    However many statements there are on one bill, every column is looked at once.

    Parameters
    ----------
    rows : DataFrame, shape (n, k)
        Statements, those that go first before the others.
    by : str
        Column that names the bill.

    Returns
    -------
    DataFrame, shape (bills, k)
        Indexed by bill, in order of their first statements; `OWN` and internal columns are the first's.
    """
    group, bills = pd.factorize(rows[by])
    first = ~pd.Series(group).duplicated().to_numpy()
    base = rows[first].set_axis(pd.Index(bills))
    allowed = {head: _in_turn(rows, group, head) for head in {*DESCRIBES.values()} if head in rows}
    for name in [n for n in rows.columns if n not in OWN and not str(n).startswith("__")]:
        if not base[name].isna().any():
            continue
        values = rows[name]
        if DESCRIBES.get(name) in allowed:
            values = values.where(allowed[DESCRIBES[name]])
        base[name] = values.groupby(group).first().set_axis(bills).astype(rows[name].dtype)
    return base


def _in_turn(rows: pd.DataFrame, group: np.ndarray, head: str) -> np.ndarray:
    """Tell which statements do not contradict, in one column, what those before them leave in it."""
    values = comparable(rows[head])
    said = values.notna()
    before = said.astype("int64").groupby(group).cumsum() - said > 0
    stands = values.groupby(group).transform("first")
    return (~before | ~said | (values == stands).fillna(False)).to_numpy(dtype=bool)


def _same(old: pd.DataFrame, told: pd.DataFrame, name: str) -> np.ndarray:
    """Tell where two statements do not contradict each other in a column."""
    if name not in old or name not in told:
        return np.ones(len(old), dtype=bool)
    one, other = comparable(old[name]), comparable(told[name])
    return (one.isna() | other.isna() | (one == other).fillna(False)).to_numpy(dtype=bool)
