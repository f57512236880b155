"""The places a shipment is declared to pass, in order, with where they lie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import pandas as pd

from features import places
from features.places.gazetteer import gazetteer, locate
from features.reference import table as reference
from risk.store.declared_rows import table
from risk.store.dossier import Version


@dataclass(frozen=True)
class Place:
    """A place of a route.

    Attributes
    ----------
    roles : tuple of str
        What is declared of it: ``origin``, ``loading``, ``via``, ``discharge``, ``delivery``,
        ``destination``.
    declared : str
        As it was written.
    name : str
        Of the port or airport; empty where only the country is known.
    country : str
        ISO2, empty where not known.
    lat, lon : float or None
        Degrees; None where it could not be told which place is meant.
    """

    roles: tuple[str, ...]
    declared: str
    name: str
    country: str
    lat: float | None
    lon: float | None


@dataclass(frozen=True)
class Route:
    """The places, and what else the way says.

    Attributes
    ----------
    places : tuple of Place
    origin, loading, discharge, destination : str
        Countries as scoring takes them, empty where not known.
    mode : str
    """

    places: tuple[Place, ...]
    origin: str
    loading: str
    discharge: str
    destination: str
    mode: str


def route(version: Version) -> Route:
    """Return a version's route; of one that was purged as far as it stands."""
    row = _row(version)
    resolved = places.resolve(table([row])).iloc[0]
    air = resolved["mode"] in ("air", "express", "post")
    stops = [_country("origin", str(row.get("origin_country") or ""))]
    stops += [_place("loading", row, air)]
    via = [part.strip() for part in str(row.get("transhipment_ports") or "").split(";") if part.strip()]
    stops += [_located("via", text, False) for text in via[: places.MAX_VIA]]
    stops += [_place("discharge", row, air), _place("delivery", row, air, "delivery_place")]
    stops += [_country("destination", str(row.get("destination_country") or ""))]

    def code(name: str) -> str:
        return "" if pd.isna(resolved[name]) else str(resolved[name])

    found = _joined([stop for stop in stops if stop is not None])
    return Route(
        places=found,
        origin=code("origin"),
        loading=code("loading"),
        discharge=code("discharge"),
        destination=code("destination"),
        mode=code("mode") or str(version.kept.get("mode", "")),
    )


def _row(version: Version) -> dict[str, Any]:
    if version.declared is not None:
        return version.declared
    kept = version.kept
    names = ("mode", "loading_port", "discharge_port")
    found: dict[str, Any] = {name: kept[name] for name in names if name in kept}
    pairs = (("origin", "origin_country"), ("destination", "destination_country"))
    return found | {column: kept[name] for name, column in pairs if name in kept}


def _place(role: str, row: Mapping[str, Any], air: bool, column: str = "") -> Place | None:
    text = str(row.get(column or f"{role}_port") or "").strip()
    return _located(role, text, air) if text else None


def _located(role: str, text: str, air: bool) -> Place:
    point = locate(text, air)
    if point < 0:
        return Place((role,), text, "", "", None, None)
    known = gazetteer()
    name = "" if known.kind[point] == "country" else _names().get(str(known.code[point]), "")
    return Place(
        (role,), text, name, str(known.country[point]), float(known.lat[point]), float(known.lon[point])
    )


def _country(role: str, text: str) -> Place | None:
    known = gazetteer()
    code = known.countries.get(text.strip().upper(), "")
    if not code:
        return Place((role,), text, "", "", None, None) if text.strip() else None
    point = known.gateway[code]
    return Place((role,), text, "", code, float(known.lat[point]), float(known.lon[point]))


@cache
def _names() -> dict[str, str]:
    rows = reference("ports")
    return dict(zip(rows["code"], rows["name"], strict=True))


def _joined(stops: list[Place]) -> tuple[Place, ...]:
    """Take neighbours together that are one place; a country alone joins a place in it."""
    found: list[Place] = []
    for stop in stops:
        last = found[-1] if found else None
        if last is not None and _same(last, stop):
            more = last if last.name or not stop.name else stop
            found[-1] = Place(
                tuple(dict.fromkeys((*last.roles, *stop.roles))),
                " / ".join(dict.fromkeys((last.declared, stop.declared))),
                *(more.name, more.country, more.lat, more.lon),
            )
        else:
            found.append(stop)
    return tuple(found)


def _same(one: Place, other: Place) -> bool:
    if not one.country or one.country != other.country:
        return False
    return not one.name or not other.name or one.name == other.name
