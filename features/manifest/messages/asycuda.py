"""ASYCUDA World manifests: whole manifests, house bills of a master, bills added, single bills.

`Awmds` is a manifest: a ``General_segment`` and one ``Bol_segment`` per bill. `Awbolds` breaks a master bill
into house bills, `Awappend` adds bills to a manifest stored before, `Awmcds` is a co-loader's part of one and
`Awbolegmds` the bills of an export manifest. ``AsycudaWorld_Manifest`` is what the system itself writes when
an officer exports one bill: the same facts in segments that spell ``Code``, ``Name`` and ``Address``.

Structure: UNCTAD, Cargo manifest XML message descriptions for Grenada (1.1, 2010), Saint Kitts and Nevis
(1.5, 2013) and Barbados (A.1.0, 2019), and what systems in Bangladesh, Cameroon, the Congo, Fiji, Gabon,
Madagascar, Nigeria, Sri Lanka and the Pacific islands send and expect.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from features.manifest import codes
from features.manifest.messages import asycuda_writing, xml
from features.manifest.messages.asycuda_elements import FIELDS, MEANINGS
from features.manifest.messages.asycuda_goods import say_containers, say_goods
from features.manifest.messages.asycuda_records import (
    Columns,
    Record,
    country_of,
    fill,
    folded,
    moment,
    number,
    party,
    say_mode,
)
from features.manifest.messages.form import Broken, Form, Shipment

#: Root elements of messages whose bills are elements of their own.
_ROOTS = ("Awmds", "Awbolds", "Awappend", "Awmcds", "Awbolegmds")
#: Root elements of a single bill.
_SINGLE = ("AsycudaWorld_Manifest", "TWM_BOL")
_TELLING = re.compile(
    rf"<(?:[\w.-]+:)?(?:{'|'.join((*_ROOTS, *_SINGLE, 'Bol_segment', 'General_segment_id'))})[\s/>]",
    re.IGNORECASE,
)
_TAGS = tuple(
    dict.fromkeys(
        spelt for name in ("Bol_segment", *_ROOTS, *_SINGLE) for spelt in (name, name.upper(), name.lower())
    )
)

_DIRECTIONS = {
    **{"22": "export", "23": "import", "24": "transit", "28": "transhipment", "29": "transhipment"},
    **{"31": "transit", "32": "transit"},
}
_HOUSE = frozenset(("703", "714", "HSB", "HBL", "HWB", "HAB", "HAWB", "HSE", "HOUSE", "HB", "HBOL"))
_MASTER = frozenset(("704", "741", "MSB", "MBL", "MWB", "MAB", "MAWB", "MST", "MASTER", "MB", "MBOL", "CONS"))
_STRAIGHT = frozenset(("DIR", "STB", "SIM", "SIMPLE", "DIRECT", "STRAIGHT"))
#: Types that only name the document: what they cover is told by what else the bill says.
_DOCUMENT = frozenset(("705", "710", "740", "BOL", "BL", "B/L", "AWB", "CMR", "RWB", "CIM", "SWB"))
_CONSOLIDATED = re.compile(
    r"\W*(?:[0-9.,]+\s+\w+\s+)?(?:S\.?T\.?C\.?\W+|SAID TO CONTAIN\W+)?CONSOL(?:S|IDAT\w*)?\b"
    r"|.{0,200}\bAS PER (?:THE )?(?:ATTACHED|ENCLOSED) (?:CARGO )?(?:LIST|MANIFEST)",
    re.IGNORECASE | re.DOTALL,
)
_FLAGS = {
    **dict.fromkeys(("1", "true", "yes", "y"), "true"),
    **dict.fromkeys(("0", "false", "no", "n"), "false"),
}


def recognise(head: bytes) -> bool:
    """Tell an ASYCUDA World manifest by its first bytes."""
    root = xml.root_of(head).lower()
    return root not in ("", "html", "asycuda") and _TELLING.search(xml.decoded(head)) is not None


def read(path: Path) -> Iterator[Shipment | Broken]:
    """Yield the bills of a file; a general segment may stand before or after them."""
    headers: list[dict[str, str]] | None = None  # by message, read ahead once one is missed
    late: Shipment | None = None  # one bill is held back for a count that turns out wrong
    known: dict[str, str] | None = None
    general: Columns = Columns()
    size = 0
    for bill in _bills(path):
        if isinstance(bill, Broken):
            if late:
                yield late
            late = None
            yield bill
            continue
        record, header, document, count, place = bill
        if record is None:
            if late:
                yield _counted(late, header, count)
            late = None
            continue
        if not header:
            headers = _headers(path) if headers is None else headers
            header = headers[document] if document < len(headers) else header
        if header is not known or len(header) != size:
            known, size, general = header, len(header), _general(header)
        found = _shipment(record, header, general, place)
        if late:
            yield late
            late = None
        if isinstance(found, Broken):
            yield found
        else:
            late = found
    if late:
        yield late


#: A bill (None at the end of a message), its header, which message of the file, bills so far, place.
_Found = tuple[Record | None, dict[str, str], int, int, str]


def _bills(path: Path, *, headers_only: bool = False) -> Iterator[_Found | Broken]:
    """Yield every bill as a record, with the header as far as it stood before."""
    header: dict[str, str] = {}
    document, count, total, parent = 0, 0, 0, None
    for element in xml.elements(path, _tags(path)):
        if isinstance(element, Broken):
            yield element
            header, document, count, parent = {}, document + 1, 0, None
            continue
        name = folded(element.tag)
        if name == "bol_segment":
            above = element.getparent()
            if above is not parent:
                _read_before(above, header)
                parent = above
            _read_before(element, header)
            count, total = count + 1, total + 1
            if not headers_only:
                record = Record()
                fill(element, record, MEANINGS)
                yield record, header, document, count, f"Bol_segment {total}"
            continue
        if name in _SINGLE_NAMES and not count:
            for record in _single(element):
                total += 1
                yield record, record.said, document, 1, f"bill {total}"
        else:
            _read_into(element, header)
            yield None, header, document, count, ""
        header, document, count, parent = {}, document + 1, 0, None


_SINGLE_NAMES = frozenset(name.lower() for name in _SINGLE)


def _tags(path: Path) -> tuple[str, ...]:
    """Return the names of bills and messages, the file's own root among them."""
    with open(path, "rb") as stream:
        root = xml.root_of(stream.read(1 << 16))
    return (*_TAGS, root) if root and root not in _TAGS else _TAGS


def _single(element: Any) -> Iterator[Record]:
    """Yield the bills of a message that spells its segments out: one, or all of a manifest."""
    whole = Record()
    fill(element, whole, MEANINGS)
    bills = whole.many("bill") or [Record()]
    for bill in bills:
        containers = bill.many("container") or (whole.many("container") if len(bills) == 1 else [])
        parts = {**whole.parts, **bill.parts, "container": containers}
        said = {**whole.said, **{key: text for key, text in bill.said.items() if text}}
        for key in _OF_THE_MANIFEST:  # a bill also names these of the manifest its master stands in
            if text := whole.said.get(key):
                said[key] = text
        yield Record(said, parts)


_OF_THE_MANIFEST = ("customs_office", "registration_number", "_registered", "_departure")


def _headers(path: Path) -> list[dict[str, str]]:
    """Return the header of every message of a file, wherever in it they stand."""
    found: list[dict[str, str]] = []
    for bill in _bills(path, headers_only=True):
        if isinstance(bill, Broken):
            found.append({})
        elif bill[0] is None:
            found.append(dict(bill[1]))
    return found


def _read_before(element: Any, header: dict[str, str]) -> None:
    """Add what stands before a bill (and after the one before it) to the header."""
    before = element.getprevious()
    while before is not None:
        _read_into([before], header)
        before = before.getprevious()


def _read_into(segments: Any, header: dict[str, str]) -> None:
    """Add what some segments say to the header, unless it is known."""
    found = Record()
    fill(segments, found, MEANINGS)
    for key, text in found.said.items():
        if not header.get(key):
            header[key] = text


def _counted(shipment: Shipment, header: dict[str, str], count: int) -> Shipment:
    """Return the last bill of a message with a doubt, if the message promised other than it holds."""
    told = header.get("_bols", "")
    if told.isascii() and told.isdigit() and len(told) < 9 and int(told) != count:
        doubt = ("manifest_id", f"Total_number_of_bols {told}", f"{told} bills; {count} stand in the message")
        return Shipment(shipment.values, shipment.place, (*shipment.doubts, doubt))
    return shipment


#: Columns a manifest's header may say for all of its bills.
_COMMON = ("customs_office", "voyage", "registration_number", "vessel_or_flight", "carrier_name", "master_id")


def _general(header: dict[str, str]) -> Columns:
    """Return what the header of a message says of every bill in it."""
    said = header.get
    told = Columns({name: text for name in _COMMON if (text := said(name))})
    if "carrier_name" not in told.values:
        told.say("carrier_name", said("_carrier_code", ""))
    told.when("known_at", said("_registered", ""), said("_registered_time", ""))
    told.when("arrives_at", said("_arrival", ""), said("_arrival_time", ""))
    # A manifest's identity in the system: office, voyage and day of departure.
    departure = said("_departure", "")
    identity = (said("customs_office"), said("voyage"), moment(departure) or departure)
    if all(identity):
        told.say("manifest_id", " ".join(part for part in identity if part))
    say_mode(told, said("_mode", ""))
    if told.values.get("mode") == "air" and "vessel_or_flight" not in header:
        told.say("vessel_or_flight", said("voyage", ""))  # the flight
    return told


def _shipment(bill: Record, header: dict[str, str], general: Columns, place: str) -> Shipment | Broken:
    """Return a bill as a shipment."""
    said = bill.said
    if not said.get("shipment_id"):
        return Broken(place, "a Bol_reference, the number of the bill")
    told = Columns({**general.values, **said}, general.doubts.copy())
    values = told.values
    if not values.get("vessel_or_flight", "-"):
        values.pop("vessel_or_flight")
        told.say("vessel_or_flight", general.values.get("vessel_or_flight", ""))
    goods = bill.many("goods")
    _line(told, said)
    _level(told, said, goods)
    _places(told, said, header)
    for role in ("shipper", "consignee", "notify"):
        party(values, role)
        if country := said.get(f"_{role}_country"):
            values[f"{role}_country"] = country
    _conveyance(told, said)
    containers = bill.many("container")
    if containers:
        say_containers(told, containers, goods, said)
    say_goods(told, goods, bill, containers)
    _value(told)
    return Shipment(
        {key: text for key, text in values.items() if text and key[0] != "_"}, place, tuple(told.doubts)
    )


def _value(told: Columns) -> None:
    """Keep a value that is a number and is said: systems send 0 where none is declared."""
    value = told.values.pop("declared_value", "")
    if value.strip("0., ") or "currency" in told.values:
        told.sum("declared_value", [value] if value else [])


def _line(told: Columns, said: dict[str, str]) -> None:
    """Set the bill's line in the manifest, its movement and its declaration."""
    if sub_line := said.get("_sub_line", "").strip("0"):
        told.say("line_number", f"{said.get('line_number', '')}/{sub_line}".strip("/"))
    if nature := said.get("_nature"):
        direction = _DIRECTIONS.get(nature) or codes.choice("direction", nature[:40])
        if direction:
            told.values["direction"] = direction
        else:
            told.doubt("direction", nature, "22 export, 23 import, 24 transit or 28 transhipment")
    if "_declared_number" in said:
        parts = [said.get(f"_declared_{part}") for part in ("year", "office", "serial", "number")]
        told.say("declaration_id", " ".join(part for part in parts if part))


def _level(told: Columns, said: dict[str, str], goods: list[Record]) -> None:
    """Set the level of the bill, its master and whether it is a consolidation."""
    values = told.values
    kind = said.get("_type", "").upper()
    if values.get("master_id") == values["shipment_id"]:
        del values["master_id"]
    flag = said.get("_consolidated", "").lower()
    consolidated = _FLAGS.get(flag, "")
    if flag and not consolidated:
        count = number(flag)
        consolidated = "" if count is None else "true" if float(count) > 0 else "false"
        if not consolidated:
            told.doubt("is_consolidation", flag, "1 or 0")
    if consolidated != "true":
        description = goods[0].said.get("_description", "") if goods else said.get("_description", "")
        # Many systems send 0 for every bill: the words of the bill count for more.
        if _CONSOLIDATED.match(description):
            consolidated = "true"
    if kind in _HOUSE or kind in _MASTER:
        level = "house" if kind in _HOUSE else "master"
    elif kind in _STRAIGHT:
        level = "direct"
    elif "master_id" in values or said.get("_status", "").upper() == "HSE":
        level = "house"
    elif consolidated == "true":
        level = "master"
    else:
        level = "direct" if kind in _DOCUMENT else ""
    if level:
        values["bill_level"] = level
    if consolidated:
        values["is_consolidation"] = consolidated


def _places(told: Columns, said: dict[str, str], header: dict[str, str]) -> None:
    """Set places of the bill; those of the manifest stand in where the bill has no such element."""
    values = told.values
    first = said.get("_first_loading", "")
    origin, last = said.get("_origin") or first, said.get("_last", "")
    from_country, to_country = country_of(origin), country_of(last)
    if not values.get("loading_port"):
        if from_country != origin:
            values["loading_port"] = origin
        elif first:
            values["loading_port"] = first
        elif "loading_port" not in said:
            told.say("loading_port", header.get("_departure_place", ""))
    if "discharge_port" not in said:
        told.say("discharge_port", header.get("_destination_place", ""))
    if "delivery_place" not in values and to_country != last:
        values["delivery_place"] = last
    told.say("origin_country", from_country or said.get("_origin_country", ""))
    told.say("destination_country", to_country)
    if more := said.get("_location"):
        first = values.get("location", "")
        values["location"] = f"{first} {more}" if first and first != more else more


def _conveyance(told: Columns, said: dict[str, str]) -> None:
    """Set what the bill itself says of how it is carried."""
    if mode := said.get("_mode"):
        say_mode(told, mode)
    elif "mode" not in told.values and "AWB" in said.get("_type", "").upper():
        told.values["mode"] = "air"
    if not said.get("carrier_name"):
        told.say("carrier_name", said.get("_carrier_code", ""))


FORM = Form(
    name="awmds",
    title="ASYCUDA World manifest (XML)",
    messages=("Awmds", "Awbolds", "Awappend", "Awmcds", "Awbolegmds", "AsycudaWorld_Manifest"),
    suffix=".xml",
    begins=(b"<?xml ",),
    recognise=recognise,
    read=read,
    write=asycuda_writing.write,
    fields=FIELDS,
    lost=(
        "Freight, insurance, transport charges, dangerous goods, vehicles, tonnage and attached files are "
        "not kept. Trusted traders, lanes, permits, handling codes, net weight, brokers, amendments, "
        "outcomes and the time of registration have no place in the message; express becomes air; load and "
        "types need a container to stand in; of a line of goods its value and currency are left out."
    ),
    tried=(
        "By eye on what public programs write for Anguilla, Bangladesh, Cameroon, the Maldives, Nigeria, Sri "
        "Lanka and the Pacific islands (Awmds, Awbolds, AsycudaWorld_Manifest), else built from public "
        "descriptions. Awappend, Awmcds and Awbolegmds are untested on real messages; no message of a day's "
        "real traffic."
    ),
)
