"""The number customs registered a manifest under: a serial number, and the year it may hold.

Systems write one registration as ``2026 1188``, as ``1188/2026``, or as ``1188`` with the year elsewhere.
"""

from __future__ import annotations

import pandas as pd

_YEAR_FIRST = r"^((?:19|20)\d\d)[/\- .]+(?=.*\d)(.+)$"
_YEAR_LAST = r"^(.*\d.*?)[/\- .]+((?:19|20)\d\d)$"


def apart(numbers: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Take registration numbers apart.

    Parameters
    ----------
    numbers : Series of str, shape (n,)

    Returns
    -------
    serial : Series of str, shape (n,)
        Without the year; the whole number where it holds none.
    year : Series of str, shape (n,)
        Missing where the number holds none.
    """
    position, distinct = pd.factorize(numbers)  # a manifest has many bills
    told = pd.Series([*distinct, None], dtype="str")
    first, last = told.str.extract(_YEAR_FIRST), told.str.extract(_YEAR_LAST)
    serial = first[1].fillna(last[0]).fillna(told).astype("str")
    year = first[0].fillna(last[1]).astype("str")
    whole = tuple(column.take(position).set_axis(numbers.index) for column in (serial, year))
    return whole[0], whole[1]
