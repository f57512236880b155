"""A folder made from a checkout: all in it is put there in the same order with the same bytes each time."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from app.distribution import checksums, completeness, drawing, interpreter, slimming, wheels
from app.distribution.target import Target, Undeliverable

_HERE = Path(__file__).parent
#: No file in an archive is older than this: zip knows no time before 1980.
_TIME = (1980, 1, 1, 0, 0, 0)
_SAMPLE = "data_samples/port_day.csv"


@dataclass(frozen=True)
class Built:
    """A folder that was made.

    Attributes
    ----------
    folder : Path
    target : Target
    digest : str
        SHA-256 of its list of digests.
    files : int
    size : int
        Bytes of all files.
    """

    folder: Path
    target: Target
    digest: str
    files: int
    size: int


def build(
    system: str, out: Path, root: Path, *, python: str = "", say: Callable[[str], None] = lambda _: None
) -> Built:
    """Make a folder.

    Parameters
    ----------
    system : {"windows", "linux"}
    out : Path
        Where it is put; one that is there is replaced.
    root : Path
        The checkout.
    python : str, optional
        Where its Python comes from (`interpreter`).
    say : callable, optional
        Told what is being done.

    Raises
    ------
    Undeliverable
        Something cannot be had, or the folder would not be complete.
    """
    if not (root / "pyproject.toml").is_file():
        raise Undeliverable("a folder is built from a checkout: {where} is none", where=str(root))
    version = _version(root)
    folder = out / f"wildcargo-{version}-{system}-x86_64"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    say("Python")
    target = interpreter.put(system, python, folder, root)
    say("wheels")
    with tempfile.TemporaryDirectory() as scratch:
        fetched = _laid(target, folder, root, Path(scratch))
    slimming.slim(target.packages(folder))
    say("libraries of the system")
    taken = drawing.from_system(target, folder) if system == "linux" else []
    if system == "linux":
        interpreter.find_beside(target.prefix(folder), root)
    say("compiling")
    _compile(folder, target)
    _beside(folder, target, version, fetched, taken, root)
    say("checking")
    if wrong := completeness.lacking(folder, target):
        raise Undeliverable("the folder is not complete:\n{what}", what="\n".join(wrong[:50]))
    digest = checksums.write(folder)
    sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    return Built(folder, target, digest, len(sizes), sum(sizes))


def _version(root: Path) -> str:
    told = re.search(r'(?m)^version = "([^"]+)"', (root / "pyproject.toml").read_text(encoding="utf-8"))
    if told is None:
        raise Undeliverable("the checkout says no version")
    return told[1]


def _laid(target: Target, folder: Path, root: Path, scratch: Path) -> list[wheels.Wheel]:
    """Put all wheels into the folder, with their licences; return them."""
    used = wheels.complete(wheels.wanted(root), target, scratch, root)
    used.append(wheels.own(root, scratch))
    if target.system == "windows":
        more = [drawing.CARRIER, drawing.RUNTIME]
        wheels.fetch(more, target, scratch, root, alone=True)
        used += [w for w in map(wheels.opened, sorted(scratch.glob("*.whl"))) if w.name in more]
    for wheel in used:
        if wheel.name == drawing.CARRIER:
            drawing.from_wheel(wheel, target, folder)
        else:
            wheels.unpack(wheel, target.packages(folder), target.prefix(folder))
        for name, content in wheels.licences(wheel):
            path = folder / "LICENSES" / f"{wheel.name}-{wheel.version}" / name.replace("/", "_")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    return used


def _compile(folder: Path, target: Target) -> None:
    """Compile every module, so that nothing is compiled, or written, where the folder is used."""
    call = [sys.executable, "-S", str(_HERE / "compiling.py"), str(folder), str(target.prefix(folder))]
    subprocess.run(call, env={**os.environ, "PYTHONHASHSEED": "0"}, check=True)


def _beside(
    folder: Path, target: Target, version: str, used: Iterable[wheels.Wheel], taken: list[str], root: Path
) -> None:
    """Put beside the program what people read and start."""
    windows = target.system == "windows"
    words = {"version": version, "short": target.short, "python": ".".join(map(str, target.python))}
    words["glibc"] = "" if windows else _glibc(folder)
    for path in sorted((_HERE / "launchers").iterdir()):
        if (path.suffix == ".cmd") == windows and path.suffix in (".cmd", ""):
            _written(folder / path.name, _filled(path, words), windows)
            (folder / path.name).chmod(0o755)
    _written(folder / "README.txt", _filled(_HERE / f"readme-{target.system}.txt", words), windows)
    (folder / "samples").mkdir()
    shutil.copyfile(root / _SAMPLE, folder / "samples" / Path(_SAMPLE).name)
    texts = folder / "LICENSES"
    shutil.copyfile(root / "LICENSE", texts / "wildcargo.txt")
    licence = (target.prefix(folder) / "LICENSE.txt") if windows else None
    if licence is None:
        licence = next((p for p in (target.packages(folder).parent / "LICENSE.txt",) if p.is_file()), None)
    if licence is not None and licence.is_file():
        shutil.copyfile(licence, texts / "python.txt")
    _written(texts / "INDEX.txt", _index(target, used, taken, texts), windows)


def _filled(path: Path, words: dict[str, str]) -> str:
    text = path.read_text(encoding="utf-8")
    for name, word in words.items():
        text = text.replace(f"@{name}@", word)
    return text


def _written(path: Path, text: str, windows: bool) -> None:
    path.write_bytes(text.replace("\n", "\r\n" if windows else "\n").encode("utf-8"))


def _glibc(folder: Path) -> str:
    """Return the oldest C library that all of a folder runs with."""
    asked: set[tuple[int, ...]] = {(2, 17)}
    for path in folder.rglob("*"):
        if path.is_file() and (".so" in path.name or path.parent.name == "bin"):
            asked |= {
                (2, int(minor))
                for minor in re.findall(rb"\0GLIBC_2\.(\d+)(?:\.\d+)?(?=\0)", path.read_bytes())
            }
    return ".".join(map(str, max(asked)))


def _index(target: Target, used: Iterable[wheels.Wheel], taken: list[str], texts: Path) -> str:
    lines = [
        f"Python {'.'.join(map(str, target.python))}: Python Software Foundation License; python.txt",
        "",
    ]
    for wheel in sorted(used, key=lambda one: one.name):
        told = wheel.metadata["License-Expression"] or (wheel.metadata["License"] or "").splitlines()[:1]
        told = told if isinstance(told, str) else "".join(told)
        classifiers = [c for c in wheel.metadata.get_all("Classifier", []) if c.startswith("License ::")]
        said = told[:120] or ", ".join(c.rpartition(":: ")[2] for c in classifiers) or "see its own page"
        where = texts / f"{wheel.name}-{wheel.version}"
        place = f"{where.name}/" if where.is_dir() else "(its wheel has no text of it)"
        if wheel.name == drawing.CARRIER:
            place = "drawing/ (only the libraries named there were taken)"
        lines.append(f"{wheel.name} {wheel.version}: {said}; {place}")
    if taken:
        lines += [
            "",
            "From the system this folder was built on, texts in system/:",
            *(f"  {n}" for n in taken),
        ]
    return "\n".join(lines) + "\n"


def packed(built: Built) -> Path:
    """Pack a folder into one file, zip or (Linux) tar.gz; the same folder gives the same bytes."""
    files = sorted(path for path in built.folder.rglob("*") if path.is_file())
    base = built.folder.parent
    if built.target.system == "windows":
        path = base / f"{built.folder.name}.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
            for file in files:
                entry = zipfile.ZipInfo(file.relative_to(base).as_posix(), _TIME)
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, file.read_bytes(), compresslevel=6)
        return path
    path = base / f"{built.folder.name}.tar.gz"
    import gzip

    with (
        gzip.GzipFile(path, "wb", 6, mtime=0) as packed_file,
        tarfile.open(fileobj=packed_file, mode="w") as tar,
    ):
        for file in files:
            about = tarfile.TarInfo(file.relative_to(base).as_posix())
            about.size, about.mode = file.stat().st_size, 0o755 if os.access(file, os.X_OK) else 0o644
            about.mtime = 315_532_800
            with file.open("rb") as content:
                tar.addfile(about, content)
    return path
