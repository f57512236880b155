"""What a flat ITMATT says is what is read."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest

from features import manifest
from features.manifest.messages.form import Broken, Shipment
from features.manifest.messages.itmatt import recognise
from features.manifest.messages.itmatt_identifiers import check_digit
from features.manifest.messages.itmatt_names import read_header


def test_reads_the_plain_form(read, plain):
    assert recognise(plain.encode())
    toys, food = read(plain)
    assert isinstance(toys, Shipment)
    assert isinstance(food, Shipment)
    assert toys.values == {
        "shipment_id": "RX123456785ZA",
        "mode": "post",
        "known_at": "2026-10-12",
        "origin_country": "ZA",
        "destination_country": "HK",
        "shipper_name": "J EXAMPLE",
        "shipper_address": "1 EXAMPLE RD, PRETORIA",
        "consignee_name": "EXAMPLE CO",
        "consignee_address": "FLAT 1, SHEUNG WAN",
        "handling_codes": "GIFT;SP;REGISTERED",
        "gross_weight_kg": "1.500",
        "net_weight_kg": "1.400",
        "declared_value": "20.00",
        "currency": "USD",
        "goods_description": "TOYS",
        "hs_codes": "950300",
        "items": '[{"description":"TOYS","hs":"950300","kg":1.4,"value":20.0,"origin":"ZA"}]',
    }
    assert (toys.place, toys.doubts) == ("line 2", ())
    # A wrong check digit is a doubt, not a loss.
    assert food.values["shipment_id"] == "CP001020301IN"
    assert [doubt[0] for doubt in food.doubts] == ["shipment_id"]
    assert "should be 7" in food.doubts[0][2]


@pytest.mark.parametrize(
    ("identifier", "digit"),
    [("RX123456785ZA", "5"), ("RR473124829GB", "9"), ("EE876543219GB", "6"), ("RB000000005CN", "5")],
)
def test_check_digit(identifier, digit):
    assert check_digit(identifier) == digit


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_reads_other_names_units_and_marks(one, semicolons, encoding):
    text = semicolons.replace("\n", "\r\n").encode(encoding)
    assert recognise(text[: 1 << 16])
    item = one(text)
    values = item.values
    assert item.place == "line 3"
    assert values["shipment_id"] == "EE876543219GB"
    assert "should be 6" in item.doubts[0][2]
    assert values["shipper_name"] == "Example Ltd Jane Example"
    assert values["shipper_address"] == "1 High St, London, E1 6AN"
    assert values["consignee_name"] == "陳大文"
    assert values["consignee_id"] == "HK-77"
    assert values["loading_port"] == "GBLAL"
    assert values["origin_country"] == "GB"
    assert values["discharge_port"] == "HKHKG"
    assert values["destination_country"] == "HK"
    assert values["master_id"] == "0123"
    assert float(values["gross_weight_kg"]) == 1.2505
    assert float(values["net_weight_kg"]) == 0.75
    assert float(values["declared_value"]) == 30.5
    assert values["currency"] == "GBP"
    assert values["handling_codes"] == "EMS"
    assert values["permit_refs"] == "CITES-1"
    assert values["known_at"] == "2026-10-31"
    assert values["goods_description"] == "Wooden combs; Tea"
    assert values["hs_codes"] == "4421.99;0902"
    assert [line["origin"] for line in json.loads(values["items"])] == ["CN", "IN"]
    assert [line["value"] for line in json.loads(values["items"])] == [22.5, 8.0]


def test_rows_of_an_item_need_not_stand_together(read, head):
    rows = [
        head,
        "RR473124829GB,,,A,1,TEA,2,GBP",
        "RX123456785ZA,,,B,2,CUPS,3,EUR",
        "RR473124829GB,,,A,1,JAM,5,GBP",
    ]
    tea, cups = read("\n".join(rows))
    assert tea.values["goods_description"] == "TEA; JAM"
    assert tea.values["declared_value"] == "7.0"
    assert tea.values["gross_weight_kg"] == "1"
    assert cups.place == "line 3"


def test_rows_far_apart_are_joined_as_lines(read, head):
    def identifier(n: int) -> str:
        bare = f"RX{n:08d}0GB"
        return bare[:10] + check_digit(bare) + "GB"

    rows = [f"{identifier(n)},2026-10-01,,S{n},1,THING,2,GBP" for n in range(1500)]
    rows.append(f"{identifier(0)},2026-10-01,,S0,1,OTHER,3,GBP")
    text = "\n".join([head, *rows])
    assert len(read(text)) == 1501
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "far.csv"
        path.write_text(text)
        table = manifest.read(path).table
    assert len(table) == 1500
    assert table["shipment_id"].is_unique
    first = table[table["shipment_id"] == identifier(0)].iloc[0]
    assert first["goods_description"] == "THING; OTHER"
    assert first["declared_value"] == 5.0


def test_rows_sent_twice_count_once_and_blank_cells_repeat_the_item_above(one, head):
    rows = [head, *["RR473124829GB,,,A,1,TEA,2,GBP"] * 2, ",,,,,JAM,5,GBP", ",,,,,,,"]
    item = one("\n".join(rows))
    assert item.values["goods_description"] == "TEA; JAM"
    assert item.values["declared_value"] == "7.0"


def test_files_put_one_behind_the_other_and_what_is_no_row(read, plain):
    found = read(f"{plain}{plain}END OF FILE\nTotal,2\n")
    assert [each.shipment_id for each in found if isinstance(each, Broken)] == ["END OF FILE", "Total"]
    assert [each.values["items"].count("}") for each in found if isinstance(each, Shipment)] == [1, 1]


def test_what_contradicts_itself_is_a_doubt(one, head):
    rows = [head, "RR473124829GB,,,A,1,TEA,2,GBP", "RR473124829GB,,,B,1.5,JAM,5,EUR"]
    item = one("\n".join(rows))
    assert item.values["shipper_name"] == "A"
    assert "declared_value" not in item.values
    assert {doubt[0] for doubt in item.doubts} == {"shipper_name", "gross_weight_kg", "declared_value"}


def test_changes_and_cancellations(read, head):
    rows = [
        head,
        "RR473124829GB,2026-10-01T10:00,original,A,1,TEA,2,GBP",
        "RR473124829GB,2026-10-02T10:00,amendment,A,1,COFFEE,2,GBP",
        "RX123456785ZA,2026-10-02T10:00,cancel,B,1,CUPS,2,GBP",
    ]
    first, later, gone = read("\n".join(rows))
    assert "amendment_count" not in first.values
    assert later.values["amendment_count"] == "1"
    assert later.values["last_amended_at"] == "2026-10-02T10:00"
    assert gone == Broken("line 4", "a shipment that is carried; this message cancels it", "RX123456785ZA")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mail.csv"
        path.write_text("\n".join(rows))
        found = manifest.read(path)
    assert found.table["goods_description"].tolist() == ["COFFEE"]
    assert found.table["amendment_count"].tolist() == [1.0]
    assert found.rejected["source_position"].tolist() == ["line 4"]


def test_receptacle_tells_dispatch_and_offices(one):
    head = "item_id,receptacle_id,content_description,content_value"
    item = one(f"{head}\nRR473124829GB,GBLALAHKHKGAAUN60123001100045,TEA,3\n")
    assert item.values["location"] == "GBLALAHKHKGAAUN60123001100045"
    assert item.values["master_id"] == "GBLALAHKHKGAAUN60123"
    assert item.values["loading_port"] == "GBLAL"
    assert item.values["destination_country"] == "HK"


@pytest.mark.parametrize(
    "text",
    [
        "shipment_id,shipper_name,goods_description,gross_weight_kg\nA1,X,TOYS,3\n",
        "bl_no,shipper,consignee,description,hs_code,weight\nHBL1,X,Y,TOYS,9503,3\n",
        "tracking_no,sender_name,recipient_name,contents,value\n1Z999,X,Y,TOYS,3\n",
        "item no,description,content,quantity\n1,a,b,3\n",
        "shipment_id,content_description,content_value,s10\nRR473124829GB,TEA,3,RR473124829GB\n",
        "<html><table><tr><td>item_id_s10,content_description,content_hs</td></tr></table></html>",
        '<?xml version="1.0"?><CC315A/>',
        '{"item_id_s10": "RR473124829GB", "content_description": "TEA", "content_hs": "0902"}\n',
        "UNB+UNOA:1+A+B+261012:1000+1'UNH+1+ITMATT:D:01B:UN'",
        "",
        "\x00\x00\x00",
        "PK\x03\x04item_id_s10,content_description,content_hs",
    ],
)
def test_is_no_other_table(text):
    assert not recognise(text.encode())


def test_header_below_titles_in_any_order_and_delimiter(plain):
    cells = plain.splitlines()[0].split(",")
    for delimiter in ",;\t|":
        text = f"Postal export{delimiter}{delimiter}\n\n" + delimiter.join(reversed(cells)) + "\n"
        assert recognise(text.encode())
        assert recognise(text.upper().encode("utf-16"))
    header = read_header(cells)
    assert header is not None
    assert header.places["id"] == [0]
