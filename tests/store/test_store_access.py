"""Looks at shipments: on record once an hour, with why they were somebody's, counted for who supervises."""

from __future__ import annotations

import json

import pandas as pd
import pytest
import sqlalchemy as sa

from risk.store import access, decisions, ledger, margins, people, roles, settings, tables
from risk.store.database import Database

NOW = pd.Timestamp("2026-11-22 04:10")
HOUR = pd.Timedelta(hours=1)


def put(database: Database, bill: str, location: str = "") -> int:
    with database.write() as connection:

        def made(table: sa.Table, **values: object) -> int:
            return connection.execute(table.insert().values(**values).returning(table.c.id)).scalar_one()

        shipment = made(tables.shipments, bill=bill, first_known_at=NOW)
        batch = made(
            tables.batches, state="ready", model_id="m", risk_basis="prior", counts={}, scored_at=NOW
        )
        version = made(
            tables.versions,
            shipment_id=shipment,
            batch_id=batch,
            number=1,
            current=True,
            content_hash="c",
            known_at=NOW,
            location=location,
        )
        made(
            tables.scores,
            version_id=version,
            batch_id=batch,
            model_id="m",
            current=True,
            log_odds=0.0,
            risk=0.5,
            risk_basis="prior",
            families={},
            record_hash="r",
        )
    return shipment


def listed(database: Database, shipment: int, chosen: str, at: pd.Timestamp) -> None:
    with database.write() as connection:
        number = connection.execute(
            tables.lists.insert()
            .values(
                digest=f"{shipment}{at}",
                capacity=[],
                random_share=0.1,
                model_id="m",
                risk_basis="prior",
                data_hash="h",
                draw_commitment="c",
                shipments=1,
                published_at=at,
            )
            .returning(tables.lists.c.id)
        ).scalar_one()
        connection.execute(
            tables.list_rows.insert().values(
                list_id=number,
                shipment_id=shipment,
                score_id=shipment,
                rank=1,
                place=1,
                selected_by=chosen,
                selection_probability=0.1,
            )
        )


@pytest.fixture
def ana(database: Database) -> roles.Person:
    with database.write() as connection:
        number = people.add(connection, "ana", "officer", at=NOW, actor="system", name="Ana")
    return roles.Person(number, "ana", "Ana", "officer", "en")


@pytest.fixture
def ben(database: Database, ana: roles.Person) -> roles.Person:
    with database.write() as connection:
        number = people.add(connection, "ben", "officer", at=NOW, actor="system")
    return roles.Person(number, "ben", "", "officer", "en")


def look(database: Database, shipment: int, who: roles.Person, at: pd.Timestamp = NOW) -> bool:
    with database.write() as connection:
        return access.viewed(connection, shipment, who, at=at)


def ground(database: Database, shipment: int, who: roles.Person, at: pd.Timestamp = NOW) -> str:
    with database.read() as connection:
        return access.ground(connection, shipment, who, at=at)


def test_a_look_is_on_record_once_an_hour(database: Database, ana: roles.Person, ben: roles.Person) -> None:
    shipment, other = put(database, "A"), put(database, "B")
    with database.read() as connection:
        assert not access.recorded(connection, shipment, ana, at=NOW)
    asked = [
        look(database, shipment, ana, NOW + pd.Timedelta(minutes=minute)) for minute in range(-10, 60, 10)
    ]
    assert asked == [True, False, False, False, False, False, True]
    assert look(database, shipment, ben)
    assert look(database, other, ana)
    with database.read() as connection:
        assert access.recorded(connection, shipment, ana, at=NOW)
        found = connection.execute(sa.select(tables.ledger).where(tables.ledger.c.kind == "view")).all()
        assert ledger.verify(connection).holds
    assert [(row.actor, row.subject) for row in found] == [
        (ana.actor, f"shipment:{shipment}"),
        (ana.actor, f"shipment:{shipment}"),
        (ben.actor, f"shipment:{shipment}"),
        (ana.actor, f"shipment:{other}"),
    ]
    assert {row.facts for row in found} == {'{"by":"none"}'}


def test_the_ledger_names_nobody(database: Database, ana: roles.Person) -> None:
    look(database, put(database, "A", "Pier 9"), ana)
    with database.read() as connection:
        row = connection.execute(sa.select(tables.ledger).where(tables.ledger.c.kind == "view")).one()
    assert json.loads(row.facts) == {"by": "none"}
    assert "ana" not in row.actor


def test_why_a_shipment_is_somebodys(database: Database, ana: roles.Person, ben: roles.Person) -> None:
    claimed, chosen, ranked, old, here, elsewhere = (
        put(database, bill, place)
        for bill, place in zip("ABCDEF", ("", "", "", "", "pier 9", "Pier 8"), strict=True)
    )
    with database.write() as connection:
        decisions.claim(connection, claimed, ana, at=NOW, minutes=30)
        people.change(connection, ana.id, at=NOW, actor="system", terminal=" Pier 9 ")
    listed(database, chosen, "random", NOW - HOUR)
    listed(database, ranked, "", NOW - HOUR)
    listed(database, old, "model", NOW - access.LISTED_FOR - HOUR)
    assert [ground(database, each, ana) for each in (claimed, chosen, ranked, old, here, elsewhere)] == [
        "claim",
        "list",
        "none",
        "none",
        "terminal",
        "none",
    ]
    assert ground(database, claimed, ben) == "none"
    assert ground(database, here, ben) == "none"
    assert ground(database, claimed, ana, NOW + HOUR) == "none"


def test_where_time_stands_still_a_list_is_still_somebodys_work(
    database: Database, ana: roles.Person
) -> None:
    chosen = put(database, "A")
    listed(database, chosen, "model", NOW - HOUR)
    years = pd.Timedelta(days=700)
    assert ground(database, chosen, ana, NOW + years) == "none"
    with database.write() as connection:
        settings.change(connection, {"sample": True, "clock": NOW.isoformat()}, at=NOW, actor="system")
    assert ground(database, chosen, ana, NOW + years) == "list"


def test_margins_are_worked_out_for_nobody_who_may_not_see_them(
    database: Database, ana: roles.Person
) -> None:
    shipment = put(database, "A")
    with database.read() as connection:
        with pytest.raises(roles.NotAllowed):
            margins.below(connection, ana, NOW, at=NOW)
        with pytest.raises(roles.NotAllowed):
            margins.changes(connection, shipment, ana, NOW, at=NOW)


def test_the_ground_is_the_one_of_that_moment(database: Database, ana: roles.Person) -> None:
    shipment = put(database, "A")
    look(database, shipment, ana)
    with database.write() as connection:
        decisions.claim(connection, shipment, ana, at=NOW, minutes=600)
    look(database, shipment, ana, NOW + HOUR)
    with database.read() as connection:
        found = access.looks(connection, NOW - HOUR, NOW + 3 * HOUR, shipment_id=shipment)
    assert found["by"].tolist() == ["claim", "none"]


def test_counts_by_person(database: Database, ana: roles.Person, ben: roles.Person) -> None:
    first, second = put(database, "A"), put(database, "B")
    listed(database, first, "model", NOW - HOUR)
    for at in (NOW, NOW + HOUR, NOW + 2 * HOUR):
        look(database, first, ana, at)
    look(database, second, ana, NOW)
    look(database, second, ben, NOW)
    look(database, second, ben, NOW + HOUR)
    look(database, second, ben, NOW + 50 * HOUR)
    with database.read() as connection:
        found = access.by_person(connection, NOW, NOW + 24 * HOUR)
        outside = access.looks(connection, NOW, NOW + 24 * HOUR, outside=True)
        of_ben = access.looks(connection, NOW, NOW + 99 * HOUR, user_id=ben.id)
    counts = found[["login", "role", "looks", "list", "none", "shipments"]]
    assert [tuple(row) for row in counts.itertuples(index=False)] == [
        ("ben", "officer", 2, 0, 2, 1),
        ("ana", "officer", 4, 3, 1, 2),
    ]
    assert found["outside_share"].tolist() == [1.0, 0.25]
    assert found["last_at"].tolist() == [NOW + HOUR, NOW + 2 * HOUR]
    assert list(zip(outside["login"], outside["bill"], strict=True)) == [
        ("ben", "B"),
        ("ben", "B"),
        ("ana", "B"),
    ]
    assert len(of_ben) == 3
    assert of_ben["at"].is_monotonic_decreasing


def test_nobody_looked(database: Database) -> None:
    with database.read() as connection:
        assert access.by_person(connection, NOW, NOW + HOUR).empty
        found = access.looks(connection, NOW, NOW + HOUR)
    assert found.empty
    assert list(found) == ["seq", "at", "user_id", "login", "shipment_id", "bill", "by"]
