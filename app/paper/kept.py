"""What the store keeps of a case and of a shift, laid out for its print."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pandas as pd

from app.paper.facts import Case, Deed, Done, Finding, Left, Photo, Rate, Shift
from app.paper.pictures import NotShown, small
from features.manifest import schema
from risk import locales, taxa, vocabulary
from risk.language import gettext
from risk.store import finds, overriding, shift

#: A print shows so many photos, the first ones; of the others it has the hash.
MOST_PHOTOS = 40

_FINDING = (
    *("inspection", "why_not", "status", "found", "permit_valid", "taxa", "where_in_load", "pieces", "alive"),
    *("kg", "evidence_reference", "inspected_at", "selected_by"),
)


def case_of(
    kept: finds.Case,
    logins: Mapping[int, str],
    *,
    language: str,
    zone: str,
    names: Mapping[str, str] | None = None,
    picture: Callable[[int], bytes | None] = lambda number: None,
) -> Case:
    """Return the facts of a case sheet.

    Parameters
    ----------
    kept : risk.store.finds.Case
    logins : mapping
        User id -> login id.
    language, zone : str
        Of the print.
    names : mapping, optional
        Declared column -> what it is called; a column is left as it is where it has no other name.
    picture : callable, optional
        Gives a photo by its number; None where it is not kept any more. One is held at a time.
    """
    declared = [
        ((names or {}).get(name, name.replace("_", " ")), written(name, value, language=language, zone=zone))
        for name, value in (kept.declared or {}).items()
        if value not in (None, "", [])
    ]
    remarks = {(each["kind"], each["of_id"]): each["text"] for each in kept.remarks}
    listed = kept.listed or {}
    return Case(
        bill=kept.bill,
        declared=declared,
        rank=listed.get("rank"),
        shipments=listed.get("shipments"),
        risk=kept.score["risk"],
        risk_basis=kept.score["risk_basis"],
        model_id=kept.score["model_id"],
        reasons=kept.told or (),
        list_number=listed.get("list_id"),
        listed_at=listed.get("published_at"),
        purged=_purged(kept, language, zone),
        deeds=_deeds(kept, logins, remarks),
        findings=[_finding(each, logins, remarks, language) for each in kept.outcomes],
        hashes=[
            (vocabulary.word("hash", each.of, language), each.value)
            for each in kept.hashes
            if each.of != "photo"
        ],
        photos=photos_of(kept, picture),
    )


def written(name: str, value: object, *, language: str, zone: str) -> str:
    """Return a declared value as people read it: moments in the port's zone, whole numbers whole."""
    column = schema.BY_NAME.get(name)
    kind = column.kind if column else ""
    if kind == "time":
        at = pd.to_datetime(str(value), errors="coerce")
        return str(value) if pd.isna(at) else locales.moment(at, zone, language)
    if kind == "flag" and isinstance(value, bool):
        return gettext("yes", language) if value else gettext("no", language)
    if kind == "number" and isinstance(value, (int, float)) and float(value).is_integer():
        return str(int(value))
    return str(value)


def _purged(kept: finds.Case, language: str, zone: str) -> str:
    if kept.purged is None:
        return ""
    at, rule = kept.purged
    text = gettext("Purged on {day} under rule {rule}", language)
    return text.format(day=locales.day(at, zone, language), rule=rule)


def _deeds(kept: finds.Case, logins: Mapping[int, str], remarks: Mapping[Any, str]) -> list[Deed]:
    """Return the list, steps, overrides (and who signed them), notes and outcomes, oldest first."""
    made = [Deed(each["at"], _login(each["user_id"], logins), "step", each["step"]) for each in kept.steps]
    if kept.listed is not None:
        by = _login(kept.listed["published_by"], logins)
        made.append(Deed(kept.listed["published_at"], by, "ledger", "list.published"))
    made += [Deed(each["at"], _login(each["user_id"], logins), "ledger", "outcome") for each in kept.outcomes]
    for each in kept.overrides:
        remark = remarks.get(("override", each["id"]), "")
        who = _login(each["user_id"], logins)
        made.append(Deed(each["at"], who, each["direction"], each["code"], remark))
        if each["second_id"] is not None:
            second = _login(each["second_id"], logins)
            signed = overriding.signed_as(each["state"])
            made.append(Deed(each["second_at"], second, "override", signed))
    made += [
        Deed(each["at"], _login(each["user_id"], logins), "ledger", "note", each["text"])
        for each in kept.remarks
        if each["kind"] == "note"
    ]
    return sorted(made, key=lambda deed: deed.at)


def photos_of(kept: finds.Case, picture: Callable[[int], bytes | None]) -> list[Photo]:
    """Return the photos of a case, small: the first `MOST_PHOTOS`, and what hinders where one is not shown.

    Parameters
    ----------
    picture : callable
        Gives a photo by its number, None where it is not kept any more. One is held at a time.
    """
    force = kept.outcome["id"]
    plain = [Photo(each.number, each.sha256, each.at, each.outcome_id == force) for each in kept.photos]
    shown = [_shown(each, picture(each.number)) for each in plain[:MOST_PHOTOS]]
    return shown + [replace(each, lacks="many") for each in plain[MOST_PHOTOS:]]


def _shown(photo: Photo, content: bytes | None) -> Photo:
    if content is None:
        return replace(photo, lacks="gone")
    if sha256(content).hexdigest() != photo.sha256:
        return replace(photo, lacks="other")
    try:
        return replace(photo, small=small(content))
    except NotShown:
        return replace(photo, lacks="unreadable")


def _finding(
    row: Mapping[str, Any], logins: Mapping[int, str], remarks: Mapping[Any, str], language: str
) -> Finding:
    said = {name: row[name] for name in _FINDING}
    said["taxa"] = [taxa.both_names(each, language) for each in row["taxa"] or ()]
    remark = remarks.get(("outcome", row["id"]), "")
    who = _login(row["user_id"], logins)
    return Finding(at=row["at"], who=who, in_force=bool(row["current"]), remark=remark, **said)


def _login(number: int | None, logins: Mapping[int, str]) -> str:
    return "" if number is None else logins.get(number, f"#{number}")


def shift_of(
    numbers: shift.Shift,
    rows: pd.DataFrame,
    *,
    name: str,
    risk_basis: str,
    model_id: str,
    remarks: Sequence[str] = (),
) -> Shift:
    """Return the facts of a shift report.

    Parameters
    ----------
    numbers : risk.store.shift.Shift
    rows : DataFrame
        Of `risk.store.shift_rows.rows`, of the same window.
    name : str
        What the port calls the shift.
    remarks : sequence of str
        For who comes next.
    """
    by = {came: rows[rows["came"] == came].to_dict("records") for came in shift.CAME_OF}
    return Shift(
        name=name,
        since=numbers.since,
        until=numbers.until,
        listed=sum(numbers.listed.values()),
        opened=sum(numbers.inspected.values()),
        finds=numbers.finds,
        gone=numbers.listed.get("left", 0),
        missed_draws=numbers.missed_random,
        risk_basis=risk_basis,
        model_id=model_id,
        days_since_outcome=numbers.days_since_outcome,
        override_share=numbers.overrides.share,
        rates=[
            Rate(each.selected_by, each.inspected, each.finds, each.low, each.high) for each in numbers.rates
        ],
        rates_since=numbers.rates_since,
        not_inspected={code: count for code, count in numbers.not_inspected.items() if count},
        left=[_left(row) for row in by["waiting"]],
        remarks=remarks,
        inspected={code: count for code, count in numbers.inspected.items() if count},
        found={code: count for code, count in numbers.found.items() if count},
        provisional=numbers.provisional,
        done=[_done(row) for came in ("opened", "not_inspected") for row in by[came]],
        away=[_left(row) for row in by["left"]],
    )


def _left(row: Mapping[Any, Any]) -> Left:
    return Left(
        bill=row["bill"],
        step=row["step"],
        inspection=row["inspection"],
        why_not=row["why_not"],
        location=row["location"],
        available_until=_time(row["available_until"]),
        claimed_by=row["claimed_by"],
    )


def _done(row: Mapping[Any, Any]) -> Done:
    told = {name: row[name] for name in ("bill", "location", "inspection", "found", "status", "why_not")}
    return Done(at=_time(row["at"]), **told)


def _time(value: Any) -> pd.Timestamp | None:
    return None if pd.isna(value) else pd.Timestamp(value)
