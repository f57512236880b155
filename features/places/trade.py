"""What countries really trade: shares of exports by heading and by partner, modes of a heading.

All look-ups take integer positions (see `positions`), -1 where the country or heading is unknown, and
return NaN there. A share too small for the reference tables is taken as a stated floor, not as zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.manifest.schema import MODES
from features.places.gazetteer import Floats, Ints
from features.reference import table as reference

#: Shares below the tables' cuts stand at these values.
EXPORT_FLOOR, PARTNER_FLOOR, MODE_FLOOR, HEADING_FLOOR = 5e-5, 3e-4, 3e-3, 1e-7


@dataclass(frozen=True)
class Trade:
    """Trade tables as arrays; the last row and column stand for the unknown (NaN).

    Attributes
    ----------
    countries, headings, codes : dict
        ISO2, heading and code of the mode table to position.
    exports : float array, shape (countries + 1, headings + 1)
        Share of an origin's exports.
    world : float array, shape (headings + 1,)
        Share of world trade of a heading.
    partners : float array, shape (countries + 1, countries + 1)
        Share of an origin's exports that goes to a destination.
    modes : float array, shape (codes + 1, modes + 1)
        Share of the shipments of a heading or chapter that travels so.
    main_exports : object array, shape (countries + 1,)
        The three main headings of a country in words.
    """

    countries: dict[str, int]
    headings: dict[str, int]
    codes: dict[str, int]
    exports: Floats
    world: Floats
    partners: Floats
    modes: Floats
    main_exports: npt.NDArray[np.object_]


@cache
def trade() -> Trade:
    """Read the trade tables (cached)."""
    lands = {code: i for i, code in enumerate(reference("countries")["iso2"])}
    world_table, mix = reference("hs4_world"), reference("export_mix")
    headings = {code: i for i, code in enumerate(world_table["hs4"])}
    mix = mix[mix["origin"].isin(lands) & mix["hs4"].isin(headings)]
    exports = _filled(
        (len(lands), len(headings)),
        mix["origin"].map(lands).to_numpy(),
        mix["hs4"].map(headings).to_numpy(),
        mix["share"].to_numpy("float64"),
        EXPORT_FLOOR,
    )
    pairs = reference("trade_partners")
    pairs = pairs[pairs["origin"].isin(lands) & pairs["destination"].isin(lands)]
    partners = _filled(
        (len(lands), len(lands)),
        pairs["origin"].map(lands).to_numpy(),
        pairs["destination"].map(lands).to_numpy(),
        pairs["share"].to_numpy("float64"),
        PARTNER_FLOOR,
    )
    shares = reference("mode_share")
    modes = np.full((len(shares) + 1, len(MODES) + 1), np.nan)
    modes[:-1, :-1] = np.maximum(shares[list(MODES)].to_numpy("float64"), MODE_FLOOR)
    return Trade(
        countries=lands,
        headings=headings,
        codes={code: i for i, code in enumerate(shares["code"])},
        exports=exports,
        world=np.append(np.maximum(world_table["share"].to_numpy("float64"), HEADING_FLOOR), np.nan),
        partners=partners,
        modes=modes,
        main_exports=_main_exports(mix, lands),
    )


def _filled(shape: tuple[int, int], rows: Ints, columns: Ints, values: Floats, floor: float) -> Floats:
    """Return a table of shares with an unknown margin; an origin without any entry is unknown too."""
    table = np.full((shape[0] + 1, shape[1] + 1), np.nan)
    table[np.unique(rows), :-1] = floor
    table[rows, columns] = np.maximum(values, floor)
    return table


def _main_exports(mix: pd.DataFrame, lands: dict[str, int]) -> npt.NDArray[np.object_]:
    titles = reference("hs_headings").set_index("hs4")["title"]
    ranked = mix.assign(share=mix["share"].astype("float64"), title=mix["hs4"].map(titles))
    ranked = (
        ranked[ranked["hs4"] != "9999"]
        .dropna(subset="title")
        .sort_values(["share", "hs4"], ascending=[False, True])
    )
    # Official titles are long: to the first comma then, never cut within a word.
    words = ranked["title"].str.split(r"[;:(]", regex=True).str[0].str.strip(" ,")
    words = words.where(words.str.len() <= 40, words.str.split(",").str[0])
    words = words.str.replace(r"^[A-Z](?=[a-z])", lambda first: first[0].lower(), regex=True)
    top = words.groupby(ranked["origin"]).agg(lambda names: "; ".join(dict.fromkeys(names.head(3))))
    texts = np.full(len(lands) + 1, np.nan, dtype=object)
    texts[[lands[code] for code in top.index]] = top.to_numpy(dtype=object)
    return texts


def positions(values: pd.Series, known: dict[str, int]) -> Ints:
    """Return the position of each text in a table, -1 where it is missing or unknown."""
    codes, unique = pd.factorize(values)
    found = np.array([known.get(text, -1) for text in unique] + [-1], dtype=np.int64)
    return found[codes]


def mode_positions(heading: pd.Series, chapter: pd.Series) -> Ints:
    """Return the row of the mode table: the heading's own, else its chapter's, else -1."""
    known = trade().codes
    own = positions(heading, known)
    return np.where(own >= 0, own, positions(chapter, known))
