"""What the pages of lists and rules show: days, grades, problems, faults of conditions."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.views import address
from app.views import lists as view
from risk import conditions
from risk.store.watch_listing import Entry
from risk.watch_entries import COLUMNS, LEAD_COLUMNS, New, Problem

NOW = pd.Timestamp("2026-11-22 04:00")


def entry(expires: str | None) -> Entry:
    ends = None if expires is None else pd.Timestamp(expires)
    new = New("word", "ivory", "r", "B2", valid_from=NOW, expires_at=ends)
    return Entry(1, False, new, "ana", None, NOW, None, "in_force")


@given(st.text(max_size=12))
def test_a_number_of_the_address_is_a_number_or_none(text: str) -> None:
    found = address.number(text)
    assert found is None or str(found) == text.lstrip("0") or text.strip("0") == ""


def test_hostile_numbers_are_none() -> None:
    hostile = ("", "-1", "1e3", "٣", "1 or 1=1", "9" * 5_000, "1.0", None)
    assert [address.number(text) for text in hostile] == [None] * len(hostile)


@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.sampled_from(["Asia/Hong_Kong", "America/Sao_Paulo"]))
def test_a_last_day_is_told_as_it_was_meant(day: date, zone: str) -> None:
    assert view.last_day(view.ends(day, zone), zone) == day
    begins, ends = view.begins(day, zone), view.ends(day, zone)
    assert begins is not None
    assert ends is not None
    assert pd.Timedelta(hours=22) <= ends - begins <= pd.Timedelta(hours=26)


def test_days_are_the_ports() -> None:
    assert view.begins(date(2026, 11, 30), "Asia/Hong_Kong") == pd.Timestamp("2026-11-29 16:00")
    assert view.ends(date(2026, 11, 30), "Asia/Hong_Kong") == pd.Timestamp("2026-11-30 16:00")
    assert view.begins(None, "UTC") is view.ends(None, "UTC") is view.last_day(None, "UTC") is None


def test_a_last_day_that_stays_keeps_its_hour() -> None:
    before = entry("2026-12-24 11:30")
    form = view.filled(before, "UTC")
    assert (form.first, form.last) == (None, date(2026, 12, 24))
    assert view.meant(form, "UTC", before).expires_at == pd.Timestamp("2026-12-24 11:30")
    longer = view.Filled(form.new, None, date(2026, 12, 25))
    assert view.meant(longer, "UTC", before).expires_at == pd.Timestamp("2026-12-26")
    assert view.meant(view.Filled(form.new), "UTC", before).expires_at is None


def test_grades_are_two_halves() -> None:
    assert view.graded("B2") == ("B", "2")
    assert [view.graded(text) for text in ("", "B", "2B", "Z9", "B22")] == [("", "")] * 5
    assert view.grade(*view.graded("X6")) == "X6"


def test_problems_are_told_by_row_once() -> None:
    a, b, c = Problem(7, "value", "t"), Problem(0, "file", "t"), Problem(7, "reason", "t")
    assert view.ordered([a, b, c, a]) == [b, a, c]


def test_pages_hold_all() -> None:
    assert [view.pages(count) for count in (0, 1, 50, 51, 20_000)] == [1, 1, 1, 2, 400]


def test_tables_have_the_columns_that_are_read() -> None:
    frame = view.leaving([New("phone", "+84 90", "r", restricted=True, floor=3, valid_from=NOW)])
    assert list(frame) == list(COLUMNS)
    row = frame.iloc[0]
    assert (row["value"], row["restricted"], row["floor"]) == ("+84 90", "yes", "3")
    assert row["valid_from"] == "2026-11-22T04:00:00Z"
    assert list(view.empty(leads=True)) == list(LEAD_COLUMNS)
    assert list(view.empty(leads=False)) == list(COLUMNS)


@pytest.mark.parametrize(
    ("condition", "here"),
    [
        ("mode = air and orign = CM", "orign"),
        ("mode = air and", ""),
        ("(mode = air", ""),
        ("mode = rocket", "rocket"),
        ("mode = air) or goods has x", ")"),
        ('goods has "x', '"x'),
    ],
)
def test_a_condition_is_marked_where_it_cannot_be_read(condition: str, here: str) -> None:
    with pytest.raises(conditions.ConditionError) as caught:
        conditions.parse(condition)
    fault = view.fault(condition, caught.value)
    assert fault.here == here
    assert fault.before + fault.here + fault.after == condition


@given(st.text(max_size=400))
def test_whatever_is_written_is_marked_within_it(text: str) -> None:
    try:
        conditions.parse(text)
    except conditions.ConditionError as error:
        fault = view.fault(text, error)
        assert fault.before.removeprefix("…") + fault.here + fault.after.removesuffix("…") in text + "…"
        assert len(fault.before + fault.here + fault.after) < 600


def test_of_a_very_long_condition_the_part_around_is_shown() -> None:
    text = "goods has x and " * 120 + "nonsense" * 100
    with pytest.raises(conditions.ConditionError) as caught:
        conditions.parse(text)
    fault = view.fault(text, caught.value)
    assert len(fault.before + fault.here + fault.after) < 600
