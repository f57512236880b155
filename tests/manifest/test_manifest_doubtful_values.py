"""Values that were damaged before they came here are kept, and never without a note."""

import json

import numpy as np
import openpyxl
import pandas as pd
import pytest

from features import manifest

LONG = ["1234567890123456701", "1234567890123456702"]  # two bills; a spreadsheet makes them one


def notes_on(read, column):
    """Row -> what was expected."""
    notes = read.notes[read.notes["column"] == column]
    return dict(zip(notes["source_position"], notes["expected"], strict=True))


def workbook(path, ids, **more):
    book = openpyxl.Workbook()
    book.active.append(["shipment_id", "goods_description", *more])
    for i, number in enumerate(ids):
        book.active.append([number, f"TOYS {i}", *(values[i] for values in more.values())])
    book.save(path)
    return path


def test_two_bills_that_a_spreadsheet_made_one_carry_a_note(tmp_path):
    read = manifest.read(workbook(tmp_path / "m.xlsx", [float(i) for i in LONG]))
    assert set(read.table["shipment_id"]) == {"1234567890123457000"}
    noted = notes_on(read, "shipment_id")
    assert set(noted) == {"row 2", "row 3"}
    assert all("every digit" in expected for expected in noted.values())


def test_short_numbers_and_numbers_written_as_text_carry_none(tmp_path):
    read = manifest.read(workbook(tmp_path / "m.xlsx", [123456789012345, LONG[0], "A1"]))
    assert read.table["shipment_id"].tolist() == ["123456789012345", LONG[0], "A1"]
    assert notes_on(read, "shipment_id") == {}


def test_a_note_stands_on_its_own_row_below_titles_and_empty_rows(tmp_path):
    book = openpyxl.Workbook()
    for row in (["DAILY MANIFEST"], [], ["shipment_id", "master_id", "goods_description"],
                ["A", "M1", "x"], [], ["B", 1.5e16, "y"], ["C", "M2", "z"]):  # fmt: skip
        book.active.append(row)
    book.save(tmp_path / "m.xlsx")
    read = manifest.read(tmp_path / "m.xlsx")
    assert read.table["master_id"].tolist() == ["M1", "15000000000000000", "M2"]
    assert set(notes_on(read, "master_id")) == {"row 6"}


def test_weights_may_be_long_numbers(tmp_path):
    read = manifest.read(workbook(tmp_path / "m.xlsx", ["A"], gross_weight_kg=[12.0]))
    assert len(read.notes[read.notes["shipment_id"].notna()]) == 0


@pytest.mark.parametrize("text", ["1.23457E+17", "1,23457E+17", "1e+20"])
def test_what_a_spreadsheet_wrote_short_into_a_csv_carries_a_note(tmp_path, text):
    (tmp_path / "m.csv").write_text(f'shipment_id,goods_description\nA12E34,x\n"{text}",y\n')
    read = manifest.read(tmp_path / "m.csv")
    assert read.table["shipment_id"].tolist() == ["A12E34", text]
    assert set(notes_on(read, "shipment_id")) == {"row 3"}


def test_ids_kept_as_floats_in_parquet_carry_a_note(tmp_path):
    ids = np.array([2.0**53 + 2, 12.0, np.nan])
    frame = pd.DataFrame({"shipment_id": ["A", "B", "C"], "master_id": ids, "goods_description": "x"})
    frame.to_parquet(tmp_path / "m.parquet")
    read = manifest.read(tmp_path / "m.parquet")
    assert read.table["master_id"].tolist()[:2] == ["9007199254740994", "12"]
    assert set(notes_on(read, "master_id")) == {"row 1"}


MIXED = (
    b"shipment_id,goods_description,packages\n"
    + "".join(f"A{i},cá cảnh {i},1\n" for i in range(60)).encode()
    + "A60,cafétière,1\n".encode("cp1252")
    + "Ä61,toys,1\n".encode("cp1252")
)


def test_bytes_that_are_no_text_carry_a_note_on_their_cell(tmp_path):
    (tmp_path / "m.csv").write_bytes(MIXED)
    read = manifest.read(tmp_path / "m.csv")
    assert len(read.table) == 62
    assert read.table["goods_description"].iloc[60] == "caf\ufffdti\ufffdre"
    assert notes_on(read, "goods_description") == {
        "row 62": "readable text; some bytes of this cell are none in utf-8"
    }
    assert set(notes_on(read, "shipment_id")) == {"row 63"}


def test_the_careful_reader_and_json_lines_note_them_too(tmp_path):
    (tmp_path / "m.csv").write_bytes(MIXED + b'A63,"never closed,1\n')
    read = manifest.read(tmp_path / "m.csv")
    assert set(notes_on(read, "goods_description")) == {"row 62"}
    lines = [json.dumps({"shipment_id": f"A{i}", "goods_description": "cá cảnh"}, ensure_ascii=False)
             for i in range(30)]  # fmt: skip
    broken = '{"shipment_id": "B", "goods_description": "café"}\n'.encode("cp1252")
    (tmp_path / "m.jsonl").write_bytes(("\n".join(lines) + "\n").encode() + broken)
    assert set(notes_on(manifest.read(tmp_path / "m.jsonl"), "goods_description")) == {"row 31"}


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16", "gb18030"])
def test_files_in_one_encoding_carry_none(tmp_path, encoding):
    text = "金鱼" if encoding == "gb18030" else "cafétière"
    lines = "shipment_id,goods_description\n" + "".join(f"A{i},{text} {i}\n" for i in range(40))
    (tmp_path / "m.csv").write_bytes(lines.encode(encoding))
    read = manifest.read(tmp_path / "m.csv")
    assert read.table["goods_description"].iloc[0] == f"{text} 0"
    assert len(read.notes) == 0


def test_no_key_of_json_lines_is_dropped_in_silence(tmp_path):
    record = {f"k{i}": i for i in range(6_000)} | {"shipment_id": "A", "goods_description": "toys"}
    (tmp_path / "m.jsonl").write_text(json.dumps(record) + "\n")
    read = manifest.read(tmp_path / "m.jsonl")
    assert read.table["goods_description"].tolist() == ["toys"]


def test_json_lines_of_endless_keys_are_refused(tmp_path):
    lines = (json.dumps({"shipment_id": f"A{i}", f"key {i}": 1}) + "\n" for i in range(17_000))
    (tmp_path / "m.jsonl").write_text("".join(lines))
    with pytest.raises(manifest.ManifestError, match="at most 16,384 different keys"):
        manifest.read(tmp_path / "m.jsonl")
