"""Flat ITMATT files broken in many ways."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features import manifest
from features.manifest import codes
from features.manifest.messages.form import Broken, Shipment
from features.manifest.messages.itmatt import recognise


def test_a_quotation_never_closed_costs_its_line(read, head):
    rows = ["RR473124829GB,,,A,1,TEA,2,GBP"] * 3
    rows[1] = 'RX123456785ZA,,,"B,1,CUPS,2,GBP'
    many = [f"RX{n:08d}0GB,,,A,1,TEA,2,GBP" for n in range(5000)]
    found = read("\n".join([head, *rows, *many]))
    broken = [each for each in found if isinstance(each, Broken)]
    assert [each.place for each in broken] == ["line 3"]
    assert len(found) == 1 + 1 + 5000


@pytest.mark.parametrize(
    "row",
    [
        "RR473124829GB,,,A,1e999,TEA,-3,GBP",
        "RR473124829GB,,,A," + "9" * 4000 + ",TEA,1e400,GBP",
        "RR473124829GB,99999999,,A,1,TEA,,",
        "RR473124829GB,31/31/2026,,A,1,TEA,,",
        "RR473124829GB,,,\x00\x00A,1,TEA,,",
        "RR473124829GB",
        "RR473124829GB,,,A,1,TEA,,,,,,,,",
        "RR473124829GB,,,A,1,TEA,,,,,more",
    ],
)
def test_hostile_cells(read, head, row):
    (found,) = read(f"{head}\n{row}\n")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mail.csv"
        path.write_text(f"{head}\n{row}\n")
        result = manifest.read(path)
    assert len(result.table) + len(result.rejected) == 1
    if isinstance(found, Broken):
        assert found.shipment_id == "RR473124829GB"


def test_huge_lines_and_items(read, one, head):
    lines = read(f"{head}\nRR473124829GB,,,{'A' * 3_000_000},1,TEA,,\nRX123456785ZA,,,A,1,TEA,,\n")
    assert isinstance(lines[0], Broken)
    assert isinstance(lines[1], Shipment)
    item = one("\n".join([head, *(f"RR473124829GB,,,A,1,TEA {n},1,GBP" for n in range(6000))]))
    assert len(json.loads(item.values["items"])) == codes.MAX_MEMBERS
    assert "items" in {doubt[0] for doubt in item.doubts}


@settings(max_examples=250, deadline=None)
@given(st.data())
def test_mutations_never_raise(read, plain, semicolons, data):
    text = data.draw(st.sampled_from([plain, semicolons])).encode()
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(text)))
        cut = data.draw(st.integers(0, 40))
        put = data.draw(
            st.sampled_from([b"", b'"', b",", b";", b"\n", b"\r", b"\x00", b"\xff\xfe", b"1e999", b"\x1a"])
        )
        text = text[:at] + put + text[at + cut :]
    recognise(text)
    read(text)
