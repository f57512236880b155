"""Registry entries of the route features (`features.evidence.route` computes them)."""

from __future__ import annotations

from functools import partial

from features.registry import Entries, Fact, Feature

_entry = Entries("route")

#: Scores of wildlife routes: the strongest taxon's, and the sum over taxa.
_score = partial(_entry.number, unit="score", low=0.0, high=1.0, uses_country=True)
_total = partial(_entry.number, unit="score", low=0.0, high=60.0, uses_country=True, indicators=(1,))
_WAY = "from {origin_name:place} to {destination_name:place}"


def _taxon_places(short: str, words: str) -> list[Feature]:
    """Return the entries that compare single places with the taxa of one head."""
    origin, destination = "origin {origin_name:place}", "destination {destination_name:place}"
    no_source = f"Comes from no known source of hidden {words}; {origin}"
    return [
        _score(
            name=f"route_{short}_source",
            meaning=f"Strongest prior of any taxon ({words}) for coming from the origin or loading country; "
            "a known stopover counts as a weak source",
            sentence=f"Comes from {{route_{short}_source:known}} source of hidden {words}; {origin}",
            sentence_zero=no_source,
            topic=f"source of {words}",
            indicators=(1, 10),
        ),
        _total(
            name=f"route_{short}_source_sum",
            meaning=f"Sum over taxa ({words}) of the priors for coming from the origin or loading country",
            sentence=f"Comes from a known source of hidden {words}; {origin}; its kinds weigh "
            f"{{route_{short}_source_sum}} together (1 is one main kind)",
            sentence_zero=no_source,
            topic=f"source of {words}",
        ),
        _score(
            name=f"route_{short}_destination",
            meaning=f"Strongest prior of any taxon ({words}) for going to destination or discharge country; "
            "a known stopover counts as a weak destination",
            sentence=f"Goes to {{route_{short}_destination:known}} market for hidden {words}; {destination}",
            sentence_zero=f"Goes to no known market for hidden {words}; {destination}",
            indicators=(1,),
        ),
        _score(
            name=f"route_{short}_transit",
            meaning=f"Strongest prior of any taxon ({words}) for passing a declared transhipment country",
            sentence=f"Transhipped at {{route_{short}_transit:known}} stopover of hidden {words}; "
            "way {route_text}",
            sentence_zero=f"Not transhipped at a known stopover of hidden {words}; way {{route_text}}",
            usual=(0.0, 0.5),
            indicators=(10,),
        ),
    ]


def _taxon_routes(short: str, words: str) -> list[Feature]:
    """Return the entries that compare the whole route, and the goods on it, with the taxa of one head."""
    fit = f"closest fit: {{route_{short}_taxon:taxon}}"
    no_route = f"On no known route of hidden {words}; {_WAY}"
    no_cover = f"Such goods on this route are no known cover for {words}; {_WAY}"
    return [
        _score(
            name=f"route_{short}_pair",
            meaning="Strongest product of source, destination, mode and stopover priors of one taxon "
            f"({words}); a stopover country counts as a weak source or destination",
            sentence=f"The route fits {{route_{short}_pair:strength}} a known one of hidden {words}; {_WAY}; "
            f"{fit}",
            sentence_zero=no_route,
            usual=(0.0, 0.7),
            topic=f"route of {words}",
            indicators=(1, 10, 18),
            monotone=1,
        ),
        _total(
            name=f"route_{short}_pair_sum",
            meaning=f"Sum over taxa ({words}) of the products of source, destination, mode and stopover "
            "priors",
            sentence=f"The route fits known ones of hidden {words}, {{route_{short}_pair_sum}} in all "
            f"(1 is one perfect fit); {_WAY}; {fit}",
            sentence_zero=no_route,
            topic=f"route of {words}",
            monotone=1,
        ),
        _score(
            name=f"route_{short}_cover",
            meaning=f"Strongest product of a taxon's route prior ({words}) and how well the goods cover it",
            sentence=f"Such goods on this route fit {{route_{short}_cover:strength}} a known cover for "
            f"{words}; {_WAY}; {fit}",
            sentence_zero=no_cover,
            usual=(0.0, 0.5),
            topic=f"route of {words}",
            indicators=(1, 18, 19),
            monotone=1,
        ),
        _total(
            name=f"route_{short}_cover_sum",
            meaning=f"Sum over taxa ({words}) of the products of route prior and cover strength",
            sentence=f"Such goods on this route fit known covers for {words}, {{route_{short}_cover_sum}} "
            f"in all (1 is one perfect fit); {_WAY}; {fit}",
            sentence_zero=no_cover,
            topic=f"route of {words}",
            monotone=1,
        ),
    ]


FEATURES: tuple[Feature, ...] = (
    _entry.number(
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
    _entry.number(
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
    _entry.number(
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
    _entry.number(
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
    _entry.number(
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
    _entry.number(
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
    _entry.count(
        name="route_hops",
        meaning="Number of transhipment places declared",
        high=100.0,
        indicators=(10,),
        sentence="{route_hops:#transhipment} declared; way {route_text}",
    ),
    _entry.number(
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
    _entry.number(
        name="route_distance",
        meaning="log10 of km from origin through the declared places to the destination",
        unit="log10 km",
        low=0.0,
        high=5.5,
        uses_country=True,
        sentence="The way is about {route_km} km long",
        background=True,
    ),
    _entry.flag(
        name="passes_hub",
        meaning="A transhipment hub outside the origin country is among the transhipment or loading places",
        indicators=(10,),
        uses_country=True,
        sentence="It passes a transhipment hub outside the country of origin; way {route_text}",
    ),
    _entry.flag(
        name="in_transit",
        meaning="Direction is transit or transhipment, or the place of delivery is in another country",
        indicators=(11,),
        sentence="It only passes through this port; place of delivery in {delivery_name:place}",
        uses_country=True,
    ),
    _entry.flag(
        name="destination_beyond_discharge",
        meaning="Country of destination differs from the country of discharge",
        indicators=(11,),
        sentence="Unloaded in {discharge_name:place}, destined for {destination_name:place}",
        uses_country=True,
    ),
    _entry.flag(
        name="landlocked_destination",
        meaning="Country of destination has no sea port",
        indicators=(10, 11),
        uses_country=True,
        sentence="The destination, {destination_name:place}, has no sea port",
    ),
    _entry.flag(
        name="loaded_elsewhere",
        meaning="Loaded in another country than the declared origin",
        indicators=(10,),
        sentence="The declared origin is {origin_name:place}, but loading was in {loading_name:place}",
        uses_country=True,
    ),
    _entry.flag(
        name="origin_unknown",
        meaning="Neither origin, loading place nor shipper's country is known",
        sentence="Where it comes from is not declared",
        topic="origin",
    ),
    _entry.category(
        "origin_region",
        "Subregion of the origin (UN M49)",
        "Comes from {origin_name:place} ({origin_region})",
        sentence_missing="Where it comes from is not declared",
        background=True,
        topic="origin",
        uses_country=True,
    ),
    _entry.category(
        "route_mode",
        "Mode of transport, declared or inferred",
        "Travels {route_mode:by}",
        sentence_missing="How it travels is not known",
        background=True,
    ),
    *_taxon_places("live", "live animals"),
    *_taxon_routes("live", "live animals"),
    *_taxon_places("products", "wildlife products"),
    *_taxon_routes("products", "wildlife products"),
)

FACTS: tuple[Fact, ...] = (
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
)
