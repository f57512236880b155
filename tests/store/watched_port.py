"""A port whose shipments are watched: rows put in as batches, entries added, what they hit."""

from __future__ import annotations

from typing import Any

import pandas as pd
import sqlalchemy as sa

from risk.store import (
    hits,
    roles,
    shipments,
    tables,
    watching,
    working_out,
)
from risk.store.database import Database
from risk.watch_entries import New

NOW = pd.Timestamp("2026-11-22 04:00")
IVORY = New("word", "ivory", "seen in the trade", "B2")


def hours(count: float) -> pd.Timestamp:
    return NOW + pd.Timedelta(hours=count)


def batch(database: Database, rows: list[dict[str, Any]], at: pd.Timestamp, *, ready: bool = True) -> int:
    """Put declared rows in as a batch of the port."""
    with database.write() as connection:
        about = {"model_id": "m", "risk_basis": "prior", "state_digest": "", "code_digest": ""}
        number = shipments.begin(connection, None, about, at=at)
        for row in rows:
            bill = row["shipment_id"]
            known = connection.execute(
                sa.select(tables.shipments.c.id).where(tables.shipments.c.bill == bill)
            ).scalar()
            shipment = (
                known
                or connection.execute(
                    tables.shipments.insert()
                    .values(bill=bill, first_known_at=at)
                    .returning(tables.shipments.c.id)
                ).scalar_one()
            )
            before = sa.select(sa.func.count()).where(tables.versions.c.shipment_id == shipment)
            version = connection.execute(
                tables.versions.insert()
                .values(
                    shipment_id=shipment,
                    batch_id=number,
                    number=connection.execute(before).scalar_one() + 1,
                    current=False,
                    content_hash="0",
                    known_at=at,
                )
                .returning(tables.versions.c.id)
            ).scalar_one()
            connection.execute(tables.declared.insert().values(version_id=version, row=row, origin={}))
        if ready:
            shipments.finish(connection, number, {}, at=at, actor="system")
    return number


def day(database: Database, *goods: str, at: pd.Timestamp = NOW, first: int = 0, ready: bool = True) -> int:
    rows = [{"shipment_id": f"B{first + i}", "goods_description": text} for i, text in enumerate(goods)]
    return batch(database, rows, at, ready=ready)


def add(database: Database, person: roles.Person, new: New = IVORY, at: pd.Timestamp = NOW) -> watching.Added:
    with database.write() as connection:
        return watching.add(connection, new, person, now=at, at=at)


def bills(database: Database, person: roles.Person, at: pd.Timestamp = NOW) -> dict[str, list[hits.Hit]]:
    with database.read() as connection:
        ids = connection.execute(sa.select(tables.shipments.c.bill, tables.shipments.c.id)).all()
        found = {bill: hits.of_shipment(connection, number, person, now=at) for bill, number in ids}
    return {bill: listed for bill, listed in found.items() if listed}


def load(database: Database, number: int, at: pd.Timestamp) -> int:
    """Work a batch out and let it be seen, as the worker does."""
    covered = working_out.in_pieces(database, number, at=at)
    with database.write() as connection:
        made_up_for = working_out.of_batch(connection, number, at=at, since=covered)
        shipments.finish(connection, number, {}, at=at, actor="system")
    return made_up_for
