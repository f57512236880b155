"""A head: one boosted model of one kind of find, and its calibration."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from models.calibration import Calibrator

if TYPE_CHECKING:
    from models.treeshap import TreeShap


@dataclass(frozen=True)
class Head:
    """One trained head.

    Attributes
    ----------
    name : str
        ``live_animals`` or ``wildlife_products``.
    text : str
        The model in LightGBM's text format: the master copy, nothing else is stored.
    calibrator : Calibrator
    facts : dict
        JSON-ready facts of its training (finds, rows, weighting, settings, rounds), for the card.
    """

    name: str
    text: str
    calibrator: Calibrator
    facts: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def trees(self) -> TreeShap:
        """The model ready to score (built once): training needs margins before there is a bundle.

        Raises
        ------
        ModelTextError
            The text is not a LightGBM model.
        """
        from models.treeshap import TreeShap

        return TreeShap(self.text)

    def margin(self, X: np.ndarray) -> np.ndarray:
        """Return raw margins (uncalibrated log-odds).

        Parameters
        ----------
        X : ndarray of float64, shape (n, p)
            Encoded by the schema the head was trained with.

        Returns
        -------
        ndarray, shape (n,)
            The same bits however the rows are cut into chunks.
        """
        return self.trees.margin(X)[0]
