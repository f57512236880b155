"""What the goods are: headings from codes and text."""

from __future__ import annotations

import json
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features import goods
from features.goods import text as goods_text
from features.goods.headings import goods_groups, heading_table
from features.reference import table as reference


def identify(text: str | None, codes: str | None = None, items: str | None = None) -> pd.Series:
    frame = pd.DataFrame({"goods_description": [text], "hs_codes": [codes], "items": [items]}).astype("str")
    return goods.identify(frame).iloc[0]


@pytest.mark.parametrize(
    ("text", "heading"),
    [
        ("Wooden toy train set", "9503"),
        ("RAW CASHEW NUTS IN SHELL", "0801"),
        ("frozen chicken feet", "0207"),
        ("Live lobsters", "0306"),
        ("cow horns for buttons", "0507"),
        ("plastic injection moulding machine", "8477"),
        ("used tyres", "4012"),
        ("hardwood charcoal for BBQ", "4402"),
        ("ladies handbags", "4202"),
        ("100% cotton t-shirts", "6109"),
        ("Bluetooth speaker", "8518"),
        ("stainless steel vacuum flask", "9617"),
        ("strawberry flavoured candy", "1704"),
        ("granite slabs polished", "6802"),
        ("juguetes para niños", "9503"),
        ("đồ chơi trẻ em", "9503"),
        ("腰果", "0801"),
        ("sucata de ferro", "7204"),
        ("cahsew nuts", "0801"),
    ],
)
def test_short_trade_descriptions_are_read(text: str, heading: str) -> None:
    row = identify(text)
    assert row["heading"] == heading
    assert row["heading_source"] == "inferred"
    assert 0.12 <= row["inferred_confidence"] <= 1.0


def test_the_declared_code_comes_first_and_the_text_is_still_read() -> None:
    row = identify("building blocks, toys", "8471.30;9503")
    assert (row["heading"], row["chapter"], row["heading_source"]) == ("8471", "84", "declared")
    assert row["heading_inferred"] == "9503"
    assert row["declared_chapters"] == 2
    assert row["fit"] < 0.3


def test_fit_orders_same_heading_same_chapter_other_goods() -> None:
    text = "frozen mackerel"
    fits = [identify(text, code)["fit"] for code in ("0303", "0304", "8471")]
    assert fits[0] > fits[1] > fits[2]
    assert fits[0] == pytest.approx(1.0)


def test_a_text_that_says_little_is_no_misfit() -> None:
    assert pd.isna(identify("xqzt", "0303")["fit"])
    assert identify("gift", "0303")["fit"] > 0.6
    assert pd.isna(identify(None, "0303")["fit"])
    assert pd.isna(identify("toys", None)["fit"])


@pytest.mark.parametrize("codes", ["0000", "77", "abc", ";;", "99999999999", "7700;x"])
def test_codes_that_are_none_do_not_hide_the_text(codes: str) -> None:
    row = identify("lego toys", codes)
    assert row["heading"] in ("9503", "9999")


def test_a_chapter_alone_is_kept_and_bounds_the_inferred_heading() -> None:
    row = identify("cashew nuts", "08")
    assert (row["heading"], row["chapter"], row["heading_source"]) == ("0801", "08", "inferred")
    row = identify("cashew nuts", "84")
    assert pd.isna(row["heading"])
    assert (row["chapter"], row["heading_source"], row["goods_group"]) == ("84", "missing", "unknown")


def test_lines_are_read_where_the_description_is_missing() -> None:
    items = json.dumps([{"description": 'thermos "mug"', "hs": "961700"}, {"description": "shoes"}])
    row = identify(None, None, items)
    assert (row["heading"], row["heading_source"]) == ("9617", "declared")
    assert identify(None, None, json.dumps([{"description": "玩具"}]))["heading"] == "9503"


@pytest.mark.parametrize(
    ("text", "group"),
    [
        ("dried sea cucumber", "dried_seafood"),
        ("live oysters", "live_seafood"),
        ("frozen squid", "frozen_meat_fish"),
    ],
)
def test_seafood_is_parted_by_its_state(text: str, group: str) -> None:
    assert identify(text)["goods_group"] == group


def test_every_heading_has_a_title_and_a_group() -> None:
    names = heading_table()
    assert len(names.code) >= 1228
    assert len(set(names.code)) == len(names.code)
    assert all(3 <= len(title) <= 80 for title in names.title)
    assert 40 <= len(goods_groups()) <= 60


def test_most_titles_are_read_back_as_their_heading() -> None:
    names = heading_table()
    frame = pd.DataFrame({"goods_description": names.title}).astype("str")
    found = goods.identify(frame)["heading_inferred"].to_numpy()
    assert np.mean(found == names.code) > 0.75
    assert np.mean(pd.Series(found).str[:2].to_numpy() == names.chapter) > 0.85


def test_a_batch_reads_as_its_rows_do_alone_in_any_order() -> None:
    words = reference("hs_headings")["words"]
    texts = [*[w.split(";")[0] for w in words if w][::25], None, "", "zzz"]
    frame = pd.DataFrame({"goods_description": texts}).astype("str")
    batch = goods.identify(frame)
    alone = pd.concat([goods.identify(frame.iloc[[i]]) for i in range(len(frame))])
    pd.testing.assert_frame_equal(batch, alone)
    turned = goods.identify(frame.iloc[::-1]).iloc[::-1]
    pd.testing.assert_frame_equal(batch, turned)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.none(), st.text(max_size=60)), min_size=1, max_size=5), st.text(max_size=20))
def test_any_text_and_code_is_survived(texts: list[str | None], codes: str) -> None:
    frame = pd.DataFrame({"goods_description": texts, "hs_codes": [codes] * len(texts)}).astype("str")
    found = goods.identify(frame)
    assert found.index.equals(frame.index)
    assert found["inferred_confidence"].dropna().between(0, 1).all()
    assert found["fit"].dropna().between(0, 1).all()
    assert set(found["heading"].dropna()) <= set(heading_table().code)
    assert set(found["goods_group"]) <= set(goods_groups())


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=80))
def test_folding_is_stable_and_drops_what_cannot_be_seen(text: str) -> None:
    folded = goods_text.fold(text)
    assert "\u200b" not in folded
    assert "\u202e" not in folded
    assert folded == folded.strip()
    assert "  " not in folded


@pytest.mark.parametrize(
    ("hostile", "plain"),
    [
        ("T\u200bo\u200dy", "toy"),
        ("ＴＯＹ", "toy"),
        ("tóỳ", "toy"),
        ("t\u0336o\u0336y\u0336", "toy"),
        ("tоys", "toys"),  # Cyrillic о
        ("t o y s", "toys"),
        ("gỗ tròn", "go tron"),
        ("ตุ๊กตา", "ตุ๊กตา"),
    ],
)
def test_spelling_tricks_fold_to_the_plain_word(hostile: str, plain: str) -> None:
    assert goods_text.fold(hostile) == goods_text.fold(plain)


@pytest.mark.parametrize(
    "text",
    ["a" * 1_000_000, "и" * 1_000_000, "i\u0300" * 500_000, "\u202e" * 1_000_000, "a b " * 250_000,
     "\ufdfa" * 200_000, "aи" * 300_000, "toy," * 250_000],
)  # fmt: skip
def test_a_huge_text_takes_bounded_time(text: str) -> None:
    identify("warm up")
    start = time.process_time()
    identify(text)
    assert time.process_time() - start < 3.0
