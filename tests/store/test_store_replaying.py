"""Kept scores replayed to the bit; what was touched is named, what was purged is said to be."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa

from models.bundle import Bundle
from risk import intake
from risk.engine import Engine, load_bundle
from risk.store import replaying, retention, shipments, tables
from risk.store.database import Database
from risk.store.replaying import Replayed, ReplayError

SAMPLES = Path(__file__).parents[2] / "data_samples"
NOW = pd.Timestamp("2025-01-06 04:00")


@pytest.fixture(scope="session")
def starter() -> Bundle:
    return load_bundle()


@pytest.fixture
def scored(database: Database, starter: Bundle, tmp_path: Path) -> list[int]:
    path = tmp_path / "day.csv"
    pd.read_csv(SAMPLES / "port_day.csv", dtype="str").head(25).to_csv(path, index=False)
    what = intake.Load([path], None, Engine(starter), None, b"k" * 32)
    loaded = intake.load(database, what, job_id=None, at=NOW)
    with database.write() as connection:
        shipments.finish(connection, loaded.batch_id, loaded.counts, at=NOW, actor="system")
        return list(connection.execute(sa.select(tables.scores.c.id).order_by(tables.scores.c.id)).scalars())


def replay(database: Database, ids: list[int], bundle: Callable[[str], Bundle]) -> list[Replayed]:
    with database.read() as connection:
        return replaying.replay(connection, ids, bundle)


def change(database: Database, score: int, how: Callable[[dict[str, Any]], None], *, sealed: bool) -> None:
    """Change a record behind everybody's back, its hash with it where it is to look whole."""
    table = tables.records
    with database.write() as connection:
        packed = connection.execute(sa.select(table.c.record).where(table.c.score_id == score)).scalar_one()
        record = json.loads(zlib.decompress(packed))
        how(record)
        text = json.dumps(record, sort_keys=True, separators=(",", ":")).encode()
        connection.execute(table.update().where(table.c.score_id == score).values(record=zlib.compress(text)))
        if sealed:
            connection.execute(
                tables.scores.update()
                .where(tables.scores.c.id == score)
                .values(record_hash=hashlib.sha256(text).hexdigest())
            )


def test_every_score_is_the_same_to_the_bit(database: Database, scored: list[int]) -> None:
    with database.read() as connection:
        found = replaying.replay(connection, [*scored, 10**6])
    assert [each.score_id for each in found] == scored
    assert {(each.state, each.differences) for each in found} == {(replaying.SAME, ())}
    assert "to the bit" in found[0].told


def test_alone_or_together_makes_no_difference(
    database: Database, scored: list[int], starter: Bundle
) -> None:
    for score in scored[:3]:
        assert [each.state for each in replay(database, [score], lambda _: starter)] == [replaying.SAME]


@pytest.mark.parametrize("sealed", [True, False])
def test_what_was_touched_is_named(
    database: Database, scored: list[int], starter: Bundle, sealed: bool
) -> None:
    numeric = next(c.feature for c in starter.schema.columns if c.kind == "numeric")

    def other_value(record: dict[str, Any]) -> None:
        record["values"][numeric] = (record["values"][numeric] or 0.0) + 1000.0

    def other_number(record: dict[str, Any]) -> None:
        record["numbers"]["margin.live_animals"] += 1e-12

    def other_share(record: dict[str, Any]) -> None:
        record["contributions"]["contributions.risk"] = "0" * 64

    def lost(record: dict[str, Any]) -> None:
        del record["values"][numeric]
        del record["numbers"]["risk"]

    for score, how in zip(scored, (other_value, other_number, other_share, lost), strict=False):
        change(database, score, how, sealed=sealed)
    found = replay(database, scored, lambda _: starter)
    assert [each.state for each in found] == [replaying.DIFFERS] * 4 + [replaying.SAME] * 21
    assert "margin.live_animals: recorded" in found[1].told
    assert "contributions.risk are not the recorded ones" in found[2].differences
    assert f"values of {numeric} are not in the record" in found[3].differences
    assert all(("its record was changed" in each.differences) != sealed for each in found[:4])


def test_a_score_changed_beside_its_record_shows(
    database: Database, scored: list[int], starter: Bundle
) -> None:
    table = tables.scores
    with database.write() as connection:
        connection.execute(table.update().where(table.c.id == scored[2]).values(log_odds=9.0))
        connection.execute(table.update().where(table.c.id == scored[3]).values(risk_live_animals=None))
    found = replay(database, scored, lambda _: starter)
    assert [each.score_id for each in found if each.state == replaying.DIFFERS] == scored[2:4]
    assert "log_odds: the record says" in found[2].told


@pytest.mark.parametrize(
    "record",
    [b"", b"no zlib", zlib.compress(b"[]"), zlib.compress(b"{}"), zlib.compress(b'{"a":' * 90_000),
     zlib.compress(b" " * (replaying.LARGEST + 1))],
)  # fmt: skip
def test_what_is_no_record_is_said_to_be_none(
    database: Database, scored: list[int], starter: Bundle, record: bytes
) -> None:
    with database.write() as connection:
        mine = tables.records.c.score_id == scored[0]
        connection.execute(tables.records.update().where(mine).values(record=record))
    found = replay(database, scored[:2], lambda _: starter)
    assert [each.differences for each in found] == [("its record cannot be read",), ()]


def test_after_a_purge_it_says_when_and_by_which_rule(database: Database, scored: list[int]) -> None:
    later = NOW + pd.Timedelta(days=200)
    with database.write() as connection:
        went = retention.purge(connection, at=later, actor="system")
        connection.execute(tables.records.delete().where(tables.records.c.score_id == scored[-1]))
        found = replaying.replay(connection, scored)
        gone = {each.score_id: each.told for each in found if each.state == replaying.PURGED}
    assert 0 < len(gone) == went["shipments"] < 25
    assert set(gone.values()) == {"inputs purged on 2025-07-25 under rule people:180"}
    assert {each.state for each in found if each.score_id not in gone} <= {
        replaying.SAME,
        replaying.MISSING,
    }
    last = found[-1]
    assert last.state in (replaying.MISSING, replaying.PURGED)


def test_a_record_taken_away_is_not_taken_for_a_purge(database: Database, scored: list[int]) -> None:
    with database.write() as connection:
        connection.execute(tables.records.delete().where(tables.records.c.score_id == scored[0]))
        found = replaying.replay(connection, scored[:1])
    assert found == [Replayed(scored[0], replaying.MISSING)]


def test_without_its_model_a_score_is_checked_as_far_as_it_can(database: Database, scored: list[int]) -> None:
    with database.write() as connection:
        table = tables.scores
        connection.execute(table.update().values(model_id="another"))
        connection.execute(table.update().where(table.c.id == scored[1]).values(risk=0.5))
        with pytest.raises(ReplayError, match="another is not here"):
            replaying.bundle_of(connection, "another")
        connection.execute(
            tables.models.insert().values(
                model_id="another", stage="retired", risk_basis="port", path="/nowhere", changed_at=NOW
            )
        )
        with pytest.raises(ReplayError, match="nowhere"):
            replaying.bundle_of(connection, "another")
        found = replaying.replay(connection, scored)
    assert [each.state for each in found[:3]] == [
        replaying.NO_MODEL,
        replaying.DIFFERS,
        replaying.NO_MODEL,
    ]
