"""UN/EDIFACT cargo reports (CUSCAR, IFTMCS, IFCSUM) read: segments gathered into bills."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from features.manifest.messages import edi_values, segments
from features.manifest.messages.cuscar_bills import (
    BILL,
    CANCELLING,
    DECLARATIONS,
    HOUSE,
    MANY,
    MASTER,
    ONE_BILL,
    Bill,
    shipment,
)
from features.manifest.messages.cuscar_goods import Goods, container, keep
from features.manifest.messages.cuscar_parties import ROLES, read_party
from features.manifest.messages.form import Broken, Shipment

#: Messages read. In the last two one message may be one bill, without CNI.
MESSAGES = ("CUSCAR", "IFCSUM", "IFTMCS", "IFTMIN")
_NUMBERS = frozenset((*HOUSE, *BILL, *MASTER))
_PERMITS = frozenset(("EP", "IP", "EX", "IM", "ABW", "CT", "LIC", "IV1"))
_TARIFF = frozenset(("HS", "ABD", "TN1"))
_PARTY_NUMBERS = frozenset(("VA", "AHP", "XA", "FC", "GN", "ABS"))
_KEPT = frozenset((*DECLARATIONS, "AFB", "VON"))
#: Element 8067, and 8066, where a mode is named in words.
_MODES = {"1": "sea", "2": "rail", "3": "road", "4": "air", "5": "post", "8": "sea"}
_MODE_WORDS = {"SEA": "sea", "OCEAN": "sea", "MARITIME": "sea", "RAIL": "rail", "ROAD": "road", "AIR": "air"}
#: Element 8179, where 8067 is left out: an aircraft, a ship, an ocean vessel, a truck.
_VEHICLES = {"6": "air", "11": "sea", "13": "sea", "31": "road"}
_FLIGHT = re.compile(r"(?=[0-9]?[A-Z])[A-Z0-9]{2}[A-Z]?[0-9]{1,4}[A-Z]?")
#: Element 3155.
_CALLS = {"EM": "email", "TE": "phone", "AL": "phone"}
#: Element 2005.
_TIMES = {"137": "known_at", "178": "arrives_at", "132": "arrives_at", "232": "arrives_at"}
_DIRECTIONS = {"22": "export", "23": "import", "24": "transit", "28": "transhipment"}


class Reading(Goods):
    """One message after another, segment by segment."""

    envelope = frozenset(("UNB", "UNH", "UNZ"))

    def __init__(self) -> None:
        super().__init__(
            {name[1:].upper(): getattr(self, name) for name in dir(self) if re.fullmatch(r"_[a-z]{3}", name)}
        )
        self.known_at = self.kind = ""
        self._begin("")

    def _begin(self, kind: str) -> None:
        self.kind, self.function, self.paper = kind, "9", ""
        self.head = Bill(f"segment {self.at}")
        self.lines: str | None = None  # the number of the line, of the bill named before the first CNI
        self.begin_goods()

    # --- envelopes ---

    def _unb(self, found: list[str]) -> None:
        self.break_off("the next interchange")
        day, hour, *_ = self.parts(found[4])
        known = edi_values.moment((day + hour).replace(" ", "")) or ""
        self.known_at = "" if known.startswith("1970-01-01") else known  # a clock that was never set

    def _unh(self, found: list[str]) -> None:
        self.break_off("the next one")
        kind = self.parts(found[2])[0].strip().upper()
        if kind not in MESSAGES:
            expected = f"a message CUSCAR or IFTMCS; this is {kind[:20] or 'without a type'}"
            self.done.append(Broken(f"segment {self.at}", expected))
            return
        self.begin()
        self._begin(kind)
        if kind in ONE_BILL:
            self.start(Bill(self.place))

    def _unt(self, found: list[str]) -> None:
        self.count(found[1])

    def _unz(self, found: list[str]) -> None:
        self.break_off("UNZ")

    # --- bills ---

    def settled(self, bill: Bill) -> bool:
        """Tell whether anything is said of a bill."""
        return bool(bill.number or bill.refs or bill.items or bill.parties)

    def as_shipment(self, bill: Bill) -> Shipment | Broken:
        """Return what a bill amounts to."""
        return shipment(bill, self)

    def last(self, bill: Bill) -> None:
        """Give the only bill of a message its containers, where the bill names none."""
        if not bill.containers and (self.bills == 1 or self.kind in ONE_BILL):
            bill.containers = dict.fromkeys(list(self.equipment)[:MANY])

    def without_bills(self) -> Broken:
        """Return what a message without any bill amounts to."""
        if self.function in CANCELLING:
            said = self.head.values.get("manifest_id", "")
            return Broken(self.place, "a manifest that is carried; this message cancels it", said)
        return Broken(self.place, "a consignment (CNI, and RFF with the number of its bill)")

    def _cni(self, found: list[str]) -> None:
        number = self.parts(found[2])[0].strip()
        if self.headed is not None and not number:
            self.begin_line()  # of the bill the message is about, unless it names one of its own
            self.headed.line = self.headed.line or found[1].strip()
            self.lines = found[1].strip()
            return
        if self.headed is not None:
            self._lift()
        self.start(Bill(f"segment {self.at}", found[1].strip(), number))

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

    def _rff(self, found: list[str]) -> None:
        kind, number, *_ = self.parts(found[1])
        kind, number = kind.strip().upper(), number.strip()
        if kind in _NUMBERS:
            self._numbered(kind, number)
        elif not number:
            return
        elif self.bill is not None and kind in ("AAQ", "SN"):
            if kind == "SN":
                keep(self.bill.seals, number)
            elif len(self.bill.containers) < MANY:
                self.bill.containers[container(number)] = None
        elif self.party is not None and kind in _PARTY_NUMBERS:
            self.party.setdefault("id", number)
        elif kind in _TARIFF:
            if code := edi_values.hs_code(number):
                keep((self.item or self.target.own).hs, code)
        elif kind in _PERMITS:
            keep(self.target.permits, number)
        elif kind in _KEPT:
            self.target.refs.setdefault(kind, number)

    def _numbered(self, kind: str, number: str) -> None:
        """Take a number of a bill: of the one spoken of, or of the next."""
        first = self.bill is None and not self.bills
        bill = self.goods_bill()
        if first:
            self.headed = bill
        told = bool(bill.items) and bill.items[-1].told()
        old = bill.refs.get(kind)
        if not number:
            if told:  # the next bill, which names none
                self.start(Bill(f"segment {self.at}", bill.line))
            return
        if old == number:
            return
        if bill is self.headed and self.lines is not None:
            line, self.lines = self.lines, None
            self._lift()
            self.start(Bill(f"segment {self.at}", line))
        elif old is not None or told:
            self.start(Bill(f"segment {self.at}", bill.line, bill.number))
        self.target.refs[kind] = number

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
        column = _TIMES.get(kind)
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
        code = code.strip().lstrip("0")
        # Customs of the EU write two digits (10 a ship, 12 a wagon on it, 30 a lorry): the first is the mode.
        mode = _MODES.get(code[:1] if code.isdigit() and len(code) <= 2 else code) or _MODE_WORDS.get(
            words.strip().upper()
        )
        mode = mode or _VEHICLES.get(self.parts(found[4])[0].strip())
        carrier = self.parts(found[5])
        vessel = self.parts(found[8] or found[9] or (found[7] if ":" in found[7] else ""))
        name, number, code = vessel[3].strip() or vessel[0].strip(), found[2].strip(), carrier[0].strip()
        if mode == "air" and number and not name:  # an airline's: the flight
            if len(code) == 2:
                name = number if number.startswith(code) else code + number
            elif _FLIGHT.fullmatch(number):
                name = number
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
        place = found[2].strip()
        if self.separators.component in place:
            parts = self.parts(place)
            place = parts[0].strip() or parts[3].strip()
        if not place or (self.last_box is not None and self.outside):
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
        if self.last_box is not None and self.outside:
            return
        self.outside = False
        role, rank = ROLES.get(found[1].strip().upper(), ("", 0))
        if not role:
            return
        have = self.target.parties.get(role)
        if have is not None and have[0] <= rank:
            return
        self.party = read_party(found, self.separators)
        self.target.parties[role] = (rank, self.party)

    def _com(self, found: list[str]) -> None:
        if self.party is None:
            return
        for element in found[1:4]:
            if not element:
                continue
            number, kind, *_ = self.parts(element)
            key = _CALLS.get(kind.strip().upper(), "")
            if not key and not kind.strip():
                key = "email" if "@" in number else "phone"
            if key and number.strip():
                self.party.setdefault(key, number.strip())


def read(path: Path) -> Iterator[Shipment | Broken]:
    """Yield the shipments of a file, one bill held at a time and the containers of one message."""
    return Reading().read(segments.edifact(path))
