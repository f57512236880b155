"""A disk that takes no more, or output that goes nowhere: said in words, and no half files."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CODE = "from risk.commands import main; main()"
#: The same with files limited to so many bytes: what a full disk does, without one.
LIMITED = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({0}, {0})); " + CODE
FULL = Path("/dev/full")

pytestmark = pytest.mark.skipif(not FULL.exists(), reason="no device that is always full")


def run(*words, code=CODE, **streams):
    """Run a command; standard output and error are text unless they go elsewhere."""
    given = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | streams
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, words)], cwd=ROOT, text=True, timeout=120, check=False, **given
    )


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["features"], ["convert", "--help"]])
def test_printing_to_a_full_disk_is_told_without_a_trace(words):
    with FULL.open("w") as full:
        done = run(*words, stdout=full)
    assert done.returncode == 1
    assert "standard output: no space left on device" in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_list_is_whole_though_its_report_could_not_be_printed(tmp_path, day_file, bundle_dir):
    with FULL.open("w") as full:
        done = run("score", day_file, "--model", bundle_dir, "--out", tmp_path / "list.csv", stdout=full)
    assert done.returncode == 1
    assert "what was to be printed is lost" in done.stderr
    assert "nothing was written" not in done.stderr
    assert len((tmp_path / "list.csv").read_text(encoding="utf-8").splitlines()) == 61


def test_a_complaint_that_cannot_be_heard_keeps_its_exit_code(tmp_path):
    with FULL.open("w") as full:
        assert run("convert", tmp_path / "none.csv", "--out", tmp_path / "o.csv", stderr=full).returncode == 2
        assert run("convert", "--nonsense", stderr=full).returncode == 2


@pytest.mark.skipif(os.name != "posix", reason="closes a descriptor of the child")
def test_closed_streams_are_no_fault():
    done = subprocess.run(
        ["sh", "-c", 'exec "$0" "$@" >&-', sys.executable, "-c", CODE, "features"],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


#: Commands, with the bytes after which a disk is full: enough for what is set aside while reading.
COMMANDS = {
    "score": [40_000, "score", "DAY", "--model", "MODEL", "--out", "OUT/list.csv"],
    "convert to CSV": [9_000, "convert", "DAY", "--out", "OUT/table.csv"],
    "convert to Parquet": [3_000, "convert", "DAY", "--out", "OUT/table.parquet"],
    "update": [3_000, "state", "update", "--state", "OUT/past", "DAY"],
    "simulate": [3_000, "simulate", "--days", "1", "--per-day", "40", "--out", "OUT/port"],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_disk_that_fills_up_leaves_no_half_files(tmp_path, day_file, bundle_dir, name):
    out, temporary = tmp_path / "out", tmp_path / "tmp"
    out.mkdir()
    temporary.mkdir()
    places = {"DAY": str(day_file), "MODEL": str(bundle_dir)}
    limit, *words = COMMANDS[name]
    words = [places.get(w, w.replace("OUT", str(out))) for w in words]
    done = run(*words, code=LIMITED.format(limit), env=os.environ | {"TMPDIR": str(temporary)})
    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stderr == "wildcargo: file too large; nothing was written\n"
    assert [*out.iterdir(), *temporary.iterdir()] == []


def test_a_full_disk_leaves_the_old_files_as_they_were(tmp_path, day_file):
    out = tmp_path / "table.csv"
    out.write_text("old", encoding="utf-8")
    assert run("convert", day_file, "--out", out, code=LIMITED.format(3_000)).returncode == 1
    assert out.read_text(encoding="utf-8") == "old"
