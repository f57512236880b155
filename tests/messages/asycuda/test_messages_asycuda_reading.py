"""ASYCUDA World manifests: whole, degrouped, added, exported."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from features import manifest
from features.manifest.messages.asycuda import FORM
from features.manifest.messages.form import Broken, Shipment

Read = Callable[[str | bytes], list[Shipment | Broken]]
Values = Callable[[str | bytes], list[dict[str, str]]]

_FOLDER = Path(__file__).parent.parent / "samples" / "asycuda"
GENERAL, FIRST, SECOND, EXPORTED = (
    (_FOLDER / f"{name}.xml").read_text(encoding="utf-8").strip()
    for name in ("general", "first", "second", "exported")
)
AWMDS = f'<?xml version="1.0" encoding="UTF-8"?>\n<Awmds>{GENERAL}{FIRST}{SECOND}</Awmds>'


def test_a_whole_manifest_is_read(values: Values) -> None:
    first, second = values(AWMDS)
    assert first == {
        "shipment_id": "EXLU1",
        "master_id": "EXLUMASTER",
        "manifest_id": "OW100 EX147E 2026-09-28",
        "line_number": "1",
        "customs_office": "OW100",
        "mode": "sea",
        "direction": "import",
        "arrives_at": "2026-10-19T14:30:00",
        "location": "CY1 YARD B",
        "shipper_name": "MADEIRAS & FILHOS LDA",
        "shipper_address": "12 RUA DO PORTO\nNACALA, MOZAMBIQUE TEL: +258 84 123 4567",
        "shipper_phone": "+258 84 123 4567",
        "consignee_name": "IMPORT SARL",
        "consignee_address": "LIBREVILLE",
        "consignee_country": "GA",
        "consignee_id": "K0012",
        "notify_name": "SAME AS CONSIGNEE",
        "carrier_name": "EXAMPLE LINE",
        "bill_level": "house",
        "goods_description": "TIMBER IN THE ROUGH",
        "marks": "N/M",
        "hs_codes": "4403.49",
        "origin_country": "MZ",
        "loading_port": "SGSIN",
        "discharge_port": "GALBV",
        "delivery_place": "GAFCV",
        "gross_weight_kg": "22250.5",
        "packages": "40",
        "package_type": "LG",
        "volume_m3": "24.5",
        "declared_value": "6100.25",
        "currency": "USD",
        "container_ids": "EXLU2003447;EXLU2003452",
        "container_types": "22G1;45R1",
        "container_load_status": "part",
        "is_refrigerated": "true",
        "seal_ids": "S1;S2;S3;S4",
        "vessel_or_flight": "MV EXAMPLE",
        "voyage": "EX147E",
    }
    assert second["bill_level"] == "direct"
    assert second["direction"] == "transhipment"
    assert (second["packages"], second["gross_weight_kg"]) == ("15", "620.5")
    assert second["goods_description"] == "CASHEW NUTS; SESAME"
    assert second["package_type"] == "BG; CT"
    assert json.loads(second["items"]) == [
        {"description": "CASHEW NUTS", "packages": 10.0, "kg": 500.0},
        {"description": "SESAME", "packages": 5.0, "kg": 120.5},
    ]
    assert (second["loading_port"], second["discharge_port"]) == ("SGSIN", "GALBV")  # those of the manifest
    assert "declared_value" not in second


def test_counts_that_disagree_are_doubts(read: Read) -> None:
    first, second = read(AWMDS.replace("<Total_number_of_bols>2", "<Total_number_of_bols>7"))
    assert isinstance(first, Shipment)
    assert isinstance(second, Shipment)
    assert [column for column, _, _ in first.doubts] == ["container_ids"]
    assert [(column, value) for column, value, _ in second.doubts] == [
        ("manifest_id", "Total_number_of_bols 7")
    ]


def test_degroupage_gives_houses_of_their_master(values: Values) -> None:
    master = """<Master_bol><Customs_office_code>SECMB</Customs_office_code>
      <Voyage_number>EX147E</Voyage_number><Date_of_departure>2026-09-28</Date_of_departure>
      <Reference_number>EXLUMASTER</Reference_number></Master_bol>"""
    house = FIRST.replace(
        "<Master_bol_ref_number>EXLUMASTER</Master_bol_ref_number>", "<Master_bol_ref_number/>"
    )
    house = house.replace("</Bol_id>", "</Bol_id><Consolidated_Cargo>1</Consolidated_Cargo>")
    for bill in (house, house.replace("HSB", "BOL")):
        (found,) = values(f"<Awbolds>{master}{bill}</Awbolds>")
        assert found["master_id"] == "EXLUMASTER"
        assert found["bill_level"] == "house"
        assert found["is_consolidation"] == "true"
        assert found["customs_office"] == "SECMB"
        assert found["manifest_id"] == "SECMB EX147E 2026-09-28"


def test_bills_added_and_those_of_a_coloader(values: Values) -> None:
    for root, holder in (("Awappend", "General_segment_id"), ("Awmcds", "Manifest_identification")):
        text = f"""<{root}><{holder}><Customs_office_code>JMKIN</Customs_office_code>
          <Voyage_number>V9</Voyage_number><Date_of_departure>2026-09-01</Date_of_departure></{holder}>
          {SECOND}</{root}>"""
        assert FORM.recognise(text.encode())
        (found,) = values(text)
        assert (found["customs_office"], found["voyage"]) == ("JMKIN", "V9")


def test_bills_of_an_export_manifest_name_their_declaration(values: Values) -> None:
    text = """<Awbolegmds><General_segment><Customs_office_code>301</Customs_office_code><Nature>22</Nature>
      </General_segment><Bol_segment><Bol_id><Bol_reference>B1</Bol_reference><Bol_type_code>HSB</Bol_type_code>
      <Nature>22</Nature><Master_bol_ref_number>M1</Master_bol_ref_number></Bol_id><Sad_segment>
      <Sad_office_code>301</Sad_office_code><Registration_year>2026</Registration_year>
      <Registration_serial>C</Registration_serial><Registration_number>77</Registration_number></Sad_segment>
      <ctn_segment><Ctn_reference>EXLU2003447</Ctn_reference><Goods_weight>12</Goods_weight></ctn_segment>
      </Bol_segment></Awbolegmds>"""
    (found,) = values(text)
    assert found["declaration_id"] == "2026 301 C 77"
    assert found["direction"] == "export"
    assert found["gross_weight_kg"] == "12"
    assert found["customs_office"] == "301"


def test_a_bill_the_system_exported(values: Values) -> None:
    assert FORM.recognise(EXPORTED.encode())
    (found,) = values(EXPORTED)
    assert found == {
        "shipment_id": "EXBL77",
        "line_number": "12/3",
        "manifest_id": "301 MSL/7/2026 2026-09-28",
        "customs_office": "301",
        "voyage": "MSL/7/2026",
        "direction": "import",
        "bill_level": "house",
        "shipper_name": "EXAMPLE TRADING",
        "shipper_address": "GUANGZHOU",
        "shipper_country": "CN",
        "consignee_name": "BUYER LTD",
        "consignee_id": "B1",
        "consignee_address": "DHAKA",
        "loading_port": "CNCAN",
        "discharge_port": "BDCGP",
        "packages": "20",
        "package_type": "CT",
        "gross_weight_kg": "800.0",
        "marks": "AS PER INVOICE",
        "goods_description": "DRIED SEAFOOD",
        "declared_value": "900",
        "currency": "USD",
        "location": "SHED9",
        "container_ids": "TGHU1234567",
        "container_types": "40RF",
        "container_load_status": "full",
        "is_refrigerated": "true",
        "seal_ids": "AB1",
    }


def test_what_cannot_be_used_is_a_doubt(read: Read) -> None:
    text = f"""<Awmds><General_segment><Date_of_arrival>99999999</Date_of_arrival>
      <Mode_of_transport_code>77</Mode_of_transport_code></General_segment><Bol_segment><Bol_reference>B1
      </Bol_reference><Bol_nature>99</Bol_nature><ctn_segment><Ctn_reference>EXLU2003447</Ctn_reference>
      <Empty_Full>??</Empty_Full></ctn_segment><Goods_segment><Number_of_packages>many</Number_of_packages>
      <Gross_mass>1e999</Gross_mass>
      <Volume_in_cubic_meters>{"9" * 5000}</Volume_in_cubic_meters></Goods_segment>
      </Bol_segment></Awmds>"""
    (found,) = read(text)
    assert isinstance(found, Shipment)
    assert found.values == {"shipment_id": "B1", "container_ids": "EXLU2003447"}
    assert {column for column, _, _ in found.doubts} == {
        *(
            "arrives_at",
            "mode",
            "direction",
            "container_load_status",
            "packages",
            "gross_weight_kg",
            "volume_m3",
        )
    }
    assert all(len(value) <= 80 for _, value, _ in found.doubts)


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"<html><body>Bol_segment</body></html>",
        b"<html><Awmds></Awmds></html>",
        b"<ASYCUDA><Identification/></ASYCUDA>",
        b"shipment_id,Bol_segment\n1,<Awmds>\n",
        b"<Waybill><ID>1</ID></Waybill>",
        b"UNB+UNOA:1+A+B'",
    ],
)
def test_nothing_else_is_recognised(head: bytes) -> None:
    assert not FORM.recognise(head)


def test_the_whole_path(read: Read, tmp_path: Path) -> None:
    path = tmp_path / "day.xml"
    path.write_text(AWMDS, encoding="utf-8")
    table = manifest.read(path).table
    assert table["shipment_id"].tolist() == ["EXLU1", "EXLU2"]
    assert table["hs_codes"].tolist()[0] == "440349"
    assert table["arrives_at"].tolist()[0] == pd.Timestamp("2026-10-19 14:30")
    assert table["source_position"].tolist() == ["Bol_segment 1", "Bol_segment 2"]
