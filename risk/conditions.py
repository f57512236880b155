"""A port's own rules in plain words: ``mode = air and hs starts 0511 and goods has "personal effects"``.

A condition is read by a parser of its own and worked out column by column; nothing of it is ever run as a
program. What a shipment does not declare is unknown: a comparison with it is neither true nor false, and a
rule hits only where its condition is true. ``x is missing`` asks for it on purpose.

::

    condition   = all { "or" all }
    all         = one { "and" one }
    one         = "not" one | "(" condition ")" | comparison
    comparison  = field ( "=" | "!=" | "<" | "<=" | ">" | ">=" ) value
                | field [ "not" ] "in" "(" value { "," value } ")"
                | field ( "starts" | "has" ) value
                | field "is" ( "missing" | "declared" )
    value       = word | number | "text in quotes"
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import Final, NoReturn

import numpy as np
import numpy.typing as npt
import pandas as pd

from risk.condition_fields import BY_NAME, FIELDS, Field
from risk.refusals import Refusal

LONGEST: Final = 2_000
#: Conditions within conditions.
DEEPEST: Final = 40
#: Values of one ``in``.
MOST_VALUES: Final = 200

_TOKEN = re.compile(r'\s*(?:("(?:[^"\\]|\\.)*")|(!=|<=|>=|[=<>(),])|([^\s=<>!(),"]+))')
_KEYWORDS: Final = frozenset(("and", "or", "not", "in", "is", "has", "starts", "missing", "declared"))
#: Words that are put into quotes as values.
_JOINING: Final = ("and", "or", "not")
_COMPARISONS: Final = ("=", "!=", "<", "<=", ">", ">=")
_BARE = re.compile(r"[^\s=<>!(),\"\\]+")


class ConditionError(Refusal):
    """A condition cannot be read; ``text`` and ``values`` say what was expected.

    Attributes
    ----------
    position : int
        Where in the condition, from 0.
    """

    def __init__(self, text: str, position: int, **values: str | int) -> None:
        super().__init__(text, **values)
        self.position = position

    def __str__(self) -> str:
        return f"at character {self.position + 1}: {super().__str__()}"

    def __reduce__(self) -> tuple[object, ...]:
        return partial(type(self), self.text, self.position, **self.values), ()


@dataclass(frozen=True)
class Compare:
    """One comparison: a field, ``=``, ``in``, ``not in``, ``starts``, ``has``, ``is …``, and values."""

    field: str
    operator: str
    values: tuple[str | float, ...]


@dataclass(frozen=True)
class Not:
    """A condition that must not hold."""

    part: Condition


@dataclass(frozen=True)
class All:
    """Conditions that must all hold; at least two, none of them `All` itself."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class Any:
    """Conditions of which one must hold; at least two, none of them `Any` itself."""

    parts: tuple[Condition, ...]


Condition = Compare | Not | All | Any


# --- reading --------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Token:
    text: str
    position: int
    quoted: bool = False

    @property
    def word(self) -> str:
        """Return the word in lower case, empty for a text in quotes."""
        return "" if self.quoted else self.text.lower()


def parse(text: str) -> Condition:
    """Read a condition.

    Raises
    ------
    ConditionError
        With the place and what was expected there.
    """
    if len(text) > LONGEST:
        raise ConditionError("expected at most {most} characters", LONGEST, most=LONGEST)
    reader = _Reader(_tokens(text), len(text))
    condition = reader.any(0)
    if reader.here.text or reader.here.quoted:
        reader.fail('expected "and", "or" or the end')
    return condition


def _tokens(text: str) -> list[_Token]:
    found, position = [], 0
    while position < len(text.rstrip()):
        match = _TOKEN.match(text, position)
        if match is None:
            start = position + len(text[position:]) - len(text[position:].lstrip())
            if text[start] == '"':
                raise ConditionError("expected a closing quote", start)
            raise ConditionError("expected a word, a number or a comparison", start)
        start = match.start(match.lastindex or 0)
        if match[1] is not None:
            found.append(_Token(re.sub(r"\\(.)", r"\1", match[1][1:-1], flags=re.S), start, quoted=True))
        else:
            found.append(_Token(match[2] or match[3], start))
        position = match.end()
    return found


class _Reader:
    def __init__(self, tokens: list[_Token], end: int) -> None:
        self.tokens, self.at, self.end = tokens, 0, end

    @property
    def here(self) -> _Token:
        return self.tokens[self.at] if self.at < len(self.tokens) else _Token("", self.end)

    def fail(self, text: str, **values: str | int) -> NoReturn:
        raise ConditionError(text, self.here.position, **values)

    def take(self, *words: str) -> str:
        """Return the next word and go on, if it is one of these; else an empty text."""
        word = self.here.word
        if word and word in words:
            self.at += 1
            return word
        return ""

    def any(self, depth: int) -> Condition:
        parts = [self.all(depth)]
        while self.take("or"):
            parts.append(self.all(depth))
        return any_of(parts)

    def all(self, depth: int) -> Condition:
        parts = [self.one(depth)]
        while self.take("and"):
            parts.append(self.one(depth))
        return all_of(parts)

    def one(self, depth: int) -> Condition:
        if depth > DEEPEST:
            self.fail("expected at most {most} conditions within each other", most=DEEPEST)
        if self.take("not"):
            return Not(self.one(depth + 1))
        if self.take("("):
            inner = self.any(depth + 1)
            if not self.take(")"):
                self.fail('expected "and", "or" or ")"')
            return inner
        return self.comparison()

    def comparison(self) -> Condition:
        field = self.field()
        if self.take("is"):
            state = self.take("missing", "declared")
            if not state:
                self.fail('expected "missing" or "declared"')
            return Compare(field.name, f"is {state}", ())
        negated = bool(self.take("not"))
        if self.take("in"):
            operator = "not in" if negated else "in"
            if "in" not in field.operators:
                self.at -= 1
                self.not_compared(field)
            return Compare(field.name, operator, self.values(field))
        if negated:
            self.fail('expected "in"')
        operator = self.here.word
        if operator not in field.operators or operator not in (*_COMPARISONS, "starts", "has"):
            self.not_compared(field)
        self.at += 1
        return Compare(field.name, operator, (self.value(field),))

    def not_compared(self, field: Field) -> NoReturn:
        known = [*field.operators, *(["not in"] if "in" in field.operators else [])]
        listed = ", ".join((*known, "is missing", "is declared"))
        self.fail("{field} is compared by {operators}", field=field.name, operators=listed)

    def field(self) -> Field:
        token = self.here
        if not token.word or token.word in (*_KEYWORDS, "(", ")", ",", *_COMPARISONS):
            self.fail("expected a field, as mode, hs, origin or goods")
        if token.word not in BY_NAME:
            near = _near(token.word)
            if near:
                self.fail("there is no field {word}; did you mean {near}?", word=token.text[:40], near=near)
            self.fail("there is no field {word}", word=token.text[:40])
        self.at += 1
        return BY_NAME[token.word]

    def values(self, field: Field) -> tuple[str | float, ...]:
        if not self.take("("):
            self.fail('expected "("')
        found = [self.value(field)]
        while self.take(","):
            found.append(self.value(field))
        if not self.take(")"):
            self.fail('expected "," or ")"')
        if len(found) > MOST_VALUES:
            self.fail("expected at most {most} values", most=MOST_VALUES)
        return tuple(dict.fromkeys(found))

    def value(self, field: Field) -> str | float:
        token = self.here
        # India, Iceland and other words are values here, whatever they mean elsewhere.
        bare = token.word not in ("", "(", ")", ",", *_COMPARISONS, *_JOINING)
        found = field.read(token.text) if token.quoted or bare else None
        if found is None:
            self.fail(field.expects, **({"allowed": field.allowed} if field.allowed else {}))
        self.at += 1
        return found


def _near(word: str) -> str:
    from difflib import get_close_matches

    return next(iter(get_close_matches(word[:40], list(BY_NAME), n=1, cutoff=0.75)), "")


def all_of(parts: list[Condition]) -> Condition:
    """Return the condition that all of some hold."""
    flat = [each for part in parts for each in (part.parts if isinstance(part, All) else (part,))]
    return flat[0] if len(flat) == 1 else All(tuple(flat))


def any_of(parts: list[Condition]) -> Condition:
    """Return the condition that one of some holds."""
    flat = [each for part in parts for each in (part.parts if isinstance(part, Any) else (part,))]
    return flat[0] if len(flat) == 1 else Any(tuple(flat))


# --- printing -------------------------------------------------------------------------------


def told(condition: Condition) -> str:
    """Return a condition in its one canonical writing: reading it gives the same condition."""
    if isinstance(condition, Compare):
        return _compared(condition)
    if isinstance(condition, Not):
        inner = told(condition.part)
        return f"not {inner}" if isinstance(condition.part, (Compare, Not)) else f"not ({inner})"
    if isinstance(condition, All):
        return " and ".join(f"({told(p)})" if isinstance(p, Any) else told(p) for p in condition.parts)
    return " or ".join(told(part) for part in condition.parts)


def _compared(condition: Compare) -> str:
    values = [_written(value) for value in condition.values]
    if condition.operator in ("in", "not in"):
        return f"{condition.field} {condition.operator} ({', '.join(values)})"
    return " ".join((condition.field, condition.operator, *values))


def _written(value: str | float) -> str:
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    if _BARE.fullmatch(value) and value.lower() not in _JOINING:
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def fields_of(condition: Condition) -> tuple[str, ...]:
    """Return the fields a condition looks at, each once, in order."""
    if isinstance(condition, Compare):
        return (condition.field,)
    parts = (condition.part,) if isinstance(condition, Not) else condition.parts
    return tuple(dict.fromkeys(name for part in parts for name in fields_of(part)))


# --- working out ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Truth:
    """What is known of a condition, row by row.

    Attributes
    ----------
    true, known : bool array, shape (n,)
        Where nothing is known, ``true`` is false.
    """

    true: npt.NDArray[np.bool_]
    known: npt.NDArray[np.bool_]


def holds(
    condition: Condition, table: pd.DataFrame, columns: dict[str, pd.Series] | None = None
) -> npt.NDArray[np.bool_]:
    """Tell where a condition is true, shape (n,).

    Parameters
    ----------
    condition : Condition
    table : DataFrame, shape (n, k)
        Complete shipment table (`features.manifest.schema.complete`).
    columns : dict of str to Series, optional
        Filled with what fields look at; given again with the same table, other conditions need not make it.
    """
    return _truth(condition, table, {} if columns is None else columns).true


def _truth(condition: Condition, table: pd.DataFrame, columns: dict[str, pd.Series]) -> Truth:
    if isinstance(condition, Compare):
        return _comparison(condition, table, columns)
    if isinstance(condition, Not):
        inner = _truth(condition.part, table, columns)
        return Truth(inner.known & ~inner.true, inner.known)
    parts = [_truth(part, table, columns) for part in condition.parts]
    true = np.column_stack([part.true for part in parts])
    false = np.column_stack([part.known & ~part.true for part in parts])
    if isinstance(condition, All):
        return Truth(np.all(true, axis=1), np.all(true, axis=1) | np.any(false, axis=1))
    return Truth(np.any(true, axis=1), np.any(true, axis=1) | np.all(false, axis=1))


def _comparison(condition: Compare, table: pd.DataFrame, columns: dict[str, pd.Series]) -> Truth:
    field = FIELDS[condition.field]
    if condition.field not in columns:
        columns[condition.field] = field.column(table)
    declared = columns[condition.field]
    known = declared.notna().to_numpy(dtype=bool)
    if condition.operator in ("is missing", "is declared"):
        return Truth(known == (condition.operator == "is declared"), np.ones(len(known), dtype=bool))
    operator, negated = _POSITIVE.get(condition.operator, (condition.operator, False))
    true = field.compare(declared, operator, condition.values) & known
    return Truth(known & ~true if negated else true, known)


#: Negated comparisons by what they negate.
_POSITIVE: Final = {"!=": ("=", True), "not in": ("in", True)}
