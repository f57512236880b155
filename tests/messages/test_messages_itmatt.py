from __future__ import annotations

import csv
import io
import json
import tempfile
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features import manifest
from features.manifest import codes, schema
from features.manifest.messages.form import Broken, Shipment
from features.manifest.messages.itmatt import FORM, recognise
from features.manifest.messages.itmatt_contents import Piece
from features.manifest.messages.itmatt_identifiers import check_digit
from features.manifest.messages.itmatt_names import read_header

PLAIN = """\
item_id_s10,item_category,handling_class,posting_date,orig_country,dest_country,sender_name,sender_address,\
sender_city,addressee_name,addressee_address,addressee_city,addressee_phone,nature_of_transaction,\
gross_weight_kg,declared_value,currency,content_piece_no,content_qty,content_description,content_hs,\
content_net_weight_kg,content_value,content_origin_country
RX123456785ZA,SP,R,2026-10-12,ZA,HK,J EXAMPLE,1 EXAMPLE RD,PRETORIA,EXAMPLE CO,FLAT 1,SHEUNG WAN,,GIFT,\
1.500,20.00,USD,1,2,TOYS,950300,1.400,20.00,ZA
CP001020301IN,CP,N,2026-10-14,IN,HK,A EXAMPLE,2 EXAMPLE RD,CHENNAI,EXAMPLE FOODS,SHOP 2,SHEUNG WAN,,\
SALE OF GOODS,5.000,45.00,USD,1,6,DRIED FOOD,210690,4.800,45.00,IN
"""
SEMICOLONS = """\
ITMATT export;;;;;;;;;;;;;;
Postal item identifier;Mail class;Office of exchange;Destination office;Sender.Name;Sender.Company;\
Sender.Street;Sender.Postcode;Sender.City;Sender.Country;Recipient name;Recipient country;\
Importer's reference;Weight (g);Postage paid;\
Content description;Content quantity;Content net weight (g);Content unit value;Content currency;\
HS tariff number;Country of origin;Certificate no;Date of posting;Dispatch no;Insured value
EE 876 543 219 GB;E;GBLALA;HKHKGA;Jane Example;Example Ltd;1 High St;E1 6AN;London;GB;陳大文;HK;\
HK-77;1.250,5;12,00;Wooden combs;3;400;7,50;GBP;4421.99;CN;CITES-1;31/10/2026;0123;
EE 876 543 219 GB;E;GBLALA;HKHKGA;Jane Example;Example Ltd;1 High St;E1 6AN;London;GB;陳大文;HK;\
HK-77;1.250,5;12,00;Tea;2;350;4,00;GBP;0902;IN;;31/10/2026;0123;
"""


def read(text: str | bytes, suffix: str = ".csv") -> list[Shipment | Broken]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"mail{suffix}"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        found = list(FORM.read(path))
    for each in found:
        if isinstance(each, Shipment):
            assert set(each.values) <= set(FORM.columns)
            assert all(isinstance(value, str) and value for value in each.values.values())
    return found


def one(text: str | bytes) -> Shipment:
    (found,) = read(text)
    assert isinstance(found, Shipment)
    return found


def test_reads_the_plain_form():
    assert recognise(PLAIN.encode())
    toys, food = read(PLAIN)
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
def test_reads_other_names_units_and_marks(encoding):
    text = SEMICOLONS.replace("\n", "\r\n").encode(encoding)
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


HEAD = (
    "s10_id,message_date,message_function,sender_name,item_weight_kg,"
    "content_description,content_value,content_currency"
)


def test_rows_of_an_item_need_not_stand_together():
    rows = [
        HEAD,
        "RR473124829GB,,,A,1,TEA,2,GBP",
        "RX123456785ZA,,,B,2,CUPS,3,EUR",
        "RR473124829GB,,,A,1,JAM,5,GBP",
    ]
    tea, cups = read("\n".join(rows))
    assert tea.values["goods_description"] == "TEA; JAM"
    assert tea.values["declared_value"] == "7.0"
    assert tea.values["gross_weight_kg"] == "1"
    assert cups.place == "line 3"


def test_rows_far_apart_are_joined_as_lines():
    def identifier(n: int) -> str:
        bare = f"RX{n:08d}0GB"
        return bare[:10] + check_digit(bare) + "GB"

    rows = [f"{identifier(n)},2026-10-01,,S{n},1,THING,2,GBP" for n in range(1500)]
    rows.append(f"{identifier(0)},2026-10-01,,S0,1,OTHER,3,GBP")
    text = "\n".join([HEAD, *rows])
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


def test_rows_sent_twice_count_once_and_blank_cells_repeat_the_item_above():
    rows = [HEAD, *["RR473124829GB,,,A,1,TEA,2,GBP"] * 2, ",,,,,JAM,5,GBP", ",,,,,,,"]
    item = one("\n".join(rows))
    assert item.values["goods_description"] == "TEA; JAM"
    assert item.values["declared_value"] == "7.0"


def test_files_put_one_behind_the_other_and_what_is_no_row():
    found = read(f"{PLAIN}{PLAIN}END OF FILE\nTotal,2\n")
    assert [each.shipment_id for each in found if isinstance(each, Broken)] == ["END OF FILE", "Total"]
    assert [each.values["items"].count("}") for each in found if isinstance(each, Shipment)] == [1, 1]


def test_what_contradicts_itself_is_a_doubt():
    rows = [HEAD, "RR473124829GB,,,A,1,TEA,2,GBP", "RR473124829GB,,,B,1.5,JAM,5,EUR"]
    item = one("\n".join(rows))
    assert item.values["shipper_name"] == "A"
    assert "declared_value" not in item.values
    assert {doubt[0] for doubt in item.doubts} == {"shipper_name", "gross_weight_kg", "declared_value"}


def test_changes_and_cancellations():
    rows = [
        HEAD,
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


def test_receptacle_tells_dispatch_and_offices():
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


def test_header_below_titles_in_any_order_and_delimiter():
    cells = PLAIN.splitlines()[0].split(",")
    for delimiter in ",;\t|":
        text = f"Postal export{delimiter}{delimiter}\n\n" + delimiter.join(reversed(cells)) + "\n"
        assert recognise(text.encode())
        assert recognise(text.upper().encode("utf-16"))
    header = read_header(cells)
    assert header is not None
    assert header.places["id"] == [0]


# --- both ways ----------------------------------------------------------------------------------

TEXTS = st.text(
    alphabet=st.one_of(
        st.sampled_from(list("ABC abc 019,;:'\"+?*/-.&<>|\t")),
        st.sampled_from(list("中文香港สวัสดีمرحباПриветñéÜß😀🐢")),
    ),
    min_size=1,
    max_size=90,
)
WORDS = st.from_regex(r"[A-Z]{3}[A-Z0-9]{0,12}", fullmatch=True)
NUMBERS = st.floats(0, 99999, allow_nan=False).map(lambda x: round(x, 3))
COUNTRIES = st.sampled_from(["GB", "CN", "TH", "ZA", "HK"])
TIMES = st.datetimes(pd.Timestamp("2001-01-01"), pd.Timestamp("2090-01-01")).map(
    lambda at: pd.Timestamp(at).as_unit("us").floor("s")
)
LINES = st.lists(
    st.fixed_dictionaries(
        {"description": TEXTS},
        optional={
            "hs": st.sampled_from(["9503", "050790", "44219990"]),
            "packages": NUMBERS,
            "kg": NUMBERS,
            "value": NUMBERS,
            "currency": st.just("USD"),
            "origin": COUNTRIES,
        },
    ),
    min_size=1,
    max_size=3,
)
_KINDS = {"text": TEXTS, "code": WORDS, "number": NUMBERS, "time": TIMES}
_SPECIAL = {
    "items": LINES.map(codes.dump_items),
    "direction": st.sampled_from(schema.DIRECTIONS),
    "hs_codes": st.sampled_from(["9503", "050790;9503"]),
    "permit_refs": WORDS,
    "handling_codes": st.sampled_from(["GIFT", "GIFT;AVI", "AVI;GIFT", "EMS", "SALE-OF-GOODS"]),
    "currency": st.just("USD"),
    "amendment_count": st.integers(1, 9).map(float),
    **{name: COUNTRIES for name in schema.BY_NAME if schema.BY_NAME[name].code == "country"},
}
WRITTEN = [field.column for field in FORM.fields if field.written and field.column != "shipment_id"]


def _strategy(name: str) -> st.SearchStrategy[object]:
    return _SPECIAL[name] if name in _SPECIAL else _KINDS[schema.BY_NAME[name].kind]


ROWS = st.lists(
    st.fixed_dictionaries({}, optional={name: _strategy(name) for name in WRITTEN}), min_size=1, max_size=3
)


def table_of(rows: list[dict[str, object]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, index=pd.RangeIndex(len(rows)))
    frame["shipment_id"] = [f"RX{n}" for n in range(len(rows))]
    return schema.complete(frame.astype({n: schema.BY_NAME[n].dtype for n in frame.columns}))


def settled(table: pd.DataFrame, folder: str) -> pd.DataFrame:
    """Return a table as it is once read, from CSV: what no form changes."""
    path = Path(folder) / "day.csv"
    manifest.write(table, path)
    return manifest.read(path).table


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(ROWS)
def test_nothing_is_lost_both_ways(rows):
    with tempfile.TemporaryDirectory() as folder:
        table = settled(table_of(rows), folder)
        path = Path(folder) / "mail.csv"
        with open(path, "wb") as stream:
            FORM.write(table, stream)
        written = path.read_bytes()
        assert recognise(written[: 1 << 16])
        back = manifest.read(path).table
        again = io.BytesIO()
        FORM.write(table, again)
    assert again.getvalue() == written
    assert back["shipment_id"].tolist() == table["shipment_id"].tolist()
    for name in WRITTEN:
        given_, got = table[name], back[name]
        for before, after in zip(given_, got, strict=True):
            if not pd.isna(before):
                assert before == after, name


# --- hostile ------------------------------------------------------------------------------------


def test_a_quotation_never_closed_costs_its_line():
    rows = ["RR473124829GB,,,A,1,TEA,2,GBP"] * 3
    rows[1] = 'RX123456785ZA,,,"B,1,CUPS,2,GBP'
    many = [f"RX{n:08d}0GB,,,A,1,TEA,2,GBP" for n in range(5000)]
    found = read("\n".join([HEAD, *rows, *many]))
    broken = [each for each in found if isinstance(each, Broken)]
    assert [each.place for each in broken] == ["line 3"]
    assert len(found) == 1 + 1 + 5000


@pytest.mark.parametrize(
    "row",
    [
        "RR473124829GB,,,A,1e999,TEA,-3,GBP",
        "RR473124829GB,,,A," + "9" * 4000 + ",TEA,1e400,GBP",
        "RR473124829GB,99999999,,A,1,TEA,,",
        "RR473124829GB,31/31/2026,,A,1,TEA,,",
        "RR473124829GB,,,\x00\x00A,1,TEA,,",
        "RR473124829GB",
        "RR473124829GB,,,A,1,TEA,,,,,,,,",
        "RR473124829GB,,,A,1,TEA,,,,,more",
    ],
)
def test_hostile_cells(row):
    (found,) = read(f"{HEAD}\n{row}\n")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mail.csv"
        path.write_text(f"{HEAD}\n{row}\n")
        result = manifest.read(path)
    assert len(result.table) + len(result.rejected) == 1
    if isinstance(found, Broken):
        assert found.shipment_id == "RR473124829GB"


def test_huge_lines_and_items():
    lines = read(f"{HEAD}\nRR473124829GB,,,{'A' * 3_000_000},1,TEA,,\nRX123456785ZA,,,A,1,TEA,,\n")
    assert isinstance(lines[0], Broken)
    assert isinstance(lines[1], Shipment)
    item = one("\n".join([HEAD, *(f"RR473124829GB,,,A,1,TEA {n},1,GBP" for n in range(6000))]))
    assert len(json.loads(item.values["items"])) == codes.MAX_MEMBERS
    assert "items" in {doubt[0] for doubt in item.doubts}


@settings(max_examples=250, deadline=None)
@given(st.data())
def test_mutations_never_raise(data):
    text = data.draw(st.sampled_from([PLAIN, SEMICOLONS])).encode()
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(text)))
        cut = data.draw(st.integers(0, 40))
        put = data.draw(
            st.sampled_from([b"", b'"', b",", b";", b"\n", b"\r", b"\x00", b"\xff\xfe", b"1e999", b"\x1a"])
        )
        text = text[:at] + put + text[at + cut :]
    recognise(text)
    read(text)


def test_writes_a_table_others_can_read():
    stream = io.BytesIO()
    table = table_of(
        [{"goods_description": 'He said "x", then\nleft', "items": '[{"description":"a"},{"kg":2.0}]'}]
    )
    FORM.write(table, stream)
    rows = list(csv.DictReader(io.StringIO(stream.getvalue().decode(), newline="")))
    assert [row["content_piece_no"] for row in rows] == ["1", "2"]
    assert rows[0]["goods_description"] == 'He said "x", then\nleft'
    assert rows[1]["content_net_weight_kg"] == "2.0"


@given(TEXTS, st.one_of(st.none(), NUMBERS), st.one_of(st.just(""), TEXTS))
def test_a_piece_is_written_as_every_line_of_goods(text, number, hs):
    piece = Piece(text, hs, number, "", number, "", None, "", "CN")
    line = {k: v for k, v in zip(codes.ITEM_KEYS, piece.said(), strict=True) if v not in ("", None)}
    assert f"[{piece.line()}]" == codes.dump_items([line])
