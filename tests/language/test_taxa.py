"""Names of taxa: found by what officers call them, in any language."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk import taxa
from risk.language import LANGUAGES


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_taxon_has_a_name_in_every_language(code):
    for each in taxa.taxa():
        assert each.name(code)
        assert all(name == name.strip() and "|" not in name for name in each.names[code])


def test_scientific_names_are_unique():
    names = [each.scientific for each in taxa.taxa()]
    assert len(names) == len(set(names)) >= 80


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_name_is_found_by_itself_and_by_its_beginning(code):
    for each in taxa.taxa():
        for name in each.names[code]:
            assert each in taxa.search_taxa(name, code, most=30)
            beginning = name[: max(2, len(name) // 2)]
            assert each in taxa.search_taxa(beginning, code, most=len(taxa.taxa()))


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        *[("ivory", "Elephantidae"), ("NGA VOI", "Elephantidae"), ("งาช้าง", "Elephantidae")],
        *[
            ("象牙", "Elephantidae"),
            ("marfim", "Elephantidae"),
            ("ភ្លុក", "Elephantidae"),
            ("عاج", "Elephantidae"),
        ],
        *[("défense d'éléphant", "Elephantidae"), ("pangolin", "Manidae"), ("rhino horn", "Rhinocerotidae")],
        *[("african grey", "Psittacus erithacus"), ("panthera TIGRIS", "Panthera tigris")],
        *[
            ("hippocampe", "Hippocampus"),
            ("sea turtle", "Cheloniidae"),
            ("أفعى", "Serpentes"),
            ("افعي", "Serpentes"),
        ],
    ],
)
def test_what_officers_call_it_comes_first(asked, expected):
    assert taxa.search_taxa(asked)[0].scientific == expected


def test_the_language_asked_for_comes_first():
    # "cobra" is any snake in Portuguese.
    assert taxa.search_taxa("cobra", "pt")[0].scientific == "Serpentes"
    assert taxa.search_taxa("tigre", "pt")[0].scientific == "Panthera tigris"


@given(st.text(max_size=40), st.sampled_from(LANGUAGES))
def test_any_text_finds_few_or_nothing_and_never_breaks(text, code):
    found = taxa.search_taxa(text, code, most=5)
    assert len(found) <= 5
    assert len({each.scientific for each in found}) == len(found)


@given(st.sampled_from([name for each in taxa.taxa() for name in each.names["vi"]]))
def test_composed_and_decomposed_letters_are_the_same(name):
    assert taxa.fold(unicodedata.normalize("NFD", name)) == taxa.fold(unicodedata.normalize("NFC", name))


def test_a_long_text_costs_no_more_than_a_short_one():
    assert taxa.search_taxa("x" * 1_000_000) == []


def test_a_name_that_is_not_in_the_table_stays():
    assert taxa.taxon_name("Nasua nasua", "km") == "Nasua nasua"
    assert taxa.taxon_name("Manidae", "fr") == "pangolin"
