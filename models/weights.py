"""Weights against the selection of who was inspected.

Only inspected shipments have labels, and a port inspects what it already suspects. Inverse
selection probabilities undo that on average, at the price of variance: a few rows drawn at a low
probability can outweigh everything else. So three schemes are fitted and compared on later rows
(`models.training`), and the card records which one won. The probabilities are those of the
shipment being chosen by *any* arm (rule, tip, model, random draw).
"""

from __future__ import annotations

import numpy as np

SCHEMES: tuple[str, ...] = ("unweighted", "clipped", "stabilised")

#: Clipped weights stop at this multiple of the median weight.
CLIP = 10.0
#: A probability below this is taken for this (a row drawn with 1 in 10,000 would weigh 10,000).
SMALLEST_PROBABILITY = 1e-3
#: Below this share of rows with a recorded probability only `unweighted` is possible.
ENOUGH_RECORDED = 0.9


def recorded(probability: np.ndarray) -> np.ndarray:
    """Return which rows carry a usable selection probability (above 0, at most 1), shape (n,)."""
    with np.errstate(invalid="ignore"):
        return np.isfinite(probability) & (probability > 0) & (probability <= 1)


def usable(probability: np.ndarray) -> bool:
    """Return whether enough rows carry a selection probability to weigh by it, and it varies."""
    known = recorded(probability)
    if len(known) == 0 or known.mean() < ENOUGH_RECORDED:
        return False
    return float(np.ptp(probability[known])) > 1e-9


def selection_weights(probability: np.ndarray, scheme: str) -> np.ndarray:
    """Return weights with mean 1.

    Parameters
    ----------
    probability : ndarray, shape (n,)
        Selection probability of every inspected row; NaN where not recorded (such a row weighs
        as much as the median recorded one).
    scheme : str
        ``unweighted`` (all 1), ``stabilised`` (marginal over own probability) or ``clipped``
        (stabilised, but no weight above `CLIP` times the median).

    Returns
    -------
    ndarray of float64, shape (n,)
    """
    if scheme not in SCHEMES:
        raise ValueError(f"unknown weighting {scheme!r}")
    n = len(probability)
    known = recorded(probability)
    if scheme == "unweighted" or not known.any():
        return np.ones(n)
    weight = np.ones(n)
    weight[known] = 1.0 / np.maximum(probability[known], SMALLEST_PROBABILITY)
    median = float(np.median(weight[known]))
    weight[~known] = median
    if scheme == "clipped":
        weight = np.minimum(weight, CLIP * median)
    return weight / weight.mean()
