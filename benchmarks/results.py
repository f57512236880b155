"""Write one benchmark's section of a document, leaving the others as they are.

Every script owns the lines between its own two markers, ``<!-- begin:NAME -->`` and
``<!-- end:NAME -->``; a missing section is added at the end.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

RESULTS = Path(__file__).resolve().parent.parent / "docs" / "results.md"
_HEADING = "# Results\n\nWritten by the scripts in `benchmarks/`; every section says which one.\n"


def write_section(name: str, markdown: str, path: Path = RESULTS) -> None:
    """Replace one section.

    Parameters
    ----------
    name : str
        Lower-case letters, digits and ``_``.
    markdown : str
        What to put between the markers.
    path : Path
        Results file; made if absent. Replaced in one step.
    """
    if not re.fullmatch(r"[a-z0-9_]+", name):
        raise ValueError(f"section name {name!r} is not lower-case letters, digits and _")
    begin, end = f"<!-- begin:{name} -->", f"<!-- end:{name} -->"
    if begin in markdown or end in markdown:
        raise ValueError("a section must not hold its own markers")
    text = path.read_text(encoding="utf-8") if path.exists() else _HEADING
    section = f"{begin}\n{markdown.strip()}\n{end}"
    start, stop = text.find(begin), text.find(end)
    if (start < 0) != (stop < 0) or stop < start:
        raise ValueError(f"{path.name}: the markers of section {name!r} do not pair")
    if start >= 0:
        text = text[:start] + section + text[stop + len(end) :]
    else:
        text = f"{text.rstrip()}\n\n{section}\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    draft.write_text(text, encoding="utf-8")
    os.replace(draft, path)


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a Markdown table; floats are shown with three digits."""
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    for row in rows:
        cells = [f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in row]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)
