"""Every form of table is told by its content; what is no manifest is refused with all reasons."""

from __future__ import annotations

import datetime
import decimal
import json

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features import manifest

EXPECTED = ["A1", "A2"]


def check(path):
    found = manifest.read(path)
    assert found.table["shipment_id"].tolist() == EXPECTED
    assert found.table["gross_weight_kg"].tolist() == [10.5, 20.0]
    assert found.table["arrives_at"].tolist() == [pd.Timestamp("2026-10-19"), pd.Timestamp("2026-10-20")]
    assert found.table["hs_codes"].tolist() == ["030111", "9503"]
    return found


FRAME = pd.DataFrame(
    {
        "House B/L": EXPECTED,
        "Gross Weight (KG)": [10.5, 20.0],
        "ETA": pd.to_datetime(["2026-10-19", "2026-10-20"]),
        "HS code": [30111, 9503],
        "Description of Goods": ["LIVE, FISH", 'TOYS 5" "X"'],
    }
)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "^"])
def test_csv_with_any_delimiter(tmp_path, delimiter):
    path = tmp_path / "m.txt"
    FRAME.to_csv(path, sep=delimiter, index=False)
    assert check(path).table["goods_description"].tolist() == FRAME["Description of Goods"].tolist()


@pytest.mark.parametrize("name", ["m.xlsx", "m.csv"])
def test_xlsx_below_a_title_whatever_its_suffix(tmp_path, name):
    made = tmp_path / "made.xlsx"
    with pd.ExcelWriter(made, engine="openpyxl") as writer:
        pd.DataFrame({"Read me": ["nothing here"]}).to_excel(writer, sheet_name="Notes", index=False)
        FRAME.to_excel(writer, sheet_name="Data", index=False, startrow=3)
        writer.sheets["Data"].cell(1, 1, "DAILY MANIFEST")
    path = tmp_path / name
    path.write_bytes(made.read_bytes())
    assert check(path).table["source_position"].tolist() == ["row 5", "row 6"]


def test_xls(tmp_path):
    xlwt = pytest.importorskip("xlwt")
    book = xlwt.Workbook()
    sheet = book.add_sheet("S")
    date = xlwt.easyxf(num_format_str="YYYY-MM-DD")
    for column, name in enumerate(FRAME.columns):
        sheet.write(0, column, name)
        for row, value in enumerate(FRAME[name], start=1):
            if isinstance(value, pd.Timestamp):
                sheet.write(row, column, value.to_pydatetime(), date)
            else:
                sheet.write(row, column, value)
    path = tmp_path / "m.xls"
    book.save(str(path))
    check(path)


def test_parquet_and_json_lines(tmp_path):
    FRAME.to_parquet(tmp_path / "m.bin")
    check(tmp_path / "m.bin")
    records = FRAME.assign(ETA=FRAME["ETA"].dt.strftime("%Y-%m-%d")).to_dict("records")
    records[0]["outcome"] = ["clean", "live_animals"]
    records[1]["items"] = [{"description": "TOYS", "packages": 3}]
    text = "\n".join([json.dumps(records[0]), "", "not json", json.dumps(records[1]), "[1]"])
    (tmp_path / "m.data").write_text(text, encoding="utf-8")
    found = check(tmp_path / "m.data")
    assert found.table["outcome"].iloc[0] == "clean;live_animals"
    assert found.table["items"].iloc[1] == '[{"description":"TOYS","packages":3.0}]'
    assert found.rejected["source_position"].tolist() == ["row 3", "row 5"]
    assert found.table["source_position"].tolist() == ["row 1", "row 4"]


def test_half_a_surrogate_in_json_is_no_crash(tmp_path):
    (tmp_path / "m.jsonl").write_text(
        '{"shipment_id":"A","goods_description":"x\\ud800y"}\n', encoding="utf-8"
    )
    assert manifest.read(tmp_path / "m.jsonl").table["shipment_id"].tolist() == ["A"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"\n \n", "empty"),
        (b"<?xml version='1.0'?><a/>", "XML"),
        (b"%PDF-1.4", "PDF"),
        (b"UNB+UNOA:1'", "EDIFACT"),
        (b"PK\x03\x04broken", "workbook"),
        (b"PAR1broken", "Parquet"),
        (b"shipment_id,packages\n", "rows"),
        (b"a,b\n1,2\n", "shipment_id"),
        (bytes(range(1, 255)) * 40, "m.csv"),
        (b"[1,2]", "JSON"),
        (b"dear sir\nplease find\n", "shipment_id"),
    ],
)
def test_what_is_no_manifest_is_refused(tmp_path, content, says):
    path = tmp_path / "m.csv"
    path.write_bytes(content)
    with pytest.raises(manifest.ManifestError, match=says) as caught:
        manifest.read(path)
    assert (caught.value.problems["source_file"] == "m.csv").all()


def test_all_files_problems_come_at_once(tmp_path):
    (tmp_path / "a.csv").write_text("x,y\n1,2\n")
    (tmp_path / "b.csv").write_text("")
    with pytest.raises(manifest.ManifestError) as caught:
        manifest.read([tmp_path / "a.csv", tmp_path / "b.csv", tmp_path / "none.csv"])
    assert caught.value.problems["source_file"].tolist() == ["a.csv", "b.csv", "none.csv"]


def test_ragged_blank_and_quoted_rows(tmp_path):
    path = tmp_path / "m.csv"
    path.write_text(
        'shipment_id,marks,packages\nA,x\n\nB,"line\none",2\n , ,\nC,5" PIPE,3,too,many\n,no id,4\nD,z,5,,\n',
        "utf-8",
    )
    found = manifest.read(path)
    assert found.table["shipment_id"].tolist() == ["A", "B", "D"]
    assert found.table["marks"].tolist() == ["x", "line\none", "z"]
    assert found.rejected[["source_position", "reason"]].values.tolist() == [
        ["row 6", "more than the header's 3 cells"],
        ["row 7", "no shipment_id"],
    ]
    assert found.counts["rows_read"] == 5


def test_a_quotation_mark_never_closed_costs_one_line(tmp_path):
    path = tmp_path / "m.csv"
    good = "".join(f"S{i},fine {i},1\n" for i in range(20))
    path.write_text('shipment_id,marks,packages\nA,x,1\nB,"oops,2\n' + good, "utf-8")
    found = manifest.read(path)
    assert len(found.table) == 21
    assert found.rejected["source_position"].tolist() == ["row 3"]


def test_source_and_now(tmp_path):
    path = tmp_path / "m.csv"
    path.write_text("shipment_id,known_at\nA,\nB,2026-01-02\n")
    now = datetime.datetime(2026, 3, 1, 7, tzinfo=datetime.timezone(datetime.timedelta(hours=7)))
    table = manifest.read(str(path), now=now).table
    assert table["known_at"].tolist() == [pd.Timestamp("2026-03-01"), pd.Timestamp("2026-01-02")]
    assert table["source_file"].tolist() == ["m.csv", "m.csv"]
    assert isinstance(table.index, pd.RangeIndex)


def test_house_bills_before_the_bill_beside_them(tmp_path):
    path = tmp_path / "m.csv"
    path.write_text("bl_awb_no,house_bl\nM1,H1\nM1,H2\nM2,\n")
    table = manifest.read(path).table
    assert table["shipment_id"].tolist() == ["H1", "H2", "M2"]
    assert table["master_id"].tolist() == ["M1", "M1", "M2"]


_TOYS = '[{"description":"TOYS","kg":1.5}]'


@pytest.mark.parametrize(
    ("lines", "kind"),
    [
        ([{"description": "TOYS", "kg": 1.5}], None),
        ([{"description": "TOYS", "kg": 1.5}, None], None),
        ([{" Description ": "TOYS", "KG": 1.5, "seal": "x"}], None),
        ([{"description": "TOYS", "kg": decimal.Decimal("1.50")}], None),
        ({"description": "TOYS", "kg": 1.5}, None),
        ([[("description", "TOYS"), ("kg", "1.5")]], pa.list_(pa.map_(pa.string(), pa.string()))),
    ],
)
def test_item_lines_as_structs_in_parquet(tmp_path, lines, kind):
    table = {"shipment_id": ["A", "B"], "items": pa.array([lines, None], kind)}
    pq.write_table(pa.table(table | {"goods_description": ["x", "y"]}), tmp_path / "m.parquet")
    found = manifest.read(tmp_path / "m.parquet")
    assert found.table["items"].tolist()[:1] == [_TOYS]
    assert len(found.notes) == 0


def test_item_lines_that_are_none_say_what_they_are(tmp_path):
    pq.write_table(pa.table({"shipment_id": ["A"], "items": [["3 CTNS TOYS"]]}), tmp_path / "m.parquet")
    found = manifest.read(tmp_path / "m.parquet")
    assert "in Parquet a list of structs" in found.notes["expected"].iloc[0]
    assert "description, hs, packages" in found.notes["expected"].iloc[0]
