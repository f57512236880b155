"""ASYCUDA World declarations: what they say of the bills they name, written, hostile."""

from __future__ import annotations

import io
import json
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
from features.manifest.messages import recognise
from features.manifest.messages.declaration import FORM
from features.manifest.messages.form import Broken, Shipment

HEAD = """<Export_release><Date_of_exit/><Comments><null/></Comments></Export_release>
<Assessment_notice><Item_tax_total/></Assessment_notice>
<Property><Sad_flow>I</Sad_flow><Nbers><Total_number_of_items>2</Total_number_of_items>
<Total_number_of_packages>50</Total_number_of_packages></Nbers></Property>
<Identification><Office_segment><Customs_clearance_office_code>KHPOS</Customs_clearance_office_code>
<Customs_Clearance_office_name>PORT</Customs_Clearance_office_name></Office_segment>
<Type><Type_of_declaration>IM</Type_of_declaration>
<Declaration_gen_procedure_code>4</Declaration_gen_procedure_code></Type>
<Manifest_reference_number>2026 4711</Manifest_reference_number>
<Registration><Serial_number>C</Serial_number><Number>1234</Number><Date>10/21/26</Date></Registration>
<Assessment><Serial_number>L</Serial_number><Number>99</Number><Date>10/22/26</Date></Assessment>
</Identification>
<Traders><Exporter><Exporter_code><null/></Exporter_code><Exporter_name>MADEIRAS LDA
12 RUA DO PORTO
NACALA
MOZAMBIQUE</Exporter_name></Exporter>
<Consignee><Consignee_code>K0012</Consignee_code><Consignee_name>IMPORT CO
PHNOM PENH</Consignee_name></Consignee>
<Financial><Financial_code><null/></Financial_code></Financial></Traders>
<Declarant><Declarant_code>D1</Declarant_code><Declarant_name>CLEAR AGENTS
STREET 9</Declarant_name><Reference><Number>REF 7</Number></Reference></Declarant>
<General_information><Country><Trading_country>SG</Trading_country><Export><Export_country_code>SG
</Export_country_code></Export><Destination><Destination_country_code>KH</Destination_country_code></Destination>
<Country_of_origin_name>Many</Country_of_origin_name></Country></General_information>
<Transport><Means_of_transport><Departure_arrival_information><Identity>MV EXAMPLE</Identity>
<Nationality>LR</Nationality></Departure_arrival_information><Border_information><Identity/><Mode>1</Mode>
</Border_information></Means_of_transport><Container_flag>true</Container_flag>
<Place_of_loading><Code>MZMNC</Code><Name>NACALA</Name></Place_of_loading>
<Location_of_goods>CY1</Location_of_goods></Transport>
<Transit><Seals><Number>1</Number><Identity>S1,S2</Identity></Seals></Transit>
<Valuation><Weight><Gross_weight/></Weight><Gs_Invoice><Amount_national_currency>1</Amount_national_currency>
<Amount_foreign_currency>6100.50</Amount_foreign_currency><Currency_code>USD</Currency_code></Gs_Invoice>
<Total><Total_invoice>6100.50</Total_invoice></Total></Valuation>
<Container><Item_Number>1</Item_Number><Container_identity>EXLU2003447</Container_identity>
<Container_type>45R1</Container_type><Empty_full_indicator>1/1</Empty_full_indicator></Container>
<Container><Item_Number>2</Item_Number><Container_identity>EXLU2003452</Container_identity>
<Container_type>22G1</Container_type><Empty_full_indicator>1/2</Empty_full_indicator></Container>"""


def item(bill: str, heading: str = "44034900", origin: str = "MZ", extra: str = "") -> str:
    return f"""<Item>{extra}<Packages><Number_of_packages>25</Number_of_packages>
<Marks1_of_packages>N/M</Marks1_of_packages><Marks2_of_packages><null/></Marks2_of_packages>
<Kind_of_packages_code>PK</Kind_of_packages_code></Packages>
<Tarification><HScode><Commodity_code>{heading}</Commodity_code><Precision_1>00</Precision_1></HScode>
<Item_price>3050</Item_price></Tarification>
<Goods_description><Country_of_origin_code>{origin}</Country_of_origin_code>
<Description_of_goods>- - Other</Description_of_goods>
<Commercial_Description>GOODS {heading}</Commercial_Description></Goods_description>
<Previous_doc><Summary_declaration>{bill}</Summary_declaration><Summary_declaration_sl><null/>
</Summary_declaration_sl><Previous_document_reference>2026/INV/1</Previous_document_reference></Previous_doc>
<Licence_number>CITES-9</Licence_number>
<Taxation><Taxation_line><Duty_tax_code>VAT</Duty_tax_code></Taxation_line></Taxation>
<Valuation_item><Weight_itm><Gross_weight_itm>100.5</Gross_weight_itm><Net_weight_itm>90</Net_weight_itm>
</Weight_itm><Statistical_value>9</Statistical_value><Item_Invoice>
<Amount_foreign_currency>3050.25</Amount_foreign_currency><Currency_code>USD</Currency_code></Item_Invoice>
</Valuation_item></Item>"""


def paper(code: str, reference: str, name: str = "") -> str:
    return (
        f"<Attached_documents><Attached_document_code>{code}</Attached_document_code>"
        f"<Attached_document_name>{name}</Attached_document_name>"
        f"<Attached_document_reference>{reference}</Attached_document_reference></Attached_documents>"
    )


def declaration(*items: str, head: str = HEAD, tail: str = "") -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<ASYCUDA id="1">{head}{"".join(items)}{tail}</ASYCUDA>\n'


def read(text: str | bytes) -> list[Shipment | Broken]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sad.xml"
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


def test_one_bill_takes_the_whole_declaration() -> None:
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


def test_each_bill_has_its_own_items_values_and_containers() -> None:
    one, two = values(declaration(item("BL1"), item("BL2", "03030000", "CI")))
    assert (one["shipment_id"], two["shipment_id"]) == ("BL1", "BL2")
    assert (one["origin_country"], two["origin_country"]) == ("MZ", "CI")
    assert (one["declared_value"], two["gross_weight_kg"]) == ("3050.25", "100.5")
    assert (one["container_ids"], two["container_ids"]) == ("EXLU2003447", "EXLU2003452")
    assert "items" not in one
    assert "is_refrigerated" not in two


def test_an_item_without_bill_goes_with_the_one_before() -> None:
    one, two = values(declaration(item("BL1"), item("<null/>"), item("BL2")))
    assert (one["packages"], two["packages"]) == ("50", "25")


def test_bills_among_attached_papers() -> None:
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


def test_numbers_of_papers_stand_without_their_no() -> None:
    for said, number in (("NR 739015", "739015"), ("No. 12/A", "12/A"), ("NOX1", "NOX1"), ("N° 7", "7")):
        text = item("", extra=paper("733", said, "CMR")).replace("2026/INV/1", "")
        assert values(declaration(text))[0]["shipment_id"] == number


def test_a_word_is_no_number_of_a_bill() -> None:
    papers = paper("N730", "N730", "CMR") + paper("N740", "ATTACHED") + paper("N705", "BL9")
    (found,) = values(declaration(item("", extra=papers).replace("2026/INV/1", "")))
    assert found["shipment_id"] == "BL9"


def test_transit_with_parties_papers_and_containers_on_its_items() -> None:
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


def test_a_declaration_without_bill_stands_under_its_own_number() -> None:
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


def test_types_of_declaration_carry_more_digits_and_letters() -> None:
    for kind, direction in (("IMR", "import"), ("EX1", "export"), ("T1", "transit"), ("TS8", "transhipment")):
        text = declaration(item("BL1")).replace("Declaration>IM<", f"Declaration>{kind}<", 1)
        text = text.replace("_declaration>IM<", f"_declaration>{kind}<")
        assert values(text)[0]["direction"] == direction


def test_packages_shared_by_items_and_kinds_only_a_country_knows() -> None:
    part = item("BL1").replace(">25</Number_of", ">0.4</Number_of").replace(">PK<", ">09<")
    part = part.replace(
        "09</Kind_of_packages_code>",
        "09</Kind_of_packages_code><Kind_of_packages_name>Agregate</Kind_of_packages_name>",
    )
    (found,) = values(declaration(part, part))
    assert found["packages"] == "50"
    assert found["package_type"] == "Agregate"


def test_a_declaration_not_yet_registered_has_its_declarants_number() -> None:
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
def test_lanes(tail: str, lane: str | None, trusted: str | None) -> None:
    (found,) = values(declaration(item("BL1"), tail=tail))
    assert (found.get("lane"), found.get("trusted_trader")) == (lane, trusted)


def test_amended_and_cancelled() -> None:
    (found,) = values(declaration(item("BL1"), tail="<Status>AMENDED</Status>"))
    assert (found["amendment_count"], found["last_amended_at"]) == ("1", "2026-10-21")
    found_all = read(declaration(item("BL1"), item("BL2"), tail="<Status>Cancelled</Status>"))
    assert [(type(each), each.shipment_id) for each in found_all if isinstance(each, Broken)] == [
        (Broken, "BL1"),
        (Broken, "BL2"),
    ]


def test_wrapped_segments() -> None:
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


def test_it_is_told_from_manifests() -> None:
    assert recognise(declaration(item("B")).encode()) is FORM
    assert not FORM.recognise(b"<Awmds/>")
    assert not FORM.recognise(b"ASYCUDA,1\n<ASYCUDA>")
    assert not FORM.recognise(b"<html><ASYCUDA/></html>")
    assert FORM.declares


LEAF = "<Attached_documents><Attached_document_code>N705</Attached_document_code></Attached_documents>"
HOSTILE = {
    "items": lambda: declaration(
        *(
            f"<Item><Previous_doc><Summary_declaration>B{n}</Summary_declaration></Previous_doc></Item>"
            for n in range(20_000)
        )
    ),
    "papers": lambda: declaration(item("B", extra=LEAF * 50_000)),
    "bill": lambda: declaration(item("B" * 5_000_000)),
    "names": lambda: declaration(item("B"), tail="".join(f"<x{n}>1</x{n}>" for n in range(50_000))),
    "name": lambda: declaration(item("B")).replace("MADEIRAS LDA", "A, \n" * 500_000),
    "deep": lambda: declaration(item("B"), tail="<a>" * 100_000),
    "paper": lambda: declaration(item("B", extra=paper("A" * 3_000_000, "R", "BILL " * 500_000))),
}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_hostile_declarations_neither_raise_nor_hang(name: str) -> None:
    text = HOSTILE[name]()
    begun = time.perf_counter()
    assert read(text)
    assert time.perf_counter() - begun < 8


def test_a_declaration_joins_its_bill(tmp_path: Path) -> None:
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


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_mutations_never_raise(data: st.DataObject) -> None:
    source = bytearray(declaration(item("BL1"), item("BL2")).encode())
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(source) - 1))
        kind = data.draw(st.integers(0, 2))
        if kind == 0:
            source[at] = data.draw(st.integers(0, 255))
        elif kind == 1 and len(source) > 300:
            del source[at : at + data.draw(st.integers(1, 200))]
        else:
            source[at:at] = source[at : at + data.draw(st.integers(1, 300))]
    FORM.recognise(bytes(source[:65536]))
    read(bytes(source))


TEXT = st.text("Aé木ไทย\u0645Ж🐘'\"&<>;,/ 1x]", min_size=1, max_size=80).map(lambda text: "x" + text.strip())
WORD = st.text("ABCDEF0123456789", min_size=2, max_size=12)
NUMBER = st.floats(0.001, 1e8).map(lambda value: round(value, 3))


@st.composite
def rows(draw: st.DrawFn) -> dict[str, object]:
    def maybe(strategy: st.SearchStrategy[object]) -> object:
        return draw(st.one_of(st.none(), strategy))

    containers = draw(st.lists(st.from_regex(r"[A-Z]{4}[0-9]{7}", fullmatch=True), max_size=3, unique=True))
    value = maybe(NUMBER)
    return {
        "shipment_id": draw(TEXT),
        "master_id": maybe(TEXT.map(lambda text: "M" + text)),
        "declaration_id": draw(st.sampled_from(["C 1", "2026 KHPOS C 12", "99"])),
        "registration_number": maybe(WORD),
        "customs_office": maybe(st.just("KHPOS")),
        "known_at": maybe(st.just(pd.Timestamp("2026-10-21"))),
        "mode": maybe(st.sampled_from(["sea", "air", "road", "rail", "post"])),
        "direction": maybe(st.sampled_from(list(schema.DIRECTIONS))),
        "location": maybe(TEXT),
        "lane": maybe(st.sampled_from(["RED", "green"])),
        "trusted_trader": maybe(st.booleans()),
        **{f"{role}_name": draw(TEXT) for role in ("shipper", "consignee")},
        **{f"{role}_address": maybe(TEXT) for role in ("shipper", "consignee")},
        **{f"{role}_country": maybe(st.sampled_from(["MZ", "NA"])) for role in ("shipper", "consignee")},
        **{f"{role}_id": maybe(WORD) for role in ("shipper", "consignee")},
        "shipper_phone": maybe(st.just("+258 84 123")),
        "consignee_email": maybe(st.just("a@example.org")),
        "broker_name": maybe(TEXT),
        "goods_description": maybe(TEXT),
        "marks": maybe(TEXT),
        "hs_codes": maybe(st.sampled_from(["440349", "4403490000;0303", "97050000"])),
        "permit_refs": maybe(st.sampled_from(["CITES-1", "CITES-1;P 2"])),
        "origin_country": maybe(st.sampled_from(["MZ", "SG"])),
        "loading_port": maybe(st.sampled_from(["MZMNC", "SGSIN"])),
        "destination_country": maybe(st.sampled_from(["GA", "KH"])),
        "gross_weight_kg": maybe(NUMBER),
        "net_weight_kg": maybe(NUMBER),
        "packages": maybe(NUMBER),
        "package_type": maybe(TEXT),
        "declared_value": value,
        "currency": None if value is None else "USD",
        "container_ids": ";".join(containers) or None,
        "container_types": "45R1" if containers else None,
        "container_load_status": maybe(st.sampled_from(["full", "part", "empty"])) if containers else None,
        "seal_ids": maybe(st.lists(WORD, min_size=1, max_size=5, unique=True).map(";".join)),
        "vessel_or_flight": maybe(TEXT),
    }


def table_of(found: list[dict[str, object]]) -> pd.DataFrame:
    data = {
        name: pd.Series([row[name] for row in found], dtype="object").astype(schema.BY_NAME[name].dtype)
        for name in found[0]
    }
    return schema.complete(pd.DataFrame(data))


def cells_of(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of texts, or of a shipment table's own kinds, as reading leaves it."""
    return pd.DataFrame({name: cells.read_column(name, table[name], cells.Habits()).values for name in table})


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(rows(), min_size=4, max_size=12, unique_by=lambda row: str(row["shipment_id"])))
def test_a_table_comes_back(found: list[dict[str, object]]) -> None:
    table = table_of(found)
    stream = io.BytesIO()
    FORM.write(table, stream)
    again = cells_of(pd.DataFrame(values(stream.getvalue()), dtype="str")).set_index("shipment_id")
    before = cells_of(table).set_index("shipment_id")
    assert again.index.tolist() == before.index.tolist()
    for name in [field.column for field in FORM.fields if field.written and field.column != "shipment_id"]:
        said = before[name].notna()
        if said.any():
            assert again[name][said].tolist() == before[name][said].tolist(), name


def test_lines_that_add_up_come_back() -> None:
    lines = [
        {
            "description": "木",
            "hs": "440349",
            "packages": 1.0,
            "kg": 2.5,
            "value": 9.0,
            "currency": "USD",
            "origin": "MZ",
        },
        {"description": "FISH", "hs": "0303", "packages": 3.0, "kg": 4.0, "origin": "CI"},
    ]
    row = {
        "shipment_id": "A",
        "goods_description": "木; FISH",
        "hs_codes": "440349;0303",
        "packages": 4.0,
        "gross_weight_kg": 6.5,
        "items": json.dumps(lines, ensure_ascii=False, separators=(",", ":")),
    }
    stream = io.BytesIO()
    FORM.write(table_of([row]), stream)
    root = etree.fromstring(stream.getvalue())
    assert len(root.findall("Item")) == 2
    (found,) = values(stream.getvalue())
    assert json.loads(found["items"]) == lines
    assert (found["packages"], found["gross_weight_kg"]) == ("4", "6.5")
    stream = io.BytesIO()
    FORM.write(table_of([{**row, "packages": 5.0}]), stream)
    (found,) = values(stream.getvalue())
    assert found["packages"] == "5"
    assert found["hs_codes"] == "440349;0303"
