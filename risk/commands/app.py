"""``wildcargo app``: the officer triage app, its server and its worker, started with one command."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from risk.commands import browsing, port_place, terminal
from risk.commands.mistakes import FAULT, Mistake

if TYPE_CHECKING:
    from risk.store.database import Database
    from risk.together import Child

#: Settings of the server that no port should have to know: nothing is sent out, nothing of the inside is
#: shown, nobody drives the app but people in front of it.
SETTINGS: dict[str, str] = {
    "server.headless": "true",
    "server.fileWatcherType": "none",
    "server.runOnSave": "false",
    "server.enableXsrfProtection": "true",
    "server.enableCORS": "true",
    "server.xsrfCookieSameSite": "strict",
    "server.enableAgentApi": "false",
    "server.enableStaticServing": "false",
    "server.maxUploadSize": "200",
    "server.showEmailPrompt": "false",
    "browser.gatherUsageStats": "false",
    # What a run is broken off for, app/taps.py decides.
    "runner.fastReruns": "false",
    # Its greeting asks a service on the internet for this machine's address.
    "logger.hideWelcomeMessage": "true",
    "client.showErrorDetails": "none",
    "client.showErrorLinks": "false",
    "client.toolbarMode": "minimal",
    "theme.base": "light",
    "theme.primaryColor": "#0b5a7a",
}

_EPILOG = """\b
Examples:
  wildcargo app
  wildcargo app --data /srv/port --address 0.0.0.0 --host customs-server
  wildcargo app --data /srv/port --database postgresql://wildcargo@db/port

The first start prints a code with which the first account is made; it works once, for a day.
Without --address only this machine reaches the app. Browsers on the network speak to it in the
clear unless a proxy in front of it speaks TLS (docs/app.md). Ctrl-C ends server and worker.
"""


@click.command("app", epilog=_EPILOG)
@port_place.data
@port_place.database
@click.option("--port", default=8501, show_default=True, type=click.IntRange(1, 65535), help="Port.")
@click.option("--address", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option(
    "--host",
    "hosts",
    multiple=True,
    metavar="NAME",
    help="Name browsers call this machine by, besides its own name and addresses. Repeatable.",
)
@click.option("--no-worker", is_flag=True, help="Start no worker: one runs elsewhere (`wildcargo worker`).")
@click.option(
    "--open", "browser", is_flag=True, help="Open the app in this machine's browser when it answers."
)
def command(
    folder: Path,
    url: str | None,
    port: int,
    address: str,
    hosts: tuple[str, ...],
    no_worker: bool,
    browser: bool,
) -> None:
    """Open the officer triage app in browsers.

    Makes the database or brings it to this version, then runs the server and a worker until it is
    told to end; one that dies is started again.
    """
    script = _script()
    if browser and browsing.answers(port):
        terminal.say(f"wildcargo runs here already: {browsing.address(port)}")
        browsing.show(port)
        return
    folder, url = port_place.prepared(folder, url)
    _check_port(address, port)
    database = port_place.opened(url)
    code = _first_code(database, folder)
    sample = _commit(database, folder)
    database.close()
    known = _names(address, hosts)
    children = _children(script, folder, url, port, address, known, worker=not no_worker)
    where = f"http://{_shown(address)}:{port}"
    _say(where, database.name, folder, code, sample)
    if browser:
        browsing.show_when_ready(port)
    _run(children)


def _script() -> Path:
    # The app stands above risk: it is found by name and run, never imported.
    from importlib.util import find_spec

    found, streamlit = find_spec("app"), find_spec("streamlit")
    if found is None or not found.submodule_search_locations or streamlit is None:
        raise Mistake("the app is not installed here (pip install wildcargo)", exit_code=FAULT)
    return Path(next(iter(found.submodule_search_locations))) / "serving.py"


def _check_port(address: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as probe:
        if sys.platform != "win32":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            import errno

            if error.errno == errno.EADDRINUSE:
                raise Mistake(f"port {port} is in use; name another with --port") from None
            raise Mistake(f"{address}:{port}: {(error.strerror or str(error)).lower()}") from None


def _first_code(database: Database, folder: Path) -> str:
    from risk.store import first_account
    from risk.worker import clock

    with database.read() as connection:
        wanted = first_account.wanted(connection)
    if not wanted:
        first_account.withdraw(folder)
        return ""
    return first_account.offer(folder, at=clock())


def _commit(database: Database, folder: Path) -> bool:
    """Let the ledger commit to the site's secret before anything is drawn; tell whether it is a sample."""
    from risk.store import publishing, settings
    from risk.worker import clock

    secret = settings.site_secret(folder)
    with database.write() as connection:
        publishing.commit_secret(connection, secret, at=clock())
        return bool(settings.current(connection)["sample"])


def _names(address: str, hosts: tuple[str, ...]) -> list[str]:
    """Return the names browsers may call the server by; others are pages that play tricks with names."""
    names = ["localhost", "127.0.0.1", "::1", *hosts]
    if address not in ("127.0.0.1", "::1", "localhost"):
        own = socket.gethostname()
        names += [address, own, socket.getfqdn()]
        with contextlib.suppress(OSError):
            names += [str(found[4][0]).partition("%")[0] for found in socket.getaddrinfo(own, None)]
    return list(dict.fromkeys(name.lower() for name in names if name and name not in ("0.0.0.0", "::")))


def _children(
    script: Path, folder: Path, url: str, port: int, address: str, names: list[str], *, worker: bool
) -> list[Child]:
    import hashlib
    import hmac

    from risk.store import settings
    from risk.together import Child

    place = {port_place.DATABASE: url, port_place.DATA: str(folder)}
    cookies = hmac.new(settings.site_secret(folder), b"cookies of the server", hashlib.sha256).hexdigest()
    served = {
        **place,
        "STREAMLIT_SERVER_COOKIE_SECRET": cookies,
        # Who a request comes from is told by its connection alone (`app.identity.Proxy`).
        "FORWARDED_ALLOW_IPS": "",
        "PYTHONPATH": os.pathsep.join(
            filter(None, (str(script.parents[1]), os.environ.get("PYTHONPATH", "")))
        ),
    }
    given = {**SETTINGS, "server.port": str(port), "server.address": address}
    options = [f"--{name}={value}" for name, value in given.items()]
    options += [f"--server.allowedHosts={name}" for name in names]
    python = [sys.executable, *(("-X", "utf8") if sys.flags.utf8_mode else ())]
    server = [*python, "-m", "streamlit", "run", str(script), *options]
    children = [Child("server", server, served)]
    if worker:
        children.append(Child("worker", [*python, "-m", "risk.commands", "worker"], place))
    return children


def _shown(address: str) -> str:
    if address in ("0.0.0.0", "::"):
        return socket.gethostname()
    return f"[{address}]" if ":" in address else address


def _say(where: str, database: str, folder: Path, code: str, sample: bool) -> None:
    terminal.say(f"wildcargo: {where}")
    terminal.say(f"  database  {database}")
    terminal.say(f"  folder    {folder}")
    if sample:
        terminal.say("  SAMPLE    simulated shipments, for looking around")
    if code:
        terminal.heading("Nobody has an account yet. The first, an administrator's, is made with this code:")
        terminal.say(f"\n  {code}\n")
        terminal.say(f"  at {where}/first (works once, for 24 hours)")
    terminal.say("Ctrl-C ends it.")
    sys.stdout.flush()


def _run(children: list[Child]) -> None:
    """Run until told to end."""
    from risk.together import end_all

    try:
        for child in children:
            child.start()
        while True:
            time.sleep(0.5)
            for child in children:
                if happened := child.revive():
                    click.echo(f"wildcargo: {happened}", err=True)
                # Without its worker the server still shows the day; it is tried again once a minute.
                if child.deaths >= 8 and child.name == "server":
                    raise Mistake(
                        f"the {child.name} does not stay up; its messages above say why", exit_code=FAULT
                    )
    except KeyboardInterrupt:
        terminal.say("\nEnding …")
    finally:
        end_all(children)
