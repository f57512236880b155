"""Codes a scanner reads."""

from __future__ import annotations

import segno
from markupsafe import Markup

#: A longer number does not fit a square that a hand scanner reads from paper.
LONGEST = 120


def square(text: str) -> Markup:
    """Return a QR code of a text as a drawing, empty where the text is empty or too long.

    A number cut short would be another shipment's: there is none rather.

    Parameters
    ----------
    text : str
        Printed as it is, in UTF-8 where it has other letters than Latin ones.
    """
    if not text or len(text.encode("utf-8", "replace")) > LONGEST:
        return Markup()
    made = segno.make(text.encode("utf-8", "replace").decode("utf-8"), error="m", micro=False)
    side = made.symbol_size(border=2)[0]
    rows = (
        f"M{x} {y}h1v1h-1z"
        for y, row in enumerate(made.matrix_iter(border=2))
        for x, dark in enumerate(row)
        if dark
    )
    return Markup('<svg class="square" viewBox="0 0 {0} {0}"><path d="{1}"/></svg>').format(
        side, "".join(rows)
    )
