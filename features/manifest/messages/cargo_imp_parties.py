"""The parties of a Cargo-IMP message: bare lines by their order, or lines NAM, ADR and LOC."""

from __future__ import annotations

import re
from itertools import pairwise

from features.manifest import codes
from features.manifest.messages import cargo_imp_goods as goods
from features.manifest.messages.cargo_imp_bill import Bill

ROLES = {"SHP": "shipper", "CNE": "consignee", "NFY": "notify"}
TELEPHONES = frozenset(("TE", "TEL", "PH", "PHO", "TP", "MOB", "CT"))
_CONTACTS = TELEPHONES | {"FX", "FAX", "TL", "TLX", "EM", "EML", "PAG"}
#: A party as it is written in FWB/17 and FHL/5.
_USUAL_PARTY = re.compile(
    r"[A-Z]{3}(?:/[^\n]*+)?"
    r"\nNAM/([^\n]*+(?:\n/[^\n]*+)*+)"
    r"\nADR/([^\n]*+(?:\n/[^\n]*+)*+)"
    r"\nLOC/([^\n]*+)"
    r"\n/([A-Z]{2})(?:/(?!TE/)([^\n/]*+))?(?:/TE/([^\n/]*+))?$"
)


def party(bill: Bill, segment: str) -> None:
    """Read a party: lines NAM, ADR and LOC, or bare lines."""
    role = ROLES[segment[:3]]
    usual = _USUAL_PARTY.match(segment)
    if usual is None:
        if "\nNAM/" in segment or "\nADR/" in segment or "\nLOC/" in segment:
            _tagged_party(bill, role, segment)
        else:
            _bare_party(bill, role, segment)
        return
    name, street, place, country, post, phone = usual.groups()
    values = bill.values
    name = goods.joined(name.split("\n/"), 35) if "\n" in name else goods.single(name)
    if name and name != ".":
        values.setdefault(f"{role}_name", name)
    street = goods.joined(street.split("\n/"), 35) if "\n" in street else goods.single(street)
    _address(bill, role, [street, *place.split("/"), post] if post else [street, *place.split("/")])
    if country not in codes.UNSTATED_COUNTRIES:
        values.setdefault(f"{role}_country", country)
    if phone:
        _contact(bill, role, "TE", phone.strip())


def _tagged_party(bill: Bill, role: str, segment: str) -> None:
    """Read lines NAM, ADR and LOC in any order, with lines missing."""
    first, *lines = segment.split("\n")
    if bill.house:
        _name(bill, role, [first[4:]])
    texts: dict[str, list[str]] = {"NAM": [], "ADR": [], "LOC": []}
    tag, coded = "", []
    for line in lines:
        if line[:1] != "/":
            tag, line = line[:3], line[3:]
        elif tag == "LOC":
            coded.append(line[1:])
            continue
        if tag in texts and line:
            texts[tag].append(line[1:])
    _name(bill, role, texts["NAM"])
    _address(bill, role, [goods.joined(texts["ADR"], 35), *"/".join(texts["LOC"]).split("/")])
    for line in coded:
        _coded(bill, role, line)


def _bare_party(bill: Bill, role: str, segment: str) -> None:
    """Read name, address, place and country by their order.

    On the first line stands the name (FHL, and NFY), or the account the airline keeps for the party (FWB).
    """
    first, *lines = segment.split("\n")
    head = first[4:].strip()
    lines = [line[1:] for line in lines if line]
    coded = next((n for n, line in enumerate(lines) if n and _is_coded(line)), len(lines))
    if head and (bill.house or (0 < coded < 3)):
        lines.insert(0, head)
        coded += 1
    if not lines:
        return
    _name(bill, role, [lines[0]])
    place = lines[coded - 1] if coded > 1 else ""
    _address(bill, role, [goods.joined(lines[1 : coded - 1], 35), *place.split("/")])
    for line in lines[coded:]:
        _coded(bill, role, line)


def _is_coded(line: str) -> bool:
    """Tell a country, with or without a post code, from a line of text."""
    code = line[:2]
    return (
        (len(line.rstrip()) == 2 or line[2:3] == "/")
        and code.isalpha()
        and code not in TELEPHONES
        and code not in _CONTACTS
    )


def _name(bill: Bill, role: str, lines: list[str]) -> None:
    name = goods.joined(lines, 35)
    if name.strip(".-"):
        bill.values.setdefault(f"{role}_name", name)


def _address(bill: Bill, role: str, parts: list[str]) -> None:
    """Add what is said of an address, joined by commas; a point stands where nothing is."""
    said = [text for part in parts if (text := part.strip()) and text != "." and text != "-"]
    if said:
        column = f"{role}_address"
        if column in bill.values:
            said.insert(0, bill.values[column])
        bill.values[column] = ", ".join(said)


def _coded(bill: Bill, role: str, line: str) -> None:
    """Read country, post code and contacts."""
    parts = [part.strip() for part in line.split("/")]
    at = 0
    if parts[0] not in _CONTACTS:
        at = 1
        country = parts[0]
        if len(country) == 2 and country not in codes.UNSTATED_COUNTRIES:
            bill.values.setdefault(f"{role}_country", country)
        if len(parts) > 1 and (parts[1] not in _CONTACTS or len(parts) == 2):
            at = 2
            _address(bill, role, parts[1:2])
    for kind, number in pairwise(parts[at:]):
        if kind in _CONTACTS and number:
            _contact(bill, role, kind, number)


def _contact(bill: Bill, role: str, kind: str, number: str) -> None:
    if "@" in number:
        bill.values.setdefault(f"{role}_email", number)
    elif kind in TELEPHONES:
        bill.values.setdefault(f"{role}_phone", number)


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
