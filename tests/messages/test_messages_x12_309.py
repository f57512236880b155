"""ANSI X12 customs manifests: read as the standard says, written and read again, and broken in many ways."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from features import manifest
from features.manifest import messages, schema
from features.manifest.messages import Broken, Shipment
from features.manifest.messages.x12_309 import FORM

OCEAN = b"""ISA*00*          *00*          *ZZ*CARRIER        *ZZ*CUSTOMS        *261019*1200*U*00401*1*0*T*>~
GS*SO*CARRIER*CUSTOMS*20261019*1201*1*X*004010~
ST*309*0001~
M10*EXLU*O*LR*9306237*MV EXAMPLE STAR*147E*000077*1*W*L~
P4*5201*20261022*1*M029*0630~
LX*1~
M11*003100191317*57201*40*PCS*22250*K*24*X*00*NACALA**EGLV~
N1*SH*EXAMPLE MADEIRAS LDA*ZZ*NUIT 400~
N3*AV. DO TRABALHO 17*ZONA 2~
N4*NACALA**3100*MZ~
PER*IC*SR A*TE*258 26 520*EM*office@example.test~
N1*CN*ACME IMPORT CO., LTD~
N3*12 RUSSIAN BLVD~
N4*PHNOM PENH***KH~
N1*N1*UNKNOWN~
N3*UNKNOWN~
M12*62*123456789*2704**5000~
P5*T*UN*SGSIN~
VID*CN*EXLU*2003444*SEAL001*SEAL002****45R1*L~
M7*SEAL003*SEAL004~
N10*40*TIMBER IN THE ROUGH,*NO MARKS*J*4403.99*12500*K*22250*REF1*PCS*MZ*KH~
N10**SAWN AND PLANED~
N10***1-40~
SE*22*0001~
GE*1*1~
IEA*1*000000001~
"""


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
    assert found.doubts == ()


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
    assert amended.doubts[0][:2] == ("source_position", "SE 9")
    assert isinstance(empty, Broken)
    (odd,) = _read(OCEAN.replace(b"SE*22", "SE*2²".encode()), tmp_path)  # a digit that is no number
    assert isinstance(odd, Shipment)


def test_what_breaks_off_or_is_another_set_costs_nothing_else(tmp_path: Path) -> None:
    other = OCEAN.replace(b"ST*309", b"ST*310")
    found = _read(OCEAN[: OCEAN.index(b"N10***1")] + OCEAN.replace(b"*", b"|") + other + OCEAN, tmp_path)
    assert [type(each) for each in found] == [Shipment, Shipment, Broken, Shipment]
    assert isinstance(found[0], Shipment)
    assert found[0].doubts[0][2].startswith("the transaction set to end with SE")
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


# --- written and read again -----------------------------------------------------------------

_WORDS = st.text(
    st.one_of(st.sampled_from(" *~>|^:'?+,."), st.characters(min_codepoint=33, max_codepoint=126)),
    max_size=200,
).map(lambda text: " ".join(text.split()).replace(";", ","))
_NAME = _WORDS.map(lambda text: text[:60].strip())
_CODE = st.text("ABCDEFGHJKLM0123456789/-*~", min_size=3, max_size=15)
_WHOLE = st.integers(0, 9_999_999).map(float)
_PLACE = st.sampled_from(["CNSHA", "57201", "NHAVA SHEVA", ""])


@st.composite
def _rows(draw: st.DrawFn) -> dict[str, object]:
    row: dict[str, object] = {"shipment_id": draw(_CODE)}
    for name in ("manifest_id", "voyage"):
        row[name] = draw(_CODE)
    for role in ("shipper", "consignee", "notify"):
        row[f"{role}_name"], row[f"{role}_address"] = draw(_NAME), draw(_WORDS)
        row[f"{role}_country"] = draw(st.sampled_from(["CN", "TH", ""]))
        row[f"{role}_id"], row[f"{role}_phone"] = draw(_CODE), draw(_CODE)
        row[f"{role}_email"] = draw(st.sampled_from(["", "a@b.test"]))
    for name in ("broker_name", "carrier_name", "vessel_or_flight"):
        row[name] = draw(_NAME)
    row["goods_description"], row["marks"] = draw(_WORDS), draw(_WORDS)
    row["mode"] = draw(st.sampled_from(["sea", "air", "rail", "road", "post", "express", ""]))
    row["direction"] = draw(st.sampled_from(["import", "export", "transit", "transhipment", ""]))
    row["hs_codes"] = ";".join(draw(st.lists(st.sampled_from(["44079990", "0301", "030760"]), unique=True)))
    row["permit_refs"] = ";".join(draw(st.lists(_CODE, max_size=3, unique=True)))
    row["container_ids"] = ";".join(
        f"EXLU{n:07d}" for n in draw(st.lists(st.integers(1, 10**7 - 1), max_size=3, unique=True))
    )
    row["seal_ids"] = ";".join(
        f"S{code.replace('/', '-')}" for code in draw(st.lists(_CODE, max_size=7, unique=True))
    )
    if row["container_ids"]:
        row["container_types"] = draw(st.sampled_from(["22G1", "45G1", ""]))
        row["container_load_status"] = draw(st.sampled_from(["full", "part", "empty", ""]))
    row["is_refrigerated"] = draw(st.sampled_from([True, None]))
    for name in ("loading_port", "discharge_port", "location"):
        row[name] = draw(_PLACE)
    for name in ("origin_country", "destination_country"):
        row[name] = draw(st.sampled_from(["MZ", "VN", ""]))
    for name in ("gross_weight_kg", "volume_m3", "packages", "declared_value"):
        row[name] = draw(st.one_of(st.none(), _WHOLE))
    if row["declared_value"] is not None:
        row["currency"] = draw(st.sampled_from(["USD", "CNY"]))
    row["package_type"] = draw(st.sampled_from(["CT", "PCS", ""]))
    row["bill_level"] = draw(st.sampled_from(["house", "master", ""]))
    row["master_id"] = draw(_CODE) if row["bill_level"] == "house" else ""
    for name in ("known_at", "arrives_at"):
        row[name] = pd.Timestamp(draw(st.integers(86_400, 4 * 10**9)), unit="s")
    row["amendment_count"] = draw(st.sampled_from([1.0, None]))
    row["last_amended_at"] = row["known_at"] if row["amendment_count"] else None
    return row


def _table(rows: list[dict[str, object]]) -> pd.DataFrame:
    columns = {}
    for column in schema.COLUMNS:
        cells = [None if (cell := row.get(column.name)) == "" else cell for row in rows]
        if any(cell is not None for cell in cells):
            columns[column.name] = pd.Series(cells, dtype="object").astype(column.dtype)
    return schema.complete(pd.DataFrame(columns, index=range(len(rows))))


def _again(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    with open(path, "wb") as stream:
        FORM.write(table, stream)
    result = manifest.read(path)
    assert result.rejected.empty, result.rejected
    return result.table


def _unlike(was: object, now: object) -> bool:
    return not (pd.isna(was) and pd.isna(now)) and was != now


@given(rows=st.lists(_rows(), min_size=3, max_size=10, unique_by=lambda row: row["shipment_id"]))
@settings(max_examples=12, deadline=None, phases=(Phase.generate,), suppress_health_check=list(HealthCheck))
def test_written_and_read_again(
    rows: list[dict[str, object]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("again")
    manifest.write(_table(rows), folder / "table.parquet")
    table = manifest.read(folder / "table.parquet").table
    read = _again(table, folder / "written.x12")
    assert list(read["shipment_id"]) == list(table["shipment_id"])
    left_out = ("line_number", "is_consolidation", "transhipment_ports", "delivery_place", "declaration_id")
    for name in (each.column for each in FORM.fields if each.written and each.column not in left_out):
        for was, now, row in zip(table[name].tolist(), read[name].tolist(), rows, strict=True):
            assert not _unlike(was, now), (name, was, now, row)


def test_items_and_other_scripts(tmp_path: Path) -> None:
    items = [
        {"description": "LIVE FISH " * 20, "hs": "0301", "kg": 2.5, "value": 10.0, "currency": "USD"},
        {"description": "SHELLS", "packages": 3.0, "origin": "VN"},
        {"description": "冻鱼"},
    ]
    text = "; ".join(str(line["description"]).strip() for line in items)
    row = {
        "shipment_id": "B1",
        "items": json.dumps(items),
        "goods_description": text,
        "shipper_name": "ООО Тест",
    }
    read = _again(_table([row]), tmp_path / "written.x12")
    lines = json.loads(read.loc[0, "items"])
    assert [line["description"] for line in lines[:2]] == [("LIVE FISH " * 20).strip(), "SHELLS"]
    assert lines[0] | {"description": ""} == items[0] | {"description": ""}
    assert lines[1] == items[1]
    assert lines[2]["description"].isascii()
    assert read.loc[0, "shipper_name"].isascii()


# --- hostile --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"N10*1*" + b"X" * 3_000_000 + b"~",
        b"N10" + b"*" * 500_000 + b"~",
        b"N10*1*FISH~" * 100_000,
        b"N10**FISH*M~" * 100_000,
        b"VID*CN*EXLU*1234567*S1~" * 60_000,
        b"M11*9*9*" + b"9" * 4000 + b"*X*1e999*K*9e9*Q~N10*1e999***Z*" + b"1" * 5000 + b"~",
        b"\x00\x01\xff\xfe\xed\xa0\x80~" * 2000,
        b"~" * 500_000,
        b"\n" * 500_000,
        b"ISA*00*" * 30_000,
        b"LX*1~" * 50_000,
        b"P4*1*99999999~P4*2*20269999*1*1*9999~",
    ],
)
def test_hostile_bytes_are_read_in_a_moment(body: bytes, tmp_path: Path) -> None:
    began = time.process_time()
    cut = OCEAN.index(b"N10**SAWN")
    found = _read(OCEAN[:cut] + body + b"\n" + OCEAN.replace(b"EGLV", b"ABCD"), tmp_path)
    assert time.process_time() - began < 8
    named = [each.values["shipment_id"] for each in found if isinstance(each, Shipment)]
    assert "ABCD003100191317" in named


@given(data=st.data())
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
def test_mutated_messages_never_stop_the_reading(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    text = bytearray(OCEAN)
    for _ in range(data.draw(st.integers(0, 12))):
        at = data.draw(st.integers(0, max(0, len(text) - 1)))
        kind = data.draw(st.integers(0, 4))
        if kind == 0:
            text[at : at + 1] = bytes([data.draw(st.integers(0, 255))])
        elif kind == 1:
            del text[at : at + data.draw(st.integers(1, 60))]
        elif kind == 2:
            text[at:at] = data.draw(
                st.sampled_from([b"~", b"*", b">", b"\n", b"ST*309*", b"LX*", b"ISA*00*", b"\xff"])
            )
        elif kind == 3:
            text[at:at] = text[at // 2 : at // 2 + data.draw(st.integers(1, 300))]
        else:
            text = text[: at + 1]
    path = tmp_path_factory.mktemp("mutated") / "m.x12"
    path.write_bytes(bytes(text))
    for each in FORM.read(path):
        if isinstance(each, Shipment):
            assert each.values["shipment_id"]
            assert set(each.values) <= set(FORM.columns)
            assert all(isinstance(value, str) and value for value in each.values.values())


def test_the_whole_way(tmp_path: Path) -> None:
    path = tmp_path / "m.x12"
    path.write_bytes(OCEAN)
    assert messages.recognise(OCEAN) is FORM
    result = manifest.read(path)
    assert result.table.loc[0, "shipment_id"] == "EGLV003100191317"
    assert result.table.loc[0, "hs_codes"] == "440399"
    assert result.table.loc[0, "source_position"] == "segment 6"
