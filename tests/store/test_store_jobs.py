"""Jobs: taken once, taken up again when their worker died, stopped when asked."""

from __future__ import annotations

import threading

import pandas as pd
import pytest

from risk.store import jobs
from risk.store.database import Database

NOW = pd.Timestamp("2026-11-22 04:00")


def later(seconds: float) -> pd.Timestamp:
    return NOW + pd.Timedelta(seconds=seconds)


def asked(database: Database, count: int = 1) -> list[int]:
    with database.write() as connection:
        return [jobs.ask(connection, "load", {"files": [n]}, at=NOW, actor="system") for n in range(count)]


def take(database: Database, worker: str, at: pd.Timestamp = NOW) -> jobs.Job | None:
    with database.write() as connection:
        return jobs.take(connection, worker, at=at)


def state(database: Database, number: int) -> jobs.Job:
    with database.read() as connection:
        return jobs.get(connection, number)


def test_a_job_from_asking_to_its_end(database: Database) -> None:
    (number,) = asked(database)
    job = take(database, "a")
    assert (job.id, job.state, job.asked, job.attempts) == (number, "running", {"files": [0]}, 1)
    assert take(database, "b") is None
    with database.write() as connection:
        jobs.beat(connection, number, "a", at=later(1), done=5, total=10, message="half")
    assert (state(database, number).done, state(database, number).message) == (5, "half")
    with database.write() as connection:
        jobs.end(connection, number, "a", "done", at=later(2), result={"shipments": 10})
    assert state(database, number).result == {"shipments": 10}
    assert take(database, "b", later(100)) is None


def test_jobs_are_taken_in_order_and_once(database: Database) -> None:
    numbers = asked(database, 12)
    taken: list[int] = []

    def work(name: str) -> None:
        while job := take(database, name):
            taken.append(job.id)

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == numbers
    assert len(set(taken)) == 12


def test_a_job_whose_worker_died_is_taken_up_again_but_not_for_ever(database: Database) -> None:
    (number,) = asked(database)
    for attempt in range(1, jobs.ATTEMPTS + 1):
        at = later(40 * attempt)
        assert take(database, f"w{attempt}", at).attempts == attempt
        assert take(database, "other", at + pd.Timedelta(seconds=20)) is None
    assert take(database, "last", later(400)) is None
    job = state(database, number)
    assert job.state == "failed"
    assert "every time" in job.message


def test_who_lost_a_job_hears_so(database: Database) -> None:
    (number,) = asked(database)
    take(database, "a")
    take(database, "b", later(40))
    with pytest.raises(jobs.Lost), database.write() as connection:
        jobs.beat(connection, number, "a", at=later(41))
    with pytest.raises(jobs.Lost), database.write() as connection:
        jobs.end(connection, number, "a", "done", at=later(41))
    with database.write() as connection:
        jobs.beat(connection, number, "b", at=later(41))


def test_a_job_is_stopped_at_its_next_beat_and_a_waiting_one_at_once(database: Database) -> None:
    first, second = asked(database, 2)
    take(database, "a")
    with database.write() as connection:
        for number in (first, second):
            jobs.stop(connection, number, at=later(1), actor="system")
    assert state(database, second).state == "stopped"
    with pytest.raises(jobs.Lost), database.write() as connection:
        jobs.beat(connection, first, "a", at=later(2))
    with database.write() as connection:
        jobs.end(connection, first, "a", "stopped", at=later(3))
    assert state(database, first).state == "stopped"


def test_a_job_that_was_to_stop_is_not_taken_up_again(database: Database) -> None:
    (number,) = asked(database)
    take(database, "a")
    with database.write() as connection:
        jobs.stop(connection, number, at=later(1), actor="system")
    assert take(database, "b", later(60)) is None
    assert state(database, number).state == "stopped"


def test_the_latest_of_a_kind_are_not_hidden_by_others(database: Database) -> None:
    with database.write() as connection:
        load = jobs.ask(connection, "load", {}, at=NOW, actor="system")
        others = [jobs.ask(connection, "purge", {}, at=NOW, actor="system") for _ in range(5)]
        assert [job.id for job in jobs.latest(connection, 3)] == others[:-4:-1]
        assert [job.id for job in jobs.latest(connection, 3, kind="load")] == [load]


def test_a_clock_set_back_leaves_no_job_to_a_dead_worker(database: Database) -> None:
    (number,) = asked(database)
    ahead = later(24 * 3600)
    take(database, "a", ahead)
    assert take(database, "b", ahead + pd.Timedelta(seconds=20)) is None
    taken = take(database, "b", later(0))
    assert taken is not None
    assert taken.id == number
    with database.write() as connection:
        jobs.beat(connection, number, "b", at=later(5))
    assert take(database, "c", later(10)) is None, "who is alive has beaten by the new clock"
