"""UN/EDIFACT cargo reports broken in many ways."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.manifest.messages.cuscar import FORM
from features.manifest.messages.form import Broken, Shipment

SEA = (Path(__file__).parent / "sea.edi").read_bytes()


@pytest.mark.parametrize(
    "body",
    [
        b"FTX+AAA+++" + b"X" * 3_000_000 + b"'GID+2+1'",
        b"FTX+AAA+++" + b"?" * 500_001 + b"'",
        b"FTX+AAA+++" + b":A" * 500_000 + b"'",
        b"GID" + b"+" * 500_000 + b"'",
        b"GID+1+1'FTX+AAA+++FISH'MEA+AAE+G+KGM:1'" * 60_000,
        b"RFF+BM:" + b"9" * 4000 + b"'RFF+HS:" + b"1" * 100_000 + b"'",
        b"CNT+7:1e999:KGM'MEA+AAE+G+KGM:" + b"9" * 4000 + b"'MOA+44:1" + b"0" * 4000 + b":USD'",
        b"\x00\x01\x02\x03\x1a\xff\xfe\xed\xa0\x80'" * 2000,
        b"EQD+CN+ABCU1234567'SGP+ABCU1234567'SEL+1'" * 30_000,
        b"NAD+CZ+++" + b"A,B" * 100_000 + b"'",
        b"DTM+132:99999999:102'DTM+178:-1:203'DTM+137::'",
        b"GID+1'" * 3000 + b"RFF+BM:'RFF+MB:B1'" * 60_000,
        b"CNI+1'RFF+AAQ:X1'RFF+SN:1'PAC+++LCL:67:95'" * 30_000,
        b"'" * 500_000,
        b"\n" * 500_000,
        b"UNA" * 100_000,
        b"UNB+UNOA" * 50_000,
    ],
)
def test_hostile_bytes_are_read_in_a_moment(body: bytes, tmp_path: Path) -> None:
    data = b"UNA:+.? 'UNB+UNOA:1+A+B+260801:0240+1'UNH+1+CUSCAR:D:95B:UN'BGM+85+M+9'CNI+1'RFF+BM:B1'GID+1+1'"
    began = time.process_time()
    path = tmp_path / "message.edi"
    path.write_bytes(data + body + b"\n" + SEA)
    found = list(FORM.read(path))
    assert time.process_time() - began < 8
    assert any(isinstance(each, Shipment) and each.values["shipment_id"] == "EXLU001" for each in found)


@given(data=st.data())
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
def test_mutated_messages_never_stop_the_reading(
    data: st.DataObject, read: Callable[..., list[Shipment | Broken]], mutated: Callable[..., bytes]
) -> None:
    signs = (b"'", b"+", b":", b"?", b"\n", b"UNH+1+", b"CNI+", b"UNA", b"\xff")
    for each in read(mutated(data, SEA, signs)):
        if isinstance(each, Shipment):
            assert each.values["shipment_id"]
            assert not any("\x01" in value for value in each.values.values())


def test_reading_is_linear(tmp_path: Path) -> None:
    bill = SEA[SEA.index(b"CNI+1") : SEA.index(b"UNT+")]
    head, times = SEA[: SEA.index(b"CNI+1")], []
    for count in (1000, 4000):
        path = tmp_path / f"{count}.edi"
        path.write_bytes(head + bill * count + b"UNT+1+1'UNZ+1+1'")
        began = time.process_time()
        assert sum(isinstance(each, Shipment) for each in FORM.read(path)) == count
        times.append(time.process_time() - began)
    assert times[1] < 8 * max(times[0], 0.05)
