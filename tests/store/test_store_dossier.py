"""All that is kept of a shipment, where it stands in its day, and where finds in such goods lay."""

from __future__ import annotations

import pandas as pd
import pytest

from risk.store import (
    concealed,
    day,
    decisions,
    dossier,
    ledger,
    overriding,
    retention,
    roles,
    tables,
    watching,
)
from risk.store.database import Database
from risk.watch_entries import New


def of(database: Database, number: int, who, at: pd.Timestamp) -> dossier.Dossier | None:
    with database.read() as connection:
        return dossier.of_shipment(connection, number, who, now=at, clock=at)


def test_versions_come_in_order_and_the_one_in_force_is_named(port, database: Database) -> None:
    who = port.person()
    number = port.shipment("A", port.now - port.hour, row={"packages": 3.0}, goods="tea")
    port.shipment("A", port.now, row={"packages": 5.0}, goods="tea")
    found = of(database, number, who, port.now)
    assert found is not None
    assert [(each.number, each.current, each.declared) for each in found.versions] == [
        (1, False, {"packages": 3.0}),
        (2, True, {"packages": 5.0}),
    ]
    assert found.current.kept["goods"] == "tea"
    assert found.earlier == 0
    assert found.score is not None
    assert found.score.told == ["Why of A 2"]


def test_of_many_versions_the_latest_are_shown_and_the_rest_counted(port, database: Database) -> None:
    who = port.person()
    for turn in range(dossier.VERSIONS + 3):
        number = port.shipment("A", port.now + turn * port.hour)
    found = of(database, number, who, port.now)
    assert found is not None
    assert (len(found.versions), found.earlier) == (dossier.VERSIONS, 3)
    assert found.versions[-1].current


def test_a_batch_that_is_not_whole_yet_is_not_seen(port, database: Database) -> None:
    who = port.person()
    number = port.shipment("A", state="loading")
    assert of(database, number, who, port.now) is None
    assert of(database, 999_999, who, port.now) is None


def test_where_it_stands_is_what_the_day_says(port, database: Database) -> None:
    numbers = [
        port.shipment(f"B{turn}", log_odds=value) for turn, value in enumerate((-5.0, -4.0, -5.0, -2.0, -5.0))
    ]
    port.shipment("FAR", port.now - 30 * port.day, log_odds=9.0)
    with database.read() as connection:
        ranks = day.rows(connection, port.now, at=port.now).set_index("shipment_id")["rank"]
    who = port.person()
    for number in numbers:
        found = of(database, number, who, port.now)
        assert found is not None
        assert found.standing is not None
        assert (found.standing.rank, found.standing.of) == (ranks[number], 5)
    later = of(database, numbers[0], who, port.now + 30 * port.day)
    assert later is not None
    assert later.standing is None


def test_what_people_decided_is_told_with_their_names(port, database: Database) -> None:
    chi, ana = port.person(), port.person("ana", "officer")
    number = port.shipment("A")
    with database.write() as connection:
        decisions.claim(connection, number, ana, at=port.now, minutes=30)
        decisions.step(connection, number, "located", ana, at=port.now)
        overriding.override(connection, number, "raise", "tip", chi, now=port.now, at=port.now, remark="seen")
        decisions.note(connection, number, "  torn seal ", ana, at=port.now)
    listed = port.listed({number: "random"})
    found = of(database, number, ana, port.now + port.hour / 4)
    assert found is not None
    assert found.claim is not None
    assert (found.claim.login, found.steps[-1]["who"], found.overrides[-1]["who"]) == ("ana", "ana", "chi")
    assert [(each.kind, each.text, each.who) for each in found.remarks] == [
        ("override", "seen", "chi"),
        ("note", "torn seal", "ana"),
    ]
    assert found.listed == ({"list_id": listed, "published_at": port.now},)
    late = of(database, number, ana, port.now + port.hour)
    assert late is not None
    assert late.claim is None


def test_only_who_decides_claims_and_writes_notes(port, database: Database) -> None:
    ann = port.person("ann", "analyst")
    number = port.shipment("A")
    for act in (
        lambda c: decisions.note(c, number, "mine", ann, at=port.now),
        lambda c: decisions.claim(c, number, ann, at=port.now, minutes=5),
    ):
        with pytest.raises(roles.NotAllowed), database.write() as connection:
            act(connection)
    chi = port.person()
    with pytest.raises(decisions.Refused, match="write something"), database.write() as connection:
        decisions.note(connection, number, " \n ", chi, at=port.now)
    with pytest.raises(decisions.Refused, match="no such shipment"), database.write() as connection:
        decisions.note(connection, 999_999, "a", chi, at=port.now)
    with database.read() as connection:
        assert connection.execute(tables.remarks.select()).all() == []
        assert ledger.verify(connection).holds


def test_restricted_entries_are_hidden_from_officers(port, database: Database) -> None:
    chi, ana = port.person(), port.person("ana", "officer")
    number = port.shipment("A", row={"shipment_id": "A", "goods_description": "quiet tea"}, goods="quiet tea")
    with database.write() as connection:
        new = New("word", "quiet", "an informant", "B2", True, "", 5, port.now - port.day)
        watching.add(connection, new, chi, now=port.now, at=port.now)
    seen, hidden = of(database, number, chi, port.now), of(database, number, ana, port.now)
    assert seen is not None
    assert hidden is not None
    assert [each.value for each in seen.hits] == ["quiet"]
    assert [(each.hidden, each.value, each.reason) for each in hidden.hits] == [(True, "", "")]


def test_what_was_purged_says_when_and_under_which_rule(port, database: Database) -> None:
    who = port.person()
    number = port.shipment("A", port.now - 2000 * port.day, row={"shipment_id": "A", "packages": 2.0})
    with database.write() as connection:
        decisions.note(connection, number, "long ago", who, at=port.now - 2000 * port.day)
    with database.write() as connection:
        retention.purge(connection, at=port.now, actor="system")
    found = of(database, number, who, port.now)
    assert found is not None
    assert found.current.declared is None
    assert found.current.purged is not None
    assert found.current.purged[1].startswith("traders:")
    assert found.remarks == ()
    assert found.score is not None
    assert found.score.reasons is None


def test_where_finds_lay_is_told_of_the_nearest_goods(port, database: Database) -> None:
    who = port.person()
    mine = port.shipment("M", heading="0303")
    find = {"found": ("wildlife_products",), "permit_valid": False}
    with database.read() as connection:
        assert concealed.in_such_goods(connection, mine, "0303").finds == 0
    other = port.shipment("X", heading="4403")
    port.outcome(other, who, where_in_load="back", **find)
    near = port.shipment("Y", heading="0304")
    port.outcome(near, who, where_in_load="in_goods", taxa=("Manidae",), **find)
    port.outcome(mine, who, where_in_load="top", **find)
    with database.read() as connection:
        found = concealed.in_such_goods(connection, mine, "0303")
        anywhere = concealed.in_such_goods(connection, mine, "9999")
        unknown = concealed.in_such_goods(connection, mine, "")
    assert (found.scope, found.code, found.finds) == ("chapter", "03", 1)
    (where,) = found.places
    assert (where.where, where.inspections, where.taxa) == ("in_goods", (("full", 1),), (("Manidae", 1),))
    assert (anywhere.scope, anywhere.finds) == ("any", 2)
    assert unknown == anywhere
    same = port.shipment("Z", heading="0303")
    port.outcome(same, who, **find)
    overturned = port.shipment("W", heading="0303")
    port.outcome(overturned, who, status="overturned", **find)
    with database.read() as connection:
        found = concealed.in_such_goods(connection, mine, "0303")
    assert (found.scope, found.finds, found.places[0].where) == ("heading", 1, "")
