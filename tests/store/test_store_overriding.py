"""What stands high is looked up where it is decided, not taken from a page."""

from __future__ import annotations

import pandas as pd
import pytest
import sqlalchemy as sa

from risk.store import local_rules, overriding, tables
from risk.store.database import Database
from risk.store.local_rules import NewRule
from risk.store.overriding import InForce

HIGH = 3


@pytest.fixture(autouse=True)
def _high(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overriding, "HIGH_RANK", HIGH)


@pytest.fixture
def ids(port) -> list[int]:
    """Eight shipments of the day, the highest first."""
    row = {"goods_description": "FROZEN FISH"}
    return [port.shipment(f"A{n}", log_odds=5.0 - n, row=row) for n in range(8)]


def lower(port, shipment: int, who, at: pd.Timestamp | None = None) -> str:
    with port.database.write() as connection:
        return overriding.override(
            connection, shipment, "lower", "permit_seen", who, now=port.now, at=at or port.now
        )


def stands(port, shipment: int, now: pd.Timestamp | None = None) -> InForce:
    with port.database.read() as connection:
        return overriding.in_force(connection, shipment, now=now or port.now)


def test_without_a_list_the_days_rank_counts(port, ids: list[int], database: Database) -> None:
    who = port.person("ana", "officer")
    assert [stands(port, number) for number in ids] == [InForce(rank, rank <= HIGH) for rank in range(1, 9)]
    assert lower(port, ids[HIGH - 1], who) == "waiting"
    assert lower(port, ids[HIGH], who) == "in_force"
    with database.read() as connection:
        ranks = connection.execute(sa.select(tables.overrides.c.model_rank)).scalars().all()
    assert ranks == [HIGH, HIGH + 1]


def test_what_is_not_of_the_day_waits(port, ids: list[int]) -> None:
    assert stands(port, ids[7], port.now + 30 * port.day) == InForce(None, True)
    assert lower(port, port.shipment("LOADING", state="loading"), port.person()) == "waiting"


def test_a_list_in_force_tells_the_rank_until_the_shipment_is_scored_again(port, ids: list[int]) -> None:
    port.listed({}, ranked=(ids[7], ids[0], ids[1], ids[2], ids[6], ids[5]))
    assert stands(port, ids[7]) == InForce(1, True)
    assert stands(port, ids[5]) == InForce(6, False)
    # The list said 2; the day says 1: the lower number counts, whichever says it.
    assert stands(port, ids[0]) == InForce(2, True)
    port.shipment("A7", log_odds=-3.0)
    assert stands(port, ids[7]) == InForce(8, False)
    port.shipment("A5", log_odds=9.0)
    assert stands(port, ids[5]) == InForce(1, True)


def test_what_was_chosen_waits_until_it_has_an_outcome(port, ids: list[int]) -> None:
    port.listed({ids[0]: "model", ids[7]: "random"}, ranked=tuple(ids[1:7]))
    far = port.listed({}, ranked=tuple(ids))
    assert far
    assert stands(port, ids[7]) == InForce(8, True)
    port.outcome(ids[7], port.person())
    assert stands(port, ids[7]) == InForce(8, False)


def test_what_people_hold_up_stands_high(port, ids: list[int]) -> None:
    who = port.person("ana", "officer")
    with port.database.write() as connection:
        overriding.override(connection, ids[6], "raise", "tip", who, now=port.now, at=port.now)
    assert stands(port, ids[6]) == InForce(7, True)
    chief = port.person()
    early = port.now - port.day
    with port.database.write() as connection:
        # All of the day is fish: the rule hits what it is tried on, so it is put in as kept.
        for name, floor, shipment in (("up", HIGH, ids[5]), ("far", HIGH + 1, ids[7])):
            rule = tables.rules.insert().values(
                name=name, condition="mode = sea", reason="r", floor=floor, owner_id=chief.id,
                valid_from=early, at=early,
            )  # fmt: skip
            number = connection.execute(rule.returning(tables.rules.c.id)).scalar_one()
            version = sa.select(tables.versions.c.id).where(tables.versions.c.shipment_id == shipment)
            hit = {"rule_id": number, "version_id": connection.execute(version).scalar_one(), "at": early}
            connection.execute(tables.rule_hits.insert().values(**hit))
    assert stands(port, ids[5]) == InForce(6, True)
    assert stands(port, ids[7]) == InForce(8, False)
    with port.database.write() as connection:
        local_rules.end(connection, 1, chief, now=port.now, at=port.now)
    assert stands(port, ids[5]) == InForce(6, False)


def test_where_others_were_lowered_it_stands_as_high_as_without_them(port, ids: list[int]) -> None:
    who, second = port.person(), port.person("two")
    assert lower(port, ids[0], who) == "waiting"
    assert stands(port, ids[HIGH]) == InForce(HIGH + 1, False)
    with port.database.write() as connection:
        overriding.sign(connection, 1, True, second, at=port.now)
    assert stands(port, ids[HIGH]) == InForce(HIGH + 1, True)
    assert lower(port, ids[HIGH], who) == "waiting"
    assert stands(port, ids[HIGH + 1]) == InForce(HIGH + 2, False)


def test_said_again_after_the_signature_it_is_what_it_was(port, ids: list[int]) -> None:
    who, second = port.person(), port.person("two")
    assert lower(port, ids[0], who) == "waiting"
    with port.database.write() as connection:
        overriding.sign(connection, 1, True, second, at=port.now)
    assert lower(port, ids[0], who) == "in_force"


def test_a_rule_that_is_added_counts_from_the_moment_looked_at_and_stands_by_the_clock(port) -> None:
    """In a sample time stands still: what is known after that moment is hit, whatever the clock says."""
    chief, clock = port.person(), port.now + 400 * port.day
    number = port.shipment("LATER", port.now + port.hour, row={"goods_description": "IVORY"})
    assert number
    new = NewRule("r", "goods has ivory", "why", 5)
    with port.database.write() as connection:
        added = local_rules.add(connection, new, chief, now=port.now, at=clock)
        rule = connection.execute(sa.select(tables.rules)).one()
        told = connection.execute(
            sa.select(tables.ledger.c.at).where(tables.ledger.c.kind == "rule.added")
        ).scalar_one()
    assert added.hit == 1
    assert (pd.Timestamp(rule.valid_from), pd.Timestamp(rule.at)) == (port.now, clock)
    assert pd.Timestamp(told) == clock
