"""Controls: whether the ranking measures goods and route, or only the writing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import kstest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

DRAWS = 500


@dataclass(frozen=True)
class Separation:
    """How well a classifier tells case texts from background texts (0.5 = not at all)."""

    auc: float
    low: float
    high: float
    texts: int


def uniform(percentiles: np.ndarray) -> tuple[float, float]:
    """Return the Kolmogorov-Smirnov distance from uniform and its p-value.

    Parameters
    ----------
    percentiles : array of float, shape (n,)
        Where benign descriptions inserted like cases stand, in [0, 1].
    """
    result = kstest(percentiles, "uniform")
    return float(result.statistic), float(result.pvalue)


def style(texts: pd.Series) -> pd.DataFrame:
    """Return what a text looks like, whatever it says.

    Returns
    -------
    DataFrame, shape (n, 9)
        Characters, words, longest and mean word, commas, "and", hyphens, apostrophes, digits and
        capitals together.
    """
    words = texts.map(str.split)
    lengths = words.map(lambda parts: [len(part) for part in parts] or [0])
    return pd.DataFrame(
        {
            "characters": texts.str.len(),
            "words": words.map(len),
            "longest": lengths.map(max),
            "mean": lengths.map(np.mean),
            "commas": texts.str.count(","),
            "and": texts.str.count(r"\band\b"),
            "hyphens": texts.str.count("-"),
            "apostrophes": texts.str.count("'"),
            "odd": texts.str.count("[^a-z ,'-]"),
        }
    ).astype(float)


def separate(texts: pd.Series, is_case: np.ndarray, event: np.ndarray, what: str) -> Separation:
    """Cross-validate a classifier of case against background texts.

    Parameters
    ----------
    texts : Series of str, shape (n,)
        Plain descriptions.
    is_case : array of bool, shape (n,)
        Which belong to cases.
    event : array of int, shape (n,)
        Event of the case, or of the case whose background it is; never split over parts.
    what : str
        ``style`` (length, words, punctuation) or ``content`` (character 2- to 4-grams).

    Returns
    -------
    Separation
        AUC over held-out parts with a 95 % bootstrap interval over events.
    """
    data: np.ndarray
    if what == "style":
        model = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced", max_iter=1000))
        data = style(texts).to_numpy()
    else:
        words = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), min_df=2, sublinear_tf=True)
        model = make_pipeline(words, LogisticRegression(class_weight="balanced", C=3.0, max_iter=1000))
        data = texts.to_numpy()
    parts = GroupKFold(n_splits=5)
    score = cross_val_predict(model, data, is_case, groups=event, cv=parts, method="decision_function")
    auc = _auc(is_case, score)
    low, high = np.nanquantile(_resampled(is_case, score, event), [0.025, 0.975])
    return Separation(auc, float(low), float(high), int(is_case.sum()))


def _auc(truth: np.ndarray, score: np.ndarray, weight: np.ndarray | None = None) -> float:
    return float(roc_auc_score(truth, score, sample_weight=weight))


def _resampled(truth: np.ndarray, score: np.ndarray, event: np.ndarray) -> np.ndarray:
    _, place = np.unique(event, return_inverse=True)
    count = place.max() + 1
    generator = np.random.default_rng(1)
    aucs = np.full(DRAWS, np.nan)
    for draw in range(DRAWS):
        weight = generator.multinomial(count, np.full(count, 1 / count))[place]
        if weight[truth].sum() and weight[~truth].sum():
            aucs[draw] = _auc(truth, score, weight)
    return aucs
