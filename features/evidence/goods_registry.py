"""Registry entries of the goods features (`features.evidence.goods` computes them)."""

from __future__ import annotations

from features.registry import Fact, Feature, category


def _feature(
    name: str, dtype: str, meaning: str, sentence: str, high: float = 1.0, **more: object
) -> Feature:
    options: dict[str, object] = {"unit": "1", "low": 0.0, "known": "row", **more}
    return Feature(
        name=name,
        family="goods",
        meaning=meaning,
        dtype=dtype,
        high=high,
        sentence=sentence,
        **options,  # type: ignore[arg-type]
    )


def _flag(name: str, meaning: str, sentence: str, **more: object) -> Feature:
    return _feature(name, "flag", meaning, sentence, **more)  # type: ignore[arg-type]


_CODE_AND_TEXT: tuple[Feature, ...] = (
    category(
        "goods_group",
        "goods",
        "Group of the goods (some fifty), of the declared heading, else of the one read from the text",
        "The goods are {goods_group_name}",
        sentence_missing="It is not known what kind of goods these are",
        indicators=(1,),
    ),
    category(
        "goods_chapter",
        "goods",
        "HS chapter, declared or else read from the text",
        "The goods fall under {heading_named}",
        sentence_missing="It is not known under which chapter the goods fall",
        indicators=(1,),
    ),
    _flag(
        "hs_missing",
        "No Harmonized System code is declared",
        "No goods code is declared",
        indicators=(6,),
    ),
    _flag(
        "heading_from_text",
        "The heading is read from the description, not declared",
        "The text reads like {text_reads_like}; no code is declared",
        indicators=(6,),
    ),
    _flag(
        "goods_unreadable",
        "Neither a code nor a description that can be read",
        "Neither code nor text says what the goods are",
        indicators=(5, 6),
    ),
    _feature(
        "text_confidence",
        "number",
        "How sure the heading read from the description is, 0 to 1",
        "The kind of goods can be read from the text with {text_confidence:.0%} confidence",
        sentence_missing="There is no description to read",
        indicators=(5, 6),
    ),
    _feature(
        "text_fit",
        "number",
        "How well the description fits the declared code: 1 fits or says too little to tell, 0 names "
        "other goods for sure",
        "The code says {declared_named}, the text reads like {text_reads_like} (fit {text_fit:.0%})",
        sentence_missing="Code and text cannot be compared: one of them is missing or unreadable",
        indicators=(6,),
    ),
    _flag(
        "text_contradicts_code",
        "The fit of text and code is under 0.35",
        "The text reads like {text_reads_like} but the code says {declared_named}",
        sentence_missing="Code and text cannot be compared: one of them is missing or unreadable",
        indicators=(6,),
    ),
)

_DESCRIPTION: tuple[Feature, ...] = (
    _flag(
        "description_missing",
        "No description of the goods",
        "There is no description of the goods",
        indicators=(5,),
    ),
    _feature(
        "description_words",
        "count",
        "Words of the description, digits and filler words left out",
        "The description has {description_words:.0f} words that say something",
        high=20_000.0,
        sentence_zero="The description has no words",
        sentence_missing="There is no description of the goods",
        indicators=(5,),
    ),
    _feature(
        "vague_share",
        "number",
        "Share of the description's letters in stop words of the EU's ICS2 and other vague words",
        "{vague_share:.0%} of the description is vague words",
        sentence_missing="There is no description of the goods",
        indicators=(5,),
    ),
    _flag(
        "description_only_vague",
        "The description consists of vague words alone",
        "The description is vague: '{vague_words}' could be anything",
        indicators=(5,),
    ),
    _flag(
        "description_digits_only",
        "The description has no letters",
        "The description has no words, only digits or signs",
        indicators=(5,),
    ),
    _flag(
        "description_not_english",
        "The goods are described in another language than English",
        "The goods are described in {description_language}",
        indicators=(5,),
    ),
    _flag(
        "description_uncommon_language",
        "The language of the description is neither English nor usual in the country of origin",
        "The goods are described in {description_language}, unusual for goods from their origin",
        sentence_missing="The language of the text or the country of origin is not known",
        indicators=(5,),
        uses_country=True,
    ),
    _feature(
        "chapters_named",
        "count",
        "Different HS chapters among the declared codes or the goods the text names",
        "The shipment's codes and text name goods of {chapters_named:.0f} HS chapter(s)",
        high=97.0,
        sentence_missing="It is not known how many kinds of goods these are",
        indicators=(21,),
    ),
    _flag(
        "mixed_load",
        "Three or more unrelated kinds of goods in one shipment",
        "Several unrelated kinds of goods travel in one shipment",
        indicators=(21,),
    ),
)

_COVER: tuple[Feature, ...] = (
    _feature(
        "cover_for_live_animals",
        "count",
        "How often such goods have covered live animals: 0 not known, 1 neighbouring goods, 2 some "
        "reports, 3 several (expert table)",
        "Goods of {goods_told} have covered live animals before "
        "(strength {cover_for_live_animals:.0f} of 3): {cover_taxa_live}",
        high=3.0,
        sentence_missing="It is not known whether such goods serve as cover: the heading is not known",
        indicators=(1, 18),
        monotone=1,
    ),
    _feature(
        "cover_for_products",
        "count",
        "How often such goods have covered wildlife products: 0 not known, 1 neighbouring goods, 2 some "
        "reports, 3 several (expert table)",
        "Goods of {goods_told} have covered wildlife products before "
        "(strength {cover_for_products:.0f} of 3): {cover_taxa_products}",
        high=3.0,
        sentence_missing="It is not known whether such goods serve as cover: the heading is not known",
        indicators=(1, 19),
        monotone=1,
    ),
    _flag(
        "smell_masking_goods",
        "Goods whose smell masks others (frozen meat and fish, coffee, spices, hides, charcoal, soap)",
        "The goods, {goods_told}, smell strongly, which hides other smells from dogs",
        indicators=(24,),
    ),
    _flag(
        "hollow_goods",
        "Hollow or boxed goods that things can be hidden in (toys, speakers, shoes, appliances, parts)",
        "Things can be hidden inside such goods: {goods_told}",
        indicators=(1,),
    ),
    _flag(
        "hollow_goods_by_parcel",
        "Hollow or boxed goods sent by post or express",
        "Hollow or boxed goods by post or express: {goods_told}",
        indicators=(1,),
    ),
    _flag(
        "live_goods",
        "The heading holds live animals, live plants or live seafood",
        "The heading holds live goods: {goods_told}",
        indicators=(17, 18),
    ),
    _flag(
        "perishable_goods",
        "Fresh food, flowers or plants, which are released quickly",
        "The goods are perishable and released quickly: {goods_told}",
        indicators=(18,),
    ),
    _flag(
        "perishable_goods_by_air",
        "Live or perishable goods by air or express",
        "Live or perishable goods by air: {goods_told}",
        indicators=(18,),
    ),
    _flag(
        "bulk_goods",
        "Low-value bulk goods (timber, scrap, stone, ore, beans, nuts), which fill containers cheaply",
        "Low-value bulk goods, a cheap way to fill a container: {goods_told}",
        indicators=(1, 3),
    ),
    _feature(
        "cites_heading",
        "count",
        "Whether the heading holds species under CITES: 0 no, 1 a small part, 2 much of it",
        "The goods, {goods_told}, may be of protected species",
        high=2.0,
        sentence_missing="It is not known whether the heading holds protected species",
        indicators=(20,),
    ),
    _flag(
        "personal_or_gift",
        "Personal effects, gifts, household goods, or goods not specified",
        "Declared as personal effects, a gift, or unspecified goods",
        indicators=(5,),
    ),
)

FEATURES: tuple[Feature, ...] = _CODE_AND_TEXT + _DESCRIPTION + _COVER

FACTS: tuple[Fact, ...] = (
    Fact("goods_group_name", "The goods group in words", dtype="text"),
    Fact("heading_named", "Heading (declared, else read from the text) and its title", dtype="text"),
    Fact("declared_named", "Declared heading and its title", dtype="text"),
    Fact("text_reads_like", "Heading read from the text and its title", dtype="text"),
    Fact("goods_told", "Heading the cover features speak of, and its title", dtype="text"),
    Fact("vague_words", "Vague words found, at most three", dtype="text"),
    Fact("description_language", "Language of the description", dtype="text"),
    Fact("cover_taxa_live", "Live animals such goods have covered", dtype="text"),
    Fact("cover_taxa_products", "Wildlife products such goods have covered", dtype="text"),
    Fact("cover_basis", "Why such goods are in the cover table", dtype="text"),
)
