"""What somebody looks for on the page of the day, as it stands in the address and in saved views.

Windows of time are hours from now, so that a view saved yesterday means the same today. Whatever an address
holds that is not known is left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final

import pandas as pd

from features.manifest.schema import MODES
from risk.store.day import Filters

#: Hours before and after now that the day reaches.
FAR: Final = 72
#: Hours until a shipment is released or goes on, to choose from.
LEFT: Final = (2, 4, 8, 12, 24, 48)
#: Characters of a text that is looked for.
LONGEST: Final = 200

_TEXTS = ("text", "location", "conveyance")
_FLAGS = ("undecided", "mine", "listed")


@dataclass(frozen=True)
class Asked:
    """What is looked for; empty means any.

    Attributes
    ----------
    list : int
        Number of a published list, 0 for the whole day.
    page : int
        From 1.
    text : str
        Words of a bill, container or party.
    mode, location, conveyance, heading, origin : str
    earliest, latest : int
        Arrival, in hours from now; `FAR` either way for any.
    left : int
        At most so many hours left, 0 for any.
    undecided, mine, listed : bool
    """

    list: int = 0
    page: int = 1
    text: str = ""
    mode: str = ""
    location: str = ""
    conveyance: str = ""
    heading: str = ""
    origin: str = ""
    earliest: int = -FAR
    latest: int = FAR
    left: int = 0
    undecided: bool = False
    mine: bool = False
    listed: bool = False

    @classmethod
    def of_query(cls, query: Mapping[str, Any]) -> Asked:
        """Return what an address or a saved view asks for.

        Parameters
        ----------
        query : mapping
            Names of the attributes; values are texts, hostile ones among them.
        """
        given = {str(name): str(value) for name, value in query.items()}
        found: dict[str, Any] = {name: given.get(name, "").strip()[:LONGEST] for name in _TEXTS}
        found |= {name: given.get(name) == "1" for name in _FLAGS}
        found["list"] = _number(given.get("list"), 0, 2**31 - 1, 0)
        found["page"] = _number(given.get("page"), 1, 10**6, 1)
        found["mode"] = given.get("mode", "") if given.get("mode") in MODES else ""
        found["heading"] = _matching(given.get("heading"), r"[0-9]{1,10}")
        found["origin"] = _matching(given.get("origin"), r"[A-Z]{2}")
        found["earliest"] = _number(given.get("earliest"), -FAR, FAR, -FAR)
        found["latest"] = max(_number(given.get("latest"), -FAR, FAR, FAR), found["earliest"])
        found["left"] = _number(given.get("left"), 0, LEFT[-1], 0)
        return cls(**found)

    def to_query(self) -> dict[str, str]:
        """Return what is asked for as texts, without what is as usual."""
        usual = Asked()
        told = {each.name: getattr(self, each.name) for each in fields(self)}
        return {
            name: str(int(value) if isinstance(value, bool) else value)
            for name, value in told.items()
            if value != getattr(usual, name)
        }

    def to_view(self) -> dict[str, str]:
        """Return what a saved view keeps: neither the page nor a list, which is another tomorrow."""
        return replace(self, page=1, list=0).to_query()

    def filters(self, now: pd.Timestamp) -> Filters:
        """Return the filters this means at a moment."""
        hour = pd.Timedelta(hours=1)
        return Filters(
            mode=self.mode,
            location=self.location,
            conveyance=self.conveyance,
            heading=self.heading,
            origin=self.origin,
            arrives_from=None if self.earliest <= -FAR else now + self.earliest * hour,
            arrives_until=None if self.latest >= FAR else now + self.latest * hour,
            hours_left=float(self.left) if self.left else None,
            undecided=self.undecided,
            mine=self.mine,
            listed=self.listed,
        )

    @property
    def of_lists(self) -> bool:
        """Whether only what lists chose is looked at: then nothing is shown that tells how it was chosen."""
        return bool(self.list) or self.listed

    @property
    def narrowed(self) -> int:
        """How many filters are set, those of the line above the rows left out."""
        usual = Asked()
        names = ("mode", "location", "conveyance", "heading", "origin", "left")
        arrival = (self.earliest, self.latest) != (usual.earliest, usual.latest)
        return sum(getattr(self, name) != getattr(usual, name) for name in names) + arrival


def choices(frame: pd.DataFrame, name: str, chosen: str) -> list[str]:
    """Return the values of a column to choose from: any, then in order; what is chosen is always there."""
    found = {str(value) for value in frame[name].unique()} | {chosen}
    return ["", *sorted(found - {""})]


def _number(text: str | None, low: int, high: int, usual: int) -> int:
    if text is None or not re.fullmatch(r"-?[0-9]{1,10}", text, re.ASCII):
        return usual
    return min(max(int(text), low), high)


def _matching(text: str | None, pattern: str) -> str:
    return text if text is not None and re.fullmatch(pattern, text, re.ASCII) else ""
