"""``wildcargo convert``: any manifest as the canonical shipment table."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from risk.commands import options, terminal
from risk.commands.mistakes import Mistake

if TYPE_CHECKING:
    import pandas as pd

    from features.manifest.messages import Form

PROBLEMS_SHOWN = 50

_EPILOG = """\b
Examples:
  wildcargo convert day.xlsx --out day.parquet
  wildcargo convert declarations.csv --mapping port.toml --out day.csv
  wildcargo convert night --out day.parquet
  wildcargo convert day.parquet --to awmds --out day.xml

Units of the table: kg, m3, UTC; lists are separated by `;` in CSV.
"""


@click.command("convert", epilog=_EPILOG)
@options.manifests
@click.option(
    "--out",
    required=True,
    metavar="OUT",
    type=options.FILE,
    help="Table to write: .csv, .parquet or .jsonl; with --to, any name.",
)
@options.message_format("--to", "Write messages of a format (`wildcargo formats`) instead of a table.")
@options.mapping
@options.strict
@options.now
def command(
    files: tuple[Path, ...],
    out: Path,
    form: Form | None,
    mapping: Path | None,
    strict: bool,
    now: str | None,
) -> None:
    """Convert manifests to the canonical shipment table, or to messages.

    Reads tables and messages (`wildcargo formats`), folders and zip archives of them.
    The table has one row per house-level consignment and the columns of the shipment schema.
    Rows that cannot be read are listed and left out; single cells that cannot be read are left
    empty and listed.
    """
    from features.manifest import stream
    from risk import writing
    from risk.reading import Tally

    out = writing.check(out) if form is None else out
    paths = options.existing(files)
    options.apart((out,), (*paths, mapping))
    tally = Tally()
    progress = terminal.Progress("converting")

    def tables() -> Iterator[pd.DataFrame]:
        for manifest in stream(paths, mapping, now=options.moment(now)):
            tally.add(manifest)
            progress.add(len(manifest.table))
            yield manifest.table

    with writing.Whole() as whole:
        if form is None:
            writing.write(whole.part(out), tables(), suffix=out.suffix, for_people=False)
        else:
            _write_messages(whole.part(out), tables(), form)
        progress.done()
        if not tally.shipments:
            raise Mistake("no shipment could be read", tally.problems() or ["the files hold no rows"])
        if strict and tally.problems():
            raise Mistake(
                "the input has problems and --strict was asked for; nothing was written", tally.problems()
            )
    if tally.of_files():
        terminal.say(tally.of_files())
    terminal.say(tally.sentence("kept"))
    if problems := tally.problems():
        terminal.heading("Problems")
        if tally.rejected > PROBLEMS_SHOWN:
            terminal.items(tally.reasons())
        terminal.items(problems[:PROBLEMS_SHOWN])
        if len(problems) > PROBLEMS_SHOWN:
            terminal.say(f"  … and {len(problems) - PROBLEMS_SHOWN:,} more; --strict lists them all")
    if tally.general():
        terminal.heading("Notes")
        terminal.items(tally.general())
    terminal.say(f"Written: {out}")
    terminal.say(f"Next: {terminal.program()} score {terminal.quoted(out)} --capacity 30 --out list.csv")


def _write_messages(path: Path, tables: Iterator[pd.DataFrame], form: Form) -> None:
    """Write all shipments as messages of one format."""
    import pandas as pd

    whole = [table for table in tables if len(table)]
    if whole:
        with open(path, "wb") as stream:
            form.write(pd.concat(whole, ignore_index=True), stream)
