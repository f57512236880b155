"""Files made to break a reader, or broken by accident: refused in words, or read without loss."""

import contextlib
import decimal
import os
import struct
import subprocess
import sys
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features import manifest

HEADER = "shipment_id,goods_description\n"


def refused(path, says):
    with pytest.raises(manifest.ManifestError, match=says) as caught:
        manifest.read(path)
    assert "expected" in str(caught.value)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_is_refused_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "m.csv")
    refused(tmp_path / "m.csv", "pipe")


def test_a_table_of_endless_columns_is_refused(tmp_path):
    (tmp_path / "m.csv").write_text("shipment_id" + "," * 100_000 + "\n", encoding="utf-8")
    refused(tmp_path / "m.csv", "at most 16,384 columns")


def test_a_header_cell_longer_than_the_csv_module_takes_is_no_crash(tmp_path):
    text = f"shipment_id,{'x' * 200_000},goods_description\nA,1,toys\n"
    (tmp_path / "m.csv").write_text(text, encoding="utf-8")
    read = manifest.read(tmp_path / "m.csv")
    assert read.counts["rows_read"] == 1 == len(read.table) + len(read.rejected)


def test_an_endless_row_of_zero_bytes_below_the_header_is_passed_over(tmp_path, monkeypatch):
    (tmp_path / "m.csv").write_bytes(HEADER.encode() + bytes(3_000_000) + b"A,toys\n")
    assert manifest.read(tmp_path / "m.csv").table["shipment_id"].tolist() == ["A"]


def test_keys_that_differ_only_in_spaces_lose_no_row(tmp_path):
    text = '{" shipment_id ":"A","goods_description":"x"}\n{"shipment_id":"B"}\n'
    (tmp_path / "m.jsonl").write_text(text, encoding="utf-8")
    read = manifest.read(tmp_path / "m.jsonl")
    assert read.counts["rows_read"] == 2 == len(read.table) + len(read.rejected)


def test_long_numbers_of_bills_in_parquet_stay_apart(tmp_path):
    ids = [decimal.Decimal("12345678901234567890"), decimal.Decimal("12345678901234567891")]
    table = pa.table({"shipment_id": pa.array(ids, pa.decimal128(38, 0)), "goods_description": ["a", "b"]})
    pq.write_table(table, tmp_path / "m.parquet")
    assert manifest.read(tmp_path / "m.parquet").table["shipment_id"].tolist() == [str(i) for i in ids]


def test_bytes_in_parquet_are_read_as_text(tmp_path):
    pq.write_table(
        pa.table({"shipment_id": [b"A1", b"\xffB"], "goods_description": ["a", "b"]}), tmp_path / "m.parquet"
    )
    assert manifest.read(tmp_path / "m.parquet").table["shipment_id"].tolist() == ["A1", "\ufffdB"]


def test_text_in_parquet_that_is_no_utf8_is_no_crash(tmp_path):
    offsets = pa.array([0, 2], pa.int32()).buffers()[1]
    broken = pa.Array.from_buffers(pa.string(), 1, [None, offsets, pa.py_buffer(b"\xffB")])
    pq.write_table(pa.table({"shipment_id": broken, "goods_description": ["x"]}), tmp_path / "m.parquet")
    assert manifest.read(tmp_path / "m.parquet").table["shipment_id"].tolist() == ["\ufffdB"]


_SHEET = """<?xml version="1.0"?>
<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>
<row r="1"><c r="A1" t="inlineStr"><is><t>shipment_id</t></is></c></row>
<row r="2"><c r="A2" t="inlineStr"><is><t>A</t></is></c></row>
<row r="{row}"><c r="{cell}" t="inlineStr"><is><t>B</t></is></c></row></sheetData></worksheet>"""
_BOOK = """<?xml version="1.0"?>
<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"
 xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">
<sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>"""
_RELATIONS = """<?xml version="1.0"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1"
 Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"
 Target="worksheets/sheet1.xml"/></Relationships>"""
_ROOT = _RELATIONS.replace("/worksheet", "/officeDocument", 1).replace("worksheets/sheet1", "xl/workbook")


_STRINGS = """<Relationship Id="rId2" Target="sharedStrings.xml"
 Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"/></Relationships>"""


def workbook(path, row, cell):
    packed(path, _SHEET.format(row=row, cell=cell))


def packed(path, sheet, strings=()):
    """Write a workbook of one sheet as it stands, well formed or not."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    texts = "".join(f"<si><t>{text}</t></si>" for text in strings)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("_rels/.rels", _ROOT)
        archive.writestr("xl/workbook.xml", _BOOK)
        archive.writestr("xl/_rels/workbook.xml.rels", _RELATIONS.replace("</Relationships>", _STRINGS))
        archive.writestr("xl/worksheets/sheet1.xml", sheet)
        archive.writestr("xl/sharedStrings.xml", f'<?xml version="1.0"?><sst xmlns="{main}">{texts}</sst>')


@pytest.mark.parametrize("cell", ["XFD1048576", "ZZZZZZ4294967295"])
def test_a_stray_cell_in_the_last_corner_of_a_sheet_does_not_take_all_memory(tmp_path, cell):
    workbook(tmp_path / "m.xlsx", 3, cell)
    refused(tmp_path / "m.xlsx", "at most 60,000,000 cells")


def test_a_far_row_of_cells_without_places_does_not_take_all_memory(tmp_path):
    cells = "<c><v>1</v></c>" * 16_000
    sheet = _SHEET.format(row=3, cell="A3").replace(
        "</sheetData>", f'<row r="1048576">{cells}</row></sheetData>'
    )
    packed(tmp_path / "m.xlsx", sheet)
    refused(tmp_path / "m.xlsx", "row 1,048,576, column 16,000")


#: In a process of its own: what counts is the most any child of it ever took.
MEASURED = """
import resource, sys
from features import manifest
from features.manifest import workbooks
workbooks.MEMORY = 600_000_000
try:
    manifest.read(sys.argv[1])
except manifest.ManifestError as error:
    print(error)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)
"""


def test_a_long_text_repeated_in_every_cell_does_not_take_all_memory(tmp_path):
    pytest.importorskip("resource")
    rows = "".join(f'<row r="{i}"><c r="A{i}" t="s"><v>0</v></c></row>' for i in range(4, 5_000))
    sheet = _SHEET.format(row=3, cell="A3").replace("</sheetData>", rows + "</sheetData>")
    packed(tmp_path / "m.xlsx", sheet, ["x" * 1_000_000])  # 5 GB, from some 30 KB
    asked = [sys.executable, "-c", MEASURED, tmp_path / "m.xlsx"]
    done = subprocess.run(asked, capture_output=True, text=True, check=True, timeout=120)
    assert "more than 0.6 GB of memory" in done.stdout
    assert 0 < int(done.stdout.splitlines()[-1]) < 1_500_000_000


def xls(path, row=2, column=1, last_row=3, last_column=2):
    """Write an .xls whose last cell and stated size lie wherever one likes."""
    xlwt = pytest.importorskip("xlwt")
    book = xlwt.Workbook()
    sheet = book.add_sheet("S")
    for at, value in enumerate(["shipment_id", "A"]):
        sheet.write(at, 0, value)
    sheet.write(2, 1, 1.2345678)
    book.save(str(path))
    content = bytearray(path.read_bytes())
    cell = content.index(struct.pack("<HHHH", 0x203, 14, 2, 1))
    content[cell + 4 : cell + 8] = struct.pack("<HH", row, column)
    size = content.index(struct.pack("<HH", 0x200, 14))
    content[size + 4 : size + 16] = struct.pack("<IIHH", 0, last_row, 0, last_column)
    path.write_bytes(bytes(content))


def test_an_xls_made_by_hand_is_read(tmp_path):
    xls(tmp_path / "m.xls")
    assert manifest.read(tmp_path / "m.xls").table["shipment_id"].tolist() == ["A"]


@pytest.mark.parametrize(
    "size",
    [{"row": 65_535, "column": 65_535}, {"last_row": 0xFFFFFFFF, "last_column": 0xFFFF}],
    ids=["a cell in the last corner", "a stated size"],
)
def test_an_xls_that_asks_for_all_memory_is_refused(tmp_path, size):
    xls(tmp_path / "m.xls", **size)
    refused(tmp_path / "m.xls", "of memory, or is damaged")


@pytest.mark.parametrize("name", ["m.xls", "m.ods", "m.xlsb", "m.txt"])
def test_a_workbook_is_told_by_its_content_not_its_name(tmp_path, name):
    workbook(tmp_path / name, 3, "A3")
    assert manifest.read(tmp_path / name).table["shipment_id"].tolist() == ["A", "B"]


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 0.999), byte=st.integers(0, 255), form=st.sampled_from(["xlsx", "xls"]))
def test_a_damaged_workbook_is_read_or_refused_but_never_ends_the_program(tmp_path, place, byte, form):
    path = tmp_path / f"m.{form}"
    xls(path) if form == "xls" else workbook(path, 3, "A3")
    content = bytearray(path.read_bytes())
    content[int(place * len(content))] = byte
    path.write_bytes(bytes(content))
    with contextlib.suppress(manifest.ManifestError):
        read = manifest.read(path)
        assert read.counts["rows_read"] == len(read.table) + len(read.rejected)


def test_a_sheet_with_a_gap_is_read(tmp_path):
    workbook(tmp_path / "m.xlsx", 500, "A500")
    assert manifest.read(tmp_path / "m.xlsx").table["shipment_id"].tolist() == ["A", "B"]


def test_a_zip_of_something_else_is_named_as_such(tmp_path):
    with zipfile.ZipFile(tmp_path / "m.xlsx", "w") as archive:
        archive.writestr("word/document.xml", HEADER)
    refused(tmp_path / "m.xlsx", "another kind of archive")


def test_a_file_name_that_is_no_text_is_no_crash(tmp_path):
    path = os.path.join(os.fsencode(tmp_path), b"na\xffme.csv")
    try:
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(HEADER + "A,toys\n")
    except OSError:
        pytest.skip("this file system takes no such names")
    read = manifest.read(os.fsdecode(path))
    assert read.table["source_file"].tolist() == ["na?me.csv"]


@pytest.mark.parametrize("encoding", ["idna", "rot13", "hex", "nope", "a\\u0000b"])
def test_a_mapping_with_an_encoding_no_text_can_be_read_in_is_refused(tmp_path, encoding):
    text = f'[read]\nencoding = "{encoding}"\n[columns]\nshipment_id = "shipment_id"\n'
    (tmp_path / "m.toml").write_text(text, encoding="utf-8")
    with pytest.raises(manifest.ManifestError, match="an encoding Python knows"):
        manifest.load_mapping(tmp_path / "m.toml")
