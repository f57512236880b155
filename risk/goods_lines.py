"""Tariff codes of a shipment, from the row itself and from its lines."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

_LONGEST = 200_000


def codes(items: pd.Series) -> pd.Series:
    """Return the codes of a shipment's lines, joined by ``;``, missing where there are none.

    Parameters
    ----------
    items : Series of str, shape (n,)
        The ``items`` of a shipment table: JSON arrays of objects.
    """
    numbers, texts = pd.factorize(items)
    found = np.array([*(_codes(str(text)) for text in texts), ""], dtype=object)[numbers]
    return pd.Series(found, index=items.index, dtype="str").mask(found == "")


def _codes(text: str) -> str:
    try:
        lines = json.loads(text[:_LONGEST])
    except (ValueError, RecursionError):
        return ""
    if not isinstance(lines, list):
        return ""
    named = (line.get("hs") for line in lines if isinstance(line, dict))
    return ";".join(dict.fromkeys(str(code) for code in named if code))


def all_codes(table: pd.DataFrame) -> pd.Series:
    """Return every code of a shipment, of the row and of its lines, joined by ``;``."""
    own, lines = table["hs_codes"], codes(table["items"])
    both = own.notna() & lines.notna()
    return own.fillna(lines).mask(both, own + ";" + lines).astype("str")
