"""Tables with columns of any name: answers become a mapping that reads them as answered."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.manifest import ManifestError, read
from features.manifest.mapping import parse_mapping
from risk import unknown_tables
from risk.unknown_tables import Answer

ROWS = {
    "Ref": ["R-1", "R-2", "R-3"],
    "Was": ["frozen fish", "wooden chairs", "live plants"],
    "Wert": ["1", "2", "3"],
    "Gewicht": ["10", "20", "30"],
    "An": ["03/04/2026", "04/04/2026", "05/04/2026"],
    "Alt": ["A-1", "A-2", "A-3"],
}
COLUMNS = {"Ref": "shipment_id", "Was": "goods_description", "Gewicht": "gross_weight_kg", "An": "arrives_at"}


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "t.csv"
    pd.DataFrame(ROWS).to_csv(path, index=False, sep=";")
    return path


def test_a_table_is_unknown_until_it_is_explained(table: Path, tmp_path: Path) -> None:
    assert unknown_tables.is_unknown(table, "t.csv")
    toml = unknown_tables.mapping(Answer(COLUMNS), unknown_tables.guess(table))
    assert not unknown_tables.is_unknown(table, "t.csv", toml)
    other = tmp_path / "o.csv"
    other.write_text("a;b\n1;2\n")
    assert unknown_tables.is_unknown(other, "o.csv", toml)


@pytest.mark.parametrize(
    "content", [b"shipment_id,goods_description\nA,b\n", b"", b"\x00\x01" * 500, b"PK\x03\x04x", b"%PDF-1.7"]
)
def test_what_needs_no_explaining_is_not_asked_about(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x"
    path.write_bytes(content)
    assert not unknown_tables.is_unknown(path, "x")


def test_answers_are_followed(table: Path) -> None:
    answer = Answer(COLUMNS, {"mode": "sea", "shipment_id": "no"}, dayfirst=True, weight="lb")
    toml = unknown_tables.mapping(answer, unknown_tables.guess(table))
    found = read(table, parse_mapping(toml)).table
    assert found["shipment_id"].tolist() == ROWS["Ref"]
    assert found["goods_description"].tolist() == ROWS["Was"]
    assert found["gross_weight_kg"].tolist() == pytest.approx([4.5359237, 9.0718474, 13.6077711])
    assert found["arrives_at"].tolist() == list(pd.to_datetime(["2026-04-03", "2026-04-04", "2026-04-05"]))
    assert set(found["mode"]) == {"sea"}
    assert found["declared_value"].isna().all(), "what was not answered is not used"


def test_days_and_months_are_read_as_answered(table: Path) -> None:
    proposal = unknown_tables.guess(table)
    for dayfirst, month in ((True, 4), (False, 3)):
        toml = unknown_tables.mapping(Answer(COLUMNS, dayfirst=dayfirst), proposal)
        found = unknown_tables.preview(table, "t.csv", toml)
        assert found.table["arrives_at"].iloc[0].month == month


def test_a_preview_is_the_beginning_of_what_a_load_reads(table: Path) -> None:
    toml = unknown_tables.mapping(Answer(COLUMNS, {"mode": "air"}, True, "t"), unknown_tables.guess(table))
    shown, whole = unknown_tables.preview(table, "t.csv", toml), read(table, parse_mapping(toml))
    names = ["shipment_id", "goods_description", "gross_weight_kg", "arrives_at", "mode"]
    pd.testing.assert_frame_equal(shown.table[names], whole.table[names])
    assert (shown.rows, len(shown.problems)) == (3, len(whole.problems()))


def test_without_a_number_rows_are_numbered(table: Path) -> None:
    toml = unknown_tables.mapping(Answer({"Was": "goods_description"}), unknown_tables.guess(table))
    found = read(table, parse_mapping(toml)).table
    assert found["shipment_id"].nunique() == 3


def test_of_two_columns_for_one_the_first_that_is_not_empty_counts(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    pd.DataFrame({**ROWS, "Ref": ["R-1", "", "R-3"]}).to_csv(path, index=False)
    answer = Answer({**COLUMNS, "Alt": "shipment_id"})
    toml = unknown_tables.mapping(answer, unknown_tables.guess(path))
    assert read(path, parse_mapping(toml)).table["shipment_id"].tolist() == ["R-1", "A-2", "R-3"]


def test_a_mapping_that_does_not_fit_says_why(table: Path) -> None:
    with pytest.raises(ManifestError, match="nowhere"):
        unknown_tables.preview(table, "t.csv", '[columns]\nshipment_id = "nowhere"\n')
    with pytest.raises(ManifestError):
        unknown_tables.preview(table, "t.csv", "[columns")


@given(
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=12),
        min_size=2,
        max_size=5,
        unique_by=lambda text: " ".join(text.split()).casefold(),
    )
)
def test_columns_of_any_name_make_a_mapping_that_is_one(names: list[str]) -> None:
    frame = pd.DataFrame({name: ["a b", "c d"] for name in names})
    from features.manifest import propose

    proposal = propose(frame)
    sources = [each.source for each in (*proposal.columns, *proposal.unused) if each.source]
    targets = ["goods_description", "marks", "consignee_name", "shipper_name", "voyage"]
    answer = Answer(dict(zip(sources, targets, strict=False)), {"mode": "sea"}, True, "lb")
    found = parse_mapping(unknown_tables.mapping(answer, proposal))
    assert {name for source in found.columns.values() for name in source.columns} == set(sources[:5])
