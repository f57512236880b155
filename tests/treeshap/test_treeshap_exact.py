"""Contributions and margins against LightGBM's own, over a family of models and hostile rows."""

import lightgbm
import numpy as np
import pytest
import shap
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.treeshap import TreeShap

EXACT_TO = 1e-9
TINY = float(np.float32(1e-35))
ODD = [np.nan, np.inf, -np.inf, 0.0, -0.0, TINY, -TINY, np.nextafter(TINY, 1), 1e-40, 5e-324, 1e300, -1e300]
ODD_CATEGORIES = [
    np.nan,
    np.inf,
    -np.inf,
    -1.0,
    -0.5,
    -0.999,
    0.5,
    2.7,
    31.0,
    32.0,
    1e6,
    2.0**31,
    2.0**40,
    1e300,
]

shapes = st.fixed_dictionaries(
    {
        "num_leaves": st.sampled_from([2, 3, 7, 31, 64, 65, 127, 255]),
        "max_depth": st.sampled_from([-1, 1, 2, 3, 6, 8, 12, 40]),
        "min_data_in_leaf": st.sampled_from([1, 1, 2, 20]),
        "use_missing": st.booleans(),
        "zero_as_missing": st.booleans(),
        "extra_trees": st.booleans(),
        "feature_fraction": st.sampled_from([0.3, 1.0]),
        "bagging_fraction": st.sampled_from([0.5, 1.0]),
        "max_bin": st.sampled_from([5, 255]),
        "objective": st.sampled_from(["binary", "regression", "regression_l1", "poisson"]),
        "max_cat_to_onehot": st.sampled_from([1, 4, 64]),
    }
)
families = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 10_000),
        "numeric": st.integers(1, 24),
        "levels": st.lists(st.sampled_from([2, 5, 32, 40, 300, 3000]), max_size=3),
        "rows": st.sampled_from([30, 300, 900]),
        "trees": st.integers(1, 6),
        "missing": st.sampled_from([0.0, 0.2, 0.9]),
        "zeros": st.sampled_from([0.0, 0.5]),
    }
)


def train(family, shape):
    """A model of the family, and its training rows."""
    rng = np.random.default_rng(family["seed"])
    n, numeric = family["rows"], family["numeric"]
    X = rng.standard_normal((n, numeric)) * 10.0 ** rng.integers(-3, 4, numeric)
    X[rng.random(X.shape) < family["zeros"]] = 0.0
    X[rng.random(X.shape) < family["missing"]] = np.nan
    X = np.hstack([X, *(rng.integers(0, k, (n, 1)).astype(float) for k in family["levels"])])
    score = np.nansum(np.sign(X) * rng.standard_normal(X.shape[1]), axis=1) + rng.standard_normal(n)
    y = (score > np.quantile(score, 0.7)) * 1.0
    parameters = shape | {"bagging_freq": 1, "verbosity": -1, "num_threads": 1, "seed": family["seed"]}
    parameters |= {
        "min_data_in_bin": 1,
        "min_data_per_group": 1,
        "cat_smooth": 1.0,
        "min_sum_hessian_in_leaf": 0,
    }
    categorical = list(range(numeric, X.shape[1]))
    data = lightgbm.Dataset(X, y, categorical_feature=categorical)
    return lightgbm.train(parameters, data, num_boost_round=family["trees"]), X


def odd_rows(booster, X, numeric, seed, n=80):
    """Rows as in training, with thresholds and their neighbours, and values no training row has."""
    rng = np.random.default_rng(seed)
    rows = X[rng.integers(0, len(X), n)].copy()
    table = booster.trees_to_dataframe()
    for c in range(X.shape[1]):
        values = list(ODD if c < numeric else ODD_CATEGORIES)
        splits = table.loc[table["split_feature"] == f"Column_{c}", "threshold"]
        if c < numeric:
            numbers = splits.astype(float).to_numpy()
            values += [*numbers, *np.nextafter(numbers, np.inf), *np.nextafter(numbers, -np.inf)]
        where = rng.random(n) < 0.4
        rows[where, c] = rng.choice(values, where.sum())
    rows[0], rows[1] = np.nan, 0.0
    return rows


def check(booster, rows, **options):
    ours = TreeShap(booster.model_to_string(), **options)
    explained = ours.explain(rows)
    theirs = booster.predict(rows, pred_contrib=True, num_threads=1)
    raw = booster.predict(rows, raw_score=True, num_threads=1)
    assert explained.margin[0].tobytes() == raw.tobytes()
    assert ours.margin(rows).tobytes() == raw.tobytes()
    np.testing.assert_allclose(explained.contributions[0], theirs[:, :-1], rtol=0, atol=EXACT_TO)
    np.testing.assert_allclose(explained.base[0], theirs[0, -1], rtol=0, atol=EXACT_TO)
    total = explained.base[0] + explained.contributions[0].sum(axis=1)
    np.testing.assert_allclose(total, raw, rtol=0, atol=EXACT_TO)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(family=families, shape=shapes)
def test_as_lightgbm_on_any_row(family, shape):
    booster, X = train(family, shape)
    check(booster, odd_rows(booster, X, family["numeric"], family["seed"]))


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(family=families, shape=shapes)
def test_as_shap_on_numeric_columns(family, shape):
    booster, X = train(family | {"levels": []}, shape | {"zero_as_missing": False})
    rows = odd_rows(booster, X, family["numeric"], family["seed"], 20)
    explained = TreeShap(booster.model_to_string()).explain(rows)
    explainer = shap.TreeExplainer(booster)
    np.testing.assert_allclose(explained.contributions[0], explainer.shap_values(rows), rtol=0, atol=EXACT_TO)
    np.testing.assert_allclose(explained.base[0], explainer.expected_value, rtol=0, atol=EXACT_TO)


def chain(depth, columns, seed=0):
    """A model whose tree peels off one group of rows after another: as deep as it has leaves."""
    group = np.repeat(np.arange(depth + 1), 8)
    X = np.zeros((len(group), columns))
    for j in range(depth):
        X[group == j, j % columns] = 1.0 + j
    y = (2.0 if depth <= 40 else 1.4) ** (depth - group)
    parameters = {"num_leaves": depth + 1, "min_data_in_leaf": 1, "min_data_in_bin": 1, "verbosity": -1}
    parameters |= {"min_sum_hessian_in_leaf": 0, "num_threads": 1, "learning_rate": 1.0, "seed": seed}
    booster = lightgbm.train(parameters, lightgbm.Dataset(X, y), num_boost_round=2)
    return scaled(booster, 1.0 / np.abs(booster.predict(X)).max()), X


def scaled(booster, factor):
    """The model with its leaves' values multiplied: what is exact to 1e-9 depends on their size."""
    lines = booster.model_to_string().split("\n")
    for position, line in enumerate(lines):
        if line.startswith("leaf_value="):
            cells = line.removeprefix("leaf_value=").split()
            lines[position] = "leaf_value=" + " ".join(repr(float(cell) * float(factor)) for cell in cells)
    sizes = [
        len(("Tree=" + tree).encode())
        for tree in "\n".join(lines).split("end of trees")[0].split("Tree=")[1:]
    ]
    lines = [f"tree_sizes={' '.join(map(str, sizes))}" if x.startswith("tree_sizes=") else x for x in lines]
    return lightgbm.Booster(model_str="\n".join(lines))


def depth_of(booster):
    return booster.trees_to_dataframe()["node_depth"].max() - 1


@pytest.mark.parametrize("depth", [1, 2, 9, 10, 11, 12, 20, 40])
def test_paths_of_as_many_columns_as_splits(depth):
    booster, X = chain(depth, depth)
    assert depth_of(booster) == depth
    rng = np.random.default_rng(depth)
    rows = np.vstack([X, X[rng.integers(0, len(X), 50)] + rng.choice([0, 1, 50, np.nan], (50, depth))])
    check(booster, rows)


@pytest.mark.parametrize(("depth", "columns"), [(40, 1), (40, 3), (120, 7), (40, 11)])
def test_paths_that_split_on_columns_again(depth, columns):
    booster, X = chain(depth, columns)
    assert depth_of(booster) > columns + 5
    rng = np.random.default_rng(depth)
    check(booster, np.vstack([X, rng.choice([*ODD, *range(depth)], (50, columns))]))


def test_paths_of_more_than_64_columns():
    """So deep LightGBM's own contributions no longer add up to its margins; ours do."""
    booster, X = chain(100, 100)
    assert depth_of(booster) > 70
    explained = TreeShap(booster.model_to_string()).explain(X)
    raw = booster.predict(X, raw_score=True, num_threads=1)
    assert explained.margin[0].tobytes() == raw.tobytes()
    assert np.abs(explained.base[0] + explained.contributions[0].sum(axis=1) - raw).max() < EXACT_TO
    theirs = booster.predict(X, pred_contrib=True, num_threads=1)
    assert np.abs(theirs.sum(axis=1) - raw).max() > 1e-3


def test_trees_of_one_leaf():
    X = np.arange(40.0).reshape(20, 2)
    parameters = {"min_data_in_leaf": 15, "verbosity": -1, "num_threads": 1, "objective": "binary"}
    y = np.arange(20) % 2
    booster = lightgbm.train(parameters, lightgbm.Dataset(X, y), num_boost_round=3)
    assert booster.trees_to_dataframe()["node_depth"].max() == 1
    check(booster, X)
    assert not TreeShap(booster.model_to_string()).explain(X).contributions.any()


def test_a_model_of_some_trees_of_one_leaf_and_some_of_more():
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((400, 3)), np.repeat([0, 1, 2], [200, 199, 1])
    booster = classes(X, y, min_sum_hessian_in_leaf=3.0)
    sizes = [line for line in booster.model_to_string().split("\n") if line.startswith("num_leaves=")]
    assert {"num_leaves=1"} < set(sizes)
    check_classes(booster, X)


def test_a_model_that_was_trained_on():
    rng = np.random.default_rng(1)
    X, y = rng.standard_normal((300, 4)), rng.integers(0, 2, 300)
    first = lightgbm.train({"verbosity": -1, "objective": "binary"}, lightgbm.Dataset(X, y), 3)
    more = lightgbm.train(
        {"verbosity": -1, "objective": "binary"}, lightgbm.Dataset(X, y), 3, init_model=first
    )
    check(more, X)


def classes(X, y, **parameters):
    parameters |= {"objective": "multiclass", "num_class": 3, "verbosity": -1, "num_threads": 1}
    return lightgbm.train(parameters, lightgbm.Dataset(X, y), 4)


def check_classes(booster, X):
    explained = TreeShap(booster.model_to_string()).explain(X)
    theirs = booster.predict(X, pred_contrib=True).reshape(len(X), 3, X.shape[1] + 1)
    assert np.array_equal(explained.margin.T, booster.predict(X, raw_score=True))
    for k in range(3):
        np.testing.assert_allclose(explained.contributions[k], theirs[:, k, :-1], rtol=0, atol=EXACT_TO)
        np.testing.assert_allclose(explained.base[k], theirs[0, k, -1], rtol=0, atol=EXACT_TO)


def test_classes_have_an_output_each():
    rng = np.random.default_rng(2)
    check_classes(classes(X := rng.standard_normal((300, 5)), rng.integers(0, 3, 300)), X)
