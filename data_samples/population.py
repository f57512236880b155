"""Ordinary trade: lanes (who sends what to whom, how and how often) and the parties in them.

A lane is one standing relation: consignor, consignee, goods, route and mode. A shipment is one
event on a lane, so a party's history, its few headings and its partners come by themselves.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from data_samples import corridors, facts, geography
from data_samples.draw import Tables, flags, pick, vector
from data_samples.world import World
from features.manifest.schema import DIRECTIONS, MODES

COMPANY, INDIVIDUAL, FORWARDER = 0, 1, 2
#: Lanes per shipment of a run, and lanes alive per shipment of a day.
_PER_SHIPMENT = np.array([0.38, 0.4, 0.45, 0.6, 0.18, 0.12])
_PER_DAY = np.array([30.0, 30.0, 60.0, 70.0, 30.0, 20.0])
_SPREAD = np.array([1.0, 0.95, 1.2, 0.9, 1.0, 0.9])
_INDIVIDUAL_SHIPPER = np.array([0.03, 0.09, 0.32, 0.45, 0.03, 0.02])
_INDIVIDUAL_CONSIGNEE = np.array([0.05, 0.13, 0.5, 0.68, 0.05, 0.02])
_MEDIAN_KG = np.array([9000.0, 260.0, 3.5, 1.1, 5500.0, 18000.0])
_SPREAD_KG = np.array([0.75, 1.2, 1.3, 0.9, 0.9, 0.5])


@dataclass
class Parties:
    """Who the parties are; their names and addresses come later (`data_samples.names`).

    Attributes
    ----------
    country : ndarray of int, shape (p,)
    kind : ndarray of int, shape (p,)
        0 company, 1 individual, 2 forwarder.
    copy_of : ndarray of int, shape (p,)
        Party whose name this one borrows, -1 for none.
    """

    country: np.ndarray
    kind: np.ndarray
    copy_of: np.ndarray

    def add(self, country: np.ndarray, kind: np.ndarray, copy_of: np.ndarray | None = None) -> np.ndarray:
        """Append parties and return their numbers."""
        start = len(self.country)
        copies = np.full(len(country), -1) if copy_of is None else copy_of
        self.country = np.concatenate([self.country, country])
        self.kind = np.concatenate([self.kind, kind])
        self.copy_of = np.concatenate([self.copy_of, copies])
        return np.arange(start, start + len(country))


@dataclass
class Lanes:
    """Arrays of shape (lanes,), one entry per lane; countries, headings and modes are numbers."""

    mode: np.ndarray
    direction: np.ndarray
    origin: np.ndarray
    destination: np.ndarray
    heading: np.ndarray
    shipper: np.ndarray
    consignee: np.ndarray
    hub: np.ndarray  # country it is transhipped in, -1 for none
    start: np.ndarray  # first day, may be before the first simulated day
    end: np.ndarray  # first day it no longer ships
    volume: np.ndarray  # relative number of shipments
    median_kg: np.ndarray
    careless: np.ndarray  # whether its papers are often odd
    taste: np.ndarray  # 0..1, fixes the lane's habits: wording, package, broker, filer

    def __len__(self) -> int:
        """Return the number of lanes."""
        return len(self.mode)

    def extend(self, other: Lanes) -> Lanes:
        """Return these lanes followed by others."""
        return Lanes(
            **{f.name: np.concatenate([getattr(self, f.name), getattr(other, f.name)]) for f in fields(self)}
        )


def routes(
    world: World, rng: np.random.Generator, mode: np.ndarray, direction: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Draw origin and destination of each lane from the port's ordinary trade."""
    home = geography.country_index()[world.country]
    lift = 1.0 + vector(world.partners, facts.countries())
    land = corridors.overland(world)
    origin = np.full(len(mode), home)
    destination = np.full(len(mode), home)
    overland = np.isin(mode, [MODES.index("road"), MODES.index("rail")])
    power = np.where(np.isin(mode, [MODES.index("post"), MODES.index("express")]), 1, 0)
    for name, target, flow in (
        ("import", origin, geography.trade()[:, home]),
        ("export", destination, geography.trade()[home]),
    ):
        for parcel, exponent in ((0, 0.75), (1, 0.6)):
            rows = (direction == DIRECTIONS.index(name)) & ~overland & (power == parcel)
            target[rows] = pick(rng, flow**exponent * lift, rows.sum())
        rows = (direction == DIRECTIONS.index(name)) & overland
        target[rows] = pick(rng, land, rows.sum())
    through = direction >= DIRECTIONS.index("transit")
    origin[through], destination[through] = _through(world, rng, through.sum(), home, lift)
    along = flags(rng, world.corridors, len(mode))
    direction[along], origin[along], destination[along] = corridors.shared(world, rng, mode[along])
    return origin, destination


def _through(
    world: World, rng: np.random.Generator, size: int, home: int, lift: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    regions = world.transit_regions or (facts.region_of()[world.country],)
    near = np.array([facts.region_of()[c] in regions for c in facts.countries()])
    flow = geography.trade() ** 0.75 * np.where(near[:, None] != near[None, :], 1.0, 0.15 * near[:, None])
    flow = flow * lift[:, None] * lift[None, :]
    flow[home, :] = flow[:, home] = 0.0
    pair = pick(rng, flow.ravel(), size)
    return pair // flow.shape[1], pair % flow.shape[1]


def goods(
    world: World, rng: np.random.Generator, mode: np.ndarray, origin: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Draw the heading of each lane; some are re-exports or gifts the origin is not known for.

    Returns
    -------
    heading, origin : ndarray of int
        Lanes of legal wildlife trade come from where such trade comes from.
    """
    heading = Tables(geography.goods_by_place()).draw(rng, mode * len(facts.countries()) + origin)
    odd = flags(rng, world.implausible, len(mode))
    anywhere = geography.world_mix() * (geography.mode_weights() + 0.002)
    heading[odd] = Tables(anywhere).draw(rng, mode[odd])
    rows = facts.table("wildlife_trade")
    allowed = np.zeros((len(MODES), len(facts.countries()), len(geography.heading_index())))
    for code, weight, modes, origins in rows.itertuples(index=False):
        for place in origins.split():
            o, h = geography.country_index()[place], geography.heading_index()[code]
            allowed[[MODES.index(m) for m in modes.split()], o, h] += float(weight)
    table = allowed.reshape(-1, allowed.shape[2])
    possible = table.sum(axis=1)[mode * len(facts.countries()) + origin] > 0
    wild = possible & flags(rng, world.wildlife_trade * 3, len(mode))
    heading[wild] = Tables(table).draw(rng, (mode * len(facts.countries()) + origin)[wild])
    return heading, origin


def typical_kg(rng: np.random.Generator, mode: np.ndarray, heading: np.ndarray) -> np.ndarray:
    """Draw a lane's usual gross weight, kg: dear goods travel in smaller lots, by sea part loads too."""
    price = geography.usd_per_kg()[heading, 2]
    dear = np.clip((price / 5.0) ** -0.05, 0.3, 2.2)
    kg = _MEDIAN_KG[mode] * dear * np.exp(_SPREAD_KG[mode] * rng.standard_normal(len(mode)))
    part = (mode == MODES.index("sea")) & flags(rng, 0.4, len(mode))
    kg = np.where(part, kg * 0.08, kg)
    return np.clip(kg, 0.05, np.array([26500, 20000, 300, 20, 22000, 60000])[mode])


def _members(
    rng: np.random.Generator, cell: np.ndarray, per_lane: float, skew: float
) -> tuple[np.ndarray, np.ndarray]:
    """Share the lanes of each cell among fewer parties, a few of which take most."""
    _, inverse, counts = np.unique(cell, return_inverse=True, return_counts=True)
    size = np.maximum(1, np.ceil(counts * per_lane)).astype(np.int64)
    offset = np.concatenate([[0], np.cumsum(size)[:-1]])
    member = offset[inverse] + np.floor(rng.random(len(cell)) ** skew * size[inverse]).astype(np.int64)
    used, renumbered = np.unique(member, return_inverse=True)
    first = np.full(len(used), -1)
    first[renumbered[::-1]] = np.arange(len(cell))[::-1]
    return renumbered, first


def held_goods(
    world: World, rng: np.random.Generator, mode: np.ndarray, origin: str | None, heading: str | None
) -> tuple[np.ndarray, np.ndarray]:
    """Draw heading and origin of ordinary imports where one of them, or both, are given.

    An origin given sends what it exports that way; a heading given comes from countries that
    export it, as far as they trade with the port.

    Returns
    -------
    heading, origin : ndarray of int
    """
    home, n = geography.country_index()[world.country], len(mode)
    places = len(facts.countries())
    exported = geography.goods_by_place()
    if origin is not None:
        at = np.full(n, geography.country_index()[origin])
    else:
        wanted = geography.heading_index()[str(heading)]
        lift = geography.trade()[:, home] ** 0.75 * (1.0 + vector(world.partners, facts.countries()))
        share = exported.reshape(len(MODES), places, -1)[:, :, wanted] * lift
        share[:, home] = 0.0
        at = Tables(share + 1e-15).draw(rng, mode)
    if heading is not None:
        return np.full(n, geography.heading_index()[heading]), at
    return Tables(exported).draw(rng, mode * places + at), at


def populate(
    world: World,
    rng: np.random.Generator,
    days: int,
    per_day: int,
    held: tuple[str | None, str | None] | None = None,
) -> tuple[Lanes, Parties]:
    """Make the standing trade of a port.

    Parameters
    ----------
    days, per_day : int
        Length of the run and shipments a day; decide how many lanes there are.
    held : (str or None, str or None), optional
        Origin (ISO2) and HS heading all trade is to have.
    """
    share = vector(world.modes, MODES)
    count = np.ceil(share * np.maximum(days * per_day * _PER_SHIPMENT, per_day * _PER_DAY)).astype(int)
    mode = np.repeat(np.arange(len(MODES)), count)
    n = len(mode)
    direction = pick(rng, vector(world.directions, DIRECTIONS), n)
    parcel = np.isin(mode, [MODES.index("post"), MODES.index("express")])
    direction[parcel & (direction > 1) & flags(rng, 0.7, n)] = 0
    origin, destination = routes(world, rng, mode, direction)
    if held is None or held == (None, None):
        heading, origin = goods(world, rng, mode, origin)
    else:
        heading, origin = held_goods(world, rng, mode, *held)
    parties = Parties(*(np.zeros(0, dtype=np.int64) for _ in range(3)))
    shipper = _party_of(rng, parties, mode, origin, heading, _INDIVIDUAL_SHIPPER, (1, 0.75, 1.2))
    consignee = _party_of(rng, parties, mode, destination, heading, _INDIVIDUAL_CONSIGNEE, (100, 0.55, 1.4))
    new = flags(rng, world.new_traders, n)
    start = np.where(new, rng.integers(0, max(days, 1), n), -400)
    gone = flags(rng, 0.2, n)
    end = np.where(gone, np.maximum(start, 0) + rng.integers(5, 300, n), 10**6)
    careless = flags(rng, world.careless[0], n)
    lanes = Lanes(
        mode,
        direction,
        origin,
        destination,
        heading,
        shipper,
        consignee,
        hub=hubs(world, rng, origin, destination, mode, odd_share(world, "detour", careless)),
        start=start,
        end=end,
        volume=np.exp(_SPREAD[mode] * rng.standard_normal(n)),
        median_kg=typical_kg(rng, mode, heading),
        careless=careless,
        taste=rng.random(n),
    )
    return lanes, parties


def _party_of(
    rng: np.random.Generator,
    parties: Parties,
    mode: np.ndarray,
    country: np.ndarray,
    heading: np.ndarray,
    individual: np.ndarray,
    shape: tuple[int, float, float],
) -> np.ndarray:
    """Companies of a country share the lanes of their goods; individuals have a lane each."""
    coarse, per_lane, skew = shape
    out = np.zeros(len(mode), dtype=np.int64)
    person = flags(rng, individual[mode], len(mode))
    firm = np.flatnonzero(~person)
    family = np.unique(
        np.array([c[:2] if coarse > 1 else c for c in facts.headings().index]), return_inverse=True
    )[1]
    cell = country[firm] * 10_000 + family[heading[firm]]
    member, first = _members(rng, cell, per_lane, skew)
    kind = np.where(flags(rng, 0.05, len(first)), FORWARDER, COMPANY)
    out[firm] = parties.add(country[firm][first], kind)[member]
    out[person] = parties.add(country[person], np.full(person.sum(), INDIVIDUAL))
    return out


def odd_share(world: World, name: str, careless: np.ndarray) -> np.ndarray:
    """Probability of an oddity on each lane."""
    usual, often = world.behaviour[name]
    return np.where(careless, often, usual)


def hubs(
    world: World,
    rng: np.random.Generator,
    origin: np.ndarray,
    destination: np.ndarray,
    mode: np.ndarray,
    share: np.ndarray,
) -> np.ndarray:
    """Draw where goods change vessel or aircraft: usual hubs of the route, now and then a detour."""
    codes = facts.table("hubs")
    at = geography.country_index()
    weight = np.zeros((2, len(at)))
    for country, sea, air in codes.itertuples(index=False):
        weight[0, at[country]], weight[1, at[country]] = float(sea), float(air)
    kind = (mode == MODES.index("air")).astype(int) | (mode == MODES.index("express"))
    hub = Tables(weight).draw(rng, kind)
    overland = np.isin(mode, [MODES.index("road"), MODES.index("rail"), MODES.index("post")])
    used = flags(rng, np.where(overland, 0.01, 0.18 + share), len(mode))
    home = at[world.country]
    through = (origin != home) & (destination != home)
    hub = np.where(used & (hub != origin) & (hub != destination), hub, -1)
    return np.where(through, home, hub)
