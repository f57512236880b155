"""What officers asked for and were told was kept, line by line in a file; and whether it was.

A line is written before a change is asked for and another once it was acknowledged. A program that is killed
leaves what it wrote: what was acknowledged must be there once, what was only asked for may be there once.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from risk.store import checking
from risk.store.database import Database
from risk.store.tables import jobs, ledger, outcomes, photos, remarks

#: Rows of the ledger that officers' changes leave, by kind.
KINDS = (
    *("claim", "step", "override", "override.signed", "outcome", "note", "photo", "list.published"),
    *("job.asked", "view"),
)


class Journal:
    """Written line by line, each at once.

    Parameters
    ----------
    path : Path
        Lines are added to what stands there.
    run : str
        Of the program that writes: numbers it gives are its own.
    """

    def __init__(self, path: Path, run: str) -> None:
        self.run = run
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def write(self, line: str, **told: Any) -> None:
        """Write one line; it is there even when the program is killed right after."""
        os.write(self._file, (json.dumps({"line": line, **told}) + "\n").encode())


def read(paths: Iterable[Path]) -> Iterator[dict[str, Any]]:
    """Yield the lines of journals; one that was cut off by a kill is none."""
    for path in paths:
        for text in path.read_text("utf-8").splitlines():
            try:
                yield json.loads(text)
            except json.JSONDecodeError:
                continue


@dataclass
class Compared:
    """What a database holds of what officers did.

    Attributes
    ----------
    acknowledged : dict
        Kind -> changes that were acknowledged.
    wrong : list of str
        What was lost, doubled, or does not hold.
    unacknowledged : int
        Changes that are there although nobody was told: the program died in between.
    """

    acknowledged: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    unacknowledged: int = 0


def compared(database: Database, folder: Path, paths: Iterable[Path], secret: bytes) -> Compared:
    """Compare a database with the journals of all who changed it."""
    lines = list(read(paths))
    found = Compared()
    with database.read() as connection:
        _ledger(connection, lines, found)
        _outcomes(connection, lines, found)
        _rest(connection, lines, found)
        for each in checking.check(connection, secret=secret):
            found.wrong += [f"{each.name}: {text}" for text in each.problems]
            if each.state == checking.BROKEN and not each.problems:
                found.wrong.append(f"{each.name}: {each.told}")
    found.wrong += torn(folder / "uploads")
    return found


def _ledger(connection: sa.Connection, lines: list[dict[str, Any]], found: Compared) -> None:
    """Every change leaves one row, with the moment it was asked for at."""
    wanted = sa.select(ledger.c.kind, ledger.c.actor, ledger.c.at).where(ledger.c.kind.in_(KINDS))
    there = Counter(f"{row.kind} {row.actor} {row.at}" for row in connection.execute(wanted))
    told, asked = set(), set()
    for each in lines:
        if each["line"] in ("asked", "kept") and "kind" in each:
            key = f"{each['kind']} {each['actor']} {each['at']}"
            asked.add(key)
            if each["line"] == "kept" and key not in told:
                told.add(key)
                found.acknowledged[each["kind"]] += 1
    found.wrong += [f"lost: {key}" for key in sorted(told) if not there[key]]
    found.wrong += [f"doubled: {key}" for key, count in sorted(there.items()) if count > 1]
    ours = {f"{kind} {actor}" for kind, actor, _ in (key.split(" ", 2) for key in asked)}
    strange = [key for key in there if key not in asked and " ".join(key.split(" ", 2)[:2]) in ours]
    found.wrong += [f"nobody asked for: {key}" for key in sorted(strange)]
    found.unacknowledged = sum(key in asked and key not in told for key in there)


def _outcomes(connection: sa.Connection, lines: list[dict[str, Any]], found: Compared) -> None:
    wanted = sa.select(outcomes.c.id, outcomes.c.request, outcomes.c.shipment_id, outcomes.c.current)
    rows = connection.execute(wanted).all()
    by_request = Counter(row.request for row in rows)
    ids = {row.request: (row.id, row.shipment_id) for row in rows}
    for each in lines:
        if each["line"] == "kept" and each.get("kind") == "outcome":
            if by_request[each["request"]] != 1:
                found.wrong.append(f"outcome {each['request']}: there {by_request[each['request']]} times")
            elif ids[each["request"]] != (each["id"], each["shipment"]):
                found.wrong.append(f"outcome {each['request']}: not where it was acknowledged")
    in_force = Counter(row.shipment_id for row in rows if row.current)
    found.wrong += [f"shipment {number}: {n} outcomes in force" for number, n in in_force.items() if n > 1]
    decided = {row.shipment_id for row in rows}
    found.wrong += [f"shipment {number}: no outcome in force" for number in decided - set(in_force)]


def _rest(connection: sa.Connection, lines: list[dict[str, Any]], found: Compared) -> None:
    kept = [each for each in lines if each["line"] == "kept"]
    held = {row.id: row.sha256 for row in connection.execute(sa.select(photos.c.id, photos.c.sha256))}
    notes = set(connection.execute(sa.select(remarks.c.text).where(remarks.c.kind == "note")).scalars())
    states = {row.id: (row.state, row.message) for row in connection.execute(sa.select(jobs))}
    for each in kept:
        if each["kind"] == "photo" and held.get(each["id"]) != each["sha256"]:
            found.wrong.append(f"photo {each['id']}: not as it was acknowledged")
        if each["kind"] == "note" and each["text"] not in notes:
            found.wrong.append(f"note {each['text']!r}: lost")
        if each["kind"] == "job.asked" and states.get(each["id"], ("gone", ""))[0] != "done":
            found.wrong.append(f"job {each['id']}: {states.get(each['id'], ('gone', ''))}")
    stuck = [
        f"job {number}: {state}" for number, (state, _) in states.items() if state in ("queued", "running")
    ]
    found.wrong += stuck


def torn(uploads: Path) -> list[str]:
    """Return files under a digest that is not theirs; what is being written has another name."""
    if not uploads.is_dir():
        return []
    whole = [path for path in sorted(uploads.iterdir()) if len(path.name) == 64]
    return [
        f"upload {path.name}: torn" for path in whole if sha256(path.read_bytes()).hexdigest() != path.name
    ]
