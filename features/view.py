"""The shipment table with its goods and places identified, once for all evidence modules."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from features import goods, places
from features.manifest import schema


@dataclass(frozen=True)
class View:
    """A batch of shipments, ready for the evidence modules.

    Attributes
    ----------
    table : DataFrame, shape (n, k)
        Complete shipment table (plus local extra columns), ``RangeIndex``.
    goods : DataFrame, shape (n, ...)
        What the goods are (`features.goods.identify`).
    route : DataFrame, shape (n, ...)
        Where they come from and go (`features.places.resolve`).
    """

    table: pd.DataFrame
    goods: pd.DataFrame
    route: pd.DataFrame

    def __len__(self) -> int:
        """Return the number of shipments."""
        return len(self.table)

    def take(self, rows: npt.NDArray[np.bool_] | npt.NDArray[np.intp]) -> View:
        """Return the view of some rows (a boolean mask or positions), index renewed."""
        frames = (self.table, self.goods, self.route)
        return View(*(frame.loc[rows].reset_index(drop=True) for frame in frames))


def prepare(table: pd.DataFrame) -> View:
    """Identify goods and places of a shipment table.

    Parameters
    ----------
    table : DataFrame, shape (n, k)
        Shipment table; missing canonical columns are added.
    """
    table = schema.complete(table).reset_index(drop=True)
    return View(table=table, goods=goods.identify(table), route=places.resolve(table))
