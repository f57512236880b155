"""What the page of the day shows: counts, rows in order of place, and what a capacity would open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np
import pandas as pd

from risk.triage import Pool

#: Share of the day's shipments down to which a band reaches, by the model's rank.
BANDS = (("very_high", 0.01), ("high", 0.05), ("medium", 0.2), ("low", 1.0))
#: Rows on one page.
SIZE = 50
#: Reasons told beside a shipment.
REASONS = 2


@dataclass(frozen=True)
class Row:
    """One shipment of the day.

    Attributes
    ----------
    shipment_id, score_id, place, rank : int
    bill, mode, location, conveyance, goods, origin, destination, pool : str
    band : str
        How high it ranks in the day, a code of `risk.vocabulary`.
    height : float
        Share of the day's shipments that rank below it, 0 to 1, for a bar.
    probability : float or None
        Of a find; None where it is not known for this port.
    arrives_at, until : Timestamp or None
    waited : float or None
        Hours since it arrived.
    left : float or None
        Hours until it is released or goes on.
    reasons : tuple of str
        The strongest, in words; empty where they were purged.
    status : str
        ``find``, ``clean``, ``other_offence``, ``overturned``, ``not_inspected``, a step, ``waiting`` (for a
        second signature), ``claimed``, ``listed`` or empty.
    claimed_by : str
        Login; empty for nobody.
    mine : bool
    raised, lowered : bool
    floor_reason : str
    """

    shipment_id: int
    score_id: int
    place: int
    rank: int
    bill: str
    mode: str
    location: str
    conveyance: str
    goods: str
    origin: str
    destination: str
    pool: str
    band: str
    height: float
    probability: float | None
    arrives_at: pd.Timestamp | None
    until: pd.Timestamp | None
    waited: float | None
    left: float | None
    reasons: tuple[str, ...]
    status: str
    claimed_by: str
    mine: bool
    raised: bool
    lowered: bool
    floor_reason: str


@dataclass(frozen=True)
class Counts:
    """How the day stands."""

    shipments: int
    undecided: int
    listed: int
    listed_undecided: int
    finds: int
    claimed: int


def counts(frame: pd.DataFrame) -> Counts:
    """Return how the day stands (`risk.store.day.rows`)."""
    decided, listed = frame["decided"].to_numpy(dtype=bool), frame["list_id"].notna().to_numpy()
    finds = sum(
        _is_find(found, status) for found, status in zip(frame["found"], frame["status"], strict=True)
    )
    return Counts(
        shipments=len(frame),
        undecided=int((~decided).sum()),
        listed=int(listed.sum()),
        listed_undecided=int((listed & ~decided).sum()),
        finds=finds,
        claimed=int(frame["claimed_by"].notna().sum()),
    )


def _is_find(found: object, status: str) -> bool:
    kinds = found if isinstance(found, list) else []
    return status != "overturned" and bool({"live_animals", "wildlife_products"} & set(kinds))


def page_of(frame: pd.DataFrame, number: int) -> tuple[pd.DataFrame, int]:
    """Return the rows of a page (from 1) and how many pages there are; beyond the last is the last."""
    pages = max(1, -(-len(frame) // SIZE))
    number = min(max(1, number), pages)
    return frame.iloc[(number - 1) * SIZE : number * SIZE], pages


def fingerprint(frame: pd.DataFrame) -> str:
    """Return a text that changes with the rows or their order.

    A grid keeps its selection by position: with this in its key a refreshed list never moves it to another
    shipment.
    """
    return sha256(",".join(map(str, frame["shipment_id"])).encode()).hexdigest()[:16]


def rows(
    frame: pd.DataFrame,
    told: Mapping[int, Sequence[str]],
    *,
    of: int,
    now: pd.Timestamp,
    user_id: int,
) -> list[Row]:
    """Return shipments as a page shows them.

    Parameters
    ----------
    frame : DataFrame
        Rows of `risk.store.day.rows`, as they are to be shown.
    told : mapping
        Score id -> reasons in words.
    of : int
        Shipments of the whole day.
    now : Timestamp
    user_id : int
    """
    made = []
    for row in frame.to_dict("records"):
        arrives, until = _time(row["arrives_at"]), _time(row["available_until"])
        claimed = None if pd.isna(row["claimed_by"]) else int(row["claimed_by"])
        made.append(
            Row(
                shipment_id=int(row["shipment_id"]),
                score_id=int(row["score_id"]),
                place=int(row["place"]),
                rank=int(row["rank"]),
                **{name: str(row[name] or "") for name in _TEXTS},
                band=band(int(row["rank"]), of),
                height=1.0 - (int(row["rank"]) - 1) / max(of, 1),
                probability=float(row["risk"]) if row["risk_basis"] == "port" else None,
                arrives_at=arrives,
                until=until,
                waited=_hours(arrives, now) if arrives is not None and arrives <= now else None,
                left=_hours(now, until) if until is not None else None,
                reasons=tuple(told.get(int(row["score_id"]), ())[:REASONS]),
                status=_status(row, claimed),
                claimed_by=str(row["claimed_name"]) if claimed is not None else "",
                mine=claimed == user_id,
                raised=bool(row["raised"]),
                lowered=bool(row["lowered"]),
                floor_reason=str(row.get("floor_reason") or ""),
            )
        )
    return made


_TEXTS = ("bill", "mode", "location", "conveyance", "goods", "origin", "destination", "pool")


def band(rank: int, of: int) -> str:
    """Return how high a rank stands among so many, as a code; the first is always very high."""
    return next(name for name, share in BANDS if rank <= max(1, round(share * of)) or share == 1.0)


def _time(value: object) -> pd.Timestamp | None:
    return None if pd.isna(value) else pd.Timestamp(value)  # type: ignore[call-overload, arg-type]


def _hours(begin: pd.Timestamp, end: pd.Timestamp | None) -> float | None:
    return None if end is None else (end - begin) / pd.Timedelta(hours=1)


def _status(row: Mapping[Any, Any], claimed: int | None) -> str:
    if row["decided"]:
        if row["inspection"] == "not_inspected":
            return "not_inspected"
        if _is_find(row["found"], str(row["status"])):
            return "find"
        if row["status"] == "overturned":
            return "overturned"
        kinds = row["found"] if isinstance(row["found"], list) else []
        return "other_offence" if "other_offence" in kinds else "clean"
    if row["waiting"]:
        return "waiting"
    if row["step"] and row["step"] != "selected":
        return str(row["step"])
    if claimed is not None:
        return "claimed"
    return "listed" if pd.notna(row["list_id"]) else ""


def explored(pools: Sequence[Pool], slots: Mapping[str, int]) -> tuple[Pool, ...]:
    """Return pools with other numbers of inspections, by their names."""
    return tuple(
        Pool(slots.get(pool.name, pool.slots), pool.mode, pool.location, pool.inspection_type)
        for pool in pools
    )


def last_opened(chosen: pd.DataFrame) -> int:
    """Return the last place a capacity reaches, 0 for none (`risk.store.publishing.proposed`)."""
    places = np.flatnonzero((chosen["selected_by"] != "").to_numpy())
    return int(places[-1]) + 1 if len(places) else 0
