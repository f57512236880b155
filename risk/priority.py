"""The order in which shipments stand once people had their say.

The model ranks. An officer who raises a shipment puts it before all that is not raised; a rule or an entry of
a watch list sets a floor, a place below which its shipments do not stand; what was lowered, with the second
signature it needs, stands last. The model's own rank is always kept beside.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from risk import triage
from risk.triage import Pool

Ints = npt.NDArray[np.int64]


def ranks(bills: pd.Series, log_odds: npt.NDArray[np.float64]) -> Ints:
    """Return the model's rank of each shipment, 1 the highest risk; no two are the same."""
    order = triage.ranking(bills, log_odds)
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(1, len(order) + 1)
    return rank


def places(rank: Ints, raised: npt.NDArray[np.bool_], lowered: npt.NDArray[np.bool_], floor: Ints) -> Ints:
    """Return the place of each shipment, 1 first.

    Parameters
    ----------
    rank : int array, shape (n,)
        The model's.
    raised, lowered : bool array, shape (n,)
        Decisions in force; raised goes before lowered.
    floor : int array, shape (n,)
        No lower than this place, 0 for none. Where more shipments have a floor than stand above it, they
        follow each other from there on.
    """
    n = len(rank)
    lifted = (floor > 0) & (floor < rank)
    # Half a place before the shipment the model puts there.
    key = np.where(lifted, floor - 0.5, rank.astype(float))
    key = np.where(lowered, n + 1.0 + rank, key)
    key = np.where(raised, 0.0, key)
    order = np.lexsort((rank, key))
    place = np.empty(n, dtype=np.int64)
    place[order] = np.arange(1, n + 1)
    return place


def choose(
    frame: pd.DataFrame, pools: tuple[Pool, ...], share: float, key: str
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Choose what to open: by place, and a share by chance.

    Parameters
    ----------
    frame : DataFrame, shape (n, ...)
        ``bill``, ``rank``, ``place``, ``raised``, ``floor``, ``mode``, ``location``.
    pools : tuple of Pool
    share : float
        Of each pool's slots drawn at random, above 0 and below 1.
    key : str
        Of the draw.

    Returns
    -------
    chosen : DataFrame, shape (n, 3)
        ``selected_by`` (officer, rule, model, random or empty), ``selection_probability``, ``pool``. What a
        rule or an entry holds up and the model would have chosen too is the model's; what somebody raised is
        the officer's.
    messages : tuple of str
        What the port should know of its pools.
    """
    triage.check_share(share)
    asked = pd.DataFrame(
        {
            "shipment_id": frame["bill"],
            "mode": frame["mode"],
            "location": frame["location"],
            "risk": -frame["place"].to_numpy(float),
        }
    )
    selection = triage.select(asked, pools, seed=key, share=share)
    alone = triage.select(
        asked.assign(risk=-frame["rank"].to_numpy(float)), pools, seed=key, share=share
    ).frame
    by = selection.frame["selected_by"].to_numpy(dtype=object)
    lifted = (by == "model") & (alone["selected_by"] != "model").to_numpy() & (frame["floor"] > 0).to_numpy()
    by = np.where(lifted, "rule", by)
    by = np.where((by != "") & (by != "random") & frame["raised"].to_numpy(bool), "officer", by)
    chosen = selection.frame[["selection_probability", "pool"]].assign(selected_by=pd.Series(by, dtype="str"))
    return chosen.set_axis(frame.index), selection.messages
