"""Hashes that last: the same text gives the same number in every run, on every machine.

For ties, draws and grouping that must not hang on the order of rows, on other rows or on Python's
randomised ``hash``. Anyone can compute these numbers: a draw that nobody may foresee needs a secret
(`risk.triage.stable_hash`), a digest that proves a content needs SHA-256, and keys kept in a port's
state folder have their own (`features.parties.identity.keys`), which must never change.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd


def hash64(texts: pd.Series | npt.NDArray[np.object_]) -> npt.NDArray[np.uint64]:
    """Return 64 bits per text: SipHash of its UTF-8 bytes under a fixed key (`pandas.util.hash_array`).

    Parameters
    ----------
    texts : Series or array of str, shape (n,)
        Missing values all give the largest number, 2**64 - 1.

    Returns
    -------
    ndarray of uint64, shape (n,)
        Each depends on its own text alone. Different texts may share a number: of a million, two
        do with a chance of 1 in 37 million.
    """
    return pd.util.hash_array(np.asarray(texts, dtype=object), categorize=True)


def uniform(texts: pd.Series, salt: str) -> npt.NDArray[np.float64]:
    """Return a number in [0, 1) per text, a draw of its own for every salt.

    Parameters
    ----------
    texts : Series of str, shape (n,)
    salt : str
        What the draw is for; the same text and salt give the same number.

    Returns
    -------
    ndarray of float64, shape (n,)
        Multiples of 2**-53.
    """
    return (hash64(salt + " " + texts.astype("str")) >> np.uint64(11)).astype("float64") / 2.0**53
