"""Pango, by which WeasyPrint makes PDF, and what else of a system the folder must bring along.

Windows: the libraries that the wheels of the GStreamer project carry, and Microsoft's C++ runtime. Linux:
those of the machine the folder is built on, with their licences. `app.paper.libraries` finds either.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from app.distribution import binaries
from app.distribution.target import Target, Undeliverable
from app.distribution.wheels import Wheel
from app.paper.libraries import DRAWING, THAI

#: Asked for by name on top of what the program needs; the second brings libraries to lie beside Python.
CARRIER, RUNTIME = "gstreamer-libs", "msvc-runtime"
#: What WeasyPrint opens by name.
_OPENED = {
    "windows": (
        "gobject-2.0-0.dll", "pango-1.0-0.dll", "harfbuzz.dll", "harfbuzz-subset.dll", "fontconfig-1.dll",
        "pangoft2-1.0-0.dll",
    ),
    "linux": (
        "libgobject-2.0.so.0", "libpango-1.0.so.0", "libharfbuzz.so.0", "libharfbuzz-subset.so.0",
        "libfontconfig.so.1", "libpangoft2-1.0.so.0",
    ),
}  # fmt: skip
#: The C library's own, which belong to the system the folder is taken to.
SYSTEM_LIBRARIES = re.compile(
    r"^(ld-linux.*|lib(c|m|dl|rt|pthread|util|resolv|anl|nsl|BrokenLocale|mvec)\.so\.[0-9]+)$"
)
_THAI_WORDS = Path("/usr/share/libthai/thbrk.tri")
_LICENCES = Path(__file__).parent / "licences"


def from_wheel(wheel: Wheel, target: Target, folder: Path) -> list[str]:
    """Take what draws out of the wheel that carries it; return the names of what was taken."""
    with zipfile.ZipFile(wheel.path) as archive:
        there = {
            PurePosixPath(name).name.lower(): name for name in archive.namelist() if name.endswith(".dll")
        }
        into = target.prefix(folder) / DRAWING
        into.mkdir()
        waiting, taken = list(_OPENED[target.system]), set[str]()
        while waiting:
            name = waiting.pop()
            if name in taken or name not in there:
                continue
            taken.add(name)
            (into / name).write_bytes(archive.read(there[name]))
            waiting += binaries.needs(into / name)
    lacking = set(_OPENED[target.system]) - taken
    if lacking:
        raise Undeliverable("{file}: has no {names}", file=wheel.path.name, names=", ".join(sorted(lacking)))
    (target.prefix(folder) / "fonts.conf").write_bytes(_fonts_conf())
    texts = folder / "LICENSES" / "drawing"
    texts.mkdir(parents=True)
    for text in sorted(_LICENCES.glob("*.txt")):
        shutil.copyfile(text, texts / text.name)
    return sorted(taken)


def from_system(target: Target, folder: Path) -> list[str]:
    """Copy from this machine what draws and what the folder's libraries are linked with; return names."""
    known = _known()
    opened = [known[name] for name in _OPENED["linux"] if name in known]
    if len(opened) < len(_OPENED["linux"]):
        raise Undeliverable(
            "this machine lacks {names} (Debian: libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0)",
            names=", ".join(name for name in _OPENED["linux"] if name not in known),
        )
    within = [p for p in folder.rglob("*") if p.is_file() and binaries.kind(p) == "elf"]
    have = {path.name for path in within}
    asked = {name for path in within for name in binaries.needs(path)} - have
    outside = {name: known[name] for name in asked if name in known and not SYSTEM_LIBRARIES.match(name)}
    if lost := {name for name in asked - set(outside) if not SYSTEM_LIBRARIES.match(name)}:
        raise Undeliverable("not on this machine: {names}", names=", ".join(sorted(lost)))
    wanted = _linked([*opened, *outside.values()])
    wanted.update({path.name: path for path in [*opened, *outside.values()]})
    into = target.prefix(folder) / "lib"
    for name, path in sorted(wanted.items()):
        if name not in have and not SYSTEM_LIBRARIES.match(name):
            shutil.copyfile(path.resolve(), into / name)
    if _THAI_WORDS.is_file():
        (target.prefix(folder) / THAI).mkdir(parents=True)
        shutil.copyfile(_THAI_WORDS, target.prefix(folder) / THAI / _THAI_WORDS.name)
    (target.prefix(folder) / "fonts.conf").write_bytes(_fonts_conf())
    taken = sorted(name for name in wanted if not SYSTEM_LIBRARIES.match(name) and name not in have)
    _licences([wanted[name] for name in taken], folder / "LICENSES" / "system")
    return taken


def _fonts_conf() -> bytes:
    # Prints use the fonts of the program alone; the machine's are not even looked for, which takes a minute.
    return (
        b'<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">\n<fontconfig>\n'
        b'  <cachedir prefix="xdg">fontconfig</cachedir>\n</fontconfig>\n'
    )


def _known() -> dict[str, Path]:
    """Return the machine's libraries by name."""
    program = shutil.which("ldconfig") or "/sbin/ldconfig"
    told = subprocess.run([program, "-p"], capture_output=True, text=True, check=True).stdout
    found: dict[str, Path] = {}
    for name, path in re.findall(r"^\s*(\S+) \(libc6,x86-64[^)]*\) => (\S+)$", told, re.MULTILINE):
        found.setdefault(name, Path(path))
    return found


def _linked(paths: Iterable[Path]) -> dict[str, Path]:
    """Return all libraries that libraries are linked with, in turn."""
    told = subprocess.run(["ldd", *map(str, paths)], capture_output=True, text=True, check=True).stdout
    return {name: Path(path) for name, path in re.findall(r"^\s*(\S+) => (/\S+)", told, re.MULTILINE)}


def _licences(paths: Iterable[Path], into: Path) -> None:
    """Copy what the machine's packages say of the licences of files, and the texts they refer to."""
    into.mkdir(parents=True)
    common: set[str] = set()
    for path in paths:
        name = _package(path)
        text = Path("/usr/share/doc") / name / "copyright"
        if not name or not text.is_file():
            raise Undeliverable("{file}: its licence is not on this machine", file=str(path))
        content = text.read_bytes()
        (into / f"{name}.txt").write_bytes(content)
        common |= {m.decode() for m in re.findall(rb"/usr/share/common-licenses/([A-Za-z0-9.-]+\w)", content)}
    for name in sorted(common):
        text = Path("/usr/share/common-licenses") / name
        if text.is_file():
            (into / f"common-{name}.txt").write_bytes(text.read_bytes())


def _package(path: Path) -> str:
    """Return the package a file came with; empty where the machine keeps no such list."""
    if shutil.which("dpkg-query") is None:
        return ""
    real = str(path.resolve())
    for name in (real, real.removeprefix("/usr"), str(path), str(path).removeprefix("/usr")):
        done = subprocess.run(["dpkg-query", "-S", name], capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return done.stdout.partition(":")[0]
    return ""
