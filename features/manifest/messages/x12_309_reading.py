"""ANSI X12 customs manifests (transaction set 309) read: segments gathered into bills."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from features.manifest import codes
from features.manifest.messages import edi_values, segments
from features.manifest.messages.bill_by_bill import BillByBill
from features.manifest.messages.form import Broken, Shipment

#: Lengths at which a description or marks go on in the next N10 without a blank.
FULL = frozenset((30, 45, 48))
NAME_FULL = frozenset((35, 55, 60))
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
#: Ports as numbers, by how many digits: of the United States (districts and ports), and of all others.
_SCHEDULES = {4: "Schedule D", 5: "Schedule K"}
_NOTHING = frozenset(("UNKNOWN", "ZZZZ", "NONE", "N/A"))
_CONSOLIDATED = re.compile(
    r"\bCONSOL(?:IDAT\w+)?\b|\bGROUPAGE\b|\bAS PER (?:THE )?ATTACHED \w*\s*(?:LIST|MAN)", re.I
)


class _Bill:
    """What is said of one bill (LX), or before the first."""

    def __init__(self, place: str, line: str = "") -> None:
        self.place = place
        self.values: dict[str, str] = {"line_number": line}
        self.port: dict[str, str] = {}
        self.numbers: dict[str, str] = {}
        self.parties: dict[str, tuple[int, dict[str, list[str]]]] = {}
        self.items: list[dict[str, Any]] = []
        self.containers: dict[str, None] = {}
        self.kinds: dict[str, None] = {}
        self.seals: dict[str, None] = {}
        self.loads: set[str] = set()
        self.permits: dict[str, None] = {}
        self.changes: dict[str, None] = {}
        self.handling: dict[str, None] = {}
        self.told = self.cold = self.amended = self.cancelled = False
        self.doubts: list[tuple[str, str, str]] = []


class Reading(BillByBill[_Bill]):
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

    def settled(self, bill: _Bill) -> bool:
        """Settle a bill that ends, at the port it is for."""
        self.party = self.item = None
        bill.port = self.port
        return True

    def as_shipment(self, bill: _Bill) -> Shipment | Broken:
        """Return what a bill amounts to."""
        return _shipment(bill, {**self.head, **bill.port}, self.amending)

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
        self.bill = _Bill(f"segment {self.at}", found[1].strip())

    def _tag_m13(self, found: list[str]) -> None:
        bill = self._goods()
        bill.amended = True
        bill.numbers.setdefault(
            "M13", _bill_number(found[8] or found[4], found[10] if found[8].strip() else found[9])
        )
        bill.cancelled = found[3].strip().upper() == "D" or found[7].strip().upper() in ("D", "3")

    def _goods(self) -> _Bill:
        """Return the bill spoken of; a transaction set may leave LX out."""
        if self.bill is None:
            self.bill = _Bill(f"segment {self.at}")
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
        for column, text in (
            ("loading_port", found[2]),
            ("packages", found[3]),
            ("package_type", found[4]),
            ("gross_weight_kg", found[5]),
            ("volume_m3", found[7]),
        ):
            if _said(text):
                self._measured(bill, column, text.strip(), found[6] if column[0] == "g" else found[8])

    def _measured(self, bill: _Bill, column: str, text: str, unit: str) -> None:
        convert: dict[str, Callable[[], str | None]] = {
            "packages": lambda: edi_values.number(text),
            "gross_weight_kg": lambda: edi_values.kilograms(text, _weight_unit(unit)),
            "volume_m3": lambda: edi_values.cubic_metres(text, unit),
        }
        value = convert[column]() if column in convert else text
        if value is None:
            bill.doubts.append((column, f"{text} {unit}".strip()[:80], "a number and a unit that is known"))
        else:
            bill.values[column] = value

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
            bill.cold |= kind in ("CZ", "RT", "RC", "RR") or bool(
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

    def _quantities(self, bill: _Bill, item: dict[str, Any], found: list[str]) -> None:
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
    text = text.strip()
    return bool(text) and text.upper() not in _NOTHING


def _bill_number(number: str, issuer: str) -> str:
    """Return a bill's number; one of digits alone is only one together with its issuer."""
    number, issuer = number.strip(), issuer.strip()
    return issuer + number if number[:1].isdigit() and issuer and issuer not in _NOTHING else number


# --- a bill as a shipment -------------------------------------------------------------------


def _shipment(bill: _Bill, head: dict[str, str], amending: bool) -> Shipment | Broken:
    values = {**head, **bill.values}
    numbers = bill.numbers
    above = numbers.get("MB", "")
    own = numbers.get("M11") or numbers.get("BM") or numbers.get("AW") or numbers.get("M13") or above
    house = numbers.get("house") or numbers.get("HWB") or numbers.get("HB")
    if not own and not house:
        return Broken(bill.place, "a number of its bill (M11, or N9 with BM)")
    if house and house != own:
        values |= {"shipment_id": house, "master_id": own, "bill_level": "house"}
    else:
        values["shipment_id"] = own
        if above:
            values["bill_level"] = "master" if above == own else "house"
            values["master_id"] = above if above != own else ""
    if bill.cancelled and not bill.items:
        return Broken(
            bill.place, "a shipment that is carried; this message cancels it", values["shipment_id"]
        )
    if bill.amended and not bill.told:
        return Broken(bill.place, "the whole bill (M11); this amends a part of it", values["shipment_id"])
    if bill.amended or amending:
        values |= {"amendment_count": "1", "last_amended_at": head.get("known_at", "")}
    bill.doubts += [
        (column, text, f"a place by UN/LOCODE; this is a number of {schedule} of the United States")
        for column in ("loading_port", "discharge_port", "delivery_place")
        if (text := values.get(column, "")).isdecimal() and (schedule := _SCHEDULES.get(len(text)))
    ]
    for role, (_, party) in bill.parties.items():
        _party(role, party, values)
    for column, members in (
        ("container_ids", bill.containers),
        ("container_types", bill.kinds),
        ("seal_ids", bill.seals),
        ("permit_refs", bill.permits),
        ("transhipment_ports", bill.changes),
        ("handling_codes", bill.handling),
    ):
        values[column] = ";".join(members)
    values["container_load_status"] = next((x for x in ("part", "full", "empty") if x in bill.loads), "")
    values["is_refrigerated"] = "true" if bill.cold else ""
    _goods(bill, values)
    if _CONSOLIDATED.search(values["goods_description"][:40_000]):
        values["is_consolidation"] = "true"
        values.setdefault("bill_level", "master")
    return Shipment({name: text for name, text in values.items() if text}, bill.place, tuple(bill.doubts))


def _party(role: str, party: dict[str, list[str]], values: dict[str, str]) -> None:
    name = segments.joined(party["name"], NAME_FULL)
    if role in ("broker", "carrier"):
        values[f"{role}_name"] = name or values.get(f"{role}_name", "")
        return
    address = " ".join([segments.joined(party["address"], NAME_FULL), *party.get("town", [])]).strip()
    values |= {f"{role}_name": name, f"{role}_address": address, f"{role}_id": "".join(party["id"])}
    for key in ("country", "phone", "email"):
        values[f"{role}_{key}"] = "".join(party.get(key, []))


def _goods(bill: _Bill, values: dict[str, str]) -> None:
    items = bill.items
    texts = [segments.joined(item["text"], FULL) for item in items]
    marks = [segments.joined(item["marks"], FULL) for item in items]
    values["goods_description"] = "; ".join(dict.fromkeys(text for text in texts if text))
    values["marks"] = "; ".join(dict.fromkeys(text for text in marks if text))
    values["hs_codes"] = ";".join(dict.fromkeys(code for item in items for code in item["hs"]))
    for column, key in (("packages", "packages"), ("gross_weight_kg", "kg"), ("declared_value", "value")):
        amounts = [amount for item in items for amount in item[key]]
        if amounts and column not in values:
            values[column] = edi_values.total(amounts)
    currencies = {item["currency"] for item in items if item["value"]}
    values["currency"] = currencies.pop() if len(currencies) == 1 else ""
    if currencies:
        values.pop("declared_value", None)
    for column, key in (("origin_country", "origin"), ("destination_country", "to")):
        said = {item[key] for item in items if item.get(key)}
        values[column] = said.pop() if len(said) == 1 else ""
    if len(items) > 1:
        lines = [_line(item, text) for item, text in zip(items, texts, strict=True)]
        values["items"] = codes.dump_items([line for line in lines if line][: codes.MAX_MEMBERS])


def _line(item: dict[str, Any], text: str) -> dict[str, Any]:
    line: dict[str, Any] = {"description": text[:1000], "hs": item["hs"][0] if item["hs"] else ""}
    line |= {key: float(edi_values.total(item[key])) for key in ("packages", "kg", "value") if item[key]}
    line |= {"currency": item["currency"] if item["value"] else "", "origin": item.get("origin", "")}
    return {key: value for key, value in line.items() if value != ""}


def read(path: Path) -> Iterator[Shipment | Broken]:
    """Yield the shipments of a file, one bill held at a time."""
    return Reading().read(segments.x12(path))
