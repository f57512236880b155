"""Splits by time, computed backwards from the newest row.

    train ──gap── stop ──gap── calibrate ──gap── test          (time →)

The newest rows judge, the ones before calibrate, the ones before those stop the boosting. Between
two windows lies a gap as long as a label takes to arrive; besides, a row only teaches a window
when its outcome was known before the next window began, so nothing is learnt that a port could
not have known that day.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

NAMES: tuple[str, ...] = ("train", "stop", "calibrate", "test")


class SplitError(ValueError):
    """The rows cannot be split by time."""


@dataclass(frozen=True)
class Window:
    """A half-open stretch of days, ``start <= known_at < end``."""

    name: str
    start: pd.Timestamp
    end: pd.Timestamp


@dataclass(frozen=True)
class TimeSplit:
    """Windows of one port.

    Attributes
    ----------
    windows : tuple of Window
        In order of time; a window with no share is absent.
    gap : Timedelta
        Length of the gap between windows.
    """

    windows: tuple[Window, ...]
    gap: pd.Timedelta

    def window(self, name: str) -> Window | None:
        """Return a window by name, or None."""
        return next((w for w in self.windows if w.name == name), None)

    def assign(self, known_at: pd.Series, label_at: pd.Series) -> np.ndarray:
        """Return the window of every row.

        Parameters
        ----------
        known_at, label_at : Series of datetime64, shape (n,)
            When the row and when its outcome were known; a row without ``label_at`` counts as
            known at once (it is only used where no label is needed).

        Returns
        -------
        ndarray of object, shape (n,)
            Name of the window, or ``""`` (in a gap, or labelled too late).
        """
        out = np.full(len(known_at), "", dtype=object)
        for i, window in enumerate(self.windows):
            inside = (known_at >= window.start) & (known_at < window.end)
            if i + 1 < len(self.windows):
                inside &= ~(label_at >= self.windows[i + 1].start)
            out[inside.to_numpy(dtype=bool)] = window.name
        return out

    def describe(self) -> dict[str, object]:
        """Return the windows as JSON-ready data (dates as ISO text)."""
        return {
            "gap_days": self.gap / pd.Timedelta(days=1),
            "windows": [
                {"name": w.name, "start": w.start.isoformat(), "end": w.end.isoformat()} for w in self.windows
            ],
        }


def label_delay(known_at: pd.Series, label_at: pd.Series, *, quantile: float = 0.95) -> pd.Timedelta:
    """Return the usual time from row to outcome, in whole days (at most 30, at least 0)."""
    delay = (label_at - known_at).dropna()
    if delay.empty:
        return pd.Timedelta(0)
    days = np.ceil(delay.dt.total_seconds().quantile(quantile) / 86_400)
    return pd.Timedelta(days=int(np.clip(days, 0, 30)))


def split_backwards(
    known_at: pd.Series,
    *,
    gap: pd.Timedelta,
    stop: float = 0.15,
    calibrate: float = 0.2,
    test: float = 0.15,
) -> TimeSplit:
    """Cut labelled rows into windows, from the newest backwards.

    Parameters
    ----------
    known_at : Series of datetime64, shape (n,)
        Times of the labelled rows of one port.
    gap : Timedelta
        Gap between windows (`label_delay`).
    stop, calibrate, test : float
        Shares of the labelled rows; 0 leaves a window out. Cuts fall on midnights.

    Raises
    ------
    SplitError
        No row has a time, shares add up to 1 or more, or no time is left to train on.
    """
    shares = {"test": test, "calibrate": calibrate, "stop": stop}
    times = known_at.dropna().sort_values()
    if times.empty:
        raise SplitError("no labelled row has a time (known_at)")
    if min(shares.values()) < 0 or sum(shares.values()) >= 1:
        raise SplitError("shares of stop, calibrate and test must be 0 or more and leave rows to train on")
    first, end = times.iloc[0].floor("D"), times.iloc[-1].floor("D") + pd.Timedelta(days=1)
    windows: list[Window] = []
    left = 1.0
    for name, share in shares.items():
        if share == 0:
            continue
        left -= share
        start = times.iloc[int(left * len(times))].floor("D")
        start = min(start, end - pd.Timedelta(days=1))
        windows.append(Window(name, start, end))
        end = start - gap
    if end <= first:
        span = (times.iloc[-1] - times.iloc[0]).days
        raise SplitError(
            f"{span} days of labelled rows are too few to train, stop, calibrate and test in turn"
        )
    windows.append(Window("train", first, end))
    return TimeSplit(tuple(reversed(windows)), gap)
