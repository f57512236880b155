"""What the shape of the model (trees, leaves, depth) gains and costs; writes ``docs/performance.md``.

    python -m benchmarks.model_shape

The same inspected rows of three simulated ports train a model of each shape by the starter's recipe; days in
worlds none of them saw, with concealments at 2 %, are ranked by each and explained by `models.treeshap` and
by LightGBM, in one process and on one thread.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import lightgbm
import numpy as np
import pandas as pd

from benchmarks.conditions import days_of
from benchmarks.kernel import PAGE
from benchmarks.results import table, write_section
from data_samples.simulate import simulate, write
from data_samples.world import load
from features import matrix
from models import boosting
from models.bundle import Bundle
from models.labels import HEADS
from models.metrics import auc, average_precision
from models.training import TrainingSet, train
from models.treeshap import TreeShap
from risk.engine import Engine
from risk.histories import read_ports
from risk.learning import STARTER, features_without, rows_of

PORTS = ("base", "southeast_asia", "west_africa")
ELSEWHERE = ("north_america", "europe", "south_asia", "southern_africa")
#: Trees a head, leaves as a multiple of the settings' own (15 and 31), deepest split (-1: any).
SHAPES = (
    (100, 1.0, 6),
    (300, 0.25, 3),
    (300, 0.5, 4),
    (300, 1.0, 6),
    (300, 1.0, 8),
    (300, 1.0, -1),
    (300, 2.0, 8),
)
#: Concealments at the ports trained on: as many finds as the starter's, from fewer days.
TRAINING_RATE = 0.01
DEFAULT = (300, 1.0, 6)
EXPLAINED, BY_LIGHTGBM = 20_000, 500


@contextmanager
def shaped(leaves: float, depth: int) -> Iterator[None]:
    """Have every setting grow trees of another shape."""
    settings = {
        name: s | {"num_leaves": max(2, round(leaves * (s["num_leaves"] + 1)) - 1)}
        for name, s in boosting.SETTINGS.items()
    }
    with patch.dict(boosting.SETTINGS, settings), patch.dict(boosting._COMMON, {"max_depth": depth}):
        yield


def training_sets(days: int, per_day: int) -> list[TrainingSet]:
    """Simulate the ports; return their inspected rows with features."""
    with TemporaryDirectory() as name:
        folders = [Path(name) / port for port in PORTS]
        for port, folder in zip(PORTS, folders, strict=True):
            slots = per_day * 3 // 10
            made = simulate(
                replace(load(port), base_rate=TRAINING_RATE),
                days=days,
                per_day=per_day,
                seed=1,
                slots_per_day=slots,
                random_share=0.5,
            )
            write(made, folder)
        return [rows_of(port, thinned=STARTER.thinned).training_set for port in read_ports(folders)]


def accuracy(bundle: Bundle, frames: dict[str, pd.DataFrame], truth: dict[str, pd.DataFrame]) -> list[float]:
    """Return AUC and average precision per head, in the mean of the worlds."""
    found = []
    for world, frame in frames.items():
        margins = {h.name: h.margin(bundle.schema.encode(frame)) for h in bundle.heads}
        row = []
        for head in HEADS:
            y = truth[world][head].to_numpy(dtype=float)
            row += [
                auc(y, margins[head], np.ones(len(y))),
                average_precision(y, margins[head], np.ones(len(y))),
            ]
        found.append(row)
    return [float(mean) for mean in np.mean(found, axis=0)]


def speed(bundle: Bundle, X: np.ndarray) -> tuple[float, float]:
    """Return rows explained a second, both heads, and how many times LightGBM's that is."""
    texts = [head.text for head in bundle.heads]
    ours = TreeShap(texts)
    ours.explain(X[:100])
    laps = []
    for _ in range(3):
        begun = time.perf_counter()
        ours.explain(X)
        laps.append(len(X) / (time.perf_counter() - begun))
    boosters = [lightgbm.Booster(model_str=text) for text in texts]
    begun = time.perf_counter()
    for booster in boosters:
        booster.predict(X[:BY_LIGHTGBM], pred_contrib=True, num_threads=1)
    theirs = BY_LIGHTGBM / (time.perf_counter() - begun)
    return float(np.median(laps)), float(np.median(laps) / theirs)


def main() -> None:
    """Train every shape, measure, write the section."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--days", type=int, default=240)
    parser.add_argument("--per-day", type=int, default=800)
    parser.add_argument("--no-page", action="store_true", help="leave docs/performance.md alone")
    given = parser.parse_args()
    sets = training_sets(given.days, given.per_day)
    entries = features_without(STARTER.without, matrix.features())
    days = {world: days_of(world, days=20, per_day=given.per_day, seed=7) for world in ELSEWHERE}
    frames = {w: Engine.load().score(d.manifests, explain=False).matrix for w, d in days.items()}
    rows: list[list[object]] = []
    for trees, leaves, depth in SHAPES:
        options = replace(STARTER.options, rounds=trees, simulated=True)
        with shaped(leaves, depth):
            begun = time.perf_counter()
            bundle = train(sets, entries, options)
            spent = time.perf_counter() - begun
        X = np.concatenate([bundle.schema.encode(frame) for frame in frames.values()])[:EXPLAINED]
        measured = accuracy(bundle, frames, {w: d.truth for w, d in days.items()})
        per_second, times = speed(bundle, X)
        size = sum(len(head.text) for head in bundle.heads) / 1e6
        costs = (f"{per_second:,.0f}", f"{times:.0f}", f"{size:.1f}", f"{spent:.0f}")
        rows.append([_told(trees, leaves, depth), *measured, *costs])
        print(rows[-1], flush=True)
        if not given.no_page:  # an hour's work is not lost to what stops it
            write_section("model_shape", section(rows, given.days), PAGE)


def _told(trees: int, leaves: float, depth: int) -> str:
    shape = f"{trees} × {round(16 * leaves) - 1} to {round(32 * leaves) - 1}, "
    shape += f"depth {depth}" if depth > 0 else "any depth"
    return shape + (" (the default)" if (trees, leaves, depth) == DEFAULT else "")


def section(rows: Sequence[Sequence[object]], days: int) -> str:
    """Return the section of the page."""
    header = ["trees × leaves", "live: AUC", "live: AP", "products: AUC", "products: AP"]
    header += ["rows/s", "times LightGBM", "text, MB", "training, s"]
    return "\n\n".join(
        [
            "## Shape of the model (`benchmarks/model_shape.py`)",
            "Each row is a model by the starter's recipe, learnt from the inspections of three simulated "
            f"ports ({', '.join(PORTS)}; {days} days, concealments at {TRAINING_RATE:.0%}), ranking "
            f"{len(ELSEWHERE)} other worlds ({', '.join(ELSEWHERE)}; 20 days each, concealments at 2 %): "
            "AUC and average precision (AP) in the mean of those worlds, rows explained a second and core "
            "with both heads, and how many times LightGBM's `pred_contrib` that is.",
            table(header, rows),
        ]
    )


if __name__ == "__main__":
    main()
