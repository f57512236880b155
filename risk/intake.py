"""Files into the database: read, scored, explained and put in, as a job that can die and be done again.

Shipments of the last weeks are read along, so that a declaration enriches its bill and an amendment makes a
new version exactly as if everything had been read together; what nothing new is said of is not put in again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from features.history import State
from features.manifest import Manifest, ManifestError, schema, stream
from features.manifest.earlier import ORIGIN
from risk import filing, listed
from risk.engine import Engine, Scored
from risk.records import code_digest
from risk.store import jobs, shipments
from risk.store.database import Database
from risk.store.jobs import GoesOn
from risk.store.tables import batches, declared, versions

#: Shipments known or arriving within so many days are read along: a long voyage outlasts its bill's date.
READ_ALONG = pd.Timedelta(days=21)
#: What was put in so lately is read along whatever date it states.
PUT_IN = pd.Timedelta(days=3)

#: Problems of a load kept one by one; the counts are of all.
PROBLEMS_KEPT = 2_000

_READ_AT_ONCE = 5_000
#: Batches of a manifest that fills more than one are larger than this (`features.manifest.stream`).
_FULL = 15_000


@dataclass(frozen=True)
class Load:
    """What is to be loaded, and with what.

    Attributes
    ----------
    paths : list of Path
    mapping : Path or None
    engine : Engine
    state : State or None
        The port's past.
    key : bytes
        The site's secret.
    reasons : int
    language : str
    zone : str
        In which times of reasons are told.
    """

    paths: list[Path]
    mapping: Path | None
    engine: Engine
    state: State | None
    key: bytes
    reasons: int = 4
    language: str = "en"
    zone: str = ""


@dataclass(frozen=True)
class Loaded:
    """What became of a load.

    Attributes
    ----------
    batch_id : int
    counts : dict of str to int
        ``rows_read`` of the files and ``again``, how many shipments of earlier loads they said more of: the
        sum of these two is that of all others but ``changed``, the shipments put in (as ``shipments``).
    """

    batch_id: int
    counts: dict[str, int]


def load(
    database: Database,
    what: Load,
    *,
    job_id: int | None,
    at: pd.Timestamp,
    goes_on: GoesOn = jobs.silently,
) -> Loaded:
    """Read, score and put in; nothing of it is seen until `risk.store.shipments.finish`.

    Parameters
    ----------
    goes_on : callable
        Told how many shipments are done, what is being done, and of how many where one batch holds all there
        is; raises where the work is to stop.

    Raises
    ------
    ManifestError
        Nothing could be read; with all problems.
    """
    bundle = what.engine.bundle
    about = {
        "model_id": bundle.model_id,
        "risk_basis": bundle.risk_basis,
        "state_digest": what.state.digest if what.state else "",
        "code_digest": code_digest(),
    }
    with database.write() as connection:
        batch_id = shipments.begin(connection, job_id, about, at=at)
    goes_on(0, "reading")
    counts: dict[str, int] = {}
    done, kept = 0, 0
    read = _Read(database, what, at)
    for scored in what.engine.score_batches(read.manifests, what.state, changed=True):
        kept += _add_problems(database, batch_id, read.manifest, PROBLEMS_KEPT - kept)
        fresh, filed = _fresh(database, what, scored)
        _count(counts, scored.manifest.counts, len(fresh))
        # A batch is cut once it is full: one that is far from it is the only one.
        total = len(fresh) if not done and read.manifest.counts["rows_read"] < _FULL else 0
        for start in range(0, len(fresh), shipments.PIECE):
            assert filed is not None
            with database.write() as connection:
                shipments.add(connection, batch_id, filed, fresh[start : start + shipments.PIECE].tolist())
            done += len(fresh[start : start + shipments.PIECE])
            goes_on(done, "putting in", total)
    counts["rows_read"] = counts.get("rows_read", 0) - read.along
    counts["again"] = read.along - counts.pop("unchanged", 0)
    return Loaded(batch_id, counts)


def _fresh(database: Database, what: Load, scored: Scored) -> tuple[Any, filing.Filed | None]:
    """Return which shipments of a scored batch did not stand there before as they are; and all of it."""
    if not len(scored):
        return np.empty(0, dtype=np.int64), None
    filed = filing.filed(scored, what.key, what.reasons, what.language, what.zone)
    with database.read() as connection:
        before = shipments.known(connection, filed.versions["bill"].tolist())
    return np.flatnonzero(~shipments.unchanged(before, filed.versions)), filed


def _count(counts: dict[str, int], batch: dict[str, int], fresh: int) -> None:
    """Add up what became of the rows; a shipment that stood there before as it is is a repeat."""
    stood = batch["shipments"] - fresh
    now = {**batch, "shipments": fresh, "changed": fresh, "repeats": batch["repeats"] + stood}
    for name, count in now.items():
        counts[name] = counts.get(name, 0) + count


class _Read:
    """The files of a load, read beside what was put in lately.

    Attributes
    ----------
    manifest : Manifest
        The last one handed on, whole: the engine takes what is unchanged out of it.
    along : int
        How many shipments of earlier loads were read along.
    """

    def __init__(self, database: Database, what: Load, at: pd.Timestamp) -> None:
        self._database, self._what, self._at = database, what, at
        self.manifest: Manifest
        self.along = 0

    def manifests(self) -> Iterator[Manifest]:
        """Start from the beginning."""
        self.along = 0
        now = self._at.to_pydatetime()
        what = self._what
        # One file that cannot be read is a problem of the load and keeps no other out.
        for manifest in stream(what.paths, what.mapping, now=now, earlier=self._earlier(), lenient=True):
            self.manifest = manifest
            yield manifest

    def _earlier(self) -> Iterator[pd.DataFrame]:
        for table in read_along(self._database, self._at, self._what.engine.extra):
            self.along += len(table)
            yield table


def _add_problems(database: Database, batch_id: int, manifest: Manifest, room: int) -> int:
    rows: list[dict[Any, Any]] = [
        dict(row) for row in filing.problems(manifest).head(max(0, room)).to_dict("records")
    ]
    with database.write() as connection:
        shipments.add_problems(connection, batch_id, rows)
    return len(rows)


def read_along(database: Database, at: pd.Timestamp, local: dict[str, list[str]]) -> Iterator[pd.DataFrame]:
    """Yield shipments of late as they were declared, with their origin, some thousand at a time."""
    since = at - READ_ALONG
    of_late = sa.or_(
        versions.c.known_at >= since, versions.c.arrives_at >= since, batches.c.scored_at >= at - PUT_IN
    )
    wanted = (
        sa.select(declared.c.row, declared.c.origin)
        .join(versions, versions.c.id == declared.c.version_id)
        .join(batches, batches.c.id == versions.c.batch_id)
        .where(versions.c.current, batches.c.state == "ready", of_late)
        .order_by(versions.c.id)
    )
    with database.read() as connection:
        rows = connection.execution_options(yield_per=_READ_AT_ONCE).execute(wanted)
        for part in rows.partitions(_READ_AT_ONCE):
            yield with_origin(as_table([row.row for row in part], local), [row.origin for row in part])


def as_table(rows: list[dict[str, Any]], local: dict[str, list[str]]) -> pd.DataFrame:
    """Return declared rows, as the database keeps them, as a complete shipment table."""
    cells = {name: [row.get(name) for row in rows] for name in schema.BY_NAME}
    table = schema.complete(listed.typed(pd.DataFrame(cells, dtype="object")))
    for name in local["categorical"]:
        table[name] = pd.Series([row.get(name) for row in rows], dtype="str")
    for name in local["numeric"]:
        numbers = pd.to_numeric(pd.Series([row.get(name) for row in rows], dtype="object"))
        table[name] = numbers.astype("float64")
    return table


def with_origin(table: pd.DataFrame, origins: list[dict[str, Any]]) -> pd.DataFrame:
    """Return a table with `features.manifest.earlier.ORIGIN`."""
    said = {name: pd.Series([origin.get(name) for origin in origins], dtype="object") for name in ORIGIN}
    stated = pd.to_datetime(said.pop("stated_at"), format="ISO8601").astype("datetime64[us]")
    return table.assign(stated_at=stated, **{name: values.astype("str") for name, values in said.items()})


def why_not(error: ManifestError, most: int = 20) -> str:
    """Return in a few lines why nothing could be read."""
    return "\n".join(str(error).splitlines()[:most])
