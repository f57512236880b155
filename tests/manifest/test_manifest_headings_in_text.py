"""HS codes named in goods texts stand in for codes nobody declared, and are noted."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.manifest import read
from features.manifest.headings_in_text import EXPECTED, LONGEST, named_in


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("400 BUNDLES TALI SAWN TIMBER HS CODE 4407.99 FREIGHT PREPAID 14 DAYS FREE", ["440799"]),
        ("PLASTIC WARE H.S. CODE NO. 3924.10.00, 3926.40 & 7323.93", ["39241000", "392640", "732393"]),
        ("HS CODE:440799, 440710 2000 BAGS", ["440799", "440710"]),
        ("HS CODE 8471 30 00 COMPUTERS", ["84713000"]),
        ("HS CODE\n4407.99\n4409.10", ["440799", "440910"]),
        ("HS CODE 39241000 BOWLS HS CODE 39264000 VASES", ["39241000", "39264000"]),
        ("HERBS H.S.CODE 1211. 90.86 MADE IN", ["12119086"]),
        ("HSCODE:3011190", ["03011190"]),
        ("MADEIRA SERRADA NCM: 4407.29.90", ["44072990"]),
        ("BOIS SCIES CODE SH 4407.99", ["440799"]),
        ("PARTIDA ARANCELARIA: 4407.99.00", ["44079900"]),
        ("КОД ТН ВЭД 4407", ["4407"]),
        ("锯材 HS编码：４４０７９９", ["440799"]),
        ("خشب HS CODE ٤٤٠٧٩٩", ["440799"]),
        ("HTSUS 6109.10.0012", ["6109100012"]),
    ],
)
def test_codes_named_as_such(text, codes):
    assert named_in(text) == codes


@pytest.mark.parametrize(
    "text",
    [
        "SHAMPOO 33051000 PCS",
        "MODEL HS-8205 DRILL",
        "PO 44079912 / TEL 85512345",
        "CUSTOMS VALUE USD 4407.99",
        "HS CODE 9801.00",  # no heading of the system
        "HS CODE AS PER LIST 4407 PCS",
        "SHOES SIZE 4407",
    ],
)
def test_numbers_that_are_no_codes(text):
    assert named_in(text) == []


def test_a_quantity_after_a_code_is_none():
    assert named_in("HS CODE 4407, 4409 BAGS") == ["4407"]
    assert named_in("HS CODE 4407 20 BUNDLES") == ["4407"]
    assert named_in("HS CODE 440799 25000 KGS") == ["440799"]


@given(st.text(max_size=200), st.sampled_from(["440799", "0106.20", "9503"]))
def test_any_text_around_a_code(text, code):
    assert all(2 <= len(found) <= 10 and found.isdigit() for found in named_in(text))
    assert code.replace(".", "") in named_in(f"HS CODE {code}\nX {text}")


def test_texts_beyond_all_measure_take_no_time():
    for piece in ("HS CODE ", "4407.99, ", "CUSTOMS ITEM ", "1", " "):
        assert len(named_in("HS CODE 4407.99 " + piece * LONGEST)) == 1


def test_only_bills_without_a_declared_code_and_with_a_note(tmp_path):
    file = tmp_path / "list.csv"
    pd.DataFrame(
        {
            "shipment_id": ["A", "B", "C"],
            "goods_description": ["TIMBER HS CODE 4407.99", "TOYS HS CODE 9503.00", "RICE"],
            "hs_codes": [None, "950490", None],
        }
    ).to_csv(file, index=False)
    found = read(file)
    assert found.table["hs_codes"].fillna("").tolist() == ["440799", "950490", ""]
    notes = found.notes[found.notes["column"] == "hs_codes"]
    assert notes[["shipment_id", "value", "expected"]].to_numpy().tolist() == [["A", "440799", EXPECTED]]


def test_a_code_in_a_line_of_goods_is_declared(tmp_path):
    file = tmp_path / "list.csv"
    pd.DataFrame(
        {
            "shipment_id": ["A"],
            "goods_description": ["TIMBER HS CODE 4407.99"],
            "items": ['[{"description":"TIMBER","hs":"440310"}]'],
        }
    ).to_csv(file, index=False)
    assert read(file).table["hs_codes"].isna().all()
