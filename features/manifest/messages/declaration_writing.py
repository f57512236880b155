"""ASYCUDA World declarations written from a shipment table: one for each row."""

from __future__ import annotations

import json
import re
from typing import Any, BinaryIO

import pandas as pd

from features.manifest.messages.asycuda_records import LOAD_CODES, MODE_CODES, address_lines, country_of
from features.manifest.messages.asycuda_writing import Row, kept, leaf, rows_of, segment
from features.manifest.typed_cells import cell_text

_TYPES = {"import": ("IM", "4"), "export": ("EX", "1"), "transit": ("TR", "8"), "transhipment": ("TS", "8")}
#: A number as the reader gives it: year, office, serial, number.
_REGISTERED = re.compile(r"(\d{4}) (\S+) (\S) (\d+)", re.ASCII)


def write(table: pd.DataFrame, stream: BinaryIO) -> None:
    """Write every row of a table as one declaration.

    Parameters
    ----------
    table : DataFrame
        A complete shipment table (`features.manifest.schema.complete`).
    stream : binary stream
    """
    for row in rows_of(table):
        stream.write(b'<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n')
        stream.write(_declaration(row).encode())


def _declaration(row: Row) -> str:
    items = _items(row)
    seals = row.get("seal_ids", "").replace(";", ",")
    return segment(
        "ASYCUDA",
        segment(
            "Property",
            leaf("Sad_flow", {"import": "I", "export": "E"}.get(row.get("direction", ""), "")),
            segment(
                "Nbers",
                leaf("Total_number_of_items", str(len(items))),
                leaf("Total_number_of_packages", row.get("packages", "")),
            ),
        ),
        _identification(row),
        segment("Traders", _trader(row, "shipper", "Exporter"), _trader(row, "consignee", "Consignee")),
        segment("Declarant", leaf("Declarant_name", row.get("broker_name", ""))),
        segment(
            "General_information",
            segment(
                "Country",
                segment(
                    "Destination",
                    leaf("Destination_country_code", row.get("destination_country", "")),
                ),
            ),
        ),
        _transport(row),
        segment("Transit", segment("Seals", leaf("Identity", seals))),
        segment(
            "Valuation",
            segment("Weight", leaf("Gross_weight", row.get("gross_weight_kg", ""))),
            segment(
                "Gs_Invoice",
                leaf("Amount_foreign_currency", row.get("declared_value", "")),
                leaf("Currency_code", row.get("currency", "")),
            ),
        ),
        *_containers(row),
        *items,
        segment("Selectivity", leaf("Lane", row.get("lane", ""))),
        leaf("Trusted_trader", row.get("trusted_trader", "")),
    )


def _identification(row: Row) -> str:
    day = row.get("known_at", "")[:10]
    told = row.get("declaration_id", "")
    match = _REGISTERED.fullmatch(told)
    split = match and match[1] == day[:4] and match[2] == row.get("customs_office")
    serial, number = (match[3], match[4]) if match and split else ("", told)
    kind, procedure = _TYPES.get(row.get("direction", ""), ("", ""))
    return segment(
        "Identification",
        segment("Office_segment", kept("Customs_clearance_office_code", row.get("customs_office", ""))),
        segment("Type", leaf("Type_of_declaration", kind), leaf("Declaration_gen_procedure_code", procedure)),
        kept("Manifest_reference_number", row.get("registration_number", "")),
        segment("Registration", leaf("Serial_number", serial), leaf("Number", number), leaf("Date", day)),
    )


def _trader(row: Row, role: str, name: str) -> str:
    # The message has one text for name and address; without a name an address cannot be told from it.
    told = row.get(f"{role}_name", "").replace("\n", " ")
    country, phone, email = (row.get(f"{role}_{what}", "") for what in ("country", "phone", "email"))
    address = address_lines(row.get(f"{role}_address", ""), country, phone, email)
    text = f"{told}\n{address}" if told and address else told
    return segment(name, leaf(f"{name}_code", row.get(f"{role}_id", "")), leaf(f"{name}_name", text))


def _transport(row: Row) -> str:
    loading, destination = row.get("loading_port", ""), row.get("destination_country", "")
    place = "" if destination and country_of(loading) == destination else loading
    return segment(
        "Transport",
        segment(
            "Means_of_transport",
            segment("Departure_arrival_information", leaf("Identity", row.get("vessel_or_flight", ""))),
            segment("Border_information", leaf("Mode", MODE_CODES.get(row.get("mode", ""), ""))),
        ),
        leaf("Container_flag", "true" if "container_ids" in row else "false"),
        segment("Place_of_loading", leaf("Code", place)),
        leaf("Location_of_goods", row.get("location", "")),
    )


def _containers(row: Row) -> list[str]:
    if "container_ids" not in row:
        return []
    types = row["container_types"].split(";") if "container_types" in row else [""]
    return [
        segment(
            "Container",
            leaf("Item_Number", "1"),
            leaf("Container_identity", number),
            leaf("Container_type", types[min(at, len(types) - 1)]),
            leaf("Empty_full_indicator", LOAD_CODES.get(row.get("container_load_status", ""), "")),
        )
        for at, number in enumerate(row["container_ids"].split(";"))
    ]


def _items(row: Row) -> list[str]:
    """Return the items: the row's lines of goods where they add up to it, else one of the whole bill."""
    try:
        lines: list[dict[str, Any]] = [each for each in json.loads(row.get("items", "[]")) if each]
    except ValueError:
        lines = []
    if len(lines) < 2 or not _add_up(lines, row):
        headings = row.get("hs_codes", "").split(";")
        lines = [
            {
                "description": row.get("goods_description", ""),
                "hs": headings[0],
                "packages": row.get("packages", ""),
                "kg": row.get("gross_weight_kg", ""),
                "origin": row.get("origin_country", ""),
            },
            *({"hs": heading} for heading in headings[1:]),
        ]
    return [_item(line, row, first=not at) for at, line in enumerate(lines)]


def _add_up(lines: list[dict[str, Any]], row: Row) -> bool:
    """Tell whether lines say of the whole bill what the row says of it."""
    told = "; ".join(dict.fromkeys(str(line.get("description", "")) for line in lines))
    headings = ";".join(dict.fromkeys(str(line["hs"]) for line in lines if line.get("hs")))
    origins = {line.get("origin", "") for line in lines} - {""}
    return (
        told == row.get("goods_description", "")
        and headings == row.get("hs_codes", "")
        and (origins == {row["origin_country"]} if "origin_country" in row else len(origins) != 1)
        and all(
            name not in row or abs(sum(float(line.get(key, 0)) for line in lines) - float(row[name])) < 1e-9
            for key, name in (("packages", "packages"), ("kg", "gross_weight_kg"))
        )
    )


def _item(line: dict[str, Any], row: Row, *, first: bool) -> str:
    heading = str(line.get("hs", ""))
    papers = [("MAWB" if row.get("mode") in ("air", "express") else "MBL", row.get("master_id", ""))]
    papers += [("PERMIT", text) for text in row.get("permit_refs", "").split(";") if first]
    apart = len(heading) == 10
    return segment(
        "Item",
        *(
            segment(
                "Attached_documents",
                leaf("Attached_document_code", code),
                leaf("Attached_document_reference", reference),
            )
            for code, reference in papers
            if reference
        ),
        segment(
            "Packages",
            leaf("Number_of_packages", cell_text(line.get("packages")) or ""),
            leaf("Marks1_of_packages", row.get("marks", "") if first else ""),
            leaf("Kind_of_packages_code", row.get("package_type", "") if first else ""),
        ),
        segment(
            "Tarification",
            segment(
                "HScode",
                leaf("Commodity_code", heading[:8] if apart else heading),
                leaf("Precision_1", heading[8:] if apart else ""),
            ),
        ),
        segment(
            "Goods_description",
            leaf("Country_of_origin_code", str(line.get("origin", ""))),
            leaf("Commercial_Description", str(line.get("description", ""))),
        ),
        segment("Previous_doc", leaf("Summary_declaration", row.get("shipment_id", ""))),
        segment(
            "Valuation_item",
            segment(
                "Weight_itm",
                leaf("Gross_weight_itm", cell_text(line.get("kg")) or ""),
                leaf("Net_weight_itm", row.get("net_weight_kg", "") if first else ""),
            ),
            segment(
                "Item_Invoice",
                leaf("Amount_foreign_currency", cell_text(line.get("value")) or ""),
                leaf("Currency_code", str(line.get("currency", ""))),
            ),
        ),
    )
