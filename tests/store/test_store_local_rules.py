"""Local rules in the database: tried, kept, hitting, ended, and outlived by their fields."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from risk.conditions import ConditionError
from risk.store import (
    local_rules,
    tables,
    watching,
)
from risk.store.database import Database
from risk.store.local_rules import NewRule

_SPEC = importlib.util.spec_from_file_location("watched_port", Path(__file__).parent / "watched_port.py")
watched_port: Any = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(watched_port)
NOW = watched_port.NOW
hours = watched_port.hours
batch = watched_port.batch
day = watched_port.day
bills = watched_port.bills
load = watched_port.load


def test_a_rule_hits_what_its_condition_holds_for(database: Database, crew: dict) -> None:
    rows = [
        {"shipment_id": "A", "mode": "air", "gross_weight_kg": 150.0, "hs_codes": "051191"},
        {"shipment_id": "B", "mode": "air", "gross_weight_kg": 50.0, "hs_codes": "051191"},
        {"shipment_id": "C", "mode": "air", "hs_codes": "051191"},
        {"shipment_id": "D", "mode": "sea", "gross_weight_kg": 150.0, "is_refrigerated": True},
    ]
    batch(database, rows, hours(1))
    condition = "mode=air and ( hs starts 0511 ) and weight>100"
    with database.write() as connection:
        assert local_rules.tried(connection, condition) == watching.Tried(1, 4)
        new = NewRule("heavy", condition, "ask for the permit", 12)
        late = local_rules.add(connection, new, crew["supervisor"], now=hours(2), at=hours(2))
        assert late.hit == 0
        with_start = replace(new, valid_from=NOW)
        added = local_rules.change(
            connection, late.id, with_start, crew["supervisor"], now=hours(3), at=hours(3)
        )
        assert added.hit == 1
    (hit,) = bills(database, crew["officer"], hours(4))["A"]
    assert (hit.source, hit.value, hit.reason, hit.floor) == (
        "rule",
        "mode = air and hs starts 0511 and gross_weight_kg > 100",
        "ask for the permit",
        12,
    )
    with database.read() as connection:
        (rule,) = local_rules.listed(connection, at=hours(4))
        assert len(local_rules.listed(connection, at=hours(4), ended=True)) == 2
    assert (rule.id, rule.replaces_id, rule.active, rule.readable, rule.hits) == (2, 1, True, True, 1)


def test_a_rule_that_cannot_be_is_refused(database: Database, crew: dict) -> None:
    day(database, *["fish"] * 60)
    good = NewRule("n", "goods has ivory", "r", 5)
    with database.write() as connection:
        for wrong, why in (
            (replace(good, name=" "), "name"),
            (replace(good, reason=""), "why"),
            (replace(good, floor=0), "place"),
            (replace(good, condition="goods has fish"), "60 of 60 shipments"),
        ):
            with pytest.raises(local_rules.RuleRefused, match=why):
                local_rules.add(connection, wrong, crew["analyst"], now=NOW, at=NOW)
        with pytest.raises(ConditionError):
            local_rules.add(
                connection, replace(good, condition="goods has"), crew["analyst"], now=NOW, at=NOW
            )
        first = local_rules.add(connection, good, crew["analyst"], now=NOW, at=NOW)
        local_rules.change(connection, first.id, good, crew["analyst"], now=hours(1), at=hours(1))
        with pytest.raises(local_rules.RuleRefused, match="changed since"):
            local_rules.change(connection, first.id, good, crew["analyst"], now=hours(2), at=hours(2))
        with pytest.raises(local_rules.RuleRefused, match="has ended"):
            local_rules.end(connection, first.id, crew["analyst"], now=hours(2), at=hours(2))


def test_a_rule_of_a_field_that_is_gone_stops_no_load(database: Database, crew: dict) -> None:
    with database.write() as connection:
        local_rules.add(connection, NewRule("n", "goods has ivory", "r", 5), crew["analyst"], now=NOW, at=NOW)
        connection.execute(tables.rules.update().values(condition="flavour = sweet"))
    load(database, day(database, "ivory", at=hours(1), ready=False), hours(1))
    with database.read() as connection:
        assert [rule.readable for rule in local_rules.listed(connection, at=hours(2))] == [False]
    assert bills(database, crew["officer"]) == {}
