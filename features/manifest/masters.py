"""Master bills beside their house bills.

What is scored is the house. A master bill whose houses are in the input is no shipment of its own: its houses
carry the flag that they came in a consolidation. A consolidated master without its houses is scored as it
stands, blind, and says so.
"""

from __future__ import annotations

import re

import pandas as pd

from features.manifest.canonical import POSITION
from features.manifest.problems import NOTE_COLUMNS, empty

#: How a master bill says that its goods stand elsewhere.
_ELSEWHERE = re.compile(r"\bconsol|\bper\s+(?:the\s+)?att(?:ache|d|\b)|\bsee\s+att|\bgroupage", re.I)
_BLIND = "its house bills beside it; a consolidation without them is scored blind"


def settle(table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, int]:
    """Take masters away whose houses are here.

    Parameters
    ----------
    table : DataFrame
        Shipments, with `POSITION`; no bill's houses are split from it.

    Returns
    -------
    table : DataFrame
        Without those masters; their houses have ``is_consolidation``.
    notes : DataFrame
        One per master that is scored blind.
    gone : int
        Masters taken away.
    """
    if "bill_level" not in table:
        return table, empty(NOTE_COLUMNS), 0
    own, level = table["shipment_id"], table["bill_level"]
    above = table["master_id"] if "master_id" in table else pd.Series(pd.NA, table.index, dtype="str")
    # A flight manifest does not say whether a waybill is a master: a house bill that names it does.
    named = own.isin(above[level.eq("house").fillna(False).astype(bool)].dropna())
    is_master = level.eq("master").fillna(False).astype(bool) | (level.isna() & named)
    if not is_master.any():
        return table, empty(NOTE_COLUMNS), 0
    housed = is_master & own.isin(above[~is_master].dropna())
    table = table.copy(deep=False)
    if "is_consolidation" not in table:
        table["is_consolidation"] = pd.Series(pd.NA, table.index, dtype="boolean")
    says = pd.Series(False, table.index)
    if "goods_description" in table:
        says = table["goods_description"].str.contains(_ELSEWHERE).fillna(False).astype(bool)
    consolidated = table["is_consolidation"].eq(True).fillna(False).astype(bool)
    blind = is_master & ~housed & (consolidated | says)
    flagged = blind | (~is_master & above.isin(own[housed]))
    table["is_consolidation"] = table["is_consolidation"].mask(flagged, True)
    return table[~housed].reset_index(drop=True), _notes(table[blind]), int(housed.sum())


def _notes(blind: pd.DataFrame) -> pd.DataFrame:
    if not len(blind):
        return empty(NOTE_COLUMNS)
    rows = blind[["shipment_id", "source_file", "source_position", POSITION]]
    notes = rows.assign(column="bill_level", value="master", expected=_BLIND)
    return notes[[*NOTE_COLUMNS, POSITION]].astype(dict.fromkeys(NOTE_COLUMNS, "str")).reset_index(drop=True)
