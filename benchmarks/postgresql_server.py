"""A PostgreSQL server in a folder of its own, for tests and campaigns: begun, ended, killed, begun again."""

from __future__ import annotations

import getpass
import shutil
import subprocess
import time
from pathlib import Path

import sqlalchemy as sa

from risk.store.database import Database


def _programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    where = str(found[-1]) if found else shutil.which("initdb")
    assert where, "PostgreSQL's server is needed (Debian: postgresql); CI installs it"
    return Path(where).parent


class Server:
    """A server reached through its socket.

    Parameters
    ----------
    folder : Path
        For its data and its socket; a short path, as sockets have.
    fsync : bool
        Whether what is committed is brought to the disk, as a port's server does; tests leave it out.
    """

    def __init__(self, folder: Path, *, fsync: bool = False) -> None:
        self.folder, self.fsync, self.programs = folder, fsync, _programs()
        # The server refuses to run as root.
        self.as_user = ["runuser", "-u", "postgres", "--"] if getpass.getuser() == "root" else []
        self.user = "postgres" if self.as_user else getpass.getuser()
        if self.as_user:
            shutil.chown(folder, "postgres")
            folder.chmod(0o755)
        self.run("initdb", "-D", str(folder / "data"), "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
        self.start()

    def run(self, program: str, *options: str) -> None:
        """Run one of PostgreSQL's programs."""
        call = [*self.as_user, str(self.programs / program), *options]
        done = subprocess.run(call, capture_output=True, text=True, cwd="/", check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self) -> None:
        """Begin it, and wait until it answers."""
        options = f"-c listen_addresses='' -c unix_socket_directories='{self.folder}'"
        options += "" if self.fsync else " -c fsync=off"
        log = str(self.folder / "log")
        self.run("pg_ctl", "-D", str(self.folder / "data"), "-w", "-l", log, "-o", options, "start")

    def stop(self, how: str = "fast") -> None:
        """End it: ``smart``, ``fast`` or ``immediate``, which is a crash."""
        self.run("pg_ctl", "-D", str(self.folder / "data"), "-w", "-m", how, "stop")

    def start_again(self, tries: int = 20) -> None:
        """Begin it after its first process was killed: what that left behind has to go first."""
        for last in [False] * (tries - 1) + [True]:
            try:
                self.start()
            except AssertionError:
                if last:
                    raise
                time.sleep(1.0)
            else:
                return

    @property
    def process(self) -> int:
        """Return the number of its first process."""
        return int((self.folder / "data" / "postmaster.pid").read_text().split()[0])

    def url(self, name: str) -> str:
        """Return the address of a database."""
        return f"postgresql://{self.user}@/{name}?host={self.folder}"

    def make(self, name: str, template: str = "template1") -> str:
        """Make a database; return its address."""
        engine = sa.create_engine(
            Database(self.url("postgres")).url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool
        )
        with engine.connect() as connection:
            connection.execute(sa.text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
        return self.url(name)
