"""Mapping files turn any table into shipments; a wrong one lists all that is wrong."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features import manifest

MAPPING = """
[columns]
shipment_id = { row_number = true }
goods_description = ["kind", "detail"]
origin_country = "from"
gross_weight_kg = "tonnes"
[constants]
mode = "air"
[values.outcome]
column = "action"
map = { R = "wildlife_products", C = "clean" }
[[values.outcome.when]]
action = "R"
detail = ["LIV", "EGG"]
value = "live_animals"
[scale]
gross_weight_kg = 1000
[extra]
categorical = ["purpose"]
numeric = ["quantity"]
[read]
missing = ["NA"]
"""


@pytest.fixture
def local(tmp_path):
    path = tmp_path / "local.csv"
    path.write_text(
        "kind,detail,from,tonnes,action,purpose,quantity,other\n"
        'FROG,LIV,ID,1.5,R,T,5,x\nFROG,MEA,NA,,R,S,many,y\nNEWT,LIV,CN,2,C,,"1,000",z\nTOAD,EGG,CN,2,,NA,1,z\n'
    )
    return path


def test_every_section_does_what_it_says(local, tmp_path):
    (tmp_path / "m.toml").write_text(MAPPING)
    found = manifest.read(local, tmp_path / "m.toml")
    table = found.table
    assert table["shipment_id"].tolist() == [f"local.csv#{n}" for n in (2, 3, 4, 5)]
    assert table["goods_description"].tolist()[:2] == ["FROG LIV", "FROG MEA"]
    assert table["outcome"].tolist()[:3] == ["live_animals", "wildlife_products", "clean"]
    assert pd.isna(table["outcome"].iloc[3])
    assert table["origin_country"].isna().tolist() == [False, True, False, False]
    assert table["gross_weight_kg"].tolist()[0] == 1500
    assert (table["mode"] == "air").all()
    assert table["purpose"].isna().tolist() == [False, False, True, True]
    assert table["quantity"].tolist()[2] == 1000
    assert str(table["quantity"].dtype) == "float64"
    assert found.extra == {"categorical": ["purpose"], "numeric": ["quantity"]}
    assert "many" in found.notes["value"].tolist()
    assert found.notes["value"].tolist()[0] == "other"  # not mapped: one note


def test_unmapped_values_are_an_error_that_lists_them(local):
    mapping = manifest.parse_mapping(MAPPING.replace(', C = "clean"', ""))
    for reader in (manifest.read, lambda *a: list(manifest.stream(*a))):
        with pytest.raises(manifest.ManifestError) as caught:
            reader(local, mapping)
        assert caught.value.problems[["column", "value"]].values.tolist() == [["action", "C"]]


def test_other_takes_what_the_map_does_not_know(local):
    mapping = manifest.parse_mapping(MAPPING.replace(', C = "clean" }', ' }\nother = "other_offence"'))
    assert manifest.read(local, mapping).table["outcome"].iloc[2] == "other_offence"


def test_columns_the_file_lacks_are_all_named(local):
    mapping = manifest.parse_mapping('[columns]\nshipment_id = "no1"\nmarks = "no2"\n')
    with pytest.raises(manifest.ManifestError) as caught:
        manifest.read(local, mapping)
    assert caught.value.problems["column"].tolist() == ["no1", "no2"]


def test_the_key_of_lines_becomes_the_shipment(tmp_path):
    path = tmp_path / "m.csv"
    path.write_text("control,item,kg\nX,a,1\nX,b,2\n,c,3\n")
    mapping = manifest.parse_mapping(
        '[columns]\nshipment_id={row_number=true}\ngoods_description="item"\ngross_weight_kg="kg"\n[lines]\nkey="control"\nsum=["gross_weight_kg"]\n'
    )
    table = manifest.read(path, mapping).table
    assert table["shipment_id"].tolist() == ["X", "m.csv#4"]
    assert table["gross_weight_kg"].tolist() == [3, 3]


def test_read_options(tmp_path):
    path = tmp_path / "m.csv"
    path.write_bytes("title\n\nnr;gewicht;ankunft\nA;1.234;03/04/2026 07:00\n".encode("utf-16"))
    mapping = manifest.parse_mapping(
        '[columns]\nshipment_id="nr"\ngross_weight_kg="gewicht"\narrives_at="ankunft"\n'
        '[read]\ndecimal=","\ndayfirst=true\ntime_zone="Asia/Bangkok"\ndelimiter=";"\nskip_rows=2\nencoding="utf-16"\n'
    )
    row = manifest.read(path, mapping).table.iloc[0]
    assert (row["gross_weight_kg"], row["arrives_at"]) == (1234, pd.Timestamp("2026-04-03"))


def test_lines_may_be_kept_apart(tmp_path):
    path = tmp_path / "m.csv"
    path.write_text("nr,goods\nA,x\nA,y\nB,z\n")
    mapping = manifest.parse_mapping(
        '[columns]\nshipment_id="nr"\ngoods_description="goods"\n[lines]\njoin=false\n'
    )
    assert manifest.read(path, mapping).counts["rejected"] == 2


def test_all_that_is_wrong_is_listed():
    text = """
nonsense = 1
[columns]
shipment = "a"
goods_description = 5
marks = { rows = true }
[constants]
mode = "teleport"
[values.outcome]
column = 3
map = { R = "bad" }
[scale]
marks = 2
gross_weight_kg = -1
[lines]
total = "maybe"
key = []
sum = ["marks"]
[extra]
categorical = ["mode", "x"]
numeric = ["x"]
[read]
delimiter = ";;"
encoding = "klingon"
time_zone = "../../etc/passwd"
skip_rows = -1
"""
    with pytest.raises(manifest.ManifestError) as caught:
        manifest.parse_mapping(text)
    places = set(caught.value.problems["column"])
    assert places >= {
        "nonsense",
        "columns.shipment",
        "columns.goods_description",
        "columns.marks",
        "constants.mode",
        "values.outcome.column",
        "values.outcome.map.R",
        "scale.marks",
        "scale.gross_weight_kg",
        "lines.total",
        "lines.key",
        "lines.sum",
        "extra.categorical",
        "extra",
        "read.delimiter",
        "read.encoding",
        "read.time_zone",
        "read.skip_rows",
        "columns.shipment_id",
    }


@settings(max_examples=80, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["columns", "constants", "values", "scale", "lines", "extra", "read", "x"]),
        st.recursive(
            st.sampled_from(
                [
                    "1",
                    '"a"',
                    "true",
                    "[]",
                    '["a", "b"]',
                    "{ a = 1 }",
                    "-5",
                    "nan",
                    "{ row_number = true }",
                    "1979-05-27",
                ]
            ),
            lambda inner: st.dictionaries(
                st.sampled_from(
                    [
                        "shipment_id",
                        "mode",
                        "outcome",
                        "map",
                        "when",
                        "column",
                        "key",
                        "sum",
                        "value",
                        "encoding",
                        "categorical",
                    ]
                ),
                inner,
                min_size=1,
                max_size=3,
            ).map(lambda d: "{ " + ", ".join(f"{k} = {v}" for k, v in d.items()) + " }"),
            max_leaves=6,
        ),
    )
)
def test_hostile_mappings_are_an_error_of_one_kind(sections):
    text = "\n".join(f"{key} = {value}" for key, value in sections.items())
    problems = []
    try:
        manifest.parse_mapping(text)
    except manifest.ManifestError as error:
        problems = error.problems["expected"].tolist()
    assert all(problems)  # any other kind of error fails; and each problem says what was expected


def test_files_that_are_no_mapping(tmp_path):
    for content in (b"\xff\xfe\x00", b"[columns", b"a = " + b"[" * 5000, b"x" * 2_000_000):
        (tmp_path / "m.toml").write_bytes(content)
        with pytest.raises(manifest.ManifestError):
            manifest.load_mapping(tmp_path / "m.toml")
    with pytest.raises(manifest.ManifestError):
        manifest.load_mapping(tmp_path / "none.toml")


def test_the_latest_of_several_times_is_taken_row_by_row(tmp_path):
    (tmp_path / "m.toml").write_text(
        '[columns]\nshipment_id = "id"\nknown_at = "shipped"\n'
        'inspected_at = { latest = ["decided", "shipped"] }\n'
    )
    (tmp_path / "days.csv").write_text(
        "id,shipped,decided\nA,2015-03-02,2015-03-09\nB,2015-03-02,2015-02-20\nC,2015-03-02,\nD,,2015-03-04\n"
        "E,,soon\nF,2015-03-02,soon\nG,,\n"
    )
    found = manifest.read(tmp_path / "days.csv", tmp_path / "m.toml")
    days = found.table["inspected_at"].dt.strftime("%d.%m.").tolist()
    assert days[:4] == ["09.03.", "02.03.", "02.03.", "04.03."]
    assert days[5] == "02.03."
    assert pd.isna(days[4])
    assert pd.isna(days[6])
    assert found.notes.query("column == 'inspected_at'")["value"].tolist() == ["soon"]


def test_the_latest_is_for_times_alone(tmp_path):
    text = '[columns]\nshipment_id = "id"\npackages = { latest = ["a", "b"] }\n'
    with pytest.raises(manifest.ManifestError, match="for a time"):
        manifest.parse_mapping(text)
