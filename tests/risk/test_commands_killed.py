"""Programs killed at the worst moment: nothing is lost, and the next run tidies up."""

import os
import signal
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import pytest
from click.testing import CliRunner

from features import scratch
from risk.commands import cli

ROOT = Path(__file__).parents[2]
LINE = "{},air,toys,1,CN,2026-01-05\n"
HEADER = "shipment_id,mode,goods_description,gross_weight_kg,origin_country,known_at\n"
#: Kills the program when the function named has been called so many times.
KILLER = """
    import importlib, os, signal, sys
    room, name, calls = sys.argv[1], sys.argv[2], int(sys.argv[3])
    sys.argv[1:4] = []
    room = importlib.import_module(room)
    real = getattr(room, name)
    def deadly(*given, **named):
        global calls
        calls -= 1
        if calls < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*given, **named)
    setattr(room, name, deadly)
    from risk.commands import main
    main()
"""

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals")


def run(*words):
    return CliRunner().invoke(cli, [str(w) for w in words], prog_name="wildcargo")


def killed(where, calls, *words, temporary=None):
    """Run a command that is killed at call number ``calls`` (from 0) of the function ``where``."""
    room, name = where.rsplit(".", 1)
    code = [sys.executable, "-c", textwrap.dedent(KILLER), room, name, str(calls), *map(str, words)]
    surroundings = os.environ | ({"TMPDIR": str(temporary)} if temporary else {})
    done = subprocess.run(code, cwd=ROOT, capture_output=True, text=True, timeout=120, env=surroundings)
    assert done.returncode == -signal.SIGKILL, done.stdout + done.stderr


def day(path, *ids):
    path.write_text(HEADER + "".join(LINE.format(i) for i in ids), encoding="utf-8")
    return path


def hidden(folder):
    return sorted(p.name for p in folder.iterdir() if p.name.startswith("."))


@pytest.fixture
def state(tmp_path):
    """A state that has seen the shipments A and B, in a folder of its own."""
    (tmp_path / "port").mkdir()
    state = tmp_path / "port" / "past"
    assert run("state", "update", "--state", state, day(tmp_path / "a.csv", "A", "B")).exit_code == 0
    assert hidden(tmp_path / "port") == []
    return state


#: Every step of putting a new state in the place of the old one.
STEPS = [
    ("pyarrow.parquet.write_table", 4, 2),  # while the new state is written (the reader writes three, too)
    ("os.replace", 0, 2),  # before the old one is set aside
    ("os.replace", 1, 2),  # the old one is aside, the new one not there: the half state
    ("shutil.rmtree", 1, 3),  # the new one is in place, the old one not yet removed (the reader removes one)
]


@pytest.mark.parametrize(("where", "calls", "seen"), STEPS)
def test_an_update_killed_at_any_step_loses_nothing(state, tmp_path, where, calls, seen):
    new = day(tmp_path / "new.csv", "C")
    killed(where, calls, "state", "update", "--state", state, new)
    assert hidden(state.parent), "the kill left nothing behind: it came too late to prove anything"
    half = not state.exists()
    shown = run("state", "show", "--state", state)
    if half:
        assert shown.exit_code == 2
        assert "cut off" in shown.output
        assert "wildcargo state update" in shown.output
    else:
        assert f"{seen} shipments" in shown.output
    again = run("state", "update", "--state", state, new)
    assert again.exit_code == 0, again.output
    assert ("was put back" in again.output) == half
    assert "3 shipments" in again.output
    assert hidden(state.parent) == []
    assert "3 shipments" in run("state", "show", "--state", state).output


def test_scoring_against_a_half_state_names_the_fix_and_changes_nothing(
    state, tmp_path, day_file, bundle_dir
):
    killed("os.replace", 1, "state", "update", "--state", state, day(tmp_path / "new.csv", "C"))
    before = hidden(state.parent)
    done = run("score", day_file, "--model", bundle_dir, "--state", state, "--out", tmp_path / "o.csv")
    assert done.exit_code == 2
    assert "cut off" in done.output
    aside = next(state.parent.glob(".past.old.*/state"))
    assert str(aside) in done.output
    assert hidden(state.parent) == before
    aside.rename(state)  # the other way that the message names
    assert "2 shipments" in run("state", "show", "--state", state).output


@pytest.mark.parametrize("command", ["forget", "merge"])
def test_other_changes_put_a_half_state_back_too(state, tmp_path, command):
    killed("os.replace", 1, "state", "update", "--state", state, day(tmp_path / "new.csv", "C"))
    other = tmp_path / "other"
    assert run("state", "update", "--state", other, day(tmp_path / "d.csv", "D")).exit_code == 0
    words = ["--before", "2020-01-01"] if command == "forget" else [other]
    done = run("state", command, "--state", state, *words)
    assert done.exit_code == 0, done.output
    assert f"{2 if command == 'forget' else 3} shipments" in done.output


def test_what_people_put_into_a_state_folder_outlives_an_update(state, tmp_path):
    (state / "who-to-call.txt").write_text("Duty officer")
    assert run("state", "update", "--state", state, day(tmp_path / "c.csv", "C")).exit_code == 0
    assert (state / "who-to-call.txt").read_text() == "Duty officer"


def test_a_state_behind_a_link_stays_behind_it(state, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(state)
    assert run("state", "update", "--state", link, day(tmp_path / "c.csv", "C")).exit_code == 0
    assert link.is_symlink()
    assert "3 shipments" in run("state", "show", "--state", state).output


def test_a_list_killed_while_it_is_written_is_swept_by_the_next(tmp_path, day_file, bundle_dir):
    temporary, out = tmp_path / "tmp", tmp_path / "out"
    temporary.mkdir()
    out.mkdir()
    words = ("score", day_file, "--model", bundle_dir, "--no-records", "--out")
    killed("os.replace", 0, *words, out / "monday.csv", temporary=temporary)
    assert hidden(out)
    assert not (out / "monday.csv").exists()
    assert run(*words, out / "tuesday.csv").exit_code == 0
    assert [p.name for p in out.iterdir()] == ["tuesday.csv"]


def test_rows_set_aside_by_a_killed_reader_are_swept_by_the_next(tmp_path, monkeypatch):
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    file = day(tmp_path / "a.csv", "A")
    killed("pyarrow.parquet.read_table", 0, "convert", file, "--out", tmp_path / "x.csv", temporary=temporary)
    left = [p for p in temporary.iterdir() if p.name.endswith(scratch.SUFFIX)]
    assert len(left) == 1
    assert any(p.name.startswith("rows-") for p in left[0].iterdir())
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    assert run("convert", file, "--out", tmp_path / "x.csv").exit_code == 0
    assert list(temporary.iterdir()) == []


def test_drafts_in_use_and_other_files_are_not_swept(tmp_path):
    other = tmp_path / ".mine.part"
    other.write_text("mine")
    (tmp_path / f"link{scratch.SUFFIX}").symlink_to(other)
    with scratch.Draft(tmp_path / "a.csv") as one, scratch.folder(tmp_path) as two:
        one.path.write_text("half")
        (two / "rows").write_text("half")
        left = tmp_path / f".b.csv.12345678{scratch.SUFFIX}"
        left.write_text("left by a killed program")
        scratch.sweep(tmp_path)
        assert not left.exists()
        assert one.path.read_text() == "half"
        assert (two / "rows").exists()
        one.finish()
    assert {p.name for p in tmp_path.iterdir()} == {".mine.part", f"link{scratch.SUFFIX}", "a.csv"}
    assert other.read_text() == "mine"


def test_a_simulation_killed_between_its_files_leaves_none_of_them(tmp_path):
    words = ("simulate", "--days", 1, "--per-day", 20, "--slots-per-day", 5, "--out", tmp_path / "port")
    killed("os.replace", 0, *words)
    assert hidden(tmp_path / "port") == [p.name for p in sorted((tmp_path / "port").iterdir())]
    assert run(*words).exit_code == 0
    names = ["manifests.parquet", "outcomes.parquet", "truth.parquet"]
    assert sorted(p.name for p in (tmp_path / "port").iterdir()) == names
