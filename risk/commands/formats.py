"""``wildcargo formats``: the message formats that are read and written."""

from __future__ import annotations

import click

from risk.commands import terminal


@click.command("formats")
def command() -> None:
    """Print the message formats that are read and written, and what each was tried on.

    Tables (CSV, XLSX, XLS, Parquet, JSON Lines) are read beside them; which part of a message becomes which
    column stands in docs/formats.md.
    """
    from features.manifest.messages import FORMS

    for form in FORMS:
        terminal.heading(f"{form.name}: {form.title}")
        terminal.items(
            [f"messages: {', '.join(form.messages)}", f"tried: {form.tried}"], indent="  ", bullet=""
        )
    terminal.say()
    terminal.say(f"{len(FORMS)} formats; write one with: wildcargo convert FILE --to NAME --out OUT")
