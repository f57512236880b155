"""Small parts every Cargo-XML message is made of: texts, numbers with units, parties, unit load devices."""

from __future__ import annotations

import re

from features.manifest import quantities
from features.manifest.messages.xml import Element, local

#: Unit codes of UN/ECE Recommendation 20, and what people write instead -> kilograms.
MASS = {
    **dict.fromkeys(("KGM", "KG", "KGS", "K", ""), 1.0),
    **dict.fromkeys(("LBR", "LB", "LBS", "L"), 0.45359237),
    **dict.fromkeys(("GRM", "G", "GR"), 0.001),
    **dict.fromkeys(("TNE", "T", "MT"), 1000.0),
    **dict.fromkeys(("ONZ", "OZ"), 0.028349523125),
    "STN": 907.18474,
    "LTN": 1016.0469088,
}
#: The same -> cubic metres.
VOLUME = {
    **dict.fromkeys(("MTQ", "M3", "CBM", "MC", "MQ", ""), 1.0),
    **dict.fromkeys(("CMQ", "CC", "CM3"), 1e-6),
    **dict.fromkeys(("DMQ", "LTR", "LT"), 0.001),
    **dict.fromkeys(("FTQ", "CF", "FT3", "CFT"), 0.028316846592),
    **dict.fromkeys(("INQ", "CI", "IN3"), 1.6387064e-5),
}
_WAYBILL = re.compile(r"([0-9]{3})[\s-]?([0-9]{4})\s?([0-9]{4})")


def said(element: Element, *path: str) -> str:
    """Return the text of the first descendant along a path of local names, trimmed; empty if none."""
    for name in path:
        for child in element:
            if local(child.tag) == name:
                element = child
                break
        else:
            return ""
    text = element.text
    return text.strip() if text else ""


def waybill(text: str) -> str:
    """Return an air waybill number as ``020-12345675``; anything else as it stands."""
    found = _WAYBILL.fullmatch(text.strip())
    return f"{found[1]}-{found[2]}{found[3]}" if found else text


def is_waybill(text: str) -> bool:
    """Say whether a text is the number of an air waybill: eleven digits, the airline's three first."""
    return _WAYBILL.fullmatch(text.strip()) is not None


def time(text: str) -> str:
    """Return a time as it stands; a date loses its time zone, which has no meaning there."""
    return text[:10] if len(text) in (11, 16) and text[10] in "Z+-" else text


def location(element: Element) -> str:
    """Return an airport's code, else its name."""
    return said(element, "ID") or said(element, "Name")


def arrival_of(element: Element) -> tuple[str, str]:
    """Return where and when an `ArrivalEvent` is."""
    where = when = ""
    for child in element:
        name = local(child.tag)
        if name == "OccurrenceArrivalLocation":
            where = said(child, "ID")
        elif name in ("ScheduledOccurrenceDateTime", "ArrivalOccurrenceDateTime"):
            when = when or time((child.text or "").strip())
    return where, when


def unit_load(element: Element) -> tuple[str, str]:
    """Return the number of a unit load device, ``PMC12345XX``, and its type; both empty for loose cargo."""
    number = said(element, "ID")
    kind = said(element, "CharacteristicCode")
    owner = said(element, "OperatingParty", "PrimaryID")
    if not number or kind.upper() == "BLK":
        return "", ""
    if kind and not number.upper().startswith(kind.upper()):
        number = kind + number
    return (number if not owner or number.upper().endswith(owner.upper()) else number + owner), kind


def party_of(element: Element) -> dict[str, str]:
    """Return a party's name, address, country, id, phone, email and role."""
    party: dict[str, str] = {}
    for child in element:
        name = local(child.tag)
        if name == "Name":
            party["name"] = (child.text or "").strip()
        elif name.endswith("Address"):
            party["address"], party["country"] = _address(child)
        elif name == "DefinedTradeContact":
            for way in child:
                how = local(way.tag)
                if how == "DirectTelephoneCommunication":
                    party["phone"] = party.get("phone") or said(way, "CompleteNumber")
                elif how == "URIEmailCommunication":
                    party["email"] = party.get("email") or said(way, "URIID") or said(way, "CompleteNumber")
        elif name == "AdditionalID" or (name == "PrimaryID" and "id" not in party):
            party["id"] = (child.text or "").strip()
        elif name in ("RoleCode", "Role"):
            party["role"] = party.get("role") or (child.text or "").strip()
    return party


def _address(element: Element) -> tuple[str, str]:
    """Return an address in one line, and its country."""
    told = {local(child.tag): text.strip() for child in element if (text := child.text)}
    town = told.get("CityName", "")
    if postcode := told.get("PostcodeCode"):
        town = f"{postcode} {town}".strip()
    region = told.get("CountrySubDivisionName") or told.get("CountrySubDivisionID")
    parts = [told.get("PostOfficeBox"), told.get("BuildingName"), told.get("StreetName"), town, region]
    return ", ".join([part for part in parts if part]), told.get("CountryID") or told.get("CountryName") or ""


def number_of(text: str) -> float | None:
    """Return a finite number from a short text."""
    if not text or len(text) > 40:
        return None
    try:
        number = float(text)
    except ValueError:
        number = float(quantities.parse([text])[0])
    return number if abs(number) < 1e15 else None


def rounded(number: float) -> float:
    """Return a converted number without the noise of its conversion."""
    return float(f"{number:.12g}")


def written(number: float) -> str:
    """Return a number as text."""
    return f"{number:.12g}"
