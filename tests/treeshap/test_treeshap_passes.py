"""The same bytes however rows are cut, on however many threads, with and without kept tables; families."""

import itertools
import subprocess
import sys
import threading
from pathlib import Path

import lightgbm
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.treeshap import TreeShap
from models.treeshap import explainer as explainer_module
from models.treeshap.layout import table_sizes

ROOT = Path(__file__).parents[2]


def model(leaves, depth, columns=40, trees=20, rows=2500, seed=0, levels=50):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((rows, columns))
    X[rng.random(X.shape) < 0.1] = np.nan
    X[:, -1] = rng.integers(0, levels, rows)
    y = (np.nansum(X[:, :-1] * rng.standard_normal(columns - 1), axis=1) > 2).astype(float)
    parameters = {"num_leaves": leaves, "max_depth": depth, "min_data_in_leaf": 1, "verbosity": -1}
    parameters |= {"objective": "binary", "num_threads": 1, "feature_fraction": 0.6, "seed": seed}
    data = lightgbm.Dataset(X, y, categorical_feature=[columns - 1])
    return lightgbm.train(parameters, data, trees).model_to_string(), X


SHALLOW, X = model(31, 6)
DEEP, _ = model(255, -1, trees=6)
MODELS = {"shallow": SHALLOW, "deep": DEEP}
WHOLE = {name: TreeShap(text).explain(X) for name, text in MODELS.items()}


def same(one, other):
    return one.margin.tobytes() == other.margin.tobytes() and np.array_equal(
        one.contributions, other.contributions
    )


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("threads", [1, 2, 4])
@pytest.mark.parametrize("kept_bytes", [0, 400_000, 1 << 30])
def test_same_bytes_on_any_threads_and_with_any_tables(name, threads, kept_bytes):
    assert same(TreeShap(MODELS[name], threads=threads, kept_bytes=kept_bytes).explain(X), WHOLE[name])


@settings(max_examples=25, deadline=None)
@given(
    name=st.sampled_from(sorted(MODELS)),
    cuts=st.lists(st.integers(0, len(X)), max_size=5),
    kept_bytes=st.sampled_from([0, 400_000, 1 << 30]),
)
def test_same_bytes_however_rows_are_cut(name, cuts, kept_bytes):
    explainer = TreeShap(MODELS[name], kept_bytes=kept_bytes)
    edges = [0, *sorted(cuts), len(X)]
    for start, end in itertools.pairwise(edges):
        part = explainer.explain(X[start:end])
        assert part.margin.tobytes() == WHOLE[name].margin[:, start:end].tobytes()
        assert np.array_equal(part.contributions, WHOLE[name].contributions[:, start:end])


READ_ONLY = X.copy()
READ_ONLY.flags.writeable = False
LAYOUTS = [
    np.asfortranarray(X),
    X[::-1][::-1],
    X.astype(">f8"),
    X.tolist(),
    READ_ONLY,
    np.hstack([X, X])[:, :40],
]


@pytest.mark.parametrize("rows", LAYOUTS)
def test_rows_in_any_layout(rows):
    assert same(TreeShap(SHALLOW).explain(rows), WHOLE["shallow"])
    assert len(explainer_module.load.signatures) == 1  # one type is compiled, and kept


def test_rows_of_other_types_are_compared_as_float64():
    for dtype in (np.float32, np.float16, np.int64, np.bool_):
        rows = np.nan_to_num(X[:50]).astype(dtype)
        assert same(TreeShap(SHALLOW).explain(rows), TreeShap(SHALLOW).explain(rows.astype(np.float64)))


@pytest.mark.parametrize("dtype", ["complex128", "str", "object", "datetime64[s]"])
def test_rows_that_are_no_numbers_are_refused(dtype):
    with pytest.raises(ValueError, match="rows of numbers"):
        TreeShap(SHALLOW).margin(np.zeros((3, 40)).astype(dtype))


def test_models_together_are_models_alone():
    both = TreeShap([SHALLOW, DEEP]).explain(X)
    for k, name in enumerate(MODELS):
        assert both.margin[k].tobytes() == WHOLE[name].margin[0].tobytes()
        assert np.array_equal(both.contributions[k], WHOLE[name].contributions[0])
        assert both.base[k] == WHOLE[name].base[0]


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("kept_bytes", [0, 1 << 30])
def test_families_are_the_sums_of_their_columns(name, kept_bytes):
    families = np.random.default_rng(0).integers(0, 7, X.shape[1])
    explained = TreeShap(MODELS[name], families=families, kept_bytes=kept_bytes).explain(X)
    assert explained.contributions.shape == (1, len(X), 7)
    assert explained.margin.tobytes() == WHOLE[name].margin.tobytes()
    for family in range(7):
        total = WHOLE[name].contributions[0][:, families == family].sum(axis=1)
        np.testing.assert_allclose(explained.contributions[0][:, family], total, rtol=0, atol=1e-12)


@pytest.mark.parametrize("kept_bytes", [0, 1 << 30])
def test_families_are_the_same_bytes_in_any_chunks(kept_bytes):
    explainer = TreeShap(DEEP, families=np.arange(X.shape[1]) % 3, kept_bytes=kept_bytes)
    whole = explainer.explain(X).contributions
    assert np.array_equal(whole[:, 7:8], explainer.explain(X[7:8]).contributions)


def test_no_rows():
    explained = TreeShap(SHALLOW).explain(X[:0])
    assert explained.margin.shape == (1, 0)
    assert explained.contributions.shape == (1, 0, X.shape[1])


def test_rows_of_other_columns_are_refused():
    with pytest.raises(ValueError, match=r"rows of 40 columns, got an array of shape \(5, 39\)"):
        TreeShap(SHALLOW).margin(X[:5, 1:])


@pytest.mark.parametrize("families", [[0] * 39, [-1] * 40, [40] * 40, [0.5] * 40, [[0]] * 40])
def test_families_that_are_none_are_refused(families):
    with pytest.raises(ValueError, match="expected a family"):
        TreeShap(SHALLOW, families=families)


def test_rows_are_not_changed():
    rows = X[:50].copy()
    rows[3] = 1e-40
    before = rows.tobytes()
    TreeShap(SHALLOW).explain(rows)
    assert rows.tobytes() == before


@pytest.mark.parametrize("name", MODELS)
def test_tables_are_kept_as_long_as_they_fit(name):
    sizes = []
    for kept_bytes in (0, 400_000, 1 << 30):
        explainer = TreeShap(MODELS[name], kept_bytes=kept_bytes)
        explainer.explain(X[:5])
        sizes.append(explainer._forest.tables.nbytes)
        assert sizes[-1] <= kept_bytes
    assert sizes[0] == 0
    assert sizes[-1] == table_sizes(explainer._layout).sum() * 8 > 0


def test_several_threads_run(monkeypatch):
    seen, run, started = set(), explainer_module.run, threading.Barrier(3, timeout=60)

    def watched(*arguments):
        if threading.get_ident() not in seen:
            seen.add(threading.get_ident())
            started.wait()  # none goes on before all have begun
        return run(*arguments)

    monkeypatch.setattr(explainer_module, "run", watched)
    assert same(TreeShap(SHALLOW, threads=3).explain(X), WHOLE["shallow"])
    assert len(seen) == 3


def test_compiled_code_runs_without_the_lock():
    assert explainer_module.run.targetoptions["nogil"]


MEMORY = """
import sys
import numpy as np
from models.treeshap import TreeShap

def peak():
    return 1024 * next(int(l.split()[1]) for l in open("/proc/self/status") if l.startswith("VmHWM"))

text = open(sys.argv[1]).read()
X = np.load(sys.argv[2])
TreeShap(text[: text.index("Tree=1\\n")] + "end of trees\\n").explain(X[:10])  # compiled code is no matter
before = peak()
explained = TreeShap(text, threads=4).explain(X)
print(peak() - before - explained.contributions.nbytes - explained.margin.nbytes)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no account of memory here")
@pytest.mark.parametrize("trees", [20, 1000])
def test_memory_beyond_rows_and_result_is_bounded(tmp_path, trees):
    """A small model, and one of a quarter of a million leaves, on four threads."""
    bodies = DEEP.split("end of trees")[0].split("Tree=")[1:] * (trees // 6 + 1)
    whole = "".join(f"Tree={n}\n{body.partition(chr(10))[2]}" for n, body in enumerate(bodies[:trees]))
    (tmp_path / "model.txt").write_text(DEEP.split("Tree=0")[0] + whole + "end of trees\n")
    np.save(tmp_path / "rows.npy", np.repeat(X, 4, axis=0)[: 8000 if trees < 100 else 300])
    call = [sys.executable, "-c", MEMORY, str(tmp_path / "model.txt"), str(tmp_path / "rows.npy")]
    done = subprocess.run(call, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 100_000_000
