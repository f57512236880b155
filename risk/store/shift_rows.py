"""The shipments of a shift one by one: what was opened, not opened and why, what left, what is handed over.

How a shipment was chosen is no part of it, and the order tells nothing of it either.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import pandas as pd
import sqlalchemy as sa

from risk.store import shift
from risk.store.tables import claims, outcomes, shipments, steps, users, versions

_VERSION: Final = ("mode", "location", "conveyance", "available_until", "arrives_at")
_OUTCOME: Final = ("inspection", "found", "status", "permit_valid", "why_not")
_TEXTS: Final = ("bill", "mode", "location", "conveyance", "inspection", "status", "why_not", "step", "login")
COLUMNS: Final = (
    *("shipment_id", "bill", "came", "at", *_VERSION, *_OUTCOME),
    *("step", "claimed_by"),
)
_ASKED = 500


def rows(
    connection: sa.Connection,
    since: pd.Timestamp,
    until: pd.Timestamp,
    *,
    clock: pd.Timestamp | None = None,
    entered: pd.Timestamp | None = None,
) -> pd.DataFrame:
    """Return the shipments of a window: those that lists chose, and all that have an outcome of it.

    Parameters
    ----------
    since, until, clock, entered : Timestamp
        As of `risk.store.shift.numbers`.

    Returns
    -------
    DataFrame
        `COLUMNS`. ``came`` is one of `risk.store.shift.CAME_OF`; ``at`` when it was inspected or said not to
        be; ``found`` a list, empty where nothing was entered; ``step`` the last one noted; ``claimed_by`` a
        login, empty for nobody. What leaves first comes first, then what
        arrived first, as on the page of the day; what was done by when.
    """
    entered = until if entered is None else entered
    chosen = shift.listed(connection, since, until, entered).set_index("shipment_id")["came"]
    done = _done(connection, since, entered)
    here = done[~done.index.isin(chosen.index)]
    came = (here["inspection"] == "not_inspected").map({True: "not_inspected", False: "opened"})
    frame = pd.concat([chosen, came.astype("str")]).rename("came").rename_axis("shipment_id").reset_index()
    ids = frame["shipment_id"].tolist()
    frame = frame.join(_declared(connection, ids), on="shipment_id").join(done, on="shipment_id")
    frame = frame.join(_steps(connection, ids, entered), on="shipment_id")
    frame = frame.join(_claimed(connection, ids, until if clock is None else clock), on="shipment_id")
    for name in _TEXTS:
        frame[name] = frame[name].astype("object").where(frame[name].notna(), "").astype("str")
    for name in ("at", "available_until", "arrives_at"):
        frame[name] = pd.to_datetime(frame[name]).astype("datetime64[us]")
    frame["found"] = [list(cell) if isinstance(cell, list) else [] for cell in frame["found"]]
    frame["permit_valid"] = frame["permit_valid"].astype("object").where(frame["permit_valid"].notna(), None)
    frame = frame.rename(columns={"login": "claimed_by"})[list(COLUMNS)]
    return frame.sort_values(
        ["at", "available_until", "arrives_at", "bill"], na_position="last", ignore_index=True
    )


def _table(rows: Sequence[Any], names: Sequence[str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["shipment_id", *names]).astype({"shipment_id": "int64"})
    return frame.set_index("shipment_id")


def _done(connection: sa.Connection, since: pd.Timestamp, until: pd.Timestamp) -> pd.DataFrame:
    """Return the outcomes of a window, by when it was inspected or said not to be."""
    wanted = [outcomes.c.shipment_id, sa.func.coalesce(outcomes.c.inspected_at, outcomes.c.at).label("at")]
    wanted += [outcomes.c[name] for name in _OUTCOME]
    inspected = (outcomes.c.inspection != "not_inspected") & outcomes.c.inspected_at.between(since, until)
    not_inspected = (outcomes.c.inspection == "not_inspected") & outcomes.c.at.between(since, until)
    found: list[Any] = []
    # Two questions, each on an index of its own; one with "or" reads the whole table.
    for which in (inspected, not_inspected):
        found += connection.execute(sa.select(*wanted).where(outcomes.c.current, which)).all()
    frame = _table(found, ["at", *_OUTCOME])
    return frame[(pd.to_datetime(frame["at"]) < until).to_numpy(dtype=bool)]


def _declared(connection: sa.Connection, ids: Sequence[int]) -> pd.DataFrame:
    columns = [shipments.c.id, shipments.c.bill, *(versions.c[name] for name in _VERSION)]
    found: list[Any] = []
    for start in range(0, len(ids), _ASKED):
        wanted = (
            sa.select(*columns)
            .join(versions, (versions.c.shipment_id == shipments.c.id) & versions.c.current)
            .where(shipments.c.id.in_(ids[start : start + _ASKED]))
        )
        found += connection.execute(wanted).all()
    return _table(found, ["bill", *_VERSION])


def _steps(connection: sa.Connection, ids: Sequence[int], until: pd.Timestamp) -> pd.DataFrame:
    latest: dict[int, str] = {}
    for start in range(0, len(ids), _ASKED):
        wanted = (
            sa.select(steps.c.shipment_id, steps.c.step)
            .where(steps.c.shipment_id.in_(ids[start : start + _ASKED]), steps.c.at < until)
            .order_by(steps.c.id)
        )
        latest |= {row.shipment_id: row.step for row in connection.execute(wanted)}
    return _table(list(latest.items()), ["step"])


def _claimed(connection: sa.Connection, ids: Sequence[int], clock: pd.Timestamp) -> pd.DataFrame:
    found: list[Any] = []
    for start in range(0, len(ids), _ASKED):
        wanted = (
            sa.select(claims.c.shipment_id, users.c.login)
            .join(users, users.c.id == claims.c.user_id)
            .where(claims.c.shipment_id.in_(ids[start : start + _ASKED]), claims.c.expires_at > clock)
        )
        found += connection.execute(wanted).all()
    return _table(found, ["login"])
