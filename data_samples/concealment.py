"""Where wildlife is put: schemes turned into lanes of their own and into honest boxes.

A concealment is a *choice of shipment*. Either an operation ships on a lane of its own, made of
the same stuff as ordinary lanes and written by the same code, or something is slipped into an
ordinary shipment (rip-on) and nothing in its papers changes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data_samples import facts, geography
from data_samples.corridors import mode_mix, route_ends, routes_of, scheme_mass
from data_samples.draw import Tables, flags, pick, vector
from data_samples.population import COMPANY, INDIVIDUAL, Lanes, Parties, hubs, odd_share, typical_kg
from data_samples.world import PARTIES, Activity, Scheme, World
from features.manifest.schema import MODES


@dataclass
class Operations:
    """Own lanes of concealments and the shipments on them.

    Attributes
    ----------
    lane_scheme : ndarray of int, shape (lanes,)
        Number of the scheme of each new lane.
    event_lane, event_day : ndarray of int, shape (shipments,)
        Lane (counted within the new lanes) and day of each shipment.
    rip_on : list of (scheme number, mode, day) arrays
        What is still to be slipped into ordinary shipments.
    """

    lanes: Lanes
    lane_scheme: np.ndarray
    event_lane: np.ndarray
    event_day: np.ndarray
    rip_on: np.ndarray


def cover_weights(scheme: Scheme, origin: np.ndarray, mode: np.ndarray, *, shifted: np.ndarray) -> np.ndarray:
    """Weights of cover goods per load, shape (loads, headings).

    Within a goods group the headings weigh as they do in trade by that mode, a little more where
    the origin really ships them; `any_goods` adds whatever the origin ships by that mode.
    """
    headings = list(geography.heading_index())
    names = list(scheme.covers)
    weight = np.array([scheme.covers[name] for name in names])
    ordinary = geography.goods_by_place()[mode * len(facts.countries()) + origin]
    world = geography.world_mix() * (geography.mode_weights()[mode] + 0.002)
    inside = np.sqrt(world / world.sum(axis=1, keepdims=True)) + 0.7 * np.sqrt(ordinary)
    covers = np.zeros_like(ordinary)
    turned = np.roll(weight, len(weight) // 2)
    for k, name in enumerate(names):
        members = np.isin(headings, facts.groups().get(name, (name,)))
        part = inside * members
        part /= np.maximum(part.sum(axis=1, keepdims=True), 1e-12)
        covers += part * np.where(shifted, 0.4 * weight[k] + 0.6 * turned[k], weight[k])[:, None]
    covers /= covers.sum(axis=1, keepdims=True)
    return (1 - scheme.any_goods) * covers + scheme.any_goods * ordinary


def _day_weights(activity: Activity, scheme: Scheme, months: np.ndarray) -> np.ndarray:
    """Return how active a scheme is on each day."""
    days = len(months)
    at = (np.arange(days) + 0.5) / max(days, 1)
    ramp = max(0.1 * (activity.end - activity.start), 1e-6)
    rising = np.clip((at - activity.start) / ramp, 0, 1) if activity.start > 0 else np.ones(days)
    falling = np.clip((activity.end - at) / ramp, 0, 1) if activity.end < 1 else np.ones(days)
    weight = rising * falling
    if scheme.months:
        weight = weight * np.where(np.isin(months, scheme.months), 1.0, 0.05)
    return weight


def plan(
    world: World, rng: np.random.Generator, months: np.ndarray, total: int, lanes: Lanes, parties: Parties
) -> Operations:
    """Decide what is hidden during a run.

    Parameters
    ----------
    months : ndarray of int, shape (days,)
        Month of each simulated day.
    total : int
        Shipments of the whole run.
    lanes, parties
        Ordinary trade; new parties are appended to `parties`.
    """
    schemes = list(world.schemes.values())
    activities = [world.activity[s.name] for s in schemes]
    by_day = np.array([_day_weights(a, s, months) for a, s in zip(activities, schemes, strict=True)])
    mass = scheme_mass(world) * by_day.mean(axis=1)
    wanted = rng.binomial(total, world.base_rate)
    modes = mode_mix(world) * (vector(world.modes, MODES) > 0)
    mass = mass * (modes.sum(axis=1) > 0)
    if wanted == 0 or mass.sum() <= 0:
        return _assemble(world, rng, [], np.zeros((0, 3), dtype=int), lanes, parties)
    scheme = np.sort(pick(rng, mass, wanted))
    mode = Tables(modes).draw(rng, scheme)
    day = Tables(by_day).draw(rng, scheme)
    who = Tables(np.array([vector(s.parties, PARTIES) for s in schemes])).draw(rng, scheme)
    slipped = who == PARTIES.index("rip_on")
    loads = []
    for k in np.unique(scheme[~slipped]):
        rows = np.flatnonzero((scheme == k) & ~slipped)
        repeats = 1 + rng.poisson(0.35 + 2.0 * flags(rng, schemes[k].split, len(rows)))
        leads = np.zeros(len(rows), dtype=bool)
        leads[np.unique(np.minimum(np.cumsum(np.concatenate([[0], repeats[:-1]])), len(rows) - 1))] = True
        owner = np.cumsum(leads) - 1
        loads.append((k, rows[leads], owner, mode, who, day))
    return _assemble(
        world, rng, loads, np.stack([scheme[slipped], mode[slipped], day[slipped]], axis=1), lanes, parties
    )


def _assemble(
    world: World, rng: np.random.Generator, loads: list, rip_on: np.ndarray, lanes: Lanes, parties: Parties
) -> Operations:
    schemes = list(world.schemes.values())
    made: list[Lanes] = []
    lane_scheme, event_lane, event_day = [], [], []
    offset = 0
    for k, lead, owner, mode, who, day in loads:
        new = _lanes(
            world,
            rng,
            schemes[k],
            mode[lead],
            who[lead],
            day[lead],
            by_half=day[lead] * 2 >= day.max() + 1,
            lanes=lanes,
            parties=parties,
        )
        gap = rng.integers(0, 20, len(owner))
        close = flags(rng, schemes[k].split, len(lead))[owner]
        event_day.append(
            np.minimum(day[lead][owner] + np.where(close, gap // 5, gap), max(int(day.max()), 0))
        )
        made.append(new)
        lane_scheme.append(np.full(len(lead), k))
        event_lane.append(offset + owner)
        offset += len(lead)
    if not made:
        empty = np.zeros(0, dtype=int)
        nothing = Lanes(**{name: getattr(lanes, name)[:0] for name in Lanes.__dataclass_fields__})
        return Operations(nothing, empty, empty, empty, rip_on)
    joined = made[0]
    for more in made[1:]:
        joined = joined.extend(more)
    numbers = [np.concatenate(x) for x in (lane_scheme, event_lane, event_day)]
    return Operations(joined, numbers[0], numbers[1], numbers[2], rip_on)


def _lanes(
    world: World,
    rng: np.random.Generator,
    scheme: Scheme,
    mode: np.ndarray,
    who: np.ndarray,
    day: np.ndarray,
    *,
    by_half: np.ndarray,
    lanes: Lanes,
    parties: Parties,
) -> Lanes:
    """Make the own lanes of one scheme: route, cover, parties, quantities."""
    n, home = len(mode), geography.country_index()[world.country]
    routes = routes_of(scheme, world)
    direction = pick(rng, routes.flows, n)
    sources, targets = route_ends(world, [routes])
    row = np.isin(mode, [MODES.index("road"), MODES.index("rail")]).astype(int)
    origin = np.where(direction == 1, home, sources.draw(rng, row))
    destination = np.where(direction == 0, home, targets.draw(rng, row))
    again = np.flatnonzero(origin == destination)
    destination[again] = targets.draw(rng, row[again])
    shifted = by_half & world.activity[scheme.name].shift
    heading = Tables(cover_weights(scheme, origin, mode, shifted=shifted)).draw(rng, np.arange(n))
    careless = flags(rng, world.careless[1], n)
    hub = hubs(world, rng, origin, destination, mode, odd_share(world, "detour", careless))
    usual = pick(
        rng, vector({k: v for k, v in scheme.hubs.items() if k != "none"}, facts.countries()) + 1e-9, n
    )
    named = 1 - scheme.hubs.get("none", 0.0) / max(sum(scheme.hubs.values()), 1e-12)
    by_usual = (
        (direction < 2)
        & flags(rng, named * np.where(shifted, 0.15, 0.3), n)
        & (usual != origin)
        & (usual != destination)
    )
    hub = np.where(by_usual & (usual != home), usual, hub)
    shipper, consignee = _parties(rng, who, origin, destination, mode, lanes, parties)
    return Lanes(
        mode,
        direction,
        origin,
        destination,
        heading,
        shipper,
        consignee,
        hub=hub,
        start=day - rng.integers(0, 90, n),
        end=day + rng.integers(1, 60, n),
        volume=np.where(flags(rng, 0.8, n), 1.7 * np.exp(0.8 * rng.standard_normal(n)), 0.0),
        median_kg=typical_kg(rng, mode, heading),
        careless=careless,
        taste=rng.random(n),
    )


#: Share of front firms and private receivers whose goods a firm sends that trades there anyway.
KNOWN_SENDER = 0.3


def _parties(
    rng: np.random.Generator,
    who: np.ndarray,
    origin: np.ndarray,
    destination: np.ndarray,
    mode: np.ndarray,
    lanes: Lanes,
    parties: Parties,
) -> tuple[np.ndarray, np.ndarray]:
    """Give each load its consignor and consignee: new, borrowed, known or private."""
    n = len(who)
    firms = np.full(n, COMPANY)
    person = who == PARTIES.index("individual")
    shipper = parties.add(origin, np.where(person & flags(rng, 0.45, n), INDIVIDUAL, firms))
    consignee = parties.add(destination, np.where(person & flags(rng, 0.7, n), INDIVIDUAL, firms))
    sends = _trader(rng, mode, origin, lanes.mode, lanes.origin)
    receives = _trader(rng, mode, destination, lanes.mode, lanes.destination)
    # A known firm at one or both ends, or a known firm's name on papers of another's.
    end = rng.integers(0, 3, n)
    regular = who == PARTIES.index("regular")
    borrowed = (who == PARTIES.index("borrowed")) & (end < 2)
    known_sender = (regular & (end != 1)) | (~regular & ~borrowed & flags(rng, KNOWN_SENDER, n))
    known_receiver = regular & (end != 0)
    shipper = np.where(known_sender & (sends >= 0), lanes.shipper[sends], shipper)
    consignee = np.where(known_receiver & (receives >= 0), lanes.consignee[receives], consignee)
    for party, trader, of, side in (
        (shipper, sends, lanes.shipper, 0),
        (consignee, receives, lanes.consignee, 1),
    ):
        at = np.flatnonzero(borrowed & (end == side) & (trader >= 0))
        parties.copy_of[party[at]] = of[trader[at]]
    return shipper, consignee


def _trader(
    rng: np.random.Generator,
    mode: np.ndarray,
    place: np.ndarray,
    lane_mode: np.ndarray,
    lane_place: np.ndarray,
) -> np.ndarray:
    """Find an ordinary lane of the same mode at a place for each row, -1 if none."""
    key = lane_mode * 1000 + lane_place
    order = np.argsort(key, kind="stable")
    want = mode * 1000 + place
    low, high = np.searchsorted(key[order], want), np.searchsorted(key[order], want, side="right")
    spot = low + np.floor(rng.random(len(want)) * (high - low)).astype(int)
    return np.where(high > low, order[np.minimum(spot, len(order) - 1)], -1)


def slip(
    world: World,
    rng: np.random.Generator,
    rip_on: np.ndarray,
    lanes: Lanes,
    lane: np.ndarray,
    free: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Choose honest shipments to hide something in.

    Parameters
    ----------
    rip_on : ndarray of int, shape (k, 3)
        Scheme, mode and day of each.
    lane : ndarray of int, shape (n,)
        Lane of every shipment of the run.
    free : ndarray of bool, shape (n,)
        Shipments that hide nothing yet.

    Returns
    -------
    rows, scheme : ndarray of int, shape (at most k,)
    """
    schemes = list(world.schemes.values())
    rows, whose = [], []
    taken = ~free
    mode_of = lanes.mode[lane]
    for k, m in np.unique(rip_on[:, :2], axis=0):
        wanted = int(((rip_on[:, 0] == k) & (rip_on[:, 1] == m)).sum())
        scheme, routes = schemes[k], routes_of(schemes[k], world)
        pool = np.flatnonzero((mode_of == m) & ~taken)
        if not len(pool):
            continue
        sub = lane[pool]
        per_heading = np.zeros(len(geography.heading_index()))
        for name, weight in scheme.covers.items():
            members = np.isin(list(geography.heading_index()), facts.groups().get(name, (name,)))
            per_heading[members] = np.maximum(per_heading[members], weight / max(scheme.covers.values()))
        goods = np.maximum(per_heading[lanes.heading[sub]], 0.25 * scheme.any_goods)
        weight = (
            goods
            * (routes.source[lanes.origin[sub]] + 1e-4)
            * (routes.destination[lanes.destination[sub]] + 1e-4)
        )
        key = np.log(np.maximum(weight, 1e-300)) + rng.gumbel(size=len(pool))
        best = pool[np.argsort(-key, kind="stable")[:wanted]]
        taken[best] = True
        rows.append(best)
        whose.append(np.full(len(best), k))
    if not rows:
        return np.zeros(0, dtype=int), np.zeros(0, dtype=int)
    return np.concatenate(rows), np.concatenate(whose)
