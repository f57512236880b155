"""The command line: helps, messages, exit codes, files, and words."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from risk.commands import COMMANDS, cli
from risk.commands.reference import render

ROOT = Path(__file__).parents[2]


def run(*words):
    return CliRunner().invoke(cli, [str(w) for w in words], prog_name="wildcargo")


def python(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)


def test_help_loads_nothing_heavy_and_answers_at_once():
    code = (
        "import sys\nfrom risk.commands import cli\n"
        "try: cli(['--help'], prog_name='wildcargo')\nexcept SystemExit: pass\n"
        "print([m for m in ('pandas','numpy','lightgbm','shap','pyarrow') if m in sys.modules])"
    )
    started = time.perf_counter()
    done = python(code)
    took = time.perf_counter() - started
    assert done.stdout.strip().endswith("[]"), done.stderr
    assert took < 5  # a loaded machine; alone it takes a tenth of a second


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name):
    done = run(name, "--help")
    assert done.exit_code == 0
    assert "Usage: wildcargo" in done.stdout


def test_the_reference_is_up_to_date():
    written = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    assert written == render(), "run: python -m risk.commands.reference > docs/cli.md"


def test_version():
    assert run("--version").stdout.startswith("wildcargo ")


def test_a_day_is_scored_and_every_row_accounted_for(bundle_dir, day_file, tmp_path):
    out = tmp_path / "list.csv"
    done = run(
        "score", day_file, "--model", bundle_dir, "--capacity", "10", "--out", out, "--now", "2026-02-01"
    )
    assert done.exit_code == 0, done.output
    assert "Rows read: 60 = 60 scored + 0 rejected" in done.stdout
    frame = pd.read_csv(out, keep_default_na=False)
    assert list(frame["rank"]) == list(range(1, 61))
    assert frame["risk"].is_monotonic_decreasing
    assert (frame["selected_by"] == "model").sum() == 9
    assert (frame["selected_by"] == "random").sum() == 1
    assert frame["selection_probability"].sum() == pytest.approx(10)
    assert set(frame["risk_basis"]) == {"prior"}
    assert len(set(frame["list_id"])) == 1
    assert (frame["reason_1"] != "").all()
    assert (tmp_path / "list.records.parquet").exists()
    assert "not known for this port" in done.stdout
    assert "is not cleared" in done.stdout
    assert "a low rank clears nothing" in done.stdout
    lowered = (done.stdout + out.read_text(encoding="utf-8")).lower()
    assert not any(word in lowered for word in (" safe", "smuggl", "guilty", " nan"))
    assert max(map(len, done.stdout.splitlines())) <= 100 + len(str(tmp_path))


def test_the_list_holds_what_is_needed_to_find_a_shipment(bundle_dir, port, tmp_path):
    table = port(30, seed=5).drop(columns=["inspected_at", "inspection_type", "outcome"])
    table["arrives_at"] = pd.Timestamp("2026-02-01 10:30")
    table["container_ids"] = pd.Series(["=HYPERLINK(1)"] * 30, dtype="str")
    table.loc[0, "consignee_name"] = "+cmd|calc \x1b[31mRED"
    table.loc[0, "shipment_id"] = "FIRST"
    day, out = tmp_path / "day.parquet", tmp_path / "list.csv"
    table.to_parquet(day)
    call = ("score", day, "--model", bundle_dir, "--out", out, "--now", "2026-02-01T08:00")
    done = run(*call, "--capacity", "30")
    assert done.exit_code == 0, done.output
    frame = pd.read_csv(out, keep_default_na=False).set_index("shipment_id")
    first = frame.loc["FIRST"]
    assert first["consignee_name"] == "'+cmd|calc [31mRED" or first["consignee_name"].startswith("'+cmd")
    declared = table.set_index("shipment_id")
    assert (frame["goods_description"] == declared.loc[frame.index, "goods_description"]).all()
    assert (frame["gross_weight_kg"] == declared.loc[frame.index, "gross_weight_kg"]).all()
    assert not frame["container_ids"].str.startswith("=").any()
    assert "arrives 2026-02-01 10:30 UTC, in 2 h 30 min" in done.stdout
    assert "→ Hong Kong" in done.stdout
    assert "\x1b" not in done.stdout


def test_the_same_call_gives_the_same_bytes(bundle_dir, day_file, tmp_path):
    texts = []
    for name in ("a", "b"):
        out = tmp_path / f"{name}.csv"
        call = ("score", day_file, "--model", bundle_dir, "--capacity", "sea=3,air=2", "--out", out)
        done = run(*call, "--now", "2026-02-01", "--seed", "of our own")
        assert done.exit_code == 0
        assert "of our own" not in done.stdout
        assert b"of our own" not in (tmp_path / f"{name}.records.parquet").read_bytes()
        texts.append((out.read_bytes(), (tmp_path / f"{name}.records.parquet").read_bytes()))
    assert texts[0] == texts[1]


def test_without_a_seed_nobody_foresees_the_draw_and_it_can_be_made_again(bundle_dir, day_file, tmp_path):
    def listed(name, *words):
        out = tmp_path / f"{name}.csv"
        call = ("score", day_file, "--model", bundle_dir, "--capacity", "20", "--random-share", "0.5")
        done = run(*call, "--out", out, "--now", "2026-02-01", *words)
        assert done.exit_code == 0, done.output
        return done.stdout, pd.read_csv(out, keep_default_na=False).set_index("shipment_id")

    (told, one), (_, two) = listed("one"), listed("two")
    of_the_draw = ["selected_by", "list_id", "pool"]
    pd.testing.assert_frame_equal(one.drop(columns=of_the_draw), two.drop(columns=of_the_draw))
    assert (one["selected_by"] != two["selected_by"]).any()
    key = re.search(r"--seed ([0-9a-f]{16}) makes the same list again", told)[1]
    _, again = listed("again", "--seed", key)
    pd.testing.assert_frame_equal(one, again)
    records = tmp_path / "one.records.parquet"
    replayed = run("replay", one.index[0], "--records", records, "--model", bundle_dir)
    assert f"--seed {key} makes the same list again" in replayed.stdout
    replayed = run(
        "replay", one.index[0], "--records", tmp_path / "again.records.parquet", "--model", bundle_dir
    )
    assert "--seed" not in replayed.stdout
    assert "the port's own" in replayed.stdout


def test_without_a_capacity_nothing_is_drawn_and_no_seed_matters(bundle_dir, day_file, tmp_path):
    texts = set()
    for name, words in (("a", ()), ("b", ()), ("c", ("--seed", "9"))):
        out = tmp_path / f"{name}.csv"
        done = run("score", day_file, "--model", bundle_dir, "--out", out, "--now", "2026-02-01", *words)
        assert "Draw:" not in done.stdout
        texts.add((out.read_bytes(), (tmp_path / f"{name}.records.parquet").read_bytes()))
    assert len(texts) == 1


def test_replay_gives_the_same_score_and_names_what_differs(bundle_dir, day_file, tmp_path):
    out = tmp_path / "list.parquet"
    run("score", day_file, "--model", bundle_dir, "--out", out, "--now", "2026-02-01")
    records = tmp_path / "list.records.parquet"
    first = pd.read_parquet(out)["shipment_id"].iloc[0]
    done = run("replay", first, "--records", records, "--model", bundle_dir)
    assert done.exit_code == 0, done.output
    assert "same to the bit" in done.stdout
    for said in ("What the number rests on", "learnt from", "calibrated on", "wildlife products", "average"):
        assert said in done.stdout
    every = run("replay", first, "--records", records, "--model", bundle_dir, "--all").stdout
    assert "more value" not in every
    assert every.count("[") >= done.stdout.count("[")
    assert not any(word in every.lower() for word in (" safe", "smuggl", "guilty", " nan"))
    table = pd.read_parquet(records)
    column = table.columns[table.columns.str.startswith("margin.")][0]
    _tamper(records, column)
    done = run("replay", first, "--records", records, "--model", bundle_dir)
    assert done.exit_code == 1
    assert column in done.stderr


def _tamper(path, column):
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    place = table.column_names.index(column)
    changed = pc.add(table.column(column), pa.scalar(1e-12))
    pq.write_table(table.set_column(place, column, changed), path)


def test_bad_cells_are_noted_and_bad_rows_rejected(bundle_dir, tmp_path):
    day = tmp_path / "day.csv"
    day.write_text(
        "shipment_id,goods_description,gross_weight_kg,packages\n"
        'A1,"{0.__class__} =cmd()",abc,10\n,no number,5,5\nA2,toys,100,10\n',
        encoding="utf-8",
    )
    out = tmp_path / "list.csv"
    done = run("score", day, "--model", bundle_dir, "--out", out, "--now", "2026-02-01")
    assert done.exit_code == 0, done.output
    assert "Rows read: 3 = 2 scored + 1 rejected" in done.stdout
    notes = pd.read_csv(out, keep_default_na=False).set_index("shipment_id")["notes"]
    assert "abc" in notes["A1"]
    assert notes["A2"] == ""
    assert re.search(r"values left out or in doubt\s+\(gross_weight_kg\s+on\s+1;", done.output)
    out.unlink()
    done = run("score", day, "--model", bundle_dir, "--out", out, "--strict", "--now", "2026-02-01")
    assert done.exit_code == 2
    assert not out.exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("none.csv", "--out", "OUT/a.csv"), "none.csv: no such file"),
        (("DAY", "--out", "OUT/a.xlsx"), "unknown kind of file"),
        (("DAY", "--out", "OUT/none/a.csv"), "no such folder"),
        (("DAY", "--out", "OUT/a.csv", "--capacity", "sea=x,ship=3"), "'x' is not a whole number"),
        (("DAY", "--out", "OUT/a.csv", "--capacity", "0"), "adds up to 0"),
        (("DAY", "--out", "OUT/a.csv", "--random-share", "0"), "random share 0"),
        (("DAY", "--out", "OUT/a.csv", "--state", "OUT/nothing"), "state"),
        (("DAY", "--out", "OUT/a.csv", "--model", "OUT"), "manifest.json"),
        (("DAY", "--out", "OUT/a.csv", "--mapping", "DAY"), "day.csv"),
        (("DAY", "--out", "OUT/a.csv", "--now", "yesterday-ish"), "--now"),
        (("OUT", "--out", "OUT/a.csv"), "which is read whole"),
    ],
)
def test_a_wrong_call_ends_with_2_and_one_clear_message(words, said, bundle_dir, day_file, tmp_path):
    words = [str(day_file) if w == "DAY" else w.replace("OUT", str(tmp_path)) for w in words]
    if "--model" not in words:
        words += ["--model", str(bundle_dir)]
    before = sorted(tmp_path.iterdir())
    done = run("score", *words)
    assert done.exit_code == 2, done.output
    assert said in done.stderr
    assert "Traceback" not in done.output
    assert "fault in the program" not in done.output
    assert sorted(tmp_path.iterdir()) == before


def test_a_broken_bundle_is_named(bundle_dir, day_file, tmp_path):
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(bundle_dir, copy)
    (copy / "bundle.json").write_text("{}", encoding="utf-8")
    done = run("score", day_file, "--model", copy, "--out", tmp_path / "a.csv")
    assert done.exit_code == 2
    assert "bundle.json" in done.stderr


def test_a_model_of_other_definitions_scores_nothing_but_past_scores_replay(
    monkeypatch, bundle_dir, day_file, tmp_path
):
    from dataclasses import replace

    from features import matrix

    out = tmp_path / "a.csv"
    call = ("score", day_file, "--model", bundle_dir, "--out", out)
    assert run(*call).exit_code == 0
    first = pd.read_csv(out)["shipment_id"].iloc[0]
    out.unlink()
    entries = tuple(replace(f, unit="lb") if f.name == "kg_per_package" else f for f in matrix.features())
    monkeypatch.setattr(matrix, "features", lambda: entries)
    done = run(*call)
    assert done.exit_code == 2
    assert "other definitions of its features" in done.stderr
    assert "train it again" in done.stderr
    assert not out.exists()
    records = tmp_path / "a.records.parquet"
    assert run("replay", first, "--records", records, "--model", bundle_dir).exit_code == 0


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (KeyboardInterrupt(), 130, "stopped"),
        (OSError(28, "No space left on device"), 1, "no space left"),
        (RuntimeError("odd"), 1, "fault in the program"),
    ],
)
def test_what_goes_wrong_midway_leaves_nothing(
    monkeypatch, error, code, said, bundle_dir, day_file, tmp_path
):
    from risk import writing

    def broken(*_, **__):
        raise error

    monkeypatch.setattr(writing, "write", broken)
    before = sorted(tmp_path.iterdir())
    done = run("score", day_file, "--model", bundle_dir, "--out", tmp_path / "a.csv")
    assert done.exit_code == code
    assert said in done.stderr
    assert sorted(tmp_path.iterdir()) == before


@pytest.fixture
def small_model(tmp_path, port):
    """A model of five features, so that the agreed output does not change with every new feature."""
    from features import matrix
    from features.view import prepare
    from models import boosting, bundle
    from models.training import Options, TrainingSet, train

    names = ("kg_per_package", "value_per_kg", "origin_goods_share", "wildlife_words", "route_mode")
    entries = [f for f in matrix.features() if f.name in names]
    table = port(900)
    view = prepare(table)
    options = Options(
        validation="blocks",
        test=0.0,
        rounds=40,
        minimum_training_finds=10,
        settings=tuple(boosting.SETTINGS)[:1],
    )
    bundle.save(
        train([TrainingSet("made up", matrix.build(view), view.table)], entries, options), tmp_path / "model"
    )


def test_the_terminal_output_is_the_one_agreed_on(small_model, day_file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with day_file.open("a", encoding="utf-8") as stream:
        stream.write(",M1,sea\n")
    done = run(
        "score",
        "day.csv",
        "--model",
        "model",
        "--capacity",
        "sea=4,air=1,post=2",
        "--seed",
        "0",
        "--out",
        "list.csv",
    )
    text = re.sub(r"(Model|List):( +)[0-9a-f]{12}", r"\1:\2ID", done.stdout)
    golden = Path(__file__).with_name("golden_score.txt")
    if os.environ.get("WILDCARGO_WRITE_GOLDEN"):
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8"), "if meant: WILDCARGO_WRITE_GOLDEN=1 pytest …"


def test_evaluate_prints_a_model_beside_its_baselines(bundle_dir, port, tmp_path):
    table = port(900)
    table.to_parquet(tmp_path / "history.parquet", index=False)
    report = tmp_path / "report.json"
    call = ("evaluate", bundle_dir, tmp_path / "history.parquet", "--test-share", "0.3", "--replicates", "20")
    done = run(*call, "--json", report)
    assert done.exit_code == 0, done.output
    for name in ("model", "random", "scorecard", "look up", "logistic", "raw lightgbm"):
        assert f"| {name} |" in done.stdout
    assert report.read_text(encoding="utf-8").startswith("{")
    asked = run(*call, "--traffic")
    assert (
        "weighted to speak for all traffic" in asked.stdout or "nothing here speaks for all" in asked.stdout
    )
    assert len(asked.stdout) > len(done.stdout)


def test_mapping_convert_and_features_do_what_they_say(day_file, tmp_path):
    import tomllib

    proposed = run("mapping", day_file)
    assert tomllib.loads(proposed.stdout)["columns"]["shipment_id"]
    written = tmp_path / "port.toml"
    assert run("mapping", day_file, "--out", written).exit_code == 0
    out = tmp_path / "table.parquet"
    done = run("convert", day_file, "--mapping", written, "--out", out, "--now", "2026-02-01")
    assert done.exit_code == 0, done.output
    assert len(pd.read_parquet(out)) == 60
    listed = run("features", "--family", "words")
    assert "wildlife_words" in listed.stdout
    assert run("features", "--family", "none").exit_code == 2


def test_a_state_is_kept_merged_and_used(bundle_dir, port, day_file, tmp_path):
    history = tmp_path / "history.parquet"
    port(2400, seed=8, start="2025-08-01").to_parquet(history, index=False)
    one, two, both = (tmp_path / n for n in ("one", "two", "both"))
    assert run("state", "update", history, "--state", one).exit_code == 0
    assert run("state", "update", history, "--state", one).exit_code == 0
    assert run("state", "update", day_file, "--state", two).exit_code == 0
    assert run("state", "merge", one, two, "--state", both).exit_code == 0
    assert "2,460 shipments" in run("state", "show", "--state", both).stdout
    done = run("score", day_file, "--state", one, "--model", bundle_dir, "--out", tmp_path / "list.csv")
    assert done.exit_code == 0, done.output
    assert re.search(
        r"^Past: +2,400 shipments, 2025-0[78]-\d\d to 20\d\d-\d\d-\d\d", done.output, re.MULTILINE
    )
    assert run("state", "show", "--state", tmp_path / "none").exit_code == 2


def test_simulate_replaces_what_it_made_and_never_a_port_s_own_history(port, tmp_path):
    words = ("simulate", "--days", "1", "--per-day", "20", "--slots-per-day", "5", "--out", tmp_path / "port")
    assert run(*words).exit_code == 0
    assert run(*words).exit_code == 0
    own = tmp_path / "port" / "manifests.parquet"
    (tmp_path / "port" / "truth.parquet").unlink()
    port(30).to_parquet(own, index=False)
    before = own.read_bytes()
    done = run(*words)
    assert done.exit_code == 2
    assert "not simulated" in done.output
    assert own.read_bytes() == before


def test_a_state_keeps_the_first_version_of_an_amended_shipment(port, tmp_path):
    from features.history import State

    rows = port(40, seed=8)[["shipment_id", "known_at", "shipper_name", "goods_description", "packages"]]
    late = rows.iloc[:1].assign(known_at=rows["known_at"] + pd.Timedelta(days=9), packages=7.0)
    pd.concat([rows, late]).to_parquet(tmp_path / "two.parquet", index=False)
    rows.to_parquet(tmp_path / "first.parquet", index=False)
    late.to_parquet(tmp_path / "late.parquet", index=False)
    for name in ("two.parquet", "first.parquet", "late.parquet"):
        folder = tmp_path / ("together" if name == "two.parquet" else "apart")
        assert run("state", "update", tmp_path / name, "--state", folder).exit_code == 0
    together, apart = State.load(tmp_path / "together"), State.load(tmp_path / "apart")
    assert len(together.shipments) == 41
    assert together == apart
