"""A bill of an UN/EDIFACT cargo report: what is said of it, and the shipment that amounts to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
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
_NO_COUNT = ("", "")
_OFFICES = ("22", "41", "42")
_PARTY_COLUMNS = {
    role: {key: f"{role}_{key}" for key in ("name", "address", "country", "id", "phone", "email")}
    for role in ("shipper", "consignee", "notify")
}
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
    if doubts:
        doubts = [(column, segments.plain(text, message.separators), why) for column, text, why in doubts]
    return Shipment(said, bill.place, tuple(doubts))


def _identity(bill: Bill, message: Message, values: dict[str, str]) -> str:
    """Fill the numbers of a bill; return its level, empty where the message does not tell it."""
    refs = bill.refs
    head = message.head.refs
    house, plain, own = _first(refs, HOUSE), _first(refs, BILL), _first(refs, MASTER)
    master = own or _first(head, MASTER)
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
    values["declaration_id"] = _first(refs, DECLARATIONS)
    values["registration_number"] = _first(head, DECLARATIONS)
    values.setdefault("manifest_id", head.get("AFB", "") or refs.get("AFB", ""))
    values.setdefault("voyage", head.get("VON", "") or refs.get("VON", ""))
    return level


def _first(refs: dict[str, str], kinds: tuple[str, ...]) -> str:
    for kind in kinds:
        if kind in refs:
            return refs[kind]
    return ""


def _parties(bill: Bill, head: Bill, values: dict[str, str]) -> None:
    for role, (_, party) in {**head.parties, **bill.parties}.items():
        columns = _PARTY_COLUMNS.get(role)
        if columns:
            for key, text in party.items():
                values[columns[key]] = text
        elif party["name"]:
            values[f"{role}_name"] = party["name"]


def _places(bill: Bill, head: Bill, values: dict[str, str]) -> None:
    get, up = bill.places.get, head.places.get
    loaded = get("9") or up("9") or up("5") or up("125") or up("178") or ""
    begun, last = get("76"), get("20") or ""
    changes = bill.changes or head.changes
    if begun and loaded and begun != loaded:
        changes = [loaded, *changes]  # first loaded elsewhere: here it changed vessel
    values["loading_port"] = begun or loaded or get("5") or ""
    values["transhipment_ports"] = _listed(changes)
    values["discharge_port"] = (
        get("11") or get("12") or up("11") or up("12") or up("60") or up("179") or up("87") or up("8") or ""
    )
    values["delivery_place"] = get("7") or get("8") or (last if len(last) > 2 else "")
    values["origin_country"] = _country(get("27") or get("35") or up("27") or "")
    values["destination_country"] = _country(get("28") or get("36") or last or up("28") or "")
    values["customs_office"] = next((x for kind in _OFFICES if (x := get(kind) or up(kind))), "")
    values["location"] = get("14") or get("18") or get("16") or up("14") or up("18") or ""


def _listed(texts: Iterable[str]) -> str:
    """Return texts as a list, each once."""
    distinct = dict.fromkeys(texts)
    if any(";" in text for text in distinct):
        distinct = dict.fromkeys(text.replace(";", ",") for text in distinct)
    return ";".join(distinct)


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
    cold, seals = bill.cold, bill.seals
    if known:
        values["container_types"] = ";".join(dict.fromkeys([each.kind for each in known if each.kind]))
        seals = [*(seal for each in known for seal in each.seals), *seals]
        cold = cold or any(each.cold for each in known)
        loads = {each.load for each in known}
        if load := next((load for load in ("part", "full", "empty") if load in loads), ""):
            values["container_load_status"] = load
    values["container_ids"] = ";".join(bill.containers)
    values["seal_ids"] = _listed(seals)
    values["is_refrigerated"] = "true" if cold else ""
    values["handling_codes"] = ";".join(bill.handling)
    values["permit_refs"] = _listed(bill.permits)


def _goods(bill: Bill, values: dict[str, str]) -> list[tuple[str, str, str]]:
    """Fill what is said of the goods; return doubts about totals."""
    own, items = bill.own, [item for item in bill.items if item.told()]
    told = [own, *items] if own.told() else items
    values["goods_description"] = _each_once([each.described() for each in told])
    values["marks"] = _each_once([segments.joined(each.marks, NAME_FULL) for each in told])
    values["hs_codes"] = ";".join(dict.fromkeys([code for each in (*items, own) for code in each.hs]))
    values["package_type"] = _each_once([item.kind for item in items])
    values["net_weight_kg"] = _total([each.net for each in told])
    volume = _total([item.volume for item in items]) or _total([own.volume])
    values["volume_m3"] = _counted(bill, "15") or volume
    _valued(bill, values)
    weight = _counted(bill, "7") or _counted(bill, "26") or _total([own.kg])
    if len(items) > 1:
        _take_back_repeated_total(weight, items)
        lines = [_line(item) for item in items[: codes.MAX_MEMBERS]]
        values["items"] = codes.dump_items([line for line in lines if line])
    count = _counted(bill, "8") or _counted(bill, "11")
    return [
        *_reconciled("gross_weight_kg", weight, _total([item.kg for item in items]), values),
        *_reconciled("packages", count, _total([item.packages for item in items]), values),
    ]


def _each_once(texts: list[str]) -> str:
    return "; ".join([text for text in dict.fromkeys(texts) if text])


def _reconciled(
    column: str, said: str, summed: str, values: dict[str, str]
) -> Iterator[tuple[str, str, str]]:
    """Fill a total, as said or else as summed; yield a doubt where both are said and differ."""
    values[column] = said or summed
    if said and summed and abs(float(said) - float(summed)) > 1e-6 * max(1.0, float(said)):
        yield column, said, f"the sum of its goods, {summed}"


def _take_back_repeated_total(whole: str, items: list[Item]) -> None:
    """Forget the weights of items where each repeats the weight of the whole bill."""
    if whole and all(len(item.kg) == 1 and float(item.kg[0]) == float(whole) for item in items):
        for item in items:
            item.kg = []


def _counted(bill: Bill, kind: str) -> str:
    """Return a control total of a bill."""
    count, unit = bill.counts.get(kind, _NO_COUNT)
    if not count:
        return ""
    if kind == "15":
        return edi_values.cubic_metres(count, unit) or ""
    return (edi_values.kilograms(count, unit) if kind in ("7", "26") else edi_values.number(count)) or ""


def _total(parts: list[list[str]]) -> str:
    texts = parts[0] if len(parts) == 1 else [text for part in parts for text in part]
    return edi_values.total(texts) if texts else ""


def _amount(value: dict[str, tuple[str, str]]) -> tuple[str, str]:
    return next((value[kind] for kind in AMOUNTS if kind in value), _NO_COUNT) if value else _NO_COUNT


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
