"""Synthetic Korean import declarations: a published table, and a leak to be noticed.

Run ``python -m benchmarks.korea DIRECTORY`` from the repository's root; DIRECTORY holds
``df_syn_{train,valid,test}_eng.csv`` (Customs-Declaration-Datasets, MIT licence, arXiv 2208.02484).

They are read as any manifest is, by ``benchmarks/mappings/korea.toml``, and the model sees every
feature of the engine, each as of the declaration's own day.

The declarations were generated with the label inside, and label-bearing tuples repeat across the
split: every score here is printed beside that of a dictionary, and again on the rows without a
twin. It says nothing about wildlife; fraud stands in for a find so that the same code runs.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.results import table, write_section
from features import matrix
from features.registry import Feature
from models import evaluation
from models.baselines import Logistic, LookUp, Random, RawLightGBM, Scorer
from models.evaluation import BundleScorer, examples
from models.training import Options, train
from risk.histories import read_ports
from risk.learning import PortRows, rows_of

MAPPING = Path(__file__).parent / "mappings" / "korea.toml"
PARTS = ("train", "valid", "test")
#: What a declaration states, beside the local columns of the mapping.
DECLARED = (
    "customs_office",
    "mode",
    "shipper_country",
    "origin_country",
    "hs_codes",
    "net_weight_kg",
    "declared_value",
    "consignee_id",
    "shipper_id",
    "broker_name",
    "carrier_name",
)
#: Precision at 5 and 10 % as published for this split (arXiv 2208.02484).
PUBLISHED = (
    ("logistic regression, published", 0.258, 0.248),
    ("random forest, published", 0.364, 0.339),
    ("CatBoost, published", 0.621, 0.520),
    ("XGBoost, published", 0.675, 0.579),
    ("LightGBM, published", 0.762, 0.641),
)


def read(directory: Path, mapping: Path = MAPPING) -> tuple[PortRows, list[Feature]]:
    """Read the three parts as one port's history and build their features.

    Returns
    -------
    rows : PortRows
        One per declaration, the file it was read from in ``source_file``.
    features : list of Feature
        The registry and the local columns of the mapping.
    """
    (port,) = read_ports([directory / f"df_syn_{part}_eng.csv" for part in PARTS], mapping=mapping)
    return rows_of(port), [*matrix.features(), *matrix.local_features(port.extra)]


def run(directory: Path) -> str:
    """Measure everything and return the section's Markdown."""
    rows, features = read(directory)
    learnt, taught, judged = (
        rows.take(_positions(rows, parts)) for parts in (PARTS[:2], PARTS[:1], PARTS[2:])
    )
    bundle = train([learnt.training_set], features, Options(validation="auto", test=0.0))
    # The baselines of the published table learn from the training part alone.
    known = examples(taught.features, taught.table)
    columns = [*DECLARED, *(f.name for f in features if f.family == "local")]
    baselines: list[Scorer] = [
        Random(),
        LookUp.fit(known, ["hs_codes", "origin_country"]),
        Logistic.fit(known, features),
        RawLightGBM.fit(known, columns=columns),
    ]
    report = evaluation.evaluate(
        [BundleScorer(bundle)],
        judged.features,
        judged.table,
        baselines=baselines,
        training=learnt.table,
        leak_columns=columns,
    )
    return "\n".join(["## Korean declarations (`benchmarks/korea.py`)", "", *_tables(report)])


def _positions(rows: PortRows, parts: Sequence[str]) -> np.ndarray:
    """Return the rows that were read from some parts."""
    return np.flatnonzero(rows.table["source_file"].isin([f"df_syn_{part}_eng.csv" for part in parts]))


def _tables(report: dict[str, object]) -> list[str]:
    found = report["tables"]["inspected"]["risk"]["all"]  # type: ignore[index]
    leak = report["leak"]
    assert isinstance(leak, dict)
    lines = [f"> **Warning.** {w}\n" for w in report["warnings"]]  # type: ignore[attr-defined]
    look_up = leak["look_up"]
    names = ("auc", "average_precision", "precision@5%", "precision@10%")
    rows: list[list[object]] = [["dictionary of the repeated tuple", *[look_up[n] for n in names]]]
    for name, metrics in found.items():
        rows.append([name.replace("_", " "), *[metrics[n]["value"] for n in names]])
    rows += [[name, "", "", p5, p10] for name, p5, p10 in PUBLISHED]
    lines += [table(["all test rows", "AUC", "average precision", "precision@5%", "precision@10%"], rows), ""]
    rows = [
        [
            name.replace("_", " "),
            figures["auc"],
            figures["average_precision"],
            figures["rows"],
            figures["finds"],
        ]
        for name, figures in leak["no_twin"].items()
    ]
    lines.append(table(["rows without a twin", "AUC", "average precision", "rows", "frauds"], rows))
    lines += [
        "",
        "The model learns from the training and validation parts, the other rows from the training part.",
    ]
    return lines


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m benchmarks.korea DIRECTORY")
    write_section("korea", run(Path(sys.argv[1])))
