"""Rows of a flat ITMATT as postal items: what each row says of the item, and of a piece of its contents."""

from __future__ import annotations

import re
from json.encoder import encode_basestring  # type: ignore[attr-defined]
from math import isfinite
from typing import NamedTuple

from features.manifest import codes, quantities, times
from features.manifest.cells import MISSING
from features.manifest.messages.form import Broken, Shipment
from features.manifest.messages.itmatt_names import CONTENT, ROLES, Header
from features.manifest.synonyms import fold

#: A number of more characters is none.
_DIGITS = 60
#: Texts whose reading is kept.
_KEPT = 50_000
S10 = re.compile(r"[A-Z]{2}[0-9]{9}[A-Z]{2}")
_OFFICE = re.compile(r"[A-Z]{6}")
#: Receptacle identifier (S9): its first 20 characters are those of its dispatch (S8).
_RECEPTACLE = re.compile(r"[A-Z]{12}[A-Z]{3}[0-9]{8}[0-9A-Z]{6}")
_DAY_MONTH = re.compile(r"([0-9]{1,2})[-/. ]([0-9]{1,2})[-/. ]([0-9]{4})(?=$|[T ,])(.*)", re.S)

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
_CHANGES = frozenset(("4", "5", "20", "change", "changed", "replace", "replacement", "amend", "amendment"))
_CHANGES |= {"amended", "update", "updated"}
_CANCELS = frozenset(("1", "3", "cancel", "cancelled", "cancellation", "delete", "deleted", "deletion"))
_CONFLICT = "the same on every row of an item; the first was taken"
_CURRENCIES = "one currency for all contents of an item, or a value of the whole item"
_S10_FORM = "an S10 identifier: two letters, nine digits, a country (RR473124829GB)"

#: Said of an item as it stands -> column of the shipment table, where it is not called the same.
_DIRECT = {
    **{f"{role}.{part}": f"{role}_{part}" for role in ROLES for part in ("country", "id", "phone", "email")},
    "permits": "permit_refs",
    "manifest_id": "",
    "registration_number": "",
    "declaration_id": "",
    "customs_office": "",
    "master_id": "",
    "location": "",
    "carrier_name": "",
    "vessel_or_flight": "",
    "loading_port": "",
    "discharge_port": "",
    "delivery_place": "",
    "direction": "",
    "goods_description": "",
    "hs_codes": "",
    "origin_country": "",
    "destination_country": "",
    "consignee_id": "",
}
_TIMES = (
    ("message_date", "known_at"),
    ("posting_date", "known_at"),
    ("arrives_at", "arrives_at"),
    ("last_amended_at", "last_amended_at"),
)
_NUMBERS = ("packages", "amendment_count", "net_weight_kg")
_NAME_PARTS = ("company", "name", "first", "last")
_ADDRESS_PARTS = ("address", "address_2", "address_3", "address_4", "city", "state", "postcode")
_HANDLING = ("category", "kind", "class", "handling_codes")
_AMOUNTS = ("weight", "value", "net", "gross", "amount", "unit_amount", "net_weight_kg")

Doubts = list[tuple[str, str, str]]
#: A row and the line it begins at.
Row = tuple[int, list[str]]


def check_digit(identifier: str) -> str:
    """Return the check digit that the eight digits of an S10 identifier ask for (UPU S10-12, modulo 11)."""
    a, b, c, d, e, f, g, h = map(int, identifier[2:10])
    left = 11 - (8 * a + 6 * b + 4 * c + 2 * d + 3 * e + 5 * f + 9 * g + 7 * h) % 11
    return "0" if left == 10 else "5" if left == 11 else str(left)


def compact(text: str) -> str:
    """Return an identifier without blanks and hyphens, upper case."""
    return text.upper().replace(" ", "").replace("-", "").strip()


class Piece(NamedTuple):
    """A line of contents: numbers as text in the unit of their column, and as numbers where they are some."""

    text: str
    hs: str
    quantity: float | None
    net: str
    kg: float | None
    amount: str
    value: float | None
    currency: str
    origin: str

    def line(self) -> str:
        """Return it as JSON, as `codes.dump_items` would write it."""
        said = [
            f'"{key}":{encode_basestring(text) if isinstance(text, str) else repr(text)}'
            for key, text in zip(codes.ITEM_KEYS, self.said(), strict=True)
            if text not in ("", None)
        ]
        return "{" + ",".join(said) + "}" if said else ""

    def said(self) -> tuple[str | float | None, ...]:
        """Return what it says in the order of `codes.ITEM_KEYS`."""
        return (self.text, self.hs, self.quantity, self.kg, self.value, self.currency, self.origin)


class Layout:
    """How the columns of one file become the columns of the shipment table.

    Cells of a row are followed by an empty one, so that what the file does not say stands at -1.

    Parameters
    ----------
    header : Header
    sample : list of list of str
        First rows: they prove how the file writes numbers and dates.
    """

    def __init__(self, header: Header, sample: list[list[str]]) -> None:
        places = header.places
        self.header = header
        self.at = {key: found[0] for key, found in places.items()}
        self.identifier = self.at["id"]
        keys = [self.at[key] for key in ("message_date", "function") if key in places]
        #: Columns that tell versions of an item apart.
        self.keyed = [self.identifier, *keys] if keys else []
        self.direct = [(column or key, at) for key, column in _DIRECT.items() for at in places.get(key, ())]
        self.joined: list[tuple[str, list[int], str]] = []
        for role in ROLES:
            names = [self.at[key] for part in _NAME_PARTS if (key := f"{role}.{part}") in places]
            address = [at for part in _ADDRESS_PARTS for at in places.get(f"{role}.{part}", ())]
            for column, found, by in ((f"{role}_name", names, " "), (f"{role}_address", address, ", ")):
                if len(found) == 1:
                    self.direct.append((column, found[0]))
                elif found:
                    self.joined.append((column, found, by))
        self.times = [(column, self.at[key]) for key, column in _TIMES if key in places]
        self.handling = [(key, at) for key in _HANDLING for at in places.get(key, ())]
        self.content = [self.at.get(key, -1) for key in CONTENT]
        contents = {at for key in (*CONTENT, "weight_unit") for at in places.get(key, ())}
        #: Columns of the item itself, which its rows repeat.
        self.own = [at for at in range(len(header.cells)) if at not in contents]
        texts = [row[at] for row in sample for key in _AMOUNTS for at in places.get(key, ()) if at < len(row)]
        self.decimal = quantities.decimal_mark(text.strip() for text in texts) or "."
        days = [row[at].strip() for row in sample for _, at in self.times if at < len(row)]
        self.day_first = times.day_first(days)
        self.numbers: dict[tuple[str, float], tuple[str, float | None]] = {}
        self.codes: dict[tuple[str, ...], str] = {}

    # --- an item ---

    def item(self, rows: list[Row]) -> Shipment | Broken:
        """Return the shipment some rows of one item tell of."""
        line, first = rows[0]
        doubts: Doubts = []
        cells = [*map(str.strip, first), ""]
        pieces = [cells]
        if len(rows) > 1:
            pieces += [[*map(str.strip, row), ""] for _, row in rows[1 : codes.MAX_MEMBERS]]
            cells = self._same(pieces, doubts)
            pieces = list(map(list, dict.fromkeys(map(tuple, pieces))))  # each row that was sent twice once
            if len(rows) > codes.MAX_MEMBERS:
                expected = f"at most {codes.MAX_MEMBERS:,} lines of contents; the rest is left out"
                doubts.append(("items", "", expected))
        at = self.at
        values = {"shipment_id": self._identifier(cells[self.identifier], doubts), "mode": "post"}
        function = fold(said) if "function" in at and (said := cells[at["function"]]) else ""
        if function in _CANCELS:
            expected = "a shipment that is carried; this message cancels it"
            return Broken(f"line {line}", expected, values["shipment_id"])
        for column, place in self.direct:
            if (text := cells[place]) and column not in values:
                values[column] = text
        for column, places, by in self.joined:
            parts = dict.fromkeys([text for each in places if (text := cells[each]) and text not in MISSING])
            if parts:
                values[column] = by.join(parts)
        self._places(cells, values)
        for column, place in self.times:
            if (text := cells[place]) and column not in values:
                values[column] = self._time(text)
        self._numbers(cells, values)
        if self.handling and (handling := self._handling(cells)):
            values["handling_codes"] = handling
        self._contents([self._piece(row) for row in pieces], pieces[0], values, doubts)
        if function in _CHANGES:
            values.setdefault("amendment_count", "1")
            if "known_at" in values:
                values.setdefault("last_amended_at", values["known_at"])
        return Shipment(values, f"line {line}", tuple(doubts))

    def _same(self, pieces: list[list[str]], doubts: Doubts) -> list[str]:
        """Return the cells of the item itself: of each column the first that says something."""
        cells = pieces[0]
        own = [cells[at] for at in self.own]
        for row in pieces[1:]:
            if [row[at] for at in self.own] == own:
                continue
            if cells is pieces[0]:
                cells = list(cells)
            for at in self.own:
                text = row[at]
                if not text or text == cells[at]:
                    continue
                if not cells[at]:
                    cells[at] = text
                elif len(doubts) < 20 and fold(text) != fold(cells[at]) and (column := self._column(at)):
                    doubts.append((column, text, _CONFLICT))
        return cells

    def _column(self, at: int) -> str:
        """Return the column of the shipment table a cell of the item goes to, if it goes to one."""
        found = {place: column for column, place in (*self.direct, *self.times)}
        found |= {place: column for column, places, _ in self.joined for place in places}
        for key, column in (("weight", "gross_weight_kg"), ("value", "declared_value")):
            if key in self.at:
                found[self.at[key]] = column
        return found.get(at, "")

    def _identifier(self, text: str, doubts: Doubts) -> str:
        number = text if S10.fullmatch(text) else compact(text)
        if not S10.fullmatch(number):
            doubts.append(("shipment_id", text, _S10_FORM))
            return text
        if (right := check_digit(number)) != number[10]:
            doubts.append(("shipment_id", text, f"an S10 identifier; its check digit should be {right}"))
        return number

    def _places(self, cells: list[str], values: dict[str, str]) -> None:
        """Read offices of exchange: GBLALA is of London Langley, in GB."""
        at = self.at
        if "from_office" in at and (office := cells[at["from_office"]]):
            _office(office.upper(), "loading_port", "origin_country", values)
        if "to_office" in at and (office := cells[at["to_office"]]):
            _office(office.upper(), "discharge_port", "destination_country", values)
        if "location" in values and _RECEPTACLE.fullmatch(values["location"].upper()):
            receptacle = values["location"].upper()
            values.setdefault("master_id", receptacle[:20])
            _office(receptacle[:6], "loading_port", "origin_country", values)
            _office(receptacle[6:12], "discharge_port", "destination_country", values)

    def _time(self, text: str) -> str:
        """Return a time; ``03/04/2026`` as what other dates of the file prove."""
        if self.day_first is None or not (found := _DAY_MONTH.fullmatch(text)):
            return text
        day, month = (found[1], found[2]) if self.day_first else (found[2], found[1])
        return f"{found[3]}-{month:0>2}-{day:0>2}{found[4]}"

    def _numbers(self, cells: list[str], values: dict[str, str]) -> None:
        at, factors = self.at, self.header.factors
        for column in _NUMBERS:
            if column in at and (text := cells[at[column]]):
                values[column] = self._number(text, column, factors.get(at[column], 1.0))[0]
        if "weight" in at and (text := cells[at["weight"]]):
            text = _with_unit(text, cells[at.get("weight_unit", -1)])
            values["gross_weight_kg"] = self._number(text, "net_weight_kg", factors.get(at["weight"], 1.0))[0]
        if "value" in at and (text := cells[at["value"]]):
            values["declared_value"] = self._number(text, "declared_value", 1.0)[0]
        if "currency" in at and (text := cells[at["currency"]]):
            values["currency"] = text

    def _number(self, text: str, column: str, factor: float) -> tuple[str, float | None]:
        """Return a number as text in the column's unit, and its value where it has one."""
        known = self.numbers.get((text, factor))
        if known is None:
            if len(self.numbers) > _KEPT:
                self.numbers.clear()
            known = self.numbers[text, factor] = self._parsed(text, column, factor)
        return known

    def _parsed(self, text: str, column: str, factor: float) -> tuple[str, float | None]:
        if len(text) > _DIGITS:
            return text[:_DIGITS] + "...", None
        plain = text.isascii() and text.replace(".", "", 1).isdigit()
        if plain and (self.decimal == "." or "." not in text):
            number = float(text)
        else:
            number = float(quantities.parse([text], column, self.decimal)[0])
        if not isfinite(number) or number < 0:
            return text, None  # what is wrong with it is told where every number is read
        if factor == 1.0 and plain and self.decimal == ".":
            return text, number
        # Words beside a number stand for its unit; the name of the column does not say it again.
        number = number if any(c.isalpha() for c in text) else round(number * factor, 9)
        return repr(number), number

    def _handling(self, cells: list[str]) -> str:
        """Return category, mail class and handling class as handling codes."""
        said = tuple([cells[at] for _, at in self.handling])
        known = self.codes.get(said)
        if known is None:
            if len(self.codes) > _KEPT:
                self.codes.clear()
            codes_said: dict[str, None] = {}
            for (key, _), text in zip(self.handling, said, strict=True):
                if text and text not in MISSING:
                    codes_said |= dict.fromkeys(_handling_codes(key, text))
            known = self.codes[said] = ";".join(codes_said)
        return known

    # --- its contents ---

    def _piece(self, row: list[str]) -> Piece:
        _, text, quantity, net, gross, amount, unit_amount, money, hs, origin = self.content
        factors = self.header.factors
        count = kg = value = None
        mass = worth = ""
        if said := row[quantity]:
            count = self._number(said, "packages", 1.0)[1]
        if said := row[net] or row[gross]:
            said = _with_unit(said, row[self.at.get("weight_unit", -1)])
            mass, kg = self._number(said, "net_weight_kg", factors.get(net if row[net] else gross, 1.0))
        if said := row[amount]:
            worth, value = self._number(said, "declared_value", 1.0)
        elif said := row[unit_amount]:
            each = self._number(said, "declared_value", 1.0)[1]
            if each is not None and count is not None:
                value = round(each * count, 6)
                worth = repr(value)
        return Piece(
            row[text], row[hs], count, mass, kg, worth, value, row[money].upper(), row[origin].upper()
        )

    def _contents(
        self, pieces: list[Piece], first: list[str], values: dict[str, str], doubts: Doubts
    ) -> None:
        said = [piece for piece in pieces if piece.text or piece.hs or piece.net or piece.amount]
        if not said:
            return
        piece = said[0]
        summary = first[self.at["summary"]] if "summary" in self.at else ""
        if len(said) == 1 and not summary:
            if piece.text:
                values.setdefault("goods_description", piece.text)
            if piece.hs:
                values.setdefault("hs_codes", piece.hs)
        else:
            _texts(said, summary, values)
        origins = {each.origin for each in said if each.origin}
        if len(origins) == 1:
            values.setdefault("origin_country", piece.origin or next(iter(origins)))
        self._sums(said, values, doubts)
        several = len(said) > 1 or first[self.content[0]] or piece.quantity is not None
        if several or (piece.origin and piece.origin != values["origin_country"]):
            values["items"] = "[" + ",".join([line for each in said if (line := each.line())]) + "]"

    def _sums(self, said: list[Piece], values: dict[str, str], doubts: Doubts) -> None:
        """Let the item weigh and be worth what its contents do, where it does not say so itself."""
        piece = said[0]
        column = "net_weight_kg" if "net" in self.at else "gross_weight_kg"
        if piece.net and column not in values:
            weights = [each.kg for each in said if each.kg is not None]
            if len(said) == 1:
                values[column] = piece.net
            elif len(weights) == len(said):
                values[column] = repr(round(sum(weights), 9))
        currencies = {each.currency for each in said if each.currency and each.amount}
        if piece.amount and "declared_value" not in values:
            amounts = [each.value for each in said if each.value is not None]
            if len(currencies) > 1:
                doubts.append(("declared_value", ", ".join(sorted(currencies)[:20]), _CURRENCIES))
                return
            if len(said) == 1:
                values["declared_value"] = piece.amount
            elif len(amounts) == len(said):
                values["declared_value"] = repr(round(sum(amounts), 6))
        if len(currencies) == 1:
            values.setdefault("currency", next(iter(currencies)))


def _with_unit(text: str, unit: str) -> str:
    return f"{text} {unit}" if unit and text[-1].isdigit() else text


def _office(office: str, port: str, country: str, values: dict[str, str]) -> None:
    if _OFFICE.fullmatch(office) and office[:2] in codes.country_codes():
        values.setdefault(port, office[:5])
        values.setdefault(country, office[:2])
    elif len(office) > 2:
        values.setdefault(port, office)


def _handling_codes(key: str, text: str) -> list[str]:
    if key == "category":
        code = _CATEGORIES.get(fold(text)) or "-".join(text.upper().split())
        return [code.replace(";", "-")]
    if key == "handling_codes":
        return text.upper().replace(";", " ").split()
    if len(text) == 1:
        return [_KINDS[text.upper()]] if text.upper() in _KINDS else []
    return ["-".join(text.upper().replace(";", " ").split())]


def _texts(said: list[Piece], summary: str, values: dict[str, str]) -> None:
    """Put descriptions and codes of several pieces together, each once."""
    texts = [piece.text for piece in said]
    if summary:
        texts = [summary, *(text for text in texts if text not in summary)]
    for column, parts, by in (
        ("goods_description", texts, "; "),
        ("hs_codes", [piece.hs for piece in said], ";"),
    ):
        if column not in values and (text := by.join(dict.fromkeys(filter(None, parts)))):
            values[column] = text
