"""Tables for a spreadsheet: typed, inert, the same bytes."""

import csv
import io
import re
import zipfile

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.paper import sheets

FORMULAS = (
    *("=1+1", "+1", "-1+2", "@SUM(A1)", " =1+1", "\t=1", "\r=1", "＝1+1", "=cmd|'/c calc'!A0", "|x"),
    *("<r><t>a</t></r>", "<r></si><si><t>x</t></si></r>", "{=1}", "http://example.invalid/", "_x003D_1"),
)


@pytest.fixture
def table():
    return pd.DataFrame(
        {
            "rank": np.array([1, 2, 3], dtype="int64"),
            "risk": [0.25, float("nan"), 1.5],
            "known": [True, False, True],
            "bill": ["0012345678901234567890", "=1+1", None],
            "arrives_at": pd.to_datetime(["2026-11-22T09:00", None, "2026-06-01T00:30"]),
            "found": [["live_animals", "-x"], [], None],
        }
    )


def cells(made):
    sheet = openpyxl.load_workbook(io.BytesIO(made)).active
    return [list(each) for each in sheet.iter_rows(values_only=True)], sheet


def rows(made):
    return list(csv.reader(io.StringIO(made.decode("utf-8-sig"), newline="")))


def test_xlsx_is_typed(table):
    values, sheet = cells(sheets.xlsx(table, {"bill": "Bill"}, zone="Asia/Ho_Chi_Minh", title="List [7]*"))
    assert values[0] == ["rank", "risk", "known", "Bill", "arrives_at (Asia/Ho_Chi_Minh)", "found"]
    assert values[1][:4] == [1, 0.25, True, "0012345678901234567890"]
    assert values[1][4] == pd.Timestamp("2026-11-22T16:00").to_pydatetime()
    assert values[2] == [2, None, False, "'=1+1", None, None]
    assert sheet.freeze_panes == "A2"
    assert sheet.title == "List  7"


def test_csv_is_typed_and_says_its_zone(table):
    told = rows(sheets.csv(table, {"bill": "Bill"}, zone="Asia/Ho_Chi_Minh"))
    assert told[1] == [
        "1",
        "0.25",
        "True",
        "0012345678901234567890",
        "2026-11-22T16:00+07:00",
        "live_animals; -x",
    ]
    assert told[2][3] == "'=1+1"


@pytest.mark.parametrize("text", FORMULAS)
def test_no_formula_gets_through(text):
    frame = pd.DataFrame({text: [text, "x"], "other": [[text], "y"]})
    for cell in (each for line in rows(sheets.csv(frame)) for each in line):
        assert not cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "＝"))
    made = sheets.xlsx(frame)
    with zipfile.ZipFile(io.BytesIO(made)) as parts:
        for name in parts.namelist():
            content = parts.read(name).decode()
            assert not re.search(r"<f[ >]|<hyperlink", content)
    values, _ = cells(made)
    assert len(values) == 3
    assert values[1][0].lstrip("'").split() == text.split()
    assert values[2] == ["x", "y"]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=40), min_size=1, max_size=5))
def test_any_text_makes_a_whole_table(texts):
    frame = pd.DataFrame({"a": pd.Series(texts, dtype=object), "n": range(len(texts))})
    values, _ = cells(sheets.xlsx(frame))
    assert [each[1] for each in values[1:]] == list(range(len(texts)))
    assert len(rows(sheets.csv(frame))) == len(texts) + 1


def test_a_megabyte_and_controls_are_cut_and_taken_out():
    texts = ["x" * 1_000_000, "a\x00b\u202ec\ud800d", "=" * 70_000]
    frame = pd.DataFrame({"a": pd.Series(texts, dtype=object)})
    values, _ = cells(sheets.xlsx(frame))
    assert len(values[1][0]) <= sheets.MOST_CHARACTERS
    assert values[1][0].endswith("…")
    assert values[2][0] == "abcd"
    assert values[3][0].startswith("'=")
    assert len(sheets.csv(frame)) < 200_000


def test_numbers_too_long_to_be_exact_stay_text():
    frame = pd.DataFrame({"n": [2**60, 5], "f": [float("inf"), 0.5]})
    values, _ = cells(sheets.xlsx(frame))
    assert values[1] == [str(2**60), "inf"]
    assert values[2] == [5, 0.5]


def test_the_same_table_gives_the_same_bytes(table):
    assert sheets.csv(table) == sheets.csv(table.copy())
    first = sheets.xlsx(table)
    assert first == sheets.xlsx(table.copy())
    with zipfile.ZipFile(io.BytesIO(first)) as parts:
        assert {each.date_time for each in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert "2000-01-01" in parts.read("docProps/core.xml").decode()


def test_an_empty_table_has_its_headings(table):
    assert len(rows(sheets.csv(table.head(0)))) == 1
    assert cells(sheets.xlsx(table.head(0), right_to_left=True))[1].sheet_view.rightToLeft
    with pytest.raises(sheets.TooLarge):
        sheets.xlsx(pd.DataFrame(np.zeros((1, sheets.MOST_COLUMNS + 1))))
