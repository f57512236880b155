"""What every page and print says: the model scores are made by, what they rest on, the ledger's head."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from risk.store import ledger
from risk.store.tables import batches, models


@dataclass(frozen=True)
class InForce:
    """What scores rest on now.

    Attributes
    ----------
    model_id : str
        Of the model in force; else of the latest load; empty before anything was scored.
    risk_basis : str
        ``prior`` (not known for this port) or ``port``; empty before anything was scored.
    head : str
        Of the ledger, as printed.
    """

    model_id: str
    risk_basis: str
    head: str


def get(connection: sa.Connection) -> InForce:
    """Return what is in force."""
    champion = sa.select(models.c.model_id, models.c.risk_basis).where(models.c.stage == "champion")
    latest = (
        sa.select(batches.c.model_id, batches.c.risk_basis)
        .where(batches.c.state == "ready")
        .order_by(batches.c.id.desc())
        .limit(1)
    )
    row = connection.execute(champion).first() or connection.execute(latest).first()
    model_id, basis = (row.model_id, row.risk_basis) if row else ("", "")
    return InForce(model_id, basis, ledger.head(connection))
