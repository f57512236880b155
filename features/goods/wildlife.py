"""Wildlife words in a declared text: plain names, trade names, code words, in many languages.

Terms come from ``wildlife_terms.csv`` (written from general vocabulary, unchecked by native
speakers). Alphabetic scripts are matched word by word (so ``vet`` is not found in ``velvet``),
scripts without spaces by substring, and terms of those scripts also in Latin transliteration.
Ordinary phrases ("ivory coast", "teddy bear") and figurative uses ("tortoise shell colour",
"turtle toy") hide the wildlife word in them. Single common words count only beside other evidence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import ahocorasick_rs
from anyascii import anyascii

from features.goods import text as goods_text
from features.goods.matcher import matcher
from features.goods.spelling import Spelling
from features.reference import table

#: Letters a single word needs before a near spelling of it counts, and a transliteration of it.
FUZZY_LETTERS, TRANSLITERATED_LETTERS, JOINED_LETTERS = 7, 9, 8

_BARRIER = "|"
_PARTS = re.compile(r"[,;|]")
_LOOKS_LIKE = """
    brand brands color colored print printed pattern patterned toy plush doll figure figurine
    costume logo shape shaped design sticker paint painted poster keychain tshirt shirt mug puzzle
    game balloon cartoon embossed imitation artificial faux fake synthetic resin plastic ceramic
    model inspired themed theme motif effect tone shade pvc book yarn fabric polyester acrylic beer
    tile coating satin paper flavor scent scented fragrance lipstick wallpaper laminate leatherette
    glass juguete peluche jouet
"""
_FIGURATIVE = frozenset(_LOOKS_LIKE.split())
_SAID_OF_THINGS = """
    edge streaming stream concert oak yeast culture wire music show axle load center band recording
    cd dvd bacteria
"""
_NOT_ALIVE = frozenset(_SAID_OF_THINGS.split())
_LIVING = """
    live alive living vivo viva vivant vivante hidup lebend vivi живой живые живая حية hatchling
    hatchlings
"""
_ALIVE = frozenset(_LIVING.split())
_ALIVE_UNSPACED = re.compile("活体|活體|活的|鲜活|活动物|มีชีวิต|ມີຊີວິດ|အသက်ရှင်|រស់")


@dataclass(frozen=True)
class Term:
    """One entry of the term table.

    Attributes
    ----------
    term, concept, taxon, language : str
    kind : str
        ``plain``, ``code`` or ``ordinary`` (hides the wildlife words it covers).
    common : bool
        Counts only beside other evidence.
    form : str
        ``live``, ``product`` or ``either``.
    words : int
        Number of words of the term.
    """

    term: str
    concept: str
    taxon: str
    language: str
    kind: str
    common: bool
    form: str
    words: int


@dataclass(frozen=True)
class Hit:
    """One term found in a text.

    Attributes
    ----------
    term : Term
    figurative : bool
        Beside a word such as "colour", "brand" or "toy".
    misspelt : bool
        Found only after correcting a letter or two.
    """

    term: Term
    figurative: bool = False
    misspelt: bool = False


@dataclass(frozen=True)
class Reading:
    """What the terms say about one text: hits in order, and whether it says "live"."""

    hits: tuple[Hit, ...]
    says_live: bool


NOTHING = Reading((), False)


class Lexicon:
    """All wildlife terms, ready to be found.

    Parameters
    ----------
    rows : sequence of (concept, taxon, language, term, kind, common, form)
    """

    def __init__(self, rows: Sequence[tuple[str, ...]]) -> None:
        self._patterns: dict[str, Term] = {}
        self._joined: dict[str, str] = {}
        names: set[str] = set()
        parts: set[str] = set()
        for concept, taxon, language, text, kind, common, form in rows:
            folded = goods_text.fold(text)
            term = Term(text, concept, taxon, language, kind, common == "1", form, len(folded.split()))
            for pattern in self._forms(folded, term):
                self._patterns.setdefault(pattern, term)
            tokens = goods_text.stems(folded)
            if kind == "plain" and not term.common:
                (names if len(tokens) == 1 else parts).update(token for token in tokens if token.isascii())
            if kind != "ordinary" and len(tokens) == 1 and tokens[0].isascii():
                self._joined[tokens[0]] = tokens[0]
        patterns = sorted(self._patterns)
        self._terms = [self._patterns[pattern] for pattern in patterns]
        self._finder = ahocorasick_rs.AhoCorasick(
            patterns, matchkind=ahocorasick_rs.MatchKind.LeftmostLongest
        )  # fmt: skip
        self._words = {word for pattern in patterns for word in pattern.split()}
        known = matcher()
        distinctive = names | {word for word in parts if not known.knows(word)}
        self._spelling = Spelling(distinctive, FUZZY_LETTERS, 2)

    @staticmethod
    def _forms(folded: str, term: Term) -> Iterator[str]:
        tokens = goods_text.stems(folded)
        if not goods_text.UNSPACED.search(folded):
            yield goods_text.apart(tokens)
            if len(tokens) > 1 and term.kind == "plain" and sum(map(len, tokens)) >= JOINED_LETTERS:
                yield goods_text.apart(["".join(tokens)])
            return
        yield folded
        if term.kind == "plain" and not term.common:
            spaced = [part.lower() for part in re.findall("[A-Z]?[a-z]+", anyascii(folded))]
            if sum(map(len, spaced)) >= TRANSLITERATED_LETTERS:
                yield goods_text.apart(["".join(spaced)])
                if len(spaced) > 1:
                    yield goods_text.apart(spaced)

    def read(self, folded: str) -> Reading:
        """Find the terms in one folded text (see `features.goods.text.fold`)."""
        tokens = _parted(folded)
        if not tokens:
            return NOTHING
        hits = self._find(tokens, misspelt=False)
        corrected = [self._corrected(token) for token in tokens]
        if corrected != tokens:
            named = {hit.term.concept for hit in hits}
            near = self._find(corrected, misspelt=True)
            hits += [hit for hit in near if hit.term.concept not in named and not hit.term.common]
        live = _says_live(tokens, folded)
        return Reading(tuple(hits), live) if hits or live else NOTHING

    def _find(self, tokens: list[str], *, misspelt: bool) -> list[Hit]:
        tokens = self._join_parts(tokens)
        wrapped = goods_text.apart(tokens)
        hits = []
        for pattern, start, end in self._finder.find_matches_as_indexes(wrapped):
            term = self._terms[pattern]
            if term.kind != "ordinary":
                before = wrapped[max(0, start - 60) : start].rpartition(_BARRIER)[2].split()[-2:]
                after = wrapped[end : end + 60].partition(_BARRIER)[0].split()[:2]
                hits.append(Hit(term, not _FIGURATIVE.isdisjoint([*before, *after]), misspelt))
        return hits

    def _join_parts(self, tokens: list[str]) -> list[str]:
        # "sea horse" and "rose wood" are written apart as often as together.
        joined, i = [], 0
        while i < len(tokens):
            pair = tokens[i] + tokens[i + 1] if i + 1 < len(tokens) else ""
            if len(pair) >= JOINED_LETTERS and pair in self._joined:
                joined.append(pair)
                i += 2
            else:
                joined.append(tokens[i])
                i += 1
        return joined

    def _corrected(self, token: str) -> str:
        if (
            len(token) < FUZZY_LETTERS
            or not token.isascii()
            or token in self._words
            or matcher().knows(token)
        ):
            return token
        return self._spelling.nearest(token) or token


def _parted(folded: str) -> list[str]:
    # What a comma parts is another article: the "toys" of "toys, ivory" say nothing of the ivory.
    tokens: list[str] = []
    for part in _PARTS.split(folded):
        stems = goods_text.stems(part)
        if stems:
            tokens += [_BARRIER, *stems] if tokens else stems
    return tokens


def _says_live(tokens: Sequence[str], folded: str) -> bool:
    for i, token in enumerate(tokens):
        if token in _ALIVE and (i + 1 == len(tokens) or tokens[i + 1] not in _NOT_ALIVE):
            return True
    return not folded.isascii() and _ALIVE_UNSPACED.search(folded) is not None


@dataclass(frozen=True)
class Concept:
    """What a group of terms names, in plain words, and the headings where it is ordinary trade."""

    label: str
    headings: frozenset[str]


@cache
def lexicon() -> Lexicon:
    """Return the lexicon over ``wildlife_terms.csv``, built once."""
    columns = ["concept", "taxon_group", "lang", "term", "kind", "common", "form"]
    return Lexicon(list(table("wildlife_terms")[columns].itertuples(index=False, name=None)))


@cache
def concepts() -> dict[str, Concept]:
    """Return the concepts of ``wildlife_concepts.csv`` by name."""
    rows = table("wildlife_concepts")
    return {
        str(row.concept): Concept(str(row.label), frozenset(str(row.normal_headings).split(";")))
        for row in rows.itertuples(index=False)
    }


def counted(reading: Reading, heading: str) -> tuple[Hit, ...]:
    """Return the hits that count as wildlife words of a shipment under a heading.

    A common word counts beside another word of the same animal or plant, in a text that says
    "live", or in a heading where that wildlife is traded; a code word beside another word of the same
    animal, or, if it has several words, in such a heading.

    Parameters
    ----------
    reading : Reading
    heading : str
        Four digits, or empty.
    """
    literal = [hit for hit in reading.hits if not hit.figurative]
    kept = []
    for hit in literal:
        term = hit.term
        if not term.common:
            kept.append(hit)
            continue
        beside = any(h.term.taxon == term.taxon and h.term.term != term.term for h in literal)
        traded = heading in concepts()[term.concept].headings
        if term.kind == "code":
            traded = traded and term.words > 1
        elif reading.says_live and term.form != "product":
            traded = True
        if beside or traded:
            kept.append(hit)
    return tuple(kept)
