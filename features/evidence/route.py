"""Route: whether such goods come from there, go there, and take this way."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.evidence.quantity import unit_value, usual_value
from features.evidence.route_registry import FACTS, FEATURES
from features.places import MAX_VIA, distances, trade, wildlife_routes
from features.places.distinct import distinct
from features.places.gazetteer import Floats, Ints, gazetteer
from features.reference import table as reference
from features.registry import tabulate
from features.view import View


def compute(view: View) -> pd.DataFrame:
    """Compute the route features and facts.

    Parameters
    ----------
    view : View
        n shipments with goods and places identified.

    Returns
    -------
    DataFrame, shape (n, len(FEATURES) + len(FACTS))
    """
    places = _Places(view)
    columns = _plausibility(view, places) | _way(view, places) | _regime(view, places)
    columns |= _words(view, places) | _wildlife(view, places)
    return tabulate(columns, FEATURES, FACTS, view.table.index)


class _Places:
    """Positions of each shipment's countries and goods in the trade tables (-1 unknown)."""

    def __init__(self, view: View) -> None:
        known = trade.trade()
        for role in ("origin", "loading", "discharge", "delivery", "destination"):
            setattr(self, role, trade.positions(view.route[role], known.countries))
        self.heading = trade.positions(view.goods["heading"], known.headings)
        self.mode = trade.positions(view.route["mode"], {m: i for i, m in enumerate(trade.MODES)})

    origin: Ints
    loading: Ints
    discharge: Ints
    delivery: Ints
    destination: Ints


def _plausibility(view: View, places: _Places) -> dict[str, object]:
    known = trade.trade()
    share = known.exports[places.origin, places.heading]
    world = known.world[places.heading]
    there = known.exports[places.destination, places.heading]
    partner = known.partners[places.origin, places.destination]
    partner = np.where(places.origin == places.destination, np.nan, partner)
    codes = trade.mode_positions(view.goods["heading"], view.goods["chapter"])
    by_mode = known.modes[codes, places.mode]
    return {
        "origin_goods_share": np.log10(share),
        "origin_goods_advantage": np.log10(share / world),
        "destination_goods_advantage": np.log10(there / world),
        "partner_share": np.log10(partner),
        "mode_share": np.log10(by_mode),
        "origin_goods_percent": 100.0 * share,
        "partner_percent": 100.0 * partner,
        "mode_percent": 100.0 * by_mode,
    }


@cache
def _gateways() -> Ints:
    """Return the gateway point of each country of the trade tables, and -1 at the end."""
    return np.array([gazetteer().gateway[code] for code in trade.trade().countries] + [-1])


@cache
def _country_position() -> Ints:
    """Return the position in the trade tables of each point's country, and -1 at the end."""
    known = trade.trade().countries
    return np.array([known[code] for code in gazetteer().country] + [-1])


def _via(view: View) -> Ints:
    """Return the points of transhipment, shape (n, MAX_VIA), -1 where there are no more."""
    codes, unique = pd.factorize(view.route["via_points"])
    table = np.full((len(unique) + 1, MAX_VIA), -1, dtype=np.int64)
    for row, text in enumerate(unique):
        points = [int(part) for part in text.split(";")]
        table[row, : len(points)] = points
    return table[codes]


def _way(view: View, places: _Places) -> dict[str, object]:
    """Follow origin, loading, transhipments, discharge, destination, leaving out what is not known."""
    loading, discharge = (view.route[f"{role}_point"].to_numpy() for role in ("loading", "discharge"))
    via = _via(view)
    start = np.where(_differs(places.origin, places.loading), _gateways()[places.origin], -1)
    end = np.where(_differs(places.destination, places.discharge), _gateways()[places.destination], -1)
    stops = np.column_stack([start, loading, via, discharge, end])
    sea = (view.route["mode"].isin(["sea"]) | view.route["mode"].isna()).to_numpy()
    rows, inverse = distinct([*stops.T, sea.astype("int64")])
    km, direct = (values[inverse] for values in _lengths(stops[rows], sea[rows]))
    per_kg = _usd_per_kg(view)
    home = _country_position()[np.column_stack([loading, via])]
    hub = np.append(gazetteer().hub, False)[np.column_stack([loading, via])]
    away = (home != places.origin[:, None]) | (places.origin[:, None] < 0)
    # Goods of unknown origin loaded at a hub simply start there.
    away[:, 0] &= places.origin >= 0
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            "route_km": km,
            "direct_km": direct,
            "route_distance": np.log10(np.maximum(km, 1.0)),
            "detour_ratio": km / np.maximum(direct, 50.0),
            "route_hops": view.route["hops"],
            "passes_hub": (hub & away).any(axis=1).astype("float64"),
            "usual_or_declared_usd_per_kg": per_kg,
            "low_value_long_haul": np.log10(np.maximum(km, 1.0) / per_kg),
        }


def _differs(a: Ints, b: Ints) -> npt.NDArray[np.bool_]:
    return (a >= 0) & (a != b)


def _lengths(stops: Ints, sea: npt.NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Return the way over the known stops of each row and the direct way from first to last, in km."""
    n, k = stops.shape
    total, first, last = np.zeros(n), np.full(n, -1), np.full(n, -1)
    for column in range(k):
        here = stops[:, column]
        leg = (here >= 0) & (last >= 0) & (here != last)
        if leg.any():
            total[leg] += distances.travelled(last[leg], here[leg], sea[leg])
        first = np.where((first < 0) & (here >= 0), here, first)
        last = np.where(here >= 0, here, last)
    known = (first >= 0) & (last >= 0) & (first != last)
    direct = np.full(n, np.nan)
    direct[known] = distances.travelled(first[known], last[known], sea[known])
    return np.where(known, np.maximum(total, direct), np.nan), direct


def _usd_per_kg(view: View) -> Floats:
    declared = unit_value(view)
    return np.where(declared > 0, declared, usual_value(view)["p50"])


def _regime(view: View, places: _Places) -> dict[str, object]:
    landlocked = np.append(reference("countries")["landlocked"].to_numpy() == "1", False)
    direction = view.table["direction"].isin(["transit", "transhipment"]).to_numpy()
    elsewhere = _differs(places.delivery, places.discharge) & (places.discharge >= 0)
    beyond = _differs(places.destination, places.discharge) & (places.discharge >= 0)
    declared = (view.route["origin_source"] == "declared").to_numpy()
    loaded = declared & _differs(places.origin, places.loading) & (places.loading >= 0)
    return {
        "in_transit": (direction | elsewhere).astype("float64"),
        "destination_beyond_discharge": beyond.astype("float64"),
        "landlocked_destination": landlocked[places.destination].astype("float64"),
        "loaded_elsewhere": loaded.astype("float64"),
        "origin_unknown": (places.origin < 0).astype("float64"),
    }


def _words(view: View, places: _Places) -> dict[str, object]:
    lands = reference("countries")
    names = np.append(lands["name"].to_numpy(object), np.nan)
    texts = _texts(names)
    subregions = _texts(np.append(lands["subregion"].to_numpy(object), np.nan))
    roles = ("origin", "loading", "discharge", "delivery", "destination")
    columns: dict[str, object] = {f"{role}_name": texts.take(getattr(places, role)) for role in roles}
    columns["origin_region"] = subregions.take(places.origin)
    columns["route_mode"] = view.route["mode"]
    columns["origin_main_exports"] = _texts(trade.trade().main_exports).take(places.origin)
    columns["route_text"] = _route_text(view, names)
    return columns


def _texts(values: npt.NDArray[np.object_]) -> pd.api.extensions.ExtensionArray:
    """Return texts as a string array: taking from it is far faster than converting a taken column."""
    return pd.array(values, dtype="str")


def _route_text(view: View, names: npt.NDArray[np.object_]) -> pd.api.extensions.ExtensionArray:
    lands = trade.trade().countries
    parts = [view.route[c] for c in ("origin", "loading", "via", "discharge", "destination")]
    keys = parts[0].fillna("")
    for part in parts[1:]:
        keys = keys + ";" + part.fillna("")
    codes, unique = pd.factorize(keys)
    texts = []
    for key in unique:
        stops = [stop for stop in key.split(";") if stop]
        kept = [s for i, s in enumerate(stops) if i == 0 or s != stops[i - 1]]
        texts.append(" → ".join(names[lands[s]] for s in kept) or np.nan)
    return _texts(np.array([*texts, np.nan], dtype=object)).take(np.asarray(codes))


def _wildlife(view: View, places: _Places) -> dict[str, object]:
    known = wildlife_routes.priors()
    group = trade.positions(view.goods["goods_group"], known.groups)
    via_codes = np.asarray(pd.factorize(view.route["via_points"])[0], dtype=np.int64)
    roles = ("origin", "loading", "discharge", "destination")
    keys = [via_codes, places.mode, group, *(getattr(places, role) for role in roles)]
    rows, inverse = distinct(keys)
    via = _country_position()[_via(view)[rows]]
    routes = wildlife_routes.Routes(
        **{role: getattr(places, role)[rows] for role in roles},
        via=via,
        mode=places.mode[rows],
        group=group[rows],
    )
    scores, taxon = wildlife_routes.score(routes)
    words = _texts(np.append(known.taxa, np.nan))
    found: dict[str, object] = {}
    for h, short in enumerate(("live", "products")):
        for name, values in scores.items():
            found[f"route_{short}_{name}"] = values[:, h][inverse]
        found[f"route_{short}_taxon"] = words.take(taxon[:, h][inverse])
    return found
