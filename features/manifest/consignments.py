"""Rows that share a bill: lines of one consignment, repeats, amendments, contradictions.

Every row meets exactly one fate, and `Resolution.counts` adds up to the rows read:

``shipments``
    rows of the result;
``joined``
    further rows that are lines of one of them;
``repeats``
    identical repeats, dropped;
``superseded``
    rows of versions that a later ``known_at`` replaces;
``rejected``
    rows of one bill and one time that contradict each other.

All of it looks at one shipment's rows only, so that any cut of the input which splits no
shipment gives the same result.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.manifest import codes, schema
from features.manifest.canonical import POSITION
from features.manifest.cells import CELL_LIMIT
from features.manifest.mapping import Lines
from features.manifest.problems import NOTE_COLUMNS, REJECTED_COLUMNS, empty, quoted

_WHERE = ("source_file", "source_position", POSITION)
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


@dataclass(frozen=True)
class Resolution:
    """Shipments, what was rejected, what was noted, and which rows the shipments rest on."""

    table: pd.DataFrame
    rejected: pd.DataFrame
    notes: pd.DataFrame
    counts: dict[str, int]
    used: np.ndarray


def resolve(
    table: pd.DataFrame, lines: Lines, *, versions: str = "latest", time: str = "known_at"
) -> Resolution:
    """Join the lines of each bill and settle repeats.

    Parameters
    ----------
    table : DataFrame, shape (n, k)
        Rows in canonical dtypes with ``shipment_id`` and `POSITION`, in order of position.
    lines : Lines
        The mapping's `[lines]` rule.
    versions : {"latest", "all"}
        Keep only the latest version of a shipment, or every one.
    time : str
        Column that orders versions; a missing time is the earliest.
    """
    if versions not in ("latest", "all"):
        raise ValueError(f"versions is 'latest' or 'all', not {versions!r}")
    table = table.reset_index(drop=True)
    group = pd.factorize(table["shipment_id"])[0]
    alone = np.bincount(group, minlength=1)[group] == 1 if len(table) else np.empty(0, dtype=bool)
    single, several = table[alone], table[~alone].reset_index(drop=True)
    if several.empty:
        counts = {"shipments": len(single), "joined": 0, "repeats": 0, "superseded": 0, "rejected": 0}
        return Resolution(
            single, empty(REJECTED_COLUMNS), empty(NOTE_COLUMNS), counts, table[POSITION].to_numpy()
        )
    several["__version"] = _version_codes(several, time)
    distinct = several[~_repeats(several, time)].reset_index(drop=True)
    clash = _contradictions(distinct, lines)
    rejected = _rejected(
        several[several["__version"].isin(distinct.loc[clash != "", "__version"])], distinct, clash
    )
    distinct = distinct[(clash == "").to_numpy()].reset_index(drop=True)
    joined, notes = _join(distinct, lines)
    kept, superseded, echoed = _settle_versions(joined, time, versions)
    result = pd.concat([single, kept.drop(columns=["__version", "__rows"])], ignore_index=True)
    result = result.sort_values(POSITION, kind="stable", ignore_index=True)
    used = distinct.loc[distinct["__version"].isin(kept["__version"]), POSITION]
    lines_used = int(kept["__rows"].sum())
    counts = {
        "shipments": len(result),
        "joined": lines_used - len(kept),
        "repeats": len(several) - len(rejected) - len(distinct) + echoed,
        "superseded": superseded,
        "rejected": len(rejected),
    }
    notes = notes[notes[POSITION].isin(used)]
    return Resolution(
        result, rejected, notes, counts, np.concatenate([single[POSITION].to_numpy(), used.to_numpy()])
    )


def _version_codes(rows: pd.DataFrame, time: str) -> np.ndarray:
    """Return one code per shipment and time."""
    stamps = rows[time].astype("datetime64[us]").astype("int64") if time in rows else pd.Series(0, rows.index)
    return rows.groupby([rows["shipment_id"], stamps], sort=False).ngroup().to_numpy()


def _hash(rows: pd.DataFrame, names: list[str]) -> np.ndarray:
    frame = rows[names].copy()
    for name in frame.columns:
        if frame[name].dtype == "boolean":
            frame[name] = frame[name].astype("Int8").astype("Float64").fillna(-1.0).astype("float64")
    return pd.util.hash_pandas_object(frame, index=False).to_numpy()


def _content(rows: pd.DataFrame, *leave_out: str) -> list[str]:
    out = {*_WHERE, "__version", "__rows", *leave_out}
    return [name for name in rows.columns if name not in out]


def _repeats(rows: pd.DataFrame, time: str) -> np.ndarray:
    """Tell rows whose whole content stood before in the same version."""
    content = _hash(rows, _content(rows, time))
    return pd.DataFrame({"version": rows["__version"], "content": content}).duplicated().to_numpy()


def _contradictions(rows: pd.DataFrame, lines: Lines) -> pd.Series:
    """Return per row the columns in which its bill contradicts itself, or an empty text."""
    version = rows["__version"]
    clash = pd.Series("", index=rows.index, dtype="str")
    if not lines.join:
        many = version.map(version.value_counts()) > 1
        return clash.mask(many, "content")
    for name in lines.same:
        if name not in rows or not rows[name].notna().any():
            continue
        values = _comparable(rows[name])
        differs = values.groupby(version).transform("nunique") > 1
        clash = clash.mask(differs, clash + np.where(clash == "", "", ", ") + name)
    return clash


def _comparable(values: pd.Series) -> pd.Series:
    """Return names without the differences of case, blanks and punctuation that lines show."""
    if values.dtype != "str":
        return values
    return values.str.casefold().str.replace(r"[\s.,;'\"()-]+", "", regex=True).where(values.notna())


def _rejected(rows: pd.DataFrame, distinct: pd.DataFrame, clash: pd.Series) -> pd.DataFrame:
    reasons = dict(zip(distinct["__version"], clash, strict=True))
    reason = "same bill and same time with different " + rows["__version"].map(reasons).astype("str")
    out = rows[["source_file", "source_position", "shipment_id", POSITION]].assign(reason=reason)
    return out.reset_index(drop=True)[[*REJECTED_COLUMNS, POSITION]]


def _join(rows: pd.DataFrame, lines: Lines) -> tuple[pd.DataFrame, pd.DataFrame]:
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
    content = _hash(many, names) if names else np.zeros(len(many))
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
    notes = rows[["shipment_id", *_WHERE]].assign(
        column=pd.Series(name, rows.index, dtype="str"),
        value=pd.Series([quoted(f"{value:.12g}") for value in rows[name]], rows.index, dtype="str"),
        expected=pd.Series(expected, rows.index, dtype="str"),
    )
    return notes[[*NOTE_COLUMNS, POSITION]].reset_index(drop=True)


def _settle_versions(joined: pd.DataFrame, time: str, versions: str) -> tuple[pd.DataFrame, int, int]:
    """Order each shipment's versions, drop echoes, count amendments.

    Returns
    -------
    kept : DataFrame
    superseded, echoed : int
        Input rows of replaced versions, and of versions sent again unchanged.
    """
    order = [name for name in ("shipment_id", time) if name in joined]
    rows = joined.sort_values([*order, POSITION], na_position="first", kind="stable", ignore_index=True)
    content = pd.Series(_hash(rows, _content(rows, time, "amendment_count", "last_amended_at")))
    echo = (rows["shipment_id"] == rows["shipment_id"].shift()) & (content == content.shift())
    echoed = int(rows.loc[echo, "__rows"].sum())
    rows = rows[~echo].reset_index(drop=True)
    # Every version stands for a file as it was scored then: versions of other files were not in it.
    together = ["shipment_id"] if versions == "latest" else ["shipment_id", "source_file"]
    number = rows.groupby(together, dropna=False).cumcount()
    later = number > 0
    if time == "known_at" and later.any():
        if "amendment_count" not in rows:
            rows["amendment_count"] = schema.empty_column("amendment_count", rows.index)
        if "last_amended_at" not in rows:
            rows["last_amended_at"] = schema.empty_column("last_amended_at", rows.index)
        counted = rows["amendment_count"].fillna(0).clip(lower=number)
        rows["amendment_count"] = rows["amendment_count"].where(~later, counted)
        amended = rows[["last_amended_at", "known_at"]].max(axis=1).astype("datetime64[us]")
        rows["last_amended_at"] = rows["last_amended_at"].where(~later, amended)
    last = ~rows["shipment_id"].duplicated(keep="last")
    superseded = 0 if versions == "all" else int(rows.loc[~last, "__rows"].sum())
    return (rows if versions == "all" else rows[last]), superseded, echoed
