"""What became of the rows of a file: every row read is accounted for, and every loss is listed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from features.manifest import Manifest


class Tally:
    """Adds up what was read, batch by batch.

    Attributes
    ----------
    rows_in : int
        Rows read: ``rows_in = shipments + joined + repeats + rejected``.
    shipments : int
        Shipments kept.
    joined : int
        Rows that became lines of another row's consignment.
    repeats : int
        Identical repeats and superseded versions dropped.
    rejected : int
        Rows that could not be used.
    noted : int
        Shipments kept without a value that could not be used.
    """

    def __init__(self) -> None:
        self.rows_in = self.shipments = self.joined = self.repeats = self.rejected = self.noted = 0
        self._rejected: list[pd.DataFrame] = []
        self._notes: list[pd.DataFrame] = []

    def add(self, manifest: Manifest) -> None:
        """Count a manifest.

        Raises
        ------
        ArithmeticError
            If a row is unaccounted for.
        """
        counts = manifest.counts
        self.rows_in += counts["rows"]
        self.shipments += len(manifest.table)
        self.joined += counts["joined"]
        self.repeats += counts["repeats"]
        self.rejected += len(manifest.rejected)
        self.noted += manifest.notes["shipment_id"].nunique()
        if len(manifest.rejected):
            self._rejected.append(manifest.rejected)
        if len(manifest.notes):
            self._notes.append(manifest.notes)
        if self.rows_in != self.shipments + self.joined + self.repeats + self.rejected:
            raise ArithmeticError("rows were lost while reading: " + self.sentence("kept"))

    def sentence(self, kept: str) -> str:
        """Return the sum in one line; ``kept`` says what became of the good rows."""
        parts = [f"{self.shipments:,} {kept}"]
        for n, what in ((self.joined, "joined as lines of one bill"), (self.repeats, "repeats dropped")):
            parts += [f"{n:,} {what}"] if n else []
        return f"Rows read: {self.rows_in:,} = {' + '.join(parts)} + {self.rejected:,} rejected"

    def rejections(self) -> list[str]:
        """Return one line per rejected row."""
        return [
            f"{_where(row)}{_name(row)}: {row['reason']}"
            for frame in self._rejected
            for row in frame.fillna("").astype(str).to_dict("records")
        ]

    def remarks(self) -> list[str]:
        """Return one line per value that could not be used."""
        return [
            f"{_where(row)}{_name(row)}: {row['column']} {row['value']!r}, expected {row['expected']}"
            for frame in self._notes
            for row in frame.fillna("").astype(str).to_dict("records")
        ]

    def problems(self) -> list[str]:
        """Return everything wrong with the input."""
        return self.rejections() + self.remarks()


def _where(row: dict[str, str]) -> str:
    return " ".join(filter(None, (row.get("source_file", ""), row.get("source_position", ""))))


def _name(row: dict[str, str]) -> str:
    return f" (shipment {row['shipment_id']})" if row["shipment_id"] else ""
