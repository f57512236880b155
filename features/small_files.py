"""Small files that people write (mappings, worlds, capacities): read whole, or refused in words."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

#: Larger is no file that a person wrote.
LARGEST = 4_000_000
#: Parts of a key (``a.b.c``) more than anybody names; the parser takes time by their square.
_PARTS = 100
#: An end of the line ends a quotation too: none is looked through twice.
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?$)|' + r"'[^']*+(?:'|$)")


def read_text(path: str | Path, *, encoding: str = "utf-8-sig") -> str:
    """Return the text of a small file.

    Raises
    ------
    ValueError
        It cannot be read: why, without the path. A pipe or a device, which would be waited for or
        read without end, is refused.
    """
    path = Path(path)
    try:
        if path.exists() and not path.is_file():
            raise ValueError(f"this is a {'folder' if path.is_dir() else 'pipe or a device'}, not a file")
        with path.open("rb") as stream:
            content = stream.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise ValueError(f"it is larger than {LARGEST:,} bytes")
        return content.decode(encoding)
    except OSError as error:
        raise ValueError(error.strerror or str(error)) from None
    except UnicodeDecodeError as error:
        raise ValueError(f"it is no text in {encoding} (byte {error.start + 1:,})") from None


def toml(text: str) -> dict[str, Any]:
    """Return the document of a small TOML file.

    Raises
    ------
    ValueError
        It is no TOML, or nested deeper than anybody writes.
    """
    for number, line in enumerate(text.splitlines(), 1):
        if line.count(".") > _PARTS and _QUOTED.sub("", line).count(".") > _PARTS:
            raise ValueError(f"a key of more than {_PARTS} parts (at line {number:,})")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
