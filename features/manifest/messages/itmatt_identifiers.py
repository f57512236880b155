"""Identifiers of the post: of items (UPU S10), of receptacles (S9) and the offices of exchange they name."""

from __future__ import annotations

import re

from features.manifest import codes

S10 = re.compile(r"[A-Z]{2}[0-9]{9}[A-Z]{2}")
S10_FORM = "an S10 identifier: two letters, nine digits, a country (RR473124829GB)"
_OFFICE = re.compile(r"[A-Z]{6}")
#: Receptacle identifier (S9): its first 20 characters are those of its dispatch (S8).
_RECEPTACLE = re.compile(r"[A-Z]{12}[A-Z]{3}[0-9]{8}[0-9A-Z]{6}")


def check_digit(identifier: str) -> str:
    """Return the check digit that the eight digits of an S10 identifier ask for (UPU S10-12, modulo 11)."""
    a, b, c, d, e, f, g, h = map(int, identifier[2:10])
    left = 11 - (8 * a + 6 * b + 4 * c + 2 * d + 3 * e + 5 * f + 9 * g + 7 * h) % 11
    return "0" if left == 10 else "5" if left == 11 else str(left)


def compact(text: str) -> str:
    """Return an identifier without blanks and hyphens, upper case."""
    return text.upper().replace(" ", "").replace("-", "").strip()


def place_office(office: str, port: str, country: str, values: dict[str, str]) -> None:
    """Put an office of exchange into two columns: GBLALA is of London Langley, in GB."""
    if _OFFICE.fullmatch(office) and office[:2] in codes.country_codes():
        values.setdefault(port, office[:5])
        values.setdefault(country, office[:2])
    elif len(office) > 2:
        values.setdefault(port, office)


def place_receptacle(identifier: str, values: dict[str, str]) -> None:
    """Put what a receptacle's identifier says into open columns: its dispatch and its offices."""
    receptacle = identifier.upper()
    if _RECEPTACLE.fullmatch(receptacle):
        values.setdefault("master_id", receptacle[:20])
        place_office(receptacle[:6], "loading_port", "origin_country", values)
        place_office(receptacle[6:12], "discharge_port", "destination_country", values)
