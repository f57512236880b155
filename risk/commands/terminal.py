"""What a command prints: plain lines of at most 100 columns, readable without colour."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
import time
import unicodedata
from collections.abc import Iterable, Sequence

import click

NARROWEST, WIDEST = 60, 100


def width() -> int:
    """Return the columns to print in; 100 in a pipe, so that output does not hang on a window."""
    if not sys.stdout.isatty():
        return WIDEST
    return max(NARROWEST, min(WIDEST, shutil.get_terminal_size((WIDEST, 24)).columns))


def say(text: str = "") -> None:
    """Print one line to standard output."""
    click.echo(text)


def heading(text: str) -> None:
    """Print a heading: bold on a terminal, a line of its own everywhere."""
    click.echo()
    click.echo(click.style(text, bold=True))


def items(lines: Iterable[str], *, indent: str = "  ", bullet: str = "- ") -> None:
    """Print items, wrapped with a hanging indent."""
    for line in lines:
        click.echo(wrapped(line, indent + bullet, indent + " " * len(bullet)))


def wrapped(text: str, first: str, rest: str) -> str:
    """Return text wrapped to the width, with what starts the first and the other lines."""
    return textwrap.fill(
        text,
        width=width(),
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=True,
        break_on_hyphens=False,
    )


def columns(rows: Sequence[Sequence[str]], *, indent: str = "  ", right: Sequence[int] = ()) -> list[str]:
    """Return rows of cells as aligned lines (wide characters counted as two columns).

    Parameters
    ----------
    rows : sequence of sequences of str
        All of one length.
    right : sequence of int
        Columns aligned to the right.
    """
    widths = [max(cells(row[j]) for row in rows) for j in range(len(rows[0]))] if rows else []
    lines = []
    for row in rows:
        parts = []
        for j, (cell, room) in enumerate(zip(row, widths, strict=True)):
            space = " " * (room - cells(cell))
            parts.append(space + cell if j in right else cell + space)
        lines.append((indent + "  ".join(parts)).rstrip())
    return lines


def cells(text: str) -> int:
    """Return how many terminal columns a text takes."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text
    )


def cut(text: str, room: int) -> str:
    """Return a text cut to a number of terminal columns."""
    if cells(text) <= room:
        return text
    while text and cells(text) > room - 1:
        text = text[:-1]
    return text.rstrip() + "…"


def quoted(path: str | os.PathLike[str]) -> str:
    """Return a path as it must be typed."""
    text = os.fspath(path)
    return f"'{text}'" if any(c in text for c in " '\"();&|*?$") else text


def program() -> str:
    """Return what to type for this program: its bare name where the shell finds it by that."""
    typed = sys.argv[0]
    if os.path.basename(typed) != "wildcargo" or shutil.which("wildcargo"):
        return "wildcargo"
    return quoted(os.path.relpath(typed) if typed.startswith(os.getcwd()) else typed)


class Progress:
    """One line on standard error that counts rows; silent unless that is a terminal.

    Parameters
    ----------
    what : str
        What is being done, for people.
    """

    def __init__(self, what: str) -> None:
        self.what = what
        self.rows = 0
        self._shown = 0.0
        self._on = sys.stderr.isatty()

    def add(self, rows: int) -> None:
        """Count rows done."""
        self.rows += rows
        now = time.monotonic()
        if self._on and now - self._shown > 0.2:
            self._shown = now
            click.echo(f"\r{self.what}: {self.rows:,} rows\033[K", nl=False, err=True)

    def done(self) -> None:
        """Clear the line."""
        if self._on:
            click.echo("\r\033[K", nl=False, err=True)
