"""ANSI X12 customs manifests read as the standard says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from features import manifest
from features.manifest import messages
from features.manifest.messages import Broken, Shipment
from features.manifest.messages.x12_309 import FORM
from features.places.gazetteer import locate

OCEAN = (Path(__file__).parent / "ocean.x12").read_bytes()


def _read(data: bytes, tmp_path: Path) -> list[Shipment | Broken]:
    path = tmp_path / "message.x12"
    path.write_bytes(data)
    assert FORM.recognise(data[: 1 << 16])
    return list(FORM.read(path))


def test_a_bill_of_an_ocean_manifest(tmp_path: Path) -> None:
    (found,) = _read(OCEAN, tmp_path)
    assert isinstance(found, Shipment)
    assert found.values == {
        "shipment_id": "EGLV003100191317",
        "manifest_id": "000077",
        "line_number": "1",
        "declaration_id": "123456789",
        "mode": "sea",
        "direction": "transit",
        "known_at": "2026-10-19T12:01",
        "arrives_at": "2026-10-22T06:30",
        "location": "M029",
        "shipper_name": "EXAMPLE MADEIRAS LDA",
        "shipper_address": "AV. DO TRABALHO 17 ZONA 2 NACALA 3100",
        "shipper_country": "MZ",
        "shipper_id": "NUIT 400",
        "shipper_phone": "258 26 520",
        "shipper_email": "office@example.test",
        "consignee_name": "ACME IMPORT CO., LTD",
        "consignee_address": "12 RUSSIAN BLVD PHNOM PENH",
        "consignee_country": "KH",
        "carrier_name": "EXLU",
        "goods_description": "TIMBER IN THE ROUGH, SAWN AND PLANED",
        "marks": "NO MARKS 1-40",
        "hs_codes": "4403.99",
        "origin_country": "MZ",
        "destination_country": "KH",
        "loading_port": "57201",
        "discharge_port": "5201",
        "transhipment_ports": "SGSIN",
        "delivery_place": "2704",
        "gross_weight_kg": "22250",
        "packages": "40",
        "package_type": "PCS",
        "volume_m3": "24",
        "declared_value": "12500",
        "currency": "USD",
        "container_ids": "EXLU2003444",
        "container_types": "45R1",
        "container_load_status": "full",
        "is_refrigerated": "true",
        "seal_ids": "SEAL001;SEAL002;SEAL003;SEAL004",
        "vessel_or_flight": "MV EXAMPLE STAR",
        "voyage": "147E",
    }
    assert [each[:2] for each in found.doubts] == [
        ("loading_port", "57201"),
        ("discharge_port", "5201"),
        ("delivery_place", "2704"),
    ]


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.replace(b"\n", b""),
        lambda data: data.replace(b"\n", b"\r\n"),
        lambda data: data.replace(b"*", b"|").replace(b"~\n", b"\n"),
        lambda data: data.replace(b"*", b"^").replace(b"~\n", b"\x1e"),
        lambda data: data.decode().encode("utf-16"),
        lambda data: b"\xef\xbb\xbf\n\n" + data + b"\x1a\x00",
        lambda data: data.replace(b"ST*309", b"st*309").replace(b"M11*", b"m11*"),
        lambda data: data.replace(b"~\n", b" ~ \n"),
        lambda data: data.replace(b"LX*1", b"LS*2~LX*1").replace(b"SE*22", b"LE*2~SE*24"),
        lambda data: data[data.index(b"GS") :],
    ],
)
def test_however_it_is_written_it_says_the_same(change, tmp_path: Path) -> None:
    (one,), (two,) = _read(change(OCEAN), tmp_path), _read(OCEAN, tmp_path)
    assert isinstance(one, Shipment)
    assert isinstance(two, Shipment)
    assert one.values == two.values


def _set(body: str, kind: str = "W") -> bytes:
    lines = [line.strip() for line in body.strip().splitlines()]
    head = OCEAN[: OCEAN.index(b"P4")].replace(b"*W*L", f"*{kind}*L".encode())
    tail = f"SE*{len(lines) + 3}*0001~GE*1*1~IEA*1*000000001~"
    return head + "".join(f"{line}~" for line in lines).encode() + tail.encode()


def test_houses_items_and_noncontainerized(tmp_path: Path) -> None:
    data = _set(
        """P4*4601*20261023
        LX*1
        M11*KGTN00402328*24145*1151*CNT*37922*L***00*KINGSTON*H77*SMLU*SMLU
        VID*OB*@@@@*000000*0000000*0000000
        N10*100*WEARING APPAREL*NONE
        N10*5*DRIED SHELLS**Z*0508*500*L*10
        P4*4602*20261024
        LX*2
        M11*KGTN2*24145*1*CNT*10*K*100*E*10***SMLU
        N9*MB*KGTN2
        N10*1*CONSOLIDATION AS PER ATTACHED LIST
        LX*3
        N9*BM*BOL123
        H1*1234*F"""
    )
    house, master, bare = _read(data, tmp_path)
    assert isinstance(house, Shipment)
    want = {
        "shipment_id": "H77",
        "master_id": "KGTN00402328",
        "bill_level": "house",
        "gross_weight_kg": "17201.1298551",
        "goods_description": "WEARING APPAREL; DRIED SHELLS",
        "container_ids": None,
        "seal_ids": None,
        "discharge_port": "4601",
    }
    assert {name: house.values.get(name) for name in want} == want
    assert json.loads(house.values["items"])[1] == {
        "description": "DRIED SHELLS",
        "hs": "0508",
        "packages": 5.0,
        "kg": 4.5359237,
        "value": 500.0,
        "currency": "USD",
    }
    assert isinstance(master, Shipment)
    assert (master.values["bill_level"], master.values["is_consolidation"]) == ("master", "true")
    assert master.values["discharge_port"] == "4602"
    assert master.values["volume_m3"] == "2.8316846592"
    assert isinstance(bare, Shipment)
    assert bare.values["shipment_id"] == "BOL123"
    assert bare.values["handling_codes"] == "DGR"


def test_amendments_deletions_and_wrong_counts(tmp_path: Path) -> None:
    gone = "P4*4601*20261023\nLX*1\nM13*SMLU*24128*D*KGT001*3000*03***SMLU"
    part = "P4*4601*20261023\nLX*1\nM13*SMLU*24128*R*KGT001*3000*03***SMLU"
    whole = gone.replace("*D*", "*A*") + "\nM11*KGT001*24145*1*CNT*10*K*****SMLU\nN10*1*FISH"
    data = _set(gone, "Y") + _set(part, "Y") + _set(whole, "Y").replace(b"SE*8", b"SE*9") + _set("N9*BM*X")
    deleted, partly, amended, empty = _read(data, tmp_path)
    assert isinstance(deleted, Broken)
    assert (deleted.shipment_id, deleted.expected) == (
        "KGT001",
        "a shipment that is carried; this message cancels it",
    )
    assert isinstance(partly, Broken)
    assert partly.shipment_id == "KGT001"
    assert isinstance(amended, Shipment)
    assert (amended.values["amendment_count"], amended.values["last_amended_at"]) == ("1", "2026-10-19T12:01")
    assert ("source_position", "SE 9") in [each[:2] for each in amended.doubts]
    assert isinstance(empty, Broken)
    (odd,) = _read(OCEAN.replace(b"SE*22", "SE*2²".encode()), tmp_path)  # a digit that is no number
    assert isinstance(odd, Shipment)


def test_what_breaks_off_or_is_another_set_costs_nothing_else(tmp_path: Path) -> None:
    other = OCEAN.replace(b"ST*309", b"ST*310")
    found = _read(OCEAN[: OCEAN.index(b"N10***1")] + OCEAN.replace(b"*", b"|") + other + OCEAN, tmp_path)
    assert [type(each) for each in found] == [Shipment, Shipment, Broken, Shipment]
    assert isinstance(found[0], Shipment)
    assert any(each[2].startswith("the transaction set to end with SE") for each in found[0].doubts)
    assert isinstance(found[2], Broken)
    assert "310" in found[2].expected


def test_nothing_else_is_taken_for_it() -> None:
    for head in (
        b"",
        b"bl_no,goods\nST*309*1~,x\n",
        OCEAN.replace(b"ST*309", b"ST*850"),
        b"<html>ST*309*0001~</html>",
        b"UNB+UNOA:2+A+B+260801:0240+1'UNH+1+CUSCAR:D:95B:UN'",
        b'{"ST": 309}',
    ):
        assert not FORM.recognise(head)


def test_the_whole_way(tmp_path: Path) -> None:
    path = tmp_path / "m.x12"
    path.write_bytes(OCEAN)
    assert messages.recognise(OCEAN) is FORM
    result = manifest.read(path)
    assert result.table.loc[0, "shipment_id"] == "EGLV003100191317"
    assert result.table.loc[0, "hs_codes"] == "440399"
    assert result.table.loc[0, "source_position"] == "segment 6"


def test_a_truck_manifest_with_its_vehicle_before_the_bills(tmp_path: Path) -> None:
    data = _set(
        """NM1*CV*1*DOE*JOHN
        VID*TL*ABCD*TRL12345*SEAL0
        P4*3801*20261023***1430
        LX*1
        M11*ABCD12345678*01801*100*CTN*2*E*3*X
        VID*TL*ABCD*TRL12345*SEAL1
        N10*60*LEATHER HANDBAGS*MARKS A*Z*4202210000*5000*L*1500*1*CTN*CA*US*USD
        VID*TL*ABCD*TRL12346*SEAL2
        N10**PAINT*MARKS B
        LX*2
        M11*ABCD2*01801*1*CTN*2*T"""
    )
    found, heavy = _read(data, tmp_path)
    assert isinstance(found, Shipment)
    assert found.values["gross_weight_kg"] == "2000"
    assert found.values["container_ids"] == "ABCDTRL12345;ABCDTRL12346"
    assert found.values["seal_ids"] == "SEAL1;SEAL2"
    assert found.values["goods_description"] == "LEATHER HANDBAGS; PAINT"
    assert [each[:2] for each in found.doubts] == [("loading_port", "01801"), ("discharge_port", "3801")]
    assert "Schedule K" in found.doubts[0][2]
    assert isinstance(heavy, Shipment)
    assert heavy.values["gross_weight_kg"] == "2032.0938176"


@pytest.mark.parametrize(
    ("kind", "amended"), [*((code, None) for code in "AEGPTWS"), *((code, "1") for code in "BCDFVXY")]
)
def test_which_manifest_types_amend(kind: str, amended: str | None, tmp_path: Path) -> None:
    (found,) = _read(_set("P4*4601*20261023\nLX*1\nM11*B1*X*1*CTN*2*K", kind), tmp_path)
    assert isinstance(found, Shipment)
    assert found.values.get("amendment_count") == amended


def test_second_lines_of_a_name(tmp_path: Path) -> None:
    whole = "SAMPLE COMPANY FOR TRADE OVERSEAS A" + "ND AT HOME"
    data = _set(
        f"""P4*4601*20261023
        LX*1
        M11*B1*JMKIN*1*CTN*2*K
        N1*SH*{whole[:35]}
        N2*{whole[35:]}
        N1*CN*ACME
        N2*123 FACTORY ROAD*UNKNOWN
        N3*UNKNOWN
        N4*KINGSTON"""
    )
    (found,) = _read(data, tmp_path)
    assert isinstance(found, Shipment)
    assert found.values["shipper_name"] == whole
    assert (found.values["consignee_name"], found.values["consignee_address"]) == (
        "ACME",
        "123 FACTORY ROAD KINGSTON",
    )


@pytest.mark.parametrize("air", [True, False])
@pytest.mark.parametrize("number", ["57201", "24145", "01822", "5201", "0901"])
def test_a_port_said_by_number_is_taken_for_no_other_place(number: str, air: bool) -> None:
    assert locate(number, air) == -1


@pytest.mark.parametrize(
    ("kind", "cold"), [("CZ", True), ("RT", True), ("AT", True), ("RR", False), ("CN", False)]
)
def test_kinds_of_equipment_that_are_refrigerated(kind: str, cold: bool, tmp_path: Path) -> None:
    (found,) = _read(OCEAN.replace(b"VID*CN*", f"VID*{kind}*".encode()).replace(b"45R1", b"45G1"), tmp_path)
    assert isinstance(found, Shipment)
    assert ("is_refrigerated" in found.values) is cold  # RR is any rail car
