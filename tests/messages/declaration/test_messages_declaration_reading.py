"""ASYCUDA World declarations: what they say of the bills they name."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from features import manifest
from features.manifest.messages import recognise
from features.manifest.messages.declaration import FORM
from features.manifest.messages.form import Broken, Shipment

Read = Callable[[str | bytes], list[Shipment | Broken]]
Values = Callable[[str | bytes], list[dict[str, str]]]
Text = Callable[..., str]


def test_one_bill_takes_the_whole_declaration(declaration: Text, item: Text, values: Values) -> None:
    (found,) = values(declaration(item("BL1"), item("BL1", "03030000", "CI")))
    assert json.loads(found.pop("items"))[1] == {
        "description": "- - Other; GOODS 03030000",
        "hs": "0303000000",
        "packages": 25.0,
        "kg": 100.5,
        "value": 3050.25,
        "currency": "USD",
        "origin": "CI",
    }
    assert found == {
        "shipment_id": "BL1",
        "declaration_id": "2026 KHPOS C 1234",
        "registration_number": "2026 4711",
        "customs_office": "KHPOS",
        "direction": "import",
        "mode": "sea",
        "known_at": "2026-10-21",
        "location": "CY1",
        "shipper_name": "MADEIRAS LDA",
        "shipper_address": "12 RUA DO PORTO\nNACALA",
        "shipper_country": "MZ",
        "consignee_name": "IMPORT CO",
        "consignee_address": "PHNOM PENH",
        "consignee_id": "K0012",
        "broker_name": "CLEAR AGENTS",
        "goods_description": "- - Other; GOODS 44034900; - - Other; GOODS 03030000",
        "marks": "N/M",
        "hs_codes": "4403490000;0303000000",
        "permit_refs": "CITES-9",
        "origin_country": "SG",
        "loading_port": "MZMNC",
        "destination_country": "KH",
        "gross_weight_kg": "201",
        "net_weight_kg": "180",
        "packages": "50",
        "package_type": "PK",
        "declared_value": "6100.50",
        "currency": "USD",
        "container_ids": "EXLU2003447;EXLU2003452",
        "container_types": "45R1;22G1",
        "container_load_status": "part",
        "is_refrigerated": "true",
        "seal_ids": "S1;S2",
        "vessel_or_flight": "MV EXAMPLE",
    }


def test_each_bill_has_its_own_items_values_and_containers(
    declaration: Text, item: Text, values: Values
) -> None:
    one, two = values(declaration(item("BL1"), item("BL2", "03030000", "CI")))
    assert (one["shipment_id"], two["shipment_id"]) == ("BL1", "BL2")
    assert (one["origin_country"], two["origin_country"]) == ("MZ", "CI")
    assert (one["declared_value"], two["gross_weight_kg"]) == ("3050.25", "100.5")
    assert (one["container_ids"], two["container_ids"]) == ("EXLU2003447", "EXLU2003452")
    assert "items" not in one
    assert "is_refrigerated" not in two


def test_an_item_without_bill_goes_with_the_one_before(declaration: Text, item: Text, values: Values) -> None:
    one, two = values(declaration(item("BL1"), item("<null/>"), item("BL2")))
    assert (one["packages"], two["packages"]) == ("50", "25")


def test_bills_among_attached_papers(declaration: Text, item: Text, paper: Text, values: Values) -> None:
    none = "<Previous_doc/>"

    def with_papers(*papers: str, bill: str = "") -> dict[str, str]:
        text = item(bill, extra="".join(papers)).replace("2026/INV/1", "")
        (found,) = values(declaration(text.replace("<Previous_doc></Previous_doc>", none)))
        return found

    assert with_papers(paper("N705", "BL9"))["shipment_id"] == "BL9"
    assert with_papers(paper("380", "INV"), paper("0002", "BL9", "CONNAISSEMENT"))["shipment_id"] == "BL9"
    found = with_papers(paper("N703", "HAWB1"), paper("N741", "176-12345675"))
    assert (found["shipment_id"], found["master_id"]) == ("HAWB1", "176-12345675")
    found = with_papers(paper("714", "HBL1"), bill="MBL1")
    assert (found["shipment_id"], found["master_id"]) == ("HBL1", "MBL1")
    found = with_papers(
        paper("X1", "P1", "Import permit"), paper("853", "V2", "Veterinary certificate"), bill="B"
    )
    assert found["permit_refs"] == "CITES-9;P1;V2"


def test_numbers_of_papers_stand_without_their_no(
    declaration: Text, item: Text, paper: Text, values: Values
) -> None:
    for said, number in (("NR 739015", "739015"), ("No. 12/A", "12/A"), ("NOX1", "NOX1"), ("N° 7", "7")):
        text = item("", extra=paper("733", said, "CMR")).replace("2026/INV/1", "")
        assert values(declaration(text))[0]["shipment_id"] == number


def test_a_previous_document_is_a_bill_where_it_may_be_one(
    declaration: Text, item: Text, paper: Text, values: Values
) -> None:
    def named(previous: str, *papers: str) -> str:
        text = item("", extra="".join(papers)).replace("2026/INV/1", previous)
        return values(declaration(text))[0]["shipment_id"]

    own = "2026 KHPOS C 1234"
    assert named("SEAB2407123") == "SEAB2407123"
    assert named("DATE:24/02/2026,($3244.44 OF LC)") == own
    assert named("2025/GB/17705 DU 10/06/2025", paper("0007", "2025/GB/17705", "FACTURE")) == own
    assert named("SEAB2407123", paper("0007", "2025/GB/17705", "FACTURE")) == "SEAB2407123"


def test_a_word_is_no_number_of_a_bill(declaration: Text, item: Text, paper: Text, values: Values) -> None:
    papers = paper("N730", "N730", "CMR") + paper("N740", "ATTACHED") + paper("N705", "BL9")
    (found,) = values(declaration(item("", extra=papers).replace("2026/INV/1", "")))
    assert found["shipment_id"] == "BL9"


def test_transit_with_parties_papers_and_containers_on_its_items(values: Values) -> None:
    text = """<ASYCUDA>
    <Identification><Type><Type_of_declaration>T1</Type_of_declaration></Type></Identification>
    <Invoice><Invoice_Amount>900</Invoice_Amount><Invoice_Currency_Code>USD</Invoice_Currency_Code></Invoice>
    <Traders><Exporter><Exporter_code/><EXPORTER_name/></Exporter></Traders>{}</ASYCUDA>"""
    part = """<Item><Exporter><EXPORTER_name>{0} LTD</EXPORTER_name><EXPORTER_ctyCod>UG</EXPORTER_ctyCod>
    <EXPORTER_street>1 ROAD</EXPORTER_street><EXPORTER_city>KAMPALA</EXPORTER_city></Exporter>
    <Packages><Number_of_packages>3</Number_of_packages></Packages>
    <Goods_description><Container_1>MSCU1234565</Container_1><Container_2/>
    <Description_of_goods>TIMBER</Description_of_goods></Goods_description>
    <Previous_documents><PrevDocCod>N705</PrevDocCod><PrevDocNbr>{0}7</PrevDocNbr></Previous_documents></Item>"""
    one, two = values(text.format(part.format("A") + part.format("B")))
    assert (one["shipment_id"], two["shipment_id"]) == ("A7", "B7")
    assert (one["shipper_name"], two["shipper_name"]) == ("A LTD", "B LTD")
    assert (one["shipper_address"], one["shipper_country"]) == ("1 ROAD\nKAMPALA", "UG")
    assert (one["container_ids"], one["direction"]) == ("MSCU1234565", "transit")
    (whole,) = values(text.format(part.format("A")))
    assert (whole["declared_value"], whole["currency"]) == ("900", "USD")


def test_a_declaration_without_bill_stands_under_its_own_number(
    declaration: Text, item: Text, read: Read
) -> None:
    text = declaration(item("").replace("2026/INV/1", "<null/>"))
    own, good = read(text + declaration(item("BL1")))
    assert isinstance(own, Shipment)
    assert own.values["shipment_id"] == own.values["declaration_id"] == "2026 KHPOS C 1234"
    assert own.values["gross_weight_kg"] == "100.5"
    assert [doubt[0] for doubt in own.doubts] == ["shipment_id"]
    assert isinstance(good, Shipment)
    unknown = text.replace("<Number>1234</Number>", "<Number/>").replace("<Number>REF 7</Number>", "")
    (bad,) = read(unknown)
    assert isinstance(bad, Broken)
    (gone,) = read(text.replace("</ASYCUDA>", "<Status>Cancelled</Status></ASYCUDA>"))
    assert isinstance(gone, Broken)
    assert gone.shipment_id == "2026 KHPOS C 1234"


def test_types_of_declaration_carry_more_digits_and_letters(
    declaration: Text, item: Text, values: Values
) -> None:
    for kind, direction in (("IMR", "import"), ("EX1", "export"), ("T1", "transit"), ("TS8", "transhipment")):
        text = declaration(item("BL1")).replace("Declaration>IM<", f"Declaration>{kind}<", 1)
        text = text.replace("_declaration>IM<", f"_declaration>{kind}<")
        assert values(text)[0]["direction"] == direction


def test_packages_shared_by_items_and_kinds_only_a_country_knows(
    declaration: Text, item: Text, values: Values
) -> None:
    part = item("BL1").replace(">25</Number_of", ">0.4</Number_of").replace(">PK<", ">09<")
    part = part.replace(
        "09</Kind_of_packages_code>",
        "09</Kind_of_packages_code><Kind_of_packages_name>Agregate</Kind_of_packages_name>",
    )
    (found,) = values(declaration(part, part))
    assert found["packages"] == "50"
    assert found["package_type"] == "Agregate"


def test_a_declaration_not_yet_registered_has_its_declarants_number(
    declaration: Text, item: Text, values: Values
) -> None:
    text = declaration(item("BL1")).replace("<Number>1234</Number>", "<Number/>")
    assert values(text)[0]["declaration_id"] == "REF 7"


@pytest.mark.parametrize(
    ("tail", "lane", "trusted"),
    [
        ("<Selectivity><Lane>RED</Lane></Selectivity><AEO>Y</AEO>", "RED", "Y"),
        ("<Selectivity_colour>Yellow</Selectivity_colour>", "Yellow", None),
        ("<Flags><PTY_RED>0</PTY_RED><PTY_GRE>1</PTY_GRE></Flags>", "green", None),
        ("", None, None),
    ],
)
def test_lanes(
    declaration: Text, item: Text, values: Values, tail: str, lane: str | None, trusted: str | None
) -> None:
    (found,) = values(declaration(item("BL1"), tail=tail))
    assert (found.get("lane"), found.get("trusted_trader")) == (lane, trusted)


def test_amended_and_cancelled(declaration: Text, item: Text, read: Read, values: Values) -> None:
    (found,) = values(declaration(item("BL1"), tail="<Status>AMENDED</Status>"))
    assert (found["amendment_count"], found["last_amended_at"]) == ("1", "2026-10-21")
    found_all = read(declaration(item("BL1"), item("BL2"), tail="<Status>Cancelled</Status>"))
    assert [(type(each), each.shipment_id) for each in found_all if isinstance(each, Broken)] == [
        (Broken, "BL1"),
        (Broken, "BL2"),
    ]


def test_wrapped_segments(values: Values) -> None:
    text = """<ASYCUDA><SAD id="60"><Identification>
    <Manifest_reference_number>2026 5</Manifest_reference_number>
    <Office_segment><Customs_clearance_office_code>AUA</Customs_clearance_office_code></Office_segment>
    <Type><Type_of_declaration>IM</Type_of_declaration></Type></Identification>
    <Traders><Consignee><Consignee_code>123</Consignee_code></Consignee></Traders>
    <Transport><Place_of_loading><Code>AWORJ</Code></Place_of_loading></Transport>
    <General_information><Country><Destination><Destination_country_code>AW</Destination_country_code></Destination>
    </Country></General_information>
    <Valuation><Invoice><Amount_foreign_currency>12.00</Amount_foreign_currency></Invoice></Valuation>
    <Containers><Container><Container_identity>TGHU1</Container_identity></Container></Containers></SAD>
    <Items><Item><Packages><Number_of_packages>2</Number_of_packages></Packages><Tariff><Harmonized_system>
    <Commodity_code>01061900</Commodity_code></Harmonized_system></Tariff><Goods_description>
    <Country_of_origin_code>CO</Country_of_origin_code><Commercial_description>LIVE</Commercial_description>
    </Goods_description><Valuation_item><Weight><Gross_weight_itm>3</Gross_weight_itm></Weight><Invoice>
    <Amount_foreign_currency>12.00</Amount_foreign_currency><Currency_code>USD</Currency_code></Invoice>
    </Valuation_item><Attached_documents><Attached_document>
    <Attached_document_code>N705</Attached_document_code>
    <Attached_document_reference>NOT THIS</Attached_document_reference></Attached_document>
    </Attached_documents>
    <Previous_document><Summary_declaration>AWB7</Summary_declaration></Previous_document></Item></Items>
    </ASYCUDA>"""
    (found,) = values(text)
    assert found == {
        **{"shipment_id": "AWB7", "registration_number": "2026 5", "customs_office": "AUA", "packages": "2"},
        **{"direction": "import", "consignee_id": "123", "discharge_port": "AWORJ", "container_ids": "TGHU1"},
        **{"destination_country": "AW", "hs_codes": "01061900", "goods_description": "LIVE"},
        **{"origin_country": "CO", "gross_weight_kg": "3", "declared_value": "12.00", "currency": "USD"},
    }


def test_it_is_told_from_manifests(declaration: Text, item: Text) -> None:
    assert recognise(declaration(item("B")).encode()) is FORM
    assert not FORM.recognise(b"<Awmds/>")
    assert not FORM.recognise(b"ASYCUDA,1\n<ASYCUDA>")
    assert not FORM.recognise(b"<html><ASYCUDA/></html>")
    assert FORM.declares


def test_a_declaration_joins_its_bill(declaration: Text, item: Text, read: Read, tmp_path: Path) -> None:
    (tmp_path / "1.xml").write_text(
        "<Awmds><General_segment><Date_of_arrival>2026-10-19</Date_of_arrival></General_segment><Bol_segment>"
        "<Bol_id><Bol_reference>BL1</Bol_reference></Bol_id><Goods_segment><Goods_description>TIMBER"
        "</Goods_description></Goods_segment></Bol_segment></Awmds>"
    )
    (tmp_path / "2.xml").write_text(declaration(item("BL1")))
    table = manifest.read(tmp_path).table
    assert table["shipment_id"].tolist() == ["BL1"]
    assert table["declaration_id"].tolist() == ["2026 KHPOS C 1234"]
    assert table["goods_description"].tolist() == ["TIMBER"]
    assert table["hs_codes"].tolist() == ["4403490000"]
