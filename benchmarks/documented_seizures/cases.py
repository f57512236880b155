"""Documented seizures rewritten as shipments.

A public report says what a seized shipment was *declared* as and how it travelled. Only that is
kept: what was found, where it was seized and why it was opened are not things a manifest says.
The heading guessed from the description groups cases and chooses background goods; it is never
given to anything that scores.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

import pandas as pd

from benchmarks.documented_seizures import texts

#: What the report says the description rests on; the third is told apart in every table.
DECLARED = ("declared", "labelled")


@dataclass(frozen=True)
class Case:
    """One case as a shipment; `read` says what the fields hold."""

    case_id: str
    mode: str
    text: str
    heading: str
    origin: str
    loading: str
    transits: tuple[str, ...]
    destination: str
    seized_in: str
    kind: str
    taxa: tuple[str, ...]
    date: str
    basis: str
    urls: tuple[str, ...]


_MODES = {"air_cargo": "air"}
_NEEDED = (
    "case_id",
    "seizure_date",
    "mode",
    "declared_goods",
    "declared_hs_guess",
    "origin_country",
    "loading_place",
    "transit_countries",
    "destination_country",
    "seizure_country",
    "found_kind",
    "taxa",
    "source_url",
    "source_url_2",
    "declaration_basis",
)


@cache
def _places() -> tuple[tuple[str, str], ...]:
    path = Path(__file__).with_name("places.csv")
    table = pd.read_csv(path, dtype="str", keep_default_na=False)
    return tuple(zip(table["place"], table["country"], strict=True))


def _loading_country(place: str) -> str:
    if place.startswith("via "):
        return ""
    found = [(place.find(name), country) for name, country in _places() if name in place]
    return min(found)[1] if found else ""


def _heading(code: str) -> str:
    digits = code.split(".")[0]
    return digits.zfill(4)[:4] if digits.isdigit() else ""


def _members(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split(";") if part.strip())


def read(path: str | Path) -> pd.DataFrame:
    """Read the case file.

    Parameters
    ----------
    path : str or Path
        CSV with the columns of ``documented_seizures.csv`` (extra columns are ignored).

    Returns
    -------
    DataFrame
        One row per case: ``case_id``, ``mode`` (of the shipment table; empty if not reported),
        ``text``, ``heading`` (guessed, 4 digits or empty), ``origin``, ``loading`` (countries, empty
        if not reported), ``transits`` (tuple), ``destination``, ``seized_in``, ``kind`` (``live`` or
        ``product``; plants count as products), ``taxa`` (tuple), ``date`` (text, year or finer),
        ``basis``, ``urls`` (tuple).

    Raises
    ------
    ValueError
        If a column is missing or a case identifier repeats.
    """
    raw = pd.read_csv(path, dtype="str", keep_default_na=False)
    missing = [name for name in _NEEDED if name not in raw]
    if missing:
        raise ValueError(f"{path} lacks the columns {', '.join(missing)}")
    if raw["case_id"].duplicated().any():
        raise ValueError(f"{path} repeats case identifiers")
    raw = raw[[*_NEEDED]].apply(lambda column: column.str.strip())
    cases = pd.DataFrame(
        {
            "case_id": raw["case_id"],
            "mode": raw["mode"].replace(_MODES),
            "text": raw["declared_goods"].map(texts.plain),
            "heading": raw["declared_hs_guess"].map(_heading),
            "origin": raw["origin_country"],
            "loading": raw["loading_place"].str.lower().map(_loading_country),
            "transits": raw["transit_countries"].map(_members),
            "destination": raw["destination_country"],
            "seized_in": raw["seizure_country"],
            "kind": raw["found_kind"].map(lambda kind: "live" if kind == "live" else "product"),
            "taxa": raw["taxa"].str.lower().map(_members),
            "date": raw["seizure_date"],
            "basis": raw["declaration_basis"],
            "urls": [
                tuple(url for url in pair if url)
                for pair in zip(raw["source_url"], raw["source_url_2"], strict=True)
            ],
        }
    )
    return cases[cases["text"].ne("")].reset_index(drop=True)


def each(cases: pd.DataFrame) -> Iterator[Case]:
    """Yield the rows of a case table."""
    names = [field.name for field in fields(Case)]
    for row in cases[names].itertuples(index=False):
        yield Case(*row)


def market(cases: pd.DataFrame) -> pd.Series:
    """Return the country whose imports are the background of each case.

    The destination; where it is not reported, the country of the seizure unless the shipment
    was leaving it (then empty: any destination).
    """
    leaving = cases["seized_in"].eq(cases["origin"]) | cases["seized_in"].eq(cases["loading"])
    fallback = cases["seized_in"].where(~leaving, "")
    return cases["destination"].where(cases["destination"].ne(""), fallback)
