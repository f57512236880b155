"""Finds: the case sheet as it was then, and the report in the columns of CITES."""

from __future__ import annotations

import json

import pandas as pd
import pytest
import sqlalchemy as sa

from app.views import finds as view
from risk import finds as pure
from risk.store import decisions, finds, inspections, ledger, overriding, retention, tables
from risk.store.database import Database


def case(database: Database, number: int) -> finds.Case:
    with database.read() as connection:
        return finds.case(connection, number)


def report(database: Database, year: int = 2026, zone: str = "UTC", **more) -> pd.DataFrame:
    with database.read() as connection:
        return pure.illegal_trade(finds.reported(connection, year, zone), zone=zone, **more)


def test_a_case_sheet_tells_what_was_then(port, database: Database, photo) -> None:
    who, second = port.person(), port.person("two")
    mine = port.shipment("A", port.now - 9 * port.hour, row={"goods_description": "FISH"}, log_odds=2.0)
    other = port.shipment("B", port.now - 9 * port.hour)
    number = port.listed({other: "model", mine: "random"}, port.now - 8 * port.hour)
    with database.write() as connection:
        overriding.override(
            connection,
            mine,
            "lower",
            "permit_seen",
            who,
            now=port.now - 7 * port.hour,
            at=port.now - 7 * port.hour,
        )
        overriding.sign(connection, 1, False, second, at=port.now - 6 * port.hour)
        decisions.step(connection, mine, "opened", who, at=port.now - 5 * port.hour)
    first = port.outcome(mine, who, port.now - 4 * port.hour, found=("live_animals",), taxa=("Manidae",))
    port.outcome(
        mine,
        second,
        port.now,
        replaces=first,
        found=("live_animals",),
        status="confirmed",
        pieces=12,
        inspected_at=port.now - 4 * port.hour,
    )
    with database.write() as connection:
        inspections.add_photo(connection, first, photo(1), who, at=port.now)
    # Amended and listed again afterwards: no part of what was then.
    port.shipment("A", port.now + port.hour, row={"goods_description": "SHELLS"})
    port.listed({mine: "officer"}, port.now + 2 * port.hour)
    sheet = case(database, mine)
    assert (sheet.bill, sheet.version, sheet.versions) == ("A", 1, 2)
    assert sheet.declared == {"goods_description": "FISH"}
    assert sheet.told == ("Why of A 1",)
    assert sheet.score["log_odds"] == 2.0
    assert (sheet.listed["list_id"], sheet.listed["rank"]) == (number, 2)
    assert sheet.listed["selected_by"] == "random"
    assert [each["user_id"] for each in sheet.outcomes] == [who.id, second.id]
    assert (sheet.outcome["pieces"], sheet.outcome["replaces_id"]) == (12, first)
    assert {each.of for each in sheet.hashes} == {"record", "batch", "list", "list_data", "draw", "photo"}
    assert all(len(each.value) == 64 for each in sheet.hashes)
    assert [(each.outcome_id, each.there) for each in sheet.photos] == [(first, True)]
    with database.write() as connection:
        connection.execute(tables.photos.delete())
    gone = case(database, mine)
    assert [(each.sha256, each.at, each.there) for each in gone.photos] == [
        (sheet.photos[0].sha256, port.now, False)
    ]
    assert gone.hashes == sheet.hashes
    kinds = [row["kind"] for row in sheet.ledger]
    assert kinds == ["override", "override.refused", "step", "outcome", "outcome", "photo"]
    with database.read() as connection:
        assert sheet.head == ledger.head(connection)
    laid = view.sheet(sheet, {who.id: "Chi"})
    assert [event.kind for event in laid.events] == [
        "list.published",
        "override",
        "override.refused",
        "step",
        "outcome",
        "outcome",
    ]
    assert laid.events[1].by == f"{who.id} (Chi)"
    assert laid.events[2].by == str(second.id)
    assert laid.events[1].codes == (("override", "lower"), ("lower", "permit_seen"))
    assert (laid.corrections, dict(laid.place)["rank"]) == (1, 2)
    assert dict(laid.facts)["pieces"] == 12
    assert "kg" not in dict(laid.facts)
    assert laid.declared.to_dict("list") == {"column": ["goods_description"], "value": ["FISH"]}


def test_what_was_signed_stays_signed_whoever_withdrew_it_since(port, database: Database) -> None:
    who, second = port.person(), port.person("two")
    mine = port.shipment("A", port.now - 9 * port.hour)
    asked = {"now": port.now - 3 * port.hour, "at": port.now - 3 * port.hour}
    with database.write() as connection:
        overriding.override(connection, mine, "lower", "permit_seen", who, **asked)
        overriding.sign(connection, 1, True, second, at=port.now - 2 * port.hour)
        overriding.withdraw(connection, 1, who, at=port.now - port.hour)
    port.outcome(mine, who, found=("live_animals",))
    signed = next(each for each in view.sheet(case(database, mine), {}).events if each.by == str(second.id))
    assert (signed.kind, signed.codes) == ("override.signed", (("override", "in_force"),))


def test_a_case_of_a_shipment_on_no_list(port, database: Database) -> None:
    mine = port.shipment("A", port.now - port.hour, families={"goods": 0.5, "route": -2.0})
    port.outcome(mine, port.person(), found=("wildlife_products",))
    laid = view.sheet(case(database, mine), {})
    assert laid.place == ()
    assert laid.families["family"].tolist() == ["route", "goods"]
    assert {of for of, _ in laid.hashes} == {"record", "batch"}


@pytest.mark.parametrize(
    "fields",
    [
        {"found": ("clean",)},
        {"found": ("live_animals",), "status": "overturned"},
        {"found": ("live_animals",), "permit_valid": True},
        {"inspection": "not_inspected"},
    ],
)
def test_what_is_no_find_has_no_case(port, database: Database, fields) -> None:
    mine = port.shipment("A")
    port.outcome(mine, port.person(), **fields)
    with pytest.raises(finds.NoFind):
        case(database, mine)
    assert report(database).empty
    with pytest.raises(finds.NoFind):
        case(database, 99)


def test_a_purged_case_says_so(port, database: Database) -> None:
    mine = port.shipment("A", port.now - 2000 * port.day, row={"goods_description": "FISH"})
    at = port.now - 1999 * port.day
    port.outcome(mine, port.person(), at, found=("live_animals",), status="confirmed")
    with database.write() as connection:
        retention.purge(connection, at=port.now, actor="system")
    sheet = case(database, mine)
    assert (sheet.declared, sheet.told) == (None, None)
    assert sheet.purged == (port.now, "traders:1095")
    assert sheet.hashes[0].of == "record"
    assert view.sheet(sheet, {}).declared is None
    assert len(report(database, at.year)) == 1


def test_finds_of_a_window_latest_first_with_a_count(port, database: Database) -> None:
    who = port.person()
    for hour in range(4):
        port.outcome(port.shipment(f"A{hour}"), who, port.now + hour * port.hour, found=("live_animals",))
    with database.read() as connection:
        found = finds.between(connection, port.now, port.now + 3 * port.hour, 2)
    assert found["bill"].tolist() == ["A2", "A1"]
    assert found.attrs["count"] == 3
    assert view.listed(found)["found"].tolist() == [("live_animals",)] * 2


def test_the_report_has_the_columns_of_the_form(port, database: Database) -> None:
    row = {"transhipment_ports": "SGSIN;MYPKG;SGSIN;DOH"}
    mine = port.shipment("A", row=row, location="T1", mode="air", destination="FR")
    port.outcome(
        mine,
        port.person(),
        found=("live_animals",),
        status="confirmed",
        permit_valid=False,
        taxa=("Geochelone elegans",),
        where_in_load="false_bottom",
        pieces=40,
        kg=3.5,
        alive=40,
        inspection="scan",
        evidence_reference="EV-7",
    )
    found = report(database, port="Port X", agency="Customs")
    assert tuple(found.columns) == pure.COLUMNS
    assert not any("nationality" in name.lower() for name in found.columns)
    assert {name: cell for name, cell in found.iloc[0].items() if cell} == {
        "Seizure number": "EV-7",
        "Date of seizure": "2026-11-22",
        "Species": "Geochelone elegans",
        "Description of specimen": "live",
        "Quantity": "40",
        "Unit": "number of specimens",
        "Location of incident": "Port X, T1",
        "Detecting agency": "Customs",
        "Reason for seizure": "No valid permit",
        "Method of detection": "X-ray or scanner",
        "Mode of transport": "Air",
        "Method of concealment": "Under a false floor",
        "Alleged country of origin": "VN",
        "Country(ies) of transit": "SG, MY",
        "Alleged final destination": "FR",
        "Additional information": "declared under heading 0303; counted: 40 pieces, 3.5 kg, 40 alive",
    }


def test_what_is_not_known_is_left_empty(port, database: Database) -> None:
    mine = port.shipment("A", origin="", heading="", mode="")
    number = port.outcome(mine, port.person(), found=("wildlife_products",), inspection="partial")
    found = report(database).iloc[0]
    assert {name: cell for name, cell in found.items() if cell} == {
        "Seizure number": f"outcome {number}",
        "Date of seizure": "2026-11-22",
        "Method of detection": "Physical inspection",
        "Additional information": "provisional",
    }


def test_several_species_share_no_quantity(port, database: Database) -> None:
    mine = port.shipment("A")
    taxa = ("Manidae", "Elephantidae")
    port.outcome(mine, port.person(), found=("wildlife_products",), taxa=taxa, kg=120.0, where_in_load="top")
    found = report(database)
    assert found["Species"].tolist() == list(taxa)
    assert found["Quantity"].tolist() == ["", ""]
    told = "provisional; declared under heading 0303; found: on top; counted: 120 kg of 2 species together"
    assert set(found["Additional information"]) == {told}


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"pieces": 3, "alive": 3}, ("live", "3", "number of specimens")),
        ({"pieces": 3, "alive": 1}, ("", "3", "number of specimens")),
        ({"pieces": 3, "alive": 0, "kg": 2.0}, ("", "2", "kg")),
        ({"alive": 2}, ("", "", "")),
        ({"kg": 0.25}, ("live", "0.25", "kg")),
    ],
)
def test_quantities_of_live_animals(port, database: Database, fields, told) -> None:
    mine = port.shipment("A")
    port.outcome(mine, port.person(), found=("live_animals",), **fields)
    row = report(database).iloc[0]
    assert (row["Description of specimen"], row["Quantity"], row["Unit"]) == told


def test_a_year_is_the_ports(port, database: Database) -> None:
    mine = port.shipment("A")
    new_year = pd.Timestamp("2026-12-31 20:00")
    with database.write() as connection:
        connection.execute(sa.select(1))
    port.outcome(mine, port.person(), new_year, found=("live_animals",))
    assert len(report(database, 2026, "UTC")) == 1
    assert report(database, 2026, "Asia/Bangkok").empty
    assert report(database, 2027, "Asia/Bangkok")["Date of seizure"].tolist() == ["2027-01-01"]


def test_an_export_leaves_a_row_in_the_ledger(port, database: Database) -> None:
    who = port.person()
    with database.write() as connection:
        finds.exported(connection, 2026, 3, who, at=port.now)
    with database.read() as connection:
        row = connection.execute(
            sa.select(tables.ledger).where(tables.ledger.c.kind == "finds.exported")
        ).one()
        assert ledger.verify(connection).holds
    assert json.loads(row.facts) == {"year": 2026, "rows": 3}
