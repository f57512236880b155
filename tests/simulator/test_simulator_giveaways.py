"""No single thing tells concealments from trade (moderate samples; the full tables are in the docs)."""

from __future__ import annotations

import pytest

from benchmarks import giveaways
from features import matrix
from features.view import prepare

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def sample() -> giveaways.Sample:
    return giveaways.draw(days=80, per_day=1500)


def test_no_single_column_reaches_080(sample: giveaways.Sample) -> None:
    table = giveaways.single_features(sample, least=500)
    assert table["concealments"].min() >= 500
    assert table["auc"].max() < 0.80


def test_no_feature_of_the_models_reaches_080(sample: giveaways.Sample) -> None:
    matrix_of_sample = matrix.build(prepare(sample.table)).drop(columns=[f.name for f in matrix.facts()])
    seen = matrix_of_sample.dropna(axis=1, how="all")
    table = giveaways.single_features(sample, least=500, extra=seen)
    worst = table.iloc[0]
    assert worst["auc"] < 0.80, worst.to_dict()


def test_no_feature_of_the_past_reaches_080() -> None:
    table = giveaways.past_features()
    assert table["concealments"].min() >= 500
    assert table["auc"].max() < 0.80, table.iloc[0].to_dict()


def test_superficial_columns_say_little(sample: giveaways.Sample) -> None:
    table = giveaways.superficial_models(sample, least=500)
    assert len(table) >= 3
    assert table["auc"].max() < 0.62


def test_look_up_is_no_match_for_a_model(sample: giveaways.Sample) -> None:
    table = giveaways.lookup_against_model(sample)
    assert (table["look-up AP"] < 0.5 * table["model AP"]).all()
    assert (table["model AUC"] > 0.80).all()


def test_no_description_is_made_for_concealments(sample: giveaways.Sample) -> None:
    """What concealments declare is, as a rule, declared in ordinary trade too."""
    words = sample.table["goods_description"].str.lower().str.findall(r"[^\W\d_]{3,}")
    hidden = sample.truth["scheme"].ne("").to_numpy()
    ordinary = set(words[~hidden].explode().dropna())
    told = words[hidden].explode().dropna()
    assert told.isin(ordinary).mean() > 0.98
