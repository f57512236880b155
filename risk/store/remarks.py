"""What people wrote about a shipment: kept where it can be purged; the ledger never says what."""

from __future__ import annotations

import pandas as pd
import sqlalchemy as sa

from risk.store.tables import remarks
from risk.store.texts import kept


def keep(
    connection: sa.Connection,
    shipment_id: int,
    kind: str,
    text: str,
    user_id: int,
    *,
    at: pd.Timestamp,
    of_id: int | None = None,
) -> None:
    """Keep what somebody wrote; nothing where nothing was written.

    Parameters
    ----------
    kind : str
        ``note``, ``override`` or ``outcome``.
    of_id : int, optional
        Number of the override or outcome it is about.
    """
    if words := kept(text):
        about = {"shipment_id": shipment_id, "kind": kind, "of_id": of_id}
        connection.execute(remarks.insert().values(**about, text=words, user_id=user_id, at=at))
