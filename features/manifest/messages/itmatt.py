"""UPU ITMATT (M33) in its flat form: a table with one row per piece of contents of a postal item.

Rows of one item (its S10 identifier) are joined; they stand together or nearly so. Pieces may also stand
side by side in one row, numbered. A table is one of these if its header speaks of S10, or of contents
(`itmatt_names`) and S10 identifiers stand below it.
"""

from __future__ import annotations

import csv
import re
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from features.manifest import codes, encodings
from features.manifest.messages.form import Broken, Field, Form, Shipment
from features.manifest.messages.itmatt_identifiers import S10, compact
from features.manifest.messages.itmatt_items import Layout, Row
from features.manifest.messages.itmatt_names import Header, read_header
from features.manifest.messages.itmatt_writing import write
from features.manifest.messages.xml import decoded

_DELIMITERS = (",", ";", "\t", "|", "^", "~")
#: Lines looked at to find the header.
_HEADER_LINES = 30
#: Bytes that tell the encoding of a header that is not in Unicode.
_OPENING = 1 << 13
#: Items that wait for further rows, and characters read meanwhile.
_WAITING, _WAITING_CHARACTERS = 1_000, 64_000_000
#: Characters of a physical line, physical lines and characters of a record.
_LINE, _RECORD_LINES, _RECORD = 1_000_000, 1_000, 4_000_000
# --- telling it ---------------------------------------------------------------------------------


def recognise(head: bytes) -> bool:
    """Tell a flat ITMATT by its header, and by the identifiers below it where the header is vague."""
    if head.startswith((b"PK", b"%PDF", b"\x1f\x8b", b"PAR1", b"\xd0\xcf\x11\xe0")):
        return False
    text = decoded(head)
    if _find(text) is not None:
        return True
    # The posts' systems write names of columns in the encoding of their country too.
    opening = head[:_OPENING]
    if "\ufffd" not in text[: _OPENING // 2] or b"\0" in opening:
        return False
    beyond = b"\n".join(line for line in opening.splitlines() if not line.isascii())
    return _find(head.decode(encodings.detect_bytes(beyond), errors="replace")) is not None


def _find(text: str) -> tuple[Header, str, int] | None:
    """Return the header, the delimiter, and how many lines go before the rows."""
    text = text.lstrip("\ufeff")
    if text.lstrip()[:1] in ("", "<", "{", "["):
        return None
    lines = re.split(r"\r\n|\n|\r", text[: 1 << 16], maxsplit=_HEADER_LINES + 20)
    for number, line in enumerate(lines[:_HEADER_LINES]):
        for delimiter in _DELIMITERS:
            if line.count(delimiter) < 2:
                continue
            header = read_header(_cells(line, delimiter))
            if header is None:
                continue
            below = [_cells(each, delimiter) for each in lines[number + 1 : number + 20] if each.strip()]
            if _identified(header, below):
                return header, delimiter, number + 1
    return None


def _identified(header: Header, below: list[list[str]]) -> bool:
    """Find the column of S10 identifiers by its name or by what stands in it; tell whether there is one."""
    named = header.places.get("id", [])
    if not named:
        if not header.speaks_of_contents:
            return False
        named = list(range(len(header.cells)))  # a name nobody knows does not hide an S10 identifier
    shares = {at: _share_of_s10(below, at) for at in named}
    best = max(named, key=lambda at: (shares[at], -named.index(at)))
    if shares[best] >= 0.5:
        if not (header.speaks_of_s10 or header.speaks_of_contents):
            return False
        header.places["id"] = [best, *(at for at in header.places.get("id", ()) if at != best)]
        return True
    return header.speaks_of_s10 and "id" in header.places


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


def _share_of_s10(rows: list[list[str]], at: int) -> float:
    """Return which share of what a column says are S10 identifiers."""
    said = [row[at] for row in rows if at < len(row) and row[at].strip()]
    return sum(bool(S10.fullmatch(compact(each))) for each in said) / len(said) if said else 0.0


# --- reading ------------------------------------------------------------------------------------


def read(path: Path) -> Iterator[Shipment | Broken]:
    """Yield one shipment per postal item, in order of their first rows."""
    encoding = encodings.detect(path)
    with open(path, encoding=encoding, errors="replace", newline="") as stream:
        sample = stream.read(1 << 16)
        found = _find(sample)
        if found is None:
            yield Broken("line 1", "the header of a flat ITMATT: names of an item's identifier and contents")
            return
        header, delimiter, skip = found
        layout = Layout(header, [_cells(line, delimiter) for line in sample.splitlines()[skip:500]])
        stream.seek(0)
        lines = _Lines(stream)
        for _ in range(skip):
            next(lines, None)
        yield from _items(_records(lines, delimiter), lines, layout)


class _Lines:
    """The lines of a file: counted, without NULs, and refused where a record never ends."""

    def __init__(self, stream: TextIO) -> None:
        self.stream, self.number, self.characters = stream, 0, 0
        self.record: list[str] = []
        self.size = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self.stream.readline(_LINE)
        if not line:
            raise StopIteration
        self.number += 1
        self.characters += len(line)
        if len(line) >= _LINE:
            self._skip_line()
            raise OverflowError(f"a line of less than {_LINE:,} characters")
        if "\0" in line:
            line = line.replace("\0", "")
        self.record.append(line)
        self.size += len(line)
        if self.size > _RECORD or len(self.record) > _RECORD_LINES:
            raise OverflowError("the end of a quotation")
        return line

    def _skip_line(self) -> None:
        while (rest := self.stream.readline(_LINE)) and len(rest) >= _LINE and rest[-1] not in "\r\n":
            self.characters += len(rest)


def _records(lines: _Lines, delimiter: str) -> Iterator[tuple[int, list[str] | str]]:
    """Yield the line a record begins at, and its cells or what was expected there."""
    reader = csv.reader(lines, delimiter=delimiter)
    record = lines.record
    while True:
        record.clear()
        lines.size = 0
        begin = lines.number + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield begin, f"a row of cells; {error}"
        except OverflowError as error:
            yield from _one_by_one(begin, list(record), delimiter, str(error))
            reader = csv.reader(lines, delimiter=delimiter)
        else:
            yield begin, row


def _one_by_one(
    begin: int, held: list[str], delimiter: str, expected: str
) -> Iterator[tuple[int, list[str] | str]]:
    """Yield lines that a quotation never closed ran together, each for itself."""
    if not held:
        yield begin, expected
    for number, line in enumerate(held, begin):
        if line.count('"') % 2:
            yield number, f"{expected} that begins on this line"
        elif line.strip():
            yield number, _cells(line, delimiter)


def _items(
    records: Iterator[tuple[int, list[str] | str]], lines: _Lines, layout: Layout
) -> Iterator[Shipment | Broken]:
    """Join the rows of each item that stand within `_WAITING` items of each other."""
    waiting: OrderedDict[object, list[Row]] = OrderedDict()
    width, at, keyed = len(layout.header.cells), layout.identifier, layout.keyed
    current: list[Row] | None = None
    last: object = None
    began = 0
    for line, row in records:
        if isinstance(row, str):
            yield Broken(f"line {line}", row)
            continue
        if row == layout.header.cells:  # files were put one behind the other
            continue
        if len(row) != width:
            if not any(row):
                continue
            if len(row) < 3 <= width and not S10.fullmatch(compact(row[0])):
                yield Broken(f"line {line}", f"an item in the header's {width} cells", row[0].strip()[:80])
                continue
            if any(cell.strip() for cell in row[width:]):
                yield Broken(f"line {line}", f"no more than the header's {width} cells", row[at].strip())
                continue
            row = (list(row) + [""] * width)[:width]
        key: object = row[at] if not keyed else tuple([row[each] for each in keyed])
        if key != last or current is None:
            if not row[at].strip():
                if current is None or not any(cell.strip() for cell in row):
                    if any(cell.strip() for cell in row):
                        yield Broken(f"line {line}", f"the identifier of an item ({layout.header.cells[at]})")
                    continue
                current.append((line, row))  # a further piece of the item above
                continue
            if lines.characters - began > _WAITING_CHARACTERS:
                began = lines.characters
                while waiting:
                    yield layout.item(waiting.popitem(last=False)[1])
            last, current = key, waiting.get(key)
            if current is None:
                current = waiting[key] = []
                if len(waiting) > _WAITING:
                    yield layout.item(waiting.popitem(last=False)[1])
        current.append((line, row))
        if len(current) > 2 * codes.MAX_MEMBERS:
            del current[codes.MAX_MEMBERS + 1 :]  # one more than an item holds tells that there were
    for rows in waiting.values():
        yield layout.item(rows)


FORM = Form(
    name="itmatt",
    title="UPU ITMATT (flat)",
    messages=("ITMATT (M33), flat: one row per piece of contents, or pieces side by side in a row",),
    suffix=".csv",
    recognise=recognise,
    read=read,
    write=write,
    fields=(
        Field("shipment_id", "item identifier (S10)", "blanks taken out; a wrong check digit is noted"),
        Field("master_id", "dispatch identifier (S8)", "or the first 20 characters of the receptacle's"),
        Field("manifest_id", "message identifier"),
        Field("registration_number", "registration number"),
        Field("declaration_id", "declaration number"),
        Field("customs_office", "customs office"),
        Field("mode", "-", "always post", written=False),
        Field("direction", "direction"),
        Field("known_at", "message date; without one, posting date"),
        Field("arrives_at", "arrival date"),
        Field("location", "receptacle identifier (S9)"),
        *(
            Field(f"{role}_{part}", f"{who} {words}")
            for role, who in (("shipper", "sender"), ("consignee", "addressee"))
            for part, words in (
                ("name", "company, name"),
                ("address", "address lines, city, state, postcode"),
                ("country", "country"),
                ("id", "reference" if role == "shipper" else "reference; importer reference"),
                ("phone", "telephone"),
                ("email", "e-mail"),
            )
        ),
        Field("carrier_name", "operator"),
        Field("items", "content pieces", "net weight as kg; units of contents are no packages and left out"),
        Field("goods_description", "content description", "of all pieces, each once"),
        Field("hs_codes", "content HS tariff number"),
        Field("permit_refs", "licence, certificate"),
        Field(
            "handling_codes",
            "nature of transaction; mail class; handling class",
            "as words: GIFT, DOCUMENTS, SALE-OF-GOODS, SAMPLE, RETURNED-GOODS; LETTER, PARCEL, EMS, ...",
        ),
        Field(
            "origin_country",
            "origin country; office of exchange; content country of origin",
            "the first said",
        ),
        Field("loading_port", "office of exchange of origin", "GBLALA as GBLAL"),
        Field("discharge_port", "office of exchange of destination"),
        Field("delivery_place", "delivery office"),
        Field("destination_country", "destination country; office of exchange"),
        Field("gross_weight_kg", "item weight", "in g, lb or oz where the name or a unit says so"),
        Field("net_weight_kg", "content net weight", "the sum, where every piece has one"),
        Field("packages", "number of packages"),
        Field("declared_value", "declared value; content value", "the sum, where every piece has one"),
        Field("currency", "currency"),
        Field("vessel_or_flight", "flight"),
        Field("amendment_count", "amendment number; message function"),
        Field("last_amended_at", "amendment date; message date"),
    ),
    lost=(
        "Units of contents, postage, insured value, invoice numbers and state of mail have no column. "
        "Rows of one item are joined when at most 1,000 other items began since its first; further apart "
        "they are lines of one shipment, joined as those of every table. An item keeps 1,000 pieces. "
        "A row without identifier is a further piece of the item above. Weights without a unit are in "
        "grams where most are above 50, which no postal item weighs in kg. Notify, broker, marks, "
        "containers, seals, voyage and transhipment are not written."
    ),
    tried=(
        "Constructed tables under the column names of M33, of CN 22 and CN 23 (English, French, Spanish, "
        "German, Russian, Chinese) and of published upload sheets of posts and consolidators, one row per "
        "piece and pieces side by side; no real export."
    ),
)
