"""One fold: learn without its cases, then score their sets. Run in a process of its own.

The reference tables of the fold are named by ``WILDCARGO_REFERENCE`` before this starts, so that
nothing in the process has ever read the full ones.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.documented_seizures import cases as case_file
from benchmarks.documented_seizures import events, knowledge, scorecards, sets
from data_samples import simulate as simulator
from data_samples import world as worlds
from features import matrix
from features.manifest.schema import complete
from features.view import prepare
from models.baselines import Examples, Random, Scorecard
from models.bundle import Bundle, load, save
from models.predict import predict
from models.training import Options
from risk import learning

#: Country and seed of each training port.
PORTS = (("MY", 101), ("CN", 102), ("VN", 103), ("DE", 104), ("US", 105))
#: Share of arrivals a training port opens, half of them at random, and its base rate.
INSPECTED, RANDOM, BASE_RATE = 0.20, 0.5, 0.005


def training_world(country: str, per_day: int, held: list, known: list) -> worlds.World:
    """Return the base world in another country, its schemes without what only held-out cases state."""
    world = worlds.load("base").at(country)
    every = {name: knowledge.cut_scheme(scheme, held, known) for name, scheme in world.schemes.items()}
    cut = {name: scheme for name, scheme in every.items() if scheme is not None}
    world = world.without(set(every) - set(cut))
    return replace(
        world,
        name=f"{world.name} {country}",
        schemes=cut,
        base_rate=BASE_RATE,
        policy=replace(world.policy, slots_per_day=int(INSPECTED * per_day), random_share=RANDOM),
    )


def learn(out: Path, held: list, known: list, days: int, per_day: int) -> tuple[Bundle, Scorecard]:
    """Simulate the fold's ports, train on them and fit the scorecard's limits.

    Returns
    -------
    Bundle, Scorecard
    """
    rows = []
    for country, seed in PORTS:
        world = training_world(country, per_day, held, known)
        made = simulator.simulate(world, days=days, per_day=per_day, seed=seed)
        table, _ = learning.join_outcomes(complete(made.manifests), made.outcomes)
        rows.append(learning.rows_of(learning.Port(country, table)))
    bundle = learning.train([part.training_set for part in rows], matrix.features(), Options(seed=1))
    return save(bundle, out / "bundle", overwrite=True), scorecard_of(rows)


def scorecard_of(rows: list[learning.Rows]) -> Scorecard:
    """Return the red-flag scorecard with its limits from the training ports' rows."""
    features = pd.concat([part.features for part in rows], ignore_index=True)
    table = pd.concat([part.table for part in rows], ignore_index=True)
    return Scorecard.fit(Examples(features, table, {}), matrix.features())


def score(bundle: Bundle, scorecard: Scorecard | None, built: pd.DataFrame) -> pd.DataFrame:
    """Score sets with everything that is compared.

    Parameters
    ----------
    bundle : Bundle
    scorecard : Scorecard or None
    built : DataFrame
        From `sets.build`.

    Returns
    -------
    DataFrame
        ``shipment_id``, ``case_id``, ``part``, ``goods_description``, a column per scorer, the
        heads' log-odds, and for cases what the goods were read as and the reasons for and against.
    """
    view = prepare(sets.shipments(built))
    frame = matrix.build(view)
    prediction = predict(bundle, frame, explain=False)
    result = built[["shipment_id", "case_id", "part", "goods_description"]].reset_index(drop=True)
    result["engine"] = prediction.risk_log_odds
    for head, values in prediction.log_odds.items():
        result[head] = values
    result["mechanical"] = scorecards.mechanical(view)
    result["random"] = Random(seed=3).score(frame, view.table, "risk")
    result["red_flags"] = scorecard.score(frame, view.table, "risk") if scorecard else np.nan
    result["read_as"] = view.goods["heading"].astype("str").to_numpy()
    own = np.flatnonzero(result["part"] == "case")
    words = reasons(bundle, frame.iloc[own].reset_index(drop=True))
    for column in words:
        result[column] = ""
        result.loc[own, column] = words[column].to_numpy()
    return result


def reasons(bundle: Bundle, frame: pd.DataFrame, most: int = 5) -> pd.DataFrame:
    """Return the features that speak most for and most against each row, with their log-odds."""
    prediction = predict(bundle, frame, explain=True)
    names = np.array(prediction.features)
    rows = []
    for values in np.asarray(prediction.risk_contributions):
        per = pd.Series(values).groupby(names).sum().sort_values()
        parts = {"against": per[per < -0.05].head(most), "for": per[per > 0.05].iloc[::-1].head(most)}
        rows.append({side: ", ".join(f"{name} {value:+.2f}" for name, value in chosen.items())
                     for side, chosen in parts.items()})  # fmt: skip
    return pd.DataFrame(rows, columns=["for", "against"])


def main() -> None:
    """Learn and score one fold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=Path, required=True)
    parser.add_argument("--fold", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--days", type=int, required=True)
    parser.add_argument("--per-day", type=int, required=True)
    parser.add_argument("--bundle", type=Path, help="score with this bundle instead of learning")
    options = parser.parse_args()
    cases = case_file.read(options.cases)
    fold = events.folds(cases, events.group(cases))
    told = knowledge.stories(cases, knowledge.goods_groups())
    held = [story for story, number in zip(told, fold, strict=True) if number == options.fold]
    known = [story for story, number in zip(told, fold, strict=True) if number != options.fold]
    built = sets.build(cases)
    built = built[built["case_id"].isin(cases.loc[fold == options.fold, "case_id"])]
    if options.bundle:
        bundle, scorecard = load(options.bundle), None
    else:
        bundle, scorecard = learn(options.out, held, known, options.days, options.per_day)
    score(bundle, scorecard, built).to_parquet(options.out / "scores.parquet", index=False)
    facts = {head.name: head.facts.get("training_finds") for head in bundle.heads}
    (options.out / "training.json").write_text(json.dumps({"finds": facts, "model_id": bundle.model_id}))


if __name__ == "__main__":
    main()
