"""The past is exactly what came strictly earlier, however the rows arrive."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from features.evidence import record
from features.history import HistoryError, State, Timeline

FEATURES = [f.name for f in record.FEATURES]
some = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
seeds = st.integers(0, 10_000)


def past(view, state=None, rows=None):
    return Timeline(state or State.empty(), view).lookup(view, rows)


@some
@given(seed=seeds, size=st.integers(5, 70))
def test_order_of_rows_changes_nothing(make_view, make_port, seed, size):
    rows = make_port(seed, size)
    order = np.random.default_rng(seed).permutation(size)
    whole, shuffled = past(make_view(rows)), past(make_view(rows.iloc[order]))
    assert_frame_equal(whole.iloc[order].reset_index(drop=True), shuffled)


@some
@given(seed=seeds, size=st.integers(10, 70), cut=st.floats(0.1, 0.95))
def test_future_rows_and_outcomes_change_nothing(make_view, make_port, seed, size, cut):
    rows = make_port(seed, size).sort_values("known_at", kind="stable").reset_index(drop=True)
    moment = rows["known_at"].quantile(cut, interpolation="nearest")
    early = rows[rows["known_at"] <= moment].copy()
    unknown_yet = early["inspected_at"] >= moment
    early.loc[unknown_yet, ["inspected_at", "outcome"]] = None
    # other rows take the place of the future that was cut away
    other = make_port(seed + 1, 20)
    other["known_at"] = moment + (other["known_at"] - other["known_at"].min()) + pd.Timedelta(hours=1)
    other["inspected_at"] = other["inspected_at"].where(other["inspected_at"] > moment)
    changed = pd.concat([early, other], ignore_index=True)
    whole = past(make_view(rows)).iloc[: len(early)]
    assert_frame_equal(whole, past(make_view(early)))
    assert_frame_equal(whole, past(make_view(changed)).iloc[: len(early)])


@some
@given(seed=seeds, size=st.integers(10, 70), cut=st.floats(0.0, 1.0))
def test_absorbed_then_scored_is_scored_as_a_whole(make_view, make_port, seed, size, cut):
    rows = make_port(seed, size).sort_values("known_at", kind="stable").reset_index(drop=True)
    half = int(cut * size)
    whole = past(make_view(rows))
    state = State.empty().absorb(make_view(rows.iloc[:half]))
    assert_frame_equal(whole.iloc[half:].reset_index(drop=True), past(make_view(rows.iloc[half:]), state))


@some
@given(seed=seeds, size=st.integers(8, 40))
def test_one_at_a_time_is_the_batch(make_view, make_port, seed, size):
    rows = make_port(seed, size)
    whole = past(make_view(rows))
    for row in range(0, size, 7):
        earlier = rows[rows["known_at"] < rows["known_at"][row]]
        state = State.empty().absorb(make_view(earlier))
        alone = past(make_view(rows.iloc[[row]]), state)
        assert_frame_equal(whole.iloc[[row]].reset_index(drop=True), alone)


def test_picking_rows_gives_the_same_rows(make_view, make_port):
    view = make_view(make_port(3, 300))
    timeline = Timeline(State.empty(), view)
    whole = timeline.lookup(view)
    picked = np.array([250, 3, 3, 17])
    assert_frame_equal(timeline.lookup(view, picked), whole.iloc[picked].reset_index(drop=True))
    mask = np.zeros(300, dtype=bool)
    mask[[3, 17]] = True
    assert_frame_equal(timeline.lookup(view.take(mask)), whole[mask].reset_index(drop=True))


def test_columns_are_those_of_the_registry_and_in_range(make_view, make_port):
    frame = past(make_view(make_port(5, 2_000, days=400)))
    assert list(frame.columns) == FEATURES + [f.name for f in record.FACTS]
    for feature in record.FEATURES:
        values = frame[feature.name].dropna()
        assert len(values), feature.name
        assert values.between(feature.low, feature.high).all(), feature.name
        if feature.dtype == "count":
            assert (values == np.floor(values)).all(), feature.name


def brute_force(rows: pd.DataFrame, row: int, role: str) -> dict[str, float]:
    """Count by plain loops what the shipper's past is, for rows without amendments or spellings."""
    now = rows.loc[row, "known_at"]
    same = rows[(rows[f"{role}_name"] == rows.loc[row, f"{role}_name"]) & (rows["known_at"] < now)]
    found = rows[(rows[f"{role}_name"] == rows.loc[row, f"{role}_name"]) & (rows["inspected_at"] < now)]
    real = (found["outcome_status"] != "overturned") & ~found["permit_valid"].fillna(False).astype(bool)
    return {
        f"{role}_shipments": len(same),
        f"{role}_shipments_30d": int((same["known_at"] >= now - pd.Timedelta(days=30)).sum()),
        f"{role}_days_since_last": (now - same["known_at"].max()) / pd.Timedelta(days=1),
        f"{role}_inspected": len(found),
        f"{role}_live_finds": int((found["outcome"].str.contains("live_animals") & real).sum()),
        f"{role}_product_finds": int((found["outcome"].str.contains("wildlife_products") & real).sum()),
    }


def test_counts_are_those_of_plain_loops(make_view, make_port):
    rows = make_port(11, 400, days=300)
    rows["shipment_id"] = [f"S{i}" for i in range(len(rows))]
    rows["inspected_at"] = np.maximum(rows["inspected_at"], rows["known_at"]).where(
        rows["inspected_at"].notna()
    )
    firms = np.array([f"Firm {word} Ltd" for word in ("Kalumba", "Orsted", "Wexford", "Brizolak")])
    for role in ("shipper", "consignee"):
        rows[f"{role}_name"] = firms[np.random.default_rng(1).integers(0, 4, len(rows))]
        for column in ("id", "address", "phone"):
            rows[f"{role}_{column}"] = None
    frame = past(make_view(rows))
    checked = frame.index[frame["history_days"] >= 90]
    assert len(checked) > 100
    for row in checked:
        for name, expected in brute_force(rows, row, "shipper").items():
            np.testing.assert_allclose(frame.loc[row, name], expected, err_msg=name)


def test_missing_until_ninety_days_are_covered(make_view, make_port):
    rows = make_port(2, 500)
    frame = past(make_view(rows))
    day = (rows["known_at"] - rows["known_at"].min()) / pd.Timedelta(days=1)
    assert frame.loc[day < 90, FEATURES].isna().all(axis=None)
    assert frame.loc[day >= 90, "heading_find_rate"].notna().any()
    assert (
        frame.loc[(day >= 12) & (day < 13), "shipper_unknown"] == "this port's records cover 12 days"
    ).all()


def test_amended_shipment_counts_once_and_is_not_its_own_past(make_view):
    days = [0, 100, 101, 102, 103]
    rows = pd.DataFrame(
        {
            "shipment_id": ["A", "B", "B", "B", "C"],
            "known_at": pd.Timestamp("2024-01-01") + pd.to_timedelta(days, unit="D"),
            "shipper_name": ["Other Ltd"] + ["Brizolak Ltd"] * 4,
            "consignee_name": "Wexford Ltd",
        }
    )
    frame = past(make_view(rows))
    assert frame["shipper_shipments"].tolist()[1:] == [0, 0, 0, 1]
    assert frame["consignee_shipments"].tolist()[1:] == [1, 1, 1, 2]


def test_permitted_and_overturned_finds_are_no_finds(make_view):
    start = pd.Timestamp("2024-01-01")
    rows = pd.DataFrame(
        {
            "shipment_id": list("ABCDE"),
            "known_at": start + pd.to_timedelta([0, 1, 2, 3, 120], unit="D"),
            "shipper_name": "Brizolak Ltd",
            "consignee_name": "Wexford Ltd",
            "inspected_at": start + pd.to_timedelta([5, 5, 5, 5, np.nan], unit="D"),
            "outcome": ["live_animals", "wildlife_products", "live_animals;wildlife_products", "clean", None],
            "outcome_status": ["overturned", "confirmed", "confirmed", "confirmed", None],
            "permit_valid": pd.array([None, True, False, None, None], dtype="boolean"),
        }
    )
    last = past(make_view(rows)).iloc[-1]
    assert (last["shipper_inspected"], last["shipper_live_finds"], last["shipper_product_finds"]) == (4, 1, 1)
    assert last["shipper_clean"] == 1


def test_find_rate_rises_with_finds_and_quiet_scans_weigh_less(make_view):
    def rate(outcome, kind):
        start = pd.Timestamp("2024-01-01")
        rows = pd.DataFrame(
            {
                "shipment_id": [f"S{i}" for i in range(41)],
                "known_at": start + pd.to_timedelta([*range(40), 120], unit="D"),
                "shipper_name": ["Brizolak Ltd"] * 20 + ["Kalumba Ltd"] * 20 + ["Brizolak Ltd"],
                "consignee_name": "Wexford Ltd",
                "inspected_at": start + pd.to_timedelta([*range(40, 80), np.nan], unit="D"),
                "outcome": [outcome] * 20 + ["live_animals"] + ["clean"] * 19 + [None],
                "inspection_type": kind,
            }
        )
        return past(make_view(rows)).iloc[-1]["shipper_find_rate"]

    assert rate("live_animals", "full") > rate("clean", "scan") > rate("clean", "full")
    assert rate("clean", "scan") < 0


def test_no_time_at_all_is_an_error_that_counts(make_view, make_port):
    rows = make_port(1, 10)
    rows.loc[[2, 5], "known_at"] = pd.NaT
    with pytest.raises(HistoryError, match="2 of 10"):
        Timeline(State.empty(), make_view(rows))
    rows["arrives_at"] = pd.Timestamp("2024-05-01")
    assert len(past(make_view(rows))) == 10


def test_foreign_shipments_are_refused(make_view, make_port):
    timeline = Timeline(State.empty(), make_view(make_port(1, 10)))
    with pytest.raises(HistoryError, match="not part"):
        timeline.lookup(make_view(make_port(2, 10)))


def test_names_of_other_scripts_with_the_same_past_give_the_same_numbers(make_view):
    rng = np.random.default_rng(4)
    size = 600
    people = {
        "latin": ["John Barker", "Emma Fields", "Peter Sand"],
        "viet": ["Nguyễn Văn An", "Trần Thị Sa", "Lê Hoàng Nam"],
        "han": ["陈伟", "王芳芳", "李娜"],
        "arab": ["محمد علي", "فاطمة حسن", "عمر خان"],
        "thai": ["สมชาย ใจดี", "มาลี ศรีสุข", "ประเสริฐ ทองคำ"],
        "cyril": ["Иван Петров", "Анна Смирнова", "Олег Бык"],
    }
    who, to = rng.integers(0, 3, size), rng.integers(0, 3, size)
    base = pd.DataFrame(
        {
            "shipment_id": [f"S{i}" for i in range(size)],
            "known_at": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 200, size), unit="D"),
            "consignee_address": np.array([None, "12 Ham Nghi St", "5 Dock Rd 77"], dtype=object)[to],
            "heading": "0301",
        }
    )
    frames = []
    for names in people.values():
        rows = base.assign(shipper_name=np.array(names)[who], consignee_name=np.array(names)[to])
        frames.append(past(make_view(rows))[FEATURES])
    for frame in frames[1:]:
        assert_frame_equal(frames[0], frame)
