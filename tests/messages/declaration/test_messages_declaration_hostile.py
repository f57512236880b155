"""ASYCUDA World declarations broken in many ways."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.manifest.messages.declaration import FORM
from features.manifest.messages.form import Broken, Shipment

Read = Callable[[str | bytes], list[Shipment | Broken]]
Text = Callable[..., str]


LEAF = "<Attached_documents><Attached_document_code>N705</Attached_document_code></Attached_documents>"


HOSTILE = {
    "items": lambda declaration, item, paper: declaration(
        *(
            f"<Item><Previous_doc><Summary_declaration>B{n}</Summary_declaration></Previous_doc></Item>"
            for n in range(20_000)
        )
    ),
    "papers": lambda declaration, item, paper: declaration(item("B", extra=LEAF * 50_000)),
    "bill": lambda declaration, item, paper: declaration(item("B" * 5_000_000)),
    "names": lambda declaration, item, paper: declaration(
        item("B"), tail="".join(f"<x{n}>1</x{n}>" for n in range(50_000))
    ),
    "name": lambda declaration, item, paper: declaration(item("B")).replace(
        "MADEIRAS LDA", "A, \n" * 500_000
    ),
    "deep": lambda declaration, item, paper: declaration(item("B"), tail="<a>" * 100_000),
    "paper": lambda declaration, item, paper: declaration(
        item("B", extra=paper("A" * 3_000_000, "R", "BILL " * 500_000))
    ),
}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_hostile_declarations_neither_raise_nor_hang(
    declaration: Text, item: Text, paper: Text, read: Read, name: str
) -> None:
    text = HOSTILE[name](declaration, item, paper)
    begun = time.perf_counter()
    assert read(text)
    assert time.perf_counter() - begun < 8


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_mutations_never_raise(declaration: Text, item: Text, read: Read, data: st.DataObject) -> None:
    source = bytearray(declaration(item("BL1"), item("BL2")).encode())
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(source) - 1))
        kind = data.draw(st.integers(0, 2))
        if kind == 0:
            source[at] = data.draw(st.integers(0, 255))
        elif kind == 1 and len(source) > 300:
            del source[at : at + data.draw(st.integers(1, 200))]
        else:
            source[at:at] = source[at : at + data.draw(st.integers(1, 300))]
    FORM.recognise(bytes(source[:65536]))
    read(bytes(source))
