"""What was decided and found about one shipment, as pages show it; what waits for a second signature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import sqlalchemy as sa

from risk.store import inspections
from risk.store.tables import (
    claims,
    list_rows,
    outcomes,
    overrides,
    photos,
    remarks,
    shipments,
    steps,
    users,
    versions,
)

_VERSION = (
    *("mode", "location", "conveyance", "master_bill", "containers", "goods", "heading", "origin"),
    *("destination", "loading_port", "discharge_port", "packages", "gross_weight_kg"),
    *("arrives_at", "available_until"),
)


@dataclass(frozen=True)
class Claim:
    """Who works on a shipment, and until when unless they say so again."""

    user_id: int
    login: str
    expires_at: pd.Timestamp


def shipment(connection: sa.Connection, shipment_id: int) -> dict[str, Any] | None:
    """Return a shipment as it was declared last: ``shipment_id``, ``bill`` and what lists show; or None."""
    row = connection.execute(
        sa.select(
            shipments.c.id.label("shipment_id"), shipments.c.bill, *(versions.c[name] for name in _VERSION)
        )
        .join(versions, (versions.c.shipment_id == shipments.c.id) & versions.c.current)
        .where(shipments.c.id == shipment_id)
    ).first()
    if row is None:
        return None
    times = {
        name: None if row._mapping[name] is None else pd.Timestamp(row._mapping[name])
        for name in ("arrives_at", "available_until")
    }
    return {**row._mapping, **times}


def claim(connection: sa.Connection, shipment_id: int, *, at: pd.Timestamp) -> Claim | None:
    """Return the claim in force on a shipment."""
    row = connection.execute(
        sa.select(claims.c.user_id, users.c.login, claims.c.expires_at)
        .join(users, users.c.id == claims.c.user_id)
        .where(claims.c.shipment_id == shipment_id, claims.c.expires_at > at)
    ).first()
    return None if row is None else Claim(row.user_id, row.login, pd.Timestamp(row.expires_at))


def steps_of(connection: sa.Connection, shipment_id: int) -> list[sa.Row[Any]]:
    """Return the steps of a shipment, oldest first: ``step``, ``at``, ``login``."""
    wanted = (
        sa.select(steps.c.step, steps.c.at, users.c.login)
        .outerjoin(users, users.c.id == steps.c.user_id)
        .where(steps.c.shipment_id == shipment_id)
    )
    return list(connection.execute(wanted.order_by(steps.c.id)))


_OVERRIDE = (
    *("id", "shipment_id", "direction", "code", "state", "model_rank", "user_id", "at"),
    *("second_id", "second_at"),
)
_ASKED, _SECOND = users.alias("asked"), users.alias("second")


def _overrides() -> sa.Select[Any]:
    said = (remarks.c.of_id == overrides.c.id) & (remarks.c.kind == "override")
    return (
        sa.select(
            *(overrides.c[name] for name in _OVERRIDE),
            _ASKED.c.login,
            _SECOND.c.login.label("second_login"),
            remarks.c.text.label("remark"),
        )
        .join(_ASKED, _ASKED.c.id == overrides.c.user_id)
        .outerjoin(_SECOND, _SECOND.c.id == overrides.c.second_id)
        .outerjoin(remarks, said)
        .order_by(overrides.c.id)
    )


def overrides_of(connection: sa.Connection, shipment_id: int) -> list[sa.Row[Any]]:
    """Return every raise and lowering of a shipment, oldest first, with ``login`` and ``remark``."""
    return list(connection.execute(_overrides().where(overrides.c.shipment_id == shipment_id)))


def waiting(connection: sa.Connection) -> list[sa.Row[Any]]:
    """Return what waits for a second signature, oldest first, with ``bill``, ``goods`` and ``location``."""
    told = _overrides().add_columns(shipments.c.bill, versions.c.goods, versions.c.location)
    wanted = (
        told.join(shipments, shipments.c.id == overrides.c.shipment_id)
        .outerjoin(versions, (versions.c.shipment_id == shipments.c.id) & versions.c.current)
        .where(overrides.c.state == "waiting")
    )
    return list(connection.execute(wanted))


def outcomes_of(connection: sa.Connection, shipment_id: int) -> list[sa.Row[Any]]:
    """Return all outcomes a shipment ever had, oldest first, with ``login`` and ``remark``."""
    said = (remarks.c.of_id == outcomes.c.id) & (remarks.c.kind == "outcome")
    wanted = (
        sa.select(outcomes, users.c.login, remarks.c.text.label("remark"))
        .outerjoin(users, users.c.id == outcomes.c.user_id)
        .outerjoin(remarks, said)
        .where(outcomes.c.shipment_id == shipment_id)
    )
    return list(connection.execute(wanted.order_by(outcomes.c.id)))


def is_listed(connection: sa.Connection, shipment_id: int) -> bool:
    """Tell whether a shipment was chosen on a published list and has no outcome yet."""
    chosen = (list_rows.c.shipment_id == shipment_id) & (list_rows.c.selected_by != "")
    if connection.execute(sa.select(list_rows.c.list_id).where(chosen).limit(1)).first() is None:
        return False
    return inspections.in_force_of(connection, shipment_id) is None


def photos_of(connection: sa.Connection, outcome_ids: Sequence[int]) -> list[sa.Row[Any]]:
    """Return photos of some outcomes without their content: ``id``, ``outcome_id``, ``at``, ``sha256``."""
    columns = (photos.c.id, photos.c.outcome_id, photos.c.at, photos.c.sha256)
    mine = photos.c.outcome_id.in_([int(number) for number in outcome_ids])
    return list(connection.execute(sa.select(*columns).where(mine).order_by(photos.c.id)))


def photo(connection: sa.Connection, photo_id: int) -> bytes | None:
    """Return a photo; None where it was purged."""
    return connection.execute(sa.select(photos.c.content).where(photos.c.id == photo_id)).scalar()
