"""Look for giveaways in simulated days: things that tell concealments from trade too easily.

Three checks, each within one mode and one head, on simulated truth:

* no single column or simple derived number reaches AUC 0.80;
* a model on superficial columns alone (lengths, casing, missingness, ids, weights) stays under 0.62;
* a look-up on goods x origin x destination reaches less than half a model's average precision.

Concealments are drawn at a higher rate than in the world, so that there are enough of them; their
make is the same, and average precision is weighted back to the world's rate.

Run ``python -m benchmarks.giveaways`` to write the tables into ``docs/simulator.md``.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from pathlib import Path

import lightgbm as lgb
import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score, roc_auc_score

from benchmarks.results import write_section
from data_samples import facts, geography
from data_samples.simulate import Days, simulate
from data_samples.world import HEADS, load, names
from features import matrix
from features.history import DAYS_NEEDED, State, Timeline
from features.manifest.schema import MODES
from features.view import prepare

DOCUMENT = Path(__file__).parents[1] / "docs" / "simulator.md"
RATE = 0.04
_TREES = {
    "objective": "binary",
    "verbose": -1,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "seed": 1,
}


@dataclass(frozen=True)
class Sample:
    """Simulated shipments with their truth and the world's own base rate."""

    table: pd.DataFrame
    truth: pd.DataFrame
    base_rate: float


def draw(world: str = "base", *, days: int = 90, per_day: int = 1500, seed: int = 11) -> Sample:
    """Simulate days with concealments at `RATE`."""
    own = load(world)
    made: Days = simulate(
        replace(own, base_rate=RATE), days=days, per_day=per_day, seed=seed, slots_per_day=0
    )
    return Sample(made.manifests, made.truth, own.base_rate)


def _time(values: pd.Series) -> pd.Series:
    return values.dt.hour + values.dt.minute / 60


def superficial(table: pd.DataFrame) -> pd.DataFrame:
    """Columns that say nothing about trade: lengths, casing, digits, missingness, ids, weights."""
    out: dict[str, pd.Series] = {}
    for name in (
        "goods_description",
        "shipper_name",
        "consignee_name",
        "shipper_address",
        "consignee_address",
        "broker_name",
        "marks",
    ):
        text = table[name].fillna("")
        out[f"{name}_length"] = text.str.len()
        out[f"{name}_upper"] = (text == text.str.upper()).astype(float)
        out[f"{name}_digits"] = text.str.count(r"[0-9]")
        out[f"{name}_words"] = text.str.count(" ")
        out[f"{name}_not_ascii"] = text.str.count(r"[^\x00-\x7f]")
    for name in table.columns:
        out[f"{name}_missing"] = table[name].isna().astype(float)
    for name in (
        "shipment_id",
        "master_id",
        "declaration_id",
        "line_number",
        "shipper_id",
        "consignee_id",
        "seal_ids",
        "container_ids",
    ):
        out[f"{name}_number"] = pd.to_numeric(
            table[name].str.replace(r"[^0-9]", "", regex=True).str[-9:], errors="coerce"
        )
    for name in ("gross_weight_kg", "net_weight_kg", "packages", "volume_m3"):
        out[name] = table[name]
    out["weight_is_round"] = (table["gross_weight_kg"] % 10 == 0).astype(float)
    return pd.DataFrame(out).astype(float)


def numbers(table: pd.DataFrame) -> pd.DataFrame:
    """Return simple numbers that a single rule could use."""
    out = superficial(table)
    kg = table["gross_weight_kg"].clip(lower=0.01)
    out["kg_per_package"] = kg / table["packages"].clip(lower=1)
    out["net_share"] = table["net_weight_kg"] / kg
    out["value_per_kg"] = table["declared_value"] / kg
    out["declared_value"] = table["declared_value"]
    out["density"] = kg / table["volume_m3"]
    out["amendment_count"] = table["amendment_count"]
    out["lead_hours"] = (table["arrives_at"] - table["known_at"]).dt.total_seconds() / 3600
    out["arrival_hour"], out["known_hour"] = _time(table["arrives_at"]), _time(table["known_at"])
    out["arrival_weekday"] = table["arrives_at"].dt.day_of_week.astype(float)
    for name in ("shipper_name", "consignee_name", "master_id", "manifest_id", "broker_name"):
        counts = table[name].map(table[name].value_counts())
        out[f"{name}_times"] = counts
        out[f"{name}_so_far"] = table.groupby(name).cumcount().astype(float).where(table[name].notna())
    return out.astype(float)


CATEGORIES = (
    "origin_country",
    "destination_country",
    "loading_port",
    "transhipment_ports",
    "discharge_port",
    "delivery_place",
    "direction",
    "lane",
    "trusted_trader",
    "carrier_name",
    "package_type",
    "currency",
    "bill_level",
    "handling_codes",
    "container_types",
    "location",
    "is_refrigerated",
    "vessel_or_flight",
    "marks",
)


def categories(table: pd.DataFrame) -> pd.DataFrame:
    """Columns with levels, the declared heading and chapter among them."""
    out = table[list(CATEGORIES)].astype("str")
    out["heading_declared"] = table["hs_codes"].str[:4]
    out["chapter_declared"] = table["hs_codes"].str[:2]
    out["first_word"] = table["goods_description"].str.lower().str.split(" ").str[0]
    return out.fillna("?")


def out_of_fold(levels: pd.Series, y: np.ndarray, folds: int = 5, weight: float = 20.0) -> np.ndarray:
    """Return the smoothed share of positives of each level, learnt on the other folds."""
    fold = np.arange(len(y)) * 7919 % folds
    score = np.zeros(len(y))
    codes = pd.factorize(levels, sort=True)[0]
    for k in range(folds):
        rest = fold != k
        seen = np.bincount(codes[rest], minlength=codes.max() + 1)
        hits = np.bincount(codes[rest], weights=y[rest], minlength=codes.max() + 1)
        share = (hits + weight * y[rest].mean()) / (seen + weight)
        score[~rest] = share[codes[~rest]]
    return score


def auc_interval(y: np.ndarray, score: np.ndarray) -> tuple[float, float, float]:
    """AUC and its 95 % interval (Hanley and McNeil)."""
    auc = float(roc_auc_score(y, score))
    pos, neg = int(y.sum()), int(len(y) - y.sum())
    a = max(auc, 1 - auc)
    q1, q2 = a / (2 - a), 2 * a * a / (1 + a)
    se = np.sqrt((a * (1 - a) + (pos - 1) * (q1 - a * a) + (neg - 1) * (q2 - a * a)) / (pos * neg))
    return auc, auc - 1.96 * se, auc + 1.96 * se


def parts(sample: Sample, least: int = 500) -> list[tuple[str, str, np.ndarray, np.ndarray]]:
    """Modes and heads with enough concealments: mode, head, rows, labels."""
    out = []
    for mode in sorted(sample.table["mode"].unique()):
        here = (sample.table["mode"] == mode).to_numpy()
        for head in HEADS:
            other = HEADS[1 - HEADS.index(head)]
            rows = np.flatnonzero(here & (sample.truth[other] == 0).to_numpy())
            y = sample.truth[head].to_numpy()[rows]
            if y.sum() >= least:
                out.append((mode, head, rows, y))
    return out


def single_features(sample: Sample, least: int = 500, extra: pd.DataFrame | None = None) -> pd.DataFrame:
    """AUC of every column by itself, within mode and head; numbers count in their better direction.

    Parameters
    ----------
    extra : DataFrame, optional
        Further features of the same rows (numbers or text levels), `features.matrix.build`'s.
    """
    found = []
    number, level = numbers(sample.table), categories(sample.table)
    if extra is not None:
        number = number.drop(columns=[c for c in number if c in extra])
        level = level.drop(columns=[c for c in level if c in extra])
        text = [c for c in extra if extra[c].dtype.kind not in "fiub"]
        number = pd.concat([number, extra.drop(columns=text).astype(float).reset_index(drop=True)], axis=1)
        level = pd.concat([level, extra[text].astype("str").fillna("?").reset_index(drop=True)], axis=1)
    for mode, head, rows, y in parts(sample, least):
        for name in number:
            values = number[name].to_numpy()[rows]
            if (
                np.nanmin(values, initial=np.inf) == np.nanmax(values, initial=-np.inf)
                or np.isnan(values).all()
            ):
                continue
            filled = np.where(np.isnan(values), np.nanmedian(values), values)
            auc, low, high = auc_interval(y, filled)
            if auc < 0.5:
                auc, low, high = 1 - auc, 1 - high, 1 - low
            found.append((mode, head, name, int(y.sum()), auc, low, high))
        for name in level:
            found.append(
                (mode, head, name, int(y.sum()), *auc_interval(y, out_of_fold(level[name].iloc[rows], y)))
            )
    columns = ["mode", "head", "feature", "concealments", "auc", "low", "high"]
    return pd.DataFrame(found, columns=columns).sort_values("auc", ascending=False, ignore_index=True)


def past_features(
    world: str = "base", *, days: int = 150, per_day: int = 1500, seed: int = 11, least: int = 500
) -> pd.DataFrame:
    """AUC of every feature of the port's past by itself, once that past is long enough to count.

    A missing value counts once as the median and once as the lowest, whichever tells more.
    """
    own = load(world)
    made = simulate(replace(own, base_rate=RATE), days=days, per_day=per_day, seed=seed)
    view = prepare(made.manifests.merge(made.outcomes, on="shipment_id", how="left"))
    known = made.manifests["known_at"]
    rows = np.flatnonzero(known >= known.min() + pd.Timedelta(days=DAYS_NEEDED + 2))
    past = Timeline(State.empty(), view).lookup(view, rows=rows).reset_index(drop=True)
    sample = Sample(
        made.manifests.iloc[rows].reset_index(drop=True),
        made.truth.iloc[rows].reset_index(drop=True),
        own.base_rate,
    )
    names = [f.name for f in matrix.features() if f.known == "history" and f.dtype != "category"]
    found = []
    for mode, head, at, y in parts(sample, least):
        for name in names:
            values = past[name].to_numpy()[at]
            if np.isnan(values).all():
                continue
            for fill in (np.nanmedian(values), np.nanmin(values) - 1):
                auc, low, high = auc_interval(y, np.where(np.isnan(values), fill, values))
                if auc < 0.5:
                    auc, low, high = 1 - auc, 1 - high, 1 - low
                found.append((mode, head, name, int(y.sum()), auc, low, high))
    columns = ["mode", "head", "feature", "concealments", "auc", "low", "high"]
    table = pd.DataFrame(found, columns=columns).sort_values("auc", ascending=False)
    return table.drop_duplicates(["mode", "head", "feature"], ignore_index=True)


def _cross_fit(
    x: pd.DataFrame, y: np.ndarray, day: np.ndarray, rounds: int = 120, folds: int = 4
) -> np.ndarray:
    fold = day * folds // (day.max() + 1)  # blocks of days: sister shipments stay together
    score = np.zeros(len(y))
    for k in range(folds):
        rest = fold != k
        model = lgb.train(
            {**_TREES, "num_leaves": 15, "learning_rate": 0.06, "min_data_in_leaf": 40},
            lgb.Dataset(x[rest], y[rest]),
            rounds,
        )
        score[~rest] = model.predict(x[~rest])
    return score


def superficial_models(sample: Sample, least: int = 500) -> pd.DataFrame:
    """AUC of a boosted model that sees superficial columns alone, cross-fitted, within mode and head."""
    x, found = superficial(sample.table), []
    for mode, head, rows, y in parts(sample, least):
        auc, low, high = auc_interval(y, _cross_fit(x.iloc[rows], y, sample.truth["day"].to_numpy()[rows]))
        found.append((mode, head, int(y.sum()), auc, low, high))
    return pd.DataFrame(found, columns=["mode", "head", "concealments", "auc", "low", "high"])


def combined(sample: Sample) -> pd.DataFrame:
    """Return what a model can combine, with the truth's goods and route: an upper mark, no product."""
    truth, out = sample.truth, numbers(sample.table)
    for name in ("heading", "origin", "destination"):
        out[name] = truth[name].astype("category")
    out["chapter"] = truth["heading"].str[:2].astype("category")
    for name in ("direction", "lane", "handling_codes", "mode"):
        out[name] = sample.table[name].fillna("?").astype("category")
    h = truth["heading"].map(geography.heading_index()).to_numpy()
    o = truth["origin"].map(geography.country_index()).to_numpy()
    d = truth["destination"].map(geography.country_index()).to_numpy()
    m = np.array([MODES.index(x) for x in sample.table["mode"]])
    out["usual_goods_of_origin"] = np.log(geography.origin_mix()[o, h] + 1e-7)
    out["usual_goods_of_mode"] = np.log(geography.goods_by_place()[m * len(facts.countries()) + o, h] + 1e-7)
    out["usual_trade"] = np.log(geography.trade()[o, d] + 1e-9)
    out["group"] = facts.headings()["group"].to_numpy()[h]
    out["group"] = out["group"].astype("category")
    out["value_off"] = np.log(out["value_per_kg"].clip(lower=1e-4) / geography.usd_per_kg()[h, 2])
    packing = facts.by_heading("packing", ("p10", "p50", "p90"))[h]
    out["package_off"] = np.log(out["kg_per_package"] / packing[:, 1]).abs()
    out["hour"] = sample.table["known_at"].dt.hour
    return out


def lookup_against_model(sample: Sample) -> pd.DataFrame:
    """Average precision and AUC of a goods x origin x destination look-up and of a model, per head.

    Learnt on the first two thirds of the days, measured on the last third at the world's base rate.
    """
    day, found = sample.truth["day"].to_numpy(), []
    early = day < day.max() * 2 / 3
    key = sample.truth["heading"] + sample.truth["origin"] + sample.truth["destination"]
    x = combined(sample)
    for head in HEADS:
        y = sample.truth[head].to_numpy()
        rate = sample.base_rate * y.mean() / RATE
        weight = np.where(y[~early] == 1, rate / y.mean(), (1 - rate) / (1 - y.mean()))
        table = pd.Series(y[early]).groupby(key[early].to_numpy()).agg(["sum", "count"])
        share = (table["sum"] + 20 * y[early].mean()) / (table["count"] + 20)
        by_lookup = key[~early].map(share).fillna(y[early].mean()).to_numpy()
        model = lgb.train(
            {**_TREES, "num_leaves": 31, "learning_rate": 0.05, "min_data_in_leaf": 30, "cat_smooth": 30},
            lgb.Dataset(x[early], y[early]),
            250,
        )
        by_model = model.predict(x[~early])
        row = [head, int(y[~early].sum()), rate]
        for score in (by_lookup, by_model):
            row += [
                average_precision_score(y[~early], score, sample_weight=weight),
                roc_auc_score(y[~early], score),
            ]
        found.append(row)
    return pd.DataFrame(
        found,
        columns=["head", "concealments", "base rate", "look-up AP", "look-up AUC", "model AP", "model AUC"],
    )


def leaks(sample: Sample) -> pd.DataFrame:
    """Share of later concealments whose declared tuple was seen earlier in a concealment, and in trade."""
    columns = ["goods_description", "shipper_name", "consignee_name", "loading_port", "gross_weight_kg"]
    key = sample.table[columns].astype("object").fillna("").astype("str").agg("|".join, axis=1)
    hidden = sample.truth["scheme"].ne("").to_numpy()
    early = (sample.truth["day"] < sample.truth["day"].max() * 2 / 3).to_numpy()
    rows = []
    for name, part in (("concealments", hidden), ("ordinary shipments", ~hidden)):
        seen = set(key[early & part])
        rows.append((name, int((part & ~early).sum()), float(key[part & ~early].isin(seen).mean())))
    return pd.DataFrame(rows, columns=["later", "shipments", "tuple seen before the split"])


def markdown(table: pd.DataFrame) -> str:
    """Return a table as Markdown, numbers to three places."""
    shown = table.map(
        lambda v: (
            f"{v:.3f}"
            if isinstance(v, float) and abs(v) >= 0.01
            else f"{v:.4f}"
            if isinstance(v, float)
            else str(v)
        )
    )
    head = "| " + " | ".join(shown.columns) + " |\n|" + "---|" * len(shown.columns)
    return head + "\n" + "\n".join("| " + " | ".join(row) + " |" for row in shown.itertuples(index=False))


def report(sample: Sample, least: int = 500) -> str:
    """Run all checks and return their tables as Markdown."""
    seen = matrix.build(prepare(sample.table)).drop(columns=[f.name for f in matrix.facts()])
    single = single_features(sample, least, extra=seen.dropna(axis=1, how="all"))
    strongest = (
        single.groupby(["mode", "head"], sort=True).head(3).sort_values(["mode", "head"], kind="stable")
    )
    sections = (
        ("Strongest single columns and features, within mode and head (limit 0.80)", strongest),
        (
            "Strongest features of the port's past, once it is long enough to count (limit 0.80)",
            past_features(least=least).groupby(["mode", "head"], sort=True).head(3),
        ),
        ("A model on superficial columns alone (limit 0.62)", superficial_models(sample, least)),
        (
            "Look-up on goods x origin x destination against a model, at the world's base rate",
            lookup_against_model(sample),
        ),
        ("The same declaration on both sides of the time split", leaks(sample)),
    )
    counted = f"{len(sample.table):,} shipments, {int(sample.truth['scheme'].ne('').sum()):,} concealments."
    return counted + "".join(f"\n\n**{title}**\n\n{markdown(table)}" for title, table in sections)


def list_of_worlds() -> str:
    """Return the rows of the document's table of worlds."""
    base = set(load("base").schemes)
    worlds = [load(name) for name in names()]
    return "\n".join(
        f"| `{w.name}` | {w.about} | {', '.join(sorted(set(w.schemes) - base))} |" for w in worlds
    )


def main() -> None:
    """Write the tables into the document."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--world", default="base")
    parser.add_argument("--days", type=int, default=120)
    parser.add_argument("--per-day", type=int, default=1500)
    parser.add_argument("--least", type=int, default=500, help="concealments a mode and head must have")
    given = parser.parse_args()
    write_section("list_of_worlds", list_of_worlds(), DOCUMENT)
    sample = draw(given.world, days=given.days, per_day=given.per_day)
    write_section("giveaways", report(sample, given.least), DOCUMENT)


if __name__ == "__main__":
    main()
