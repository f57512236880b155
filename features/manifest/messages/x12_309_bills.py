"""A bill of an ANSI X12 customs manifest: what is said of it, and the shipment that amounts to."""

from __future__ import annotations

import re
from typing import Any

from features.manifest import codes
from features.manifest.messages import edi_values, segments
from features.manifest.messages.form import Broken, Shipment

#: Lengths at which a description or marks go on in the next N10 without a blank.
FULL = frozenset((30, 45, 48))
NAME_FULL = frozenset((35, 55, 60))
#: Ports as numbers, by how many digits: of the United States (districts and ports), and of all others.
_SCHEDULES = {4: "Schedule D", 5: "Schedule K"}
_CONSOLIDATED = re.compile(
    r"\bCONSOL(?:IDAT\w+)?\b|\bGROUPAGE\b|\bAS PER (?:THE )?ATTACHED \w*\s*(?:LIST|MAN)", re.I
)
_COLUMNS = {
    role: {key: f"{role}_{key}" for key in ("name", "address", "country", "id", "phone", "email")}
    for role in ("shipper", "consignee", "notify", "broker", "carrier")
}


class Bill:
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


# --- a bill as a shipment -------------------------------------------------------------------


def shipment(bill: Bill, head: dict[str, str], amending: bool) -> Shipment | Broken:
    """Return what a bill amounts to, or why it is no shipment.

    Parameters
    ----------
    bill : Bill
    head : dict of str to str
        What the manifest says, by column.
    amending : bool
        Whether the manifest amends one sent before.
    """
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
        _party(role, _COLUMNS[role], party, values)
    values["container_ids"] = ";".join(bill.containers)
    values["container_types"] = ";".join(bill.kinds)
    values["seal_ids"] = ";".join(bill.seals)
    values["permit_refs"] = ";".join(bill.permits)
    values["transhipment_ports"] = ";".join(bill.changes)
    values["handling_codes"] = ";".join(bill.handling)
    if bill.loads:
        values["container_load_status"] = next(x for x in ("part", "full", "empty") if x in bill.loads)
    values["is_refrigerated"] = "true" if bill.cold else ""
    _goods(bill, values)
    if _CONSOLIDATED.search(values["goods_description"][:40_000]):
        values["is_consolidation"] = "true"
        values.setdefault("bill_level", "master")
    return Shipment({name: text for name, text in values.items() if text}, bill.place, tuple(bill.doubts))


def _party(role: str, columns: dict[str, str], party: dict[str, list[str]], values: dict[str, str]) -> None:
    name = segments.joined(party["name"], NAME_FULL)
    if role in ("broker", "carrier"):
        if name:
            values[f"{role}_name"] = name
        return
    address = [segments.joined(party["address"], NAME_FULL), *party.get("town", ())]
    values[columns["name"]], values[columns["address"]] = name, " ".join(address).strip()
    for key in ("id", "country", "phone", "email"):
        if key in party:
            values[columns[key]] = party[key][0]


def _goods(bill: Bill, values: dict[str, str]) -> None:
    items = bill.items
    texts = [segments.joined(item["text"], FULL) for item in items]
    marks = [segments.joined(item["marks"], FULL) for item in items]
    values["goods_description"] = "; ".join(dict.fromkeys([text for text in texts if text]))
    values["marks"] = "; ".join(dict.fromkeys([text for text in marks if text]))
    values["hs_codes"] = ";".join(dict.fromkeys([code for item in items for code in item["hs"]]))
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
