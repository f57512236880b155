"""Files in which messages of several formats stand one after another, as mail and line recorders leave them.

A reader takes every message of its own format in a file; those of another format behind them would be
passed over as noise. Where one begins is looked for by the few bytes its format begins with, and believed
only if its format knows what follows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from features.manifest.messages.form import Form
from features.manifest.messages.forms import FORMS

_BLOCK = 1 << 22
#: Bytes by which a format is known again.
_HEAD = 1 << 12
#: Bytes before it by which the end of what stands there is known: of XML an element, of others a line or
#: the mark a segment ends with.
_BEFORE = 128
_CLOSED = re.compile(rb"</[^<>]+>[\s\x00-\x1f]*\Z")
_ENDED = re.compile(rb"(?:[\r\n]|['~>\x03][\s\x00-\x1f]*)\Z")
#: Parts of a file: more are noise that happens to look like messages.
_MOST = 1_000


@dataclass(frozen=True)
class Stretch:
    """Bytes of a file that are of one format.

    Attributes
    ----------
    begin, end : int
        Offsets.
    line : int
        Line it begins on.
    """

    begin: int
    end: int
    line: int


def stretches(path: Path, form: Form) -> list[Stretch]:
    """Return the stretches of a file that begins in a format; one if it is of that format throughout."""
    cuts = [(0, 1)]
    current: Form = form
    for at, line, before, head in _beginnings(path):
        ended = _CLOSED.search(before) if current.suffix == ".xml" else _ENDED.search(before)
        if not ended or len(cuts) >= _MOST:
            continue
        found = [form for form in FORMS if head.startswith(form.begins) and form.recognise(head)]
        if found and current not in found:
            cuts.append((at, line))
            current = found[0]
    ends = [at for at, _ in cuts[1:]] + [path.stat().st_size]
    return [Stretch(begin, end, line) for (begin, line), end in zip(cuts, ends, strict=True)]


def copy(path: Path, stretch: Stretch, to: Path) -> None:
    """Write a stretch of a file into one of its own."""
    with open(path, "rb") as stream, open(to, "wb") as out:
        stream.seek(stretch.begin)
        left = stretch.end - stretch.begin
        while left > 0 and (block := stream.read(min(left, _BLOCK))):
            out.write(block)
            left -= len(block)


def _beginnings(path: Path) -> Iterator[tuple[int, int, bytes, bytes]]:
    """Yield where messages may begin after the first: offset, line, bytes before it, bytes from there."""
    marks = sorted({mark for form in FORMS for mark in form.begins})
    with open(path, "rb") as stream:
        block, offset, lines = stream.read(_BLOCK), 0, 1
        last = b""
        while block:
            more = stream.read(_BLOCK)
            held = block + more[:_HEAD]
            found = sorted({at for mark in marks for at in _places(held, mark, len(block))})
            counted = 0
            for at in found:
                lines += held.count(b"\n", counted, at)
                counted = at
                if offset + at:
                    before = (last + held[max(0, at - _BEFORE) : at])[-_BEFORE:]
                    yield offset + at, lines, before, held[at : at + _HEAD]
            lines += block.count(b"\n", counted)
            offset, last = offset + len(block), block[-_BEFORE:]
            block = more


def _places(text: bytes, mark: bytes, end: int) -> Iterator[int]:
    at = text.find(mark)
    while 0 <= at < end:
        yield at
        at = text.find(mark, at + 1)
