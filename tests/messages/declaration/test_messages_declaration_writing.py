"""ASYCUDA World declarations written and read again."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from features.manifest import cells, schema
from features.manifest.messages.declaration import FORM

Values = Callable[[str | bytes], list[dict[str, str]]]


TEXT = st.text("Aé木ไทย\u0645Ж🐘'\"&<>;,/ 1x]", min_size=1, max_size=80).map(lambda text: "x" + text.strip())


WORD = st.text("ABCDEF0123456789", min_size=2, max_size=12)


NUMBER = st.floats(0.001, 1e8).map(lambda value: round(value, 3))


@st.composite
def rows(draw: st.DrawFn) -> dict[str, object]:
    def maybe(strategy: st.SearchStrategy[object]) -> object:
        return draw(st.one_of(st.none(), strategy))

    containers = draw(st.lists(st.from_regex(r"[A-Z]{4}[0-9]{7}", fullmatch=True), max_size=3, unique=True))
    value = maybe(NUMBER)
    return {
        "shipment_id": draw(TEXT),
        "master_id": maybe(TEXT.map(lambda text: "M" + text)),
        "declaration_id": draw(st.sampled_from(["C 1", "2026 KHPOS C 12", "99"])),
        "registration_number": maybe(WORD),
        "customs_office": maybe(st.just("KHPOS")),
        "known_at": maybe(st.just(pd.Timestamp("2026-10-21"))),
        "mode": maybe(st.sampled_from(["sea", "air", "road", "rail", "post"])),
        "direction": maybe(st.sampled_from(list(schema.DIRECTIONS))),
        "location": maybe(TEXT),
        "lane": maybe(st.sampled_from(["RED", "green"])),
        "trusted_trader": maybe(st.booleans()),
        **{f"{role}_name": draw(TEXT) for role in ("shipper", "consignee")},
        **{f"{role}_address": maybe(TEXT) for role in ("shipper", "consignee")},
        **{f"{role}_country": maybe(st.sampled_from(["MZ", "NA"])) for role in ("shipper", "consignee")},
        **{f"{role}_id": maybe(WORD) for role in ("shipper", "consignee")},
        "shipper_phone": maybe(st.just("+258 84 123")),
        "consignee_email": maybe(st.just("a@example.org")),
        "broker_name": maybe(TEXT),
        "goods_description": maybe(TEXT),
        "marks": maybe(TEXT),
        "hs_codes": maybe(st.sampled_from(["440349", "4403490000;0303", "97050000"])),
        "permit_refs": maybe(st.sampled_from(["CITES-1", "CITES-1;P 2"])),
        "origin_country": maybe(st.sampled_from(["MZ", "SG"])),
        "loading_port": maybe(st.sampled_from(["MZMNC", "SGSIN"])),
        "destination_country": maybe(st.sampled_from(["GA", "KH"])),
        "gross_weight_kg": maybe(NUMBER),
        "net_weight_kg": maybe(NUMBER),
        "packages": maybe(NUMBER),
        "package_type": maybe(TEXT),
        "declared_value": value,
        "currency": None if value is None else "USD",
        "container_ids": ";".join(containers) or None,
        "container_types": "45R1" if containers else None,
        "container_load_status": maybe(st.sampled_from(["full", "part", "empty"])) if containers else None,
        "seal_ids": maybe(st.lists(WORD, min_size=1, max_size=5, unique=True).map(";".join)),
        "vessel_or_flight": maybe(TEXT),
    }


def table_of(found: list[dict[str, object]]) -> pd.DataFrame:
    data = {
        name: pd.Series([row[name] for row in found], dtype="object").astype(schema.BY_NAME[name].dtype)
        for name in found[0]
    }
    return schema.complete(pd.DataFrame(data))


def cells_of(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of texts, or of a shipment table's own kinds, as reading leaves it."""
    return pd.DataFrame({name: cells.read_column(name, table[name], cells.Habits()).values for name in table})


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(rows(), min_size=4, max_size=12, unique_by=lambda row: str(row["shipment_id"])))
def test_a_table_comes_back(values: Values, found: list[dict[str, object]]) -> None:
    table = table_of(found)
    stream = io.BytesIO()
    FORM.write(table, stream)
    again = cells_of(pd.DataFrame(values(stream.getvalue()), dtype="str")).set_index("shipment_id")
    before = cells_of(table).set_index("shipment_id")
    assert again.index.tolist() == before.index.tolist()
    for name in [field.column for field in FORM.fields if field.written and field.column != "shipment_id"]:
        said = before[name].notna()
        if said.any():
            assert again[name][said].tolist() == before[name][said].tolist(), name


def test_lines_that_add_up_come_back(values: Values) -> None:
    lines = [
        {
            "description": "木",
            "hs": "440349",
            "packages": 1.0,
            "kg": 2.5,
            "value": 9.0,
            "currency": "USD",
            "origin": "MZ",
        },
        {"description": "FISH", "hs": "0303", "packages": 3.0, "kg": 4.0, "origin": "CI"},
    ]
    row = {
        "shipment_id": "A",
        "goods_description": "木; FISH",
        "hs_codes": "440349;0303",
        "packages": 4.0,
        "gross_weight_kg": 6.5,
        "items": json.dumps(lines, ensure_ascii=False, separators=(",", ":")),
    }
    stream = io.BytesIO()
    FORM.write(table_of([row]), stream)
    root = etree.fromstring(stream.getvalue())
    assert len(root.findall("Item")) == 2
    (found,) = values(stream.getvalue())
    assert json.loads(found["items"]) == lines
    assert (found["packages"], found["gross_weight_kg"]) == ("4", "6.5")
    stream = io.BytesIO()
    FORM.write(table_of([{**row, "packages": 5.0}]), stream)
    (found,) = values(stream.getvalue())
    assert found["packages"] == "5"
    assert found["hs_codes"] == "440349;0303"
