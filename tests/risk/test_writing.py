"""Output files: whole or not at all, no formulas, the same bytes."""

import csv
import json

import numpy as np
import pandas as pd
import pytest

from risk import writing

FRAME = pd.DataFrame(
    {
        "shipment_id": pd.Series(["A1", "-B2", "C3"], dtype="str"),
        "risk": [0.1, 1 / 3, np.nan],
        "reason_1": pd.Series(['=cmd|"/c calc"!A1', "ปลา แช่แข็ง; “x”", None], dtype="str"),
        "known_at": pd.to_datetime(
            ["2026-01-01T00:00:00", "2026-01-02T03:04:05", None], format="ISO8601"
        ).astype("datetime64[us]"),
    }
)


def test_csv_runs_no_formula_and_keeps_numbers(tmp_path):
    path = tmp_path / "a.csv"
    writing.whole(path, FRAME)
    rows = list(csv.DictReader(path.open(encoding="utf-8", newline="")))
    assert rows[0]["reason_1"] == '\'=cmd|"/c calc"!A1'
    assert rows[1]["shipment_id"] == "'-B2"
    assert rows[1]["reason_1"] == "ปลา แช่แข็ง; “x”"
    assert float(rows[1]["risk"]) == 1 / 3
    assert rows[2]["risk"] == ""


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "  =1", "＝1"])
def test_every_start_of_a_formula_is_guarded(text):
    assert writing.guarded(pd.Series([text, "fine"], dtype="str")).tolist() == ["'" + text, "fine"]


def test_json_lines_have_null_for_missing(tmp_path):
    path = tmp_path / "a.jsonl"
    writing.whole(path, FRAME)
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert rows[2]["risk"] is None
    assert rows[0]["reason_1"].startswith("=cmd")
    assert rows[1]["known_at"].startswith("2026-01-02T03:04:05")


@pytest.mark.parametrize("suffix", writing.FORMATS)
def test_batches_give_the_bytes_of_one_frame_and_a_rerun_the_same(tmp_path, suffix):
    one, two, again = (tmp_path / f"{n}{suffix}" for n in "abc")
    writing.write(one, [FRAME])
    assert writing.write(two, [FRAME.iloc[:2], FRAME.iloc[2:]]) == 3
    writing.write(again, [FRAME])
    assert one.read_bytes() == again.read_bytes()
    if suffix == ".parquet":
        pd.testing.assert_frame_equal(pd.read_parquet(one), pd.read_parquet(two))
    else:
        assert one.read_bytes() == two.read_bytes()


def test_a_file_appears_whole_or_not_at_all(tmp_path):
    path = tmp_path / "out.csv"
    path.write_text("old", encoding="utf-8")

    def broken():
        yield FRAME
        raise RuntimeError

    with pytest.raises(RuntimeError), writing.Whole() as files:
        writing.write(files.part(path), broken(), suffix=".csv")
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["a.xlsx", "none/a.csv", "folder.csv"])
def test_an_impossible_output_is_refused_before_any_work(tmp_path, name):
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(writing.OutputError):
        writing.check(tmp_path / name)
