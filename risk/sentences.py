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

Another language than English has each template in its catalogue (`risk.language`), by its English text: with
the same fields, in any order within a clause, and as many clauses, also separated by ``"; "`` there.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from features import reference
from features.manifest import schema
from features.registry import FAMILIES, Fact, Feature
from risk import labels, locales, phrases
from risk.language import BY_CODE, LANGUAGES, SOURCE, gettext

__all__ = ["LANGUAGES", "WORDS", "render", "words"]

#: States of a feature's value, in the order of a sentence key's endings.
STATES: tuple[str, ...] = ("", ".zero", ".missing", ".below")
NORMAL, ZERO, MISSING, BELOW = range(4)

#: What stands between the clauses of a template.
CLAUSE = "; "

LONGEST_QUOTE = 60
LONGEST_FACT = 160

#: Words of sentences' own, in English; `words` has them in every language.
WORDS: dict[str, str] = {
    "unknown": "unknown",
    "yes": "yes",
    "no": "no",
    "against": "Against: ",
    "together": "{title}: nothing unusual taken by itself, only beside the rest",
    "nothing": "{title}: nothing that stands out",
    "average": "Nothing sets it apart from the average shipment",
    "under": "under {n}",
    "above": "above {n}",
}

_LEADING_QUOTES = "\"'“‘«"
#: Around words in another direction of writing than the sentence: they keep to themselves.
_ISOLATED = "\N{FIRST STRONG ISOLATE}{}\N{POP DIRECTIONAL ISOLATE}"
#: Between a quotation mark and what it quotes (French).
_THIN = "\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}"
_CODE = re.compile(r"[A-Z0-9][A-Z0-9./;-]{0,39}\Z")
_SPACES = re.compile(r"\s+")

Texts = npt.NDArray[np.object_]

#: How templates say that a time is in UTC.
_UTC = " UTC"
#: Unit of a time whose day decides, in UTC.
BY_DAY = "day"


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
def words(language: str) -> dict[str, str]:
    """Return `WORDS` in a language, with its marks around quotations.

    Raises
    ------
    KeyError
        There is no such language.
    """
    marks = {"open_quote": BY_CODE[language].open_quote, "close_quote": BY_CODE[language].close_quote}
    return {key: gettext(text, language) for key, text in WORDS.items()} | marks


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


def number(value: float, language: str = SOURCE) -> str:
    """Return a number as people write it: about three digits, thousands separated.

    Examples
    --------
    >>> number(1.4), number(0.0123), number(123456.7), number(22.0)
    ('1.4', '0.012', '123,457', '22')
    """
    size = abs(value)
    if value != 0 and size < 1e-4:
        told, least = ("under", "0.0001") if value > 0 else ("above", "-0.0001")
        return words(language)[told].format(n=locales.figures(least, language))
    return locales.figures(_plain(value), language)


def _plain(value: float) -> str:
    size = abs(value)
    if size >= 100:
        return f"{value:,.0f}"
    if size >= 10:
        return f"{value:.1f}".removesuffix(".0")
    if size >= 1:
        return f"{value:.2f}".rstrip("0").rstrip(".")
    return f"{value:.2g}"


def by_unit(value: float, unit: str, language: str = SOURCE) -> str:
    """Return a number formatted for its unit (``1``, ``kg``, ``%``, ``log10 USD/kg``, ...).

    A logarithm is shown as the quantity itself; ``share``, ``probability`` and ``%`` as percent
    with their sign; other units stand in the template's own words.
    """
    value = _quantity(value, unit)
    if unit in ("share", "probability", "%"):
        return locales.percent(number(value), language)
    return number(value, language)


def _quantity(value: float, unit: str) -> float:
    """Return the number that is shown for a value in a unit."""
    if unit.startswith("log10"):
        return float(10.0 ** min(value, 300.0))
    if unit.startswith("log1p"):
        return float(np.expm1(min(value, 700.0)))
    if unit in ("share", "probability"):
        return 100.0 * value
    if unit in ("days", "hours"):
        return round(value) if abs(value) >= 10 else round(value, 1)
    return value


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
    """Return a number of things in English.

    Examples
    --------
    >>> counted("1", "package"), counted("12", "other bill")
    ('1 package', '12 other bills')
    """
    return locales.counted(amount, noun, SOURCE)


@cache
def _countries() -> dict[str, str]:
    rows = reference.table("countries")
    return dict(zip(rows["iso2"], rows["name"], strict=True))


def country(code: str, language: str = SOURCE) -> str:
    """Return a country's name in running text; the code itself where it is unknown.

    Examples
    --------
    >>> country("PH"), country("LA"), country("ZZ")
    ('the Philippines', 'Laos', 'ZZ')
    """
    return _place(_countries().get(code, code), language)  # a name stays itself


def _place(name: str, language: str) -> str:
    if language != SOURCE:
        return locales.country(name, language)
    return phrases.TABLES["place"].get(name, name.replace("_", " "))


def _specified(field: Field, spec: str, language: str) -> Callable[[object], str] | None:
    """Return the function for a field that says itself how it is written; None for the unit's own way."""
    if spec.startswith("#"):
        return lambda value: locales.counted(by_unit(abs(_number(value)), field.unit), spec[1:], language)
    if spec == "abs":
        return lambda value: by_unit(abs(_number(value)), field.unit, language)
    if spec == "percent":
        return lambda value: locales.percent(by_unit(_number(value) + 2.0, field.unit), language)
    if spec == "list":
        return lambda value: labels.listed(_fact(value), language)
    if spec == "country":
        return lambda value: clean(country(str(value), language))
    if spec == "place":
        return lambda value: _place(_fact(value), language)
    if spec in phrases.BANDS:
        return lambda value: phrases.band(spec, _number(value), language)
    if spec in phrases.TABLES:
        return lambda value: phrases.word(spec, _fact(value), language)
    return None


def _number(value: object) -> float:
    return float(value)  # type: ignore[arg-type]


def _writer(piece: Piece, field: Field, language: str, zone: str) -> Callable[[object], str]:
    """Return the function that writes one (not missing) value of a piece's field."""
    spec, own_words = piece.spec, words(language)
    bare = piece.literal.rstrip(_THIN)[-1:] in tuple(_LEADING_QUOTES)
    isolated = BY_CODE[language].direction == "rtl"

    def quoted(value: object) -> str:
        text = clean(str(value))
        text = _ISOLATED.format(text) if isolated else text
        return text if bare else f"{own_words['open_quote']}{text}{own_words['close_quote']}"

    own = _specified(field, spec, language) if spec else None
    if own is not None:
        return own
    if field.kind == "number":
        if spec.endswith("%"):
            return lambda value: locales.percent(format(_number(value), spec)[:-1], language)
        if spec:
            return lambda value: locales.figures(format(_number(value), spec), language)
        return lambda value: by_unit(_number(value), field.unit, language)
    if field.kind == "time":
        return lambda value: _time(pd.Timestamp(value), field.unit, zone, language)  # type: ignore[arg-type]
    if field.kind == "flag":
        return lambda value: own_words["yes"] if value else own_words["no"]
    if field.kind == "code":
        return lambda value: _spaced(value) if _CODE.match(str(value)) else quoted(_spaced(value))
    return quoted if field.kind == "text" else lambda value: labels.label(piece.field, _fact(value), language)


def _time(at: pd.Timestamp, judged: str, zone: str, language: str) -> str:
    """Return a time (naive UTC) as a sentence tells it: in a zone, or without one in UTC.

    A midnight is a day whose hour nobody gave. What is ``judged`` by its day in UTC stays in UTC where the
    zone's day is of the other kind: it would else read as a mistake.
    """
    if zone and at != at.normalize():
        local = at.tz_localize("UTC").tz_convert(ZoneInfo(zone))
        if judged != BY_DAY or (local.day_of_week >= 5) == (at.day_of_week >= 5):
            return locales.moment(at, zone, language)
        return f"{locales.moment(at, 'UTC', language)}{_UTC}"
    told = str(at)[:16]
    if not told.endswith(" 00:00"):
        return told
    return locales.day(at, "UTC", language) if zone else told.removesuffix(" 00:00")


def judged(kinds: Mapping[str, Field], feature: str) -> Mapping[str, Field]:
    """Return how fields are written in the sentences of a feature: one looks at the day in UTC."""
    return {**kinds, "arrives_at": Field("time", BY_DAY)} if feature == "weekend_arrival" else kinds


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
    language: str = SOURCE,
    zone: str = "",
) -> Texts:
    """Fill one template for many rows.

    Parameters
    ----------
    template : Template
        In the language asked for (`template`).
    source : callable
        Returns the column of a field's values, shape (n,).
    n : int
        Number of rows.
    kinds : mapping
        How each field is written (see `fields`).
    language : str
        One of `LANGUAGES`.
    zone : str
        Tell times in this time zone; empty: in UTC, which the sentence says.

    Returns
    -------
    object array of str, shape (n,)
    """
    unknown, between = words(language)["unknown"], BY_CODE[language].clause
    whole = np.full(n, "", dtype=object)
    for position, clause in enumerate(template.clauses):
        text = np.full(n, "" if position == 0 else between, dtype=object)
        complete = np.ones(n, dtype=bool)
        for piece in clause:
            text = text + (piece.literal.replace(_UTC, "") if zone else piece.literal)
            if piece.field:
                write = _writer(piece, kinds.get(piece.field, Field("text")), language, zone)
                texts, gone = write_values(source(piece.field), write)
                complete &= ~gone
                text = text + np.where(gone, unknown, texts)
        whole = whole + (text if position == 0 else np.where(complete, text, ""))
    if not template.clauses[0] or template.clauses[0][0].literal:
        return whole
    # A clause that begins with a value begins a sentence: "the Philippines" becomes "The Philippines".
    return np.array([text[:1].upper() + text[1:] for text in whole], dtype=object)


def template(text: str, language: str = SOURCE) -> Template:
    """Return a template of the registry, given by its English text, in a language."""
    return parse(gettext(text, language))


def merge(first: str, second: str, language: str = SOURCE) -> str:
    """Join two sentences of one reason without saying anything twice.

    Examples
    --------
    >>> merge("1.4 kg per carton; half lie above 9", "140 kg; half lie above 9")
    '1.4 kg per carton; half lie above 9. 140 kg'
    """
    clause, sentence = BY_CODE[language].clause, BY_CODE[language].sentence
    told = first.split(clause)
    new = [part for part in second.split(clause) if part not in told]
    return first + sentence + clause.join(new) if new else first


def general(family: str, *, raises: bool, language: str = SOURCE) -> str:
    """Return the sentence of a family none of whose values is worth one by itself."""
    title = gettext(FAMILIES[family], language)
    return words(language)["together" if raises else "nothing"].format(title=title)
