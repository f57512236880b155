"""What the page of a shipment shows: everything declared, what changed, and sums that hold."""

from __future__ import annotations

import json
import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.views import route as routes
from app.views import score as scores
from app.views import shipment as view
from features.manifest import schema
from features.registry import FAMILIES
from risk import looking
from risk.store.dossier import Version
from risk.store.standing import Standing

AT = pd.Timestamp("2025-01-06T04:00")


def version(row: dict | None, number: int = 1, **kept: object) -> Version:
    return Version(number, number, AT, True, dict(kept), row, None if row is not None else (AT, "traders:30"))


def test_every_declared_field_has_its_place() -> None:
    row = {column.name: "1" for column in schema.COLUMNS} | {"own_column": "x", "line_number": ""}
    row["items"] = json.dumps([{"description": "tea", "hs": "0902"}])
    found = view.declared(row)
    shown = {field.name for fields in (*found.groups.values(), *found.parties.values()) for field in fields}
    missing = set(row) - shown - {"items", "line_number"} - set(schema.OUTCOME_COLUMNS)
    assert missing == set()
    assert (found.lines, found.columns) == (({"description": "tea", "hs": "0902"},), ("description", "hs"))


@pytest.mark.parametrize("text", ["", "{", "[1, 2]", "[" * 5_000, '{"a": 1}', "null", None, 7])
def test_goods_lines_that_are_none_are_left_out(text: object) -> None:
    assert view.declared({"items": text}).lines == ()


def test_of_many_lines_the_rest_is_counted() -> None:
    lines = [{"description": f"tea {n}"} for n in range(view.LINES + 7)]
    found = view.declared({"items": json.dumps(lines)})
    assert (len(found.lines), found.more) == (view.LINES, 7)
    assert view.members(";".join(map(str, range(view.MEMBERS + 2))))[1] == 2


def test_a_change_names_before_and_after() -> None:
    first = version({"packages": 3.0, "marks": "A", "known_at": "x", "own": "1"}, 1)
    second = version({"packages": 5.0, "known_at": "y", "own": "1", "lane": "red"}, 2)
    purged = version(None, 3)
    last, middle, oldest = view.changes([first, second, purged])
    pairs = [(before.name, before.value, after.value) for before, after in middle.fields]
    assert pairs == [("lane", None, "red"), ("marks", "A", None), ("packages", 3.0, 5.0)]
    assert (last.compared, middle.compared, oldest.compared) == (False, True, False)


FAMILY = st.dictionaries(st.sampled_from(sorted(FAMILIES)), st.floats(-8.0, 8.0), max_size=11)


@given(st.floats(-20.0, 20.0), FAMILY)
def test_the_bars_add_up_to_the_score(log_odds: float, families: dict[str, float]) -> None:
    fall = scores.waterfall(log_odds, families, None, "en", "UTC")
    assert fall.base + math.fsum(step.contribution for step in fall.steps) == pytest.approx(
        log_odds, abs=1e-9
    )
    ends = [fall.base, *(step.end for step in fall.steps)]
    assert [step.start for step in fall.steps] == ends[:-1]
    for step in fall.steps:
        assert step.end - step.start == pytest.approx(step.contribution, abs=1e-9)
        assert 0.0 < fall.place(step.end) < 1.0
    assert ends[-1] == (log_odds if families else fall.base)
    signs = [step.contribution < 0 for step in fall.steps]
    assert signs == sorted(signs)


def record(family: str, contribution: float) -> dict[str, object]:
    return {
        "family": family,
        "contribution": contribution,
        "features": (),
        "values": {},
        "sentence_keys": (),
    }


def test_reasons_are_told_for_and_against() -> None:
    records = [record("route", 2.0), record("goods", -0.5), record("timing", 0.01), record("party", 0.2)]
    raising, lowering, slight = scores.reasons(records, "en", "UTC")
    assert [text.split(":")[0] for text in raising] == ["Route", "Parties"]
    assert [text.split(":")[0] for text in lowering] == ["Goods"]
    assert slight == ("timing",)


def test_a_prior_tells_no_chance() -> None:
    standing = Standing(3, 1321, 2, 4000)
    head = scores._head("risk", 3, standing, None)
    assert (head.rank, head.band, head.probability) == (3, "very_high", None)
    assert scores._head("risk", None, None, 0.2).probability == 0.2
    assert scores._head("risk", 4000, standing, None).height == 0.0


# --- the route ------------------------------------------------------------------------------


def test_a_route_joins_what_is_one_place() -> None:
    row = {
        "mode": "sea",
        "origin_country": "GM",
        "loading_port": "GMBJL",
        "transhipment_ports": "SGSIN;Nowhere at all",
        "discharge_port": "HKHKG",
        "destination_country": "HK",
    }
    found = routes.route(version(row))
    assert [place.roles for place in found.places] == [
        ("origin", "loading"),
        ("via",),
        ("via",),
        ("discharge", "destination"),
    ]
    assert [place.name for place in found.places] == ["Banjul", "Singapore", "", "Hong Kong"]
    assert found.places[2].lat is None
    assert (found.origin, found.discharge, found.mode) == ("GM", "HK", "sea")


def test_a_purged_route_is_told_from_codes() -> None:
    found = routes.route(version(None, mode="air", origin="MY", loading_port="KUL", discharge_port="HKG"))
    assert [place.country for place in found.places] == ["MY", "HK"]
    assert routes.route(version(None)).places == ()


@given(st.dictionaries(st.sampled_from(["loading_port", "origin_country", "delivery_place"]), st.text()))
def test_any_text_may_stand_for_a_place(row: dict[str, str]) -> None:
    for place in routes.route(version(row)).places:
        assert place.lat is None or -90.0 <= place.lat <= 90.0


# --- where to look --------------------------------------------------------------------------


def test_hints_fit_the_load() -> None:
    timber = looking.Load("4403", "timber", "sea", "CM", "CM", "VN", "VN", containers=True, full=True)
    places = [hint.where for hint in looking.hints(timber)]
    assert "back" in places
    assert "in_goods" in places
    parcel = looking.Load("9503", "toys_games", "post", "MY", "MY", "HK", "HK")
    assert {hint.where for hint in looking.hints(parcel)} == {"in_goods"}
    assert looking.hints(looking.Load()) == []


def test_what_fits_goods_and_way_is_told_with_its_kind() -> None:
    load = looking.Load("4403", "timber", "sea", "CM", "CM", "VN", "VN")
    found = looking.fits(load)
    assert found
    assert [each.fit for each in found] == sorted((each.fit for each in found), reverse=True)
    assert {each.head for each in found} <= set(schema.FINDS)
    assert looking.fits(looking.Load("4403", "no such group", "sea", "CM", "", "VN")) == []
    assert looking.fits(looking.Load("4403", "timber", "sea", "XX", "??", "VN")) == []
    cover = looking.cover("4403")
    assert cover is not None
    assert (cover.live_animals, cover.wildlife_products) == (0, 3)
    assert looking.cover("9998") is None


@pytest.mark.parametrize(
    ("packages", "kg", "each"), [(10.0, 655.0, 65.5), (0.0, 5.0, None), (None, 5.0, None), (3.0, None, None)]
)
def test_kilograms_per_package(packages: float | None, kg: float | None, each: float | None) -> None:
    assert looking.weight_per_package(looking.Load(packages=packages, gross_weight_kg=kg)) == each
