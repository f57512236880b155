"""Where the app works: its database and the folder beside it.

`wildcargo app` names both in the environment; tests put another place in with `use`.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import pandas as pd

from risk.store import people, roles, settings
from risk.store.database import Busy, Database
from risk.store.day_scores import Scored

DATABASE = "WILDCARGO_DATABASE"
DATA = "WILDCARGO_DATA"

#: Name of the cookie that holds the token of a session.
COOKIE = "wildcargo"

#: Between two notes that a session is in use: a note is a write, and every click is a use.
NOTED_EVERY = pd.Timedelta(seconds=60)
_SESSIONS_KNOWN = 4_096


class NoPlace(RuntimeError):
    """The app was not started by `wildcargo app`."""


def clock() -> pd.Timestamp:
    """Return now, UTC without a zone."""
    return pd.Timestamp.now("UTC").tz_localize(None)


@dataclass
class Place:
    """A port's database and folder.

    Attributes
    ----------
    database : Database
    folder : Path
    scored : Scored
        The day's scored shipments, kept for everybody who looks at them.
    """

    database: Database
    folder: Path
    scored: Scored = field(default_factory=Scored, init=False)
    _noted: OrderedDict[str, pd.Timestamp] = field(default_factory=OrderedDict, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def chosen(self) -> dict[str, str | int | float | bool]:
        """Return the port's settings."""
        with self.database.read() as connection:
            return settings.current(connection)

    def person_of(self, token: str) -> roles.Person | None:
        """Return who a token belongs to, None where its session ended or was idle for too long."""
        if not token:
            return None
        with self.database.read() as connection:
            idle = pd.Timedelta(minutes=float(settings.current(connection)["session_minutes"]))
            return people.of_token(connection, token, at=clock(), idle=idle)

    def note(self, token: str) -> None:
        """Note that a session is in use; at most once a minute, and never at the cost of a page."""
        name, at = sha256(token.encode("utf-8", "replace")).hexdigest(), clock()
        with self._lock:
            before = self._noted.get(name)
            if before is not None and at - before < NOTED_EVERY:
                return
            self._noted[name] = at
            self._noted.move_to_end(name)
            while len(self._noted) > _SESSIONS_KNOWN:
                self._noted.popitem(last=False)
        try:
            with self.database.write() as connection:
                people.seen(connection, token, at=at)
        except Busy:
            with self._lock:
                self._noted.pop(name, None)


_lock = threading.Lock()
_places: list[Place] = []


def place() -> Place:
    """Return where this process works.

    Raises
    ------
    NoPlace
        Nothing says where.
    """
    with _lock:
        if not _places:
            try:
                given = Place(Database(os.environ[DATABASE]), Path(os.environ[DATA]))
            except KeyError:
                raise NoPlace("start the app with: wildcargo app") from None
            _places.append(given)
        return _places[0]


def use(other: Place | None) -> None:
    """Work elsewhere from now on; with None, where the environment says."""
    with _lock:
        _places[:] = [other] if other else []
