"""A shipment table as a flat ITMATT: one row per line of contents."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any, BinaryIO

import pandas as pd

#: Column of the shipment table -> name of the column written, in order; said on every row of an item.
ITEM = {
    "shipment_id": "item_id_s10",
    "manifest_id": "message_id",
    "known_at": "message_date",
    "registration_number": "registration_number",
    "declaration_id": "declaration_id",
    "customs_office": "customs_office",
    "direction": "direction",
    "master_id": "dispatch_id",
    "location": "receptacle_id",
    "carrier_name": "carrier",
    "vessel_or_flight": "flight",
    "arrives_at": "arrival_date",
    "origin_country": "orig_country",
    "loading_port": "loading_port",
    "discharge_port": "discharge_port",
    "delivery_place": "delivery_place",
    "destination_country": "dest_country",
    "shipper_name": "sender_name",
    "shipper_address": "sender_address",
    "shipper_country": "sender_country",
    "shipper_id": "sender_id",
    "shipper_phone": "sender_phone",
    "shipper_email": "sender_email",
    "consignee_name": "addressee_name",
    "consignee_address": "addressee_address",
    "consignee_country": "addressee_country",
    "consignee_id": "addressee_id",
    "consignee_phone": "addressee_phone",
    "consignee_email": "addressee_email",
    "category": "nature_of_transaction",
    "handling_codes": "handling_codes",
    "permit_refs": "licence_no",
    "packages": "number_of_packages",
    "gross_weight_kg": "item_weight_kg",
    "net_weight_kg": "net_weight_total_kg",
    "declared_value": "item_value",
    "currency": "item_currency",
    "goods_description": "goods_description",
    "hs_codes": "hs_codes",
    "amendment_count": "amendment_number",
    "last_amended_at": "amended_at",
}
#: Key of a line of goods -> name of the column written.
CONTENT = {
    "description": "content_description",
    "packages": "content_packages",
    "kg": "content_net_weight_kg",
    "value": "content_value",
    "currency": "content_currency",
    "hs": "content_hs",
    "origin": "content_origin_country",
}
#: Said by the contents where an item has one line and no list of them.
_BY_CONTENT = {"goods_description": "description", "hs_codes": "hs", "net_weight_kg": "kg"}
_NATURES = {
    "SALE-OF-GOODS": "SALE OF GOODS",
    "RETURNED-GOODS": "RETURNED GOODS",
    "GIFT": "GIFT",
    "SAMPLE": "COMMERCIAL SAMPLE",
    "DOCUMENTS": "DOCUMENTS",
    "MERCHANDISE": "MERCHANDISE",
    "OTHER": "OTHER",
}
_ROWS = 5_000


def write(table: pd.DataFrame, stream: BinaryIO) -> None:
    """Write a complete shipment table as a flat ITMATT in UTF-8.

    Parameters
    ----------
    table : DataFrame
        A complete shipment table. Whatever their mode, its rows are written as postal items.
    stream : BinaryIO
        What is written to it follows from the table alone.
    """
    buffer = io.StringIO()
    rows = csv.writer(buffer, lineterminator="\r\n")
    rows.writerow([*ITEM.values(), "content_piece_no", *CONTENT.values()])
    for number, row in enumerate(_rows(table)):
        rows.writerow(row)
        if number % _ROWS == _ROWS - 1:
            stream.write(buffer.getvalue().encode("utf-8", errors="replace"))
            buffer.seek(0)
            buffer.truncate()
    stream.write(buffer.getvalue().encode("utf-8", errors="replace"))


def _rows(table: pd.DataFrame) -> Iterator[list[str]]:
    columns = [name for name in ITEM if name != "category"]
    texts = [_texts(table[name]) for name in columns]
    lines = table["items"].astype(object).where(table["items"].notna(), "").tolist()
    for cells, said in zip(zip(*texts, strict=True), lines, strict=True):
        yield from _item(dict(zip(columns, cells, strict=True)), _lines(said))


def _item(item: dict[str, str], lines: list[dict[str, Any]]) -> Iterator[list[str]]:
    handling = item["handling_codes"].split(";")
    nature = next((code for code in handling if code in _NATURES), "")
    item["category"] = _NATURES.get(nature, "")
    # In order of the codes again: the category stands first when read.
    if nature and handling[0] != nature:
        item["category"] = ""
    elif nature:
        item["handling_codes"] = ";".join(code for code in handling if code != nature)
    if not lines:
        content = {key: item[name] for name, key in _BY_CONTENT.items()}
        item |= dict.fromkeys(_BY_CONTENT, "")
        yield [*(item[name] for name in ITEM), "", *(content.get(key, "") for key in CONTENT)]
        return
    for number, line in enumerate(lines, 1):
        yield [*(item[name] for name in ITEM), str(number), *(_text(line.get(key)) for key in CONTENT)]


def _lines(said: str) -> list[dict[str, Any]]:
    try:
        lines = json.loads(said) if said else []
    except (ValueError, RecursionError):
        return []
    if not isinstance(lines, list):
        return []
    return [{key: line[key] for key in CONTENT if key in line} for line in lines if isinstance(line, dict)]


def _text(value: object) -> str:
    """Return a cell: a number so that it reads back to the bit; nothing of what is no text or number."""
    return value if isinstance(value, str) else repr(value) if isinstance(value, float | int) else ""


def _texts(column: pd.Series) -> list[str]:
    """Return a column as texts, empty where it says nothing."""
    if column.dtype.kind == "M":
        column = column.dt.strftime("%Y-%m-%dT%H:%M:%S.%f").astype("str").str.removesuffix(".000000")
    return [_text(value) for value in column.astype(object).where(column.notna(), None).tolist()]
