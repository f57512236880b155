"""Files and folders on their way: kept while their program lives, swept by the next once it is dead.

A program that is killed, or a machine that loses power, cannot tidy up. Whatever is written bit by
bit therefore lies under a name of its own, ending in `SUFFIX`, and is locked by its program; the
system takes the lock away however that program ends. Every new draft first removes what lies
unlocked in the same folder: manifests are full of names, and an old disk is soon full.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

#: How the name of every draft ends.
SUFFIX = ".wildcargo-part"
#: Where a system has no such locks, a draft is taken to be left behind after this time, in seconds.
OLD = 2 * 86_400.0
#: Characters of the target's name a draft's name repeats: some file systems take 255 bytes.
_REPEATED = 40


class Draft:
    """A file or folder on its way to become ``target``, in the same folder.

    Attributes
    ----------
    path : Path
        Where to write; exists, and is empty.

    Examples
    --------
    >>> with Draft("list.csv") as draft:                # doctest: +SKIP
    ...     draft.path.write_text("…")
    ...     draft.finish()
    """

    def __init__(self, target: str | os.PathLike[str], *, folder: bool = False) -> None:
        self.target = Path(target)
        sweep(self.target.parent)
        self.path, self._lock = _begun(self.target, folder)

    def __enter__(self) -> Draft:
        """Start the block."""
        return self

    def __exit__(self, *error: object) -> None:
        """Remove what was not finished."""
        self.close()

    def settle(self) -> None:
        """Have the content on the disk, so that the name never stands for less than all of it."""
        for path in [*self.path.iterdir()] if self.path.is_dir() else [self.path]:
            with path.open("rb+") as stream:
                os.fsync(stream.fileno())

    def finish(self) -> None:
        """Put the draft in the target's place (a folder must not exist there)."""
        os.replace(self.path, self.target)

    def close(self) -> None:
        """Remove what was not finished, and let go."""
        _remove(self.path)
        _let_go(self._lock)
        self._lock = None


@contextlib.contextmanager
def folder(where: str | os.PathLike[str] | None = None) -> Iterator[Path]:
    """Give a folder for the time of a block.

    Parameters
    ----------
    where : path, optional
        Folder to make it in; the system's for temporary files when not given.
    """
    with Draft(Path(where or tempfile.gettempdir()) / "wildcargo", folder=True) as draft:
        yield draft.path


@contextlib.contextmanager
def alone(target: Path, *, shared: bool = False) -> Iterator[None]:
    """Let one program at a time change a file or folder, so that no update is lost; others wait.

    The lock is on the folder around it (what is in it is replaced as a whole) and ends with the
    program, however that ends. Systems without such locks go without.

    Parameters
    ----------
    target : Path
        Links are followed.
    shared : bool
        Wait for those who change it, not for those who read.
    """
    around = Path(os.path.realpath(target)).parent
    if not shared:
        around.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(ImportError, OSError):
            import fcntl

            handle = os.open(around, os.O_RDONLY)
            stack.callback(os.close, handle)
            fcntl.flock(handle, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
        yield


def sweep(where: Path) -> None:
    """Remove the drafts in a folder whose program has ended; what cannot be removed is left."""
    with contextlib.suppress(OSError), os.scandir(where or ".") as entries:
        for path in [Path(entry.path) for entry in entries if entry.name.endswith(SUFFIX)]:
            with contextlib.suppress(OSError):
                _sweep_one(path)


def _sweep_one(path: Path) -> None:
    found = path.lstat()
    ours = not hasattr(os, "geteuid") or found.st_uid == os.geteuid()
    if not ours or not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):
        return
    lock = _locked(path)
    try:
        if lock is not None or time.time() - found.st_mtime > OLD:
            _remove(path)
    finally:
        _let_go(lock)


def _begun(target: Path, is_folder: bool) -> tuple[Path, int | None]:
    """Make an empty draft and lock it; return its path and the lock."""
    while True:
        path = target.with_name(f".{target.name[:_REPEATED]}.{secrets.token_hex(4)}{SUFFIX}")
        try:
            path.mkdir(mode=0o700) if is_folder else path.touch(exist_ok=False)
            lock = _locked(path)
        except (FileExistsError, BlockingIOError):
            continue
        if path.exists():  # not swept in the moment before it was locked
            return path, lock
        _let_go(lock)


def _locked(path: Path) -> int | None:
    """Return an open descriptor that holds a draft's lock; None where there are no such locks.

    Raises
    ------
    BlockingIOError
        Another program holds it.
    """
    try:
        import fcntl
    except ImportError:
        return None
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise
    except OSError:  # a file system without locks
        os.close(handle)
        return None
    return handle


def _let_go(lock: int | None) -> None:
    if lock is not None:
        os.close(lock)


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
