"""Names of the columns of a flat ITMATT: what each of them says of a postal item.

No standard fixes them: posts export the elements of UPU M33 (ITMATT) and M43 (CUSITM) under names of
their own, which are put together of few words (``sender_name``, ``Addressee.Postcode``, ``content hs``).
The words are those of the elements of M33, of the forms CN 22 and CN 23, and of carriers' upload sheets.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache, lru_cache

from features import reference
from features.manifest import column_names
from features.manifest.synonyms import fold

#: Unit at the end of a column's name -> kg.
_UNITS = {
    **dict.fromkeys(("kg", "kgs", "kilo", "kilos", "kilogram", "kilograms"), 1.0),
    **dict.fromkeys(("g", "gr", "gm", "gms", "gram", "grams", "grammes"), 0.001),
    **dict.fromkeys(("lb", "lbs", "pound", "pounds"), 0.45359237),
    **dict.fromkeys(("oz", "ounce", "ounces"), 0.028349523125),
}

#: Parties a postal item has.
ROLES = ("shipper", "consignee")
#: Roles that are words of other things too: they count only before a field.
_BARE = ("from", "to")
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
CONTENT = ("piece", "text", "quantity", "net", "gross", "amount", "unit_amount", "money", "hs", "origin")
#: Names only posts use.
_POSTAL = frozenset(
    ("category", "class", "master_id", "location", "postage", "posting_date", "insured", "from_office")
)
_PIECES = re.compile(r"(?<=[a-z])(?=[A-Z])|[\W_]+")


@dataclass
class Header:
    """Where a table says what.

    Attributes
    ----------
    cells : list of str
        Names as they stand.
    places : dict of str to list of int
        What is said (a key of this module, ``shipper.name``) -> the columns that say it, in order.
    factors : dict of int to float
        Column -> factor to kg that its name states.
    """

    cells: list[str]
    places: dict[str, list[int]] = field(default_factory=dict)
    factors: dict[int, float] = field(default_factory=dict)

    @property
    def speaks_of_s10(self) -> bool:
        """Whether a name says S10 outright, beside contents."""
        return any("s10" in fold(cell) for cell in self.cells) and bool(self.places.keys() & set(CONTENT))

    @property
    def speaks_of_contents(self) -> bool:
        """Whether names speak of the contents of a postal item."""
        said = sum(bool(re.search("content|cn2[23]|contenu|conteúdo|内件", fold(c))) for c in self.cells)
        parties = all(any(key.startswith(role) for key in self.places) for role in ROLES)
        return "text" in self.places and (said >= 2 or (parties and bool(self.places.keys() & _POSTAL)))


@cache
def names() -> dict[str, str]:
    """Return folded names -> what they say."""
    known: dict[str, str] = {}
    words = _words()
    for part in ("item", "content"):
        for key, name in _product(words["word"][part], words[part]):
            known.setdefault(name, key)
    for role, said in words["role"].items():
        known.update({word: f"{role}.name" for word in said if word not in _BARE})
        known.update({name: f"{role}.{key}" for key, name in _product(said, words["party"])})
    for part in ("content alone", "alone"):
        known.update({name: key for key, said in words[part].items() for name in said})
    return known


@cache
def _words() -> dict[str, dict[str, list[str]]]:
    """Return part -> what is said -> folded words, from the reference table ``itmatt_names``.

    A name is a ``role`` and a field of a ``party``, a ``word`` and a field of ``item`` or ``content``, or
    stands ``alone``.
    """
    found: dict[str, dict[str, list[str]]] = {}
    for row in reference.table("itmatt_names").to_dict("records"):
        found.setdefault(row["part"], {})[row["says"]] = [fold(word) for word in row["words"].split("|")]
    return found


def _product(firsts: list[str], fields: dict[str, list[str]]) -> Iterable[tuple[str, str]]:
    """Yield what is said, and names: ``sender name``, ``name sender``, ``name of (the) sender``."""
    for key, said in fields.items():
        for word in said:
            for first in firsts:
                yield from ((key, first + word), (key, word + first))
                yield from ((key, f"{word}of{first}"), (key, f"{word}ofthe{first}"))


def read_header(cells: list[str]) -> Header | None:
    """Return where a row of names says what; None if it is no header of a flat ITMATT.

    It has a column of item identifiers and one of descriptions, and is none of the shipment table's own.
    """
    header = Header(cells)
    if len(cells) < 3 or len(cells) > 400:
        return None
    for at, cell in enumerate(cells):
        if len(cell) > 100:
            continue
        key, factor = _meaning(cell)
        if key:
            header.places.setdefault(key, []).append(at)
        if factor != 1.0:
            header.factors[at] = factor
    if "shipmentid" in map(fold, cells) or "id" not in header.places:
        return None
    # Of several columns of identifiers the one that says S10 is the item's.
    header.places["id"].sort(key=lambda at: "s10" not in fold(cells[at]))
    return header if header.places.keys() & set(CONTENT) else None


@lru_cache(maxsize=4096)
def _meaning(cell: str) -> tuple[str, float]:
    """Return what a name says, and the factor of the unit it ends in."""
    known = names()
    whole = fold(cell)
    pieces = [piece for piece in _PIECES.split(cell) if piece]
    factor = _UNITS.get(pieces[-1].casefold(), 0.0) if len(pieces) > 1 else 0.0
    if factor:
        key = known.get(whole) or known.get(fold("".join(pieces[:-1]))) or _ordinary(whole)
        return (key or "", factor)
    if whole in known:
        return known[whole], 1.0
    return _ordinary(whole), 1.0


def _ordinary(folded: str) -> str:
    return _ORDINARY.get(column_names.aliases().get(folded, ""), "")
