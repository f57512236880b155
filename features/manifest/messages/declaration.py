"""Declarations of ASYCUDA World (the single administrative document), read for the bills they declare.

One ``ASYCUDA`` element is one declaration; each ``Item`` names the bill it clears (box 40). What is declared
under one bill becomes one row: a declaration of three bills gives three. Which bill a row meets in the
manifest is decided elsewhere.

Structure: files exported from and sent to the systems of Aruba, Georgia, Ivory Coast, Namibia, Sri Lanka,
Trinidad and Tobago and Vanuatu.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from features.manifest import codes
from features.manifest.messages import declaration_writing, xml
from features.manifest.messages.asycuda_records import (
    MOST,
    Columns,
    Record,
    country_of,
    fill,
    lines_of,
    load_status,
    number,
    party,
    refrigerated,
    say_mode,
)
from features.manifest.messages.declaration_elements import FIELDS, MEANINGS
from features.manifest.messages.form import Broken, Form, Shipment

_ROOTS = ("ASYCUDA", "Asycuda", "asycuda")
#: Attached documents that are bills: UN/EDIFACT 1001 and its EU and national spellings, or in words.
_HOUSE_PAPERS = re.compile(r"[NC]?(?:703|714)|HOUSE\b.*|HAWB|HBL|HWB", re.IGNORECASE)
_MASTER_PAPERS = re.compile(r"[NC]?(?:704|741)|MASTER\b.*|MAWB|MBL|MWB", re.IGNORECASE)
_BILL_PAPERS = re.compile(
    r"[NC]?(?:705|710|730|740|720|722)|B/?L|AWB|BOL|CMR|LTA|"
    r".*(?:BILL OF LADING|AIR ?WAY ?BILL|WAYBILL|CONNAISSEMENT|LETTRE DE (?:TRANSPORT|VOITURE)|"
    r"CONOCIMIENTO|GU[IÍ]A A[EÉ]REA|CARTA DE PORTE|CONHECIMENTO).*",
    re.IGNORECASE,
)
_PERMITS = re.compile(
    r"[NC]?(?:811|851|852|853|911)|"
    r".*(?:PERMI[TS]|LICEN[CSÇ]|CERTIF|CITES|PH?[YI]TO|VETERIN|SANIT|QUARANT|AUTORI[SZ]).*",
    re.IGNORECASE,
)
#: ``No.`` and its like before the number of a paper.
_NUMBERED = re.compile(r"\AN(?:R|O|UM|°|º)\s*[.:]*\s+(?=\S*[0-9])", re.IGNORECASE)
#: What stands where a paper is there and its number is not asked for.
_FILLERS = frozenset(("YES", "NO", "OUI", "NON", "SI", "PO", "JO", "DA", "NE", "N/A", "ATTACHED", "-", "—"))
#: What a previous document that is a bill looks like: others are remarks, sums and dates.
_PREVIOUS = re.compile(r"(?=.*[0-9])[\w./ -]{3,40}")
#: Beginnings of types of declaration: countries add digits and letters (``IM4``, ``IMR``, ``T1``).
_MOVEMENTS = {"IM": "import", "EX": "export", "TR": "transit", "TS": "transhipment", "T": "transit"}
_FLOWS = {"I": "import", "E": "export", "T": "transit"}
_LANES = {"_red": "red", "_yellow": "yellow", "_blue": "blue", "_green": "green"}
_YES = frozenset(("1", "true", "yes", "y"))


def recognise(head: bytes) -> bool:
    """Tell declarations of ASYCUDA World by their first bytes."""
    return xml.root_of(head).upper() == "ASYCUDA"


def read(path: Path) -> Iterator[Shipment | Broken]:
    """Yield what each declaration of a file says of each of its bills."""
    count = 0
    for element in xml.elements(path, _ROOTS):
        if isinstance(element, Broken):
            yield element
            continue
        count += 1
        record = Record()
        fill(element, record, MEANINGS)
        yield from _declaration(record, f"declaration {count}")


def _declaration(record: Record, place: str) -> Iterator[Shipment | Broken]:
    said = record.said
    identity = _identity(said)
    items = record.many("item")
    status = said.get("_status", "").upper()
    bills = _bills(record, items)
    if status.startswith(("CANCEL", "DELET", "ANNUL")):
        expected = "a shipment that is carried; this message cancels it"
        for named in bills or {(identity, ""): []}:
            yield Broken(place, expected, named[0])
        return
    nameless = not bills
    if nameless:
        if not identity:
            yield Broken(place, f"{_BILL_WANTED}, or the declaration's own number")
            return
        bills = {(identity, ""): items}
    for (bill, master), own in bills.items():
        told = _common(_with_parties(said, own), identity)
        if nameless:
            told.doubt("shipment_id", identity, f"{_BILL_WANTED}; the declaration's own number was taken")
        told.say("shipment_id", bill)
        told.say("master_id", master)
        if "AMEND" in status or "MODIF" in status:
            told.say("amendment_count", "1")
            told.say("last_amended_at", told.values.get("known_at", ""))
        _goods(told, own, record, alone=len(bills) == 1)
        _containers(told, record, items, own, alone=len(bills) == 1)
        yield Shipment(
            told.values, place if len(bills) == 1 else f"{place}, bill {bill[:80]}", tuple(told.doubts)
        )


_BILL_WANTED = "the bill it declares, in Previous_doc/Summary_declaration"


def _with_parties(said: dict[str, str], items: list[Record]) -> dict[str, str]:
    """Return what a declaration says, with the parties of a bill where only its items name them."""
    for role in ("shipper", "consignee"):
        if items and not said.get(f"{role}_name") and items[0].said.get(f"{role}_name"):
            own = {key: text for key, text in items[0].said.items() if key.startswith(role)}
            said = {key: text for key, text in said.items() if not key.startswith(role)} | own
    return said


def _identity(said: dict[str, str]) -> str:
    """Return a declaration's number: year, office, serial and number once it is registered."""
    number_, serial = said.get("_number", ""), said.get("_serial", "")
    if not number_:
        return said.get("_declarant_reference", "")
    if not serial:
        return number_
    when = Columns()
    when.when("known_at", said.get("_registered", ""))
    year = when.values.get("known_at", said.get("_year", ""))[:4]
    return " ".join(part for part in (year, said.get("customs_office", ""), serial, number_) if part)


def _bills(record: Record, items: list[Record]) -> dict[_Bill, list[Record]]:
    """Return the items of each bill that is named, by bill and master."""
    named, general, known = _named(record, items, "_bill")
    if not known:  # box 40 may name the bill there, but also an invoice or an earlier declaration
        named, general, known = _named(record, items, "_previous")
    found: dict[_Bill, list[Record]] = {}
    if not known:
        return found
    latest = general if general[0] else known[0]
    for item, own in zip(items, named, strict=True):
        # An item that names none goes with the one before it.
        latest = own if own[0] else latest
        found.setdefault(latest, []).append(item)
    return found or {known[0]: []}


_Bill = tuple[str, str]


def _named(record: Record, items: list[Record], key: str) -> tuple[list[_Bill], _Bill, list[_Bill]]:
    """Return the bills the items name, that of the declaration, and those of them that are any."""
    named, general = [_bill(each, key) for each in items], _bill(record, key)
    return named, general, [each for each in named if each[0]] or ([general] if general[0] else [])


def _bill(record: Record, key: str) -> _Bill:
    """Return the bill and the master bill an item (or the declaration) names."""
    said = record.said
    house, master, bill = "", "", ""
    for paper in record.many("document"):
        reference = _NUMBERED.sub("", paper.said.get("_reference", ""), count=1)
        kind, name = paper.said.get("_code", ""), paper.said.get("_name", "")
        if not reference or reference == kind or reference.upper() in _FILLERS:
            continue
        if _says(_HOUSE_PAPERS, kind, name):
            house = house or reference
        elif _says(_MASTER_PAPERS, kind, name):
            master = master or reference
        elif _says(_BILL_PAPERS, kind, name):
            bill = bill or reference
    previous = said.get(key, "")
    if key == "_previous" and not _may_be_bill(previous, record):
        previous = ""
    previous = previous or bill
    if house and previous and house != previous:
        master = master or previous
    own = house or previous
    if not own:
        own, master = master, ""
    return own, "" if master == own else master


def _may_be_bill(text: str, record: Record) -> bool:
    """Tell whether a previous document may be a bill: a number, and not that of a paper attached."""
    papers = (each.said.get("_reference", "") for each in record.many("document"))
    return _PREVIOUS.fullmatch(text) is not None and not any(
        text.startswith(paper) for paper in papers if len(paper) > 3
    )


def _says(pattern: re.Pattern[str], *texts: str) -> bool:
    return any(pattern.fullmatch(text[:200].strip()) for text in texts if text)


def _common(said: dict[str, str], identity: str) -> Columns:
    """Return what a declaration says of all of its bills."""
    told = Columns({key: text for key, text in said.items() if text and key[0] != "_"})
    values = told.values
    told.say("declaration_id", identity)
    told.when("known_at", said.get("_registered", "") or said.get("_declared", ""))
    kind = said.get("_type", "").upper()
    movement = next((each for begins, each in _MOVEMENTS.items() if kind.startswith(begins)), "")
    told.say("direction", movement or _FLOWS.get(said.get("_flow", "").upper()[:1], ""))
    say_mode(told, said.get("_mode") or said.get("_inland_mode", ""))
    for role in ("shipper", "consignee"):
        name, _, rest = lines_of(values.get(f"{role}_name", "")).partition("\n")
        told.say(f"{role}_name", name)
        if rest:
            values.setdefault(f"{role}_address", rest)
        party(values, role)
    told.say("broker_name", lines_of(values.get("broker_name", "")).partition("\n")[0])
    place = said.get("_place", "")
    destination = values.get("destination_country", "")
    # Box 27 is the place of loading or of unloading, as the goods go.
    told.say("discharge_port" if country_of(place) == destination and destination else "loading_port", place)
    if "lane" not in values:
        told.say(
            "lane", next((lane for key, lane in _LANES.items() if said.get(key, "").lower() in _YES), "")
        )
    return told


def _goods(told: Columns, items: list[Record], record: Record, *, alone: bool) -> None:
    """Set what the items of a bill say; totals of the declaration stand in where it has one bill only."""
    said = record.said if alone else {}
    lines = [each.said for each in items]
    for column, key in (
        ("packages", "_packages"),
        ("gross_weight_kg", "_gross"),
        ("net_weight_kg", "_net"),
    ):
        texts = [line[key] for line in lines if line.get(key)]
        told.sum(column, texts or [said[key]] if texts or said.get(key) else [])
    if said.get("_packages") and not _whole(told.values.get("packages", "0")):
        told.sum("packages", [said["_packages"]])  # items share one package
    told.say("package_type", "; ".join(dict.fromkeys(text for line in lines if (text := _kind(line)))))
    told.say("marks", "; ".join(dict.fromkeys(lines_of(text) for line in lines if (text := _marks(line)))))
    told.say("goods_description", "; ".join(dict.fromkeys(text for line in lines if (text := _words(line)))))
    told.members("hs_codes", [code for line in lines if (code := _heading(line))])
    origins = _unique(lines, "_origin")
    told.say("origin_country", origins[0] if len(origins) == 1 else said.get("_export_country", ""))
    papers = [line["_licence"] for line in lines if line.get("_licence")]
    for each in [record, *items]:
        papers += [
            paper.said["_reference"]
            for paper in each.many("document")
            if paper.said.get("_reference")
            and _says(_PERMITS, paper.said.get("_code", ""), paper.said.get("_name", ""))
        ]
    told.members("permit_refs", [text.replace(";", ",") for text in papers])
    _value(told, lines, said)
    found = [line for each in lines if len(line := _line(each)) > ("hs" in line)]
    if len(found) > 1:  # a code of goods alone is no line
        told.say("items", codes.dump_items(found[:MOST]))


def _value(told: Columns, lines: list[dict[str, str]], said: dict[str, str]) -> None:
    """Set the value: of the invoice where the declaration has one bill, else the sum of its items."""
    invoice, currency = said.get("_invoice", ""), said.get("_invoice_currency", "")
    if invoice.strip("0., "):
        told.sum("declared_value", [invoice])
        told.say("currency", currency)
        return
    paid = [(line.get("_item_value", ""), line.get("_item_currency", "")) for line in lines]
    paid = [each for each in paid if each[0].strip("0., ")]
    currencies = {currency for _, currency in paid}
    if len(currencies) > 1:
        told.doubt("declared_value", " ".join(sorted(currencies)), "one currency on all items of a bill")
    elif paid:
        told.sum("declared_value", [value for value, _ in paid])
        told.say("currency", currencies.pop())
    else:
        told.sum(
            "declared_value", [text for line in lines if (text := line.get("_price") or line.get("_cif"))]
        )


def _whole(text: str) -> bool:
    return float(text).is_integer()


def _kind(line: dict[str, str]) -> str:
    """Return the kind of package: its name where the code is a number only its country knows."""
    code, name = line.get("_kind", ""), line.get("_kind_name", "")
    return name if name and (not code or code.isdigit()) else code


def _unique(lines: list[dict[str, str]], key: str) -> list[str]:
    return list(dict.fromkeys(text for line in lines if (text := line.get(key))))


def _marks(line: dict[str, str]) -> str:
    return " ".join(text for text in (line.get("_marks1"), line.get("_marks2")) if text)


def _words(line: dict[str, str]) -> str:
    """Return the goods in the trader's words, after those of the tariff where they are filled in."""
    return "; ".join(
        dict.fromkeys(lines_of(text) for text in (line.get("_tariff_words"), line.get("_words")) if text)
    )


def _heading(line: dict[str, str]) -> str:
    """Return the commodity code, with the national digits that stand apart."""
    code, more = line.get("_heading", ""), line.get("_precision", "")
    return code + more if len(code) + len(more) <= 10 and len(more) == 2 else code


def _line(line: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {"description": _words(line), "hs": _heading(line)}
    value = line.get("_item_value", "")
    for key, text in (
        ("packages", line.get("_packages", "")),
        ("kg", line.get("_gross", "")),
        ("value", value),
    ):
        known = number(text) if text else None
        found[key] = None if known is None else float(known)
    found["currency"] = line.get("_item_currency", "") if value.strip("0., ") else ""
    found["origin"] = line.get("_origin", "")
    return {key: each for key, each in found.items() if each not in (None, "")}


def _containers(
    told: Columns, record: Record, items: list[Record], own: list[Record], *, alone: bool
) -> None:
    """Set the containers of a bill: all, or those that name one of its items."""
    at = {str(n) for n, item in enumerate(items, start=1) if any(item is each for each in own)}
    found = [
        each.said
        for each in record.many("container")
        if alone or each.said.get("_item", "").split(".")[0].lstrip("0") in at
    ]
    boxes = [text for each in found if (text := each.get("_identity"))]
    boxes += [text for each in own for text in each.said.get("_boxes", "").split(";") if text]
    told.members("container_ids", boxes)
    types = [text for each in found if (text := each.get("_container_type"))]
    told.members("container_types", types)
    if any(map(refrigerated, types)):
        told.say("is_refrigerated", "true")
    load_status([text for each in found if (text := each.get("_load"))], told)
    seals = [text for each in found if (text := each.get("_seals"))]
    if alone and record.said.get("_seals"):
        seals.append(record.said["_seals"])
    told.members("seal_ids", [text.strip() for text in re.split(r"[;,]", ";".join(seals)[:100_000]) if text])


FORM = Form(
    name="sad",
    title="ASYCUDA World declaration (SAD, XML)",
    messages=("ASYCUDA",),
    suffix=".xml",
    begins=(b"<?xml ",),
    recognise=recognise,
    read=read,
    write=declaration_writing.write,
    fields=FIELDS,
    lost=(
        "Duties and taxes, procedures, terms of delivery, freight and insurance, supplementary units, banks, "
        "guarantees and warehouses are not kept. Notify parties, carriers, voyages, arrival, levels of "
        "bills, delivery, volumes, handling codes, outcomes and the time of day of registration have no "
        "place in the message, nor an address without a name; express becomes air."
    ),
    tried=(
        "By eye on declarations exported in Albania, Jamaica and Nepal and on what public programs write "
        "for Anguilla, Aruba, Bosnia, Fiji, Georgia, Ivory Coast, Namibia and Vanuatu. Lanes and trusted "
        "traders are read wherever an element of that name stands: untested on real messages."
    ),
    declares=True,
)
