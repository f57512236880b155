"""One consignment of a Cargo-XML message, a waybill's or a house's, under the names of the shipment table.

The same elements describe a consignment in every message of the family; what an element is called does not
depend on the message, and elements this module does not know are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from features.manifest.messages.cargo_xml_elements import (
    MASS,
    VOLUME,
    arrival_of,
    location,
    number_of,
    party_of,
    rounded,
    said,
    waybill,
    written,
)
from features.manifest.messages.cargo_xml_goods import ITEMS, Goods
from features.manifest.messages.customs_notes import COLUMNS, DOMAIN, LISTS, MAILBOX, ROLES, TELEPHONE, TRADER
from features.manifest.messages.xml import Element, local

#: A text that says it is about a consolidation, at its beginning; consoles are other goods.
_CONSOLIDATION = re.compile(r"\W*CONSOL(?:IDAT\w*|S)?\b", re.I)
_NOTIFY = re.compile(r"\W*(?:ALSO\s+)?NOTIFY(?:\s+(?:PARTY|TO|ALSO))*\s*[:\-]+\s*(?P<name>\S.*)", re.I | re.S)
#: Roles of parties (UN/EDIFACT 3035).
_NOTIFIED = frozenset(("NI", "N1", "N2", "NP"))
_BROKER = frozenset(("CB", "BROKER"))
_OF_NOTE = {**ROLES, "CZ": "shipper", "CN": "consignee"}
#: Documents (UN/EDIFACT 1001) that permit: export and import licences, phytosanitary, sanitary, veterinary
#: and inspection certificates.
_PERMITS = frozenset(("811", "911", "851", "852", "853", "855", "856"))
_PERMIT_NAME = re.compile(r"CITES|PERMIT|LICEN[CS]E|CERTIFICA", re.I)
_MANIFESTS = frozenset(("785", "122"))
_DECLARATIONS = frozenset(("830", "929", "952"))
_WAYBILLS = frozenset(("740", "741"))
#: Of a consignment without lines, as lists have them.
_NONE = Goods()
#: How Brazil's customs have the terminal written.
_WAREHOUSE = "CUSTOMSWAREHOUSE"
#: Legs after and before the flights, by name or by code (UN/EDIFACT 8051).
_ONWARD, _BEFORE = ("ON", "30"), ("PRE", "10")
#: Weights of this consignment, the most usual name first.
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
        ``T`` the whole consignment in one piece, ``S`` one of its pieces on the same flight, anything else of
        a part of it.
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


@dataclass(slots=True)
class _Leg:
    """One flight of the way."""

    order: int = 0
    departure: str = ""
    arrival: str = ""
    arrives: str = ""
    number: str = ""
    carrier: str = ""


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
        "contacts",
        "contract",
        "currency",
        "destination",
        "doubts",
        "goods",
        "legs",
        "lists",
        "mailbox",
        "measures",
        "notes",
        "origin",
        "plain",
        "values",
    )

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self.doubts: list[tuple[str, str, str]] = []
        self.plain: dict[str, str] = {}
        self.contacts: dict[str, str] = {}
        self.measures: dict[str, tuple[str, str]] = {}
        self.amounts: dict[str, tuple[str, str]] = {}
        self.lists: dict[str, dict[str, None]] = {}
        self.legs: list[_Leg] = []
        self.notes: list[str] = []
        self.currency = ""
        self.mailbox = ""
        self.contract = ""
        self.origin = ""
        self.destination = ""
        self.goods = _NONE

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
        """Take one leg."""
        stage = order = departure = ""
        leg = _Leg()
        for child in element:
            name = local(child.tag)
            if name == "ArrivalEvent":
                leg.arrival, leg.arrives = arrival_of(child)
            elif name == "DepartureEvent":
                departure = said(child, "OccurrenceDepartureLocation", "ID")
            elif name == "ID":
                leg.number = (child.text or "").strip()
            elif name == "StageCode":
                stage = (child.text or "").strip().upper()
            elif name == "SequenceNumeric":
                order = (child.text or "").strip()
            elif name == "UsedLogisticsTransportMeans":
                leg.carrier = said(child, "Name")
        leg.order = int(order) if order.isdecimal() and len(order) < 5 else len(self.legs)
        leg.departure = departure if not leg.arrival else ""  # else the leg before says it
        if stage.startswith(_ONWARD):
            if leg.arrival:
                self.values["delivery_place"] = leg.arrival
        elif not stage.startswith(_BEFORE):
            self.legs.append(leg)

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
        if kind == "M" and content.upper().startswith(_WAREHOUSE):
            self.values.setdefault("location", content[len(_WAREHOUSE) :].strip() or content)
        elif column := COLUMNS.get(kind):
            if column in LISTS:
                self.listed(column, content)
            elif column != "location" or subject != "AGT":  # the agent's own place is not the goods'
                self.values.setdefault(column, content)
        elif role := _OF_NOTE.get(subject):
            if kind == TRADER:  # says more than the number in the party itself
                self.values[f"{role}_id"] = content
            else:
                self.contact(role, kind, content)

    def contact(self, role: str, kind: str, content: str) -> None:
        """Take how a party is reached; what the party itself says comes first."""
        if "@" in content:
            self.contacts.setdefault(f"{role}_email", content)
        elif kind == TELEPHONE:
            self.contacts.setdefault(f"{role}_phone", content)
        elif kind == MAILBOX:
            self.mailbox = content
        elif kind == DOMAIN and self.mailbox:
            self.contacts.setdefault(f"{role}_email", f"{self.mailbox}@{content}".lower())
            self.mailbox = ""

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
        self.goods = Goods() if self.goods is _NONE else self.goods
        self.goods.rating(element)

    def item(self, element: Element, name: str) -> None:
        self.goods = Goods() if self.goods is _NONE else self.goods
        self.goods.item(element)

    # --- the whole ------------------------------------------------------------------------

    def found(self) -> Found:
        """Return what was gathered as columns."""
        plain, values = self.plain, self.values
        for column, content in self.contacts.items():
            values.setdefault(column, content)
        if self.notes:
            values.setdefault("notify_name", self.notes[0])
        self._lists()
        if number := plain.get("SequenceNumeric"):
            values["line_number"] = number
        if text := self.goods.description(plain.get("SummaryDescription", "")):
            values["goods_description"] = text
        self._quantities()
        if self.goods is not _NONE and (lines := self.goods.items(values)):
            values["items"] = lines
        self._value()
        self._way()
        return Found(
            values,
            self.doubts,
            plain.get("ID", ""),
            self.contract,
            self.origin,
            self.destination,
            plain.get("TransportSplitDescription", "").upper()[:1],
        )

    def _lists(self) -> None:
        goods, values = self.goods, self.values
        if goods is not _NONE:
            for code in goods.headings:
                self.listed("hs_codes", code)
            for column, found in (("container_ids", goods.units), ("container_types", goods.kinds)):
                if found:
                    self.lists[column] = found
        for column, members in self.lists.items():
            text = ";".join(members)
            if text.count(";") >= len(members):  # a member with a semicolon is still one
                text = ";".join([member.replace(";", ",") for member in members])
            values[column] = text
        if goods.origin:
            values["origin_country"] = goods.origin

    def _way(self) -> None:
        """Tell the way: the last flight, and where it was changed."""
        legs, values = self.legs, self.values
        if not legs:
            return
        legs.sort(key=lambda leg: leg.order)
        for leg in legs:
            for column, said_of in (
                ("vessel_or_flight", leg.number),
                ("carrier_name", leg.carrier),
                ("arrives_at", leg.arrives),
            ):
                if said_of:
                    values[column] = said_of
        ends = (self.origin, self.destination, "")
        stops = [stop for leg in legs for stop in (leg.departure, leg.arrival) if stop not in ends]
        if stops:
            values["transhipment_ports"] = ";".join(dict.fromkeys(stops))

    def _quantities(self) -> None:
        self._measure("gross_weight_kg", _WEIGHTS, MASS, self.goods.weight)
        self._measure("volume_m3", ("GrossVolumeMeasure",), VOLUME, self.goods.volume)
        plain = self.plain
        pieces = (
            plain.get("PieceQuantity") or plain.get("TotalPieceQuantity") or plain.get("PackageQuantity", "")
        )
        lines = self.goods.pieces
        if not pieces and lines:
            pieces = written(lines)
        if pieces:
            self.values["packages"] = pieces
        if pieces and self.goods.all_counted():
            total = number_of(pieces)
            if total is not None and abs(total - lines) > 1e-6:
                expected = f"as many as its lines of goods have together ({written(lines)})"
                self.doubts.append(("packages", pieces, expected))

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
    **dict.fromkeys(ITEMS, _Reading.item),
}
