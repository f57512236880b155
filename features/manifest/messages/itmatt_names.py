"""Names of the columns of a flat ITMATT: what each of them says of a postal item.

No standard fixes them: posts export the elements of UPU M33 (ITMATT) and M43 (CUSITM) under names of
their own, which are put together of few words (``sender_name``, ``Addressee.Postcode``, ``content hs``,
``DECLARED_HS_CODE_2``). The words, those of the elements of M33, of the forms CN 22 and CN 23 and of
carriers' upload sheets, are the reference table ``itmatt_names``; here is how they are put together.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import NamedTuple

from features import reference
from features.manifest import column_names
from features.manifest.synonyms import fold

#: Unit at the end of a column's name -> kg.
_UNITS = {
    **dict.fromkeys(
        ("kg", "kgs", "kgm", "kilo", "kilos", "kilogram", "kilograms", "公斤", "千克", "кг"), 1.0
    ),
    **dict.fromkeys(("g", "gr", "grm", "gm", "gms", "gram", "grams", "grammes", "克", "г", "гр"), 0.001),
    **dict.fromkeys(("lb", "lbs", "pound", "pounds"), 0.45359237),
    **dict.fromkeys(("oz", "ounce", "ounces"), 0.028349523125),
}

#: Parties a postal item has.
ROLES = ("shipper", "consignee")
#: Roles that are words of other things too: they count only before a field.
_BARE = ("from", "to", "post", "merchant", "seller", "buyer")
#: What an address sheet says of the addressee without naming him.
_UNNAMED: tuple[str, ...] = (
    "name",
    "company",
    "first",
    "last",
    "address",
    "address_2",
    "address_3",
    "address_4",
    "city",
)
_UNNAMED += ("state", "postcode", "country", "phone", "email")
#: Where an ordinary table's names are known too: column of the shipment table -> what it says here.
_ORDINARY = {
    **{
        f"{role}_{f}": f"{role}.{f}"
        for role in ROLES
        for f in ("name", "address", "country", "id", "phone", "email")
    },
    "gross_weight_kg": "weight",
    "net_weight_kg": "net",
    "declared_value": "value",
    "currency": "currency",
    "packages": "packages",
    "goods_description": "text",
    "hs_codes": "hs",
    "permit_refs": "permits",
    "destination_country": "destination_country",
    "loading_port": "loading_port",
    "discharge_port": "discharge_port",
    "delivery_place": "delivery_place",
    "manifest_id": "manifest_id",
    "registration_number": "registration_number",
    "declaration_id": "declaration_id",
    "customs_office": "customs_office",
    "carrier_name": "carrier_name",
    "vessel_or_flight": "vessel_or_flight",
    "arrives_at": "arrives_at",
    "known_at": "message_date",
    "direction": "direction",
    "location": "location",
}
#: What a line of contents says.
CONTENT: tuple[str, ...] = (
    "piece",
    "text",
    "quantity",
    "packed",
    "net",
    "gross",
    "unit_net",
    "amount",
    "unit_amount",
)
CONTENT += ("money", "hs", "origin")
#: What stands once in a row is said of the whole item where pieces of contents stand side by side.
_OF_THE_WHOLE = {
    "text": "summary",
    "amount": "value",
    "hs": "hs_codes",
    "net": "net_weight_kg",
    "gross": "weight",
}
_OF_THE_WHOLE |= dict.fromkeys(("piece", "quantity", "unit_net", "unit_amount"), "")
#: Names only posts use.
_POSTAL = frozenset(
    ("category", "class", "master_id", "location", "postage", "posting_date", "insured", "from_office")
)
_BARE_AMOUNTS = frozenset(("weight", "value", "declared", *_UNITS))
#: Columns of a row: more are no postal item.
_MOST = 1_000
#: Pieces of contents side by side in a row.
_MOST_BESIDE = 100
_TOKEN = re.compile(r"[Ss](?:10|8|9)(?![0-9])|[Cc][Nn]2[23]|[^\W\d_]+|[0-9]+")
_HUMPS = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
#: Too short to say anything without a word for contents beside it.
_VAGUE = frozenset(
    ("name", "no", "id", "code", "country", "line", "text", "index", "details", "总价", "total")
)


class Meaning(NamedTuple):
    """What the name of a column says.

    Attributes
    ----------
    key : str
        A key of this module (``shipper.name``); empty if the name is not known.
    number : int
        Which piece of contents of those side by side in a row; -1 if the name has no number.
    factor : float
        To kg, of the unit the name ends in; 0 if it ends in none.
    currency : str
        ISO 4217 code the name ends in, empty if none.
    """

    key: str
    number: int = -1
    factor: float = 0.0
    currency: str = ""


@dataclass
class Header:
    """Where a table says what.

    Attributes
    ----------
    cells : list of str
        Names as they stand.
    places : dict of str to list of int
        What is said (a key of this module, ``shipper.name``) -> the columns that say it, in order.
    beside : list of dict of str to list of int
        The same of each piece of contents, where several stand side by side in a row.
    factors : dict of int to float
        Column -> factor to kg that its name states.
    currencies : dict of int to str
        Column -> currency that its name states.
    """

    cells: list[str]
    places: dict[str, list[int]] = field(default_factory=dict)
    beside: list[dict[str, list[int]]] = field(default_factory=list)
    factors: dict[int, float] = field(default_factory=dict)
    currencies: dict[int, str] = field(default_factory=dict)

    def is_bare(self, key: str) -> bool:
        """Tell whether the name of what is said does not say whether the item or its contents are meant."""
        return key in self.places and set(_tokens(self.cells[self.places[key][0]])) <= _BARE_AMOUNTS

    @property
    def said_of_contents(self) -> set[str]:
        """What is said of pieces of contents."""
        return {key for each in (self.places, *self.beside) for key in each if key in CONTENT}

    @property
    def speaks_of_s10(self) -> bool:
        """Whether a name says S10 outright, beside contents."""
        return any("s10" in fold(cell) for cell in self.cells) and bool(self.said_of_contents)

    @property
    def speaks_of_contents(self) -> bool:
        """Whether names speak of the contents of a postal item."""
        contents = self.said_of_contents
        roles = sum(any(key.startswith(role) for key in self.places) for role in ROLES)
        postal = bool(self.places.keys() & _POSTAL)
        return "text" in contents and (len(contents) >= 2 or (roles == len(ROLES) and postal))


def read_header(cells: list[str]) -> Header | None:
    """Return where a row of names says what; None if it is no header of a flat ITMATT.

    It speaks of contents, and is none of the shipment table's own.
    """
    if not 3 <= len(cells) <= _MOST or "shipmentid" in map(fold, cells):
        return None
    header = _placed(cells, parcels=False)
    if "text" not in header.said_of_contents and "summary" in header.places:
        # Who calls the pieces of contents items calls the postal item something else.
        header = _placed(cells, parcels=True)
    return header if header.said_of_contents else None


def _placed(cells: list[str], *, parcels: bool) -> Header:
    """Return where names say what; in a table of parcels ``item`` is a piece of contents."""
    header = Header(cells)
    beside: dict[int, dict[str, list[int]]] = {}
    for at, cell in enumerate(cells):
        if len(cell) > 100:
            continue
        meaning = _meaning(cell, parcels)
        if meaning.key:
            places = beside.setdefault(meaning.number, {}) if meaning.number >= 0 else header.places
            places.setdefault(meaning.key, []).append(at)
        if meaning.factor:
            header.factors[at] = meaning.factor
        if meaning.currency:
            header.currencies[at] = meaning.currency
    if {"text", "hs"} & {key for each in beside.values() for key in each}:
        header.beside = [beside[number] for number in sorted(beside)]
        for key, whole in _OF_THE_WHOLE.items():
            if found := header.places.pop(key, []):
                header.places.setdefault(whole, []).extend(found)
    for places in (header.places, *header.beside):
        _count(places, cells)
    _origin(header.places, cells)
    _address(header.places)
    # Of several columns of identifiers the one that says S10 is the item's.
    header.places.get("id", []).sort(key=lambda at: "s10" not in fold(cells[at]))
    return header


def _count(places: dict[str, list[int]], cells: list[str]) -> None:
    """Take an amount that stands beside a value, where nothing else counts units, as their number."""
    if "quantity" in places or len(places.get("amount", ())) < 2:
        return
    counts = [at for at in places["amount"] if "amount" in _tokens(cells[at])]
    if counts and len(counts) < len(places["amount"]):
        places["quantity"] = counts
        places["amount"] = [at for at in places["amount"] if at not in counts]


def _origin(places: dict[str, list[int]], cells: list[str]) -> None:
    """Take a bare country of origin as the item's, where another is said to be that of the goods."""
    bare = [at for at in places.get("origin", ()) if set(_tokens(cells[at])) <= {"country", "origin", "code"}]
    if bare and len(bare) < len(places["origin"]):
        places["origin"] = [at for at in places["origin"] if at not in bare]
        places.setdefault("origin_country", []).extend(bare)


def _address(places: dict[str, list[int]]) -> None:
    """Let a name and an address of nobody be the addressee's, where no other is told of."""
    unnamed = {part: places.pop(f".{part}") for part in _UNNAMED if f".{part}" in places}
    named = any(f"consignee.{part}" in places for part in ("name", "company", "first", "last"))
    if not named and {"name", "company", "first", "last"} & unnamed.keys():
        for part, found in unnamed.items():
            places.setdefault(f"consignee.{part}", []).extend(found)


# --- one name -----------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def _meaning(cell: str, parcels: bool) -> Meaning:
    """Return what a name says."""
    tokens = _tokens(cell)
    factor, currency = 0.0, ""
    if len(tokens) > 1:
        factor = _UNITS.get(tokens[-1], 0.0)
        currency = tokens[-1].upper() if tokens[-1].upper() in _currencies() else ""
    forms = [tokens[:-1], tokens] if factor or currency else [tokens]
    known, words = names(parcels), _words()
    items = words["word"]["item"]
    for said in forms:
        for joined in _readings(said, () if parcels else items):
            if key := known.get(joined):
                return Meaning(key, -1, factor, currency)
        numbers = [token for token in said if token.isdecimal()]
        if len(numbers) == 1 and int(numbers[0][:9]) <= _MOST_BESIDE and (key := _of_piece(said)):
            return Meaning(key, int(numbers[0]), factor, currency)
    key = _ORDINARY.get(column_names.aliases().get(fold(cell), ""), "")
    return Meaning(key, -1, factor, currency if key else "")


def _readings(tokens: list[str], items: tuple[str, ...] | list[str]) -> Iterator[str]:
    """Yield a name as it stands, without the word code, and without the word for the item before it."""
    yield "".join(tokens)
    plain = [token for token in tokens if token != "code"]
    yield "".join(plain)
    if len(plain) > 1 and plain[0] in items:
        yield "".join(plain[1:])
    if len(plain) > 2 and plain[0] + plain[1] in items:
        yield "".join(plain[2:])


def _of_piece(tokens: list[str]) -> str:
    """Return what a name with a number says of a piece of contents; empty if nothing."""
    words = _words()["word"]["aside"]
    said = [token for token in tokens if not token.isdecimal()]
    plain = [token for token in said if token not in words]
    joined = "".join(plain)
    if not joined:
        return "text" if {"content", "goods", "product"} & set(said) else ""
    if len(plain) == len(said) and joined in _VAGUE:
        return ""
    beside = _beside()
    return beside.get("".join(said)) or beside.get(joined) or beside.get(joined.removesuffix("code")) or ""


def _tokens(name: str) -> list[str]:
    """Return the words of a name, each as the one word that stands for it and its synonyms."""
    plain = unicodedata.normalize("NFKD", name[:100])
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    plain = unicodedata.normalize("NFC", _HUMPS.sub(" ", plain))
    same = _same()
    said = (same.get(token, token) for token in (t.casefold() for t in _TOKEN.findall(plain)))
    return [token for token in said if token]


# --- the words ----------------------------------------------------------------------------------


@cache
def names(parcels: bool = False) -> dict[str, str]:
    """Return names -> what they say; in a table of parcels ``item`` is a word of contents."""
    known: dict[str, str] = {}
    words = _words()
    item, content = words["word"]["item"], words["word"]["content"]
    parts = [("content", [*content, *item])] if parcels else [("item", item), ("content", content)]
    for part, firsts in parts:
        for key, name in _product(firsts, words[part]):
            known.setdefault(name, key)
    for role, said in words["role"].items():
        bare = {"".join(_tokens(word)) for word in _BARE}
        known.update({word: f"{role}.name" for word in said if word not in bare})
        known.update({name: f"{role}.{key}" for key, name in _product(said, words["party"])})
    for part in ("content alone", "alone"):
        known.update({name: key for key, said in words[part].items() for name in said})
    for part in _UNNAMED:
        for name in words["party"][part]:
            known.setdefault(name, f".{part}")
    return known


@cache
def _beside() -> dict[str, str]:
    """Return what numbered names say of a piece of contents."""
    words = _words()
    known = {
        name: key
        for part in ("content alone", "content")
        for key, said in words[part].items()
        for name in said
    }
    return known | {name: key for key, said in words["content alone"].items() for name in said}


@cache
def _words() -> dict[str, dict[str, list[str]]]:
    """Return part -> what is said -> words, from the reference table ``itmatt_names``.

    A name is a ``role`` and a field of a ``party``, a ``word`` and a field of ``item`` or ``content``, or
    stands ``alone``.
    """
    found: dict[str, dict[str, list[str]]] = {}
    for row in reference.table("itmatt_names").to_dict("records"):
        if row["part"] != "token":
            said = ("".join(_tokens(word)) for word in row["words"].split("|"))
            found.setdefault(row["part"], {})[row["says"]] = list(dict.fromkeys(said))
    return found


@cache
def _same() -> dict[str, str]:
    """Return words -> the word that stands for them; empty for those that say nothing."""
    table = reference.table("itmatt_names")
    rows = table[table["part"] == "token"].to_dict("records")
    return {word: row["says"] for row in rows for word in row["words"].split("|")}


@cache
def _currencies() -> frozenset[str]:
    return frozenset(reference.table("currencies").iloc[:, 0])


def _product(firsts: list[str], fields: dict[str, list[str]]) -> Iterator[tuple[str, str]]:
    """Yield what is said, and names: ``sender name``, ``name (of the) sender``."""
    for key, said in fields.items():
        for word in said:
            for first in firsts:
                yield from ((key, first + word), (key, word + first))
