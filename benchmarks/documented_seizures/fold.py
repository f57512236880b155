"""One fold: learn without its cases, then score their sets. Run in a process of its own.

The reference tables of the fold are named by ``WILDCARGO_REFERENCE`` before this starts, so that
nothing in the process has ever read the full ones.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.documented_seizures import cases as case_file
from benchmarks.documented_seizures import events, knowledge, scorecards, sets
from data_samples import simulate as simulator
from data_samples import world as worlds
from features import matrix
from features.manifest.schema import complete
from features.manifest.thinning import thin
from features.view import prepare
from models import training
from models.baselines import Examples, Scorecard
from models.bundle import Bundle, load, save
from models.predict import predict
from models.training import Options
from risk import histories, learning

#: World of each training port and its first day, as of the starter model. Their days are too few for
#: a past, as the cases have none.
PORTS = {
    "base": date(2024, 1, 8),
    "europe": date(2024, 3, 4),
    "southeast_asia": date(2024, 5, 6),
    "south_asia": date(2024, 7, 1),
    "west_africa": date(2024, 9, 2),
    "southern_africa": date(2024, 11, 4),
}
#: Share of arrivals a training port opens, seven in ten of them at random; its base rate; share of
#: manifests that lose groups of fields.
INSPECTED, RANDOM, BASE_RATE, THINNED = 0.25, 0.7, 0.05, 0.8
#: One setting of the trees, fewer of them and no comparison of weightings: ten folds must be quick.
OPTIONS = Options(seed=1, settings=("steady",), rounds=200, validation="blocks", test=0.0, hide_history=1.0)


def training_world(name: str, held: list, known: list) -> worlds.World:
    """Return a world, its schemes without what only held-out cases state."""
    world = worlds.load(name)
    every = {name: knowledge.cut_scheme(scheme, held, known) for name, scheme in world.schemes.items()}
    cut = {name: scheme for name, scheme in every.items() if scheme is not None}
    world = world.without(set(every) - set(cut))
    return replace(world, schemes=cut, base_rate=BASE_RATE)


def learn(
    out: Path, held: list, known: list, days: int, per_day: int, without: list[str]
) -> tuple[Bundle, Scorecard]:
    """Simulate the fold's ports, train on them and fit the scorecard's limits.

    Returns
    -------
    Bundle, Scorecard
    """
    rows = []
    for seed, (name, start) in enumerate(PORTS.items(), start=101):
        made = simulator.simulate(
            training_world(name, held, known),
            days=days,
            per_day=per_day,
            seed=seed,
            start=start,
            slots_per_day=int(INSPECTED * per_day),
            random_share=RANDOM,
        )
        table, _ = histories.join_outcomes(complete(made.manifests), made.outcomes)
        table = thin(table.assign(selection_probability=np.nan), THINNED, seed=seed)
        rows.append(learning.rows_of(histories.Port(name, table)))
    entries = learning.features_without(without, matrix.features())
    sets_of_rows = [part.training_set for part in rows]
    bundle = training.train(sets_of_rows, entries, OPTIONS)
    return save(bundle, out / "bundle", overwrite=True), scorecard_of(rows)


def left_out(bundle: Path) -> list[str]:
    """Return the features of the registry that a bundle does not see."""
    seen = set(load(bundle).schema.features)
    return [feature.name for feature in matrix.features() if feature.name not in seen]


def scorecard_of(rows: list[learning.PortRows]) -> Scorecard:
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
    result["random"] = 0.0  # all level: ties are broken at random, so this is the expectation itself
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
    parser.add_argument("--without", action="append", default=[], help="feature to leave out")
    parser.add_argument("--like", type=Path, help="leave out the features this bundle leaves out")
    parser.add_argument("--bundle", type=Path, help="score with this bundle instead of learning")
    options = parser.parse_args()
    cases = case_file.read(options.cases)
    fold = events.folds(cases, events.group(cases))
    told = knowledge.stories(cases, knowledge.goods_groups())
    held = [story for story, number in zip(told, fold, strict=True) if number == options.fold]
    known = [story for story, number in zip(told, fold, strict=True) if number != options.fold]
    without = sorted({*options.without, *(left_out(options.like) if options.like else ())})
    if options.bundle:
        bundle, scorecard = load(options.bundle), None
    else:
        bundle, scorecard = learn(options.out, held, known, options.days, options.per_day, without)
    scored = [
        score(bundle, scorecard, sets.build(cases, background=name, chosen=fold == options.fold)).assign(
            background=name
        )
        for name in sets.BACKGROUNDS
    ]
    pd.concat(scored, ignore_index=True).to_parquet(options.out / "scores.parquet", index=False)
    facts = {head.name: head.facts.get("training_finds") for head in bundle.heads}
    (options.out / "training.json").write_text(
        json.dumps({"finds": facts, "without": without, "model_id": bundle.model_id})
    )


if __name__ == "__main__":
    main()
