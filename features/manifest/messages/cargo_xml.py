"""IATA Cargo-XML: air waybills (XFWB), house waybills (XFZB), flight manifests (XFFM), house lists (XFHL).

A waybill is one shipment; a house waybill is one house of a master; a flight manifest lists the waybills of a
flight by unit load device, a shipment split over several as often; a house list names the houses of a
master. Versions differ in what they add, not in what the elements are called, and elements that are not known
are passed over, so every version is read alike, with or without prefixes and namespaces.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from features.manifest.messages import xml
from features.manifest.messages.cargo_xml_consignment import (
    Found,
    around,
    consignment,
    is_consolidation,
)
from features.manifest.messages.cargo_xml_elements import is_waybill, said, time, waybill
from features.manifest.messages.cargo_xml_fields import FIELDS, LOST, TRIED
from features.manifest.messages.cargo_xml_flight import (
    between,
    carries,
    flight_of,
    joined,
    landing,
    landing_beside,
    unit_of,
)
from features.manifest.messages.cargo_xml_writing import write
from features.manifest.messages.form import Broken, Form, Shipment
from features.manifest.messages.xml import Element, local

#: Roots, and what a shipment of each is called where it stands.
_ROOTS = {
    "Waybill": "waybill",
    "HouseWaybill": "house",
    "HouseManifest": "house",
    "FlightManifest": "waybill",
}
_ELEMENTS = (
    "MessageHeaderDocument",
    "BusinessHeaderDocument",
    "LogisticsTransportMovement",
    "IncludedHouseConsignment",
    "IncludedMasterConsignment",
    "MasterConsignment",
    *_ROOTS,
)
#: Messages that tell bills in short.
_LISTS = frozenset(("HouseManifest", "FlightManifest"))
#: Codes of waybills of which but a part is on a flight: part, divided, several parts.
_PARTS = frozenset(("P", "D", "M"))
_HEADER = frozenset(("ID", "TypeCode", "IssueDateTime", "PurposeCode"))
#: A message in the envelope of some system.
_ENVELOPED = re.compile(rf"<(?:[\w.-]+:)?(?:{'|'.join(_ROOTS)})\s[^<>]{{0,4000}}iata:")
#: What a message is for: words of the standard, and codes of UN/EDIFACT 1225.
_AMENDS = re.compile(r"(updat|amend|chang|modif|replac|correct|(4|5|20|36)$)")
_CANCELS = re.compile(r"(delet|cancel|withdr|void|(1|3)$)")
_CREATES = re.compile(r"(creat|origin|new|add|(2|9)$)")
#: Parts of split shipments held until their manifest ends; beyond, bills with several rows are joined where
#: those of every table are.
_HELD = 20_000


def recognise(head: bytes) -> bool:
    """Return whether a file is Cargo-XML, by its first bytes."""
    root = xml.root_of(head)
    if root in _ROOTS:
        text = xml.decoded(head)
        return any(sign in text for sign in ("iata:", "HeaderDocument", "MasterConsignment"))
    return bool(root) and _ENVELOPED.search(xml.decoded(head)) is not None


def read(path: Path) -> Iterator[Shipment | Broken]:
    """Read the messages of a file.

    Parameters
    ----------
    path : Path
    """
    message = _Message(1)
    for element in xml.elements(path, _ELEMENTS):
        if isinstance(element, Broken):
            yield from message.rest()
            yield element
            message = _Message(message.number + 1)
            continue
        name = local(element.tag)
        yield from message.take(name, element)
        if name in _ROOTS:
            yield from message.ended(name, element)
            message = _Message(message.number + 1)


class _Message:
    """One message on its way: what its headers said, and the shipments that wait for what is to come."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.root = ""
        self.header: dict[str, str] = {}
        self.business = ""
        self.notes: set[str] = set()
        self.flight: dict[str, str] = {}
        self.above: Element | None = None  # the consignment around the houses that are being read
        self.master = Found()
        self.cargo: Element | None = None  # the unit load device, or loose cargo, that is being read
        self.unit = self.kind = ""
        self.houses: list[tuple[int, Found]] = []
        self.waiting: list[tuple[int, Found, bool]] = []
        self.parts: dict[str, list[Shipment]] = {}
        self.held = 0
        self.count = 0

    def take(self, name: str, element: Element) -> Iterable[Shipment | Broken]:
        """Take an element that has ended, and return the shipments that are complete with it."""
        if name == "MessageHeaderDocument":
            for child in element:
                if (what := local(child.tag)) in _HEADER and (text := child.text):
                    self.header.setdefault(what, text.strip())
        elif name == "BusinessHeaderDocument":
            self.business = said(element, "ID")
            self.notes = {
                said(child, "ContentCode").upper()
                for child in element
                if local(child.tag) == "IncludedHeaderNote"
            }
        elif name == "LogisticsTransportMovement":
            self.flight = flight_of(element)
        elif name == "IncludedHouseConsignment":
            return self.house(element)
        elif name in ("MasterConsignment", "IncludedMasterConsignment"):
            return self.consignment(name, element)
        return ()

    def house(self, element: Element) -> Iterable[Shipment | Broken]:
        """Take a house, and return it if everything above it is known."""
        if (above := element.getparent()) is not self.above:
            self.find_root(element)
            self.above, self.master = above, self.around(above)
            if self.root == "FlightManifest":
                self.enter(above.getparent())
        self.count += 1
        self.houses.append((self.count, consignment(element)))
        listed = self.root in _LISTS or len(self.houses) > 1
        if listed and self.header and (self.master.contract or len(self.houses) > _HELD):
            return self.housed()
        return ()

    def around(self, element: Element) -> Found:
        """Read a consignment with houses: all of it only where it is a shipment as well."""
        listed = self.root in ("HouseWaybill", "HouseManifest")
        return around(element) if listed else consignment(element)

    def find_root(self, element: Element) -> None:
        """Learn which message this is from what stands around an element."""
        if self.root:
            return
        for outer in element.iterancestors():
            if (name := local(outer.tag)) in _ROOTS:
                self.root = name
                return

    def housed(self) -> list[Shipment | Broken]:
        """Return the houses that are held."""
        held, self.houses = self.houses, []
        several = self.count > 1 or self.root != "HouseWaybill"
        return [self.shipment(count, self.house_values(found, several), found) for count, found in held]

    def house_values(self, found: Found, several: bool) -> dict[str, str]:
        """Return what the message and the master add to a house."""
        master, values = self.master, found.values
        own = found.contract or found.own
        if not several:
            own = found.contract or self.business or found.own or self.header.get("ID", "")
        above = master.contract or (master.own if is_waybill(master.own) else "")
        if not above and self.root in ("Waybill", "HouseManifest"):
            above = self.business
        above = waybill(above) or values.get("master_id", "")
        values["shipment_id"], values["bill_level"] = own, "house"
        if above and above != own:
            values["master_id"] = above
        discharge = master.destination or found.destination
        if found.destination and found.destination != discharge:
            values.setdefault("delivery_place", found.destination)
        values["loading_port"] = found.origin or master.origin
        values["discharge_port"] = discharge
        if self.root == "FlightManifest":
            self.flown(values)
        stops = [master.origin, *values.get("transhipment_ports", "").split(";")]
        values["transhipment_ports"] = between(values, stops)
        if self.root == "HouseWaybill" and self.notes & {"C", "D"}:
            values["is_consolidation"] = "true" if "C" in self.notes else "false"
        return values

    def consignment(self, name: str, element: Element) -> Iterator[Shipment | Broken]:
        """Take a waybill that has ended: a shipment of its own, or what stands above houses."""
        housed = element is self.above
        found = self.around(element) if housed else consignment(element)
        if housed:
            self.master.add(found)
            found = self.master
            yield from self.housed()
        else:
            self.find_root(element)
        if self.root in ("HouseWaybill", "HouseManifest"):
            if not housed:
                self.count += 1
                yield self.shipment(self.count, self.lone_values(found), found)
            return
        self.count += 1
        if self.root == "FlightManifest" or name == "IncludedMasterConsignment":
            yield from self.listed(element, found, housed)
        else:
            if housed:
                found.values["is_consolidation"] = "true"
            self.waiting.append((self.count, found, False))

    def lone_values(self, found: Found) -> dict[str, str]:
        """Return the shipment that a house message without houses tells of: a house, or the master itself."""
        values = found.values
        if self.root == "HouseWaybill":
            lone, self.master = Found(values, [], self.business, ""), found
            lone.origin, lone.destination = found.origin, found.destination
            return self.house_values(lone, several=False)
        values |= self.ends(found)
        values["shipment_id"] = waybill(found.contract or self.business or found.own)
        values["bill_level"], values["is_consolidation"] = "master", "true"
        return values

    def ends(self, found: Found) -> dict[str, str]:
        """Return where a waybill begins and ends."""
        return {"loading_port": found.origin, "discharge_port": found.destination}

    def listed(self, element: Element, found: Found, housed: bool) -> Iterable[Shipment | Broken]:
        """Take a waybill of a flight manifest; one that stands before its flight waits."""
        above = element.getparent()
        self.enter(above)
        values = found.values
        values["shipment_id"] = waybill(found.contract or found.own)
        if housed or is_consolidation(values.get("goods_description", "")):
            values["bill_level"], values["is_consolidation"] = "master", "true"
        for column, member in (("container_ids", self.unit), ("container_types", self.kind)):
            if member:
                members = [*values.get(column, "").split(";"), member]
                values[column] = ";".join(dict.fromkeys(each for each in members if each))
        early = not self.header or local(above.tag) in _ROOTS
        if early and len(self.waiting) < _HELD:
            self.waiting.append((self.count, found, True))
            return ()
        return self.aboard(self.count, found)

    def aboard(self, count: int, found: Found) -> Iterable[Shipment | Broken]:
        """Return a waybill of a flight; parts of a split one are held for the others."""
        values = found.values
        values |= self.ends(found)
        self.flown(values)
        values["transhipment_ports"] = between(values, values.get("transhipment_ports", "").split(";"))
        shipment = self.shipment(count, values, found)
        if isinstance(shipment, Broken) or found.split == "T":
            return (shipment,)
        self.parts.setdefault(values["shipment_id"], []).append(shipment)
        self.held += 1
        return self.whole() if self.held > _HELD else ()

    def enter(self, cargo: Element) -> None:
        """Learn the unit load device and the place of unloading around a waybill."""
        if cargo is not self.cargo:
            self.cargo, (self.unit, self.kind) = cargo, unit_of(cargo)
            self.flight |= landing(cargo.getparent()) or landing_beside(cargo)

    def flown(self, values: dict[str, str]) -> None:
        """Add the flight of a manifest: where it lands is where the goods are unloaded."""
        departs = self.flight.get("departure", "")
        values["loading_port"] = values.get("loading_port") or departs
        if lands := self.flight.get("arrival", ""):
            if (final := values.get("discharge_port", "")) != lands and final:
                values.setdefault("delivery_place", final)
            values["discharge_port"] = lands
        stops = [departs, *values.get("transhipment_ports", "").split(";")]
        values["transhipment_ports"] = ";".join(dict.fromkeys(stop for stop in stops if stop))
        for name in ("vessel_or_flight", "carrier_name", "arrives_at"):
            if self.flight.get(name):
                values[name] = self.flight[name]
        if number := self.business or self.header.get("ID", ""):
            values["manifest_id"] = number

    def whole(self) -> Iterator[Shipment]:
        """Yield the split shipments."""
        held, self.parts, self.held = self.parts, {}, 0
        for parts in held.values():
            yield parts[0] if len(parts) == 1 else joined(parts)

    def waybill_values(self, found: Found) -> dict[str, str]:
        """Return the shipment an air waybill is, with what the message says of it."""
        values, header = found.values, self.header.get("ID", "")
        number = self.business or found.contract
        if not number:
            number = header[:12] if is_waybill(header[:12]) else found.own or header
        values["shipment_id"] = waybill(number)
        if values.get("master_id") == values["shipment_id"]:
            del values["master_id"]
        consolidated = (
            self.header.get("TypeCode") == "741"
            or "C" in self.notes
            or values.get("is_consolidation") == "true"
            or is_consolidation(values.get("goods_description", ""))
        )
        values["bill_level"] = "master" if consolidated else "direct"
        values["is_consolidation"] = "true" if consolidated else "false"
        values |= self.ends(found)
        return values

    def rest(self) -> Iterator[Shipment | Broken]:
        """Yield what waited for the end of the message."""
        if self.houses:
            yield from self.housed()
        waiting, self.waiting = self.waiting, []
        for count, found, listed in waiting:
            if listed:
                yield from self.aboard(count, found)
            else:
                yield self.shipment(count, self.waybill_values(found), found)
        if self.parts:
            yield from self.whole()

    def ended(self, root: str, element: Element) -> Iterator[Shipment | Broken]:
        """Yield what is left when the whole message has been read; an empty flight leaves nothing."""
        if root == "FlightManifest" and "arrival" not in self.flight:
            self.flight |= landing_beside(element)
        yield from self.rest()
        if not self.count and not (root == "FlightManifest" and carries(element)):
            yield self.bare(root)

    def bare(self, root: str) -> Shipment | Broken:
        """Return what a message without a consignment tells of: its number, at most."""
        self.root, found = root, Found()
        if root in _LISTS or not self.business:
            return Broken(f"document {self.number}", f"a consignment (MasterConsignment) in this {root}")
        values = self.lone_values(found) if root == "HouseWaybill" else self.waybill_values(found)
        return self.shipment(1, values, found)

    def shipment(self, count: int, values: dict[str, str], found: Found) -> Shipment | Broken:
        """Return a shipment, or why it is none, once everything is known about it."""
        place = f"document {self.number}"
        if self.root in _LISTS or count > 1:
            place = f"{place}, {_ROOTS.get(self.root, 'waybill')} {count}"
        number = values.get("shipment_id", "")
        if not number:
            expected = "the number of a waybill (ID of BusinessHeaderDocument or TransportContractDocument)"
            return Broken(place, expected)
        purpose = self.header.get("PurposeCode", "").casefold()
        created = purpose in ("", "creation")
        if not created and _CANCELS.match(purpose):
            return Broken(place, "a shipment that is carried; this message cancels it", number)
        issued = time(self.header.get("IssueDateTime", ""))
        doubts = found.doubts
        values["mode"], values["known_at"] = "air", issued
        if created:
            pass
        elif _AMENDS.match(purpose):
            values["amendment_count"], values["last_amended_at"] = "1", issued
        elif not _CREATES.match(purpose):
            expected = "Creation, Update or Deletion (PurposeCode); read as a creation"
            doubts = [*doubts, ("amendment_count", purpose[:80], expected)]
        said_of = {name: text for name, text in values.items() if text}
        listed = self.root in _LISTS
        return Shipment(said_of, place, tuple(doubts), listed, listed and found.split in _PARTS)


FORM = Form(
    name="cargo_xml",
    title="IATA Cargo-XML",
    messages=("XFWB", "XFZB", "XFFM", "XFHL"),
    suffix=".xml",
    begins=(b"<?xml ",),
    recognise=recognise,
    read=read,
    write=write,
    fields=FIELDS,
    lost=LOST,
    tried=TRIED,
)
