"""Rows that share a bill: lines of one consignment, repeats, amendments, contradictions.

Every row meets exactly one fate, and `Resolution.counts` adds up to the rows read:

``shipments``
    rows of the result;
``joined``
    further rows that are lines of one of them;
``repeats``
    identical repeats, dropped;
``superseded``
    rows of versions that a later ``known_at`` replaces;
``rejected``
    rows of one bill and one time that contradict each other.

All of it looks at one shipment's rows only, so that any cut of the input which splits no
shipment gives the same result.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.manifest import schema
from features.manifest.canonical import EARLIER, POSITION
from features.manifest.joining import WHERE, comparable, hashed, join
from features.manifest.mapping import Lines
from features.manifest.problems import NOTE_COLUMNS, REJECTED_COLUMNS, empty


@dataclass(frozen=True)
class Resolution:
    """Shipments, what was rejected, what was noted, and which rows the shipments rest on."""

    table: pd.DataFrame
    rejected: pd.DataFrame
    notes: pd.DataFrame
    counts: dict[str, int]
    used: np.ndarray


def resolve(
    table: pd.DataFrame,
    lines: Lines,
    *,
    versions: str = "latest",
    time: str = "known_at",
    apart: tuple[str, ...] = (),
) -> Resolution:
    """Join the lines of each bill and settle repeats.

    Parameters
    ----------
    table : DataFrame, shape (n, k)
        Rows in canonical dtypes with ``shipment_id`` and `POSITION`, in order of position.
    lines : Lines
        The mapping's `[lines]` rule.
    versions : {"latest", "all"}
        Keep only the latest version of a shipment, or every one.
    time : str
        Column that orders versions; a missing time is the earliest.
    apart : tuple of str
        Columns that tell rows of one shipment apart which are to be settled each for itself.
    """
    if versions not in ("latest", "all"):
        raise ValueError(f"versions is 'latest' or 'all', not {versions!r}")
    table = table.reset_index(drop=True)
    group = _bill_codes(table, apart)
    alone = np.bincount(group, minlength=1)[group] == 1 if len(table) else np.empty(0, dtype=bool)
    single, several = table[alone], table[~alone].reset_index(drop=True)
    if several.empty:
        counts = {"shipments": len(single), "joined": 0, "repeats": 0, "superseded": 0, "rejected": 0}
        return Resolution(
            single, empty(REJECTED_COLUMNS), empty(NOTE_COLUMNS), counts, table[POSITION].to_numpy()
        )
    several["__bill"] = group[~alone]
    several["__version"] = _version_codes(several, time)
    distinct = several[~_repeats(several, time)].reset_index(drop=True)
    clash = _contradictions(distinct, lines)
    rejected = _rejected(
        several[several["__version"].isin(distinct.loc[clash != "", "__version"])], distinct, clash
    )
    distinct = distinct[(clash == "").to_numpy()].reset_index(drop=True)
    joined, notes = join(distinct, lines)
    kept, superseded, echoed = _settle_versions(joined, time, versions)
    result = pd.concat([single, kept.drop(columns=["__bill", "__version", "__rows"])], ignore_index=True)
    result = result.sort_values(POSITION, kind="stable", ignore_index=True)
    used = distinct.loc[distinct["__version"].isin(kept["__version"]), POSITION]
    lines_used = int(kept["__rows"].sum())
    counts = {
        "shipments": len(result),
        "joined": lines_used - len(kept),
        "repeats": len(several) - len(rejected) - len(distinct) + echoed,
        "superseded": superseded,
        "rejected": len(rejected),
    }
    notes = notes[notes[POSITION].isin(used)]
    return Resolution(
        result, rejected, notes, counts, np.concatenate([single[POSITION].to_numpy(), used.to_numpy()])
    )


def _bill_codes(table: pd.DataFrame, apart: tuple[str, ...]) -> np.ndarray:
    """Return one code per bill."""
    names = [name for name in apart if name in table]
    if not names:
        return pd.factorize(table["shipment_id"])[0]
    return table.groupby(["shipment_id", *names], sort=False, dropna=False).ngroup().to_numpy()


def _version_codes(rows: pd.DataFrame, time: str) -> np.ndarray:
    """Return one code per bill and time; a row of an earlier list is a version of its own."""
    stamps = rows[time].astype("datetime64[us]").astype("int64") if time in rows else pd.Series(0, rows.index)
    earlier = rows[EARLIER].fillna(False) if EARLIER in rows else pd.Series(False, rows.index)
    return rows.groupby([rows["__bill"], stamps, earlier], sort=False).ngroup().to_numpy()


def _content(rows: pd.DataFrame, *leave_out: str) -> list[str]:
    out = {*WHERE, *leave_out}
    return [name for name in rows.columns if name not in out and not name.startswith("__")]


def _repeats(rows: pd.DataFrame, time: str) -> np.ndarray:
    """Tell rows whose whole content stood before in the same version."""
    content = hashed(rows, _content(rows, time))
    return pd.DataFrame({"version": rows["__version"], "content": content}).duplicated().to_numpy()


def _contradictions(rows: pd.DataFrame, lines: Lines) -> pd.Series:
    """Return per row the columns in which its bill contradicts itself, or an empty text."""
    version = rows["__version"]
    clash = pd.Series("", index=rows.index, dtype="str")
    if not lines.join:
        many = version.map(version.value_counts()) > 1
        return clash.mask(many, "content")
    for name in lines.same:
        if name not in rows or not rows[name].notna().any():
            continue
        values = comparable(rows[name])
        differs = values.groupby(version).transform("nunique") > 1
        clash = clash.mask(differs, clash + np.where(clash == "", "", ", ") + name)
    return clash


def _rejected(rows: pd.DataFrame, distinct: pd.DataFrame, clash: pd.Series) -> pd.DataFrame:
    reasons = dict(zip(distinct["__version"], clash, strict=True))
    reason = "same bill and same time with different " + rows["__version"].map(reasons).astype("str")
    out = rows[["source_file", "source_position", "shipment_id", POSITION]].assign(reason=reason)
    return out.reset_index(drop=True)[[*REJECTED_COLUMNS, POSITION]]


def _settle_versions(joined: pd.DataFrame, time: str, versions: str) -> tuple[pd.DataFrame, int, int]:
    """Order each shipment's versions, drop echoes, count amendments.

    Returns
    -------
    kept : DataFrame
    superseded, echoed : int
        Input rows of replaced versions, and of versions sent again unchanged.
    """
    order = [name for name in ("__bill", time) if name in joined]
    rows = joined.sort_values([*order, POSITION], na_position="first", kind="stable", ignore_index=True)
    content = pd.Series(hashed(rows, _content(rows, time, "amendment_count", "last_amended_at")))
    echo = (rows["__bill"] == rows["__bill"].shift()) & (content == content.shift())
    echoed = int(rows.loc[echo, "__rows"].sum())
    rows = rows[~echo].reset_index(drop=True)
    if time == "known_at":
        # Every version stands for a file as it was scored then: versions of other files were not in it.
        _count_amendments(rows, ["__bill"] if versions == "latest" else ["__bill", "source_file"])
    last = ~rows["__bill"].duplicated(keep="last")
    superseded = 0 if versions == "all" else int(rows.loc[~last, "__rows"].sum())
    return (rows if versions == "all" else rows[last]), superseded, echoed


def _count_amendments(rows: pd.DataFrame, together: list[str]) -> None:
    """Count on each version one amendment more than on the one before, or what it says itself."""
    number = rows.groupby(together, dropna=False).cumcount()
    later = number > 0
    if not later.any():
        return
    for name in ("amendment_count", "last_amended_at"):
        if name not in rows:
            rows[name] = schema.empty_column(name, rows.index)
    said = rows["amendment_count"].fillna(0) - number
    counted = number + said.groupby([rows[name] for name in together], dropna=False).cummax()
    rows["amendment_count"] = rows["amendment_count"].where(~later, counted)
    times = ["last_amended_at", *(["known_at"] if "known_at" in rows else [])]
    amended = rows[times].max(axis=1).astype("datetime64[us]")
    rows["last_amended_at"] = rows["last_amended_at"].where(~later, amended)
