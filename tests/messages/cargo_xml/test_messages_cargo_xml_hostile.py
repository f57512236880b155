"""IATA Cargo-XML that is torn, forged or beyond measure."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features import manifest
from features.manifest.messages.cargo_xml import FORM
from features.manifest.messages.form import Broken, Shipment

Read = Callable[[str | bytes], list[Shipment | Broken]]
_FOLDER = Path(__file__).parent.parent / "samples" / "cargo_xml"
_WAYBILL, _HOUSE, _FLIGHT, _LIST = (
    (_FOLDER / f"{name}.xml").read_bytes().decode() for name in ("waybill", "house", "flight", "list")
)
_SAMPLES = [text.encode() for text in (_WAYBILL, _HOUSE, _FLIGHT, _LIST)]


def _seconds(path: Path) -> float:
    start = time.process_time()
    assert sum(1 for _ in FORM.read(path)) > 0
    return time.process_time() - start


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
def test_hostile_messages_raise_nothing(read_text: Read, text: str) -> None:
    for each in read_text(text.encode("utf-8", "replace")):
        assert isinstance(each, (Shipment, Broken))


def test_bytes_that_are_no_text_raise_nothing(read_text: Read) -> None:
    raw = _WAYBILL.encode()
    for at in range(0, len(raw), 997):
        for junk in (b"\x00", b"\xff\xfe", b"\xed\xa0\x80"):
            for each in read_text(raw[:at] + junk + raw[at:]):
                assert isinstance(each, (Shipment, Broken))


@pytest.mark.parametrize("kind", ["items", "notes", "parts", "houses"])
def test_reading_is_linear_in_what_repeats(tmp_path: Path, build: SimpleNamespace, kind: str) -> None:
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
            parts = "".join(build.listed("176-00000011", "S", 1, 1, f"T{n}") for n in range(count))
            text = build.document(
                "FlightManifest", "<rsm:ArrivalEvent>" + build.cargo("BLK", parts) + "</rsm:ArrivalEvent>"
            )
        else:
            houses = "".join(build.house_entry(f"H{n}", "X") for n in range(count))
            text = build.document("HouseManifest", f"<rsm:MasterConsignment>{houses}</rsm:MasterConsignment>")
        path.write_text(text, encoding="utf-8")
        took.append(min(_seconds(path) for _ in range(2)))
    assert took[1] < 8 * 3 * max(took[0], 0.01)


@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_mutated_messages_raise_nothing(read_text: Read, data: st.DataObject) -> None:
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
    for each in read_text(text):
        assert isinstance(each, (Shipment, Broken))
        if isinstance(each, Shipment):
            assert set(each.values) <= set(FORM.columns)
            assert all(isinstance(value, str) and value for value in each.values.values())
            assert each.values["shipment_id"]
