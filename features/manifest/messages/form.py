"""What a message format is to the rest of the program."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import pandas as pd


@dataclass(frozen=True)
class Shipment:
    """One shipment a message tells of.

    Attributes
    ----------
    values : dict of str to str
        Column of the shipment table -> text as `features.manifest.cells` reads it: numbers with a
        decimal point in the column's unit, times in ISO 8601, lists joined by ``;``, items as JSON, flags
        ``true`` or ``false``. Columns that say nothing are left out.
    place : str
        Where it stands, for people: ``line 12``, ``segment 40``.
    doubts : tuple of (column, value, expected)
        What the message says and the reader did not use, or used in doubt; each becomes a note.
    summary : bool
        Whether this is an entry of a list (a flight manifest, a house list) that tells a bill in short: it
        fills in what the bill's own message leaves open, and never takes that message's place.
    part : bool
        Of an entry of a list: whether its quantities are those of a part of the bill (a split shipment), so
        that other lists tell of the rest.
    """

    values: dict[str, str]
    place: str
    doubts: tuple[tuple[str, str, str], ...] = ()
    summary: bool = False
    part: bool = False


@dataclass(frozen=True)
class Broken:
    """A message, or a part of one, that tells of no shipment that can be used.

    Attributes
    ----------
    place : str
    expected : str
        What was expected there and what stands there instead.
    shipment_id : str
        Where it can be told.
    """

    place: str
    expected: str
    shipment_id: str = ""


@dataclass(frozen=True)
class Field:
    """Which part of a message becomes a column.

    Attributes
    ----------
    column : str
        Of the shipment table.
    element : str
        Element, segment or line, in the format's own words.
    remark : str
        How it is read, where that is not plain.
    written : bool
        Whether the writer puts the column there, so that reading it again gives it back.
    """

    column: str
    element: str
    remark: str = ""
    written: bool = True


#: Reads a file to its end, whatever it holds: it raises nothing but `OSError`, and holds one shipment at a
#: time (or one message, where the format gives no other choice).
Reader = Callable[[Path], Iterator[Shipment | Broken]]
#: Writes a complete shipment table as one or several messages.
Writer = Callable[[pd.DataFrame, BinaryIO], None]


@dataclass(frozen=True)
class Form:
    """A message format.

    Attributes
    ----------
    name : str
        Short name, as in ``--to`` and ``--format``.
    title : str
        What people call it.
    messages : tuple of str
        The messages it reads.
    suffix : str
        Of a file written (``.xml``).
    recognise : callable
        Whether the first bytes of a file (at most 64 KiB, any encoding) are of this format.
    read : Reader
    write : Writer
    fields : tuple of Field
        Every column the reader can fill.
    lost : str
        What the message can say and the shipment table cannot hold, or the other way round.
    tried : str
        Which versions were tried, and on what.
    declares : bool
        Whether its rows are declarations of bills that other messages carry.
    begins : tuple of bytes
        What its messages begin with, where they stand behind those of another format.
    """

    name: str
    title: str
    messages: tuple[str, ...]
    suffix: str
    recognise: Callable[[bytes], bool]
    read: Reader
    write: Writer
    fields: tuple[Field, ...]
    lost: str
    tried: str
    declares: bool = False
    begins: tuple[bytes, ...] = ()
    columns: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        """List the columns, each once, in order of the shipment table."""
        from features.manifest.schema import BY_NAME

        named = {each.column for each in self.fields}
        object.__setattr__(self, "columns", tuple(name for name in BY_NAME if name in named))
