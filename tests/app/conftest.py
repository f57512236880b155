"""A port for the app: a database of this version, its folder, people, and clients of its plain routes."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pytest
from click.testing import CliRunner
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient

from app import guard, oidc, place, signing_in
from app.identity import Elsewhere
from risk import triage
from risk.commands import cli
from risk.store import decisions, inspections, people, publishing, roles, settings
from risk.store.database import Database
from risk.store.inspections import Outcome
from risk.store.upgrading import upgrade

_SPEC = importlib.util.spec_from_file_location("hostile_port", Path(__file__).with_name("hostile_port.py"))
hostile_port: Any = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(hostile_port)

WORD = "a word that is long"
HOST = "http://port.test"

DAY = Path(__file__).parents[2] / "data_samples/port_day.csv"
#: Shipments of the scored day: the first rows of the sample file.
SHIPMENTS = 300
#: Where time stands still in it.
NOW = pd.Timestamp("2025-01-06T04:00")


@pytest.fixture(scope="module", autouse=True)
def _passwords(quick_passwords: None) -> None:
    """Passwords cost little here."""


@pytest.fixture(scope="session")
def scored_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A port's folder with a scored day, made as `wildcargo sample` makes it."""
    made = tmp_path_factory.mktemp("scored")
    few = made / "day.csv"
    few.write_text("".join(DAY.read_text("utf-8").splitlines(keepends=True)[: SHIPMENTS + 1]), "utf-8")
    call = [str(few), "--at", NOW.isoformat(), "--zone", "Asia/Hong_Kong", "--data", str(made / "port")]
    done = CliRunner().invoke(cli, ["sample", *call], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return made / "port"


@pytest.fixture(scope="session")
def made_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("app") / "port.db"
    database = Database(path)
    upgrade(database)
    database.close()
    return path


@pytest.fixture(scope="session")
def hostile_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A port's folder in which every text that people or manifests may write is hostile."""
    made = tmp_path_factory.mktemp("hostile")
    hostile_port.write_manifest(DAY, made / "day.csv")
    call = [str(made / "day.csv"), "--at", NOW.isoformat(), "--data", str(made / "port")]
    done = CliRunner().invoke(cli, ["sample", *call], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    database = Database(made / "port" / "port.db")
    hostile_port.fill(database, NOW)
    database.close()
    return made / "port"


@pytest.fixture(scope="session")
def hostile() -> Any:
    """What hostile texts are, and what would show that one of them worked (`hostile_port`)."""
    return hostile_port


@pytest.fixture
def port(made_database: Path, tmp_path: Path) -> Iterator[place.Place]:
    """The place the app works at during a test."""
    folder = tmp_path / "port"
    folder.mkdir()
    shutil.copy(made_database, folder / "port.db")
    made = place.Place(Database(folder / "port.db"), folder)
    place.use(made)
    yield made
    place.use(None)
    made.database.close()


@pytest.fixture
def account(port: place.Place) -> Callable[..., int]:
    """Make accounts: login, role, and what `people.add` takes."""

    def make(login: str, role: str = "officer", **given: Any) -> int:
        given = {"password": WORD, "must_change": False, **given}
        with port.database.write() as connection:
            return people.add(connection, login, role, at=place.clock(), actor="system", **given)

    return make


def token(port: place.Place, user: int) -> str:
    with port.database.write() as connection:
        return people.opened(connection, user, at=place.clock())[1]


def _echo(request: Any) -> PlainTextResponse:
    return PlainTextResponse(f"page {request.url.path}")


async def _talk(socket: Any) -> None:
    await socket.accept()
    await socket.receive()


@pytest.fixture
def client(port: place.Place) -> Callable[..., TestClient]:
    """Make clients of the plain routes, with pages that echo where Streamlit's would be."""

    def make(elsewhere: Elsewhere | None = None, peer: str = "10.1.2.3", **given: Any) -> TestClient:
        known = elsewhere or Elsewhere()
        methods = ["GET", "POST", "PUT", "DELETE"]
        app = Starlette(
            routes=[
                *signing_in.routes(known),
                *oidc.routes(known),
                WebSocketRoute("/_stcore/stream", _talk),
                Route("/{path:path}", _echo, methods=methods),
            ],
            middleware=[
                Middleware(guard.Guard, hosts=("port.test",), elsewhere=known),
                Middleware(SessionMiddleware, secret_key="of tests"),
            ],
        )
        headers = {"origin": HOST, **given.pop("headers", {})}
        return TestClient(
            app, base_url=HOST, headers=headers, client=(peer, 5000), follow_redirects=False, **given
        )

    return make


class Worked(NamedTuple):
    """What became of a scored day: the chosen shipments of its list, and some of them by name."""

    list_id: int
    ids: list[int]
    find: int
    waiting: int
    left: int


@pytest.fixture(scope="session")
def work() -> Callable[..., Worked]:
    """Publish a list of a scored day and work on it: ``work(database, folder)``."""

    def do(database: Database, folder: Path, now: pd.Timestamp = NOW) -> Worked:
        secret = settings.site_secret(folder)
        live = {"found": ("live_animals",), "taxa": ("Manidae",), "pieces": 12, "alive": 12}
        live |= {"status": "confirmed", "permit_valid": False, "evidence_reference": "EV-7"}
        with database.write() as connection:
            made = people.add(connection, "sup.one", "supervisor", at=place.clock(), actor="system")
            who = roles.Person(made, "sup.one", "", "supervisor", "en")
            number = publishing.publish(
                connection, now, triage.parse("30"), 0.2, secret=secret, person=who, at=place.clock()
            )
            ids = [int(each) for each in publishing.rows(connection, number)["shipment_id"]]
            for shipment, fields in (
                (ids[0], {"inspection": "full", "where_in_load": "walls", **live}),
                (ids[3], {"inspection": "scan", "found": ("clean",)}),
                (ids[4], {"inspection": "not_inspected", "why_not": "no_staff"}),
                (ids[5], {"inspection": "partial", "found": ("wildlife_products",), "kg": 3.5}),
            ):
                entered, request = Outcome(**fields), f"worked-{shipment}"  # type: ignore[arg-type]
                inspections.record(connection, shipment, entered, who, at=now, request=request, key=secret)
            decisions.step(connection, ids[2], "gone", who, at=now)
            decisions.step(connection, ids[1], "hold_asked", who, at=now)
        return Worked(number, ids, find=ids[0], waiting=ids[1], left=ids[2])

    return do
