"""Boosted trees for few finds: settings, rounds, fits.

Heads are small (at most 300 trees of 31 leaves, depth 6): depth is what exact explanations cost.
Settings differ in how much one find may move a leaf and how far a rare level is trusted; which
suits a port's data is chosen on rows later than those trained on. The number of rounds is where the
average precision, smoothed over neighbouring rounds, is highest: with a dozen finds to judge by,
the highest single round is luck.

Some settings grow a *trunk* first: trees that tell any find from none, on which both heads then
grow their own. Where each head has a dozen finds the trunk has two dozen; on wildlife import
records it raised average precision of these settings in eleven of twelve comparisons. The result
is one ordinary model per head, trunk included.

With few finds settings are not compared, which then is drawing lots (`FEW`), but *blended*: the mean of
four models grown differently, which is again one ordinary model. And in place of a trunk its heads
*borrow*: a find of the other kind counts in part as a find. What hides animals and what hides products have
much in common, and a dozen finds cannot show what they have not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.averaging import average
from models.metrics import average_precision
from models.schema import FeatureSchema

ROUNDS = 300
PATIENCE = 75
SMOOTH = 15
THREADS = 2

_COMMON: dict[str, Any] = {
    "objective": "binary",
    "metric": "None",
    "learning_rate": 0.05,
    "max_depth": 6,
    "max_bin": 255,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": THREADS,
    "monotone_constraints_method": "intermediate",
    "verbosity": -1,
}

#: Rounds of the trunk, where settings have one (at most half of all rounds).
TRUNK = 150

#: Name -> what differs. `bold`, `sparse`, `random` were the best of a dozen tried on wildlife import
#: records split by day and by year; `steady`, `wide` and `eager` are for more rows and finds.
SETTINGS: dict[str, dict[str, Any]] = {
    "steady": {"num_leaves": 15, "min_data_in_leaf": 20, "feature_fraction": 0.5, "lambda_l2": 5.0}
    | {"path_smooth": 5.0, "cat_smooth": 20.0, "cat_l2": 20.0, "min_data_per_group": 20},
    "bold": {"num_leaves": 31, "min_data_in_leaf": 5, "feature_fraction": 0.4, "lambda_l2": 1.0}
    | {"path_smooth": 2.0, "cat_smooth": 10.0, "cat_l2": 10.0, "min_data_per_group": 10},
    "random": {"num_leaves": 31, "min_data_in_leaf": 3, "feature_fraction": 0.3, "lambda_l2": 1.0}
    | {"path_smooth": 1.0, "cat_smooth": 1.0, "cat_l2": 1.0, "min_data_per_group": 1, "extra_trees": True},
    "sparse": {"num_leaves": 8, "min_data_in_leaf": 20, "feature_fraction": 0.3, "lambda_l2": 10.0}
    | {"path_smooth": 5.0, "cat_smooth": 10.0, "cat_l2": 10.0, "min_data_per_group": 10, "extra_trees": True},
    "wide": {"num_leaves": 31, "min_data_in_leaf": 50, "feature_fraction": 0.3, "lambda_l2": 10.0}
    | {"path_smooth": 10.0, "cat_smooth": 30.0, "cat_l2": 20.0, "min_data_per_group": 50}
    | {"bagging_fraction": 0.8, "bagging_freq": 1},
    "eager": {"num_leaves": 31, "learning_rate": 0.1, "min_data_in_leaf": 20, "feature_fraction": 0.5}
    | {"lambda_l2": 5.0, "path_smooth": 1.0, "cat_smooth": 10.0, "cat_l2": 10.0, "min_data_per_group": 20},
}

#: Settings that grow a trunk.
WITH_TRUNK = frozenset({"sparse", "random"})

#: The mean of models of these settings, each with its share of all rounds and a rate to match.
BLEND = "blend"
BLENDED: tuple[str, ...] = ("random", "random", "bold", "steady")
BLEND_RATE = 0.1
#: Share of a find of the other kind that counts as a find, in the blend.
BORROWED = 0.3

#: With fewer finds to judge by the blend is taken (``docs/models.md``). One window of later rows is a
#: stricter judge than held-back days, which hold every find.
FEW = 40
FEW_IN_FOLDS = 300


@dataclass(frozen=True)
class LabelledRows:
    """Encoded rows of one head.

    Attributes
    ----------
    X : ndarray of float64, shape (n, p)
    y : ndarray of float64, shape (n,)
        0 or 1.
    any_find : ndarray of float64, shape (n,)
        0 or 1: a find of any head.
    weight : ndarray of float64, shape (n,)
        What a row weighs in training, above 0.
    """

    X: np.ndarray
    y: np.ndarray
    any_find: np.ndarray
    weight: np.ndarray

    def take(self, rows: np.ndarray) -> LabelledRows:
        """Return some rows (mask or positions)."""
        return LabelledRows(self.X[rows], self.y[rows], self.any_find[rows], self.weight[rows])


@dataclass(frozen=True)
class Fold:
    """Rows to learn from and rows to judge by; ``judge`` weighs the latter, ``finds`` counts theirs."""

    train: LabelledRows
    valid: LabelledRows
    judge: np.ndarray
    finds: int


@dataclass(frozen=True)
class Choice:
    """What came out best: settings, rounds (on top of the trunk), smoothed average precision."""

    settings: str
    rounds: int
    average_precision: float


def fit(rows: LabelledRows, schema: FeatureSchema, choice: Choice, *, seed: int, rounds: int = ROUNDS) -> Any:
    """Fit a booster.

    Parameters
    ----------
    rows : LabelledRows
    schema : FeatureSchema
    choice : Choice
        Settings and number of rounds (of the blend: of each of its members).
    seed : int
    rounds : int
        Most trees of the model; bounds the trunk.

    Returns
    -------
    lightgbm.Booster
        The same text for the same rows, choice and seed.
    """
    import lightgbm

    if choice.settings == BLEND:
        return lightgbm.Booster(model_str=_blended(rows, schema, choice.rounds, seed))
    return lightgbm.train(
        _parameters(schema, choice.settings, seed),
        _dataset(rows, rows.y, schema, choice.settings, seed),
        num_boost_round=choice.rounds,
        init_model=_trunk(rows, schema, choice.settings, seed, rounds),
    )


def _blended(rows: LabelledRows, schema: FeatureSchema, rounds: int, seed: int) -> str:
    """Return the text of the blend: its members differ in settings and seed."""
    import lightgbm

    rows, texts = _borrowing(rows), []
    for position, name in enumerate(BLENDED):
        parameters = _parameters(schema, name, seed + position) | {"learning_rate": BLEND_RATE}
        data = _dataset(rows, rows.y, schema, name, seed + position)
        texts.append(lightgbm.train(parameters, data, num_boost_round=rounds).model_to_string())
    return average(texts)


def _borrowing(rows: LabelledRows) -> LabelledRows:
    """Return the rows with finds of the other kind as a part clean, a part find."""
    other = (rows.any_find == 1) & (rows.y == 0)
    part = rows.take(other)
    return LabelledRows(
        X=np.concatenate([rows.X, part.X]),
        y=np.concatenate([rows.y, np.ones(len(part.y))]),
        any_find=np.concatenate([rows.any_find, part.any_find]),
        weight=np.concatenate([np.where(other, 1 - BORROWED, 1.0) * rows.weight, BORROWED * part.weight]),
    )


def curve(fold: Fold, schema: FeatureSchema, settings: str, *, seed: int, rounds: int = ROUNDS) -> np.ndarray:
    """Return average precision on the fold's later rows after each round on top of the trunk.

    Stops after `PATIENCE` rounds without gain; the last value then stands for the rest.

    Returns
    -------
    ndarray, shape (rounds,) or, with a trunk, (rounds - trunk,)
    """
    import lightgbm

    values: list[float] = []

    def judge(score: np.ndarray, _: Any) -> tuple[str, float, bool]:
        values.append(average_precision(fold.valid.y, score, fold.judge))
        return "average_precision", values[-1], True

    train = _dataset(fold.train, fold.train.y, schema, settings, seed)
    valid = train.create_valid(fold.valid.X, fold.valid.y)
    own = rounds - _trunk_rounds(settings, rounds)
    lightgbm.train(
        _parameters(schema, settings, seed),
        train,
        num_boost_round=own,
        valid_sets=[valid],
        feval=judge,
        init_model=_trunk(fold.train, schema, settings, seed, rounds),
        callbacks=[lightgbm.early_stopping(PATIENCE, verbose=False)],
    )
    return np.array(values + [values[-1]] * (own - len(values)))


def _trunk_rounds(settings: str, rounds: int) -> int:
    return min(TRUNK, rounds // 2) if settings in WITH_TRUNK else 0


def _trunk(rows: LabelledRows, schema: FeatureSchema, settings: str, seed: int, rounds: int) -> Any:
    """Fit the trees both heads stand on, or return None where the settings have none."""
    import lightgbm

    count = _trunk_rounds(settings, rounds)
    if count == 0:
        return None
    return lightgbm.train(
        _parameters(schema, settings, seed),
        _dataset(rows, rows.any_find, schema, settings, seed),
        num_boost_round=count,
    )


def few(folds: Sequence[Fold], settings: Sequence[str]) -> bool:
    """Return whether the folds hold too few finds to choose among settings (never, if one name is given)."""
    judged = sum(fold.finds for fold in folds)
    return len(settings) > 1 and judged < (FEW if len(folds) == 1 else FEW_IN_FOLDS)


def choose(
    folds: Sequence[Fold], schema: FeatureSchema, settings: Sequence[str], *, seed: int, rounds: int = ROUNDS
) -> tuple[Choice, dict[str, Choice]]:
    """Choose settings and rounds by average precision on the folds' judged rows.

    Where there are too `few` finds the blend is taken, with a fixed number of rounds, and nothing tried.

    Returns
    -------
    Choice
        The best.
    dict of str to Choice
        All that were tried.
    """
    if few(folds, settings):
        return Choice(BLEND, max(1, rounds // len(BLENDED)), np.nan), {}
    tried = {}
    for name in settings:
        mean = np.mean([curve(fold, schema, name, seed=seed, rounds=rounds) for fold in folds], axis=0)
        smooth = _smooth(mean)
        best = int(np.argmax(smooth))
        tried[name] = Choice(name, best + 1, float(smooth[best]))
    return max(tried.values(), key=lambda c: c.average_precision), tried


def _smooth(values: np.ndarray) -> np.ndarray:
    """Return a centred moving mean over `SMOOTH` rounds (fewer at the ends)."""
    kernel = np.ones(min(SMOOTH, len(values)))
    total = np.convolve(values, kernel, mode="same")
    return total / np.convolve(np.ones(len(values)), kernel, mode="same")


def _parameters(schema: FeatureSchema, settings: str, seed: int) -> dict[str, Any]:
    parameters = {**_COMMON, **SETTINGS[settings], "seed": seed}
    if any(schema.monotone):
        parameters["monotone_constraints"] = list(schema.monotone)
    else:
        del parameters["monotone_constraints_method"]
    return parameters


def _dataset(rows: LabelledRows, y: np.ndarray, schema: FeatureSchema, settings: str, seed: int) -> Any:
    import lightgbm

    return lightgbm.Dataset(
        rows.X,
        y,
        weight=rows.weight,
        categorical_feature=list(schema.categorical),
        params=_parameters(schema, settings, seed),
        free_raw_data=False,
    )
