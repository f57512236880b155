"""Container numbers by ISO 6346 (owner code, category, serial number, check digit), and of aircraft."""

from __future__ import annotations

import re

#: Values of the letters A to Z; multiples of 11 are skipped.
LETTER_VALUES = tuple(value for value in range(10, 39) if value % 11)
#: Categories: U freight, J attached gear, Z trailer.
_FORM = re.compile(r"[A-Z]{3}[UJZ]\d{7}")
#: A unit load device: type code, serial number, airline (IATA ULD Regulations); it has no check digit.
_UNIT_LOAD_DEVICE = re.compile(r"[A-Z][A-Z0-9]{2}\d{4,5}[A-Z0-9]{2,3}")


def bare(text: str) -> str:
    """Return a container number as declared in capitals, without blanks, hyphens, points and strokes."""
    return re.sub(r"[\s\-./]", "", text.upper())


def is_container_number(number: str) -> bool:
    """Say whether a `bare` number has the form of a container number (its check digit is not judged)."""
    return _FORM.fullmatch(number) is not None


def is_unit_load_device(number: str) -> bool:
    """Say whether a `bare` number has the form of a unit load device's (``AKE12345QR``)."""
    return _UNIT_LOAD_DEVICE.fullmatch(number) is not None


def check_digit(number: str) -> int:
    """Return the check digit of the first ten characters of a container number.

    Examples
    --------
    >>> check_digit("CSQU305438")
    3
    """
    values = [LETTER_VALUES[ord(c) - ord("A")] if "A" <= c <= "Z" else int(c) for c in number[:10]]
    return sum(value << place for place, value in enumerate(values)) % 11 % 10
