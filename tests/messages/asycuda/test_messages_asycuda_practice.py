"""ASYCUDA World manifests as countries write them: order, names, levels, dates."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from features.manifest.messages.asycuda import FORM
from features.manifest.messages.asycuda_records import moment, refrigerated

Values = Callable[[str | bytes], list[dict[str, str]]]

_FOLDER = Path(__file__).parent.parent / "samples" / "asycuda"
GENERAL, FIRST, SECOND, EXPORTED = (
    (_FOLDER / f"{name}.xml").read_text(encoding="utf-8").strip()
    for name in ("general", "first", "second", "exported")
)
AWMDS = f'<?xml version="1.0" encoding="UTF-8"?>\n<Awmds>{GENERAL}{FIRST}{SECOND}</Awmds>'


def _bill(inside: str) -> str:
    return f"<Bol_segment><Bol_id><Bol_reference>B1</Bol_reference></Bol_id>{inside}</Bol_segment>"


def _leaf(name: str, text: object) -> str:
    return f"<{name}>{text}</{name}>"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "latin-1"])
def test_encodings(values: Values, encoding: str) -> None:
    text = AWMDS.replace("TIMBER", "BOÎS").replace("UTF-8", "ISO-8859-1")
    data = text.encode(encoding)
    assert FORM.recognise(data[:4096])
    assert values(data)[0]["goods_description"] == "BOÎS IN THE ROUGH"


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
def test_order_prefix_and_wrapper_do_not_matter(values: Values, text: str) -> None:
    assert FORM.recognise(text.encode())
    assert [sorted(each.items()) for each in values(text)] == [sorted(each.items()) for each in values(AWMDS)]


def test_every_name_may_be_in_capitals(values: Values) -> None:
    capitals = re.sub(r"</?[A-Za-z_0-9]+>", lambda match: match[0].upper(), AWMDS)
    assert values(capitals) == values(AWMDS)


def test_goods_in_details_and_addresses_in_parts(values: Values) -> None:
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


def test_a_bill_in_small_letters_keeps_its_own_manifest(values: Values) -> None:
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


def test_what_a_bill_says_itself_is_the_sum_of_its_items(values: Values) -> None:
    (found,) = values("""<TWM_BOL><Identification_segment><Bol_reference>B1</Bol_reference>
    </Identification_segment><Bol_specific_segment><Goods_description>SPARE PARTS</Goods_description>
    <Packages_segment><Number_of_packages>5</Number_of_packages></Packages_segment></Bol_specific_segment>
    <Item><Item_description>BOLTS</Item_description><Number_of_packages>2</Number_of_packages></Item>
    <Item><Item_description>NUTS</Item_description><Number_of_packages>3</Number_of_packages></Item></TWM_BOL>""")
    assert found["packages"] == "5"
    assert found["goods_description"] == "BOLTS; NUTS; SPARE PARTS"
    assert len(json.loads(found["items"])) == 2


def test_origin_is_not_where_loading_began(values: Values) -> None:
    places = """<Original_port_of_loading_code>LKCMB</Original_port_of_loading_code>
    <Port_of_origin_code>AF</Port_of_origin_code>"""
    (found,) = values(f"<Awmds>{_bill(_leaf('Load_unload_place', places))}</Awmds>")
    assert (found["origin_country"], found["loading_port"]) == ("AF", "LKCMB")


def test_several_messages_in_one_file(values: Values) -> None:
    other = AWMDS.replace("OW100", "GAPOG").replace("EXLU", "GLUE")
    found = values(AWMDS + other[other.index("<Awmds>") :] + other + EXPORTED)
    assert [each["customs_office"] for each in found] == ["OW100"] * 2 + ["GAPOG"] * 4 + ["301"]


def test_headers_after_their_bills_stay_with_them(values: Values) -> None:
    late = f"<Awmds>{SECOND}{GENERAL}</Awmds>"
    found = values(late + late.replace("OW100", "GAPOG") + f"<Awmds>{SECOND}</Awmds>")
    assert [each.get("customs_office") for each in found] == ["OW100", "GAPOG", None]


def test_air_has_flights(values: Values) -> None:
    text = AWMDS.replace("<Mode_of_transport_code>1", "<Mode_of_transport_code>40").replace(
        "<Identity_of_transporter>MV EXAMPLE</Identity_of_transporter>", ""
    )
    assert {(each["mode"], each["vessel_or_flight"]) for each in values(text)} == {("air", "EX147E")}


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
def test_levels(
    values: Values, kind: str, flag: str, goods: str, level: str | None, consolidation: str | None
) -> None:
    text = f"""<Awmds><Bol_segment><Bol_id><Bol_reference>B1</Bol_reference>
      <Bol_type_code>{kind}</Bol_type_code></Bol_id><Consolidated_Cargo>{flag}</Consolidated_Cargo>
      <Goods_segment><Goods_description>{goods}</Goods_description></Goods_segment></Bol_segment></Awmds>"""
    (found,) = values(text)
    assert (found.get("bill_level"), found.get("is_consolidation")) == (level, consolidation)


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


def test_a_name_of_several_lines_without_an_address_is_both(values):
    text = (
        "<Awmds><Bol_segment><Bol_id><Bol_reference>B1</Bol_reference></Bol_id><Traders_segment><Exporter>"
        "<Exporter_name>CAPE FEEDS\n  12 MAIN RD\n  PAARL\n  SOUTH AFRICA</Exporter_name><Exporter_address/>"
        "</Exporter><Consignee><Consignee_name>TWO\nLINES</Consignee_name><Consignee_address>HARARE"
        "</Consignee_address></Consignee></Traders_segment></Bol_segment></Awmds>"
    )
    (found,) = values(text)
    assert found["shipper_name"] == "CAPE FEEDS"
    assert found["shipper_address"] == "12 MAIN RD\nPAARL"
    assert found["shipper_country"] == "ZA"
    assert found["consignee_name"].split() == ["TWO", "LINES"]
    assert found["consignee_address"] == "HARARE"
