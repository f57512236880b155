"""What rows of results say of shipments: statements, and an account of every row.

A statement is what one row says was found in a shipment, or in one of its containers (``part``), with the
time the port's system recorded it. A row that does not say that an inspection took place says nothing: not
inspected is never clean.
"""

from __future__ import annotations

import json
from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.manifest import schema
from features.manifest.results import Results
from risk.matching import Matches
from risk.sentences import clean

#: Who chose a shipment is known from the list, and no part of what was found.
SELECTION = ("selected_by", "selection_probability")
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
#: What is told of a row that was not taken.
UNMATCHED = ("source_file", "source_position", "value", "why", "candidates")
NO_TIME = "no time of inspection"
TO_COME = "inspected after the moment of the import"
_PLACE = ("source_file", "source_position")
_SAYS = ("shipment_id", "master_id", "declaration_id", "registration_number", "line_number", "container_ids")


#: Columns of a file that are named where none gives what is needed.
_COLUMNS_TOLD = 40


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
    idle : tuple of str
        Shipments that rows name which tell of no inspection.
    """

    statements: pd.DataFrame
    unmatched: pd.DataFrame
    rows_read: int
    matched: int
    not_inspected: int
    idle: tuple[str, ...] = ()

    def sentence(self) -> str:
        """Return the sum in one line."""
        return (
            f"Rows read: {self.rows_read:,} = {self.matched:,} matched + "
            f"{self.not_inspected:,} not inspected + {len(self.unmatched):,} not matched"
        )


def check(results: Results) -> None:
    """Check that a file says what was found and when, in words that are known.

    Raises
    ------
    OutcomesError
        Listing all that is missing. Words that are not known are refused: leaving their rows out would
        leave no fair sample of inspections, and taking them for none would make inspections of none.
    """
    wrong = [
        f"no column gives {name}; name one in [columns] or [values] of a mapping"
        for name in ("outcome", "inspected_at")
        if name not in results.given
    ]
    if wrong:
        wrong.append(
            "the columns are " + ", ".join(clean(name, 40) for name in results.header[:_COLUMNS_TOLD])
        )
    strange = results.notes[results.notes["column"].isin(["outcome", "inspection_type", "outcome_status"])]
    for name, notes in strange.groupby("column", sort=False):
        wrong += _asked(str(name), notes["value"].value_counts().to_dict(), results)
    if wrong:
        raise OutcomesError("\n".join(wrong))


def _asked(name: str, words: dict[Hashable, int], results: Results) -> list[str]:
    """Return what is asked about words of a column that nobody mapped, and how to answer."""
    lines = [f"{name} {clean(str(word))!r} in {rows:,} rows" for word, rows in words.items()]
    entries = ", ".join(f"{json.dumps(clean(str(word)), ensure_ascii=False)} = …" for word in words)
    source = json.dumps(results.sources.get(name, name), ensure_ascii=False)
    allowed = ", ".join(schema.BY_NAME[name].values)
    return [
        *lines,
        f"expected of each: an entry in [values.{name}] of the mapping "
        f"(column = {source}, map = {{ {entries} }}) that makes it any of {allowed}, "
        'or "" where nothing was inspected',
    ]


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
    why = _timed(found["why"], timeless, results)
    to_come = (rows["inspected_at"] > now + _AHEAD).to_numpy()
    why = why.mask(to_come, TO_COME)
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
        one_each(statements),
        unmatched,
        results.rows_read,
        int(taken.sum()),
        int(results.rows_read - taken.sum() - len(unmatched)),
        tuple(found["shipment_id"][~taken & ~listed].dropna().unique()),
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
    places = pd.MultiIndex.from_frame(rows[list(_PLACE)])
    doubtful = places.isin(pd.MultiIndex.from_frame(unread[list(_PLACE)]))
    inspected = (stated & timed).to_numpy() & ~idle
    timeless = (stated & ~timed).to_numpy() & ~idle & (doubtful | ~nothing_found)
    return inspected, timeless


def _timed(why: pd.Series, timeless: npt.NDArray[np.bool_], results: Results) -> pd.Series:
    """Return why rows are not matched; of those without a time, what stands there and what was expected."""
    unread = results.notes[results.notes["column"] == "inspected_at"].drop_duplicates(list(_PLACE))
    said = unread["value"].map(lambda value: repr(clean(str(value)))) + "; expected " + unread["expected"]
    said.index = pd.MultiIndex.from_frame(unread[list(_PLACE)])
    told = said.reindex(pd.MultiIndex.from_frame(results.table[list(_PLACE)])).set_axis(why.index)
    return why.mask(timeless, (NO_TIME + ": " + told).fillna(NO_TIME)).astype("str")


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
        name: statements[name].mask(silent, statements["shipment_id"].map(drawn[name])) for name in SELECTION
    }
    return statements.assign(**made).astype({"selected_by": "str", "selection_probability": "float64"})


def one_each(statements: pd.DataFrame) -> pd.DataFrame:
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
        first[name] = groups[name].agg(union).to_numpy()
    first[["outcome", "found_taxa"]] = first[["outcome", "found_taxa"]].astype("str")
    whole = pd.concat([statements[~again], first[list(COLUMNS)]], ignore_index=True)
    return whole.astype(statements.dtypes.to_dict())


def union(lists: pd.Series) -> str | None:
    """Return the members of several lists as one; finds outweigh that nothing was found elsewhere."""
    members = dict.fromkeys(m for text in lists.dropna() for m in str(text).split(";"))
    if len(members) > 1:
        members.pop("clean", None)  # a find outweighs a clean other line
    return ";".join(sorted(members)) or None
