"""Access and ledger: who looked at what, rows as ids and codes, and everything checked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from app import place
from risk import worker
from risk.language import gettext
from risk.store import access, holding, jobs, ledger, roles, tables

Open = Callable[..., AppTest]
HOSTILE = "<script>alert(1)</script>*b*=1+1\u202e" + "W" * 70


def widget(kind: Any, label: str) -> Any:
    return next(each for each in kind if each.label == label)


@pytest.fixture
def looked(port: place.Place, account: Callable[..., int]) -> dict[str, roles.Person]:
    """Two people who looked; one of them at a shipment of a hostile bill."""
    made = {}
    for login, role, name in (("bo", "officer", HOSTILE), ("lea", "analyst", "")):
        made[login] = roles.Person(account(login, role, name=name), login, name, role, "en")
    at = place.clock()
    with port.database.write() as connection:
        connection.execute(tables.shipments.update().where(tables.shipments.c.id == 2).values(bill=HOSTILE))
        for number in (1, 2):
            access.viewed(connection, number, made["bo"], at=at - pd.Timedelta(hours=number))
        access.viewed(connection, 3, made["lea"], at=at - pd.Timedelta(days=5))
        access.viewed_margins(connection, made["lea"], at=at, shipment_id=2)
        access.viewed_margins(connection, made["lea"], at=at)
    return made


def test_looks_are_told_by_person_and_one_by_one(
    open_page: Open, said: Any, looked: dict[str, roles.Person]
) -> None:
    app = open_page("access", "chi", "supervisor")
    assert not app.exception
    told = said(app)
    assert "&lt;script&gt;" in told
    assert "<script>" not in told
    assert 'href="/shipment?id=1"' in told
    assert 'href="/shipment?id=3"' not in told
    assert "The line of the day" in told
    # A table with a column for every ground is wider than a tablet held upright.
    table = next(part for part in told.split("<table>") if part.startswith("<caption>Looks by"))
    assert table.split("</thead>")[0].count('<th scope="col"') == 6
    assert "At their place of work: " in table
    app = open_page("access", "chi", hours="168", user=str(looked["lea"].id))
    assert 'href="/shipment?id=3"' in said(app)
    assert 'href="/shipment?id=1"' not in said(app)
    widget(app.radio, "Time").set_value(24).run()
    assert app.query_params["hours"] in ("24", ["24"])


@pytest.mark.parametrize("query", [{"hours": "x", "user": "-1"}, {"hours": "9" * 40, "user": "<b>"}])
def test_hostile_addresses_show_everybody(open_page: Open, looked: Any, query: dict[str, str]) -> None:
    app = open_page("access", "chi", "supervisor", **query)
    assert not app.exception
    assert widget(app.radio, "Time").value == 24
    assert widget(app.selectbox, "Person").value is None


def test_margins_are_looked_at_by_analysts_and_auditors_alone(
    port: place.Place, account: Callable[..., int]
) -> None:
    for role in roles.ROLES:
        person = roles.Person(account(f"one.{role}", role), f"one.{role}", "", role, "en")
        with port.database.write() as connection:
            if role in ("analyst", "auditor"):
                access.viewed_margins(connection, person, at=place.clock())
                continue
            with pytest.raises(roles.NotAllowed, match="role"):
                access.viewed_margins(connection, person, at=place.clock())


def test_the_ledger_is_shown_by_kind_and_page_by_page(
    open_page: Open, press: Any, said: Any, port: place.Place, looked: Any
) -> None:
    with port.database.write() as connection:
        for number in range(60):
            ledger.append(
                connection,
                "note",
                at=place.clock(),
                actor="user:1",
                subject="shipment:4",
                facts={"n": number},
            )
    app = open_page("ledger", "aud", "auditor")
    with port.database.read() as connection:
        assert app.code[0].value == ledger.head(connection)
    assert "n: 59" in said(app)
    assert "n: 5<" not in said(app)
    press(app, "Earlier rows")
    assert "n: 5<" in said(app)
    widget(app.selectbox, "Kind").set_value("margins").run()
    assert "Margins looked at" in said(app)
    assert "n: 59" not in said(app)
    for query in ({"kind": "<b>", "before": "-1"}, {"kind": "x" * 500, "before": "9" * 40}):
        app = open_page("ledger", "aud", **query)
        assert not app.exception
        assert widget(app.selectbox, "Kind").value == ""


def test_everything_is_checked_and_a_changed_row_is_named(
    open_page: Open, press: Any, said: Any, port: place.Place
) -> None:
    app = open_page("ledger", "aud", "auditor")
    press(app, "Check now")
    while worker.Worker(port.database, port.folder).work() is not None:
        pass
    app.run()
    assert "Everything holds together." in said(app)
    with port.database.write() as connection:
        connection.exec_driver_sql("DROP TRIGGER ledger_no_update")
        connection.execute(tables.ledger.update().where(tables.ledger.c.seq == 1).values(actor="user:9"))
    press(app, "Check now")
    while worker.Worker(port.database, port.folder).work() is not None:
        pass
    app.run()
    assert "does not hold together" in said(app)
    assert "row 1: its content was changed" in said(app)


def test_why_a_check_failed_is_told_in_the_language(
    open_page: Open, press: Any, said: Any, port: place.Place
) -> None:
    press(open_page("ledger", "aud", "auditor"), "Check now")
    with port.database.write() as connection:
        job = jobs.take(connection, "w", at=place.clock())
        jobs.end(connection, job.id, "w", "failed", at=place.clock(), message=f"{jobs.FAULT}\n\nKeyError")
    assert jobs.FAULT in said(open_page("ledger", "aud", "auditor")).replace("\\", "")
    told = said(open_page("ledger", "aude", "auditor", language="fr")).replace("\\", "")
    assert gettext(jobs.FAULT, "fr") in told
    assert jobs.FAULT not in told
    assert "KeyError" in told
    assert "Project-Id-Version" not in told


def test_a_head_that_is_none_is_said(open_page: Open, press: Any, said: Any, port: place.Place) -> None:
    app = open_page("ledger", "aud", "auditor")
    widget(app.text_input, "A head kept from before (may stay empty)").set_value("<b>what</b>")
    press(app, "Check now")
    # Said in the language of who looks, and nothing is asked of the worker.
    assert "This is no head" in said(app)
    assert worker.Worker(port.database, port.folder).work() is None
    with port.database.read() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(tables.shipments)).scalar() == 300
        assert holding.held(connection) == []
