"""IATA Cargo-IMP: air waybills (FWB), house lists (FHL) and flight manifests (FFM), as telexes.

A message is lines that begin with an identifier of three letters; lines that begin with ``/`` go on with
the one before. FWB and FHL write a party as bare lines (name, address, place, country) or, in the latest
versions, as NAM, ADR and LOC. Dates in them have no year but for the day of issue.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

from features.manifest import codes
from features.manifest.messages import cargo_imp_goods as goods
from features.manifest.messages import xml
from features.manifest.messages.cargo_imp_goods import Bill
from features.manifest.messages.cargo_imp_times import known_at, origin_time, received_time
from features.manifest.messages.cargo_imp_writing import write
from features.manifest.messages.form import Broken, Field, Form, Shipment
from features.manifest.messages.telex import Telex

#: Consignments of one flight message held at a time: the parts of a split one are joined.
FLIGHT = 100_000
#: Masters of a file remembered for the houses that follow them.
_MASTERS = 20_000
#: Written by systems in place of a number of a master bill.
_NO_NUMBER = "000-00000000"
_HEADER = re.compile(r"(FWB|FHL|FFM)/([0-9]{1,3})(?:[ /]+([^\n]*))?(?=\n|$)")
_WAYBILL = re.compile(r"(?:[A-Z]{3}/)?\s*([0-9]{3})[- ]?([0-9]{7,8})\s*([A-Z]{3})?\s*([A-Z]{3})?[ ]*/?")
_FLIGHT_LINE = re.compile(
    r"[0-9]{1,2}/([A-Z0-9]{2,3}[0-9]{1,5}[A-Z]?)/([0-9]{2}[A-Z]{3})([0-9]{4})?(?:/([A-Z]{3}))?"
)
_UNLOADING = re.compile(r"([A-Z]{3})(?: *$|/(NIL)?(?:/|$)|/(?=[0-9]{2}[A-Z]{3}))")
#: A party as it is written in FWB/17 and FHL/5.
_USUAL_PARTY = re.compile(
    r"[A-Z]{3}(?:/([^\n]*+))?"
    r"\nNAM/([^\n]*+(?:\n/[^\n]*+)*+)"
    r"\nADR/([^\n]*+(?:\n/[^\n]*+)*+)"
    r"\nLOC/([^\n]*+)"
    r"\n/([A-Z]{2})(/[^\n]*+)?$"
)
_USUAL_HOUSE = re.compile(
    r"HBS/([A-Z0-9-]++)/([A-Z]{3})([A-Z]{3})/([0-9]{1,9})/([KL])([0-9]{1,9}(?:\.[0-9]{1,6})?)/[0-9]*/([^\n]*+)$"
)
_HANDLING = re.compile(r"(?:/[A-Z0-9]{3})+ *")
_FLIGHT_NUMBER = re.compile(r"[A-Z0-9]{2,3}[0-9]{1,5}[A-Z]?")
#: Messages of other kinds, which stand among these in files of a line.
_OTHERS = frozenset(
    ("FSU", "FSA", "FSR", "FBL", "FBR", "FFR", "FFA", "FVR", "FVA", "FAD", "FDA", "FMA", "FNA", "FRP", "FUM")
) | {"CSN", "UCM", "SCM", "UWS", "NTM"}
_ROLES = {"SHP": "shipper", "CNE": "consignee", "NFY": "notify"}
_TELEPHONES = frozenset(("TE", "TEL", "PH", "PHO", "TP", "MOB", "CT"))
_CONTACTS = _TELEPHONES | {"FX", "FAX", "TL", "TLX", "EM", "EML", "PAG"}
_CHECKED = "a number whose last digit is the rest of the seven before it, divided by 7"

Handler = Callable[[Bill, str], None]


def recognise(head: bytes) -> bool:
    """Tell Cargo-IMP: a line that names the message, below nothing but the lines of a telex."""
    text = xml.decoded(head)
    for line in text.replace("\r", "\n").split("\n", 400)[:400]:
        line = line.strip("\ufeff \t\x00\x01\x02\x03\x07\x0b\x0c\x1a\x1b").upper()
        if _HEADER.match(line):
            said = _HEADER.fullmatch(line)
            return bool(said and (not said[3] or _WAYBILL.match(said[3]) or _FLIGHT_LINE.match(said[3])))
        if len(line) > 130 or line.count(",") > 2 or any(mark in line for mark in '<>{}[];|\t"%'):
            return False
    return False


# --- parties --------------------------------------------------------------------------------


def _party(bill: Bill, segment: str) -> None:
    """Read a party: lines NAM, ADR and LOC, or bare lines."""
    role = _ROLES[segment[:3]]
    usual = _USUAL_PARTY.match(segment)
    if usual is None:
        if "\nNAM/" in segment or "\nADR/" in segment or "\nLOC/" in segment:
            _tagged_party(bill, role, segment)
        else:
            _bare_party(bill, role, segment)
        return
    account, name, street, place, country, coded = usual.groups()
    values = bill.values
    if account:
        bill.keep(f"{role}_id", account.strip())
    name = goods.joined(name.split("\n/"), 35) if "\n" in name else goods.single(name)
    if name and name != ".":
        values.setdefault(f"{role}_name", name)
    street = goods.joined(street.split("\n/"), 35) if "\n" in street else goods.single(street)
    _address(bill, role, [street, *place.split("/")] if "/" in place else [street, place])
    if coded:
        _coded(bill, role, country + coded)
    elif country not in codes.UNSTATED_COUNTRIES:
        values.setdefault(f"{role}_country", country)


def _tagged_party(bill: Bill, role: str, segment: str) -> None:
    """Read lines NAM, ADR and LOC in any order, with lines missing."""
    first, *lines = segment.split("\n")
    account = first[4:].strip()
    if account and bill.house:
        _name(bill, role, [account])
    elif account:
        bill.keep(f"{role}_id", account)
    texts: dict[str, list[str]] = {"NAM": [], "ADR": [], "LOC": []}
    tag, coded = "", []
    for line in lines:
        if line[:1] != "/":
            tag, line = line[:3], line[3:]
        elif tag == "LOC":
            coded.append(line[1:])
            continue
        if tag in texts and line:
            texts[tag].append(line[1:])
    _name(bill, role, texts["NAM"])
    _address(bill, role, [goods.joined(texts["ADR"], 35), *"/".join(texts["LOC"]).split("/")])
    for line in coded:
        _coded(bill, role, line)


def _bare_party(bill: Bill, role: str, segment: str) -> None:
    """Read name, address, place and country by their order."""
    first, *lines = segment.split("\n")
    head = first[4:].strip()
    lines = [line[1:] for line in lines if line]
    coded = next((n for n, line in enumerate(lines) if n and _is_coded(line)), len(lines))
    if head and (bill.house or (0 < coded < 3)):
        lines.insert(0, head)
        coded += 1
    elif head:
        bill.keep(f"{role}_id", head)
    if not lines:
        return
    _name(bill, role, [lines[0]])
    place = lines[coded - 1] if coded > 1 else ""
    _address(bill, role, [goods.joined(lines[1 : coded - 1], 35), *place.split("/")])
    for line in lines[coded:]:
        _coded(bill, role, line)


def _is_coded(line: str) -> bool:
    """Tell a country, with or without a post code, from a line of text."""
    code = line[:2]
    return (
        (len(line.rstrip()) == 2 or line[2:3] == "/")
        and code.isalpha()
        and code not in _TELEPHONES
        and code not in _CONTACTS
    )


def _name(bill: Bill, role: str, lines: list[str]) -> None:
    name = goods.joined(lines, 35)
    if name.strip(".-"):
        bill.values.setdefault(f"{role}_name", name)


def _address(bill: Bill, role: str, parts: list[str]) -> None:
    """Add what is said of an address, joined by commas; a point stands where nothing is."""
    said = [text for part in parts if (text := part.strip()) and text != "." and text != "-"]
    if said:
        column = f"{role}_address"
        if column in bill.values:
            said.insert(0, bill.values[column])
        bill.values[column] = ", ".join(said)


def _coded(bill: Bill, role: str, line: str) -> None:
    """Read country, post code and contacts."""
    parts = [part.strip() for part in line.split("/")]
    at = 0
    if parts[0] not in _CONTACTS:
        at = 1
        country = parts[0]
        if len(country) == 2 and country not in codes.UNSTATED_COUNTRIES:
            bill.values.setdefault(f"{role}_country", country)
        if len(parts) > 1 and (parts[1] not in _CONTACTS or len(parts) == 2):
            at = 2
            _address(bill, role, parts[1:2])
    for kind, number in pairwise(parts[at:]):
        if kind in _CONTACTS and number:
            _contact(bill, role, kind, number)


def _contact(bill: Bill, role: str, kind: str, number: str) -> None:
    if "@" in number:
        bill.values.setdefault(f"{role}_email", number)
    elif kind in _TELEPHONES:
        bill.values.setdefault(f"{role}_phone", number)


def _participant(bill: Bill, segment: str) -> None:
    """Read another participant: the broker, or the airline by its name."""
    first, *lines = segment.split("\n")
    name = first[4:].strip()
    for line in lines:
        kind = line.split("/", 4)[3:4]
        if kind == ["BRK"] and name:
            bill.values.setdefault("broker_name", name)
        elif kind == ["AIR"] and name:
            bill.carrier = name


# --- the bill -------------------------------------------------------------------------------


def _waybill(bill: Bill, segment: str) -> None:
    """Read the number, way and quantity of an air waybill."""
    found = _WAYBILL.match(segment)
    if not found:
        return
    number = _numbered(bill, found, "shipment_id")
    if number != _NO_NUMBER:
        bill.values["shipment_id"] = number
    _way(bill, found[3] or "", found[4] or "")
    goods.take_quantities(bill, segment[found.end() :])


def _numbered(bill: Bill, found: re.Match[str], column: str) -> str:
    number = f"{found[1]}-{found[2]}"
    if len(found[2]) != 8 or int(found[2][:7]) % 7 != int(found[2][7]):
        bill.doubts.append((column, number, _CHECKED))
    return number


def _way(bill: Bill, origin: str, destination: str) -> None:
    if origin and not destination:
        origin, destination = "", origin
    if origin and origin != "XXX":
        bill.values["loading_port"] = origin
    if destination and destination != "XXX":
        bill.values["discharge_port"] = destination


def _flights(bill: Bill, segment: str) -> None:
    for part in segment[3:].replace("\n", "").split("/"):
        if _FLIGHT_NUMBER.fullmatch(part) and len(part) > 3:
            bill.values["vessel_or_flight"] = part
            bill.carrier = bill.carrier or part[:2]


def _routing(bill: Bill, segment: str) -> None:
    for part in segment[3:].replace("\n", "").split("/"):
        if len(part) in (3, 5, 6) and part[:3].isalpha():
            bill.route = (*bill.route, part[:3]) if len(bill.route) < 100 else bill.route
        carrier = part[3:] if len(part) > 3 else part if len(part) == 2 else ""
        if carrier and carrier != "XX":
            bill.carrier = bill.carrier or carrier


def _handling(bill: Bill, segment: str) -> None:
    for code in segment[4:].replace("\n", "").split("/"):
        if code := code.strip():
            bill.add("handling_codes", code)


def _values(bill: Bill, segment: str) -> None:
    """Read the declared values: for carriage, for customs, of insurance, in this order."""
    parts = segment[4:].replace("\n", "").split("/")
    said = [part.strip() for part in parts[1:]]
    amounts = [part for part in said if part[:1].isdigit() or part in ("NVD", "NCV", "XXX")]
    stated = amounts[1] if len(amounts) > 1 else ""
    if not stated[:1].isdigit():
        stated = amounts[0] if amounts else ""
    if not stated[:1].isdigit():
        return
    number = goods.number(stated)
    if not number:
        if stated.strip("0.,"):
            bill.doubts.append(("declared_value", stated[:80], "an amount"))
        return
    bill.values["declared_value"] = number
    currency = parts[0].strip()
    if len(currency) == 3 and currency != "XXX":
        bill.values["currency"] = currency


def _issued(bill: Bill, segment: str) -> None:
    bill.issued = segment[4:11]


def _customs(bill: Bill, segment: str) -> None:
    """Read what customs ask for besides: numbers of traders, certificates, seals, declarations."""
    about = ""
    for line in segment[3:].split("\n"):
        parts = line.split("/", 4)
        if len(parts) < 5:
            continue
        about = parts[2].strip() or about
        kind, text = parts[3].strip(), parts[4].strip()
        if not text:
            continue
        if role := _ROLES.get(about, ""):
            if kind == "T":
                bill.values.setdefault(f"{role}_id", text)
            elif kind in _TELEPHONES or "@" in text:
                bill.keep(f"{role}_{'email' if '@' in text else 'phone'}", text)
        elif kind == "HS":
            goods.take_hs(bill, text)
        if kind == "C":
            bill.add("permit_refs", text)
        elif kind == "N":
            bill.add("seal_ids", text)
        elif kind == "M":
            bill.values.setdefault("declaration_id", text)
        elif kind == "U" and about == "HWB":
            bill.own_number = text
        elif kind == "U" and about == "MWB":
            bill.master_number = text


def _read_over(bill: Bill, segment: str) -> None:
    """Read over agents, charges, accounting, services and references."""


def _units(bill: Bill, segment: str) -> None:
    for line in segment[4:].split("\n"):
        goods.take_unit(bill, line.lstrip("/"))


_COMMON: dict[str, Handler] = {
    "SHP": _party,
    "CNE": _party,
    "NFY": _party,
    "CVD": _values,
    "OCI": _customs,
    "SPH": _handling,
    "OPI": _participant,
}
_REST = (
    "AGT",
    "NOM",
    "SSR",
    "ACC",
    "OTH",
    "PPD",
    "COL",
    "CER",
    "OSI",
    "CDC",
    "REF",
    "COR",
    "COI",
    "SII",
    "ARD",
    "SRI",
)
_WAYBILL_LINES: dict[str, Handler] = {
    **dict.fromkeys(_REST, _read_over),
    **_COMMON,
    "AWB": _waybill,
    "FLT": _flights,
    "RTG": _routing,
    "RTD": goods.take_rates,
    "ISU": _issued,
    "ULD": _units,
    "TXT": goods.take_text,
    "HTS": goods.take_tariff,
}
_HOUSE_LINES: dict[str, Handler] = _COMMON | {"TXT": goods.take_text, "HTS": goods.take_tariff}
_FLIGHT_LINES: dict[str, Handler] = {"OCI": _customs}
_NONE: dict[str, Handler] = {}


# --- messages -------------------------------------------------------------------------------


class _Reading:
    """One file being read: the message it is in, and the shipment."""

    def __init__(self, path: Path) -> None:
        self.telex = Telex(path)
        self.lines = _NONE
        self.kind = ""
        self.place = ""
        self.bill = Bill("")
        self.sent = ""
        self.waiting = ""  # when the next message was sent
        self.repeats = False  # the next message is what an acknowledgement repeats
        self.some = False  # the message told of a shipment, or said that there is none
        self.master: dict[str, str] = {}
        self.masters: dict[str, dict[str, str]] = {}
        self.flight: dict[str, Bill] = {}
        self.flight_values: dict[str, str] = {}
        self.unit = ""
        self.late = ""
        self.out: list[Shipment | Broken] = []
        self.master_doubts: list[tuple[str, str, str]] = []
        self.listed = ("", self.master, self.master_doubts)  # the latest line MBI, and what it says

    def found(self) -> Iterator[Shipment | Broken]:
        """Yield the shipments of the file."""
        out = self.out
        for stretch in self.telex.stretches():
            lines, bill = self.lines, self.bill
            for segment in stretch:
                handler = lines.get(segment[:3])
                if handler is not None:
                    handler(bill, segment)
                else:
                    self._structure(segment)
                    lines, bill = self.lines, self.bill
                    if out:
                        yield from out
                        out.clear()
        self._end()
        yield from out

    def _structure(self, segment: str) -> None:
        """Read a line that begins a message, a shipment, or what is around messages."""
        tag = segment[:3]
        if (header := _HEADER.match(segment)) is not None:
            self._begin(header, segment)
        elif tag in _OTHERS and re.fullmatch(r"[A-Z]{3}(?:/[0-9]{1,3})?", segment.split("\n")[0].strip()):
            self._other(segment)
        elif tag[:1] == ".":
            self.waiting = origin_time(segment) or self.waiting
        elif tag in ("RCV", "SND"):
            self.waiting = received_time(segment) or self.waiting
        elif self.kind == "FWB" and tag[:1].isdigit():
            if _WAYBILL.match(segment):
                if "shipment_id" in self.bill.values:
                    self._waybill_ends()
                    self.bill = Bill(self._where(segment))
                _waybill(self.bill, segment)
        elif self.kind == "FHL":
            self._house_line(tag, segment)
        elif self.kind == "FFM":
            self._flight_line(segment)

    def _where(self, segment: str) -> str:
        return f"line {self.telex.line(segment)}"

    def _begin(self, header: re.Match[str], segment: str) -> None:
        self._end()
        self.sent, self.waiting = self.waiting, ""
        self.place = self._where(segment)
        self.kind, self.some, self.bill = header[1], False, Bill(self.place)
        self.lines = {"FWB": _WAYBILL_LINES, "FHL": _NONE, "FFM": _FLIGHT_LINES}[self.kind]
        self.master, self.master_doubts = {}, []
        self.flight, self.unit, self.late = {}, "", ""
        self.flight_values = {}
        if self.repeats:
            self.kind, self.lines, self.repeats = "", _NONE, False
        elif header[3]:
            line = header[3] if self.kind != "FHL" or header[3].startswith("M") else "MBI/" + header[3]
            self._structure(line)

    def _other(self, segment: str) -> None:
        """Leave out a message of another kind."""
        self._end()
        self.kind, self.lines, self.waiting = "", _NONE, ""
        self.repeats = segment[:3] in ("FMA", "FNA")
        what = "an acknowledgement" if self.repeats else "a message of another kind"
        self.out.append(
            Broken(self._where(segment), f"FWB, FHL or FFM; this is {segment[:3]}, {what}, and is left out")
        )

    def _end(self) -> None:
        """Yield what the message holds, and what it lacks."""
        if self.kind == "FWB":
            self._waybill_ends()
        elif self.kind == "FHL":
            self._house_ends()
            if not self.some:
                expected = "a house bill (HBS) in this list"
                self.out.append(Broken(self.place, expected, self.master.get("master_id", "")))
        elif self.kind == "FFM":
            self._flight_ends()
            if not self.some:
                self.out.append(
                    Broken(self.place, "a line with an air waybill in this flight manifest, or NIL")
                )
        self.kind, self.lines = "", _NONE

    # --- FWB

    def _waybill_ends(self) -> None:
        bill, values = self.bill, self.bill.values
        goods.settle(bill)
        if bill.spare:
            _settle_parties(bill)
        level = "master" if bill.consolidated else "direct"
        if bill.master_number:
            values["master_id"] = bill.master_number
        if bill.own_number and bill.own_number != values.get("shipment_id"):
            if "shipment_id" in values:
                values["master_id"] = values["shipment_id"]
            values["shipment_id"] = bill.own_number
        if "shipment_id" not in values:
            expected = "the number of an air waybill (three digits, eight digits) in the line after FWB"
            self.out.append(Broken(bill.place, expected))
            return
        values["mode"] = "air"
        values["bill_level"] = level
        values["is_consolidation"] = "true" if bill.consolidated else "false"
        ends = (values.get("loading_port"), values.get("discharge_port"))
        for place in bill.route:
            if place not in ends:
                bill.add("transhipment_ports", place)
        if bill.carrier:
            values["carrier_name"] = bill.carrier
        when = known_at(self.sent, bill.issued)
        if when:
            values["known_at"] = when
        elif bill.issued.strip() and not bill.issued.startswith("01JAN00"):
            bill.doubts.append(("known_at", bill.issued, "the day of issue as day, month and year (16JUL26)"))
        if bill.consolidated:
            self._remember(values)
        self.out.append(bill.shipment())

    def _remember(self, values: dict[str, str]) -> None:
        """Keep what a master says of its flight, for its houses further on in the file."""
        kept = ("vessel_or_flight", "carrier_name", "known_at", "transhipment_ports")
        if len(self.masters) >= _MASTERS:
            self.masters.clear()
        number = values.get("master_id") or values["shipment_id"]
        self.masters[number] = {name: values[name] for name in kept if name in values}

    # --- FHL

    def _house_line(self, tag: str, segment: str) -> None:
        if tag == "HBS":
            self._house_ends()
            self.some = True
            self.bill = Bill(self._where(segment), house=True)
            self.lines = _HOUSE_LINES
            self._house(segment)
        elif segment == self.listed[0]:  # as in the message before
            self._house_ends()
            _, self.master, self.master_doubts = self.listed
        elif tag in ("MBI", "MAW", "AWB") or tag[:1].isdigit():
            found = _WAYBILL.match(segment.partition("/")[2] if tag == "MAW" else segment)
            if found is not None:
                self._house_ends()
                bill = Bill("")
                _way(bill, found[3] or "", found[4] or "")
                number = _numbered(bill, found, "master_id")
                self.master, self.master_doubts = bill.values, bill.doubts
                if number != _NO_NUMBER:
                    self.master["master_id"] = number
                self.listed = (segment, self.master, self.master_doubts)

    def _house(self, segment: str) -> None:
        bill = self.bill
        usual = _USUAL_HOUSE.match(segment)
        if usual is not None:
            bill.own_number, origin, destination, pieces, code, weight, bill.short = usual.groups()
            _house_way(bill.values, origin, destination, self.master)
            goods.take_usual(bill, pieces, code, weight)
            return
        first, *more = segment.split("\n")
        parts = first.split("/")
        bill.own_number = parts[1].strip() if len(parts) > 1 else ""
        way = parts[2].strip() if len(parts) > 2 else ""
        if way and not (len(way) == 6 and way.isalpha()):
            bill.doubts.append(("loading_port", way[:80], "two airports, as in HKGBKK"))
            way = ""
        _house_way(bill.values, way[:3], way[3:], self.master)
        quantity = parts[3].strip() if len(parts) > 3 else ""
        if quantity[:1].isdigit():
            quantity = "T" + quantity
        weight, rest = "", parts[4:]
        if rest and rest[0][:1] in "KL" and rest[0][1:2].isdigit():
            weight, rest = rest[0], rest[1:]
        goods.take_quantities(bill, f"{quantity} {weight}")
        if rest and not rest[0].strip().strip("0123456789"):
            rest = rest[1:]  # pieces inside, as the shipper counted them
        bill.short = "/".join(rest).strip()
        for line in more:
            if _HANDLING.fullmatch(line):
                _handling(bill, "SPH" + line)
            elif line:
                bill.short = f"{bill.short} {line[1:].strip()}".strip()

    def _house_ends(self) -> None:
        bill = self.bill
        if not bill.house:
            return
        self.bill = Bill(self.place)
        self.lines = _NONE
        values = bill.values
        goods.settle(bill)
        if bill.spare:
            _settle_parties(bill)
        if number := bill.master_number or self.master.get("master_id", ""):
            values["master_id"] = number
        if not bill.own_number:
            expected = "the number of a house bill after HBS"
            self.out.append(Broken(bill.place, expected, values.get("master_id", "")))
            return
        values["shipment_id"] = bill.own_number
        values["mode"], values["bill_level"] = "air", "house"
        values["is_consolidation"] = "true" if bill.consolidated else "false"
        for name, said in self.masters.get(values.get("master_id", ""), {}).items():
            values.setdefault(name, said)
        when = known_at(self.sent, "")
        if when:
            values["known_at"] = when
        bill.doubts += self.master_doubts
        if "master_id" not in values:
            bill.doubts.append(("master_id", "", "the number of the master bill in the line MBI"))
        self.out.append(bill.shipment())

    # --- FFM

    def _flight_line(self, segment: str) -> None:
        if segment[:1].isdigit():
            if (flight := _FLIGHT_LINE.match(segment)) is not None:
                self._flight_begins(flight)
            elif (found := _WAYBILL.match(segment)) is not None:
                if len(self.flight) >= FLIGHT:
                    self._flight_ends()
                self._consignment(found, segment)
        elif segment.startswith("ULD"):
            self.unit = goods.unit(segment[4:].partition("\n")[0])
        elif (unloading := _UNLOADING.match(segment)) is not None:
            self.unit = ""
            self.some = self.some or unloading[2] is not None
            self.flight_values["discharge_port"] = unloading[1]
            dates = re.findall(r"[0-9]{2}[A-Z]{3}[0-9]{4}", segment.partition("\n")[0])
            self.late = dates[0] if dates else ""

    def _flight_begins(self, flight: re.Match[str]) -> None:
        number, day, point = flight[1], flight[2], flight[4] or ""
        self.flight_values = {
            "vessel_or_flight": number,
            "carrier_name": number[:2],
            "manifest_id": "-".join(part for part in (number, day, point) if part),
        }
        if point:
            self.flight_values["loading_port"] = point

    def _consignment(self, found: re.Match[str], segment: str) -> None:
        """Read a line with an air waybill; one that stands there again is another part of the same."""
        first, *more = segment.split("\n")
        number = f"{found[1]}-{found[2]}"
        part = Bill("")
        quantity, _, text = first[found.end() :].partition("/")
        goods.take_quantities(part, quantity)
        whole = self.flight.get(number)
        if whole is None:
            whole = Bill(self._where(segment))
            _numbered(whole, found, "shipment_id")
            whole.values.update(self.flight_values)
            _flight_way(whole.values, found[3] or "", found[4] or "", self.flight_values)
            whole.values["shipment_id"], whole.values["mode"] = number, "air"
            self.flight[number] = whole
            if self.late:
                whole.doubts.append(
                    ("arrives_at", self.late, "a time with its year; this message gives none")
                )
                self.late = ""
        goods.add_part(whole, part, text.strip())
        if self.unit:
            whole.add("location", self.unit)
        for line in more:
            if _HANDLING.fullmatch(line):
                _handling(whole, "SPH" + line)
        self.bill, self.some = whole, True

    def _flight_ends(self) -> None:
        when = known_at(self.sent, "")
        for bill in self.flight.values():
            goods.settle_parts(bill)
            if bill.spare:
                _settle_parties(bill)
            if bill.consolidated:
                bill.values["bill_level"], bill.values["is_consolidation"] = "master", "true"
            if when:
                bill.values["known_at"] = when
            self.out.append(bill.shipment())
        self.flight, self.bill = {}, Bill("")


def _house_way(values: dict[str, str], origin: str, destination: str, master: dict[str, str]) -> None:
    """Tell a house's way: its own ends, and its master's where they are others."""
    first, last = master.get("loading_port", ""), master.get("discharge_port", "")
    origin, destination = ("" if end == "XXX" else end for end in (origin, destination))
    if origin or first:
        values["loading_port"] = origin or first
    if origin and first and origin != first:
        values["transhipment_ports"] = first
    if last or destination:
        values["discharge_port"] = last or destination
    if last and destination and last != destination:
        values["delivery_place"] = destination


def _flight_way(values: dict[str, str], origin: str, destination: str, flight: dict[str, str]) -> None:
    """Tell a consignment's way: from its origin, over where this flight takes it, to its destination."""
    if origin and not destination:
        origin, destination = "", origin
    point = flight.get("loading_port", "")
    if origin:
        values["loading_port"] = origin
        if point and point not in (origin, flight.get("discharge_port")):
            values["transhipment_ports"] = point
    if destination and destination != values.setdefault("discharge_port", destination):
        values["delivery_place"] = destination


def _settle_parties(bill: Bill) -> None:
    """Take from elsewhere what the lines of a party do not say."""
    for column, text in bill.spare.items():
        bill.values.setdefault(column, text)


def read(path: Path) -> Iterator[Shipment | Broken]:
    """Yield the shipments of a file of Cargo-IMP messages."""
    return _Reading(path).found()


def _fields() -> Iterator[Field]:
    not_houses = "of masters and direct bills; FHL has no line for it"
    yield Field(
        "shipment_id",
        "FWB line 2, FFM: air waybill; FHL: HBS",
        "a number the field cannot hold stands in OCI//HWB/U as well, where only this program looks for it",
    )
    yield Field("master_id", "FHL: MBI")
    yield Field("manifest_id", "FFM: flight, day and point of loading", written=False)
    yield Field("declaration_id", "OCI: M, movement reference number")
    yield Field("mode", "every message", "always air", written=False)
    yield Field("known_at", "FWB: ISU, and the telex's time of origin", "the day is written", written=False)
    yield Field("location", "FFM: ULD; FWB: RTD/NU", "unit load devices alone; " + not_houses)
    for tag, role in _ROLES.items():
        rest = not_houses if role == "notify" else ""
        yield Field(f"{role}_name", f"{tag}: first line or NAM", rest)
        yield Field(f"{role}_address", f"{tag}: lines or ADR and LOC, post code", rest)
        yield Field(f"{role}_country", f"{tag}: country of the address", rest)
        yield Field(f"{role}_id", f"OCI: {tag}/T", "else the account number" if role != "notify" else "")
        yield Field(f"{role}_phone", f"{tag}: TE; OCI: {tag}/CT", "letters and digits alone are written")
        yield Field(f"{role}_email", f"{tag}: a contact with @", "not in the character set", written=False)
    yield Field("broker_name", "OPI: participant BRK", not_houses)
    yield Field("carrier_name", "OPI: participant AIR; else the designator in FLT or RTG", not_houses)
    yield Field("bill_level", "the message; FWB of a consolidation: master, else direct")
    yield Field("is_consolidation", "RTD/NC, or words of it (CONSOL, AS PER ATTACHED LIST)")
    yield Field("items", "RTD: several rate lines", not_houses)
    yield Field("goods_description", "RTD/NG, RTD/NC; FHL: TXT, else HBS; FFM: description")
    yield Field("hs_codes", "RTD/NH; HTS; OCI: HS; else HS CODE in the text")
    yield Field("permit_refs", "OCI: C, certificate number")
    yield Field("handling_codes", "SPH; codes below HBS and below lines of FFM")
    yield Field("origin_country", "RTD/NO; a line GOODS ORIGIN and the country")
    yield Field("loading_port", "airport of origin of the air waybill or HBS")
    yield Field("transhipment_ports", "FWB: RTG; FFM: point of loading that is not the origin", not_houses)
    yield Field("discharge_port", "airport of destination of the air waybill; FFM: point of unloading")
    yield Field("delivery_place", "HBS: destination where it is not the master's", "of houses alone")
    yield Field("gross_weight_kg", "K, or L in pounds")
    yield Field("packages", "pieces; FFM: those on this flight")
    yield Field("volume_m3", "MC, CF, CI or CC; RTD/NV", not_houses)
    yield Field("declared_value", "CVD: value for customs, else for carriage")
    yield Field("currency", "CVD", "where a value is declared")
    yield Field("seal_ids", "OCI: N, seal number")
    yield Field("vessel_or_flight", "FWB: FLT, the last; FFM: flight", not_houses)


FORM = Form(
    name="cargo_imp",
    title="IATA Cargo-IMP",
    messages=("FWB (air waybill)", "FHL (house list)", "FFM (flight manifest)"),
    suffix=".txt",
    recognise=recognise,
    read=read,
    write=write,
    fields=tuple(_fields()),
    lost=(
        "The format holds capitals A to Z, digits, point, hyphen and blank: other scripts are "
        "transliterated, other marks become blanks. Names and addresses are cut at 70 characters, "
        "descriptions at 12 lines of 20 (FWB) or 9 of 65 (FHL). FHL has no flight, date, volume, notify "
        "party, broker or carrier; FWB and FHL have no arrival time, marks, kind of package, net weight, "
        "containers or e-mail address. Charges, dimensions, agents and references of messages are read "
        "over. FFM gives days without a year."
    ),
    tried=(
        "FWB 16 and 17 and FHL 4 on constructed messages and on public samples laid out as real ones; FWB 8 "
        "to 15, FHL 2, 3 and 5 and FFM 4 to 8 on constructed messages alone. Not on messages of a live line."
    ),
)
