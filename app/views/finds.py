"""What the page of finds shows: the finds, and the case sheet of one as tables of codes and numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from risk.store.finds import Case

LISTED = (
    *("shipment_id", "bill", "inspected_at", "found", "taxa", "pieces", "kg", "alive"),
    *("where_in_load", "status", "inspection", "selected_by", "location", "conveyance"),
)


def listed(finds: pd.DataFrame) -> pd.DataFrame:
    """Return the finds of `risk.store.finds.between` as shown; ``found`` and ``taxa`` are tuples."""
    shown = finds[list(LISTED)].copy()
    for name in ("found", "taxa"):
        shown[name] = [tuple(cell) for cell in shown[name]]
    return shown


@dataclass(frozen=True)
class Event:
    """One thing that happened to a shipment.

    Attributes
    ----------
    at : Timestamp
    kind : str
        ``list.published``, ``step``, ``override``, ``override.signed``, ``override.refused``, ``outcome``.
    codes : tuple of (str, str)
        (kind of `risk.vocabulary`, code), in the order they are told.
    by : str
        Who: the number of the account, with a name where one is known; empty for the program.
    """

    at: pd.Timestamp
    kind: str
    codes: tuple[tuple[str, str], ...]
    by: str


@dataclass(frozen=True)
class Sheet:
    """A case sheet laid out.

    Attributes
    ----------
    bill : str
    facts : tuple of (str, object)
        Of the outcome in force: what was found, where, how much.
    place : tuple of (str, object)
        Rank, place, list and how it was chosen; empty where it stood on no list.
    score : tuple of (str, object)
    families : DataFrame
        ``family`` and ``contribution`` (log-odds), the strongest first.
    declared : DataFrame or None
        ``column`` and ``value``; None where purged.
    purged : (Timestamp, str) or None
    told : tuple of str or None
    events : tuple of Event
        In order of time.
    corrections : int
        Outcomes entered before the one in force.
    remarks : tuple of (Timestamp, str, str, str)
        When, kind, by whom, text.
    hashes : tuple of (str, str)
    ledger : DataFrame
        ``seq``, ``at``, ``actor``, ``kind``, ``subject``, ``hash``.
    head : str
    """

    bill: str
    facts: tuple[tuple[str, object], ...]
    place: tuple[tuple[str, object], ...]
    score: tuple[tuple[str, object], ...]
    families: pd.DataFrame
    declared: pd.DataFrame | None
    purged: tuple[pd.Timestamp, str] | None
    told: tuple[str, ...] | None
    events: tuple[Event, ...]
    corrections: int
    remarks: tuple[tuple[pd.Timestamp, str, str, str], ...]
    hashes: tuple[tuple[str, str], ...]
    ledger: pd.DataFrame
    head: str


_FACTS = (
    *("inspected_at", "inspection", "status", "found", "permit_valid", "taxa", "where_in_load"),
    *("pieces", "kg", "alive", "evidence_reference"),
)
_PLACE = (
    *("list_id", "published_at", "rank", "place", "shipments", "pool"),
    *("selected_by", "selection_probability"),
)
_SCORE = ("risk", "risk_live_animals", "risk_wildlife_products", "risk_basis", "model_id")
_LEDGER = ["seq", "at", "actor", "kind", "subject", "hash"]


def sheet(case: Case, names: Mapping[int, str]) -> Sheet:
    """Return a case sheet laid out.

    Parameters
    ----------
    names : mapping of int to str
        What to call accounts where they may be named; others are told by number.
    """
    families = sorted(case.score["families"].items(), key=lambda each: (-abs(each[1]), each[0]))
    said = None
    if case.declared is not None:
        said = pd.DataFrame(list(case.declared.items()), columns=["column", "value"]).astype("str")
    return Sheet(
        bill=case.bill,
        facts=_given(case.outcome, _FACTS),
        place=() if case.listed is None else _given(case.listed, _PLACE),
        score=_given(case.score, _SCORE),
        families=pd.DataFrame(families, columns=["family", "contribution"]),
        declared=said,
        purged=case.purged,
        told=case.told,
        events=_events(case, names),
        corrections=len(case.outcomes) - 1,
        remarks=tuple(
            (pd.Timestamp(each["at"]), each["kind"], _who(each["user_id"], names), each["text"])
            for each in case.remarks
        ),
        hashes=tuple((each.of, each.value) for each in case.hashes),
        ledger=pd.DataFrame(list(case.ledger), columns=_LEDGER),
        head=case.head,
    )


def _given(row: Mapping[str, Any], names: tuple[str, ...]) -> tuple[tuple[str, object], ...]:
    """Return what is known of some fields; what nobody said is left out, a zero is not."""
    return tuple((name, row[name]) for name in names if row[name] is not None and row[name] not in ("", []))


def _who(user_id: int | None, names: Mapping[int, str]) -> str:
    if user_id is None:
        return ""
    name = names.get(user_id, "")
    return f"{user_id} ({name})" if name else str(user_id)


def _events(case: Case, names: Mapping[int, str]) -> tuple[Event, ...]:
    events = []
    if case.listed is not None:
        chosen = (("selected_by", case.listed["selected_by"]),)
        events.append(Event(pd.Timestamp(case.listed["published_at"]), "list.published", chosen, ""))
    for row in case.steps:
        by = _who(row["user_id"], names)
        events.append(Event(pd.Timestamp(row["at"]), "step", (("step", row["step"]),), by))
    for row in case.overrides:
        asked = (("override", row["direction"]), (row["direction"], row["code"]))
        events.append(Event(pd.Timestamp(row["at"]), "override", asked, _who(row["user_id"], names)))
        if row["second_id"] is not None:
            signed = "override.refused" if row["state"] == "refused" else "override.signed"
            at = pd.Timestamp(row["second_at"])
            events.append(Event(at, signed, (("override", row["state"]),), _who(row["second_id"], names)))
    for row in case.outcomes:
        told = [("inspection", row["inspection"]), ("status", row["status"])]
        told += [("found", code) for code in row["found"]]
        if row["why_not"]:
            told.append(("why_not", row["why_not"]))
        events.append(Event(pd.Timestamp(row["at"]), "outcome", tuple(told), _who(row["user_id"], names)))
    return tuple(sorted(events, key=lambda event: event.at))
