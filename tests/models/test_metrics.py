import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.metrics import (
    Judged,
    auc,
    average_precision,
    measure,
    not_estimable,
    order,
    reliability,
    tie_breaker,
    wilson,
)

pairs = st.lists(st.tuples(st.booleans(), st.integers(0, 6), st.integers(1, 4)), min_size=2, max_size=60)


def scored(n=4000, rate=0.05, seed=0, ties=False, days=40, labelled=1.0):
    r = np.random.default_rng(seed)
    y = (r.random(n) < rate).astype(float)
    score = r.normal(size=n) + 1.5 * y
    score = np.round(score) if ties else score
    y[r.random(n) >= labelled] = np.nan
    ids = pd.Series([f"S{i}" for i in range(n)])
    day = np.datetime64("2025-01-01") + np.sort(r.integers(0, days, n)).astype("timedelta64[D]")
    return Judged(score, y, ids, day)


@settings(max_examples=100, deadline=None)
@given(pairs)
def test_average_precision_and_auc_equal_scikit_learn(rows):
    from sklearn.metrics import average_precision_score, roc_auc_score

    y = np.array([r[0] for r in rows], dtype=float)
    score = np.array([r[1] for r in rows], dtype=float)
    weight = np.array([r[2] for r in rows], dtype=float)
    if 0 < y.sum() < len(y):
        assert average_precision(y, score, weight) == pytest.approx(
            average_precision_score(y, score, sample_weight=weight)
        )
        assert auc(y, score, weight) == pytest.approx(roc_auc_score(y, score, sample_weight=weight))


def test_row_order_changes_nothing_even_with_ties():
    rows = scored(ties=True)
    flip = np.random.default_rng(1).permutation(len(rows.score))
    turned = Judged(rows.score[flip], rows.label[flip], rows.shipment_id[flip], rows.day[flip])
    a, b = measure(rows, per_day=(5,), replicates=5), measure(turned, per_day=(5,), replicates=5)
    for name in a:
        assert a[name].value == pytest.approx(b[name].value, rel=1e-12)


def test_ties_are_broken_by_the_number_not_the_label():
    tie = tie_breaker(pd.Series(["a", "b", "c", "d"]))
    first = order(np.zeros(4), tie)
    assert sorted(first) == [0, 1, 2, 3]
    assert [["a", "b", "c", "d"][i] for i in first] == [
        ["d", "c", "b", "a"][i] for i in order(np.zeros(4), tie[::-1])
    ]


def test_precision_and_recall_count_what_they_say():
    n = 1000
    y = np.zeros(n)
    y[:20] = 1  # best 20 rows are the finds
    found = measure(Judged(-np.arange(n, dtype=float), y, pd.Series(range(n)).astype("str")), replicates=20)
    assert found["precision@1%"].value == pytest.approx(1.0)
    assert found["recall@1%"].value == pytest.approx(0.5)
    assert found["recall@2%"].value == pytest.approx(1.0)
    assert found["precision@10%"].value == pytest.approx(0.2)
    assert found["lift@10%"].value == pytest.approx(10.0)
    assert found["average_precision"].value == pytest.approx(1.0)


def test_top_n_per_day_is_taken_day_by_day():
    y = np.array([1, 0, 0, 1, 0, 0] * 10, dtype=float)
    score = np.array([3, 2, 1, 1, 2, 3] * 10, dtype=float)
    day = np.repeat(np.arange(20), 3).astype("datetime64[D]")
    found = measure(Judged(score, y, pd.Series(range(60)).astype("str"), day), per_day=(1, 3), replicates=10)
    assert found["precision@1/day"].value == pytest.approx(0.5)
    assert found["recall@1/day"].value == pytest.approx(0.5)
    assert found["recall@3/day"].value == pytest.approx(1.0)


def test_intervals_hold_the_truth_about_as_often_as_they_claim():
    inside = 0
    for seed in range(40):
        rate = measure(scored(n=1500, seed=seed), replicates=100, seed=seed)["base_rate"]
        inside += rate.low <= 0.05 <= rate.high
    assert inside >= 33


def test_intervals_are_seeded_and_hold_the_value():
    a, b = measure(scored(), seed=3), measure(scored(), seed=3)
    assert a == b
    assert a != measure(scored(), seed=4)
    for name, estimate in a.items():
        if not name.startswith("labelled"):
            assert estimate.low <= estimate.value <= estimate.high
            assert estimate.finds == int(scored().label.sum())


def test_days_that_differ_widen_the_interval():
    r = np.random.default_rng(0)
    days = np.repeat(np.arange(30), 100)
    y = (r.random(3000) < np.where(days % 6 == 0, 0.3, 0.0)).astype(float)
    score, ids = r.normal(size=3000), pd.Series(range(3000)).astype("str")
    by_day = measure(Judged(score, y, ids, days.astype("datetime64[D]")))["base_rate"]
    by_row = measure(Judged(score, y, ids))["base_rate"]
    assert by_day.high - by_day.low > 2 * (by_row.high - by_row.low)


def test_few_finds_are_not_estimable_and_say_what_it_takes():
    rows = scored(n=400, rate=0.01)
    estimate = measure(rows)["average_precision"]
    assert estimate.value is None
    assert "needs 10" in str(estimate)
    assert "some 400 more" in not_estimable(5, 400)
    assert "no find in 7" in not_estimable(0, 7)


def test_share_of_labelled_rows_in_the_top():
    rows = scored(labelled=0.3)
    found = measure(rows, replicates=5)
    top = np.argsort(-rows.score)[: len(rows.score) // 10]
    assert found["labelled@10%"].value == pytest.approx(np.isfinite(rows.label[top]).mean())


def test_no_rows_and_no_labels_do_not_fail():
    empty = Judged(np.zeros(0), np.zeros(0), pd.Series([], dtype="str"))
    assert measure(empty)["average_precision"].value is None
    blind = Judged(np.zeros(3), np.full(3, np.nan), pd.Series(["a", "b", "c"]))
    assert measure(blind)["auc"].value is None


def test_reliability_of_true_probabilities():
    r = np.random.default_rng(0)
    p = r.beta(1, 20, 40_000)
    y = (r.random(40_000) < p).astype(float)
    table = reliability(p, y)
    assert table["rows"].sum() == 40_000
    assert ((table["low"] <= table["stated"]) & (table["stated"] <= table["high"])).mean() >= 0.8


def test_wilson_stays_in_bounds():
    assert wilson(0.0, 10)[0] == 0.0
    assert wilson(1.0, 10)[1] == pytest.approx(1.0)
    low, high = wilson(0.5, 100)
    assert (low, high) == pytest.approx((0.4038, 0.5962), abs=1e-3)
