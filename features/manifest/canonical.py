"""Rows of any table turned into rows of the shipment table, by a mapping or by known names."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from features.manifest import cells, messages, quantities, schema, times
from features.manifest.cells import Habits
from features.manifest.column_names import recognise
from features.manifest.files import Opened
from features.manifest.mapping import Mapping, Source, Values
from features.manifest.problems import NOTE_COLUMNS, REJECTED_COLUMNS, empty, problem, quoted
from features.manifest.rows import FILE_STRIDE, Chunk

#: Internal column: file number and row number in one integer; the order of the input.
POSITION = "__position"
#: Internal column: the row is of a declaration (`features.manifest.declarations`).
DECLARES = "__declares"
#: Internal column: 1 where the row is an entry of a list, 2 where it tells of a part of the bill only
#: (`features.manifest.summaries`).
SUMMARY = "__summary"
WHOLE, PART = 1.0, 2.0
#: Internal column: the kind of message a row is of, empty for rows of tables (`features.manifest.kinds`).
KIND = "__kind"
#: Internal column: the row was scored on an earlier list (`features.manifest.earlier`).
EARLIER = "__earlier"
_POSITION_NAMES = ("source_file", "source_position")
#: Columns with numbers of papers, which spreadsheets take for quantities: all but 15 digits are lost,
#: and a table written from there has 1.23457E+17, so that two bills read alike.
_NUMBERS_OF_PAPERS = frozenset(
    ("shipment_id", "master_id", "manifest_id", "registration_number", "declaration_id")
)
_SHORTENED = r"^[0-9](?:[.,][0-9]+)?[eE]\+[0-9]{1,2}$"
_ALL_DIGITS = "every digit; a number this long loses digits in a spreadsheet, so that two may read alike"

#: Column or columns, rows of the table, what stood there, and what was expected.
_Noted = tuple[str | list[str], np.ndarray, pd.Series, list[str]]


@dataclass(frozen=True)
class Plan:
    """How one file is read: the mapping completed for its header, and its habits."""

    opened: Opened
    number: int
    mapping: Mapping
    habits: Habits
    ignored: tuple[str, ...]
    declares: bool = False


@dataclass(frozen=True)
class Part:
    """Some rows of the shipment table before bills are joined.

    Attributes
    ----------
    table : DataFrame
        Canonical and extra columns, and `POSITION`.
    notes, rejected : DataFrame
        With `POSITION`.
    read : int
        Rows read, rejected ones among them.
    unmapped : Counter
        (canonical column, source column, value) that a value map does not know.
    """

    table: pd.DataFrame
    notes: pd.DataFrame
    rejected: pd.DataFrame
    read: int
    unmapped: Counter[tuple[str, str, str]] = field(default_factory=Counter)


def automatic(header: list[str]) -> Mapping:
    """Return the mapping that known column names amount to."""
    found = recognise(header)
    columns = {name: Source(tuple(sources), "first_of") for name, sources in found.items()}
    if "shipment_id" not in columns and "master_id" in columns:
        # A list of master bills alone: the master is the shipment.
        columns["shipment_id"] = columns["master_id"]
    # Beside a house bill number, the bill of unstated level is the master.
    sources = columns["shipment_id"].columns if "shipment_id" in columns else ()
    if len(sources) > 1 and "master_id" not in columns and "shipment_id" not in header:
        columns["master_id"] = Source(sources[1:], "first_of")
    return Mapping(columns=columns)


def file_numbers(table: pd.DataFrame) -> np.ndarray:
    """Return the number of the file each row stands in."""
    return table[POSITION].to_numpy() // FILE_STRIDE


def check_header(opened: Opened, mapping: Mapping | None) -> list[dict[str, str]]:
    """Return what a header lacks."""
    if opened.message:
        return []
    if mapping is None:
        if "shipment_id" in automatic(opened.header).columns:
            return []
        names = ", ".join(opened.header[:20])
        expected = (
            "a column with the number of the bill (shipment_id, house_bl, bl_no, awb_no, ...), or a mapping; "
            f"the columns are {quoted(names)}"
        )
        return [problem(expected, file=opened.label, column="shipment_id")]
    present = set(opened.header)
    return [
        problem("a column of the file, named in the mapping", file=opened.label, column=name)
        for name in mapping.source_columns()
        if name not in present
    ]


def plan(opened: Opened, number: int, mapping: Mapping | None, sample: pd.DataFrame) -> Plan:
    """Complete the mapping for one file and learn its habits from its first rows."""
    if opened.message:  # says what its columns are, and has no habits
        columns = {name: Source((name,), "first_of") for name in opened.header}
        declares = messages.BY_NAME[opened.message].declares
        return Plan(opened, number, Mapping(columns=columns), Habits(), (), declares)
    complete = mapping if mapping is not None else automatic(opened.header)
    used = set(complete.source_columns())
    ignored = tuple(name for name in opened.header if name not in used)
    return Plan(opened, number, complete, _habits(complete, sample), ignored)


def _habits(mapping: Mapping, sample: pd.DataFrame) -> Habits:
    read = mapping.read

    def texts(kind: str) -> dict[str, list[str]]:
        return {
            name: [
                str(t).strip() for column in source.columns for t in sample[column].dropna().unique()[:20_000]
            ]
            for name, source in mapping.columns.items()
            if schema.BY_NAME[name].kind == kind and all(sample[c].dtype == "str" for c in source.columns)
        }

    numbers = [text for found in texts("number").values() for text in found]
    order = {name: times.day_first(found) for name, found in texts("time").items()}
    proven = {value for value in order.values() if value is not None}
    if len(proven) == 1:  # one file has one habit: what one column proves, the others follow
        order = dict.fromkeys(order, proven.pop())
    return Habits(
        decimal=read.decimal or quantities.decimal_mark(numbers) or ".",
        dayfirst=read.dayfirst,
        column_dayfirst={name: value for name, value in order.items() if value is not None},
        zone=read.time_zone,
        missing=frozenset(read.missing),
    )


def convert(chunk: Chunk, plan: Plan) -> Part:
    """Turn raw rows into rows of the shipment table."""
    mapping, label = plan.mapping, plan.opened.label
    frame = chunk.frame
    position = plan.number * FILE_STRIDE + chunk.numbers
    unmapped: Counter[tuple[str, str, str]] = Counter()
    noted: list[_Noted] = []
    data: dict[str, pd.Series] = {}
    for name, raw in _raw_columns(frame, plan, chunk.numbers, unmapped).items():
        column = cells.read_column(name, raw, plan.habits)
        values = column.values * mapping.scale[name] if name in mapping.scale else column.values
        data[name] = values.reset_index(drop=True)
        noted.append((name, column.noted, raw.iloc[column.noted], column.expected))
        noted += _doubtful(name, data[name], chunk, plan)
    if chunk.doubts:
        rows, names, said, expected = map(list, zip(*chunk.doubts, strict=True))
        noted.append((names, np.array(rows), pd.Series(said, dtype="str"), expected))
    for name in mapping.categorical:
        data[name] = cells.clean(_text(frame[name]), plan.habits.missing)[0]
    for name in mapping.numeric:
        data[name], wrong = _extra_number(frame[name], plan.habits)
        noted.append((name, wrong, frame[name].iloc[wrong], ["a number"] * len(wrong)))
    table = pd.DataFrame(data, index=pd.RangeIndex(len(frame)))
    table = _keyed(table, frame, mapping)
    table = _positioned(table, label, chunk.numbers)
    table[POSITION] = position
    if chunk.summaries is not None:
        table[SUMMARY] = chunk.summaries
    if plan.declares:
        table[DECLARES] = pd.Series(True, table.index, dtype="boolean")
    notes = _notes(noted, table)
    lacking = table["shipment_id"].isna().to_numpy()
    rejected = _rejected(table[lacking], "no shipment_id")
    broken = _broken(chunk, plan)
    table = table[~lacking].reset_index(drop=True)
    notes = notes[~notes[POSITION].isin(rejected[POSITION])].reset_index(drop=True)
    rejected = pd.concat([rejected, broken], ignore_index=True)
    return Part(table, notes, rejected, len(frame) + len(chunk.broken), unmapped)


def _doubtful(name: str, values: pd.Series, chunk: Chunk, plan: Plan) -> list[_Noted]:
    """Return notes on values that are kept but may not be what was written."""
    if values.dtype != "str":
        return []
    source = plan.mapping.columns.get(name)
    long = [chunk.long[column] for column in (source.columns if source else ()) if column in chunk.long]
    texts = pa.array(values, pa.large_string(), from_pandas=True)
    if name in _NUMBERS_OF_PAPERS:
        long.append(_where(pc.match_substring_regex(texts, _SHORTENED)))
    at = np.unique(np.concatenate(long)).astype(int) if long else np.empty(0, dtype=int)
    lost = _where(pc.match_substring(texts, "\ufffd"))
    unread = f"readable text; some bytes of this cell are none in {plan.opened.encoding}"
    digits = (name, at, values.iloc[at], [_ALL_DIGITS] * len(at))
    return [digits, (name, lost, values.iloc[lost], [unread] * len(lost))]


def _where(holds: pa.BooleanArray) -> np.ndarray:
    return np.flatnonzero(pc.fill_null(holds, False).to_numpy(zero_copy_only=False))


def _raw_columns(
    frame: pd.DataFrame, plan: Plan, numbers: np.ndarray, unmapped: Counter[tuple[str, str, str]]
) -> dict[str, pd.Series]:
    mapping, habits, found = plan.mapping, plan.habits, {}
    for name, source in mapping.columns.items():
        found[name] = _source(name, frame, source, habits, plan.opened.label, numbers)
    for name, values in mapping.values.items():
        found[name] = _mapped(name, frame, values, habits, unmapped)
    for name, text in mapping.constants.items():
        found[name] = pd.Series([text] * len(frame), dtype="str")
    return {name: found[name] for name in schema.BY_NAME if name in found}


def _source(
    name: str, frame: pd.DataFrame, source: Source, habits: Habits, label: str, numbers: np.ndarray
) -> pd.Series:
    if source.how == "row_number":
        return pd.Series([f"{label}#{number}" for number in numbers], dtype="str")
    column = schema.BY_NAME[name]
    if len(source.columns) == 1:
        raw = frame[source.columns[0]]
        if column.kind == "number" and raw.dtype == "float64":
            return raw
        if column.kind == "time" and raw.dtype.kind == "M":
            return times.to_utc(raw.astype("datetime64[us]"), habits.zone)
        return _text(raw)
    keep_na = column.code == "country"
    parts = [cells.clean(_text(frame[c]), habits.missing, keep_na=keep_na)[0] for c in source.columns]
    if source.how == "first_of":
        first = parts[0]
        for part in parts[1:]:
            first = first.where(first.notna(), part)
        return first
    if source.how == "latest":
        return _latest(name, parts, habits)
    return _joined(parts, ";" if column.kind == "list" else " ")


def _latest(name: str, parts: list[pd.Series], habits: Habits) -> pd.Series:
    """Return per row the cell with the latest time; where none can be read, the first there is."""
    latest = parts[0]
    when = cells.read_column(name, latest, habits).values
    for part in parts[1:]:
        other = cells.read_column(name, part, habits).values
        later = (other > when) | (when.isna() & other.notna()) | latest.isna()
        latest, when = latest.where(~later, part), when.where(~later, other)
    return latest


def _joined(parts: list[pd.Series], by: str) -> pd.Series:
    whole = parts[0].fillna("")
    for part in parts[1:]:
        part = part.fillna("")
        between = pd.Series(np.where((whole != "") & (part != ""), by, ""), dtype="str")
        whole = whole + between + part
    return whole.where(whole != "")


def _text(raw: pd.Series) -> pd.Series:
    """Return a raw column as text: numbers without a needless ``.0``, times in ISO form."""
    if raw.dtype == "str":
        return raw
    from features.manifest.typed_cells import cell_text

    if raw.dtype.kind == "M":
        return (
            raw.dt.strftime("%Y-%m-%dT%H:%M:%S.%f")
            .astype("str")
            .str.removesuffix(".000000")
            .str.removesuffix("T00:00:00")
        )
    codes, uniques = pd.factorize(raw)
    texts = pd.Series([cell_text(value) for value in uniques.tolist()], dtype="str")
    if texts.empty:
        return pd.Series([None] * len(raw), dtype="str")
    return texts.take(np.where(codes < 0, 0, codes)).reset_index(drop=True).where(pd.Series(codes >= 0))


def _mapped(
    name: str, frame: pd.DataFrame, values: Values, habits: Habits, unmapped: Counter[tuple[str, str, str]]
) -> pd.Series:
    """Apply a value map: conditions first, then the map; what neither knows is counted."""
    result = pd.Series([None] * len(frame), dtype="str")
    open_rows = np.ones(len(frame), dtype=bool)
    for when in values.when:
        holds = open_rows.copy()
        for column, allowed in when.conditions:
            holds &= _text(frame[column]).fillna("").str.strip().isin(allowed).to_numpy(dtype=bool)
        result[holds] = when.value
        open_rows &= ~holds
    if values.column is None:
        return result.where(~pd.Series(open_rows), values.other) if values.other is not None else result
    texts = _text(frame[values.column]).fillna("").str.strip()
    empty_words = cells.MISSING | {"NA"} | set(habits.missing)
    for text in texts[open_rows].unique():
        here = open_rows & (texts == text).to_numpy(dtype=bool)
        if text in values.map:
            result[here] = values.map[text]
        elif text in empty_words:
            continue
        elif values.other is not None:
            result[here] = values.other
        else:
            unmapped[(name, values.column, str(text))] += int(here.sum())
    return result


def _extra_number(raw: pd.Series, habits: Habits) -> tuple[pd.Series, np.ndarray]:
    if raw.dtype == "float64":
        return raw, np.empty(0, dtype=int)
    cleaned, _ = cells.clean(_text(raw), habits.missing)
    positions, uniques = pd.factorize(cleaned)
    parsed = np.append(quantities.parse([str(u) for u in uniques], decimal=habits.decimal), np.nan)
    values = pd.Series(parsed[positions])
    return values, np.flatnonzero((positions >= 0) & values.isna().to_numpy())


def _keyed(table: pd.DataFrame, frame: pd.DataFrame, mapping: Mapping) -> pd.DataFrame:
    """Let `[lines] key` be the shipment's id where it has one."""
    if not mapping.lines.key:
        if "shipment_id" not in table:
            table["shipment_id"] = schema.empty_column("shipment_id", table.index)
        return table
    pieces = [
        table[name].astype("str") if name in table else cells.clean(_text(frame[name]))[0]
        for name in mapping.lines.key
    ]
    key = _joined(pieces, " ")
    own = table["shipment_id"] if "shipment_id" in table else schema.empty_column("shipment_id", table.index)
    if "line_number" not in table and own.notna().any() and not own.equals(key):
        table["line_number"] = own
    table["shipment_id"] = key.where(key.notna(), own)
    return table


def _positioned(table: pd.DataFrame, label: str, numbers: np.ndarray) -> pd.DataFrame:
    """Fill where the row stands, unless the table already says it (a converted table read again)."""
    here = {
        "source_file": pd.Series([label] * len(table), dtype="str"),
        "source_position": pd.Series("row " + pd.Series(numbers).astype("str"), dtype="str"),
    }
    known = (
        table["source_position"].notna()
        if set(_POSITION_NAMES) <= set(table.columns)
        else pd.Series(False, table.index)
    )
    for name, values in here.items():
        table[name] = table[name].where(known, values) if name in table else values
    return table


def _notes(noted: list[_Noted], table: pd.DataFrame) -> pd.DataFrame:
    parts = []
    for name, rows, values, expected in noted:
        if len(rows):
            at = table.iloc[rows]
            part = at[["shipment_id", *_POSITION_NAMES, POSITION]].assign(
                column=name,
                value=[quoted(value) for value in _text(values.reset_index(drop=True)).fillna("")],
                expected=expected,
            )
            parts.append(part)
    if not parts:
        return empty(NOTE_COLUMNS).assign(**{POSITION: pd.Series(dtype="int64")})
    return pd.concat(parts, ignore_index=True)[[*NOTE_COLUMNS, POSITION]].astype(
        dict.fromkeys(NOTE_COLUMNS, "str")
    )


def _rejected(rows: pd.DataFrame, reason: str) -> pd.DataFrame:
    out = rows[["source_file", "source_position", "shipment_id", POSITION]].assign(reason=reason)
    return out[[*REJECTED_COLUMNS, POSITION]].astype(dict.fromkeys(REJECTED_COLUMNS, "str"))


def _broken(chunk: Chunk, plan: Plan) -> pd.DataFrame:
    numbers = pd.Series(list(chunk.broken), dtype="int64")
    places = [chunk.places.get(n, (f"row {n}", "")) for n in chunk.broken]
    labels = chunk.files or (plan.opened.label,)
    rows = pd.DataFrame(
        {
            "source_file": pd.Series([labels[n // FILE_STRIDE] for n in chunk.broken], dtype="str"),
            "source_position": pd.Series([place for place, _ in places], dtype="str"),
            "shipment_id": pd.Series([name or None for _, name in places], dtype="str"),
            "reason": pd.Series(list(chunk.broken.values()), dtype="str"),
            POSITION: numbers + plan.number * FILE_STRIDE,
        }
    )
    return rows


def unmapped_problems(found: Counter[tuple[str, str, str]]) -> list[dict[str, str]]:
    """Return one problem per value that a value map does not know."""
    return [
        problem(
            f"an entry for it in [values.{name}] map ({count} row{'s' if count > 1 else ''}), or other",
            column=source,
            value=value,
        )
        for (name, source, value), count in sorted(found.items())
    ]
