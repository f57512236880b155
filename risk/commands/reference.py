"""The command line as Markdown: ``python -m risk.commands.reference > docs/cli.md``."""

from __future__ import annotations

import sys

import click

from risk.commands import cli

WIDTH = 100

_INTRO = """# Command line

Written by `python -m risk.commands.reference` from the commands themselves; a test fails when it
differs.

Exit codes: 0 done (problems, if any, are listed); 2 the call is wrong, nothing could be scored, or
anything was wrong under `--strict` (nothing is written); 1 anything else; 130 stopped. Output files
appear whole or not at all. Times are UTC, weights kg.
"""


def render() -> str:
    """Return the reference as Markdown text, the same whatever the window."""
    parts = [_INTRO]
    root = _context(cli, "wildcargo", None)
    parts.append(_section(cli, root, "##"))
    for name in cli.list_commands(root):
        command = cli.get_command(root, name)
        assert command is not None
        parts += _tree(command, root, name, "##")
    return "\n".join(parts)


def _tree(command: click.Command, parent: click.Context, name: str, level: str) -> list[str]:
    context = _context(command, name, parent)
    parts = [_section(command, context, level)]
    if isinstance(command, click.Group):
        for child in command.list_commands(context):
            found = command.get_command(context, child)
            assert found is not None
            parts += _tree(found, context, child, level + "#")
    return parts


def _context(command: click.Command, name: str, parent: click.Context | None) -> click.Context:
    """Return the context a call would have (settings of the command included), at a fixed width."""
    return command.make_context(name, [], parent=parent, resilient_parsing=True, terminal_width=WIDTH)


def _section(command: click.Command, context: click.Context, level: str) -> str:
    text = "\n".join(line.rstrip() for line in command.get_help(context).splitlines())
    return f"{level} `{context.command_path}`\n\n```text\n{text}\n```\n"


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.stdout.write(render())
