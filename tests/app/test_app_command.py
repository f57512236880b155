"""`wildcargo app` as a process: what it starts, starts again, ends, and refuses."""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from risk.store import jobs, people, settings, tables
from risk.store.database import Database
from risk.worker import clock

ROOT = Path(__file__).parents[2]
_SPEC = importlib.util.spec_from_file_location("serving_port", Path(__file__).with_name("serving_port.py"))
serving_port: Any = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(serving_port)


def call(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    given = {**os.environ, "PYTHONPATH": str(ROOT)}
    program = [sys.executable, "-m", "risk.commands", *words]
    return subprocess.run(
        program, cwd=folder, env=given, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Any]]:
    begun: list[Any] = []

    def start(*options: str, **given: Any) -> Any:
        begun.append(serving_port.Served(tmp_path, *options, **given))
        return begun[-1]

    yield start
    for each in begun:
        each.end(signal.SIGKILL)


def gone(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


def wait(holds: Callable[[], bool], seconds: float = 40) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.1)
    return False


@pytest.mark.slow
def test_one_command_starts_what_a_port_needs_and_ends_it(serve: Callable[..., Any]) -> None:
    app = serve()
    app.until()
    app.until("/healthz", '"worker":"ok"')
    assert len(app.code()) == 23
    assert "data.streamlit.io" not in app.said()
    assert {path.name for path in app.data.iterdir()} >= {"port.db", "site.key", "worker.beat"}
    for path in (app.data, app.data / "port.db", app.data / "site.key"):
        assert path.stat().st_mode & 0o077 == 0, path
    children = app.children()
    assert set(children) == {"server", "worker"}
    assert app.end() == 0
    assert all(gone(each) for each in children.values())
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", app.port))


@pytest.mark.slow
def test_what_dies_is_started_again(serve: Callable[..., Any]) -> None:
    app = serve()
    app.until("/healthz", '"worker":"ok"')
    for name in ("worker", "server"):
        before = app.children()[name]
        os.kill(before, signal.SIGKILL)
        assert wait(lambda name=name, before=before: app.children().get(name, before) != before), app.said()
    app.until()
    assert "was started again" in app.said()


@pytest.mark.slow
def test_nothing_stays_behind_a_command_that_was_killed(serve: Callable[..., Any]) -> None:
    app = serve()
    app.until("/healthz", '"worker":"ok"')
    children = app.children()
    app.end(signal.SIGKILL)
    assert wait(lambda: all(gone(each) for each in children.values())), children


@pytest.mark.slow
def test_a_worker_told_to_end_gives_its_job_back(serve: Callable[..., Any]) -> None:
    app = serve("--no-worker")
    app.until()
    assert set(app.children()) == {"server"}
    from hashlib import sha256

    from risk.worker import keep_upload

    content = (ROOT / "data_samples/port_day.csv").read_bytes()
    digest = sha256(content).hexdigest()
    keep_upload(app.data, content, digest)
    database = Database(app.data / "port.db")
    with database.write() as connection:
        asked = {"files": [{"name": "day.csv", "sha256": digest}]}
        number = jobs.ask(connection, "load", asked, at=clock(), actor="system")
    given = {**os.environ, "PYTHONPATH": str(ROOT)}
    program = [sys.executable, "-m", "risk.commands", "worker", "--data", str(app.data)]
    worker = subprocess.Popen(program, env=given, stdin=subprocess.DEVNULL)

    def state() -> str:
        with database.read() as connection:
            return jobs.get(connection, number).state

    try:
        assert wait(lambda: state() == "running")
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(30) == 0
    finally:
        worker.kill()
        worker.wait()
    with database.read() as connection:
        job = jobs.get(connection, number)
        left = connection.execute(tables.versions.select().limit(1)).first()
    database.close()
    assert (job.state, job.attempts, left) == ("queued", 0, None)


def test_a_port_in_use_is_said(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        found = call("app", "--data", "port", "--port", str(other.getsockname()[1]), folder=tmp_path)
    assert found.returncode == 2
    assert "is in use; name another with --port" in found.stderr


def test_a_database_of_a_later_version_or_another_program_is_said(tmp_path: Path) -> None:
    (tmp_path / "port").mkdir()
    port = str(serving_port.free_port())
    later = "CREATE TABLE alembic_version (version_num VARCHAR(32)); INSERT INTO alembic_version VALUES ('9')"
    for statement, says in ((later, "later"), ("CREATE TABLE recipes (name TEXT)", "another program")):
        path = tmp_path / "port/port.db"
        path.unlink(missing_ok=True)
        database = Database(path)
        for part in statement.split(";"):
            with database.write() as connection:
                connection.exec_driver_sql(part)
        database.close()
        found = call("app", "--data", "port", "--port", port, folder=tmp_path)
        assert (found.returncode, says in found.stderr) == (2, True), found.stderr
        assert "Traceback" not in found.stderr


def test_folders_and_addresses_that_cannot_be_are_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for words in (
        ("--data", "file/port"),
        ("--data", "p", "--address", "203.0.113.7"),
        ("--data", "p", "--database", "mysql://x/y"),
        ("--data", "p", "--database", "postgresql://nobody@127.0.0.1:1/x"),
    ):
        found = call("app", *words, "--port", str(serving_port.free_port()), folder=tmp_path)
        assert found.returncode == 2, (words, found.stderr)
        assert "Traceback" not in found.stderr
        assert found.stderr.startswith("wildcargo: ")


def test_a_sample_is_made_marked_and_replaces_no_port(tmp_path: Path) -> None:
    lines = (ROOT / "data_samples/port_day.csv").read_text("utf-8").splitlines(keepends=True)[:41]
    (tmp_path / "day.csv").write_text("".join(lines), "utf-8")
    words = ("sample", "day.csv", "--at", "2025-01-06T04:00", "--zone", "Asia/Hong_Kong", "--data", "sample")
    found = call(*words, folder=tmp_path)
    assert (found.returncode, "40 shipments" in found.stdout) == (0, True), found.stderr
    database = Database(tmp_path / "sample/port.db")
    with database.read() as connection:
        chosen = settings.current(connection)
        assert (chosen["sample"], chosen["clock"]) == (True, "2025-01-06T04:00:00")
        assert people.everybody(connection) == [], "no account, no password"
    database.close()
    assert call(*words, folder=tmp_path).returncode == 2
    assert call(*words, "--overwrite", folder=tmp_path).returncode == 0
    with database.write() as connection:
        settings.change(connection, {"sample": False}, at=clock(), actor="system")
    database.close()
    found = call(*words, "--overwrite", folder=tmp_path)
    assert (found.returncode, "holds no sample" in found.stderr) == (2, True)


def test_the_servers_settings_let_nothing_out_and_nobody_drive() -> None:
    from streamlit import config

    from risk.commands.app import SETTINGS

    known = config._config_options_template
    assert [name for name in SETTINGS if name not in known] == []
    assert SETTINGS["browser.gatherUsageStats"] == "false"
    assert SETTINGS["logger.hideWelcomeMessage"] == "true", "it asks the internet for this machine's address"
    assert SETTINGS["server.enableAgentApi"] == "false"
    assert SETTINGS["server.enableXsrfProtection"] == "true"
    assert SETTINGS["client.showErrorLinks"] == "false"
    assert SETTINGS["client.showErrorDetails"] == "none"
    assert SETTINGS["server.fileWatcherType"] == "none"
    assert SETTINGS["server.maxUploadSize"] == "200"
