"""The mean of several boosters is one booster, exact to the last explanation."""

from __future__ import annotations

import lightgbm
import numpy as np
import pytest

from models.averaging import average


def rows(seed=0, n=1500):
    r = np.random.default_rng(seed)
    X = r.normal(size=(n, 4))
    X[:, 3] = r.integers(0, 9, n)
    X[r.random((n, 4)) < 0.05] = np.nan
    y = (np.nan_to_num(X[:, 0]) + (X[:, 3] % 3 == 1) + r.normal(size=n) > 2.5).astype(float)
    return X, y


def grown(seed, trees=12, leaves=7, **more):
    X, y = rows()
    data = lightgbm.Dataset(X, y, categorical_feature=[3])
    settings = {"objective": "binary", "verbosity": -1, "num_threads": 1, "num_leaves": leaves, "seed": seed}
    return lightgbm.train({**settings, "feature_fraction": 0.6, **more}, data, trees)


@pytest.fixture(scope="module")
def members():
    return [grown(1), grown(2, trees=20, leaves=15), grown(3, trees=1, min_data_in_leaf=1400)]


def test_margin_and_contributions_are_the_means(members):
    model = lightgbm.Booster(model_str=average([m.model_to_string() for m in members]))
    X, _ = rows(seed=9, n=400)
    margin = np.mean([m.predict(X, raw_score=True) for m in members], axis=0)
    contributions = np.mean([m.predict(X, pred_contrib=True) for m in members], axis=0)
    assert np.abs(model.predict(X, raw_score=True) - margin).max() < 1e-12
    assert np.abs(model.predict(X, pred_contrib=True) - contributions).max() < 1e-12
    assert model.num_trees() == sum(m.num_trees() for m in members)


def test_importances_are_those_of_all_trees(members):
    model = lightgbm.Booster(model_str=average([m.model_to_string() for m in members]))
    assert np.array_equal(model.feature_importance(), sum(m.feature_importance() for m in members))


def test_the_same_models_give_the_same_bytes(members):
    texts = [m.model_to_string() for m in members]
    assert average(texts) == average(texts)
    assert average(texts[:1]) == texts[0]


def test_models_of_other_columns_and_none_are_refused(members):
    X, y = rows()
    other = lightgbm.train({"objective": "binary", "verbosity": -1}, lightgbm.Dataset(X[:, :3], y), 3)
    with pytest.raises(ValueError, match="other columns"):
        average([members[0].model_to_string(), other.model_to_string()])
    with pytest.raises(ValueError, match="no model"):
        average([])
