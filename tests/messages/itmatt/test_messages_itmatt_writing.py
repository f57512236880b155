"""Shipment tables as flat ITMATT files, and back."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path

import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features import manifest
from features.manifest import codes, schema
from features.manifest.messages.itmatt import FORM, recognise
from features.manifest.messages.itmatt_contents import Piece

TEXTS = st.text(
    alphabet=st.one_of(
        st.sampled_from(list("ABC abc 019,;:'\"+?*/-.&<>|\t")),
        st.sampled_from(list("中文香港สวัสดีمرحباПриветñéÜß😀🐢")),
    ),
    min_size=1,
    max_size=90,
)
WORDS = st.from_regex(r"[A-Z]{3}[A-Z0-9]{0,12}", fullmatch=True)
NUMBERS = st.floats(0, 99999, allow_nan=False).map(lambda x: round(x, 3))
COUNTRIES = st.sampled_from(["GB", "CN", "TH", "ZA", "HK"])
TIMES = st.datetimes(pd.Timestamp("2001-01-01"), pd.Timestamp("2090-01-01")).map(
    lambda at: pd.Timestamp(at).as_unit("us").floor("s")
)
LINES = st.lists(
    st.fixed_dictionaries(
        {"description": TEXTS},
        optional={
            "hs": st.sampled_from(["9503", "050790", "44219990"]),
            "packages": NUMBERS,
            "kg": NUMBERS,
            "value": NUMBERS,
            "currency": st.just("USD"),
            "origin": COUNTRIES,
        },
    ),
    min_size=1,
    max_size=3,
)
_KINDS = {"text": TEXTS, "code": WORDS, "number": NUMBERS, "time": TIMES}
_SPECIAL = {
    "items": LINES.map(codes.dump_items),
    "direction": st.sampled_from(schema.DIRECTIONS),
    "hs_codes": st.sampled_from(["9503", "050790;9503"]),
    "permit_refs": WORDS,
    "handling_codes": st.sampled_from(["GIFT", "GIFT;AVI", "AVI;GIFT", "EMS", "SALE-OF-GOODS"]),
    "currency": st.just("USD"),
    "amendment_count": st.integers(1, 9).map(float),
    **{name: COUNTRIES for name in schema.BY_NAME if schema.BY_NAME[name].code == "country"},
}
WRITTEN = [field.column for field in FORM.fields if field.written and field.column != "shipment_id"]


def _strategy(name: str) -> st.SearchStrategy[object]:
    return _SPECIAL[name] if name in _SPECIAL else _KINDS[schema.BY_NAME[name].kind]


ROWS = st.lists(
    st.fixed_dictionaries({}, optional={name: _strategy(name) for name in WRITTEN}), min_size=1, max_size=3
)


def table_of(rows: list[dict[str, object]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, index=pd.RangeIndex(len(rows)))
    frame["shipment_id"] = [f"RX{n}" for n in range(len(rows))]
    return schema.complete(frame.astype({n: schema.BY_NAME[n].dtype for n in frame.columns}))


def settled(table: pd.DataFrame, folder: str) -> pd.DataFrame:
    """Return a table as it is once read, from CSV: what no form changes."""
    path = Path(folder) / "day.csv"
    manifest.write(table, path)
    return manifest.read(path).table


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(ROWS)
def test_nothing_is_lost_both_ways(rows):
    with tempfile.TemporaryDirectory() as folder:
        table = settled(table_of(rows), folder)
        path = Path(folder) / "mail.csv"
        with open(path, "wb") as stream:
            FORM.write(table, stream)
        written = path.read_bytes()
        assert recognise(written[: 1 << 16])
        back = manifest.read(path).table
        again = io.BytesIO()
        FORM.write(table, again)
    assert again.getvalue() == written
    assert back["shipment_id"].tolist() == table["shipment_id"].tolist()
    for name in WRITTEN:
        given_, got = table[name], back[name]
        for before, after in zip(given_, got, strict=True):
            if not pd.isna(before):
                assert before == after, name


def test_writes_a_table_others_can_read():
    stream = io.BytesIO()
    table = table_of(
        [{"goods_description": 'He said "x", then\nleft', "items": '[{"description":"a"},{"kg":2.0}]'}]
    )
    FORM.write(table, stream)
    rows = list(csv.DictReader(io.StringIO(stream.getvalue().decode(), newline="")))
    assert [row["content_piece_no"] for row in rows] == ["1", "2"]
    assert rows[0]["goods_description"] == 'He said "x", then\nleft'
    assert rows[1]["content_net_weight_kg"] == "2.0"


@given(TEXTS, st.one_of(st.none(), NUMBERS), st.one_of(st.just(""), TEXTS))
def test_a_piece_is_written_as_every_line_of_goods(text, number, hs):
    piece = Piece(text, hs, number, "", number, "", None, "", "CN")
    line = {k: v for k, v in zip(codes.ITEM_KEYS, piece.said(), strict=True) if v not in ("", None)}
    assert f"[{piece.line()}]" == codes.dump_items([line])
