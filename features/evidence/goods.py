"""Evidence from the goods: code and text, how they agree, and how such goods are used as cover."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.evidence.goods_registry import FACTS, FEATURES
from features.goods import text as goods_text
from features.goods.headings import described, titles
from features.goods.language import NAMES, language, usual_in
from features.goods.mixed import named_goods
from features.goods.vagueness import stop_words
from features.reference import table as reference
from features.registry import tabulate
from features.view import View

#: From this confidence on the heading read from the text also counts as what the goods may be.
SURE = 0.35
#: Below this the text is told to contradict the code (it takes a text of confidence above 0.65).
CONTRADICTS = 0.35
#: Different goods groups in one description from which the load is mixed.
MIXED = 3

_COVER = ("cover_live", "cover_products", "smell", "hollow", "live", "perishable", "bulk", "cites")

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Cover:
    """``cover_goods.csv`` as arrays; the last row is for goods without a heading."""

    position: dict[str, int]
    values: dict[str, Floats]
    basis: npt.NDArray[np.object_]
    taxa_live: npt.NDArray[np.object_]
    taxa_products: npt.NDArray[np.object_]


@cache
def cover() -> Cover:
    """Return which headings are used as cover, for what, how strongly (0 to 3)."""
    rows = reference("cover_goods")
    values = {name: np.append(rows[name].astype(float).to_numpy(), 0.0) for name in _COVER}
    position = {str(heading): i for i, heading in enumerate(rows["heading"])}
    basis, live, products = (
        np.append(rows[name].str.replace(";", ", ").to_numpy(dtype=object), "")
        for name in ("basis", "taxa_live", "taxa_products")
    )
    return Cover(position, values, basis, live, products)


def compute(view: View) -> pd.DataFrame:
    """Compute the goods features.

    Parameters
    ----------
    view : View
        ``goods_description``, ``hs_codes`` and ``items`` of the table; the goods; origin and mode.

    Returns
    -------
    DataFrame, shape (n, features + facts)
    """
    codes, texts = goods_text.fold_column(described(view.table))
    columns = _code_and_text(view) | _vagueness(codes, texts) | _language(view) | _mixed(view, codes, texts)
    columns |= _as_cover(view) | _titles(view)
    return tabulate(columns, FEATURES, FACTS, view.table.index)


def _code_and_text(view: View) -> dict[str, object]:
    goods = view.goods
    source, fit = goods["heading_source"], goods["fit"]
    declared = goods["declared_chapters"].notna()
    return {
        "goods_group": goods["goods_group"],
        "goods_chapter": goods["chapter"],
        "hs_missing": (~declared).astype(float),
        "heading_from_text": (source == "inferred").astype(float),
        "goods_unreadable": (goods["goods_group"] == "unknown").astype(float),
        "text_confidence": goods["inferred_confidence"],
        "text_fit": fit,
        "text_contradicts_code": (fit < CONTRADICTS).astype(float).where(fit.notna()),
    }


def _vagueness(codes: npt.NDArray[np.int64], texts: list[str]) -> dict[str, object]:
    measured = [stop_words().measure(text) for text in texts]
    columns = {
        "vague_share": [m.share for m in measured],
        "description_words": [float(m.words) for m in measured],
        "description_digits_only": [float(m.digits_only) for m in measured],
        "description_only_vague": [float(m.words > 0 and m.share >= 0.99) for m in measured],
    }
    result: dict[str, object] = {
        name: np.append(np.array(values, dtype=np.float64), np.nan)[codes] for name, values in columns.items()
    }
    result["description_missing"] = (codes < 0).astype(float)
    found = np.append(np.array([m.found for m in measured], dtype=object), "")[codes]
    result["vague_words"] = np.where(found == "", np.nan, found)
    return result


def _language(view: View) -> dict[str, object]:
    """Return the language flags; the text as declared is needed, accents tell languages apart."""
    codes, raw = goods_text.factorize(described(view.table))
    spoken = [language(goods_text.fold(text), text) for text in raw]
    origin = view.route["origin"].fillna("").to_numpy(dtype=object).astype(str)
    languages = np.append(np.array(spoken, dtype=object), "")[codes].astype(str)
    countries, positions = np.unique(origin, return_inverse=True)
    names, named = np.unique(languages, return_inverse=True)
    usual = np.array([[float(usual_in(str(c), str(o))) for o in countries] for c in names])
    uncommon = 1.0 - usual.reshape(len(names), len(countries))[named.ravel(), positions.ravel()]
    foreign = ~np.isin(languages, ("", "en"))
    # Without a country of origin a language other than English cannot be called unusual for it.
    uncommon = np.where(foreign & (origin == ""), np.nan, uncommon)
    label = np.array([NAMES.get(str(name), "") for name in names], dtype=object)[named.ravel()]
    return {
        "description_not_english": np.where(codes >= 0, foreign.astype(float), np.nan),
        "description_uncommon_language": np.where(codes >= 0, uncommon, np.nan),
        "description_language": np.where(label == "", np.nan, label),
    }


def _mixed(view: View, codes: npt.NDArray[np.int64], texts: list[str]) -> dict[str, object]:
    chapters, groups = (np.append(values, np.nan)[codes] for values in named_goods(texts))
    declared = view.goods["declared_chapters"].to_numpy()
    most = np.fmax(chapters, declared)
    unrelated = np.fmax(groups, declared)
    return {
        "chapters_named": most,
        "mixed_load": np.where(np.isnan(unrelated), np.nan, (unrelated >= MIXED).astype(float)),
    }


def _as_cover(view: View) -> dict[str, object]:
    goods, reference_rows = view.goods, cover()
    none = len(reference_rows.basis) - 1
    first = _positions(goods["heading"], reference_rows, none)
    sure = goods["inferred_confidence"].to_numpy() >= SURE
    second = np.where(sure, _positions(goods["heading_inferred"], reference_rows, none), none)
    known = goods["heading"].notna().to_numpy() | (sure & goods["heading_inferred"].notna().to_numpy())
    value = {
        name: np.where(known, np.maximum(v[first], v[second]), np.nan)
        for name, v in reference_rows.values.items()
    }
    mode = view.route["mode"]
    by_parcel = np.where(mode.isna(), np.nan, mode.isin(["post", "express"]).astype(float))
    by_air = np.where(mode.isna(), np.nan, mode.isin(["air", "express"]).astype(float))
    strength = reference_rows.values["cover_live"] + reference_rows.values["cover_products"]
    told = np.where(strength[second] > strength[first], second, first)
    return {
        "cover_for_live_animals": value["cover_live"],
        "cover_for_products": value["cover_products"],
        "smell_masking_goods": value["smell"],
        "hollow_goods": value["hollow"],
        "hollow_goods_by_parcel": value["hollow"] * by_parcel,
        "live_goods": value["live"],
        "perishable_goods": value["perishable"],
        "perishable_goods_by_air": np.fmax(value["perishable"], value["live"]) * by_air,
        "bulk_goods": value["bulk"],
        "cites_heading": value["cites"],
        "personal_or_gift": (goods["goods_group"] == "personal_effects_gifts").astype(float),
        "cover_taxa_live": _text(reference_rows.taxa_live[told]),
        "cover_taxa_products": _text(reference_rows.taxa_products[told]),
        "cover_basis": _text(reference_rows.basis[told]),
        "goods_told": _named(goods["heading"].where(told == first, goods["heading_inferred"])),
    }


def _positions(headings: pd.Series, rows: Cover, none: int) -> npt.NDArray[np.int64]:
    codes, unique = pd.factorize(headings)
    return np.append([rows.position.get(str(h), none) for h in unique], none).astype(np.int64)[codes]


def _text(values: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    return np.where(values == "", np.nan, values)


def _named(headings: pd.Series) -> pd.Series:
    return ("heading " + headings + " (" + titles(headings) + ")").astype("str")


def _titles(view: View) -> dict[str, object]:
    goods = view.goods
    declared = goods["heading"].where(goods["heading_source"] == "declared")
    return {
        "heading_named": _named(goods["heading"]).fillna("chapter " + goods["chapter"]),
        "declared_named": _named(declared),
        "text_reads_like": _named(goods["heading_inferred"]),
        "goods_group_name": goods["goods_group"].str.replace("_", " ").astype("str"),
    }
