"""Entries of lists beside the bills they name: in whatever order, as parts, alone; other kinds of message."""

from __future__ import annotations

import itertools
import time

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features import manifest
from features.manifest import kinds, messages, statements
from features.manifest.canonical import KIND, PART, POSITION, SUMMARY, WHOLE
from features.manifest.filling import fill, fill_in_turn
from features.manifest.mapping import Lines
from features.manifest.messages import chunks
from features.manifest.messages.form import Shipment
from features.manifest.schema import BY_NAME

ORDER = ["source_file", "source_position", POSITION]


def rows(*each: dict[str, object]) -> pd.DataFrame:
    """Rows as a reader leaves them, in canonical dtypes."""
    names = list(dict.fromkeys(name for row in each for name in row))
    table = pd.DataFrame({name: [row.get(name) for row in each] for name in names})
    for name in names:
        if name in BY_NAME:
            kind = BY_NAME[name].dtype
            column = pd.to_datetime(table[name]) if kind.startswith("datetime") else table[name]
            table[name] = column.astype(kind)
    table["source_file"] = pd.Series("f", table.index, dtype="str")
    table["source_position"] = ("row " + table.index.astype("str")).astype("str")
    if SUMMARY in table:
        table[SUMMARY] = table[SUMMARY].astype("float64")
    if KIND in table:
        table[KIND] = table[KIND].astype("str")
    return table.assign(**{POSITION: range(len(table))})


def settled(*each: dict[str, object], versions: str = "latest") -> statements.Settled:
    found = statements.settle(rows(*each), Lines(), versions=versions)
    rejected = sum(map(len, found.rejected))
    assert sum(found.counts.values()) + rejected == len(each)
    return found


BILL = {
    "shipment_id": "A",
    "known_at": "2026-01-01",
    "goods_description": "live fish",
    "packages": 10,
    "gross_weight_kg": 100.0,
    "vessel_or_flight": "CX1",
    "discharge_port": "SIN",
}
ENTRY = {
    "shipment_id": "A",
    "known_at": "2026-01-03",
    "manifest_id": "F1",
    "goods_description": "FISH",
    "packages": 9,
    "vessel_or_flight": "CX9",
    "discharge_port": "BKK",
    "location": "PMC1",
    "carrier_name": "CX",
    SUMMARY: WHOLE,
}


@pytest.mark.parametrize("first", [BILL, ENTRY])
@pytest.mark.parametrize("known", ["2025-12-01", "2026-01-01", "2026-01-03", None])
def test_a_bill_keeps_its_word_and_learns_from_a_list(first, known):
    entry = {**ENTRY, "known_at": known}
    found = settled(*((BILL, entry) if first is BILL else (entry, BILL)))
    (row,) = found.table.to_dict("records")
    assert (row["goods_description"], row["packages"]) == ("live fish", 10)
    assert (row["vessel_or_flight"], row["location"], row["manifest_id"]) == ("CX9", "PMC1", "F1")
    assert (row["discharge_port"], row["delivery_place"], row["carrier_name"]) == ("BKK", "SIN", "CX")
    assert row["known_at"] == pd.Timestamp("2026-01-01")
    assert pd.isna(row.get("amendment_count"))
    assert (found.counts["shipments"], found.counts["listed"], found.counts["superseded"]) == (1, 1, 0)


def test_an_entry_alone_stands_for_its_bill():
    found = settled(ENTRY)
    assert found.table["packages"].tolist() == [9]
    assert found.counts["listed"] == 0


def test_a_list_sent_again_corrects_itself_and_amends_no_bill():
    later = {**ENTRY, "known_at": "2026-01-05", "location": "PMC2"}
    found = settled(ENTRY, BILL, later)
    assert found.table["location"].tolist() == ["PMC2"]
    assert "amendment_count" not in found.table or found.table["amendment_count"].isna().all()
    assert (found.counts["listed"], found.counts["superseded"]) == (1, 1)


PARTS = [
    {**ENTRY, "manifest_id": "F2", "vessel_or_flight": "CX2", "arrives_at": "2026-01-05", "packages": 4}
    | {"gross_weight_kg": 40.0, "container_ids": "PMC00002CX", SUMMARY: PART},
    {**ENTRY, "manifest_id": "F1", "vessel_or_flight": "CX1", "arrives_at": "2026-01-04", "packages": 6}
    | {"gross_weight_kg": 60.0, "container_ids": "PMC00001CX", SUMMARY: PART},
    {**ENTRY, "manifest_id": "F3", "vessel_or_flight": "CX3", "arrives_at": "2026-01-06", "packages": 4}
    | {"gross_weight_kg": 40.0, "container_ids": "PMC00003CX", SUMMARY: PART},
]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_parts_of_a_split_shipment_add_up(order):
    found = settled(*(PARTS[n] for n in order))
    (row,) = found.table.to_dict("records")
    assert (row["packages"], row["gross_weight_kg"]) == (14, 140)
    assert (row["vessel_or_flight"], row["manifest_id"]) == ("CX1", "F1")  # the part that arrives first
    assert row["container_ids"] == "PMC00001CX;PMC00002CX;PMC00003CX"
    assert found.counts["listed"] == 2


def test_where_each_list_says_the_total_it_stays_the_total():
    found = settled(*({**part, SUMMARY: WHOLE, "packages": 10} for part in PARTS))
    assert found.table["packages"].tolist() == [10]


def test_a_part_in_two_lists_of_one_flight_counts_once():
    other = {**PARTS[0], "manifest_id": "CX2-05JAN", "arrives_at": None}
    found = settled(PARTS[0], other, PARTS[1])
    assert found.table["packages"].tolist() == [10]


def test_parts_do_not_touch_what_the_bill_says():
    found = settled(*PARTS, BILL)
    assert found.table["packages"].tolist() == [10]
    assert found.table["vessel_or_flight"].tolist() == ["CX1"]


def test_of_all_versions_the_latest_and_those_after_the_list_are_told():
    early = {**BILL, "known_at": "2025-12-01", "packages": 8}
    late = {**BILL, "known_at": "2026-01-09", "packages": 12}
    table = settled(early, BILL, ENTRY, late, versions="all").table
    assert table["vessel_or_flight"].tolist() == ["CX1", "CX1", "CX9"]
    table = settled(ENTRY, {**late, "known_at": "2026-01-05", "packages": 9}, late, versions="all").table
    assert table["vessel_or_flight"].tolist() == ["CX9", "CX9"]
    table = settled(early, BILL, ENTRY, versions="all").table
    assert table["vessel_or_flight"].tolist() == ["CX1", "CX9"]
    assert table["known_at"].dt.day.tolist() == [1, 1]
    assert table["amendment_count"].fillna(0).tolist() == [0, 1]


ROW = {"shipment_id": "A", "goods_description": "fish", "packages": 10, "declared_value": 5.0, KIND: ""} | {
    "currency": "EUR",
    "consignee_name": "Buyer",
    "consignee_address": "1 High St",
    "gross_weight_kg": 99.8,
}
WAYBILL = {
    "shipment_id": "A",
    "known_at": "2026-01-02",
    "goods_description": "LIVE FISH",
    KIND: "cargo_xml",
} | {
    "packages": 11,
    "gross_weight_kg": 100.0,
    "consignee_name": "Somebody Else",
    "declared_value": 7.0,
}


@pytest.mark.parametrize("order", [1, -1])
def test_another_kind_of_message_fills_what_the_later_one_leaves_open(order):
    found = settled(*[ROW, {**WAYBILL, "consignee_name": "BUYER."}][::order])
    (row,) = found.table.to_dict("records")
    assert (row["goods_description"], row["gross_weight_kg"]) == ("LIVE FISH", 100.0)
    assert row["consignee_address"] == "1 High St"
    assert pd.isna(row["currency"])  # of another value
    assert pd.isna(row.get("amendment_count"))
    assert found.counts["retold"] == 1
    notes = pd.concat(found.notes)
    assert notes["column"].tolist() == ["packages", "declared_value"]


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("later", ["", "cuscar"])
def test_of_two_kinds_the_later_stands_whichever_it_is_and_whoever_says_more(order, later):
    earlier = {"": "cuscar", "cuscar": ""}[later]
    one = {
        "shipment_id": "A",
        "known_at": "2026-01-01",
        "packages": 9,
        "mode": "sea",
        "lane": "red",
        KIND: earlier,
    }
    two = {"shipment_id": "A", "known_at": "2026-01-02", "packages": 8, KIND: later}
    table = settled(*[one, two][::order]).table
    assert (table["packages"].tolist(), table["lane"].tolist()) == ([8], ["red"])
    assert table["known_at"].dt.day.tolist() == [2]


@pytest.mark.parametrize("order", [1, -1])
def test_an_address_does_not_move_to_another_name(order):
    found = settled(*[ROW, WAYBILL][::order])
    assert found.table["consignee_name"].tolist() == ["Somebody Else"]
    assert "consignee_address" not in found.table or found.table["consignee_address"].isna().all()
    assert "consignee_name" in pd.concat(found.notes)["column"].tolist()


def test_a_later_message_of_the_same_kind_says_everything_anew():
    again = {"shipment_id": "A", "known_at": "2026-01-02", "goods_description": "fish", KIND: ""}
    other = {"shipment_id": "B", KIND: "cuscar"}
    found = settled(ROW, again, other)
    assert found.table["packages"].isna().all()
    assert found.table["amendment_count"].fillna(0).tolist() == [1, 0]


def test_three_kinds_make_one_row():
    third = {"shipment_id": "A", "known_at": "2026-01-03", "marks": "X", KIND: "cuscar"}
    table, _, retold = kinds.unite(rows(ROW, WAYBILL, third), Lines())
    assert (len(table), retold) == (1, 2)
    assert (table["marks"].iloc[0], table["goods_description"].iloc[0]) == ("X", "LIVE FISH")


STATEMENT = st.fixed_dictionaries(
    {
        "shipment_id": st.sampled_from("AB"),
        SUMMARY: st.sampled_from([0.0, WHOLE, PART]),
        "known_at": st.sampled_from([None, "2026-01-01", "2026-01-02", "2026-01-03"]),
        "manifest_id": st.sampled_from(["F1", "F2", "F3"]),
        "vessel_or_flight": st.sampled_from(["CX1", "CX2"]),
        "arrives_at": st.sampled_from([None, "2026-01-04", "2026-01-05"]),
        "packages": st.sampled_from([None, 1, 2, 3]),
        "location": st.sampled_from([None, "U1", "U2"]),
        KIND: st.sampled_from(["", "cargo_xml"]),
    }
)


@settings(max_examples=120, deadline=None)
@given(
    st.lists(STATEMENT, min_size=1, max_size=6, unique_by=lambda row: tuple(map(str, row.values()))),
    st.randoms(use_true_random=False),
)
def test_no_order_of_statements_changes_what_they_amount_to(found, random):
    # Lines of one bill and moment are joined in the order they stand; each is told once here.
    bills = {(r["shipment_id"], r[KIND], r["known_at"]): r for r in found if r[SUMMARY] == 0}
    lists = {(r["shipment_id"], r["manifest_id"], r["known_at"]): r for r in found if r[SUMMARY]}
    said = [*bills.values(), *lists.values()]
    mixed = random.sample(said, len(said))
    one, other = settled(*said), settled(*mixed)
    key = lambda table: table.drop(columns=ORDER).sort_values("shipment_id", ignore_index=True)  # noqa: E731
    pd.testing.assert_frame_equal(key(one.table), key(other.table), check_like=True)
    assert one.counts == other.counts
    assert set(one.table["shipment_id"]) == {row["shipment_id"] for row in said}


def _form(monkeypatch, name: str, shipments: list[Shipment]) -> None:
    from dataclasses import replace

    form = replace(messages.BY_NAME[name], read=lambda path: iter(shipments))
    monkeypatch.setitem(messages.BY_NAME, name, form)


def test_chunks_and_batches_change_nothing(monkeypatch, make_csv, tmp_path):
    listed = [
        Shipment({"shipment_id": f"S{n}", "vessel_or_flight": "CX9", "packages": "1"}, f"entry {n}", (), True)
        for n in range(12)
    ]
    _form(monkeypatch, "cargo_imp", listed)
    telex = tmp_path / "ffm.txt"
    telex.write_text("FFM/8\n1/CX9/21NOV0400/HKG\nBKK\n160-12345675HKGBKK/T1K1/FISH\n")
    bills = [{"shipment_id": f"S{n}", "packages": 5, "known_at": "2026-01-01"} for n in range(0, 12, 2)]
    day = make_csv(bills)
    whole = manifest.read([telex, day]).table.set_index("shipment_id")
    assert whole["packages"].tolist() == [1.0] * 6 + [5.0] * 6
    assert whole["vessel_or_flight"].tolist() == ["CX9"] * 12
    monkeypatch.setattr(chunks, "CHUNK", 3)
    for paths in ([telex, day], [day, telex]):
        for size in (1, 4, 100):
            batches = list(manifest.stream(paths, rows=size))
            table = pd.concat([batch.table for batch in batches]).set_index("shipment_id")
            pd.testing.assert_frame_equal(table.loc[whole.index], whole)
            counts = pd.DataFrame([batch.counts for batch in batches]).sum()
            assert counts["rows_read"] == 18 == counts["shipments"] + counts["listed"]
            assert counts["listed"] == 6


def test_a_bill_on_thousands_of_lists_costs_what_thousands_of_bills_do():
    n = 20_000
    entry = {**ENTRY, SUMMARY: PART, "packages": 1.0}
    of_one = [{**entry, "manifest_id": f"F{i}", "vessel_or_flight": f"CX{i}"} for i in range(n)]
    began = time.process_time()
    found = settled(*of_one)
    assert time.process_time() - began < 20
    assert found.table["packages"].tolist() == [n]
    assert found.counts["listed"] == n - 1


TOLD = st.fixed_dictionaries(
    {"shipment_id": st.sampled_from("AB")},
    optional={
        "shipper_name": st.sampled_from(["Toys Ltd", "TOYS LTD.", "Birds"]),
        "shipper_address": st.sampled_from(["1 Street", "2 Street"]),
        "packages": st.sampled_from([1.0, 2.0]),
        "package_type": st.sampled_from(["BOX", "BAG"]),
        "goods_description": st.sampled_from(["toys", "fish"]),
    },
)


@given(st.lists(TOLD, min_size=2, max_size=9))
@settings(max_examples=60, deadline=None)
def test_filling_in_turn_is_filling_from_one_after_another(told):
    table = rows(*told)
    rank = table.groupby("shipment_id").cumcount()
    expected = table[rank == 0].set_index("shipment_id", drop=False)
    for step in range(1, int(rank.max()) + 1):
        others = table[rank == step]
        expected = fill(expected, pd.Index(others["shipment_id"]), others)
    found = fill_in_turn(table, "shipment_id")
    pd.testing.assert_frame_equal(found, expected, check_names=False)
