"""The registry: one entry for every feature and every fact a sentence quotes.

A *feature* is a column the models see. A *fact* is a column that is only quoted in sentences
(the usual range a value is compared with). Each evidence module declares its own ``FEATURES``
and ``FACTS`` with `Entries`, computes its columns and hands them on through `tabulate`;
`features.matrix` collects them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

#: Reason families: what an officer reads as one reason. Key -> title.
FAMILIES: dict[str, str] = {
    "goods": "Goods",
    "words": "Words in the description",
    "route": "Route",
    "quantity": "Weights and values",
    "party": "Parties",
    "record": "Earlier finds and inspections",
    "documents": "Documents and handling",
    "equipment": "Container and equipment",
    "siblings": "Sibling shipments",
    "timing": "Timing",
    "local": "Local columns",
}

KNOWN = ("row", "context", "history")


@dataclass(frozen=True)
class Feature:
    """One column of the feature matrix.

    Attributes
    ----------
    name : str
        Column name, ``snake_case``.
    family : str
        Key of `FAMILIES`: the reason its contribution is summed into.
    meaning : str
        What it measures, in one line, precise enough to recompute.
    dtype : str
        ``flag`` (0/1), ``count`` (whole numbers), ``number`` or ``category`` (text levels).
    unit : str
        Unit (``kg``, ``days``, ``ratio``, ``log10 USD/kg``), ``1`` for none.
    low, high : float
        Inclusive range of finite values.
    known : str
        ``row`` (the shipment alone), ``context`` (the same manifest or master) or ``history``
        (strictly earlier rows).
    indicators : tuple of int
        Numbers of the red-flag indicators it computes (``docs/features.md`` lists them).
    sentence : str
        English template of the reason; ``{name}`` fields are features, facts or columns of the
        shipment table. For flags and counts: the sentence when it is not zero.
    sentence_zero : str
        Template when a flag or count is zero; empty means it is not worth a sentence.
    sentence_missing : str
        Template when the value is missing; empty means it is not worth a sentence.
    sentence_below : str
        Template when a number lies under ``below`` (the other sign, the low end of a scale); empty
        means ``sentence`` serves there too. ``sentence_zero`` of a number serves at exactly zero.
    below : float
        Where ``sentence_below`` begins.
    usual : tuple of (float, float) or None
        Inclusive range of values that are nothing special; a value outside is notable and told
        first. None: 0 for flags and counts, and no value of a number or category is notable.
    background : bool
        Nothing an officer can check or act on (the season, the region): told only where nothing
        else is.
    topic : str
        Features of one topic say nearly the same; one of them is told. Empty: its own topic.
    monotone : int
        +1 where more must never mean less risk, -1 the reverse, 0 free.
    uses_country : bool
        Depends on a country or place of the goods (left out of the country-free variant).
    """

    name: str
    family: str
    meaning: str
    dtype: str
    unit: str
    low: float
    high: float
    known: str
    sentence: str
    sentence_zero: str = ""
    sentence_missing: str = ""
    sentence_below: str = ""
    below: float = 0.0
    usual: tuple[float, float] | None = None
    background: bool = False
    topic: str = ""
    indicators: tuple[int, ...] = ()
    monotone: int = 0
    uses_country: bool = False

    def __post_init__(self) -> None:
        """Check the entry against the registry's vocabulary."""
        if self.family not in FAMILIES:
            raise ValueError(f"{self.name}: unknown family {self.family!r}")
        if self.known not in KNOWN:
            raise ValueError(f"{self.name}: unknown known {self.known!r}")
        if self.dtype not in ("flag", "count", "number", "category"):
            raise ValueError(f"{self.name}: unknown dtype {self.dtype!r}")
        if self.dtype != "category" and not self.low <= self.high:
            raise ValueError(f"{self.name}: empty range")

    @property
    def stored(self) -> str:
        """Return the pandas dtype of its column: ``str`` for categories, else ``float64``."""
        return "str" if self.dtype == "category" else "float64"


@dataclass(frozen=True)
class Fact:
    """A column quoted in sentences and kept in score records, never seen by a model."""

    name: str
    meaning: str
    unit: str = "1"
    dtype: str = "number"  # or "text"

    @property
    def stored(self) -> str:
        """Return the pandas dtype of its column: ``str`` for texts, else ``float64``."""
        return "str" if self.dtype == "text" else "float64"


def category(name: str, family: str, meaning: str, sentence: str, **more: object) -> Feature:
    """Return a `Feature` of dtype ``category`` (no numeric range)."""
    return Feature(
        name=name,
        family=family,
        meaning=meaning,
        dtype="category",
        unit="1",
        low=-math.inf,
        high=math.inf,
        sentence=sentence,
        **{"known": "row", **more},  # type: ignore[arg-type]
    )


@dataclass(frozen=True)
class Entries:
    """Makes the features of one reason family, so that each entry says only what is its own.

    Every method takes name, meaning and sentence, and as keywords any other field of `Feature`.

    Attributes
    ----------
    family, known : str
        As in `Feature`; the same for all entries made.
    indicators : tuple of int
        For entries that name none of their own.
    """

    family: str
    known: str = "row"
    indicators: tuple[int, ...] = ()

    def flag(self, name: str, meaning: str, sentence: str, **more: Any) -> Feature:
        """Return a feature that is 0 or 1."""
        return self._entry("flag", name, meaning, sentence, unit="1", low=0.0, high=1.0, **more)

    def count(self, name: str, meaning: str, sentence: str, *, high: float, **more: Any) -> Feature:
        """Return a feature of whole numbers from 0 to `high`."""
        return self._entry("count", name, meaning, sentence, unit="1", low=0.0, high=high, **more)

    def number(
        self, name: str, meaning: str, sentence: str, *, unit: str, low: float, high: float, **more: Any
    ) -> Feature:
        """Return a feature on a scale from `low` to `high`, in `unit`."""
        return self._entry("number", name, meaning, sentence, unit=unit, low=low, high=high, **more)

    def category(self, name: str, meaning: str, sentence: str, **more: Any) -> Feature:
        """Return a feature of text levels."""
        return category(name, self.family, meaning, sentence, **self._shared(more))

    def _entry(self, dtype: str, name: str, meaning: str, sentence: str, **more: Any) -> Feature:
        return Feature(
            name=name,
            family=self.family,
            meaning=meaning,
            dtype=dtype,
            sentence=sentence,
            **self._shared(more),
        )

    def _shared(self, more: dict[str, Any]) -> dict[str, Any]:
        return {"known": self.known, "indicators": self.indicators, **more}


def tabulate(
    columns: Mapping[str, Any], features: Sequence[Feature], facts: Sequence[Fact], index: pd.Index
) -> pd.DataFrame:
    """Return computed columns as every evidence module hands them on.

    Parameters
    ----------
    columns : mapping
        One array or Series of shape (n,) per feature and fact (on `index`, where it has one).
    features, facts : sequence
        The module's registry entries.
    index : Index, length n

    Returns
    -------
    DataFrame, shape (n, len(features) + len(facts))
        In the order of the registry, with the dtypes it states, numbers limited to their ranges.

    Raises
    ------
    KeyError
        If a registered column was not computed.
    """
    entries: tuple[Feature | Fact, ...] = (*features, *facts)
    data: dict[str, pd.Series] = {}
    for entry in entries:
        values = pd.Series(columns[entry.name], index=index, dtype=entry.stored)
        if isinstance(entry, Feature) and entry.stored == "float64":
            values = pd.Series(np.clip(values.to_numpy(), entry.low, entry.high), index=index)
        data[entry.name] = values
    return pd.DataFrame(data, index=index)
