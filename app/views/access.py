"""What the page on access shows: who looked at how much, and why it was theirs to look at."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from risk.store.access import GROUNDS

#: Lengths of time offered, in hours.
WINDOWS = (24, 168, 720)
#: Looks shown one by one.
SHOWN = 200


@dataclass(frozen=True)
class Looker:
    """How much one person looked at.

    Attributes
    ----------
    user_id : int
    login, name, role : str
        Empty of an account that is not there.
    looks, shipments : int
    grounds : dict of str to int
    outside_share : float
        0 to 1.
    last_at : Timestamp
    """

    user_id: int
    login: str
    name: str
    role: str
    looks: int
    shipments: int
    grounds: dict[str, int]
    outside_share: float
    last_at: pd.Timestamp


def lookers(frame: pd.DataFrame) -> list[Looker]:
    """Return the rows of `risk.store.access.by_person`."""
    known = frame.assign(**{name: frame[name].fillna("") for name in ("login", "name", "role")})
    return [
        Looker(
            int(row["user_id"]),
            str(row["login"]),
            str(row["name"]),
            str(row["role"]),
            int(row["looks"]),
            int(row["shipments"]),
            {ground: int(row[ground]) for ground in GROUNDS},
            float(row["outside_share"]),
            pd.Timestamp(row["last_at"]),
        )
        for row in known.to_dict("records")
    ]


def window(asked: str) -> int:
    """Return the hours an address asks for, the shortest offered for anything else.

    Examples
    --------
    >>> window("168"), window("7"), window("x")
    (168, 24, 24)
    """
    return next((hours for hours in WINDOWS if str(hours) == asked), WINDOWS[0])


def chosen(asked: str, found: list[Looker]) -> int | None:
    """Return the person an address asks for, None for everybody or somebody who did not look."""
    return next((each.user_id for each in found if str(each.user_id) == asked), None)
