"""The kinds of key a past is kept under: parties, places of the bill, goods and routes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from features.parties.identity import ROLES
from features.parties.resolution import Parties

#: Kind -> columns of the shipment events its key is made of.
COLUMNS: dict[str, tuple[str, ...]] = {
    "shipper": ("shipper",),
    "consignee": ("consignee",),
    "notify": ("notify",),
    "pair": ("shipper", "consignee"),
    "broker": ("broker",),
    "carrier": ("carrier",),
    "location": ("location",),
    "address": ("address",),
    "phone": ("phone",),
    "heading": ("heading",),
    "lane": ("origin", "destination"),
    "goods_origin": ("heading", "origin"),
    "goods_route": ("heading", "origin", "destination"),
    "goods_value": ("heading", "currency"),
    "goods_origin_value": ("heading", "origin", "currency"),
}


class Keys:
    """The key of every shipment event, for every kind.

    Parameters
    ----------
    shipments : DataFrame of int64, shape (n, ...)
        Shipment events.
    parties : Parties
        What party each name belongs to.
    """

    def __init__(self, shipments: pd.DataFrame, parties: Parties) -> None:
        self._also = parties.also
        self._columns: dict[str, np.ndarray] = {}
        for column in sorted({column for columns in COLUMNS.values() for column in columns}):
            values = shipments[column].to_numpy()
            if column in ROLES:
                self._columns[column] = _parties_of(values, parties)
            else:
                _, dense = np.unique(values, return_inverse=True)
                self._columns[column] = np.where((values == 0) & (column != "currency"), -1, dense)

    def own(self, kind: str) -> np.ndarray:
        """Return the key each shipment asks its past under, -1 where it has none; shape (n,)."""
        return self._joined([self._columns[column] for column in COLUMNS[kind]], kind)

    def counted(self, kind: str) -> tuple[np.ndarray, np.ndarray]:
        """Return (position of the shipment, key it counts under), more than one per shipment if need be."""
        columns = COLUMNS[kind]
        event = np.arange(len(self._columns[columns[0]]))
        values = [self._columns[column] for column in columns]
        for place, column in enumerate(columns):
            if column in ROLES and self._also:
                event, values = self._spread(event, values, place)
        return event, self._joined(values, kind)

    def among(self, columns: tuple[str, str]) -> np.ndarray:
        """Return one number per distinct pair of two columns' keys, -1 where either is missing."""
        return self._joined([self._columns[column] for column in columns], "")

    def _spread(
        self, event: np.ndarray, values: list[np.ndarray], place: int
    ) -> tuple[np.ndarray, list[np.ndarray]]:
        """Let shipments of a party count for the parties that share its past, too."""
        shared = np.isin(values[place], np.fromiter(self._also, dtype=np.int64, count=len(self._also)))
        rows = [np.arange(len(event))]
        party = [values[place]]
        for row in np.flatnonzero(shared):
            others = self._also[int(values[place][row])]
            rows.append(np.full(len(others), row))
            party.append(np.array(others, dtype=np.int64))
        taken = np.concatenate(rows)
        spread = [value[taken] for value in values]
        spread[place] = np.concatenate(party)
        return event[taken], spread

    def _joined(self, values: list[np.ndarray], kind: str) -> np.ndarray:
        key = values[0]
        missing = values[0] < 0
        for value, column in zip(values[1:], COLUMNS.get(kind, ("", ""))[1:], strict=True):
            width = int(value.max(initial=0)) + 1
            if column in ROLES:
                width = max(width, self._party_numbers)
            missing = missing | (value < 0)
            key = key * width + value
        return np.where(missing, -1, key)

    @property
    def _party_numbers(self) -> int:
        """Return a number above every party's, so that keys of own and counted pairs agree."""
        most = max((int(self._columns[role].max(initial=0)) for role in ROLES), default=0)
        return 1 + max([most, *(number for others in self._also.values() for number in others)])


def _parties_of(names: np.ndarray, parties: Parties) -> np.ndarray:
    """Return the party of each name key, -1 for the key 0 (nobody named)."""
    if not len(parties.key):
        return np.full(len(names), -1, dtype=np.int64)
    position = np.clip(np.searchsorted(parties.key, names), 0, len(parties.key) - 1)
    return np.where(names == 0, -1, parties.party[position])
