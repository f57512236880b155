"""The page of the day over a scored day: what it shows, whom it lets do what, and that nothing moves."""

from __future__ import annotations

import io
from collections.abc import Callable

import pandas as pd
import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from app import place, session
from app.pages import today_looked, today_rows
from risk import retelling, triage
from risk.store import day, decisions, ledger, overriding, people, publishing, settings, tables
from risk.store.roles import Person

NOW = pd.Timestamp("2025-01-06T04:00")
HOSTILE = (
    "<script>alert(1)</script> **b** [x](javascript:1) =cmd() \u202egnp.exe "
    "<img src=x onerror=1> $x^2$ :red[r] "
)


def capacity(port: place.Place, text: str = "sea=4,air=6,post=3") -> None:
    with port.database.write() as connection:
        settings.change(connection, {"capacity": text}, at=place.clock(), actor="system")


def frame(port: place.Place) -> pd.DataFrame:
    with port.database.read() as connection:
        return day.rows(connection, NOW, at=place.clock())


def somebody(port: place.Place, login: str) -> Person:
    with port.database.read() as connection:
        row = next(each for each in people.everybody(connection) if each.login == login)
    return Person(row.id, row.login, row.name, row.role, row.language)


def shown(app: AppTest) -> list[int]:
    """Return the shipments of the rows, in order."""
    found = [each.proto.body for each in app.get("html") if 'data-shipment="' in each.proto.body]
    return [int(body.split('data-shipment="')[1].split('"')[0]) for body in found]


def row_of(app: AppTest, shipment: int) -> str:
    return next(
        each.proto.body for each in app.get("html") if f'data-shipment="{shipment}"' in each.proto.body
    )


def button(app: AppTest, key: str):
    return app.button(key=key)


# --- rows -----------------------------------------------------------------------------------


def test_the_day_in_order_fifty_at_a_time(port: place.Place, open_page, said, press) -> None:
    whole = frame(port)["shipment_id"].tolist()
    app = open_page("today")
    assert shown(app) == whole[:50]
    first = row_of(app, whole[0])
    for word in ("Very high", "Score", "wc-bar", "<li>", f"/shipment?id={whole[0]}"):
        assert word in first
    assert "%" not in first.split("<li>")[0].replace("width:100%", "")
    app = press(app, "Further")
    assert shown(app) == whole[50:100]
    assert app.query_params["page"] == "2"
    assert "Page 2 of 6" in said(app).replace("\\", "")


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_reasons_are_told_in_the_language_of_who_looks(
    language: str, port: place.Place, open_page: Callable[..., AppTest]
) -> None:
    whole = frame(port)
    app = open_page("today", "lea", language=language)
    with port.database.read() as connection:
        english = day.told(connection, whole["score_id"].tolist()[:50])
    bodies = " ".join(row_of(app, each) for each in shown(app))
    assert "Very high" not in bodies
    assert not any(told[0] in bodies for told in english.values())


def test_fewer_reasons_told_are_the_first(port: place.Place) -> None:
    with port.database.read() as connection:
        records = day.listed_reasons(connection, frame(port)["score_id"].tolist()[:60:6])
    for each in records.values():
        assert retelling.told(each, 4, "fr", first=2) == retelling.told(each, 4, "fr")[:2]


def test_filters_stand_in_the_address(port: place.Place, open_page: Callable[..., AppTest]) -> None:
    whole = frame(port)
    app = open_page("today", mode="air", page="9999")
    assert set(shown(app)) <= set(whole.loc[whole["mode"] == "air", "shipment_id"])
    app.checkbox(key="today-undecided").check().run()
    assert app.query_params["undecided"] == "1"
    assert app.query_params["mode"] == "air"
    assert "page" not in app.query_params
    app.text_input(key="today-heading").set_value("99x9").run()
    assert "heading" not in app.query_params
    app.button(key="today-reset").click().run()
    assert not [name for name in app.query_params if name in ("mode", "undecided")]
    assert shown(app) == whole["shipment_id"].tolist()[:50]


@pytest.mark.parametrize("query", [{"list": "77"}, {"list": "x"}, {"mode": "<b>"}, {"page": "-4"}])
def test_a_hostile_address_shows_the_day(query: dict, open_page: Callable[..., AppTest]) -> None:
    app = open_page("today", **query)
    assert not app.exception
    assert len(shown(app)) == 50


def test_search_finds_bills_and_parties(port: place.Place, open_page, said) -> None:
    one = frame(port).iloc[120]
    app = open_page("today", text=one["bill"])
    assert shown(app) == [one["shipment_id"]]
    with port.database.read() as connection:
        row = connection.execute(
            sa.select(tables.declared.c.row).where(tables.declared.c.version_id == int(one["version_id"]))
        ).scalar_one()
    assert int(one["shipment_id"]) in shown(open_page("today", text=row["consignee_name"]))
    app = open_page("today", text="nobody has this")
    assert "No shipment of these days matches" in said(app)
    app.button(key="today-beyond").click().run()
    assert "Nothing else was found" in said(app)


def test_what_arrived_long_ago_is_found_when_asked_for(port: place.Place, open_page, said) -> None:
    one = frame(port).iloc[7]
    with port.database.write() as connection:
        gone = tables.versions.update().where(tables.versions.c.id == int(one["version_id"]))
        connection.execute(gone.values(arrives_at=NOW - pd.Timedelta(days=90)))
    app = open_page("today", text=one["bill"])
    assert shown(app) == []
    app.button(key="today-beyond").click().run()
    assert f"/shipment?id={one['shipment_id']}" in said(app)


def test_saved_views(port: place.Place, open_page, said) -> None:
    app = open_page("today", mode="air", left="8")
    app.text_input(key="today-name").set_value("Night *air*").run()
    app.button(key="today-keep").click().run()
    app.button(key="today-reset").click().run()
    assert "mode" not in app.query_params
    app.selectbox(key="today-view").select("Night *air*").run()
    assert (app.query_params["mode"], app.query_params["left"]) == ("air", "8")
    assert app.selectbox(key="today-view").value == ""
    app.selectbox(key="today-gone").select("Night *air*").run()
    app.button(key="today-drop").click().run()
    assert app.selectbox(key="today-view").options == ["Choose"]


def test_the_plain_table_says_the_same(port: place.Place, open_page, said) -> None:
    app = open_page("today")
    app.toggle(key="today-plain").set_value(True).run()
    assert shown(app) == []
    table = next(each.proto.body for each in app.get("html") if "<table" in each.proto.body)
    assert table.count("<tr>") == 51
    assert "Very high" in table
    assert "Score" in table


def test_hostile_text_in_every_field_is_text(port: place.Place, open_page, said) -> None:
    long = HOSTILE + "x" * 5_000
    texts = ("goods", "location", "conveyance", "master_bill", "containers", "loading_port", "discharge_port")
    with port.database.write() as connection:
        connection.execute(tables.versions.update().values(dict.fromkeys(texts, long)))
        connection.execute(
            tables.shipments.update().values(bill=long + sa.cast(tables.shipments.c.id, sa.Text))
        )
    for language in ("en", "ar"):
        app = open_page("today", f"u{language}", "supervisor", language=language)
        assert not app.exception
        bodies = "".join(row_of(app, each) for each in shown(app))
        assert "<script" not in bodies
        assert "<img" not in bodies
        assert "&lt;script&gt;" in bodies
        assert len(bodies) < 50 * 4_000
    app = open_page("today", "bo")
    app.toggle(key="today-plain").set_value(True).run()
    assert "<script" not in said(app)
    app.toggle(key="today-plain").set_value(False).run()
    app.button(key=f"claim-{shown(app)[0]}").click().run()
    assert "<script" not in said(app).replace("\\<script", "")


# --- claims ---------------------------------------------------------------------------------


def test_a_claim_and_its_end(port: place.Place, open_page, said) -> None:
    app = open_page("today")
    first = shown(app)[0]
    app.button(key=f"claim-{first}").click().run()
    assert "is yours until" in said(app)
    assert "Claimed by you" in row_of(app, first)
    assert frame(port).set_index("shipment_id").loc[first, "claimed_name"] == "ana"
    app.checkbox(key="today-mine").check().run()
    assert shown(app) == [first]
    app.button(key=f"release-{first}").click().run()
    assert shown(app) == []
    assert frame(port)["claimed_by"].notna().sum() == 0


def test_two_officers_who_want_the_same(port: place.Place, open_page, said) -> None:
    ana = open_page("today", "ana")
    first = shown(ana)[0]
    ben = open_page("today", "ben")
    with port.database.write() as connection:
        decisions.claim(connection, first, somebody(port, "ana"), at=place.clock(), minutes=30)
    # Ben still sees the row as it was and presses what stands there.
    ben.button(key=f"claim-{first}").click().run()
    told = said(ben)
    assert "ana is at" in told
    assert "Nothing was changed" in told
    assert "Claimed by ana until" in row_of(ben, first).replace("\u2068", "").replace("\u2069", "")
    assert frame(port).set_index("shipment_id").loc[first, "claimed_name"] == "ana"


def test_a_claim_ends_by_the_clock_where_time_stands_still(port: place.Place, open_page) -> None:
    open_page("today", "ana")
    first = int(frame(port)["shipment_id"].iloc[0])
    past = place.clock() - pd.Timedelta(minutes=31)
    with port.database.write() as connection:
        decisions.claim(connection, first, somebody(port, "ana"), at=past, minutes=30)
    app = open_page("today", "ben")
    assert "Claimed" not in row_of(app, first)


def test_a_list_that_moved_moves_no_click(port: place.Place, open_page) -> None:
    whole = frame(port)
    first, last = int(whole["shipment_id"].iloc[0]), int(whole["shipment_id"].iloc[-1])
    app = open_page("today")
    assert shown(app)[0] == first
    with port.database.write() as connection:
        overriding.override(
            connection, last, "raise", "tip", somebody(port, "ana"), now=session.now(), at=place.clock()
        )
    # What is pressed is the first row as it was shown; another shipment stands there by now.
    app.button(key=f"claim-{first}").click().run()
    assert shown(app)[:2] == [last, first]
    held = frame(port).set_index("shipment_id")["claimed_by"].dropna()
    assert held.index.tolist() == [first]


def test_who_may_not_decide_claims_nothing(open_page) -> None:
    for role in ("analyst", "auditor"):
        app = open_page("today", role, role)
        assert shown(app)
        assert not [each for each in app.button if str(each.key).startswith(("claim", "release"))]


def test_what_others_do_is_seen_at_the_next_look(port: place.Place, open_page) -> None:
    app = open_page("today")
    first = shown(app)[0]
    with port.database.write() as connection:
        decisions.step(connection, first, "located", somebody(port, "ana"), at=place.clock())
    app.run()
    assert "Located" in row_of(app, first)


# --- capacity and lists -----------------------------------------------------------------------


def opened(app: AppTest) -> AppTest:
    return app.toggle(key="today-capacity").set_value(True).run()


def test_capacity_is_explored_with_sliders(port: place.Place, open_page, said) -> None:
    capacity(port)
    app = opened(open_page("today"))
    assert {each.label: each.value for each in app.slider if "To open" in each.label} == {
        "To open: Sea": 4,
        "To open: Air": 6,
        "To open: Post": 3,
    }
    assert "13" in said(app)
    assert "not known for this port" in said(app)
    assert "Within capacity" in row_of(app, shown(app)[0])
    for each in app.slider:
        if "To open" in each.label:
            each.set_value(0)
    app.run()
    assert "Within capacity" not in said(app)
    assert not [each for each in app.button if each.label.startswith("Publish")]


def test_a_port_that_has_not_said_what_it_opens(open_page, said) -> None:
    app = opened(open_page("today"))
    assert "Nobody has said yet" in said(app)


def test_a_list_is_published_looked_at_and_added_to(port: place.Place, open_page, said, press) -> None:
    capacity(port)
    app = opened(open_page("today", "chi", "supervisor"))
    app = press(app, "Publish")
    assert "not to be swapped" in said(app)
    app = press(app, "Not yet")
    app = press(press(app, "Publish"), "Publish it now")
    assert "List 1 is published" in said(app)
    # What the list was made with no longer stands before it.
    assert not app.toggle(key="today-capacity").value
    assert app.query_params["list"] == "1"
    with port.database.read() as connection:
        rows = publishing.rows(connection, 1)
        drawn = connection.execute(
            sa.select(tables.list_rows.c.shipment_id).where(tables.list_rows.c.selected_by == "random")
        ).scalars()
        drawn = set(drawn)
        verified = ledger.verify(connection)
    assert verified.holds
    assert drawn
    assert set(shown(app)) == set(rows["shipment_id"])
    whole = frame(port).set_index("shipment_id")
    clocks = whole.loc[shown(app), ["available_until", "arrives_at"]]
    assert clocks["arrives_at"].is_monotonic_increasing or clocks["available_until"].notna().any()
    for each in shown(app):
        body = row_of(app, each).split("<ol>")[0]
        assert not any(word in body for word in ("Score", "wc-bar", "Very high", "Low", "Model:"))
    # What is drawn and what is ranked differ in nothing but what was declared.
    assert "random" not in " ".join(row_of(app, each) for each in shown(app)).lower()
    app = opened(app)
    column = "Random picks without an inspection so far"
    assert column in said(app)
    assert str(len(drawn)) in app.table[0].value[column].tolist()
    # Capacity is set anew for every list: what the last one still asks for is no part of it.
    assert "What is set here comes on top" in said(app)

    # Nothing came since; and everything once more is the list there is.
    assert button(app, "publish-ask").disabled
    app.radio(key="publish-after").set_value(0).run()
    app = press(press(app, "Publish"), "Publish it now")
    assert "this very list is published already" in said(app)
    with port.database.read() as connection:
        assert len(publishing.latest(connection)) == 1


def test_who_was_asked_twice_hears_of_a_list_published_meanwhile(
    port: place.Place, open_page, said, press
) -> None:
    capacity(port)
    app = press(opened(open_page("today", "chi", "supervisor")), "Publish")
    with port.database.write() as connection:
        made = people.add(connection, "eve", "supervisor", at=place.clock(), actor="system")
        eve = Person(made, "eve", "", "supervisor", "en")
        now = settings.moment(settings.current(connection), place.clock()) - pd.Timedelta(seconds=1)
        pools, key = triage.parse("10"), settings.site_secret(port.folder)
        publishing.publish(connection, now, pools, 0.2, secret=key, person=eve, at=now)
    app = press(app, "Publish it now")
    assert "somebody else published list 1 meanwhile" in said(app)
    with port.database.read() as connection:
        assert len(publishing.latest(connection)) == 1


def test_a_list_of_long_ago_is_looked_at_by_its_number(
    port: place.Place, open_page, said, press, monkeypatch: pytest.MonkeyPatch
) -> None:
    capacity(port)
    app = opened(open_page("today", "chi", "supervisor"))
    press(press(app, "Publish"), "Publish it now")
    monkeypatch.setattr(today_looked, "_LISTS", 0)
    app = open_page("today", list="1")
    assert not app.exception
    assert "There is no such list" not in said(app)
    assert app.selectbox(key="today-list").value == 1
    assert "There is no such list" in said(open_page("today", list="2"))


def test_later_arrivals_have_a_list_of_their_own(port: place.Place, open_page, said, press) -> None:
    capacity(port)
    whole = frame(port)
    late = [int(each) for each in whole["version_id"].iloc[[3, 40, 41, 90, 200]]]
    moved = tables.versions.update().where(tables.versions.c.id.in_(late))
    with port.database.write() as connection:
        connection.execute(moved.values(current=False))
    app = opened(open_page("today", "chi", "supervisor"))
    app = press(press(app, "Publish"), "Publish it now")
    with port.database.write() as connection:
        connection.execute(moved.values(current=True))
        # As a load does it: what is kept of the day is read again.
        ledger.append(connection, "batch", at=place.clock(), actor="system", subject="batch:1")
    app = opened(app)
    assert "Shipments that wait: **5**" in said(app)
    app = press(press(app, "Publish"), "Publish it now")
    assert app.query_params["list"] == "2"
    late_rows = whole.iloc[[3, 40, 41, 90, 200]]
    assert set(shown(app)) == set(
        late_rows.loc[late_rows["mode"].isin(["sea", "air", "post"]), "shipment_id"]
    )
    assert "adds to 1" in " ".join(app.selectbox(key="today-list").options)


def test_who_may_not_publish_is_not_offered_to(port: place.Place, open_page) -> None:
    capacity(port)
    for role in ("officer", "analyst", "auditor"):
        app = opened(open_page("today", role, role))
        assert not [each for each in app.button if each.label.startswith("Publish")]
        assert not app.radio


def test_a_load_of_other_days_is_told_of_where_nothing_is_to_see(
    open_page, said, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = NOW + pd.Timedelta(days=400)
    monkeypatch.setattr(session, "now", lambda: later)
    told = said(open_page("today"))
    assert "There is no shipment in these days." in told
    assert "the last shipment loaded arrives" in told.replace("\\", "")
    assert "2025" in told


def test_pages_of_a_shipment_lead_back_to_what_was_looked_at(open_page, said) -> None:
    open_page("today", mode="air", undecided="1")
    for page in ("shipment", "outcome", "override"):
        assert "/today?mode=air&amp;undecided=1" in said(open_page(page, id="7"))
    assert 'href="/today"' in said(open_page("outcome", "omar", id="7"))


def test_the_filter_of_lists_shows_rows_as_a_list_does(port: place.Place, open_page, press) -> None:
    capacity(port)
    app = opened(open_page("today", "chi", "supervisor"))
    press(press(app, "Publish"), "Publish it now")
    app = open_page("today", listed="1")
    assert len(shown(app)) == 13
    assert all("wc-list" in row_of(app, each) for each in shown(app))


# --- paper ------------------------------------------------------------------------------------


def saved(app: AppTest, port: place.Place) -> str:
    found = app.get("download_button")
    assert len(found) == 1
    return found[0].proto.label


def test_tables_are_made_when_asked_for(port: place.Place, open_page, monkeypatch) -> None:
    from app.pages import today_paper

    given: dict[str, bytes] = {}
    monkeypatch.setattr(
        today_paper, "_give", lambda made, ending, kind: given.__setitem__(ending, made) or None
    )
    with port.database.write() as connection:
        connection.execute(tables.versions.update().values(goods="=cmd|' /C calc'!A0"))
    app = open_page("today", mode="air")
    app.toggle(key="today-paper").set_value(True).run()
    assert given == {}
    app.button(key="paper-csv").click().run()
    app.button(key="paper-xlsx").click().run()
    csv = pd.read_csv(io.BytesIO(given["csv"]))
    whole = frame(port)
    assert csv["Bill"].tolist() == whole.loc[whole["mode"] == "air", "bill"].tolist()
    assert csv["Risk"].isna().all()
    assert csv["Goods"].str.startswith("'=").all()
    assert csv["Reason 1"].notna().all()
    sheet = pd.read_excel(io.BytesIO(given["xlsx"]), engine="openpyxl")
    assert sheet["Bill"].tolist() == csv["Bill"].tolist()


@pytest.mark.slow
def test_a_published_list_is_printed_whole(port: place.Place, open_page, press) -> None:
    from pypdf import PdfReader

    from app.pages import today_paper

    capacity(port)
    app = opened(open_page("today", "chi", "supervisor"))
    app = press(press(app, "Publish"), "Publish it now")
    bills = [str(text) for text in frame(port).set_index("shipment_id").loc[shown(app), "bill"]]
    app = open_page("today", list="1", mode="air")
    app.toggle(key="today-paper").set_value(True).run()
    made: list[bytes] = []
    real = today_paper._give
    today_paper._give = lambda content, ending, kind: made.append(content)  # type: ignore[assignment]
    try:
        app.button(key="paper-print").click().run()
    finally:
        today_paper._give = real  # type: ignore[assignment]
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(made[0])).pages)
    assert [text.index(bill) for bill in bills] == sorted(text.index(bill) for bill in bills)
    assert "Page 1 of" in text


def test_only_a_published_list_is_printed(open_page) -> None:
    app = open_page("today")
    app.toggle(key="today-paper").set_value(True).run()
    assert app.button(key="paper-print").disabled
    app.button(key="paper-csv").click().run()
    # Twelve on the clock of the port, four by UTC.
    assert saved(app, None).startswith("Save wildcargo-20250106-1200")


def test_a_cell_is_cut_and_keeps_its_own_direction() -> None:
    assert today_rows.outside("a\n\u202eb" + "c" * 90, 10).startswith('<bdi dir="auto">a \u202ebccccc')
