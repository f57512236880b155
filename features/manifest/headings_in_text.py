"""HS codes that the goods text names as such, for bills that declare none in a place of its own.

Bills of lading and air waybills have no place of their own for a tariff code in many systems, so
shippers write it into the description: ``SAWN TIMBER HS CODE 4407.99``, ``NCM: 44079990``,
``CODE SH 4407``, ``КОД ТН ВЭД 4407``, ``HS编码:4407``. Such a code is taken when

* words name it as one of a tariff, and it is written as one (``4407``, ``4407.99``, ``4407 99 90``,
  ``44079990``), and
* its first four digits are a heading of the Harmonized System (``hs_headings.csv``),

and only for a bill of which nothing else states a code. A note says that it was read from the text.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from features.manifest.canonical import POSITION
from features.manifest.codes import MAX_MEMBERS, hs
from features.manifest.problems import NOTE_COLUMNS, empty, quoted
from features.reference import table as reference

EXPECTED = "a code stated in a place of its own; this one was read from the goods text"
#: Texts are read up to here: what follows is no description.
LONGEST = 20_000
#: What a text has in it that may name a code: a quick look before the careful one.
_HINT = (
    r"(?i)\bH\.? ?T?\.? ?S|\bS\.?H\b|\bN\.?C\.?M|\bT\.?N\.? ?V|ТН ?ВЭД|TARI|ARANC|ADUAN|NANDINA|\bG\.?T"
    r"|HARMONI|COMMODITY|CUSTOMS|\bCN|\bZTN|ZOLL|WARENN|STATISTICAL|编[码号]|編[碼號]|税[则号]|稅[則號]|統計品目"
)
_NUMBER_WORD = (
    r"(?:CODE(?:S|\(S\))?|C[OÓ]DIGOS?|KODE?|CODIFICATION|NO|NOS|NRO?|N[º°]|NBR"
    r"|NUM(?:BERS?|[EÉ]ROS?)?|NUMMER|#|号|號|№)"
)
_KIND = r"(?:SYSTEM|TARIFF|COMMODITY|HEADING|ITEM)"
#: Words that name a tariff, and that alone make the number after them a code of it.
_TARIFF = (
    rf"(?:H\.? ?T?\.? ?S\.?(?:U\.?S\.?)?(?:A\.?)?[ -]?{_NUMBER_WORD}"  # HS code, H.T.S. No
    r"|H\.?T?\.?S\.?(?:U\.?S\.?)?(?!-)"  # HS-4403 is a model
    rf"|(?:{_NUMBER_WORD} ?)?"
    r"(?:S\.?H\.?|N\.?C\.?M\.?|NANDINA|G\.?T\.?[Iİ]\.?P\.?|T\.?N\.? ?V\.?E\.?D\.?|ТН ?ВЭД)"
    rf"|(?:HARMONI[SZ]ED|COMMODITY|CUSTOMS|TARIFF?|TARIC|CN|ZOLL|STATISTICAL)"
    rf"[ -]*(?:{_KIND}[ -]?)*{_NUMBER_WORD}"
    r"|(?:TARIFF|HS|CUSTOMS) HEADING|ZOLLTARIF(?:NUMMER|NR)|WARENNUMMER|ZTN"
    r"|(?:PARTIDA|SUB-?PARTIDA|POSICI[OÓ]N|C[OÓ]DIGO|FRACCI[OÓ]N) (?:ARANCELARI[AO]|ADUANER[OA])"
    r"|M[AÃ] (?:S[OỐ] )?HS"
    r"|(?:HS|海关|海關|商品|货物)? ?(?:编码|編碼|编号|編號)|税则号列?|稅則號列?|税号|稅號"
    r"|HS ?(?:코드|부호|コード)|統計品目番号)"
)
_CODE = (
    r"(?:[0-9]{4}[.][0-9]{2}(?:[.]?[0-9]{2}){0,4}(?:[.]?[0-9]{1,3})?"
    r"|[0-9]{4}(?:[.] ?[0-9]{2}){2,4}"  # a line broken at a point
    r"|[0-9]{4} [0-9]{2}(?: [0-9]{2}){1,3}|[0-9]{4} [0-9]{2}(?= ?(?:[^\w ]|$|\n))"
    r"|[0-9]{2}[.][0-9]{2}(?:[.][0-9]{2}){0,4}"
    r"|[0-9]{5,14}|[0-9]{4})(?![0-9])(?![.,][0-9])"
)
_NAMED = re.compile(
    rf"(?<![\w.]){_TARIFF}(?:[ ]?{_NUMBER_WORD})?[\s.:;#=()/*–-]{{0,6}}({_CODE})(?!\w)", re.IGNORECASE
)
#: What stands between two codes of one list, and the next code.
_NEXT = re.compile(
    rf"(?P<by>\s*(?:[,;/&+、，；]|\b(?:AND|ET|UND|Y|E|OR|VÀ)\b)\s*(?:{_TARIFF}[\s.:#]{{0,4}})?|\s+)({_CODE})(?!\w)",
    re.IGNORECASE,
)
#: A number before a word is rather how many of it; a code of a list stands before an end or a mark.
_ENDS = re.compile(r"\s*(?:[^\w\s]|$|\n|\b(?:AND|ET|UND|Y|E|OR|VÀ)\b)", re.IGNORECASE)


def read_headings(table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Fill HS codes from the goods texts of bills that state none.

    Parameters
    ----------
    table : DataFrame, shape (n, k)
        Rows of the shipment table with `POSITION`; one row per bill.

    Returns
    -------
    table : DataFrame, shape (n, k or k + 1)
        The same, with ``hs_codes`` where texts name them.
    notes : DataFrame
        `NOTE_COLUMNS` and `POSITION`; one row per bill filled.
    """
    nothing = empty(NOTE_COLUMNS).assign(**{POSITION: pd.Series(dtype="int64")})
    if "goods_description" not in table:
        return table, nothing
    texts = table["goods_description"].where(_states_none(table))
    positions, uniques = pd.factorize(texts)
    hint = pc.match_substring_regex(pa.array(uniques, pa.large_string()), _HINT)
    found: list[str | None] = [None] * (len(uniques) + 1)
    for at in np.flatnonzero(hint.to_numpy(zero_copy_only=False)).tolist():
        found[at] = ";".join(named_in(str(uniques[at]))) or None
    codes = pd.Series(found, dtype="str").take(positions).set_axis(table.index)
    filled = codes.notna()
    if not filled.any():
        return table, nothing
    own = table["hs_codes"] if "hs_codes" in table else pd.Series(index=table.index, dtype="str")
    rows = table.loc[filled]
    notes = rows.reindex(columns=[*NOTE_COLUMNS, POSITION]).assign(
        column="hs_codes", value=[quoted(code) for code in codes[filled]], expected=EXPECTED
    )
    return table.assign(hs_codes=own.where(~filled, codes)), notes


def named_in(text: str) -> list[str]:
    """Return the HS codes that a text names as such, each once, in its order.

    Parameters
    ----------
    text : str
        Of any length and in any script; digits of every script are read.
    """
    text = text[:LONGEST]
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
        text = re.sub(r"\d", lambda digit: str(unicodedata.decimal(digit[0])), text)
    codes: dict[str, None] = {}
    end = 0
    while len(codes) < MAX_MEMBERS and (match := _NAMED.search(text, end)):
        end = match.end()
        first = match[1]
        if not _keep(codes, first):
            continue
        while (more := _NEXT.match(text, end)) and _continues(first, more, text):
            if not _keep(codes, more[2]):
                break
            end = more.end()
    return list(codes)


def _continues(first: str, more: re.Match[str], text: str) -> bool:
    """Tell whether a number after a code is one more code rather than a quantity."""
    code = more[2]
    if "." in code:
        return "." in first or len(code) > 5
    if len(code) != len(first) and not (more["by"].strip() and len(code) >= 6):
        return False
    return bool(_ENDS.match(text, more.end())) or (bool(more["by"].strip()) and len(code) in (6, 8, 10))


def _keep(codes: dict[str, None], written: str) -> bool:
    code = hs(written)
    if code is None or code[:4] not in _headings():
        return False
    codes[code] = None
    return True


def _states_none(table: pd.DataFrame) -> pd.Series:
    """Tell the bills of which neither a code nor a line of goods with one is stated."""
    none = pd.Series(True, table.index)
    if "hs_codes" in table:
        none &= table["hs_codes"].isna()
    if "items" in table:
        none &= ~table["items"].str.contains('"hs":', regex=False).fillna(False).astype(bool)
    return none


@lru_cache(maxsize=1)
def _headings() -> frozenset[str]:
    """Return the headings of the Harmonized System."""
    return frozenset(str(code).zfill(4) for code in reference("hs_headings")["hs4"])
