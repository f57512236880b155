"""Versions of one shipment, and the outcomes in force.

A shipment that is amended is known several times under one number. It counts once, when it was
first known; a later version is judged on what came before the first one, so that a shipment is
never part of its own past. House bill numbers come back after years: a version more than
`SAME_SHIPMENT_DAYS` after the one before is another shipment.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from features.history.sequence import DAY

SAME_SHIPMENT_DAYS = 180
#: Parts of an outcome that are counted; ``inspected`` is 1 per inspected shipment.
COUNTED = ("inspected", "live_animals", "wildlife_products", "finds", "effort", "clean")
_FULL = 4


def first_known(shipments: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return when each version's shipment was first known, and which version that was.

    Parameters
    ----------
    shipments : DataFrame of int64, shape (n, ...)

    Returns
    -------
    first : ndarray of int64, shape (n,)
        Time of the first version.
    counts : ndarray of bool, shape (n,)
        True for the version that is counted.
    """
    ship, known, row = (shipments[c].to_numpy() for c in ("shipment", "known_at", "row"))
    order = np.lexsort((row, known, ship))
    starts = _starts(ship[order], known[order])
    first = np.empty(len(order), dtype=np.int64)
    first[order] = known[order][starts][np.cumsum(starts) - 1]
    counts = np.empty(len(order), dtype=bool)
    counts[order] = starts
    return first, counts


def in_force(outcomes: pd.DataFrame, shipments: pd.DataFrame) -> pd.DataFrame:
    """Return what each outcome changed, when, and for which version of the shipment.

    A later outcome of the same shipment replaces an earlier one: what was counted is taken back and
    the new one counted, so that at every moment the latest outcome known then is in force.

    Returns
    -------
    DataFrame of int64
        Columns ``event`` (position in `shipments`), ``at``, ``shipment`` and those of `COUNTED`
        (may be negative), sorted by (shipment, at).
    """
    known = outcomes.assign(
        at=np.maximum(outcomes["inspected_at"], outcomes["known_at"]),
        inspected=1,
        finds=outcomes[["live_animals", "wildlife_products"]].max(axis=1),
    )
    known["effort"] = np.where(known["finds"] > 0, _FULL, known["effort"])  # what was found, was looked at
    known["clean"] = np.where(known["finds"] > 0, 0, known["clean"])
    order = ["shipment", "at", "inspected_at", "status", *COUNTED]
    known = known.sort_values(order, kind="stable").reset_index(drop=True)
    starts = _starts(known["shipment"].to_numpy(), known["at"].to_numpy())
    values = known[list(COUNTED)].to_numpy(dtype=np.int64)
    change = values.copy()
    change[1:] -= np.where(starts[1:, None], 0, values[:-1])
    changed = pd.DataFrame(change, columns=list(COUNTED))
    changed[["at", "shipment"]] = known[["at", "shipment"]].astype("int64")
    event = _version_at(known.loc[starts, ["shipment", "at"]], shipments)
    changed["event"] = event[np.cumsum(starts) - 1] if len(known) else np.empty(0, dtype=np.int64)
    return changed


def own_outcome(changes: pd.DataFrame, shipment: np.ndarray, since: np.ndarray) -> np.ndarray:
    """Return when a shipment's own first outcome from a moment on came in; the largest time if none did."""
    never = np.iinfo(np.int64).max
    asked = pd.DataFrame({"shipment": shipment, "since": since, "place": np.arange(len(since))})
    own = changes[["shipment", "at"]].sort_values("at", kind="stable")
    found = pd.merge_asof(
        asked.sort_values("since", kind="stable"),
        own,
        left_on="since",
        right_on="at",
        by="shipment",
        direction="forward",
    ).sort_values("place")
    return found["at"].astype("Int64").fillna(never).to_numpy(dtype=np.int64)


def _starts(shipment: np.ndarray, time: np.ndarray) -> np.ndarray:
    """Say where another shipment begins in rows sorted by (number, time)."""
    starts = np.ones(len(shipment), dtype=bool)
    starts[1:] = (shipment[1:] != shipment[:-1]) | (time[1:] - time[:-1] > SAME_SHIPMENT_DAYS * DAY)
    return starts


def _version_at(outcomes: pd.DataFrame, shipments: pd.DataFrame) -> np.ndarray:
    """Return the position of the version known last when each outcome came in."""
    asked = outcomes.assign(place=np.arange(len(outcomes))).sort_values("at", kind="stable")
    versions = shipments[["shipment", "known_at", "row"]].assign(event=np.arange(len(shipments)))
    versions = versions.sort_values(["known_at", "row"], kind="stable")
    found = pd.merge_asof(asked, versions, left_on="at", right_on="known_at", by="shipment").sort_values(
        "place"
    )
    return found["event"].to_numpy(dtype=np.int64)
