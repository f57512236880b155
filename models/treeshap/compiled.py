"""The compiler of this package: numba, with what it compiled kept for the next start.

numba tells by a function's own file whether kept code is stale, but code is inlined across files. So what is
kept lies in a folder named after all sources of this package: in ``__pycache__`` beside them, else in
the user's cache folder (``NUMBA_CACHE_DIR`` names another). Where neither can be written, or
what lies there is damaged, functions are compiled at each start, which takes seconds and is no error.

Floating-point operations keep their order (no ``fastmath``): bits depend on it.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba.core.caching import FunctionCache

#: numba's settings, some of which it only has at run time.
config: Any = numba.config

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Compile a function at its first call; it runs without Python's lock."""
    return _compiled(function, no_cfunc_wrapper=True)


def compiled_within(function: Function) -> Function:
    """Compile a function that only compiled ones call: sooner done, for there is no way in from Python."""
    return _compiled(function, no_cfunc_wrapper=True, no_cpython_wrapper=True)


def _compiled(function: Function, **options: bool) -> Function:
    njit: Any = numba.njit
    dispatcher = njit(nogil=True, error_model="numpy", **options)(function)
    folder = _folder()
    if folder is not None:
        before, config.CACHE_DIR = config.CACHE_DIR, folder
        try:
            dispatcher._cache = _Kept(function)
        except (RuntimeError, OSError):  # the folder cannot be used after all
            pass
        finally:
            config.CACHE_DIR = before
    return cast(Function, dispatcher)


class _Kept(FunctionCache):
    """Compiled code on disk that is never needed: whatever cannot be read or written is compiled anew."""

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        try:
            found = super().load_overload(sig, target_context)
        except Exception:  # a damaged pickle can raise anything
            return None
        # Two processes that save at once can leave an index that names another's code.
        return found if found is not None and tuple(found.signature.args) == tuple(sig) else None

    def save_overload(self, sig: Any, data: Any) -> None:
        for _ in range(2):
            try:
                return super().save_overload(sig, data)
            except Exception:  # a damaged index, or no room
                try:
                    self.flush()
                except OSError:
                    return None
        return None


@cache
def _folder() -> str | None:
    """Return the folder compiled code is kept in; None where none can be written."""
    here = Path(__file__).parent
    name = f"treeshap-{_digest(here)}"
    own = os.environ.get("XDG_CACHE_HOME") or (Path.home() / ".cache" if _has_home() else None)
    places = [config.CACHE_DIR, here / "__pycache__", own]
    for place in places:
        if place and _writable(Path(place) / name):
            return str(Path(place) / name)
    return None


def _digest(sources: Path) -> str:
    """Return a digest of all sources in a folder."""
    digest = hashlib.sha256()
    for source in sorted(sources.glob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


def _has_home() -> bool:
    try:
        return Path.home().is_dir()
    except RuntimeError:
        return False


def _writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False
