"""The lines of goods of a Cargo-XML consignment: texts, headings, weights, pieces, unit load devices."""

from __future__ import annotations

from typing import Any

from features.manifest import codes
from features.manifest.messages.cargo_xml_elements import MASS, VOLUME, number_of, rounded, said, unit_load
from features.manifest.messages.xml import Element, local

ITEMS = frozenset(("IncludedMasterConsignmentItem", "IncludedHouseConsignmentItem"))
_UNIT_LOADS = frozenset(("AssociatedUnitLoadTransportEquipment", "UtilizedUnitLoadTransportEquipment"))
_LINE_NUMBERS = (("kg", "gross_weight_kg"), ("packages", "packages"))
_LINES_SEARCHED = 50


class Goods:
    """What was gathered of the lines of goods of one consignment.

    Attributes
    ----------
    headings, units, kinds : dict of str to None
        HS codes, numbers and types of unit load devices, each once.
    origin : str
        Of the first line that says one.
    pieces, weight, volume : float
        Of all lines together.
    """

    __slots__ = (
        "headings",
        "kinds",
        "lines",
        "origin",
        "pieces",
        "rated",
        "texts",
        "units",
        "volume",
        "weight",
    )

    def __init__(self) -> None:
        self.headings: dict[str, None] = {}
        self.units: dict[str, None] = {}
        self.kinds: dict[str, None] = {}
        self.texts: dict[str, None] = {}
        self.lines: list[dict[str, Any]] = []
        self.rated: str | None = None
        self.origin = ""
        self.pieces = self.weight = self.volume = 0.0

    def rating(self, element: Element) -> None:
        """Take the lines of a rating; one of another type rates the same goods once more."""
        lines = [child for child in element if local(child.tag) in ITEMS]
        if not lines:
            return
        kind = said(element, "TypeCode")
        self.rated = kind if self.rated is None else self.rated
        if kind == self.rated:
            for line in lines:
                self.item(line)

    def item(self, element: Element) -> None:
        """Take one line of goods; a line that says only a text is a part of the description."""
        line: dict[str, Any] = {}
        heading = pieces = ""
        for child in element:
            name = local(child.tag)
            if name == "TypeCode":
                if text := (child.text or "").strip():
                    heading = heading or text
                    self.headings[text] = None
            elif name == "NatureIdentificationTransportCargo":
                if text := said(child, "Identification"):
                    line["description"] = text
                    self.texts[text] = None
            elif name == "GrossWeightMeasure":
                _measure(line, "kg", child, MASS)
            elif name == "GrossVolumeMeasure":
                _measure(line, "m3", child, VOLUME)
            elif name == "PieceQuantity":  # PackageQuantity is the shipper's own load and count
                pieces = (child.text or "").strip()
            elif name == "OriginCountry":
                if origin := said(child, "ID") or said(child, "Name"):
                    line["origin"] = origin
                    self.origin = self.origin or origin
            elif name in _UNIT_LOADS:
                self.unit(child)
        if heading:
            line["hs"] = heading
        if pieces and (number := number_of(pieces)) is not None:
            line["packages"] = number
            self.pieces += number
        self.weight += line.get("kg", 0.0)
        self.volume += line.pop("m3", 0.0)
        if line.keys() - {"description"} and len(self.lines) < codes.MAX_MEMBERS:
            self.lines.append(line)

    def unit(self, element: Element) -> None:
        """Take a unit load device."""
        number, kind = unit_load(element)
        if number:
            self.units[number] = None
            if kind:
                self.kinds[kind] = None

    def description(self, summary: str) -> str:
        """Return the text of the whole: the summary and the lines', no text twice."""
        lines = "; ".join(self.texts)
        if not summary or summary == lines or summary.casefold() in lines.casefold():
            return lines
        if not lines or self._said_by(summary.casefold()):
            return summary
        return f"{summary}; {lines}"

    def _said_by(self, summary: str) -> bool:
        """Say whether a summary holds the text of every line."""
        return len(self.texts) <= _LINES_SEARCHED and all(part.casefold() in summary for part in self.texts)

    def items(self, values: dict[str, str]) -> str:
        """Return the lines as columns hold them; empty where they say no more than the consignment does."""
        if len(self.lines) == 1 and not self._says_more(self.lines[0], values):
            return ""
        if not self.lines:
            return ""
        return codes.dump_items(
            [{key: line[key] for key in codes.ITEM_KEYS if key in line} for line in self.lines]
        )

    @staticmethod
    def _says_more(line: dict[str, Any], values: dict[str, str]) -> bool:
        if line.get("description", "").casefold() not in values.get("goods_description", "").casefold():
            return True
        if "origin" in line and line["origin"] != values.get("origin_country"):
            return True
        for key, column in _LINE_NUMBERS:
            if key in line and line[key] != number_of(values.get(column, "")):
                return True
        return bool(line.get("hs", "") != values.get("hs_codes", "").partition(";")[0])

    def all_counted(self) -> bool:
        """Say whether every line says how many pieces it has."""
        return self.pieces > 0 and all("packages" in line for line in self.lines)


def _measure(line: dict[str, Any], key: str, element: Element, units: dict[str, float]) -> None:
    factor = units.get((element.get("unitCode") or "").strip().upper())
    number = number_of((element.text or "").strip())
    if factor is not None and number is not None:
        line[key] = rounded(number * factor)
