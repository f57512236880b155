"""Triage: slots respected, probabilities add up, order of rows changes nothing."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.manifest import schema
from risk import triage
from risk.triage import CapacityError, Pool


def day(n, seed=0, modes=("sea", "air", "post")):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "shipment_id": pd.Series([f"B{i:05d}" for i in range(n)], dtype="str"),
            "risk": rng.random(n).round(2),  # rounded: ties on purpose
            "mode": pd.Series(rng.choice(modes, n), dtype="str"),
            "location": pd.Series(rng.choice(["T1", "T2"], n), dtype="str"),
        }
    )


def places_of(shipments, pools):
    for place in dict.fromkeys(p.place for p in pools):
        inside = np.ones(len(shipments), bool)
        for column, wanted in zip(("mode", "location"), place, strict=True):
            if wanted:
                inside &= (shipments[column] == wanted).to_numpy()
        yield inside, sum(p.slots for p in pools if p.place == place)


pool_sets = st.one_of(
    st.builds(lambda n: (Pool(n),), st.integers(1, 60)),
    st.builds(
        lambda a, b, c: (Pool(a, "sea"), Pool(b, "air"), Pool(c, "post")),
        st.integers(0, 40),
        st.integers(1, 40),
        st.integers(0, 40),
    ),
    st.builds(
        lambda a, b: (
            Pool(a, "sea", "T1", "full"),
            Pool(b, "sea", "T1", "scan"),
            Pool(2, "air", "T2", "dog"),
        ),
        st.integers(1, 10),
        st.integers(1, 10),
    ),
)


@settings(max_examples=80, deadline=None)
@given(pool_sets, st.integers(0, 120), st.sampled_from([0.05, 0.1, 0.5, 0.9]), st.integers(0, 5))
def test_slots_are_filled_and_probabilities_add_up_to_them(pools, n, share, seed):
    shipments = day(n, seed)
    chosen = triage.select(shipments, pools, share=share, seed=seed).frame
    for inside, slots in places_of(shipments, pools):
        expected = min(slots, inside.sum())
        assert (chosen["selected_by"][inside] != "").sum() == expected
        assert chosen["selection_probability"][inside].sum() == pytest.approx(expected)
    assert chosen["selection_probability"].between(0, 1).all()
    assert (chosen["selection_probability"][chosen["selected_by"] != ""] > 0).all()
    for pool in pools:
        assert (chosen["pool"] == pool.name).sum() <= pool.slots


@settings(max_examples=40, deadline=None)
@given(pool_sets, st.integers(1, 90), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(pools, n, random):
    shipments = day(n)
    order = list(range(n))
    random.shuffle(order)
    straight = triage.select(shipments, pools, seed=3).frame
    shuffled = triage.select(shipments.iloc[order].reset_index(drop=True), pools, seed=3).frame
    pd.testing.assert_frame_equal(straight.iloc[order].reset_index(drop=True), shuffled)


def test_the_model_takes_the_highest_risks_and_chance_the_rest():
    shipments = day(400)
    chosen = triage.select(shipments, (Pool(30),), share=0.2, seed=1).frame
    by_model = chosen["selected_by"] == "model"
    assert by_model.sum() == 24
    assert sorted(chosen.loc[by_model, "rank"]) == list(range(1, 25))
    assert (chosen["selected_by"] == "random").sum() == 6
    assert chosen.loc[~by_model, "selection_probability"].unique() == pytest.approx([6 / 376])


def test_draws_follow_the_probabilities_they_state():
    shipments = day(12)
    drawn = np.zeros(12)
    for seed in range(3000):
        drawn += triage.select(shipments, (Pool(4),), share=0.5, seed=seed).frame["selected_by"] == "random"
    stated = triage.select(shipments, (Pool(4),), share=0.5, seed=0).frame["selection_probability"]
    rest = stated < 1
    assert np.allclose(drawn[rest] / 3000, stated[rest], atol=0.035)


def test_a_single_slot_goes_to_chance_as_often_as_the_share_says():
    shipments = day(20)
    frames = [triage.select(shipments, (Pool(1),), share=0.3, seed=s).frame for s in range(1500)]
    by_chance = np.mean([(f["selected_by"] == "random").any() for f in frames])
    assert by_chance == pytest.approx(0.3, abs=0.04)
    assert frames[0]["selection_probability"].max() == pytest.approx(0.7)


@pytest.mark.parametrize(
    ("slots", "share", "expected"), [(2, 0.1, 1), (30, 0.1, 3), (1, 0.5, 0), (3, 0.99, 2)]
)
def test_at_least_one_of_two_or_more_slots_is_random(slots, share, expected):
    assert triage.random_slots(slots, share) == expected


def test_the_most_thorough_inspection_goes_to_the_highest_risks():
    pools = (Pool(5, "sea", inspection_type="scan"), Pool(3, "sea", inspection_type="full"))
    shipments = day(200, modes=("sea",))
    chosen = triage.select(shipments, pools, seed=2).frame
    model = chosen[chosen["selected_by"] == "model"].sort_values("rank")
    assert list(model["pool"]) == ["sea full"] * 2 + ["sea scan"] * 4


def test_a_more_exact_place_goes_first():
    pools = (Pool(10, "sea"), Pool(4, "sea", "T1"))
    shipments = day(300)
    chosen = triage.select(shipments, pools, seed=2).frame
    at_t1 = (shipments["location"] == "T1") & (shipments["mode"] == "sea")
    assert set(chosen["pool"][at_t1]) <= {"sea T1", ""}
    assert set(chosen["pool"][~at_t1]) <= {"sea", ""}


def test_two_pools_claiming_the_same_shipments_are_refused():
    with pytest.raises(CapacityError, match="'sea' and 'T1'"):
        triage.select(day(100), (Pool(3, "sea"), Pool(3, location="T1")), seed=0)


def test_too_much_capacity_empty_pools_and_uncovered_rows_are_told():
    shipments = day(30, modes=("sea", "air"))
    told = " | ".join(triage.select(shipments, (Pool(500, "sea"), Pool(5, "post")), seed=0).messages)
    assert "pool sea: 500 inspections" in told
    assert "pool post: no shipment" in told
    assert "in no pool" in told


def test_every_mistake_in_a_capacity_is_listed_at_once():
    with pytest.raises(CapacityError) as error:
        triage.parse("sea=4,ship=2,air=many,post=-1,sea=5,7")
    text = str(error.value)
    for part in ("'ship'", "'many'", "-1 inspections", "sea: named more than once", "'7'"):
        assert part in text
    with pytest.raises(CapacityError, match="adds up to 0"):
        triage.parse("sea=0")
    with pytest.raises(CapacityError, match="-3 inspections"):
        triage.parse("-3")


def test_capacity_from_a_file(tmp_path):
    path = tmp_path / "today.csv"
    path.write_text("location,inspection_type,slots\nT1,full,4\nT1,scan,20\n,,3\n", encoding="utf-8")
    pools = triage.parse(str(path))
    assert [p.name for p in pools] == ["T1 full", "T1 scan", "all"]
    path.write_text("terminal,inspection_type\nT1,sniff\n", encoding="utf-8")
    with pytest.raises(CapacityError) as error:
        triage.parse(str(path))
    assert "unknown column 'terminal'" in str(error.value)
    assert "'slots' is missing" in str(error.value)
    with pytest.raises(CapacityError, match="cannot be read"):
        triage.parse(str(tmp_path / "none.csv"))


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, float("nan")])
def test_a_random_share_of_nothing_or_all_is_refused(share):
    with pytest.raises(CapacityError):
        triage.check_share(share)


def test_thoroughness_knows_every_inspection_type():
    assert set(triage.THOROUGHNESS) == {*schema.INSPECTION_TYPES, ""}


def test_expected_finds_equal_enumeration():
    risk = [0.1, 0.5, 0.9, 0.3]
    total = np.zeros(5)
    for draw in itertools.product([0, 1], repeat=4):
        total[sum(draw)] += np.prod([p if d else 1 - p for p, d in zip(risk, draw, strict=True)])
    below = np.cumsum(total)
    finds = triage.expected_finds(np.array(risk), level=0.8)
    assert finds.mean == pytest.approx(1.8)
    assert finds.low == int(np.searchsorted(below, 0.1))
    assert finds.high == int(np.searchsorted(below, 0.9))
    assert triage.expected_finds(np.array([])) == triage.ExpectedFinds(0.0, 0, 0, 0.9)


@pytest.mark.parametrize("text", ["²", "--5", "9" * 5000, "٣", "sea=²"])
def test_what_only_looks_like_a_number_is_a_mistake_of_the_call(text):
    with pytest.raises(triage.CapacityError) as caught:
        triage.parse(text)
    assert len(caught.value.problems) == 1
