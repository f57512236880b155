"""Connections to the database: SQLite in a file, or PostgreSQL by URL.

Every change goes through `Database.write`: one transaction that holds what was done and its row in the
ledger. Writers wait for each other (SQLite has one writer; on PostgreSQL an advisory lock does the same),
so the ledger's order is the order of commits and its chain never forks.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

#: Seconds a writer waits for another before it gives up.
PATIENCE = 20

#: Key of the advisory lock writers take on PostgreSQL.
WRITERS = 0x77696C64

_DRIVERS = {"postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}


class StoreError(Exception):
    """The database cannot be opened or is not one of this version."""


class Busy(StoreError):
    """Another writer held the database for too long; nothing was changed."""


class Database:
    """A port's database.

    Parameters
    ----------
    url : str or path
        A file (SQLite), or ``postgresql://user@host/name``.
    """

    def __init__(self, url: str | os.PathLike[str]) -> None:
        self.url = address(url)
        self.engine = _engine(self.url)

    @property
    def is_sqlite(self) -> bool:
        """Tell a file from a server."""
        return self.url.get_backend_name() == "sqlite"

    @property
    def name(self) -> str:
        """Return the address without a password, for people."""
        return self.url.render_as_string(hide_password=True)

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Yield a connection that sees one moment of the database throughout."""
        with self._opened() as connection:
            if not self.is_sqlite:
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """Yield a connection whose changes appear together when the block ends, or not at all.

        Raises
        ------
        Busy
            Another writer did not finish in time.
        """
        try:
            with self._opened() as connection:
                connection = connection.execution_options(write=True)
                with connection.begin():
                    if not self.is_sqlite:
                        connection.execute(sa.text(f"SET LOCAL lock_timeout = '{PATIENCE}s'"))
                        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(WRITERS)))
                    yield connection
        except DBAPIError as error:
            if _is_busy(error):
                raise Busy("the database is busy; nothing was changed, try again") from error
            raise

    @contextmanager
    def _opened(self) -> Iterator[sa.Connection]:
        try:
            connection = self.engine.connect()
        except DBAPIError as error:
            raise StoreError(f"{self.name}: cannot be opened ({_first_line(error)})") from error
        with connection:
            yield connection

    def copy_file(self, path: Path) -> None:
        """Copy a SQLite database as it is at one moment into a file, while writers go on."""
        with self._opened() as connection:
            raw = connection.connection.dbapi_connection
            target = sqlite3.connect(path)
            try:
                raw.backup(target)  # type: ignore[union-attr]
                # One file, without a log beside it.
                target.execute("PRAGMA journal_mode=DELETE")
            finally:
                target.close()

    def settle(self) -> None:
        """Bring the log of a SQLite file into the file, and empty it: what was purged stands in neither."""
        if self.is_sqlite:
            with self._opened() as connection:
                raw = connection.connection.dbapi_connection
                assert raw is not None
                raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close idle connections."""
        self.engine.dispose()


def address(url: str | os.PathLike[str]) -> sa.URL:
    """Return the address of a database: a path is a SQLite file.

    Raises
    ------
    StoreError
        It is neither a file nor a PostgreSQL address.
    """
    text = os.fspath(url)
    if "://" not in text:
        return sa.URL.create("sqlite", database=str(Path(text).resolve()))
    try:
        found = sa.make_url(text)
    except sa.exc.ArgumentError as error:
        raise StoreError(f"{text!r} is no address of a database") from error
    backend = found.get_backend_name()
    if backend in _DRIVERS:
        return found.set(drivername=_DRIVERS[backend])
    if backend == "sqlite":
        return found
    raise StoreError(f"{backend}: expected sqlite or postgresql")


def go_on_counting(connection: sa.Connection, column: sa.Column[Any]) -> None:
    """Let numbers given next follow the largest there is: a server that counts by itself missed it."""
    last = connection.execute(sa.select(sa.func.max(column))).scalar()
    if connection.dialect.name == "postgresql" and last is not None:
        counter = sa.func.pg_get_serial_sequence(column.table.name, column.name)
        connection.execute(sa.select(sa.func.setval(counter, int(last))))


def _engine(url: sa.URL) -> sa.Engine:
    if url.get_backend_name() != "sqlite":
        return sa.create_engine(url, pool_pre_ping=True, pool_size=10, max_overflow=30)
    engine = sa.create_engine(url, connect_args={"timeout": PATIENCE, "check_same_thread": False})

    @sa.event.listens_for(engine, "connect")
    def _opened(raw: Any, record: Any) -> None:
        # The driver must not begin transactions by itself: it begins them too late to be immediate.
        raw.isolation_level = None
        # What is purged is to be gone from the file as well.
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
            raw.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def _begun(connection: sa.Connection) -> None:
        immediate = connection.get_execution_options().get("write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine


def _is_busy(error: DBAPIError) -> bool:
    text = str(error.orig).lower()
    return "database is locked" in text or "lock timeout" in text or "deadlock detected" in text


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().splitlines()[0][:200] if str(error.orig).strip() else type(error).__name__
