"""ASYCUDA World manifests written from a shipment table: one `Awmds` message per manifest."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any, BinaryIO

import pandas as pd

from features.manifest.messages.asycuda_records import LOAD_CODES, MODE_CODES, address_lines, country_of
from features.manifest.typed_cells import cell_text

#: What one message says once for all of its bills.
HEADER = ("customs_office", "voyage", "arrives_at", "mode", "vessel_or_flight", "carrier_name", "manifest_id")
_NATURES = {"export": "22", "import": "23", "transit": "24", "transhipment": "28"}
#: Characters XML cannot hold, and what it spells otherwise.
_ESCAPES: dict[int, str | None] = {
    **dict.fromkeys(code for code in range(32) if code not in (9, 10)),
    **dict.fromkeys(range(0xD800, 0xE000)),
    **dict.fromkeys((0xFFFE, 0xFFFF)),
    **{ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;"},
}
#: Seals one container has places for.
_SEAL_PLACES = 3

Row = dict[str, str]


def write(table: pd.DataFrame, stream: BinaryIO) -> None:
    """Write every manifest of a table as one message, one after another.

    Parameters
    ----------
    table : DataFrame
        A complete shipment table (`features.manifest.schema.complete`).
    stream : binary stream
    """
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows_of(table):
        groups.setdefault(tuple(row.get(name, "") for name in HEADER), []).append(row)
    for bills in groups.values():
        stream.write(b'<?xml version="1.0" encoding="UTF-8"?>\n<Awmds>\n')
        stream.write(_general(bills).encode())
        numbered = any("line_number" in row for row in bills)
        for number, row in enumerate(bills, start=1):
            stream.write(_bill(row if numbered else {**row, "line_number": str(number)}).encode())
        stream.write(b"</Awmds>\n")


def rows_of(table: pd.DataFrame) -> Iterator[Row]:
    """Yield the rows of a table as texts, without what they do not say."""
    names = [name for name in table.columns if table[name].notna().any()]
    for cells in zip(*(_column(table[name]) for name in names), strict=True):
        yield {name: cell for name, cell in zip(names, cells, strict=True) if cell}


def _column(values: pd.Series) -> list[str]:
    if values.dtype.kind == "M":
        whole = values.dt.strftime("%Y-%m-%dT%H:%M:%S.%f").astype("object")
        return [text.removesuffix(".000000") if isinstance(text, str) else "" for text in whole]
    cells = values.astype("object").where(values.notna(), None)
    return [cell_text(cell) or "" for cell in cells]


def leaf(name: str, text: str) -> str:
    """Return one element, or nothing where there is no text."""
    return f"<{name}>{text.translate(_ESCAPES)}</{name}>\n" if text else ""


def kept(name: str, text: str) -> str:
    """Return one element, empty where there is no text."""
    return leaf(name, text) or f"<{name}/>\n"


def segment(name: str, *parts: str) -> str:
    """Return a segment around its parts, or nothing where there are none."""
    inner = "".join(parts)
    return f"<{name}>\n{inner}</{name}>\n" if inner else ""


def _general(bills: list[Row]) -> str:
    row = bills[0]
    arrival, _, clock = row.get("arrives_at", "").partition("T")
    # The table keeps no day of departure, which the message must have: the day the manifest was known.
    known = min((each["known_at"] for each in bills if "known_at" in each), default=arrival)
    containers = {number for each in bills for number in each.get("container_ids", "").split(";") if number}
    return segment(
        "General_segment",
        segment(
            "General_segment_id",
            kept("Customs_office_code", row.get("customs_office", "")),
            kept("Voyage_number", row.get("voyage", "")),
            kept("Date_of_departure", known[:10]),
            leaf("Date_of_arrival", arrival),
            leaf("Time_of_arrival", clock),
        ),
        segment(
            "Totals_segment",
            leaf("Total_number_of_bols", str(len(bills))),
            leaf("Total_number_of_packages", f"{_total(bills, 'packages'):.0f}"),
            leaf("Total_number_of_containers", str(len(containers))),
            leaf("Total_gross_mass", f"{_total(bills, 'gross_weight_kg'):.3f}"),
        ),
        segment(
            "Transport_information",
            segment("Carrier", kept("Carrier_code", ""), leaf("Carrier_name", row.get("carrier_name", ""))),
            kept("Mode_of_transport_code", MODE_CODES.get(row.get("mode", ""), "")),
            kept("Identity_of_transporter", row.get("vessel_or_flight", "")),
            kept("Nationality_of_transporter_code", ""),
        ),
        segment(
            "Load_unload_place",
            kept("Place_of_departure_code", _first(bills, "loading_port")),
            kept("Place_of_destination_code", _first(bills, "discharge_port")),
        ),
    )


def _total(bills: list[Row], name: str) -> float:
    return math.fsum(float(each[name]) for each in bills if name in each)


def _first(bills: list[Row], name: str) -> str:
    return next((each[name] for each in bills if name in each), "")


def _bill(row: Row) -> str:
    lines = _lines(row)
    containers = row["container_ids"].split(";") if "container_ids" in row else []
    headings = row["hs_codes"].split(";") if "hs_codes" in row else []
    apart = len(headings) > len(containers) or bool(lines)
    seals = row["seal_ids"].split(";") if "seal_ids" in row else []
    each = min(_SEAL_PLACES, -(-len(seals) // len(containers))) if containers else 0
    return segment(
        "Bol_segment",
        _identity(row),
        leaf("Consolidated_Cargo", {"true": "1", "false": "0"}.get(row.get("is_consolidation", ""), "")),
        _places(row),
        segment(
            "Traders_segment",
            *(_trader(row, *names) for names in (("shipper", "Exporter"), ("notify", "Notify"))),
            _trader(row, "consignee", "Consignee"),
        ),
        *(
            _container(row, at, number, "" if apart or at >= len(headings) else headings[at], seals, each)
            for at, number in enumerate(containers)
        ),
        segment(
            "Goods_segment",
            kept("Number_of_packages", row.get("packages", "")),
            kept("Package_type_code", row.get("package_type", "")),
            kept("Gross_mass", row.get("gross_weight_kg", "")),
            leaf("Shipping_marks", row.get("marks", "")),
            kept("Goods_description", row.get("goods_description", "")),
            _more_seals(seals[each * len(containers) :]),
            leaf("Volume_in_cubic_meters", row.get("volume_m3", "")),
            leaf("Num_of_ctn_for_this_bol", str(len(containers))),
        ),
        segment(
            "Value_segment",
            segment(
                "Customs_segment",
                leaf("Customs_value", row.get("declared_value", "")),
                leaf("Customs_currency", row.get("currency", "")),
            ),
        ),
        _location(row.get("location", "")),
        *(segment("HS_Compliance", leaf("HS_code", code)) for code in headings if apart),
        *lines,
    )


def _identity(row: Row) -> str:
    level = row.get("bill_level", "")
    odd = row.get("is_consolidation") == "true" or "master_id" in row
    straight = "DIR" if odd else "AWB" if row.get("mode") in ("air", "express") else "BOL"
    kind = {"master": "MSB", "house": "HSB", "direct": straight}.get(level, "")
    return segment(
        "Bol_id",
        leaf("Bol_reference", row.get("shipment_id", "")),
        kept("Line_number", row.get("line_number", "")),
        kept("Bol_nature", _NATURES.get(row.get("direction", ""), "")),
        kept("Bol_type_code", kind),
        leaf("Master_bol_ref_number", row.get("master_id", "")),
    )


def _places(row: Row) -> str:
    loading, delivery = row.get("loading_port", ""), row.get("delivery_place", "")
    origin, last = row.get("origin_country", ""), row.get("destination_country", "")
    return segment(
        "Load_unload_place",
        leaf("Port_of_origin_code", loading if country_of(loading) == origin and origin else origin),
        kept("Place_of_loading_code", loading),
        kept("Place_of_unloading_code", row.get("discharge_port", "")),
        leaf("Place_of_delivery_code", delivery),
        leaf(
            "Place_of_ultimate_destination_code", delivery if last and country_of(delivery) == last else last
        ),
    )


def _trader(row: Row, role: str, name: str) -> str:
    country, phone, email = (row.get(f"{role}_{what}", "") for what in ("country", "phone", "email"))
    return segment(
        name,
        leaf(f"{name}_code", row.get(f"{role}_id", "")),
        kept(f"{name}_name", " ".join(row.get(f"{role}_name", "").split("\n"))),
        kept(f"{name}_address", address_lines(row.get(f"{role}_address", ""), country, phone, email)),
    )


def _container(row: Row, at: int, number: str, heading: str, seals: list[str], each: int) -> str:
    types = row["container_types"].split(";") if "container_types" in row else [""]
    own = seals[at * each : (at + 1) * each]
    return segment(
        "ctn_segment",
        leaf("Ctn_reference", number),
        leaf("Number_of_packages", row.get("packages", "") if "container_ids" in row and at == 0 else "0"),
        kept("Type_of_container", types[min(at, len(types) - 1)]),
        kept("Empty_Full", LOAD_CODES.get(row.get("container_load_status", ""), "")),
        *(leaf(f"Marks{place}", seal) for place, seal in enumerate(own, start=1)),
        leaf("Commodity_code", heading),
    )


def _more_seals(seals: list[str]) -> str:
    if not seals:
        return ""
    return segment(
        "Seals_segment", leaf("Number_of_seals", str(len(seals))), leaf("Marks_of_seals", ",".join(seals))
    )


def _location(text: str) -> str:
    return segment("Location", leaf("Location_code" if len(text) <= 17 else "Location_info", text))


def _lines(row: Row) -> list[str]:
    """Return the lines of goods, where the table has any."""
    try:
        items: list[dict[str, Any]] = json.loads(row.get("items", "[]"))
    except ValueError:
        return []
    return [
        segment(
            "HS_Compliance",
            leaf("HS_code", str(line.get("hs", ""))),
            leaf("Commercial_description", str(line.get("description", ""))),
            leaf("Number_of_packages", cell_text(line.get("packages")) or ""),
            leaf("Gross_mass", cell_text(line.get("kg")) or ""),
            leaf("Country_of_origin", str(line.get("origin", ""))),
        )
        for line in items
        if isinstance(line, dict)
    ]
