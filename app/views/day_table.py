"""Shipments of the day as a table for a spreadsheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

#: Columns of `risk.store.day.rows` that are taken over as they are.
DECLARED = (
    *("bill", "master_bill", "containers", "mode", "direction", "location", "conveyance", "arrives_at"),
    *("available_until", "heading", "goods", "origin", "loading_port", "discharge_port", "destination"),
    *("packages", "gross_weight_kg"),
)
#: What orders shipments: never beside those of a list, where it would tell who was drawn.
_ORDER = ("place", "rank")
#: Reasons in columns of their own.
REASONS = 2
#: More rows than that go without reasons, which are told one by one.
TOLD = 1_000


def table(
    frame: pd.DataFrame,
    told: Mapping[int, Sequence[str]],
    *,
    unmarked: bool,
    statuses: Sequence[str],
) -> pd.DataFrame:
    """Return what is exported.

    Parameters
    ----------
    frame : DataFrame
        Rows of `risk.store.day.rows`, in their order.
    told : mapping
        Score id -> reasons in words; columns of reasons are there where it holds any.
    unmarked : bool
        Of lists: numbered instead of place, rank and risk.
    statuses : sequence of str
        What became of each, in words.
    """
    made = frame[list(DECLARED)].reset_index(drop=True)
    # Missing beside others that are there, a number of packages would be written as 2.0.
    made["packages"] = pd.to_numeric(made["packages"]).round().astype("Int64")
    if unmarked:
        made.insert(0, "number", np.arange(1, len(made) + 1))
    else:
        for at, name in enumerate(_ORDER):
            made.insert(at, name, frame[name].to_numpy())
        port = (frame["risk_basis"] == "port").to_numpy()
        risk = frame["risk"].to_numpy(dtype=float)
        made.insert(2, "score", np.round(1000 * risk).astype("int64"))
        # A prior knows no chance of a find for this port.
        made.insert(3, "risk", np.where(port, risk, np.nan))
    made["risk_basis"] = frame["risk_basis"].to_numpy()
    made["model_id"] = frame["model_id"].to_numpy()
    made["status"] = list(statuses)
    if told:
        for i in range(REASONS):
            made[f"reason_{i + 1}"] = [
                (told.get(int(score), ()) or ("",) * REASONS)[i : i + 1] for score in frame["score_id"]
            ]
            made[f"reason_{i + 1}"] = ["".join(each) for each in made[f"reason_{i + 1}"]]
    return made
