"""``wildcargo restore``: a backup put back."""

from __future__ import annotations

from pathlib import Path

import click

from risk.commands import databases, options, port_place, terminal
from risk.commands.mistakes import FAULT, Mistake

_EPILOG = """\b
Examples:
  wildcargo restore port.zip --data /srv/port
  wildcargo restore port.zip --data /srv/port --database postgresql://wildcargo@db/port

The database must be empty and is made where it is not there; the folder must be new or hold the same
files. So a port also moves from SQLite to PostgreSQL or back. A restore that was cut off is done again.
Nobody is signed in afterwards.
"""


@click.command("restore", epilog=_EPILOG)
@click.argument("backup", type=options.FILE)
@port_place.data
@port_place.database
def command(backup: Path, folder: Path, url: str | None) -> None:
    """Put a backup back into an empty database of either kind, and the port's folder.

    Every part is checked before anything is written, and the ledger afterwards.
    """
    from risk.store import archives, restoring

    archives.check(backup)
    folder, url = port_place.prepared(folder, url)
    with databases.opened(url) as database:
        restored = restoring.restore(backup, database, folder, at=options.moment(None))
        name = database.name
    terminal.say(f"{name}: {restored.rows:,} rows as of {restored.about.at:%Y-%m-%d %H:%M} UTC")
    terminal.say(f"Ledger {restored.about.head}, as when the backup was made")
    if not restored.holds:
        raise Mistake(
            "everything was put back, but the ledger was broken when the backup was made (wildcargo verify)",
            exit_code=FAULT,
        )
