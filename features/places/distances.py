"""Distances between points: great circle, and by sea over a table of representative ports."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from features.places.gazetteer import Floats, Ints, gazetteer
from features.reference import table as reference

EARTH_RADIUS_KM = 6371.0088
#: Ways between places that share a representative port are this much longer than the great circle.
NEAR_FACTOR = 1.2


def great_circle(lat_a: Floats, lon_a: Floats, lat_b: Floats, lon_b: Floats) -> Floats:
    """Return great-circle distances in km between positions in degrees (broadcast)."""
    la, oa, lb, ob = (np.radians(x) for x in (lat_a, lon_a, lat_b, lon_b))
    h = np.sin((lb - la) / 2) ** 2 + np.cos(la) * np.cos(lb) * np.sin((ob - oa) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(h, 0.0, 1.0)))


@cache
def _representatives() -> tuple[Ints, Floats, npt.NDArray[np.float32]]:
    """Return nearest representative port and distance to it for each point, and the sea matrix."""
    places, pairs = gazetteer(), reference("sea_distances")
    codes = sorted(set(pairs["a"]) | set(pairs["b"]))
    position = {code: i for i, code in enumerate(codes)}
    matrix = np.zeros((len(codes), len(codes)), dtype=np.float32)
    a, b = pairs["a"].map(position).to_numpy(), pairs["b"].map(position).to_numpy()
    matrix[a, b] = matrix[b, a] = pairs["km"].astype("float32")
    points = np.array([places.by_code[code] for code in codes])
    km = great_circle(places.lat[:, None], places.lon[:, None], places.lat[points], places.lon[points])
    # A port of the same country is preferred to a nearer one across a border or a strait.
    foreign = places.country[:, None] != places.country[points][None, :]
    nearest = np.argmin(km + np.where(foreign, 150.0, 0.0), axis=1)
    return nearest, km[np.arange(len(km)), nearest], matrix


def direct(a: Ints, b: Ints) -> Floats:
    """Return great-circle km between points; NaN where either is -1."""
    places = gazetteer()
    lat, lon = np.append(places.lat, np.nan), np.append(places.lon, np.nan)
    return great_circle(lat[a], lon[a], lat[b], lon[b])


def by_sea(a: Ints, b: Ints) -> Floats:
    """Return km by sea between points; NaN where either is -1.

    The way from a point to its representative port is counted as the great circle, so an inland or
    island place is reached too.
    """
    nearest, reach, matrix = _representatives()
    near_a, near_b = np.append(nearest, 0)[a], np.append(nearest, 0)[b]
    reach_a, reach_b = np.append(reach, np.nan)[a], np.append(reach, np.nan)[b]
    straight = direct(a, b)
    over_table = reach_a + matrix[near_a, near_b] + reach_b
    km = np.where(near_a == near_b, NEAR_FACTOR * straight, over_table)
    return np.maximum(km, straight)


def travelled(a: Ints, b: Ints, sea: npt.NDArray[np.bool_]) -> Floats:
    """Return km between points, by sea where ``sea`` and as the crow flies elsewhere."""
    return np.where(sea, by_sea(a, b), direct(a, b))
