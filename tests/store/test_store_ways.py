"""The way a file's queries take through the rows: a port with a long past is not read whole for one page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa

from risk.store import alike, day, finds, past, planning, shift, shift_rows
from risk.store.database import Database

NOW = pd.Timestamp("2026-11-22 04:00")
HOURS = pd.Timedelta(hours=12)
#: Tables that grow with the port's past.
LONG = ("shipments", "versions", "scores", "declared", "party_marks", "list_rows", "outcomes", "ledger")

ASKED: dict[str, Callable[[sa.Connection, int], Any]] = {
    "past": lambda connection, number: past.of_shipment(connection, number),
    "alike": lambda connection, number: alike.of_shipment(connection, number),
    "shift": lambda connection, _: shift.numbers(connection, NOW - HOURS, NOW + HOURS),
    "shift rows": lambda connection, _: shift_rows.rows(connection, NOW - HOURS, NOW + HOURS),
    "planning": lambda connection, _: planning.picks(connection, NOW),
    "finds": lambda connection, _: finds.between(connection, NOW - HOURS, NOW + HOURS),
    "report": lambda connection, _: finds.reported(connection, 2026, "Asia/Bangkok"),
    "case": lambda connection, number: finds.case(connection, number),
    "day": lambda connection, _: day.rows(connection, NOW, at=NOW),
}


@pytest.mark.parametrize("name", ASKED)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_no_table_of_the_past_is_read_from_end_to_end(port, database: Database, name: str) -> None:
    who = port.person()
    about = {
        "parties": {"shipper": "s", "consignee": "c"},
        "row": {"manifest_id": "X"},
        "master_bill": "M",
        "containers": "MSKU1234567",
        "conveyance": "STAR",
    }
    port.shipment("A", port.now - port.day, **about)
    mine = port.shipment("B", **about)
    port.listed({mine: "model"}, port.now - port.hour)
    port.outcome(mine, who, found=("live_animals",))
    sent: list[tuple[str, Any]] = []
    sa.event.listen(
        database.engine, "before_cursor_execute", lambda *given: sent.append((given[2], given[3]))
    )
    with database.read() as connection:
        ASKED[name](connection, mine)
        asked = [each for each in sent if each[0].startswith("SELECT")]
        ways = [
            (str(row[-1]), text)
            for text, values in asked
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values)
        ]
    assert asked
    # The last row of an order that an index keeps is found at once.
    whole = [way for way in ways if way[0].startswith("SCAN") and not way[1].endswith("LIMIT ? OFFSET ?")]
    assert [way for way in whole if way[0].split()[1] in LONG] == []
