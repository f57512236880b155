"""The file a backup is: a ZIP archive whose every part has its SHA-256 in ``about.json``.

Parts are ``port.db``, the site's secret, how people sign in, the port's past, models of its own and files of
loads not done yet; nothing else may be in it, and nothing is ever named so that it would be written outside a
data folder.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pandas as pd

from features.history import placing

FORMAT = "wildcargo backup"
VERSION = 1
DATABASE, SECRET, SIGNIN, ABOUT = "port.db", "site.key", "signin.toml", "about.json"
STATE, UPLOADS, MODELS = "state", "uploads", "models"
STATE_FILES = tuple(sorted(placing.FILES))

#: Bytes read at a time.
BLOCK = 1 << 20
_LARGEST_ABOUT = 4_000_000


class BackupError(ValueError):
    """A backup cannot be made, read or put back; the text says why."""


@dataclass(frozen=True)
class About:
    """What a backup says of itself.

    Attributes
    ----------
    at : Timestamp
        When it was made (UTC).
    head : str
        Head of the ledger then.
    holds : bool
        Whether the ledger held then.
    step : str
        Step of the tables (`upgrading`).
    rows : dict of str to int
        Rows by table.
    sha256 : dict of str to str
        Digest of every part by name.
    """

    at: pd.Timestamp
    head: str
    holds: bool
    step: str
    rows: dict[str, int]
    sha256: dict[str, str]


def create(path: Path) -> zipfile.ZipFile:
    """Open an archive to write."""
    return zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6)


def put(archive: zipfile.ZipFile, path: Path, name: str, sums: dict[str, str]) -> None:
    """Put a file in under a name, and its SHA-256 into ``sums``."""
    digest = hashlib.sha256()
    with path.open("rb") as source, archive.open(_entry(name), "w", force_zip64=True) as target:
        while block := source.read(BLOCK):
            digest.update(block)
            target.write(block)
    sums[name] = digest.hexdigest()


def _entry(name: str) -> zipfile.ZipInfo:
    """Return a part's head without a time of its own: the same content gives the same bytes."""
    entry = zipfile.ZipInfo(name)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    return entry


def finish(archive: zipfile.ZipFile, about: About) -> None:
    """Put in what the backup says of itself, last of all."""
    archive.writestr(_entry(ABOUT), _told(about))


def _told(about: About) -> bytes:
    data = {
        "format": FORMAT,
        "version": VERSION,
        "at": about.at.isoformat(),
        "head": about.head,
        "holds": about.holds,
        "step": about.step,
        "rows": about.rows,
        "sha256": about.sha256,
    }
    return (json.dumps(data, indent=1, sort_keys=True) + "\n").encode()


def is_backup(path: Path) -> bool:
    """Tell whether a file is an archive that says it is a backup."""
    try:
        return path.is_file() and zipfile.is_zipfile(path)
    except OSError:
        return False


def check(path: Path) -> About:
    """Read a backup and check every part of it.

    Raises
    ------
    BackupError
        It is none, of a later version, or a part is missing, added or changed.
    """
    with opened(path) as archive:
        about = _about(archive, path)
        for name in about.sha256:
            with _reading(path, name):
                digest = hashlib.sha256()
                with archive.open(name) as part:
                    while block := part.read(BLOCK):
                        digest.update(block)
            if digest.hexdigest() != about.sha256[name]:
                raise BackupError(f"{path}: {name} was changed or damaged")
    return about


@contextmanager
def _reading(path: Path, name: str) -> Iterator[None]:
    """Turn a fault of the archive into one of the backup."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise BackupError(f"{path}: {name} was changed or damaged ({error})") from error


def opened(path: Path) -> zipfile.ZipFile:
    """Open an archive to read.

    Raises
    ------
    BackupError
        It is not there, or no whole archive.
    """
    if not path.is_file():
        raise BackupError(f"{path}: {'not a file' if path.exists() else 'no such file'}")
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, NotImplementedError) as error:
        raise BackupError(f"{path}: no backup, or only a part of one") from error


def _about(archive: zipfile.ZipFile, path: Path) -> About:
    names = archive.namelist()
    if ABOUT not in names or archive.getinfo(ABOUT).file_size > _LARGEST_ABOUT:
        raise BackupError(f"{path}: no backup ({ABOUT} is missing)")
    with _reading(path, ABOUT):
        text = archive.read(ABOUT)
    try:
        data = json.loads(text)
        if data["format"] != FORMAT:
            raise BackupError(f"{path}: no backup of this program")
        if data["version"] != VERSION:
            raise BackupError(f"{path}: backup of version {data['version']!r}; this program reads {VERSION}")
        rows = {str(name): int(count) for name, count in data["rows"].items()}
        sums = {str(name): str(digest) for name, digest in data["sha256"].items()}
        about = About(
            pd.Timestamp(data["at"]), str(data["head"]), bool(data["holds"]), str(data["step"]), rows, sums
        )
    except BackupError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BackupError(f"{path}: {ABOUT} was changed or damaged") from error
    if sorted(names) != sorted([*about.sha256, ABOUT]):
        strange = sorted(set(names) ^ {*about.sha256, ABOUT}) or ["a part is there twice"]
        raise BackupError(f"{path}: parts are missing or were added ({', '.join(strange[:5])})")
    for name in about.sha256:
        if not _may_be(name):
            raise BackupError(f"{path}: {name[:80]!r} is no part of a backup")
    if not {DATABASE, SECRET} <= set(about.sha256):
        raise BackupError(f"{path}: {DATABASE} or {SECRET} is missing")
    return about


def _may_be(name: str) -> bool:
    """Tell whether a part may be called so: nothing is ever written outside the data folder."""
    parts = PurePosixPath(name).parts
    if "\\" in name or ":" in name or ".." in parts or name != "/".join(parts):
        return False
    if len(parts) == 1:
        return name in (DATABASE, SECRET, SIGNIN)
    if parts[0] == STATE:
        return len(parts) == 2 and parts[1] in STATE_FILES
    if parts[0] == UPLOADS:
        return len(parts) == 2 and len(parts[1]) == 64 and parts[1].isalnum()
    return parts[0] == MODELS and len(parts) == 3


def digest_of(path: Path) -> str:
    """Return SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
