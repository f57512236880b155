"""Numbers of a shift for whoever takes over: what was opened, found, left, and why not.

What was not inspected is never counted as clean; finds that were overturned and wildlife a valid permit
covers are no finds. How often each way of choosing hits is told over a longer window, since one shift has too
few finds, and not at all under ten of them: then what it would take is told. Nothing here says how one
shipment was chosen whose outcome is not in.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd
import sqlalchemy as sa

from features.manifest.schema import FINDS, INSPECTION_TYPES, SELECTED_BY
from models.metrics import ENOUGH_FINDS, wilson
from risk import finds
from risk.store import decisions
from risk.store.tables import claims, list_rows, lists, outcomes, overrides, steps, versions

#: A list is worked on for so long: what one before the shift chose is the shift's too.
LISTED = pd.Timedelta(hours=72)
#: Of lists of up to then, what arrived within `LISTED`, is held, or leaves later is the shift's too: a list
#: ranks what arrives days after it.
OLDEST = pd.Timedelta(days=7)
#: Hit rates are told over so long.
RATES = pd.Timedelta(days=90)
#: What may come of a shipment a list chose.
CAME_OF: Final = ("opened", "not_inspected", "left", "waiting")
_ASKED = 500


@dataclass(frozen=True)
class Rate:
    """How often inspections hit that were chosen in one way.

    Attributes
    ----------
    selected_by : str
        One of `SELECTED_BY`; empty for what no list and nobody named had chosen.
    inspected, finds, papers_only : int
        Inspections; those with wildlife; those of papers alone, which prove little.
    rate, low, high : float or None
        Finds per inspection with a Wilson 95 % interval; None where it is not estimable.
    finds_needed : int
        Further finds it takes to tell a rate; 0 where it is told.
    inspections_needed : int or None
        About so many further inspections at the rate so far; None where that cannot be told either.
    """

    selected_by: str
    inspected: int
    finds: int
    papers_only: int
    rate: float | None
    low: float | None
    high: float | None
    finds_needed: int
    inspections_needed: int | None


@dataclass(frozen=True)
class Overrides:
    """What people decided against or beside the model in a window.

    Attributes
    ----------
    asked : int
        Raised or lowered, in force or not.
    raised, lowered, waiting, refused, withdrawn : int
        How those stand now.
    chosen, by_officer : int
        Shipments that lists of the window chose, and how many of them somebody raised.
    share : float or None
        ``by_officer`` of ``chosen``; None where nothing was chosen.
    """

    asked: int
    raised: int
    lowered: int
    waiting: int
    refused: int
    withdrawn: int
    chosen: int
    by_officer: int
    share: float | None


@dataclass(frozen=True)
class Shift:
    """The numbers of a window.

    Attributes
    ----------
    since, until : Timestamp
        From the first, up to and without the second (UTC).
    inspected : dict of str to int
        Inspections by kind, every kind.
    found : dict of str to int
        Inspections in which each thing was found, ``clean`` and other offences too; overturned outcomes are
        in none.
    finds, provisional, permitted, overturned : int
        Finds; those of them not confirmed yet; wildlife that a valid permit covers; overturned outcomes.
    not_inspected : dict of str to int
        By why not.
    listed : dict of str to int
        What came of the shipments lists chose, by `CAME_OF`: ``left`` within the window before they were
        opened, ``waiting`` that are still there.
    missed_random : int
        Random picks of which an outcome says that they were not inspected. One that left without an outcome
        is in no number here: a short window would tell which it was.
    last_outcome_at : Timestamp or None
    days_since_outcome : float or None
        At the end of the window.
    overrides : Overrides
    claims_open : int
        Now, whatever the window.
    rates_since : Timestamp
    rates : tuple of Rate
        Up to the end of the window, in the order of `SELECTED_BY`, then what nobody chose.
    """

    since: pd.Timestamp
    until: pd.Timestamp
    inspected: dict[str, int]
    found: dict[str, int]
    finds: int
    provisional: int
    permitted: int
    overturned: int
    not_inspected: dict[str, int]
    listed: dict[str, int]
    missed_random: int
    last_outcome_at: pd.Timestamp | None
    days_since_outcome: float | None
    overrides: Overrides
    claims_open: int
    rates_since: pd.Timestamp
    rates: tuple[Rate, ...]


def numbers(
    connection: sa.Connection,
    since: pd.Timestamp,
    until: pd.Timestamp,
    *,
    rates_since: pd.Timestamp | None = None,
    clock: pd.Timestamp | None = None,
    entered: pd.Timestamp | None = None,
) -> Shift:
    """Return the numbers of a window.

    Parameters
    ----------
    since, until : Timestamp
        From, and up to (UTC).
    rates_since : Timestamp, optional
        From when hit rates are told; `RATES` before the end where not given.
    clock : Timestamp, optional
        The time it is, by which claims expire; the end of the window where not given.
    entered : Timestamp, optional
        Up to when what people enter counts: later than the end of the window where time stands still for
        shipments (a sample) and not for people; the end of the window where not given.
    """
    entered = until if entered is None else entered
    done = _inspections(connection, since, until)
    find = finds.finds(done)
    stands = done["status"] != "overturned"
    wildlife = done["found"].map(lambda found: bool(set(found) & set(FINDS))).astype(bool)
    told = [code for found in done.loc[stands, "found"] for code in found]
    chosen = listed(connection, since, until, entered)
    skipped = chosen["skipped"].to_numpy(dtype=bool)
    last = connection.execute(
        sa.select(sa.func.max(outcomes.c.inspected_at)).where(
            outcomes.c.inspected_at < until, outcomes.c.current
        )
    ).scalar()
    begin = until - RATES if rates_since is None else rates_since
    return Shift(
        since=since,
        until=until,
        inspected={kind: int((done["inspection"] == kind).sum()) for kind in INSPECTION_TYPES},
        found={code: told.count(code) for code in ("clean", *FINDS, "other_offence")},
        finds=int(find.sum()),
        provisional=int((find & (done["status"] == "provisional")).sum()),
        permitted=int((wildlife & stands & ~find).sum()),
        overturned=int((~stands).sum()),
        not_inspected=_not_inspected(connection, since, entered),
        listed={came: int((chosen["came"] == came).sum()) for came in CAME_OF},
        missed_random=int(((chosen["selected_by"] == "random").to_numpy() & skipped).sum()),
        last_outcome_at=None if last is None else pd.Timestamp(last),
        days_since_outcome=None if last is None else (until - pd.Timestamp(last)) / pd.Timedelta(days=1),
        overrides=_overrides(connection, since, until, entered),
        claims_open=_claims(connection, until if clock is None else clock),
        rates_since=begin,
        rates=tuple(hit_rates(connection, begin, until)),
    )


# --- what was inspected ---------------------------------------------------------------------


def _inspections(connection: sa.Connection, since: pd.Timestamp, until: pd.Timestamp) -> pd.DataFrame:
    names = ("inspection", "found", "permit_valid", "status", "selected_by")
    wanted = sa.select(*(outcomes.c[name] for name in names)).where(
        outcomes.c.inspected_at >= since,
        outcomes.c.inspected_at < until,
        outcomes.c.current,
        outcomes.c.inspection != "not_inspected",
    )
    return pd.DataFrame(connection.execute(wanted).all(), columns=list(names))


def _not_inspected(connection: sa.Connection, since: pd.Timestamp, until: pd.Timestamp) -> dict[str, int]:
    wanted = (
        sa.select(outcomes.c.why_not, sa.func.count())
        .where(outcomes.c.at >= since, outcomes.c.at < until)
        .where(outcomes.c.current, outcomes.c.inspection == "not_inspected")
        .group_by(outcomes.c.why_not)
        .order_by(sa.func.count().desc(), outcomes.c.why_not)
    )
    return {why: int(count) for why, count in connection.execute(wanted)}


def hit_rates(connection: sa.Connection, since: pd.Timestamp, until: pd.Timestamp) -> list[Rate]:
    """Return how often each way of choosing hit, of the inspections of a window.

    Returns
    -------
    list of Rate
        Every way of choosing, also one without an inspection; last what nobody chose, where there is any.
    """
    done = _inspections(connection, since, until)
    find = finds.finds(done)
    rates = []
    for name in (*SELECTED_BY, ""):
        here = (done["selected_by"] == name).to_numpy(dtype=bool)
        if name or here.any():
            papers = int((here & (done["inspection"] == "documents").to_numpy(dtype=bool)).sum())
            rates.append(rate(name, int(here.sum()), int((here & find).sum()), papers))
    return rates


def rate(selected_by: str, inspected: int, found: int, papers_only: int = 0) -> Rate:
    """Return a hit rate with its interval, or what it would take to tell one.

    Examples
    --------
    >>> rate("random", 300, 3).inspections_needed
    700
    """
    if found >= ENOUGH_FINDS:
        share = found / inspected
        low, high = wilson(share, inspected)
        # Where all or nearly all hit, rounding may put an end of the interval inside of it.
        low, high = min(low, share), max(high, share)
        return Rate(selected_by, inspected, found, papers_only, share, low, high, 0, None)
    missing = ENOUGH_FINDS - found
    more = math.ceil(missing * inspected / found) if found else None
    return Rate(selected_by, inspected, found, papers_only, None, None, None, missing, more)


# --- what lists chose -----------------------------------------------------------------------


def listed(
    connection: sa.Connection, since: pd.Timestamp, until: pd.Timestamp, entered: pd.Timestamp | None = None
) -> pd.DataFrame:
    """Return the chosen shipments that waited in a window, each once.

    What had an outcome, or had left, before it began is the shift's before. One that somebody holds has not
    left because the time is over by which it was to leave (`decisions.HELD`). What was listed and arrived
    more than `LISTED` before, and is not known to be there still, is nobody's any more.

    Parameters
    ----------
    since, until, entered : Timestamp
        As of `numbers`.

    Returns
    -------
    DataFrame
        ``shipment_id``, ``selected_by`` (for nobody's eyes where no outcome is in), ``came`` (of `CAME_OF`)
        and ``skipped``: an outcome of the window or before says that it was not inspected.
    """
    entered = until if entered is None else entered
    frame = _chosen(connection, since - OLDEST, until).astype({"shipment_id": "int64"})
    ids = frame["shipment_id"].tolist()
    frame = frame.join(_decided(connection, ids), on="shipment_id")
    frame = frame.join(_last_steps(connection, ids, entered), on="shipment_id")
    for name in ("decided_at", "available_until", "arrives_at", "published_at", "step_at"):
        frame[name] = pd.to_datetime(frame[name]).astype("datetime64[us]")
    frame["left_at"] = _left_at(frame)
    later = ~(frame["decided_at"] < entered)
    earlier = (frame["decided_at"] < since) | (later & (frame["left_at"] < since))
    late = frame[["published_at", "arrives_at"]].max(axis=1)
    there = frame["step"].isin(decisions.HELD) | (frame["left_at"] >= since)
    earlier |= later & (late < since - LISTED) & ~there
    frame = frame[~earlier.to_numpy(dtype=bool)].copy()
    decided = (frame["decided_at"] < entered).to_numpy(dtype=bool)
    skipped = decided & (frame["inspection"] == "not_inspected").to_numpy(dtype=bool)
    away = skipped & (frame["why_not"] == "gone").to_numpy(dtype=bool)
    left = ((frame["step"] == "gone") | (frame["left_at"] <= until)).to_numpy(dtype=bool)
    frame["came"] = "waiting"
    frame.loc[left & ~decided, "came"] = "left"
    frame.loc[decided, "came"] = "opened"
    frame.loc[skipped, "came"] = "not_inspected"
    frame.loc[away, "came"] = "left"
    return frame.assign(skipped=skipped)


def _chosen(connection: sa.Connection, since: pd.Timestamp, until: pd.Timestamp) -> pd.DataFrame:
    names = ["shipment_id", "selected_by", "published_at", "arrives_at", "available_until"]
    wanted = (
        sa.select(
            list_rows.c.shipment_id,
            list_rows.c.selected_by,
            lists.c.published_at,
            versions.c.arrives_at,
            versions.c.available_until,
        )
        .join(lists, lists.c.id == list_rows.c.list_id)
        # As it was declared last: a vessel that is late leaves late.
        .join(versions, (versions.c.shipment_id == list_rows.c.shipment_id) & versions.c.current)
        .where(list_rows.c.selected_by.in_(SELECTED_BY), list_rows.c.list_id.in_(_lists(since, until)))
        .order_by(list_rows.c.list_id, list_rows.c.shipment_id)
    )
    frame = pd.DataFrame(connection.execute(wanted).all(), columns=names)
    return frame.drop_duplicates("shipment_id", keep="last", ignore_index=True)


def _lists(since: pd.Timestamp, until: pd.Timestamp) -> sa.Select[Any]:
    return sa.select(lists.c.id).where(lists.c.published_at >= since, lists.c.published_at < until)


def _decided(connection: sa.Connection, ids: Sequence[int]) -> pd.DataFrame:
    columns = ["shipment_id", "inspection", "why_not", "decided_at"]
    rows: list[Any] = []
    for start in range(0, len(ids), _ASKED):
        moment = sa.func.coalesce(outcomes.c.inspected_at, outcomes.c.at)
        wanted = sa.select(
            outcomes.c.shipment_id, outcomes.c.inspection, outcomes.c.why_not, moment.label("decided_at")
        ).where(outcomes.c.current, outcomes.c.shipment_id.in_(ids[start : start + _ASKED]))
        rows += connection.execute(wanted).all()
    return pd.DataFrame(rows, columns=columns).astype({"shipment_id": "int64"}).set_index("shipment_id")


def _last_steps(connection: sa.Connection, ids: Sequence[int], until: pd.Timestamp) -> pd.DataFrame:
    """Return the last step of shipments before a moment, ``step_at``, and whether the one before held it."""
    latest: dict[int, tuple[str, Any, bool]] = {}
    for start in range(0, len(ids), _ASKED):
        wanted = (
            sa.select(steps.c.shipment_id, steps.c.step, steps.c.at)
            .where(steps.c.shipment_id.in_(ids[start : start + _ASKED]), steps.c.at < until)
            .order_by(steps.c.id)
        )
        for row in connection.execute(wanted):
            before = latest.get(row.shipment_id, ("",))[0]
            latest[row.shipment_id] = (row.step, row.at, before in decisions.HELD)
    rows = [(number, *said) for number, said in latest.items()]
    frame = pd.DataFrame(rows, columns=["shipment_id", "step", "step_at", "was_held"])
    return frame.astype({"shipment_id": "int64"}).set_index("shipment_id")


def _left_at(frame: pd.DataFrame) -> pd.Series:
    """Return when each left: its time was over, or somebody noted that it was gone; NaT for not yet.

    One that was held was there until that was noted; any other left by its time, noted then or later.
    """
    gone = frame["step"] == "gone"
    over = frame["available_until"].where(~frame["step"].isin(decisions.HELD))
    noted = frame["step_at"].where(gone)
    return over.where(~gone | ((over <= noted) & ~frame["was_held"].eq(True)), noted)


# --- what people decided --------------------------------------------------------------------


def _overrides(
    connection: sa.Connection, since: pd.Timestamp, until: pd.Timestamp, entered: pd.Timestamp
) -> Overrides:
    wanted = (
        sa.select(overrides.c.direction, overrides.c.state, sa.func.count())
        .where(overrides.c.at >= since, overrides.c.at < entered)
        .group_by(overrides.c.direction, overrides.c.state)
    )
    counts = {(direction, state): int(count) for direction, state, count in connection.execute(wanted)}
    chosen = _chosen(connection, since, until)
    raised = chosen["shipment_id"].isin(_raised(connection, since, entered))
    raised |= chosen["selected_by"] == "officer"
    # All that were raised, drawn at random or not: a number without the drawn ones would tell of them.
    by_officer = int(raised.sum())

    def standing(state: str) -> int:
        return sum(count for (_, each), count in counts.items() if each == state)

    return Overrides(
        asked=sum(counts.values()),
        raised=counts.get(("raise", "in_force"), 0),
        lowered=counts.get(("lower", "in_force"), 0),
        waiting=standing("waiting"),
        refused=standing("refused"),
        withdrawn=standing("withdrawn"),
        chosen=len(chosen),
        by_officer=by_officer,
        share=by_officer / len(chosen) if len(chosen) else None,
    )


def _raised(connection: sa.Connection, since: pd.Timestamp, until: pd.Timestamp) -> list[int]:
    wanted = sa.select(overrides.c.shipment_id).where(
        overrides.c.direction == "raise",
        overrides.c.state == "in_force",
        overrides.c.at >= since - LISTED,
        overrides.c.at < until,
    )
    return list(connection.execute(wanted).scalars())


def _claims(connection: sa.Connection, at: pd.Timestamp) -> int:
    """Return how many shipments somebody is at; one whose outcome is in is nobody's work any more."""
    done = sa.exists().where(outcomes.c.shipment_id == claims.c.shipment_id, outcomes.c.current)
    wanted = sa.select(sa.func.count()).select_from(claims).where(claims.c.expires_at > at, ~done)
    return int(connection.execute(wanted).scalar_one())
