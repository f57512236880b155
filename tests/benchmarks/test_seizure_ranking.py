import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.documented_seizures import cases as case_file
from benchmarks.documented_seizures import events, ranking, report

scores = st.lists(st.integers(0, 5), min_size=1, max_size=40)


@given(st.integers(0, 5), scores, st.floats(0.01, 1.0))
def test_chance_of_being_caught_is_that_of_a_random_tie_break(case, background, top):
    before, upto = ranking.standing(case, np.array(background))
    chance = ranking.caught(np.array([before]), np.array([upto]), top)[0]
    size = len(background) + 1
    above = sum(score > case for score in background)
    level = sum(score == case for score in background) + 1
    open_slots = min(max(top * size - above, 0), level)
    assert chance == pytest.approx(open_slots / level)


@given(scores)
def test_everybody_together_fills_the_slots_exactly(values):
    values = np.array([*values, 3])
    places = [ranking.standing(values[i], np.delete(values, i)) for i in range(len(values))]
    before, upto = np.array(places).T
    for top in ranking.TOPS:
        assert ranking.caught(before, upto, top).mean() == pytest.approx(top)


def test_recall_interval_draws_events_and_not_cases():
    hits = np.array([1.0] * 30 + [0.0, 1.0, 0.0, 1.0, 0.0])
    together = ranking.recall(hits, np.array([0] * 30 + [1, 2, 3, 4, 5]))
    apart = ranking.recall(hits, np.arange(35))
    assert together[0] == apart[0] == hits.mean()
    assert together[2] - together[1] > apart[2] - apart[1]
    assert all(np.isnan(ranking.recall(np.array([]), np.array([]))))


@pytest.fixture(scope="module")
def cases(case_path):
    table = case_file.read(case_path)
    table["event"] = events.group(table)
    table["fold"] = events.folds(table, table["event"].to_numpy())
    return table


@pytest.fixture(scope="module")
def scored(cases):
    generator = np.random.default_rng(5)
    rows = []
    for case_id in cases["case_id"]:
        for part, count in (("case", 1), ("control", 1), ("base", 40), ("origin", 4), ("goods", 4)):
            for _ in range(count):
                engine = 9.0 if part == "case" and case_id != "A4" else generator.random()
                word = "toys" if generator.random() < 0.5 else "steel coils"
                rows.append((case_id, part, word, engine, 0.0, 0.0, generator.random()))
    columns = ["case_id", "part", "goods_description", "engine", "red_flags", "mechanical", "random"]
    return pd.DataFrame(rows, columns=columns)


def test_standings_rank_the_case_first_and_level_scores_in_the_middle(scored, cases):
    first = report.standings(scored, cases, "engine").set_index("case_id")
    assert (first.drop(index="A4")["before"] == 0).all()
    assert first.loc["A4", "before"] > 0
    level = report.standings(scored, cases, "red_flags")
    assert np.allclose(level["percentile"], 0.5)


def test_report_keeps_undeclared_cases_apart_and_small_groups_inestimable(scored, cases):
    places = report.standings(scored, cases, "engine")
    assert "A8" not in set(report.declared(places)["case_id"])
    table = report.recall_table(report.declared(places))
    assert "| all | 9 |" in table
    assert "not estimable" in table
    lines = report.comparison({"engine": places, "level": report.standings(scored, cases, "red_flags")})
    assert lines.splitlines()[-1].startswith("| level | 0.01 ")


def test_case_table_starts_with_the_worst_place(scored, cases):
    table = report.case_table(scored, cases)
    assert table["case_id"].iloc[0] == "A4"
    assert table["percentile"].is_monotonic_decreasing
    assert "A4" not in report.weak_kinds(table)
    assert report.weak_kinds(table).count("\n") >= 5


def test_controls_are_written_with_their_figures(scored, cases):
    text = report.control_lines(scored, cases)
    assert "Kolmogorov-Smirnov distance" in text
    assert text.count("AUC") == 4
