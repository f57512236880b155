"""Whether a folder holds all that it will ask for where it is taken to, told without running it."""

from __future__ import annotations

import ast
import re
import sys
import zipfile
from collections.abc import Iterator
from importlib.metadata import Distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from app.distribution import binaries
from app.distribution.drawing import SYSTEM_LIBRARIES
from app.distribution.target import Target
from app.distribution.wheels import ROOMS

#: Windows refuses paths of 260 characters and more; so many are left for where the folder is put.
LONGEST = 180
#: Libraries that every Windows 10 has.
_WINDOWS_LIBRARIES = re.compile(
    r"^(api-ms-win-.*|ext-ms-win-.*|advapi32|authz|bcrypt|bcryptprimitives|cabinet|cfgmgr32|comctl32|comdlg32"
    r"|credui|msvcrt|webservices|crypt32|cryptbase|d2d1|d3d11|dbghelp|dnsapi|dwmapi|dwrite|dxgi|gdi32|hid|imm32|iphlpapi|kernel32"
    r"|kernelbase|mpr|mscoree|msi|msimg32|mswsock|ncrypt|netapi32|normaliz|ntdll|ole32|oleaut32|opengl32|pdh"
    r"|powrprof|propsys|psapi|rpcrt4|secur32|setupapi|shell32|shlwapi|synchronization|ucrtbase|user32|userenv"
    r"|usp10|uxtheme|version|windowscodecs|winhttp|wininet|winmm|winspool|wintrust|wldap32|ws2_32|wsock32"
    r"|wtsapi32)(\.dll|\.drv)?$"
)
#: Modules of Python itself that are compiled into it on Windows.
_WITHIN_PYTHON = {
    "_abc", "_bisect", "_blake2", "_codecs", "_codecs_cn", "_collections", "_contextvars", "_csv",
    "_datetime", "_functools", "_heapq", "_imp", "_io", "_json", "_locale", "_md5", "_opcode",
    "_operator", "_pickle", "_random", "_sha1", "_sha256", "_sha3", "_sha512", "_signal", "_sre",
    "_stat", "_statistics", "_string", "_struct", "_symtable", "_thread", "_tracemalloc", "_typing",
    "_warnings", "_weakref", "_winapi", "array", "atexit", "audioop", "binascii", "builtins", "cmath",
    "errno", "faulthandler", "gc", "itertools", "marshal", "math", "mmap", "msvcrt", "nt", "sys",
    "time", "winreg", "xxsubtype", "zlib",
}  # fmt: skip
#: Modules only Windows has, which the one check of Linux folders does not ask for.
_OF_WINDOWS = {"winreg", "msvcrt", "_winapi", "winsound", "nt"}
_RESERVED = re.compile(r"(?i)^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)")


def lacking(folder: Path, target: Target) -> list[str]:
    """Return what is not there or cannot be there, a line each; empty where the folder is complete."""
    return [
        *_names(folder, target),
        *_libraries(folder, target),
        *_modules(folder, target),
        *_needs(folder, target),
    ]


def _names(folder: Path, target: Target) -> Iterator[str]:
    seen: dict[str, str] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            yield f"link: {name}"
        if target.system != "windows":
            continue
        if len(name) > LONGEST:
            yield f"longer than {LONGEST} characters: {name}"
        if seen.setdefault(name.lower(), name) != name:
            yield f"two names Windows takes for one: {name}"
        if re.search(r'[<>:"|?*\\\x00-\x1f]|[. ]$', path.name) or _RESERVED.match(path.name):
            yield f"name Windows refuses: {name}"
        if path.suffix == ".cmd" and path.parent == folder and re.search(rb"(?<!\r)\n", path.read_bytes()):
            yield f"line ends Windows does not read: {name}"


def _libraries(folder: Path, target: Target) -> Iterator[str]:
    windows = target.system == "windows"
    wanted = "pe" if windows else "elf"
    files = [p for p in sorted(folder.rglob("*")) if p.is_file() and binaries.kind(p)]
    places: dict[str, set[str]] = {}
    for path in files:
        name = path.name.lower() if windows else path.name
        places.setdefault(name, set()).add(_room(path, folder, target))
    for path in files:
        name = path.relative_to(folder).as_posix()
        if binaries.kind(path) != wanted:
            yield f"made for another system: {name}"
            continue
        seen = {"", _room(path, folder, target)}
        for library in binaries.needs(path):
            of_system = (_WINDOWS_LIBRARIES if windows else SYSTEM_LIBRARIES).match(library)
            if not of_system and not places.get(library, set()) & seen:
                yield f"{name} asks for {library}"


def _room(path: Path, folder: Path, target: Target) -> str:
    """Return whose a library is: a package's, or everybody's (empty).

    Everybody is given what lies beside Python, and what wheels were mended with under names of its own;
    not what another package keeps for itself, under a name that is there for whoever comes first.
    """
    packages = target.packages(folder)
    if not path.is_relative_to(packages):
        return ""
    top = path.relative_to(packages).parts[0]
    return "" if top.endswith(".libs") else top


def _modules(folder: Path, target: Target) -> Iterator[str]:
    """Yield modules the program imports that nothing in the folder gives."""
    packages, there = target.packages(folder), _importable(folder, target)
    for room in ROOMS:
        for path in sorted((packages / room).rglob("*.py")):
            tree = ast.parse(path.read_bytes())
            for module, line in _imports(tree):
                if module not in there and not (target.system == "linux" and module in _OF_WINDOWS):
                    yield f"{path.relative_to(packages).as_posix()}:{line} imports {module}"


def _importable(folder: Path, target: Target) -> set[str]:
    prefix, packages = target.prefix(folder), target.packages(folder)
    places = [packages, prefix] if target.system == "windows" else [packages, packages.parent]
    if target.system == "linux":
        places.append(packages.parent / "lib-dynload")
    names = {p.name.partition(".")[0] for place in places if place.is_dir() for p in place.iterdir()}
    names |= set(sys.builtin_module_names) if target.system == "linux" else _WITHIN_PYTHON
    for archive in prefix.glob("python3*.zip"):
        with zipfile.ZipFile(archive) as inside:
            names |= {name.partition("/")[0].partition(".")[0] for name in inside.namelist()}
    return names | {"__future__", "__main__"}


def _imports(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Yield what is imported in any case: not for types alone, not where doing without is provided for."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from ((name.name.partition(".")[0], node.lineno) for name in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield node.module.partition(".")[0], node.lineno
        elif isinstance(node, ast.Try) and any(_provides(handler) for handler in node.handlers):
            for inner in (*node.handlers, *node.orelse, *node.finalbody):
                yield from _imports(inner)
        elif isinstance(node, ast.With) and any("ImportError" in ast.unparse(i) for i in node.items):
            continue
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            for inner in node.orelse:
                yield from _imports(ast.Module([inner], []))
        else:
            yield from _imports(node)


def _provides(handler: ast.ExceptHandler) -> bool:
    caught = "" if handler.type is None else ast.unparse(handler.type)
    return bool(re.search(r"ImportError|ModuleNotFoundError", caught))


def _needs(folder: Path, target: Target) -> Iterator[str]:
    """Yield requirements of what is installed that nothing installed meets."""
    found = {
        canonicalize_name(one.metadata["Name"]): one
        for one in map(Distribution.at, sorted(target.packages(folder).glob("*.dist-info")))
    }
    for name, one in found.items():
        for text in one.metadata.get_all("Requires-Dist") or []:
            requirement = Requirement(text)
            if requirement.marker and not requirement.marker.evaluate({**target.markers, "extra": ""}):
                continue
            there = found.get(canonicalize_name(requirement.name))
            if there is None or not requirement.specifier.contains(there.version, prereleases=True):
                yield f"{name} needs {text}"
