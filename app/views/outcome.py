"""What the page of an outcome asks and shows: steps, questions that apply, answers, what is in force."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from risk.language import N_
from risk.store import decisions, inspections
from risk.store.inspections import NOT_INSPECTED, Outcome

WILDLIFE: Final = frozenset(("live_animals", "wildlife_products"))

#: As they are offered: what was done, and last that nothing was.
INSPECTIONS: Final = (*(each for each in inspections.INSPECTIONS if each != NOT_INSPECTED), NOT_INSPECTED)

#: Field -> what to do where its answer is wrong or missing; English, looked up when shown.
WRONG: Final[dict[str, str]] = {
    "inspection": N_("Choose how it was inspected, or that it was not."),
    "why_not": N_("Choose why it was not inspected."),
    "found": N_("Choose what was found, or that nothing was."),
    "status": N_("Choose how certain it is."),
    "where_in_load": N_("Choose where it was, or nothing."),
    "pieces": N_("How many: a whole number, or leave it empty."),
    "alive": N_("Alive: no more than there are."),
    "kg": N_("Weight: a number of kilograms, or leave it empty."),
    "inspected_at": N_("When: not later than now."),
}

NO_PHOTO: Final = N_(
    "A photo must be a whole JPEG or PNG of at most 12 MB. Nothing was kept: send it without."
)

#: What a photo's file is called.
PHOTO_TYPES: Final = ("jpg", "jpeg", "png")
#: Photos sent at once.
PHOTOS: Final = 10
#: Taxa offered at once.
OFFERED: Final = 8


@dataclass(frozen=True)
class Way:
    """A step on the way from the list to the table.

    Attributes
    ----------
    step : str
    here : bool
        The shipment is there.
    may : bool
        It may be noted now.
    """

    step: str
    here: bool
    may: bool


def ways(step: str) -> list[Way]:
    """Return all steps, and which may follow where a shipment is."""
    follows = decisions.FOLLOWS.get(step, frozenset())
    return [Way(each, each == step, each in follows) for each in decisions.STEPS]


# --- questions ------------------------------------------------------------------------------


def questions(answers: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the fields to be asked, given what was answered: only what applies."""
    inspection, found = answers.get("inspection"), set(answers.get("found") or ())
    if inspection not in inspections.INSPECTIONS:
        return ("inspection",)
    if inspection == NOT_INSPECTED:
        return ("inspection", "why_not", "remark")
    asked = ["inspection", "found"]
    if found & WILDLIFE:
        asked += ["taxa", "pieces"]
        asked += ["alive"] if "live_animals" in found else []
        asked += ["kg", "where_in_load", "permit_valid", "status", "evidence_reference"]
    elif "other_offence" in found:
        asked += ["where_in_load", "status", "evidence_reference"]
    if found:
        asked += ["photos", "inspected_at", "remark"]
    return tuple(asked)


def statuses(correcting: bool) -> tuple[str, ...]:
    """Return how certain an outcome may be; only what was entered before can be overturned."""
    return inspections.STATUSES if correcting else inspections.STATUSES[:-1]


def together(before: Iterable[str], chosen: Iterable[str]) -> list[str]:
    """Return what was found once somebody chose more: nothing and something do not stand together."""
    chosen = list(chosen)
    if "clean" in chosen and len(chosen) > 1:
        return [each for each in chosen if each != "clean"] if "clean" in before else ["clean"]
    return chosen


def outcome(answers: Mapping[str, Any], *, now: pd.Timestamp) -> Outcome:
    """Return the outcome that answers make; answers to questions that do not apply have no part in it.

    Parameters
    ----------
    now : Timestamp
        When it was inspected where nobody says otherwise.
    """
    asked = questions(answers)
    given = {name: answers.get(name) for name in asked}
    inspection = str(given["inspection"] or "")
    done = inspection not in ("", NOT_INSPECTED)
    return Outcome(
        inspection=inspection,
        why_not=str(given.get("why_not") or ""),
        status=str(given.get("status") or "provisional"),
        found=tuple(given.get("found") or ()),
        permit_valid={"yes": True, "no": False}.get(str(given.get("permit_valid") or "")),
        taxa=tuple(given.get("taxa") or ()),
        where_in_load=str(given.get("where_in_load") or ""),
        pieces=given.get("pieces"),
        kg=given.get("kg"),
        alive=given.get("alive"),
        evidence_reference=str(given.get("evidence_reference") or ""),
        inspected_at=(given.get("inspected_at") or now) if done else None,
    )


def wrong(answers: Mapping[str, Any], *, now: pd.Timestamp) -> dict[str, str]:
    """Return the fields whose answers are wrong or missing, in the order asked, and what to do (English)."""
    found = {field for field, _ in inspections.problems(outcome(answers, now=now), now)}
    asked = [field for field in questions(answers) if field in found]
    return {field: WRONG[field] for field in asked or sorted(found)}


def answers_of(row: Any) -> dict[str, Any]:
    """Return the answers that made an outcome: what a correction begins with."""
    permit = {True: "yes", False: "no"}.get(row.permit_valid, "")
    names = (
        "inspection",
        "why_not",
        "status",
        "where_in_load",
        "pieces",
        "kg",
        "alive",
        "evidence_reference",
    )
    at = None if row.inspected_at is None else pd.Timestamp(row.inspected_at)
    return {
        **{name: getattr(row, name) for name in (*names, "evidence_reference")},
        "found": list(row.found),
        "taxa": list(row.taxa),
        "permit_valid": permit,
        "inspected_at": at,
        "remark": getattr(row, "remark", None) or "",
    }


def offered(chosen: Sequence[str], found: Sequence[str]) -> list[str]:
    """Return the taxa to choose among: those of a search, and after them what was chosen before."""
    return list(dict.fromkeys((*found, *chosen)))


# --- what is in force -----------------------------------------------------------------------


@dataclass(frozen=True)
class Kept:
    """An outcome as it is shown.

    Attributes
    ----------
    id : int
    at : Timestamp
        When it was entered.
    by : str
        Login.
    in_force : bool
    headline : str
        ``not_inspected``, ``find``, ``covered`` (wildlife with a valid permit), ``overturned``,
        ``other_offence`` or ``clean``.
    parts : tuple of (str, object)
        Field and value, of what was answered.
    remark : str
    """

    id: int
    at: pd.Timestamp
    by: str
    in_force: bool
    headline: str
    parts: tuple[tuple[str, object], ...]
    remark: str


#: What the headlines say; English, looked up when shown.
HEADLINES: Final[dict[str, str]] = {
    "not_inspected": N_("Not inspected: what is inside is not known"),
    "find": N_("A find"),
    "covered": N_("Wildlife with a valid permit"),
    "overturned": N_("Overturned: the find did not hold"),
    "other_offence": N_("Another offence, no wildlife"),
    "clean": N_("Nothing found, as far as it was inspected"),
}

_PARTS: Final = (
    *("inspection", "why_not", "found", "status", "permit_valid", "taxa", "where_in_load", "pieces", "alive"),
    *("kg", "evidence_reference", "inspected_at"),
)


def headline(inspection: str, found: Iterable[str], permit_valid: bool | None, status: str) -> str:
    """Return what an outcome is called, a key of `HEADLINES`; what was not inspected is never clean."""
    kinds = set(found)
    if inspection == NOT_INSPECTED:
        return "not_inspected"
    if status == "overturned":
        return "overturned"
    if kinds & WILDLIFE:
        return "covered" if permit_valid else "find"
    return "other_offence" if "other_offence" in kinds else "clean"


def kept(rows: Iterable[Any]) -> list[Kept]:
    """Return outcomes as shown, the latest first (`risk.store.decided.outcomes_of`)."""
    return [_kept(row) for row in reversed(list(rows))]


def _kept(row: Any) -> Kept:
    given = ((name, getattr(row, name)) for name in _PARTS)
    told = tuple((name, value) for name, value in given if value is not None and value not in ("", []))
    if not set(row.found) & WILDLIFE and "other_offence" not in row.found:
        told = tuple(each for each in told if each[0] != "status")
    return Kept(
        id=row.id,
        at=pd.Timestamp(row.at),
        by=row.login or "",
        in_force=bool(row.current),
        headline=headline(row.inspection, row.found, row.permit_valid, row.status),
        parts=told,
        remark=row.remark or "",
    )


# --- small parts ----------------------------------------------------------------------------


def answered(answers: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answers that say anything."""
    given = {name: value for name, value in answers.items() if name != "request"}
    if given.get("status") == "provisional":
        del given["status"]
    return {name: value for name, value in given.items() if value not in (None, "", [], ())}


def own_name(text: str) -> str:
    """Return a text as a scientific name the table does not hold, empty where it cannot be one.

    Examples
    --------
    >>> own_name(" nasua  NASUA"), own_name("frozen fish 12"), own_name("海马")
    ('Nasua nasua', '', '')
    """
    parts = text.split()
    fits = 1 <= len(parts) <= 3 and all(p.isascii() and p.isalpha() and 3 <= len(p) <= 40 for p in parts)
    return " ".join(parts).capitalize() if fits else ""


def present_by(now: pd.Timestamp, hours: int | None) -> pd.Timestamp | None:
    """Return the full quarter of an hour some hours from now, None for none."""
    return (now + pd.Timedelta(hours=hours)).ceil("15min") if hours else None


def local(at: pd.Timestamp, zone: str) -> pd.Timestamp:
    """Return a moment (naive UTC) as the port's clock shows it."""
    return at.tz_localize("UTC").tz_convert(zone).tz_localize(None)


def utc(at: Any, zone: str) -> pd.Timestamp:
    """Return a moment of the port's clock as naive UTC; an hour that is there twice is the earlier one."""
    told = pd.Timestamp(at).tz_localize(zone, ambiguous=True, nonexistent="shift_forward")
    return told.tz_convert("UTC").tz_localize(None)
