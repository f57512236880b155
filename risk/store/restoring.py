"""A backup put back into an empty database of either kind, and a data folder.

So a port also moves from a SQLite file to a PostgreSQL server, or back.
"""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

import pandas as pd
import sqlalchemy as sa

from features import scratch
from risk.store import archives, ledger, upgrading
from risk.store.archives import BLOCK, DATABASE, MODELS, STATE, About, BackupError
from risk.store.backup import LEFT_OUT
from risk.store.copying import CopyError, copy, rows_in
from risk.store.database import Database
from risk.store.tables import metadata, models


@dataclass(frozen=True)
class Restored:
    """What was put back.

    Attributes
    ----------
    about : About
    rows : int
    holds : bool
        Whether the ledger holds, and ends where it ended when the backup was made.
    """

    about: About
    rows: int
    holds: bool


def restore(
    path: Path,
    database: Database,
    folder: Path,
    *,
    at: pd.Timestamp,
    actor: str = "system",
    goes_on: Callable[[str], None] = lambda part: None,
) -> Restored:
    """Put a backup back into an empty database of either kind, and a data folder.

    The files come first: the database becomes whole in one transaction at the end, and a restore that was cut
    off is simply done again.

    Parameters
    ----------
    folder : Path
        The port's data; made where it is not there. What lies in it already must be the same.

    Raises
    ------
    BackupError
        It is no sound backup, the database is not empty, other files lie in the folder, or a value does not
        fit the other kind of database.
    """
    goes_on("checking")
    about = archives.check(path)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with scratch.folder(folder) as work, archives.opened(path) as archive:
        _must_be_empty(database)
        _must_be_free(folder, about)
        _must_fit(archive, about, folder, path)
        goes_on("unpacking")
        _unpack(archive, about, work)
        source = Database(work / DATABASE)
        try:
            step = upgrading.upgrade(source)
            goes_on("files")
            _place(work, folder, about)
            goes_on(DATABASE)
            upgrading.upgrade(database)
            with database.write() as target, source.read() as opened:
                rows = copy(opened, target, without=LEFT_OUT)
                _move_models(target, folder, about)
                holds = _ends_as_it_did(target, about, step)
                facts: dict[str, ledger.Plain] = {"sha256": archives.digest_of(path), "head": about.head}
                ledger.append(target, "restore", at=at, actor=actor, facts=facts)
        except BackupError:
            raise
        except CopyError as error:
            raise BackupError(str(error)) from error
        except ValueError as error:
            # Sums hold for whatever somebody put in.
            raise BackupError(f"{path}: {DATABASE} holds what cannot be read ({str(error)[:200]})") from error
        finally:
            source.close()
    return Restored(about, rows, holds)


def _must_be_empty(database: Database) -> None:
    if database.is_sqlite and not os.path.exists(str(database.url.database)):
        return
    with database.read() as connection:
        there = set(sa.inspect(connection).get_table_names())
        # Tables of another program are refused where ours would be made.
        ours = [table for table in metadata.sorted_tables if table.name in there]
        full = [table.name for table in ours if _has_rows(connection, table)]
    if full:
        raise BackupError(f"{database.name}: is not empty ({', '.join(full[:5])}); restore into an empty one")


def _has_rows(connection: sa.Connection, table: sa.Table) -> bool:
    return connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first() is not None


def _must_be_free(folder: Path, about: About) -> None:
    """Refuse to write over files of another port; those of the same backup may be there already."""
    for name, digest in about.sha256.items():
        place = folder / name
        if name == DATABASE or not os.path.lexists(place):
            continue
        if not place.is_file() or archives.digest_of(place) != digest:
            raise BackupError(f"{place}: is there already and is another; restore into an empty folder")
    there = sorted((folder / STATE).glob("*"))
    if strange := [path for path in there if f"{STATE}/{path.name}" not in about.sha256]:
        raise BackupError(f"{strange[0]}: is there already; restore into an empty folder")


def _must_fit(archive: zipfile.ZipFile, about: About, folder: Path, path: Path) -> None:
    """Refuse what would fill the disk, before anything is written."""
    wanted = sum(archive.getinfo(name).file_size for name in about.sha256)
    free = shutil.disk_usage(folder).free
    if wanted > free:
        raise BackupError(
            f"{path}: takes {wanted >> 20:,} MB unpacked, {free >> 20:,} MB are free in {folder}"
        )


def _unpack(archive: zipfile.ZipFile, about: About, work: Path) -> None:
    for name in about.sha256:
        place = work / name
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with archive.open(name) as source, _private(place) as target:
            shutil.copyfileobj(source, target, BLOCK)


def _private(place: Path) -> IO[bytes]:
    return os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _place(work: Path, folder: Path, about: About) -> None:
    for name in about.sha256:
        if name == DATABASE:
            continue
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (work / name).open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(work / name, place)


def _move_models(connection: sa.Connection, folder: Path, about: About) -> None:
    """Let models of the port's own lie where they were put."""
    for model_id in {PurePosixPath(name).parts[1] for name in about.sha256 if name.startswith(f"{MODELS}/")}:
        place = str((folder / MODELS / model_id).resolve())
        connection.execute(models.update().where(models.c.model_id == model_id).values(path=place))


def _ends_as_it_did(connection: sa.Connection, about: About, step: str) -> bool:
    """Check what was put back against what the backup says of itself; tell whether the ledger holds."""
    found = rows_in(connection, LEFT_OUT)
    if step == about.step and found != about.rows:
        wrong = sorted(name for name in {*found, *about.rows} if found.get(name) != about.rows.get(name))
        raise BackupError(f"other rows came out than went in ({', '.join(wrong[:5])})")
    verified = ledger.verify(connection)
    if (verified.head, verified.holds) != (about.head, about.holds):
        raise BackupError("the ledger does not end as it did when the backup was made")
    return verified.holds
