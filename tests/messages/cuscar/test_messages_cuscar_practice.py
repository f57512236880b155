"""UN/EDIFACT cargo reports laid out as different customs administrations and carriers lay them out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from features.manifest.messages import Broken, Shipment
from features.manifest.messages.cuscar import FORM


def _read(body: str, tmp_path: Path, kind: str = "CUSCAR:D:99B:UN", encoding: str = "latin-1") -> list:
    lines = [line.strip() for line in body.strip().splitlines()]
    text = "UNB+UNOA:2+A+B+20260801:0240+1'\nUNH+1+" + kind + "'\n" + "".join(f"{x}'\n" for x in lines)
    path = tmp_path / "message.edi"
    path.write_bytes(f"{text}UNT+{len(lines) + 2}+1'\nUNZ+1+1'\n".encode(encoding))
    assert FORM.recognise(path.read_bytes()[: 1 << 16])
    found = list(FORM.read(path))
    assert not any(isinstance(each, Shipment) and set(each.values) - set(FORM.columns) for each in found)
    return found


def _told(found: Shipment | Broken, *names: str) -> list[str | None]:
    assert isinstance(found, Shipment), found
    return [found.values.get(name) for name in names]


LINES = """BGM+933:::SEACR+S77/X:1+9
    RFF+PQ:CC
    RFF+BH:HOUSE1
    RFF+MB:OCEAN1
    NAD+CN++BUYER PTY LTD::12 LONG STREET
    NAD+VW+410::95
    TDT+20+12W++11++++9044748::11
    LOC+8+AUSYD::6
    LOC+76+CNSHA::6
    LOC+12+AUMEL::6
    LOC+27+CN::5
    CNI++:::I
    RFF+AAQ:PWSU5577994
    GID+1
    RFF+ACC:2008
    GID+1
    RFF+SN:SEAL1
    GID+1
    PAC+5
    PAC+++LCL:67:95
    PAC+++GENN:121:95
    PAC+++CT:185:95
    FTX+AAA+++LAMPS
    MEA+AAE+G+KG:10.5
    MEA+AAE+ABJ+CU:2
    CNI++:::I
    RFF+AAQ:PWSU5577995
    GID+1
    PAC+7
    PAC+++BX:185:95
    FTX+AAA+++CHAIRS
    MEA+AAE+G+KG:20
    PCI+28+NM"""


def test_lines_of_the_one_bill_a_message_is_about(tmp_path: Path) -> None:
    (found,) = _read(LINES, tmp_path)
    assert isinstance(found, Shipment)
    assert found.doubts == ()
    want = {
        "shipment_id": "HOUSE1",
        "master_id": "OCEAN1",
        "bill_level": "house",
        "mode": "sea",
        "discharge_port": "AUMEL",
        "delivery_place": "AUSYD",
        "container_ids": "PWSU5577994;PWSU5577995",
        "seal_ids": "SEAL1",
        "container_load_status": "part",
        "packages": "12",
        "package_type": "CT; BX",
        "gross_weight_kg": "30.5",
        "volume_m3": "2",
        "goods_description": "LAMPS; CHAIRS",
        "marks": "NM",
    }
    assert {name: found.values.get(name) for name in want} == want
    assert [line["packages"] for line in json.loads(found.values["items"])] == [5.0, 7.0]


def test_a_withdrawn_bill(tmp_path: Path) -> None:
    (gone,) = _read(LINES.replace(":1+9", ":2+50"), tmp_path)
    assert isinstance(gone, Broken)
    assert gone.shipment_id == "HOUSE1"
    assert "cancels" in gone.expected


def test_goods_items_that_only_keep_the_order(tmp_path: Path) -> None:
    found = _read(
        """BGM+263:::AIROUT+U1:1+9
        TDT+20+442++6+QF::3
        CNI++:::I
        RFF+ACU:NIL
        GID+1
        RFF+MWB:08102998329
        GID+1
        RFF+HWB:HB1
        GID+1
        PAC+10
        FTX+AAA+++LINE 1
        CNI++:::I
        RFF+MWB:08102998329
        GID+1
        RFF+HWB:HB2
        GID+1
        PAC+20""",
        tmp_path,
    )
    names = ("shipment_id", "master_id", "packages", "mode", "vessel_or_flight")
    assert [_told(each, *names) for each in found] == [
        ["HB1", "08102998329", "10", "air", "QF442"],
        ["HB2", "08102998329", "20", "air", "QF442"],
    ]


def test_houses_below_a_master_named_at_the_head(tmp_path: Path) -> None:
    found = _read(
        """BGM+785+M1+9
        RFF+MB:MASTER77
        NAD+CA+++A LINE
        NAD+CZ++A FORWARDER
        TDT+20+1E+1+++++:::MV A
        CNI+1
        RFF+BH:H1
        GID+1+10:CT
        CNI+2
        RFF+BH:H2
        GID+1+10:CT""",
        tmp_path,
    )
    names = ("shipment_id", "master_id", "bill_level", "vessel_or_flight", "carrier_name", "shipper_name")
    assert [_told(each, *names) for each in found] == [
        ["H1", "MASTER77", "house", "MV A", "A LINE", None],
        ["H2", "MASTER77", "house", "MV A", "A LINE", None],
    ]


def test_a_truck_manifest(tmp_path: Path) -> None:
    (found,) = _read(
        """BGM+85:::STANDARD+ABCDTRIP1+22
        LOC+60+2704:77
        RFF+SN:12345
        TDT+11++03+:::PU++I++:215::BBDD11:US
        LOC+89+IL:163
        CNI+1+:23
        RFF+AAM:ABCD1234
        LOC+9+01535:78
        TDT+11
        TSR+41
        NAD+OS+++SHIPPER+12 PARTY STREET+TORONTO+ON:163+M5H1A1+CA
        NAD+CN+++CONSIGNEE+1 SUNSET BVD+LOS ANGELES+CA:163+90001+US
        GID+1
        PAC+100++BOX
        FTX+AAA+++CHOCOLATE
        MEA+AAI++L:100
        CST++6601100000:122+6602001000:122""",
        tmp_path,
        "CUSCAR:D:03B:UN",
    )
    assert _told(found, "shipment_id", "bill_level", "mode", "vessel_or_flight", "seal_ids") == [
        "ABCD1234",
        None,
        "road",
        "BBDD11",
        None,
    ]
    assert _told(found, "shipper_address", "gross_weight_kg", "packages", "package_type", "hs_codes") == [
        "12 PARTY STREET TORONTO ON M5H1A1",
        "45.359237",
        "100",
        "BOX",
        "6601100000;6602001000",
    ]


def test_weights_said_again_and_container_by_container(tmp_path: Path) -> None:
    found = _read(
        """BGM+85+M1+9
        CNI+1
        RFF+BM:B1
        MEA+AAX+G+KGM:340
        NAD+CN++ACME S.A. BOGOTA - COLOMBIA
        GID+1+82:BG
        MEA+AAE+G+KGM:340
        MEA+AAY+G+KGM:340
        GID+2+10:350114081527920321
        MEA+AAE+G+KGM:340
        CNI+2
        RFF+BM:B2
        GID+1+10:CT
        MEA+AAE+G+KGM:100
        SGP+ABCU1234567+4
        MEA+AAE+G+KGM:40
        SGP+ABCU1234568+6
        MEA+AAE+G+KGM:60
        CNI+3
        RFF+BM:B3
        GID+1+10:CT
        SGP+ABCU1234567+4
        MEA+AAE+G+KGM:40
        SGP+ABCU1234568+6
        MEA+AAE+G+KGM:60""",
        tmp_path,
    )
    assert [_told(each, "gross_weight_kg") for each in found] == [["340"], ["100"], ["100"]]
    assert [each.doubts for each in found] == [(), (), ()]
    assert _told(found[0], "package_type", "consignee_country") == ["BG", "CO"]
    assert ["kg" in line for line in json.loads(found[0].values["items"])] == [False, False]


def test_wide_characters_airports_and_a_bill_without_a_number(tmp_path: Path) -> None:
    found = _read(
        """BGM+785+21C26+9
        RFF+AFB
        LOC+125+MIA::3
        LOC+179+GUA::3
        CNI+1+::CM456
        RFF+HWB:AIM-1
        LOC+35+US::5
        NAD+CN+NIT1+PECES SA:10 CALLE:GUATEMALA++10 CALLE:GUATEMALA:ZONA 4
        GID+1+5:PK:ZZZ::10
        FTX+AAA+++PECES ORNAMENTALES Ñ
        RFF+HWB:
        GID+1+2:PK""",
        tmp_path,
        "CUSCAR:D:01A:UN",
        "utf-16",
    )
    assert _told(found[0], "loading_port", "discharge_port", "packages", "known_at") == [
        "MIA",
        "GUA",
        "5",
        "2026-08-01T02:40",
    ]
    assert _told(found[0], "consignee_address", "goods_description") == [
        "10 CALLE GUATEMALA ZONA 4",
        "PECES ORNAMENTALES Ñ",
    ]
    assert isinstance(found[1], Broken)


@pytest.mark.parametrize(("function", "amended"), [("9", None), ("2", None), ("7", None), ("36", "1")])
def test_which_functions_amend(function: str, amended: str | None, tmp_path: Path) -> None:
    (found,) = _read(f"BGM+85+M1+{function}\nCNI+1\nRFF+BM:B1\nGID+1+2", tmp_path)
    assert _told(found, "amendment_count") == [amended]
