"""A head: one boosted model of one kind of find, and its calibration."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from models.calibration import Calibrator


class HeadError(ValueError):
    """A head's model text cannot be built."""


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
    def booster(self) -> Any:
        """The LightGBM booster (built once).

        Raises
        ------
        HeadError
            The text is not a LightGBM model.
        """
        return parse_booster(self.text)

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
        if X.ndim != 2 or X.shape[1] != self.booster.num_feature():
            raise HeadError(
                f"{self.name}: expected {self.booster.num_feature()} columns, got shape {X.shape}"
            )
        if len(X) == 0:
            return np.zeros(0)
        return np.asarray(self.booster.predict(X, raw_score=True, num_threads=1), dtype=np.float64)


def parse_booster(text: str) -> Any:
    """Build a booster from LightGBM text.

    LightGBM's own parser trusts its input and can crash the process on a broken text, so the
    frame of the text is checked before it is handed over.

    Raises
    ------
    HeadError
    """
    import lightgbm

    if not text.startswith("tree\n") or "\nend of trees\n" not in text:
        raise HeadError("not a LightGBM model text, or cut off")
    _check_trees(text)
    try:
        return lightgbm.Booster(model_str=text)
    except (lightgbm.basic.LightGBMError, ValueError, TypeError) as error:
        raise HeadError(f"LightGBM cannot read the model: {error}") from error


def _check_trees(text: str) -> None:
    """Check that every tree has as many cells as it says, before C++ code relies on it."""
    header, *trees = text.split("\nend of trees\n", 1)[0].split("\nTree=")
    entries = dict(line.split("=", 1) for line in header.splitlines() if "=" in line)
    for key in ("version", "num_class", "num_tree_per_iteration", "max_feature_idx", "feature_names"):
        if key not in entries:
            raise HeadError(f"the model text lacks {key}")
    try:
        columns = int(entries["max_feature_idx"]) + 1
        for number, body in enumerate(trees):
            _check_tree(
                dict(line.split("=", 1) for line in body.splitlines() if "=" in line), columns, number
            )
    except (KeyError, ValueError) as error:
        raise HeadError(f"a tree of the model text is malformed: {error}") from error


def _check_tree(tree: dict[str, str], columns: int, number: int) -> None:
    leaves = int(tree["num_leaves"])
    if leaves < 1 or len(tree["leaf_value"].split()) != leaves:
        raise HeadError(f"tree {number}: {leaves} leaves stated, other number of values")
    if leaves == 1:
        return
    inner = leaves - 1
    for key in ("split_feature", "threshold", "decision_type", "left_child", "right_child"):
        if len(tree[key].split()) != inner:
            raise HeadError(f"tree {number}: {key} has not {inner} cells")
    if not all(0 <= int(cell) < columns for cell in tree["split_feature"].split()):
        raise HeadError(f"tree {number}: splits on a column that does not exist")
    children = [int(cell) for key in ("left_child", "right_child") for cell in tree[key].split()]
    # Each node and leaf but the root has exactly one parent: no loop, no index out of range.
    if sorted(children) != sorted([*range(1, inner), *range(-leaves, 0)]):
        raise HeadError(f"tree {number}: children do not form a tree")
    _check_categories(tree, number)


def _check_categories(tree: dict[str, str], number: int) -> None:
    count = int(tree.get("num_cat", "0"))
    categorical = [int(t) & 1 for t in tree["decision_type"].split()]
    if count == 0:
        if any(categorical):
            raise HeadError(f"tree {number}: categorical splits without categories")
        return
    bounds = [int(cell) for cell in tree["cat_boundaries"].split()]
    words = len(tree["cat_threshold"].split())
    if len(bounds) != count + 1 or bounds[0] != 0 or bounds[-1] != words or bounds != sorted(bounds):
        raise HeadError(f"tree {number}: category sets do not add up")
    thresholds = tree["threshold"].split()
    if any(is_cat and not 0 <= int(float(thresholds[i])) < count for i, is_cat in enumerate(categorical)):
        raise HeadError(f"tree {number}: a categorical split names no category set")
