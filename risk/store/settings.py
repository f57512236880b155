"""Settings of a port: what its supervisors and administrators chose.

Each has a type, a range and a default here; nothing else is kept. The site's secret is no setting: it lies in
a file beside the database and the ledger holds its hash alone.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from zoneinfo import available_timezones

import pandas as pd
import sqlalchemy as sa

from risk import triage
from risk.store import ledger, roles
from risk.store.roles import Actor
from risk.store.tables import settings

SECRET_BYTES = 32


class SettingError(ValueError):
    """A setting may not be what it was to become."""


@dataclass(frozen=True)
class Setting:
    """One setting.

    Attributes
    ----------
    name : str
    default : str, int, float or bool
    meaning : str
        For people, in one sentence.
    check : callable
        Returns what is wrong with a value, or an empty text.
    low, high : float or None
        Of numbers: the least and the most it may be.
    """

    name: str
    default: str | int | float | bool
    meaning: str
    check: Callable[[object], str] = lambda value: ""
    low: float | None = None
    high: float | None = None


def _number(name: str, default: float, meaning: str, low: float, high: float) -> Setting:
    return Setting(name, default, meaning, _between(low, high), low, high)


def _between(low: float, high: float) -> Callable[[object], str]:
    def check(value: object) -> str:
        right = isinstance(value, (int, float)) and not isinstance(value, bool) and low <= value <= high
        return "" if right else f"expected a number from {low:g} to {high:g}"

    return check


def _zone(value: object) -> str:
    return "" if value in available_timezones() else "expected a time zone, as Africa/Nairobi"


def _capacity(value: object) -> str:
    if not value:
        return ""
    try:
        triage.parse(str(value))
    except triage.CapacityError as error:
        return "; ".join(error.problems)
    return ""


def _moment(value: object) -> str:
    if value == "":
        return ""
    try:
        time = pd.Timestamp(value) if isinstance(value, str) else pd.NaT
        right = not pd.isna(time) and time.tzinfo is None
    except ValueError:
        right = False
    return "" if right else "expected a time without a zone, as 2025-01-06T04:00, or nothing"


def _short(value: object) -> str:
    right = isinstance(value, str) and len(value) <= 120 and (value.isprintable() or not value)
    return "" if right else "expected a text of at most 120 characters"


SETTINGS: tuple[Setting, ...] = (
    Setting("port_name", "", "Name of the port, on every page and print.", _short),
    Setting(
        "detecting_agency",
        "",
        "What the report on illegal trade (CITES) calls the agency that detects: this port's customs.",
        _short,
    ),
    Setting("time_zone", "UTC", "Zone in which times are shown.", _zone),
    Setting("language", "en", "Language of prints and of accounts that chose none.", _short),
    Setting("capacity", "", "Inspections possible in a shift, as sea=4,air=20,post=60.", _capacity),
    _number("random_share", 0.1, "Share of the inspections drawn at random.", 0.01, 0.9),
    _number("reasons", 4, "Reasons told per shipment.", 1, 11),
    _number("claim_minutes", 30, "Minutes a claim on a shipment lasts.", 1, 480),
    _number("session_minutes", 30, "Minutes without a click after which one must sign in again.", 5, 720),
    Setting("sample", False, "Whether all of this is the sample day."),
    Setting("drill", False, "Whether all of this is a drill: simulated, with its answers kept back."),
    Setting(
        "clock", "", "Moment at which time stands still (sample and drill), UTC; empty: the clock.", _moment
    ),
    _number("keep_days", 1095, "Days declared fields of traders' shipments are kept.", 30, 3650),
    _number("keep_days_people", 180, "Days declared fields of private people's shipments are kept.", 7, 3650),
    _number("keep_days_files", 30, "Days files are kept as they were dropped.", 1, 365),
    _number("keep_days_photos", 1825, "Days photos of what was found are kept.", 30, 7300),
)
BY_NAME = {each.name: each for each in SETTINGS}


def current(connection: sa.Connection) -> dict[str, str | int | float | bool]:
    """Return every setting, the default where none was chosen."""
    rows = connection.execute(sa.select(settings.c.name, settings.c.value))
    chosen = {row.name: row.value for row in rows}
    return {each.name: chosen.get(each.name, each.default) for each in SETTINGS}


def moment(chosen: Mapping[str, object], clock: pd.Timestamp) -> pd.Timestamp:
    """Return the moment shipments are looked at: the clock's, unless time stands still.

    What guards (sessions, locks, heartbeats of jobs) goes by the clock in any case.
    """
    return pd.Timestamp(str(chosen["clock"])) if chosen["clock"] else clock


def change(
    connection: sa.Connection,
    values: dict[str, str | int | float | bool],
    *,
    at: pd.Timestamp,
    actor: Actor,
) -> None:
    """Change settings; the ledger says which.

    Parameters
    ----------
    actor : Person or "system"
        Who administers, or the program itself.

    Raises
    ------
    NotAllowed
        The role does not allow it.
    SettingError
        Listing every value that may not be.
    """
    by = roles.acting(connection, actor, "administer", at=at)
    wrong = []
    for name, value in values.items():
        if name not in BY_NAME:
            wrong.append(f"{name}: there is no such setting")
        elif why := _wrong(BY_NAME[name], value):
            wrong.append(f"{name}: {why}")
    if wrong:
        raise SettingError("; ".join(wrong))
    before = current(connection)
    changed = {name: value for name, value in values.items() if before[name] != value}
    for name, value in changed.items():
        connection.execute(settings.delete().where(settings.c.name == name))
        connection.execute(settings.insert().values(name=name, value=value, changed_at=at))
    if changed:
        facts: dict[str, ledger.Plain] = {
            n: sha256(json.dumps(v).encode()).hexdigest() for n, v in changed.items()
        }
        ledger.append(connection, "settings", at=at, actor=by, facts=facts)


def _wrong(setting: Setting, value: object) -> str:
    if isinstance(setting.default, bool) != isinstance(value, bool):
        return "expected yes or no" if isinstance(setting.default, bool) else "expected a value"
    if isinstance(setting.default, str) and not isinstance(value, str):
        return "expected a text"
    return setting.check(value)


def site_secret(folder: Path) -> bytes:
    """Return the site's secret, made at the first call: it keys draws and hashes of names.

    Raises
    ------
    SettingError
        The file is there and is no secret.
    """
    path = folder / "site.key"
    if not path.exists():
        _make_secret(path)
    secret = path.read_bytes()
    if len(secret) != SECRET_BYTES:
        raise SettingError(f"{path}: expected {SECRET_BYTES} bytes, found {len(secret)}")
    return secret


def _make_secret(path: Path) -> None:
    """Put a secret there whole or not at all; who comes second leaves the first one's."""
    part = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
    secret = secrets.token_bytes(SECRET_BYTES)
    try:
        _write_new(part, secret)
        try:
            os.link(part, path)
        except FileExistsError:
            return
        except OSError:  # a disk without links, as of a stick
            with contextlib.suppress(FileExistsError):
                _write_new(path, secret)
    finally:
        part.unlink(missing_ok=True)


def _write_new(path: Path, content: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
