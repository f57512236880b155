"""The scored shipments of a window, in the model's order, kept from look to look.

Twenty thousand rows take longer to fetch than a page may take to turn, and change only when files are
loaded, scored again or purged. What people do to a shipment (claims, steps, outcomes, lists) is no part of
this and is read anew every time. Whether the rows still hold is told by the ledger, within the same
transaction: every change has its row there, and any kind of row not known to leave scores alone lets them be
read again.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import sqlalchemy as sa

from risk import triage
from risk.store.tables import batches, ledger, scores, shipments, versions

_VERSION = (
    *("known_at", "arrives_at", "available_until", "mode", "direction", "location", "conveyance"),
    *("master_bill", "containers", "goods", "heading", "origin", "destination"),
    *("loading_port", "discharge_port", "packages", "gross_weight_kg"),
)
_SCORE = (
    "log_odds",
    "risk",
    "risk_live_animals",
    "risk_wildlife_products",
    "risk_basis",
    "model_id",
    "notes",
)
_TIMES = ("known_at", "arrives_at", "available_until")
_TEXTS = (
    *("bill", "record_hash", "mode", "direction", "location", "conveyance", "master_bill", "containers"),
    *("goods", "heading", "origin", "destination", "loading_port", "discharge_port"),
    *("risk_basis", "model_id", "notes"),
)

#: Kinds of the ledger's rows that change no version and no score.
LEAVE_ALONE: Final = frozenset(
    (
        *("claim", "claim.released", "step", "note", "override", "override.refused"),
        *("override.signed", "override.withdrawn", "margins", "finds.exported"),
        *("outcome", "photo", "view", "view.saved", "view.dropped", "list.published", "site.secret"),
        *("login", "login.refused", "login.unknown", "login.locked", "logout"),
        *(
            "account.added",
            "account.changed",
            "contact.added",
            "contact.changed",
            "contact.ended",
            "settings",
        ),
        *("watch.added", "watch.changed", "watch.ended", "watch.exported", "watch.imported"),
        *("rule.added", "rule.changed", "rule.ended"),
        *("file.added", "job.asked", "job.stop", "mapping.saved", "mapping.dropped", "backup"),
    )
)
#: Windows kept at a time, each from one full hour to another.
WINDOWS = 2


@dataclass(frozen=True)
class _Kept:
    seq: int
    hash: str
    frame: pd.DataFrame


class Scored:
    """Scored shipments of windows; one for all who look at the same database, safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[pd.Timestamp, pd.Timestamp], _Kept] = OrderedDict()

    def rows(self, connection: sa.Connection, since: pd.Timestamp, until: pd.Timestamp) -> pd.DataFrame:
        """Return what arrives in a window (or was known in it, where arrival is not said), by score.

        Parameters
        ----------
        connection : Connection
            Of the one database this is for, in a transaction.
        since, until : Timestamp
            Both within the window.

        Returns
        -------
        DataFrame, shape (n, ...)
            Columns of versions and scores, the highest risk first, and ``rank`` from 1.
        """
        window = since.floor("h"), until.ceil("h")
        whole = self._whole(connection, window)
        moment = whole["arrives_at"].fillna(whole["known_at"])
        inside = whole[moment.between(since, until).to_numpy()].reset_index(drop=True)
        inside["rank"] = np.arange(1, len(inside) + 1)
        return inside

    def _whole(self, connection: sa.Connection, window: tuple[pd.Timestamp, pd.Timestamp]) -> pd.DataFrame:
        with self._lock:
            kept = self._kept.get(window)
        if kept is not None and (head := _still(connection, kept)) is not None:
            frame = kept.frame
        else:
            head, frame = _head(connection), _fetched(connection, *window)
        with self._lock:
            before = self._kept.get(window)
            if before is None or before is kept or before.seq < head[0]:
                self._kept[window] = _Kept(*head, frame)
            self._kept.move_to_end(window)
            while len(self._kept) > WINDOWS:
                self._kept.popitem(last=False)
        return frame


def _still(connection: sa.Connection, kept: _Kept) -> tuple[int, str] | None:
    """Return the ledger's head where rows kept at an earlier one still hold, else None."""
    later = connection.execute(
        sa.select(ledger.c.seq, ledger.c.kind, ledger.c.hash)
        .where(ledger.c.seq >= kept.seq)
        .order_by(ledger.c.seq)
    ).all()
    # The row they were kept at must be there: a transaction that began before it sees another day.
    if kept.seq and (not later or (later[0].seq, later[0].hash) != (kept.seq, kept.hash)):
        return None
    new = later[1:] if kept.seq else later
    if any(row.kind not in LEAVE_ALONE for row in new):
        return None
    return (int(later[-1].seq), str(later[-1].hash)) if later else (0, "")


def _head(connection: sa.Connection) -> tuple[int, str]:
    last = connection.execute(
        sa.select(ledger.c.seq, ledger.c.hash).order_by(ledger.c.seq.desc()).limit(1)
    ).first()
    return (int(last.seq), str(last.hash)) if last else (0, "")


def within(since: pd.Timestamp, until: pd.Timestamp) -> sa.ColumnElement[bool]:
    """Tell versions in force that arrive in a window, or were known in it where they do not say when."""
    silent = versions.c.arrives_at.is_(None) & versions.c.known_at.between(since, until)
    return versions.c.current & (versions.c.arrives_at.between(since, until) | silent)


def _fetched(connection: sa.Connection, since: pd.Timestamp, until: pd.Timestamp) -> pd.DataFrame:
    loading = sa.select(batches.c.id).where(batches.c.state != "ready")
    said = versions.c.arrives_at.between(since, until)
    silent = versions.c.arrives_at.is_(None) & versions.c.known_at.between(since, until)
    wanted = (
        sa.select(
            shipments.c.id.label("shipment_id"),
            shipments.c.bill,
            versions.c.id.label("version_id"),
            scores.c.id.label("score_id"),
            scores.c.record_hash,
            *(versions.c[name] for name in _VERSION),
            *(scores.c[name] for name in _SCORE),
        )
        .join(versions, versions.c.shipment_id == shipments.c.id)
        .join(scores, scores.c.version_id == versions.c.id)
        .where(versions.c.current, scores.c.current, versions.c.batch_id.not_in(loading))
    )
    # One after the other, each by its index: the database would go through all there ever was for "or".
    parts = [_columns(connection, wanted.where(each)) for each in (said, silent)]
    frame = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    order = triage.ranking(frame["bill"], frame["log_odds"].to_numpy(dtype=float))
    return frame.iloc[order].reset_index(drop=True)


def _columns(connection: sa.Connection, wanted: sa.Select[Any]) -> pd.DataFrame:
    result = connection.execute(wanted)
    names = list(result.keys())
    columns = list(zip(*result.all(), strict=True)) or [()] * len(names)
    made: dict[str, Any] = {}
    for name, values in zip(names, columns, strict=True):
        if name in _TIMES:
            made[name] = pd.Series(values, dtype="datetime64[us]")
        elif name in _TEXTS:
            made[name] = pd.Series(values, dtype="str")
        elif name.endswith("_id"):
            made[name] = np.array(values, dtype=np.int64)
        else:
            made[name] = np.array(values, dtype=np.float64)
    return pd.DataFrame(made)
