"""One consignment of a Cargo-XML message, a waybill's or a house's, under the names of the shipment table.

The same elements describe a consignment in every message of the family; what an element is called does not
depend on the message, and elements this module does not know are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from features.manifest import codes
from features.manifest.messages.cargo_xml_elements import (
    MASS,
    VOLUME,
    arrival_of,
    location,
    number_of,
    party_of,
    rounded,
    said,
    unit_load,
    waybill,
    written,
)
from features.manifest.messages.xml import Element, local

#: A text that says it is about a consolidation, at its beginning; consoles are other goods.
_CONSOLIDATION = re.compile(r"\W*CONSOL(?:IDAT\w*|S)?\b", re.I)
_NOTIFY = re.compile(r"\W*(?:ALSO\s+)?NOTIFY(?:\s+(?:PARTY|TO|ALSO))*\s*[:\-]+\s*(?P<name>\S.*)", re.I | re.S)
#: Roles of parties (UN/EDIFACT 3035).
_NOTIFIED = frozenset(("NI", "N1", "N2", "NP"))
_BROKER = frozenset(("CB", "BROKER"))
_OF_NOTE = {"SHP": "shipper", "CNE": "consignee", "NFY": "notify", "CZ": "shipper", "CN": "consignee"}
#: Documents (UN/EDIFACT 1001) that permit: export and import licences, phytosanitary, sanitary, veterinary
#: and inspection certificates.
_PERMITS = frozenset(("811", "911", "851", "852", "853", "855", "856"))
_PERMIT_NAME = re.compile(r"CITES|PERMIT|LICEN[CS]E|CERTIFICA", re.I)
_MANIFESTS = frozenset(("785", "122"))
_DECLARATIONS = frozenset(("830", "929", "952"))
_WAYBILLS = frozenset(("740", "741"))
#: Weights and pieces of this consignment, the most usual names first.
_LINES_SEARCHED = 50
_LINE_TEXTS = (("description", "goods_description"), ("origin", "origin_country"))
_LINE_NUMBERS = (("kg", "gross_weight_kg"), ("packages", "packages"))
_WEIGHTS = ("IncludedTareGrossWeightMeasure", "GrossWeightMeasure", "TotalGrossWeightMeasure")


@dataclass(slots=True)
class Found:
    """What one consignment says by itself, before the message around it adds its part.

    Attributes
    ----------
    values : dict of str to str
        Columns of the shipment table.
    doubts : list of (column, value, expected)
    own, contract : str
        Its `ID`, and the number in its `TransportContractDocument`.
    origin, destination : str
        Airports of its own `OriginLocation` and `FinalDestinationLocation`.
    split : str
        ``T`` the total consignment, anything else a part of it.
    """

    values: dict[str, str] = field(default_factory=dict)
    doubts: list[tuple[str, str, str]] = field(default_factory=list)
    own: str = ""
    contract: str = ""
    origin: str = ""
    destination: str = ""
    split: str = ""

    def add(self, later: Found) -> None:
        """Take what the rest of the same element says and was not known yet."""
        for name, value in later.values.items():
            self.values.setdefault(name, value)
        self.doubts += later.doubts
        for name in ("own", "contract", "origin", "destination", "split"):
            if not getattr(self, name):
                setattr(self, name, getattr(later, name))


def is_consolidation(text: str) -> bool:
    """Say whether a description of goods says no more than that they were consolidated."""
    return _CONSOLIDATION.match(text) is not None


def around(element: Element) -> Found:
    """Read only what houses need to know of the consignment around them: its numbers and airports."""
    found = Found()
    for child in element:
        name = local(child.tag)
        if name == "TransportContractDocument":
            found.contract = found.contract or said(child, "ID")
        elif name == "OriginLocation":
            found.origin = found.origin or location(child)
        elif name == "FinalDestinationLocation":
            found.destination = found.destination or location(child)
        elif name == "ID":
            found.own = found.own or (child.text or "").strip()
    return found


def consignment(element: Element) -> Found:
    """Read what a consignment element says of itself.

    Parameters
    ----------
    element : Element
        `MasterConsignment`, `IncludedMasterConsignment` or `IncludedHouseConsignment`.
    """
    reading = _Reading()
    for child in element:
        name = local(child.tag)
        if reader := _READERS.get(name):
            reader(reading, child, name)
        elif name in _PLAIN and (text := child.text):
            reading.plain.setdefault(name, text.strip())
    return reading.found()


class _Reading:
    """What was gathered of one consignment while its children are walked once."""

    __slots__ = (
        "amounts",
        "contract",
        "currency",
        "destination",
        "doubts",
        "line_pieces",
        "line_volume",
        "line_weight",
        "lines",
        "lists",
        "measures",
        "notes",
        "origin",
        "phones",
        "plain",
        "stops",
        "texts",
        "values",
    )

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self.doubts: list[tuple[str, str, str]] = []
        self.plain: dict[str, str] = {}
        self.phones: dict[str, str] = {}
        self.measures: dict[str, tuple[str, str]] = {}
        self.amounts: dict[str, tuple[str, str]] = {}
        self.lists: dict[str, dict[str, None]] = {}
        self.stops: list[tuple[str, str]] = []
        self.notes: list[str] = []
        self.currency = ""
        self.contract = ""
        self.origin = ""
        self.destination = ""
        self.texts: dict[str, None] = {}
        self.lines: list[dict[str, Any]] = []
        self.line_pieces = 0.0
        self.line_weight = 0.0
        self.line_volume = 0.0

    # --- elements -------------------------------------------------------------------------

    def measure(self, element: Element, name: str) -> None:
        if text := element.text:
            unit = element.get("unitCode") or ""
            self.measures.setdefault(name, (text.strip(), unit.strip().upper()))

    def amount(self, element: Element, name: str) -> None:
        if text := element.text:
            currency = element.get("currencyID") or ""
            self.amounts.setdefault(name, (text.strip(), currency.strip()))

    def contract_document(self, element: Element, name: str) -> None:
        self.contract = self.contract or said(element, "ID")

    def origin_location(self, element: Element, name: str) -> None:
        self.origin = self.origin or location(element)

    def final_location(self, element: Element, name: str) -> None:
        self.destination = self.destination or location(element)

    def consignor(self, element: Element, name: str) -> None:
        self.party("shipper", party_of(element))

    def consignee(self, element: Element, name: str) -> None:
        self.party("consignee", party_of(element))

    def notified(self, element: Element, name: str) -> None:
        self.party("notify", party_of(element))

    def associated(self, element: Element, name: str) -> None:
        party = party_of(element)
        role = party.get("role", "").upper()
        if role in _NOTIFIED or "NOTIFY" in role:
            self.party("notify", party)
        elif role in _BROKER and (broker := party.get("name")):
            self.values.setdefault("broker_name", broker)

    def party(self, role: str, party: dict[str, str]) -> None:
        if f"{role}_name" not in self.values:
            for key, value in party.items():
                if value and key != "role":
                    self.values.setdefault(f"{role}_{key}", value)

    def movement(self, element: Element, name: str) -> None:
        """Take one leg: the last main leg is the flight, the stops between are transhipments."""
        stage = arrival = departure = arrives = number = carrier = ""
        for child in element:
            name = local(child.tag)
            if name == "ArrivalEvent":
                arrival, arrives = arrival_of(child)
            elif name == "DepartureEvent" and not arrival:  # else the leg before says it
                departure = said(child, "OccurrenceDepartureLocation", "ID")
            elif name == "ID":
                number = (child.text or "").strip()
            elif name == "StageCode":
                stage = (child.text or "").strip().upper()
            elif name == "UsedLogisticsTransportMeans":
                carrier = said(child, "Name")
        if stage.startswith("ON"):
            if arrival:
                self.values["delivery_place"] = arrival
            return
        if stage.startswith("PRE"):
            return
        self.stops.append((departure, arrival))
        values = self.values
        if number:
            values["vessel_or_flight"] = number
        if carrier:
            values["carrier_name"] = carrier
        if arrives:
            values["arrives_at"] = arrives

    def handling(self, element: Element, name: str) -> None:
        code = text = ""
        for child in element:
            if (name := local(child.tag)) == "DescriptionCode":
                code = (child.text or "").strip()
            elif name == "Description":
                text = (child.text or "").strip()
        if not code or (len(code) > 3 and 2 <= len(text) <= 3):
            code = text
        self.listed("handling_codes", code)

    def listed(self, column: str, member: str) -> None:
        if member:
            self.lists.setdefault(column, {})[member] = None

    def accounting_note(self, element: Element, name: str) -> None:
        if match := _NOTIFY.match(said(element, "Content")):
            self.notes.append(match["name"].strip())

    def customs_note(self, element: Element, name: str) -> None:
        kind = content = subject = ""
        for child in element:
            name = local(child.tag)
            if name == "Content":
                content = (child.text or "").strip()
            elif name == "ContentCode":
                kind = (child.text or "").strip().upper()
            elif name == "SubjectCode":
                subject = (child.text or "").strip().upper()
        if not content:
            return
        if kind in ("L", "C"):
            self.listed("permit_refs", content)
        elif kind == "S":
            self.listed("seal_ids", content)
        elif kind == "M":
            if content.upper().startswith("CUSTOMSWAREHOUSE"):
                self.values.setdefault("location", content[16:].strip() or content)
            else:
                self.values.setdefault("declaration_id", content)
        elif role := _OF_NOTE.get(subject):
            if kind == "T":  # says more than the number in the party itself
                self.values[f"{role}_id"] = content
            elif kind == "CT":
                self.phones.setdefault(f"{role}_phone", content)

    def reference(self, element: Element, name: str) -> None:
        number, kind = said(element, "ID"), said(element, "TypeCode").upper()
        if not number:
            return
        if kind in _MANIFESTS:
            self.values.setdefault("manifest_id", number)
        elif kind in _WAYBILLS:
            self.values.setdefault("master_id", waybill(number))
        elif kind in _PERMITS or kind.startswith("C4") or _PERMIT_NAME.search(said(element, "Name")):
            self.listed("permit_refs", number)
        elif kind in _DECLARATIONS:
            self.values.setdefault("declaration_id", number)

    def vehicle(self, element: Element, name: str) -> None:
        for child in element:
            if local(child.tag) == "AffixedLogisticsSeal":
                self.listed("seal_ids", said(child, "ID"))

    def exchange(self, element: Element, name: str) -> None:
        self.currency = self.currency or said(element, "SourceCurrencyCode")

    def rating(self, element: Element, name: str) -> None:
        for child in element:
            if local(child.tag) in _ITEMS:
                self.item(child, "")

    def item(self, element: Element, name: str) -> None:
        """Take one line of goods; a line that says only a text is a part of the description."""
        line: dict[str, Any] = {}
        headings: list[str] = []
        pieces = ""
        for child in element:
            name = local(child.tag)
            if name == "TypeCode":
                if heading := (child.text or "").strip():
                    headings.append(heading)
                    self.listed("hs_codes", heading)
            elif name == "NatureIdentificationTransportCargo":
                if text := said(child, "Identification"):
                    line["description"] = text
                    self.texts[text] = None
            elif name == "GrossWeightMeasure":
                self.line_measure(line, "kg", child, MASS)
            elif name == "GrossVolumeMeasure":
                self.line_measure(line, "m3", child, VOLUME)
            elif name == "PieceQuantity":  # PackageQuantity is the shipper's own load and count
                pieces = (child.text or "").strip()
            elif name == "OriginCountry":
                if origin := said(child, "ID") or said(child, "Name"):
                    line["origin"] = origin
                    self.values.setdefault("origin_country", origin)
            elif name in _UNIT_LOADS:
                self.listed("container_ids", unit_load(child))
        if headings:
            line["hs"] = headings[0]
        if pieces and (number := number_of(pieces)) is not None:
            line["packages"] = number
            self.line_pieces += number
        self.line_weight += line.get("kg", 0.0)
        self.line_volume += line.pop("m3", 0.0)
        if line.keys() - {"description"} and len(self.lines) < codes.MAX_MEMBERS:
            self.lines.append(line)

    @staticmethod
    def line_measure(line: dict[str, Any], key: str, element: Element, units: dict[str, float]) -> None:
        factor = units.get((element.get("unitCode") or "").strip().upper())
        number = number_of((element.text or "").strip())
        if factor is not None and number is not None:
            line[key] = rounded(number * factor)

    # --- the whole ------------------------------------------------------------------------

    def found(self) -> Found:
        """Return what was gathered as columns."""
        plain, values = self.plain, self.values
        for column, phone in self.phones.items():
            values.setdefault(column, phone)
        if self.notes:
            values.setdefault("notify_name", self.notes[0])
        for column, members in self.lists.items():
            text = ";".join(members)
            if text.count(";") >= len(members):  # a member with a semicolon is still one
                text = ";".join([member.replace(";", ",") for member in members])
            values[column] = text
        if number := plain.get("SequenceNumeric"):
            values["line_number"] = number
        self._goods()
        self._quantities()
        self._value()
        if self.stops:
            ends = (self.origin, self.destination, "")
            between = dict.fromkeys(stop for leg in self.stops for stop in leg if stop not in ends)
            if between:
                values["transhipment_ports"] = ";".join(between)
        return Found(
            values,
            self.doubts,
            plain.get("ID", ""),
            self.contract,
            self.origin,
            self.destination,
            plain.get("TransportSplitDescription", "").upper()[:1],
        )

    def _goods(self) -> None:
        summary, lines = self.plain.get("SummaryDescription", ""), "; ".join(self.texts)
        if not summary or summary == lines or summary.casefold() in lines.casefold():
            text = lines
        elif not lines or self._said_by(summary.casefold()):
            text = summary
        else:
            text = f"{summary}; {lines}"
        if text:
            self.values["goods_description"] = text

    def _said_by(self, summary: str) -> bool:
        """Say whether a summary holds the text of every line."""
        return len(self.texts) <= _LINES_SEARCHED and all(part.casefold() in summary for part in self.texts)

    def _quantities(self) -> None:
        self._measure("gross_weight_kg", _WEIGHTS, MASS, self.line_weight)
        self._measure("volume_m3", ("GrossVolumeMeasure",), VOLUME, self.line_volume)
        plain = self.plain
        pieces = (
            plain.get("PieceQuantity") or plain.get("TotalPieceQuantity") or plain.get("PackageQuantity", "")
        )
        if not pieces and self.line_pieces:
            pieces = written(self.line_pieces)
        if pieces:
            self.values["packages"] = pieces
        if pieces and self.line_pieces and all("packages" in line for line in self.lines):
            total = number_of(pieces)
            if total is not None and abs(total - self.line_pieces) > 1e-6:
                expected = f"as many as its lines of goods have together ({written(self.line_pieces)})"
                self.doubts.append(("packages", pieces, expected))
        if self._several():
            ordered = [{key: line[key] for key in codes.ITEM_KEYS if key in line} for line in self.lines]
            self.values["items"] = codes.dump_items(ordered)

    def _several(self) -> bool:
        """Say whether the lines say more than the consignment does."""
        if len(self.lines) != 1:
            return bool(self.lines)
        line, values = self.lines[0], self.values
        for key, column in _LINE_TEXTS:
            if key in line and line[key] != values.get(column):
                return True
        for key, column in _LINE_NUMBERS:
            if key in line and line[key] != number_of(values.get(column, "")):
                return True
        return line.get("hs", "") != values.get("hs_codes", "").partition(";")[0]

    def _measure(self, column: str, names: tuple[str, ...], units: dict[str, float], lines: float) -> None:
        measures, text, unit = self.measures, "", ""
        for name in names:
            if name in measures:
                text, unit = measures[name]
                break
        if not text:
            if lines:
                self.values[column] = written(rounded(lines))
            return
        factor = units.get(unit)
        if factor == 1.0:
            self.values[column] = text
        elif factor is None:
            known = ", ".join(name for name in units if len(name) == 3)
            self.doubts.append((column, f"{text} {unit}"[:80], f"a unit of its kind: {known}"))
        elif (number := number_of(text)) is None:
            self.doubts.append((column, f"{text} {unit}"[:80], "a number"))
        else:
            self.values[column] = written(rounded(number * factor))

    def _value(self) -> None:
        """Take the value for customs, else the one for carriage; "no value declared" is none."""
        if not self.amounts:
            return
        for name, nil in (
            ("DeclaredValueForCustomsAmount", "NilCustomsValueIndicator"),
            ("DeclaredValueForCarriageAmount", "NilCarriageValueIndicator"),
        ):
            text, currency = self.amounts.get(name, ("", ""))
            none = self.plain.get(nil, "").lower() in ("true", "1", "y")
            if not text or (none and not number_of(text)):
                continue
            if none:
                self.doubts.append(("declared_value", text, f"no amount where {nil} is true"))
            self.values["declared_value"] = text
            if (currency := currency or self.currency) and currency != "XXX":  # XXX: no currency
                self.values["currency"] = currency
            return


_ITEMS = frozenset(("IncludedMasterConsignmentItem", "IncludedHouseConsignmentItem"))
_UNIT_LOADS = frozenset(("AssociatedUnitLoadTransportEquipment", "UtilizedUnitLoadTransportEquipment"))
_PLAIN = frozenset(
    (
        "ID",
        "SequenceNumeric",
        "SummaryDescription",
        "TransportSplitDescription",
        "NilCustomsValueIndicator",
        "NilCarriageValueIndicator",
        "PieceQuantity",
        "TotalPieceQuantity",
        "PackageQuantity",
    )
)
_READERS: dict[str, Callable[[_Reading, Element, str], None]] = {
    **dict.fromkeys((*_WEIGHTS, "GrossVolumeMeasure"), _Reading.measure),
    "DeclaredValueForCustomsAmount": _Reading.amount,
    "DeclaredValueForCarriageAmount": _Reading.amount,
    "TransportContractDocument": _Reading.contract_document,
    "OriginLocation": _Reading.origin_location,
    "FinalDestinationLocation": _Reading.final_location,
    "ConsignorParty": _Reading.consignor,
    "ConsigneeParty": _Reading.consignee,
    "NotifiedParty": _Reading.notified,
    "AssociatedParty": _Reading.associated,
    "SpecifiedLogisticsTransportMovement": _Reading.movement,
    "HandlingSPHInstructions": _Reading.handling,
    "IncludedAccountingNote": _Reading.accounting_note,
    "IncludedCustomsNote": _Reading.customs_note,
    "AssociatedReferenceDocument": _Reading.reference,
    "UtilizedLogisticsTransportEquipment": _Reading.vehicle,
    "ApplicableOriginCurrencyExchange": _Reading.exchange,
    "ApplicableRating": _Reading.rating,
    **dict.fromkeys(_ITEMS, _Reading.item),
}
