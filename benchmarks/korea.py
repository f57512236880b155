"""Synthetic Korean import declarations: a published table, and a leak to be noticed.

Run ``python -m benchmarks.korea DIRECTORY`` from the repository's root; DIRECTORY holds
``df_syn_{train,valid,test}_eng.csv`` (Customs-Declaration-Datasets, MIT licence, arXiv 2208.02484).

The declarations were generated with the label inside, and label-bearing tuples repeat across the
split: every score here is printed beside that of a dictionary, and again on the rows without a
twin. It says nothing about wildlife; fraud stands in for a find so that the same code runs.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.results import table, write_section
from features.registry import Feature, category
from models import evaluation
from models.baselines import Logistic, LookUp, Random, RawLightGBM
from models.evaluation import BundleScorer, examples
from models.training import Options, TrainingSet, train

NUMBERS = ("Tax Rate", "Net Mass", "Item Price")
NOT_DECLARED = ("Declaration ID", "Date", "Fraud", "Critical Fraud")
#: Precision at 5 and 10 % as published for this split (arXiv 2208.02484).
PUBLISHED = (
    ("logistic regression, published", 0.258, 0.248),
    ("random forest, published", 0.364, 0.339),
    ("CatBoost, published", 0.621, 0.520),
    ("XGBoost, published", 0.675, 0.579),
    ("LightGBM, published", 0.762, 0.641),
)


def read(path: Path) -> tuple[pd.DataFrame, pd.DataFrame, list[Feature]]:
    """Read one part as a shipment table, a feature frame and the features."""
    source = pd.read_csv(path, dtype="str", keep_default_na=False, na_values=[""])
    frame = source[[name for name in source if name not in NOT_DECLARED]].copy()
    features = []
    for name in list(frame):
        if name in NUMBERS:
            frame[name] = pd.to_numeric(frame[name])
            features.append(Feature(name, "local", name, "number", "1", 0.0, 1e12, "row", ""))
        else:
            features.append(category(name, "local", name, ""))
    known_at = pd.to_datetime(source["Date"]).astype("datetime64[us]")
    shipments = pd.DataFrame(
        {
            "shipment_id": source["Declaration ID"],
            "known_at": known_at,
            "inspected_at": known_at,
            "outcome": pd.Series(np.where(source["Fraud"] == "1", "wildlife_products", "clean"), dtype="str"),
        }
    )
    return shipments.join(frame), frame, features


def run(directory: Path) -> str:
    """Measure everything and return the section's Markdown."""
    parts = [read(directory / f"df_syn_{part}_eng.csv") for part in ("train", "valid", "test")]
    features = parts[0][2]
    shipments = pd.concat([parts[0][0], parts[1][0]], ignore_index=True)
    frame = pd.concat([parts[0][1], parts[1][1]], ignore_index=True)
    test, test_frame, _ = parts[2]
    bundle = train([TrainingSet("Korea", frame, shipments)], features, Options(test=0.0, minimum_level=3))
    # The baselines of the published table learn from the training part alone.
    known = examples(parts[0][1], parts[0][0])
    columns = [f.name for f in features]
    baselines = [
        Random(),
        LookUp.fit(known, ["HS6 Code", "Country of Origin"]),
        Logistic.fit(known, features),
        RawLightGBM.fit(known, columns=columns),
    ]
    report = evaluation.evaluate(
        [BundleScorer(bundle)],
        test_frame,
        test,
        baselines=baselines,
        training=shipments,
        leak_columns=columns,
    )
    return "\n".join(["## Korean declarations (`benchmarks/korea.py`)", "", *_tables(report)])


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
