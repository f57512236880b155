"""What a ranking loses where fields are missing, and on the first days of a port.

Run ``python -m benchmarks.conditions`` to write both tables into ``docs/results.md``. The days are
simulated, in a world the starter model never saw unless another is named, with concealments at 2 %
so that there are enough of them; the ranking is against the truth.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from benchmarks.results import table as markdown
from benchmarks.results import write_section
from data_samples.simulate import Days, simulate
from data_samples.world import load
from features.history import State
from features.manifest import schema
from features.manifest.thinning import FIELD_GROUPS, without
from features.view import prepare
from models.labels import HEADS
from models.metrics import auc
from risk.engine import Engine

RATE = 0.02
WORLD = "north_america"
#: Days a port has been running before the days that are ranked.
AGES = (0, 30, 365)
#: Days ranked at each age.
SPAN = 20

_KEPT = {*schema.LEGAL_MINIMUM, "manifest_id", "known_at", "arrives_at", "mode"}


def days_of(world: str, *, days: int, per_day: int, seed: int) -> Days:
    """Simulate days with concealments at `RATE`."""
    return simulate(replace(load(world), base_rate=RATE), days=days, per_day=per_day, seed=seed)


def poorer(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the same shipments with fields removed: one group at a time, and all but a few."""
    table = schema.complete(table)
    named = [c.name for c in schema.COLUMNS]
    return {
        "everything": table,
        **{f"without {group.replace('_', ' ')}": without(table, (group,)) for group in FIELD_GROUPS},
        "only the eight fields of a cargo manifest": schema.complete(table[[n for n in named if n in _KEPT]]),
        "only the description and the ports": schema.complete(
            table[["shipment_id", "known_at", "mode", "goods_description", "loading_port", "discharge_port"]]
        ),
    }


def ranking(risk: np.ndarray, hidden: np.ndarray) -> dict[str, float]:
    """Return AUC and recall in the top 1, 5 and 10 %.

    Parameters
    ----------
    risk : ndarray, shape (n,)
    hidden : ndarray of bool, shape (n,)
        Whether the shipment hides anything.
    """
    order = np.argsort(-risk, kind="stable")
    found = np.cumsum(hidden[order]) / max(1, hidden.sum())
    tops = {
        f"top {share:.0%}": float(found[int(np.ceil(share * len(risk))) - 1]) for share in (0.01, 0.05, 0.1)
    }
    return {"AUC": float(auc(hidden.astype(np.float64), risk)), **tops}


def by_fields(engine: Engine, made: Days) -> dict[str, dict[str, float]]:
    """Rank the same shipments with fields removed."""
    hidden = _hidden(made.truth)
    return {
        name: ranking(engine.score(table, explain=False).prediction.risk, hidden)
        for name, table in poorer(made.manifests).items()
    }


def by_age(engine: Engine, made: Days) -> dict[str, dict[str, float]]:
    """Rank the days after a port has run for `AGES` days, with the past and without it."""
    rows = made.manifests.merge(made.outcomes, on="shipment_id", how="left", suffixes=("", "_found"))
    start = rows["known_at"].min().floor("D")
    out = {}
    for age in AGES:
        first, last = start + pd.Timedelta(days=age), start + pd.Timedelta(days=age + SPAN)
        before = rows["known_at"] < first
        ranked = ((rows["known_at"] >= first) & (rows["known_at"] < last)).to_numpy()
        known = rows.loc[before].reset_index(drop=True)
        # What was found after the moment of ranking is not known yet.
        late = known["inspected_at"] >= first
        for name in schema.OUTCOME_COLUMNS:
            if name in known:
                known[name] = known[name].mask(late)
        state = State.of(prepare(known)) if len(known) else State.empty()
        today = made.manifests.loc[ranked].reset_index(drop=True)
        hidden = _hidden(made.truth.loc[ranked])
        for name, past in (("with its past", state), ("past not used", None)):
            scored = engine.score(today, past, explain=False)
            out[f"day {age + 1} to {age + SPAN}, {name}"] = ranking(scored.prediction.risk, hidden)
    return out


def _hidden(truth: pd.DataFrame) -> np.ndarray:
    return truth[list(HEADS)].to_numpy().any(axis=1)


def _render(title: str, rows: Mapping[str, Mapping[str, float]]) -> str:
    header = [title, *next(iter(rows.values()))]
    return markdown(header, [[name, *values.values()] for name, values in rows.items()])


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", help="bundle; the starter model when not given")
    parser.add_argument("--world", default=WORLD)
    parser.add_argument("--seed", type=int, default=5)
    options = parser.parse_args()
    engine = Engine.load(options.model)
    few = days_of(options.world, days=20, per_day=1000, seed=options.seed)
    year = days_of(options.world, days=AGES[-1] + SPAN, per_day=200, seed=options.seed + 1)
    write_section(
        "conditions",
        "\n\n".join(
            [
                "## Missing fields and first days (`benchmarks/conditions.py`)",
                f"Model {engine.bundle.model_id} in the simulated world `{options.world}`, against the "
                f"truth; {len(few.manifests):,} shipments, {int(_hidden(few.truth).sum())} with something "
                "hidden (2 %, so that there are enough). Share of what is hidden that lies in the top.",
                _render("fields", by_fields(engine, few)),
                f"A port's first days: {200 * SPAN:,} shipments ranked at each age of the port, from its own "
                "records of every shipment since day 1 and of what was found by then.",
                _render("days", by_age(engine, year)),
            ]
        ),
    )


if __name__ == "__main__":
    main()
