"""What of libraries stays behind: their tests, what only a compiler reads, parts nothing here calls."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

#: Tests that libraries bring along.
_TESTS = re.compile(r"(^|/)(tests?|_tests)$")
#: Not tests, whatever they are called.
_NO_TESTS = re.compile(r"^(numpy/_core|numba/core)/")
_COMPILERS = re.compile(r"\.(a|lib|pdb|h|hpp|c|cpp|cc|cmake|pc|pyx|pxd|pxi|pyi|exp|map|am|f90)$")
#: Of Apache Arrow the part that speaks with other servers; of numba the ways to run in parallel that need
#: more libraries (nothing here runs so).
_PARTS = re.compile(
    r"^numba/np/ufunc/(tbb|omp)pool\.|^pyarrow/(lib)?_?(arrow_)?(python_)?flight[^/]*\.(so[.0-9]*|pyd|dll)$"
    r"|^pyarrow/(include|src|tests)/"
)


def slim(packages: Path) -> None:
    """Take away what stays behind."""
    for path in sorted(packages.rglob("*"), reverse=True):
        name = path.relative_to(packages).as_posix()
        if path.is_dir():
            if _TESTS.search(name) and not _NO_TESTS.match(name) and "/" in name:
                shutil.rmtree(path)
        elif path.exists() and (_COMPILERS.search(name) or _PARTS.search(name)):
            path.unlink()
    for path in sorted((p for p in packages.rglob("*") if p.is_dir()), reverse=True):
        if not any(path.iterdir()):
            path.rmdir()
