"""The lines of a Cargo-IMP message that are about one bill, but for its goods and parties."""

from __future__ import annotations

import re
from collections.abc import Callable

from features.manifest.messages import cargo_imp_goods as goods
from features.manifest.messages import customs_notes as notes
from features.manifest.messages.cargo_imp_bill import Bill
from features.manifest.messages.cargo_imp_parties import TELEPHONES, participant, party

#: Written by systems in place of the number of an air waybill.
NO_NUMBER = "000-00000000"
WAYBILL = re.compile(
    r"(?:[A-Z]{3}/)?\s*([0-9]{3})[- ]{0,2}([0-9]{7,8})"
    r"\s*(?:/(?=[A-Z]{6}[/\s]))?([A-Z]{3})?\s*([A-Z]{3})?[ ]*/?"
)
_USUAL_VALUES = re.compile(
    r"CVD/([A-Z]{3})/(?:[A-Z]{0,2}/)?[A-Z]{0,2}"
    r"/(?:NVD|([0-9]{1,15}(?:\.[0-9]{1,6})?))/(?:NCV|([0-9]{1,15}(?:\.[0-9]{1,6})?))/[^/\n]*$"
)
_FLIGHT_NUMBER = re.compile(r"[A-Z0-9]{2,3}[0-9]{1,5}[A-Z]?")
_CHECKED = "a number whose last digit is the rest of the seven before it, divided by 7"

Handler = Callable[[Bill, str], None]

#: What stands for an airport, a currency or an amount that is not stated (IATA).
UNSTATED = "XXX"


def waybill(bill: Bill, segment: str) -> None:
    """Read the number, way and quantity of an air waybill."""
    found = WAYBILL.match(segment)
    if not found:
        return
    number = numbered(bill, found[1], found[2], "shipment_id")
    if number != NO_NUMBER:
        bill.values["shipment_id"] = number
    way(bill, found[3] or "", found[4] or "")
    goods.take_quantities(bill, segment[found.end() :])


def numbered(bill: Bill, prefix: str, serial: str, column: str) -> str:
    """Return the number of an air waybill, with a doubt where its check digit is wrong."""
    number = f"{prefix}-{serial}"
    if len(serial) != 8 or int(serial[:7]) % 7 != int(serial[7]):
        bill.doubt(column, number, _CHECKED)
    return number


def way(bill: Bill, origin: str, destination: str) -> None:
    """Take the airports an air waybill goes from and to; one alone is where it goes to."""
    if origin and not destination:
        origin, destination = "", origin
    if origin and origin != UNSTATED:
        bill.values["loading_port"] = origin
    if destination and destination != UNSTATED:
        bill.values["discharge_port"] = destination


def _flights(bill: Bill, segment: str) -> None:
    for part in segment[3:].replace("\n", "").split("/"):
        if _FLIGHT_NUMBER.fullmatch(part) and len(part) > 3:
            bill.values["vessel_or_flight"] = part
            bill.carrier = bill.carrier or part[:2]


def _routing(bill: Bill, segment: str) -> None:
    for part in segment[3:].replace("\n", "").split("/"):
        if len(part) in (3, 5, 6) and part[:3].isalpha():
            bill.route = (*bill.route, part[:3]) if len(bill.route) < 100 else bill.route
        carrier = part[3:] if len(part) > 3 else part if len(part) == 2 else ""
        if carrier and carrier != "XX":
            bill.carrier = bill.carrier or carrier


def handling(bill: Bill, segment: str) -> None:
    """Read special handling codes."""
    for code in segment[4:].replace("\n", "").split("/"):
        if code := code.strip():
            bill.add("handling_codes", code)


def _values(bill: Bill, segment: str) -> None:
    """Read the declared values: for carriage, for customs, of insurance, in this order."""
    usual = _USUAL_VALUES.match(segment)
    if usual is not None:
        value = usual[3] or usual[2]
        if value and value.strip("0."):
            bill.values["declared_value"] = value
            if usual[1] != UNSTATED:
                bill.values["currency"] = usual[1]
        return
    parts = segment[4:].replace("\n", "").split("/")
    said = [part.strip() for part in parts[1:]]
    amounts = [part for part in said if part[:1].isdigit() or part in ("NVD", "NCV", UNSTATED)]
    stated = amounts[1] if len(amounts) > 1 else ""
    if not stated[:1].isdigit():
        stated = amounts[0] if amounts else ""
    if not stated[:1].isdigit():
        return
    number = goods.number(stated)
    if not number:
        if stated.strip("0.,"):
            bill.doubt("declared_value", stated[:80], "an amount")
        return
    bill.values["declared_value"] = number
    currency = parts[0].strip()
    if len(currency) == 3 and currency != UNSTATED:
        bill.values["currency"] = currency


def _issued(bill: Bill, segment: str) -> None:
    bill.issued = segment[4:11]


def customs(bill: Bill, segment: str) -> None:
    """Read what customs ask for besides: numbers of traders, certificates, seals, declarations."""
    about = mailbox = ""
    for line in segment[3:].split("\n"):
        parts = line.split("/", 4)
        if len(parts) < 5:
            continue
        about = parts[2].strip() or about
        kind, text = parts[3].strip(), parts[4].strip()
        if not text:
            continue
        if column := notes.COLUMNS.get(kind):
            _noted(bill, column, about, text)
        elif role := notes.ROLES.get(about):
            if kind == notes.TRADER:
                bill.values.setdefault(f"{role}_id", text)
            elif kind == notes.MAILBOX:
                mailbox = text
            elif kind == notes.DOMAIN:
                if mailbox and "." in text:
                    bill.keep(f"{role}_email", f"{mailbox}@{text}".lower())
                mailbox = ""
            elif kind in TELEPHONES or "@" in text:
                bill.keep(f"{role}_{'email' if '@' in text else 'phone'}", text)
        elif kind == "U" and about == "HWB":
            bill.own_number = text
        elif kind == "U" and about == "MWB":
            bill.master_number = text


def _noted(bill: Bill, column: str, about: str, text: str) -> None:
    """Take what a note to customs says of the goods."""
    if column == "hs_codes":
        goods.take_hs(bill, text)
    elif column in notes.LISTS:
        bill.add(column, text)
    elif column != "location" or about != "AGT":  # the agent's own place is not where the goods go
        bill.values.setdefault(column, text)


def read_over(bill: Bill, segment: str) -> None:
    """Read over agents, charges, accounting, services and references."""


def _units(bill: Bill, segment: str) -> None:
    for line in segment[4:].split("\n"):
        goods.take_unit(bill, line.lstrip("/"))


_COMMON: dict[str, Handler] = {
    "SHP": party,
    "CNE": party,
    "NFY": party,
    "CVD": _values,
    "OCI": customs,
    "SPH": handling,
    "OPI": participant,
}
_REST = (
    "AGT",
    "NOM",
    "SSR",
    "ACC",
    "OTH",
    "PPD",
    "COL",
    "CER",
    "OSI",
    "CDC",
    "REF",
    "COR",
    "COI",
    "SII",
    "ARD",
    "SRI",
)
WAYBILL_LINES: dict[str, Handler] = {
    **dict.fromkeys(_REST, read_over),
    **_COMMON,
    "AWB": waybill,
    "FLT": _flights,
    "RTG": _routing,
    "RTD": goods.take_rates,
    "ISU": _issued,
    "ULD": _units,
    "TXT": goods.take_text,
    "HTS": goods.take_tariff,
}
HOUSE_LINES: dict[str, Handler] = _COMMON | {"TXT": goods.take_text, "HTS": goods.take_tariff}
