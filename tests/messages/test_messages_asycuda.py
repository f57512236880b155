"""ASYCUDA World manifests: read from several countries' habits, written, hostile."""

from __future__ import annotations

import io
import json
import re
import tempfile
import time
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from features import manifest
from features.manifest import cells, schema
from features.manifest.messages.asycuda import FORM
from features.manifest.messages.asycuda_records import moment, refrigerated
from features.manifest.messages.form import Broken, Shipment

GENERAL = """<General_segment>
  <General_segment_id><Customs_office_code>OW100</Customs_office_code><Voyage_number>EX147E</Voyage_number>
    <Date_of_departure>2026-09-28</Date_of_departure><Date_of_arrival>2026-10-19</Date_of_arrival>
    <Time_of_arrival>14:30:00</Time_of_arrival></General_segment_id>
  <Totals_segment><Total_number_of_bols>2</Total_number_of_bols></Totals_segment>
  <Transport_information>
    <Carrier><Carrier_code>EXL</Carrier_code><Carrier_name>EXAMPLE LINE</Carrier_name></Carrier>
    <Shipping_Agent><Shipping_Agent_code>A1</Shipping_Agent_code></Shipping_Agent>
    <Mode_of_transport_code>1</Mode_of_transport_code>
    <Identity_of_transporter>MV EXAMPLE</Identity_of_transporter>
    <Nationality_of_transporter_code>LR</Nationality_of_transporter_code>
    <Registration_number_of_transport_code>9321483</Registration_number_of_transport_code>
    <Date_of_registration>2001-02-03</Date_of_registration></Transport_information>
  <Load_unload_place><Place_of_departure_code>SGSIN</Place_of_departure_code>
    <Place_of_destination_code>GALBV</Place_of_destination_code></Load_unload_place>
  <Attached_Document><Attached_document_code>1</Attached_document_code>
    <Attached_document_content>AAAA</Attached_document_content></Attached_Document>
</General_segment>"""
FIRST = """<Bol_segment>
  <Bol_id><Bol_reference>EXLU1</Bol_reference><Line_number>1</Line_number><Bol_nature>23</Bol_nature>
    <Bol_type_code>HSB</Bol_type_code><Master_bol_ref_number>EXLUMASTER</Master_bol_ref_number></Bol_id>
  <Load_unload_place><Port_of_origin_code>MZMNC</Port_of_origin_code>
    <Place_of_loading_code>SGSIN</Place_of_loading_code>
    <Place_of_unloading_code>GALBV</Place_of_unloading_code>
    <Place_of_delivery_code>GAFCV</Place_of_delivery_code></Load_unload_place>
  <Traders_segment>
    <Exporter><Exporter_name>MADEIRAS &amp; FILHOS LDA</Exporter_name>
      <Exporter_address>12 RUA DO PORTO
        NACALA, MOZAMBIQUE TEL: +258 84 123 4567</Exporter_address></Exporter>
    <Notify><Notify_code/><Notify_name>SAME AS CONSIGNEE</Notify_name><Notify_address/></Notify>
    <Consignee><Consignee_code>K0012</Consignee_code><Consignee_name>IMPORT SARL</Consignee_name>
      <Consignee_address>LIBREVILLE
        GABON</Consignee_address></Consignee></Traders_segment>
  <ctn_segment><Ctn_reference>EXLU2003447</Ctn_reference><Number_of_packages>40</Number_of_packages>
    <Type_of_container>22G1</Type_of_container><Empty_Full>1/1</Empty_Full><Marks1>S1</Marks1><Marks2>S2</Marks2>
    <Empty_weight>2200</Empty_weight></ctn_segment>
  <ctn_segment><Ctn_reference>EXLU2003452</Ctn_reference><Type_of_container>45R1</Type_of_container>
    <Empty_Full>LCL</Empty_Full><Marks1>S3</Marks1><Commodity_code>4403.49</Commodity_code></ctn_segment>
  <Goods_segment><Number_of_packages>40</Number_of_packages><Package_type_code>LG</Package_type_code>
    <Gross_mass>22,250.500</Gross_mass><Shipping_marks>N/M</Shipping_marks>
    <Goods_description>TIMBER IN THE ROUGH</Goods_description>
    <Seals_segment><Number_of_seals>1</Number_of_seals><Marks_of_seals>S3,S4,</Marks_of_seals></Seals_segment>
    <Volume_in_cubic_meters>24.5</Volume_in_cubic_meters><Num_of_ctn_for_this_bol>3</Num_of_ctn_for_this_bol>
  </Goods_segment>
  <Value_segment><Freight_segment><Freight_value>2400</Freight_value><Freight_currency>EUR</Freight_currency>
    </Freight_segment><Customs_segment><Customs_value>6100.25</Customs_value>
    <Customs_currency>USD</Customs_currency></Customs_segment></Value_segment>
  <Location><Location_code>CY1</Location_code><Location_info>YARD B</Location_info></Location>
</Bol_segment>"""
SECOND = """<Bol_segment>
  <Bol_id><Bol_reference>EXLU2</Bol_reference><Bol_nature>28</Bol_nature><Bol_type_code>BOL</Bol_type_code></Bol_id>
  <Goods_segment><Number_of_packages>10</Number_of_packages><Package_type_code>BG</Package_type_code>
    <Gross_mass>500</Gross_mass><Goods_description>CASHEW NUTS</Goods_description></Goods_segment>
  <Goods_segment><Number_of_packages>5</Number_of_packages><Package_type_code>CT</Package_type_code>
    <Gross_mass>120.5</Gross_mass><Goods_description>SESAME</Goods_description></Goods_segment>
  <Value_segment><Customs_segment><Customs_value>0.00</Customs_value></Customs_segment></Value_segment>
</Bol_segment>"""
AWMDS = f'<?xml version="1.0" encoding="UTF-8"?>\n<Awmds>{GENERAL}{FIRST}{SECOND}</Awmds>'
EXPORTED = """<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<AsycudaWorld_Manifest id="27977244">
<Identification_segment><Voyage_number>MSL/7/2026</Voyage_number><Date_of_departure>9/28/26</Date_of_departure>
<Bol_reference>EXBL77</Bol_reference><Customs_office_segment><Code>301</Code><Name>PORT</Name>
</Customs_office_segment></Identification_segment>
<Bol_specific_segment><Line_number>12</Line_number><Sub_line_number>3</Sub_line_number><Status>HSE</Status>
<Previous_document_reference><null/></Previous_document_reference><Bol_Nature>23</Bol_Nature>
<Total_gross_mass_manifested>800.0</Total_gross_mass_manifested><Volume_in_cubic_meters/>
<Bol_type_segment><Code>HSB</Code><Name>House</Name></Bol_type_segment>
<Exporter_segment><Code><null/></Code><Name>EXAMPLE TRADING</Name><Address>GUANGZHOU
CHINA</Address></Exporter_segment>
<Consignee_segment><Code>B1</Code><Name>BUYER LTD</Name><Address>DHAKA</Address></Consignee_segment>
<Place_of_loading_segment><Code>CNCAN</Code><Name>Guangzhou</Name></Place_of_loading_segment>
<Place_of_unloading_segment><Code>BDCGP</Code><Name>Chattogram</Name></Place_of_unloading_segment>
<Packages_segment><Package_type_code>CT</Package_type_code><Package_type_name>Carton</Package_type_name>
<Number_of_packages>20</Number_of_packages></Packages_segment>
<Shipping_segment><Shipping_marks>AS PER INVOICE</Shipping_marks></Shipping_segment>
<Goods_segment><Goods_description>DRIED SEAFOOD</Goods_description></Goods_segment>
<Customs_segment><Value>900</Value><Currency>USD</Currency></Customs_segment>
<Operations_segment><Location_segment><Code>SHED9</Code><Name/><Information/></Location_segment>
</Operations_segment></Bol_specific_segment>
<Containers><IDT>1</IDT><Container_Data><Number>TGHU1234567</Number><Type>40RF</Type><Seals>AB1</Seals>
<Full>FCL</Full><Goods_weight>800</Goods_weight></Container_Data></Containers>
</AsycudaWorld_Manifest>"""


def read(text: str | bytes) -> list[Shipment | Broken]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "manifest.xml"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        found = list(FORM.read(path))
    for each in found:
        if isinstance(each, Shipment):
            assert set(each.values) <= set(FORM.columns)
            assert all(isinstance(value, str) and value for value in each.values.values())
            assert all(column in FORM.columns for column, _, _ in each.doubts)
    return found


def values(text: str | bytes) -> list[dict[str, str]]:
    return [each.values for each in read(text) if isinstance(each, Shipment)]


def test_a_whole_manifest_is_read() -> None:
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


def test_counts_that_disagree_are_doubts() -> None:
    first, second = read(AWMDS.replace("<Total_number_of_bols>2", "<Total_number_of_bols>7"))
    assert isinstance(first, Shipment)
    assert isinstance(second, Shipment)
    assert [column for column, _, _ in first.doubts] == ["container_ids"]
    assert [(column, value) for column, value, _ in second.doubts] == [
        ("manifest_id", "Total_number_of_bols 7")
    ]


@pytest.mark.parametrize(
    "text",
    [
        f"<Awmds>{FIRST}{SECOND}{GENERAL}</Awmds>",
        f"<Awmds>{FIRST}{GENERAL}{SECOND}</Awmds>",
        AWMDS.replace("<Awmds>", '<a:Awmds xmlns:a="urn:x">').replace("</Awmds>", "</a:Awmds>"),
        AWMDS.replace("<Awmds>", '<Awmds xmlns="urn:asycuda">'),
        f"<AsycudaWorldPack><Awmds>{GENERAL}{FIRST}{SECOND}</Awmds></AsycudaWorldPack>",
        f"<Manifeste>{GENERAL}<Bols>{FIRST}{SECOND}</Bols></Manifeste>",
        "\ufeff\n" + AWMDS[AWMDS.index("<Awmds>") :],
    ],
)
def test_order_prefix_and_wrapper_do_not_matter(text: str) -> None:
    assert FORM.recognise(text.encode())
    assert [sorted(each.items()) for each in values(text)] == [sorted(each.items()) for each in values(AWMDS)]


def test_every_name_may_be_in_capitals() -> None:
    capitals = re.sub(r"</?[A-Za-z_0-9]+>", lambda match: match[0].upper(), AWMDS)
    assert values(capitals) == values(AWMDS)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "latin-1"])
def test_encodings(encoding: str) -> None:
    text = AWMDS.replace("TIMBER", "BOÎS").replace("UTF-8", "ISO-8859-1")
    data = text.encode(encoding)
    assert FORM.recognise(data[:4096])
    assert values(data)[0]["goods_description"] == "BOÎS IN THE ROUGH"


def test_degroupage_gives_houses_of_their_master() -> None:
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


def test_bills_added_and_those_of_a_coloader() -> None:
    for root, holder in (("Awappend", "General_segment_id"), ("Awmcds", "Manifest_identification")):
        text = f"""<{root}><{holder}><Customs_office_code>JMKIN</Customs_office_code>
          <Voyage_number>V9</Voyage_number><Date_of_departure>2026-09-01</Date_of_departure></{holder}>
          {SECOND}</{root}>"""
        assert FORM.recognise(text.encode())
        (found,) = values(text)
        assert (found["customs_office"], found["voyage"]) == ("JMKIN", "V9")


def test_bills_of_an_export_manifest_name_their_declaration() -> None:
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


def test_a_bill_the_system_exported() -> None:
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


def test_goods_in_details_and_addresses_in_parts() -> None:
    """As a carrier's system in Central Africa writes them, under a root of its own."""
    detail = """<Goods_detail_segment><Number_of_packages>{}</Number_of_packages>
    <Package_type_code>{}</Package_type_code><Gross_mass>{}</Gross_mass><Shipping_marks>{}</Shipping_marks>
    <Goods_description>{}</Goods_description></Goods_detail_segment>"""
    details = detail.format(1, "VEHICULE", 2000, "CHASSIS1", "PICK-UP") + detail.format(
        3, "COLIS", 10000, "N/M", "FRIPERIE"
    )
    bill = """<Bol_segment><Bol_id><Bol_reference>BL1</Bol_reference></Bol_id>
    <Traders_segment><Exporter><Exporter_name>EXPORT NV</Exporter_name>
    <Exporter_address1>1 QUAI</Exporter_address1><Exporter_address2>ANTWERP</Exporter_address2>
    <Exporter_address3>BELGIUM</Exporter_address3><Exporter_address4/></Exporter></Traders_segment>
    <ctn_segment><Ctn_reference>MSCU1234565</Ctn_reference><Marks1>S1</Marks1><Marks2>S2</Marks2>
    <Seals>S1-S2</Seals></ctn_segment>
    <Goods_segment>{}</Goods_segment></Bol_segment>"""
    (found,) = values(f"<Manifeste>{GENERAL}{bill.format(details)}</Manifeste>")
    assert (found["shipper_address"], found["shipper_country"]) == ("1 QUAI\nANTWERP", "BE")
    assert (found["packages"], found["gross_weight_kg"]) == ("4", "12000")
    assert found["goods_description"] == "PICK-UP; FRIPERIE"
    assert (found["package_type"], found["marks"]) == ("VEHICULE; COLIS", "CHASSIS1; N/M")
    assert [line["kg"] for line in json.loads(found["items"])] == [2000, 10000]
    assert found["seal_ids"] == "S1;S2"
    whole = "<Number_of_packages>9</Number_of_packages><Gross_mass>12500</Gross_mass>"
    (found,) = values(f"<Manifeste>{GENERAL}{bill.format(whole + details)}</Manifeste>")
    assert (found["packages"], found["gross_weight_kg"]) == ("9", "12500")


def test_a_bill_in_small_letters_keeps_its_own_manifest() -> None:
    (found,) = values("""<asycudaworld_manifest><identification_segment>
    <registry_number>REG-1</registry_number><date>14/05/2018</date><bol_reference>HOUSE1</bol_reference>
    <customs_office_segment><code>APP</code></customs_office_segment></identification_segment>
    <bol_specific_segment><bol_nature>23</bol_nature><master_bol>
    <customs_office_code>OTHER</customs_office_code><registry_number>REG-0</registry_number>
    <date_of_departure/><master_bol_reference>MASTER1</master_bol_reference></master_bol>
    <bol_type_segment><code>714</code></bol_type_segment>
    <exporter_segment><code/><name>ACME</name></exporter_segment>
    <place_of_loading><code>CNSHA</code></place_of_loading>
    <place_of_unloading><destport_code>NGAPP</destport_code></place_of_unloading>
    <packages_segment><number_of_packages>400</number_of_packages>
    <goods_description>TILES</goods_description></packages_segment>
    <goods_segment><goods_hs_code>6907210000</goods_hs_code></goods_segment>
    <seals_segment><number_of_seals>1</number_of_seals><mark_of_seals>SL9</mark_of_seals></seals_segment>
    <container><reference>MSCU1234565</reference><seals>1</seals><mark1>SL1</mark1><mark2/></container>
    <container><reference>MSCU7654321</reference><seals>1</seals></container>
    </bol_specific_segment></asycudaworld_manifest>""")
    assert (found["customs_office"], found["registration_number"]) == ("APP", "REG-1")
    assert (found["shipment_id"], found["master_id"], found["bill_level"]) == ("HOUSE1", "MASTER1", "house")
    assert (found["loading_port"], found["discharge_port"]) == ("CNSHA", "NGAPP")
    assert (found["goods_description"], found["hs_codes"]) == ("TILES", "6907210000")
    assert found["seal_ids"] == "SL1;SL9"  # a number of seals is no seal


def test_what_a_bill_says_itself_is_the_sum_of_its_items() -> None:
    (found,) = values("""<TWM_BOL><Identification_segment><Bol_reference>B1</Bol_reference>
    </Identification_segment><Bol_specific_segment><Goods_description>SPARE PARTS</Goods_description>
    <Packages_segment><Number_of_packages>5</Number_of_packages></Packages_segment></Bol_specific_segment>
    <Item><Item_description>BOLTS</Item_description><Number_of_packages>2</Number_of_packages></Item>
    <Item><Item_description>NUTS</Item_description><Number_of_packages>3</Number_of_packages></Item></TWM_BOL>""")
    assert found["packages"] == "5"
    assert found["goods_description"] == "BOLTS; NUTS; SPARE PARTS"
    assert len(json.loads(found["items"])) == 2


def test_origin_is_not_where_loading_began() -> None:
    places = """<Original_port_of_loading_code>LKCMB</Original_port_of_loading_code>
    <Port_of_origin_code>AF</Port_of_origin_code>"""
    (found,) = values(f"<Awmds>{_bill(_leaf('Load_unload_place', places))}</Awmds>")
    assert (found["origin_country"], found["loading_port"]) == ("AF", "LKCMB")


def test_several_messages_in_one_file() -> None:
    other = AWMDS.replace("OW100", "GAPOG").replace("EXLU", "GLUE")
    found = values(AWMDS + other[other.index("<Awmds>") :] + other + EXPORTED)
    assert [each["customs_office"] for each in found] == ["OW100"] * 2 + ["GAPOG"] * 4 + ["301"]


def test_headers_after_their_bills_stay_with_them() -> None:
    late = f"<Awmds>{SECOND}{GENERAL}</Awmds>"
    found = values(late + late.replace("OW100", "GAPOG") + f"<Awmds>{SECOND}</Awmds>")
    assert [each.get("customs_office") for each in found] == ["OW100", "GAPOG", None]


@pytest.mark.parametrize(
    ("kind", "flag", "goods", "level", "consolidation"),
    [
        ("MSB", "0", "CONSOLIDATION AS PER ATTACHED LIST", "master", "true"),
        ("MSB", "", "SAID TO CONTAIN CONSOL CARGO", "master", "true"),
        ("MSB", "true", "TIMBER", "master", "true"),
        ("BOL", "1", "TIMBER", "master", "true"),
        ("BOL", "false", "TIMBER", "direct", "false"),
        ("HBL", "3", "TIMBER", "house", "true"),
        ("CTR", "", "CONSOLE TABLES", None, None),
    ],
)
def test_levels(kind: str, flag: str, goods: str, level: str | None, consolidation: str | None) -> None:
    text = f"""<Awmds><Bol_segment><Bol_id><Bol_reference>B1</Bol_reference>
      <Bol_type_code>{kind}</Bol_type_code></Bol_id><Consolidated_Cargo>{flag}</Consolidated_Cargo>
      <Goods_segment><Goods_description>{goods}</Goods_description></Goods_segment></Bol_segment></Awmds>"""
    (found,) = values(text)
    assert (found.get("bill_level"), found.get("is_consolidation")) == (level, consolidation)


def test_air_has_flights() -> None:
    text = AWMDS.replace("<Mode_of_transport_code>1", "<Mode_of_transport_code>40").replace(
        "<Identity_of_transporter>MV EXAMPLE</Identity_of_transporter>", ""
    )
    assert {(each["mode"], each["vessel_or_flight"]) for each in values(text)} == {("air", "EX147E")}


def test_what_cannot_be_used_is_a_doubt() -> None:
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


def test_dates_and_container_types() -> None:
    assert moment("9/28/26") == "2026-09-28"
    assert moment("28/09/2026") == "2026-09-28"
    assert moment("20260928", "1430") == "2026-09-28T14:30:00"
    assert moment("2026-09-28T00:00:00+06:00") == "2026-09-28T00:00:00+06:00"
    assert moment("03/04/2026") is None
    assert moment("2026-13-01") is None
    assert moment("0001-01-01") is None
    assert all(map(refrigerated, ("45R1", "22r1", "2232", "40RF", "20'RF", "REEFER", "40REEF")))
    assert not any(map(refrigerated, ("22G1", "45G1", "40HC", "20", "42U1", "", "4310")))


def test_a_bill_without_number_costs_only_itself() -> None:
    found = read(f"<Awmds>{FIRST.replace('EXLU1', ' ')}{SECOND}</Awmds>")
    assert [type(each) for each in found] == [Broken, Shipment]
    assert isinstance(found[0], Broken)
    assert "Bol_reference" in found[0].expected


def test_a_broken_message_keeps_what_stood_before_and_after() -> None:
    torn = AWMDS[: AWMDS.index("CASHEW")]
    found = read(torn + "\n" + AWMDS.replace("EXLU1", "EXLU9"))
    assert [each.values["shipment_id"] if isinstance(each, Shipment) else "" for each in found] == [
        *("EXLU1", "", "EXLU9", "EXLU2")
    ]


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


def _bill(inside: str) -> str:
    return f"<Bol_segment><Bol_id><Bol_reference>B1</Bol_reference></Bol_id>{inside}</Bol_segment>"


def _leaf(name: str, text: object) -> str:
    return f"<{name}>{text}</{name}>"


CONTAINER = _leaf("ctn_segment", _leaf("Ctn_reference", "A"))
HOSTILE = {
    "containers": lambda: _bill(CONTAINER * 50_000),
    "goods": lambda: _bill(_leaf("Goods_segment", _leaf("Goods_description", "A B")) * 50_000),
    "leaves": lambda: _bill(
        _leaf("Goods_segment", "".join(_leaf("Goods_description", n) for n in range(100_000)))
    ),
    "names": lambda: _bill("".join(_leaf(f"x{n}", 1) for n in range(50_000))),
    "seals": lambda: _bill(_leaf("ctn_segment", _leaf("Seals", "," * 3_000_000))),
    "address": lambda: _bill(_leaf("Exporter", _leaf("Exporter_address", "TEL " * 500_000))),
    "digits": lambda: _bill(_leaf("Exporter", _leaf("Exporter_address", "TEL 1-" + "1 " * 500_000))),
    "lines": lambda: _bill(_leaf("Exporter", _leaf("Exporter_address", "x" + "\n" * 500_000 + "x"))),
    "deep": lambda: _bill("<a>" * 100_000),
    "bills": lambda: _bill("") * 20_000,
    "attribute": lambda: f'<Bol_segment a="{"x" * 9_000_000}"></Bol_segment>',
}
BOMB = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><Awmds>' + _bill("&b;") + "</Awmds>"


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_hostile_messages_neither_raise_nor_hang(name: str) -> None:
    text = f"<Awmds>{HOSTILE[name]()}</Awmds>"
    begun = time.perf_counter()
    found = read(text)
    assert time.perf_counter() - begun < 8
    assert found


def test_entities_are_not_expanded() -> None:
    assert [type(each) for each in read(BOMB)] == [Broken]
    assert read("<Awmds/>") == []


def test_the_whole_path(tmp_path: Path) -> None:
    path = tmp_path / "day.xml"
    path.write_text(AWMDS, encoding="utf-8")
    table = manifest.read(path).table
    assert table["shipment_id"].tolist() == ["EXLU1", "EXLU2"]
    assert table["hs_codes"].tolist()[0] == "440349"
    assert table["arrives_at"].tolist()[0] == pd.Timestamp("2026-10-19 14:30")
    assert table["source_position"].tolist() == ["Bol_segment 1", "Bol_segment 2"]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_mutations_never_raise(data: st.DataObject) -> None:
    source = bytearray(data.draw(st.sampled_from([AWMDS, EXPORTED])).encode())
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(source) - 1))
        kind = data.draw(st.integers(0, 3))
        if kind == 0:
            source[at] = data.draw(st.integers(0, 255))
        elif kind == 1:
            del source[at : at + data.draw(st.integers(1, 200))]
        elif kind == 2:
            source[at:at] = data.draw(st.binary(max_size=8))
        else:
            end = min(len(source), at + data.draw(st.integers(1, 300)))
            source[at:at] = source[at:end]
        if not source:
            return
    FORM.recognise(bytes(source[:65536]))
    read(bytes(source))


TEXT = (
    st.text(st.sampled_from("Aé木ไทย\u0645Ж🐘'\"&<>;,/ 1x\n]"), min_size=1, max_size=90)
    .map(lambda text: "x" + " ".join(text.split(" ")).strip())
    .map(lambda text: "\n".join(line.strip(" ") for line in text.split("\n")).strip())
)
WORD = st.text("ABCDEF0123456789", min_size=2, max_size=12)
PLAIN = TEXT.filter(lambda text: "\n" not in text)
NUMBER = st.floats(0.001, 1e8).map(lambda value: round(value, 3))


@st.composite
def rows(draw: st.DrawFn) -> dict[str, object]:
    def maybe(strategy: st.SearchStrategy[object]) -> object:
        return draw(st.one_of(st.none(), strategy))

    containers = draw(st.lists(st.from_regex(r"[A-Z]{4}[0-9]{7}", fullmatch=True), max_size=4, unique=True))
    types = st.lists(
        st.sampled_from(["22G1", "45G1", "45R1"]), min_size=1, max_size=len(containers) or 1, unique=True
    )
    line = st.fixed_dictionaries(
        {"description": PLAIN},
        optional={"hs": st.just("440349"), "kg": NUMBER, "packages": NUMBER, "origin": st.just("MZ")},
    )
    order = ("description", "hs", "packages", "kg", "origin")
    items = maybe(
        st.lists(line.map(lambda one: {key: one[key] for key in order if key in one}), min_size=1, max_size=3)
    )
    level = maybe(st.sampled_from(["master", "house", "direct"]))
    value = maybe(NUMBER)
    return {
        "shipment_id": draw(PLAIN),
        "bill_level": level,
        "master_id": "M" + draw(PLAIN) if level == "house" else None,
        "is_consolidation": maybe(st.booleans()) if level != "direct" and level else None,
        "line_number": draw(WORD),
        "customs_office": maybe(WORD),
        "voyage": maybe(PLAIN),
        "vessel_or_flight": maybe(PLAIN),
        "carrier_name": maybe(PLAIN),
        "mode": maybe(st.sampled_from(["sea", "air", "road", "rail", "post"])),
        "direction": maybe(st.sampled_from(list(schema.DIRECTIONS))),
        "arrives_at": maybe(st.datetimes(pd.Timestamp("2020-01-01"), pd.Timestamp("2030-01-01"))),
        **{
            f"{role}_{what}": maybe(strategy)
            for role in ("shipper", "consignee", "notify")
            for what, strategy in {
                "name": PLAIN,
                "address": TEXT,
                "country": st.sampled_from(["MZ", "NA", "TW", "GB", "CI"]),
                "id": WORD,
                "phone": st.just("+258 84 123 4567"),
                "email": st.just("a@example.org"),
            }.items()
        },
        "goods_description": draw(TEXT),
        "marks": maybe(TEXT),
        "items": None if items is None else json.dumps(items, ensure_ascii=False, separators=(",", ":")),
        "hs_codes": maybe(st.sampled_from(["440349", "440349;0303", "440349;0303;0802;970500"])),
        "origin_country": draw(st.sampled_from(["MZ", "SG"])),
        "loading_port": maybe(st.sampled_from(["MZMNC", "SGSIN", "NOWHERE"])),
        "discharge_port": maybe(st.sampled_from(["GALBV", "KHKOS"])),
        "delivery_place": maybe(st.sampled_from(["GAFCV", "ถิ่นไกล"])),
        "destination_country": maybe(st.sampled_from(["GA", "KH"])),
        "location": maybe(PLAIN),
        "gross_weight_kg": maybe(NUMBER),
        "packages": maybe(NUMBER),
        "package_type": maybe(PLAIN),
        "volume_m3": maybe(NUMBER),
        "declared_value": value,
        "currency": "USD" if value is not None else None,
        "container_ids": ";".join(containers) or None,
        "container_types": ";".join(draw(types)) if containers else None,
        "container_load_status": maybe(st.sampled_from(["full", "part", "empty"])) if containers else None,
        "seal_ids": maybe(st.lists(WORD, min_size=1, max_size=9, unique=True).map(";".join)),
    }


def table_of(found: list[dict[str, object]]) -> pd.DataFrame:
    data = {
        name: pd.Series([row[name] for row in found], dtype="object").astype(schema.BY_NAME[name].dtype)
        for name in found[0]
    }
    return schema.complete(pd.DataFrame(data))


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
@given(st.lists(rows(), min_size=4, max_size=12, unique_by=lambda row: str(row["shipment_id"]).casefold()))
def test_a_table_comes_back(found: list[dict[str, object]]) -> None:
    table = table_of(found)
    stream = io.BytesIO()
    FORM.write(table, stream)
    again = cells_of(pd.DataFrame(values(stream.getvalue()), dtype="str")).set_index("shipment_id")
    before = cells_of(table).set_index("shipment_id")
    assert sorted(again.index) == sorted(before.index)
    for name in [field.column for field in FORM.fields if field.written and field.column != "shipment_id"]:
        if name == "hs_codes" and before["items"].notna().any():
            continue  # headings of lines are added
        said = before[name].notna()
        if said.any():
            assert again[name].reindex(before.index)[said].tolist() == before[name][said].tolist(), name


def cells_of(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of texts, or of a shipment table's own kinds, as reading leaves it."""
    return pd.DataFrame({name: cells.read_column(name, table[name], cells.Habits()).values for name in table})


def test_each_message_written_is_whole_xml() -> None:
    table = table_of(
        [{"shipment_id": "A", "goods_description": "木 & <b>", "voyage": voyage} for voyage in "12"]
    )
    stream = io.BytesIO()
    FORM.write(table, stream)
    documents = stream.getvalue().decode().split('<?xml version="1.0" encoding="UTF-8"?>\n')[1:]
    assert len(documents) == 2
    for text in documents:
        root = etree.fromstring(text)
        assert [child.tag for child in root] == ["General_segment", "Bol_segment"]
        assert root.findtext(".//Total_number_of_bols") == "1"
        assert root.findtext(".//Goods_description") == "木 & <b>"
    again = io.BytesIO()
    FORM.write(table, again)
    assert again.getvalue() == stream.getvalue()
