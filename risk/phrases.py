"""Words for values that are codes or levels: kinds of name, modes, places, groups of goods.

A template of the registry names one of these tables after a colon: ``{route_mode:by}``. A value a
table does not hold is written as it is, with spaces for underscores. The tables are English; other languages
look the English words up in their catalogue, and names of countries in `risk.locales`.
"""

from __future__ import annotations

from bisect import bisect_right

from risk.language import gettext

#: Table -> value -> English words.
TABLES: dict[str, dict[str, str]] = {
    "by": {
        "sea": "by sea",
        "air": "by air",
        "express": "by express courier",
        "post": "by post",
        "road": "by road",
        "rail": "by rail",
    },
    "name_of": {
        "company": "that of a firm",
        "individual": "that of a private person",
        "forwarder": "that of a forwarder, carrier or agent",
        "bank": "that of a bank",
        "government": "that of a public body",
        "to_order": "“to order”, which leaves the receiver open",
        "unknown": "neither clearly a firm's nor a person's",
    },
    "certificate": {
        "CITES permit": "CITES permit",
        "veterinary certificate": "veterinary certificate",
        "catch certificate": "catch certificate",
        "phytosanitary certificate": "plant health (phytosanitary) certificate",
    },
    "place": {
        name: f"the {name}"
        for name in (
            *("Aland Islands", "Bahamas", "British Indian Ocean Territory", "Cayman Islands"),
            *("Central African Republic", "Cocos (Keeling) Islands", "Comoros", "Cook Islands"),
            *("Dominican Republic", "Falkland Islands", "Faroe Islands", "Gambia", "Isle of Man"),
            *("Maldives", "Marshall Islands", "Netherlands", "Northern Mariana Islands"),
            *("Philippines", "Seychelles", "Solomon Islands", "Turks and Caicos Islands"),
            *("United Arab Emirates", "United Kingdom", "United States"),
        )
    }
    | {
        "Congo": "the Congo",
        "Congo, Democratic Republic of the": "the Democratic Republic of the Congo",
        "Korea, North": "North Korea",
        "Korea, South": "South Korea",
        "Micronesia, Federated States of": "Micronesia",
        "Virgin Islands, British": "the British Virgin Islands",
        "Virgin Islands, U.S.": "the U.S. Virgin Islands",
    },
    "group": {
        "unknown": "cannot be told",
        "art_antiques": "art and antiques",
        "bags_footwear": "bags and footwear",
        "building_lighting": "prefabricated buildings and lighting",
        "ceramics_glass": "ceramics and glass",
        "clothing_textiles": "clothing and textiles",
        "dairy_eggs_honey": "dairy, eggs and honey",
        "drinks_tobacco": "drinks and tobacco",
        "fats_oils": "fats and oils",
        "frozen_meat_fish": "frozen or chilled meat and fish",
        "fruit_vegetables": "fruit and vegetables",
        "fuels_charcoal": "fuels and charcoal",
        "furniture_wood_articles": "furniture and articles of wood",
        "hair_wigs": "hair and wigs",
        "hides_leather": "hides and leather",
        "horn_shell_feathers": "horn, shell and feathers",
        "instruments_watches": "instruments and watches",
        "iron_steel": "iron and steel",
        "jewellery_gems": "jewellery and gems",
        "medicines_herbs": "medicines and herbs",
        "metal_articles_tools": "metal articles and tools",
        "nuts_oilseeds": "nuts and oilseeds",
        "ores_slag": "ores and slag",
        "paper_printed": "paper and printed matter",
        "personal_effects_gifts": "personal effects and gifts",
        "plants_flowers": "plants and flowers",
        "plastics_rubber_articles": "articles of plastics and rubber",
        "plastics_rubber_raw": "raw plastics and rubber",
        "pulses_cereals": "pulses and cereals",
        "snacks_confectionery": "snacks and confectionery",
        "stone_minerals": "stone and minerals",
        "tea_coffee_spices": "tea, coffee and spices",
        "toys_games": "toys and games",
    },
    "taxon": {
        "wild orchids succulents cycads": "wild orchids, succulents or cycads",
        "falcon eagle owl feathers and taxidermy": "falcon, eagle or owl feathers and taxidermy",
        "snake bile civet and other medicine": "snake bile, civet and other animal medicine",
        "vicuna shahtoosh and fur": "vicuña, shahtoosh and fur",
        "pangolin": "pangolin scales and meat",
        "spiders scorpions": "spiders and scorpions",
        "beetles butterflies insects": "beetles, butterflies and other insects",
        "molluscs leeches and other invertebrates": "molluscs, leeches and other invertebrates",
        "primates lorises lemurs": "primates, lorises and lemurs",
        "big cats cheetahs and cubs": "big cats, cheetahs and their cubs",
        "otters small mammals and exotic pets": "otters, small mammals and exotic pets",
        "live fish reef and arowana": "live reef fish and arowana",
        "live sea cucumber abalone clams": "live sea cucumber, abalone and clams",
    },
}

#: Scale -> (limits, English words): the words of the interval a number falls into.
BANDS: dict[str, tuple[tuple[float, ...], tuple[str, ...]]] = {
    # Follows a value; one near the middle of what is usual is told by the numbers alone.
    "far": (
        (-3.0, -1.0, 1.0, 3.0),
        (
            ", far below what is usual",
            ", below what is usual",
            "",
            ", above what is usual",
            ", far above what is usual",
        ),
    ),
    "strength": ((0.35, 0.7), ("weakly", "fairly well", "closely")),
    "known": ((0.35, 0.7), ("a minor", "a known", "a major")),
}


def band(scale: str, value: float, language: str = "en") -> str:
    """Return the words of the interval of a scale that holds a value (upper limits exclusive).

    Examples
    --------
    >>> band("far", -4.1), band("far", 0.2)
    (', far below what is usual', '')
    """
    limits, words = BANDS[scale]
    return gettext(words[bisect_right(limits, value)], language)


def word(table: str, value: str, language: str = "en") -> str:
    """Return the words of a value.

    Examples
    --------
    >>> word("by", "sea"), word("group", "animal_feed")
    ('by sea', 'animal feed')
    """
    return gettext(TABLES[table].get(value, value.replace("_", " ")), language)
