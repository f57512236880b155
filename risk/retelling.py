"""Reasons kept as records, told again in the language of who looks at them.

A batch is told once, in the port's language; the records of its reasons (`risk.reasons.Reason`), kept as
data, hold all that a sentence quotes, so that they can be told in any language later without the model, the
features or the manifest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import pandas as pd

from features import matrix
from features.registry import FAMILIES, Feature
from risk import sentences
from risk.reasons import SLIGHT

Record = Mapping[str, Any]


def told(
    records: Sequence[Record], count: int, language: str, *, first: int | None = None, zone: str = ""
) -> list[str]:
    """Return the first reasons of a shipment in words, as `risk.reasons.Words.texts` tells them.

    Parameters
    ----------
    records : sequence of mappings
        All reasons of one shipment (the fields of `risk.reasons.Reason`), in any order.
    count : int
        How many to tell.
    language : str
        One of `risk.language.LANGUAGES`.
    first : int, optional
        Tell only so many of them, the first: each takes its time.
    zone : str
        Tell times in this time zone; empty: in UTC.

    Returns
    -------
    list of str
        What raises the risk before what lowers it; one sentence that says so where nothing stands out.
    """
    if count < 1:
        return []
    ranked = sorted(records, key=lambda record: (*_later(record), list(FAMILIES).index(record["family"])))
    raising = [each for each in ranked if each["contribution"] >= SLIGHT]
    lowering = [each for each in ranked if each["contribution"] <= -SLIGHT]
    kept = 0 if count < 2 else max(1, count // 4)
    against = min(len(lowering), max(kept, count - len(raising)))
    chosen = [*raising[: count - against], *lowering[:against]]
    return [sentence(each, language, zone) for each in chosen[:first]] or [
        sentences.words(language)["average"]
    ]


def ordered(records: Sequence[Record], language: str, zone: str = "") -> list[str]:
    """Return all of some reasons of one direction in words, in the order in which a list tells them."""
    ranked = sorted(records, key=lambda record: (*_later(record), list(FAMILIES).index(record["family"])))
    return [sentence(each, language, zone, marked=False) for each in ranked]


def _later(record: Record) -> tuple[bool, float]:
    return not _checkable(record), -abs(record["contribution"])


def _checkable(record: Record) -> bool:
    """Tell whether a reason tells more than background (see `risk.reasons`)."""
    if not record["features"]:
        return False
    name = record["features"][0]
    if str(record["sentence_keys"][0]).endswith(".missing"):
        return False
    feature = _features().get(name)
    if feature is None or not feature.background:
        return True
    return bool(sentences.notable(pd.Series([record["values"].get(name)]), feature)[0])


def sentence(record: Record, language: str, zone: str = "", *, marked: bool = True) -> str:
    """Return one reason in words, and (``marked``) whether it speaks against opening."""
    words = sentences.words(language)
    against = words["against"] if marked and record["contribution"] < 0.0 else ""
    parts = [
        text
        for key in record["sentence_keys"]
        if (text := _filled(str(key), record["values"], language, zone))
    ]
    if not parts:
        raises = record["contribution"] > 0.0
        return against + sentences.general(record["family"], raises=raises, language=language)
    whole = parts[0]
    for part in parts[1:]:
        whole = sentences.merge(whole, part, language) if part != whole else whole
    return against + whole


def _filled(key: str, values: Mapping[str, Any], language: str, zone: str) -> str:
    """Return the sentence of a key with what it quotes."""
    state = next((ending for ending in sentences.STATES[1:] if key.endswith(ending)), "")
    name = key.removesuffix(state) if state else key
    feature = _features().get(name) or _local(name, values.get(name))
    text = sentences.templates(feature)[sentences.STATES.index(state)]
    if not text:
        return ""

    def source(field: str) -> pd.Series:
        return pd.Series([values.get(field)])

    fields = _kinds() if name in _features() else _kinds() | sentences.fields([feature], ())
    kinds = sentences.judged(fields, name)
    return str(sentences.render(sentences.template(text, language), source, 1, kinds, language, zone)[0])


def _local(name: str, value: object) -> Feature:
    """Return the entry of a column of the port's own."""
    kind = "categorical" if isinstance(value, str) else "numeric"
    return matrix.local_features({kind: [name]})[0]


@cache
def _features() -> dict[str, Feature]:
    return {feature.name: feature for feature in matrix.features()}


@cache
def _kinds() -> dict[str, sentences.Field]:
    return sentences.fields(matrix.features(), matrix.facts())
