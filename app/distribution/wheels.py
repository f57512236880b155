"""Wheels of the program and of all it needs, for a system that need not be this one.

pip fetches them as it is set up on this machine. It decides for *this* system which requirements count
(``; sys_platform == "win32"``), so what the other one needs is followed here and asked for by name.
"""

from __future__ import annotations

import email
import email.message
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from app.distribution.target import Target, Undeliverable

#: What of `pyproject.toml` an office may need besides: a PostgreSQL server, a sign-in of its own.
EXTRAS = ("postgresql", "oidc")
CONSTRAINTS = ("constraints/newest.txt", "constraints/distribution.txt")
#: The program's own packages.
ROOMS = ("app", "risk", "models", "features", "data_samples")


@dataclass(frozen=True)
class Wheel:
    """A wheel on disk.

    Attributes
    ----------
    path : Path
    name : str
        Of the project, in the form names are compared in.
    version : str
    metadata : email.message.Message
    """

    path: Path
    name: str
    version: str
    metadata: email.message.Message


def opened(path: Path) -> Wheel:
    """Return what a wheel is.

    Raises
    ------
    Undeliverable
        It is none.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            about = next(n for n in archive.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", n))
            metadata = email.message_from_bytes(archive.read(about))
    except (zipfile.BadZipFile, StopIteration, OSError) as error:
        raise Undeliverable("{file}: is no wheel", file=path.name) from error
    return Wheel(path, canonicalize_name(metadata["Name"]), metadata["Version"], metadata)


def wanted(root: Path) -> list[Requirement]:
    """Return what the program in a checkout asks for, with `EXTRAS`."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    texts = [*project["dependencies"], *(t for x in EXTRAS for t in project["optional-dependencies"][x])]
    return [Requirement(text) for text in texts]


def fetch(
    requirements: Iterable[str], target: Target, into: Path, root: Path, *, alone: bool = False
) -> None:
    """Let pip fetch wheels for a system, never anything that would have to be built.

    Parameters
    ----------
    requirements : iterable of str
    target : Target
    into : Path
    root : Path
        The checkout, with the versions that are pinned.
    alone : bool, default False
        Without what they need in turn.

    Raises
    ------
    Undeliverable
        pip says why.
    """
    call = [
        "download",
        "--quiet",
        "--dest",
        str(into),
        "--only-binary=:all:",
        "--python-version",
        target.short,
    ]
    call += ["--implementation", "cp", *(f"--platform={name}" for name in target.platforms)]
    call += [f"--constraint={root / name}" for name in CONSTRAINTS]
    pip([*call, *(["--no-deps"] if alone else []), *requirements])


def pip(call: list[str]) -> None:
    """Run pip.

    Raises
    ------
    Undeliverable
        It failed; its last lines.
    """
    done = subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", *call],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        told = [line for line in done.stderr.splitlines() if "WARNING" not in line]
        raise Undeliverable("pip: {what}", what=" ".join(told[-3:]) or str(done.returncode))


def complete(requirements: list[Requirement], target: Target, into: Path, root: Path) -> list[Wheel]:
    """Fetch what is asked for, with all that is needed in turn on the system it is for.

    Returns
    -------
    list of Wheel
        By name; exactly those that are needed there.
    """
    asked = [str(one) for one in requirements if _counts(one, target, ())]
    fetch(asked, target, into, root)
    while True:
        there = {wheel.name: wheel for wheel in map(opened, sorted(into.glob("*.whl")))}
        needed, missing = closure(requirements, there, target)
        if not missing:
            return [there[name] for name in sorted(needed)]
        fetch(missing, target, into, root)


def closure(
    requirements: Iterable[Requirement], there: dict[str, Wheel], target: Target
) -> tuple[set[str], list[str]]:
    """Return the names of all that is needed on a system, and requirements that no wheel there meets."""
    needed: set[str] = set()
    missing: dict[str, None] = {}
    seen: set[tuple[str, frozenset[str]]] = set()
    waiting = [(one, ()) for one in requirements if _counts(one, target, ())]
    while waiting:
        one, _ = waiting.pop()
        name, extras = canonicalize_name(one.name), frozenset(one.extras)
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        wheel = there.get(name)
        if wheel is None or not one.specifier.contains(wheel.version, prereleases=True):
            missing[f"{one.name}{one.specifier}"] = None
            continue
        needed.add(name)
        for text in wheel.metadata.get_all("Requires-Dist", []):
            inner = Requirement(text)
            if _counts(inner, target, tuple(extras)):
                waiting.append((inner, ()))
    return needed, list(missing)


def _counts(requirement: Requirement, target: Target, extras: tuple[str, ...]) -> bool:
    if requirement.marker is None:
        return True
    return any(requirement.marker.evaluate({**target.markers, "extra": x}) for x in (*extras, ""))


def own(root: Path, into: Path) -> Wheel:
    """Build the program's own wheel from a checkout, which stays as it is."""
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / "source"
        for room in ROOMS:
            shutil.copytree(root / room, source / room, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy2(root / name, source / name)
        built = Path(scratch) / "built"
        pip(["wheel", "--quiet", "--no-deps", "--wheel-dir", str(built), str(source)])
        (path,) = built.glob("*.whl")
        return opened(Path(shutil.copy2(path, into / path.name)))


def unpack(wheel: Wheel, packages: Path, prefix: Path) -> None:
    """Lay a wheel's files where Python finds them: what is imported, and data meant to lie beside Python.

    Scripts and headers are left out. Raises `Undeliverable` where a name leads out of the folder.
    """
    with zipfile.ZipFile(wheel.path) as archive:
        for entry in archive.infolist():
            if entry.is_dir():
                continue
            place = _place(PurePosixPath(entry.filename), packages, prefix)
            if place is None:
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(archive.read(entry))


def _place(name: PurePosixPath, packages: Path, prefix: Path) -> Path | None:
    if name.is_absolute() or ".." in name.parts or "\\" in str(name) or ":" in str(name):
        raise Undeliverable("a wheel names a file outside of it: {file}", file=str(name))
    if not name.parts[0].endswith(".data"):
        return None if name.name == "RECORD" else packages.joinpath(*name.parts)
    kind, *rest = name.parts[1:]
    if kind in ("purelib", "platlib"):
        return packages.joinpath(*rest)
    # Libraries of a system meant to lie beside Python; whatever else goes there is for other programs.
    if (
        kind == "data"
        and len(rest) == 1
        and re.search(r"(?i)^(msvcp|vcomp|vcruntime|concrt).*\.dll$", rest[0])
    ):
        return prefix / rest[0]
    return None


def licences(wheel: Wheel) -> Iterator[tuple[str, bytes]]:
    """Yield the licence texts a wheel carries: name and content."""
    with zipfile.ZipFile(wheel.path) as archive:
        for name in sorted(archive.namelist()):
            parts = PurePosixPath(name).parts
            if not parts[0].endswith(".dist-info") or name.endswith("/"):
                continue
            if "licenses" in parts[1:-1] or re.match(r"(?i)(licen[cs]e|copying|notice|authors)", parts[-1]):
                yield "/".join(p for p in parts[1:] if p != "licenses"), archive.read(name)
