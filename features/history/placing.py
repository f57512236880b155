"""Where a state lies: one program at a time, put in place as a whole, put back after a stop.

A folder cannot be replaced by another in one step. The old state is set aside under a name of its
own (``.NAME.old.*``), the new one takes its place, and the old one goes. A program killed in between
leaves the port without a state of that name: `put_back` returns the one set aside.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
from pathlib import Path

from features.scratch import Draft

#: Files of a state; whatever else lies in its folder is carried over.
FILES = frozenset(("state.json", "shipments.parquet", "outcomes.parquet", "names.parquet", "links.parquet"))


def real(folder: Path) -> Path:
    """Return where a state really lies: links followed, so that they stay links."""
    return Path(os.path.realpath(folder))


def set_aside(folder: Path) -> list[Path]:
    """Return the states of this name that were set aside and not removed, oldest first."""
    whole = [path / "state" for path in _aside(real(folder)) if (path / "state" / "state.json").is_file()]
    return sorted(whole, key=lambda path: ((path / "state.json").stat().st_mtime, path))


def put_back(folder: Path) -> bool:
    """Put back the newest state set aside where none lies in its place; say whether one was.

    To be called `scratch.alone`.
    """
    place, left = real(folder), set_aside(folder)
    if not left or (place.exists() and any(place.iterdir())):
        return False
    if place.exists():
        place.rmdir()
    os.replace(left[-1], place)
    left[-1].parent.rmdir()
    return True


def put(fresh: Draft, place: Path) -> None:
    """Put a finished state in place of the old one; a fault or a stop leaves one of the two there."""
    if place.exists():
        old = Path(tempfile.mkdtemp(prefix=f".{place.name}.old.", dir=place.parent)) / "state"
        try:
            os.replace(place, old)
            fresh.finish()
        except BaseException:
            if old.exists() and not place.exists():
                os.replace(old, place)
            with contextlib.suppress(OSError):
                old.parent.rmdir()
            raise
    else:
        fresh.finish()
    for left in set_aside(place):
        _carry_over(left, place)
        shutil.rmtree(left.parent, ignore_errors=True)
    for empty in _aside(place):  # of a program killed before it set anything aside
        with contextlib.suppress(OSError):
            empty.rmdir()


def _aside(place: Path) -> list[Path]:
    name = re.compile(rf"\.{re.escape(place.name)}\.old\.[a-z0-9_]+")
    try:
        return [path for path in place.parent.iterdir() if name.fullmatch(path.name)]
    except OSError:
        return []


def _carry_over(old: Path, place: Path) -> None:
    """Keep what people put into a state's folder."""
    for path in old.iterdir():
        if path.name not in FILES and not (place / path.name).exists():
            os.replace(path, place / path.name)
