"""Shipments of a message as rows of a table, chunk by chunk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from features.manifest.messages.form import Broken, Form, Shipment
from features.manifest.rows import FILE_STRIDE, Chunk

#: Shipments held at a time: as dictionaries they take some 5 kB each.
CHUNK = 10_000

_Numbered = tuple[int, Shipment | Broken]


def chunks(files: Sequence[tuple[Path, str]], form: Form) -> Iterator[Chunk]:
    """Yield the shipments of files of one format, at most `CHUNK` at a time.

    Columns are those the form can fill, and where each shipment stands. What stands in thousands of small
    files costs no more than if it stood in one.

    Parameters
    ----------
    files : sequence of (path, label)
    form : Form
    """
    labels = tuple(label for _, label in files)
    found: list[_Numbered] = []
    for at, (path, _) in enumerate(files):
        number = before = at * FILE_STRIDE
        for number, each in enumerate(form.read(path), before + 1):
            found.append((number, each))
            if len(found) == CHUNK:
                yield _chunk(found, labels, form)
                found = []
        if number == before:
            expected = f"at least one shipment; none was found in this {form.title}"
            found.append((number + 1, Broken("the file", expected)))
    if found:
        yield _chunk(found, labels, form)


def _chunk(found: list[_Numbered], labels: tuple[str, ...], form: Form) -> Chunk:
    shipments = [(n, each) for n, each in found if isinstance(each, Shipment)]
    broken = {n: each for n, each in found if isinstance(each, Broken)}
    frame = pd.DataFrame(
        {name: pd.Series([s.values.get(name) for _, s in shipments], dtype="str") for name in form.columns}
    )
    frame["source_file"] = pd.Series([labels[n // FILE_STRIDE] for n, _ in shipments], dtype="str")
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
        files=labels,
    )


def _summaries(shipments: list[Shipment]) -> np.ndarray | None:
    """Return which rows are entries of a list, and which of those tell of a part of the bill."""
    if not any(shipment.summary for shipment in shipments):
        return None
    return np.array([float(s.summary) + (s.summary and s.part) for s in shipments])
