"""Bills told of by several kinds of message: a CUSCAR and an air waybill, a row of a table and an awmds.

A message of the same kind, sent again later, is an amendment: its sender says the whole anew, and what it
leaves out is gone. A message of another kind comes from somebody else (the carrier, the agent, the port's own
system) and is no amendment: the later one stands, and what it leaves open stays as the other one says.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from features.manifest.canonical import KIND, POSITION
from features.manifest.filling import fill
from features.manifest.joining import comparable
from features.manifest.mapping import Lines
from features.manifest.problems import NOTE_COLUMNS, empty, quoted

_OTHER = "the same in all messages about the bill; another one says this"


def unite(bills: pd.DataFrame, lines: Lines) -> tuple[pd.DataFrame, pd.DataFrame, int]:
    """Make one row of each bill of what several kinds of message tell.

    Parameters
    ----------
    bills : DataFrame
        One row per bill and `KIND`, with `POSITION`.
    lines : Lines
        ``same`` names the columns whose contradictions are noted.

    Returns
    -------
    table : DataFrame
        One row per bill, in order of position: the latest known (of equal times the one that says most),
        its open cells filled from the others, the later ones first.
    notes : DataFrame
        One per cell of ``lines.same`` in which another kind of message says otherwise.
    retold : int
        Rows that went into others.
    """
    if KIND not in bills or not (several := bills["shipment_id"].duplicated(keep=False)).any():
        return bills, empty(NOTE_COLUMNS).assign(**{POSITION: pd.Series(dtype="int64")}), 0
    rows = bills[several]
    known = rows["known_at"] if "known_at" in rows else pd.Series(pd.NaT, rows.index)
    order = pd.DataFrame(
        {"id": rows["shipment_id"], "known": known, "says": rows.notna().sum(axis=1), "kind": rows[KIND]}
    ).sort_values(["id", "known", "says", "kind"], ascending=[True, False, False, True], kind="stable")
    rank = order.groupby("id").cumcount()
    first = rank.index[rank == 0]
    base = pd.Series(first, index=rows.loc[first, "shipment_id"])
    notes = []
    for step in range(1, int(rank.max()) + 1):
        others = rows.loc[rank.index[rank == step]]
        at = pd.Index(base.reindex(others["shipment_id"]).to_numpy())
        notes += _differences(bills.loc[at], others, lines)
        bills = fill(bills, at, others)
    table = bills[~several | bills.index.isin(first)]
    table = table.sort_values(POSITION, kind="stable", ignore_index=True)
    whole = pd.concat(notes) if notes else empty(NOTE_COLUMNS).assign(**{POSITION: pd.Series(dtype="int64")})
    return table, whole, len(bills) - len(table)


def _differences(base: pd.DataFrame, others: pd.DataFrame, lines: Lines) -> list[pd.DataFrame]:
    """Return notes on what another kind of message says otherwise."""
    others = others.set_axis(base.index)
    notes = []
    # Every kind of message numbers its manifests in its own way.
    asked = (name for name in (*lines.same, *lines.sum) if name != "manifest_id")
    for name in [n for n in asked if n in base and n in others]:
        one, other = comparable(base[name]), comparable(others[name])
        differs = one.notna() & other.notna() & (one != other).fillna(False)
        if one.dtype.kind == "f":
            differs &= ~np.isclose(one, other, rtol=0.01, atol=0)
        if differs.any():
            told = base.loc[differs, ["shipment_id", "source_file", "source_position", POSITION]]
            value = [_said(text) for text in others.loc[differs, name]]
            note = told.assign(column=name, value=value, expected=_OTHER)
            notes.append(note[[*NOTE_COLUMNS, POSITION]])
    return notes


def _said(value: object) -> str:
    return quoted(f"{value:.12g}" if isinstance(value, float) else value)
