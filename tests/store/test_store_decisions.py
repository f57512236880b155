"""Claims, steps, raising and lowering, outcomes and their corrections."""

from __future__ import annotations

import threading
from dataclasses import replace

import pandas as pd
import pytest
import sqlalchemy as sa

from risk.store import decided, decisions, inspections, ledger, overriding, people, roles
from risk.store.database import Database
from risk.store.inspections import Outcome
from risk.store.tables import claims, outcomes, overrides, photos, remarks, shipments
from risk.store.tables import ledger as rows

NOW = pd.Timestamp("2026-11-22 04:00")
KEY = b"k" * 32


def later(minutes: float) -> pd.Timestamp:
    return NOW + pd.Timedelta(minutes=minutes)


@pytest.fixture
def shipment(database: Database) -> int:
    with database.write() as connection:
        return connection.execute(
            shipments.insert().values(bill="B1", first_known_at=NOW).returning(shipments.c.id)
        ).scalar_one()


@pytest.fixture
def crew(database: Database) -> dict[str, roles.Person]:
    made = {}
    for login, role in (
        *(("ana", "officer"), ("ben", "officer"), ("chi", "supervisor"), ("dan", "supervisor")),
        ("eva", "analyst"),
    ):
        with database.write() as connection:
            number = people.add(connection, login, role, at=NOW, actor="system")
        made[login] = roles.Person(number, login, "", role, "en")
    return made


# --- claims ---------------------------------------------------------------------------------


def claim(database: Database, shipment: int, who: roles.Person, at: pd.Timestamp = NOW) -> int:
    with database.write() as connection:
        return decisions.claim(connection, shipment, who, at=at, minutes=30).user_id


def test_two_officers_do_not_open_the_same(database: Database, shipment: int, crew: dict) -> None:
    ana, ben = crew["ana"], crew["ben"]
    assert claim(database, shipment, ana) == ana.id
    assert claim(database, shipment, ben, later(29)) == ana.id
    assert claim(database, shipment, ana, later(29)) == ana.id
    assert claim(database, shipment, ben, later(40)) == ana.id
    assert claim(database, shipment, ben, later(60)) == ben.id


def test_who_gives_up_a_claim_leaves_it_to_others(database: Database, shipment: int, crew: dict) -> None:
    claim(database, shipment, crew["ana"])
    with database.write() as connection:
        decisions.release(connection, shipment, crew["ben"], at=NOW)
    assert claim(database, shipment, crew["ben"]) == crew["ana"].id
    with database.write() as connection:
        decisions.release(connection, shipment, crew["ana"], at=NOW)
    assert claim(database, shipment, crew["ben"]) == crew["ben"].id


def test_of_many_at_once_one_has_it(database: Database, shipment: int, crew: dict) -> None:
    got: list[int] = []
    threads = [
        threading.Thread(target=lambda who=who: got.append(claim(database, shipment, who)))
        for who in [each for each in crew.values() if each.may("decide")] * 4
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(got)) == 1
    with database.read() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(claims)).scalar() == 1


def test_there_is_no_claim_on_nothing(database: Database, crew: dict) -> None:
    with pytest.raises(decisions.Refused, match="no such shipment"):
        claim(database, 4711, crew["ana"])


# --- steps ----------------------------------------------------------------------------------


def step(database: Database, shipment: int, to: str, who: roles.Person) -> None:
    with database.write() as connection:
        decisions.step(connection, shipment, to, who, at=NOW)


def test_a_shipment_goes_its_way(database: Database, shipment: int, crew: dict) -> None:
    for to in ("selected", "hold_asked", "hold_asked", "presented", "opened"):
        step(database, shipment, to, crew["ana"])
    with pytest.raises(decisions.Refused, match="does not follow"):
        step(database, shipment, "hold_asked", crew["ana"])
    with database.read() as connection:
        assert decisions.latest_step(connection, shipment) == "opened"
        told = connection.execute(sa.select(rows.c.facts).where(rows.c.kind == "step")).scalars().all()
    assert len(told) == 4


def test_every_step_is_reached_and_none_is_unknown() -> None:
    assert set(decisions.FOLLOWS) == {"", *decisions.STEPS}
    assert set().union(*decisions.FOLLOWS.values()) == set(decisions.STEPS)


# --- raising and lowering -------------------------------------------------------------------


def override(
    database: Database, shipment: int, who: roles.Person, direction: str, code: str, remark=""
) -> str:
    with database.write() as connection:
        return overriding.override(connection, shipment, direction, code, who, now=NOW, at=NOW, remark=remark)


def states(database: Database) -> list[str]:
    with database.read() as connection:
        return list(connection.execute(sa.select(overrides.c.state).order_by(overrides.c.id)).scalars())


def test_an_officer_raises_alone(database: Database, shipment: int, crew: dict) -> None:
    assert override(database, shipment, crew["ana"], "raise", "tip") == "in_force"


def test_lowering_what_stands_high_waits_for_somebody_else(
    database: Database, shipment: int, crew: dict
) -> None:
    assert override(database, shipment, crew["chi"], "lower", "permit_seen") == "waiting"
    with database.read() as connection:
        number = connection.execute(sa.select(overrides.c.id)).scalar_one()
    with pytest.raises(decisions.Refused, match="somebody else"), database.write() as connection:
        overriding.sign(connection, number, True, crew["chi"], at=NOW)
    with database.write() as connection:
        overriding.sign(connection, number, True, crew["dan"], at=NOW)
    assert states(database) == ["in_force"]
    with pytest.raises(decisions.Refused, match="does not wait"), database.write() as connection:
        overriding.sign(connection, number, True, crew["dan"], at=NOW)


def test_said_twice_it_is_written_once(database: Database, shipment: int, crew: dict) -> None:
    for remark in ("", "", "another word"):
        override(database, shipment, crew["ana"], "lower", "permit_seen", remark)
    assert states(database) == ["withdrawn", "waiting"]
    override(database, shipment, crew["ben"], "lower", "permit_seen")
    assert states(database) == ["withdrawn", "withdrawn", "waiting"]


def test_who_asked_takes_it_back_and_others_only_where_they_may_sign(
    database: Database, shipment: int, crew: dict
) -> None:
    override(database, shipment, crew["ana"], "raise", "tip")
    with pytest.raises(decisions.Refused, match="only who asked"), database.write() as connection:
        overriding.withdraw(connection, 1, crew["ben"], at=NOW)
    with database.write() as connection:
        overriding.withdraw(connection, 1, crew["ana"], at=NOW)
    with pytest.raises(decisions.Refused, match="any more"), database.write() as connection:
        overriding.withdraw(connection, 1, crew["ana"], at=NOW)
    override(database, shipment, crew["ana"], "raise", "tip")
    with database.write() as connection:
        overriding.withdraw(connection, 2, crew["chi"], at=NOW)
    assert states(database) == ["withdrawn", "withdrawn"]
    with database.read() as connection:
        assert ledger.verify(connection).holds


def test_a_raised_shipment_keeps_its_place_while_lowering_waits(
    database: Database, shipment: int, crew: dict
) -> None:
    override(database, shipment, crew["ana"], "raise", "tip")
    assert override(database, shipment, crew["ben"], "lower", "permit_seen") == "waiting"
    assert states(database) == ["in_force", "waiting"]
    with database.write() as connection:
        overriding.sign(connection, 2, True, crew["chi"], at=NOW)
    assert states(database) == ["withdrawn", "in_force"]


@pytest.mark.parametrize(
    ("direction", "code", "remark"),
    [("raise", "permit_seen", ""), ("lower", "tip", ""), ("up", "tip", ""), ("raise", "other", "  ")],
)
def test_a_reason_is_needed(
    database: Database, shipment: int, crew: dict, direction: str, code: str, remark: str
) -> None:
    with pytest.raises(decisions.Refused):
        override(database, shipment, crew["ana"], direction, code, remark)
    assert states(database) == []


def test_words_stand_where_they_can_be_purged(database: Database, shipment: int, crew: dict) -> None:
    hostile = "name of a person\x00 =HYPERLINK(1) <script>\u202e \ud800 " + "x" * 1_000_000
    override(database, shipment, crew["ana"], "raise", "other", hostile)
    with database.read() as connection:
        kept = connection.execute(sa.select(remarks.c.text)).scalar_one()
        told = str(connection.execute(sa.select(rows)).all())
        assert ledger.verify(connection).holds
    assert kept.startswith("name of a person =HYPERLINK(1) <script>")
    assert len(kept) <= 4_000
    assert "person" not in told


# --- outcomes -------------------------------------------------------------------------------

FIND = Outcome(
    "full",
    found=("live_animals",),
    taxa=("Manis javanica",),
    where_in_load="back",
    pieces=12,
    alive=9,
    kg=31.25,
    inspected_at=NOW,
)


def record(
    database: Database, shipment: int, outcome: Outcome, who: roles.Person, request: str, replaces=None
) -> int:
    with database.write() as connection:
        return inspections.record(
            connection, shipment, outcome, who, at=NOW, request=request, key=KEY, replaces=replaces
        )


def test_an_outcome_sent_twice_is_kept_once(database: Database, shipment: int, crew: dict) -> None:
    assert record(database, shipment, FIND, crew["ana"], "r1") == record(
        database, shipment, FIND, crew["ana"], "r1"
    )
    with database.read() as connection:
        assert len(decided.outcomes_of(connection, shipment)) == 1


def test_a_correction_keeps_the_earlier(database: Database, shipment: int, crew: dict) -> None:
    first = record(database, shipment, FIND, crew["ana"], "r1")
    second = record(database, shipment, replace(FIND, status="overturned"), crew["chi"], "r2", first)
    with database.read() as connection:
        kept = decided.outcomes_of(connection, shipment)
        assert [(row.id, row.current, row.status) for row in kept] == [
            (first, False, "provisional"),
            (second, True, "overturned"),
        ]
        assert inspections.in_force_of(connection, shipment).id == second
        assert inspections.changed_behind(connection, KEY) == []


def test_who_did_not_see_the_other_outcome_hears_of_it(database: Database, shipment: int, crew: dict) -> None:
    first = record(database, shipment, FIND, crew["ana"], "r1")
    with pytest.raises(inspections.Meanwhile):
        record(database, shipment, FIND, crew["ben"], "r2")
    record(database, shipment, FIND, crew["ana"], "r3", first)
    with pytest.raises(inspections.Meanwhile):
        record(database, shipment, FIND, crew["ben"], "r4", first)


def test_of_many_at_once_one_outcome_stands(database: Database, shipment: int, crew: dict) -> None:
    heard: list[str] = []

    def enter(number: int) -> None:
        try:
            record(database, shipment, FIND, crew["ana"], f"r{number}")
        except inspections.Meanwhile:
            heard.append("meanwhile")

    threads = [threading.Thread(target=enter, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(heard) == 7


def test_not_inspected_is_never_clean(database: Database, shipment: int, crew: dict) -> None:
    with pytest.raises(inspections.OutcomeError, match="neither clean nor a find"):
        record(database, shipment, Outcome("not_inspected", "no_time", found=("clean",)), crew["ana"], "r1")
    record(database, shipment, Outcome("not_inspected", "no_time"), crew["ana"], "r1")
    with database.read() as connection:
        assert inspections.in_force_of(connection, shipment).found == []


@pytest.mark.parametrize(
    ("outcome", "fields"),
    [
        (Outcome("full"), {"found"}),
        (Outcome("peek", found=("clean",)), {"inspection"}),
        (Outcome("full", found=("clean", "live_animals")), {"found"}),
        (Outcome("full", found=("drugs",)), {"found"}),
        (Outcome("not_inspected"), {"why_not"}),
        (replace(FIND, pieces=-1, alive=None, kg=float("nan")), {"pieces", "kg"}),
        (replace(FIND, alive=13), {"alive"}),
        (replace(FIND, inspected_at=later(60), where_in_load="moon"), {"inspected_at", "where_in_load"}),
    ],
)
def test_all_that_is_wrong_is_said_at_once(
    database: Database, shipment: int, crew: dict, outcome: Outcome, fields: set[str]
) -> None:
    with pytest.raises(inspections.OutcomeError) as caught:
        record(database, shipment, outcome, crew["ana"], "r1")
    assert {field for field, _ in caught.value.problems} == fields


def test_an_outcome_changed_behind_the_ledger_shows(database: Database, shipment: int, crew: dict) -> None:
    first = record(database, shipment, FIND, crew["ana"], "r1")
    with database.write() as connection:
        connection.execute(outcomes.update().where(outcomes.c.id == first).values(kg=3.0))
    with database.read() as connection:
        assert ledger.verify(connection).holds
        assert inspections.changed_behind(connection, KEY) == [first]
    with database.write() as connection:
        connection.execute(outcomes.delete())
    with database.read() as connection:
        assert inspections.changed_behind(connection, KEY) == [first]


def test_a_photo_is_kept_once_and_without_what_the_camera_wrote(
    database: Database, shipment: int, crew: dict, photo
) -> None:
    first = record(database, shipment, FIND, crew["ana"], "r1")
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\0 taken at 22.3 N 114.2 E"
    content = photo(1)
    marked = content[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + content[2:]
    for each in (marked, marked, content, photo(9)):
        with database.write() as connection:
            inspections.add_photo(connection, first, each, crew["ana"], at=NOW)
    with database.read() as connection:
        kept = connection.execute(sa.select(photos.c.content).order_by(photos.c.id)).scalars().all()
    assert len(kept) == 2
    assert b"22.3" not in kept[0]


@pytest.mark.parametrize(
    "content", [b"", b"GIF89a", b"\xff\xd8\xff" + b"0" * inspections.PHOTO_BYTES, b"<svg/>"]
)
def test_what_is_no_photo_is_refused(database: Database, shipment: int, crew: dict, content: bytes) -> None:
    first = record(database, shipment, FIND, crew["ana"], "r1")
    with pytest.raises(inspections.OutcomeError, match="JPEG or PNG"), database.write() as connection:
        inspections.add_photo(connection, first, content, crew["ana"], at=NOW)
