"""The day and its lists: places, filters, freezing, the draw and who may know of it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from features.manifest import schema
from features.manifest.synonyms import fold
from risk import priority, triage
from risk.filing import searched
from risk.store import day, decisions, inspections, ledger, overriding, people, publishing, roles, tables
from risk.store.database import Database
from risk.store.day import Filters
from risk.store.inspections import Outcome
from risk.triage import Pool

NOW = pd.Timestamp("2026-11-22 04:00")
KEY = b"k" * 32
POOLS = (Pool(5, mode="sea"), Pool(3, mode="air"))


def fill(database: Database, count: int, first: int = 0) -> None:
    """Put scored shipments in, without the engine."""
    rng = np.random.default_rng(first)
    with database.write() as connection:
        batch = connection.execute(
            tables.batches.insert()
            .values(state="ready", model_id="m1", risk_basis="prior", counts={}, scored_at=NOW)
            .returning(tables.batches.c.id)
        ).scalar_one()
        for number in range(first, first + count):
            shipment = connection.execute(
                tables.shipments.insert()
                .values(bill=f"B{number:03}", first_known_at=NOW)
                .returning(tables.shipments.c.id)
            ).scalar_one()
            version = connection.execute(
                tables.versions.insert()
                .values(
                    shipment_id=shipment,
                    batch_id=batch,
                    number=1,
                    current=True,
                    content_hash="c",
                    known_at=NOW,
                    arrives_at=NOW + pd.Timedelta(hours=number % 24),
                    mode="sea" if number % 2 else "air",
                    heading="0303" if number % 3 else "4407",
                    origin="VN",
                )
                .returning(tables.versions.c.id)
            ).scalar_one()
            odds = float(rng.normal(-5, 2))
            score = connection.execute(
                tables.scores.insert()
                .values(
                    version_id=version,
                    batch_id=batch,
                    model_id="m1",
                    current=True,
                    log_odds=odds,
                    risk=1 / (1 + np.exp(-odds)),
                    risk_basis="prior",
                    families={},
                    record_hash=f"{number:064x}",
                )
                .returning(tables.scores.c.id)
            ).scalar_one()
            connection.execute(
                tables.reasons.insert().values(score_id=score, records=[{"family": "goods"}], told=["Why"])
            )
            connection.execute(
                tables.declared.insert().values(
                    version_id=version, row={}, origin={}, search=fold(f"B{number:03} Blue Crane 50% Trading")
                )
            )


@pytest.fixture
def chief(database: Database) -> roles.Person:
    with database.write() as connection:
        number = people.add(connection, "chi", "supervisor", at=NOW, actor="system")
    return roles.Person(number, "chi", "", "supervisor", "en")


def rows(database: Database, now: pd.Timestamp = NOW) -> pd.DataFrame:
    with database.read() as connection:
        return day.rows(connection, now, at=now)


def publish(
    database: Database, chief: roles.Person, after: int | None = None, now: pd.Timestamp = NOW
) -> int:
    with database.write() as connection:
        return publishing.publish(connection, now, POOLS, 0.2, secret=KEY, person=chief, after=after, at=now)


def inspect(database: Database, shipment: int, chief: roles.Person) -> None:
    with database.write() as connection:
        inspections.record(
            connection,
            shipment,
            Outcome("full", found=("clean",)),
            chief,
            at=NOW,
            request=f"r{shipment}",
            key=KEY,
        )


# --- places ---------------------------------------------------------------------------------


@given(st.integers(1, 40), st.randoms(use_true_random=False))
def test_places_are_a_ranking_that_keeps_promises(n: int, rng) -> None:
    rank = np.array(rng.sample(range(1, n + 1), n))
    raised = np.array([rng.random() < 0.2 for _ in range(n)])
    lowered = ~raised & np.array([rng.random() < 0.2 for _ in range(n)])
    floor = np.array([rng.randint(1, n) if rng.random() < 0.3 else 0 for _ in range(n)])
    place = priority.places(rank, raised, lowered, floor)
    assert sorted(place) == list(range(1, n + 1))
    if raised.any() and not raised.all():
        assert place[raised].max() < place[~raised].min()
    if lowered.any() and not lowered.all():
        assert place[lowered].min() > place[~lowered].max()
    plain = ~raised & ~lowered & (floor == 0)
    assert (np.argsort(place[plain]) == np.argsort(rank[plain])).all()
    above = int(raised.sum() + ((floor > 0) & ~raised & ~lowered).sum())
    floored = (floor > 0) & ~raised & ~lowered
    assert (place[floored] <= floor[floored] + above).all()


def test_a_floor_alone_is_kept_exactly() -> None:
    rank = np.arange(1, 11)
    floor = np.zeros(10, dtype=int)
    floor[8] = 3
    nobody = np.zeros(10, dtype=bool)
    assert priority.places(rank, nobody, nobody, floor).tolist() == [1, 2, 4, 5, 6, 7, 8, 9, 3, 10]


def test_without_decisions_places_are_the_models_ranks() -> None:
    rank = np.array([3, 1, 2])
    nobody = np.zeros(3, dtype=bool)
    assert priority.places(rank, nobody, nobody, np.zeros(3, dtype=int)).tolist() == [3, 1, 2]


# --- the day --------------------------------------------------------------------------------


def test_a_day_has_every_shipment_once_in_order(database: Database, chief: roles.Person) -> None:
    fill(database, 30)
    frame = rows(database)
    assert len(frame) == 30
    assert frame["place"].tolist() == list(range(1, 31))
    assert frame["log_odds"].is_monotonic_decreasing
    assert rows(database, NOW + pd.Timedelta(days=30)).empty


def test_what_people_do_shows_in_the_day(database: Database, chief: roles.Person) -> None:
    fill(database, 30)
    ids = rows(database)["shipment_id"].tolist()
    with database.write() as connection:
        decisions.claim(connection, ids[0], chief, at=NOW, minutes=30)
        decisions.step(connection, ids[1], "located", chief, at=NOW)
        overriding.override(connection, ids[20], "raise", "tip", chief, now=NOW, at=NOW)
        overriding.override(connection, ids[2], "lower", "permit_seen", chief, now=NOW, at=NOW)
    inspect(database, ids[3], chief)
    frame = rows(database).set_index("shipment_id")
    assert frame.loc[ids[0], "claimed_name"] == "chi"
    assert frame.loc[ids[1], "step"] == "located"
    assert (frame.loc[ids[20], "place"], frame.loc[ids[20], "rank"]) == (1, 21)
    assert frame.loc[ids[2], "waiting"]
    assert (frame.loc[ids[2], "place"], frame.loc[ids[2], "rank"]) == (4, 3)
    assert frame["decided"].sum() == 1
    late = rows(database, NOW + pd.Timedelta(minutes=31)).set_index("shipment_id")
    assert pd.isna(late.loc[ids[0], "claimed_by"])


def test_filters(database: Database, chief: roles.Person) -> None:
    fill(database, 30)
    frame = rows(database)
    with database.write() as connection:
        decisions.claim(connection, int(frame["shipment_id"].iloc[4]), chief, at=NOW, minutes=30)
    frame = rows(database)

    def found(**chosen) -> int:
        return len(day.filtered(frame, Filters(**chosen), now=NOW, user_id=chief.id))

    assert found() == 30
    assert found(mode="sea") == 15
    assert found(heading="44") == 10
    assert found(origin="TH") == 0
    assert found(mine=True) == 1
    assert found(undecided=True) == 30
    assert found(arrives_from=NOW, arrives_until=NOW + pd.Timedelta(hours=1)) == 4
    assert found(hours_left=5) == 0


@pytest.mark.parametrize(
    ("text", "count"),
    [("B007", 1), ("crane BLUE", 30), ("blue dog", 0), ("", 0), ("50%", 30), ("_", 0), ("x" * 10_000, 0)],
)
def test_search(database: Database, text: str, count: int) -> None:
    fill(database, 30)
    with database.read() as connection:
        assert len(day.search(connection, text)) == count


def test_search_with_and_without_accents(database: Database) -> None:
    fill(database, 3)
    named = ["CÔNG TY ĐẠI DƯƠNG", "Société Générale", "شركة النور"]
    table = pd.DataFrame({name: [None] * 3 for name in schema.BY_NAME}).assign(consignee_name=named)
    with database.write() as connection:
        ids = connection.execute(sa.select(tables.declared.c.version_id)).scalars().all()
        for version, text in zip(ids, searched(table), strict=True):
            mine = tables.declared.c.version_id == version
            connection.execute(tables.declared.update().where(mine).values(search=text))
        for text, count in (
            *(("đại dương", 1), ("DAI DUONG", 1), ("đai dương", 1), ("societe generale", 1), ("النور", 1)),
            *(("Société", 1), ("sociéte", 1), ("dai noor", 0)),
        ):
            assert len(day.search(connection, text)) == count, text


def test_reasons_of_rows(database: Database) -> None:
    fill(database, 3)
    scores = rows(database)["score_id"].tolist()
    with database.read() as connection:
        assert day.told(connection, scores) == {score: ["Why"] for score in scores}
        assert day.listed_reasons(connection, scores[:1]) == {scores[0]: [{"family": "goods"}]}
        assert day.told(connection, []) == {}


# --- lists ----------------------------------------------------------------------------------


def test_a_published_list_is_frozen(database: Database, chief: roles.Person) -> None:
    fill(database, 40)
    number = publish(database, chief)
    with database.read() as connection:
        kept = publishing.latest(connection)[0]
        everything = publishing.rows(connection, number, chosen_only=False)
        chosen = publishing.rows(connection, number)
        assert publishing.drawn_again(connection, number, KEY) == []
        assert ledger.verify(connection).holds
    assert (kept.id, kept.shipments, kept.risk_basis, kept.expected_finds) == (number, 40, "prior", None)
    assert len(everything) == 40
    assert len(chosen) == 8
    fill(database, 5, first=100)
    with database.read() as connection:
        assert publishing.rows(connection, number, chosen_only=False).equals(everything)


def test_nobody_is_told_which_were_drawn_until_the_outcome_is_in(
    database: Database, chief: roles.Person
) -> None:
    fill(database, 40)
    number = publish(database, chief)
    with database.read() as connection:
        shown = publishing.rows(connection, number)
        assert set(shown["selected_by"]) == {publishing.CHOSEN}
        assert "selected_by" not in day.rows(connection, NOW, at=NOW)
        assert publishing.missed_draws(connection, number) == 2
    for shipment in shown["shipment_id"]:
        inspect(database, int(shipment), chief)
    with database.read() as connection:
        told = publishing.rows(connection, number)["selected_by"].value_counts().to_dict()
        assert told == {"model": 6, "random": 2}
        assert publishing.missed_draws(connection, number) == 0
        kept = connection.execute(sa.select(tables.outcomes.c.selected_by)).scalars().all()
    assert sorted(kept) == ["model"] * 6 + ["random"] * 2


def test_the_draw_hangs_on_the_sites_secret(database: Database, chief: roles.Person) -> None:
    fill(database, 40)
    number = publish(database, chief)
    with database.read() as connection:
        wrong = publishing.drawn_again(connection, number, b"x" * 32)
    assert "the draw was not made with this site's secret" in map(str, wrong)


def test_a_swapped_pick_shows(database: Database, chief: roles.Person) -> None:
    fill(database, 40)
    number = publish(database, chief)
    table = tables.list_rows
    with database.write() as connection:
        drawn = (
            connection.execute(
                sa.select(table.c.shipment_id).where(
                    table.c.list_id == number, table.c.selected_by == "random"
                )
            )
            .scalars()
            .first()
        )
        connection.execute(table.update().where(table.c.shipment_id == drawn).values(selected_by="", pool=""))
    with database.read() as connection:
        assert any(
            "chosen otherwise" in str(each) for each in publishing.drawn_again(connection, number, KEY)
        )


def test_late_arrivals_have_a_list_and_a_draw_of_their_own(database: Database, chief: roles.Person) -> None:
    fill(database, 40)
    first = publish(database, chief)
    with pytest.raises(publishing.NothingToPublish):
        publish(database, chief, after=first)
    fill(database, 30, first=100)
    second = publish(database, chief, after=first, now=NOW + pd.Timedelta(hours=1))
    with database.read() as connection:
        one, two = (set(publishing.rows(connection, n, chosen_only=False)["bill"]) for n in (first, second))
        assert publishing.drawn_again(connection, second, KEY) == []
    assert not one & two
    assert len(two) == 30


def test_finds_are_expected_only_where_every_score_is_of_this_port(
    database: Database, chief: roles.Person
) -> None:
    fill(database, 40)
    table = tables.scores
    told = []
    for hours, chosen in enumerate((table.c.id > 20, table.c.id > 0)):
        with database.write() as connection:
            connection.execute(table.update().where(chosen).values(risk_basis="port"))
        number = publish(database, chief, now=NOW + pd.Timedelta(hours=hours))
        with database.read() as connection:
            row = next(each for each in publishing.latest(connection) if each.id == number)
        told.append((row.risk_basis, row.expected_finds is None))
    assert told == [("prior", True), ("port", False)]


def test_what_is_opened_or_gone_is_on_no_further_list(database: Database, chief: roles.Person) -> None:
    fill(database, 40)
    opened, gone, back = (int(each) for each in rows(database)["shipment_id"].iloc[:3])
    with database.write() as connection:
        for shipment, step in ((opened, "opened"), (gone, "gone"), (back, "gone"), (back, "located")):
            decisions.step(connection, shipment, step, chief, at=NOW)
    number = publish(database, chief)
    with database.read() as connection:
        ranked = set(publishing.rows(connection, number, chosen_only=False)["shipment_id"])
        assert publishing.drawn_again(connection, number, KEY) == []
    assert not {opened, gone} & ranked
    assert back in ranked
    assert len(ranked) == 38


def test_what_an_officer_raised_is_chosen_and_said_to_be_so(database: Database, chief: roles.Person) -> None:
    fill(database, 40)
    frame = rows(database)
    low = int(frame[frame["mode"] == "sea"]["shipment_id"].iloc[-1])
    with database.write() as connection:
        overriding.override(connection, low, "raise", "tip", chief, now=NOW, at=NOW)
    number = publish(database, chief)
    with database.read() as connection:
        shown = publishing.rows(connection, number).set_index("shipment_id")
        assert publishing.drawn_again(connection, number, KEY) == []
    assert shown.loc[low, "selected_by"] == "officer"
    assert len(shown) == 8


def test_a_capacity_can_be_explored_without_a_draw(database: Database, chief: roles.Person) -> None:
    fill(database, 40)
    frame = rows(database)
    chosen, _ = publishing.proposed(frame, POOLS)
    assert (chosen["selected_by"] == "model").sum() == 8
    assert "random" not in set(chosen["selected_by"])
    with database.read() as connection:
        assert publishing.latest(connection) == []


def test_a_list_of_nothing_is_refused(database: Database, chief: roles.Person) -> None:
    with pytest.raises(publishing.NothingToPublish):
        publish(database, chief)
    fill(database, 3)
    with pytest.raises(triage.CapacityError), database.write() as connection:
        publishing.publish(connection, NOW, POOLS, 0.0, secret=KEY, person=chief, at=NOW)
    with database.read() as connection:
        assert publishing.latest(connection) == []


def test_two_who_publish_at_once_make_one_list(database: Database, chief: people.Person) -> None:
    fill(database, 40)

    def published(now: pd.Timestamp, seen: int, after: int | None = None) -> int:
        with database.write() as connection:
            return publishing.publish(
                connection, now, POOLS, 0.2, secret=KEY, person=chief, after=after, seen=seen, at=now
            )

    first = published(NOW, 0)
    # The moment is another by a second, so the draw would be too.
    later = NOW + pd.Timedelta(seconds=1)
    for after in (None, first):
        with pytest.raises(publishing.PublishedMeanwhile, match=f"list {first} meanwhile"):
            published(later, 0, after)
    with database.read() as connection:
        assert [row.id for row in publishing.latest(connection)] == [first]
    assert published(later, first) == first + 1, "who has seen it may make a new one"
