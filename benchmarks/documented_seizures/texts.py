"""Goods descriptions in one plain style, for case and background alike.

A report words a declaration as "live crabs (230 kg)" or "2 pcs action figure (gift)", a port
system as "LIVE MUD CRAB 15 PKGS". What a benchmark must not measure is that difference. Both
sides are therefore written the same way: lower case, no figures, no brackets, no quotation marks,
lists joined by commas. Background goods are worded from ``plain_descriptions.csv``, short trade
names of 573 headings written for this benchmark.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

_BRACKETS = re.compile(r"\([^)]*\)|\[[^\]]*\]")
_UNIT = (
    r"(?:kgs?|kilos?|grams?|tonnes?|tons?|mt|lbs?|pounds?|pcs?|pieces?|pairs?|sets?|bags?|boxes|box|cartons?"
    r"|ctns?|units?|pkgs?|packages?|sacks?|drums?)"
)
_QUANTITY = re.compile(rf"\b(?:in\s+)?\d[\d,. ]*(?:{_UNIT}\b)?(?:\s+of\b)?", re.IGNORECASE)
_WHENCE = re.compile(r"\s+from\s+.*$")
_OTHER = re.compile(r"[^a-z', -]+")


def plain(text: str) -> str:
    """Return one description in the benchmark's plain style.

    Parameters
    ----------
    text : str
        As reported or as declared.

    Returns
    -------
    str
        Lower-case words, separated by single spaces, lists by ``, ``; may be empty.
    """
    text = _BRACKETS.sub(" ", text)
    text = re.sub(r"[;:/]", ", ", text.replace("\u2019", "'"))
    text = _WHENCE.sub("", _QUANTITY.sub(" ", text.lower()))
    text = _OTHER.sub(" ", text)
    text = re.sub(r"\s*,[\s,]*", ", ", text)
    return re.sub(r"\s+", " ", text).strip(" ,'-")


@cache
def descriptions() -> pd.DataFrame:
    """Return the plain descriptions with their part.

    Returns
    -------
    DataFrame
        ``hs4``, ``text`` and ``part`` (``background`` or ``control``). A heading with a single
        phrase belongs to ``background``; of two or more, every fourth is kept for the control.
    """
    path = Path(__file__).with_name("plain_descriptions.csv")
    table = pd.read_csv(path, dtype="str", keep_default_na=False)
    table["text"] = table["text"].map(plain)
    place = table.groupby("hs4").cumcount()
    several = table.groupby("hs4")["text"].transform("size") > 1
    table["part"] = np.where(several & (place % 4 == 1), "control", "background")
    return table


def word(headings: np.ndarray, generator: np.random.Generator, part: str = "background") -> np.ndarray:
    """Word goods plainly: one phrase drawn per heading.

    Parameters
    ----------
    headings : array of str, shape (n,)
        HS headings, 4 digits.
    generator : Generator
        Source of the draws.
    part : str
        ``background`` or ``control``.

    Returns
    -------
    array of object, shape (n,)
        Phrases; empty where the heading has none in this part.
    """
    table = descriptions()
    phrases = table[table["part"] == part].groupby("hs4")["text"].agg(list).to_dict()
    draws = generator.random(len(headings))
    return np.array(
        [
            phrases[heading][int(draw * len(phrases[heading]))] if heading in phrases else ""
            for heading, draw in zip(headings, draws, strict=True)
        ],
        dtype=object,
    )


def list_share(texts: pd.Series) -> float:
    """Return the share of descriptions that name several goods."""
    return float(texts.str.contains(",| and ").mean())


def collect(texts: np.ndarray, share: float, generator: np.random.Generator) -> np.ndarray:
    """Let a share of descriptions name several goods, as parcels' descriptions do.

    Parameters
    ----------
    texts : array of object, shape (n,)
        Plain descriptions of one set.
    share : float
        Share that gets a second phrase, drawn from the same set.
    generator : Generator
        Source of the draws.
    """
    several = np.char.find(texts.astype(str), " and ") >= 0
    chosen = (generator.random(len(texts)) < share) & ~several
    others = generator.permutation(texts)
    links = np.where(generator.random(len(texts)) < 0.5, " and ", ", ")
    joined = [
        f"{one}{link}{other}" if pick and other and other != one else one
        for one, other, link, pick in zip(texts, others, links, chosen, strict=True)
    ]
    return np.array(joined, dtype=object)
