"""The parties of a Cargo-IMP message: bare lines by their order, or lines NAM, ADR and LOC."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

from features.manifest import codes
from features.manifest.messages import cargo_imp_goods as goods
from features.manifest.messages.cargo_imp_bill import Bill
from features.manifest.messages.customs_notes import ROLES

TELEPHONES = frozenset(("TE", "TEL", "PH", "PHO", "TP", "MOB", "CT"))
_CONTACTS = TELEPHONES | {"FX", "FAX", "TL", "TLX", "EM", "EML", "PAG"}
#: Characters of a party that is remembered.
_SHORT = 500
#: A party as it is written in FWB/17 and FHL/5.
_USUAL_PARTY = re.compile(
    r"[A-Z]{3}(?:/[^\n]*+)?"
    r"\nNAM/([^\n]*+(?:\n/[^\n]*+)*+)"
    r"\nADR/([^\n]*+(?:\n/[^\n]*+)*+)"
    r"\nLOC/([^\n]*+)"
    r"\n/([A-Z]{2})(?:/(?!TE/)([^\n/]*+))?(?:/TE/([^\n/]*+))?$"
)


def party(bill: Bill, segment: str) -> None:
    """Read a party; where it stands twice, the first counts."""
    read = _read_once if len(segment) < _SHORT else _read
    for column, text in read(segment, bill.house).items():
        bill.values.setdefault(column, text)


def _read(segment: str, house: bool) -> dict[str, str]:
    """Return the columns of a party: of lines NAM, ADR and LOC, or of bare lines."""
    role = ROLES[segment[:3]]
    values: dict[str, str] = {}
    usual = _USUAL_PARTY.match(segment)
    if usual is None:
        if "\nNAM/" in segment or "\nADR/" in segment or "\nLOC/" in segment:
            _tagged(values, role, segment, house)
        else:
            _bare(values, role, segment, house)
        return values
    name, street, place, country, post, phone = usual.groups()
    _name(values, role, name.split("\n/"))
    _address(values, role, [goods.joined(street.split("\n/"), 35), *place.split("/"), post or ""])
    if country not in codes.UNSTATED_COUNTRIES:
        values[f"{role}_country"] = country
    if phone:
        _contact(values, role, "TE", phone.strip())
    return values


#: The same forwarders and airlines' agents stand in many messages of a day.
_read_once = lru_cache(maxsize=8192)(_read)


def _tagged(values: dict[str, str], role: str, segment: str, house: bool) -> None:
    """Read lines NAM, ADR and LOC in any order, with lines missing."""
    first, *lines = segment.split("\n")
    texts: dict[str, list[str]] = {"NAM": [first[4:]] if house else [], "ADR": [], "LOC": []}
    tag, coded = "", []
    for line in lines:
        if line[:1] != "/":
            tag, line = line[:3], line[3:]
        elif tag == "LOC":
            coded.append(line[1:])
            continue
        if tag in texts and line:
            texts[tag].append(line[1:])
    _name(values, role, texts["NAM"])
    _address(values, role, [goods.joined(texts["ADR"], 35), *"/".join(texts["LOC"]).split("/")])
    for line in coded:
        _coded(values, role, line)


def _bare(values: dict[str, str], role: str, segment: str, house: bool) -> None:
    """Read name, address, place and country by their order.

    On the first line stands the name (FHL, and NFY), or the account the airline keeps for the party (FWB).
    """
    first, *lines = segment.split("\n")
    head = first[4:].strip()
    lines = [line[1:] for line in lines if line]
    coded = next((n for n, line in enumerate(lines) if n and _is_coded(line)), len(lines))
    if head and (house or (0 < coded < 3)):
        lines.insert(0, head)
        coded += 1
    if not lines:
        return
    _name(values, role, lines[:1])
    place = lines[coded - 1] if coded > 1 else ""
    _address(values, role, [goods.joined(lines[1 : coded - 1], 35), *place.split("/")])
    for line in lines[coded:]:
        _coded(values, role, line)


def _is_coded(line: str) -> bool:
    """Tell a country, with or without a post code, from a line of text."""
    code = line[:2]
    return (len(line.rstrip()) == 2 or line[2:3] == "/") and code.isalpha() and code not in _CONTACTS


def _name(values: dict[str, str], role: str, lines: list[str]) -> None:
    name = goods.joined(lines, 35)
    if name.strip(".-"):
        values[f"{role}_name"] = name


def _address(values: dict[str, str], role: str, parts: list[str]) -> None:
    """Add what is said of an address, joined by commas; a point stands where nothing is."""
    said = [text for part in parts if (text := part.strip()) and text != "." and text != "-"]
    if said:
        column = f"{role}_address"
        if column in values:
            said.insert(0, values[column])
        values[column] = ", ".join(said)


def _coded(values: dict[str, str], role: str, line: str) -> None:
    """Read country, post code and contacts."""
    parts = [part.strip() for part in line.split("/")]
    at = 0
    if parts[0] not in _CONTACTS:
        at = 1
        country = parts[0]
        if len(country) == 2 and country not in codes.UNSTATED_COUNTRIES:
            values.setdefault(f"{role}_country", country)
            if len(parts) > 1 and (parts[1] not in _CONTACTS or len(parts) == 2):
                at = 2
                _address(values, role, parts[1:2])
    for kind, number in pairwise(parts[at:]):
        if kind in _CONTACTS and number:
            _contact(values, role, kind, number)


def _contact(values: dict[str, str], role: str, kind: str, number: str) -> None:
    if "@" in number:
        values.setdefault(f"{role}_email", number)
    elif kind in TELEPHONES:
        values.setdefault(f"{role}_phone", number)


def participant(bill: Bill, segment: str) -> None:
    """Read another participant: the broker, or the airline by its name."""
    first, *lines = segment.split("\n")
    name = first[4:].strip()
    for line in lines:
        kind = line.split("/", 4)[3:4]
        if kind == ["BRK"] and name:
            bill.values.setdefault("broker_name", name)
        elif kind == ["AIR"] and name:
            bill.carrier = name
