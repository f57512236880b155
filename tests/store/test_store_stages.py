"""Models put in force and beside it, and shipments scored again by them."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa

from models import bundle as bundles
from models.bundle import BundleError
from risk import installed, rescoring, worker
from risk.engine import load_bundle
from risk.store import (
    checking,
    day,
    in_force,
    jobs,
    ledger,
    people,
    replaying,
    roles,
    scored_again,
    stages,
    tables,
)
from risk.store.database import Database
from risk.store.stages import CHAMPION, SHADOW, StageError

SAMPLES = Path(__file__).parents[2] / "data_samples"
NOW = pd.Timestamp("2025-01-06 04:00")
ROOT = roles.Person(1, "root", "", "admin", "en")


@pytest.fixture(scope="session")
def other_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The starter model with its heads the other way round: another order of shipments."""
    starter = load_bundle()
    heads = tuple(
        replace(head, calibrator=replace(head.calibrator, slope=head.calibrator.slope * factor))
        for head, factor in zip(starter.heads, (0.5, 1.3), strict=True)
    )
    made = tmp_path_factory.mktemp("other") / "mine"
    bundles.save(replace(starter, heads=heads, risk_basis="port"), made)
    return made


@pytest.fixture
def folder(tmp_path: Path, other_model: Path) -> Path:
    import shutil

    made = tmp_path / "data"
    (made / "models").mkdir(parents=True)
    shutil.copytree(other_model, made / "models/mine")
    return made


@pytest.fixture
def loaded(database: Database, folder: Path) -> Database:
    with database.write() as connection:
        people.add(connection, "root", "admin", at=NOW, actor="system")
    load(database, folder, 1, 61)
    return database


def load(database: Database, folder: Path, first: int, last: int) -> None:
    lines = (SAMPLES / "port_day.csv").read_text("utf-8").splitlines(keepends=True)
    content = "".join([lines[0], *lines[first:last]]).encode()
    digest = sha256(content).hexdigest()
    worker.keep_upload(folder, content, digest)
    with database.write() as connection:
        files = [{"name": "day.csv", "sha256": digest}]
        jobs.ask(connection, "load", {"files": files}, at=NOW, actor="system")
    assert work(database, folder).state == "done"


def work(database: Database, folder: Path) -> jobs.Job:
    job = worker.Worker(database, folder, now=lambda: NOW).work()
    assert job is not None
    assert job.state == "done", job.message
    return job


def put(database: Database, folder: Path, model_id: str, stage: str) -> None:
    bundle, path = installed.placed(folder, model_id)
    starter = load_bundle()
    with database.write() as connection:
        stages.begin(connection, starter.model_id, starter.risk_basis, at=NOW)
        stages.put(connection, model_id, bundle.risk_basis, path, stage, ROOT, at=NOW)
        jobs.ask(connection, "score", {"stage": stage}, at=NOW, actor=ROOT)


def mine(folder: Path) -> str:
    return next(each.model_id for each in installed.found(folder) if each.risk_basis == "port")


def rows(database: Database) -> pd.DataFrame:
    with database.read() as connection:
        return day.rows(connection, NOW, at=NOW)


def test_models_of_the_folder_are_found_and_broken_ones_say_why(folder: Path) -> None:
    (folder / "models/broken").mkdir()
    (folder / "models/broken/bundle.json").write_text("{}")
    (folder / "models/again").mkdir()
    for path in (folder / "models/mine").iterdir():
        (folder / "models/again" / path.name).write_bytes(path.read_bytes())
    found = installed.found(folder)
    assert [(each.name, bool(each.problem)) for each in found] == [
        ("", False),
        ("again", False),
        ("broken", True),
    ]
    assert {each.risk_basis for each in found} == {"prior", "port", ""}
    with pytest.raises(BundleError):
        installed.placed(folder, "nothing-like-it")
    with pytest.raises(BundleError):
        installed.placed(folder, "")


def test_what_is_put_in_force_lies_in_a_folder_of_its_own(folder: Path) -> None:
    model_id = mine(folder)
    bundle, path = installed.placed(folder, model_id)
    assert (bundle.model_id, Path(path).name) == (model_id, model_id)
    (folder / "models/mine/bundle.json").unlink()
    assert installed.placed(folder, model_id)[1] == path
    assert installed.placed(folder, load_bundle().model_id)[1] == ""


def test_stages_change_with_their_rows_of_the_ledger(database: Database) -> None:
    with database.write() as connection:
        people.add(connection, "root", "admin", at=NOW, actor="system")
        with pytest.raises(StageError):
            stages.put(connection, "b", "port", "/b", SHADOW, ROOT, at=NOW)
        stages.begin(connection, "a", "prior", at=NOW)
        stages.begin(connection, "z", "prior", at=NOW)
        stages.put(connection, "b", "port", "/b", SHADOW, ROOT, at=NOW)
        stages.put(connection, "b", "port", "/b", CHAMPION, ROOT, at=NOW)
        for stage in (CHAMPION, SHADOW):
            with pytest.raises(StageError):
                stages.put(connection, "b", "port", "/b", stage, ROOT, at=NOW)
        stages.put(connection, "a", "prior", "", SHADOW, ROOT, at=NOW)
        stages.end_shadow(connection, ROOT, at=NOW)
        with pytest.raises(StageError):
            stages.end_shadow(connection, ROOT, at=NOW)
        with pytest.raises(StageError):
            stages.put(connection, "c", "port", "/c", "retired", ROOT, at=NOW)
    with database.read() as connection:
        assert [(row.model_id, row.stage) for row in stages.everything(connection)] == [
            ("b", "champion"),
            ("a", "retired"),
        ]
        assert in_force.get(connection).model_id == "b"
        kinds = connection.execute(sa.select(tables.ledger.c.facts).where(tables.ledger.c.kind == "model"))
        assert len(kinds.all()) == 5
        assert ledger.verify(connection).holds


def test_scoring_again_by_the_same_model_gives_the_same_bits(loaded: Database, folder: Path) -> None:
    before = rows(loaded)
    bundle = load_bundle()
    with loaded.read() as connection:
        ids = before["version_id"].tolist()
        told = day.told(connection, before["score_id"].tolist())
        found = scored_again.inputs(connection, ids)
    filed = rescoring._filed(
        rescoring.Again(bundle, False, b"k" * 32), found, [rescoring._read(r) for r in found]
    )
    order = before.set_index("version_id")
    for at, row in enumerate(found):
        was = order.loc[row.version_id]
        assert filed.record_hashes[at] == row.record_hash
        assert filed.told[at] == told[int(was["score_id"])]
        assert (
            np.float64(filed.scores["log_odds"].iloc[at]).tobytes() == np.float64(was["log_odds"]).tobytes()
        )


def test_a_model_newly_in_force_scores_the_day_again_at_once(loaded: Database, folder: Path) -> None:
    before = rows(loaded)
    put(loaded, folder, mine(folder), CHAMPION)
    job = work(loaded, folder)
    assert job.result == {"scored": 60, "unreadable": 0}
    after = rows(loaded)
    assert set(after["model_id"]) == {mine(folder)}
    assert set(after["risk_basis"]) == {"port"}
    assert after["bill"].tolist() != before["bill"].tolist()
    assert len(after) == len(before) == 60
    with loaded.read() as connection:
        assert checking.holds(checking.check(connection))
        again = replaying.replay(connection, after["score_id"].tolist() + before["score_id"].tolist())
        assert {each.state for each in again} == {replaying.SAME}
    load(loaded, folder, 61, 81)
    assert set(rows(loaded)["model_id"]) == {mine(folder)}
    assert len(rows(loaded)) == 80


def test_a_shadow_scores_beside_and_nobody_works_by_it(loaded: Database, folder: Path) -> None:
    before = rows(loaded)
    put(loaded, folder, mine(folder), SHADOW)
    assert work(loaded, folder).result == {"scored": 60, "unreadable": 0}
    pd.testing.assert_frame_equal(rows(loaded), before)
    load(loaded, folder, 61, 81)
    assert work(loaded, folder).result == {"scored": 20, "unreadable": 0}
    with loaded.read() as connection:
        day_before, day_after = NOW - pd.Timedelta(days=5), NOW + pd.Timedelta(days=5)
        found = scored_again.compared(connection, day_before, day_after, 0.1)
        assert in_force.get(connection).model_id == load_bundle().model_id
        assert checking.holds(checking.check(connection))
        # Each of the port's days has its first: the zone says where a day ends.
        frame = scored_again._scored_twice(connection, day_before, day_after)
        for zone in ("UTC", "Asia/Hong_Kong", "America/Lima"):
            told = scored_again.compared(connection, day_before, day_after, 0.1, zone)
            days = frame["day"].dt.tz_localize("UTC").dt.tz_convert(zone).dt.date.value_counts()
            assert told.first == sum(-(-count // 10) for count in days)
    assert found.shipments == 80
    assert 0 < found.both < found.first
    assert (found.inspected, found.finds) == (0, 0)


def test_a_model_that_is_no_longer_what_it_was_scores_nothing(loaded: Database, folder: Path) -> None:
    put(loaded, folder, mine(folder), CHAMPION)
    with loaded.write() as connection:
        connection.execute(tables.models.update().where(tables.models.c.stage == CHAMPION).values(path=""))
    job: Any = worker.Worker(loaded, folder, now=lambda: NOW).work()
    assert job.state == "failed"
    assert "is not here" in job.message
    assert set(rows(loaded)["model_id"]) == {load_bundle().model_id}
