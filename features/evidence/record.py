"""The port's own past of a shipment: how often seen, how regular, inspected, found.

This module declares the vocabulary; `features.history` computes it through a timeline, strictly
as of the moment the shipment was known. Everything is missing before the records cover 90 days.
"""

from __future__ import annotations

from dataclasses import dataclass

from features.registry import Entries, Fact, Feature


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


@dataclass(frozen=True)
class _Wording:
    """What the entries of one kind of key have in common."""

    kind: str
    words: str
    same: str

    @property
    def past(self) -> str:
        return f"earlier shipments {self.same}"

    @property
    def joined(self) -> str:
        """How the name was joined with an earlier one; parties alone are."""
        return f"; {{{self.kind}_joined}}" if self.kind in ("shipper", "consignee", "notify") else ""

    @property
    def of_inspections(self) -> str:
        inspected = "inspected" in KINDS[self.kind].measures
        return f", in {{{self.kind}_inspected:#inspection}}" if inspected else ""

    @property
    def missing(self) -> str:
        return f"No record of {self.past}; {{{self.kind}_unknown}}"


def _shipments(name: str, say: _Wording) -> dict[str, dict[str, object]]:
    """Return measure -> what an entry says, for numbers of shipments."""
    counted = f"Shipments known strictly earlier under the same {say.words}"
    return {
        "shipments": {
            "meaning": counted,
            "sentence": f"{{{name}:#earlier shipment}} {say.same}{say.joined}",
            "sentence_zero": f"The first shipment {say.same} that this port has seen",
            "usual": (1.0, _MANY),
            "topic": say.past,
            "sentence_missing": say.missing,
            "indicators": (7,),
        },
        "shipments_7d": {
            "meaning": f"{counted}, in the 7 days before",
            "sentence": f"{{{name}:#other bill}} {say.same} in the 7 days before",
            "indicators": (13,),
        },
        "shipments_30d": {
            "meaning": f"{counted}, in the 30 days before",
            "sentence": f"{{{name}:#shipment}} {say.same} in the 30 days before",
            "sentence_zero": f"No shipment {say.same} in the 30 days before",
            "usual": (0.0, _MANY),
            "topic": say.past,
            "indicators": (7,),
        },
        "shipments_365d": {
            "meaning": f"{counted}, in the 365 days before",
            "sentence": f"{{{name}:#shipment}} {say.same} in the year before",
            "sentence_zero": f"No shipment {say.same} in the year before",
            "usual": (1.0, _MANY),
            "topic": say.past,
            "sentence_missing": say.missing,
            "indicators": (2,) if KINDS[say.kind].uses_country else (7,),
        },
    }


def _rhythm(name: str, say: _Wording) -> dict[str, dict[str, object]]:
    """Return measure -> what an entry says, for how long and how regularly shipments have come."""
    days: dict[str, object] = {"dtype": "number", "unit": "days", "low": 0.0, "high": 40_000.0}
    told: dict[str, object] = {"sentence_missing": say.missing, "topic": say.past, "indicators": (7,)}
    return {
        "days_since_first": {
            **days,
            "meaning": f"Days since the first shipment under the same {say.words}; missing if there was none",
            "sentence": f"The first shipment {say.same} was {{{name}:#day}} before",
            **told,
        },
        "days_since_last": {
            **days,
            "meaning": f"Days since the latest earlier shipment under the same {say.words}; missing if none",
            "sentence": f"The latest shipment {say.same} was {{{name}:#day}} before",
            **told,
        },
        "regularity": {
            "dtype": "number",
            "unit": "share",
            "low": 0.0,
            "high": 1.0,
            "meaning": f"Share of the weeks since the first shipment in which the same {say.words} had one",
            "sentence": f"Shipments {say.same} came in {{{name}}} of the weeks since the first",
            **told,
        },
    }


def _inspections(name: str, say: _Wording) -> dict[str, dict[str, object]]:
    """Return measure -> what an entry says, for inspections without a find."""
    return {
        "inspected": {
            "meaning": f"Shipments under the same {say.words} whose inspection ended strictly earlier",
            "sentence": f"{{{name}:#earlier inspection}} {say.same}{say.joined}",
            "sentence_zero": f"No shipment {say.same} has been inspected here before",
            "usual": (0.0, _MANY),
        },
        "clean": {
            "meaning": f"Shipments under the same {say.words} inspected strictly earlier and clean",
            "sentence": f"Nothing was found in {{{name}}} of {{{say.kind}_inspected:#earlier inspection}} "
            f"{say.same}{say.joined}",
        },
    }


def _finds(name: str, say: _Wording) -> dict[str, dict[str, object]]:
    """Return measure -> what an entry says, for finds."""
    riskier: dict[str, object] = {"monotone": 1, "indicators": (9,)}
    return {
        "live_finds": {
            "meaning": f"Shipments under the same {say.words} with live animals found strictly earlier",
            "sentence": f"{{{name}:#earlier find}} of live animals {say.same}{say.of_inspections}"
            f"{say.joined}",
            **riskier,
        },
        "product_finds": {
            "meaning": f"Shipments under the same {say.words} with wildlife products found strictly earlier",
            "sentence": f"{{{name}:#earlier find}} of wildlife products {say.same}{say.of_inspections}"
            f"{say.joined}",
            **riskier,
        },
        "find_rate": {
            "dtype": "number",
            "unit": "log10 times",
            "low": -6.0,
            "high": 8.0,
            "meaning": f"Logarithm of the rate of finds per full inspection under the same {say.words} over "
            "the port's own rate, both strictly earlier, drawn to the port's with the weight of 20 "
            "inspections",
            "sentence": f"Finds {say.same} come {{{name}}} times as often as in this port as a whole"
            f"{say.joined}",
            "sentence_below": f"Finds {say.same} are rarer than in this port as a whole: "
            f"{{{name}:percent}} of its rate{say.joined}",
            # Exactly the port's own rate: as a rule nothing under this key has been inspected yet.
            "sentence_zero": f"As far as is known, finds {say.same} are neither rarer nor more frequent than "
            f"in this port as a whole{say.joined}",
            "usual": (-6.0, 0.3),
            "sentence_missing": say.missing,
            **riskier,
        },
        "finds_in_other_roles": {
            "meaning": f"Finds, strictly earlier, on bills that name the {say.words} in another role",
            "sentence": f"{{{name}:#find}} on bills that name this {say.words} in another role{say.joined}",
            **riskier,
        },
    }


def _feature(kind: str, measure: str) -> Feature:
    about, name = KINDS[kind], f"{kind}_{measure}"
    say = _Wording(kind, about.words, about.same)
    told = _shipments(name, say) | _rhythm(name, say) | _inspections(name, say) | _finds(name, say)
    count = {"dtype": "count", "unit": "1", "low": 0.0, "high": _MANY}
    return Feature(
        name=name,
        family=_family(kind, measure),
        known="history",
        uses_country=about.uses_country,
        **{**count, **told[measure]},  # type: ignore[arg-type]
    )


def _family(kind: str, measure: str) -> str:
    """Return the reason family: finds, inspections and goods are the record, the rest tells of a party."""
    if measure == "shipments_7d":
        return "siblings"
    outcome = measure in (*_FINDS, "inspected", "clean", "finds_in_other_roles")
    return "record" if outcome or KINDS[kind].uses_country or kind == "heading" else "party"


def _standing(name: str, what: str, among: str, uses_country: bool) -> Feature:
    return Entries("quantity", known="history").number(
        name=name,
        meaning=f"Share of the earlier shipments of the same {among} here with a lower {what} (bins of a "
        "tenth of a decade, ties counted half); missing below 20 of them",
        unit="share",
        low=0.0,
        high=1.0,
        sentence=f"{what[0].upper()}{what[1:]}: above {{{name}}} of the earlier shipments here of the same "
        f"{among}",
        usual=(0.05, 0.95),
        topic=what,
        indicators=(3,) if "value" in what else (4,),
        uses_country=uses_country,
    )


def _consignees_at(place: str) -> Feature:
    words = KINDS[place].words
    return Entries("party", known="history").count(
        name=f"{place}_consignees",
        meaning=f"Different consignees known strictly earlier under the same {words}",
        high=_MANY,
        sentence=f"{{{place}_consignees:#consignee}} seen earlier with this {words}",
        usual=(0.0, 2.0),
        indicators=(7,),
    )


def _rarity(name: str, meaning: str, sentence: str) -> Feature:
    return Entries("record", known="history").number(
        name=name,
        meaning=meaning,
        unit="-log share",
        low=-1.0,
        high=25.0,
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
