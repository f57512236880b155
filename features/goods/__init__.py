"""What the goods of a shipment are: heading from the code or the text, and how well they agree."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.goods import text as goods_text
from features.goods.headings import declared_headings, described, heading_table, refine_group
from features.goods.matcher import Match, matcher

#: Below this confidence a heading inferred from the text is not used.
MIN_CONFIDENCE = 0.12


def identify(table: pd.DataFrame) -> pd.DataFrame:
    """Identify the goods of each shipment.

    Parameters
    ----------
    table : DataFrame, shape (n, k)
        Shipment table; ``goods_description``, ``hs_codes`` and ``items`` are read where present.

    Returns
    -------
    DataFrame, shape (n, 8)
        On the table's index:

        - ``heading`` (4 digits): declared if any code names a heading, the first one; else inferred;
        - ``chapter`` (2 digits): of the heading, or of a declared code of two digits;
        - ``heading_source``: ``declared``, ``inferred`` or ``missing``;
        - ``heading_inferred``: from the text alone, missing where nothing fits;
        - ``inferred_confidence``: 0 to 1, NaN without a text;
        - ``fit``: 0 to 1, how well the text fits the declared code (or its chapter); a text that
          says little leaves it near 1; NaN where code or readable text is missing;
        - ``goods_group``: field-meaningful group, ``unknown`` where the heading is missing;
        - ``declared_chapters``: number of different chapters among the declared codes.
    """
    index = table.index
    declared, declared_chapter, chapters = declared_headings(table)
    codes, folded = goods_text.fold_column(described(table))
    found = matcher().match(folded)
    confidence, inferred = _take(found.confidence, codes), _inferred(found, codes)
    usable = np.where(confidence >= MIN_CONFIDENCE, inferred, -1)
    agrees = (declared_chapter == "") | (declared_chapter == _lookup(usable, heading_table().chapter))
    heading = np.where(declared >= 0, declared, np.where(agrees, usable, -1))
    chapter = np.where(heading >= 0, _lookup(heading, heading_table().chapter), declared_chapter)
    group = _lookup(heading, heading_table().group)
    group = refine_group(np.where(group == "", "unknown", group), folded, codes)
    source = np.select([declared >= 0, heading >= 0], ["declared", "inferred"], "missing")
    return pd.DataFrame(
        {
            "heading": _text(_lookup(heading, heading_table().code), index),
            "chapter": _text(chapter, index),
            "heading_source": pd.Series(source, index=index, dtype="str"),
            "heading_inferred": _text(_lookup(inferred, heading_table().code), index),
            "inferred_confidence": pd.Series(confidence, index=index),
            "fit": pd.Series(_fit(found, codes, declared, declared_chapter), index=index),
            "goods_group": pd.Series(group, index=index, dtype="str"),
            "declared_chapters": pd.Series(chapters, index=index, dtype="float64"),
        },
        index=index,
    )


def _take(values: npt.NDArray[np.float64], codes: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    return np.append(values, np.nan)[codes]


def _inferred(found: Match, codes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return np.append(found.best, -1)[codes]


def _lookup(positions: npt.NDArray[np.int64], names: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    return np.append(names, "")[positions]


def _text(values: npt.NDArray[np.object_], index: pd.Index) -> pd.Series:
    return pd.Series(values, index=index, dtype="str").mask(values == "")


def _fit(
    found: Match,
    codes: npt.NDArray[np.int64],
    declared: npt.NDArray[np.int64],
    declared_chapter: npt.NDArray[np.object_],
) -> npt.NDArray[np.float64]:
    """Return how well the text fits the declared code.

    The share the declared heading reaches of the best heading's score; another heading of the same
    goods group counts 0.7 of its own share, one of the same chapter 0.6. A text of low confidence
    is weak evidence of a misfit, so the shortfall is scaled by the confidence; gifts, personal effects
    and goods not specified (9999) are no other goods and count 0.7.
    """
    fit = np.full(len(codes), np.nan)
    known = (codes >= 0) & (declared_chapter != "")
    known[known] &= found.score[codes[known]] > 0
    if not known.any():
        return fit
    chapter_of = np.unique(heading_table().chapter)
    chapter_position = np.searchsorted(chapter_of, declared_chapter[known].astype(str))
    keys = np.stack([codes[known], declared[known], chapter_position], axis=1)
    unique, inverse = np.unique(keys, axis=0, return_inverse=True)
    share = _share(found, unique, chapter_of)
    texts = unique[:, 0]
    values = 1.0 - found.confidence[texts] * (1.0 - share)
    fit[known] = values[inverse.ravel()]
    return fit


def _share(
    found: Match, keys: npt.NDArray[np.int64], chapters: npt.NDArray[np.object_]
) -> npt.NDArray[np.float64]:
    scores = found.scores[keys[:, 0]]
    rows = np.repeat(np.arange(len(keys)), np.diff(scores.indptr))
    heading = scores.indices
    reference = heading_table()
    declared = keys[rows, 1]
    weight = np.where(reference.chapter[heading] == chapters[keys[rows, 2]], 0.6, 0.0)
    groups = matcher().groups
    same_group = (declared >= 0) & (groups[heading] == groups[np.maximum(declared, 0)])
    weight = np.maximum(weight, np.where(same_group, 0.7, 0.0))
    weight = np.maximum(weight, np.where(reference.code[heading] == "9999", 0.7, 0.0))
    weight = np.where(declared == heading, 1.0, weight)
    share = np.zeros(len(keys))
    np.maximum.at(share, rows, weight * scores.data / found.score[keys[rows, 0]])
    return share


__all__ = ["MIN_CONFIDENCE", "identify"]
