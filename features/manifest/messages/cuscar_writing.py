"""The shipment table written as UN/EDIFACT CUSCAR D.95B."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any, BinaryIO

import pandas as pd

from features.manifest.messages import edi_values, segments
from features.manifest.messages.cuscar_bills import NAME_FULL, TEXT_FULL

#: Bills of one message: its containers stand before its bills and are held until then.
BILLS = 200
#: What bills of one message have in common.
_HEAD = (
    "manifest_id",
    "registration_number",
    "known_at",
    "arrives_at",
    "mode",
    "vessel_or_flight",
    "voyage",
    "carrier_name",
    "customs_office",
)
_MODES = {"sea": "1", "rail": "2", "road": "3", "air": "4", "express": "4", "post": "5"}
_DIRECTIONS = {"export": "22", "import": "23", "transit": "24", "transhipment": "28"}
_LOADS = {"empty": "4", "full": "5", "part": "7"}
_RELEASED = str.maketrans({"?": "??", "+": "?+", ":": "?:", "'": "?'"})
_BLANKS = str.maketrans(dict.fromkeys("\t\n\r\x0b\x0c\x1c\x1d\x1e\x1f\x85\u2028\u2029", " "))

Row = dict[str, Any]


def write(table: pd.DataFrame, stream: BinaryIO) -> None:
    """Write a shipment table as one interchange, a message for every run of bills with one head."""
    charset = "UNOC" if _is_ascii(table) else "UNOY"
    when = _moment(table["known_at"].min(), "%y%m%d:%H%M") if len(table) else ""
    stream.write(f"UNA:+.? '\nUNB+{charset}:3+WILDCARGO+CUSTOMS+{when or '700101:0000'}+1'\n".encode())
    count = 0
    for count, bills in enumerate(_messages(table), start=1):
        body = [f"UNH+{count}+CUSCAR:D:95B:UN", *_head(bills[0], count), *_containers(bills)]
        for number, bill in enumerate(bills, start=1):
            body += _bill(bill, number)
        body.append(f"UNT+{len(body) + 1}+{count}")
        stream.write("".join(f"{segment}'\n" for segment in body).encode("utf-8", errors="replace"))
    stream.write(f"UNZ+{count}+1'\n".encode())


def _is_ascii(table: pd.DataFrame) -> bool:
    return all(
        text.isascii()
        for name in table
        if table[name].dtype == "str"
        for text in table[name].dropna().unique()
    )


def _messages(table: pd.DataFrame) -> Iterator[list[Row]]:
    """Yield runs of bills that agree in their message's head and on what containers they share."""
    held: list[Row] = []
    key: tuple[Any, ...] = ()
    equipment: dict[str, tuple[Any, ...]] = {}
    names = list(table.columns)
    for cells in table.itertuples(index=False, name=None):
        row = {name: cell for name, cell in zip(names, cells, strict=True) if not _missing(cell)}
        mine = (*(row.get(name) for name in _HEAD), bool(row.get("amendment_count")))
        boxes = {each[0]: each for each in _boxes(row)}
        shared = all(equipment.get(number, box) == box for number, box in boxes.items())
        if held and (mine != key or not shared or len(held) == BILLS):
            yield held
            held, equipment = [], {}
        key = mine
        held.append(row)
        equipment.update(boxes)
    if held:
        yield held


def _missing(cell: Any) -> bool:
    return cell is None or cell is pd.NA or cell is pd.NaT or (isinstance(cell, float) and math.isnan(cell))


def _head(row: Row, number: int) -> list[str]:
    function = "4" if row.get("amendment_count") else "9"
    found = [f"BGM+785+{_text(row.get('manifest_id'))}+{function}"]
    if known := _moment(row.get("known_at"), "%Y%m%d%H%M%S"):
        found.append(f"DTM+137:{known}:204")
    if row.get("registration_number"):
        found.append(f"RFF+ABT:{_text(row['registration_number'])}")
    found += ["NAD+MS+WILDCARGO"]
    if row.get("carrier_name"):
        found.append(f"NAD+CA+++{_pieces(row['carrier_name'], 35, 5)}")
    vessel = f"+++++:::{_text(row['vessel_or_flight'])}" if row.get("vessel_or_flight") else ""
    mode = _MODES.get(row.get("mode", ""), "")
    found.append(_trimmed(f"TDT+20+{_text(row.get('voyage'))}+{mode}{vessel}"))
    if row.get("customs_office"):
        found.append(_place("22", row["customs_office"]))
    if arrives := _moment(row.get("arrives_at"), "%Y%m%d%H%M%S"):
        found.append(f"DTM+132:{arrives}:204")
    return found


def _boxes(row: Row) -> list[tuple[Any, ...]]:
    """Return the containers of a bill: number, type, load, seals, refrigerated."""
    numbers = str(row.get("container_ids", "")).split(";")
    kinds = str(row.get("container_types", "")).split(";")
    seals = tuple(str(row.get("seal_ids", "")).split(";"))
    load, cold = _LOADS.get(row.get("container_load_status", ""), ""), bool(row.get("is_refrigerated"))
    return [
        (each, kinds[min(n, len(kinds) - 1)], load, seals if n == 0 else (), cold)
        for n, each in enumerate(numbers)
        if each
    ]


def _containers(bills: list[Row]) -> list[str]:
    found, seen = [], set()
    for number, kind, load, seals, cold in (box for bill in bills for box in _boxes(bill)):
        if number in seen:
            continue
        seen.add(number)
        found.append(_trimmed(f"EQD+CN+{_text(number)}+{_text(kind)}+++{load}"))
        if cold:
            found.append("TMP+2")
        found += [f"SEL+{_text(seal)}" for seal in seals if seal]
    return found


def _bill(row: Row, number: int) -> list[str]:
    found = [f"CNI+{_text(row.get('line_number') or number)}+{_text(row['shipment_id'])}"]
    found += [f"RFF+{kind}:{_text(text)}" for kind, text in _references(row)]
    totals = (("7", "gross_weight_kg", ":KGM"), ("8", "packages", ""), ("15", "volume_m3", ":MTQ"))
    found += [f"CNT+{kind}:{_number(row[name])}{unit}" for kind, name, unit in totals if name in row]
    if "declared_value" in row:
        found.append(_trimmed(f"MOA+44:{_number(row['declared_value'])}:{_text(row.get('currency'))}"))
    for kind, name in (
        ("9", "loading_port"),
        ("11", "discharge_port"),
        ("7", "delivery_place"),
        ("27", "origin_country"),
        ("28", "destination_country"),
        ("14", "location"),
    ):
        if name in row:
            found.append(_place(kind, row[name]))
    found += [_place("13", place) for place in str(row.get("transhipment_ports", "")).split(";") if place]
    if row.get("direction") in _DIRECTIONS:
        found.append(f"GIS+{_DIRECTIONS[row['direction']]}")
    for role, kind in (("CZ", "shipper"), ("CN", "consignee"), ("NI", "notify")):
        found += _party(role, row, kind)
    if "broker_name" in row:
        found.append(f"NAD+CB+++{_pieces(row['broker_name'], 35, 5)}")
    return found + _goods(row)


def _references(row: Row) -> Iterator[tuple[str, str]]:
    air, level = row.get("mode") in ("air", "express"), row.get("bill_level")
    number, master = row["shipment_id"], row.get("master_id", "")
    if "declaration_id" in row:
        yield "ABT", row["declaration_id"]
    for permit in str(row.get("permit_refs", "")).split(";"):
        if permit:
            yield "IP", permit
    above = "MWB" if air else "MB"
    if level == "master":
        yield above, number
        return
    if level == "direct":
        yield above, number
    elif master:
        yield above, master
    plain = "AWB" if air else "BM"
    house = "HWB" if air else "BH"
    yield (house if level == "house" else plain), number


def _party(role: str, row: Row, kind: str) -> list[str]:
    said = {
        key: row.get(f"{kind}_{key}", "") for key in ("name", "address", "country", "id", "phone", "email")
    }
    if not any(said.values()):
        return []
    lines = segments.cut(_one_line(said["address"]), 35, NAME_FULL)
    street, more = lines[:3], lines[3:8]
    elements = (
        _escaped(said["id"]),
        _composite(more),
        _pieces(said["name"], 35, 5),
        _composite(street),
        "",
        "",
        "",
        _escaped(said["country"]),
    )
    found = [_trimmed(f"NAD+{role}+{'+'.join(elements)}")]
    calls = [(said[key], code) for key, code in (("phone", "TE"), ("email", "EM")) if said[key]]
    if calls:
        found += ["CTA+IC", *(f"COM+{_text(number)}:{code}" for number, code in calls)]
    return found


def _goods(row: Row) -> list[str]:
    lines = json.loads(row["items"]) if isinstance(row.get("items"), str) else []
    whole = _one_line(row.get("goods_description", ""))
    told = "; ".join(
        dict.fromkeys(text for line in lines if (text := _one_line(line.get("description", ""))))
    )
    found: list[str] = []
    hs = [code for code in str(row.get("hs_codes", "")).split(";") if code]
    if len(lines) < 2:
        own = {"packages": row.get("packages"), "kg": row.get("gross_weight_kg"), "description": whole}
        return _item(1, own, row, hs)
    if whole and whole != told:
        found += _described(whole)
    listed = {line.get("hs") for line in lines}
    found += [f"RFF+HS:{code}" for code in hs if code not in listed]
    for number, line in enumerate(lines, start=1):
        found += _item(number, line, row if number == 1 else {}, [line["hs"]] if line.get("hs") else [])
    return found


def _item(number: int, line: dict[str, Any], row: Row, hs: list[str]) -> list[str]:
    """Return one goods item; what only the whole bill says stands with the first."""
    count = _number(line["packages"]) if line.get("packages") is not None else ""
    found = [_trimmed(f"GID+{number}+{count}:{_kind(row.get('package_type', ''))}")]
    found += [f"HAN+{_text(code)}" for code in str(row.get("handling_codes", "")).split(";") if code]
    found += _described(_one_line(line.get("description") or ""))
    if bool(row.get("is_consolidation")):
        found.append("FTX+CUS+++CONSOLIDATION")
    if line.get("kg") is not None:
        found.append(f"MEA+AAE+G+KGM:{_number(line['kg'])}")
    if "net_weight_kg" in row:
        found.append(f"MEA+AAE+AAL+KGM:{_number(row['net_weight_kg'])}")
    if bool(row.get("is_refrigerated")) and not row.get("container_ids"):
        found.append("TMP+2")
    found += [f"SGP+{_text(box[0])}" for box in (_boxes(row) if number == 1 else [])]
    marks = segments.cut(_one_line(row.get("marks", "")), 35, NAME_FULL)
    found += [f"PCI+28+{_composite(marks[at : at + 10])}" for at in range(0, len(marks), 10)]
    found += [f"CST+{n}+{_text(code)}:122" for n, code in enumerate(hs, start=1)]
    if line.get("value") is not None:
        found.append(_trimmed(f"MOA+40:{_number(line['value'])}:{_text(line.get('currency'))}"))
    if line.get("origin"):
        found.append(f"LOC+27+{_text(line['origin'])}")
    return found


def _kind(text: str) -> str:
    """Return a kind of package as a code, or in words."""
    return _text(text) if len(text) <= 3 else f":::{_text(text)}"


def _described(text: str) -> list[str]:
    pieces = segments.cut(text, 70, TEXT_FULL)
    return [f"FTX+AAA+++{_composite(pieces[at : at + 5])}" for at in range(0, len(pieces), 5)]


def _trimmed(segment: str) -> str:
    """Leave out separators at the end of a segment that nothing releases."""
    while segment.endswith(("+", ":")):
        before = segment[:-1]
        if (len(before) - len(before.rstrip("?"))) % 2:
            break
        segment = before
    return segment


def _place(kind: str, text: str) -> str:
    return f"LOC+{kind}+{_text(text)}" if len(text) <= 25 else f"LOC+{kind}+:::{_text(text)}"


def _pieces(text: str, width: int, most: int) -> str:
    return _composite(segments.cut(_one_line(text), width, NAME_FULL)[:most])


def _composite(pieces: list[str]) -> str:
    return ":".join(_escaped(piece) for piece in pieces)


def _text(text: Any) -> str:
    return _escaped(_one_line(str(text))) if text is not None else ""


def _escaped(text: str) -> str:
    return text.translate(_RELEASED)


def _one_line(text: str) -> str:
    return text.translate(_BLANKS).strip()


def _number(value: float) -> str:
    return edi_values.written(float(value))


def _moment(when: Any, form: str) -> str:
    return "" if _missing(when) else pd.Timestamp(when).strftime(form)
