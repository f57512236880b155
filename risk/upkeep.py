"""What an administrator asks for from a page: a backup in the port's folder, and everything checked."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from risk.store import backup, checking, jobs, settings
from risk.store.database import Database
from risk.store.jobs import GoesOn

BACKUPS = "backups"

#: Backups made so are kept until there are so many newer ones: what was purged is not kept in old backups.
KEPT = 7


def back_up(
    database: Database,
    folder: Path,
    *,
    at: pd.Timestamp,
    actor: str,
    goes_on: GoesOn = jobs.silently,
) -> dict[str, Any]:
    """Write a backup into the port's folder and remove those that became old; return what was written.

    Raises
    ------
    risk.store.archives.BackupError
        What was written could not be put back.
    OSError
        There is no room; nothing stays, and no older backup is removed.
    """
    place = folder / BACKUPS
    place.mkdir(mode=0o700, exist_ok=True)
    target = place / f"port-{at:%Y%m%d-%H%M%S}.zip"
    about = backup.make(
        database, folder, target, at=at, actor=actor, goes_on=lambda part: goes_on(0, f"writing {part}")
    )
    for old in sorted(place.glob("port-*.zip"))[:-KEPT]:
        old.unlink()
    return {
        "file": target.name,
        "bytes": target.stat().st_size,
        "rows": sum(about.rows.values()),
        "head": about.head,
        "holds": about.holds,
    }


def verify(
    database: Database,
    folder: Path,
    head: str = "",
    *,
    goes_on: GoesOn = jobs.silently,
) -> dict[str, Any]:
    """Check everything there is; return each check as data (`risk.store.checking.Checked`).

    Raises
    ------
    risk.store.ledger.LedgerError
        ``head`` is no head.
    """
    secret = settings.site_secret(folder) if (folder / "site.key").is_file() else None
    names: list[str] = []

    def told(name: str) -> None:
        names.append(name)
        goes_on(len(names) - 1, f"checking {name}", checking.CHECKS)

    with database.read() as connection:
        found = checking.check(connection, head=head, secret=secret, goes_on=told)
    return {"holds": checking.holds(found), "checks": [{**asdict(each), "told": each.told} for each in found]}
