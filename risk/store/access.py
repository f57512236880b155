"""Who looked at which shipment: told in the ledger, counted for whoever supervises.

Everybody who may see the list may look at any shipment, since at night somebody has to; what holds people to
their work is that each look is on record. A look is one row per person, shipment and hour, so that a page
drawn again does not flood the ledger. With it stands why the shipment was theirs to look at then: claimed by
them, chosen on a list, at their place of work, or none of these. A look outside one's assignment is a
question to ask and no proof of anything.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pandas as pd
import sqlalchemy as sa

from risk.store import ledger, roles, settings
from risk.store.roles import Person
from risk.store.tables import claims, list_rows, lists, shipments, users, versions
from risk.store.tables import ledger as rows

VIEW: Final = "view"
#: Looks that tell how to pass below the line: on record one by one.
MARGINS: Final = "margins"

#: Why a shipment was somebody's to look at; the last: it was not.
GROUNDS: Final = ("claim", "list", "terminal", "none")
OUTSIDE: Final = "none"

#: A look counts once in so long.
RATE = "h"

#: A list counts as somebody's work for so long after it was published.
LISTED_FOR = pd.Timedelta(days=14)

#: Looks returned one by one.
MOST = 2_000

_ASKED = 500


def recorded(connection: sa.Connection, shipment_id: int, person: Person, *, at: pd.Timestamp) -> bool:
    """Tell whether a look in this hour is on record already, so that nothing has to be written."""
    hour = at.floor(RATE).isoformat(timespec="microseconds")
    wanted = sa.select(rows.c.seq).where(
        rows.c.subject == f"shipment:{shipment_id}",
        rows.c.kind == VIEW,
        rows.c.actor == person.actor,
        rows.c.at >= hour,
    )
    return connection.execute(wanted.limit(1)).first() is not None


def viewed(connection: sa.Connection, shipment_id: int, person: Person, *, at: pd.Timestamp) -> bool:
    """Put a look on record unless this hour's is; tell whether it was put there now.

    Parameters
    ----------
    connection : Connection
        In a transaction that writes; ask `recorded` in one that reads first, which costs no turn at writing.
    at : Timestamp
        When (UTC); passed in.

    Raises
    ------
    NotAllowed
        The role does not allow it.
    """
    roles.check(connection, person, "see_list", at=at)
    if recorded(connection, shipment_id, person, at=at):
        return False
    facts: dict[str, ledger.Plain] = {"by": ground(connection, shipment_id, person, at=at)}
    subject = f"shipment:{shipment_id}"
    ledger.append(connection, VIEW, at=at, actor=person.actor, subject=subject, facts=facts)
    return True


def ground(connection: sa.Connection, shipment_id: int, person: Person, *, at: pd.Timestamp) -> str:
    """Return why a shipment is somebody's to look at, one of `GROUNDS`.

    Lists are of the moment shipments are looked at, which stands still in a sample and in a drill.
    """
    mine = (claims.c.shipment_id == shipment_id) & (claims.c.user_id == person.id)
    if _any(connection, sa.select(claims.c.user_id).where(mine, claims.c.expires_at > at)):
        return "claim"
    now = settings.moment(settings.current(connection), at)
    chosen = (
        sa.select(lists.c.id)
        .join(list_rows, list_rows.c.list_id == lists.c.id)
        .where(
            list_rows.c.shipment_id == shipment_id,
            list_rows.c.selected_by != "",
            lists.c.published_at > now - LISTED_FOR,
        )
    )
    if _any(connection, chosen):
        return "list"
    places = connection.execute(
        sa.select(versions.c.location, users.c.terminal)
        .join(users, users.c.id == person.id)
        .where(versions.c.shipment_id == shipment_id, versions.c.current)
    ).first()
    # Compared here: servers differ in what they take for the same letter.
    if places and places.terminal and places.location.casefold() == places.terminal.casefold():
        return "terminal"
    return OUTSIDE


def _any(connection: sa.Connection, wanted: sa.Select[Any]) -> bool:
    return connection.execute(wanted.limit(1)).first() is not None


def by_person(connection: sa.Connection, since: pd.Timestamp, until: pd.Timestamp) -> pd.DataFrame:
    """Return how much each person looked at within a time.

    Returns
    -------
    DataFrame
        ``user_id``, ``login``, ``name``, ``role``, ``looks``, a column per member of `GROUNDS`, ``shipments``
        (distinct), ``outside_share``, ``last_at`` (UTC); most looks outside first. Nobody who did not look.
    """
    counted = connection.execute(
        sa.select(rows.c.actor, rows.c.facts, sa.func.count(), sa.func.max(rows.c.at))
        .where(*_within(since, until))
        .group_by(rows.c.actor, rows.c.facts)
    ).all()
    distinct = dict(
        tuple(row)
        for row in connection.execute(
            sa.select(rows.c.actor, sa.func.count(sa.distinct(rows.c.subject)))
            .where(*_within(since, until))
            .group_by(rows.c.actor)
        )
    )
    frame = pd.DataFrame(
        [(actor, _ground_of(facts), int(count), last) for actor, facts, count, last in counted],
        columns=["actor", "by", "count", "last_at"],
    )
    wide = frame.pivot_table(index="actor", columns="by", values="count", aggfunc="sum", fill_value=0)
    wide = wide.reindex(columns=list(GROUNDS), fill_value=0).astype("int64")
    wide["last_at"] = pd.to_datetime(frame.groupby("actor")["last_at"].max()).astype("datetime64[us]")
    wide["shipments"] = pd.Series(distinct, dtype="int64").reindex(wide.index)
    wide["looks"] = wide[list(GROUNDS)].sum(axis=1)
    wide["outside_share"] = wide[OUTSIDE] / wide["looks"]
    wide["user_id"] = pd.array([_number(actor) for actor in wide.index], dtype="int64")
    people = pd.DataFrame(
        connection.execute(sa.select(users.c.id, users.c.login, users.c.name, users.c.role)).all(),
        columns=["user_id", "login", "name", "role"],
    ).astype({"user_id": "int64"})
    found = wide.reset_index(drop=True).merge(people, on="user_id", how="left")
    order = ["user_id", "login", "name", "role", "looks", *GROUNDS, "shipments", "outside_share", "last_at"]
    found = found[order].sort_values([OUTSIDE, "looks", "user_id"], ascending=[False, False, True])
    return found.reset_index(drop=True)


def looks(
    connection: sa.Connection,
    since: pd.Timestamp,
    until: pd.Timestamp,
    *,
    user_id: int | None = None,
    shipment_id: int | None = None,
    outside: bool = False,
) -> pd.DataFrame:
    """Return single looks within a time, newest first, at most `MOST`.

    Parameters
    ----------
    user_id : int, optional
        Of one person.
    shipment_id : int, optional
        At one shipment.
    outside : bool
        Only those outside somebody's assignment.

    Returns
    -------
    DataFrame
        ``seq`` (row of the ledger), ``at``, ``user_id``, ``login``, ``shipment_id``, ``bill``, ``by``.
    """
    wanted = sa.select(rows.c.seq, rows.c.at, rows.c.actor, rows.c.subject, rows.c.facts).where(
        *_within(since, until)
    )
    if user_id is not None:
        wanted = wanted.where(rows.c.actor == f"user:{user_id}")
    if shipment_id is not None:
        wanted = wanted.where(rows.c.subject == f"shipment:{shipment_id}")
    if outside:
        wanted = wanted.where(rows.c.facts == ledger.canonical({"by": OUTSIDE}))
    found = connection.execute(wanted.order_by(rows.c.seq.desc()).limit(MOST)).all()
    frame = _told(connection, found)
    frame["by"] = pd.Series([_ground_of(row.facts) for row in found], dtype="str")
    return frame[["seq", "at", "user_id", "login", "shipment_id", "bill", "by"]]


def viewed_margins(
    connection: sa.Connection, person: Person, *, at: pd.Timestamp, shipment_id: int | None = None
) -> None:
    """Put a look at margins on record: at the line of the day, or at what would change a shipment's score.

    Raises
    ------
    NotAllowed
        The role does not allow it.
    """
    roles.check(connection, person, "see_margins", at=at)
    subject = "day" if shipment_id is None else f"shipment:{shipment_id}"
    ledger.append(connection, MARGINS, at=at, actor=person.actor, subject=subject)


def margins(connection: sa.Connection, since: pd.Timestamp, until: pd.Timestamp) -> pd.DataFrame:
    """Return looks at margins within a time, newest first, at most `MOST`.

    Returns
    -------
    DataFrame
        ``seq``, ``at``, ``user_id``, ``login``, ``shipment_id`` (0: the line of the day), ``bill``.
    """
    begin, end = (each.isoformat(timespec="microseconds") for each in (since, until))
    wanted = sa.select(rows.c.seq, rows.c.at, rows.c.actor, rows.c.subject).where(
        rows.c.kind == MARGINS, rows.c.at >= begin, rows.c.at < end
    )
    found = connection.execute(wanted.order_by(rows.c.seq.desc()).limit(MOST)).all()
    return _told(connection, found)


def _told(connection: sa.Connection, found: Sequence[Any]) -> pd.DataFrame:
    """Return rows of the ledger with the people and shipments they name."""
    frame = pd.DataFrame(
        {
            "seq": pd.Series([row.seq for row in found], dtype="int64"),
            "at": pd.to_datetime(pd.Series([row.at for row in found], dtype="str")).astype("datetime64[us]"),
            "user_id": pd.Series([_number(row.actor) for row in found], dtype="int64"),
            "shipment_id": pd.Series([_number(row.subject) for row in found], dtype="int64"),
        }
    )
    frame["login"] = frame["user_id"].map(_named(connection, users.c.id, users.c.login, frame["user_id"]))
    bills = _named(connection, shipments.c.id, shipments.c.bill, frame["shipment_id"])
    frame["bill"] = frame["shipment_id"].map(bills)
    return frame


def _within(since: pd.Timestamp, until: pd.Timestamp) -> tuple[sa.ColumnElement[bool], ...]:
    # Moments of the ledger are written at one length, so their texts are in order of time.
    begin, end = (each.isoformat(timespec="microseconds") for each in (since, until))
    return rows.c.kind == VIEW, rows.c.at >= begin, rows.c.at < end


def _ground_of(facts: str) -> str:
    by = json.loads(facts).get("by")
    return by if by in GROUNDS else OUTSIDE


def _number(text: str) -> int:
    """Return the number of ``user:7`` or ``shipment:1188``, 0 where there is none."""
    number = text.partition(":")[2]
    return int(number) if number.isdigit() else 0


def _named(
    connection: sa.Connection, key: sa.Column[Any], name: sa.Column[Any], ids: pd.Series
) -> Mapping[int, str]:
    found: dict[int, str] = {}
    distinct = sorted({int(each) for each in ids})
    for start in range(0, len(distinct), _ASKED):
        wanted = sa.select(key, name).where(key.in_(distinct[start : start + _ASKED]))
        found |= {row[0]: row[1] for row in connection.execute(wanted)}
    return found
