"""Score records that were tampered with end in words, never in a fault of the program."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from risk import records

ABOUT = {"format": 1, "model_id": "m", "calibrators": {}, "state": "", "code": "c", "scored_at": "t"}
GOOD = {"shipment_id": ["A"], "declared": ["{}"], "risk": [0.5]}


def write(path, columns, about):
    raw = about if isinstance(about, bytes) else json.dumps(about).encode()
    pq.write_table(pa.table(columns).replace_schema_metadata({b"wildcargo": raw}), path)
    return path


def test_a_sound_record_is_read(tmp_path):
    assert records.read(write(tmp_path / "r.parquet", GOOD, ABOUT), "A").declared == {}


@pytest.mark.parametrize(
    ("columns", "about"),
    [
        ({k: v for k, v in GOOD.items() if k != "declared"}, ABOUT),
        ({k: v for k, v in GOOD.items() if k != "shipment_id"}, ABOUT),
        ({**GOOD, "declared": ["[1"]}, ABOUT),
        ({**GOOD, "declared": ["[1]"]}, ABOUT),
        ({**GOOD, "risk": ["x"]}, ABOUT),
        ({key: value * 2 for key, value in GOOD.items()}, ABOUT),
        (GOOD, {"format": 1}),
        (GOOD, b"\xff"),
        (GOOD, b"[" * 100_000),
    ],
)
def test_a_changed_record_is_refused_in_words(tmp_path, columns, about):
    with pytest.raises(records.RecordError, match=r"r\.parquet"):
        records.read(write(tmp_path / "r.parquet", columns, about), "A")
