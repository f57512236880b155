"""Hiding the past on part of the days, so that a model also learns to rank on a port's first day."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd

from features.evidence import record


def hide_history(frame: pd.DataFrame, days: np.ndarray | pd.Series, share: float, seed: int) -> pd.DataFrame:
    """Return a feature matrix with the past set to missing on a share of the days.

    Which days are hidden depends on the day and the seed alone, so a day is hidden as a whole and
    in every file alike.

    Parameters
    ----------
    frame : DataFrame, shape (n, p)
        Features and facts; history columns that are not there are passed over.
    days : datetime array, shape (n,)
        When each shipment was known; missing times are never hidden.
    share : float
        Share of days to hide, 0 to 1.
    seed : int

    Raises
    ------
    ValueError
        If `share` is not between 0 and 1.
    """
    if not 0.0 <= share <= 1.0:
        raise ValueError(f"share must lie between 0 and 1, not {share}")
    day = pd.Series(np.asarray(days)).astype("datetime64[us]").dt.floor("D")
    codes, distinct = pd.factorize(day)
    drawn = np.array(
        [_uniform(str(moment.date()), seed) < share for moment in pd.DatetimeIndex(distinct)] + [False]
    )
    hidden = drawn[codes]
    out = frame.copy()
    numbers = [f.name for f in record.FEATURES if f.name in frame]
    out.loc[hidden, numbers] = np.nan
    reasons = [f.name for f in record.FACTS if f.name.endswith("_unknown") and f.name in frame]
    out.loc[hidden, reasons] = "the past was left out on this day"
    return out


def _uniform(text: str, seed: int) -> float:
    digest = hashlib.blake2b(f"{seed}|{text}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2.0**64
