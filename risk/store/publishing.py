"""Lists: what is to be opened, frozen when a supervisor publishes it.

A list keeps every shipment that was ranked, with its rank, who or what chose it and with what probability it
was to be chosen. Random picks are drawn once, with a key made from the site's secret, which the ledger
commits to: nobody can compute them beforehand. A further list of everything has a draw of its own; every list
that was published stays on record with its draw and with the picks that were missed, so that drawing until it
pleases shows. Until the outcome of a shipment is in, nobody is told whether it was drawn or ranked.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from risk import priority, triage
from risk.language import N_
from risk.refusals import Refusal
from risk.store import day, ledger, roles
from risk.store.day_scores import Scored
from risk.store.roles import Person
from risk.store.said import Said, line_of
from risk.store.tables import list_rows, lists, outcomes, scores, shipments, versions
from risk.triage import Pool

#: What a shipment is shown as while nobody is to know how it was chosen.
CHOSEN = "chosen"

#: How a shipment was chosen that people decided themselves, which is no secret.
_OPEN = ("officer", "rule")

#: Last steps of what is nowhere to be opened any more, its outcome in or not.
_DONE = ("opened", "gone")

_AT_ONCE = 2_000
#: Ids asked for at a time.
_ASKED = 500


class NothingToPublish(Refusal):
    """There is no shipment to rank, or the same list is published already."""


class PublishedMeanwhile(Refusal):
    """Somebody else published a list that whoever publishes has not seen."""


def commit_secret(connection: sa.Connection, secret: bytes, *, at: pd.Timestamp) -> None:
    """Let the ledger commit to the site's secret, once: with another one later the commitment shows it."""
    rows = ledger_of(connection, "site.secret")
    digest = hashlib.sha256(secret).hexdigest()
    if not rows or json.loads(rows[-1].facts)["sha256"] != digest:
        ledger.append(connection, "site.secret", at=at, actor="system", facts={"sha256": digest})


def ledger_of(connection: sa.Connection, kind: str) -> list[sa.Row[Any]]:
    """Return the ledger's rows of a kind, oldest first."""
    from risk.store.tables import ledger as rows

    return list(connection.execute(sa.select(rows).where(rows.c.kind == kind).order_by(rows.c.seq)))


def proposed(frame: pd.DataFrame, pools: tuple[Pool, ...]) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return what a capacity would choose by place alone, to explore with; nothing is drawn.

    Parameters
    ----------
    frame : DataFrame
        Of `day.rows`.
    pools : tuple of Pool
    """
    asked = frame[["bill", "mode", "location"]].rename(columns={"bill": "shipment_id"})
    selection = triage.select(asked.assign(risk=-frame["place"].astype(float)), pools, seed="", share=0.0)
    return selection.frame.set_axis(frame.index), selection.messages


def publish(
    connection: sa.Connection,
    now: pd.Timestamp,
    pools: tuple[Pool, ...],
    share: float,
    *,
    secret: bytes,
    person: Person,
    after: int | None = None,
    seen: int | None = None,
    at: pd.Timestamp,
    scored: Scored | None = None,
) -> int:
    """Freeze the list of the day, or a supplementary one; return its number.

    Parameters
    ----------
    now : Timestamp
        The moment shipments are looked at, and the list is of; entries and rules count by it.
    pools : tuple of Pool
        What can be opened.
    share : float
        Of it drawn at random.
    secret : bytes
        The site's.
    after : int, optional
        The list this one adds to: only shipments no list has ranked take part.
    seen : int, optional
        The latest list that whoever publishes knows of, 0 for none: two who publish at once would make two
        lists of one day, with a draw each.
    at : Timestamp
        The time it is: the ledger says it.
    scored : Scored, optional
        What keeps scored shipments from look to look: others wait less long for the transaction to end.

    Raises
    ------
    NotAllowed
        The role does not allow it.
    NothingToPublish
        No shipment takes part, or the same list of the same moment is published.
    PublishedMeanwhile
        There is a later list than the one seen.
    CapacityError
        The capacity makes no sense for these shipments.
    """
    roles.check(connection, person, "publish", at=at)
    last = connection.execute(sa.select(sa.func.max(lists.c.id))).scalar() or 0
    if seen is not None and last != seen:
        raise PublishedMeanwhile(
            "somebody else published list {number} meanwhile; look at it first", number=last
        )
    frame = takes_part(connection, day.rows(connection, now, at=at, scored=scored), after)
    if frame.empty:
        raise NothingToPublish("no shipment is waiting for a list")
    frame = day.ranked(frame)
    commit_secret(connection, secret, at=at)
    data = data_hash(frame)
    capacity = [asdict(pool) for pool in pools]
    key = draw_key(secret, data, capacity, now)
    chosen, _ = priority.choose(frame, pools, share, key)
    # While the day is being scored again some scores may rest on a prior still: then the list does.
    basis = "port" if (frame["risk_basis"] == "port").all() else "prior"
    model = str(frame["model_id"].iloc[0])
    digest, drawn = (
        hashlib.sha256(text.encode()).hexdigest()
        for text in (f"{data}|{json.dumps(capacity)}|{share!r}|{key}", key)
    )
    if connection.execute(sa.select(lists.c.id).where(lists.c.digest == digest)).first():
        raise NothingToPublish("this very list is published already")
    row = {
        "digest": digest,
        "after_id": after,
        "capacity": capacity,
        "random_share": share,
        "model_id": model,
        "risk_basis": basis,
        "data_hash": data,
        "draw_commitment": drawn,
        "shipments": len(frame),
        "expected_finds": _expected(frame, chosen, basis),
        "published_by": person.id,
        "published_at": now,
    }
    number = int(connection.execute(lists.insert().values(**row).returning(lists.c.id)).scalar_one())
    _insert(connection, number, frame, chosen)
    facts: dict[str, ledger.Plain] = {
        "digest": digest,
        "after": after,
        "data": data,
        "model": model,
        "draw": drawn,
        "shipments": len(frame),
        "chosen": int((chosen["selected_by"] != "").sum()),
        "slots": sum(pool.slots for pool in pools),
        "share_per_mille": round(share * 1000),
        "rows": rows_digest(connection, number, secret),
    }
    ledger.append(
        connection, "list.published", at=at, actor=person.actor, subject=f"list:{number}", facts=facts
    )
    return number


def takes_part(connection: sa.Connection, frame: pd.DataFrame, after: int | None) -> pd.DataFrame:
    """Return the rows of the day that a list may choose from: what nobody noted as opened or gone.

    That its declared time is over keeps nothing out: a declaration alone would pass every list.

    Parameters
    ----------
    frame : DataFrame
        Of `day.rows`.
    after : int or None
        For a list that adds to another: what no list has ranked yet; else everything without an outcome.
    """
    done = frame["decided"] | frame["step"].isin(_DONE)
    frame = frame[~done.to_numpy(dtype=bool)]
    return (
        frame if after is None else frame[~frame["shipment_id"].isin(_ranked(connection, frame)).to_numpy()]
    )


def _ranked(connection: sa.Connection, frame: pd.DataFrame) -> set[int]:
    """Return which shipments some list has ranked already."""
    asked, found = [int(each) for each in frame["shipment_id"]], set()
    for start in range(0, len(asked), _ASKED):
        wanted = sa.select(list_rows.c.shipment_id).where(
            list_rows.c.shipment_id.in_(asked[start : start + _ASKED])
        )
        found |= set(connection.execute(wanted).scalars())
    return found


def _insert(connection: sa.Connection, number: int, frame: pd.DataFrame, chosen: pd.DataFrame) -> None:
    table = pd.DataFrame(
        {
            "list_id": number,
            "shipment_id": frame["shipment_id"].astype("int64"),
            "score_id": frame["score_id"].astype("int64"),
            "rank": frame["rank"].astype("int64"),
            "place": frame["place"].astype("int64"),
            "selected_by": chosen["selected_by"],
            "selection_probability": chosen["selection_probability"],
            "pool": chosen["pool"],
        }
    )
    listed: list[dict[Any, Any]] = [dict(row) for row in table.to_dict("records")]
    for start in range(0, len(listed), _AT_ONCE):
        connection.execute(list_rows.insert(), listed[start : start + _AT_ONCE])


def _expected(frame: pd.DataFrame, chosen: pd.DataFrame, basis: str) -> dict[str, Any] | None:
    if basis != "port":
        return None
    opened = (chosen["selected_by"] != "").to_numpy()
    return asdict(triage.expected_finds(frame["risk"].to_numpy(dtype=float)[opened]))


def data_hash(frame: pd.DataFrame) -> str:
    """Return SHA-256 over the bills and score records of a list, in order of place."""
    digest = hashlib.sha256()
    for bill, record in zip(frame["bill"], frame["record_hash"], strict=True):
        digest.update(f"{bill}\0{record}\n".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def draw_key(secret: bytes, data: str, capacity: list[dict[str, Any]], at: pd.Timestamp) -> str:
    """Return the key of a list's draw: who has the site's secret can make it again and check the draw."""
    text = json.dumps([data, capacity, at.isoformat()], sort_keys=True)
    return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()


def rows_digest(connection: sa.Connection, number: int, secret: bytes) -> str:
    """Return a keyed hash of a list as it is kept: the chosen rows whole, and what it says of itself.

    Keyed, since with few chosen one could try which of them a hash without a key says were drawn.
    """
    kept = connection.execute(sa.select(lists).where(lists.c.id == number)).one()
    wanted = sa.select(list_rows).where(list_rows.c.list_id == number, list_rows.c.selected_by != "")
    chosen = [
        [
            *(row.shipment_id, row.score_id, row.rank, row.place, row.selected_by, row.pool),
            repr(float(row.selection_probability)),
        ]
        for row in connection.execute(wanted.order_by(list_rows.c.shipment_id))
    ]
    told = [kept.after_id, kept.model_id, kept.risk_basis, kept.shipments, kept.published_by]
    text = json.dumps([told, repr(float(kept.random_share)), kept.expected_finds, chosen], sort_keys=True)
    return ledger.keyed(secret, text)


def drawn_again(connection: sa.Connection, number: int, secret: bytes) -> list[Said]:
    """Draw a list again from its rows and the site's secret; return everything that differs."""
    kept = connection.execute(sa.select(lists).where(lists.c.id == number)).one()
    frame = _ranked_rows(connection, number)
    differs = []
    if data_hash(frame) != kept.data_hash:
        text = N_("the shipments or their scores are not the ones the list was made of")
        differs.append(line_of(text))
    key = draw_key(secret, kept.data_hash, kept.capacity, pd.Timestamp(kept.published_at))
    if hashlib.sha256(key.encode()).hexdigest() != kept.draw_commitment:
        differs.append(line_of(N_("the draw was not made with this site's secret")))
    pools = tuple(Pool(**each) for each in kept.capacity)
    chosen, _ = priority.choose(frame.assign(raised=False, floor=0), pools, kept.random_share, key)
    now, then = chosen["selected_by"].to_numpy(), frame["selected_by"].to_numpy()
    other = ((now == "random") != (then == "random")) | ((now == "") != (then == ""))
    other |= chosen["pool"].to_numpy() != frame["pool"].to_numpy()
    text = N_("{bill} was chosen otherwise")
    return [*differs, *(line_of(text, bill=str(bill)) for bill in frame["bill"][other])]


def _ranked_rows(connection: sa.Connection, number: int) -> pd.DataFrame:
    wanted = (
        sa.select(
            shipments.c.bill,
            scores.c.record_hash,
            versions.c.mode,
            versions.c.location,
            *(list_rows.c[name] for name in ("shipment_id", "rank", "place", "selected_by", "pool")),
        )
        .join(shipments, shipments.c.id == list_rows.c.shipment_id)
        .join(scores, scores.c.id == list_rows.c.score_id)
        .join(versions, versions.c.id == scores.c.version_id)
        .where(list_rows.c.list_id == number)
        .order_by(list_rows.c.place)
    )
    result = connection.execute(wanted)
    return pd.DataFrame(result.all(), columns=list(result.keys()))


def rows(connection: sa.Connection, number: int, *, chosen_only: bool = True) -> pd.DataFrame:
    """Return the rows of a list as people may see them.

    Returns
    -------
    DataFrame
        ``shipment_id``, ``bill``, ``score_id``, ``rank``, ``place``, ``pool``, ``selected_by``: `CHOSEN`
        where the outcome is not in yet and nobody is to know.
    """
    wanted = (
        sa.select(
            shipments.c.bill,
            *(
                list_rows.c[name]
                for name in ("shipment_id", "score_id", "rank", "place", "pool", "selected_by")
            ),
            outcomes.c.id.label("outcome_id"),
        )
        .join(shipments, shipments.c.id == list_rows.c.shipment_id)
        .outerjoin(outcomes, (outcomes.c.shipment_id == list_rows.c.shipment_id) & outcomes.c.current)
        .where(list_rows.c.list_id == number)
        .order_by(list_rows.c.place)
    )
    if chosen_only:
        wanted = wanted.where(list_rows.c.selected_by != "")
    result = connection.execute(wanted)
    frame = pd.DataFrame(result.all(), columns=list(result.keys()))
    hidden = frame["outcome_id"].isna() & (frame["selected_by"] != "") & ~frame["selected_by"].isin(_OPEN)
    frame["selected_by"] = np.where(hidden, CHOSEN, frame["selected_by"])
    return frame


def latest(connection: sa.Connection, most: int = 20) -> list[sa.Row[Any]]:
    """Return the latest lists, newest first."""
    return list(connection.execute(sa.select(lists).order_by(lists.c.id.desc()).limit(most)))


def one(connection: sa.Connection, number: int) -> sa.Row[Any] | None:
    """Return a list by its number, None where there is none."""
    return connection.execute(sa.select(lists).where(lists.c.id == number)).first()


def missed_draws(connection: sa.Connection, number: int) -> int:
    """Return how many random picks of a list were not inspected: a number, not which."""
    # Asked of each pick by itself: of all outcomes there ever were it would take a while.
    inspected = sa.exists().where(
        outcomes.c.shipment_id == list_rows.c.shipment_id,
        outcomes.c.current,
        outcomes.c.inspection != "not_inspected",
    )
    return int(
        connection.execute(
            sa.select(sa.func.count())
            .select_from(list_rows)
            .where(
                list_rows.c.list_id == number,
                list_rows.c.selected_by == "random",
                ~inspected,
            )
        ).scalar_one()
    )
