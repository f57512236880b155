"""Calibration: a strictly increasing map from a head's margin to a probability.

``p = sigmoid(slope · margin + intercept)`` with ``slope > 0`` (Platt 1999). Being affine in the
margin it keeps every rank, makes no ties, and leaves contributions additive: in calibrated
log-odds a contribution is ``slope`` times itself.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

#: A flat or falling fit means the margin told nothing on the calibration rows. The map must stay
#: strictly increasing, so it is held at this slope: nearly constant probabilities, ranks kept.
SMALLEST_SLOPE = 0.05

#: Words for the populations a calibration can speak for.
POPULATIONS: dict[str, str] = {
    "traffic": "all shipments (inspected rows weighted by their selection probability)",
    "inspected": "shipments like those the port chose to inspect (selection probabilities unknown)",
}


@dataclass(frozen=True)
class Calibrator:
    """A fitted Platt map.

    Attributes
    ----------
    slope : float
        Greater than 0.
    intercept : float
    population : str
        Key of `POPULATIONS`: whom the probabilities speak for.
    finds, rows : int
        Finds and labelled rows it was fitted on.
    """

    slope: float
    intercept: float
    population: str
    finds: int
    rows: int

    def __post_init__(self) -> None:
        """Refuse a map that is not strictly increasing."""
        if not (math.isfinite(self.slope) and self.slope > 0 and math.isfinite(self.intercept)):
            raise ValueError("a calibrator needs a finite slope above 0 and a finite intercept")
        if self.population not in POPULATIONS:
            raise ValueError(f"unknown population {self.population!r}")

    def log_odds(self, margin: np.ndarray) -> np.ndarray:
        """Return calibrated log-odds, shape of `margin`."""
        return self.slope * np.asarray(margin, dtype=np.float64) + self.intercept

    def probability(self, margin: np.ndarray) -> np.ndarray:
        """Return calibrated probabilities in (0, 1), shape of `margin`."""
        return sigmoid(self.log_odds(margin))

    def to_json(self) -> dict[str, Any]:
        """Return JSON-ready data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Calibrator:
        """Rebuild a calibrator; ValueError when the data are not one."""
        try:
            return cls(
                float(data["slope"]),
                float(data["intercept"]),
                str(data["population"]),
                int(data["finds"]),
                int(data["rows"]),
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a calibrator: {error!r}") from error


def sigmoid(x: np.ndarray) -> np.ndarray:
    """Return the logistic function without overflow, accurate in both tails."""
    x = np.asarray(x, dtype=np.float64)
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1.0, e) / (1.0 + e)


def fit_platt(
    margin: np.ndarray, label: np.ndarray, weight: np.ndarray | None = None, *, population: str = "inspected"
) -> Calibrator:
    """Fit a Platt map by weighted maximum likelihood with smoothed targets.

    Targets are ``(N₊+1)/(N₊+2)`` and ``1/(N₋+2)`` as in Platt (1999), where N are effective
    numbers (Kish: ``(Σw)²/Σw²``), so that a few heavily weighted finds do not pass for many.

    Parameters
    ----------
    margin : ndarray, shape (n,)
        Finite raw margins on rows the head has not seen.
    label : ndarray, shape (n,)
        0 or 1.
    weight : ndarray, shape (n,), optional
        Weights above 0; inverse selection probabilities make the map speak for all traffic.
    population : str
        Key of `POPULATIONS`.

    Raises
    ------
    ValueError
        No find or no clean row.
    """
    margin = np.asarray(margin, dtype=np.float64)
    positive = np.asarray(label) == 1
    weight = np.ones(len(margin)) if weight is None else np.asarray(weight, dtype=np.float64)
    if not positive.any() or positive.all():
        raise ValueError("calibration needs finds and clean rows")
    many, few = _effective(weight[positive]), _effective(weight[~positive])
    target = np.where(positive, (many + 1) / (many + 2), 1 / (few + 2))
    centre = float(np.average(margin, weights=weight))
    spread = float(np.sqrt(np.average((margin - centre) ** 2, weights=weight)))
    if spread == 0:
        slope, intercept = 0.0, 0.0
    else:
        slope, intercept = _newton((margin - centre) / spread, target, weight / weight.mean())
        slope, intercept = slope / spread, intercept - slope * centre / spread
    if slope < SMALLEST_SLOPE:
        slope = SMALLEST_SLOPE
        intercept = _intercept(slope * margin, float(np.average(target, weights=weight)), weight)
    return Calibrator(float(slope), float(intercept), population, int(positive.sum()), len(margin))


def _effective(weight: np.ndarray) -> float:
    return float(weight.sum() ** 2 / (weight**2).sum())


def _loss(x: np.ndarray, target: np.ndarray, weight: np.ndarray, a: float, b: float) -> float:
    z = a * x + b
    return float(np.sum(weight * (np.logaddexp(0.0, z) - target * z)))


def _newton(x: np.ndarray, target: np.ndarray, weight: np.ndarray) -> tuple[float, float]:
    """Minimise the weighted log loss over (slope, intercept) by damped Newton steps."""
    mean = float(np.average(target, weights=weight))
    a, b = 0.0, math.log(mean / (1 - mean))
    loss = _loss(x, target, weight, a, b)
    for _ in range(200):
        p = sigmoid(a * x + b)
        r, h = weight * (p - target), weight * p * (1 - p)
        gradient = np.array([np.sum(r * x), np.sum(r)])
        if np.abs(gradient).max() < 1e-10 * weight.sum():
            break
        hxx, hx, h1 = np.sum(h * x * x) + 1e-12, np.sum(h * x), np.sum(h) + 1e-12
        determinant = hxx * h1 - hx * hx
        if determinant <= 0:
            break
        step = (
            np.array([h1 * gradient[0] - hx * gradient[1], hxx * gradient[1] - hx * gradient[0]])
            / determinant
        )
        scale = 1.0
        while scale > 1e-10:
            trial = _loss(x, target, weight, a - scale * step[0], b - scale * step[1])
            if trial <= loss:
                break
            scale /= 2
        else:
            break
        a, b, loss = a - scale * step[0], b - scale * step[1], trial
    return a, b


def _intercept(offset: np.ndarray, mean: float, weight: np.ndarray) -> float:
    """Return b with weighted mean of sigmoid(offset + b) equal to `mean` (bisection)."""
    low, high = -60.0 - float(offset.max()), 60.0 - float(offset.min())
    for _ in range(200):
        b = (low + high) / 2
        if float(np.average(sigmoid(offset + b), weights=weight)) < mean:
            low = b
        else:
            high = b
    return (low + high) / 2
