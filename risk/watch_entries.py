"""Entries of watch lists as people write them: checked, read from tables and written to them.

Two kinds of table are read. One has a row per entry; the other a row per lead from an online platform
(seller, handle, telephone, address, listing, source grade), of which every filled field becomes an entry that
names the lead. Every problem of a table is told by row and column; nothing of a table with problems is taken.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from risk import watch_sheets, watch_values
from risk.refusals import Refusal
from risk.store.texts import kept, line
from risk.writing import guarded, unguarded

#: Columns of a table of entries.
COLUMNS: Final = (
    *("kind", "value", "reason", "source_grade", "restricted", "floor", "lead", "valid_from", "expires_at"),
)
#: Columns of a table of leads that become an entry -> its kind.
OF_A_LEAD: Final = {
    "seller_name": "party",
    "seller_handle": "party",
    "phone": "phone",
    "email": "email",
    "address": "address",
    "identifier": "identifier",
    "words": "word",
}
#: Columns of a table of leads.
LEAD_COLUMNS: Final = (
    *("platform", "listing", *OF_A_LEAD),
    *("reason", "source_grade", "restricted", "floor", "valid_from", "expires_at"),
)
#: Columns that must be filled, of either table.
_NEEDED: Final = ("reason",)

LARGEST: Final = 4_000_000
MOST_ROWS: Final = 20_000
#: A cell longer than this is no cell: a quote was left open.
LONGEST_CELL: Final = 131_072
MOST_PROBLEMS: Final = 1_000
#: Lowest place a floor may name.
LOWEST_FLOOR: Final = 10_000
#: An entry lasts no longer than this unless somebody looks at it again.
LONGEST_TERM: Final = pd.Timedelta(days=5 * 366)

# Reliability of the source (A to F, or X) and of what it says (1 to 6): the 6x6 system; 5x5x5 lies within it.
_GRADE = re.compile(r"([A-FX])[\s\-/]?([1-6])")
_YES: Final = frozenset(("1", "y", "yes", "true", "x", "oui", "sim", "si", "restricted"))
_NO: Final = frozenset(("", "0", "n", "no", "false", "non", "nao", "não", "open"))


@dataclass(frozen=True)
class New:
    """An entry to be.

    Attributes
    ----------
    kind, value : str
        What is watched for (`risk.watch_values`).
    reason : str
        Why, in words.
    source_grade : str
        As ``B2``, or empty.
    restricted : bool
        Seen as "restricted list" by those who may not see more.
    lead : str
        Where it comes from: platform, handle, listing.
    floor : int or None
        What it hits stands no lower than this place.
    valid_from : Timestamp or None
        None: from the moment it is added.
    expires_at : Timestamp or None
    """

    kind: str
    value: str
    reason: str = ""
    source_grade: str = ""
    restricted: bool = False
    lead: str = ""
    floor: int | None = None
    valid_from: pd.Timestamp | None = None
    expires_at: pd.Timestamp | None = None

    @property
    def form(self) -> str:
        """Return the value in the form in which it is compared."""
        return watch_values.form(self.kind, self.value)


@dataclass(frozen=True)
class Problem:
    """What is wrong with a field of a table or a form.

    Attributes
    ----------
    row : int
        Line of the table as a spreadsheet counts it, the header being 1; 0 for a form or the whole table.
    field : str
    text : str
        In English with named places; the key of its translation.
    values : tuple of (str, str or int)
        What stands in them.
    """

    row: int
    field: str
    text: str
    values: tuple[tuple[str, str | int], ...] = ()

    def __str__(self) -> str:
        where = f"row {self.row}, " if self.row else ""
        return f"{where}{self.field}: {self.text.format(**dict(self.values))}"


def _problem(field: str, refusal: Refusal, row: int = 0) -> Problem:
    return Problem(row, field, refusal.text, tuple(refusal.values.items()))


def clean(new: New) -> New:
    """Return an entry as it is kept: texts on one line, the grade in its one writing."""
    grade = _GRADE.fullmatch(new.source_grade.strip().upper())
    return New(
        kind=new.kind.strip().lower(),
        value=line(new.value, watch_values.LONGEST + 1),
        reason=kept(new.reason, 1_000),
        source_grade="".join(grade.groups()) if grade else line(new.source_grade, 20),
        restricted=new.restricted,
        lead=line(new.lead, 500),
        floor=new.floor,
        valid_from=new.valid_from,
        expires_at=new.expires_at,
    )


def problems(new: New, *, at: pd.Timestamp) -> list[Problem]:
    """Return everything that is wrong with an entry (`clean`), field by field."""
    found: list[Problem] = []
    try:
        watch_values.form(new.kind, new.value)
    except Refusal as refusal:
        found.append(_problem("value" if new.kind in watch_values.KINDS else "kind", refusal))
    if not new.reason:
        found.append(Problem(0, "reason", "say in a few words why"))
    if new.source_grade and not _GRADE.fullmatch(new.source_grade):
        found.append(Problem(0, "source_grade", "expected a grade from A1 to F6, as B2"))
    if new.floor is not None and not 1 <= new.floor <= LOWEST_FLOOR:
        found.append(Problem(0, "floor", "expected a place from 1 to {most}", (("most", LOWEST_FLOOR),)))
    start = new.valid_from if new.valid_from is not None else at
    if new.expires_at is not None and new.expires_at <= max(start, at):
        found.append(Problem(0, "expires_at", "expected a time to come, after the entry begins to count"))
    elif new.expires_at is not None and new.expires_at - start > LONGEST_TERM:
        found.append(Problem(0, "expires_at", "expected at most five years"))
    return found


# --- tables ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Table:
    """A table read: its entries with their rows, and what is wrong with it.

    Attributes
    ----------
    entries : tuple of (int, str, New)
        Row, column the value stands in, entry.
    problems : tuple of Problem
    """

    entries: tuple[tuple[int, str, New], ...]
    problems: tuple[Problem, ...]


def read(content: bytes, *, at: pd.Timestamp, zone: str = "UTC") -> Table:
    """Read a table of entries or of leads; which of them, its header says.

    Parameters
    ----------
    content : bytes
        CSV in UTF-8 (or UTF-16 with its mark), columns parted by comma, semicolon or tab; or a workbook
        (XLSX, XLS), of which the first sheet that holds anything is read.
    at : Timestamp
        Now (UTC).
    zone : str
        Of times without one.
    """
    try:
        header, rows = _rows(content)
    except Refusal as refusal:
        return Table((), (_problem("file", refusal),))
    if missing := _missing(header):
        return Table((), tuple(missing))
    entries: list[tuple[int, str, New]] = []
    wrong: list[Problem] = []
    for number, row in rows:
        if any(cell.strip() for cell in row[len(header) :]):
            # A comma that was not put into quotes would move every cell after it.
            wrong.append(Problem(number, "row", "there are more cells than columns; put texts into quotes"))
            continue
        made, why = _entries(dict(zip(header, row, strict=False)), number, zone)
        wrong += why
        for column, new in made:
            found = problems(new, at=at)
            entries.append((number, column, new))
            wrong += [
                Problem(number, column if each.field == "value" else each.field, each.text, each.values)
                for each in found
            ]
        if len(wrong) >= MOST_PROBLEMS:
            break
    return Table(tuple(entries), tuple(dict.fromkeys(wrong)))


def _rows(content: bytes) -> tuple[list[str], list[tuple[int, list[str]]]]:
    if len(content) > LARGEST:
        raise Refusal("expected at most {most} bytes", most=LARGEST)
    lines = watch_sheets.lines(content, MOST_ROWS) if watch_sheets.is_workbook(content) else _lines(content)
    # Readers of manifests let the CSV module pass longer cells.
    if any(len(cell) > LONGEST_CELL for each in lines for cell in each):
        raise Refusal("this is no table in CSV")
    if not lines:
        raise Refusal("the table is empty")
    if len(lines) > MOST_ROWS + 1:
        raise Refusal("expected at most {most} rows", most=MOST_ROWS)
    header = [re.sub(r"[\W_]+", "_", line(name, 60).lower()).strip("_") for name in lines[0]]
    cells = iter(unguarded(pd.Series([cell for each in lines[1:] for cell in each], dtype="str")))
    rows = [(number, [next(cells) for _ in each]) for number, each in enumerate(lines[1:], start=2)]
    return header, [(number, each) for number, each in rows if any(cell.strip() for cell in each)]


def _lines(content: bytes) -> list[list[str]]:
    try:
        wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
        text = content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError:
        raise Refusal("this is no text in UTF-8; save it as CSV UTF-8") from None
    first = text.partition("\n")[0]
    parted = max(",;\t", key=first.count)
    try:
        return list(csv.reader(io.StringIO(text.replace("\x00", "")), delimiter=parted))
    except csv.Error:
        raise Refusal("this is no table in CSV") from None


def _missing(header: Sequence[str]) -> list[Problem]:
    wanted = LEAD_COLUMNS if set(OF_A_LEAD) & set(header) else COLUMNS
    needed = _NEEDED if wanted is LEAD_COLUMNS else ("kind", "value", *_NEEDED)
    found = [Problem(1, name, "this column is missing") for name in needed if name not in header]
    listed = (("columns", ", ".join(wanted)),)
    for name in dict.fromkeys(header):
        if name and name not in wanted:
            found.append(Problem(1, name[:60], "there is no such column; there are {columns}", listed))
        elif header.count(name) > 1 and name:
            found.append(Problem(1, name, "this column is there twice"))
    return found


def _entries(cells: dict[str, str], row: int, zone: str) -> tuple[list[tuple[str, New]], list[Problem]]:
    """Return the entries of one row with the columns they stand in, and what is wrong with shared fields."""
    wrong: list[Problem] = []

    def cell(name: str) -> str:
        return cells.get(name, "").strip()

    def moment(name: str) -> pd.Timestamp | None:
        try:
            return _moment(cell(name), zone)
        except (ValueError, OverflowError):
            wrong.append(Problem(row, name, "expected a date, as 2026-11-30 or 2026-11-30 14:00"))
            return None

    floor = None
    if text := cell("floor"):
        floor = int(text) if re.fullmatch(r"\d{1,6}", text) else 0
    restricted = cell("restricted").casefold()
    if restricted not in _YES | _NO:
        wrong.append(Problem(row, "restricted", "expected yes or no"))
    shared: dict[str, Any] = {
        "reason": cell("reason"),
        "source_grade": cell("source_grade"),
        "restricted": restricted in _YES,
        "floor": floor,
        "valid_from": moment("valid_from"),
        "expires_at": moment("expires_at"),
    }
    if not set(OF_A_LEAD) & set(cells):
        new = New(cell("kind"), cell("value"), lead=cell("lead"), **shared)
        return [("value", clean(new))], wrong
    lead = " · ".join(filter(None, (cell("platform"), cell("seller_handle"), cell("listing"))))
    made = [
        (column, clean(New(kind, cell(column), lead=lead, **shared)))
        for column, kind in OF_A_LEAD.items()
        if cell(column)
    ]
    if not made:
        wrong.append(Problem(row, "seller_name", "a lead needs at least one of its fields to watch for"))
    return made, wrong


def _moment(text: str, zone: str) -> pd.Timestamp | None:
    if not text:
        return None
    if not re.fullmatch(
        r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:?\d\d)?)?", text
    ):
        raise ValueError(text)
    read_at = pd.Timestamp(text)
    if read_at.tzinfo is None:
        read_at = read_at.tz_localize(zone, ambiguous=True, nonexistent="shift_forward")
    return read_at.tz_convert("UTC").tz_localize(None).as_unit("us")


def template(leads: bool) -> bytes:
    """Return an empty table to fill in: of leads from online platforms, or of entries."""
    return _csv(LEAD_COLUMNS if leads else COLUMNS, [])


def written(entries: Iterable[New]) -> bytes:
    """Return entries as a CSV that `read` reads, guarded against formulas."""
    return _csv(COLUMNS, cells(entries))


def cells(entries: Iterable[New]) -> list[tuple[str, ...]]:
    """Return entries as rows of `COLUMNS`, not guarded yet."""
    return [
        (
            *(each.kind, each.value, each.reason, each.source_grade, "yes" if each.restricted else "no"),
            *("" if each.floor is None else str(each.floor), each.lead),
            *(
                "" if moment is None else f"{moment.isoformat()}Z"
                for moment in (each.valid_from, each.expires_at)
            ),
        )
        for each in entries
    ]


def _csv(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow(guarded(pd.Series(row, dtype="str")))
    # The mark tells spreadsheets that it is UTF-8.
    return stream.getvalue().encode("utf-8-sig")
