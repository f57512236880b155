"""Shared builders of small manifests."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def make_csv(tmp_path: Path) -> Callable[..., Path]:
    """Write rows (dicts) as a CSV file of canonical columns."""

    def make(
        rows: list[dict[str, object]], name: str = "manifest.csv", header: list[str] | None = None
    ) -> Path:
        names = header or list(dict.fromkeys([*(["shipment_id"]), *(key for row in rows for key in row)]))
        path = tmp_path / name
        with open(path, "w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, names, restval="")
            writer.writeheader()
            writer.writerows(rows)
        return path

    return make
