"""The Shapley values of one leaf.

To a leaf a row is a *pattern*: for each of the d distinct columns on the leaf's path, whether the row
goes the leaf's way at all its splits on that column. Let z be the share of training rows that do (the
product over those splits), o whether this row does. Seen as a game of the columns, the leaf pays its value
times the product over columns of o (known) or z (unknown), and the Shapley value of column i is

    value * (o_i - z_i) * integral over x in [0, 1] of the product over j != i of ((1 - x) z_j + x o_j)

since the integral of x^k (1 - x)^(d - 1 - k) is the Shapley weight of a coalition of k columns (the integral
of the game's multilinear extension: Owen 1972, *Multilinear extensions of games*, Management Science 18(5)).
The integrand is a polynomial of degree d - 1, so Gauss and Legendre's rule with d / 2 points, rounded up, is
exact.

Both ways to evaluate it here, for all patterns (`fill`) and for a block of rows (`add`), do the same
floating-point operations in the same order: prefix products of the columns before i, suffix products of
those after it, points in order, and `contribution` last. Which one is used never changes a bit.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from models.treeshap.compiled import compiled, compiled_within
from models.treeshap.model_text import Trees

#: Rows evaluated side by side.
STRIP = 64
#: Points up to which each number has a rule of its own.
FINEST = 64


class Rule(NamedTuple):
    """Quadrature on [0, 1]: the points for d columns are ``first[d]`` to ``end[d]``."""

    first: np.ndarray
    end: np.ndarray
    point: np.ndarray
    weight: np.ndarray


class Route(NamedTuple):
    """Scratch for one leaf's path, from the root: nodes, whether it goes left there, columns' shares."""

    node: np.ndarray
    goes_left: np.ndarray
    share: np.ndarray
    column: np.ndarray


def rule(most: int) -> Rule:
    """Return the quadrature for up to ``most`` columns: half as many points, rounded up.

    Above `FINEST` points their number is rounded up to a power of two, which is no less exact.
    """
    numbers = np.maximum(1, (np.arange(most + 1) + 1) // 2)
    rounded = 2 ** np.ceil(np.log2(numbers)).astype(np.int64)
    numbers = np.where(numbers > FINEST, rounded, numbers)
    distinct = np.unique(numbers)
    points, weights = zip(*map(_gauss_legendre, distinct.tolist()), strict=True)
    end = np.cumsum(distinct)[np.searchsorted(distinct, numbers)]
    return Rule(end - numbers, end, np.concatenate(points), np.concatenate(weights))


def _gauss_legendre(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return points and weights on [0, 1]: Newton's method on Legendre's recurrence, symmetric."""
    x = np.cos(np.pi * (np.arange(n) + 0.75) / (n + 0.5))
    for _ in range(100):
        p, slope = _legendre(n, x)
        step = p / slope
        x = x - step
        if np.abs(step).max() < 1e-15:
            break
    x = (x - x[::-1]) / 2
    _, slope = _legendre(n, x)
    weight = 1.0 / ((1.0 - x**2) * slope**2)
    return (x[::-1] + 1.0) / 2.0, (weight + weight[::-1]) / 2.0


def _legendre(n: int, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return Legendre's polynomial of degree n and its derivative."""
    before, p = np.zeros_like(x), np.ones_like(x)
    for k in range(1, n + 1):
        before, p = p, ((2 * k - 1) * x * p - (k - 1) * before) / k
    return p, n * (x * p - before) / (x**2 - 1.0)


@compiled_within
def contribution(integral: float, agrees: bool, share: float, value: float) -> float:
    """Return what a column adds: the last three factors, in one order everywhere."""
    return (integral * ((1.0 if agrees else 0.0) - share)) * value


@compiled_within
def trace(trees: Trees, ways: np.ndarray, leaf: int, route: Route) -> tuple[int, int]:
    """Write a leaf's path into ``route``; return the number of its edges and of its distinct columns."""
    nodes, edges, columns = trees.nodes, 0, 0
    above = trees.leaves[leaf].parent
    while above >= 0:
        edges += 1
        above = nodes[above].parent
    below, above = -leaf - 1, trees.leaves[leaf].parent
    for edge in range(edges - 1, -1, -1):
        route.node[edge] = above
        route.goes_left[edge] = nodes[above].left == below
        below, above = above, nodes[above].parent
    for edge in range(edges):
        node = route.node[edge]
        slot = ways[node].slot
        if ways[node].repeated == 0:
            route.share[slot] = 1.0
            route.column[slot] = nodes[node].column
            columns += 1
        route.share[slot] *= nodes[node].left_share if route.goes_left[edge] else nodes[node].right_share
    return edges, columns


@compiled
def fill(d: int, share: np.ndarray, points: Rule, sums: np.ndarray, work: np.ndarray) -> None:
    """Integrate for every pattern of the other columns.

    Parameters
    ----------
    d : int
        Distinct columns, at least 1.
    share : ndarray, d values used
    points : Rule
    sums : ndarray, shape (at least d, at least 2 ** (d - 1))
        Filled: for column i and each pattern of the others (its own bit taken out), the integral.
    work : ndarray, shape (2, at least 2 ** d)
    """
    before, after = work[0], work[1]
    half = 1 << (d - 1)
    for i in range(d):
        sums[i, :half] = 0.0
    for q in range(points.first[d], points.end[d]):
        x, w = points.point[q], points.weight[q]
        # Suffix products of columns i + 1 .. d - 1 lie at [2 ** (d - 1 - i), 2 ** (d - i)).
        after[1] = 1.0
        for i in range(d - 2, -1, -1):
            size = 1 << (d - 2 - i)
            away = (1.0 - x) * share[i + 1]
            agreed = away + x
            for high in range(size):
                after[2 * size + 2 * high] = away * after[size + high]
                after[2 * size + 2 * high + 1] = agreed * after[size + high]
        before[0] = 1.0
        for i in range(d):
            low_size, high_size = 1 << i, 1 << (d - 1 - i)
            row = sums[i]
            for high in range(high_size):
                factor = after[high_size + high]
                start = high << i
                for low in range(low_size):
                    row[start + low] += w * (before[low] * factor)
            away = (1.0 - x) * share[i]
            agreed = away + x
            for low in range(low_size):
                before[low_size + low] = before[low] * agreed
                before[low] = before[low] * away


@compiled
def add(
    d: int,
    value: float,
    share: np.ndarray,
    points: Rule,
    agree: np.ndarray,
    n: int,
    target: np.ndarray,
    out: np.ndarray,
    offset: int,
    work: np.ndarray,
) -> None:
    """Add a leaf's contributions for a block of rows.

    Parameters
    ----------
    d, share, points
        As in `fill`.
    value : float
    agree : ndarray of uint8, shape (at least d, at least n)
        Whether each row goes the leaf's way at each column.
    n : int
        Rows.
    target : ndarray of int64, d values used
        Row of ``out`` a column is added to.
    out : ndarray, shape (any, at least offset + n)
    offset : int
        Column of ``out`` of the first row.
    work : ndarray, shape (at least 2 * d + 1, STRIP)
    """
    sums, before, after = work[:d], work[d : 2 * d], work[2 * d]
    for start in range(0, n, STRIP):
        width = min(STRIP, n - start)
        sums[:, :width] = 0.0
        for q in range(points.first[d], points.end[d]):
            x, w = points.point[q], points.weight[q]
            before[0, :width] = 1.0
            for i in range(d - 1):
                away = (1.0 - x) * share[i]
                agreed = away + x
                for r in range(width):
                    before[i + 1, r] = before[i, r] * (agreed if agree[i, start + r] else away)
            after[:width] = 1.0
            for i in range(d - 1, -1, -1):
                away = (1.0 - x) * share[i]
                agreed = away + x
                for r in range(width):
                    sums[i, r] += w * (before[i, r] * after[r])
                    after[r] = (agreed if agree[i, start + r] else away) * after[r]
        for i in range(d):
            line = out[target[i], offset + start : offset + start + width]
            for r in range(width):
                line[r] += contribution(sums[i, r], agree[i, start + r] == 1, share[i], value)
