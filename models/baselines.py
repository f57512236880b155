"""Baselines: what a simpler way of choosing would find, in the same table.

A baseline scores rows for a *target*: ``risk`` (any find) or the name of a head. ``fit`` gives a
`Scorer` from labelled training rows; nothing here sees the rows it is judged on.

================  ==============================================================================
name              what it does
================  ==============================================================================
``random``        a draw (a keyed hash of the shipment's number)
``scorecard``     points per red-flag indicator (``scorecard.csv``), no learning
``look_up``       smoothed find rate of goods × origin, falling back to goods, to origin, to all
``logistic``      logistic regression on the features, standardised and one-hot
``raw_lightgbm``  LightGBM as it comes, on the raw columns of the shipment table
================  ==============================================================================
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Protocol

import numpy as np
import pandas as pd

from features.manifest.schema import BY_NAME
from features.registry import Feature
from models.labels import HEADS
from models.schema import FeatureSchema

TARGETS: tuple[str, ...] = ("risk", *HEADS)
SMOOTHING = 20.0
#: Quantile of the training rows beyond which a number counts as a red flag.
EXTREME = 0.95
#: Flags that say the opposite of their indicator: a permit that is shown is not one that is missing.
_REASSURING = frozenset({"permit_declared"})


class Scorer(Protocol):
    """Anything that ranks shipments."""

    @property
    def name(self) -> str:
        """Name in the table."""
        ...

    def score(self, features: pd.DataFrame, table: pd.DataFrame, target: str) -> np.ndarray:
        """Return scores, shape (n,), higher is riskier."""
        ...


@dataclass(frozen=True)
class Examples:
    """Labelled training rows.

    Attributes
    ----------
    features : DataFrame, shape (n, k)
    table : DataFrame, shape (n, m)
    label : dict of str to ndarray, shape (n,)
        Per target 0 or 1.
    """

    features: pd.DataFrame
    table: pd.DataFrame
    label: dict[str, np.ndarray]


@dataclass(frozen=True)
class Random:
    """A draw, the same for the same shipment and seed."""

    seed: int = 0
    name: str = "random"

    def score(self, features: pd.DataFrame, table: pd.DataFrame, target: str) -> np.ndarray:
        """Return numbers in [0, 1) without relation to the shipment."""
        ids = table["shipment_id"].astype("str").fillna("").to_numpy(dtype=object)
        key = hashlib.sha256(f"random {self.seed}".encode()).hexdigest()[:16]
        return pd.util.hash_array(ids, hash_key=key, categorize=False) / 2.0**64


@cache
def points() -> dict[int, float]:
    """Return the points per indicator of the scorecard."""
    with files(__package__).joinpath("scorecard.csv").open("r", encoding="utf-8") as stream:
        table = pd.read_csv(stream)
    return {int(i): float(p) for i, p in zip(table["indicator"], table["points"], strict=True)}


@dataclass(frozen=True)
class Scorecard:
    """Points for every red flag that is up.

    A flag is up when it is 1 and that is not usual (`Feature.usual`: most parties have a legal form,
    many goods arrive at night); a count or number when it lies beyond the training rows' 95th
    percentile on the side its monotone constraint calls riskier. An indicator gives its points
    once, however many features compute it.

    Attributes
    ----------
    limits : dict of str to float
        Feature -> limit.
    signs : dict of str to int
        Feature -> +1 (above is riskier) or -1.
    indicators : dict of str to tuple of int
        Feature -> indicators.
    """

    limits: dict[str, float]
    signs: dict[str, int]
    indicators: dict[str, tuple[int, ...]]
    name: str = "scorecard"

    @classmethod
    def fit(cls, examples: Examples, features: Sequence[Feature]) -> Scorecard:
        """Take limits from the training rows; labels are not used."""
        limits, signs, indicators = {}, {}, {}
        for feature in features:
            numbered = tuple(i for i in feature.indicators if i in points())
            if not numbered or feature.dtype == "category" or feature.name not in examples.features:
                continue
            if feature.dtype == "flag":
                if not _is_red_flag(feature):
                    continue
                limit, sign = 0.5, 1
            elif feature.monotone == 0:
                continue
            else:
                sign = feature.monotone
                values = sign * examples.features[feature.name].to_numpy(dtype=np.float64)
                values = values[np.isfinite(values)]
                if len(values) == 0 or values.min() == values.max():
                    continue
                limit = float(np.quantile(values, EXTREME))
            limits[feature.name], signs[feature.name], indicators[feature.name] = limit, sign, numbered
        return cls(limits, signs, indicators)

    def score(self, features: pd.DataFrame, table: pd.DataFrame, target: str) -> np.ndarray:
        """Return the points of every shipment."""
        raised = {i: np.zeros(len(features), dtype=bool) for i in points()}
        for name, limit in self.limits.items():
            with np.errstate(invalid="ignore"):
                up = self.signs[name] * features[name].to_numpy(dtype=np.float64) > limit
            for indicator in self.indicators[name]:
                raised[indicator] |= up
        return sum((points()[i] * up for i, up in raised.items()), np.zeros(len(features)))


def _is_red_flag(feature: Feature) -> bool:
    """Return whether a flag that is up speaks for its indicators."""
    ordinary = feature.usual is not None and feature.usual[0] <= 1.0 <= feature.usual[1]
    return feature.monotone >= 0 and not ordinary and feature.name not in _REASSURING


def goods_key(table: pd.DataFrame) -> pd.Series:
    """Return the first heading (four digits) of a shipment, or its first word where it has none."""
    heading = table["hs_codes"].astype("str").str.extract(r"^\s*(\d{4})", expand=False)
    if heading.notna().all():
        return heading
    word = table["goods_description"].astype("str").str.upper().str.extract(r"(\w{3,})", expand=False)
    return heading.fillna(word)


@dataclass(frozen=True)
class LookUp:
    """Smoothed find rates of key combinations seen in training.

    Attributes
    ----------
    columns : tuple of str
        ``goods`` (see `goods_key`) or columns of the table or of the features.
    rates : dict of str to list of (Series, ...)
        Per target, one table of rates per level: all columns, then each alone; the last is the
        overall rate.
    """

    columns: tuple[str, ...]
    rates: dict[str, tuple[list[pd.Series], float]]
    name: str = "look_up"

    @classmethod
    def fit(cls, examples: Examples, columns: Sequence[str] = ("goods", "origin_country")) -> LookUp:
        """Count finds per combination, each level smoothed towards the one below it."""
        keys = _keys(examples.features, examples.table, columns)
        rates = {}
        for target in TARGETS:
            y = examples.label[target]
            prior = float((y.sum() + 0.5) / (len(y) + 1.0))
            rates[target] = ([_rates(key, y, prior) for key in keys], prior)
        return cls(tuple(columns), rates)

    def score(self, features: pd.DataFrame, table: pd.DataFrame, target: str) -> np.ndarray:
        """Return the rate of the finest combination that was seen."""
        tables, prior = self.rates[target]
        out = np.full(len(table), np.nan)
        for key, known in zip(_keys(features, table, self.columns), tables, strict=True):
            out = np.where(np.isnan(out), key.map(known).to_numpy(dtype=np.float64), out)
        return np.where(np.isnan(out), prior, out)


def _keys(features: pd.DataFrame, table: pd.DataFrame, columns: Sequence[str]) -> list[pd.Series]:
    single = []
    for name in columns:
        cells = goods_key(table) if name == "goods" else (table if name in table else features)[name]
        single.append(cells.astype("str").fillna("?"))
    if len(single) == 1:
        return single
    joined = single[0]
    for cells in single[1:]:
        joined = joined + "|" + cells
    return [joined, *single]


def _rates(key: pd.Series, y: np.ndarray, prior: float) -> pd.Series:
    counts = pd.Series(y, index=key.index).groupby(key).agg(["sum", "count"])
    return (counts["sum"] + SMOOTHING * prior) / (counts["count"] + SMOOTHING)


@dataclass(frozen=True)
class Logistic:
    """Logistic regression per target on standardised numbers and one-hot categories."""

    schema: FeatureSchema
    centre: np.ndarray
    scale: np.ndarray
    models: dict[str, Any]
    name: str = "logistic"

    @classmethod
    def fit(cls, examples: Examples, features: Sequence[Feature], *, strength: float = 0.3) -> Logistic:
        """Fit with an L2 penalty of 1/`strength`; a target with one class only gets no model."""
        from sklearn.linear_model import LogisticRegression

        schema = FeatureSchema.fit(examples.features, features)
        X = schema.encode(examples.features)
        numbers = X[:, _numeric(schema)]
        seen = np.isfinite(numbers)
        count = np.maximum(seen.sum(axis=0), 1)
        centre = np.where(seen, numbers, 0.0).sum(axis=0) / count
        spread = np.sqrt((np.where(seen, numbers - centre, 0.0) ** 2).sum(axis=0) / count)
        model = cls(schema, centre, np.where(spread > 0, spread, 1.0), {})
        design = model._design(X)
        for target in TARGETS:
            y = examples.label[target]
            if 0 < y.sum() < len(y):
                model.models[target] = LogisticRegression(C=strength, max_iter=500).fit(design, y)
        return model

    def _design(self, X: np.ndarray) -> Any:
        from scipy.sparse import csr_matrix, hstack

        numbers = (X[:, _numeric(self.schema)] - self.centre) / self.scale
        missing = ~np.isfinite(numbers)
        parts = [
            csr_matrix(np.where(missing, 0.0, np.clip(numbers, -10, 10))),
            csr_matrix(missing.astype(float)),
        ]
        for i in self.schema.categorical:
            levels = len(self.schema.columns[i].levels) + 1
            rows = np.flatnonzero(np.isfinite(X[:, i]))
            cells = (np.ones(len(rows)), (rows, X[rows, i].astype(int)))
            parts.append(csr_matrix(cells, shape=(len(X), levels)))
        return hstack(parts, format="csr")

    def score(self, features: pd.DataFrame, table: pd.DataFrame, target: str) -> np.ndarray:
        """Return log-odds."""
        if target not in self.models:
            return np.zeros(len(features))
        return self.models[target].decision_function(self._design(self.schema.encode(features)))


def _numeric(schema: FeatureSchema) -> list[int]:
    return [i for i, column in enumerate(schema.columns) if column.kind != "categorical"]


#: Groups of the shipment table that are no raw input: who it is, when, and what was found.
_NOT_RAW = ("identity", "time_place", "message", "changes", "outcome")


@dataclass(frozen=True)
class RawLightGBM:
    """LightGBM with its default settings on the raw columns, texts and codes as categories."""

    schema: FeatureSchema
    models: dict[str, Any]
    name: str = "raw_lightgbm"

    @classmethod
    def fit(cls, examples: Examples, *, seed: int = 0, columns: Sequence[str] | None = None) -> RawLightGBM:
        """Fit 100 trees of 31 leaves per target.

        Parameters
        ----------
        columns : sequence of str, optional
            Columns of the table to use; default every raw and local one.
        """
        import lightgbm

        raw = _raw(examples.table, columns)
        schema = FeatureSchema.fit(raw, [_raw_feature(raw[name]) for name in raw], minimum=1)
        # Rarity is an idea of ours, not of the default.
        schema = FeatureSchema(tuple(column for column in schema.columns if column.kind != "rarity"))
        X = schema.encode(raw)
        parameters = {"objective": "binary", "deterministic": True, "force_row_wise": True}
        parameters |= {"num_threads": 2, "seed": seed, "verbosity": -1}
        models = {}
        for target in TARGETS:
            y = examples.label[target]
            if 0 < y.sum() < len(y):
                data = lightgbm.Dataset(X, y, categorical_feature=list(schema.categorical))
                models[target] = lightgbm.train(parameters, data, num_boost_round=100)
        return cls(schema, models)

    def score(self, features: pd.DataFrame, table: pd.DataFrame, target: str) -> np.ndarray:
        """Return margins."""
        if target not in self.models:
            return np.zeros(len(table))
        raw = _raw(table, [c.feature.removeprefix("raw ") for c in self.schema.columns])
        return np.asarray(self.models[target].predict(self.schema.encode(raw), raw_score=True))


def _raw(table: pd.DataFrame, columns: Sequence[str] | None) -> pd.DataFrame:
    if columns is None:
        columns = [str(n) for n in table if n not in BY_NAME or BY_NAME[n].group not in _NOT_RAW]
    data: dict[str, pd.Series] = {}
    for name in columns:
        cells = table[name]
        if pd.api.types.is_bool_dtype(cells.dtype) or pd.api.types.is_numeric_dtype(cells.dtype):
            data[f"raw {name}"] = cells.astype("Float64").astype("float64")
        elif not pd.api.types.is_datetime64_any_dtype(cells.dtype):
            data[f"raw {name}"] = cells.astype("str")
    return pd.DataFrame(data, index=table.index)


def _raw_feature(cells: pd.Series) -> Feature:
    number = pd.api.types.is_numeric_dtype(cells.dtype)
    dtype = "number" if number else "category"
    return Feature(str(cells.name), "local", "raw column", dtype, "1", -np.inf, np.inf, "row", "")


def fit_all(
    examples: Examples,
    features: Sequence[Feature],
    *,
    seed: int = 0,
    look_up: Sequence[str] = ("goods", "origin_country"),
) -> list[Scorer]:
    """Fit every baseline, in the order of the table above."""
    return [
        Random(seed),
        Scorecard.fit(examples, features),
        LookUp.fit(examples, look_up),
        Logistic.fit(examples, features),
        RawLightGBM.fit(examples, seed=seed),
    ]
