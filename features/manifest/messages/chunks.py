"""Shipments of a message as rows of a table, chunk by chunk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from features.manifest.messages.form import Broken, Form, Shipment
from features.manifest.rows import CHUNK, Chunk


def chunks(path: Path, label: str, form: Form) -> Iterator[Chunk]:
    """Yield the shipments of a file, at most `CHUNK` at a time.

    Columns are those the form can fill, and where each shipment stands.
    """
    found: list[Shipment | Broken] = []
    number = 0
    for each in form.read(path):
        found.append(each)
        if len(found) == CHUNK:
            yield _chunk(found, number, label, form)
            number, found = number + len(found), []
    if not found and not number:
        found.append(Broken("the file", f"at least one shipment; none was found in this {form.title}"))
    if found:
        yield _chunk(found, number, label, form)


def _chunk(found: list[Shipment | Broken], first: int, label: str, form: Form) -> Chunk:
    shipments = [(n, each) for n, each in enumerate(found, first + 1) if isinstance(each, Shipment)]
    broken = {n: each for n, each in enumerate(found, first + 1) if isinstance(each, Broken)}
    frame = pd.DataFrame(
        {name: pd.Series([s.values.get(name) for _, s in shipments], dtype="str") for name in form.columns}
    )
    frame["source_file"] = pd.Series([label] * len(frame), dtype="str")
    frame["source_position"] = pd.Series([s.place for _, s in shipments], dtype="str")
    return Chunk(
        frame,
        np.array([n for n, _ in shipments], dtype=np.int64),
        {n: each.expected for n, each in broken.items()},
        places={n: (each.place, each.shipment_id) for n, each in broken.items()},
        doubts=[
            (at, column, value, expected)
            for at, (_, shipment) in enumerate(shipments)
            for column, value, expected in shipment.doubts
        ],
        summaries=_summaries([s for _, s in shipments]),
    )


def _summaries(shipments: list[Shipment]) -> np.ndarray | None:
    """Return which rows are entries of a list, and which of those tell of a part of the bill."""
    if not any(shipment.summary for shipment in shipments):
        return None
    return np.array([float(s.summary) + (s.summary and s.part) for s in shipments])
