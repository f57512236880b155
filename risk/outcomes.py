"""A port's outcomes, kept with every correction: what was said of which shipment, when, and what stands.

The table of outcomes holds *statements*, one per row: of a shipment, or of one of its containers
(``part``), with the time the port's system recorded it and the time a later statement of the same
superseded it. Nothing is overwritten. `standing` gives what learning and the port's past read: one row
per shipment, from the statements that stand.

A row that does not say that an inspection took place says nothing: not inspected is never clean.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.manifest import schema
from features.manifest.mapping import Mapping, Source
from features.manifest.results import Results, header, read_results
from risk.matching import Matches
from risk.sentences import clean

#: Who chose a shipment is known from the list, and no part of what was found.
_SELECTION = ("selected_by", "selection_probability")
_FOUND = tuple(name for name in schema.OUTCOME_COLUMNS if name not in _SELECTION)
_TIMES = ("recorded_at", "imported_at", "superseded_at")
#: Columns of the table of outcomes, in order.
COLUMNS: tuple[str, ...] = (
    "shipment_id",
    "part",
    *schema.OUTCOME_COLUMNS,
    "recorded_at",
    "imported_at",
    "version",
    "superseded_at",
    "matched_by",
    "source_file",
    "source_position",
)
#: Clocks differ by this much: what is dated later than the import is dated wrongly.
_AHEAD = pd.Timedelta(days=2)
_LOCAL = ("part", "recorded_at", "imported_at", "superseded_at", "matched_by")
#: How far each type of inspection looks; of a shipment inspected in parts the least far counts.
_REACH = {name: place for place, name in enumerate(schema.INSPECTION_TYPES)}
#: What is told of a row that was not taken.
UNMATCHED = ("source_file", "source_position", "value", "why", "candidates")
_SAYS = ("shipment_id", "master_id", "declaration_id", "registration_number", "line_number", "container_ids")


class OutcomesError(ValueError):
    """Outcomes cannot be used; the message says what is missing."""


@dataclass(frozen=True)
class Taken:
    """What became of the rows of a file of results.

    Attributes
    ----------
    statements : DataFrame, columns `COLUMNS`
        What matched rows say; rows of one shipment, part and time are one statement.
    unmatched : DataFrame, columns `UNMATCHED`
        Rows that say something of no shipment, with what they name, why, and whom they could mean.
    rows_read, matched, not_inspected : int
        ``rows_read = matched + not_inspected + len(unmatched)``.
    """

    statements: pd.DataFrame
    unmatched: pd.DataFrame
    rows_read: int
    matched: int
    not_inspected: int

    def sentence(self) -> str:
        """Return the sum in one line."""
        return (
            f"Rows read: {self.rows_read:,} = {self.matched:,} matched + "
            f"{self.not_inspected:,} not inspected + {len(self.unmatched):,} not matched"
        )


@dataclass(frozen=True)
class Added:
    """Outcomes with new statements among them.

    Attributes
    ----------
    table : DataFrame, columns `COLUMNS`
        By shipment, part and time.
    first, corrections, earlier, unchanged : int
        New statements: the first of theirs; superseding another; superseded already by a later one
        that was known; known already.
    """

    table: pd.DataFrame
    first: int
    corrections: int
    earlier: int
    unchanged: int


# --- from rows to statements ------------------------------------------------------------------


def check(results: Results) -> None:
    """Check that a file says what was found and when, in words that are known.

    Raises
    ------
    OutcomesError
        Listing all that is missing. Words that are not known are refused: leaving their rows out would
        leave no fair sample of inspections, and taking them for none would make inspections of none.
    """
    lacking = [
        f"no column gives {name}; name one in the mapping"
        for name in ("outcome", "inspected_at")
        if name not in results.given
    ]
    strange = results.notes[results.notes["column"].isin(["outcome", "inspection_type", "outcome_status"])]
    counts = strange.groupby(["column", "value"]).size().reset_index(name="rows")
    for told in counts.to_dict("records"):
        name = str(told["column"])
        allowed = ", ".join(schema.BY_NAME[name].values)
        lacking.append(
            f"{name} {clean(str(told['value']))!r} in {told['rows']:,} rows; expected any of {allowed}, or "
            f'an entry for it in [values.{name}] of the mapping ("" where nothing was inspected)'
        )
    if lacking:
        raise OutcomesError("\n".join(lacking))


def take(
    results: Results,
    matches: Matches,
    shipments: pd.DataFrame,
    now: pd.Timestamp,
    selection: pd.DataFrame | None = None,
) -> Taken:
    """Turn matched rows into statements, and account for every row.

    Parameters
    ----------
    results : Results, n rows
    matches : Matches
        Of `risk.matching.match` for the rows.
    shipments : DataFrame, shape (m, k)
        What the rows were matched with: says which shipments have several containers.
    now : Timestamp
        Moment of the import (UTC).
    selection : DataFrame, optional
        ``shipment_id``, ``selected_by``, ``selection_probability`` as the list drew them, for rows
        that do not say who chose.
    """
    rows, found = results.table, matches.frame
    inspected, timeless = _inspected(results)
    why = found["why"].where(~timeless, "no time of inspection")
    to_come = (rows["inspected_at"] > now + _AHEAD).to_numpy()
    why = why.mask(to_come, "inspected after the moment of the import")
    taken = inspected & (why == "").to_numpy()
    listed = (inspected | timeless) & ~taken
    unmatched = pd.concat(
        [_told(rows[listed], why[listed], found["candidates"][listed]), _broken(results)], ignore_index=True
    )
    statements = rows[taken].reset_index(drop=True)
    part = _part(statements, found["shipment_id"][taken].reset_index(drop=True), shipments)
    statements = statements.assign(
        shipment_id=found["shipment_id"][taken].to_numpy(),
        part=part,
        recorded_at=_recorded(statements, now),
        imported_at=pd.Series(now, index=statements.index).astype("datetime64[us]"),
        superseded_at=pd.Series(pd.NaT, index=statements.index).astype("datetime64[us]"),
        version=1,
        matched_by=found["matched_by"][taken].to_numpy(),
    )
    statements = _chosen_by(statements[list(COLUMNS)], selection)
    return Taken(
        _one_each(statements),
        unmatched,
        results.rows_read,
        int(taken.sum()),
        int(results.rows_read - taken.sum() - len(unmatched)),
    )


def _recorded(rows: pd.DataFrame, now: pd.Timestamp) -> pd.Series:
    """Return when each row was recorded; a time to come would keep all later statements from standing."""
    known = rows["known_at"].where(rows["known_at"] <= now + _AHEAD)
    return known.where(known > rows["inspected_at"], rows["inspected_at"]).astype("datetime64[us]")


def _inspected(results: Results) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Return rows that tell of an inspection, and rows that tell of one but not when."""
    rows = results.table
    stated = rows["outcome"].notna()
    timed = rows["inspected_at"].notna()
    nothing_found = (rows["outcome"] == "clean").to_numpy(dtype=bool, na_value=False)
    # Where the port's system says how far it inspected, nothing found without that is no inspection.
    untyped = rows["inspection_type"].isna() & ("inspection_type" in results.given)
    idle = nothing_found & untyped.to_numpy()
    unread = results.notes[results.notes["column"] == "inspected_at"]
    places = pd.MultiIndex.from_frame(rows[["source_file", "source_position"]])
    doubtful = places.isin(pd.MultiIndex.from_frame(unread[["source_file", "source_position"]]))
    inspected = (stated & timed).to_numpy() & ~idle
    timeless = (stated & ~timed).to_numpy() & ~idle & (doubtful | ~nothing_found)
    return inspected, timeless


def _told(rows: pd.DataFrame, why: pd.Series, candidates: pd.Series) -> pd.DataFrame:
    value = pd.Series("", index=rows.index, dtype="str")
    for name in _SAYS:
        said = name + " " + rows[name].astype("str")
        value = value.mask(rows[name].notna(), value + np.where(value == "", "", ", ") + said)
    frame = rows[["source_file", "source_position"]].assign(value=value, why=why, candidates=candidates)
    return frame.astype("str")[list(UNMATCHED)]


def _broken(results: Results) -> pd.DataFrame:
    frame = results.broken.rename(columns={"shipment_id": "value", "reason": "why"})
    return frame.assign(candidates="").fillna("").astype("str")[list(UNMATCHED)]


def _part(rows: pd.DataFrame, ids: pd.Series, shipments: pd.DataFrame) -> pd.Series:
    """Return the containers a row speaks of where its shipment has others besides; empty for all of it."""
    have = shipments[["shipment_id", "container_ids"]].dropna()
    have = have.assign(one=have["container_ids"].str.split(";")).explode("one")
    number = have.drop_duplicates(["shipment_id", "one"]).groupby("shipment_id").size()
    several = ids.map(number).fillna(0).to_numpy() > 1
    named = rows["container_ids"].where(several)
    count = named.str.count(";") + 1
    named = named.where(count.to_numpy() < ids.map(number).fillna(0).to_numpy())
    codes, distinct = pd.factorize(named)
    tidy = pd.Series([";".join(sorted(set(str(text).split(";")))) for text in distinct] + [""], dtype="str")
    return tidy.take(codes).reset_index(drop=True)


def _chosen_by(statements: pd.DataFrame, selection: pd.DataFrame | None) -> pd.DataFrame:
    if selection is None or not len(selection):
        return statements
    drawn = selection.drop_duplicates("shipment_id", keep="last").set_index("shipment_id")
    silent = statements["selected_by"].isna() & statements["selection_probability"].isna()
    made = {
        name: statements[name].mask(silent, statements["shipment_id"].map(drawn[name])) for name in _SELECTION
    }
    return statements.assign(**made).astype({"selected_by": "str", "selection_probability": "float64"})


def _one_each(statements: pd.DataFrame) -> pd.DataFrame:
    """Return one statement per shipment, part and time; rows of the same time are one set of outcomes."""
    by = ["shipment_id", "part", "inspected_at", "recorded_at"]
    again = statements.duplicated(by, keep=False).to_numpy()
    if not again.any():
        return statements
    several = statements[again]
    first = (
        several.groupby(by, sort=False, as_index=False, dropna=False)
        .first()
        .astype(statements.dtypes.to_dict())
    )
    groups = several.groupby(by, sort=False, dropna=False)
    for name in ("outcome", "found_taxa"):
        first[name] = groups[name].agg(_union).to_numpy()
    first[["outcome", "found_taxa"]] = first[["outcome", "found_taxa"]].astype("str")
    whole = pd.concat([statements[~again], first[list(COLUMNS)]], ignore_index=True)
    return whole.astype(statements.dtypes.to_dict())


def _union(lists: pd.Series) -> str | None:
    members = dict.fromkeys(m for text in lists.dropna() for m in str(text).split(";"))
    if len(members) > 1:
        members.pop("clean", None)  # a find outweighs a clean other line
    return ";".join(sorted(members)) or None


# --- statements over time ---------------------------------------------------------------------


def empty() -> pd.DataFrame:
    """Return a table of no outcomes."""
    return _dressed(pd.DataFrame({name: pd.Series(dtype="object") for name in COLUMNS}))


def _dressed(table: pd.DataFrame) -> pd.DataFrame:
    kinds = dict.fromkeys(COLUMNS, "str")
    kinds |= {name: schema.BY_NAME[name].dtype for name in schema.OUTCOME_COLUMNS}
    kinds |= dict.fromkeys(_TIMES, "datetime64[us]") | {"version": "int64"}
    return table[list(COLUMNS)].astype(kinds)  # type: ignore[return-value]


def add(existing: pd.DataFrame, statements: pd.DataFrame) -> Added:
    """Add statements to those known; the same ones again change nothing.

    Statements of one shipment and part are in force one after another, by the time they were recorded
    and, at the same time, in the order they came in.

    Parameters
    ----------
    existing, statements : DataFrame, columns `COLUMNS`
    """
    both = pd.concat([_dressed(existing), _dressed(statements)], ignore_index=True)
    both["__new"] = np.arange(len(both)) >= len(existing)
    same = both.assign(permit_valid=both["permit_valid"].astype("Int8").astype("float64"))
    content = ["shipment_id", "part", *_FOUND]
    both["__content"] = same.groupby(content, dropna=False, sort=False).ngroup()
    both = _known_selection(both)
    once = ["__content", "recorded_at"]
    told = both.duplicated(once, keep="first") & both["__new"]
    both = _in_order(both[~told])
    both = _without_echoes(both)
    of = both.groupby(["shipment_id", "part"], sort=False, dropna=False)
    both["version"] = of.cumcount() + 1
    following, came = of["recorded_at"].shift(-1), of["imported_at"].shift(-1)
    ends = following.where((following > both["recorded_at"]) | came.isna(), came)
    both["superseded_at"] = ends.astype("datetime64[us]")
    both = _carried(both)
    new, stands = both["__new"], both["superseded_at"].isna() & ~following.notna()
    counts = [
        int((new & which).sum())
        for which in (stands & (both["version"] == 1), stands & (both["version"] > 1))
    ]
    return Added(
        _dressed(both),
        counts[0],
        counts[1],
        int((new & ~stands).sum()),
        len(statements) - int(new.sum()),
    )


def _in_order(table: pd.DataFrame) -> pd.DataFrame:
    """Return statements by shipment, part and time; of one time, those superseded first."""
    stands = table["superseded_at"].isna()
    return (
        table.assign(__stands=stands)
        .sort_values(
            ["shipment_id", "part", "recorded_at", "__stands"],
            kind="stable",
            na_position="first",
            ignore_index=True,
        )
        .drop(columns="__stands")
    )


def _known_selection(both: pd.DataFrame) -> pd.DataFrame:
    """Fill in who chose a shipment where a statement known already is told again by someone who knows."""
    of = both.groupby(["__content", "recorded_at"], sort=False, dropna=False)
    for name in _SELECTION:
        both[name] = both[name].fillna(of[name].transform("first")).astype(both[name].dtype)
    return both


def _carried(both: pd.DataFrame) -> pd.DataFrame:
    """Let a correction keep who chose the shipment where it does not say."""
    of = both.groupby(["shipment_id", "part"], sort=False, dropna=False)
    for name in _SELECTION:
        both[name] = both[name].fillna(of[name].ffill()).astype(both[name].dtype)
    return both


def _without_echoes(both: pd.DataFrame) -> pd.DataFrame:
    """Leave out new statements that say what the one before or after them says."""
    starts = both["__content"] != both["__content"].shift()
    run = starts.cumsum()
    known = (~both["__new"]).groupby(run).transform("any")
    keep = ~both["__new"] | (~known & starts)
    return both[keep].reset_index(drop=True)


def standing(table: pd.DataFrame) -> pd.DataFrame:
    """Return what stands of each shipment.

    Of statements on several containers the ones that count most are taken together: finds, then permitted
    finds, then "clean" taken back, then none found, then finds taken back. The shipment was inspected as
    far as the part that was looked at least.

    Parameters
    ----------
    table : DataFrame, columns `COLUMNS`

    Returns
    -------
    DataFrame, one row per shipment
        ``shipment_id``, the outcome columns and ``known_since``: when what stands came in, the time of
        the inspection unless it corrects an earlier statement.
    """
    table = _in_order(table)
    of = table.groupby(["shipment_id", "part"], sort=False, dropna=False)
    since = of["superseded_at"].shift().fillna(table["inspected_at"]).astype("datetime64[us]")
    last = ~table.duplicated(["shipment_id", "part"], keep="last")
    rows = table[last].assign(known_since=since[last])
    rows["known_since"] = rows[["known_since", "inspected_at"]].max(axis=1)
    weight = pd.Series(_weight(rows), index=rows.index)
    rows = rows[weight == weight.groupby(rows["shipment_id"]).transform("min")]
    names = ["shipment_id", *schema.OUTCOME_COLUMNS, "known_since"]
    several = rows.duplicated("shipment_id", keep=False)
    if not several.any():
        return rows[names].reset_index(drop=True)
    groups = rows[several].groupby("shipment_id", sort=False)
    joined = groups[names[1:]].first()
    for name in ("outcome", "found_taxa"):
        joined[name] = groups[name].agg(_union)
    joined["inspection_type"] = groups["inspection_type"].agg(_least)
    for name in ("inspected_at", "known_since"):
        joined[name] = groups[name].max()
    whole = pd.concat([rows.loc[~several, names], joined.reset_index()], ignore_index=True)
    return whole.astype(rows[names].dtypes.to_dict()).sort_values("shipment_id", ignore_index=True)


def _weight(rows: pd.DataFrame) -> npt.NDArray[np.int64]:
    outcome = rows["outcome"].fillna("")
    find = outcome.str.contains("|".join(schema.FINDS), regex=True).to_numpy(dtype=bool)
    overturned = (rows["outcome_status"] == "overturned").to_numpy(dtype=bool, na_value=False)
    permitted = rows["permit_valid"].fillna(False).to_numpy(dtype=bool)
    stated = (outcome != "").to_numpy()
    return np.select(
        [~stated, find & overturned, find & permitted, find, overturned], [5, 4, 1, 0, 2], default=3
    )


def _least(types: pd.Series) -> str | None:
    return min((str(name) for name in types.dropna()), key=lambda name: _REACH.get(name, 0), default=None)


# --- files --------------------------------------------------------------------------------------


def is_kept(path: str | Path) -> bool:
    """Return whether a file is a table of outcomes with its corrections (of `wildcargo import-outcomes`).

    Raises
    ------
    ManifestError
        It cannot be read as a table.
    """
    return {"part", "recorded_at", "superseded_at"} <= set(header(path))


def read(path: str | Path) -> pd.DataFrame:
    """Read a table of outcomes; of a plain one every row is a statement on its shipment.

    Returns
    -------
    DataFrame, columns `COLUMNS`

    Raises
    ------
    OutcomesError
        Rows or values that cannot be read: they would be lost.
    ManifestError
        It cannot be read as a table.
    """
    names = header(path)
    if "shipment_id" not in names or not set(names) & {"outcome", "inspected_at"}:
        raise OutcomesError(f"{path}: not a table of outcomes (shipment_id, outcome, inspected_at)")
    wanted = ("shipment_id", *schema.OUTCOME_COLUMNS, "source_file", "source_position")
    exact = Mapping(columns={name: Source((name,)) for name in wanted if name in names})
    found = read_results(path, exact, local=_LOCAL)
    lost = found.table["shipment_id"].isna()
    wrong = [f"{row['source_position']}: {row['reason']}" for row in found.broken.to_dict("records")]
    wrong += [f"{place}: no shipment_id" for place in found.table.loc[lost, "source_position"]]
    used = found.notes[found.notes["column"].isin(["shipment_id", *schema.OUTCOME_COLUMNS])]
    wrong += [
        f"{row['source_position']}: {row['column']} {clean(str(row['value']))!r}; expected {row['expected']}"
        for row in used.to_dict("records")
    ]
    if wrong:
        raise OutcomesError("\n".join([f"{path}: outcomes that cannot be read", *wrong]))
    table = found.table
    for name in _LOCAL:
        if name not in table:
            table[name] = pd.Series(None, index=table.index, dtype="str")
    for name in _TIMES:
        times = pd.to_datetime(table[name], errors="coerce", format="ISO8601", utc=True)
        table[name] = times.dt.tz_localize(None).astype("datetime64[us]")
    table["recorded_at"] = table["recorded_at"].fillna(table["inspected_at"])
    for name in ("part", "matched_by"):
        table[name] = table[name].fillna("")
    table = _dressed(table.assign(version=1))
    return table if "part" in names else _one_each(table)
