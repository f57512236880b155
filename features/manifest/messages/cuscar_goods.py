"""Goods and equipment of an UN/EDIFACT cargo report, read into the bill they are of."""

from __future__ import annotations

import re

from features.manifest.messages import edi_values, segments
from features.manifest.messages.bill_by_bill import BillByBill
from features.manifest.messages.cuscar_bills import AMOUNTS, CONSOLIDATED, LONG, MANY, Bill, Equipment, Item

#: What an empty element is, and what stands behind the components of any other.
_NOTHING = [""] * 5
#: Element 1131: commodity codes.
_TARIFF_LISTS = frozenset(("122", "HS"))
_FULL = {"4": "empty", "5": "full", "7": "part", "8": "full"}
_LOADS = {"FCL": "full", "LCL": "part", "MTY": "empty"}
#: Element 6313: net weights, and weights that are not of the goods.
_NET = frozenset(("AAC", "AAL", "AAF", "N", "NT", "NW", "AAA"))
_NOT_GOODS = frozenset(("T", "AAS", "TAR", "VGM", "AET", "AAT"))
#: Element 1001: licences and certificates.
_PERMIT_PAPERS = frozenset(("811", "911", "851", "852", "853", "626", "C400", "N851", "N853", "L", "861E"))


class Goods(BillByBill[Bill]):
    """What is said of goods and equipment, segment by segment."""

    padding = ("",) * 12
    head: Bill

    def begin_goods(self) -> None:
        """Begin a message: nothing is said of any goods."""
        self.item: Item | None = None
        self.party: dict[str, str] | None = None
        self.equipment: dict[str, Equipment] = {}
        self.last_box: Equipment | None = None
        self.outside = False  # inside a group that is not about the goods (a container, a means of transport)
        self.shared = False  # what is measured is of the part of the goods that is in one container
        self.headed: Bill | None = None  # a bill named before the first CNI

    def parts(self, element: str) -> list[str]:
        """Return the components of an element, padded."""
        if not element:
            return _NOTHING
        if "\x01" in element:
            return segments.components(element, self.separators) + _NOTHING
        found = element.split(self.separators.component)
        found += _NOTHING
        return found

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

    def start(self, bill: Bill) -> None:
        """Begin a bill; the one before it ends."""
        self.finish()
        self.bill, self.headed = bill, None
        self.begin_line()

    def begin_line(self) -> None:
        """Begin what is said of a bill, or of one line of it."""
        self.item, self.party, self.last_box, self.outside, self.shared = None, None, None, False, False

    def goods_bill(self) -> Bill:
        """Return the bill goods are of; a message that names none is one bill."""
        if self.bill is None:
            self.start(Bill(f"segment {self.at}"))
        assert self.bill is not None
        return self.bill

    # --- equipment ---

    def _eqd(self, found: list[str]) -> None:
        number = container(self.parts(found[2])[0])
        kind = self.parts(found[3])
        self.party, self.outside = None, True
        self.last_box = self.equipment.get(number)
        if self.last_box is None:
            self.last_box = Equipment(
                (kind[0].strip() or kind[3].strip()).upper(), _FULL.get(found[6].strip(), "")
            )
            if number and len(self.equipment) < 200_000:
                self.equipment[number] = self.last_box

    def _sgp(self, found: list[str]) -> None:
        number = container(self.parts(found[1])[0])
        if number and self.bill is not None and len(self.bill.containers) < MANY:
            self.bill.containers[number] = None
            self.last_box, self.outside = self.equipment.setdefault(number, Equipment("", "")), False
            self.shared = self.item is not None

    def _sel(self, found: list[str]) -> None:
        seal = self.parts(found[1])[0].strip()
        if seal:
            keep(self.last_box.seals if self.last_box is not None else self.target.seals, seal)

    def _tmp(self, found: list[str]) -> None:
        if self.last_box is not None and self.outside:
            self.last_box.cold = True
        elif self.bill is not None:
            self.bill.cold = True

    def _tsr(self, found: list[str]) -> None:
        load = {"2": "full", "3": "part"}.get(self.parts(found[2])[0].strip())
        if load and self.last_box is not None and self.outside:
            self.last_box.load = self.last_box.load or load
        elif load:
            self.target.values.setdefault("container_load_status", load)

    # --- goods ---

    def _gid(self, found: list[str]) -> None:
        bill = self.goods_bill()
        if len(bill.items) < MANY:
            bill.items.append(Item())
        self.begin_line()
        self.item = bill.items[-1]
        outer = self.parts(found[2])
        self._packed(outer if outer[0].strip() or outer[1].strip() else self.parts(found[3]))

    def _packed(self, packed: list[str]) -> None:
        item = self.item
        assert item is not None
        if count := edi_values.number(packed[0]):
            keep(item.packages, count)
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
            keep(self.target.handling, code)

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
            _extend(target.text, texts)
        elif kind == "MKS":
            _extend(target.marks, texts)
        elif kind in ("CUS", "AAI", "ACB") and CONSOLIDATED.search(texts[0][:200]):
            self.target.said = "consolidation"

    def _pci(self, found: list[str]) -> None:
        texts = self.texts(found[2])
        if not texts or self.outside:
            return
        target, whole = self.item or self.target.own, " ".join(texts)[:LONG]
        for code in edi_values.hs_said(whole):
            keep(target.hs, code)
        if not (target.hs and edi_values.only_hs(whole)):
            _extend(target.marks, texts)

    def _cst(self, found: list[str]) -> None:
        said = [self.parts(element) for element in found[2:7] if element]
        # Where one is said to be of the tariff the others are regimes, else the first is taken for one.
        for code, *_ in [each for each in said if each[1].strip() in _TARIFF_LISTS] or said[:1]:
            if hs := edi_values.hs_code(code):
                keep((self.item or self.target.own).hs, hs)

    def _pia(self, found: list[str]) -> None:
        for element in found[2:7]:
            code, kind, *_ = self.parts(element)
            if kind.strip().upper() in ("HS", "ABD", "TSN", "GD") and (hs := edi_values.hs_code(code)):
                keep((self.item or self.target.own).hs, hs)

    def _doc(self, found: list[str]) -> None:
        number = self.parts(found[2])[0].strip()
        if number and self.parts(found[1])[0].strip().upper() in _PERMIT_PAPERS:
            keep(self.target.permits, number)

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
                keep(into, amount)  # of the goods in one container after another
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


def keep(members: list[str], text: str) -> None:
    """Add a member, unless there are more already than any bill has."""
    if len(members) < MANY:
        members.append(text)


def _extend(members: list[str], texts: list[str]) -> None:
    if len(members) < MANY:
        members += [text[:LONG] for text in texts[:MANY]]


def container(text: str) -> str:
    """Return a container's number without what parts it."""
    return re.sub(r"[\s./-]", "", text[:40]).upper()
