"""EDI streams cut into segments, a block at a time: UN/EDIFACT and ANSI X12.

Both say at their beginning which characters part segments, elements and components (UNA or UNB; ISA), and
a file may hold several interchanges that say it differently. Bytes are cut before they are decoded: what
parts them is ASCII in every encoding met, and only the few segments beyond ASCII pay for decoding.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from features.manifest import encodings

#: Characters of an envelope before the first segment.
_ENVELOPE = 600

#: Bytes read at a time.
BLOCK = 1 << 18
#: A longer segment is none of a manifest: what is beyond is passed over.
LONGEST = 1 << 20
#: Characters in which an interchange says what parts it; a beginning nearer to the end of what was read
#: waits for the next block.
_BEGINNING = 512
#: Beginnings looked at in a block; more of them are noise.
_MANY = 2000
#: Control characters no message holds as text; one of them stands before what is released.
_DROPPED = bytes((*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x1C), 0x7F))
MARK = "\x01"
#: Of bytes not yet decoded, others that Python takes for blanks may be parts of letters.
_BLANK = " \t\r\n"
_CHARACTER_SETS = {
    "UNOC": "latin-1",
    "UNOD": "iso8859-2",
    "UNOE": "iso8859-5",
    "UNOF": "iso8859-7",
    "UNOG": "iso8859-3",
    "UNOH": "iso8859-4",
    "UNOI": "iso8859-6",
    "UNOJ": "iso8859-8",
    "UNOK": "iso8859-9",
    "UNOL": "iso8859-15",
    "KECA": "euc_kr",
}
#: Of these a text that is said to be Latin-1 can be told: two bytes in a row make common characters.
_WIDE = frozenset(("gb18030", "big5hkscs", "cp932", "euc_kr", "cp949", "euc_jp"))
_UNA = re.compile(
    r"UNA([^\w \t\r\n])([^\w \t\r\n])[.,](\W)"
    r"(?:[^\r\n]([^\w \t\r\n])|([^\w \t\r\n])|[^\r\n]?(\r\n|\n|\r))\s*(?=UN[BGH])",
    re.I,
)
_UNB = re.compile(r"UNB([^\w \t\r\n])(UNO[A-Z]|KECA)(.)", re.I | re.S)
_ISA = re.compile(r"ISA([^\w \t\r\n])\d\d\1", re.I)
_NEXT = {
    "edifact": re.compile(r"([^\w \t\r\n])[ \t\r\n]*(?:UN[GH]|BGM|DTM)(?=[^\w \t\r\n])", re.I),
    "x12": re.compile(r"([^\w \t\r\n])[ \t\r\n]*(?:GS|ST|M10|P4|LX)(?=[^\w \t\r\n])", re.I),
}
#: A tag at the beginning of a line inside what should be one segment: the terminator before it is missing.
_LINE = {
    "edifact": re.compile(r"[\r\n]+[ \t\r\n]*(?=[A-Z]{3}[+:\x1d])"),
    "x12": re.compile(r"[\r\n]+[ \t\r\n]*(?=[A-Z][A-Z0-9]{1,2}[*|^\x1d])"),
}


@dataclass(frozen=True)
class Separators:
    """What parts a stream, and the encoding of text in it that is neither ASCII nor UTF-8.

    ``release`` is empty where nothing releases.
    """

    segment: str
    element: str
    component: str
    release: str = ""
    encoding: str = "utf-8"


@dataclass(frozen=True)
class Part:
    """Consecutive segments parted alike.

    Attributes
    ----------
    separators : Separators
    first : int
        Number of the first segment, from 1 at the beginning of the file.
    segments : list of str
        Trimmed, none empty, not yet cut into elements; `elements` does that.
    too_long : bool
        Whether the last one was longer than `LONGEST`, and was cut there.
    """

    separators: Separators
    first: int
    segments: list[str]
    too_long: bool = False


def elements(text: str, separators: Separators) -> list[str]:
    """Cut a segment into elements, decoded; the first is its tag.

    A released component separator stays marked until `components` (or `plain`) has had the element.
    """
    if not text.isascii():
        text = _decoded(text, separators.encoding)
    found = text.split(separators.element)
    if MARK in text:
        marks = {"\x02": separators.release, "\x03": separators.segment, "\x04": separators.element}
        for mark, character in marks.items():
            found = [each.replace(MARK + mark, character) for each in found]
    return found


def components(element: str, separators: Separators) -> list[str]:
    """Cut an element into components."""
    found = element.split(separators.component)
    return [plain(each, separators) for each in found] if MARK in element else found


def plain(element: str, separators: Separators) -> str:
    """Return an element as one text."""
    return element.replace(MARK + "\x05", separators.component) if MARK in element else element


def _decoded(text: str, encoding: str) -> str:
    raw = text.encode("latin-1", errors="replace")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode(encoding, errors="replace")


def edifact(path: Path) -> Iterator[Part]:
    """Yield the segments of an UN/EDIFACT file; what parts them is told anew at every UNA and UNB."""
    return _parts(path, "edifact")


def x12(path: Path) -> Iterator[Part]:
    """Yield the segments of an ANSI X12 file; what parts them is told anew at every ISA."""
    return _parts(path, "x12")


def _parts(path: Path, syntax: str) -> Iterator[Part]:
    detected = encodings.detect(path)
    separators, number, rest, skipping = None, 0, "", False
    for block, last in _blocks(path, detected):
        text = rest + block
        limit = len(text) if last else max(0, len(text) - _BEGINNING)
        if separators is None:
            separators = _bare(text, syntax, detected)
        begins = _begins(text, limit, syntax, detected)
        starts = [(0, 0, None), *begins]
        for (at, after, told), end in zip(starts, [*(b[0] for b in begins), None], strict=True):
            separators, skipping = (told, False) if told else (separators, skipping)
            whole = last or end is not None
            found, used = _cut(
                text[after : len(text) if end is None else end], separators, whole, limit - after
            )
            if skipping and used:
                found, skipping = found[1:], False
            found = _tidy(found, syntax)
            if end is None:
                rest = text[after + used :] if used else text[at:]
            too_long = end is None and not last and len(rest) > LONGEST
            if too_long:
                found = [] if skipping else [*found, rest[:LONGEST].strip(_BLANK)]
                too_long, skipping, rest = not skipping, True, ""
            if found:
                yield Part(separators, number + 1, found, too_long)
                number += len(found)


def _cut(text: str, separators: Separators, whole: bool, limit: int) -> tuple[list[str], int]:
    """Return the segments of a text, what is released marked, and how many characters they take.

    Where the text is not whole, only segments that end before ``limit`` are taken.
    """
    release = separators.release
    if release and release in text:
        released = (release, separators.segment, separators.element, separators.component)
        for mark, character in zip("\x02\x03\x04\x05", released, strict=True):
            text = text.replace(release + character, MARK + mark)
    if whole:
        return text.split(separators.segment), len(text)
    end = text.rfind(separators.segment, 0, max(0, limit))
    return (text[:end].split(separators.segment), end + 1) if end >= 0 else ([], 0)


def _tidy(found: list[str], syntax: str) -> list[str]:
    found = [text for each in found if (text := each.strip(_BLANK))]
    whole = "".join(found)
    if "\n" in whole or "\r" in whole:
        pieces = [piece for text in found for piece in _LINE[syntax].split(text)]
        found = [" ".join(piece.split("\n")).replace("\r", " ").strip(_BLANK) for piece in pieces]
    return found


# --- what parts a stream --------------------------------------------------------------------


def _begins(text: str, limit: int, syntax: str, detected: str) -> list[tuple[int, int, Separators]]:
    """Return where interchanges begin: position, position after a UNA, and what parts them.

    Beginnings are found wherever they stand: the interchange before may have broken off.
    """
    found: dict[int, tuple[int, Separators]] = {}
    if syntax == "x12":
        for at in _positions(text, ("ISA", "isa"), limit):
            if _ISA.match(text, at) and (told := _of_isa(text, at, detected)):
                found[at] = (at, told)
        return [(at, *found[at]) for at in sorted(found)]
    for at in _positions(text, ("UNA", "una"), limit):
        if match := _UNA.match(text, at):
            release = match[3] if match[3].strip() else ""
            segment = match[4] or match[5] or match[6][-1]
            header = _UNB.match(text, match.end())
            told = Separators(segment, match[2], match[1], release, _charset(header, detected))
            found[at] = (match.end(), told)
    advised = {after for after, _ in found.values()}
    for at in _positions(text, ("UNB", "unb"), limit):
        if at not in advised and (match := _UNB.match(text, at)):
            found[at] = (at, _of_unb(text, match, detected))
    return [(at, *found[at]) for at in sorted(found)]


def _positions(text: str, words: tuple[str, ...], limit: int) -> list[int]:
    found: list[int] = []
    for word in words:
        at = text.find(word)
        while 0 <= at < limit and len(found) < _MANY:
            found.append(at)
            at = text.find(word, at + 1)
    return found


def _charset(header: re.Match[str] | None, detected: str) -> str:
    """Return the encoding of an interchange's text: the one it names, unless that cannot be."""
    named = _CHARACTER_SETS.get(header[2].upper(), "") if header else ""
    doubtful = not named or detected == "utf-8" or (named == "latin-1" and detected in _WIDE)
    return detected if doubtful else named


def _of_unb(text: str, match: re.Match[str], detected: str) -> Separators:
    charset = _charset(match, detected)
    if match[1] == "\x1d":
        return Separators("\x1c", "\x1d", "\x1f", "", charset)
    segment = _terminator(text, match.start(), "edifact", "'")
    return Separators(segment, match[1], match[3] if match[3] != match[1] else ":", "?", charset)


def _of_isa(text: str, at: int, detected: str) -> Separators | None:
    """Tell what parts an interchange by the sixteen elements of its header."""
    element, end = text[at + 3], at + 2
    for _ in range(16):
        end = text.find(element, end + 1, at + _BEGINNING)
        if end < 0:
            return None
    component, segment = text[end + 1 : end + 2], text[end + 2 : end + 12].lstrip(" ")[:1]
    if not component or component.isalnum() or text[end + 2 : end + 4].upper() == "GS":
        component, segment = "\x1f", component  # ISA16 is empty
    if not segment or segment.isalnum():
        return None
    return Separators(segment, element, component, "", detected)


def _bare(text: str, syntax: str, detected: str) -> Separators:
    """Guess what parts a stream whose beginning does not say it."""
    tag, usual = ("UNH", "'") if syntax == "edifact" else ("ST", "~")
    match = re.search(rf"(?:^|\W){tag}([^\w \t\r\n])", text[: 1 << 16], re.I)
    element = match[1] if match else ("+" if syntax == "edifact" else "*")
    segment = _terminator(text, match.end() if match else 0, syntax, usual)
    if syntax == "x12":
        return Separators(segment, element, ">" if element != ">" else ":", "", detected)
    return Separators(segment, element, ":", "?", detected)


def _terminator(text: str, at: int, syntax: str, usual: str) -> str:
    head = text[at : at + 4096]
    if usual in head:
        return usual
    found = _NEXT[syntax].search(head)
    return found[1] if found else ("\n" if "\n" in head else ("\r" if "\r" in head else usual))


# --- bytes ----------------------------------------------------------------------------------


def _blocks(path: Path, detected: str) -> Iterator[tuple[str, bool]]:
    """Yield text with one character per byte, and whether it is the last."""
    with open(path, "rb") as stream:
        wide = detected.startswith(("utf-16", "utf-32"))
        decoder = codecs.getincrementaldecoder(detected)(errors="replace") if wide else None
        dropped, block = _DROPPED, stream.read(BLOCK)
        while True:
            following = stream.read(BLOCK)
            if decoder:
                block = decoder.decode(block, final=not following).encode("utf-8", errors="replace")
            if dropped is _DROPPED and _wrapped(block):
                dropped = _DROPPED + b"\r\n"
            yield block.translate(None, dropped).decode("latin-1"), not following
            if not following:
                return
            block = following


def _wrapped(block: bytes) -> bool:
    """Tell lines of a fixed width, which end wherever the width ends."""
    lines = block[:8192].split(b"\n")[:-1]
    widths = {len(line) for line in lines}
    return (
        len(lines) > 3 and len(widths) == 1 and widths.pop() >= 40 and len({line[-2:] for line in lines}) > 2
    )


# --- texts longer than an element -----------------------------------------------------------


def cut(text: str, width: int, tight: frozenset[int]) -> list[str]:
    """Cut a text into pieces of at most ``width`` characters, which `joined` puts together again.

    Pieces end before a blank, which is left out. Where there is none a piece takes the full width. A piece
    that ends before a blank is never of a length in ``tight``.

    Parameters
    ----------
    text : str
        Without blanks at its ends.
    width : int
        Is in ``tight``.
    tight : frozenset of int
        Lengths at which the next piece follows without a blank.
    """
    pieces = []
    while len(text) > width:
        at = width
        while (at := text.rfind(" ", 1, at)) > 0 and (at in tight or text[at - 1] == " "):
            pass
        blank = at > 0
        at = at if blank else width
        pieces.append(text[:at])
        text = text[at + blank :]
    return [*pieces, text] if text else pieces


def joined(pieces: list[str], tight: frozenset[int]) -> str:
    """Put pieces of a text together: without a blank after one of full length."""
    if len(pieces) < 2:
        return pieces[0].strip() if pieces else ""
    whole = []
    for piece in pieces:
        whole.append(piece)
        if len(piece) not in tight:
            whole.append(" ")
    return "".join(whole).strip()


def opening(text: str, first: re.Pattern[str]) -> re.Match[str] | None:
    """Return the first segment of an interchange, if little but a telex or mail envelope stands before it."""
    found = first.search(text[: _ENVELOPE + 200])
    if found is None or found.start() > _ENVELOPE or re.search(r"[<{;,\t]", text[: found.start()]):
        return None
    return found
