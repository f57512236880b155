"""The day: every shipment people work with now, with its score, place, and what became of it.

One row per shipment; texts of reasons are fetched for the rows a page shows. Who chose a shipment is not
part of it: a random pick looks like any other until its outcome is in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import sqlalchemy as sa

from features.manifest.schema import SELECTED_BY
from features.manifest.synonyms import bare, fold
from risk import priority
from risk.store import decisions, hits
from risk.store.day_scores import Scored, within
from risk.store.tables import (
    claims,
    declared,
    list_rows,
    outcomes,
    overrides,
    reasons,
    shipments,
    steps,
    users,
    versions,
)

#: Shipments that arrive (or were known, where arrival is not) so long before and after now make the day.
BEFORE = pd.Timedelta(hours=72)
AFTER = pd.Timedelta(hours=72)
#: Ids asked for at a time.
_ASKED = 500
#: Matches of a search, newest first.
FOUND = 200


@dataclass(frozen=True)
class Filters:
    """What an officer looks for; empty means any.

    Attributes
    ----------
    mode, location, conveyance, heading, origin : str
        The heading by its first digits.
    arrives_from, arrives_until : Timestamp or None
    hours_left : float or None
        At most so many hours until it is released or goes on.
    undecided, mine, listed : bool
        Without an outcome; claimed by oneself; on a list.
    """

    mode: str = ""
    location: str = ""
    conveyance: str = ""
    heading: str = ""
    origin: str = ""
    arrives_from: pd.Timestamp | None = None
    arrives_until: pd.Timestamp | None = None
    hours_left: float | None = None
    undecided: bool = False
    mine: bool = False
    listed: bool = False


def rows(
    connection: sa.Connection,
    now: pd.Timestamp,
    *,
    at: pd.Timestamp,
    since: pd.Timestamp | None = None,
    until: pd.Timestamp | None = None,
    scored: Scored | None = None,
) -> pd.DataFrame:
    """Return the shipments of a window, in order of their place.

    Parameters
    ----------
    now : Timestamp
        The moment shipments are looked at, by which entries and rules count; without a window it is the
        day's around it.
    at : Timestamp
        The time it is, by which claims end. In a sample time stands still for shipments, entries and rules,
        not for people: there the two are far apart.
    since, until : Timestamp, optional
        The window.
    scored : Scored, optional
        What keeps scored shipments from look to look.

    Returns
    -------
    DataFrame, shape (n, ...)
        ``shipment_id``, ``bill``, ``version_id``, ``score_id``, columns of `tables.versions` and of the
        score; ``rank`` (the model's) and ``place``; ``raised``, ``lowered``, ``waiting`` (to be lowered),
        ``floor`` (0 for none) and ``floor_reason`` (rule, watch or empty); ``claimed_by`` (user id, missing
        for none or expired), ``claimed_name``, ``claim_expires_at``; ``step``; ``list_id``,
        ``pool`` (of the latest list it is chosen on);
        ``outcome_id``, ``inspection``, ``found``, ``permit_valid``, ``status``; ``decided`` (an outcome
        is in).
    """
    since, until = since or now - BEFORE, until or now + AFTER
    frame = (scored or Scored()).rows(connection, since, until)
    mine = sa.select(versions.c.shipment_id).where(within(since, until))
    frame = frame.join(_claims(connection, at), on="shipment_id")
    frame = frame.join(_latest_steps(connection, mine), on="shipment_id")
    frame = frame.join(_overrides(connection), on="shipment_id")
    frame = frame.join(_chosen(connection, mine), on="shipment_id")
    frame = frame.join(_outcomes(connection, mine), on="shipment_id")
    frame = frame.join(hits.floors(connection, now=now), on="shipment_id")
    frame["floor"] = frame["floor"].fillna(0).astype("int64")
    for name in ("raised", "lowered", "waiting"):
        frame[name] = frame[name].eq(True)
    for name in ("step", "pool", "claimed_name", "inspection", "status", "floor_reason"):
        frame[name] = frame[name].fillna("").astype("str")
    frame["claim_expires_at"] = frame["claim_expires_at"].astype("datetime64[us]")
    frame["decided"] = frame["outcome_id"].notna()
    return _placed(frame)


def _frame(connection: sa.Connection, wanted: sa.Select[Any]) -> pd.DataFrame:
    result = connection.execute(wanted)
    return pd.DataFrame(list(map(tuple, result)), columns=list(result.keys()))


def _claims(connection: sa.Connection, now: pd.Timestamp) -> pd.DataFrame:
    wanted = (
        sa.select(
            claims.c.shipment_id,
            claims.c.user_id.label("claimed_by"),
            users.c.login.label("claimed_name"),
            claims.c.expires_at.label("claim_expires_at"),
        )
        .join(users, users.c.id == claims.c.user_id)
        .where(claims.c.expires_at > now)
    )
    return _frame(connection, wanted).set_index("shipment_id")


def _latest_steps(connection: sa.Connection, mine: sa.Select[Any]) -> pd.DataFrame:
    latest = (
        sa.select(sa.func.max(steps.c.id)).where(steps.c.shipment_id.in_(mine)).group_by(steps.c.shipment_id)
    )
    wanted = sa.select(steps.c.shipment_id, steps.c.step).where(steps.c.id.in_(latest))
    return _frame(connection, wanted).set_index("shipment_id")


def _overrides(connection: sa.Connection) -> pd.DataFrame:
    wanted = sa.select(overrides.c.shipment_id, overrides.c.direction, overrides.c.state).where(
        overrides.c.state.in_(("in_force", "waiting"))
    )
    found = _frame(connection, wanted)
    in_force = found["state"] == "in_force"
    found["raised"] = in_force & (found["direction"] == "raise")
    found["lowered"] = in_force & (found["direction"] == "lower")
    found["waiting"] = ~in_force
    return found.groupby("shipment_id")[["raised", "lowered", "waiting"]].any()


def _chosen(connection: sa.Connection, mine: sa.Select[Any]) -> pd.DataFrame:
    latest = (
        sa.select(list_rows.c.shipment_id, sa.func.max(list_rows.c.list_id).label("list_id"))
        .where(list_rows.c.selected_by.in_(SELECTED_BY), list_rows.c.shipment_id.in_(mine))
        .group_by(list_rows.c.shipment_id)
        .subquery()
    )
    wanted = sa.select(list_rows.c.shipment_id, list_rows.c.list_id, list_rows.c.pool).join(
        latest,
        (latest.c.shipment_id == list_rows.c.shipment_id) & (latest.c.list_id == list_rows.c.list_id),
    )
    return _frame(connection, wanted).set_index("shipment_id")


def _outcomes(connection: sa.Connection, mine: sa.Select[Any]) -> pd.DataFrame:
    wanted = sa.select(
        outcomes.c.shipment_id,
        outcomes.c.id.label("outcome_id"),
        outcomes.c.inspection,
        outcomes.c.found,
        outcomes.c.permit_valid,
        outcomes.c.status,
    ).where(outcomes.c.current, outcomes.c.shipment_id.in_(mine))
    return _frame(connection, wanted).set_index("shipment_id")


def ranked(frame: pd.DataFrame) -> pd.DataFrame:
    """Return rows with the model's ``rank`` and their ``place``, in order of place."""
    frame = frame.reset_index(drop=True)
    frame["rank"] = priority.ranks(frame["bill"], frame["log_odds"].to_numpy(dtype=float))
    if "floor" not in frame:
        frame["floor"] = np.zeros(len(frame), dtype=np.int64)
    return _placed(frame)


def _placed(frame: pd.DataFrame) -> pd.DataFrame:
    frame["place"] = priority.places(
        frame["rank"].to_numpy(),
        frame["raised"].to_numpy(dtype=bool),
        frame["lowered"].to_numpy(dtype=bool),
        frame["floor"].to_numpy(dtype=np.int64),
    )
    return frame.sort_values("place", ignore_index=True)


def filtered(frame: pd.DataFrame, chosen: Filters, *, now: pd.Timestamp, user_id: int) -> pd.DataFrame:
    """Return the rows that match filters, in the same order; ranks and places stay those of the whole day."""
    keep = np.ones(len(frame), dtype=bool)
    for name in ("mode", "location", "conveyance", "origin"):
        if text := getattr(chosen, name):
            keep &= (frame[name] == text).to_numpy(dtype=bool)
    if chosen.heading:
        keep &= frame["heading"].str.startswith(chosen.heading).to_numpy(dtype=bool)
    arrives = frame["arrives_at"]
    if chosen.arrives_from is not None:
        keep &= (arrives >= chosen.arrives_from).to_numpy(dtype=bool)
    if chosen.arrives_until is not None:
        keep &= (arrives <= chosen.arrives_until).to_numpy(dtype=bool)
    if chosen.hours_left is not None:
        left = (frame["available_until"] - now) / pd.Timedelta(hours=1)
        keep &= ((left >= 0) & (left <= chosen.hours_left)).to_numpy(dtype=bool)
    if chosen.undecided:
        keep &= ~frame["decided"].to_numpy(dtype=bool)
    if chosen.mine:
        keep &= (frame["claimed_by"] == user_id).to_numpy(dtype=bool)
    if chosen.listed:
        keep &= frame["list_id"].notna().to_numpy(dtype=bool)
    return frame[keep]


def left(frame: pd.DataFrame, now: pd.Timestamp) -> npt.NDArray[np.bool_]:
    """Tell what has left: a step says that it is gone, or its time is over and nobody holds it, shape (n,).

    Parameters
    ----------
    frame : DataFrame
        ``step`` (the last one; missing or empty for none) and ``available_until``.
    """
    over = (frame["available_until"] <= now) & ~frame["step"].isin(decisions.HELD)
    return (over | (frame["step"] == "gone")).to_numpy(dtype=bool)


def latest_arrival(connection: sa.Connection) -> pd.Timestamp | None:
    """Return when the last shipment loaded arrives (or was known, where it does not say); None for none."""
    moment = sa.func.coalesce(versions.c.arrives_at, versions.c.known_at)
    found = connection.execute(
        sa.select(moment.label("at")).where(versions.c.current).order_by(moment.desc()).limit(1)
    ).scalar()
    return None if found is None else pd.Timestamp(found)


def search(
    connection: sa.Connection,
    text: str,
    *,
    since: pd.Timestamp | None = None,
    until: pd.Timestamp | None = None,
) -> list[int]:
    """Return ids of current shipments in which every word of a text occurs, newest first.

    Parameters
    ----------
    text : str
        Words of a bill, container, party or anything else that was declared.
    since, until : Timestamp, optional
        A window, as of `rows`: without it all is gone through that was ever loaded.
    """
    words = [word for each in text[:200].split() if (word := fold(each))][:8]
    if not words:
        return []
    wanted = (
        sa.select(versions.c.shipment_id)
        .join(declared, declared.c.version_id == versions.c.id)
        .where(versions.c.current)
        .order_by(versions.c.id.desc())
    )
    if since is not None and until is not None:
        wanted = wanted.where(within(since, until))
    else:
        wanted = wanted.limit(FOUND)
    for word in words:
        # What was loaded before texts were kept without accents too is found with them.
        forms = dict.fromkeys((word, bare(word)))
        either = [declared.c.search.contains(form, autoescape=True) for form in forms]
        wanted = wanted.where(sa.or_(*either))
    return list(connection.execute(wanted).scalars())


def bills(connection: sa.Connection, ids: Sequence[int]) -> dict[int, str]:
    """Return the bills of shipments."""
    found: dict[int, str] = {}
    for start in range(0, len(ids), _ASKED):
        asked = [int(number) for number in ids[start : start + _ASKED]]
        wanted = sa.select(shipments.c.id, shipments.c.bill).where(shipments.c.id.in_(asked))
        found |= {row.id: row.bill for row in connection.execute(wanted)}
    return found


def told(connection: sa.Connection, score_ids: Sequence[int]) -> dict[int, list[str]]:
    """Return the reasons of some scores as they were told first; none for what was purged."""
    found: dict[int, list[str]] = {}
    for start in range(0, len(score_ids), _ASKED):
        asked = [int(number) for number in score_ids[start : start + _ASKED]]
        wanted = sa.select(reasons.c.score_id, reasons.c.told).where(reasons.c.score_id.in_(asked))
        found |= {row.score_id: row.told for row in connection.execute(wanted)}
    return found


def listed_reasons(connection: sa.Connection, score_ids: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    """Return all reasons of some scores as records, strongest first; none for what was purged."""
    found: dict[int, list[dict[str, Any]]] = {}
    for start in range(0, len(score_ids), _ASKED):
        asked = [int(number) for number in score_ids[start : start + _ASKED]]
        wanted = sa.select(reasons.c.score_id, reasons.c.records).where(reasons.c.score_id.in_(asked))
        found |= {row.score_id: row.records for row in connection.execute(wanted)}
    return found
