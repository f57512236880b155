"""A shipment table as Cargo-XML: one XFWB per waybill, one XFZB per house, one document after another."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, BinaryIO

import pandas as pd

from features.manifest.messages.customs_notes import DECLARATION, PERMIT, PLACE, ROLES, SEAL, TRADER

_ROWS = 5_000
#: Characters no XML document may hold.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_SPECIAL = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;"})
_UNIT_LOAD = re.compile(r"([A-Z][A-Z0-9]{2})([0-9]{4,5})([A-Z0-9]{2,3})")
_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_OPEN = {
    "Waybill": '<rsm:Waybill xmlns:rsm="iata:waybill:1" xmlns:ram="iata:datamodel:3">',
    "HouseWaybill": '<rsm:HouseWaybill xmlns:rsm="iata:housewaybill:1" xmlns:ram="iata:datamodel:3">',
}
_NAMES = {"740": "Air Waybill", "741": "Master Air Waybill", "703": "House Waybill"}

Row = dict[str, Any]


def write(table: pd.DataFrame, stream: BinaryIO) -> None:
    """Write shipments as waybills and house waybills, each a document of its own.

    Parameters
    ----------
    table : DataFrame
        A complete shipment table. A row without ``known_at`` is written without the time of issue, which
        the standard asks for: no time is made up.
    stream : binary file
    """
    totals = _totals(table)
    for row in _rows(table):
        stream.write(_document(row, totals).encode("utf-8"))


def _rows(table: pd.DataFrame) -> Iterator[Row]:
    """Yield the rows with what they say: texts, numbers, times as text, flags."""
    for start in range(0, len(table), _ROWS):
        part = table.iloc[start : start + _ROWS]
        names = [name for name in part.columns if part[name].notna().any()]
        columns = []
        for name in names:
            values = part[name]
            if values.dtype.kind == "M":
                values = (
                    values.dt.strftime("%Y-%m-%dT%H:%M:%S.%f").astype("str").str.removesuffix(".000000") + "Z"
                )
            values = values.astype("object")
            columns.append(values.where(values.notna(), None).tolist())
        for cells in zip(*columns, strict=True):
            yield {name: cell for name, cell in zip(names, cells, strict=True) if cell is not None}
        if not names:
            yield from ({} for _ in range(len(part)))


def _totals(table: pd.DataFrame) -> dict[str, Row]:
    """Return weight and pieces of each master: as its own row says, else its houses together."""
    names = ["gross_weight_kg", "packages"]
    houses = table[table["master_id"].notna()]
    together = houses.groupby("master_id", sort=False)[names].sum(min_count=1)
    masters = table[table["bill_level"].eq("master").fillna(False)].drop_duplicates("shipment_id")
    own = masters.set_index("shipment_id")[names]
    both = own.combine_first(together)
    return {
        str(number): {name: value for name, value in zip(names, values, strict=True) if value == value}
        for number, values in zip(both.index, both.to_numpy().tolist(), strict=True)
    }


def _document(row: Row, totals: dict[str, Row]) -> str:
    level = row.get("bill_level")
    above = row.get("master_id", row.get("shipment_id"))
    house = level == "house" or (level is None and above != row.get("shipment_id"))
    consolidated = level == "master" or (level is None and row.get("is_consolidation") is True)
    kind = "703" if house else "741" if consolidated else "740"
    root = "HouseWaybill" if house else "Waybill"
    body = _house(row, totals) if house else _waybill(row)
    return f"{_DECLARATION}{_OPEN[root]}{_headers(row, kind)}{body}</rsm:{root}>\n"


def _headers(row: Row, kind: str) -> str:
    issued = row.get("known_at")
    amended = (row.get("amendment_count") or 0) > 0
    note = ""
    if row.get("is_consolidation") is True:
        note = _in(
            "IncludedHeaderNote", _text("ContentCode", "C") + _text("Content", "Consolidation Shipment")
        )
    sides = _in("SenderParty", '<ram:PrimaryID schemeID="C">WILDCARGO</ram:PrimaryID>') + _in(
        "RecipientParty", '<ram:PrimaryID schemeID="C">CUSTOMS</ram:PrimaryID>'
    )
    header = (
        _text("ID", row.get("shipment_id"))
        + _text("Name", _NAMES[kind])
        + _text("TypeCode", kind)
        + _text("IssueDateTime", issued)
        + _text("PurposeCode", "Update" if amended else "Creation")
        + _text("VersionID", "3.00")
        + sides
    )
    carrier = (
        _text("ActualDateTime", issued)
        + _text("Signatory", row.get("carrier_name") or "UNSIGNED")
        + _in("IssueAuthenticationLocation", _text("Name", row.get("loading_port")))
    )
    business = (
        _text("ID", row.get("shipment_id"))
        + note
        + _in("SignatoryConsignorAuthentication", _text("Signatory", row.get("shipper_name")))
        + _in("SignatoryCarrierAuthentication", carrier)
    )
    return (
        f"<rsm:MessageHeaderDocument>{header}</rsm:MessageHeaderDocument>"
        f"<rsm:BusinessHeaderDocument>{business}</rsm:BusinessHeaderDocument>"
    )


def _waybill(row: Row) -> str:
    currency = row.get("currency") or "XXX"
    lines = "".join(_in("IncludedMasterConsignmentItem", line) for line in _lines(row, True))
    total = _text("TypeCode", "F") + _in(
        "ApplicablePrepaidCollectMonetarySummation",
        _text("PrepaidIndicator", "true") + _amount("GrandTotalAmount", 0.0, currency),
    )
    body = (
        _value(row)
        + _text("TotalChargePrepaidIndicator", "true")
        + _text("TotalDisbursementPrepaidIndicator", "true")
        + _quantities(row)
        + _parties(row)
        + _text_in("OriginLocation", "ID", row.get("loading_port"))
        + _text_in("FinalDestinationLocation", "ID", row.get("discharge_port"))
        + _way(row)
        + _handling(row)
        + _notes(row)
        + _documents(row, "740" if row.get("bill_level") != "master" else "741")
        + _text_in("ApplicableOriginCurrencyExchange", "SourceCurrencyCode", currency)
        + _in("ApplicableRating", _text("TypeCode", "F") + lines)
        + _in("ApplicableTotalRating", total)
    )
    return f"<rsm:MasterConsignment>{body}</rsm:MasterConsignment>"


def _house(row: Row, totals: dict[str, Row]) -> str:
    above, discharge = row.get("master_id"), row.get("discharge_port")
    whole = totals.get(above, {}) if above else {}
    lines = "".join(_in("IncludedHouseConsignmentItem", line) for line in _lines(row, False))
    house = (
        _text("ID", row.get("shipment_id"))
        + _value(row)
        + _text("TotalChargePrepaidIndicator", "true")
        + _text("TotalDisbursementPrepaidIndicator", "true")
        + _quantities(row)
        + _text("SummaryDescription", row.get("goods_description"))
        + _parties(row)
        + _text_in("OriginLocation", "ID", row.get("loading_port"))
        + _text_in("FinalDestinationLocation", "ID", discharge and (row.get("delivery_place") or discharge))
        + _way(row)
        + _handling(row)
        + _notes(row)
        + _documents(row, "")
        + _text_in("ApplicableOriginCurrencyExchange", "SourceCurrencyCode", row.get("currency") or "XXX")
        + lines
    )
    body = (
        _measure("IncludedTareGrossWeightMeasure", whole.get("gross_weight_kg"), "KGM")
        + _text("TotalPieceQuantity", _plain(whole.get("packages")))
        + _text_in("TransportContractDocument", "ID", above)
        + _text_in("OriginLocation", "ID", row.get("loading_port"))
        + _text_in("FinalDestinationLocation", "ID", discharge)
        + _in("IncludedHouseConsignment", house)
    )
    return f"<rsm:MasterConsignment>{body}</rsm:MasterConsignment>"


def _value(row: Row) -> str:
    value = row.get("declared_value")
    customs = _text("NilCustomsValueIndicator", "true" if value is None else "false")
    if value is not None:
        customs += _amount("DeclaredValueForCustomsAmount", value, row.get("currency"))
    return _text("NilCarriageValueIndicator", "true") + customs + _text("NilInsuranceValueIndicator", "true")


def _quantities(row: Row) -> str:
    return (
        _measure("IncludedTareGrossWeightMeasure", row.get("gross_weight_kg"), "KGM")
        + _measure("GrossVolumeMeasure", row.get("volume_m3"), "MTQ")
        + _text("TotalPieceQuantity", _plain(row.get("packages")))
    )


def _parties(row: Row) -> str:
    broker = ""
    if name := row.get("broker_name"):
        broker = _in("AssociatedParty", _text("Name", name) + _text("RoleCode", "CB"))
    return (
        _party(row, "shipper", "ConsignorParty")
        + _party(row, "consignee", "ConsigneeParty")
        + _party(row, "notify", "AssociatedParty", _text("RoleCode", "NI"))
        + broker
    )


def _party(row: Row, role: str, element: str, what: str = "") -> str:
    known = {key: row.get(f"{role}_{key}") for key in ("name", "address", "country", "phone", "email")}
    if not any(known.values()):
        return ""
    street, _, town = (known["address"] or "").rpartition(", ")
    if not (street.strip() == street and town.strip() == town and street and town):
        street, town = "", known["address"] or ""
    address = (
        (_text("StreetName", street) if street else "")
        + f"<ram:CityName>{_escaped(town)}</ram:CityName>"
        + _text("CountryID", known["country"])
    )
    contact = _text_in("DirectTelephoneCommunication", "CompleteNumber", known["phone"]) + _text_in(
        "URIEmailCommunication", "URIID", known["email"]
    )
    return _in(
        element,
        f"<ram:Name>{_escaped(known['name'] or '')}</ram:Name>"
        + what
        + _in("PostalStructuredAddress", address)
        + (_in("DefinedTradeContact", contact) if contact else ""),
    )


def _way(row: Row) -> str:
    """Return the legs: the last main leg names the flight, its carrier and when it lands."""
    stops = str(row.get("transhipment_ports") or "").split(";")
    known = [row.get(name) for name in ("vessel_or_flight", "carrier_name", "arrives_at")]
    points = [row.get("loading_port"), *(stop for stop in stops if stop), row.get("discharge_port")]
    legs = ""
    if any(known) or len(points) > 2:
        last = len(points) - 1
        for number in range(1, len(points)):
            flight, carrier, lands = known if number == last else (None, None, None)
            legs += _leg("Main-Carriage", number, points[number - 1], points[number], flight, carrier, lands)
    if place := row.get("delivery_place"):
        legs += _leg("On-Carriage", len(points), row.get("discharge_port"), place)
    return legs


def _leg(
    stage: str,
    number: int,
    start: str | None,
    end: str | None,
    flight: str | None = None,
    carrier: str | None = None,
    lands: str | None = None,
) -> str:
    arrival = _text("ScheduledOccurrenceDateTime", lands) + _text_in("OccurrenceArrivalLocation", "ID", end)
    departure = _text_in("OccurrenceDepartureLocation", "ID", start)
    return _in(
        "SpecifiedLogisticsTransportMovement",
        _text("StageCode", stage)
        + (_text("ModeCode", "4") + _text("Mode", "Air transport") if stage.startswith("Main") else "")
        + _text("ID", flight)
        + _text("SequenceNumeric", str(number))
        + _text_in("UsedLogisticsTransportMeans", "Name", carrier)
        + (_in("ArrivalEvent", arrival) if arrival else "")
        + (_in("DepartureEvent", departure) if departure else ""),
    )


def _handling(row: Row) -> str:
    codes = _members(row, "handling_codes")
    return "".join(_text_in("HandlingSPHInstructions", "DescriptionCode", code) for code in codes)


def _notes(row: Row) -> str:
    notes = [
        (TRADER, row[f"{role}_id"], subject, row.get(f"{role}_country"))
        for subject, role in ROLES.items()
        if row.get(f"{role}_id")
    ]
    notes += [(PERMIT, number, "", None) for number in _members(row, "permit_refs")]
    notes += [(SEAL, number, "", None) for number in _members(row, "seal_ids")]
    notes += [(DECLARATION, row["declaration_id"], "", None)] if row.get("declaration_id") else []
    notes += [(PLACE, row["location"], "TID", None)] if row.get("location") else []
    return "".join(
        _in(
            "IncludedCustomsNote",
            _text("ContentCode", kind)
            + _text("Content", content)
            + _text("SubjectCode", subject or None)
            + _text("CountryID", country),
        )
        for kind, content, subject, country in notes
    )


def _documents(row: Row, waybill: str) -> str:
    """Return references: the manifest, and the waybill of a bill that is not a house's."""
    known = [(row.get("manifest_id"), "785")]
    if waybill and row.get("master_id") != row.get("shipment_id"):
        known.append((row.get("master_id"), waybill))
    return "".join(
        _in("AssociatedReferenceDocument", _text("ID", number) + _text("TypeCode", kind))
        for number, kind in known
        if number
    )


def _lines(row: Row, master: bool) -> Iterator[str]:
    """Yield the lines of goods: the row's own, or one for all of it.

    A waybill has no place for the text of the whole: where its lines do not say it, it is a line before them.
    Unit load devices stand in the first line of a waybill, and one in each line of a house.
    """
    text = row.get("goods_description")
    lines = _items(row)
    if not lines:
        whole = {"description": text, "origin": row.get("origin_country")}
        whole |= {"packages": row.get("packages"), "kg": row.get("gross_weight_kg")}
        lines = [{key: value for key, value in whole.items() if value is not None}]
    elif (
        master
        and text
        and "; ".join(dict.fromkeys(x["description"] for x in lines if "description" in x)) != text
    ):
        lines.insert(0, {"description": text})
    headings = [[line["hs"]] if "hs" in line else [] for line in lines]
    named = {heading for each in headings for heading in each}
    more = [heading for heading in _members(row, "hs_codes") if heading not in named]
    if more:
        next((each for each in headings if each), headings[-1]).extend(more)
    if row.get("origin_country") and not any("origin" in line for line in lines):
        lines[-1]["origin"] = row["origin_country"]
    units = _members(row, "container_ids")
    lines += [{} for _ in range(0 if master else len(units) - len(lines))]
    headings += [[] for _ in range(len(lines) - len(headings))]
    for number, (line, codes) in enumerate(zip(lines, headings, strict=True)):
        own = (units if number == 0 else []) if master else units[number : number + 1]
        yield _line(number + 1, line, codes, own)


def _line(number: int, line: Row, headings: list[str], units: list[str]) -> str:
    return (
        _text("SequenceNumeric", str(number))
        + "".join(_text("TypeCode", heading) for heading in headings)
        + _measure("GrossWeightMeasure", line.get("kg"), "KGM")
        + _text("PieceQuantity", _plain(line.get("packages")))
        + _text_in("NatureIdentificationTransportCargo", "Identification", line.get("description"))
        + _text_in("OriginCountry", "ID", line.get("origin"))
        + "".join(_unit_load(unit) for unit in units)
    )


def _unit_load(number: str) -> str:
    parts = _UNIT_LOAD.fullmatch(number)
    if not parts:
        return _text_in("AssociatedUnitLoadTransportEquipment", "ID", number)
    return _in(
        "AssociatedUnitLoadTransportEquipment",
        _text("ID", parts[2])
        + _text("CharacteristicCode", parts[1])
        + _in("OperatingParty", _text("PrimaryID", parts[3])),
    )


def _items(row: Row) -> list[Row]:
    """Return the row's lines of goods, only with what a message can carry."""
    try:
        lines = json.loads(row.get("items") or "[]")
    except ValueError:
        return []
    keys = ("description", "hs", "packages", "kg", "origin")
    carried = [
        {key: line[key] for key in keys if line.get(key) not in (None, "")}
        for line in lines
        if isinstance(line, dict)
    ]
    return [line for line in carried if line]


def _members(row: Row, name: str) -> list[str]:
    return [member for member in str(row.get(name) or "").split(";") if member]


def _escaped(text: str) -> str:
    return _FORBIDDEN.sub("", text).translate(_SPECIAL)


def _text(name: str, text: Any) -> str:
    """Return an element with a text, or nothing where there is none."""
    return f"<ram:{name}>{_escaped(str(text))}</ram:{name}>" if text is not None and text != "" else ""


def _in(name: str, inner: str) -> str:
    return f"<ram:{name}>{inner}</ram:{name}>"


def _text_in(outer: str, name: str, text: Any) -> str:
    """Return an element around an element with a text, or nothing where there is none."""
    return f"<ram:{outer}>{_text(name, text)}</ram:{outer}>" if text is not None and text != "" else ""


def _plain(number: Any) -> str | None:
    """Return a number without exponent and without a needless ``.0``."""
    if number is None:
        return None
    text = repr(float(number))
    return format(Decimal(text), "f") if "e" in text else text.removesuffix(".0")


def _measure(name: str, number: Any, unit: str) -> str:
    return "" if number is None else f'<ram:{name} unitCode="{unit}">{_plain(number)}</ram:{name}>'


def _amount(name: str, number: Any, currency: str | None) -> str:
    of = f' currencyID="{_escaped(currency)}"' if currency else ""
    return f"<ram:{name}{of}>{_plain(number)}</ram:{name}>"
