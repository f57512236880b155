"""Behaviour of the simulator at its public surface."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from data_samples.journey import check_digit
from data_samples.simulate import Days, benign, simulate, write
from data_samples.world import load, names
from features.manifest import schema


@pytest.fixture(scope="module")
def days() -> Days:
    return simulate(
        replace(load("base"), base_rate=0.03),
        days=12,
        per_day=500,
        seed=5,
        slots_per_day=80,
        random_share=0.5,
    )


def test_manifests_follow_the_shipment_table(days: Days) -> None:
    table = days.manifests
    assert list(table.columns) == [c.name for c in schema.COLUMNS if c.group != "outcome"]
    for name in table.columns:
        assert str(table[name].dtype) == schema.BY_NAME[name].dtype, name
    for column in schema.COLUMNS:
        if column.group == "outcome":
            continue
        if column.kind == "choice":
            assert set(table[column.name].dropna()) <= set(column.values)
        if column.kind == "number":
            assert table[column.name].dropna().between(column.low, column.high).all()


def test_every_shipment_once_and_truth_beside_it(days: Days) -> None:
    assert len(days.manifests) == 12 * 500
    assert days.manifests["shipment_id"].is_unique
    assert (days.manifests["shipment_id"] == days.truth["shipment_id"]).all()
    assert not set(schema.OUTCOME_COLUMNS) & set(days.manifests.columns)
    hides = days.truth[["live_animals", "wildlife_products"]].sum(axis=1)
    assert ((hides > 0) == days.truth["scheme"].ne("")).all()
    assert ((hides > 0) == days.truth["kg"].gt(0)).all()


def test_base_rate_is_the_worlds(days: Days) -> None:
    found = days.truth["scheme"].ne("").sum()
    assert abs(found - 0.03 * len(days.truth)) < 5 * np.sqrt(0.03 * len(days.truth))


def test_known_before_arrival_and_outcome_after(days: Days) -> None:
    table = days.manifests
    assert (table["known_at"] <= table["arrives_at"]).all()
    amended = table["last_amended_at"].notna()
    assert (amended == table["amendment_count"].gt(0)).all()
    assert (table.loc[amended, "last_amended_at"] <= table.loc[amended, "known_at"]).all()
    joined = days.outcomes.merge(table[["shipment_id", "arrives_at", "known_at"]], on="shipment_id")
    assert len(joined) == len(days.outcomes)
    assert (joined["inspected_at"] > joined["arrives_at"]).all()
    assert joined["inspected_at"].sub(joined["arrives_at"]).gt(pd.Timedelta(hours=24)).any()


def test_outcomes_only_for_inspected_rows_with_exact_probabilities(days: Days) -> None:
    outcomes, truth = days.outcomes, days.truth
    assert set(outcomes["shipment_id"]) == set(truth.loc[truth["inspected"] == 1, "shipment_id"])
    assert set(outcomes["selected_by"]) <= set(schema.SELECTED_BY)
    per_day = truth[truth["inspected"] == 1].groupby("day").size()
    assert per_day.max() <= 80 + 5  # tips come on top
    random = outcomes[outcomes["selected_by"] == "random"]
    size = truth.groupby("day").size()
    assert len(random) == pytest.approx(40 * 12, abs=12)
    floor = truth.set_index("shipment_id").loc[random["shipment_id"], "day"].map(40 / size).to_numpy()
    assert (random["selection_probability"].to_numpy() >= floor - 1e-12).all()
    expected = truth["selection_probability"].sum()
    by_arms = (outcomes["selected_by"] != "intelligence").sum()
    assert abs(by_arms - expected) < 5 * np.sqrt(expected)


def test_finds_are_missed_and_never_invented(days: Days) -> None:
    told = days.outcomes.merge(days.truth, on="shipment_id")
    true_find = told["outcome_status"].ne("overturned")
    for head in ("live_animals", "wildlife_products"):
        found = told["outcome"].str.contains(head)
        assert (told.loc[found & true_find, head] == 1).all()
        assert 0.3 < found[told[head] == 1].mean() < 0.95


@pytest.mark.parametrize("world", names())
def test_same_seed_same_bytes(world: str) -> None:
    def digest(seed: int) -> str:
        made = simulate(world, days=2, per_day=150, seed=seed)
        text = "".join(getattr(made, n).to_csv(index=False) for n in ("manifests", "outcomes", "truth"))
        return hashlib.sha256(text.encode()).hexdigest()

    assert digest(3) == digest(3)
    assert digest(3) != digest(4)


def test_files_appear_and_read_back(days: Days, tmp_path) -> None:
    paths = write(days, tmp_path / "out")
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "manifests.parquet",
        "outcomes.parquet",
        "truth.parquet",
    ]
    pd.testing.assert_frame_equal(pd.read_parquet(paths[0]), days.manifests)


def test_containers_mostly_pass_their_check_digit(days: Days) -> None:
    boxes = days.manifests["container_ids"].dropna().str.split(";").str[0]
    letters = np.array([[ord(c) - 65 for c in box[:4]] for box in boxes])
    number = boxes.str[4:10].astype(int).to_numpy()
    fits = check_digit(letters, number) == boxes.str[10].astype(int).to_numpy()
    assert 0.93 < fits.mean() < 1.0


def test_check_digit_of_the_standards_example() -> None:
    letters = np.array([[ord(c) - 65 for c in "CSQU"]])
    assert check_digit(letters, np.array([305438])).tolist() == [3]


def test_rip_on_changes_nothing_in_the_papers() -> None:
    world = replace(load("base"), base_rate=0.02)
    slipped = simulate(world, days=6, per_day=500, seed=9).truth.query("rip_on == 1")
    assert len(slipped) > 5


def test_port_can_be_anywhere() -> None:
    made = simulate(load("base").at("VN"), days=2, per_day=400, seed=1)
    ends = made.truth["origin"].eq("VN") | made.truth["destination"].eq("VN")
    assert 0.5 < ends.mean() < 1.0


def test_start_and_policy_arguments() -> None:
    made = simulate("base", days=2, per_day=100, seed=1, start=date(2024, 2, 28), slots_per_day=0)
    assert made.manifests["arrives_at"].min() >= pd.Timestamp(2024, 2, 28)
    assert made.manifests["arrives_at"].max() < pd.Timestamp(2024, 3, 1)
    assert (made.outcomes["selected_by"] == "intelligence").all()
    with pytest.raises(ValueError, match="random_share"):
        simulate("base", days=1, per_day=10, seed=1, random_share=1.5)
    with pytest.raises(ValueError, match="at least 1"):
        simulate("base", days=0, per_day=10, seed=1)


def test_history_of_traders_builds_up() -> None:
    table = simulate("base", days=30, per_day=300, seed=2, slots_per_day=0).manifests
    late = table["arrives_at"] >= table["arrives_at"].min() + pd.Timedelta(days=20)
    known = set(table.loc[~late, "consignee_name"].str.upper())
    seen = table.loc[late, "consignee_name"].str.upper().isin(known).mean()
    assert 0.05 < seen < 0.9


def test_benign_shipments_of_a_mode_destination_origin_or_heading() -> None:
    plain = benign("air", "TH", 60, seed=1)
    assert len(plain) == 60
    assert set(plain["mode"]) == {"air"}
    assert set(plain["destination_country"].dropna()) == {"TH"}
    assert plain["origin_country"].nunique() > 8
    assert set(benign("sea", "VN", 40, seed=1, origin="NG")["origin_country"].dropna()) == {"NG"}
    timber = benign("sea", "VN", 60, seed=1, heading="4403")["hs_codes"].dropna()
    assert timber.str.startswith("44").mean() > 0.8
    pd.testing.assert_frame_equal(plain, benign("air", "TH", 60, seed=1))
