"""Which shipment a row of results speaks of."""

import numpy as np
import pandas as pd
import pytest

from features.manifest import schema
from risk import matching


def shipments(**columns):
    n = len(next(iter(columns.values())))
    table = pd.DataFrame({name: pd.Series(values, dtype="str") for name, values in columns.items()})
    for name in ("known_at", "arrives_at", "inspected_at"):
        if name in table:
            table[name] = pd.to_datetime(table[name]).astype("datetime64[us]")
    return schema.complete(table).reset_index(drop=True).iloc[:n]


def matched(rows, known):
    frame = matching.match(shipments(**rows), shipments(**known)).frame
    return list(zip(frame["shipment_id"].fillna(""), frame["why"], frame["candidates"], strict=True))


WHEN = ["2026-02-02"]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ({"shipment_id": ["b-1"]}, ("B1", "", "")),
        ({"shipment_id": ["M2"]}, ("B3", "", "")),
        ({"shipment_id": ["M1"]}, ("", "ambiguous", "B1;B2")),
        ({"shipment_id": ["M1"], "container_ids": ["C2"]}, ("B2", "", "")),
        ({"master_id": ["M1"], "container_ids": ["C9"]}, ("", "ambiguous", "B1;B2")),
        ({"shipment_id": ["Z"], "container_ids": ["C1"]}, ("", "unknown", "B1")),
        ({"shipment_id": ["B1"], "container_ids": ["C2"]}, ("", "contradictory", "B1")),
        ({"declaration_id": ["D1"]}, ("B1", "", "")),
        ({"declaration_id": ["D7"], "container_ids": ["C1"]}, ("", "unknown", "B1")),
        ({"declaration_id": ["D7"], "container_ids": ["C3"]}, ("B3", "", "")),
        ({"shipment_id": ["B2"], "declaration_id": ["D1"]}, ("", "contradictory", "B2")),
        ({"container_ids": ["c 3"]}, ("B3", "", "")),
        ({"goods_description": ["x"]}, ("", "no identifier", "")),
    ],
)
def test_identifiers_narrow_and_nothing_is_guessed(rows, expected):
    known = {
        "shipment_id": ["B1", "B2", "B3"],
        "master_id": ["M1", "M1", "M2"],
        "declaration_id": ["D1", "D2", None],
        "container_ids": ["C1", "C2", "C3"],
        "known_at": ["2026-01-30"] * 3,
    }
    assert matched(rows | {"inspected_at": WHEN}, known) == [expected]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ({"container_ids": ["C1"], "inspected_at": ["2026-02-02"]}, ("NEW", "")),
        ({"container_ids": ["C1"], "inspected_at": ["2025-06-20"]}, ("OLD", "")),
        ({"container_ids": ["C1"], "inspected_at": ["2025-07-09"]}, ("OLD", "")),
        ({"container_ids": ["C1"], "inspected_at": ["2025-07-12"]}, ("", "another time")),
        ({"container_ids": ["C1"], "inspected_at": ["2025-10-01"]}, ("", "another time")),
        ({"container_ids": ["C1"]}, ("", "another time")),
        ({"shipment_id": ["NEW"], "inspected_at": ["2025-06-20"]}, ("", "another time")),
        ({"shipment_id": ["NEW"], "inspected_at": ["2026-04-20"]}, ("NEW", "")),
        ({"shipment_id": ["NEW"], "inspected_at": ["2027-04-20"]}, ("", "another time")),
    ],
)
def test_numbers_and_containers_come_back(rows, expected):
    known = {
        "shipment_id": ["OLD", "NEW"],
        "container_ids": ["C1", "C1"],
        "known_at": ["2025-06-01", "2026-01-30"],
        "arrives_at": ["2025-06-10", None],
    }
    assert [one[:2] for one in matched(rows, known)] == [expected]


def test_a_bill_that_is_also_the_master_of_another_is_meant_itself():
    known = {"shipment_id": ["B1", "B2"], "master_id": [None, "B1"], "known_at": ["2026-01-30"] * 2}
    assert matched({"shipment_id": ["B1"], "inspected_at": WHEN}, known) == [("B1", "", "")]


def test_a_bill_written_exactly_goes_before_one_written_alike():
    known = {"shipment_id": ["1-23", "12-3"], "known_at": ["2026-01-30"] * 2}
    rows = {"shipment_id": ["12-3", "123"], "inspected_at": WHEN * 2}
    assert matched(rows, known) == [("12-3", "", ""), ("", "ambiguous", "1-23;12-3")]


def test_a_number_that_thousands_share_names_nobody_and_costs_nothing():
    n = 20_000
    known = {"shipment_id": [f"B{i}" for i in range(n)], "master_id": ["M"] * n}
    found = matching.match(shipments(master_id=["M"] * 3_000), shipments(**known)).frame
    assert set(found["why"]) == {"ambiguous"}


def test_matching_is_by_sets_and_not_row_by_row():
    n = 100_000
    ids = [f"B{i}" for i in range(n)]
    known = shipments(shipment_id=ids, known_at=["2026-01-30"] * n)
    rows = shipments(shipment_id=ids, inspected_at=["2026-02-02"] * n)
    found = matching.match(rows, known)
    assert found.matched.all()
    assert np.array_equal(found.frame["shipment_id"].to_numpy(), np.array(ids))


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ({"registration_number": ["2026 1188"], "line_number": ["7"]}, "B1"),
        ({"registration_number": ["1188/2026"], "line_number": ["007"]}, "B1"),
        ({"registration_number": ["20261188"], "line_number": ["7"]}, "B1"),
        ({"registration_number": ["0001188"], "line_number": ["7"]}, "B1"),
        ({"registration_number": ["2025 1188"], "line_number": ["7"]}, ""),
        ({"registration_number": ["2026 1189"], "line_number": ["7"]}, "B2"),  # the year of its arrival
        ({"registration_number": ["2025-1189"], "line_number": ["7"]}, "B2"),  # the year it was known in
        ({"registration_number": ["1189"], "line_number": ["7"]}, "B2"),
        ({"registration_number": ["2024 1189"], "line_number": ["7"]}, ""),
    ],
)
def test_a_registration_is_one_however_its_year_is_written(rows, expected):
    known = {
        "shipment_id": ["B1", "B2"],
        "registration_number": ["2026/0001188", "1189"],
        "line_number": ["7", "0007"],
        "known_at": ["2026-01-30", "2025-12-30"],
        "arrives_at": ["2026-02-01", "2026-01-02"],
    }
    assert [one[0] for one in matched(rows | {"inspected_at": WHEN}, known)] == [expected]


def test_two_offices_may_register_under_one_number():
    known = {
        "shipment_id": ["B1", "B2"],
        "registration_number": ["2026 7", "2026 7"],
        "line_number": ["1", "1"],
        "customs_office": ["HKHKG", "THBKK"],
        "known_at": ["2026-01-30"] * 2,
    }
    rows = {
        "registration_number": ["2026 7"] * 3,
        "line_number": ["1"] * 3,
        "customs_office": ["THBKK", None, "VNSGN"],
        "inspected_at": WHEN * 3,
    }
    found = matched(rows, known)
    assert [one[:2] for one in found] == [("B2", ""), ("", "ambiguous"), ("", "ambiguous")]


@pytest.mark.slow
def test_a_million_results_are_matched_in_bounded_memory():
    """Time and memory grow with the rows: a million of them take a few seconds a hundred thousand take."""
    import time
    import tracemalloc

    def cost(n):
        known = shipments(shipment_id=[f"B{i}" for i in range(n)], known_at=["2026-01-30"] * n)
        rows = shipments(shipment_id=[f"b-{i}" for i in range(n)], inspected_at=["2026-02-02"] * n)
        tracemalloc.start()
        began = time.process_time()
        assert matching.match(rows, known).matched.all()
        taken = time.process_time() - began
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return taken, peak

    small, large = cost(100_000), cost(1_000_000)
    assert large[0] < 20 * small[0] + 1
    assert large[1] < 14 * small[1]
    assert large[1] < 3e9


def test_a_registration_without_a_line_is_no_line_of_it():
    known = {
        "shipment_id": ["B1"],
        "registration_number": ["2026 7"],
        "line_number": ["1"],
        "known_at": ["2026-01-30"],
    }
    assert matched({"registration_number": ["2026 7"], "inspected_at": WHEN}, known) == [("B1", "", "")]
