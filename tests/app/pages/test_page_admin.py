"""Settings, models, keeping and backups: what an administrator does, and what is refused."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from app import place
from models import bundle as bundles
from risk import worker
from risk.engine import load_bundle
from risk.store import day, holding, jobs, ledger, retention, roles, settings, stages

Open = Callable[..., AppTest]
HOSTILE = "<script>alert(1)</script> **x** =1+1 \u202eevil " + "W" * 50


def widget(kind: Any, label: str) -> Any:
    return next(each for each in kind if each.label == label)


def work(port: place.Place) -> jobs.Job:
    job = worker.Worker(port.database, port.folder).work()
    assert job is not None
    return job


def test_settings_are_kept_with_a_row_of_the_ledger(
    open_page: Open, press: Any, said: Any, port: place.Place
) -> None:
    app = open_page("admin", "root", "admin")
    widget(app.text_input, "Name of the port").set_value("Port *A* <b>")
    widget(app.text_input, "Inspections possible").set_value("sea=4,air=20")
    widget(app.number_input, "Days kept: private people").set_value(90)
    press(app, "Keep these settings")
    assert "Kept" in said(app)
    chosen = port.chosen()
    assert (chosen["port_name"], chosen["capacity"]) == ("Port *A* <b>", "sea=4,air=20")
    assert chosen["keep_days_people"] == 90
    assert "Port *A* &lt;b&gt;" in said(app)
    with port.database.read() as connection:
        assert ledger.latest(connection, 1)[0].kind == "settings"


def test_settings_that_make_no_sense_change_nothing(
    open_page: Open, press: Any, said: Any, port: place.Place
) -> None:
    before = port.chosen()
    app = open_page("admin", "root", "admin")
    widget(app.text_input, "Inspections possible").set_value("seven of each")
    widget(app.number_input, "Reasons told").set_value(6)
    press(app, "Keep these settings")
    assert "sea=4,air=20,post=60" in said(app)
    widget(app.text_input, "Inspections possible").set_value("")
    widget(app.text_input, "Name of the port").set_value("a\u202eb")
    press(app, "Keep these settings")
    assert "One of the values cannot be kept" in said(app)
    assert port.chosen() == before


@pytest.fixture
def model(port: place.Place) -> str:
    """A second model in the port's folder, and one that is broken."""
    starter = load_bundle()
    head = starter.heads[0]
    other = replace(head, calibrator=replace(head.calibrator, slope=head.calibrator.slope * 0.5))
    target = port.folder / "models" / "mine"
    target.parent.mkdir()
    bundles.save(replace(starter, heads=(other, *starter.heads[1:])), target)
    shutil.copytree(target, port.folder / "models" / "broken <b>")
    (port.folder / "models" / "broken <b>" / "bundle.json").write_text("{}")
    return bundles.load(target).model_id


def test_a_model_scores_beside_then_in_force(
    open_page: Open, press: Any, said: Any, port: place.Place, model: str
) -> None:
    app = open_page("model", "root", "admin")
    assert "broken &lt;b&gt;" in said(app)
    assert widget(app.radio, "What to do").value == "shadow"
    press(app, "Do it")
    while (job := worker.Worker(port.database, port.folder).work()) is not None:
        assert job.state == "done", job.message
    app.run()
    assert "Beside the one in force" in said(app)
    assert "not estimable" in said(app)
    with port.database.read() as connection:
        now = settings.moment(port.chosen(), place.clock())
        assert set(day.rows(connection, now, at=now)["model_id"]) == {load_bundle().model_id}
    widget(app.radio, "What to do").set_value("champion")
    press(app, "Do it")
    while (job := worker.Worker(port.database, port.folder).work()) is not None:
        assert job.state == "done", job.message
    app.run()
    with port.database.read() as connection:
        assert stages.of_stage(connection, "champion").model_id == model
        assert set(day.rows(connection, now, at=now)["model_id"]) == {model}
        assert ledger.verify(connection).holds
    assert f'Model <bdi dir="ltr">{model}' in said(app)


def test_a_model_put_in_force_by_a_double_click_stays_in_force(
    pressed_twice: None, open_page: Open, press: Any, port: place.Place, model: str
) -> None:
    app = open_page("model", "root", "admin")
    widget(app.radio, "What to do").set_value("champion")
    press(app, "Do it")
    with port.database.read() as connection:
        assert stages.of_stage(connection, "champion").model_id == model


def test_a_backup_is_asked_for_and_listed(open_page: Open, press: Any, said: Any, port: place.Place) -> None:
    settings.site_secret(port.folder)
    app = open_page("upkeep", "root", "admin")
    assert "no backup" in said(app)
    press(app, "Back up now")
    assert "Waiting" in said(app)
    while (job := worker.Worker(port.database, port.folder).work()) is not None:
        assert job.state == "done", job.message
    app.run()
    made = next((port.folder / "backups").iterdir()).name
    assert made in said(app)
    assert any(f"restore {port.folder}/backups/{made}" in each.value for each in app.code)


def test_what_is_due_is_counted_and_purged_once_one_is_sure(
    open_page: Open, press: Any, said: Any, port: place.Place
) -> None:
    later = (pd.Timestamp("2025-01-06T04:00") + pd.Timedelta(days=2000)).isoformat()
    with port.database.write() as connection:
        settings.change(connection, {"clock": later}, at=place.clock(), actor="system")
        due = len(retention.due(connection, pd.Timestamp(later)))
    app = open_page("upkeep", "root", "admin")
    button = next(each for each in app.button if each.label == "Purge what is due now")
    assert button.disabled
    widget(app.checkbox, "I know that what is purged does not come back").check().run()
    press(app, "Purge what is due now")
    while worker.Worker(port.database, port.folder).work() is not None:
        pass
    app.run()
    assert f"{due} shipments purged" in said(app)
    assert "traders:1095" in said(app)
    with port.database.read() as connection:
        assert len(retention.due(connection, pd.Timestamp(later))) == 0


def test_holds_are_set_and_lifted_by_a_supervisor(
    open_page: Open, press: Any, said: Any, port: place.Place
) -> None:
    with port.database.read() as connection:
        bill = holding.bill_of(connection, 3)
    app = open_page("holds", "chi", "supervisor", id="3")
    assert widget(app.text_input, "Bill").value == bill
    press(app, "Set the hold")
    assert "Choose why" in said(app)
    widget(app.text_input, "Bill").set_value(HOSTILE)
    press(app, "Set the hold")
    assert "No shipment has this bill" in said(app)
    assert widget(app.text_input, "Bill").value == HOSTILE
    widget(app.text_input, "Bill").set_value(f" {bill} ")
    widget(app.selectbox, "Why").set_value("court_case")
    press(app, "Set the hold")
    with port.database.read() as connection:
        assert [row.id for row in holding.held(connection)] == [3]
    app = open_page("holds", "chi")
    assert 'href="/shipment?id=3"' in said(app)
    press(app, "Lift the hold")
    assert "Choose a shipment first" in said(app)
    lifting = [each for each in app.selectbox if each.label in ("Bill", "Why")]
    lifting[1].set_value(3)
    lifting[2].set_value("case_closed")
    press(app, "Lift the hold")
    with port.database.read() as connection:
        assert holding.held(connection) == []
        kinds = [row.kind for row in ledger.latest(connection, 2)]
    assert "hold.lifted" in kinds


@pytest.mark.parametrize("asked", ["-1", "x", "99999999", "9" * 30, "<b>", "3; DROP"])
def test_hostile_addresses_name_no_shipment(open_page: Open, asked: str) -> None:
    app = open_page("holds", "chi", "supervisor", id=asked)
    assert not app.exception
    assert widget(app.text_input, "Bill").value == ""


def test_only_administrators_and_supervisors_come_there(open_page: Open, said: Any) -> None:
    for name, action in (("admin", "administer"), ("model", "administer"), ("upkeep", "administer")):
        for role in sorted(set(roles.ROLES) - roles.MAY[action]):
            assert "does not allow" in said(open_page(name, role, role))
