"""The same bytes however rows are cut, on however many threads, with and without kept tables; families."""

import itertools
import tracemalloc

import lightgbm
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.treeshap import TreeShap


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
@pytest.mark.parametrize("kept_bytes", [0, 100_000, 1 << 30])
def test_same_bytes_on_any_threads_and_with_any_tables(name, threads, kept_bytes):
    assert same(TreeShap(MODELS[name], threads=threads, kept_bytes=kept_bytes).explain(X), WHOLE[name])


@settings(max_examples=25, deadline=None)
@given(
    name=st.sampled_from(sorted(MODELS)),
    cuts=st.lists(st.integers(0, len(X)), max_size=5),
    kept_bytes=st.sampled_from([0, 100_000, 1 << 30]),
)
def test_same_bytes_however_rows_are_cut(name, cuts, kept_bytes):
    explainer = TreeShap(MODELS[name], kept_bytes=kept_bytes)
    edges = [0, *sorted(cuts), len(X)]
    for start, end in itertools.pairwise(edges):
        part = explainer.explain(X[start:end])
        assert part.margin.tobytes() == WHOLE[name].margin[:, start:end].tobytes()
        assert np.array_equal(part.contributions, WHOLE[name].contributions[:, start:end])


@pytest.mark.parametrize("rows", [np.asfortranarray(X), X[::-1][::-1], X.astype(">f8"), X.tolist()])
def test_rows_in_any_layout(rows):
    assert same(TreeShap(SHALLOW).explain(rows), WHOLE["shallow"])


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


@pytest.mark.parametrize("families", [[0] * 39, [-1] * 40, [41] * 40, [0.5] * 40, [[0]] * 40])
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
def test_memory_beyond_rows_and_result_is_bounded(name):
    rows = np.repeat(X, 8, axis=0)
    explainer = TreeShap(MODELS[name], threads=2)
    explainer.explain(rows[:10])
    tracemalloc.start()
    explained = explainer.explain(rows)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak - explained.contributions.nbytes - explained.margin.nbytes < 20 << 20
