"""Codes, choices, flags, lists and item lines read from text, one unique value at a time."""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Callable
from functools import cache
from typing import Any

from features import reference
from features.manifest import quantities, schema
from features.manifest.container_numbers import bare
from features.manifest.synonyms import CHOICES, FLAG_WORDS, FLAGS, fold

#: "Not stated" rather than wrong, dropped without a note: codes ISO 3166 leaves to users and systems
#: use for unknown, several (VS), the high seas or no country at all.
UNSTATED_COUNTRIES = frozenset(("XX", "ZZ", "QQ", "XXX", "ZZZ", "QZ", "XZ", "VS"))
_CURRENCY_SIGNS = {
    "US$": "USD",
    "€": "EUR",
    "£": "GBP",
    "HK$": "HKD",
    "RMB": "CNY",
    "S$": "SGD",
    "NT$": "TWD",
    "฿": "THB",
}
#: Control characters except tab and newline, embedded byte-order marks, and the marks that
#: reorder displayed text (bidirectional embeddings, overrides, isolates): they can make a
#: consignee read as another one on the officer's screen.
UNSAFE = "[\\x00-\\x08\\x0b-\\x1f\\x7f\u0080-\u009f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]"
#: The same, and halves of characters, which JSON can write and no other text can hold.
_UNSAFE_ITEM = re.compile(f"{UNSAFE}|[\ud800-\udfff]")
_ITEM_NUMBER = ("packages", "kg", "value")
MAX_MEMBERS = 1000
#: Characters of a text of an item line.
ITEM_LIMIT = 1000


@cache
def country_names() -> dict[str, str]:
    """Return folded names, ISO alpha-3 codes and former codes of countries -> ISO alpha-2."""
    known: dict[str, str] = {}
    rows = reference.table("country_names")
    columns = (rows[name] for name in ("country", "iso3", "names", "former_codes"))
    for code, iso3, names, former in zip(*columns, strict=True):
        words = [*names.split("|"), iso3, *former.split("|")]
        known.update({fold(word): code for word in words if word})
    return known


@cache
def country_codes() -> frozenset[str]:
    """Return the ISO 3166 alpha-2 codes."""
    return frozenset(country_names().values())


def country(text: str) -> str | None:
    """Return the ISO alpha-2 code of a code or name."""
    upper = text.strip().upper()
    if upper in country_codes():
        return upper
    found = country_names().get(fold(text))
    if found is None and (match := re.match(r"^([A-Z]{2})\s*[-–:/(]", upper)) and match[1] in country_codes():
        return match[1]
    return found


def place(text: str) -> str | None:
    """Return a place as written, upper case; ``CN SHA`` becomes the UN/LOCODE ``CNSHA``."""
    upper = " ".join(text.upper().split())
    if re.fullmatch(r"[A-Z]{2} [A-Z2-9]{3}", upper) and upper[:2] in country_codes():
        return upper.replace(" ", "")
    return upper


def currency(text: str) -> str | None:
    """Return an ISO 4217 code, from the code or a sign that means only one currency."""
    upper = text.strip().upper()
    if upper in _CURRENCY_SIGNS:
        return _CURRENCY_SIGNS[upper]
    return upper if re.fullmatch(r"[A-Z]{3}", upper) else None


def hs(text: str) -> str | None:
    """Return an HS code as 2 to 10 digits.

    Points and blanks are removed, a leading zero lost by a spreadsheet is put back (chapters 1
    to 9), and what national tariffs add after ten digits is cut.
    """
    text = re.sub(r"^(HS|HTS|HSCODE|HS CODE|CN)[\s:.#-]*", "", text.strip().upper())
    if match := re.fullmatch(r"(\d+)\.0+", text):
        text = match[1] if len(match[1]) != 4 else text
    digits = re.sub(r"[\s.\-/]", "", text)
    if not re.fullmatch(r"[0-9]{1,14}", digits):
        return None
    if len(digits) in (1, 3, 5, 7, 9) and digits[0] != "0":
        digits = "0" + digits
    return digits[:10] if len(digits) >= 2 and "01" <= digits[:2] <= "99" else None


def plain_code(text: str) -> str | None:
    """Return a code without a table: upper case, single blanks."""
    return " ".join(text.upper().split())


def container(text: str) -> str | None:
    """Return a container number without blanks and hyphens (its check digit is not judged here)."""
    number = bare(text)
    return number if re.fullmatch(r"[A-Z0-9]{4,20}", number) else None


CODES: dict[str, Callable[[str], str | None]] = {
    "country": country,
    "place": place,
    "currency": currency,
    "hs": hs,
    "container": container,
    "": plain_code,
}


def choice(name: str, text: str) -> str | None:
    """Return the allowed value of a choice column (or of an outcome) a word stands for."""
    if text in schema.BY_NAME[name].values:
        return text
    folded = fold(text)
    return CHOICES[name].get(folded) or CHOICES[name].get(re.sub(r"(?<=\d)0$", "", folded.removesuffix(".0")))


def flag(name: str, text: str) -> bool | None:
    """Return what a word says of a flag column."""
    folded = fold(text) if text not in ("1.0", "0.0") else text[0]
    found = FLAGS.get(folded)
    return FLAG_WORDS.get(name, {}).get(folded) if found is None else found


def list_members(name: str, text: str) -> tuple[list[str], list[str]]:
    """Split and check the members of a list cell.

    Returns
    -------
    good, bad : list of str
        Members in order of first appearance, each once; and the pieces that are none.
    """
    column = schema.BY_NAME[name]
    good: dict[str, None] = {}
    bad: list[str] = []
    for piece in _pieces(column, text)[:MAX_MEMBERS]:
        member = _member(column, piece)
        if member:
            good[member.replace(";", ",")] = None
        else:
            bad.append(piece)
    return list(good), bad


def _pieces(column: schema.Column, text: str) -> list[str]:
    if text.startswith("[") and (loaded := _json(text)) is not None and isinstance(loaded, list):
        return [str(member).strip() for member in loaded if str(member).strip()]
    pattern = r"[;\n]" if column.code == "" and column.name != "handling_codes" else r"[;,|/\n>+]"
    if column.name in ("container_types", "seal_ids", "outcome"):
        pattern = r"[;,|/\n]"
    if column.name == "handling_codes":
        pattern = r"[;,|/\n\s]"
    pieces = [piece.strip() for piece in re.split(pattern, text)]
    if column.code == "container":
        pieces = [part for piece in pieces for part in _containers(piece)]
    if column.code == "hs":
        pieces = [part for piece in pieces for part in _hs_codes(piece)]
    return [piece for piece in pieces if piece]


def _containers(piece: str) -> list[str]:
    bare = re.sub(r"[\s\-.]", "", piece.upper())
    return re.findall(r"[A-Z]{4}\d{7}", bare) if re.fullmatch(r"([A-Z]{4}\d{7})+", bare) else [piece]


def _hs_codes(piece: str) -> list[str]:
    parts = piece.split()
    whole = sum(len(re.sub(r"\D", "", part)) for part in parts)
    alone = len(parts) > 1 and all(re.fullmatch(r"\d{4,10}", part) for part in parts)
    return parts if alone and whole > 10 else [piece]


def _member(column: schema.Column, piece: str) -> str | None:
    if column.values:
        return choice(column.name, piece)
    if column.code or column.name in ("handling_codes", "container_types"):
        return CODES[column.code](piece)
    return " ".join(piece.split())


#: What a line of goods may say of itself.
ITEM_KEYS = ("description", "hs", "packages", "kg", "value", "currency", "origin")


def items(text: str) -> str | None:
    """Return item lines as canonical JSON text; None when they are no list of objects.

    Only the keys of `ITEM_KEYS` are kept, in whatever case; a value that is not what its key asks
    for is left out of its line. One object stands for a list of one, and a line that is null for none.
    """
    loaded = _json(text)
    loaded = [loaded] if isinstance(loaded, dict) else loaded
    if not isinstance(loaded, list):
        return None
    loaded = [line for line in loaded if line is not None]
    if not all(isinstance(line, dict) for line in loaded):
        return None
    lines = [item_line(line) for line in loaded[:MAX_MEMBERS]]
    lines = [line for line in lines if line]
    return dump_items(lines) if lines else None


def item_line(line: dict[str, Any]) -> dict[str, Any]:
    """Return one item line with only known keys and sound values."""
    readers: dict[str, Callable[[str], str | None]] = {"hs": hs, "currency": currency, "origin": country}
    named = {str(key).strip().lower(): given for key, given in line.items() if given is not None}
    out: dict[str, Any] = {}
    for key in ITEM_KEYS:
        given = named.get(key)
        if given is None or isinstance(given, (dict, list, bool)):
            continue
        text = _item_text(str(given))
        if key in _ITEM_NUMBER:
            number = float(quantities.parse([text])[0]) if text else math.nan
            if math.isfinite(number) and number >= 0:
                out[key] = number
        elif value := (readers[key](text) if key in readers else text):
            out[key] = value
    return out


def _item_text(text: str) -> str:
    """Return a text as a cell of its own would be read: JSON can write any character as an escape."""
    kept = _UNSAFE_ITEM.sub("", text.strip()[:ITEM_LIMIT].replace("\r\n", "\n").replace("\r", "\n"))
    return unicodedata.normalize("NFC", kept)[:ITEM_LIMIT].strip()


def dump_items(lines: list[dict[str, Any]]) -> str:
    """Return item lines as JSON text, the same bytes for the same lines."""
    return json.dumps(lines, ensure_ascii=False, separators=(",", ":"))


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
