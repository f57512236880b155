"""What may no longer be kept goes, everywhere and by rule; what must be kept stays; the ledger holds."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa

from features.history import State
from features.history.events import shipment_keys
from risk import intake, purging, remembering, worker
from risk.engine import Engine
from risk.store import (
    holding,
    inspections,
    jobs,
    ledger,
    people,
    remarks,
    retention,
    roles,
    settings,
    shipments,
    tables,
)
from risk.store.database import Database
from risk.store.holding import HoldError
from risk.store.inspections import Outcome

NOW = pd.Timestamp("2026-11-22 04:00")
KEY = b"k" * 32
SAMPLES = Path(__file__).parents[2] / "data_samples"
NAME = "Rosalind Featherstonehaugh"


def days(count: float) -> pd.Timedelta:
    return pd.Timedelta(days=count)


def put(
    database: Database, bill: str, *, person: bool = False, at: pd.Timestamp = NOW, **more: object
) -> int:
    """Put a version of a shipment in as a load would; return the shipment's number."""
    with database.write() as connection:

        def made(table: sa.Table, **values: object) -> int:
            return connection.execute(table.insert().values(**values).returning(table.c.id)).scalar_one()

        known = connection.execute(sa.select(tables.shipments.c.id).where(tables.shipments.c.bill == bill))
        number = known.scalar() or made(tables.shipments, bill=bill, natural_person=person, first_known_at=at)
        batch = made(tables.batches, state="ready", model_id="m", risk_basis="prior", counts={}, scored_at=at)
        before = connection.execute(
            sa.select(sa.func.count())
            .select_from(tables.versions)
            .where(tables.versions.c.shipment_id == number)
        ).scalar_one()
        values = {"mode": "sea", "goods": f"effects of {NAME}", "containers": "MSKU1234565", **more}
        version = made(
            tables.versions,
            shipment_id=number,
            batch_id=batch,
            number=before + 1,
            current=True,
            content_hash="c",
            known_at=at,
            conveyance="51F-123.45",
            heading="0303",
            **values,
        )
        score = made(
            tables.scores,
            version_id=version,
            batch_id=batch,
            model_id="m",
            current=True,
            log_odds=-3.0,
            risk=0.05,
            risk_basis="prior",
            families={"goods": 0.5},
            notes=f"consignee_name: {NAME} cut",
            record_hash="r",
        )
        row = {"shipment_id": bill, "consignee_name": NAME}
        for table, said in (
            (tables.declared, {"version_id": version, "row": row, "origin": {}, "search": NAME.lower()}),
            (tables.reasons, {"score_id": score, "records": [], "told": [f"{NAME} is new"]}),
            (tables.records, {"score_id": score, "record": NAME.encode()}),
            (tables.party_marks, {"version_id": version, "role": "consignee", "mark": "m" * 64}),
            (tables.problems, {"batch_id": batch, "rejected": False, "bill": bill, "value": NAME}),
        ):
            connection.execute(table.insert().values(**said))
    return number


@pytest.fixture
def ana(database: Database) -> roles.Person:
    with database.write() as connection:
        number = people.add(connection, "ana", "supervisor", at=NOW - days(2000), actor="system")
    return roles.Person(number, "ana", "", "supervisor", "en")


def due(database: Database, at: pd.Timestamp = NOW) -> dict[str, str]:
    with database.read() as connection:
        frame = retention.due(connection, at)
    return dict(zip(frame["bill"], frame["rule"], strict=True))


def purge(database: Database, at: pd.Timestamp = NOW) -> dict[str, int]:
    with database.write() as connection:
        return retention.purge(connection, at=at, actor="system")


def count(database: Database, table: sa.Table, *where: sa.ColumnElement[bool]) -> int:
    with database.read() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(table).where(*where)).scalar_one()


def everything(database: Database) -> str:
    """Return all that the database holds, as text."""
    with database.read() as connection:
        return "".join(
            repr(tuple(row))
            for table in tables.metadata.sorted_tables
            for row in connection.execute(sa.select(table))
        )


def find(database: Database, shipment: int, ana: roles.Person, status: str, at: pd.Timestamp) -> int:
    outcome = Outcome("full", found=("live_animals",), status=status)
    with database.write() as connection:
        before = inspections.in_force_of(connection, shipment)
        return inspections.record(
            connection,
            shipment,
            outcome,
            ana,
            at=at,
            request=f"{shipment}{status}",
            key=KEY,
            replaces=before.id if before else None,
        )


def test_people_go_before_traders_and_both_by_their_own_time(database: Database) -> None:
    put(database, "P-old", person=True, at=NOW - days(180.1))
    put(database, "P-new", person=True, at=NOW - days(179.9))
    put(database, "T-old", at=NOW - days(1095.1))
    put(database, "T-new", at=NOW - days(1094.9))
    assert due(database) == {"P-old": "people:180", "T-old": "traders:1095"}
    with database.write() as connection:
        settings.change(connection, {"keep_days_people": 30, "keep_days": 60}, at=NOW, actor="system")
    assert set(due(database)) == {"P-old", "P-new", "T-old", "T-new"}


def test_the_time_counts_from_the_last_version(database: Database) -> None:
    put(database, "A", person=True, at=NOW - days(400))
    put(database, "A", person=True, at=NOW - days(10))
    assert due(database) == {}
    assert set(due(database, NOW + days(171))) == {"A"}


def test_what_a_manifest_says_of_itself_moves_no_date(database: Database) -> None:
    put(database, "A", person=True, at=NOW - days(400))
    put(database, "B", person=True, at=NOW)
    with database.write() as connection:
        first = tables.versions.c.id == 1
        connection.execute(tables.versions.update().where(first).values(known_at=NOW + days(9000)))
        connection.execute(tables.versions.update().where(~first).values(known_at=NOW - days(9000)))
    assert set(due(database)) == {"A"}


def test_everything_of_a_person_goes_and_the_rest_stays(database: Database, ana: roles.Person) -> None:
    old = put(database, "OLD", person=True, at=NOW - days(400), mode="road")
    put(database, "OLD", person=True, at=NOW - days(399), mode="road")
    with database.write() as connection:
        remarks.keep(connection, old, "note", f"{NAME} called", ana.id, at=NOW - days(390))
        inspections.record(
            connection,
            old,
            Outcome("full", found=("clean",)),
            ana,
            at=NOW - days(398),
            request="r",
            key=KEY,
            remark=f"{NAME} was there",
        )
    assert NAME in everything(database)
    went = purge(database)
    assert went == {
        "shipments": 1,
        "versions": 2,
        **dict.fromkeys(("declared", "reasons", "records", "party_marks", "remarks", "problems"), 2),
    }
    left = everything(database)
    assert NAME not in left
    assert NAME.lower() not in left
    assert "MSKU1234565" not in left
    assert "51F-123.45" not in left
    assert count(database, tables.versions, tables.versions.c.heading == "0303") == 2
    assert count(database, tables.scores, tables.scores.c.log_odds == -3.0) == 2
    with database.read() as connection:
        assert ledger.verify(connection).holds
        assert inspections.changed_behind(connection, KEY) == []
        assert retention.of_version(connection, 1) == (NOW, "people:180")
        row = connection.execute(sa.select(tables.ledger).where(tables.ledger.c.kind == "purge")).one()
    facts = json.loads(row.facts)
    assert (facts["rule"], facts["shipments"], facts["versions"]) == ("people:180", 1, 2)
    assert facts["digest"] == sha256(b"1,2").hexdigest()
    assert purge(database) == {}
    assert due(database) == {}


def test_a_vessel_is_no_persons(database: Database) -> None:
    put(database, "OLD", person=True, at=NOW - days(400), mode="sea")
    purge(database)
    assert count(database, tables.versions, tables.versions.c.conveyance == "51F-123.45") == 1


def test_a_purge_touches_nothing_else(database: Database, ana: roles.Person) -> None:
    put(database, "OLD", person=True, at=NOW - days(400))
    put(database, "NEW", person=True, at=NOW - days(4))
    trader = put(database, "TRADER", at=NOW - days(400))
    with database.write() as connection:
        remarks.keep(connection, trader, "note", "look again", ana.id, at=NOW - days(399))
    assert purge(database)["shipments"] == 1
    for table, left in ((tables.declared, 2), (tables.records, 2), (tables.remarks, 1), (tables.problems, 2)):
        assert count(database, table) == left, table.name
    assert count(database, tables.versions, tables.versions.c.goods != "") == 2


def test_a_note_written_later_has_its_own_time(database: Database, ana: roles.Person) -> None:
    old = put(database, "OLD", person=True, at=NOW - days(400))
    with database.write() as connection:
        remarks.keep(connection, old, "note", "seen again", ana.id, at=NOW - days(10))
    assert purge(database)["remarks"] == 0
    assert count(database, tables.remarks) == 1
    assert due(database) == {}
    later = NOW + days(171)
    assert purge(database, later) == {
        "shipments": 1,
        "remarks": 1,
        **dict.fromkeys(("versions", "declared", "reasons", "records", "party_marks", "problems"), 0),
    }
    assert count(database, tables.remarks) == 0
    assert count(database, tables.purges) == 1


def test_a_hold_keeps_until_it_is_lifted(database: Database, ana: roles.Person) -> None:
    old = put(database, "OLD", person=True, at=NOW - days(400))
    with database.write() as connection:
        holding.hold(connection, old, "court_case", ana, at=NOW)
        assert [row.bill for row in holding.held(connection)] == ["OLD"]
    assert due(database) == {}
    assert purge(database) == {}
    with database.write() as connection:
        with pytest.raises(HoldError):
            holding.hold(connection, old, "audit", ana, at=NOW)
        with pytest.raises(HoldError):
            holding.lift(connection, old, "because", ana, at=NOW)
        holding.lift(connection, old, "case_closed", ana, at=NOW)
        with pytest.raises(HoldError):
            holding.lift(connection, old, "case_closed", ana, at=NOW)
        with pytest.raises(HoldError):
            holding.hold(connection, 999, "audit", ana, at=NOW)
        kinds = [(row.kind, json.loads(row.facts)) for row in connection.execute(sa.select(tables.ledger))]
    assert kinds[-2:] == [("hold", {"code": "court_case"}), ("hold.lifted", {"code": "case_closed"})]
    assert set(due(database)) == {"OLD"}


def test_a_hold_set_after_the_purge_began_counts(database: Database, ana: roles.Person) -> None:
    old = put(database, "OLD", person=True, at=NOW - days(400))
    with database.read() as connection:
        ids = retention.due(connection, NOW)["shipment_id"].tolist()
    with database.write() as connection:
        holding.hold(connection, old, "audit", ana, at=NOW)
    with database.write() as connection:
        assert retention.purge(connection, at=NOW, actor="system", among=ids) == {}
    assert count(database, tables.declared) == 1


def test_open_finds_stay_and_finds_stay_as_long_as_traders(database: Database, ana: roles.Person) -> None:
    shipment = put(database, "FIND", person=True, at=NOW - days(400))
    find(database, shipment, ana, "provisional", NOW - days(399))
    assert due(database) == {}
    assert due(database, NOW + days(5000)) == {}
    find(database, shipment, ana, "confirmed", NOW - days(1))
    assert due(database) == {}
    assert due(database, NOW + days(1095 - 399)) == {"FIND": "finds:1095"}
    find(database, shipment, ana, "overturned", NOW)
    assert due(database) == {"FIND": "people:180"}


def test_what_was_chosen_and_not_opened_yet_stays_a_while(database: Database, ana: roles.Person) -> None:
    with database.write() as connection:
        settings.change(connection, {"keep_days_people": 7}, at=NOW, actor="system")
    shipment = put(database, "LISTED", person=True, at=NOW - days(20))
    other = put(database, "RANKED", person=True, at=NOW - days(20))
    with database.write() as connection:
        number = connection.execute(
            tables.lists.insert()
            .values(
                digest="d",
                capacity=[],
                random_share=0.1,
                model_id="m",
                risk_basis="prior",
                data_hash="h",
                draw_commitment="c",
                shipments=2,
                published_at=NOW - days(19),
            )
            .returning(tables.lists.c.id)
        ).scalar_one()
        for place, (each, chosen) in enumerate(((shipment, "random"), (other, "")), 1):
            connection.execute(
                tables.list_rows.insert().values(
                    list_id=number,
                    shipment_id=each,
                    score_id=each,
                    rank=place,
                    place=place,
                    selected_by=chosen,
                    selection_probability=0.1,
                )
            )
    assert set(due(database)) == {"RANKED"}
    with database.read() as connection:
        told = retention.due(connection, NOW, all_kept=True).set_index("bill")["kept"].to_dict()
    assert told == {"LISTED": "undecided", "RANKED": ""}
    assert set(due(database, NOW + days(42))) == {"LISTED", "RANKED"}
    with database.write() as connection:
        outcome = Outcome("not_inspected", why_not="no_time")
        inspections.record(connection, shipment, outcome, ana, at=NOW, request="r", key=KEY)
    assert set(due(database)) == {"LISTED", "RANKED"}


def test_pieces_are_small_and_together_everything(database: Database, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(retention, "PIECE", 3)
    for number in range(8):
        put(database, f"P{number}", person=True, at=NOW - days(400))
    told = []

    def goes_on(done: int, message: str, total: int = 0) -> None:
        told.append((done, total))

    went = purging.run(database, tmp_path / "state", tmp_path / "uploads", at=NOW, goes_on=goes_on)
    assert (went["shipments"], told) == (8, [(0, 8), (3, 8), (6, 8), (8, 8)])
    assert count(database, tables.ledger, tables.ledger.c.kind == "purge") == 3
    assert count(database, tables.purges) == 8


def test_the_rest_goes_by_its_own_rules(database: Database, ana: roles.Person, tmp_path: Path, photo) -> None:
    shipment = put(database, "A", at=NOW - days(500))
    held = put(database, "B", at=NOW - days(500))
    with database.write() as connection:
        settings.change(connection, {"keep_days_photos": 365}, at=NOW, actor="system")
    for each in (shipment, held):
        number = find(database, each, ana, "confirmed", NOW - days(400))
        with database.write() as connection:
            inspections.add_photo(connection, number, photo(1), ana, at=NOW - days(400))
            if each == held:
                holding.hold(connection, held, "court_case", ana, at=NOW)
    with database.write() as connection:
        for ended, name in ((NOW - days(400), "Gone"), (None, "Stays")):
            connection.execute(
                tables.contacts.insert().values(topic="vet", name=name, at=NOW, ended_at=ended)
            )
            connection.execute(
                tables.rules.insert().values(
                    name=name,
                    condition="x",
                    floor=5,
                    owner_id=ana.id,
                    valid_from=NOW,
                    at=NOW,
                    ended_at=ended and ended - days(1000),
                )
            )
            connection.execute(
                tables.watch_entries.insert().values(
                    kind="party",
                    value=name,
                    folded=name,
                    owner_id=ana.id,
                    valid_from=NOW - days(900),
                    at=NOW - days(900),
                    expires_at=ended,
                )
            )
        for number, ended in ((1, NOW - days(31)), (2, NOW - days(29))):
            jobs.ask(connection, "load", {"files": [{"name": NAME}]}, at=NOW - days(40), actor="system")
            connection.execute(
                tables.jobs.update()
                .where(tables.jobs.c.id == number)
                .values(state="failed", ended_at=ended, message=NAME)
            )
        went = retention.purge_rest(connection, at=NOW, actor="system")
    assert went == {
        "problems": 2,
        "contacts": 1,
        "rules": 1,
        "jobs": 1,
        "files": 0,
        "photos": 1,
        "watch_entries": 1,
    }
    left = everything(database)
    assert "Gone" not in left
    assert left.count("Stays") == 4
    with database.read() as connection:
        assert [jobs.get(connection, number).message for number in (1, 2)] == ["", NAME]
        assert ledger.verify(connection).holds
    with database.write() as connection:
        assert retention.purge_rest(connection, at=NOW, actor="system") == {}


def test_a_version_that_names_a_person_makes_the_shipment_a_persons(
    database: Database, tmp_path: Path
) -> None:
    table = pd.read_csv(SAMPLES / "port_day.csv", dtype="str").head(6)
    for role in ("shipper", "consignee"):
        table[f"{role}_name"] = "Harbour Trading Co Ltd"
    engine, natural = Engine.load(), tables.shipments.c.natural_person
    for number, name in enumerate(("Harbour Trading Co Ltd", NAME, "Harbour Trading Co Ltd")):
        table["known_at"] = f"2025-01-0{number + 5}T04:30"
        table.loc[0, "consignee_name"] = name
        table.to_csv(tmp_path / "day.csv", index=False)
        what = intake.Load([tmp_path / "day.csv"], None, engine, None, KEY)
        at = pd.Timestamp("2025-01-08 04:00") + days(number)
        batch = intake.load(database, what, job_id=None, at=at)
        with database.write() as connection:
            shipments.finish(connection, batch.batch_id, batch.counts, at=at, actor="system")
        assert count(database, tables.shipments, natural) == (0 if number == 0 else 1)
    assert count(database, tables.versions) == 8


# --- the worker, the past, the files ---------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "data"
    made.mkdir()
    return made


def loaded(database: Database, folder: Path, at: pd.Timestamp) -> str:
    """Load the head of the sample day by the worker; return the digest of its file."""
    lines = (SAMPLES / "port_day.csv").read_text("utf-8").splitlines(keepends=True)[:41]
    content = "".join(lines).encode()
    digest = sha256(content).hexdigest()
    worker.keep_upload(folder, content, digest)
    with database.write() as connection:
        asked = {"files": [{"name": "day.csv", "sha256": digest}]}
        jobs.ask(connection, "load", asked, at=at, actor="system")
    job = worker.Worker(database, folder, now=lambda: at).work()
    assert job is not None
    assert job.state == "done"
    return digest


def test_the_daily_purge_empties_database_past_and_dropped_files(database: Database, folder: Path) -> None:
    digest = loaded(database, folder, NOW)
    remembering.past(database, folder / "state")
    before = State.load(folder / "state")
    with database.read() as connection:
        bills = connection.execute(
            sa.select(tables.shipments.c.bill, tables.shipments.c.natural_person)
        ).all()
        names = {
            row["consignee_name"] for row in connection.execute(sa.select(tables.declared.c.row)).scalars()
        }
    private = [row.bill for row in bills if row.natural_person]
    assert 0 < len(private) < 40
    later = NOW + days(181)
    clerk = worker.Worker(database, folder, now=lambda: later)
    assert purging.ask_daily(database, later) is not None
    assert purging.ask_daily(database, later + pd.Timedelta(hours=23)) is None
    job = clerk.work()
    assert job is not None
    assert (job.kind, job.state) == ("purge", "done")
    assert (job.result["shipments"], job.result["past"]) == (len(private), len(private))
    assert job.result["uploads"] == 1
    assert not (folder / "uploads" / digest).exists()
    after = State.load(folder / "state")
    keys = shipment_keys(pd.Series(private, dtype="str"))
    assert not np.isin(after.shipments["shipment"], keys).any()
    assert len(after.shipments) == len(before.shipments) - len(private)
    assert len(after.names) < len(before.names)
    assert remembering.past(database, folder / "state") == after
    traders = NOW + days(1100)
    worker.Worker(database, folder, now=lambda: traders)
    purging.run(database, folder / "state", folder / "uploads", at=traders)
    assert len(State.load(folder / "state").shipments) == 0
    assert len(State.load(folder / "state").names) == 0
    with database.read() as connection:
        assert ledger.verify(connection).holds
    if database.is_sqlite:
        database.close()
        bytes_left = b"".join(path.read_bytes() for path in folder.parent.glob("port.db*"))
        assert not [name for name in names if name.encode() in bytes_left]


def test_a_purge_cut_off_before_the_past_forgot_is_finished_by_the_next(
    database: Database, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded(database, folder, NOW)
    remembering.past(database, folder / "state")
    later = NOW + days(2000)

    def fails(self: State, folder: Path) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(State, "save", fails)
        with pytest.raises(OSError, match="full"):
            purging.run(database, folder / "state", folder / "uploads", at=later)
    assert count(database, tables.declared) == 0
    assert len(State.load(folder / "state").shipments) == 40
    assert purging.run(database, folder / "state", folder / "uploads", at=later)["past"] == 40
    assert len(State.load(folder / "state").shipments) == 0
    assert remembering.forget(database, folder / "state") == 0


def test_files_that_are_still_needed_stay(database: Database, folder: Path) -> None:
    uploads = folder / "uploads"
    digests = []
    for number in range(3):
        content = b"%d" % number
        digests.append(sha256(content).hexdigest())
        worker.keep_upload(folder, content, digests[-1])
    with database.write() as connection:
        for digest, state in zip(digests, ("done", "queued", "done"), strict=True):
            number = jobs.ask(
                connection, "load", {"files": [{"sha256": digest}]}, at=NOW - days(100), actor="system"
            )
            connection.execute(tables.jobs.update().where(tables.jobs.c.id == number).values(state=state))
        jobs.ask(connection, "load", {"files": [{"sha256": digests[2]}]}, at=NOW, actor="system")
    (uploads / "readme.txt").write_text("not ours")
    assert purging.run(database, folder / "state", uploads, at=NOW) == {"uploads": 1}
    assert sorted(path.name for path in uploads.iterdir()) == sorted([*digests[1:], "readme.txt"])


def test_a_purge_that_failed_is_asked_for_again_soon(database: Database) -> None:
    first = purging.ask_daily(database, NOW)
    with database.write() as connection:
        jobs.take(connection, "w", at=NOW)
        jobs.end(connection, first, "w", "failed", at=NOW, message="no room")
    assert purging.ask_daily(database, NOW + pd.Timedelta(minutes=50)) is None
    assert purging.ask_daily(database, NOW + pd.Timedelta(minutes=61)) not in (None, first)
    assert purging.ask_daily(database, NOW + pd.Timedelta(hours=3)) is None


def test_photos_that_are_kept_do_not_block_those_whose_time_is_over(
    database: Database, ana: people.Person, monkeypatch: pytest.MonkeyPatch, photo
) -> None:
    monkeypatch.setattr(retention, "_ASKED", 2)
    with database.write() as connection:
        settings.change(connection, {"keep_days_photos": 365}, at=NOW, actor="system")
    for status, count_of in (("provisional", 3), ("confirmed", 3)):
        for number in range(count_of):
            shipment = put(database, f"{status}{number}", at=NOW - days(500))
            outcome = find(database, shipment, ana, status, NOW - days(400))
            with database.write() as connection:
                inspections.add_photo(connection, outcome, photo(number), ana, at=NOW - days(400))
    went = []
    for _ in range(3):
        with database.write() as connection:
            went.append(retention.purge_rest(connection, at=NOW, actor="system").get("photos", 0))
    assert went == [2, 1, 0]
    assert count(database, tables.photos) == 3
