import json

import numpy as np
import pandas as pd
import pytest

from features import matrix
from models.baselines import TARGETS, Examples, LookUp, Random, Scorecard, fit_all, points
from models.evaluation import evaluate, examples, render, target_labels
from models.leaks import check


@pytest.fixture(scope="module")
def later(make):
    return make(n=3000, seed=21)


@pytest.fixture(scope="module")
def baselines(port):
    return fit_all(examples(port.features, port.table), port.registry)


@pytest.fixture(scope="module")
def report(bundle, port, later, baselines):
    return evaluate(
        bundle,
        later.features,
        later.table,
        baselines=baselines,
        truth=later.truth,
        training=port.table,
        traffic=True,
        per_day=(5,),
        replicates=30,
    )


def test_every_scorer_stands_in_every_table(report):
    names = {"model", "random", "scorecard", "look_up", "logistic", "raw_lightgbm"}
    assert set(report["tables"]) == {"inspected", "traffic", "truth"}
    for by_target in report["tables"].values():
        assert set(by_target) == set(TARGETS)
        for groups in by_target.values():
            assert set(groups) == {"all", "air", "sea"}
            for by_scorer in groups.values():
                assert set(by_scorer) == names


def test_learners_beat_chance_and_chance_is_chance(report):
    table = report["tables"]["truth"]["risk"]["all"]
    base = table["random"]["base_rate"]["value"]
    assert table["random"]["auc"]["value"] == pytest.approx(0.5, abs=0.06)
    assert table["random"]["average_precision"]["value"] == pytest.approx(base, rel=0.35)
    for name in ("model", "logistic"):
        assert table[name]["average_precision"]["value"] > 2 * base


def test_the_report_is_json_and_reads_well(report):
    json.dumps(report, allow_nan=False)
    text = render(report)
    for words in ("judged by inspections", "the truth of the simulation", "| look up |", "finds; base rate"):
        assert words in text
    header = next(line for line in text.splitlines() if line.startswith("| | "))
    for share in ("1%", "2%", "5%", "10%"):
        assert f"| precision@{share} |" in header
        assert f"| recall@{share} |" in header
    for measured in ("average precision", "auc", "lift@1%", "precision@5/day", "recall@5/day", "brier"):
        assert f"| {measured} |" in header
    assert "No label leak found" in text
    assert not report["warnings"]


def test_few_finds_make_a_sentence_not_a_table(bundle, later):
    small = evaluate(bundle, later.features.iloc[:60], later.table.iloc[:60], replicates=5)
    assert "Not estimable" in render(small)


def test_baselines_do_not_see_test_labels(port, later, baselines):
    hidden = later.table.assign(outcome="live_animals", inspected_at=later.table["known_at"])
    for scorer in baselines:
        for target in TARGETS:
            a = scorer.score(later.features, later.table, target)
            assert np.array_equal(a, scorer.score(later.features, hidden, target))
            assert a.shape == (len(later.table),)
            assert np.isfinite(a).all()


def test_scorecard_adds_points_once_per_indicator(port, later):
    card = Scorecard.fit(examples(port.features, port.table), port.registry)
    frame = later.features.iloc[:2].copy()
    frame["word"], frame["earlier_finds"], frame["kg_per_package"] = [1.0, 0.0], [50.0, np.nan], [-9.0, 99.0]
    score = card.score(frame, later.table.iloc[:2], "risk")
    assert score.tolist() == [points()[22] + points()[9], points()[4]]


def test_scorecard_gives_no_points_for_what_is_ordinary_or_reassuring():
    entries = [f for f in matrix.features() if f.indicators and f.dtype == "flag"]
    rows = pd.DataFrame({f.name: [0.0, 1.0] for f in entries})
    card = Scorecard.fit(Examples(rows, pd.DataFrame(index=rows.index), {}), entries)
    up = set(card.limits)
    assert {"permit_missing", "consignee_is_to_order", "hs_missing"} <= up
    assert not up & {"permit_declared", "shipper_has_legal_form", "consignee_no_number", "night_arrival"}


def test_look_up_falls_back(port):
    known = examples(port.features, port.table)
    look_up = LookUp.fit(known)
    table = port.table.iloc[:3].copy()
    table["hs_codes"], table["origin_country"] = ["0103", "9999", "9999"], ["CN", "CN", "ZZ"]
    score = look_up.score(port.features.iloc[:3], table, "live_animals")
    base = (known.label["live_animals"].sum() + 0.5) / (len(known.label["live_animals"]) + 1)
    assert score[2] == pytest.approx(base)
    assert score[0] > score[1]


def test_random_is_fixed_by_shipment_and_seed(later):
    a = Random(1).score(later.features, later.table, "risk")
    b = Random(1).score(later.features[::-1], later.table[::-1], "risk")
    assert np.array_equal(a, b[::-1])
    assert not np.array_equal(a, Random(2).score(later.features, later.table, "risk"))


def test_risk_is_any_head():
    values = pd.DataFrame({"live_animals": [1.0, 0.0, np.nan], "wildlife_products": [0.0, 0.0, np.nan]})
    np.testing.assert_equal(target_labels(values)["risk"], [1.0, 0.0, np.nan])


def declared(n, seed):
    r = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "goods": pd.Series(r.choice([f"{i:04}" for i in range(200)], n)).astype("str"),
            "origin": pd.Series(r.choice(list("ABCDEFGH"), n)).astype("str"),
            "weight": np.round(np.exp(r.normal(5, 1.5, n)), 1),
            "trader": pd.Series(r.choice([f"T{i}" for i in range(900)], n)).astype("str"),
        }
    )


@pytest.mark.parametrize("seed", range(5))
def test_honest_data_raise_no_alarm(seed):
    r = np.random.default_rng(seed)
    rows = declared(12_000, seed)
    # Honest patterns: bad goods, bad traders, a bad pair of goods and origin; traders repeat themselves.
    rate = 0.01 + 0.2 * rows["goods"].isin(["0003", "0017"]) + 0.5 * rows["trader"].isin(["T1", "T2", "T3"])
    rate += 0.9 * ((rows["goods"] == "0005") & (rows["origin"] == "B"))
    repeat = r.random(len(rows)) < 0.2
    rows.loc[repeat, "weight"] = 1000.0
    y = (r.random(len(rows)) < rate).astype(float)
    found = check(rows[:8000], y[:8000], rows[8000:], y[8000:])
    assert not found.leak
    assert found.warning == ""


@pytest.mark.parametrize("seed", range(5))
def test_a_planted_leak_is_found_whatever_the_columns_are_called(seed):
    r = np.random.default_rng(seed)
    rows = declared(12_000, seed)
    y = (r.random(len(rows)) < 0.05).astype(float)
    # A third of the later rows copy goods and weight of an earlier row, and its label.
    later = np.flatnonzero((np.arange(len(rows)) >= 8000) & (r.random(len(rows)) < 0.33))
    source = r.integers(0, 8000, len(later))
    for column in ("goods", "weight"):
        rows.loc[later, column] = rows[column].to_numpy()[source]
    y[later] = y[source]
    names = dict(zip(rows.columns, r.permutation(["p", "q", "r", "s"]), strict=True))
    rows = rows.rename(columns=names)
    score = r.normal(size=4000)
    found = check(rows[:8000], y[:8000], rows[8000:], y[8000:], scores={"model": score})
    assert found.leak
    assert {names["goods"], names["weight"]} <= set(found.columns)
    assert found.look_up["auc"] > 0.6
    assert found.no_twin["model"]["rows"] == 4000 - found.twins
    assert "leak across the split" in found.warning
    json.dumps(found.to_json(), allow_nan=False)


def test_evaluate_warns_of_a_leak(bundle, port, later):
    table = later.table.copy()
    source = np.flatnonzero(port.table["outcome"].notna())[:1500]
    rows = np.flatnonzero(table["outcome"].notna())[:1500]
    for column in ("gross_weight_kg", "hs_codes", "outcome"):
        table.loc[rows, column] = port.table[column].to_numpy()[source[: len(rows)]]
    found = evaluate(bundle, later.features, table, training=port.table, replicates=3)
    assert len(found["warnings"]) == 1
    assert "Warning" in render(found)
    assert "rows without a twin" in render(found)


def test_leak_check_takes_small_and_empty_tables():
    rows = declared(3, 0)
    assert not check(rows, np.zeros(3), rows, np.zeros(3)).leak
    assert not check(rows[["goods"]], np.ones(3), rows[["goods"]], np.ones(3)).leak
    assert not check(rows[:0], np.zeros(0), rows[:0], np.zeros(0)).leak
