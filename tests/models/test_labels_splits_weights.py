import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.labels import LabelError, labels
from models.splits import SplitError, label_delay, split_backwards
from models.weights import SCHEMES, selection_weights, usable

DAY = pd.Timestamp("2025-03-01")


def row(**cells):
    base = {
        "shipment_id": "S1",
        "known_at": DAY,
        "inspected_at": DAY + pd.Timedelta(days=1),
        "inspection_type": "full",
        "outcome": "clean",
        "outcome_status": "confirmed",
        "permit_valid": False,
        "last_amended_at": pd.NaT,
    }
    return base | cells


def table(*rows):
    out = pd.DataFrame(list(rows))
    for name in ("shipment_id", "inspection_type", "outcome", "outcome_status"):
        out[name] = out[name].astype("str")
    for name in ("known_at", "inspected_at", "last_amended_at"):
        out[name] = pd.to_datetime(out[name]).astype("datetime64[us]")
    out["permit_valid"] = out["permit_valid"].astype("boolean")
    return out


NAN = float("nan")


@pytest.mark.parametrize(
    ("cells", "live", "products"),
    [
        ({}, 0, 0),
        ({"outcome": "live_animals"}, 1, 0),
        ({"outcome": "wildlife_products"}, 0, 1),
        ({"outcome": "wildlife_products;live_animals"}, 1, 1),
        ({"outcome": "other_offence"}, 0, 0),
        ({"outcome": "other_offence;live_animals"}, 1, 0),
        ({"outcome": "live_animals", "permit_valid": True}, 0, 0),
        ({"outcome": "live_animals", "outcome_status": "overturned"}, 0, 0),
        ({"outcome": "clean", "outcome_status": "overturned"}, NAN, NAN),
        ({"inspected_at": pd.NaT}, NAN, NAN),
        ({"outcome": None}, NAN, NAN),
        ({"inspected_at": pd.NaT, "outcome": None}, NAN, NAN),
    ],
)
def test_label_of_an_outcome(cells, live, products):
    found = labels(table(row(**cells))).values.iloc[0].tolist()
    np.testing.assert_equal(found, [live, products])


def test_evidence_of_clean_is_ordered_and_a_find_is_a_find():
    kinds = ["full", "partial", "dog", "scan", "documents"]
    weight = labels(table(*[row(inspection_type=k) for k in kinds])).weight
    assert (np.diff(weight) < 0).all()
    assert weight.min() > 0
    assert labels(table(row(outcome="live_animals", inspection_type="documents"))).weight[0] == 1.0
    provisional = labels(table(row(outcome="live_animals", outcome_status="provisional")))
    assert provisional.weight[0] == 0.5
    assert provisional.finds()["live_animals"] == 1
    assert labels(table(row(inspected_at=pd.NaT))).weight[0] == 0.0


def test_an_outcome_without_time_is_counted_not_used():
    found = labels(table(row(inspected_at=pd.NaT), row()))
    assert found.without_time == 1
    assert found.known.tolist() == [False, True]


def test_rows_amended_after_inspection_are_an_error_that_lists_them():
    late = DAY + pd.Timedelta(days=3)
    with pytest.raises(LabelError, match="S7") as error:
        labels(
            table(row(), row(shipment_id="S7", last_amended_at=late), row(shipment_id="S8", known_at=late))
        )
    assert error.value.shipment_ids == ("S7", "S8")


def test_the_version_known_before_the_inspection_teaches():
    late = DAY + pd.Timedelta(days=3)
    found = labels(table(row(), row(known_at=late, last_amended_at=late)))
    assert found.known.tolist() == [True, False]
    assert found.superseded == 1


def test_an_uninspected_row_may_be_amended():
    late = DAY + pd.Timedelta(days=3)
    assert not labels(table(row(inspected_at=pd.NaT, outcome=None, last_amended_at=late))).known.any()


@settings(max_examples=50, deadline=None)
@given(st.integers(60, 400), st.integers(0, 10), st.integers(0, 2**31))
def test_windows_follow_each_other_with_the_gap_and_nothing_is_learnt_early(days, gap, seed):
    rng = np.random.default_rng(seed)
    known = pd.Series(DAY + pd.to_timedelta(rng.integers(0, days * 24, 500), unit="h"))
    label = known + pd.to_timedelta(rng.integers(0, 20, 500), unit="D")
    try:
        split = split_backwards(known, gap=pd.Timedelta(days=gap))
    except SplitError:
        assert days < 150
        return
    assert [w.name for w in split.windows] == ["train", "stop", "calibrate", "test"]
    for earlier, later in zip(split.windows, split.windows[1:], strict=False):
        assert later.start - earlier.end == pd.Timedelta(days=gap)
    window = split.assign(known, label)
    for i, w in enumerate(split.windows):
        inside = window == w.name
        assert ((known[inside] >= w.start) & (known[inside] < w.end)).all()
        if i + 1 < len(split.windows):
            assert (label[inside] < split.windows[i + 1].start).all()
    assert (window == "test").any()
    assert split.describe()["gap_days"] == gap


def test_too_few_days_are_refused():
    known = pd.Series(pd.date_range(DAY, periods=5))
    with pytest.raises(SplitError, match="too few"):
        split_backwards(known, gap=pd.Timedelta(days=30))
    with pytest.raises(SplitError, match="no labelled row"):
        split_backwards(known[:0], gap=pd.Timedelta(0))


def test_label_delay_is_in_whole_days_and_bounded():
    known = pd.Series([DAY] * 4)
    assert label_delay(known, known + pd.Timedelta(hours=30)) == pd.Timedelta(days=2)
    assert label_delay(known, known + pd.Timedelta(days=400)) == pd.Timedelta(days=30)
    assert label_delay(known, pd.Series([pd.NaT] * 4)) == pd.Timedelta(0)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.one_of(st.floats(1e-5, 1.0), st.just(float("nan"))), min_size=1, max_size=50))
def test_weights_have_mean_one_and_clipping_bounds_them(p):
    p = np.array(p)
    for scheme in SCHEMES:
        weight = selection_weights(p, scheme)
        assert weight.mean() == pytest.approx(1.0)
        assert (weight > 0).all()
    clipped = selection_weights(p, "clipped")
    assert clipped.max() <= 10.0 * np.median(clipped) * (1 + 1e-9) or np.isnan(p).any()


def test_stabilised_weights_are_inverse_probabilities():
    weight = selection_weights(np.array([0.1, 0.2, 1.0]), "stabilised")
    assert weight[0] / weight[2] == pytest.approx(10.0)
    assert not usable(np.array([np.nan, 0.5, 0.2]))
    assert not usable(np.full(10, 0.3))
    assert usable(np.array([0.1, 0.5]))
