"""Real servers: SQLite in a file, and a PostgreSQL of the tests' own."""

from __future__ import annotations

import getpass
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import sqlalchemy as sa

from risk.store.database import Database
from risk.store.tables import metadata
from risk.store.upgrading import upgrade


def _programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    where = str(found[-1]) if found else shutil.which("initdb")
    assert where, "tests need PostgreSQL's server (Debian: postgresql); CI installs it"
    return Path(where).parent


class Server:
    """A PostgreSQL server in a folder of its own, reached through its socket."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.programs = folder, _programs()
        # The server refuses to run as root.
        self.as_user = ["runuser", "-u", "postgres", "--"] if getpass.getuser() == "root" else []
        self.user = "postgres" if self.as_user else getpass.getuser()
        if self.as_user:
            shutil.chown(folder, "postgres")
            folder.chmod(0o755)
        self.run("initdb", "-D", str(folder / "data"), "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
        self.start()

    def run(self, program: str, *options: str) -> None:
        call = [*self.as_user, str(self.programs / program), *options]
        done = subprocess.run(call, capture_output=True, text=True, cwd="/", check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self) -> None:
        options = f"-c listen_addresses='' -c unix_socket_directories='{self.folder}' -c fsync=off"
        log = str(self.folder / "log")
        self.run("pg_ctl", "-D", str(self.folder / "data"), "-w", "-l", log, "-o", options, "start")

    def stop(self, how: str = "fast") -> None:
        self.run("pg_ctl", "-D", str(self.folder / "data"), "-w", "-m", how, "stop")

    def url(self, name: str) -> str:
        return f"postgresql://{self.user}@/{name}?host={self.folder}"

    def make(self, name: str, template: str = "template1") -> str:
        engine = sa.create_engine(
            Database(self.url("postgres")).url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool
        )
        with engine.connect() as connection:
            connection.execute(sa.text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
        return self.url(name)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    with TemporaryDirectory(prefix="wildcargo-pg-") as name:
        server = Server(Path(name))
        made = Database(server.make("made"))
        upgrade(made)
        made.close()
        yield server
        server.stop("immediate")


@pytest.fixture(scope="session")
def made_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("made") / "port.db"
    database = Database(path)
    upgrade(database)
    with database.write() as connection:
        connection.exec_driver_sql("SELECT 1")
    database.close()
    return path


def _emptied(server: Server) -> Database:
    """Return the server's one database without rows; making a new one for every test takes minutes."""
    opened = Database(server.url("made"))
    with opened.write() as connection:
        # The ledger refuses to be emptied, but not to its server's own owner.
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        names = ", ".join(table.name for table in metadata.sorted_tables)
        connection.exec_driver_sql(f"TRUNCATE {names} RESTART IDENTITY")
    return opened


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database of this version without rows, on each kind of server."""
    if request.param == "sqlite":
        path = tmp_path / "port.db"
        shutil.copy(request.getfixturevalue("made_sqlite"), path)
        opened = Database(path)
    else:
        opened = _emptied(request.getfixturevalue("postgresql"))
    yield opened
    opened.close()
