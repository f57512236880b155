"""An outcome is told in the same words wherever it is told."""

from app import outcome_words, words

ROW = {
    "inspection": "full",
    "why_not": None,
    "found": ["live_animals", "other_offence"],
    "status": "confirmed",
}
LEFT = {"inspection": "not_inspected", "why_not": "no_time", "found": None, "status": "confirmed"}


def test_what_was_done_and_found_is_told_once() -> None:
    assert outcome_words.whole(ROW) == "Full unload · Live animals · Other offence · Confirmed"
    assert outcome_words.found(ROW, ("live_animals",)) == "Live animals · Confirmed"


def test_what_was_not_inspected_says_why_and_tells_no_find() -> None:
    assert outcome_words.whole(LEFT) == outcome_words.done(LEFT) == "Not inspected: No time"
    assert outcome_words.found(LEFT) == ""


def test_it_is_in_the_language_of_who_looks() -> None:
    with words.speaking("ar"):
        assert "Live" not in outcome_words.whole(ROW)
