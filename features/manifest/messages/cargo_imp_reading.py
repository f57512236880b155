"""Cargo-IMP messages read: which lines make a message, a shipment, a flight."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from features.manifest.messages import cargo_imp_goods as goods
from features.manifest.messages.cargo_imp_bill import Bill, Doubt
from features.manifest.messages.cargo_imp_flight import Flight
from features.manifest.messages.cargo_imp_lines import (
    HOUSE_LINES,
    NO_NUMBER,
    WAYBILL,
    WAYBILL_LINES,
    Handler,
    handling,
    numbered,
    way,
    waybill,
)
from features.manifest.messages.cargo_imp_times import known_at, origin_time, received_time
from features.manifest.messages.form import Broken, Shipment
from features.manifest.messages.telex import Telex

#: Masters of a file remembered for the houses that follow them.
_MASTERS = 20_000
HEADER = re.compile(r"(FWB|FHL|FFM)/([0-9]{1,3})(?:[ /]+([^\n]*))?(?=\n|$)")
_USUAL_HOUSE = re.compile(
    r"HBS/([A-Z0-9-]++)/([A-Z]{3})([A-Z]{3})/([0-9]{1,9})/([KL])([0-9]{1,9}(?:\.[0-9]{1,6})?)/[0-9]*/([^\n]*+)$"
)
_HANDLING = re.compile(r"(?:/[A-Z0-9]{3})+ *")
#: Messages of other kinds, which stand among these in files of a line.
_OTHERS = frozenset(
    ("FSU", "FSA", "FSR", "FBL", "FBR", "FFR", "FFA", "FVR", "FVA", "FAD", "FDA", "FMA", "FNA", "FRP", "FUM")
) | {"CSN", "UCM", "SCM", "UWS", "NTM"}
_NONE: dict[str, Handler] = {}
#: What a list of houses leaves out, and a house's own message says.
_PARTIES = frozenset(("shipper_name", "consignee_name"))
_LIST = frozenset(("HBS", "MBI", "MAW"))
#: Stands where no bill is being read; nothing is ever added to it.
_NO_BILL = Bill("")


class _Reading:
    """One file being read: the message it is in, and the shipment."""

    def __init__(self, path: Path) -> None:
        self.telex = Telex(path)
        self.lines = _NONE
        self.kind = ""
        self.place = ""
        self.bill = _NO_BILL
        self.sent = ""
        self.waiting = ""  # when the next message was sent
        self.repeats = False  # the next message is what an acknowledgement repeats
        self.some = False  # the message told of a shipment, or said that there is none
        self.master: dict[str, str] = {}
        self.masters: dict[str, dict[str, str]] = {}
        self.out: list[Shipment | Broken] = []
        self.flight = Flight(self.telex.line, self.out)
        self.kinds = {"FWB": WAYBILL_LINES, "FHL": _NONE, "FFM": self.flight.lines}
        self.master_doubts: tuple[Doubt, ...] = ()
        self.whole: Bill | None = None  # a house that is read, but for what a further message may say
        self.key = ("", "")  # its master and its line
        #: The latest line MBI, and what it says.
        self.listed: tuple[str, dict[str, str], tuple[Doubt, ...]] = ("", self.master, ())

    def found(self) -> Iterator[Shipment | Broken]:
        """Yield the shipments of the file."""
        out = self.out
        for stretch in self.telex.stretches():
            lines, bill = self.lines, self.bill
            for segment in stretch:
                handler = lines.get(segment[:3]) or lines.get(segment[0])
                if handler is not None:
                    handler(bill, segment)
                else:
                    self._structure(segment)
                    lines, bill = self.lines, self.bill
                    if out:
                        yield from out
                        out.clear()
        self._end()
        self._house_is_whole()
        self.flight.ends()
        yield from out

    def _structure(self, segment: str) -> None:
        """Read a line that begins a message, a shipment, or what is around messages."""
        tag = segment[:3]
        if self.kind == "FHL" and tag in _LIST:
            self._house_line(tag, segment)
        elif tag in self.kinds and (header := HEADER.match(segment)) is not None:
            self._begin(header, segment)
        elif tag in _OTHERS and re.fullmatch(r"[A-Z]{3}(?:/[0-9]{1,3})?", segment.split("\n")[0].strip()):
            self._other(segment)
        elif tag[:1] == ".":
            self.waiting = origin_time(segment) or self.waiting
        elif tag in ("RCV", "SND"):
            self.waiting = received_time(segment) or self.waiting
        elif self.kind == "FWB" and tag[:1].isdigit():
            if WAYBILL.match(segment):
                if "shipment_id" in self.bill.values:
                    self._waybill_ends()
                    self.bill = Bill(self._where(segment))
                waybill(self.bill, segment)
        elif self.kind == "FHL":
            self._house_line(tag, segment)
        elif self.kind == "FFM":
            self.flight.unloads(segment)

    def _where(self, segment: str) -> str:
        return f"line {self.telex.line(segment)}"

    def _begin(self, header: re.Match[str], segment: str) -> None:
        self._end()
        if header[1] != "FHL":
            self._house_is_whole()
        self.sent, self.waiting = self.waiting, ""
        self.place = self._where(segment)
        self.kind, self.some = header[1], False
        self.lines = self.kinds[self.kind]
        self.flight.sent, self.flight.some = self.sent, False
        if self.kind == "FHL":
            self.master, self.master_doubts = {}, ()
        else:
            self.bill = Bill(self.place)
        if self.repeats:
            self.kind, self.lines, self.repeats = "", _NONE, False
        elif header[3]:
            line = header[3] if self.kind != "FHL" or header[3].startswith("M") else "MBI/" + header[3]
            self._structure(line)

    def _other(self, segment: str) -> None:
        """Leave out a message of another kind."""
        self._end()
        self._house_is_whole()
        self.kind, self.lines, self.waiting = "", _NONE, ""
        self.repeats = segment[:3] in ("FMA", "FNA")
        what = "an acknowledgement" if self.repeats else "a message of another kind"
        self.out.append(
            Broken(self._where(segment), f"FWB, FHL or FFM; this is {segment[:3]}, {what}, and is left out")
        )

    def _end(self) -> None:
        """Give out what the message holds, and say what it lacks."""
        if self.kind == "FWB":
            self._waybill_ends()
        elif self.kind == "FHL":
            self._house_ends()
            if not self.some:
                expected = "a house bill (HBS) in this list"
                self.out.append(Broken(self.place, expected, self.master.get("master_id", "")))
        elif self.kind == "FFM" and not self.flight.some:
            self.out.append(Broken(self.place, "a line with an air waybill in this flight manifest, or NIL"))
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
            bill.doubt("known_at", bill.issued, "the day of issue as day, month and year (16JUL26)")
        self.out.append(bill.shipment())
        if bill.consolidated:
            self._remember(values)

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
            self._house_begins(segment)
        elif segment == self.listed[0]:  # as in the message before
            self._house_ends()
            _, self.master, self.master_doubts = self.listed
        elif tag in ("MBI", "MAW", "AWB") or tag[:1].isdigit():
            found = WAYBILL.match(segment.partition("/")[2] if tag == "MAW" else segment)
            if found is not None:
                self._house_ends()
                bill = Bill("")
                way(bill, found[3] or "", found[4] or "")
                number = numbered(bill, found[1], found[2], "master_id")
                self.master, self.master_doubts = bill.values, bill.doubts
                if number != NO_NUMBER:
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
            bill.doubt("loading_port", way[:80], "two airports, as in HKGBKK")
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
                handling(bill, "SPH" + line)
            elif line:
                bill.short = f"{bill.short} {line[1:].strip()}".strip()

    def _house_begins(self, segment: str) -> None:
        """Begin a house; the first of a message may go on with the last of the message before."""
        self._house_ends()
        key = (self.master.get("master_id", ""), segment)
        goes_on = not self.some and key == self.key
        if not goes_on:
            self._house_is_whole()
        self.key, self.some = key, True
        bill = self.bill = Bill(self._where(segment), house=True)
        self.lines = HOUSE_LINES
        if when := known_at(self.sent, ""):
            bill.values["known_at"] = when
        self._house(segment)
        bill.master, bill.master_doubts = self.master, self.master_doubts

    def _house_ends(self) -> None:
        """Keep a house that is read, until it is known that no further message goes on with it."""
        bill = self.bill
        if bill.house:
            self.bill, self.lines = _NO_BILL, _NONE
            if self.whole is None:
                self.whole = bill
            else:
                self.whole.join(bill)

    def _house_is_whole(self) -> None:
        """Give out the house that is kept."""
        bill = self.whole
        if bill is None:
            return
        self.whole = None
        values = bill.values
        goods.settle(bill)
        if bill.spare:
            _settle_parties(bill)
        if number := bill.master_number or bill.master.get("master_id", ""):
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
        for doubt in bill.master_doubts:
            bill.doubt(*doubt)
        if "master_id" not in values:
            bill.doubt("master_id", "", "the number of the master bill in the line MBI")
        self.out.append(bill.shipment(summary=not values.keys() & _PARTIES))


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


def _settle_parties(bill: Bill) -> None:
    """Take from elsewhere what the lines of a party do not say."""
    for column, text in bill.spare.items():
        bill.values.setdefault(column, text)


def read(path: Path) -> Iterator[Shipment | Broken]:
    """Yield the shipments of a file of Cargo-IMP messages."""
    return _Reading(path).found()
