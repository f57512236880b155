"""Facts the simulator draws from: the project's reference tables and this folder's own.

Everything is read once, sorted, and turned into arrays, so that a draw is a look-up.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd

from features import reference
from features.manifest.schema import MODES


@cache
def table(name: str) -> pd.DataFrame:
    """Read one of the simulator's own tables; every column is text."""
    with files(__package__).joinpath(f"{name}.csv").open("r", encoding="utf-8") as stream:
        return pd.read_csv(stream, dtype="str", keep_default_na=False)


@cache
def regions() -> dict[str, tuple[str, ...]]:
    """Region -> its countries (regions share naming habits and are neighbours to schemes)."""
    rows = table("regions")
    return {r: tuple(c.split()) for r, c in zip(rows["region"], rows["countries"], strict=True)}


@cache
def region_of() -> dict[str, str]:
    """Country -> region."""
    return {country: region for region, members in regions().items() for country in members}


@cache
def language_of() -> dict[str, str]:
    """Country -> language its traders may write in."""
    rows = table("regions")
    spoken = dict(zip(rows["region"], rows["language"], strict=True))
    return {country: spoken[region] for country, region in region_of().items()}


@cache
def countries() -> tuple[str, ...]:
    """Countries that trade in the simulator, sorted."""
    return tuple(sorted(region_of()))


@cache
def headings() -> pd.DataFrame:
    """Headings by code: title and group."""
    return reference.table("hs_headings").set_index("hs4").sort_index()[["title", "group"]]


@cache
def groups() -> dict[str, tuple[str, ...]]:
    """Goods group -> its headings."""
    rows = headings()
    return {str(g): tuple(part.index) for g, part in rows.groupby("group", sort=True)}


@cache
def scheme_catalogue() -> dict[str, Any]:
    """Tables of ``schemes.toml``, unchecked."""
    return tomllib.loads(files("data_samples").joinpath("schemes.toml").read_text(encoding="utf-8"))


@cache
def field_habits() -> dict[str, dict[str, float]]:
    """Mode -> field -> usual probability of being filled."""
    rows = table("field_habits").set_index("field")
    return {mode: {str(k): float(v) for k, v in rows[mode].items()} for mode in MODES}


@cache
def by_heading(name: str, columns: tuple[str, ...], mode: str = "") -> np.ndarray:
    """Numbers of a reference table that is keyed by heading or chapter, one row per heading.

    Returns
    -------
    ndarray, shape (headings, columns)
        The heading's own row, else its chapter's, else the table's median.
    """
    rows = reference.table(name)
    key = "hs4" if "hs4" in rows else "code"
    if "mode" in rows:
        rows = rows[rows["mode"] == mode]
    values = rows.drop_duplicates(key).set_index(key)[list(columns)].replace("", np.nan).astype(float)
    codes = headings().index
    own = values.reindex(codes).to_numpy()
    chapter = values.reindex(codes.str[:2]).to_numpy()
    filled = np.where(np.isnan(own), chapter, own)
    return np.where(np.isnan(filled), np.nanmedian(values.to_numpy(), axis=0), filled)
