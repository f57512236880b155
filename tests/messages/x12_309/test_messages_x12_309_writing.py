"""ANSI X12 customs manifests written and read again."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from features import manifest
from features.manifest import schema
from features.manifest.messages.x12_309 import FORM

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
