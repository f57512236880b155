"""A shipment's surroundings: strictly what was before, what travels with it, and what was like it."""

from __future__ import annotations

import pandas as pd
import pytest

from app.views import past as view
from risk.store import alike, past, retention
from risk.store.database import Database


def of(database: Database, number: int, most: int = 5) -> past.Past:
    with database.read() as connection:
        return past.of_shipment(connection, number, most)


def like(database: Database, number: int, most: int = 5) -> alike.Likeness:
    with database.read() as connection:
        return alike.of_shipment(connection, number, most)


def test_a_partys_past_is_strictly_before(port, database: Database) -> None:
    who = port.person()
    parties = {"shipper": "s", "consignee": "c"}
    first = port.shipment("A", port.now - 30 * port.day, parties=parties)
    second = port.shipment("B", port.now - 20 * port.day, parties={"shipper": "s"})
    third = port.shipment("C", port.now - 10 * port.day, parties={"consignee": "s"})
    mine = port.shipment("D", parties=parties)
    port.shipment("E", parties=parties)  # known at the same moment
    port.shipment("F", port.now + port.day, parties=parties)
    port.outcome(first, who, found=("live_animals",))
    port.outcome(second, who, inspection="not_inspected")
    found = of(database, mine)
    shipper, consignee = found.parties
    assert (shipper.role, shipper.shipments, shipper.inspected, shipper.finds) == ("shipper", 2, 1, 1)
    assert (shipper.first_at, shipper.last_at) == (port.now - 30 * port.day, port.now - 20 * port.day)
    assert shipper.latest["bill"].tolist() == ["B", "A"]
    assert shipper.latest["is_find"].tolist() == [False, True]
    assert (consignee.role, consignee.shipments, consignee.finds) == ("consignee", 1, 1)
    (linked,) = found.linked
    assert (linked.how, linked.count, linked.rows["shipment_id"].tolist()) == (
        "shipper>consignee",
        1,
        [third],
    )


def test_a_later_version_of_an_earlier_shipment_is_not_before(port, database: Database) -> None:
    port.shipment("A", port.now - port.day)
    mine = port.shipment("B", parties={"shipper": "s"})
    port.shipment("A", port.now + port.hour, parties={"shipper": "s"})
    assert of(database, mine).parties[0].shipments == 0


def test_two_marks_of_a_party_count_a_shipment_once(port, database: Database) -> None:
    for bill in ("A", "A"):
        port.shipment(bill, port.now - 2 * port.day, parties={"shipper": "name"})
    mine = port.shipment("B", parties={"shipper": "name"})
    (party,) = of(database, mine).parties
    assert (party.shipments, len(party.latest)) == (1, 1)


@pytest.mark.parametrize(
    ("fields", "inspected", "finds"),
    [
        ({"found": ("clean",)}, 1, 0),
        ({"inspection": "not_inspected"}, 0, 0),
        ({"found": ("wildlife_products",), "permit_valid": True}, 1, 0),
        ({"found": ("wildlife_products",), "permit_valid": False}, 1, 1),
        ({"found": ("live_animals",), "status": "overturned"}, 1, 0),
        ({"found": ("other_offence",)}, 1, 0),
    ],
)
def test_what_counts_as_a_find(port, database: Database, fields, inspected: int, finds: int) -> None:
    before = port.shipment("A", port.now - port.day, parties={"shipper": "s"})
    mine = port.shipment("B", parties={"shipper": "s"})
    port.outcome(before, port.person(), **fields)
    (party,) = of(database, mine).parties
    assert (party.inspected, party.finds) == (inspected, finds)
    assert party.latest["is_find"].tolist() == [bool(finds)]
    told = view.rows(party.latest)["outcome"].tolist()
    none = "covered" if fields.get("permit_valid") else "no_find"
    assert told == ["find" if finds else none if inspected else "not_inspected"]


def test_a_corrected_outcome_counts_as_it_stands(port, database: Database) -> None:
    who = port.person()
    before = port.shipment("A", port.now - port.day, parties={"shipper": "s"})
    mine = port.shipment("B", parties={"shipper": "s"})
    first = port.outcome(before, who, found=("live_animals",))
    port.outcome(before, who, port.now + port.hour, replaces=first, found=("clean",))
    assert of(database, mine).parties[0].finds == 0


def test_batches_that_are_not_whole_are_not_seen(port, database: Database) -> None:
    port.shipment("A", port.now - port.day, parties={"shipper": "s"}, master_bill="M", state="loading")
    mine = port.shipment("B", parties={"shipper": "s"}, master_bill="M")
    found = of(database, mine)
    assert (found.parties[0].shipments, found.siblings) == (0, ())


def test_a_party_in_two_roles_here_is_linked_to_neither(port, database: Database) -> None:
    both = {"consignee": "c", "notify": "c"}
    port.shipment("A", port.now - port.day, parties={"consignee": "c"})
    port.shipment("B", port.now - port.day, parties=both)
    shipped = port.shipment("C", port.now - port.day, parties={"shipper": "c"})
    mixed = port.shipment("D", port.now - port.day, parties={"shipper": "c", "consignee": "c"})
    mine = port.shipment("E", parties=both)
    (linked,) = of(database, mine).linked
    assert linked.how == "consignee>shipper"
    assert linked.rows["shipment_id"].tolist() == [shipped]
    assert mixed not in set(linked.rows["shipment_id"])


def test_siblings_by_master_manifest_and_container(port, database: Database) -> None:
    about = {"conveyance": "STAR 9", "row": {"manifest_id": "X1"}}
    mine = port.shipment("A", master_bill="M1", containers="MSKU1234567;TGHU7654321", **about)
    master = port.shipment("B", master_bill="M1")
    manifest = port.shipment("C", **about)
    box = port.shipment("D", containers="TGHU7654321")
    port.shipment("E", containers="MSKU123456")
    port.shipment("F", containers="TGHU7654321", arrives_at=port.now + 30 * port.day)
    port.shipment("G", master_bill="M1", arrives_at=port.now + 300 * port.day)
    port.shipment("H", conveyance="STAR 9", row={"manifest_id": "X2"})
    port.shipment("I", conveyance="STAR 8", row={"manifest_id": "X1"})
    found = {group.how: group.rows["shipment_id"].tolist() for group in of(database, mine).siblings}
    assert found == {"master": [master], "manifest": [manifest], "container": [box]}


def test_empty_numbers_bind_nothing_together(port, database: Database) -> None:
    mine = port.shipment("A", conveyance="STAR 9")
    port.shipment("B", conveyance="STAR 9")
    assert of(database, mine).siblings == ()


def test_signs_of_patterns_in_numbers_are_plain_signs(port, database: Database) -> None:
    mine = port.shipment("A", containers="%%%%;____")
    port.shipment("B", containers="MSKU1234567")
    assert of(database, mine).siblings == ()


def test_a_shipment_that_does_not_say_when_it_arrives(port, database: Database) -> None:
    mine = port.shipment("A", master_bill="M", containers="MSKU1", conveyance="STAR", arrives_at=None)
    other = port.shipment("B", master_bill="M", containers="MSKU1", conveyance="STAR", arrives_at=None)
    found = {group.how: group.rows["shipment_id"].tolist() for group in of(database, mine).siblings}
    assert found == {"master": [other], "container": [other]}


def test_each_answer_has_a_limit_and_counts_all(port, database: Database) -> None:
    for number in range(6):
        port.shipment(f"A{number}", port.now - port.day, parties={"shipper": "s"}, master_bill="M")
        port.shipment(f"B{number}", port.now - port.day, parties={"notify": "s"})
    mine = port.shipment("C", parties={"shipper": "s"}, master_bill="M")
    shown = view.surroundings(of(database, mine, 2), like(database, mine, 2))
    assert shown.parties["shipments"].tolist() == [6]
    assert len(shown.earlier["shipper"]) == 2
    (siblings,) = shown.siblings
    assert (siblings.how, siblings.count, siblings.more, len(siblings.rows)) == ("master", 6, 4, 2)
    (linked,) = shown.linked
    assert (linked.here, linked.there, linked.count) == ("shipper", "notify", 6)


def test_a_purge_takes_the_marks_and_is_told(port, database: Database) -> None:
    port.shipment("A", port.now - 2000 * port.day, parties={"shipper": "s"})
    mine = port.shipment("B", parties={"shipper": "s"})
    old = port.shipment("C", port.now - 1999 * port.day, parties={"shipper": "s"})
    assert of(database, mine).parties[0].shipments == 2
    with database.write() as connection:
        retention.purge(connection, at=port.now, actor="system")
    found = of(database, mine)
    assert (found.parties[0].shipments, found.purged, found.own_purged) == (0, 2, False)
    assert of(database, old).own_purged
    assert of(database, old).parties == ()


def test_nothing_is_known_of_what_is_not_there(port, database: Database) -> None:
    found = of(database, 99)
    assert (found.parties, found.siblings, found.linked, found.purged) == ((), (), (), 0)
    assert like(database, 99).nearest == ()
    assert view.surroundings(found, like(database, 99)).alike.empty


# --- what was like it -----------------------------------------------------------------------


def test_the_nearest_inspected_shipments(port, database: Database) -> None:
    who = port.person()
    families = {"goods": 1.0, "route": -0.5, "words": 0.01}
    mine = port.shipment("A", families=families, loading_port="VNSGN")
    twin = port.shipment("B", families=families, loading_port="VNSGN", model_id="m0")
    near = port.shipment("C", families={"goods": 0.9, "route": -0.5}, heading="0304", loading_port="VNSGN")
    far = port.shipment("D", families={"goods": -2.0}, heading="4407", origin="TH")
    port.shipment("E", families=families)  # not inspected
    skipped = port.shipment("F", families=families)
    port.outcome(skipped, who, inspection="not_inspected")
    for number, found in ((twin, "clean"), (near, "live_animals"), (far, "clean")):
        port.outcome(number, who, found=(found,))
    told = like(database, mine)
    assert [each.shipment_id for each in told.nearest] == [twin, near, far]
    assert (told.looked_at, told.finds) == (3, 1)
    assert told.nearest[0].distance == 0.0
    assert not told.nearest[0].same_model
    assert told.nearest[1].distance == pytest.approx(0.5 + (0.1**2 + 0.01**2) ** 0.5, abs=1e-6)
    assert told.nearest[0].same == (
        ("heading", "0303"),
        ("origin", "VN"),
        ("loading_port", "VNSGN"),
        ("mode", "sea"),
        ("family", "goods"),
        ("family", "route"),
    )
    assert told.nearest[2].same == (("mode", "sea"),)
    shown = view.surroundings(of(database, mine), told).alike
    assert shown["outcome"].tolist() == ["no_find", "find", "no_find"]
    assert shown["same"].tolist() == [each.same for each in told.nearest]


def test_equals_are_told_in_one_order_and_within_the_limit(port, database: Database) -> None:
    who = port.person()
    ids = [port.shipment(f"A{number}") for number in range(6)]
    mine = port.shipment("B")
    for number in ids:
        port.outcome(number, who)
    told = like(database, mine, 3)
    assert [each.shipment_id for each in told.nearest] == ids[:2:-1]
    assert told.looked_at == 6
    pd.testing.assert_frame_equal(told.rows, like(database, mine, 3).rows)


def test_what_is_looked_at_first(port, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alike, "LOOKED_AT", 2)
    who = port.person()
    same = port.shipment("A", families={"goods": 9.0})
    find = port.shipment("B", heading="4407", families={"goods": 5.0})
    late = port.shipment("C", heading="4407")
    for number, found in ((same, "clean"), (find, "wildlife_products"), (late, "clean")):
        port.outcome(number, who, found=(found,))
    told = like(database, port.shipment("D"))
    assert {each.shipment_id for each in told.nearest} == {same, find}


def test_who_stands_on_very_many_bills_is_counted_so_far(
    port, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(past, "COUNTED", 3)
    for number in range(5):
        known_at = port.now - (9 - number) * port.day
        port.shipment(f"A{number}", known_at, parties={"shipper": "s", "notify": "n"}, master_bill="M")
        port.shipment(f"B{number}", known_at, parties={"consignee": "s"})
    mine = port.shipment("C", parties={"shipper": "s"}, master_bill="M")
    found = of(database, mine)
    (party,) = found.parties
    assert (party.shipments, party.capped) == (3, True)
    assert party.latest["bill"].tolist() == ["A4", "A3", "A2"]
    assert (party.first_at, party.last_at) == (port.now - 9 * port.day, port.now - 5 * port.day)
    for group in (*found.siblings, *found.linked):
        assert (group.count, group.capped, len(group.rows)) == (3, True, 3)
    assert found.linked[0].rows["bill"].tolist() == ["B4", "B3", "B2"]


def test_a_party_of_bills_amended_very_often_is_told_as_counted_so_far(
    port, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(past, "COUNTED", 3)
    port.shipment("A", port.now - 9 * port.day, parties={"shipper": "s"})
    for number in range(5):
        port.shipment("B", port.now - (8 - number) * port.day, parties={"shipper": "s"})
    (party,) = of(database, port.shipment("C", parties={"shipper": "s"})).parties
    # Four versions of one bill were looked at, and there is more before them.
    assert (party.shipments, party.capped, party.first_at) == (1, True, port.now - 9 * port.day)
