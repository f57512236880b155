"""The files of an input: those named, those in a folder, those in an archive.

Members of an archive are unpacked into a scratch folder under names of our own: the names they carry are
labels for people, never paths. What a folder or an archive holds and cannot be read is listed and costs
nothing else; a file that somebody named must be readable.
"""

from __future__ import annotations

import gzip
import os
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import IO, Any

from features import scratch
from features.manifest.problems import problem

#: Files of one input, folders and archives taken together.
MOST_FILES = 100_000
#: Bytes an input's archives may unpack to.
MOST_UNPACKED = 16_000_000_000
#: Of more than this, no more than so many times what the archives themselves take: manifests pack to a
#: hundredth at best, what packs better was made to fill a disk.
UNSUSPECTED, MOST_TIMES = 1_000_000_000, 300
#: Archives in archives.
MOST_NESTED = 3
#: Folders in folders.
MOST_DEEP = 20
_BLOCK = 1 << 20
#: What zipfile raises for archives that are damaged, or packed in a way it does not know.
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    NotImplementedError,
    ValueError,
    RuntimeError,
)
_BOOK = ("xl/workbook.xml", "xl/workbook.bin", "content.xml", "word/document.xml")


@dataclass(frozen=True)
class Found:
    """A file to read.

    Attributes
    ----------
    path : Path
    name : str
        What people know it by: its name, and the archive's before it.
    named : bool
        Whether somebody named it, rather than the folder or archive it lies in.
    """

    path: Path
    name: str
    named: bool


@dataclass
class Sources:
    """Files found, and what could not be taken."""

    stack: ExitStack
    files: list[Found] = field(default_factory=list)
    problems: list[dict[str, str]] = field(default_factory=list)
    unpacked: int = 0
    packed: int = 0

    @cached_property
    def room(self) -> Path:
        """Folder that archives are unpacked into, made when the first is met."""
        return self.stack.enter_context(scratch.folder())

    @property
    def most(self) -> int:
        """Bytes all archives may unpack to."""
        return min(MOST_UNPACKED, max(UNSUSPECTED, MOST_TIMES * self.packed))

    def refuse(self, name: str, expected: str) -> None:
        """List something that is not read."""
        self.problems.append(problem(expected, file=name))


def find(paths: Sequence[str | Path], stack: ExitStack) -> Sources:
    """Return the files of an input, in the order given; folders in order of names.

    Parameters
    ----------
    paths : sequence of path
    stack : ExitStack
        Keeps what archives are unpacked into, until it is closed.
    """
    found = Sources(stack)
    for path in map(Path, paths):
        if path.is_dir():
            _folder(path, path.name or str(path), found, 0)
        else:
            _take(path, path.name, found, named=True, nested=0)
    return found


def _folder(folder: Path, name: str, found: Sources, depth: int) -> None:
    """Take the files of a folder; hidden ones, links and what is no file are passed over."""
    if depth > MOST_DEEP:
        found.refuse(name, f"folders at most {MOST_DEEP} deep")
        return
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        found.refuse(name, f"a folder that can be read ({error.strerror})")
        return
    for entry in entries:
        if entry.name.startswith(".") or entry.is_symlink():
            continue
        label = f"{name}/{entry.name}"
        if entry.is_dir():
            _folder(Path(entry.path), label, found, depth + 1)
        elif entry.is_file():
            _take(Path(entry.path), label, found, named=False, nested=0)


def _take(path: Path, name: str, found: Sources, *, named: bool, nested: int) -> None:
    if len(found.files) >= MOST_FILES:
        if len(found.files) == MOST_FILES and not any(
            "files at once" in p["expected"] for p in found.problems
        ):
            found.refuse(
                name, f"at most {MOST_FILES:,} files at once; this one and all after it are left out"
            )
        return
    kind = _kind(path)
    if not kind:
        found.files.append(Found(path, name, named))
    elif nested >= MOST_NESTED:
        found.refuse(name, f"archives at most {MOST_NESTED} deep")
    else:
        found.packed += 0 if nested else path.stat().st_size
        (_archive if kind == "zip" else _gzip)(path, name, found, nested)


def _kind(path: Path) -> str:
    """Return how a file is packed, empty if it is not; a pipe is not opened, which could wait for ever."""
    if not path.is_file():
        return ""
    try:
        with open(path, "rb") as stream:
            head = stream.read(4)
    except OSError:
        return ""
    if head[:3] == b"\x1f\x8b\x08":
        return "gzip"
    return "zip" if head in (b"PK\x03\x04", b"PK\x05\x06") and _is_archive(path) else ""


def _is_archive(path: Path) -> bool:
    """Return whether a zip is no workbook."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = {name.lower() for name in archive.namelist()}
    except _DAMAGED:
        return False
    return not names & set(_BOOK)


def _archive(path: Path, name: str, found: Sources, nested: int) -> None:
    with zipfile.ZipFile(path) as archive:
        members = [entry for entry in archive.infolist() if not entry.is_dir()]
        if not members:
            found.refuse(name, "an archive with files in it; it is empty")
        for number, entry in enumerate(members):
            member = entry.filename.replace("\\", "/").rpartition("/")[2]
            if member.startswith(".") or "__MACOSX/" in entry.filename:
                continue
            label = f"{name}/{entry.filename}".encode("utf-8", "replace").decode()
            if len(found.files) >= MOST_FILES:
                _take(path, label, found, named=False, nested=MOST_NESTED)
                return
            if entry.flag_bits & 1:
                found.refuse(label, "a file without a password")
                continue
            _out(partial(archive.open, entry), label, found, nested, number)


def _gzip(path: Path, name: str, found: Sources, nested: int) -> None:
    _out(partial(gzip.open, path), name, found, nested, 0)


def _out(opened: Callable[[], Any], name: str, found: Sources, nested: int, number: int) -> None:
    """Take what is packed in an archive, once it is unpacked under a name of our own."""
    home = found.room / f"{len(found.files)}-{nested}-{number}"
    if expected := _unpack(opened, home, found):
        home.unlink(missing_ok=True)
        found.refuse(name, expected)
    else:
        _take(home, name, found, named=False, nested=nested + 1)


def _unpack(opened: Callable[[], Any], home: Path, found: Sources) -> str:
    """Unpack a member; return what was expected of it, empty if all is well."""
    try:
        with opened() as packed, open(home, "wb") as out:
            for block in _blocks(packed):
                found.unpacked += len(block)
                if found.unpacked > found.most or shutil.disk_usage(found.room).free < 4 * _BLOCK:
                    found.unpacked -= out.tell()
                    return (
                        f"archives of at most {found.most // 10**9} GB when unpacked, and room for them; "
                        "this one is larger, or packed beyond what any manifest is"
                    )
                out.write(block)
    except _DAMAGED:
        return "a file the archive holds whole and in a way that can be unpacked"
    return ""


def _blocks(stream: IO[bytes]) -> Iterator[bytes]:
    while block := stream.read(_BLOCK):
        yield block
