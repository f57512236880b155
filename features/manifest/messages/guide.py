"""What each message format becomes, as a page for people, printed from the formats themselves.

``python -m features.manifest.messages.guide docs/formats.md`` rewrites the generated part of the page.
"""

from __future__ import annotations

import sys
from pathlib import Path

from features.manifest import schema
from features.manifest.messages.form import Field, Form
from features.manifest.messages.forms import FORMS

START, END = "<!-- formats: generated from the readers -->", "<!-- end of formats -->"


def render() -> str:
    """Return every format with its fields, what is lost and what was tried, as Markdown."""
    return "\n\n".join([_overview(), *map(_form, FORMS)])


def _overview() -> str:
    rows = [f"| `{form.name}` | {form.title} | {', '.join(form.messages)} |" for form in FORMS]
    return "\n".join(["| name | format | messages |", "|---|---|---|", *rows])


def _form(form: Form) -> str:
    order = {name: place for place, name in enumerate(schema.BY_NAME)}
    fields = sorted(form.fields, key=lambda field: order[field.column])
    rows = [f"| `{field.column}` | {_cell(field.element)} | {_how(field)} |" for field in fields]
    return "\n".join(
        [
            f"## {form.title} (`{form.name}`)",
            "",
            f"Messages: {', '.join(form.messages)}. Tried: {form.tried}",
            "",
            f"Lost: {form.lost}",
            "",
            "| column | in the message | how |",
            "|---|---|---|",
            *rows,
        ]
    )


def _how(field: Field) -> str:
    return "; ".join(filter(None, ("" if field.written else "read only", _cell(field.remark))))


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def rewrite(path: Path) -> None:
    """Replace the generated part of a page."""
    text = path.read_text(encoding="utf-8")
    start, end = text.index(START) + len(START), text.index(END)
    path.write_text(f"{text[:start]}\n{render()}\n{text[end:]}", encoding="utf-8")


if __name__ == "__main__":
    rewrite(Path(sys.argv[1]))
