"""Quantities: weights, packages and values against what is usual for the goods."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.evidence.quantity_registry import FACTS, FEATURES, SMALL_SEA_KG, Z_LIMIT
from features.places.gazetteer import Floats, Ints
from features.places.trade import positions
from features.reference import table as reference
from features.registry import tabulate
from features.view import View

PERCENTILES = ("p10", "p25", "p50", "p75", "p90")
#: The spread of a heading is never taken as narrower than this (natural log): tables are rough.
MIN_SPREAD = 0.25
#: Crude freight in USD per kg and the least a consignment costs; for orders of magnitude only.
FREIGHT = {
    "sea": (0.08, 60.0),
    "air": (3.0, 60.0),
    "express": (7.0, 20.0),
    "post": (8.0, 4.0),
    "road": (0.12, 40.0),
    "rail": (0.1, 60.0),
}

#: UN/ECE Recommendation 21 codes and words, by the kind of package the tables speak of.
_PACKAGE_KINDS = {
    "bag": "BG SA SX 5M 5H 5L BAG BAGS SACK SACKS POLYBAG POLYBAGS",
    "big bag": "FIBC BIGBAG JUMBO",
    "bale": "BL BN BALE BALES",
    "box": "BX BOX BOXES EPS STYROFOAM",
    "carton": "CT CTN CTNS CARTON CARTONS",
    "case": "CS CASE CASES",
    "crate": "CR FR CRATE CRATES",
    "drum": "DR DRUM DRUMS BARREL BARRELS BA",
    "pallet": "PX PP PALLET PALLETS PLT PLTS",
    "roll": "RO RL ROLL ROLLS",
    "bundle": "BE BUNDLE BUNDLES BDL",
    "log": "LG LOG LOGS",
    "parcel": "PC PARCEL PARCELS PACKET",
    "cage": "CG CAGE CAGES",
    "unit": "VN UNIT UNITS VEHICLE",
    "basket": "BK BASKET BASKETS",
}


def usd_value(view: View) -> Floats:
    """Return the declared value in US dollars; NaN where value or currency is missing or unknown."""
    rates = reference("currencies")
    known = {code: i for i, code in enumerate(rates["currency"])}
    per_unit = np.append(rates["usd_per_unit"].to_numpy("float64"), np.nan)
    return _numbers(view, "declared_value") * per_unit[positions(view.table["currency"], known)]


def unit_value(view: View) -> Floats:
    """Return declared USD per kg (of net weight where it is credible, else gross); NaN where unknown."""
    gross, net = _numbers(view, "gross_weight_kg"), _numbers(view, "net_weight_kg")
    credible = (net > 0) & ~(net > gross)
    kg = np.where(credible, net, gross)
    return _ratio(usd_value(view), kg)


def usual_value(view: View) -> dict[str, Floats]:
    """Return the percentiles of USD per kg of each shipment's heading, else of its chapter."""
    codes, table = _value_table()
    rows = positions(view.goods["heading"], codes)
    rows = np.where(rows >= 0, rows, positions(view.goods["chapter"], codes))
    return {name: table[rows, i] for i, name in enumerate(PERCENTILES)}


@cache
def _value_table() -> tuple[dict[str, int], Floats]:
    rows = reference("unit_values")
    headings = rows[list(PERCENTILES)].astype("float64").transform(np.log)
    chapters = headings.groupby(rows["hs4"].str[:2]).median()
    codes = {code: i for i, code in enumerate([*rows["hs4"], *chapters.index])}
    table = np.exp(np.vstack([headings.to_numpy(), chapters.to_numpy()]))
    return codes, np.vstack([table, np.full(len(PERCENTILES), np.nan)])


@cache
def _packing_table() -> tuple[dict[str, int], Floats, npt.NDArray[np.object_]]:
    rows = reference("packing")
    keys = np.where(rows["mode"] != "", rows["mode"], rows["code"])
    table = np.vstack([rows[list(PERCENTILES)].to_numpy("float64"), np.full(len(PERCENTILES), np.nan)])
    types = np.append(rows["package_types"].to_numpy(object), np.nan)
    return {key: i for i, key in enumerate(keys)}, table, types


def packing_rows(view: View) -> Ints:
    """Return the row of the packing table: the mode's own (post, express), the heading's, the chapter's."""
    codes, _, _ = _packing_table()
    rows = positions(view.goods["chapter"], codes)
    for values in (view.goods["heading"], view.route["mode"]):
        own = positions(values, codes)
        rows = np.where(own >= 0, own, rows)
    return rows


def kg_per_package(view: View) -> Floats:
    """Return gross kg per package; NaN where weight or number is missing or nil."""
    gross = _numbers(view, "gross_weight_kg")
    return _ratio(np.where(gross > 0, gross, np.nan), _numbers(view, "packages"))


def compute(view: View) -> pd.DataFrame:
    """Compute the quantity features and facts.

    Parameters
    ----------
    view : View
        n shipments with goods and places identified.

    Returns
    -------
    DataFrame, shape (n, len(FEATURES) + len(FACTS))
    """
    columns = _value(view) | _packing(view) | _weights(view) | _lines(view.table["items"], view)
    return tabulate(columns, FEATURES, FACTS, view.table.index)


def _numbers(view: View, name: str) -> Floats:
    return view.table[name].to_numpy("float64")


def _ratio(a: Floats, b: Floats) -> Floats:
    return np.divide(a, b, out=np.full(len(a), np.nan), where=b > 0)


def _log10(values: Floats) -> Floats:
    return np.log10(values, out=np.full(len(values), np.nan), where=values > 0)


def deviation(values: Floats, usual: dict[str, Floats]) -> Floats:
    """Return the robust z-score of log values against quartiles, limited to +-`Z_LIMIT`."""
    spread = np.maximum(np.log(usual["p75"] / usual["p25"]) / 1.349, MIN_SPREAD)
    centre = np.log(usual["p50"])
    return np.clip((_log10(values) * np.log(10.0) - centre) / spread, -Z_LIMIT, Z_LIMIT)


def _value(view: View) -> dict[str, object]:
    declared, usd = _numbers(view, "declared_value"), usd_value(view)
    per_kg, usual = unit_value(view), usual_value(view)
    gross = _numbers(view, "gross_weight_kg")
    rates = np.array([*FREIGHT.values(), (np.nan, np.nan)])
    rate, least = rates[positions(view.route["mode"], {m: i for i, m in enumerate(FREIGHT)})].T
    freight = np.maximum(rate * gross, least)
    nil = (declared == 0) | (usd < 1.0)
    return {
        "value_per_kg": _log10(per_kg),
        "value_per_kg_ratio": _log10(per_kg / usual["p50"]),
        "value_per_kg_deviation": deviation(per_kg, usual),
        "value_per_kg_low": _flag(per_kg < usual["p10"]),
        "value_missing": _flag(np.isnan(declared)),
        "value_nil": _flag(nil),
        "currency_unknown": _flag((declared > 0) & np.isnan(usd)),
        "value_to_freight": _log10(usd / freight),
        "value_trailing_zeros": trailing_zeros(declared),
        "freight_usd": freight,
        "usual_usd_per_kg_low": usual["p25"],
        "usual_usd_per_kg_high": usual["p75"],
    }


def _packing(view: View) -> dict[str, object]:
    _, table, types = _packing_table()
    rows = packing_rows(view)
    usual = {name: table[rows, i] for i, name in enumerate(PERCENTILES)}
    per_package = kg_per_package(view)
    z = deviation(per_package, usual)
    return {
        "kg_per_package": _log10(per_package),
        "kg_per_package_deviation": z,
        "kg_per_package_oddness": np.abs(z),
        "usual_kg_low": usual["p25"],
        "usual_kg_high": usual["p75"],
        "usual_package_types": pd.Series(types[rows], dtype="str").str.replace(";", ", ").to_numpy(),
        "package_type_unusual": _unusual_package(view.table["package_type"], rows, types),
    }


def _unusual_package(declared: pd.Series, rows: Ints, types: npt.NDArray[np.object_]) -> Floats:
    kinds = {word: kind for kind, words in _PACKAGE_KINDS.items() for word in words.split()}
    codes, unique = pd.factorize(declared)
    found = [next((kinds[w] for w in text.upper().split() if w in kinds), "") for text in unique]
    names = ["", *_PACKAGE_KINDS]
    kind = np.array([names.index(name) for name in found] + [0])[codes]
    usual = np.array([[name in str(t).split(";") for name in names] for t in types])
    # A pallet, a case or a plain package may hold anything.
    open_to_all = np.isin(kind, [0, names.index("pallet"), names.index("case"), names.index("parcel")])
    unknown = open_to_all | (rows < 0)
    return np.where(unknown, 0.0, (~usual[rows, kind]).astype("float64"))


def _weights(view: View) -> dict[str, object]:
    gross, net = _numbers(view, "gross_weight_kg"), _numbers(view, "net_weight_kg")
    packages = _numbers(view, "packages")
    sea = (view.route["mode"] == "sea").to_numpy(dtype=bool, na_value=False)
    return {
        "weight_trailing_zeros": trailing_zeros(gross),
        "packages_trailing_zeros": trailing_zeros(packages),
        "net_to_gross": _ratio(net, gross),
        "net_above_gross": _flag(net > gross),
        "density": _log10(_ratio(gross, _numbers(view, "volume_m3"))),
        "gross_weight": _log10(gross),
        "package_count": _log10(packages),
        "single_package": _flag(packages == 1),
        "small_sea_consignment": _flag(sea & (gross < SMALL_SEA_KG)),
    }


def _flag(condition: npt.NDArray[np.bool_]) -> Floats:
    return condition.astype("float64")


def trailing_zeros(values: Floats) -> Floats:
    """Return the number of trailing zeros of whole numbers (0 otherwise); NaN where missing or nil."""
    zeros = np.zeros(len(values))
    whole = np.isfinite(values) & (values > 0) & (values == np.floor(values))
    for power in range(1, 14):
        zeros += whole & (np.fmod(values, 10.0**power) == 0)
    return np.where(np.isnan(values) | (values == 0), np.nan, zeros)


def _lines(items: pd.Series, view: View) -> dict[str, object]:
    """Read the lines and compare their sums with the totals."""
    codes, unique = pd.factorize(items)
    read = np.array([_read_lines(text) for text in unique] + [(np.nan,) * 4], dtype="float64")
    count, kg, packages, spread = read[codes].T
    gross, total = _numbers(view, "gross_weight_kg"), _numbers(view, "packages")
    return {
        "line_count": count,
        "lines_weight_gap": np.abs(_ratio(kg, gross) - 1.0),
        "lines_packages_gap": np.abs(_ratio(packages, total) - 1.0),
        "lines_packing_spread": spread,
    }


def _read_lines(text: str) -> tuple[float, float, float, float]:
    """Return count, sum of kg, sum of packages and spread of kg per package of a JSON list of lines."""
    unknown = (np.nan,) * 4
    try:
        lines = json.loads(text)
    except (ValueError, RecursionError):
        return unknown
    if not isinstance(lines, list):
        return unknown
    rows = [line for line in lines if isinstance(line, dict)]
    kg, packages = ([_amount(row.get(name)) for row in rows] for name in ("kg", "packages"))
    each = [k / p for k, p in zip(kg, packages, strict=True) if k > 0 and p > 0]
    spread = float(np.log10(max(each) / min(each))) if each else np.nan
    # A sum with a line left out says nothing.
    return float(len(rows)), sum(kg) if rows else np.nan, sum(packages) if rows else np.nan, spread


def _amount(value: object) -> float:
    """Return a plausible number of a line, NaN otherwise (lines come from outside)."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return np.nan
    return float(value) if 0 <= value <= 1e9 else np.nan
