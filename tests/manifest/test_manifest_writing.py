"""What is written is read again, to the value; and files appear whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features import manifest
from features.manifest import schema, writing

TEXT = st.text(st.characters(codec="utf-8"), max_size=20) | st.sampled_from(
    [
        "深圳市,有限公司",
        "ปลา;สวย\tงาม",
        'الأسماك "مجمدة"',
        "🐢🦎",
        "line\none",
        "=1+1",
        "NA ",
        "\\",
        "'",
        "null x",
        "a\u2028b",
    ]
)
ROW = st.fixed_dictionaries(
    {
        "goods_description": TEXT,
        "shipper_name": TEXT,
        "gross_weight_kg": st.floats(0, 1e9) | st.just(""),
        "packages": st.integers(0, 10**8) | st.just(""),
        "known_at": st.datetimes(pd.Timestamp("1971-01-01"), pd.Timestamp("2099-01-01")).map(
            lambda t: t.isoformat()
        ),
        "trusted_trader": st.sampled_from(["", "Y", "N"]),
        "hs_codes": st.sampled_from(["", "0301", "030111;9503"]),
        "items": st.sampled_from(["", '[{"description":"a;\\"b\\"","kg":0.1}]']),
    }
)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ROW, min_size=1, max_size=5), st.sampled_from(["csv", "parquet", "jsonl"]))
def test_round_trip(tmp_path, rows, suffix):
    source = tmp_path / "raw.jsonl"
    source.write_text(
        "\n".join(json.dumps({"shipment_id": f"S{i}", **row}) for i, row in enumerate(rows)), "utf-8"
    )
    table = manifest.read(source).table
    path = tmp_path / f"out.{suffix}"
    manifest.write(table, path)
    again = manifest.read(path).table
    pd.testing.assert_frame_equal(again, table, check_exact=True)


def test_extra_columns_survive(tmp_path):
    table = schema.complete(pd.DataFrame({"shipment_id": ["A"], "purpose": ["T"]}).astype("str"))
    for suffix in ("csv", "parquet", "jsonl"):
        manifest.write(table, tmp_path / f"o.{suffix}")
        mapping = manifest.parse_mapping(
            '[columns]\nshipment_id="shipment_id"\n[extra]\ncategorical=["purpose"]\n'
        )
        assert manifest.read(tmp_path / f"o.{suffix}", mapping).table["purpose"].tolist() == ["T"]


def test_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "o.csv"
    path.write_text("old")

    def fail(table, name):
        Path(name).write_text("half")
        raise ZeroDivisionError

    monkeypatch.setitem(writing._WRITERS, ".csv", fail)
    with pytest.raises(ZeroDivisionError):
        manifest.write(pd.DataFrame(), path)
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["o.csv"]
    with pytest.raises(ValueError, match="end in"):
        manifest.write(pd.DataFrame(), tmp_path / "o.doc")
