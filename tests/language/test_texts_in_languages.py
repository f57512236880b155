"""What was told in English whatever the language: exports, animals of a drill, what a check found."""

import json
import tomllib
from dataclasses import asdict
from pathlib import Path

import pytest

from app import uploader, words
from app.views import ledger
from features.places import trade
from risk import labels, taxa
from risk.language import LANGUAGES, gettext
from risk.store.checking import Checked, line_of

OTHERS = LANGUAGES[1:]


def exports() -> set[str]:
    texts = [text for text in trade.trade().main_exports if isinstance(text, str)]
    return {part for text in texts for part in text.split("; ")}


@pytest.mark.parametrize("code", OTHERS)
def test_what_a_country_exports_is_told_in_the_language(code: str) -> None:
    told = labels.listed("crude oil; copper foil", code)
    assert "crude" not in told
    assert "foil" not in told
    alike = [text for text in exports() if labels.listed(text, code) == text]
    assert len(alike) < 8  # "coke", "caviar": words some languages share
    assert labels.listed("Gold; cars", "en") == "gold, cars"


def hidden_in_drills() -> set[str]:
    found: set[str] = set()
    for scheme in tomllib.loads(Path("data_samples/schemes.toml").read_text("utf-8")).values():
        for each in scheme if isinstance(scheme, list) else [scheme]:
            for value in (each, *(each.values() if isinstance(each, dict) else ())):
                for name in ("taxa", "taxon"):
                    if isinstance(value, dict) and isinstance(value.get(name), dict):
                        found |= set(value[name])
    return found


@pytest.mark.parametrize("code", ["th", "zh", "km", "ar"])
def test_animals_hidden_in_a_drill_have_names(code: str) -> None:
    hidden = hidden_in_drills()
    assert len(hidden) > 50
    alike = {name for name in hidden if taxa.animal(name, code) == name.replace("_", " ")}
    assert alike <= {"Dudleya", "Conophytum"}
    assert taxa.animal("no such animal", code) == "No such animal"


@pytest.mark.parametrize("code", LANGUAGES)
def test_what_a_check_found_is_told_in_the_language(code: str) -> None:
    found = Checked("photos", "holds", (line_of("{n} photos are unchanged", n=1234),))
    data = {"name": "photos", "state": "holds", "told": found.told, "said": [vars(one) for one in found.said]}
    holds, (check,) = ledger.checks({"holds": True, "checks": [data]}, code)
    assert holds
    assert found.told == "1,234 photos are unchanged"
    assert (check.told == found.told) == (code == "en")
    assert "234" in check.told
    # One of an earlier version of the program has English alone.
    assert ledger.checks({"checks": [data | {"said": []}]}, code)[1][0].told == found.told


@pytest.mark.parametrize("code", LANGUAGES)
def test_what_does_not_hold_is_told_in_the_language(code: str) -> None:
    score = {"row": "1234", "fault": line_of("its record was changed")}
    wrong = (line_of("score {row}: {fault}", **score), line_of("and {n} more", n=2))
    found = Checked("records", "broken", (line_of("{n} faults", n=3),), wrong)
    # As the job's result keeps it.
    data = json.loads(json.dumps(asdict(found)))
    _, (check,) = ledger.checks({"checks": [data]}, code)
    assert [str(each) for each in wrong] == ["score 1234: its record was changed", "and 2 more"]
    assert "1234" in check.problems[0]
    for told, english in zip(check.problems, map(str, wrong), strict=True):
        assert (told == english) == (code == "en")
    assert ("its record was changed" in check.problems[0]) == (code == "en")
    for text, values in (
        ("row {missing} is missing", {"missing": "1188"}),
        ("the ledger ends at row {last}; row {printed} was printed: its end was cut off", {"last": "1188"}),
        ("{bill} was chosen otherwise", {"bill": "MSKU-1188"}),
        ("{column}: the record says {recorded}, the score's row {told}", {"column": "risk 1188"}),
    ):
        names = dict.fromkeys(("printed", "recorded", "told"), "9")
        fault = line_of("row {row}: {fault}", row="7", fault=line_of(text, **{**names, **values}))
        data["problems"] = json.loads(json.dumps([asdict(fault)]))
        (told,) = ledger.checks({"checks": [data]}, code)[1][0].problems
        assert "1188" in told
        assert (told == str(fault)) == (code == "en")
    # One of an earlier version of the program has English alone.
    data["problems"] = ["score 5: gone"]
    assert ledger.checks({"checks": [data]}, code)[1][0].problems == ("score 5: gone",)


@pytest.mark.parametrize("code", OTHERS)
def test_the_button_for_files_has_words_of_the_language(code: str) -> None:
    with words.speaking(code):
        assert gettext("Choose files", code) in uploader.style()
