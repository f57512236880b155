"""The table of headings, declared codes, and the goods group of a heading."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.goods import text as goods_text
from features.reference import table as reference

_CODE = re.compile(r"\d[\d. ]*\d|\d")
_ITEM_TEXT = re.compile(r'"description"\s*:\s*"((?:[^"\\]|\\.)*)"')
_ITEM_CODE = re.compile(r'"hs"\s*:\s*"?([\d. ]+)')
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})|\\(.)")

_FISH = frozenset(("live_seafood", "dried_seafood", "frozen_meat_fish"))
_DRIED = re.compile(r"\b(?:sun ?)?(?:dried|dry|salted|smoked|seco|seca|sec|seche|kho|kering)\b")
_FROZEN = re.compile(r"\b(?:frozen|iqf|congelad[oa]s?|congelee?s?|dong lanh|beku)\b")
_LIVE = re.compile(r"\b(?:live|alive|living|viv[oa]s?|vivante?s?|song|hidup)\b")

_STATES = (("live_seafood", _LIVE), ("dried_seafood", _DRIED), ("frozen_meat_fish", _FROZEN))


@dataclass(frozen=True)
class Headings:
    """Columns of ``hs_headings.csv`` as arrays, in the order of the code."""

    code: npt.NDArray[np.object_]
    title: npt.NDArray[np.object_]
    group: npt.NDArray[np.object_]
    chapter: npt.NDArray[np.object_]


@cache
def heading_table() -> Headings:
    """Return the headings of HS 2022 (and 9999, goods not specified)."""
    rows = reference("hs_headings")
    code, title, group = (rows[name].to_numpy(dtype=object) for name in ("hs4", "title", "group"))
    return Headings(code, title, group, np.array([c[:2] for c in code], dtype=object))


def titles(headings: pd.Series) -> pd.Series:
    """Return the short titles of headings (missing where missing or unknown)."""
    names = heading_table()
    mapping = dict(zip(names.code, names.title, strict=True))
    unique = {code: mapping.get(code, np.nan) for code in headings.dropna().unique()}
    return headings.map(unique).astype("str")


def goods_groups() -> tuple[str, ...]:
    """Return all goods groups, sorted, with ``unknown`` for goods without a heading."""
    return (*sorted(set(heading_table().group)), "unknown")


def described(table: pd.DataFrame) -> pd.Series:
    """Return the text that says what the goods are: the description, else the lines' descriptions."""
    text = _column(table, "goods_description")
    if "items" not in table:
        return text
    lines = line_descriptions(table["items"])
    return text.where(text.notna(), lines)


def line_descriptions(items: pd.Series) -> pd.Series:
    """Return the descriptions of a shipment's lines, joined by ``;``, missing where there are none."""
    return _from_items(items, _ITEM_TEXT, " ; ")


def _column(table: pd.DataFrame, name: str) -> pd.Series:
    if name in table:
        return table[name].astype("str")
    return pd.Series(pd.NA, index=table.index, dtype="object").astype("str")


def _from_items(items: pd.Series, pattern: re.Pattern[str], separator: str) -> pd.Series:
    codes, texts = goods_text.factorize(items)
    found = [separator.join(_unescape(part) for part in pattern.findall(text[:200_000])) for text in texts]
    values = np.append(np.array(found, dtype=object), "")[codes]
    return pd.Series(values, index=items.index, dtype="str").mask(values == "")


def _unescape(text: str) -> str:
    if "\\" not in text:
        return text
    text = _ESCAPE.sub(lambda m: chr(int(m.group(1), 16)) if m.group(1) else m.group(2), text)
    # Half of a character beyond the basic plane, alone, is not text.
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def declared_headings(
    table: pd.DataFrame,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.object_], npt.NDArray[np.float64]]:
    """Read the declared codes.

    Returns
    -------
    heading : int array, shape (n,)
        Position in `heading_table` of the first code that names a heading, -1 where none does.
    chapter : object array of str, shape (n,)
        Its chapter, or the chapter of the first code of two or three digits; empty where none.
    chapters : float array, shape (n,)
        Number of different chapters declared, NaN where there is no code.
    """
    declared = _column(table, "hs_codes")
    if "items" in table:
        declared = declared.where(declared.notna(), _from_items(table["items"], _ITEM_CODE, ";"))
    codes, texts = goods_text.factorize(declared)
    read = [_read_codes(text) for text in texts]
    heading = np.append(np.array([r[0] for r in read], dtype=np.int64), -1)[codes]
    chapter = np.append(np.array([r[1] for r in read], dtype=object), "")[codes]
    count = np.append(np.array([r[2] for r in read], dtype=np.float64), np.nan)[codes]
    return heading, chapter, count


def _read_codes(text: str) -> tuple[int, str, float]:
    names = heading_table()
    position = _positions()
    heading, chapter, chapters = -1, "", set()
    for part in text[:2000].split(";"):
        match = _CODE.search(part)
        digits = re.sub(r"\D", "", match.group()) if match else ""
        if len(digits) < 2 or digits[:2] not in _chapters():
            continue
        chapters.add(digits[:2])
        found = position.get(digits[:4], -1)
        if heading < 0 and found >= 0:
            heading = found
        chapter = chapter or digits[:2]
    if heading >= 0:
        chapter = names.chapter[heading]
    return heading, chapter, float(len(chapters)) if chapters else float("nan")


@cache
def _positions() -> dict[str, int]:
    return {code: i for i, code in enumerate(heading_table().code)}


@cache
def _chapters() -> frozenset[str]:
    return frozenset(heading_table().chapter)


def refine_group(
    group: npt.NDArray[np.object_], folded: list[str], codes: npt.NDArray[np.int64]
) -> npt.NDArray[np.object_]:
    """Part fish and other seafood by what the text says: live, dried or frozen.

    Parameters
    ----------
    group : object array of str, shape (n,)
        Group of the heading.
    folded : list of str
        Unique folded texts.
    codes : int array, shape (n,)
        Position of each row's text, -1 where missing.
    """
    fish = np.isin(group, sorted(_FISH)) & (codes >= 0)
    if not fish.any():
        return group
    state = np.full(len(folded) + 1, "", dtype=object)
    for code in np.unique(codes[fish]):
        text = folded[code][:4000]
        for name, pattern in _STATES:
            if pattern.search(text):
                state[code] = name
                break
    said = state[codes]
    return np.where(fish & (said != ""), said, group)
