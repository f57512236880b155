"""Ordinary trade of one country by one mode: the benign shipments a case is ranked among.

Shipments are drawn from the same reference tables of real trade the simulator stands on (what a
country exports, to whom, by which mode), but for any destination and mode a case asks for, and
with any origin or heading held fixed. A shipment counts by value over the square root of its
value per kilogram: between counting dollars and counting kilograms.
"""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.documented_seizures import texts
from features.reference import table

#: Headings that do not travel as declared consignments of their own: crude oil, gas in pipes,
#: electricity, money, ships, "not specified".
NOT_CONSIGNED = ("2709", "2711", "2716", "7108", "7118", "8901", "8905", "9999")
#: Headings that travel by the shipload under one bill: counted less, assumed.
BULK = ("1001", "1003", "1005", "1007", "1201", "1205", "2304", "2306", "2523", "2818", "3102", "3104")
BULK_CHAPTERS = ("25", "26", "27")
BULK_FACTOR = 0.05
#: Chapters and headings whose goods people send by post (finished, small, light): assumed.
BY_POST = """
0902 1211 1704 1806 1902 1904 1905 2101 2103 2106 30 33 34 3923 3924 3926 42 4414 4419 4420 4421 48 49 57
61 62 63 64 65 6601 6702 6704 6911 6912 6913 7013 7018 7103 7113 7116 7117 7323 82 8302 8306 8443 8467
8471 8473 85 8708 8714 90 91 92 9404 9405 95 96 97
""".split()  # noqa: SIM905
#: Too heavy for express and air, whatever their price per kilogram.
HEAVY = """
8426 8427 8429 8430 8433 8607 8609 8701 8702 8703 8704 8705 8716 9406
""".split()  # noqa: SIM905
#: USD per kilogram from which goods bear the price of a flight; below, ever fewer fly.
FLIGHT_PRICE = 15.0
#: Kilometres over which trade by road and rail thins out by a factor of e.
LAND_REACH = {"road": 1200.0, "rail": 2500.0}
#: Regions joined by land; islands and the Americas' halves stand apart.
LANDMASS = {"Europe": "Eurasia", "Asia": "Eurasia", "Africa": "Africa", "Americas": "Americas"}
ISLANDS = """
JP TW PH ID LK IE IS MT CY MG MU SC MV AU NZ PG FJ CU DO HT JM TT BB BS BH KM CV ST
""".split()  # noqa: SIM905
#: Share of descriptions of ordinary goods that say nothing ("general cargo"), by mode: assumed.
VAGUE_SHARE = {"sea": 0.03, "air": 0.05, "express": 0.08, "post": 0.10, "road": 0.03, "rail": 0.02}
#: Destinations when neither destination nor place of import is reported: large importers.
ANYWHERE = ("CN", "US", "DE", "JP", "GB", "FR", "HK", "NL", "KR", "AE", "SG", "IN", "VN", "TH", "MY")
#: How fast a detour makes a transhipment place unlikely (per unit of detour ratio).
DETOUR = 3.0


@cache
def _flows() -> pd.DataFrame:
    """Return one row per origin and heading: origin, heading, weight, and how well it bears a flight."""
    mix = table("export_mix").rename(columns={"hs4": "heading"})
    mix = mix[mix["heading"].isin(_worded()) & ~mix["heading"].isin(NOT_CONSIGNED)]
    world = table("world_trade").set_index("origin")["share"].astype(float)
    price = table("unit_values").set_index("hs4")["p50"].astype(float)
    value = mix["share"].astype(float) * mix["origin"].map(world).fillna(0.0)
    per_kg = mix["heading"].map(price).fillna(price.median()).clip(lower=0.02)
    flown = np.minimum(1.0, per_kg / FLIGHT_PRICE) * ~mix["heading"].isin(HEAVY)
    bulk = mix["heading"].isin(BULK) | mix["heading"].str[:2].isin(BULK_CHAPTERS)
    weight = value / np.sqrt(per_kg) * np.where(bulk, BULK_FACTOR, 1.0)
    return mix[["origin", "heading"]].assign(weight=weight, flown=flown).reset_index(drop=True)


@cache
def _worded() -> frozenset[str]:
    described = texts.descriptions()
    return frozenset(described.loc[described["part"] == "background", "hs4"])


@cache
def _mode_shares() -> pd.DataFrame:
    shares = table("mode_share").set_index("code")
    return shares[[name for name in shares.columns if name != "basis"]].astype(float)


@cache
def _by_mode(mode: str) -> np.ndarray:
    """Return how much of each flow travels by the mode."""
    headings, shares = _flows()["heading"], _mode_shares()
    if not mode:
        return np.ones(len(headings))
    own = headings.where(headings.isin(shares.index), headings.str[:2])
    share = own.map(shares[mode]).fillna(0.0).to_numpy()
    perishable = headings.str[:2].isin(("01", "03", "06")) & (mode == "air")
    if mode in ("air", "express", "post"):
        share = share * np.where(perishable, 1.0, _flows()["flown"])
    if mode == "post":
        share = share * (headings.isin(BY_POST) | headings.str[:2].isin(BY_POST)).to_numpy()
    return share


@lru_cache(maxsize=64)
def _over_land(destination: str, mode: str) -> pd.Series:
    """Return, per origin, how well road or rail joins it to the destination (1 for other modes)."""
    countries = _countries()
    if mode not in LAND_REACH or destination not in countries.index:
        return pd.Series(1.0, index=countries.index)
    mass = countries["region"].map(LANDMASS).where(~countries.index.isin(ISLANDS))
    joined = (mass == mass.loc[destination]).to_numpy()
    places = countries[["lat", "lon"]].astype(float).to_numpy()
    apart = _apart(_place(destination), places)
    return pd.Series(np.where(joined, np.exp(-apart / LAND_REACH[mode]), 0.0), index=countries.index)


@lru_cache(maxsize=64)
def _weights(destination: str, mode: str) -> np.ndarray:
    flows = _flows()
    partners = table("trade_partners")
    if destination:
        chosen = partners[partners["destination"] == destination].set_index("origin")["share"].astype(float)
    else:
        chosen = partners[partners["destination"].isin(ANYWHERE)].set_index("origin")["share"].astype(float)
        chosen = chosen.groupby(level=0).sum()
    reached = chosen * _over_land(destination, mode).reindex(chosen.index).fillna(0.0)
    return (flows["weight"] * _by_mode(mode) * flows["origin"].map(reached).fillna(0.0)).to_numpy()


def draw(
    size: int,
    destination: str,
    mode: str,
    generator: np.random.Generator,
    *,
    origin: str = "",
    heading: str = "",
) -> pd.DataFrame:
    """Draw ordinary shipments.

    Parameters
    ----------
    size : int
        How many.
    destination : str
        Importing country (ISO2); empty for any large importer.
    mode : str
        Mode of the shipment table; empty for all together.
    generator : Generator
        Source of the draws.
    origin, heading : str
        Held fixed when given; the small flows the partner table leaves out are then allowed.

    Returns
    -------
    DataFrame
        ``heading``, ``origin``, ``text``; at most `size` rows (none if nobody trades that).
    """
    flows = _flows()
    weight = _weights(destination, mode)
    if origin:
        weight = _only(weight, flows, mode, (flows["origin"] == origin).to_numpy())
    if heading:
        near = (flows["heading"] == heading).to_numpy()
        if not near.any():
            near = (flows["heading"].str[:2] == heading[:2]).to_numpy()
        weight = _only(weight, flows, mode, near)
    if not weight.sum() > 0:
        return pd.DataFrame({"heading": [], "origin": [], "text": []}, dtype="str")
    rows = generator.choice(len(flows), size=size, p=weight / weight.sum())
    drawn = flows.iloc[rows][["heading", "origin"]].reset_index(drop=True)
    return drawn.assign(text=worded(drawn["heading"], mode, generator, vague=not heading))


def worded(
    headings: pd.Series, mode: str, generator: np.random.Generator, *, vague: bool = True
) -> np.ndarray:
    """Word goods plainly, some of them as vaguely as is usual in the mode.

    Parameters
    ----------
    headings : Series of str, shape (n,)
    mode : str
        Mode of the shipment table.
    generator : Generator
        Source of the draws.
    vague : bool
        Whether any may be vague.

    Returns
    -------
    array of object, shape (n,)
    """
    written = texts.word(headings.to_numpy(), generator)
    chosen = (generator.random(len(headings)) < VAGUE_SHARE.get(mode, 0.05)) & vague
    empty = generator.choice(_vague(), size=len(headings))
    return np.where(chosen, empty, written)


def has_words(headings: pd.Series) -> np.ndarray:
    """Tell which headings there are plain words for."""
    return headings.isin(_worded()).to_numpy()


def _only(weight: np.ndarray, flows: pd.DataFrame, mode: str, chosen: np.ndarray) -> np.ndarray:
    held = np.where(chosen, weight, 0.0)
    if held.sum() > 0:
        return held
    held = np.where(chosen, flows["weight"] * _by_mode(mode), 0.0)
    return held if held.sum() > 0 else np.where(chosen, flows["weight"], 0.0)


@cache
def _vague() -> np.ndarray:
    path = Path(__file__).with_name("vague.csv")
    return pd.read_csv(path, dtype="str")["text"].to_numpy(dtype=object)


@lru_cache(maxsize=4096)
def main_port(country: str, mode: str) -> str:
    """Return the country's main sea port, or its main airport for air, express and post.

    A country without one uses the nearest in its region; road and rail have none.
    """
    columns = {"sea": "sea_port", "air": "airport", "express": "airport", "post": "airport"}
    countries = _countries()
    if mode not in columns or country not in countries.index:
        return ""
    column = columns[mode]
    near = countries[countries[column].ne("") & (countries["region"] == countries.loc[country, "region"])]
    apart = _apart(_place(country), near[["lat", "lon"]].astype(float).to_numpy())
    own = str(countries.loc[country, column])
    return own or str(near[column].iloc[int(np.argmin(apart))])


@cache
def _countries() -> pd.DataFrame:
    return table("countries").set_index("iso2")


@lru_cache(maxsize=4096)
def _hubs(origin: str, destination: str, kind: str) -> tuple[np.ndarray, np.ndarray]:
    ports = table("ports")
    ports = ports[(ports["hub"] == "1") & (ports["kind"] == kind)]
    ports = ports[~ports["country"].isin((origin, destination))].drop_duplicates("country")
    here = ports[["lat", "lon"]].astype(float).to_numpy()
    start, end = (_place(country) for country in (origin, destination))
    around = _apart(start, here) + _apart(here, end)
    weight = np.exp(-DETOUR * (around / max(float(_apart(start, end)), 500.0) - 1.0))
    return ports["country"].to_numpy(), weight / weight.sum()


def transhipment(origin: str, destination: str, mode: str, generator: np.random.Generator) -> str:
    """Draw the country a shipment changes ship or aircraft in, likelier the smaller the detour."""
    kind = "sea" if mode in ("sea", "road", "rail") else "air"
    countries, weight = _hubs(origin, destination, kind)
    return str(generator.choice(countries, p=weight))


def _place(country: str) -> np.ndarray:
    if country not in _countries().index:
        return np.array([0.0, 0.0])
    return _countries().loc[country, ["lat", "lon"]].astype(float).to_numpy()


def _apart(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return great-circle kilometres between points (latitude, longitude in degrees)."""
    first, second = (np.radians(np.asarray(places, dtype=float)) for places in (a, b))
    (lat_a, lon_a), (lat_b, lon_b) = np.moveaxis(first, -1, 0), np.moveaxis(second, -1, 0)
    half = np.sin((lat_b - lat_a) / 2) ** 2 + np.cos(lat_a) * np.cos(lat_b) * np.sin((lon_b - lon_a) / 2) ** 2
    return 12742 * np.arcsin(np.sqrt(np.clip(half, 0, 1)))
