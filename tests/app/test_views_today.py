"""The page of the day, as data: without Streamlit and without a database."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.paper import sheets
from app.views import capacity, day_table, today
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
            "log_odds": [-1.0 - i for i in range(n)],
            "heading": "0106",
            "loading_port": "SGN",
            "discharge_port": "HKG",
            "containers": "",
            "claim_expires_at": NOW,
            "floor": 0,
            "floor_reason": "",
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
            "permit_valid": None,
            "status": "",
        }
    )
    for name, value in columns.items():
        made[name] = [value] * n
    return made


def one(**columns: object) -> today.Row:
    day = today.Day(NOW, 1000, -9.0, -1.0)
    return today.rows(frame(1, **columns), {200: ["a", "b", "c"]}, day=day, user_id=7)[0]


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
        (
            {
                **{"decided": True, "inspection": "full", "found": ["live_animals"], "status": "confirmed"},
                "permit_valid": True,
            },
            "covered",
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
    assert mine.claimed_until == NOW
    whole = frame(1)
    assert today.rows(whole, {}, day=today.Day.of(whole, NOW), user_id=7)[0].reasons == ()


@given(st.integers(0, 200), st.integers(-5, 500))
def test_pages_hold_every_row_once(n: int, number: int) -> None:
    whole = frame(n)
    shown, pages = today.page_of(whole, number)
    assert len(shown) <= today.SIZE
    listed = [each for p in range(1, pages + 1) for each in today.page_of(whole, p)[0]["shipment_id"]]
    assert listed == whole["shipment_id"].tolist()


def test_the_bar_reaches_from_the_lowest_score_to_the_highest() -> None:
    whole = frame(5)
    made = today.rows(whole, {}, day=today.Day.of(whole, NOW), user_id=7)
    assert [row.height for row in made] == [1.0, 0.75, 0.5, 0.25, 0.0]
    alone = frame(1)
    assert today.rows(alone, {}, day=today.Day.of(alone, NOW), user_id=7)[0].height == 1.0
    assert today.Day.of(frame(0), NOW).shipments == 0


def test_a_floor_is_told_only_where_it_lifted() -> None:
    assert one(floor=3, floor_reason="watch", place=3, rank=40).floor_reason == "watch"
    assert one(floor=3, floor_reason="watch", place=1, rank=1).floor_reason == ""
    assert one(floor=3, floor_reason="watch", place=1, rank=40, raised=True).floor_reason == ""


def test_a_list_is_in_the_order_of_its_clocks_and_a_draw_is_no_part_of_it() -> None:
    whole = frame(4)
    whole["available_until"] = [pd.NaT, NOW + pd.Timedelta(hours=9), pd.NaT, NOW + pd.Timedelta(hours=2)]
    whole["arrives_at"] = [NOW, NOW, NOW - pd.Timedelta(hours=1), pd.NaT]
    ordered = today.by_clock(whole)
    assert ordered["bill"].tolist() == ["B3", "B1", "B2", "B0"]
    assert ordered["number"].tolist() == [1, 2, 3, 4]
    # Whoever was drawn: neither places nor ranks say anything to the order.
    other = whole.assign(place=[4, 1, 3, 2], rank=[4, 1, 3, 2], log_odds=0.0)
    assert today.by_clock(other)["bill"].tolist() == ordered["bill"].tolist()


def test_rows_of_a_list_hold_nothing_that_tells_a_drawn_one() -> None:
    ranked = one(place=1, rank=1, log_odds=-1.0, risk=0.9, raised=True, shipment_id=1)
    drawn = one(place=900, rank=950, log_odds=-8.5, risk=0.001, risk_basis="port", shipment_id=1)
    shown = today.unmarked([ranked], {1: 5})[0], today.unmarked([drawn], {1: 5})[0]
    assert shown[0] == shown[1]
    assert (shown[0].place, shown[0].rank, shown[0].score, shown[0].probability) == (5, 0, 0, None)


def test_counts() -> None:
    parts = [
        frame(3),
        frame(2, list_id=1.0, claimed_by=7.0),
        # Claimed still, but nobody's work any more.
        frame(1, list_id=1.0, decided=True, found=["wildlife_products"], status="confirmed", claimed_by=7.0),
    ]
    assert today.counts(pd.concat(parts), NOW) == today.Counts(6, 5, 3, 2, 1, 2)
    # What has left is nothing to open.
    assert today.counts(frame(2, list_id=1.0).assign(step=["gone", "located"]), NOW).listed_undecided == 1
    assert today.counts(frame(2, list_id=1.0).assign(step=["opened", "refused"]), NOW).listed_undecided == 1
    # Its time is over: it has left, unless somebody holds it.
    over = frame(3, list_id=1.0, available_until=NOW).assign(step=["", "selected", "presented"])
    assert today.counts(over, NOW).listed_undecided == 1
    assert today.counts(over, NOW - pd.Timedelta(minutes=1)).listed_undecided == 3
    assert today.counts(frame(0), NOW) == today.Counts(0, 0, 0, 0, 0, 0)


def test_a_capacity_to_explore() -> None:
    pools = (Pool(5, mode="sea"), Pool(3, mode="air"))
    assert capacity.explored(pools, {"sea": 2}) == (Pool(2, mode="sea"), Pool(3, mode="air"))
    whole = frame(30)
    asked = whole.rename(columns={"bill": "id"}).assign(
        shipment_id=whole["bill"], risk=-whole["place"].astype(float)
    )
    four = (Pool(4, mode="sea"), Pool(2, mode="air"))
    chosen = triage.select(asked, four, seed="", share=0.0).frame
    opened = capacity.opened(whole, chosen, four)
    assert opened.ids == frozenset((100, 101, 102, 103))
    assert [(each.count, each.last_place) for each in opened.pools] == [(4, 4), (0, 0)]
    assert opened.expected is None
    port = capacity.opened(whole.assign(risk_basis="port"), chosen, four)
    assert port.expected is not None
    assert port.expected.mean == pytest.approx(1.0)
    assert capacity.opened(frame(0), chosen.iloc[:0], four).ids == frozenset()


def test_a_port_that_has_not_said_what_it_opens() -> None:
    assert capacity.pools_of("") == capacity.UNSAID
    assert capacity.pools_of("sea=4,air=20") == (Pool(4, mode="sea"), Pool(20, mode="air"))
    assert capacity.most(Pool(0)) == 10


def test_what_a_spreadsheet_gets() -> None:
    whole = frame(3).assign(
        master_bill="",
        direction="import",
        packages=[1.0, float("nan"), 2.0],
        gross_weight_kg=2.0,
        model_id="m",
        containers="=cmd()",
    )
    told = {200: ["a", "b", "c"], 201: ["d"]}
    made = day_table.table(whole, told, unmarked=False, statuses=["", "x", ""])
    assert made["place"].tolist() == [1, 2, 3]
    assert made["risk"].isna().all()
    assert ",2,2.0," in sheets.csv(made).decode("utf-8-sig")
    assert sheets.xlsx(made)
    assert made["reason_1"].tolist() == ["a", "d", ""]
    assert made["reason_2"].tolist() == ["b", "", ""]
    listed = day_table.table(whole, {}, unmarked=True, statuses=["", "", ""])
    assert not {"place", "rank", "score", "risk", "selected_by", "reason_1"} & set(listed.columns)
    assert listed["number"].tolist() == [1, 2, 3]
    port = day_table.table(whole.assign(risk_basis="port"), {}, unmarked=False, statuses=["", "", ""])
    assert port["risk"].tolist() == [0.25] * 3
