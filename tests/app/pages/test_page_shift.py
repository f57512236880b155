"""The page of a shift: its window, its numbers, nothing of random picks without an outcome, its print."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa
from pypdf import PdfReader
from streamlit.testing.v1 import AppTest

from app import place, session
from app.place import Place
from risk.store import decisions, inspections, overriding, roles, shift, shift_rows, tables
from risk.store.inspections import Outcome

NOW = pd.Timestamp("2025-01-06T04:00")
HOSTILE = "<script>x</script> **b** [l](http://x) =1+1 \u202eabc " + "W" * 400

Open = Callable[..., AppTest]


@pytest.fixture
def worked(port: Place, work: Callable[..., Any]) -> Any:
    return work(port.database, port.folder)


def figures(app: AppTest) -> dict[str, str]:
    cards = next(
        each.proto.body
        for each in app.get("html")
        if "wildcargo-cards" in each.proto.body and "<dl" in each.proto.body
    )
    return dict(re.findall("<dt>(.*?)</dt><dd>(.*?)</dd>", cards))


def test_it_tells_what_was_opened_found_left_and_why(
    worked: Any, open_page: Open, said: Callable[[AppTest], str]
) -> None:
    app = open_page("shift")
    assert not app.exception
    assert figures(app) == {
        "Inspected": "3",
        "Finds": "2",
        "Left before they were opened": "1",
        "Still there": "25",
        "Claimed now": "0",
    }
    text = said(app)
    for part in ("No staff", "Hold asked for", "Partial unload", "not estimable", "Live animals", "Model"):
        assert part in text
    assert f"/shipment?id={worked.waiting}" in text
    assert "Random picks not inspected" not in text or "Random picks not inspected: 1" in text


def test_no_number_tells_of_a_random_pick_without_an_outcome(
    port: Place, worked: Any, open_page: Open, said: Callable[[AppTest], str]
) -> None:
    """Whichever of the undecided were drawn, the page says the same to the letter."""
    # The page puts its window into the address, which the link to the languages holds from then on.
    app = open_page("shift").run()
    before, swapped = said(app), set()
    rows = tables.list_rows
    with port.database.write() as connection:
        decided = sa.select(tables.outcomes.c.shipment_id)
        open_ones = rows.c.shipment_id.not_in(decided) & (rows.c.selected_by != "")
        for shipment, by in connection.execute(
            sa.select(rows.c.shipment_id, rows.c.selected_by).where(open_ones)
        ):
            other = "model" if by == "random" else "random"
            swapped.add(by)
            connection.execute(rows.update().where(rows.c.shipment_id == shipment).values(selected_by=other))
    assert swapped == {"model", "random"}
    assert said(app.run()) == before


def test_the_window_stands_in_the_address(worked: Any, open_page: Open) -> None:
    app = open_page("shift", window="span", **{"from": "2025-01-05T00:00", "to": "2025-01-05T08:00"})
    assert app.selectbox(key="shift.window").value == "span"
    assert figures(app)["Inspected"] == "0"
    app.selectbox(key="shift.window").set_value("today").run()
    assert app.query_params["window"] == "today"
    assert figures(app)["Inspected"] == "3"
    app.selectbox(key="shift.window").set_value("span").run()
    assert not app.exception


@pytest.mark.parametrize("text", ["<script>", "9" * 400, "2025-99-99T00:00", "\u202e"])
def test_a_hostile_address_is_the_last_eight_hours(text: str, open_page: Open) -> None:
    app = open_page("shift", window=text, **{"from": text, "to": text})
    assert not app.exception
    assert app.selectbox(key="shift.window").value == "8"


def test_an_end_before_its_beginning_is_said(open_page: Open, said: Callable[[AppTest], str]) -> None:
    app = open_page("shift", window="span", **{"from": "2025-01-05T00:00", "to": "2025-01-05T08:00"})
    app.datetime_input(key="shift.to").set_value(pd.Timestamp("2025-01-04").to_pydatetime()).run()
    assert "The end must come after the beginning" in said(app)


@pytest.mark.parametrize(("language", "told"), [("en", "Shift report"), ("fr", "Rapport"), ("ar", "")])
def test_the_report_is_made_when_asked_for(
    language: str, told: str, worked: Any, open_page: Open, press: Callable[[AppTest, str], AppTest]
) -> None:
    app = open_page("shift", "mina")
    assert not app.get("download_button")
    app.selectbox(key="shift.language").set_value(language)
    app.text_area(key="shift.remark").set_value("Scanner two is down " + HOSTILE)
    press(app, "Make the report")
    assert not app.exception
    assert not app.error
    assert len(app.get("download_button")) == 1
    document = app.session_state["shift.print.made"][1]
    assert document.file_name == f"shift-2025-01-06-1201-{language}.pdf"
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(document.content)).pages]
    text = "\n".join(pages)
    assert told in text
    assert "Scanner two is down" in text
    assert "mina" in text
    # Of another window: what was made is not offered any more.
    app.selectbox(key="shift.window").set_value("24").run()
    assert not app.get("download_button")


def test_what_was_declared_is_shown_as_text(
    port: Place, worked: Any, open_page: Open, said: Callable[[AppTest], str]
) -> None:
    with port.database.write() as connection:
        for table, name in ((tables.shipments, "bill"), (tables.versions, "location")):
            connection.execute(table.update().where(table.c.id == worked.waiting).values({name: HOSTILE}))
    text = said(open_page("shift"))
    assert "<script>" not in text
    assert "&lt;script&gt;x&lt;/script&gt; **b** [l](http://x)" in text


def test_where_time_stands_still_what_people_enter_counts(
    port: Place,
    worked: Any,
    open_page: Open,
    said: Callable[[AppTest], str],
    account: Callable[..., int],
) -> None:
    """In a sample steps, raises and what was not inspected are of the clock, years after its moment."""
    app = open_page("shift")
    before = figures(app)
    who = roles.Person(account("late.sup", "supervisor"), "late.sup", "", "supervisor", "en")
    with port.database.write() as connection:
        entered = Outcome("not_inspected", why_not="not_found")
        given = {"at": place.clock(), "request": "late", "key": b"k" * 32}
        inspections.record(connection, worked.ids[8], entered, who, **given)
        decisions.step(connection, worked.ids[9], "gone", who, at=place.clock())
        overriding.override(
            connection, worked.ids[10], "raise", "tip", who, now=session.now(), at=place.clock()
        )
    text = said(app.run())
    after = figures(app)
    assert int(before["Still there"]) - int(after["Still there"]) == 2
    assert after["Left before they were opened"] == "2"
    assert "Not found" in text
    assert "Raised" in text
    # A window that ended before is as it was.
    span = {"from": "2025-01-05T00:00", "to": "2025-01-05T08:00"}
    assert "Not found" not in said(open_page("shift", window="span", **span))


# --- rows and numbers beneath ---------------------------------------------------------------------


def test_every_shipment_of_the_numbers_is_named(port: Place, worked: Any) -> None:
    since, until = NOW - pd.Timedelta(hours=8), NOW + pd.Timedelta(minutes=1)
    with port.database.read() as connection:
        numbers = shift.numbers(connection, since, until)
        rows = shift_rows.rows(connection, since, until)
    counts = rows["came"].value_counts().to_dict()
    assert counts == {came: n for came, n in numbers.listed.items() if n}
    assert rows["shipment_id"].is_unique
    assert "selected_by" not in rows
    opened = rows[rows["came"] == "opened"]
    assert len(opened) == sum(numbers.inspected.values())


def test_an_inspection_beside_the_list_is_of_the_shift(port: Place, worked: Any) -> None:
    with port.database.write() as connection:
        other = connection.execute(
            sa.select(tables.list_rows.c.shipment_id).where(tables.list_rows.c.selected_by == "").limit(1)
        ).scalar_one()
        login = connection.execute(sa.select(tables.users.c.id)).scalars().first()
        who = roles.Person(login, "sup.one", "", "supervisor", "en")
        entered = Outcome("dog", found=("clean",))
        inspections.record(connection, other, entered, who, at=NOW, request="other", key=b"k" * 32)
    with port.database.read() as connection:
        rows = shift_rows.rows(connection, NOW, NOW + pd.Timedelta(minutes=1))
        later = shift_rows.rows(connection, NOW + pd.Timedelta(days=20), NOW + pd.Timedelta(days=21))
    row = rows[rows["shipment_id"] == other].iloc[0]
    assert (row["came"], row["inspection"], row["found"]) == ("opened", "dog", ["clean"])
    assert later.empty
    assert list(later) == list(shift_rows.COLUMNS)


def test_a_raise_counts_whether_the_draw_or_the_place_chose_it(port: Place, worked: Any) -> None:
    def share(by: str) -> float | None:
        with port.database.write() as connection:
            mine = tables.list_rows.c.shipment_id == worked.waiting
            connection.execute(tables.list_rows.update().where(mine).values(selected_by=by))
            told = shift.numbers(connection, NOW - pd.Timedelta(hours=8), NOW + pd.Timedelta(minutes=1))
        return told.overrides.share

    with port.database.write() as connection:
        user = connection.execute(sa.select(tables.users.c.id)).scalars().first()
        connection.execute(
            tables.overrides.insert().values(
                shipment_id=worked.waiting,
                direction="raise",
                code="tip",
                state="in_force",
                user_id=user,
                at=NOW,
            )
        )
    assert share("officer") == share("random") == share("model") == 1 / 30
