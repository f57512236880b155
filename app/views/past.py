"""What the page of a shipment shows around it: parties' past, company, links, and what was like it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from app.views.outcome import headline
from risk.store.alike import Likeness
from risk.store.past import Group, Past

_ROW = (
    *("shipment_id", "bill", "known_at", "mode", "conveyance", "goods", "heading", "origin"),
    *("inspection", "status", "is_find"),
)


@dataclass(frozen=True)
class Nearby:
    """A group of other shipments.

    Attributes
    ----------
    how : str
        ``master``, ``manifest`` or ``container``; of a link empty.
    here, there : str
        Of a link, the party's role in this shipment and in those; else empty.
    count, inspected, finds : int
        All there are, as far as they were counted.
    capped : bool
        There are more.
    more : int
        How many are not among ``rows``.
    rows : DataFrame
        ``outcome``: ``find``, ``covered`` (wildlife with a valid permit), ``no_find``, ``not_inspected`` or
        empty for none yet.
    """

    how: str
    here: str
    there: str
    count: int
    capped: bool
    inspected: int
    finds: int
    more: int
    rows: pd.DataFrame


@dataclass(frozen=True)
class Surroundings:
    """All of it.

    Attributes
    ----------
    parties : DataFrame
        ``role``, ``shipments``, ``capped`` (there are more), ``inspected``, ``finds``, ``first_at``,
        ``last_at`` (NaT: never before).
    earlier : dict of str to DataFrame
        By role, the latest earlier shipments.
    siblings, linked : tuple of Nearby
    alike : DataFrame
        As rows of a group, with ``distance`` and ``same``: tuples of (kind, code) of what is alike.
    looked_at : int
        Inspected shipments the nearest were chosen from.
    purged : int
        Shipments of whose parties nothing is known any more.
    own_purged : bool
        This one's parties are not known any more.
    """

    parties: pd.DataFrame
    earlier: dict[str, pd.DataFrame]
    siblings: tuple[Nearby, ...]
    linked: tuple[Nearby, ...]
    alike: pd.DataFrame
    looked_at: int
    purged: int
    own_purged: bool


_PARTY = ("role", "shipments", "capped", "inspected", "finds", "first_at", "last_at")


def surroundings(past: Past, likeness: Likeness) -> Surroundings:
    """Return a shipment's surroundings laid out."""
    parties = pd.DataFrame(
        [{name: getattr(party, name) for name in _PARTY} for party in past.parties], columns=list(_PARTY)
    )
    for name in ("first_at", "last_at"):
        parties[name] = pd.to_datetime(parties[name]).astype("datetime64[us]")
    alike = rows(likeness.rows)
    alike["distance"] = [each.distance for each in likeness.nearest]
    alike["same"] = pd.Series([each.same for each in likeness.nearest], index=alike.index, dtype="object")
    return Surroundings(
        parties=parties,
        earlier={party.role: rows(party.latest) for party in past.parties if party.shipments},
        siblings=tuple(_nearby(group) for group in past.siblings),
        linked=tuple(_nearby(group) for group in past.linked),
        alike=alike,
        looked_at=likeness.looked_at,
        purged=past.purged,
        own_purged=past.own_purged,
    )


def _nearby(group: Group) -> Nearby:
    here, _, there = group.how.partition(">")
    how, here = ("", here) if there else (here, "")
    more = group.count - len(group.rows)
    return Nearby(
        how=how,
        here=here,
        there=there,
        count=group.count,
        capped=group.capped,
        inspected=group.inspected,
        finds=group.finds,
        more=more,
        rows=rows(group.rows),
    )


def rows(frame: pd.DataFrame) -> pd.DataFrame:
    """Return shipments of `risk.store.past.rows_of` as shown, with ``outcome`` as one code.

    What was not inspected is neither a find nor none.
    """
    shown = frame[list(_ROW)].copy()
    cells = zip(*(frame[name] for name in ("inspection", "found", "permit_valid", "status")), strict=True)
    shown["outcome"] = pd.Series([_outcome(*each) for each in cells], index=shown.index, dtype="str")
    return shown


def _outcome(inspection: str, found: Any, permit_valid: Any, status: str) -> str:
    if not inspection:
        return ""
    # Missing beside others that are there, a permit is no longer None.
    told = headline(inspection, found if isinstance(found, list) else [], permit_valid == 1, status)
    return told if told in ("find", "covered", "not_inspected") else "no_find"
