"""What the page of the day shows: counts, rows in order of place, and what a capacity would open."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from app.views.outcome import headline
from risk.store.day import left

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
    heading, loading_port, discharge_port, containers : str
    band : str
        How high it ranks in the day, a code of `risk.vocabulary`.
    height : float
        Where its score stands between the day's lowest and highest, 0 to 1, for a bar.
    score : int
        From 0 to 1000: it orders shipments and is no probability.
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
        With an outcome a key of `app.views.outcome.HEADLINES`; else a step, ``waiting`` (for a second
        signature), ``claimed``, ``listed`` or empty.
    claimed_by : str
        Login; empty for nobody.
    claimed_until : Timestamp or None
    mine : bool
    raised, lowered : bool
    floor_reason : str
        ``rule`` or ``watch`` where that is why it stands above its rank.
    decided : bool
    within : bool
        Whether the capacity looked at would open it.
    apart : bool
        On a list, where nothing tells how it was chosen: place, rank, band, score and height are empty.
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
    heading: str
    loading_port: str
    discharge_port: str
    containers: str
    band: str
    height: float
    score: int
    probability: float | None
    arrives_at: pd.Timestamp | None
    until: pd.Timestamp | None
    waited: float | None
    left: float | None
    reasons: tuple[str, ...]
    status: str
    claimed_by: str
    claimed_until: pd.Timestamp | None
    mine: bool
    raised: bool
    lowered: bool
    floor_reason: str
    decided: bool
    within: bool = False
    apart: bool = False


@dataclass(frozen=True)
class Counts:
    """How the day stands."""

    shipments: int
    undecided: int
    listed: int
    #: Of these without an outcome, not at the step ``opened``, and not left.
    listed_undecided: int
    finds: int
    claimed: int


def counts(frame: pd.DataFrame, now: pd.Timestamp) -> Counts:
    """Return how the day stands at a moment (`risk.store.day.rows`)."""
    decided, listed = frame["decided"].to_numpy(dtype=bool), frame["list_id"].notna().to_numpy()
    with_outcome = frame[decided]
    to_open = ~decided & (frame["step"] != "opened").to_numpy(dtype=bool) & ~left(frame, now)
    finds = sum(_became(each) == "find" for each in with_outcome.to_dict("records"))
    return Counts(
        shipments=len(frame),
        undecided=int((~decided).sum()),
        listed=int(listed.sum()),
        listed_undecided=int((listed & to_open).sum()),
        finds=finds,
        claimed=int((frame["claimed_by"].notna().to_numpy() & ~decided).sum()),
    )


def _became(row: Mapping[Any, Any]) -> str:
    """Return what an outcome is called, a key of `app.views.outcome.HEADLINES`."""
    found, permit = row["found"], row["permit_valid"]
    # Missing beside others that are there, a permit is no longer None.
    valid = bool(permit is True or permit == 1)
    return headline(
        str(row["inspection"]), found if isinstance(found, list) else [], valid, str(row["status"])
    )


def page_of(frame: pd.DataFrame, number: int) -> tuple[pd.DataFrame, int]:
    """Return the rows of a page (from 1) and how many pages there are; beyond the last is the last."""
    pages = max(1, -(-len(frame) // SIZE))
    number = min(max(1, number), pages)
    return frame.iloc[(number - 1) * SIZE : number * SIZE], pages


def rows(
    frame: pd.DataFrame,
    told: Mapping[int, Sequence[str]],
    *,
    day: Day,
    user_id: int,
    within: Collection[int] = (),
) -> list[Row]:
    """Return shipments as a page shows them.

    Parameters
    ----------
    frame : DataFrame
        Rows of `risk.store.day.rows`, as they are to be shown.
    told : mapping
        Score id -> reasons in words.
    day : Day
        The whole day they are of.
    user_id : int
    within : collection of int
        Ids of shipments a capacity would open.
    """
    return [_row(each, told, day, user_id, within) for each in frame.to_dict("records")]


_TEXTS = (
    *("bill", "mode", "location", "conveyance", "goods", "origin", "destination", "pool"),
    *("heading", "loading_port", "discharge_port", "containers"),
)


def _row(
    row: Mapping[Any, Any],
    told: Mapping[int, Sequence[str]],
    day: Day,
    user_id: int,
    within: Collection[int],
) -> Row:
    arrives, until = _time(row["arrives_at"]), _time(row["available_until"])
    claimed = None if pd.isna(row["claimed_by"]) else int(row["claimed_by"])
    lifted = int(row["floor"]) and int(row["place"]) < int(row["rank"]) and not row["raised"]
    return Row(
        shipment_id=int(row["shipment_id"]),
        score_id=int(row["score_id"]),
        place=int(row["place"]),
        rank=int(row["rank"]),
        **{name: str(row[name] or "") for name in _TEXTS},  # type: ignore[arg-type]
        band=band(int(row["rank"]), day.shipments),
        height=day.height(float(row["log_odds"])),
        score=round(1000 * float(row["risk"])),
        probability=float(row["risk"]) if row["risk_basis"] == "port" else None,
        arrives_at=arrives,
        until=until,
        waited=_hours(arrives, day.now) if arrives is not None and arrives <= day.now else None,
        left=_hours(day.now, until) if until is not None else None,
        reasons=tuple(told.get(int(row["score_id"]), ())[:REASONS]),
        status=_status(row, claimed),
        claimed_by=str(row["claimed_name"]) if claimed is not None else "",
        claimed_until=_time(row["claim_expires_at"]) if claimed is not None else None,
        mine=claimed == user_id,
        raised=bool(row["raised"]),
        lowered=bool(row["lowered"]),
        floor_reason=str(row["floor_reason"]) if lifted else "",
        decided=bool(row["decided"]),
        within=int(row["shipment_id"]) in within,
    )


@dataclass(frozen=True)
class Day:
    """The whole day that rows are shown of.

    Attributes
    ----------
    now : Timestamp
    shipments : int
    lowest, highest : float
        Log-odds.
    """

    now: pd.Timestamp
    shipments: int
    lowest: float
    highest: float

    @classmethod
    def of(cls, frame: pd.DataFrame, now: pd.Timestamp) -> Day:
        """Return what is told of a day (`risk.store.day.rows`)."""
        odds = frame["log_odds"].to_numpy(dtype=float)
        return cls(now, len(odds), float(odds.min(initial=np.inf)), float(odds.max(initial=-np.inf)))

    def height(self, log_odds: float) -> float:
        """Return where a score stands between the lowest and the highest, 0 to 1."""
        span = self.highest - self.lowest
        return (log_odds - self.lowest) / span if span > 0.0 else 1.0


def by_clock(frame: pd.DataFrame) -> pd.DataFrame:
    """Return rows in the order of their clocks with a ``number`` from 1, as lists are shown and printed.

    What leaves first comes first, then what arrived first, then by bill. A list in order of place would end
    with what was drawn at random.
    """
    order = ["available_until", "arrives_at", "bill"]
    ordered = frame.sort_values(order, na_position="last", kind="stable")
    return ordered.assign(number=np.arange(1, len(ordered) + 1))


def unmarked(rows: Sequence[Row], numbers: Mapping[int, int]) -> list[Row]:
    """Return rows of a list as they may be seen: numbered, without anything that tells a drawn one.

    Parameters
    ----------
    rows : sequence of Row
    numbers : mapping
        Shipment -> its number on the list (`by_clock`).
    """
    return [
        replace(
            row,
            place=int(numbers[row.shipment_id]),
            rank=0,
            band="",
            height=0.0,
            score=0,
            probability=None,
            raised=False,
            lowered=False,
            floor_reason="",
            within=False,
            apart=True,
        )
        for row in rows
    ]


def band(rank: int, of: int) -> str:
    """Return how high a rank stands among so many, as a code; the first is always very high."""
    return next(name for name, share in BANDS if rank <= max(1, round(share * of)) or share == 1.0)


def _time(value: object) -> pd.Timestamp | None:
    return None if pd.isna(value) else pd.Timestamp(value)  # type: ignore[call-overload, arg-type]


def _hours(begin: pd.Timestamp, end: pd.Timestamp | None) -> float | None:
    return None if end is None else (end - begin) / pd.Timedelta(hours=1)


def _status(row: Mapping[Any, Any], claimed: int | None) -> str:
    if row["decided"]:
        return _became(row)
    if row["waiting"]:
        return "waiting"
    if row["step"] and row["step"] != "selected":
        return str(row["step"])
    if claimed is not None:
        return "claimed"
    return "listed" if pd.notna(row["list_id"]) else ""
