"""What the store keeps comes onto paper whole."""

import pandas as pd

from app.paper import kept, prints
from risk.store import finds, shift

AT = pd.Timestamp("2026-11-22T09:00")
OUTCOME = {
    **dict.fromkeys(("permit_valid", "pieces", "kg", "alive", "inspected_at", "replaces_id")),
    **dict.fromkeys(("why_not", "where_in_load", "evidence_reference", "selected_by"), ""),
    **{"id": 3, "current": False, "inspection": "scan", "status": "provisional", "found": ["clean"]},
    **{"taxa": ["Manidae"], "user_id": 1, "at": AT},
}
OVERRIDE = {
    **{"id": 8, "direction": "lower", "code": "permit_seen", "state": "refused", "user_id": 1, "at": AT},
    **{"second_id": 2, "second_at": AT + pd.Timedelta(minutes=5)},
}


def store_case(**other):
    found = OUTCOME | {"id": 4, "current": True, "found": ["live_animals"], "user_id": 9, "replaces_id": 3}
    plain = {
        **{"shipment_id": 1, "bill": "B1", "version": 1, "versions": 1, "purged": None, "told": ("why",)},
        "declared": {"goods_description": "FISH", "seal_ids": None, "shipper_name": "X"},
        "score": {"risk": 0.5, "risk_basis": "prior", "model_id": "m"},
        "listed": {"rank": 3, "shipments": 10, "list_id": 7, "published_at": AT, "published_by": 2},
        **{"outcome": found, "outcomes": (OUTCOME, found), "overrides": (OVERRIDE,)},
        "steps": ({"at": AT - pd.Timedelta(hours=1), "user_id": 2, "step": "located"},),
        "remarks": (
            {"kind": "outcome", "of_id": 4, "text": "under the floor", "user_id": 9, "at": AT},
            {"kind": "note", "of_id": None, "text": "smelt odd", "user_id": 2, "at": AT},
        ),
        "hashes": (finds.Hash("record", "ab" * 32), finds.Hash("photo", "cd" * 32)),
        "photos": (finds.Photo(5, 3, "cd" * 32, AT, there=False),),
        **{"ledger": (), "head": "9-abcdef01"},
    }
    return finds.Case(**plain | other)


def test_a_case_comes_whole_onto_its_sheet(frame):
    case = kept.case_of(
        store_case(), {1: "a.one", 2: "b.two"}, language="en", zone="UTC", names={"seal_ids": "S"}
    )
    assert case.declared == [("goods description", "FISH"), ("shipper name", "X")]
    assert [(each.who, each.code) for each in case.deeds] == [
        *(("b.two", "located"), ("b.two", "list.published"), ("a.one", "outcome"), ("#9", "outcome")),
        *(("a.one", "permit_seen"), ("b.two", "note"), ("b.two", "refused")),
    ]
    assert [(each.who, each.in_force) for each in case.findings] == [("a.one", False), ("#9", True)]
    page = prints.case_sheet_page(frame(), case)
    for part in (
        "under the floor",
        "smelt odd",
        "Record of the score",
        "cd" * 32,
        "Permit seen",
        "why",
        "pangolin (Manidae)",
    ):
        assert part in page
    assert page.count("cd" * 32) == 1


def test_what_was_signed_is_told_as_signed_though_withdrawn_since():
    case = store_case(overrides=(OVERRIDE | {"state": "withdrawn"},))
    made = kept.case_of(case, {2: "b.two"}, language="en", zone="UTC")
    assert [each.code for each in made.deeds if each.kind == "override"] == ["in_force"]


def test_declared_values_are_written_as_people_read_them():
    def told(name, value):
        return kept.written(name, value, language="fr", zone="Asia/Hong_Kong")

    assert told("arrives_at", "2025-01-06T15:26:00.000000").endswith("23:26")
    assert told("arrives_at", "soon") == "soon"
    assert told("trusted_trader", False) == "non"
    assert (told("packages", 10.0), told("gross_weight_kg", 655.21), told("hs_codes", "070690")) == (
        *("10", "655.21", "070690"),
    )
    assert told("something_of_the_port", True) == "True"


def test_a_purged_case_says_so(frame):
    case = store_case(declared=None, told=None, purged=(AT, "keep_days"), listed=None)
    made = kept.case_of(case, {}, language="en", zone="UTC")
    assert made.purged == "Purged on 22 Nov 2026 under rule keep_days"
    assert (made.rank, made.reasons, made.declared) == (None, (), [])
    assert made.purged in prints.case_sheet_page(frame(), made)


def test_the_numbers_of_a_shift_come_onto_its_report(frame):
    overrides = shift.Overrides(*[0] * 8, share=0.25)
    rates = (
        shift.Rate("model", 40, 12, 0, 0.3, 0.18, 0.45, 0, None),
        shift.Rate("dog", 5, 1, 0, None, None, None, 9, 9),
    )
    numbers = shift.Shift(
        **{"since": AT, "until": AT, "inspected": {"scan": 4, "full": 2}, "found": {}, "finds": 2},
        **{"provisional": 0, "permitted": 0, "overturned": 0, "not_inspected": {"no_time": 3, "gone": 0}},
        **{"listed": {"left": 1, "waiting": 2, "inspected": 6}, "missed_random": 1, "last_outcome_at": AT},
        **{
            "days_since_outcome": 0.5,
            "overrides": overrides,
            "claims_open": 0,
            "rates_since": AT,
            "rates": rates,
        },
    )
    rows = [
        ("B7", "waiting", "", [], "", "held", "ana"),
        ("B8", "opened", "scan", ["live_animals"], "", "opened", ""),
        ("B9", "not_inspected", "not_inspected", [], "no_time", "", ""),
        ("B10", "left", "", [], "", "gone", ""),
        ("B11", "left", "not_inspected", [], "gone", "", ""),
    ]
    names = ["bill", "came", "inspection", "found", "why_not", "step", "claimed_by"]
    frame_of_rows = pd.DataFrame(rows, columns=names).assign(
        **{"at": AT, "available_until": pd.NaT, "location": "T1", "status": "provisional"}
    )
    made = kept.shift_of(numbers, frame_of_rows, name="A", risk_basis="port", model_id="m")
    assert (made.listed, made.opened, made.gone, made.not_inspected) == (9, 6, 1, {"no_time": 3})
    assert [each.bill for each in made.done] == ["B8", "B9"]
    assert [(each.bill, each.claimed_by) for each in (*made.left, *made.away)] == [
        *(("B7", "ana"), ("B10", ""), ("B11", "")),
    ]
    page = prints.shift_report_page(frame(), made)
    # What an outcome says is gone is no "Nothing done yet"; shares say of which time they are.
    assert "Nothing done yet" not in page
    assert "Already gone" in page
    assert "one shift has too few finds" in page
    for part in ("30.0%", "not estimable", "25.0%", "B7", "Live animals", "No time", "B10", "How it was"):
        assert part in page
