"""One bad cell costs its value, never its row; good cells are read however they are written."""

from __future__ import annotations

import json
import math
import time
import unicodedata

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features import manifest
from features.manifest import cells, codes, quantities, schema, times


def read_one(name: str, text: str, **habits: object):
    found = cells.read_column(name, pd.Series([text], dtype="str"), cells.Habits(**habits))
    return found.values.iloc[0], len(found.noted)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,234.5 KG", 1234.5),
        ("1.234,5", 1234.5),
        ("12,5", 12.5),
        ("1.5 T", 1500),
        ("１２", 12),
        ("٣٤٫٥", 34.5),
        ("1 234,5", 1234.5),
        ("1'234", 1234),
        ("1e3", 1000),
        ("22,250", 22250),
        ("500 G", 0.5),
        ("10 LB", 4.5359237),
        ("1,23,456", 123456),
    ],
)
def test_weights_are_read_as_people_write_them(text, value):
    assert read_one("gross_weight_kg", text) == (pytest.approx(value), 0)


@pytest.mark.parametrize("text", ["abc", "-5", "10 FOO", "1e999", "12 34 5", "1,2,3,4", "NaN kg", "∞", "²"])
def test_what_is_no_weight_is_dropped_with_a_note(text):
    value, noted = read_one("gross_weight_kg", text)
    assert math.isnan(value)
    assert noted == 1


def test_ambiguous_numbers_follow_the_files_decimal_mark():
    assert read_one("gross_weight_kg", "1.234")[0] == pytest.approx(1.234)
    assert read_one("gross_weight_kg", "1.234", decimal=",")[0] == 1234
    assert quantities.decimal_mark(["1.234", "12,5"]) == ","
    assert quantities.decimal_mark(["1,234.50"]) == "."
    assert quantities.decimal_mark(["1.234", "5"]) is None


@given(st.floats(0, 1e9))
def test_any_plain_number_is_read_exactly(number):
    assert quantities.parse([repr(number)])[0] == number


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2026-10-19", "2026-10-19"),
        ("19/10/2026", "2026-10-19"),
        ("10/19/2026 1:05 PM", "2026-10-19T13:05"),
        ("19-OCT-2026 13:00", "2026-10-19T13:00"),
        ("20261019", "2026-10-19"),
        ("202610190130", "2026-10-19T01:30"),
        ("2026-10-19T10:00:00+07:00", "2026-10-19T03:00"),
        ("2569-10-19", "2026-10-19"),
        ("2026年10月19日", "2026-10-19"),
        ("19.10.26", "2026-10-19"),
        ("05/05/2026", "2026-05-05"),
        ("2026-10-19T10:00:00Z", "2026-10-19T10:00"),
    ],
)
def test_times_are_read_as_people_write_them(text, iso):
    assert read_one("arrives_at", text) == (pd.Timestamp(iso), 0)


@pytest.mark.parametrize(
    "text", ["1700000000", "46000", "2026", "31/02/2026", "99/99/9999", "soon", "03/04/2026", "1815-01-01"]
)
def test_times_are_not_guessed(text):
    value, noted = read_one("arrives_at", text)
    assert pd.isna(value)
    assert noted == 1


def test_day_and_month_follow_option_or_evidence():
    assert read_one("arrives_at", "03/04/2026", dayfirst=True)[0] == pd.Timestamp("2026-04-03")
    assert read_one("arrives_at", "03/04/2026", dayfirst=False)[0] == pd.Timestamp("2026-03-04")
    assert times.day_first(["03/04/2026", "25/04/2026"]) is True
    assert times.day_first(["03/25/2026"]) is False
    assert times.day_first(["25/04/2026", "04/25/2026"]) is None
    assert read_one("arrives_at", "2026-10-19 07:00", zone="Asia/Bangkok")[0] == pd.Timestamp("2026-10-19")


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("mode", "Sea freight", "sea"),
        ("mode", "4", "air"),
        ("mode", "1.0", "sea"),
        ("mode", "空运", "air"),
        ("direction", "23", "import"),
        ("bill_level", "HAWB", "house"),
        ("container_load_status", "FCL", "full"),
        ("origin_country", "Viet Nam", "VN"),
        ("origin_country", "VNM", "VN"),
        ("origin_country", "NA", "NA"),
        ("origin_country", "UK", "GB"),
        ("loading_port", "cn sha", "CNSHA"),
        ("currency", "US$", "USD"),
        ("hs_codes", "0301.11", "030111"),
        ("hs_codes", "30111", "030111"),
        ("hs_codes", "440349.0;9503", "440349;9503"),
        ("hs_codes", "4403 49 00", "44034900"),
        ("container_ids", "EXLU 200344 7, ABCU1234567", "EXLU2003447;ABCU1234567"),
        ("handling_codes", "avi/per AVI", "AVI;PER"),
        ("outcome", "clean; Live animals", "clean;live_animals"),
        ("items", '[{"description":"X","kg":"1.5","zz":1}]', '[{"description":"X","kg":1.5}]'),
        ("goods_description", "a\x00b\u202ec\u2066", "abc"),
        ("goods_description", "A\r\nB", "A\nB"),
        ("is_refrigerated", "reefer", True),
        ("trusted_trader", "N", False),
    ],
)
def test_codes_choices_and_lists(name, text, value):
    assert read_one(name, text) == (value, 0)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("mode", "teleport"),
        ("origin_country", "Narnia"),
        ("hs_codes", "abc"),
        ("currency", "$"),
        ("items", "[[["),
        ("items", '{"a":1}'),
        ("trusted_trader", "maybe"),
        ("outcome", "seized?"),
    ],
)
def test_what_a_column_does_not_allow_is_dropped_with_a_note(name, text):
    value, noted = read_one(name, text)
    assert pd.isna(value)
    assert noted == 1


def test_not_stated_is_missing_without_a_note():
    for text in ("", " ", "-", "N/A", "NULL", "NA"):
        value, noted = read_one("goods_description", text)
        assert pd.isna(value)
        assert noted == 0
    assert read_one("origin_country", "XX")[1] == 0


def test_a_long_cell_is_cut_with_a_note():
    value, noted = read_one("goods_description", "z" * 10_001)
    assert len(value) == cells.CELL_LIMIT
    assert noted == 1


# Letters that compose, marks in any order, jamo, singletons and compatibility characters.
_COMPOSING = st.text(
    st.sampled_from("aeoAẮéйи한각ÅΩﬁ１ กำ深か\u0300\u0301\u0306\u0323\u031b\u3099"), max_size=25
)


@given(st.lists(st.one_of(_COMPOSING, st.none()), min_size=1, max_size=8))
def test_texts_are_composed_as_the_standard_says(texts):
    found, _ = cells.clean(pd.Series(texts, dtype="str"), limit=1000)
    expected = [unicodedata.normalize("NFC", text or "").strip() for text in texts]
    assert found.fillna("").tolist() == expected


def test_an_endless_run_of_combining_marks_costs_no_time():
    started = time.perf_counter()
    found, cut = cells.clean(pd.Series(["a" + "\u0301\u0323" * 300_000, "cafe\u0301"], dtype="str"))
    assert time.perf_counter() - started < 20  # composing it takes minutes
    assert found.tolist() == ["a" + "\u0301\u0323" * 4999 + "\u0301", "café"]
    assert cut.tolist() == [0]


@given(st.sampled_from(list(schema.BY_NAME)), st.lists(st.text(max_size=30) | st.none(), max_size=6))
def test_any_text_gives_the_columns_dtype_and_allowed_values(name, texts):
    column = schema.BY_NAME[name]
    found = cells.read_column(name, pd.Series(texts, dtype="str"), cells.Habits()).values
    assert str(found.dtype) == column.dtype
    assert len(found) == len(texts)
    present = found.dropna()
    if column.kind == "number":
        assert present.between(column.low, column.high).all()
    if column.values:
        assert all(set(value.split(";")) <= set(column.values) for value in present)
    if column.kind in ("text", "list", "code"):
        assert not present.str.contains("[\x00\u202e]", regex=True).any()
        again = cells.read_column(name, found, cells.Habits()).values
        pd.testing.assert_series_equal(again, found)  # what is clean stays as it is


def test_a_bad_cell_does_not_lose_the_shipment(make_csv):
    rows = [{"shipment_id": "A", "gross_weight_kg": "abc", "origin_country": "Narnia", "packages": "3"}]
    found = manifest.read(make_csv(rows))
    assert found.table["packages"].tolist() == [3.0]
    assert np.isnan(found.table["gross_weight_kg"].iloc[0])
    notes = found.notes.set_index("column")
    assert notes.loc["gross_weight_kg", ["shipment_id", "value", "source_position"]].tolist() == [
        "A",
        "abc",
        "row 2",
    ]
    assert "number in kg" in notes.loc["gross_weight_kg", "expected"]
    assert "country" in notes.loc["origin_country", "expected"]


def test_country_table_knows_every_code_by_three_letters_too():
    assert len(codes.country_codes()) >= 249
    assert codes.country("usa") == "US"
    assert codes.country("CN - China") == "CN"


def test_texts_of_item_lines_are_cells_like_others() -> None:
    said = ["0\n\u0301", "e\u0301", "a\u202eb\x00\r\nc", "\ud800d", " " * 2000 + "x" * 2000]
    given_lines = json.dumps([{"description": text} for text in said])
    for written in (given_lines, json.dumps([{"description": said[0]}], ensure_ascii=False)):
        read = cells.read_column("items", pd.Series([written], dtype="str"), cells.Habits())
        assert not len(read.noted)
        (kept,) = read.values
        texts = [line["description"] for line in json.loads(kept)]
        assert texts == ["0\n\u0301", "\u00e9", "ab\nc", "d", "x" * 1000][: len(texts)]
        again = cells.read_column("items", read.values, cells.Habits())
        assert again.values.tolist() == [kept]
