"""Draws from many weighted tables at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np


class Tables:
    """Row-wise weighted draws: one cumulative table, one look-up per draw.

    Parameters
    ----------
    weights : ndarray, shape (rows, k)
        Non-negative; a row without any weight draws uniformly.
    """

    def __init__(self, weights: np.ndarray) -> None:
        weights = np.asarray(weights, dtype=np.float64)
        empty = weights.sum(axis=1) <= 0
        weights = np.where(empty[:, None], 1.0, weights)
        cumulative = np.cumsum(weights, axis=1)
        cumulative /= cumulative[:, -1:]
        self._k = weights.shape[1]
        self._flat = (cumulative + np.arange(len(weights))[:, None]).ravel()

    def draw(self, rng: np.random.Generator, rows: np.ndarray) -> np.ndarray:
        """Return one column per row number, shape (n,)."""
        rows = np.asarray(rows, dtype=np.int64)
        at = np.searchsorted(self._flat, rows + rng.random(len(rows)), side="right")
        return np.clip(at - rows * self._k, 0, self._k - 1)


def pick(rng: np.random.Generator, weights: np.ndarray, size: int) -> np.ndarray:
    """Return `size` positions drawn with probability proportional to `weights`."""
    return Tables(np.asarray(weights, dtype=np.float64)[None, :]).draw(rng, np.zeros(size, dtype=np.int64))


def vector(weights: Mapping[str, float], names: Sequence[str]) -> np.ndarray:
    """Return weights in the order of `names`; names not weighted get 0."""
    return np.array([float(weights.get(name, 0.0)) for name in names])


def flags(rng: np.random.Generator, share: float | np.ndarray, size: int) -> np.ndarray:
    """Return `size` booleans, each true with probability `share`."""
    return rng.random(size) < share
