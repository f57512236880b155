"""Some officers at work in one process, a thread each, as the server's threads work for their browsers.

    python -m benchmarks.officers.working --database URL --data DIR --logins ana,bo --journal FILE

Between two acts a person reads, thinks and walks: a log-normal time with a median of eight seconds (mean
eleven), from one second to a minute; ``--pace`` divides it.
"""

from __future__ import annotations

import argparse
import logging
import os
import random
import signal
import threading
import time
from pathlib import Path

import sqlalchemy as sa

from app.place import Place, clock
from benchmarks.officers.acts import CHANGES, WEIGHTS, Officer
from benchmarks.officers.journal import Journal
from risk.store import people
from risk.store.database import Busy, Database, StoreError
from risk.store.roles import Person
from risk.store.tables import users

MEDIAN, SPREAD, SHORTEST, LONGEST = 8.0, 0.8, 1.0, 60.0


def think(rng: random.Random, pace: float) -> float:
    """Return seconds between two acts."""
    return min(LONGEST, max(SHORTEST, MEDIAN * rng.lognormvariate(0.0, SPREAD))) / pace


def signed_in(place: Place, login: str) -> tuple[Person, str]:
    """Open a session for somebody, as after the right password."""
    with place.database.write() as connection:
        number = connection.execute(sa.select(users.c.id).where(users.c.login == login)).scalar_one()
        return people.opened(connection, number, at=clock())


def work(officer: Officer, until: float, pace: float, over: threading.Event) -> None:
    """Act and think until the time is over; a database that is away is asked again."""
    over.wait(think(officer.rng, pace) * officer.rng.random())
    while time.monotonic() < until and not over.is_set():
        act, begun = officer.choose(), time.monotonic()
        try:
            result = officer.do(act)
        except Busy:
            result = "busy"
        except (StoreError, sa.exc.DBAPIError) as error:
            result = f"away: {type(error).__name__}"
        except Exception:
            logging.exception("%s of %s", act, officer.person.login)
            result = "fault"
        officer.journal.write(
            "act", act=act, result=result, began=round(begun, 3), seconds=round(time.monotonic() - begun, 4)
        )
        over.wait(think(officer.rng, pace))


def main() -> None:
    """Work until the time is over, or until told to end."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--database", required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--logins", required=True)
    parser.add_argument("--journal", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--pace", type=float, default=1.0)
    parser.add_argument("--seed", default="0")
    parser.add_argument("--changes", action="store_true", help="changes above all, for killing")
    parser.add_argument("--files", type=int, default=200, help="shipments in a file that is loaded")
    given = parser.parse_args()
    place = Place(Database(given.database), given.data)
    journal = Journal(given.journal, f"{given.seed}.{os.getpid()}")
    weights, officers = CHANGES if given.changes else WEIGHTS, []
    for login in given.logins.split(","):
        person, token = signed_in(place, login)
        rng = random.Random(f"{given.seed} {login}")
        officers.append(Officer(place, person, token, journal, rng, given.files, weights))
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    until = time.monotonic() + given.seconds
    journal.write("ready", people=len(officers))
    threads = [
        threading.Thread(target=work, args=(each, until, given.pace, over), daemon=True) for each in officers
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        while thread.is_alive():
            thread.join(0.5)
    place.database.close()


if __name__ == "__main__":
    main()
