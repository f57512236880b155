"""Tables written as Cargo-IMP, and read again."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from anyascii import anyascii
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from features.manifest import schema
from features.manifest.messages import cargo_imp

_FOLDER = Path(__file__).parents[1] / "samples" / "cargo_imp"
FWB16, FWB17, FHL4, FFM8 = SAMPLES = [
    (_FOLDER / f"{name}.txt").read_text(encoding="ascii") for name in ("fwb16", "fwb17", "fhl4", "ffm8")
]


_SCRIPTS = st.sampled_from(
    [
        "LIVE ORNAMENTAL FISH",
        "ปลาสวยงามมีชีวิต",
        "活观赏鱼 淡水",
        "أسماك الزينة الحية",
        "живые рыбки",
        "O'Brien & Söhne GmbH",
        'quoted "text", with: separators/slashes+plus?',
        "emoji 🐠 fish",
        "line\nfeed",
        "A" * 83,
        "ABCDEFGHIJKLMNOPQRST UVW",
        "word " * 20,
    ]
)
_TEXTS = st.one_of(_SCRIPTS, st.text(min_size=1, max_size=60))


def plain(text: object) -> str:
    """Return a text in the characters the format has."""
    if not isinstance(text, str):
        return ""
    return " ".join(re.sub(r"[^A-Z0-9. -]+", " ", anyascii(text).upper()).split())


def letters(text: object) -> str:
    return re.sub("[^A-Z0-9]", "", plain(text))


@st.composite
def rows(draw: st.DrawFn) -> dict[str, object]:
    level = draw(st.sampled_from(["house", "direct", "master"]))
    serial = draw(st.integers(1_000_000, 9_999_999))
    waybill = f"{draw(st.integers(100, 999))}-{serial}{serial % 7}"
    own = draw(st.sampled_from(["H1", "OQM-010002328", "A" * 12, "SGN 77", "Ж-12/3"]))
    text = draw(_TEXTS.filter(lambda t: len(plain(t)) < 120 and letters(t)))
    row: dict[str, object] = {
        "shipment_id": own + str(serial) if level != "master" else waybill,
        "master_id": None if level == "master" else waybill,
        "bill_level": level,
        "is_consolidation": level == "master",
        "mode": "air",
        "goods_description": text,
        "loading_port": draw(st.sampled_from(["HKG", "CNPVG", "BKK"])),
        "discharge_port": draw(st.sampled_from(["JFK", "ATH"])),
        "hs_codes": draw(st.sampled_from(["030111", "030111;06031100", "8517", None])),
        "handling_codes": draw(st.sampled_from(["AVI;PER", "GEN", None])),
        "origin_country": draw(st.sampled_from(["TH", "NA", None])),
        "gross_weight_kg": draw(st.sampled_from([0.5, 12.25, 1234.5, 99999.5, np.nan])),
        "packages": draw(st.sampled_from([1.0, 15.0, 9999.0, np.nan])),
        "permit_refs": draw(st.sampled_from(["CITES-1;P-2", None])),
        "seal_ids": draw(st.sampled_from(["S1;S2", None])),
        "declaration_id": draw(st.sampled_from(["D-001", None])),
    }
    value = draw(st.sampled_from([12.5, 99999999.0, np.nan]))
    row |= {"declared_value": value, "currency": "USD" if value == value else None}
    for role in ("shipper", "consignee", "notify"):
        name = draw(_TEXTS.filter(lambda t: letters(t) and len(plain(t)) <= 60))
        row[f"{role}_name"] = name
        row[f"{role}_address"] = draw(
            st.sampled_from(["1 ROAD, BANGKOK", "长安街 1号, 北京", "HARBOUR", None])
        )
        row[f"{role}_country"] = draw(st.sampled_from(["TH", "CN", None]))
        row[f"{role}_phone"] = draw(st.sampled_from(["+66 2 123", None]))
        row[f"{role}_id"] = draw(st.sampled_from(["0105500000000", "TAX NO.13-2", None]))
    if level != "house":
        row |= {
            "vessel_or_flight": draw(st.sampled_from(["CX829", "Q5103", None])),
            "volume_m3": draw(st.sampled_from([1.25, np.nan])),
            "transhipment_ports": draw(st.sampled_from(["DXB", "DXB;DOH", None])),
            "broker_name": draw(st.sampled_from(["Chan & Sons", None])),
            "carrier_name": draw(st.sampled_from(["Veloxa Airways", None])),
            "location": draw(st.sampled_from(["W0123 SHED 4", None])),
            "container_ids": draw(st.sampled_from(["AKE12345CX", None])),
            "known_at": pd.Timestamp("2026-07-16"),
        }
    return row


def table_of(records: list[dict[str, object]]) -> pd.DataFrame:
    frame = pd.DataFrame(records)
    for name in frame.columns:
        frame[name] = frame[name].astype(schema.BY_NAME[name].dtype)  # type: ignore[call-overload]
    return schema.complete(frame)


_SAME = (
    *("bill_level", "mode", "hs_codes", "handling_codes", "origin_country", "permit_refs", "seal_ids"),
    *("declaration_id", "currency", "vessel_or_flight", "transhipment_ports", "location", "container_ids"),
    *(f"{role}_country" for role in ("shipper", "consignee", "notify")),
)
_OF_THE_FLIGHT = ("vessel_or_flight", "carrier_name", "transhipment_ports")
_NUMBERS = ("gross_weight_kg", "packages", "volume_m3", "declared_value")
_WORDS = ("goods_description", "broker_name", "carrier_name", "shipment_id", "master_id")
_PARTY = [
    f"{role}_{part}"
    for role in ("shipper", "consignee", "notify")
    for part in ("name", "address", "phone", "id")
]


_MASTER: dict[str, object] = {
    **{"shipment_id": "100-10000001", "master_id": None, "bill_level": "master", "is_consolidation": True},
    **{"mode": "air", "goods_description": "A", "loading_port": "HKG", "discharge_port": "JFK"},
    **{
        "shipper_name": "B",
        "consignee_name": "C",
        "notify_name": "D",
        "known_at": pd.Timestamp("2026-07-16"),
    },
}
_HOUSE = {
    **{name: value for name, value in _MASTER.items() if name != "known_at"},
    **{"shipment_id": "H1", "master_id": "100-10000001", "bill_level": "house", "is_consolidation": False},
}
_FLOWN = {"vessel_or_flight": "CX829", "carrier_name": "Veloxa Airways", "transhipment_ports": "DXB"}


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example([_HOUSE, {**_MASTER, **_FLOWN}])
@given(st.lists(rows(), min_size=1, max_size=4, unique_by=lambda row: plain(row["shipment_id"])))
def test_a_table_there_and_back(back, records):
    written, found = back(table_of(records))
    assert max(len(line) for line in written.split(b"\r\n")) <= 70
    assert re.fullmatch(rb"[A-Z0-9 ./\-\r\n]*", written)
    told = {plain(each["shipment_id"]): each for each in found}
    assert len(found) == len(records)
    masters = {row["shipment_id"]: row for row in records if row["bill_level"] == "master"}
    for row in records:
        got = told[plain(row["shipment_id"])]
        house = row["bill_level"] == "house"
        # A house flies as its master does, where the file holds that too.
        master = masters.get(row["master_id"], {}) if house else {}
        for name in (*_SAME, *_NUMBERS, *_WORDS, *_PARTY):
            said = row.get(name, master.get(name) if name in _OF_THE_FLIGHT else None)
            if house and name.startswith("notify") and name != "notify_id":
                assert name not in got
            elif said is None or said != said:
                assert name not in got or name == "carrier_name", name
            elif name in _NUMBERS:
                assert float(got[name]) == pytest.approx(float(str(said))), name
            elif name in _SAME:
                assert got[name] == said, name
            else:
                assert letters(got[name]) == letters(said), name
        assert got["loading_port"] == str(row["loading_port"])[-3:]
        assert got["discharge_port"] == row["discharge_port"]
        assert got["is_consolidation"] == ("true" if row["is_consolidation"] else "false")


@settings(max_examples=80, deadline=None)
@given(st.text(st.sampled_from("AB CDE.-"), min_size=1, max_size=150), st.sampled_from([20, 35, 65]))
def test_wrapped_lines_read_together_as_they_were(text, width):
    from features.manifest.messages.cargo_imp_goods import joined
    from features.manifest.messages.cargo_imp_writing import wrapped

    text = " ".join(word for word in text.split() if len(word) % width)
    lines = wrapped(text, width, 99)
    assert all(len(line) <= width for line in lines)
    assert joined(lines, width) == text


def test_items_are_written_as_lines_of_rates(back):
    items = [
        {"description": "COTTON SHIRTS", "hs": "620520", "origin": "BD", "packages": 10.0, "kg": 5.5},
        {"description": "LEATHER BELTS", "hs": "420330", "packages": 9.0, "kg": 99.0},
    ]
    row = {
        "shipment_id": "157-41510976",
        "bill_level": "direct",
        "goods_description": "cotton shirts; leather belts",
        "hs_codes": "620520;420330",
        "items": json.dumps(items),
        "packages": 19.0,
        "gross_weight_kg": 104.5,
    }
    _, (found,) = back(table_of([row]))
    assert json.loads(found["items"]) == items
    assert found["goods_description"] == "COTTON SHIRTS; LEATHER BELTS"


def test_a_house_stands_below_its_master(back):
    records = [
        {"shipment_id": "H1", "master_id": "157-41510976", "bill_level": "house", "packages": 3.0},
        {"shipment_id": "117-41380802", "bill_level": "direct", "goods_description": "FISH"},
        {
            "shipment_id": "157-41510976",
            "bill_level": "master",
            "packages": 7.0,
            "vessel_or_flight": "CX829",
            "is_consolidation": True,
        },
        {"shipment_id": "H2", "master_id": "157-41510976", "bill_level": "house", "packages": 4.0},
    ]
    written, found = back(table_of(records))
    assert [each["shipment_id"] for each in found] == ["157-41510976", "H1", "H2", "117-41380802"]
    assert found[1]["vessel_or_flight"] == "CX829"
    assert written.count(b"MBI/157-41510976XXXXXX/T7K0") == 2


def test_a_table_without_numbers_of_the_format_keeps_its_own(back):
    records = [
        {"shipment_id": "MAEU123456789", "master_id": "COSU-77", "bill_level": "house"},
        {"shipment_id": "PARCEL 1", "bill_level": "direct"},
        {"shipment_id": "X-1", "master_id": "COSU-78", "bill_level": "direct"},
    ]
    _, found = back(table_of(records))
    assert [(each["shipment_id"], each.get("master_id")) for each in found] == [
        ("MAEU123456789", "COSU-77"),
        ("PARCEL 1", None),
        ("X-1", "COSU-78"),
    ]


def test_writing_is_the_same_each_time_and_an_empty_table_is_nothing(back):
    table = table_of([{"shipment_id": "117-41380802", "bill_level": "direct", "goods_description": "鱼"}])
    assert back(table)[0] == back(table)[0]
    stream = io.BytesIO()
    cargo_imp.write(table.iloc[:0], stream)
    assert stream.getvalue() == b""
