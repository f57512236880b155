"""How fast exact SHAP values are, beside those who compute the same; writes ``docs/performance.md``.

    pip install -e '.[benchmarks]'
    python -m benchmarks.kernel

Rows are simulated shipments as the engine encodes them. LightGBM's ``pred_contrib``, ``shap.TreeExplainer``
(which calls LightGBM), woodelf and `models.treeshap` explain the same rows with the same number of
threads in one process, one after another, several rounds; a ratio is the median of the rounds' own. woodelf
refuses categorical splits, so there is a twin of the bundled model whose categories are numbers. First calls,
later starts and memory are taken in processes of their own.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.results import table, write_section

PAGE = Path(__file__).resolve().parent.parent / "docs" / "performance.md"
WORLD = "north_america"
SIZES = (200, 2_000, 20_000)
ROUNDS = {200: 7, 2_000: 3, 20_000: 2}
#: Larger models are timed on fewer rows: LightGBM takes minutes for more.
MOST_ROWS_OF_LARGER = 2_000
#: Models beside the bundled one: trees, leaves, deepest split (-1: any), categories as such.
TWIN = "twin with categories as numbers"
GROWN: dict[str, tuple[int, int, int, bool]] = {
    TWIN: (373, 31, 6, False),
    "300 trees of 63 leaves, depth 8": (300, 63, 8, True),
    "300 trees of 63 leaves, any depth": (300, 63, -1, True),
    "100 trees of 255 leaves, any depth": (100, 255, -1, True),
}
BUNDLED = "bundled model, both heads"


def encoded(rows: int, seed: int = 1) -> tuple[np.ndarray, list[int]]:
    """Return simulated shipments as the bundled model sees them, and which columns are categories."""
    from data_samples.simulate import simulate
    from risk.engine import Engine

    engine = Engine.load()
    days = simulate(WORLD, days=20, per_day=-(-rows // 20) + 20, seed=seed, slots_per_day=0)
    frame = engine.score(days.manifests, explain=False).matrix
    return engine.bundle.schema.encode(frame)[:rows], list(engine.bundle.schema.categorical)


def grown(name: str, X: np.ndarray, categorical: list[int]) -> list[str]:
    """Train a model of a shape on which rows the bundled model finds riskiest."""
    import lightgbm

    from risk.engine import Engine

    trees, leaves, depth, as_categories = GROWN[name]
    margin = Engine.load().bundle.trees.margin(X).sum(axis=0)
    parameters = {"objective": "binary", "num_leaves": leaves, "max_depth": depth, "min_data_in_leaf": 3}
    parameters |= {
        "learning_rate": 0.05,
        "feature_fraction": 0.4,
        "verbosity": -1,
        "seed": 1,
        "num_threads": 2,
    }
    noise = np.random.default_rng(0).normal(0, margin.std(), len(margin))
    data = lightgbm.Dataset(
        X, margin + noise > np.quantile(margin, 0.9), categorical_feature=categorical if as_categories else []
    )
    return [lightgbm.train(parameters, data, trees).model_to_string()]


def bundled() -> list[str]:
    """Return the texts of the bundled model's heads."""
    from risk.engine import load_bundle

    return [head.text for head in load_bundle().heads]


def explainers(texts: list[str], threads: int) -> dict[str, Callable[[np.ndarray], list[np.ndarray]]]:
    """Return functions from rows to each head's contributions, by the name of what computes them."""
    import lightgbm
    import pandas as pd
    import shap

    from models.treeshap import TreeShap

    boosters = [lightgbm.Booster(model_str=text) for text in texts]
    ours = TreeShap(texts, threads=threads)
    theirs = [shap.TreeExplainer(booster) for booster in boosters]
    found = {
        "wildcargo": lambda X: list(ours.explain(X).contributions),
        "LightGBM": lambda X: [
            b.predict(X, pred_contrib=True, num_threads=threads)[:, :-1] for b in boosters
        ],
        "shap": lambda X: [np.asarray(explainer.shap_values(X)) for explainer in theirs],
    }
    if not any("num_cat=1" in text or "cat_threshold=" in text for text in texts):
        from woodelf import WoodelfExplainer

        wooden = [WoodelfExplainer(booster) for booster in boosters]
        found["woodelf"] = lambda X: [np.asarray(w.shap_values(pd.DataFrame(X))) for w in wooden]
    return found


def compared(rows: Path, models: dict[str, list[str]], threads: int) -> list[dict[str, Any]]:
    """Time everyone on the same rows, in turns."""
    X, found = np.load(rows), []
    for name, texts in models.items():
        engines = explainers(texts, threads)
        small = name in (BUNDLED, TWIN)
        for size in (size for size in SIZES if small or size <= MOST_ROWS_OF_LARGER):
            part = np.ascontiguousarray(X[:size])
            spent: dict[str, list[float]] = {who: [] for who in engines}
            values = {who: engine(part[:50]) for who, engine in engines.items()}  # warm
            for _ in range(ROUNDS[size]):
                for who, engine in engines.items():
                    begun = time.perf_counter()
                    engine(part)
                    spent[who].append(time.perf_counter() - begun)
            for who, seconds in spent.items():
                against = [a / b for a, b in zip(spent["LightGBM"], seconds, strict=True)]
                gaps = [np.abs(a - b).max() for a, b in zip(values[who], values["LightGBM"], strict=True)]
                found.append(
                    {"model": name, "rows": size, "who": who, "seconds": median(seconds)}
                    | {"times": median(against), "gap": float(max(gaps)), "threads": threads}
                )
    return found


def started(rows: Path) -> dict[str, float]:
    """Import, read the bundled model, explain 200 rows; seconds of each, in this process."""
    X = np.load(rows)[:200]
    begun = time.perf_counter()
    from models.treeshap import TreeShap

    explainer = TreeShap([Path(p).read_text() for p in sorted(Path("risk/starter").glob("*s.txt"))])
    explainer.explain(X)
    first = time.perf_counter() - begun
    laps = []
    for _ in range(30):
        begun = time.perf_counter()
        explainer.explain(X)
        laps.append(time.perf_counter() - begun)
    return {"first": first, "warm": median(laps)}


def remembered(rows: Path, texts: list[str], threads: int) -> dict[str, float]:
    """Return the most memory held beyond rows, result and what was there before, in MB."""
    from models.treeshap import TreeShap

    X = np.load(rows)
    TreeShap(texts[0].split("Tree=1\n")[0] + "end of trees\n").explain(X[:10])  # compiled code is no matter
    before = _peak()
    explained = TreeShap(texts, threads=threads).explain(X)
    result = explained.contributions.nbytes + explained.margin.nbytes
    return {"megabytes": (_peak() - before - result) / 1e6, "text": sum(map(len, texts)) / 1e6}


def _peak() -> int:
    """Return the most memory this process ever held, in bytes (Linux)."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def apart(task: str, folder: Path, threads: int = 1, **environment: str) -> Any:
    """Do one of this script's tasks in a process of its own."""
    call = [sys.executable, "-m", "benchmarks.kernel", "--task", task, "--folder", str(folder)]
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "OMP_WAIT_POLICY": "passive"} | environment
    done = subprocess.run(
        [*call, "--threads", str(threads)], check=True, stdout=subprocess.PIPE, text=True, env=environment
    )
    return json.loads(done.stdout.splitlines()[-1])


def do(task: str, folder: Path, threads: int) -> Any:
    """One task; the folder holds rows and models."""
    rows, models = folder / "rows.npy", json.loads((folder / "models.json").read_text())
    if task == "compare":
        return compared(rows, models, threads)
    if task == "start":
        return started(rows)
    return remembered(rows, models[task], threads)


def page(folder: Path, threads: tuple[int, ...]) -> str:
    """Measure everything; return the section."""
    models = json.loads((folder / "models.json").read_text())
    found = [each for t in threads for each in apart("compare", folder, t)]
    with TemporaryDirectory() as empty:
        first = apart("start", folder, NUMBA_CACHE_DIR=empty)
        later = [apart("start", folder, NUMBA_CACHE_DIR=empty) for _ in range(3)]
    memory = {name: apart(name, folder, max(threads)) for name in models}
    speed = table(
        ["model", "threads", "rows", "computed by", "rows/s", "times LightGBM", "largest difference"],
        [_line(each) for each in found],
    )
    held = table(
        ["model", "size of its text, MB", "memory beyond rows and result, MB"],
        [[name, f"{m['text']:.1f}", f"{m['megabytes']:.0f}"] for name, m in memory.items()],
    )
    return "\n\n".join(
        [
            "## Speed (`benchmarks/kernel.py`)",
            f"Exact path-dependent SHAP values of {SIZES[-1]:,} simulated shipments ({WORLD}), the same rows "
            "and threads for all, in one run. *Times LightGBM* is the median over rounds of LightGBM's "
            "`pred_contrib` time by theirs; the difference is from LightGBM's values on 50 rows. shap calls "
            "LightGBM; woodelf computes in float32 and refuses categorical splits.",
            speed,
            f"200 rows on a warm engine, both heads of the bundled model, one thread: "
            f"**{later[0]['warm'] * 1e3:.1f} ms**. First call on a new machine, importing and compiling "
            f"included: **{first['first']:.1f} s**; at later starts "
            f"**{median(e['first'] for e in later):.2f} s**.",
            f"The most memory held while {SIZES[-1]:,} rows are explained on {max(threads)} threads, beyond "
            "the rows, the result and what the process held before:",
            held,
        ]
    )


def _line(found: dict[str, Any]) -> tuple[str, ...]:
    per_second = found["rows"] / found["seconds"]
    return (
        found["model"],
        str(found["threads"]),
        f"{found['rows']:,}",
        found["who"],
        f"{per_second:,.0f}",
        f"{found['times']:.1f}",
        f"{found['gap']:.1g}",
    )


def main() -> None:
    """Measure and write the section."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--no-page", action="store_true", help="leave docs/performance.md alone")
    parser.add_argument("--task", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.task:
        print(json.dumps(do(given.task, given.folder, given.threads[0])))
        return
    with TemporaryDirectory() as name:
        folder = Path(name)
        X, categorical = encoded(SIZES[-1])
        np.save(folder / "rows.npy", X)
        models = {BUNDLED: bundled()} | {each: grown(each, X, categorical) for each in GROWN}
        (folder / "models.json").write_text(json.dumps(models))
        text = page(folder, tuple(given.threads))
    print(text)
    if not given.no_page:
        write_section("kernel", text, PAGE)


if __name__ == "__main__":
    main()
