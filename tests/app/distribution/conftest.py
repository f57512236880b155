"""The folders officers' machines get, made once for all tests of them."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.distribution import building, interpreter

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def shelf() -> Iterator[Path]:
    """A folder that somebody without rights may read, as pytest's own may not be."""
    with tempfile.TemporaryDirectory(prefix="wildcargo-dist-") as name:
        os.chmod(name, 0o755)
        yield Path(name)


@pytest.fixture(scope="session")
def linux_folder(shelf: Path) -> building.Built:
    return building.build("linux", shelf / "built", ROOT)


@pytest.fixture(scope="session")
def windows_folder(shelf: Path) -> building.Built:
    # From a package index, as everything else a test fetches.
    return building.build("windows", shelf / "built", ROOT, python=interpreter.WINDOWS[1])


@pytest.fixture(scope="session")
def carried(linux_folder: building.Built, shelf: Path) -> Path:
    """The Linux folder where somebody put it: a place with blanks and letters of other scripts."""
    place = shelf / "Hải quan cảng  ท่าเรือ" / "wildcargo 1"
    place.parent.mkdir()
    subprocess.run(["cp", "-al", str(linux_folder.folder), str(place)], check=True)
    return place


@pytest.fixture
def somebody(shelf: Path) -> Iterator[Path]:
    """A folder of somebody without rights."""
    name = Path(tempfile.mkdtemp(dir=shelf))
    if os.geteuid() == 0:
        os.chown(name, 65_534, 65_534)
    yield name
    shutil.rmtree(name, ignore_errors=True)
