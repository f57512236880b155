"""Registry entries of the goods features (`features.evidence.goods` computes them)."""

from __future__ import annotations

from features.registry import Entries, Fact, Feature

_entry = Entries("goods")

_CODE_AND_TEXT: tuple[Feature, ...] = (
    _entry.category(
        "goods_group",
        "Group of the goods (some fifty), of the declared heading, else of the one read from the text",
        "Kind of goods: {goods_group:group}",
        sentence_missing="What kind of goods these are cannot be told",
        topic="heading",
        background=True,
        indicators=(1,),
    ),
    _entry.category(
        "goods_chapter",
        "HS chapter, declared or else read from the text",
        "Goods of {heading_named}; declared code {hs_codes}",
        sentence_missing="What kind of goods these are cannot be told",
        topic="heading",
        indicators=(1,),
    ),
    _entry.flag(
        "hs_missing",
        "No Harmonized System code is declared",
        "No goods code is declared",
        topic="no code",
        indicators=(6,),
    ),
    _entry.flag(
        "heading_from_text",
        "The heading is read from the description, not declared",
        "No goods code is declared; the text reads like {text_reads_like}",
        topic="no code",
        indicators=(6,),
    ),
    _entry.flag(
        "goods_unreadable",
        "Neither a code nor a description that can be read",
        "Neither code nor text says what the goods are",
        indicators=(5, 6),
    ),
    _entry.number(
        "text_confidence",
        "How sure the heading read from the description is, 0 to 1",
        "The text says fairly clearly what the goods are: {text_reads_like}",
        unit="1",
        low=0.0,
        high=1.0,
        sentence_below="The text says hardly what the goods are; the nearest heading is only "
        "{text_confidence:.0%} sure: {text_reads_like}",
        sentence_zero="No heading fits the text",
        below=0.35,
        usual=(0.35, 1.0),
        background=True,
        sentence_missing="There is no description to read",
        topic="no description",
        indicators=(5, 6),
    ),
    _entry.number(
        "text_fit",
        "How well the description fits the declared code: 1 fits or says too little to tell, 0 names "
        "other goods for sure",
        "Declared as {declared_named}, which nothing in the text contradicts",
        unit="1",
        low=0.0,
        high=1.0,
        sentence_below="The code says {declared_named}, but the text reads like {text_reads_like}; "
        "the fit of the two is {text_fit:.0%}",
        sentence_zero="The code says {declared_named}, but the text reads like {text_reads_like}",
        below=0.65,
        usual=(0.65, 1.0),
        topic="fit",
        sentence_missing="Code and text cannot be compared: one of them is missing or unreadable",
        indicators=(6,),
        monotone=-1,
    ),
    _entry.flag(
        "text_contradicts_code",
        "The fit of text and code is under 0.35",
        "The code says {declared_named}, but the text reads like {text_reads_like}",
        topic="fit",
        sentence_missing="Code and text cannot be compared: one of them is missing or unreadable",
        indicators=(6,),
        monotone=1,
    ),
)

_DESCRIPTION: tuple[Feature, ...] = (
    _entry.flag(
        "description_missing",
        "No description of the goods",
        "There is no description of the goods",
        topic="no description",
        indicators=(5,),
    ),
    _entry.count(
        "description_words",
        "Words of the description, digits and filler words left out",
        "{description_words:#word} of the description say something about the goods",
        high=20_000.0,
        sentence_below="A single word of the description says something about the goods",
        below=1.5,
        usual=(2.0, 30.0),
        sentence_zero="No word of the description says anything about the goods",
        sentence_missing="There is no description of the goods",
        topic="no description",
        indicators=(5,),
    ),
    _entry.number(
        "vague_share",
        "Share of the description's letters in stop words of the EU's ICS2 and other vague words",
        "{vague_share:.0%} of the description is vague: '{vague_words}'",
        unit="1",
        low=0.0,
        high=1.0,
        sentence_zero="Nothing in the description is vague",
        sentence_missing="There is no description of the goods",
        usual=(0.0, 0.5),
        topic="no description",
        indicators=(5,),
    ),
    _entry.flag(
        "description_only_vague",
        "The description consists of vague words alone",
        "The description is vague: '{vague_words}' could be anything",
        topic="no description",
        indicators=(5,),
    ),
    _entry.flag(
        "description_digits_only",
        "The description has no letters",
        "The description has no words, only digits or signs",
        indicators=(5,),
    ),
    _entry.flag(
        "description_not_english",
        "The goods are described in another language than English",
        "The goods are described in {description_language}",
        indicators=(5,),
    ),
    _entry.flag(
        "description_uncommon_language",
        "The language of the description is neither English nor usual in the country of origin",
        "The goods are described in {description_language}, unusual for goods from their origin",
        sentence_missing="The language of the text or the country of origin is not known",
        indicators=(5,),
        uses_country=True,
    ),
    _entry.count(
        "chapters_named",
        "Different HS chapters among the declared codes or the goods the text names",
        "The codes or the text name {chapters_named:#kind} of goods (HS chapters)",
        usual=(0.0, 2.0),
        topic="mixed",
        high=97.0,
        sentence_missing="It is not known how many kinds of goods these are",
        indicators=(21,),
    ),
    _entry.flag(
        "mixed_load",
        "Three or more unrelated kinds of goods in one shipment",
        "Three or more unrelated kinds of goods travel in one shipment",
        topic="mixed",
        indicators=(21,),
    ),
)

_COVER: tuple[Feature, ...] = (
    _entry.count(
        "cover_for_live_animals",
        "How often such goods have covered live animals: 0 not known, 1 neighbouring goods, 2 some "
        "reports, 3 several (expert table)",
        "A known cover for live animals (strength {cover_for_live_animals} of 3): {goods_told}; "
        "mostly {cover_taxa_live}",
        high=3.0,
        sentence_below="Close to known covers for live animals (strength 1 of 3): {goods_told}; "
        "mostly {cover_taxa_live}",
        below=1.5,
        sentence_zero="Not a known cover for live animals: {goods_told}",
        usual=(0.0, 1.0),
        sentence_missing="The kind of goods is not known, so it cannot be compared with known covers",
        topic="cover",
        indicators=(1, 18),
        monotone=1,
    ),
    _entry.count(
        "cover_for_products",
        "How often such goods have covered wildlife products: 0 not known, 1 neighbouring goods, 2 some "
        "reports, 3 several (expert table)",
        "A known cover for wildlife products (strength {cover_for_products} of 3): {goods_told}; "
        "mostly {cover_taxa_products}",
        high=3.0,
        sentence_below="Close to known covers for wildlife products (strength 1 of 3): {goods_told}; "
        "mostly {cover_taxa_products}",
        below=1.5,
        sentence_zero="Not a known cover for wildlife products: {goods_told}",
        usual=(0.0, 1.0),
        sentence_missing="The kind of goods is not known, so it cannot be compared with known covers",
        topic="cover of products",
        indicators=(1, 19),
        monotone=1,
    ),
    _entry.flag(
        "smell_masking_goods",
        "Goods whose smell masks others (frozen meat and fish, coffee, spices, hides, charcoal, soap)",
        "Strong-smelling goods, which can hide other smells from dogs: {goods_told}",
        indicators=(24,),
    ),
    _entry.flag(
        "hollow_goods",
        "Hollow or boxed goods that things can be hidden in (toys, speakers, shoes, appliances, parts)",
        "Hollow or boxed goods, which things can be hidden in: {goods_told}",
        topic="hollow",
        indicators=(1,),
    ),
    _entry.flag(
        "hollow_goods_by_parcel",
        "Hollow or boxed goods sent by post or express",
        "Hollow or boxed goods sent by post or express: {goods_told}",
        topic="hollow",
        indicators=(1,),
    ),
    _entry.flag(
        "live_goods",
        "The heading holds live animals, live plants or live seafood",
        "Live animals, live plants or live seafood: {goods_told}",
        topic="perishable",
        indicators=(17, 18),
    ),
    _entry.flag(
        "perishable_goods",
        "Fresh food, flowers or plants, which are released quickly",
        "Perishable goods, usually released quickly: {goods_told}",
        topic="perishable",
        indicators=(18,),
    ),
    _entry.flag(
        "perishable_goods_by_air",
        "Live or perishable goods by air or express",
        "Live or perishable goods by air: {goods_told}",
        topic="perishable",
        indicators=(18,),
    ),
    _entry.flag(
        "bulk_goods",
        "Low-value bulk goods (timber, scrap, stone, ore, beans, nuts), which fill containers cheaply",
        "Cheap bulk goods, which fill a container at little cost: {goods_told}",
        indicators=(1, 3),
    ),
    _entry.count(
        "cites_heading",
        "Whether the heading holds species under CITES: 0 no, 1 a small part, 2 much of it",
        "Some goods of this heading are of species protected under CITES: {goods_told}",
        high=2.0,
        sentence_missing="The kind of goods is not known, so neither is whether CITES applies",
        indicators=(20,),
    ),
    _entry.flag(
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
