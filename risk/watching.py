"""Which shipments the entries of watch lists hit, and in which column.

Pure and column by column: each different text of a column is looked at once, whatever the number of entries.
An entry counts only for shipments that became known after its `valid_from` and before it expired or was
ended: one written after a find must not explain it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.goods.headings import line_descriptions
from features.manifest import schema
from features.parties import normal_form
from features.places import resolve
from features.places.gazetteer import gazetteer
from risk import goods_lines, watch_values, whole_words

Ints = npt.NDArray[np.int64]
_Hits = list[tuple[Ints, Ints, str]]

ROLES: Final = ("shipper", "consignee", "notify")
_NAMES = (*(f"{role}_name" for role in ROLES), "broker_name", "carrier_name")
_NUMBERS = (
    *(f"{role}_id" for role in ROLES),
    *("shipment_id", "master_id", "declaration_id", "permit_refs", "container_ids", "seal_ids"),
)
_PLACES = (
    *("mode", "origin_country", "loading_port", "transhipment_ports", "discharge_port", "delivery_place"),
    *("destination_country", "shipper_country", "carrier_name", "vessel_or_flight", "voyage"),
)

#: Columns of the shipment table that matching looks at.
COLUMNS: Final = tuple(
    dict.fromkeys(
        (
            *("shipment_id", "known_at", *_NAMES, *_NUMBERS, *_PLACES),
            *(f"{role}_{part}" for role in ROLES for part in ("address", "phone", "email")),
            *("goods_description", "marks", "items", "hs_codes", "container_ids", "container_types"),
            *("package_type", "bill_level"),
        )
    )
)

#: Words of an address before it is found within a longer one.
_WITHIN = 3
#: An entry that hits more than this share of the shipments it is tried on is too broad, if they are enough.
TOO_BROAD = 0.2
ENOUGH = 50


def hits(entries: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Match entries against shipments.

    Parameters
    ----------
    entries : DataFrame, shape (e, ...)
        ``kind``, ``value``, and the times ``valid_from``, ``expires_at``, ``ended_at`` (UTC; missing: open).
    table : DataFrame, shape (n, ...)
        Shipment table, at least what there is of `COLUMNS`.

    Returns
    -------
    DataFrame, shape (hits, 3)
        ``entry`` and ``row`` (positions) and ``column``, each once, in that order.
    """
    found = everywhere(entries, table)
    known = table["known_at"].to_numpy(dtype="datetime64[us]")[found["row"]]
    start, *ends = (
        entries[name].to_numpy(dtype="datetime64[us]")[found["entry"]]
        for name in ("valid_from", "expires_at", "ended_at")
    )
    # Comparing with a missing time is false: a shipment that was never known is hit by nothing.
    counts = (known > start) & np.logical_and.reduce([np.isnat(end) | (known < end) for end in ends])
    return found[counts].reset_index(drop=True)


def everywhere(entries: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Match entries against shipments whenever they became known; see `hits`."""
    table = schema.complete(table[[name for name in COLUMNS if name in table]].reset_index(drop=True))
    kinds, values = entries["kind"].to_numpy(dtype=object), entries["value"].to_numpy(dtype=object)
    parts: list[pd.DataFrame] = []
    for kind, match in _MATCHES.items():
        of_kind = np.flatnonzero(kinds == kind)
        if len(of_kind) == 0 or table.empty:
            continue
        for entry, row, column in match([str(value) for value in values[of_kind]], table):
            parts.append(pd.DataFrame({"entry": of_kind[entry], "row": row, "column": column}))
    if not parts:
        empty = {"entry": "int64", "row": "int64", "column": "str"}
        return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in empty.items()})
    whole = pd.concat(parts, ignore_index=True).astype({"column": "str"})
    return whole.drop_duplicates().sort_values(["entry", "row", "column"]).reset_index(drop=True)


def counts(entries: pd.DataFrame, table: pd.DataFrame) -> Ints:
    """Return how many shipments each entry would have hit, at whatever time, shape (e,)."""
    pairs = everywhere(entries, table)[["entry", "row"]].drop_duplicates()
    return np.bincount(pairs["entry"].to_numpy(dtype=np.int64), minlength=len(entries)).astype(np.int64)


def too_broad(hit: int, of: int) -> bool:
    """Tell whether an entry that hits so many of the last shipments says nothing."""
    return of >= ENOUGH and hit > TOO_BROAD * of


# --- by kind --------------------------------------------------------------------------------


def _by_key(
    keyed: dict[str, list[int]], column: pd.Series, keys: Callable[[str], Iterable[str]]
) -> tuple[Ints, Ints]:
    """Return (entry, row) where one of a cell's keys is an entry's."""
    codes, texts = pd.factorize(column)
    pairs = [
        (entry, code)
        for code, text in enumerate(texts)
        for key in keys(str(text))
        for entry in keyed.get(key, ())
    ]
    return _rows(pairs, codes)


def _rows(pairs: Sequence[tuple[int, int]] | npt.NDArray[np.int64], codes: npt.NDArray) -> tuple[Ints, Ints]:
    """Turn (entry, number of a distinct text) into (entry, row)."""
    entry, code = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    order = np.argsort(codes, kind="stable")
    first = np.searchsorted(codes, code, side="left", sorter=order)
    sizes = np.searchsorted(codes, code, side="right", sorter=order) - first
    starts = np.repeat(first - np.append(0, np.cumsum(sizes)[:-1]) if len(sizes) else first, sizes)
    return np.repeat(entry, sizes), order[starts + np.arange(len(starts))].astype(np.int64)


def _keyed(values: Sequence[str], key: Callable[[str], Iterable[str]]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for position, value in enumerate(values):
        for each in key(value):
            found.setdefault(each, []).append(position)
    return found


def _parties(values: list[str], table: pd.DataFrame) -> _Hits:
    wanted = [watch_values.party(value) for value in values]
    keyed: dict[str, list[int]] = {}
    for position, each in enumerate(wanted):
        for key in each.keys:
            keyed.setdefault(key, []).append(position)
    found: _Hits = []
    for name in _NAMES:
        codes, texts = pd.factorize(table[name])
        pairs = []
        for code, text in enumerate(texts):
            said = watch_values.party(str(text))
            near = {entry for key in said.keys for entry in keyed.get(key, ())}
            pairs += [(entry, code) for entry in near if wanted[entry].fits(said)]
        found.append((*_rows(pairs, codes), name))
    handles = _keyed(values, lambda value: filter(None, [watch_values.handle(value)]))
    for role in ROLES:
        found.append((*_by_key(handles, table[f"{role}_email"], _local_parts), f"{role}_email"))
    return found


def _local_parts(text: str) -> list[str]:
    return [
        "".join(filter(str.isalnum, form.rpartition("@")[0]))
        for form in watch_values.emails(text)
        if not form.startswith("@")
    ]


def _addresses(values: list[str], table: pd.DataFrame) -> _Hits:
    wanted = [watch_values.address_words(value) for value in values]
    found: _Hits = []
    for role in ROLES:
        codes, texts = pd.factorize(table[f"{role}_address"])
        declared = [watch_values.address_words(str(text)) for text in texts]
        found.append((*_rows(_within(wanted, declared), codes), f"{role}_address"))
    return found


def _within(wanted: list[frozenset[str]], declared: list[frozenset[str]]) -> list[tuple[int, int]]:
    """Return (entry, address) where every word of the entry is in the address."""
    needed = {word for words in wanted for word in words}
    holders: dict[str, set[int]] = {}
    for number, words in enumerate(declared):
        for word in words & needed:
            holders.setdefault(word, set()).add(number)
    pairs = []
    for entry, words in enumerate(wanted):
        lists = sorted((holders.get(word, set()) for word in words), key=len)
        same = set.intersection(*lists) if lists and lists[0] else set()
        whole = len(words) < _WITHIN
        pairs += [(entry, number) for number in sorted(same) if not whole or declared[number] == words]
    return pairs


def _phones(values: list[str], table: pd.DataFrame) -> _Hits:
    keyed = _keyed(values, lambda value: filter(None, [normal_form.phone(value)]))
    columns = [f"{role}_phone" for role in ROLES]
    return [(*_by_key(keyed, table[name], watch_values.phones), name) for name in columns]


def _emails(values: list[str], table: pd.DataFrame) -> _Hits:
    keyed = _keyed(values, lambda value: [value.strip().casefold(), *watch_values.emails(value)[:1]])
    keyed = {key: sorted(set(entries)) for key, entries in keyed.items()}
    columns = [f"{role}_email" for role in ROLES]
    return [(*_by_key(keyed, table[name], watch_values.emails), name) for name in columns]


def _identifiers(values: list[str], table: pd.DataFrame) -> _Hits:
    keyed = _keyed(values, lambda value: filter(None, [normal_form.identifier(value)]))

    def numbers(text: str) -> set[str]:
        return set(filter(None, map(normal_form.identifier, (text, *text.split(";")))))

    return [(*_by_key(keyed, table[name], numbers), name) for name in _NUMBERS]


def _goods(values: list[str], table: pd.DataFrame) -> _Hits:
    keyed = _keyed(values, lambda value: filter(None, [watch_values.hs(value)]))
    lengths = sorted({len(key) for key in keyed})

    def prefixes(text: str) -> set[str]:
        codes = ("".join(filter(str.isdigit, member)) for member in text.split(";"))
        return {code[:length] for code in codes for length in lengths if len(code) >= length}

    columns = (("hs_codes", table["hs_codes"]), ("items", goods_lines.codes(table["items"])))
    return [(*_by_key(keyed, column, prefixes), name) for name, column in columns]


def _words(values: list[str], table: pd.DataFrame) -> _Hits:
    columns = (
        ("goods_description", table["goods_description"]),
        ("marks", table["marks"]),
        ("items", line_descriptions(table["items"])),
    )
    found: _Hits = []
    for name, column in columns:
        codes, texts = pd.factorize(column)
        phrase, text = whole_words.find(values, [str(each) for each in texts])
        found.append((*_rows(np.column_stack([phrase, text]), codes), name))
    return found


def _routes(values: list[str], table: pd.DataFrame) -> _Hits:
    places = _marks_of_places(resolve(table))
    codes, marks = pd.factorize(places)
    holders: dict[str, set[int]] = {}
    for number, text in enumerate(marks):
        for mark in str(text).split(" "):
            holders.setdefault(mark, set()).add(number)
    pairs = []
    for entry, value in enumerate(values):
        wanted = watch_values.route(value)
        asked = [f"{role}{mark}" for role, mark in (("o", wanted.origin), ("d", wanted.destination)) if mark]
        asked += [f"v{mark}" for mark in wanted.via] + [f"a{m}" for m in (wanted.anywhere,) if m]
        lists = [holders.get(mark, set()) for mark in asked]
        pairs += [(entry, number) for number in sorted(set.intersection(*lists))]
    return [(*_rows(pairs, codes), "route")]


def _marks_of_places(route: pd.DataFrame) -> pd.Series:
    """Return of each row the marks of its places by role, joined by a space."""
    # An address of the shipper says where a party is, not where the goods come from.
    origin = route["origin"].where(route["origin_source"] != "shipper")
    known = gazetteer().code
    via = {
        text: " ".join(f"vP:{known[int(p)]} aP:{known[int(p)]}" for p in text.split(";"))
        for text in route["via_points"].dropna().unique()
    }
    lands = {
        text: " ".join(f"vC:{land}" for land in text.split(";")) for text in route["via"].dropna().unique()
    }
    parts = [
        "oC:" + origin,
        "oC:" + route["loading"],
        "oP:" + route["loading_code"],
        "aP:" + route["loading_code"],
        "dC:" + route["destination"],
        "dC:" + route["discharge"],
        "dC:" + route["delivery"],
        "dP:" + route["discharge_code"],
        "aP:" + route["discharge_code"],
        route["via_points"].map(via),
        route["via"].map(lands),
    ]
    joined = pd.Series("", index=route.index, dtype="str")
    for part in parts:
        joined = joined + part.astype("str").fillna("") + " "
    return joined.str.strip()


_MATCHES: Final[dict[str, Callable[[list[str], pd.DataFrame], _Hits]]] = {
    "party": _parties,
    "address": _addresses,
    "route": _routes,
    "goods": _goods,
    "word": _words,
    "phone": _phones,
    "email": _emails,
    "identifier": _identifiers,
}
