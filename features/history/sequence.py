"""Counting what came strictly earlier, for all rows at once.

Events are sorted by (key, time); how many of a key lie before a moment is then the distance of two
binary searches, and a sum over them the difference of two cumulative sums. Asking in the order of
(key, time) is several times faster, since neighbouring searches touch neighbouring memory.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

DAY = 86_400_000_000
WEEK = 7 * DAY
_LARGEST = 2**62


@dataclass(frozen=True)
class Span:
    """Events of each query's key in a stretch of time: positions ``[start, end)`` in the sequence."""

    start: np.ndarray
    end: np.ndarray

    @property
    def count(self) -> np.ndarray:
        """Number of events, shape (q,)."""
        return self.end - self.start


class Sequence:
    """Events of one kind of key, in order.

    Parameters
    ----------
    code : ndarray of int64, shape (n,)
        Key of each event; negative ones (no key) are left out.
    time : ndarray of int64, shape (n,)
        Microseconds since 1970.
    """

    def __init__(self, code: np.ndarray, time: np.ndarray) -> None:
        held = np.flatnonzero(code >= 0)
        self._moments, rank = np.unique(time[held], return_inverse=True)
        self._step = len(self._moments) + 1
        held_code = code[held]
        # Keys made of two parties can be too large to be joined with a time; then they are numbered.
        large = int(held_code.max(initial=0)) > _LARGEST // self._step
        self._numbered = np.unique(held_code) if large else None
        place = self._small(held_code) * self._step + rank
        order = np.argsort(place, kind="stable")
        self._place = place[order]
        #: Position of each event of the sequence among those given.
        self.event = held[order]
        self.code = code[self.event]
        self.time = time[self.event]

    def before(self, code: np.ndarray, moment: np.ndarray, since: np.ndarray | None = None) -> Span:
        """Return the events of a key before a moment (strictly), from `since` on if given."""
        end = self._search(code, moment)
        start = self._search(code, since) if since is not None else self._search(code, None)
        return Span(start, np.maximum(start, end))

    def total(self, values: np.ndarray, span: Span) -> np.ndarray:
        """Return the sum of a value per event (given in the order of the events) over spans."""
        running = np.concatenate([[0], np.cumsum(values[self.event])])
        return running[span.end] - running[span.start]

    def active_weeks(self, span: Span) -> np.ndarray:
        """Return in how many calendar weeks a key was active, for spans that begin with its first event."""
        week = self.time // WEEK
        fresh = np.ones(len(week), dtype=np.int64)
        fresh[1:] = (week[1:] != week[:-1]) | (self.code[1:] != self.code[:-1])
        running = np.concatenate([[0], np.cumsum(fresh)])
        return running[span.end] - running[span.start]

    def days_since(self, span: Span, moment: np.ndarray, *, first: bool) -> np.ndarray:
        """Return the days since the first or the last event of a span; NaN for an empty one."""
        some = span.count > 0
        at = np.zeros(len(moment), dtype=np.int64)
        at[some] = self.time[(span.start if first else span.end - 1)[some]]
        return np.where(some, (moment - at) / DAY, np.nan)

    def standing(self, level: np.ndarray, span: Span, own: np.ndarray) -> np.ndarray:
        """Return the share of a span's events with a lower level than one's own, ties counted half.

        Parameters
        ----------
        level : ndarray of int64, shape (n,)
            Fixed bin of each event, in the order of the events.
        span : Span of q queries
        own : ndarray of int64, shape (q,)

        Returns
        -------
        ndarray of float64, shape (q,)
            NaN for an empty span.
        """
        ordered = level[self.event]
        twice = np.zeros(len(own), dtype=np.int64)
        by_level = np.argsort(own, kind="stable")
        borders = np.flatnonzero(np.diff(own[by_level])) + 1
        for queries in np.split(by_level, borders):
            if not len(queries):
                continue
            at = own[queries[0]]
            halves = 2 * (ordered < at).astype(np.int64) + (ordered == at)
            running = np.concatenate([[0], np.cumsum(halves)])
            twice[queries] = running[span.end[queries]] - running[span.start[queries]]
        with np.errstate(invalid="ignore"):
            return np.where(span.count > 0, twice / (2.0 * np.maximum(span.count, 1)), np.nan)

    def _small(self, code: np.ndarray) -> np.ndarray:
        if self._numbered is None:
            return np.where(code <= _LARGEST // self._step, code, _LARGEST // self._step)
        number = np.searchsorted(self._numbered, code)
        known = self._numbered[np.minimum(number, len(self._numbered) - 1)] == code
        return np.where(code < 0, -1, np.where(known, number, len(self._numbered)))

    def _search(self, code: np.ndarray, moment: np.ndarray | None) -> np.ndarray:
        rank = 0 if moment is None else np.searchsorted(self._moments, moment, side="left")
        place = self._small(code) * self._step + rank
        return np.searchsorted(self._place, place, side="left")
