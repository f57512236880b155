"""Cargo-IMP flight manifests (FFM): which air waybills a flight carries, in which unit load devices.

A manifest may come as several messages of the same flight with their own sequence numbers (CONT, LAST), and
a waybill may stand in several lines, one for each of its parts: it is one shipment of the whole flight.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from features.manifest.messages import cargo_imp_goods as goods
from features.manifest.messages.cargo_imp_bill import Bill
from features.manifest.messages.cargo_imp_lines import (
    WAYBILL,
    Handler,
    customs,
    handling,
    numbered,
    read_over,
)
from features.manifest.messages.cargo_imp_times import dated, known_at

#: Consignments of one flight held at a time: the parts of a split one are joined.
MOST = 100_000
#: Descriptions that differ, of the parts of a consignment.
_TEXTS = 100
FLIGHT_LINE = re.compile(
    r"([0-9]{1,2})/([A-Z0-9]{2,3}[0-9]{1,5}[A-Z]?)/([0-9]{2}[A-Z]{3})([0-9]{4})?(?:/([A-Z]{3}))?"
)
_UNLOADING = re.compile(r"([A-Z]{3})(?: *$|/(NIL)?(?:/|$)|/(?=[0-9]{2}[A-Z]{3}))")
_USUAL = re.compile(
    r"([0-9]{3})-([0-9]{8})([A-Z]{3})([A-Z]{3})"
    r"/[TPSDM]([0-9]{1,9})([KL])([0-9]{1,9}(?:\.[0-9]{1,6})?)(?:MC([0-9]{1,9}(?:\.[0-9]{1,6})?))?"
    r"(?:T([0-9]{1,9}))?/([^/\n]*+)(?:\n|$)"
)
_DATES = re.compile(r"[0-9]{2}[A-Z]{3}[0-9]{4}")
_HANDLING = re.compile(r"(?:/[A-Z0-9]{3})+ *")
#: As versions to 5 write them behind the description: one after the other.
_CODES = re.compile(r"(?:[A-Z0-9]{3})+")


class Flight:
    """The consignments of a flight, over its messages.

    Parameters
    ----------
    line : callable
        Gives the number of the line a segment of the file begins in.
    out : list
        Takes the consignments of a flight when there are no more of it.

    Attributes
    ----------
    sent : str
        When the message was sent, as `cargo_imp_times.known_at` takes it.
    some : bool
        Whether the message told of a consignment, or said that there is none.
    lines : dict of str to callable
        What reads a line: its first three characters, or the first.
    """

    def __init__(self, line: Callable[[str], int], out: list[Any]) -> None:
        self.sent, self.some = "", False
        self.lines: dict[str, Handler] = {
            **dict.fromkeys("0123456789", self._numbered_line),
            "ULD": self._loads,
            "OCI": self._customs,
            **dict.fromkeys(("DIM", "OSI", "COR", "SCI", "SSR"), read_over),
        }
        self._line, self._out = line, out
        self._bills: dict[str, Bill] = {}
        self._key = self._sent = self._doubted = ""
        self._sequence: set[int] = set()  # numbers of the messages there were of this manifest
        self._said: dict[str, str] = {}  # columns that are the same for the lines that follow
        self._point = self._unloading = self._late = ""
        self._current = Bill("")

    def _begins(self, found: re.Match[str]) -> None:
        """Begin a message; give out what there is of another flight, or of another manifest of this one."""
        sequence, number, day, time, point = found.groups("")
        key, sent = f"{number}/{day}/{point}", self.sent
        if key != self._key or int(sequence) in self._sequence:
            self.ends()
            self._key, self._sent, self._sequence, self._doubted = key, sent, set(), ""
        self._sequence.add(int(sequence))
        date = dated(day + (time or "0000"), sent)[:10]
        self._said = {
            "mode": "air",
            "vessel_or_flight": number,
            "carrier_name": number[:2],
            "manifest_id": "-".join(part for part in (number, date or day, point) if part),
        }
        if when := known_at(sent, ""):
            self._said["known_at"] = when
        self._point, self._unloading, self._late = point, "", ""

    def unloads(self, segment: str) -> None:
        """Take the point where what follows is unloaded, and when the flight arrives there."""
        found = _UNLOADING.match(segment)
        if found is None:
            return
        self.some = self.some or found[2] is not None
        self._unloading = found[1]
        self._unit("")
        self._said.pop("arrives_at", None)
        dates = _DATES.findall(segment.partition("\n")[0])
        self._late = ""
        if dates and (arrives := dated(dates[0], self._sent)):
            self._said["arrives_at"] = arrives
        elif dates and dates[0] != self._doubted:
            self._late = self._doubted = dates[0]

    def _loads(self, bill: Bill, segment: str) -> None:
        """Take the unit load device that what follows is in."""
        self._unit(goods.unit(segment[4:].partition("\n")[0]))

    def _unit(self, unit: str) -> None:
        if unit:
            self._said["container_ids"], self._said["container_types"] = unit, unit[:3]
        else:
            self._said.pop("container_ids", None)
            self._said.pop("container_types", None)

    def _customs(self, bill: Bill, segment: str) -> None:
        customs(self._current, segment)

    def _numbered_line(self, bill: Bill, segment: str) -> None:
        """Read a line with an air waybill, or the line of the flight."""
        usual = _USUAL.match(segment)
        if usual is not None:
            prefix, serial, origin, destination, pieces, code, weight, volume, whole, text = usual.groups()
            number = f"{prefix}-{serial}"
            if number not in self._bills:
                bill = self._begin(number, segment)
                values = bill.values
                if int(serial[:7]) % 7 != int(serial[7]):
                    numbered(bill, prefix, serial, "shipment_id")
                self._way(values, origin, destination)
                goods.take_usual(bill, pieces, code, weight)
                if volume and volume.strip("0."):
                    values["volume_m3"] = volume
                if whole:
                    bill.total = whole
                if text := text.strip():
                    goods.described(bill, text)
                if self._late or "\n" in segment:
                    self._more(bill, segment)
                return
        if (found := WAYBILL.match(segment)) is not None:
            self._part(found, segment)
        elif (flight := FLIGHT_LINE.match(segment)) is not None:
            self._begins(flight)

    def _begin(self, number: str, segment: str) -> Bill:
        """Begin a consignment."""
        if len(self._bills) >= MOST:
            self.ends()
        bill = self._current = self._bills[number] = Bill(f"line {self._line(segment)}")
        self.some = True
        bill.values = self._said.copy()
        bill.values["shipment_id"] = number
        return bill

    def _part(self, found: re.Match[str], segment: str) -> None:
        """Read a line of any layout, or a further part of a waybill."""
        quantity, _, text = segment[found.end() :].partition("\n")[0].partition("/")
        text, *codes = (part.strip() for part in text.split("/"))
        number = f"{found[1]}-{found[2]}"
        bill = self._bills.get(number)
        if bill is None:
            bill = self._begin(number, segment)
            numbered(bill, found[1], found[2], "shipment_id")
            self._way(bill.values, found[3] or "", found[4] or "")
            goods.take_quantities(bill, quantity)
        else:
            part = Bill("")
            goods.take_quantities(part, quantity)
            goods.add_part(bill, part)
            for column in ("container_ids", "container_types"):
                for said in (bill.values.get(column), self._said.get(column)):
                    if said:
                        bill.add(column, said)
        self._current, self.some = bill, True
        self._describes(bill, text, codes)
        self._more(bill, segment)

    def _describes(self, bill: Bill, text: str, codes: list[str]) -> None:
        """Take the description of a line, and the special handling codes behind it."""
        if not bill.texts:
            first = bill.values.get("goods_description")
            bill.texts = [first] if first else []
        at = next((n for n, member in enumerate(codes) if _CODES.fullmatch(member)), len(codes))
        text = " ".join(part for part in (text, *codes[:at]) if part)
        for member in codes[at:]:
            if _CODES.fullmatch(member):
                handling(bill, "SPH/" + "/".join(re.findall("...", member)))
        if text and text not in bill.texts and len(bill.texts) < _TEXTS:
            bill.texts.append(text)
            if len(bill.texts) == 1:
                goods.described(bill, text)

    def _more(self, bill: Bill, segment: str) -> None:
        """Take the lines that go on with one of a waybill: special handling, for one."""
        if self._late:
            bill.doubt("arrives_at", self._late, "a time with its year; this message gives none")
            self._late = ""
        for line in segment.split("\n")[1:]:
            if _HANDLING.fullmatch(line):
                handling(bill, "SPH" + line)

    def _way(self, values: dict[str, str], origin: str, destination: str) -> None:
        """Tell a consignment's way: from its origin, over where this flight takes it, to its destination."""
        if origin and not destination:
            origin, destination = "", origin
        point, unloading = self._point, self._unloading
        if origin or point:
            values["loading_port"] = origin or point
        if origin and point and point != origin and point != unloading:
            values["transhipment_ports"] = point
        if unloading or destination:
            values["discharge_port"] = unloading or destination
        if destination and unloading and destination != unloading:
            values["delivery_place"] = destination

    def ends(self) -> None:
        """Give out the consignments there are, and forget them."""
        bills, self._bills = self._bills, {}
        for bill in bills.values():
            if bill.sums or bill.total:
                goods.settle_parts(bill)
            if len(bill.texts) > 1:
                goods.described(bill, "; ".join(bill.texts))
            for column, text in bill.spare.items():
                bill.values.setdefault(column, text)
            if bill.consolidated:
                bill.values["bill_level"], bill.values["is_consolidation"] = "master", "true"
            self._out.append(bill.shipment(summary=True))
