"""The page on data protection leaves no field out and says what the program does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlalchemy as sa

from features.manifest import schema
from risk import upkeep
from risk.store import retention, roles, tables
from risk.store.settings import BY_NAME

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "data-protection.md").read_text(encoding="utf-8")
NAMED = set(re.findall(r"`(\w+\.\w+)`", TEXT))
PURGED = TEXT.partition("## Fields that are purged with a shipment")[2].partition("\n## ")[0]
#: Kinds of columns that can hold a name; numbers, times and flags cannot.
HOLDS_TEXT = (sa.String, sa.JSON, sa.LargeBinary)


def columns() -> dict[str, sa.Column[object]]:
    return {f"{t.name}.{c.name}": c for t in tables.metadata.sorted_tables for c in t.columns}


def test_every_column_that_can_hold_a_text_is_named() -> None:
    texts = {name for name, column in columns().items() if isinstance(column.type, HOLDS_TEXT)}
    assert sorted(texts - NAMED) == []


def test_no_column_is_named_that_is_not_there() -> None:
    tabled = {name for name in NAMED if name.partition(".")[0] in tables.metadata.tables}
    assert sorted(tabled - set(columns())) == []


@pytest.mark.parametrize("table", tables.PURGED, ids=lambda table: table.name)
def test_purged_tables_stand_among_what_is_purged(table: sa.Table) -> None:
    for column in table.columns:
        if isinstance(column.type, HOLDS_TEXT):
            assert f"`{table.name}.{column.name}`" in PURGED


def test_every_field_of_a_party_is_named() -> None:
    parties = [column.name for column in schema.COLUMNS if column.group == "parties"]
    assert [name for name in parties if f"`{name}`" not in PURGED] == []


def test_times_are_those_of_the_settings() -> None:
    told = dict(re.findall(r"\| `(keep_\w+)` \| (\d+) days", TEXT))
    kept = {name: str(each.default) for name, each in BY_NAME.items() if name.startswith("keep_")}
    assert told == kept
    assert f"for {retention.UNDECIDED.days} days" in TEXT
    assert upkeep.KEPT == 7
    assert "the last seven" in TEXT


def test_readers_are_those_who_may() -> None:
    assert roles.MAY["see_list"] == {"officer", "supervisor", "analyst", "auditor"}
    assert roles.MAY["hold_data"] == {"supervisor"}
    assert roles.MAY["see_access"] == {"supervisor", "auditor"}
    assert roles.MAY["tend_lists"] == {"supervisor", "analyst"}
    assert roles.MAY["see_contacts"] == set(roles.ROLES)
    assert "live animals, hazards | everybody |" in TEXT
    assert roles.MAY["load"] == {"officer", "supervisor", "analyst"}
