"""What an address asks for on the page of the day: read as written, and nothing hostile comes through."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.views import day_query
from app.views.day_query import FAR, Asked
from features.manifest.schema import MODES
from risk.store.day import Filters

NOW = pd.Timestamp("2026-11-22 04:00")

ASKED = st.builds(
    Asked,
    list=st.integers(0, 10**6),
    page=st.integers(1, 10**6),
    text=st.text(max_size=50).map(str.strip),
    mode=st.sampled_from(["", *MODES]),
    location=st.text(max_size=20).map(str.strip),
    conveyance=st.text(max_size=20).map(str.strip),
    heading=st.from_regex(r"[0-9]{0,10}", fullmatch=True),
    origin=st.sampled_from(["", "VN", "CD"]),
    earliest=st.integers(-FAR, 0),
    latest=st.integers(0, FAR),
    left=st.integers(0, 48),
    undecided=st.booleans(),
    mine=st.booleans(),
    listed=st.booleans(),
)


@given(ASKED)
def test_an_address_is_read_as_it_was_written(asked: Asked) -> None:
    assert Asked.of_query(asked.to_query()) == asked


@given(st.dictionaries(st.sampled_from([*Asked().__dict__, "id"]), st.text(max_size=30)))
def test_no_address_breaks_the_page(query: dict[str, str]) -> None:
    asked = Asked.of_query(query)
    assert asked.earliest <= asked.latest
    assert asked.page >= 1
    assert asked == Asked.of_query(asked.to_query())
    asked.filters(NOW)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("list", "1e9"),
        ("list", "٣"),
        ("list", "-1"),
        ("page", "0"),
        ("page", "'; drop table users"),
        ("mode", "submarine"),
        ("heading", "01%"),
        ("origin", "<b"),
        ("earliest", "nan"),
        ("left", "inf"),
        ("mine", "yes"),
    ],
)
def test_what_is_not_known_is_as_if_it_were_not_asked(name: str, text: str) -> None:
    assert Asked.of_query({name: text}) == Asked()


def test_a_saved_view_means_the_same_tomorrow() -> None:
    asked = Asked(list=7, page=3, mode="air", earliest=-2, latest=6, left=4, undecided=True)
    kept = asked.to_view()
    assert "list" not in kept
    assert "page" not in kept
    again = Asked.of_query(kept)
    tomorrow = NOW + pd.Timedelta(days=1)
    assert again.filters(tomorrow) == Filters(
        mode="air",
        arrives_from=tomorrow - pd.Timedelta(hours=2),
        arrives_until=tomorrow + pd.Timedelta(hours=6),
        hours_left=4.0,
        undecided=True,
    )
    assert Asked().filters(NOW) == Filters()


def test_how_many_filters_are_set() -> None:
    assert Asked(text="x", mine=True).narrowed == 0
    assert Asked(mode="air", earliest=-1, left=4).narrowed == 3
    assert replace(Asked(), listed=True).of_lists
    assert not Asked(mine=True).of_lists


def test_choices_are_what_the_day_has_and_what_is_chosen() -> None:
    frame = pd.DataFrame({"location": ["T2", "", "T1", "T2"]})
    assert day_query.choices(frame, "location", "gone") == ["", "T1", "T2", "gone"]
