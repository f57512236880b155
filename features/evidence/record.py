"""The port's own past of a shipment: how often seen, how regular, inspected, found.

This module declares the vocabulary; `features.history` computes it through a timeline, strictly
as of the moment the shipment was known. Everything is missing before the records cover 90 days.
"""

from __future__ import annotations

from dataclasses import dataclass

from features.registry import Fact, Feature


@dataclass(frozen=True)
class Kind:
    """A kind of key a past is kept under.

    Attributes
    ----------
    words : str
        What an officer calls it.
    same : str
        Shipments that share it: "shipments ..."; "this shipper" and the like.
    measures : tuple of str
        Measures computed for it.
    uses_country : bool
        The key holds a country of the goods.
    """

    words: str
    same: str
    measures: tuple[str, ...]
    uses_country: bool = False


_FINDS = ("live_finds", "product_finds", "find_rate")
_PARTY = (
    "shipments",
    "shipments_30d",
    "shipments_365d",
    "days_since_first",
    "days_since_last",
    "regularity",
    "inspected",
    "clean",
    *_FINDS,
    "finds_in_other_roles",
)

KINDS: dict[str, Kind] = {
    "shipper": Kind("shipper", "of this shipper", _PARTY),
    "consignee": Kind("consignee", "for this consignee", (*_PARTY, "shipments_7d")),
    "notify": Kind("party to notify", "with this party to notify", _PARTY),
    "pair": Kind(
        "pair of shipper and consignee",
        "of this shipper for this consignee",
        ("shipments", "days_since_first", "days_since_last", *_FINDS),
    ),
    "broker": Kind("broker", "of this broker", ("shipments_365d", *_FINDS)),
    "carrier": Kind("carrier", "of this carrier", ("shipments_365d", *_FINDS)),
    "location": Kind("place of storage", "at this place of storage", _FINDS),
    "address": Kind("consignee address", "to this consignee address", ("shipments", "shipments_7d", *_FINDS)),
    "phone": Kind(
        "consignee telephone number", "with this consignee telephone number", ("shipments", *_FINDS)
    ),
    "heading": Kind("heading of the goods", "of this heading", ("shipments_365d", "inspected", *_FINDS)),
    "lane": Kind("route", "on this route", ("shipments_365d", *_FINDS), uses_country=True),
    "goods_origin": Kind(
        "heading and origin", "of this heading and origin", ("shipments_365d", *_FINDS), uses_country=True
    ),
    "goods_route": Kind(
        "heading, origin and destination",
        "of this heading, origin and destination",
        ("shipments_365d", *_FINDS),
        uses_country=True,
    ),
}

#: Standing of a ratio among earlier shipments: feature -> (kind of key, bins compared).
STANDINGS: dict[str, tuple[str, str]] = {
    "heading_package_standing": ("heading", "package_bin"),
    "heading_value_standing": ("goods_value", "value_bin"),
    "goods_origin_package_standing": ("goods_origin", "package_bin"),
    "goods_origin_value_standing": ("goods_origin_value", "value_bin"),
}

_MANY = 1e9


def _feature(kind: str, measure: str) -> Feature:
    about = KINDS[kind]
    words, same, name = about.words, about.same, f"{kind}_{measure}"
    past = f"earlier shipments {same}"
    inspected = "inspected" in about.measures
    of_inspections = f", in {{{kind}_inspected:#inspection}}" if inspected else ""
    joined = f"; {{{kind}_joined}}" if kind in ("shipper", "consignee", "notify") else ""
    missing = f"No record of earlier shipments {same}; {{{kind}_unknown}}"
    count = {"dtype": "count", "unit": "1", "low": 0.0, "high": _MANY}
    days = {"dtype": "number", "unit": "days", "low": 0.0, "high": 40_000.0}
    table: dict[str, dict[str, object]] = {
        "shipments": {
            **count,
            "meaning": f"Shipments known strictly earlier under the same {words}",
            "sentence": f"{{{name}:#earlier shipment}} {same}{joined}",
            "sentence_zero": f"The first shipment {same} that this port has seen",
            "usual": (1.0, _MANY),
            "topic": past,
            "sentence_missing": missing,
            "indicators": (7,),
        },
        "shipments_7d": {
            **count,
            "meaning": f"Shipments known strictly earlier under the same {words}, in the 7 days before",
            "sentence": f"{{{name}:#other bill}} {same} in the 7 days before",
            "indicators": (13,),
        },
        "shipments_30d": {
            **count,
            "meaning": f"Shipments known strictly earlier under the same {words}, in the 30 days before",
            "sentence": f"{{{name}:#shipment}} {same} in the 30 days before",
            "sentence_zero": f"No shipment {same} in the 30 days before",
            "usual": (0.0, _MANY),
            "topic": past,
            "indicators": (7,),
        },
        "shipments_365d": {
            **count,
            "meaning": f"Shipments known strictly earlier under the same {words}, in the 365 days before",
            "sentence": f"{{{name}:#shipment}} {same} in the year before",
            "sentence_zero": f"No shipment {same} in the year before",
            "usual": (1.0, _MANY),
            "topic": past,
            "sentence_missing": missing,
            "indicators": (2,) if about.uses_country else (7,),
        },
        "days_since_first": {
            **days,
            "meaning": f"Days since the first shipment under the same {words}; missing if there was none",
            "sentence": f"The first shipment {same} was {{{name}:#day}} before",
            "sentence_missing": missing,
            "topic": past,
            "indicators": (7,),
        },
        "days_since_last": {
            **days,
            "meaning": f"Days since the latest earlier shipment under the same {words}; missing if none",
            "sentence": f"The latest shipment {same} was {{{name}:#day}} before",
            "sentence_missing": missing,
            "topic": past,
            "indicators": (7,),
        },
        "regularity": {
            "dtype": "number",
            "unit": "share",
            "low": 0.0,
            "high": 1.0,
            "meaning": f"Share of the weeks since the first shipment in which the same {words} had one",
            "sentence": f"Shipments {same} came in {{{name}}} of the weeks since the first",
            "sentence_missing": missing,
            "topic": past,
            "indicators": (7,),
        },
        "inspected": {
            **count,
            "meaning": f"Shipments under the same {words} whose inspection ended strictly earlier",
            "sentence": f"{{{name}:#earlier inspection}} {same}{joined}",
            "sentence_zero": f"No shipment {same} has been inspected here before",
            "usual": (0.0, _MANY),
        },
        "clean": {
            **count,
            "meaning": f"Shipments under the same {words} inspected strictly earlier and clean",
            "sentence": f"Nothing was found in {{{name}}} of {{{kind}_inspected:#earlier inspection}} "
            f"{same}{joined}",
        },
        "live_finds": {
            **count,
            "meaning": f"Shipments under the same {words} with live animals found strictly earlier",
            "sentence": f"{{{name}:#earlier find}} of live animals {same}{of_inspections}{joined}",
            "monotone": 1,
            "indicators": (9,),
        },
        "product_finds": {
            **count,
            "meaning": f"Shipments under the same {words} with wildlife products found strictly earlier",
            "sentence": f"{{{name}:#earlier find}} of wildlife products {same}{of_inspections}{joined}",
            "monotone": 1,
            "indicators": (9,),
        },
        "find_rate": {
            "dtype": "number",
            "unit": "log10 times",
            "low": -6.0,
            "high": 8.0,
            "meaning": f"Logarithm of the rate of finds per full inspection under the same {words} over the "
            "port's own rate, both strictly earlier, drawn to the port's with the weight of 20 inspections",
            "sentence": f"Finds {same} come {{{name}}} times as often as in this port as a whole{joined}",
            "sentence_below": f"Finds {same} are rarer than in this port as a whole: "
            f"{{{name}:percent}} of its rate{joined}",
            "usual": (-6.0, 0.3),
            "sentence_missing": missing,
            "monotone": 1,
            "indicators": (9,),
        },
        "finds_in_other_roles": {
            **count,
            "meaning": f"Finds, strictly earlier, on bills that name the {words} in another role",
            "sentence": f"{{{name}:#find}} on bills that name this {words} in another role{joined}",
            "monotone": 1,
            "indicators": (9,),
        },
    }
    is_record = measure in (*_FINDS, "inspected", "clean", "finds_in_other_roles") or about.uses_country
    family = (
        "siblings" if measure == "shipments_7d" else "record" if is_record or kind == "heading" else "party"
    )
    return Feature(
        name=name,
        family=family,
        known="history",
        uses_country=about.uses_country,
        **table[measure],  # type: ignore[arg-type]
    )


def _standing(name: str, what: str, among: str, uses_country: bool) -> Feature:
    return Feature(
        name=name,
        family="quantity",
        meaning=f"Share of the earlier shipments of the same {among} here with a lower {what} (bins of a "
        "tenth of a decade, ties counted half); missing below 20 of them",
        dtype="number",
        unit="share",
        low=0.0,
        high=1.0,
        known="history",
        sentence=f"{what[0].upper()}{what[1:]}: above {{{name}}} of the earlier shipments here of the same "
        f"{among}",
        usual=(0.05, 0.95),
        topic=what,
        indicators=(3,) if "value" in what else (4,),
        uses_country=uses_country,
    )


def _consignees_at(place: str) -> Feature:
    words = KINDS[place].words
    return Feature(
        name=f"{place}_consignees",
        family="party",
        meaning=f"Different consignees known strictly earlier under the same {words}",
        dtype="count",
        unit="1",
        low=0.0,
        high=_MANY,
        known="history",
        sentence=f"{{{place}_consignees:#consignee}} seen earlier with this {words}",
        usual=(0.0, 2.0),
        indicators=(7,),
    )


def _rarity(name: str, meaning: str, sentence: str) -> Feature:
    return Feature(
        name=name,
        family="record",
        meaning=meaning,
        dtype="number",
        unit="-log share",
        low=-1.0,
        high=25.0,
        known="history",
        sentence=sentence,
        indicators=(2,),
        uses_country=True,
    )


FEATURES: tuple[Feature, ...] = (
    *(_feature(kind, measure) for kind, about in KINDS.items() for measure in about.measures),
    _standing("heading_package_standing", "weight per package", "heading", False),
    _standing("heading_value_standing", "declared value per kg", "heading and currency", False),
    _standing("goods_origin_package_standing", "weight per package", "heading and origin", True),
    _standing("goods_origin_value_standing", "declared value per kg", "heading, origin and currency", True),
    _rarity(
        "goods_origin_rarity",
        "Minus logarithm of (shipments of the heading from the origin + 0.5) / (of the heading + 1), "
        "365 days",
        "Of {heading_shipments_365d:#shipment} of this heading in the year before, "
        "{goods_origin_shipments_365d} came from this origin",
    ),
    _rarity(
        "goods_route_rarity",
        "Minus logarithm of (shipments of the heading from origin to destination + 0.5) / (all + 1), "
        "365 days",
        "{goods_route_shipments_365d:#shipment} of this heading, origin and destination in the year before",
    ),
    _consignees_at("address"),
    _consignees_at("phone"),
)

FACTS: tuple[Fact, ...] = (
    Fact("history_days", "Days the port's records cover before this shipment", "days"),
    *(
        Fact(
            f"{kind}_unknown",
            f"Why the past under the {about.words} is not known; empty if it is",
            dtype="text",
        )
        for kind, about in KINDS.items()
    ),
    *(
        Fact(
            f"{role}_joined",
            f"Earlier name the {role} was taken together with, and why; empty if none",
            dtype="text",
        )
        for role in ("shipper", "consignee", "notify")
    ),
)
