"""Folders, pipes and devices where files are expected, and the reverse: refused in words at once."""

import os

import pandas as pd
import pytest
from click.testing import CliRunner

from risk import triage
from risk.commands import cli

HEADER = "shipment_id,mode,goods_description,known_at\n"

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder to work in, with one of every kind of thing."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "day.csv").write_text(HEADER + "A,air,toys,2026-01-05\nB,sea,toys,2026-01-05\n")
    (tmp_path / "list.csv").write_text("shipment_id,selected_by,list_id\nA,model,1\n")
    (tmp_path / "results.csv").write_text("shipment_id,inspected_at,outcome\nA,2026-01-06,clean\n")
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty").write_bytes(b"")
    os.mkfifo(tmp_path / "pipe")
    return tmp_path


def refused(words):
    done = CliRunner().invoke(cli, words.split(), prog_name="wildcargo")
    assert done.exit_code == 2, done.output
    assert "Traceback" not in done.output
    assert "fault in the program" not in done.output
    return done.output


@pytest.mark.parametrize("what", ["folder", "pipe", "/dev/zero", "empty", "none"])
@pytest.mark.parametrize(
    "words",
    [
        "convert {} --out o.csv",
        "convert day.csv --mapping {} --out o.csv",
        "score {} --out o.csv",
        "score day.csv --out o.csv --model {}",
        "score day.csv --out o.csv --capacity {}",
        "state update --state past {}",
        "state update --state past day.csv --outcomes {}",
        "state show --state {}",
        "state merge {} --state past",
        "replay A --records {}",
        "train {} --out model",
        "evaluate {} day.csv",
        "mapping {}",
        "simulate --out port --world {}",
        "export {} --to hold --out o.csv",
        "export list.csv --to hold --out o.csv --template {}",
        "export list.csv --to hold --out o.csv --records {}",
        "export list.csv --to hold --out o.csv --manifest {}",
        "import-outcomes {} --manifest day.csv --out o.csv",
        "import-outcomes results.csv --manifest day.csv --out o.csv --mapping {}",
        "import-outcomes results.csv --manifest {} --out o.csv",
        "import-outcomes results.csv --list {} --out o.csv",
        "import-outcomes results.csv --manifest day.csv --out o.csv --into {}",
    ],
)
def test_what_is_no_file_is_refused_where_one_is_read(place, words, what):
    before = sorted(place.iterdir())
    if what == "empty" and "--mapping" in words:
        pytest.skip("an empty mapping maps nothing, which the reader says")
    said = refused(words.format(what))
    assert what.removeprefix("/dev/") in said
    assert sorted(place.iterdir()) == before


@pytest.mark.parametrize("out", ["folder", "pipe", "none/o", "empty/o"])
@pytest.mark.parametrize(
    "words",
    ["convert day.csv --out {}.csv", "score day.csv --out {}.csv", "mapping day.csv --out {}.toml"],
)
def test_what_cannot_be_written_is_refused_before_any_work(place, words, out):
    for suffix in (".csv", ".toml"):
        (place / f"folder{suffix}").mkdir()
    if out == "pipe":
        pytest.skip("a pipe is replaced by the file, as any old file is")
    before = sorted(place.iterdir())
    refused(words.format(out))
    assert sorted(place.iterdir()) == before


def test_a_model_and_a_port_are_checked_for_their_place_first(place):
    assert "is a file" in refused("train day.csv --out empty/model")
    assert "is no model" in refused("train day.csv --out folder")
    assert "is no model" in refused("train day.csv --out folder --overwrite")
    assert "is a file" in refused("simulate --out empty/port --days 1 --per-day 5")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is denied to root")
def test_what_may_not_be_read_or_written_is_told(place):
    (place / "day.csv").chmod(0o000)
    assert "ermission" in refused("convert day.csv --out o.csv")
    (place / "folder").chmod(0o500)
    assert "permission" in refused("simulate --out folder/port --days 1 --per-day 5")


def test_a_pipe_within_a_state_is_not_waited_for(place):
    done = CliRunner().invoke(cli, ["state", "update", "--state", "past", "day.csv"])
    assert done.exit_code == 0
    for name in ("names.parquet", "state.json"):
        (place / "past" / name).unlink()
        os.mkfifo(place / "past" / name)
        assert f"{name}: not a plain file" in refused("state show --state past")


def test_a_capacity_file_may_be_written_by_a_spreadsheet_of_any_language(tmp_path):
    path = tmp_path / "today.csv"
    for mark in ",;\t":
        path.write_text(f"mode{mark}slots\r\nsea{mark}4\r\nair{mark}5\r\n", encoding="utf-8-sig")
        assert [(p.name, p.slots) for p in triage.parse(str(path))] == [("sea", 4), ("air", 5)]
    with pytest.raises(triage.CapacityError):
        triage.parse("=4")


def test_a_list_of_nothing_is_still_a_list(place, bundle_dir):
    (place / "cap.csv").write_text("location,slots\nNOWHERE,4\n")
    words = f"score day.csv --model {bundle_dir} --capacity cap.csv --out o.csv"
    done = CliRunner().invoke(cli, words.split(), prog_name="wildcargo")
    assert done.exit_code == 0, done.output
    assert "NOWHERE" in done.output
    listed = pd.read_csv(place / "o.csv")
    assert len(listed) == 2
    assert listed["selected_by"].isna().all()
