"""The flight of a Cargo-XML flight manifest, and the parts of a shipment on it."""

from __future__ import annotations

import re

from features.manifest.messages.cargo_xml_elements import (
    arrival_of,
    number_of,
    rounded,
    said,
    unit_load,
    written,
)
from features.manifest.messages.form import Shipment
from features.manifest.messages.xml import Element, local

#: An airline's designator and its flight's number.
_FLIGHT = re.compile(r"([A-Z0-9]{2})[ -]?[0-9]{1,4}[A-Z]?")
#: What the parts of a shipment say together, and what stands between.
_UNITED = (
    ("container_ids", ";"),
    ("container_types", ";"),
    ("handling_codes", ";"),
    ("goods_description", "; "),
)


def flight_of(element: Element) -> dict[str, str]:
    """Return the flight of a manifest, its carrier by the number: the name of the means is the aircraft's."""
    number = said(element, "ID")
    carrier = _FLIGHT.fullmatch(number)
    return {
        "vessel_or_flight": number,
        "carrier_name": carrier[1] if carrier else "",
        "departure": said(element, "DepartureEvent", "OccurrenceDepartureLocation", "ID"),
        **landing_beside(element),
    }


def landing(element: Element | None) -> dict[str, str]:
    """Return where and when a flight lands, of an `ArrivalEvent`."""
    if element is None or local(element.tag) != "ArrivalEvent":
        return {}
    where, when = arrival_of(element)
    return {"arrival": where, "arrives_at": when}


def landing_beside(root: Element) -> dict[str, str]:
    """Return the same of a manifest whose waybills stand beside their `ArrivalEvent` instead of in it."""
    return landing(next((child for child in root if local(child.tag) == "ArrivalEvent"), None))


def unit_of(cargo: Element) -> tuple[str, str]:
    """Return number and type of the unit load device of an `AssociatedTransportCargo`."""
    for child in cargo:
        if local(child.tag) == "UtilizedUnitLoadTransportEquipment":
            return unit_load(child)
    return "", ""


def carries(element: Element) -> bool:
    """Say whether a flight manifest names cargo positions, be it empty ones or the word NIL."""
    return any(
        local(cargo.tag) == "AssociatedTransportCargo"
        for event in element
        if local(event.tag) == "ArrivalEvent"
        for cargo in event
    )


def between(values: dict[str, str], stops: list[str]) -> str:
    """Return the stops that are neither the beginning nor the end of a way."""
    ends = {values.get("loading_port", ""), values.get("discharge_port", ""), ""}
    return ";".join(dict.fromkeys(stop for stop in stops if stop not in ends))


def joined(parts: list[Shipment]) -> Shipment:
    """Return the parts of a split shipment as one: quantities summed, lists and texts united."""
    values: dict[str, str] = {}
    for part in reversed(parts):
        values |= part.values
    doubts = [doubt for part in parts for doubt in part.doubts]
    for name in ("packages", "gross_weight_kg", "volume_m3"):
        said_of = [number_of(part.values[name]) for part in parts if name in part.values]
        numbers = [number for number in said_of if number is not None]
        if len(numbers) == len(parts):
            values[name] = written(rounded(sum(numbers)))
        elif numbers:
            doubts.append((name, values[name], "a number in every part of a split shipment"))
    for name, by in _UNITED:
        texts = dict.fromkeys(part.values[name] for part in parts if name in part.values)
        members = [member for text in texts for member in (text.split(by) if by == ";" else (text,))]
        if members:
            values[name] = by.join(dict.fromkeys(members))
    unloaded = dict.fromkeys(part.values.get("discharge_port", "") for part in parts)
    if len(unloaded) > 1:
        expected = "one airport for all parts of a split shipment"
        doubts.append(("discharge_port", ";".join(unloaded), expected))
    some = any(part.part for part in parts)
    return Shipment(values, parts[0].place, tuple(doubts), summary=True, part=some)
