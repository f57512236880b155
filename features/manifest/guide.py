"""The columns of the shipment table as a table for people, printed from the schema.

``python -m features.manifest.guide`` rewrites the generated part of ``docs/manifest.md``.
"""

from __future__ import annotations

import sys
from pathlib import Path

from features.manifest import cells, schema

START, END = "<!-- columns: generated from the schema -->", "<!-- end of columns -->"

_GROUPS = {
    "identity": "Identity",
    "time_place": "Time and place",
    "parties": "Parties",
    "message": "Message",
    "goods": "Goods",
    "route": "Route",
    "quantities": "Quantities",
    "equipment": "Equipment",
    "changes": "Changes",
    "outcome": "Outcome (history only)",
}


def render() -> str:
    """Return every column with kind, unit, allowed values and meaning, as Markdown."""
    parts = []
    for group in schema.GROUPS:
        rows = [_row(column) for column in schema.COLUMNS if column.group == group]
        head = [
            f"### {_GROUPS[group]}",
            "",
            "| column | kind | unit | allowed | meaning |",
            "|---|---|---|---|---|",
        ]
        parts.append("\n".join([*head, *rows]))
    return "\n\n".join(parts)


def _row(column: schema.Column) -> str:
    unit = column.unit if column.unit != "1" else "count or ratio"
    if column.name == "declared_value":
        unit = "in `currency`"
    return f"| `{column.name}` | {column.kind} | {unit} | {_allowed(column)} | {column.meaning} |"


def _allowed(column: schema.Column) -> str:
    if column.values:
        return ", ".join(f"`{value}`" for value in column.values)
    if column.kind == "number":
        return f"{column.low:g} to {column.high:g}"
    if column.code or column.kind in ("time", "flag", "items"):
        return cells.expectation(column)
    return ""


def rewrite(text: str) -> str:
    """Return a document with its generated part renewed."""
    before, _, rest = text.partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}\n\n{render()}\n\n{END}{after}"


if __name__ == "__main__":
    document = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/manifest.md")
    document.write_text(rewrite(document.read_text(encoding="utf-8")), encoding="utf-8")
