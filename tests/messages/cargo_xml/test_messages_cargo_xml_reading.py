"""IATA Cargo-XML: waybills and house waybills read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from features import manifest
from features.manifest.messages.cargo_xml import FORM
from features.manifest.messages.form import Broken, Shipment

Read = Callable[[str | bytes], list[Shipment | Broken]]
Values = Callable[[str | bytes], list[dict[str, str]]]
_FOLDER = Path(__file__).parent.parent / "samples" / "cargo_xml"
_WAYBILL, _HOUSE, _FLIGHT, _LIST = (
    (_FOLDER / f"{name}.xml").read_bytes().decode() for name in ("waybill", "house", "flight", "list")
)


def test_a_waybill_is_one_shipment(read_text: Read) -> None:
    (shipment,) = read_text(_WAYBILL)
    assert isinstance(shipment, Shipment)
    assert shipment.doubts == ()
    assert shipment.values == {
        "shipment_id": "157-12345675",
        "bill_level": "direct",
        "is_consolidation": "false",
        "mode": "air",
        "known_at": "2026-03-04T05:06:07+07:00",
        "arrives_at": "2026-03-06T04:30:00",
        "shipper_name": "Bird & Reptile Exports",
        "shipper_address": "PO 5, 1 Jalan Satu, 10110 Jakarta, DKI",
        "shipper_country": "ID",
        "shipper_id": "NPWP 01.2",
        "shipper_phone": "+62 21 1",
        "shipper_email": "out@birds.example",
        "consignee_name": "Tierhandel GmbH",
        "consignee_address": "Leipzig",
        "consignee_country": "DE",
        "consignee_id": "EORI77",
        "consignee_phone": "0049 1",
        "notify_name": "Notified Ltd",
        "notify_country": "CZ",
        "broker_name": "Clearing KG",
        "carrier_name": "QR",
        "vessel_or_flight": "QR8015",
        "loading_port": "CGK",
        "transhipment_ports": "DOH",
        "discharge_port": "LEJ",
        "goods_description": "LIVE BIRDS\nMYNAH; FEED",
        "hs_codes": "010631;010632;230990",
        "items": '[{"description":"LIVE BIRDS\\nMYNAH","hs":"010631","packages":8.0,"kg":30.0,"origin":"ID"},'
        '{"description":"FEED","hs":"230990","packages":4.0}]',
        "origin_country": "ID",
        "handling_codes": "AVI;per",
        "permit_refs": "CITES 0042/IV;VET 7",
        "seal_ids": "SEAL1",
        "container_ids": "PMC12345QR",
        "container_types": "PMC",
        "gross_weight_kg": "45.359237",
        "volume_m3": "0.28316846592",
        "packages": "12",
        "declared_value": "1250.50",
        "currency": "USD",
    }


def test_a_house_waybill_is_a_house_under_its_master(values_of: Values) -> None:
    (values,) = values_of(_HOUSE)
    assert values == {
        "shipment_id": "H1",
        "master_id": "057-51987552",
        "bill_level": "house",
        "mode": "air",
        "known_at": "2026-08-25T21:47:00.000Z",
        "amendment_count": "1",
        "last_amended_at": "2026-08-25T21:47:00.000Z",
        "loading_port": "KTM",
        "transhipment_ports": "DEL",
        "discharge_port": "FRA",
        "delivery_place": "FDH",
        "goods_description": "CARPETS AND RUGS, WOOL",
        "hs_codes": "5701.10",
        "items": '[{"description":"Carpets","hs":"5701.10","packages":10.0,"kg":133.7}]',
        "gross_weight_kg": "134.0",
        "packages": "10",
    }


@pytest.mark.parametrize("text", [_WAYBILL, _HOUSE, _FLIGHT, _LIST])
def test_prefixes_namespaces_and_encodings_do_not_matter(values_of: Values, text: str) -> None:
    expected = values_of(text)
    bare = text.replace("rsm:", "").replace("ram:", "").replace("ns2:", "").replace("xmlns=", "xmlns:x=")
    assert values_of(bare) == expected
    assert values_of(text.replace("\n", "\r\n")) == expected
    assert values_of("\ufeff\n\n" + text) == expected
    wide = text.replace("UTF-8", "UTF-16").encode("utf-16")
    assert FORM.recognise(wide[:65536])
    assert values_of(wide) == expected


@pytest.mark.parametrize("text", [_WAYBILL, _HOUSE, _FLIGHT, _LIST])
def test_messages_of_the_family_are_recognised(text: str) -> None:
    assert FORM.recognise(text.encode())
    assert FORM.recognise(b"\n \n<!-- a copy -->" + text.partition("?>")[2].encode())
    assert FORM.recognise(text.replace("<?xml", "\ufeff<?xml").encode())


@pytest.mark.parametrize("root", ["soapenv:Envelope", "Messages", "x:CargoMessage"])
def test_messages_in_envelopes_are_read(values_of: Values, root: str) -> None:
    inner = (_WAYBILL + _LIST).replace('<?xml version="1.0" encoding="UTF-8"?>', "")
    name = root.partition(":")[0]
    text = f'<{root} xmlns:{name}="urn:x"><Header><ID>7</ID></Header><Body>{inner}</Body></{root}>'
    assert FORM.recognise(text.encode())
    assert values_of(text) == values_of(_WAYBILL + _LIST)


@pytest.mark.parametrize(
    "other",
    [
        b"",
        b"shipment_id,goods_description\n1,Waybill",
        b"<html><body><Waybill>iata:waybill:1</Waybill></body></html>",
        b"<?xml version='1.0'?><Awmds><General_segment/></Awmds>",
        b"<Waybill><note>a toy</note></Waybill>",
        b'<xs:schema xmlns:xs="x" targetNamespace="iata:waybill:1"><xs:element name="Waybill"/></xs:schema>',
        b'<t:stylesheet xmlns:t="x" xmlns:n="iata:waybill:1"><n:Waybill><a/></n:Waybill></t:stylesheet>',
        b"FWB/16\r\n157-12345675",
        b"UNB+UNOA:1+A+B'",
        b"%PDF-1.7 <Waybill> iata:",
        b"\x00\xff" * 50,
    ],
)
def test_other_files_are_not_recognised(other: bytes) -> None:
    assert not FORM.recognise(other)


def test_elements_may_stand_in_another_order(values_of: Values) -> None:
    start, end = _WAYBILL.index("<rsm:MessageHeader"), _WAYBILL.index("<rsm:MasterConsignment>")
    close = _WAYBILL.index("</rsm:Waybill>")
    turned = _WAYBILL[:start] + _WAYBILL[end:close] + _WAYBILL[start:end] + _WAYBILL[close:]
    assert values_of(turned) == values_of(_WAYBILL)
    contract = "<ram:TransportContractDocument><ram:ID>02085326382</ram:ID></ram:TransportContractDocument>"
    late = _LIST.replace(contract, "").replace("</rsm:Master", contract + "</rsm:Master")
    for ours, theirs in zip(values_of(late), values_of(_LIST), strict=True):
        assert ours == theirs


def test_a_consolidation_is_a_master(values_of: Values) -> None:
    (by_code,) = values_of(_WAYBILL.replace(">740<", ">741<"))
    (by_text,) = values_of(_WAYBILL.replace("LIVE BIRDS\nMYNAH", "CONSOLIDATED CARGO AS PER LIST"))
    note = "<ram:IncludedHeaderNote><ram:ContentCode>c</ram:ContentCode></ram:IncludedHeaderNote>"
    (by_note,) = values_of(_WAYBILL.replace("</rsm:Business", note + "</rsm:Business"))
    for values in (by_code, by_text, by_note):
        assert (values["bill_level"], values["is_consolidation"]) == ("master", "true")
    (console,) = values_of(_WAYBILL.replace("LIVE BIRDS\nMYNAH", "CONSOLE TABLES"))
    assert console["bill_level"] == "direct"


@pytest.mark.parametrize("text", [_WAYBILL, _HOUSE.replace("UPDATE", "Creation"), _FLIGHT, _LIST])
def test_amendments_and_deletions(read_text: Read, values_of: Values, text: str) -> None:
    created = values_of(text)
    for word in ("Update", "UPDATE", "Amend", "5"):
        for before, after in zip(created, values_of(text.replace("Creation", word)), strict=True):
            assert after == {**before, "amendment_count": "1", "last_amended_at": before["known_at"]}
    for word in ("Deletion", "deletion", "Cancellation", "3"):
        for each in read_text(text.replace("Creation", word)):
            assert isinstance(each, Broken)
            assert each.shipment_id in {values["shipment_id"] for values in created}
            assert "cancels" in each.expected
    for each in read_text(text.replace("Creation", "Perhaps")):
        assert isinstance(each, Shipment)
        assert ("amendment_count", "perhaps") in {doubt[:2] for doubt in each.doubts}


def test_a_deletion_needs_no_consignment(read_text: Read, values_of: Values, build: SimpleNamespace) -> None:
    (gone,) = read_text(build.document("Waybill", "", number="157-12345675", purpose="Deletion"))
    assert isinstance(gone, Broken)
    assert gone.shipment_id == "157-12345675"
    (kept,) = values_of(build.document("HouseWaybill", "", number="H9", code="703"))
    assert kept["shipment_id"] == "H9"


def test_messages_glued_together_are_all_read(values_of: Values) -> None:
    glued = _WAYBILL + _HOUSE + "\n\n" + _FLIGHT + _LIST.partition("?>")[2]
    assert [v["shipment_id"] for v in values_of(glued)] == [
        "157-12345675",
        "H1",
        "176-00000022",
        "176-00000011",
        "176-00000033",
        "HA",
        "HB",
    ]


def test_a_broken_message_costs_only_itself(read_text: Read) -> None:
    torn = _WAYBILL.replace("</ram:ConsignorParty>", "")
    found = read_text(_HOUSE + torn + _LIST)
    assert [type(each) for each in found] == [Shipment, Broken, Shipment, Shipment]
    assert isinstance(found[1], Broken)
    assert found[1].place.startswith("line ")
    cut = _FLIGHT[: _FLIGHT.index('"KGM">2<')]
    whole, split, broken = read_text(cut)
    assert [type(each) for each in (whole, split, broken)] == [Shipment, Shipment, Broken]
    assert isinstance(split, Shipment)
    assert split.values["packages"] == "8"


def test_what_cannot_be_used_is_doubted(read_text: Read) -> None:
    text = _WAYBILL.replace('unitCode="LBR"', 'unitCode="PCE"').replace('unitCode="FTQ"', 'unitCode="KGM"')
    text = text.replace(">12</ram:Total", ">13</ram:Total").replace(
        "<ram:NilCustomsValueIndicator>false", "<ram:NilCustomsValueIndicator>true"
    )
    (shipment,) = read_text(text)
    assert isinstance(shipment, Shipment)
    doubted = {column: value for column, value, _ in shipment.doubts}
    assert doubted == {
        "gross_weight_kg": "100 PCE",
        "volume_m3": "10 KGM",
        "packages": "13",
        "declared_value": "1250.50",
    }
    assert "gross_weight_kg" not in shipment.values
    assert shipment.values["packages"] == "13"


def test_the_whole_way(tmp_path: Path) -> None:
    path = tmp_path / "day.xml"
    path.write_text(_WAYBILL + _HOUSE + _LIST + _FLIGHT.replace("Creation", "Deletion"), encoding="utf-8")
    read = manifest.read(path)
    table = read.table.set_index("shipment_id")
    assert list(table.index) == ["157-12345675", "H1", "HA", "HB"]
    assert table.loc["157-12345675", "hs_codes"] == "010631;010632;230990"
    assert table.loc["157-12345675", "known_at"] == pd.Timestamp("2026-03-03 22:06:07")
    assert table.loc["H1", "hs_codes"] == "570110"
    assert table.loc["H1", "gross_weight_kg"] == 134.0
    assert set(read.rejected["shipment_id"]) == {"176-00000011", "176-00000022", "176-00000033"}
    for name in read.table.columns:
        if name not in FORM.columns and name not in ("source_file", "source_position"):
            assert read.table[name].isna().all(), name


def test_notes_to_customs_are_what_their_codes_say(values_of: Values, build: SimpleNamespace) -> None:
    notes = [
        ("C", "PHYTO 1"),
        ("LI", "CITES 2"),
        ("N", "SEAL 3"),
        ("M", "19ITQ1"),
        ("F", "Y123"),
        ("HS", "0106"),
    ]
    aside = [("L", "NO EEI 30.37"), ("S", "AESDOWN"), ("RA", "01234-01"), ("ED", "1229"), ("SN", "A. NAME")]
    aside += [
        ("SD", "13APR261147"),
        ("SM", "XRY"),
        ("ST", "SPX"),
        ("DI", "NON-IATA"),
        ("I", "4"),
        ("U", "7GB1"),
    ]
    text = "".join(build.note(code, content, "ISS") for code, content in (*aside, *notes))
    house = _HOUSE.replace("<OriginLocation><ID>KTM", text.replace("ram:", "") + "<OriginLocation><ID>KTM")
    (values,) = values_of(house)
    assert values["permit_refs"] == "PHYTO 1;CITES 2"
    assert (values["seal_ids"], values["declaration_id"], values["location"]) == ("SEAL 3", "19ITQ1", "Y123")
    assert values["hs_codes"] == "0106;5701.10"
    said = " ".join(values.values())
    assert not any(content in said for code, content in aside if len(content) > 3)


def test_notes_to_customs_say_how_parties_are_reached(values_of: Values, build: SimpleNamespace) -> None:
    notes = [("CT", "+49 1", "CNE"), ("MU", "A.B", "SHP"), ("MD", "X.EXAMPLE", "SHP"), ("EM", "n@y.z", "NFY")]
    text = "".join(build.note(*note) for note in notes).replace("ram:", "")
    (values,) = values_of(_HOUSE.replace("<OriginLocation><ID>KTM", text + "<OriginLocation><ID>KTM"))
    reached = (values["consignee_phone"], values["shipper_email"], values["notify_email"])
    assert reached == ("+49 1", "a.b@x.example", "n@y.z")


def test_further_ratings_rate_the_same_goods(values_of: Values) -> None:
    start, end = _WAYBILL.index("<ram:ApplicableRating>"), _WAYBILL.index(" </rsm:MasterConsignment>")
    rating = _WAYBILL[start:end]
    published = rating.replace("<ram:TypeCode>F<", "<ram:TypeCode>P<")
    twice = _WAYBILL[:end] + published + _WAYBILL[end:]
    assert values_of(twice) == values_of(_WAYBILL)
    (more,) = values_of(_WAYBILL[:end] + rating + _WAYBILL[end:])
    assert len(json.loads(more["items"])) == 4


def test_lines_that_go_on_with_a_text_or_a_volume_are_no_goods_of_their_own(values_of: Values) -> None:
    start, end = _WAYBILL.index("<ram:ApplicableRating>"), _WAYBILL.index("</ram:ApplicableRating>")
    text = "<ram:NatureIdentificationTransportCargo><ram:Identification>{}</ram:Identification>"
    text += "</ram:NatureIdentificationTransportCargo>"
    lines = (
        '<ram:GrossWeightMeasure unitCode="LBR">100</ram:GrossWeightMeasure><ram:PieceQuantity>12'
        "</ram:PieceQuantity>" + text.format("AIRCRAFT PARTS "),
        '<ram:GrossVolumeMeasure unitCode="FTQ">10</ram:GrossVolumeMeasure>',
        text.format("REF 2056"),
        "<ram:TransportLogisticsPackage><ram:ItemQuantity>12</ram:ItemQuantity></ram:TransportLogisticsPackage>",
    )
    items = "".join(
        f"<ram:IncludedMasterConsignmentItem>{line}</ram:IncludedMasterConsignmentItem>" for line in lines
    )
    (values,) = values_of(_WAYBILL[:start] + "<ram:ApplicableRating>" + items + _WAYBILL[end:])
    assert values["goods_description"] == "AIRCRAFT PARTS; REF 2056"
    assert (values["packages"], values["gross_weight_kg"]) == ("12", "45.359237")
    assert "items" not in values


def test_legs_stand_in_any_order(values_of: Values) -> None:
    leg = "<ram:SpecifiedLogisticsTransportMovement>"
    before, first, second = _WAYBILL.split(leg)
    closing = second.index("</ram:SpecifiedLogisticsTransportMovement>")
    second, after = second[:closing], second[closing:].partition("Movement>")[2]
    first = first.replace("<ram:ID>QR957", "<ram:SequenceNumeric>1</ram:SequenceNumeric><ram:ID>QR957")
    second = second.replace("<ram:ID>QR8015", "<ram:SequenceNumeric>2</ram:SequenceNumeric><ram:ID>QR8015")
    turned = before + leg + second + "</ram:SpecifiedLogisticsTransportMovement>" + leg + first + after
    assert values_of(turned) == values_of(_WAYBILL)
