"""What the page on keeping and backups shows: rules, what is due by them, backups there are."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from risk.store.retention import Keeping

_NAME = re.compile(r"port-(\d{8}-\d{6})\.zip")


@dataclass(frozen=True)
class Rule:
    """How long one kind of data is kept.

    Attributes
    ----------
    setting : str
        Name of the setting.
    days : int
    due, kept : int or None
        Shipments whose time ended: that go with the next purge, and that are kept for another reason. None
        where the rule is not of shipments.
    """

    setting: str
    days: int
    due: int | None
    kept: int | None


def rules(keep: Keeping, due: pd.DataFrame) -> list[Rule]:
    """Return the rules with what is due by each.

    Parameters
    ----------
    due : DataFrame
        Of `risk.store.retention.due` with ``all_kept``. Finds in a private person's shipment are kept as long
        as traders' shipments and count there.
    """
    people = due["rule"].str.startswith("people").to_numpy(dtype=bool)
    goes = (due["kept"] == "").to_numpy(dtype=bool)
    return [
        Rule("keep_days", keep.traders, int((~people & goes).sum()), int((~people & ~goes).sum())),
        Rule("keep_days_people", keep.people, int((people & goes).sum()), int((people & ~goes).sum())),
        Rule("keep_days_files", keep.files, None, None),
        Rule("keep_days_photos", keep.photos, None, None),
    ]


@dataclass(frozen=True)
class Purge:
    """One row of the ledger on a purge: when, by which rule, how many shipments."""

    at: pd.Timestamp
    rule: str
    shipments: int


def purges(found: Sequence[Any]) -> list[Purge]:
    """Return purges as the ledger tells them, in its order."""
    told = []
    for row in found:
        facts = json.loads(row.facts)
        told.append(
            Purge(pd.Timestamp(row.at), str(facts.get("rule", "")), int(facts.get("shipments", 0) or 0))
        )
    return told


@dataclass(frozen=True)
class Backup:
    """A backup in the port's folder.

    Attributes
    ----------
    name : str
    at : Timestamp
        When it was made (UTC).
    megabytes : float
    """

    name: str
    at: pd.Timestamp
    megabytes: float


def backups(folder: Path) -> list[Backup]:
    """Return the backups in a folder, newest first; nothing else that lies there."""
    found = []
    for path in folder.glob("port-*.zip"):
        if named := _NAME.fullmatch(path.name):
            at = pd.to_datetime(named[1], format="%Y%m%d-%H%M%S", errors="coerce")
            if not pd.isna(at):
                found.append(Backup(path.name, at, path.stat().st_size / 1e6))
    return sorted(found, key=lambda each: each.name, reverse=True)
