"""IATA Cargo-XML read and written: waybills, house waybills, flight manifests, house lists."""

from __future__ import annotations

import io
import json
import time
import unicodedata
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features import manifest
from features.manifest import schema
from features.manifest.cells import Habits, read_column
from features.manifest.messages.cargo_xml import FORM
from features.manifest.messages.chunks import chunks
from features.manifest.messages.form import Broken, Shipment

_HEADER = """<rsm:MessageHeaderDocument><ram:ID>M-1</ram:ID><ram:TypeCode>{code}</ram:TypeCode>
 <ram:IssueDateTime>{at}</ram:IssueDateTime><ram:PurposeCode>{purpose}</ram:PurposeCode>
 <ram:VersionID>3.00</ram:VersionID></rsm:MessageHeaderDocument>"""


def _document(root: str, body: str, *, number: str = "", purpose: str = "Creation", code: str = "741") -> str:
    business = f"<rsm:BusinessHeaderDocument><ram:ID>{number}</ram:ID></rsm:BusinessHeaderDocument>"
    header = _HEADER.format(code=code, purpose=purpose, at="2026-03-04T05:06:07+07:00")
    space = f'xmlns:rsm="iata:{root.lower()}:1" xmlns:ram="iata:datamodel:3"'
    inner = header + (business if number else "") + body
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<rsm:{root} {space}>{inner}</rsm:{root}>\n'


_WAYBILL = _document(
    "Waybill",
    """<rsm:MasterConsignment>
  <ram:ID>FILE 77</ram:ID>
  <ram:NilCarriageValueIndicator>true</ram:NilCarriageValueIndicator>
  <ram:NilCustomsValueIndicator>false</ram:NilCustomsValueIndicator>
  <ram:DeclaredValueForCustomsAmount currencyID="USD">1250.50</ram:DeclaredValueForCustomsAmount>
  <ram:TotalChargePrepaidIndicator>true</ram:TotalChargePrepaidIndicator>
  <ram:IncludedTareGrossWeightMeasure unitCode="LBR">100</ram:IncludedTareGrossWeightMeasure>
  <ram:GrossVolumeMeasure unitCode="FTQ">10</ram:GrossVolumeMeasure>
  <ram:TotalPieceQuantity>12</ram:TotalPieceQuantity>
  <ram:ConsignorParty>
    <ram:Name>Bird &amp; Reptile Exports</ram:Name><ram:AccountID>ACC-9</ram:AccountID>
    <ram:PostalStructuredAddress><ram:PostcodeCode>10110</ram:PostcodeCode>
      <ram:StreetName>1 Jalan Satu</ram:StreetName><ram:CityName>Jakarta</ram:CityName>
      <ram:CountryID>ID</ram:CountryID><ram:CountrySubDivisionName>DKI</ram:CountrySubDivisionName>
      <ram:PostOfficeBox>PO 5</ram:PostOfficeBox></ram:PostalStructuredAddress>
    <ram:DefinedTradeContact><ram:PersonName>A. Person</ram:PersonName>
      <ram:DirectTelephoneCommunication><ram:CompleteNumber>+62 21 1</ram:CompleteNumber>
      </ram:DirectTelephoneCommunication>
      <ram:FaxCommunication><ram:CompleteNumber>+62 21 2</ram:CompleteNumber></ram:FaxCommunication>
      <ram:URIEmailCommunication><ram:URIID>out@birds.example</ram:URIID></ram:URIEmailCommunication>
    </ram:DefinedTradeContact>
  </ram:ConsignorParty>
  <ram:ConsigneeParty><ram:AdditionalID>EORI77</ram:AdditionalID><ram:Name>Tierhandel GmbH</ram:Name>
    <ram:PostalStructuredAddress><ram:CityName>Leipzig</ram:CityName><ram:CountryID>DE</ram:CountryID>
    </ram:PostalStructuredAddress></ram:ConsigneeParty>
  <ram:FreightForwarderParty><ram:Name>Forwarder</ram:Name></ram:FreightForwarderParty>
  <ram:AssociatedParty><ram:Name>Notified Ltd</ram:Name><ram:RoleCode>NI</ram:RoleCode>
    <ram:PostalStructuredAddress><ram:CountryID>CZ</ram:CountryID></ram:PostalStructuredAddress>
  </ram:AssociatedParty>
  <ram:AssociatedParty><ram:Name>Clearing KG</ram:Name><ram:RoleCode>CB</ram:RoleCode></ram:AssociatedParty>
  <ram:OriginLocation><ram:ID>CGK</ram:ID></ram:OriginLocation>
  <ram:FinalDestinationLocation><ram:ID>LEJ</ram:ID></ram:FinalDestinationLocation>
  <ram:SpecifiedLogisticsTransportMovement><ram:StageCode>Main-Carriage</ram:StageCode>
    <ram:ID>QR957</ram:ID><ram:UsedLogisticsTransportMeans><ram:Name>QR</ram:Name>
    </ram:UsedLogisticsTransportMeans><ram:ArrivalEvent><ram:OccurrenceArrivalLocation><ram:ID>DOH</ram:ID>
    </ram:OccurrenceArrivalLocation></ram:ArrivalEvent></ram:SpecifiedLogisticsTransportMovement>
  <ram:SpecifiedLogisticsTransportMovement><ram:StageCode>Main-Carriage</ram:StageCode>
    <ram:ID>QR8015</ram:ID><ram:ArrivalEvent>
    <ram:ScheduledOccurrenceDateTime>2026-03-06T04:30:00</ram:ScheduledOccurrenceDateTime>
    <ram:OccurrenceArrivalLocation><ram:ID>LEJ</ram:ID></ram:OccurrenceArrivalLocation></ram:ArrivalEvent>
    <ram:DepartureEvent><ram:OccurrenceDepartureLocation><ram:ID>DOH</ram:ID>
    </ram:OccurrenceDepartureLocation></ram:DepartureEvent></ram:SpecifiedLogisticsTransportMovement>
  <ram:HandlingSPHInstructions><ram:DescriptionCode>AVI</ram:DescriptionCode></ram:HandlingSPHInstructions>
  <ram:HandlingSPHInstructions><ram:Description>per</ram:Description></ram:HandlingSPHInstructions>
  <ram:IncludedCustomsNote><ram:ContentCode>T</ram:ContentCode><ram:Content>NPWP 01.2</ram:Content>
    <ram:SubjectCode>SHP</ram:SubjectCode><ram:CountryID>ID</ram:CountryID></ram:IncludedCustomsNote>
  <ram:IncludedCustomsNote><ram:ContentCode>CT</ram:ContentCode><ram:Content>0049 1</ram:Content>
    <ram:SubjectCode>CNE</ram:SubjectCode></ram:IncludedCustomsNote>
  <ram:IncludedCustomsNote><ram:ContentCode>C</ram:ContentCode><ram:Content>CITES 0042/IV</ram:Content>
  </ram:IncludedCustomsNote>
  <ram:IncludedCustomsNote><ram:ContentCode>N</ram:ContentCode><ram:Content>SEAL1</ram:Content>
  </ram:IncludedCustomsNote>
  <ram:AssociatedReferenceDocument><ram:ID>VET 7</ram:ID><ram:TypeCode>853</ram:TypeCode>
  </ram:AssociatedReferenceDocument>
  <ram:ApplicableOriginCurrencyExchange><ram:SourceCurrencyCode>IDR</ram:SourceCurrencyCode>
  </ram:ApplicableOriginCurrencyExchange>
  <ram:ApplicableRating><ram:TypeCode>F</ram:TypeCode>
   <ram:IncludedMasterConsignmentItem><ram:SequenceNumeric>1</ram:SequenceNumeric>
    <ram:TypeCode>010631</ram:TypeCode><ram:TypeCode>010632</ram:TypeCode>
    <ram:GrossWeightMeasure unitCode="KGM">30</ram:GrossWeightMeasure>
    <ram:PackageQuantity>99</ram:PackageQuantity>
    <ram:PieceQuantity>8</ram:PieceQuantity>
    <ram:NatureIdentificationTransportCargo><ram:Identification>LIVE BIRDS
MYNAH</ram:Identification></ram:NatureIdentificationTransportCargo>
    <ram:OriginCountry><ram:ID>ID</ram:ID></ram:OriginCountry>
    <ram:AssociatedUnitLoadTransportEquipment><ram:ID>12345</ram:ID>
     <ram:CharacteristicCode>PMC</ram:CharacteristicCode><ram:OperatingParty><ram:PrimaryID>QR</ram:PrimaryID>
     </ram:OperatingParty></ram:AssociatedUnitLoadTransportEquipment>
    <ram:ApplicableFreightRateServiceCharge><ram:CategoryCode>S</ram:CategoryCode>
    </ram:ApplicableFreightRateServiceCharge>
   </ram:IncludedMasterConsignmentItem>
   <ram:IncludedMasterConsignmentItem><ram:SequenceNumeric>2</ram:SequenceNumeric>
    <ram:TypeCode>230990</ram:TypeCode><ram:PieceQuantity>4</ram:PieceQuantity>
    <ram:NatureIdentificationTransportCargo><ram:Identification>FEED</ram:Identification>
    </ram:NatureIdentificationTransportCargo></ram:IncludedMasterConsignmentItem>
   <ram:IncludedMasterConsignmentItem><ram:SequenceNumeric>3</ram:SequenceNumeric>
    <ram:GrossVolumeMeasure unitCode="CMQ">5000</ram:GrossVolumeMeasure>
    <ram:Information>NDA</ram:Information></ram:IncludedMasterConsignmentItem>
  </ram:ApplicableRating>
 </rsm:MasterConsignment>""",
    number="15712345675",
    code="740",
)

_HOUSE = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<ns2:HouseWaybill xmlns="iata:datamodel:3" xmlns:ns2="iata:housewaybill:1"><ns2:MessageHeaderDocument>
 <ID>H1_msg</ID><TypeCode>703</TypeCode><IssueDateTime>2026-08-25T21:47:00.000Z</IssueDateTime>
 <PurposeCode>UPDATE</PurposeCode></ns2:MessageHeaderDocument><ns2:BusinessHeaderDocument><ID>H1</ID>
 </ns2:BusinessHeaderDocument><ns2:MasterConsignment>
 <IncludedTareGrossWeightMeasure unitCode="KGM">900</IncludedTareGrossWeightMeasure>
 <TransportContractDocument><ID>057 5198 7552</ID></TransportContractDocument>
 <OriginLocation><ID>DEL</ID></OriginLocation><FinalDestinationLocation><ID>FRA</ID></FinalDestinationLocation>
 <IncludedHouseConsignment><NilCarriageValueIndicator>true</NilCarriageValueIndicator>
 <NilCustomsValueIndicator>true</NilCustomsValueIndicator>
 <DeclaredValueForCustomsAmount currencyID="INR">0</DeclaredValueForCustomsAmount>
 <IncludedTareGrossWeightMeasure unitCode="KGM">134.0</IncludedTareGrossWeightMeasure>
 <PackageQuantity>200</PackageQuantity><TotalPieceQuantity>10</TotalPieceQuantity>
 <SummaryDescription>CARPETS AND RUGS, WOOL</SummaryDescription>
 <OriginLocation><ID>KTM</ID></OriginLocation><FinalDestinationLocation><ID>FDH</ID></FinalDestinationLocation>
 <IncludedHouseConsignmentItem><SequenceNumeric>1</SequenceNumeric><TypeCode>5701.10</TypeCode>
 <GrossWeightMeasure unitCode="KGM">133.7</GrossWeightMeasure><PieceQuantity>10</PieceQuantity>
 <NatureIdentificationTransportCargo><Identification>Carpets</Identification>
 </NatureIdentificationTransportCargo></IncludedHouseConsignmentItem>
 </IncludedHouseConsignment></ns2:MasterConsignment></ns2:HouseWaybill>"""


def _listed(number: str, split: str, pieces: int, kilos: float, text: str = "SHRIMPS", more: str = "") -> str:
    return f"""<ram:IncludedMasterConsignment>
 <ram:GrossWeightMeasure unitCode="KGM">{kilos}</ram:GrossWeightMeasure>
 <ram:PackageQuantity>1</ram:PackageQuantity><ram:TotalPieceQuantity>{pieces}</ram:TotalPieceQuantity>
 <ram:SummaryDescription>{text}</ram:SummaryDescription>
 <ram:TransportSplitDescription>{split}</ram:TransportSplitDescription>
 <ram:TransportContractDocument><ram:ID>{number}</ram:ID></ram:TransportContractDocument>
 <ram:OriginLocation><ram:ID>NBO</ram:ID></ram:OriginLocation>
 <ram:FinalDestinationLocation><ram:ID>CAN</ram:ID></ram:FinalDestinationLocation>{more}
</ram:IncludedMasterConsignment>"""


def _cargo(kind: str, inner: str, unit: str = "") -> str:
    if unit:
        unit = f"""<ram:UtilizedUnitLoadTransportEquipment><ram:ID>{unit[3:-2]}</ram:ID>
 <ram:CharacteristicCode>{unit[:3]}</ram:CharacteristicCode><ram:OperatingParty>
 <ram:PrimaryID>{unit[-2:]}</ram:PrimaryID></ram:OperatingParty></ram:UtilizedUnitLoadTransportEquipment>"""
    return (
        f"<ram:AssociatedTransportCargo><ram:TypeCode>{kind}</ram:TypeCode>{unit}{inner}"
        "</ram:AssociatedTransportCargo>"
    )


_CODE = "<ram:DescriptionCode>PES</ram:DescriptionCode>"
_SEAFOOD = f"<ram:HandlingSPHInstructions>{_CODE}</ram:HandlingSPHInstructions>"
_FLIGHT = _document(
    "FlightManifest",
    """<rsm:LogisticsTransportMovement><ram:StageCode>Main-Carriage</ram:StageCode><ram:ID>EK380</ram:ID>
 <ram:UsedLogisticsTransportMeans><ram:Name>A6-EFK</ram:Name></ram:UsedLogisticsTransportMeans>
 <ram:DepartureEvent><ram:DepartureOccurrenceDateTime>2026-03-04T01:00:00</ram:DepartureOccurrenceDateTime>
 <ram:OccurrenceDepartureLocation><ram:ID>DXB</ram:ID></ram:OccurrenceDepartureLocation></ram:DepartureEvent>
 </rsm:LogisticsTransportMovement><rsm:ArrivalEvent>
 <ram:ArrivalOccurrenceDateTime>2026-03-04T13:25:00+08:00</ram:ArrivalOccurrenceDateTime>
 <ram:OccurrenceArrivalLocation><ram:ID>HKG</ram:ID></ram:OccurrenceArrivalLocation>"""
    + _cargo(
        "ULD",
        _listed("17600000011", "S", 4, 40.5) + _listed("176-00000022", "T", 9, 90, more=_SEAFOOD),
        "PMC1111EK",
    )
    + _cargo("ULD", _listed("176-00000011", "S", 4, 40.5), "AKE22222EK")
    + _cargo("BLK", _listed("176-00000033", "P", 1, 2, "CONSOLIDATION AS PER ATTACHED LIST"))
    + "</rsm:ArrivalEvent>",
    number="EK38020260304DXB",
    code="122",
)


def _house_entry(number: str, text: str, order: str = "") -> str:
    return f"""<ram:IncludedHouseConsignment><ram:SequenceNumeric>{order}</ram:SequenceNumeric>
 <ram:GrossWeightMeasure unitCode="KGM">12.5</ram:GrossWeightMeasure>
 <ram:TotalPieceQuantity>2</ram:TotalPieceQuantity><ram:SummaryDescription>{text}</ram:SummaryDescription>
 <ram:TransportContractDocument><ram:ID>{number}</ram:ID></ram:TransportContractDocument>
 <ram:OriginLocation><ram:ID>FRA</ram:ID></ram:OriginLocation>
 <ram:FinalDestinationLocation><ram:ID>VCP</ram:ID></ram:FinalDestinationLocation>{_SEAFOOD}
 </ram:IncludedHouseConsignment>"""


_LIST = _document(
    "HouseManifest",
    """<rsm:MasterConsignment>
 <ram:IncludedTareGrossWeightMeasure unitCode="KGM">25</ram:IncludedTareGrossWeightMeasure>
 <ram:TotalPieceQuantity>4</ram:TotalPieceQuantity>
 <ram:TransportContractDocument><ram:ID>02085326382</ram:ID></ram:TransportContractDocument>
 <ram:OriginLocation><ram:ID>FRA</ram:ID></ram:OriginLocation>
 <ram:FinalDestinationLocation><ram:ID>VCP</ram:ID></ram:FinalDestinationLocation>"""
    + _house_entry("HA", "<![CDATA[PARTS <PUMP>]]>", "1")
    + _house_entry("HB", "ORCHIDS", "2")
    + "</rsm:MasterConsignment>",
    number="HA",
    code="785",
)


def _read(folder: Path, text: str | bytes) -> list[Shipment | Broken]:
    path = folder / "message.xml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return list(FORM.read(path))


def _values(folder: Path, text: str | bytes) -> list[dict[str, str]]:
    found = _read(folder, text)
    assert all(isinstance(each, Shipment) for each in found), found
    return [each.values for each in found if isinstance(each, Shipment)]


# --- reading --------------------------------------------------------------------------------


def test_a_waybill_is_one_shipment(tmp_path: Path) -> None:
    (shipment,) = _read(tmp_path, _WAYBILL)
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


def test_a_house_waybill_is_a_house_under_its_master(tmp_path: Path) -> None:
    (values,) = _values(tmp_path, _HOUSE)
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


def test_a_flight_manifest_gives_its_waybills_and_joins_split_ones(tmp_path: Path) -> None:
    whole, split, blind = sorted(_values(tmp_path, _FLIGHT), key=lambda v: -len(v.get("handling_codes", "")))
    assert split == {
        "shipment_id": "176-00000011",
        "manifest_id": "EK38020260304DXB",
        "mode": "air",
        "known_at": "2026-03-04T05:06:07+07:00",
        "arrives_at": "2026-03-04T13:25:00+08:00",
        "vessel_or_flight": "EK380",
        "carrier_name": "EK",
        "loading_port": "NBO",
        "transhipment_ports": "DXB",
        "discharge_port": "HKG",
        "delivery_place": "CAN",
        "goods_description": "SHRIMPS",
        "container_ids": "PMC1111EK;AKE22222EK",
        "container_types": "PMC;AKE",
        "packages": "8",
        "gross_weight_kg": "81",
    }
    assert (whole["shipment_id"], whole["packages"], whole["container_ids"]) == (
        "176-00000022",
        "9",
        "PMC1111EK",
    )
    assert whole["handling_codes"] == "PES"
    assert blind["shipment_id"] == "176-00000033"
    assert blind["is_consolidation"] == "true"
    assert "container_ids" not in blind


def test_a_house_list_gives_its_houses(tmp_path: Path) -> None:
    first, second = _read(tmp_path, _LIST)
    assert isinstance(first, Shipment)
    assert isinstance(second, Shipment)
    assert first.place == "document 1, house 1"
    assert first.values == {
        "shipment_id": "HA",
        "master_id": "020-85326382",
        "bill_level": "house",
        "line_number": "1",
        "mode": "air",
        "known_at": "2026-03-04T05:06:07+07:00",
        "loading_port": "FRA",
        "discharge_port": "VCP",
        "goods_description": "PARTS <PUMP>",
        "handling_codes": "PES",
        "packages": "2",
        "gross_weight_kg": "12.5",
    }
    assert second.values["shipment_id"] == "HB"
    assert second.values["master_id"] == "020-85326382"


def test_houses_inside_a_flight_manifest_lie_under_their_waybill(tmp_path: Path) -> None:
    inner = _house_entry("HA", "PARTS") + _house_entry("HB", "ORCHIDS")
    text = _FLIGHT.replace(_SEAFOOD + "\n</ram:Included", inner + "\n</ram:Included")
    houses = [v for v in _values(tmp_path, text) if v.get("bill_level") == "house"]
    assert [v["shipment_id"] for v in houses] == ["HA", "HB"]
    assert {v["master_id"] for v in houses} == {"176-00000022"}
    assert {v["discharge_port"] for v in houses} == {"HKG"}
    (master,) = [v for v in _values(tmp_path, text) if v["shipment_id"] == "176-00000022"]
    assert master["is_consolidation"] == "true"


@pytest.mark.parametrize("text", [_WAYBILL, _HOUSE, _FLIGHT, _LIST])
def test_prefixes_namespaces_and_encodings_do_not_matter(tmp_path: Path, text: str) -> None:
    expected = _values(tmp_path, text)
    bare = text.replace("rsm:", "").replace("ram:", "").replace("ns2:", "").replace("xmlns=", "xmlns:x=")
    assert _values(tmp_path, bare) == expected
    assert _values(tmp_path, text.replace("\n", "\r\n")) == expected
    assert _values(tmp_path, "\ufeff\n\n" + text) == expected
    wide = text.replace("UTF-8", "UTF-16").encode("utf-16")
    assert FORM.recognise(wide[:65536])
    assert _values(tmp_path, wide) == expected


@pytest.mark.parametrize("text", [_WAYBILL, _HOUSE, _FLIGHT, _LIST])
def test_messages_of_the_family_are_recognised(text: str) -> None:
    assert FORM.recognise(text.encode())
    assert FORM.recognise(b"\n \n<!-- a copy -->" + text.partition("?>")[2].encode())
    assert FORM.recognise(text.replace("<?xml", "\ufeff<?xml").encode())


@pytest.mark.parametrize("root", ["soapenv:Envelope", "Messages", "x:CargoMessage"])
def test_messages_in_envelopes_are_read(tmp_path: Path, root: str) -> None:
    inner = (_WAYBILL + _LIST).replace('<?xml version="1.0" encoding="UTF-8"?>', "")
    name = root.partition(":")[0]
    text = f'<{root} xmlns:{name}="urn:x"><Header><ID>7</ID></Header><Body>{inner}</Body></{root}>'
    assert FORM.recognise(text.encode())
    assert _values(tmp_path, text) == _values(tmp_path, _WAYBILL + _LIST)


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


def test_elements_may_stand_in_another_order(tmp_path: Path) -> None:
    start, end = _WAYBILL.index("<rsm:MessageHeader"), _WAYBILL.index("<rsm:MasterConsignment>")
    close = _WAYBILL.index("</rsm:Waybill>")
    turned = _WAYBILL[:start] + _WAYBILL[end:close] + _WAYBILL[start:end] + _WAYBILL[close:]
    assert _values(tmp_path, turned) == _values(tmp_path, _WAYBILL)
    contract = "<ram:TransportContractDocument><ram:ID>02085326382</ram:ID></ram:TransportContractDocument>"
    late = _LIST.replace(contract, "").replace("</rsm:Master", contract + "</rsm:Master")
    for ours, theirs in zip(_values(tmp_path, late), _values(tmp_path, _LIST), strict=True):
        assert ours == theirs


def test_a_consolidation_is_a_master(tmp_path: Path) -> None:
    (by_code,) = _values(tmp_path, _WAYBILL.replace(">740<", ">741<"))
    (by_text,) = _values(tmp_path, _WAYBILL.replace("LIVE BIRDS\nMYNAH", "CONSOLIDATED CARGO AS PER LIST"))
    note = "<ram:IncludedHeaderNote><ram:ContentCode>c</ram:ContentCode></ram:IncludedHeaderNote>"
    (by_note,) = _values(tmp_path, _WAYBILL.replace("</rsm:Business", note + "</rsm:Business"))
    for values in (by_code, by_text, by_note):
        assert (values["bill_level"], values["is_consolidation"]) == ("master", "true")
    (console,) = _values(tmp_path, _WAYBILL.replace("LIVE BIRDS\nMYNAH", "CONSOLE TABLES"))
    assert console["bill_level"] == "direct"


@pytest.mark.parametrize("text", [_WAYBILL, _HOUSE.replace("UPDATE", "Creation"), _FLIGHT, _LIST])
def test_amendments_and_deletions(tmp_path: Path, text: str) -> None:
    created = _values(tmp_path, text)
    for word in ("Update", "UPDATE", "Amend", "5"):
        for before, after in zip(created, _values(tmp_path, text.replace("Creation", word)), strict=True):
            assert after == {**before, "amendment_count": "1", "last_amended_at": before["known_at"]}
    for word in ("Deletion", "deletion", "Cancellation", "3"):
        for each in _read(tmp_path, text.replace("Creation", word)):
            assert isinstance(each, Broken)
            assert each.shipment_id in {values["shipment_id"] for values in created}
            assert "cancels" in each.expected
    for each in _read(tmp_path, text.replace("Creation", "Perhaps")):
        assert isinstance(each, Shipment)
        assert ("amendment_count", "perhaps") in {doubt[:2] for doubt in each.doubts}


def test_a_deletion_needs_no_consignment(tmp_path: Path) -> None:
    (gone,) = _read(tmp_path, _document("Waybill", "", number="157-12345675", purpose="Deletion"))
    assert isinstance(gone, Broken)
    assert gone.shipment_id == "157-12345675"
    (kept,) = _values(tmp_path, _document("HouseWaybill", "", number="H9", code="703"))
    assert kept["shipment_id"] == "H9"


def test_messages_glued_together_are_all_read(tmp_path: Path) -> None:
    glued = _WAYBILL + _HOUSE + "\n\n" + _FLIGHT + _LIST.partition("?>")[2]
    assert [v["shipment_id"] for v in _values(tmp_path, glued)] == [
        "157-12345675",
        "H1",
        "176-00000022",
        "176-00000011",
        "176-00000033",
        "HA",
        "HB",
    ]


def test_a_broken_message_costs_only_itself(tmp_path: Path) -> None:
    torn = _WAYBILL.replace("</ram:ConsignorParty>", "")
    found = _read(tmp_path, _HOUSE + torn + _LIST)
    assert [type(each) for each in found] == [Shipment, Broken, Shipment, Shipment]
    assert isinstance(found[1], Broken)
    assert found[1].place.startswith("line ")
    cut = _FLIGHT[: _FLIGHT.index('"KGM">2<')]
    whole, split, broken = _read(tmp_path, cut)
    assert [type(each) for each in (whole, split, broken)] == [Shipment, Shipment, Broken]
    assert isinstance(split, Shipment)
    assert split.values["packages"] == "8"


def test_what_cannot_be_used_is_doubted(tmp_path: Path) -> None:
    text = _WAYBILL.replace('unitCode="LBR"', 'unitCode="PCE"').replace('unitCode="FTQ"', 'unitCode="KGM"')
    text = text.replace(">12</ram:Total", ">13</ram:Total").replace(
        "<ram:NilCustomsValueIndicator>false", "<ram:NilCustomsValueIndicator>true"
    )
    (shipment,) = _read(tmp_path, text)
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


# --- writing --------------------------------------------------------------------------------

_TEXTS = st.text(
    st.sampled_from(
        "abz XY019,.;:'\"&<>/-+*?()[]{}|\\\n\t"
        "中国象牙穿山甲ไทยงาช้างعاجالعاجСлоноваяжираф한국日本éñüß€£😀🐍Ǆﬁ\u0301"
    ),
    max_size=150,
).map(lambda text: unicodedata.normalize("NFC", text).strip())
_WORDS = _TEXTS.filter(lambda text: len(text) > 1 and not text.upper().startswith(("N", "-", "CONSOL")))
_IDS = st.from_regex(r"[A-Z]{2,4}[ /-]?[0-9A-Z]{1,12}", fullmatch=True)
_PLACES = st.sampled_from(["HKG", "BKK", "NBO", "DXB", "CNSHA"])
_COUNTRIES = st.sampled_from(["TH", "KE", "DE", "NA"])
_TIMES = st.datetimes(pd.Timestamp("1971-01-01"), pd.Timestamp("2099-01-01"))
_NUMBERS = st.floats(1e-4, 1e7).map(lambda x: float(f"{x:.6g}"))
_COUNTS = st.integers(1, 10**6).map(float)


def _member_list(member: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(member, min_size=1, max_size=4, unique=True).map(";".join)


_LINE = st.fixed_dictionaries(
    {"description": _WORDS, "packages": _COUNTS},
    optional={"hs": st.sampled_from(["010631", "0507", "12119099"]), "kg": _NUMBERS},
)
_MAYBE = {
    "known_at": _TIMES,
    "arrives_at": _TIMES,
    **{f"{role}_name": _WORDS for role in ("shipper", "consignee", "notify")},
    **{f"{role}_address": _WORDS for role in ("shipper", "consignee", "notify")},
    **{f"{role}_country": _COUNTRIES for role in ("shipper", "consignee", "notify")},
    **{f"{role}_id": _IDS for role in ("shipper", "consignee", "notify")},
    **{f"{role}_phone": _WORDS for role in ("shipper", "consignee", "notify")},
    **{f"{role}_email": _WORDS for role in ("shipper", "consignee", "notify")},
    "broker_name": _WORDS,
    "carrier_name": _WORDS,
    "manifest_id": _IDS,
    "declaration_id": _IDS,
    "goods_description": _WORDS,
    "hs_codes": _member_list(st.sampled_from(["010631", "0507", "12119099", "9601"])),
    "permit_refs": _member_list(_IDS),
    "handling_codes": _member_list(st.sampled_from(["AVI", "PER", "EAT", "GEN"])),
    "seal_ids": _member_list(_IDS.map(lambda text: text.replace("/", "-"))),
    "container_ids": _member_list(st.sampled_from(["PMC12345XX", "AKE4711QR", "CSQU3054383", "ZZ99"])),
    "origin_country": _COUNTRIES,
    "gross_weight_kg": _NUMBERS,
    "packages": _COUNTS,
    "volume_m3": _NUMBERS,
    "vessel_or_flight": _IDS,
}


@st.composite
def _row(draw: st.DrawFn) -> dict[str, object]:
    row: dict[str, object] = draw(st.fixed_dictionaries({}, optional=_MAYBE))
    row["bill_level"] = draw(st.sampled_from(["house", "direct", "master"]))
    row["mode"] = "air"
    if row["bill_level"] != "house":
        row["is_consolidation"] = row["bill_level"] == "master"
    if draw(st.booleans()):
        row["master_id"] = draw(st.sampled_from(["157-12345675", "MASTER 1"]))
    if draw(st.booleans()):
        ports = draw(st.lists(_PLACES, min_size=2, max_size=5, unique=True))
        row["loading_port"], row["discharge_port"] = ports[:2]
        if len(ports) > 2:
            row["delivery_place"] = ports[2]
        if ports[3:]:
            row["transhipment_ports"] = ";".join(ports[3:])
    if draw(st.booleans()):
        row["declared_value"] = draw(_NUMBERS)
        if draw(st.booleans()):
            row["currency"] = draw(st.sampled_from(["USD", "THB"]))
    if "known_at" in row and draw(st.booleans()):
        row["amendment_count"], row["last_amended_at"] = 1.0, row["known_at"]
    if draw(st.booleans()):
        lines = draw(st.lists(_LINE, min_size=2, max_size=4))
        row["items"] = json.dumps(lines, ensure_ascii=False, separators=(",", ":"))
        row["goods_description"] = "; ".join(dict.fromkeys(line["description"] for line in lines))
        headings = dict.fromkeys(line["hs"] for line in lines if "hs" in line)
        row.pop("hs_codes", None)
        row.pop("origin_country", None)
        if headings:
            row["hs_codes"] = ";".join(headings)
        row["packages"] = sum(line["packages"] for line in lines)
        weights = [line["kg"] for line in lines if "kg" in line]
        if weights:
            row["gross_weight_kg"] = draw(_NUMBERS)
    return row


def _table(rows: list[dict[str, object]]) -> pd.DataFrame:
    data = {
        name: pd.Series([row.get(name) for row in rows], dtype=schema.BY_NAME[name].dtype)  # type: ignore[call-overload]
        for name in {key for row in rows for key in row}
    }
    return schema.complete(pd.DataFrame(data, index=pd.RangeIndex(len(rows))))


def _written(table: pd.DataFrame) -> bytes:
    stream = io.BytesIO()
    FORM.write(table, stream)
    return stream.getvalue()


_KEPT = [f.column for f in FORM.fields if f.written]


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_row(), min_size=1, max_size=3))
def test_writing_and_reading_loses_nothing(tmp_path: Path, rows: list[dict[str, object]]) -> None:
    for number, row in enumerate(rows):
        row["shipment_id"] = f"H{number}"
    table = _table(rows)
    path = tmp_path / "table.xml"
    path.write_bytes(_written(table))
    (chunk,) = chunks(path, "table.xml", FORM)
    assert not chunk.broken
    assert not chunk.doubts
    for name in _KEPT:
        back = read_column(name, chunk.frame[name], Habits()).values
        if name == "items":
            assert [_lines(x) for x in back] == [_lines(x) for x in table[name]]
            continue
        pd.testing.assert_series_equal(back, table[name], check_names=False)


def _lines(text: object) -> object:
    return json.loads(text) if isinstance(text, str) else None


def test_writing_is_the_same_every_time_and_structured(tmp_path: Path) -> None:
    path = tmp_path / "in.xml"
    path.write_text(_WAYBILL + _HOUSE + _LIST, encoding="utf-8")
    table = manifest.read(path).table
    first = _written(table)
    assert first == _written(table)
    assert first.count(b"<?xml ") == len(table)
    (out := tmp_path / "out.xml").write_bytes(first)
    again = manifest.read(out).table
    assert _written(again) == first
    names = [n for n in _KEPT if n not in ("line_number",)]
    pd.testing.assert_frame_equal(again[names], table[names])


def test_a_text_the_lines_do_not_say_is_kept(tmp_path: Path) -> None:
    lines = [{"description": "TEA", "packages": 2.0}, {"description": "COFFEE", "packages": 3.0}]
    row = {"shipment_id": "157-12345675", "goods_description": "GROCERIES", "items": json.dumps(lines)}
    for level in ("direct", "house"):
        (values,) = _values(tmp_path, _written(_table([{**row, "bill_level": level}])))
        assert values["goods_description"] == "GROCERIES; TEA; COFFEE"
        assert _lines(values["items"]) == lines


def test_an_empty_table_is_no_message() -> None:
    assert _written(_table([]).iloc[:0]) == b""


# --- hostile --------------------------------------------------------------------------------


def test_numbers_and_times_of_any_kind_raise_nothing(tmp_path: Path) -> None:
    path = tmp_path / "odd.xml"
    for number in ("1e999", "-1", "NaN", "9" * 4000, "1,5", "١٢", "0x10", " 7 ", "1_0", ""):
        text = (
            _WAYBILL.replace(">100<", f">{number}<")
            .replace(">12<", f">{number}<")
            .replace(">30<", f">{number}<")
        )
        text = text.replace("2026-03-04T05:06:07+07:00", "99999999").replace("1250.50", number)
        path.write_text(text, encoding="utf-8")
        read = manifest.read(path)
        assert list(read.table["shipment_id"]) == ["157-12345675"]
        assert read.table["known_at"].isna().all()


@pytest.mark.parametrize(
    "text",
    [
        '<?xml version="1.0"?><!DOCTYPE Waybill [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + _WAYBILL[39:],
        _WAYBILL.replace(
            "MYNAH", "\x00\x01\ud800".encode("utf-8", "surrogatepass").decode("utf-8", "replace")
        ),
        _WAYBILL.replace("LIVE BIRDS", "A & B &nbsp; &unknown;"),
        _WAYBILL.replace("<ram:Name>Bird", "<ram:Name>" + "<a>" * 5000 + "Bird"),
        _WAYBILL.replace('currencyID="USD"', f'currencyID="{"U" * 2_000_000}"'),
        _WAYBILL[:300],
        "<Waybill>",
        "<?xml <" + _WAYBILL,
        "<?xml version='1.0'" + _WAYBILL[40:] + _HOUSE,
        " \n" * 2_000_000 + _HOUSE,
        "<FlightManifest iata:='",
        "<rsm:HouseManifest><rsm:MasterConsignment/></rsm:HouseManifest>",
    ],
)
def test_hostile_messages_raise_nothing(tmp_path: Path, text: str) -> None:
    for each in _read(tmp_path, text.encode("utf-8", "replace")):
        assert isinstance(each, (Shipment, Broken))


def test_bytes_that_are_no_text_raise_nothing(tmp_path: Path) -> None:
    raw = _WAYBILL.encode()
    for at in range(0, len(raw), 997):
        for junk in (b"\x00", b"\xff\xfe", b"\xed\xa0\x80"):
            for each in _read(tmp_path, raw[:at] + junk + raw[at:]):
                assert isinstance(each, (Shipment, Broken))


def _seconds(path: Path) -> float:
    start = time.process_time()
    assert sum(1 for _ in FORM.read(path)) > 0
    return time.process_time() - start


@pytest.mark.parametrize("kind", ["items", "notes", "parts", "houses"])
def test_reading_is_linear_in_what_repeats(tmp_path: Path, kind: str) -> None:
    item = "<ram:IncludedMasterConsignmentItem><ram:TypeCode>01{:04d}</ram:TypeCode><ram:PieceQuantity>1"
    item += "</ram:PieceQuantity><ram:NatureIdentificationTransportCargo><ram:Identification>G{}"
    item += (
        "</ram:Identification></ram:NatureIdentificationTransportCargo></ram:IncludedMasterConsignmentItem>"
    )
    note = "<ram:IncludedCustomsNote><ram:ContentCode>C</ram:ContentCode><ram:Content>{}</ram:Content>"
    note += "</ram:IncludedCustomsNote>"
    path = tmp_path / "many.xml"
    took = []
    for count in (2_000, 16_000):
        if kind == "items":
            many = "".join(item.format(n % 10_000, n) for n in range(count))
            text = _WAYBILL.replace("</ram:ApplicableRating>", many + "</ram:ApplicableRating>")
        elif kind == "notes":
            many = "".join(note.format(n) for n in range(count * 2))
            text = _WAYBILL.replace("</rsm:MasterConsignment>", many + "</rsm:MasterConsignment>")
        elif kind == "parts":
            parts = "".join(_listed("176-00000011", "S", 1, 1, f"T{n}") for n in range(count))
            text = _document(
                "FlightManifest", "<rsm:ArrivalEvent>" + _cargo("BLK", parts) + "</rsm:ArrivalEvent>"
            )
        else:
            houses = "".join(_house_entry(f"H{n}", "X") for n in range(count))
            text = _document("HouseManifest", f"<rsm:MasterConsignment>{houses}</rsm:MasterConsignment>")
        path.write_text(text, encoding="utf-8")
        took.append(min(_seconds(path) for _ in range(2)))
    assert took[1] < 8 * 3 * max(took[0], 0.01)


_SAMPLES = [text.encode() for text in (_WAYBILL, _HOUSE, _FLIGHT, _LIST)]


@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_mutated_messages_raise_nothing(tmp_path: Path, data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(_SAMPLES))
    for _ in range(data.draw(st.integers(1, 6))):
        start = data.draw(st.integers(0, len(text)))
        end = min(len(text), start + data.draw(st.integers(0, 400)))
        other = data.draw(st.sampled_from(_SAMPLES))
        at = data.draw(st.integers(0, len(other) - 1))
        put = data.draw(
            st.sampled_from([b"", b"<", b">", b"&", b"]]>", text[start:end] * 2, other[at : at + 200]])
        )
        text = text[:start] + put + text[end:]
    FORM.recognise(text[:65536])
    for each in _read(tmp_path, text):
        assert isinstance(each, (Shipment, Broken))
        if isinstance(each, Shipment):
            assert set(each.values) <= set(FORM.columns)
            assert all(isinstance(value, str) and value for value in each.values.values())
            assert each.values["shipment_id"]


# --- lists ----------------------------------------------------------------------------------


def _shipments(folder: Path, text: str) -> dict[str, Shipment]:
    found = _read(folder, text)
    return {each.values["shipment_id"]: each for each in found if isinstance(each, Shipment)}


def test_entries_of_lists_are_summaries_and_say_what_is_a_part(tmp_path: Path) -> None:
    listed = _shipments(tmp_path, _FLIGHT) | _shipments(tmp_path, _LIST)
    assert all(each.summary for each in listed.values())
    assert {number for number, each in listed.items() if each.part} == {"176-00000033"}
    assert not any(each.summary or each.part for each in _shipments(tmp_path, _WAYBILL + _HOUSE).values())


def test_a_flight_says_the_level_only_of_consolidations(tmp_path: Path) -> None:
    levels = {n: each.values.get("bill_level") for n, each in _shipments(tmp_path, _FLIGHT).items()}
    assert levels == {"176-00000011": None, "176-00000022": None, "176-00000033": "master"}


def test_the_name_of_the_means_is_the_aircraft_and_no_carrier(tmp_path: Path) -> None:
    for number, carrier in (("EK380", "EK"), ("3V-0405", "3V"), ("QR8015A", "QR"), ("NIGHT", None)):
        text = _FLIGHT.replace("<ram:ID>EK380<", f"<ram:ID>{number}<")
        assert {each.get("carrier_name") for each in _values(tmp_path, text)} == {carrier}


def test_an_empty_flight_tells_of_no_shipment(tmp_path: Path) -> None:
    place = "<ram:OccurrenceArrivalLocation><ram:ID>GRU</ram:ID></ram:OccurrenceArrivalLocation>"
    nil = f"<rsm:ArrivalEvent>{place}{_cargo('NIL', '')}</rsm:ArrivalEvent>"
    assert _read(tmp_path, _document("FlightManifest", nil, number="LH506", code="122")) == []
    (broken,) = _read(tmp_path, _document("FlightManifest", "", number="LH506", code="122"))
    assert isinstance(broken, Broken)


def test_waybills_beside_the_flight_are_on_it(tmp_path: Path) -> None:
    flight, _, rest = _FLIGHT.partition("<rsm:ArrivalEvent>")
    event = "<rsm:ArrivalEvent>" + rest.partition("<ram:AssociatedTransportCargo>")[0] + "</rsm:ArrivalEvent>"
    bare = "<ram:ID>057-12345675</ram:ID><ram:TotalPieceQuantity>5</ram:TotalPieceQuantity>"
    bare = f"<rsm:MasterConsignment>{bare}</rsm:MasterConsignment>"
    flight = flight.replace("EK380", "AF 148")
    for body in (bare + event, event + bare):
        (values,) = _values(tmp_path, flight + body + "</rsm:FlightManifest>")
        assert (values["shipment_id"], values["packages"]) == ("057-12345675", "5")
        assert (values["loading_port"], values["discharge_port"]) == ("DXB", "HKG")
        assert (values["vessel_or_flight"], values["carrier_name"]) == ("AF 148", "AF")
        assert "transhipment_ports" not in values


# --- what the standard's codes mean ---------------------------------------------------------


def _note(code: str, content: str, subject: str = "") -> str:
    subject = f"<ram:SubjectCode>{subject}</ram:SubjectCode>" if subject else ""
    return (
        f"<ram:IncludedCustomsNote><ram:ContentCode>{code}</ram:ContentCode><ram:Content>{content}</ram:Content>"
        f"{subject}</ram:IncludedCustomsNote>"
    )


def test_notes_to_customs_are_what_their_codes_say(tmp_path: Path) -> None:
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
    text = "".join(_note(code, content, "ISS") for code, content in (*aside, *notes))
    house = _HOUSE.replace("<OriginLocation><ID>KTM", text.replace("ram:", "") + "<OriginLocation><ID>KTM")
    (values,) = _values(tmp_path, house)
    assert values["permit_refs"] == "PHYTO 1;CITES 2"
    assert (values["seal_ids"], values["declaration_id"], values["location"]) == ("SEAL 3", "19ITQ1", "Y123")
    assert values["hs_codes"] == "0106;5701.10"
    said = " ".join(values.values())
    assert not any(content in said for code, content in aside if len(content) > 3)


def test_notes_to_customs_say_how_parties_are_reached(tmp_path: Path) -> None:
    notes = [("CT", "+49 1", "CNE"), ("MU", "A.B", "SHP"), ("MD", "X.EXAMPLE", "SHP"), ("EM", "n@y.z", "NFY")]
    text = "".join(_note(*note) for note in notes).replace("ram:", "")
    (values,) = _values(tmp_path, _HOUSE.replace("<OriginLocation><ID>KTM", text + "<OriginLocation><ID>KTM"))
    reached = (values["consignee_phone"], values["shipper_email"], values["notify_email"])
    assert reached == ("+49 1", "a.b@x.example", "n@y.z")


def test_further_ratings_rate_the_same_goods(tmp_path: Path) -> None:
    start, end = _WAYBILL.index("<ram:ApplicableRating>"), _WAYBILL.index(" </rsm:MasterConsignment>")
    rating = _WAYBILL[start:end]
    published = rating.replace("<ram:TypeCode>F<", "<ram:TypeCode>P<")
    twice = _WAYBILL[:end] + published + _WAYBILL[end:]
    assert _values(tmp_path, twice) == _values(tmp_path, _WAYBILL)
    (more,) = _values(tmp_path, _WAYBILL[:end] + rating + _WAYBILL[end:])
    assert len(json.loads(more["items"])) == 4


def test_legs_stand_in_any_order(tmp_path: Path) -> None:
    leg = "<ram:SpecifiedLogisticsTransportMovement>"
    before, first, second = _WAYBILL.split(leg)
    closing = second.index("</ram:SpecifiedLogisticsTransportMovement>")
    second, after = second[:closing], second[closing:].partition("Movement>")[2]
    first = first.replace("<ram:ID>QR957", "<ram:SequenceNumeric>1</ram:SequenceNumeric><ram:ID>QR957")
    second = second.replace("<ram:ID>QR8015", "<ram:SequenceNumeric>2</ram:SequenceNumeric><ram:ID>QR8015")
    turned = before + leg + second + "</ram:SpecifiedLogisticsTransportMovement>" + leg + first + after
    assert _values(tmp_path, turned) == _values(tmp_path, _WAYBILL)


@pytest.mark.parametrize(("level", "code"), [("master", "741"), ("direct", "740"), ("house", "703")])
def test_levels_and_codes_agree_both_ways(tmp_path: Path, level: str, code: str) -> None:
    row: dict[str, object] = {"shipment_id": "157-12345675", "bill_level": level, "mode": "air"}
    if level != "house":
        row["is_consolidation"] = level == "master"
    written = _written(_table([row]))
    assert f"<ram:TypeCode>{code}</ram:TypeCode>".encode() in written
    (values,) = _values(tmp_path, written)
    assert values["bill_level"] == level
    assert values.get("is_consolidation") == {"master": "true", "direct": "false"}.get(level)
    assert "amendment_count" not in values


def test_a_consolidation_of_unknown_level_is_written_as_a_master(tmp_path: Path) -> None:
    (values,) = _values(
        tmp_path, _written(_table([{"shipment_id": "157-12345675", "is_consolidation": True}]))
    )
    assert (values["bill_level"], values["is_consolidation"]) == ("master", "true")
