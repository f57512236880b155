"""A port to work at: a day that arrives around now, people, and its database on either kind of server."""

from __future__ import annotations

import io
from hashlib import sha256
from pathlib import Path

import pandas as pd

from app.place import clock
from risk.store import jobs, people, settings, uploads
from risk.store.database import Database
from risk.store.roles import Person
from risk.store.upgrading import upgrade
from risk.worker import Worker, keep_upload

ROOT = Path(__file__).resolve().parents[2]
DAY = ROOT / "data_samples" / "port_day.csv"
#: The moment the sample day is looked at.
NOW = pd.Timestamp("2025-01-06T04:00")
_TIMES = ("known_at", "arrives_at", "available_until", "last_amended_at")
WORD = "a word that is long"


def manifest(rows: int, *, at: pd.Timestamp, tag: str = "", first: int = 0) -> bytes:
    """Return a manifest of the sample day as if it were today's.

    Parameters
    ----------
    tag : str
        Put behind every number of a bill: another day's are other shipments.
    first : int
        Row of the sample it begins with; behind its end it begins anew.
    """
    whole = pd.read_csv(DAY, dtype="str", keep_default_na=False)
    table = whole.iloc[[(first + number) % len(whole) for number in range(rows)]].copy()
    again = [
        f"-{(first + number) // len(whole)}" if first + number >= len(whole) else "" for number in range(rows)
    ]
    table["shipment_id"] = [
        f"{bill}{more}{tag}" for bill, more in zip(table["shipment_id"], again, strict=True)
    ]
    for name in ("master_id", "manifest_id", "declaration_id"):
        table[name] = table[name].where(table[name] == "", table[name] + tag)
    moved = (at - NOW).floor("min")
    for name in _TIMES:
        told = pd.to_datetime(table[name].replace("", None)) + moved
        table[name] = told.dt.strftime("%Y-%m-%d %H:%M:%S").fillna("")
    stream = io.StringIO()
    table.to_csv(stream, index=False)
    return stream.getvalue().encode()


def make(database: Database, folder: Path, rows: int, roles: dict[str, str]) -> None:
    """Make a port: its tables, a scored day of so many shipments, and people, login -> role."""
    folder.mkdir(parents=True, exist_ok=True)
    upgrade(database)
    settings.site_secret(folder)
    with database.write() as connection:
        settings.change(connection, {"port_name": "Campaign", "capacity": "60"}, at=clock(), actor="system")
        for login, role in roles.items():
            people.add(connection, login, role, at=clock(), actor="system", password=WORD, must_change=False)
    ask(database, folder, manifest(rows, at=clock()), None, at=clock())
    job = Worker(database, folder).work()
    assert job is not None
    assert job.state == "done", job.message


def ask(database: Database, folder: Path, content: bytes, person: Person | None, *, at: pd.Timestamp) -> int:
    """Hand in a file and ask for it to be loaded, as the page does; return the number of the job."""
    digest = sha256(content).hexdigest()
    keep_upload(folder, content, digest)
    with database.write() as connection:
        if person is None:
            asked = {"files": [{"name": "day.csv", "sha256": digest}]}
            return jobs.ask(connection, "load", asked, at=at, actor="system")
        kept = uploads.add(connection, "day.csv", digest, len(content), person, at=at)
        return uploads.load(connection, [kept], person, at=at)
