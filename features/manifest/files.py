"""What kind of table a file is, told by its content, and where its header stands."""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from features.manifest import encodings, messages
from features.manifest.mapping import Read
from features.manifest.problems import ManifestError, problem, quoted

#: Rows looked at to find the header below title lines.
HEADER_SEARCH = 30
DELIMITERS = (",", ";", "\t", "|", "^", "~")
#: What is read, for those who gave something else.
_KNOWN = "CSV, XLSX, XLS, Parquet, JSON Lines or a message (see wildcargo formats)"

#: A spreadsheet that unpacks to more than this is refused.
MAX_UNPACKED = 4_000_000_000
#: A table of more columns is refused: no manifest is one (a spreadsheet can hold no more).
MAX_COLUMNS = 16_384
#: A sheet is laid out in memory from its first to its last cell: one stray cell in the last corner
#: would take more memory than any machine has.
MAX_CELLS = 60_000_000
_REFERENCE = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]+)([0-9]+)["']""")
_ROW = re.compile(rb"""\sr\s*=\s*["']([0-9]+)["']""")
#: Where a row starts, and cells that do not say where they stand.
_UNPLACED = re.compile(rb"""<(?:[\w.-]+:)?(row|c)(?=[\s/>])(?:(?<=row)|(?![^<>]*\sr\s*=))""")
_LONGEST_TAG = 1 << 16
_SAMPLE = 1 << 16

_FOREIGN = (
    (re.compile(rb"^\s*<(\?xml|html|!doctype)", re.I), "XML or HTML"),
    (re.compile(rb"^\s*<"), "XML"),
    (re.compile(rb"^%PDF"), "PDF"),
    (re.compile(rb"^\s*UN[AB][:+]"), "UN/EDIFACT"),
    (re.compile(rb"^\s*ISA\W"), "ANSI X12"),
    (re.compile(rb"^\x1f\x8b"), "gzip"),
    (re.compile(rb"^7z\xbc\xaf"), "a 7z archive"),
    (re.compile(rb"^Rar!"), "a RAR archive"),
    (re.compile(rb"(?s)^.{257}ustar"), "a tar archive"),
    (re.compile(rb"^HTTP/[0-9.]+ [0-9]{3}"), "the answer of a web server"),
    (re.compile(rb"^\s*\["), "a JSON array"),
)

#: Counts how many of a row's cells are names of columns.
Known = Callable[[list[str]], int]


@dataclass(frozen=True)
class Opened:
    """A table whose form is known.

    Attributes
    ----------
    path : Path
    label : str
        Name the rows carry as their source.
    form : str
        ``csv``, ``xlsx``, ``parquet``, ``jsonl`` or ``message``.
    header : list of str
        Names of the columns, each once.
    header_row : int
        Records above the header (CSV and spreadsheets).
    encoding, delimiter, sheet : str
        Where the form has them.
    keys : tuple of str
        JSON Lines: the keys as they are written, one per name of the header.
    message : str
        Name of the message format (`features.manifest.messages`), empty for tables.
    """

    path: Path
    label: str
    form: str
    header: list[str]
    header_row: int = 0
    encoding: str = "utf-8"
    delimiter: str = ","
    sheet: str = ""
    keys: tuple[str, ...] = ()
    message: str = ""


def open_table(path: str | Path, label: str, read: Read, known: Known) -> Opened:
    """Tell the form of a table and read its header.

    Raises
    ------
    ManifestError
        When the file cannot be read, is empty, or is no table.
    """
    path = Path(path)
    try:
        # A pipe could be read only once and would be waited for without end.
        if path.exists() and not path.is_file():
            raise _refuse(label, f"a file; this is a {'folder' if path.is_dir() else 'pipe or a device'}")
        with open(path, "rb") as stream:
            head = stream.read(_SAMPLE)
    except OSError as error:
        raise _refuse(label, f"a file that can be read ({error.strerror})") from None
    if not head.strip(b"\x00 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise _refuse(label, "a manifest; the file is empty")
    if head.startswith(b"PAR1"):
        return _open_parquet(path, label)
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return _open_spreadsheet(path, label, read, known)
    form = messages.recognise(head)
    if form is not None:
        header = [*form.columns, "source_file", "source_position"]
        return Opened(path, label, "message", header, message=form.name)
    for pattern, what in _FOREIGN:
        if pattern.match(head):
            raise _refuse(label, f"{_KNOWN}; this is {what}")
    encoding = read.encoding or encodings.detect(path)
    if encoding == "utf-8" and head.startswith(b"\xef\xbb\xbf"):
        encoding = "utf-8-sig"
    text = _text_sample(path, encoding)
    if text.lstrip().startswith("{"):
        return _open_json_lines(path, label, encoding)
    controls = len(re.findall("[\x01-\x08\x0e-\x1a\x1c-\x1f\ufffd]", text))
    if controls > max(20, len(text) // 20):
        raise _refuse(label, f"{_KNOWN}; this is a binary file")
    return _open_csv(path, label, read, known, encoding, text)


def _refuse(label: str, expected: str) -> ManifestError:
    return ManifestError([problem(expected, file=label)])


def _text_sample(path: Path, encoding: str) -> str:
    with open(path, encoding=encoding, errors="replace", newline="") as stream:
        text = stream.read(_SAMPLE)
        try:
            return text if len(text) < _SAMPLE else text + stream.readline(_SAMPLE)
        except UnicodeError:
            return text


def unique_names(cells: list[str]) -> list[str]:
    """Return header cells trimmed and each once: ``x``, ``x.2``; an empty one is ``column N``."""
    names: list[str] = []
    taken: set[str] = set()
    for number, cell in enumerate(cells, start=1):
        base = " ".join(cell.replace("\x00", "").split())[:200] or f"column {number}"
        name, again = base, 1
        while name in taken:
            again += 1
            name = f"{base}.{again}"
        taken.add(name)
        names.append(name)
    return names


def find_header(rows: list[list[str]], read: Read, known: Known) -> int:
    """Return the position of the header: the first row with the most known names."""
    if read.skip_rows is not None:
        return min(read.skip_rows, max(0, len(rows) - 1))
    scores = [known(row) for row in rows[:HEADER_SEARCH]]
    if max(scores, default=0) > 0:
        return scores.index(max(scores))
    filled = [sum(bool(cell.strip()) for cell in row) for row in rows[:HEADER_SEARCH]]
    wide = [i for i, count in enumerate(filled) if count >= max(1, max(filled, default=1) * 0.6)]
    return wide[0] if wide else 0


def _parse(text: str, delimiter: str, limit: int) -> list[list[str]]:
    rows: list[list[str]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for row in reader:
            rows.append(row)
            if len(rows) >= limit:
                break
    except csv.Error:
        pass
    return rows


def _open_csv(path: Path, label: str, read: Read, known: Known, encoding: str, text: str) -> Opened:
    depth = max(200, (read.skip_rows or 0) + 2)
    hint = re.match(r"^\ufeff?\"?sep=(.)\"?\r?\n", text, re.I)
    delimiter = read.delimiter or (hint[1] if hint else None) or _delimiter(text, read, known)
    rows = _parse(text, delimiter, depth)
    if not rows:
        raise _refuse(label, "a table with a header")
    at = find_header(rows, read, known)
    if len(rows[at]) > MAX_COLUMNS:
        raise _refuse(label, f"a table of at most {MAX_COLUMNS:,} columns; this one has {len(rows[at]):,}")
    return Opened(path, label, "csv", unique_names(rows[at]), at, encoding, delimiter)


def _delimiter(text: str, read: Read, known: Known) -> str:
    """Choose the delimiter that gives the most known column names, then the steadiest table."""

    def quality(delimiter: str) -> tuple[int, float]:
        rows = _parse(text, delimiter, 200)
        if not rows:
            return (0, 0.0)
        at = find_header(rows, read, known)
        width = len(rows[at])
        body = [row for row in rows[at + 1 :] if row]
        steady = sum(len(row) == width for row in body) / len(body) if body else 1.0
        return (known(rows[at]), steady * min(width - 1, 20) / 20)

    return max(DELIMITERS, key=quality)


def _open_spreadsheet(path: Path, label: str, read: Read, known: Known) -> Opened:
    from features.manifest import workbooks

    try:
        _check_unpacked(path, label)
        heads = workbooks.heads(path, read.sheet, max(HEADER_SEARCH, (read.skip_rows or 0) + 1))
    except (workbooks.WorkbookError, zipfile.BadZipFile, zlib.error, OSError, ValueError) as error:
        if isinstance(error, ManifestError):
            raise
        raise _refuse(label, f"a workbook that can be read ({quoted(error)})") from None
    best: tuple[int, str, int, list[str]] | None = None
    for name, rows in heads.items():
        if not rows:
            continue
        at = find_header(rows, read, known)
        if best is None or known(rows[at]) > best[0]:
            best = (known(rows[at]), name, at, rows[at])
    if best is None:
        raise _refuse(label, "a manifest; the workbook is empty")
    return Opened(path, label, "xlsx", unique_names(best[3]), best[2], sheet=best[1])


def _check_unpacked(path: Path, label: str) -> None:
    """Refuse what would not fit into memory, before anything is laid out in it."""
    if not zipfile.is_zipfile(path):
        return  # an .xls file, or one the reader of workbooks will refuse
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        if not any(entry.filename.lower() == "xl/workbook.xml" for entry in entries):
            raise _refuse(label, f"{_KNOWN}; this is another kind of archive")
        if sum(entry.file_size for entry in entries) > MAX_UNPACKED:
            raise _refuse(label, "a workbook of less than 4 GB when unpacked")
        for entry in entries:
            column, row = _last_cell(archive, entry)
            if column * row > MAX_CELLS:
                expected = (
                    f"sheets of at most {MAX_CELLS:,} cells; one has a cell in row {row:,}, column {column:,}"
                )
                raise _refuse(label, expected)


def _last_cell(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> tuple[int, int]:
    """Return the last column and the last row (from 1) that a part of a workbook names.

    A row without cells of its own, or cells that do not say where they stand, count too: up to
    them a sheet is laid out.
    """
    columns: set[bytes] = set()
    last = plain = in_row = 0
    rest = b""
    with archive.open(entry) as stream:
        while block := stream.read(1 << 22):
            block = rest + block
            cut = max(block.rfind(b"<"), len(block) - _LONGEST_TAG)
            block, rest = block[:cut], block[cut:]
            found = _REFERENCE.findall(block)
            columns.update(letters[:8].upper() for letters, _ in found)
            last = max(last, max((int(digits[:12]) for _, digits in found), default=0))
            last = max(last, max((int(digits[:12]) for digits in _ROW.findall(block)), default=0))
            for tag in _UNPLACED.findall(block):
                in_row = 0 if tag == b"row" else in_row + 1
                plain = max(plain, in_row)
    return max(max(map(_column_number, columns), default=0), plain), last


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + letter - 64
    return number


def _open_parquet(path: Path, label: str) -> Opened:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            names = file.schema_arrow.names
    except (pa.ArrowException, OSError) as error:
        raise _refuse(label, f"a Parquet file that can be read ({quoted(error)})") from None
    return Opened(path, label, "parquet", unique_names(names))


def _open_json_lines(path: Path, label: str, encoding: str) -> Opened:
    from features.manifest.rows import json_keys

    keys = json_keys(path, encoding)
    if not keys:
        raise _refuse(label, "JSON Lines: one object a line")
    if len(keys) > MAX_COLUMNS:
        raise _refuse(label, f"JSON Lines of at most {MAX_COLUMNS:,} different keys; this file has more")
    return Opened(path, label, "jsonl", unique_names(keys), encoding=encoding, keys=tuple(keys))
