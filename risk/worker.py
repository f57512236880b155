"""The worker: takes jobs from the database and does them, in a process of its own.

    python -m risk.worker --database port.db --data port-data

A page only asks for a job and reads its row, so a refresh, a closed browser or a restarted server loses
nothing. A worker that dies stops beating; the next one takes its job up again.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.exc import InterfaceError, OperationalError

from features.manifest import ManifestError
from risk import intake, purging, remembering, rescoring, upkeep
from risk.engine import Engine
from risk.store import jobs, settings, shipments, stages, working_out
from risk.store.database import Busy, Database, StoreError
from risk.store.jobs import GoesOn
from risk.store.texts import line

#: Seconds between two beats, and between two looks for a job.
BEAT = 5.0
LOOK = 1.0
#: Between two looks whether the daily purge is to be asked for.
ASK = pd.Timedelta(minutes=10)

#: The database is busy, or away for a while: its server was started anew.
_AWAY = (StoreError, OperationalError, InterfaceError)

UPLOADS = "uploads"
STATE = "state"
_BEATS = "worker.beat"


def clock() -> pd.Timestamp:
    """Return now, UTC without a zone."""
    return pd.Timestamp.now("UTC").tz_localize(None)


@dataclass
class Worker:
    """Does jobs, one after another.

    Attributes
    ----------
    database : Database
    folder : Path
        The port's data: uploads, its past, its secret.
    now : callable
        The clock.
    name : str
        Who beats.
    """

    database: Database
    folder: Path
    now: Callable[[], pd.Timestamp] = clock
    name: str = field(default_factory=lambda: f"{socket.gethostname()[:40]}:{os.getpid()}")

    def work(self) -> jobs.Job | None:
        """Do the next job, if there is one; return it as it ended."""
        with self.database.write() as connection:
            job = jobs.take(connection, self.name, at=self.now())
        if job is None:
            return None
        try:
            with self._beating(job) as goes_on:
                self._do(job, goes_on)
        except jobs.Lost:
            self._end(job, "stopped", "stopped")
        except (KeyboardInterrupt, SystemExit):
            self._give_back(job)
            raise
        except _AWAY as error:
            # Nobody's fault and over soon: it waits for its turn again. One whose database went away counts
            # as a try: a job that breaks its database is not done for ever.
            if not isinstance(error, Busy):
                logging.getLogger(__name__).warning("job %d lost its database", job.id, exc_info=True)
            self._give_back(job, counts=not isinstance(error, Busy))
        except (ManifestError, ValueError, OSError) as error:
            self._end(job, "failed", "\n".join(str(error).splitlines()[:20]) or type(error).__name__)
        except Exception as error:
            # A fault of this program: the job ends, the worker goes on, the log has what it takes to mend it.
            logging.getLogger(__name__).exception("job %d", job.id)
            self._end(job, "failed", f"{jobs.FAULT}\n{type(error).__name__}")
        with self.database.read() as connection:
            return jobs.get(connection, job.id)

    def _do(self, job: jobs.Job, goes_on: GoesOn) -> None:
        work = {
            "load": self._load,
            "score": self._score,
            "purge": self._purge,
            "backup": self._back_up,
            "verify": self._verify,
        }
        if job.kind not in work:
            raise ValueError(f"{job.kind}: no such work")
        work[job.kind](job, goes_on)

    def _moment(self) -> pd.Timestamp:
        """Return the moment shipments are looked at, which stands still in a sample."""
        with self.database.read() as connection:
            return settings.moment(settings.current(connection), self.now())

    def _purge(self, job: jobs.Job, goes_on: GoesOn) -> None:
        places = (self.folder / STATE, self.folder / UPLOADS)
        at, actor = self._moment(), _asker(job)
        self._done(job, purging.run(self.database, *places, at=at, actor=actor, goes_on=goes_on))

    def _back_up(self, job: jobs.Job, goes_on: GoesOn) -> None:
        made = upkeep.back_up(self.database, self.folder, at=self.now(), actor=_asker(job), goes_on=goes_on)
        self._done(job, made)

    def _verify(self, job: jobs.Job, goes_on: GoesOn) -> None:
        head = str(job.asked.get("head", ""))
        self._done(job, upkeep.verify(self.database, self.folder, head, goes_on=goes_on))

    def _done(self, job: jobs.Job, result: dict[str, Any]) -> None:
        with self.database.write() as connection:
            jobs.end(connection, job.id, self.name, "done", at=self.now(), result=result)

    def _load(self, job: jobs.Job, goes_on: GoesOn) -> None:
        with self.database.read() as connection:
            chosen = settings.current(connection)
            engine = _engine_of(stages.of_stage(connection, stages.CHAMPION))
        with TemporaryDirectory(dir=self.folder) as name:
            paths = _named(self.folder / UPLOADS, job.asked["files"], Path(name))
            what = intake.Load(
                paths,
                _mapping(job.asked.get("mapping", ""), Path(name)),
                engine,
                remembering.past(self.database, self.folder / STATE),
                settings.site_secret(self.folder),
                int(chosen["reasons"]),
                str(chosen["language"]),
                str(chosen["time_zone"]),
            )
            loaded = intake.load(self.database, what, job_id=job.id, at=self.now(), goes_on=goes_on)
        covered = working_out.in_pieces(self.database, loaded.batch_id, at=self._moment(), goes_on=goes_on)
        at, moment = self.now(), self._moment()
        with self.database.write() as connection:
            working_out.of_batch(connection, loaded.batch_id, at=moment, since=covered)
            shipments.finish(connection, loaded.batch_id, loaded.counts, at=at, actor="system")
            if stages.of_stage(connection, stages.SHADOW) is not None:
                jobs.ask(connection, "score", {"stage": stages.SHADOW}, at=at, actor="system")
            result = {"batch": loaded.batch_id, **loaded.counts}
            jobs.end(connection, job.id, self.name, "done", at=self.now(), result=result)

    def _score(self, job: jobs.Job, goes_on: GoesOn) -> None:
        """Score the day again by the model that was put in force, or by the one beside it."""
        stage = str(job.asked.get("stage", ""))
        with self.database.read() as connection:
            chosen = settings.current(connection)
            model = stages.of_stage(connection, stage)
        if model is None:
            self._done(job, {"scored": 0})
            return
        what = rescoring.Again(
            _engine_of(model).bundle,
            stage == stages.SHADOW,
            settings.site_secret(self.folder),
            int(chosen["reasons"]),
            str(chosen["language"]),
            str(chosen["time_zone"]),
        )
        now = settings.moment(chosen, self.now())
        self._done(
            job, rescoring.run(self.database, what, job_id=job.id, now=now, at=self.now(), goes_on=goes_on)
        )

    def _end(self, job: jobs.Job, state: str, message: str) -> None:
        try:
            with self.database.write() as connection:
                jobs.end(connection, job.id, self.name, state, at=self.now(), message=message)
                shipments.discard_of(connection, job.id)
        except jobs.Lost:
            return

    def _give_back(self, job: jobs.Job, *, counts: bool = False) -> None:
        """Put a job back that cannot be done now; where that cannot be said either, it stops beating."""
        try:
            with self.database.write() as connection:
                jobs.give_back(connection, job.id, self.name, counts=counts)
                shipments.discard_of(connection, job.id)
        except (jobs.Lost, *_AWAY):
            return

    @contextmanager
    def _beating(self, job: jobs.Job) -> Iterator[GoesOn]:
        """Beat while a job is done.

        What it yields is told how far the job is, and raises `jobs.Lost` once it is no longer ours.
        """
        told: dict[str, Any] = {"done": 0, "total": 0, "message": ""}
        over, lost = threading.Event(), threading.Event()

        def beat() -> None:
            while not over.wait(BEAT):
                beat_of(self.folder)
                try:
                    with self.database.write() as connection:
                        jobs.beat(connection, job.id, self.name, at=self.now(), **told)
                except jobs.Lost:
                    lost.set()
                    return
                except _AWAY:
                    continue

        def goes_on(done: int, message: str, total: int = 0) -> None:
            told.update(done=done, total=total, message=message)
            if lost.is_set():
                raise jobs.Lost(f"job {job.id}")

        thread = threading.Thread(target=beat, daemon=True)
        thread.start()
        try:
            yield goes_on
        finally:
            over.set()
            thread.join()

    def forever(self, ended: Callable[[], bool] = lambda: False) -> None:
        """Work until told otherwise; once a day ask for what may no longer be kept to be purged."""
        asks_at = self.now()
        while not ended():
            beat_of(self.folder)
            try:
                if self.now() >= asks_at:
                    purging.ask_daily(self.database, self.now())
                    asks_at = self.now() + ASK
                job = self.work()
            except _AWAY as error:
                if not isinstance(error, Busy):
                    logging.getLogger(__name__).warning("the database is away: %s", type(error).__name__)
                job = None
            if job is None:
                time.sleep(LOOK)


def beat_of(folder: Path) -> None:
    """Say that a worker is there, whether it has something to do or not."""
    with contextlib.suppress(OSError):
        (folder / _BEATS).touch()


def age_of_beat(folder: Path) -> float | None:
    """Return how long ago a worker said that it is there, in seconds; None where none ever did."""
    try:
        return max(0.0, time.time() - (folder / _BEATS).stat().st_mtime)
    except OSError:
        return None


def _asker(job: jobs.Job) -> str:
    return "system" if job.asked_by is None else f"user:{job.asked_by}"


def _engine_of(model: sa.Row[Any] | None) -> Engine:
    """Return the engine of a model, the starter model's for none.

    Raises
    ------
    ValueError
        What lies there is another model.
    """
    engine = _engine(model.path if model else "")
    if model is not None and engine.bundle.model_id != model.model_id:
        where = model.path or "the starter model"
        raise ValueError(f"model {model.model_id} is not here: {where} holds {engine.bundle.model_id}")
    return engine


@lru_cache(maxsize=3)
def _engine(path: str) -> Engine:
    return Engine.load(path or None)


def keep_upload(folder: Path, content: bytes, digest: str) -> None:
    """Keep an upload under its digest, whole or not at all."""
    place = folder / UPLOADS
    place.mkdir(parents=True, exist_ok=True)
    if (place / digest).is_file():
        return
    part = place / f"{digest}.{os.getpid()}.{threading.get_ident()}.part"
    with open(part, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(place / digest)


def _named(uploads: Path, files: list[dict[str, str]], folder: Path) -> list[Path]:
    """Return uploads under the names people gave them, as far as a file may be called so."""
    paths = []
    for number, each in enumerate(files):
        digest = each["sha256"]
        if len(digest) != 64 or not digest.isalnum():
            raise ValueError("a file of this load is not known")
        name = "".join(c for c in line(each["name"], 120) if c not in '/\\:*?"<>|').strip(". ") or "file"
        place = folder / f"{number:04}"
        place.mkdir()
        shutil.copyfile(uploads / digest, place / name)
        paths.append(place / name)
    return paths


def _mapping(text: str, folder: Path) -> Path | None:
    if not text:
        return None
    path = folder / "mapping.toml"
    path.write_text(text, encoding="utf-8")
    return path


def main() -> None:
    """Work on a database until the process ends."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--database", required=True)
    parser.add_argument("--data", type=Path, required=True)
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    Worker(Database(given.database), given.data).forever()


if __name__ == "__main__":
    main()
