"""A port's outcomes, kept with every correction: what was said of which shipment, when, and what stands.

The table of outcomes holds *statements*, one per row: of a shipment, or of one of its containers
(``part``), with the time the port's system recorded it and the time a later statement of the same
superseded it. Nothing is overwritten. `standing` gives what learning and the port's past read: one row
per shipment, from the statements that stand.

A row that does not say that an inspection took place says nothing: not inspected is never clean.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.manifest import schema
from features.manifest.mapping import Mapping, Source
from features.manifest.results import header, read_results
from risk.sentences import clean
from risk.statements import COLUMNS, SELECTION, OutcomesError, one_each, union

_FOUND = tuple(name for name in schema.OUTCOME_COLUMNS if name not in SELECTION)
_TIMES = ("recorded_at", "imported_at", "superseded_at")
_LOCAL = ("part", "recorded_at", "imported_at", "superseded_at", "matched_by")
#: How far each type of inspection looks; of a shipment inspected in parts the least far counts.
_REACH = {name: place for place, name in enumerate(schema.INSPECTION_TYPES)}


#: What statements are of.
_ONE = ["shipment_id", "part"]


@dataclass(frozen=True)
class Added:
    """Outcomes with new statements among them.

    Attributes
    ----------
    table : DataFrame, columns `COLUMNS`
        By shipment, part and time.
    first, corrections, earlier, unchanged : int
        New statements: the first of theirs; superseding another; superseded already by a later one
        that was known; known already.
    """

    table: pd.DataFrame
    first: int
    corrections: int
    earlier: int
    unchanged: int


# --- statements over time ---------------------------------------------------------------------


def empty() -> pd.DataFrame:
    """Return a table of no outcomes."""
    return _dressed(pd.DataFrame({name: pd.Series(dtype="object") for name in COLUMNS}))


def _dressed(table: pd.DataFrame) -> pd.DataFrame:
    kinds = dict.fromkeys(COLUMNS, "str")
    kinds |= {name: schema.BY_NAME[name].dtype for name in schema.OUTCOME_COLUMNS}
    kinds |= dict.fromkeys(_TIMES, "datetime64[us]") | {"version": "int64"}
    return table[list(COLUMNS)].astype(kinds)  # type: ignore[return-value]


def add(existing: pd.DataFrame, statements: pd.DataFrame) -> Added:
    """Add statements to those known; the same ones again change nothing.

    Statements of one shipment and part are in force one after another, by the time they were recorded
    and, at the same time, in the order they came in. A find is not replaced by a later inspection that
    looked less far and found nothing (`_lesser`): that one is kept and never stands.

    Parameters
    ----------
    existing, statements : DataFrame, columns `COLUMNS`
    """
    both = pd.concat([_dressed(existing), _dressed(statements)], ignore_index=True)
    both["__new"] = np.arange(len(both)) >= len(existing)
    same = both.assign(permit_valid=both["permit_valid"].astype("Int8").astype("float64"))
    content = ["shipment_id", "part", *_FOUND]
    both["__content"] = same.groupby(content, dropna=False, sort=False).ngroup()
    both = _known_selection(both)
    once = ["__content", "recorded_at"]
    told = both.duplicated(once, keep="first") & both["__new"]
    both = _in_order(both[~told])
    both = _without_echoes(both)
    both["version"] = both.groupby(_ONE, sort=False, dropna=False).cumcount() + 1
    lesser = _lesser(both)
    of = both[~lesser].groupby(_ONE, sort=False, dropna=False)
    following = of["recorded_at"].shift(-1).reindex(both.index)
    came = of["imported_at"].shift(-1).reindex(both.index)
    ends = following.where((following > both["recorded_at"]) | came.isna(), came)
    both["superseded_at"] = ends.mask(lesser, both["recorded_at"]).astype("datetime64[us]")
    both = _carried(both)
    new, stands = both["__new"], both["superseded_at"].isna() & ~following.notna()
    counts = [
        int((new & which).sum())
        for which in (stands & (both["version"] == 1), stands & (both["version"] > 1))
    ]
    return Added(
        _dressed(both),
        counts[0],
        counts[1],
        int((new & ~stands).sum()),
        len(statements) - int(new.sum()),
    )


def _lesser(table: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Return statements that take back no find before them: later inspections of less reach, without a find.

    A look at the papers days after a box was opened says nothing of what was in the box. A correction is
    told by the time of the inspection it corrects, or says that it overturns.

    Parameters
    ----------
    table : DataFrame, columns `COLUMNS`
        In order (`_in_order`).
    """
    find = table["outcome"].fillna("").str.contains("|".join(schema.FINDS), regex=True)
    status = table["outcome_status"].fillna("")
    find &= status != "overturned"
    several = table.duplicated(_ONE, keep=False)
    lesser = np.zeros(len(table), dtype=bool)
    rows = table[several & find.groupby([table[name] for name in _ONE]).transform("any")]
    if not len(rows):
        return lesser
    places = np.flatnonzero(table.index.isin(rows.index))
    reach = rows["inspection_type"].map(_REACH)
    own = np.where(find[rows.index], reach.fillna(len(_REACH)), reach.fillna(np.inf))
    one = rows.groupby(_ONE, sort=False, dropna=False).ngroup().to_numpy()
    times, overturns = rows["inspected_at"].to_numpy(), (status[rows.index] == "overturned").to_numpy()
    finds = find[rows.index].to_numpy()
    held = -1  # the find that stands; finds are rare, so these rows are few
    for i, place in enumerate(places):
        if held >= 0 and one[held] != one[i]:
            held = -1
        if finds[i]:
            held = i
        elif held >= 0 and not overturns[i] and times[i] > times[held] and own[i] < own[held]:
            lesser[place] = True
        else:
            held = -1
    return lesser


def _in_order(table: pd.DataFrame) -> pd.DataFrame:
    """Return statements by shipment, part and time; of one time, those superseded first."""
    # What never stood (`_lesser`) keeps its place behind the find it does not replace.
    stands = table["superseded_at"].isna() | (table["superseded_at"] == table["recorded_at"])
    return (
        table.assign(__stands=stands)
        .sort_values(
            ["shipment_id", "part", "recorded_at", "__stands"],
            kind="stable",
            na_position="first",
            ignore_index=True,
        )
        .drop(columns="__stands")
    )


def _known_selection(both: pd.DataFrame) -> pd.DataFrame:
    """Fill in who chose a shipment where a statement known already is told again by someone who knows."""
    of = both.groupby(["__content", "recorded_at"], sort=False, dropna=False)
    for name in SELECTION:
        both[name] = both[name].fillna(of[name].transform("first")).astype(both[name].dtype)
    return both


def _carried(both: pd.DataFrame) -> pd.DataFrame:
    """Let a correction keep who chose the shipment where it does not say."""
    of = both.groupby(_ONE, sort=False, dropna=False)
    for name in SELECTION:
        both[name] = both[name].fillna(of[name].ffill()).astype(both[name].dtype)
    return both


def _without_echoes(both: pd.DataFrame) -> pd.DataFrame:
    """Leave out new statements that say what the one before or after them says."""
    starts = both["__content"] != both["__content"].shift()
    run = starts.cumsum()
    known = (~both["__new"]).groupby(run).transform("any")
    keep = ~both["__new"] | (~known & starts)
    return both[keep].reset_index(drop=True)


def standing(table: pd.DataFrame) -> pd.DataFrame:
    """Return what stands of each shipment.

    Of statements on several containers the ones that count most are taken together: finds, then permitted
    finds, then "clean" taken back, then none found, then finds taken back. The shipment was inspected as
    far as the part that was looked at least.

    Parameters
    ----------
    table : DataFrame, columns `COLUMNS`

    Returns
    -------
    DataFrame, one row per shipment
        ``shipment_id``, the outcome columns and ``known_since``: when what stands came in, the time of
        the inspection unless it corrects an earlier statement.
    """
    table = _in_order(table)
    table = table[~_lesser(table)]
    of = table.groupby(_ONE, sort=False, dropna=False)
    since = of["superseded_at"].shift().fillna(table["inspected_at"]).astype("datetime64[us]")
    last = ~table.duplicated(_ONE, keep="last")
    rows = table[last].assign(known_since=since[last])
    rows["known_since"] = rows[["known_since", "inspected_at"]].max(axis=1)
    weight = pd.Series(_weight(rows), index=rows.index)
    rows = rows[weight == weight.groupby(rows["shipment_id"]).transform("min")]
    names = ["shipment_id", *schema.OUTCOME_COLUMNS, "known_since"]
    several = rows.duplicated("shipment_id", keep=False)
    if not several.any():
        return rows[names].reset_index(drop=True)
    groups = rows[several].groupby("shipment_id", sort=False)
    joined = groups[names[1:]].first()
    for name in ("outcome", "found_taxa"):
        joined[name] = groups[name].agg(union)
    joined["inspection_type"] = groups["inspection_type"].agg(_least)
    for name in ("inspected_at", "known_since"):
        joined[name] = groups[name].max()
    whole = pd.concat([rows.loc[~several, names], joined.reset_index()], ignore_index=True)
    return whole.astype(rows[names].dtypes.to_dict()).sort_values("shipment_id", ignore_index=True)


def _weight(rows: pd.DataFrame) -> npt.NDArray[np.int64]:
    outcome = rows["outcome"].fillna("")
    find = outcome.str.contains("|".join(schema.FINDS), regex=True).to_numpy(dtype=bool)
    overturned = (rows["outcome_status"] == "overturned").to_numpy(dtype=bool, na_value=False)
    permitted = rows["permit_valid"].fillna(False).to_numpy(dtype=bool)
    stated = (outcome != "").to_numpy()
    return np.select(
        [~stated, find & overturned, find & permitted, find, overturned], [5, 4, 1, 0, 2], default=3
    )


def _least(types: pd.Series) -> str | None:
    return min((str(name) for name in types.dropna()), key=lambda name: _REACH.get(name, 0), default=None)


# --- files --------------------------------------------------------------------------------------


def is_kept(path: str | Path) -> bool:
    """Return whether a file is a table of outcomes with its corrections (of `wildcargo import-outcomes`).

    Raises
    ------
    ManifestError
        It cannot be read as a table.
    """
    return {"part", "recorded_at", "superseded_at"} <= set(header(path))


def read(path: str | Path) -> pd.DataFrame:
    """Read a table of outcomes; of a plain one every row is a statement on its shipment.

    Returns
    -------
    DataFrame, columns `COLUMNS`

    Raises
    ------
    OutcomesError
        Rows or values that cannot be read: they would be lost.
    ManifestError
        It cannot be read as a table.
    """
    names = header(path)
    if "shipment_id" not in names or not set(names) & {"outcome", "inspected_at"}:
        raise OutcomesError(f"{path}: not a table of outcomes (shipment_id, outcome, inspected_at)")
    wanted = ("shipment_id", *schema.OUTCOME_COLUMNS, "source_file", "source_position")
    exact = Mapping(columns={name: Source((name,)) for name in wanted if name in names})
    found = read_results(path, exact, local=(*_LOCAL, "version"))
    lost = found.table["shipment_id"].isna()
    wrong = [f"{row['source_position']}: {row['reason']}" for row in found.broken.to_dict("records")]
    wrong += [f"{place}: no shipment_id" for place in found.table.loc[lost, "source_position"]]
    if "part" in names and "version" in names:
        cut = found.table["version"].isna()
        wrong += [f"{place}: the row is cut off" for place in found.table.loc[cut, "source_position"]]
    used = found.notes[found.notes["column"].isin(["shipment_id", *schema.OUTCOME_COLUMNS])]
    wrong += [
        f"{row['source_position']}: {row['column']} {clean(str(row['value']))!r}; expected {row['expected']}"
        for row in used.to_dict("records")
    ]
    if wrong:
        raise OutcomesError("\n".join([f"{path}: outcomes that cannot be read", *wrong]))
    table = found.table
    for name in _LOCAL:
        if name not in table:
            table[name] = pd.Series(None, index=table.index, dtype="str")
    for name in _TIMES:
        times = pd.to_datetime(table[name], errors="coerce", format="ISO8601", utc=True)
        table[name] = times.dt.tz_localize(None).astype("datetime64[us]")
    table["recorded_at"] = table["recorded_at"].fillna(table["inspected_at"])
    for name in ("part", "matched_by"):
        table[name] = table[name].fillna("")
    table = _dressed(table.assign(version=1))
    return table if "part" in names else one_each(table)
