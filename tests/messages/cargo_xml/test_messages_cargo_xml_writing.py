"""IATA Cargo-XML written, and read again."""

from __future__ import annotations

import io
import json
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from features import manifest
from features.manifest import schema
from features.manifest.cells import Habits, read_column
from features.manifest.messages.cargo_xml import FORM
from features.manifest.messages.chunks import chunks

Values = Callable[[str | bytes], list[dict[str, str]]]
_FOLDER = Path(__file__).parent.parent / "samples" / "cargo_xml"
_WAYBILL, _HOUSE, _LIST = (
    (_FOLDER / f"{name}.xml").read_bytes().decode() for name in ("waybill", "house", "list")
)

_TEXTS = st.text(
    st.sampled_from(
        "abz XY019,.;:'\"&<>/-+*?()[]{}|\\\n\t"
        "中国象牙穿山甲ไทยงาช้างعاجالعاجСлоноваяжираф한국日本éñüß€£😀🐍Ǆﬁ\u0301"
    ),
    max_size=150,
).map(lambda text: unicodedata.normalize("NFC", text).strip())
_WORDS = _TEXTS.filter(lambda text: len(text) > 1 and not text.upper().startswith(("N", "-", "CONSOL")))
_IDS = st.from_regex(r"[A-Z]{2,4}[ /-]?[0-9A-Z]{1,12}", fullmatch=True)
_PLACES = st.sampled_from(["HKG", "BKK", "NBO", "DXB", "CNSHA"])
_COUNTRIES = st.sampled_from(["TH", "KE", "DE", "NA"])
_TIMES = st.datetimes(pd.Timestamp("1971-01-01"), pd.Timestamp("2099-01-01"))
_NUMBERS = st.floats(1e-4, 1e7).map(lambda x: float(f"{x:.6g}"))
_COUNTS = st.integers(1, 10**6).map(float)


def _member_list(member: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(member, min_size=1, max_size=4, unique=True).map(";".join)


_LINE = st.fixed_dictionaries(
    {"description": _WORDS, "packages": _COUNTS},
    optional={"hs": st.sampled_from(["010631", "0507", "12119099"]), "kg": _NUMBERS},
)
_MAYBE = {
    "known_at": _TIMES,
    "arrives_at": _TIMES,
    **{f"{role}_name": _WORDS for role in ("shipper", "consignee", "notify")},
    **{f"{role}_address": _WORDS for role in ("shipper", "consignee", "notify")},
    **{f"{role}_country": _COUNTRIES for role in ("shipper", "consignee", "notify")},
    **{f"{role}_id": _IDS for role in ("shipper", "consignee", "notify")},
    **{f"{role}_phone": _WORDS for role in ("shipper", "consignee", "notify")},
    **{f"{role}_email": _WORDS for role in ("shipper", "consignee", "notify")},
    "broker_name": _WORDS,
    "location": _WORDS,
    "carrier_name": _WORDS,
    "manifest_id": _IDS,
    "declaration_id": _IDS,
    "goods_description": _WORDS,
    "hs_codes": _member_list(st.sampled_from(["010631", "0507", "12119099", "9601"])),
    "permit_refs": _member_list(_IDS),
    "handling_codes": _member_list(st.sampled_from(["AVI", "PER", "EAT", "GEN"])),
    "seal_ids": _member_list(_IDS.map(lambda text: text.replace("/", "-"))),
    "container_ids": _member_list(st.sampled_from(["PMC12345XX", "AKE4711QR", "CSQU3054383", "ZZ99"])),
    "origin_country": _COUNTRIES,
    "gross_weight_kg": _NUMBERS,
    "packages": _COUNTS,
    "volume_m3": _NUMBERS,
    "vessel_or_flight": _IDS,
}


@st.composite
def _row(draw: st.DrawFn) -> dict[str, object]:
    row: dict[str, object] = draw(st.fixed_dictionaries({}, optional=_MAYBE))
    row["bill_level"] = draw(st.sampled_from(["house", "direct", "master"]))
    row["mode"] = "air"
    if row["bill_level"] != "house":
        row["is_consolidation"] = row["bill_level"] == "master"
    if draw(st.booleans()):
        row["master_id"] = draw(st.sampled_from(["157-12345675", "MASTER 1"]))
    if draw(st.booleans()):
        ports = draw(st.lists(_PLACES, min_size=2, max_size=5, unique=True))
        row["loading_port"], row["discharge_port"] = ports[:2]
        if len(ports) > 2:
            row["delivery_place"] = ports[2]
        if ports[3:]:
            row["transhipment_ports"] = ";".join(ports[3:])
    if draw(st.booleans()):
        row["declared_value"] = draw(_NUMBERS)
        if draw(st.booleans()):
            row["currency"] = draw(st.sampled_from(["USD", "THB"]))
    if "known_at" in row and draw(st.booleans()):
        row["amendment_count"], row["last_amended_at"] = 1.0, row["known_at"]
    if draw(st.booleans()):
        lines = draw(st.lists(_LINE, min_size=2, max_size=4))
        row["items"] = json.dumps(lines, ensure_ascii=False, separators=(",", ":"))
        row["goods_description"] = "; ".join(dict.fromkeys(line["description"] for line in lines))
        headings = dict.fromkeys(line["hs"] for line in lines if "hs" in line)
        row.pop("hs_codes", None)
        row.pop("origin_country", None)
        if headings:
            row["hs_codes"] = ";".join(headings)
        row["packages"] = sum(line["packages"] for line in lines)
        weights = [line["kg"] for line in lines if "kg" in line]
        if weights:
            row["gross_weight_kg"] = draw(_NUMBERS)
    return row


def _table(rows: list[dict[str, object]]) -> pd.DataFrame:
    data = {
        name: pd.Series([row.get(name) for row in rows], dtype=schema.BY_NAME[name].dtype)  # type: ignore[call-overload]
        for name in {key for row in rows for key in row}
    }
    return schema.complete(pd.DataFrame(data, index=pd.RangeIndex(len(rows))))


def _written(table: pd.DataFrame) -> bytes:
    stream = io.BytesIO()
    FORM.write(table, stream)
    return stream.getvalue()


_KEPT = [f.column for f in FORM.fields if f.written]


def _lines(text: object) -> object:
    return json.loads(text) if isinstance(text, str) else None


def _two_lines(first: str, second: str) -> list[dict[str, object]]:
    lines = [{"description": first, "packages": 1.0}, {"description": second, "packages": 1.0}]
    items = json.dumps(lines, ensure_ascii=False, separators=(",", ":"))
    row = {"bill_level": "house", "mode": "air", "packages": 2.0, "items": items}
    return [{**row, "goods_description": f"{first}; {second}"}]


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(_two_lines("00", "0\n\u0301"))
@given(st.lists(_row(), min_size=1, max_size=3))
def test_writing_and_reading_loses_nothing(tmp_path: Path, rows: list[dict[str, object]]) -> None:
    for number, row in enumerate(rows):
        row["shipment_id"] = f"H{number}"
    table = _table(rows)
    path = tmp_path / "table.xml"
    path.write_bytes(_written(table))
    (chunk,) = chunks([(path, "table.xml")], FORM)
    assert not chunk.broken
    assert not chunk.doubts
    for name in _KEPT:
        back = read_column(name, chunk.frame[name], Habits()).values
        if name == "items":
            assert [_lines(x) for x in back] == [_lines(x) for x in table[name]]
            continue
        pd.testing.assert_series_equal(back, table[name], check_names=False)


def test_writing_is_the_same_every_time_and_structured(tmp_path: Path) -> None:
    path = tmp_path / "in.xml"
    path.write_text(_WAYBILL + _HOUSE + _LIST, encoding="utf-8")
    table = manifest.read(path).table
    first = _written(table)
    assert first == _written(table)
    assert first.count(b"<?xml ") == len(table)
    (out := tmp_path / "out.xml").write_bytes(first)
    again = manifest.read(out).table
    assert _written(again) == first
    names = [n for n in _KEPT if n not in ("line_number",)]
    pd.testing.assert_frame_equal(again[names], table[names])


def test_a_text_the_lines_do_not_say_is_kept(values_of: Values) -> None:
    lines = [{"description": "TEA", "packages": 2.0}, {"description": "COFFEE", "packages": 3.0}]
    row = {"shipment_id": "157-12345675", "goods_description": "GROCERIES", "items": json.dumps(lines)}
    for level in ("direct", "house"):
        (values,) = values_of(_written(_table([{**row, "bill_level": level}])))
        assert values["goods_description"] == "GROCERIES; TEA; COFFEE"
        assert _lines(values["items"]) == lines


def test_an_empty_table_is_no_message() -> None:
    assert _written(_table([]).iloc[:0]) == b""


@pytest.mark.parametrize(("level", "code"), [("master", "741"), ("direct", "740"), ("house", "703")])
def test_levels_and_codes_agree_both_ways(values_of: Values, level: str, code: str) -> None:
    row: dict[str, object] = {"shipment_id": "157-12345675", "bill_level": level, "mode": "air"}
    if level != "house":
        row["is_consolidation"] = level == "master"
    written = _written(_table([row]))
    assert f"<ram:TypeCode>{code}</ram:TypeCode>".encode() in written
    (values,) = values_of(written)
    assert values["bill_level"] == level
    assert values.get("is_consolidation") == {"master": "true", "direct": "false"}.get(level)
    assert "amendment_count" not in values


def test_a_consolidation_of_unknown_level_is_written_as_a_master(values_of: Values) -> None:
    table = _table([{"shipment_id": "157-12345675", "is_consolidation": True}])
    (values,) = values_of(_written(table))
    assert (values["bill_level"], values["is_consolidation"]) == ("master", "true")
