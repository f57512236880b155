"""``wildcargo mapping``: a proposed mapping file for a table of another shape."""

from __future__ import annotations

from pathlib import Path

import click

from risk.commands import options


@click.command("mapping")
@options.manifests
def command(files: tuple[Path, ...]) -> None:
    """Propose a mapping file for a table of another shape."""
