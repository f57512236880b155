"""The gazetteer: what a written place or country means.

A *point* is a position in the gazetteer: first the sea ports and airports of ``ports.csv``, then one
gateway per country of ``countries.csv`` for places of which only the country is known. All distances
and countries are looked up by point, so texts are read once per distinct value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
from anyascii import anyascii

from features.reference import table as reference

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

#: Longest text read as a place; a longer one is not a place.
MAX_LENGTH = 200
#: Codes in use beside ISO 3166.
_OTHER_COUNTRY_CODES = {"UK": "GB", "EL": "GR", "AN": "CW", "TP": "TL", "YU": "RS", "ZR": "CD", "BU": "MM"}
_FILLER = re.compile(r"\b(?:PORT OF|SEA PORT|SEAPORT|PORT|HARBOUR|AIRPORT|INTERNATIONAL|INTL|ICD)\b")
_UNLOCODE = re.compile(r"([A-Z]{2})[ -]?([A-Z0-9]{3})")


@dataclass(frozen=True)
class Gazetteer:
    """All points, as arrays of the same length, and the names that lead to them.

    Attributes
    ----------
    code : object array
        UN/LOCODE or IATA code; the ISO2 code for a country's gateway.
    kind : object array
        ``sea``, ``air`` or ``country``.
    country : object array
        ISO2.
    lat, lon : float array
        Degrees.
    hub : bool array
        A transhipment hub.
    by_code : dict
        Code to point.
    by_name : dict
        ``sea`` and ``air``: folded name to the points that bear it, the most used first.
    countries : dict
        ISO2, ISO3 or folded country name to ISO2.
    gateway : dict
        ISO2 to the point of its gateway.
    """

    code: npt.NDArray[np.object_]
    kind: npt.NDArray[np.object_]
    country: npt.NDArray[np.object_]
    lat: Floats
    lon: Floats
    hub: npt.NDArray[np.bool_]
    by_code: dict[str, int]
    by_name: dict[str, dict[str, list[int]]]
    countries: dict[str, str]
    gateway: dict[str, int]


def fold(text: str) -> str:
    """Return a name in upper-case ASCII words, for exact comparison."""
    return " ".join(re.sub(r"[^A-Z0-9]+", " ", anyascii(text[:MAX_LENGTH]).upper()).split())


@cache
def gazetteer() -> Gazetteer:
    """Read the gazetteer from the reference tables (cached)."""
    ports, lands = reference("ports"), reference("countries")
    names: dict[str, dict[str, list[tuple[int, int]]]] = {"sea": {}, "air": {}}
    rank = 2 * (ports["hub"] == "1").astype(int) + (ports["served"] == "1").astype(int)
    columns = (ports["kind"], ports["name"], ports["aliases"], rank)
    for point, (kind, name, aliases, use) in enumerate(zip(*columns, strict=True)):
        written = {fold(part) for part in (name, *aliases.split(";")) if part}
        for text in written | {_strip(part) for part in written} - {""}:
            names[kind].setdefault(text, []).append((-int(use), point))
    land = ports["country"].to_list()
    by_name = {k: {t: _best(found, land) for t, found in v.items()} for k, v in names.items()}
    countries = {code: code for code in lands["iso2"]} | _OTHER_COUNTRY_CODES
    for iso2, name, aliases in zip(lands["iso2"], lands["name"], lands["aliases"], strict=True):
        countries |= {fold(part): iso2 for part in (name, *aliases.split(";")) if part}
    gateway = {iso2: len(ports) + i for i, iso2 in enumerate(lands["iso2"])}

    def column(port: str, land: str) -> npt.NDArray[np.object_]:
        return np.concatenate([ports[port].to_numpy(object), lands[land].to_numpy(object)])

    code = column("code", "iso2")
    kind = np.append(ports["kind"].to_numpy(object), np.full(len(lands), "country", dtype=object))
    return Gazetteer(
        code=code,
        kind=kind,
        country=column("country", "iso2"),
        lat=column("lat", "lat").astype("float64"),
        lon=column("lon", "lon").astype("float64"),
        hub=np.append(ports["hub"].to_numpy() == "1", np.zeros(len(lands), dtype=bool)),
        by_code={c: i for i, c in enumerate(ports["code"])},
        by_name=by_name,
        countries=countries,
        gateway=gateway,
    )


def _best(found: list[tuple[int, int]], country: list[str]) -> list[int]:
    """Return one point per country that bears the name, the most used first.

    Two equally little used places of one name in different countries stay both: the name alone does
    not say which is meant.
    """
    found.sort()
    best: dict[str, tuple[int, int]] = {}
    for use, point in found:
        best.setdefault(country[point], (use, point))
    first = min(use for use, _ in best.values())
    leaders = [point for use, point in best.values() if use == first]
    others = [point for use, point in best.values() if use != first]
    return leaders + others if len(leaders) == 1 else [-1, *leaders, *others]


def country_code(text: str) -> str:
    """Return the ISO2 code a text stands for (code, ISO3 or name), empty where it is none."""
    lands = gazetteer().countries
    plain = text.strip().upper()
    return lands.get(plain) or lands.get(fold(text), "")


def locate(text: str, air: bool = False) -> int:
    """Return the point a text stands for, -1 where it is none.

    Parameters
    ----------
    text : str
        UN/LOCODE, IATA code, or a name, with or without a country ("Haiphong, Vietnam").
    air : bool
        Prefer the airport where a name is both a port's and an airport's.
    """
    if len(text) > MAX_LENGTH:
        return -1
    known = gazetteer()
    plain = text.strip().upper()
    if plain in known.by_code:
        return known.by_code[plain]
    name = fold(text)
    if len(name) < 2:
        return -1
    parts = [p for p in (fold(part) for part in re.split(r"[,;/()\[\]|]|\s-\s", text)) if p]
    country = next((known.countries[p] for p in reversed(parts[1:]) if p in known.countries), "")
    for candidate in dict.fromkeys((name, *parts, *(_strip(p) for p in (name, *parts)))):
        point = _named(candidate, country, air)
        if point >= 0:
            return point
    for candidate in (plain, *parts):
        point = _by_prefix(candidate)
        if point >= 0:
            return point
    land = known.countries.get(name, "") or country
    return known.gateway.get(land, -1)


def _strip(name: str) -> str:
    return " ".join(_FILLER.sub(" ", name).split())


def _named(name: str, country: str, air: bool) -> int:
    known = gazetteer()
    # A country's name never means a namesake town elsewhere (there is a Brazil in Indiana).
    country = country or known.countries.get(name, "")
    if name in known.by_code and not (country and known.country[known.by_code[name]] != country):
        return known.by_code[name]
    for kind in ("air", "sea") if air else ("sea", "air"):
        points = known.by_name[kind].get(name, [])
        if country:
            points = [p for p in points if p >= 0 and known.country[p] == country]
        if points and points[0] >= 0:
            return points[0]
    return -1


def _by_prefix(code: str) -> int:
    """Return the point of a UN/LOCODE outside the tables: its airport or its country's gateway."""
    known = gazetteer()
    match = _UNLOCODE.fullmatch(code)
    if not match or match[1] not in known.gateway:
        return -1
    for other in ("".join(match.groups()), match[2]):
        point = known.by_code.get(other, -1)
        if point >= 0 and known.country[point] == match[1]:
            return point
    return known.gateway[match[1]]


def locate_unique(texts: Iterable[str], air: bool) -> Ints:
    """Return the points of distinct texts."""
    return np.array([locate(text, air) for text in texts], dtype=np.int64)


def take(values: npt.NDArray[np.object_], points: Ints) -> npt.NDArray[np.object_]:
    """Return ``values`` at the points, missing where the point is -1."""
    return np.append(values, np.nan)[points]
