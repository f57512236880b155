"""Where and when what lists chose is to be opened: by flight or vessel, terminal and hour of arrival.

For placing dogs, scanner and people. Counts alone, so that nothing tells how one shipment was chosen.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
import sqlalchemy as sa

from features.manifest.schema import SELECTED_BY
from risk.store import day
from risk.store.tables import list_rows, lists, outcomes, shipments, steps, versions
from risk.triage import Pool

AHEAD = pd.Timedelta(hours=72)
#: What arrived no longer ago than this, and has not left, may still be opened.
BEFORE = pd.Timedelta(hours=72)
#: Lists that may still choose for now: what arrives late was ranked some days before.
LISTED = pd.Timedelta(days=7)

#: What is counted of a group: chosen are all, the others parts of them.
COUNTS: Final = ("chosen", "waiting", "opened", "not_inspected")
BY: Final = ("mode", "conveyance", "location", "hour")
_ORDER: Final = ("hour", "location", "inspection_type", "mode", "conveyance")


def picks(connection: sa.Connection, now: pd.Timestamp) -> pd.DataFrame:
    """Return what lists chose and is here or arrives within `AHEAD`.

    What has left, by its time or by its last step, is nowhere to be opened and left out; what somebody holds
    (`risk.store.decisions.HELD`) is there whatever its time.

    Returns
    -------
    DataFrame, shape (n, ...)
        ``shipment_id``, ``pool``, ``mode``, ``conveyance``, ``location``, ``arrives_at`` (NaT: not said),
        ``available_until``, ``inspection_type`` (what its pool is for; empty: not said), ``state``:
        ``waiting``, ``opened`` (by its outcome, or else its last step) or ``not_inspected``.
    """
    recent = sa.select(lists.c.id).where(lists.c.published_at >= now - LISTED, lists.c.published_at <= now)
    moment = sa.func.coalesce(versions.c.arrives_at, versions.c.known_at)
    names = ("mode", "conveyance", "location", "arrives_at", "available_until")
    wanted = (
        sa.select(
            list_rows.c.shipment_id,
            list_rows.c.list_id,
            list_rows.c.pool,
            *(versions.c[name] for name in names),
            outcomes.c.inspection,
            _last_step().label("step"),
        )
        .join(shipments, shipments.c.id == list_rows.c.shipment_id)
        .join(versions, (versions.c.shipment_id == shipments.c.id) & versions.c.current)
        .outerjoin(outcomes, (outcomes.c.shipment_id == shipments.c.id) & outcomes.c.current)
        .where(list_rows.c.selected_by.in_(SELECTED_BY), list_rows.c.list_id.in_(recent))
        .where(moment.between(now - BEFORE, now + AHEAD))
        .order_by(list_rows.c.list_id, list_rows.c.shipment_id)
    )
    result = connection.execute(wanted)
    frame = pd.DataFrame(result.all(), columns=list(result.keys()))
    frame = frame.drop_duplicates("shipment_id", keep="last", ignore_index=True)
    for name in ("arrives_at", "available_until"):
        frame[name] = pd.to_datetime(frame[name]).astype("datetime64[us]")
    kinds = _kinds(connection, frame["list_id"].unique().tolist())
    pools = zip(frame.pop("list_id"), frame["pool"], strict=True)
    frame["inspection_type"] = pd.Series([kinds.get(each, "") for each in pools], dtype="str")
    state = frame.pop("inspection").fillna("").astype("str")
    # Opened already, its outcome is on the way.
    state = state.where((state != "") | (frame["step"] != "opened"), "opened")
    frame["state"] = np.where(state == "", "waiting", np.where(state == "not_inspected", state, "opened"))
    left = (frame["state"] == "waiting").to_numpy(dtype=bool) & day.left(frame, now)
    return frame[~left].drop(columns="step").reset_index(drop=True)


def _last_step() -> sa.ScalarSelect[Any]:
    told = sa.select(steps.c.step).where(steps.c.shipment_id == shipments.c.id)
    return told.order_by(steps.c.id.desc()).limit(1).scalar_subquery()


def _kinds(connection: sa.Connection, list_ids: list[int]) -> dict[tuple[int, str], str]:
    """Return what the pools of lists are for: (list, name of the pool) -> inspection type."""
    wanted = sa.select(lists.c.id, lists.c.capacity).where(lists.c.id.in_(list_ids))
    kinds = {}
    for number, capacity in connection.execute(wanted):
        for pool in (Pool(**each) for each in capacity):
            kinds[number, pool.name] = pool.inspection_type
    return kinds


def counted(frame: pd.DataFrame, now: pd.Timestamp, zone: str, by: tuple[str, ...] = BY) -> pd.DataFrame:
    """Return picks counted by flight or vessel, terminal and hour.

    Parameters
    ----------
    frame : DataFrame
        Of `picks`.
    zone : str
        Hours begin where the port's clock says so, which is not everywhere on UTC's.
    by : tuple of str
        Of `BY` and ``inspection_type``, at least one.

    Returns
    -------
    DataFrame
        The columns of ``by`` and `COUNTS`; ``hour`` is the moment (UTC) at which the port's hour begins, NaT
        for what is here already or does not say when it arrives. Earliest first, what is here before all.
    """
    whole = frame.assign(hour=hours(frame["arrives_at"], now, zone), chosen=1)
    for state in COUNTS[1:]:
        whole[state] = (whole["state"] == state).astype("int64")
    grouped = whole.groupby(list(by), dropna=False, sort=False)[list(COUNTS)].sum().reset_index()
    order = [name for name in _ORDER if name in by]
    return grouped.sort_values(order, na_position="first", ignore_index=True)


def hours(arrives_at: pd.Series, now: pd.Timestamp, zone: str) -> pd.Series:
    """Return when the port's hour of each arrival begins, as UTC; NaT for what is here already.

    Examples
    --------
    >>> at = pd.Series([pd.Timestamp("2026-11-22 04:20")])
    >>> hours(at, pd.Timestamp("2026-11-22 03:00"), "Asia/Kathmandu")[0]
    Timestamp('2026-11-22 04:15:00')
    """
    moments: Any = arrives_at.where(arrives_at > now).astype("datetime64[us]")
    local = moments.dt.tz_localize("UTC").dt.tz_convert(zone).dt.tz_localize(None)
    return moments - (local - local.dt.floor("h"))
