"""Whether a folder is what was built: the digest of every file, and a command that looks.

``python -m app.distribution.checksums FOLDER`` tells files missing, changed or new. Whoever can change
files can change the list: its own digest is told where the folder was had from.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

NAME = "SHA256SUMS"


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    for above, folders, names in os.walk(folder):
        folders.sort()
        for name in names:
            path = Path(above) / name
            yield path.relative_to(folder).as_posix(), path


def digest(path: Path) -> str:
    """Return a file's SHA-256."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write(folder: Path) -> str:
    """Write the list of a folder, as ``sha256sum`` reads it; return the list's own digest."""
    lines = sorted(f"{digest(path)}  {name}\n" for name, path in _files(folder) if name != NAME)
    lines.sort(key=lambda line: line[66:])
    (folder / NAME).write_bytes("".join(lines).encode("utf-8"))
    return digest(folder / NAME)


def compare(folder: Path) -> list[str]:
    """Return what is not as listed, a line each; empty where all is.

    Raises
    ------
    OSError
        There is no list.
    """
    listed = {}
    for line in (folder / NAME).read_text(encoding="utf-8").splitlines():
        listed[line[66:]] = line[:64]
    found = dict(_files(folder))
    found.pop(NAME, None)
    return sorted(
        [f"missing: {name}" for name in listed.keys() - found.keys()]
        + [f"new:     {name}" for name in found.keys() - listed.keys()]
        + [f"changed: {name}" for name in listed.keys() & found.keys() if digest(found[name]) != listed[name]]
    )


def main(arguments: list[str]) -> int:
    """Compare a folder with its list and say what is not as listed."""
    folder = Path(arguments[0]) if arguments else Path.cwd()
    try:
        wrong = compare(folder)
    except OSError as error:
        print(f"{folder}: {error}", file=sys.stderr)
        return 2
    for line in wrong[:50]:
        print(line)
    if wrong:
        print(f"{len(wrong)} files are not as they were made. Get the folder again.")
        return 1
    print(f"Every file is as it was made. Digest of the list: {digest(folder / NAME)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
