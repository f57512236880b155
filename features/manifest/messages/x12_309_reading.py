"""ANSI X12 customs manifests (transaction set 309) read: segments gathered into bills."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from features.manifest.messages import edi_values, segments
from features.manifest.messages.bill_by_bill import BillByBill
from features.manifest.messages.form import Broken, Shipment
from features.manifest.messages.x12_309_bills import NAME_FULL, Bill, shipment

_MANY = 2000
#: Element 91, transportation method.
_MODES = {
    **dict.fromkeys(("O", "S", "Q", "BB", "CC", "RO", "SS", "VE", "VL", "W", "B", "N", "MS", "WP"), "sea"),
    **dict.fromkeys(("A", "AC", "AE", "AF", "AH", "AP", "AR", "FA", "PA", "Y", "LA", "ED"), "air"),
    **dict.fromkeys(("R", "RC", "PR", "RR", "ST", "X", "PG"), "rail"),
    **dict.fromkeys(("J", "M", "E", "LT", "MB", "MP", "FL", "PT", "SR", "TT", "VA", "DW", "P"), "road"),
    **dict.fromkeys(("6", "7", "BP", "D"), "post"),
    "U": "express",
}
#: Element 256, manifest type: what it says of the movement, and which types amend.
_DIRECTIONS = {
    **dict.fromkeys("GPVWXYZ", "import"),
    **dict.fromkeys("DEFJK", "export"),
    "T": "transit",
}
_AMENDING = frozenset("BCDFVXY")
#: Element 188 where other formats mean something else by the letter; a measurement ton is no weight.
_WEIGHT_UNITS = {"T": "LTN", "M": "a measurement ton"}
#: Element 98 -> role and rank, the lower taken.
_ROLES = {
    "SH": ("shipper", 0),
    "CZ": ("shipper", 1),
    "EX": ("shipper", 2),
    "SF": ("shipper", 3),
    "SU": ("shipper", 4),
    "CN": ("consignee", 0),
    "UC": ("consignee", 1),
    "IM": ("consignee", 2),
    "ST": ("consignee", 3),
    "N1": ("notify", 0),
    "NP": ("notify", 1),
    "N2": ("notify", 2),
    "NI": ("notify", 3),
    "CB": ("broker", 0),
    "CHB": ("broker", 1),
    "CA": ("carrier", 0),
    "FC": ("carrier", 1),
}
_FUNCTIONS = {"L": "loading_port", "D": "discharge_port", "E": "delivery_place", "M": "delivery_place"}
_NOTHING = frozenset(("", "UNKNOWN", "ZZZZ", "NONE", "N/A"))


class Reading(BillByBill[Bill]):
    """One transaction set after another, segment by segment."""

    envelope = frozenset(("ISA", "GS", "ST", "IEA"))
    message, trailer = "transaction set", "SE"
    padding = ("",) * 26

    def __init__(self) -> None:
        super().__init__(
            {name[5:].upper(): getattr(self, name) for name in dir(self) if name.startswith("_tag_")}
        )
        self.sent = self.sent_group = ""
        self.amending = False
        self.head: dict[str, str] = {}
        self.port: dict[str, str] = {}
        self.party: dict[str, list[str]] | None = None
        self.item: dict[str, Any] | None = None

    # --- envelopes ---

    def _tag_isa(self, found: list[str]) -> None:
        self.break_off("the next interchange")
        self.sent = edi_values.moment(found[9].strip() + found[10].strip()) or ""
        self.sent_group = ""

    def _tag_gs(self, found: list[str]) -> None:
        self.break_off("the next group")
        self.sent_group = edi_values.moment(found[4].strip() + found[5].strip()[:6]) or ""

    def _tag_st(self, found: list[str]) -> None:
        self.break_off("the next one")
        kind = found[1].strip()
        if kind != "309":
            expected = f"transaction set 309; this is {kind[:10] or 'of no number'}"
            self.done.append(Broken(f"segment {self.at}", expected))
            return
        known = self.sent_group or self.sent
        self.head = {} if known.startswith("1970-01-01") else {"known_at": known}
        self.begin()
        self.amending, self.port, self.party, self.item = False, {}, None, None

    def _tag_se(self, found: list[str]) -> None:
        self.count(found[1])

    def _tag_iea(self, found: list[str]) -> None:
        self.break_off("IEA")

    # --- bills ---

    def settled(self, bill: Bill) -> bool:
        """Settle a bill that ends, at the port it is for."""
        self.party = self.item = None
        bill.port = self.port
        return True

    def as_shipment(self, bill: Bill) -> Shipment | Broken:
        """Return what a bill amounts to."""
        return shipment(bill, {**self.head, **bill.port}, self.amending)

    def without_bills(self) -> Broken:
        """Return what a transaction set without any bill amounts to."""
        return Broken(self.place, "a bill (LX, and M11 with its number)")

    # --- manifest and port ---

    def _tag_m10(self, found: list[str]) -> None:
        kind = found[9].strip().upper()
        self.amending = kind in _AMENDING
        for column, text in (
            ("carrier_name", found[1]),
            ("mode", _MODES.get(found[2].strip().upper(), "")),
            ("vessel_or_flight", found[5] or found[4]),
            ("voyage", found[6]),
            ("manifest_id", found[7]),
            ("direction", _DIRECTIONS.get(kind, "")),
        ):
            if _said(text):
                self.head[column] = text.strip()

    def _tag_p4(self, found: list[str]) -> None:
        self.finish()
        arrives = edi_values.moment(found[2].strip() + found[5].strip()[:6]) if found[2].strip() else ""
        self.port = {
            "discharge_port": found[1].strip() if _said(found[1]) else "",
            "location": found[4].strip(),
        }
        if arrives and not arrives.startswith("1970-01-01"):
            self.port["arrives_at"] = arrives

    # --- bills ---

    def _tag_lx(self, found: list[str]) -> None:
        self.finish()
        self.bill = Bill(f"segment {self.at}", found[1].strip())

    def _tag_m13(self, found: list[str]) -> None:
        bill = self._goods()
        bill.amended = True
        bill.numbers.setdefault(
            "M13", _bill_number(found[8] or found[4], found[10] if found[8].strip() else found[9])
        )
        bill.cancelled = found[3].strip().upper() == "D" or found[7].strip().upper() in ("D", "3")

    def _goods(self) -> Bill:
        """Return the bill spoken of; a transaction set may leave LX out."""
        if self.bill is None:
            self.bill = Bill(f"segment {self.at}")
        return self.bill

    def _tag_m11(self, found: list[str]) -> None:
        bill = self._goods()
        if bill.told:  # without LX between them
            self.finish()
            bill = self._goods()
        bill.told = True
        # An issuer (letters alone) may stand one element too early.
        house = bool(found[13].strip()) or not re.fullmatch(r"[A-Za-z]{0,4}", found[11].strip())
        bill.numbers["M11"] = _bill_number(found[1], found[12] or ("" if house else found[11]))
        if house and found[11].strip():
            bill.numbers["house"] = _bill_number(found[11], found[13])
        for column, text in (("loading_port", found[2]), ("package_type", found[4])):
            if _said(text):
                bill.values[column] = text.strip()
        for column, text, unit, value in (
            ("packages", found[3], "", edi_values.number(found[3])),
            ("gross_weight_kg", found[5], found[6], edi_values.kilograms(found[5], _weight_unit(found[6]))),
            ("volume_m3", found[7], found[8], edi_values.cubic_metres(found[7], found[8])),
        ):
            if value is not None:
                bill.values[column] = value
            elif _said(text):
                said = f"{text} {unit}".strip()[:80]
                bill.doubts.append((column, said, "a number and a unit that is known"))

    def _tag_n9(self, found: list[str]) -> None:
        kind, number = found[1].strip().upper(), found[2].strip()
        if not number or self.bill is None:
            return
        if kind in ("MB", "BM", "AW", "HWB", "HB"):
            self.bill.numbers.setdefault(kind, number)
        elif kind in ("IL", "EL", "EX", "LI1", "PE"):
            self.bill.permits[number] = None

    def _tag_x1(self, found: list[str]) -> None:
        if self.bill is not None and found[2].strip() and len(self.bill.permits) < _MANY:
            self.bill.permits[found[2].strip()] = None

    def _tag_m12(self, found: list[str]) -> None:
        if self.bill is None:
            return
        values = self.bill.values
        direction = {"62": "transit", "63": "transhipment", "65": "transit"}.get(found[1].strip())
        if direction:
            values["direction"] = direction
        for column, text in (("declaration_id", found[2]), ("delivery_place", found[3])):
            if _said(text):
                values[column] = text.strip()

    def _tag_p5(self, found: list[str]) -> None:
        self._port_named(found[1], found[3])

    def _tag_r4(self, found: list[str]) -> None:
        self._port_named(found[1], found[3] or found[4])

    def _port_named(self, function: str, place: str) -> None:
        place, function = place.strip(), function.strip().upper()
        if self.bill is None or not place:
            return
        if function == "T" and len(self.bill.changes) < 50:
            self.bill.changes[place] = None
        elif function in _FUNCTIONS:
            self.bill.values.setdefault(_FUNCTIONS[function], place)

    # --- parties ---

    def _tag_n1(self, found: list[str]) -> None:
        self.party = None
        role, rank = _ROLES.get(found[1].strip().upper(), ("", 0))
        if not role or self.bill is None:
            return
        have = self.bill.parties.get(role)
        if have is None or have[0] > rank:
            self.party = {
                "name": [found[2]] if _said(found[2]) else [],
                "id": [found[4].strip()],
                "address": [],
            }
            self.bill.parties[role] = (rank, self.party)

    def _tag_n2(self, found: list[str]) -> None:
        if self.party is not None:
            for text in (text for text in found[1:3] if _said(text)):
                # Of a full first line it is the rest; else it is what stands between name and street.
                full = self.party["name"] and len(self.party["name"][-1]) in NAME_FULL
                self.party["name" if full else "address"].append(text)

    def _tag_n3(self, found: list[str]) -> None:
        if self.party is not None:
            self.party["address"] += [text for text in found[1:3] if _said(text)]

    def _tag_n4(self, found: list[str]) -> None:
        if self.party is not None:
            town = [text.strip() for text in (found[1], found[2], found[3]) if _said(text)]
            self.party["town"] = town
            self.party["country"] = [found[4].strip()]

    def _tag_per(self, found: list[str]) -> None:
        if self.party is None:
            return
        for at in (3, 5, 7):
            kind, number = found[at].strip().upper(), found[at + 1].strip()
            key = {"TE": "phone", "PH": "phone", "AP": "phone", "EM": "email"}.get(kind)
            if key and number:
                self.party.setdefault(key, [number])

    # --- equipment ---

    def _tag_vid(self, found: list[str]) -> None:
        self.party = self.item = None
        bill = self.bill
        if bill is None:  # the vehicle itself, before the first bill
            return
        kind = found[1].strip().upper()
        number = re.sub(r"[\s@-]", "", found[2] + found[3]).upper()
        if len(re.findall(r"[0-9]", number)) >= 4 and number.strip("0") and len(bill.containers) < _MANY:
            bill.containers[number] = None
            size = found[9].strip().upper()
            if (
                not size
                and not found[7].strip()
                and re.fullmatch(r"[0-9][0-9A-Z]{3}", found[8].strip().upper())
            ):
                size = found[8].strip().upper()  # one element too early
            if size:
                bill.kinds[size] = None
            bill.cold |= kind in ("AT", "CZ", "RC", "RT") or bool(
                re.fullmatch(r"[0-9A-Z]{2}[RH][0-9A-Z]", size)
            )
            load = {"E": "empty", "L": "full", "P": "part"}.get(found[10].strip().upper())
            if load:
                bill.loads.add(load)
        self._sealed(found[4:6])

    def _tag_m7(self, found: list[str]) -> None:
        self._sealed(found[1:5])

    def _sealed(self, seals: list[str]) -> None:
        if self.bill is not None and len(self.bill.seals) < _MANY:
            named = (seal.strip() for seal in seals)
            self.bill.seals.update((seal.replace(";", ","), None) for seal in named if seal.strip("0"))

    def _tag_w09(self, found: list[str]) -> None:
        if self.bill is not None:
            self.bill.cold = True

    # --- goods ---

    def _tag_n10(self, found: list[str]) -> None:
        bill, self.party = self.bill, None
        if bill is None:
            return
        new = any(found[at].strip() for at in (1, 6, 8, 9)) or self.item is None
        if new and len(bill.items) < _MANY:
            self.item = {"text": [], "marks": [], "hs": [], "packages": [], "kg": [], "value": []}
            bill.items.append(self.item)
        item = self.item
        assert item is not None
        if len(item["text"]) < _MANY:
            item["text"] += [found[2]] if found[2].strip() else []
            item["marks"] += [found[3]] if found[3].strip() else []
            code = edi_values.hs_code(found[5])
            item["hs"] += [code] if code and found[4].strip().upper() not in ("T", "N") else []
        if new:
            self._quantities(bill, item, found)

    def _quantities(self, bill: Bill, item: dict[str, Any], found: list[str]) -> None:
        for key, text, value in (
            ("packages", found[1], edi_values.number(found[1])),
            ("kg", found[8], edi_values.kilograms(found[8], _weight_unit(found[7]))),
            ("value", found[6], edi_values.number(found[6])),
        ):
            if value is not None and text.strip():
                item[key].append(value)
            elif text.strip() and len(bill.doubts) < 20:
                column = {"kg": "gross_weight_kg", "value": "declared_value"}.get(key, key)
                bill.doubts.append((column, text.strip()[:80], "a number and a unit that is known"))
        item["origin"], item["to"] = found[11].strip(), found[12].strip()
        item["currency"] = found[13].strip() or "USD"
        if found[10].strip():
            bill.values.setdefault("package_type", found[10].strip())

    def _tag_h1(self, found: list[str]) -> None:
        if self.bill is not None:
            self.bill.handling["DGR"] = None


def _weight_unit(code: str) -> str:
    """Return the UN/ECE code of a unit of weight (element 188)."""
    return _WEIGHT_UNITS.get(code.strip().upper(), code)


def _said(text: str) -> bool:
    return text not in _NOTHING and not text.isspace() and text.strip().upper() not in _NOTHING


def _bill_number(number: str, issuer: str) -> str:
    """Return a bill's number; one of digits alone is only one together with its issuer."""
    number, issuer = number.strip(), issuer.strip()
    return issuer + number if number[:1].isdigit() and issuer and issuer not in _NOTHING else number


def read(path: Path) -> Iterator[Shipment | Broken]:
    """Yield the shipments of a file, one bill held at a time."""
    return Reading().read(segments.x12(path))
