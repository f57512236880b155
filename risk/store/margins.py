"""What margins are told from: the line of the day, and the records of a shipment and of others of its day."""

from __future__ import annotations

import numpy as np
import pandas as pd
import sqlalchemy as sa

from risk import margins, triage
from risk.margins import Changes
from risk.refusals import Refusal
from risk.rescoring import seen
from risk.store import day, replaying, roles, scored_again, settings
from risk.store.roles import Person
from risk.store.tables import lists
from risk.triage import Pool

#: Other shipments whose values are tried.
OTHERS = 150
#: A list tells the line for so long.
LISTED = pd.Timedelta(hours=36)


class NoMargins(Refusal):
    """Margins cannot be told; the text says why."""


def pools(connection: sa.Connection, now: pd.Timestamp) -> tuple[tuple[Pool, ...], int | None]:
    """Return the line in force as pools, and the list that drew it (None: the setting).

    Raises
    ------
    NoMargins
        There is neither a list nor a capacity.
    """
    wanted = sa.select(lists).where(lists.c.published_at >= now - LISTED, lists.c.after_id.is_(None))
    row = connection.execute(wanted.order_by(lists.c.id.desc()).limit(1)).first()
    if row is not None:
        return margins.line([Pool(**each) for each in row.capacity], row.random_share), int(row.id)
    chosen = settings.current(connection)
    if not chosen["capacity"]:
        raise NoMargins("There is no line: no list was published, and no capacity stands in the settings.")
    share = float(chosen["random_share"])
    return margins.line(triage.parse(str(chosen["capacity"])), share), None


def below(
    connection: sa.Connection, person: Person, now: pd.Timestamp, *, at: pd.Timestamp
) -> tuple[pd.DataFrame, int | None]:
    """Return what stands just below the line (`risk.margins.below`), and the list that drew it.

    Parameters
    ----------
    now, at : Timestamp
        As of `risk.store.day.rows`.

    Raises
    ------
    NotAllowed
        The role does not allow it.
    NoMargins
        There is no line.
    """
    roles.check(connection, person, "see_margins", at=at)
    asked, number = pools(connection, now)
    frame = day.rows(connection, now, at=at)
    return margins.below(frame[~frame["decided"].to_numpy(dtype=bool)].reset_index(drop=True), asked), number


def changes(
    connection: sa.Connection, shipment_id: int, person: Person, now: pd.Timestamp, *, at: pd.Timestamp
) -> Changes:
    """Return what would change the score of a shipment of the day.

    Raises
    ------
    NotAllowed
        The role does not allow it.
    NoMargins
        It is not of the day, or its record was purged.
    risk.store.replaying.ReplayError
        Its model is not here.
    """
    roles.check(connection, person, "see_margins", at=at)
    frame = day.rows(connection, now, at=at)
    mine = frame[frame["shipment_id"] == shipment_id]
    if mine.empty:
        raise NoMargins("This shipment is not of the day.")
    own = scored_again.inputs(connection, mine["version_id"].tolist())
    if not own:
        raise NoMargins("What the model saw of this shipment was purged.")
    others = frame[(frame["shipment_id"] != shipment_id) & (frame["mode"] == mine["mode"].iloc[0])]
    picked = np.unique(np.linspace(0, len(others) - 1, min(OTHERS, len(others))).round().astype(int))
    rows = scored_again.inputs(connection, others["version_id"].iloc[picked].tolist())
    bundle = replaying.bundle_of(connection, str(mine["model_id"].iloc[0]))
    read = [replaying.unpacked(row.record, row.record_hash) for row in [*own, *rows]]
    matrix = seen(bundle, read)
    rest = frame.loc[frame["shipment_id"] != shipment_id, "log_odds"].to_numpy(dtype=float)
    return margins.changes(bundle, matrix[:1], matrix[1:].reset_index(drop=True), rest)
