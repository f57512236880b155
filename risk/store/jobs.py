"""Jobs: long work that a worker process does, with its row in the database.

A page asks for a job and reads its row; a worker takes it, beats while it works, and ends it. A job whose
worker died has no heartbeat and is taken up again by another, so work must be repeatable: what half a run
left behind is cleared by the next. Who runs a job says so with every beat, and stops where it no longer
is the one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Protocol

import pandas as pd
import sqlalchemy as sa

from risk.language import N_
from risk.store import ledger, roles
from risk.store.roles import Actor, Person
from risk.store.tables import jobs

#: A worker that did not beat for so long is taken for dead.
DEAD_AFTER = pd.Timedelta(seconds=30)

#: A job is tried so often; one that kills every worker is no longer tried.
ATTEMPTS = 3

#: Kind of job -> what one must be allowed to ask for it (`risk.store.roles.MAY`).
NEEDS: Final = {
    "load": "load",
    "score": "administer",
    "purge": "administer",
    "backup": "administer",
    "verify": "read_ledger",
}

ENDED = ("done", "failed", "stopped")

#: Lines of a message that are the program's own: pages tell them in the language of who looks.
DIED: Final = N_("The program ended while it worked, every time.")
FAULT: Final = N_("Something in the program went wrong; its log says more.")


class GoesOn(Protocol):
    """Told by work how far it is; raises where the work is to stop."""

    def __call__(self, done: int, message: str, total: int = 0) -> None:
        """Take how much is done, what is being done, and of how much (0: not known)."""


def silently(done: int, message: str, total: int = 0) -> None:
    """Go on, telling nobody."""


class Lost(Exception):
    """The job is no longer this worker's: it was stopped, or another worker has it."""


@dataclass(frozen=True)
class Job:
    """A job as a worker or a page sees it."""

    id: int
    kind: str
    state: str
    asked: dict[str, Any]
    asked_by: int | None
    asked_at: pd.Timestamp
    done: int
    total: int
    message: str
    result: dict[str, Any] | None
    attempts: int


def ask(
    connection: sa.Connection, kind: str, asked: dict[str, Any], *, at: pd.Timestamp, actor: Actor
) -> int:
    """Put a job into the queue; return its number.

    Parameters
    ----------
    kind : str
        Of `NEEDS`.
    actor : Person or "system"
        Who asks for it, or the program itself.

    Raises
    ------
    NotAllowed
        The role does not allow it.
    """
    by = roles.acting(connection, actor, NEEDS.get(kind, "administer"), at=at)
    user_id = actor.id if isinstance(actor, Person) else None
    row = {"kind": kind, "state": "queued", "asked": asked, "asked_by": user_id, "asked_at": at}
    number = int(connection.execute(jobs.insert().values(**row).returning(jobs.c.id)).scalar_one())
    ledger.append(connection, "job.asked", at=at, actor=by, subject=f"job:{number}", facts={"kind": kind})
    return number


def take(connection: sa.Connection, worker: str, *, at: pd.Timestamp) -> Job | None:
    """Take the oldest job that waits, or whose worker died; None when there is nothing to do."""
    # A beat from the future was beaten before the clock was set back: who is alive beats again by this one.
    silent = sa.or_(jobs.c.heartbeat_at < at - DEAD_AFTER, jobs.c.heartbeat_at > at + DEAD_AFTER)
    dead = sa.and_(jobs.c.state == "running", silent)
    worn_out = jobs.update().where(sa.or_(dead, jobs.c.state == "queued"), jobs.c.attempts >= ATTEMPTS)
    connection.execute(worn_out.values(state="failed", ended_at=at, message=DIED))
    connection.execute(
        jobs.update().where(dead, jobs.c.stop_asked).values(state="stopped", ended_at=at, message="stopped")
    )
    waiting = sa.or_(jobs.c.state == "queued", dead)
    row = connection.execute(sa.select(jobs.c.id).where(waiting).order_by(jobs.c.id).limit(1)).first()
    if row is None:
        return None
    connection.execute(
        jobs.update()
        .where(jobs.c.id == row.id)
        .values(
            state="running",
            worker=worker,
            started_at=at,
            heartbeat_at=at,
            attempts=jobs.c.attempts + 1,
            done=0,
            total=0,
            message="",
        )
    )
    return get(connection, row.id)


def beat(
    connection: sa.Connection,
    number: int,
    worker: str,
    *,
    at: pd.Timestamp,
    done: int = 0,
    total: int = 0,
    message: str = "",
) -> None:
    """Say that a job goes on, and how far it is.

    Raises
    ------
    Lost
        It was asked to stop, or is another worker's.
    """
    hit = connection.execute(
        _mine(number, worker)
        .where(jobs.c.stop_asked.is_(False))
        .values(heartbeat_at=at, done=done, total=total, message=message[:500])
        .returning(jobs.c.id)
    ).first()
    if hit is None:
        raise Lost(f"job {number}")


def _mine(number: int, worker: str) -> sa.Update:
    return jobs.update().where(jobs.c.id == number, jobs.c.worker == worker, jobs.c.state == "running")


def end(
    connection: sa.Connection,
    number: int,
    worker: str,
    state: str,
    *,
    at: pd.Timestamp,
    message: str = "",
    result: dict[str, Any] | None = None,
) -> None:
    """End a job as ``done``, ``failed`` or ``stopped``.

    Raises
    ------
    Lost
        It is another worker's.
    """
    hit = connection.execute(
        _mine(number, worker)
        .values(state=state, ended_at=at, message=message[:2000], result=result)
        .returning(jobs.c.id)
    ).first()
    if hit is None:
        raise Lost(f"job {number}")
    ledger.append(connection, f"job.{state}", at=at, actor="system", subject=f"job:{number}")


def give_back(connection: sa.Connection, number: int, worker: str, *, counts: bool = False) -> None:
    """Put a job back into the queue that cannot be done now: its worker is told to end, the database is away.

    Parameters
    ----------
    counts : bool
        Whether that was one of its `ATTEMPTS`.

    Raises
    ------
    Lost
        It is another worker's.
    """
    values = {"state": "queued", "worker": "", "heartbeat_at": None, "done": 0, "total": 0, "message": ""}
    hit = connection.execute(
        _mine(number, worker)
        .values(**values, attempts=jobs.c.attempts - (0 if counts else 1))
        .returning(jobs.c.id)
    ).first()
    if hit is None:
        raise Lost(f"job {number}")


def stop(connection: sa.Connection, number: int, *, at: pd.Timestamp, actor: Actor) -> None:
    """Ask a job to stop: at once where it waits, at its next beat where it runs.

    Parameters
    ----------
    actor : Person or "system"
        Who asked for it, a supervisor, or the program itself.

    Raises
    ------
    NotAllowed
        The role does not allow it, or somebody else asked for the job.
    """
    row = connection.execute(sa.select(jobs.c.kind, jobs.c.asked_by).where(jobs.c.id == number)).first()
    by = roles.acting(connection, actor, NEEDS.get(row.kind if row else "load", "administer"), at=at)
    own = isinstance(actor, Person) and row is not None and row.asked_by == actor.id
    if isinstance(actor, Person) and not own and not actor.may("stop_others"):
        raise roles.NotAllowed("only who asked for it stops it, or a supervisor")
    connection.execute(
        jobs.update()
        .where(jobs.c.id == number, jobs.c.state == "queued")
        .values(state="stopped", ended_at=at, message="stopped before it began")
    )
    connection.execute(
        jobs.update().where(jobs.c.id == number, jobs.c.state == "running").values(stop_asked=True)
    )
    ledger.append(connection, "job.stop", at=at, actor=by, subject=f"job:{number}")


def get(connection: sa.Connection, number: int) -> Job:
    """Return a job."""
    return _job(connection.execute(sa.select(jobs).where(jobs.c.id == number)).one())


def latest_of(connection: sa.Connection, kind: str) -> Job | None:
    """Return the latest job of a kind, None where there was none."""
    wanted = sa.select(jobs).where(jobs.c.kind == kind).order_by(jobs.c.id.desc()).limit(1)
    row = connection.execute(wanted).first()
    return None if row is None else _job(row)


def latest(connection: sa.Connection, most: int = 20, *, kind: str = "") -> list[Job]:
    """Return the latest jobs, of a kind where one is given, newest first."""
    of_kind = [jobs.c.kind == kind] if kind else []
    rows = connection.execute(sa.select(jobs).where(*of_kind).order_by(jobs.c.id.desc()).limit(most))
    return [_job(row) for row in rows]


def _job(row: sa.Row[tuple[object, ...]]) -> Job:
    return Job(
        row.id,
        row.kind,
        row.state,
        row.asked,
        row.asked_by,
        pd.Timestamp(row.asked_at),
        row.done,
        row.total,
        row.message,
        row.result,
        row.attempts,
    )
