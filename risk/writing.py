"""Output files: the same frame gives the same bytes, and a file appears whole or not at all.

CSV, Parquet or JSON Lines by the ending of the name. Frames come in batches, so a file may be
larger than memory. In CSV a text a spreadsheet would run as a formula gets an apostrophe in
front: manifests are written by strangers.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import pandas as pd

from features.manifest.writing import json_lines
from features.scratch import Draft

_ISO = "%Y-%m-%dT%H:%M:%S.%f"

FORMATS: tuple[str, ...] = (".csv", ".parquet", ".jsonl")

#: First characters with which spreadsheets start a formula (full-width forms too).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


class OutputError(ValueError):
    """The output asked for cannot be written."""


def check(path: str | os.PathLike[str], formats: tuple[str, ...] = FORMATS) -> Path:
    """Check an output path before any work is done.

    Raises
    ------
    OutputError
        Unknown ending, a folder, or a folder that does not exist or cannot be written to.
    """
    path = Path(path)
    if path.suffix.lower() not in formats:
        raise OutputError(f"{path}: unknown kind of file; expected one of {', '.join(formats)}")
    if path.is_dir():
        raise OutputError(f"{path}: is a folder, expected a file name")
    folder = path.parent
    if not folder.is_dir():
        raise OutputError(f"{folder}: no such folder")
    if not os.access(folder, os.W_OK):
        raise OutputError(f"{folder}: no permission to write here")
    return path


class Whole:
    """Files that appear together, whole, when the block ends well, and not at all when it does not.

    Examples
    --------
    >>> with Whole() as files:                      # doctest: +SKIP
    ...     files.part("list.csv").write_text("…")
    """

    def __init__(self) -> None:
        self._drafts: dict[Path, Draft] = {}

    def part(self, path: str | os.PathLike[str]) -> Path:
        """Return the path to write to instead of ``path``, in the same folder."""
        path = Path(path)
        self._drafts[path] = Draft(path)
        return self._drafts[path].path

    def __enter__(self) -> Whole:
        """Start the block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Rename everything, or remove what was begun."""
        drafts = self._drafts.values()
        try:
            if kind is None:
                for draft in drafts:
                    draft.settle()
                for draft in drafts:
                    draft.finish()
        finally:
            for draft in drafts:
                draft.close()


def write(
    path: Path, batches: Iterable[pd.DataFrame], *, suffix: str | None = None, for_people: bool = True
) -> int:
    """Write batches of one frame to a file.

    Parameters
    ----------
    path : Path
        Written in place: pass a `Whole.part`.
    batches : iterable of DataFrame
        At least one; all with the same columns.
    suffix : str, optional
        Format to write when the path's own ending does not say it.
    for_people : bool
        Guard a CSV against formulas. A table that programs read back is written as it is.

    Returns
    -------
    int
        Rows written.
    """
    writer = _WRITERS[(suffix or path.suffix).lower()]
    rows = 0

    def counted() -> Iterator[pd.DataFrame]:
        nonlocal rows
        for batch in batches:
            rows += len(batch)
            yield batch

    if writer is _csv:
        _csv(path, counted(), for_people)
    else:
        writer(path, counted())
    return rows


def whole(path: str | os.PathLike[str], frame: pd.DataFrame) -> None:
    """Write one frame, whole or not at all."""
    path = check(path)
    with Whole() as files:
        write(files.part(path), [frame], suffix=path.suffix)


def guarded(text: pd.Series) -> pd.Series:
    """Put an apostrophe before every text a spreadsheet would run as a formula.

    Parameters
    ----------
    text : Series of str, shape (n,)
    """
    risky = text.str.lstrip(" ").str.startswith(_FORMULA, na=False)
    return text.mask(risky, "'" + text) if risky.any() else text


def unguarded(text: pd.Series) -> pd.Series:
    """Take away the apostrophe `guarded` put before a formula.

    Parameters
    ----------
    text : Series of str, shape (n,)
    """
    rest = text.str.slice(1)
    put = text.str.startswith("'", na=False) & rest.str.lstrip(" ").str.startswith(_FORMULA, na=False)
    return text.mask(put, rest) if put.any() else text


def _is_text(column: pd.Series) -> bool:
    return isinstance(column.dtype, pd.StringDtype) or column.dtype == object


def _csv(path: Path, batches: Iterable[pd.DataFrame], for_people: bool = True) -> None:
    with path.open("w", encoding="utf-8", errors="replace", newline="") as stream:
        for position, batch in enumerate(batches):
            if for_people:
                safe = {name: guarded(c) if _is_text(c) else c for name, c in batch.items()}
                batch = pd.DataFrame(safe, index=batch.index)
            _csv_batch(stream, batch, header=position == 0)


def _csv_batch(stream: IO[str], batch: pd.DataFrame, *, header: bool) -> None:
    batch.to_csv(stream, index=False, header=header, lineterminator="\n", date_format=_ISO)


def _jsonl(path: Path, batches: Iterable[pd.DataFrame]) -> None:
    with path.open("w", encoding="utf-8", errors="replace", newline="") as stream:
        for batch in batches:
            moments = batch.select_dtypes("datetime")
            times = {str(n): c.dt.strftime(_ISO).where(c.notna()) for n, c in moments.items()}
            stream.writelines(json_lines(batch.assign(**times)))


def _parquet(path: Path, batches: Iterable[pd.DataFrame]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    writer: Any = None
    try:
        for batch in batches:
            table = pa.Table.from_pandas(batch, preserve_index=False)
            # Pandas' own notes hold version numbers: the same data would not give the same bytes.
            table = table.replace_schema_metadata(None)
            if writer is None:
                writer = pq.ParquetWriter(path, table.schema, compression="zstd")
            writer.write_table(table.cast(writer.schema))
    finally:
        if writer is not None:
            writer.close()


_WRITERS: dict[str, Callable[[Path, Iterable[pd.DataFrame]], None]] = {
    ".csv": _csv,
    ".parquet": _parquet,
    ".jsonl": _jsonl,
}
