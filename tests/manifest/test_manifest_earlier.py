"""Shipments of an earlier list beside what a new input says of them: as if both had been read together."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.manifest import earlier, statements
from features.manifest.canonical import DECLARES, KIND, PART, POSITION, SUMMARY, WHOLE
from features.manifest.mapping import Lines
from features.manifest.schema import BY_NAME, complete
from features.manifest.spill import align

COLUMNS = ("known_at", "hs_codes", "lane", "packages", "vessel_or_flight", "manifest_id", "marks")
NOW = pd.Timestamp("2026-02-01")


def rows(said: list[dict[str, object]], first: int = 0) -> pd.DataFrame:
    """Rows as a reader leaves them."""
    table = pd.DataFrame({"shipment_id": pd.Series([row["shipment_id"] for row in said], dtype="str")})
    for name in COLUMNS:
        values = pd.Series([row.get(name) for row in said])
        kind = BY_NAME[name].dtype
        table[name] = (pd.to_datetime(values) if kind.startswith("datetime") else values).astype(kind)
    table["source_file"] = pd.Series("f", table.index, dtype="str")
    table["source_position"] = pd.Series("row", table.index, dtype="str")
    table[SUMMARY] = [float(row.get(SUMMARY, 0)) for row in said]
    table[DECLARES] = pd.Series([bool(row.get(DECLARES)) for row in said], dtype="boolean")
    table[KIND] = pd.Series([str(row.get(KIND, "")) for row in said], dtype="str")
    return table.assign(**{POSITION: range(first, first + len(table))})


def scored(found: statements.Settled) -> pd.DataFrame:
    """The shipments as score records give them back: dressed, written as JSON, and their origin."""
    table = complete(found.table.drop(columns=POSITION)).reset_index(drop=True)
    table["known_at"] = table["known_at"].fillna(pd.Timestamp("2026-01-31")).astype("datetime64[us]")
    origin = found.origin.drop(columns="changed").reset_index(drop=True)
    return pd.concat([table, origin], axis=1)


def settle(said: list[dict[str, object]], before: pd.DataFrame | None = None) -> statements.Settled:
    table = rows(said)
    if before is None:
        return statements.settle(table, Lines())
    taken = earlier.as_rows(before, 0)
    found = statements.settle(align([taken.table, table]), Lines(), now=NOW)
    assert sum(found.counts.values()) + sum(map(len, found.rejected)) == len(table) + len(before)
    return found


BILL = {"shipment_id": "A", "known_at": "2026-01-01", "packages": 3.0, "hs_codes": "0301"}
DECLARATION = {
    "shipment_id": "A",
    "known_at": "2026-01-03",
    "hs_codes": "0302",
    "lane": "red",
    DECLARES: True,
}
ENTRY = {"shipment_id": "A", "known_at": "2026-01-02", "vessel_or_flight": "CX1", "manifest_id": "F1"} | {
    SUMMARY: WHOLE
}


def only(found: statements.Settled) -> tuple[dict[str, object], dict[str, object]]:
    assert len(found.table) == 1
    return found.table.iloc[0].to_dict(), found.origin.iloc[0].to_dict()


def test_a_declaration_that_comes_later_enriches_and_amends_nothing():
    row, origin = only(settle([DECLARATION], scored(settle([BILL]))))
    assert (row["hs_codes"], row["lane"], row["packages"]) == ("0302", "red", 3)
    assert row["known_at"] == pd.Timestamp("2026-01-03")
    assert pd.isna(row["amendment_count"])
    assert origin["changed"]
    assert json.loads(origin["own"]) == {"hs_codes": "0301", "lane": None}
    assert origin["stated_at"] == pd.Timestamp("2026-01-01")


def test_a_declaration_without_a_time_makes_it_known_now():
    row, _ = only(settle([{**DECLARATION, "known_at": None}], scored(settle([{**BILL, "known_at": None}]))))
    assert row["known_at"] == NOW


def test_the_same_files_again_change_nothing():
    before = scored(settle([BILL, DECLARATION, ENTRY]))
    found = settle([ENTRY, DECLARATION, BILL], before)
    row, origin = only(found)
    assert not origin["changed"]
    assert pd.isna(row["amendment_count"])
    assert found.counts["repeats"] == 1


def test_an_amendment_after_the_list_keeps_what_the_declaration_said():
    before = scored(settle([BILL, DECLARATION]))
    # Dated before the declaration, and later than the bill: the bill's own time is what counts.
    row, _ = only(settle([{**BILL, "known_at": "2026-01-02", "packages": 5.0}], before))
    assert (row["packages"], row["hs_codes"], row["lane"]) == (5, "0302", "red")
    assert row["amendment_count"] == 1
    assert row["known_at"] == pd.Timestamp("2026-01-03")


def test_an_amendment_older_than_the_list_replaces_nothing():
    row, origin = only(settle([{**BILL, "known_at": "2025-12-01", "packages": 9.0}], scored(settle([BILL]))))
    assert row["packages"] == 3
    assert not origin["changed"]
    assert row["amendment_count"] == 1  # as in one input: it had been amended before the list was made


def test_the_bill_of_a_list_entry_comes_later():
    entry = {**ENTRY, "packages": 2.0}
    row, origin = only(settle([BILL], scored(settle([entry]))))
    assert (row["packages"], row["vessel_or_flight"]) == (3, "CX1")
    assert (origin["told_by"], pd.isna(row["amendment_count"])) == ("bill", True)


def test_the_second_part_of_a_split_shipment_comes_later():
    first = {**ENTRY, "packages": 2.0, SUMMARY: PART}
    second = {**first, "manifest_id": "F2", "vessel_or_flight": "CX2", "packages": 5.0}
    row, origin = only(settle([second], scored(settle([first]))))
    assert row["packages"] == 7
    assert (origin["told_by"], origin["changed"]) == ("part", True)


def test_the_bill_of_a_declaration_comes_later():
    row, origin = only(settle([BILL], scored(settle([DECLARATION]))))
    assert (row["packages"], row["lane"], row["hs_codes"]) == (3, "red", "0302")
    assert origin["told_by"] == "bill"


def test_what_is_not_spoken_of_stays_as_it_was_to_the_bit():
    before = scored(settle([BILL, {**BILL, "shipment_id": "B", "known_at": None, "packages": 0.1 + 0.2}]))
    found = settle([DECLARATION], before)
    table = found.table.set_index("shipment_id")
    assert table.loc["B", "packages"] == 0.1 + 0.2
    assert table.loc["B", "known_at"] == pd.Timestamp("2026-01-31")
    assert found.origin["changed"].tolist() == [True, False]


SAID = st.fixed_dictionaries(
    {"shipment_id": st.sampled_from("AB"), "what": st.sampled_from(["bill", "bill", "list", "declaration"])},
    optional={
        "hs_codes": st.sampled_from(["0301", "0302"]),
        "lane": st.sampled_from(["red", "green"]),
        "packages": st.sampled_from([1.0, 2.0]),
        "vessel_or_flight": st.sampled_from(["CX1", "CX2"]),
        "marks": st.sampled_from(["x", "y"]),
    },
)


def _timed(said: list[dict[str, object]]) -> list[dict[str, object]]:
    """Each statement at a time of its own, in order of arrival; one list and one declaration per bill."""
    made: list[dict[str, object]] = []
    seen: set[tuple[object, object]] = set()
    for day, row in enumerate(said, start=1):
        what = row["what"]
        if what != "bill" and (row["shipment_id"], what) in seen:
            continue
        seen.add((row["shipment_id"], what))
        marks: dict[str, object] = {"known_at": f"2026-01-{day:02}"}
        marks |= {SUMMARY: WHOLE, "manifest_id": "F1"} if what == "list" else {}
        marks |= {DECLARES: True} if what == "declaration" else {}
        made.append({**row, **marks})
    return made


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(SAID, min_size=2, max_size=7), st.integers(1, 6))
def test_in_two_runs_as_in_one(said, cut):
    said = _timed(said)
    cut = min(cut, len(said) - 1)
    if cut < 1:
        return
    whole = settle(said)
    two = settle(said[cut:], scored(settle(said[:cut])))
    one, other = (
        complete(found.table.drop(columns=[POSITION, "source_file", "source_position"]))
        .sort_values("shipment_id")
        .reset_index(drop=True)
        for found in (whole, two)
    )
    # What a declaration or a list said and the bill said too is not kept apart; an amendment that takes it
    # back is the one thing two runs cannot know.
    bills = [row["shipment_id"] for row in said if row["what"] == "bill"]
    if len(bills) == len(set(bills)):
        pd.testing.assert_frame_equal(one, other)
    assert one["shipment_id"].tolist() == other["shipment_id"].tolist()
    pd.testing.assert_series_equal(one["amendment_count"], other["amendment_count"])
    pd.testing.assert_series_equal(one["known_at"], other["known_at"])


@pytest.mark.parametrize("told", earlier.TOLD_BY)
def test_every_kind_of_origin_is_taken_up(told):
    frame = scored(settle([BILL])).assign(told_by=pd.Series([told], dtype="str"))
    taken = earlier.as_rows(frame, 5)
    assert taken.read == 1
    assert (taken.table[POSITION] < 0).all()
    found = statements.settle(taken.table, Lines())
    assert found.table["packages"].tolist() == [3]
    assert found.origin["told_by"].tolist() == [told]


def test_a_small_change_is_one_and_the_last_bits_of_a_number_are_none():
    was = pd.Series([100.0, 100.0, 0.1 + 0.2, np.nan, np.nan, 0.0])
    now = pd.Series([100.1, 100.00001, 0.3, np.nan, 1.0, 0.0])
    assert earlier.differ(was, now).tolist() == [True, True, False, False, True, False]
    texts = pd.Series(["a", "a", None, None], dtype="str")
    assert earlier.differ(texts, pd.Series(["a", "A", None, "a"], dtype="str")).tolist() == [
        False,
        True,
        False,
        True,
    ]
