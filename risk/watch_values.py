"""What an entry of a watch list watches for: its value read, in the form in which it is compared.

A party is compared by the project's own rules for names (`features.parties`): legal forms and the order of
words do not matter, conflicting legal forms part two names, and names in Chinese characters are never joined
by their sound. Nothing looks at where a person may be from.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Final

from features.parties import names, normal_form
from features.places.gazetteer import country_code, gazetteer, locate
from features.reference import table as reference
from risk import whole_words
from risk.refusals import Refusal

KINDS: Final = ("party", "address", "route", "goods", "word", "phone", "email", "identifier")

#: Longest value of an entry.
LONGEST = 400
#: Letters of a seller's handle before it is looked for in e-mail addresses.
_HANDLE = 6
_ARROW = re.compile(r"\s*(?:→|⟶|[-–—=]*>|»)\s*")
_ANYWHERE = ("", "*", "any")
_HS = re.compile(r"\d[\d. ]*")


@dataclass(frozen=True)
class Party:
    """A party's name as it is compared.

    Attributes
    ----------
    keys : frozenset of str
        Two names with a key in common are the same name.
    legal : frozenset of str
        Classes of its legal forms; two names whose classes have nothing in common are two firms.
    """

    keys: frozenset[str]
    legal: frozenset[str]

    def fits(self, other: Party) -> bool:
        """Tell whether the legal forms of two names of one key are compatible."""
        return not self.legal or not other.legal or bool(self.legal & other.legal)


def party(text: str) -> Party:
    """Return a name as it is compared; without keys where it names nobody."""
    name = names.take_apart(text)
    legal = frozenset(name.legal) - {"generic"}
    if name.kind == "to_order" or not name.core:
        return Party(frozenset(), legal)
    if names.UNSPACED.search(name.native):
        return Party(frozenset((f"n:{normal_form.compact(name.native)}",)), legal)
    words = sorted(set(name.core.split()))
    keys = {f"c:{normal_form.compact(name.core)}"}
    # Common words in another order may be two people: father and son.
    if len(words) > 1 and not all(map(names.is_common_word, words)):
        keys.add("w:" + " ".join(words))
    return Party(frozenset(keys), legal)


def handle(text: str) -> str:
    """Return a seller's handle as it is looked for in e-mail addresses, empty where it is none."""
    plain = text.strip().removeprefix("@").casefold()
    form = re.sub(r"[\W_]", "", plain)
    return form if len(form) >= _HANDLE and not re.search(r"[\s@]", plain) else ""


def address_words(text: str) -> frozenset[str]:
    """Return the words of an address, none where it says too little to tell one place from another."""
    return frozenset(normal_form.address(text).split())


def phones(text: str) -> list[str]:
    """Return the telephone numbers of a cell in one form."""
    found = (normal_form.phone(part) for part in (text, *re.split(r"[/;,|]|\bor\b", text)))
    return list(dict.fromkeys(filter(None, found)))


def emails(text: str) -> list[str]:
    """Return the e-mail addresses of a cell in one form, and their domains as ``@domain``."""
    found = [form for form in map(normal_form.email, re.split(r"[;,|<>\s]+", text)) if form]
    return list(dict.fromkeys([*found, *("@" + form.rpartition("@")[2] for form in found)]))


@dataclass(frozen=True)
class Route:
    """A watched route: marks of places, empty where any will do.

    Attributes
    ----------
    origin, destination : str
        ``C:CM`` is a country, ``P:CMDLA`` a port or airport.
    via : tuple of str
    anywhere : str
        A place watched in whatever role.
    """

    origin: str = ""
    via: tuple[str, ...] = ()
    destination: str = ""
    anywhere: str = ""


def route(text: str) -> Route:
    """Read a route: ``CM > HK``, ``CMDLA → AE → HKHKG``, ``* > VN``, or one place alone.

    Raises
    ------
    Refusal
        With what cannot be read.
    """
    parts = [part.strip() for part in _ARROW.split(text.strip())]
    if len(parts) == 1:
        mark = _place(parts[0])
        if mark.startswith("C:"):
            raise Refusal("a country alone is no route; write CM > * or * > CM")
        return Route(anywhere=mark)
    marks = ["" if part.casefold() in _ANYWHERE else _place(part) for part in parts]
    if not any(marks):
        raise Refusal("a route names at least one place, as CM > HK")
    return Route(marks[0], tuple(filter(None, marks[1:-1])), marks[-1])


def _place(text: str) -> str:
    if country := country_code(text):
        return f"C:{country}"
    point = locate(text)
    if point < 0 or gazetteer().kind[point] == "country":
        raise Refusal(
            "{place} is no place known here; write a country or a port, as CM or CMDLA", place=text[:60]
        )
    return f"P:{gazetteer().code[point]}"


def hs(text: str) -> str:
    """Return a tariff code's digits, empty where it is none of two to ten digits."""
    plain = text.strip()
    digits = re.sub(r"\D", "", plain) if _HS.fullmatch(plain) else ""
    return digits if 2 <= len(digits) <= 10 else ""


@cache
def _free_domains() -> frozenset[str]:
    return frozenset(reference("free_mail_domains")["domain"])


def form(kind: str, value: str) -> str:
    """Return the form in which a value is kept for comparison.

    Raises
    ------
    Refusal
        It cannot be watched for: it is none of its kind, or would be found nearly everywhere.
    """
    if kind not in KINDS:
        raise Refusal("{kind} is no kind of entry; there are {kinds}", kind=kind[:40], kinds=", ".join(KINDS))
    if not value.strip():
        raise Refusal("there is nothing to watch for")
    if len(value) > LONGEST:
        raise Refusal("expected at most {most} characters", most=LONGEST)
    return _FORMS[kind](value)


def _party(value: str) -> str:
    found = party(value)
    name = names.take_apart(value)
    told = [word for word in name.core.split() if word not in names.trade_words()]
    unspaced = bool(names.UNSPACED.search(name.native))
    vague = not told or (len(told) == 1 and names.is_common_word(told[0]))
    if not found.keys or len(normal_form.compact(name.core)) < 3 or (vague and not unspaced):
        raise Refusal("this name is too many people's; add more of it, or watch a number or an address")
    return sorted(found.keys)[0]


def _address(value: str) -> str:
    if not (words := address_words(value)):
        raise Refusal("expected street and number, so that it is one place")
    return " ".join(sorted(words))


def _route(value: str) -> str:
    found = route(value)
    return found.anywhere or ">".join((found.origin, *found.via, found.destination))


def _goods(value: str) -> str:
    if not (digits := hs(value)):
        raise Refusal("expected a tariff code of 2 to 10 digits; goods by name are watched as a word")
    return digits


def _word(value: str) -> str:
    found = whole_words.tokens(value)
    if not found or (len(found) == 1 and len(found[0]) < 2 and found[0].isascii()):
        raise Refusal("expected a word or a phrase, not a single letter")
    return " ".join(found)


def _phone(value: str) -> str:
    if not (number := normal_form.phone(value)):
        raise Refusal("expected a telephone number of at least seven digits")
    return number


def _email(value: str) -> str:
    plain = value.strip().casefold()
    if plain.startswith("@"):
        domain = plain[1:]
        if "." not in domain or not normal_form.email(f"x@{domain}"):
            raise Refusal("expected a domain, as @example.org")
        if domain in _free_domains():
            raise Refusal("this domain is everybody's; watch a whole address")
        return plain
    if not (address := normal_form.email(value)):
        raise Refusal("expected an e-mail address, or a domain as @example.org")
    return address


def _identifier(value: str) -> str:
    if not (number := normal_form.identifier(value)):
        raise Refusal("expected a number of at least five characters with three digits")
    return number


_FORMS = {
    "party": _party,
    "address": _address,
    "route": _route,
    "goods": _goods,
    "word": _word,
    "phone": _phone,
    "email": _email,
    "identifier": _identifier,
}
