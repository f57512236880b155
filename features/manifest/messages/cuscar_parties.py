"""Parties of an UN/EDIFACT cargo report: who they are to the goods, and what is said of them."""

from __future__ import annotations

from functools import lru_cache

from features.manifest import codes
from features.manifest.messages.cuscar_bills import NAME_FULL
from features.manifest.messages.segments import MARK, Separators, components, joined
from features.manifest.synonyms import fold

#: Element 3035 -> role in the shipment table and rank: a lower rank takes the place of a higher.
ROLES = {
    "CZ": ("shipper", 0),
    "SH": ("shipper", 1),
    "EX": ("shipper", 2),
    "SU": ("shipper", 3),
    "SE": ("shipper", 4),
    "OS": ("shipper", 0),
    "CN": ("consignee", 0),
    "UC": ("consignee", 1),
    "IM": ("consignee", 2),
    "ST": ("consignee", 3),
    "DP": ("consignee", 4),
    "BY": ("consignee", 5),
    "NI": ("notify", 0),
    "N1": ("notify", 1),
    "NP": ("notify", 2),
    "N2": ("notify", 3),
    "CB": ("broker", 0),
    "AE": ("broker", 1),
    "DT": ("broker", 2),
    "CA": ("carrier", 0),
    "CG": ("carrier", 1),
    "VO": ("carrier", 2),
}
_LEGAL = frozenset(
    (
        *("LTD", "LIMITED", "INC", "LLC", "CO", "CORP", "PLC", "PTY", "PTE", "BHD", "JSC"),
        *("SA", "BV", "NV", "GMBH", "AG", "KG", "SARL", "SAS", "SRL", "SPA", "AS", "AB", "OY", "LDA", "SL"),
    )
)


def read_party(found: list[str], separators: Separators) -> dict[str, str]:
    """Return name, address, country and number of a party (NAD).

    Parameters
    ----------
    found : list of str
        The elements of the segment, ten at least.
    separators : Separators
    """
    within = separators.component
    number = found[2].partition(within)[0].strip()
    lines, names = _texts(found[3], separators), _texts(found[4], separators)
    street = _texts(found[5], separators)
    town = [found[6], _region(found[7], within), found[8]] if found[6] or found[7] or found[8] else []
    country = found[9].partition(within)[0].strip()
    if names:
        name = joined(names[:5], NAME_FULL)
        where = [joined([*street, *lines], NAME_FULL), *town]
    else:
        name = lines[0].strip() if lines else ""
        more = lines[1:]
        if street and street[0] in more:  # said twice, in the one or the other at more length
            more, street = ([], street) if len("".join(street)) > len("".join(more)) else (more, [])
        where = [joined([*more, *street], NAME_FULL), *town]
    address = " ".join([text.strip() for text in where if text.strip()]) if town else where[0]
    if not address and name.count(",") > 1:
        name, address = _by_commas(name)
    if not name and " " in number:
        name, number = number, ""
    if country:
        pass
    elif address:
        last = lines[-1] if len(lines) > 1 and not street else address.rpartition(",")[2]
        country = _country_at_end(last)
    elif " - " in name:
        country = _country_at_end(name.rpartition(" - ")[2])
    return {"name": name, "address": address, "country": country, "id": number}


def _texts(element: str, separators: Separators) -> list[str]:
    """Return the components of an element that say something."""
    if not element:
        return []
    if MARK in element:
        return [part for part in components(element, separators) if part.strip()]
    if separators.component not in element:
        return [] if element.isspace() else [element]
    return [part for part in element.split(separators.component) if part and not part.isspace()]


def _region(element: str, within: str) -> str:
    """Return a region's name, else its code (C819)."""
    parts = [*element.split(within), "", "", ""]
    return parts[3] or parts[0]


@lru_cache(maxsize=1 << 12)
def _country_at_end(text: str) -> str:
    """Return the country a line of an address names in full; two letters may be a state's."""
    word = fold(text[:80])
    return codes.country_names().get(word, "") if len(word) > 3 else ""


def _by_commas(text: str) -> tuple[str, str]:
    """Return name and address of a party written as one text with commas."""
    parts = [part.strip() for part in text.split(",")]
    name = parts.pop(0)
    while parts and set(parts[0].upper().replace(".", "").split()) <= _LEGAL:
        name += ", " + parts.pop(0)
    return (name, ", ".join(part for part in parts if part)) if len(parts) > 1 else (text, "")
