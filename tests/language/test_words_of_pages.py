"""Words of pages: whose language they are in, and outside text that stays text."""

import threading

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import words
from risk import language, vocabulary
from risk.store import decisions, inspections, overriding, roles, settings

_ = words._
AT = pd.Timestamp("2026-01-06 22:15")


def test_two_people_at_once_read_two_languages():
    told, both = {}, threading.Barrier(2)

    def read(code):
        with words.speaking(code):
            both.wait(5)
            told[code] = _("Route")
            both.wait(5)

    readers = [threading.Thread(target=read, args=(code,)) for code in ("fr", "zh")]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert told == {"fr": "Itinéraire", "zh": "路线"}
    assert _("Route") == "Route"


def test_an_unknown_language_and_an_unknown_text_are_english():
    with words.speaking("xx"):
        assert words.current() == "en"
    with words.speaking("km"):
        assert _("Nobody has translated this") == "Nobody has translated this"
        assert _("") == ""


@pytest.mark.parametrize("code", language.LANGUAGES)
def test_times_are_the_ports_and_missing_ones_are_empty(code):
    with words.speaking(code):
        assert words.moment(AT, "Africa/Nairobi").endswith("01:15")
        assert "7" in words.day(AT, "Africa/Nairobi")
        assert words.moment(None, "UTC") == words.day(pd.NaT, "UTC") == words.left(None, AT) == ""


def test_time_left_is_told_in_hours_then_days():
    assert words.left(AT + pd.Timedelta(minutes=125), AT) == "2 h 05 min"
    assert words.left(AT + pd.Timedelta(days=3), AT) == "3 days"
    assert words.left(AT, AT) == "over"


def test_numbers_are_the_languages():
    with words.speaking("pt"):
        assert words.percent(0.125, 1) == "12,5%"
    assert words.number(20000) == "20,000"


@pytest.mark.parametrize(
    ("kind", "codes"),
    [
        ("role", roles.ROLES),
        ("step", ("", *decisions.STEPS)),
        ("raise", overriding.RAISE),
        ("lower", overriding.LOWER),
        ("inspection", inspections.INSPECTIONS),
        ("why_not", inspections.WHY_NOT),
        ("found", inspections.FOUND),
        ("status", inspections.STATUSES),
        ("where", inspections.WHERE),
    ],
)
def test_every_code_has_words_of_its_own(kind, codes):
    assert list(vocabulary.WORDS[kind]) == list(codes)
    for code in language.LANGUAGES:
        told = vocabulary.words(kind, code)
        assert len(set(told.values())) == len(told)


def test_every_setting_is_named():
    assert set(vocabulary.WORDS["setting"]) == {each.name for each in settings.SETTINGS}


def test_a_code_without_words_is_told_as_it_is():
    assert vocabulary.word("step", "sent_on", "ar") == "Sent on"
    assert vocabulary.word("ledger", "thing.done", "en") == "Thing: done"


def test_what_was_not_inspected_is_not_called_clean():
    for code in language.LANGUAGES:
        assert vocabulary.word("inspection", "not_inspected", code) != vocabulary.word("found", "clean", code)


@given(st.text(max_size=80))
def test_outside_text_has_no_mark_left_that_markdown_takes(text):
    shown = words.plain(text)
    assert "\n" not in shown
    for position, sign in enumerate(shown):
        if sign in "`*_[]<>$:~|#&":
            assert shown[position - 1] == "\\"
