"""UN/EDIFACT cargo reports written and read again."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from features import manifest
from features.manifest import schema
from features.manifest.messages.cuscar import FORM

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
                # By air the number of the voyage is the flight, where nothing else is said.
                if name == "vessel_or_flight" and given_table["mode"][number] == "air" and pd.isna(was):
                    assert pd.isna(now) or now.endswith(given_table["voyage"][number])
                    continue
                assert (pd.isna(was) and pd.isna(now)) or was == now, (name, was, now, rows[number])
    for was, now in zip(given_table["items"], read["items"], strict=True):
        assert pd.isna(was) or json.loads(was) == json.loads(now)


@pytest.mark.parametrize(("mode", "flight"), [("air", "B369"), ("sea", None)])
def test_by_air_the_voyage_is_the_flight(mode: str, flight: str | None, tmp_path: Path) -> None:
    read = _again(_table([{"shipment_id": "B1", "mode": mode, "voyage": "B369"}]), tmp_path)
    assert read["voyage"].tolist() == ["B369"]
    assert read["vessel_or_flight"].dropna().tolist() == ([flight] if flight else [])


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
