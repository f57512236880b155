"""What the page of finds shows: the finds, and the case sheet of one as tables of codes and numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from risk import taxa
from risk.finds import FINDS
from risk.store import overriding
from risk.store.finds import Case
from risk.vocabulary import WORDS

#: Periods offered: so many days up to now, or all there is.
PERIODS = ("30", "90", "365", "all")
#: What a search by name of an animal or plant may mean.
_TAXA = 100

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
class Chosen:
    """Which finds somebody looks for; empty means any.

    Attributes
    ----------
    period : str
        Of `PERIODS`.
    found, status, by : str
        Codes of ``found``, ``status`` and ``selected_by``.
    place : str
        Terminal.
    text : str
        Part of the bill, flight or vessel or evidence reference, or a name of the species in any language.
    """

    period: str = "365"
    found: str = ""
    status: str = ""
    by: str = ""
    place: str = ""
    text: str = ""

    @classmethod
    def of_address(cls, asked: Mapping[str, str]) -> Chosen:
        """Return what an address asks for; what makes no sense asks for nothing."""
        known = {
            "period": PERIODS,
            "found": tuple(FINDS),
            "status": ("provisional", "confirmed"),
            "by": tuple(code for code in WORDS["selected_by"] if code),
        }
        codes = {name: asked[name] for name, codes in known.items() if asked.get(name) in codes}
        texts = {name: asked[name][:200] for name in ("place", "text") if name in asked}
        return cls(**codes, **texts)

    def to_address(self) -> dict[str, str]:
        """Return it as an address holds it."""
        return {name: value for name, value in vars(self).items() if value and value != _USUAL[name]}

    def since(self, now: pd.Timestamp) -> pd.Timestamp:
        """Return from when finds are looked for."""
        if self.period == "all":
            return pd.Timestamp("1970-01-01")
        return now - pd.Timedelta(days=int(self.period))


_USUAL = vars(Chosen())


def filtered(finds: pd.DataFrame, chosen: Chosen) -> pd.DataFrame:
    """Return the finds of `risk.store.finds.between` somebody looks for."""
    keep = pd.Series(True, index=finds.index)
    if chosen.found:
        keep &= finds["found"].map(lambda cell: chosen.found in cell).astype(bool)
    for name, value in (("status", chosen.status), ("selected_by", chosen.by), ("location", chosen.place)):
        if value:
            keep &= finds[name] == value
    if wanted := taxa.fold(chosen.text):
        species = {each.scientific for each in taxa.search_taxa(chosen.text, most=_TAXA)}
        columns = (finds[name] for name in ("bill", "conveyance", "evidence_reference"))
        texts = [taxa.fold(" ".join(cells)) for cells in zip(*columns, strict=True)]
        named = [
            wanted in text or any(name in species or wanted in taxa.fold(name) for name in names)
            for text, names in zip(texts, finds["taxa"], strict=True)
        ]
        keep &= pd.Series(named, index=finds.index, dtype=bool)
    return finds[keep.to_numpy(dtype=bool)].reset_index(drop=True)


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
    *("list_id", "published_at", "rank", "place", "shipments"),
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
        by = _who(case.listed["published_by"], names)
        events.append(Event(pd.Timestamp(case.listed["published_at"]), "list.published", chosen, by))
    for row in case.steps:
        by = _who(row["user_id"], names)
        events.append(Event(pd.Timestamp(row["at"]), "step", (("step", row["step"]),), by))
    for row in case.overrides:
        asked = (("override", row["direction"]), (row["direction"], row["code"]))
        events.append(Event(pd.Timestamp(row["at"]), "override", asked, _who(row["user_id"], names)))
        if row["second_id"] is not None:
            made = overriding.signed_as(row["state"])
            kind = "override.refused" if made == "refused" else "override.signed"
            at = pd.Timestamp(row["second_at"])
            events.append(Event(at, kind, (("override", made),), _who(row["second_id"], names)))
    for row in case.outcomes:
        told = [("inspection", row["inspection"]), ("status", row["status"])]
        told += [("found", code) for code in row["found"]]
        if row["why_not"]:
            told.append(("why_not", row["why_not"]))
        events.append(Event(pd.Timestamp(row["at"]), "outcome", tuple(told), _who(row["user_id"], names)))
    return tuple(sorted(events, key=lambda event: event.at))
