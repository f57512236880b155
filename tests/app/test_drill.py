"""A drill: made with its answers kept back, counted against the model alone and against chance."""

from __future__ import annotations

import stat
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from features.manifest import schema
from risk import drill
from risk.commands import cli
from risk.drill import Answers
from risk.store import day, drills, ledger, people, roles, settings, tables
from risk.store.database import Database

NOW = pd.Timestamp("2025-01-06 04:00")


def made(folder: Path, *more: str) -> Path:
    call = ["--data", str(folder), "--per-day", "150", "--hidden", "0.05", "--seed", "3", *more]
    done = CliRunner().invoke(cli, ["drill", *call], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("drill") / "port", "--capacity", "sea=3,air=3")


def test_the_day_is_scored_and_tells_no_answers(folder: Path) -> None:
    database = Database(folder / "port.db")
    with database.read() as connection:
        chosen, frame = settings.current(connection), day.rows(connection, NOW, at=NOW)
        answers = drill.read(folder, drills.answers_digest(connection))
        assert ledger.verify(connection).holds
        declared = connection.execute(sa.select(tables.declared.c.row)).scalars()
        names = {name for row in declared for name in row}
    database.close()
    assert (chosen["drill"], chosen["sample"], chosen["capacity"]) == (True, False, "sea=3,air=3")
    assert len(frame) == 150
    assert set(answers.hidden) <= set(frame["bill"])
    assert len(answers.hidden) > 0
    assert names <= set(schema.BY_NAME)
    assert stat.S_IMODE((folder / drill.FILE).stat().st_mode) == 0o600


def test_a_port_of_its_own_is_not_replaced(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "port").mkdir()
    (tmp_path / "port" / "mine").write_text("mine")
    for more in ((), ("--overwrite",)):
        call = ["--data", str(tmp_path / "port"), "--per-day", "50", *more]
        assert CliRunner().invoke(cli, ["drill", *call]).exit_code != 0
    assert (tmp_path / "port" / "mine").read_text() == "mine"
    wrong = ["--data", str(tmp_path / "new"), "--per-day", "50", "--capacity", "seven of each"]
    assert CliRunner().invoke(cli, ["drill", *wrong]).exit_code != 0


def test_answers_that_were_changed_are_refused(tmp_path: Path) -> None:
    digest = drill.keep(
        Answers({"A": {"found": ["live_animals"], "taxon": "gecko", "kg": 1.0}}, {}), tmp_path
    )
    assert list(drill.read(tmp_path, digest).hidden) == ["A"]
    drill.keep(Answers({}, {}), tmp_path)
    with pytest.raises(drill.DrillError):
        drill.read(tmp_path, digest)
    (tmp_path / drill.FILE).unlink()
    with pytest.raises(drill.DrillError):
        drill.read(tmp_path, digest)


def frame(modes: list[str]) -> pd.DataFrame:
    n = len(modes)
    return pd.DataFrame(
        {
            "shipment_id": np.arange(1, n + 1),
            "bill": [f"B{i}" for i in range(1, n + 1)],
            "score_id": np.arange(1, n + 1),
            "rank": np.arange(1, n + 1),
            "place": np.arange(1, n + 1),
            "mode": pd.Series(modes, dtype="str"),
            "goods": pd.Series(["x"] * n, dtype="str"),
            "available_until": pd.Series([NOW + pd.Timedelta(hours=3)] * n).astype("datetime64[us]"),
        }
    )


def hidden(*bills: int) -> Answers:
    one = {"found": ["live_animals"], "taxon": "gecko", "kg": 1.0, "scheme": "s"}
    return Answers({f"B{i}": one for i in bills}, {})


def test_the_model_opens_as_many_of_each_mode_as_the_team() -> None:
    found = drill.debrief(frame(["sea", "sea", "air", "air", "sea"]), hidden(1, 3, 5), {2, 4, 5}, NOW)
    assert (found.team.opened, found.team.found) == (3, 1)
    assert (found.model.opened, found.model.found) == (3, 2)
    # Two of three at sea hold two, one of two by air holds one.
    assert found.chance.found == pytest.approx(2 * 2 / 3 + 1 / 2, abs=0.01)
    assert found.rows["opened"].tolist() == [False, False, True]
    assert found.rows["by_model"].tolist() == [True, True, False]
    assert found.rows["hours_left"].tolist() == [3.0, 3.0, 3.0]


def test_a_drill_in_which_nothing_was_opened() -> None:
    found = drill.debrief(frame(["sea"] * 3), hidden(2), set(), NOW)
    assert (found.team.opened, found.team.found, found.chance.found) == (0, 0, 0)
    assert (found.team.low, found.team.high) == (0.0, 1.0)


@given(st.lists(st.sampled_from(["sea", "air", ""]), min_size=1, max_size=25), st.data())
def test_counts_hold_together(modes: list[str], data: st.DataObject) -> None:
    n = len(modes)
    some = st.sets(st.integers(1, n))
    hides, opened = data.draw(some), data.draw(some)
    found = drill.debrief(frame(modes), hidden(*hides), opened, NOW)
    assert found.hidden == len(hides) == len(found.rows)
    assert found.team.opened == found.model.opened == found.chance.opened == len(opened)
    assert found.team.found == len(hides & opened)
    assert 0 <= found.chance.low <= found.chance.found + 1e-9 <= found.chance.high + 1
    assert found.chance.high <= min(len(hides), len(opened))
    assert found.model.found <= min(len(hides), len(opened))


def test_a_drill_is_ended_once(folder: Path, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(folder, tmp_path / "port")
    database = Database(tmp_path / "port" / "port.db")
    with database.write() as connection:
        number = people.add(connection, "chi", "supervisor", at=NOW, actor="system")
    chi = roles.Person(number, "chi", "", "supervisor", "en")
    with database.write() as connection:
        ledger.append(
            connection, "step", at=NOW, actor="user:1", subject="shipment:4", facts={"to": "opened"}
        )
        ledger.append(
            connection, "step", at=NOW, actor="user:1", subject="shipment:5", facts={"to": "located"}
        )
        entered = [(6, "full"), (7, "documents"), (8, "not_inspected")]
        # Corrected since: entered at the wrong shipment, and looked into after all.
        entered += [(10, "full"), (10, "not_inspected"), (11, "documents"), (11, "partial")]
        for number, kind in entered:
            subject = f"shipment:{number}"
            ledger.append(
                connection, "outcome", at=NOW, actor="user:1", subject=subject, facts={"inspection": kind}
            )
        drills.end(connection, chi, at=NOW)
        ledger.append(
            connection, "step", at=NOW, actor="user:1", subject="shipment:9", facts={"to": "opened"}
        )
        assert drills.opened(connection) == {4, 6, 11}
        with pytest.raises(drills.DrillRefused):
            drills.end(connection, chi, at=NOW)
        settings.change(connection, {"drill": False}, at=NOW, actor="system")
        with pytest.raises(drills.DrillRefused):
            drills.end(connection, chi, at=NOW)
    database.close()
