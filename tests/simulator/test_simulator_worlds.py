"""World files: all problems in one go, and worlds that really differ."""

from __future__ import annotations

import pytest

from data_samples import facts
from data_samples.world import HEADS, WorldError, load, names, parse


def test_all_worlds_load_and_hide_by_at_least_ten_schemes() -> None:
    assert len(names()) >= 4
    for name in names():
        world = load(name)
        assert len(world.schemes) >= 10
        assert {s.head for s in world.schemes.values()} == set(HEADS)
        assert 0.001 <= world.base_rate <= 0.005


def test_base_world_has_fifteen_schemes_and_others_have_unseen_ones() -> None:
    base = set(load("base").schemes)
    assert len(base) >= 15
    for name in set(names()) - {"base"}:
        assert len(set(load(name).schemes) - base) >= 3, name


def test_worlds_differ_in_rate_policy_and_field_habits() -> None:
    base = load("base")
    for name in set(names()) - {"base"}:
        other = load(name)
        assert other.country != base.country
        assert other.fields != base.fields
        assert other.policy != base.policy


def test_every_problem_is_listed() -> None:
    raw = {
        "port": {"country": "XX", "directions": {"import": 0.5}},
        "traffic": {"modes": {"sea": 1.0, "balloon": 0.1}, "implausible": 3},
        "risk": {"base_rate": -1, "behaviour": {"vague": [2, 0], "strange": [0, 0]}},
        "fields": {"sea": {"hs": -1}},
        "schemes": {"no_such_scheme": 1},
        "inspection": {"risky_origins": ["QQ"], "rules": {"moon": 1}},
        "colour": "blue",
    }
    with pytest.raises(WorldError) as error:
        parse(raw, "test")
    told = "\n".join(error.value.problems)
    for word in (
        "port.country",
        "add up to 0.5",
        "balloon",
        "implausible",
        "base_rate",
        "vague",
        "strange",
        "fields",
        "no_such_scheme",
        "QQ",
        "moon",
        "colour",
    ):
        assert word in told, word


def test_own_scheme_in_a_world_file(tmp_path) -> None:
    text = """
name = "mine"
[port]
country = "PL"
directions = { import = 1.0 }
[traffic]
modes = { post = 1.0 }
[schemes]
snails = 1
[scheme.snails]
head = "live_animals"
taxa = { snail = 1 }
modes = { post = 1 }
sources = { NG = 1 }
destinations = { PL = 1 }
covers = { toys_games = 1 }
kg = [1, 2]
"""
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    assert list(load(path).schemes) == ["snails"]
    path.write_text(text.replace("toys_games", "toy_games"), encoding="utf-8")
    with pytest.raises(WorldError, match="toy_games"):
        load(path)
    with pytest.raises(WorldError):
        load(tmp_path / "absent.toml")


def test_catalogue_is_sound() -> None:
    catalogue = facts.scheme_catalogue()
    assert set(catalogue) == {s for name in names() for s in load(name).schemes}
    assert any(c == "post" for s in catalogue.values() for c in s["modes"])
