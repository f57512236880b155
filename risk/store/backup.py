"""A port's database with what belongs to it in one file, made while people work.

A backup (`archives`) holds every table in a SQLite file, whatever kind of server it came from, the site's
secret, how people sign in, the port's past, models the port trained and files of loads not done yet. It holds
everything that is personal and the secret that keys draws, so it is readable by its owner alone and belongs
where the database itself might lie. Sessions are left out: after a restore everybody signs in again. It is
there whole or not at all; `restoring` puts it back.
"""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import sqlalchemy as sa

from features import scratch
from features.history import State
from features.history.storage import StateError
from models.bundle import BundleError
from risk.engine import load_bundle
from risk.store import archives, jobs, ledger, upgrading
from risk.store.archives import (
    DATABASE,
    MODELS,
    SECRET,
    SIGNIN,
    STATE,
    STATE_FILES,
    UPLOADS,
    About,
    BackupError,
)
from risk.store.copying import CopyError, copy, rows_in
from risk.store.database import Database
from risk.store.tables import jobs as job_rows
from risk.store.tables import models, sessions

#: Tables whose rows are not kept: a session in a backup would open the port to whoever holds the backup.
LEFT_OUT = (sessions,)


def make(
    database: Database,
    folder: Path,
    target: Path,
    *,
    at: pd.Timestamp,
    actor: str = "system",
    goes_on: Callable[[str], None] = lambda part: None,
) -> About:
    """Back a port up into one file while it is in use; the ledger then says so.

    Parameters
    ----------
    database : Database
    folder : Path
        The port's data: ``site.key``, ``state``, ``uploads``.
    target : Path
        File to write; replaced where it is there.
    goes_on : callable
        Told which part is being written; raises where the work is to stop.

    Raises
    ------
    BackupError
        The data folder holds no secret, or what was written could not be put back.
    OSError
        The file cannot be written; nothing of it stays.
    """
    if not (folder / SECRET).is_file():
        raise BackupError(f"{folder}: holds no {SECRET}, so it is not the folder of this port's data")
    if os.path.lexists(target) and not archives.is_backup(target):
        raise BackupError(f"{target}: is there already and is no backup; name another file")
    with scratch.Draft(target) as draft, scratch.folder(target.parent) as work:
        draft.path.chmod(0o600)
        goes_on(DATABASE)
        _snapshot(database, work / DATABASE)
        with archives.create(draft.path) as archive:
            about = _written(archive, work, folder, at, goes_on)
        draft.settle()
        # What was written is read again before it takes the place of an older backup.
        archives.check(draft.path)
        digest = archives.digest_of(draft.path)
        draft.finish()
    with database.write() as connection:
        facts: dict[str, ledger.Plain] = {"sha256": digest, "head": about.head}
        ledger.append(connection, "backup", at=at, actor=actor, facts=facts)
    return about


def _snapshot(database: Database, path: Path) -> None:
    """Copy every table at one moment into a SQLite file of its own."""
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    if database.is_sqlite:
        database.copy_file(path)
    made = Database(path)
    try:
        upgrading.upgrade(made)
        with made.write() as target:
            if database.is_sqlite:
                for table in LEFT_OUT:
                    target.execute(table.delete())
            else:
                with database.read() as source:
                    copy(source, target, without=LEFT_OUT)
        made.settle()
    except CopyError as error:
        raise BackupError(str(error)) from error
    finally:
        made.close()


def _written(
    archive: zipfile.ZipFile, work: Path, folder: Path, at: pd.Timestamp, goes_on: Callable[[str], None]
) -> About:
    snapshot = Database(work / DATABASE)
    sums: dict[str, str] = {}
    try:
        with snapshot.read() as connection:
            verified, rows = ledger.verify(connection), rows_in(connection, LEFT_OUT)
            step = upgrading.version(connection)
            bundles, dropped = _models(connection), _unfinished(connection)
    finally:
        snapshot.close()
    archives.put(archive, work / DATABASE, DATABASE, sums)
    archives.put(archive, folder / SECRET, SECRET, sums)
    if (folder / SIGNIN).is_file():
        archives.put(archive, folder / SIGNIN, SIGNIN, sums)
    goes_on(STATE)
    # After the database: what the past has seen more than that is added to it again, which changes nothing.
    _put_state(archive, folder / STATE, work / STATE, sums)
    for model_id, place in bundles.items():
        goes_on(f"{MODELS}/{model_id}")
        for path in sorted(place.iterdir()):
            archives.put(archive, path, f"{MODELS}/{model_id}/{path.name}", sums)
    for name in dropped:
        if (folder / UPLOADS / name).is_file():
            archives.put(archive, folder / UPLOADS / name, f"{UPLOADS}/{name}", sums)
    about = About(at, verified.head, verified.holds, step, rows, sums)
    archives.finish(archive, about)
    return about


def _put_state(archive: zipfile.ZipFile, place: Path, work: Path, sums: dict[str, str]) -> None:
    """Put a port's past in, copied while nobody changes it and read again."""
    with scratch.alone(place, shared=True):
        if not (place / "state.json").is_file():
            return
        work.mkdir(mode=0o700)
        for name in STATE_FILES:
            shutil.copyfile(place / name, work / name)
    try:
        State.load(work)
    except StateError as error:
        raise BackupError(f"the port's past cannot be backed up: {error}") from error
    for name in STATE_FILES:
        archives.put(archive, work / name, f"{STATE}/{name}", sums)


def _models(connection: sa.Connection) -> dict[str, Path]:
    """Return folders of models of the port's own that are still there and are what they are called."""
    found = {}
    for row in connection.execute(sa.select(models.c.model_id, models.c.path).where(models.c.path != "")):
        place = Path(row.path)
        try:
            if load_bundle(place).model_id == row.model_id:
                found[row.model_id] = place
        except BundleError:
            # Gone or changed: a score of it cannot be replayed here either, and `verify` says so.
            continue
    return found


def _unfinished(connection: sa.Connection) -> list[str]:
    """Return digests of files whose load is not done yet."""
    wanted = sa.select(job_rows.c.asked).where(job_rows.c.kind == "load", job_rows.c.state.not_in(jobs.ENDED))
    asked = connection.execute(wanted).scalars()
    named = {each.get("sha256", "") for one in asked for each in one.get("files", ())}
    return sorted(name for name in named if len(name) == 64 and name.isalnum())
