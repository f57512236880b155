"""Which heading a short trade description belongs to.

A linear matcher: every heading has a small vocabulary (its trade words, its title, words of its
subheadings), every word or pair of neighbouring words a weight for every heading that knows it,
rarer words more; the score of a heading is the sum over the description. It is built from
``hs_headings.csv`` and ``goods_words.csv`` at first use (no trained artefact), reads spelling
variants within one or two letters, and words of scripts without spaces by substring.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import ahocorasick_rs
import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from features.goods import text as goods_text
from features.goods.spelling import Spelling
from features.reference import table

# Weight of a word by where the heading's table has it: its trade words, inside a longer trade
# term, its title, its subheadings' texts. Pairs of neighbouring words weigh more than their parts.
_TRADE, _TRADE_PART, _TITLE, _DETAIL, _PAIR = 1.0, 0.4, 0.45, 0.12, 1.3
# Words after these say what the goods are for or made with, not what they are.
_PURPOSE = frozenset(("for", "with", "from", "containing", "para", "pour", "untuk", "by", "without"))
_AFTER_PURPOSE, _HEAD = 0.4, 1.25
# A word before these names a look or a taste ("ivory colour", "strawberry flavour"), not the goods.
_LOOKS = frozenset(
    ("color", "colored", "print", "printed", "pattern", "flavor", "flavored", "scented", "shaped")
)
_LOOK = 0.2

_NOT_GOODS = """
    the and of or in on a an to as per at is are this that no nos not other others new used pcs pc piece
    pieces set sets pkg pkgs package packages carton cartons ctn ctns box boxes bag bags bale bales
    pallet pallets case cases drum drums roll rolls unit units qty kg kgs gram grams lb lbs ton tons
    tonne tonnes mt cbm container containers fcl lcl hc gp hq x said contain stc assorted various mixed
    all kinds kind type types brand made quality grade grades total net gross weight de la el los las le
    les et du des y e o da do dos invoice ref hs code po cargo goods article articles product products
    item items material materials accessory accessories part parts component components spare style
    model color size big small large mini premium best super full include including its their our your
    my freight prepaid collect shipper load count tbc description desc commodity customs value purpose
    only about approx approximately
"""
_IGNORED = frozenset(_NOT_GOODS.split())
_JOINING = frozenset(("in", "of", "on", "the", "to", "and", "or", "with", "for"))
_FOREIGN = frozenset("de la el los las le les du des et y e o da do dos para pour untuk".split())  # noqa: SIM905
# These are goods words only beside others ("bag", "box"): ignored alone, kept inside trade terms.


@dataclass(frozen=True)
class Match:
    """Best headings of each text.

    Attributes
    ----------
    best : int array, shape (n,)
        Position of the best heading, -1 where no word is known.
    score, rival : float array, shape (n,)
        Score of the best heading, and of the best heading of another goods group.
    scores : csr matrix, shape (n, headings)
    known : float array, shape (n,)
        Share of the text's words that any heading knows, 0 to 1.
    """

    best: npt.NDArray[np.int64]
    score: npt.NDArray[np.float64]
    rival: npt.NDArray[np.float64]
    scores: sp.csr_matrix
    known: npt.NDArray[np.float64]

    @property
    def confidence(self) -> npt.NDArray[np.float64]:
        """How sure the best heading is, 0 to 1: its score, its lead, the share of words known."""
        lead = (self.score - self.rival) / np.where(self.score > 0, self.score, 1.0)
        strength = 1.0 - np.exp(-1.5 * self.score)
        return strength * (0.4 + 0.6 * lead) * (0.5 + 0.5 * self.known)


def terms(tokens: Sequence[str]) -> Iterator[tuple[str, float]]:
    """Yield the words and neighbouring pairs of a description with their weight."""
    weight, last, previous = 1.0, len(tokens) - 1, ""
    for i, token in enumerate(tokens):
        if token in _PURPOSE:
            weight, previous = _AFTER_PURPOSE, ""
            continue
        head = i == last or tokens[i + 1] in _PURPOSE
        here = weight * (_HEAD if head else 1.0)
        if _LOOKS.intersection(tokens[i + 1 : i + 3]):
            here *= _LOOK
        if token not in _IGNORED:
            yield token, here
        if previous:
            yield f"{previous} {token}", here
        if token not in ("and", "or", "of", "the"):
            previous = token


class Matcher:
    """The linear matcher over all headings (see the module)."""

    def __init__(self, headings: Sequence[tuple[str, ...]], more: Sequence[tuple[str, str]]) -> None:
        """Build the weights.

        Parameters
        ----------
        headings : sequence of (hs4, title, group, words, detail)
        more : sequence of (hs4, term)
            Terms of other languages.
        """
        self.codes = [row[0] for row in headings]
        self.position = {code: i for i, code in enumerate(self.codes)}
        self.groups = np.unique([row[2] for row in headings], return_inverse=True)[1].astype(np.int64)
        weights: dict[str, dict[int, float]] = defaultdict(dict)
        unspaced: set[str] = set()
        for i, (_, title, _, trade, detail) in enumerate(headings):
            for term in trade.split(";"):
                self._learn(weights, unspaced, i, term)
            _add(weights, i, goods_text.stems(goods_text.fold(title)), _TITLE)
            _add(weights, i, goods_text.stems(goods_text.fold(detail)), _DETAIL)
        self._english = frozenset(weights) | _IGNORED | _PURPOSE
        for code, term in more:
            self._learn(weights, unspaced, self.position[code], term)
        self._terms = {term: j for j, term in enumerate(weights)}
        self._weights = _matrix(weights, len(self.codes))
        self._finder = ahocorasick_rs.AhoCorasick(
            sorted(unspaced), matchkind=ahocorasick_rs.MatchKind.LeftmostLongest
        ) if unspaced else None  # fmt: skip
        self._unspaced = sorted(unspaced)
        self._spelling = Spelling([word for word in self._terms if " " not in word and word.isascii()])

    @staticmethod
    def _learn(weights: dict[str, dict[int, float]], unspaced: set[str], i: int, term: str) -> None:
        folded = goods_text.fold(term)
        if goods_text.UNSPACED.search(folded):
            unspaced.add(folded)
            weights[folded][i] = _TRADE
            return
        tokens = goods_text.stems(folded)
        if len(tokens) == 1:
            weights[tokens[0]][i] = max(_TRADE, weights[tokens[0]].get(i, 0.0))
            return
        _add(weights, i, [token for token in tokens if token not in _IGNORED], _TRADE_PART)
        for pair in pairwise(tokens):
            if pair[0] in _JOINING:
                continue
            _add(weights, i, [" ".join(pair)], _PAIR)

    def knows(self, word: str) -> bool:
        """Return whether a word (in stem form) is goods vocabulary."""
        return word in self._terms or word in _IGNORED

    def is_english(self, word: str) -> bool:
        """Return whether a word (in stem form) is English goods vocabulary."""
        return word in self._english and word not in _FOREIGN

    def match(self, folded: Sequence[str]) -> Match:
        """Score folded texts against all headings.

        Parameters
        ----------
        folded : sequence of str, length n
            Texts in the form of `features.goods.text.fold`.
        """
        data: list[float] = []
        columns: list[int] = []
        starts = np.zeros(len(folded) + 1, dtype=np.int64)
        known = np.zeros(len(folded))
        for row, text in enumerate(folded):
            known[row] = self._read(text, columns, data)
            starts[row + 1] = len(columns)
        counts = sp.csr_matrix((data, columns, starts), shape=(len(folded), len(self._terms)))
        scores = sp.csr_matrix(counts @ self._weights)
        return self._rank(scores, known)

    def _read(self, text: str, columns: list[int], data: list[float]) -> float:
        found: dict[str, float] = {}
        seen: dict[str, bool] = {}
        for term, weight in terms(goods_text.stems(text[:4000])):
            single = " " not in term
            if single and term not in self._terms:
                seen[term] = False
                term = self._spelling.nearest(term)
                weight *= 0.8
            if term in self._terms:
                found[term] = max(weight, found.get(term, 0.0))
                if single:
                    seen[term] = True
        if self._finder is not None and not text.isascii():
            for pattern, _, _ in self._finder.find_matches_as_indexes(text[:4000]):
                found[self._unspaced[pattern]] = 1.0
                seen[self._unspaced[pattern]] = True
        # A long text may not outweigh a short one by its length alone.
        scale = 1.0 / math.sqrt(max(1.0, sum(seen.values()) / 3.0))
        columns.extend(self._terms[term] for term in found)
        data.extend(weight * scale for weight in found.values())
        return sum(seen.values()) / len(seen) if seen else 0.0

    def _rank(self, scores: sp.csr_matrix, known: npt.NDArray[np.float64]) -> Match:
        n = scores.shape[0]
        scores.sort_indices()
        rows = np.repeat(np.arange(n), np.diff(scores.indptr))
        # Highest score first within each row, ties by the lower heading.
        order = np.lexsort((scores.indices, -scores.data, rows))
        has = np.diff(scores.indptr) > 0
        first = scores.indptr[:-1][has]
        best = np.full(n, -1, dtype=np.int64)
        score, rival = np.zeros(n), np.zeros(n)
        best[has] = scores.indices[order][first]
        score[has] = scores.data[order][first]
        other = self.groups[scores.indices] != self.groups[np.maximum(best, 0)][rows]
        np.maximum.at(rival, rows[other], scores.data[other])
        return Match(best, score, rival, scores, known)


def _add(weights: dict[str, dict[int, float]], i: int, tokens: Sequence[str], weight: float) -> None:
    for token in tokens:
        if token not in _IGNORED and token not in _PURPOSE:
            weights[token][i] = max(weight, weights[token].get(i, 0.0))


def _matrix(weights: dict[str, dict[int, float]], headings: int) -> sp.csr_matrix:
    data: list[float] = []
    columns: list[int] = []
    starts = [0]
    for entry in weights.values():
        # A word many headings share says little; only strong uses count towards "many".
        rarity = 1.0 / (1.0 + math.log1p(sum(entry.values()) - max(entry.values())))
        columns.extend(entry)
        data.extend(weight * rarity for weight in entry.values())
        starts.append(len(columns))
    return sp.csr_matrix((data, columns, starts), shape=(len(weights), headings))


@cache
def matcher() -> Matcher:
    """Return the matcher over the reference tables, built once."""
    headings = table("hs_headings")
    more = table("goods_words")
    return Matcher(
        list(headings[["hs4", "title", "group", "words", "detail"]].itertuples(index=False, name=None)),
        list(more[["hs4", "term"]].itertuples(index=False, name=None)),
    )
