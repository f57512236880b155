"""Numbers of a shift, and of the hours to come."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.views import planning as planning_view
from app.views import shift as view
from models.metrics import ENOUGH_FINDS
from risk.store import decisions, overriding, planning, shift
from risk.store.database import Database


def numbers(database: Database, since: pd.Timestamp, until: pd.Timestamp, **more) -> shift.Shift:
    with database.read() as connection:
        return shift.numbers(connection, since, until, **more)


def test_what_was_opened_found_and_left(port, database: Database) -> None:
    who = port.person()
    ids = [port.shipment(f"A{number}", available_until=port.now + 40 * port.hour) for number in range(9)]
    late = port.shipment("B", available_until=port.now + 5 * port.hour)
    chosen = dict.fromkeys([*ids[:8], late], "model") | {ids[4]: "random", late: "random"}
    port.listed(chosen, ranked=(ids[8],))
    at = port.now + port.hour
    port.outcome(ids[0], who, at, found=("live_animals", "wildlife_products"))
    port.outcome(ids[1], who, at, found=("clean",), inspection="scan")
    port.outcome(ids[2], who, at, found=("wildlife_products",), permit_valid=True)
    port.outcome(ids[3], who, at, found=("live_animals",), status="overturned")
    port.outcome(ids[4], who, at, inspection="not_inspected", why_not="no_staff")
    port.outcome(ids[5], who, at, inspection="not_inspected", why_not="gone")
    port.outcome(ids[8], who, at, found=("other_offence",))
    with database.write() as connection:
        decisions.step(connection, ids[6], "gone", who, at=at)
        decisions.claim(connection, ids[7], who, at=at, minutes=480)
        # Its outcome is in: nobody is at it.
        decisions.claim(connection, ids[0], who, at=at, minutes=480)
    told = numbers(database, port.now, port.now + 6 * port.hour)
    assert told.inspected == {"documents": 0, "scan": 1, "dog": 0, "partial": 0, "full": 4}
    assert told.found == {"clean": 1, "live_animals": 1, "wildlife_products": 2, "other_offence": 1}
    assert (told.finds, told.provisional, told.permitted, told.overturned) == (1, 1, 1, 1)
    assert told.not_inspected == {"gone": 1, "no_staff": 1}
    # Left: said to be gone, gone by a step, and the one whose time was over.
    assert told.listed == {"opened": 4, "not_inspected": 1, "left": 3, "waiting": 1}
    # Not the random pick that left without an outcome: nothing tells of it.
    assert told.missed_random == 1
    assert told.claims_open == 1
    assert told.days_since_outcome == pytest.approx(5 / 24)
    figures = view.figures(told)
    assert dict(figures.totals) == {"inspected": 5, "finds": 1, "left": 3, "waiting": 1, "claims_open": 1}
    assert dict(figures.notes) == {"provisional": 1, "permitted": 1, "overturned": 1, "missed_random": 1}
    assert figures.inspected.to_dict("list") == {"code": ["scan", "full"], "count": [1, 4]}


def test_a_window_takes_its_own_alone(port, database: Database) -> None:
    who = port.person()
    before, within, after, waits = (port.shipment(f"A{number}") for number in range(4))
    port.listed(dict.fromkeys((before, within, after, waits), "model"), port.now - 20 * port.hour)
    port.outcome(before, who, port.now - port.hour, found=("live_animals",))
    port.outcome(within, who, port.now)
    port.outcome(after, who, port.now + 8 * port.hour)
    told = numbers(database, port.now, port.now + 8 * port.hour)
    assert (sum(told.inspected.values()), told.finds) == (1, 0)
    # What the shift before opened is not of this one; what the next opened still waits at its end.
    assert told.listed == {"opened": 1, "not_inspected": 0, "left": 0, "waiting": 2}


def test_what_left_before_a_shift_is_not_of_it(port, database: Database) -> None:
    who = port.person()
    over, gone, late, noted, held = (
        port.shipment(name, available_until=port.now + hours * port.hour)
        for name, hours in (("A", -5), ("B", 90), ("C", 2), ("D", -5), ("E", -5))
    )
    port.listed(dict.fromkeys((over, gone, late, noted, held), "model"), port.now - 20 * port.hour)
    with database.write() as connection:
        decisions.step(connection, gone, "gone", who, at=port.now - 2 * port.hour)
        decisions.step(connection, held, "presented", who, at=port.now - 6 * port.hour)
        # Its time was over in the shift before, whenever somebody says so.
        decisions.step(connection, noted, "gone", who, at=port.now + port.hour)
        # This one was held until then.
        decisions.step(connection, held, "gone", who, at=port.now + 3 * port.hour)
    before = numbers(database, port.now - 8 * port.hour, port.now)
    assert before.listed == {"opened": 0, "not_inspected": 0, "left": 3, "waiting": 2}
    within = numbers(database, port.now, port.now + 8 * port.hour)
    assert within.listed == {"opened": 0, "not_inspected": 0, "left": 2, "waiting": 0}
    # An outcome of afterwards changes nothing of what had left by then.
    port.outcome(over, who, port.now + 30 * port.hour, inspection="not_inspected", why_not="gone")
    assert numbers(database, port.now, port.now + 8 * port.hour).listed == within.listed


@pytest.mark.parametrize("step", ["hold_asked", "located", "presented", "opened", "selected", "refused"])
def test_what_somebody_holds_has_not_left_by_its_time(port, database: Database, step: str) -> None:
    who = port.person()
    one = port.shipment("A", arrives_at=port.now - port.hour, available_until=port.now + port.hour)
    port.listed({one: "model"}, port.now - port.hour)
    with database.write() as connection:
        decisions.step(connection, one, step, who, at=port.now)
    later = port.now + 3 * port.hour
    held = step not in ("selected", "refused")
    told = numbers(database, port.now, later).listed
    assert (told["waiting"], told["left"]) == (int(held), int(not held))
    waits = ["opened" if step == "opened" else "waiting"] * held
    assert picks(database, later)["state"].tolist() == waits


def test_what_an_amendment_delays_has_not_left_yet(port, database: Database) -> None:
    times = {"arrives_at": port.now, "available_until": port.now + port.hour}
    one = port.shipment("A", port.now - port.day, **times)
    port.listed({one: "model"}, port.now - port.hour)
    until = port.now + 8 * port.hour
    assert numbers(database, port.now, until).listed["left"] == 1
    port.shipment("A", port.now, **times | {"available_until": port.now + port.day})
    assert numbers(database, port.now, until).listed["waiting"] == 1
    assert len(picks(database, until)) == 1


def test_what_a_list_chose_days_before_it_arrived_is_handed_over(port, database: Database) -> None:
    who = port.person()
    ranked = port.now - 5 * port.day
    here, held, forgotten = (
        port.shipment(name, ranked, arrives_at=port.now - hours * port.hour)
        for name, hours in (("A", 20), ("B", 90), ("C", 90))
    )
    port.listed(dict.fromkeys((here, held, forgotten), "model"), ranked)
    with database.write() as connection:
        decisions.step(connection, held, "located", who, at=port.now - port.hour)
    until = port.now + 8 * port.hour
    leaves = port.shipment(
        "D", ranked, arrives_at=ranked + port.hour, available_until=port.now + 9 * port.hour
    )
    port.listed({leaves: "random"}, ranked)
    assert numbers(database, port.now, until).listed["waiting"] == 3
    told = numbers(database, port.now + 2 * port.hour, until + 2 * port.hour).listed
    assert (told["waiting"], told["left"]) == (2, 1)
    # An outcome of this shift is told with the list it comes of, however old.
    port.outcome(forgotten, who, port.now + port.hour)
    assert numbers(database, port.now, until).listed == {
        **{"opened": 1, "not_inspected": 0, "left": 0, "waiting": 3}
    }
    assert numbers(database, port.now + 3 * port.day, until + 3 * port.day).listed["waiting"] == 0


def test_days_since_the_last_outcome_are_of_inspections_that_stand(port, database: Database) -> None:
    who = port.person()
    one, other = port.shipment("A"), port.shipment("B")
    port.outcome(one, who, port.now - 3 * port.day)
    wrong = port.outcome(other, who, port.now - port.hour)
    port.outcome(other, who, port.now, replaces=wrong, inspection="not_inspected", why_not="no_time")
    assert numbers(database, port.now, port.now + port.hour).last_outcome_at == port.now - 3 * port.day


def test_a_corrected_outcome_counts_once_as_it_stands(port, database: Database) -> None:
    who = port.person()
    one = port.shipment("A")
    first = port.outcome(one, who, found=("live_animals",))
    port.outcome(one, who, port.now + port.hour, replaces=first, found=("clean",), inspected_at=port.now)
    told = numbers(database, port.now, port.now + 2 * port.hour)
    assert (sum(told.inspected.values()), told.finds, told.found["clean"]) == (1, 0, 1)


def test_a_shipment_on_two_lists_counts_once(port, database: Database) -> None:
    one = port.shipment("A")
    port.listed({one: "model"}, port.now - port.hour)
    port.listed({one: "officer"})
    told = numbers(database, port.now - 2 * port.hour, port.now + port.hour)
    assert sum(told.listed.values()) == 1
    assert (told.overrides.chosen, told.overrides.by_officer, told.overrides.share) == (1, 1, 1.0)


def test_what_people_decided(port, database: Database) -> None:
    who, second = port.person(), port.person("two")
    ids = [port.shipment(f"A{number}") for number in range(5)]
    with database.write() as connection:
        overriding.override(connection, ids[0], "raise", "tip", who, now=port.now, at=port.now)
        overriding.override(connection, ids[1], "lower", "permit_seen", who, now=port.now, at=port.now)
        overriding.override(connection, ids[2], "lower", "permit_seen", who, now=port.now, at=port.now)
        overriding.override(connection, ids[3], "lower", "permit_seen", who, now=port.now, at=port.now)
        overriding.sign(connection, 2, True, second, at=port.now)
        overriding.sign(connection, 4, False, second, at=port.now + port.hour)
        overriding.override(
            connection, ids[4], "raise", "tip", who, now=port.now + 9 * port.hour, at=port.now + 9 * port.hour
        )  # after the shift
    told = numbers(database, port.now, port.now + 8 * port.hour).overrides
    assert (told.asked, told.raised, told.lowered, told.waiting, told.refused) == (4, 1, 1, 1, 1)
    assert told.share is None


def test_hit_rates_by_way_of_choosing(port, database: Database) -> None:
    who = port.person()
    ids = [port.shipment(f"A{number}") for number in range(30)]
    ways = ["model"] * 20 + ["random"] * 5 + ["dog"] * 5
    port.listed(dict(zip(ids, ways, strict=True)), port.now - port.hour)
    other = port.shipment("B")
    for place, number in enumerate(ids):
        found = "live_animals" if place < 10 or place == 20 else "clean"
        port.outcome(number, who, found=(found,), inspection="documents" if place == 19 else "full")
    port.outcome(other, who)
    rates = {rate.selected_by: rate for rate in numbers(database, port.now, port.now + port.hour).rates}
    assert list(rates) == ["model", "random", "officer", "rule", "intelligence", "dog", "other_system", ""]
    model = rates["model"]
    assert (model.inspected, model.finds, model.papers_only, model.rate) == (20, 10, 1, 0.5)
    assert model.low < 0.5 < model.high
    random = rates["random"]
    assert (random.rate, random.low, random.high) == (None, None, None)
    assert (random.finds_needed, random.inspections_needed) == (9, 45)
    assert (rates["dog"].finds_needed, rates["dog"].inspections_needed) == (10, None)
    assert (rates["rule"].inspected, rates[""].inspected) == (0, 1)
    told = view.figures(numbers(database, port.now, port.now + port.hour)).rates
    assert told["rate"].notna().tolist() == [True] + [False] * 7
    assert told["inspections_needed"].dropna().tolist() == [45]


def test_what_was_inspected_before_a_list_is_no_hit_of_its_draw(port, database: Database) -> None:
    who = port.person()
    before, after = port.shipment("A"), port.shipment("B")
    port.listed(dict.fromkeys((before, after), "random"), port.now - port.hour)
    # Opened at night, told in the morning.
    first = port.outcome(before, who, inspected_at=port.now - 2 * port.hour)
    port.outcome(after, who, inspected_at=port.now - port.hour)
    rates = {rate.selected_by: rate for rate in numbers(database, port.now - port.day, port.now).rates}
    assert (rates["random"].inspected, rates[""].inspected) == (1, 1)
    # What was not inspected is of the list it stood on when that was said.
    port.outcome(before, who, replaces=first, inspection="not_inspected", why_not="no_time")
    assert numbers(database, port.now, port.now + port.hour).missed_random == 1


@given(st.integers(0, 2000), st.integers(0, 2000))
def test_a_rate_is_told_from_ten_finds_on(inspected: int, found: int) -> None:
    found = min(found, inspected)
    rate = shift.rate("model", inspected, found)
    if found < ENOUGH_FINDS:
        assert rate.rate is None
        assert rate.finds_needed == ENOUGH_FINDS - found
        assert (rate.inspections_needed is None) == (found == 0)
    else:
        assert 0 <= rate.low <= rate.rate <= rate.high <= 1
        assert rate.finds_needed == 0


def test_a_port_without_anything(database: Database, port) -> None:
    told = numbers(database, port.now - port.day, port.now)
    assert (told.finds, told.last_outcome_at, told.days_since_outcome) == (0, None, None)
    assert told.listed == {"opened": 0, "not_inspected": 0, "left": 0, "waiting": 0}
    figures = view.figures(told)
    assert (figures.days_since_outcome, figures.notes, figures.override_share) == (None, (), None)
    assert (len(figures.listed), len(figures.inspected), len(figures.rates)) == (4, 0, 7)


# --- the hours to come ----------------------------------------------------------------------


def picks(database: Database, now: pd.Timestamp) -> pd.DataFrame:
    with database.read() as connection:
        return planning.picks(connection, now)


def test_picks_by_hour_flight_and_terminal(port, database: Database) -> None:
    who = port.person()

    def arriving(bill: str, hours: float, **more) -> int:
        usual = {"conveyance": "QR1", "location": "T1", "mode": "air"}
        return port.shipment(bill, arrives_at=port.now + hours * port.hour, **(usual | more))

    two, three = arriving("A", 2.1), arriving("B", 2.2)
    sea = arriving("C", 2.9, conveyance="STAR", location="T2", mode="sea")
    here = arriving("D", -5)
    gone = arriving("E", -5, available_until=port.now - port.hour)
    unsaid = port.shipment("F", arrives_at=None, location="T1")
    late, ranked = arriving("G", 80), arriving("H", 3)
    chosen = dict.fromkeys((two, three, sea, here, gone, unsaid, late), "model")
    port.listed(chosen, port.now - port.hour, ranked=(ranked,))
    port.outcome(three, who, port.now - port.hour)
    port.outcome(sea, who, port.now - port.hour, inspection="not_inspected")
    frame = picks(database, port.now)
    assert set(frame["shipment_id"]) == {two, three, sea, here, unsaid}
    assert "selected_by" not in frame
    plan = planning_view.plan(frame, port.now, "UTC")
    assert dict(plan.totals) == {"chosen": 5, "waiting": 3, "opened": 1, "not_inspected": 1}
    assert (plan.here, plan.places, plan.busiest) == (2, ("T1", "T2"), port.now + 2 * port.hour)
    flights = plan.conveyances
    row = flights[(flights["conveyance"] == "QR1") & (flights["hour"] == port.now + 2 * port.hour)].iloc[0]
    assert (row["location"], row["chosen"], row["waiting"], row["opened"]) == ("T1", 2, 1, 1)
    assert flights["chosen"].sum() == 5
    one = planning_view.plan(frame, port.now, "UTC", "T2")
    assert (dict(one.totals)["chosen"], one.busiest, one.places) == (1, None, ("T1", "T2"))


def test_hours_are_the_ports(port) -> None:
    at = pd.Series(pd.to_datetime(["2026-11-22 04:20", "2026-11-22 04:10", None]).astype("datetime64[us]"))
    found = planning.hours(at, port.now - port.hour, "Asia/Kathmandu").tolist()
    assert found[:2] == [pd.Timestamp("2026-11-22 04:15"), pd.Timestamp("2026-11-22 03:15")]
    assert pd.isna(found[2])
    # The hour that comes twice when clocks go back is two hours.
    twice = pd.Series(pd.to_datetime(["2026-10-25 00:30", "2026-10-25 01:30"]).astype("datetime64[us]"))
    told = planning.hours(twice, pd.Timestamp("2026-10-24"), "Europe/Paris").tolist()
    assert told == [pd.Timestamp("2026-10-25 00:00"), pd.Timestamp("2026-10-25 01:00")]


def test_what_is_gone_is_planned_nowhere(port, database: Database) -> None:
    person = port.person("ana", "officer")
    gone, back, here = (port.shipment(name, arrives_at=port.now + port.hour) for name in "ABC")
    port.listed({gone: "model", back: "model", here: "random"}, port.now - port.hour)
    with database.write() as connection:
        for shipment, step in ((gone, "gone"), (back, "gone"), (back, "located")):
            decisions.step(connection, shipment, step, person, at=port.now)
    assert picks(database, port.now)["shipment_id"].tolist() == [back, here]


def test_a_pick_of_two_lists_is_planned_once(port, database: Database) -> None:
    one = port.shipment("A", arrives_at=port.now + port.hour)
    port.listed({one: "model"}, port.now - 2 * port.hour)
    port.listed({one: "random"}, port.now - port.hour)
    assert len(picks(database, port.now)) == 1
    assert planning_view.plan(picks(database, port.now + 30 * port.day), port.now, "UTC").busiest is None
