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
def test_families_and_base_add_up_and_top_reasons_are_checkable_then_strongest(n, seed, k):
    summed, words, margin = made(n, seed)
    assert np.allclose(summed.base + summed.contribution.sum(axis=1), margin, atol=1e-9, rtol=0)
    assert np.allclose(summed.share.sum(axis=1), 1)
    top = summed.top(k)
    for row in range(n):
        told = top[row][top[row] >= 0]
        worth = np.abs(summed.contribution[row]) >= reasons.SLIGHT
        assert len(told) == len(set(told)) == min(k, np.count_nonzero(worth))
        assert worth[told].all()
        values = summed.contribution[row, told]
        for side in (1.0, -1.0):
            push = side * summed.contribution[row]
            best = sorted(
                np.flatnonzero(push >= reasons.SLIGHT), key=lambda f: (not summed.checkable[row, f], -push[f])
            )
            own = told[side * values > 0]
            assert list(own) == best[: len(own)]
        assert list(values > 0) == sorted(values > 0, reverse=True)
        if k >= 2 and (summed.contribution[row] <= -reasons.SLIGHT).any():
            assert (values < 0).any()
    for text in np.concatenate(words.texts(k)):
        assert "nan" not in text.lower()


def test_what_is_not_declared_is_told_after_what_can_be_checked():
    frame, _, columns, contributions, _ = batch(40)
    told = reasons.summarise(contributions, columns, -4.0, -4.0 + contributions.sum(axis=1), frame, FEATURES)
    assert told.checkable.any()
    missing = told.state == sentences.MISSING
    for row in range(len(told)):
        for family in range(len(told.families)):
            leads = [j for j in told.leading[row, family] if j >= 0]
            # Nothing that is not declared stands beside something that is, or makes a family checkable.
            if any(missing[row, j] for j in leads):
                assert all(missing[row, j] or told.features[j].background for j in leads)
                assert not told.checkable[row, family]
    empty = frame.copy()
    empty[:] = np.nan
    blank = reasons.summarise(contributions, columns, -4.0, -4.0 + contributions.sum(axis=1), empty, FEATURES)
    assert not blank.checkable.any()
    assert (blank.top(3) >= 0).sum() == (told.top(3) >= 0).sum()


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
    assert texts[1] == "Timing: nothing unusual taken by itself, only beside the rest"
    assert texts[2] == "Against: Clear text"


ONE = {
    "days": feature(
        "days",
        "timing",
        unit="days",
        sentence="Arrives {days:#day} before Christmas",
        sentence_zero="Arrives on Christmas Day",
        sentence_below="Arrives {days:#day} after Christmas",
    ),
    "packages": feature("packages", "quantity", unit="log10 packages", sentence="{packages:#package}"),
    "ratio": feature("ratio", "quantity", unit="log10 ratio", sentence="{ratio:percent} of the usual"),
    "mode": category("mode", "route", "mode", "Travels {mode:by}"),
    "name": category("name", "route", "name", "{name:place} is far; via {name:country}"),
    "far": feature("far", "quantity", sentence="{far:abs} kg{far:far}"),
    "many": category("many", "route", "many", "Exports {many:list}"),
}


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("days", 12.0, "Arrives 12 days before Christmas"),
        ("days", 1.0, "Arrives 1 day before Christmas"),
        ("days", 0.0, "Arrives on Christmas Day"),
        ("days", -12.0, "Arrives 12 days after Christmas"),
        ("packages", 0.0, "1 package"),
        ("packages", 4.0, "10,000 packages"),
        ("ratio", -1.0, "10% of the usual"),
        ("mode", "post", "Travels by post"),
        ("mode", "by_hand", "Travels by hand"),
        ("name", "Philippines", "The Philippines is far; via the Philippines"),
        ("name", "LA", "LA is far; via Laos"),
        ("far", -4.0, "4 kg, far below what is usual"),
        ("far", 0.4, "0.4 kg"),
        ("many", "Electrical energy; copper ore", "Exports electrical energy, copper ore"),
    ],
)
def test_a_sentence_follows_sign_number_and_kind_of_its_value(name, value, text):
    values = pd.Series([value])
    state = sentences.states(values, ONE[name])[0]
    template = sentences.parse(sentences.templates(ONE[name])[state])
    kinds = sentences.fields(tuple(ONE.values()), ())
    assert sentences.render(template, lambda _: values, 1, kinds)[0] == text


NOTHING_BY_ITSELF = "Weights and values: nothing unusual taken by itself, only beside the rest"

TOLD = (
    feature("strange", "quantity", sentence="strange {strange}", usual=(0.0, 2.0)),
    feature("plain", "quantity", sentence="plain {plain}"),
    feature("twin", "quantity", sentence="twin {twin}", topic="twins"),
    feature("other_twin", "quantity", sentence="other twin {other_twin}", topic="twins"),
    feature("season", "quantity", sentence="season {season}", background=True),
    feature("flag", "quantity", "flag", sentence="raised", sentence_zero="not raised"),
    feature("form", "quantity", "flag", sentence="a firm", sentence_zero="no firm", usual=(1.0, 1.0)),
)


@pytest.mark.parametrize(
    ("moved", "values", "told"),
    [
        # A notable value is told before a stronger ordinary one if it is a quarter of it.
        ({"strange": 0.3, "plain": 1.0}, {"strange": 9.0}, "strange 9. plain 1"),
        ({"strange": 0.2, "plain": 1.0}, {"strange": 9.0}, "plain 1"),
        ({"strange": 0.6, "plain": 1.0}, {"strange": 1.0}, "plain 1. strange 1"),
        ({"strange": 0.4, "plain": 1.0}, {"strange": 1.0}, "plain 1"),
        # The other direction is not told at all.
        ({"strange": -0.5, "plain": 1.0}, {"strange": 9.0}, "plain 1"),
        # One of a topic; background only by itself.
        ({"twin": 1.0, "other_twin": 0.9, "plain": 0.5}, {}, "twin 1. plain 1"),
        ({"season": 1.0, "plain": 0.3}, {}, "plain 1"),
        ({"season": 1.0, "plain": 0.2}, {}, "season 1"),
        # A flag at its usual value may speak against opening, never for it.
        ({"flag": 1.0}, {"flag": 1.0}, "raised"),
        ({"flag": 1.0}, {"flag": 0.0}, NOTHING_BY_ITSELF),
        ({"flag": -1.0}, {"flag": 0.0}, "Against: not raised"),
        ({"form": 1.0}, {"form": 0.0}, "no firm"),
        ({"form": 1.0}, {"form": 1.0}, NOTHING_BY_ITSELF),
        ({"form": -1.0}, {"form": 1.0}, "Against: a firm"),
    ],
)
def test_what_is_told_first(moved, values, told):
    names = [f.name for f in TOLD]
    frame = pd.DataFrame([dict.fromkeys(names, 1.0) | values])
    contributions = np.array([[moved.get(name, 0.0) for name in names]])
    table = pd.DataFrame({"shipment_id": pd.Series(["S"], dtype="str")})
    summed = reasons.summarise(contributions, names, 0.0, contributions.sum(axis=1), frame, TOLD)
    assert reasons.Words(summed, frame, table, ()).texts(1)[0][0] == told


def test_a_slight_reason_is_not_told_but_listed():
    frame, table, columns, contributions, _ = batch(1)
    contributions[:] = [[1.0, 0.0, -0.02, 0.0, 0.0, 0.03]]
    summed = reasons.summarise(contributions, columns, 0.0, contributions.sum(axis=1), frame, FEATURES)
    words = reasons.Words(summed, frame, table, FACTS)
    assert [bool(t[0]) for t in words.texts(3)] == [True, False, False]
    assert {r.family for r in words.records(0)} == {"quantity", "goods", "timing"}
    contributions[:] = 0.0
    summed = reasons.summarise(contributions, columns, 0.0, contributions.sum(axis=1), frame, FEATURES)
    texts = reasons.Words(summed, frame, table, FACTS).texts(2)
    assert [t[0] for t in texts] == ["Nothing sets it apart from the average shipment", ""]


def test_a_comparison_that_is_missing_is_left_out():
    template = sentences.parse(FEATURES[0].sentence)
    columns = {"kg_per_package": [1.4, np.nan], "kg_low": [9.0, 9.0], "kg_high": [np.nan, 22.0]}
    kinds = sentences.fields(FEATURES, FACTS)
    texts = sentences.render(template, lambda name: pd.Series(columns[name]), 2, kinds)
    assert list(texts) == ["1.4 kg per package", "Unknown kg per package; half of all lie between 9 and 22"]


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
