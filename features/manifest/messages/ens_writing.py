"""A shipment table as entry summary declarations: one CC315A (amended: CC313A) per shipment."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO
from xml.sax.saxutils import escape

import pandas as pd

from features.manifest import codes

#: Longest description of a goods item and longest marks of a kind of packages.
GOODS_WIDTH, MARKS_WIDTH = 280, 140
_TEXT, _CITY, _TIN, _MEANS, _SEAL, _BOX = 35, 35, 17, 27, 20, 17
#: Goods items of a declaration, packages and documents of an item.
_MOST, _GROUPS = 999, 99
_MODES = {"sea": "1", "rail": "2", "road": "3", "air": "4", "express": "4", "post": "5"}
_PLAIN = {"air": "N740", "express": "N740", "road": "N730", "rail": "N720", "post": "N750"}
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_PERMIT = "N911"
#: Elements of each party: name, street, postcode, city, country, identification.
_CONSIGNOR = ("NamCO17", "StrAndNumCO122", "PosCodCO123", "CitCO124", "CouCO125", "TINCO159")
_CONSIGNEE = ("NamCE17", "StrAndNumCE122", "PosCodCE123", "CitCE124", "CouCE125", "TINCE159")
_NOTIFY = (
    "NamNOTPAR672",
    "StrNumNOTPAR673",
    "PosCodNOTPAR676",
    "CitNOTPAR674",
    "CouCodNOTPAR675",
    "TINNOTPAR671",
)
_COLUMNS = (
    "shipment_id",
    "master_id",
    "bill_level",
    "manifest_id",
    "registration_number",
    "customs_office",
    "mode",
    "known_at",
    "arrives_at",
    "shipper_name",
    "shipper_address",
    "shipper_country",
    "shipper_id",
    "consignee_name",
    "consignee_address",
    "consignee_country",
    "consignee_id",
    "notify_name",
    "notify_address",
    "notify_country",
    "notify_id",
    "broker_name",
    "carrier_name",
    "items",
    "goods_description",
    "marks",
    "hs_codes",
    "permit_refs",
    "origin_country",
    "loading_port",
    "discharge_port",
    "destination_country",
    "gross_weight_kg",
    "packages",
    "package_type",
    "container_ids",
    "seal_ids",
    "vessel_or_flight",
    "voyage",
    "amendment_count",
    "last_amended_at",
)


def write(table: pd.DataFrame, stream: BinaryIO) -> None:
    """Write a complete shipment table as declarations, one document after another.

    Parameters
    ----------
    table : DataFrame
        A complete shipment table.
    stream : BinaryIO
        What is written to it follows from the table alone. Every declaration begins with an XML
        declaration of its own, so that a file of several can be cut there.
    """
    names = list(_COLUMNS)
    columns = [_texts(table[name]) for name in names]
    for cells in zip(*columns, strict=True):
        stream.write("".join(_message(dict(zip(names, cells, strict=True)))).encode("utf-8"))


def _texts(column: pd.Series) -> list[str]:
    """Return a column as texts, empty where it says nothing; times as year to minute, digits only."""
    if column.dtype.kind == "M":
        column = column.dt.strftime("%Y%m%d%H%M")
    said = column.notna().tolist()
    write_one = _decimal if column.dtype.kind == "f" else str
    return [write_one(each) if there else "" for each, there in zip(column.tolist(), said, strict=True)]


def _decimal(number: float) -> str:
    """Return a number with at most three decimals."""
    return f"{number:.3f}".rstrip("0").rstrip(".")


def _one(tag: str, text: str, width: int = 0) -> str:
    """Return an element, or nothing where it would say nothing."""
    text = " ".join(_FORBIDDEN.sub("", text).split())
    text = text[:width].rstrip() if width else text
    return f"<{tag}>{escape(text)}</{tag}>" if text else ""


def _group(tag: str, *children: str) -> str:
    inside = "".join(children)
    return f"<{tag}>{inside}</{tag}>" if inside else ""


def _message(row: dict[str, str]) -> Iterator[str]:
    amended = row["amendment_count"] not in ("", "0")
    name = "CC313A" if amended else "CC315A"
    items = list(_items(row))[:_MOST]
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<ie:{name} xmlns:ie="http://ics.dgtaxud.ec/{name}">'
    yield _one("MesSenMES3", row["carrier_name"] or row["broker_name"], _TEXT)
    yield _one("MesRecMES6", row["customs_office"], _TEXT)
    yield _one("DatOfPreMES9", row["known_at"][2:8]) + _one("TimOfPreMES10", row["known_at"][8:12])
    yield _one("MesIdeMES19", row["shipment_id"], _TEXT) + _one("MesTypMES20", name)
    yield _header(row, amended, len(items))
    yield _party("TRACONCO1", _CONSIGNOR, row, "shipper")
    yield _party("TRACONCE1", _CONSIGNEE, row, "consignee")
    yield _party("NOTPAR670", _NOTIFY, row, "notify")
    yield from (
        _group("GOOITEGDS", _one("IteNumGDS7", str(number)), item)
        for number, item in enumerate(items, start=1)
    )
    if row["origin_country"]:
        for country in filter(None, (row["origin_country"], row["destination_country"])):
            yield _group("ITI", _one("CouOfRouCodITI1", country))
    yield _group("TRAREP", _one("NamTRE1", row["broker_name"], _TEXT))
    lodger = row["broker_name"] or row["carrier_name"] or row["consignee_name"] or row["shipper_name"]
    yield _group("PERLODSUMDEC", _one("NamPLD1", lodger, _TEXT))
    for seal in filter(None, row["seal_ids"].split(";")):
        yield _group("SEAID529", _one("SeaIdSEAID530", seal, _SEAL))
    yield _group(
        "CUSOFFFENT730",
        _one("RefNumCUSOFFFENT731", row["customs_office"]),
        _one("ExpDatOfArrFIRENT733", row["arrives_at"]),
    )
    yield _group("TRACARENT601", _one("NamTRACARENT604", row["carrier_name"], _TEXT))
    yield f"</ie:{name}>\n"


def _header(row: dict[str, str], amended: bool, items: int) -> str:
    flown = row["mode"] in ("air", "express")
    means, conveyance = row["vessel_or_flight"], row["voyage"]
    if flown and not conveyance:  # a flight is the number of the conveyance, not the aircraft
        means, conveyance = "", means
    reference = (
        _one("DocNumHEA5", row["registration_number"] or row["shipment_id"])
        if amended
        else _one("RefNumHEA4", row["manifest_id"] or row["shipment_id"])
    )
    return _group(
        "HEAHEA",
        reference,
        _one("TraModAtBorHEA76", _MODES.get(row["mode"], "")),
        _one("IdeOfMeaOfTraCroHEA85", means, _MEANS),
        _one("TotNumOfIteHEA305", str(items)),
        _one("TotNumOfPacHEA306", row["packages"]),
        _one("TotGroMasHEA307", row["gross_weight_kg"]),
        _one("SpeCirIndHEA1", "A" if row["mode"] == "express" else ""),
        _one("ConRefNumHEA", conveyance, _TEXT),
        _one("PlaLoaGOOITE334", row["loading_port"], _TEXT),
        _one("PlaUnlGOOITE334", row["discharge_port"], _TEXT),
        _one("DatTimAmeHEA113", row["last_amended_at"] or row["known_at"]) if amended else "",
        "" if amended else _one("DecDatTimHEA114", row["known_at"]),
    )


def _party(group: str, tags: tuple[str, ...], row: dict[str, str], role: str) -> str:
    name, street, postcode, city, country, identifier = tags
    where = _address(row[f"{role}_address"])
    return _group(
        group,
        _one(name, row[f"{role}_name"], _TEXT),
        _one(street, where[0], _TEXT),
        _one(postcode, ""),
        _one(city, where[1], _CITY),
        _one(country, row[f"{role}_country"]),
        _one(identifier, row[f"{role}_id"], _TIN),
    )


def _address(text: str) -> tuple[str, str]:
    """Return street and city: an address parted at a comma, or at a blank where it must be."""
    text = " ".join(text.split())
    if len(text) <= _TEXT:
        return text, ""
    for mark in (", ", " "):
        at = text.rfind(mark, 0, _TEXT + 1)
        if at > 0:
            return text[:at], text[at + len(mark) :]
    return text[:_TEXT], text[_TEXT:]


def _items(row: dict[str, str]) -> Iterator[str]:
    """Yield the insides of goods items, without their numbers."""
    lines = _lines(row["items"])
    hs = [code for code in row["hs_codes"].split(";") if code]
    if not lines:
        lines = [
            {"description": row["goods_description"], "hs": hs[0] if hs else "", "kg": row["gross_weight_kg"]}
        ]
        lines[0]["packages"] = row["packages"]
    else:
        said = "; ".join(dict.fromkeys(line.get("description", "") for line in lines))
        whole = row["goods_description"]
        if whole and whole not in said:
            # After the line's own text: what is cut when it is read is a text that stands elsewhere too.
            lines[0]["description"] = "; ".join(filter(None, (lines[0].get("description", ""), whole)))
    for number, line in enumerate(lines):
        first, *more = split(str(line.get("description", "")), GOODS_WIDTH)
        yield _item(row, line, first, number == 0)
        yield from (_one("GooDesGDS23", text) for text in more)
    said_hs = {str(line.get("hs", ""))[:8] for line in lines}
    for code in hs:
        if code[:8] not in said_hs:
            yield _commodity(code)


def _commodity(code: str) -> str:
    return _group("COMCODGODITM", _one("ComNomCMD1", code[:8]))


def _item(row: dict[str, str], line: dict[str, Any], text: str, first: bool) -> str:
    packages = [(_kind(row["package_type"]), _count(line.get("packages")), "")]
    if first:
        marks = list(split(row["marks"], MARKS_WIDTH))
        packages[0] = (packages[0][0], packages[0][1], marks[0])
        packages += [("", "", more) for more in marks[1:_GROUPS]]
    containers = filter(None, row["container_ids"].split(";")) if first else ()
    kg = line.get("kg", "")
    return "".join(
        (
            _one("GooDesGDS23", text),
            _one("GroMasGDS46", _count(kg)),
            *_documents(row, first),
            _commodity(str(line.get("hs", ""))),
            *(_group("CONNR2", _one("ConNumNR21", container, _BOX)) for container in containers),
            *(
                _group(
                    "PACGS2",
                    _one("KinOfPacGS23", kind),
                    _one("NumOfPacGS24", count),
                    _one("MarNumOfPacGSL21", marked),
                )
                for kind, count, marked in packages
            ),
        )
    )


def _documents(row: dict[str, str], first: bool) -> Iterable[str]:
    """Return the transport documents of a goods item, and on the first the permits."""
    sea = row["mode"] in ("sea", "")
    level = row["bill_level"]
    if level == "house":
        kind = "N714" if sea else "N703"
    elif level == "master":
        kind = "N704" if sea else "N741"
    else:
        kind = _PLAIN.get(row["mode"], "N705")
    documents = [(kind, row["shipment_id"])]
    if row["master_id"] and level != "master":
        documents.append(("N704" if sea else "N741", row["master_id"]))
    if first:
        documents += [(_PERMIT, permit) for permit in row["permit_refs"].split(";") if permit]
    return [
        _group("PRODOCDC2", _one("DocTypDC21", kind), _one("DocRefDC23", reference))
        for kind, reference in documents[:_GROUPS]
    ]


def _kind(text: str) -> str:
    """Return a kind of package that is a code of two characters (UN/ECE Recommendation 21)."""
    return text if len(text) == 2 else ""


def _count(number: object) -> str:
    return number if isinstance(number, str) else _decimal(number) if isinstance(number, float | int) else ""


def _lines(said: str) -> list[dict[str, Any]]:
    try:
        lines = json.loads(said) if said else []
    except (ValueError, RecursionError):
        return []
    if not isinstance(lines, list):
        return []
    return [
        {key: line[key] for key in codes.ITEM_KEYS if isinstance(line.get(key), str | float | int)}
        for line in lines
        if isinstance(line, dict)
    ]


def split(text: str, width: int) -> Iterator[str]:
    """Yield a text in pieces of at most a width: shorter than it where the text goes on after a blank."""
    text = " ".join(_FORBIDDEN.sub("", text).split())
    while len(text) > width:
        at = text.rfind(" ", 0, width)
        if at > 0:
            yield text[:at]
            text = text[at + 1 :]
        else:
            yield text[:width]
            text = text[width:].lstrip()
    yield text
