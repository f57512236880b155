"""Reading messages in few words, whatever their format; a folder says which by its own `form`."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import strategies as st

from features.manifest.messages.form import Broken, Form, Shipment


def _read(form: Form, text: str | bytes) -> list[Shipment | Broken]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "message"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        found = list(form.read(path))
    for each in found:
        if isinstance(each, Shipment):
            assert set(each.values) <= set(form.columns)
            assert all(isinstance(value, str) and value for value in each.values.values())
            # A message that breaks off is doubted where it stands in its file.
            assert {column for column, _, _ in each.doubts} <= {*form.columns, "source_position"}
    return found


@pytest.fixture(scope="module")
def read(form: Form) -> Callable[[str | bytes], list[Shipment | Broken]]:
    """Read a text; what every shipment of any format keeps to is checked."""
    return lambda text: _read(form, text)


@pytest.fixture(scope="module")
def values(form: Form) -> Callable[[str | bytes], list[dict[str, str]]]:
    """Read a text and give the columns of its shipments."""
    return lambda text: [each.values for each in _read(form, text) if isinstance(each, Shipment)]


def _mutated(data: st.DataObject, sound: bytes, signs: Sequence[bytes]) -> bytes:
    text = bytearray(sound)
    for _ in range(data.draw(st.integers(0, 12))):
        at = data.draw(st.integers(0, max(0, len(text) - 1)))
        kind = data.draw(st.integers(0, 4))
        if kind == 0:
            text[at : at + 1] = bytes([data.draw(st.integers(0, 255))])
        elif kind == 1:
            del text[at : at + data.draw(st.integers(1, 60))]
        elif kind == 2:
            text[at:at] = data.draw(st.sampled_from(signs))
        elif kind == 3:
            text[at:at] = text[at // 2 : at // 2 + data.draw(st.integers(1, 300))]
        else:
            text = text[: at + 1]
    return bytes(text)


@pytest.fixture(scope="session")
def mutated() -> Callable[[st.DataObject, bytes, Sequence[bytes]], bytes]:
    """Change a sound message here and there: bytes, cuts, signs of its format put in, parts twice."""
    return _mutated
