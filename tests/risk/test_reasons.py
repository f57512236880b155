"""Reasons: nothing lost between contributions and families; sentences say what was declared."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.registry import Fact, Feature, category
from risk import reasons, sentences


def feature(name, family, dtype="number", unit="1", **more):
    return Feature(name, family, name, dtype, unit, -math.inf, math.inf, "row", **more)


FEATURES = (
    feature(
        "kg_per_package",
        "quantity",
        unit="kg",
        sentence="{kg_per_package} kg per package; half of all lie between {kg_low} and {kg_high}",
        sentence_missing="Weight or packages not declared",
    ),
    feature("log_value_per_kg", "quantity", unit="log10 USD/kg", sentence="{log_value_per_kg} USD per kg"),
    feature("vague", "goods", "flag", sentence="Vague text: {goods_description}", sentence_zero="Clear text"),
    category("heading", "goods", "heading", "Declared under heading {heading}"),
    feature("silent", "timing", sentence=""),
)
FACTS = (Fact("kg_low", "quarter", "kg"), Fact("kg_high", "three quarters", "kg"))


def batch(n, seed=0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "kg_per_package": np.where(rng.random(n) < 0.3, np.nan, rng.random(n) * 20),
            "log_value_per_kg": rng.normal(size=n),
            "vague": (rng.random(n) < 0.5).astype(float),
            "heading": pd.Series(rng.choice(["0301", "4403"], n), dtype="str"),
            "silent": rng.random(n),
            "kg_low": 9.0,
            "kg_high": np.where(rng.random(n) < 0.5, np.nan, 22.0),
        }
    )
    table = pd.DataFrame(
        {
            "shipment_id": pd.Series([f"S{i}" for i in range(n)], dtype="str"),
            "goods_description": pd.Series(["{0.__class__} frozen\x1b[31m fish"] * n, dtype="str"),
        }
    )
    columns = ["kg_per_package", "log_value_per_kg", "vague", "heading", "heading", "silent"]
    contributions = rng.normal(size=(n, len(columns)))
    margin = -4.0 + contributions.sum(axis=1)
    return frame, table, columns, contributions, margin


def made(n, seed=0):
    frame, table, columns, contributions, margin = batch(n, seed)
    summed = reasons.summarise(contributions, columns, -4.0, margin, frame, FEATURES)
    return summed, reasons.Words(summed, frame, table, FACTS), margin


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 60), st.integers(0, 1000), st.integers(1, 6))
def test_families_and_base_add_up_and_top_reasons_are_the_strongest(n, seed, k):
    summed, words, margin = made(n, seed)
    assert np.allclose(summed.base + summed.contribution.sum(axis=1), margin, atol=1e-9, rtol=0)
    assert np.allclose(summed.share.sum(axis=1), 1)
    top = summed.top(k)
    for row in range(n):
        told = top[row][top[row] >= 0]
        assert len(told) == len(set(told)) == min(k, np.count_nonzero(summed.contribution[row]))
        values = summed.contribution[row, told]
        assert list(values[values > 0]) == sorted(values[values > 0], reverse=True)
        assert list(values[values < 0]) == sorted(values[values < 0])
        assert list(values > 0) == sorted(values > 0, reverse=True)
        if k >= 2 and (summed.contribution[row] < 0).any():
            assert (values < 0).any()
    for text in np.concatenate(words.texts(k)):
        assert "nan" not in text.lower()


def test_rows_alone_equal_rows_together_to_the_bit():
    frame, table, columns, contributions, margin = batch(50)
    whole = reasons.summarise(contributions, columns, -4.0, margin, frame, FEATURES)
    texts = reasons.Words(whole, frame, table, FACTS).texts(3)
    for row in (0, 17, 49):
        cut = slice(row, row + 1)
        one = reasons.summarise(
            contributions[cut], columns, -4.0, margin[cut], frame.iloc[cut].reset_index(drop=True), FEATURES
        )
        assert np.array_equal(one.contribution[0], whole.contribution[row])
        words = reasons.Words(one, frame.iloc[cut], table.iloc[cut], FACTS)
        assert [t[0] for t in words.texts(3)] == [t[row] for t in texts]


@pytest.mark.parametrize("wrong", [1e-6, np.nan])
def test_contributions_that_miss_the_margin_are_refused(wrong):
    frame, _, columns, contributions, margin = batch(5)
    with pytest.raises(reasons.AdditivityError):
        reasons.summarise(contributions, columns, -4.0 + wrong, margin, frame, FEATURES)


def test_records_hold_what_the_sentence_quotes():
    frame, table, columns, contributions, _ = batch(1)
    frame["kg_per_package"], frame["kg_high"] = 1.4, 22.0
    contributions[:] = [[2.0, 0.1, -1.0, 0.0, 0.0, 0.5]]
    frame["vague"] = 0.0
    summed = reasons.summarise(contributions, columns, 0.0, contributions.sum(axis=1), frame, FEATURES)
    words = reasons.Words(summed, frame, table, FACTS)
    first, *_, last = words.records(0)
    assert (first.family, first.direction, first.features) == ("quantity", "raises", ("kg_per_package",))
    assert first.contribution == pytest.approx(2.1)
    assert first.values == {"kg_per_package": 1.4, "kg_low": 9.0, "kg_high": 22.0}
    assert last.family == "timing"
    assert last.features == ()
    texts = [t[0] for t in words.texts(3)]
    assert texts[0] == "1.4 kg per package; half of all lie between 9 and 22"
    assert texts[1] == "Timing: several values together"
    assert texts[2] == "Against: Clear text"


def test_a_comparison_that_is_missing_is_left_out():
    template = sentences.parse(FEATURES[0].sentence)
    columns = {"kg_per_package": [1.4, np.nan], "kg_low": [9.0, 9.0], "kg_high": [np.nan, 22.0]}
    kinds = sentences.fields(FEATURES, FACTS)
    texts = sentences.render(template, lambda name: pd.Series(columns[name]), 2, kinds)
    assert list(texts) == ["1.4 kg per package", "unknown kg per package; half of all lie between 9 and 22"]


@given(st.text(max_size=300))
def test_text_from_a_manifest_is_one_short_clean_line(text):
    shown = sentences.clean(text)
    assert len(shown) <= sentences.LONGEST_QUOTE
    assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or c in "\u202e\u2066\u200f" for c in shown)


@given(st.text(min_size=1, max_size=40))
def test_text_from_a_manifest_is_never_a_template(text):
    kinds = sentences.fields(FEATURES, FACTS)
    template = sentences.parse("Text {goods_description}")
    rendered = sentences.render(template, lambda name: pd.Series([text]), 1, kinds)[0]
    assert rendered == f"Text “{sentences.clean(text)}”"


@pytest.mark.parametrize("bad", ["{a.b}", "{a[0]}", "{a!r}", "{}", "{0}"])
def test_templates_may_only_name_fields(bad):
    with pytest.raises(ValueError, match="field"):
        sentences.parse(bad)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (1.4, "kg", "1.4"),
        (1234567.0, "kg", "1,234,567"),
        (0.0123, "kg", "0.012"),
        (22.0, "1", "22"),
        (2.0, "log10 USD/kg", "100"),
        (0.256, "share", "25.6%"),
        (13.6, "days", "14"),
        (0.0, "1", "0"),
    ],
)
def test_numbers_are_written_for_people(value, unit, text):
    assert sentences.by_unit(value, unit) == text


def test_an_unknown_language_is_refused():
    summed, words, _ = made(2)
    with pytest.raises(ValueError, match="unknown language"):
        reasons.Words(summed, words.frame, words.table, FACTS, "xx")
