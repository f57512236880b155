"""Made-up names, addresses and numbers of parties, in the manner of their regions.

Names are put together from syllables and words; any likeness to a real firm is chance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data_samples import facts
from data_samples.population import FORWARDER, INDIVIDUAL, Parties
from data_samples.strings import Parts, digits, join, keep, take, texts, where
from features import reference

_FORWARDING = (
    "Logistics",
    "Freight Services",
    "Shipping Agency",
    "Cargo Express",
    "Forwarding",
    "Transport & Logistics",
)


@dataclass(frozen=True)
class Book:
    """Particulars of all parties, each an Arrow text array of shape (parties,)."""

    spellings: tuple[pa.Array, ...]
    address: pa.Array
    country: pa.Array
    number: pa.Array
    phone: pa.Array
    email: pa.Array


def _parts(name: str) -> Parts:
    rows = facts.table("name_parts")
    rows = rows[rows["part"] == name]
    values = dict(zip(rows["region"], rows["values"], strict=True))
    return Parts([values[r].split("|") if r in values else [] for r in facts.regions()])


def _cities() -> Parts:
    rows = reference.table("ports")
    rows = rows[(rows["served"] == "1") & rows["name"].str.fullmatch(r"[A-Za-z .'-]+")]
    by_country = rows.groupby("country", sort=True)["name"].agg(lambda names: sorted(set(names))[:25])
    named = reference.table("countries").set_index("iso2")["name"].to_dict()
    return Parts([by_country.get(c, [named.get(c, c)]) for c in facts.countries()])


def write_book(parties: Parties, rng: np.random.Generator) -> Book:
    """Name all parties.

    Parameters
    ----------
    parties : Parties
        Country, kind and, for borrowed names, whose name it is.

    Returns
    -------
    Book
        ``spellings[0]`` is the usual spelling, the others are variants of it.
    """
    order = {r: i for i, r in enumerate(facts.regions())}
    region = np.array([order[facts.region_of()[c]] for c in facts.countries()])[parties.country]
    u = rng.random((12, len(region)))
    person = parties.kind == INDIVIDUAL
    stem = _stem(region, u)
    family = _parts("family").draw(region, u[4])
    given = _parts("given").draw(region, u[5])
    full = where(u[8] < 0.8, join(given, " ", family), join(family, " ", given))
    name = where(person, full, _company(region, parties.kind == FORWARDER, stem, family, u))
    numbered = ~person | (u[9] < 0.75)
    return Book(
        spellings=_spellings(_borrow(name, parties.copy_of, u[11])),
        address=_addresses(region, parties.country, u),
        country=take(texts(facts.countries()), parties.country),
        number=keep(numbered, digits((u[5] * 9e9).astype(np.int64) + 10**9, 10)),
        phone=join("+", digits((u[6] * 8e10).astype(np.int64) + 10**10, 11)),
        email=_emails(person, family, stem, u[7]),
    )


def _stem(region: np.ndarray, u: np.ndarray) -> pa.Array:
    """Make the first word of a firm's name out of two syllables."""
    first, last = _parts("first_syllable"), _parts("last_syllable")
    word = pc.utf8_trim_whitespace(join(first.draw(region, u[0]), last.draw(region, u[1])))
    return pc.replace_substring(word, "  ", " ")


def _company(
    region: np.ndarray, forwards: np.ndarray, stem: pa.Array, family: pa.Array, u: np.ndarray
) -> pa.Array:
    """Name firms: a made-up word or a family, the trade, the legal form; a few in the local script."""
    first, last = _parts("first_syllable"), _parts("last_syllable")
    second = join(first.draw(region, u[2]), last.draw(region, u[3]))
    trade = _parts("word").draw(region, u[6])
    trade = where(forwards, take(_FORWARDING, (u[6] * len(_FORWARDING)).astype(int)), trade)
    lead = where(u[8] < 0.9, family, join(stem, " & ", family))
    lead = where(u[8] < 0.55, stem, where(u[8] < 0.8, join(stem, " ", second), lead))
    company = pc.utf8_trim_whitespace(join(lead, " ", trade, " ", _parts("legal").draw(region, u[7])))
    own_script = _parts("native")
    native = own_script.at(region, u[9])
    return where((native >= 0) & (u[10] < 0.05) & ~forwards, take(own_script.values, native), company)


def _addresses(region: np.ndarray, country: np.ndarray, u: np.ndarray) -> pa.Array:
    house, street = digits((u[1] * 240).astype(int) + 1, 1), _parts("street").draw(region, u[2])
    return join(house, " ", street, ", ", _cities().draw(country, u[3]))


def _borrow(name: pa.Array, copy_of: np.ndarray, u: np.ndarray) -> pa.Array:
    """Give a borrowed name: as it is, or a slight variant of it."""
    twin = take(name, copy_of)
    return where(copy_of >= 0, where(u < 0.4, twin, where(u < 0.7, _abbreviate(twin), _misspell(twin))), name)


def _abbreviate(name: pa.Array) -> pa.Array:
    for long, short in (
        (r"Company Limited|Co\., Limited|Co\. Ltd", "Co., Ltd"),
        (r"Limited", "Ltd"),
        (r"Import and Export|Import Export", "Imp Exp"),
        (r"Trading", "Trdg"),
    ):
        name = pc.replace_substring_regex(name, long, short, max_replacements=1)
    return name


def _misspell(name: pa.Array) -> pa.Array:
    return pc.replace_substring_regex(name, r"([A-Za-z]{3})[a-z]", r"\1", max_replacements=1)


def _spellings(name: pa.Array) -> tuple[pa.Array, ...]:
    bare = pc.replace_substring_regex(pc.replace_substring_regex(name, r"[.,'()&/]", " "), r"\s+", " ")
    long = pc.replace_substring_regex(name, r"\bLtd\b\.?", "Limited", max_replacements=1)
    return name, pc.utf8_trim_whitespace(bare), _abbreviate(name), long, _misspell(name)


def _emails(person: np.ndarray, family: pa.Array, stem: pa.Array, u: np.ndarray) -> pa.Array:
    free = reference.table("free_mail_domains")["domain"].tolist()[:12]
    clean = pc.replace_substring_regex(pc.utf8_lower(where(person, family, stem)), r"[^a-z0-9]", "")
    private = person | (u < 0.35)
    domain = where(private, take(free, (u * 997 % 1 * len(free)).astype(int)), join(clean, ".example"))
    local = where(
        private,
        join(clean, digits((u * 9973 % 1 * 900).astype(int), 1)),
        take(("info", "sales", "export", "import", "office"), (u * 89 % 1 * 5).astype(int)),
    )
    return join(local, "@", domain)
