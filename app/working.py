"""Jobs that a page asks for and watches: how far the latest of a kind is, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from app import session
from app.words import _, moment, number, plain, word
from risk.store import jobs
from risk.store.roles import Person

#: Seconds between two looks at a job that runs.
LOOK = 2


def ask(kind: str, person: Person, **asked: Any) -> None:
    """Ask for a job and look at the page anew; the same asked for again while it goes on is one."""
    try:
        with session.database().write() as connection:
            latest = jobs.latest_of(connection, kind)
            if latest is None or latest.state in jobs.ENDED or latest.asked != asked:
                jobs.ask(connection, kind, asked, at=session.clock(), actor=person)
    except Exception as error:
        session.say_fault(error)
        return
    st.rerun()


def watch(kind: str, action: str, tell: Callable[[jobs.Job], None]) -> None:
    """Show the latest job of a kind; looked at again and again while it goes on.

    Parameters
    ----------
    action : str
        What the page needs, checked at every look.
    tell : callable
        Shows what came of a job that is done.
    """
    job = _latest(kind)
    running = job is not None and job.state not in jobs.ENDED
    st.fragment(_look, run_every=LOOK if running else None)(kind, action, tell, running)


def _latest(kind: str) -> jobs.Job | None:
    with session.database().read() as connection:
        return jobs.latest_of(connection, kind)


def _look(kind: str, action: str, tell: Callable[[jobs.Job], None], running: bool) -> None:
    session.allowed(action, clicked=False)
    job = _latest(kind)
    if job is None:
        return
    if running and job.state in jobs.ENDED:
        st.rerun()
    zone = str(session.chosen()["time_zone"])
    state = word("job", job.state)
    st.markdown(f"**{word('job_kind', kind)}**: {state} · {moment(job.asked_at, zone)}")
    if job.state == "running" and job.total:
        told = _("{done} of {total}").format(done=number(job.done), total=number(job.total))
        st.progress(min(1.0, job.done / job.total), text=told)
    if job.state == "failed":
        st.error("  \n".join(plain(_(line)) for line in job.message.splitlines()[:10] if line))
    if job.state == "done":
        tell(job)
