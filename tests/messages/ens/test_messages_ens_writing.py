"""Entry summary declarations written and read again."""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from lxml import etree

from features import manifest
from features.manifest import codes, schema
from features.manifest.messages.ens import FORM, recognise
from features.manifest.messages.ens_writing import split
from features.manifest.messages.form import Broken, Shipment

Read = Callable[[str | bytes], list[Shipment | Broken]]

_FOLDER = Path(__file__).parent.parent / "samples" / "ens"
SEA, CYPRUS = ((_FOLDER / f"{name}.xml").read_text(encoding="utf-8") for name in ("sea", "cyprus"))


LETTERS = st.one_of(
    st.sampled_from(list("ABC abc 019,:'\"+?*/-.&<>|")),
    st.sampled_from(list("中文香港สวัสดีمرحباПриветñéÜß😀🐢")),
)


def texts(most: int) -> st.SearchStrategy[str]:
    return st.text(LETTERS, min_size=1, max_size=most).map(lambda text: " ".join(text.split()) or "x")


def long_texts(times: int) -> st.SearchStrategy[str]:
    """Return texts of words and of none, long enough to be cut into several pieces."""
    blanks = st.sampled_from([" ", ""])
    return st.builds(lambda text, n, by: by.join([text] * n), texts(24), st.integers(1, times), blanks)


NUMBERS = st.integers(0, 10**7).map(lambda n: n / 1000)


COUNTS = st.integers(1, 9999).map(float)


COUNTRIES = st.sampled_from(["GB", "CN", "TH", "ZA", "HK"])


WORDS = st.from_regex(r"[A-Z]{3}[A-Z0-9]{0,12}", fullmatch=True)


TIMES = st.datetimes(pd.Timestamp("2001-01-01"), pd.Timestamp("2060-01-01")).map(
    lambda at: pd.Timestamp(at).as_unit("us").floor("min")
)


LINES = st.lists(
    st.fixed_dictionaries(
        {"description": long_texts(20), "kg": NUMBERS},
        optional={"hs": st.sampled_from(["9503", "050790", "44219990"]), "packages": COUNTS},
    ),
    min_size=2,
    max_size=3,
    unique_by=lambda line: line["description"],
)


COLUMNS: dict[str, st.SearchStrategy[object]] = {
    "master_id": WORDS,
    "bill_level": st.just("house"),
    "manifest_id": WORDS,
    "customs_office": WORDS,
    "mode": st.sampled_from(["sea", "air", "road", "rail", "post", "express"]),
    "known_at": TIMES,
    "arrives_at": TIMES,
    **{f"{role}_name": texts(35) for role in ("shipper", "consignee", "notify")},
    **{f"{role}_address": texts(35) for role in ("shipper", "consignee", "notify")},
    **{f"{role}_country": COUNTRIES for role in ("shipper", "consignee", "notify")},
    **{f"{role}_id": WORDS for role in ("shipper", "consignee", "notify")},
    "broker_name": texts(35),
    "carrier_name": texts(35),
    "goods_description": long_texts(60),
    "marks": long_texts(25),
    "hs_codes": st.sampled_from(["9503", "050790;9503;44219990"]),
    "permit_refs": st.sampled_from(["P1", "P1;P2"]),
    "loading_port": st.sampled_from(["CNSHA", "SHANGHAI"]),
    "discharge_port": WORDS,
    "gross_weight_kg": NUMBERS,
    "packages": COUNTS,
    "package_type": st.sampled_from(["CT", "BX"]),
    "container_ids": st.sampled_from(["MSCU1234566", "MSCU1234566;TGHU7654327"]),
    "seal_ids": st.sampled_from(["S1", "S1;S2"]),
    "items": LINES.map(codes.dump_items),
}


TOGETHER = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"origin_country": COUNTRIES}, optional={"destination_country": COUNTRIES}),
    st.fixed_dictionaries({"vessel_or_flight": texts(27)}, optional={"voyage": texts(35)}),
    st.fixed_dictionaries({"amendment_count": st.just(1.0), "last_amended_at": TIMES, "known_at": TIMES}),
)


#: Goods told at a length that no line of goods holds.
_LONG = {
    "goods_description": "WOOD AND " * 200 + "TOYS",
    "items": codes.dump_items([{"description": "TOYS", "kg": 1.0}, {"description": "TEA", "kg": 2.0}]),
}
ROWS = st.lists(
    st.tuples(st.fixed_dictionaries({}, optional=COLUMNS), TOGETHER).map(lambda both: both[0] | both[1]),
    min_size=1,
    max_size=3,
)


def table_of(rows: list[dict[str, object]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, index=pd.RangeIndex(len(rows)))
    frame["shipment_id"] = [f"BILL {n}" for n in range(len(rows))]
    return schema.complete(frame.astype({n: schema.BY_NAME[n].dtype for n in frame.columns}))


def settled(table: pd.DataFrame, folder: str) -> pd.DataFrame:
    path = Path(folder) / "day.csv"
    manifest.write(table, path)
    return manifest.read(path).table


def carried(name: str, row: pd.Series) -> bool:
    """Tell what the form can carry of a row."""
    if name == "manifest_id":
        return pd.isna(row["amendment_count"])
    if name == "goods_description":
        return pd.isna(row["items"])  # else it stands in the lines
    if name == "hs_codes":
        return True
    return name in (*COLUMNS, "origin_country", "destination_country", "vessel_or_flight", "voyage") or (
        name in ("amendment_count", "last_amended_at")
    )


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@example([_LONG])
@given(ROWS)
def test_nothing_is_lost_both_ways(read: Read, rows) -> None:
    with tempfile.TemporaryDirectory() as folder:
        table = settled(table_of(rows), folder)
        path = Path(folder) / "ens.xml"
        with open(path, "wb") as stream:
            FORM.write(table, stream)
        assert recognise(path.read_bytes()[: 1 << 16])
        back = manifest.read(path).table
    assert back["shipment_id"].tolist() == table["shipment_id"].tolist()
    for (_, row), (_, again) in zip(table.iterrows(), back.iterrows(), strict=True):
        for name in schema.BY_NAME:
            if pd.isna(row[name]) or not carried(name, row):
                continue
            if name == "items":
                before, after = json.loads(row[name]), json.loads(again[name])
                assert before[1:] == after[1:]
                assert {**before[0], "description": ""} == {**after[0], "description": ""}
                assert after[0]["description"].startswith(before[0]["description"])
            elif name == "hs_codes":
                assert set(row[name].split(";")) <= set(again[name].split(";"))
            else:
                assert row[name] == again[name], name
        if not pd.isna(row["goods_description"]):
            assert row["goods_description"] in again["goods_description"]


def test_written_in_the_order_of_the_schema() -> None:
    row = {
        **{name: "WORD " * 100 for name in COLUMNS if schema.BY_NAME[name].kind in ("text", "code")},
        "mode": "sea",
        "known_at": pd.Timestamp("2026-01-02 03:04").as_unit("us"),
        "hs_codes": "9503;0902",
        "gross_weight_kg": 12.5,
        "container_ids": "MSCU1234566",
        "seal_ids": "S1;S2",
        "origin_country": "CN",
        "destination_country": "GB",
    }
    stream = io.BytesIO()
    FORM.write(table_of([row, row]), stream)
    documents = stream.getvalue().split(b"<?xml ")[1:]
    assert len(documents) == 2
    order = [
        "MesSenMES3",
        "MesRecMES6",
        "DatOfPreMES9",
        "TimOfPreMES10",
        "MesIdeMES19",
        "MesTypMES20",
        "HEAHEA",
        "TRACONCO1",
        "TRACONCE1",
        "NOTPAR670",
        "GOOITEGDS",
        "ITI",
        "TRAREP",
        "PERLODSUMDEC",
        "SEAID529",
        "CUSOFFFENT730",
        "TRACARENT601",
    ]
    for document in documents:
        root = etree.fromstring(b"<?xml " + document)
        assert etree.QName(root).localname == "CC315A"
        places = [order.index(child.tag) for child in root]
        assert places == sorted(places)
        for name, most in (("NamCO17", 35), ("GooDesGDS23", 280), ("MarNumOfPacGSL21", 140)):
            assert all(len(element.text) <= most for element in root.iter(name))


@given(st.text(LETTERS, max_size=300), st.integers(2, 20))
def test_pieces_are_no_longer_than_asked(text, width) -> None:
    assert all(len(piece) <= width for piece in split(text, width))
