"""Every reason, of every feature and state, is told in every language; records are told again alike."""

import json
import re

import numpy as np
import pandas as pd
import pytest

from features import matrix
from features.manifest import read, schema
from risk import labels, locales, retelling, sentences
from risk.language import BY_CODE, LANGUAGES
from risk.reasons import Words

OTHERS = LANGUAGES[1:]
SLIPS = re.compile(r"\bnan\b|\bNone\b|<NA>|\bNaT\b|[{}]|  |%%|\de[+-]\d")
#: Letters of the language's own script, for those that do not write in Latin letters.
SCRIPTS = {
    "th": r"[\u0e00-\u0e7f]",
    "zh": r"[\u4e00-\u9fff]",
    "km": r"[\u1780-\u17ff]",
    "ar": r"[\u0600-\u06ff]",
}


@pytest.fixture(scope="module")
def scored():
    from risk.engine import Engine

    table = read(["data_samples/port_day.csv"]).table.iloc[::10].reset_index(drop=True)
    return Engine.load().score(table)


def values():
    """One row for a value of every kind a template may quote."""
    by_kind = {"number": 2.0, "time": pd.Timestamp("2026-01-06 10:15"), "flag": True}
    row = {column.name: by_kind.get(column.kind, "ABC") for column in schema.COLUMNS}
    row |= {fact.name: "reptiles" if fact.dtype == "text" else 3.0 for fact in matrix.facts()}
    row |= {f.name: "sea" if f.dtype == "category" else 2.0 for f in matrix.features()}
    row |= {"origin_name": "Vietnam", "shipper_name": "ACME <b>", "arrival_month": "January 2025"}
    return pd.DataFrame([row])


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_template_is_filled_in_every_language(code):
    frame, kinds = values(), sentences.fields(matrix.features(), matrix.facts())
    for feature in matrix.features():
        for text in sentences.templates(feature):
            if not text:
                continue
            told = sentences.render(sentences.template(text, code), frame.__getitem__, 1, kinds, code)[0]
            assert not SLIPS.search(told), (feature.name, told)
            assert code not in SCRIPTS or re.search(SCRIPTS[code], told) or not re.search(r"[a-z]", told)


@pytest.mark.parametrize("code", OTHERS)
def test_a_clause_whose_value_is_missing_is_left_out_as_in_english(code):
    kinds = sentences.fields(matrix.features(), matrix.facts())
    feature = next(f for f in matrix.features() if f.name == "kg_per_package")
    for gone in ([], ["usual_kg_low"]):
        frame = values().assign(**dict.fromkeys(gone, np.nan))
        english, other = (
            sentences.render(sentences.template(feature.sentence, each), frame.__getitem__, 1, kinds, each)[0]
            for each in ("en", code)
        )
        assert english.count(BY_CODE["en"].clause) == other.count(BY_CODE[code].clause)


def test_numbers_and_names_are_the_languages_own():
    frame = values().assign(
        origin_name="Philippines", origin_goods_percent=12.5, origin_main_exports="gold; cars"
    )
    feature = next(f for f in matrix.features() if f.name == "origin_goods_share")
    kinds = sentences.fields(matrix.features(), matrix.facts())
    told = {
        code: sentences.render(sentences.template(feature.sentence, code), frame.__getitem__, 1, kinds, code)[
            0
        ]
        for code in ("en", "fr", "pt", "zh")
    }
    assert "12.5% of the exports of the Philippines" in told["en"]
    assert "12,5\u00a0%" in told["fr"]
    assert "Philippines" in told["fr"]
    assert "12,5%" in told["pt"]
    assert "菲律宾" in told["zh"]


@pytest.mark.parametrize("code", OTHERS)
def test_declared_words_stay_as_declared_and_are_quoted(code):
    frame, kinds = values(), sentences.fields(matrix.features(), matrix.facts())
    feature = next(f for f in matrix.features() if f.name == "shipper_type")
    told = sentences.render(sentences.template(feature.sentence, code), frame.__getitem__, 1, kinds, code)[0]
    assert "ACME <b>" in told
    assert told.count("ACME") == 1
    opened, closed = BY_CODE[code].open_quote, BY_CODE[code].close_quote
    inner = told[told.index(opened) + len(opened) : told.index(closed)]
    assert inner.strip("\u2068\u2069") == "ACME <b>"


def test_words_of_a_manifest_are_never_read_as_a_template():
    frame = values().assign(shipper_name="{consignee_name} %s {0.__class__}")
    kinds = sentences.fields(matrix.features(), matrix.facts())
    feature = next(f for f in matrix.features() if f.name == "shipper_type")
    for code in LANGUAGES:
        told = sentences.render(
            sentences.template(feature.sentence, code), frame.__getitem__, 1, kinds, code
        )[0]
        assert "{consignee_name} %s {0.__class__}" in told


@pytest.mark.parametrize("code", OTHERS)
def test_facts_in_words_are_told_in_the_language(code):
    assert labels.label("cover_taxa_live", "reptiles, birds", code) != "reptiles, birds"
    assert labels.label("words_meaning", "otters or other small mammals and wild meat", code).count(
        BY_CODE[code].comma
    )
    heading = labels.label("heading_named", "heading 0301 (live fish)", code)
    assert "0301" in heading
    assert not heading.startswith("heading")
    assert "records" not in labels.label("shipper_unknown", "this port's records cover 40 days", code)
    joined = labels.label(
        "shipper_joined", 'taken together with "ACME (HK) LTD" (same name, same address)', code
    )
    assert "ACME (HK) LTD" in joined
    assert "same" not in joined
    assert labels.label("vague_words", "parcel, gift", code) == "parcel, gift"
    assert locales.month("January 2025", code) != "January 2025"
    assert "Poland" not in labels.label("route_text", "Poland → Hong Kong", code)


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_country_region_and_language_has_a_name(code):
    for iso in locales._codes().values():
        assert locales.name_of_country(iso, code) not in ("", iso)
    for region in locales._REGIONS:
        assert locales.region(region, code)


@pytest.mark.parametrize("code", LANGUAGES)
def test_records_are_told_again_as_they_were_told_first(scored, code):
    words: Words = scored.words(code)
    texts = words.texts(4)
    data = [[vars(each) for each in of_one] for of_one in words.listed()]
    kept = json.loads(json.dumps(data, default=lambda at: at.isoformat()))
    for row, records in enumerate(kept):
        first = [str(column[row]) for column in texts if column[row]]
        assert retelling.told(records, 4, code) == first


@pytest.mark.parametrize("code", OTHERS)
def test_a_day_told_in_a_language_holds_no_english_sentence(scored, code):
    english = {str(text) for column in scored.words("en").texts(3) for text in column if text}
    other = {str(text) for column in scored.words(code).texts(3) for text in column if text}
    assert not english & other
    assert not [text for text in other if SLIPS.search(text)]


def test_titles_of_headings_are_told_in_the_language():
    told = labels.label("heading_named", "heading 0905 (vanilla)", "fr")
    assert "0905" in told
    assert "vanille" in told


def record(feature, **values):
    times = {name: pd.Timestamp(at).isoformat() for name, at in values.items()}
    return {
        **{"family": "timing", "contribution": 1.0, "features": [feature], "sentence_keys": [feature]},
        "values": {feature: 1.0, **times},
    }


@pytest.mark.parametrize("code", LANGUAGES)
def test_times_are_told_in_the_ports_zone_where_one_is_given(code):
    amended = next(
        f.name
        for f in matrix.features()
        if "{last_amended_at}" in f.sentence and "{arrives_at}" in f.sentence
    )
    kept = record(amended, last_amended_at="2025-01-06 13:01", arrives_at="2025-01-06 23:30")
    (utc,) = retelling.told([kept], 1, code)
    assert "2025-01-06 13:01" in utc
    assert utc.endswith("23:30 UTC")
    (told,) = retelling.told([kept], 1, code, zone="Asia/Hong_Kong")
    assert "21:01" in told
    assert locales.moment(pd.Timestamp("2025-01-06 23:30"), "Asia/Hong_Kong", code) in told
    assert "UTC" not in told
    # A day without an hour stays that day.
    bare = record(amended, last_amended_at="2025-01-06", arrives_at="2025-01-07")
    (told,) = retelling.told([bare], 1, code, zone="America/Bogota")
    assert locales.day(pd.Timestamp("2025-01-07"), "UTC", code) in told
    assert ":00" not in told


def test_a_weekend_by_utc_is_told_in_utc_where_the_ports_day_is_of_the_other_kind():
    sunday = record("weekend_arrival", arrives_at="2025-01-05 23:30")
    assert retelling.told([sunday], 1, "en", zone="Asia/Hong_Kong")[0].endswith("5 Jan 2025, 23:30 UTC")
    assert retelling.told([sunday], 1, "en", zone="Europe/London")[0].endswith("5 Jan 2025, 23:30")


@pytest.mark.parametrize("code", ["en", "ar"])
def test_a_batch_is_told_in_a_zone_as_its_records_are_told_again(scored, code):
    words = scored.words(code, "Asia/Hong_Kong")
    texts = words.texts(4)
    kept = [[vars(each) for each in of_one] for of_one in words.listed()]
    kept = json.loads(json.dumps(kept, default=lambda at: at.isoformat()))
    for row, records in enumerate(kept):
        first = [str(column[row]) for column in texts if column[row]]
        assert retelling.told(records, 4, code, zone="Asia/Hong_Kong") == first
