"""Templates of the way back: which columns a port's own system takes, what they are called, in what order.

A template is TOML, written by the port; the ones that come with the package lie in ``templates/`` and
are where to start from (`shipped`). All that is wrong with one is listed at once.
"""

from __future__ import annotations

import re
import tomllib
import zoneinfo
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from features import small_files
from features.manifest import schema
from features.registry import FAMILIES

TARGETS: tuple[str, ...] = ("selectivity", "hold")
PER: tuple[str, ...] = ("shipment", "container")

#: What is made of a declared row besides its own columns, and what it is.
MADE: dict[str, str] = {
    "container_id": 'one container of the shipment (per = "container")',
    "registration_serial": "the registration number without its year",
    "registration_year": "the year in the registration number, else of known_at or arrives_at",
    "airline": "first three digits of the air waybill",
    "addressee": "terminal, airline or carrier asked to hold",
    "expires_at": "when the choice ends",
    "exported_at": "the moment of the run",
}
#: What says why, or how much: never part of a hold list.
CONFIDENTIAL: tuple[str, ...] = (
    "reason_code",
    "reason_codes",
    "rank",
    "risk",
    "risk_live_animals",
    "risk_wildlife_products",
    "selected_by",
    "selection_probability",
    "notes",
    "risk_basis",
    "model_id",
    "pool",
    "list_id",
    "lane",
    "trusted_trader",
)
#: Declared columns a template may name: everything but what inspections found.
DECLARED: tuple[str, ...] = tuple(name for name in schema.BY_NAME if name not in schema.OUTCOME_COLUMNS)
#: Codes besides those of the families of reasons.
OTHER_CODES: tuple[str, ...] = ("random", "officer", "unstated")

MOST_COLUMNS = 200
LONGEST_HOURS = 24.0 * 366
_XML_NAME = re.compile(r"(?!(?i:xml))[A-Za-z_][A-Za-z0-9_.-]{0,99}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_REASON = re.compile(r"reason_[1-9][0-9]?")
_SECTIONS = (
    "to", "per", "hours", "required", "expected", "addressee", "times", "csv", "xml", "columns",
    "reason_codes",
)  # fmt: skip


class TemplateError(ValueError):
    """A template cannot be used; the message has one line per problem."""


@dataclass(frozen=True)
class Field:
    """One column of the output.

    Attributes
    ----------
    name : str
        Header in CSV.
    source : str
        What it holds; empty for a constant.
    value : str
        The constant.
    element : str
        Name of its element in XML.
    """

    name: str
    source: str
    value: str
    element: str


@dataclass(frozen=True)
class Template:
    """A checked template.

    Attributes
    ----------
    to : str
        One of `TARGETS`.
    per : str
        One of `PER`: what a row is.
    fields : tuple of Field
    required : tuple of tuple of str
        A row needs one of each.
    expected : tuple of tuple of str
        A row should have one of each; one that has not is handed over and told.
    addressee : tuple of str
        The first that is not empty is asked to hold (hold lists).
    hours : float
        How long a choice stands where nothing says when the goods leave.
    codes : dict of str to str
        Reason code of each family and of `OTHER_CODES`.
    time_format, time_zone : str
    delimiter : str
    guard : bool
        Whether CSV is guarded against formulas.
    root, row, namespace : str
        XML: names of the elements, namespace (empty for none).
    omit_empty : bool
    """

    to: str
    per: str
    fields: tuple[Field, ...]
    required: tuple[tuple[str, ...], ...] = ()
    expected: tuple[tuple[str, ...], ...] = ()
    addressee: tuple[str, ...] = ()
    hours: float = 72.0
    codes: dict[str, str] = field(default_factory=dict)
    time_format: str = "%Y-%m-%dT%H:%M:%SZ"
    time_zone: str = "UTC"
    delimiter: str = ","
    guard: bool = True
    root: str = "rows"
    row: str = "row"
    namespace: str = ""
    omit_empty: bool = False


def shipped(to: str) -> str:
    """Return the text of the template that comes with the package.

    Parameters
    ----------
    to : str
        One of `TARGETS`.
    """
    return files("risk").joinpath("templates", f"{to}.toml").read_text(encoding="utf-8")


def load(path: str | Path | None, to: str) -> Template:
    """Read and check a template; the shipped one when no path is given.

    Raises
    ------
    TemplateError
        With every problem of the file.
    """
    if path is None:
        return parse(shipped(to), to, name=f"{to}.toml")
    try:
        text = small_files.read_text(path)
    except ValueError as error:
        raise TemplateError(f"{Path(path)}: a template that can be read is expected ({error})") from None
    return parse(text, to, name=str(path))


def parse(text: str, to: str, *, name: str = "template") -> Template:
    """Check the text of a template; see `load`."""
    try:
        document = small_files.toml(text)
    except ValueError as error:
        raise TemplateError(f"{name}: expected TOML ({str(error)[:200]})") from None
    checker = _Checker(name, to)
    template = checker.template(document)
    if checker.problems:
        raise TemplateError("\n".join(checker.problems))
    return template


def is_xml_name(text: str) -> bool:
    """Return whether a text can name an element."""
    return _XML_NAME.fullmatch(text) is not None


class _Checker:
    """Collects what is wrong while it builds a `Template`."""

    def __init__(self, name: str, to: str) -> None:
        self.name, self.to = name, to
        self.problems: list[str] = []

    def template(self, document: dict[str, Any]) -> Template:
        for key in sorted(set(document) - set(_SECTIONS)):
            self.wrong(key, "one of " + ", ".join(_SECTIONS))
        if document.get("to", self.to) != self.to:
            self.wrong("to", f'"{self.to}", as asked for')
        if self.to != "hold" and "addressee" in document:
            self.wrong("addressee", "none: only a hold list has one")
        return Template(
            to=self.to,
            per=self.given(document, "per", "container", lambda v: v in PER, " or ".join(PER)),
            fields=self.fields(document.get("columns")),
            required=self.needed("required", document.get("required", ["shipment_id"])),
            expected=self.needed("expected", document.get("expected", [])),
            addressee=self.addressee(document) if self.to == "hold" else (),
            hours=float(self.given(document, "hours", 72, _is_hours, "hours above 0, at most a year's")),
            codes=self.codes(document.get("reason_codes")),
            **self.times(self.section(document, "times", ("format", "zone"))),
            **self.csv(self.section(document, "csv", ("delimiter", "guard"))),
            **self.xml(self.section(document, "xml", ("root", "row", "namespace", "omit_empty"))),
        )

    def wrong(self, where: str, expected: str) -> None:
        self.problems.append(f"{self.name}: {where[:80]}: expected {expected}")

    def given(
        self, section: dict[str, Any], key: str, default: Any, good: Callable[[Any], bool], expected: str
    ) -> Any:
        value = section.get(key, default)
        if not good(value):
            self.wrong(key, expected)
            return default
        return value

    def section(self, document: dict[str, Any], key: str, known: tuple[str, ...]) -> dict[str, Any]:
        found = document.get(key, {})
        if not isinstance(found, dict):
            self.wrong(key, f"a section [{key}]")
            return {}
        for name in sorted(set(found) - set(known)):
            self.wrong(f"{key}.{name}", "one of " + ", ".join(known))
        return found

    def fields(self, listed: object) -> tuple[Field, ...]:
        if not isinstance(listed, list) or not 1 <= len(listed) <= MOST_COLUMNS:
            self.wrong("columns", f"1 to {MOST_COLUMNS} sections [[columns]]")
            return ()
        found = [made for at, entry in enumerate(listed, 1) if (made := self.field(f"column {at}", entry))]
        for kind, names in (("name", [f.name for f in found]), ("element", [f.element for f in found])):
            for name in sorted({name for name in names if names.count(name) > 1}):
                self.wrong(f"columns: {kind} {name}", "each once")
        return tuple(found)

    def field(self, where: str, entry: object) -> Field | None:
        if not isinstance(entry, dict) or ("from" in entry) == ("value" in entry):
            self.wrong(where, 'name and either from = "…" or value = "…"')
            return None
        for key in sorted(set(entry) - {"name", "from", "value", "element"}):
            self.wrong(f"{where}.{key}", "one of name, from, value, element")
        name, source, value = entry.get("name"), entry.get("from", ""), entry.get("value", "")
        if not _is_text(name, 100):
            self.wrong(f"{where}.name", "a text of at most 100 characters")
            return None
        element = entry.get("element", name)
        if "element" in entry and not (isinstance(element, str) and is_xml_name(element)):
            self.wrong(f"{where}.element", "the name of an XML element")
        if "value" in entry and not (value == "" or _is_text(value, 1000)):
            self.wrong(f"{where}.value", "a text of at most 1,000 characters")
        if "from" in entry and not self.allowed(f"{where}.from", source):
            return None
        return Field(str(name), str(source), str(value), str(element))

    def allowed(self, where: str, source: object) -> bool:
        """Say whether a column may be named; what it says why is kept from hold lists."""
        secret = isinstance(source, str) and (source in CONFIDENTIAL or bool(_REASON.fullmatch(source)))
        if secret and self.to == "hold":
            self.wrong(f"{where} {source!r}", "nothing of risk or reasons: who holds goods is not told why")
            return False
        if not secret and (not isinstance(source, str) or source not in (*DECLARED, *MADE)):
            self.wrong(
                f"{where} {source!r}", "a column of the shipment table or of the list, or one that is made"
            )
            return False
        if source == "addressee" and self.to != "hold":
            self.wrong(where, "none: only a hold list has an addressee")
            return False
        return True

    def all_allowed(self, where: str, names: list[object]) -> bool:
        """Say whether all may be named, after looking at each: all that is wrong is listed."""
        return not [name for name in names if not self.allowed(where, name)]

    def needed(self, key: str, listed: object) -> tuple[tuple[str, ...], ...]:
        if not isinstance(listed, list):
            self.wrong(key, "a list of columns, or of lists of which one is enough")
            return ()
        found = []
        for entry in listed:
            names = [entry] if isinstance(entry, str) else entry
            if not isinstance(names, list) or not names:
                self.wrong(key, "columns, or lists of which one is enough")
            elif self.all_allowed(key, names):
                found.append(tuple(names))
        return tuple(found)

    def addressee(self, document: dict[str, Any]) -> tuple[str, ...]:
        names = document.get("addressee", ["location", "airline", "carrier_name"])
        names = [names] if isinstance(names, str) else names
        if not isinstance(names, list) or not names or "addressee" in names:
            self.wrong("addressee", "a column, or columns of which the first that is not empty is asked")
            return ()
        return tuple(names) if self.all_allowed("addressee", names) else ()

    def codes(self, given: object) -> dict[str, str]:
        if self.to == "hold":
            if given is not None:
                self.wrong("reason_codes", "none: a hold list has no reasons")
            return {}
        known = (*FAMILIES, *OTHER_CODES)
        if given is None:  # a port that renames columns need not repeat the table
            given = tomllib.loads(shipped(self.to))["reason_codes"]
        if not isinstance(given, dict):
            self.wrong("reason_codes", "a section [reason_codes]")
            return {}
        for name in sorted(set(given) - set(known)):
            self.wrong(f"reason_codes.{name}", "one of " + ", ".join(known))
        for name in known:
            if not _is_text(given.get(name), 20):
                self.wrong(f"reason_codes.{name}", "a code of at most 20 characters")
        return {name: str(given.get(name, "")) for name in known}

    def times(self, section: dict[str, Any]) -> dict[str, Any]:
        form = "a time format such as %Y-%m-%dT%H:%M, at most 60 characters"
        return {
            "time_format": self.given(section, "format", "%Y-%m-%dT%H:%M:%SZ", _is_time_format, form),
            "time_zone": self.given(section, "zone", "UTC", _is_zone, "a time zone such as Asia/Bangkok"),
        }

    def csv(self, section: dict[str, Any]) -> dict[str, Any]:
        def one(value: object) -> bool:
            return isinstance(value, str) and len(value) == 1 and value.isascii() and value not in '"\r\n\0'

        return {
            "delimiter": self.given(section, "delimiter", ",", one, "one character"),
            "guard": self.given(section, "guard", True, _is_flag, "true or false"),
        }

    def xml(self, section: dict[str, Any]) -> dict[str, Any]:
        def name(value: object) -> bool:
            return isinstance(value, str) and is_xml_name(value)

        def namespace(value: object) -> bool:
            return value == "" or (_is_text(value, 300) and not re.search(r'[\s<>"{}|\\^`]', str(value)))

        return {
            "root": self.given(section, "root", "rows", name, "the name of an XML element"),
            "row": self.given(section, "row", "row", name, "the name of an XML element"),
            "namespace": self.given(section, "namespace", "", namespace, "a namespace, or an empty text"),
            "omit_empty": self.given(section, "omit_empty", False, _is_flag, "true or false"),
        }


def _is_text(value: object, longest: int) -> bool:
    return isinstance(value, str) and 0 < len(value) <= longest and not _CONTROL.search(value)


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def _is_hours(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value <= LONGEST_HOURS


def _is_time_format(value: object) -> bool:
    import datetime

    if not _is_text(value, 60) or "%" not in str(value):
        return False
    try:
        return bool(datetime.datetime(2026, 11, 22, 4, 5).strftime(str(value)).strip())
    except ValueError:
        return False


def _is_zone(value: object) -> bool:
    try:
        return isinstance(value, str) and zoneinfo.ZoneInfo(value) is not None
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
