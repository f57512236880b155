"""Thinning takes whole groups of fields from whole manifests, the same way each time."""

import numpy as np
import pandas as pd
import pytest

from features.manifest import schema
from features.manifest.thinning import FIELD_GROUPS, thin, without


def _table(n: int = 400) -> pd.DataFrame:
    rows = np.arange(n)
    return schema.complete(
        pd.DataFrame(
            {
                "shipment_id": [f"B{i}" for i in rows],
                "manifest_id": [f"M{i // 4}" for i in rows],
                "hs_codes": "440320",
                "declared_value": 5.0,
                "gross_weight_kg": 7.0,
                "shipper_name": "A TRADING LTD",
            }
        )
    )


def test_groups_name_columns_of_the_shipment_table_once():
    names = [name for columns in FIELD_GROUPS.values() for name in columns]
    assert len(names) == len(set(names))
    assert set(names) <= set(schema.BY_NAME)
    assert not {"shipment_id", "known_at", "goods_description", "manifest_id"} & set(names)


def test_a_share_of_manifests_loses_whole_groups():
    table = _table()
    thinned = thin(table, 0.5, seed=3)
    lost = thinned["hs_codes"].isna().groupby(table["manifest_id"])
    assert lost.nunique().max() == 1
    assert 0.15 < lost.first().mean() < 0.45
    kept = thinned["hs_codes"].notna()
    assert (thinned.loc[kept, "hs_codes"] == "440320").all()
    assert thinned["shipment_id"].equals(table["shipment_id"])
    assert (thinned.dtypes == table.dtypes).all()


def test_a_manifest_fares_the_same_in_any_company():
    table = _table()
    some = table.iloc[100:140].reset_index(drop=True)
    whole = thin(table, 0.7, seed=1).iloc[100:140].reset_index(drop=True)
    pd.testing.assert_frame_equal(thin(some, 0.7, seed=1), whole)


def test_nothing_is_thinned_at_share_zero():
    table = _table()
    pd.testing.assert_frame_equal(thin(table, 0.0), table)


@pytest.mark.parametrize("group", FIELD_GROUPS)
def test_without_empties_a_group(group):
    emptied = without(_table(), (group,))
    assert emptied[list(FIELD_GROUPS[group])].isna().all(axis=None)
