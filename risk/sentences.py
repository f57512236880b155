"""Reasons in words: the registry's templates filled with declared values, safely.

A sentence is a rendering of a reason, never a source of one. Templates come from the registry
alone; what stands in the manifest is only ever inserted as a value: cut, without control
characters, in quotation marks. A value is never read as a template.

A template is a row of clauses separated by ``"; "``. The first clause always stands; a later one
(usually the comparison) is left out when a value it quotes is missing, so that "nan" is never
printed.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.manifest import schema
from features.registry import FAMILIES, Fact, Feature

#: Languages a worklist can be written in. A catalogue for another one maps sentence keys
#: (``feature``, ``feature.zero``, ``feature.missing``) and the words below to its own texts.
LANGUAGES: tuple[str, ...] = ("en",)

#: States of a feature's value, in the order of a sentence key's endings.
STATES: tuple[str, ...] = ("", ".zero", ".missing")
NORMAL, ZERO, MISSING = range(3)

#: What stands between the clauses of a template.
CLAUSE = "; "

LONGEST_QUOTE = 60
LONGEST_FACT = 160

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "unknown": "unknown",
        "yes": "yes",
        "no": "no",
        "against": "Against: ",
        "together": "{title}: several values together",
        "nothing": "{title}: nothing that stands out",
        "open_quote": "“",
        "close_quote": "”",
    },
}

_LEADING_QUOTES = "\"'“‘«"
_CODE = re.compile(r"[A-Z0-9][A-Z0-9./;-]{0,39}\Z")
_SPACES = re.compile(r"\s+")

Texts = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Piece:
    """A literal and the field that follows it (empty at the end of a clause)."""

    literal: str
    field: str
    spec: str


@dataclass(frozen=True)
class Template:
    """A parsed sentence template.

    Attributes
    ----------
    clauses : tuple of tuple of Piece
        Clauses in reading order; all but the first are left out when a value is missing.
    """

    clauses: tuple[tuple[Piece, ...], ...]

    @property
    def fields(self) -> tuple[str, ...]:
        """Names of the values it quotes, each once."""
        return tuple(dict.fromkeys(p.field for clause in self.clauses for p in clause if p.field))


@cache
def parse(text: str) -> Template:
    """Parse a template of the registry.

    Parameters
    ----------
    text : str
        Literal text with ``{name}`` or ``{name:spec}`` fields.

    Raises
    ------
    ValueError
        If a field is anything but a plain name (no attributes, indices or conversions).
    """
    clauses = []
    for clause in text.split(CLAUSE):
        pieces = []
        for literal, field, spec, conversion in string.Formatter().parse(clause):
            if field is not None and (not field.isidentifier() or conversion):
                raise ValueError(f"template {text!r}: {{{field}}} is not a plain field name")
            pieces.append(Piece(literal, field or "", spec or ""))
        clauses.append(tuple(pieces))
    return Template(tuple(clauses))


def templates(feature: Feature) -> tuple[str, str, str]:
    """Return the feature's templates for a value, for zero and for a missing value."""
    zero = feature.sentence_zero if feature.dtype in ("flag", "count") else feature.sentence
    return feature.sentence, zero, feature.sentence_missing


def clean(text: str, longest: int = LONGEST_QUOTE) -> str:
    r"""Return outside text fit to print: one line, no control or direction marks, cut.

    Examples
    --------
    >>> clean("FROZEN\x1b[31m  FISH\n")
    'FROZEN[31m FISH'
    """
    text = _printable(text, longest).strip()
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def _printable(text: str, longest: int) -> str:
    # Text of any length may come in; what is cut away anyway need not be looked at.
    text = _SPACES.sub(" ", text[: 8 * longest])
    return "".join(c for c in text if unicodedata.category(c)[0] != "C")


def _fact(value: object) -> str:
    """Return a text fact: the program's own words, though it may quote outside text; spaces are kept."""
    return _printable(str(value), LONGEST_FACT)[:LONGEST_FACT]


def number(value: float) -> str:
    """Return a number as people write it: about three digits, thousands separated.

    Examples
    --------
    >>> number(1.4), number(0.0123), number(123456.7), number(22.0)
    ('1.4', '0.012', '123,457', '22')
    """
    size = abs(value)
    if size >= 100:
        return f"{value:,.0f}"
    if size >= 10:
        return f"{value:.1f}".removesuffix(".0")
    if size >= 1:
        return f"{value:.2f}".rstrip("0").rstrip(".")
    return f"{value:.2g}" if size >= 1e-4 else ("0" if value == 0 else f"{value:.1e}")


def by_unit(value: float, unit: str) -> str:
    """Return a number formatted for its unit (``1``, ``kg``, ``%``, ``log10 USD/kg``, ...).

    A logarithm is shown as the quantity itself; ``share`` and ``probability`` as percent with
    their sign; other units stand in the template's own words.
    """
    if unit.startswith("log10"):
        return number(10.0 ** min(value, 300.0))
    if unit.startswith("log1p"):
        return number(float(np.expm1(min(value, 700.0))))
    if unit in ("share", "probability"):
        return f"{number(100.0 * value)}%"
    if unit in ("days", "hours"):
        return number(round(value)) if abs(value) >= 10 else number(value)
    return number(value)


@dataclass(frozen=True)
class Field:
    """How one value is written.

    Attributes
    ----------
    kind : str
        ``number``, ``text`` (quoted: it comes from the manifest), ``label`` (not quoted),
        ``code``, ``time`` or ``flag``.
    unit : str
        Unit of a number.
    """

    kind: str
    unit: str = ""


def fields(features: Sequence[Feature], facts: Sequence[Fact]) -> dict[str, Field]:
    """Return how every value that a template may quote is written."""
    found = {column.name: _column_field(column) for column in schema.COLUMNS}
    for fact in facts:
        found[fact.name] = Field("label") if fact.dtype == "text" else Field("number", fact.unit)
    for feature in features:
        outside = feature.family == "local"
        kind = ("text" if outside else "label") if feature.dtype == "category" else "number"
        found[feature.name] = Field(kind, feature.unit)
    return found


def _column_field(column: schema.Column) -> Field:
    if column.kind == "number":
        return Field("number", column.unit)
    kinds = {"code": "code", "list": "code", "choice": "label", "time": "time", "flag": "flag"}
    return Field(kinds.get(column.kind, "text"))


def _writer(field: Field, spec: str, bare: bool, words: Mapping[str, str]) -> Callable[[object], str]:
    """Return the function that writes one (not missing) value."""

    def quoted(value: object) -> str:
        text = clean(str(value))
        return text if bare else f"{words['open_quote']}{text}{words['close_quote']}"

    if field.kind == "number":
        if spec:
            return lambda value: format(float(value), spec)  # type: ignore[arg-type]
        return lambda value: by_unit(float(value), field.unit)  # type: ignore[arg-type]
    if field.kind == "time":
        return lambda value: str(pd.Timestamp(value))[:16].removesuffix(" 00:00")  # type: ignore[arg-type]
    if field.kind == "flag":
        return lambda value: words["yes"] if value else words["no"]
    if field.kind == "code":
        return lambda value: str(value) if _CODE.match(str(value)) else quoted(value)
    return quoted if field.kind == "text" else _fact


def write_values(values: pd.Series, write: Callable[[object], str]) -> tuple[Texts, npt.NDArray[np.bool_]]:
    """Write a column of values; the work is done once per distinct value.

    Returns
    -------
    texts : object array, shape (n,)
    missing : bool array, shape (n,)
        Where there is no value (or no finite number).
    """
    codes, levels = pd.factorize(values)
    written = np.empty(len(levels) + 1, dtype=object)
    gone = np.zeros(len(levels) + 1, dtype=bool)
    for i, level in enumerate(levels):
        gone[i] = isinstance(level, float) and not np.isfinite(level)
        written[i] = "" if gone[i] else write(level)
    written[-1], gone[-1] = "", True
    return written[codes], gone[codes]


def render(
    template: Template,
    source: Callable[[str], pd.Series],
    n: int,
    kinds: Mapping[str, Field],
    language: str = "en",
) -> Texts:
    """Fill one template for many rows.

    Parameters
    ----------
    template : Template
    source : callable
        Returns the column of a field's values, shape (n,).
    n : int
        Number of rows.
    kinds : mapping
        How each field is written (see `fields`).
    language : str
        One of `LANGUAGES`.

    Returns
    -------
    object array of str, shape (n,)
    """
    words = WORDS[language]
    whole = np.full(n, "", dtype=object)
    for position, clause in enumerate(template.clauses):
        text = np.full(n, "" if position == 0 else CLAUSE, dtype=object)
        complete = np.ones(n, dtype=bool)
        for piece in clause:
            text = text + piece.literal
            if piece.field:
                bare = piece.literal[-1:] in _LEADING_QUOTES and bool(piece.literal)
                write = _writer(kinds.get(piece.field, Field("text")), piece.spec, bare, words)
                texts, gone = write_values(source(piece.field), write)
                complete &= ~gone
                text = text + np.where(gone, words["unknown"], texts)
        whole = whole + (text if position == 0 else np.where(complete, text, ""))
    return whole


def merge(first: str, second: str) -> str:
    """Join two sentences of one reason without saying anything twice.

    Examples
    --------
    >>> merge("1.4 kg per carton; half lie above 9", "1.4 kg per carton, far below usual; half lie above 9")
    '1.4 kg per carton, far below usual; half lie above 9'
    """
    clauses = first.split(CLAUSE)
    for clause in second.split(CLAUSE):
        for place, told in enumerate(clauses):
            if told.startswith(clause):
                break
            if clause.startswith(told):
                clauses[place] = clause
                break
        else:
            clauses.append(clause)
    return CLAUSE.join(clauses)


def general(family: str, *, raises: bool, language: str = "en") -> str:
    """Return the sentence of a family none of whose values is worth one by itself."""
    return WORDS[language]["together" if raises else "nothing"].format(title=FAMILIES[family])
