"""Hostile text shows as text on every page there is, and every button of them withstands it.

Pages are taken from `app.pages.PAGES`: one added later is checked too. What a page shows is taken from what
it sends to the browser, whatever the element: Markdown may not hold a stranger's marks, HTML not their tags.
"""

from __future__ import annotations

import io
import json
import re
import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import streamlit as st
from google.protobuf.message import Message
from streamlit.delta_generator import DeltaGenerator
from streamlit.testing.v1 import AppTest

from app import place
from app.pages import PAGES
from risk.store import tables
from risk.store.database import Database
from risk.store.roles import MAY, ROLES

NAMES = [page.name for page in PAGES if page.action]
ACTION = {page.name: page.action for page in PAGES}

#: Elements that show every text letter by letter.
PLAIN = {"Code", "Text", "Json", "Exception"}
#: Elements whose choices are Markdown.
FORMATTED = {"Radio", "ButtonGroup", "Checkbox"}
ESCAPED = re.compile(r"\\[*_\[\]()`<>#$:~.\-]")
#: Of any element: what is no text for people.
NOT_SHOWN = {
    *(
        "id",
        "form_id",
        "element_id",
        "url",
        "key",
        "query_params",
        "spec",
        "columns",
        "color",
        "icon",
        "type",
    ),
    *("url_pathname", "page_script_hash", "anchor", "testid", "width", "height", "mimetype", "accept"),
}
#: Texts a person chooses from or has typed: drawn as they are, not as Markdown.
DRAWN = {"options", "value", "values", "default", "raw_values", "placeholder", "set_value", "string_value"}


@pytest.fixture
def port(hostile_folder: Path, tmp_path: Path) -> Iterator[place.Place]:
    """The place the app works at during a test: a copy of the hostile port."""
    folder = tmp_path / "port"
    shutil.copytree(hostile_folder, folder)
    made = place.Place(Database(folder / "port.db"), folder)
    place.use(made)
    yield made
    place.use(None)
    made.database.close()


def texts(message: Message, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield every text of a message with the names of the fields it lies in."""
    for field, value in message.ListFields():
        many = value if field.is_repeated else [value]
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            continue
        for each in many:
            if field.type == field.TYPE_MESSAGE:
                yield from texts(each, (*path, field.name))
            elif field.type == field.TYPE_STRING:
                yield (*path, field.name), each


def wrong(app: AppTest, hostile: Any) -> list[str]:
    """Return where a page lets a stranger's text do something."""
    found = []
    for node in app._tree:
        message = getattr(node, "proto", None)
        if not isinstance(message, Message):
            continue
        kind = message.DESCRIPTOR.name
        for path, text in texts(message):
            if path[-1] in NOT_SHOWN:
                continue
            if kind == "Html":
                bad = hostile.works_as_html(text)
            elif kind in PLAIN or (path[-1] in DRAWN and kind not in FORMATTED):
                bad = ["escaped though it is drawn as it is"] if ESCAPED.search(text) else []
            else:
                bad = hostile.works_as_markdown(text)
                if getattr(message, "allow_html", False):
                    bad += hostile.works_as_html(text)
            found += [f"{kind}.{'.'.join(path)}: {each}: {text[:200]!r}" for each in bad]
    found += [f"a table: {each}" for table in app.table for each in _cells(table.value, hostile)]
    for frame in app.dataframe:
        kinds = re.findall(r'"type_config": ?\{"type": ?"(\w+)"', frame.proto.columns)
        found += [f"a column of {kind}s" for kind in kinds if kind in ("link", "image", "video", "html")]
    return found


def _cells(frame: Any, hostile: Any) -> Iterator[str]:
    shown = [*frame.columns, *frame.index, *frame.to_numpy().ravel()]
    for cell in shown:
        for bad in hostile.works_as_markdown(str(cell)):
            yield f"{bad}: {cell[:200]!r}"


def shipments(port: place.Place) -> list[int]:
    """Return shipments whose every text is hostile, one of a megabyte, and one with the longest note."""
    with port.database.read() as connection:
        bare = sa.select(tables.versions.c.shipment_id).where(tables.versions.c.current)
        hard = bare.where(tables.versions.c.goods.contains("HOSTILE")).limit(1)
        large = bare.order_by(sa.func.length(tables.versions.c.goods).desc()).limit(1)
        noted = sa.select(tables.outcomes.c.shipment_id).order_by(tables.outcomes.c.id).limit(1)
        named = sa.select(tables.shipments.c.id).where(tables.shipments.c.bill.contains("<script")).limit(1)
        chosen = [connection.execute(each).scalar() for each in (hard, large, noted, named)]
    assert None not in chosen
    return [int(each) for each in chosen if each is not None]


def _role(name: str) -> str:
    return next(role for role in ROLES if role in MAY[ACTION[name]])


@pytest.mark.parametrize("name", NAMES)
def test_it_shows_as_text(
    name: str, port: place.Place, open_page: Callable[..., AppTest], hostile: Any
) -> None:
    for role in sorted(MAY[ACTION[name]]):
        for number in shipments(port) if role == _role(name) else shipments(port)[:1]:
            app = open_page(name, role, role, id=str(number))
            assert not app.exception
            assert wrong(app, hostile) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_an_address_may_hold_anything(name: str, open_page: Callable[..., AppTest], hostile: Any) -> None:
    strange = ["-1", "9" * 40, "٣", "1e3", "NaN", hostile.WHOLE, "\x00", "'; DROP TABLE ledger; --"]
    for text in strange:
        names = ("id", "list", "map", "page", "q", "search", "view", "shift", "since", "hour", "shipment")
        app = open_page(name, role=_role(name), **dict.fromkeys(names, text))
        assert not app.exception
        assert wrong(app, hostile) == []


class Downloads:
    """What pages offer to download, taken where they hand it to Streamlit."""

    def __init__(self) -> None:
        self.given: list[tuple[str, bytes]] = []

    def take(self, *args: Any, **given: Any) -> None:
        words = [each for each in args if not isinstance(each, DeltaGenerator)]
        data = given.get("data", words[1] if len(words) > 1 else b"")
        name = given.get("file_name", words[2] if len(words) > 2 else "") or ""
        content = data() if callable(data) else data
        content = content.encode() if isinstance(content, str) else content
        self.given.append((name, content if isinstance(content, bytes) else content.read()))

    def check(self, hostile: Any) -> None:
        for name, content in self.given:
            assert re.fullmatch(r"[\w.\-]{1,120}", name), name
            if name.endswith(".csv"):
                assert list(hostile.formulas(content)) == [], name
            elif name.endswith(".xlsx"):
                self._check_sheet(name, content)
            elif name.endswith(".pdf"):
                assert content.startswith(b"%PDF"), name
                for forbidden in (b"/URI", b"/JavaScript", b"/Launch", b"example.invalid"):
                    assert forbidden not in content, name
            elif name.endswith(".json"):
                json.loads(content)

    @staticmethod
    def _check_sheet(name: str, content: bytes) -> None:
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            for part in book.namelist():
                text = book.read(part).decode("utf-8")
                assert "<f>" not in text, (name, part)
                assert "<hyperlink" not in text, (name, part)
                assert "example.invalid" not in text or "sharedStrings" in part, (name, part)


@pytest.fixture
def downloads(monkeypatch: pytest.MonkeyPatch) -> Downloads:
    taken = Downloads()

    def take(*args: Any, **given: Any) -> bool:
        taken.take(*args, **given)
        return False

    monkeypatch.setattr(st, "download_button", take)
    monkeypatch.setattr(DeltaGenerator, "download_button", take)
    return taken


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_every_button_withstands_it(
    name: str, port: place.Place, open_page: Callable[..., AppTest], hostile: Any, downloads: Downloads
) -> None:
    """Each button once, on a page just opened, with nothing filled in but what stands there."""
    roles = {
        role: open_page(name, role, role, id=str(shipments(port)[0])) for role in sorted(MAY[ACTION[name]])
    }
    labels = {(role, each.label) for role, app in roles.items() for each in app.button}
    number = str(shipments(port)[0])
    for role, label in sorted(labels):
        app = open_page(name, role, role, id=number)
        button = next((each for each in app.button if each.label == label and not each.disabled), None)
        if button is None:
            continue
        button.click()
        app.run()
        assert not app.exception, (role, label)
        assert wrong(app, hostile) == [], (role, label)
    downloads.check(hostile)


def _careless(text: str) -> None:
    import pandas as pd
    import streamlit as st

    st.markdown(text)
    st.html(text)
    st.button(text)
    st.table(pd.DataFrame({"a": [text]}))


def test_the_check_sees_what_works(hostile: Any) -> None:
    for text in hostile.TEXTS:
        app = AppTest.from_function(_careless, kwargs={"text": text}).run()
        # Formulas and templates do nothing on a page, and a long word is only long.
        harmless = text.startswith(("@", "{", "W"))
        assert bool(wrong(app, hostile)) != harmless, text
    assert list(hostile.formulas(b"a,=1\r\n+1,-x\r\n")) == ["=1", "-x"]


def test_the_port_is_as_hostile_as_it_should_be(port: place.Place, hostile: Any) -> None:
    with port.database.read() as connection:
        declared = [row.row for row in connection.execute(sa.select(tables.declared.c.row))]
        longest = max(len(row.get("goods_description") or "") for row in declared)
        held = {name for row in declared for name in hostile.FREE if "HOSTILE" in str(row.get(name))}
        counts = {
            table.name: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for table in (
                tables.problems,
                tables.watch_hits,
                tables.rule_hits,
                tables.photos,
                tables.list_rows,
            )
        }
    assert held >= {
        "goods_description",
        "shipper_name",
        "vessel_or_flight",
        "location",
        "marks",
        "carrier_name",
    }
    assert longest == 10_000  # what is left of a megabyte
    assert all(counts.values()), counts
