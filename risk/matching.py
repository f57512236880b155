"""Which shipment a row of another system speaks of: by bill, master, declaration, container.

Every identifier a row gives narrows the shipments it can mean; one that is known nowhere says nothing.
One shipment left is a match. Several, or none because two identifiers name different shipments, is no
match: the row is told with its candidates, never guessed at. Numbers come back after years and
containers after weeks, so the time of the inspection must fit the shipment.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from risk import registration

#: Days before a shipment was known at which it may be inspected (clocks differ).
EARLY = 2.0
#: Days after which a number of a paper is another shipment's.
PAPER_DAYS = 180.0
#: Days after its arrival until which a container still is that shipment's.
CONTAINER_DAYS = 30.0
#: A row whose best identifier names more shipments than this identifies none.
MOST_CANDIDATES = 100
#: Candidates told.
TOLD = 5

#: Identifier -> columns of the shipment table, most telling first.
IDENTIFIERS: dict[str, tuple[str, ...]] = {
    "shipment_id": ("shipment_id",),
    "declaration_id": ("declaration_id",),
    "registration line": ("registration_number", "line_number"),
    "master_id": ("master_id",),
    "container": ("container_ids",),
    "registration_number": ("registration_number",),
}
#: A bill that is no shipment's may be the master of one.
AS_MASTER = "master of that number"
#: What systems write differently in one and the same number.
_UNTOLD = r"[\s\pZ\-./_]+"
#: These name a paper of the shipment itself: its times need only fit roughly.
_PAPERS = ("shipment_id", "declaration_id", "registration line", "master_id")
WHY = ("no identifier", "unknown", "ambiguous", "contradictory", "another time")

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Matches:
    """What each row means.

    Attributes
    ----------
    frame : DataFrame, shape (n, 4)
        ``shipment_id`` (missing: no match), ``matched_by`` (identifiers that name it, joined by
        ``+``), ``why`` (empty or one of `WHY`), ``candidates`` (up to `TOLD` shipments, joined by
        ``;``), on the index of the rows.
    """

    frame: pd.DataFrame

    @property
    def matched(self) -> npt.NDArray[np.bool_]:
        """Rows with a shipment, shape (n,)."""
        return self.frame["shipment_id"].notna().to_numpy()


def match(rows: pd.DataFrame, shipments: pd.DataFrame) -> Matches:
    """Find the shipment each row speaks of.

    Parameters
    ----------
    rows : DataFrame, shape (n, k)
        Columns of the shipment table as another system gives them; ``inspected_at`` is the time that
        must fit.
    shipments : DataFrame, shape (m, k)
        Shipment table; a shipment may have several versions.

    Returns
    -------
    Matches
    """
    rows = rows.reset_index(drop=True)
    ship, ids = pd.factorize(shipments["shipment_id"])
    given: dict[str, pd.DataFrame] = {}
    index: dict[str, pd.DataFrame] = {}
    counts: dict[str, Ints] = {}
    for name, kind in (*((kind, kind) for kind in IDENTIFIERS), (AS_MASTER, "master_id")):
        asked = _named(rows, "shipment_id" if name == AS_MASTER else kind, several=False)
        # What no row names need not be looked up.
        known = _named(shipments if len(asked) else shipments[:0], kind, several=True)
        given[name], index[name], counts[name] = _coded(asked, known, ship, len(rows))
    counts[AS_MASTER] = np.where(counts["shipment_id"] > 0, 0, counts[AS_MASTER])
    pairs = _pairs(given, index, counts, len(rows))
    kept, clash = _agreeing(pairs, given, index, counts)
    strange = _strange(kept, given, index, counts)
    fits = _in_time(kept, rows, shipments, ship, counts)
    fits = _first(kept, fits, _exact(kept, rows, ids), len(rows))
    fits = _first(kept, fits, _same_office(kept, rows, shipments, ship), len(rows))
    return _result(rows, kept, fits, (clash, strange), given, counts, ids)


def _named(table: pd.DataFrame, name: str, *, several: bool) -> pd.DataFrame:
    """Return ``row`` (a position) and ``text`` for every identifier of a kind that a table holds.

    Parameters
    ----------
    several : bool
        Whether a number is told in every way it may be asked for.
    """
    if name in ("registration_number", "registration line"):
        found = _registrations(table, several)
        if name == "registration line":
            line = _unpadded(_bare(table["line_number"].astype("str")))
            found = found.assign(
                text=found["text"] + " " + line.take(found["row"].to_numpy()).set_axis(found.index)
            )
        return found.dropna()
    texts = table[IDENTIFIERS[name][0]].astype("str").reset_index(drop=True)
    if name == "container":
        lists = texts.str.contains(";", regex=False).fillna(False).to_numpy(dtype=bool)
        texts = pd.concat([texts[~lists], texts[lists].str.split(";").explode().astype("str")])
    return pd.DataFrame({"row": texts.index.to_numpy(), "text": _bare(texts).to_numpy()}).dropna()


def _registrations(table: pd.DataFrame, several: bool) -> pd.DataFrame:
    """Return registration numbers with their year; without one as they stand, or in each year it may be."""
    number = table["registration_number"].astype("str").reset_index(drop=True)
    serial, year = registration.apart(number)
    serial = _unpadded(_bare(serial))
    ways = [year + serial, serial.where(year.isna())]
    if several:
        yearless = number[year.isna() & number.notna()].index
        times = [table[name].iloc[yearless].set_axis(yearless) for name in ("known_at", "arrives_at")]
        ways = [year + serial, serial]
        ways += [time.dt.strftime("%Y").astype("str") + serial[yearless] for time in times]
    texts = pd.concat(ways)
    return pd.DataFrame({"row": texts.index.to_numpy(), "text": texts.to_numpy()}).dropna()


def _bare(texts: pd.Series) -> pd.Series:
    """Return numbers without what systems write differently: case, blanks, hyphens, strokes, points."""
    bare = _replaced(texts.str.upper(), _UNTOLD, "")
    return bare.where(bare != "")


def _unpadded(texts: pd.Series) -> pd.Series:
    """Return numbers without the zeros some systems fill up with."""
    return _replaced(texts, "^0+([0-9]+)$", r"\1")


def _replaced(texts: pd.Series, pattern: str, by: str) -> pd.Series:
    """Replace in a whole column at once (the syntax is RE2's)."""
    made = pc.replace_substring_regex(pa.array(texts.array), pattern=pattern, replacement=by)
    return pd.Series(made.to_pandas(), dtype="str").set_axis(texts.index)


def _coded(
    asked: pd.DataFrame, known: pd.DataFrame, ship: Ints, n: int
) -> tuple[pd.DataFrame, pd.DataFrame, Ints]:
    """Return what rows give, what shipments have, and how many shipments each row names.

    Texts become numbers (``key``), the same in both: they are compared often.
    """
    codes, distinct = pd.factorize(pd.concat([asked["text"], known["text"]], ignore_index=True))
    given = pd.DataFrame({"row": asked["row"].to_numpy(), "key": codes[: len(asked)]}).drop_duplicates()
    own = ship[known["row"].to_numpy(dtype=np.int64)]
    index = pd.DataFrame({"key": codes[len(asked) :], "ship": own}).drop_duplicates()
    of_key = np.bincount(index["key"], minlength=len(distinct))
    named = np.bincount(given["row"], weights=of_key[given["key"]], minlength=n)
    return given.reset_index(drop=True), index.reset_index(drop=True), named.astype(np.int64)


def _pairs(
    given: dict[str, pd.DataFrame], index: dict[str, pd.DataFrame], counts: dict[str, Ints], n: int
) -> pd.DataFrame:
    """Return ``row`` and ``ship`` by the identifier of each row that names fewest shipments."""
    names = list(given)
    number = np.stack([np.where(counts[name] > 0, counts[name], np.iinfo(np.int64).max) for name in names])
    best = np.argmin(number, axis=0) if n else np.empty(0, dtype=np.int64)
    few = number[best, np.arange(n)] <= MOST_CANDIDATES
    parts = []
    for place, name in enumerate(names):
        here = given[name][(few & (best == place))[given[name]["row"].to_numpy()]]
        parts.append(here.merge(index[name], on="key")[["row", "ship"]])
    return pd.concat(parts, ignore_index=True).drop_duplicates().reset_index(drop=True)


def _agreeing(
    pairs: pd.DataFrame,
    given: dict[str, pd.DataFrame],
    index: dict[str, pd.DataFrame],
    counts: dict[str, Ints],
) -> tuple[pd.DataFrame, npt.NDArray[np.bool_]]:
    """Return pairs all known identifiers agree on, and the rows whose identifiers clash."""
    agrees = np.ones(len(pairs), dtype=bool)
    at = pairs["row"].to_numpy(dtype=np.int64)
    for name, frame in given.items():
        asked = counts[name][at] > 0
        mine = pairs[asked].reset_index(names="pair").merge(frame, on="row")
        said = mine.merge(index[name], on=["key", "ship"])["pair"].unique()
        holds = ~asked
        holds[said] = True
        agrees &= holds
    n = len(next(iter(counts.values())))
    clash = np.zeros(n, dtype=bool)
    clash[at] = True
    clash[at[agrees]] = False
    # What clashes is told with the candidates it has.
    shown = agrees | clash[at]
    return pairs[shown].reset_index(drop=True), clash


def _strange(
    pairs: pd.DataFrame,
    given: dict[str, pd.DataFrame],
    index: dict[str, pd.DataFrame],
    counts: dict[str, Ints],
) -> npt.NDArray[np.bool_]:
    """Return rows that name a paper nobody knows and else only what many shipments share.

    A container or a master holds other bills than those at hand: where the paper a row names is none of
    its candidate's, the row may speak of one of them.
    """
    n = len(counts["shipment_id"])
    known = np.logical_or.reduce([counts[name] > 0 for name in (*_PAPERS[:3], AS_MASTER)])
    strange = np.zeros(n, dtype=bool)
    at = pairs["row"].to_numpy(dtype=np.int64)
    for name in _PAPERS[:3]:
        names = np.zeros(n, dtype=bool)
        names[given[name]["row"].to_numpy(dtype=np.int64)] = True
        has = pairs["ship"].isin(index[name]["ship"]).to_numpy()
        strange[at[has & (names & ~known)[at]]] = True
    return strange


def _first(
    pairs: pd.DataFrame, fits: npt.NDArray[np.bool_], better: npt.NDArray[np.bool_], n: int
) -> npt.NDArray[np.bool_]:
    """Return the pairs that fit; where a row has better ones among them, only those."""
    at = pairs["row"].to_numpy(dtype=np.int64)
    has = np.zeros(n, dtype=bool)
    has[at[fits & better]] = True
    return np.where(has[at], fits & better, fits)


def _exact(pairs: pd.DataFrame, rows: pd.DataFrame, ids: pd.Index) -> npt.NDArray[np.bool_]:
    """Return pairs whose bill is the shipment's to the letter."""
    bill = rows["shipment_id"].fillna("").to_numpy(dtype=object)[pairs["row"].to_numpy(dtype=np.int64)]
    same: npt.NDArray[np.bool_] = bill == ids.to_numpy(dtype=object)[pairs["ship"].to_numpy(dtype=np.int64)]
    return same


def _same_office(
    pairs: pd.DataFrame, rows: pd.DataFrame, shipments: pd.DataFrame, ship: Ints
) -> npt.NDArray[np.bool_]:
    """Return pairs of one customs office: two offices may register under the same number."""
    office = shipments["customs_office"].reset_index(drop=True).groupby(ship).last()
    asked = rows["customs_office"].fillna("").to_numpy(dtype=object)[pairs["row"].to_numpy(dtype=np.int64)]
    own = office.reindex(pairs["ship"]).fillna("").to_numpy(dtype=object)
    same: npt.NDArray[np.bool_] = (asked == own) & (asked != "")
    return same


def _in_time(
    pairs: pd.DataFrame,
    rows: pd.DataFrame,
    shipments: pd.DataFrame,
    ship: Ints,
    counts: dict[str, Ints],
) -> npt.NDArray[np.bool_]:
    """Return which pairs fit in time; what has no time fits where a paper names the shipment."""
    times = shipments[["known_at", "arrives_at"]].astype("datetime64[us]")
    first, last = (getattr(times, how)(axis=1).groupby(ship) for how in ("min", "max"))
    first, last = first.min().reindex(pairs["ship"]), last.max().reindex(pairs["ship"])
    at = pairs["row"].to_numpy(dtype=np.int64)
    paper = np.logical_or.reduce([counts[name] > 0 for name in (*_PAPERS, AS_MASTER)])[at]
    seen = rows["inspected_at"].astype("datetime64[us]").to_numpy()[at]
    days = np.where(paper, PAPER_DAYS, CONTAINER_DAYS)
    day = np.timedelta64(1, "D") / np.timedelta64(1, "us")
    with np.errstate(invalid="ignore"):
        after = _microseconds(seen) - _microseconds(first.to_numpy()) >= -EARLY * day
        before = _microseconds(seen) - _microseconds(last.to_numpy()) <= days * day
    told = ~(np.isnat(seen) | first.isna().to_numpy())
    return np.where(told, after & before, paper)


def _microseconds(times: npt.NDArray[np.datetime64]) -> npt.NDArray[np.float64]:
    values = times.astype("datetime64[us]").astype(np.int64).astype(np.float64)
    return np.where(np.isnat(times), np.nan, values)


def _result(
    rows: pd.DataFrame,
    pairs: pd.DataFrame,
    in_time: npt.NDArray[np.bool_],
    apart: tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]],
    given: dict[str, pd.DataFrame],
    counts: dict[str, Ints],
    ids: pd.Index,
) -> Matches:
    n, (clash, strange) = len(rows), apart
    at = pairs["row"].to_numpy(dtype=np.int64)
    fits = np.bincount(at[in_time], minlength=n)
    any_pair = np.bincount(at, minlength=n)
    known = np.maximum.reduce([counts[name] for name in counts]) if n else np.empty(0, dtype=np.int64)
    said = np.zeros(n, dtype=bool)
    for frame in given.values():
        said[frame["row"].to_numpy(dtype=np.int64)] = True
    why = np.select(
        [~said, (known == 0) | strange, clash, any_pair == 0, fits == 0, fits > 1],
        ["no identifier", "unknown", "contradictory", "ambiguous", "another time", "ambiguous"],
        default="",
    )
    one = (why[at] == "") & in_time
    shipment = pd.Series(None, index=rows.index, dtype="str")
    shipment.iloc[at[one]] = ids[pairs["ship"].to_numpy()[one]]
    names = [name for name in given if name != AS_MASTER]
    by = pd.Series("", index=rows.index, dtype="str")
    for name in names:
        extra = counts[name] + (counts[AS_MASTER] if name == "master_id" else 0)
        here = pd.Series((extra > 0) & (why == ""), index=rows.index)
        by = by.mask(here, by + np.where(by == "", "", "+") + name)
    frame = pd.DataFrame(
        {
            "shipment_id": shipment,
            "matched_by": by,
            "why": pd.Series(why, index=rows.index, dtype="str"),
            "candidates": _candidates(pairs, in_time, why, ids, n),
        }
    )
    return Matches(frame)


def _candidates(
    pairs: pd.DataFrame, in_time: npt.NDArray[np.bool_], why: npt.NDArray[np.str_], ids: pd.Index, n: int
) -> pd.Series:
    """Return the first shipments a row without a match could mean; those that fit in time alone if any do."""
    at = pairs["row"].to_numpy(dtype=np.int64)
    timely = np.bincount(at[in_time], minlength=n) > 0
    shown = (why[at] != "") & (in_time | ~timely[at])
    told = pd.DataFrame({"row": at[shown], "id": ids[pairs["ship"].to_numpy()[shown]]})
    told = told.sort_values(["row", "id"], kind="stable")
    place = told.groupby("row").cumcount()
    texts = told[place < TOLD].groupby("row")["id"].agg(";".join)
    more = told.groupby("row").size() > TOLD
    texts = texts + np.where(more.reindex(texts.index), ";…", "")
    return texts.reindex(range(n)).fillna("").astype("str")
