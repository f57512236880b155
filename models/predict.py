"""Scores of a feature frame: margins, probabilities, risk, and what they are made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.bundle import Bundle
from models.combination import combine


@dataclass(frozen=True)
class Prediction:
    """Scores of n shipments; p is the number of encoded columns.

    Attributes
    ----------
    margins : dict of str to ndarray, shape (n,)
        Raw margin per head.
    log_odds : dict of str to ndarray, shape (n,)
        Calibrated log-odds per head.
    probabilities : dict of str to ndarray, shape (n,)
        Calibrated probability per head.
    bases : dict of str to float
        Calibrated log-odds of each head's base; empty when not explained.
    contributions : dict of str to ndarray, shape (n, p)
        Per head, in calibrated log-odds: base + row sum = log-odds. Empty when not explained.
    risk, risk_log_odds : ndarray, shape (n,)
        ``1 - (1 - p_live)(1 - p_products)`` and its log-odds. Rank by the latter: it has no ties
        where probabilities round to 0 or 1.
    risk_base : float
        Log-odds of the risk at all bases; NaN when not explained.
    risk_contributions : ndarray, shape (n, p), or None
        ``risk_base`` + row sum = ``risk_log_odds``.
    columns, features, families : tuple of str, length p
        Name, feature and reason family of each encoded column.
    unseen : DataFrame, shape (n, number of categories), bool
        Cells whose level was never seen in training.
    """

    margins: dict[str, np.ndarray]
    log_odds: dict[str, np.ndarray]
    probabilities: dict[str, np.ndarray]
    bases: dict[str, float]
    contributions: dict[str, np.ndarray]
    risk: np.ndarray
    risk_log_odds: np.ndarray
    risk_base: float
    risk_contributions: np.ndarray | None
    columns: tuple[str, ...]
    features: tuple[str, ...]
    families: tuple[str, ...]
    unseen: pd.DataFrame


def predict(bundle: Bundle, frame: pd.DataFrame, *, explain: bool = True) -> Prediction:
    """Score a feature frame.

    Parameters
    ----------
    bundle : Bundle
    frame : DataFrame, shape (n, k)
        Must hold ``bundle.schema.features``.
    explain : bool, default True
        Whether to compute contributions (most of the time goes there).

    Returns
    -------
    Prediction
        The same bits however the rows are cut into chunks.
    """
    schema = bundle.schema
    X = schema.encode(frame)
    margins, log_odds, probabilities, bases, contributions = {}, {}, {}, {}, {}
    explained = bundle.trees.explain(X) if explain else None
    margin = explained.margin if explained else bundle.trees.margin(X)
    for k, head in enumerate(bundle.heads):
        calibrator = head.calibrator
        margins[head.name] = margin[k]
        log_odds[head.name] = calibrator.log_odds(margin[k])
        probabilities[head.name] = calibrator.probability(margin[k])
        if explained:
            contributions[head.name] = explained.contributions[k]
            contributions[head.name] *= calibrator.slope
            bases[head.name] = float(calibrator.log_odds(explained.base[k : k + 1])[0])
    stacked = np.stack(list(log_odds.values()))
    start = np.array(list(bases.values())) if explain else np.zeros(len(stacked))
    combined = combine(stacked, start, list(contributions.values()) if explain else None)
    return Prediction(
        margins=margins,
        log_odds=log_odds,
        probabilities=probabilities,
        bases=bases,
        contributions=contributions,
        risk=combined.risk,
        risk_log_odds=combined.log_odds,
        risk_base=combined.base if explain else float("nan"),
        risk_contributions=combined.contributions,
        columns=schema.names,
        features=tuple(c.feature for c in schema.columns),
        families=schema.families,
        unseen=schema.unseen(frame),
    )
