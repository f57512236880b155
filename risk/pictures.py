"""Photos of what was found, as they are kept: the picture itself, bit for bit, and nothing beside it.

A camera writes into a photo where and with which device it was taken, a thumbnail of what was cut away, now
and then a film behind it; people hide more. None of it is needed, some of it tells of whoever took it. A JPEG
or PNG is taken apart, what draws it (and which way up it is) is kept, all else is left out; what is not whole
is refused. No picture is decoded.
"""

from __future__ import annotations

import zlib
from typing import Final

JPEG: Final = b"\xff\xd8\xff"
PNG: Final = b"\x89PNG\r\n\x1a\n"

#: A picture has at most so many pixels, and so many along one side: more is made to exhaust who opens it.
PIXELS = 120_000_000
SIDE = 30_000

#: Chunks of a PNG that draw it.
_CHUNKS: Final = frozenset(
    (b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"pHYs")
)
#: Markers of a JPEG that begin a frame (SOF); C4, C8 and CC among them are something else.
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
#: Markers of a JPEG that draw it besides: tables (DHT, DAC, DQT), DNL, DRI, DHP, EXP and SOS.
_TABLES: Final = frozenset((0xC4, 0xCC, 0xDB, 0xDC, 0xDD, 0xDE, 0xDF, 0xDA))
#: Markers without a length.
_ALONE: Final = frozenset((0x01, *range(0xD0, 0xD8)))
_SOS, _EOI, _JFIF, _APP1, _ICC, _ADOBE = 0xDA, 0xD9, 0xE0, 0xE1, 0xE2, 0xEE
_ORIENTATION = 0x0112


class NoPicture(ValueError):
    """What was given is no whole JPEG or PNG, or one of more pixels than any camera takes."""


def stripped(content: bytes) -> tuple[str, bytes]:
    """Return what kind of picture this is, and the picture alone.

    Returns
    -------
    media_type : str
        ``image/jpeg`` or ``image/png``.
    picture : bytes
        Shows the same; stripped again it is the same.

    Raises
    ------
    NoPicture
    """
    if content.startswith(JPEG):
        return "image/jpeg", _jpeg(content)
    if content.startswith(PNG):
        return "image/png", _png(content)
    raise NoPicture("neither JPEG nor PNG")


def _sized(width: int, height: int) -> None:
    if not (0 < width <= SIDE and 0 < height <= SIDE and width * height <= PIXELS):
        raise NoPicture("no such size")


# --- PNG ------------------------------------------------------------------------------------


def _png(content: bytes) -> bytes:
    parts, at, data = [PNG], len(PNG), False
    while True:
        length = int.from_bytes(content[at : at + 4], "big")
        name, end = content[at + 4 : at + 8], at + 12 + length
        if end > len(content) or len(name) < 4:
            raise NoPicture("cut off")
        if zlib.crc32(content[at + 4 : end - 4]) != int.from_bytes(content[end - 4 : end], "big"):
            raise NoPicture("damaged")
        if (name == b"IHDR") != (at == len(PNG)):
            raise NoPicture("out of order")
        if name == b"IHDR":
            _sized(
                int.from_bytes(content[at + 8 : at + 12], "big"),
                int.from_bytes(content[at + 12 : at + 16], "big"),
            )
        data = data or name == b"IDAT"
        if name in _CHUNKS:
            parts.append(content[at:end])
        if name == b"IEND":
            break
        at = end
    if not data:
        raise NoPicture("empty")
    return b"".join(parts)


# --- JPEG -----------------------------------------------------------------------------------


def _jpeg(content: bytes) -> bytes:
    parts, at, turned, scans = [], 2, 1, 0
    framed = False
    while True:
        marker, at = _marker(content, at)
        if marker == _EOI:
            break
        if marker in _ALONE:
            continue
        length = int.from_bytes(content[at : at + 2], "big")
        if length < 2 or at + length > len(content):
            raise NoPicture("cut off")
        segment, at = content[at : at + length], at + length
        if marker == _APP1 and turned == 1:
            turned = _orientation(segment[2:])
        if marker in _FRAMES:
            if len(segment) < 7:
                raise NoPicture("cut off")
            _sized(int.from_bytes(segment[5:7], "big"), int.from_bytes(segment[3:5], "big"))
            framed = True
        if _draws(marker, segment):
            if marker == _JFIF:  # without the thumbnail it may hold
                segment = b"\0\x10" + segment[2:14].ljust(12, b"\0") + b"\0\0"
            if marker == _ADOBE:  # how colours are meant, without what may follow
                segment = b"\0\x0e" + segment[2:14]
            parts.append(bytes((0xFF, marker)) + segment)
        if marker == _SOS:
            end = _scan(content, at)
            parts.append(content[at:end])
            at, scans = end, scans + 1
    if not (framed and scans):
        raise NoPicture("empty")
    first = [] if turned == 1 else [_upright(turned)]
    return b"".join([b"\xff\xd8", *first, *parts, b"\xff\xd9"])


def _marker(content: bytes, at: int) -> tuple[int, int]:
    """Return the marker at a place, and where what follows it begins."""
    if content[at : at + 1] != b"\xff":
        raise NoPicture("damaged")
    while content[at : at + 1] == b"\xff":
        at += 1
    if at >= len(content) or content[at] in (0x00, 0xD8):
        raise NoPicture("damaged")
    return content[at], at + 1


def _scan(content: bytes, at: int) -> int:
    """Return where the data of a scan end: at the next marker that is no restart."""
    while True:
        at = content.find(b"\xff", at)
        if at < 0 or at + 1 >= len(content):
            raise NoPicture("cut off")
        follows = content[at + 1]
        if follows == 0xFF:
            at += 1
        elif follows == 0x00 or 0xD0 <= follows <= 0xD7:
            at += 2
        else:
            return at


def _draws(marker: int, segment: bytes) -> bool:
    """Tell whether a segment is needed to draw the picture: not what applications wrote, but for colours."""
    named = segment[2:]
    return (
        marker in _FRAMES
        or marker in _TABLES
        or (marker == _JFIF and named.startswith(b"JFIF\0"))
        or (marker == _ICC and named.startswith(b"ICC_PROFILE\0"))
        or (marker == _ADOBE and named.startswith(b"Adobe") and len(named) >= 12)
    )


def _orientation(exif: bytes) -> int:
    """Return which way up a photo is (1 to 8), 1 where it does not say."""
    if not exif.startswith(b"Exif\0\0"):
        return 1
    tiff = exif[6:]
    order = {b"II": "little", b"MM": "big"}.get(tiff[:2])
    if order is None:
        return 1

    def read(at: int, size: int) -> int:
        return int.from_bytes(tiff[at : at + size], order)  # type: ignore[arg-type]

    start = read(4, 4)
    for entry in range(start + 2, min(start + 2 + 12 * read(start, 2), len(tiff) - 11), 12):
        if read(entry, 2) == _ORIENTATION and read(entry + 2, 2) == 3:
            value = read(entry + 8, 2)
            return value if 1 <= value <= 8 else 1
    return 1


def _upright(value: int) -> bytes:
    """Return a segment that says which way up a photo is and nothing else."""
    entry = _ORIENTATION.to_bytes(2, "big") + b"\0\3" + b"\0\0\0\1" + value.to_bytes(2, "big") + b"\0\0"
    body = b"Exif\0\0" + b"MM\0*\0\0\0\x08" + b"\0\1" + entry + b"\0\0\0\0"
    return b"\xff\xe1" + (len(body) + 2).to_bytes(2, "big") + body
