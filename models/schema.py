"""The feature schema: how a feature frame becomes the one matrix a model sees.

A model is trained on and scores a plain ``float64`` matrix, never a frame: what each column of
that matrix is, is stored here and travels with the bundle. One feature gives one column, and a
category with many levels gives a second one, its *rarity*: ``log10(1 + training rows of that
level)``. Rarity lets a model treat a species or a lane it has hardly met as what it is, where the
level's own code says nothing. Both columns name the feature they come from, so a contribution
always belongs to one feature and one reason family.

Smoothed means of the label per level (out of fold) were tried instead and left out: on wildlife
import records they lowered average precision in all four ways of splitting (``docs/models.md``).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import numpy as np
import pandas as pd

from features.manifest.schema import COLUMNS
from features.registry import FAMILIES, Feature

KINDS = ("numeric", "categorical", "rarity")

#: A category gets a rarity column from this many levels on (before pooling).
MANY_LEVELS = 8

#: Party columns of the shipment table: a bundle holds no party names, so none can be a feature.
PARTY_COLUMNS = frozenset(
    c.name for c in COLUMNS if c.group == "parties" and (c.kind == "text" or c.name.endswith("_id"))
)


class SchemaError(ValueError):
    """A feature frame or a stored schema does not fit."""


@dataclass(frozen=True)
class EncodedColumn:
    """One column of the encoded matrix.

    Attributes
    ----------
    name : str
        Name of the encoded column (the feature's name; ``feature~rarity`` for its rarity).
    feature : str
        Column of the feature frame it is made from.
    family : str
        Reason family (key of `features.registry.FAMILIES`).
    kind : str
        ``numeric`` (as it is), ``categorical`` (code of the level) or ``rarity`` (number of
        training rows of the level, log10(1 + n)).
    monotone : int
        +1, 0 or -1: direction in which the model may use it.
    levels : tuple of str
        Stored levels, sorted; code ``i`` stands for ``levels[i]``. Empty for numbers.
    pooled : tuple of str
        Levels seen in training but too rare for a code of their own; they share the code
        ``len(levels)``.
    values : tuple of float
        Of a rarity: number per code, pooled levels last.
    """

    name: str
    feature: str
    family: str
    kind: str
    monotone: int = 0
    levels: tuple[str, ...] = ()
    pooled: tuple[str, ...] = ()
    values: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        """Check the column against the vocabulary of this module."""
        if self.kind not in KINDS:
            raise SchemaError(f"column {self.name!r}: unknown kind {self.kind!r}")
        if self.family not in FAMILIES:
            raise SchemaError(f"column {self.name!r}: unknown family {self.family!r}")
        if self.monotone not in (-1, 0, 1) or (self.kind == "categorical" and self.monotone):
            raise SchemaError(f"column {self.name!r}: monotone {self.monotone!r} is not possible")
        if len(set(self.levels) | set(self.pooled)) != len(self.levels) + len(self.pooled):
            raise SchemaError(f"column {self.name!r}: a level is listed twice")
        if self.kind == "rarity" and len(self.values) != len(self.levels) + 1:
            raise SchemaError(
                f"column {self.name!r}: one number per level and one for pooled levels expected"
            )


def codes(cells: pd.Series, column: EncodedColumn) -> np.ndarray:
    """Return the level codes of a column.

    Parameters
    ----------
    cells : Series, shape (n,)
        Text levels, missing as NaN.
    column : EncodedColumn

    Returns
    -------
    ndarray of int64, shape (n,)
        0 … L-1 stored level, L pooled, -1 missing, -2 never seen in training.
    """
    uniques_code, uniques = pd.factorize(cells.astype("str"), use_na_sentinel=True)
    place = {level: i for i, level in enumerate(column.levels)}
    place.update(dict.fromkeys(column.pooled, len(column.levels)))
    table = np.array([place.get(level, -2) for level in uniques] + [-1], dtype=np.int64)
    return table[uniques_code]


@dataclass(frozen=True)
class FeatureSchema:
    """Ordered columns of the encoded matrix.

    Attributes
    ----------
    columns : tuple of EncodedColumn
    """

    columns: tuple[EncodedColumn, ...] = field(default_factory=tuple)

    def __post_init__(self) -> None:
        """Refuse two columns of one name."""
        if len(set(self.names)) != len(self.columns):
            raise SchemaError("two encoded columns have the same name")

    def __len__(self) -> int:
        """Return the number of encoded columns p."""
        return len(self.columns)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the encoded columns, in matrix order."""
        return tuple(c.name for c in self.columns)

    @property
    def features(self) -> tuple[str, ...]:
        """Columns a feature frame must have, each once, in order."""
        return tuple(dict.fromkeys(c.feature for c in self.columns))

    @property
    def families(self) -> tuple[str, ...]:
        """Reason family per encoded column, in matrix order."""
        return tuple(c.family for c in self.columns)

    @property
    def categorical(self) -> tuple[int, ...]:
        """Positions of the code columns."""
        return tuple(i for i, c in enumerate(self.columns) if c.kind == "categorical")

    @property
    def monotone(self) -> tuple[int, ...]:
        """Monotone constraint per encoded column."""
        return tuple(c.monotone for c in self.columns)

    @classmethod
    def fit(cls, frame: pd.DataFrame, features: Sequence[Feature], *, minimum: int = 5) -> FeatureSchema:
        """Learn the levels of the categories; numbers need nothing learnt.

        Parameters
        ----------
        frame : DataFrame, shape (n, k)
            Training rows only.
        features : sequence of Feature
            What the model may see; order is kept.
        minimum : int, default 5
            A level on fewer training rows is pooled with the other rare ones.

        Raises
        ------
        SchemaError
            A feature is missing from the frame, or is a party's name, address or number.
        """
        _require(frame, [f.name for f in features])
        forbidden = sorted(PARTY_COLUMNS.intersection(f.name for f in features))
        if forbidden:
            raise SchemaError(f"a model must not hold names of parties: {', '.join(forbidden)}")
        return cls(tuple(c for f in features for c in _columns(frame[f.name], f, minimum)))

    def encode(self, frame: pd.DataFrame) -> np.ndarray:
        """Encode a feature frame.

        Parameters
        ----------
        frame : DataFrame, shape (n, k)
            Must hold `features`; other columns are ignored.

        Returns
        -------
        ndarray of float64, shape (n, p), C order
            Unseen and missing levels are NaN in code columns.

        Raises
        ------
        SchemaError
            A column is missing, or a numeric one holds something else than numbers.
        """
        _require(frame, self.features)
        out = np.empty((len(frame), len(self.columns)), dtype=np.float64)
        cache: dict[tuple[object, ...], np.ndarray] = {}
        for i, column in enumerate(self.columns):
            if column.kind == "numeric":
                out[:, i] = _numbers(frame[column.feature])
                continue
            key = (column.feature, column.levels, column.pooled)
            if key not in cache:
                cache[key] = codes(frame[column.feature], column)
            out[:, i] = _values(column)[cache[key]]
        return out

    def unseen(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the cells whose level was never seen in training.

        Returns
        -------
        DataFrame, shape (n, number of categories), bool
            Index of `frame`; one column per category.
        """
        _require(frame, self.features)
        return pd.DataFrame(
            {c.feature: codes(frame[c.feature], c) == -2 for c in self.columns if c.kind == "categorical"},
            index=frame.index,
        )

    def to_json(self) -> dict[str, Any]:
        """Return the schema as JSON-ready data (numbers that are not finite become null)."""
        return {"columns": [_plain(c) for c in self.columns]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> FeatureSchema:
        """Rebuild a schema from `to_json`'s data.

        Raises
        ------
        SchemaError
            The data are not a schema.
        """
        try:
            return cls(tuple(_rebuilt(entry) for entry in data["columns"]))
        except SchemaError:
            raise
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise SchemaError(f"not a feature schema: {error!r}") from error


def _require(frame: pd.DataFrame, names: Sequence[str]) -> None:
    absent = [name for name in names if name not in frame.columns]
    if absent:
        raise SchemaError(f"the feature frame lacks {len(absent)} column(s): {', '.join(absent[:20])}")


def _columns(cells: pd.Series, feature: Feature, minimum: int) -> list[EncodedColumn]:
    if feature.dtype != "category":
        return [EncodedColumn(feature.name, feature.name, feature.family, "numeric", feature.monotone)]
    counts = cells.astype("str").value_counts().sort_index()
    common = counts >= minimum
    levels = tuple(str(level) for level in counts.index[common])
    pooled = tuple(str(level) for level in counts.index[~common])
    code = EncodedColumn(feature.name, feature.name, feature.family, "categorical", 0, levels, pooled)
    if len(counts) < MANY_LEVELS:
        return [code]
    rare = float(counts[~common].mean()) if len(pooled) else 0.0
    values = tuple(float(v) for v in np.log10(1.0 + np.array([*counts[common], rare], dtype=float)))
    name = f"{feature.name}~rarity"
    return [code, EncodedColumn(name, feature.name, feature.family, "rarity", 0, levels, pooled, values)]


def _numbers(cells: pd.Series) -> np.ndarray:
    try:
        values = cells.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise SchemaError(f"column {cells.name!r} holds something that is not a number: {error}") from error
    return np.where(np.isfinite(values), values, np.nan)


def _values(column: EncodedColumn) -> np.ndarray:
    """Return encoded numbers by code, with -2 (unseen) and -1 (missing) at the end."""
    if column.kind == "rarity":
        return np.array([*column.values, 0.0, np.nan])
    pooled = float(len(column.levels)) if column.pooled else np.nan
    return np.array([*map(float, range(len(column.levels))), pooled, np.nan, np.nan])


def _plain(column: EncodedColumn) -> dict[str, Any]:
    return asdict(column)


def _rebuilt(entry: Mapping[str, Any]) -> EncodedColumn:
    known = {f.name for f in fields(EncodedColumn)}
    if set(entry) != known:
        raise SchemaError(f"a column has other entries than expected: {sorted(set(entry) ^ known)}")
    for key in ("name", "feature", "family", "kind"):
        if not isinstance(entry[key], str):
            raise SchemaError(f"{key} of a column is not text")
    if not all(isinstance(level, str) for level in [*entry["levels"], *entry["pooled"]]):
        raise SchemaError(f"column {entry['name']!r}: a level is not text")
    values = tuple(float(v) for v in entry["values"])
    if not all(map(math.isfinite, values)):
        raise SchemaError(f"column {entry['name']!r}: a number is not finite")
    return EncodedColumn(
        **{
            **entry,
            "monotone": int(entry["monotone"]),
            "levels": tuple(entry["levels"]),
            "pooled": tuple(entry["pooled"]),
            "values": values,
        }
    )
