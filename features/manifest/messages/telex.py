"""Telex messages as segments: a line and the lines that go on with it, from bytes that may be anything.

A segment begins on a line that does not begin with ``/`` and takes in every line after it that does, or
that is a name, an address or a place (NAM, ADR, LOC) of the party it begins.
Cargo-IMP knows capitals only, so text comes in capitals; control characters of the line are left out.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import Path

from features.manifest import encodings

#: Bytes read at a time.
BLOCK = 1 << 18
#: A segment is cut here; what follows up to the next segment is left out.
LONGEST = 1 << 20
_GOES_ON = r"(?:/|(?:NAM|ADR|LOC)/(?!/|[0-9]{2}[A-Z]{3}[0-9]{4}))"
_ON = re.compile(_GOES_ON)
_SEGMENT = re.compile(rf"^(?!{_GOES_ON})[^\n]++(?:\n++{_GOES_ON}[^\n]*+)*+", re.MULTILINE)
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f\ufeff]")
_LINE_ENDS = ("\n", "")
_BLANK = re.compile(r"\n{2,}")
_INDENT = re.compile(r"\n[ \t]+")
#: Characters of the line (SOH, STX, ETX, NUL ...) go; vertical tabs and form feeds end a line.
_DROPPED = bytes([*range(9), *range(14, 32), 127])
_FEEDS = bytes.maketrans(b"\x0b\x0c", b"\n\n")


class Telex:
    """The segments of a file, stretch by stretch, and the lines they stand in.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._text = ""
        self._counted = 0  # lines before here are in _line
        self._search = 0
        self._line = 1

    def stretches(self) -> Iterator[list[str]]:
        """Yield the segments of the file in order, some thousand at a time.

        Segments are capitals, with lines parted by line feeds. No more than a block of text and one segment
        is held.
        """
        held, dropped = "", 0  # the segment that may go on, and lines of it that are left out
        for text in _capitals(self.path):
            whole = held + text
            cut = _last_start(whole, len(held))
            if cut:
                yield self._segments(whole[:cut])
                self._line, dropped = self._line + dropped, 0
            held = whole[cut:]
            if len(held) > LONGEST:
                short = held[:LONGEST].rstrip("\n") + ("\n" if held.endswith("\n") else "")
                dropped += held.count("\n") - short.count("\n")
                held = short
        if held:
            yield self._segments(held)

    def _segments(self, text: str) -> list[str]:
        self._line += self._text.count("\n", self._counted)
        self._text, self._counted, self._search = text, 0, 0
        found = _SEGMENT.findall(text)
        return [_BLANK.sub("\n", each) for each in found] if "\n\n" in text else found

    def line(self, segment: str) -> int:
        """Return the number of the line a segment of the latest stretch begins in.

        Asked for segments in the order they stand in; not every one needs to be asked for.
        """
        text = self._text
        found = text.find(segment, self._search)
        if found < 0:  # blank lines were left out of it
            segment = segment.partition("\n")[0]
            found = text.find(segment, self._search)
        while found >= 0:
            after = found + len(segment)
            if (not found or text[found - 1] == "\n") and text[after : after + 1] in _LINE_ENDS:
                self._line += text.count("\n", self._counted, found)
                self._counted, self._search = found, after
                break
            found = text.find(segment, found + 1)
        return self._line


def _last_start(text: str, begin: int) -> int:
    """Return where the last segment of a text begins; 0 if no other begins before it.

    Parameters
    ----------
    text : str
    begin : int
        Before it begins no further segment.
    """
    end = len(text)
    while (end := text.rfind("\n", max(begin - 1, 0), end)) >= 0:
        if text[end + 1 : end + 2] not in ("", "/", "\n") and not _ON.match(text, end + 1):
            return end + 1
    return 0


def _capitals(path: Path) -> Iterator[str]:
    """Yield the text of a file in capitals, lines parted by line feeds, without control characters."""
    encoding = encodings.detect(path)
    wide = encoding.startswith(("utf-16", "utf-32"))
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    carriage, first = "", True
    with open(path, "rb") as stream:
        block = stream.read(BLOCK)
        while block or carriage:
            ended = not block
            text = carriage + decoder.decode(
                block if wide else block.translate(_FEEDS, _DROPPED), final=ended
            )
            carriage = "\r" if text.endswith("\r") and not ended else ""
            text = text[: len(text) - len(carriage)]
            if "\r" in text:
                text = text.replace("\r\n", "\n").replace("\r", "\n")
            if wide or "\ufeff" in text:
                text = _CONTROL.sub("", text)
            if "\n " in text or "\n\t" in text:
                text = _INDENT.sub("\n", text)
            if text:
                yield text.lstrip(" \t").upper() if first else text.upper()
                first = False
            block = stream.read(BLOCK)
