"""Whole words and phrases in texts of any script.

Words of alphabets are compared as wholes, English ones in the singular ("scale" is found in "SCALES", "vet"
not in "velvet"); an Arabic word is found with its article too. Thai, Lao, Burmese, Khmer, Han and kana are
written without spaces between words and Korean with endings, so there a phrase is found wherever its
syllables stand together, never beginning or ending within one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache

import ahocorasick_rs
import numpy as np
import numpy.typing as npt

from features.goods.text import fold, stem

_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
_ARTICLE = re.compile("^(?:[وبكف]?ال|لل)(?=\\w{3})")
_ARABIC = re.compile("[\u0620-\u06ff]")


@cache
def _token() -> re.Pattern[str]:
    """Return the pattern of a token: a syllable of a script without spaces, or a word."""
    combining = [chr(code) for code in range(0x300, 0xFFFF) if unicodedata.category(chr(code))[0] == "M"]
    marks = "".join(map(re.escape, combining))
    # A Khmer or Burmese letter written under another belongs to it.
    under = "\u17d2[\u1780-\u17b3]|\u1039[\u1000-\u102a]"
    syllable = f"(?=[{_UNSPACED}])[^\\W_](?:{under}|[{marks}])*"
    return re.compile(f"{syllable}|(?:(?![{_UNSPACED}])[^\\W_]|(?![{_UNSPACED}])[{marks}])+")


def tokens(text: str) -> list[str]:
    """Return the words of a text in the form in which they are compared, in order.

    Examples
    --------
    >>> tokens("Pangolin SCALES (dried)"), tokens("穿山甲 scales")
    (['pangolin', 'scale', 'dried'], ['穿', '山', '甲', 'scale'])
    """
    return [_form(token) for token in _token().findall(fold(text))]


def _form(token: str) -> str:
    if token.isascii():
        return stem(token)
    return _ARTICLE.sub("", token) if _ARABIC.search(token) else token


def apart(text: str) -> str:
    """Return the tokens of a text, each between single spaces; empty where it has none."""
    found = tokens(text)
    return f" {' '.join(found)} " if found else ""


def find(phrases: Sequence[str], texts: Sequence[str]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Find every phrase in every text.

    Parameters
    ----------
    phrases : sequence of str, shape (p,)
        In any writing; one without a word is found nowhere.
    texts : sequence of str, shape (t,)

    Returns
    -------
    phrase, text : int array, shape (hits,)
        Positions; each pair once, by text.
    """
    patterns: dict[str, list[int]] = {}
    for position, phrase in enumerate(phrases):
        if form := apart(phrase):
            patterns.setdefault(form, []).append(position)
    if not patterns or not texts:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    finder = ahocorasick_rs.AhoCorasick(list(patterns))
    of_pattern = list(patterns.values())
    found: list[tuple[int, int]] = []
    for number, text in enumerate(texts):
        hits = {hit[0] for hit in finder.find_matches_as_indexes(apart(text), overlapping=True)}
        found += [(phrase, number) for hit in sorted(hits) for phrase in of_pattern[hit]]
    pairs = np.array(found, dtype=np.int64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]
