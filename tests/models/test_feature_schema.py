import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.registry import Feature, category
from models.schema import FeatureSchema, SchemaError

NUMBER = Feature("kg", "quantity", "kg", "number", "kg", 0, 1e9, "row", "s", monotone=1)
LEVELS = category("goods", "goods", "goods", "s")
cells = st.lists(st.one_of(st.none(), st.sampled_from(["a", "b", "c", "d", "日本"])), min_size=1, max_size=60)


def frame(levels, kg=None):
    kg = np.arange(len(levels), dtype=float) if kg is None else kg
    return pd.DataFrame({"kg": kg, "goods": pd.Series(levels, dtype="str")})


@settings(max_examples=60, deadline=None)
@given(cells, cells)
def test_round_trip_keeps_encoding_to_the_bit(train, new):
    schema = FeatureSchema.fit(frame(train), [NUMBER, LEVELS], minimum=2)
    again = FeatureSchema.from_json(json.loads(json.dumps(schema.to_json())))
    assert again == schema
    X = again.encode(frame(new))
    assert X.flags.c_contiguous
    assert X.dtype == np.float64
    assert X.shape == (len(new), len(schema))
    assert np.array_equal(X, schema.encode(frame(new)), equal_nan=True)


@settings(max_examples=60, deadline=None)
@given(cells, cells)
def test_unseen_is_told_and_encoded_as_missing(train, new):
    schema = FeatureSchema.fit(frame(train), [NUMBER, LEVELS], minimum=2)
    expected = np.array([c is not None and c not in set(train) for c in new])
    assert np.array_equal(schema.unseen(frame(new))["goods"].to_numpy(), expected)
    assert np.isnan(schema.encode(frame(new))[expected, 1]).all()


def test_rare_levels_share_a_code_and_stay_seen():
    schema = FeatureSchema.fit(frame(["a"] * 5 + ["b"] * 5 + ["x", "y"]), [LEVELS], minimum=3)
    X = schema.encode(frame(["x", "y", "a", "z", None]))
    assert X[0, 0] == X[1, 0] == 2.0
    assert X[2, 0] == 0.0
    assert np.isnan(X[3:, 0]).all()
    assert schema.unseen(frame(["x", "z", None]))["goods"].tolist() == [False, True, False]


def test_rarity_counts_training_rows_and_belongs_to_its_feature():
    levels = [f"l{i}" for i in range(10) for _ in range(i + 1)]
    schema = FeatureSchema.fit(frame(levels), [LEVELS], minimum=3)
    assert schema.names == ("goods", "goods~rarity")
    assert schema.features == ("goods",)
    rarity = schema.encode(frame(["l9", "never", None]))[:, 1]
    assert rarity[0] == pytest.approx(np.log10(11))
    assert rarity[1] == 0.0
    assert np.isnan(rarity[2])


def test_infinite_numbers_become_missing_and_text_is_refused():
    schema = FeatureSchema.fit(frame(["a"]), [NUMBER])
    assert np.isnan(schema.encode(pd.DataFrame({"kg": [np.inf]}))[0, 0])
    with pytest.raises(SchemaError, match="kg"):
        schema.encode(pd.DataFrame({"kg": ["heavy"]}))
    with pytest.raises(SchemaError, match="lacks"):
        schema.encode(pd.DataFrame({"other": [1.0]}))


def test_party_names_cannot_be_features():
    name = category("shipper_name", "party", "name", "s")
    with pytest.raises(SchemaError, match="shipper_name"):
        FeatureSchema.fit(pd.DataFrame({"shipper_name": ["X Ltd"]}), [name])


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "magic"},
        {"family": "nobody"},
        {"monotone": 7},
        {"levels": ["a", "a"]},
        {"levels": [1]},
        {"name": 3},
        {"values": ["x"]},
        {"extra": 1},
        {"levels": None},
    ],
)
def test_a_broken_schema_is_refused(change):
    data = FeatureSchema.fit(frame(["a", "b"]), [LEVELS], minimum=1).to_json()
    data["columns"][0] |= change
    with pytest.raises(SchemaError):
        FeatureSchema.from_json(data)


@pytest.mark.parametrize("data", [{}, {"columns": 3}, {"columns": [1]}, {"columns": [{}]}])
def test_other_json_is_refused(data):
    with pytest.raises(SchemaError):
        FeatureSchema.from_json(data)
