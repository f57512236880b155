"""Files put into the database: once, whole, amended, enriched, and after a worker's death."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa

from risk import intake
from risk.engine import Engine
from risk.store import checking, declared_rows, ledger, shipments, tables
from risk.store.database import Database

SAMPLES = Path(__file__).parents[2] / "data_samples"
NOW = pd.Timestamp("2025-01-06 04:00")
KEY = b"k" * 32


@pytest.fixture(scope="session")
def engine() -> Engine:
    return Engine.load()


@pytest.fixture(scope="session")
def day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("day") / "day.csv"
    pd.read_csv(SAMPLES / "port_day.csv", dtype="str").head(60).to_csv(path, index=False)
    return path


def load(database: Database, engine: Engine, *paths: Path, at: pd.Timestamp = NOW) -> intake.Loaded:
    what = intake.Load(list(paths), None, engine, None, KEY)
    loaded = intake.load(database, what, job_id=None, at=at)
    with database.write() as connection:
        shipments.finish(connection, loaded.batch_id, loaded.counts, at=at, actor="system")
    return loaded


def count(database: Database, table: sa.Table, *where: sa.ColumnElement[bool]) -> int:
    with database.read() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(table).where(*where)).scalar_one()


def everything(database: Database) -> dict[str, int]:
    names = ("shipments", "versions", "declared", "scores", "reasons", "records", "party_marks", "problems")
    return {name: count(database, tables.metadata.tables[name]) for name in names}


def test_a_day_is_put_in_whole_and_once(database: Database, engine: Engine, day: Path) -> None:
    loaded = load(database, engine, day)
    assert loaded.counts["rows_read"] == 60
    assert loaded.counts["changed"] == loaded.counts["shipments"] == 60
    first = everything(database)
    assert {
        first[name] for name in ("shipments", "versions", "declared", "scores", "reasons", "records")
    } == {60}
    assert count(database, tables.versions, tables.versions.c.current) == 60
    again = load(database, engine, day)
    assert again.counts["changed"] == 0
    assert everything(database) == first
    with database.read() as connection:
        assert ledger.verify(connection).rows == 2


FATES = ("shipments", "joined", "retold", "listed", "declared", "repeats", "superseded", "rejected")


def test_rows_of_the_file_alone_are_counted_and_each_has_a_fate(
    database: Database, engine: Engine, day: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(database, engine, day)
    table = pd.read_csv(SAMPLES / "port_day.csv", dtype="str").iloc[56:64]
    table.loc[table.index[1], "gross_weight_kg"] = "77"
    table["known_at"] = "2025-01-06T03:30"
    table.to_csv(tmp_path / "later.csv", index=False)
    scored = []
    of_records = intake.filing.filed
    monkeypatch.setattr(
        intake.filing, "filed", lambda s, *more: scored.append(len(s)) or of_records(s, *more)
    )
    counts = load(database, engine, tmp_path / "later.csv").counts
    assert counts["rows_read"] == 8
    assert counts["changed"] == counts["shipments"] == 5
    assert counts["rows_read"] + counts["again"] == sum(counts[name] for name in FATES)
    assert sum(scored) <= 8, "what nothing was said of is not scored again"


def test_a_file_that_cannot_be_read_is_a_problem_and_keeps_no_other_out(
    database: Database, engine: Engine, day: Path, tmp_path: Path
) -> None:
    empty = tmp_path / "empty.csv"
    empty.write_text("")
    loaded = load(database, engine, empty, day)
    assert loaded.counts["shipments"] == 60
    assert loaded.counts["rows_read"] + loaded.counts["again"] == sum(loaded.counts[name] for name in FATES)
    with database.read() as connection:
        told = connection.execute(sa.select(tables.problems.c.source_file)).scalars().all()
    assert told == ["empty.csv"]


def test_what_was_put_in_lately_is_read_along_whatever_date_it_states(
    database: Database, engine: Engine
) -> None:
    cuscar, ens = (SAMPLES / "messages" / name for name in ("cuscar.edi", "ens.xml"))
    at = NOW + pd.Timedelta(days=600)
    assert load(database, engine, cuscar, ens, at=at).counts["changed"] == 20
    again = load(database, engine, cuscar, at=at + pd.Timedelta(hours=1))
    assert again.counts["changed"] == 0, "the one message again does not take away what the other said"
    assert again.counts["rows_read"] + again.counts["again"] == sum(again.counts[name] for name in FATES)


def test_what_has_not_arrived_is_read_along_however_long_ago_its_bill_was_made(
    database: Database, engine: Engine, day: Path, tmp_path: Path
) -> None:
    table = pd.read_csv(day, dtype="str").head(2).assign(known_at="2025-01-01T00:00", arrives_at="2025-02-20")
    table.to_csv(tmp_path / "early.csv", index=False)
    load(database, engine, tmp_path / "early.csv", at=pd.Timestamp("2025-01-01 04:00"))
    assert (
        load(database, engine, tmp_path / "early.csv", at=pd.Timestamp("2025-02-18")).counts["repeats"] == 2
    )
    read = list(intake.read_along(database, pd.Timestamp("2025-02-18"), engine.extra))
    assert sum(len(part) for part in read) == 2


def test_scores_are_those_of_the_engine_to_the_bit(database: Database, engine: Engine, day: Path) -> None:
    load(database, engine, day)
    from features import manifest

    scored = engine.score(manifest.read([day], now=NOW.to_pydatetime()))
    expected = dict(zip(scored.frame["shipment_id"], scored.prediction.risk_log_odds.tolist(), strict=True))
    wanted = (
        sa.select(tables.shipments.c.bill, tables.scores.c.log_odds)
        .join(tables.versions, tables.versions.c.shipment_id == tables.shipments.c.id)
        .join(tables.scores, tables.scores.c.version_id == tables.versions.c.id)
    )
    with database.read() as connection:
        assert {row.bill: row.log_odds for row in connection.execute(wanted)} == expected


def test_records_vouch_for_what_was_declared_and_for_the_reasons_as_shown(
    database: Database, engine: Engine, day: Path
) -> None:
    load(database, engine, day)
    with database.read() as connection:
        found = checking.of_records(connection)
    assert (found.state, "earlier version" in found.told) == (checking.HOLDS, False)
    changes = (
        tables.reasons.update().values(told=["Nothing"]).where(tables.reasons.c.score_id == 7),
        tables.declared.update().values(row={"shipment_id": "B"}).where(tables.declared.c.version_id == 9),
    )
    with database.write() as connection:
        for change in changes:
            connection.execute(change)
        found = checking.of_records(connection)
    assert [str(text)[:9] for text in found.problems] == ["score 7: ", "score 9: "]


def test_what_is_tried_is_tried_on_shipments_of_every_mode(
    database: Database, engine: Engine, tmp_path: Path
) -> None:
    table = pd.read_csv(SAMPLES / "port_day.csv", dtype="str").head(60)
    # Bills of the sea are known days before the parcels of the same day.
    table["known_at"] = ["2025-01-03T04:00"] * 30 + ["2025-01-06T03:00"] * 30
    table.to_csv(tmp_path / "day.csv", index=False)
    load(database, engine, tmp_path / "day.csv")
    with database.read() as connection:
        ids, tried = declared_rows.recent(connection, 20)
        everything, _ = declared_rows.recent(connection, 500)
    assert len(ids) == len(set(ids)) == 20
    assert tried["known_at"].value_counts().to_dict() == {
        pd.Timestamp("2025-01-03 04:00"): 10,
        pd.Timestamp("2025-01-06 03:00"): 10,
    }
    assert len(everything) == 60


def test_an_amendment_is_a_version_and_the_earlier_stays(
    database: Database, engine: Engine, day: Path, tmp_path: Path
) -> None:
    load(database, engine, day)
    table = pd.read_csv(day, dtype="str").head(3)
    table["gross_weight_kg"] = "77"
    table["known_at"] = "2025-01-07T04:30"
    table.to_csv(tmp_path / "later.csv", index=False)
    loaded = load(database, engine, tmp_path / "later.csv", at=NOW + pd.Timedelta(days=2))
    assert loaded.counts["changed"] == 3
    bill = sa.select(tables.shipments.c.id).where(tables.shipments.c.bill == table["shipment_id"].iloc[0])
    wanted = (
        sa.select(tables.versions.c.number, tables.versions.c.current, tables.versions.c.gross_weight_kg)
        .where(tables.versions.c.shipment_id == bill.scalar_subquery())
        .order_by(tables.versions.c.number)
    )
    with database.read() as connection:
        rows = connection.execute(wanted).all()
    assert [(row.number, row.current) for row in rows] == [(1, False), (2, True)]
    assert rows[1].gross_weight_kg == 77.0
    assert count(database, tables.versions, tables.versions.c.current) == 60


@pytest.mark.slow
def test_a_declaration_enriches_its_bill_and_both_scores_stay(database: Database, engine: Engine) -> None:
    load(database, engine, SAMPLES / "messages" / "awmds.xml")
    before = everything(database)
    loaded = load(database, engine, SAMPLES / "messages" / "sad.xml", at=NOW + pd.Timedelta(hours=1))
    enriched = (
        sa.select(tables.shipments.c.bill)
        .join(tables.versions, tables.versions.c.shipment_id == tables.shipments.c.id)
        .where(tables.versions.c.number == 2)
    )
    with database.read() as connection:
        bills = connection.execute(enriched).scalars().all()
        rows = connection.execute(sa.select(tables.declared.c.row)).scalars().all()
    assert bills
    declared = {row["shipment_id"] for row in rows if {"declaration_id", "lane", "broker_name"} & set(row)}
    assert declared & set(bills)
    assert everything(database)["scores"] == before["scores"] + loaded.counts["changed"]


def test_what_a_dead_worker_left_is_never_seen_and_is_cleared(
    database: Database, engine: Engine, day: Path
) -> None:
    class Died(Exception):
        pass

    def dies(done: int, message: str, total: int = 0) -> None:
        if done:
            raise Died

    with database.write() as connection:
        job = connection.execute(
            tables.jobs.insert()
            .values(kind="load", state="running", asked={}, asked_at=NOW)
            .returning(tables.jobs.c.id)
        ).scalar_one()
    what = intake.Load([day], None, engine, None, KEY)
    with pytest.raises(Died):
        intake.load(database, what, job_id=job, at=NOW, goes_on=dies)
    assert count(database, tables.versions) > 0
    assert count(database, tables.versions, tables.versions.c.current) == 0
    loaded = intake.load(database, replace(what), job_id=job, at=NOW)
    with database.write() as connection:
        shipments.finish(connection, loaded.batch_id, loaded.counts, at=NOW, actor="system")
    assert everything(database)["versions"] == 60
    assert count(database, tables.batches) == 1
    assert count(database, tables.versions, tables.versions.c.current) == 60
