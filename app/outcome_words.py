"""An outcome in words, the same on every page that tells one."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

from app.words import word


def done(row: Mapping[Any, Any]) -> str:
    """Return what was done: the inspection, or why there was none.

    Parameters
    ----------
    row : mapping
        ``inspection`` and ``why_not``.
    """
    inspection = word("inspection", str(row["inspection"]))
    return f"{inspection}: {word('why_not', str(row['why_not']))}" if row["why_not"] else inspection


def found(row: Mapping[Any, Any], only: Container[str] | None = None) -> str:
    """Return what was found and how sure that is, empty where nothing is said of it.

    Parameters
    ----------
    row : mapping
        ``found`` and ``status``.
    only : container of str, optional
        The kinds told; else all.
    """
    kinds = row["found"] if isinstance(row["found"], (list, tuple)) else []
    told = [word("found", kind) for kind in kinds if only is None or kind in only]
    return " · ".join([*told, word("status", str(row["status"]))]) if told else ""


def whole(row: Mapping[Any, Any]) -> str:
    """Return what was done and what was found."""
    return " · ".join(part for part in (done(row), found(row)) if part)
