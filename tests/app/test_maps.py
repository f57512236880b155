"""Maps: places where they lie, across the date line, names that cover nothing, and text that stays text."""

from __future__ import annotations

import math
import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import maps
from app.maps import Stop

HONG_KONG = Stop("Hong Kong", 22.3, 114.2)
STOPS = st.builds(
    Stop,
    st.text(max_size=40),
    st.floats(-89.0, 89.0),
    st.floats(-180.0, 180.0),
)
SVG = "{http://www.w3.org/2000/svg}"


def drawn(stops: list[Stop], alt: str = "a map") -> ElementTree.Element:
    return ElementTree.fromstring(maps.route(stops, alt))


def test_nothing_is_drawn_without_places() -> None:
    assert maps.route([], "a map") == ""
    assert maps.route([Stop("?", math.nan, 3.0)], "a map") == ""


def test_the_way_over_the_date_line_is_the_short_one() -> None:
    found = maps.unrolled([-118.3, 129.0, 114.2])
    assert found == pytest.approx([-118.3, -231.0, -245.8])
    root = drawn([Stop("Los Angeles", 33.7, -118.3), Stop("Busan", 35.1, 129.0)])
    names = {each.text: float(each.get("x", "0")) for each in root.iter(f"{SVG}text") if each.text}
    assert names["Busan"] < names["Los Angeles"]


def test_places_are_numbered_as_in_the_table() -> None:
    root = drawn([Stop("Banjul", 13.4, -16.6, 2), Stop("Hong Kong", 22.3, 114.2, 5)])
    told = [each.text for each in root.iter(f"{SVG}text") if each.get("class") == "number"]
    assert told == ["2", "5"]


def test_two_stops_at_one_place_share_a_mark() -> None:
    root = drawn([HONG_KONG, Stop("Busan", 35.1, 129.0), HONG_KONG])
    told = [each.text for each in root.iter(f"{SVG}text") if each.get("class") == "number"]
    assert told == ["1, 3", "2"]


def test_land_is_under_hong_kong_and_no_band_goes_round_the_world() -> None:
    root = drawn([HONG_KONG])
    land = next(each for each in root if each.get("class") == "land").get("d", "")
    assert land.count("M") >= 3
    for ring in land.split("Z"):
        numbers = [float(each) for each in re.findall(r"-?\d+\.\d", ring)]
        lons = numbers[::2]
        steps = [abs(a - b) for a, b in pairwise(lons)]
        assert max(steps, default=0.0) < maps.WIDTH


def test_hostile_names_are_text() -> None:
    name = '"><script>alert(1)</script>'
    root = drawn([Stop(name, 1.0, 2.0)], f"of {name}")
    assert not list(root.iter(f"{SVG}script"))
    assert root.find(f"{SVG}title") is not None


@settings(max_examples=60, deadline=None)
@given(st.lists(STOPS, min_size=1, max_size=9))
def test_every_stop_is_inside_the_map(stops: list[Stop]) -> None:
    clean = [Stop(re.sub(r"[^\w ]", "", each.name), each.lat, each.lon) for each in stops]
    root = drawn(clean)
    for mark in root.iter(f"{SVG}rect"):
        if mark.get("class") == "stop":
            x = float(mark.get("x", "nan")) + float(mark.get("width", "nan")) / 2
            assert -1.0 <= x <= maps.WIDTH + 1.0
