"""Exact SHAP values of a head, behind one function.

Everything else takes an `Explanation`; how it is computed (here LightGBM's own path-dependent
TreeSHAP, Lundberg et al. 2020) can change without anyone noticing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.heads import Head

ADDITIVE_TO = 1e-9


class AdditivityError(ArithmeticError):
    """Contributions and base do not add up to the margin."""


@dataclass(frozen=True)
class Explanation:
    """Contributions to a head's raw margin.

    Attributes
    ----------
    margin : ndarray, shape (n,)
        Raw margin, the same bits as `Head.margin`.
    contributions : ndarray, shape (n, p)
        Log-odds each encoded column adds; ``base + contributions.sum(axis=1) = margin`` to 1e-9.
    base : float
        Margin when nothing is known: the training rows' mean over the trees.
    """

    margin: np.ndarray
    contributions: np.ndarray
    base: float


def explain(head: Head, X: np.ndarray) -> Explanation:
    """Explain the margins of one head.

    Parameters
    ----------
    head : Head
    X : ndarray of float64, shape (n, p)
        Encoded rows.

    Raises
    ------
    AdditivityError
        The contributions miss a margin by more than 1e-9.
    """
    margin = head.margin(X)
    values = np.asarray(
        head.booster.predict(
            X if len(X) else np.full((1, X.shape[1]), np.nan), pred_contrib=True, num_threads=1
        )
    )
    base, contributions = float(values[0, -1]), np.ascontiguousarray(values[: len(X), :-1])
    gap = np.abs(base + contributions.sum(axis=1) - margin)
    if len(gap) and not gap.max() <= ADDITIVE_TO:
        raise AdditivityError(f"{head.name}: contributions miss the margin by {gap.max():.3g}")
    return Explanation(margin, contributions, base)
