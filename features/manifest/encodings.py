"""Which encoding a file of text is in.

Byte-order marks and strict UTF-8 first; then UTF-16 by where its zero bytes lie; then the
encodings customs offices really use are scored on the lines that are not plain ASCII, by how
much of the decoded text is what that language writes (common characters, well-formed Thai
syllables, Vietnamese tone marks on vowels, ...). `charset_normalizer` is asked only when none
of them explains the text: on short cells it errs too often to be asked first.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from functools import cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

BLOCK = 1 << 20
#: Bytes of lines with non-ASCII characters that the scoring looks at.
SAMPLE = 1 << 17

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

#: Multi-byte candidates, in order of preference on equal scores.
_WIDE = ("gb18030", "big5hkscs", "cp932", "euc_kr", "cp949", "euc_jp")
#: Single-byte candidates: encoding -> letters beyond ASCII its languages write often.
_LETTERS = {
    "cp1252": "éèàçùâêîôûëïüñáíóúãõäößåøæœÉÈÀÇÂÊÎÔÛÜÑÁÍÓÚÃÕÄÖÅØÆŒ€°ºª«»’“”–—£§²³®©·´½",
    "cp1250": "ąćęłńóśźżáčďéěíňřšťúůýžőűăâîșțşţäöüßđľĺŕôĄĆĘŁŃÓŚŹŻČŘŠŽŐŰĐĂÂÎŞŢÁÉÍÚÝÖÜÄ€°’“”–",
    "cp1251": "абвгдежзийклмнопрстуфхцчшщъыьэюяёіїєґўАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯЁІЇЄҐЎ№«»–—",
    "koi8_r": "абвгдежзийклмнопрстуфхцчшщъыьэюяёАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯЁ",
    "cp1253": "αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩΆΈΉΊΌΎΏ«»",
    "cp1254": "çğıöşüâîûÇĞİÖŞÜ€’“”–°",
    "cp1255": "אבגדהוזחטיכךלמםנןסעפףצץקרשת",
    "cp1256": "ابتثجحخدذرزسشصضطظعغفقكلمنهويىةءآأإئؤپچژگ،؛؟",
    "cp1257": "āčēģīķļņšūžąęėįųõäöüĀČĒĢĪĶĻŅŠŪŽĄĘĖĮŲÕÄÖÜ€–“”",
}
_WORD = re.compile(r"[^\W\d_]+")
#: Bytes of plain text, and those that do not begin a character beyond ASCII in UTF-8.
_PLAIN = bytes((*b"\t\n\r", *range(0x20, 0x7F)))
_NO_LEAD = bytes(range(0xC0))


def detect(path: str | Path) -> str:
    """Return the Python codec name of a text file.

    Parameters
    ----------
    path : str or Path
        A file of text in any of the encodings named in ``docs/manifest.md``.

    Returns
    -------
    str
        ``utf-8`` for plain ASCII and an empty file. Decode with ``errors="replace"``: a damaged
        byte does not change the answer.
    """
    with open(path, "rb") as stream:
        head = stream.read(BLOCK)
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    if wide := _utf16(head[:65536]):
        return wide
    sample, valid, broken = _survey(path)
    if not broken or valid >= 20 * broken:
        return "utf-8"
    return detect_bytes(sample)


def detect_bytes(sample: bytes) -> str:
    """Return the encoding of bytes known not to be UTF-8 or UTF-16.

    Parameters
    ----------
    sample : bytes
        Lines of the text that hold bytes of 0x80 and above.
    """
    scores = {encoding: _score(encoding, sample) for encoding in (*_WIDE, "cp874", "cp1258", *_LETTERS)}
    best = max(scores, key=lambda encoding: scores[encoding])
    if scores[best] >= 0.35:
        return best
    return _second_opinion(sample) or (best if scores[best] > 0 else "cp1252")


def _utf16(head: bytes) -> str | None:
    """Tell UTF-16 without a mark by its zero bytes (every separator and digit has one)."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if even + odd < max(4, len(head) // 50) or _is_bytewise(head[:64]) or _is_bytewise(head):
        return None
    if odd > 10 * even:
        return "utf-16-le"
    return "utf-16-be" if even > 10 * odd else None


def _is_bytewise(part: bytes) -> bool:
    """Tell plain text of one byte a character, in which zero bytes are noise (padding, a worn line).

    In UTF-16 half the bytes of plain text are zero, and the bytes of other text are seldom those of plain
    text.
    """
    zeros = part.count(0)
    strange = len(part.translate(None, _PLAIN)) - zeros
    return zeros < len(part) / 4 and strange < (len(part) - zeros) / 20


def _survey(path: str | Path) -> tuple[bytes, int, int]:
    """Read the whole file once: non-ASCII lines where not all is UTF-8, characters that are / are not."""
    sample, size, valid, broken = [], 0, 0, 0
    with open(path, "rb") as stream:
        while block := stream.read(BLOCK):
            block += stream.readline(BLOCK)
            if block.isascii():
                continue
            try:
                block.decode("utf-8")
            except UnicodeDecodeError:
                text = block.decode("utf-8", errors="replace")
                lost = text.count("\ufffd") - block.count(b"\xef\xbf\xbd")
                broken += lost
                valid += len(text) - len(text.encode("ascii", errors="ignore")) - lost
            else:
                valid += len(block.translate(None, _NO_LEAD))
                continue
            if size >= SAMPLE:
                continue
            for line in block.split(b"\n"):
                if size < SAMPLE and not line.isascii():
                    sample.append(line[:4096] + b"\n")
                    size += len(sample[-1])
    return b"".join(sample), valid, broken


def _score(encoding: str, sample: bytes) -> float:
    """Return how well an encoding explains a sample: 1 is perfect, below 0 is nonsense."""
    text = sample.decode(encoding, errors="replace")
    high = [character for character in text if character > "\x7f"]
    if not high:
        return -1.0
    lost = high.count("\ufffd") / len(high)
    if lost > 0.05:
        return -1.0
    if encoding in _WIDE:
        value = _score_wide(encoding, high)
    elif encoding == "cp874":
        value = _score_thai(text, high)
    elif encoding == "cp1258":
        value = _score_vietnamese(text)
    else:
        value = _score_letters(encoding, text, high)
    return value - 5 * lost


@cache
def _common(name: str) -> frozenset[str]:
    text = files(__package__).joinpath("common_characters.txt").read_text(encoding="utf-8")
    parts = dict(line.split("\t", 1) for line in text.splitlines() if "\t" in line)
    return frozenset(parts[name])


def _score_wide(encoding: str, high: list[str]) -> float:
    """Score East Asian text by its share of that language's common characters."""
    script = {"gb18030": "simplified", "big5hkscs": "traditional"}.get(encoding)
    good: float
    bad: float
    if encoding in ("euc_kr", "cp949"):
        good = sum("\uac00" <= c <= "\ud7a3" for c in high) * 0.4
        good += sum(c in _common("hangul") for c in high) * 0.6
        bad = sum("\u3400" <= c <= "\u9fff" for c in high)
    elif encoding in ("cp932", "euc_jp"):
        kana = sum("\u3041" <= c <= "\u30fe" for c in high)
        good = kana + sum(c in _common("kanji") for c in high)
        bad = sum("\uff61" <= c <= "\uff9f" for c in high) + (0.3 * len(high) if not kana else 0)
    else:
        good = sum(c in _common(str(script)) for c in high)
        bad = sum("\ue000" <= c <= "\uf8ff" or c > "\uffff" or "\u0080" <= c < "\u0370" for c in high)
    marks = sum("\u3000" <= c <= "\u3011" or "\uff01" <= c <= "\uff5e" for c in high)
    # Half again as rare a character is still a character of that script: level, not list.
    level = sum(_plain(c, encoding) for c in high)
    return (0.75 * good + 0.25 * level + marks * 0.5 - bad) / len(high)


def _plain(character: str, encoding: str) -> bool:
    """Tell a character of the first (frequent) level of its national standard."""
    if not "\u3400" <= character <= "\u9fff":
        return False
    try:
        lead = character.encode("gb2312" if encoding == "gb18030" else encoding)[0]
    except UnicodeEncodeError:
        return False
    first_level = {
        "gb18030": (0xB0, 0xD7),
        "big5hkscs": (0xA4, 0xC6),
        "cp932": (0x88, 0x97),
        "euc_jp": (0xB0, 0xCF),
    }
    low, top = first_level.get(encoding, (1, 0))
    return low <= lead <= top


_THAI_MARK = frozenset("ัิีึืฺุู็่้๊๋์ํ๎ำ")


def _score_thai(text: str, high: list[str]) -> float:
    """Score Thai by its letters, and by marks that stand on a consonant (or another mark)."""
    thai = sum("\u0e01" <= c <= "\u0e5b" for c in high)
    stray = sum(
        now in _THAI_MARK and not ("\u0e01" <= before <= "\u0e2e" or before in _THAI_MARK)
        for before, now in zip(" " + text, text, strict=False)
    )
    vowels = sum(c in _THAI_MARK or c in "าะเแโใไ" for c in high)
    stray += len(re.findall(r"[\u0e01-\u0e5b][A-Za-z]|[A-Za-z][\u0e01-\u0e5b]", text))
    # Real Thai is about two fifths vowels and marks; bytes of another language are not.
    shape = min(1.0, vowels / max(1.0, 0.25 * thai))
    return (thai * shape - 6 * stray - 2 * (len(high) - thai)) / len(high)


_VIETNAMESE = frozenset("àáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵđ")
_TONES = frozenset("\u0300\u0301\u0303\u0309\u0323")


def _score_vietnamese(text: str) -> float:
    """Score Vietnamese by letters that compose, and by tone marks that no other encoding has."""
    tones = sum(c in _TONES for c in text)
    composed = [c for c in unicodedata.normalize("NFC", text) if c > "\x7f"]
    good = sum(c.lower() in _VIETNAMESE for c in composed)
    special = sum(c in "ươđƯƠĐ" for c in text)
    if not tones and special < 2:
        return -0.5
    stray = sum(c in _TONES for c in composed)
    return (good - 4 * stray - (len(composed) - good)) / len(composed) + 0.1


def _score_letters(encoding: str, text: str, high: list[str]) -> float:
    """Score an alphabet by its letters, and by words cased and composed as words are."""
    letters = _LETTERS[encoding]
    good = sum(c in letters for c in high)
    words = [word for word in _WORD.findall(text) if not word.isascii()]
    foreign_alphabet = encoding in ("cp1251", "koi8_r", "cp1253", "cp1255", "cp1256")
    odd = sum(_misshapen(word, foreign_alphabet) for word in words) / max(1, len(words))
    # A symbol inside a word ("Tr¹n") is the mark of the wrong table.
    inside = len(re.findall(r"[^\W\d_][^\x00-\x7f\w\s’´·“”«»–—-][^\W\d_]", text)) / len(high)
    rank = 0.001 * list(_LETTERS).index(encoding)
    lean = {"cp1251": _lean(high, "оеаинт"), "koi8_r": _lean(high, "оеаинт")}.get(encoding, 0.0)
    rarer = {"cp1250": 0.05, "cp1257": 0.05, "cp1254": 0.02, "koi8_r": 0.05}.get(encoding, 0.0)
    return 2 * good / len(high) - 1 - odd - 2 * inside - rank - rarer + lean


def _lean(high: list[str], frequent: str) -> float:
    """Return how much a text prefers a language's frequent letters (0.45 is usual)."""
    return sum(c.lower() in frequent for c in high) / len(high) - 0.45


def _misshapen(word: str, foreign_alphabet: bool) -> bool:
    beyond = [c > "\x7f" for c in word]
    if foreign_alphabet:
        mixed = not all(beyond) and len(word) > 1
    else:
        mixed = sum(beyond) > 2 and sum(beyond) > len(word) / 2
    swapped = any(a.islower() and b.isupper() for a, b in pairwise(word))
    return mixed or swapped


def _second_opinion(sample: bytes) -> str | None:
    from charset_normalizer import from_bytes

    best = from_bytes(sample).best()
    return best.encoding if best is not None else None
