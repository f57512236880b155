"""UPU ITMATT (M33) in its flat form: a table with one row per piece of contents of a postal item.

Rows of one item (its S10 identifier) are joined; they stand together or nearly so. A table is one of
these if its header speaks of S10 or of contents, beside what only posts say (`itmatt_names`).
"""

from __future__ import annotations

import csv
import re
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import TextIO

from features.manifest import codes, encodings, quantities, times
from features.manifest.cells import MISSING
from features.manifest.messages.form import Broken, Field, Form, Shipment
from features.manifest.messages.itmatt_names import CONTENT, ROLES, Header, read_header
from features.manifest.messages.itmatt_writing import write
from features.manifest.messages.xml import decoded
from features.manifest.synonyms import fold

_DELIMITERS = (",", ";", "\t", "|", "^", "~")
#: Lines looked at to find the header.
_HEADER_LINES = 30
#: Items that wait for further rows, and characters read meanwhile.
_WAITING, _WAITING_CHARACTERS = 1_000, 64_000_000
#: Characters of a physical line, physical lines and characters of a record.
_LINE, _RECORD_LINES, _RECORD = 1_000_000, 1_000, 4_000_000
#: A number of more characters is none.
_DIGITS = 60
_S10 = re.compile(r"[A-Z]{2}[0-9]{9}[A-Z]{2}")
_OFFICE = re.compile(r"[A-Z]{6}")
#: Receptacle identifier (S9): its first 20 characters are those of its dispatch (S8).
_RECEPTACLE = re.compile(r"[A-Z]{12}[A-Z]{3}[0-9]{8}[0-9A-Z]{6}")
_DAY_MONTH = re.compile(r"^([0-9]{1,2})[-/. ]([0-9]{1,2})[-/. ]([0-9]{4})(?=$|[T ,])(.*)$", re.S)

_CATEGORIES = {
    fold(word): code
    for code, words in {
        "SALE-OF-GOODS": "sale of goods|sale|sold goods|11|vente de marchandises|venta de mercancías",
        "RETURNED-GOODS": "returned goods|return of goods|returned|return|returns|21|retour de marchandise",
        "GIFT": "gift|gifts|g|31|cadeau|regalo|presente|geschenk|подарок|礼品|礼物",
        "SAMPLE": "commercial sample|sample|samples|commercial samples|32|échantillon|muestra|amostra",
        "DOCUMENTS": "documents|document|docs|doc|d|91|documentos|文件",
        "MERCHANDISE": "merchandise|goods|m|commercial goods",
        "OTHER": "other|others|o|99|999|mixed|autre|otro|其他",
    }.items()
    for word in words.split("|")
}
_KINDS = {
    "U": "LETTER",
    "C": "PARCEL",
    "E": "EMS",
    "T": "EMPTY-RECEPTACLE",
    "R": "REGISTERED",
    "V": "INSURED",
}
_CHANGES = frozenset(
    map(
        fold,
        (
            "4",
            "5",
            "20",
            "change",
            "changed",
            "replace",
            "replacement",
            "amend",
            "amendment",
            "amended",
            "update",
        ),
    )
)
_CANCELS = frozenset(
    map(fold, ("1", "3", "cancel", "cancelled", "cancellation", "delete", "deleted", "deletion"))
)
_CONFLICT = "the same on every row of an item; the first was taken"
_CURRENCIES = "one currency for all contents of an item, or a value of the whole item"


def check_digit(identifier: str) -> str:
    """Return the check digit that the eight digits of an S10 identifier ask for (UPU S10-12, modulo 11)."""
    weighed = sum(w * int(d) for w, d in zip((8, 6, 4, 2, 3, 5, 9, 7), identifier[2:10], strict=True))
    return {10: "0", 11: "5"}.get(11 - weighed % 11, str(11 - weighed % 11))


# --- telling it ---------------------------------------------------------------------------------


def recognise(head: bytes) -> bool:
    """Tell a flat ITMATT by its header, and by the identifiers below it where the header is vague."""
    if head.startswith((b"PK", b"%PDF", b"\x1f\x8b", b"PAR1", b"\xd0\xcf\x11\xe0")):
        return False
    return _find(decoded(head)) is not None


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
            if header.speaks_of_s10 or (
                header.speaks_of_contents and _are_s10(below, header.places["id"][0])
            ):
                return header, delimiter, number + 1
    return None


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


def _are_s10(rows: list[list[str]], at: int) -> bool:
    said = [row[at] for row in rows if at < len(row) and row[at].strip()]
    good = sum(bool(_S10.fullmatch(_compact(each))) for each in said)
    return bool(said) and 2 * good >= len(said)


def _compact(text: str) -> str:
    return text.upper().replace(" ", "").replace("-", "").strip()


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
    waiting: OrderedDict[object, list[tuple[int, list[str]]]] = OrderedDict()
    width, at, keyed = layout.width, layout.identifier, layout.keyed
    current: list[tuple[int, list[str]]] | None = None
    last: object = None
    began = 0
    for line, row in records:
        if isinstance(row, str):
            yield Broken(f"line {line}", row)
            continue
        if len(row) != width:
            if not any(row):
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
                        yield Broken(f"line {line}", f"the identifier of an item ({layout.cells[at]})")
                    continue
                current.append((line, row))  # a further piece of the item above
                continue
            last, current = key, waiting.get(key)
            if current is None:
                current = waiting[key] = []
                if len(waiting) > _WAITING:
                    yield layout.item(waiting.popitem(last=False)[1])
            if lines.characters - began > _WAITING_CHARACTERS:
                began = lines.characters
                while len(waiting) > 1:
                    yield layout.item(waiting.popitem(last=False)[1])
        current.append((line, row))
        if len(current) > 2 * codes.MAX_MEMBERS:
            layout.too_many(current)
    for rows in waiting.values():
        yield layout.item(rows)


@dataclass
class _Piece:
    """A line of contents."""

    text: str = ""
    hs: str = ""
    quantity: float | None = None
    kg: float | None = None
    net: str = ""
    value: float | None = None
    amount: str = ""
    currency: str = ""
    origin: str = ""

    def line(self) -> dict[str, object]:
        said = {
            "description": self.text,
            "hs": self.hs,
            "packages": self.quantity,
            "kg": self.kg,
            "value": self.value,
            "currency": self.currency,
            "origin": self.origin,
        }
        return {key: each for key, each in said.items() if each not in ("", None)}


#: Said of an item as it stands -> column of the shipment table.
_DIRECT = {
    **{f"{role}.{part}": f"{role}_{part}" for role in ROLES for part in ("country", "id", "phone", "email")},
    "permits": "permit_refs",
    **dict.fromkeys(
        ("manifest_id", "registration_number", "declaration_id", "customs_office", "master_id", "location")
    ),
    **dict.fromkeys(("carrier_name", "vessel_or_flight", "loading_port", "discharge_port", "delivery_place")),
    **dict.fromkeys(("direction", "goods_description", "hs_codes", "origin_country", "destination_country")),
    "consignee_id": None,
}
_NUMBERS = ("packages", "amendment_count", "net_weight_kg")


class Layout:
    """How the columns of one file become the columns of the shipment table."""

    def __init__(self, header: Header, sample: list[list[str]]) -> None:
        self.cells, at = header.cells, header.places
        self.width = len(header.cells)
        self.identifier = at["id"][0]
        self.at = {key: found[0] for key, found in at.items()}
        self.factors = header.factors
        self.keyed = [self.identifier, *(self.at[k] for k in ("message_date", "function") if k in at)]
        if len(self.keyed) == 1:
            self.keyed = []
        self.direct = [(column or key, place) for key, column in _DIRECT.items() for place in at.get(key, ())]
        self.names = {
            f"{role}_name": [self.at[k] for f in _NAME_PARTS if (k := f"{role}.{f}") in at] for role in ROLES
        }
        self.addresses = {
            f"{role}_address": [p for f in _ADDRESS_PARTS for p in at.get(f"{role}.{f}", ())]
            for role in ROLES
        }
        self.handling = [
            (key, p) for key in ("category", "kind", "class", "handling_codes") for p in at.get(key, ())
        ]
        self.piece = {key: self.at[key] for key in CONTENT if key in at}
        self.content_only = {p for key in (*CONTENT, "weight_unit") for p in at.get(key, ())}
        texts = [row[p] for row in sample for key in _AMOUNTS for p in at.get(key, ()) if p < len(row)]
        self.decimal = quantities.decimal_mark(text.strip() for text in texts) or "."
        dates = ("message_date", "posting_date", "arrives_at", "last_amended_at")
        days = [row[p].strip() for row in sample for key in dates for p in at.get(key, ()) if p < len(row)]
        self.day_first = times.day_first(days)
        self.read_numbers: dict[tuple[str, float], tuple[str, float | None]] = {}

    # --- an item ---

    def too_many(self, rows: list[tuple[int, list[str]]]) -> None:
        """Let go of rows beyond those an item can hold, all but one: it tells that there were more."""
        del rows[codes.MAX_MEMBERS + 1 :]

    def item(self, rows: list[tuple[int, list[str]]]) -> Shipment | Broken:
        """Return the shipment some rows of one item tell of."""
        line, first = rows[0]
        doubts: list[tuple[str, str, str]] = []
        cells = [cell.strip() for cell in first]
        pieces = [cells]
        if len(rows) > 1:
            pieces = [[cell.strip() for cell in row] for _, row in rows[: codes.MAX_MEMBERS]]
            pieces = [list(row) for row in dict.fromkeys(map(tuple, pieces))]  # rows sent twice
            cells = self._same(pieces, doubts)
            if len(rows) > codes.MAX_MEMBERS:
                doubts.append(
                    ("items", "", f"at most {codes.MAX_MEMBERS:,} lines of contents; the rest is left out")
                )
        values = {"shipment_id": self._identifier(cells[self.identifier], doubts), "mode": "post"}
        function = fold(cells[self.at["function"]]) if "function" in self.at else ""
        if function in _CANCELS:
            expected = "a shipment that is carried; this message cancels it"
            return Broken(f"line {line}", expected, values["shipment_id"])
        for column, at in self.direct:
            if (text := cells[at]) and column not in values:
                values[column] = text
        self._parties(cells, values)
        self._places(cells, values)
        self._times(cells, values)
        self._numbers(cells, values)
        if self.handling and (handling := self._handling(cells)):
            values["handling_codes"] = handling
        self._contents([self._piece(row) for row in pieces], pieces[0], values, doubts)
        if function in _CHANGES:
            values.setdefault("amendment_count", "1")
            if "known_at" in values:
                values.setdefault("last_amended_at", values["known_at"])
        return Shipment(values, f"line {line}", tuple(doubts))

    def _same(self, pieces: list[list[str]], doubts: list[tuple[str, str, str]]) -> list[str]:
        """Return the cells of the item itself: of each column the first that says something."""
        cells = list(pieces[0])
        for row in pieces[1:]:
            for at, text in enumerate(row):
                if text and text != cells[at] and at not in self.content_only:
                    if not cells[at]:
                        cells[at] = text
                    elif len(doubts) < 20 and fold(text) != fold(cells[at]) and (column := self._column(at)):
                        doubts.append((column, text, _CONFLICT))
        return cells

    def _column(self, at: int) -> str:
        """Return the column of the shipment table a cell goes to, if it is one of the item itself."""
        direct = {place: column for column, place in self.direct}
        for columns in (self.names, self.addresses):
            direct |= {place: column for column, places in columns.items() for place in places}
        for key, column in (
            ("weight", "gross_weight_kg"),
            ("value", "declared_value"),
            ("posting_date", "known_at"),
        ):
            if key in self.at:
                direct[self.at[key]] = column
        return direct.get(at, "")

    def _identifier(self, text: str, doubts: list[tuple[str, str, str]]) -> str:
        compact = _compact(text)
        if not _S10.fullmatch(compact):
            doubts.append(
                (
                    "shipment_id",
                    text,
                    "an S10 identifier: two letters, nine digits, a country (RR123456785GB)",
                )
            )
            return text
        if (right := check_digit(compact)) != compact[10]:
            doubts.append(("shipment_id", text, f"an S10 identifier; its check digit should be {right}"))
        return compact

    def _parties(self, cells: list[str], values: dict[str, str]) -> None:
        for columns, by in ((self.names, " "), (self.addresses, ", ")):
            for column, places in columns.items():
                if len(places) == 1:
                    if text := cells[places[0]]:
                        values[column] = text
                elif places:
                    said = dict.fromkeys(text for at in places if (text := cells[at]) and text not in MISSING)
                    if said:
                        values[column] = by.join(said)

    def _places(self, cells: list[str], values: dict[str, str]) -> None:
        """Read offices of exchange: GBLALA is of London Langley, in GB."""
        for key, port, country in (
            ("from_office", "loading_port", "origin_country"),
            ("to_office", "discharge_port", "destination_country"),
        ):
            if key in self.at and (office := cells[self.at[key]]):
                self._office(office.upper(), port, country, values)
        if "location" in values and _RECEPTACLE.fullmatch(values["location"].upper()):
            receptacle = values["location"].upper()
            values.setdefault("master_id", receptacle[:20])
            self._office(receptacle[:6], "loading_port", "origin_country", values)
            self._office(receptacle[6:12], "discharge_port", "destination_country", values)

    @staticmethod
    def _office(office: str, port: str, country: str, values: dict[str, str]) -> None:
        if _OFFICE.fullmatch(office) and office[:2] in codes.country_codes():
            values.setdefault(port, office[:5])
            values.setdefault(country, office[:2])
        elif len(office) > 2:
            values.setdefault(port, office)

    def _times(self, cells: list[str], values: dict[str, str]) -> None:
        at = self.at
        for key, column in (
            ("message_date", "known_at"),
            ("posting_date", "known_at"),
            ("arrives_at", "arrives_at"),
            ("last_amended_at", "last_amended_at"),
        ):
            if key in at and (text := cells[at[key]]) and column not in values:
                values[column] = self._time(text)

    def _time(self, text: str) -> str:
        """Return a time; ``03/04/2026`` as what other dates of the file prove."""
        if text[:4].isdigit() or not (found := _DAY_MONTH.match(text)):
            return text
        day, month = (found[1], found[2]) if self.day_first else (found[2], found[1])
        if self.day_first is None:
            return text
        return f"{found[3]}-{month:0>2}-{day:0>2}{found[4]}"

    def _numbers(self, cells: list[str], values: dict[str, str]) -> None:
        at = self.at
        for column in _NUMBERS:
            if column in at and (text := cells[at[column]]):
                values[column] = self._number(text, column, self.factors.get(at[column], 1.0))[0]
        if "weight" in at and (text := cells[at["weight"]]):
            unit = cells[at["weight_unit"]] if "weight_unit" in at else ""
            values["gross_weight_kg"] = self._mass(text, "gross_weight_kg", at["weight"], unit)[0]
        if "value" in at and (text := cells[at["value"]]):
            values["declared_value"] = self._number(text, "declared_value", 1.0)[0]
        if "currency" in at and (text := cells[at["currency"]]):
            values["currency"] = text

    def _mass(self, text: str, column: str, at: int, unit: str) -> tuple[str, float | None]:
        if unit and text[-1].isdigit():
            text = f"{text} {unit}"
        return self._number(text, column, self.factors.get(at, 1.0))

    def _number(self, text: str, column: str, factor: float) -> tuple[str, float | None]:
        """Return a number as text in the column's unit, and its value where it has one."""
        known = self.read_numbers.get((text, factor))
        if known is None:
            if len(self.read_numbers) > 50_000:
                self.read_numbers.clear()
            known = self.read_numbers[text, factor] = self._parsed(text, column, factor)
        return known

    def _parsed(self, text: str, column: str, factor: float) -> tuple[str, float | None]:
        if len(text) > _DIGITS:
            return text[:_DIGITS] + "...", None
        number = float(quantities.parse([text], column, self.decimal)[0])
        if not isfinite(number) or number < 0:
            return text, None  # what is wrong with it is told where every number is read
        if factor == 1.0 and text.isascii() and text.replace(".", "", 1).isdigit():
            return text, number
        # Words beside a number stand for its unit; the name of the column does not say it again.
        stated = any(c.isalpha() for c in text)
        number = number if stated else round(number * factor, 9)
        return repr(number), number

    def _handling(self, cells: list[str]) -> str:
        """Return category, mail class and handling class as handling codes."""
        said: dict[str, None] = {}
        for key, at in self.handling:
            if not (text := cells[at]) or text in MISSING:
                continue
            if key == "category":
                code = _CATEGORIES.get(fold(text)) or "-".join(text.upper().split())
                said[code.replace(";", "-")] = None
            elif key == "handling_codes":
                said |= dict.fromkeys(text.upper().replace(";", " ").split())
            elif len(text) == 1:
                if kind := _KINDS.get(text.upper()):
                    said[kind] = None
            else:
                said["-".join(text.upper().replace(";", " ").split())] = None
        return ";".join(said)

    # --- its contents ---

    def _piece(self, row: list[str]) -> _Piece:
        at, piece = self.piece, _Piece()
        said: Callable[[str], str] = lambda key: row[at[key]] if key in at else ""  # noqa: E731
        piece.text, piece.hs, piece.origin = said("text"), said("hs"), said("origin").upper()
        piece.currency = said("money").upper()
        if text := said("quantity"):
            piece.quantity = self._number(text, "packages", 1.0)[1]
        if text := said("net") or said("gross"):
            key = "net" if said("net") else "gross"
            unit = row[self.at["weight_unit"]] if "weight_unit" in self.at else ""
            piece.net, piece.kg = self._mass(text, "net_weight_kg", at[key], unit)
        if text := said("amount"):
            piece.amount, piece.value = self._number(text, "declared_value", 1.0)
        elif text := said("unit_amount"):
            each = self._number(text, "declared_value", 1.0)[1]
            if each is not None and piece.quantity is not None:
                piece.value = round(each * piece.quantity, 6)
                piece.amount = repr(piece.value)
        return piece

    def _contents(
        self,
        pieces: list[_Piece],
        first: list[str],
        values: dict[str, str],
        doubts: list[tuple[str, str, str]],
    ) -> None:
        said = [piece for piece in pieces if piece.text or piece.hs or piece.kg is not None or piece.amount]
        if not said:
            return
        self._texts(said, first[self.at["summary"]] if "summary" in self.at else "", values)
        origins = {piece.origin for piece in said if piece.origin}
        if len(origins) == 1 and "origin_country" not in values:
            values["origin_country"] = next(iter(origins))
        self._sums(said, values, doubts)
        numbered = "piece" in self.at and first[self.at["piece"]]
        piece = said[0]
        if (
            len(said) > 1
            or numbered
            or piece.quantity is not None
            or (piece.origin and piece.origin != values["origin_country"])
        ):
            lines = [line for piece in said if (line := piece.line())]
            if lines:
                values["items"] = codes.dump_items(lines)

    @staticmethod
    def _texts(said: list[_Piece], summary: str, values: dict[str, str]) -> None:
        texts = [piece.text for piece in said]
        if summary:
            texts = [summary, *(text for text in texts if text not in summary)]
        for column, parts, by in (
            ("goods_description", texts, "; "),
            ("hs_codes", [piece.hs for piece in said], ";"),
        ):
            if column not in values and (text := by.join(dict.fromkeys(filter(None, parts)))):
                values[column] = text

    def _sums(self, said: list[_Piece], values: dict[str, str], doubts: list[tuple[str, str, str]]) -> None:
        """Let the item weigh and be worth what its contents do, where it does not say so itself."""
        weights = [piece.kg for piece in said if piece.kg is not None]
        column = "net_weight_kg" if "net" in self.piece else "gross_weight_kg"
        if column not in values:
            if len(said) == 1 and said[0].net:
                values[column] = said[0].net
            elif weights and len(weights) == len(said):
                values[column] = repr(round(sum(weights), 9))
        currencies = {piece.currency for piece in said if piece.currency and piece.amount}
        amounts = [piece.value for piece in said if piece.value is not None]
        if "declared_value" not in values and (amounts or said[0].amount):
            if len(currencies) > 1:
                expected = _CURRENCIES
                doubts.append(("declared_value", ", ".join(sorted(currencies)[:20]), expected))
                return
            if len(said) == 1:
                values["declared_value"] = said[0].amount
            elif len(amounts) == len(said):
                values["declared_value"] = repr(round(sum(amounts), 6))
        if len(currencies) == 1 and "currency" not in values:
            values["currency"] = next(iter(currencies))


_NAME_PARTS = ("company", "name", "first", "last")
_ADDRESS_PARTS = ("address", "address_2", "address_3", "address_4", "city", "state", "postcode")
_AMOUNTS = ("weight", "value", "net", "gross", "amount", "unit_amount", "net_weight_kg")


FORM = Form(
    name="itmatt",
    title="UPU ITMATT (flat)",
    messages=("ITMATT (M33), flat: one row per piece of contents",),
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
        Field("items", "content pieces", "quantity as packages, net weight as kg"),
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
        "Postage, insured value, invoice numbers and state of mail have no column. Rows of one item are "
        "joined when at most 1,000 other items began since its first; further apart they are lines of one "
        "shipment, joined as those of every table. An item keeps 1,000 pieces. A row without identifier is a "
        "further piece of the item above. Notify, broker, marks, containers, seals, voyage and transhipment "
        "are not written."
    ),
    tried="Constructed tables in the words of M33, CN 22 and CN 23; no real export.",
)
