"""Normal forms of names, addresses, telephone numbers, e-mails and registration numbers.

Two spellings of the same thing should have one normal form; what is stripped (the legal form) is
recorded and not lost. Every script is treated alike: nothing here measures a name's length, script
or number of words, so nothing here says anything about the people behind it.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Callable
from functools import cache

import numpy as np
import pandas as pd
from anyascii import anyascii

#: Longest text looked at; anything longer from outside is cut, so that one cell cannot stall a run.
LONGEST = 400

_LETTERS = str.maketrans({"đ": "d", "ø": "o", "ł": "l", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d"})
_DOTTED = re.compile(r"(?<![^\W_]{2})(?<![^\W_])([^\W_])[./]\s?(?=[^\W_](?![^\W_]))")
_SCRIPT_CHANGE = re.compile(r"([0-9]+|[\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]+)")
_NO_DIGIT = re.compile("[^0-9]")
_PO_BOX = re.compile(
    r"\b(p\s?o\s?box|post office box|postbox|po bag|private bag|apartado|boite postale|b\s?p \d|postfach|"
    r"hom thu|caixa postal|casella postale)\b|邮政信箱|郵政信箱|私書箱|사서함|ตู้ ปณ|ตู้ ป ณ|а я \d|ص ب|"
    r"صندوق بريد"
)
_ADDRESS_WORDS = {
    "street": "st",
    "road": "rd",
    "avenue": "ave",
    "building": "bldg",
    "floor": "fl",
    "f": "fl",
    "district": "dist",
    "province": "prov",
    "industrial": "ind",
    "zone": "zn",
    "number": "no",
    "room": "rm",
    "duong": "st",
    "quan": "dist",
    "phuong": "ward",
}
_PLACEHOLDERS = frozenset(("123456789", "1234567890", "12345678", "987654321", "NOTAVAILABLE", "UNKNOWN"))


@cache
def _punctuation() -> dict[int, str]:
    """Return the map of every character that is no letter, mark or digit to a space."""
    return {
        code: " " for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code))[0] in "PSZC"
    } | dict.fromkeys(map(ord, "'’`´\"ʼ״׳"), "")


@cache
def _accents() -> dict[int, None]:
    """Return the map that drops accents of Latin, Greek and Cyrillic letters (after NFD)."""
    return dict.fromkeys(range(0x300, 0x370))


def simplify(text: str) -> str:
    """Return a text in lower case without accents and punctuation, single spaces.

    Compatibility characters (full-width letters, ligatures) become plain ones, dotted
    abbreviations are closed (``S.A.R.L.`` → ``sarl``, ``A/S`` → ``as``).
    """
    text = unicodedata.normalize("NFKC", text[:LONGEST]).casefold().translate(_LETTERS)
    if not text.isascii():
        text = unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).translate(_accents()))
    text = _DOTTED.sub(r"\1", text)
    return " ".join(text.translate(_punctuation()).split())


def fold(text: str) -> str:
    """Return a simplified text in ASCII letters, for comparison across scripts only."""
    return text if text.isascii() else " ".join(anyascii(text).lower().translate(_punctuation()).split())


def compact(text: str) -> str:
    """Return a text without spaces."""
    return text.replace(" ", "")


def address(text: str) -> str:
    """Return the normal form of an address: words folded to ASCII, in alphabetical order, each once.

    Empty when the address says too little to tell one place from another (fewer than eight letters
    and digits, or no digit at all).
    """
    words = {
        _ADDRESS_WORDS.get(word, word) for word in fold(_SCRIPT_CHANGE.sub(r" \1 ", simplify(text))).split()
    }
    joined = " ".join(sorted(words))
    return joined if len(compact(joined)) >= 8 and any(map(str.isdigit, joined)) else ""


def is_po_box(text: str) -> bool:
    """Say whether an address names a post-office box."""
    return bool(_PO_BOX.search(simplify(text)))


def phone(text: str) -> str:
    """Return the last nine digits of a telephone number; empty when it has fewer than seven.

    Nine digits leave out country code and trunk zero, which are written or not.
    """
    cut = text[:LONGEST]
    plain = cut if cut.isascii() else "".join(str(unicodedata.decimal(c, c)) for c in cut)
    digits = _NO_DIGIT.sub("", plain)
    significant = digits.lstrip("0")
    return significant[-9:] if len(significant) >= 7 and len(set(significant)) > 1 else ""


def email(text: str) -> str:
    """Return an e-mail address in lower case; empty when it is none."""
    plain = unicodedata.normalize("NFKC", text[:LONGEST]).strip().casefold()
    local, at, domain = plain.rpartition("@")
    return plain if at and local and "." in domain and " " not in plain else ""


def identifier(text: str) -> str:
    """Return a tax or registration number as upper-case letters and digits.

    Empty for placeholders: fewer than five characters, fewer than three digits, one digit repeated,
    or a counting sequence.
    """
    plain = "".join(c for c in unicodedata.normalize("NFKC", text[:LONGEST]).upper() if c.isalnum())
    digits = [c for c in plain if c.isdigit()]
    if len(plain) < 5 or len(digits) < 3 or len(set(digits)) < 2 or plain in _PLACEHOLDERS:
        return ""
    return plain


def each(texts: pd.Series, form: Callable[[str], str]) -> np.ndarray:
    """Apply a normal form to a column, once per distinct text.

    Parameters
    ----------
    texts : Series of str, shape (n,)
        Missing values give an empty text.
    form : callable
        From text to text.

    Returns
    -------
    ndarray of object (str), shape (n,)
    """
    codes, distinct = pd.factorize(texts)
    forms = np.array([form(str(text)) for text in distinct] + [""], dtype=object)
    return forms[codes]
