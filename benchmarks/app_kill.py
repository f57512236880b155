"""Programs killed under officers at work, again and again; writes its section of ``docs/performance.md``.

    python -m benchmarks.app_kill                    # a hundred kills, half of them on either server
    python -m benchmarks.app_kill --server sqlite --kills 5 --no-page

Officers claim, decide, publish, enter outcomes with photos and load files, through the functions the pages
call, beside `wildcargo app` with its server and its worker. At a random moment one of them is killed
(SIGKILL): the worker; the server; the process officers work in, which holds what a server does at a click;
the database (PostgreSQL's first process, one of its others, or ended at once; on SQLite every process that
holds the file); or everything. What ended is started again as a service does it, and the next kill comes.
After every kill the ledger must hold, the file of the database be sound and no upload torn; at the end every
acknowledged change must be there once, every load done, and everything `wildcargo verify` checks must hold.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

import sqlalchemy as sa

from benchmarks.officers import port, programs
from benchmarks.officers.journal import Compared, compared, read, torn
from benchmarks.postgresql_server import Server
from benchmarks.results import table, write_section
from risk.store import ledger, settings
from risk.store.database import Database, StoreError
from risk.store.jobs import ATTEMPTS
from risk.store.tables import jobs, users
from risk.store.tables import ledger as rows

PAGE = port.ROOT / "docs" / "performance.md"
TARGETS = ("worker", "server", "officers", "database", "everything")
WEIGHTS = (25, 20, 30, 20, 5)
PEOPLE = {
    **{f"o{number}": "officer" for number in range(6)},
    **{"s0": "supervisor", "s1": "supervisor", "a0": "analyst", "door": "officer"},
}
#: Seconds of work before a kill.
SOONEST, LATEST = 0.2, 3.0
#: How much faster than people officers act here.
PACE = 40.0
#: Seconds within which what was killed works again, and loads are done.
AGAIN, LOADS = 90.0, 180.0


class Door(threading.Thread):
    """Somebody who signs in and out at the real server over and over.

    What the server says was done is counted, as is what it was asked.
    """

    def __init__(self, home: str) -> None:
        super().__init__(daemon=True)
        self.home, self.over = home, threading.Event()
        self.asked, self.acknowledged = 0, 0

    def run(self) -> None:
        """Sign in until told to end."""
        while not self.over.wait(0.3):
            self.asked += 1
            form = urllib.parse.urlencode({"login": "door", "password": port.WORD}).encode()
            request = urllib.request.Request(self.home + "/signin", form, {"Origin": self.home})
            try:
                with urllib.request.build_opener(_Stay).open(request, timeout=30) as answer:
                    self.acknowledged += answer.status == 303 and "wildcargo=" in str(answer.headers)
            except OSError:
                continue


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any) -> None:
        return None

    def http_error_303(self, req: Any, fp: Any, code: int, msg: str, headers: Any) -> Any:
        return fp


@dataclass
class Campaign:
    """A port at which programs are killed.

    Attributes
    ----------
    server : str
        ``sqlite`` or ``postgresql``.
    folder : Path
    url : str
    running : Server or None
        PostgreSQL.
    rng : Random
    """

    server: str
    folder: Path
    url: str
    running: Server | None
    rng: random.Random
    log: IO[bytes]
    number: int = field(default_factory=programs.free_port)
    app: subprocess.Popen[bytes] | None = None
    working: subprocess.Popen[bytes] | None = None
    journals: list[Path] = field(default_factory=list)
    doors: list[Door] = field(default_factory=list)
    kills: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    again: list[float] = field(default_factory=list)

    @property
    def home(self) -> str:
        """Return where the app is."""
        return f"http://127.0.0.1:{self.number}"

    def begin(self) -> None:
        """Start what does not run, as a service does, and wait until it works."""
        if self.app is None or self.app.poll() is not None:
            words = ("--data", str(self.folder), "--database", self.url, "--port", str(self.number))
            self.app = programs.started("risk.commands", "app", *words, log=self.log)
        if self.working is None or self.working.poll() is not None:
            path = self.folder.parent / f"journal-{len(self.journals)}"
            people = ",".join(login for login in PEOPLE if login != "door")
            self.working = programs.started(
                "benchmarks.officers.working", "--database", self.url, "--data", str(self.folder),
                "--logins", people, "--journal", str(path), "--files", "60", "--changes",
                "--pace", str(PACE), "--seconds", "1e6", "--seed", str(len(self.journals)),
                log=self.log,
            )  # fmt: skip
            self.journals.append(path)
        if not self.doors or not self.doors[-1].is_alive():
            self.doors.append(Door(self.home))
            self.doors[-1].start()
        programs.wait(self._works, AGAIN, "what was killed works again")

    def _works(self) -> bool:
        assert self.app is not None
        if self.app.poll() is not None:
            return False
        path = self.journals[-1]
        begun = path.exists() and path.stat().st_size > 0
        return begun and programs.answered(self.home + "/healthz", '"worker":"ok"') and self._acts()

    def _acts(self) -> bool:
        """Tell whether an act came to its end since the last kill."""
        last = self.journals[-1]
        done = sum(each["line"] == "act" and each["result"] == "done" for each in read([last]))
        return done > self.before.get(last, 0)

    before: dict[Path, int] = field(default_factory=dict)

    def _mark(self) -> None:
        for path in self.journals:
            self.before[path] = sum(
                each["line"] == "act" and each["result"] == "done" for each in read([path])
            )

    # --- killing ---

    def kill(self, target: str) -> None:
        """Kill a program; of the database, what holds it."""
        assert self.app is not None
        assert self.working is not None
        of_app = programs.of_app(self.app.pid)
        if target in ("worker", "server"):
            killed = of_app[target]
            _kill(killed)
            programs.wait(lambda: self._replaced(target, killed), AGAIN, f"another {target}")
        if target == "officers" or target == "everything" or (target == "database" and not self.running):
            _kill(self.working.pid)
        if target == "everything" or (target == "database" and not self.running):
            if target == "everything":
                _kill(self.app.pid)
            for process in of_app.values():
                _kill(process)
        if self.running and target in ("database", "everything"):
            self._kill_postgresql()
        if target in ("officers", "everything") or (target == "database" and not self.running):
            self.working.wait(30)
        if target == "everything":
            self.app.wait(30)
        self.kills[target] += 1

    def _replaced(self, name: str, killed: int) -> bool:
        """Tell whether the command started another in the place of what was killed."""
        assert self.app is not None
        return programs.of_app(self.app.pid).get(name, killed) != killed

    def _kill_postgresql(self) -> None:
        assert self.running is not None
        how = self.rng.choice(("first", "other", "immediate"))
        process = self.running.process
        others = programs.children(process)
        if how == "other":
            # The server takes its other processes down and recovers by itself.
            _kill(self.rng.choice(others))
            time.sleep(1.0)
        elif how == "first":
            _kill(process)
            programs.wait(lambda: not any(map(_runs, others)), 30, "PostgreSQL ended")
        else:
            self.running.stop("immediate")
        if how != "other":
            time.sleep(self.rng.random())
            self.running.start_again()
        programs.wait(self._answers, 60, "PostgreSQL answers")
        self._mark()

    def _answers(self) -> bool:
        opened = Database(self.url)
        try:
            with opened.read() as connection:
                return connection.execute(sa.select(sa.literal(1))).scalar() == 1
        except (StoreError, sa.exc.DBAPIError):
            return False
        finally:
            opened.close()

    def round(self, target: str) -> None:
        """Let them work, kill, start again, look whether everything holds."""
        self.begin()
        self._spare_jobs()
        time.sleep(self.rng.uniform(SOONEST, LATEST))
        self._mark()
        self.kill(target)
        begun = time.monotonic()
        self.begin()
        self.again.append(time.monotonic() - begun)
        self.check()
        if self.app is not None and target in ("worker", "server", "database"):
            # A command whose children die again and again gives up, which is right: begin it anew.
            self.end_app()

    def _spare_jobs(self) -> None:
        """Let a load whose worker was killed all but too often be done: it would be given up."""
        opened = Database(self.url)
        tried = sa.select(jobs.c.id).where(
            jobs.c.state.in_(("queued", "running")), jobs.c.attempts >= ATTEMPTS - 1
        )

        def spared() -> bool:
            with opened.read() as connection:
                return connection.execute(tried).first() is None

        programs.wait(spared, LOADS, "a load that was killed before")
        opened.close()

    def check(self) -> None:
        """Note what does not hold after a kill."""
        opened = Database(self.url)
        with opened.read() as connection:
            verified = ledger.verify(connection)
            if not verified.holds:
                self.wrong.append(f"kill {sum(self.kills.values())}: row {verified.broken}: {verified.why}")
            if opened.is_sqlite:
                said = connection.exec_driver_sql("PRAGMA quick_check").scalar()
                self.wrong += [] if said == "ok" else [f"the file: {said}"]
        opened.close()
        self.wrong += torn(self.folder / "uploads")

    # --- the end ---

    def end_app(self) -> None:
        """End `wildcargo app` in order."""
        if self.app is not None and self.app.poll() is None:
            self.app.send_signal(signal.SIGTERM)
            self.app.wait(60)

    def finish(self) -> Compared:
        """Let officers go home and loads be done; compare."""
        for door in self.doors:
            door.over.set()
        for door in self.doors:
            door.join(60)
        if self.working is not None and self.working.poll() is None:
            self.working.send_signal(signal.SIGTERM)
            self.working.wait(60)
        if self.app is None or self.app.poll() is not None:
            words = ("--data", str(self.folder), "--database", self.url, "--port", str(self.number))
            self.app = programs.started("risk.commands", "app", *words, log=self.log)
        opened = Database(self.url)
        left = sa.select(jobs.c.id).where(jobs.c.state.in_(("queued", "running")))

        def done() -> bool:
            try:
                with opened.read() as connection:
                    return connection.execute(left).first() is None
            except (StoreError, sa.exc.DBAPIError):
                return False

        programs.wait(done, LOADS, "loads are done")
        self.end_app()
        found = compared(opened, self.folder, self.journals, settings.site_secret(self.folder))
        found.wrong += self.wrong + self._doors(opened)
        faults = [each for each in read(self.journals) if each["line"] == "act" and each["result"] == "fault"]
        found.wrong += [f"{len(faults)} acts failed for another reason"] if faults else []
        opened.close()
        return found

    def _doors(self, opened: Database) -> list[str]:
        with opened.read() as connection:
            number = connection.execute(sa.select(users.c.id).where(users.c.login == "door")).scalar_one()
            logins = (rows.c.kind == "login") & (rows.c.actor == f"user:{number}")
            there = connection.execute(
                sa.select(sa.func.count()).select_from(rows).where(logins)
            ).scalar_one()
        told = sum(door.acknowledged for door in self.doors)
        asked = sum(door.asked for door in self.doors)
        if not told <= there <= asked:
            return [f"signed in: {told} acknowledged, {asked} asked for, {there} in the ledger"]
        return [] if told else ["nobody was ever signed in"]

    def stop(self) -> None:
        """End everything, whatever state it is in."""
        for process in (self.working, self.app):
            if process is not None and process.poll() is None:
                parts = programs.children(process.pid)
                process.kill()
                process.wait(30)
                for each in parts:
                    _kill(each)


def _kill(process: int) -> None:
    if process:
        try:
            os.kill(process, signal.SIGKILL)
        except ProcessLookupError:
            return


def _end(running: Server) -> None:
    try:
        running.stop("immediate")
    except AssertionError as error:  # it may be down already
        print(error, file=sys.stderr)


def _runs(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@dataclass
class Found:
    """What a campaign showed."""

    server: str
    kills: Counter[str]
    compared: Compared
    again: list[float]
    doors: int


def campaign(server: str, kills: int, *, seed: int, shipments: int = 600) -> Found:
    """Kill so often; every target once before any a second time as far as there are kills for it."""
    rng = random.Random(seed)
    targets = [*TARGETS, *rng.choices(TARGETS, WEIGHTS, k=max(0, kills - len(TARGETS)))][:kills]
    rng.shuffle(targets)
    with ExitStack() as stack:
        name = Path(
            stack.enter_context(TemporaryDirectory(prefix="wildcargo-kill-", ignore_cleanup_errors=True))
        )
        running = None
        if server == "postgresql":
            place = stack.enter_context(TemporaryDirectory(prefix="wildcargo-pg-", dir="/tmp"))
            running = Server(Path(place), fsync=True)
            stack.callback(_end, running)
        folder = name / "port"
        folder.mkdir()
        url = running.make("port") if running else str(folder / "port.db")
        opened = Database(url)
        port.make(opened, folder, shipments, PEOPLE)
        opened.close()
        log = stack.enter_context(open(name / "log", "wb"))
        here = Campaign(server, folder, url, running, rng, log)
        stack.callback(here.stop)
        try:
            for count, target in enumerate(targets, start=1):
                here.round(target)
                took = here.again[-1]
                print(f"{server}: kill {count} of {kills} ({target}), again after {took:.1f} s", flush=True)
            found = here.finish()
        except BaseException:
            print((name / "log").read_text("utf-8", "replace")[-6000:], file=sys.stderr)
            raise
        if found.wrong:
            print((name / "log").read_text("utf-8", "replace")[-6000:], file=sys.stderr)
        told = sum(door.acknowledged for door in here.doors)
        return Found(server, here.kills, found, here.again, told)


def section(found: Found) -> str:
    """Return the Markdown of a campaign."""
    name = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}[found.server]
    killed = [(*(found.kills[target] for target in TARGETS), sum(found.kills.values()))]
    kept = [
        (
            *(f"{found.compared.acknowledged[kind]:,}" for kind in _KEPT),
            f"{found.doors:,}",
            found.compared.unacknowledged,
            len(found.compared.wrong),
            f"{max(found.again):.0f}",
        )
    ]
    return f"""## Killed at work on {name} (`benchmarks/app_kill.py`)

Programs killed (SIGKILL) at random moments while nine officers claimed, decided, published, entered
outcomes and loaded files, some {PACE:.0f} times as fast as people do:

{table(("worker", "server", "officers' process", "database", "everything", "kills"), killed)}

What was acknowledged, all of it there once afterwards; what was kept although the program died before it
could say so; what was lost, doubled, torn or stuck; and the longest it took until officers could work again:

{table((*_KEPT.values(), "sign-ins", "kept unsaid", "faults", "longest, s"), kept)}
"""


_KEPT = {
    "outcome": "outcomes",
    "photo": "photos",
    "claim": "claims",
    "step": "steps",
    "override": "raised or lowered",
    "list.published": "lists",
    "job.asked": "loads",
}


def main() -> int:
    """Kill and write the section; return 1 where anything was lost."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--server", choices=("postgresql", "sqlite"), help="one of them alone")
    parser.add_argument("--kills", type=int, default=50, help="on each server")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-page", action="store_true", help="leave docs/performance.md alone")
    given = parser.parse_args()
    # Told to end, it ends what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    servers = [given.server] if given.server else ["postgresql", "sqlite"]
    wrong: list[str] = []
    for server in servers:
        found = campaign(server, given.kills, seed=given.seed)
        text = section(found)
        print(text)
        if not given.no_page:
            write_section(f"app_kill_{server}", text, PAGE)
        wrong += found.compared.wrong
    for each in wrong[:40]:
        print(f"NOT AS IT SHOULD BE: {each}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
