"""A mapping proposed for an unknown table is right where it can be, and always loads."""

from __future__ import annotations

import time

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features import manifest
from features.manifest.proposals import iso6346

FILES = {
    "thai": (
        "เลขที่ใบตราส่ง,ผู้ส่งออก,ผู้นำเข้า,รายละเอียดสินค้า,น้ำหนักรวม,จำนวนหีบห่อ,ท่าเรือต้นทาง\n"
        "T1,บริษัท ก จำกัด,บริษัท ข จำกัด,ปลาสวยงาม,12,3,HKHKG\n"
    ),
    "chinese": "提单号,发货人,收货人,货名,毛重,件数,装货港\nC1,甲有限公司,乙有限公司,冷冻鱼,12,3,CNSHA\n",
    "vietnamese": (
        "Số vận đơn,Người gửi hàng,Người nhận hàng,Tên hàng,Trọng lượng,Số kiện,Cảng xếp hàng\n"
        "V1,CTY A,CTY B,tôm,12,3,VNSGN\n"
    ),
    "spanish": (
        "Número de conocimiento,Exportador,Importador,Descripción de la mercancía,Peso bruto,"
        "Bultos,Puerto de embarque\n"
        "S1,A SA,B SA,café,12,3,COCTG\n"
    ),
    "camel": (
        "HouseBillNo,ShipperName,CneeName,GoodsDesc,GrossWt,NoOfPackages,PortOfLoading\n"
        "E1,A LTD,B LTD,COFFEE,12,3,COCTG\n"
    ),
}
WANTED = [
    "shipment_id",
    "shipper_name",
    "consignee_name",
    "goods_description",
    "gross_weight_kg",
    "packages",
    "loading_port",
]


@pytest.mark.parametrize("language", FILES)
def test_names_in_many_languages(language, tmp_path):
    path = tmp_path / "m.csv"
    path.write_text(FILES[language], "utf-8")
    proposal = manifest.propose(path)
    header = FILES[language].splitlines()[0].split(",")
    assert {c.canonical: c.source for c in proposal.columns} == dict(zip(WANTED, header, strict=True))
    table = manifest.read(path, manifest.parse_mapping(manifest.render_mapping(proposal))).table
    assert table[["gross_weight_kg", "packages"]].values.tolist() == [[12, 3]]


def test_values_speak_where_names_do_not():
    n = 40
    frame = pd.DataFrame(
        {
            "f1": [f"KX{i:06d}" for i in range(n)],
            "f2": [("ACME TRADING CO LTD", "BETA GMBH", "GAMMA PLC")[i % 3] for i in range(n)],
            "f3": ["CSQU3054383"] * n,
            "f4": [("CNSHA", "VNSGN", "THBKK")[i % 3] for i in range(n)],
            "f5": [("USD", "EUR")[i % 2] for i in range(n)],
            "f6": [("sea", "air")[i % 2] for i in range(n)],
            "f7": [f"2026-10-{i % 28 + 1:02d}" for i in range(n)],
            "f8": [f"{i % 7}" for i in range(n)],
        }
    )
    proposal = manifest.propose(frame)
    found = {c.source: c.canonical for c in proposal.columns}
    assert found.pop("f4") in ("loading_port", "discharge_port")
    assert found == {
        "f1": "shipment_id",
        "f3": "container_ids",
        "f5": "currency",
        "f6": "mode",
        "f7": "arrives_at",
    }
    assert {c.source for c in proposal.unused} == {"f2", "f8"}
    assert set(proposal.table().columns) == {"source", "canonical", "confidence", "samples", "why"}


def test_values_that_contradict_a_name_lower_it():
    frame = pd.DataFrame({"bl_no": ["A1", "A2"], "gross weight": ["heavy", "light"]})
    assert "gross_weight_kg" not in {c.canonical for c in manifest.propose(frame).columns}


def test_without_an_id_rows_are_numbered():
    text = manifest.render_mapping(manifest.propose(pd.DataFrame({"goods": ["x", "x"]})))
    assert manifest.parse_mapping(text).columns["shipment_id"].how == "row_number"


def test_a_house_bill_comes_first():
    frame = pd.DataFrame({"bl_no": ["M1", "M1", "M2"], "house_bl": ["H1", "H2", ""]})
    mapping = manifest.parse_mapping(manifest.render_mapping(manifest.propose(frame)))
    assert mapping.columns["shipment_id"].columns == ("house_bl", "bl_no")
    assert mapping.columns["master_id"].columns == ("bl_no",)


def test_what_a_person_must_decide_is_said():
    frame = pd.DataFrame(
        {"bl_no": ["A", "B"], "eta": ["03/04/2026", "05/06/2026"], "mode of transport": ["sea", "warp"]}
    )
    text = manifest.render_mapping(manifest.propose(frame))
    assert "dayfirst" in text
    assert "warp" in text


def test_iso6346():
    assert iso6346("CSQU3054383")
    assert not iso6346("CSQU3054384")
    assert not iso6346("ABC")


NAMES = st.text(st.characters(codec="utf-8"), max_size=12)


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        NAMES,
        st.lists(st.text(st.characters(codec="utf-8"), max_size=12), min_size=3, max_size=3),
        min_size=1,
        max_size=4,
    )
)
def test_any_table_gives_a_mapping_that_loads(data):
    text = manifest.render_mapping(manifest.propose(pd.DataFrame(data)))
    mapping = manifest.parse_mapping(text)
    assert set(mapping.source_columns()) <= set(data)


def test_a_table_of_five_thousand_columns_takes_seconds(tmp_path):
    names = ("gross weight", "shipper", "eta", "value", "x", "customs")
    columns = {f"{names[i % 6]} {i}": [f"{i * row} text" if i % 3 else i * row for row in range(30)]
               for i in range(5_000)}  # fmt: skip
    columns["bl_no"] = [f"HLCU{row:06d}" for row in range(30)]
    columns["when"] = [f"2026-01-{row + 1:02d}" for row in range(30)]
    pd.DataFrame(columns).to_csv(tmp_path / "wide.csv", index=False)
    began = time.process_time()
    proposal = manifest.propose(tmp_path / "wide.csv")
    manifest.render_mapping(proposal)
    assert time.process_time() - began < 60  # some 6 on an idle machine; 200 where each column is parsed
    found = {column.canonical: column.source for column in proposal.columns}
    assert found["shipment_id"] == "bl_no"
    assert found["arrives_at"] in ("when", "eta 2")
