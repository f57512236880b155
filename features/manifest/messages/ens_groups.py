"""Groups of an entry summary declaration: parties, and goods items as the bills they belong to."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from features.manifest import codes
from features.manifest.cells import CELL_LIMIT
from features.manifest.messages import xml
from features.manifest.messages.ens_writing import GOODS_WIDTH, MARKS_WIDTH

#: Digits some states add to the name of a group: of the message it stands in.
_SUFFIX = re.compile(r"(?<=.{4})(?:313|315|304|323|351)$")
GROUPS = frozenset(
    (
        "HEAHEA",
        "TRACONCO1",
        "TRACONCE1",
        "NOTPAR670",
        "ITI",
        "TRAREP",
        "PERLODSUMDEC",
        "SEAID529",
        "CUSOFFFENT730",
        "TRACARENT601",
    )
)
_ITEM_GROUPS = frozenset(
    (
        "PRODOCDC2",
        "CONNR2",
        "PACGS2",
        "TRACONCO2",
        "TRACONCE2",
        "PRTNOT640",
        "COMCODGODITM",
        "IDEMEATRAGI970",
    )
)
#: Group -> the party it is.
PARTIES = {
    "TRACONCO1": "shipper",
    "TRACONCO2": "shipper",
    "TRACONCE1": "consignee",
    "TRACONCE2": "consignee",
    "NOTPAR670": "notify",
    "PRTNOT640": "notify",
    "TRAREP": "broker",
    "PERLODSUMDEC": "lodger",
    "TRACARENT601": "carrier",
}
#: How the names of a party's elements begin, whatever the party; longest first where one begins another.
_PARTY = (
    (("Nam",), "name"),
    (("StrAndNum", "StrNum"), "street"),
    (("PosCod", "PstCod"), "postcode"),
    (("Cit", "Cty"), "city"),
    (("Cou",), "country"),
    (("TIN",), "id"),
)
_HOUSES = ("703", "714")
_MASTERS = ("704", "741")
#: Other transport documents (UN/EDIFACT 1001), in order of preference.
_BILLS = ("705", "740", "706", "710", "720", "721", "722", "730", "731", "733", "750", "760", "761", "765")
_CONSOLIDATED = re.compile(r"\bconsol", re.I)
_CONFLICT = "the same on every goods item of a bill; the first was taken"
#: A longer text is none: no column holds it.
_LONGEST = 100 * CELL_LIMIT
_NUMBER = re.compile(r"[0-9]{1,30}(?:[.,][0-9]{1,30})?")


@lru_cache(maxsize=4096)
def name_of(tag: str) -> str:
    """Return the name of an element without namespace and without digits a state added to a group."""
    name = xml.local(tag)  # empty for what is no element
    base = _SUFFIX.sub("", name)
    return base if base in GROUPS or base in _ITEM_GROUPS or base == "GOOITEGDS" else name


def text_of(element: Any) -> str:
    """Return the text of an element, blanks single; empty where it says nothing or far too much."""
    text = element.text
    if text is None:
        return ""
    return " ".join(text.split()) if len(text) < _LONGEST else ""


def said_in(element: Any) -> dict[str, str]:
    """Return the texts of an element's children by name, each the first that says something."""
    found: dict[str, str] = {}
    for child in element:
        if (text := child.text) and len(text) < _LONGEST and (text := " ".join(text.split())):
            found.setdefault(name_of(child.tag), text)
    return found


@lru_cache(maxsize=4096)
def _part(name: str) -> str:
    """Return which part of a party an element is, by how its name begins."""
    if name.endswith("LNG"):
        return ""
    return next((part for begins, part in _PARTY if name.startswith(begins)), "")


def party(said: dict[str, str]) -> dict[str, str]:
    """Return what a group says of a party: name, street, postcode, city, country, id."""
    found: dict[str, str] = {}
    for name, text in said.items():
        if part := _part(name):
            found.setdefault(part, text)
    return found


def party_columns(role: str, who: dict[str, str]) -> dict[str, str]:
    """Return what is said of a party under the names of the shipment table."""
    where = [who[part] for part in ("street", "city", "postcode") if part in who]
    said = {
        f"{role}_name": who.get("name", ""),
        f"{role}_address": ", ".join(where),
        f"{role}_country": who.get("country", ""),
        f"{role}_id": who.get("id", ""),
    }
    return {column: text for column, text in said.items() if text}


@dataclass
class Bill:
    """The goods items of one transport document."""

    shipment_id: str
    master_id: str
    level: str
    item: str
    #: A document of a type not known, for a bill that has no other number.
    other: str = ""
    values: dict[str, str] = field(default_factory=dict)
    lines: list[dict[str, Any]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)
    hs: dict[str, None] = field(default_factory=dict)
    containers: dict[str, None] = field(default_factory=dict)
    kinds: dict[str, None] = field(default_factory=dict)
    permits: dict[str, None] = field(default_factory=dict)
    gross: list[str] = field(default_factory=list)
    packages: list[str] = field(default_factory=list)
    doubts: list[tuple[str, str, str]] = field(default_factory=list)
    items: int = 0
    #: Length of the last piece of description, and of all.
    tail: int = 0
    size: int = 0
    complete: bool = True


@dataclass
class Bills:
    """The bills of a message, by the number of their transport document."""

    by_number: dict[str, Bill] = field(default_factory=dict)
    last: Bill | None = None
    items: int = 0
    #: Bills that were told already.
    told: int = 0

    def add(self, element: Any) -> None:
        """Put a goods item to the bill of its transport document."""
        self.items += 1
        item = _read_item(element)
        bare = not (item.documents or item.packages or item.parties or "GroMasGDS46" in item.said)
        if bare and self.last is not None and "ComRefNumGIM1" not in item.said:
            _go_on_with(self.last, item)
            return
        bill = self.last = self._bill(item)
        bill.items += 1
        _add_goods(item, bill)
        _add_rest(item, bill)

    def _bill(self, item: _Item) -> Bill:
        by_kind: dict[str, str] = {}
        for kind, reference in item.documents:
            if reference:
                by_kind.setdefault(kind.removeprefix("N"), reference)
        house, master, plain = (
            next((by_kind[kind] for kind in kinds if kind in by_kind), "")
            for kinds in (_HOUSES, _MASTERS, _BILLS)
        )
        own = house or plain or master or item.said.get("ComRefNumGIM1", "")
        bill = self.by_number.get(own)
        if bill is None:
            level = "house" if house else ("master" if master and not plain else "")
            above = (master or plain) if house else (master if plain else "")
            bill = self.by_number[own] = Bill(own, above, level, item.said.get("IteNumGDS7", ""))
            if "750" in by_kind:
                bill.values["mode"] = "post"
            if not own:
                bill.other = next((by_kind[kind] for kind in by_kind if not _is_paper(kind)), "")
        return bill


@dataclass
class _Item:
    """What one goods item says."""

    said: dict[str, str] = field(default_factory=dict)
    documents: list[tuple[str, str]] = field(default_factory=list)
    containers: list[str] = field(default_factory=list)
    packages: list[dict[str, str]] = field(default_factory=list)
    parties: dict[str, dict[str, str]] = field(default_factory=dict)
    hs: str = ""
    means: str = ""


def _read_item(element: Any) -> _Item:
    item = _Item()
    for child in element:
        name = name_of(child.tag)
        if name not in _ITEM_GROUPS:
            if text := text_of(child):
                item.said.setdefault(name, text)
            continue
        said = said_in(child)
        if name == "PRODOCDC2":
            item.documents.append((said.get("DocTypDC21", "").upper(), said.get("DocRefDC23", "")))
        elif name == "CONNR2":
            item.containers += [text for key, text in said.items() if key.startswith("ConNum")]
        elif name == "PACGS2":
            item.packages.append(said)
        elif name == "COMCODGODITM":
            item.hs = item.hs or said.get("ComNomCMD1", "")
        elif name == "IDEMEATRAGI970":
            item.means = item.means or said.get("IdeMeaTraGIMEATRA971", "")
        else:
            item.parties.setdefault(PARTIES[name], party(said))
    return item


def _go_on_with(bill: Bill, item: _Item) -> None:
    """Add an item that only goes on with a description too long for one, or with a list of codes."""
    bill.items += 1
    if item.hs and len(bill.hs) < codes.MAX_MEMBERS:
        bill.hs[item.hs] = None
    if text := item.said.get("GooDesGDS23", ""):
        _go_on(bill.texts, text, bill.tail == GOODS_WIDTH)
        bill.tail = len(text)
        if bill.lines and "description" in bill.lines[-1]:
            bill.lines[-1]["description"] = bill.texts[-1]


def _add_rest(item: _Item, bill: Bill) -> None:
    for role, who in item.parties.items():
        for column, said in party_columns(role, who).items():
            if bill.values.setdefault(column, said) != said and len(bill.doubts) < 20:
                bill.doubts.append(
                    (column, said, "the same on every goods item of a bill; the first was taken")
                )
    for key, column in (("PlaLoaGOOITE333", "loading_port"), ("PlaUnlGOOITE333", "discharge_port")):
        if key in item.said:
            bill.values.setdefault(column, item.said[key])
    if item.means:
        bill.values.setdefault("vessel_or_flight", item.means)
    for kind, reference in item.documents:
        if reference and _is_permit(kind) and len(bill.permits) < codes.MAX_MEMBERS:
            bill.permits[reference] = None


def _add_goods(item: _Item, bill: Bill) -> None:
    text = item.said.get("GooDesGDS23", "")
    line: dict[str, Any] = {}
    if text:
        line["description"] = text
        bill.tail = len(text)
        if bill.size < CELL_LIMIT:
            bill.texts.append(text)
        bill.size += len(text)
    if item.hs:
        line["hs"] = item.hs
        if len(bill.hs) < codes.MAX_MEMBERS:
            bill.hs[item.hs] = None
    counts = [n for each in item.packages if (n := each.get("NumOfPacGS24") or _pieces(each))]
    if counts:
        bill.packages += counts
        line["packages"] = total(counts)
    if (mass := item.said.get("GroMasGDS46")) is not None:
        bill.gross.append(mass)
        line["kg"] = number(mass)
    else:
        bill.complete = False
    for container in item.containers:
        if len(bill.containers) < codes.MAX_MEMBERS:
            bill.containers[container] = None
    tail = 0
    for each in item.packages:
        if (kind := each.get("KinOfPacGS23")) and len(bill.kinds) < codes.MAX_MEMBERS:
            bill.kinds[kind] = None
        if marks := each.get("MarNumOfPacGSL21") or each.get("MarNumOfPacGS21"):
            if len(each) == 1 and bill.marks:
                _go_on(bill.marks, marks, tail == MARKS_WIDTH)
            elif marks not in bill.marks[:50] and len(bill.marks) < codes.MAX_MEMBERS:
                bill.marks.append(marks)
            tail = len(marks)
    if len(bill.lines) < codes.MAX_MEMBERS:
        bill.lines.append({key: value for key, value in line.items() if value is not None})


def _pieces(package: dict[str, str]) -> str:
    """Return the number of pieces of goods that are not packed."""
    return package.get("NumOfPieGS25") or package.get("NumOFPieGS25") or ""


def _go_on(texts: list[str], more: str, full: bool) -> None:
    """Add to the last text: without a blank where what stood before it was cut at its full width."""
    if not texts:
        texts.append(more)
    elif len(texts[-1]) < CELL_LIMIT:
        texts[-1] += more if full else f" {more}"


def _is_paper(kind: str) -> bool:
    """Tell documents that are no transport documents: permits, invoices and lists."""
    return _is_permit(kind) or kind[:1] == "Y" or kind in _PAPERS


_PAPERS = ("235", "271", "325", "380", "864", "954", "955")


def _is_permit(kind: str) -> bool:
    """Tell licences, permits and certificates by type: C, L and E codes, and a few of UN/EDIFACT's."""
    return kind[:1] in ("C", "L", "E") or kind.removeprefix("N") in ("002", "811", "911", *_CERTIFICATES)


_CERTIFICATES = ("851", "852", "853", "855", "856", "861", "862", "864", "865")


def goods_columns(bill: Bill) -> dict[str, str]:
    """Return what the goods items of a bill say under the names of the shipment table."""
    said: dict[str, str] = {
        **bill.values,
        "master_id": bill.master_id,
        "bill_level": bill.level,
        "line_number": bill.item,
        "goods_description": "; ".join(dict.fromkeys(bill.texts)),
        "marks": "; ".join(bill.marks),
        "hs_codes": ";".join(bill.hs),
        "permit_refs": ";".join(permit.replace(";", ",") for permit in bill.permits),
        "container_ids": ";".join(bill.containers),
        "package_type": "; ".join(bill.kinds),
    }
    if bill.level == "master" and _CONSOLIDATED.search(said["goods_description"]):
        said["is_consolidation"] = "true"
    if bill.complete:
        said["gross_weight_kg"] = _total_text(bill.gross)
    said["packages"] = _total_text(bill.packages)
    if len(bill.lines) > 1 and any(bill.lines):
        said["items"] = codes.dump_items([line for line in bill.lines if line])
    if bill.items > codes.MAX_MEMBERS:
        expected = f"at most {codes.MAX_MEMBERS:,} goods items; the rest is left out"
        bill.doubts.append(("items", str(bill.items), expected))
    return {column: text for column, text in said.items() if text}


def number(text: str) -> float | None:
    """Return a number, with a point or a comma before its decimals; None where the text is none."""
    return float(text.replace(",", ".")) if _NUMBER.fullmatch(text) else None


def total(texts: list[str]) -> float | None:
    """Return the sum of numbers; None if one of them is none."""
    numbers = [number(text) for text in texts]
    good = [number for number in numbers if number is not None]
    return round(sum(good), 6) if good and len(good) == len(numbers) else None


def _total_text(texts: list[str]) -> str:
    """Return a sum as text; one number as it stands, so that what is none is told where all are read."""
    if len(texts) == 1:
        return texts[0].replace(",", ".") if _NUMBER.fullmatch(texts[0]) else texts[0]
    if (whole := total(texts)) is not None:
        return repr(whole)
    return next((text for text in texts if not _NUMBER.fullmatch(text)), "")
