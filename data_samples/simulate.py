"""Simulate the days of a port: manifests, what inspections found, and the truth kept apart."""

from __future__ import annotations

import zlib
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from data_samples import (
    cargo,
    concealment,
    declaration,
    facts,
    geography,
    inspection,
    journey,
    names,
    population,
)
from data_samples.draw import flags
from data_samples.world import HEADS, World, load
from features.manifest.schema import DIRECTIONS, MODES
from features.scratch import Draft

#: Share of ordinary shipments with something else wrong (undervalued, counterfeit, misdeclared).
_OTHER_OFFENCE = 0.012
#: Share of a week's shipments per weekday, Monday first, relative to an even week.
_WEEK = np.array([1.05, 1.08, 1.08, 1.06, 1.05, 0.9, 0.78])


@dataclass(frozen=True)
class Days:
    """The days of a port.

    Attributes
    ----------
    manifests : DataFrame, shape (n, canonical columns without outcomes)
    outcomes : DataFrame, shape (inspected, 10)
        ``shipment_id`` and the outcome columns.
    truth : DataFrame, shape (n, 14)
        What was really inside; never to be read by training.
    """

    manifests: pd.DataFrame
    outcomes: pd.DataFrame
    truth: pd.DataFrame


def simulate(
    world: World | str = "base",
    *,
    days: int,
    per_day: int,
    seed: int,
    start: date = date(2025, 1, 6),
    slots_per_day: int | None = None,
    random_share: float | None = None,
) -> Days:
    """Simulate a port.

    Parameters
    ----------
    world : World or str
        The world, or the name of one that comes with the program.
    days, per_day : int
        At least 1 each; ``days * per_day`` shipments are made.
    seed : int
        Same world, arguments and seed give the same bytes.
    start : date
        First day of arrivals.
    slots_per_day : int, optional
        Inspections a day, instead of the world's.
    random_share : float, optional
        Share of them drawn uniformly at random, instead of the world's.

    Returns
    -------
    Days

    Raises
    ------
    ValueError
        `days` or `per_day` is less than 1, or a policy value is out of range.
    """
    world = load(world) if isinstance(world, str) else world
    world = _with_policy(world, slots_per_day, random_share)
    if days < 1 or per_day < 1:
        raise ValueError(f"days and per_day must be at least 1, got {days} and {per_day}")
    return _run(world, days, per_day, seed, start, None)


def benign(
    mode: str,
    destination: str,
    n: int,
    *,
    seed: int,
    world: World | str = "base",
    origin: str | None = None,
    heading: str | None = None,
) -> pd.DataFrame:
    """Make ordinary shipments of one mode to one country, to compare a case with.

    Parameters
    ----------
    mode, destination : str
        Mode of transport and ISO2 country.
    n : int
        How many.
    world : World or str
        Whose habits of writing and trading they follow.
    origin, heading : str, optional
        All from one country, or all of one HS heading.

    Returns
    -------
    DataFrame, shape (n, canonical columns without outcomes)
    """
    world = load(world) if isinstance(world, str) else world
    world = replace(world.at(destination), modes={mode: 1.0}, directions={"import": 1.0}, base_rate=0.0)
    made = _run(_with_policy(world, 0, None), 1, n, seed, date(2025, 1, 6), (origin, heading))
    return made.manifests


def _run(
    world: World,
    days: int,
    per_day: int,
    seed: int,
    start: date,
    held: tuple[str | None, str | None] | None,
) -> Days:
    """Run a world; `held` fixes the origin and heading of all trade."""
    streams = np.random.SeedSequence([seed, _world_number(world)]).spawn(10)
    rngs = [np.random.default_rng(s) for s in streams]
    first = np.datetime64(start, "us")
    months = np.array(
        [(first + np.timedelta64(d, "D")).astype("datetime64[M]").astype(int) % 12 + 1 for d in range(days)]
    )
    lanes, parties = population.populate(world, rngs[0], days, per_day, held)
    plan = concealment.plan(world, rngs[1], months, days * per_day, lanes, parties)
    ordinary = len(lanes)
    lanes = lanes.extend(plan.lanes)  # operations send honest shipments too
    lane, day, scheme = _events(world, rngs[2], lanes, ordinary, plan, days, per_day, start.weekday(), months)
    rows, whose = concealment.slip(world, rngs[3], plan.rip_on, lanes, lane, scheme < 0)
    slipped = np.zeros(len(lane), dtype=bool)
    slipped[rows] = True
    scheme[rows] = whose
    hidden = _Hidden(scheme, slipped, *_contents(world, rngs[3], scheme, lanes.mode[lane]))
    return _record(world, rngs[4:], first, lanes, parties, lane, day, hidden)


def _world_number(world: World) -> int:
    """Return a number of the world's name, the same in every run, so that worlds draw apart."""
    return zlib.crc32(world.name.encode())


@dataclass(frozen=True)
class _Hidden:
    scheme: np.ndarray  # -1 for none
    slipped: np.ndarray
    kg: np.ndarray
    taxon: np.ndarray


def _with_policy(world: World, slots: int | None, share: float | None) -> World:
    if slots is not None and slots < 0:
        raise ValueError(f"slots_per_day must be 0 or more, got {slots}")
    if share is not None and not 0 <= share <= 1:
        raise ValueError(f"random_share must lie between 0 and 1, got {share}")
    policy = world.policy
    policy = replace(policy, slots_per_day=policy.slots_per_day if slots is None else int(slots))
    policy = replace(policy, random_share=policy.random_share if share is None else float(share))
    if policy.random_share + policy.dog_share > 1:
        policy = replace(policy, dog_share=1 - policy.random_share)
    return replace(world, policy=policy)


def _events(
    world: World,
    rng: np.random.Generator,
    lanes: population.Lanes,
    ordinary: int,
    plan: concealment.Operations,
    days: int,
    per_day: int,
    weekday: int,
    months: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw the shipments: ordinary ones on ordinary lanes, and those of the operations.

    Returns
    -------
    lane, day, scheme : ndarray of int, shape (days x per_day,)
        In order of day, at random within it; `scheme` is -1 for ordinary shipments.
    """
    total = days * per_day
    own = min(len(plan.event_lane), total // 2)
    chosen = rng.permutation(len(plan.event_lane))[:own]
    week = _WEEK[(np.arange(days) + weekday) % 7]
    day = rng.choice(days, size=total - own, p=week / week.sum())
    cumulative = np.cumsum(lanes.volume * _mode_balance(world, lanes))
    peak = _season(lanes)
    lane = np.zeros(total - own, dtype=np.int64)
    open_rows = np.arange(total - own)
    for attempt in range(12):
        at = np.minimum(
            np.searchsorted(cumulative, rng.random(len(open_rows)) * cumulative[-1], side="right"),
            ordinary - 1,
        )
        lane[open_rows] = at
        when = day[open_rows]
        active = (lanes.start[at] <= when) & (when < lanes.end[at])
        in_season = rng.random(len(at)) < 0.55 + 0.45 * np.cos((months[when] - peak[at]) * np.pi / 6)
        keep = active & (in_season | (peak[at] < 0) | (attempt > 8))
        open_rows = open_rows[~keep]
        if not len(open_rows):
            break
    lane = np.concatenate([lane, ordinary + plan.event_lane[chosen]])
    day = np.concatenate([day, plan.event_day[chosen]])
    scheme = np.concatenate([np.full(total - own, -1), plan.lane_scheme[plan.event_lane[chosen]]])
    order = np.lexsort((rng.random(total), day))
    return lane[order], day[order], scheme[order]


def _mode_balance(world: World, lanes: population.Lanes) -> np.ndarray:
    """Scale volumes so that each mode gets its share of the shipments."""
    totals = np.bincount(lanes.mode, weights=lanes.volume, minlength=len(MODES))
    share = np.array([world.modes.get(name, 0.0) for name in MODES])
    return np.divide(share, totals, out=np.zeros(len(MODES)), where=totals > 0)[lanes.mode]


def _season(lanes: population.Lanes) -> np.ndarray:
    """Return the month each lane's goods peak in, -1 where goods have no season."""
    chapter = np.array([int(c[:2]) for c in geography.heading_index()])[lanes.heading]
    seasonal = np.isin(chapter, [6, 7, 8, 9, 10, 12, 95])
    return np.where(seasonal, (lanes.heading * 7 + lanes.origin) % 12 + 1, -1)


def _contents(
    world: World, rng: np.random.Generator, scheme: np.ndarray, mode: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Draw how much is hidden and of what."""
    kg = np.zeros(len(scheme))
    low, high = (np.array([s.kg[i] for s in world.schemes.values()] or [1.0]) for i in (0, 1))
    at = np.flatnonzero(scheme >= 0)
    centre, spread = np.log(low * high)[scheme[at]] / 2, np.log(high / low)[scheme[at]] / 2.563
    kg[at] = np.exp(centre + spread * rng.standard_normal(len(at)))
    kg[at] = np.minimum(kg[at], np.array([24000, 2000, 60, 20, 15000, 15000])[mode[at]])
    return kg, inspection.pick_taxa(rng, world, scheme)


def _record(
    world: World,
    rngs: list[np.random.Generator],
    first: np.datetime64,
    lanes: population.Lanes,
    parties: population.Parties,
    lane: np.ndarray,
    day: np.ndarray,
    hidden: _Hidden,
) -> Days:
    """Write papers for every shipment alike, then inspect some."""
    n = len(lane)
    odd = {
        name: flags(rngs[0], population.odd_share(world, name, lanes.careless[lane]), n)
        for name in world.behaviour
    }
    at = {
        name: getattr(lanes, name)[lane]
        for name in ("mode", "direction", "origin", "destination", "heading", "hub", "taste", "median_kg")
    }
    amounts = cargo.measure(
        rngs[1],
        mode=at["mode"],
        heading=at["heading"],
        median_kg=at["median_kg"],
        taste=at["taste"],
        weight_off=odd["weight_off"],
        value_low=odd["value_low"],
        extra_kg=np.minimum(hidden.kg * ~hidden.slipped, 0.5 * at["median_kg"]),
    )
    per_mode = np.array([world.modes.get(name, 0.0) for name in MODES]) * n / (day.max() + 1)
    travelled = journey.travel(
        rngs[2],
        start=first,
        home=geography.country_index()[world.country],
        mode=at["mode"],
        direction=at["direction"],
        origin=at["origin"],
        destination=at["destination"],
        hub=at["hub"],
        day=day,
        taste=at["taste"],
        kg=amounts.gross,
        amended=odd["amended"],
        bad_container=odd["bad_container"],
        per_mode=per_mode,
    )
    style = np.random.default_rng(np.random.SeedSequence([_world_number(world)]))  # whatever the seed
    manifests = declaration.declare(
        world,
        rngs[3],
        lanes=lanes,
        parties=parties,
        book=names.write_book(parties, rngs[3]),
        lane=lane,
        journey=travelled,
        amounts=amounts,
        odd=odd,
        habits=declaration.Habits(world, style),
    )
    return _inspect(world, rngs[4], manifests, lanes, lane, day, hidden, odd, travelled)


def _inspect(
    world: World,
    rng: np.random.Generator,
    manifests: pd.DataFrame,
    lanes: population.Lanes,
    lane: np.ndarray,
    day: np.ndarray,
    hidden: _Hidden,
    odd: dict[str, np.ndarray],
    travelled: journey.Journey,
) -> Days:
    n, mode = len(lane), lanes.mode[lane]
    head_of = np.array([HEADS.index(s.head) for s in world.schemes.values()] or [0])
    heads = np.stack(
        [(hidden.scheme >= 0) & (head_of[np.maximum(hidden.scheme, 0)] == h) for h in (0, 1)], axis=1
    )
    wildlife = np.isin(lanes.heading[lane], _wildlife_headings())
    offence = flags(rng, _OTHER_OFFENCE, n) & (hidden.scheme < 0)
    weight = inspection.rule_weight(world, _signs(world, manifests, lanes, lane, day, odd, wildlife))
    chosen = inspection.select(world, rng, day, mode, weight, hidden.scheme >= 0)
    outcomes = inspection.outcomes(
        world,
        rng,
        ids=manifests["shipment_id"],
        arrives=travelled.arrives,
        mode=mode,
        heads=heads,
        taxon=hidden.taxon,
        kg=hidden.kg,
        declared_wildlife=wildlife & manifests["permit_refs"].notna().to_numpy(),
        offence=offence,
        selection=chosen,
    )
    schemes = np.array([*world.schemes, ""], dtype=object)[hidden.scheme]
    truth = _truth(manifests["shipment_id"], lanes, lane, day, hidden, schemes, heads, offence, chosen)
    return Days(manifests, outcomes, truth)


def _truth(
    ids: pd.Series,
    lanes: population.Lanes,
    lane: np.ndarray,
    day: np.ndarray,
    hidden: _Hidden,
    schemes: np.ndarray,
    heads: np.ndarray,
    offence: np.ndarray,
    chosen: inspection.Selection,
) -> pd.DataFrame:
    """Write down what was really inside."""
    codes, countries = np.array(list(geography.heading_index())), np.array(facts.countries())
    truth = pd.DataFrame(
        {
            "shipment_id": ids,
            "live_animals": heads[:, 0].astype(np.int8),
            "wildlife_products": heads[:, 1].astype(np.int8),
            "other_offence": offence.astype(np.int8),
            "scheme": schemes,
            "taxon": hidden.taxon,
            "kg": np.round(hidden.kg, 2),
            "rip_on": hidden.slipped.astype(np.int8),
            "heading": codes[lanes.heading[lane]],
            "origin": countries[lanes.origin[lane]],
            "destination": countries[lanes.destination[lane]],
            "day": day,
            "inspected": (chosen.arm >= 0).astype(np.int8),
            "selection_probability": chosen.probability,
        }
    )
    text = ["scheme", "taxon", "heading", "origin", "destination"]
    return truth.astype(dict.fromkeys(text, "str"))


def _wildlife_headings() -> np.ndarray:
    at = geography.heading_index()
    return np.array(
        [at[c] for c in ("0106", "0301", "0507", "0508", "4103", "4113", "9601", "0308", "0410") if c in at]
    )


def _signs(
    world: World,
    manifests: pd.DataFrame,
    lanes: population.Lanes,
    lane: np.ndarray,
    day: np.ndarray,
    odd: dict[str, np.ndarray],
    wildlife: np.ndarray,
) -> dict[str, np.ndarray]:
    """Return what the port's rules look at, as its own system would know it."""
    risky = np.array([c in world.policy.risky_origins for c in facts.countries()])[lanes.origin[lane]]
    group = facts.headings()["group"].to_numpy()[lanes.heading[lane]]
    usual = np.isin(
        group,
        [
            "timber",
            "nuts_oilseeds",
            "scrap",
            "frozen_meat_fish",
            "live_seafood",
            "dried_seafood",
            "horn_shell_feathers",
            "ornamental_fish",
            "toys_games",
        ],
    )
    _, first, back = np.unique(lanes.consignee[lane], return_index=True, return_inverse=True)
    new = (day - day[first][back] < 7) & (lanes.start[lane] >= 0)
    return {
        "risky_origin": risky,
        "cover_goods": usual,
        "new_consignee": new,
        "permit_missing": wildlife & manifests["permit_refs"].isna().to_numpy(),
        "vague_text": odd["vague"],
        "low_value": odd["value_low"] & manifests["declared_value"].notna().to_numpy(),
        "transit": lanes.direction[lane] >= DIRECTIONS.index("transit"),
    }


def write(days: Days, directory: str | Path) -> list[Path]:
    """Write ``manifests.parquet``, ``outcomes.parquet`` and ``truth.parquet`` into a folder.

    The files appear together, whole, or not at all.
    """
    folder = Path(directory)
    made = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{name}.parquet" for name in ("manifests", "outcomes", "truth")]
    with ExitStack() as stack:
        if made:
            stack.callback(_remove_if_empty, folder)
        drafts = [stack.enter_context(Draft(path)) for path in paths]
        for path, draft in zip(paths, drafts, strict=True):
            getattr(days, path.stem).to_parquet(draft.path, index=False)
            draft.settle()
        for draft in drafts:
            draft.finish()
    return paths


def _remove_if_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()
