"""Facts told in the program's own English words, in the words of another language.

A fact of dtype text (`features.registry.Fact`) is worked out once, in English, and kept so in score records.
Here its words are taken apart where they are the program's, and told in another language; words of the
manifest that it quotes stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache

from features import reference
from features.evidence.record import KINDS
from features.parties.resolution import GROUNDS
from features.places import trade
from risk import locales
from risk.language import BY_CODE, SOURCE, gettext

HEADING = "heading {code} ({title})"
TOGETHER = "taken together with “{name}” ({ground})"
SHORT_PAST = "this port's records cover {days} days"
NO_PAST = "no past is given"
NO_HEADING = "goods without a heading"

_HEADING = re.compile(r"heading (\d{4}) \((.*)\)\Z", re.DOTALL)
_TOGETHER = re.compile(r'taken together with "(.*)" \(([^()]*)\)\Z', re.DOTALL)
_SHORT_PAST = re.compile(r"this port's records cover (\d+) days\Z")


def label(fact: str, text: str, language: str) -> str:
    """Return a fact's text in a language.

    Parameters
    ----------
    fact : str
        Name of the fact (or of a column of labels).
    text : str
        As it was worked out, in English.
    language : str

    Examples
    --------
    >>> label("cover_taxa_live", "reptiles, birds", "en")
    'reptiles, birds'
    """
    return text if language == SOURCE else _WRITERS.get(fact, _as_it_is)(text, language)


def messages() -> Sequence[str]:
    """Return every English text that is looked up here."""
    covers, packing = reference.table("cover_goods"), reference.table("packing")
    found = [HEADING, NO_HEADING, TOGETHER, SHORT_PAST, NO_PAST, *GROUNDS[1:]]
    found += [f"no {about.words} is given" for about in KINDS.values()]
    for cells in (covers["taxa_live"], covers["taxa_products"], packing["package_types"]):
        found += sorted({part.strip() for cell in cells for part in re.split("[;,]", cell) if part.strip()})
    found += list(reference.table("hs_headings")["title"])
    exports = (text for text in trade.trade().main_exports if isinstance(text, str))
    found += sorted({part for text in exports for part in _parts(text)})
    return [*found, *reference.table("wildlife_concepts")["label"]]


def _as_it_is(text: str, language: str) -> str:
    return text


@cache
def _meanings() -> re.Pattern[str]:
    known = sorted(reference.table("wildlife_concepts")["label"], key=len, reverse=True)
    return re.compile("|".join(map(re.escape, known)))


def _named(text: str, language: str) -> str:
    """Return what words name: labels of the table, joined by "and", which some have in themselves."""
    found = _meanings().findall(text)
    return BY_CODE[language].comma.join(gettext(each, language) for each in found) or text


def listed(text: str, language: str) -> str:
    """Return words joined by ``;``, as a sentence lists them; English ones begin in lower case.

    Examples
    --------
    >>> listed("Gold; aluminium, unwrought", "en")
    'gold, aluminium, unwrought'
    """
    parts = _parts(text)
    if language == SOURCE and parts:
        return ", ".join([parts[0][:1].lower() + parts[0][1:], *parts[1:]])
    return BY_CODE[language].comma.join(gettext(part, language) for part in parts)


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(";") if part.strip()]


def _each(text: str, language: str) -> str:
    return BY_CODE[language].comma.join(gettext(part.strip(), language) for part in text.split(","))


def _heading(text: str, language: str) -> str:
    found = _HEADING.match(text)
    if not found:
        return gettext(text, language)
    return gettext(HEADING, language).format(code=found[1], title=gettext(found[2], language))


def _together(text: str, language: str) -> str:
    found = _TOGETHER.match(text)
    if not found:
        return text
    return gettext(TOGETHER, language).format(name=found[1], ground=gettext(found[2], language))


def _no_past(text: str, language: str) -> str:
    if found := _SHORT_PAST.match(text):
        return gettext(SHORT_PAST, language).format(days=found[1])
    return gettext(text, language)


def _way(text: str, language: str) -> str:
    arrow = " ← " if BY_CODE[language].direction == "rtl" else " → "
    return arrow.join(locales.country(name, language) for name in text.split(" → "))


_WRITERS: dict[str, Callable[[str, str], str]] = {
    **dict.fromkeys(("heading_named", "declared_named", "text_reads_like", "goods_told"), _heading),
    "words_heading": _heading,
    **dict.fromkeys(("cover_taxa_live", "cover_taxa_products", "usual_package_types"), _each),
    "words_meaning": _named,
    "description_language": locales.language_name,
    "origin_region": locales.region,
    "route_text": _way,
    "arrival_month": locales.month,
    **{f"{kind}_unknown": _no_past for kind in KINDS},
    **{f"{kind}_joined": _together for kind in KINDS},
}
