"""The assembled matrix: every feature and fact of a batch of shipments."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from types import ModuleType

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.history import Timeline
from features.registry import Entries, Fact, Feature, tabulate
from features.view import View

#: Modules of evidence on the shipment itself and its manifest; ``record`` is the history.
EVIDENCE: tuple[str, ...] = (
    "goods",
    "words",
    "route",
    "quantity",
    "party",
    "documents",
    "equipment",
    "siblings",
    "timing",
)
HISTORY = "record"


@cache
def _module(name: str) -> ModuleType:
    return import_module(f"features.evidence.{name}")


@cache
def features() -> tuple[Feature, ...]:
    """Return the registry: every feature, in the order of the matrix.

    Raises
    ------
    ValueError
        If two modules declare the same name.
    """
    entries = tuple(f for name in (*EVIDENCE, HISTORY) for f in _module(name).FEATURES)
    _unique([f.name for f in entries] + [f.name for f in facts()])
    return entries


@cache
def facts() -> tuple[Fact, ...]:
    """Return every fact that a sentence may quote, in the order of the matrix."""
    return tuple(f for name in (*EVIDENCE, HISTORY) for f in _module(name).FACTS)


def local_features(extra: Mapping[str, Sequence[str]] | None) -> tuple[Feature, ...]:
    """Return registry entries for the local columns a mapping file names under ``[extra]``.

    Parameters
    ----------
    extra : mapping or None
        ``{"categorical": [...], "numeric": [...]}``.
    """
    if not extra:
        return ()
    local = Entries("local")
    entries = [
        local.category(name, f"Local column {name}", f"{name} is {{{name}}}")
        for name in extra.get("categorical", ())
    ]
    entries += [
        local.number(
            name, f"Local column {name}", f"{name} is {{{name}}}", unit="1", low=-math.inf, high=math.inf
        )
        for name in extra.get("numeric", ())
    ]
    _unique([e.name for e in entries] + [f.name for f in features()])
    return tuple(entries)


def build(
    view: View,
    timeline: Timeline | None = None,
    *,
    rows: npt.NDArray[np.intp] | None = None,
    extra: Mapping[str, Sequence[str]] | None = None,
) -> pd.DataFrame:
    """Compute all features and facts.

    Parameters
    ----------
    view : View, n shipments
        Whole manifests: context features look at a shipment's siblings.
    timeline : Timeline, optional
        The port's past and this batch's own events. Without it every history feature is missing.
    rows : array of int, shape (m,), optional
        Positions to compute; all when not given. Context is still taken from the whole view.
    extra : mapping, optional
        Local columns to pass through as features (see `local_features`).

    Returns
    -------
    DataFrame, shape (m, features + facts)
        Index 0..m-1. Numbers are float64 (missing NaN), categories and text facts ``str``.
    """
    picked = view if rows is None else view.take(rows)
    parts = []
    for name in EVIDENCE:
        module = _module(name)
        if rows is not None and any(f.known == "context" for f in module.FEATURES):
            parts.append(module.compute(view).iloc[rows].reset_index(drop=True))
        else:
            parts.append(module.compute(picked))
    parts.append(_history(picked, timeline))
    parts.extend(_local(picked.table, entry) for entry in local_features(extra))
    return pd.concat(parts, axis=1)


def _history(view: View, timeline: Timeline | None) -> pd.DataFrame:
    if timeline is not None:
        return timeline.lookup(view).reset_index(drop=True)
    record = _module(HISTORY)
    nothing: dict[str, object] = dict.fromkeys((f.name for f in (*record.FEATURES, *record.FACTS)), np.nan)
    # "No record of earlier shipments" must not read as a finding where no record was looked at.
    nothing |= dict.fromkeys((f"{kind}_unknown" for kind in record.KINDS), "no past is given")
    return tabulate(nothing, record.FEATURES, record.FACTS, view.table.index)


def _local(table: pd.DataFrame, entry: Feature) -> pd.Series:
    column = table[entry.name] if entry.name in table else pd.Series(np.nan, index=table.index)
    if entry.dtype == "category":
        return column.astype("str").rename(entry.name)
    return pd.to_numeric(column, errors="coerce").astype("float64").rename(entry.name)


def _unique(names: list[str]) -> None:
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise ValueError(f"declared more than once in the registry: {', '.join(twice)}")
