"""Lists made before: their shipments taken again when something new is said of them.

A declaration comes after the manifest, an amendment after the list. The shipments of the earlier list stand
in its score records, whole; with what a new input says of them they are settled and scored as if both had
been read together. Both scores are kept: the earlier records are only read, and every new record names the
record it follows.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from features.manifest import schema
from features.manifest.earlier import ORIGIN, TOLD_BY
from risk import listed, records, triage

if TYPE_CHECKING:
    import pyarrow as pa

    from models.bundle import Bundle

_AT_ONCE = 20_000
_NEEDED = ("shipment_id", "declared", "risk", "log_odds.risk")


class EarlierError(ValueError):
    """An earlier list cannot be taken up again; the message says why."""


@dataclass(frozen=True)
class Earlier:
    """Everything earlier lists say, one row per shipment: of several lists the last one scored.

    Attributes
    ----------
    paths : tuple of Path
        Record files, in order of scoring.
    lists : tuple of Path
        Lists beside them that are there.
    about : list of dict
        Per file: ``records`` (its name), ``sha256``, ``scored_at``.
    scores : DataFrame
        Indexed by ``shipment_id``: ``file`` (number in ``paths``), ``row``, `worklist.EARLIER`, ``log_odds``.
    """

    paths: tuple[Path, ...]
    lists: tuple[Path, ...]
    about: list[dict[str, Any]]
    scores: pd.DataFrame
    local: dict[str, list[str]] = field(default_factory=dict)

    def tables(self) -> Iterator[pd.DataFrame]:
        """Yield the shipments as they were declared, with their origin, some thousand at a time.

        Raises
        ------
        EarlierError
            Records were changed or damaged, or another run replaced them meanwhile.
        """
        for number, path in enumerate(self.paths):
            if _digest(path) != self.about[number]["sha256"]:
                raise EarlierError(f"{path}: was replaced while it was read; nothing was written, try again")
            rows = self.scores.loc[self.scores["file"] == number, "row"].to_numpy()
            stands = np.zeros(int(self.about[number]["rows"]), dtype=bool)
            stands[rows] = True
            start = 0
            for batch in _batches(path, ["shipment_id", "declared", *ORIGIN]):
                kept = stands[start : start + batch.num_rows]
                start += batch.num_rows
                if kept.any():
                    yield self._table(path, batch.filter(kept), self.about[number]["scored_at"])

    def _table(self, path: Path, batch: pa.Table, scored_at: str) -> pd.DataFrame:
        try:
            table = _declared(batch, self.local)
            return table.assign(**_origin(batch, table["known_at"], pd.Timestamp(scored_at)))
        except (KeyError, TypeError, ValueError, ArithmeticError, RecursionError) as error:
            raise EarlierError(f"{path}: the records were changed or damaged ({error})") from error

    def of(self, ids: pd.Series) -> pd.DataFrame:
        """Return what earlier lists say of some shipments, missing for new ones.

        Returns
        -------
        DataFrame, shape (len(ids), …)
            `worklist.EARLIER`, ``log_odds`` and ``follows`` (digest of the earlier record file).
        """
        found = self.scores.reindex(ids.to_numpy()).set_axis(ids.index)
        digests = pd.Series([str(each["sha256"]) for each in self.about], dtype="str")
        return found.assign(follows=found["file"].map(digests).astype("str"))

    def taken(self, ids: pd.Series) -> np.ndarray:
        """Tell which shipments an earlier list has chosen already: they are opened in any case."""
        return self.of(ids)["earlier_selected_by"].fillna("").ne("").to_numpy()

    def story(self, ids: pd.Series, odds: np.ndarray) -> str:
        """Return in one line what became of shipments: scored again, and which crossed the earlier line.

        The line of a list is the lowest score it chose by risk, in whatever pool.

        Parameters
        ----------
        ids : Series of str, shape (n,)
            Of the new list.
        odds : float array, shape (n,)
            Log-odds of their risks now.
        """
        before = self.of(ids)
        again = before["file"].notna().to_numpy()
        n, new = int(again.sum()), int((~again).sum())
        parts = [f"{n:,} shipment{'' if n == 1 else 's'} scored again"]
        chosen = self.scores[self.scores["earlier_selected_by"].eq("model")]
        if n and len(chosen):
            line = float(chosen["log_odds"].min())
            was = before["log_odds"].to_numpy(dtype=float)[again] >= line
            now = odds[again] >= line
            already = self.taken(ids)[again]
            rose, fell = int((~was & now).sum()), int((was & ~now).sum())
            parts[0] += f": {rose:,} rose above the line of the earlier list, {fell:,} fell below it"
            parts += [f"{int(already.sum()):,} chosen already and not drawn again"] if already.any() else []
        elif n:
            higher = int((odds[again] > before["log_odds"].to_numpy(dtype=float)[again]).sum())
            parts[0] += f": {higher:,} with a higher risk than before"
        return "; ".join([*parts, f"{new:,} new"])


def beside(path: str | os.PathLike[str]) -> tuple[Path, Path | None]:
    """Return the records an earlier list has, and the list, if it is one and not records.

    Examples
    --------
    >>> beside("out/list.csv")[0].as_posix()
    'out/list.records.parquet'
    """
    path = Path(path)
    if path.name.endswith(records.ENDING):
        stem = path.name.removesuffix(records.ENDING)
        found = [path.with_name(stem + ending) for ending in (".csv", ".parquet", ".jsonl")]
        return path, next((each for each in found if each.is_file()), None)
    return records.beside(path), path


def read(paths: Sequence[str | os.PathLike[str]], bundle: Bundle, local: dict[str, list[str]]) -> Earlier:
    """Read who stood where on earlier lists.

    Parameters
    ----------
    paths : sequence of path
        Lists with their records beside them, or records.
    bundle : Bundle
        The model that scores now: scores of another one cannot be compared with its own.
    local : dict
        The port's own columns the model uses (``categorical``, ``numeric``).

    Raises
    ------
    EarlierError, RecordError
        Naming the file and what is wrong with it.
    """
    found = []
    for path in paths:
        record_path, list_path = beside(path)
        digest = _digest(record_path)  # before anything is read: see `Earlier.tables`
        about, frame = _scores(record_path, bundle)
        frame = _chosen(frame, list_path, about)
        about = {**about, "sha256": digest}
        found.append((pd.Timestamp(about["scored_at"]), record_path, list_path, about, frame))
    found.sort(key=lambda each: each[0])
    if len({each[1].resolve() for each in found}) < len(found):
        raise EarlierError("the same earlier list is given twice")
    frames = [each[4].assign(file=number) for number, each in enumerate(found)]
    scores = pd.concat(frames, ignore_index=True)
    scores = scores[~scores["shipment_id"].duplicated(keep="last")].set_index("shipment_id")
    files = [
        {
            "records": path.name,
            "sha256": about["sha256"],
            "scored_at": about["scored_at"],
            "rows": len(frame),
        }
        for _, path, _, about, frame in found
    ]
    lists = tuple(each[2] for each in found if each[2] is not None and each[2].is_file())
    return Earlier(tuple(each[1] for each in found), lists, files, scores, local)


def _scores(path: Path, bundle: Bundle) -> tuple[dict[str, Any], pd.DataFrame]:
    about, _ = records.read_table(path, [], ["shipment_id"])
    if str(about.get("model_id")) != bundle.model_id:
        raise EarlierError(
            f"{path}: scored with model {str(about.get('model_id'))[:40]!r}, now with {bundle.model_id!r}: "
            "their scores cannot be compared; name the same model (--model) or score the day anew"
        )
    try:
        at = pd.Timestamp(about["scored_at"])
        parts = [part.to_pandas() for part in _batches(path, ["shipment_id", "risk", "log_odds.risk"])]
        frame = pd.concat(parts, ignore_index=True)
        frame = frame.astype({"shipment_id": "str", "risk": "float64", "log_odds.risk": "float64"})
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, EarlierError):
            raise
        raise EarlierError(f"{path}: the records were changed or damaged ({error})") from error
    ids, odds = frame["shipment_id"], frame["log_odds.risk"].to_numpy()
    if at is pd.NaT or at.tzinfo is not None or ids.isna().any() or not np.isfinite(odds).all():
        raise EarlierError(f"{path}: the records were changed or damaged (a time, bill or score is none)")
    if ids.duplicated().any():
        raise EarlierError(f"{path}: holds shipment {str(ids[ids.duplicated()].iloc[0])[:40]!r} twice")
    rank = np.empty(len(frame), dtype="float64")
    rank[triage.ranking(ids, odds)] = np.arange(1, len(frame) + 1)
    scores = {"earlier_rank": rank, "earlier_risk": frame["risk"], "log_odds": odds, "row": frame.index}
    return about, pd.DataFrame({"shipment_id": ids, **scores})


def _chosen(frame: pd.DataFrame, path: Path | None, about: dict[str, Any]) -> pd.DataFrame:
    """Say who was chosen, where the list itself is there; records do not hold it."""
    empty = pd.Series(index=frame.index, dtype="str")
    frame = frame.assign(earlier_selected_by=empty, earlier_list_id=empty)
    if path is None or not path.is_file():
        return frame
    rows, _ = listed.read(path)
    model = str(about["model_id"])
    if "model_id" in rows and not rows["model_id"].isin(["", model]).all():
        raise EarlierError(f"{path}: was not scored with the model of its records ({model!r})")
    place = pd.Index(rows["shipment_id"])
    if place.has_duplicates:
        rows = rows[~place.duplicated()].reset_index(drop=True)
    by = listed.standing(frame["shipment_id"], rows)
    frame["earlier_selected_by"] = by["selected_by"].to_numpy()
    frame["earlier_list_id"] = by["list_id"].to_numpy()
    return frame


def _batches(path: Path, columns: list[str]) -> Iterator[pa.Table]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            names = [name for name in columns if name in file.schema_arrow.names]
            lacking = [name for name in columns if name not in names and name in _NEEDED]
            if lacking:
                raise EarlierError(f"{path}: not a file of score records (no {', '.join(lacking)})")
            for batch in file.iter_batches(_AT_ONCE, columns=names):
                yield pa.Table.from_batches([batch])
    except (pa.ArrowException, OSError) as error:
        text = (str(error).splitlines() or [type(error).__name__])[0]
        raise EarlierError(f"{path}: the records were changed or damaged ({text})") from error


def _declared(batch: pa.Table, local: dict[str, list[str]]) -> pd.DataFrame:
    rows = [json.loads(text) for text in batch.column("declared").to_pylist()]
    if not all(isinstance(row, dict) for row in rows):
        raise ValueError("a declared row is none")
    table = pd.DataFrame({name: [row.get(name) for row in rows] for name in schema.BY_NAME}, dtype="object")
    table["shipment_id"] = [str(name) for name in batch.column("shipment_id").to_pylist()]
    made = schema.complete(listed.typed(table))
    for name in local.get("categorical", ()):
        made[name] = pd.Series([row.get(name) for row in rows], dtype="str")
    for name in local.get("numeric", ()):
        made[name] = pd.to_numeric(pd.Series([row.get(name) for row in rows], dtype="object")).astype(
            "float64"
        )
    return made


def _origin(batch: pa.Table, known: pd.Series, scored_at: pd.Timestamp) -> dict[str, pd.Series]:
    """Return what the shipments are made of; records of before that was kept hold bills."""
    if not set(ORIGIN) <= set(batch.column_names):
        missing = pd.Series([None] * len(known), dtype="str")
        # A bill that did not say when it was known has the time of the run.
        stated = known.where(known != scored_at)
        return {"told_by": missing.fillna("bill"), "kind": missing, "stated_at": stated, "own": missing}
    found = batch.select(list(ORIGIN)).to_pandas()
    told = found["told_by"].astype("str")
    if not told.isin(TOLD_BY).all():
        raise ValueError("it is not said who told a shipment")
    own = found["own"].astype("str")
    for text in own.dropna():
        if not isinstance(json.loads(text), dict):
            raise ValueError("the cells of a statement are none")
    stated = pd.to_datetime(found["stated_at"]).astype("datetime64[us]")
    return {"told_by": told, "kind": found["kind"].astype("str"), "stated_at": stated, "own": own}


def _digest(path: Path) -> str:
    records.check(path)
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
