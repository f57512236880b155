"""Names of the animals and plants that are found: scientific, and common in every language of the app.

An outcome keeps scientific names. Officers know common ones, in their own language or in the one on the
papers, so all languages are searched at once. The table (`taxon_names.csv`) holds widely known groups and
species; what it lacks is entered by its scientific name.
"""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from risk import vocabulary
from risk.language import SOURCE

#: Where the names come from. They are not the reference tables of the model (`features.reference`), whose
#: digest is part of every score: a name added here changes no score.
NAMES_SOURCE: Final = "names in general use, written for this project; not read by native speakers yet"
NAMES_DATE: Final = "2026-11"

_LANGUAGES: Final = ("en", "fr", "vi", "th", "zh", "pt", "km", "ar")
#: Marks that only say how a syllable is spoken in scripts that can be written without them.
_LEFT_OUT: Final = "ـ"
#: Letters written in several ways in Arabic, and Vietnamese đ.
_ALIKE: Final = str.maketrans({"أ": "ا", "إ": "ا", "آ": "ا", "ى": "ي", "ة": "ه", "đ": "d", "’": "'"})
#: Scripts whose vowels are combining marks keep them.
_KEEPS_MARKS: Final = (("\u0e00", "\u0e7f"), ("\u1780", "\u17ff"))


@dataclass(frozen=True)
class Taxon:
    """An animal or plant, or a group of them.

    Attributes
    ----------
    scientific : str
        As it is kept with an outcome.
    rank : str
        ``species``, ``genus``, ``family``, ...
    group : str
        Coarse group, as in the table of wildlife concepts.
    names : mapping
        Language -> common names, the best known first.
    """

    scientific: str
    rank: str
    group: str
    names: Mapping[str, tuple[str, ...]]

    def name(self, language: str) -> str:
        """Return the common name in a language."""
        return self.names[language][0]


@cache
def taxa() -> tuple[Taxon, ...]:
    """Return all taxa of the table, in its order."""
    text = files("risk").joinpath("taxon_names.csv").read_text(encoding="utf-8")
    return tuple(
        Taxon(
            row["scientific"],
            row["rank"],
            row["group"],
            {language: tuple(row[language].split("|")) for language in _LANGUAGES},
        )
        for row in csv.DictReader(text.splitlines())
    )


def taxon_name(scientific: str, language: str) -> str:
    """Return the common name of a scientific one; what the table lacks stays as it is.

    Examples
    --------
    >>> taxon_name("Manidae", "en"), taxon_name("Nasua nasua", "en")
    ('pangolin', 'Nasua nasua')
    """
    found = _by_name().get(scientific)
    return found.name(language) if found else scientific


def both_names(scientific: str, language: str) -> str:
    """Return the common name with the scientific one behind it, or the latter alone.

    Examples
    --------
    >>> both_names("Manidae", "en"), both_names("Nasua nasua", "en")
    ('pangolin (Manidae)', 'Nasua nasua')
    """
    common = taxon_name(scientific, language)
    return scientific if common == scientific else f"{common} ({scientific})"


def animal(common: str, language: str) -> str:
    """Return an animal or plant given by an English common name; what nobody named stays as it is.

    Examples
    --------
    >>> animal("sea_turtle", "en"), animal("pangolin", "fr")
    ('sea turtle', 'pangolin')
    """
    common = common.replace("_", " ")
    if language == SOURCE:
        return common
    found = _by_common_name().get(common.lower())
    return found.name(language) if found else vocabulary.word("animal", common, language)


@cache
def _by_common_name() -> dict[str, Taxon]:
    return {name.lower(): each for each in reversed(taxa()) for name in each.names[SOURCE]}


@cache
def _by_name() -> dict[str, Taxon]:
    return {each.scientific: each for each in taxa()}


def fold(text: str) -> str:
    """Return a name as it is searched: lower case, without accents, blanks as one.

    Vowel signs of Thai and Khmer are letters and stay; Vietnamese tones and Arabic vowel marks go.

    Examples
    --------
    >>> fold("  Ngà VOI "), fold("Éléphant")
    ('nga voi', 'elephant')
    """
    plain = unicodedata.normalize("NFKD", text).casefold().translate(_ALIKE)
    kept = (c for c in plain if c not in _LEFT_OUT and (not unicodedata.combining(c) or _is_letter(c)))
    return " ".join("".join(kept).replace("-", " ").split())


def _is_letter(mark: str) -> bool:
    return any(low <= mark <= high for low, high in _KEEPS_MARKS)


@cache
def _searched() -> tuple[tuple[int, str, str], ...]:
    """Return (position of the taxon, language, folded name) of every name."""
    rows = []
    for position, each in enumerate(taxa()):
        rows.append((position, "", fold(each.scientific)))
        rows += [(position, language, fold(name)) for language in _LANGUAGES for name in each.names[language]]
    return tuple(rows)


def search_taxa(text: str, language: str = SOURCE, most: int = 10) -> list[Taxon]:
    """Return the taxa a text may mean, best first.

    Parameters
    ----------
    text : str
        A common name in any language, or a scientific one; a beginning or a part of it is enough. With two
        letters or more in scripts of letters; one Chinese character is enough.
    language : str
        Names in it come before those of other languages.
    most : int
        How many at most.

    Examples
    --------
    >>> [each.scientific for each in search_taxa("pango", "en", 2)]
    ['Manidae', 'Manis javanica']
    >>> search_taxa("ngà", "en", 1)[0].scientific, search_taxa("海马")[0].scientific
    ('Elephantidae', 'Hippocampus')
    """
    wanted = fold(text[:100])
    if len(wanted) < 2 and not any("\u3400" <= c <= "\u9fff" for c in wanted):
        return []
    found: dict[int, tuple[int, int, int]] = {}
    for position, spoken, name in _searched():
        if (how := _hit(wanted, name)) is None:
            continue
        place = (how, 0 if spoken == language else 1, position)
        found[position] = min(place, found.get(position, place))
    return [taxa()[position] for position in sorted(found, key=lambda key: found[key])[:most]]


def _hit(wanted: str, name: str) -> int | None:
    """Return how a name holds what is wanted: whole, as its beginning, as a word's, anywhere; or None."""
    if name == wanted:
        return 0
    if name.startswith(wanted):
        return 1
    if f" {wanted}" in name:
        return 2
    return 3 if wanted in name else None
