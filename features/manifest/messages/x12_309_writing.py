"""The shipment table written as ANSI X12 309, release 006050."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

import pandas as pd
from anyascii import anyascii

from features.manifest.messages import edi_values, segments
from features.manifest.messages.x12_309_bills import FULL, NAME_FULL

#: Bills of one transaction set.
BILLS = 500
_GROUP = ("known_at", "manifest_id", "mode", "vessel_or_flight", "voyage")
_PORT = ("discharge_port", "arrives_at", "location")
_MODES = {"sea": "O", "air": "A", "rail": "R", "road": "J", "post": "7", "express": "U"}
_LOADS = {"full": "L", "empty": "E", "part": "P"}
_BLANKS = str.maketrans(dict.fromkeys("\t\n\r\x0b\x0c\x1c\x1d\x1e\x1f\x85\u2028\u2029", " "))
_UNKNOWN = "UNKNOWN"

Row = dict[str, Any]


def write(table: pd.DataFrame, stream: BinaryIO) -> None:
    """Write a shipment table as one interchange, a group for every run of bills of one manifest."""
    element, segment = _separators(table)
    when = _moment(table["known_at"].min(), "%y%m%d|%H%M") if len(table) else ""
    day, hour = (when or "700101|0000").split("|")
    header = [
        *("ISA", "00", " " * 10, "00", " " * 10, "ZZ", "WILDCARGO".ljust(15), "ZZ", "CUSTOMS".ljust(15)),
        *(day, hour, "U", "00605", "000000001", "0", "P", ":"),
    ]
    end = f"{segment}\n"
    stream.write((element.join(header) + end).encode())
    count = 0
    for count, bills in enumerate(_groups(table), start=1):
        known = _moment(bills[0].get("known_at"), "%Y%m%d|%H%M%S") or "19700101|0000"
        body = [
            ["ST", "309", f"{count:04d}"],
            _manifest(bills),
            *(line for number, row in enumerate(bills, start=1) for line in _bill(row, number, bills)),
        ]
        body.append(["SE", str(len(body) + 1), f"{count:04d}"])
        body.insert(0, ["GS", "SO", "WILDCARGO", "CUSTOMS", *known.split("|"), str(count), "X", "006050"])
        body.append(["GE", "1", str(count)])
        lines = (element.join(_plain(each) for each in line).rstrip(element) for line in body)
        stream.write("".join(line + end for line in lines).encode("ascii", errors="replace"))
    stream.write((element.join(("IEA", str(count), "000000001")) + end).encode())


def _plain(text: Any) -> str:
    text = str(text)
    return text if text.isascii() else anyascii(text)


def _separators(table: pd.DataFrame) -> tuple[str, str]:
    """Return an element and a segment separator that no text of the table holds."""
    used: set[str] = set()
    for name in table:
        if table[name].dtype == "str":
            for text in table[name].dropna().unique():
                used.update(text)
    used = set("".join(_plain(character) for character in used))
    element = next((each for each in "*|^" if each not in used), "\x1d")
    return element, next((each for each in "~!`" if each not in used), "\x1e")


def _groups(table: pd.DataFrame) -> Iterator[list[Row]]:
    held: list[Row] = []
    key: tuple[Any, ...] = ()
    names = list(table.columns)
    for cells in table.itertuples(index=False, name=None):
        row = {name: cell for name, cell in zip(names, cells, strict=True) if not _missing(cell)}
        mine = (*(row.get(name) for name in _GROUP), _type(row))
        if held and (mine != key or len(held) == BILLS):
            yield held
            held = []
        key = mine
        held.append(row)
    if held:
        yield held


def _missing(cell: Any) -> bool:
    return cell is None or cell is pd.NA or cell is pd.NaT or (isinstance(cell, float) and math.isnan(cell))


def _type(row: Row) -> str:
    """Return the manifest type (element 256)."""
    amended, direction = bool(row.get("amendment_count")), row.get("direction")
    if direction == "export":
        return "F" if amended else "E"
    if direction:
        return "Y" if amended else "W"
    return "C" if amended else "A"


def _manifest(bills: list[Row]) -> list[str]:
    row = bills[0]
    return [
        *("M10", "", _MODES.get(row.get("mode", ""), ""), "", "", _one_line(row.get("vessel_or_flight", ""))),
        *(row.get("voyage", ""), row.get("manifest_id", ""), str(len(bills)), _type(row)),
    ]


def _bill(row: Row, number: int, bills: list[Row]) -> Iterator[list[str]]:
    port = [row.get(name) for name in _PORT]
    if number == 1 or port != [bills[number - 2].get(name) for name in _PORT]:
        arrives = _moment(row.get("arrives_at"), "%Y%m%d|%H%M%S") or "19700101|"
        day, hour = arrives.split("|")
        yield ["P4", row.get("discharge_port", _UNKNOWN), day, "", row.get("location", ""), hour]
    yield ["LX", str(row.get("line_number") or number)]
    yield _bill_line(row)
    if row.get("bill_level") == "master":
        yield ["N9", "MB", row["shipment_id"]]
    for permit in _members(row, "permit_refs"):
        yield ["N9", "IL", permit]
    for code, role in (("SH", "shipper"), ("CN", "consignee"), ("N1", "notify")):
        yield from _party(code, row, role)
    for code, role in (("CB", "broker"), ("CA", "carrier")):
        if name := row.get(f"{role}_name"):
            yield ["N1", code, _one_line(name)[:60]]
    if row.get("direction") in ("transit", "transhipment"):
        yield ["M12", "62" if row["direction"] == "transit" else "63", row.get("declaration_id", "")]
    yield from _equipment(row)
    yield from _goods(row)


def _bill_line(row: Row) -> list[str]:
    number, master = row["shipment_id"], row.get("master_id", "")
    first, house = (master, number) if master else (number, "")
    kind = row.get("package_type", "")
    weight, volume = row.get("gross_weight_kg"), row.get("volume_m3")
    return [
        *("M11", first, row.get("loading_port", _UNKNOWN)),
        *(_number(row["packages"], 15) if "packages" in row else "", kind if len(kind) <= 3 else ""),
        *((_number(weight, 10), "K") if weight is not None else ("", "")),
        *((_number(volume, 8), "X") if volume is not None else ("", "")),
        *("", "", house, "ZZZZ", "ZZZZ" if house else ""),
    ]


def _party(code: str, row: Row, role: str) -> Iterator[list[str]]:
    said = {
        key: _one_line(row.get(f"{role}_{key}", "")) for key in ("name", "address", "id", "phone", "email")
    }
    country = row.get(f"{role}_country", "")
    if not any(said.values()) and not country:
        return
    yield ["N1", code, said["name"][:60].strip(), *(("ZZ", said["id"]) if said["id"] else ())]
    street = segments.cut(_plain(said["address"]), 55, NAME_FULL)[:4]
    for at in range(0, len(street), 2):
        yield ["N3", *street[at : at + 2]]
    if country:
        yield ["N4", "", "", "", country]
    calls = [
        part for kind, key in (("TE", "phone"), ("EM", "email")) if said[key] for part in (kind, said[key])
    ]
    if calls:
        yield ["PER", "IC", "", *calls]


def _equipment(row: Row) -> Iterator[list[str]]:
    boxes, seals = _members(row, "container_ids"), _members(row, "seal_ids")
    kinds = [*_members(row, "container_types"), ""]
    cold, load = bool(row.get("is_refrigerated")), _LOADS.get(row.get("container_load_status", ""), "")
    if not boxes:
        yield ["VID", "NC", "", "NC"]
    for n, box in enumerate(boxes):
        match = re.fullmatch(r"([A-Z]{4})([0-9]{1,11})", box)
        initial, number = (match[1], match[2]) if match else ("", box)
        sealed = ([*seals[:2], "", ""] if n == 0 else ["", ""])[:2]
        kind = kinds[min(n, max(0, len(kinds) - 2))]
        yield ["VID", "CZ" if cold else "CN", initial, number, *sealed, "", "", "", kind, load]
        if n == 0:
            yield from (["M7", *seals[at : at + 4]] for at in range(2, len(seals), 4))
    if not boxes:
        yield from (["M7", *seals[at : at + 4]] for at in range(0, len(seals), 4))
    if cold and not boxes:
        yield ["W09", "CZ"]


def _goods(row: Row) -> Iterator[list[str]]:
    lines = json.loads(row["items"]) if isinstance(row.get("items"), str) else []
    codes = _members(row, "hs_codes")
    marks = row.get("marks", "")
    if len(lines) < 2:
        value = {"value": row["declared_value"]} if "declared_value" in row else {}
        own = {"description": row.get("goods_description", ""), **value, "currency": row.get("currency")}
        own["origin"] = row.get("origin_country", "")
        yield from _item(1, own, codes, marks, row)
        return
    for number, line in enumerate(lines, start=1):
        own_codes = [line["hs"]] if line.get("hs") else []
        line = {"origin": row.get("origin_country", ""), **line}
        yield from _item(number, line, own_codes, marks if number == 1 else "", row)


def _item(number: int, line: dict[str, Any], codes: list[str], marks: str, row: Row) -> Iterator[list[str]]:
    """Yield the N10 of one goods item: the first says its quantities, the others go on with its texts."""
    texts = segments.cut(_plain(_one_line(line.get("description") or "")), 45, FULL)
    marked = segments.cut(_plain(_one_line(marks)), 48, FULL)
    for n in range(max(1, len(texts), len(marked), len(codes))):
        code = ["Z", codes[n]] if n < len(codes) else ["", ""]
        found = ["N10", "", texts[n] if n < len(texts) else "", marked[n] if n < len(marked) else "", *code]
        if n == 0:
            packages, kg, value = line.get("packages"), line.get("kg"), line.get("value")
            found[1] = _number(packages, 15) if packages is not None else ""
            found += [_number(value, 8).zfill(2) if value is not None else ""]
            found += ["K", _number(kg, 10)] if kg is not None else ["", ""]
            found += [str(number), "", line.get("origin") or "", row.get("destination_country", "")]
            found += [(line.get("currency") or "") if value is not None else ""]
        yield found


def _members(row: Row, name: str) -> list[str]:
    return [text for text in str(row.get(name, "")).split(";") if text]


def _one_line(text: str) -> str:
    return text.translate(_BLANKS).strip()


def _number(value: float, width: int) -> str:
    """Return a number in at most so many characters, rounded where it has more decimals."""
    text = edi_values.written(float(value))
    for decimals in range(width, -1, -1):
        if len(text) <= width:
            break
        text = edi_values.written(round(float(value), decimals))
    return text


def _moment(when: Any, form: str) -> str:
    return "" if _missing(when) else pd.Timestamp(when).strftime(form)
