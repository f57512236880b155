"""ANSI X12 customs manifests broken in many ways."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.manifest.messages.form import Broken, Shipment
from features.manifest.messages.x12_309 import FORM

OCEAN = (Path(__file__).parent / "ocean.x12").read_bytes()


@pytest.mark.parametrize(
    "body",
    [
        b"N10*1*" + b"X" * 3_000_000 + b"~",
        b"N10" + b"*" * 500_000 + b"~",
        b"N10*1*FISH~" * 100_000,
        b"N10**FISH*M~" * 100_000,
        b"VID*CN*EXLU*1234567*S1~" * 60_000,
        b"M11*9*9*" + b"9" * 4000 + b"*X*1e999*K*9e9*Q~N10*1e999***Z*" + b"1" * 5000 + b"~",
        b"\x00\x01\xff\xfe\xed\xa0\x80~" * 2000,
        b"~" * 500_000,
        b"\n" * 500_000,
        b"ISA*00*" * 30_000,
        b"LX*1~" * 50_000,
        b"P4*1*99999999~P4*2*20269999*1*1*9999~",
    ],
)
def test_hostile_bytes_are_read_in_a_moment(body: bytes, tmp_path: Path) -> None:
    began = time.process_time()
    cut = OCEAN.index(b"N10**SAWN")
    path = tmp_path / "message.x12"
    path.write_bytes(OCEAN[:cut] + body + b"\n" + OCEAN.replace(b"EGLV", b"ABCD"))
    found = list(FORM.read(path))
    assert time.process_time() - began < 8
    named = [each.values["shipment_id"] for each in found if isinstance(each, Shipment)]
    assert "ABCD003100191317" in named


@given(data=st.data())
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
def test_mutated_messages_never_stop_the_reading(
    data: st.DataObject, read: Callable[..., list[Shipment | Broken]], mutated: Callable[..., bytes]
) -> None:
    signs = (b"~", b"*", b">", b"\n", b"ST*309*", b"LX*", b"ISA*00*", b"\xff")
    for each in read(mutated(data, OCEAN, signs)):
        if isinstance(each, Shipment):
            assert each.values["shipment_id"]
