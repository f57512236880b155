"""XML messages as elements, one at a time, from bytes that may be anything.

lxml parses, without entities, document types or network. A file may hold several documents glued together;
its encoding may be declared wrongly; ``&`` may stand bare. Names are compared without their namespace.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Collection, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from lxml import etree

from features.manifest import encodings
from features.manifest.messages.form import Broken

#: Bytes read at a time.
BLOCK = 1 << 18
#: Bytes of a tag or of a text, as lxml bounds its texts.
_LONGEST = 10_000_000
_DECLARED = re.compile(r"""^\s*<\?xml[^>]*\sencoding\s*=\s*["']([A-Za-z][\w.:-]*)["']""")
_DECLARATION = re.compile(r"<\?xml\s[^>]*\?>")
_ROOT = re.compile(r"<(?:[\w.-]+:)?([A-Za-z_][\w.-]*)[\s/>]")
_ASIDE = re.compile(r"(?s)<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*(?:\[.*?\])?\s*>")
#: ``&`` that begins no entity or character of XML's own.
_BARE = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});)")
#: Characters no XML document may hold.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_UNICODE = ("utf-8", "utf8", "utf-16", "ascii", "us-ascii")
#: What XML is written with, and a backslash that means something to those who escape with it.
_MARKUP = bytes(byte for byte in range(32, 127) if byte != 92) + rb"\n"
_CONTROLS = bytes(byte for byte in range(32) if byte not in b"\t\n\r")
#: Between documents.
_BLANK = re.compile("[\ufeff \t\r\n\x00]*")
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"

Element = Any


def root_of(head: bytes) -> str:
    """Return the local name of a document's first element, by its first bytes; empty if there is none."""
    text = decoded(head)
    if not text.lstrip("\ufeff \t\r\n").startswith("<"):
        return ""
    found = _ROOT.search(_ASIDE.sub("", text))
    return found[1] if found else ""


def decoded(head: bytes) -> str:
    """Return the first bytes of a text file as text, whatever the encoding."""
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF32_LE, "utf-32"),  # begins like UTF-16's
        (codecs.BOM_UTF32_BE, "utf-32"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if head.startswith(mark):
            return head.decode(name, errors="replace")
    if head[:64:2].count(b"\0") > 8 or head[1:64:2].count(b"\0") > 8:
        big = head[:64:2].count(b"\0") > 8
        return head.decode("utf-16-be" if big else "utf-16-le", errors="replace")
    return head.decode("utf-8", errors="replace")


def elements(path: Path, tags: Collection[str]) -> Iterator[Element | Broken]:
    """Yield the elements of some local names, each whole, in the order in which they end.

    An element is emptied once the next is asked for, so what is needed of it is taken before. Elements
    inside one of another of the names are yielded first and are empty in it then: name either the outer
    or the inner ones. A document that breaks off yields what stood before and then a `Broken`.

    Parameters
    ----------
    path : Path
    tags : collection of str
        Local names.
    """
    wanted = [f"{{*}}{tag}" for tag in tags]
    begun = 0
    parser = _parser(wanted)
    for number, document in enumerate(_documents(path), start=1):
        # Several documents may stand one after another: an element of our own holds them.
        typed, lines, since = False, 0, 0
        try:
            parser.feed(b"<documents>")
            for text in document:
                data = _encoded(text)
                typed = typed or b"<!DOCTYPE" in data
                # The parser holds a tag until it ends, however long that takes.
                last = data.rfind(b"<")
                since = len(data) - last if last >= 0 else since + len(data)
                if since > _LONGEST:
                    raise etree.XMLSyntaxError("a tag or a text never ends", 0, lines + 1, 0)
                lines += data.count(b"\n")
                parser.feed(data)
                for _, element in parser.read_events():
                    yield element
                    _forget(element)
            parser.feed(b"</documents>")
            parser.close()
        except etree.XMLSyntaxError as error:
            for _, element in parser.read_events():  # what stood whole before the break
                yield element
                _forget(element)
            said = _said(error, begun)
            if typed:
                said = "it has a document type (DOCTYPE), which no manifest needs"
            parser = _parser(wanted)
            where = f"line {begun + (error.lineno or 1)}"
            yield Broken(where, f"well-formed XML to the end of document {number}; {said}")
        begun += lines + sum(text.count("\n") for text in document)  # what is left of a broken one


def _said(error: etree.XMLSyntaxError, begun: int) -> str:
    """Return what the parser says, in lines of the file; of columns and our own element nobody knows."""
    said = re.sub(r",? line \d+, column \d+$", "", " ".join(str(error.msg or "").split()))
    said = re.sub(r"\bline (\d+)", lambda found: f"line {begun + int(found[1])}", said)
    return said.replace(" and documents", " and the end of the document")[:120]


def _parser(wanted: list[str]) -> etree.XMLPullParser:
    return etree.XMLPullParser(
        events=("end",),
        tag=wanted,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        encoding="utf-8",
    )


def _forget(element: Element) -> None:
    """Empty an element and take what stands before it out of its parent."""
    element.clear()
    parent = element.getparent()
    if parent is not None:
        while element.getprevious() is not None:
            del parent[0]


def _documents(path: Path) -> Iterator[Iterator[str]]:
    """Yield the documents of a file as pieces of text, cut where an XML declaration begins."""
    source = _Pieces(path)
    while source.more():
        yield source.document()


class _Pieces:
    """The text of a file in pieces, none of which runs over the beginning of a document."""

    def __init__(self, path: Path) -> None:
        self.stream = _text(path)
        self.rest = ""
        self.at = 0  # what stands before it in the rest is done
        self.ended = False

    def more(self) -> bool:
        """Return whether anything but white space is left."""
        while True:
            self._skip()
            if self.at < len(self.rest) or self.ended:
                return self.at < len(self.rest)
            self._read()

    def _skip(self) -> None:
        blank = _BLANK.match(self.rest, self.at)
        self.at = blank.end() if blank else self.at

    def _read(self) -> None:
        piece = next(self.stream, None)
        if piece is None:
            self.ended = True
        else:
            self.rest, self.at = self.rest[self.at :] + piece, 0

    def document(self) -> Iterator[str]:
        """Yield one document without its declaration: the encoding it names is not that of the text."""
        self._skip()
        while len(self.rest) - self.at < 256 and not self.ended:
            self._read()
        begun = 1  # what begins like a declaration and is none is no next document
        if declaration := _DECLARATION.match(self.rest, self.at):
            self.at, begun = declaration.end(), 0
        while True:
            start, end = self.at, len(self.rest)
            cut = self.rest.find("<?xml ", start + begun)
            if cut >= 0 or self.ended:
                self.at = cut if cut >= 0 else end
                yield self.rest[start : self.at]
                return
            # The end may be the beginning of a declaration or of an entity.
            held = max(self.rest.rfind("<", max(start, end - 8)), self.rest.rfind("&", max(start, end - 16)))
            keep = end if held < 0 else held
            if keep > start:
                self.at, begun = keep, 0
                yield self.rest[start:keep]
            self._read()


def _encoded(text: str) -> bytes:
    """Return a piece of a document for the parser: bare ``&`` escaped, forbidden characters replaced."""
    if "&" in text:
        text = _BARE.sub("&amp;", text)
    data = text.encode("utf-8", errors="replace")
    clean = len(data.translate(None, _CONTROLS)) == len(data)
    if clean and (text.isascii() or (b"\xef\xbf\xbe" not in data and b"\xef\xbf\xbf" not in data)):
        return data
    return _FORBIDDEN.sub("\ufffd", text).encode("utf-8", errors="replace")


def _text(path: Path) -> Iterator[str]:
    """Yield the text of a file in the encoding it is in, which need not be the one it names."""
    with open(path, "rb") as stream:
        head = stream.read(1 << 16)
        stream.seek(0)
        decoder = codecs.getincrementaldecoder(_encoding(path, head))(errors="replace")
        while block := stream.read(BLOCK):
            if text := decoder.decode(block):
                yield text
        if text := decoder.decode(b"", final=True):
            yield text


def _encoding(path: Path, head: bytes) -> str:
    found = encodings.detect(path)
    if found not in ("utf-8", "utf-8-sig", "utf-16", "utf-32") and not found.startswith("utf-16"):
        # Not Unicode: take the document's own word for which it is, if Python knows it.
        declared = _DECLARED.match(decoded(head))
        if declared and declared[1].lower().replace("_", "-") not in _UNICODE and _plain(declared[1]):
            return declared[1]
    return found


def _plain(encoding: str) -> bool:
    """Tell whether Python knows an encoding, and markup in it is what it is in ASCII."""
    try:
        return codecs.getincrementaldecoder(encoding)(errors="replace").decode(_MARKUP) == _MARKUP.decode()
    except (LookupError, ValueError, TypeError, AssertionError):  # of codecs that are no encodings
        return False


@lru_cache(maxsize=4096)
def local(tag: str) -> str:
    """Return a tag's name without its namespace."""
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def parts(element: Element) -> dict[str, list[Element]]:
    """Return an element's children by local name, in order."""
    found: dict[str, list[Element]] = {}
    for child in element:
        if (tag := child.tag).__class__ is str:
            found.setdefault(local(tag), []).append(child)
    return found


def first(element: Element | None, *path: str) -> Element | None:
    """Return the first descendant along a path of local names, or None."""
    for name in path:
        if element is None:
            return None
        element = next((child for child in element if local(child.tag) == name), None)
    return element


def text_of(element: Element | None, *path: str) -> str:
    """Return the text of the first descendant along a path, spaces single; empty if nil or none."""
    found = first(element, *path)
    if found is None or found.get(_NIL) in ("true", "1"):
        return ""
    return " ".join((found.text or "").split())
