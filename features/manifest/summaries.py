"""Entries of lists beside the bills they name.

A flight manifest or a house list tells of a bill in short. Where the bill's own message is in the input
too, in whatever order, the entry fills in what the bill leaves open and is no version of it: it neither
replaces the bill nor counts as an amendment, and the bill is known since it was lodged (a manifest sent
when the aircraft leaves would make every bill on it look lodged late). An entry whose bill is not here
stands for it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from features.manifest.canonical import PART, POSITION, SUMMARY
from features.manifest.consignments import Resolution, resolve
from features.manifest.filling import fill, fill_in_turn
from features.manifest.mapping import SUMMED, Lines

#: What a list of what was really loaded knows better than a bill, which is written before: on what the goods
#: travel, when and where they are unloaded, in which unit, and under which manifest. Who sends what to whom,
#: how much and of what origin is the bill's to say.
LOADED = (
    "manifest_id",
    "registration_number",
    "line_number",
    "arrives_at",
    "location",
    "discharge_port",
    "container_ids",
    "vessel_or_flight",
    "voyage",
)
_LIST = "__list"
_UNITED = ("container_ids", "container_types", "seal_ids", "location", "handling_codes")


def split(table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows of bills, without `SUMMARY`, and those of lists."""
    if SUMMARY not in table:
        return table, table[:0]
    listed = table[SUMMARY].fillna(0).to_numpy() > 0
    bills = table[~listed].drop(columns=SUMMARY)
    return bills.reset_index(drop=True), table[listed].reset_index(drop=True)


def settle(listed: pd.DataFrame, lines: Lines) -> tuple[Resolution, int]:
    """Make one row per bill of the entries of lists.

    Entries of one list are lines, repeats or amendments of each other as rows of bills are. Of several
    lists, quantities of parts of a shipment are added; where an entry tells of the whole bill, the latest
    that does so counts. A bill that comes in parts is told by the part that arrives first.

    Returns
    -------
    settled : Resolution
    taken : int
        Entries that went into others.
    """
    if listed.empty:
        counts = dict.fromkeys(("shipments", "joined", "repeats", "superseded", "rejected"), 0)
        nothing = pd.DataFrame()
        return Resolution(listed, nothing, nothing, counts, np.empty(0, dtype=np.int64)), 0
    number = listed["manifest_id"] if "manifest_id" in listed else pd.Series(pd.NA, listed.index, dtype="str")
    # Lists of one number may say different things of one bill (unloaded in two places): none contradicts.
    settled = resolve(listed.assign(**{_LIST: number}), replace(lines, same=()), apart=(_LIST,))
    table = settled.table.drop(columns=_LIST)
    several = table["shipment_id"].duplicated(keep=False)
    if not several.any():
        return replace(settled, table=table), 0
    one = _united(table[several].reset_index(drop=True))
    whole = pd.concat([table[~several], one], ignore_index=True)
    whole = whole.sort_values(POSITION, kind="stable", ignore_index=True)
    return replace(settled, table=whole), len(table) - len(whole)


def _united(rows: pd.DataFrame) -> pd.DataFrame:
    """Make one row per bill of its rows in several lists, whatever their order."""
    rows = _without_echoes(_ordered(rows))
    part = rows[SUMMARY].eq(PART)
    # Entries of the whole bill go first, the latest before the others; of parts the first to arrive.
    known = rows["known_at"] if "known_at" in rows else pd.Series(pd.NaT, rows.index)
    arrives = rows["arrives_at"] if "arrives_at" in rows else pd.Series(pd.NaT, rows.index)
    age = (pd.Timestamp("2200-01-01") - known).where(~part)
    keys = pd.DataFrame({"id": rows["shipment_id"], "part": part, "age": age, "arrives": arrives})
    rows = rows.loc[keys.sort_values(["id", "part", "age", "arrives"], kind="stable").index]
    rows = rows.reset_index(drop=True)
    part = rows[SUMMARY].eq(PART)
    base = fill_in_turn(rows, "shipment_id")
    base[POSITION] = rows.groupby("shipment_id")[POSITION].min()
    in_parts = base[SUMMARY].eq(PART)
    parts = rows[part & rows["shipment_id"].map(in_parts)]
    for name in [n for n in SUMMED if n in rows and n != "declared_value"]:
        total = parts.groupby("shipment_id")[name].sum(min_count=1)
        base[name] = base[name].where(~in_parts, total.reindex(base.index))
    for name in [n for n in _UNITED if n in rows]:
        members = parts[["shipment_id", name]].dropna()
        if len(members):
            united = members.groupby("shipment_id")[name].agg(_members).reindex(base.index)
            base[name] = base[name].where(united.isna(), united).astype("str")
    return base.reset_index(drop=True)


def _members(lists: pd.Series) -> str:
    return ";".join(dict.fromkeys(member for text in lists for member in str(text).split(";")))


def _ordered(rows: pd.DataFrame) -> pd.DataFrame:
    """Order rows by what they say, so that the order of files is of no account."""
    names = ["shipment_id", *(n for n in ("known_at", *LOADED, "packages", "gross_weight_kg") if n in rows)]
    return rows.sort_values(names, kind="stable", ignore_index=True)


def _without_echoes(rows: pd.DataFrame) -> pd.DataFrame:
    """Leave out a part that another list of the same flight tells of too (XFFM and FFM).

    A flight is known by its number and day; an entry without a day is of the same flight as one with a day
    that has its number and quantities.
    """
    if not {"vessel_or_flight", "arrives_at"} <= set(rows.columns):
        return rows
    names = ["shipment_id", "vessel_or_flight", *(n for n in ("packages", "gross_weight_kg") if n in rows)]
    dated = rows["arrives_at"].notna() & rows["vessel_or_flight"].notna()
    twin = dated.groupby([rows[name] for name in names], dropna=False).transform("any")
    echo = twin & ~dated & rows[SUMMARY].eq(PART)
    again = rows[dated].duplicated([*names, "arrives_at"]).reindex(rows.index, fill_value=False)
    return rows[~(echo | (again & rows[SUMMARY].eq(PART)))].reset_index(drop=True)


def join(bills: pd.DataFrame, entries: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Let bills take over what lists say of them.

    Parameters
    ----------
    bills, entries : DataFrame
        Settled, with `POSITION`; entries have one row per bill.

    Returns
    -------
    table : DataFrame
        Bills, and entries whose bill is not here, in order of position. Of several versions of a bill those
        known when the list was take it over, and the latest in any case.
    taken : int
        Entries whose bill is here.
    """
    if entries.empty:
        return bills, 0
    told = entries.drop(columns=SUMMARY, errors="ignore").set_index("shipment_id", drop=False)
    here = told.index.isin(bills["shipment_id"])
    if here.any():
        bills = _told(bills, told[here])
    whole = pd.concat([bills, told[~here]], ignore_index=True) if not here.all() else bills
    return whole.sort_values(POSITION, kind="stable", ignore_index=True), int(here.sum())


def _told(bills: pd.DataFrame, told: pd.DataFrame) -> pd.DataFrame:
    listed = bills["shipment_id"].isin(told.index)
    rows = bills[listed]
    if rows["shipment_id"].duplicated().any() and "known_at" in rows:
        order = rows.sort_values(["known_at", POSITION], na_position="first", kind="stable")
        latest = ~order["shipment_id"].duplicated(keep="last").reindex(rows.index)
        since = told["known_at"] if "known_at" in told else pd.Series(pd.NaT, told.index)
        rows = rows[latest | (rows["known_at"] >= rows["shipment_id"].map(since))]
    said = told.loc[rows["shipment_id"]]
    own = rows.get("discharge_port")
    if own is not None and "discharge_port" in said:
        # Unloaded short of where the bill ends: its own end is where the goods go.
        lands = said["discharge_port"].set_axis(rows.index)
        goes = own.where(own.notna() & lands.notna() & (own != lands).fillna(False))
        place = said["delivery_place"] if "delivery_place" in said else pd.Series(pd.NA, said.index)
        place = place.astype("str")
        said = said.assign(delivery_place=place.where(place.notna(), goes.set_axis(said.index)).astype("str"))
    return fill(bills, rows.index, said, LOADED)
