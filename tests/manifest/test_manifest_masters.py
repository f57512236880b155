"""Masters beside their houses, and declarations beside their bills."""

import pandas as pd
import pytest

from features import manifest
from features.manifest import declarations, masters
from features.manifest.canonical import POSITION

ROWS = """shipment_id,master_id,bill_level,goods_description
M1,,master,CONSOLIDATION AS PER ATTACHED LIST
H1,M1,house,toys
H2,M1,house,shoes
M2,,master,consolidated cargo
M3,,master,machine parts
D1,,direct,tea
H3,M9,house,rice
"""


@pytest.fixture
def day(tmp_path):
    path = tmp_path / "day.csv"
    path.write_text(ROWS)
    return path


@pytest.mark.parametrize("rows", [None, 1, 3])
def test_a_master_gives_way_to_its_houses(day, rows):
    found = [manifest.read(day)] if rows is None else list(manifest.stream(day, rows=rows))
    table = pd.concat([each.table for each in found]).set_index("shipment_id")
    assert table.index.tolist() == ["H1", "H2", "M2", "M3", "D1", "H3"]
    assert table.index[table["is_consolidation"].eq(True).fillna(False)].tolist() == ["H1", "H2", "M2"]
    notes = pd.concat([each.notes for each in found])
    blind = notes[notes["column"] == "bill_level"]
    assert blind["shipment_id"].tolist() == ["M2"]
    assert "scored blind" in blind["expected"].iloc[0]
    counts = pd.DataFrame([each.counts for each in found]).sum()
    assert counts["rows_read"] == 7 == counts["shipments"] + counts["joined"]


@pytest.mark.parametrize("rows", [None, 1, 3])
def test_a_bill_of_unknown_level_is_a_master_where_a_house_names_it(tmp_path, rows):
    path = tmp_path / "day.csv"
    path.write_text(ROWS.replace(",master,CONSOL", ",,CONSOL").replace("M3,,master", "M3,,"))
    found = [manifest.read(path)] if rows is None else list(manifest.stream(path, rows=rows))
    table = pd.concat([each.table for each in found]).set_index("shipment_id")
    assert table.index.tolist() == ["H1", "H2", "M2", "M3", "D1", "H3"]
    assert table.index[table["is_consolidation"].eq(True).fillna(False)].tolist() == ["H1", "H2", "M2"]


def test_a_table_without_masters_is_left_as_it_is(day):
    table = manifest.read(day).table.assign(**{POSITION: range(6)})
    houses = table[table["bill_level"] == "house"]
    settled, notes, gone = masters.settle(houses)
    assert settled is houses
    assert (len(notes), gone) == (0, 0)


def bills(**columns):
    table = pd.DataFrame({name: pd.Series(values, dtype="str") for name, values in columns.items()})
    if "known_at" in table:
        table["known_at"] = pd.to_datetime(table["known_at"]).astype("datetime64[us]")
    return table.assign(**{POSITION: range(len(table))})


def test_a_declaration_enriches_its_bill():
    table = bills(
        shipment_id=["A", "B"],
        goods_description=["toys", "shoes"],
        hs_codes=["9503", None],
        known_at=["2026-01-01", "2026-01-01"],
    )
    said = bills(
        shipment_id=["B", "C", "A"],
        goods_description=["leather shoes", "rice", "dolls"],
        hs_codes=["6403", "1006", None],
        lane=["red", "green", "yellow"],
        known_at=["2026-01-02", "2026-01-02", "2026-01-03"],
    ).assign(**{POSITION: [2, 3, 4]})
    whole, joined = declarations.join(table, said)
    assert joined == 2
    assert whole["shipment_id"].tolist() == ["A", "B", "C"]
    assert whole["goods_description"].tolist() == ["toys", "shoes", "rice"]
    assert whole["hs_codes"].tolist() == ["9503", "6403", "1006"]
    assert whole["lane"].tolist() == ["yellow", "red", "green"]
    assert whole["known_at"].dt.day.tolist() == [3, 2, 2]


def test_of_several_versions_the_latest_is_declared():
    table = bills(shipment_id=["A", "A"], known_at=["2026-01-05", "2026-01-01"])
    said = bills(shipment_id=["A"], lane=["red"], known_at=["2026-01-02"]).assign(**{POSITION: [9]})
    whole, joined = declarations.join(table, said)
    assert joined == 1
    assert whole["lane"].fillna("").tolist() == ["red", ""]
    assert whole["known_at"].dt.day.tolist() == [5, 1]


def test_without_declarations_nothing_changes():
    table = bills(shipment_id=["A"])
    assert declarations.join(table, table[:0]) == (table, 0)
    assert declarations.split(table)[0] is table
