"""``wildcargo features``: the registry of everything the models may see."""

from __future__ import annotations

import json

import click

from risk.commands import terminal


@click.command("features")
@click.option("--family", metavar="NAME", help="Only the features of one reason family.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per feature.")
def command(family: str | None, as_json: bool) -> None:
    """Print the registry: what the models may see, and what it means."""
    from dataclasses import asdict

    from features import matrix
    from features.registry import FAMILIES
    from risk.commands.mistakes import Mistake

    if family is not None and family not in FAMILIES:
        raise Mistake(f"unknown family {family!r}; known: {', '.join(FAMILIES)}")
    entries = [f for f in matrix.features() if family in (None, f.family)]
    if as_json:
        for entry in entries:
            cells = {k: None if v in (float("inf"), float("-inf")) else v for k, v in asdict(entry).items()}
            terminal.say(json.dumps(cells, ensure_ascii=False))
        return
    for key, title in FAMILIES.items():
        members = [f for f in entries if f.family == key]
        if not members:
            continue
        terminal.heading(f"{title} ({key})")
        for f in members:
            unit = "" if f.unit == "1" else f", {f.unit}"
            terminal.say(f"  {f.name}  [{f.dtype}{unit}; {f.known}]")
            terminal.items([f.meaning], indent="      ", bullet="")
    terminal.say()
    terminal.say(f"{len(entries)} features; known from the row, its context (manifest) or the port's history")
