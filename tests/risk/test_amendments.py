"""Amended bills: one version is learnt from, and its features are those scoring would have had then."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features import matrix
from features.history import State
from features.manifest import read, schema
from features.view import prepare
from models.labels import LabelError, labels
from models.training import Options
from risk import amendments, histories, learning
from risk.engine import timeline_of
from risk.histories import Port

OUTCOME = ["inspected_at", "inspection_type", "outcome"]
HOUR = pd.Timedelta(hours=1)


def amended_port(port):
    """Every version of 250 bills in ten manifests, a third of them amended, and their outcomes."""
    rng = np.random.default_rng(4)
    first = port(250, seed=21, start="2026-03-01")
    # A manifest is lodged as a whole.
    first["known_at"] = first.groupby("manifest_id")["known_at"].transform("min")
    first["master_id"] = first["manifest_id"] + (np.arange(250) % 3).astype(str)
    first["consignee_address"] = pd.Series([f"{i % 11} Harbour Road" for i in range(250)], dtype="str")
    second = first[rng.random(250) < 0.35].copy()
    second["known_at"] += pd.to_timedelta(rng.integers(1, 80, len(second)), unit="h")
    second["packages"] += 3
    second["consignee_name"] = [f"Importer {i}" for i in rng.integers(0, 9, len(second))]
    second["goods_description"] = rng.choice(["COTTON T SHIRTS", "CHARCOAL"], len(second))
    third = second[rng.random(len(second)) < 0.4].copy()
    third["known_at"] += pd.to_timedelta(rng.integers(1, 80, len(third)), unit="h")
    third["manifest_id"] = "M210000"
    third["shipper_name"] = "Exporter 5"
    table = pd.concat([first, second, third]).sample(frac=1, random_state=1).reset_index(drop=True)
    outcomes = first[["shipment_id", *OUTCOME]].copy()
    outcomes["inspected_at"] = first["known_at"] + pd.to_timedelta(rng.integers(1, 150, 250), unit="h")
    return table.drop(columns=OUTCOME), outcomes[rng.random(250) < 0.6].reset_index(drop=True)


@pytest.fixture(scope="module")
def past(port):
    return State.of(prepare(port(1500, seed=20, start="2025-12-01")))


@pytest.fixture(scope="module")
def history(port, tmp_path_factory):
    """The folder of the port, and what `learning` made of it."""
    folder = tmp_path_factory.mktemp("history") / "port"
    folder.mkdir()
    table, outcomes = amended_port(port)
    table.to_parquet(folder / "manifests.parquet", index=False)
    outcomes.to_parquet(folder / "outcomes.parquet", index=False)
    return table, outcomes, histories.read_ports([folder])[0]


def scored_then(table, outcomes, past, row, folder):
    """Return the features of one version as scoring has them on its day: the file and past of that moment."""
    moment = row["known_at"]
    path = folder / "then.parquet"
    table[table["known_at"] <= moment].to_parquet(path, index=False)
    known = outcomes[outcomes["inspected_at"] <= moment]
    versions, _ = histories.join_outcomes(
        read(path, versions="all").table, schema.complete(known)[["shipment_id", *schema.OUTCOME_COLUMNS]]
    )
    state = past.merge(State.of(prepare(versions)))
    view = prepare(read(path).table)
    features = matrix.build(view, timeline_of(state, [view]))
    return features[(view.table["shipment_id"] == row["shipment_id"]).to_numpy()].iloc[0]


def test_a_bill_teaches_once_in_the_version_that_was_inspected(history):
    table, outcomes, port = history
    assert port.shipments["shipment_id"].is_unique
    assert len(port.shipments) == table["shipment_id"].nunique() == 250
    assert len(port.inspected) == len(outcomes)
    known = table.merge(outcomes[["shipment_id", "inspected_at"]])
    known = known[known["known_at"] <= known["inspected_at"]].groupby("shipment_id")["known_at"].max()
    inspected = port.shipments.iloc[port.inspected].set_index("shipment_id")
    pd.testing.assert_series_equal(inspected["known_at"], known[inspected.index], check_names=False)
    first = table.groupby("shipment_id")["known_at"].min()
    rest = port.shipments[port.shipments["outcome"].isna()].set_index("shipment_id")
    pd.testing.assert_series_equal(rest["known_at"], first[rest.index], check_names=False)


def test_training_sees_what_scoring_saw(history, past, tmp_path):
    table, outcomes, port = history
    rows = learning.rows_of(port, state=past, rows=np.arange(len(port.shipments)))
    assert len(rows.features) == 250
    versions = table.groupby("shipment_id")["known_at"].rank()
    later = table[versions > 1][["shipment_id", "known_at"]]
    amended = rows.table.merge(later, how="left", indicator=True)["_merge"] == "both"
    siblings = rows.table["manifest_id"].isin(rows.table.loc[amended, "manifest_id"]) & ~amended
    asked = [*np.flatnonzero(amended)[:6], *np.flatnonzero(siblings)[-3:]]
    assert len(asked) == 9
    for i in asked:
        then = scored_then(table, outcomes, past, rows.table.loc[i], tmp_path)
        pd.testing.assert_series_equal(rows.features.loc[i], then, check_names=False, check_exact=True)
    assert rows.features.loc[asked, "shipper_shipments"].notna().any()
    assert rows.features.loc[asked, "amendments"].max() == 2
    assert rows.superseded > 0


def test_pieces_and_any_order_of_the_rows_give_the_same(history, past, monkeypatch):
    _, _, port = history
    whole = learning.rows_of(port, state=past)
    monkeypatch.setattr(amendments, "_ROWS_AT_ONCE", 1)
    pieces = learning.rows_of(port, state=past)
    pd.testing.assert_frame_equal(whole.features, pieces.features, check_exact=True)
    turned = Port("turned", port.table.iloc[::-1].reset_index(drop=True))
    turned_rows = learning.rows_of(turned, state=past)
    ids = whole.table["shipment_id"]
    place = pd.Index(turned_rows.table["shipment_id"]).get_indexer(ids)
    pd.testing.assert_frame_equal(
        whole.features, turned_rows.features.iloc[place].reset_index(drop=True), check_exact=True
    )


def alone(times, **columns):
    """A bill that is alone in its manifest, known at some hours."""
    n = len(times)
    table = pd.DataFrame(
        {
            "shipment_id": pd.Series(["A"] * n, dtype="str"),
            "manifest_id": pd.Series(["M 1"] * n, dtype="str"),
            "master_id": pd.Series(["W 1"] * n, dtype="str"),
            "known_at": (pd.Timestamp("2026-01-01") + pd.to_timedelta(times, unit="h")).astype(
                "datetime64[us]"
            ),
            "shipper_name": pd.Series(["Exporter 1"] * n, dtype="str"),
            "consignee_name": pd.Series(["Importer 1"] * n, dtype="str"),
            "goods_description": pd.Series(["CHARCOAL"] * n, dtype="str"),
            "packages": 10.0,
            "gross_weight_kg": 100.0,
        }
    )
    return schema.complete(table.assign(**columns))


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 2000), min_size=1, max_size=5, unique=True), st.integers(0, 2100))
def test_versions_of_a_bill_are_no_siblings_and_no_past_of_it(times, inspected):
    outcome = pd.Series(["clean"] * len(times), dtype="str")
    at = pd.Timestamp("2026-01-01") + inspected * HOUR
    table = alone(times, inspected_at=at.as_unit("us"), outcome=outcome)
    rows = learning.rows_of(Port("a", table))
    assert len(rows.table) == 1
    assert rows.table["known_at"].iloc[0] in set(table["known_at"])
    found = rows.features.iloc[0]
    for name in ("manifest_same_shipper", "manifest_twins", "manifest_split_consignment", "master_bills"):
        assert found[name] == 0, name
    assert not found["shipper_shipments"] > 0
    if any(time <= inspected for time in times):
        last = max(time for time in times if time <= inspected)
        assert rows.table["known_at"].iloc[0] == pd.Timestamp("2026-01-01") + last * HOUR
        assert labels(rows.table).known.all()
    else:
        with pytest.raises(LabelError):
            labels(rows.table)


def test_an_outcome_told_with_a_later_version_teaches_the_one_inspected():
    nothing = pd.Series([None, None, "live_animals"], dtype="str")
    at = pd.Series([pd.NaT, pd.NaT, pd.Timestamp("2026-01-02")]).astype("datetime64[us]")
    table = alone([0, 12, 96], inspected_at=at, outcome=nothing, packages=[1.0, 2.0, 3.0])
    taught = Port("a", table).shipments
    assert taught[["packages", "outcome"]].values.tolist() == [[2.0, "live_animals"]]
    # The last outcome stands, at the version of the first inspection: later ones knew of that.
    outcome = pd.Series(["clean", None, "live_animals"], dtype="str")
    at = pd.Series(["2026-01-01T02", None, "2026-01-05T02"]).astype("datetime64[us]")
    table = alone([0, 12, 96], inspected_at=at, outcome=outcome, packages=[1.0, 2.0, 3.0])
    taught = Port("a", table).shipments
    assert taught[["packages", "outcome"]].values.tolist() == [[1.0, "live_animals"]]
    assert taught["inspected_at"].tolist() == [pd.Timestamp("2026-01-05T02")]


def test_a_bill_number_that_comes_back_after_years_is_another_shipment():
    table = alone([0, 10, 24 * 700], packages=[1.0, 2.0, 3.0])
    assert Port("a", table).shipments["packages"].tolist() == [1.0, 3.0]
    assert len(set(amendments.bills(alone([0, 1], shipment_id=pd.Series([None, None], dtype="str"))))) == 2


@pytest.mark.parametrize("thinned", [0.0, 1.0])
@pytest.mark.parametrize("column", ["known_at", "last_amended_at"])
def test_final_versions_of_rows_amended_after_inspection_are_refused(port, column, thinned):
    table = schema.complete(port(120))
    table.loc[7, column] = table.loc[7, "inspected_at"] + HOUR
    with pytest.raises(LabelError, match="amended after the inspection") as caught:
        learning.learn([Port("a", table)], Options(), thinned=thinned)
    assert caught.value.shipment_ids == (table.loc[7, "shipment_id"],)


def test_in_a_manifest_of_too_many_moments_every_bill_still_stands_once(history, monkeypatch):
    _, _, port = history
    monkeypatch.setattr(amendments, "MOST_LAID_OUT", 0)
    rows = learning.rows_of(port, rows=np.arange(len(port.shipments)))
    bills = rows.table.groupby("manifest_id")["shipment_id"].transform("size")
    shippers = rows.table.groupby(["manifest_id", "shipper_name"])["shipment_id"].transform("size")
    assert (bills > 20).any()
    pd.testing.assert_series_equal(
        rows.features["manifest_same_shipper"], shippers - 1.0, check_names=False, check_dtype=False
    )


def test_a_later_version_counts_as_amended_where_its_file_holds_the_earlier_one(tmp_path):
    table = alone([0, 30]).drop(columns=list(schema.OUTCOME_COLUMNS)).assign(packages=[1.0, 2.0])
    for name, part in (("one", table), ("day1", table.iloc[:1]), ("day2", table.iloc[1:])):
        part.to_parquet(tmp_path / f"{name}.parquet", index=False)
    together = read(tmp_path / "one.parquet", versions="all").table
    apart = read([tmp_path / "day1.parquet", tmp_path / "day2.parquet"], versions="all").table
    assert together["amendment_count"].tolist()[1] == 1
    assert apart["amendment_count"].isna().all()
    day = read(tmp_path / "day2.parquet").table
    assert day["amendment_count"].isna().all()
