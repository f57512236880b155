"""Reasons in words: the registry's templates filled with declared values, safely.

A sentence is a rendering of a reason, never a source of one. Templates come from the registry
alone; what stands in the manifest is only ever inserted as a value: cut, without control
characters, in quotation marks. A value is never read as a template.

A template is a row of clauses separated by ``"; "``. The first clause always stands; a later one
(usually the comparison) is left out when a value it quotes is missing, so that "nan" is never
printed.

After a colon a field may say how it is written: ``#bill`` counts things ("1 bill", "3 bills",
without a sign), ``abs`` leaves out the sign, ``percent`` shows a ratio as a percentage, ``list``
joins the parts of a text, ``country`` writes a country code in words, the name of a table of
`risk.phrases` looks the value up there, and anything else is a Python format.
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

from features import reference
from features.manifest import schema
from features.registry import FAMILIES, Fact, Feature
from risk import phrases

#: Languages a worklist can be written in. A catalogue for another one maps sentence keys
#: (``feature`` with one of the endings below) and the words and phrases to its own texts.
LANGUAGES: tuple[str, ...] = ("en",)

#: States of a feature's value, in the order of a sentence key's endings.
STATES: tuple[str, ...] = ("", ".zero", ".missing", ".below")
NORMAL, ZERO, MISSING, BELOW = range(4)

#: What stands between the clauses of a template, and between two sentences of one reason.
CLAUSE = "; "
SENTENCE = ". "

LONGEST_QUOTE = 60
LONGEST_FACT = 160

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "unknown": "unknown",
        "yes": "yes",
        "no": "no",
        "against": "Against: ",
        "together": "{title}: nothing unusual taken by itself, only beside the rest",
        "nothing": "{title}: nothing that stands out",
        "average": "Nothing sets it apart from the average shipment",
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


def templates(feature: Feature) -> tuple[str, str, str, str]:
    """Return the feature's templates in order of `STATES`: a value, zero, missing, a low value."""
    counted = feature.dtype in ("flag", "count")
    zero = feature.sentence_zero if counted else feature.sentence_zero or feature.sentence
    return feature.sentence, zero, feature.sentence_missing, feature.sentence_below or feature.sentence


def states(values: pd.Series, feature: Feature) -> npt.NDArray[np.int8]:
    """Return the state of every value: which of the feature's templates speaks of it.

    Parameters
    ----------
    values : Series, shape (n,)

    Returns
    -------
    int8 array, shape (n,)
        Positions in `STATES`.
    """
    state = np.full(len(values), NORMAL, dtype=np.int8)
    if feature.sentence_below:
        state[(values < feature.below).to_numpy(dtype=bool, na_value=False)] = BELOW
    if feature.dtype in ("flag", "count") or feature.sentence_zero:
        state[(values == 0).to_numpy(dtype=bool, na_value=False)] = ZERO
    state[values.isna().to_numpy()] = MISSING
    return state


def notable(values: pd.Series, feature: Feature) -> npt.NDArray[np.bool_]:
    """Return which values lie outside what is usual for the feature (see `Feature.usual`), shape (n,)."""
    if feature.dtype == "category" or (feature.usual is None and feature.dtype == "number"):
        return np.zeros(len(values), dtype=bool)
    low, high = feature.usual or (0.0, 0.0)
    return ((values < low) | (values > high)).to_numpy(dtype=bool, na_value=False)


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
    if size >= 1e-4 or value == 0:
        return f"{value:.2g}"
    return "under 0.0001" if value > 0 else "above -0.0001"


def by_unit(value: float, unit: str) -> str:
    """Return a number formatted for its unit (``1``, ``kg``, ``%``, ``log10 USD/kg``, ...).

    A logarithm is shown as the quantity itself; ``share``, ``probability`` and ``%`` as percent
    with their sign; other units stand in the template's own words.
    """
    if unit.startswith("log10"):
        return number(10.0 ** min(value, 300.0))
    if unit.startswith("log1p"):
        return number(float(np.expm1(min(value, 700.0))))
    if unit in ("share", "probability"):
        return f"{number(100.0 * value)}%"
    if unit == "%":
        return f"{number(value)}%"
    if unit in ("days", "hours"):
        return number(round(value)) if abs(value) >= 10 else number(round(value, 1))
    return number(value)


def _spaced(codes: object) -> str:
    return str(codes).replace(";", ", ")


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


def counted(amount: str, noun: str) -> str:
    """Return a number of things.

    Examples
    --------
    >>> counted("1", "package"), counted("12", "other bill")
    ('1 package', '12 other bills')
    """
    return f"{amount} {noun}" if amount == "1" else f"{amount} {noun}s"


@cache
def _countries() -> dict[str, str]:
    rows = reference.table("countries")
    return dict(zip(rows["iso2"], rows["name"], strict=True))


def country(code: str, language: str = "en") -> str:
    """Return a country's name in running text; the code itself where it is unknown.

    Examples
    --------
    >>> country("PH"), country("LA"), country("ZZ")
    ('the Philippines', 'Laos', 'ZZ')
    """
    name = _countries().get(code, code)  # a name stays itself
    return phrases.TABLES[language]["place"].get(name, name)


def _parts(text: str) -> str:
    parts = [part.strip() for part in text.split(";") if part.strip()]
    return ", ".join([parts[0][:1].lower() + parts[0][1:], *parts[1:]]) if parts else ""


def _specified(field: Field, spec: str, language: str) -> Callable[[object], str] | None:
    """Return the function for a field that says itself how it is written; None for the unit's own way."""
    tables = phrases.TABLES[language]
    if spec.startswith("#"):
        return lambda value: counted(by_unit(abs(float(value)), field.unit), spec[1:])  # type: ignore[arg-type]
    if spec == "abs":
        return lambda value: by_unit(abs(float(value)), field.unit)  # type: ignore[arg-type]
    if spec == "percent":
        return lambda value: f"{by_unit(float(value) + 2.0, field.unit)}%"  # type: ignore[arg-type]
    if spec == "list":
        return lambda value: _parts(_fact(value))
    if spec == "country":
        return lambda value: clean(country(str(value), language))
    if spec in phrases.BANDS[language]:
        return lambda value: phrases.band(spec, float(value), language)  # type: ignore[arg-type]
    if spec in tables:
        return lambda value: tables[spec].get(str(value), _fact(value).replace("_", " "))
    return None


def _writer(
    field: Field, spec: str, bare: bool, words: Mapping[str, str], language: str
) -> Callable[[object], str]:
    """Return the function that writes one (not missing) value."""

    def quoted(value: object) -> str:
        text = clean(str(value))
        return text if bare else f"{words['open_quote']}{text}{words['close_quote']}"

    own = _specified(field, spec, language) if spec else None
    if own is not None:
        return own
    if field.kind == "number":
        if spec:
            return lambda value: format(float(value), spec)  # type: ignore[arg-type]
        return lambda value: by_unit(float(value), field.unit)  # type: ignore[arg-type]
    if field.kind == "time":
        return lambda value: str(pd.Timestamp(value))[:16].removesuffix(" 00:00")  # type: ignore[arg-type]
    if field.kind == "flag":
        return lambda value: words["yes"] if value else words["no"]
    if field.kind == "code":
        return lambda value: _spaced(value) if _CODE.match(str(value)) else quoted(_spaced(value))
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
                write = _writer(kinds.get(piece.field, Field("text")), piece.spec, bare, words, language)
                texts, gone = write_values(source(piece.field), write)
                complete &= ~gone
                text = text + np.where(gone, words["unknown"], texts)
        whole = whole + (text if position == 0 else np.where(complete, text, ""))
    if not template.clauses[0] or template.clauses[0][0].literal:
        return whole
    # A clause that begins with a value begins a sentence: "the Philippines" becomes "The Philippines".
    return np.array([text[:1].upper() + text[1:] for text in whole], dtype=object)


def merge(first: str, second: str) -> str:
    """Join two sentences of one reason without saying anything twice.

    Examples
    --------
    >>> merge("1.4 kg per carton; half lie above 9", "140 kg; half lie above 9")
    '1.4 kg per carton; half lie above 9. 140 kg'
    """
    told = first.split(CLAUSE)
    new = [clause for clause in second.split(CLAUSE) if clause not in told]
    return first + SENTENCE + CLAUSE.join(new) if new else first


def general(family: str, *, raises: bool, language: str = "en") -> str:
    """Return the sentence of a family none of whose values is worth one by itself."""
    return WORDS[language]["together" if raises else "nothing"].format(title=FAMILIES[family])
