"""Train in one world and test in others with unseen schemes, rates, policies and habits.

Run ``python -m benchmarks.worlds`` to write the table of drops into ``docs/simulator.md``.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score, roc_auc_score

from benchmarks.giveaways import DOCUMENT, markdown
from benchmarks.results import write_section
from data_samples.simulate import Days, simulate, write
from data_samples.world import HEADS, load, names

#: Scores shipments: takes manifests, gives one column of risk per head.
Scorer = Callable[[pd.DataFrame], pd.DataFrame]


def measure(days: Days, scores: pd.DataFrame, seed: int = 0, rounds: int = 200) -> pd.DataFrame:
    """AUC and average precision against the truth, with 95 % bootstrap intervals of the latter.

    Parameters
    ----------
    scores : DataFrame, shape (n, 2)
        Columns ``live_animals`` and ``wildlife_products``, rows as in ``days.manifests``.
    """
    rng, rows = np.random.default_rng(seed), []
    for head in HEADS:
        y, s = days.truth[head].to_numpy(), scores[head].to_numpy()
        if y.sum() < 10:
            rows.append((head, int(y.sum()), *[float("nan")] * 5))
            continue
        draws = []
        for _ in range(rounds):
            at = rng.integers(0, len(y), len(y))
            draws.append(average_precision_score(y[at], s[at]) if y[at].any() else 0.0)
        low, high = np.percentile(draws, [2.5, 97.5])
        ap = average_precision_score(y, s)
        rows.append((head, int(y.sum()), roc_auc_score(y, s), ap, low, high, ap / y.mean()))
    return pd.DataFrame(
        rows, columns=["head", "concealments", "AUC", "AP", "AP low", "AP high", "AP / base rate"]
    )


def transfer(scorer: Scorer, worlds: list[str], *, days: int, per_day: int, seed: int) -> pd.DataFrame:
    """Measure one scorer in several worlds, with the schemes the first world does not have counted."""
    known, tables = set(load(worlds[0]).schemes), []
    for name in worlds:
        made = simulate(name, days=days, per_day=per_day, seed=seed)
        table = measure(made, scorer(made.manifests))
        table.insert(0, "world", name)
        unseen = ~made.truth["scheme"].isin(known | {""})
        table.insert(3, "of unseen schemes", [int((unseen & made.truth[h].eq(1)).sum()) for h in HEADS])
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def drop(table: pd.DataFrame, home: str, finds: Mapping[str, int]) -> str:
    """Return the drop from the first world to the others in words, one line per head.

    Parameters
    ----------
    table : DataFrame
        From `transfer`.
    home : str
        World the scorer learnt in.
    finds : mapping of str to int
        Finds it learnt from, per head.
    """
    lines = []
    for head, part in table.groupby("head", sort=False):
        own, other = (part[part["world"].eq(home) == here] for here in (True, False))
        auc, times = (
            f"{own[name].iloc[0]:.3g} → {other[name].mean():.3g}" for name in ("AUC", "AP / base rate")
        )
        low, high = other["AUC"].min(), other["AUC"].max()
        lines.append(
            f"- {head}, learnt from {finds[str(head)]} finds in `{home}`: AUC {auc} in the mean of the other "
            f"{len(other)} worlds ({low:.3g} to {high:.3g}); average precision over the base rate {times}."
        )
    return "\n".join(lines)


def trained_scorer(
    world: str, *, days: int, per_day: int, seed: int, slots: int, folder: Path
) -> tuple[Scorer, dict[str, int]]:
    """Train a bundle on one world's inspected shipments; return it as a scorer, and its finds per head."""
    from models import bundle as bundles
    from risk.engine import Engine
    from risk.histories import read_ports
    from risk.learning import STARTER, learn

    made = simulate(world, days=days, per_day=per_day, seed=seed, slots_per_day=slots, random_share=0.5)
    write(made, folder / world)
    options = replace(STARTER.options, simulated=True)
    bundle = learn(read_ports([folder / world]), options, thinned=STARTER.thinned, without=STARTER.without)
    bundles.save(bundle, folder / "bundle")
    engine = Engine.load(folder / "bundle")

    def score(table: pd.DataFrame) -> pd.DataFrame:
        frame = engine.score(table, explain=False).frame.set_index("shipment_id")
        risks = frame.loc[table["shipment_id"], [f"risk_{h}" for h in HEADS]]
        return risks.set_axis(list(HEADS), axis=1).reset_index(drop=True)

    return score, {head.name: int(head.facts["training_finds"]) for head in bundle.heads}


def main() -> None:
    """Train in the first world, test in all, write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--train", default="base")
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--per-day", type=int, default=1000)
    parser.add_argument("--slots", type=int, default=400)
    parser.add_argument("--test-days", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        scorer, finds = trained_scorer(
            given.train,
            days=given.days,
            per_day=given.per_day,
            seed=given.seed,
            slots=given.slots,
            folder=Path(folder),
        )
        worlds = [given.train, *(n for n in names() if n != given.train)]
        table = transfer(scorer, worlds, days=given.test_days, per_day=given.per_day, seed=given.seed + 1000)
    write_section("worlds", f"{drop(table, given.train, finds)}\n\n{markdown(table)}", DOCUMENT)


if __name__ == "__main__":
    main()
