"""Texts from outside as a database keeps them.

PostgreSQL holds no NUL and no half of a surrogate pair; marks that turn the direction of what follows would
turn a page around. All else is kept as it was written: what shows a text escapes it.
"""

from __future__ import annotations

import re

#: Longest text a person writes into a field.
LONGEST = 4_000

_UNKEPT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")


def kept(text: str, most: int = LONGEST) -> str:
    """Return a text as it is kept: at most ``most`` characters, without what no database holds."""
    return _UNKEPT.sub("", text[: 2 * most]).strip()[:most]


def line(text: str, most: int = 200) -> str:
    """Return a text as one line."""
    return " ".join(kept(text, most).split())
