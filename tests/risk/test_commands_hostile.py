"""Commands in an unlucky world: outputs over inputs, two at once, stopped half-way."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from risk.commands import cli

ROOT = Path(__file__).parents[2]
CODE = "from risk.commands import main; main()"
LINE = "{},air,toys,1,CN,2026-01-05\n"
HEADER = "shipment_id,mode,goods_description,gross_weight_kg,origin_country,known_at\n"


def run(*words):
    return CliRunner().invoke(cli, [str(w) for w in words], prog_name="wildcargo")


def start(*words):
    return subprocess.Popen(
        [sys.executable, "-c", CODE, *map(str, words)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def day(path, *ids):
    path.write_text(HEADER + "".join(LINE.format(i) for i in ids), encoding="utf-8")
    return path


def test_no_command_writes_over_what_it_reads(bundle_dir, tmp_path):
    file = day(tmp_path / "day.csv", "A", "B")
    before = file.read_bytes()
    alias = tmp_path / "alias.csv"
    alias.symlink_to(file)
    calls = (
        ("convert", file, "--out", tmp_path / "." / "day.csv"),
        ("convert", alias, "--out", file),
        ("score", file, "--model", bundle_dir, "--out", file),
    )  # fmt: skip
    for call in calls:
        done = run(*call)
        assert done.exit_code == 2
        assert "would be overwritten" in done.output
    assert file.read_bytes() == before
    done = run("score", file, "--model", bundle_dir, "--out", tmp_path / "o.parquet", "--records",
               tmp_path / "." / ".." / tmp_path.name / "o.parquet")  # fmt: skip
    assert done.exit_code == 2
    assert "same file" in done.output


def test_two_updates_at_once_lose_nothing(tmp_path):
    state = tmp_path / "past"
    running = [
        start(
            "state", "update", "--state", state, day(tmp_path / f"{n}.csv", *(f"{n}{i}" for i in range(20)))
        )
        for n in "ABC"
    ]
    for program in running:
        said, wrong = program.communicate(timeout=120)
        assert program.returncode == 0, said + wrong
    assert "60 shipments" in run("state", "show", "--state", state).output


def test_a_state_set_aside_by_a_stop_is_not_begun_anew(tmp_path):
    state = tmp_path / "past"
    file = day(tmp_path / "a.csv", "A")
    assert run("state", "update", "--state", state, file).exit_code == 0
    (tmp_path / ".past.old.x").mkdir()
    state.rename(tmp_path / ".past.old.x" / "state")
    done = run("state", "update", "--state", state, day(tmp_path / "b.csv", "B"))
    assert done.exit_code == 0
    assert "was put back" in done.output
    assert "2 shipments" in done.output


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT"])
def test_a_program_stopped_leaves_no_half_files(tmp_path, name):
    file = tmp_path / "day.csv"
    with file.open("w", encoding="utf-8") as stream:
        stream.write(HEADER)
        stream.writelines(LINE.format(f"A{i}") for i in range(150_000))
    out = tmp_path / "out"
    out.mkdir()
    program = start("convert", file, "--out", out / "x.csv")
    time.sleep(1.5)
    if program.poll() is None:
        program.send_signal(getattr(signal, name))
    said, wrong = program.communicate(timeout=120)
    done = "Written:" in said  # the signal came too late, perhaps while the program was leaving
    assert done or (program.returncode == 130 and "stopped" in wrong), said + wrong
    assert [p.name for p in out.iterdir()] == (["x.csv"] if done else [])
