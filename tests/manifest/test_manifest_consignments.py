"""Rows that share a bill: joined, dropped, superseded or rejected, and always accounted for."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features import manifest

BILL = {"shipment_id": "A", "shipper_name": "ACME", "consignee_name": "BUYER"}


def accounted(counts: dict[str, int]) -> bool:
    parts = counts.keys() - {"rows_read"}
    return counts["rows_read"] == sum(counts[name] for name in parts)


def line(**cells: object) -> dict[str, object]:
    return {**BILL, **cells}


def test_lines_are_joined(make_csv):
    rows = [
        line(
            goods_description="SHOES",
            hs_codes="6403",
            packages=10,
            gross_weight_kg=100,
            container_ids="ABCU1234567",
        ),
        line(
            goods_description="BAGS",
            hs_codes="4202;6403",
            packages=5,
            gross_weight_kg=60,
            shipper_name="Acme.",
        ),
        {"shipment_id": "B", "goods_description": "TOYS", "packages": 1},
    ]
    found = manifest.read(make_csv(rows))
    first = found.table.iloc[0]
    assert first["goods_description"] == "SHOES; BAGS"
    assert first["hs_codes"] == "6403;4202"
    assert (first["packages"], first["gross_weight_kg"]) == (15, 160)
    items = json.loads(first["items"])
    assert [(item["description"], item.get("hs"), item["kg"]) for item in items] == [
        ("SHOES", "6403", 100),
        ("BAGS", None, 60),
    ]
    assert pd.isna(found.table["items"].iloc[1])
    assert found.counts == {
        "rows_read": 3,
        "shipments": 2,
        "joined": 1,
        "retold": 0,
        "listed": 0,
        "declared": 0,
        "repeats": 0,
        "superseded": 0,
        "rejected": 0,
    }


def test_a_total_on_every_line_counts_once_and_says_so(make_csv):
    rows = [line(goods_description=g, packages=40, gross_weight_kg=900) for g in ("SHOES", "BAGS", "HATS")]
    found = manifest.read(make_csv(rows))
    assert found.table[["packages", "gross_weight_kg"]].values.tolist() == [[40, 900]]
    assert set(found.notes["column"]) == {"packages", "gross_weight_kg"}
    assert all("kg" not in item for item in json.loads(found.table["items"].iloc[0]))


def test_a_single_equal_quantity_is_summed(make_csv):
    rows = [line(goods_description=g, packages=1) for g in ("SHOES", "BAGS")]
    assert manifest.read(make_csv(rows)).table["packages"].tolist() == [2]


def test_a_total_line_is_not_added_to_its_parts(make_csv):
    rows = [
        line(goods_description="ALL", packages=15, gross_weight_kg=160),
        line(goods_description="SHOES", packages=10, gross_weight_kg=100),
        line(goods_description="BAGS", packages=5, gross_weight_kg=60),
    ]
    table = manifest.read(make_csv(rows)).table
    assert table[["packages", "gross_weight_kg"]].values.tolist() == [[15, 160]]
    assert len(json.loads(table["items"].iloc[0])) == 2


@pytest.mark.parametrize(("total", "kg"), [("repeated", 900), ("lines", 1800)])
def test_the_mapping_decides_over_totals(make_csv, total, kg):
    rows = [line(goods_description=g, packages=40, gross_weight_kg=900) for g in ("SHOES", "BAGS")]
    names = ("shipment_id", "goods_description", "packages", "gross_weight_kg")
    text = "[columns]\n" + "\n".join(f'{n} = "{n}"' for n in names) + f'\n[lines]\ntotal = "{total}"\n'
    assert manifest.read(make_csv(rows), manifest.parse_mapping(text)).table["gross_weight_kg"].tolist() == [
        kg
    ]


def test_values_in_several_currencies_are_not_added(make_csv):
    rows = [
        line(goods_description="A", declared_value=5, currency="USD"),
        line(goods_description="B", declared_value=7, currency="EUR"),
    ]
    found = manifest.read(make_csv(rows))
    assert found.table["declared_value"].isna().all()
    assert "currency" in found.notes["expected"].iloc[0]


def test_identical_rows_are_repeats(make_csv):
    found = manifest.read(make_csv([line(packages=3), line(packages=3), line(packages=3)]))
    assert found.table["packages"].tolist() == [3]
    assert found.counts["repeats"] == 2


def test_rows_of_one_bill_that_contradict_each_other_are_rejected(make_csv):
    rows = [
        line(packages=3),
        line(packages=4, shipper_name="OTHER", loading_port="CNSHA"),
        {"shipment_id": "B"},
    ]
    found = manifest.read(make_csv(rows))
    assert found.table["shipment_id"].tolist() == ["B"]
    assert found.rejected["source_position"].tolist() == ["row 2", "row 3"]
    assert found.rejected["reason"].str.endswith("different shipper_name").all()


def test_an_amendment_replaces_the_earlier_version(make_csv):
    rows = [
        line(known_at="2026-01-02", packages=4, gross_weight_kg=1),
        line(known_at="2026-01-01", packages=3),
        line(known_at="2026-01-03", packages=4, gross_weight_kg=1),
    ]
    latest = manifest.read(make_csv(rows))
    assert latest.table[["packages", "amendment_count"]].values.tolist() == [[4, 1]]
    assert (
        latest.table["known_at"].iloc[0]
        == latest.table["last_amended_at"].iloc[0]
        == pd.Timestamp("2026-01-02")
    )
    assert (latest.counts["superseded"], latest.counts["repeats"]) == (1, 1)  # sent again unchanged: a repeat
    every = manifest.read(make_csv(rows), versions="all")
    assert every.table["packages"].tolist() == [4, 3]
    assert every.table["amendment_count"].tolist() == [1, pytest.approx(np.nan, nan_ok=True)]
    assert accounted(every.counts)


def test_an_outcome_on_another_row_adds_no_weight(make_csv):
    rows = [line(packages=3, gross_weight_kg=7), line(packages=3, gross_weight_kg=7, outcome="live_animals")]
    table = manifest.read(make_csv(rows)).table
    assert table[["packages", "gross_weight_kg"]].values.tolist() == [[3, 7]]
    assert table["outcome"].tolist() == ["live_animals"]


def test_a_find_outweighs_a_clean_line(make_csv):
    rows = [
        line(goods_description="A", outcome="clean"),
        line(goods_description="B", outcome="wildlife_products"),
    ]
    assert manifest.read(make_csv(rows)).table["outcome"].tolist() == ["wildlife_products"]


SMALL = st.fixed_dictionaries(
    {"shipment_id": st.sampled_from(["A", "B", "C", "D", ""])},
    optional={
        "master_id": st.sampled_from(["M1", "M2"]),
        "manifest_id": st.sampled_from(["N1", "N2"]),
        "known_at": st.sampled_from(["2026-01-01", "2026-01-02"]),
        "shipper_name": st.sampled_from(["ACME", "OTHER"]),
        "goods_description": st.sampled_from(["SHOES", "BAGS", "木"]),
        "packages": st.sampled_from(["1", "2", "3", "x"]),
        "gross_weight_kg": st.sampled_from(["10", "20", "30"]),
        "outcome": st.sampled_from(["clean", "live_animals"]),
    },
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(SMALL, min_size=1, max_size=9), st.integers(1, 6), st.sampled_from(["latest", "all"]))
def test_every_row_is_accounted_for_and_stream_equals_read(make_csv, rows, size, versions):
    path = make_csv(
        rows,
        header=[
            "shipment_id",
            "master_id",
            "manifest_id",
            "known_at",
            "shipper_name",
            "goods_description",
            "packages",
            "gross_weight_kg",
            "outcome",
        ],
    )
    if not any(any(row.values()) for row in rows):
        return
    whole = manifest.read(path, versions=versions)
    batches = list(manifest.stream(path, rows=size, versions=versions))
    assert accounted(whole.counts)
    assert all(accounted(batch.counts) for batch in batches)
    assert {name: sum(batch.counts[name] for batch in batches) for name in whole.counts} == whole.counts
    for part in ("table", "rejected", "notes"):
        together = pd.concat([getattr(batch, part) for batch in batches], ignore_index=True)
        pd.testing.assert_frame_equal(ordered(together), ordered(getattr(whole, part)))
    for column in ("shipment_id", "master_id", "manifest_id"):
        homes = [set(batch.table[column].dropna()) for batch in batches]
        assert sum(map(len, homes)) == len(set().union(*homes))


def ordered(frame: pd.DataFrame) -> pd.DataFrame:
    number = frame["source_position"].str.extract(r"(\d+)")[0].astype(float)
    keys = frame.assign(__n=number).sort_values(
        [c for c in ("__n", "column", "shipment_id") if c in frame or c == "__n"], kind="stable"
    )
    return keys.drop(columns="__n").reset_index(drop=True)


def test_bills_and_repeats_are_settled_over_several_files_and_chunks(make_csv, monkeypatch):
    from features.manifest import rows as rows_module

    monkeypatch.setattr(rows_module, "CHUNK", 3)
    one = [
        {"shipment_id": f"S{i}", "manifest_id": f"M{i % 4}", "packages": i, "goods_description": "a"}
        for i in range(10)
    ]
    two = [
        {"shipment_id": f"S{i}", "manifest_id": f"M{i % 4}", "packages": i, "goods_description": "a"}
        for i in range(5, 15)
    ]
    paths = [make_csv(one, "one.csv"), make_csv(two, "two.csv")]
    whole = manifest.read(paths)
    assert (len(whole.table), whole.counts["repeats"]) == (15, 5)
    for size in (1, 4, 100):
        batches = list(manifest.stream(paths, rows=size))
        together = pd.concat([batch.table for batch in batches], ignore_index=True)
        keys = ["source_file", "source_position"]
        pd.testing.assert_frame_equal(
            together.sort_values(keys, ignore_index=True), whole.table.sort_values(keys, ignore_index=True)
        )
        homes = [set(batch.table["manifest_id"]) for batch in batches]
        assert sum(map(len, homes)) == 4  # each of the four manifests in one batch
        assert len(batches) == {1: 4, 4: 4, 100: 1}[size]


def test_outcomes_file(make_csv):
    rows = [
        {"shipment_id": "A", "outcome": "clean", "inspected_at": "2026-01-01"},
        {"shipment_id": "A", "outcome": "live animals", "inspected_at": "2026-01-05"},
        {"shipment_id": "B", "outcome": "clean", "inspected_at": "2026-01-02", "packages": 9},
    ]
    found = manifest.read_outcomes(make_csv(rows))
    assert found.table.set_index("shipment_id")["outcome"].to_dict() == {"A": "live_animals", "B": "clean"}
    assert "packages" not in found.table
    assert accounted(found.counts)
    with pytest.raises(manifest.ManifestError, match="outcome"):
        manifest.read_outcomes(make_csv([{"shipment_id": "A", "packages": 1}], "none.csv"))
