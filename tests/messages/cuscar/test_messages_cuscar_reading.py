"""UN/EDIFACT cargo reports read as the standard says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from features import manifest
from features.manifest import messages
from features.manifest.messages import Broken, Shipment, segments
from features.manifest.messages.cuscar import FORM

SEA = (Path(__file__).parent / "sea.edi").read_bytes()


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


@pytest.mark.parametrize(
    ("code", "mode"),
    [("10", "sea"), ("12", "sea"), ("30", "road"), ("03", "road"), ("40", "air"), ("99", "")],
)
def test_modes_of_two_digits(code: str, mode: str, tmp_path: Path) -> None:
    data = f"UNH+1+CUSCAR:D:11B:UN'BGM+85+M1+9'TDT+20+V1+{code}'CNI+1+B1'GID+1+1:CT'UNT+6+1'".encode()
    assert _one(data, tmp_path).get("mode", "") == mode


def test_a_flight_without_its_carrier(tmp_path: Path) -> None:
    data = b"UNH+1+CUSCAR:D:95B:UN'BGM+85+M1+9'TDT+20+LH8410+4'CNI+1+B1'GID+1+1:CT'UNT+6+1'"
    assert _one(data, tmp_path)["vessel_or_flight"] == "LH8410"
    assert "vessel_or_flight" not in _one(data.replace(b"LH8410", b"8410"), tmp_path)
