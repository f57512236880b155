"""Shipments scored again by another model, from the very values the model in force saw.

A record holds every value there is of a shipment, not only those its model reads, so another model needs
neither the files again nor the past as it was then; of a model's own local columns the declared row has them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
import sqlalchemy as sa

from features import matrix
from features.manifest import Manifest
from features.view import prepare
from models.bundle import Bundle
from models.predict import predict
from risk import filing
from risk.engine import Scored, local_columns, registry
from risk.intake import as_table
from risk.records import code_digest
from risk.store import jobs, replaying, scored_again, shipments
from risk.store.database import Database
from risk.store.jobs import GoesOn

#: Shipments scored and put in at a time: an officer's click waits no longer than that takes.
PIECE = 250


@dataclass(frozen=True)
class Again:
    """What is scored again, and how.

    Attributes
    ----------
    bundle : Bundle
    shadow : bool
        Whether nobody is to work by these scores.
    key : bytes
        The site's secret.
    reasons : int
    language : str
    zone : str
        In which times of reasons are told.
    """

    bundle: Bundle
    shadow: bool
    key: bytes
    reasons: int = 4
    language: str = "en"
    zone: str = ""


def run(
    database: Database,
    what: Again,
    *,
    job_id: int | None,
    now: pd.Timestamp,
    at: pd.Timestamp,
    goes_on: GoesOn = jobs.silently,
) -> dict[str, int]:
    """Score the day again; all at once it is what people work with, unless a shadow did it.

    Parameters
    ----------
    now : Timestamp
        The moment shipments are looked at (UTC).
    at : Timestamp
        When it is done (UTC).

    Returns
    -------
    dict of str to int
        ``scored``, and ``unreadable``: records that are not what they were, whose score stays as it is.
    """
    bundle = what.bundle
    about = {"model_id": bundle.model_id, "risk_basis": bundle.risk_basis, "code_digest": code_digest()}
    with database.write() as connection:
        batch_id = shipments.begin(connection, job_id, about, at=at)
    with database.read() as connection:
        ids = scored_again.waiting(connection, now, bundle.model_id, shadow=what.shadow)
    done = 0
    for start in range(0, len(ids), PIECE):
        with database.read() as connection:
            rows = scored_again.inputs(connection, ids[start : start + PIECE])
        sound = [(row, read) for row in rows if not (read := _read(row)).wrong]
        if sound:
            filed = _filed(what, [row for row, _ in sound], [read for _, read in sound])
            with database.write() as connection:
                numbers = [row.version_id for row, _ in sound]
                scored_again.add(connection, batch_id, filed, numbers, shadow=what.shadow)
        done += len(sound)
        goes_on(min(len(ids), start + PIECE), "scoring again", len(ids))
    counts = {"scored": done, "unreadable": len(ids) - done}
    with database.write() as connection:
        _settled(connection, batch_id, what, counts, at)
    return counts


def _settled(
    connection: sa.Connection, batch_id: int, what: Again, counts: dict[str, int], at: pd.Timestamp
) -> None:
    if not counts["scored"]:
        shipments.discard(connection, batch_id)
        return
    if not what.shadow:
        scored_again.take_over(connection, batch_id)
    shipments.finish(connection, batch_id, counts, at=at, actor="system")


def _read(row: sa.Row[Any]) -> replaying.Unpacked:
    return replaying.unpacked(row.record, row.record_hash)


def _filed(what: Again, rows: list[sa.Row[Any]], read: list[replaying.Unpacked]) -> shipments.Filed:
    local = local_columns(what.bundle)
    table = as_table([row.row for row in rows], local)
    view = prepare(table)
    frame = seen(what.bundle, read, table)
    nothing = pd.DataFrame()
    scored = Scored(
        view=view,
        matrix=frame,
        prediction=predict(what.bundle, frame),
        notes=pd.Series([row.notes for row in rows], dtype="str"),
        manifest=Manifest(view.table, nothing, nothing, {}, local),
        bundle=what.bundle,
    )
    stated = [each.beside.get("declared", "") for each in read]
    return filing.filed(scored, what.key, what.reasons, what.language, what.zone, stated)


def seen(bundle: Bundle, read: list[replaying.Unpacked], table: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return the values of records as the matrix they were taken from.

    Parameters
    ----------
    read : list of Unpacked, n records
    table : DataFrame, shape (n, ...), optional
        As declared: has the model's local columns that no record holds.

    Returns
    -------
    DataFrame, shape (n, features + facts)
    """
    known = {each.name: each.stored for each in matrix.features()}
    known |= {fact.name: fact.stored for fact in matrix.facts()}
    local = {each.name: each.stored for each in registry(bundle) if each.name not in known}
    columns = {}
    for name, stored in {**known, **local}.items():
        cells = [each.values.get(name) for each in read]
        if name in local and table is not None and name in table and all(cell is None for cell in cells):
            cells = table[name].astype("object").where(table[name].notna(), None).tolist()
        numeric = stored != "str"
        kept = [cell if not numeric or isinstance(cell, (int, float)) else None for cell in cells]
        columns[name] = pd.Series(
            kept if numeric else [None if cell is None else str(cell) for cell in kept], dtype=stored
        )
    return pd.DataFrame(columns)
