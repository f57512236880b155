"""The goods of a Cargo-IMP message: quantities, descriptions, codes."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

from features.manifest import codes
from features.manifest.messages.cargo_imp_bill import Bill, RateLine

#: Factors to kg and to m3.
_WEIGHTS = {"K": 1.0, "L": 0.45359237}
_VOLUMES = {"MC": 1.0, "CF": 0.028316846592, "CI": 1.6387064e-5, "CC": 1e-6}
#: What is added up over the parts of a consignment.
_SUMMED = ("packages", "gross_weight_kg", "volume_m3")
_AMOUNT = re.compile(r"([A-Z]{1,2}) ?([0-9][0-9.,]*)")
_USUAL = re.compile(
    r"[TPSDM]([0-9]{1,9})([KL])([0-9]{1,9}(?:\.[0-9]{1,6})?)(?:MC([0-9]{1,9}(?:\.[0-9]{1,6})?))?"
    r"(?:T([0-9]{1,9}))?\s*$"
)
_NUMBER = re.compile(r"[0-9]{1,15}(?:[.,][0-9]{0,12})?")
_UNIT = re.compile(r"[A-Z][A-Z0-9]{2} ?[A-Z0-9][0-9]{2,4} ?[A-Z0-9]{2,3}")
_CONSOLIDATION = re.compile(
    r"\b(?:CONSOL(?:S|ED|IDAT[A-Z]*)?|CNSL[A-Z]*)\b"
    r"|\bAS PER ATT[A-Z]*\.? (?:[A-Z]+ )?(?:LIST|MANIF|HAWB|HOUSE)"
)
_ORIGIN = re.compile(
    r"(?:COUNTRY OF ORIGIN|GOODS ORIGIN|ORIGIN OF GOODS|MADE IN|ORIGIN)\s*[:.-]*\s*([A-Z]{2})\.?\s*"
)
#: Words at the end or the beginning of a full line that are surely whole.
_WHOLE = frozenset(
    (
        "AND",
        "AS",
        "AT",
        "BY",
        "FOR",
        "FROM",
        "IN",
        "LIST",
        "NOT",
        "OF",
        "ON",
        "OR",
        "PER",
        "THE",
        "TO",
        "WITH",
    )
)


def single(text: str) -> str:
    """Return a text with single blanks."""
    text = text.strip()
    return " ".join(text.split()) if "  " in text else text


def joined(lines: list[str], width: int) -> str:
    """Return the lines of a text as one.

    Parameters
    ----------
    lines : list of str
    width : int
        Characters a line holds. A full line was cut where it was full, in the middle of a word as a rule,
        so the next goes on without a blank; any other ended with its word.
    """
    lines = [line.rstrip() for line in lines]
    lines = [line for line in lines if line]
    if len(lines) > 1:
        parts = [lines[0]]
        for before, line in pairwise(lines):
            if len(before) != width or (" " in before and _parted(before, line)):
                parts.append(" ")
            parts.append(line)
        text = "".join(parts)
    else:
        text = lines[0] if lines else ""
    return " ".join(text.split()) if "  " in text or text[:1] == " " else text


def _parted(before: str, line: str) -> bool:
    """Tell whether two words meet where a full line ends."""
    return (
        before.rpartition(" ")[2] in _WHOLE
        or line.partition(" ")[0] in _WHOLE
        or not (before[-1].isalnum() and line[0].isalnum())
    )


def number(text: str, factor: float = 1.0) -> str:
    """Return a number above zero with a decimal point, or an empty text.

    Zero is what systems write where a number must stand and nothing is known.
    """
    text = text.strip().rstrip(".,")
    if not _NUMBER.fullmatch(text) or not text.strip("0.,"):
        return ""
    text = text.replace(",", ".")
    return text if factor == 1.0 else format(float(text) * factor, ".10g")


def take_quantities(bill: Bill, text: str) -> None:
    """Read pieces, weight and volume of a line (``T15K250MC1.20``)."""
    values = bill.values
    usual = _USUAL.match(text)
    if usual is not None:
        take_usual(bill, usual[1], usual[2], usual[3])
        if usual[4] and usual[4].strip("0."):
            values["volume_m3"] = usual[4]
        bill.total = usual[5] or ""
        return
    pieces = False
    for unit, amount in _AMOUNT.findall(text):
        if unit in "TPSDM":
            if pieces:
                bill.total = amount
                continue
            pieces, column, factor = True, "packages", 1.0
        elif unit in _WEIGHTS:
            column, factor = "gross_weight_kg", _WEIGHTS[unit]
        elif unit in _VOLUMES:
            column, factor = "volume_m3", _VOLUMES[unit]
        else:
            continue
        if found := number(amount, factor):
            values[column] = found
        elif amount.strip("0.,"):
            bill.doubt(column, f"{unit}{amount}"[:80], "a number")


def take_usual(bill: Bill, pieces: str, code: str, weight: str) -> None:
    """Read pieces and weight, known to be numbers."""
    if pieces.strip("0"):
        bill.values["packages"] = pieces
    if weight.strip("0."):
        factor = _WEIGHTS[code]
        bill.values["gross_weight_kg"] = weight if code == "K" else format(float(weight) * factor, ".10g")


def take_rates(bill: Bill, segment: str) -> None:
    """Read lines of rates: quantities, and below them what the goods are."""
    for line in segment[3:].split("\n"):
        parts = line.split("/")
        at = 1
        if len(parts) > 1 and parts[1].strip().isdigit():
            at = 2
        if len(parts) <= at:
            continue
        key = parts[at].strip()
        if key not in _GOODS:
            at = _rate_line(bill, parts, at)
            if at == len(parts):
                continue
            key = parts[at].strip()
        if not bill.rates:
            bill.rates = [RateLine()]
        text = parts[at + 1] if len(parts) == at + 2 else "/".join(parts[at + 1 :])
        _GOODS[key](bill, bill.rates[-1], text)


def _rate_line(bill: Bill, parts: list[str], at: int) -> int:
    """Begin a line of rates; return where goods begin on the same line, or its end."""
    pieces = kg = ""
    for n in range(at, len(parts)):
        part = parts[n].strip()
        first = part[:1]
        if part in _GOODS and n > at:
            break
        if first == "P" and not pieces:
            pieces = number(part[1:])
        elif first in ("K", "L") and not kg:
            kg = number(part[1:], _WEIGHTS[first])
    else:
        n = len(parts)
    if pieces or kg:
        bill.rates = bill.rates or []
        bill.rates.append(RateLine(pieces, kg))
    return n


def _goods(bill: Bill, rate: RateLine, text: str) -> None:
    if ("ORIGIN" in text or "MADE IN" in text) and (country := _origin_said(text)):
        rate.origin = rate.origin or country
        return
    rate.texts.append(text)


def _consolidation(bill: Bill, rate: RateLine, text: str) -> None:
    bill.consolidated = True
    _goods(bill, rate, text)


def _volume(bill: Bill, rate: RateLine, text: str) -> None:
    if "volume_m3" not in bill.values:
        for unit, amount in _AMOUNT.findall(text):
            if unit in _VOLUMES and (found := number(amount, _VOLUMES[unit])):
                bill.values["volume_m3"] = found


def _unit_line(bill: Bill, rate: RateLine, text: str) -> None:
    take_unit(bill, text)


def _tariff(bill: Bill, rate: RateLine, text: str) -> None:
    rate.hs.append(text.strip())
    take_hs(bill, text)


def _origin(bill: Bill, rate: RateLine, text: str) -> None:
    country = text.partition("/")[0].strip()
    if country and country not in codes.UNSTATED_COUNTRIES:
        rate.origin = country


def _aside(bill: Bill, rate: RateLine, text: str) -> None:
    """Read over dimensions and the shipper's own count."""


_GOODS: dict[str, Any] = {
    "NG": _goods,
    "NC": _consolidation,
    "NH": _tariff,
    "NO": _origin,
    "NV": _volume,
    "NU": _unit_line,
    "ND": _aside,
    "NS": _aside,
}


def _origin_said(text: str) -> str:
    """Return the country of a line that says nothing but where the goods come from."""
    found = _ORIGIN.fullmatch(text.strip()) if len(text) < 80 else None
    return found[1] if found and found[1] in codes.country_codes() else ""


def take_hs(bill: Bill, text: str) -> None:
    """Read an HS code."""
    text = text.strip()
    code = codes.hs(text) if len(text) < 40 else None
    if code:
        bill.add("hs_codes", code)
    elif text:
        bill.doubt("hs_codes", text[:80], "an HS code of 2 to 10 digits")


def take_tariff(bill: Bill, segment: str) -> None:
    """Read the HS codes of a house."""
    for part in segment[4:].replace("\n", "").split("/"):
        if part:
            take_hs(bill, part)


def take_text(bill: Bill, segment: str) -> None:
    """Read the description of a house, of lines of 65 characters."""
    bill.texts = bill.texts or []
    for n, line in enumerate(segment.split("\n")):
        text = line[4:] if n == 0 else line[1:]
        if "ORIGIN" in text and (country := _origin_said(text)):
            bill.values.setdefault("origin_country", country)
        else:
            bill.texts.append(text)


def unit(text: str) -> str:
    """Return the number of a unit load device (``AKE12345XX``), or an empty text."""
    found = _UNIT.match(text.strip())
    return found[0].replace(" ", "") if found else ""


def take_unit(bill: Bill, text: str) -> None:
    """Read the number of a unit load device."""
    if found := unit(text):
        bill.add("container_ids", found)
        bill.add("container_types", found[:3])


def settle(bill: Bill) -> None:
    """Make the goods of an air waybill or a house of its lines."""
    texts = [joined(bill.texts, 65)] if bill.texts else []
    if bill.rates:
        texts = _settle_rates(bill) + texts
    texts = [text for text in texts if text.strip(".-")]
    if (short := bill.short.strip()).strip(".-"):
        if not texts:
            texts = [short]
        elif not texts[-1].startswith(short) and not _plain(texts[-1]).startswith(_plain(short)):
            texts.insert(0, short)
    described(bill, "; ".join(dict.fromkeys(texts)) if len(texts) > 1 else "".join(texts))


def _settle_rates(bill: Bill) -> list[str]:
    """Return the descriptions of the lines of rates."""
    described = [joined(rate.texts, 20) for rate in bill.rates]
    for rate in bill.rates:
        if rate.origin:
            bill.values["origin_country"] = rate.origin
            break
    if len(bill.rates) > 1:
        _items(bill, described)
    return described


def described(bill: Bill, text: str) -> None:
    """Take a description, and whether it is of a consolidation."""
    if not text:
        return
    bill.values["goods_description"] = text
    if ("CONSOL" in text or "CNSL" in text or "ATT" in text) and _CONSOLIDATION.search(text):
        bill.consolidated = True


def _plain(text: str) -> str:
    return re.sub("[^0-9A-Z]+", "", text)


def _items(bill: Bill, described: list[str]) -> None:
    """Make lines of goods of lines of rates, and compare their pieces with the bill's."""
    lines: list[dict[str, Any]] = []
    for rate, text in zip(bill.rates, described, strict=True):
        line: dict[str, Any] = {"description": text} if text.strip(".-") else {}
        code = codes.hs(rate.hs[0]) if rate.hs and len(rate.hs[0]) < 40 else None
        for key, found in (("hs", code), ("origin", rate.origin)):
            if found:
                line[key] = found
        for key, amount in (("packages", rate.pieces), ("kg", rate.kg)):
            if amount:
                line[key] = float(amount)
        if line:
            lines.append(line)
    if len(lines) > 1:
        bill.values["items"] = codes.dump_items(lines[: codes.MAX_MEMBERS])
    pieces = [float(rate.pieces) for rate in bill.rates if rate.pieces]
    stated = bill.values.get("packages")
    if stated and len(pieces) > 1 and sum(pieces) != float(stated):
        expected = f"{stated} pieces in the lines of rates, which have {sum(pieces):.12g}"
        bill.doubt("packages", stated, expected)


def add_part(whole: Bill, part: Bill) -> None:
    """Add a further part of a consignment on a flight."""
    if not whole.sums:
        whole.sums = {column: float(whole.values.get(column, 0)) for column in _SUMMED}
    for column, said in part.values.items():
        whole.sums[column] += float(said)
    for doubt in part.doubts:
        whole.doubt(*doubt)
    whole.total = part.total or whole.total


def settle_parts(bill: Bill) -> None:
    """Make one consignment of its parts on a flight."""
    for column, amount in bill.sums.items():
        if amount:
            bill.values[column] = format(amount, ".12g")
    whole = number(bill.total)
    there = bill.values.get("packages", "0")
    if whole and float(whole) > float(there):
        bill.part = True
        expected = f"all {whole} pieces of the bill; the others are not on this flight"
        bill.doubt("packages", there, expected)
