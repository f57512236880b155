"""How a score came about: from the average shipment to this one, and where that puts it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.views.today import band
from features.registry import FAMILIES
from risk import retelling
from risk.reasons import SLIGHT
from risk.store.dossier import Dossier
from risk.store.standing import Standing


@dataclass(frozen=True)
class Step:
    """One family of reasons in the waterfall.

    Attributes
    ----------
    family : str
    contribution : float
        Log-odds.
    start, end : float
        Where its bar begins and ends, in log-odds.
    sentence : str
        The reason in words; empty where it was purged.
    """

    family: str
    contribution: float
    start: float
    end: float
    sentence: str


@dataclass(frozen=True)
class Waterfall:
    """From the average shipment's log-odds to this one's.

    Attributes
    ----------
    base, total : float
        ``base + sum(contributions) == total``.
    steps : tuple of Step
        What raises first, the strongest first; then what lowers.
    low, high : float
        Ends of the scale.
    """

    base: float
    total: float
    steps: tuple[Step, ...]
    low: float
    high: float

    def place(self, value: float) -> float:
        """Return where on the scale a value lies, 0 to 1."""
        return (value - self.low) / (self.high - self.low)


def waterfall(
    log_odds: float,
    families: Mapping[str, float],
    records: Sequence[Mapping[str, Any]] | None,
    language: str,
    zone: str,
) -> Waterfall:
    """Return how the families of reasons add up to a score."""
    told = {str(each["family"]): retelling.sentence(each, language, zone) for each in records or ()}
    order = list(FAMILIES)
    ranked = sorted(
        families.items(),
        key=lambda pair: (pair[1] < 0.0, -abs(pair[1]), order.index(pair[0]) if pair[0] in order else 99),
    )
    base = log_odds - math.fsum(families.values())
    steps, at = [], base
    for position, (family, contribution) in enumerate(ranked):
        # The last bar ends where the score stands: sums of many numbers miss by a bit.
        end = log_odds if position == len(ranked) - 1 else at + contribution
        steps.append(Step(family, contribution, at, end, told.get(family, "")))
        at = end
    ends = [base, log_odds, *(step.end for step in steps)]
    low, high = min(ends), max(ends)
    room = max((high - low) * 0.04, 0.25)
    return Waterfall(base, log_odds, tuple(steps), low - room, high + room)


def reasons(
    records: Sequence[Mapping[str, Any]], language: str, zone: str
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Return sentences that speak for opening, that speak against it, and families that hardly count.

    In the order in which a list tells them: what can be checked first, then what weighs most.
    """
    sides = []
    for way in (1.0, -1.0):
        side = [each for each in records if way * each["contribution"] >= SLIGHT]
        # Asked for one side alone, a list has room for all of it.
        sides.append(tuple(retelling.ordered(side, language, zone)))
    slight = tuple(str(each["family"]) for each in records if abs(each["contribution"]) < SLIGHT)
    return sides[0], sides[1], slight


@dataclass(frozen=True)
class Head:
    """How high a shipment stands for one kind of find.

    Attributes
    ----------
    kind : str
        ``risk``, ``live_animals`` or ``wildlife_products``.
    rank, of : int or None
        None: not among the day's.
    band : str
        A code of `risk.vocabulary`, empty without a rank.
    height : float
        Share of the day's shipments below it, 0 to 1, for a bar.
    probability : float or None
        Of a find; None where it is not known for this port.
    """

    kind: str
    rank: int | None
    of: int | None
    band: str
    height: float
    probability: float | None


def heads(dossier: Dossier) -> list[Head]:
    """Return how high a shipment stands, all together and by kind of find."""
    score, standing = dossier.score, dossier.standing
    if score is None:
        return []
    numbers = (score.risk, score.risk_live_animals, score.risk_wildlife_products)
    known = score.risk_basis == "port"
    return [
        _head(kind, rank, standing, value if known else None)
        for kind, rank, value in zip(
            ("risk", "live_animals", "wildlife_products"), _ranks(standing), numbers, strict=True
        )
    ]


def _ranks(standing: Standing | None) -> tuple[int | None, ...]:
    if standing is None:
        return None, None, None
    return standing.rank, standing.live_animals, standing.wildlife_products


def _head(kind: str, rank: int | None, standing: Standing | None, probability: float | None) -> Head:
    if rank is None or standing is None:
        return Head(kind, None, None, "", 0.0, probability)
    height = (standing.of - rank) / max(standing.of - 1, 1)
    return Head(kind, rank, standing.of, band(rank, standing.of), height, probability)
