"""Files into the database: read, scored, explained and put in, as a job that can die and be done again.

Shipments of the last weeks are read along, so that a declaration enriches its bill and an amendment makes a
new version exactly as if everything had been read together; what nothing new is said of is not put in again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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

#: Shipments known within so many days are read along.
READ_ALONG = pd.Timedelta(days=21)

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
    """

    paths: list[Path]
    mapping: Path | None
    engine: Engine
    state: State | None
    key: bytes
    reasons: int = 4
    language: str = "en"


@dataclass(frozen=True)
class Loaded:
    """What became of a load.

    Attributes
    ----------
    batch_id : int
    counts : dict of str to int
        ``rows_read`` and what became of them; ``changed`` shipments were put in.
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
    for scored in what.engine.score_batches(lambda: _manifests(database, what, at), what.state):
        kept += _add_problems(database, batch_id, scored.manifest, PROBLEMS_KEPT - kept)
        for name, count in scored.manifest.counts.items():
            counts[name] = counts.get(name, 0) + count
        changed = _changed(scored)
        filed = filing.filed(scored, what.key, what.reasons, what.language)
        with database.read() as connection:
            before = shipments.known(connection, filed.versions["bill"].tolist())
        fresh = changed[~shipments.unchanged(before, filed.versions)[changed]]
        # A batch is cut once it is full: one that is far from it is the only one.
        total = len(fresh) if not done and len(scored) < _FULL else 0
        for start in range(0, len(fresh), shipments.PIECE):
            with database.write() as connection:
                shipments.add(connection, batch_id, filed, fresh[start : start + shipments.PIECE].tolist())
            done += len(fresh[start : start + shipments.PIECE])
            goes_on(done, "putting in", total)
        counts["changed"] = counts.get("changed", 0) + len(fresh)
    return Loaded(batch_id, counts)


def _manifests(database: Database, what: Load, at: pd.Timestamp) -> Iterator[Manifest]:
    earlier = read_along(database, at - READ_ALONG, what.engine.extra)
    return stream(what.paths, what.mapping, now=at.to_pydatetime(), earlier=earlier)


def _changed(scored: Scored) -> Any:
    origin = scored.manifest.origin
    if origin is None:
        return pd.RangeIndex(len(scored)).to_numpy()
    return origin["changed"].to_numpy(dtype=bool).nonzero()[0]


def _add_problems(database: Database, batch_id: int, manifest: Manifest, room: int) -> int:
    rows: list[dict[Any, Any]] = [
        dict(row) for row in filing.problems(manifest).head(max(0, room)).to_dict("records")
    ]
    with database.write() as connection:
        shipments.add_problems(connection, batch_id, rows)
    return len(rows)


def read_along(
    database: Database, since: pd.Timestamp, local: dict[str, list[str]]
) -> Iterator[pd.DataFrame]:
    """Yield shipments known lately as they were declared, with their origin, some thousand at a time."""
    wanted = (
        sa.select(declared.c.row, declared.c.origin)
        .join(versions, versions.c.id == declared.c.version_id)
        .join(batches, batches.c.id == versions.c.batch_id)
        .where(versions.c.current, batches.c.state == "ready", versions.c.known_at >= since)
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
