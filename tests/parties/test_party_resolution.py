"""Which names become one party, and which never do."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.manifest import schema
from features.parties import identity
from features.parties.resolution import GROUNDS, resolve

_PATH = Path(__file__).resolve().parents[2] / "benchmarks" / "party_resolution.py"
_SPEC = importlib.util.spec_from_file_location("party_resolution_benchmark", _PATH)
assert _SPEC
assert _SPEC.loader
benchmark = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(benchmark)


def parties(*rows: dict, times: list[int] | None = None):
    """Resolve consignees seen one after the other; returns party and ground per row."""
    frame = pd.DataFrame(
        [{f"consignee_{k}" if k != "shipper_name" else k: v for k, v in row.items()} for row in rows]
    )
    table = schema.complete(frame.astype({c: schema.BY_NAME[c].dtype for c in frame}))
    keys, names = identity.of_table(table)
    seen = pd.Series(times if times else np.arange(len(rows))).groupby(keys["consignee"]).min()
    names = names[names["key"].isin(seen.index)].reset_index(drop=True)
    found = resolve(names, seen.reindex(names["key"]).to_numpy(dtype=np.int64))
    place = np.searchsorted(found.key, keys["consignee"])
    return found.party[place].tolist(), [GROUNDS[g] for g in found.ground[place]], found


HOUSE = "12 Ham Nghi Street, Hanoi"


@pytest.mark.parametrize(
    ("one", "other", "ground"),
    [
        ({"name": "Brizolak Timber Ltd"}, {"name": "BRIZOLAK TIMBER LIMITED"}, "same name, nothing else"),
        ({"name": "Brizolakk Timber Co Ltd"}, {"name": "Brizolak Timber Co., Ltd."}, "similar name, nothing"),
        ({"name": "Jonathan Barker", "address": HOUSE}, {"name": "Jonatan Barker", "address": HOUSE},
         "similar name, same address"),
        ({"name": "John Barker", "phone": "+84 90 123 4567"}, {"name": "JOHN BARKER", "phone": "0901234567",
         "address": HOUSE}, "same name, same telephone"),
        ({"name": "深圳市宏达盛贸易有限公司", "address": HOUSE},
         {"name": "Shenzhenshihongdasheng Trading Co Ltd", "address": HOUSE}, "similar name, same address"),
        ({"name": "Kalumba Ltd", "id": "TZ-123-456-99"}, {"name": "Something Else GmbH", "id": "tz12345699"},
         "same registration number"),
    ],
)  # fmt: skip
def test_joined_with_its_ground(one, other, ground):
    party, grounds, _ = parties(one, other)
    assert party[0] == party[1]
    assert grounds[1].startswith(ground)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"name": "Nguyen Van A", "address": HOUSE}, {"name": "Nguyen Van A", "address": "88 Le Loi, Hue"}),
        ({"name": "Nguyen Van A", "address": HOUSE}, {"name": "NGUYEN VAN A"}),
        ({"name": "陈伟", "address": HOUSE}, {"name": "Chen Wei", "address": "88 Nathan Road"}),
        ({"name": "Mohammed Ali", "phone": "0901234567"}, {"name": "Mohammed Ali", "phone": "0907654321"}),
        ({"name": "John Smith", "shipper_name": "A Ltd"}, {"name": "John Smith", "shipper_name": "B Ltd"}),
        ({"name": "Nguyen Van An", "address": HOUSE}, {"name": "Nguyen Thi An", "address": HOUSE}),
        ({"name": "Brizolak Timber Ltd", "id": "AB12345"}, {"name": "Brizolak Timber Ltd", "id": "AB98765",
         "address": HOUSE}),
        ({"name": "Brizolak Timber Ltd"}, {"name": "Brizolak Timber 2 Ltd"}),
        ({"name": "Brizolak Timber Ltd"}, {"name": "Brizolak Timber GmbH & Co. KG", "address": HOUSE}),
        ({"name": "Golden Star Trading Ltd"}, {"name": "Golden Star Trading Limited", "address": HOUSE}),
        ({"name": "Kalumba Ltd", "id": "N/A", "address": HOUSE}, {"name": "Orsted Ltd", "id": "N/A",
         "address": HOUSE}),
        ({"name": "محمد أحمد", "address": HOUSE}, {"name": "أحمد محمد", "address": HOUSE}),
    ],
)  # fmt: skip
def test_never_joined(one, other):
    party, _, _ = parties(one, other)
    assert party[0] != party[1]


def test_bare_names_are_followed_with_their_counterparty_in_every_script():
    for name in ("John Smith", "陈伟", "Nguyễn Văn An", "محمد علي", "สมชาย ใจดี"):
        pair = {"name": name, "shipper_name": "Kalumba Ltd"}
        party, _, _ = parties(pair, {"name": name, "shipper_name": "Orsted Ltd"}, pair)
        assert party[0] == party[2] != party[1], name


def test_names_seen_at_the_same_moment_do_not_see_each_other():
    party, _, _ = parties({"name": "Brizolak Timber Ltd"}, {"name": "Brizolak Timber Limited"}, times=[5, 5])
    assert party[0] != party[1]


def test_conflicting_numbers_at_one_moment_part_and_keep_the_common_past():
    base = {"name": "Brizolak Timber Ltd", "address": HOUSE}
    party, grounds, found = parties(base, base | {"id": "AB12345"}, base | {"id": "AB98765"}, times=[1, 5, 5])
    assert len(set(party)) == 3
    assert grounds[1] == grounds[2] == "same name, same address"
    assert sorted(found.also[party[0]]) == sorted(party[1:])
    later, _, _ = parties(base, base | {"id": "AB12345"}, base | {"id": "AB98765"}, times=[1, 5, 6])
    assert later[0] == later[1] != later[2]


def test_a_later_name_moves_no_link():
    rows = benchmark.families("Latin (English)", 20, seed=5)
    for cut in (40, 90):
        whole, _ = benchmark.resolved(rows)
        part, _ = benchmark.resolved(rows.iloc[:cut])
        both = whole.merge(part, on="key", suffixes=("", "_part"))
        assert len(both) == len(part)
        assert (both["linked_to"].fillna("") == both["linked_to_part"].fillna("")).all()


@pytest.mark.parametrize("script", list(benchmark.SCRIPTS))
def test_few_false_merges_in_any_script(script):
    shares = benchmark.measure(script, 60, seed=3)
    assert shares["firms joined with another firm"] <= 0.02
    assert shares["with a namesake of unknown number"] <= 0.02
    assert shares["people joined with another person"] <= 0.005
    assert shares["writings of a firm left apart"] <= 0.45
