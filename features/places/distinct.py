"""Distinct combinations of several columns of positions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.places.gazetteer import Ints


def distinct(columns: Sequence[npt.NDArray[np.int64]]) -> tuple[Ints, Ints]:
    """Find the distinct combinations of integer columns.

    Parameters
    ----------
    columns : sequence of int array, shape (n,)
        Values of -1 and more.

    Returns
    -------
    rows : int array, shape (u,)
        One row of each combination, in the order of their first appearance.
    inverse : int array, shape (n,)
        Combination of each row: ``rows[inverse]`` has the same values as each row.
    """
    codes = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        # Codes stay below n and columns below their maximum, so the product never overflows.
        size = int(column.max(initial=-1)) + 2
        codes = np.asarray(pd.factorize(codes * size + (column + 1))[0], dtype=np.int64)
    _, rows = np.unique(codes, return_index=True)
    return rows, codes
