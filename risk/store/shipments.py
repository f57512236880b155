"""Shipments, their versions and scores: put in by the batch, taken out as tables.

A batch is put in in pieces, so that an officer's click never waits long for a load; nothing of it is seen
until `finish` has made it whole in one transaction. The content of a version that stood before is no new
version: the same file twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from risk.store import ledger
from risk.store.tables import (
    batches,
    declared,
    party_marks,
    problems,
    reasons,
    records,
    rule_hits,
    scores,
    shipments,
    versions,
    watch_hits,
)

#: Rows put in at a time.
PIECE = 500
#: Ids asked for at a time: a server takes only so many parameters.
_ASKED = 500

_VERSION = (
    *("known_at", "arrives_at", "available_until", "mode", "direction", "location", "conveyance"),
    *("master_bill", "containers", "goods", "heading", "origin", "destination"),
    *("loading_port", "discharge_port", "packages", "gross_weight_kg", "content_hash"),
)
_SCORE = (
    *("model_id", "log_odds", "risk", "risk_live_animals", "risk_wildlife_products", "risk_basis"),
    *("families", "notes"),
)


@dataclass(frozen=True)
class Filed:
    """A scored batch as rows, one per shipment in the same order (`risk.filing` makes them).

    Attributes
    ----------
    versions : DataFrame
        ``bill``, ``natural_person`` and the columns of `tables.versions`.
    scores : DataFrame
    declared : list of dict
    origins : list of dict
        What each is made of (`features.manifest.earlier.ORIGIN`).
    search : list of str
    marks : DataFrame
        ``row`` (position), ``role``, ``mark``.
    reasons : list of list of dict
    told : list of list of str
    records : list of bytes
    record_hashes : list of str
    """

    versions: pd.DataFrame
    scores: pd.DataFrame
    declared: list[dict[str, Any]]
    origins: list[dict[str, Any]]
    search: list[str]
    marks: pd.DataFrame
    reasons: list[list[dict[str, Any]]]
    told: list[list[str]]
    records: list[bytes]
    record_hashes: list[str]


def begin(connection: sa.Connection, job_id: int | None, about: dict[str, Any], *, at: pd.Timestamp) -> int:
    """Open a batch; return its number. What an earlier try of the same job left behind is cleared first.

    Parameters
    ----------
    about : dict
        ``model_id``, ``risk_basis``, ``state_digest``, ``code_digest``.
    """
    if job_id is not None:
        discard_of(connection, job_id)
    row = {**about, "job_id": job_id, "state": "loading", "counts": {}, "scored_at": at}
    return int(connection.execute(batches.insert().values(**row).returning(batches.c.id)).scalar_one())


def discard_of(connection: sa.Connection, job_id: int) -> None:
    """Take away what a job put in and did not finish."""
    left = sa.select(batches.c.id).where(batches.c.job_id == job_id, batches.c.state == "loading")
    for number in connection.execute(left).scalars().all():
        discard(connection, number)


def discard(connection: sa.Connection, batch_id: int) -> None:
    """Take an unfinished batch away."""
    mine = sa.select(versions.c.id).where(versions.c.batch_id == batch_id)
    scored = sa.select(scores.c.id).where(scores.c.batch_id == batch_id)
    for table, column, chosen in (
        (records, records.c.score_id, scored),
        (reasons, reasons.c.score_id, scored),
        (scores, scores.c.id, scored),
        (party_marks, party_marks.c.version_id, mine),
        (declared, declared.c.version_id, mine),
        (watch_hits, watch_hits.c.version_id, mine),
        (rule_hits, rule_hits.c.version_id, mine),
    ):
        connection.execute(table.delete().where(column.in_(chosen)))
    connection.execute(versions.delete().where(versions.c.batch_id == batch_id))
    connection.execute(problems.delete().where(problems.c.batch_id == batch_id))
    anywhere = sa.select(versions.c.id).where(versions.c.shipment_id == shipments.c.id).exists()
    connection.execute(shipments.delete().where(~anywhere))
    connection.execute(batches.delete().where(batches.c.id == batch_id, batches.c.state == "loading"))


def known(connection: sa.Connection, bills: Sequence[str]) -> pd.DataFrame:
    """Return every version known of bills: ``bill``, ``shipment_id``, ``number``, ``content_hash``."""
    parts = []
    for start in range(0, len(bills), _ASKED):
        asked = list(bills[start : start + _ASKED])
        rows = connection.execute(
            sa.select(
                shipments.c.bill,
                shipments.c.id.label("shipment_id"),
                versions.c.number,
                versions.c.content_hash,
                versions.c.known_at,
                versions.c.current,
            )
            .join(versions, versions.c.shipment_id == shipments.c.id)
            .where(shipments.c.bill.in_(asked))
            .order_by(versions.c.number)
        )
        parts.append(pd.DataFrame(rows.mappings().all()))
    names = ["bill", "shipment_id", "number", "content_hash", "known_at", "current"]
    found = [part for part in parts if len(part)]
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame({name: [] for name in names})


def unchanged(known_rows: pd.DataFrame, filed: pd.DataFrame) -> np.ndarray:
    """Tell which rows say what the current version of their bill said already, shape (n,)."""
    if known_rows.empty:
        return np.zeros(len(filed), dtype=bool)
    current = known_rows[known_rows["current"].astype(bool)].set_index("bill")["content_hash"]
    return (filed["bill"].map(current) == filed["content_hash"]).to_numpy(dtype=bool)


def add(connection: sa.Connection, batch_id: int, filed: Filed, rows: Sequence[int]) -> None:
    """Put some rows of a batch in (at most `PIECE`), not yet seen by anybody."""
    part = filed.versions.iloc[list(rows)]
    have = known(connection, part["bill"].tolist())
    ids = dict(zip(have["bill"], have["shipment_id"], strict=True))
    numbers = have.groupby("bill")["number"].max().to_dict() if len(have) else {}
    new = part[~part["bill"].isin(ids)]
    if len(new):
        made = connection.execute(
            shipments.insert().returning(shipments.c.id, shipments.c.bill, sort_by_parameter_order=True),
            [
                {"bill": bill, "natural_person": bool(person), "first_known_at": known_at}
                for bill, person, known_at in zip(
                    new["bill"], new["natural_person"], new["known_at"], strict=True
                )
            ],
        )
        ids |= {row.bill: row.id for row in made}
    # Once a version names a private person, the whole shipment is kept no longer than a person's.
    again = part["natural_person"].astype(bool) & ~part["bill"].isin(new["bill"])
    if again.any():
        named = [int(ids[bill]) for bill in part.loc[again, "bill"]]
        connection.execute(shipments.update().where(shipments.c.id.in_(named)).values(natural_person=True))
    inserted = [
        {
            **{name: _cell(value) for name, value in row.items() if name in _VERSION},
            "shipment_id": ids[row["bill"]],
            "batch_id": batch_id,
            "number": numbers.get(row["bill"], 0) + 1,
            "current": False,
        }
        for row in part.to_dict("records")
    ]
    version_ids = _insert(connection, versions, inserted)
    add_scores(connection, batch_id, filed, rows, version_ids)
    _details(connection, filed, rows, version_ids)


def add_scores(
    connection: sa.Connection,
    batch_id: int,
    filed: Filed,
    rows: Sequence[int],
    version_ids: Sequence[int],
    *,
    current: bool = True,
    shadow: bool = False,
) -> None:
    """Put scores of versions in, with their reasons and records."""
    score_rows = [
        {
            **{name: _cell(value) for name, value in row.items() if name in _SCORE},
            "version_id": version_id,
            "batch_id": batch_id,
            "record_hash": filed.record_hashes[position],
            "current": current,
            "shadow": shadow,
        }
        for row, version_id, position in zip(
            filed.scores.iloc[list(rows)].to_dict("records"), version_ids, rows, strict=True
        )
    ]
    score_ids = _insert(connection, scores, score_rows)
    connection.execute(
        reasons.insert(),
        [
            {"score_id": s, "records": filed.reasons[i], "told": filed.told[i]}
            for i, s in zip(rows, score_ids, strict=True)
        ],
    )
    connection.execute(
        records.insert(),
        [{"score_id": s, "record": filed.records[i]} for i, s in zip(rows, score_ids, strict=True)],
    )


def _details(
    connection: sa.Connection, filed: Filed, rows: Sequence[int], version_ids: Sequence[int]
) -> None:
    places = dict(zip(rows, version_ids, strict=True))
    connection.execute(
        declared.insert(),
        [
            {
                "version_id": version_id,
                "row": filed.declared[i],
                "origin": filed.origins[i],
                "search": filed.search[i],
            }
            for i, version_id in places.items()
        ],
    )
    marked = filed.marks[filed.marks["row"].isin(places)].drop_duplicates()
    if len(marked):
        connection.execute(
            party_marks.insert(),
            [
                {"version_id": places[row], "role": role, "mark": mark}
                for row, role, mark in zip(marked["row"], marked["role"], marked["mark"], strict=True)
            ],
        )


def _insert(connection: sa.Connection, table: sa.Table, rows: list[dict[str, Any]]) -> list[int]:
    made = connection.execute(table.insert().returning(table.c.id, sort_by_parameter_order=True), rows)
    return [row.id for row in made]


def _cell(value: Any) -> Any:
    if isinstance(value, (dict, list)):
        return value
    if isinstance(value, np.generic):
        value = value.item()
    return None if pd.isna(value) else value


def add_problems(connection: sa.Connection, batch_id: int, rows: list[dict[str, Any]]) -> None:
    """Keep what was rejected or noted while reading."""
    if rows:
        connection.execute(problems.insert(), [{"batch_id": batch_id, **row} for row in rows])


def finish(
    connection: sa.Connection, batch_id: int, counts: dict[str, Any], *, at: pd.Timestamp, actor: str
) -> None:
    """Let a whole batch be seen: its versions become current where none is known later."""
    mine = versions.c.batch_id == batch_id
    touched = sa.select(versions.c.shipment_id).where(mine)
    connection.execute(
        versions.update().where(versions.c.shipment_id.in_(touched), versions.c.current).values(current=False)
    )
    ready = sa.select(batches.c.id).where((batches.c.state == "ready") | (batches.c.id == batch_id))
    ranked = (
        sa.select(
            versions.c.id,
            sa.func.row_number()
            .over(
                partition_by=versions.c.shipment_id,
                order_by=(versions.c.known_at.desc(), versions.c.number.desc()),
            )
            .label("place"),
        )
        .where(versions.c.shipment_id.in_(touched), versions.c.batch_id.in_(ready))
        .subquery()
    )
    latest = sa.select(ranked.c.id).where(ranked.c.place == 1)
    connection.execute(versions.update().where(versions.c.id.in_(latest)).values(current=True))
    digest = data_hash(connection, batch_id)
    connection.execute(
        batches.update()
        .where(batches.c.id == batch_id)
        .values(state="ready", counts=counts, data_hash=digest)
    )
    facts: dict[str, ledger.Plain] = {
        "data": digest,
        "model": connection.execute(
            sa.select(batches.c.model_id).where(batches.c.id == batch_id)
        ).scalar_one(),
        **{name: int(count) for name, count in counts.items()},
    }
    ledger.append(connection, "batch", at=at, actor=actor, subject=f"batch:{batch_id}", facts=facts)


def data_hash(connection: sa.Connection, batch_id: int) -> str:
    """Return SHA-256 over all score records of a batch, in order."""
    digest = sha256()
    found = sa.select(scores.c.record_hash).where(scores.c.batch_id == batch_id).order_by(scores.c.id)
    for text in connection.execute(found).scalars():
        digest.update(text.encode())
    return digest.hexdigest()
