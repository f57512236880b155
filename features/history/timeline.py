"""The past of every shipment of a batch, as of the moment it was known.

Shipments count when they were known strictly earlier, outcomes when they came in strictly earlier.
The batch's own rows take part like all others, so that a file of years scores as the same years
scored day by day.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.evidence import record
from features.history import events, versions
from features.history.kinds import Keys
from features.history.sequence import DAY, Sequence, Span
from features.history.state import State
from features.parties.identity import ROLES
from features.parties.resolution import GROUNDS
from features.registry import tabulate
from features.view import View

#: History is missing, not zero, before this many days are covered.
DAYS_NEEDED = 90
#: Percentiles need at least this many earlier shipments.
_ENOUGH = 20
#: Strength of the prior of a find rate, in full inspections; the prior is the port's own rate, which
#: itself starts from 1 find in 200 inspections.
_PRIOR_INSPECTIONS = 20.0
_PORT_FINDS, _PORT_INSPECTIONS = 0.5, 100.0
_QUARTERS = 4.0


class Timeline:
    """A port's past with a batch laid into it.

    Parameters
    ----------
    state : State
        What the port has seen so far; may overlap with the batch in time and in rows.
    view : View, n shipments
        The batch.

    Raises
    ------
    features.history.events.HistoryError
        If a shipment has neither ``known_at`` nor ``arrives_at``.
    """

    def __init__(self, state: State, view: View) -> None:
        batch = events.of_view(view)
        self._view, self._rows = view, batch[0]["row"].to_numpy()
        merged = state.merge(State.of_events(*batch))
        self._shipments, self._names = merged.shipments, merged.names
        self._known = self._shipments["known_at"].to_numpy()
        self._parties = merged.parties
        self._keys = Keys(self._shipments, self._parties)
        self._first, self._counts = versions.first_known(self._shipments)
        self._changes = versions.in_force(merged.outcomes, self._shipments)
        self.covers_from, self.covers_until = merged.covers_from, merged.covers_until

    def lookup(self, view: View, rows: np.ndarray | None = None) -> pd.DataFrame:
        """Return every feature and fact of the past (`features.evidence.record`).

        Parameters
        ----------
        view : View
            Shipments of this timeline.
        rows : boolean mask or positions, optional
            Only these shipments of the view.

        Returns
        -------
        DataFrame, shape (q, len(FEATURES) + len(FACTS))
            On a fresh ``RangeIndex``. Numbers are NaN before `DAYS_NEEDED` days are covered.

        Raises
        ------
        features.history.events.HistoryError
            If a shipment is not part of this timeline.
        """
        chosen = np.arange(len(view)) if rows is None else np.arange(len(view))[np.asarray(rows)]
        return _Query(self, self._positions(view)[chosen]).answer()

    def _positions(self, view: View) -> np.ndarray:
        """Return where the rows of a view lie among the shipment events."""
        row = self._rows if view is self._view else events.of_view(view)[0]["row"].to_numpy()
        held = self._shipments["row"].to_numpy()
        position = np.minimum(np.searchsorted(held, row), max(len(held) - 1, 0))
        foreign = int((held[position] != row).sum()) if len(held) else len(row)
        if foreign:
            raise events.HistoryError(f"{foreign} of {len(row)} shipments are not part of this timeline")
        return position


@dataclass(frozen=True)
class _Asked:
    """Look-ups under one kind of key, in the order of (key, moment); arrays of shape (q,)."""

    key: np.ndarray
    moment: np.ndarray
    outcome_moment: np.ndarray
    port_rate: np.ndarray


class _Query:
    """One look-up: the moments asked for, and the answers kind by kind."""

    def __init__(self, timeline: Timeline, position: np.ndarray) -> None:
        self._line, self._position = timeline, position
        known = timeline._known[position]
        self._moment = timeline._first[position]
        self._outcome_moment = known.copy()
        again = np.flatnonzero(self._moment < known)  # amended: its own outcome is not its past
        if len(again) and len(timeline._changes):
            ship = timeline._shipments["shipment"].to_numpy()[position[again]]
            own = versions.own_outcome(timeline._changes, ship, self._moment[again])
            self._outcome_moment[again] = np.minimum(known[again], own)
        oldest = int(timeline._known.min()) if len(timeline._known) else 0
        self._days = (known - oldest) / DAY
        self._covered = self._days >= DAYS_NEEDED
        self._columns: dict[str, np.ndarray | pd.Series] = {}
        self._by_role: dict[str, tuple[Sequence, np.ndarray]] = {}

    def answer(self) -> pd.DataFrame:
        """Return all features and facts."""
        self._port()
        for kind in record.KINDS:
            self._kind(kind)
        for kind, source in record.STANDINGS.items():
            self._standing(kind, *source)
        self._rarity()
        for place in ("address", "phone"):
            self._names_at(place)
        self._facts()
        index = pd.RangeIndex(len(self._position))
        frame = tabulate(self._columns, record.FEATURES, record.FACTS, index)
        frame.loc[~self._covered, [f.name for f in record.FEATURES]] = np.nan
        return frame

    def _port(self) -> None:
        """Find the port's own rate of finds and its number of shipments at each moment."""
        changes = self._line._changes
        all_outcomes = Sequence(np.zeros(len(changes), dtype=np.int64), changes["at"].to_numpy())
        nobody = np.zeros(len(self._position), dtype=np.int64)
        span = all_outcomes.before(nobody, self._outcome_moment)
        finds = all_outcomes.total(changes["finds"].to_numpy(), span)
        effort = all_outcomes.total(changes["effort"].to_numpy(), span) / _QUARTERS
        self._port_rate = (finds + _PORT_FINDS) / (effort + _PORT_INSPECTIONS)
        counted = self._line._counts
        everything = Sequence(np.where(counted, 0, -1), self._line._known)
        year = everything.before(nobody, self._moment, self._moment - 365 * DAY)
        self._year_total = year.count

    def _kind(self, kind: str) -> None:
        measures = record.KINDS[kind].measures
        own = self._line._keys.own(kind)[self._position]
        order = np.lexsort((self._moment, own))
        asked = _Asked(own[order], self._moment[order], self._outcome_moment[order], self._port_rate[order])
        event, code = self._line._keys.counted(kind)
        columns = self._shipment_measures(measures, *self._wanted(event, code, own), asked)
        columns |= self._outcome_measures(kind, event, code, asked)
        for measure in measures:
            values = np.empty(len(own))
            values[order] = columns[measure]
            self._columns[f"{kind}_{measure}"] = np.where(own >= 0, values, np.nan)

    def _wanted(self, event: np.ndarray, code: np.ndarray, own: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Leave out events whose key nobody asks for, where that saves work."""
        if 4 * len(own) > len(code):
            return event, code
        wanted = np.isin(code, np.unique(own))
        return event[wanted], code[wanted]

    def _shipment_measures(
        self, measures: tuple[str, ...], event: np.ndarray, code: np.ndarray, asked: _Asked
    ) -> dict[str, np.ndarray]:
        line, own, moment = self._line, asked.key, asked.moment
        counted = line._counts[event]
        sequence = Sequence(code[counted], line._known[event[counted]])
        past = sequence.before(own, moment)
        columns: dict[str, np.ndarray] = {"shipments": past.count}
        for days in (7, 30, 365):
            if f"shipments_{days}d" in measures:
                columns[f"shipments_{days}d"] = sequence.before(own, moment, moment - days * DAY).count
        if "days_since_first" in measures:
            columns["days_since_first"] = sequence.days_since(past, moment, first=True)
            columns["days_since_last"] = sequence.days_since(past, moment, first=False)
        if "regularity" in measures:
            weeks = np.maximum(np.ceil(columns["days_since_first"] / 7.0), 1.0)
            columns["regularity"] = np.minimum(sequence.active_weeks(past) / weeks, 1.0)
        return columns

    def _outcome_measures(
        self, kind: str, event: np.ndarray, code: np.ndarray, asked: _Asked
    ) -> dict[str, np.ndarray]:
        changes = self._line._changes
        sequence, place = self._outcomes_of(event, code)
        span = sequence.before(asked.key, asked.outcome_moment)
        total = {part: sequence.total(changes[part].to_numpy()[place], span) for part in versions.COUNTED}
        prior = _PRIOR_INSPECTIONS
        effort = np.maximum(total["effort"] / _QUARTERS, 0.0)
        rate = (total["finds"] + prior * asked.port_rate) / (effort + prior)
        columns = {
            "inspected": total["inspected"],
            "clean": total["clean"],
            "live_finds": total["live_animals"],
            "product_finds": total["wildlife_products"],
            "find_rate": np.log10(rate / asked.port_rate),
        }
        if kind in ROLES:
            columns["finds_in_other_roles"] = self._other_roles(kind, asked)
        return columns

    def _outcomes_of(self, event: np.ndarray, code: np.ndarray) -> tuple[Sequence, np.ndarray]:
        """Return the outcomes in order of the keys they count under, and which change each one is."""
        changes = self._line._changes
        shipment, at = changes["event"].to_numpy(), changes["at"].to_numpy()
        if len(event) == len(self._line._known):  # every shipment counts under one key
            return Sequence(code[shipment], at), np.arange(len(changes))
        order = np.argsort(event, kind="stable")
        start = np.searchsorted(event[order], shipment, side="left")
        many = np.searchsorted(event[order], shipment, side="right") - start
        place = np.repeat(np.arange(len(changes)), many)
        within = np.arange(len(place)) - np.repeat(np.cumsum(many) - many, many)
        key = code[order][np.repeat(start, many) + within]
        return Sequence(key, at[place]), place

    def _other_roles(self, kind: str, asked: _Asked) -> np.ndarray:
        """Count finds on bills that name the party in another role."""
        total = np.zeros(len(asked.key), dtype=np.int64)
        finds = self._line._changes["finds"].to_numpy()
        for role in ROLES:
            if role != kind:
                if role not in self._by_role:
                    self._by_role[role] = self._outcomes_of(*self._line._keys.counted(role))
                sequence, place = self._by_role[role]
                total += sequence.total(finds[place], sequence.before(asked.key, asked.outcome_moment))
        return total

    def _standing(self, name: str, kind: str, level: str) -> None:
        """Place a ratio among the earlier shipments under the same key."""
        levels = self._line._shipments[level].to_numpy()
        code = self._line._keys.own(kind)
        usable = self._line._counts & (levels >= 0)
        sequence = Sequence(np.where(usable, code, -1), self._line._known)
        order = np.lexsort((self._moment, code[self._position]))
        own, own_level = code[self._position][order], levels[self._position][order]
        past = sequence.before(own, self._moment[order])
        enough = np.flatnonzero((own >= 0) & (own_level >= 0) & (past.count >= _ENOUGH))
        asked = Span(past.start[enough], past.end[enough])
        values = np.full(len(own), np.nan)
        values[order[enough]] = sequence.standing(levels, asked, own_level[enough])
        self._columns[name] = values

    def _rarity(self) -> None:
        year = {
            kind: self._columns[f"{kind}_shipments_365d"]
            for kind in ("heading", "goods_origin", "goods_route")
        }
        self._columns["goods_origin_rarity"] = -np.log((year["goods_origin"] + 0.5) / (year["heading"] + 1.0))
        self._columns["goods_route_rarity"] = -np.log((year["goods_route"] + 0.5) / (self._year_total + 1.0))

    def _names_at(self, place: str) -> None:
        """Count the different consignees that used an address or a telephone number earlier."""
        code = self._line._keys.own(place)
        both = self._line._keys.among((place, "consignee"))
        held = np.flatnonzero(both >= 0)
        order = held[np.lexsort((self._line._known[held], both[held]))]
        first = order[np.diff(both[order], prepend=-1) != 0]
        sequence = Sequence(code[first], self._line._known[first])
        own = code[self._position]
        different = sequence.before(own, self._moment).count
        self._columns[f"{place}_consignees"] = np.where(own >= 0, different, np.nan)

    def _facts(self) -> None:
        """Add the facts that sentences quote."""
        whole_days = np.floor(self._days)
        self._columns["history_days"] = whole_days
        short, day = np.unique(np.where(self._covered, -1.0, whole_days), return_inverse=True)
        reasons = [f"this port's records cover {int(number)} days" for number in short]
        for kind, about in record.KINDS.items():
            own = self._line._keys.own(kind)[self._position]
            reason = np.where(self._covered, np.where(own < 0, len(reasons), -1), day)
            self._columns[f"{kind}_unknown"] = _taken([*reasons, f"no {about.words} is given"], reason)
        names = self._line._names["key"].to_numpy()
        for role in ROLES:
            key = self._line._shipments[role].to_numpy()[self._position]
            name = np.where(key == 0, -1, np.searchsorted(names, key))
            self._columns[f"{role}_joined"] = _joined(self._line, name)


def _taken(texts: list[str], place: np.ndarray) -> pd.Series:
    """Return texts by position, missing where the position is -1."""
    return pd.Series(pd.array([*texts, ""], dtype="str").take(place, allow_fill=True))


def _joined(line: Timeline, name: np.ndarray) -> pd.Series:
    """Return how each name was joined with an earlier one; missing where it was not."""
    names, parties = line._names["name"].to_numpy(dtype=object), line._parties
    asked, place = np.unique(name, return_inverse=True)
    linked = np.flatnonzero((asked >= 0) & (parties.link[asked] >= 0) if len(parties.link) else asked > asked)
    texts = [
        f'taken together with "{names[parties.link[i]]}" ({GROUNDS[parties.ground[i]]})'
        for i in asked[linked].tolist()
    ]
    number = np.full(len(asked), -1)
    number[linked] = np.arange(len(linked))
    return _taken(texts, number[place])
