"""Contents of a postal item: pieces, and what the item is, weighs and is worth by them."""

from __future__ import annotations

from json.encoder import encode_basestring  # type: ignore[attr-defined]
from typing import NamedTuple

from features.manifest import codes
from features.manifest.messages.itmatt_names import CONTENT, Header
from features.manifest.messages.itmatt_numbers import Numbers, multiplied, with_unit

_CURRENCIES = "one currency for all contents of an item, or a value of the whole item"

Doubts = list[tuple[str, str, str]]


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


class Columns(NamedTuple):
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
) -> Columns:
    """Return where a piece of contents stands; what it shares with the others is said of the whole."""
    at = dict.fromkeys((*CONTENT, "weight_unit"), -1)
    at |= {key: whole[key][0] for key in ("money", "origin", "weight_unit") if key in whole}
    at |= {key: found[0] for key, found in places.items()}
    return Columns(
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


class Contents:
    """How the columns of one file become the contents of its items.

    Cells of a row are followed by an empty one, so that what the file does not say stands at -1.

    Attributes
    ----------
    columns : list of Columns
        Pieces of contents a row tells of: one, or several side by side.
    """

    def __init__(self, header: Header, numbers: Numbers) -> None:
        self.numbers = numbers
        places = header.places
        self.columns = [_columns(each, places, header.currencies) for each in header.beside or [places]]
        self._summary = places["summary"][0] if "summary" in places else -1

    def piece(self, row: list[str], columns: Columns) -> Piece:
        """Read a piece of contents: where each thing stands in the row is given."""
        read, factors = self.numbers.read, self.numbers.factors
        count = packages = kg = value = None
        mass = worth = ""
        if said := row[columns.quantity]:
            count = read(said, "packages", 1.0)[1]
        if said := row[columns.packages]:
            packages = read(said, "packages", 1.0)[1]
        if said := row[columns.net] or row[columns.gross]:
            said = with_unit(said, row[columns.weight_unit])
            factor = factors.get(columns.net if row[columns.net] else columns.gross, 1.0)
            mass, kg = read(said, "net_weight_kg", factor)
        elif said := row[columns.unit_net]:
            said = with_unit(said, row[columns.weight_unit])
            mass, kg = multiplied(read(said, "net_weight_kg", factors.get(columns.unit_net, 1.0))[1], count)
        if said := row[columns.amount]:
            worth, value = read(said, "declared_value", 1.0)
        elif said := row[columns.unit_amount]:
            worth, value = multiplied(read(said, "declared_value", 1.0)[1], count)
        money = row[columns.money].upper() or columns.currency
        text = row[columns.text]
        if columns.texts and (texts := [more for at in columns.texts if (more := row[at])]):
            text = "; ".join(dict.fromkeys(filter(None, (text, *texts))))
        return Piece(
            text, row[columns.hs], packages, mass, kg, worth, value, money, row[columns.origin].upper()
        )

    def put(self, pieces: list[Piece], first: list[str], values: dict[str, str], doubts: Doubts) -> None:
        """Put pieces of one item into its columns; ``first`` is its first row."""
        said = [piece for piece in pieces if piece.text or piece.hs or piece.net or piece.amount]
        if not said:
            return
        piece = said[0]
        summary = first[self._summary]
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
        counted = self.columns[0]
        several = len(said) > 1 or any(
            first[at] for at in (counted.piece, counted.quantity, counted.packages)
        )
        if several or (piece.origin and piece.origin != values["origin_country"]):
            values["items"] = "[" + ",".join([line for each in said if (line := each.line())]) + "]"

    def _sums(self, said: list[Piece], values: dict[str, str], doubts: Doubts) -> None:
        """Let the item weigh and be worth what its contents do, where it does not say so itself."""
        piece = said[0]
        net = any(columns.net >= 0 or columns.unit_net >= 0 for columns in self.columns)
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
