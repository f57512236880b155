"""Reference tables: small CSV files written for this project, each with source and date.

Every table has a row in ``SOURCES.csv`` (table, what, source, date, licence note, status).
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import pandas as pd


@cache
def table(name: str) -> pd.DataFrame:
    """Read one reference table; every column is text (``str``), callers convert what they need.

    Parameters
    ----------
    name : str
        File name without ``.csv``.

    Returns
    -------
    DataFrame
        Shared and cached: treat it as read-only.
    """
    path = files(__package__).joinpath(f"{name}.csv")
    with path.open("r", encoding="utf-8") as stream:
        return pd.read_csv(stream, dtype="str", keep_default_na=False, comment=None)
