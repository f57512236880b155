"""Evidence from the words of the description: wildlife named plainly, in code, in any language."""

from __future__ import annotations

import numpy as np
import pandas as pd

from features.goods import text as goods_text
from features.goods.headings import line_descriptions, titles
from features.goods.wildlife import NOTHING, Hit, Reading, concepts, counted, lexicon
from features.registry import Entries, Fact, Feature, tabulate
from features.view import View

_CODES = "'{words_found}'"


_entry = Entries("words", indicators=(22,))

FEATURES: tuple[Feature, ...] = (
    _entry.count(
        "wildlife_words",
        "Number of different animals or plants of concern named in description, marks and lines "
        "(literal use; single common words only beside other evidence)",
        f"The text has {_CODES}, a word for {{words_meaning}}",
        high=100.0,
        topic="words",
        sentence_missing="There is no description to search for wildlife words",
        monotone=1,
    ),
    _entry.flag(
        "wildlife_words_out_of_place",
        "A wildlife word counts and the heading is not one where that wildlife is ordinarily traded",
        f"The text has {_CODES}, a word for {{words_meaning}}, out of place under {{words_heading}}",
        topic="words",
        monotone=1,
    ),
    _entry.flag(
        "wildlife_words_in_place",
        "Every wildlife word that counts is ordinary trade in the shipment's heading",
        f"The text has {_CODES}, a word for {{words_meaning}}, often of protected species; under "
        "{words_heading} it may be legal trade",
        topic="words",
    ),
    _entry.flag(
        "live_animal_words",
        "A wildlife word for live animals counts, or one for animals beside a word for 'live'",
        f"The text names live animals: {_CODES}",
        topic="words",
        monotone=1,
    ),
    _entry.flag(
        "wildlife_product_words",
        "A wildlife word for a product (horn, scales, shell, timber, maw) counts",
        f"The text names a wildlife product: {_CODES}",
        topic="words",
        monotone=1,
    ),
    _entry.flag(
        "wildlife_code_words",
        "A code word of the wildlife trade counts, beside other evidence",
        f"The text has words used as code in the wildlife trade: {_CODES}",
        monotone=1,
    ),
    _entry.flag(
        "wildlife_words_misspelt",
        "A wildlife word is found only after correcting one or two letters",
        f"The text has a near spelling of a wildlife word: {_CODES}",
    ),
    _entry.flag(
        "wildlife_words_not_english",
        "A wildlife word that counts is in another language than English, Latin names aside",
        f"The text has {_CODES}, a word for {{words_meaning}} in another language than English",
        topic="words",
    ),
    _entry.flag(
        "wildlife_words_figurative",
        "A wildlife word is there only as a look, brand or toy ('colour', 'print', 'plush' beside it)",
        "The text has a wildlife word, used for a look, a brand or a toy",
    ),
    _entry.flag(
        "says_live",
        "The text says live, alive or the same in another language",
        "The text says the goods are live",
    ),
)

FACTS: tuple[Fact, ...] = (
    Fact("words_found", "Wildlife words found, as the term table has them", dtype="text"),
    Fact("words_meaning", "What the first wildlife words name", dtype="text"),
    Fact("words_heading", "Heading they are compared with", dtype="text"),
)

_NUMBERS = tuple(feature.name for feature in FEATURES)
_TEXTS = ("words_found", "words_meaning")


def compute(view: View) -> pd.DataFrame:
    """Compute the word features.

    Parameters
    ----------
    view : View
        ``goods_description``, ``marks`` and ``items`` of the table, ``heading`` of the goods.

    Returns
    -------
    DataFrame, shape (n, features + facts)
        NaN where there is no text at all.
    """
    table, index = view.table, view.table.index
    codes, texts = goods_text.fold_column(_searched(table))
    readings = [lexicon().read(text) for text in texts]
    heading = view.goods["heading"].fillna("").to_numpy(dtype=object)
    names, positions = np.unique(heading.astype(str), return_inverse=True)
    keys, inverse = np.unique(codes * len(names) + positions, return_inverse=True)
    numbers = np.zeros((len(keys), len(_NUMBERS)))
    facts = np.full((len(keys), len(_TEXTS)), "", dtype=object)
    for row, key in enumerate(keys):
        code, name = divmod(int(key), len(names))
        if code < 0:
            numbers[row] = np.nan
        elif readings[code] is not NOTHING:
            numbers[row], facts[row] = _describe(readings[code], str(names[name]))
    rows = inverse.ravel()
    columns: dict[str, object] = dict(zip(_NUMBERS, numbers[rows].T, strict=True))
    columns |= {
        fact: np.where(texts == "", np.nan, texts) for fact, texts in zip(_TEXTS, facts[rows].T, strict=True)
    }
    columns["words_heading"] = _heading_in_words(view).where(facts[rows, 0] != "")
    return tabulate(columns, FEATURES, FACTS, index)


def _heading_in_words(view: View) -> pd.Series:
    known = view.goods["heading"]
    return ("heading " + known + " (" + titles(known) + ")").fillna("goods without a heading")


def _searched(table: pd.DataFrame) -> pd.Series:
    parts = [table["goods_description"], table["marks"], line_descriptions(table["items"])]
    return goods_text.join(part.astype("str") for part in parts)


def _describe(reading: Reading, heading: str) -> tuple[list[float], list[str]]:
    hits = counted(reading, heading)
    return [float(value) for value in _values(reading, hits, heading)], _wording(hits)


def _values(reading: Reading, hits: tuple[Hit, ...], heading: str) -> tuple[float, ...]:
    known = concepts()
    named = {hit.term.concept for hit in hits}
    strange = {concept for concept in named if heading not in known[concept].headings}
    return (
        len(named),
        bool(strange),
        bool(named) and not strange,
        any(_is_live(hit, reading) for hit in hits),
        any(
            hit.term.form != "live" and not (hit.term.form == "either" and reading.says_live) for hit in hits
        ),
        any(hit.term.kind == "code" for hit in hits),
        any(hit.misspelt for hit in hits),
        any(hit.term.language not in ("en", "la") for hit in hits),
        not hits and any(hit.figurative for hit in reading.hits),
        reading.says_live,
    )


def _is_live(hit: Hit, reading: Reading) -> bool:
    return hit.term.form == "live" or (hit.term.form == "either" and reading.says_live)


def _wording(hits: tuple[Hit, ...]) -> list[str]:
    found = list(dict.fromkeys(hit.term.term for hit in hits))[:4]
    labels = list(dict.fromkeys(concepts()[hit.term.concept].label for hit in hits))[:3]
    return ["', '".join(found), " and ".join(labels)]
