"""Databases and their data folders as commands name them: there, readable, and of this version."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from risk.commands import port_place
from risk.commands.mistakes import FAULT, Mistake

if TYPE_CHECKING:
    import sqlalchemy as sa

    from risk.store.database import Database

SQLITE = b"SQLite format 3\x00"


def address(folder: Path, url: str | None) -> str:
    """Return the address of a port's database: the one given, else the file in its folder."""
    return url or str(folder / port_place.FILE)


@contextmanager
def existing(address: str) -> Iterator[Database]:
    """Open a database that is there and of this version.

    Raises
    ------
    Mistake
        It is not there, no database of this program, of another version, or cannot be read.
    """
    from risk.store import upgrading

    if "://" not in address:
        _check_file(Path(address))
    with opened(address) as database:
        with database.read() as connection:
            at = upgrading.version(connection)
        if not at:
            raise Mistake(f"{database.name}: no database of this program")
        if at != upgrading.steps().get_current_head():
            known = {each.revision for each in upgrading.steps().walk_revisions()}
            what = (
                "an earlier version; start the app once to upgrade it" if at in known else "a later version"
            )
            raise Mistake(f"{database.name}: made by {what}")
        yield database


@contextmanager
def opened(address: str) -> Iterator[Database]:
    """Open a database; what goes wrong with it is said in words.

    Raises
    ------
    Mistake
    """
    import sqlalchemy as sa

    from risk.store.database import Database, StoreError

    try:
        database = Database(address)
    except (StoreError, sa.exc.ArgumentError) as error:
        raise Mistake(str(error)) from error
    try:
        yield database
    except StoreError as error:
        raise Mistake(str(error)) from error
    except sa.exc.DBAPIError as error:
        raise Mistake(f"{database.name}: {_reason(error)}", exit_code=FAULT) from error
    finally:
        database.close()


def _reason(error: sa.exc.DBAPIError) -> str:
    lines = str(error.orig).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__


def _check_file(path: Path) -> None:
    if not path.is_file():
        raise Mistake(f"{path}: {'not a file' if path.exists() else 'no such file'}")
    with path.open("rb") as file:
        begins = file.read(len(SQLITE))
    if begins != SQLITE:
        raise Mistake(f"{path}: no database (not a SQLite file)")


def secret_in(folder: Path | None) -> bytes | None:
    """Return the site's secret that lies in a data folder, None where no folder is named.

    Raises
    ------
    Mistake
        The folder holds none: it is never made here.
    """
    from risk.store import settings

    if folder is None:
        return None
    if not (folder / "site.key").is_file():
        raise Mistake(f"{folder}: holds no site.key, so it is not the folder of a port's data")
    return settings.site_secret(folder)
