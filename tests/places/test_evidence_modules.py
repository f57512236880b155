"""What holds for every evidence module of route, quantities, documents, equipment, siblings, timing."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features import view as views
from features.evidence import documents, equipment, quantity, route, siblings, timing
from features.reference import table as reference

MODULES = [route, quantity, documents, equipment, siblings, timing]
ROW_MODULES = [route, quantity, documents, equipment, timing]
identify = pytest.mark.parametrize("module", MODULES, ids=lambda m: m.__name__.rsplit(".", 1)[-1])
rows_only = pytest.mark.parametrize("module", ROW_MODULES, ids=lambda m: m.__name__.rsplit(".", 1)[-1])
seeds = st.integers(0, 2**32 - 1)


@identify
@settings(max_examples=15, deadline=None)
@given(seed=seeds, missing=st.sampled_from([0.0, 0.3, 0.9, 1.0]))
def test_columns_and_ranges_are_as_registered(module, random_table, seed, missing):
    view = views.prepare(random_table(seed, missing=missing))
    found = module.compute(view)
    assert list(found.columns) == [e.name for e in (*module.FEATURES, *module.FACTS)]
    assert found.index.equals(view.table.index)
    for feature in module.FEATURES:
        values = found[feature.name]
        if feature.dtype == "category":
            assert values.dtype == "str"
            continue
        assert values.dtype == np.float64
        known = values.dropna()
        assert np.isfinite(known).all(), feature.name
        assert known.between(feature.low, feature.high).all(), feature.name
        if feature.dtype == "flag":
            assert known.isin([0.0, 1.0]).all(), feature.name
        if feature.dtype == "count":
            assert (known == known.round()).all(), feature.name
    for fact in module.FACTS:
        assert (found[fact.name].dtype == "str") == (fact.dtype == "text"), fact.name


@identify
@settings(max_examples=10, deadline=None)
@given(seed=seeds)
def test_order_of_rows_does_not_matter(module, random_table, seed):
    table = random_table(seed)
    order = np.random.default_rng(seed).permutation(len(table))
    straight = module.compute(views.prepare(table))
    shuffled = module.compute(views.prepare(table.iloc[order].reset_index(drop=True)))
    pd.testing.assert_frame_equal(straight.iloc[order].reset_index(drop=True), shuffled, check_exact=True)


@rows_only
@settings(max_examples=5, deadline=None)
@given(seed=seeds)
def test_one_at_a_time_equals_batch(module, random_table, seed):
    table = random_table(seed, n=8)
    batch = module.compute(views.prepare(table))
    single = [module.compute(views.prepare(table.iloc[[i]])) for i in range(len(table))]
    pd.testing.assert_frame_equal(batch, pd.concat(single, ignore_index=True), check_exact=True)


@settings(max_examples=15, deadline=None)
@given(seed=seeds)
def test_siblings_of_whole_manifests_do_not_depend_on_the_chunk(random_table, seed):
    table = random_table(seed)
    table["manifest_id"] = table["manifest_id"].fillna("M0")
    whole = siblings.compute(views.prepare(table))
    for manifest in table["manifest_id"].unique():
        mine = (table["manifest_id"] == manifest).to_numpy()
        chunk = siblings.compute(views.prepare(table[mine].reset_index(drop=True)))
        pd.testing.assert_frame_equal(whole[mine].reset_index(drop=True), chunk, check_exact=True)


@identify
def test_an_empty_table_gives_no_rows(module, random_table):
    view = views.prepare(random_table(1, n=5).iloc[:0])
    assert module.compute(view).shape == (0, len(module.FEATURES) + len(module.FACTS))


@identify
def test_entries_are_written_for_officers(module):
    facts = {fact.name for fact in module.FACTS}
    for feature in module.FEATURES:
        assert feature.meaning
        assert feature.sentence[0].isupper() or feature.sentence.startswith("{")
        assert not feature.sentence.endswith(".")
        assert "{" in feature.sentence or feature.dtype == "flag", feature.name
    assert len({f.name for f in module.FEATURES} | facts) == len(module.FEATURES) + len(facts)


def test_every_reference_table_has_its_source():
    told = set(reference("SOURCES")["table"])
    ours = (
        "export_mix trade_partners world_trade hs4_world unit_values packing mode_share countries ports "
        "sea_distances taxon_routes taxon_covers permit_headings handling_codes currencies lunar_new_year"
    )
    for name in ours.split():
        assert name in told
        assert len(reference(name))


def test_names_are_unique_over_the_modules():
    names = [e.name for m in MODULES for e in (*m.FEATURES, *m.FACTS)]
    assert len(names) == len(set(names))
