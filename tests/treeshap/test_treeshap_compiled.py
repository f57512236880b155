"""Compiled code is kept between starts, and no start fails for what became of it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from models.treeshap import compiled

ROOT = Path(__file__).parents[2]
PROGRAM = """
import os

from models.treeshap.compiled import compiled

@compiled
def twice(x):
    return 2 * x

value = 21.5 if "HALF" in os.environ else 21
assert twice(value) == 2 * value
print(sum(twice.stats.cache_hits.values()))
"""


def start(folder, program, **environment):
    """Run the program; return how many compiled functions were taken from where they are kept."""
    file = folder / "program.py"
    if not file.exists() or file.read_text() != program:  # some versions of numba tell stale code by time
        file.write_text(program)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)} | {k: str(v) for k, v in environment.items()}
    done = subprocess.run(
        [sys.executable, folder / "program.py"], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


@pytest.fixture
def kept(tmp_path):
    """A folder that holds what was compiled."""
    assert start(tmp_path, PROGRAM, NUMBA_CACHE_DIR=tmp_path / "kept") == 0
    return tmp_path / "kept"


def test_what_was_compiled_is_kept(tmp_path, kept):
    assert next(p.name for p in kept.iterdir()).startswith("treeshap-")
    assert start(tmp_path, PROGRAM, NUMBA_CACHE_DIR=kept) == 1


@pytest.mark.parametrize("damage", [b"", b"\x80", b"no pickle", None])
@pytest.mark.parametrize("ending", ["*.nbi", "*.nbc"])
def test_damaged_code_is_compiled_anew(tmp_path, kept, ending, damage):
    files = list(kept.rglob(ending))
    assert files
    for file in files:
        if damage is None:
            file.unlink()
            file.mkdir()
        else:
            file.write_bytes(damage)
    assert start(tmp_path, PROGRAM, NUMBA_CACHE_DIR=kept) == 0
    if damage is not None:
        assert start(tmp_path, PROGRAM, NUMBA_CACHE_DIR=kept) == 1


def test_code_of_another_type_is_not_run(tmp_path, kept):
    """Two processes that save at once can leave an index that names the other's code."""
    assert start(tmp_path, PROGRAM, NUMBA_CACHE_DIR=kept, HALF=1) == 0
    first, second = sorted(kept.rglob("*.nbc"))
    held = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(held)
    assert start(tmp_path, PROGRAM, NUMBA_CACHE_DIR=kept) == 0
    assert start(tmp_path, PROGRAM, NUMBA_CACHE_DIR=kept, HALF=1) == 0


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    program = "import models.treeshap.compiled as c; c._writable = lambda folder: False\n" + PROGRAM
    assert start(tmp_path, program, NUMBA_CACHE_DIR=file, HOME=file) == 0
    assert start(tmp_path, PROGRAM, NUMBA_CACHE_DIR=file) == 0


def test_the_folder_is_named_after_all_sources_of_the_package(tmp_path):
    """Code is inlined across files: a change in any of them makes all that was kept stale."""
    sources = Path(compiled.__file__).parent
    assert Path(compiled._folder() or "").name == f"treeshap-{compiled._digest(sources)}"
    shutil.copytree(sources, tmp_path / "treeshap", ignore=shutil.ignore_patterns("__pycache__"))
    seen = {compiled._digest(sources)}
    for file in sorted((tmp_path / "treeshap").glob("*.py")):
        file.write_text(file.read_text() + "#")
        seen.add(compiled._digest(tmp_path / "treeshap"))
    assert len(seen) == 1 + len(list(sources.glob("*.py")))
