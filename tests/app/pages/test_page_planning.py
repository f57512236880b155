"""The page of where and when: picks of the hours to come, by terminal, and none of how they were chosen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from app.place import Place
from risk.store import tables

HOSTILE = "<script>x</script> **b** \u202eabc =1+1 " + "W" * 100

Open = Callable[..., AppTest]
Said = Callable[[AppTest], str]


@pytest.fixture
def worked(port: Place, work: Callable[..., Any]) -> Any:
    return work(port.database, port.folder)


def test_without_a_list_it_says_so(open_page: Open, said: Said) -> None:
    assert "No published list chose anything" in said(open_page("planning"))


def test_picks_by_hour_terminal_flight(worked: Any, open_page: Open, said: Said) -> None:
    app = open_page("planning")
    assert not app.exception
    text = said(app)
    assert "<dt>Chosen by lists</dt><dd>29</dd>" in text  # one of 30 is gone
    assert "<dt>Inspected</dt><dd>3</dd>" in text
    assert "<dt>Not inspected</dt><dd>1</dd>" in text
    for part in ("By hour of arrival", "By terminal and kind of inspection", "By flight and vessel"):
        assert part in text
    assert "Random" not in text


def test_one_terminal_stands_in_the_address(worked: Any, open_page: Open, said: Said) -> None:
    app = open_page("planning")
    name = app.selectbox(key="planning.place").options[1]
    whole = said(app)
    app.selectbox(key="planning.place").set_value(name).run()
    assert app.query_params["place"] == name
    one = said(app)
    assert one != whole
    assert said(open_page("planning", place=name)).count(name) == one.count(name)
    app.selectbox(key="planning.place").set_value("").run()
    assert "place" not in app.query_params


@pytest.mark.parametrize("text", ["<script>", "nowhere", "\u202e", "9" * 5000])
def test_an_unknown_terminal_is_all_of_them(text: str, worked: Any, open_page: Open, said: Said) -> None:
    app = open_page("planning", place=text)
    assert not app.exception
    assert "<dd>29</dd>" in said(app)


def test_a_pool_says_what_it_is_for(port: Place, worked: Any, open_page: Open, said: Said) -> None:
    pool = {"slots": 30, "mode": "", "location": "", "inspection_type": "dog"}
    with port.database.write() as connection:
        connection.execute(tables.lists.update().values(capacity=[pool]))
        connection.execute(tables.list_rows.update().values(pool="dog"))
    text = said(open_page("planning"))
    assert ">Dog<" in text
    assert "As the officer decides" not in text


def test_outside_text_is_shown_as_text(port: Place, worked: Any, open_page: Open, said: Said) -> None:
    with port.database.write() as connection:
        mine = tables.versions.c.shipment_id.in_(worked.ids)
        connection.execute(tables.versions.update().where(mine).values(location=HOSTILE, conveyance=HOSTILE))
    app = open_page("planning")
    assert not app.exception
    text = said(app)
    assert "<script>" not in text
    assert "&lt;script&gt;x&lt;/script&gt;" in text
    assert not set("\u202e") & set(text)


def test_it_says_the_same_however_the_undecided_were_chosen(
    port: Place, worked: Any, open_page: Open, said: Said
) -> None:
    app = open_page("planning")
    before = said(app)
    with port.database.write() as connection:
        decided = sa.select(tables.outcomes.c.shipment_id)
        rows = tables.list_rows.c
        chosen = rows.shipment_id.not_in(decided) & (rows.selected_by != "")
        connection.execute(tables.list_rows.update().where(chosen).values(selected_by="random"))
    assert said(app.run()) == before
