"""Shipments written as IATA Cargo-IMP: FWB/17 for masters and direct bills, one FHL/5 for each house."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, BinaryIO

import numpy as np
import pandas as pd
from anyascii import anyascii

from features.manifest.messages.cargo_imp_times import MONTHS
from features.manifest.schema import BY_NAME

#: Rows written at a time.
_ROWS = 10_000
_NO_NUMBER = "000-00000000"
_WAYBILL = re.compile(r"([0-9]{3})[- ]?([0-9]{8})")
_HOUSE = re.compile(r"[A-Z0-9]{1,12}")
_FLIGHT = re.compile(r"([A-Z0-9]{2}) ?([0-9]{1,4})([A-Z]?)")
_UNIT = re.compile(r"[A-Z][A-Z0-9]{2}[A-Z0-9][0-9]{3,4}[A-Z0-9]{2}")
_ROLES = (("SHP", "shipper"), ("CNE", "consignee"), ("NFY", "notify"))
#: Columns that are written.
_NAMES = (
    *("shipment_id", "master_id", "declaration_id", "known_at", "arrives_at", "location"),
    *("container_ids", "broker_name"),
    *("carrier_name", "bill_level", "is_consolidation", "items", "goods_description", "hs_codes"),
    *("permit_refs", "handling_codes", "origin_country", "loading_port", "transhipment_ports"),
    *("discharge_port", "delivery_place", "gross_weight_kg", "packages", "volume_m3", "declared_value"),
    *("currency", "seal_ids", "vessel_or_flight"),
    *(f"{role}_{part}" for _, role in _ROLES for part in ("name", "address", "country", "id", "phone")),
)

Row = dict[str, Any]


def write(table: pd.DataFrame, stream: BinaryIO) -> None:
    """Write a complete shipment table, the houses of a master below it.

    Parameters
    ----------
    table : DataFrame
    stream : binary file
    """
    if table.empty:
        return
    master = table["master_id"].astype("str")
    level = table["bill_level"].astype("str")
    number = table["shipment_id"].astype("str").fillna("")
    loose = level.isna() & master.notna() & ~number.str.fullmatch(_WAYBILL.pattern)
    house = ((level == "house").fillna(False) | loose).to_numpy(dtype=bool)
    group = pd.factorize(master.where(house & master.notna(), number))[0]
    order = np.lexsort((house, group))
    totals = _totals(table, house, group)
    columns = table[list(_NAMES)]
    for begin in range(0, len(order), _ROWS):
        rows = order[begin : begin + _ROWS]
        lines: list[str] = []
        for at, row in zip(rows, _rows(columns.iloc[rows]), strict=True):
            lines += _house(row, totals[group[at]]) if house[at] else _waybill(row)
        lines.append("")
        stream.write("\r\n".join(lines).encode("ascii"))


def _rows(columns: pd.DataFrame) -> Iterator[Row]:
    """Yield rows whose missing cells are empty texts, or NaN for numbers."""
    cells = []
    for name in columns:
        column, kind = columns[name], BY_NAME[str(name)].kind
        if kind == "flag":
            column = column.fillna(False).astype(bool)
        elif kind == "time":
            column = column.dt.strftime("%Y-%m-%d").astype(object).where(column.notna(), "")
        elif kind != "number":
            column = column.astype(object).where(column.notna(), "")
        cells.append(column.tolist())
    for values in zip(*cells, strict=True):
        yield dict(zip(columns.columns, values, strict=True))


def _totals(table: pd.DataFrame, house: np.ndarray, group: np.ndarray) -> dict[int, tuple[float, float]]:
    """Return pieces and kg of each master: its own, or those of its houses together."""
    frame = pd.DataFrame(
        {
            "group": group,
            "pieces": table["packages"].to_numpy(dtype=float),
            "kg": table["gross_weight_kg"].to_numpy(dtype=float),
        }
    )
    houses = frame[house].groupby("group").sum()
    own = frame[~house].groupby("group").max()
    known = own.reindex(houses.index)
    whole = known.where(known.notna(), houses)
    return {
        int(key): (pieces, kg)
        for key, pieces, kg in zip(whole.index, whole["pieces"], whole["kg"], strict=True)
    }


# --- fields ---------------------------------------------------------------------------------


@lru_cache(maxsize=65536)
def clean(text: str) -> str:
    """Return a text in the characters of Cargo-IMP: A to Z, 0 to 9, point, hyphen, single blanks."""
    plain = (text if text.isascii() else anyascii(text)).replace("'", "")
    return " ".join(re.sub(r"[^A-Z0-9. -]+", " ", plain.upper()).split())


def wrapped(text: str, width: int, most: int) -> list[str]:
    """Return a text as lines that read together as it was.

    Only a word longer than a line fills one to its end, and goes on in the next.

    Parameters
    ----------
    text : str
        Words parted by single blanks.
    width, most : int
        Characters of a line, and lines; what is over is left out.
    """
    lines: list[str] = []
    current = ""
    for word in text.split():
        if current and len(current) + 1 + len(word) < width:
            current += " " + word
            continue
        if current:
            lines.append(current)
        whole = (len(word) // width) * width
        lines += [word[at : at + width] for at in range(0, whole, width)]
        current = word[whole:]
        if len(lines) >= most:
            return lines[:most]
    return [*lines, current][:most] if current else lines


def decimal(value: float, width: int) -> str:
    """Return a number in at most so many characters, if it is not larger than that; 0 if missing."""
    if not math.isfinite(value) or value <= 0:
        return "0"
    places = max(0, min(6, width - 1 - len(str(int(value)))))
    text = format(value, f".{places}f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _airport(text: str) -> str:
    """Return three letters of an airport: its own, or the last of a UN/LOCODE."""
    text = text.strip().upper()
    if re.fullmatch(r"[A-Z]{2}[A-Z]{3}|[A-Z]{3}", text):
        return text[-3:]
    return "XXX"


def _country(text: str) -> str:
    return text if re.fullmatch(r"[A-Z]{2}", text) else "XX"


def _number_of(text: str) -> str:
    found = _WAYBILL.fullmatch(text.strip())
    return f"{found[1]}-{found[2]}" if found else ""


def _members(text: str) -> list[str]:
    return [member for member in (clean(part) for part in text.split(";")) if member]


# --- parts ----------------------------------------------------------------------------------


def _party(row: Row, tag: str, role: str) -> list[str]:
    name = wrapped(clean(row[f"{role}_name"]), 35, 2) or ["."]
    parts = [part for part in map(clean, row[f"{role}_address"].split(",")) if part]
    place = parts.pop() if len(parts) > 1 and len(parts[-1]) <= 17 else "."
    street = wrapped(" ".join(parts), 35, 2) or ["."]
    coded = f"/{_country(row[f'{role}_country'])}"
    if phone := re.sub("[^A-Z0-9]", "", clean(row[f"{role}_phone"]))[:25]:
        coded += f"/TE/{phone}"
    return [
        tag,
        f"NAM/{name[0]}",
        *(f"/{line}" for line in name[1:]),
        f"ADR/{street[0]}",
        *(f"/{line}" for line in street[1:]),
        f"LOC/{place}",
        coded,
    ]


def _parties(row: Row, roles: tuple[str, ...], always: tuple[str, ...] = ()) -> list[str]:
    lines = []
    for tag, role in _ROLES:
        if tag in roles:
            said = any(row[f"{role}_{part}"] for part in ("name", "address", "country", "phone"))
            if said or tag in always:
                lines += _party(row, tag, role)
    return lines


def _customs(row: Row, own: str, master: str) -> list[str]:
    """Return lines OCI: numbers of papers and traders."""
    said = [("", "HWB", "U", own), ("", "MWB", "U", master)]
    said.append(("", "IMP", "M", clean(row["declaration_id"])))
    said.append(("", "TID", "F", clean(row["location"])))
    said += [("", "DOC", "C", text) for text in _members(row["permit_refs"])]
    said += [("", "", "N", text) for text in _members(row["seal_ids"])]
    for tag, role in _ROLES:
        country = row[f"{role}_country"]
        said.append((country if len(country) == 2 else "", tag, "T", clean(row[f"{role}_id"])))
    lines = [f"/{country}/{about}/{kind}/{text[:35]}" for country, about, kind, text in said if text]
    return ["OCI" + lines[0], *lines[1:]] if lines else []


def _handling(row: Row) -> str:
    found = [code for code in _members(row["handling_codes"]) if re.fullmatch("[A-Z0-9]{3}", code)]
    return "/".join(found[:9])


def _declared(row: Row, charges: str) -> str:
    currency = row["currency"] if re.fullmatch("[A-Z]{3}", row["currency"]) else "XXX"
    value = decimal(row["declared_value"], 12)
    return f"CVD/{currency}/{charges}/NVD/{value if value != '0' else 'NCV'}/XXX"


def _codes(row: Row) -> list[str]:
    return [code for code in row["hs_codes"].split(";") if re.fullmatch("[0-9]{2,10}", code)]


def _numbers(row: Row, waybill: str) -> tuple[str, str]:
    """Return the numbers of house and master that stand in no line of their own."""
    own, master = clean(row["shipment_id"]), clean(row["master_id"])
    said = (waybill,) if waybill != _NO_NUMBER else ()
    return (
        "" if _number_of(own) in said else own,
        "" if master == own or _number_of(master) in said else master,
    )


# --- messages -------------------------------------------------------------------------------


def _house(row: Row, total: tuple[float, float]) -> list[str]:
    origin, unloading = _airport(row["loading_port"]), _airport(row["discharge_port"])
    delivery = _airport(row["delivery_place"])
    destination = delivery if delivery != "XXX" else unloading
    waybill = _number_of(row["master_id"]) or _NO_NUMBER
    own, master = _numbers(row, waybill)
    if not own:  # a house under its own number
        own = clean(row["shipment_id"])
    short = own if _HOUSE.fullmatch(own) else re.sub("[^A-Z0-9]", "", own)[-12:] or "X"
    text = clean(row["goods_description"])
    weight = decimal(row["gross_weight_kg"], 7)
    lines = [
        "FHL/5",
        f"MBI/{waybill}{origin}{unloading}/T{decimal(round(total[0], 0), 4)}K{decimal(total[1], 7)}",
        f"HBS/{short}/{origin}{destination}/{_pieces(row)}/K{weight}//{text[:15].strip() or '.'}",
    ]
    if handling := _handling(row):
        lines.append(f"/{handling}")
    country = row["origin_country"]
    said = [f"GOODS ORIGIN {country}"] if re.fullmatch("[A-Z]{2}", country) else []
    if len(text) > 15:
        said = wrapped(text, 65, 9 - len(said)) + said
    lines += _block("TXT", said)
    lines += _block("HTS", _codes(row)[:9])
    lines += _customs(row, own if own != short else "", master)
    lines += _parties(row, ("SHP", "CNE"))
    lines.append(_declared(row, "PP"))
    return lines


def _block(tag: str, texts: list[str]) -> list[str]:
    return [f"{tag if n == 0 else ''}/{text}" for n, text in enumerate(texts)]


def _pieces(row: Row) -> str:
    return decimal(float(np.rint(row["packages"])), 4)


def _waybill(row: Row) -> list[str]:
    waybill = _number_of(row["shipment_id"]) or _number_of(row["master_id"]) or _NO_NUMBER
    own, master = _numbers(row, waybill)
    origin, destination = _airport(row["loading_port"]), _airport(row["discharge_port"])
    flight = _FLIGHT.fullmatch(row["vessel_or_flight"].strip().upper())
    named = clean(row["carrier_name"])
    carrier = flight[1] if flight else named if re.fullmatch("[A-Z0-9]{2}", named) else "XX"
    known, arrives = row["known_at"], row["arrives_at"]
    volume = decimal(row["volume_m3"], 9)
    lines = [
        "FWB/17",
        f"{waybill}{origin}{destination}/T{_pieces(row)}K{decimal(row['gross_weight_kg'], 7)}"
        + (f"MC{volume}" if volume != "0" else ""),
    ]
    if flight:
        lines.append(f"FLT/{flight[1]}{flight[2]}{flight[3]}/{(arrives or known or '01')[-2:]}")
    over = [_airport(port) for port in row["transhipment_ports"].split(";") if port]
    lines.append("RTG" + "".join(f"/{port}{carrier}" for port in (*over[:2], destination)))
    lines += _parties(row, ("SHP", "CNE", "NFY"), always=("SHP", "CNE"))
    lines.append(_declared(row, "/PP"))
    lines += _rates(row)
    lines.append(f"ISU/{_day(known or arrives)}/{origin}")
    if handling := _handling(row):
        lines.append(f"SPH/{handling}")
    for kind, code, name in (("BRK", "BRK", clean(row["broker_name"])), ("AIR", carrier, named)):
        if name and name != carrier:
            lines += [f"OPI/{name[:35].strip()}", f"///{kind}/{code}/{destination}"]
    return lines + _customs(row, own, master)


def _day(date: str) -> str:
    """Return a day as 16JUL26; the first of January 2000 stands for one that is not known."""
    year, month, day = date.split("-") if date else ("2000", "01", "01")
    return f"{day}{MONTHS[int(month) - 1]}{year[2:]}"


def _rates(row: Row) -> list[str]:
    """Return lines RTD: one line of rates, or one for each line of goods the bill has."""
    kind = "NC" if row["is_consolidation"] or row["bill_level"] == "master" else "NG"
    units = [unit for unit in _members(row["container_ids"]) if _UNIT.fullmatch(unit)]
    pieces, weight = _pieces(row), decimal(row["gross_weight_kg"], 7)
    groups = [(pieces, weight, clean(row["goods_description"]), _codes(row), row["origin_country"])]
    if items := _items(row):
        groups = items
    lines: list[str] = []
    for n, (count, kg, text, hs, origin) in enumerate(groups):
        said = [f"NH/{code}" for code in hs[:7]]
        said += [f"NO/{origin}"] if re.fullmatch("[A-Z]{2}", origin) else []
        said += [f"NU/{unit}" for unit in units[:3]] if n == 0 else []
        texts = [f"{kind}/{line}" for line in wrapped(text, 20, max(1, 12 - len(lines) - len(said)))]
        at = len(lines) + 1
        begin = f"/{at}/P{count}/K{kg}/CQ/W{kg}"
        body = [*(texts or [f"{kind}/."]), *said]
        below = [f"/{at + m}/{line}" if m else f"/{line}" for m, line in enumerate(body)]
        lines += [begin + "\r\n" + below[0], *below[1:]]
    return ["RTD" + lines[0], *lines[1:]]


def _items(row: Row) -> list[tuple[str, str, str, list[str], str]]:
    """Return the lines of goods, if lines of rates can hold them and say no less than the bill does."""
    try:
        items = json.loads(row["items"]) if row["items"] else []
    except ValueError:
        return []
    if not isinstance(items, list) or len(items) < 2 or not all(isinstance(item, dict) for item in items):
        return []
    groups = []
    for item in items:
        text = clean(str(item.get("description") or ""))
        hs, origin = str(item.get("hs") or ""), str(item.get("origin") or "")
        count, kg = (item.get(key) or 0 for key in ("packages", "kg"))
        if not isinstance(count, (int, float)) or not isinstance(kg, (int, float)) or not (count or kg):
            return []
        groups.append(
            (decimal(float(count), 4), decimal(float(kg), 7), text, [hs] if hs.isdigit() else [], origin)
        )
    texts = dict.fromkeys(text for _, _, text, _, _ in groups if text)
    needed = sum(len(wrapped(g[2], 20, 99) or ".") + len(g[3]) + bool(g[4]) for g in groups)
    codes = dict.fromkeys(code for group in groups for code in group[3])
    same = " ".join(texts) == clean(row["goods_description"]) and list(codes) == _codes(row)
    return groups if needed <= 12 and same else []
