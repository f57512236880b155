"""How alike two names are, with words that many names share counting little.

A word's weight falls with the number of different names that held it strictly earlier in the
port's own register, and is small from the start for trade words, for words many firms use and for
very common personal names of any script. Nothing seen later moves a weight.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from rapidfuzz import fuzz

from features.parties.names import is_common_word, trade_words

_TRADE, _COMMON = 0.1, 0.25
#: A word held by more than this share of the names seen (and by more than three) is not distinctive.
_FREQUENT_SHARE = 0.002
_LONG_WORD = 7
#: Common words in another order are not yet the same name.
_SAME_WORDS = 0.75
_LONG_TOGETHER = 8
#: What a word written with a slip counts of its weight.
_SLIP = 0.95


class Register:
    """The words of a table of names, each with the times new names brought it.

    Parameters
    ----------
    cores : sequence of str, shape (m,)
        Cores of the names.
    first_seen : ndarray of int64, shape (m,)
        When each name was first seen, ascending.
    needed : set of str
        Words that will be asked for; others are not kept.
    """

    def __init__(self, cores: Sequence[str], first_seen: np.ndarray, needed: set[str]) -> None:
        distinct = pd.DataFrame({"core": np.asarray(cores, dtype=object), "at": first_seen}).drop_duplicates(
            "core"
        )
        times: dict[str, list[int]] = {word: [] for word in needed}
        for core, at in zip(distinct["core"], distinct["at"].tolist(), strict=True):
            for word in set(core.split()):
                if word in times:
                    times[word].append(at)
        self._times = {word: np.array(held, dtype=np.int64) for word, held in times.items()}
        self._all = distinct["at"].to_numpy(dtype=np.int64)

    def held_by(self, word: str, before: int) -> int:
        """Return how many different names held a word strictly earlier."""
        held = self._times.get(word)
        return 0 if held is None else int(np.searchsorted(held, before, side="left"))

    def weight(self, word: str, before: int) -> float:
        """Return the weight of a word in a comparison, between 0 and 1."""
        if word in trade_words():
            return _TRADE
        weight = 1.0 / (1.0 + math.log1p(self.held_by(word, before) / 3.0))
        return min(weight, _COMMON) if is_common_word(word) else weight

    def is_rare(self, word: str, before: int) -> bool:
        """Say whether a word tells a name from most others."""
        if len(word) < 4 or word in trade_words() or is_common_word(word) or word.isdigit():
            return False
        known = int(np.searchsorted(self._all, before, side="left"))
        return self.held_by(word, before) <= max(3, int(_FREQUENT_SHARE * known))

    def distinctive(self, core: str, before: int) -> int:
        """Say how distinctive a core is: 0 not, 1 one rare word or several together, 2 more than that.

        Names of short words (Vietnamese, Chinese syllables written apart) are told by several words
        together.
        """
        own = [word for word in core.split() if not (word in trade_words() or is_common_word(word))]
        rare = [word for word in own if self.is_rare(word, before)]
        if len(rare) > 1 or any(len(word) >= _LONG_WORD for word in rare):
            return 2
        return int(bool(rare) or (len(own) > 1 and len("".join(own)) >= _LONG_TOGETHER))


def weighted(one: str, other: str, before: int, register: Register) -> float:
    """Return the weighted share of words two cores have in common, between 0 and 1.

    Numbers must be the same on both sides; words of four letters and more may differ by a slip.
    """
    if one.replace(" ", "") == other.replace(" ", ""):
        return 1.0
    left, right = sorted(set(one.split())), sorted(set(other.split()))
    if {w for w in left if _has_digit(w)} != {w for w in right if _has_digit(w)}:
        return 0.0
    if left == right and all(map(is_common_word, left)):
        return _SAME_WORDS  # father and son, not one person
    weights = {word: register.weight(word, before) for word in {*left, *right}}
    total = sum(weights[word] for word in left) + sum(weights[word] for word in right)
    free = [word for word in right if word not in left]
    shared = 2.0 * sum(weights[word] for word in left if word in right)
    for word in left:
        if word in right or len(word) < 4:
            continue
        near = max(free, key=lambda other_word: (fuzz.ratio(word, other_word), other_word), default="")
        if len(near) >= 4 and fuzz.ratio(word, near) >= 85.0:
            shared += _SLIP * (weights[word] + weights[near])
            free.remove(near)
    return shared / total if total else 0.0


def slip_only(one: str, other: str) -> bool:
    """Say whether two cores differ by one slip of the pen in a long word and by nothing else."""
    left, right = set(one.split()), set(other.split())
    only_left, only_right = left - right, right - left
    if len(only_left) != 1 or len(only_right) != 1:
        return False
    word, near = only_left.pop(), only_right.pop()
    long_enough = min(len(word), len(near)) >= _LONG_WORD and not (_has_digit(word) or _has_digit(near))
    return long_enough and fuzz.ratio(word, near) >= 88.0


def _has_digit(word: str) -> bool:
    return any(map(str.isdigit, word))
