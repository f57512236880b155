"""Labels: what an inspection taught, per head, and how strongly.

Only inspected rows have a label. ``inspected_at`` empty means never inspected, which is not
clean; an outcome without that time is not used (`Labels.without_time` counts them).

==================================  =============  ==================
outcome                             live_animals   wildlife_products
==================================  =============  ==================
holds ``live_animals``              1              0, or 1 if it also holds products
holds ``wildlife_products``         0, or 1        1
``clean``, ``other_offence``        0              0
a find, ``permit_valid``            0              0 (declared and permitted wildlife is no find)
a find, status ``overturned``       0              0
``clean``, status ``overturned``    missing        missing (nobody says what was found instead)
==================================  =============  ==================

A *provisional* outcome counts, at half weight: a species still to be identified is more often a
find than not, and leaving it out would hide the newest schemes for months. A quiet inspection is
weighed by how much of the shipment it could have seen (`EVIDENCE_OF_CLEAN`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.manifest import schema

HEADS: tuple[str, ...] = schema.FINDS

#: Weight of "nothing found" by how far the shipment was inspected. An ordering with round numbers
#: (unload > part > dog > scan > papers), not a measurement: a port that knows its detection rates
#: per type should pass its own. Papers alone can hardly show that nothing is hidden.
EVIDENCE_OF_CLEAN: dict[str, float] = {"full": 1.0, "partial": 0.8, "dog": 0.6, "scan": 0.5, "documents": 0.2}
UNKNOWN_INSPECTION = 0.7
PROVISIONAL = 0.5


class LabelError(ValueError):
    """Rows that cannot be learnt from honestly.

    Attributes
    ----------
    shipment_ids : tuple of str
        The rows, all of them.
    """

    def __init__(self, message: str, shipment_ids: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.shipment_ids = tuple(shipment_ids)


@dataclass(frozen=True)
class Labels:
    """Labels of a shipment table.

    Attributes
    ----------
    values : DataFrame, shape (n, 2)
        Per head 1.0 (find), 0.0 (none) or NaN (nothing is known).
    weight : ndarray of float64, shape (n,)
        Evidence weight in (0, 1]; 0 where no label.
    without_time : int
        Rows with an outcome but no ``inspected_at``.
    superseded : int
        Later versions of inspected shipments, set aside for the version that was scored.
    """

    values: pd.DataFrame
    weight: np.ndarray
    without_time: int = 0
    superseded: int = 0

    @property
    def known(self) -> np.ndarray:
        """Rows with a label, shape (n,), bool."""
        return self.values[HEADS[0]].notna().to_numpy()

    def finds(self) -> dict[str, int]:
        """Return the number of finds per head."""
        return {head: int((self.values[head] == 1.0).sum()) for head in HEADS}


def labels(table: pd.DataFrame) -> Labels:
    """Read labels from the outcome columns of a shipment table.

    Parameters
    ----------
    table : DataFrame, shape (n, k)
        Must hold ``shipment_id``, ``outcome``, ``inspected_at``; the other outcome columns and the
        times of versions are used when present.

    Raises
    ------
    LabelError
        Rows amended after their inspection without the version that was scored: what the row says
        now was written by people who knew the outcome.
    """
    outcome = table["outcome"].astype("str")
    inspected = table["inspected_at"].notna().to_numpy()
    stated = outcome.notna().to_numpy()
    late = _late_versions(table, inspected & stated)
    found = {head: _holds(outcome, head) for head in HEADS}
    any_find = np.logical_or.reduce(list(found.values()))
    status = _column(table, "outcome_status")
    overturned = (status == "overturned").to_numpy(dtype=bool, na_value=False)
    permitted = _flag(table, "permit_valid")
    known = inspected & stated & ~late & ~(overturned & ~any_find)
    counts = ~overturned & ~permitted
    values = pd.DataFrame(
        {head: np.where(known, (found[head] & counts).astype(float), np.nan) for head in HEADS},
        index=table.index,
    )
    positive = any_find & counts
    kind = _column(table, "inspection_type").map(EVIDENCE_OF_CLEAN).fillna(UNKNOWN_INSPECTION)
    weight = np.where(positive, 1.0, kind.to_numpy(dtype=float))
    weight = np.where(
        (status == "provisional").to_numpy(dtype=bool, na_value=False), weight * PROVISIONAL, weight
    )
    return Labels(
        values=values,
        weight=np.where(known, weight, 0.0),
        without_time=int((stated & ~inspected).sum()),
        superseded=int(late.sum()),
    )


def _late_versions(table: pd.DataFrame, labelled: np.ndarray) -> np.ndarray:
    """Return rows that are versions written after the inspection; raise if none before exists."""
    inspected_at = table["inspected_at"]
    written = pd.Series(False, index=table.index)
    for name in ("known_at", "last_amended_at"):
        if name in table:
            written |= (table[name] > inspected_at).fillna(False)
    late = written.to_numpy(dtype=bool) & labelled
    if not late.any():
        return late
    ids = table["shipment_id"].astype("str")
    first_inspection = inspected_at.where(labelled).groupby(ids).transform("min")
    moments = table.reindex(columns=["known_at", "last_amended_at"]).max(axis=1)
    earlier = (moments.isna() | (moments <= first_inspection)).to_numpy(dtype=bool)
    has_earlier = pd.Series(earlier, index=table.index).groupby(ids).transform("any").to_numpy(dtype=bool)
    lost = ids[late & ~has_earlier]
    if len(lost):
        names = sorted(lost.unique())
        raise LabelError(
            f"{len(names)} inspected shipment(s) were amended after the inspection and the version known "
            f"before it is missing: {', '.join(names[:20])}{' …' if len(names) > 20 else ''}. "
            "Train on the rows as they were when they were scored. Where the time of a decision stands in "
            "several columns, a mapping can take the latest: inspected_at = { latest = [...] }.",
            names,
        )
    return late


def _holds(outcome: pd.Series, member: str) -> np.ndarray:
    """Return whether a ``;`` list holds a member (on unique values), shape (n,)."""
    position, uniques = pd.factorize(outcome)
    table = [member in {part.strip() for part in str(text).split(";")} for text in uniques]
    return np.array([*table, False], dtype=bool)[position]


def _column(table: pd.DataFrame, name: str) -> pd.Series:
    if name in table:
        return table[name].astype("str")
    return pd.Series(np.nan, index=table.index, dtype="str")


def _flag(table: pd.DataFrame, name: str) -> np.ndarray:
    if name not in table:
        return np.zeros(len(table), dtype=bool)
    return table[name].astype("boolean").fillna(False).to_numpy(dtype=bool)
