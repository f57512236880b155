"""Many officers at once on one port; writes its sections of ``docs/performance.md``.

    python -m benchmarks.app_load                       # both servers, ten minutes each
    python -m benchmarks.app_load --server sqlite --officers 20 --seconds 60 --no-page

Fifty officers on PostgreSQL, twenty on SQLite: reading and writing through the functions the pages call
(`benchmarks.officers`), in processes of their own with a thread for each officer, beside `wildcargo app` with
its server and its worker and three real browsers at it. Afterwards the database is compared with what every
officer was told, and checked as `wildcargo verify` checks it. The exit code is 1 where anything was lost or
doubled, an action took too long, memory grew, or the ledger does not hold.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.officers import port, programs
from benchmarks.officers.journal import Compared, compared, read
from benchmarks.postgresql_server import Server
from benchmarks.results import table, write_section
from risk.store import settings
from risk.store.database import Database

PAGE = port.ROOT / "docs" / "performance.md"
OFFICERS = {"postgresql": 50, "sqlite": 20}
#: Officers' processes.
PROCESSES = 2
BROWSERS = ("b.officer", "b.supervisor", "b.analyst")
#: Seconds within which 95 of 100 actions are done.
P95 = 2.0
#: Memory of the last minute by that of the second (the first is that of starting), what small programs may
#: grow besides, and what any may take. A run shorter than `LONG` seconds is all start.
GROWTH, GROWTH_MB, MOST_MB, LONG = 1.25, 64.0, 1_000.0, 300.0
#: Seconds after the last click in which loads asked for are done.
AFTERWARDS = 180.0


@dataclass
class Run:
    """What one campaign showed.

    Attributes
    ----------
    others : float
        Programs that wanted to run before the first campaign: what the second finds running is the first.
    acts : dict
        Act -> seconds of each.
    results : Counter
        How acts ended.
    pages : list of float
        Seconds of each page in a browser.
    memory : dict
        Program -> megabytes in the second and in the last minute (medians), and at most.
    compared : Compared
    """

    server: str
    officers: int
    shipments: int
    seconds: float
    pace: float
    others: float = 0.0
    acts: dict[str, list[float]] = field(default_factory=dict)
    results: Counter[str] = field(default_factory=Counter)
    pages: list[float] = field(default_factory=list)
    page_faults: list[str] = field(default_factory=list)
    memory: dict[str, tuple[float, float, float]] = field(default_factory=dict)
    compared: Compared = field(default_factory=Compared)

    def faults(self, limit: float = P95) -> list[str]:
        """Return what is not as it should be; ``limit`` is the seconds 95 of 100 actions may take."""
        wrong = [*self.compared.wrong, *self.page_faults]
        wrong += [f"{count} acts: {name}" for name, count in self.results.items() if name not in _FINE]
        for act, seconds in {**self.acts, "all": [s for each in self.acts.values() for s in each]}.items():
            if len(seconds) >= 20 and (late := float(np.percentile(seconds, 95))) > limit:
                wrong.append(f"{act}: 95 of 100 within {late:.2f} s, expected {limit:.0f} s")
        for name, (first, last, most) in self.memory.items():
            if last > GROWTH * first + GROWTH_MB and self.seconds >= LONG:
                wrong.append(f"{name}: {first:.0f} MB in the second minute, {last:.0f} MB in the last")
            if most > MOST_MB:
                wrong.append(f"{name}: {most:.0f} MB at most")
        return wrong


#: Ends of an act that are no fault: done; somebody else was first; there was nothing to do.
_FINE = ("done", "meanwhile", "nothing")


@contextmanager
def database(server: str, folder: Path) -> Iterator[tuple[str, int]]:
    """Yield the address of an empty database, and the server's first process (0: it has none)."""
    if server == "sqlite":
        yield str(folder / "port" / "port.db"), 0
        return
    with TemporaryDirectory(prefix="wildcargo-pg-", dir="/tmp") as name:
        running = Server(Path(name), fsync=True)
        try:
            yield running.make("port"), running.process
        finally:
            running.stop("fast")


def roles(officers: int) -> dict[str, str]:
    """Return who works: one in ten a supervisor, one an analyst, all others officers."""
    people = {}
    for number in range(officers):
        kind = "analyst" if number == 1 else "supervisor" if number % 10 == 0 else "officer"
        people[f"{kind[0]}{number:02}"] = kind
    return people


def campaign(
    server: str, officers: int, *, seconds: float, shipments: int, pace: float, browsers: int, seed: int
) -> Run:
    """Let officers work and return what was seen."""
    run = Run(server, officers, shipments, seconds, pace)
    with (
        TemporaryDirectory(prefix="wildcargo-load-") as name,
        database(server, Path(name)) as (url, served_by),
    ):
        folder, logs = Path(name) / "port", Path(name)
        working = roles(officers)
        opened = Database(url) if server != "sqlite" else _file(url)
        port.make(opened, folder, shipments, {**working, **{b: b.partition(".")[2] for b in BROWSERS}})
        with _app(folder, url, logs) as (home, app):
            # The model is loaded with the first load: what the worker holds then is no growth.
            port.ask(opened, folder, port.manifest(50, at=port.clock(), tag="-0"), None, at=port.clock())
            _settle(opened)
            groups = [list(working)[number::PROCESSES] for number in range(PROCESSES)]
            journals = [logs / f"journal-{number}" for number in range(PROCESSES)]
            common = ("--seconds", str(seconds), "--pace", str(pace), "--seed", str(seed))
            log = open(logs / "officers.log", "wb")  # noqa: SIM115  (closed with the folder)
            began = time.monotonic()
            started = [
                programs.started(
                    "benchmarks.officers.working", "--database", url, "--data", str(folder),
                    "--logins", ",".join(group), "--journal", str(path),
                    "--files", str(shipments // 10), *common,
                    log=log,
                )
                for group, path in zip(groups, journals, strict=True)
            ]  # fmt: skip
            if browsers:
                walking = (
                    "--logins",
                    ",".join(BROWSERS[:browsers]),
                    "--journal",
                    str(logs / "pages"),
                    *common,
                )
                started.append(programs.started("benchmarks.officers.browsers", home, *walking, log=log))
            named = {"officers": started[0].pid, **programs.of_app(app)}
            with _watched(named, served_by) as seen:
                for each in started:
                    each.wait(seconds + 120)
            run.memory = _minutes(seen, seconds)
            took = time.monotonic() - began
            assert took < seconds + 120, took
            _settle(opened)
        assert all(each.returncode == 0 for each in started), (logs / "officers.log").read_text()[-3000:]
        run.compared = compared(opened, folder, journals, settings.site_secret(folder))
        opened.close()
        _read(run, journals, logs / "pages")
        said = (logs / "officers.log").read_text()
        if run.results["fault"]:
            print(said[-4000:], file=sys.stderr)
    return run


def _file(url: str) -> Database:
    Path(url).parent.mkdir(parents=True, exist_ok=True)
    return Database(url)


@contextmanager
def _app(folder: Path, url: str, logs: Path) -> Iterator[tuple[str, int]]:
    """Run `wildcargo app`; yield where it is and its process."""
    number = programs.free_port()
    home = f"http://127.0.0.1:{number}"
    with open(logs / "app.log", "wb") as log:
        words = ("app", "--data", str(folder), "--database", url, "--port", str(number))
        process = programs.started("risk.commands", *words, log=log)
        try:
            programs.wait(lambda: programs.answered(home + "/healthz", '"worker":"ok"'), 60, "the app")
            yield home, process.pid
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


@contextmanager
def _watched(named: dict[str, int], served_by: int) -> Iterator[list[tuple[float, dict[str, float]]]]:
    """Note every second how much memory programs hold."""
    seen: list[tuple[float, dict[str, float]]] = []
    over = threading.Event()

    def watch() -> None:
        begun = time.monotonic()
        while not over.wait(1.0):
            held = {name: programs.megabytes(number) for name, number in named.items()}
            if served_by:
                parts = [served_by, *programs.children(served_by)]
                held["postgresql"] = sum(map(programs.megabytes, parts))
            seen.append((time.monotonic() - begun, held))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def _minutes(
    seen: list[tuple[float, dict[str, float]]], seconds: float
) -> dict[str, tuple[float, float, float]]:
    """Return the memory of the second and the last minute, or third of a short run, and the most."""
    minute = min(60.0, seconds / 3)
    found = {}
    for name in seen[-1][1]:
        first = [held[name] for at, held in seen if minute <= at <= 2 * minute]
        last = [held[name] for at, held in seen if seconds - minute <= at <= seconds]
        found[name] = (float(np.median(first)), float(np.median(last)), max(held[name] for _, held in seen))
    return found


def _settle(opened: Database) -> None:
    """Wait until every load that was asked for is done."""
    import sqlalchemy as sa

    from risk.store.tables import jobs

    def settled() -> bool:
        wanted = sa.select(jobs.c.id).where(jobs.c.state.in_(("queued", "running"))).limit(1)
        with opened.read() as connection:
            return connection.execute(wanted).first() is None

    programs.wait(settled, AFTERWARDS, "loads")


def _read(run: Run, journals: list[Path], pages: Path) -> None:
    for each in read(journals):
        if each["line"] == "act":
            run.acts.setdefault(each["act"], []).append(each["seconds"])
            run.results[each["result"]] += 1
    for each in read([pages] if pages.exists() else []):
        if each["result"] == "done":
            run.pages.append(each["seconds"])
        else:
            run.page_faults.append(f"a page in a browser: {each['result']}")


# --- what is printed ----------------------------------------------------------------------------


def section(run: Run) -> str:
    """Return the Markdown of one campaign."""
    names = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}
    every = [second for each in run.acts.values() for second in each]
    rows = [(act, *_times(run.acts[act])) for act in sorted(run.acts, key=lambda a: -len(run.acts[a]))]
    rows += [("**all**", *_times(every))]
    if run.pages:
        rows.append(("a page in a browser", *_times(run.pages)))
    kept = run.compared.acknowledged
    memory = [
        (name, f"{first:,.0f}", f"{last:,.0f}", f"{most:,.0f}")
        for name, (first, last, most) in run.memory.items()
    ]
    told = ", ".join(f"{count:,} {_WORDS.get(kind, kind)}" for kind, count in kept.most_common())
    wrong = run.faults()
    verdict = "Nothing was lost or doubled and the ledger holds." if not run.compared.wrong else "**Broken.**"
    return f"""## {run.officers} officers at once on {names[run.server]} (`benchmarks/app_load.py`)

{run.officers} officers (one in ten a supervisor, one an analyst) for {run.seconds / 60:.0f} minutes on a
day of {run.shipments:,} shipments, in {PROCESSES} processes with a thread for each officer, beside
`wildcargo app` with its worker and {len(BROWSERS)} Chromiums, all on one machine of {os.cpu_count()}
cores{_busy(run)}. Between two actions an officer takes a log-normal time with a median of
{8 / run.pace:.0f} s (mean {11 / run.pace:.0f} s): {len(every) / run.seconds:.1f} actions a second.
An action is a click with everything the page then shows.

{table(("action", "times", "median, s", "95 of 100 within, s", "longest, s"), rows)}

Acknowledged: {told}. {verdict} Of {sum(run.results.values()):,} actions {run.results["meanwhile"]:,} came
after somebody else's, {run.results["busy"]:,} found the database busy, {run.results["fault"]:,} failed.

{table(("program", "second minute, MB", "last minute, MB", "most, MB"), memory)}
{"" if not wrong else "**Not as it should be:** " + "; ".join(wrong[:10])}
"""


def _busy(run: Run) -> str:
    """Say how much else the machine had to do, where it was much."""
    if run.others < 1.0:
        return ""
    return f", which had {run.others:.1f} other programs wanting to run when it began"


_WORDS = {
    "view": "looks",
    "claim": "claims",
    "step": "steps",
    "outcome": "outcomes",
    "override": "raised or lowered",
    "override.signed": "second signatures",
    "note": "notes",
    "photo": "photos",
    "list.published": "lists published",
    "job.asked": "loads",
}


def _times(seconds: list[float]) -> tuple[str, str, str, str]:
    median, late = np.percentile(seconds, [50, 95])
    return f"{len(seconds):,}", f"{median:.3f}", f"{late:.3f}", f"{max(seconds):.2f}"


def main() -> int:
    """Run and write the sections; return 1 where something is not as it should be."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--server", choices=OFFICERS, help="one of them alone")
    parser.add_argument("--officers", type=int, help="by default fifty on PostgreSQL, twenty on SQLite")
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--shipments", type=int, default=4000)
    parser.add_argument("--pace", type=float, default=1.0, help="how much faster than people")
    parser.add_argument("--browsers", type=int, default=len(BROWSERS), choices=range(len(BROWSERS) + 1))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-page", action="store_true", help="leave docs/performance.md alone")
    given = parser.parse_args()
    # Told to end, it ends what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    wrong: list[str] = []
    others = os.getloadavg()[0]
    for server in [given.server] if given.server else list(OFFICERS):
        run = campaign(
            server, given.officers or OFFICERS[server], seconds=given.seconds, shipments=given.shipments,
            pace=given.pace, browsers=given.browsers, seed=given.seed,
        )  # fmt: skip
        run.others = others
        text = section(run)
        print(text)
        if not given.no_page:
            write_section(f"app_load_{server}", text, PAGE)
        wrong += run.faults()
    for each in wrong[:40]:
        print(f"NOT AS IT SHOULD BE: {each}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
