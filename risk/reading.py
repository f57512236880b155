"""What became of the rows of a file: every row read is accounted for, and every loss is listed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from risk.sentences import clean

if TYPE_CHECKING:
    from features.manifest import Manifest


class Tally:
    """Adds up what was read, batch by batch.

    Attributes
    ----------
    rows_in : int
        Rows read: the sum of all others but ``noted``.
    shipments : int
        Shipments kept.
    joined : int
        Rows that became lines of another row's consignment.
    retold, listed, declared : int
        Bills that another kind of message tells of too; entries of lists, and declarations, whose bill
        is here.
    unchanged : int
        Shipments of an earlier list of which nothing new was said.
    repeats, superseded : int
        Identical repeats; earlier versions of shipments amended later in the input.
    rejected : int
        Rows that could not be used, and files that could not be read.
    noted : int
        Shipments kept without a value that could not be used.
    read, unread : int
        Files that were read, wholly or in part; files in folders and archives that were not.
    """

    def __init__(self) -> None:
        self.rows_in = self.shipments = self.joined = self.repeats = 0
        self.retold = self.listed = self.declared = self.unchanged = 0
        self.superseded = self.rejected = self.noted = 0
        self.read = self.unread = 0
        self._unread: set[str] = set()
        self._rejected: list[pd.DataFrame] = []
        self._notes: list[pd.DataFrame] = []
        self._general: list[pd.DataFrame] = []

    def add(self, manifest: Manifest) -> None:
        """Count a manifest.

        Raises
        ------
        ArithmeticError
            If a row is unaccounted for.
        """
        counts = manifest.counts
        self.read += len(manifest.files["read"])
        self.unread += len(manifest.files["unread"])
        self._unread |= set(manifest.files["unread"])
        self.rows_in += counts["rows_read"]
        self.shipments += len(manifest.table)
        self.joined += counts["joined"]
        self.retold += counts["retold"]
        self.listed += counts["listed"]
        self.declared += counts["declared"]
        self.unchanged += counts.get("unchanged", 0)
        self.repeats += counts["repeats"]
        self.superseded += counts["superseded"]
        self.rejected += len(manifest.rejected)
        self.noted += manifest.notes["shipment_id"].dropna().nunique()
        if len(manifest.rejected):
            self._rejected.append(manifest.rejected)
        if len(manifest.notes):
            general = manifest.notes["shipment_id"].isna() & (manifest.notes["column"].fillna("") == "")
            self._notes.append(manifest.notes[~general])
            self._general.append(manifest.notes[general])
        kept = self.shipments + self.joined + self.retold + self.listed + self.declared
        kept += self.unchanged + self.repeats + self.superseded
        if self.rows_in != kept + self.rejected:
            raise ArithmeticError("rows were lost while reading: " + self.sentence("kept"))

    def sentence(self, kept: str) -> str:
        """Return the sum in one line; ``kept`` says what became of the good rows."""
        parts = [f"{self.shipments:,} {kept}"]
        told = (
            (self.joined, "joined as lines of a bill, or as masters of houses here"),
            (self.retold, "told by another kind of message too"),
            (self.listed, "entries of lists whose bill is here"),
            (self.declared, "declarations of bills that are here"),
            (self.unchanged, "of the earlier list, unchanged"),
            (self.repeats, "identical repeats"),
            (self.superseded, "amended later"),
        )
        for n, what in told:
            parts += [f"{n:,} {what}"] if n else []
        none = self._of_unread()
        parts += [f"{self.rejected - none:,} rejected"]
        return f"Rows read: {self.rows_in - none:,} = {' + '.join(parts)}"

    def _of_unread(self) -> int:
        """Return how many rejections are of files that were not read, which have no rows."""
        return sum(int(frame["source_file"].isin(self._unread).sum()) for frame in self._rejected)

    def of_files(self) -> str:
        """Return how many files were read in one line; empty where there was one, or none could be told."""
        if self.read + self.unread < 2:
            return ""
        named = {str(name) for frame in self._rejected for name in frame["source_file"].dropna().unique()}
        partly = len(named - self._unread)
        told = f"{self.read:,} read" + (f" ({partly:,} of them in part)" if partly else "")
        return f"Files: {self.read + self.unread:,} = {told} + {self.unread:,} not read"

    def reasons(self, most: int = 5) -> list[str]:
        """Return the most frequent reasons of rejections, and how many rows each cost."""
        counts = Counter(
            str(reason).partition(";")[0] for frame in self._rejected for reason in frame["reason"].fillna("")
        )
        return [f"{n:,} rejected: {clean(reason, 120)}" for reason, n in counts.most_common(most)]

    def rejections(self) -> list[str]:
        """Return one line per rejected row."""
        return [
            f"{_where(row)}{_name(row)}: {clean(row['reason'], 300)}"
            for frame in self._rejected
            for row in frame.fillna("").astype(str).to_dict("records")
        ]

    def remarks(self) -> list[str]:
        """Return one line per value that could not be used."""
        return [
            f"{_where(row)}{_name(row)}: {row['column']} {clean(row['value'])!r}; expected {row['expected']}"
            for frame in self._notes
            for row in frame.fillna("").astype(str).to_dict("records")
        ]

    def noted_columns(self, most: int = 3) -> list[tuple[str, int]]:
        """Return the columns with a note and on how many shipments, the most frequent first."""
        if not self._notes:
            return []
        cells = pd.concat(self._notes)[["shipment_id", "column"]].dropna().drop_duplicates()
        counts = cells.loc[cells["column"] != "", "column"].value_counts().to_dict()
        return sorted(((str(c), int(n)) for c, n in counts.items()), key=lambda one: (-one[1], one[0]))[:most]

    def general(self) -> list[str]:
        """Return what is to be known about the files as a whole, such as columns left out."""
        return [
            f"{_where(row)}: {clean(row['value'], 80)}; expected {row['expected']}"
            for frame in self._general
            for row in frame.fillna("").astype(str).to_dict("records")
        ]

    def problems(self) -> list[str]:
        """Return everything wrong with the input."""
        return self.rejections() + self.remarks()


def _where(row: Mapping[Any, Any]) -> str:
    return " ".join(filter(None, (row.get("source_file", ""), row.get("source_position", ""))))


def _name(row: Mapping[Any, Any]) -> str:
    return f" (shipment {clean(row['shipment_id'])})" if row["shipment_id"] else ""
