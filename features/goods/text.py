"""Declared text in one normal form, whatever its script, spelling tricks or size.

Everything that reads a description works on the same *folded* text: compatibility forms made
plain (full-width Latin, ligatures), invisible format characters removed, Latin, Greek and
Cyrillic accents dropped, case folded, look-alike letters of another script inside a Latin word
replaced, letters written apart put together. Vowel signs of Thai, Lao, Khmer, Burmese and the
Indic scripts carry meaning and stay.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pandas as pd

#: Characters of a description that are read; a longer one is cut, so that time stays bounded.
LIMIT = 20_000

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
# Accents of Latin, Greek and Cyrillic, enclosing marks, Hebrew and Arabic points, Arabic tatweel.
_ACCENT = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u0640\u064b-\u065f\u0670"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
)
_SPACE = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
_REVERSED = re.compile("\u202e([^\u202c\u202d\u2069\n]{1,400})")
_APART = re.compile(r"(?<![^\W_])(?:[^\W\d_][ .\-_*]){3,40}[^\W\d_](?![^\W_])")
_SEPARATORS = re.compile(r"[ .\-_*]")
_PLAIN = str.maketrans({"đ": "d", "ð": "d", "ø": "o", "ł": "l", "æ": "ae", "œ": "oe", "þ": "th", "ı": "i"})
_LOOKALIKE = str.maketrans("авеорсухіјѕԁһкмнтαεορυκνι", "abeopcyxijsdhkmhtaeopykvi")
_OTHER = "[\u0370-\u03ff\u0400-\u052f]"
_LETTERS = re.compile(r"[^\W\d_]+")
_MIXED = re.compile(rf"[a-z]{_OTHER}|{_OTHER}[a-z]")

_MARKS = "\u0900-\u0dff\u0e31-\u0e4e\u0eb1-\u0ecd\u0f18-\u0fbc\u102b-\u109d\u17b4-\u17d3"
_WORD = re.compile(rf"(?:[^\W\d_]|[{_MARKS}])+")
_SINGLE = re.compile(r"\b([a-z])-(?=[a-z]{3})")
#: Scripts written without spaces between words: Thai, Lao, Burmese, Khmer, kana, Han.
UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")


def fold(text: str) -> str:
    """Return the folded form of one text (at most `LIMIT` characters of it).

    Parameters
    ----------
    text : str
        Any text, hostile or not.

    Returns
    -------
    str
        Lower case, single spaces, no format characters.
    """
    text = text[:LIMIT]
    if not text.isascii():
        text = _fold_beyond_ascii(text)
    text = _SPACE.sub(" ", text.lower()).strip()
    if _APART.search(text):
        text = _APART.sub(lambda match: _SEPARATORS.sub("", match.group()), text)
    return text


def _fold_beyond_ascii(text: str) -> str:
    # What is shown reversed is read both ways: the bytes may hold the word backwards.
    turned = [match.group(1)[::-1] for match in _REVERSED.finditer(text)]
    text = _INVISIBLE.sub("", " ".join([text, *turned]))
    text = unicodedata.normalize("NFKD", text)[: 4 * LIMIT]
    text = unicodedata.normalize("NFC", _ACCENT.sub("", text)).casefold().translate(_PLAIN)
    if _MIXED.search(text):
        text = _LETTERS.sub(_one_script, text)
    return text[: 2 * LIMIT]


def _one_script(match: re.Match[str]) -> str:
    word = match.group()
    return word.translate(_LOOKALIKE) if _MIXED.search(word) else word


def words(folded: str) -> list[str]:
    """Return the words of a folded text (no digits, no single Latin letters).

    Words of scripts without spaces come as whole runs.
    """
    if "-" in folded:
        folded = _SINGLE.sub(r"\1", folded)
    return [word for word in _WORD.findall(folded) if len(word) > 1 or not word.isascii()]


def factorize(column: pd.Series) -> tuple[npt.NDArray[np.int64], list[str]]:
    """Return the position of each row's text among the unique texts, -1 where missing.

    Parameters
    ----------
    column : Series of str, shape (n,)

    Returns
    -------
    codes : int array, shape (n,)
    texts : list of str
    """
    codes, unique = pd.factorize(column)
    return codes.astype(np.int64), [str(text) for text in unique]


def fold_column(column: pd.Series) -> tuple[npt.NDArray[np.int64], list[str]]:
    """Fold a column, each different text once.

    Returns
    -------
    codes : int array, shape (n,)
        Position of the row's folded text, -1 where missing or empty.
    folded : list of str
        Unique folded texts.
    """
    codes, texts = factorize(column)
    first, folded = pd.factorize(np.array([fold(text) for text in texts], dtype=object))
    lookup = np.append(first, -1).astype(np.int64)
    empty = np.array([text == "" for text in folded], dtype=bool)
    result = lookup[codes]
    result[(result >= 0) & np.append(empty, False)[result]] = -1
    return result, [str(text) for text in folded]


_SPELLING = {
    "tyre": "tire", "aluminium": "aluminum", "colour": "color", "jewellery": "jewelry", "jewelery": "jewelry",
    "moulding": "molding", "mould": "mold", "fibre": "fiber", "grey": "gray", "sulphur": "sulfur",
    "sulphate": "sulfate", "fertiliser": "fertilizer", "yoghurt": "yogurt", "mollusc": "mollusk",
    "pyjama": "pajama", "licence": "license", "plough": "plow", "doughnut": "donut",
    "furnitures": "furniture",
    "equipments": "equipment", "machineries": "machinery", "clothe": "clothing", "apparels": "apparel",
    "leaves": "leaf", "knives": "knife", "shelves": "shelf", "loaves": "loaf", "calves": "calf",
    "children": "child", "women": "woman", "men": "man", "feet": "foot", "teeth": "tooth", "mice": "mouse",
    "geese": "goose", "oxen": "ox", "maws": "maw", "lotions": "lotion",
}  # fmt: skip
_KEEP_S = frozenset(
    (
        "gas", "lens", "glass", "bus", "chess", "swiss", "plus", "cactus", "canvas", "asparagus", "citrus",
        "christmas", "atlas", "iris", "tennis", "molasses", "brass", "grass", "dress", "chassis",
    )
)  # fmt: skip


def stem(word: str) -> str:
    """Return the singular, American spelling of an English word; other words stay nearly as they are.

    Examples
    --------
    >>> [stem(word) for word in ("toys", "boxes", "batteries", "tyres", "glass", "maws")]
    ['toy', 'box', 'battery', 'tire', 'glass', 'maw']
    """
    if word in _SPELLING:
        return _SPELLING[word]
    if len(word) > 3 and word.endswith("s") and word not in _KEEP_S:
        if word.endswith("ies") and len(word) > 4:
            word = word[:-3] + "y"
        elif word.endswith(("sses", "xes", "ches", "shes", "zes", "oes")) and word not in ("shoes", "toes"):
            word = word[:-2]
        elif not word.endswith(("ss", "us", "is")):
            word = word[:-1]
    return _SPELLING.get(word, word)


def stems(folded: str) -> list[str]:
    """Return the stems of the words of a folded text, in order."""
    return [stem(word) for word in words(folded)]


def apart(tokens: Iterable[str]) -> str:
    """Return words in one text, each between its own spaces: neighbouring terms do not share one."""
    return " " + "  ".join(tokens) + " "


def join(parts: Iterable[pd.Series], separator: str = " ; ") -> pd.Series:
    """Join text columns row by row, missing ones left out; missing where all are."""
    joined: pd.Series | None = None
    for part in parts:
        if joined is None:
            joined = part
            continue
        both = joined.notna() & part.notna()
        merged = joined.fillna(part)
        if both.any():
            merged = merged.mask(both, joined.where(both, "") + separator + part.where(both, ""))
        joined = merged
    if joined is None:
        raise ValueError("no columns to join")
    return joined
