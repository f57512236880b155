"""Scores of shipments that have one already: by a model newly in force, or by one that scores beside it.

Nothing of the earlier score changes but that people no longer work with it; a shadow's score is never one
people work with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from risk import finds
from risk.store import day, shipments
from risk.store.shipments import Filed
from risk.store.tables import batches, declared, models, outcomes, records, scores, versions


def waiting(connection: sa.Connection, now: pd.Timestamp, model_id: str, *, shadow: bool) -> list[int]:
    """Return versions of the day that a model has not scored yet and whose score can be made again.

    Parameters
    ----------
    shadow : bool
        Whether it scores beside the model in force.
    """
    mine = scores.alias()
    scored = sa.select(mine.c.id).where(
        mine.c.version_id == versions.c.id, mine.c.model_id == model_id, mine.c.shadow.is_(shadow)
    )
    if not shadow:
        scored = scored.where(mine.c.current)
    wanted = (
        sa.select(versions.c.id)
        .join(scores, (scores.c.version_id == versions.c.id) & scores.c.current)
        .join(records, records.c.score_id == scores.c.id)
        .join(declared, declared.c.version_id == versions.c.id)
        .join(batches, batches.c.id == versions.c.batch_id)
        .where(day.within(now - day.BEFORE, now + day.AFTER), batches.c.state == "ready", ~scored.exists())
        .order_by(versions.c.id)
    )
    return list(connection.execute(wanted).scalars())


def inputs(connection: sa.Connection, version_ids: Sequence[int]) -> list[sa.Row[Any]]:
    """Return what versions (at most 500) are scored again from.

    Returns
    -------
    list of Row
        ``version_id``, ``row`` (as declared), ``record``, ``record_hash``, ``notes``, in order.
    """
    wanted = (
        sa.select(
            scores.c.version_id,
            declared.c.row,
            records.c.record,
            scores.c.record_hash,
            scores.c.notes,
        )
        .join(records, records.c.score_id == scores.c.id)
        .join(declared, declared.c.version_id == scores.c.version_id)
        .where(scores.c.current, scores.c.version_id.in_([int(each) for each in version_ids]))
        .order_by(scores.c.version_id)
    )
    return list(connection.execute(wanted))


def add(
    connection: sa.Connection, batch_id: int, filed: Filed, version_ids: Sequence[int], *, shadow: bool
) -> None:
    """Put scores of versions in, not yet worked with."""
    shipments.add_scores(
        connection, batch_id, filed, range(len(version_ids)), version_ids, current=False, shadow=shadow
    )


def take_over(connection: sa.Connection, batch_id: int) -> None:
    """Let people work with the scores of a batch, in place of those they worked with."""
    mine = sa.select(scores.c.version_id).where(scores.c.batch_id == batch_id)
    before = scores.update().where(scores.c.version_id.in_(mine), scores.c.current)
    connection.execute(before.values(current=False))
    connection.execute(scores.update().where(scores.c.batch_id == batch_id).values(current=True))


@dataclass(frozen=True)
class Compared:
    """The model in force beside the shadow, over the shipments of a time that both scored.

    Attributes
    ----------
    shipments : int
    first : int
        How many each would have put first.
    both : int
        Of those, shipments both put first.
    inspected, finds : int
        Shipments with an inspection, and with wildlife in it; drawn at random alone, since what one model
        chose speaks for it.
    finds_champion, finds_shadow : int
        Of the finds, those that stood among each model's first.
    chosen_finds : int
        Finds of all other inspections, which tell nothing here.
    """

    shipments: int
    first: int
    both: int
    inspected: int
    finds: int
    finds_champion: int
    finds_shadow: int
    chosen_finds: int


def compared(
    connection: sa.Connection, since: pd.Timestamp, until: pd.Timestamp, share: float, zone: str = "UTC"
) -> Compared:
    """Compare the model in force with the shadow.

    Parameters
    ----------
    since, until : Timestamp
        Of arrival (UTC).
    share : float
        Of the shipments of each day that are counted as first, above 0 and below 1.
    zone : str
        The port's: its days are counted.
    """
    frame = _scored_twice(connection, since, until)
    local = frame["day"].dt.tz_localize("UTC").dt.tz_convert(zone).dt.tz_localize(None)
    frame["day"] = local.dt.floor("D")
    place = frame.groupby("day")[["champion", "shadow"]].rank(ascending=False, method="first")
    slots = np.ceil(frame.groupby("day")["champion"].transform("size") * share)
    first = place.le(slots, axis=0)
    done = (frame["inspection"].fillna("not_inspected") != "not_inspected").to_numpy(dtype=bool)
    hit = np.zeros(len(frame), dtype=bool)
    if done.any():
        hit[done] = np.asarray(finds.finds(frame[done].reset_index(drop=True)), dtype=bool)
    drawn = (frame["selected_by"] == "random").to_numpy(dtype=bool)
    champion, shadow = (first[name].to_numpy(dtype=bool) for name in ("champion", "shadow"))
    return Compared(
        shipments=len(frame),
        first=int(champion.sum()),
        both=int((champion & shadow).sum()),
        inspected=int((done & drawn).sum()),
        finds=int((hit & drawn).sum()),
        finds_champion=int((hit & drawn & champion).sum()),
        finds_shadow=int((hit & drawn & shadow).sum()),
        chosen_finds=int((hit & ~drawn).sum()),
    )


def _scored_twice(connection: sa.Connection, since: pd.Timestamp, until: pd.Timestamp) -> pd.DataFrame:
    beside = scores.alias()
    # Only of the shadow there is now: an earlier one's scores stay, and are another model's.
    here = sa.select(models.c.model_id).where(models.c.stage == "shadow")
    found = ("inspection", "found", "permit_valid", "status", "selected_by")
    wanted = (
        sa.select(
            versions.c.id,
            sa.func.coalesce(versions.c.arrives_at, versions.c.known_at).label("day"),
            scores.c.log_odds.label("champion"),
            beside.c.log_odds.label("shadow"),
            *(outcomes.c[name] for name in found),
        )
        .join(scores, (scores.c.version_id == versions.c.id) & scores.c.current)
        .join(beside, (beside.c.version_id == versions.c.id) & beside.c.shadow)
        .outerjoin(outcomes, (outcomes.c.shipment_id == versions.c.shipment_id) & outcomes.c.current)
        .where(day.within(since, until), beside.c.model_id.in_(here))
        .order_by(versions.c.id)
    )
    result = connection.execute(wanted)
    frame = pd.DataFrame(result.all(), columns=list(result.keys())).drop_duplicates("id", ignore_index=True)
    frame["day"] = pd.to_datetime(frame["day"]).astype("datetime64[us]")
    return frame.astype({"champion": "float64", "shadow": "float64"})
