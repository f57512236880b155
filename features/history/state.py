"""The state folder: what a port has seen so far.

A state is a set of events (`features.history.events`) and the names in them. Joining two states is
the union of sets: exact, the same in any order and grouping, and without effect when done twice.
Any count, window or percentile at any moment is derived from it, so that a batch may also lie
partly before the newest shipment of the state and still be judged on strictly earlier ones only.

The folder holds names, addresses and telephone numbers of people. It belongs to the port, is never
part of a model bundle, and `State.forget` removes what is older than the port may keep.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from features.history import events
from features.parties import identity
from features.parties.resolution import Parties, resolve
from features.view import View


@dataclass(frozen=True, eq=False)
class State:
    """What a port has seen.

    Attributes
    ----------
    shipments : DataFrame of int64, shape (n, len(events.SHIPMENT_COLUMNS))
        Sorted by ``row``, each once.
    outcomes : DataFrame of int64, shape (m, len(events.OUTCOME_COLUMNS))
        Sorted by all columns, each once.
    names : DataFrame, shape (k, ...)
        Table of names, sorted by ``key``.
    links : DataFrame or None
        Links between names worked out before (`features.parties.resolution`). They follow from the
        rest and only save the work of finding them again, so they are no part of equality.
    """

    shipments: pd.DataFrame
    outcomes: pd.DataFrame
    names: pd.DataFrame
    links: pd.DataFrame | None = None

    @classmethod
    def empty(cls) -> State:
        """Return the state of a port that has seen nothing."""
        return cls(_no_rows(events.SHIPMENT_COLUMNS), _no_rows(events.OUTCOME_COLUMNS), identity.empty())

    @classmethod
    def of(cls, view: View) -> State:
        """Return the state that has seen one batch and nothing else."""
        return cls.of_events(*events.of_view(view))

    @classmethod
    def of_events(cls, shipments: pd.DataFrame, outcomes: pd.DataFrame, names: pd.DataFrame) -> State:
        """Return the state made of the events of one batch (`features.history.events.of_view`)."""
        return cls(_distinct(shipments, ["row"]), _distinct_outcomes(outcomes), names)

    @classmethod
    def load(cls, folder: str | Path) -> State:
        """Read a state folder; `features.history.storage.StateError` if it is not a sound one."""
        from features.history import storage

        return storage.load(Path(folder))

    def save(self, folder: str | Path) -> None:
        """Write the state to a folder, whole or not at all; the same state gives the same bytes."""
        from features.history import storage

        links = self.parties.links(self.first_seen)
        frames = {"shipments": self.shipments, "outcomes": self.outcomes, "names": self.names, "links": links}
        storage.save(Path(folder), frames, self.digest)

    def merge(self, other: State) -> State:
        """Return the state that has seen what either has seen."""
        return State(
            _distinct(pd.concat([self.shipments, other.shipments], ignore_index=True), ["row"]),
            _distinct_outcomes(pd.concat([self.outcomes, other.outcomes], ignore_index=True)),
            identity.union(self.names, other.names),
            self.links if self.links is not None else other.links,
        )

    @classmethod
    def joined(cls, parts: Sequence[State]) -> State:
        """Return the state that has seen what any of several has seen."""
        # Pairwise, so that each row is sorted few times.
        left = list(parts)
        while len(left) > 1:
            pairs = [left[i].merge(left[i + 1]) for i in range(0, len(left) - 1, 2)]
            left = pairs + left[2 * len(pairs) :]
        return left[0] if left else cls.empty()

    def absorb(self, view: View) -> State:
        """Return the state after a batch: its shipments, outcomes and names added."""
        return self.merge(State.of(view))

    def forget(self, before: pd.Timestamp) -> State:
        """Return the state without anything known before a moment, names no longer needed included."""
        moment = int(np.datetime64(before, "us").astype(np.int64))
        return self._only((self.shipments["known_at"] >= moment).to_numpy())

    def without(self, shipments: np.ndarray) -> State:
        """Return the state without shipments, names no longer needed included.

        Parameters
        ----------
        shipments : ndarray of int64, shape (k,)
            Keys, as `events.shipment_keys` gives them.
        """
        return self._only(~self.shipments["shipment"].isin(shipments).to_numpy())

    def _only(self, stays: np.ndarray) -> State:
        shipments = self.shipments[stays].reset_index(drop=True)
        outcomes = self.outcomes[self.outcomes["shipment"].isin(shipments["shipment"])].reset_index(drop=True)
        used = np.unique(shipments[list(identity.ROLES)].to_numpy())
        names = self.names[self.names["key"].isin(used)].reset_index(drop=True)
        return State(shipments, outcomes, names)

    @cached_property
    def first_seen(self) -> np.ndarray:
        """When each name was first seen, in the order of the names (microseconds since 1970)."""
        names = self.names["key"].to_numpy()
        known = self.shipments["known_at"].to_numpy()
        seen = np.full(len(names), np.iinfo(np.int64).max)
        for role in identity.ROLES:
            key = self.shipments[role].to_numpy()
            named = key != 0
            np.minimum.at(seen, np.searchsorted(names, key[named]), known[named])
        return seen

    @cached_property
    def parties(self) -> Parties:
        """Which names are one party."""
        return resolve(self.names, self.first_seen, self.links)

    @property
    def covers_from(self) -> pd.Timestamp | None:
        """When the oldest shipment was known; None for an empty state."""
        return _moment(self.shipments["known_at"].min()) if len(self.shipments) else None

    @property
    def covers_until(self) -> pd.Timestamp | None:
        """When the newest shipment was known; None for an empty state."""
        return _moment(self.shipments["known_at"].max()) if len(self.shipments) else None

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the content, whatever file format or library wrote it."""
        total = hashlib.sha256()
        for frame in (self.shipments, self.outcomes, self.names):
            for name in frame.columns:
                total.update(f"\0{name}\0".encode())
                if frame[name].dtype == "str":
                    total.update("\0".join(frame[name].tolist()).encode("utf-8", "surrogatepass"))
                else:
                    total.update(np.ascontiguousarray(frame[name].to_numpy()).astype("<i8").tobytes())
        return total.hexdigest()

    def __eq__(self, other: object) -> bool:
        """Say whether two states have seen the same."""
        return isinstance(other, State) and self.digest == other.digest

    def __hash__(self) -> int:
        """Return a hash of the content."""
        return hash(self.digest)


def _no_rows(columns: tuple[str, ...]) -> pd.DataFrame:
    return pd.DataFrame({column: np.empty(0, dtype=np.int64) for column in columns})


def _distinct(frame: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    return frame.drop_duplicates(by).sort_values(by, kind="stable").reset_index(drop=True)


def _distinct_outcomes(frame: pd.DataFrame) -> pd.DataFrame:
    """Keep each outcome once, as carried by the earliest known version of the shipment."""
    content = [column for column in events.OUTCOME_COLUMNS if column != "known_at"]
    ordered = frame.sort_values([*content, "known_at"], kind="stable").drop_duplicates(content)
    return ordered[list(events.OUTCOME_COLUMNS)].reset_index(drop=True)


def _moment(microseconds: int) -> pd.Timestamp:
    return pd.Timestamp(int(microseconds), unit="us")
