"""Canonical rows set aside on disk, and taken up again in batches that split nothing.

A batch never splits a bill, a manifest or a master bill: rows are grouped into the connected
parts of the graph shipment - master - manifest, over the whole input, by a hash index of 24
bytes a row. Batches hold whole parts, in the order of the input.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.manifest.canonical import POSITION, Part
from features.stable_hash import hash64

_LINKS = ("shipment_id", "master_id", "manifest_id")
#: Above this many batches a spilled chunk touches on average, chunks are cut up per batch first.
_SCATTER = 3.0


@dataclass
class Spill:
    """A folder of spilled parts and the index of what they hold."""

    folder: Path
    links: list[np.ndarray] = field(default_factory=list)
    pieces: dict[int, list[Path]] = field(default_factory=dict)

    def add(self, part: Part) -> None:
        """Set one part aside."""
        number = len(self.links)
        for name, frame in (("rows", part.table), ("notes", part.notes), ("rejected", part.rejected)):
            _write(frame, self.folder / f"{name}-{number}.parquet")
        columns = [_hashes(_linked(part.table), name) for name in _LINKS]
        self.links.append(
            np.column_stack(columns) if len(part.table) else np.empty((0, len(_LINKS)), dtype=np.uint64)
        )

    def batches(self, rows: int) -> Iterator[Part]:
        """Yield the parts again, cut into batches of about ``rows`` rows.

        A batch is larger only by the last manifest (or chain of linked bills) in it.
        """
        batch = _batch_numbers(
            np.concatenate(self.links) if self.links else np.empty((0, 3), np.uint64), rows
        )
        of_chunk = np.split(batch, np.cumsum([len(links) for links in self.links])[:-1]) if self.links else []
        touched = [np.unique(numbers) for numbers in of_chunk]
        scattered = sum(map(len, touched)) > _SCATTER * max(1, len(touched))
        if scattered:
            self._cut_up(of_chunk)
        homes = [int(numbers[0]) if len(numbers) else 0 for numbers in touched]
        for number in range(int(batch.max()) + 1 if len(batch) else 1):
            here = [c for c, numbers in enumerate(touched) if number in numbers]
            if scattered:
                tables = [_read(path) for path in self.pieces.get(number, [])]
            else:
                tables = [_read(self.folder / f"rows-{c}.parquet")[of_chunk[c] == number] for c in here]
            if not tables and self.links:  # no row has an id: an empty table keeps the columns
                tables = [_read(self.folder / "rows-0.parquet")[:0]]
            home = [c for c, h in enumerate(homes) if h == number]
            rejected = [_read(self.folder / f"rejected-{c}.parquet") for c in home]
            notes = [_read(self.folder / f"notes-{c}.parquet") for c in here]
            yield Part(
                table=align(tables),
                notes=align(notes),
                rejected=align(rejected),
                read=sum(map(len, tables + rejected)),
            )

    def _cut_up(self, of_chunk: list[np.ndarray]) -> None:
        for c, numbers in enumerate(of_chunk):
            table = _read(self.folder / f"rows-{c}.parquet")
            for number in np.unique(numbers):
                path = self.folder / f"piece-{c}-{number}.parquet"
                _write(table[numbers == number], path)
                self.pieces.setdefault(int(number), []).append(path)
            (self.folder / f"rows-{c}.parquet").unlink()


def align(frames: list[pd.DataFrame]) -> pd.DataFrame:
    """Stack frames whose columns may differ, keeping dtypes, in order of position."""
    dtypes: dict[str, object] = {}
    for frame in frames:
        dtypes.update({str(name): dtype for name, dtype in frame.dtypes.items() if name not in dtypes})
    filled = []
    for frame in frames:
        data = {
            name: frame[name] if name in frame else pd.Series(index=frame.index, dtype=dtype)  # type: ignore[call-overload]
            for name, dtype in dtypes.items()
        }
        filled.append(pd.DataFrame(data, index=frame.index))
    whole = (
        pd.concat(filled, ignore_index=True) if filled else pd.DataFrame({POSITION: pd.Series(dtype="int64")})
    )
    return whole.sort_values(POSITION, kind="stable", ignore_index=True)


def _write(frame: pd.DataFrame, path: Path) -> None:
    pq.write_table(
        pa.Table.from_pandas(frame, preserve_index=False), path, compression="zstd", compression_level=1
    )


def _read(path: Path) -> pd.DataFrame:
    return pq.read_table(path).to_pandas()


def _linked(table: pd.DataFrame) -> pd.DataFrame:
    """Return the columns that link rows; what may be a master bill is linked to the houses that name it."""
    links = table[[name for name in _LINKS if name in table]]
    if "bill_level" in table and (may_be := table["bill_level"].fillna("master").eq("master")).any():
        above = links["master_id"] if "master_id" in links else pd.Series(pd.NA, links.index, dtype="str")
        links = links.assign(master_id=above.mask(may_be & above.isna(), links["shipment_id"]))
    return links


def _hashes(table: pd.DataFrame, name: str) -> np.ndarray:
    """Return a hash per row that says which bill, master or manifest it is of; 0 for none."""
    if name not in table:
        return np.zeros(len(table), dtype=np.uint64)
    hashes = hash64(table[name])
    return np.where(table[name].isna(), np.uint64(0), hashes | np.uint64(1))


def _batch_numbers(links: np.ndarray, rows: int) -> np.ndarray:
    """Return each row's batch."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n = len(links)
    if n == 0:
        return np.empty(0, dtype=np.int64)
    # Numbers of 32 bits, and each column let go when it is done: this is the one step that sees every row.
    shipment, shipments = pd.factorize(links[:, 0])
    shipment = shipment.astype(np.int32)
    nodes, ends = len(shipments), []
    del shipments
    for column in (1, 2):
        linked = links[:, column] != 0
        other, others = pd.factorize(links[linked, column])
        ends.append((shipment[linked], other.astype(np.int32) + np.int32(nodes)))
        nodes += len(others)
        del other, others
    left = np.concatenate([a for a, _ in ends])
    right = np.concatenate([b for _, b in ends])
    del ends
    graph = coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(nodes, nodes))
    del left, right
    part_of = connected_components(graph, directed=False)[1][shipment]
    del graph
    # Factorising numbers the connected parts by first appearance: the order of the input.
    part, parts = pd.factorize(part_of)
    sizes = np.bincount(part, minlength=len(parts))
    starts = np.cumsum(sizes) - sizes
    return np.unique(starts // max(1, rows), return_inverse=True)[1][part]
