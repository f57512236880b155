"""UN/EDIFACT cargo reports (CUSCAR, IFTMCS, IFCSUM) read: segments gathered into bills."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from features.manifest import codes
from features.manifest.messages import edi_values, segments
from features.manifest.messages.cuscar_bills import (
    AMOUNTS,
    BILL,
    CANCELLING,
    CONSOLIDATED,
    DECLARATIONS,
    HOUSE,
    LONG,
    MASTER,
    NAME_FULL,
    ONE_BILL,
    Bill,
    Equipment,
    Item,
    shipment,
)
from features.manifest.messages.form import Broken, Shipment
from features.manifest.synonyms import fold

#: Messages read. In the last two one message may be one bill, without CNI.
MESSAGES = ("CUSCAR", "IFCSUM", "IFTMCS", "IFTMIN")
_PAD = [""] * 12
#: What an empty element is, and what stands behind the components of any other.
_NOTHING = [""] * 5
#: Members kept of whatever repeats; more of them no bill has.
_MANY = 2000
_NUMBERS = frozenset((*HOUSE, *BILL, *MASTER))
_PERMITS = frozenset(("EP", "IP", "EX", "IM", "ABW", "CT", "LIC", "IV1"))
_TARIFF = frozenset(("HS", "ABD", "TN1"))
#: Element 1131: commodity codes.
_TARIFF_LISTS = frozenset(("122", "HS"))
_PARTY_NUMBERS = frozenset(("VA", "AHP", "XA", "FC", "GN", "ABS"))
_KEPT = frozenset((*DECLARATIONS, "AFB", "VON"))
#: Element 3035 -> role in the shipment table and rank: a lower rank takes the place of a higher.
_ROLES = {
    "CZ": ("shipper", 0),
    "SH": ("shipper", 1),
    "EX": ("shipper", 2),
    "SU": ("shipper", 3),
    "SE": ("shipper", 4),
    "OS": ("shipper", 0),
    "CN": ("consignee", 0),
    "UC": ("consignee", 1),
    "IM": ("consignee", 2),
    "ST": ("consignee", 3),
    "DP": ("consignee", 4),
    "BY": ("consignee", 5),
    "NI": ("notify", 0),
    "N1": ("notify", 1),
    "NP": ("notify", 2),
    "N2": ("notify", 3),
    "CB": ("broker", 0),
    "AE": ("broker", 1),
    "DT": ("broker", 2),
    "CA": ("carrier", 0),
    "CG": ("carrier", 1),
    "VO": ("carrier", 2),
}
#: Element 8067, and 8066, where a mode is named in words.
_MODES = {"1": "sea", "2": "rail", "3": "road", "4": "air", "5": "post", "8": "sea"}
_MODE_WORDS = {"SEA": "sea", "OCEAN": "sea", "MARITIME": "sea", "RAIL": "rail", "ROAD": "road", "AIR": "air"}
#: Element 8179, where 8067 is left out: an aircraft, a ship, an ocean vessel, a truck.
_VEHICLES = {"6": "air", "11": "sea", "13": "sea", "31": "road"}
_DIRECTIONS = {"22": "export", "23": "import", "24": "transit", "28": "transhipment"}
_FULL = {"4": "empty", "5": "full", "7": "part", "8": "full"}
_LOADS = {"FCL": "full", "LCL": "part", "MTY": "empty"}
#: Element 6313: net weights, and weights that are not of the goods.
_NET = frozenset(("AAC", "AAL", "AAF", "N", "NT", "NW", "AAA"))
_NOT_GOODS = frozenset(("T", "AAS", "TAR", "VGM", "AET", "AAT"))
#: Element 1001: licences and certificates.
_PERMIT_PAPERS = frozenset(("811", "911", "851", "852", "853", "626", "C400", "N851", "N853", "L", "861E"))
_LEGAL = frozenset(
    (
        *("LTD", "LIMITED", "INC", "LLC", "CO", "CORP", "PLC", "PTY", "PTE", "BHD", "JSC"),
        *("SA", "BV", "NV", "GMBH", "AG", "KG", "SARL", "SAS", "SRL", "SPA", "AS", "AB", "OY", "LDA", "SL"),
    )
)


class Reading:
    """One message after another, segment by segment."""

    def __init__(self) -> None:
        self.separators = segments.Separators("'", "+", ":", "?")
        self.known_at = ""
        self.done: list[Shipment | Broken] = []
        self.open = False
        self.at = 0
        self.handlers: dict[str, Callable[[list[str]], None]] = {
            name[1:].upper(): getattr(self, name) for name in dir(self) if re.fullmatch(r"_[a-z]{3}", name)
        }
        self._begin("", "")

    def _begin(self, kind: str, place: str) -> None:
        self.kind, self.place = kind, place
        self.head = Bill(place)
        self.bill: Bill | None = None
        self.item: Item | None = None
        self.party: dict[str, str] | None = None
        self.equipment: dict[str, Equipment] = {}
        self.last: Equipment | None = None
        self.outside = False  # inside a group that is not about the goods (a container, a means of transport)
        self.headed: Bill | None = None  # a bill named before the first CNI
        self.lines: str | None = None  # the number of the line of that bill spoken of
        self.shared = False  # what is measured is of the part of the goods that is in one container
        self.bills, self.first, self.function, self.paper = 0, self.at, "9", ""
        self.held: Bill | None = None

    def parts(self, element: str) -> list[str]:
        """Return the components of an element, padded."""
        if not element:
            return _NOTHING
        if "\x01" in element:
            return segments.components(element, self.separators) + _NOTHING
        return element.split(self.separators.component) + _NOTHING

    def texts(self, element: str) -> list[str]:
        """Return the components of an element that say something."""
        if not element:
            return []
        if "\x01" in element:
            return [part for part in segments.components(element, self.separators) if part.strip()]
        return [part for part in element.split(self.separators.component) if part and not part.isspace()]

    @property
    def target(self) -> Bill:
        """Return what is spoken of: a bill, or the whole message."""
        return self.bill or self.head

    # --- envelopes ---

    def _unb(self, found: list[str]) -> None:
        self.close("the message to end with UNT before the next interchange")
        day, hour, *_ = self.parts(found[4])
        known = edi_values.moment((day + hour).replace(" ", "")) or ""
        self.known_at = "" if known.startswith("1970-01-01") else known  # a clock that was never set

    def _unh(self, found: list[str]) -> None:
        self.close("the message to end with UNT before the next one")
        kind = self.parts(found[2])[0].strip().upper()
        place = f"segment {self.at}"
        if kind not in MESSAGES:
            self.done.append(
                Broken(place, f"a message CUSCAR or IFTMCS; this is {kind[:20] or 'without a type'}")
            )
            return
        self.open = True
        self._begin(kind, place)
        if kind in ONE_BILL:
            self._start(Bill(place))

    def _unt(self, found: list[str]) -> None:
        if self.open:
            said, seen = found[1].strip(), self.at - self.first + 1
            wrong = said.isdecimal() and len(said) < 9 and int(said) != seen
            self.close("", f"UNT {said}" if wrong else "", f"the {seen} segments the message has")

    def _unz(self, found: list[str]) -> None:
        self.close("the message to end with UNT before UNZ")

    def close(self, broken: str = "", count: str = "", expected: str = "") -> None:
        """End a message, if one is open; what is said of its end becomes a doubt about its last bill."""
        if not self.open:
            return
        self._finish()
        self.open = False
        if self.held is not None:
            if broken:
                self.held.doubts.append(("source_position", f"segment {self.at}", broken))
            if count:
                self.held.doubts.append(("source_position", count, expected))
            if not self.held.containers and (self.bills == 1 or self.kind in ONE_BILL):
                self.held.containers = dict.fromkeys(list(self.equipment)[:_MANY])
            self._yield(self.held)
        elif self.function in CANCELLING:
            said = self.head.values.get("manifest_id", "")
            self.done.append(Broken(self.place, "a manifest that is carried; this message cancels it", said))
        elif not self.bills:
            self.done.append(Broken(self.place, "a consignment (CNI, and RFF with the number of its bill)"))
        self._begin("", "")

    # --- bills ---

    def _start(self, bill: Bill) -> None:
        self._finish()
        self.bill, self.headed = bill, None
        self._line()

    def _line(self) -> None:
        """Begin what is said of a bill, or of one line of it."""
        self.item, self.party, self.last, self.outside, self.shared = None, None, None, False, False

    def _finish(self) -> None:
        """Hold back the bill that ends: only the end of its message says whether it is the only one."""
        bill, self.bill = self.bill, None
        if bill is None or not (bill.number or bill.refs or bill.items or bill.parties):
            return
        if self.held is not None:
            self._yield(self.held)
        self.held = bill
        self.bills += 1

    def _yield(self, bill: Bill) -> None:
        self.held = None
        self.done.append(shipment(bill, self))

    def _cni(self, found: list[str]) -> None:
        if not self.open:
            return
        number = self.parts(found[2])[0].strip()
        if self.headed is not None and not number:
            self._line()  # of the bill the message is about, unless it names one of its own
            self.headed.line = self.headed.line or found[1].strip()
            self.lines = found[1].strip()
            return
        if self.headed is not None:
            self._lift()
        self._start(Bill(f"segment {self.at}", found[1].strip(), number))

    def _lift(self) -> None:
        """Make what was said of a master before its houses what is said of the whole message."""
        above, head = self.headed, self.head
        assert above is not None
        if above.items or not all(kind in MASTER for kind in above.refs):
            return
        for mine, theirs in (
            (above.refs, head.refs),
            (above.places, head.places),
            (above.values, head.values),
        ):
            theirs.update(mine)
        own = (role for role in above.parties if role in ("broker", "carrier"))
        head.parties.update({role: above.parties[role] for role in own})  # the others are the master's
        head.changes += above.changes
        head.doubts += above.doubts
        self.bill = None

    def _goods(self) -> Bill:
        """Return the bill goods are of; a message that names none is one bill."""
        if self.bill is None:
            self._start(Bill(f"segment {self.at}"))
        assert self.bill is not None
        return self.bill

    def _rff(self, found: list[str]) -> None:
        kind, number, *_ = self.parts(found[1])
        kind, number = kind.strip().upper(), number.strip()
        if kind in _NUMBERS:
            self._numbered(kind, number)
        elif not number:
            return
        elif self.bill is not None and kind in ("AAQ", "SN"):
            if kind == "SN":
                self._append(self.bill.seals, number)
            elif len(self.bill.containers) < _MANY:
                self.bill.containers[_container(number)] = None
        elif self.party is not None and kind in _PARTY_NUMBERS:
            self.party.setdefault("id", number)
        elif kind in _TARIFF:
            if code := edi_values.hs_code(number):
                self._append((self.item or self.target.own).hs, code)
        elif kind in _PERMITS:
            self._append(self.target.permits, number)
        elif kind in _KEPT:
            self.target.refs.setdefault(kind, number)

    def _numbered(self, kind: str, number: str) -> None:
        """Take a number of a bill: of the one spoken of, or of the next."""
        first = self.bill is None and not self.bills
        bill = self._goods()
        if first:
            self.headed = bill
        told = any(item.told() for item in bill.items)
        old = bill.refs.get(kind)
        if not number:
            if told:  # the next bill, which names none
                self._start(Bill(f"segment {self.at}", bill.line))
            return
        if old == number:
            return
        if bill is self.headed and self.lines is not None:
            line, self.lines = self.lines, None
            self._lift()
            self._start(Bill(f"segment {self.at}", line))
        elif old is not None or told:
            self._start(Bill(f"segment {self.at}", bill.line, bill.number))
        self.target.refs[kind] = number

    @staticmethod
    def _append(members: list[str], text: str) -> None:
        if len(members) < _MANY:
            members.append(text)

    # --- the message as a whole ---

    def _bgm(self, found: list[str]) -> None:
        self.paper = self.parts(found[1])[0].strip()
        number = self.parts(found[2])[0].strip()
        if self.kind in ONE_BILL:
            self.target.number = number
        elif number:
            self.head.values["manifest_id"] = number
        self.function = found[3].strip() or "9"

    def _dtm(self, found: list[str]) -> None:
        kind, text, form, *_ = self.parts(found[1])
        column = {"137": "known_at", "178": "arrives_at", "132": "arrives_at", "232": "arrives_at"}.get(kind)
        if column is None or not text.strip():
            return
        target = self.target if column == "arrives_at" else self.head
        when = edi_values.moment(text, form.strip())
        if when is None:
            target.doubts.append((column, text[:80], "a day or time as its format code says"))
        elif kind == "178" or column not in target.values:
            target.values[column] = when

    def _tdt(self, found: list[str]) -> None:
        self.party = None
        self.outside = self.bill is not None and found[1].strip() not in ("20", "")
        if found[1].strip() not in ("20", "", "12", "11", "21", "25"):
            return
        values = self.target.values
        code, words, *_ = self.parts(found[3])
        mode = _MODES.get(code.strip().lstrip("0")) or _MODE_WORDS.get(words.strip().upper())
        mode = mode or _VEHICLES.get(self.parts(found[4])[0].strip())
        carrier = self.parts(found[5])
        vessel = self.parts(found[8] or found[9] or (found[7] if ":" in found[7] else ""))
        name, number, code = vessel[3].strip() or vessel[0].strip(), found[2].strip(), carrier[0].strip()
        if mode == "air" and number and not name and len(code) == 2:  # an airline's: the flight
            name = number if number.startswith(code) else code + number
        for column, text in (
            ("mode", mode or ""),
            ("voyage", number),
            ("carrier_name", carrier[3].strip() or code),
            ("vessel_or_flight", name),
        ):
            if text:
                values.setdefault(column, segments.plain(text, self.separators))

    def _loc(self, found: list[str]) -> None:
        kind = found[1].strip()
        code, _, _, name, *_ = self.parts(found[2])
        place = code.strip() or name.strip()
        if not place or (self.last is not None and self.outside):
            return
        if kind == "13":
            if len(self.target.changes) < 50:
                self.target.changes.append(place)
        elif kind == "27" and self.item is not None:
            self.item.origin = place
        else:
            self.target.places.setdefault(kind, place)

    def _direction(self, codes_said: list[str]) -> None:
        for code in codes_said:
            if direction := _DIRECTIONS.get(code.strip()):
                self.target.values["direction"] = direction
                return

    def _gis(self, found: list[str]) -> None:
        self._direction([self.parts(found[1])[0]])

    def _gei(self, found: list[str]) -> None:
        self._direction([self.parts(found[2])[0]])

    def _sts(self, found: list[str]) -> None:
        self._direction([self.parts(found[2])[0], self.parts(found[1])[0]])

    def _cux(self, found: list[str]) -> None:
        if currency := self.parts(found[1])[1].strip():
            self.target.values.setdefault("currency", currency)

    def _cnt(self, found: list[str]) -> None:
        kind, count, unit, *_ = self.parts(found[1])
        # After the goods it is a total of the message.
        if self.bill is not None and not self.bill.items:
            self.bill.counts.setdefault(kind.strip(), (count.strip(), unit.strip()))

    # --- parties ---

    def _nad(self, found: list[str]) -> None:
        self.party = None
        if self.last is not None and self.outside:
            return
        self.outside = False
        role, rank = _ROLES.get(found[1].strip().upper(), ("", 0))
        if not role:
            return
        have = self.target.parties.get(role)
        if have is not None and have[0] <= rank:
            return
        self.party = self._read_party(found)
        self.target.parties[role] = (rank, self.party)

    def _read_party(self, found: list[str]) -> dict[str, str]:
        number = self.parts(found[2])[0].strip()
        lines, names = self.texts(found[3]), self.texts(found[4])[:5]
        street = self.texts(found[5])
        region = self.parts(found[7])
        town = [found[6], region[3] or region[0], found[8]]
        town = [segments.plain(text, self.separators) for text in town if text.strip()]
        country = self.parts(found[9])[0].strip()
        if names:
            name = segments.joined(names, NAME_FULL)
            where = [segments.joined([*street, *lines], NAME_FULL), *town]
        else:
            name = lines[0].strip() if lines else ""
            more = lines[1:]
            if street and street[0] in more:  # said twice, in the one or the other at more length
                more, street = ([], street) if len("".join(street)) > len("".join(more)) else (more, [])
            where = [segments.joined([*more, *street], NAME_FULL), *town]
        address = " ".join(text.strip() for text in where if text.strip())
        if not address and name.count(",") > 1:
            name, address = _by_commas(name)
        if not name and " " in number:
            name, number = number, ""
        if not country and address:
            last = lines[-1] if len(lines) > 1 and not street else address.rpartition(",")[2]
            country = _country_at_end(last)
        elif not country:
            country = _country_at_end(name.rpartition(" - ")[2])
        return {"name": name, "address": address, "country": country, "id": number}

    def _com(self, found: list[str]) -> None:
        if self.party is None:
            return
        for element in found[1:4]:
            number, kind, *_ = self.parts(element)
            key = {"EM": "email", "TE": "phone", "AL": "phone", "FX": ""}.get(kind.strip().upper(), "")
            if not key and not kind.strip():
                key = "email" if "@" in number else "phone"
            if key and number.strip():
                self.party.setdefault(key, number.strip())

    # --- equipment ---

    def _eqd(self, found: list[str]) -> None:
        number = _container(self.parts(found[2])[0])
        kind = self.parts(found[3])
        self.party, self.outside = None, True
        self.last = self.equipment.get(number)
        if self.last is None:
            self.last = Equipment(
                (kind[0].strip() or kind[3].strip()).upper(), _FULL.get(found[6].strip(), "")
            )
            if number and len(self.equipment) < 200_000:
                self.equipment[number] = self.last

    def _sgp(self, found: list[str]) -> None:
        number = _container(self.parts(found[1])[0])
        if number and self.bill is not None and len(self.bill.containers) < _MANY:
            self.bill.containers[number] = None
            self.last, self.outside = self.equipment.setdefault(number, Equipment("", "")), False
            self.shared = self.item is not None

    def _sel(self, found: list[str]) -> None:
        seal = self.parts(found[1])[0].strip()
        if seal:
            self._append(self.last.seals if self.last is not None else self.target.seals, seal)

    def _tmp(self, found: list[str]) -> None:
        if self.last is not None and self.outside:
            self.last.cold = True
        elif self.bill is not None:
            self.bill.cold = True

    def _tsr(self, found: list[str]) -> None:
        load = {"2": "full", "3": "part"}.get(self.parts(found[2])[0].strip())
        if load and self.last is not None and self.outside:
            self.last.load = self.last.load or load
        elif load:
            self.target.values.setdefault("container_load_status", load)

    # --- goods ---

    def _gid(self, found: list[str]) -> None:
        bill = self._goods()
        if len(bill.items) < _MANY:
            bill.items.append(Item())
        self._line()
        self.item = bill.items[-1]
        outer = self.parts(found[2])
        self._packed(outer if outer[0].strip() or outer[1].strip() else self.parts(found[3]))

    def _packed(self, packed: list[str]) -> None:
        item = self.item
        assert item is not None
        if count := edi_values.number(packed[0]):
            self._append(item.packages, count)
        code = packed[1].strip()
        code = "" if code.isdigit() and len(code) > 4 else code  # the number of the package itself
        item.kind = item.kind or code or packed[4].strip()
        item.words = item.words or packed[4].strip()

    def _pac(self, found: list[str]) -> None:
        if self.item is None:
            return
        code, listed, agency, name, *_ = self.parts(found[3])
        if load := _LOADS.get(code.strip().upper()):
            self.target.values["container_load_status"] = load
        elif agency.strip() == "95" and listed.strip() not in ("", "185"):
            return  # Australian customs' lists of other things
        else:
            count = "" if self.item.packages else found[1]
            self._packed([count, code, "", "", name])

    def _han(self, found: list[str]) -> None:
        code = self.parts(found[1])[0].strip().upper()
        if re.fullmatch(r"[A-Z]{3}", code) and code not in self.target.handling:
            self._append(self.target.handling, code)

    def _dgs(self, found: list[str]) -> None:
        if "DGR" not in self.target.handling:
            self.target.handling.append("DGR")

    def _ftx(self, found: list[str]) -> None:
        kind = found[1].strip().upper()
        texts = self.texts(found[4]) or ([] if len(found[3]) < 4 else self.texts(found[3]))
        if self.outside or not texts:
            return
        target = self.item or self.target.own
        if kind == "AAA":
            self._extend(target.text, texts)
        elif kind == "MKS":
            self._extend(target.marks, texts)
        elif kind in ("CUS", "AAI", "ACB") and CONSOLIDATED.search(texts[0][:200]):
            self.target.said = "consolidation"

    @staticmethod
    def _extend(members: list[str], texts: list[str]) -> None:
        if len(members) < _MANY:
            members += [text[:LONG] for text in texts[:_MANY]]

    def _pci(self, found: list[str]) -> None:
        texts = self.texts(found[2])
        if not texts or self.outside:
            return
        target, whole = self.item or self.target.own, " ".join(texts)[:LONG]
        for code in edi_values.hs_said(whole):
            self._append(target.hs, code)
        if not (target.hs and edi_values.only_hs(whole)):
            self._extend(target.marks, texts)

    def _cst(self, found: list[str]) -> None:
        said = [self.parts(element) for element in found[2:7] if element]
        # Where one is said to be of the tariff the others are regimes, else the first is taken for one.
        for code, *_ in [each for each in said if each[1].strip() in _TARIFF_LISTS] or said[:1]:
            if hs := edi_values.hs_code(code):
                self._append((self.item or self.target.own).hs, hs)

    def _pia(self, found: list[str]) -> None:
        for element in found[2:7]:
            code, kind, *_ = self.parts(element)
            if kind.strip().upper() in ("HS", "ABD", "TSN", "GD") and (hs := edi_values.hs_code(code)):
                self._append((self.item or self.target.own).hs, hs)

    def _doc(self, found: list[str]) -> None:
        number = self.parts(found[2])[0].strip()
        if number and self.parts(found[1])[0].strip().upper() in _PERMIT_PAPERS:
            self._append(self.target.permits, number)

    def _mea(self, found: list[str]) -> None:
        if self.bill is None or self.outside:
            return
        unit, amount, *_ = self.parts(found[3])
        unit, amount, what = unit.strip(), amount.strip(), self.parts(found[2])[0].strip().upper()
        if not amount and not unit:  # the property left out, or the two together in its place
            unit, amount, *_ = self.parts(found[2])
            what = ""
        if edi_values.number(unit) is not None and edi_values.number(amount) is None:
            unit, amount = amount, unit
        if what in _NOT_GOODS or not amount:
            return
        item = self.item or self.bill.own
        if edi_values.is_volume(unit) or (not unit and found[1].strip() == "VOL"):
            self._measured(item.volume, "volume_m3", edi_values.cubic_metres(amount, unit), found)
        elif (
            edi_values.is_weight(unit)
            or unit.upper() == "K"
            or (unit.upper() == "L" and found[1].strip() in ("WT", "AAI"))
            or (not unit and found[1].strip() in ("WT", "AAE"))
        ):
            into, column = (item.net, "net_weight_kg") if what in _NET else (item.kg, "gross_weight_kg")
            self._measured(into, column, edi_values.kilograms(amount, unit), found)
        elif found[1].strip() in ("WT", "AAI") or what in ("G", "AAB", "AAD", "WT"):
            self._measured(item.kg, "gross_weight_kg", None, found)

    def _measured(self, into: list[str], column: str, amount: str | None, found: list[str]) -> None:
        if amount is not None:
            whole = (self.item or self.target.own).whole
            if self.shared and column not in whole:
                self._append(into, amount)  # of the goods in one container after another
            elif not into:
                into.append(amount)
                whole.add(column)
        elif len(self.target.doubts) < 20:
            said = self.separators.element.join(found[:4])[:80]
            self.target.doubts.append((column, said, "a number and a unit that is known"))

    def _moa(self, found: list[str]) -> None:
        for element in found[1:3]:
            kind, amount, currency, *_ = self.parts(element)
            value = edi_values.number(amount) if amount.strip() else None
            if value is not None and kind.strip().upper() in AMOUNTS:
                target = self.item or self.target.own
                target.value.setdefault(kind.strip().upper(), (value, currency.strip()))


def _container(text: str) -> str:
    return re.sub(r"[\s./-]", "", text[:40]).upper()


@lru_cache(maxsize=1 << 12)
def _country_at_end(text: str) -> str:
    """Return the country a line of an address names in full; two letters may be a state's."""
    word = fold(text[:80])
    return codes.country_names().get(word, "") if len(word) > 3 else ""


def _by_commas(text: str) -> tuple[str, str]:
    """Return name and address of a party written as one text with commas."""
    parts = [part.strip() for part in text.split(",")]
    name = parts.pop(0)
    while parts and set(parts[0].upper().replace(".", "").split()) <= _LEGAL:
        name += ", " + parts.pop(0)
    return (name, ", ".join(part for part in parts if part)) if len(parts) > 1 else (text, "")


def read(path: Path) -> Iterator[Shipment | Broken]:
    """Yield the shipments of a file, one bill held at a time and the containers of one message."""
    reading = Reading()
    handlers: dict[str, Any] = reading.handlers
    for part in segments.edifact(path):
        separators = reading.separators = part.separators
        element = separators.element
        for number, text in enumerate(part.segments, part.first):
            marked = "\x01" in text or not text.isascii()
            found = (segments.elements(text, separators) if marked else text.split(element)) + _PAD
            handler = handlers.get(found[0]) or handlers.get(found[0].strip().upper())
            if handler is not None:
                reading.at = number
                handler(found)
                if reading.done:
                    yield from reading.done
                    reading.done.clear()
        if part.too_long:
            where = f"segment {part.first + len(part.segments) - 1}"
            yield Broken(where, f"a segment of less than {segments.LONGEST:,} characters")
    reading.close("the message to end with UNT before the file ends")
    yield from reading.done
