"""Elements of ASYCUDA World's XML as records, and the values both its messages share.

Countries nest, order and spell the same facts differently, so a segment is read as one flat record: what a
leaf means -> its text, whatever stands between. Leaves whose names say nothing alone (``Code``, ``Value``)
mean what their parent makes of them. Segments that repeat become records of their own.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from functools import lru_cache

from features import reference
from features.manifest import codes, quantities
from features.manifest.messages.xml import Element, local

#: Members of a repeated segment that are read; the schema holds no more either.
MOST = codes.MAX_MEMBERS
#: Characters a repeated leaf may grow to.
LONGEST = 100_000
_PLAIN = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,9})?")
_SPACES = re.compile(r"[ \t\u00a0]*\n[ \t\u00a0]*")
MODES = {"1": "sea", "2": "rail", "3": "road", "4": "air", "5": "post", "8": "sea"}
MODE_CODES = {"sea": "1", "rail": "2", "road": "3", "air": "4", "express": "4", "post": "5"}


@dataclass(slots=True)
class Record:
    """One segment: what its leaves say, and the records that repeat in it, by kind."""

    said: dict[str, str] = field(default_factory=dict)
    parts: dict[str, list[Record]] = field(default_factory=dict)

    def many(self, kind: str) -> list[Record]:
        """Return the records of a kind that say anything, at most `MOST`."""
        found = self.parts.get(kind)
        return [each for each in found[:MOST] if each.said or each.parts] if found else []


#: What an element means: a key of its record, keys by the name of its parent, a repeated kind (a tuple of
#: one), nothing (None: look inside) or another matter (False).
Meaning = str | dict[str, str] | tuple[str] | bool | None


class Meanings(dict[str, Meaning]):
    """Tag, with its namespace, -> what it means.

    Parameters
    ----------
    leaves : dict of str to str
        Names of leaves, of several ones parted by blanks; ``parent.leaf`` where the parent decides -> key.
    repeated : dict of str to str
        Names of segments, likewise -> kind of record.
    other : tuple of str
        Beginnings of the names of segments that tell of something else.
    joined : dict of str to str
        Key whose texts are joined where they repeat in one record -> what parts them.
    present : frozenset of str
        Keys that are kept with an empty text where the element is there and empty.
    """

    def __init__(
        self,
        leaves: dict[str, str],
        repeated: dict[str, str],
        other: tuple[str, ...] = (),
        joined: dict[str, str] | None = None,
        present: frozenset[str] = frozenset(),
    ) -> None:
        super().__init__()
        self.other, self.joined, self.present = other, joined or {}, present
        self.known: dict[str, Meaning] = {}
        for key, names in leaves.items():
            for name in names.split():
                parent, _, leaf = name.rpartition(".")
                if not parent:
                    self.known[leaf] = key
                    continue
                by_parent = self.known.setdefault(leaf, {})
                if isinstance(by_parent, dict):
                    by_parent[parent] = key
        for kind, names in repeated.items():
            self.known.update(dict.fromkeys(names.split(), (kind,)))

    def __missing__(self, tag: str) -> Meaning:
        name = folded(tag)
        meaning = self.known.get(name)
        if meaning is None and name.startswith(self.other):
            meaning = False
        if len(self) < 4096:
            self[tag] = meaning
        return meaning


@lru_cache(maxsize=4096)
def folded(tag: str) -> str:
    """Return a tag's local name in lower case."""
    return local(tag).lower()


def fill(element: Element, into: Record, meanings: Meanings, parent: str = "") -> None:
    """Read what stands in an element into a record; ``parent`` is the element's tag."""
    said = into.said
    for child in element:
        meaning = meanings[child.tag]
        if meaning.__class__ is dict:
            meaning = meaning.get(folded(parent))  # type: ignore[union-attr]
        if meaning.__class__ is str:
            text = child.text
            if text and (text := text.strip()):
                known = said.get(meaning)  # type: ignore[arg-type]
                if not known:
                    said[meaning] = text  # type: ignore[index]
                elif meaning in meanings.joined and text != known and len(known) < LONGEST:
                    said[meaning] = f"{known}{meanings.joined[meaning]}{text}"  # type: ignore[index]
                continue
            if len(child):  # a leaf in one country is a segment in another: Place_of_loading/Code
                fill(child, into, meanings, child.tag)
            if meaning in meanings.present:
                said.setdefault(meaning, "")  # type: ignore[arg-type]
        elif meaning is False or not len(child):
            continue
        elif meaning is None or meanings[child[0].tag] == meaning:  # a wrapper around its like
            fill(child, into, meanings, child.tag)
        else:
            record = Record()
            into.parts.setdefault(meaning[0], []).append(record)  # type: ignore[index]
            fill(child, record, meanings, child.tag)


def lines_of(text: str) -> str:
    """Return a text without the blanks that indentation puts around its line breaks."""
    return _SPACES.sub("\n", text) if "\n" in text else text


@dataclass(slots=True)
class Columns:
    """Values of a shipment as they are found, and what was said but cannot be used."""

    values: dict[str, str] = field(default_factory=dict)
    doubts: list[tuple[str, str, str]] = field(default_factory=list)

    def say(self, column: str, text: str) -> None:
        """Set a column that is said."""
        if text:
            self.values[column] = text

    def doubt(self, column: str, value: str, expected: str) -> None:
        """Note what is said and not used."""
        self.doubts.append((column, value[:80], expected))

    def sum(self, column: str, texts: list[str]) -> None:
        """Set a quantity to the sum of what is said of it; one that is no number is a doubt."""
        if len(texts) == 1 and _PLAIN.fullmatch(texts[0]):
            self.values[column] = texts[0]
            return
        known = [(text, number(text, column)) for text in texts if text]
        for text, value in known:
            if value is None:
                self.doubt(column, text, "a number")
        numbers = [value for _, value in known if value is not None]
        if len(numbers) == 1:
            self.values[column] = numbers[0]
        elif numbers:
            self.values[column] = plain(float(f"{math.fsum(map(float, numbers)):.15g}"))

    def when(self, column: str, day: str, clock: str = "") -> None:
        """Set a time from a date and, where it is said, a time of day."""
        if day:
            found = moment(day, clock)
            if found:
                self.values[column] = found
            else:
                self.doubt(column, f"{day} {clock}".strip(), "a date")

    def members(self, column: str, texts: list[str]) -> None:
        """Set a list to its members, each once."""
        if len(texts) == 1:
            self.say(column, texts[0])
            return
        found = dict.fromkeys(filter(None, texts))
        if len(found) > MOST:
            self.doubt(column, f"{len(found)} members", f"at most {MOST}")
        self.say(column, ";".join(list(found)[:MOST]))


def number(text: str, column: str = "") -> str | None:
    """Return a number as text with a decimal point, or None."""
    if _PLAIN.fullmatch(text):
        return text
    if len(text) > 60:
        return None
    value = float(quantities.parse([text.strip()], column)[0]) if text.strip() else math.nan
    return plain(value) if math.isfinite(value) else None


def plain(value: float) -> str:
    """Return a number as its shortest text without exponent."""
    text = format(Decimal(repr(value)), "f")
    return text.removesuffix(".0")


_ISO = re.compile(r"(\d{4})-?(\d{1,2})-?(\d{1,2})(?:[T ](.+)|([+-]\d{2}:\d{2}|Z))?", re.ASCII)
_SLASHED = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})(?: (.+))?", re.ASCII)
_CLOCK = re.compile(r"(\d{1,2}):?(\d{2})(?::?(\d{2})(\.\d{1,6})?\d*)?\s*(Z|[+-]\d{2}:?\d{2})?", re.ASCII)


@lru_cache(maxsize=4096)
def moment(day: str, clock: str = "") -> str | None:
    """Return a date and time of day in ISO 8601, or None if it is none or can be read two ways.

    ``9/28/26``: with a two-digit year the month stands first, as ASYCUDA writes it. ``28/09/2026``: with
    four digits the day does where the numbers prove it.
    """
    if len(day) > 40 or len(clock) > 40:
        return None
    if match := _ISO.fullmatch(day.strip()):
        year, month, number_ = int(match[1]), int(match[2]), int(match[3])
        clock = clock or match[4] or ""
    elif match := _SLASHED.fullmatch(day.strip()):
        first, second, year = int(match[1]), int(match[2]), int(match[3])
        short = len(match[3]) == 2
        year += 2000 if short and year < 70 else 1900 if short else 0
        if not short and first <= 12 and second <= 12 and first != second:
            return None
        month, number_ = (first, second) if second > 12 or (short and first <= 12) else (second, first)
        clock = clock or match[4] or ""
    else:
        return None
    try:
        text = date(year, month, number_).isoformat()
    except ValueError:
        return None
    if not 1970 <= year < 2100:
        return None
    found = _CLOCK.fullmatch(clock.strip())
    if not found:
        return text
    try:
        told = time(int(found[1]), int(found[2]), int(found[3] or 0)).isoformat()
    except ValueError:
        return text
    return f"{text}T{told}{found[4] or ''}{found[5] or ''}"


#: Codes of box "empty/full" and of the status of a container, as countries set them up.
_LOAD = {
    **dict.fromkeys(("1/1", "01", "1", "F", "FULL", "FCL", "FS", "FCL/FCL", "5", "8", "L", "LADEN"), "full"),
    **dict.fromkeys(
        ("1/2", "2/1", "2/2", "02", "2", "LCL", "FM", "PTI", "LCL/LCL", "LCL/FCL", "FCL/LCL", "7", "PART"),
        "part",
    ),
    **dict.fromkeys(("0/0", "00", "0", "E", "E/E", "MT", "MTY", "EMP", "EMPTY", "ETY", "4", "4/4"), "empty"),
}
LOAD_CODES = {"full": "1/1", "part": "1/2", "empty": "0/0"}


def load_status(texts: list[str], columns: Columns) -> None:
    """Set the load of a bill's containers: part if any is, empty if all are."""
    found = set()
    for text in set(texts) if len(texts) > 1 else texts:
        status = _LOAD.get(text.upper().replace(" ", ""))
        if status:
            found.add(status)
        else:
            columns.doubt("container_load_status", text, "a code for full, part or empty")
    if found:
        columns.values["container_load_status"] = (
            "part" if "part" in found else "empty" if found == {"empty"} else "full"
        )


#: ISO 6346: third character R (refrigerated), or 3 in the numeric codes before 1995; or in words.
_REFRIGERATED = re.compile(
    r"[0-9LM][0-9A-Z]R[0-9A-Z]|[1-9][0-9]3[0-9]|.*(?:REEF|REFR).*|[1-9][0-9][ '`-]?R(?:F|H|E|Q|EF)?"
)


@lru_cache(maxsize=1024)
def refrigerated(container_type: str) -> bool:
    """Tell whether a size and type code is that of a refrigerated container."""
    return _REFRIGERATED.fullmatch(container_type[:40].upper().strip()) is not None


@lru_cache(maxsize=1024)
def country_of(place: str) -> str:
    """Return the country of a UN/LOCODE, or of a country's own code; empty if it is none."""
    code = place.strip().upper()
    return code[:2] if len(code) in (2, 5, 6) and code[:2] in codes.country_codes() else ""


_TELEPHONE = re.compile(
    r"\b(?:TEL(?:EPHONE|F)?|PHONE|PH|MOB(?:ILE)?)\b[\s.:#]{0,9}(?:NO[\s.:#]{1,9})?"
    r"(\+?[0-9][0-9 ()./-]{5,24}[0-9])",
    re.IGNORECASE,
)
_MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
#: As many digits as a telephone number may begin with.
_DIGITS = re.compile(r"[0-9][0-9 ()./-]{5}")
_ADDED = re.compile(r"(TEL|EMAIL): (\S.*)")


def party(values: dict[str, str], role: str) -> None:
    """Look for a party's country, telephone and e-mail in its address.

    A name of several lines without an address is the name and the address, as on a declaration. What is
    told is taken out of the address where it is a line of its own at the end, as the writer puts it there.
    """
    column = _ADDRESS[role]
    if "\n" in values.get(f"{role}_name", "") and not values.get(column):
        name, _, rest = lines_of(values[f"{role}_name"].strip()).partition("\n")
        values[f"{role}_name"] = name
        if rest:
            values[column] = rest
    if address := values.get(column):
        found = _in_address(address) if len(address) < 400 else _in_address.__wrapped__(address)
        rest, told = found
        if rest != address:
            del values[column]
            if rest:
                values[column] = rest
        for what, text in told:
            values.setdefault(f"{role}_{what}", text)


@lru_cache(maxsize=4096)
def _in_address(address: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return an address without the lines added to it, and what it tells (country, phone, email)."""
    told: dict[str, str] = {}
    lines = lines_of(address).split("\n")
    while lines and (match := _ADDED.fullmatch(lines[-1])):
        told["phone" if match[1] == "TEL" else "email"] = match[2]
        lines.pop()
    last = lines[-1] if lines else ""
    if country := country_name(last):
        told["country"] = country
        lines.pop()
    elif "," in last and (country := country_name(last[last.rindex(",") + 1 :])):
        told["country"] = country
    if "@" in address and "email" not in told and (match := _MAIL.search(address[:2000])):
        told["email"] = match[0]
    if "phone" not in told and _DIGITS.search(address) and (match := _TELEPHONE.search(address[:2000])):
        told["phone"] = match[1]
    return "\n".join(lines), tuple(told.items())


_ADDRESS = {role: f"{role}_address" for role in ("shipper", "consignee", "notify")}


def address_lines(address: str, country: str, phone: str, email: str) -> str:
    """Return an address with what the message has no place for as lines at its end."""
    lines = [address] if address else []
    told = country and address and "," in address[-60:] and country_name(address.rpartition(",")[2])
    if country and told != country:
        lines.append(_alpha_3().get(country, country))
    lines += [f"{word}: {text}" for word, text in (("EMAIL", email), ("TEL", phone)) if text]
    return "\n".join(lines)


def country_name(text: str) -> str:
    """Return the country a text names; two letters are not trusted (CA, IN, DE are states, too)."""
    return _named(text.strip(" .").upper()) if len(text) <= 50 else ""


@lru_cache(maxsize=8192)
def _named(text: str) -> str:
    return codes.country(text) or "" if len(text) > 2 else ""


@lru_cache(maxsize=1)
def _alpha_3() -> dict[str, str]:
    rows = reference.table("country_names")
    return dict(zip(rows["country"], rows["iso3"], strict=True))


def say_mode(told: Columns, mode: str) -> None:
    """Say how goods travel, by a code of the mode of transport or a word; another is a doubt."""
    if mode:
        known = MODES.get(mode.lstrip("0")[:1]) if mode.isascii() and mode.isdigit() else None
        known = known or codes.choice("mode", mode[:40])
        if known:
            told.say("mode", known)
        else:
            told.doubt("mode", mode, "a code of the mode of transport")
