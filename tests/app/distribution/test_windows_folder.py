"""The Windows folder, looked at from here: everything it will ask for is in it."""

from __future__ import annotations

import re
import shutil

import pytest

from app.distribution import checksums, completeness

pytestmark = pytest.mark.slow


def test_it_is_complete_and_as_its_list_says(windows_folder):
    folder, target = windows_folder.folder, windows_folder.target
    assert completeness.lacking(folder, target) == []
    assert checksums.compare(folder) == []
    assert target.python == (3, 11, 9)
    assert not [path for path in folder.rglob("*") if path.is_symlink()]
    assert max(len(p.relative_to(folder).as_posix()) for p in folder.rglob("*")) <= completeness.LONGEST


def test_launchers_are_windows_own(windows_folder):
    folder = windows_folder.folder
    assert {p.name for p in folder.glob("*.cmd")} == {
        "start-app.cmd", "start-sample.cmd", "wildcargo.cmd", "check.cmd",
    }  # fmt: skip
    for path in [*folder.glob("*.cmd"), folder / "README.txt", folder / "LICENSES/INDEX.txt"]:
        content = path.read_bytes()
        assert b"\r\n" in content
        assert not re.search(rb"(?<!\r)\n", content), path.name
        assert b"@version@" not in content
        if path.suffix == ".cmd":
            content.decode("ascii")
    started = (folder / "wildcargo.cmd").read_text()
    assert (folder / re.search(r'"%~dp0(\S+python\.exe)"', started)[1].replace("\\", "/")).is_file()


def test_python_looks_at_nothing_of_the_machine(windows_folder):
    lines = (windows_folder.folder / "python/python311._pth").read_bytes().split(b"\r\n")
    assert lines == [b"python311.zip", b".", b"Lib\\site-packages", b""]


def test_compiled_code_is_there_for_every_module_of_the_program(windows_folder):
    packages = windows_folder.target.packages(windows_folder.folder)
    for room in ("app", "risk", "models", "features"):
        for path in (packages / room).rglob("*.py"):
            kept = path.parent / "__pycache__" / f"{path.stem}.cpython-311.pyc"
            # Taken as it is: no time of a file is compared.
            assert kept.read_bytes()[4:8] == b"\x01\0\0\0", path


TAKEN = {
    "python/drawing/fribidi-0.dll": "drawing/pango-1.0-0.dll asks for fribidi-0.dll",
    "python/vcomp140.dll": "asks for vcomp140.dll",
    "python/Lib/site-packages/colorama": "tqdm needs colorama",
    "python/Lib/site-packages/segno": "imports segno",
}


def test_whatever_is_taken_away_is_missed(windows_folder, somebody):
    """All at once, for each look goes through half a gigabyte: every one is told for itself."""
    folder, aside = windows_folder.folder, somebody / "aside"
    gone = [folder / name for name in TAKEN]
    gone += [info for path in gone for info in path.parent.glob(f"{path.name}-*.dist-info")]
    moved = [(path, aside / str(number)) for number, path in enumerate(gone)]
    aside.mkdir()
    for path, place in moved:
        shutil.move(path, place)
    try:
        lacking = completeness.lacking(folder, windows_folder.target)
        compared = "\n".join(checksums.compare(folder))
    finally:
        for path, place in moved:
            shutil.move(place, path)
    for name, said in TAKEN.items():
        assert said in "\n".join(lacking)
        assert f"missing: {name}" in compared
