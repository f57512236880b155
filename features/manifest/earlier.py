"""Shipments of an earlier list, taken up again beside what a new input says of them.

A score record keeps the row that was scored, whole, and its origin: what kind of statement it was, when that
statement itself says it was known, and the cells that other statements (lists, declarations) changed in it.
From these the statement and what was said besides are told apart again, so that a new input meets the same
rules as if it had been read together with the old one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

import numpy as np
import pandas as pd

from features.manifest import declarations, schema, summaries
from features.manifest.canonical import DECLARES, EARLIER, KIND, PART, POSITION, SUMMARY, WHOLE
from features.manifest.canonical import Part as Rows
from features.manifest.filling import OWN, fill
from features.manifest.problems import NOTE_COLUMNS, REJECTED_COLUMNS, ManifestError, empty, problem

#: What a row of an earlier list is made of: ``told_by`` (one of `TOLD_BY`), ``kind`` (format of the message,
#: empty for tables), ``stated_at`` (when its own statement says it was known), ``own`` (JSON: the cells of
#: its own statement that others changed; missing where there are none).
ORIGIN = ("told_by", "kind", "stated_at", "own")
TOLD_BY = ("bill", "list", "part", "declaration")
_STATED, _CELLS = "__stated", "__own"
_BETTER = frozenset((*declarations.BETTER, *summaries.LOADED, "is_consolidation"))


def as_rows(frame: pd.DataFrame, first: int) -> Rows:
    """Return shipments of an earlier list as rows to settle.

    Parameters
    ----------
    frame : DataFrame, shape (n, k)
        Columns of the shipment table in canonical dtypes, local columns, and `ORIGIN`.
    first : int
        How many went before; earlier shipments stand before all files.
    """
    names = [name for name in frame if name in schema.BY_NAME or name not in ORIGIN]
    table = frame[names].reset_index(drop=True)
    told = frame["told_by"].reset_index(drop=True)
    table[POSITION] = np.arange(first, first + len(table), dtype=np.int64) - (1 << 60)
    table[EARLIER] = pd.Series(True, table.index, dtype="boolean")
    table[KIND] = frame["kind"].reset_index(drop=True).fillna("").astype("str")
    table[SUMMARY] = told.map({"list": WHOLE, "part": PART}).fillna(0.0).astype("float64")
    table[DECLARES] = (told == "declaration").astype("boolean")
    table[_STATED] = frame["stated_at"].reset_index(drop=True).astype("datetime64[us]")
    table[_CELLS] = frame["own"].reset_index(drop=True).astype("str")
    nothing = pd.Series(dtype="int64")
    notes = empty(NOTE_COLUMNS).assign(**{POSITION: nothing})
    rejected = empty(REJECTED_COLUMNS).assign(**{POSITION: nothing})
    return Rows(table, notes, rejected, len(table))


def take_apart(table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Tell what statements said from what was said besides.

    Returns
    -------
    rows : DataFrame
        All rows; those of an earlier list as their own statements were.
    besides : DataFrame
        Indexed by ``shipment_id``: the cells others changed, as they came to be, and ``known_at``.
    scored : DataFrame
        Rows of the earlier list as they were scored, indexed by ``shipment_id``.
    """
    if EARLIER not in table:
        return table, table[:0], table[:0]
    is_earlier = table[EARLIER].fillna(False).to_numpy(dtype=bool)
    scored = table[is_earlier]
    rows = table.drop(columns=[_STATED, _CELLS])
    rows.loc[is_earlier, "known_at"] = scored[_STATED]
    told = scored[scored[_CELLS].notna()]
    own = pd.Series([json.loads(text) for text in told[_CELLS]], told.index, dtype="object")
    besides = pd.DataFrame(index=pd.Index(told["shipment_id"], name=None))
    besides["known_at"] = told["known_at"].where(told["known_at"] > told[_STATED]).to_numpy("datetime64[us]")
    for name in sorted({name for cells in own for name in cells if name in rows and name not in OWN}):
        here = told.index[[name in cells for cells in own]]
        cells = pd.Series([own[at][name] for at in here], here, dtype="object")
        try:
            values = _typed(cells, rows[name].dtype)
        except (TypeError, ValueError, OverflowError) as error:
            expected = "a cell as it was recorded; the records of the earlier list were changed or damaged"
            raise ManifestError([problem(expected, column=name, value=str(cells.iloc[0]))]) from error
        rows.loc[here, name] = values
        besides[name] = told[name].where(told.index.isin(here)).to_numpy()
        besides[name] = besides[name].astype(rows[name].dtype)
    return rows, besides, scored.set_index("shipment_id")


def _typed(values: pd.Series, dtype: object) -> pd.Series:
    if str(dtype).startswith("datetime"):
        return pd.to_datetime(values, format="ISO8601").astype("datetime64[us]")
    return values.astype("float64" if dtype == "float64" else dtype)  # type: ignore[call-overload]


def put_back(tables: Iterable[pd.DataFrame], besides: pd.DataFrame) -> list[pd.DataFrame]:
    """Say again what was said besides, each of the first table that holds the bill."""
    found, left = [], besides
    for table in tables:
        here = (
            left.index.isin(table["shipment_id"]) if len(left) and len(table) else np.zeros(len(left), bool)
        )
        if here.any():
            place = pd.Series(table.index, index=table["shipment_id"])
            place = place[~place.index.duplicated(keep="last")]
            at = pd.Index(place.reindex(left.index[here]).to_numpy())
            table = fill(table, at, left[here].drop(columns="known_at"), _BETTER)
            left = left[~here]
        found.append(table)
    return found


def known(table: pd.DataFrame, besides: pd.DataFrame, scored: pd.DataFrame) -> pd.DataFrame:
    """Let no shipment be known earlier than it was on the earlier list, or than what was said besides."""
    if scored.empty or "known_at" not in table:
        return table
    kept = table[POSITION].isin(scored[POSITION])
    ids = table["shipment_id"]
    before = scored["known_at"].reindex(ids).set_axis(table.index)
    least = before.where(kept, besides["known_at"].reindex(ids).set_axis(table.index))
    later = table["known_at"].isna() | (least > table["known_at"])
    return table.assign(known_at=table["known_at"].mask(later & least.notna(), least))


def origin(
    table: pd.DataFrame, statements: pd.DataFrame, touched: bool, scored: pd.DataFrame
) -> pd.DataFrame:
    """Return what each shipment is made of.

    Parameters
    ----------
    table : DataFrame, shape (n, k)
        Settled, with `POSITION`.
    statements : DataFrame
        Statements before they took anything from others, with ``told_by`` and ``kind``, by `POSITION`.
    touched : bool
        Whether any took something.
    scored : DataFrame
        Of `take_apart`.

    Returns
    -------
    DataFrame, shape (n, 5)
        `ORIGIN` and ``changed``: whether the shipment is new, or says other things than on the earlier list.
    """
    base = statements.reindex(table[POSITION]).set_axis(table.index)
    made = pd.DataFrame({"told_by": base["told_by"], "kind": base["kind"]}, index=table.index)
    stated = base["known_at"] if "known_at" in base else pd.Series(pd.NaT, table.index)
    made["stated_at"] = stated.astype("datetime64[us]")
    names = [str(name) for name in table if name not in OWN and not str(name).startswith("__")]
    cells: dict[object, dict[str, object]] = {}
    for name in names if touched else []:
        now = table[name]
        was = base[name] if name in base else pd.Series(index=now.index, dtype=now.dtype)
        there = differ(was, now)
        for at, cell in zip(now.index[there], was[there].tolist(), strict=True):
            cells.setdefault(at, {})[name] = _plain(cell)
    own = pd.Series(index=table.index, dtype="str")
    if cells:
        texts = [json.dumps(each, ensure_ascii=False, sort_keys=True) for each in cells.values()]
        own.loc[pd.Index(list(cells))] = texts
    made["own"] = own
    made["changed"] = _changed(table, scored, names)
    return made


def _changed(table: pd.DataFrame, scored: pd.DataFrame, names: list[str]) -> np.ndarray:
    changed = ~table["shipment_id"].isin(scored.index).to_numpy()
    here = np.flatnonzero(~changed)
    if not len(here):
        return changed
    was, now = scored.loc[table["shipment_id"].iloc[here]], table.iloc[here]
    for name in names:
        old = was[name] if name in was else pd.Series(index=was.index, dtype=now[name].dtype)
        changed[here] |= differ(old, now[name])
    return changed


def differ(one: pd.Series, other: pd.Series) -> np.ndarray:
    """Tell where cells are not the same, row by row; two missing cells are, and numbers of 12 digits."""
    one, other = one.reset_index(drop=True), other.reset_index(drop=True)
    if one.dtype == "float64" and other.dtype == "float64":
        return ~np.isclose(one, other, rtol=1e-12, atol=0, equal_nan=True)
    same = (one == other).fillna(False).to_numpy(dtype=bool)
    return np.asarray(~(same | (one.isna() & other.isna()).to_numpy()))


def _plain(value: object) -> object:
    """Return a cell as JSON has it."""
    if pd.isna(value):  # type: ignore[call-overload]
        return None
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    return float(value) if isinstance(value, (float, np.floating)) else str(value)
