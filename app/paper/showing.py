"""Texts from outside made fit to be printed: cut, on one line, turned by nothing, legible.

Markup is not taken out: templates escape it, so it shows as the text it is.
"""

from __future__ import annotations

import re
import unicodedata

import pandas as pd
from markupsafe import Markup

from app.paper import fonts

#: What has no form of its own, turns the direction of what follows, or speaks to programs alone.
_UNSEEN = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    r"\ufff0-\ufffb\ufe00-\ufe0f\ud800-\udfff\U000e0000-\U000e0fff]"
)
#: The marks our own sentences set a quoted text apart with.
_APART = re.compile("[\u2068\u2069]")
#: Marks one above the other: as many as the languages of the app put on a letter, no tower of them.
_MOST_MARKS = 5
ELLIPSIS = "…"
_OPEN = "<bdi dir="


def shown(value: object, most: int = 200) -> str:
    r"""Return a value as one line of at most ``most`` characters, ending in an ellipsis where it was cut.

    Examples
    --------
    >>> shown("FROZEN\u202e  FISH\x00", 9), shown(None)
    ('FROZEN F…', '')
    """
    if _is_missing(value):
        return ""
    # A megabyte is not looked at to its end: controls and spaces can take most of what is.
    text = str(value)
    looked_at = text[: 4 * most + 64]
    line = " ".join(_UNSEEN.sub("", looked_at).split())
    line = unicodedata.normalize("NFC", _without_towers(line))
    if len(line) > most or (len(looked_at) < len(text) and line):
        line = line[: most - 1].rstrip() + ELLIPSIS
    return fonts.legible(line)


def apart(value: object) -> Markup:
    """Return a text as markup that keeps its own direction, whatever stands around it.

    Examples
    --------
    >>> apart("X & Sons")
    Markup('<bdi dir="ltr">X &amp; Sons</bdi>')
    """
    if isinstance(value, Markup) and value.startswith(_OPEN) and value.count(_OPEN) == 1:
        return value
    if not value:
        return Markup()
    text = str(Markup(value).striptags()) if isinstance(value, Markup) else str(value)
    return Markup('<bdi dir="{}">{}</bdi>').format(direction(text), value)


def direction(text: str) -> str:
    """Return ``ltr`` or ``rtl`` by the first letter that has a direction."""
    strong = (unicodedata.bidirectional(sign) for sign in text)
    first = next((kind for kind in strong if kind in ("L", "R", "AL")), "L")
    return "ltr" if first == "L" else "rtl"


def told(sentence: object, most: int = 600) -> Markup:
    """Return a sentence of reasons as markup; what it quotes stays set apart, whatever its direction.

    Parameters
    ----------
    sentence : str
        With U+2068 and U+2069 around what is quoted, or without.
    """
    if _is_missing(sentence):
        return Markup()
    parts, depth, room = [], 0, most
    text = str(sentence)[: 4 * most]
    for part, mark in zip(_APART.split(text), [*_APART.findall(text), ""], strict=True):
        line = shown(part, room) if room > 1 else ""
        room -= len(line)
        before, after = (" " if part[:1].isspace() else ""), (" " if part[-1:].isspace() and line else "")
        parts.append(before + line + after)
        if mark and (mark == "\u2068" or depth):
            parts.append(mark)
            depth += 1 if mark == "\u2068" else -1
    return apart("".join(parts).strip() + "\u2069" * depth)


def _is_missing(value: object) -> bool:
    return value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and value != value)


def _without_towers(line: str) -> str:
    if line.isascii():
        return line
    kept, marks = [], 0
    for sign in line:
        marks = marks + 1 if unicodedata.category(sign) in ("Mn", "Me") else 0
        if marks <= _MOST_MARKS:
            kept.append(sign)
    return "".join(kept)
