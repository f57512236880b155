"""The page of the day, as data: without Streamlit and without a database."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.views import today
from risk import triage
from risk.triage import Pool

NOW = pd.Timestamp("2026-11-22 04:00")


def frame(n: int, **columns: object) -> pd.DataFrame:
    made = pd.DataFrame(
        {
            "shipment_id": range(100, 100 + n),
            "score_id": range(200, 200 + n),
            "place": range(1, n + 1),
            "rank": range(1, n + 1),
            "bill": [f"B{i}" for i in range(n)],
            "mode": "sea",
            "location": "",
            "conveyance": "",
            "goods": "*goods* <b>",
            "origin": "VN",
            "destination": "HK",
            "pool": "",
            "risk": 0.25,
            "risk_basis": "prior",
            "arrives_at": NOW - pd.Timedelta(hours=5),
            "available_until": pd.NaT,
            "claimed_by": None,
            "claimed_name": "",
            "step": "",
            "raised": False,
            "lowered": False,
            "waiting": False,
            "list_id": None,
            "decided": False,
            "inspection": "",
            "found": None,
            "status": "",
        }
    )
    for name, value in columns.items():
        made[name] = [value] * n
    return made


def one(**columns: object) -> today.Row:
    return today.rows(frame(1, **columns), {200: ["a", "b", "c"]}, of=1000, now=NOW, user_id=7)[0]


@given(st.integers(1, 30_000))
def test_bands_cover_every_rank_in_order(of: int) -> None:
    order = [name for name, _ in today.BANDS]
    ranks = sorted({1, max(1, of // 100), max(1, of // 20), max(1, of // 5), max(1, of // 2), of})
    found = [order.index(today.band(rank, of)) for rank in ranks]
    assert found[0] == 0
    assert found == sorted(found)


def test_of_a_prior_no_probability_is_shown() -> None:
    assert one().probability is None
    assert one(risk_basis="port").probability == 0.25


def test_the_clock_of_a_live_animal_invents_nothing() -> None:
    known = one(available_until=NOW + pd.Timedelta(hours=3))
    assert (known.waited, known.left) == (5.0, 3.0)
    unknown = one(arrives_at=pd.NaT)
    assert (unknown.waited, unknown.left) == (None, None)
    assert one(arrives_at=NOW + pd.Timedelta(hours=1)).waited is None


@pytest.mark.parametrize(
    ("columns", "status"),
    [
        ({}, ""),
        ({"list_id": 1.0}, "listed"),
        ({"list_id": 1.0, "claimed_by": 9.0, "claimed_name": "ben"}, "claimed"),
        ({"step": "located", "claimed_by": 9.0}, "located"),
        ({"waiting": True, "step": "located"}, "waiting"),
        ({"decided": True, "inspection": "full", "found": ["clean"], "status": "provisional"}, "clean"),
        ({"decided": True, "inspection": "full", "found": ["live_animals"], "status": "confirmed"}, "find"),
        (
            {"decided": True, "inspection": "full", "found": ["live_animals"], "status": "overturned"},
            "overturned",
        ),
        ({"decided": True, "inspection": "scan", "found": ["other_offence"], "status": ""}, "other_offence"),
        ({"decided": True, "inspection": "not_inspected", "found": [], "status": ""}, "not_inspected"),
    ],
)
def test_what_became_of_it(columns: dict, status: str) -> None:
    assert one(**columns).status == status


def test_two_reasons_and_whose_claim() -> None:
    mine = one(claimed_by=7.0, claimed_name="ana")
    assert (mine.reasons, mine.mine, mine.claimed_by) == (("a", "b"), True, "ana")
    assert today.rows(frame(1), {}, of=1, now=NOW, user_id=7)[0].reasons == ()


@given(st.integers(0, 200), st.integers(-5, 500))
def test_pages_hold_every_row_once(n: int, number: int) -> None:
    whole = frame(n)
    shown, pages = today.page_of(whole, number)
    assert len(shown) <= today.SIZE
    listed = [each for p in range(1, pages + 1) for each in today.page_of(whole, p)[0]["shipment_id"]]
    assert listed == whole["shipment_id"].tolist()


def test_another_list_is_another_grid() -> None:
    whole = frame(5)
    prints = {today.fingerprint(each) for each in (whole, whole.iloc[::-1], whole.iloc[1:], whole.iloc[:0])}
    assert len(prints) == 4


def test_counts() -> None:
    parts = [
        frame(3),
        frame(2, list_id=1.0, claimed_by=7.0),
        frame(1, list_id=1.0, decided=True, found=["wildlife_products"], status="confirmed"),
    ]
    assert today.counts(pd.concat(parts)) == today.Counts(6, 5, 3, 2, 1, 2)
    assert today.counts(frame(0)) == today.Counts(0, 0, 0, 0, 0, 0)


def test_a_capacity_to_explore() -> None:
    pools = (Pool(5, mode="sea"), Pool(3, mode="air"))
    assert today.explored(pools, {"sea": 2}) == (Pool(2, mode="sea"), Pool(3, mode="air"))
    whole = frame(30)
    asked = whole.rename(columns={"bill": "id"}).assign(
        shipment_id=whole["bill"], risk=-whole["place"].astype(float)
    )
    chosen = triage.select(asked, (Pool(4, mode="sea"),), seed="", share=0.0).frame
    assert today.last_opened(chosen) == 4
    assert today.last_opened(chosen.assign(selected_by="")) == 0
