"""What a program's file or library asks of others: names it is linked with, read from ELF and PE files."""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from pathlib import Path

#: A file has no more than so many entries of a kind; one that has is broken.
_MOST = 4_096


def kind(path: Path) -> str:
    """Return ``"elf"``, ``"pe"`` or an empty text for a file that is neither."""
    with path.open("rb") as file:
        start = file.read(4)
    return "elf" if start == b"\x7fELF" else "pe" if start[:2] == b"MZ" else ""


def needs(path: Path) -> list[str]:
    """Return the names of libraries a file is linked with, in order; those of PE files in small letters.

    Raises
    ------
    ValueError
        It is cut short, or made for another kind of machine than x86_64.
    """
    which = kind(path)
    if not which:
        return []
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        try:
            return list(_elf(content) if which == "elf" else _pe(content))
        except (struct.error, IndexError) as error:
            raise ValueError(f"{path.name}: cut short") from error


def _text(content: mmap.mmap, at: int) -> str:
    end = content.find(b"\0", at)
    if end < 0:
        raise IndexError(at)
    return content[at:end].decode("utf-8", "replace")


def _elf(content: mmap.mmap) -> Iterator[str]:
    if content[4:6] != b"\x02\x01" or struct.unpack_from("<H", content, 18)[0] != 62:
        raise ValueError("not for x86_64")
    start, size, count = (
        struct.unpack_from("<Q", content, 32)[0],
        *struct.unpack_from("<HH", content, 54),
    )
    loaded: list[tuple[int, int, int]] = []
    dynamic = None
    for number in range(count):
        what, _, offset, address, _, length = struct.unpack_from("<IIQQQQ", content, start + number * size)
        if what == 1:
            loaded.append((address, offset, length))
        elif what == 2:
            dynamic = (offset, length)
    if dynamic is None:
        return
    entries = [
        struct.unpack_from("<QQ", content, at) for at in range(dynamic[0], dynamic[0] + dynamic[1], 16)
    ]
    strings = next((value for tag, value in entries if tag == 5), None)
    table = next(
        (o + strings - a for a, o, n in loaded if strings is not None and a <= strings < a + n), None
    )
    for tag, value in entries:
        if tag == 0:
            return
        if tag == 1 and table is not None:
            yield _text(content, table + value)


def _pe(content: mmap.mmap) -> Iterator[str]:
    header = struct.unpack_from("<I", content, 60)[0]
    if (
        content[header : header + 4] != b"PE\0\0"
        or struct.unpack_from("<H", content, header + 4)[0] != 0x8664
    ):
        raise ValueError("not for x86_64")
    sections, optional_size = (
        struct.unpack_from("<H", content, header + 6)[0],
        struct.unpack_from("<H", content, header + 20)[0],
    )
    optional = header + 24
    table = [
        struct.unpack_from("<IIII", content, optional + optional_size + number * 40 + 8)
        for number in range(sections)
    ]

    def offset(address: int) -> int:
        for virtual_size, virtual, raw_size, raw in table:
            if virtual <= address < virtual + max(virtual_size, raw_size):
                return int(address - virtual + raw)
        raise IndexError(address)

    directories = struct.unpack_from("<I", content, optional + 108)[0]
    # Names at once (directory 1, 20 bytes each) and at first use (13, 32 bytes each).
    for index, size, name_at in ((1, 20, 12), (13, 32, 4)):
        if index >= directories:
            continue
        address, _ = struct.unpack_from("<II", content, optional + 112 + index * 8)
        if not address:
            continue
        at = offset(address)
        for _ in range(_MOST):
            name = struct.unpack_from("<I", content, at + name_at)[0]
            if not name:
                break
            yield _text(content, offset(name)).lower()
            at += size
