"""Two heads, one risk, and its reasons.

``risk = 1 - (1 - p_live)(1 - p_products)``. With calibrated log-odds ``u, v`` and
``s = softplus(u) + softplus(v) = -log(1 - risk)`` the log-odds of the risk are
``F(u, v) = log(expm1(s))`` and ``∂F/∂u = p_u / risk``: no difference of nearly equal numbers is
ever formed, so probabilities down to 1e-12 and beyond keep their digits.

Reasons of the risk are Aumann-Shapley values (Sun and Sundararajan 2011): the gradient of F
averaged along the straight line from both heads' bases to both heads' log-odds, times each head's
contributions. The average is a Gauss-Legendre sum of 32 points. One panel of 32 points is exact to
1e-13 while the line is shorter than 12 log-odds; longer lines (F turns sharply somewhere on them)
are cut into as many panels as they need, since 32 points alone miss by 1e-3 on a line of 60.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.calibration import sigmoid

POINTS = 32
PANEL = 12.0
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(POINTS)


@dataclass(frozen=True)
class Combined:
    """Risk of n shipments.

    Attributes
    ----------
    risk : ndarray, shape (n,)
        In (0, 1).
    log_odds : ndarray, shape (n,)
        Log-odds of `risk`.
    base : float
        Log-odds of the risk where every head is at its base.
    contributions : ndarray, shape (n, p), or None
        Per encoded column; ``base + contributions.sum(axis=1) = log_odds``.
    """

    risk: np.ndarray
    log_odds: np.ndarray
    base: float
    contributions: np.ndarray | None = None


def risk_log_odds(log_odds: np.ndarray) -> np.ndarray:
    """Return log-odds of the risk.

    Parameters
    ----------
    log_odds : ndarray, shape (heads, n)
        Calibrated log-odds per head.

    Returns
    -------
    ndarray, shape (n,)
    """
    if len(log_odds) == 1:
        return log_odds[0].copy()
    s = np.logaddexp(0.0, log_odds).sum(axis=0)
    # log(expm1(s)) = s + log1p(-exp(-s)), and for small s the first form keeps the digits.
    with np.errstate(over="ignore"):
        return np.where(
            s < 1.0, np.log(np.expm1(np.minimum(s, 1.0))), s + np.log1p(-np.exp(-np.maximum(s, 1.0)))
        )


def gradient(log_odds: np.ndarray) -> np.ndarray:
    """Return the derivative of `risk_log_odds` in each head's log-odds, shape (heads, n)."""
    if len(log_odds) == 1:
        return np.ones_like(log_odds)
    s = np.logaddexp(0.0, log_odds).sum(axis=0)
    return sigmoid(log_odds) / -np.expm1(-s)


def mean_gradient(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Average the gradient along the lines from `start` to `end`.

    Parameters
    ----------
    start : ndarray, shape (heads,)
        Log-odds of the bases.
    end : ndarray, shape (heads, n)
        Log-odds of the shipments.

    Returns
    -------
    ndarray, shape (heads, n)
    """
    if len(end) == 1:
        return np.ones_like(end)
    delta = end - start[:, None]
    out = np.empty_like(end)
    panels = np.maximum(1, np.ceil(np.abs(delta).sum(axis=0) / PANEL)).astype(int)
    for count in np.unique(panels):
        rows = np.flatnonzero(panels == count)
        out[:, rows] = _quadrature(start, delta[:, rows], int(count))
    return out


def _quadrature(start: np.ndarray, delta: np.ndarray, panels: int) -> np.ndarray:
    total = np.zeros_like(delta)
    for panel in range(panels):
        for node, weight in zip(_NODES, _WEIGHTS, strict=True):
            t = (panel + (node + 1.0) / 2.0) / panels
            total += (weight / (2.0 * panels)) * gradient(start[:, None] + t * delta)
    return total


def combine(
    log_odds: np.ndarray, bases: np.ndarray, contributions: list[np.ndarray] | None = None
) -> Combined:
    """Combine heads into the risk, with its reasons when contributions are given.

    Parameters
    ----------
    log_odds : ndarray, shape (heads, n)
        Calibrated log-odds; one or two heads.
    bases : ndarray, shape (heads,)
        Calibrated log-odds of the heads' bases.
    contributions : list of ndarray, each of shape (n, p), optional
        Per head, in calibrated log-odds: ``bases[h] + contributions[h].sum(axis=1) = log_odds[h]``.
    """
    log_odds = np.asarray(log_odds, dtype=np.float64)
    bases = np.asarray(bases, dtype=np.float64)
    margin = risk_log_odds(log_odds)
    base = float(risk_log_odds(bases[:, None])[0])
    combined = None
    if contributions is not None:
        slopes = mean_gradient(bases, log_odds)
        combined = sum(slopes[h][:, None] * part for h, part in enumerate(contributions))
    return Combined(sigmoid(margin), margin, base, combined)
