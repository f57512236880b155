"""What bills of ASYCUDA World manifests say of their containers and goods."""

from __future__ import annotations

import re
from typing import Any

from features.manifest import codes
from features.manifest.messages.asycuda_records import (
    MOST,
    Columns,
    Record,
    lines_of,
    load_status,
    number,
    refrigerated,
)


def say_containers(
    told: Columns, containers: list[Record], goods: list[Record], bill: dict[str, str]
) -> None:
    """Set the containers of a bill."""
    references = _each(containers, "_reference")
    told.members("container_ids", references)
    types = _each(containers, "_container_type")
    told.members("container_types", types)
    if any(map(refrigerated, types)) or _each(containers, "_temperature"):
        told.values["is_refrigerated"] = "true"
    load_status(_each(containers, "_load"), told)
    count = (goods[0].said if goods else bill).get("_containers", "")
    found = len(set(references))
    if found and count.isascii() and count.isdigit() and len(count) < 9 and int(count) != found:
        told.doubt(
            "container_ids", f"Num_of_ctn_for_this_bol {count}", f"{count} containers; {found} stand here"
        )


def _each(records: list[Record], key: str) -> list[str]:
    """Return what each of some records says, where it says it."""
    return [each.said[key] for each in records if each.said.get(key)]


def say_goods(told: Columns, goods: list[Record], bill: Record, containers: list[Record]) -> None:
    """Set what is carried: totals over the goods segments, and lines where there are several."""
    lines = bill.many("line")
    for each in goods:
        if each.parts:
            lines = lines + each.many("line")
    own = [*goods, Record(bill.said)] if not _GOODS_KEYS.isdisjoint(bill.said) else goods
    if len(own) == 1 and not lines:
        _one_segment(told, own[0].said, containers)
        return
    for column, key in _QUANTITIES:
        whole = bill.said.get(key)  # what the bill says itself is the sum of its goods
        told.sum(column, [whole] if whole else _each(goods, key) or _each(lines, key))
    if "gross_weight_kg" not in told.values and not _each(own, "_mass"):
        told.sum("gross_weight_kg", _each(own, "_container_mass") or _each(containers, "_container_mass"))
    if not told.values.get("volume_m3", "1").strip("0."):
        del told.values["volume_m3"]  # what systems send for cargo nobody measured
    told.say("package_type", _joined(_each(own, "_package_type") or _each(lines, "_package_type")))
    told.say("marks", _joined(_each(own, "_marks") or _each(lines, "_marks")))
    description = _each(own, "_description") or _each(lines, "_description")
    told.say("goods_description", _joined(description or _each(own, "_information")))
    _codes_and_seals(
        told, _each([*containers, *own, *lines], "_heading"), _seals([*containers, *own, *lines])
    )
    if lines or len(goods) > 1:
        _items(told, goods, lines)


def _one_segment(told: Columns, said: dict[str, str], containers: list[Record]) -> None:
    """Set what is carried, of a bill with one goods segment, as nearly all are."""
    for column, key in _QUANTITIES:
        if text := said.get(key):
            told.sum(column, [text])
    if "gross_weight_kg" not in told.values and not said.get("_mass"):
        own = said.get("_container_mass")
        told.sum("gross_weight_kg", [own] if own else _each(containers, "_container_mass"))
    if not told.values.get("volume_m3", "1").strip("0."):
        del told.values["volume_m3"]  # what systems send for cargo nobody measured
    for column, key in _WORDS:
        if text := said.get(key):
            told.values[column] = lines_of(text)
    if "goods_description" not in told.values:
        told.say("goods_description", lines_of(said.get("_information", "")))
    headings, seals = _each(containers, "_heading"), _seals(containers)
    headings += [said["_heading"]] if "_heading" in said else []
    seals += [said["_seals"]] if "_seals" in said else []
    _codes_and_seals(told, headings, seals)


_QUANTITIES = (
    ("packages", "_packages"),
    ("gross_weight_kg", "_mass"),
    ("net_weight_kg", "_net_mass"),
    ("volume_m3", "_volume"),
)
_WORDS = (("package_type", "_package_type"), ("marks", "_marks"), ("goods_description", "_description"))


def _seals(records: list[Record]) -> list[str]:
    """Return the seals of some records; all in one element count where none has an element of its own."""
    found = []
    for each in records:
        if text := each.said.get("_seals"):
            found.append(text)
        elif (text := each.said.get("_all_seals", "")) and not (len(text) < 3 and text.isdigit()):
            found.append(text)  # a short number counts them
    return found


def _codes_and_seals(told: Columns, headings: list[str], seals: list[str]) -> None:
    if headings:
        pieces = _PIECES.split(";".join(headings)[:100_000])
        told.members("hs_codes", [code for code in pieces if len(code) > 3])
    if seals:
        told.members("seal_ids", [piece.strip() for piece in _SEALS.split(";".join(seals)[:100_000])])


_PIECES = re.compile(r"[;,\s]+")
_SEALS = re.compile(r"[;,]")
#: What a bill says of its goods itself where they have no segment.
_GOODS_KEYS = frozenset(
    f"_{word}"
    for word in (
        *("packages", "mass", "net_mass", "volume", "package_type"),
        *("marks", "description", "heading", "information", "seals", "all_seals"),
    )
)


def _joined(texts: list[str]) -> str:
    """Return texts as one, each once."""
    if len(texts) < 2:
        return lines_of(texts[0]) if texts else ""
    return "; ".join(lines_of(text) for text in dict.fromkeys(texts))


def _items(told: Columns, goods: list[Record], lines: list[Record]) -> None:
    """Set the lines of goods, and their country of origin where they agree on one."""
    found = [line for each in lines if len(line := _goods_line(each)) > ("hs" in line)]
    if not found and len(goods) > 1:
        found = [line for each in goods if (line := _goods_line(each))]
    if found:
        told.say("items", codes.dump_items(found[:MOST]))
        origins = {line.get("origin", "") for line in found}
        if len(origins) == 1 and "origin_country" not in told.values:
            told.say("origin_country", origins.pop())


def _goods_line(record: Record) -> dict[str, Any]:
    said = record.said.get
    line: dict[str, Any] = {"description": lines_of(said("_description", "")), "hs": said("_heading", "")}
    for key, text in (("packages", said("_packages")), ("kg", said("_mass") or said("_container_mass"))):
        value = number(text) if text else None
        line[key] = None if value is None else float(value)
    line["origin"] = said("_origin_country", "")
    return {key: value for key, value in line.items() if value not in (None, "")}
