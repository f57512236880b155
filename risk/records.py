"""Score records: everything a past score was made of, and its replay to the bit.

A record file is Parquet, one row per shipment scored: the values the model saw and the facts
sentences quoted (``value.NAME``), raw margins, calibrated log-odds, probabilities and contributions
per head, the risk and its contributions, the declared row as JSON. What is the same for all rows
(model, calibrators, names of encoded columns, digests of state, reference tables and code) stands in
the file's metadata under ``wildcargo``.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from features import reference
from features.manifest.earlier import ORIGIN
from models.bundle import Bundle
from models.predict import Prediction, predict

if TYPE_CHECKING:
    import pyarrow as pa

    from risk.earlier import Earlier
    from risk.engine import Scored
    from risk.triage import Draw

FORMAT = 1
ENDING = ".records.parquet"
_VALUE = "value."
_METADATA = b"wildcargo"
_CODE = ("features", "models", "risk")
_ROWS_PER_GROUP = 5_000
#: What a record says besides the score: what the shipment is made of, and the record it follows.
_BESIDES = (*ORIGIN, "follows", "earlier_risk")


class RecordError(ValueError):
    """A record file cannot be read, or does not hold the shipment asked for."""


def beside(output: str | os.PathLike[str]) -> Path:
    """Return where the records of an output go when nothing else is said.

    Examples
    --------
    >>> beside("out/list.csv").as_posix()
    'out/list.records.parquet'
    """
    path = Path(output)
    return path.with_name(path.stem + ENDING)


@cache
def code_digest() -> str:
    """Return a digest of the program's own code and reference tables (first 16 hex digits)."""
    digest = hashlib.sha256()
    for package in _CODE:
        for name, item in sorted(_sources(files(package), package)):
            digest.update(f"{name}\0".encode() + hashlib.sha256(item.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _sources(folder: Traversable, name: str) -> Iterator[tuple[str, Traversable]]:
    for item in folder.iterdir():
        if item.is_dir():
            if item.name not in ("__pycache__", "starter"):
                yield from _sources(item, f"{name}/{item.name}")
        elif item.name.endswith((".py", ".csv", ".txt", ".toml")):
            yield f"{name}/{item.name}", item


class RecordWriter:
    """Writes the records of one run, batch by batch.

    Parameters
    ----------
    path : path
        Written in place: pass a `risk.writing.Whole.part`.
    bundle : Bundle
    state_digest : str
        Digest of the port's past used, empty without one.
    scored_at : Timestamp
        When (UTC); passed in, never read from a clock here.
    draw : Draw, optional
        What the list was drawn with.
    earlier : Earlier, optional
        Lists this one follows: each record then says which record of them it follows (``follows``, the
        SHA-256 of the file) and what the risk was (``earlier_risk``).
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        bundle: Bundle,
        *,
        state_digest: str,
        scored_at: pd.Timestamp,
        draw: Draw | None = None,
        earlier: Earlier | None = None,
    ) -> None:
        self._path = Path(path)
        self._earlier = earlier
        self._writer: Any = None
        self._metadata = {
            "format": FORMAT,
            "model_id": bundle.model_id,
            "risk_basis": bundle.risk_basis,
            "calibrators": {head.name: head.calibrator.to_json() for head in bundle.heads},
            "columns": list(bundle.schema.names),
            "state": state_digest,
            # The tables in force: a port's own corrections are no part of the code.
            "reference": reference.digest()[:16],
            "code": code_digest(),
            "scored_at": scored_at.isoformat(),
            "draw": _described(draw),
        }
        if earlier is not None:
            self._metadata["follows"] = earlier.about

    def __enter__(self) -> RecordWriter:
        """Start writing."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        if self._writer is not None:
            self._writer.close()

    def add(self, scored: Scored) -> None:
        """Write the records of a batch.

        Parameters
        ----------
        scored : Scored
            With explanations.
        """
        import pyarrow.parquet as pq

        table = as_table(scored, self._earlier).replace_schema_metadata(
            {_METADATA: json.dumps(self._metadata).encode()}
        )
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._path, table.schema, compression="zstd")
        self._writer.write_table(table.cast(self._writer.schema), row_group_size=_ROWS_PER_GROUP)


def _described(draw: Draw | None) -> dict[str, Any] | None:
    """Return a draw as data; a key that was given may serve other lists and is not kept."""
    if draw is None or not draw.pools:
        return None
    return {
        "key": draw.key if draw.fresh else None,
        "random_share": draw.share,
        "capacity": [asdict(pool) for pool in draw.pools],
    }


def as_table(scored: Scored, earlier: Earlier | None = None) -> pa.Table:
    """Return the records of a batch as an Arrow table."""
    import pyarrow as pa

    p = scored.prediction
    columns: dict[str, Any] = {"shipment_id": pa.array(scored.view.table["shipment_id"], pa.string())}
    columns["declared"] = pa.array(declared_texts(scored.view.table), pa.string())
    if (origin := scored.manifest.origin) is not None:
        for part in ORIGIN:
            of = pa.timestamp("us") if part == "stated_at" else pa.string()
            columns[part] = pa.array(origin[part], of, from_pandas=True)
    if earlier is not None:
        before = earlier.of(scored.view.table["shipment_id"])
        columns["follows"] = pa.array(before["follows"], pa.string(), from_pandas=True)
        columns["earlier_risk"] = pa.array(before["earlier_risk"], pa.float64(), from_pandas=True)
    for name, values in scored.matrix.items():
        kind = pa.float64() if values.dtype == np.float64 else pa.string()
        columns[f"{_VALUE}{name}"] = pa.array(values, kind, from_pandas=True)
    for name, numbers in parts(p).items():
        columns[name] = _numbers(numbers)
    return pa.table(columns)


def parts(prediction: Prediction) -> dict[str, np.ndarray]:
    """Return every number of a prediction by name: shape (n,) or, for contributions, (n, p)."""
    p = prediction
    n = len(p.risk)
    found: dict[str, np.ndarray] = {}
    for head in p.margins:
        found[f"margin.{head}"] = p.margins[head]
        found[f"log_odds.{head}"] = p.log_odds[head]
        found[f"probability.{head}"] = p.probabilities[head]
        found[f"base.{head}"] = np.full(n, p.bases[head])
        found[f"contributions.{head}"] = p.contributions[head]
    assert p.risk_contributions is not None
    found["risk"] = p.risk
    found["log_odds.risk"] = p.risk_log_odds
    found["base.risk"] = np.full(n, p.risk_base)
    found["contributions.risk"] = p.risk_contributions
    return found


def _numbers(values: np.ndarray) -> pa.Array:
    import pyarrow as pa

    if values.ndim == 1:
        return pa.array(values, pa.float64())
    flat = pa.array(np.ascontiguousarray(values).ravel(), pa.float64())
    offsets = pa.array(np.arange(len(values) + 1) * values.shape[1], pa.int32())
    return pa.ListArray.from_arrays(offsets, flat)


def declared_texts(table: pd.DataFrame) -> list[str]:
    """Return each row as JSON text, times in ISO 8601; columns empty on every row are left out."""
    if table.empty:
        return []
    used = table.loc[:, table.notna().any()]
    text = used.to_json(
        orient="records",
        lines=True,
        force_ascii=False,
        date_format="iso",
        date_unit="us",
        double_precision=15,
    )
    # Not `splitlines`: a cell may hold what else it takes for the end of a line.
    return text.removesuffix("\n").split("\n")


@dataclass(frozen=True)
class Record:
    """One past score.

    Attributes
    ----------
    shipment_id : str
    values : DataFrame, shape (1, features + facts)
        What the model saw and what sentences quoted.
    numbers : dict of str to ndarray
        Every number of the score, see `parts`.
    declared : dict
        The declared row.
    about : dict
        Metadata of the file: model, calibrators, encoded columns, digests.
    besides : dict
        What the shipment is made of (`features.manifest.earlier.ORIGIN`) and, on a list that follows
        another, ``follows`` and ``earlier_risk``.
    """

    shipment_id: str
    values: pd.DataFrame
    numbers: dict[str, np.ndarray]
    declared: dict[str, Any]
    about: dict[str, Any]
    besides: dict[str, Any] = field(default_factory=dict)


def read(path: str | os.PathLike[str], shipment_id: str) -> Record:
    """Read the record of one shipment.

    Raises
    ------
    RecordError
        The file is not a record file, or does not hold the shipment once.
    """
    path = Path(path)
    about, table = read_table(path, [shipment_id])
    if table.num_rows != 1:
        count = "no record" if table.num_rows == 0 else f"{table.num_rows} records"
        raise RecordError(f"{path}: {count} of shipment {shipment_id!r}")
    lacking = sorted({"model_id", "calibrators", "state", "code", "scored_at"} - set(about))
    if lacking:
        raise RecordError(f"{path}: not a file of score records (it does not say {', '.join(lacking)})")
    try:
        record = _record(table, shipment_id, about)
    except (KeyError, ValueError, TypeError, RecursionError) as error:
        raise RecordError(
            f"{path}: the record of {shipment_id!r} was changed or damaged ({error})"
        ) from error
    if not isinstance(record.declared, dict):
        raise RecordError(f"{path}: the record of {shipment_id!r} was changed: no declared row")
    return record


def check(path: Path) -> None:
    """Check that there is a file: a pipe or a device would be waited for without end.

    Raises
    ------
    RecordError
    """
    if not path.is_file():
        raise RecordError(f"{path}: {'no file' if os.path.lexists(path) else 'no such file'}")


def read_table(
    path: str | os.PathLike[str], shipment_ids: Sequence[str], columns: Sequence[str] | None = None
) -> tuple[dict[str, Any], pa.Table]:
    """Read the records of some shipments as they stand in the file.

    Parameters
    ----------
    path : path
    shipment_ids : sequence of str
        Those not in the file are left out.
    columns : sequence of str, optional
        All of them when not given; those not in the file are left out.

    Returns
    -------
    about : dict
        Metadata of the file.
    table : Table, shape (at most one row per id, …)

    Raises
    ------
    RecordError
        The file is not a record file.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = Path(path)
    check(path)
    try:
        schema = pq.read_schema(path)
        about = json.loads((schema.metadata or {}).get(_METADATA, b"null"))
        if not isinstance(about, dict) or about.get("format") != FORMAT:
            raise RecordError(f"{path}: not a file of score records")
        named = None if columns is None else [name for name in columns if name in schema.names]
        wanted = [("shipment_id", "in", list(dict.fromkeys(shipment_ids)) or [""])]
        return about, pq.read_table(path, columns=named, filters=wanted)
    except (pa.ArrowException, OSError, ValueError, RecursionError) as error:
        if isinstance(error, RecordError):
            raise
        text = (str(error).splitlines() or [type(error).__name__])[0]
        raise RecordError(f"{path}: not a file of score records ({text})") from error


def _record(table: pa.Table, shipment_id: str, about: dict[str, Any]) -> Record:
    import pyarrow as pa

    values, numbers, besides = {}, {}, dict[str, Any]()
    for name in table.column_names:
        column = table.column(name)
        if name.startswith(_VALUE):
            cell = column.to_pylist()[0]
            if pa.types.is_floating(column.type):
                values[name[len(_VALUE) :]] = pd.Series([np.nan if cell is None else cell], dtype="float64")
            else:
                values[name[len(_VALUE) :]] = pd.Series([cell], dtype="str")
        elif name in _BESIDES:
            besides[name] = column.to_pylist()[0]
        elif name not in ("shipment_id", "declared"):
            numbers[name] = np.array(column.to_pylist(), dtype=np.float64)
    declared = json.loads(table.column("declared").to_pylist()[0])
    return Record(shipment_id, pd.DataFrame(values), numbers, declared, about, besides)


def replay(record: Record, bundle: Bundle) -> tuple[Prediction | None, list[str]]:
    """Compute a past score again from its record and compare every bit.

    Parameters
    ----------
    record : Record
    bundle : Bundle
        Must be the model that scored it.

    Returns
    -------
    prediction : Prediction or None
        The new score, None when the model cannot score the record at all.
    differences : list of str
        Everything that differs, named; empty when the score is the same to the bit.
    """
    about = record.about
    differences = []
    if bundle.model_id != about["model_id"]:
        differences.append(f"model: scored with {about['model_id']}, replayed with {bundle.model_id}")
    calibrators = {head.name: head.calibrator.to_json() for head in bundle.heads}
    if calibrators != about["calibrators"]:
        differences.append("calibrators differ from the ones recorded")
    missing = sorted(set(bundle.schema.features) - set(record.values.columns))
    if missing:
        return None, [*differences, f"values of {', '.join(missing)} are not in the record"]
    prediction = predict(bundle, record.values)
    for name, new in parts(prediction).items():
        differences += _compare(name, record.numbers.get(name), new, bundle.schema.names)
    extra = sorted(set(record.numbers) - set(parts(prediction)))
    differences += [f"{name}: recorded, but not part of the replay" for name in extra]
    return prediction, differences


def _compare(name: str, old: np.ndarray | None, new: np.ndarray, columns: tuple[str, ...]) -> list[str]:
    if old is None:
        return [f"{name}: not in the record"]
    if old.shape != new.shape:
        return [f"{name}: recorded for {old[0].size} columns, now {new[0].size}"]
    if old.tobytes() == new.tobytes():
        return []
    if new.ndim == 1:
        return [f"{name}: recorded {float(old[0])!r}, now {float(new[0])!r}"]
    where = np.flatnonzero(old[0] != new[0])
    return [f"{name} of {columns[j]}: recorded {float(old[0, j])!r}, now {float(new[0, j])!r}" for j in where]
