"""`wildcargo score --earlier`: what is said after a list was made is scored again; both scores are kept."""

from __future__ import annotations

import json
import os
import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from features import manifest
from features.manifest.messages import BY_NAME
from risk import earlier, records
from risk.commands import cli
from risk.engine import load_bundle

DECLARED = 6


def run(*words):
    return CliRunner().invoke(cli, [str(w) for w in words], prog_name="wildcargo")


@pytest.fixture(scope="module")
def day(port, tmp_path_factory):
    """A day of 60 shipments, its list, and declarations of six of them that come the next day."""
    folder = tmp_path_factory.mktemp("day")
    table = port(60, seed=5).drop(columns=["inspected_at", "inspection_type", "outcome"])
    table.to_csv(folder / "day.csv", index=False, date_format="%Y-%m-%dT%H:%M:%S")
    said = manifest.read(folder / "day.csv").table.iloc[:DECLARED].copy()
    said["declaration_id"] = pd.Series([f"2026 S {n}" for n in range(DECLARED)], dtype="str")
    said["lane"] = "red"
    said["hs_codes"] = "030743"
    said["known_at"] = pd.Timestamp("2026-02-02")
    with open(folder / "sad.xml", "wb") as stream:
        BY_NAME["sad"].write(said, stream)
    return folder


@pytest.fixture(scope="module")
def made(day, bundle_dir):
    """The list of the day, and the list that follows it."""
    first = run(
        *("score", day / "day.csv", "--model", bundle_dir, "--capacity", "8", "--seed", "a"),
        *("--out", day / "list.csv", "--now", "2026-02-01"),
    )
    assert first.exit_code == 0, first.output
    held = {path.name: path.read_bytes() for path in sorted(day.iterdir())}
    second = run(
        *("score", day / "sad.xml", "--earlier", day / "list.csv", "--model", bundle_dir, "--capacity", "2"),
        *("--seed", "b", "--out", day / "list2.csv", "--now", "2026-02-03"),
    )
    assert second.exit_code == 0, second.output
    assert all((day / name).read_bytes() == content for name, content in held.items())
    return day, second.output


def test_only_what_changed_is_on_the_new_list_with_what_it_was(made):
    day, said = made
    old, new = pd.read_csv(day / "list.csv"), pd.read_csv(day / "list2.csv")
    assert len(new) == DECLARED
    was = old.set_index("shipment_id").loc[new["shipment_id"]]
    assert new["earlier_rank"].tolist() == was["rank"].tolist()
    assert new["earlier_rank"].dtype == was["rank"].dtype  # whole numbers, as ranks are
    np.testing.assert_allclose(new["earlier_risk"], was["risk"], rtol=1e-12)
    assert new["earlier_list_id"].eq(old["list_id"].iloc[0]).all()
    assert new["earlier_selected_by"].fillna("").tolist() == was["selected_by"].fillna("").tolist()
    assert sorted(new["rank"]) == list(range(1, DECLARED + 1))
    assert f"{DECLARED} shipments scored again: " in said
    assert re.search(r"\d rose above the line of the earlier list, \d fell below it", said)
    assert f"Rows read: 66 = {DECLARED} scored + 6 declarations of bills that are here + 54 of the" in said


def test_the_line_is_counted_as_the_lists_show_it(made):
    day, said = made
    old, new = pd.read_csv(day / "list.csv"), pd.read_csv(day / "list2.csv")
    line = old.loc[old["selected_by"] == "model", "risk"].min()
    rose = int(((new["earlier_risk"] < line) & (new["risk"] >= line)).sum())
    fell = int(((new["earlier_risk"] >= line) & (new["risk"] < line)).sum())
    assert f"{rose} rose above the line of the earlier list, {fell} fell below it" in said


def test_scores_are_those_of_both_read_together(made, bundle_dir):
    day, _ = made
    done = run(
        *("score", day / "day.csv", day / "sad.xml", "--model", bundle_dir, "--out", day / "both.csv"),
        *("--now", "2026-02-03", "--no-records"),
    )
    assert done.exit_code == 0
    new = pd.read_csv(day / "list2.csv").set_index("shipment_id")
    both = pd.read_csv(day / "both.csv").set_index("shipment_id").loc[new.index]
    assert new["risk"].tolist() == both["risk"].tolist()


def test_both_records_are_replayed_and_the_new_one_names_the_old(made, bundle_dir):
    day, _ = made
    one = pd.read_csv(day / "list2.csv")["shipment_id"].iloc[0]
    for name in ("list", "list2"):
        done = run("replay", one, "--records", day / f"{name}.records.parquet", "--model", bundle_dir)
        assert done.exit_code == 0, done.output
        assert "to the bit" in done.output
        assert ("follows its record in list.records.parquet" in done.output) == (name == "list2")
    record = records.read(day / "list2.records.parquet", one)
    old = records.read(day / "list.records.parquet", one)
    assert record.besides["follows"] == record.about["follows"][0]["sha256"]
    assert record.besides["follows"] == earlier._digest(day / "list.records.parquet")
    assert record.besides["earlier_risk"] == old.numbers["risk"][0]
    assert record.declared["lane"] == "red"
    assert record.declared["known_at"].startswith("2026-02-02")
    assert record.declared.get("amendment_count") is None
    assert json.loads(record.besides["own"])["lane"] is None


def test_what_is_chosen_already_takes_no_slot(made):
    day, _ = made
    new = pd.read_csv(day / "list2.csv")
    already = new["earlier_selected_by"].notna()
    assert not (already & new["selected_by"].notna()).any()
    assert new["selected_by"].notna().sum() == min(2, int((~already).sum()))


def test_nothing_new_writes_nothing(made, bundle_dir):
    day, _ = made
    done = run(
        *("score", day / "day.csv", day / "sad.xml", "--model", bundle_dir, "--out", day / "list3.csv"),
        *("--earlier", day / "list.csv", "--earlier", day / "list2.csv"),
    )
    assert done.exit_code == 2
    assert "nothing new is said" in done.output
    assert not (day / "list3.csv").exists()


def test_new_bills_stand_beside_those_scored_again(made, bundle_dir, port):
    day, _ = made
    bills = port(20, seed=9)[:5].drop(columns=["inspected_at", "inspection_type", "outcome"])
    bills.to_csv(day / "late.csv", index=False, date_format="%Y-%m-%dT%H:%M:%S")
    done = run(
        *("score", day / "late.csv", day / "sad.xml", "--earlier", day / "list.records.parquet"),
        *("--model", bundle_dir, "--out", day / "late-list.csv", "--now", "2026-02-03"),
    )
    assert done.exit_code == 0, done.output
    assert "; 5 new" in done.output
    table = pd.read_csv(day / "late-list.csv")
    assert len(table) == DECLARED + 5
    assert table["earlier_rank"].isna().sum() == 5
    replayed = run(
        *("replay", bills["shipment_id"].iloc[0], "--model", bundle_dir),
        *("--records", day / "late-list.records.parquet"),
    )
    assert "New on its list" in replayed.output


@pytest.mark.parametrize("name", ["list.csv", "list.records.parquet"])
def test_the_earlier_list_is_never_overwritten(made, bundle_dir, name):
    day, _ = made
    before = (day / name).read_bytes()
    words = ["score", day / "sad.xml", "--earlier", day / "list.csv", "--model", bundle_dir]
    words += ["--out", day / "list.csv"] if name == "list.csv" else ["--out", day / "x.csv"]
    words += ["--records", day / name] if name != "list.csv" else []
    done = run(*words)
    assert done.exit_code == 2
    assert "is read and would be overwritten" in done.output
    assert (day / name).read_bytes() == before


def changed(day, folder, **edits):
    """The records of the list with some columns or metadata changed."""
    table = pq.read_table(day / "list.records.parquet")
    about = json.loads(table.schema.metadata[b"wildcargo"])
    for name, edit in edits.items():
        if name in about:
            about[name] = edit
        else:
            at = table.column_names.index(name)
            values = table.column(name).to_pylist()
            table = table.set_column(at, name, pa.array([edit, *values[1:]], table.schema.field(name).type))
    path = folder / "bad.records.parquet"
    pq.write_table(table.replace_schema_metadata({b"wildcargo": json.dumps(about).encode()}), path)
    return path


@pytest.mark.parametrize(
    ("edits", "says"),
    [
        ({"model_id": "another"}, "scored with model 'another'"),
        ({"format": 99}, "not a file of score records"),
        ({"scored_at": "never"}, "changed or damaged"),
        ({"declared": "[1]"}, "changed or damaged"),
        ({"declared": "{"}, "changed or damaged"),
        ({"told_by": "nobody"}, "changed or damaged"),
        ({"own": "7"}, "changed or damaged"),
        ({"own": "{"}, "changed or damaged"),
        ({"own": '{"packages": "many"}'}, "changed or damaged"),
        ({"own": r'{"mode": "\ud800"}'}, "changed or damaged"),
        ({"log_odds.risk": float("nan")}, "changed or damaged"),
        ({"shipment_id": None}, "changed or damaged"),
    ],
)
def test_records_that_were_changed_are_refused(made, bundle_dir, tmp_path, edits, says):
    day, _ = made
    done = run(
        *("score", day / "sad.xml", "--model", bundle_dir, "--out", tmp_path / "x.csv"),
        *("--earlier", changed(day, tmp_path, **edits)),
    )
    assert done.exit_code == 2, done.output
    assert says in done.output
    assert not (tmp_path / "x.csv").exists()


def test_records_with_a_bill_twice_cut_off_or_missing_are_refused(made, bundle_dir, tmp_path):
    day, _ = made
    table = pq.read_table(day / "list.records.parquet")
    pq.write_table(pa.concat_tables([table, table[:1]]), tmp_path / "twice.records.parquet")
    content = (day / "list.records.parquet").read_bytes()
    (tmp_path / "cut.records.parquet").write_bytes(content[: len(content) // 2])
    hole = bytearray(content)
    hole[200:2000] = b"\0" * 1800
    (tmp_path / "hole.records.parquet").write_bytes(hole)
    (tmp_path / "text.records.parquet").write_text("shipment_id\n1\n")
    for name in ("twice", "cut", "hole", "text", "none"):
        done = run(
            *("score", day / "sad.xml", "--model", bundle_dir, "--out", tmp_path / "x.csv"),
            *("--earlier", tmp_path / f"{name}.records.parquet"),
        )
        assert done.exit_code == 2, (name, done.output)
        assert f"{name}.records.parquet" in done.output, (name, done.output)


def test_records_of_before_origins_were_kept_are_taken_up(made, bundle_dir, tmp_path):
    day, _ = made
    table = pq.read_table(day / "list.records.parquet")
    pq.write_table(
        table.drop_columns(["told_by", "kind", "stated_at", "own"]), tmp_path / "a.records.parquet"
    )
    done = run(
        *("score", day / "sad.xml", "--model", bundle_dir, "--out", tmp_path / "x.csv"),
        *("--earlier", tmp_path / "a.records.parquet", "--now", "2026-02-03"),
    )
    assert done.exit_code == 0, done.output
    found = pd.read_csv(tmp_path / "x.csv").set_index("shipment_id")["risk"]
    other = pd.read_csv(day / "list2.csv").set_index("shipment_id")["risk"]
    pd.testing.assert_series_equal(found, other)


def test_the_same_list_twice_is_refused(made, bundle_dir, tmp_path):
    day, _ = made
    done = run(
        *("score", day / "sad.xml", "--model", bundle_dir, "--out", tmp_path / "x.csv"),
        *("--earlier", day / "list.csv", "--earlier", day / "list.records.parquet"),
    )
    assert done.exit_code == 2
    assert "given twice" in done.output


def test_what_is_no_file_is_neither_read_nor_waited_for(made, bundle_dir, tmp_path):
    day, _ = made
    path = tmp_path / "list.records.parquet"
    for make in (os.mkfifo, os.mkdir, lambda at: os.symlink(at, at)):
        make(path)
        done = run(
            *("score", day / "sad.xml", "--model", bundle_dir, "--out", tmp_path / "x.csv"),
            *("--earlier", tmp_path / "list.csv"),
        )
        assert done.exit_code == 2, done.output
        assert f"{path}: no file" in done.output
        os.rmdir(path) if path.is_dir() else os.unlink(path)


def test_columns_of_another_kind_are_refused(made, bundle_dir, tmp_path):
    day, _ = made
    table = pq.read_table(day / "list.records.parquet")
    for name, values in {
        "shipment_id": pa.array(range(len(table))),
        "risk": pa.array(["a"] * len(table)),
    }.items():
        at = table.column_names.index(name)
        pq.write_table(table.set_column(at, name, values), tmp_path / "a.records.parquet")
        done = run(
            *("score", day / "sad.xml", "--model", bundle_dir, "--out", tmp_path / "x.csv"),
            *("--earlier", tmp_path / "a.records.parquet"),
        )
        assert done.exit_code == 2, done.output
        assert "a.records.parquet: " in done.output


def test_a_list_another_run_replaces_meanwhile_is_refused(made, bundle_dir, tmp_path):
    day, _ = made
    path = tmp_path / "a.records.parquet"
    path.write_bytes((day / "list.records.parquet").read_bytes())
    past = earlier.read([path], load_bundle(bundle_dir), {})
    assert sum(map(len, past.tables())) == len(past.scores)
    path.write_bytes((day / "list2.records.parquet").read_bytes())
    with pytest.raises(earlier.EarlierError, match="replaced while it was read"):
        next(iter(past.tables()))


def test_damage_that_only_parquet_notices_names_the_file(made, bundle_dir, tmp_path):
    day, _ = made
    content = bytearray((day / "list.records.parquet").read_bytes())
    footer = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    content[footer : footer + 200] = b"\xff" * 200
    path = tmp_path / "a.records.parquet"
    path.write_bytes(content)
    done = run(
        *("score", day / "sad.xml", "--model", bundle_dir, "--out", tmp_path / "x.csv", "--earlier", path)
    )
    assert done.exit_code == 2, done.output
    assert f"{path}: not a file of score records" in done.output
