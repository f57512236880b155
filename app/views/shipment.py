"""What the page of a shipment shows of what was declared: fields laid out, what changed, what hints go by."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from app.views.route import Route
from features.manifest import schema
from risk import looking
from risk.store.dossier import Version

#: Goods lines and members of a list shown; of more it is told how many.
LINES: Final = 60
MEMBERS: Final = 60
#: How parts of a manifest follow each other.
GROUPS: Final = (
    *("identity", "time_place", "parties", "goods", "route", "quantities", "equipment", "message"),
    *("changes", "local"),
)
ROLES: Final = ("shipper", "consignee", "notify")
_PARTY: Final = ("name", "address", "country", "id", "phone", "email")
#: Fields of a goods line, in the order of its columns.
LINE: Final = ("description", "hs", "packages", "kg", "value", "currency", "origin")
#: What differs from version to version by itself.
_UNTOLD: Final = frozenset(("known_at", "source_file", "source_position"))


# --- what was declared ----------------------------------------------------------------------


@dataclass(frozen=True)
class Field:
    """A declared field: its column, its value, and how to write it (a kind of `schema`)."""

    name: str
    value: Any
    kind: str
    code: str = ""


@dataclass(frozen=True)
class Declared:
    """What was declared, as on a manifest.

    Attributes
    ----------
    groups : dict of str to tuple of Field
        By group, in order; parties and goods lines stand by themselves.
    parties : dict of str to tuple of Field
        By role; others (broker, carrier) under ``other``.
    lines : tuple of dict
        Goods lines, at most `LINES`.
    columns : tuple of str
        Fields that any line has.
    more : int
        Lines left out.
    """

    groups: dict[str, tuple[Field, ...]]
    parties: dict[str, tuple[Field, ...]]
    lines: tuple[dict[str, Any], ...]
    columns: tuple[str, ...]
    more: int


def declared(row: Mapping[str, Any]) -> Declared:
    """Return a declared row laid out; outcomes that came with a file are no part of it."""
    groups: dict[str, list[Field]] = {name: [] for name in GROUPS}
    for column in schema.COLUMNS:
        value = row.get(column.name)
        if value in (None, "") or column.group not in groups or column.group == "parties":
            continue
        if column.name != "items":
            groups[column.group].append(Field(column.name, value, column.kind, column.code))
    extra = [name for name in row if name not in schema.BY_NAME and row[name] not in (None, "")]
    groups["local"] = [Field(name, row[name], "text") for name in sorted(extra)]
    lines = _lines(row.get("items"))
    shown = lines[:LINES]
    columns = tuple(name for name in LINE if any(line.get(name) not in (None, "") for line in shown))
    return Declared(
        {name: tuple(fields) for name, fields in groups.items() if fields},
        _parties(row),
        shown,
        columns,
        len(lines) - len(shown),
    )


def _parties(row: Mapping[str, Any]) -> dict[str, tuple[Field, ...]]:
    found = {}
    for role in ROLES:
        columns = [schema.BY_NAME[f"{role}_{part}"] for part in _PARTY]
        found[role] = tuple(
            Field(each.name, row[each.name], each.kind, each.code)
            for each in columns
            if row.get(each.name) not in (None, "")
        )
    others = [name for name in ("broker_name", "carrier_name") if row.get(name) not in (None, "")]
    found["other"] = tuple(Field(name, row[name], "text") for name in others)
    return {role: fields for role, fields in found.items() if fields}


def _lines(text: Any) -> tuple[dict[str, Any], ...]:
    try:
        found = json.loads(text) if isinstance(text, str) else []
    except (ValueError, RecursionError):
        return ()
    return tuple(line for line in found if isinstance(line, dict)) if isinstance(found, list) else ()


def members(text: Any) -> tuple[list[str], int]:
    """Return the members of a list as declared, and how many were left out."""
    found = [part.strip() for part in str(text).split(";") if part.strip()]
    return found[:MEMBERS], max(0, len(found) - MEMBERS)


# --- what changed ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Change:
    """What a version says otherwise than the one before it.

    Attributes
    ----------
    number : int
    known_at : Timestamp
    current : bool
    fields : tuple of (Field, Field)
        Before and after; a value is None where there was none.
    compared : bool
        Whether both could be compared: a purged one cannot.
    """

    number: int
    known_at: pd.Timestamp
    current: bool
    fields: tuple[tuple[Field, Field], ...]
    compared: bool


def changes(versions: Sequence[Version]) -> list[Change]:
    """Return what each version changed, the latest first."""
    found = []
    for before, after in zip([None, *versions[:-1]], versions, strict=True):
        compared = before is not None and before.declared is not None and after.declared is not None
        fields = _changed(before.declared or {}, after.declared or {}) if compared and before else ()
        found.append(Change(after.number, after.known_at, after.current, fields, compared))
    return found[::-1]


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[tuple[Field, Field], ...]:
    order = [*schema.BY_NAME, *sorted({*before, *after} - set(schema.BY_NAME))]
    names = [name for name in order if name not in _UNTOLD and before.get(name) != after.get(name)]
    pairs = []
    for name in names:
        column = schema.BY_NAME.get(name)
        kind, code = (column.kind, column.code) if column else ("text", "")
        pairs.append((Field(name, before.get(name), kind, code), Field(name, after.get(name), kind, code)))
    return tuple(pairs)


# --- where to look --------------------------------------------------------------------------


def load(version: Version, route: Route) -> looking.Load:
    """Return what hints on where to look go by."""
    row, kept = version.declared or {}, version.kept
    boxes = str(row.get("container_ids") or kept.get("containers") or "")
    heading = str(kept.get("heading") or "")
    return looking.Load(
        heading=heading,
        group=looking.group_of(heading),
        mode=route.mode,
        origin=route.origin,
        loading=route.loading,
        discharge=route.discharge,
        destination=route.destination,
        containers=bool(boxes),
        refrigerated=row.get("is_refrigerated") is True,
        full=row.get("container_load_status") == "full",
        consolidated=row.get("is_consolidation") is True or row.get("container_load_status") == "part",
        packages=kept.get("packages"),
        gross_weight_kg=kept.get("gross_weight_kg"),
    )
