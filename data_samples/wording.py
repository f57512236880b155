"""What the goods are called: trade wordings, languages, wrappings, vague texts."""

from __future__ import annotations

from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data_samples import facts, geography
from data_samples.strings import Parts, digits, join, keep, take, texts, where
from features.manifest.schema import MODES

_LANGUAGES = ("fr", "es", "pt", "zh", "vi", "de", "ru", "ja", "ms", "th", "ko", "it", "ar")
_UNITS = (
    "cartons",
    "ctns",
    "bags",
    "packages",
    "pkgs",
    "pcs",
    "cases",
    "bales",
    "boxes",
    "drums",
    "pallets",
    "rolls",
)
_BRANDS = (
    "Solvane",
    "Kintora",
    "Belmiro",
    "Zhunli",
    "Arkopa",
    "Maruvi",
    "Nordhav",
    "Tesquo",
    "Ludano",
    "Orivex",
    "Panterra",
    "Quillon",
)


@cache
def _wordings() -> tuple[Parts, Parts]:
    """English wordings by heading, and local wordings by language and heading."""
    rows = facts.table("wordings")
    titles = facts.headings()["title"]
    english = rows[rows["language"] == "en"].groupby("hs4", sort=True)["text"].agg(list)
    base = Parts([english.get(h) or _from_title(titles[h]) for h in titles.index])
    local = rows.groupby(["language", "hs4"], sort=True)["text"].agg(list)
    return base, Parts([local.get((lang, h), []) for lang in _LANGUAGES for h in titles.index])


def _from_title(title: str) -> list[str]:
    """Turn a heading's title into the short wordings a trader would use."""
    parts = [p.strip().lower() for p in title.split("(")[0].replace(";", ",").split(",")]
    parts = [
        p
        for p in parts
        if 3 <= len(p) <= 45 and not p.startswith(("of ", "including", "whether", "not ", "other"))
    ]
    short = parts[:3] or [title.lower()[:45]]
    return list(dict.fromkeys(short + ([" ".join(parts[:2])] if len(parts) > 1 else [])))


@cache
def _vague() -> Parts:
    rows = facts.table("vague").groupby("language", sort=True)["text"].agg(list)
    return Parts([rows.get(lang, []) for lang in ("en", *_LANGUAGES)])


@cache
def _language_of_country() -> np.ndarray:
    known = {lang: i for i, lang in enumerate(_LANGUAGES)}
    return np.array([known.get(facts.language_of()[c], -1) for c in facts.countries()])


def describe(
    rng: np.random.Generator,
    *,
    heading: np.ndarray,
    second: np.ndarray,
    country: np.ndarray,
    mode: np.ndarray,
    taste: np.ndarray,
    packages: np.ndarray,
    vague: np.ndarray,
    style: dict[str, np.ndarray],
) -> tuple[pa.Array, pa.Array]:
    """Write the goods description of each shipment.

    Parameters
    ----------
    heading, second : ndarray of int, shape (n,)
        Goods, and a second kind of goods in the same consignment (-1 for none).
    country : ndarray of int
        Where the papers are written.
    taste : ndarray, 0..1
        Fixes the trader's usual wording.
    vague : ndarray of bool
        The text says next to nothing.
    style : dict of ndarrays
        ``local`` (written in the local language), ``wrapped`` (quantities and freight terms around
        the goods), ``upper``, ``typo``: booleans, shape (n,).

    Returns
    -------
    description, plain : Arrow text arrays
        The full text, and the goods' wording alone.
    """
    n, base, local = len(heading), *_wordings()
    u = rng.random((8, n))
    usual = np.where(u[0] < 0.7, taste * 7919 % 1, u[1])
    lang = _language_of_country()[country]
    foreign = np.where(
        style["local"] & (lang >= 0), local.at(np.maximum(lang, 0) * len(base.size) + heading, usual), -1
    )
    plain = where(foreign >= 0, take(local.values, foreign), base.draw(heading, usual))
    spoken = np.where(
        style["local"] & (lang >= 0) & (_vague().size[np.maximum(lang, 0) + 1] > 0), lang + 1, 0
    )
    plain = where(vague, _vague().draw(spoken, u[2]), plain)
    more = join(", ", base.draw(np.maximum(second, 0), u[3]))
    goods = where((second >= 0) & ~vague, join(plain, more), plain)
    goods = where(style["typo"], _typo(goods), goods)
    text = where(style["wrapped"], _wrap(goods, mode, packages, u[4], u[5]), _qualify(goods, u[6], u[7]))
    return where(
        style["upper"], pc.utf8_upper(text), where(u[6] < 0.5, pc.utf8_capitalize(text), text)
    ), plain


def _typo(goods: pa.Array) -> pa.Array:
    return pc.replace_substring_regex(goods, r"([a-z]{4})([a-z])([a-z])", r"\1\3\2", max_replacements=1)


def _wrap(goods: pa.Array, mode: np.ndarray, packages: np.ndarray, u: np.ndarray, v: np.ndarray) -> pa.Array:
    """Put quantities, container terms and freight terms around the goods as bills do."""
    count = join(digits(np.maximum(packages, 1), 1), " ", take(_UNITS, (v * len(_UNITS)).astype(int)), " ")
    sea = np.isin(mode, [MODES.index("sea"), MODES.index("rail")])
    box = take(
        (
            "1x40hc container stc ",
            "1x20gp said to contain ",
            "stc ",
            "said to contain ",
            "shipper's load count and seal ",
            "fcl ",
            "",
        ),
        (u * 7).astype(int),
    )
    lead = where(
        sea, join(box, count), where(u < 0.5, count, texts([""]).take(pa.array(np.zeros(len(u), dtype=int))))
    )
    tail = take(
        (
            "",
            " freight prepaid",
            " freight collect",
            " as per invoice",
            " no commercial value",
            " po ",
            " lot ",
        ),
        (v * 997 % 1 * 7).astype(int),
    )
    number = keep(v * 997 % 1 >= 5 / 7, digits((u * 9e4).astype(int) + 1000, 1))
    return join(lead, goods, tail, number)


def _qualify(goods: pa.Array, u: np.ndarray, v: np.ndarray) -> pa.Array:
    """Now and then a brand, a model, a grade or a number of pieces."""
    lead = take(("", "", "", "", "new ", "assorted ", "grade a ", "mixed "), (u * 8).astype(int))
    brand = join(" ", take(_BRANDS, (v * 97 % 1 * len(_BRANDS)).astype(int)))
    model = join(" model ", digits((u * 9000).astype(int) + 100, 1))
    pieces = join(" ", digits((v * 89 % 1 * 48).astype(int) + 1, 1), " pcs")
    return join(
        lead,
        goods,
        keep(v < 0.08, brand),
        keep((v >= 0.08) & (v < 0.16), model),
        keep((v >= 0.16) & (v < 0.28), pieces),
    )


def codes(
    rng: np.random.Generator, heading: np.ndarray, taste: np.ndarray, wrong: np.ndarray, width: float
) -> pa.Array:
    """Return the HS code declared for each shipment: 4, 6, 8 or 10 digits, sometimes another heading's."""
    names = list(geography.heading_index())
    near = np.clip(heading + rng.integers(-6, 7, len(heading)), 0, len(names) - 1)
    far = rng.integers(0, len(names), len(heading))
    used = np.where(wrong, np.where(rng.random(len(heading)) < 0.5, near, far), heading)
    tails = ("0000", "1000", "2000", "9000", "9900", "1900", "3900", "2900", "1100")
    full = join(take(texts(names), used), take(tails, (taste * 7 % 1 * len(tails)).astype(int)), "00")
    choice = rng.random(len(heading))
    size = np.where(choice < 0.12, 4, np.where(choice < 0.7, int(width), 8))
    out = full
    for digits_kept in (4, 6, 8, 10):
        out = where(size == digits_kept, pc.utf8_slice_codeunits(full, 0, digits_kept), out)
    return out
