"""Nearest known word within one or two letters, by symmetric deletion.

Both sides delete letters: two words within distance one share a form with at most one letter
deleted. Candidates found that way are checked with the true distance, so the answer does not
depend on what else is in the batch and costs microseconds per unknown word.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache

from rapidfuzz.distance import OSA

#: Words this short are too close to others to correct; from `LONG` on two letters may differ.
SHORT, LONG, LONGEST = 5, 9, 30


def _deletions(word: str, depth: int) -> set[str]:
    forms = {word}
    edge = {word}
    for _ in range(depth):
        edge = {form[:i] + form[i + 1 :] for form in edge for i in range(len(form))}
        forms |= edge
    return forms


class Spelling:
    """An index of known words for spelling look-ups.

    Parameters
    ----------
    known : iterable of str
    shortest : int
        Known words shorter than this are never proposed.
    farthest : int
        Letters that may differ at most (2 only in words of `LONG` letters or more).
    """

    def __init__(self, known: Iterable[str], shortest: int = SHORT, farthest: int = 1) -> None:
        self._shortest = shortest
        self._farthest = farthest
        self._forms: dict[str, list[str]] = defaultdict(list)
        for word in sorted(set(known)):
            if shortest <= len(word) <= LONGEST:
                for form in sorted(_deletions(word, self._depth(word))):
                    self._forms[form].append(word)
        self.nearest = lru_cache(maxsize=200_000)(self._nearest)

    def _depth(self, word: str) -> int:
        return min(self._farthest, 2 if len(word) >= LONG else 1)

    def _nearest(self, word: str) -> str:
        """Return the nearest known word, empty when none is near enough.

        Ties go to the word with the same first letter, then by alphabet.
        """
        if not self._shortest <= len(word) <= LONGEST:
            return ""
        best: tuple[int, bool, str] | None = None
        for form in _deletions(word, self._depth(word)):
            for candidate in self._forms.get(form, ()):
                limit = min(self._depth(word), self._depth(candidate))
                distance = OSA.distance(word, candidate, score_cutoff=limit)
                key = (distance, candidate[0] != word[0], candidate)
                if distance <= limit and (best is None or key < best):
                    best = key
        return best[2] if best else ""
