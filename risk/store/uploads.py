"""Files that people hand in, and loads asked for with them.

A file lies under its digest in the port's folder (`risk.worker.keep_upload`); its row says what it was called
and when it came first. The same file again is the same row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
import sqlalchemy as sa

from risk.store import jobs, ledger, roles
from risk.store.roles import Person
from risk.store.tables import files, problems
from risk.store.texts import line

#: Problems handed out of one load: all that are kept (`risk.intake.PROBLEMS_KEPT`).
SHOWN = 2_000


@dataclass(frozen=True)
class Upload:
    """A file that was handed in.

    Attributes
    ----------
    id : int
    name : str
        As its owner calls it.
    sha256 : str
    bytes : int
    """

    id: int
    name: str
    sha256: str
    bytes: int


def add(
    connection: sa.Connection, name: str, digest: str, size: int, person: Person, *, at: pd.Timestamp
) -> Upload:
    """Note a file; return it. Where it was handed in before, the name it has now is kept.

    Raises
    ------
    NotAllowed
        The role does not allow it.
    """
    roles.check(connection, person, "load", at=at)
    name = line(name, 200) or "file"
    held = connection.execute(sa.select(files.c.id).where(files.c.sha256 == digest)).scalar()
    if held is not None:
        connection.execute(files.update().where(files.c.id == held).values(name=name))
        return Upload(int(held), name, digest, size)
    row = {"sha256": digest, "name": name, "bytes": size, "arrived_at": at}
    number = int(connection.execute(files.insert().values(**row).returning(files.c.id)).scalar_one())
    facts: dict[str, ledger.Plain] = {"sha256": digest, "bytes": size}
    ledger.append(connection, "file.added", at=at, actor=person.actor, subject=f"file:{number}", facts=facts)
    return Upload(number, name, digest, size)


def get(connection: sa.Connection, number: int) -> Upload | None:
    """Return a file by its number, None where there is none."""
    row = connection.execute(sa.select(files).where(files.c.id == number)).first()
    return Upload(row.id, row.name, row.sha256, row.bytes) if row else None


def load(
    connection: sa.Connection,
    wanted: list[Upload],
    person: Person,
    *,
    at: pd.Timestamp,
    mapping: str = "",
) -> int:
    """Ask for files to be loaded together; return the number of the job.

    Parameters
    ----------
    mapping : str
        How tables among them are read, as TOML; empty where columns are known by name.

    Raises
    ------
    NotAllowed
        The role does not allow it.
    """
    roles.check(connection, person, "load", at=at)
    asked: dict[str, Any] = {"files": [{"name": each.name, "sha256": each.sha256} for each in wanted]}
    if mapping:
        asked["mapping"] = mapping
    return jobs.ask(connection, "load", asked, at=at, actor=person)


def problems_of(connection: sa.Connection, batch_id: int, most: int = SHOWN) -> pd.DataFrame:
    """Return what was wrong in a load, rejected rows first, in order of the input.

    Returns
    -------
    DataFrame, shape (n, 7)
        ``rejected`` (bool), ``source_file``, ``source_position``, ``bill``, ``column``, ``value``,
        ``expected``.
    """
    names = ["rejected", "source_file", "source_position", "bill", "column", "value", "expected"]
    wanted = (
        sa.select(*(problems.c[name] for name in names))
        .where(problems.c.batch_id == batch_id)
        .order_by(problems.c.rejected.desc(), problems.c.id)
        .limit(most)
    )
    return pd.DataFrame(connection.execute(wanted).mappings().all(), columns=names)
