"""The bundled model is small, says what it is, and was made under the constraints file."""

from pathlib import Path

from models import bundle as bundles

ROOT = Path(__file__).parents[2]
STARTER = ROOT / "risk/starter"


def test_it_is_a_prior_of_two_heads_under_five_megabytes():
    bundle = bundles.load(STARTER)
    assert [head.name for head in bundle.heads] == ["live_animals", "wildlife_products"]
    assert bundle.risk_basis == "prior"
    assert sum(p.stat().st_size for p in STARTER.iterdir()) < 5_000_000
    assert min(head.facts["training_finds"] for head in bundle.heads) >= 300


def test_its_trees_keep_to_what_exact_explanations_cost():
    for head in bundles.load(STARTER).heads:
        model = head.booster.dump_model()
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
