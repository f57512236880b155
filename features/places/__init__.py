"""Where a shipment comes from and goes: countries, points, mode of transport."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.places.gazetteer import Ints, country_code, gazetteer, locate, locate_unique, take
from features.places.mode import infer_mode

#: Transhipment places followed; more than these are counted but not located.
MAX_VIA = 8


def resolve(table: pd.DataFrame) -> pd.DataFrame:
    """Resolve the places of a complete shipment table.

    Parameters
    ----------
    table : DataFrame, shape (n, k)
        Complete shipment table (`features.manifest.schema.complete`).

    Returns
    -------
    DataFrame, shape (n, 19)
        On the table's index; countries are ISO2, all texts ``str`` with missing as NaN:

        - ``origin`` and ``origin_source`` (``declared``, ``loading``, ``shipper``, ``missing``);
        - ``loading``, ``discharge`` (countries), ``loading_code``, ``discharge_code`` (UN/LOCODE or IATA,
          the ISO2 code where only the country is known), ``loading_lat`` … ``discharge_lon`` (degrees);
        - ``destination`` and ``destination_source`` (``declared``, ``delivery``, ``discharge``, ``missing``);
        - ``delivery`` (country of the place of delivery);
        - ``mode`` and ``mode_source`` (``declared``, ``inferred``, ``missing``);
        - ``via`` (countries of transhipment, in order, joined by ``;``), ``via_points`` (their points,
          joined by ``;``), ``hops`` (number of transhipment places declared);
        - ``loading_point``, ``discharge_point`` (int64, -1 where unknown; see `gazetteer.Gazetteer`).
    """
    mode, mode_source = infer_mode(table)
    air = mode.isin(["air", "express", "post"]).to_numpy()
    loading = _points(table["loading_port"], air)
    discharge = _points(table["discharge_port"], air)
    delivery = _points(table["delivery_place"], air)
    country = gazetteer().country
    loaded, unloaded, delivered = (take(country, p) for p in (loading, discharge, delivery))
    origin, origin_source = _first(
        ("declared", _countries(table["origin_country"])),
        ("loading", loaded),
        ("shipper", _countries(table["shipper_country"])),
    )
    destination, destination_source = _first(
        ("declared", _countries(table["destination_country"])),
        ("delivery", delivered),
        ("discharge", unloaded),
    )
    via, via_points, hops = _via(table["transhipment_ports"])
    columns: dict[str, object] = {
        "origin": origin,
        "origin_source": origin_source,
        "loading": loaded,
        "discharge": unloaded,
        "delivery": delivered,
        "destination": destination,
        "destination_source": destination_source,
        "mode": mode,
        "mode_source": mode_source,
        "via": via,
        "via_points": via_points,
    }
    route = {name: pd.Series(values, index=table.index, dtype="str") for name, values in columns.items()}
    frame = pd.DataFrame(route, index=table.index)
    frame["hops"] = hops
    return frame.assign(**_point_columns("loading", loading), **_point_columns("discharge", discharge))


def _point_columns(role: str, points: Ints) -> dict[str, Any]:
    """Return code, position and number of the points of one role."""
    known = gazetteer()
    codes = pd.array(np.append(known.code, np.nan), dtype="str")
    return {
        f"{role}_code": codes.take(points),
        f"{role}_lat": np.append(known.lat, np.nan)[points],
        f"{role}_lon": np.append(known.lon, np.nan)[points],
        f"{role}_point": points,
    }


def _points(values: pd.Series, air: npt.NDArray[np.bool_]) -> Ints:
    """Return the point of each place; a name that is a port's and an airport's follows the mode."""
    codes, unique = pd.factorize(values)
    found = np.full(len(values), -1, dtype=np.int64)
    for flag in (False, True):
        rows = (air == flag) & (codes >= 0)
        if rows.any():
            used, inverse = np.unique(codes[rows], return_inverse=True)
            found[rows] = locate_unique(unique[used], flag)[inverse]
    return found


def _countries(values: pd.Series) -> npt.NDArray[np.object_]:
    codes, unique = pd.factorize(values)
    found = np.array([country_code(text) or np.nan for text in unique], dtype=object)
    return np.append(found, np.nan)[codes]


def _first(
    *choices: tuple[str, npt.NDArray[np.object_]],
) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.object_]]:
    """Return the first known value of several, and the name of the choice it came from."""
    value = np.full(len(choices[0][1]), np.nan, dtype=object)
    source = np.full(len(value), "missing", dtype=object)
    for name, candidate in reversed(choices):
        known = ~pd.isna(candidate)
        value, source = np.where(known, candidate, value), np.where(known, name, source)
    return value, source


def _via(
    values: pd.Series,
) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.object_], npt.NDArray[np.float64]]:
    codes, unique = pd.factorize(values)
    lists = [[part for part in text.split(";") if part.strip()] for text in unique]
    points = [[p for p in (locate(part) for part in parts[:MAX_VIA]) if p >= 0] for parts in lists]
    country = gazetteer().country
    lands = [";".join(dict.fromkeys(country[p] for p in places)) or np.nan for places in points]
    texts = [";".join(map(str, places)) or np.nan for places in points]
    counts = np.array([len(parts) for parts in lists] + [0], dtype="float64")
    lands_of, texts_of = (np.array([*found, np.nan], dtype=object) for found in (lands, texts))
    return lands_of[codes], texts_of[codes], counts[codes]


__all__ = ["MAX_VIA", "resolve"]
