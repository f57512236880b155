"""ASYCUDA World manifests written and read again."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from features.manifest import cells, schema
from features.manifest.messages.asycuda import FORM

Values = Callable[[str | bytes], list[dict[str, str]]]


TEXT = (
    st.text(st.sampled_from("Aé木ไทย\u0645Ж🐘'\"&<>;,/ 1x\n]"), min_size=1, max_size=90)
    .map(lambda text: "x" + " ".join(text.split(" ")).strip())
    .map(lambda text: "\n".join(line.strip(" ") for line in text.split("\n")).strip())
)


WORD = st.text("ABCDEF0123456789", min_size=2, max_size=12)


PLAIN = TEXT.filter(lambda text: "\n" not in text)


NUMBER = st.floats(0.001, 1e8).map(lambda value: round(value, 3))


@st.composite
def rows(draw: st.DrawFn) -> dict[str, object]:
    def maybe(strategy: st.SearchStrategy[object]) -> object:
        return draw(st.one_of(st.none(), strategy))

    containers = draw(st.lists(st.from_regex(r"[A-Z]{4}[0-9]{7}", fullmatch=True), max_size=4, unique=True))
    types = st.lists(
        st.sampled_from(["22G1", "45G1", "45R1"]), min_size=1, max_size=len(containers) or 1, unique=True
    )
    line = st.fixed_dictionaries(
        {"description": PLAIN},
        optional={"hs": st.just("440349"), "kg": NUMBER, "packages": NUMBER, "origin": st.just("MZ")},
    )
    order = ("description", "hs", "packages", "kg", "origin")
    items = maybe(
        st.lists(line.map(lambda one: {key: one[key] for key in order if key in one}), min_size=1, max_size=3)
    )
    level = maybe(st.sampled_from(["master", "house", "direct"]))
    value = maybe(NUMBER)
    return {
        "shipment_id": draw(PLAIN),
        "bill_level": level,
        "master_id": "M" + draw(PLAIN) if level == "house" else None,
        "is_consolidation": maybe(st.booleans()) if level != "direct" and level else None,
        "line_number": draw(WORD),
        "customs_office": maybe(WORD),
        "voyage": maybe(PLAIN),
        "vessel_or_flight": maybe(PLAIN),
        "carrier_name": maybe(PLAIN),
        "mode": maybe(st.sampled_from(["sea", "air", "road", "rail", "post"])),
        "direction": maybe(st.sampled_from(list(schema.DIRECTIONS))),
        "arrives_at": maybe(st.datetimes(pd.Timestamp("2020-01-01"), pd.Timestamp("2030-01-01"))),
        **{
            f"{role}_{what}": maybe(strategy)
            for role in ("shipper", "consignee", "notify")
            for what, strategy in {
                "name": PLAIN,
                "address": TEXT,
                "country": st.sampled_from(["MZ", "NA", "TW", "GB", "CI"]),
                "id": WORD,
                "phone": st.just("+258 84 123 4567"),
                "email": st.just("a@example.org"),
            }.items()
        },
        "goods_description": draw(TEXT),
        "marks": maybe(TEXT),
        "items": None if items is None else json.dumps(items, ensure_ascii=False, separators=(",", ":")),
        "hs_codes": maybe(st.sampled_from(["440349", "440349;0303", "440349;0303;0802;970500"])),
        "origin_country": draw(st.sampled_from(["MZ", "SG"])),
        "loading_port": maybe(st.sampled_from(["MZMNC", "SGSIN", "NOWHERE"])),
        "discharge_port": maybe(st.sampled_from(["GALBV", "KHKOS"])),
        "delivery_place": maybe(st.sampled_from(["GAFCV", "ถิ่นไกล"])),
        "destination_country": maybe(st.sampled_from(["GA", "KH"])),
        "location": maybe(PLAIN),
        "gross_weight_kg": maybe(NUMBER),
        "packages": maybe(NUMBER),
        "package_type": maybe(PLAIN),
        "volume_m3": maybe(NUMBER),
        "declared_value": value,
        "currency": "USD" if value is not None else None,
        "container_ids": ";".join(containers) or None,
        "container_types": ";".join(draw(types)) if containers else None,
        "container_load_status": maybe(st.sampled_from(["full", "part", "empty"])) if containers else None,
        "seal_ids": maybe(st.lists(WORD, min_size=1, max_size=9, unique=True).map(";".join)),
    }


def table_of(found: list[dict[str, object]]) -> pd.DataFrame:
    data = {
        name: pd.Series([row[name] for row in found], dtype="object").astype(schema.BY_NAME[name].dtype)
        for name in found[0]
    }
    return schema.complete(pd.DataFrame(data))


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
@given(st.lists(rows(), min_size=4, max_size=12, unique_by=lambda row: str(row["shipment_id"]).casefold()))
def test_a_table_comes_back(values: Values, found: list[dict[str, object]]) -> None:
    table = table_of(found)
    stream = io.BytesIO()
    FORM.write(table, stream)
    again = cells_of(pd.DataFrame(values(stream.getvalue()), dtype="str")).set_index("shipment_id")
    before = cells_of(table).set_index("shipment_id")
    assert sorted(again.index) == sorted(before.index)
    for name in [field.column for field in FORM.fields if field.written and field.column != "shipment_id"]:
        if name == "hs_codes" and before["items"].notna().any():
            continue  # headings of lines are added
        said = before[name].notna()
        if said.any():
            assert again[name].reindex(before.index)[said].tolist() == before[name][said].tolist(), name


def cells_of(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of texts, or of a shipment table's own kinds, as reading leaves it."""
    return pd.DataFrame({name: cells.read_column(name, table[name], cells.Habits()).values for name in table})


def test_each_message_written_is_whole_xml() -> None:
    table = table_of(
        [{"shipment_id": "A", "goods_description": "木 & <b>", "voyage": voyage} for voyage in "12"]
    )
    stream = io.BytesIO()
    FORM.write(table, stream)
    documents = stream.getvalue().decode().split('<?xml version="1.0" encoding="UTF-8"?>\n')[1:]
    assert len(documents) == 2
    for text in documents:
        root = etree.fromstring(text)
        assert [child.tag for child in root] == ["General_segment", "Bol_segment"]
        assert root.findtext(".//Total_number_of_bols") == "1"
        assert root.findtext(".//Goods_description") == "木 & <b>"
    again = io.BytesIO()
    FORM.write(table, again)
    assert again.getvalue() == stream.getvalue()
