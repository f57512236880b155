"""Several unrelated goods named in one description."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from features.goods.headings import heading_table
from features.goods.matcher import matcher

#: Segments of a description that are read, and the confidence a segment's heading needs to count.
MAX_SEGMENTS, MIN_CONFIDENCE = 12, 0.35
_SEPARATOR = re.compile(r"[,;/+&|、，；•]|\band\b|\by\b|\bet\b|\bund\b|\bdan\b|\bva\b|\b\d+\)")


def named_goods(folded: Sequence[str]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Count the different chapters and goods groups a text names, segment by segment.

    Parameters
    ----------
    folded : sequence of str, length n
        Texts in the form of `features.goods.text.fold`.

    Returns
    -------
    chapters, groups : float array, shape (n,)
        0 where no segment can be read with confidence.
    """
    owner: list[int] = []
    segments: list[str] = []
    for i, text in enumerate(folded):
        parts = [part.strip() for part in _SEPARATOR.split(text[:1000])]
        for part in dict.fromkeys(part for part in parts[: 2 * MAX_SEGMENTS] if len(part) > 2):
            owner.append(i)
            segments.append(part)
    texts, positions = np.unique(np.array(segments, dtype=object).astype(str), return_inverse=True)
    found = matcher().match([str(text) for text in texts])
    sure = np.where(found.confidence >= MIN_CONFIDENCE, found.best, -1)[positions.ravel()]
    rows = np.array(owner, dtype=np.int64)[sure >= 0]
    best = sure[sure >= 0]
    reference = heading_table()
    chapter = np.unique(reference.chapter.astype(str), return_inverse=True)[1][best]
    return _distinct(rows, chapter, len(folded)), _distinct(rows, matcher().groups[best], len(folded))


def _distinct(rows: npt.NDArray[np.int64], values: npt.NDArray[np.int64], n: int) -> npt.NDArray[np.float64]:
    pairs = np.unique(np.stack([rows, values], axis=1), axis=0)
    return np.bincount(pairs[:, 0], minlength=n).astype(np.float64)
