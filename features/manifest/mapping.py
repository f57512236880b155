"""The mapping file: how any other table turns into the shipment table.

A mapping is TOML; ``docs/manifest.md`` describes every section. `load_mapping` checks all of it
and lists all that is wrong in one go.
"""

from __future__ import annotations

import zoneinfo
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from features import small_files
from features.manifest import cells, schema
from features.manifest.problems import ManifestError, problem

#: Quantities summed over the lines of one bill unless `[lines]` says otherwise.
SUMMED = ("gross_weight_kg", "net_weight_kg", "packages", "volume_m3", "declared_value")
#: What must agree between the lines of one bill.
AGREEING = (
    "mode",
    "direction",
    "manifest_id",
    "master_id",
    "shipper_name",
    "consignee_name",
    "loading_port",
    "discharge_port",
    "destination_country",
)


@dataclass(frozen=True)
class Source:
    """Where a canonical column comes from.

    Attributes
    ----------
    columns : tuple of str
        Source columns.
    how : str
        ``join`` (by a blank, for lists by ``;``), ``first_of`` (the first that is not empty),
        ``latest`` (of times, the latest) or ``row_number`` (file and row of the record; no columns).
    """

    columns: tuple[str, ...]
    how: str = "join"


@dataclass(frozen=True)
class When:
    """One condition over source columns, and the value it gives."""

    conditions: tuple[tuple[str, tuple[str, ...]], ...]
    value: str


@dataclass(frozen=True)
class Values:
    """A value map: source column, its values' meanings, and conditions that come first."""

    column: str | None
    map: dict[str, str]
    when: tuple[When, ...] = ()
    other: str | None = None


@dataclass(frozen=True)
class Read:
    """How the file is written; None means it is detected."""

    delimiter: str | None = None
    encoding: str | None = None
    sheet: str | None = None
    decimal: str | None = None
    dayfirst: bool | None = None
    skip_rows: int | None = None
    time_zone: str = "UTC"
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Lines:
    """How rows of one bill become one shipment."""

    key: tuple[str, ...] = ()
    sum: tuple[str, ...] = SUMMED
    same: tuple[str, ...] = AGREEING
    total: str = "auto"
    join: bool = True


@dataclass(frozen=True)
class Mapping:
    """A checked mapping file."""

    columns: dict[str, Source] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    values: dict[str, Values] = field(default_factory=dict)
    scale: dict[str, float] = field(default_factory=dict)
    lines: Lines = field(default_factory=Lines)
    categorical: tuple[str, ...] = ()
    numeric: tuple[str, ...] = ()
    read: Read = field(default_factory=Read)

    def source_columns(self) -> tuple[str, ...]:
        """Return every source column the mapping names, each once, in order."""
        names = [name for source in self.columns.values() for name in source.columns]
        for values in self.values.values():
            names += [values.column] if values.column is not None else []
            names += [name for when in values.when for name, _ in when.conditions]
        names += [name for name in self.lines.key if name not in schema.BY_NAME]
        return tuple(dict.fromkeys((*names, *self.categorical, *self.numeric)))


def load_mapping(path: str | Path) -> Mapping:
    """Read and check a mapping file.

    Raises
    ------
    ManifestError
        With every problem of the file.
    """
    try:
        text = small_files.read_text(path)
    except ValueError as error:
        raise ManifestError(
            [problem(f"a mapping file that can be read ({_short(error)})", file=Path(path).name)]
        ) from None
    return parse_mapping(text, name=Path(path).name)


def parse_mapping(text: str, *, name: str = "mapping") -> Mapping:
    """Check the text of a mapping file; see `load_mapping`."""
    try:
        document = small_files.toml(text)
    except ValueError as error:
        raise ManifestError([problem(f"TOML ({_short(error)})", file=name)]) from None
    checker = _Checker(name)
    mapping = checker.mapping(document)
    if checker.problems:
        raise ManifestError(checker.problems)
    return mapping


def _local(document: dict[str, Any]) -> frozenset[str]:
    """Return the numeric local columns, which may be summed over lines too."""
    extra = document.get("extra")
    names = extra.get("numeric") if isinstance(extra, dict) else None
    return (
        frozenset(name for name in names if isinstance(name, str)) if isinstance(names, list) else frozenset()
    )


def _short(error: BaseException) -> str:
    return str(error)[:200] or type(error).__name__


class _Checker:
    """Collects what is wrong while it builds a `Mapping`."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.problems: list[dict[str, str]] = []

    def mapping(self, document: dict[str, Any]) -> Mapping:
        sections = ("columns", "constants", "values", "scale", "lines", "extra", "read")
        for key in document:
            if key not in sections:
                self.wrong(key, "", "one of the sections " + ", ".join(f"[{s}]" for s in sections))
        columns = {k: s for k, v in self.section(document, "columns").items() if (s := self.source(k, v))}
        values = {k: m for k, v in self.section(document, "values").items() if (m := self.value_map(k, v))}
        mapping = Mapping(
            columns=columns,
            values=values,
            constants=self.constants(self.section(document, "constants")),
            scale=self.scale(self.section(document, "scale")),
            lines=self.lines(self.section(document, "lines"), _local(document)),
            read=self.read(self.section(document, "read")),
            **self.extra(self.section(document, "extra")),
        )
        self.whole(mapping)
        return mapping

    def wrong(self, where: str, value: object, expected: str) -> None:
        self.problems.append(problem(expected, file=self.name, column=where, value=str(value)))

    def section(self, document: dict[str, Any], key: str) -> dict[str, Any]:
        found = document.get(key, {})
        if isinstance(found, dict):
            return found
        self.wrong(key, found, f"a section [{key}]")
        return {}

    def canonical(self, where: str, name: str) -> bool:
        if name in schema.BY_NAME:
            return True
        self.wrong(where, name, "a column of the shipment table")
        return False

    def texts(self, where: str, value: object) -> tuple[str, ...]:
        members = [value] if isinstance(value, str) else value
        if isinstance(members, list) and members and all(isinstance(m, str) and m for m in members):
            return tuple(members)
        self.wrong(where, value, "a column name or a list of column names")
        return ()

    def source(self, name: str, value: object) -> Source | None:
        where = f"columns.{name}"
        if not self.canonical(where, name):
            return None
        if isinstance(value, dict):
            if value == {"row_number": True}:
                return Source((), "row_number")
            if set(value) == {"first_of"}:
                found = self.texts(where, value["first_of"])
                return Source(found, "first_of") if found else None
            if set(value) == {"latest"} and schema.BY_NAME[name].kind == "time":
                found = self.texts(where, value["latest"])
                return Source(found, "latest") if found else None
            expected = "{ row_number = true }, { first_of = [...] } or, for a time, { latest = [...] }"
            self.wrong(where, value, expected)
            return None
        found = self.texts(where, value)
        return Source(found) if found else None

    def allowed(self, where: str, name: str, value: object) -> str | None:
        """Return a value written in the mapping, as text, if the column takes it."""
        text = str(value).lower() if isinstance(value, bool) else str(value)
        if isinstance(value, (dict, list)):
            self.wrong(where, value, "a text, number or flag")
            return None
        import pandas as pd

        read = cells.read_column(name, pd.Series([text], dtype="str"), cells.Habits())
        if len(read.noted) or (text and read.values.isna().iloc[0]):
            self.wrong(where, text, cells.expectation(schema.BY_NAME[name]))
            return None
        return text

    def constants(self, section: dict[str, Any]) -> dict[str, str]:
        found = {}
        for name, value in section.items():
            if self.canonical(f"constants.{name}", name):
                text = self.allowed(f"constants.{name}", name, value)
                found.update({name: text} if text is not None else {})
        return found

    def value_map(self, name: str, section: object) -> Values | None:
        where = f"values.{name}"
        if not isinstance(section, dict) or not self.canonical(where, name):
            if not isinstance(section, dict):
                self.wrong(where, section, "a section with column, map and when")
            return None
        for key in set(section) - {"column", "map", "when", "other"}:
            self.wrong(f"{where}.{key}", section[key], "one of column, map, when, other")
        column, given = section.get("column"), section.get("map", {})
        if column is not None and not isinstance(column, str):
            self.wrong(f"{where}.column", column, "a source column")
            column = None
        if not isinstance(given, dict):
            self.wrong(f"{where}.map", given, "a table of source value = allowed value")
            given = {}
        if column is None and not section.get("when"):
            self.wrong(where, "", "a source column, or conditions")
        mapped = {str(k): self.allowed(f"{where}.map.{k}", name, v) for k, v in given.items()}
        other = self.allowed(f"{where}.other", name, section["other"]) if "other" in section else None
        return Values(
            column,
            {k: v for k, v in mapped.items() if v is not None},
            self.whens(where, name, section),
            other,
        )

    def whens(self, where: str, name: str, section: dict[str, Any]) -> tuple[When, ...]:
        listed, found = section.get("when", []), []
        if not isinstance(listed, list):
            self.wrong(f"{where}.when", listed, f"[[{where}.when]]")
            return ()
        for number, entry in enumerate(listed, start=1):
            at = f"{where}.when {number}"
            if not isinstance(entry, dict) or "value" not in entry or len(entry) < 2:
                self.wrong(at, entry, "conditions on source columns, and value")
                continue
            value = self.allowed(at, name, entry["value"])
            conditions = []
            for column, given in entry.items():
                members = given if isinstance(given, list) else [given]
                if column != "value" and all(isinstance(m, (str, int, float)) for m in members):
                    conditions.append((column, tuple(str(m) for m in members)))
                elif column != "value":
                    self.wrong(f"{at}.{column}", given, "a text or a list of texts")
            if value is not None:
                found.append(When(tuple(conditions), value))
        return tuple(found)

    def scale(self, section: dict[str, Any]) -> dict[str, float]:
        found = {}
        for name, value in section.items():
            if not self.canonical(f"scale.{name}", name):
                continue
            number = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < 1e12
            if schema.BY_NAME[name].kind == "number" and number:
                found[name] = float(value)
            else:
                self.wrong(f"scale.{name}", value, "a number column and a positive factor")
        return found

    def lines(self, section: dict[str, Any], local: frozenset[str]) -> Lines:
        for key in set(section) - {"key", "sum", "same", "total", "join"}:
            self.wrong(f"lines.{key}", section[key], "one of key, sum, same, total, join")
        total, join = section.get("total", "auto"), section.get("join", True)
        if total not in ("auto", "repeated", "lines"):
            self.wrong("lines.total", total, "one of auto, repeated, lines")
        if not isinstance(join, bool):
            self.wrong("lines.join", join, "true or false")
        return Lines(
            key=self.texts("lines.key", section["key"]) if "key" in section else (),
            sum=self.line_columns("sum", section, SUMMED, "number", local),
            same=self.line_columns("same", section, AGREEING, "", local),
            total=str(total),
            join=bool(join),
        )

    def line_columns(
        self, key: str, section: dict[str, Any], default: tuple[str, ...], kind: str, local: frozenset[str]
    ) -> tuple[str, ...]:
        if key not in section:
            return default
        if section[key] == []:
            return ()
        found = self.texts(f"lines.{key}", section[key])
        for name in found:
            if name in local:
                continue
            if self.canonical(f"lines.{key}", name) and kind and schema.BY_NAME[name].kind != kind:
                self.wrong(f"lines.{key}", name, f"a {kind} column")
        return found

    def extra(self, section: dict[str, Any]) -> dict[str, tuple[str, ...]]:
        for key in set(section) - {"categorical", "numeric"}:
            self.wrong(f"extra.{key}", section[key], "one of categorical, numeric")
        found = {}
        for key in ("categorical", "numeric"):
            names = self.texts(f"extra.{key}", section[key]) if section.get(key) else ()
            for name in names:
                if name in schema.BY_NAME:
                    self.wrong(f"extra.{key}", name, "a local column: this name is the shipment table's own")
            found[key] = names
        for name in sorted(set(found["categorical"]) & set(found["numeric"])):
            self.wrong("extra", name, "either categorical or numeric")
        return found

    def read(self, section: dict[str, Any]) -> Read:
        known = {
            "delimiter": lambda v: isinstance(v, str) and len(v) == 1 and v not in '"\r\n\0',
            "encoding": _known_encoding,
            "sheet": lambda v: isinstance(v, str) and v != "",
            "decimal": lambda v: v in (".", ","),
            "dayfirst": lambda v: isinstance(v, bool),
            "skip_rows": lambda v: isinstance(v, int) and not isinstance(v, bool) and 0 <= v <= 10_000,
            "time_zone": _known_zone,
            "missing": lambda v: isinstance(v, list) and all(isinstance(m, str) for m in v),
        }
        expected = {
            "delimiter": "one character",
            "encoding": "an encoding Python knows",
            "sheet": "the name of a sheet",
            "decimal": '"." or ","',
            "dayfirst": "true or false",
            "skip_rows": "a number of rows above the header",
            "time_zone": "a time zone such as Asia/Bangkok",
            "missing": "a list of texts",
        }
        found: dict[str, Any] = {}
        for key, value in section.items():
            if key not in known:
                self.wrong(f"read.{key}", value, "one of " + ", ".join(known))
            elif not known[key](value):
                self.wrong(f"read.{key}", value, expected[key])
            else:
                found[key] = tuple(value) if key == "missing" else value
        return Read(**found)

    def whole(self, mapping: Mapping) -> None:
        """Check what concerns several sections."""
        places: dict[str, dict[str, Any]] = {
            "columns": mapping.columns,
            "constants": mapping.constants,
            "values": mapping.values,
        }
        for name in schema.BY_NAME:
            named = [f"[{place}]" for place, entries in places.items() if name in entries]
            if len(named) > 1:
                self.wrong(name, "", "given once; it stands in " + " and ".join(named))
        if "shipment_id" not in mapping.columns and not mapping.lines.key:
            self.wrong("columns.shipment_id", "", "a source column, or { row_number = true }")


def _known_encoding(value: object) -> bool:
    """Tell whether text can be read with an encoding, damaged bytes replaced (idna and hex cannot)."""
    if not isinstance(value, str):
        return False
    try:
        return isinstance(b"a\n".decode(value, "replace"), str)
    except (LookupError, ValueError):
        return False


def _known_zone(value: object) -> bool:
    try:
        return isinstance(value, str) and zoneinfo.ZoneInfo(value) is not None
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
