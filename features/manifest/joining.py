"""Lines of one bill made one row: texts and lists united, quantities added or counted once."""

from __future__ import annotations

import numpy as np
import pandas as pd

from features.manifest import codes, schema
from features.manifest.canonical import POSITION
from features.manifest.cells import CELL_LIMIT
from features.manifest.mapping import Lines
from features.manifest.problems import NOTE_COLUMNS, empty, quoted

#: Where a row stands; no part of what it says.
WHERE = ("source_file", "source_position", POSITION)
#: Columns in which two lines of one bill may differ; rows equal in all of them are one line.
_LINE_COLUMNS = tuple(
    c.name
    for c in schema.COLUMNS
    if c.group in ("goods", "quantities", "equipment") or c.name in ("line_number", "origin_country")
)
_JOINED_TEXTS = ("goods_description", "marks", "package_type", "found_quantity")
_LATEST = ("inspected_at", "last_amended_at", "amendment_count")
_EARLIEST = ("arrives_at", "available_until")
_ANY = ("is_refrigerated", "is_consolidation")
_ALL = ("trusted_trader", "permit_valid")


def join(rows: pd.DataFrame, lines: Lines) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make one row of each version; ``__rows`` says of how many."""
    size = rows["__version"].map(rows["__version"].value_counts())
    one, many = rows[size == 1].assign(__rows=1), rows[size > 1].reset_index(drop=True)
    if many.empty:
        return one, empty(NOTE_COLUMNS).assign(**{POSITION: pd.Series(dtype="int64")})
    group = pd.Series(pd.factorize(many["__version"])[0], index=many.index)
    joined = many.groupby(group).first()
    joined = joined.astype({name: many[name].dtype for name in joined.columns})
    for name in [n for n in _JOINED_TEXTS if n in many]:
        joined[name] = _unique_texts(many[name], group, "; ", joined.index).str.slice(0, CELL_LIMIT)
    for column in schema.COLUMNS:
        if column.kind == "list" and column.name in many:
            members = _unique_texts(many[column.name], group, ";", joined.index)
            joined[column.name] = _unique_members(members, column.name)
    for names, how in ((_LATEST, "max"), (_EARLIEST, "min"), (_ANY, "max"), (_ALL, "min")):
        for name in [n for n in names if n in many]:
            joined[name] = getattr(many[name].groupby(group), how)().astype(many[name].dtype)
    own_line = ~_same_line(many, group)
    sums, repeated, total_row = _quantities(many, group, own_line, lines)
    for name, values in sums.items():
        joined[name] = values
    joined["items"] = _items(many, group, own_line & ~total_row, repeated, joined)
    joined["__rows"] = group.value_counts().sort_index()
    notes = _quantity_notes(joined, repeated, list(sums))
    if {"currency", "declared_value"} <= set(many.columns):
        currencies = many["currency"].groupby(group)
        mixed = currencies.min() != currencies.max()
        mixed &= currencies.count() > 1
        notes = pd.concat(
            [notes, _notes(joined[mixed], "declared_value", "one currency on all lines of a bill")]
        )
        joined.loc[mixed, ["declared_value", "currency"]] = [np.nan, None]
    return pd.concat([one, joined.astype({n: one[n].dtype for n in one.columns if n in joined})]), notes


def _unique_texts(values: pd.Series, group: pd.Series, by: str, index: pd.Index) -> pd.Series:
    pairs = pd.DataFrame({"group": group, "value": values}).dropna().drop_duplicates()
    several = pairs["group"].duplicated(keep=False)
    texts = pd.concat(
        [pairs[~several].set_index("group")["value"], pairs[several].groupby("group")["value"].agg(by.join)]
    )
    return texts.reindex(index).astype("str")


def _unique_members(lists: pd.Series, name: str) -> pd.Series:
    def tidy(text: str) -> str:
        members = dict.fromkeys(text.split(";"))
        if name == "outcome" and len(members) > 1:
            members.pop("clean", None)  # a find on one line outweighs a clean other line
        return ";".join(members)

    positions, uniques = pd.factorize(lists)
    texts = pd.Series([tidy(str(text)) for text in uniques], dtype="str")
    if texts.empty:
        return lists
    taken = texts.take(np.where(positions < 0, 0, positions)).reset_index(drop=True)
    return taken.where(pd.Series(positions >= 0)).set_axis(lists.index)


def _same_line(many: pd.DataFrame, group: pd.Series) -> np.ndarray:
    """Tell rows that repeat an earlier row's line and only add other facts (an outcome, a notify)."""
    names = [name for name in _LINE_COLUMNS if name in many]
    content = hashed(many, names) if names else np.zeros(len(many))
    return pd.DataFrame({"group": group, "content": content}).duplicated().to_numpy()


def _quantities(
    many: pd.DataFrame, group: pd.Series, own_line: np.ndarray, lines: Lines
) -> tuple[dict[str, pd.Series], pd.Series, np.ndarray]:
    """Sum quantities over lines, unless lines repeat the bill's total.

    Two or more quantities that are all the same on every line are the bill's total, repeated;
    one line that is the sum of the others in two or more quantities is the bill's total line.
    A single repeated quantity is summed: it may well be equal lines.
    """
    names = [name for name in lines.sum if name in many]
    count = pd.Series(own_line).groupby(group).sum()
    zero = pd.Series(0, index=count.index)
    carried, constant, as_total = zero.copy(), zero.copy(), pd.Series(0, index=many.index)
    stats = {}
    for name in names:
        values = many[name].where(own_line)
        by = values.groupby(group)
        filled, low, top, total = by.count(), by.min(), by.max(), by.sum(min_count=1)
        stats[name] = (top, total)
        carried += (filled >= 1).astype(int)
        constant += ((filled == count) & (filled >= 2) & (low == top)).astype(int)
        enough = group.map(filled) >= 3
        as_total += (
            enough & (values > 0) & np.isclose(2 * values, group.map(total), rtol=1e-9, atol=0)
        ).astype(int)
    repeated = (carried >= 2) & (constant == carried)
    total_row = ((as_total >= 2) & (as_total == group.map(carried)) & ~group.map(repeated)).to_numpy()
    total_row = total_row & ~pd.DataFrame({"group": group, "row": total_row}).duplicated().to_numpy()
    if lines.total != "auto":
        repeated = pd.Series(lines.total == "repeated", index=count.index)
        total_row = np.zeros(len(many), dtype=bool)
    once = repeated | pd.Series(total_row).groupby(group).any()
    return {name: total.where(~once, top) for name, (top, total) in stats.items()}, repeated, total_row


def _items(
    many: pd.DataFrame, group: pd.Series, line: np.ndarray, repeated: pd.Series, joined: pd.DataFrame
) -> pd.Series:
    """Return the item lines of each bill: its rows' own, or one made of each row."""
    first = joined["items"] if "items" in joined else schema.empty_column("items", joined.index)
    several = group.map(pd.Series(line).groupby(group).sum()).to_numpy() > 1
    rows = many[line & several]
    if rows.empty:
        return first
    of = group[rows.index].to_numpy()
    quantity_free = repeated.reindex(of).to_numpy(dtype=bool)
    made = _made_lines(rows, quantity_free)
    own = rows["items"].to_numpy(dtype=object) if "items" in rows else np.full(len(rows), None)
    texts = [
        (text[1:-1] if isinstance(text, str) else line_text)
        for text, line_text in zip(own, made, strict=True)
    ]
    whole = pd.Series(texts).groupby(of).agg(lambda parts: ",".join(part for part in parts if part))
    whole = ("[" + whole + "]").astype("str")
    return first.mask(first.index.isin(whole.index), whole.where(whole != "[]").reindex(first.index)).astype(
        "str"
    )


def _made_lines(rows: pd.DataFrame, quantity_free: np.ndarray) -> list[str]:
    """Return each row as the JSON text of one item line."""
    names = {
        "description": "goods_description",
        "hs": "hs_codes",
        "packages": "packages",
        "kg": "gross_weight_kg",
        "value": "declared_value",
        "currency": "currency",
        "origin": "origin_country",
    }
    columns = {}
    for key, name in names.items():
        values = rows[name] if name in rows else pd.Series(np.nan, rows.index)
        if key == "hs":
            values = values.where(~values.astype("str").str.contains(";", na=False))
        if key in ("packages", "kg", "value"):
            values = values.where(~quantity_free)
        columns[key] = values.astype("object").where(values.notna(), None).tolist()
    lines = []
    for cells in zip(*columns.values(), strict=True):
        line = {key: cell for key, cell in zip(names, cells, strict=True) if cell is not None}
        lines.append(codes.dump_items([line])[1:-1] if line else "")
    return lines


def _quantity_notes(joined: pd.DataFrame, repeated: pd.Series, names: list[str]) -> pd.DataFrame:
    hit = joined[repeated.reindex(joined.index).to_numpy(dtype=bool)]
    parts = [
        _notes(hit[hit[name].notna()], name, "each line's own quantity; every line repeats it, counted once")
        for name in names
    ]
    return (
        pd.concat(parts, ignore_index=True)
        if parts
        else empty(NOTE_COLUMNS).assign(**{POSITION: pd.Series(dtype="int64")})
    )


def _notes(rows: pd.DataFrame, name: str, expected: str) -> pd.DataFrame:
    notes = rows[["shipment_id", *WHERE]].assign(
        column=pd.Series(name, rows.index, dtype="str"),
        value=pd.Series([quoted(f"{value:.12g}") for value in rows[name]], rows.index, dtype="str"),
        expected=pd.Series(expected, rows.index, dtype="str"),
    )
    return notes[[*NOTE_COLUMNS, POSITION]].reset_index(drop=True)


def hashed(rows: pd.DataFrame, names: list[str]) -> np.ndarray:
    """Return a hash of each row's cells in some columns."""
    frame = rows[names].copy()
    for name in frame.columns:
        if frame[name].dtype == "boolean":
            frame[name] = frame[name].astype("Int8").astype("Float64").fillna(-1.0).astype("float64")
        elif frame[name].dtype == "float64":
            # Written as text and read again, a number may differ in its last bits.
            size, power = np.frexp(frame[name].to_numpy())
            frame[name] = np.ldexp(np.round(size * 2.0**40), power - 40)
    return pd.util.hash_pandas_object(frame, index=False).to_numpy()


def comparable(values: pd.Series) -> pd.Series:
    """Return names without the differences of case, blanks and punctuation that lines show."""
    if values.dtype != "str":
        return values
    positions, names = pd.factorize(values)  # names repeat: each is looked at once
    bare = pd.Series(names, dtype="str").str.casefold().str.replace(r"[\s.,;'\"()-]+", "", regex=True)
    return bare.reindex(positions).set_axis(values.index)
