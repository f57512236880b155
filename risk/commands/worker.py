"""``wildcargo worker``: does the jobs of a port's database, beside a server that runs elsewhere."""

from __future__ import annotations

from pathlib import Path

import click

from risk.commands import port_place

_EPILOG = """\b
Example:
  wildcargo worker --data /srv/port --database postgresql://wildcargo@db/port

`wildcargo app` starts one of its own. Server and workers share --data. A job whose worker died is
taken up again by another after half a minute; told to end (Ctrl-C), a worker puts its job back.
"""


@click.command("worker", epilog=_EPILOG)
@port_place.data
@port_place.database
def command(folder: Path, url: str | None) -> None:
    """Do the jobs people ask for in the app: load files, and purge what may no longer be kept."""
    import logging

    from risk.together import end_with_parent
    from risk.worker import Worker

    folder, url = port_place.prepared(folder, url)
    database = port_place.opened(url)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s worker %(levelname)s %(message)s")
    end_with_parent()
    try:
        Worker(database, folder).forever()
    except KeyboardInterrupt:
        logging.getLogger(__name__).info("told to end")
