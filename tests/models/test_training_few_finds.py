"""Learning where finds are few: every find teaches, settings are blended, not drawn by lot."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from features.registry import Feature
from models import boosting
from models.metrics import average_precision
from models.schema import FeatureSchema
from models.training import FEWEST, Options, TrainingError, train

ROUNDS = 60


@pytest.fixture(scope="module")
def few(make):
    return make(n=1500, seed=4, days=60)


@pytest.fixture(scope="module")
def learnt(few):
    return train([few.training_set()], few.registry, Options(validation="auto", rounds=ROUNDS))


def test_every_find_teaches(learnt, few):
    finds = learnt.card["ports"][0]["finds"]
    assert learnt.card["options"]["validation"] == "blocks"
    for head in learnt.heads:
        assert FEWEST <= finds[head.name] < boosting.FEW_IN_FOLDS
        assert head.facts["training_finds"] == finds[head.name]
        assert head.calibrator.rows == learnt.card["ports"][0]["inspected"]


def test_the_head_is_one_small_exact_model(learnt, few):
    X = learnt.schema.encode(few.features.iloc[:300])
    for head in learnt.heads:
        assert head.facts["settings"] == boosting.BLEND
        assert 0 < head.text.count("\nTree=") <= ROUNDS
        explained = head.trees.explain(X)
        gap = explained.base[0] + explained.contributions[0].sum(axis=1) - explained.margin[0]
        assert np.abs(gap).max() <= 1e-9


def test_the_same_rows_give_the_same_bundle(learnt, few):
    again = train([few.training_set()], few.registry, Options(validation="auto", rounds=ROUNDS))
    assert again.model_id == learnt.model_id


def test_it_ranks_new_days(learnt, make):
    later = make(n=6000, seed=12)
    X = learnt.schema.encode(later.features)
    for head in learnt.heads:
        y = later.truth[head.name].to_numpy(dtype=float)
        assert average_precision(y, head.margin(X), np.ones(len(y))) > 2 * y.mean()


def test_many_finds_are_split_by_time(few, monkeypatch):
    monkeypatch.setattr(boosting, "FEW_IN_FOLDS", 10)
    options = Options(
        validation="auto",
        settings=("steady",),
        rounds=20,
        minimum_training_finds=5,
        minimum_calibration_finds=1,
    )
    card = train([few.training_set()], few.registry, options).card
    assert card["options"]["validation"] == "time"
    assert [w["name"] for w in card["ports"][0]["split"]["windows"]] == ["train", "stop", "calibrate", "test"]


def test_too_few_for_anything_says_what_it_takes(few):
    found = few.table["outcome"].astype("str").isin(["live_animals", "wildlife_products"])
    clean = few.rows((~found).to_numpy())
    with pytest.raises(TrainingError, match=f"{FEWEST} are needed"):
        train([clean.training_set()], clean.registry, Options(validation="auto"))


def margin_of_the_others_mark(number, others_are_finds):
    """Fit the blend where a mark goes with finds of the other kind; return what the mark adds."""
    r = np.random.default_rng(number)
    n = 2000
    mark = (np.arange(n) < 120).astype(float)
    own = (np.arange(n) % 50 == 7) & (mark == 0)
    X = np.column_stack([mark, r.normal(size=n)])
    feature = Feature("mark", "words", "mark", "number", "1", 0.0, 1.0, "row", "s")
    noise = Feature("noise", "words", "noise", "number", "1", -9.0, 9.0, "row", "s")
    frame = pd.DataFrame(X, columns=["mark", "noise"])
    schema = FeatureSchema.fit(frame, [feature, noise])
    any_find = own | ((mark == 1) & others_are_finds)
    rows = boosting.LabelledRows(X, own.astype(float), any_find.astype(float), np.ones(n))
    booster = boosting.fit(rows, schema, boosting.Choice(boosting.BLEND, 20, np.nan), seed=number)
    with_mark, without = booster.predict(np.array([[1.0, 0.0], [0.0, 0.0]]), raw_score=True)
    return with_mark - without


def test_a_head_borrows_from_the_finds_of_the_other_kind():
    assert margin_of_the_others_mark(3, others_are_finds=True) > 0.5
    assert margin_of_the_others_mark(3, others_are_finds=False) < 0.0


def test_one_setting_named_is_one_setting_taken(few):
    options = Options(validation="auto", settings=("steady",), rounds=20)
    for head in train([few.training_set()], few.registry, options).heads:
        assert head.facts["settings"] == "steady"
