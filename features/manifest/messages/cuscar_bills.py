"""A bill of an UN/EDIFACT cargo report: what is said of it, and the shipment that amounts to."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Protocol

from features.manifest import codes
from features.manifest.messages import edi_values, segments
from features.manifest.messages.form import Broken, Shipment

ONE_BILL = ("IFTMCS", "IFTMIN")
#: Lengths at which a text goes on in the next component without a blank: 3036 and 3042; 4440 then and now.
NAME_FULL = frozenset((35,))
TEXT_FULL = frozenset((70, 512))
LONG = 40_000
#: Members kept of whatever repeats; more of them no bill has.
MANY = 2000

#: Element 1153 -> what kind of number it is. A waybill of stated level before one of none.
HOUSE = ("BH", "HWB")
BILL = ("BM", "AWB", "AAS", "AAM", "CW", "RB")
MASTER = ("MB", "MWB", "MAB")
DECLARATIONS = ("ABT", "AAE", "MRN", "AFM", "ABE")
#: Element 1225: cancellation, deletion, cancelled to be issued again, withdrawn; changes and replacements.
CANCELLING = frozenset(("1", "3", "17", "50"))
AMENDING = frozenset(("4", "5", "18", "20", "21", "33", "36"))
#: Element 5025: amounts that are the value of the goods, the more customs' own the earlier.
AMOUNTS = ("43", "40", "44", "14", "39", "77", "38", "63", "123", "141", "66", "ZZZ")
_BILL_PAPERS = {"704": "master", "741": "master", "714": "house", "703": "house"}
CONSOLIDATED = re.compile(
    r"\bCONSOL(?:IDAT\w+)?\b|\bGROUPAGE\b"
    r"|\bAS PER (?:THE )?ATTACHED (?:CARGO |HOUSE |SHIPMENT )*(?:LIST|MANIFEST|SHEET)",
    re.I,
)
_REFRIGERATED = re.compile(r"[0-9A-Z]{2}[RH][0-9A-Z]|.*REEFER.*|.*REFRIG.*", re.I)


class Item:
    """What is said of one goods item (GID)."""

    __slots__ = (
        "containers",
        "currency",
        "hs",
        "kg",
        "kind",
        "marks",
        "net",
        "origin",
        "packages",
        "text",
        "value",
        "volume",
        "whole",
        "words",
    )

    def __init__(self) -> None:
        self.text: list[str] = []
        self.words = self.kind = self.origin = self.currency = ""
        self.marks: list[str] = []
        self.hs: list[str] = []
        self.kg: list[str] = []
        self.net: list[str] = []
        self.volume: list[str] = []
        self.packages: list[str] = []
        self.value: dict[str, tuple[str, str]] = {}
        self.whole: set[str] = set()  # columns measured of the whole item, not container by container

    def told(self) -> bool:
        """Tell an item of which anything is said; one may stand for the sake of order alone."""
        return bool(
            self.text
            or self.words
            or self.kind
            or self.packages
            or self.kg
            or self.net
            or self.volume
            or self.marks
            or self.hs
            or self.value
        )

    def described(self) -> str:
        """Return what the goods are."""
        return segments.joined(self.text, TEXT_FULL) or self.words


class Bill:
    """What is said of one bill, or at the head of a message."""

    def __init__(self, place: str = "", line: str = "", number: str = "") -> None:
        self.place, self.line, self.number = place, line, number
        self.refs: dict[str, str] = {}
        self.places: dict[str, str] = {}
        self.changes: list[str] = []
        self.parties: dict[str, tuple[int, dict[str, str]]] = {}
        self.values: dict[str, str] = {}
        self.counts: dict[str, tuple[str, str]] = {}
        self.items: list[Item] = []
        self.own = Item()
        self.containers: dict[str, None] = {}
        self.seals: list[str] = []
        self.permits: list[str] = []
        self.handling: list[str] = []
        self.said = ""
        self.cold = False
        self.doubts: list[tuple[str, str, str]] = []


class Equipment:
    """What is said of one container (EQD)."""

    __slots__ = ("cold", "kind", "load", "seals")

    def __init__(self, kind: str, load: str) -> None:
        self.kind, self.load, self.cold = kind, load, bool(_REFRIGERATED.fullmatch(kind))
        self.seals: list[str] = []


class Message(Protocol):
    """What a bill takes over from the message it stands in."""

    head: Bill
    kind: str
    function: str
    paper: str
    known_at: str
    equipment: dict[str, Equipment]
    separators: segments.Separators


# --- a bill as a shipment -------------------------------------------------------------------


def shipment(bill: Bill, message: Message) -> Shipment | Broken:
    """Return what a bill amounts to, or why it is no shipment."""
    head = message.head
    values = {**head.values, **bill.values}
    values.setdefault("known_at", message.known_at)
    known = _identity(bill, message, values)
    if not values.get("shipment_id"):
        expected = "a number of its bill (RFF with BM, MB, HWB, BH or AWB, or CNI)"
        return Broken(bill.place, expected)
    if message.function in CANCELLING:
        expected = "a shipment that is carried; this message cancels it"
        return Broken(bill.place, expected, segments.plain(values["shipment_id"], message.separators))
    if message.function in AMENDING:
        values |= {"amendment_count": "1", "last_amended_at": values["known_at"]}
    _parties(bill, head, values)
    _places(bill, head, values)
    _equipment(bill, message.equipment, values)
    doubts = [*head.doubts, *bill.doubts, *_goods(bill, values)]
    consolidated = bill.said or CONSOLIDATED.search(values.get("goods_description", "")[:LONG])
    if consolidated:
        values["is_consolidation"] = "true"
        if not known:
            values["bill_level"] = "master"
    said = {name: text for name, text in values.items() if text}
    if "\x01" in "".join(said.values()):
        said = {name: segments.plain(text, message.separators) for name, text in said.items()}
    doubts = [(column, segments.plain(text, message.separators), why) for column, text, why in doubts]
    return Shipment(said, bill.place, tuple(doubts))


def _identity(bill: Bill, message: Message, values: dict[str, str]) -> str:
    """Fill the numbers of a bill; return its level, empty where the message does not tell it."""
    refs = bill.refs
    house = next((refs[kind] for kind in HOUSE if kind in refs), "")
    plain = next((refs[kind] for kind in BILL if kind in refs), "")
    own = next((refs[kind] for kind in MASTER if kind in refs), "")
    master = own or next((message.head.refs[kind] for kind in MASTER if kind in message.head.refs), "")
    level = _BILL_PAPERS.get(message.paper, "") if message.kind in ONE_BILL else ""
    if house:
        number, above, level = house, master or plain, "house"
    elif plain:
        number, above = plain, master
        level = ("direct" if master == plain else "house") if master else level
    elif own:
        number, above, level = own, "", "master"
    else:
        number, above = bill.number, ""
    if not above and bill.number != number and sum(c.isdigit() for c in bill.number) >= 5:
        above, level = bill.number, level or "house"
    values["shipment_id"] = number
    values["master_id"] = above if above != number else ""
    values["bill_level"] = level
    values["line_number"] = bill.line
    head = message.head.refs
    values["declaration_id"] = next((refs[kind] for kind in DECLARATIONS if kind in refs), "")
    values["registration_number"] = next((head[kind] for kind in DECLARATIONS if kind in head), "")
    values.setdefault("manifest_id", head.get("AFB", "") or refs.get("AFB", ""))
    values.setdefault("voyage", head.get("VON", "") or refs.get("VON", ""))
    return level


def _parties(bill: Bill, head: Bill, values: dict[str, str]) -> None:
    parties = {**head.parties, **bill.parties}
    for role in ("shipper", "consignee", "notify"):
        if role in parties:
            for key, text in parties[role][1].items():
                values[f"{role}_{key}"] = text
    for role in ("broker", "carrier"):
        if role in parties and parties[role][1]["name"]:
            values[f"{role}_name"] = parties[role][1]["name"]


def _places(bill: Bill, head: Bill, values: dict[str, str]) -> None:
    own, above = bill.places, head.places

    get, up = own.get, above.get
    loaded = get("9") or next((x for kind in ("9", "5", "125", "178") if (x := up(kind))), "")
    begun = get("76")
    changes = list(bill.changes or head.changes)
    if begun and loaded and begun != loaded:
        changes.insert(0, loaded)  # first loaded elsewhere: here it changed vessel
    last = get("20") or ""
    values["loading_port"] = begun or loaded or get("5") or ""
    values["transhipment_ports"] = ";".join(dict.fromkeys(each.replace(";", ",") for each in changes))
    unloaded = next((x for kind in ("11", "12", "60", "179", "87", "8") if (x := up(kind))), "")
    values["discharge_port"] = get("11") or get("12") or unloaded
    values["delivery_place"] = get("7") or get("8") or (last if len(last) > 2 else "")
    values["origin_country"] = _country(get("27") or get("35") or up("27") or "")
    values["destination_country"] = _country(get("28") or get("36") or last or up("28") or "")
    values["customs_office"] = next((x for kind in ("22", "41", "42") if (x := get(kind) or up(kind))), "")
    values["location"] = get("14") or get("18") or get("16") or up("14") or up("18") or ""


@lru_cache(maxsize=1 << 12)
def _country(place: str) -> str:
    """Return the country of a place said where a country was to be: of a UN/LOCODE its first letters."""
    return (
        place[:2]
        if re.fullmatch(r"[A-Z]{2}[A-Z2-9]{3}", place) and place[:2] in codes.country_codes()
        else place
    )


def _equipment(bill: Bill, equipment: dict[str, Equipment], values: dict[str, str]) -> None:
    known = [equipment[number] for number in bill.containers if number in equipment]
    values["container_ids"] = ";".join(bill.containers)
    values["container_types"] = ";".join(dict.fromkeys(each.kind for each in known if each.kind))
    seals = [seal for each in known for seal in each.seals] + bill.seals
    values["seal_ids"] = ";".join(dict.fromkeys(seal.replace(";", ",") for seal in seals))
    loads = {each.load for each in known if each.load}
    if loads:
        values["container_load_status"] = next(load for load in ("part", "full", "empty") if load in loads)
    if bill.cold or any(each.cold for each in known):
        values["is_refrigerated"] = "true"
    values["handling_codes"] = ";".join(bill.handling)
    values["permit_refs"] = ";".join(dict.fromkeys(permit.replace(";", ",") for permit in bill.permits))


def _goods(bill: Bill, values: dict[str, str]) -> list[tuple[str, str, str]]:
    """Fill what is said of the goods; return doubts about totals."""
    items = [item for item in bill.items if item.told()]
    _take_back_repeated_total(bill, items)
    texts = [bill.own.described(), *(item.described() for item in items)]
    values["goods_description"] = "; ".join(dict.fromkeys(text for text in texts if text))
    marks = [segments.joined(item.marks, NAME_FULL) for item in (bill.own, *items)]
    values["marks"] = "; ".join(dict.fromkeys(text for text in marks if text))
    hs = [code for item in (*items, bill.own) for code in item.hs]
    values["hs_codes"] = ";".join(dict.fromkeys(hs))
    values["package_type"] = "; ".join(dict.fromkeys(item.kind for item in items if item.kind))
    values["net_weight_kg"] = _total([item.net for item in (bill.own, *items)])
    values["volume_m3"] = (
        _counted(bill, "15") or _total([item.volume for item in items]) or _total([bill.own.volume])
    )
    _valued(bill, values)
    if len(items) > 1:
        lines = [_line(item) for item in items[: codes.MAX_MEMBERS]]
        values["items"] = codes.dump_items([line for line in lines if line])
    doubts = []
    for column, kinds, own, summed in (
        ("gross_weight_kg", ("7", "26"), _total([bill.own.kg]), _total([item.kg for item in items])),
        ("packages", ("8", "11"), "", _total([item.packages for item in items])),
    ):
        said = next((count for kind in kinds if (count := _counted(bill, kind))), "") or own
        values[column] = said or summed
        if said and summed and abs(float(said) - float(summed)) > 1e-6 * max(1.0, float(said)):
            doubts.append((column, said, f"the sum of its goods, {summed}"))
    return doubts


def _take_back_repeated_total(bill: Bill, items: list[Item]) -> None:
    """Forget the weights of items where each repeats the weight of the whole bill."""
    whole = _counted(bill, "7") or _total([bill.own.kg])
    if (
        whole
        and len(items) > 1
        and all(len(item.kg) == 1 and float(item.kg[0]) == float(whole) for item in items)
    ):
        for item in items:
            item.kg = []


def _counted(bill: Bill, kind: str) -> str:
    """Return a control total of a bill."""
    count, unit = bill.counts.get(kind, ("", ""))
    if not count:
        return ""
    convert = {"7": edi_values.kilograms, "26": edi_values.kilograms, "15": edi_values.cubic_metres}.get(kind)
    return (convert(count, unit) if convert else edi_values.number(count)) or ""


def _total(parts: list[list[str]]) -> str:
    texts = [text for part in parts for text in part]
    return edi_values.total(texts) if texts else ""


def _amount(value: dict[str, tuple[str, str]]) -> tuple[str, str]:
    return next((value[kind] for kind in AMOUNTS if kind in value), ("", ""))


def _valued(bill: Bill, values: dict[str, str]) -> None:
    amount, currency = _amount(bill.own.value)
    if not amount:
        amounts = [_amount(item.value) for item in bill.items if item.value]
        if len({each[1] for each in amounts}) == 1:
            amount, currency = edi_values.total([each[0] for each in amounts]), amounts[0][1]
    values["declared_value"] = amount
    if amount and currency:
        values["currency"] = currency
    elif not amount:
        values.pop("currency", None)


def _line(item: Item) -> dict[str, Any]:
    amount, currency = _amount(item.value)
    line: dict[str, Any] = {"description": item.described()[:1000], "hs": item.hs[0] if item.hs else ""}
    for key, texts in (("packages", item.packages), ("kg", item.kg), ("value", [amount] if amount else [])):
        if texts:
            line[key] = float(edi_values.total(texts))
    line |= {"currency": currency if amount else "", "origin": _country(item.origin)}
    return {key: text for key, text in line.items() if text != ""}
