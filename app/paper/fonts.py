"""Fonts of prints, shipped with the program, and which characters they have.

Only these are used, so that a page looks the same, to the byte, on every machine. A character none of them
has is printed as its number (``[U+1F40D]``), never as an empty box: an officer can still look it up.
How the files are made: ``benchmarks/reference/paper_fonts.py``.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

#: Name the fonts go by in style sheets: no font installed on a machine has it.
FAMILY = "wildcargo"


@dataclass(frozen=True)
class Face:
    """A font file.

    Attributes
    ----------
    name : str
        Family of the file, without the weight.
    weights : tuple of str
        ``Regular``, ``Bold``.
    """

    name: str
    weights: tuple[str, ...] = ("Regular",)

    @property
    def family(self) -> str:
        """Return what style sheets call it."""
        return f"{FAMILY} {self.name.removeprefix('NotoSans') or 'Latin'}"


_BOTH = ("Regular", "Bold")

#: In the order they are asked for a character.
FACES: tuple[Face, ...] = (
    Face("NotoSans", _BOTH),
    Face("NotoSansArabic", _BOTH),
    Face("NotoSansThai", _BOTH),
    Face("NotoSansKhmer", _BOTH),
    Face("NotoSansCJKsc"),
    Face("NotoSansLao"),
    Face("NotoSansMyanmar"),
    Face("NotoSansDevanagari"),
    Face("NotoSansBengali"),
    Face("NotoSansTamil"),
    Face("NotoSansSymbols2"),
)

#: Fonts that come with Windows and with Debian, for pages a browser prints instead.
INSTALLED = (
    *("Noto Sans", "Segoe UI", "Noto Sans Arabic", "Leelawadee UI", "Noto Sans Thai", "Khmer UI"),
    *("Noto Sans Khmer", "Microsoft YaHei", "Noto Sans CJK SC"),
)


def content(file: str) -> bytes:
    """Return a font file.

    Raises
    ------
    KeyError
        There is no such font.
    """
    if file not in _FILES:
        raise KeyError(file)
    return files("app").joinpath("fonts", file).read_bytes()


def file_of(face: Face, weight: str) -> str:
    """Return the name of a face's file."""
    return f"{face.name}-{weight}.woff2"


_FILES = frozenset(file_of(face, weight) for face in FACES for weight in face.weights)


@cache
def covered() -> frozenset[int]:
    """Return the code points the fonts have between them."""
    from fontTools.ttLib import TTFont

    found: set[int] = set()
    for face in FACES:
        with TTFont(io.BytesIO(content(file_of(face, "Regular"))), lazy=True) as font:
            found |= set(font["cmap"].getBestCmap())
    return frozenset(found)


def missing(text: str) -> list[str]:
    """Return the characters of a text that no font has, each once, in order.

    Examples
    --------
    >>> missing("蛇 ngà voi \U0001f40d")
    ['\U0001f40d']
    """
    return [sign for sign in dict.fromkeys(text) if ord(sign) not in covered() and not sign.isspace()]


def legible(text: str) -> str:
    """Return a text with the number of each character no font has, in place of it.

    Examples
    --------
    >>> legible("\U0001f40d x 2")
    '[U+1F40D] x 2'
    """
    if text.isascii():
        return text
    lacking = {ord(sign): f"[U+{ord(sign):04X}]" for sign in missing(text)}
    return text.translate(lacking) if lacking else text
