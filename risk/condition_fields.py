"""The fields a port's own conditions may look at, and how each is compared.

What the goods are, where they come from, how they travel, which firms send and receive them. Countries of
parties are no fields and parts of names are not compared: a rule looks at where goods come from, not at where
people may be from.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.goods.headings import line_descriptions
from features.goods.text import join
from features.manifest import schema, synonyms
from features.manifest.codes import country
from features.places.gazetteer import fold as fold_place
from features.places.gazetteer import gazetteer, locate
from risk import goods_lines, watch_values, whole_words
from risk.refusals import Refusal

Truths = npt.NDArray[np.bool_]
_NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,12})?(?:[eE][+-]?\d{1,2})?")
_LONGEST_VALUE = 200


@dataclass(frozen=True)
class Field:
    """One field.

    Attributes
    ----------
    name : str
    meaning : str
        For people.
    operators : tuple of str
    expects : str
        What a value has to be, for people; a key of translation.
    read : callable
        From a written value to the one compared; None where it is none.
    column : callable
        From a complete shipment table to the declared values, missing where unknown.
    compare : callable
        From declared values, operator and values to where it is true; missing values may be either.
    also : tuple of str
        Other names it is known by.
    allowed : str
        Stands for ``{allowed}`` in what is expected.
    """

    name: str
    meaning: str
    operators: tuple[str, ...]
    expects: str
    read: Callable[[str], str | float | None]
    column: Callable[[pd.DataFrame], pd.Series]
    compare: Callable[[pd.Series, str, Sequence[str | float]], Truths]
    also: tuple[str, ...] = ()
    allowed: str = ""


def _each(values: pd.Series, test: Callable[[str], bool]) -> Truths:
    """Test each different text once; missing ones are false."""
    codes, texts = pd.factorize(values)
    return np.array([*(test(str(text)) for text in texts), False], dtype=bool)[codes]


def _own(name: str) -> Callable[[pd.DataFrame], pd.Series]:
    return lambda table: table[name]


# --- numbers --------------------------------------------------------------------------------


def _read_number(text: str) -> float | None:
    # Zero has one sign.
    return float(text) + 0.0 if _NUMBER.fullmatch(text) else None


def _compare_numbers(values: pd.Series, operator: str, given: Sequence[str | float]) -> Truths:
    found = values.to_numpy(dtype="float64", na_value=np.nan)
    if operator in ("=", "in"):
        return np.isin(found, np.array(given, dtype="float64"))
    limit = float(given[0])
    return {"<": found < limit, "<=": found <= limit, ">": found > limit, ">=": found >= limit}[operator]


def _number(
    name: str, meaning: str, column: Callable[[pd.DataFrame], pd.Series] | None = None, *also: str
) -> Field:
    operators = ("=", "!=", "<", "<=", ">", ">=", "in")
    return Field(
        name,
        meaning,
        operators,
        "expected a number, as 100 or 2.5",
        _read_number,
        column or _own(name),
        _compare_numbers,
        also,
    )


def _ratio(over: str, under: str) -> Callable[[pd.DataFrame], pd.Series]:
    return lambda table: table[over] / table[under].where(table[under] > 0)


# --- codes and choices ----------------------------------------------------------------------


def _equal(values: pd.Series, operator: str, given: Sequence[str | float]) -> Truths:
    return values.isin([str(value) for value in given]).to_numpy(dtype=bool)


def _choice(name: str, *also: str) -> Field:
    values = schema.BY_NAME[name].values

    def read(text: str) -> str | None:
        found = synonyms.CHOICES[name].get(synonyms.fold(text), "")
        return found if found in values else None

    meaning = schema.BY_NAME[name].meaning
    return Field(
        also[0] if also else name,
        meaning,
        ("=", "!=", "in"),
        "expected one of {allowed}",
        read,
        _own(name),
        _equal,
        (name,),
        ", ".join(values),
    )


def _read_flag(text: str) -> str | None:
    found = synonyms.FLAGS.get(synonyms.fold(text))
    return None if found is None else ("yes" if found else "no")


def _flag(name: str, called: str) -> Field:
    def column(table: pd.DataFrame) -> pd.Series:
        return table[name].map({True: "yes", False: "no"}, na_action="ignore").astype("str")

    meaning = schema.BY_NAME[name].meaning
    return Field(called, meaning, ("=", "!="), "expected yes or no", _read_flag, column, _equal, (name,))


def _country(name: str, column: str) -> Field:
    meaning = schema.BY_NAME[column].meaning
    operators, expects = ("=", "!=", "in"), "expected a country, as CM or Cameroon"
    return Field(name, meaning, operators, expects, country, _own(column), _equal, (column,))


# --- places ---------------------------------------------------------------------------------


def _read_place(text: str) -> str | None:
    plain = " ".join(text.upper().split())[:_LONGEST_VALUE]
    return plain if fold_place(plain) else None


def _place_keys(text: str) -> set[str]:
    """Return what a declared place may be called: as written, its code, its country."""
    point = locate(text)
    known = gazetteer()
    found = {fold_place(text)}
    if point >= 0:
        found |= {f"C:{known.country[point]}"}
        found |= {f"P:{known.code[point]}"} if known.kind[point] != "country" else set()
    return found - {""}


def _asked_places(given: Sequence[str | float]) -> set[str]:
    asked = set()
    for value in map(str, given):
        asked.add(fold_place(value))
        if land := country(value):
            asked.add(f"C:{land}")
        elif (point := locate(value)) >= 0 and gazetteer().kind[point] != "country":
            asked.add(f"P:{gazetteer().code[point]}")
    return asked


def _compare_places(values: pd.Series, operator: str, given: Sequence[str | float]) -> Truths:
    if operator == "starts":
        prefix = fold_place(str(given[0]))
        return _each(values, lambda text: any(fold_place(m).startswith(prefix) for m in text.split(";")))
    asked = _asked_places(given)
    return _each(values, lambda text: any(_place_keys(member) & asked for member in text.split(";")))


def _place(name: str, column: str) -> Field:
    meaning, expects = schema.BY_NAME[column].meaning, "expected a port or a country, as CMDLA or CM"
    return Field(
        name,
        meaning,
        ("=", "!=", "in", "starts"),
        expects,
        _read_place,
        _own(column),
        _compare_places,
        (column,),
    )


# --- tariff codes, lists, texts -------------------------------------------------------------


def _read_hs(text: str) -> str | None:
    return watch_values.hs(text) or None


def _compare_hs(values: pd.Series, operator: str, given: Sequence[str | float]) -> Truths:
    prefixes = tuple(map(str, given))

    def test(text: str) -> bool:
        return any("".join(filter(str.isdigit, code)).startswith(prefixes) for code in text.split(";"))

    return _each(values, test)


def _read_text(text: str) -> str:
    found = " ".join(text.split())
    return found if len(found) <= _LONGEST_VALUE else ""


def _read_code(text: str) -> str | None:
    found = _read_text(text)
    return found if synonyms.fold(found) else None


def _compare_codes(values: pd.Series, operator: str, given: Sequence[str | float]) -> Truths:
    asked = tuple(synonyms.fold(str(value)) for value in given)

    def test(text: str) -> bool:
        members = [synonyms.fold(member) for member in (text, *text.split(";"))]
        if operator == "starts":
            return any(member.startswith(asked) for member in members)
        return any(member in asked for member in members)

    return _each(values, test)


def _codes(name: str, column: str) -> Field:
    meaning = schema.BY_NAME[column].meaning
    return Field(
        name,
        meaning,
        ("=", "!=", "in", "starts"),
        "expected a code",
        _read_code,
        _own(column),
        _compare_codes,
        (column,),
    )


def _read_words(text: str) -> str | None:
    found = _read_text(text)
    return found if whole_words.tokens(found) else None


def _apart(values: pd.Series) -> pd.Series:
    """Return texts as their words, each text taken apart once, missing where missing."""
    codes, texts = pd.factorize(values)
    forms = np.array([*(whole_words.apart(str(text)) for text in texts), None], dtype=object)
    return pd.Series(forms[codes], index=values.index, dtype="str")


def _compare_words(values: pd.Series, operator: str, given: Sequence[str | float]) -> Truths:
    asked = [whole_words.apart(str(value)) for value in given]
    if operator == "has":
        return _each(values, lambda words: asked[0] in words)
    return values.isin(asked).to_numpy(dtype=bool)


def _words(name: str, meaning: str, column: Callable[[pd.DataFrame], pd.Series], *also: str) -> Field:
    def column_apart(table: pd.DataFrame) -> pd.Series:
        return _apart(column(table))

    expects = 'expected a word, or a phrase in quotes, as "personal effects"'
    operators = ("has", "=", "!=", "in")
    return Field(name, meaning, operators, expects, _read_words, column_apart, _compare_words, also)


def _read_party(text: str) -> str | None:
    found = _read_text(text)
    try:
        watch_values.form("party", found)
    except Refusal:
        return None
    return found


def _compare_parties(values: pd.Series, operator: str, given: Sequence[str | float]) -> Truths:
    asked = [watch_values.party(str(value)) for value in given]

    def test(text: str) -> bool:
        said = watch_values.party(text)
        return any(said.keys & each.keys and said.fits(each) for each in asked)

    return _each(values, test)


def _party(name: str) -> Field:
    # Parts of names are not compared: many people share them, and often a place they come from.
    column = f"{name}_name"
    return Field(
        name,
        schema.BY_NAME[column].meaning,
        ("=", "!=", "in"),
        "expected a whole name in quotes, that is not many people's",
        _read_party,
        _own(column),
        _compare_parties,
        (column,),
    )


def _goods(table: pd.DataFrame) -> pd.Series:
    return join([table["goods_description"], line_descriptions(table["items"])])


_ALL: Final = (
    _choice("mode"),
    _choice("direction"),
    _choice("container_load_status", "load"),
    _choice("bill_level", "bill_level"),
    Field(
        "hs",
        "Tariff code, or any code under it, of the row or one of its lines",
        ("=", "!=", "in", "starts"),
        "expected a tariff code, as 0511",
        _read_hs,
        goods_lines.all_codes,
        _compare_hs,
        ("hs_codes",),
    ),
    _words("goods", "What the goods are declared to be, lines included", _goods, "goods_description"),
    _words("marks", "Marks and numbers", _own("marks")),
    _words("package_type", "Kind of package", _own("package_type")),
    _words("location", "Terminal or shed", _own("location")),
    _country("origin", "origin_country"),
    _country("destination", "destination_country"),
    _place("loading", "loading_port"),
    _place("via", "transhipment_ports"),
    _place("discharge", "discharge_port"),
    _place("delivery", "delivery_place"),
    _party("shipper"),
    _party("consignee"),
    _party("notify"),
    _party("broker"),
    _party("carrier"),
    _number("gross_weight_kg", "Gross weight (kg)", None, "weight"),
    _number("net_weight_kg", "Net weight (kg)"),
    _number("packages", "Number of packages"),
    _number("volume_m3", "Volume (m3)"),
    _number("declared_value", "Declared value, in its currency", None, "value"),
    _number("kg_per_package", "Gross weight per package (kg)", _ratio("gross_weight_kg", "packages")),
    _number("value_per_kg", "Declared value per kg", _ratio("declared_value", "gross_weight_kg")),
    _number("amendments", "How often the row was amended", _own("amendment_count"), "amendment_count"),
    _codes("currency", "currency"),
    _codes("container", "container_ids"),
    _codes("container_type", "container_types"),
    _codes("handling", "handling_codes"),
    _codes("permit", "permit_refs"),
    _codes("seal", "seal_ids"),
    _codes("bill", "shipment_id"),
    _codes("master_bill", "master_id"),
    _codes("vessel", "vessel_or_flight"),
    _codes("lane", "lane"),
    _codes("office", "customs_office"),
    _flag("is_refrigerated", "refrigerated"),
    _flag("trusted_trader", "trusted"),
    _flag("is_consolidation", "consolidation"),
)

#: Name -> field.
FIELDS: Final[dict[str, Field]] = {field.name: field for field in _ALL}

#: Every name a field is known by -> field.
BY_NAME: Final[dict[str, Field]] = {name: field for field in _ALL for name in (*field.also, field.name)} | {
    "flight": FIELDS["vessel"]
}
