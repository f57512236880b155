"""Where a port's database and folder are: options of the commands that open them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from risk.commands.mistakes import Mistake

if TYPE_CHECKING:
    from risk.store.database import Database

F = TypeVar("F", bound=Callable[..., Any])

DATABASE, DATA = "WILDCARGO_DATABASE", "WILDCARGO_DATA"
FILE = "port.db"

data = click.option(
    "--data",
    "folder",
    metavar="DIR",
    envvar=DATA,
    show_envvar=True,
    default="port-data",
    show_default=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="The port's folder: its database, files handed in, its past, its secret.",
)
database = click.option(
    "--database",
    "url",
    metavar="URL",
    envvar=DATABASE,
    show_envvar=True,
    help="A SQLite file, or postgresql://user@host/name; a password belongs into the variable or a "
    f"~/.pgpass, not into the call.  [default: {FILE} in --data]",
)


def prepared(folder: Path, url: str | None) -> tuple[Path, str]:
    """Make the port's folder if need be; return it and the database's address.

    Raises
    ------
    Mistake
        The folder cannot be written to.
    """
    folder = folder.absolute()
    # What is declared and found is for the account the server runs under, and for nobody else.
    os.umask(0o077)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise Mistake(f"{folder}: {(error.strerror or str(error)).lower()}") from None
    probe = folder / f".written-{os.getpid()}"
    try:
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise Mistake(f"{folder}: cannot be written to ({(error.strerror or str(error)).lower()})") from None
    if url and "://" not in url:
        url = str(Path(url).absolute())
    return folder, url or str(folder / FILE)


def opened(url: str) -> Database:
    """Return the database, made or brought to this version.

    Raises
    ------
    Mistake
        It cannot be opened, is of a later version, or of another program.
    """
    from sqlalchemy.exc import DBAPIError

    from risk.store.database import Database, StoreError
    from risk.store.upgrading import upgrade

    try:
        database = Database(url)
        upgrade(database)
    except StoreError as error:
        raise Mistake(str(error)) from error
    except DBAPIError as error:
        text = str(error.orig).strip().splitlines() or [type(error).__name__]
        raise Mistake(f"{Database(url).name}: {text[0][:200]}") from error
    return database
