"""Histories of ports: manifests with what inspections found, read from folders or files.

A *port* is a folder with ``manifests.parquet`` and ``outcomes.parquet`` (as `wildcargo simulate`
writes them), or manifest files taken together as one port.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.manifest import read, schema
from features.manifest import read_outcomes as read_outcome_rows
from models.labels import HEADS
from risk import outcomes as kept_outcomes
from risk.amendments import OnePerBill, one_per_bill
from risk.reading import Tally
from risk.sentences import clean

MANIFESTS = "manifests.parquet"
OUTCOMES = "outcomes.parquet"
TRUTH = "truth.parquet"
#: Values that could not be used are shown up to here where nothing else is left to say.
_SHOWN = 20


class PortError(ValueError):
    """A port's history cannot be used; the message says what is missing."""


@dataclass(frozen=True)
class Port:
    """One port's history.

    Attributes
    ----------
    name : str
    table : DataFrame, shape (n, k)
        Shipment table with outcome columns: every version of every bill.
    extra : dict
        Local columns (``categorical``, ``numeric``) the mapping file names as features.
    tally : Tally
        What became of the rows read.
    unmatched : tuple of str
        Outcomes that belong to no shipment read.
    remarks : tuple of str
        Values of the outcomes that could not be used, one line each.
    """

    name: str
    table: pd.DataFrame
    extra: dict[str, list[str]] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)
    unmatched: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @cached_property
    def one_per_bill(self) -> OnePerBill:
        """The version of each bill that was inspected, else its first."""
        return one_per_bill(self.table)

    @property
    def shipments(self) -> pd.DataFrame:
        """One row per bill, shape (m, k); the index are positions in `table`."""
        return self.one_per_bill.table

    @property
    def inspected(self) -> npt.NDArray[np.intp]:
        """Positions of `shipments` with an outcome."""
        return np.flatnonzero(self.shipments["inspected_at"].notna() & self.shipments["outcome"].notna())


def read_ports(
    paths: Sequence[str | Path],
    *,
    mapping: str | Path | None = None,
    outcomes: str | Path | None = None,
    now: pd.Timestamp | None = None,
) -> list[Port]:
    """Read histories: each folder is a port, all files together are one more.

    Parameters
    ----------
    paths : sequence of path
    mapping : path, optional
        For files; folders hold shipment tables.
    outcomes : path, optional
        Outcomes by ``shipment_id``, for a single port.
    now : Timestamp, optional

    Raises
    ------
    PortError
        Listing folders without manifests, or outcomes given for several ports.
    """
    folders = [Path(p) for p in paths if Path(p).is_dir()]
    files = [Path(p) for p in paths if not Path(p).is_dir()]
    lost = [f"{folder}: holds no {MANIFESTS}" for folder in folders if not (folder / MANIFESTS).is_file()]
    if lost:
        raise PortError("\n".join(lost))
    if outcomes is not None and len(folders) + bool(files) > 1:
        raise PortError("--outcomes belongs to one port; give one folder, or files of one port")
    ports = []
    for folder in folders:
        found = folder / OUTCOMES
        with_outcomes = outcomes if outcomes is not None else (found if found.is_file() else None)
        ports.append(_read_port(folder.name, [folder / MANIFESTS], mapping, with_outcomes, now))
    if files:
        ports.append(_read_port(files[0].stem, files, mapping, outcomes, now))
    return ports


def _read_port(
    name: str,
    files: Sequence[Path],
    mapping: str | Path | None,
    outcomes: str | Path | None,
    now: pd.Timestamp | None,
) -> Port:
    # Every version: the one an inspection was made on teaches, not the last; all are the past of others.
    manifest = read(files, mapping, now=now, versions="all")
    tally = Tally()
    tally.add(manifest)
    _refuse_unknown(name, manifest.notes)
    table, unmatched, remarks = manifest.table, tuple[str, ...](), tuple[str, ...]()
    if outcomes is not None:
        found, remarks = _outcomes(outcomes)
        table, unmatched = join_outcomes(table, found)
    port = Port(name, table, dict(manifest.extra), tally, unmatched, remarks)
    if not len(port.inspected):
        said = "\n".join([*tally.remarks(), *remarks][:_SHOWN])
        raise PortError(
            f"{name}: no inspected shipment with an outcome; give --outcomes FILE\n{said}".strip()
        )
    return port


def _refuse_unknown(name: str, notes: pd.DataFrame) -> None:
    """Refuse outcomes in unknown words: what is left without them is no fair sample of inspections."""
    strange = notes.loc[notes["column"] == "outcome", "value"].value_counts()
    if len(strange):
        raise PortError(
            "\n".join(
                f"{name}: outcome {clean(str(word))!r} in {rows:,} rows; expected any of "
                f"{', '.join(schema.OUTCOMES)}, or an entry for it in [values.outcome] of a mapping"
                for word, rows in strange.items()
            )
        )


def read_outcomes(path: str | Path) -> pd.DataFrame:
    """Read outcomes: ``shipment_id`` and the outcome columns of the shipment table.

    Of a table that keeps corrections (`risk.outcomes`) it is what stands, and ``known_since`` besides.

    Raises
    ------
    PortError
        Repeated ids, rows that cannot be read, or outcomes in unknown words.
    """
    return _outcomes(path)[0]


def _outcomes(path: str | Path) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return outcomes, and one line per value of theirs that could not be used."""
    if kept_outcomes.is_kept(path):
        return kept_outcomes.standing(kept_outcomes.read(path)), ()
    manifest = read_outcome_rows([path])
    tally = Tally()
    tally.add(manifest)
    if tally.rejected:
        raise PortError(f"{path}: outcomes that cannot be read\n" + "\n".join(tally.rejections()))
    _refuse_unknown(str(path), manifest.notes)
    table = manifest.table
    if not table["outcome"].notna().any():
        raise PortError(f"{path}: no column 'outcome' with values ({', '.join(schema.OUTCOMES)})")
    return table[["shipment_id", *schema.OUTCOME_COLUMNS]], tuple(tally.remarks())


def join_outcomes(
    table: pd.DataFrame, outcomes: pd.DataFrame, *, as_known: bool = False
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Put outcomes beside the version of each shipment that was inspected.

    The last version known by the time of the inspection gets the outcome; where every version is
    later, all get it (and training refuses them: what they say was written after the find).

    Parameters
    ----------
    table : DataFrame, shape (n, k)
        Shipment table; a shipment may have several versions.
    outcomes : DataFrame, shape (m, 1 + outcome columns)
        One row per ``shipment_id``.
    as_known : bool
        Date a correction by when it came in (``known_since``), not by the inspection: the port's past
        holds the earlier outcome until then.

    Returns
    -------
    table : DataFrame, shape (n, k)
    unmatched : tuple of str
        Ids of outcomes without a shipment.
    """
    if not len(outcomes):
        return table.copy(), ()
    place = pd.Index(outcomes["shipment_id"]).get_indexer(pd.Index(table["shipment_id"]))
    matched = place >= 0
    joined = table.copy()
    taken = outcomes.iloc[np.maximum(place, 0)].reset_index(drop=True)
    taken.index = table.index
    keep = matched & _inspected_version(table, taken["inspected_at"])
    for name in schema.OUTCOME_COLUMNS:
        joined[name] = taken[name].where(keep, table[name])
    if as_known and "known_since" in taken:
        joined["inspected_at"] = taken["known_since"].where(keep, joined["inspected_at"])
    unmatched = np.setdiff1d(np.arange(len(outcomes)), place[matched])
    return joined, tuple(outcomes["shipment_id"].iloc[unmatched])


def _inspected_version(table: pd.DataFrame, inspected_at: pd.Series) -> npt.NDArray[np.bool_]:
    known = table["known_at"]
    before = (known.isna() | inspected_at.isna() | (known <= inspected_at)).to_numpy(dtype=bool)
    ids = table["shipment_id"]
    newest = known.where(before).groupby(ids).transform("max")
    last = before & (known.isna() | (known == newest)).to_numpy(dtype=bool)
    any_before = pd.Series(before, index=table.index).groupby(ids).transform("any").to_numpy(dtype=bool)
    return last | ~any_before


def read_truth(path: str | Path) -> pd.DataFrame:
    """Read what was really inside: ``shipment_id`` and 0/1 per head (simulated data only).

    Raises
    ------
    PortError
        The file cannot be read or lacks a column.
    """
    try:
        table = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise PortError(f"{path}: cannot be read as Parquet ({error})") from error
    lacking = [name for name in ("shipment_id", *HEADS) if name not in table]
    if lacking:
        raise PortError(f"{path}: lacks {', '.join(lacking)}")
    return table[["shipment_id", *HEADS]]


def is_simulated(paths: Sequence[str | Path]) -> bool:
    """Return whether any history was made by the simulator: its truth lies in or beside it."""
    places = [path if path.is_dir() else path.parent for path in map(Path, paths)]
    return any((place / TRUTH).exists() for place in places)
