"""Real servers: SQLite in a file, and a PostgreSQL of the tests' own."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa
from PIL import Image

from benchmarks.postgresql_server import Server
from risk.store import inspections, people, roles, tables
from risk.store.database import Database
from risk.store.inspections import Outcome
from risk.store.tables import metadata
from risk.store.upgrading import upgrade

NOW = pd.Timestamp("2026-11-22 04:00")
KEY = b"k" * 32


@pytest.fixture(scope="module", autouse=True)
def _passwords(quick_passwords: None) -> None:
    """Passwords cost little here."""


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    with TemporaryDirectory(prefix="wildcargo-pg-") as name:
        server = Server(Path(name))
        made = Database(server.make("made"))
        upgrade(made)
        made.close()
        yield server
        server.stop("immediate")


@pytest.fixture(scope="session")
def made_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("made") / "port.db"
    database = Database(path)
    upgrade(database)
    with database.write() as connection:
        connection.exec_driver_sql("SELECT 1")
    database.close()
    return path


def _emptied(server: Server) -> Database:
    """Return the server's one database without rows; making a new one for every test takes minutes."""
    opened = Database(server.url("made"))
    with opened.write() as connection:
        # The ledger refuses to be emptied, but not to its server's own owner.
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        names = ", ".join(table.name for table in metadata.sorted_tables)
        connection.exec_driver_sql(f"TRUNCATE {names} RESTART IDENTITY")
    return opened


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database of this version without rows, on each kind of server."""
    if request.param == "sqlite":
        path = tmp_path / "port.db"
        shutil.copy(request.getfixturevalue("made_sqlite"), path)
        opened = Database(path)
    else:
        opened = _emptied(request.getfixturevalue("postgresql"))
    yield opened
    opened.close()


def _insert(connection: sa.Connection, table: sa.Table, **row: Any) -> int:
    return int(connection.execute(table.insert().values(**row).returning(table.c.id)).scalar_one())


class Port:
    """A port's database to put shipments with a past into, without the engine."""

    now, hour, day = NOW, pd.Timedelta(hours=1), pd.Timedelta(days=1)

    def __init__(self, database: Database) -> None:
        self.database = database

    def person(self, login: str = "chi", role: str = "supervisor") -> roles.Person:
        with self.database.write() as connection:
            number = people.add(connection, login, role, at=NOW - 400 * self.day, actor="system")
        return roles.Person(number, login, "", role, "en")

    def shipment(
        self,
        bill: str,
        known_at: pd.Timestamp = NOW,
        *,
        parties: dict[str, str] | None = None,
        families: dict[str, float] | None = None,
        row: dict[str, Any] | None = None,
        model_id: str = "m1",
        log_odds: float = -5.0,
        state: str = "ready",
        **version: Any,
    ) -> int:
        """Put one shipment in; ``parties`` are role -> mark."""
        about = {"model_id": model_id, "risk_basis": "prior", "counts": {}, "data_hash": f"{bill:0>64}"}
        with self.database.write() as connection:
            batch = _insert(connection, tables.batches, state=state, scored_at=known_at, **about)
            found = connection.execute(
                sa.select(tables.shipments.c.id).where(tables.shipments.c.bill == bill)
            )
            number = found.scalar() or _insert(
                connection, tables.shipments, bill=bill, first_known_at=known_at
            )
            mine = tables.versions.c.shipment_id == number
            before = connection.execute(sa.select(sa.func.count()).select_from(tables.versions).where(mine))
            count = int(before.scalar_one())
            connection.execute(tables.versions.update().where(mine).values(current=False))
            usual = {"arrives_at": known_at + 6 * self.hour, "mode": "sea", "heading": "0303", "origin": "VN"}
            made = _insert(
                connection,
                tables.versions,
                **(
                    usual
                    | {
                        "shipment_id": number,
                        "batch_id": batch,
                        "number": count + 1,
                        "current": state == "ready",
                    }
                    | {"content_hash": "c", "known_at": known_at}
                    | version
                ),
            )
            score = _insert(
                connection,
                tables.scores,
                version_id=made,
                batch_id=batch,
                model_id=model_id,
                current=True,
                log_odds=log_odds,
                risk=0.01,
                risk_basis="prior",
                families=families or {},
                record_hash=f"{made:064x}",
            )
            connection.execute(
                tables.reasons.insert().values(
                    score_id=score, records=[], told=[f"Why of {bill} {count + 1}"]
                )
            )
            connection.execute(
                tables.declared.insert().values(
                    version_id=made, row=row or {}, origin={}, search=bill.lower()
                )
            )
            for role, mark in (parties or {}).items():
                connection.execute(
                    tables.party_marks.insert().values(version_id=made, role=role, mark=f"{mark:0>64}")
                )
        return number

    def outcome(
        self,
        number: int,
        who: roles.Person,
        at: pd.Timestamp = NOW,
        *,
        replaces: int | None = None,
        **fields: Any,
    ) -> int:
        """Enter an outcome; nothing was found unless said otherwise."""
        usual: dict[str, Any] = {"inspection": "full", "found": ("clean",)}
        if fields.get("inspection") == "not_inspected":
            usual = {"found": (), "why_not": "no_time"}
        entered = Outcome(**{**usual, **fields})
        request = f"{number}-{at.isoformat()}-{replaces}"
        with self.database.write() as connection:
            return inspections.record(
                connection, number, entered, who, at=at, request=request, key=KEY, replaces=replaces
            )

    def listed(self, chosen: dict[int, str], at: pd.Timestamp = NOW, ranked: tuple[int, ...] = ()) -> int:
        """Publish a list as given: shipment -> how it was chosen; ``ranked`` were not chosen."""
        with self.database.write() as connection:
            count = connection.execute(sa.select(sa.func.count()).select_from(tables.lists)).scalar_one()
            made = _insert(
                connection,
                tables.lists,
                digest=f"{count:064x}",
                capacity=[],
                random_share=0.1,
                model_id="m1",
                risk_basis="prior",
                data_hash="d" * 64,
                draw_commitment="e" * 64,
                shipments=len(chosen) + len(ranked),
                published_at=at,
            )
            for place, number in enumerate((*chosen, *ranked), 1):
                score = connection.execute(
                    sa.select(tables.scores.c.id)
                    .join(tables.versions, tables.versions.c.id == tables.scores.c.version_id)
                    .where(tables.versions.c.shipment_id == number, tables.versions.c.current)
                ).scalar_one()
                connection.execute(
                    tables.list_rows.insert().values(
                        list_id=made,
                        shipment_id=number,
                        score_id=score,
                        rank=place,
                        place=place,
                        selected_by=chosen.get(number, ""),
                        selection_probability=0.1,
                        pool="sea" if number in chosen else "",
                    )
                )
        return made


@pytest.fixture
def port(database: Database) -> Port:
    return Port(database)


@pytest.fixture(scope="session")
def photo() -> Callable[[int], bytes]:
    """Make small photos, a different one for each number."""

    def make(number: int) -> bytes:
        held = io.BytesIO()
        Image.new("RGB", (8, 8), (number, 80, 80)).save(held, "JPEG")
        return held.getvalue()

    return make


@pytest.fixture
def crew(database: Database) -> dict[str, roles.Person]:
    """One person of each role, by role."""
    made = {}
    for role in ("officer", "supervisor", "analyst", "auditor", "admin"):
        with database.write() as connection:
            number = people.add(connection, role, role, at=NOW, actor="system")
        made[role] = roles.Person(number, role, "", role, "en")
    return made
