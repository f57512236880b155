"""``wildcargo sample``: a database of a sample day, to look around in."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import click

from risk.commands import options, port_place, terminal
from risk.commands.mistakes import Mistake

if TYPE_CHECKING:
    from risk.store.database import Database
    from risk.store.jobs import Job

_EPILOG = """\b
Example:
  wildcargo sample data_samples/port_day.csv --at 2025-01-06T04:00 --data out/sample
  wildcargo app --data out/sample

The app shows a SAMPLE band on every page of such a database, and time stands still in it.
"""


@click.command("sample", epilog=_EPILOG)
@options.manifests
@click.option("--at", "at", required=True, metavar="TIME", help="Moment at which time stands still, UTC.")
@click.option(
    "--data",
    "folder",
    metavar="DIR",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder to make: the database and what belongs to it.",
)
@click.option("--zone", default="UTC", show_default=True, help="Zone times are shown in, as Asia/Hong_Kong.")
@click.option("--overwrite", is_flag=True, help="Replace a sample that is there; never a port's own data.")
def command(files: tuple[Path, ...], at: str, folder: Path, zone: str, overwrite: bool) -> None:
    """Make a database of a sample day: files loaded, scored and marked as what they are."""
    from risk.store import settings
    from risk.worker import clock

    paths = options.existing(files)
    moment = options.moment(at, "--at")
    folder, url = place(folder, overwrite)
    database = port_place.opened(url)
    chosen: dict[str, str | int | float | bool] = {
        "sample": True,
        "clock": moment.isoformat(),
        "time_zone": zone,
        "port_name": "Sample",
    }
    with database.write() as connection:
        settings.change(connection, chosen, at=clock(), actor="system")
    job = load(database, folder, paths)
    database.close()
    if job.state != "done":
        raise Mistake("the sample could not be loaded", job.message.splitlines())
    terminal.say(f"Sample:    {(job.result or {}).get('shipments', 0):,} shipments in {folder}")


def place(folder: Path, overwrite: bool) -> tuple[Path, str]:
    """Return where the sample is made, emptied where it may be."""
    if folder.exists() and any(folder.iterdir()):
        if not overwrite:
            raise Mistake(f"{folder}: is there and not empty; --overwrite replaces a sample")
        if not _is_sample(folder):
            raise Mistake(f"{folder}: holds no sample or drill, and is not replaced")
        shutil.rmtree(folder)
    return port_place.prepared(folder, None)


def _is_sample(folder: Path) -> bool:
    from sqlalchemy.exc import DBAPIError

    from risk.store import settings
    from risk.store.database import Database, StoreError

    path = folder / port_place.FILE
    if not path.is_file():
        return False
    database = Database(path)
    try:
        with database.read() as connection:
            chosen = settings.current(connection)
            return bool(chosen["sample"] or chosen["drill"])
    except (StoreError, DBAPIError):
        return False
    finally:
        database.close()


def load(database: Database, folder: Path, paths: list[Path]) -> Job:
    """Load files and score them at once; return the job as it ended."""
    from hashlib import sha256

    from risk.store import jobs
    from risk.worker import Worker, clock, keep_upload

    named = []
    for path in paths:
        content = path.read_bytes()
        digest = sha256(content).hexdigest()
        keep_upload(folder, content, digest)
        named.append({"name": path.name, "sha256": digest})
    with database.write() as connection:
        jobs.ask(connection, "load", {"files": named}, at=clock(), actor="system")
    job = Worker(database, folder).work()
    assert job is not None, "the job was asked for just now"
    return job
