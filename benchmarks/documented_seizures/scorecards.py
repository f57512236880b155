"""Scores without learning: the route and cover tables alone."""

from __future__ import annotations

import numpy as np
import pandas as pd

from benchmarks.documented_seizures.knowledge import goods_groups
from features import reference
from features.view import View

#: Points of one taxon: its source weight and its cover's strength count fully, destination and
#: transit half, fixed beforehand.
ROLES = ("source", "transit", "destination")
POINTS = {"source": 1.0, "transit": 0.5, "destination": 0.5, "cover": 1.0}


def mechanical(view: View) -> np.ndarray:
    """Score shipments by `taxon_routes` × `taxon_covers`, the likeliest taxon counting.

    Parameters
    ----------
    view : View, n shipments
        Goods identified from the text alone, if no code is declared.

    Returns
    -------
    array of float, shape (n,)
        Points of the taxon that fits best by source, transit, destination, mode and goods.
    """
    routes, covers = reference.table("taxon_routes"), reference.table("taxon_covers")
    table = view.table
    heading = view.goods["heading"].astype("str")
    group = heading.map(goods_groups()).fillna("").to_numpy()
    origin = view.route["origin"].fillna("").to_numpy()
    destination = view.route["destination"].fillna("").to_numpy()
    mode = table["mode"].fillna("").to_numpy()
    via = view.route["via"].fillna("")
    best = np.zeros(len(table))
    for taxon, part in routes.groupby("taxon", sort=True):
        modes = part["modes"].str.split(";").explode().unique()
        source, transit, destined = (
            _weights(part[part["role"] == role], "country", "weight") for role in ROLES
        )
        strength = _weights(covers[covers["taxon"] == taxon], "goods_group", "strength")
        points = POINTS["source"] * _look_up(origin, source) + POINTS["cover"] * _look_up(group, strength)
        points += POINTS["destination"] * _look_up(destination, destined)
        points += POINTS["transit"] * np.array([_most(passed, transit) for passed in via])
        best = np.maximum(best, np.where(np.isin(mode, [*modes, ""]), points, 0.0))
    return best


def _weights(rows: pd.DataFrame, key: str, value: str) -> dict[str, float]:
    return dict(zip(rows[key], rows[value].astype(float), strict=True))


def _look_up(values: np.ndarray, weights: dict[str, float]) -> np.ndarray:
    return pd.Series(values).map(weights).fillna(0.0).to_numpy(dtype=float)


def _most(passed: str, weights: dict[str, float]) -> float:
    return max((weights.get(country, 0.0) for country in passed.split(";")), default=0.0)
