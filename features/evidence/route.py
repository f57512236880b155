"""Route: whether such goods come from there, go there, and take this way."""

from __future__ import annotations

from functools import cache, partial

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.evidence.quantity import unit_value, usual_value
from features.places import MAX_VIA, distances, trade, wildlife_routes
from features.places.distinct import distinct
from features.places.gazetteer import Floats, Ints, gazetteer
from features.reference import table as reference
from features.registry import Fact, Feature, category
from features.view import View

_Number = partial(Feature, family="route", dtype="number", known="row")
_Flag = partial(Feature, family="route", dtype="flag", unit="1", low=0.0, high=1.0, known="row")

_HEAD_WORDS = {"live_animals": "live animals", "wildlife_products": "wildlife products"}


def _taxon_features(head: str) -> list[Feature]:
    words, short = _HEAD_WORDS[head], {"live_animals": "live", "wildlife_products": "products"}[head]
    score = partial(_Number, unit="score", low=0.0, high=1.0, uses_country=True)
    total = partial(_Number, unit="score", low=0.0, high=60.0, uses_country=True, indicators=(1,))
    fit = f"closest fit: {{route_{short}_taxon:taxon}}"
    origin, destination = "origin {origin_name:place}", "destination {destination_name:place}"
    way = "from {origin_name:place} to {destination_name:place}"
    no_source = f"Comes from no known source of hidden {words}; {origin}"
    no_route = f"On no known route of hidden {words}; {way}"
    no_cover = f"Such goods on this route are no known cover for {words}; {way}"
    return [
        score(
            name=f"route_{short}_source",
            meaning=f"Strongest prior of any taxon ({words}) for coming from the origin or loading country; "
            "a known stopover counts as a weak source",
            sentence=f"Comes from {{route_{short}_source:known}} source of hidden {words}; {origin}",
            sentence_zero=no_source,
            topic=f"source of {words}",
            indicators=(1, 10),
        ),
        total(
            name=f"route_{short}_source_sum",
            meaning=f"Sum over taxa ({words}) of the priors for coming from the origin or loading country",
            sentence=f"Comes from a known source of hidden {words}; {origin}; its kinds weigh "
            f"{{route_{short}_source_sum}} together (1 is one main kind)",
            sentence_zero=no_source,
            topic=f"source of {words}",
        ),
        score(
            name=f"route_{short}_destination",
            meaning=f"Strongest prior of any taxon ({words}) for going to destination or discharge country; "
            "a known stopover counts as a weak destination",
            sentence=f"Goes to {{route_{short}_destination:known}} market for hidden {words}; {destination}",
            sentence_zero=f"Goes to no known market for hidden {words}; {destination}",
            indicators=(1,),
        ),
        score(
            name=f"route_{short}_transit",
            meaning=f"Strongest prior of any taxon ({words}) for passing a declared transhipment country",
            sentence=f"Transhipped at {{route_{short}_transit:known}} stopover of hidden {words}; "
            "way {route_text}",
            sentence_zero=f"Not transhipped at a known stopover of hidden {words}; way {{route_text}}",
            usual=(0.0, 0.5),
            indicators=(10,),
        ),
        score(
            name=f"route_{short}_pair",
            meaning="Strongest product of source, destination, mode and stopover priors of one taxon "
            f"({words}); a stopover country counts as a weak source or destination",
            sentence=f"The route fits {{route_{short}_pair:strength}} a known one of hidden {words}; {way}; "
            f"{fit}",
            sentence_zero=no_route,
            usual=(0.0, 0.7),
            topic=f"route of {words}",
            indicators=(1, 10, 18),
            monotone=1,
        ),
        total(
            name=f"route_{short}_pair_sum",
            meaning=f"Sum over taxa ({words}) of the products of source, destination, mode and stopover "
            "priors",
            sentence=f"The route fits known ones of hidden {words}, {{route_{short}_pair_sum}} in all "
            f"(1 is one perfect fit); {way}; {fit}",
            sentence_zero=no_route,
            topic=f"route of {words}",
            monotone=1,
        ),
        score(
            name=f"route_{short}_cover",
            meaning=f"Strongest product of a taxon's route prior ({words}) and how well the goods cover it",
            sentence=f"Such goods on this route fit {{route_{short}_cover:strength}} a known cover for "
            f"{words}; {way}; {fit}",
            sentence_zero=no_cover,
            usual=(0.0, 0.5),
            topic=f"route of {words}",
            indicators=(1, 18, 19),
            monotone=1,
        ),
        total(
            name=f"route_{short}_cover_sum",
            meaning=f"Sum over taxa ({words}) of the products of route prior and cover strength",
            sentence=f"Such goods on this route fit known covers for {words}, {{route_{short}_cover_sum}} "
            f"in all (1 is one perfect fit); {way}; {fit}",
            sentence_zero=no_cover,
            topic=f"route of {words}",
            monotone=1,
        ),
    ]


FEATURES: list[Feature] = [
    _Number(
        name="origin_goods_share",
        meaning="log10 of the share the heading has in what the origin really exports (floor 0.005 %)",
        unit="log10 share",
        low=-5.0,
        high=0.0,
        indicators=(1, 2),
        uses_country=True,
        sentence="Such goods are about {origin_goods_percent} of the exports of {origin_name:place}; "
        "it mainly exports {origin_main_exports:list}",
        sentence_below="Hardly any exports of {origin_name:place} are such goods; it mainly exports "
        "{origin_main_exports:list}",
        below=-4.0,
        usual=(-3.5, 0.0),
        sentence_missing="Origin or goods are not known, so the one cannot be compared with the other",
        topic="exports of the origin",
    ),
    _Number(
        name="origin_goods_advantage",
        meaning="log10 of the heading's share in the origin's exports over its share in world trade",
        unit="log10 ratio",
        low=-5.0,
        high=7.0,
        indicators=(1, 2),
        uses_country=True,
        sentence="Such goods are {origin_goods_advantage} times as large a part of the exports of "
        "{origin_name:place} as of world trade",
        sentence_below="Such goods are no speciality of {origin_name:place}: no larger a part of its exports "
        "than of world trade",
        below=0.18,
        usual=(-0.7, 7.0),
        topic="exports of the origin",
    ),
    _Number(
        name="destination_goods_advantage",
        meaning="log10 of the heading's share in the destination's own exports over its share in world trade",
        unit="log10 ratio",
        low=-5.0,
        high=7.0,
        indicators=(2,),
        uses_country=True,
        sentence="The destination, {destination_name:place}, itself exports such goods: "
        "{destination_goods_advantage} times as large a part of its exports as of world trade",
        sentence_below="The destination, {destination_name:place}, itself exports little of such goods",
        below=0.18,
        usual=(-5.0, 0.7),
    ),
    _Number(
        name="partner_share",
        meaning="log10 of the destination's share in the origin's exports (floor 0.03 %)",
        unit="log10 share",
        low=-4.0,
        high=0.0,
        indicators=(2,),
        uses_country=True,
        sentence_below="Hardly any exports of {origin_name:place} go to {destination_name:place}",
        below=-3.0,
        usual=(-3.0, 0.0),
        sentence="About {partner_percent} of the exports of {origin_name:place} go to "
        "{destination_name:place}",
    ),
    _Number(
        name="low_value_long_haul",
        meaning="log10 of km travelled per USD/kg of the goods (declared value, else the heading's median)",
        unit="log10 km per USD/kg",
        low=-6.0,
        high=9.0,
        indicators=(2, 3),
        uses_country=True,
        sentence="Goods worth about {usual_or_declared_usd_per_kg} USD per kg travel {route_km} km",
        usual=(-6.0, 4.0),
    ),
    _Number(
        name="mode_share",
        meaning="log10 of the share of shipments of the heading that travel by this mode (floor 0.3 %)",
        unit="log10 share",
        low=-3.0,
        high=0.0,
        indicators=(2,),
        sentence="About {mode_percent} of shipments of such goods travel {route_mode:by}",
        sentence_below="Hardly any shipments of such goods travel {route_mode:by}: about {mode_percent}",
        below=-1.7,
        usual=(-1.3, 0.0),
    ),
    Feature(
        name="route_hops",
        family="route",
        dtype="count",
        known="row",
        meaning="Number of transhipment places declared",
        unit="1",
        low=0.0,
        high=100.0,
        indicators=(10,),
        sentence="{route_hops:#transhipment} declared; way {route_text}",
    ),
    _Number(
        name="detour_ratio",
        meaning="Way by all declared places over the direct way (sea table, else straight)",
        unit="ratio",
        low=1.0,
        high=50.0,
        indicators=(10,),
        uses_country=True,
        sentence="The way is {detour_ratio} times as long as the direct one; {route_km} km against "
        "{direct_km} km",
        sentence_below="The way is direct, {route_km} km",
        below=1.1,
        usual=(1.0, 1.5),
    ),
    _Number(
        name="route_distance",
        meaning="log10 of km from origin through the declared places to the destination",
        unit="log10 km",
        low=0.0,
        high=5.5,
        uses_country=True,
        sentence="The way is about {route_km} km long",
        background=True,
    ),
    _Flag(
        name="passes_hub",
        meaning="A transhipment hub outside the origin country is among the transhipment or loading places",
        indicators=(10,),
        uses_country=True,
        sentence="It passes a transhipment hub outside the country of origin; way {route_text}",
    ),
    _Flag(
        name="in_transit",
        meaning="Direction is transit or transhipment, or the place of delivery is in another country",
        indicators=(11,),
        sentence="It only passes through this port; place of delivery in {delivery_name:place}",
        uses_country=True,
    ),
    _Flag(
        name="destination_beyond_discharge",
        meaning="Country of destination differs from the country of discharge",
        indicators=(11,),
        sentence="Unloaded in {discharge_name:place}, destined for {destination_name:place}",
        uses_country=True,
    ),
    _Flag(
        name="landlocked_destination",
        meaning="Country of destination has no sea port",
        indicators=(10, 11),
        uses_country=True,
        sentence="The destination, {destination_name:place}, has no sea port",
    ),
    _Flag(
        name="loaded_elsewhere",
        meaning="Loaded in another country than the declared origin",
        indicators=(10,),
        sentence="The declared origin is {origin_name:place}, but loading was in {loading_name:place}",
        uses_country=True,
    ),
    _Flag(
        name="origin_unknown",
        meaning="Neither origin, loading place nor shipper's country is known",
        sentence="Where it comes from is not declared",
        topic="origin",
    ),
    category(
        "origin_region",
        "route",
        "Subregion of the origin (UN M49)",
        "Comes from {origin_name:place} ({origin_region})",
        sentence_missing="Where it comes from is not declared",
        background=True,
        topic="origin",
        uses_country=True,
    ),
    category(
        "route_mode",
        "route",
        "Mode of transport, declared or inferred",
        "Travels {route_mode:by}",
        sentence_missing="How it travels is not known",
        background=True,
    ),
    *_taxon_features("live_animals"),
    *_taxon_features("wildlife_products"),
]

FACTS: list[Fact] = [
    Fact("origin_name", "Country of origin in words", dtype="text"),
    Fact("loading_name", "Country of loading in words", dtype="text"),
    Fact("discharge_name", "Country of discharge in words", dtype="text"),
    Fact("delivery_name", "Country of the place of delivery in words", dtype="text"),
    Fact("destination_name", "Country of destination in words", dtype="text"),
    Fact("route_text", "Countries on the way, in order", dtype="text"),
    Fact("origin_main_exports", "What the origin mainly exports", dtype="text"),
    Fact("origin_goods_percent", "Share of the heading in the origin's exports", "%"),
    Fact("partner_percent", "Share of the destination in the origin's exports", "%"),
    Fact("mode_percent", "Share of the heading's shipments that travel by this mode", "%"),
    Fact("usual_or_declared_usd_per_kg", "Declared value per kg, else the heading's median", "USD/kg"),
    Fact("route_km", "Length of the way through all declared places", "km"),
    Fact("direct_km", "Length of the direct way", "km"),
    Fact("route_live_taxon", "Live animals that fit route, mode and goods best", dtype="text"),
    Fact("route_products_taxon", "Wildlife products that fit route, mode and goods best", dtype="text"),
]


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
    columns: dict[str, object] = {}
    columns |= _plausibility(view, places)
    columns |= _way(view, places)
    columns |= _regime(view, places)
    columns |= _words(view, places)
    columns |= _wildlife(view, places)
    entries: list[Feature | Fact] = [*FEATURES, *FACTS]
    names = [entry.name for entry in entries]
    texts = {f.name for f in FEATURES if f.dtype == "category"} | {f.name for f in FACTS if f.dtype == "text"}
    index = view.table.index
    data = {
        name: pd.Series(columns[name], index=index, dtype="str" if name in texts else "float64")
        for name in names
    }
    return pd.DataFrame(data, index=index)


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
            "detour_ratio": np.clip(km / np.maximum(direct, 50.0), 1.0, 50.0),
            "route_hops": view.route["hops"].clip(upper=100.0).to_numpy(),
            "passes_hub": (hub & away).any(axis=1).astype("float64"),
            "usual_or_declared_usd_per_kg": per_kg,
            "low_value_long_haul": np.clip(np.log10(np.maximum(km, 1.0) / per_kg), -6.0, 9.0),
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
