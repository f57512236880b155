"""Rows of a flat ITMATT as postal items: what each row says of the item, and of a piece of its contents."""

from __future__ import annotations

import re

from features.manifest import codes, times
from features.manifest.cells import MISSING
from features.manifest.messages.form import Broken, Shipment
from features.manifest.messages.itmatt_contents import Contents, Doubts
from features.manifest.messages.itmatt_handling import handling_codes
from features.manifest.messages.itmatt_identifiers import (
    S10,
    S10_FORM,
    check_digit,
    compact,
    place_office,
    place_receptacle,
)
from features.manifest.messages.itmatt_names import CONTENT, ROLES, Header
from features.manifest.messages.itmatt_numbers import Numbers, with_unit
from features.manifest.synonyms import fold

#: Sets of handling words whose reading is kept.
_KEPT = 50_000
_DAY_MONTH = re.compile(r"([0-9]{1,2})[-/. ]([0-9]{1,2})[-/. ]([0-9]{4})(?=$|[T ,])(.*)", re.S)

_CHANGES = frozenset(("4", "5", "20", "change", "changed", "replace", "replacement", "amend", "amendment"))
_CHANGES |= {"amended", "update", "updated"}
_CANCELS = frozenset(("1", "3", "cancel", "cancelled", "cancellation", "delete", "deleted", "deletion"))
_CONFLICT = "the same on every row of an item; the first was taken"

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
#: What is said of the item, or of each of its pieces where nothing else says it of them.
_UNCLEAR = {"weight": {"net", "gross", "unit_net"}, "value": {"amount", "unit_amount"}}

#: A row and the line it begins at.
Row = tuple[int, list[str]]


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
        self._name_parties()
        self.times = [(column, self.at[key]) for key, column in _TIMES if key in places]
        days = [row[at].strip() for row in sample for _, at in self.times if at < len(row)]
        self.day_first = times.day_first(days)
        self.handling = [(key, at) for key in _HANDLING for at in places.get(key, ())]
        self.codes: dict[tuple[str, ...], str] = {}
        self.numbers = _numbers(header, sample)
        self.contents = Contents(header, self.numbers)
        self.unclear = [
            key
            for key, own in _UNCLEAR.items()
            if header.is_bare(key) and not header.beside and not own & places.keys()
        ]
        contents = {at for key in (*CONTENT, "weight_unit") for at in places.get(key, ())}
        contents |= {at for each in header.beside for found in each.values() for at in found}
        #: Columns of the item itself, which its rows repeat.
        self.own = [at for at in range(len(header.cells)) if at not in contents]

    def _name_parties(self) -> None:
        """Find the columns that name parties: one alone goes as it stands, several are put together."""
        places = self.header.places
        for role in ROLES:
            names = [self.at[key] for part in _NAME_PARTS if (key := f"{role}.{part}") in places]
            address = [at for part in _ADDRESS_PARTS for at in places.get(f"{role}.{part}", ())]
            for column, found, by in ((f"{role}_name", names, " "), (f"{role}_address", address, ", ")):
                if len(found) == 1:
                    self.direct.append((column, found[0]))
                elif found:
                    self.joined.append((column, found, by))

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
        self._texts(cells, values)
        self._amounts(cells, values, own)
        if self.handling and (handling := self._handling(cells)):
            values["handling_codes"] = handling
        contents = self.contents.columns
        if own:
            usual = contents[0]
            gross = at["weight"] if "weight" in own else usual.gross
            amount = at["value"] if "value" in own else usual.amount
            contents = [usual._replace(gross=gross, amount=amount)]
        found = [self.contents.piece(row, columns) for row in pieces for columns in contents]
        self.contents.put(found[: codes.MAX_MEMBERS], pieces[0], values, doubts)
        if function in _CHANGES:
            values.setdefault("amendment_count", "1")
            if "known_at" in values:
                values.setdefault("last_amended_at", values["known_at"])
        return Shipment(values, f"line {line}", tuple(doubts))

    def _texts(self, cells: list[str], values: dict[str, str]) -> None:
        """Read what stands in one cell or several as it is, then offices and times."""
        for column, place in self.direct:
            if (text := cells[place]) and column not in values:
                values[column] = text
        for column, places, by in self.joined:
            parts = dict.fromkeys([text for each in places if (text := cells[each]) and text not in MISSING])
            if parts:
                values[column] = by.join(parts)
        self._offices(cells, values)
        for column, place in self.times:
            if (text := cells[place]) and column not in values:
                values[column] = self._time(text)

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
            doubts.append(("shipment_id", text, S10_FORM))
            return text
        if (right := check_digit(number)) != number[10]:
            doubts.append(("shipment_id", text, f"an S10 identifier; its check digit should be {right}"))
        return number

    def _offices(self, cells: list[str], values: dict[str, str]) -> None:
        at = self.at
        if "from_office" in at and (office := cells[at["from_office"]]):
            place_office(office.upper(), "loading_port", "origin_country", values)
        if "to_office" in at and (office := cells[at["to_office"]]):
            place_office(office.upper(), "discharge_port", "destination_country", values)
        if "location" in values:
            place_receptacle(values["location"], values)

    def _time(self, text: str) -> str:
        """Return a time; ``03/04/2026`` as what other dates of the file prove."""
        if self.day_first is None or not (found := _DAY_MONTH.fullmatch(text)):
            return text
        day, month = (found[1], found[2]) if self.day_first else (found[2], found[1])
        return f"{found[3]}-{month:0>2}-{day:0>2}{found[4]}"

    def _amounts(self, cells: list[str], values: dict[str, str], own: tuple[str, ...]) -> None:
        """Read the numbers of the item; ``own`` are those its pieces have for themselves."""
        at, read, factors = self.at, self.numbers.read, self.numbers.factors
        for column in _NUMBERS:
            if column in at and (text := cells[at[column]]):
                values[column] = read(text, column, factors.get(at[column], 1.0))[0]
        if "weight" in at and "weight" not in own and (text := cells[at["weight"]]):
            text = with_unit(text, cells[at.get("weight_unit", -1)])
            values["gross_weight_kg"] = read(text, "net_weight_kg", factors.get(at["weight"], 1.0))[0]
        if "value" in at and "value" not in own and (text := cells[at["value"]]):
            values["declared_value"] = read(text, "declared_value", 1.0)[0]
            if currency := self.header.currencies.get(at["value"], ""):
                values["currency"] = currency
        if "currency" in at and (text := cells[at["currency"]]):
            values["currency"] = text

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
                    codes_said |= dict.fromkeys(handling_codes(key, text))
            known = self.codes[said] = ";".join(codes_said)
        return known


def _numbers(header: Header, sample: list[list[str]]) -> Numbers:
    """Return how a file writes its numbers."""
    found = {
        key: [at for each in (header.places, *header.beside) for at in each.get(key, ())] for key in _AMOUNTS
    }
    weights = [at for key in _WEIGHTS for at in found[key]]
    amounts = [at for places in found.values() for at in places]
    return Numbers(sample, weights, amounts, header.factors, "weight_unit" in header.places)


def _differ(texts: list[str]) -> bool:
    return len({text for text in texts if text}) > 1
