"""Small files that people write (mappings, worlds, capacities): read whole, or refused in words."""

from __future__ import annotations

from pathlib import Path

#: Larger is no file that a person wrote.
LARGEST = 4_000_000


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
