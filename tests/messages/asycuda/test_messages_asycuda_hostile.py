"""ASYCUDA World manifests broken in many ways."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.manifest.messages.asycuda import FORM
from features.manifest.messages.form import Broken, Shipment

Read = Callable[[str | bytes], list[Shipment | Broken]]

_FOLDER = Path(__file__).parent.parent / "samples" / "asycuda"
GENERAL, FIRST, SECOND, EXPORTED = (
    (_FOLDER / f"{name}.xml").read_text(encoding="utf-8").strip()
    for name in ("general", "first", "second", "exported")
)
AWMDS = f'<?xml version="1.0" encoding="UTF-8"?>\n<Awmds>{GENERAL}{FIRST}{SECOND}</Awmds>'


def _bill(inside: str) -> str:
    return f"<Bol_segment><Bol_id><Bol_reference>B1</Bol_reference></Bol_id>{inside}</Bol_segment>"


def _leaf(name: str, text: object) -> str:
    return f"<{name}>{text}</{name}>"


CONTAINER = _leaf("ctn_segment", _leaf("Ctn_reference", "A"))


HOSTILE = {
    "containers": lambda: _bill(CONTAINER * 50_000),
    "goods": lambda: _bill(_leaf("Goods_segment", _leaf("Goods_description", "A B")) * 50_000),
    "leaves": lambda: _bill(
        _leaf("Goods_segment", "".join(_leaf("Goods_description", n) for n in range(100_000)))
    ),
    "names": lambda: _bill("".join(_leaf(f"x{n}", 1) for n in range(50_000))),
    "seals": lambda: _bill(_leaf("ctn_segment", _leaf("Seals", "," * 3_000_000))),
    "address": lambda: _bill(_leaf("Exporter", _leaf("Exporter_address", "TEL " * 500_000))),
    "digits": lambda: _bill(_leaf("Exporter", _leaf("Exporter_address", "TEL 1-" + "1 " * 500_000))),
    "lines": lambda: _bill(_leaf("Exporter", _leaf("Exporter_address", "x" + "\n" * 500_000 + "x"))),
    "deep": lambda: _bill("<a>" * 100_000),
    "bills": lambda: _bill("") * 20_000,
    "attribute": lambda: f'<Bol_segment a="{"x" * 9_000_000}"></Bol_segment>',
}


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><Awmds>' + _bill("&b;") + "</Awmds>"


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_hostile_messages_neither_raise_nor_hang(read: Read, name: str) -> None:
    text = f"<Awmds>{HOSTILE[name]()}</Awmds>"
    begun = time.perf_counter()
    found = read(text)
    assert time.perf_counter() - begun < 8
    assert found


def test_entities_are_not_expanded(read: Read) -> None:
    assert [type(each) for each in read(BOMB)] == [Broken]
    assert read("<Awmds/>") == []


def test_a_bill_without_number_costs_only_itself(read: Read) -> None:
    found = read(f"<Awmds>{FIRST.replace('EXLU1', ' ')}{SECOND}</Awmds>")
    assert [type(each) for each in found] == [Broken, Shipment]
    assert isinstance(found[0], Broken)
    assert "Bol_reference" in found[0].expected


def test_a_broken_message_keeps_what_stood_before_and_after(read: Read) -> None:
    torn = AWMDS[: AWMDS.index("CASHEW")]
    found = read(torn + "\n" + AWMDS.replace("EXLU1", "EXLU9"))
    assert [each.values["shipment_id"] if isinstance(each, Shipment) else "" for each in found] == [
        *("EXLU1", "", "EXLU9", "EXLU2")
    ]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_mutations_never_raise(read: Read, data: st.DataObject) -> None:
    source = bytearray(data.draw(st.sampled_from([AWMDS, EXPORTED])).encode())
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(source) - 1))
        kind = data.draw(st.integers(0, 3))
        if kind == 0:
            source[at] = data.draw(st.integers(0, 255))
        elif kind == 1:
            del source[at : at + data.draw(st.integers(1, 200))]
        elif kind == 2:
            source[at:at] = data.draw(st.binary(max_size=8))
        else:
            end = min(len(source), at + data.draw(st.integers(1, 300)))
            source[at:at] = source[at:end]
        if not source:
            return
    FORM.recognise(bytes(source[:65536]))
    read(bytes(source))
