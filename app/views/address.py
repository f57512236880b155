"""What an address says: it comes from outside, so whatever is not known is none."""

from __future__ import annotations

#: Digits of the longest number a database may hold.
_DIGITS = 9


def number(text: str | None) -> int | None:
    """Return a number an address holds, None where it is none.

    Examples
    --------
    >>> number("12"), number("-1"), number("12.0"), number("٣"), number("9" * 5_000), number(None)
    (12, None, None, None, None, None)
    """
    told = text or ""
    return int(told) if told.isascii() and told.isdigit() and len(told) <= _DIGITS else None
