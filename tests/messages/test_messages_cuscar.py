"""UN/EDIFACT cargo reports: read as the standard says, written and read again, and broken in many ways."""

from __future__ import annotations

import io
import json
import time
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from features import manifest
from features.manifest import messages, schema
from features.manifest.messages import Broken, Shipment, segments
from features.manifest.messages.cuscar import FORM

SEA = b"""UNA:+.? '
UNB+UNOA:2+CARRIER+CUSTOMS+260801:0240+901'
UNH+1+CUSCAR:D:95B:UN'
BGM+785+MF2026-77+9'
DTM+137:202608010235:203'
RFF+ABT:REG 4711'
NAD+MS+EXLU:172:166'
TDT+20+147E+1++EXLU:172:166:EXAMPLE LINE+++9306237:146::MV EXAMPLE STAR:LR'
LOC+60+KHKOS::139'
DTM+132:20260804:102'
GIS+23'
EQD+CN+EXLU 200344-4+45R1:102:5++3+5'
MEA+AAE+G+KGM:22250'
SEL+SEAL001+CA'
TMP+2+-018:CEL'
CNI+1+EXLU001'
RFF+BM:EXLU001'
CNT+7:22.25:TNE'
CNT+8:40'
MOA+44:12500,50:USD'
LOC+9+MZNAC::139:NACALA'
LOC+11+KHKOS'
LOC+13+SGSIN'
LOC+7+KHPNH'
LOC+27+MZ'
LOC+28+KH'
NAD+CZ+NUIT400:160:ZZZ++EXAMPLE MADEIRAS LDA+AV. DO TRABALHO 17+NACALA++3100+MZ'
CTA+IC+:SR. A'
COM+258 26 520?:1:TE'
COM+office@example.test:EM'
NAD+CN++ACME IMPORT CO., LTD,12 RUSSIAN BLVD,PHNOM PENH,CAMBODIA'
NAD+NI+++TO ORDER'
GID+1+40:PK'
FTX+AAA+++TIMBER IN THE ROUGH, SAWN ?+ PLANED:LOT ?'A?''
MEA+AAE+G+KGM:22250'
MEA+AAE+AAW+MTQ:24'
SGP+EXLU2003444+40'
PCI+28+NO MARKS:1-40'
PCI+28+HS CODE 4403.99'
CST+1+44079990:122'
UNT+39+1'
UNZ+1+901'
"""


def _read(data: bytes, tmp_path: Path) -> list[Shipment | Broken]:
    path = tmp_path / "message.edi"
    path.write_bytes(data)
    assert FORM.recognise(data[: 1 << 16]) or b"UNH" not in data
    return list(FORM.read(path))


def _one(data: bytes, tmp_path: Path) -> dict[str, str]:
    (found,) = _read(data, tmp_path)
    assert isinstance(found, Shipment), found
    return found.values


def test_a_bill_of_a_sea_manifest(tmp_path: Path) -> None:
    (found,) = _read(SEA, tmp_path)
    assert isinstance(found, Shipment)
    assert found.values == {
        "shipment_id": "EXLU001",
        "manifest_id": "MF2026-77",
        "registration_number": "REG 4711",
        "line_number": "1",
        "mode": "sea",
        "direction": "import",
        "known_at": "2026-08-01T02:35",
        "arrives_at": "2026-08-04",
        "shipper_name": "EXAMPLE MADEIRAS LDA",
        "shipper_address": "AV. DO TRABALHO 17 NACALA 3100",
        "shipper_country": "MZ",
        "shipper_id": "NUIT400",
        "shipper_phone": "258 26 520:1",
        "shipper_email": "office@example.test",
        "consignee_name": "ACME IMPORT CO., LTD",
        "consignee_address": "12 RUSSIAN BLVD, PHNOM PENH, CAMBODIA",
        "consignee_country": "KH",
        "notify_name": "TO ORDER",
        "carrier_name": "EXAMPLE LINE",
        "goods_description": "TIMBER IN THE ROUGH, SAWN + PLANED LOT 'A'",
        "marks": "NO MARKS 1-40",
        "hs_codes": "440399;44079990",
        "origin_country": "MZ",
        "loading_port": "MZNAC",
        "transhipment_ports": "SGSIN",
        "discharge_port": "KHKOS",
        "delivery_place": "KHPNH",
        "destination_country": "KH",
        "gross_weight_kg": "22250",
        "packages": "40",
        "package_type": "PK",
        "volume_m3": "24",
        "declared_value": "12500.50",
        "currency": "USD",
        "container_ids": "EXLU2003444",
        "container_types": "45R1",
        "container_load_status": "full",
        "is_refrigerated": "true",
        "seal_ids": "SEAL001",
        "vessel_or_flight": "MV EXAMPLE STAR",
        "voyage": "147E",
    }
    assert found.doubts == ()


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.replace(b"\n", b""),
        lambda data: data.replace(b"\n", b"\r\n"),
        lambda data: b"\xef\xbb\xbf\r\n" + data,
        lambda data: b"\x01QU HKGXXCX\r\n.LHRZZZZ 010203\r\n\x02" + data + b"\x03\x00",
        lambda data: data.decode().encode("utf-16"),
        lambda data: data.replace(b"UNA:+.? '\n", b""),
        lambda data: data.split(b"\n", 2)[2],
        lambda data: data.replace(b"UNB", b"UNB", 1).replace(b"UNH+1", b"UNG+CUSCAR+A+B'\nUNH+1"),
        lambda data: _rewritten(data, b"|", b"*", b"!", b"~"),
        lambda data: b"\n".join(_wrapped(data.replace(b"\n", b""), 80)),
        lambda data: data.replace(b"UNH", b"unh").replace(b"CNI", b"cni").replace(b"UNB", b"unb"),
        lambda data: data.replace(b"'\n", b"   '  \n"),
        lambda data: data.replace(b"TDT+20", b"ZZZ+1:2'\nTDT+20").replace(b"UNT+39", b"UNT+40"),
    ],
)
def test_however_it_is_written_it_says_the_same(change, tmp_path: Path) -> None:
    assert _one(change(SEA), tmp_path) == _one(SEA, tmp_path)


def _rewritten(data: bytes, component: bytes, element: bytes, release: bytes, segment: bytes) -> bytes:
    """Write the message with other separators."""
    body = data.split(b"\n", 1)[1]
    for old, new in ((b"?'", b"\x01"), (b"?+", b"\x02"), (b"?:", b"\x03")):
        body = body.replace(old, new)
    body = body.translate(bytes.maketrans(b":+'", component + element + segment))
    for new, old in ((b"'", b"\x01"), (b"+", b"\x02"), (b":", b"\x03")):
        body = body.replace(old, new)
    return b"UNA" + component + element + b"." + release + b" " + segment + b"\n" + body


def _wrapped(data: bytes, width: int) -> list[bytes]:
    return [data[at : at + width] for at in range(0, len(data), width)]


def test_interchanges_with_different_separators_in_one_file(tmp_path: Path) -> None:
    other = _rewritten(SEA, b"|", b"*", b"!", b"~").replace(b"EXLU001", b"EXLU002")
    latin = SEA.replace(b"UNOA:2", b"UNOC:3").replace(b"NACALA", b"NA\xc7\xc3LA")
    found = _read(SEA + other + latin[: latin.index(b"PCI+28+HS")] + SEA, tmp_path)
    assert [each.values["shipment_id"] for each in found] == ["EXLU001", "EXLU002", "EXLU001", "EXLU001"]
    assert "NAÇÃLA" in found[2].values["shipper_address"]
    assert found[2].doubts[0][2].startswith("the message to end with UNT")


def _message(body: str, kind: str = "CUSCAR:D:96B:UN", function: str = "9") -> bytes:
    lines = [line.strip() for line in body.strip().splitlines()]
    head = f"UNB+UNOC:3+A+B+260801:0240+1'UNH+1+{kind}'BGM+85+M1+{function}'DTM+137:20260801:102'"
    return (head + "".join(f"{line}'" for line in lines) + f"UNT+{len(lines) + 4}+1'UNZ+1+1'").encode()


def test_houses_masters_and_direct_bills(tmp_path: Path) -> None:
    data = _message(
        """TDT+20+CX123+4
        CNI+1
        RFF+MWB:160-11112222
        GID+1+30:CT
        FTX+AAA+++CONSOLIDATION AS PER ATTACHED LIST
        CNI+2
        RFF+HWB:H1
        RFF+MWB:160-11112222
        GID+1+10
        FTX+AAA+++LIVE TROPICAL FISH
        CNI+3
        RFF+AWB:160-33334444
        RFF+MWB:160-33334444
        GID+1+1
        CNI+4+160-55556666
        RFF+BM:H7
        GID+1+1
        RFF+BM:H8
        GID+1+2
        CNI+5
        RFF+BM:PLAIN
        GID+1+1"""
    )
    told = [
        [each.values.get(name) for name in ("shipment_id", "master_id", "bill_level", "is_consolidation")]
        for each in _read(data, tmp_path)
        if isinstance(each, Shipment)
    ]
    assert told == [
        ["160-11112222", None, "master", "true"],
        ["H1", "160-11112222", "house", None],
        ["160-33334444", None, "direct", None],
        ["H7", "160-55556666", "house", None],
        ["H8", "160-55556666", "house", None],
        ["PLAIN", None, None, None],
    ]


def test_one_bill_a_message_without_cni(tmp_path: Path) -> None:
    data = _message(
        """RFF+BN:BOOK1
        LOC+76+CNSZX
        LOC+9+CNHKG
        LOC+11+CLVAP:::VALPARAISO
        TDT+20+012W+1+++++:::YM EXAMPLE
        NAD+CZ+++SHIPPER SPA
        CUX+2:EUR
        NAD+N1+++NOTIFY SA
        GID+48+12:CL:::COILS
        PIA+5+72083700:HS
        MEA+WT++LBR:1000
        MEA+VOL++FTQ:100
        MOA+14:5000
        EQD+CN+TGHU1234567+22G1+++7
        SEL+S1
        TMP+2+4:CEL""",
        "IFTMCS:D:99B:UN",
    )
    values = _one(data.replace(b"BGM+85+M1", b"BGM+705+BL001"), tmp_path)
    want = {
        "shipment_id": "BL001",
        "loading_port": "CNSZX",
        "transhipment_ports": "CNHKG",
        "discharge_port": "CLVAP",
        "vessel_or_flight": "YM EXAMPLE",
        "goods_description": "COILS",
        "hs_codes": "72083700",
        "gross_weight_kg": "453.59237",
        "volume_m3": "2.8316846592",
        "declared_value": "5000",
        "container_ids": "TGHU1234567",
        "container_load_status": "part",
        "is_refrigerated": "true",
        "seal_ids": "S1",
    }
    assert {name: values.get(name) for name in want} == want


def test_several_items(tmp_path: Path) -> None:
    body = """CNI+1
        RFF+BM:B1
        GID+1+2:CT
        FTX+AAA+++FROZEN FISH
        MEA+AAE+G+KGM:10
        MOA+40:100:USD
        CST++03038990:122
        LOC+27+TZ
        GID+2+3:BG
        FTX+AAA+++DRIED SHELLS
        MEA+WT+G+GRM:500
        MOA+40:50:USD"""
    values = _one(_message(body), tmp_path)
    assert values["goods_description"] == "FROZEN FISH; DRIED SHELLS"
    assert (values["packages"], values["gross_weight_kg"], values["declared_value"]) == ("5", "10.5", "150")
    assert json.loads(values["items"])[0] == {
        "description": "FROZEN FISH",
        "hs": "03038990",
        "packages": 2.0,
        "kg": 10.0,
        "value": 100.0,
        "currency": "USD",
        "origin": "TZ",
    }


def test_amendments_and_cancellations(tmp_path: Path) -> None:
    for function in ("4", "5"):
        values = _one(_message("CNI+1\nRFF+BM:B1\nGID+1+2", function=function), tmp_path)
        assert (values["amendment_count"], values["last_amended_at"]) == ("1", "2026-08-01")
    (gone,) = _read(_message("CNI+1\nRFF+BM:B1\nGID+1+2", function="1"), tmp_path)
    assert isinstance(gone, Broken)
    assert gone.shipment_id == "B1"
    assert gone.expected == "a shipment that is carried; this message cancels it"
    assert _one(SEA.replace(b"UNT+39", "UNT+3²".encode()), tmp_path)["shipment_id"] == "EXLU001"
    (gone,) = _read(_message("RFF+ABO:1", function="1"), tmp_path)
    assert isinstance(gone, Broken)
    assert gone.shipment_id == "M1"


def test_what_is_wrong_is_said_and_the_next_message_read(tmp_path: Path) -> None:
    other = b"UNB+UNOA:2+A+B+260801:0240+1'UNH+7+CUSREP:D:95B:UN'BGM+1'UNT+3+7'UNZ+1+1'"
    nothing = _message("LOC+9+CNSHA")
    nameless = _message("CNI+1\nNAD+CN+++ACME\nGID+1+2")
    wrong = _message("CNI+1\nRFF+BM:B1\nCNT+7:ABC:KGM\nGID+1+5\nMEA+AAE+G+XYZ:5\nDTM+132:99999999:102")
    found = _read(SEA + other + nothing + nameless + wrong.replace(b"UNT+10", b"UNT+99"), tmp_path)
    first, told, none, unnamed, doubtful = found
    assert isinstance(first, Shipment)
    assert [type(each) for each in (told, none, unnamed)] == [Broken] * 3
    assert "CUSREP" in told.expected
    assert told.place == "segment 43"
    assert "CNI" in none.expected
    assert "RFF" in unnamed.expected
    assert isinstance(doubtful, Shipment)
    assert {each[0] for each in doubtful.doubts} == {"gross_weight_kg", "arrives_at", "source_position"}


def test_nothing_else_is_taken_for_it() -> None:
    for head in (
        b"",
        b"bl_no,goods\nUNH+1+CUSCAR,x\n",
        b"<html>UNH+1+CUSCAR:D:95B:UN'</html>",
        b"UNB+UNOA:2+A+B+260801:0240+1'UNH+1+ORDERS:D:96A:UN'BGM+220'",
        b"ISA*00*          *00*          *ZZ*A*ZZ*B*261019*1200*U*00401*000000001*0*T*>~GS*SO~ST*309*1~",
        b'{"a": "UNH+1+CUSCAR:D:95B:UN"}',
        "货物;UNB".encode("utf-16"),
    ):
        assert not FORM.recognise(head)


# --- written and read again -----------------------------------------------------------------

_WORDS = st.text(
    st.one_of(
        st.sampled_from("?+:'*~ ;,\"\n"),
        st.characters(min_codepoint=33, max_codepoint=126),
        st.sampled_from("汉字集装箱ไทยนกแก้วعربيКириллицаéüñ🦜🐘🦎"),
    ),
    max_size=260,
).map(lambda text: " ".join(text.split()).replace(";", ","))
_NAME = _WORDS.map(lambda text: text[:90].strip(" ,"))
_CODE = st.text("ABCDEFGHJKLMNP0123456789/-?'+:", min_size=2, max_size=20)
_AMOUNT = st.floats(0, 9e6, allow_nan=False).map(lambda x: round(x, 3) + 0.0)
_BOX = st.tuples(st.text("ABCDEFGHIJ", min_size=3, max_size=3), st.integers(0, 10**7 - 1)).map(
    lambda box: f"{box[0]}U{box[1]:07d}"
)


def _list(each: st.SearchStrategy[str], most: int = 4) -> st.SearchStrategy[str]:
    return st.lists(each, max_size=most, unique=True).map(";".join)


@st.composite
def _rows(draw: st.DrawFn) -> dict[str, object]:
    row: dict[str, object] = {"shipment_id": draw(_CODE)}
    for name in ("manifest_id", "registration_number", "declaration_id", "line_number", "voyage"):
        row[name] = draw(_CODE)
    for role in ("shipper", "consignee", "notify"):
        name = draw(_NAME)
        # A lone name with commas is read as name and address.
        row[f"{role}_name"] = name.replace(",", "")
        row[f"{role}_address"] = draw(_WORDS)[:240].strip()
        row[f"{role}_country"] = draw(st.sampled_from(["CN", "TH", "KE", ""]))
        row[f"{role}_id"] = draw(_CODE)
        row[f"{role}_phone"] = draw(_CODE)
        row[f"{role}_email"] = draw(st.sampled_from(["", "a@b.test", "x+y'z@b.test"]))
    row["broker_name"] = draw(_NAME).replace(",", "")
    row["carrier_name"] = draw(_NAME).replace(",", "")
    row["vessel_or_flight"] = draw(_NAME)
    row["goods_description"] = draw(_WORDS)
    row["marks"] = draw(_WORDS)
    row["mode"] = draw(st.sampled_from(["sea", "air", "rail", "road", "post", ""]))
    row["direction"] = draw(st.sampled_from(["import", "export", "transit", "transhipment", ""]))
    row["hs_codes"] = draw(_list(st.sampled_from(["44079990", "0301", "030760", "4103200010"])))
    row["permit_refs"] = draw(_list(_CODE))
    row["handling_codes"] = draw(_list(st.sampled_from(["AVI", "PER", "HEG"])))
    row["transhipment_ports"] = draw(_list(st.sampled_from(["SGSIN", "HKHKG", "KLANG PORT"])))
    row["container_ids"] = draw(_list(_BOX))
    if row["container_ids"]:
        row["container_types"] = draw(st.sampled_from(["22G1", "45G1", ""]))
        row["container_load_status"] = draw(st.sampled_from(["full", "part", "empty", ""]))
        row["seal_ids"] = draw(_list(_CODE))
    for name in ("origin_country", "destination_country"):
        row[name] = draw(st.sampled_from(["MZ", "VN", "CN", ""]))
    for name in ("loading_port", "discharge_port", "delivery_place", "location", "customs_office"):
        row[name] = draw(
            st.sampled_from(["CNSHA", "VNHPH", "NHAVA SHEVA", "KWAI CHUNG TERMINAL NO. 9 SOUTH", ""])
        )
    for name in ("gross_weight_kg", "net_weight_kg", "volume_m3", "packages", "declared_value"):
        row[name] = draw(st.one_of(st.none(), _AMOUNT))
    if row["declared_value"] is not None:
        row["currency"] = draw(st.sampled_from(["USD", "CNY"]))
    row["bill_level"] = draw(st.sampled_from(["house", "master", "direct", ""]))
    row["master_id"] = draw(_CODE) if row["bill_level"] == "house" else ""
    row["is_refrigerated"] = draw(st.sampled_from([True, None]))
    row["known_at"] = pd.Timestamp(draw(st.integers(0, 4 * 10**9)), unit="s").floor("s")
    row["arrives_at"] = pd.Timestamp(draw(st.integers(0, 4 * 10**9)), unit="s")
    lines = draw(
        st.lists(
            st.fixed_dictionaries(
                {"description": _WORDS.filter(bool)},
                optional={
                    "hs": st.sampled_from(["0301", "440710"]),
                    "packages": _AMOUNT,
                    "kg": _AMOUNT,
                    "value": _AMOUNT,
                    "currency": st.just("USD"),
                    "origin": st.just("VN"),
                },
            ),
            max_size=3,
        )
    )
    if len(lines) > 1:
        row["items"] = messages_items(lines)
        row["goods_description"] = "; ".join(dict.fromkeys(line["description"] for line in lines))
        hs = [line["hs"] for line in lines if "hs" in line]
        row["hs_codes"] = ";".join(dict.fromkeys([*hs, *str(row["hs_codes"]).split(";")])).strip(";")
        for name in ("packages", "gross_weight_kg", "declared_value"):
            row[name] = row[name] if row[name] is not None else 7.0
        row["currency"] = "USD"
    return row


def messages_items(lines: list[dict[str, object]]) -> str:
    from features.manifest import codes

    for line in lines:
        if "value" in line:
            line["currency"] = "USD"
        else:
            line.pop("currency", None)
    return codes.items(json.dumps(lines)) or ""


def _table(rows: list[dict[str, object]]) -> pd.DataFrame:
    columns = {}
    for column in schema.COLUMNS:
        cells = [row.get(column.name) for row in rows]
        if any(cell is not None and cell != "" for cell in cells):
            cells = [None if cell == "" else cell for cell in cells]
            columns[column.name] = pd.Series(cells, dtype="object").astype(column.dtype)
    return schema.complete(pd.DataFrame(columns, index=range(len(rows))))


def _again(table: pd.DataFrame, tmp_path: Path) -> pd.DataFrame:
    path = tmp_path / "written.edi"
    with open(path, "wb") as stream:
        FORM.write(table, stream)
    result = manifest.read(path)
    assert result.rejected.empty, result.rejected
    return result.table


@given(
    rows=st.lists(_rows(), min_size=4, max_size=12, unique_by=lambda row: row["shipment_id"].replace(" ", ""))
)
@settings(max_examples=12, deadline=None, phases=(Phase.generate,), suppress_health_check=list(HealthCheck))
def test_written_and_read_again(
    rows: list[dict[str, object]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    table = _table(rows)
    # What reads as nothing (a dash) or as other text (a plain number of papers) is the table's own matter.
    path = tmp_path_factory.mktemp("given") / "table.parquet"
    manifest.write(table, path)
    given_table = manifest.read(path).table
    read = _again(given_table, tmp_path_factory.mktemp("again"))
    assert list(read["shipment_id"]) == list(given_table["shipment_id"])
    for name in FORM.columns:
        if name not in ("items", "amendment_count", "last_amended_at", "is_consolidation", "source_position"):
            before, after = given_table[name].tolist(), read[name].tolist()
            for number, (was, now) in enumerate(zip(before, after, strict=True)):
                if name == "bill_level" and pd.isna(was):
                    continue
                if name == "line_number" and pd.isna(was):
                    continue
                assert (pd.isna(was) and pd.isna(now)) or was == now, (name, was, now, rows[number])
    for was, now in zip(given_table["items"], read["items"], strict=True):
        assert pd.isna(was) or json.loads(was) == json.loads(now)


def test_amended_consolidated_and_many(tmp_path: Path) -> None:
    rows = [
        {
            "shipment_id": f"B{n}",
            "known_at": pd.Timestamp("2026-01-02 03:04:05"),
            "amendment_count": 1.0,
            "last_amended_at": pd.Timestamp("2026-01-02 03:04:05"),
            "is_consolidation": True,
            "bill_level": "master",
            "container_ids": "ABCU1234567",
            "seal_ids": f"S{n % 3}",
        }
        for n in range(450)
    ]
    table = _table(rows)
    read = _again(table, tmp_path)
    for name in (
        "shipment_id",
        "known_at",
        "amendment_count",
        "last_amended_at",
        "is_consolidation",
        "seal_ids",
    ):
        assert read[name].tolist() == table[name].tolist()


def test_the_same_table_gives_the_same_bytes() -> None:
    table = _table([{"shipment_id": "B1", "goods_description": "木材 'x' + y"}])
    one, two = io.BytesIO(), io.BytesIO()
    FORM.write(table, one)
    FORM.write(table, two)
    assert one.getvalue() == two.getvalue()
    assert b"UNOY" in one.getvalue()
    empty = io.BytesIO()
    FORM.write(table.iloc[:0], empty)
    assert empty.getvalue().endswith(b"UNZ+0+1'\n")


# --- hostile --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"FTX+AAA+++" + b"X" * 3_000_000 + b"'GID+2+1'",
        b"FTX+AAA+++" + b"?" * 500_001 + b"'",
        b"FTX+AAA+++" + b":A" * 500_000 + b"'",
        b"GID" + b"+" * 500_000 + b"'",
        b"GID+1+1'FTX+AAA+++FISH'MEA+AAE+G+KGM:1'" * 60_000,
        b"RFF+BM:" + b"9" * 4000 + b"'RFF+HS:" + b"1" * 100_000 + b"'",
        b"CNT+7:1e999:KGM'MEA+AAE+G+KGM:" + b"9" * 4000 + b"'MOA+44:1" + b"0" * 4000 + b":USD'",
        b"\x00\x01\x02\x03\x1a\xff\xfe\xed\xa0\x80'" * 2000,
        b"EQD+CN+ABCU1234567'SGP+ABCU1234567'SEL+1'" * 30_000,
        b"NAD+CZ+++" + b"A,B" * 100_000 + b"'",
        b"DTM+132:99999999:102'DTM+178:-1:203'DTM+137::'",
        b"'" * 500_000,
        b"\n" * 500_000,
        b"UNA" * 100_000,
        b"UNB+UNOA" * 50_000,
    ],
)
def test_hostile_bytes_are_read_in_a_moment(body: bytes, tmp_path: Path) -> None:
    data = b"UNA:+.? 'UNB+UNOA:1+A+B+260801:0240+1'UNH+1+CUSCAR:D:95B:UN'BGM+85+M+9'CNI+1'RFF+BM:B1'GID+1+1'"
    began = time.process_time()
    found = _read(data + body + b"\n" + SEA, tmp_path)
    assert time.process_time() - began < 8
    assert any(isinstance(each, Shipment) and each.values["shipment_id"] == "EXLU001" for each in found)


@given(data=st.data())
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
def test_mutated_messages_never_stop_the_reading(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    text = bytearray(SEA)
    for _ in range(data.draw(st.integers(0, 12))):
        at = data.draw(st.integers(0, max(0, len(text) - 1)))
        kind = data.draw(st.integers(0, 4))
        if kind == 0:
            text[at : at + 1] = bytes([data.draw(st.integers(0, 255))])
        elif kind == 1:
            del text[at : at + data.draw(st.integers(1, 60))]
        elif kind == 2:
            text[at:at] = data.draw(
                st.sampled_from([b"'", b"+", b":", b"?", b"\n", b"UNH+1+", b"CNI+", b"UNA", b"\xff"])
            )
        elif kind == 3:
            text[at:at] = text[at // 2 : at // 2 + data.draw(st.integers(1, 300))]
        else:
            text = text[: at + 1]
    path = tmp_path_factory.mktemp("mutated") / "m.edi"
    path.write_bytes(bytes(text))
    for each in FORM.read(path):
        if isinstance(each, Shipment):
            assert each.values["shipment_id"]
            assert set(each.values) <= set(FORM.columns)
            assert all(
                isinstance(value, str) and value and "\x01" not in value for value in each.values.values()
            )


def test_reading_is_linear(tmp_path: Path) -> None:
    bill = SEA[SEA.index(b"CNI+1") : SEA.index(b"UNT+")]
    head, times = SEA[: SEA.index(b"CNI+1")], []
    for count in (1000, 4000):
        path = tmp_path / f"{count}.edi"
        path.write_bytes(head + bill * count + b"UNT+1+1'UNZ+1+1'")
        began = time.process_time()
        assert sum(isinstance(each, Shipment) for each in FORM.read(path)) == count
        times.append(time.process_time() - began)
    assert times[1] < 8 * max(times[0], 0.05)


def test_segments_are_cut_alike_at_any_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "m.edi"
    path.write_bytes(SEA + _rewritten(SEA, b"|", b"*", b"!", b"~"))
    whole = list(FORM.read(path))
    for block in (1, 7, 64, 1000):
        monkeypatch.setattr(segments, "BLOCK", block)
        assert list(FORM.read(path)) == whole


def test_the_whole_way(tmp_path: Path) -> None:
    path = tmp_path / "m.edi"
    path.write_bytes(SEA)
    assert messages.recognise(SEA) is FORM
    result = manifest.read(path)
    assert result.table.loc[0, "goods_description"] == "TIMBER IN THE ROUGH, SAWN + PLANED LOT 'A'"
    assert result.table.loc[0, "source_position"] == "segment 15"
    assert result.table.loc[0, "gross_weight_kg"] == 22250.0
