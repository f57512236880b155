"""What is gathered of one bill while the lines of its Cargo-IMP message are read."""

from __future__ import annotations

from features.manifest.messages.form import Shipment

#: Doubts that are told of one bill.
MOST = 100
#: Column, what is said, what was expected.
Doubt = tuple[str, str, str]


class RateLine:
    """One line of rates with the goods it is for."""

    __slots__ = ("hs", "kg", "origin", "pieces", "texts")

    def __init__(self, pieces: str = "", kg: str = "") -> None:
        self.pieces, self.kg = pieces, kg
        self.texts: list[str] = []
        self.hs: list[str] = []
        self.origin = ""


class Bill:
    """What is gathered of one bill while its lines are read.

    Attributes
    ----------
    place : str
    house : bool
        Read from a house list.
    values : dict of str to str
        Columns of the shipment table.
    doubts : tuple of (column, value, expected)
    lists : dict of str to dict
        Columns that are lists, with their members in order.
    rates : list of RateLine
    texts : list of str
        Lines of the description.
    short : str
        Short description of a house list or of a flight manifest.
    own_number, master_number : str
        Numbers of the house bill, and of a master bill that is no air waybill.
    carrier, issued, total : str
        Airline, day of issue, and pieces of the whole bill where a part is on the flight.
    consolidated : bool
    part : bool
        Whether its quantities are of a part of it; the rest is not on this flight.
    route : tuple of str
        Airports of the routing.
    spare : dict of str to str
        Columns said in a second place, for want of the first.
    sums : dict of str to float
        Quantities of the parts on a flight.
    master, master_doubts : dict, tuple
        Columns of the master a house is below, and its doubts.
    """

    short = own_number = master_number = carrier = issued = total = ""
    consolidated = part = False
    route: tuple[str, ...] = ()
    # What few bills have is of all bills, empty, and never changed in place: most of the time to read a
    # flight manifest would go into making and forgetting it.
    doubts: tuple[Doubt, ...] = ()
    texts: list[str] = []  # noqa: RUF012 - never changed in place
    rates: list[RateLine] = []  # noqa: RUF012 - likewise
    lists: dict[str, dict[str, None]] = {}  # noqa: RUF012 - likewise
    spare: dict[str, str] = {}  # noqa: RUF012 - likewise
    sums: dict[str, float] = {}  # noqa: RUF012 - likewise
    master: dict[str, str] = {}  # noqa: RUF012 - likewise
    master_doubts: tuple[Doubt, ...] = ()

    def __init__(self, place: str, house: bool = False) -> None:
        self.place, self.house = place, house
        self.values: dict[str, str] = {}

    def doubt(self, column: str, said: str, expected: str) -> None:
        """Tell of something said that is not used, or used in doubt."""
        if len(self.doubts) < MOST:
            self.doubts = (*self.doubts, (column, said, expected))

    def keep(self, column: str, text: str) -> None:
        """Keep what a column is if nothing better says it."""
        if column not in self.spare:
            self.spare = {**self.spare, column: text}

    def add(self, column: str, member: str) -> None:
        """Add a member to a column that is a list."""
        if not self.lists:
            self.lists = {}
        members = self.lists.get(column)
        if members is None:
            members = self.lists[column] = {}
        members[member] = None

    def join(self, more: Bill) -> None:
        """Take in what a further message says of the bill; what it says again is not taken twice."""
        for column, text in more.values.items():
            self.values.setdefault(column, text)
        for column, members in more.lists.items():
            for member in members:
                self.add(column, member)
        for column, text in more.spare.items():
            self.keep(column, text)
        if more.texts != self.texts[: len(more.texts)]:
            self.texts = self.texts or []
            self.texts += more.texts
        for doubt in more.doubts:
            if doubt not in self.doubts:
                self.doubt(*doubt)

    def shipment(self, summary: bool = False) -> Shipment:
        """Return the bill as a shipment.

        Parameters
        ----------
        summary : bool
            Whether it is an entry of a list.
        """
        values = self.values
        for column, members in self.lists.items():
            text = ";".join(members)
            if text.count(";") >= len(members):
                text = ";".join(member.replace(";", ",") for member in members)
            values[column] = text
        return Shipment(values, self.place, self.doubts, summary, summary and self.part)
