"""Reference tables: small CSV files written for this project, each with source and date.

Every table has a row in ``SOURCES.csv`` (table, what, source, date, licence, status). A port
corrects a table by putting its own file of the same name into a folder named by the setting
``WILDCARGO_REFERENCE``; that folder is looked at first.
"""

from __future__ import annotations

import hashlib
import os
from functools import cache
from importlib.resources import files
from pathlib import Path

import pandas as pd

#: Environment variable that names a folder of corrected tables.
SETTING = "WILDCARGO_REFERENCE"


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
    with _path(name).open("r", encoding="utf-8") as stream:
        return pd.read_csv(stream, dtype="str", keep_default_na=False)


@cache
def digest() -> str:
    """Return the SHA-256 over all tables in force, for score records and bundles."""
    names = sorted(p.name for p in files(__package__).iterdir() if p.name.endswith(".csv"))
    total = hashlib.sha256()
    for name in names:
        content = _path(name.removesuffix(".csv")).read_bytes()
        total.update(f"{name}\0{hashlib.sha256(content).hexdigest()}\n".encode())
    return total.hexdigest()


def _path(name: str) -> Path:
    own = os.environ.get(SETTING)
    if own and (corrected := Path(own) / f"{name}.csv").is_file():
        return corrected
    return Path(str(files(__package__).joinpath(f"{name}.csv")))
