"""Declarations beside the bills they declare.

A declaration comes after the manifest and says more of the same goods: heading, value, origin, lane. It is no
shipment of its own where its bill is in the input: the bill's row takes over what the declaration says. A
declaration whose bill is not here stands for it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from features.manifest.canonical import DECLARES, POSITION
from features.manifest.filling import fill

#: What a declaration says better than the manifest; all else it only fills in where the manifest is silent.
BETTER = (
    "declaration_id",
    "lane",
    "trusted_trader",
    "items",
    "hs_codes",
    "origin_country",
    "declared_value",
    "currency",
    "permit_refs",
    "net_weight_kg",
    "broker_name",
    "consignee_id",
)


def split(table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows of bills and those of declarations, without `DECLARES`."""
    if DECLARES not in table:
        return table, table[:0]
    declares = table[DECLARES].fillna(False).to_numpy(dtype=bool)
    table = table.drop(columns=DECLARES)
    return table[~declares].reset_index(drop=True), table[declares].reset_index(drop=True)


def join(bills: pd.DataFrame, said: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Let bills take over what their declarations say.

    Parameters
    ----------
    bills, said : DataFrame
        Settled bills and settled declarations, with `POSITION`; a declaration has one row per bill.

    Returns
    -------
    table : DataFrame
        Bills, and declarations whose bill is not here, in order of position. A bill that took something
        over is known since its declaration; of several versions it is the latest.
    joined : int
        Declarations taken in.
    """
    if said.empty:
        return bills, 0
    order = ["known_at", POSITION] if "known_at" in bills else [POSITION]
    latest = bills.sort_values(order, na_position="first", kind="stable").drop_duplicates(
        "shipment_id", keep="last"
    )
    place = pd.Series(latest.index, index=latest["shipment_id"]).reindex(said["shipment_id"]).to_numpy()
    here = ~np.isnan(place)
    told, rows = said[here], bills.index[place[here].astype(np.int64)]
    bills = fill(bills, rows, told, BETTER)
    told = told.set_axis(rows)
    if "known_at" in told and "known_at" in bills:
        bills.loc[rows, "known_at"] = pd.concat([bills.loc[rows, "known_at"], told["known_at"]], axis=1).max(
            axis=1
        )
    whole = pd.concat([bills, said[~here]], ignore_index=True)
    return whole.sort_values(POSITION, kind="stable", ignore_index=True), int(here.sum())
