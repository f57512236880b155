"""Histories as no port should keep them: refused in words, or used with every loss listed."""

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from risk.commands import cli


def run(*words):
    done = CliRunner().invoke(cli, [str(w) for w in words], prog_name="wildcargo")
    assert done.exit_code in (0, 2), done.output
    assert "Traceback" not in done.output
    return done


def history(path, table, **changes):
    table = table.assign(**changes)
    for name in [n for n, kind in table.dtypes.items() if kind.kind == "O"]:
        table[name] = table[name].astype("str")
    table.to_parquet(path, index=False)
    return path


#: What is done to a sound history, and what the refusal must say.
REFUSED = {
    "no outcomes": (lambda t: t.drop(columns="outcome"), "no inspected shipment with an outcome"),
    "no times of inspection": (lambda t: t.drop(columns="inspected_at"), "no inspected shipment"),
    "no numbers of bills": (lambda t: t.drop(columns="shipment_id"), "shipment_id"),
    "nothing found": (lambda t: t.assign(outcome="clean"), "no head can be trained"),
    "everything found": (lambda t: t.assign(outcome="live_animals"), "0 rows without such a find"),
    "unknown words": (lambda t: t.assign(outcome=t["outcome"].replace("clean", "fine")), "'fine' in"),
    "no outcome in known words": (lambda t: t.assign(outcome="fine"), "'fine' in"),
    "one bill": (lambda t: t.assign(shipment_id="X"), "no head can be trained"),
    "one row": (lambda t: t.head(1), "no head can be trained"),
    "one day": (lambda t: t.assign(known_at=t["known_at"].iloc[0]), "day"),
    "known after the find": (
        lambda t: t.assign(inspected_at=t["known_at"] - pd.Timedelta(days=2)),
        "shipment BL",
    ),
    "years that cannot be": (lambda t: t.assign(known_at="2199-01-01", inspected_at="2199-01-02"), "2199"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_history_that_teaches_nothing_is_refused_with_the_reason(port, tmp_path, name):
    change, says = REFUSED[name]
    file = history(tmp_path / "h.parquet", change(port(300)))
    done = run("train", file, "--out", tmp_path / "model")
    assert done.exit_code == 2
    assert says in done.output
    assert [p.name for p in tmp_path.iterdir()] == ["h.parquet"]


def test_every_unknown_word_is_named_with_its_rows(port, tmp_path):
    table = port(60)
    outcome = ["fine"] * 20 + ["super"] * 3 + ["clean"] * 37
    said = run(
        "train", history(tmp_path / "h.parquet", table, outcome=outcome), "--out", tmp_path / "m"
    ).output
    assert "outcome 'fine' in 20 rows" in said
    assert "outcome 'super' in 3 rows" in said
    assert "[values.outcome]" in said


def test_a_file_of_outcomes_in_unknown_words_is_refused_too(port, tmp_path):
    table = port(30)
    table[["shipment_id", "inspected_at"]].assign(outcome="fine").to_csv(tmp_path / "o.csv", index=False)
    day = history(tmp_path / "d.parquet", table.drop(columns=["outcome", "inspected_at", "inspection_type"]))
    for words in (
        ["train", day, "--out", tmp_path / "m"],
        ["state", "update", day, "--state", tmp_path / "s"],
    ):
        done = run(*words, "--outcomes", tmp_path / "o.csv")
        assert done.exit_code == 2
        assert "'fine' in 30 rows" in done.output


@pytest.mark.parametrize("value", [-1.0, "often"])
def test_probabilities_that_are_none_are_listed(port, tmp_path, bundle_dir, value):
    file = history(tmp_path / "h.parquet", port(300), selection_probability=value, selected_by="random")
    done = run("evaluate", bundle_dir, file, "--replicates", 20)
    assert done.exit_code == 0, done.output
    assert "300 rows or values could not be used" in done.output
    assert "selection_probability" in done.output
    assert "280 more" in done.output


@pytest.mark.parametrize("value", [0.0, np.nan])
def test_probabilities_of_nothing_are_no_fault(port, tmp_path, bundle_dir, value):
    file = history(tmp_path / "h.parquet", port(300), selection_probability=value, selected_by="random")
    assert run("evaluate", bundle_dir, file, "--replicates", 20).exit_code == 0


@pytest.mark.parametrize("outcome", ["clean", "live_animals"])
def test_a_model_is_measured_on_one_kind_of_outcome_without_a_fault(port, tmp_path, bundle_dir, outcome):
    done = run("evaluate", bundle_dir, history(tmp_path / "h.parquet", port(300), outcome=outcome))
    assert done.exit_code == 0
    assert "ot estimable" in done.output


def test_values_not_used_of_a_file_of_outcomes_are_listed(port, tmp_path, bundle_dir):
    table = port(300)
    outcomes = table[["shipment_id", "inspected_at", "outcome"]].assign(inspection_type="smelt at")
    outcomes.to_csv(tmp_path / "o.csv", index=False)
    day = history(tmp_path / "d.parquet", table.drop(columns=["outcome", "inspected_at", "inspection_type"]))
    done = run("evaluate", bundle_dir, day, "--outcomes", tmp_path / "o.csv", "--replicates", 20)
    assert done.exit_code == 0, done.output
    assert "smelt at" in done.output
