"""The rows of a table, chunk by chunk, as text (or as numbers and times where the form has them).

Every reader yields `Chunk`s of at most `CHUNK` rows, so that no file need fit in memory. A row
that cannot be read as a row is listed as broken and costs nothing else.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import pandas as pd

from features.manifest.files import MAX_COLUMNS, Opened
from features.manifest.problems import ManifestError, problem, quoted
from features.manifest.typed_cells import cell_text

CHUNK = 50_000
#: Numbers of rows of one file; those of the next begin here.
FILE_STRIDE = 1 << 40
#: Cells of a chunk of a very wide table.
CHUNK_CELLS = 20_000_000
#: Characters one chunk of CSV may take before a quotation mark is taken to be never closed.
RUNAWAY = 256_000_000
#: Physical lines one quoted CSV record may span.
RECORD_LINES = 1_000
# The csv module refuses cells of more than 131,072 characters; here RUNAWAY is the bound.
csv.field_size_limit(RUNAWAY)


@dataclass(frozen=True)
class Chunk:
    """Some consecutive rows of a table.

    Attributes
    ----------
    frame : DataFrame, shape (n, columns)
        Cells; empty ones are empty texts or missing.
    numbers : ndarray of int64, shape (n,)
        Row numbers as people count them: a spreadsheet's (its header has one), a line of JSON
        Lines, the n-th row of Parquet.
    broken : dict of int to str
        Row number -> why it is no row. Broken rows are not in ``frame``.
    long : dict of str to ndarray of int
        Column -> positions in ``frame`` of whole numbers of which the form keeps not every digit.
    places : dict of int to (str, str)
        Of broken rows of messages: where they stand, and their shipment where it can be told.
    doubts : list of (int, str, str, str)
        Position in ``frame``, column, value, what was expected: what a message's reader did not use.
    summaries : ndarray of float64, shape (n,), or None
        Where any row is an entry of a list: 1 on those, 2 on those that tell of a part of the bill, else 0.
    files : tuple of str
        Of a chunk out of several files: their labels; numbers of rows of the second begin at `FILE_STRIDE`,
        of the third at twice that.
    """

    frame: pd.DataFrame
    numbers: np.ndarray
    broken: dict[int, str] = field(default_factory=dict)
    long: dict[str, np.ndarray] = field(default_factory=dict)
    places: dict[int, tuple[str, str]] = field(default_factory=dict)
    doubts: list[tuple[int, str, str, str]] = field(default_factory=list)
    summaries: np.ndarray | None = None
    files: tuple[str, ...] = ()


def rows_at_once(columns: int) -> int:
    """Return how many rows of so many columns a chunk takes: a wide table in fewer at a time."""
    return max(1, min(CHUNK, CHUNK_CELLS // max(1, columns)))


def chunks(opened: Opened, *more: Opened) -> Iterator[Chunk]:
    """Yield the rows of a table, in order; or of several files of messages of one format."""
    if opened.message:
        from features.manifest import messages
        from features.manifest.messages.chunks import chunks as of_messages

        files = [(each.path, each.label) for each in (opened, *more)]
        yield from of_messages(files, messages.BY_NAME[opened.message])
        return
    readers = {"csv": _csv, "xlsx": _spreadsheet, "parquet": _parquet, "jsonl": _json_lines}
    for chunk in readers[opened.form](opened):
        blank = _blank(chunk.frame)
        if blank.any():
            chunk = _without(chunk, blank)
        yield chunk


def _without(chunk: Chunk, blank: np.ndarray) -> Chunk:
    place = np.cumsum(~blank) - 1
    long = {name: place[at[~blank[at]]] for name, at in chunk.long.items()}
    return Chunk(chunk.frame[~blank].reset_index(drop=True), chunk.numbers[~blank], chunk.broken, long)


def _blank(frame: pd.DataFrame) -> np.ndarray:
    """Tell rows without any cell: separators, not shipments."""
    rows = np.arange(len(frame))
    for name in frame.columns:
        if not len(rows):
            break
        cells = frame[name].iloc[rows]
        empty = cells.isna()
        if cells.dtype == "str":
            empty |= cells.str.strip() == ""
        rows = rows[empty.to_numpy(dtype=bool)]
    blank = np.zeros(len(frame), dtype=bool)
    blank[rows] = True
    return blank


# --- CSV ------------------------------------------------------------------------------------


class _Body:
    """The text below a header, behind a made-up header with room for one cell too many.

    The C parser then takes ragged rows as they are: short ones end in empty cells, and cells
    beyond the header land in the last column, where they can be told.
    """

    def __init__(self, stream: TextIO, header: str) -> None:
        self.stream, self.pending, self.taken = stream, header, 0

    def read(self, size: int = -1) -> str:
        if self.pending:
            text, self.pending = self.pending, ""
            return text
        while text := self.stream.read(size):
            self.taken += len(text)
            if self.taken > RUNAWAY:
                raise OverflowError("a quotation mark is never closed")
            if whole := text.replace("\x00", ""):
                return whole
        return ""

    def __iter__(self) -> Iterator[str]:
        return iter(self.stream)


def _open_text(opened: Opened) -> TextIO:
    return open(opened.path, encoding=opened.encoding, errors="replace", newline="")


def _skip(stream: TextIO, opened: Opened, records: int) -> None:
    reader = csv.reader(stream, delimiter=opened.delimiter)
    for _ in range(records):
        next(reader, None)


def _csv(opened: Opened) -> Iterator[Chunk]:
    width, done = len(opened.header), 0
    first = opened.header_row + 2
    names = [str(i) for i in range(width + 1)]
    with _open_text(opened) as stream:
        _skip(stream, opened, opened.header_row + 1)
        body = _Body(stream, opened.delimiter.join(names) + "\n")
        try:
            parser = pd.read_csv(  # type: ignore[call-overload]
                body,
                sep=opened.delimiter,
                header=0,
                usecols=names,
                index_col=False,
                dtype="str",
                na_filter=False,
                skip_blank_lines=False,
                chunksize=rows_at_once(width),
                engine="c",
            )
            for frame in parser:
                body.taken = 0
                yield _csv_chunk(opened, frame, first + done)
                done += len(frame)
            return
        except (pd.errors.ParserError, OverflowError, MemoryError):
            pass  # a quotation mark that is never closed: the careful reader takes over from here
        except pd.errors.EmptyDataError:
            return
    yield from _csv_careful(opened, done)


def _csv_chunk(opened: Opened, frame: pd.DataFrame, first: int) -> Chunk:
    numbers = np.arange(first, first + len(frame), dtype=np.int64)
    beyond = (frame.iloc[:, -1] != "").to_numpy(dtype=bool)
    frame = frame.iloc[:, :-1].set_axis(opened.header, axis=1)
    reason = f"more than the header's {len(opened.header)} cells"
    broken = {int(number): reason for number in numbers[beyond]}
    return Chunk(frame[~beyond].reset_index(drop=True), numbers[~beyond], broken)


def _csv_careful(opened: Opened, skip: int) -> Iterator[Chunk]:
    """Read record by record; a quotation mark that is never closed costs its own line only."""
    width = len(opened.header)
    number = opened.header_row + 2 + skip
    rows: list[list[str]] = []
    numbers: list[int] = []
    broken: dict[int, str] = {}
    with _open_text(opened) as stream:
        _skip(stream, opened, opened.header_row + 1 + skip)
        for record in _records(stream, opened.delimiter):
            if record is None:
                broken[number] = "a quotation mark is never closed"
            elif len(record) > width and any(record[width:]):
                broken[number] = f"more than the header's {width} cells"
            else:
                rows.append((record + [""] * width)[:width])
                numbers.append(number)
            number += 1
            if len(rows) + len(broken) >= rows_at_once(width):
                yield Chunk(_text_frame(rows, opened.header), np.array(numbers, dtype=np.int64), broken)
                rows, numbers, broken = [], [], {}
    yield Chunk(_text_frame(rows, opened.header), np.array(numbers, dtype=np.int64), broken)


def _records(stream: TextIO, delimiter: str) -> Iterator[list[str] | None]:
    """Yield records; None for a line whose quotation mark is not closed within reach."""
    waiting: list[str] = []
    ended = False
    while True:
        if not waiting:
            line = stream.readline(RUNAWAY // 16).replace("\x00", "")
            if not line:
                return
            waiting.append(line)
        taken = 1
        while (record := _parse_record(waiting[:taken], delimiter)) is None and taken < RECORD_LINES:
            if taken == len(waiting):
                line = "" if ended else stream.readline(RUNAWAY // 16).replace("\x00", "")
                ended = ended or not line
                if not line:
                    break
                waiting.append(line)
            # Doubling keeps a long quoted cell from costing the square of its lines.
            taken += 1
        if record is None:
            yield None
            waiting = waiting[1:]
        else:
            yield record
            waiting = waiting[taken:]


def _parse_record(lines: list[str], delimiter: str) -> list[str] | None:
    if len(lines) > 1 and '"' not in lines[-1]:
        return None
    try:
        return next(csv.reader(lines, delimiter=delimiter, strict=True), [])
    except csv.Error as error:
        if "unexpected end" in str(error):
            return None
        return next(csv.reader(["".join(lines)], delimiter=delimiter), [])


def _text_frame(rows: list[list[str]], header: list[str]) -> pd.DataFrame:
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(header)
    return pd.DataFrame({i: pd.Series(cells, dtype="str") for i, cells in enumerate(columns)}).set_axis(
        header, axis=1
    )


# --- spreadsheets ---------------------------------------------------------------------------


def _spreadsheet(opened: Opened) -> Iterator[Chunk]:
    from features.manifest import workbooks

    width = len(opened.header)
    size = rows_at_once(width)
    waiting: list[list[str]] = []
    long: dict[str, list[int]] = {}
    first, number = opened.header_row + 2, 0
    try:
        for texts, marked in workbooks.rows(opened.path, opened.sheet):
            below = max(0, opened.header_row + 1 - number)
            for row, column in marked:
                if row >= below and column < width:
                    long.setdefault(opened.header[column], []).append(len(waiting) + row - below)
            waiting += [(row + [""] * width)[:width] for row in texts[below:]]
            number += len(texts)
            if len(waiting) >= size:
                yield _sheet_chunk(opened, waiting, first, long)
                first += len(waiting)
                waiting, long = [], {}
    except workbooks.WorkbookError as error:
        message = f"a workbook that can be read ({quoted(error)})"
        raise ManifestError([problem(message, file=opened.label, position=f"row {first}")]) from None
    yield _sheet_chunk(opened, waiting, first, long)


def _sheet_chunk(opened: Opened, rows: list[list[str]], first: int, long: dict[str, list[int]]) -> Chunk:
    numbers = np.arange(first, first + len(rows), dtype=np.int64)
    marked = {name: np.array(at, dtype=np.int64) for name, at in long.items()}
    return Chunk(_text_frame(rows, opened.header), numbers, long=marked)


# --- Parquet --------------------------------------------------------------------------------


def _parquet(opened: Opened) -> Iterator[Chunk]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    start = 1
    try:
        with pq.ParquetFile(opened.path) as file:
            for batch in file.iter_batches(batch_size=rows_at_once(len(opened.header))):
                columns = {
                    name: _arrow_column(array)
                    for name, array in zip(opened.header, batch.columns, strict=True)
                }
                long = {name: at for name, values in columns.items() if len(at := _long(values))}
                numbers = np.arange(start, start + len(batch), dtype=np.int64)
                yield Chunk(pd.DataFrame(columns), numbers, long=long)
                start += len(batch)
    except (pa.ArrowException, OSError) as error:
        message = f"a Parquet file that can be read ({quoted(error)})"
        raise ManifestError([problem(message, file=opened.label, position=f"row {start}")]) from None


def _arrow_column(array: Any) -> pd.Series:
    """Return a column of Parquet: text as text, floats as float64, times as UTC datetime64[us]."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = array.type
    if pa.types.is_dictionary(kind):
        return _arrow_column(array.dictionary_decode())
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        try:
            array.validate(full=True)
        except pa.ArrowInvalid:  # bytes that are no UTF-8, which Parquet does not check
            array = array.cast(pa.binary() if pa.types.is_string(kind) else pa.large_binary())
            return pd.Series([cell_text(cell) for cell in array.to_pylist()], dtype="str")
        return pd.Series(array.to_pandas(), dtype="str")
    # Whole decimals stay text too: an id of more than 15 digits would become another's as a float.
    whole = pa.types.is_decimal(kind) and kind.scale == 0
    if whole or pa.types.is_boolean(kind) or pa.types.is_integer(kind):
        return pd.Series(pc.cast(array, pa.large_string()).to_pandas(), dtype="str")
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return pd.Series(pc.cast(array, pa.float64()).to_numpy(zero_copy_only=False), dtype="float64")
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        # Out-of-range times of nanosecond files are cut, not an error; zones are already UTC inside.
        return pd.Series(pc.cast(array, pa.timestamp("us"), safe=False).to_numpy(zero_copy_only=False))
    return pd.Series([cell_text(cell) for cell in array.to_pylist(maps_as_pydicts="lossy")], dtype="str")


def _long(values: pd.Series) -> np.ndarray:
    """Return where a column of floats holds whole numbers too long for them."""
    if values.dtype != "float64":
        return np.empty(0, dtype=np.int64)
    size = values.abs().to_numpy()
    return np.flatnonzero((size >= 2.0**53) & (size < 1e25))


# --- JSON Lines -----------------------------------------------------------------------------


def json_keys(path: Path, encoding: str) -> list[str]:
    """Return every key of a JSON Lines file, in order of first appearance.

    Beyond `MAX_COLUMNS` there is no table: then the first keys too many end the search.
    """
    keys: dict[str, None] = {}
    with open(path, encoding=encoding, errors="replace") as stream:
        for line in stream:
            record = _record(line)
            if isinstance(record, dict):
                keys.update(dict.fromkeys(record))
                if len(keys) > MAX_COLUMNS:
                    break
    return list(keys)


def _record(line: str) -> Any:
    """Return a line's value; None for a blank line, the line itself where it is no JSON."""
    try:
        record = json.loads(line) if line.strip() else None
    except (ValueError, RecursionError):
        return line
    # Half a surrogate pair is legal JSON but no character: nothing could store it.
    return _whole_characters(record) if "\\ud" in line or "\\uD" in line else record


def _whole_characters(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_whole_characters(member) for member in value]
    if isinstance(value, dict):
        return {_whole_characters(key): _whole_characters(member) for key, member in value.items()}
    return value


def _json_lines(opened: Opened) -> Iterator[Chunk]:
    records: list[dict[str, Any]] = []
    numbers: list[int] = []
    broken: dict[int, str] = {}
    size = rows_at_once(len(opened.header))
    with open(opened.path, encoding=opened.encoding, errors="replace") as stream:
        for number, line in enumerate(stream, start=1):
            record = _record(line.lstrip("\ufeff"))
            if record is None:
                continue
            if isinstance(record, dict):
                records.append(record)
                numbers.append(number)
            else:
                broken[number] = "not a JSON object"
            if len(records) + len(broken) >= size:
                yield _json_chunk(opened, records, numbers, broken)
                records, numbers, broken = [], [], {}
    yield _json_chunk(opened, records, numbers, broken)


def _json_chunk(
    opened: Opened, records: list[dict[str, Any]], numbers: list[int], broken: dict[int, str]
) -> Chunk:
    columns = {
        name: _json_column([record.get(key) for record in records])
        for name, key in zip(opened.header, opened.keys, strict=True)
    }
    frame = pd.DataFrame(columns, index=pd.RangeIndex(len(records)))
    return Chunk(frame, np.array(numbers, dtype=np.int64), broken)


def _json_column(cells: list[Any]) -> pd.Series:
    if all(cell is None or isinstance(cell, str) for cell in cells):
        return pd.Series(cells, dtype="str")
    return pd.Series([cell_text(cell) for cell in cells], dtype="str")
