"""Reading and writing Cargo-IMP in few words."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from features.manifest.messages import cargo_imp
from features.manifest.messages.form import Broken, Shipment


def _read(text: str | bytes) -> list[Shipment | Broken]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "messages.txt"
        path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
        return list(cargo_imp.read(path))


def _values(text: str | bytes) -> list[dict[str, str]]:
    found = _read(text)
    assert all(isinstance(each, Shipment) for each in found), found
    return [each.values for each in found if isinstance(each, Shipment)]


def _back(table: pd.DataFrame) -> tuple[bytes, list[dict[str, str]]]:
    stream = io.BytesIO()
    cargo_imp.write(table, stream)
    return stream.getvalue(), _values(stream.getvalue())


@pytest.fixture(scope="session")
def read() -> Callable[[str | bytes], list[Shipment | Broken]]:
    """Read a text."""
    return _read


@pytest.fixture(scope="session")
def values() -> Callable[[str | bytes], list[dict[str, str]]]:
    """Read a text whose every message is of shipments; give their columns."""
    return _values


@pytest.fixture(scope="session")
def back() -> Callable[[pd.DataFrame], tuple[bytes, list[dict[str, str]]]]:
    """Write a table and read it again."""
    return _back
