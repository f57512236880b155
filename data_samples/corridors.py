"""Routes of schemes as seen from one port, and the ordinary trade that shares them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data_samples import facts, geography
from data_samples.draw import Tables, pick, vector
from data_samples.world import HEADS, Scheme, World
from features.manifest.schema import DIRECTIONS, MODES

#: Share of loads from countries no scheme is known for: routes move, and lists of sources lag behind.
_NEW_SOURCES = 0.1


@dataclass(frozen=True)
class Routes:
    """Weights of a scheme at one port: sources and destinations with neighbours and newcomers."""

    source: np.ndarray
    destination: np.ndarray
    fit: float
    flows: np.ndarray  # import, export, transit


def routes_of(scheme: Scheme, world: World) -> Routes:
    """Generalise a scheme's routes and see how much of it passes this port."""
    names, home = facts.countries(), geography.country_index()[world.country]
    source, destination = vector(scheme.sources, names), vector(scheme.destinations, names)
    source, destination = source / source.sum(), destination / destination.sum()
    around = (source @ geography.same_region()) * (source == 0)
    source = (1 - scheme.neighbours) * source + scheme.neighbours * around / max(around.sum(), 1e-12)
    sellers = np.sqrt(geography.trade().sum(axis=1))
    source = (1 - _NEW_SOURCES) * source + _NEW_SOURCES * sellers / sellers.sum()
    anyone = np.sqrt(geography.trade().sum(axis=0)) * (destination == 0)
    destination = (1 - scheme.elsewhere) * destination + scheme.elsewhere * anyone / anyone.sum()
    via = vector(scheme.hubs, names)[home] / max(sum(scheme.hubs.values()), 1e-12)
    share = {d: world.directions.get(d, 0.0) for d in DIRECTIONS}
    through = share["transit"] + share["transhipment"]
    reach = np.array([destination[home], source[home], 0.35 * via + 0.02])
    flows = np.sqrt(reach) * [share["import"], share["export"], through]
    reach = reach * (flows > 0)
    return Routes(source, destination, float(reach.sum()) + 0.004, flows + 1e-9)


def overland(world: World) -> np.ndarray:
    """Weight of the countries trucks and trains reach, shape (countries,)."""
    land = vector(world.land, facts.countries())
    home = geography.country_index()[world.country]
    if not land.sum():
        land = geography.same_region()[home] * geography.trade()[home] ** 0.5
    land[home] = 0.0
    return land


def mode_mix(world: World) -> np.ndarray:
    """Weight of modes per scheme, shape (schemes, modes): overland only as far as a scheme's routes go."""
    mask, rows = overland(world) > 0, []
    for scheme in world.schemes.values():
        r = routes_of(scheme, world)
        ends = r.source[mask].sum(), r.destination[mask].sum()
        near = r.flows / r.flows.sum() @ np.array([ends[0], ends[1], ends[0] * ends[1]])
        weight = vector(scheme.modes, MODES)
        weight[[MODES.index("road"), MODES.index("rail")]] *= min(1.0, 2 * near)
        rows.append(weight)
    return np.array(rows).reshape(len(rows), len(MODES))


def route_ends(world: World, routes: list[Routes]) -> tuple[Tables, Tables]:
    """Tables of sources and destinations: row ``2 * scheme``, plus 1 overland."""
    home, land = geography.country_index()[world.country], overland(world)
    away = np.arange(len(facts.countries())) != home
    near = land / max(land.max(), 1e-12) * away
    tables = []
    for side in ("source", "destination"):
        rows = [w for r in routes for w in (getattr(r, side) * away, (getattr(r, side) + 1e-5) * near)]
        tables.append(Tables(np.array(rows)))
    return tables[0], tables[1]


def scheme_mass(world: World) -> np.ndarray:
    """Share of concealments of each scheme, before its season and its modes at this port."""
    return np.array(
        [world.activity[s.name].weight * routes_of(s, world).fit ** 0.7 for s in world.schemes.values()]
    )


def shared(
    world: World, rng: np.random.Generator, mode: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw direction, origin and destination of ordinary lanes that run along the routes of schemes.

    Parameters
    ----------
    mode : ndarray of int, shape (n,)

    Returns
    -------
    direction, origin, destination : ndarray of int, shape (n,)
    """
    home = geography.country_index()[world.country]
    schemes = list(world.schemes.values())
    routes = [routes_of(s, world) for s in schemes]
    away = np.arange(len(facts.countries())) != home
    by_mode = scheme_mass(world) * mode_mix(world).T + 1e-9
    by_mode /= by_mode.sum(axis=1, keepdims=True)
    for head in HEADS:  # more even between the heads, or the rarer one's routes would stand out
        own = np.array([s.head == head for s in schemes])
        by_mode[:, own] *= 0.6 + 0.2 / np.maximum(by_mode[:, own].sum(axis=1, keepdims=True), 1e-6)
    scheme = Tables(by_mode).draw(rng, mode)
    flow = Tables(np.array([r.flows for r in routes])).draw(rng, scheme)
    row = 2 * scheme + np.isin(mode, [MODES.index("road"), MODES.index("rail")])
    sources, destinations = route_ends(world, routes)
    origin, destination = sources.draw(rng, row), destinations.draw(rng, row)
    origin = np.where(flow == DIRECTIONS.index("export"), home, origin)
    destination = np.where(flow == DIRECTIONS.index("import"), home, destination)
    same = origin == destination
    destination[same] = pick(rng, geography.trade().sum(axis=0) * away, int(same.sum()))
    return flow, origin, destination
