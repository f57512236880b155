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
        "SALE-OF-GOODS": (
            "sale of goods|sale goods|sale|sold goods|11|vente de marchandises|venta de mercancías|venta|"
            "venda de mercadorias|verkauf von waren|warenverkauf|продажа товара|商品销售|销售"
        ),
        "RETURNED-GOODS": (
            "returned goods|return of goods|return goods|returned|return|returns|21|retour de marchandise|"
            "warenrücksendung|rücksendung|devolución|devolução|возврат товара|возврат|退货|退件"
        ),
        "GIFT": (
            "gift|gifts|g|31|cadeau|regalo|presente|geschenk|подарок|礼品|礼物|贈物|선물|present|hadiah|ของขวัญ"
        ),
        "SAMPLE": (
            "commercial sample|sample|samples|commercial samples|32|échantillon|échantillon commercial|"
            "muestra|muestra comercial|amostra|warenmuster|muster|образец"
            "|коммерческий образец|商品样品|货样|样品"
        ),
        "DOCUMENTS": "documents|document|docs|doc|d|91|documentos|dokumente|документы|文件|서류",
        "MERCHANDISE": "merchandise|goods|m|commercial goods|commercial|trade goods",
        "OTHER": "other|others|o|99|999|mixed|autre|otro|outro|sonstiges|прочее|其他|其它",
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
_WEIGHTS = ("weight", "net", "gross", "unit_net", "net_weight_kg")
_AMOUNTS = (*_WEIGHTS, "value", "amount", "unit_amount")
#: No postal item weighs more (UPU regulations: 30 kg, 50 kg where posts agree): what does is in grams.
_HEAVIEST_KG = 50.0
#: What is said of the item, or of each of its pieces where nothing else says it of them.
_UNCLEAR = {"weight": {"net", "gross", "unit_net"}, "value": {"amount", "unit_amount"}}

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
    packages: float | None
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
        return (self.text, self.hs, self.packages, self.kg, self.value, self.currency, self.origin)


class _Columns(NamedTuple):
    """Where a row says what of a piece of contents; -1 where it does not say it."""

    piece: int
    text: int
    quantity: int
    packages: int
    net: int
    gross: int
    unit_net: int
    amount: int
    unit_amount: int
    money: int
    hs: int
    origin: int
    weight_unit: int
    texts: tuple[int, ...]
    currency: str


def _columns(
    places: dict[str, list[int]], whole: dict[str, list[int]], currencies: dict[int, str]
) -> _Columns:
    """Return where a piece of contents stands; what it shares with the others is said of the whole."""
    at = dict.fromkeys((*CONTENT, "weight_unit"), -1)
    at |= {key: whole[key][0] for key in ("money", "origin", "weight_unit") if key in whole}
    at |= {key: found[0] for key, found in places.items()}
    return _Columns(
        piece=at["piece"],
        text=at["text"],
        quantity=at["quantity"],
        packages=at["packed"],
        net=at["net"],
        gross=at["gross"],
        unit_net=at["unit_net"],
        amount=at["amount"],
        unit_amount=at["unit_amount"],
        money=at["money"],
        hs=at["hs"],
        origin=at["origin"],
        weight_unit=at["weight_unit"],
        texts=tuple(places.get("text", ())[1:]),
        currency=currencies.get(at["amount"], currencies.get(at["unit_amount"], "")),
    )


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
        #: Pieces of contents a row tells of: one, or several side by side.
        self.contents = [_columns(each, places, header.currencies) for each in header.beside or [places]]
        self.unclear = [
            key
            for key, own in _UNCLEAR.items()
            if header.is_bare(key) and not header.beside and not own & places.keys()
        ]
        contents = {at for key in (*CONTENT, "weight_unit") for at in places.get(key, ())}
        contents |= {at for each in header.beside for found in each.values() for at in found}
        #: Columns of the item itself, which its rows repeat.
        self.own = [at for at in range(len(header.cells)) if at not in contents]
        numbers = {
            key: [at for each in (places, *header.beside) for at in each.get(key, ())] for key in _AMOUNTS
        }
        texts = [row[at] for row in sample for found in numbers.values() for at in found if at < len(row)]
        self.decimal = quantities.decimal_mark(text.strip() for text in texts) or "."
        self.numbers: dict[tuple[str, float], tuple[str, float | None]] = {}
        self.factors = dict(header.factors)
        bare = [at for key in _WEIGHTS for at in numbers[key] if at not in header.factors]
        if "weight_unit" not in places and self._in_grams(sample, bare):
            self.factors |= dict.fromkeys(bare, 0.001)
        days = [row[at].strip() for row in sample for _, at in self.times if at < len(row)]
        self.day_first = times.day_first(days)
        self.codes: dict[tuple[str, ...], str] = {}

    def _in_grams(self, sample: list[list[str]], columns: list[int]) -> bool:
        """Tell weights without a unit that are in grams: most of a column are more than an item can weigh."""
        for at in columns:
            said = [text for row in sample if at < len(row) and (text := row[at].strip())]
            found = [number for text in said if (number := self._number(text, "net_weight_kg", 1.0)[1])]
            if found and sorted(found)[len(found) // 2] > _HEAVIEST_KG:
                return True
        return False

    # --- an item ---

    def item(self, rows: list[Row]) -> Shipment | Broken:
        """Return the shipment some rows of one item tell of."""
        line, first = rows[0]
        doubts: Doubts = []
        cells = [*map(str.strip, first), ""]
        pieces = [cells]
        own: tuple[str, ...] = ()
        if len(rows) > 1:
            pieces += [[*map(str.strip, row), ""] for _, row in rows[1 : codes.MAX_MEMBERS]]
            own = tuple([key for key in self.unclear if _differ([row[self.at[key]] for row in pieces])])
            cells = self._same(pieces, own, doubts)
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
        self._numbers(cells, values, own)
        if self.handling and (handling := self._handling(cells)):
            values["handling_codes"] = handling
        contents = self.contents
        if own:
            usual = contents[0]
            gross = at["weight"] if "weight" in own else usual.gross
            amount = at["value"] if "value" in own else usual.amount
            contents = [usual._replace(gross=gross, amount=amount)]
        found = [self._piece(row, columns) for row in pieces for columns in contents]
        self._contents(found[: codes.MAX_MEMBERS], pieces[0], values, doubts)
        if function in _CHANGES:
            values.setdefault("amendment_count", "1")
            if "known_at" in values:
                values.setdefault("last_amended_at", values["known_at"])
        return Shipment(values, f"line {line}", tuple(doubts))

    def _same(self, pieces: list[list[str]], own: tuple[str, ...], doubts: Doubts) -> list[str]:
        """Return the cells of the item itself: of each column the first that says something."""
        cells = pieces[0]
        columns = self.own
        if own:
            columns = [at for at in columns if at not in {self.at[key] for key in own}]
        first = [cells[at] for at in columns]
        for row in pieces[1:]:
            if [row[at] for at in columns] == first:
                continue
            if cells is pieces[0]:
                cells = list(cells)
            for at in columns:
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

    def _numbers(self, cells: list[str], values: dict[str, str], own: tuple[str, ...]) -> None:
        """Read the numbers of the item; ``own`` are those its pieces have for themselves."""
        at, factors = self.at, self.factors
        for column in _NUMBERS:
            if column in at and (text := cells[at[column]]):
                values[column] = self._number(text, column, factors.get(at[column], 1.0))[0]
        if "weight" in at and "weight" not in own and (text := cells[at["weight"]]):
            text = _with_unit(text, cells[at.get("weight_unit", -1)])
            values["gross_weight_kg"] = self._number(text, "net_weight_kg", factors.get(at["weight"], 1.0))[0]
        if "value" in at and "value" not in own and (text := cells[at["value"]]):
            values["declared_value"] = self._number(text, "declared_value", 1.0)[0]
            if currency := self.header.currencies.get(at["value"], ""):
                values["currency"] = currency
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

    def _piece(self, row: list[str], columns: _Columns) -> Piece:
        """Read a piece of contents: where each thing stands in the row is given."""
        factors = self.factors
        count = packages = kg = value = None
        mass = worth = ""
        if said := row[columns.quantity]:
            count = self._number(said, "packages", 1.0)[1]
        if said := row[columns.packages]:
            packages = self._number(said, "packages", 1.0)[1]
        if said := row[columns.net] or row[columns.gross]:
            said = _with_unit(said, row[columns.weight_unit])
            factor = factors.get(columns.net if row[columns.net] else columns.gross, 1.0)
            mass, kg = self._number(said, "net_weight_kg", factor)
        elif said := row[columns.unit_net]:
            said = _with_unit(said, row[columns.weight_unit])
            mass, kg = _times(
                self._number(said, "net_weight_kg", factors.get(columns.unit_net, 1.0))[1], count
            )
        if said := row[columns.amount]:
            worth, value = self._number(said, "declared_value", 1.0)
        elif said := row[columns.unit_amount]:
            worth, value = _times(self._number(said, "declared_value", 1.0)[1], count)
        money = row[columns.money].upper() or columns.currency
        text = row[columns.text]
        if columns.texts and (texts := [more for at in columns.texts if (more := row[at])]):
            text = "; ".join(dict.fromkeys(filter(None, (text, *texts))))
        return Piece(
            text, row[columns.hs], packages, mass, kg, worth, value, money, row[columns.origin].upper()
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
        counted = self.contents[0]
        several = len(said) > 1 or any(
            first[at] for at in (counted.piece, counted.quantity, counted.packages)
        )
        if several or (piece.origin and piece.origin != values["origin_country"]):
            values["items"] = "[" + ",".join([line for each in said if (line := each.line())]) + "]"

    def _sums(self, said: list[Piece], values: dict[str, str], doubts: Doubts) -> None:
        """Let the item weigh and be worth what its contents do, where it does not say so itself."""
        piece = said[0]
        net = any(columns.net >= 0 or columns.unit_net >= 0 for columns in self.contents)
        column = "net_weight_kg" if net else "gross_weight_kg"
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


def _differ(texts: list[str]) -> bool:
    return len({text for text in texts if text}) > 1


def _times(each: float | None, count: float | None) -> tuple[str, float | None]:
    """Return what so many units weigh or are worth, as text and as number."""
    if each is None or count is None:
        return "", None
    number = round(each * count, 9)
    return repr(number), number


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
