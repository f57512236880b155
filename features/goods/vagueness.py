"""How little a description says: stop words of the EU's ICS2 and others, digits, too few words."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import ahocorasick_rs

from features.goods import text as goods_text
from features.reference import table

_FILLER_WORDS = """
    the of and or in for with to by on a an pcs pc piece pieces ctn ctns carton cartons pkg pkgs
    package packages box boxes bag bags pallet pallets bale bales kg kgs lbs mt cbm net gross weight
    qty total contain containing de la el los las le les des du et e y da do dos dan va et per via
    no nos number hs code new used
"""
_FILLER = frozenset(goods_text.stem(word) for word in _FILLER_WORDS.split())


@dataclass(frozen=True)
class Vagueness:
    """How little one text says.

    Attributes
    ----------
    share : float
        Share of the letters (filler words left out) in stop words, 0 to 1; 1 where nothing is left.
    words : int
        Number of words, filler words and digits left out; a run of a script without spaces
        counts one word per four characters.
    digits_only : bool
        No letters at all.
    found : str
        The stop words found, at most three.
    """

    share: float
    words: int
    digits_only: bool
    found: str


class StopWords:
    """The stop words, ready to be found as whole words.

    Parameters
    ----------
    terms : sequence of str
    """

    def __init__(self, terms: list[str]) -> None:
        forms: dict[str, str] = {}
        for term in terms:
            folded = goods_text.fold(term)
            stems = goods_text.stems(folded)
            if goods_text.UNSPACED.search(folded):
                forms[folded] = term
            elif stems:
                forms.setdefault(goods_text.apart(stems), term)
        self._patterns = sorted(forms)
        self._names = [forms[pattern] for pattern in self._patterns]
        self._finder = ahocorasick_rs.AhoCorasick(
            self._patterns, matchkind=ahocorasick_rs.MatchKind.LeftmostLongest
        )

    def measure(self, folded: str) -> Vagueness:
        """Measure one folded text (see `features.goods.text.fold`)."""
        tokens = [token for token in goods_text.stems(folded[:4000]) if token not in _FILLER]
        letters = sum(map(len, tokens))
        if not tokens:
            return Vagueness(1.0, 0, not any(c.isalpha() for c in folded), "")
        covered, names = 0, []
        for pattern, start, end in self._finder.find_matches_as_indexes(goods_text.apart(tokens)):
            covered += end - start - self._patterns[pattern].count(" ")
            names.append(self._names[pattern])
        words = sum(1 if not goods_text.UNSPACED.search(token) else -(-len(token) // 4) for token in tokens)
        found = ", ".join(dict.fromkeys(names[:3]))
        return Vagueness(min(1.0, covered / letters), words, False, found)


@cache
def stop_words() -> StopWords:
    """Return the stop words of ``vague_terms.csv``, read once."""
    return StopWords(list(table("vague_terms")["term"]))
