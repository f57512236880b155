"""A written worklist taken up again: its rows, what was declared, and which reasons led.

The list says what was chosen. Its score records say what was declared, to the last column, when it was
scored, and what every reason weighed; manifests given again say what customs has added since (a
registration number, a declaration). The list's own columns are for people and are the last resort.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from features import matrix
from features.manifest import cells, schema
from features.manifest.files import open_table
from features.manifest.mapping import Read
from features.manifest.rows import chunks
from features.manifest.typed_cells import cell_text
from features.registry import Feature
from risk import records
from risk.reasons import SLIGHT, summarise
from risk.worklist import output_columns
from risk.writing import unguarded

if TYPE_CHECKING:
    import pyarrow as pa

_VALUE = "value."
#: Shipments whose reasons are worked out at a time.
_AT_ONCE = 20_000


class ListError(ValueError):
    """A list cannot be taken up; the message says why."""


@dataclass(frozen=True)
class Listed:
    """A list taken up again.

    Attributes
    ----------
    rows : DataFrame of str, shape (n, columns of the list)
        As written, in order of the list; empty cells are empty texts.
    declared : DataFrame, shape (n, columns of the shipment table)
        In canonical dtypes, on the same index.
    families : Series of str, shape (n,)
        Families of reasons that raise the risk, in the order told, joined by ``;``; empty where no
        record says it.
    found : Series of bool, shape (n,)
        Whether records or manifests hold the shipment.
    broken : list of (str, str)
        Where a row of the list cannot be read, and why.
    """

    rows: pd.DataFrame
    declared: pd.DataFrame
    families: pd.Series
    found: pd.Series
    broken: list[tuple[str, str]] = field(default_factory=list)

    def __len__(self) -> int:
        """Return the number of rows that could be read."""
        return len(self.rows)


def read(path: str | Path) -> tuple[pd.DataFrame, list[tuple[str, str]]]:
    """Read the rows of a list as text.

    Parameters
    ----------
    path : path
        CSV, Parquet or JSON Lines as `wildcargo score` writes it (or saved again by a spreadsheet).

    Returns
    -------
    rows : DataFrame of str
    broken : list of (str, str)

    Raises
    ------
    ListError
        It is not a list of `wildcargo score`.
    ManifestError
        It cannot be read as a table.
    """
    path = Path(path)
    known = {*output_columns(11, follows=True)}
    opened = open_table(path, path.name, Read(), lambda cells: len(known & {cell.strip() for cell in cells}))
    lacking = [name for name in ("shipment_id", "selected_by", "list_id") if name not in opened.header]
    if opened.message or lacking:
        raise ListError(f"{path}: not a list of `wildcargo score` (no column {', '.join(lacking)})")
    frames: list[pd.DataFrame] = []
    broken: list[tuple[str, str]] = []
    for chunk in chunks(opened):
        frames.append(pd.DataFrame({name: _texts(column) for name, column in chunk.frame.items()}))
        broken += [(f"row {number}", why) for number, why in chunk.broken.items()]
    if not frames:
        raise ListError(f"{path}: holds no rows")
    return pd.concat(frames, ignore_index=True).astype("str"), broken


def _texts(column: pd.Series) -> pd.Series:
    """Return cells as text, empty where there is none."""
    if column.dtype != "str":
        codes, distinct = pd.factorize(column)
        names = pd.array([*(cell_text(v) or "" for v in distinct.tolist()), ""], dtype="str")
        column = pd.Series(names).take(codes).reset_index(drop=True)
    return cells.clean(column)[0].fillna("").astype("str").reset_index(drop=True)


def take_up(
    rows: pd.DataFrame,
    *,
    record_path: str | Path | None = None,
    manifest: pd.DataFrame | None = None,
    broken: Sequence[tuple[str, str]] = (),
    reasons: bool = True,
) -> Listed:
    """Put beside the rows of a list what was declared and which reasons led.

    Parameters
    ----------
    rows : DataFrame of str, shape (n, …)
        Of `read`; all or some of them.
    record_path : path, optional
        Score records of the list.
    manifest : DataFrame, optional
        Shipment table; its values go before those of the records.
    broken : sequence of (str, str)
    reasons : bool
        Whether reasons are worked out; without, families are empty.

    Raises
    ------
    RecordError
        The records cannot be read.
    ListError
        The records are of another model than the list.
    """
    rows = rows.reset_index(drop=True)
    written = rows["shipment_id"]
    bare = unguarded(written)
    ids = written
    declared = pd.DataFrame(index=rows.index)
    families = pd.Series("", index=rows.index, dtype="str")
    found = pd.Series(False, index=rows.index)
    if record_path is not None:
        about, table, why = _recorded(record_path, [*written, *bare], reasons)
        _of_one_run(rows, about, record_path)
        ids, place = _places(table["shipment_id"], written, bare)
        declared = _taken(table, place)
        families = pd.Series(why, dtype="str").reindex(place).fillna("").set_axis(rows.index)
        found |= place >= 0
    if manifest is not None:
        manifest = manifest.drop_duplicates("shipment_id", keep="last").reset_index(drop=True)
        ids, place = _places(manifest["shipment_id"], ids, bare)
        later = _taken(manifest, place)
        for name in later:
            declared[name] = later[name] if name not in declared else later[name].fillna(declared[name])
        found |= place >= 0
    if record_path is None and manifest is None:
        own = [name for name in rows if name in schema.BY_NAME]
        declared = typed(pd.DataFrame({name: unguarded(rows[name]).replace("", None) for name in own}))
        found |= True
    declared = schema.complete(declared).drop(columns=list(schema.OUTCOME_COLUMNS))
    declared["shipment_id"] = ids
    return Listed(rows, declared, families, found, list(broken))


def standing(ids: pd.Series, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a list for some shipments, by their ids as records hold them.

    Parameters
    ----------
    ids : Series of str, shape (n,)
    rows : DataFrame of str
        Of `read`, each shipment once.

    Returns
    -------
    DataFrame of str, shape (n, …)
        Missing for shipments that are not on the list.
    """
    place = pd.Index(rows["shipment_id"]).get_indexer(pd.Index(ids))
    bare = pd.Index(unguarded(rows["shipment_id"]))
    if not bare.has_duplicates:
        place = np.where(place >= 0, place, bare.get_indexer(pd.Index(ids)))
    return rows.reindex(place).reset_index(drop=True)


def selection(listed: Listed) -> pd.DataFrame:
    """Return how the list chose: ``shipment_id``, ``selected_by``, ``selection_probability``.

    Returns
    -------
    DataFrame
        Only shipments somebody or something chose.
    """
    by = listed.rows["selected_by"]
    chance = listed.rows.get("selection_probability", pd.Series("", index=by.index))
    frame = pd.DataFrame(
        {
            "shipment_id": listed.declared["shipment_id"],
            "selected_by": by.where(by.isin(schema.SELECTED_BY)).astype("str"),
            "selection_probability": pd.to_numeric(chance, errors="coerce").astype("float64"),
        }
    )
    return frame[frame["selected_by"].notna()].reset_index(drop=True)


def _places(known: pd.Series, written: pd.Series, bare: pd.Series) -> tuple[pd.Series, np.ndarray]:
    """Return each row's id and where it stands; an apostrophe that guards a formula is no part of it."""
    index = pd.Index(known)
    place = index.get_indexer(pd.Index(written))
    without = index.get_indexer(pd.Index(bare))
    return written.where(place >= 0, bare).astype("str"), np.where(place >= 0, place, without)


def _taken(table: pd.DataFrame, place: np.ndarray) -> pd.DataFrame:
    """Return rows by position, missing where there is none (-1)."""
    names = [name for name in table if name in schema.BY_NAME and name not in schema.OUTCOME_COLUMNS]
    return table[names].reindex(place).reset_index(drop=True)


def _of_one_run(rows: pd.DataFrame, about: dict[str, Any], path: str | Path) -> None:
    if "model_id" not in rows or not len(rows):
        return
    strange = sorted(set(rows["model_id"]) - {"", str(about.get("model_id"))})
    if strange:
        raise ListError(f"{path}: records of another run; the list was scored with model {strange[0][:40]!r}")


def _recorded(
    path: str | Path, ids: Sequence[str], reasons: bool
) -> tuple[dict[str, Any], pd.DataFrame, list[str]]:
    """Return what was declared of some shipments, and the families of reasons that raise each."""
    distinct = list(dict.fromkeys(ids))
    tables, why, about = [], [], dict[str, Any]()
    for start in range(0, max(len(distinct), 1), _AT_ONCE):
        columns = None if reasons else ["shipment_id", "declared"]
        about, table = records.read_table(path, distinct[start : start + _AT_ONCE], columns)
        first = np.flatnonzero(~table.column("shipment_id").to_pandas().duplicated())
        table = table.take(first)
        try:
            tables.append(_declared(table))
            why += _families(table, about) if reasons else [""] * table.num_rows
        except (KeyError, TypeError, ValueError, ArithmeticError, RecursionError) as error:
            raise records.RecordError(f"{path}: the records were changed or damaged ({error})") from error
    return about, pd.concat(tables, ignore_index=True), why


def _declared(table: pa.Table) -> pd.DataFrame:
    """Return the declared rows of records in canonical dtypes."""
    rows = [json.loads(text) for text in table.column("declared").to_pylist()]
    if not all(isinstance(row, dict) for row in rows):
        raise ValueError("a declared row is none")
    ids = [str(name) for name in table.column("shipment_id").to_pylist()]
    names = [name for name in schema.BY_NAME if any(row.get(name) is not None for row in rows)]
    frame = pd.DataFrame({name: [row.get(name) for row in rows] for name in names}, dtype="object")
    frame["shipment_id"] = ids
    return typed(frame)


def typed(frame: pd.DataFrame) -> pd.DataFrame:
    """Return columns of the shipment table in their dtypes; what does not fit is missing."""
    made: dict[Any, pd.Series] = {}
    for name in frame:
        values, kind = frame[name], schema.BY_NAME[str(name)].kind
        if kind == "number":
            made[name] = pd.to_numeric(values, errors="coerce").astype("float64")
        elif kind == "time":
            times = pd.to_datetime(values, errors="coerce", format="ISO8601", utc=True)
            made[name] = times.dt.tz_localize(None).astype("datetime64[us]")
        elif kind == "flag":
            flags = {True: True, False: False, "true": True, "false": False, "True": True, "False": False}
            made[name] = values.map(flags, na_action="ignore").astype("boolean")
        else:
            texts = pd.Series([None if v is None else cell_text(v) for v in values], dtype="str")
            is_country = schema.BY_NAME[str(name)].code == "country"  # NA is Namibia
            made[name] = cells.clean(texts, limit=cells.LONG_LIMIT, keep_na=is_country)[0].astype("str")
    return pd.DataFrame(made, index=frame.index)


def _families(table: pa.Table, about: dict[str, Any]) -> list[str]:
    """Return per record the families that raise its risk, in the order the list tells them."""
    if not table.num_rows:
        return []
    columns = [str(name).partition("~")[0] for name in about["columns"]]
    values = {name[len(_VALUE) :]: name for name in table.column_names if name.startswith(_VALUE)}
    frame = pd.DataFrame({name: _value(table.column(of)) for name, of in values.items()})
    numbers = [table.column(name).combine_chunks() for name in ("contributions.risk", "log_odds.risk")]
    weights = np.array(numbers[0].flatten().to_numpy(zero_copy_only=False), dtype=float)
    base = table.column("base.risk").to_numpy()[0]
    summed = summarise(
        weights.reshape(table.num_rows, len(columns)),
        columns,
        float(base),
        numbers[1].to_numpy(zero_copy_only=False),
        frame,
        _entries(columns, frame),
    )
    told = summed.top(len(summed.families))
    names = np.array([*summed.families, ""])
    weight = np.take_along_axis(summed.contribution, np.maximum(told, 0), axis=1)
    raises = (told >= 0) & (weight >= SLIGHT)
    return [";".join(names[row[up]]) for row, up in zip(told, raises, strict=True)]


def _value(column: pa.ChunkedArray) -> pd.Series:
    import pyarrow.types as types

    return column.to_pandas().astype("float64" if types.is_floating(column.type) else "str")


def _entries(columns: Sequence[str], frame: pd.DataFrame) -> tuple[Feature, ...]:
    """Return registry entries; what the registry does not know is a local column of the port."""
    known = matrix.features()
    strange = [name for name in dict.fromkeys(columns) if name not in {f.name for f in known}]
    kinds: dict[str, list[str]] = {"categorical": [], "numeric": []}
    for name in strange:
        kinds["numeric" if frame[name].dtype == "float64" else "categorical"].append(name)
    return (*known, *matrix.local_features(kinds))
