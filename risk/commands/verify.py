"""``wildcargo verify``: whether a port's database, a backup or a model is what it was."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from risk.commands import databases, options, port_place, terminal
from risk.commands.mistakes import FAULT, Mistake

if TYPE_CHECKING:
    from risk.store.checking import Checked

_EPILOG = """\b
Examples:
  wildcargo verify /srv/port
  wildcargo verify /srv/port/port.db --head 1188-9f3c52aa71e04b6d
  wildcargo verify postgresql://wildcargo@db/port --data /srv/port --replay
  wildcargo verify port-2026-11-22.zip
  wildcargo verify model-2026-11

Exit code 0: everything holds; 1: something is broken, the first rows are named; 2: the call is wrong.

A head is the number and hash of the ledger's last row, as every printed list and report carries it.
The ledger alone cannot show that its end was cut off, or that all of it was written anew by somebody
who can write to the database: a head on paper can. This makes tampering evident, and no more.
"""

_SIGNS = {"holds": "ok", "broken": "BROKEN", "unchecked": "-"}


@click.command("verify", epilog=_EPILOG)
@click.argument("place", metavar="DATABASE|BUNDLE|BACKUP")
@click.option("--head", metavar="HEAD", default="", help="Head of the ledger from a print, to be reached.")
@click.option(
    "--data",
    metavar="DIR",
    type=options.FILE,
    help="The port's folder, which holds the site's secret: outcomes and draws are checked with it.",
)
@click.option(
    "--replay", "replayed", is_flag=True, help="Also compute every kept score again, to the bit (slow)."
)
def command(place: str, head: str, data: Path | None, replayed: bool) -> None:
    """Check that a port's database, a backup of one or a model is what it was.

    A port's folder stands for the database in it, with its secret. Of a database: the ledger's chain,
    the scores of every batch against it, every record of a score with what was declared and the reasons
    as shown, what was purged and by which rule, photos; with the site's secret (--data) also outcomes,
    published lists and their draws. Of a backup or a model: its checksums.
    """
    from risk.store import archives

    folder = Path(place)
    if "://" not in place and (folder / port_place.FILE).is_file():
        _database(str(folder / port_place.FILE), head, data or folder, replayed)
    elif "://" not in place and folder.is_dir():
        _bundle(folder, head)
    elif "://" not in place and archives.is_backup(folder):
        _backup(folder, head)
    else:
        _database(place, head, data, replayed)


def _bundle(folder: Path, head: str) -> None:
    from models.bundle import BundleError
    from risk.engine import load_bundle

    if head:
        raise Mistake("--head is of a database; this is a folder")
    try:
        bundle = load_bundle(folder)
    except BundleError as error:
        raise Mistake(str(error), exit_code=FAULT) from error
    terminal.say(f"{folder}: model {bundle.model_id}, every file is what its manifest says")


def _backup(path: Path, head: str) -> None:
    from risk.store import archives

    if head:
        raise Mistake("--head is of a database; restore the backup, and verify what was restored")
    try:
        about = archives.check(path)
    except archives.BackupError as error:
        raise Mistake(str(error), exit_code=FAULT) from error
    terminal.say(f"{path}: backup of {about.at:%Y-%m-%d %H:%M} UTC, every part is what it was")
    terminal.say(f"Its ledger ends at {about.head}")


def _database(place: str, head: str, folder: Path | None, replayed: bool) -> None:
    from risk.store import checking

    secret = databases.secret_in(folder)
    progress = terminal.Progress("replaying")
    with databases.existing(place) as database, database.read() as connection:
        found = checking.check(connection, head=head, secret=secret)
        if replayed:
            before = 0

            def goes_on(done: int) -> None:
                nonlocal before
                progress.add(done - before)
                before = done

            found.append(checking.of_scores(connection, goes_on))
            progress.done()
        name = database.name
    _say(name, found)


def _say(name: str, found: list[Checked]) -> None:
    from risk.store import checking

    terminal.say(f"Database {name}")
    for each in found:
        terminal.items([f"{_SIGNS[each.state]}  {each.name}: {each.told}"], bullet="")
    broken = [each for each in found if each.state == checking.BROKEN]
    if broken:
        raise Mistake(
            "this database is not what it was:",
            [f"{each.name}: {problem}" for each in broken for problem in each.problems],
            exit_code=FAULT,
        )
    terminal.say("Everything that was checked holds.")
