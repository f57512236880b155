"""A drill in the database: begun with its answers' hash, worked as a day, ended by a supervisor.

What was opened is read from the ledger, whose order tells what came before the end whatever the clocks say.
"""

from __future__ import annotations

import json

import pandas as pd
import sqlalchemy as sa

from features.manifest.schema import FINDS
from risk.refusals import Refusal
from risk.store import ledger, roles, settings
from risk.store.roles import Person
from risk.store.tables import ledger as rows

BEGUN, ENDED = "drill.begun", "drill.ended"

#: Inspections that would not have shown what is inside.
_BLIND = ("not_inspected", "documents")


class DrillRefused(Refusal):
    """A drill cannot be ended so; the text says why."""


def begin(connection: sa.Connection, digest: str, *, at: pd.Timestamp) -> None:
    """Let the ledger hold the hash of the answers."""
    facts: dict[str, ledger.Plain] = {"answers": digest, "finds": list(FINDS)}
    ledger.append(connection, BEGUN, at=at, actor="system", facts=facts)


def answers_digest(connection: sa.Connection) -> str:
    """Return the hash the drill began with, empty where none began."""
    rows = ledger.latest(connection, 1, kind=BEGUN)
    return str(json.loads(rows[0].facts).get("answers", "")) if rows else ""


def ended_at(connection: sa.Connection) -> pd.Timestamp | None:
    """Return when the drill ended, None while it goes on."""
    rows = ledger.latest(connection, 1, kind=ENDED)
    return pd.Timestamp(rows[0].at) if rows else None


def end(connection: sa.Connection, person: Person, *, at: pd.Timestamp) -> None:
    """End the drill: from now on its answers are shown, and what is opened later does not count.

    Raises
    ------
    NotAllowed
        The role does not allow it.
    DrillRefused
        This is no drill, or it ended already.
    """
    roles.check(connection, person, "publish", at=at)
    if not settings.current(connection)["drill"]:
        raise DrillRefused("This is no drill.")
    if ended_at(connection) is not None:
        raise DrillRefused("The drill has ended already.")
    facts: dict[str, ledger.Plain] = {"opened": len(opened(connection))}
    ledger.append(connection, ENDED, at=at, actor=person.actor, facts=facts)


def opened(connection: sa.Connection) -> set[int]:
    """Return the shipments the team opened before the end.

    Opened is what was brought to the step ``opened``, and what has an outcome of an inspection that looks
    inside; one that was corrected counts as it was corrected.
    """
    wanted = sa.select(rows.c.kind, rows.c.subject, rows.c.facts).where(rows.c.kind.in_(("step", "outcome")))
    if ended := ledger.latest(connection, 1, kind=ENDED):
        wanted = wanted.where(rows.c.seq < ended[0].seq)
    latest: dict[tuple[int, str], bool] = {}
    for row in connection.execute(wanted.order_by(rows.c.seq)):
        kind, _, number = row.subject.partition(":")
        if kind == "shipment" and number.isdigit():
            said = int(number), row.kind
            stays = row.kind == "step" and latest.get(said, False)
            latest[said] = stays or _looks_inside(row.kind, json.loads(row.facts))
    return {number for (number, _), looked in latest.items() if looked}


def _looks_inside(kind: str, facts: dict[str, object]) -> bool:
    if kind == "step":
        return facts.get("to") == "opened"
    return facts.get("inspection") not in _BLIND
