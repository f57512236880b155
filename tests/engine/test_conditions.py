"""The starter model ranks with fields missing and on a port's first days."""

import pytest

from benchmarks import conditions

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def by_fields(engine):
    made = conditions.days_of("north_america", days=6, per_day=700, seed=3)
    return conditions.by_fields(engine, made)


def test_nothing_breaks_and_little_is_lost_without_any_one_group_of_fields(by_fields):
    whole = by_fields["everything"]["AUC"]
    assert whole > 0.75
    for name, figures in by_fields.items():
        if name.startswith("without"):
            assert figures["AUC"] > whole - 0.12, name


def test_it_ranks_on_the_eight_fields_of_a_cargo_manifest(by_fields):
    assert by_fields["only the eight fields of a cargo manifest"]["AUC"] > 0.65
    assert by_fields["only the description and the ports"]["AUC"] > 0.6


def test_it_ranks_on_the_first_day_the_thirtieth_and_after_a_year(engine):
    made = conditions.days_of("north_america", days=385, per_day=60, seed=4)
    figures = conditions.by_age(engine, made)
    assert len(figures) == 2 * len(conditions.AGES)
    for name, values in figures.items():
        assert values["AUC"] > 0.65, name
    # Before 90 days there is no history: the past then changes nothing.
    assert figures["day 1 to 20, with its past"] == figures["day 1 to 20, past not used"]
