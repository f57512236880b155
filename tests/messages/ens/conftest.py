"""Reading entry summary declarations in few words."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from features.manifest.messages.ens import FORM
from features.manifest.messages.form import Broken, Shipment


def _read(text: str | bytes) -> list[Shipment | Broken]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "message.xml"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        found = list(FORM.read(path))
    for each in found:
        if isinstance(each, Shipment):
            assert set(each.values) <= set(FORM.columns)
            assert all(isinstance(value, str) and value for value in each.values.values())
            assert all(column in FORM.columns for column, _, _ in each.doubts)
    return found


def _values(text: str | bytes) -> list[dict[str, str]]:
    return [each.values for each in _read(text) if isinstance(each, Shipment)]


@pytest.fixture(scope="session")
def read() -> Callable[[str | bytes], list[Shipment | Broken]]:
    """Read a text."""
    return _read


@pytest.fixture(scope="session")
def values() -> Callable[[str | bytes], list[dict[str, str]]]:
    """Read a text and give the columns of its shipments."""
    return _values
