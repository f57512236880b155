"""Writing a shipment table, whole or not at all.

CSV here is data for machines and lossless: no cell is changed. (A worklist that people open in
a spreadsheet is another writer's, which guards against formulas.)
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd

from features.scratch import Draft


def write(table: pd.DataFrame, path: str | Path) -> None:
    """Write a table as CSV, Parquet or JSON Lines, by the path's suffix.

    Parameters
    ----------
    table : DataFrame
        A shipment table (or any other flat table).
    path : str or Path
        ``.csv``, ``.parquet``, ``.jsonl`` or ``.ndjson``. Written beside itself first and then
        renamed, so that a reader sees the old file or the new one, never a part.

    Raises
    ------
    ValueError
        For another suffix.
    """
    path = Path(path)
    writer = _WRITERS.get(path.suffix.lower())
    if writer is None:
        raise ValueError(f"{path.name}: the name must end in " + ", ".join(_WRITERS))
    with Draft(path) as draft:
        writer(table, str(draft.path))
        draft.settle()
        draft.finish()


def _flat(table: pd.DataFrame) -> pd.DataFrame:
    """Return times as ISO text and flags as true/false, which every form can hold."""
    out = table.copy(deep=False)
    for name in out.columns:
        if out[name].dtype.kind == "M":
            out[name] = _times(out[name])
        elif out[name].dtype == "boolean":
            out[name] = out[name].map({True: "true", False: "false"}).astype("str")
    return out


def _times(values: pd.Series) -> pd.Series:
    """Return times in ISO form, without a fraction where there is none."""
    text = values.dt.strftime("%Y-%m-%dT%H:%M:%S.%f").astype("str")
    return text.str.removesuffix(".000000").where(values.notna())


def _csv(table: pd.DataFrame, path: str) -> None:
    _flat(table).to_csv(path, index=False, encoding="utf-8", lineterminator="\n")


def _parquet(table: pd.DataFrame, path: str) -> None:
    table.to_parquet(path, index=False, compression="zstd")


def _json_lines(table: pd.DataFrame, path: str) -> None:
    flat = _flat(table)
    with open(path, "w", encoding="utf-8", newline="\n") as stream:
        stream.writelines(json_lines(flat))


def json_lines(table: pd.DataFrame) -> Iterator[str]:
    """Yield one line of JSON per row; missing is null.

    The standard library writes a float so that it reads back to the bit; pandas keeps 15 digits,
    which changes the last digit of every other one.
    """
    names = [json.dumps(str(name), ensure_ascii=False) for name in table.columns]
    cells = [table[name].astype(object).where(table[name].notna(), None) for name in table.columns]
    for row in zip(*cells, strict=True):
        pairs = (f"{n}: {json.dumps(v, ensure_ascii=False)}" for n, v in zip(names, row, strict=True))
        yield "{" + ", ".join(pairs) + "}\n"


_WRITERS: dict[str, Callable[[pd.DataFrame, str], None]] = {
    ".csv": _csv,
    ".parquet": _parquet,
    ".jsonl": _json_lines,
    ".ndjson": _json_lines,
}
