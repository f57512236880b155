import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.documented_seizures import cases as case_file
from benchmarks.documented_seizures import controls, events, ordinary_trade, sets, texts
from features.manifest import schema


@pytest.fixture(scope="module")
def cases(case_path):
    return case_file.read(case_path)


@pytest.fixture(scope="module")
def built(cases):
    return sets.build(cases)


@pytest.mark.parametrize(
    ("reported", "plain"),
    [
        ("1,000 kg of shea butter", "shea butter"),
        ("live crabs (230 kg)", "live crabs"),
        ("2 pcs action figure (gift)", "action figure"),
        ("hairclips; combs", "hairclips, combs"),
        ("simsim (sesame) in 255 bags", "simsim"),
        ("toys (plush) from Mexico and Vietnam", "toys"),
        ("Doussie TIMBER", "doussie timber"),
        ("blow-molding machine", "blow-molding machine"),
    ],
)
def test_reported_words_take_the_plain_style(reported, plain):
    assert texts.plain(reported) == plain


@given(st.text(max_size=80))
def test_plain_style_is_settled_and_holds_no_figures(text):
    once = texts.plain(text)
    assert texts.plain(once) == once
    assert not set(once) - set("abcdefghijklmnopqrstuvwxyz', -")


def test_control_phrases_never_word_backgrounds():
    table = texts.descriptions()
    parts = table.groupby("hs4")["part"].unique()
    assert set(table["part"]) == {"background", "control"}
    assert all("background" in part for part in parts)
    assert not table.duplicated(["hs4", "text"]).any()
    drawn = texts.word(table["hs4"].to_numpy(), np.random.default_rng(1))
    pairs = set(zip(table["hs4"], table["text"], table["part"] == "background", strict=True))
    assert all((heading, text, True) in pairs for heading, text in zip(table["hs4"], drawn, strict=True))


def test_cases_are_read_as_shipments(cases):
    row = cases.set_index("case_id")
    assert row.loc["A3", ["mode", "text", "heading", "loading"]].tolist() == [
        "air",
        "dried shells",
        "0508",
        "GH",
    ]
    assert row.loc["A9", "transits"] == ("KE", "AE")
    assert row.loc["A1", "taxa"] == ("elephant", "pangolin")
    assert row.loc["A10", "mode"] == ""
    assert case_file.market(cases).tolist()[6] == ""  # leaving the country it was seized in
    assert case_file.market(cases).tolist()[:2] == ["VN", "VN"]


def test_a_case_file_without_a_column_is_refused(tmp_path, case_path):
    table = pd.read_csv(case_path, dtype="str").drop(columns=["taxa", "mode"])
    table.to_csv(tmp_path / "bad.csv", index=False)
    with pytest.raises(ValueError, match="mode, taxa"):
        case_file.read(tmp_path / "bad.csv")


def test_every_row_of_a_set_fills_the_same_fields(built):
    for _, rows in built.groupby("case_id"):
        filled = rows[[name for name in rows if name in schema.BY_NAME]].notna()
        mixed = filled.any() & ~filled.all()
        assert not mixed.any(), filled.columns[mixed].tolist()


def test_a_set_has_the_parts_fixed_beforehand(built, cases):
    sizes = pd.crosstab(built["case_id"], built["part"])
    assert (sizes["case"] == 1).all()
    assert (sizes["control"] == 1).all()
    assert (sizes["base"] == 200).all()
    assert sizes.loc["A1", ["origin", "goods"]].tolist() == [20, 20]
    assert sizes.loc["A5", ["origin", "goods"]].tolist() == [0, 20]
    one = built[built["case_id"] == "A1"]
    assert set(one.loc[one["part"] == "origin", "origin_country"]) == {"NG"}
    assert set(one.loc[one["part"] == "goods", "heading"]) == {"0801"}


def test_no_code_of_goods_and_nothing_of_the_outcome_reaches_a_scorer(built):
    table = sets.shipments(built)
    assert table["hs_codes"].isna().all()
    assert table[list(schema.OUTCOME_COLUMNS)].isna().all(axis=None)
    assert not {"part", "case_id", "heading"} & set(table.columns)
    assert table["shipment_id"].is_unique


def test_a_set_depends_on_its_own_case_alone(cases, built):
    same_mode = cases[cases["mode"] == "sea"].reset_index(drop=True)
    again = sets.build(same_mode)
    first = built[built["case_id"] == "A1"].reset_index(drop=True)
    pd.testing.assert_frame_equal(first, again[again["case_id"] == "A1"].reset_index(drop=True))


def test_the_case_does_not_stand_at_a_fixed_place(built):
    place = built.groupby("case_id")["part"].apply(lambda parts: parts.tolist().index("case"))
    assert place.nunique() > 5


def test_overland_trade_comes_over_land():
    drawn = ordinary_trade.draw(300, "CN", "road", np.random.default_rng(1))
    assert not set(drawn["origin"]) & {"JP", "US", "AU", "ZA", "BR"}
    assert {"VN", "HK"} & set(drawn["origin"])


def test_heavy_and_bulk_goods_do_not_come_by_post():
    drawn = ordinary_trade.draw(500, "US", "post", np.random.default_rng(1))
    assert not set(drawn["heading"].str[:2]) & {"25", "26", "27", "72", "10"}


def test_goods_and_origins_can_be_held(cases):
    generator = np.random.default_rng(2)
    held = ordinary_trade.draw(15, "VN", "sea", generator, origin="MW")
    assert held["origin"].tolist() == ["MW"] * 15
    held = ordinary_trade.draw(15, "VN", "air", generator, heading="0508")
    assert held["heading"].tolist() == ["0508"] * 15


def test_transhipment_avoids_the_ends_and_large_detours():
    generator = np.random.default_rng(3)
    drawn = [ordinary_trade.transhipment("NG", "VN", "sea", generator) for _ in range(200)]
    assert not {"NG", "VN"} & set(drawn)
    assert drawn.count("PA") + drawn.count("JM") < 20


def test_events_join_reports_and_stories(cases):
    event = dict(zip(cases["case_id"], events.group(cases), strict=True))
    assert event["A1"] == event["A10"]  # one report
    assert event["A1"] == event["A2"]  # one taxon, origin and place within a month
    assert event["A4"] != event["A5"]


@given(st.permutations(range(10)))
def test_folds_keep_events_whole_and_ignore_order(case_path, order):
    cases = case_file.read(case_path)
    event = events.group(cases)
    fold = events.folds(cases, event)
    assert pd.Series(fold).groupby(event).nunique().max() == 1
    assert set(fold) == set(range(events.FOLDS))
    shuffled = cases.iloc[list(order)].reset_index(drop=True)
    again = events.folds(shuffled, events.group(shuffled))
    assert dict(zip(shuffled["case_id"], again, strict=True)) == dict(
        zip(cases["case_id"], fold, strict=True)
    )


def test_style_control_sees_capitals_and_not_words():
    event = np.repeat(np.arange(40), 2)
    is_case = np.tile([True, False], 40)
    same = pd.Series(["wooden toys", "cotton socks"] * 20 + ["cotton socks", "wooden toys"] * 20)
    assert abs(controls.separate(same, is_case, event, "style").auc - 0.5) < 0.2
    loud = same.where(~is_case, same.str.upper())
    assert controls.separate(loud, is_case, event, "style").auc > 0.99


def test_uniform_control_tells_a_lean():
    even = (np.arange(200) + 0.5) / 200
    assert controls.uniform(even)[1] > 0.9
    assert controls.uniform(even**2)[1] < 1e-6
