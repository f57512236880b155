"""Where one shipment stands among those of the day, without reading the day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
import sqlalchemy as sa

from risk import priority
from risk.store import day
from risk.store.tables import batches, scores, shipments, versions

_HEADS: Final = ("risk_live_animals", "risk_wildlife_products")


@dataclass(frozen=True)
class Standing:
    """Where a shipment stands among those of the day, by the model alone; 1 is the highest risk."""

    rank: int
    live_animals: int
    wildlife_products: int
    of: int


def standing(connection: sa.Connection, shipment_id: int, now: pd.Timestamp) -> Standing | None:
    """Return where a shipment stands, None where it is not among the day's.

    Parameters
    ----------
    now : Timestamp
        The moment shipments are looked at; the day is that of `risk.store.day.rows`.
    """
    here = (
        sa.select(
            versions.c.shipment_id,
            scores.c.log_odds,
            *(sa.func.coalesce(scores.c[name], -1.0).label(name) for name in _HEADS),
        )
        .join(scores, scores.c.version_id == versions.c.id)
        .join(batches, batches.c.id == versions.c.batch_id)
        .where(day.within(now - day.BEFORE, now + day.AFTER), scores.c.current, batches.c.state == "ready")
        .subquery()
    )
    mine = connection.execute(sa.select(here).where(here.c.shipment_id == shipment_id)).first()
    if mine is None:
        return None
    values = {name: getattr(mine, name) for name in ("log_odds", *_HEADS)}
    higher = [sa.func.sum(sa.case((here.c[name] > value, 1), else_=0)) for name, value in values.items()]
    count, *above = connection.execute(sa.select(sa.func.count(), *higher)).one()
    same = sa.select(here.c.shipment_id).where(here.c.log_odds == mine.log_odds)
    rank, live, products = (int(number) for number in above)
    return Standing(rank + _among(connection, shipment_id, same), live + 1, products + 1, int(count))


def _among(connection: sa.Connection, shipment_id: int, ids: sa.Select[tuple[int]]) -> int:
    """Return the place of a shipment among those of the same score, as the day ranks them."""
    wanted = sa.select(shipments.c.id, shipments.c.bill).where(shipments.c.id.in_(ids))
    rows = connection.execute(wanted).all()
    bills = pd.Series([row.bill for row in rows], dtype="str")
    ranks = priority.ranks(bills, np.zeros(len(rows)))
    return int(ranks[[row.id for row in rows].index(shipment_id)])
