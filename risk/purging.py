"""What the port may no longer keep, taken out of everything it has: database, past, dropped files.

The database goes first, piece by piece; it remembers which shipments the port's past has still to forget, so
that a purge cut off in between is finished by the next.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import sqlalchemy as sa

from risk import remembering
from risk.store import jobs, retention
from risk.store.database import Database
from risk.store.tables import jobs as job_rows

#: A purge is asked for once in so long.
EVERY = pd.Timedelta(days=1)

_UPLOAD = re.compile(r"[0-9a-f]{64}")


def run(
    database: Database,
    state: Path,
    uploads: Path,
    *,
    at: pd.Timestamp,
    actor: str = "system",
    goes_on: Callable[[int, str], None] = lambda done, message: None,
) -> dict[str, int]:
    """Purge everything whose time of keeping has ended; return how much of what went.

    Parameters
    ----------
    database : Database
    state, uploads : Path
        Folders of the port's past and of files as they were dropped.
    goes_on : callable
        Told how many shipments are done and what is being done; raises where the work is to stop.

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
        goes_on(start, "purging")
        with database.write() as connection:
            _add(
                counts,
                retention.purge(connection, at=at, actor=actor, among=ids[start : start + retention.PIECE]),
            )
    with database.write() as connection:
        _add(counts, retention.purge_rest(connection, at=at, actor=actor))
    goes_on(len(ids), "forgetting")
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
    """Ask for a purge where none was asked for within `EVERY`; return the number of the job."""
    if not _is_time(database, at):
        return None
    with database.write() as connection:
        # Another worker may have asked meanwhile.
        if _asked_since(connection, at - EVERY):
            return None
        return jobs.ask(connection, "purge", {}, at=at, user_id=None)


def _is_time(database: Database, at: pd.Timestamp) -> bool:
    with database.read() as connection:
        return not _asked_since(connection, at - EVERY)


def _asked_since(connection: sa.Connection, since: pd.Timestamp) -> bool:
    wanted = sa.select(job_rows.c.id).where(job_rows.c.kind == "purge", job_rows.c.asked_at > since)
    return connection.execute(wanted.limit(1)).first() is not None
