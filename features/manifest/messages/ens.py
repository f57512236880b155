"""Entry summary declarations of the EU and the UK: CC315A (IE315) and its amendment CC313A (IE313).

A declaration has a header and goods items; each item names its transport document, and the items of one
document are one shipment. Some states add digits to the names of groups (``GOOITEGDS313``), some put the
message into an envelope of their own; both are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from features.manifest import codes
from features.manifest.messages import xml
from features.manifest.messages.ens_groups import (
    GROUPS,
    PARTIES,
    Bills,
    goods_columns,
    name_of,
    number,
    party,
    party_columns,
    said_in,
    text_of,
    total,
)
from features.manifest.messages.ens_writing import write
from features.manifest.messages.form import Broken, Field, Form, Shipment

_MESSAGES = ("CC315A", "CC313A", "CC315B", "CC313B", "IE315", "IE313")
_AMENDMENTS = frozenset(name for name in _MESSAGES if "313" in name)
_ROOT = re.compile(r"<(?:[\w.-]+:)?(?:CC31[35][AB]|IE31[35])[\s/>]")
#: Bills of one message that are held: no state takes so many, and what comes beyond is told apart.
_HELD = 20_000

#: Read as they end: goods items one by one, and then the message with what stands around them.
_TAGS = (*_MESSAGES, "GOOITEGDS", "GOOITEGDS313", "GOOITEGDS315")
_MODES = {"1": "sea", "2": "rail", "3": "road", "4": "air", "5": "post", "8": "sea"}
_STAMP = re.compile(r"[0-9]{6}|[0-9]{8}")


def recognise(head: bytes) -> bool:
    """Tell an entry summary declaration, bare or in an envelope."""
    root = xml.root_of(head)
    if root in _MESSAGES:
        return True
    if not root or root.lower() == "html":
        return False
    return _ROOT.search(xml.decoded(head)) is not None


# --- one message --------------------------------------------------------------------------------


@dataclass
class _Message:
    """What has been read of a message so far."""

    number: int
    header: dict[str, str] = field(default_factory=dict)
    parties: dict[str, dict[str, str]] = field(default_factory=dict)
    route: list[str] = field(default_factory=list)
    seals: dict[str, None] = field(default_factory=dict)
    goods: Bills = field(default_factory=Bills)


def read(path: Path) -> Iterator[Shipment | Broken]:
    """Yield one shipment per transport document of each declaration."""
    message = _Message(1)
    for element in xml.elements(path, _TAGS):
        if isinstance(element, Broken):
            yield from _shipments(message)
            message = _Message(message.number + 1)
            yield element
            continue
        name = name_of(element.tag)
        if name == "GOOITEGDS":
            _read_before(element, message)
            message.goods.add(element)
            if len(message.goods.by_number) > _HELD:
                yield from _shipments(message)
        else:  # the message ends
            for child in element:
                _read_part(child, message)
            if name in _AMENDMENTS:
                message.header["amends"] = "1"
            yield from _shipments(message, whole=True)
            message = _Message(message.number + 1)
    yield from _shipments(message)


def _read_before(item: Any, message: _Message) -> None:
    """Read what stands between a goods item and the one before it: it is forgotten with the item."""
    part = item.getprevious()
    if part is None or name_of(part.tag) == "GOOITEGDS":
        return
    parts = []
    while part is not None and name_of(part.tag) != "GOOITEGDS":
        parts.append(part)
        part = part.getprevious()
    for part in reversed(parts):
        _read_part(part, message)


def _read_part(element: Any, message: _Message) -> None:
    name = name_of(element.tag)
    if name in GROUPS:
        _read_group(name, element, message)
    elif name != "GOOITEGDS" and (text := text_of(element)):
        message.header.setdefault(name, text)


def _read_group(name: str, element: Any, message: _Message) -> None:
    said = said_in(element)
    if name in PARTIES:
        message.parties.setdefault(PARTIES[name], party(said))
    elif name == "ITI":
        message.route += [text for key, text in said.items() if key.startswith("CouOfRou")][:1]
        del message.route[200:]
    elif name == "SEAID529":
        # The seal stands in a child; a few senders put it into the group itself.
        seal = said.get("SeaIdSEAID530") or text_of(element)
        if seal and len(message.seals) < codes.MAX_MEMBERS:
            message.seals[seal] = None
    else:
        for key, text in said.items():
            message.header.setdefault(key, text)


# --- shipments ----------------------------------------------------------------------------------


def _shipments(message: _Message, whole: bool = False) -> Iterator[Shipment | Broken]:
    """Yield the bills of a message and forget them."""
    place = f"message {message.number}"
    common = _common(message)
    if whole and not message.goods.items and not message.goods.told:
        expected = "goods items (GOOITEGDS) in an entry summary declaration"
        yield Broken(place, expected, common.get("manifest_id", ""))
        return
    doubts = _totals(message) if whole and not message.goods.told else []
    alone = len(message.goods.by_number) == 1 and not message.goods.told
    for bill in message.goods.by_number.values():
        shipment_id = bill.shipment_id or message.header.get("ComRefNumHEA", "")
        shipment_id = shipment_id or bill.other or common.get("registration_number", "")
        shipment_id = shipment_id or common.get("manifest_id", "")
        if not shipment_id:
            expected = "the number of a transport document (PRODOCDC2/DocRefDC23) or of the declaration"
            yield Broken(f"{place}, goods item {bill.item or '1'}", expected)
            continue
        values = {"shipment_id": shipment_id, **common, **goods_columns(bill)}
        if alone:
            for key, column in (("TotGroMasHEA307", "gross_weight_kg"), ("TotNumOfPacHEA306", "packages")):
                if (said := message.header.get(key, "")) and number(said) is not None:
                    values[column] = said.replace(",", ".")
        if values.get("manifest_id") == shipment_id:
            del values["manifest_id"]  # its own number is no other
        yield Shipment(values, f"{place}, goods item {bill.item or '1'}", (*bill.doubts, *doubts))
        doubts = []
    message.goods.told += len(message.goods.by_number)
    message.goods.by_number = {}
    message.goods.last = None


def _common(message: _Message) -> dict[str, str]:
    """Return what the header says of every bill."""
    header = message.header
    said: dict[str, str] = {}
    said["manifest_id"] = header.get("RefNumHEA4", "")
    said["registration_number"] = header.get("DocNumHEA5", "")
    said["customs_office"] = header.get("RefNumCUSOFFFENT731", "")
    said["arrives_at"] = _time(header.get("ExpDatOfArrFIRENT733", ""))
    prepared = _prepared(header)
    amended = _time(header.get("DatTimAmeHEA113", ""))
    said["known_at"] = _time(header.get("DecDatTimHEA114", "")) or prepared or amended
    if "amends" in header or amended:
        said["amendment_count"] = "1"
        said["last_amended_at"] = amended or said["known_at"]
    mode = _MODES.get(header.get("TraModAtBorHEA76", "")[:1], "")
    if header.get("SpeCirIndHEA1", "").upper() == "A" and mode in ("air", "road"):
        mode = "express"
    said["mode"] = mode
    means, conveyance = header.get("IdeOfMeaOfTraCroHEA85", ""), header.get("ConRefNumHEA", "")
    flown = mode in ("air", "express")
    said["vessel_or_flight"] = means or (conveyance if flown else "")
    said["voyage"] = conveyance if means or not flown else ""
    said["loading_port"] = header.get("PlaLoaGOOITE334", "")
    said["discharge_port"] = header.get("PlaUnlGOOITE334") or header.get("CodPlUnHEA357", "")
    if message.route:
        # The countries of routing begin with that of departure and end with that of destination.
        said["origin_country"] = message.route[0]
        said["destination_country"] = message.route[-1] if len(message.route) > 1 else ""
    said["seal_ids"] = ";".join(seal.replace(";", ",") for seal in message.seals)
    said |= _people(message.parties)
    return {column: text for column, text in said.items() if text}


def _people(parties: dict[str, dict[str, str]]) -> dict[str, str]:
    said: dict[str, str] = {}
    for role in ("shipper", "consignee", "notify"):
        said |= party_columns(role, parties.get(role, {}))
    carrier = parties.get("carrier", {})
    said["carrier_name"] = carrier.get("name") or carrier.get("id", "")
    lodger = parties.get("lodger", {}).get("name", "")
    others = {carrier.get("name"), said.get("shipper_name"), said.get("consignee_name")}
    said["broker_name"] = parties.get("broker", {}).get("name") or ("" if lodger in others else lodger)
    return said


def _totals(message: _Message) -> list[tuple[str, str, str]]:
    """Return what the header counts otherwise."""
    header, doubts = message.header, []
    items = message.goods.items
    if (said := header.get("TotNumOfIteHEA305")) and number(said) not in (None, items):
        doubts.append(("items", said, f"the number of goods items (TotNumOfIteHEA305), which are {items}"))
    counted = [total(bill.packages) for bill in message.goods.by_number.values()]
    if (said := header.get("TotNumOfPacHEA306")) and None not in counted:
        packages = sum(count for count in counted if count is not None)
        if packages and number(said) not in (None, packages):
            expected = f"the number of packages (TotNumOfPacHEA306), which are {packages:g}"
            doubts.append(("packages", said, expected))
    return doubts


def _time(text: str) -> str:
    """Return a time; ``202610121345`` is one to those who read times."""
    return "20" + text if re.fullmatch(r"[0-9]{10}", text) else text


def _prepared(header: dict[str, str]) -> str:
    day, clock = header.get("DatOfPreMES9", ""), header.get("TimOfPreMES10", "")
    if not _STAMP.fullmatch(day):
        return day
    day = "20" + day if len(day) == 6 else day
    return day + clock if re.fullmatch(r"[0-9]{4}(?:[0-9]{2})?", clock) else day


_AT_MOST = "at most 35 characters"
FORM = Form(
    name="ens",
    title="Entry summary declaration (EU, UK)",
    messages=("CC315A (IE315)", "CC313A (IE313)"),
    suffix=".xml",
    begins=(b"<?xml ",),
    recognise=recognise,
    read=read,
    write=write,
    fields=(
        Field(
            "shipment_id",
            "PRODOCDC2/DocRefDC23",
            "N714, N703 before N705, N740, N730...; N704, N741; UCR; a document of a type not known; MRN",
        ),
        Field("master_id", "PRODOCDC2/DocRefDC23", "of N704 or N741 beside another"),
        Field("bill_level", "PRODOCDC2/DocTypDC21", "house of N714, N703; master of N704, N741 alone"),
        Field("is_consolidation", "GooDesGDS23", "of a master that says so"),
        Field("manifest_id", "HEAHEA/RefNumHEA4", "local reference; not in amendments"),
        Field("registration_number", "HEAHEA/DocNumHEA5", "MRN, in amendments", written=False),
        Field("line_number", "GOOITEGDS/IteNumGDS7", "of the first item", written=False),
        Field("customs_office", "CUSOFFFENT730/RefNumCUSOFFFENT731"),
        Field("mode", "HEAHEA/TraModAtBorHEA76", "express where SpeCirIndHEA1 is A; post with N750"),
        Field("known_at", "HEAHEA/DecDatTimHEA114; DatOfPreMES9, TimOfPreMES10", "to the minute"),
        Field("arrives_at", "CUSOFFFENT730/ExpDatOfArrFIRENT733", "to the minute"),
        *(
            field
            for role, group in (
                ("shipper", "TRACONCO2; TRACONCO1"),
                ("consignee", "TRACONCE2; TRACONCE1"),
                ("notify", "PRTNOT640; NOTPAR670"),
            )
            for field in (
                Field(f"{role}_name", f"{group}: Nam...", _AT_MOST),
                Field(
                    f"{role}_address", f"{group}: Str..., Cit..., Pos...", "street and city of 35 characters"
                ),
                Field(f"{role}_country", f"{group}: Cou..."),
                Field(f"{role}_id", f"{group}: TIN...", "at most 17 characters"),
            )
        ),
        Field("broker_name", "TRAREP/NamTRE1; PERLODSUMDEC/NamPLD1", "the lodger, where no other party"),
        Field("carrier_name", "TRACARENT601/NamTRACARENT604", "without a name, its TIN"),
        Field("items", "GOOITEGDS", "of several"),
        Field("goods_description", "GOOITEGDS/GooDesGDS23", "goes on in items that say nothing else"),
        Field("marks", "PACGS2/MarNumOfPacGSL21"),
        Field("hs_codes", "COMCODGODITM/ComNomCMD1", "at most 8 digits"),
        Field("permit_refs", "PRODOCDC2/DocRefDC23", "of types C..., L..., E..., N85x, N86x, N811, N911"),
        Field("origin_country", "ITI/CouOfRouCodITI1", "the first"),
        Field("destination_country", "ITI/CouOfRouCodITI1", "the last of several"),
        Field("loading_port", "PlaLoaGOOITE333; HEAHEA/PlaLoaGOOITE334"),
        Field("discharge_port", "PlaUnlGOOITE333; HEAHEA/PlaUnlGOOITE334"),
        Field(
            "gross_weight_kg",
            "HEAHEA/TotGroMasHEA307; GroMasGDS46",
            "the total, of one bill alone; else the sum",
        ),
        Field(
            "packages",
            "HEAHEA/TotNumOfPacHEA306; NumOfPacGS24",
            "the same; pieces where goods are not packed",
        ),
        Field("package_type", "PACGS2/KinOfPacGS23", "codes of two characters are written"),
        Field("container_ids", "CONNR2/ConNumNR21"),
        Field("seal_ids", "SEAID529/SeaIdSEAID530", "those of the declaration, on each of its bills"),
        Field(
            "vessel_or_flight",
            "HEAHEA/IdeOfMeaOfTraCroHEA85; ConRefNumHEA",
            "by air the conveyance reference",
        ),
        Field("voyage", "HEAHEA/ConRefNumHEA"),
        Field("amendment_count", "CC313A", "1"),
        Field("last_amended_at", "HEAHEA/DatTimAmeHEA113"),
    ),
    lost=(
        "Value, currency, net weight, volume, telephones and e-mails have no place in a declaration. Payment "
        "of charges, special mentions, UN numbers, countries of routing but the first and last, later "
        "offices and the nationality of the means of transport have no column. Each shipment is written as "
        "one declaration; runs of white space become one blank, names are cut at 35 characters, addresses at "
        "70, whether a bill is direct is not said, an amendment says neither how often it was amended nor "
        "the local reference, and a destination is written only beside an origin."
    ),
    tried=(
        "By eye on public test messages: CC315A and CC313A (schema v11-2) of Great Britain, with everything "
        "optional and with nothing, bare and in an envelope; made after element lists with the names of "
        "Cyprus; no message of a day's real traffic."
    ),
)
