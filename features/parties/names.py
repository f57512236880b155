"""What a party's name says: legal form, core for comparison, and type of name.

The type rests on words alone (legal forms, trade words, titles, "to order") of any script. A name
without such a sign is ``unknown``, whoever's it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

import pandas as pd

from features import reference
from features.parties import normal_form
from features.parties.normal_form import compact

KINDS = ("company", "individual", "forwarder", "bank", "government", "to_order", "unknown")

#: Scripts written without spaces between words: their forms are found inside a run of letters.
UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_LONGEST_FORM = 7


@dataclass(frozen=True, slots=True)
class Name:
    """A party's name, taken apart.

    Attributes
    ----------
    normal : str
        Simplified name, own script, legal form included.
    core : str
        Words without legal form, in ASCII letters, trade words replaced by one English word each.
    native : str
        Words without legal form, own script.
    legal : tuple of str
        Classes of the legal forms found (``private``, ``public``, ...), sorted.
    kind : str
        One of `KINDS`.
    """

    normal: str
    core: str
    native: str
    legal: tuple[str, ...]
    kind: str


@dataclass(frozen=True)
class _Lexicon:
    forms: dict[str, tuple[str, str]]  # form -> class, place in the name
    words: dict[str, tuple[str, str]]  # word -> class, stands for
    inside: re.Pattern[str]  # forms and words of scripts without spaces
    titles: re.Pattern[str]  # titles written without a space before or after the name
    persons: frozenset[str]
    common: frozenset[str]


@cache
def _lexicon() -> _Lexicon:
    legal, words = reference.table("legal_forms"), reference.table("party_words")
    simple = normal_form.simplify
    forms = {simple(f): (c, p) for f, c, p in zip(legal["form"], legal["class"], legal["place"], strict=True)}
    signs: dict[str, tuple[str, str]] = {}
    groups: dict[str, set[str]] = {"person": set(), "common": set()}
    for word, group, stands_for in zip(words["word"], words["class"], words["stands_for"], strict=True):
        if group in groups:
            groups[group].add(normal_form.fold(simple(word)) or word)
        else:
            signs[simple(word)] = (group, stands_for)
    inside = [
        w for w in (*forms, *signs) if UNSPACED.search(w) and not signs.get(w, ("",))[0].startswith("title")
    ]
    glued = {w: group for w, (group, _) in signs.items() if group.startswith("title") and UNSPACED.search(w)}
    titles = "|".join(
        f"^{_any([w])}(?=.)" if g == "title_at_start" else f"(?<=.){_any([w])}$"
        for w, g in sorted(glued.items(), key=lambda item: (-len(item[0]), item[0]))
    )
    return _Lexicon(
        forms=forms,
        words=signs,
        inside=re.compile(f"({_any(inside)})"),
        titles=re.compile(titles),
        persons=frozenset(groups["person"]),
        common=frozenset(groups["common"]),
    )


def _any(words: list[str]) -> str:
    """Return the pattern of any of some words, the longest first."""
    return "|".join(re.escape(w) for w in sorted(words, key=lambda w: (-len(w), w)))


def is_common_word(word: str) -> bool:
    """Say whether a word of a core tells hardly one name from another."""
    lexicon = _lexicon()
    return word in lexicon.persons or word in lexicon.common


@cache
def trade_words() -> frozenset[str]:
    """Return the words trade words stand for in a core."""
    return frozenset(part for _, stands in _lexicon().words.values() for part in stands.split())


def _phrases(words: list[str], table: dict[str, tuple[str, str]]) -> list[tuple[int, int]]:
    """Return (start, end) of the longest entries of a table among the words, left to right."""
    found, start = [], 0
    while start < len(words):
        for end in range(min(len(words), start + _LONGEST_FORM), start, -1):
            if " ".join(words[start:end]) in table:
                found.append((start, end))
                start = end - 1
                break
        start += 1
    return found


def _counts_as_form(place: str, start: int, end: int, words: list[str], lexicon: _Lexicon) -> bool:
    """Say whether a legal form stands where that form may stand.

    A short form that is also a word of personal names (Sa, As, Co) is no sign beside other words of
    personal names, so that nobody's given name turns them into a firm.
    """
    if place == "any":
        return True
    at_start, at_end = start == 0, end == len(words)
    if (
        not ((at_end and place in ("end", "edge")) or (at_start and place in ("start", "edge")))
        or len(words) == 1
    ):
        return False
    rest = words[:start] + words[end:]
    return not any(normal_form.fold(word) in lexicon.persons for word in rest)


def _strip_legal(words: list[str], lexicon: _Lexicon) -> tuple[list[str], set[str]]:
    """Take legal forms out of the words, from the edges inwards; return the rest and their classes."""
    classes: set[str] = set()
    while True:
        for start, end in reversed(_phrases(words, lexicon.forms)):
            group, place = lexicon.forms[" ".join(words[start:end])]
            if _counts_as_form(place, start, end, words, lexicon):
                classes.add(group)
                words = words[:start] + words[end:]
                break
        else:
            return words, classes


def _kind(signs: set[str], has_form: bool) -> str:
    for kind in ("to_order", "forwarder", "bank", "government"):
        if kind in signs:
            return kind
    if has_form or "company" in signs:
        return "company"
    return "individual" if "individual" in signs else "unknown"


@lru_cache(maxsize=500_000)
def take_apart(text: str) -> Name:
    """Take one name apart.

    Parameters
    ----------
    text : str
        Name as declared; only the first 400 characters are looked at.
    """
    lexicon = _lexicon()
    normal = normal_form.simplify(text)
    spaced = (
        normal if normal.isascii() else lexicon.titles.sub(" ", lexicon.inside.sub(r" \1 ", normal)).strip()
    )
    words, classes = _strip_legal(spaced.split(), lexicon)
    signs = {"individual"} if len(compact(spaced)) < len(compact(normal)) else set()
    core: list[str] = []
    native: list[str] = []
    position = 0
    for start, end in [*_phrases(words, lexicon.words), (len(words), len(words))]:
        core += words[position:start]
        native += words[position:start]
        if start < end:
            group, stands_for = lexicon.words[" ".join(words[start:end])]
            if group.startswith("title"):
                group = "individual" if (start == 0) == group.endswith("start") and len(words) > 1 else ""
                kept = [] if group else words[start:end]
                core, native = core + kept, native + kept
            elif group != "individual":
                core += stands_for.split()
                native += words[start:end]
            signs.add(group)
        position = end
    if words and classes - {"generic"}:
        signs.discard("individual")
    folded = normal_form.fold(" ".join(core)) or " ".join(native) or normal
    return Name(
        normal, folded, " ".join(native) or normal, tuple(sorted(classes)), _kind(signs, bool(classes))
    )


def kinds(names: pd.Series) -> pd.Series:
    """Return the type of each name; missing names stay missing.

    Parameters
    ----------
    names : Series of str, shape (n,)

    Returns
    -------
    Series of str, shape (n,)
        One of `KINDS`, or NaN.
    """
    found = pd.Series(normal_form.each(names, lambda text: take_apart(text).kind), index=names.index)
    return found.where(names.notna()).astype("str")


def legal_forms(names: pd.Series) -> pd.Series:
    """Return the classes of the legal forms in each name, joined by ``;`` (empty: none found)."""
    found = pd.Series(
        normal_form.each(names, lambda text: ";".join(take_apart(text).legal)), index=names.index
    )
    return found.where(names.notna()).astype("str")
