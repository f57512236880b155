"""What is told at once where wildlife is found: first steps, what to wear, whom to call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from risk import first_response
from risk.store import contacts
from risk.store.contacts import Contact

#: Signs a telephone takes.
_DIALLED = frozenset("+0123456789*#")


@dataclass(frozen=True)
class Call:
    """Whom to call about something.

    Attributes
    ----------
    topic : str
        A code of `risk.vocabulary`.
    people : tuple of Contact
        Empty: nobody is on the port's list.
    """

    topic: str
    people: tuple[Contact, ...]


@dataclass(frozen=True)
class Advice:
    """All of it; texts are English and looked up when shown.

    Attributes
    ----------
    live : bool
        Live animals; else products alone.
    stop : str
        Before anything else.
    steps, gear : tuple of str
    calls : tuple of Call
        In the order of calling.
    basis : str
        What the advice rests on.
    """

    live: bool
    stop: str
    steps: tuple[str, ...]
    gear: tuple[str, ...]
    calls: tuple[Call, ...]
    basis: str


def advice(
    found: Iterable[str], taxa: Sequence[str], by_topic: Mapping[str, Sequence[Contact]]
) -> Advice | None:
    """Return what to tell of a find, None where no wildlife was found.

    Parameters
    ----------
    found : iterable of str
        Codes of what was found.
    taxa : sequence of str
        Scientific names, as far as anybody knows.
    by_topic : mapping
        `risk.store.contacts.by_topic`.
    """
    kinds = set(found)
    live = "live_animals" in kinds
    if not live and "wildlife_products" not in kinds:
        return None
    gear = first_response.gear(tuple(taxa)) if live else ()
    if "wildlife_products" in kinds:
        gear = (*gear, *first_response.GEAR_PRODUCTS)
    topics = contacts.TOPICS if live else contacts.FOR_PRODUCTS
    return Advice(
        live=live,
        stop=first_response.STOP,
        steps=first_response.LIVE if live else first_response.PRODUCTS,
        gear=gear,
        calls=tuple(Call(topic, tuple(by_topic.get(topic, ()))) for topic in topics),
        basis=first_response.BASIS,
    )


def dialled(phone: str) -> str:
    """Return a number as a telephone takes it."""
    return "".join(sign for sign in phone if sign in _DIALLED)
