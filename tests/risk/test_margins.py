"""Margins: what stands just below the line, and what would change a score."""

from __future__ import annotations

import numpy as np
import pandas as pd

from features import matrix
from models.predict import predict
from risk import margins
from risk.engine import load_bundle
from risk.triage import Pool, parse


def frame(n: int = 40) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "shipment_id": np.arange(n),
            "bill": pd.Series([f"B{i}" for i in range(n)], dtype="str"),
            "mode": pd.Series(["sea" if i % 2 else "air" for i in range(n)], dtype="str"),
            "location": pd.Series([""] * n, dtype="str"),
            "place": np.arange(1, n + 1),
            "rank": np.arange(1, n + 1),
            "raised": False,
            "floor": 0,
            "log_odds": -np.arange(n) / 10.0,
        }
    )


def test_what_follows_the_last_chosen_of_each_place_stands_below_the_line() -> None:
    found = margins.below(frame(), parse("sea=3,air=2"), 4)
    assert found[found["mode"] == "air"]["place"].tolist() == [5, 7, 9, 11]
    assert found[found["mode"] == "sea"]["place"].tolist() == [8, 10, 12, 14]
    np.testing.assert_allclose(found[found["mode"] == "air"]["gap"], [0.2, 0.4, 0.6, 0.8])


def test_what_is_held_up_with_a_low_score_does_not_draw_the_line() -> None:
    told = frame()
    # By people, and by a rule: the last two of the day stand first.
    told["place"] = [*range(3, 41), 1, 2]
    told.loc[38, "raised"], told.loc[39, "floor"] = True, 2
    found = margins.below(told, parse("sea=3,air=3"), 4)
    assert (found["gap"] > 0).all()
    air = found[found["mode"] == "air"]
    np.testing.assert_allclose(air["gap"], [0.2, 0.4, 0.6, 0.8])


def test_slots_of_chance_are_not_the_lines() -> None:
    assert [pool.slots for pool in margins.line(parse("sea=10,air=2"), 0.1)] == [9, 1]
    assert margins.line((Pool(1, "sea"),), 0.5)[0].slots == 1
    found = margins.below(frame(), margins.line(parse("air=2"), 0.5), 2)
    assert found["place"].tolist() == [3, 5]


def test_where_everything_is_chosen_nothing_stands_below() -> None:
    assert margins.below(frame(4), parse("sea=9,air=9")).empty


def seen(n: int) -> pd.DataFrame:
    random = np.random.default_rng(7)
    columns = {}
    for each in matrix.features():
        if each.stored == "str":
            columns[each.name] = pd.Series([None] * n, dtype="str")
        else:
            low, high = max(each.low, -5.0), min(each.high, 5.0)
            columns[each.name] = pd.Series(random.uniform(low, max(low, high), n).round(1))
    return pd.DataFrame(columns)


def test_each_change_told_is_what_the_model_says() -> None:
    bundle, table = load_bundle(), seen(30)
    day = np.linspace(-9, -2, 50)
    found = margins.changes(bundle, table[:1], table[1:].reset_index(drop=True), day)
    assert found.lower
    assert all(each.log_odds < found.log_odds for each in found.lower)
    assert all(each.log_odds > found.log_odds for each in found.raise_)
    assert len({each.feature for each in found.lower}) == len(found.lower) <= margins.TOLD
    for each in (*found.lower, *found.raise_):
        other = table[:1].copy()
        other[each.feature] = pd.Series([each.then], dtype=other[each.feature].dtype)
        assert each.then in table[each.feature].iloc[1:].tolist()
        again = predict(bundle, other[list(bundle.schema.features)], explain=False).risk_log_odds[0]
        assert again == each.log_odds
        assert each.rank == 1 + int((day > each.log_odds).sum())
