"""What the port may no longer keep, taken out of everything it has: database, past, dropped files.

The database goes first, piece by piece; it remembers which shipments the port's past has still to forget, so
that a purge cut off in between is finished by the next.
"""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import sqlalchemy as sa

from risk import remembering
from risk.store import jobs, retention
from risk.store.database import Database
from risk.store.jobs import GoesOn
from risk.store.tables import jobs as job_rows

#: A purge is asked for once in so long, and again so long after one that failed.
EVERY = pd.Timedelta(days=1)
AGAIN = pd.Timedelta(hours=1)

_UPLOAD = re.compile(r"[0-9a-f]{64}")


def run(
    database: Database,
    state: Path,
    uploads: Path,
    *,
    at: pd.Timestamp,
    actor: str = "system",
    goes_on: GoesOn = jobs.silently,
) -> dict[str, int]:
    """Purge everything whose time of keeping has ended; return how much of what went.

    Parameters
    ----------
    database : Database
    state, uploads : Path
        Folders of the port's past and of files as they were dropped.
    goes_on : callable
        Told how many shipments of how many are done and what is being done; raises where the work is to stop.

    Raises
    ------
    features.history.storage.StateError
        The past is no sound state; what the database held is purged nevertheless.
    """
    with database.read() as connection:
        ids = retention.due(connection, at)["shipment_id"].tolist()
        kept_files = _uploads_kept(connection, at)
        files_end = at - pd.Timedelta(days=retention.Keeping.of(connection).files)
    counts: dict[str, int] = {}
    for start in range(0, len(ids), retention.PIECE):
        goes_on(start, "purging", len(ids))
        with database.write() as connection:
            _add(
                counts,
                retention.purge(connection, at=at, actor=actor, among=ids[start : start + retention.PIECE]),
            )
    with database.write() as connection:
        _add(counts, retention.purge_rest(connection, at=at, actor=actor))
    goes_on(len(ids), "forgetting", len(ids))
    _add(counts, {"past": remembering.forget(database, state)})
    _add(counts, {"uploads": _remove_uploads(uploads, kept_files, files_end)})
    database.settle()
    return {name: count for name, count in counts.items() if count}


def _add(counts: dict[str, int], more: dict[str, int]) -> None:
    for name, count in more.items():
        counts[name] = counts.get(name, 0) + count


def _uploads_kept(connection: sa.Connection, at: pd.Timestamp) -> dict[str, bool]:
    """Return files that jobs named -> whether one of the jobs is late enough, or not done yet."""
    end = at - pd.Timedelta(days=retention.Keeping.of(connection).files)
    kept: dict[str, bool] = {}
    rows = connection.execute(
        sa.select(job_rows.c.asked, job_rows.c.state, job_rows.c.asked_at).where(job_rows.c.kind == "load")
    )
    for row in rows:
        stays = row.state not in jobs.ENDED or row.asked_at >= end
        for each in row.asked.get("files", ()):
            digest = str(each.get("sha256", ""))
            kept[digest] = kept.get(digest, False) or stays
    return kept


def _remove_uploads(folder: Path, kept: dict[str, bool], end: pd.Timestamp) -> int:
    """Remove dropped files no job needs any more, and those no job ever named once they are old."""
    if not folder.is_dir():
        return 0
    removed = 0
    for path in sorted(folder.iterdir()):
        stays = kept.get(path.name)
        if stays is None:
            stays = pd.Timestamp(path.stat().st_mtime, unit="s") >= end
        if not stays and path.is_file() and (_UPLOAD.fullmatch(path.name) or path.suffix == ".part"):
            path.unlink(missing_ok=True)
            removed += 1
    return removed


def ask_daily(database: Database, at: pd.Timestamp) -> int | None:
    """Ask for a purge where it is time; return the number of the job.

    It is where none was asked for within `EVERY`; after one that failed, within `AGAIN`.
    """
    if not _is_time(database, at):
        return None
    with database.write() as connection:
        # Another worker may have asked meanwhile.
        if not _is_due(connection, at):
            return None
        return jobs.ask(connection, "purge", {}, at=at, actor="system")


def _is_time(database: Database, at: pd.Timestamp) -> bool:
    with database.read() as connection:
        return _is_due(connection, at)


def _is_due(connection: sa.Connection, at: pd.Timestamp) -> bool:
    asked = sa.select(job_rows.c.id).where(job_rows.c.kind == "purge")
    stands = asked.where(job_rows.c.state != "failed", job_rows.c.asked_at > at - EVERY)
    tried = asked.where(job_rows.c.asked_at > at - AGAIN)
    return all(connection.execute(each.limit(1)).first() is None for each in (stands, tried))
