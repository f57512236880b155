"""EDI messages read segment by segment, and bill by bill: UN/EDIFACT and ANSI X12 end alike.

What ends a message says how many segments it has; what is wrong about that, and a message that breaks off,
is a doubt about its last bill. So the last bill seen is held back until what follows tells that it was not
the last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Generic, Protocol, TypeVar

from features.manifest.messages import segments
from features.manifest.messages.form import Broken, Shipment

Handler = Callable[[list[str]], None]


class Doubtful(Protocol):
    """A bill about which doubts can be noted."""

    doubts: list[tuple[str, str, str]]


B = TypeVar("B", bound=Doubtful)


class BillByBill(Generic[B]):
    """One message after another; what a format's segments say is told by its handlers.

    Attributes
    ----------
    done : list of Shipment or Broken
        What is read and not yet handed on.
    at : int
        Number of the segment read.
    bill, held : Doubtful or None
        The bill spoken of, and the one before it.
    bills : int
        Bills of the message, the held one among them.
    separators : Separators
        Of the interchange.
    """

    #: Segments read outside a message too.
    envelope: frozenset[str] = frozenset()
    #: A message, the segments its end counts, and that segment, in the format's words.
    message, trailer = "message", "UNT"
    #: What stands behind the elements of every segment, so that none has too few.
    padding: tuple[str, ...] = ()

    def __init__(self, handlers: dict[str, Handler]) -> None:
        self.separators = segments.Separators("'", "+", ":", "?")
        self.done: list[Shipment | Broken] = []
        self.at = self.first = self.bills = 0
        self.bill: B | None = None
        self.held: B | None = None
        self.place = ""
        self._inside = handlers
        self._outside = {tag: handlers[tag] for tag in self.envelope}
        self._handlers = self._outside

    # --- what a format tells ---

    def as_shipment(self, bill: B) -> Shipment | Broken:
        """Return what a bill amounts to."""
        raise NotImplementedError

    def settled(self, bill: B) -> bool:
        """Settle a bill that ends; return whether enough is said of it to be one."""
        return True

    def without_bills(self) -> Broken:
        """Return what a message without any bill amounts to."""
        raise NotImplementedError

    def last(self, bill: B) -> None:
        """Add what only the end of a message tells of its last bill."""

    # --- messages and their bills ---

    @property
    def open(self) -> bool:
        """Whether a message has begun and not ended."""
        return self._handlers is self._inside

    def begin(self) -> None:
        """Begin a message."""
        self._handlers, self.place, self.first, self.bills = self._inside, f"segment {self.at}", self.at, 0
        self.bill = self.held = None

    def finish(self) -> None:
        """Hold back the bill that ends: only what follows says whether it was the last."""
        bill, self.bill = self.bill, None
        if bill is not None and self.settled(bill):
            self.release()
            self.held = bill
            self.bills += 1

    def release(self) -> None:
        """Hand on the bill held back."""
        if self.held is not None:
            bill, self.held = self.held, None
            self.done.append(self.as_shipment(bill))

    def count(self, said: str) -> None:
        """End a message by the segment that counts its segments."""
        said, seen = said.strip(), self.at - self.first + 1
        wrong = said.isdecimal() and len(said) < 9 and int(said) != seen
        doubt = (f"{self.trailer} {said}", f"the {seen} segments the {self.message} has")
        self._end(doubt if wrong else None)

    def break_off(self, before: str) -> None:
        """End a message that did not end itself, if one is open."""
        expected = f"the {self.message} to end with {self.trailer} before {before}"
        self._end((f"segment {self.at}", expected))

    def _end(self, doubt: tuple[str, str] | None) -> None:
        if not self.open:
            return
        self.finish()
        self._handlers = self._outside
        if self.held is not None:
            if doubt:
                self.held.doubts.append(("source_position", *doubt))
            self.last(self.held)
            self.release()
        elif not self.bills:
            self.done.append(self.without_bills())

    # --- a file ---

    def read(self, parts: Iterable[segments.Part]) -> Iterator[Shipment | Broken]:
        """Yield the shipments of a file."""
        done, padding = self.done, self.padding
        for part in parts:
            separators = self.separators = part.separators
            element = separators.element
            for number, text in enumerate(part.segments, part.first):
                if text.isascii() and segments.MARK not in text:
                    found = text.split(element)
                else:
                    found = segments.elements(text, separators)
                handler = self._handlers.get(found[0]) or self._handlers.get(found[0].strip().upper())
                if handler is None:
                    continue
                found += padding
                self.at = number
                handler(found)
                if done:
                    yield from done
                    done.clear()
            if part.too_long:
                self.at = part.first + len(part.segments) - 1
                limit = f"a segment of less than {segments.LONGEST:,} characters"
                yield Broken(f"segment {self.at}", limit)
        self.break_off("the file ends")
        yield from done
        done.clear()
