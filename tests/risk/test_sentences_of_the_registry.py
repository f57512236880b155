"""Every feature's sentences, filled from a whole day, read as English an officer can check."""

import re

import numpy as np
import pandas as pd
import pytest

from features import matrix
from features.manifest import read, schema
from features.view import prepare
from risk import sentences

#: Marks of a slip: missing values, braces, doubled spaces or signs, "1 packages", names of columns.
SLIPS = re.compile(
    r"\bnan\b|\bNone\b|<NA>|\bNaT\b|[{}]|  |%%|\s[;,.:]|;$"
    r"|(?<![\d.,])1 (?:\w+ )?\w+s (?:of|in|under|for|to|declared|before)\b"
    r"|\b(?:times|hours|days) as 1\b|\(s\)|-\d+(?:\.\d+)? (?:days?|hours?)|\blog1[0p]\b|\de[+-]\d",
    re.IGNORECASE,
)
#: Words of declared texts are not ours: they stand in quotation marks, or in facts that quote.
QUOTED = re.compile(r"“[^”]*”|\"[^\"]*\"|'[^']*'")
IDENTIFIER = re.compile(r"\b[a-z]+_[a-z_]+\b")


def rendered(features, frame, table):
    """Every different sentence: (feature, state, text)."""
    kinds = sentences.fields(matrix.features(), matrix.facts())
    for feature in features:
        state = sentences.states(frame[feature.name], feature)
        for number, text in enumerate(sentences.templates(feature)):
            rows = np.flatnonzero(state == number)
            if not text or not len(rows):
                continue

            def source(name, rows=rows):
                owner = frame if name in frame else table
                return owner[name].iloc[rows]

            texts = sentences.render(sentences.parse(text), source, len(rows), kinds)
            for one in pd.unique(pd.Series(texts)):
                yield feature.name, number, one


def check(lines):
    slips = []
    for name, state, text in lines:
        bare = QUOTED.sub("“”", text)
        if SLIPS.search(bare) or IDENTIFIER.search(bare) or not text or text[0].islower():
            slips.append(f"{name}{sentences.STATES[state]}: {text}")
    assert slips == []


@pytest.fixture(scope="module")
def day():
    table = read(["data_samples/port_day.csv"]).table.iloc[::4].reset_index(drop=True)
    view = prepare(table)
    return matrix.build(view), view.table


def test_sentences_of_the_sample_day_hold_no_slip(day):
    frame, table = day
    lines = list(rendered(matrix.features(), frame, table))
    assert len({name for name, _, _ in lines}) > 120
    check(lines)


def test_without_a_past_the_sentence_says_that_none_was_looked_at(day):
    frame, table = day
    feature = next(f for f in matrix.features() if f.name == "pair_shipments")
    assert [text for _, _, text in rendered([feature], frame, table)] == [
        "No record of earlier shipments of this shipper for this consignee; no past is given"
    ]


def test_goods_that_nobody_else_on_board_sends_are_notable():
    feature = next(f for f in matrix.features() if f.name == "manifest_goods_share")
    assert sentences.notable(pd.Series([0.0, 0.002, 1.0, np.nan]), feature).tolist() == [
        True,
        False,
        False,
        False,
    ]


def test_a_rate_of_finds_that_is_the_port_s_own_is_told_as_nothing_known():
    feature = next(f for f in matrix.features() if f.name == "shipper_find_rate")
    frame = pd.DataFrame({feature.name: [0.0, 0.5]}).reindex(columns=[feature.name, "shipper_joined"])
    told = [text for _, _, text in rendered([feature], frame, frame)]
    assert told == [
        "Finds of this shipper come 3.16 times as often as in this port as a whole",
        "As far as is known, finds of this shipper are neither rarer nor more frequent than in this port "
        "as a whole",
    ]


def test_sentences_about_the_past_hold_no_slip(port):
    from features.history import State
    from risk.engine import timeline_of

    past, today = port(2400, seed=8, start="2025-08-01"), port(200, seed=5, start="2026-01-01")
    view = prepare(today)
    frame = matrix.build(view, timeline_of(State.of(prepare(past)), [view]))
    history = [f for f in matrix.features() if f.known == "history"]
    lines = list(rendered(history, frame, view.table))
    assert len({name for name, _, _ in lines}) > 60
    check(lines)


@pytest.mark.parametrize("feature", matrix.features(), ids=lambda f: f.name)
def test_every_template_is_english_whatever_the_number(feature):
    """Values at the ends and in the middle of the range, with every fact at hand."""
    if feature.dtype == "category":
        return
    ends = {"low": feature.low, "high": feature.high}
    finite = [v for v in ends.values() if np.isfinite(v)] + [0.0, 1.0, 2.0, -1.0, 0.5, np.nan]
    whole = feature.dtype in ("flag", "count")
    values = [
        v
        for v in finite
        if np.isnan(v) or (feature.low <= v <= feature.high and not (whole and v != np.floor(v)))
    ]
    by_kind = {"number": 2.0, "time": pd.Timestamp("2026-01-06 10:15"), "flag": True}
    others = {column.name: by_kind.get(column.kind, "ABC") for column in schema.COLUMNS}
    others |= {f.name: "Some text" if f.dtype == "text" else 3.0 for f in matrix.facts()}
    others |= {f.name: "sea" if f.dtype == "category" else 1.0 for f in matrix.features()}
    columns = {name: [value] * len(values) for name, value in others.items()}
    frame = pd.DataFrame(columns | {feature.name: values})
    check(rendered([feature], frame, frame))
