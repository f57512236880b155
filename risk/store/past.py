"""What is known of a shipment's surroundings: its parties' past, what travels with it, what was like it.

Parties are recognised by the keyed hashes that were made of their names and numbers when a shipment was taken
in (`risk.filing.marks`), never by their names. The hashes stand for people as much as the names do, so a
purge takes them too: a party's past reaches as far back as the port keeps what was declared (`Past.purged`
tells of how much it no longer speaks). Everything counted of a party lies strictly before the shipment was
first known. Each answer is a count and the rows of a few.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import pandas as pd
import sqlalchemy as sa

from risk import finds
from risk.store.tables import batches, declared, outcomes, party_marks, purges, shipments, versions

#: Rows shown of each kind.
SHOWN = 5
#: Numbers of master bills are given out again after years; a shipment's company is of one voyage.
SAME_MASTER = pd.Timedelta(days=60)
SAME_VOYAGE = pd.Timedelta(days=7)
#: Shipments counted of each kind: who stands on more is a forwarder, a bank or a post office.
COUNTED = 2_000
#: Containers of one shipment that are looked for elsewhere.
CONTAINERS = 20
_ASKED = 500

ROLES: Final = ("shipper", "consignee", "notify")
#: How shipments belong together.
TOGETHER: Final = ("master", "manifest", "container")

_SHOWN = (
    *("shipment_id", "bill", "known_at", "arrives_at", "mode", "conveyance", "location"),
    *("goods", "heading", "origin", "destination"),
    *("inspection", "found", "permit_valid", "status"),
)


@dataclass(frozen=True)
class Party:
    """What the port knows of one of a shipment's parties from before.

    Attributes
    ----------
    role : str
        ``shipper``, ``consignee`` or ``notify``.
    shipments : int
        Earlier ones that name it in this role; of more than `COUNTED` the latest so many.
    capped : bool
        There are more.
    inspected, finds : int
        Of them; what was not inspected is neither clean nor a find.
    first_at, last_at : Timestamp or None
        When the port first and last knew of an earlier one.
    latest : DataFrame
        The last of them (`rows_of`).
    """

    role: str
    shipments: int
    capped: bool
    inspected: int
    finds: int
    first_at: pd.Timestamp | None
    last_at: pd.Timestamp | None
    latest: pd.DataFrame


@dataclass(frozen=True)
class Group:
    """Shipments that have something to do with one.

    Attributes
    ----------
    how : str
        One of `TOGETHER`; of linked bills ``consignee>shipper``: the role here and the role there.
    count, inspected, finds : int
        All there are, of more than `COUNTED` so many.
    capped : bool
        There are more.
    rows : DataFrame
        Some of them (`rows_of`).
    """

    how: str
    count: int
    capped: bool
    inspected: int
    finds: int
    rows: pd.DataFrame


@dataclass(frozen=True)
class Past:
    """The surroundings of a shipment.

    Attributes
    ----------
    parties : tuple of Party
        Those the shipment names, in the order of `ROLES`.
    siblings, linked : tuple of Group
    purged : int
        Shipments of whose parties nothing is known any more, because their time of keeping ended.
    own_purged : bool
        Whether this shipment's own parties are among them.
    """

    parties: tuple[Party, ...]
    siblings: tuple[Group, ...]
    linked: tuple[Group, ...]
    purged: int
    own_purged: bool


def of_shipment(connection: sa.Connection, shipment_id: int, most: int = SHOWN) -> Past:
    """Return a shipment's surroundings, with at most ``most`` rows of each kind."""
    mine = _current(connection, shipment_id)
    if mine is None:
        return Past((), (), (), _purged(connection), False)
    marked = _marks(connection, mine.version_id)
    parties = tuple(_party(connection, mine, role, marks, most) for role, marks in marked.items())
    gone = sa.select(purges.c.id).where(purges.c.version_id == mine.version_id).limit(1)
    own = connection.execute(gone).first() is not None
    together = _siblings(connection, mine, most)
    return Past(parties, together, _linked(connection, mine, marked, most), _purged(connection), own)


def _current(connection: sa.Connection, shipment_id: int) -> Any:
    names = ("arrives_at", "known_at", "conveyance", "master_bill", "containers")
    wanted = (
        sa.select(
            shipments.c.id,
            shipments.c.first_known_at,
            versions.c.id.label("version_id"),
            *(versions.c[name] for name in names),
        )
        .join(versions, versions.c.shipment_id == shipments.c.id)
        .where(shipments.c.id == shipment_id, versions.c.current)
    )
    return connection.execute(wanted).first()


def _purged(connection: sa.Connection) -> int:
    gone = versions.c.id.in_(sa.select(purges.c.version_id))
    wanted = sa.select(sa.func.count(sa.distinct(versions.c.shipment_id))).where(gone)
    return int(connection.execute(wanted).scalar_one())


def _marks(connection: sa.Connection, version_id: int) -> dict[str, tuple[str, ...]]:
    wanted = sa.select(party_marks.c.role, party_marks.c.mark).where(party_marks.c.version_id == version_id)
    rows = connection.execute(wanted).all()
    found = {role: tuple(sorted(row.mark for row in rows if row.role == role)) for role in ROLES}
    return {role: marks for role, marks in found.items() if marks}


# --- what a party did before ----------------------------------------------------------------


def _party(connection: sa.Connection, mine: Any, role: str, marks: Sequence[str], most: int) -> Party:
    each = [_earlier(mine, role, mark) for mark in marks]
    named = [connection.execute(one.limit(COUNTED + 1)).all() for one in each]
    rows = [row for one in named for row in one]
    seen: dict[int, Any] = {}
    for number, _, known_at in sorted(rows, key=lambda row: row.known_at):
        seen[number] = known_at
    ids = sorted(seen, key=lambda number: (seen[number], number), reverse=True)
    # Versions are counted, and several may be of one shipment.
    capped = len(ids) > COUNTED or any(len(one) > COUNTED for one in named)
    ids = ids[:COUNTED]
    oldest = [connection.execute(_oldest_first(one).limit(1)).first() for one in each] if capped else rows
    first = min((row.known_at for row in oldest if row is not None), default=None)
    inspected, found = _inspected(connection, ids)
    last = seen[ids[0]] if ids else None
    return Party(
        role,
        len(ids),
        capped,
        inspected,
        found,
        _moment(first),
        _moment(last),
        rows_of(connection, ids[:most]),
    )


def _earlier(mine: Any, role: str, mark: str) -> sa.Select[Any]:
    """Return versions known before that name a party, the last taken in first."""
    return (
        sa.select(versions.c.shipment_id, party_marks.c.version_id, versions.c.known_at)
        .select_from(party_marks)
        .join(versions, versions.c.id == party_marks.c.version_id)
        .join(batches, batches.c.id == versions.c.batch_id)
        .where(party_marks.c.mark == mark, party_marks.c.role == role, batches.c.state == "ready")
        .where(versions.c.known_at < mine.first_known_at, versions.c.shipment_id != mine.id)
        .order_by(party_marks.c.version_id.desc())
    )


def _oldest_first(wanted: sa.Select[Any]) -> sa.Select[Any]:
    return wanted.order_by(None).order_by(party_marks.c.version_id)


def _moment(value: Any) -> pd.Timestamp | None:
    return None if value is None else pd.Timestamp(value)


def _inspected(connection: sa.Connection, shipment_ids: Sequence[int]) -> tuple[int, int]:
    """Return how many shipments were inspected, and in how many wildlife was found."""
    inspected, found = 0, 0
    for start in range(0, len(shipment_ids), _ASKED):
        asked = outcomes.c.shipment_id.in_(shipment_ids[start : start + _ASKED])
        wanted = sa.select(outcomes.c.found, outcomes.c.permit_valid, outcomes.c.status).where(
            asked, outcomes.c.current, outcomes.c.inspection != "not_inspected"
        )
        rows = connection.execute(wanted).all()
        inspected += len(rows)
        found += sum(finds.is_find(row.found, row.permit_valid, row.status) for row in rows)
    return inspected, found


def rows_of(connection: sa.Connection, shipment_ids: Sequence[int]) -> pd.DataFrame:
    """Return shipments as they stand now, in the order asked for (at most 500).

    Returns
    -------
    DataFrame
        ``shipment_id``, ``bill``, what lists show, and the outcome in force: ``inspection`` (empty: none),
        ``found``, ``permit_valid``, ``status``, ``is_find``.
    """
    here = {"shipment_id": shipments.c.id, "bill": shipments.c.bill}
    columns = [
        here[name].label(name) if name in here else (versions if name in versions.c else outcomes).c[name]
        for name in _SHOWN
    ]
    wanted = (
        sa.select(*columns)
        .select_from(shipments)
        .join(versions, (versions.c.shipment_id == shipments.c.id) & versions.c.current)
        .outerjoin(outcomes, (outcomes.c.shipment_id == shipments.c.id) & outcomes.c.current)
        .where(shipments.c.id.in_([int(number) for number in shipment_ids]))
    )
    frame = pd.DataFrame(connection.execute(wanted).all(), columns=list(_SHOWN))
    frame["is_find"] = finds.finds(frame)
    for name in ("inspection", "status"):
        frame[name] = frame[name].fillna("").astype("str")
    for name in ("known_at", "arrives_at"):
        frame[name] = frame[name].astype("datetime64[us]")
    order = {int(number): place for place, number in enumerate(shipment_ids)}
    return frame.sort_values("shipment_id", key=lambda ids: ids.map(order), ignore_index=True)


# --- what travels with it -------------------------------------------------------------------


def _siblings(connection: sa.Connection, mine: Any, most: int) -> tuple[Group, ...]:
    found = (
        ("master", _same_master(connection, mine)),
        ("manifest", _same_manifest(connection, mine)),
        ("container", _same_container(connection, mine)),
    )
    return tuple(_group(connection, how, ids, most) for how, ids in found if ids)


def _group(connection: sa.Connection, how: str, ids: Sequence[int], most: int) -> Group:
    capped, ids = len(ids) > COUNTED, ids[:COUNTED]
    inspected, found = _inspected(connection, ids)
    return Group(how, len(ids), capped, inspected, found, rows_of(connection, ids[:most]))


def _near(mine: Any, within: pd.Timedelta) -> sa.ColumnElement[bool]:
    """Tell versions that arrive about when this one does, or were known then where they do not say."""
    at = pd.Timestamp(mine.known_at if mine.arrives_at is None else mine.arrives_at)
    # Not the first of the two that is there: each side of this has an index.
    silent = versions.c.arrives_at.is_(None) & versions.c.known_at.between(at - within, at + within)
    return versions.c.arrives_at.between(at - within, at + within) | silent


def _others(mine: Any, *columns: Any) -> sa.Select[Any]:
    return (
        sa.select(versions.c.shipment_id, *columns)
        .where(versions.c.current, versions.c.shipment_id != mine.id)
        .order_by(versions.c.shipment_id)
    )


def _same_master(connection: sa.Connection, mine: Any) -> list[int]:
    if not mine.master_bill:
        return []
    wanted = _others(mine).where(versions.c.master_bill == mine.master_bill, _near(mine, SAME_MASTER))
    return list(connection.execute(wanted).scalars())


def _same_manifest(connection: sa.Connection, mine: Any) -> list[int]:
    row = connection.execute(
        sa.select(declared.c.row).where(declared.c.version_id == mine.version_id)
    ).scalar()
    names = [name for name in ("registration_number", "manifest_id") if row and row.get(name)]
    if row is None or not names or not mine.conveyance:
        return []
    # The number customs gave is the manifest's own; others' numbers count where there is none.
    wanted = (
        _others(mine)
        .join(declared, declared.c.version_id == versions.c.id)
        .where(versions.c.conveyance == mine.conveyance, _near(mine, SAME_VOYAGE))
        .where(declared.c.row[names[0]].as_string() == str(row[names[0]]))
    )
    return list(connection.execute(wanted).scalars())


def _same_container(connection: sa.Connection, mine: Any) -> list[int]:
    boxes = _boxes(mine.containers)[:CONTAINERS]
    if not boxes:
        return []
    named = sa.or_(*(versions.c.containers.contains(box, autoescape=True) for box in boxes))
    wanted = _others(mine, versions.c.containers).where(named, _near(mine, SAME_VOYAGE))
    rows = connection.execute(wanted).all()
    return [row.shipment_id for row in rows if set(boxes) & set(_boxes(row.containers))]


def _boxes(text: str) -> list[str]:
    return [box for each in text.split(";") if len(box := each.strip()) >= 4]


# --- the same party elsewhere ---------------------------------------------------------------


def _linked(
    connection: sa.Connection, mine: Any, marked: dict[str, tuple[str, ...]], most: int
) -> tuple[Group, ...]:
    """Return bills that name a party of this one in another role, and in none it has here."""
    groups = []
    for roles, marks in _by_roles(marked):
        for there in ROLES:
            if there not in roles:
                ids, capped = _in_role(connection, mine, marks, roles, there)
                if ids:
                    group = _group(connection, f"{roles[0]}>{there}", ids, most)
                    groups.append(replace(group, capped=capped))
    return tuple(groups)


def _by_roles(marked: dict[str, tuple[str, ...]]) -> Iterable[tuple[tuple[str, ...], list[str]]]:
    """Return the roles a party has here and its marks: who is consignee and to be notified is one party."""
    of: dict[str, list[str]] = {}
    for role, marks in marked.items():
        for mark in marks:
            of.setdefault(mark, []).append(role)
    grouped: dict[tuple[str, ...], list[str]] = {}
    for mark in sorted(of):
        grouped.setdefault(tuple(of[mark]), []).append(mark)
    return sorted(grouped.items())


def _in_role(
    connection: sa.Connection, mine: Any, marks: Sequence[str], here: Collection[str], there: str
) -> tuple[list[int], bool]:
    """Return shipments that name a party there and not here, the last first; whether there may be more."""
    named: dict[int, int] = {}
    capped = False
    for mark in marks:
        wanted = (
            sa.select(party_marks.c.version_id, versions.c.shipment_id)
            .select_from(party_marks)
            .join(versions, versions.c.id == party_marks.c.version_id)
            .join(batches, batches.c.id == versions.c.batch_id)
            .where(party_marks.c.mark == mark, party_marks.c.role == there, batches.c.state == "ready")
            .where(versions.c.shipment_id != mine.id)
            .order_by(party_marks.c.version_id.desc())
            .limit(COUNTED + 1)
        )
        rows = connection.execute(wanted).all()
        capped |= len(rows) > COUNTED
        named |= {row.version_id: row.shipment_id for row in rows[:COUNTED]}
    both = _holding(connection, sorted(named), marks, here)
    last_first = sorted(set(named) - both, reverse=True)
    return list(dict.fromkeys(named[number] for number in last_first))[:COUNTED], capped


def _holding(
    connection: sa.Connection, version_ids: Sequence[int], marks: Sequence[str], roles: Collection[str]
) -> set[int]:
    """Return which versions name a party in a role.

    Asked for apart: a server that plans without knowing whose mark it is told takes the wrong way through
    the rows of one that stands on tens of thousands.
    """
    found: set[int] = set()
    for start in range(0, len(version_ids), _ASKED):
        wanted = sa.select(party_marks.c.version_id).where(
            party_marks.c.version_id.in_(version_ids[start : start + _ASKED]),
            party_marks.c.role.in_(list(roles)),
            party_marks.c.mark.in_(marks),
        )
        found |= set(connection.execute(wanted).scalars())
    return found
