"""What a folder is made for: a system, and the Python in it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

#: Wheels are taken for these kinds of machine, best first. Linux: what a C library of 2018 or later runs.
_PLATFORMS = {
    "windows": ("win_amd64",),
    "linux": (
        *(f"manylinux_2_{minor}_x86_64" for minor in range(28, 4, -1)),
        "manylinux2014_x86_64",
        "manylinux2010_x86_64",
        "manylinux1_x86_64",
    ),
}


class Undeliverable(RuntimeError):
    """A folder cannot be made, or would not work where it is taken to.

    Told to whoever builds it, not to officers: in English alone.
    """

    def __init__(self, text: str, **fields: object) -> None:
        super().__init__(text.format(**fields))


@dataclass(frozen=True)
class Target:
    """A system with its Python.

    Attributes
    ----------
    system : {"windows", "linux"}
        Always of the kind x86_64.
    python : tuple of int
        Major, minor and micro version of the Python in the folder.
    """

    system: str
    python: tuple[int, int, int] = (sys.version_info.major, sys.version_info.minor, sys.version_info.micro)

    @property
    def platforms(self) -> tuple[str, ...]:
        """Kinds of wheels that run there."""
        return _PLATFORMS[self.system]

    @property
    def short(self) -> str:
        """Python's version as it is looked for by, as ``3.11``."""
        return f"{self.python[0]}.{self.python[1]}"

    @property
    def markers(self) -> dict[str, str]:
        """What a requirement can depend on (PEP 508)."""
        windows = self.system == "windows"
        full = ".".join(map(str, self.python))
        return {
            "os_name": "nt" if windows else "posix",
            "sys_platform": "win32" if windows else "linux",
            "platform_system": "Windows" if windows else "Linux",
            "platform_machine": "AMD64" if windows else "x86_64",
            "platform_release": "10" if windows else "",
            "platform_version": "",
            "platform_python_implementation": "CPython",
            "implementation_name": "cpython",
            "implementation_version": full,
            "python_version": self.short,
            "python_full_version": full,
        }

    def prefix(self, folder: Path) -> Path:
        """Return where Python lies within a folder; `sys.prefix` when it runs."""
        return folder / "python"

    def packages(self, folder: Path) -> Path:
        """Return where libraries lie within a folder."""
        if self.system == "windows":
            return self.prefix(folder) / "Lib" / "site-packages"
        return self.prefix(folder) / "lib" / f"python{self.short}" / "site-packages"
