"""``wildcargo backup``: a port in one file, while people work."""

from __future__ import annotations

from pathlib import Path

import click

from risk.commands import databases, options, port_place, terminal
from risk.commands.mistakes import FAULT, Mistake

_EPILOG = """\b
Examples:
  wildcargo backup --data /srv/port --out port-2026-11-22.zip
  wildcargo backup --data /srv/port --database postgresql://wildcargo@db/port --out port.zip
  wildcargo verify port.zip

The file holds everything: declared fields, names of people, and the site's secret, with which whoever
has it can tell the random draws beforehand. It is readable by its owner alone; keep it where the
database itself might lie, and no longer than the port may keep what is in it. Sessions are left out.
"""


@click.command("backup", epilog=_EPILOG)
@port_place.data
@port_place.database
@click.option(
    "--out", metavar="FILE", type=options.FILE, required=True, help="File to write, whole or not at all."
)
def command(folder: Path, url: str | None, out: Path) -> None:
    """Write a port's database, its secret and its past into one file while it is in use.

    The file is the same for SQLite and PostgreSQL; `wildcargo restore` puts it back into either. It is
    read again and checked before it takes its name.
    """
    from risk.store import backup

    if not out.absolute().parent.is_dir():
        raise Mistake(f"{out.parent}: no such folder")
    with databases.existing(databases.address(folder, url)) as database:
        about = backup.make(database, folder, out, at=options.moment(None))
    terminal.say(f"{out}: {sum(about.rows.values()):,} rows, and {len(about.sha256) - 1:,} files beside them")
    terminal.say(f"Ledger {about.head}")
    if not about.holds:
        raise Mistake(
            "the backup is whole, but the ledger of this database is broken (wildcargo verify)",
            exit_code=FAULT,
        )
