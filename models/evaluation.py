"""Evaluation: a model and its baselines on the same rows, in one table.

Labels come from inspections, so figures speak for inspected shipments (and, where selection
probabilities are recorded and asked for, for all traffic). On simulated data the truth of every row
can be handed in as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from models import leaks, weights
from models.baselines import TARGETS, Examples, Scorer
from models.bundle import Bundle
from models.labels import HEADS, labels
from models.metrics import Estimate, Judged, measure, reliability
from models.predict import Prediction, predict

#: What the rendered table shows.
SHOWN: tuple[str, ...] = (
    "average_precision",
    "auc",
    "precision@1%",
    "precision@2%",
    "precision@5%",
    "precision@10%",
    "recall@1%",
    "recall@2%",
    "recall@5%",
    "recall@10%",
    "lift@1%",
    "lift@5%",
)


@dataclass
class BundleScorer:
    """A bundle as a `Scorer`; keeps its prediction, since three targets share one."""

    bundle: Bundle
    name: str = "model"
    _last: tuple[pd.DataFrame, Prediction] | None = field(default=None, repr=False)

    def prediction(self, features: pd.DataFrame) -> Prediction:
        """Return the bundle's prediction, without explanations."""
        if self._last is None or self._last[0] is not features:
            self._last = (features, predict(self.bundle, features, explain=False))
        return self._last[1]

    def score(self, features: pd.DataFrame, table: pd.DataFrame, target: str) -> np.ndarray:
        """Return log-odds of the target (of the risk, where the target has no head)."""
        prediction = self.prediction(features)
        return prediction.log_odds.get(target, prediction.risk_log_odds)

    def probability(self, features: pd.DataFrame, target: str) -> np.ndarray | None:
        """Return probabilities of the target, None where it has no head."""
        prediction = self.prediction(features)
        return prediction.risk if target == "risk" else prediction.probabilities.get(target)


def examples(features: pd.DataFrame, table: pd.DataFrame) -> Examples:
    """Return the labelled rows of a table as training examples for baselines."""
    found = labels(table)
    known = found.known
    return Examples(
        features=features.loc[known],
        table=table.loc[known],
        label={t: v[known] for t, v in target_labels(found.values).items()},
    )


def target_labels(values: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return labels per target from labels per head; ``risk`` is 1 where any head is."""
    risk = values[list(HEADS)].max(axis=1, skipna=False).to_numpy(dtype=np.float64)
    return {"risk": risk} | {head: values[head].to_numpy(dtype=np.float64) for head in HEADS}


def evaluate(
    model: Bundle | Sequence[Scorer],
    features: pd.DataFrame,
    table: pd.DataFrame,
    *,
    baselines: Sequence[Scorer] = (),
    truth: pd.DataFrame | None = None,
    training: pd.DataFrame | None = None,
    leak_columns: Sequence[str] | None = None,
    traffic: bool = False,
    per_day: Sequence[int] = (),
    replicates: int = 200,
    seed: int = 0,
) -> dict[str, Any]:
    """Measure a model beside baselines.

    Parameters
    ----------
    model : Bundle or sequence of Scorer
    features, table : DataFrame, shape (n, k) and (n, m)
        Test rows, labelled or not; same index.
    baselines : sequence of Scorer
        Fitted on training rows (`models.baselines.fit_all`).
    truth : DataFrame, shape (n, 2), optional
        0/1 per head for every row; makes a second set of tables.
    training : DataFrame, optional
        Shipment table of the training rows: the leak check is run against it.
    leak_columns : sequence of str, optional
        Columns for the leak check (default: all it finds usable).
    traffic : bool, default False
        Also judge by the inspected rows weighted by their inverse selection probability, which
        speaks for all shipments; left out where the probabilities are not recorded.
    per_day : sequence of int
        Also measure the top N of each day.

    Returns
    -------
    dict
        JSON-ready: ``rows``, ``inspected``, ``finds``, ``tables`` (labels → target → group →
        scorer → metric → estimate), ``reliability`` (target → table), ``leak``, ``warnings``.
    """
    scorers: list[Scorer] = [BundleScorer(model)] if isinstance(model, Bundle) else list(model)
    scorers += list(baselines)
    found = labels(table)
    sources = {"inspected": target_labels(found.values)}
    weight = _traffic_weight(table) if traffic else None
    if weight is not None:
        sources["traffic"] = sources["inspected"]
    if truth is not None:
        sources["truth"] = target_labels(truth[list(HEADS)].astype("float64"))
    scores = {s.name: {t: s.score(features, table, t) for t in TARGETS} for s in scorers}
    groups = _groups(table)
    day = table["known_at"].dt.floor("D").to_numpy() if "known_at" in table else None
    if day is not None and np.isnat(day).any():
        day = None
    report: dict[str, Any] = {
        "rows": len(table),
        "inspected": int(found.known.sum()),
        "finds": found.finds(),
        "tables": {},
        "reliability": {},
        "leak": None,
        "warnings": [_NO_PROBABILITIES] if traffic and weight is None else [],
    }
    for source, by_target in sources.items():
        context = _Context(
            features, table, day, weight if source == "traffic" else None, tuple(per_day), replicates, seed
        )
        report["tables"][source] = {
            target: {
                group: {
                    s.name: context.measure(s, scores[s.name][target], labels_of, target, rows)
                    for s in scorers
                }
                for group, rows in groups.items()
            }
            for target, labels_of in by_target.items()
        }
    for scorer in scorers:
        if isinstance(scorer, BundleScorer):
            report["reliability"] = _reliability(scorer, features, sources)
    if training is not None:
        _add_leak(report, table, training, scores, sources["inspected"]["risk"], leak_columns, seed)
    return report


def _groups(table: pd.DataFrame) -> dict[str, np.ndarray]:
    groups = {"all": np.ones(len(table), dtype=bool)}
    if "mode" in table and len(table["mode"].dropna().unique()) > 1:
        mode = table["mode"].astype("str")
        groups |= {str(m): (mode == m).to_numpy(dtype=bool) for m in sorted(mode.dropna().unique())}
    return groups


_NO_PROBABILITIES = (
    "It is not recorded with what probability each inspected shipment was selected: nothing here speaks for "
    "all shipments."
)


def _traffic_weight(table: pd.DataFrame) -> np.ndarray | None:
    """Return inverse selection probabilities of all rows, or None where they are not recorded."""
    if "selection_probability" not in table:
        return None
    probability = table["selection_probability"].to_numpy(dtype=np.float64)
    inspected = table["inspected_at"].notna().to_numpy()
    if not weights.usable(probability[inspected]):
        return None
    return weights.selection_weights(probability, "stabilised")


@dataclass(frozen=True)
class _Context:
    """What every measurement of one report shares."""

    features: pd.DataFrame
    table: pd.DataFrame
    day: np.ndarray | None
    weight: np.ndarray | None
    per_day: tuple[int, ...]
    replicates: int
    seed: int

    def measure(
        self, scorer: Scorer, score: np.ndarray, label: np.ndarray, target: str, rows: np.ndarray
    ) -> dict[str, Any]:
        """Return the metrics of one scorer on one group of rows, JSON-ready."""
        probability = None
        if isinstance(scorer, BundleScorer):
            probability = scorer.probability(self.features, target)
        judged = Judged(score, label, self.table["shipment_id"], self.day, probability, self.weight).take(
            rows
        )
        per_day = self.per_day if self.day is not None else ()
        found = measure(judged, per_day=per_day, replicates=self.replicates, seed=self.seed)
        return {name: estimate.to_json() for name, estimate in found.items()}


def _reliability(
    scorer: BundleScorer, features: pd.DataFrame, sources: Mapping[str, Mapping[str, np.ndarray]]
) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for source, by_target in sources.items():
        out[source] = {}
        for target in TARGETS:
            probability = scorer.probability(features, target)
            if probability is not None and np.isfinite(by_target[target]).any():
                out[source][target] = reliability(probability, by_target[target]).to_dict("records")
    return out


def _add_leak(
    report: dict[str, Any],
    table: pd.DataFrame,
    training: pd.DataFrame,
    scores: Mapping[str, Mapping[str, np.ndarray]],
    label: np.ndarray,
    columns: Sequence[str] | None,
    seed: int,
) -> None:
    from features.manifest.schema import BY_NAME

    hidden = {"shipment_id", "master_id", "declaration_id", "line_number", "source_file", "source_position"}
    if columns is None:
        outcome = {name for name, column in BY_NAME.items() if column.group == "outcome"}
        columns = [str(n) for n in training if n not in hidden | outcome and n in table]
    before = training[list(columns)]
    found = leaks.check(
        before,
        target_labels(labels(training).values)["risk"],
        table[list(columns)],
        label,
        scores={name: by_target["risk"] for name, by_target in scores.items()},
        seed=seed,
    )
    report["leak"] = found.to_json()
    if found.leak:
        report["warnings"].append(found.warning)


def render(report: Mapping[str, Any]) -> str:
    """Return a report as Markdown."""
    finds = ", ".join(f"{n} {head.replace('_', ' ')}" for head, n in report["finds"].items())
    lines = [f"{report['rows']:,} shipments, {report['inspected']:,} inspected; finds: {finds}.", ""]
    for warning in report["warnings"]:
        lines += [f"> **Warning.** {warning}", ""]
    for source, by_target in report["tables"].items():
        for target, groups in by_target.items():
            for group, by_scorer in groups.items():
                title = f"{target.replace('_', ' ')}, {group}, judged by {_SOURCES[source]}"
                lines += [f"### {title[0].upper()}{title[1:]}", "", *_table(by_scorer), ""]
    for source, by_target in report["reliability"].items():
        for target, rows in by_target.items():
            lines += [f"### Stated and observed rate: {target.replace('_', ' ')}, {_SOURCES[source]}", ""]
            lines += ["| stated | observed (95 % interval) | rows | finds |", "|---|---|---|---|"]
            for r in rows:
                interval = f"{r['observed']:.4f} ({r['low']:.4f}–{r['high']:.4f})"
                lines.append(f"| {r['stated']:.4f} | {interval} | {r['rows']} | {r['finds']} |")
            lines.append("")
    if report["leak"]:
        lines += _leak(report["leak"])
    return "\n".join(lines).rstrip() + "\n"


_SOURCES = {
    "inspected": "inspections",
    "traffic": "inspections, weighted to speak for all traffic",
    "truth": "the truth of the simulation",
}


def _table(by_scorer: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> list[str]:
    first = next(iter(by_scorer.values()))
    notes = {entry["note"] for name, entry in first.items() if name in SHOWN and entry["value"] is None}
    if len(notes) == 1:
        return [f"{notes.pop().capitalize()}."]
    extra = [n for n in first if n.endswith("/day")]
    shown = [n for n in (*SHOWN, *extra, "labelled@5%", "brier") if any(n in m for m in by_scorer.values())]
    finds = first["average_precision"]["finds"]
    lines = [f"{finds} finds; base rate {Estimate(**first['base_rate'])}.", ""]
    lines += ["| | " + " | ".join(n.replace("_", " ") for n in shown) + " |", "|---" * (len(shown) + 1) + "|"]
    for name, metrics in by_scorer.items():
        cells = [str(Estimate(**metrics[n])) if n in metrics else "" for n in shown]
        lines.append(f"| {name.replace('_', ' ')} | " + " | ".join(cells) + " |")
    return lines


def _leak(leak: Mapping[str, Any]) -> list[str]:
    if not leak["leak"]:
        return ["No label leak found: no combination of cells repeats finds across the split beyond chance."]
    head = ["### Without twins", "", "| | AUC | average precision | rows | finds |", "|---|---|---|---|---|"]
    rows = [("dictionary, all rows", leak["look_up"])]
    rows += [(f"{name}, rows without a twin", figures) for name, figures in leak["no_twin"].items()]
    return head + [
        f"| {name} | {_number(f['auc'])} | {_number(f['average_precision'])} | {f['rows']} | {f['finds']} |"
        for name, f in rows
    ]


def _number(value: float | None) -> str:
    return "not estimable" if value is None else f"{value:.3f}"
