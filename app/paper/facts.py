"""What prints are made of: plain data, as the store and the views have it.

Codes stay codes (`risk.vocabulary` has their words), moments are naive UTC, sentences are told already in the
language of the print. Texts are as they were declared: the prints cut and escape them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from models.metrics import ENOUGH_FINDS


@dataclass(frozen=True)
class Frame:
    """What stands around every page.

    Attributes
    ----------
    language : str
        One of `risk.language.LANGUAGES`.
    port : str
        Name of the port.
    zone : str
        Its time zone (IANA).
    printed_at : Timestamp
        When; a print of the same data at the same moment is the same to the byte.
    printed_by : str
        Login id.
    ledger_head : str
        Of `risk.store.ledger.head`: what a cut ledger can be told by.
    band : str
        ``sample``, ``drill`` or empty: told at the head of every page.
    """

    language: str
    port: str
    zone: str
    printed_at: pd.Timestamp
    printed_by: str
    ledger_head: str
    band: str = ""


@dataclass(frozen=True)
class PublishedList:
    """A list as it was frozen.

    Attributes
    ----------
    number, digest : int, str
    published_at, published_by : Timestamp, str
        By login id.
    shift : str
        Name of the shift, as the port calls it.
    capacity : sequence of mapping
        Pools: ``slots``, ``mode``, ``location``, ``inspection_type``.
    shipments : int
        How many were ranked.
    risk_basis, model_id : str
    expected_finds : mapping, optional
        ``mean``, ``low``, ``high``, ``level`` (0 to 1), where the model is calibrated to this port.
    after : int, optional
        The list this one adds to.
    gone : int
        Of its shipments, those that are not printed: amended, they arrive on other days.
    """

    number: int
    digest: str
    published_at: pd.Timestamp
    published_by: str
    shift: str
    capacity: Sequence[Mapping[str, object]]
    shipments: int
    risk_basis: str
    model_id: str
    expected_finds: Mapping[str, float] | None = None
    after: int | None = None
    gone: int = 0


@dataclass(frozen=True)
class Row:
    """A shipment to be opened. How it was chosen is not part of it.

    Attributes
    ----------
    place : int
        On the list, from 1.
    inspection : str
        What to do, one of the inspections of `risk.vocabulary`; empty leaves it to the officer.
    available_until : Timestamp, optional
        When it is released or goes on.
    reasons : sequence of str
        The strongest first; two are printed.
    """

    place: int
    bill: str
    mode: str = ""
    location: str = ""
    conveyance: str = ""
    arrives_at: pd.Timestamp | None = None
    available_until: pd.Timestamp | None = None
    master_bill: str = ""
    containers: str = ""
    goods: str = ""
    heading: str = ""
    origin: str = ""
    loading_port: str = ""
    discharge_port: str = ""
    destination: str = ""
    packages: float | None = None
    gross_weight_kg: float | None = None
    inspection: str = ""
    reasons: Sequence[str] = ()


def rows_of(
    chosen: pd.DataFrame,
    reasons: Mapping[int, Sequence[str]],
    capacity: Sequence[Mapping[str, object]] = (),
) -> list[Row]:
    """Return the rows of a print from rows of the day.

    They are numbered from 1: a place among thousands would tell who was drawn.

    Parameters
    ----------
    chosen : DataFrame
        Columns of `risk.store.day.rows`, the chosen shipments alone, in their order.
    reasons : mapping
        Score id -> sentences.
    capacity : sequence of mapping
        The list's pools: what to do is that of the pool a shipment is in.
    """
    from risk.triage import Pool

    kinds = {(pool := Pool(**each)).name: pool.inspection_type for each in capacity}  # type: ignore[arg-type]
    columns = [name for name in Row.__dataclass_fields__ if name in chosen.columns and name != "place"]
    made = []
    for number, row in enumerate(chosen.to_dict("records"), start=1):
        values = {str(name): _none(row[name]) for name in columns}
        values = {name: value for name, value in values.items() if value is not None}
        inspection = kinds.get(str(row.get("pool", "")), "")
        told = tuple(reasons.get(int(row["score_id"]), ()))
        made.append(Row(place=number, **values | {"inspection": inspection, "reasons": told}))  # type: ignore[arg-type]
    return made


def _none(value: object) -> object:
    return None if pd.isna(value) else value  # type: ignore[call-overload]


@dataclass(frozen=True)
class Hold:
    """What a terminal or an airline is asked to hold: which shipment, and nothing of why.

    Attributes
    ----------
    reference : str
        By which the port and the addressee speak of it.
    addressee : str
        Terminal, airline or carrier.
    present_at : str
        Where it is to be brought.
    contact : str
        Whom to call, with the number.
    """

    reference: str
    addressee: str
    bill: str
    master_bill: str = ""
    containers: str = ""
    mode: str = ""
    location: str = ""
    conveyance: str = ""
    arrives_at: pd.Timestamp | None = None
    packages: float | None = None
    gross_weight_kg: float | None = None
    present_at: str = ""
    present_by: pd.Timestamp | None = None
    contact: str = ""


@dataclass(frozen=True)
class Deed:
    """Something decided: what and by whom.

    Attributes
    ----------
    kind, code : str
        A kind of `risk.vocabulary` and a code of it (``step`` ``located``; ``raise`` ``tip``).
    who : str
        Login id.
    remark : str
    """

    at: pd.Timestamp
    who: str
    kind: str
    code: str
    remark: str = ""


@dataclass(frozen=True)
class Finding:
    """One outcome, in force or corrected: `risk.store.inspections.Outcome` and who entered it."""

    at: pd.Timestamp
    who: str
    inspection: str
    in_force: bool
    why_not: str = ""
    status: str = ""
    found: Sequence[str] = ()
    permit_valid: bool | None = None
    taxa: Sequence[str] = ()
    where_in_load: str = ""
    pieces: int | None = None
    alive: int | None = None
    kg: float | None = None
    evidence_reference: str = ""
    inspected_at: pd.Timestamp | None = None
    selected_by: str = ""
    remark: str = ""


@dataclass(frozen=True)
class Photo:
    """A photo of an outcome: its hash, and where it can be shown a small picture.

    Attributes
    ----------
    number : int
        By which the store knows it.
    sha256 : str
        Of the photo as it was kept, not of the small picture.
    at : Timestamp
        When it was kept.
    in_force : bool
        Whether the outcome it was sent with is in force.
    small : bytes
        A JPEG; empty where there is none.
    lacks : str
        Why there is none: ``gone``, ``other`` (what is kept is not what the hash is of), ``unreadable``
        (broken, or too large to be opened), ``many`` (a print shows the first ones alone); empty where
        there is one.
    """

    number: int
    sha256: str
    at: pd.Timestamp
    in_force: bool
    small: bytes = b""
    lacks: str = ""


@dataclass(frozen=True)
class Case:
    """A find, as it can be laid before others.

    Attributes
    ----------
    declared : sequence of (str, object)
        Name of the field in the print's language, and what was declared.
    purged : str
        Where what was declared is gone: by which rule and when, in the print's language.
    rank, shipments : int or None
        Rank the model gave then, among how many.
    risk : float or None
        Then, 0 to 1.
    reasons : sequence of str
        As shown then.
    deeds, findings : sequence
        Oldest first.
    hashes : sequence of (str, str)
        What, in the print's language, and its SHA-256; photos have theirs.
    photos : sequence of Photo
    """

    bill: str
    declared: Sequence[tuple[str, object]]
    rank: int | None
    shipments: int | None
    risk: float | None
    risk_basis: str
    model_id: str
    reasons: Sequence[str] = ()
    list_number: int | None = None
    listed_at: pd.Timestamp | None = None
    purged: str = ""
    deeds: Sequence[Deed] = ()
    findings: Sequence[Finding] = ()
    hashes: Sequence[tuple[str, str]] = ()
    photos: Sequence[Photo] = ()


@dataclass(frozen=True)
class Rate:
    """How often one way of choosing found something.

    Attributes
    ----------
    selected_by : str
        A code of `risk.vocabulary`.
    opened, finds : int
    low, high : float or None
        Interval of the share, 0 to 1.
    """

    selected_by: str
    opened: int
    finds: int
    low: float | None = None
    high: float | None = None

    @property
    def estimable(self) -> bool:
        """Whether the share means anything."""
        return self.finds >= ENOUGH_FINDS and self.opened > 0


@dataclass(frozen=True)
class Left:
    """A shipment handed over to the next shift, or one that left.

    Attributes
    ----------
    step : str
        The last one noted.
    inspection, why_not : str
        Of its outcome, where it has one.
    """

    bill: str
    step: str = ""
    location: str = ""
    available_until: pd.Timestamp | None = None
    claimed_by: str = ""
    remark: str = ""
    inspection: str = ""
    why_not: str = ""


@dataclass(frozen=True)
class Done:
    """A shipment that was inspected, or of which somebody said why it was not.

    Attributes
    ----------
    at : Timestamp
        When it was inspected, or said not to be.
    inspection, status, why_not : str
    found : sequence of str
    """

    bill: str
    at: pd.Timestamp | None = None
    location: str = ""
    inspection: str = ""
    found: Sequence[str] = ()
    status: str = ""
    why_not: str = ""


@dataclass(frozen=True)
class Shift:
    """The numbers of a shift.

    Attributes
    ----------
    listed, opened, finds : int
        Shipments on the lists, inspected, found with.
    gone : int
        Left before they were opened.
    missed_draws : int
        Random picks of which an outcome says that they were not inspected.
    days_since_outcome : float or None
        Since anything was entered.
    override_share : float or None
        Of the chosen shipments, those an officer raised, 0 to 1.
    rates : sequence of Rate
    rates_since : Timestamp or None
        From when inspections count for them, up to ``until``: one shift has too few finds.
    not_inspected : mapping
        Reason (``why_not`` of `risk.vocabulary`) -> shipments.
    left : sequence of Left
        Still there: handed over.
    remarks : sequence of str
        For who comes next.
    inspected, found : mapping
        Kind of inspection, and what was found -> how many.
    provisional : int
        Finds not confirmed yet.
    done : sequence of Done
        What was inspected, then what was not and why.
    away : sequence of Left
        Left before anybody opened them.
    """

    name: str
    since: pd.Timestamp
    until: pd.Timestamp
    listed: int
    opened: int
    finds: int
    gone: int
    missed_draws: int
    risk_basis: str
    model_id: str
    days_since_outcome: float | None = None
    override_share: float | None = None
    rates: Sequence[Rate] = ()
    not_inspected: Mapping[str, int] = field(default_factory=dict)
    left: Sequence[Left] = ()
    remarks: Sequence[str] = ()
    inspected: Mapping[str, int] = field(default_factory=dict)
    found: Mapping[str, int] = field(default_factory=dict)
    provisional: int = 0
    done: Sequence[Done] = ()
    away: Sequence[Left] = ()
    rates_since: pd.Timestamp | None = None
