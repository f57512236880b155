"""Features of goods and words on whole views."""

from __future__ import annotations

import math
import string

import numpy as np
import pandas as pd
import pytest

from features import goods
from features.evidence import goods as goods_evidence
from features.evidence import words as words_evidence
from features.manifest import schema
from features.view import View
from risk import sentences


def view(rows: list[dict[str, str | None]]) -> View:
    columns = ("goods_description", "hs_codes", "marks", "items")
    frame = pd.DataFrame({c: [row.get(c) for row in rows] for c in columns}).astype("str")
    table = schema.complete(frame)
    route = pd.DataFrame(
        {name: [row.get(name) for row in rows] for name in ("origin", "mode")}, index=table.index
    ).astype("str")
    return View(table, goods.identify(table), route)


def goods_of(**row: str | None) -> pd.Series:
    return goods_evidence.compute(view([row])).iloc[0]


def words_of(text: str | None, **row: str | None) -> pd.Series:
    return words_evidence.compute(view([{"goods_description": text, **row}])).iloc[0]


ROWS: list[dict[str, str | None]] = [
    {"goods_description": "lego toys", "hs_codes": "8471", "origin": "CN", "mode": "post"},
    {"goods_description": "sun dried fish maws", "origin": "HK", "mode": "air"},
    {"goods_description": "general cargo", "origin": "ZA", "mode": "sea"},
    {"goods_description": "live mud crab", "hs_codes": "030633", "origin": "IN", "mode": "air"},
    {"goods_description": "muebles de madera usados para el hogar", "origin": "ZA", "mode": "sea"},
    {"goods_description": None, "hs_codes": "01"},
    {"goods_description": "12345 - 77", "origin": "DE", "mode": "post"},
    {"goods_description": "toys, cashew nuts and auto parts", "origin": "CN", "mode": "sea"},
    {"goods_description": "象牙", "origin": "KE", "mode": "post"},
    {"goods_description": "tiger bone wine", "hs_codes": "9503", "origin": "VN", "mode": "post"},
    {},
]


@pytest.mark.parametrize("module", [goods_evidence, words_evidence])
def test_columns_types_and_ranges_are_those_of_the_registry(module) -> None:
    shipments = view(ROWS)
    frame = module.compute(shipments)
    assert list(frame.columns) == [e.name for e in (*module.FEATURES, *module.FACTS)]
    assert frame.index.equals(shipments.table.index)
    for feature in module.FEATURES:
        values = frame[feature.name]
        if feature.dtype == "category":
            assert values.dtype == "str", feature.name
            continue
        assert values.dtype == "float64", feature.name
        assert values.dropna().between(feature.low, feature.high).all(), feature.name
        if feature.dtype == "flag":
            assert set(values.dropna()) <= {0.0, 1.0}, feature.name


@pytest.mark.parametrize("module", [goods_evidence, words_evidence])
def test_every_sentence_can_be_written_and_quotes_no_missing_fact(module) -> None:
    shipments = view(ROWS)
    frame = module.compute(shipments)
    known = set(frame.columns) | set(shipments.table.columns)
    kinds = sentences.fields(module.FEATURES, module.FACTS)
    for feature in module.FEATURES:
        for template in sentences.templates(feature):
            fields = {name for _, name, _, _ in string.Formatter().parse(template) if name}
            assert fields <= known, feature.name
        state = sentences.states(frame[feature.name], feature)
        for number, template in enumerate(sentences.templates(feature)):
            rows = np.flatnonzero(state == number)
            if not template or number == sentences.MISSING or not len(rows):
                continue

            def quoted(name, rows=rows):
                return (frame if name in frame else shipments.table)[name].iloc[rows]

            for text in sentences.render(sentences.parse(template), quoted, len(rows), kinds):
                assert "unknown" not in text.lower().replace("'unknown'", ""), (feature.name, text)


def test_one_at_a_time_equals_the_batch() -> None:
    for module in (goods_evidence, words_evidence):
        batch = module.compute(view(ROWS))
        alone = pd.concat([module.compute(view([row])) for row in ROWS], ignore_index=True)
        pd.testing.assert_frame_equal(batch, alone, check_dtype=False)


def test_text_and_code_that_disagree_are_told() -> None:
    row = goods_of(goods_description="lego toys", hs_codes="8471")
    assert row["text_contradicts_code"] == 1.0
    assert "9503 (toys)" in row["text_reads_like"]
    assert "8471" in row["declared_named"]
    assert goods_of(goods_description="laptop computers", hs_codes="8471")["text_contradicts_code"] == 0.0


@pytest.mark.parametrize(
    ("text", "vague"),
    [("general cargo", 1.0), ("personal effects", 1.0), ("quà tặng", 1.0), ("个人物品", 1.0),
     ("frozen squid tubes", 0.0), ("brake pads for toyota hilux", 0.0)],
)  # fmt: skip
def test_vague_descriptions(text: str, vague: float) -> None:
    assert goods_of(goods_description=text)["description_only_vague"] == vague


@pytest.mark.parametrize(
    ("text", "origin", "uncommon"),
    [
        ("cashew nuts in shell", "TZ", 0.0),
        ("muebles de madera usados para el hogar", "MX", 0.0),
        ("muebles de madera usados para el hogar", "KE", 1.0),
        ("木制家具", "CN", 0.0),
        ("木制家具", "KE", 1.0),
        ("LED bulb", "CN", 0.0),
        ("Polyester grosgrain 58", "CN", 0.0),
    ],
)
def test_language_is_compared_with_the_origin(text: str, origin: str, uncommon: float) -> None:
    assert goods_of(goods_description=text, origin=origin)["description_uncommon_language"] == uncommon


def test_language_is_unknown_without_an_origin() -> None:
    assert math.isnan(goods_of(goods_description="木制家具")["description_uncommon_language"])


def test_mixed_loads() -> None:
    assert goods_of(goods_description="toys, cashew nuts and auto parts")["mixed_load"] == 1.0
    assert goods_of(goods_description="toys, dolls, puzzles and board games")["mixed_load"] == 0.0


def test_cover_grades_rise_from_ordinary_to_documented_goods() -> None:
    strength = [
        goods_of(goods_description=text)["cover_for_products"]
        for text in ("x ray machine", "biscuits", "raw cotton bales", "timber logs")
    ]
    assert strength == sorted(strength)
    assert strength[0] == 0.0
    assert strength[-1] == 3.0
    live = goods_of(goods_description="live mud crab", mode="air")
    assert live["cover_for_live_animals"] == 3.0
    assert live["perishable_goods_by_air"] == 1.0


def test_a_hidden_heading_in_the_text_counts_as_cover_too() -> None:
    assert goods_of(goods_description="cashew nuts", hs_codes="9022")["cover_for_products"] == 3.0


def test_hollow_goods_matter_by_parcel() -> None:
    assert goods_of(goods_description="bluetooth speaker", mode="post")["hollow_goods_by_parcel"] == 1.0
    assert goods_of(goods_description="bluetooth speaker", mode="sea")["hollow_goods_by_parcel"] == 0.0
    assert math.isnan(goods_of(goods_description="bluetooth speaker")["hollow_goods_by_parcel"])


@pytest.mark.parametrize("text", ["frozen beef", "roasted coffee beans", "wet salted hides", "bbq charcoal"])
def test_smelling_goods(text: str) -> None:
    assert goods_of(goods_description=text)["smell_masking_goods"] == 1.0
