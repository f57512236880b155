"""The bundled model is small, says what it is, and was made under the constraints file."""

from pathlib import Path

import lightgbm
import pandas as pd

from features.manifest import read
from models import bundle as bundles
from risk.engine import Engine

ROOT = Path(__file__).parents[2]
STARTER = ROOT / "risk/starter"
SAMPLE = ROOT / "data_samples/port_day.csv"


def test_it_is_a_prior_of_two_heads_under_five_megabytes():
    bundle = bundles.load(STARTER)
    assert [head.name for head in bundle.heads] == ["live_animals", "wildlife_products"]
    assert bundle.risk_basis == "prior"
    assert sum(p.stat().st_size for p in STARTER.iterdir()) < 5_000_000
    assert min(head.facts["training_finds"] for head in bundle.heads) >= 300


def test_its_trees_keep_to_what_exact_explanations_cost():
    for head in bundles.load(STARTER).heads:
        model = lightgbm.Booster(model_str=head.text).dump_model()
        assert len(model["tree_info"]) <= 300
        assert max(tree["num_leaves"] for tree in model["tree_info"]) <= 31
        assert max(_depth(tree["tree_structure"]) for tree in model["tree_info"]) <= 6


def test_its_libraries_are_those_of_the_constraints_file():
    pins = dict(
        line.split("==") for line in (ROOT / "constraints/newest.txt").read_text().split() if "==" in line
    )
    for name, version in bundles.load(STARTER).versions.items():
        assert pins[name] == version


def test_its_card_says_that_it_learnt_from_simulated_ports():
    card = (STARTER / "card.md").read_text(encoding="utf-8").lower()
    assert "simulated" in card
    assert "not known for this port" in card


def _depth(node: dict) -> int:
    if "left_child" not in node:
        return 0
    return 1 + max(_depth(node["left_child"]), _depth(node["right_child"]))


def test_a_day_without_times_scores_the_same_whenever_it_is_scored(tmp_path):
    """Where a manifest tells no arrival, the clock of the run must not stand in for it."""
    day = pd.read_csv(SAMPLE, dtype="str").head(200)
    bare = day.drop(columns=[name for name in ("known_at", "arrives_at", "available_until") if name in day])
    bare.to_csv(tmp_path / "day.csv", index=False)
    risks = []
    for moment in ("2025-01-07T04:00", "2025-01-11T23:30"):
        manifest = read([tmp_path / "day.csv"], now=pd.Timestamp(moment))
        risks.append(Engine.load().score(manifest.table, explain=False).frame["risk"])
    pd.testing.assert_series_equal(*risks)
