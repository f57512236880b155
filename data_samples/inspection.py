"""What the port's officers open, and what they find."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from data_samples.draw import Tables, pick, vector
from data_samples.world import RULES, World
from features.manifest.schema import INSPECTION_TYPES, MODES

_ARMS = ("random", "rule", "intelligence", "dog")
_TEXTS = (
    "shipment_id",
    "inspection_type",
    "outcome",
    "outcome_status",
    "selected_by",
    "found_taxa",
    "found_quantity",
)


@dataclass(frozen=True)
class Selection:
    """Who is opened: arm (-1 = nobody) and marginal probability, each of shape (n,)."""

    arm: np.ndarray
    probability: np.ndarray


def rule_weight(world: World, signs: dict[str, np.ndarray]) -> np.ndarray:
    """Add up the weights of the rules a shipment meets; everything weighs a little."""
    n = len(next(iter(signs.values())))
    score = np.full(n, 0.05)
    for name in RULES:
        score = score + world.policy.rules.get(name, 0.0) * signs[name]
    return score


def inclusion(weight: np.ndarray, size: int) -> np.ndarray:
    """Probabilities proportional to weight that add up to `size`, none above 1."""
    if size >= len(weight):
        return np.ones(len(weight))
    p = size * weight / weight.sum()
    for _ in range(50):
        sure = p >= 1
        if not (p > 1).any():
            break
        rest = ~sure
        p = np.where(sure, 1.0, (size - sure.sum()) * weight / max(weight[rest].sum(), 1e-12))
    return np.clip(p, 0.0, 1.0)


def systematic(rng: np.random.Generator, p: np.ndarray) -> np.ndarray:
    """Draw rows with exactly the given inclusion probabilities, in random order; shape (n,) bool."""
    order = rng.permutation(len(p))
    edges = np.concatenate([[0.0], np.cumsum(p[order])]) + rng.random()
    chosen = np.zeros(len(p), dtype=bool)
    chosen[order] = np.floor(edges[1:]) > np.floor(edges[:-1])
    return chosen


def select(
    world: World,
    rng: np.random.Generator,
    day: np.ndarray,
    mode: np.ndarray,
    weight: np.ndarray,
    hidden: np.ndarray,
) -> Selection:
    """Choose what is opened, day by day.

    The random arm draws from the whole day alike, the rule arm in proportion to the rules'
    weights, the dog arm among air, express and post. The arms draw independently and slots that
    two arms both spend are not refilled, so the recorded probability, that of being chosen by any
    of the three, is exact. Tips are not part of it: nobody can compute their probability.
    """
    policy, n = world.policy, len(day)
    arm, probability = np.full(n, -1), np.zeros(n)
    dogs = np.isin(mode, [MODES.index(m) for m in ("air", "express", "post")])
    starts = np.searchsorted(day, np.arange(day.max() + 2 if n else 1))
    for d in range(len(starts) - 1):
        rows = np.arange(starts[d], starts[d + 1])
        if not len(rows) or not policy.slots_per_day:
            continue
        slots = min(policy.slots_per_day, len(rows))
        drawn = round(slots * policy.random_share)
        sniffed = min(round(slots * policy.dog_share), slots - drawn)
        p_random = np.full(len(rows), drawn / len(rows))
        p_rule = inclusion(weight[rows], slots - drawn - sniffed)
        kennel = dogs[rows].astype(float)
        p_dog = inclusion(kennel + 1e-12, min(sniffed, int(kennel.sum()))) * kennel
        tips = _tips(rng, policy.tips_per_day, policy.tip_precision, hidden[rows])
        for code, chosen in (
            (3, systematic(rng, p_dog)),
            (1, systematic(rng, p_rule)),
            (2, tips),
            (0, systematic(rng, p_random)),
        ):
            arm[rows[chosen]] = code
        probability[rows] = 1 - (1 - p_random) * (1 - p_rule) * (1 - p_dog)
    return Selection(arm, probability)


def _tips(rng: np.random.Generator, per_day: float, precision: float, hidden: np.ndarray) -> np.ndarray:
    chosen = np.zeros(len(hidden), dtype=bool)
    for right in rng.random(rng.poisson(per_day)) < precision:
        pool = np.flatnonzero(hidden == right)
        if len(pool):
            chosen[pool[rng.integers(len(pool))]] = True
    return chosen


def outcomes(
    world: World,
    rng: np.random.Generator,
    *,
    ids: pd.Series,
    arrives: np.ndarray,
    mode: np.ndarray,
    heads: np.ndarray,
    taxon: np.ndarray,
    kg: np.ndarray,
    declared_wildlife: np.ndarray,
    offence: np.ndarray,
    selection: Selection,
) -> pd.DataFrame:
    """Write what the inspections found.

    Parameters
    ----------
    heads : ndarray of bool, shape (n, 2)
        Whether live animals and wildlife products are hidden.
    offence : ndarray of bool
        Something else is wrong with the shipment.

    Returns
    -------
    DataFrame
        ``shipment_id`` and the outcome columns, inspected rows only, in order of arrival.
    """
    rows = np.flatnonzero(selection.arm >= 0)
    arm = selection.arm[rows]
    kind = _kinds(world, rng, mode[rows], arm)
    miss = vector(world.policy.miss, INSPECTION_TYPES)[kind]
    result = _results(rng, heads[rows], offence[rows], declared_wildlife[rows], miss)
    minutes = _minutes(world, rng, mode[rows])
    n = len(rows)
    status = np.where(
        result.mistaken, "overturned", np.where(rng.random(n) < 0.12, "provisional", "confirmed")
    )
    amount = np.char.add(np.round(kg[rows], 1).astype("U12"), " kg")
    permit = pd.Series(result.mistaken | ~result.found, dtype="boolean").where(declared_wildlife[rows])
    real = result.found & ~result.mistaken
    table = pd.DataFrame(
        {
            "shipment_id": ids.to_numpy()[rows],
            "inspected_at": (arrives[rows] + minutes).astype("datetime64[us]"),
            "inspection_type": np.array(INSPECTION_TYPES)[kind],
            "outcome": result.outcome,
            "outcome_status": status,
            "permit_valid": permit,
            "selected_by": np.array(_ARMS)[arm],
            "selection_probability": selection.probability[rows],
            "found_taxa": pd.Series(taxon[rows], dtype="str").where(real),
            "found_quantity": pd.Series(amount, dtype="str").where(real),
        }
    )
    return table.astype(dict.fromkeys(_TEXTS, "str"))


def _kinds(world: World, rng: np.random.Generator, mode: np.ndarray, arm: np.ndarray) -> np.ndarray:
    """Draw how each shipment is inspected: dogs sniff, tips are unloaded in full."""
    mix = np.array([vector(world.policy.types[name], INSPECTION_TYPES) for name in MODES])
    kind = Tables(mix).draw(rng, mode)
    kind = np.where(arm == _ARMS.index("dog"), INSPECTION_TYPES.index("dog"), kind)
    return np.where(arm == _ARMS.index("intelligence"), INSPECTION_TYPES.index("full"), kind)


@dataclass(frozen=True)
class _Results:
    """What the inspections came to, each of shape (inspected,)."""

    outcome: np.ndarray  # text, joined by ``;``
    found: np.ndarray  # wildlife, rightly or by mistake
    mistaken: np.ndarray  # legal wildlife taken for hidden, later overturned


def _results(
    rng: np.random.Generator, heads: np.ndarray, offence: np.ndarray, legal: np.ndarray, miss: np.ndarray
) -> _Results:
    """Find what is hidden, or miss it with probability `miss`; now and then suspect legal wildlife."""
    n = len(miss)
    seen = rng.random((3, n)) >= miss
    live, products = heads[:, 0] & seen[0], heads[:, 1] & seen[1]
    other = offence & (rng.random(n) >= np.minimum(miss + 0.1, 1))
    mistaken = legal & ~live & ~products & (rng.random(n) < 0.03)
    products = products | mistaken
    names = np.array(["clean", "live_animals", "wildlife_products", "live_animals;wildlife_products"])
    outcome = names[live + 2 * products]
    both = np.char.add(outcome.astype("U60"), ";other_offence")
    outcome = np.where(other, np.where(outcome == "clean", "other_offence", both), outcome)
    return _Results(outcome, live | products, mistaken)


def _minutes(world: World, rng: np.random.Generator, mode: np.ndarray) -> np.ndarray:
    """Draw how long after arrival each inspection ends, in whole minutes."""
    usual = np.array([world.policy.delay_hours.get(name, 24.0) for name in MODES])[mode]
    hours = usual * np.exp(0.7 * rng.standard_normal(len(mode)))
    return np.round(np.clip(hours, 0.3, 24 * 45) * 60).astype(np.int64) * np.timedelta64(60_000_000, "us")


def pick_taxa(rng: np.random.Generator, world: World, scheme: np.ndarray) -> np.ndarray:
    """Draw what is hidden under each scheme, shape (n,) of text."""
    out = np.full(len(scheme), "", dtype=object)
    for k, entry in enumerate(world.schemes.values()):
        rows = np.flatnonzero(scheme == k)
        out[rows] = np.array(list(entry.taxa), dtype=object)[
            pick(rng, np.array(list(entry.taxa.values())), len(rows))
        ]
    return out
