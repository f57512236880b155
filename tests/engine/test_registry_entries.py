"""Entries say the fixed parts of a dtype once; tabulate hands computed columns on as they state."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.registry import Entries, Fact, Feature, tabulate

ENTRY = Entries("goods", known="context", indicators=(5,))
FEATURES = (
    ENTRY.flag("up", "A flag", "It is up"),
    ENTRY.count("many", "A count", "{many} of them", high=10.0),
    ENTRY.number("size", "A number", "{size} kg", unit="kg", low=-2.0, high=2.0),
    ENTRY.category("kind", "A category", "Of kind {kind}"),
)
FACTS = (Fact("weight", "A weight", "kg"), Fact("title", "A title", dtype="text"))


def test_entries_share_family_time_and_indicators():
    assert {(f.family, f.known, f.indicators) for f in FEATURES} == {("goods", "context", (5,))}
    assert ENTRY.flag("a", "b", "c", indicators=(7,), known="row").indicators == (7,)
    assert ENTRY.flag("a", "b", "c", known="row").known == "row"
    assert [(f.dtype, f.unit, f.low, f.high) for f in FEATURES[:3]] == [
        ("flag", "1", 0.0, 1.0),
        ("count", "1", 0.0, 10.0),
        ("number", "kg", -2.0, 2.0),
    ]
    assert [f.stored for f in FEATURES] == ["float64", "float64", "float64", "str"]
    with pytest.raises(ValueError, match="unknown family"):
        Entries("elsewhere").flag("a", "b", "c")
    with pytest.raises(TypeError, match="colour"):
        ENTRY.flag("a", "b", "c", colour="red")


numbers = st.one_of(st.just(np.nan), st.floats(-1e12, 1e12))


@given(st.lists(st.tuples(st.booleans(), numbers, numbers, st.sampled_from(["x", None])), max_size=8))
def test_columns_come_in_registry_order_with_their_dtypes_inside_their_ranges(rows):
    up, many, size, kind = zip(*rows, strict=True) if rows else ((), (), (), ())
    index = pd.RangeIndex(len(rows))
    columns = {
        "title": pd.array(kind, dtype="str"),
        "kind": np.array(kind, dtype=object),
        "size": pd.Series(size, index=index, dtype="float64"),
        "weight": np.array(size, dtype="float64"),
        "many": np.array(many, dtype="float64"),
        "up": np.array(up, dtype=bool),
        "not asked for": np.zeros(len(rows)),
    }
    table = tabulate(columns, FEATURES, FACTS, index)
    entries: list[Feature | Fact] = [*FEATURES, *FACTS]
    assert list(table.columns) == [e.name for e in entries]
    assert [str(d) for d in table.dtypes] == [e.stored for e in entries]
    for feature in FEATURES[:3]:
        assert table[feature.name].dropna().between(feature.low, feature.high).all()
        assert (table[feature.name].isna().to_numpy() == pd.isna(np.asarray(columns[feature.name]))).all()
    inside = np.abs(np.array(size, dtype="float64")) <= 2.0
    assert (table["size"].to_numpy()[inside] == np.array(size, dtype="float64")[inside]).all()
    assert table["weight"].equals(pd.Series(size, index=index, dtype="float64"))


def test_a_registered_column_that_was_not_computed_is_an_error():
    with pytest.raises(KeyError, match="many"):
        tabulate({"up": np.ones(1)}, FEATURES, (), pd.RangeIndex(1))
