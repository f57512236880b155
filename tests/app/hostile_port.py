"""A port into which strangers and its own people wrote everything that could do harm where it is shown."""

from __future__ import annotations

import csv
import re
import struct
import zlib
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd

from app.place import clock
from features.manifest import schema
from risk.store import (
    contacts,
    decisions,
    inspections,
    local_rules,
    overriding,
    people,
    publishing,
    remarks,
    roles,
    saved,
    settings,
    uploads,
    watching,
)
from risk.store.database import Database
from risk.store.inspections import Outcome
from risk.triage import Pool
from risk.watch_entries import New

#: What would run, fetch, format, compute or turn the page around; each leaves a mark where it works.
TEXTS = (
    "<script>window.broken=1</script>",
    "\"><img src=x onerror='window.broken=1'>",
    "</td></style></p><hostile onmouseover=window.broken=1>over</hostile>",
    "**HOSTILEB** *HOSTILEI* `HOSTILEC` ~~HOSTILES~~",
    "[HOSTILEL](javascript:window.broken=1) ![HOSTILEP](http://example.invalid/x.png)",
    "# HOSTILEH",
    ":red[HOSTILER] :material/bolt: $HOSTILEM^2$",
    '=HYPERLINK("http://example.invalid";"HOSTILEF")',
    "@SUM(1+9)*cmd|' /C calc'!A0",
    "abc\u202eHOSTILED\u202c \u2066x\u2069 \u200fy",
    "http://example.invalid/HOSTILEU www.example.invalid",
    "{HOSTILEX} {0} %s {{7*7}} {% raw %}",
    "W" * 300,
)
WHOLE = " ".join(TEXTS[:-1])
#: Columns whose text is anybody's.
FREE = tuple(
    column.name
    for column in schema.COLUMNS
    if column.kind == "text" and column.name not in ("shipment_id", "source_file", "source_position")
)
MEGABYTE = 1_000_000
RULE = 'goods has "hostileb"'


def write_manifest(day: Path, path: Path) -> None:
    """Write a manifest: a text in every free column, in every column of any kind, and one of a megabyte."""
    with open(day, encoding="utf-8", newline="") as stream:
        ordinary = [row for row, _ in zip(csv.DictReader(stream), range(200), strict=False)]
    rows = []
    for text in (WHOLE, *TEXTS):
        rows.append({**ordinary[len(rows)], **dict.fromkeys(FREE, text)})
        rows.append({**ordinary[len(rows)], "shipment_id": f"{text[:60]} {len(rows)}"})
    for column in schema.COLUMNS:
        rows.append({**ordinary[len(rows)], column.name: TEXTS[len(rows) % len(TEXTS)]})
    rows.append({**ordinary[len(rows)], "goods_description": "=<b>live</b> **parrot** " * (MEGABYTE // 24)})
    rows += ordinary[len(rows) : len(rows) + 20]
    with open(path, "w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, schema.BY_NAME)
        writer.writeheader()
        writer.writerows(rows)


def fill(database: Database, now: pd.Timestamp) -> None:
    """Let people write as badly, wherever the store takes a text of theirs."""
    with database.write() as connection:
        chief = _person(connection, "x.chief_1-a", "supervisor")
        other = _person(connection, "x.other_1-a", "supervisor")
        officer = _person(connection, "x.officer_1-a", "officer")
        settings.change(connection, {"port_name": WHOLE_LINE[:120]}, at=clock(), actor="system")
        for topic in contacts.TOPICS:
            new = contacts.Contact(
                topic, WHOLE[:100], "+1 555 0100", "a@example.org", WHOLE[:60], WHOLE[:300]
            )
            contacts.add(connection, new, chief, at=clock())
        for number, text in enumerate(TEXTS):
            new = New("word", text[:100], text, "B2", number % 2 == 0, text, 50, now - pd.Timedelta(days=60))
            watching.add(connection, new, chief, now=now, at=clock())
            rule = local_rules.NewRule(text[:80], RULE, text[:200], 60, now - pd.Timedelta(days=60))
            local_rules.add(connection, rule, chief, now=now, at=clock())
            saved.save_view(connection, text[:80], {"mode": "sea", "location": text}, chief, at=clock())
            saved.save_mapping(connection, text[:100], '[columns]\nshipment_id = "a"\n', chief, at=clock())
            uploads.add(connection, f"{text}.csv", f"{number:064x}", 10, officer, at=clock())
    with database.write() as connection:
        ids = _ids(connection)
        publishing.publish(
            connection, now, (Pool(60, "", "", ""),), 0.1, secret=b"k" * 32, person=chief, at=clock()
        )
    for number, shipment in enumerate(ids[:60]):
        with database.write() as connection:
            _decide(connection, shipment, number, officer, other, now)


#: On one line, without what a setting refuses.
WHOLE_LINE = "".join(c for c in WHOLE if c.isprintable())


def _person(connection: Any, login: str, role: str) -> roles.Person:
    number = people.add(connection, login, role, at=clock(), actor="system", name=WHOLE)
    return roles.Person(number, login, WHOLE, role, "en")


def _ids(connection: Any) -> list[int]:
    from risk.store import day

    frame = day.rows(connection, settings.moment(settings.current(connection), clock()), at=clock())
    return [int(number) for number in frame["shipment_id"]]


def _decide(
    connection: Any,
    shipment: int,
    number: int,
    officer: roles.Person,
    other: roles.Person,
    now: pd.Timestamp,
) -> None:
    text = TEXTS[number % len(TEXTS)] if number else "live <b>parrot</b> " * (MEGABYTE // 19)
    decisions.claim(connection, shipment, officer, at=clock(), minutes=400)
    remarks.keep(connection, shipment, "note", text, officer.id, at=clock())
    direction = "raise" if number % 3 else "lower"
    overriding.override(
        connection, shipment, direction, "other", officer, now=clock(), at=clock(), remark=text
    )
    decisions.step(connection, shipment, "hold_asked", other, at=clock())
    if number % 2:
        return
    found = Outcome(
        "full",
        found=("live_animals", "wildlife_products"),
        taxa=(text[:120], "Psittacus erithacus"),
        where_in_load="bottom",
        pieces=4,
        alive=2,
        evidence_reference=text[:120],
        inspected_at=now,
    )
    made = inspections.record(
        connection, shipment, found, officer, at=clock(), request=f"h-{number}", key=b"k" * 32, remark=text
    )
    picture = _picture(text[:400].encode(), number)
    inspections.add_photo(connection, made, picture, officer, at=clock())


def _picture(text: bytes, number: int) -> bytes:
    """Return a whole PNG of one pixel, with a text beside it."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    size = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    pixel = zlib.compress(bytes([0, number % 256]))
    parts = ((b"IHDR", size), (b"tEXt", b"Comment\x00" + text), (b"IDAT", pixel), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


# --- what would show that a text did something ------------------------------------------------------

_WORKS = {
    "bold or italic": re.compile(r"(?<!\\)\*+HOSTILE[BI]"),
    "code": re.compile(r"(?<!\\)`HOSTILEC"),
    "struck out": re.compile(r"(?<!\\)~HOSTILES"),
    "a link or picture": re.compile(r"(?<!\\)\[HOSTILE[LP]\](?!\\)"),
    "a heading": re.compile(r"(?:^|\n)\s*# HOSTILEH"),
    "colour": re.compile(r"(?<!\\):red(?<!\\)\["),
    "a sign": re.compile(r"(?<!\\):material/bolt"),
    "mathematics": re.compile(r"(?<!\\)\$HOSTILEM"),
    # An escaped one too: Streamlit looks for addresses after it took the signs away.
    "an address to click": re.compile(r"http\\?:\\?/\\?/example\\?\.invalid"),
}
_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = [name for name, _ in attrs]
        links = [_leads(value or "") for name, value in attrs if name in ("href", "src", "action", "style")]
        if (
            tag in ("script", "img", "hostile", "iframe", "object", "embed", "link", "base", "form")
            or any(name.startswith("on") for name in given)
            or any("example.invalid" in link or "javascript:" in link.lower() for link in links)
            or any("HOSTILE" in name.upper() for name in given)
        ):
            self.wrong.append(f"<{tag} {' '.join(given)}>")


def _leads(link: str) -> str:
    """Return where a link leads: what is asked of a page of our own may say anything."""
    return link.partition("?")[0] if re.match(r"/(?![/\\])", link) else link


def works_as_html(text: str) -> list[str]:
    """Return what of a stranger's is a tag in HTML."""
    parser = _Tags()
    parser.feed(text)
    parser.close()
    return parser.wrong + (["turns its neighbours"] if _TURNS.search(text) else [])


def works_as_markdown(text: str) -> list[str]:
    """Return what of a stranger's formats something in Streamlit's Markdown."""
    found = [name for name, pattern in _WORKS.items() if pattern.search(text)]
    return found + (["turns its neighbours"] if _TURNS.search(text) else [])


def formulas(content: bytes) -> Iterator[str]:
    """Yield cells of a CSV that a spreadsheet would compute."""
    for row in csv.reader(content.decode("utf-8-sig").splitlines(keepends=True)):
        for cell in row:
            if cell[:1] in ("=", "@", "\t", "\r") or (cell[:1] in ("+", "-") and not _number(cell)):
                yield cell[:80]


def _number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
